//! Who waits in Review for a ruling about a user, as of the last plan that looked at them.

use super::error::StoreError;
use super::remembered::Whom;
use super::{Sqlite, Store};
use crate::domain::decision::{Waiting, WaitingBeside};
use crate::domain::ids::{ConnectionId, EmployeeId, UserId};
use crate::domain::plan::Plan;
use rusqlite::{params, params_from_iter};

/// Notes who waits after this plan. Of people whom it does not name (it may be about a few) nothing changes.
pub(super) fn note(c: &Sqlite, connection: ConnectionId, plan: &Plan) -> Result<(), StoreError> {
    let mut put = c.prepare_cached(
        "INSERT INTO waiting(connection, employee, user, seen) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT(connection, employee) DO UPDATE SET user = excluded.user, seen = excluded.seen",
    )?;
    let mut remove = c.prepare_cached("DELETE FROM waiting WHERE connection = ?1 AND employee = ?2")?;
    let mut put_beside = c.prepare_cached(
        "INSERT INTO waiting_beside(connection, employee, other, seen) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT(connection, employee, other) DO UPDATE SET seen = excluded.seen",
    )?;
    let mut remove_beside = c.prepare_cached("DELETE FROM waiting_beside WHERE connection = ?1 AND employee = ?2")?;
    for employee in plan.operations.iter().filter_map(|operation| operation.employee.as_ref()) {
        remove.execute(params![connection.0, employee.as_str()])?;
        remove_beside.execute(params![connection.0, employee.as_str()])?;
    }
    for hold in &plan.holds {
        if let (Some(seen), Some(first)) = (&hold.seen, hold.candidates.first()) {
            put.execute(params![connection.0, hold.employee.as_str(), first.user.as_str(), seen])?;
        }
        for beside in &hold.beside {
            put_beside.execute(params![connection.0, hold.employee.as_str(), beside.employee.as_str(), beside.seen])?;
        }
    }
    Ok(())
}

pub(super) fn all(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Vec<Waiting>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT employee, user, seen FROM waiting WHERE connection = ?1{} ORDER BY employee",
        whom.condition()
    ))?;
    let rows = query.query_map(params_from_iter(whom.parameters(connection)), |row| {
        Ok(Waiting { employee: EmployeeId(row.get(0)?), user: UserId(row.get(1)?), seen: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn all_beside(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Vec<WaitingBeside>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT employee, other, seen FROM waiting_beside WHERE connection = ?1{} ORDER BY employee, other",
        whom.condition()
    ))?;
    let rows = query.query_map(params_from_iter(whom.parameters(connection)), |row| {
        Ok(WaitingBeside { employee: EmployeeId(row.get(0)?), other: EmployeeId(row.get(1)?), seen: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// Who waits in Review beside another record; one row per ordered pair.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn waiting_beside(&self, connection: ConnectionId) -> Result<Vec<WaitingBeside>, StoreError> {
        self.read(move |c| all_beside(c, connection, &Whom::Everybody)).await
    }
}
