//! Runs that begin by themselves: how the schedule of each tenant stands, and the loop that starts what is due
//! ([`watch`]). Lists, screens and the loop are told by the same function when the next run is and what it waits for.

pub mod watch;

use super::Engine;
use super::error::EngineError;
use super::silences::{self, SilentVendor};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::RunId;
use crate::domain::run::{RunOutcome, Trigger};
use crate::domain::schedule::{Schedule, Slot, jitter};
use crate::ports::clock::day_in;
use crate::store::{RunRow, ScheduleDesk, StoreError, TenantSchedule};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What a run that would be due waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// Nothing begins by itself here.
    Manual,
    /// The tenant is not published.
    NotLive(ConnectionStatus),
    /// An operator has paused all schedules.
    Paused { by: String },
    /// The plan of this run waits for an operator; the first run of a day makes another one.
    Answer(RunId),
    /// A run is at work on the tenant.
    AtWork(String),
    /// One of its vendors answers nobody.
    Silent(SilentVendor),
}

impl Waits {
    /// The stable word in JSON.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Waits::Manual => "manual",
            Waits::NotLive(status) => match status {
                ConnectionStatus::Preview => "preview",
                ConnectionStatus::Off => "off",
                // A tenant that is live waits for nothing of this kind.
                ConnectionStatus::Paused | ConnectionStatus::Live => "quarantine",
            },
            Waits::Paused { .. } => "paused",
            Waits::Answer(_) => "confirmation",
            Waits::AtWork(_) => "at_work",
            Waits::Silent(_) => "vendor_silent",
        }
    }

    /// For people, a few words: `not published`.
    #[must_use]
    pub fn short(&self) -> &'static str {
        match self {
            Waits::Manual => "by hand",
            Waits::NotLive(ConnectionStatus::Preview) => "not on",
            Waits::NotLive(ConnectionStatus::Off) => "off",
            Waits::NotLive(ConnectionStatus::Paused | ConnectionStatus::Live) => "halted",
            Waits::Paused { .. } => "paused",
            Waits::Answer(_) => "waits",
            Waits::AtWork(_) => "running",
            Waits::Silent(_) => "waits",
        }
    }

    /// For people, in full.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Waits::Manual => "only by hand".to_owned(),
            Waits::NotLive(ConnectionStatus::Preview) => "it is not published".to_owned(),
            Waits::NotLive(ConnectionStatus::Off) => "it is switched off".to_owned(),
            Waits::NotLive(ConnectionStatus::Paused | ConnectionStatus::Live) => {
                "it is halted after refusals, until a connection test passes".to_owned()
            }
            Waits::Paused { by } => format!("all schedules are paused by {by}"),
            Waits::Answer(run) => format!("the plan of run {run} waits for a confirmation"),
            Waits::AtWork(who) => format!("a run is at work: {who}"),
            Waits::Silent(SilentVendor { vendor, silence }) => format!(
                "{vendor} does not answer: {} runs of {} tenants in a row have failed there since {}; one run tries at {}, and all go on when it is answered",
                silence.failures,
                silence.tenants,
                silence.since.strftime("%H:%M UTC"),
                silence.again.strftime("%H:%M UTC"),
            ),
        }
    }
}

/// How the schedule of one tenant stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleStatus {
    pub connection: Connection,
    /// The slot that is owed, else the next one.
    pub next: Option<Slot>,
    /// When its run is due; past where it is owed.
    pub due: Option<Timestamp>,
    /// When it would be due if nobody spread the runs of one moment.
    pub soonest: Option<Timestamp>,
    /// An operator lets it pass.
    pub skipped_by: Option<String>,
    /// The slot after it.
    pub then: Option<Slot>,
    pub waits: Option<Waits>,
    pub kept: TenantSchedule,
}

/// What of the workspace decides whether a tenant waits.
#[derive(Debug, Clone, Default)]
pub struct Meanwhile {
    pub paused: Option<String>,
    /// Who works on the tenant.
    pub at_work: Option<String>,
    /// The run whose plan waits for an answer.
    pub answer: Option<RunId>,
}

/// The zone of a tenant; UTC where it is unknown, as for its days.
#[must_use]
pub fn zone_of(connection: &Connection) -> TimeZone {
    TimeZone::get(&connection.time_zone).unwrap_or(TimeZone::UTC)
}

