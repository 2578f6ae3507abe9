//! Slots of schedules: who took which, what is let pass, who watches. Taking a slot is one transaction, so that of any number of
//! processes one runs it; a slot at or before the newest one that was taken is never taken again, whatever the clock does.

use super::columns::{is_unreadable, micros, time, time_or_none, word};
use super::error::StoreError;
use super::lease::{Holder, Lives};
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, connections, troubles};
use crate::domain::connection::ConnectionStatus;
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::silence;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// A watcher that gave no sign of life for so long watches no more.
pub const WATCH_SECONDS: i64 = 90;
/// What became of slots is kept so long.
const KEPT: SignedDuration = SignedDuration::from_hours(40 * 24);
/// Attempts at a slot that a process took and never began, the first included.
const TRIES: u32 = 2;
/// How far the newest slot may lie ahead of the clock: beyond that a clock was wrong, and would silence the tenant.
const AHEAD: SignedDuration = SignedDuration::from_hours(26);

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// A process is about to begin its run.
    Taken,
    /// Its run could not begin just then; anybody may take it again.
    GivenBack,
    /// Its run has begun.
    Begun,
    /// Its run has ended, however it did.
    Ended,
    /// No run could begin, for a reason that stays.
    Refused,
    /// Let pass by an operator.
    Skipped,
    /// It was due while nobody watched, and is not made up for.
    Missed,
}

impl SlotState {
    const ALL: [SlotState; 7] = [
        SlotState::Taken,
        SlotState::GivenBack,
        SlotState::Begun,
        SlotState::Ended,
        SlotState::Refused,
        SlotState::Skipped,
        SlotState::Missed,
    ];

    /// The stable word in JSON and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            SlotState::Taken => "taken",
            SlotState::GivenBack => "given_back",
            SlotState::Begun => "begun",
            SlotState::Ended => "ended",
            SlotState::Refused => "refused",
            SlotState::Skipped => "skipped",
            SlotState::Missed => "missed",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

/// A slot and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRow {
    pub slot: Timestamp,
    pub state: SlotState,
    pub taken_at: Timestamp,
    pub by: Holder,
    pub run: Option<RunId>,
    /// The outcome of the run, or why there is none.
    pub note: String,
    /// Nobody is about to begin it, or its run was cut short with whoever ran it: it is made up for.
    pub is_open: bool,
    /// Runs of it that met an outage.
    pub in_vain: u32,
    /// Not to be tried again before this.
    pub again: Option<Timestamp>,
    tries: u32,
}

/// The schedule of one tenant, as far as it was carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantSchedule {
    /// Slots up to here are not owed; `None` where nobody has looked yet.
    pub since: Option<Timestamp>,
    /// The slot that is let pass, and who said so.
    pub skip: Option<(Timestamp, String)>,
    /// The newest slot.
    pub last: Option<SlotRow>,
}

/// A process that watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    pub holder: Holder,
    pub since: Timestamp,
    pub seen_at: Timestamp,
    /// Runs at once at most.
    pub at_once: u32,
}

/// Everything about schedules that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleDesk {
    pub tenants: BTreeMap<ConnectionId, TenantSchedule>,
    /// Nothing begins by itself: who said so, and when.
    pub paused: Option<(String, Timestamp)>,
    /// Those that gave a sign of life just now, longest first.
    pub watchers: Vec<Watcher>,
}

impl SlotRow {
    /// Until when it waits for its next attempt. A moment that is further off than any wait is of a clock that was wrong.
    #[must_use]
    pub fn put_off_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.again.filter(|again| self.is_open && *again <= silence::again_after(now, u32::MAX))
    }
}

impl ScheduleDesk {
    /// How a tenant stands.
    #[must_use]
    pub fn of(&self, connection: ConnectionId) -> TenantSchedule {
        self.tenants.get(&connection).cloned().unwrap_or_default()
    }
}

/// Who wants to run which slot, of which schedule: another one meanwhile has other slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    pub connection: ConnectionId,
    pub slot: Timestamp,
    pub schedule: String,
    pub time_zone: String,
    pub holder: Holder,
}

/// Whether a slot may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// By whoever asked, and nobody else.
    Yours,
    /// Somebody else has it, or a later one was taken.
    Past,
    /// An operator let it pass.
    Skipped,
    /// Nothing begins by itself now.
    Paused,
    /// The tenant is not published.
    NotLive,
    /// The schedule is another one by now.
    Changed,
}

