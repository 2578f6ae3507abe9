//! Two plans of one connection beside each other.

use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::plans::{PlanHead, head_of};
use crate::store::what_if::of_everybody;
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::{OptionalExtension, params};

/// People whom one plan changes and another does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanPeople {
    pub count: u32,
    /// Some of them, with names where the current pull has them.
    pub some: Vec<(EmployeeId, String)>,
}

/// Maximum of people that are named.
const NAMED: i64 = 50;

const ONLY_IN: &str = "SELECT employee FROM operation WHERE plan = ?1 AND employee IS NOT NULL
 EXCEPT SELECT employee FROM operation WHERE plan = ?2 AND employee IS NOT NULL";

fn before(c: &Sqlite, connection: ConnectionId, plan: PlanId) -> Result<Option<PlanHead>, StoreError> {
    // A what-if stands beside the newest plan with a number.
    let mut query = c.prepare_cached(&format!(
        "SELECT * FROM plan WHERE connection = ?1 AND id > 0 AND (id < ?2 OR ?2 < 0) AND {} ORDER BY id DESC LIMIT 1",
        of_everybody("plan")
    ))?;
    Ok(query.query_row(params![connection.0, plan.0], head_of).optional()?)
}

fn only_in(c: &Sqlite, connection: ConnectionId, plan: PlanId, other: PlanId) -> Result<PlanPeople, StoreError> {
    let source = snapshots::current(c, connection, Side::Source)?;
    let count = c
        .prepare_cached(&format!("SELECT count(*) FROM ({ONLY_IN})"))?
        .query_row(params![plan.0, other.0], |row| row.get(0))?;
    let sql = format!(
        "SELECT p.employee, coalesce(e.name, '') FROM ({ONLY_IN} LIMIT {NAMED}) p
         LEFT JOIN employee e ON e.snapshot = ?3 AND e.employee = p.employee"
    );
    let mut query = c.prepare_cached(&sql)?;
    let some = query
        .query_map(params![plan.0, other.0, source], |row| Ok((EmployeeId(row.get(0)?), row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(PlanPeople { count, some })
}

impl Store {
    /// The plan made before this one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn plan_before(&self, connection: ConnectionId, plan: PlanId) -> Result<Option<PlanHead>, StoreError> {
        self.read(move |c| before(c, connection, plan)).await
    }

    /// Whom `plan` changes and `other` does not.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_only_in(
        &self,
        connection: ConnectionId,
        plan: PlanId,
        other: PlanId,
    ) -> Result<PlanPeople, StoreError> {
        self.read(move |c| only_in(c, connection, plan, other)).await
    }
}
