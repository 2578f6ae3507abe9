//! What the Review desk reads beside queue and card: the whole queue at once with its best candidates, and what a trial
//! plan for one person depends on.

use super::{review, review_figures};
use crate::domain::decision::{Decision, Link, Ruling};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, UserId};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{Evidence, HoldCode};
use crate::domain::snapshot::Side;
use crate::store::columns::{json, json_or_none, of_row, word};
use crate::store::decisions::decision_of;
use crate::store::error::StoreError;
use crate::store::links::link_of;
use crate::store::{Sqlite, Store, plans, snapshots};
use rusqlite::{OptionalExtension, params};

/// One held person of the queue, with the best candidate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DeskHold {
    /// Number of the hold, for [`Store::review_card`].
    pub hold: i64,
    pub employee: EmployeeId,
    /// Empty when the employee is not in the current pull.
    pub name: String,
    pub code: HoldCode,
    pub best: Option<DeskCandidate>,
    /// Probability of the second candidate, 0 where there is none.
    pub rival: f64,
    /// How many other records look like this person.
    pub records: u32,
    /// Put off, and nobody asks about it.
    pub is_put_off: bool,
}

/// The best candidate of a held person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DeskCandidate {
    pub user: UserId,
    /// Empty when the user is not in the current pull.
    pub name: String,
    pub probability: f64,
    pub evidence: Vec<Evidence>,
}

/// A hold in which several employees stand against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct CollisionRow {
    pub hold: i64,
    pub employee: EmployeeId,
    pub code: HoldCode,
    pub others: Vec<EmployeeId>,
}

/// What else a trial plan for a few people depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeskContext {
    /// Ties of the employee and of the users.
    pub links: Vec<Link>,
    pub users: Vec<User>,
    /// Employees who carry the identifiers of these users.
    pub holders: Vec<Employee>,
}

/// The holds of a plan in review; the first ones are those nearest to even odds.
const DESK: &str = "SELECT h.id, h.employee, h.code, coalesce(e.name, '') AS name, k.user, k.probability, k.evidence,
       coalesce(u.name, '') AS user_name, json_array_length(h.beside) AS records,
       coalesce((SELECT max(r.probability) FROM candidate r WHERE r.hold = h.id AND r.place > 0), 0) AS rival
  FROM hold h
  LEFT JOIN employee e ON e.snapshot = :source AND e.employee = h.employee
  LEFT JOIN candidate k ON k.hold = h.id AND k.place = 0
  LEFT JOIN destination_user u ON u.snapshot = :destination AND u.user = k.user
 WHERE h.plan = :plan AND h.kind = 'review'";

/// The first ones in the order of the list (`review_list::certainty`), found in the index alone.
const FIRST: &str = " AND h.id IN (SELECT id FROM hold WHERE plan = :plan AND kind = 'review'
  ORDER BY probability <= 0, abs(probability - 0.5), risk, place LIMIT :limit)";

/// Whether no more than `most` wait after a plan.
pub(super) fn is_short(c: &Sqlite, plan: PlanId, most: usize) -> Result<bool, StoreError> {
    let mut query =
        c.prepare_cached("SELECT count(*) FROM (SELECT 1 FROM hold WHERE plan = ?1 AND kind = 'review' LIMIT ?2)")?;
    let count: i64 = query.query_row(params![plan.0, i64::try_from(most + 1).unwrap_or(i64::MAX)], |row| row.get(0))?;
    Ok(usize::try_from(count).is_ok_and(|count| count <= most))
}

/// Everybody in review after a plan, in no order, one after the other. Of the first `limit` the evidence is not read.
pub(super) fn desk(
    c: &Sqlite,
    connection: ConnectionId,
    plan: PlanId,
    limit: Option<usize>,
    mut take: impl FnMut(DeskHold),
) -> Result<(), StoreError> {
    let source = snapshots::current(c, connection, Side::Source)?;
    let destination = snapshots::current(c, connection, Side::Destination)?;
    let made = plans::head(c, plan)?.made_at;
    let sql = if limit.is_some() { format!("{DESK}{FIRST}") } else { DESK.to_owned() };
    let mut query = c.prepare_cached(&sql)?;
    let most = limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let mut parameters: Vec<(&str, &dyn rusqlite::ToSql)> =
        vec![(":plan", &plan.0), (":source", &source), (":destination", &destination)];
    if let Some(most) = &most {
        parameters.push((":limit", most));
    }
    let rows = query.query_map(parameters.as_slice(), |row| {
        let user: Option<String> = row.get("user")?;
        let best = match user {
            Some(user) => Some(DeskCandidate {
                user: UserId(user),
                name: row.get("user_name")?,
                probability: row.get("probability")?,
                evidence: match limit {
                    None => json_or_none(row, "evidence")?.unwrap_or_default(),
                    Some(_) => Vec::new(),
                },
            }),
            None => None,
        };
        Ok(DeskHold {
            hold: row.get("id")?,
            employee: EmployeeId(row.get("employee")?),
            name: row.get("name")?,
            code: word(row, "code", HoldCode::from_key)?,
            best,
            rival: row.get("rival")?,
            records: row.get("records")?,
            is_put_off: false,
        })
    })?;
    for row in rows {
        let mut hold = row?;
        if hold.code == HoldCode::Later {
            hold.is_put_off = !review_figures::is_asked_again(c, connection, &hold.employee, made)?;
        }
        take(hold);
    }
    Ok(())
}

const COLLISIONS: &str = "SELECT id, employee, code, others FROM hold
 WHERE plan = ?1 AND code IN ('duplicate_identifier', 'duplicate_email') ORDER BY code DESC, employee";

