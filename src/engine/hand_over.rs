//! What goes by list is handed over when a run has ended, however it ended: to people, who load it.

use super::Engine;
use super::error::EngineError;
use super::run::RunContext;
use crate::domain::capabilities::ReadBack;
use crate::domain::run::{FeedLine, Level, Phase};

impl Engine {
    /// Has the destination hand over what this run, or one that was cut short before it, has written for people to load. Not
    /// while it is unknown of a line what became of it: reading the list tells that, and a list that is out is not read any
    /// more. Nor by a run that another process took over.
    ///
    /// # Errors
    /// The store's; the destination's, which keeps what it has for the next run.
    pub(super) async fn hand_over(&self, context: &RunContext<'_>) -> Result<(), EngineError> {
        let connection = context.connection;
        let is_by_list = self.abilities(connection)?.destination.read_back == ReadBack::OnceLoaded;
        let is_overtaken = context.control.stop_cause().is_some_and(|cause| cause.is_overtaken());
        if !is_by_list || is_overtaken || !self.store.unsettled_people(connection.id).await?.is_empty() {
            return Ok(());
        }
        let handed = context.clients.destination.hand_over().await?;
        let lines = handed.into_iter().map(|text| FeedLine {
            run: Some(context.run),
            at: self.clock.now(),
            level: Level::Info,
            phase: Some(Phase::ReadBack),
            employee: None,
            what: "list".to_owned(),
            text,
        });
        let lines: Vec<FeedLine> = lines.collect();
        if !lines.is_empty() {
            self.store.append_feed(connection.id, lines).await?;
        }
        Ok(())
    }
}
