//! One applier per connection, across processes: a lease that must be renewed.

use super::columns::{micros, time};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::{ConnectionId, RunId};
use crate::ports::process::{self, Liveness};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A lease that was not renewed for so long is anybody's.
pub const LEASE_SECONDS: i64 = 30;

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    pub host: String,
    /// What tells the process from every other of the same pid ([`crate::ports::process`]).
    pub start: String,
    /// What it does, for whoever waits (`sync from the console`).
    pub what: String,
}

impl Holder {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Holder> {
        Ok(Holder { pid: row.get("pid")?, host: row.get("host")?, start: row.get("start")?, what: row.get("what")? })
    }

    /// The holder in words.
    pub fn words(&self) -> String {
        format!("{} (process {} on {})", self.what, self.pid, self.host)
    }
}

/// The right to write for a connection, as long as it is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseToken {
    pub connection: ConnectionId,
    pub(super) number: i64,
}

/// What may be asked of the run that holds a lease, from any process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Hold between two writes.
    Pause,
    /// No new write; end.
    Stop,
}

impl Ask {
    /// The stable word in the database.
    pub(super) fn key(self) -> &'static str {
        match self {
            Ask::Pause => "pause",
            Ask::Stop => "stop",
        }
    }
}

/// Whether the process of a holder may still work: of this machine it is known, of any other it is assumed.
pub type Lives = Arc<dyn Fn(&Holder) -> bool + Send + Sync>;

/// As the system tells it.
pub(super) fn lives_by_the_system() -> Lives {
    Arc::new(|holder| process::liveness_of(holder.pid, &holder.start, &holder.host) != Liveness::Gone)
}

/// Who is at work on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtWork {
    pub holder: Holder,
    pub since: Timestamp,
    /// The run, once it has a number.
    pub run: Option<RunId>,
    /// Whether it is asked to hold.
    pub is_paused: bool,
    /// How far its time lies ahead of this clock: one of the two is wrong, or the workspace was copied.
    pub ahead: Option<SignedDuration>,
    /// The wave of its run that stands at its gate, counted from 0.
    pub gate: Option<i64>,
}

struct Lease {
    number: i64,
    holder: Holder,
    since: Timestamp,
    renewed: Timestamp,
    held: bool,
    run: Option<RunId>,
    asked: Option<String>,
    gate: Option<i64>,
}

/// A lease with the wave of its run that stands at its gate.
const LEASES: &str = "SELECT l.*, (SELECT min(number) FROM wave
    WHERE run = l.run AND gate_at IS NOT NULL AND let_go_at IS NULL) AS gate";

/// The one rule for who is at work: a lease that is held, was renewed within [`LEASE_SECONDS`], and whose process is not
/// known to be gone. A stamp that lies ahead is a clock that is wrong or a file of another machine; it counts until it is
/// looked at by [`acquire`] or [`holder`], which set it to now: from there it has [`LEASE_SECONDS`], like any other.
pub(super) fn is_at_work(renewed: Timestamp, now: Timestamp, holder: &Holder, lives: &Lives) -> bool {
    now.duration_since(renewed) < SignedDuration::from_secs(LEASE_SECONDS) && lives(holder)
}

fn lease_of(row: &Row<'_>) -> rusqlite::Result<Lease> {
    Ok(Lease {
        number: row.get("number")?,
        holder: Holder::of(row)?,
        since: time(row, "since")?,
        renewed: time(row, "renewed_at")?,
        held: row.get("held")?,
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        asked: row.get("asked")?,
        gate: row.get("gate")?,
    })
}

fn find(c: &Sqlite, connection: ConnectionId) -> Result<Option<Lease>, StoreError> {
    let mut query = c.prepare_cached(&format!("{LEASES} FROM lease l WHERE l.connection = ?1"))?;
    Ok(query.query_row([connection.0], lease_of).optional()?)
}

/// Everybody who is at work, by the tenant's short name.
fn all_at_work(c: &Sqlite, now: Timestamp, lives: &Lives) -> Result<BTreeMap<String, AtWork>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "{LEASES}, c.short_name FROM lease l JOIN connection c ON c.id = l.connection WHERE l.held = 1"
    ))?;
    let leases = query.query_map([], |row| Ok((row.get("short_name")?, lease_of(row)?)))?;
    let leases = leases.collect::<Result<Vec<(String, Lease)>, _>>()?;
    Ok(leases
        .into_iter()
        .filter(|(_, lease)| lease.is_at_work(now, lives))
        .map(|(name, it)| (name, it.seen_at(now)))
        .collect())
}

