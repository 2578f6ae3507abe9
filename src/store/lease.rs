//! One applier per connection, across processes: a lease that must be renewed.

use super::columns::{micros, time};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::ConnectionId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// A lease that was not renewed for so long is anybody's.
pub const LEASE_SECONDS: i64 = 30;

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    pub host: String,
    /// When the process started, in whatever form the host tells it: tells a process from a later one of the same pid.
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

struct Lease {
    number: i64,
    holder: Holder,
    since: Timestamp,
    renewed: Timestamp,
    held: bool,
}

fn find(c: &Sqlite, connection: ConnectionId) -> Result<Option<Lease>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM lease WHERE connection = ?1")?;
    let lease = query.query_row([connection.0], |row| {
        Ok(Lease {
            number: row.get("number")?,
            holder: Holder::of(row)?,
            since: time(row, "since")?,
            renewed: time(row, "renewed_at")?,
            held: row.get("held")?,
        })
    });
    Ok(lease.optional()?)
}

fn is_fresh(lease: &Lease, now: Timestamp) -> bool {
    lease.held && now.duration_since(lease.renewed) < SignedDuration::from_secs(LEASE_SECONDS)
}

pub(super) fn acquire(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    holder: &Holder,
    is_alive: impl FnOnce(&Holder) -> bool,
) -> Result<LeaseToken, StoreError> {
    let old = find(c, connection)?;
    let number = old.as_ref().map_or(1, |lease| lease.number + 1);
    if let Some(lease) = old.filter(|lease| is_fresh(lease, now)) {
        let dead = lease.holder.host == holder.host && !is_alive(&lease.holder);
        if !dead {
            return Err(StoreError::LeaseHeld { holder: Box::new(lease.holder), since: lease.since });
        }
    }
    c.prepare_cached(
        "INSERT OR REPLACE INTO lease(connection, number, pid, host, start, what, since, renewed_at, held)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1)",
    )?
    .execute(params![connection.0, number, holder.pid, holder.host, holder.start, holder.what, micros(now)])?;
    Ok(LeaseToken { connection, number })
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

pub(super) fn holder(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
) -> Result<Option<(Holder, Timestamp)>, StoreError> {
    Ok(find(c, connection)?.filter(|lease| is_fresh(lease, now)).map(|lease| (lease.holder, lease.since)))
}

pub(super) fn ask(c: &Sqlite, connection: ConnectionId, ask: Option<Ask>, by: &str) -> Result<bool, StoreError> {
    let mut query =
        c.prepare_cached("UPDATE lease SET asked = ?2, asked_by = ?3 WHERE connection = ?1 AND held = 1")?;
    Ok(query.execute(params![connection.0, ask.map(Ask::key), ask.map(|_| by)])? > 0)
}

impl Store {
    /// Takes the right to write for a connection. A lease that was not renewed for [`LEASE_SECONDS`] is free; so is one
    /// of this host whose process `is_alive` denies. The same process is refused too: two runs must not meet.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] with the holder and since when.
    pub async fn acquire_lease(
        &self,
        connection: ConnectionId,
        holder: Holder,
        is_alive: impl FnOnce(&Holder) -> bool + Send + 'static,
    ) -> Result<LeaseToken, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| acquire(c, now, connection, &holder, is_alive)).await
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

    /// Who holds the lease of a connection now, and since when.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn lease_holder(&self, connection: ConnectionId) -> Result<Option<(Holder, Timestamp)>, StoreError> {
        let now = self.now();
        self.read(move |c| holder(c, now, connection)).await
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
