//! A run about changes reads of the source only what has changed since it was last read, and puts that in the place of the older
//! records. The plan is made from everybody, as always.
//!
//! That answers every question as a complete reading of now would, as far as the source tells what has changed:
//!
//! - **Nobody leaves by being missing.** Whoever is not sent keeps the record of before. Leavers are people whose record says so.
//! - **Whoever may be created was read just now**: whoever has no active user is read in any case (so the destination is read
//!   first), as is who waits for a correction. Whether an account for them would be a second one is told by the others' records,
//!   and each of these is read or unchanged. Should one of them be unknown to the source by now, everybody is read.
//! - **A day.** Records say something else once a day has ended (last days, first days, shelf lives), so the first reading of a
//!   day in the tenant's zone is a complete one. What a source changes without saying so is found then, and who was deleted.
//! - **One basis.** A cursor says nothing about records that were read with other settings, another filter or of another account.
//!
//! The cursor stands with the records it is for, in one row, and becomes current with them in one step. Before that step nothing
//! has changed; after it the next plan, whenever it is made, is made from all of it. A reading that fails leaves both as they were.

use super::Engine;
use super::alone::is_of_this_way;
use super::connect::{Clients, abilities};
use super::error::EngineError;
use super::fetch::IN_FLIGHT;
use super::known::waits_for_the_source;
use super::progress::{Reporter, RunEvent};
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
use crate::domain::run::{Cursor, FeedLine, Job, Level, Phase, Scope};
use crate::domain::snapshot::{ReadScope, Reading, Side, SourceFacts, WhyEverybody};
use crate::domain::weather::Weather;
use crate::planning::weather_report;
use crate::ports::api::ApiError;
use crate::store::{KnownPull, StoreError};
use tokio::sync::mpsc;

/// What came of a reading of changes.
pub(super) enum Fetched {
    Changes,
    /// Everybody has to be read, and why.
    Not(WhyEverybody),
}

/// Why changes are not enough, and what the source said of it.
type Not = (WhyEverybody, Option<ApiError>);

/// Whether a run of this scope can be made at all.
///
/// # Errors
/// [`EngineError::NoChanges`].
pub(super) fn check_scope(job: &Job, connection: &Connection) -> Result<(), EngineError> {
    if job.scope != Scope::Changed {
        return Ok(());
    }
    let source = abilities(connection)?.source;
    if source.changes { Ok(()) } else { Err(EngineError::NoChanges { vendor: source.name }) }
}

/// Whether the records of those who have changed would stop a complete list (`planning::weather`).
fn is_odd(weather: &Weather, base: &SourceFacts, connection: &Connection) -> bool {
    let told = SourceFacts {
        weather: weather.clone(),
        archived_fields: base.archived_fields.clone(),
        ..SourceFacts::default()
    };
    !weather_report(&told, Some(&base.weather), &connection.settings).stops.is_empty()
}

impl Engine {
    /// Reads who has changed since the last reading, where that is enough.
    pub(super) async fn fetch_changes(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
    ) -> Result<Fetched, EngineError> {
        let done = match self.base_of_changes(connection, clients).await? {
            Ok(base) => self.add_changes(connection, run, clients, reporter, base).await?,
            Err(why) => Err((why, None)),
        };
        let Err((why, said)) = done else { return Ok(Fetched::Changes) };
        // What was counted of the changes is counted anew.
        reporter.update(|progress| progress.phases.entry(Phase::ReadSource).or_default().done = 0);
        let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
        let text = format!("everybody is read: {}{said}", why.words());
        let line = FeedLine {
            run: Some(run),
            at: self.clock.now(),
            level: Level::Info,
            phase: Some(Phase::ReadSource),
            employee: None,
            what: "all read".to_owned(),
            text: text.clone(),
        };
        self.store.append_feed(connection.id, vec![line]).await?;
        reporter.event(RunEvent::Notice(text)).await;
        Ok(Fetched::Not(why))
    }

    /// The pull to which changes can be added, the cursor since which they are asked for, and how that pull was come by.
    async fn base_of_changes(
        &self,
        connection: &Connection,
        clients: &Clients,
    ) -> Result<Result<(KnownPull, Cursor, Reading), WhyEverybody>, EngineError> {
        let known = match self.store.known_pull(connection.id, &waits_for_the_source()).await {
            // Reading everybody is always right.
            Err(StoreError::Unreadable { .. }) => None,
            known => known?,
        };
        let Some(known) = known else { return Ok(Err(WhyEverybody::NoPull)) };
        let Some(reading) = known.reading.clone() else { return Ok(Err(WhyEverybody::NoPull)) };
        let Some(cursor) = known.facts.cursor.clone() else { return Ok(Err(WhyEverybody::NoCursor)) };
        let is_most = known.open.len() as u64 > known.records / 2;
        Ok(match () {
            () if reading.basis.setting != clients.basis.setting => Err(WhyEverybody::Settings),
            () if reading.basis.day != clients.basis.day => Err(WhyEverybody::NewDay),
            () if known.facts.silent_changes => Err(WhyEverybody::SilentChanges),
            () if is_most => Err(WhyEverybody::MostAreOpen),
            () => Ok((known, cursor, reading)),
        })
    }

    async fn add_changes(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        (base, cursor, reading): (KnownPull, Cursor, Reading),
    ) -> Result<Result<(), Not>, EngineError> {
        let snapshot = self.store.begin_snapshot(connection.id, Some(run), Side::Source).await?;
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let (told, kept) = tokio::join!(
            clients.source.changed_since(&cursor, &base.open, sender),
            self.keep_employees(snapshot, receiver, reporter)
        );
        let not = match (told, kept) {
            // The weather of a few: only reading everybody tells whether it is everybody's.
            (Ok(_), Ok((_, weather)))
                if is_odd(&weather, &base.facts, connection)
                    || !self.turned_or_reshaped(connection, snapshot).await?.is_empty() =>
            {
                Ok((WhyEverybody::OddChanges, None))
            }
            (Ok(next), Ok((records, _))) => {
                if self.store.not_among(snapshot, &base.open).await? == 0 {
                    let facts = SourceFacts { cursor: Some(next), ..base.facts };
                    let reading = reading.then(ReadScope::Changes, records);
                    self.store.finish_changes(connection.id, snapshot, base.id, facts, reading).await?;
                    self.leave(run, Phase::ReadSource, reporter).await?;
                    return Ok(Ok(()));
                }
                Ok((WhyEverybody::SomebodyIsGone, None))
            }
            (Err(error), _) if is_of_this_way(&error) => Ok((WhyEverybody::Refused, Some(error))),
            (Err(error), _) => Err(error.into()),
            (_, Err(error)) => Err(error),
        };
        self.store.discard_snapshot(snapshot).await?;
        not.map(Err)
    }
}