pub(super) fn collisions(c: &Sqlite, plan: PlanId) -> Result<Vec<CollisionRow>, StoreError> {
    let mut query = c.prepare_cached(COLLISIONS)?;
    let rows = query.query_map([plan.0], |row| {
        Ok(CollisionRow {
            hold: row.get("id")?,
            employee: EmployeeId(row.get("employee")?),
            code: word(row, "code", HoldCode::from_key)?,
            others: of_row(json(row, "others"), || "a collision of the last plan".to_owned())?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn context(
    c: &Sqlite,
    connection: ConnectionId,
    employees: &[EmployeeId],
    users: &[UserId],
) -> Result<DeskContext, StoreError> {
    let mut found = DeskContext::default();
    let mut by_employee = c.prepare_cached("SELECT * FROM link WHERE connection = ?1 AND employee = ?2")?;
    for employee in employees {
        found.links.extend(by_employee.query_row(params![connection.0, employee.as_str()], link_of).optional()?);
    }
    let mut by_user = c.prepare_cached("SELECT * FROM link WHERE connection = ?1 AND user = ?2")?;
    for user in users {
        let link = by_user.query_row(params![connection.0, user.as_str()], link_of).optional()?;
        found.links.extend(link.filter(|link| !employees.contains(&link.employee)));
    }
    let mut wanted: Vec<UserId> = users.to_vec();
    wanted.extend(found.links.iter().map(|link| link.user.clone()));
    wanted.sort_unstable();
    wanted.dedup();
    for user in &wanted {
        found.users.extend(review::user(c, connection, user)?);
    }
    let source = snapshots::current(c, connection, Side::Source)?;
    let mut holders =
        c.prepare_cached("SELECT employee, record FROM employee WHERE snapshot = ?1 AND identifier = ?2 LIMIT 3")?;
    for user in &found.users {
        if let Some(identifier) = &user.identifier {
            let rows = holders.query_map(params![source, identifier.as_str()], snapshots::employee_of)?;
            for holder in rows {
                let holder = holder?;
                if !employees.contains(&holder.id) && !found.holders.iter().any(|one| one.id == holder.id) {
                    found.holders.push(holder);
                }
            }
        }
    }
    Ok(found)
}

fn users_with(c: &Sqlite, connection: ConnectionId, identifier: &str) -> Result<Vec<User>, StoreError> {
    let destination = snapshots::current(c, connection, Side::Destination)?;
    let mut query =
        c.prepare_cached("SELECT user, record FROM destination_user WHERE snapshot = ?1 AND identifier = ?2 LIMIT 3")?;
    let rows = query.query_map(params![destination, identifier], snapshots::user_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What was ruled before the employee was held back from a plan, if that still counts.
fn before_hold_back(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &EmployeeId,
) -> Result<Option<Decision>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT * FROM decision WHERE connection = ?1 AND employee = ?2 AND revoked = 0 ORDER BY id DESC",
    )?;
    let rows = query.query_map(params![connection.0, employee.as_str()], decision_of)?;
    for row in rows {
        match row? {
            Some(Decision { ruling: Ruling::HoldBack, .. }) => {}
            other => return Ok(other),
        }
    }
    Ok(None)
}

fn hold_number(c: &Sqlite, plan: PlanId, employee: &EmployeeId) -> Result<Option<i64>, StoreError> {
    let mut query = c.prepare_cached("SELECT id FROM hold WHERE plan = ?1 AND employee = ?2 ORDER BY risk LIMIT 1")?;
    Ok(query.query_row(params![plan.0, employee.as_str()], |row| row.get(0)).optional()?)
}

impl Store {
    /// The holds of a plan in which several employees carry one identifier or one e-mail.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn collisions(&self, plan: PlanId) -> Result<Vec<CollisionRow>, StoreError> {
        self.read(move |c| collisions(c, plan)).await
    }

    /// Ties, users and holders of identifiers that decide what becomes of these employees.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn desk_context(
        &self,
        connection: ConnectionId,
        employees: Vec<EmployeeId>,
        users: Vec<UserId>,
    ) -> Result<DeskContext, StoreError> {
        self.read(move |c| context(c, connection, &employees, &users)).await
    }

    /// The users who carry an identifier; more than one is the destination's mistake.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn users_with_identifier(
        &self,
        connection: ConnectionId,
        identifier: &str,
    ) -> Result<Vec<User>, StoreError> {
        let identifier = identifier.to_owned();
        self.read(move |c| users_with(c, connection, &identifier)).await
    }

    /// What was ruled on an employee before it was held back from a plan.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn ruling_before_hold_back(
        &self,
        connection: ConnectionId,
        employee: &EmployeeId,
    ) -> Result<Option<Decision>, StoreError> {
        let employee = employee.clone();
        self.read(move |c| before_hold_back(c, connection, &employee)).await
    }

    /// The number of the hold of an employee in a plan, for [`Store::review_card`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn hold_number(&self, plan: PlanId, employee: &EmployeeId) -> Result<Option<i64>, StoreError> {
        let employee = employee.clone();
        self.read(move |c| hold_number(c, plan, &employee)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn the_desk_walks_the_index_of_its_plan() {
        let c = crate::store::empty_database();
        let plan = explain(&c, DESK, &[(":plan", &1), (":source", &1), (":destination", &1)]);
        assert!(plan.contains("hold_by_risk (plan=? AND kind=?)") && !plan.contains("SCAN"), "{plan}");
        let first = format!("{DESK}{FIRST}");
        let plan = explain(&c, &first, &[(":plan", &1), (":source", &1), (":destination", &1), (":limit", &9)]);
        assert!(plan.contains("COVERING INDEX hold_by_risk (plan=? AND kind=?)"), "{plan}");
    }
}
