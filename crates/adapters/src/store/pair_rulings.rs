//! What was ruled about records of the source that look like one person: append-only, undone with the step of its ruling.

use super::columns::{json, micros, time, word};
use super::decisions;
use super::error::StoreError;
use super::remembered::Whom;
use super::what_if::CURRENT;
use super::writer::Write;
use super::{Group, Sqlite, Store, plans};
use crate::domain::decision::{Decision, PairRuling, PairVerdict, Ruling};
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::plan::{Beside, Doubled};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

fn pair_of(row: &Row<'_>) -> rusqlite::Result<PairRuling> {
    Ok(PairRuling {
        employee: EmployeeId(row.get("employee")?),
        other: EmployeeId(row.get("other")?),
        verdict: word(row, "verdict", PairVerdict::from_key)?,
        seen: row.get("seen")?,
        reason: row.get("reason")?,
        by: row.get("by")?,
        at: time(row, "at")?,
    })
}

pub(super) fn insert(c: &Sqlite, connection: ConnectionId, step: i64, pair: &PairRuling) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO distinct_employees(connection, step, employee, other, verdict, seen, reason, by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        connection.0,
        step,
        pair.employee.as_str(),
        pair.other.as_str(),
        pair.verdict.key(),
        pair.seen,
        pair.reason,
        pair.by,
        micros(pair.at),
    ])?;
    Ok(())
}

/// The newest valid verdict of each ordered pair, those taken back left out.
pub(super) fn valid(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Vec<PairRuling>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT d.* FROM (SELECT max(id) AS newest FROM distinct_employees WHERE connection = ?1 AND revoked = 0{}
                          GROUP BY employee, other)
         JOIN distinct_employees d ON d.id = newest WHERE d.verdict <> 'open' ORDER BY d.employee, d.other",
        whom.condition()
    ))?;
    Ok(query.query_map(params_from_iter(whom.parameters(connection)), pair_of)?.collect::<Result<_, _>>()?)
}

/// The records beside which the newest plan that held this employee put it.
fn beside(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<Beside>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT beside FROM hold WHERE connection = ?1 AND employee = ?2 AND (plan > 0 OR plan = {CURRENT})
         ORDER BY plan > 0, plan DESC LIMIT 1"
    ))?;
    let found = query.query_row(params![connection.0, employee.as_str()], |row| json(row, "beside")).optional()?;
    Ok(found.unwrap_or_default())
}

fn doubled(c: &Sqlite, connection: ConnectionId) -> Result<Vec<Doubled>, StoreError> {
    Ok(plans::latest(c, connection)?.map(|plan| plan.doubled).unwrap_or_default())
}

fn held_beside(c: &Sqlite, connection: ConnectionId) -> Result<Vec<(EmployeeId, Vec<Beside>)>, StoreError> {
    let Some(plan) = plans::latest(c, connection)? else { return Ok(Vec::new()) };
    let mut query =
        c.prepare_cached("SELECT employee, beside FROM hold WHERE plan = ?1 AND beside <> '[]' ORDER BY place")?;
    let rows = query.query_map([plan.id.0], |row| Ok((EmployeeId(row.get(0)?), json(row, "beside")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a ruling on somebody who stands beside others says of each of them: `create` makes a second person of it, `exclude`
/// makes the other record the one that counts. Pairs in `given` are settled already.
pub(super) fn of_decision(
    c: &Sqlite,
    connection: ConnectionId,
    decision: &Decision,
    given: &[PairRuling],
) -> Result<Vec<PairRuling>, StoreError> {
    let verdict = match decision.ruling {
        Ruling::Create => PairVerdict::Distinct,
        Ruling::Exclude => PairVerdict::Same,
        _ => return Ok(Vec::new()),
    };
    let is_given =
        |other: &EmployeeId| given.iter().any(|pair| pair.employee == decision.employee && pair.other == *other);
    let beside = beside(c, connection, &decision.employee)?.into_iter().filter(|one| !is_given(&one.employee));
    let pair = |one: Beside| PairRuling {
        employee: decision.employee.clone(),
        other: one.employee,
        verdict,
        seen: one.seen,
        reason: decision.reason.clone(),
        by: decision.by.clone(),
        at: decision.at,
    };
    Ok(beside.map(pair).collect())
}

/// The rows that take back what was ruled about an employee beside others.
pub(super) fn taken_back(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &EmployeeId,
    by: &str,
    at: Timestamp,
) -> Result<Vec<PairRuling>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT d.* FROM (SELECT max(id) AS newest FROM distinct_employees
                          WHERE connection = ?1 AND employee = ?2 AND revoked = 0 GROUP BY other)
         JOIN distinct_employees d ON d.id = newest WHERE d.verdict <> 'open' ORDER BY d.other",
    )?;
    let pairs = query.query_map(params![connection.0, employee.as_str()], pair_of)?;
    let open =
        |pair: PairRuling| PairRuling { verdict: PairVerdict::Open, by: by.to_owned(), at, reason: None, ..pair };
    Ok(pairs.map(|pair| pair.map(open)).collect::<Result<_, _>>()?)
}

/// Revokes the verdicts of a step or brings them back; answers whom they are about.
pub(super) fn set_revoked(c: &Sqlite, step: i64, revoked: bool) -> Result<Vec<(EmployeeId, PairVerdict)>, StoreError> {
    let mut update = c.prepare_cached("UPDATE distinct_employees SET revoked = ?2 WHERE step = ?1 RETURNING *")?;
    let rows =
        update.query_map(params![step, revoked], |row| pair_of(row).map(|pair| (pair.employee, pair.verdict)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// What was ruled about records that look like one person: the newest verdict of each ordered pair.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn pair_rulings(&self, connection: ConnectionId) -> Result<Vec<PairRuling>, StoreError> {
        self.read(move |c| valid(c, connection, &Whom::Everybody)).await
    }

    /// Whom each person of the newest plan stands beside, by employee.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn held_beside(&self, connection: ConnectionId) -> Result<Vec<(EmployeeId, Vec<Beside>)>, StoreError> {
        self.read(move |c| held_beside(c, connection)).await
    }

    /// People of the newest plan who seem to have two users already.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn doubled(&self, connection: ConnectionId) -> Result<Vec<Doubled>, StoreError> {
        self.read(move |c| doubled(c, connection)).await
    }

    /// Adds rulings and verdicts about pairs of records as one undo step; what was ruled before on those of `taken_back` is
    /// taken back.
    ///
    /// # Errors
    /// When it cannot be saved; none is added then.
    pub async fn decide_beside(
        &self,
        connection: ConnectionId,
        decisions: Vec<Decision>,
        pairs: Vec<PairRuling>,
        taken_back: Vec<EmployeeId>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let write = Write::durably(Group::Decisions).and(Group::Audit);
        self.write(write, move |c| decisions::decide(c, now, connection, decisions, pairs, &taken_back)).await
    }
}
