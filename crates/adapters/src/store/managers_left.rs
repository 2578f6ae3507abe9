//! Managers whom a plan does not write: kept with it, so that the command line, the screen and the feed tell the same.

use super::columns::{of_row, word};
use super::error::StoreError;
use super::{Sqlite, Store};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::plan::{ManagerLeft, ManagerProblem};
use rusqlite::{Row, params};

pub(super) fn save(
    c: &Sqlite,
    connection: ConnectionId,
    plan: PlanId,
    managers: &[ManagerLeft],
) -> Result<(), StoreError> {
    let mut insert = c.prepare_cached(
        "INSERT INTO manager_left(plan, connection, employee, manager, why) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for one in managers {
        insert.execute(params![plan.0, connection.0, one.employee.as_str(), one.manager.as_str(), one.why.key()])?;
    }
    Ok(())
}

pub(super) fn of_plan(c: &Sqlite, plan: PlanId) -> Result<Vec<ManagerLeft>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT employee, manager, why FROM manager_left WHERE plan = ?1 ORDER BY employee")?;
    let rows = query.query_map([plan.0], |row| of_row(plain(row), || format!("a manager of plan {plan}")))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn plain(row: &Row<'_>) -> rusqlite::Result<ManagerLeft> {
    Ok(ManagerLeft {
        employee: EmployeeId(row.get("employee")?),
        manager: EmployeeId(row.get("manager")?),
        why: word(row, "why", ManagerProblem::from_key)?,
    })
}

fn counts(c: &Sqlite, plan: PlanId) -> Result<Vec<(ManagerProblem, u32)>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT why, count(*) AS people FROM manager_left WHERE plan = ?1 GROUP BY why ORDER BY people DESC, why",
    )?;
    let rows =
        query.query_map([plan.0], |row| Ok((word(row, "why", ManagerProblem::from_key)?, row.get("people")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whoever is forgotten is no manager that somebody goes without, either.
pub(super) fn forget(c: &Sqlite, connection: ConnectionId, employee: &str) -> Result<(), StoreError> {
    c.execute(
        "DELETE FROM manager_left WHERE connection = ?1 AND (employee = ?2 OR manager = ?2)",
        params![connection.0, employee],
    )?;
    Ok(())
}

impl Store {
    /// How many people of a plan go without their manager, by reason, most first. None of a plan that an older version of
    /// the file kept.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn managers_left(&self, plan: PlanId) -> Result<Vec<(ManagerProblem, u32)>, StoreError> {
        self.read(move |c| counts(c, plan)).await
    }
}
