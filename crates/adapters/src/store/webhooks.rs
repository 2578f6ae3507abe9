//! Webhooks: the address of each tenant, and what was received there, queued on disk before it is answered. Taking what is
//! queued is one transaction, so that of any number of processes one runs it.

use super::columns::{from_count, json, micros, time, time_or_none, to_json, word};
use super::error::StoreError;
use super::lease::{Holder, Lives};
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, connections, schedule, troubles};
use crate::domain::connection::ConnectionStatus;
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::silence;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// The same signed delivery within this time changes nothing.
const REPLAY: SignedDuration = SignedDuration::from_hours(24);
/// Deliveries are kept so long.
const KEPT: SignedDuration = SignedDuration::from_hours(40 * 24);
/// Deliveries of a tenant that may be open at once.
const OPEN_MAXIMUM: i64 = 10_000;
/// What a run that died took is taken so often in all.
const TRIES: u32 = 3;
/// `tries` counts both: attempts since the last one whose process lived to its end, and, in steps of this, those that met an outage.
const OUTAGE: u32 = 1_000;
/// How a row stands. What ended in vain had been taken before; what was refused when it came had not. The note of a run is its
/// outcome.
pub(super) const STATE: &str = "CASE WHEN state = 'refused' AND tries > 0 THEN 'failed'
    WHEN state = 'done' AND note = 'stopped' THEN 'stopped' ELSE state END";

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits for its run.
    Queued,
    /// A process runs it.
    Taken,
    /// Its run has ended, or none was needed.
    Done,
    /// Nothing is to be done.
    Ignored,
    /// Not to be trusted, or not to be read.
    Refused,
    /// Taken in, and its run could not be had.
    Failed,
    /// Its run wrote nothing: its plan waits for an operator.
    Stopped,
}

impl DeliveryState {
    pub(super) const ALL: [DeliveryState; 7] = [
        DeliveryState::Queued,
        DeliveryState::Taken,
        DeliveryState::Done,
        DeliveryState::Ignored,
        DeliveryState::Refused,
        DeliveryState::Failed,
        DeliveryState::Stopped,
    ];

    /// The stable word in JSON and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            DeliveryState::Queued => "queued",
            DeliveryState::Taken => "taken",
            DeliveryState::Done => "done",
            DeliveryState::Ignored => "ignored",
            DeliveryState::Refused => "refused",
            DeliveryState::Failed => "failed",
            DeliveryState::Stopped => "stopped",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

/// What is to become of a delivery that is received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// To be run, unless it came before or the tenant is not live.
    Queue,
    Ignore(String),
    Refuse(String),
}

/// A delivery that is received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub connection: ConnectionId,
    /// The vendor's word, harmless to show.
    pub event: String,
    pub people: Vec<EmployeeId>,
    pub digest: Vec<u8>,
    /// It carries a time under a signature: the same one again is a replay. Of one that is not signed the same words may tell of
    /// another change, since whoever was changed there and back is told of in the same words.
    pub signed: bool,
    pub verdict: Verdict,
}

/// A delivery and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: i64,
    pub connection: ConnectionId,
    pub received: Timestamp,
    pub event: String,
    pub people: Vec<EmployeeId>,
    pub state: DeliveryState,
    pub note: String,
    pub run: Option<RunId>,
    /// When what waits is tried again, after an attempt in vain.
    pub again: Option<Timestamp>,
}

/// Deliveries, newest first, and the counts of the last hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryDesk {
    pub rows: Vec<DeliveryRow>,
    /// Of the last hour: those that were taken in, whatever came of them, those that were ignored, those that were refused.
    pub taken: u64,
    pub ignored: u64,
    pub refused: u64,
}

/// The deliveries of a tenant that wait for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub connection: ConnectionId,
    pub oldest: Timestamp,
    pub newest: Timestamp,
    /// Not to be tried before.
    pub not_before: Option<Timestamp>,
}

/// What one run is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenDeliveries {
    /// Each delivery and whom it names.
    pub each: Vec<(i64, Vec<EmployeeId>)>,
}

impl TakenDeliveries {
    /// The deliveries.
    #[must_use]
    pub fn ids(&self) -> Vec<i64> {
        self.each.iter().map(|(id, _)| *id).collect()
    }

