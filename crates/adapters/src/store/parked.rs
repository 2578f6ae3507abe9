//! Whom the destination has parked instead of creating them, as the journal has it.

use super::Sqlite;
use super::columns::time;
use super::error::StoreError;
use super::remembered::Whom;
use crate::domain::decision::Parked;
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::run::PARKED;
use rusqlite::params_from_iter;

/// Whom the destination has parked, each with the last time; whoever was tied to a user afterwards is not any more.
pub(super) fn all(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Vec<Parked>, StoreError> {
    // The code stands in the text, or the partial index would not serve.
    let mut query = c.prepare_cached(&format!(
        "SELECT employee, max(done_at) AS at FROM operation
         WHERE connection = ?1 AND error_code = '{PARKED}' AND employee IS NOT NULL{} GROUP BY employee ORDER BY employee",
        whom.condition()
    ))?;
    let rows = query.query_map(params_from_iter(whom.parameters(connection)), |row| {
        Ok(Parked { employee: EmployeeId(row.get(0)?), at: time(row, "at")? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
