//! Whether a run may send its next write, as the file says at this moment: whatever any process has written there since.

use super::columns::{time, word};
use super::error::StoreError;
use super::lease::{Ask, Holder, LEASE_SECONDS, LeaseToken};
use super::{Sqlite, Store};
use crate::domain::connection::ConnectionStatus;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row};
use std::sync::PoisonError;

/// What the file says to the run that holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WritePermit {
    /// The tenant is live and the lease is this run's.
    Granted,
    /// Another process asks it to hold between two writes.
    Paused { by: String },
    /// Another process asks it to stop.
    Stopped { by: String },
    /// The tenant was switched off, paused or taken back to preview.
    NotLive { status: ConnectionStatus, by: String, since: Timestamp },
    /// The tenant is not in the workspace any more.
    Removed,
    /// The lease ran out, and another run took it: this one must not write a line any more, not even in the journal.
    LeaseLost { holder: Option<Box<Holder>> },
}

impl WritePermit {
    /// Whether the next write may leave.
    pub fn is_granted(&self) -> bool {
        *self == WritePermit::Granted
    }
}

/// Past this age a lease is renewed before anything is written under it: the process slept, and its timer with it.
const RENEW_FIRST: SignedDuration = SignedDuration::from_secs(LEASE_SECONDS / 2);

enum Found {
    Permit(WritePermit),
    /// Still this run's, but too old to be trusted for the length of a request.
    Old,
}

fn look(c: &Sqlite, now: Timestamp, token: LeaseToken) -> Result<Found, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT c.status, c.status_by, c.status_at, l.number, l.pid, l.host, l.start, l.what, l.held, l.renewed_at,
                l.asked, l.asked_by
         FROM connection c LEFT JOIN lease l ON l.connection = c.id WHERE c.id = ?1",
    )?;
    let found = query.query_row([token.connection.0], |row| found_in(row, now, token)).optional()?;
    Ok(found.unwrap_or(Found::Permit(WritePermit::Removed)))
}

fn found_in(row: &Row<'_>, now: Timestamp, token: LeaseToken) -> rusqlite::Result<Found> {
    if row.get::<_, Option<i64>>("number")? != Some(token.number) {
        let held: Option<bool> = row.get("held")?;
        let holder = held.unwrap_or(false).then(|| Holder::of(row)).transpose()?.map(Box::new);
        return Ok(Found::Permit(WritePermit::LeaseLost { holder }));
    }
    if !row.get::<_, bool>("held")? {
        return Ok(Found::Permit(WritePermit::LeaseLost { holder: None }));
    }
    let asked = row.get_ref("asked")?.as_str_or_null()?;
    let by = row.get::<_, Option<String>>("asked_by")?.unwrap_or_default();
    // A word of a later version: whatever it asks, going on is not it.
    if asked.is_some_and(|asked| asked != Ask::Pause.key()) {
        return Ok(Found::Permit(WritePermit::Stopped { by }));
    }
    let status = word(row, "status", ConnectionStatus::from_key)?;
    if status != ConnectionStatus::Live {
        let (by, since) = (row.get("status_by")?, time(row, "status_at")?);
        return Ok(Found::Permit(WritePermit::NotLive { status, by, since }));
    }
    if asked.is_some() {
        return Ok(Found::Permit(WritePermit::Paused { by }));
    }
    let age = now.duration_since(time(row, "renewed_at")?);
    Ok(if age.abs() < RENEW_FIRST { Found::Permit(WritePermit::Granted) } else { Found::Old })
}

impl Store {
    /// Whether the run that holds `token` may send its next write. Cheap enough to be asked before each (one row by its
    /// key, past the queues of the reading threads). A lease that has grown old is renewed on the way, unless somebody
    /// took it: a process that slept hears of it here.
    ///
    /// # Errors
    /// When the file cannot be read; then nothing must be written either.
    pub async fn write_permit(&self, token: LeaseToken) -> Result<WritePermit, StoreError> {
        for _ in 0..2 {
            match self.look_for_permit(token)? {
                Found::Permit(permit) => return Ok(permit),
                Found::Old => match self.renew_lease(token).await {
                    Ok(()) | Err(StoreError::LeaseLost) => {}
                    Err(error) => return Err(error),
                },
            }
        }
        // Renewed a moment ago, and old again: the clock runs wild.
        Err(StoreError::LeaseLost)
    }

    fn look_for_permit(&self, token: LeaseToken) -> Result<Found, StoreError> {
        let now = self.now();
        self.at_once(|connection| look(connection, now, token))
    }

    /// Reads one row by its key, past the queues of the reading threads.
    pub(super) fn at_once<T>(&self, read: impl FnOnce(&Sqlite) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.inner.permits.lock().unwrap_or_else(PoisonError::into_inner);
        read(&connection)
    }
}