/// How it went on with a slot that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotEnd {
    /// Its run has begun.
    Begun(RunId),
    /// Its run has ended: the outcome.
    Ended(String),
    /// It could not begin just now.
    GivenBack(String),
    /// A vendor gave no answer: it is tried again, after a while that grows.
    PutOff(String),
    /// It cannot begin.
    Refused(String),
}

/// From now on slots are owed, and not those before: a schedule was made or changed, a tenant published.
pub(super) fn restart(c: &Sqlite, now: Timestamp, connection: ConnectionId) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO schedule_state(connection, since) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET since = ?2, skip = NULL, skip_by = NULL",
    )?
    .execute(params![connection.0, micros(now)])?;
    Ok(())
}

fn state_of(row: &Row<'_>) -> rusqlite::Result<(ConnectionId, TenantSchedule)> {
    let by: Option<String> = row.get("skip_by")?;
    let skip = time_or_none(row, "skip")?.map(|slot| (slot, by.unwrap_or_default()));
    let state = TenantSchedule { since: Some(time(row, "since")?), skip, last: None };
    Ok((ConnectionId(row.get("connection")?), state))
}

fn slot_of(row: &Row<'_>) -> rusqlite::Result<SlotRow> {
    Ok(SlotRow {
        slot: time(row, "slot")?,
        state: word(row, "state", SlotState::from_key)?,
        taken_at: time(row, "taken_at")?,
        by: Holder { pid: row.get("pid")?, host: row.get("host")?, start: row.get("start")?, what: "watch".to_owned() },
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        note: row.get("note")?,
        is_open: false,
        in_vain: row.get("in_vain")?,
        again: time_or_none(row, "again_at")?,
        tries: row.get("tries")?,
    })
}

/// Nothing of a row that cannot be read: it holds no other tenant up.
fn readable<T>(read: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match read {
        Err(error) if is_unreadable(&error) => Ok(None),
        read => read.map(Some),
    }
}

fn watcher_of(row: &Row<'_>) -> rusqlite::Result<Watcher> {
    Ok(Watcher {
        holder: Holder::of(row)?,
        since: time(row, "since")?,
        seen_at: time(row, "seen_at")?,
        at_once: row.get("at_once")?,
    })
}

/// Those whose sign of life is fresh and whose process is not known to be gone.
pub(super) fn watchers(c: &Sqlite, now: Timestamp, lives: &Lives) -> Result<Vec<Watcher>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM schedule_watch ORDER BY since")?;
    let all = query.query_map([], |row| readable(watcher_of(row)))?.collect::<Result<Vec<_>, _>>()?;
    let fresh = |one: &Watcher| now.duration_since(one.seen_at) < SignedDuration::from_secs(WATCH_SECONDS);
    Ok(all.into_iter().flatten().filter(|one| fresh(one) && lives(&one.holder)).collect())
}

/// Whether a slot is to be taken again: it was given back, or whoever took it watches no more and its run has not begun, or
/// was cut short.
fn is_open(c: &Sqlite, slot: &SlotRow, watchers: &[Watcher]) -> Result<bool, StoreError> {
    let is = |one: &Holder, other: &Holder| (one.pid, &one.host, &one.start) == (other.pid, &other.host, &other.start);
    let left = || slot.tries < TRIES && !watchers.iter().any(|one| is(&one.holder, &slot.by));
    match slot.state {
        SlotState::GivenBack => Ok(true),
        SlotState::Taken => Ok(left()),
        SlotState::Begun => Ok(left() && was_cut(c, slot.run)?),
        SlotState::Ended | SlotState::Refused | SlotState::Skipped | SlotState::Missed => Ok(false),
    }
}

/// Whether a run was left open; that it is at work somewhere is told by its lease.
fn was_cut(c: &Sqlite, run: Option<RunId>) -> Result<bool, StoreError> {
    let Some(run) = run else { return Ok(false) };
    let mut query =
        c.prepare_cached("SELECT 1 FROM run WHERE id = ?1 AND outcome IN ('running', 'paused', 'interrupted')")?;
    Ok(query.exists([run.0])?)
}

fn paused(c: &Sqlite) -> Result<Option<(String, Timestamp)>, StoreError> {
    let mut query = c.prepare_cached("SELECT by, at FROM schedule_pause")?;
    Ok(query.query_row([], |row| Ok((row.get("by")?, time(row, "at")?))).optional()?)
}

