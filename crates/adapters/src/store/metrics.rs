//! What is counted for those who watch the watcher: runs and their lines, queues, in one reading.

use super::columns::{from_count, is_unreadable, time_or_none, word};
use super::error::StoreError;
use super::reports::MailState;
use super::runs::{self, RunRow, STANDING};
use super::webhooks::{self, DeliveryState};
use super::{Sqlite, Store, connections};
use crate::domain::ids::ConnectionId;
use crate::domain::run::{RunOutcome, RunPurpose, RunTotals};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The runs of one tenant that were for the same and ended the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSum {
    pub connection: ConnectionId,
    pub purpose: RunPurpose,
    pub outcome: RunOutcome,
    pub runs: u64,
    /// When the last of them ended.
    pub last_end: Option<Timestamp>,
    pub written: u64,
    pub already: u64,
    pub failed: u64,
    pub skipped: u64,
    pub parked: u64,
    pub mails: u64,
}

/// Everything that is counted of the workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    /// Short names of the tenants that can be read.
    pub tenants: BTreeMap<ConnectionId, String>,
    /// Rehearsals aside.
    pub runs: Vec<RunSum>,
    /// The newest sync of each tenant.
    pub newest: Vec<RunRow>,
    /// The newest sync of each tenant that was about everybody.
    pub newest_whole: Vec<RunRow>,
    pub deliveries: BTreeMap<&'static str, u64>,
    /// When the oldest delivery came that waits.
    pub oldest_delivery: Option<Timestamp>,
    /// Reports by what became of them.
    pub reports: BTreeMap<&'static str, u64>,
}

fn counted(c: &Sqlite) -> Result<Counted, StoreError> {
    let tenants: BTreeMap<_, _> =
        connections::all(c)?.into_iter().map(|connection| (connection.id, connection.short_name)).collect();
    let of_each = |newest: fn(&Sqlite, ConnectionId) -> Result<Option<RunRow>, StoreError>| {
        let runs = tenants.keys().filter_map(|id| match newest(c, *id) {
            // A run that cannot be read is told by `doctor`; the others are counted.
            Err(StoreError::Unreadable { .. }) => None,
            other => other.transpose(),
        });
        runs.collect::<Result<Vec<_>, _>>()
    };
    Ok(Counted {
        newest: of_each(runs::newest_sync)?,
        newest_whole: of_each(runs::newest_whole_sync)?,
        runs: sums(c)?,
        deliveries: by_state(c, "webhook_delivery", webhooks::STATE, &DeliveryState::ALL.map(DeliveryState::key))?,
        oldest_delivery: c
            .prepare_cached(
                "SELECT min(received_at) AS oldest FROM webhook_delivery WHERE state IN ('queued', 'taken')",
            )?
            .query_row([], |row| time_or_none(row, "oldest"))?,
        reports: by_state(c, "report", "state", &MailState::ALL.map(MailState::key))?,
        tenants,
    })
}

fn sums(c: &Sqlite) -> Result<Vec<RunSum>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT run.connection, run.purpose, {STANDING}, count(*) AS runs, max(run.ended_at) AS ended,
                sum(run.written) AS written, sum(run.already) AS already, sum(run.failed) AS failed,
                sum(run.set_aside - run.parked) AS skipped, sum(run.parked) AS parked, sum(run.mails) AS mails
         FROM run GROUP BY run.connection, run.purpose, standing"
    ))?;
    let sums = query.query_map([], |row| {
        let count = |column: &str| row.get(column).map(from_count);
        Ok(RunSum {
            connection: ConnectionId(row.get("connection")?),
            purpose: word(row, "purpose", RunPurpose::from_key)?,
            outcome: word(row, "standing", RunOutcome::from_key)?,
            runs: count("runs")?,
            last_end: time_or_none(row, "ended")?,
            written: count("written")?,
            already: count("already")?,
            failed: count("failed")?,
            skipped: count("skipped")?,
            parked: count("parked")?,
            mails: count("mails")?,
        })
    })?;
    let readable = sums.filter(|sum| !sum.as_ref().is_err_and(is_unreadable));
    let mut sums: Vec<RunSum> = readable.collect::<Result<_, _>>()?;
    for (kept, run) in runs::open(c)? {
        let same = |sum: &&mut RunSum| {
            (sum.connection, sum.purpose, sum.outcome) == (run.connection, run.purpose, run.outcome)
        };
        let Some(sum) = sums.iter_mut().find(same) else { continue };
        let now = run.totals;
        let skipped = |totals: &RunTotals| totals.set_aside.saturating_sub(totals.parked);
        for (count, now, kept) in [
            (&mut sum.written, now.written, kept.written),
            (&mut sum.already, now.already, kept.already),
            (&mut sum.failed, now.failed, kept.failed),
            (&mut sum.skipped, skipped(&now), skipped(&kept)),
            (&mut sum.parked, now.parked, kept.parked),
            (&mut sum.mails, now.mails, kept.mails),
        ] {
            *count = (*count + u64::from(now)).saturating_sub(u64::from(kept));
        }
    }
    Ok(sums)
}

/// How many rows are in each state; each state is there, also at 0.
fn by_state(
    c: &Sqlite,
    table: &'static str,
    state: &'static str,
    states: &[&'static str],
) -> Result<BTreeMap<&'static str, u64>, StoreError> {
    let mut found: BTreeMap<&'static str, u64> = states.iter().map(|state| (*state, 0)).collect();
    let mut query =
        c.prepare_cached(&format!("SELECT {state} AS standing, count(*) FROM {table} GROUP BY standing"))?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1).map(from_count)?)))?;
    for row in rows {
        let (state, count) = row?;
        if let Some(known) = found.iter_mut().find(|(key, _)| **key == state).map(|(_, count)| count) {
            *known = count;
        }
    }
    Ok(found)
}

impl Store {
    /// What there is to count, in one reading.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn counted(&self) -> Result<Counted, StoreError> {
        self.read(counted).await
    }
}