    /// Whether one of them says that somebody has changed, and not who.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        self.each.iter().any(|(_, people)| people.is_empty())
    }

    /// Everybody who is named, once each.
    #[must_use]
    pub fn people(&self) -> Vec<EmployeeId> {
        let mut people: Vec<_> = self.each.iter().flat_map(|(_, people)| people.clone()).collect();
        people.sort();
        people.dedup();
        people
    }

    /// Keeps the deliveries that name somebody who is known, without the others; answers those that name nobody.
    pub fn keep(&mut self, known: &[EmployeeId]) -> Vec<i64> {
        for (_, people) in &mut self.each {
            people.retain(|id| known.contains(id));
        }
        let (left, nobody) = std::mem::take(&mut self.each).into_iter().partition(|(_, people)| !people.is_empty());
        self.each = left;
        let nobody: Vec<(i64, Vec<EmployeeId>)> = nobody;
        nobody.into_iter().map(|(id, _)| id).collect()
    }
}

/// How it went on with deliveries that were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEnd {
    Begun(RunId),
    Done(String),
    /// It could not be run now; to be tried again after that time.
    GivenBack(String, Timestamp),
    /// A vendor gave no answer: it is tried again, after a while that grows, for as long as deliveries are kept.
    PutOff(String),
    /// It was run or asked for in vain, and would be again.
    InVain(String),
    Ignored(String),
}

struct Open {
    id: i64,
    state: DeliveryState,
    people: Vec<EmployeeId>,
    received: Timestamp,
    not_before: Option<Timestamp>,
    tries: u32,
    holder: Option<Holder>,
}

fn open_of(row: &Row<'_>) -> rusqlite::Result<Open> {
    let pid: Option<u32> = row.get("pid")?;
    let holder = match pid {
        Some(pid) => Some(Holder { pid, host: row.get("host")?, start: row.get("start")?, what: String::new() }),
        None => None,
    };
    Ok(Open {
        id: row.get("id")?,
        state: word(row, "state", DeliveryState::from_key)?,
        people: json(row, "people")?,
        received: time(row, "received_at")?,
        not_before: time_or_none(row, "not_before")?,
        tries: row.get("tries")?,
        holder,
    })
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    let state = word(row, "standing", DeliveryState::from_key)?;
    Ok(DeliveryRow {
        id: row.get("id")?,
        connection: ConnectionId(row.get("connection")?),
        received: time(row, "received_at")?,
        event: row.get("event")?,
        people: json(row, "people")?,
        state,
        note: row.get("note")?,
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        again: time_or_none(row, "not_before")?.filter(|_| state == DeliveryState::Queued),
    })
}

/// The open deliveries of a tenant, and whether a process that lives is at them.
fn open(c: &Sqlite, connection: ConnectionId, watchers: &[schedule::Watcher]) -> Result<(Vec<Open>, bool), StoreError> {
    let mut query = c.prepare_cached(
        "SELECT * FROM webhook_delivery WHERE connection = ?1 AND state IN ('queued', 'taken') ORDER BY id",
    )?;
    let all = query.query_map([connection.0], open_of)?.collect::<Result<Vec<_>, _>>()?;
    let lives = |holder: &Holder| {
        let same = |one: &Holder| (one.pid, &one.host, &one.start) == (holder.pid, &holder.host, &holder.start);
        watchers.iter().any(|watcher| same(&watcher.holder))
    };
    let busy = all.iter().any(|one| one.state == DeliveryState::Taken && one.holder.as_ref().is_some_and(lives));
    Ok((all, busy))
}

fn waiting(c: &Sqlite, now: Timestamp, lives: &Lives) -> Result<Vec<Waiting>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT DISTINCT connection FROM webhook_delivery WHERE state IN ('queued', 'taken') ORDER BY connection",
    )?;
    let connections = query.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let watchers = schedule::watchers(c, now, lives)?;
    let mut found = Vec::new();
    for connection in connections.into_iter().map(ConnectionId) {
        let (open, busy) = open(c, connection, &watchers)?;
        let times = || open.iter().map(|one| one.received);
        let (Some(oldest), Some(newest)) = (times().min(), times().max()) else { continue };
        if !busy {
            // A moment that is further off than any wait is of a clock that was wrong.
            let longest = silence::again_after(now, u32::MAX);
            let not_before = open.iter().filter_map(|one| one.not_before).filter(|at| *at <= longest).max();
            found.push(Waiting { connection, oldest, newest, not_before });
        }
    }
    Ok(found)
}