fn desk(c: &Sqlite, now: Timestamp, lives: &Lives) -> Result<ScheduleDesk, StoreError> {
    let watchers = watchers(c, now, lives)?;
    let mut query = c.prepare_cached("SELECT * FROM schedule_state")?;
    let states = query.query_map([], |row| readable(state_of(row)))?.collect::<Result<Vec<_>, _>>()?;
    let mut tenants: BTreeMap<_, _> = states.into_iter().flatten().collect();
    let mut newest = c.prepare_cached(
        "SELECT s.* FROM schedule_slot s JOIN (SELECT connection, max(slot) AS slot FROM schedule_slot GROUP BY connection)
         USING (connection, slot)",
    )?;
    let slots = newest.query_map([], |row| {
        let connection = ConnectionId(row.get("connection")?);
        Ok(readable(slot_of(row))?.map(|slot| (connection, slot)))
    })?;
    for slot in slots {
        let slot: Option<(ConnectionId, SlotRow)> = slot?;
        let Some((connection, slot)) = slot else { continue };
        let state = tenants.entry(connection).or_default();
        // A later schedule owes nothing of an earlier one.
        let is_open = is_open(c, &slot, &watchers)? && state.since.is_none_or(|since| since <= slot.slot);
        state.last = Some(SlotRow { is_open, ..slot });
    }
    Ok(ScheduleDesk { tenants, paused: paused(c)?, watchers })
}

fn find_slot(c: &Sqlite, connection: ConnectionId, slot: Timestamp) -> Result<Option<SlotRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM schedule_slot WHERE connection = ?1 AND slot = ?2")?;
    Ok(query.query_row(params![connection.0, micros(slot)], slot_of).optional()?)
}

fn put_slot(c: &Sqlite, now: Timestamp, taking: &Taking, state: SlotState, tries: u32) -> Result<(), StoreError> {
    let (id, holder) = (taking.connection.0, &taking.holder);
    c.prepare_cached(
        "INSERT OR REPLACE INTO schedule_slot(connection, slot, state, tries, taken_at, pid, host, start, in_vain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                 coalesce((SELECT in_vain FROM schedule_slot WHERE connection = ?1 AND slot = ?2), 0))",
    )?
    .execute(params![
        id,
        micros(taking.slot),
        state.key(),
        tries,
        micros(now),
        holder.pid,
        holder.host,
        holder.start
    ])?;
    c.prepare_cached(
        "INSERT INTO schedule_state(connection, since) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET since = max(since, ?2), skip = CASE WHEN skip <= ?2 THEN NULL ELSE skip END",
    )?
    .execute(params![id, micros(taking.slot)])?;
    let old = now.saturating_sub(KEPT).unwrap_or(now).min(taking.slot);
    c.prepare_cached("DELETE FROM schedule_slot WHERE connection = ?1 AND slot < ?2")?
        .execute(params![id, micros(old)])?;
    Ok(())
}

fn take(c: &Sqlite, now: Timestamp, taking: &Taking, lives: &Lives) -> Result<Taken, StoreError> {
    let connection = connections::get(c, taking.connection)?;
    if connection.status != ConnectionStatus::Live {
        return Ok(Taken::NotLive);
    }
    if (connection.settings.schedule.to_string(), &connection.time_zone) != (taking.schedule.clone(), &taking.time_zone)
    {
        return Ok(Taken::Changed);
    }
    if paused(c)?.is_some() {
        return Ok(Taken::Paused);
    }
    let mut query = c.prepare_cached("SELECT * FROM schedule_state WHERE connection = ?1")?;
    let state = query.query_row([taking.connection.0], state_of).optional()?.map(|(_, state)| state);
    let state = state.unwrap_or_default();
    let known = find_slot(c, taking.connection, taking.slot)?;
    if state.since.is_some_and(|since| taking.slot <= since) || known.is_some() {
        let again = known.filter(|_| state.since.is_none_or(|since| since <= taking.slot));
        return match again {
            Some(slot) if is_open(c, &slot, &watchers(c, now, lives)?)? => {
                // Another process has tried it meanwhile, in vain.
                match (SlotRow { is_open: true, ..slot.clone() }).put_off_until(now).is_some_and(|again| again > now) {
                    true => Ok(Taken::Past),
                    false => take_again(c, now, taking, &slot),
                }
            }
            // Of a clock that was wrong once: what it had done is past.
            Some(_) => advance(c, taking).map(|()| Taken::Past),
            None => Ok(Taken::Past),
        };
    }
    if state.skip.is_some_and(|(skip, _)| skip == taking.slot) {
        put_slot(c, now, taking, SlotState::Skipped, 0)?;
        return Ok(Taken::Skipped);
    }
    put_slot(c, now, taking, SlotState::Taken, 1)?;
    Ok(Taken::Yours)
}

