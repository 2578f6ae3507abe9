//! The list of what HR has to put right, kept as each run's plan is saved.

use super::columns::{is_unreadable, json, micros, of_row, time, time_or_none, word, word_or_none};
use super::error::StoreError;
use super::snapshots::employee_of;
use super::{Sqlite, Store};
use crate::domain::fix_list::{self, Closed, Fix};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::person::Employee;
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::run::Scope;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{BTreeSet, HashMap};

/// A line that is over is kept so long, for the lists that say what was put right.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixLine {
    pub fix: Fix,
    /// When a plan first met it; anew where it came back.
    pub opened: Timestamp,
    /// How and when it ended; `None` while it is open.
    pub closed: Option<(Closed, Timestamp)>,
}

fn line_of(row: &Row<'_>) -> rusqlite::Result<FixLine> {
    let employee: String = row.get("employee")?;
    of_row(plain_line_of(row, &employee), || format!("the line of employee {employee} in the fix list"))
}

fn plain_line_of(row: &Row<'_>, employee: &str) -> rusqlite::Result<FixLine> {
    let field: String = row.get("field")?;
    Ok(FixLine {
        fix: Fix {
            employee: (!employee.is_empty()).then(|| EmployeeId(employee.to_owned())),
            code: word(row, "code", HoldCode::from_key)?,
            field: (!field.is_empty()).then_some(field),
        },
        opened: time(row, "opened_at")?,
        closed: word_or_none(row, "closed", Closed::from_key)?.zip(time_or_none(row, "closed_at")?),
    })
}

fn lines(c: &Sqlite, connection: ConnectionId) -> Result<Vec<FixLine>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM fix_line WHERE connection = ?1")?;
    Ok(query.query_map([connection.0], line_of)?.collect::<Result<_, _>>()?)
}

/// Whom alone a run is about.
fn only(c: &Sqlite, run: RunId) -> Result<Option<BTreeSet<EmployeeId>>, StoreError> {
    let mut query = c.prepare_cached("SELECT scope, undoes FROM run WHERE id = ?1")?;
    let scope = query.query_row([run.0], |row| match row.get::<_, Option<i64>>("undoes")? {
        None => json::<Scope>(row, "scope"),
        // The plan of an undo says nothing of the source.
        Some(_) => Ok(Scope::People(Vec::new())),
    });
    let scope = scope.optional();
    let scope = match scope {
        Err(error) if is_unreadable(&error) => None,
        scope => scope?,
    };
    Ok(scope.as_ref().and_then(Scope::only).map(|people| people.iter().cloned().collect()))
}

fn record(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Option<Employee>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT e.employee, e.record FROM employee e JOIN snapshot s ON s.id = e.snapshot
         WHERE s.connection = ?1 AND s.state = 'current' AND e.employee = ?2 AND e.in_scope",
    )?;
    Ok(query.query_row(params![connection.0, employee.as_str()], employee_of).optional()?)
}

/// Opens and closes lines by the plan that a run has made.
pub(super) fn note(
    c: &Sqlite,
    now: Timestamp,
    (connection, run): (ConnectionId, RunId),
    holds: &[Hold],
) -> Result<(), StoreError> {
    let only = only(c, run)?;
    let is_about = |fix: &Fix| match (&only, &fix.employee) {
        (None, _) => true,
        (Some(people), Some(employee)) => people.contains(employee),
        (Some(_), None) => false,
    };
    let wanted = fix_list::wanted(holds);
    let open: Vec<Fix> =
        lines(c, connection)?.into_iter().filter(|line| line.closed.is_none()).map(|line| line.fix).collect();
    let key = |fix: &Fix| {
        let employee = fix.employee.as_ref().map_or("", EmployeeId::as_str).to_owned();
        (employee, fix.code.key(), fix.field.clone().unwrap_or_default())
    };
    let mut insert = c.prepare_cached(
        "INSERT OR REPLACE INTO fix_line(connection, employee, code, field, opened_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for fix in wanted.iter().filter(|fix| is_about(fix) && !open.contains(fix)) {
        let (employee, code, field) = key(fix);
        insert.execute(params![connection.0, employee, code, field, micros(now)])?;
    }
    let mut held: HashMap<&EmployeeId, Vec<&Hold>> = HashMap::new();
    holds.iter().for_each(|hold| held.entry(&hold.employee).or_default().push(hold));
    let mut close = c.prepare_cached(
        "UPDATE fix_line SET closed = ?5, closed_at = ?6 WHERE connection = ?1 AND employee = ?2 AND code = ?3 AND field = ?4",
    )?;
    for fix in open.iter().filter(|fix| is_about(fix) && !wanted.contains(fix)) {
        let record = match &fix.employee {
            Some(employee) => record(c, connection, employee)?,
            None => None,
        };
        let holds = fix.employee.as_ref().and_then(|employee| held.get(employee)).map_or(&[][..], Vec::as_slice);
        if let Some(closed) = fix_list::closed(fix, holds, record.as_ref()) {
            let (employee, code, field) = key(fix);
            close.execute(params![connection.0, employee, code, field, closed.key(), micros(now)])?;
        }
    }
    let old = now.saturating_sub(KEPT).unwrap_or(now);
    c.prepare_cached("DELETE FROM fix_line WHERE connection = ?1 AND closed_at < ?2")?
        .execute(params![connection.0, micros(old)])?;
    Ok(())
}

impl Store {
    /// What HR has to put right, and what was put right lately.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn fix_lines(&self, connection: ConnectionId) -> Result<Vec<FixLine>, StoreError> {
        self.read(move |c| lines(c, connection)).await
    }
}
