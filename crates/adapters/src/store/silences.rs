//! Which runs ended for want of a vendor's answer, and when each tenant was last answered: what an outage is told by.

use super::columns::{json_or_none, micros, time, time_or_none};
use super::error::StoreError;
use super::{Sqlite, Store};
use crate::domain::code::ProblemCode;
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use jiff::Timestamp;
use rusqlite::params;

/// A run that ended for want of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InVain {
    pub connection: ConnectionId,
    pub ended: Timestamp,
    /// The vendor that gave none, by its name.
    pub silent: String,
}

/// When a tenant's vendors last answered a whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    /// The source was read.
    pub source: Option<Timestamp>,
    /// A plan was made, so the destination was read too.
    pub destination: Option<Timestamp>,
}

fn in_vain(c: &Sqlite, since: Timestamp) -> Result<Vec<InVain>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT connection, ended_at, problem FROM run
         WHERE outcome IN ('failed', 'interrupted') AND ended_at >= ?1 AND problem IS NOT NULL",
    )?;
    let rows = query.query_map([micros(since)], |row| {
        // A problem that cannot be read tells nothing of a vendor.
        let problem: Option<Problem> = json_or_none(row, "problem").unwrap_or_default();
        let (connection, ended) = (ConnectionId(row.get("connection")?), time(row, "ended_at")?);
        let silent = problem
            .filter(|problem| problem.code() == ProblemCode::VendorUnwell)
            .and_then(|one| one.vendor().map(str::to_owned));
        Ok(silent.map(|silent| InVain { connection, ended, silent }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn answered(c: &Sqlite, connection: ConnectionId, since: Timestamp) -> Result<Answered, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT max(ended_at) AS source, max(CASE WHEN plan IS NOT NULL THEN ended_at END) AS destination
         FROM (SELECT * FROM run WHERE connection = ?1 ORDER BY id DESC LIMIT 300)
         WHERE started_at >= ?2
           AND outcome IN ('done', 'done_with_held', 'previewed', 'stopped', 'drifted')",
    )?;
    Ok(query.query_row(params![connection.0, micros(since)], |row| {
        Ok(Answered { source: time_or_none(row, "source")?, destination: time_or_none(row, "destination")? })
    })?)
}

impl Store {
    /// Runs that ended since then for want of an answer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn runs_in_vain(&self, since: Timestamp) -> Result<Vec<InVain>, StoreError> {
        self.read(move |c| in_vain(c, since)).await
    }

    /// When the vendors of a tenant last answered a run that began since then.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn last_answered(&self, connection: ConnectionId, since: Timestamp) -> Result<Answered, StoreError> {
        self.read(move |c| answered(c, connection, since)).await
    }
}