/// Everybody who is at work but for the holder of one lease, by the tenant's short name.
pub(super) fn at_work_but(
    c: &Sqlite,
    now: Timestamp,
    lives: &Lives,
    own: Option<LeaseToken>,
) -> Result<Vec<(String, Holder)>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "{LEASES}, l.connection, c.short_name FROM lease l JOIN connection c ON c.id = l.connection WHERE l.held = 1"
    ))?;
    let leases = query.query_map([], |row| {
        let token = LeaseToken { connection: ConnectionId(row.get("connection")?), number: row.get("number")? };
        Ok((token, row.get::<_, String>("short_name")?, lease_of(row)?))
    })?;
    let leases = leases.collect::<Result<Vec<_>, _>>()?;
    let others = leases.into_iter().filter(|(token, _, lease)| Some(*token) != own && lease.is_at_work(now, lives));
    Ok(others.map(|(_, name, lease)| (name, lease.holder)).collect())
}

impl Lease {
    fn is_at_work(&self, now: Timestamp, lives: &Lives) -> bool {
        self.held && is_at_work(self.renewed, now, &self.holder, lives)
    }

    /// How far it lies in the future; also of one whose stamp was pulled back, by when it was taken.
    fn ahead(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(self.renewed.max(self.since).duration_since(now)).filter(SignedDuration::is_positive)
    }

    fn seen_at(self, now: Timestamp) -> AtWork {
        let ahead = self.ahead(now);
        let is_paused = self.asked.as_deref() == Some(Ask::Pause.key());
        AtWork { holder: self.holder, since: self.since, run: self.run, is_paused, ahead, gate: self.gate }
    }
}

/// Has a stamp that lies ahead begin its life now.
fn pull_back(c: &Sqlite, now: Timestamp, connection: ConnectionId) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE lease SET renewed_at = ?2 WHERE connection = ?1 AND renewed_at > ?2")?
        .execute(params![connection.0, micros(now)])?;
    Ok(())
}

/// [`pull_back`] for every connection, when a process opens the workspace: whoever looks on may never ask for a lease. Where it
/// cannot be saved (a disk that may only be read), nothing is lost.
pub(super) fn pull_back_all(c: &Sqlite, now: Timestamp) {
    let ahead =
        c.query_row("SELECT EXISTS (SELECT 1 FROM lease WHERE renewed_at > ?1)", [micros(now)], |row| row.get(0));
    if let Ok(true) = ahead
        && let Err(error) = c.execute("UPDATE lease SET renewed_at = ?1 WHERE renewed_at > ?1", [micros(now)])
    {
        tracing::warn!(%error, "a sign of life that lies ahead of this clock stays as it is");
    }
}

/// The lease, or the error that says who has it. What is found out about a stamp that lies ahead is kept in both cases.
pub(super) fn acquire(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    holder: &Holder,
    lives: &Lives,
) -> Result<Result<LeaseToken, StoreError>, StoreError> {
    let old = find(c, connection)?;
    let number = old.as_ref().map_or(1, |lease| lease.number + 1);
    if let Some(lease) = old.filter(|lease| lease.is_at_work(now, lives)) {
        pull_back(c, now, connection)?;
        let ahead = lease.ahead(now);
        return Ok(Err(StoreError::LeaseHeld { holder: Box::new(lease.holder), since: lease.since, ahead }));
    }
    c.prepare_cached(
        "INSERT OR REPLACE INTO lease(connection, number, pid, host, start, what, since, renewed_at, held)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1)",
    )?
    .execute(params![connection.0, number, holder.pid, holder.host, holder.start, holder.what, micros(now)])?;
    Ok(Ok(LeaseToken { connection, number }))
}

pub(super) fn renew(c: &Sqlite, now: Timestamp, token: LeaseToken) -> Result<(), StoreError> {
    let mut query =
        c.prepare_cached("UPDATE lease SET renewed_at = ?3 WHERE connection = ?1 AND number = ?2 AND held = 1")?;
    match query.execute(params![token.connection.0, token.number, micros(now)])? {
        0 => Err(StoreError::LeaseLost),
        _ => Ok(()),
    }
}

pub(super) fn release(c: &Sqlite, token: LeaseToken) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE lease SET held = 0 WHERE connection = ?1 AND number = ?2")?
        .execute(params![token.connection.0, token.number])?;
    Ok(())
}

