//! What was said to vendors, masked: written with what became of the line, read by line, gone after a while.

use super::columns::{micros, record};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::exchange::{Exchange, KEPT_DAYS};
use crate::domain::ids::{ConnectionId, PlanId, RunId};
use crate::domain::record::Record;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

/// An exchange as a row holds it.
pub(super) struct ExchangeRow {
    at: i64,
    said: String,
}

impl ExchangeRow {
    pub(super) fn of_all(exchanges: &[Exchange]) -> Result<Vec<Self>, StoreError> {
        exchanges.iter().map(|one| Ok(Self { at: micros(one.sent), said: one.to_json()? })).collect()
    }
}

pub(super) fn put(
    c: &Sqlite,
    connection: ConnectionId,
    (run, plan, seq): (RunId, PlanId, u32),
    rows: &[ExchangeRow],
) -> Result<(), StoreError> {
    let mut insert =
        c.prepare_cached("INSERT INTO exchange(connection, run, plan, seq, at, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for row in rows {
        insert.execute(params![connection.0, run.0, plan.0, seq, row.at, row.said])?;
    }
    Ok(())
}

/// Takes out what is older than it is kept.
pub(super) fn prune(c: &Sqlite, now: Timestamp, connection: ConnectionId) -> Result<(), StoreError> {
    let limit = now - SignedDuration::from_hours(24 * KEPT_DAYS);
    c.prepare_cached("DELETE FROM exchange WHERE connection = ?1 AND at < ?2")?
        .execute(params![connection.0, micros(limit)])?;
    Ok(())
}

/// What was said of one line of a plan, in whatever run, in its order.
pub(super) fn of_line(c: &Sqlite, plan: PlanId, seq: u32) -> Result<Vec<Exchange>, StoreError> {
    let mut query = c.prepare_cached("SELECT said FROM exchange WHERE plan = ?1 AND seq = ?2 ORDER BY at, id")?;
    let rows = query.query_map(params![plan.0, seq], |row| record(row, "said"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// Writes down what was said of lines that have no outcome (yet).
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn keep_exchanges(
        &self,
        connection: ConnectionId,
        run: RunId,
        plan: PlanId,
        lines: Vec<(u32, Vec<Exchange>)>,
    ) -> Result<(), StoreError> {
        if lines.iter().all(|(_, said)| said.is_empty()) {
            return Ok(());
        }
        let job = self.fenced(move |c: &Sqlite| {
            for (seq, said) in &lines {
                put(c, connection, (run, plan, *seq), &ExchangeRow::of_all(said)?)?;
            }
            Ok(())
        });
        self.write(Write::to(Group::Journal), job).await
    }

    /// What was said of one line of a plan, in its order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn exchanges(&self, plan: PlanId, seq: u32) -> Result<Vec<Exchange>, StoreError> {
        self.read(move |c| of_line(c, plan, seq)).await
    }
}
