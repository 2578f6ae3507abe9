//! Whom the destination has parked instead of creating them, as the journal has it.

use super::columns::time;
use super::error::StoreError;
use super::{Sqlite, Store};
use crate::domain::decision::Parked;
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::run::PARKED;

fn all(c: &Sqlite, connection: ConnectionId) -> Result<Vec<Parked>, StoreError> {
    // The code stands in the text, or the partial index would not serve.
    let mut query = c.prepare_cached(&format!(
        "SELECT employee, max(done_at) AS at FROM operation
         WHERE connection = ?1 AND error_code = '{PARKED}' AND employee IS NOT NULL GROUP BY employee ORDER BY employee"
    ))?;
    let rows = query
        .query_map([connection.0], |row| Ok(Parked { employee: EmployeeId(row.get(0)?), at: time(row, "at")? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// Whom the destination has parked, each with the last time; whoever was tied to a user afterwards is not any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn parked(&self, connection: ConnectionId) -> Result<Vec<Parked>, StoreError> {
        self.read(move |c| all(c, connection)).await
    }
}