fn put(c: &Sqlite, now: Timestamp, new: &NewDelivery) -> Result<DeliveryState, StoreError> {
    let (state, note) = match &new.verdict {
        Verdict::Ignore(why) => (DeliveryState::Ignored, why.clone()),
        Verdict::Refuse(why) => (DeliveryState::Refused, why.clone()),
        Verdict::Queue => queued(c, now, new)?,
    };
    c.prepare_cached(
        "INSERT INTO webhook_delivery(connection, received_at, event, people, digest, state, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        new.connection.0,
        micros(now),
        new.event,
        to_json(&new.people)?,
        new.digest,
        state.key(),
        note
    ])?;
    let old = now.saturating_sub(KEPT).unwrap_or(now);
    c.prepare_cached(
        "DELETE FROM webhook_delivery WHERE connection = ?1 AND received_at < ?2 AND state NOT IN ('queued', 'taken')",
    )?
    .execute(params![new.connection.0, micros(old)])?;
    match &new.verdict {
        Verdict::Refuse(why) => troubles::note_delivery(c, now, new.connection, Some(why))?,
        Verdict::Queue | Verdict::Ignore(_) => troubles::note_delivery(c, now, new.connection, None)?,
    }
    Ok(state)
}

fn queued(c: &Sqlite, now: Timestamp, new: &NewDelivery) -> Result<(DeliveryState, String), StoreError> {
    if connections::get(c, new.connection)?.status != ConnectionStatus::Live {
        return Ok((DeliveryState::Ignored, "the tenant is not live".to_owned()));
    }
    if is_told_already(c, now, new)? {
        return Ok((DeliveryState::Ignored, "same delivery again".to_owned()));
    }
    let mut query = c.prepare_cached(
        "SELECT count(*) FROM webhook_delivery WHERE connection = ?1 AND state IN ('queued', 'taken')",
    )?;
    let open: i64 = query.query_row([new.connection.0], |row| row.get(0))?;
    if open >= OPEN_MAXIMUM {
        return Ok((DeliveryState::Refused, "too many wait already".to_owned()));
    }
    Ok((DeliveryState::Queued, String::new()))
}

/// Whether a delivery says nothing beyond an earlier one. What still waits for its run is read later than now, so that the same words
/// are one with it; once it was taken, the source may have been read before what is told of now.
fn is_told_already(c: &Sqlite, now: Timestamp, new: &NewDelivery) -> Result<bool, StoreError> {
    let since = now.saturating_sub(REPLAY).unwrap_or(now);
    let mut query = c.prepare_cached(
        "SELECT 1 FROM webhook_delivery WHERE connection = ?1 AND digest = ?2
         AND (state = 'queued' OR (?4 AND received_at > ?3 AND state IN ('taken', 'done')))",
    )?;
    Ok(query.exists(params![new.connection.0, new.digest, micros(since), new.signed])?)
}

fn take(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    holder: &Holder,
    lives: &Lives,
) -> Result<TakenDeliveries, StoreError> {
    let (open, busy) = open(c, connection, &schedule::watchers(c, now, lives)?)?;
    let mut taken = TakenDeliveries::default();
    if busy {
        return Ok(taken);
    }
    for one in open {
        // Whoever had it has died.
        if one.state == DeliveryState::Taken && one.tries % OUTAGE >= TRIES {
            let why = format!("given up after {TRIES} attempts");
            mark(c, now, &[one.id], &DeliveryEnd::InVain(why))?;
            continue;
        }
        c.prepare_cached(
            "UPDATE webhook_delivery SET state = 'taken', tries = tries + 1, pid = ?2, host = ?3, start = ?4 WHERE id = ?1",
        )?
        .execute(params![one.id, holder.pid, holder.host, holder.start])?;
        taken.each.push((one.id, one.people));
    }
    Ok(taken)
}

