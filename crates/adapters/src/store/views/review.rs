//! The card of somebody who waits for a ruling, and single people.

use crate::domain::decision::Decision;
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, UserId};
use crate::domain::person::{Employee, User};
use crate::domain::plan::Hold;
use crate::domain::snapshot::Side;
use crate::store::decisions::decision_of;
use crate::store::error::StoreError;
use crate::store::plans::{self, hold_of};
use crate::store::reader::ReadTopic;
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::{OptionalExtension, params};

/// Everything about one line of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewCard {
    pub plan: PlanId,
    /// With candidates, best first, and their evidence.
    pub hold: Hold,
    /// `None` when the employee is not in the current pull.
    pub employee: Option<Employee>,
    /// The candidates' records, in the order of the candidates; gone ones are left out.
    pub users: Vec<User>,
    /// The other employees of a collision.
    pub others: Vec<Employee>,
    /// The ruling in force, made since the plan or before it.
    pub ruling: Option<Decision>,
}

fn card(c: &Sqlite, hold: i64) -> Result<ReviewCard, StoreError> {
    let (connection, plan, mut found) = c
        .prepare_cached("SELECT * FROM hold WHERE id = ?1")?
        .query_row([hold], |row| Ok((ConnectionId(row.get("connection")?), PlanId(row.get("plan")?), hold_of(row)?)))
        .optional()?
        .ok_or_else(|| StoreError::missing("this card"))?;
    found.candidates = plans::candidates(c, hold)?;
    let mut users = Vec::new();
    for candidate in &found.candidates {
        users.extend(user(c, connection, &candidate.user)?);
    }
    let mut others = Vec::new();
    for other in &found.others {
        others.extend(employee(c, connection, other)?);
    }
    Ok(ReviewCard {
        plan,
        employee: employee(c, connection, &found.employee)?,
        users,
        others,
        ruling: ruling(c, connection, &found.employee)?,
        hold: found,
    })
}

/// An employee of the current pull.
pub(super) fn employee(c: &Sqlite, connection: ConnectionId, id: &EmployeeId) -> Result<Option<Employee>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else {
        return Ok(None);
    };
    let mut query = c.prepare_cached("SELECT employee, record FROM employee WHERE snapshot = ?1 AND employee = ?2")?;
    Ok(query.query_row(params![snapshot, id.as_str()], snapshots::employee_of).optional()?)
}

/// A user as last known.
pub(super) fn user(c: &Sqlite, connection: ConnectionId, id: &UserId) -> Result<Option<User>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Destination)? else {
        return Ok(None);
    };
    let mut query = c.prepare_cached("SELECT user, record FROM destination_user WHERE snapshot = ?1 AND user = ?2")?;
    Ok(query.query_row(params![snapshot, id.as_str()], snapshots::user_of).optional()?)
}

/// The ruling in force on one employee.
pub(super) fn ruling(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &EmployeeId,
) -> Result<Option<Decision>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT * FROM decision WHERE connection = ?1 AND employee = ?2 AND revoked = 0 ORDER BY id DESC LIMIT 1",
    )?;
    Ok(query.query_row(params![connection.0, employee.as_str()], decision_of).optional()?.flatten())
}

impl Store {
    /// The card of one line of the queue (or of any other hold).
    ///
    /// # Errors
    /// [`StoreError::Missing`] when a newer plan has taken its plan's place.
    pub async fn review_card(&self, hold: i64) -> Result<ReviewCard, StoreError> {
        self.read_newest(ReadTopic::ReviewCard, move |c| card(c, hold)).await
    }

    /// One employee of the current pull.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn employee(&self, connection: ConnectionId, id: &EmployeeId) -> Result<Option<Employee>, StoreError> {
        let id = id.clone();
        self.read(move |c| employee(c, connection, &id)).await
    }

    /// One user as last known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn user(&self, connection: ConnectionId, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        self.read(move |c| user(c, connection, &id)).await
    }
}
