//! Fetch: both sides, at once, streamed into snapshots. A snapshot becomes the current one only when it is complete and
//! past the guard of its side.

use super::Engine;
use super::changes::Fetched;
use super::connect::Clients;
use super::error::EngineError;
use super::known::Known;
use super::progress::Reporter;
use crate::domain::connection::Connection;
use crate::domain::ids::{RunId, SnapshotId};
use crate::domain::mapping::DestinationOption;
use crate::domain::run::{Phase, Scope};
use crate::domain::snapshot::{Reading, Side, SourceFacts, WhyEverybody};
use crate::domain::weather::Weather;
use crate::planning::{GuardStop, reshaped_identifiers, source_guard, turned_dates, users_guard, weather_report};
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::ports::source::{KnownRecords, NothingKnown, SourceRecord};
use tokio::sync::mpsc;

/// Rows that go to the store at once: large enough for one commit to be cheap, small enough for a live count.
const BATCH: usize = 250;
/// Rows that may wait between a client and the store; beyond that the client waits.
pub(super) const IN_FLIGHT: usize = 500;

/// Branches that a stop of the source guard names.
const LOST_BRANCHES: u32 = 12;

/// What a fetch may let through.
#[derive(Debug, Clone, Copy, Default)]
pub struct FetchPolicy {
    /// The number of employees, or of users, that an operator has typed as right, though it is far fewer than last time.
    pub accepted_rows: Option<u64>,
    /// Whether everything is read, also what the source says has not changed since the last pull.
    pub full: bool,
    /// Nothing is written after it, so that the number was typed for this list. That of a sync is typed for its operations, and is
    /// the same by chance: of a first import of everybody always.
    pub plans_only: bool,
}

impl Engine {
    /// Reads both sides completely and makes them the current snapshots.
    ///
    /// # Errors
    /// Any error of either vendor, the store, or the source guard; the old snapshots then stay current.
    pub async fn fetch(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        policy: FetchPolicy,
    ) -> Result<(), EngineError> {
        self.fetch_within(connection, run, clients, reporter, policy, &Scope::Everybody).await
    }

    /// The same for what a run is about: of the source only that, where it is safe; of the destination always everybody.
    ///
    /// # Errors
    /// As [`Engine::fetch`].
    pub(super) async fn fetch_within(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        policy: FetchPolicy,
        scope: &Scope,
    ) -> Result<(), EngineError> {
        let source = self.fetch_employees(connection, run, clients, reporter, policy, scope);
        let destination = self.fetch_destination(connection, run, clients, reporter, policy);
        if *scope == Scope::Changed {
            // Whoever has no user any more has to be read too.
            destination.await?;
            return source.await;
        }
        let (source, destination) = tokio::join!(source, destination);
        source?;
        destination
    }

    async fn fetch_employees(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        policy: FetchPolicy,
        scope: &Scope,
    ) -> Result<(), EngineError> {
        self.enter(run, Phase::ReadSource, None, reporter).await?;
        let instead = match scope {
            // A number that was typed for the list is about the whole list.
            Scope::People(people) if !policy.full && policy.accepted_rows.is_none() => {
                if self.fetch_alone(connection, run, clients, reporter, people).await? {
                    return Ok(());
                }
                None
            }
            Scope::Changed if !policy.full => match self.fetch_changes(connection, run, clients, reporter).await? {
                Fetched::Changes => return Ok(()),
                Fetched::Not(why) => Some(why),
            },
            Scope::Everybody | Scope::People(_) | Scope::Changed => None,
        };
        self.fetch_source(connection, run, clients, reporter, policy, instead).await
    }