fn advance(c: &Sqlite, taking: &Taking) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE schedule_state SET since = max(since, ?2) WHERE connection = ?1")?
        .execute(params![taking.connection.0, micros(taking.slot)])?;
    Ok(())
}

/// Takes a slot that was taken before and not begun. A run that began without its number being noted is its run.
fn take_again(c: &Sqlite, now: Timestamp, taking: &Taking, slot: &SlotRow) -> Result<Taken, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT min(id) FROM run WHERE connection = ?1 AND set_off_by = 'schedule' AND started_at >= ?2",
    )?;
    let run: Option<i64> = query.query_row(params![taking.connection.0, micros(slot.taken_at)], |row| row.get(0))?;
    if let Some(run) = run.filter(|_| slot.state == SlotState::Taken) {
        mark(c, now, taking.connection, taking.slot, &SlotEnd::Begun(RunId(run)))?;
        return Ok(Taken::Past);
    }
    let tries = if slot.state == SlotState::GivenBack { slot.tries } else { slot.tries + 1 };
    put_slot(c, now, taking, SlotState::Taken, tries)?;
    Ok(Taken::Yours)
}

/// Notes what became of a slot; answers when it is tried again, where it is put off.
fn mark(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    slot: Timestamp,
    end: &SlotEnd,
) -> Result<Option<Timestamp>, StoreError> {
    let key = params![connection.0, micros(slot)];
    if let SlotEnd::PutOff(_) = end {
        c.prepare_cached("UPDATE schedule_slot SET in_vain = in_vain + 1 WHERE connection = ?1 AND slot = ?2")?
            .execute(key)?;
    }
    let mut query = c.prepare_cached("SELECT in_vain FROM schedule_slot WHERE connection = ?1 AND slot = ?2")?;
    let in_vain: u32 = query.query_row(key, |row| row.get(0)).optional()?.unwrap_or_default();
    let again = matches!(end, SlotEnd::PutOff(_)).then(|| silence::again_after(now, in_vain.saturating_sub(1)));
    let (state, run, note) = match end {
        SlotEnd::Begun(run) => (SlotState::Begun, Some(run.0), ""),
        SlotEnd::Ended(outcome) => (SlotState::Ended, None, outcome.as_str()),
        SlotEnd::GivenBack(why) => (SlotState::GivenBack, None, why.as_str()),
        SlotEnd::Refused(why) => (SlotState::Refused, None, why.as_str()),
        SlotEnd::PutOff(why) => (SlotState::GivenBack, None, why.as_str()),
    };
    c.prepare_cached(
        "UPDATE schedule_slot SET state = ?3, run = coalesce(?4, run), note = ?5, again_at = ?6
         WHERE connection = ?1 AND slot = ?2",
    )?
    .execute(params![connection.0, micros(slot), state.key(), run, note, again.map(micros)])?;
    Ok(again)
}

fn miss(c: &Sqlite, now: Timestamp, taking: &Taking, lives: &Lives) -> Result<bool, StoreError> {
    if let Some(slot) = find_slot(c, taking.connection, taking.slot)?
        && !is_open(c, &slot, &watchers(c, now, lives)?)?
    {
        return Ok(false);
    }
    put_slot(c, now, taking, SlotState::Missed, TRIES)?;
    let why = format!("the run of {} was due while nobody watched", taking.slot.strftime("%Y-%m-%d %H:%M UTC"));
    troubles::note_missed(c, now, taking.connection, &why)?;
    Ok(true)
}

fn set_skip(c: &Sqlite, connection: ConnectionId, skip: Option<(Timestamp, &str)>) -> Result<bool, StoreError> {
    let mut query = c.prepare_cached(
        "UPDATE schedule_state SET skip = ?2, skip_by = ?3 WHERE connection = ?1 AND (?2 IS NULL OR since < ?2)",
    )?;
    Ok(query.execute(params![connection.0, skip.map(|(slot, _)| micros(slot)), skip.map(|(_, by)| by)])? > 0)
}