/// Who is at work, and whether the stamp lies ahead.
fn holder(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    lives: &Lives,
) -> Result<Option<(Lease, bool)>, StoreError> {
    let found = find(c, connection)?.filter(|lease| lease.is_at_work(now, lives));
    Ok(found.map(|lease| (lease.renewed > now, lease)).map(|(ahead, lease)| (lease, ahead)))
}

/// The run that a token's holder works on, for who looks on.
pub(super) fn note_run(c: &Sqlite, token: LeaseToken, run: Option<RunId>) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE lease SET run = ?3 WHERE connection = ?1 AND number = ?2")?.execute(params![
        token.connection.0,
        token.number,
        run.map(|run| run.0)
    ])?;
    Ok(())
}

/// Fails when somebody else took the lease, or the connection was removed: what was decided under it must not be kept then.
pub(super) fn fence(c: &Sqlite, token: LeaseToken) -> Result<(), StoreError> {
    let mut query = c.prepare_cached("SELECT 1 FROM lease WHERE connection = ?1 AND number = ?2 AND held = 1")?;
    if query.exists(params![token.connection.0, token.number])? { Ok(()) } else { Err(StoreError::LeaseLost) }
}

pub(super) fn ask(c: &Sqlite, connection: ConnectionId, ask: Option<Ask>, by: &str) -> Result<bool, StoreError> {
    let mut query =
        c.prepare_cached("UPDATE lease SET asked = ?2, asked_by = ?3 WHERE connection = ?1 AND held = 1")?;
    Ok(query.execute(params![connection.0, ask.map(Ask::key), ask.map(|_| by)])? > 0)
}

impl Store {
    /// Takes the right to write for a connection. A lease that was not renewed for [`LEASE_SECONDS`] is free; so is one
    /// of a process of this machine that is gone. The same process is refused too: two runs must not meet.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] with the holder and since when.
    pub async fn acquire_lease(&self, connection: ConnectionId, holder: Holder) -> Result<LeaseToken, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.write(Write::durably(Group::Runs), move |c| acquire(c, now, connection, &holder, &lives)).await?
    }

    /// Keeps the lease for another [`LEASE_SECONDS`].
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else has taken it meanwhile: the run must stop writing at once.
    pub async fn renew_lease(&self, token: LeaseToken) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::default(), move |c| renew(c, now, token)).await
    }

    /// Gives the lease back; one that is lost already is left alone.
    ///
    /// # Errors
    /// When it cannot be saved; the lease runs out by itself then.
    pub async fn release_lease(&self, token: LeaseToken) -> Result<(), StoreError> {
        self.write(Write::to(Group::Runs), move |c| release(c, token)).await
    }

    /// Who is at work on a connection now. A process of this machine that is gone is not at work.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn at_work(&self, connection: ConnectionId) -> Result<Option<AtWork>, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        let Some((lease, ahead)) = self.read(move |c| holder(c, now, connection, &lives)).await? else {
            return Ok(None);
        };
        if ahead {
            self.write(Write::to(Group::Runs), move |c| pull_back(c, now, connection)).await?;
        }
        Ok(Some(lease.seen_at(now)))
    }

    /// Everybody who is at work in any process, by the tenant's short name. Cheap enough to be asked every second.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn all_at_work(&self) -> Result<BTreeMap<String, AtWork>, StoreError> {
        let (now, lives) = (self.now(), self.inner.lives.clone());
        self.at_once(|c| all_at_work(c, now, &lives))
    }

    /// The same store for the run that holds a lease: what it writes is kept only while the lease is its own, decided in the
    /// same transaction, so that a process which slept and was overtaken changes nothing any more.
    #[must_use]
    pub fn under_lease(&self, token: LeaseToken) -> Store {
        Store { lease: Some(token), ..self.clone() }
    }

    /// Says which run the holder of this store's lease works on; others see that run as running, and no other.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn work_on(&self, run: RunId) -> Result<(), StoreError> {
        let Some(token) = self.lease else { return Ok(()) };
        self.write(Write::to(Group::Runs), move |c| note_run(c, token, Some(run))).await
    }

    /// Asks the run that holds the lease of a connection, in whatever process, to pause or to stop; `None` takes back what
    /// was asked. It hears of it before its next write ([`Store::write_permit`]). Answers whether there is a holder.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn ask_holder(&self, connection: ConnectionId, asked: Option<Ask>, by: &str) -> Result<bool, StoreError> {
        let by = by.to_owned();
        self.write(Write::durably(Group::Runs), move |c| ask(c, connection, asked, &by)).await
    }
}