    async fn fetch_source(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        policy: FetchPolicy,
        instead: Option<WhyEverybody>,
    ) -> Result<(), EngineError> {
        let began = self.clock.now();
        let snapshot = self.store.begin_snapshot(connection.id, Some(run), Side::Source).await?;
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let known: Box<dyn KnownRecords> =
            if policy.full { Box::new(NothingKnown) } else { Box::new(Known::of(&self.store, connection.id).await?) };
        let (pulled, kept) =
            tokio::join!(clients.source.pull(&*known, sender), self.keep_employees(snapshot, receiver, reporter));
        let checked = match (pulled, kept) {
            (Ok(facts), Ok((received, weather))) => {
                let facts = SourceFacts { weather, ..facts };
                match self.checked_source(connection, snapshot, facts, received, policy).await? {
                    Ok(facts) => Ok((facts, received)),
                    Err(stop) => Err(self.guard_stop(connection, snapshot, stop).await?),
                }
            }
            (Err(error), _) => Err(error.into()),
            (_, Err(error)) => Err(error),
        };
        let (facts, received) = match checked {
            Ok(complete) => complete,
            Err(error) => {
                self.store.discard_snapshot(snapshot).await?;
                return Err(error);
            }
        };
        if self.store.pinned_account(connection.id).await?.is_none() && !facts.account_id.is_empty() {
            self.store.pin_account(connection.id, &facts.account_id).await?;
        }
        self.store.put_source_values(connection.id, facts.values.clone()).await?;
        let reading = Reading::of_everybody(received, began, clients.basis.clone(), instead);
        self.store.finish_reading(connection.id, snapshot, facts, reading).await?;
        self.leave(run, Phase::ReadSource, reporter).await
    }

    /// The source guard (ALL09): an empty, incomplete or suddenly much shorter list is never planned from, nor one whose records are
    /// suddenly empty. What is only odd is told with the facts.
    async fn checked_source(
        &self,
        connection: &Connection,
        snapshot: SnapshotId,
        mut facts: SourceFacts,
        received: u64,
        policy: FetchPolicy,
    ) -> Result<Result<SourceFacts, GuardStop>, EngineError> {
        let last_good = self.store.last_good_count(connection.id, Side::Source).await?;
        let accepted = policy.accepted_rows == Some(received);
        if let Err(stop) = source_guard(&facts, received, last_good, accepted) {
            return Ok(Err(stop));
        }
        // Facts that an older version kept, or that cannot be read, say nothing of the weather.
        let before = self.store.source_facts(connection.id).await.ok().flatten().map(|facts| facts.weather);
        let known = before.filter(|weather| *weather != Weather::default());
        let mut report = weather_report(&facts, known.as_ref(), &connection.settings);
        report.stops.extend(self.turned_or_reshaped(connection, snapshot).await?);
        let is_let_through = accepted && policy.plans_only;
        if !report.stops.is_empty() && !is_let_through {
            let last_good = last_good.unwrap_or(received);
            return Ok(Err(GuardStop::Weather { received, last_good, findings: report.stops }));
        }
        facts.warnings.extend(report.stops.into_iter().chain(report.warnings));
        Ok(Ok(facts))
    }

    /// Dates and identifiers of a pull in the making that are written otherwise than in the current one.
    pub(super) async fn turned_or_reshaped(
        &self,
        connection: &Connection,
        snapshot: SnapshotId,
    ) -> Result<Vec<String>, EngineError> {
        let dates = self.store.changed_dates(connection.id, snapshot).await?;
        let identifiers = self.store.changed_identifiers(connection.id, snapshot).await?;
        Ok(turned_dates(&dates).into_iter().chain(reshaped_identifiers(&identifiers)).collect())
    }

    /// A stop of the guard; for a list that shrank, with where people are missing, while the pull can still be looked at.
    async fn guard_stop(
        &self,
        connection: &Connection,
        snapshot: SnapshotId,
        stop: GuardStop,
    ) -> Result<EngineError, EngineError> {
        let lost = match stop.can_be_let_through() {
            true => self.store.lost_by_branch(connection.id, snapshot, LOST_BRANCHES).await?,
            false => Vec::new(),
        };
        Ok(EngineError::Guard { stop, lost })
    }

