//! Review: the queue of people who wait for a ruling, riskiest first, and the card of one of them.

use crate::domain::decision::Decision;
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, UserId};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::snapshot::Side;
use crate::store::columns::{micros, word};
use crate::store::decisions::decision_of;
use crate::store::error::StoreError;
use crate::store::kept::{Kept, Lasts};
use crate::store::plans::{self, PlanHead, hold_of};
use crate::store::reader::Slot;
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::{OptionalExtension, params};

/// The newest valid ruling on the employee of hold `h`; nothing when it was taken back.
const RULING: &str = "SELECT d.id FROM decision d WHERE d.connection = h.connection AND d.employee = h.employee
                      AND d.revoked = 0 ORDER BY d.id DESC LIMIT 1";

/// One line of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewRow {
    /// Number of the hold, for the card.
    pub hold: i64,
    pub employee: EmployeeId,
    /// Empty when the employee is not in the current pull.
    pub name: String,
    pub code: HoldCode,
    /// Of the best candidate, 0 where there is none.
    pub probability: f64,
    /// The best candidate.
    pub candidate: Option<UserId>,
    /// True when somebody has ruled since the plan was made, or has put it off before.
    pub is_ruled: bool,
}

/// The queue of the newest plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReviewQueue {
    pub plan: Option<PlanId>,
    /// Riskiest first.
    pub rows: Vec<ReviewRow>,
}

impl ReviewQueue {
    /// How many still wait for a ruling.
    pub fn left(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_ruled).count()
    }
}

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

fn is_ruled_sql() -> String {
    format!(
        "(h.code = 'later' OR EXISTS (SELECT 1 FROM decision r WHERE r.id = ({RULING})
          AND r.ruling IS NOT NULL AND r.at >= :made))"
    )
}

fn left_sql() -> String {
    format!("SELECT count(*) FROM hold h WHERE h.plan = :plan AND h.kind = 'review' AND NOT {}", is_ruled_sql())
}

fn queue_sql() -> String {
    format!(
        "SELECT h.id, h.employee, h.code, h.probability, coalesce(e.name, '') AS name, {} AS is_ruled,
                (SELECT k.user FROM candidate k WHERE k.hold = h.id ORDER BY k.place LIMIT 1) AS candidate
         FROM hold h LEFT JOIN employee e ON e.snapshot = :snapshot AND e.employee = h.employee
         WHERE h.plan = :plan AND h.kind = 'review' ORDER BY h.risk, h.probability DESC, h.place",
        is_ruled_sql()
    )
}

/// People in review who still wait for a ruling.
pub(super) fn left(c: &Sqlite, kept: &Kept, head: &PlanHead) -> Result<u32, StoreError> {
    if head.review == 0 {
        return Ok(0);
    }
    kept.answer(c, Lasts::UntilRuled, ("left", head.id), || {
        let mut query = c.prepare_cached(&left_sql())?;
        Ok(query.query_row(&[(":plan", &head.id.0), (":made", &micros(head.made_at))], |row| row.get(0))?)
    })
}

fn queue(c: &Sqlite, connection: ConnectionId) -> Result<ReviewQueue, StoreError> {
    let Some(head) = plans::latest(c, connection)? else {
        return Ok(ReviewQueue::default());
    };
    let snapshot = snapshots::current(c, connection, Side::Source)?;
    let mut query = c.prepare_cached(&queue_sql())?;
    let made = micros(head.made_at);
    let parameters: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":plan", &head.id.0), (":made", &made), (":snapshot", &snapshot)];
    let rows = query.query_map(parameters, |row| {
        Ok(ReviewRow {
            hold: row.get("id")?,
            employee: EmployeeId(row.get("employee")?),
            name: row.get("name")?,
            code: word(row, "code", HoldCode::from_key)?,
            probability: row.get("probability")?,
            candidate: row.get::<_, Option<String>>("candidate")?.map(UserId),
            is_ruled: row.get("is_ruled")?,
        })
    })?;
    Ok(ReviewQueue { plan: Some(head.id), rows: rows.collect::<Result<_, _>>()? })
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
    /// Who waits for a ruling after the newest plan, riskiest first, those already ruled marked.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn review_queue(&self, connection: ConnectionId) -> Result<ReviewQueue, StoreError> {
        self.read_newest(Slot::Review, move |c| queue(c, connection)).await
    }

    /// The card of one line of the queue (or of any other hold).
    ///
    /// # Errors
    /// [`StoreError::Missing`] when a newer plan has taken its plan's place.
    pub async fn review_card(&self, hold: i64) -> Result<ReviewCard, StoreError> {
        self.read_newest(Slot::ReviewCard, move |c| card(c, hold)).await
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

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn the_queue_reads_one_plan_in_the_order_of_its_index() {
        let c = crate::store::empty_database();
        let plan = explain(&c, &queue_sql(), &[(":plan", &1), (":made", &0), (":snapshot", &1)]);
        assert!(plan.contains("hold_by_risk (plan=? AND kind=?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE FOR ORDER BY") && !plan.contains("SCAN"), "{plan}");
        let plan = explain(&c, &left_sql(), &[(":plan", &1), (":made", &0)]);
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}