impl ScheduleStatus {
    /// How a tenant stands at `now`.
    #[must_use]
    pub fn at(now: Timestamp, connection: Connection, kept: TenantSchedule, meanwhile: Meanwhile) -> Self {
        let zone = zone_of(&connection);
        let settings = &connection.settings;
        let schedule = &settings.schedule;
        let since = kept.since.unwrap_or(now);
        let open = kept.last.as_ref().filter(|slot| slot.is_open).map(|slot| Slot::at(slot.slot, &zone));
        // The newest one stands for all that were missed before it.
        let owed = schedule.newest_within(&zone, since, now).or(open.filter(|_| !schedule.is_manual()));
        let next = owed.or_else(|| schedule.next_after(&zone, now.max(since)));
        let due = next.map(|slot| jitter::due(schedule, &zone, slot, &connection.short_name, settings.jitter_minutes));
        // One that met an outage is tried again after a while; the slot that follows does not wait for it.
        let last = kept.last.as_ref().filter(|last| next.is_some_and(|slot| slot.at == last.slot));
        let put_off = last.and_then(|last| last.put_off_until(now));
        let not_before = |moment: Timestamp| put_off.map_or(moment, |again| moment.max(again));
        let (due, soonest) = (due.map(not_before), next.map(|slot| not_before(slot.at)));
        let skip = kept.skip.as_ref().filter(|(skip, _)| next.is_some_and(|slot| slot.at == *skip));
        let skipped_by = skip.map(|(_, by)| by.clone());
        let then = next.and_then(|slot| schedule.next_after(&zone, slot.at));
        let waits = match connection.status {
            _ if schedule.is_manual() => Some(Waits::Manual),
            status @ (ConnectionStatus::Preview | ConnectionStatus::Off | ConnectionStatus::Paused) => {
                Some(Waits::NotLive(status))
            }
            ConnectionStatus::Live => meanwhile
                .paused
                .map(|by| Waits::Paused { by })
                .or(meanwhile.at_work.map(Waits::AtWork))
                .or(meanwhile.answer.map(Waits::Answer)),
        };
        Self { next, due, soonest, skipped_by, then, waits, kept, connection }
    }

    /// Whether a run is due that has not begun.
    #[must_use]
    pub fn is_owed(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

/// The schedules of a workspace.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// By tenant, in the order in which they were added.
    pub standings: Vec<ScheduleStatus>,
    pub desk: ScheduleDesk,
}

impl Engine {
    /// How the schedules of all tenants stand now. A tenant whose row cannot be read has none.
    ///
    /// # Errors
    /// The store's.
    pub async fn schedules(&self) -> Result<Schedules, EngineError> {
        let desk = self.store.schedule_desk().await?;
        let at_work = self.store.all_at_work()?;
        let mut standings = Vec::new();
        let connections = self.store.connections().await?;
        let silences = self.silences(&connections).await?;
        for connection in connections {
            let holder = at_work.get(&connection.short_name).map(|at_work| at_work.holder.words());
            standings.push(self.standing(connection, &desk, holder).await?);
        }
        silences::let_one_try(&mut standings, &silences, self.clock.now());
        Ok(Schedules { standings, desk })
    }

    /// How the schedule of one tenant stands now.
    ///
    /// # Errors
    /// The store's; a tenant that was removed.
    pub async fn schedule_of(&self, connection: &Connection) -> Result<ScheduleStatus, EngineError> {
        let desk = self.store.schedule_desk().await?;
        let holder = self.store.at_work(connection.id).await?.map(|at_work| at_work.holder.words());
        let silences = self.silences(&self.store.connections().await?).await?;
        let mut standing = self.standing(self.store.connection(connection.id).await?, &desk, holder).await?;
        silences::let_one_try(std::slice::from_mut(&mut standing), &silences, self.clock.now());
        Ok(standing)
    }

    async fn standing(
        &self,
        connection: Connection,
        desk: &ScheduleDesk,
        at_work: Option<String>,
    ) -> Result<ScheduleStatus, EngineError> {
        let paused = desk.paused.as_ref().map(|(by, _)| by.clone());
        let answer = match self.answer_waited_for(&connection).await {
            // What cannot be read of one tenant holds nobody up.
            Err(EngineError::Store(StoreError::Unreadable { .. })) => None,
            answer => answer?,
        };
        let meanwhile = Meanwhile { paused, at_work, answer };
        let kept = desk.of(connection.id);
        Ok(ScheduleStatus::at(self.clock.now(), connection, kept, meanwhile))
    }