    pub(super) async fn fetch_destination(
        &self,
        connection: &Connection,
        run: RunId,
        clients: &Clients,
        reporter: &Reporter,
        policy: FetchPolicy,
    ) -> Result<(), EngineError> {
        self.enter(run, Phase::ReadDestination, None, reporter).await?;
        self.fetch_options(connection, clients).await?;
        let last_good = self.store.last_good_count(connection.id, Side::Destination).await?;
        let snapshot = self.store.begin_snapshot(connection.id, Some(run), Side::Destination).await?;
        let checked = match self.pull_users(snapshot, clients, reporter).await {
            Ok((facts, received)) => users_guard(received, last_good, policy.accepted_rows == Some(received))
                .map(|()| facts)
                .map_err(|stop| EngineError::Guard { stop, lost: Vec::new() }),
            Err(error) => Err(error),
        };
        match checked {
            Ok(facts) => {
                self.store.finish_user_snapshot(snapshot, &facts).await?;
                let learnt = clients.destination.learnt();
                if learnt != self.store.learnt(connection.id).await? {
                    self.store.learn(connection.id, learnt).await?;
                }
                self.leave(run, Phase::ReadDestination, reporter).await
            }
            Err(error) => {
                self.store.discard_snapshot(snapshot).await?;
                Err(error)
            }
        }
    }

    async fn pull_users(
        &self,
        snapshot: SnapshotId,
        clients: &Clients,
        reporter: &Reporter,
    ) -> Result<(DestinationFacts, u64), EngineError> {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let (pulled, kept) =
            tokio::join!(clients.destination.pull(sender), self.keep_users(snapshot, receiver, reporter));
        Ok((pulled?, kept?))
    }

    pub(super) async fn keep_employees(
        &self,
        snapshot: SnapshotId,
        mut receiver: mpsc::Receiver<SourceRecord>,
        reporter: &Reporter,
    ) -> Result<(u64, Weather), EngineError> {
        let (mut received, mut weather) = (0, Weather::default());
        let mut batch = Vec::with_capacity(BATCH);
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            let rows = batch.len() as u64;
            batch.iter().filter(|record| !record.out_of_scope).for_each(|record| weather.count(&record.employee));
            self.store.add_employees(snapshot, std::mem::take(&mut batch)).await?;
            received += rows;
            reporter.advance(Phase::ReadSource, rows);
        }
        Ok((received, weather))
    }

    async fn keep_users(
        &self,
        snapshot: SnapshotId,
        mut receiver: mpsc::Receiver<DestinationRecord>,
        reporter: &Reporter,
    ) -> Result<u64, EngineError> {
        let mut received = 0;
        let mut batch = Vec::with_capacity(BATCH);
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            let rows = batch.len() as u64;
            self.store.add_users(snapshot, std::mem::take(&mut batch)).await?;
            received += rows;
            reporter.advance(Phase::ReadDestination, rows);
        }
        Ok(received)
    }

    /// Reads the destination's options of every table again, without touching people.
    ///
    /// # Errors
    /// Any error of the vendor or the store.
    pub async fn refresh_options(
        &self,
        connection: &Connection,
        clients: &Clients,
    ) -> Result<Vec<DestinationOption>, EngineError> {
        self.fetch_options(connection, clients).await?;
        Ok(self.store.options(connection.id).await?)
    }

    /// Reads the options of every list that something feeds: the others may need rights that nobody has given.
    async fn fetch_options(&self, connection: &Connection, clients: &Clients) -> Result<(), EngineError> {
        let abilities = super::connect::abilities(connection)?;
        for spec in abilities.destination.lists {
            let is_fed = spec.feed(abilities.source, &connection.settings).is_some();
            let options = if is_fed { clients.destination.options(spec.list).await? } else { Vec::new() };
            self.store.put_options(connection.id, spec.list, options).await?;
        }
        Ok(())
    }
}