fn begin_watch(c: &Sqlite, now: Timestamp, holder: &Holder, at_once: u32, lives: &Lives) -> Result<(), StoreError> {
    let alive = watchers(c, now, lives)?;
    if alive.is_empty() {
        // Those who left without a word.
        c.execute("DELETE FROM schedule_watch", [])?;
    }
    c.prepare_cached(
        "INSERT INTO schedule_watch(pid, host, start, what, since, seen_at, at_once) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
         ON CONFLICT DO UPDATE SET seen_at = ?5, at_once = ?6",
    )?
    .execute(params![holder.pid, holder.host, holder.start, holder.what, micros(now), at_once])?;
    // What a schedule owes begins now where nobody has said so yet; a stamp far ahead is of a clock that was wrong, one
    // before 1970 of a row that broke.
    let ahead = now.saturating_add(AHEAD).unwrap_or(now);
    c.prepare_cached(
        "INSERT INTO schedule_state(connection, since) SELECT id, ?1 FROM connection WHERE 1 ON CONFLICT DO NOTHING",
    )?
    .execute([micros(now)])?;
    c.prepare_cached("UPDATE schedule_state SET since = ?1 WHERE since > ?2 OR since < 0")?
        .execute([micros(now), micros(ahead)])?;
    Ok(())
}

fn end_watch(c: &Sqlite, holder: &Holder) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM schedule_watch WHERE pid = ?1 AND host = ?2 AND start = ?3")?.execute(params![
        holder.pid,
        holder.host,
        holder.start
    ])?;
    Ok(())
}

/// Whether anything changed by it.
fn pause(c: &Sqlite, now: Timestamp, on: bool, by: &str) -> Result<bool, StoreError> {
    let changed = if on {
        c.prepare_cached("INSERT INTO schedule_pause(id, by, at) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![by, micros(now)])?
    } else {
        c.prepare_cached("DELETE FROM schedule_pause")?.execute([])?
    };
    if changed > 0 {
        if !on {
            // What came meanwhile is not owed.
            c.prepare_cached("UPDATE schedule_state SET since = ?1 WHERE since < ?1")?.execute([micros(now)])?;
        }
        audit::add(c, now, None, by, "schedule", if on { "all schedules paused" } else { "schedules go on" })?;
    }
    Ok(changed > 0)
}

impl Store {
    /// What is kept about the schedules of all tenants.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn schedule_desk(&self) -> Result<ScheduleDesk, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.read(move |c| desk(c, now, &lives)).await
    }

    /// Takes a slot, for one run of it and no more, in whatever process.
    ///
    /// # Errors
    /// When it cannot be saved, or the connection was removed.
    pub async fn take_slot(&self, taking: Taking) -> Result<Taken, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.write(Write::durably(Group::Schedule), move |c| take(c, now, &taking, &lives)).await
    }

    /// Says how it went on with a slot that was taken; answers when it is tried again, where it is put off.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn mark_slot(
        &self,
        connection: ConnectionId,
        slot: Timestamp,
        end: SlotEnd,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Schedule).and(Group::Runs), move |c| {
            let again = mark(c, now, connection, slot, &end)?;
            match &end {
                SlotEnd::Refused(why) => troubles::note_missed(c, now, connection, why)?,
                // What a run met is told by the run.
                SlotEnd::Begun(_) | SlotEnd::Ended(_) | SlotEnd::GivenBack(_) | SlotEnd::PutOff(_) => {}
            }
            Ok(again)
        })
        .await
    }

    /// Lets a slot go that came while nobody watched; `false` where somebody has run it.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn miss_slot(&self, taking: Taking) -> Result<bool, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.write(Write::durably(Group::Schedule).and(Group::Runs), move |c| miss(c, now, &taking, &lives)).await
    }

    /// Lets the next slot pass; `None` takes that back. `false` where that slot is past already.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn skip_slot(
        &self,
        connection: ConnectionId,
        slot: Option<Timestamp>,
        by: &str,
    ) -> Result<bool, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Schedule).and(Group::Audit), move |c| {
            let done = set_skip(c, connection, slot.map(|slot| (slot, by.as_str())))?;
            let what =
                slot.map_or_else(|| "no run is let pass".to_owned(), |slot| format!("the run of {slot} is let pass"));
            if done {
                audit::add(c, now, Some(connection), &by, "schedule", &what)?;
            }
            Ok(done)
        })
        .await
    }

    /// Pauses the schedules of all tenants, or lets them go on; answers whether that changed anything.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn pause_schedules(&self, on: bool, by: &str) -> Result<bool, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Schedule).and(Group::Audit), move |c| pause(c, now, on, &by)).await
    }

    /// A sign of life of a process that watches.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn watch_schedules(&self, holder: Holder, at_once: u32) -> Result<(), StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.write(Write::to(Group::Schedule), move |c| begin_watch(c, now, &holder, at_once, &lives)).await
    }

    /// A process watches no more.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn end_watch(&self, holder: Holder) -> Result<(), StoreError> {
        self.write(Write::durably(Group::Schedule), move |c| end_watch(c, &holder)).await
    }
}