    /// The scheduled run whose plan waits for an operator. An interval waits with it, so that the plan that is looked at stays
    /// the newest one, until the first run of the next day; what comes once a day or at chosen times plans anew each time.
    async fn answer_waited_for(&self, connection: &Connection) -> Result<Option<RunId>, EngineError> {
        if !matches!(connection.settings.schedule, Schedule::Every(_)) || connection.status != ConnectionStatus::Live {
            return Ok(None);
        }
        let is_of_today = |run: &RunRow| {
            let day = |at| day_in(at, &connection.time_zone);
            day(run.started) == day(self.clock.now())
        };
        let last = self.store.runs(Some(connection.id), 1).await?.pop();
        let Some(run) = last.filter(|run| {
            run.outcome == RunOutcome::Stopped && run.job.trigger == Trigger::Schedule && run.plan.is_some()
        }) else {
            return Ok(None);
        };
        if !is_of_today(&run) {
            return Ok(None);
        }
        let head = self.store.latest_plan(connection.id).await?;
        let waits = head.is_some_and(|head| {
            let past = head.first_import || head.limits.iter().any(|limit| limit.is_exceeded());
            past && head.counts.operations() > 0 && head.approval.is_none()
        });
        Ok(waits.then_some(run.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::connection::Endpoint;
    use crate::domain::ids::ConnectionId;
    use crate::domain::settings::Settings;
    use std::collections::BTreeMap;

    fn connection(schedule: &str) -> Connection {
        let end = || Endpoint { vendor: String::new(), parameters: BTreeMap::new(), secrets: BTreeMap::new() };
        let schedule = schedule.parse().unwrap();
        Connection {
            id: ConnectionId(1),
            tenant_name: "Harbour & Vine".into(),
            short_name: "harbour-vine".into(),
            time_zone: "Europe/London".into(),
            source: end(),
            destination: end(),
            status: ConnectionStatus::Live,
            settings: Settings { schedule, jitter_minutes: Some(0), ..Settings::default() },
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn kept(since: &str) -> TenantSchedule {
        TenantSchedule { since: Some(at(since)), ..TenantSchedule::default() }
    }

    fn standing(schedule: &str, since: &str, now: &str) -> ScheduleStatus {
        ScheduleStatus::at(at(now), connection(schedule), kept(since), Meanwhile::default())
    }

    #[test]
    fn of_many_missed_runs_the_newest_is_owed() {
        let one = standing("daily 02:00", "2026-11-20T02:00Z", "2026-11-24T09:00Z");
        assert_eq!(one.next.map(|slot| slot.at), Some(at("2026-11-24T02:00Z")));
        assert!(one.is_owed(at("2026-11-24T09:00Z")));
        assert_eq!(one.then.map(|slot| slot.at), Some(at("2026-11-25T02:00Z")));
        let one = standing("daily 02:00", "2026-11-24T02:00Z", "2026-11-24T09:00Z");
        assert_eq!((one.due, one.is_owed(at("2026-11-24T09:00Z"))), (Some(at("2026-11-25T02:00Z")), false));
    }

    #[test]
    fn a_clock_that_goes_back_finds_nothing_to_do() {
        let one = standing("every 15 min", "2026-11-24T09:00Z", "2026-11-24T08:10Z");
        assert_eq!(one.due, Some(at("2026-11-24T09:15Z")));
    }

    #[test]
    fn what_is_not_live_waits_and_says_why() {
        let now = at("2026-11-24T09:00Z");
        let with = |status, meanwhile| {
            let connection = Connection { status, ..connection("every 15 min") };
            ScheduleStatus::at(now, connection, kept("2026-11-24T08:00Z"), meanwhile).waits
        };
        assert_eq!(with(ConnectionStatus::Live, Meanwhile::default()), None);
        for status in [ConnectionStatus::Preview, ConnectionStatus::Off, ConnectionStatus::Paused] {
            assert_eq!(with(status, Meanwhile::default()), Some(Waits::NotLive(status)));
        }
        let paused = Meanwhile { paused: Some("rosa".into()), ..Meanwhile::default() };
        assert_eq!(with(ConnectionStatus::Live, paused), Some(Waits::Paused { by: "rosa".into() }));
        assert_eq!(standing("manual", "2026-11-20T02:00Z", "2026-11-24T09:00Z").waits, Some(Waits::Manual));
    }
}