/// Notes what became of deliveries; answers when they are tried again, where they are put off.
fn mark(c: &Sqlite, now: Timestamp, ids: &[i64], end: &DeliveryEnd) -> Result<Option<Timestamp>, StoreError> {
    let (state, note, run, not_before, tried) = match end {
        DeliveryEnd::PutOff(why) => return put_off(c, now, ids, why),
        DeliveryEnd::Begun(run) => (DeliveryState::Taken, "", Some(run.0), None, 0),
        DeliveryEnd::Done(note) => (DeliveryState::Done, note.as_str(), None, None, 0),
        // An attempt that could not begin is none.
        DeliveryEnd::GivenBack(why, at) => (DeliveryState::Queued, why.as_str(), None, Some(micros(*at)), 1),
        DeliveryEnd::InVain(why) => (DeliveryState::Refused, why.as_str(), None, None, 0),
        DeliveryEnd::Ignored(why) => (DeliveryState::Ignored, why.as_str(), None, None, 0),
    };
    let mut query = c.prepare_cached(
        "UPDATE webhook_delivery SET state = ?2, note = ?3, run = coalesce(?4, run), not_before = ?5,
                tries = max(0, tries - ?6) WHERE id = ?1",
    )?;
    for id in ids {
        query.execute(params![id, state.key(), note, run, not_before, tried])?;
    }
    Ok(None)
}

/// Those of one run wait together, as long as the one that waited most often.
fn put_off(c: &Sqlite, now: Timestamp, ids: &[i64], why: &str) -> Result<Option<Timestamp>, StoreError> {
    let mut tries = c.prepare_cached("SELECT tries FROM webhook_delivery WHERE id = ?1")?;
    let mut before = 0;
    for id in ids {
        before = tries.query_row([id], |row| row.get::<_, u32>(0)).optional()?.unwrap_or_default().max(before);
    }
    let again = silence::again_after(now, before / OUTAGE);
    let oldest = now.saturating_sub(KEPT).unwrap_or(now);
    let mut wait = c.prepare_cached(
        "UPDATE webhook_delivery SET state = 'queued', note = ?2, not_before = ?3, tries = (tries / ?5 + 1) * ?5
         WHERE id = ?1 AND received_at > ?4",
    )?;
    let mut old = Vec::new();
    for id in ids {
        if wait.execute(params![id, why, micros(again), micros(oldest), OUTAGE])? == 0 {
            old.push(*id);
        }
    }
    mark(c, now, &old, &DeliveryEnd::InVain(format!("not tried again, it is too old: {why}")))?;
    Ok((old.len() < ids.len()).then_some(again))
}

fn desk(c: &Sqlite, now: Timestamp, connection: Option<ConnectionId>, limit: u32) -> Result<DeliveryDesk, StoreError> {
    let id = connection.map(|id| id.0);
    let mut query = c.prepare_cached(&format!(
        "SELECT *, {STATE} AS standing FROM webhook_delivery WHERE ?1 IS NULL OR connection = ?1
         ORDER BY received_at DESC, id DESC LIMIT ?2",
    ))?;
    let rows = query.query_map(params![id, limit], row_of)?.collect::<Result<Vec<_>, _>>()?;
    let since = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(now);
    let mut counts = c.prepare_cached(&format!(
        "SELECT {STATE} AS standing, count(*) FROM webhook_delivery
         WHERE (?1 IS NULL OR connection = ?1) AND received_at > ?2 GROUP BY standing",
    ))?;
    let counts = counts.query_map(params![id, micros(since)], |row| Ok((row.get(0)?, from_count(row.get(1)?))))?;
    let counts = counts.collect::<Result<BTreeMap<String, u64>, _>>()?;
    let of = |state: DeliveryState| counts.get(state.key()).copied().unwrap_or_default();
    Ok(DeliveryDesk {
        rows,
        taken: of(DeliveryState::Queued)
            + of(DeliveryState::Taken)
            + of(DeliveryState::Done)
            + of(DeliveryState::Failed)
            + of(DeliveryState::Stopped),
        ignored: of(DeliveryState::Ignored),
        refused: of(DeliveryState::Refused),
    })
}

