//! Troubles as far as they are about more than the end of a run: what a test call shows, and whether nothing succeeds anywhere.

use super::Engine;
use super::checklist::ConnectionTest;
use super::error::EngineError;
use crate::domain::code::Code;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::problem::Problem;
use crate::domain::trouble::nowhere::{Feed, Nowhere, Watch, nowhere};
use crate::domain::trouble::{Found, Grade, Observation, Proof, is_trouble, nowhere_letter};
use crate::ports::api::ProbeResult;
use std::collections::BTreeSet;

/// How all feeds stand together.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub feeds: Vec<Feed>,
    /// Where nothing succeeds anywhere.
    pub nowhere: Option<Nowhere>,
}

impl Engine {
    /// How the feeds of all tenants stand, and whether nothing succeeds anywhere now.
    ///
    /// # Errors
    /// The store's.
    pub async fn fleet(&self) -> Result<Fleet, EngineError> {
        let feeds = self.store.feeds().await?;
        let desk = self.store.schedule_desk().await?;
        let watch = Watch { is_paused: desk.paused.is_some(), is_watched: !desk.watchers.is_empty() };
        let nowhere = nowhere(&feeds, watch, self.clock.now());
        Ok(Fleet { feeds, nowhere })
    }

    /// Queues the one mail that says so, where nothing succeeds anywhere and nobody was told.
    ///
    /// # Errors
    /// The store's.
    pub async fn tell_nowhere(&self) -> Result<(), EngineError> {
        if self.store.outage_is_open().await? {
            return Ok(());
        }
        let Fleet { feeds, nowhere: Some(nowhere) } = self.fleet().await? else { return Ok(()) };
        // That nobody watches is shown; whoever could mail it is there just now.
        if nowhere.attempts == 0 {
            return Ok(());
        }
        let concerned = |feed: &&Feed| nowhere.tenants.contains(&feed.connection);
        let names: Vec<String> = feeds.iter().filter(concerned).map(|feed| feed.tenant.clone()).collect();
        let mut recipients = BTreeSet::new();
        for connection in self.store.connections().await? {
            if nowhere.tenants.contains(&connection.id) {
                recipients.extend(connection.settings.report_recipients);
            }
        }
        let letter = nowhere_letter(&nowhere, &names, self.clock.now());
        self.store.open_outage(nowhere.since, letter, recipients.into_iter().collect()).await?;
        Ok(())
    }

    /// Keeps what a test call of a tenant has shown: that its ends answer, or what they refuse. It is mailed to nobody: whoever makes
    /// the call is told.
    pub(super) async fn note_test(&self, connection: &Connection, test: &ConnectionTest) -> Result<(), EngineError> {
        // Of a tenant that is not live nothing runs that could be in trouble.
        if !matches!(connection.status, ConnectionStatus::Live | ConnectionStatus::Paused) {
            return Ok(());
        }
        let grade = if connection.status == ConnectionStatus::Paused { Grade::Halted } else { Grade::Whole };
        let failed = test.source.iter().chain(&test.destination).filter_map(|step| match &step.result {
            ProbeResult::Failed(error) => Some(Problem::from(error.clone())),
            ProbeResult::Passed | ProbeResult::Warning | ProbeResult::NotTried => None,
        });
        let troubles = failed.filter(|problem| is_trouble(Code::Problem(problem.code())));
        let seen = Observation {
            at: self.clock.now(),
            run: None,
            found: troubles.map(|problem| Found::of_problem(&problem, grade)).collect(),
            proof: Proof { reached: test.passed, ..Proof::default() },
        };
        Ok(self.store.observe_trouble(connection.id, seen).await?)
    }
}