/// Takes one person out; what waits for others stays.
pub(super) fn forget(c: &Sqlite, connection: ConnectionId, employee: &str) -> Result<(), StoreError> {
    c.execute(
        "DELETE FROM webhook_delivery WHERE connection = ?1
         AND EXISTS (SELECT 1 FROM json_each(webhook_delivery.people) WHERE value = ?2)",
        params![connection.0, employee],
    )?;
    Ok(())
}

fn set_address(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    hash: &[u8],
    by: &str,
) -> Result<bool, StoreError> {
    connections::get(c, connection)?;
    let replaced = c.prepare_cached("SELECT 1 FROM webhook_address WHERE connection = ?1")?.exists([connection.0])?;
    c.prepare_cached(
        "INSERT OR REPLACE INTO webhook_address(connection, token_hash, made_at, made_by) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![connection.0, hash, micros(now), by])?;
    let what = if replaced { "a new address; the old one is void" } else { "an address was made" };
    audit::add(c, now, Some(connection), by, "webhook", what)?;
    Ok(replaced)
}

fn revoke(c: &Sqlite, now: Timestamp, connection: ConnectionId, by: &str) -> Result<bool, StoreError> {
    let gone = c.prepare_cached("DELETE FROM webhook_address WHERE connection = ?1")?.execute([connection.0])? > 0;
    if gone {
        audit::add(c, now, Some(connection), by, "webhook", "the address is void")?;
    }
    Ok(gone)
}

impl Store {
    /// Keeps the digest of a tenant's new address; answers whether an older one is void by that.
    ///
    /// # Errors
    /// When it cannot be saved, or the connection was removed.
    pub async fn set_webhook_address(
        &self,
        connection: ConnectionId,
        hash: Vec<u8>,
        by: &str,
    ) -> Result<bool, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        let write = Write::durably(Group::Schedule).and(Group::Audit);
        self.write(write, move |c| set_address(c, now, connection, &hash, &by)).await
    }

    /// Makes the address of a tenant void; `false` where it has none.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn revoke_webhook_address(&self, connection: ConnectionId, by: &str) -> Result<bool, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        let write = Write::durably(Group::Schedule).and(Group::Audit);
        self.write(write, move |c| revoke(c, now, connection, &by)).await
    }

    /// The digests of all addresses.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn webhook_addresses(&self) -> Result<Vec<(ConnectionId, Vec<u8>)>, StoreError> {
        self.read(|c| {
            let mut query = c.prepare_cached("SELECT connection, token_hash FROM webhook_address")?;
            let all = query.query_map([], |row| Ok((ConnectionId(row.get(0)?), row.get(1)?)))?;
            Ok(all.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    /// Keeps a delivery, on disk when this returns; answers what becomes of it.
    ///
    /// # Errors
    /// When it cannot be saved, or the connection was removed.
    pub async fn put_delivery(&self, new: NewDelivery) -> Result<DeliveryState, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Schedule).and(Group::Runs), move |c| put(c, now, &new)).await
    }

    /// The tenants whose deliveries wait for a run that nobody has begun.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn waiting_deliveries(&self) -> Result<Vec<Waiting>, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.read(move |c| waiting(c, now, &lives)).await
    }

    /// Takes what waits for a tenant, for one run and no more, in whatever process; nothing where another one is at it.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn take_deliveries(
        &self,
        connection: ConnectionId,
        holder: Holder,
    ) -> Result<TakenDeliveries, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.write(Write::durably(Group::Schedule), move |c| take(c, now, connection, &holder, &lives)).await
    }

    /// Says how it went on with deliveries that were taken; answers when they are tried again, where they are put off.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn mark_deliveries(&self, ids: Vec<i64>, end: DeliveryEnd) -> Result<Option<Timestamp>, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Schedule), move |c| mark(c, now, &ids, &end)).await
    }

    /// The newest deliveries, of one tenant or of all, and the counts of the last hour.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn deliveries(&self, connection: Option<ConnectionId>, limit: u32) -> Result<DeliveryDesk, StoreError> {
        let now = self.now();
        self.read(move |c| desk(c, now, connection, limit)).await
    }
}
