//! Files that an operator asks for, as tables: the same columns wherever they are asked for.

use super::access::Access;
use super::error::ServiceError;
use super::people::state_words;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::ids::ConnectionId;
use crate::domain::operation::OperationKind;
use crate::domain::person::EmploymentStatus;
use crate::domain::plan::Hold;
use crate::domain::run::OperationState;
use crate::files::export::{Cell, Table};
use crate::store::views::{PersonKey, PersonRow};
use crate::store::{JournalRow, RunRow, Store, StoreError};
use std::collections::HashMap;
use std::path::Path;

/// A file with data of people that leaves the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Of one tenant; `None` where it is of all, or of none.
    pub tenant: Option<ConnectionId>,
    /// What is in it: `people`, `plan 34`.
    pub what: String,
    /// How many lines or entries.
    pub lines: u64,
}

impl Exported {
    /// An export of a tenant.
    #[must_use]
    pub fn of(tenant: ConnectionId, what: impl Into<String>, lines: usize) -> Self {
        Self { tenant: Some(tenant), what: what.into(), lines: lines as u64 }
    }

    /// An export of several tenants, or of none.
    #[must_use]
    pub fn of_all(what: impl Into<String>, lines: usize) -> Self {
        Self { tenant: None, what: what.into(), lines: lines as u64 }
    }
}

/// What is said where an export is no entry of the audit.
pub const NOT_NOTED: &str = "the workspace is only read, so the audit does not have this export";

/// Where an export went that was printed.
pub const STDOUT: &str = "standard output";

/// Writes down in the audit that a file was written: who, when, what, where to, how many lines. `false` where nothing may be
/// changed: then whoever asked is told [`NOT_NOTED`].
///
/// # Errors
/// When it cannot be saved.
pub async fn note(store: &Store, access: &Access, export: &Exported, path: &Path) -> Result<bool, ServiceError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    note_to(store, access, export, &path.display().to_string()).await
}

/// The same of what went elsewhere than into a file ([`STDOUT`]).
///
/// # Errors
/// As [`note`].
pub async fn note_to(store: &Store, access: &Access, export: &Exported, to: &str) -> Result<bool, ServiceError> {
    if access.change().is_err() {
        return Ok(false);
    }
    let lines = if export.lines == 1 { "1 line".to_owned() } else { format!("{} lines", export.lines) };
    let detail = format!("{}: {lines} to {to}", export.what);
    match store.audit(export.tenant, &access.operator, "exported", &detail).await {
        // A disk that takes no writes.
        Err(StoreError::ReadOnly) => Ok(false),
        noted => Ok(noted.map(|()| true)?),
    }
}

/// Rows that are read at once.
const WINDOW: usize = 1000;

/// What of a run did not come to be.
#[derive(Debug, Clone, Default)]
pub struct Errors {
    /// Lines that were refused, have no answer, or were skipped.
    pub lines: Vec<JournalRow>,
    /// Whom the plan of the run held.
    pub holds: Vec<Hold>,
}

/// What of a run did not come to be; nothing where it made no plan.
///
/// # Errors
/// Only the store's.
pub async fn errors_of(store: &Store, run: &RunRow) -> Result<Errors, ServiceError> {
    const STATES: [OperationState; 3] = [OperationState::Failed, OperationState::Unknown, OperationState::SetAside];
    let Some(id) = run.plan else { return Ok(Errors::default()) };
    let holds = match store.plan(id).await {
        Err(StoreError::Missing { .. }) => return Ok(Errors::default()),
        plan => plan?.holds,
    };
    let mut lines = store.lines_of_run(run).await?;
    lines.retain(|line| STATES.contains(&line.state));
    Ok(Errors { lines, holds })
}

/// The errors of a run as a file: what was refused, has no answer or was skipped, and who was held.
pub fn errors(errors: &Errors) -> Table {
    let mut table =
        Table::new(&["employee_id", "identifier", "user_id", "operation", "state", "code", "message", "remedy", "at"]);
    table.rows.extend(errors.lines.iter().map(error_line));
    table.rows.extend(errors.holds.iter().map(held_line));
    table
}

fn error_line(row: &JournalRow) -> Vec<Cell> {
    let operation = &row.operation;
    let (code, message) = row.error.clone().unzip();
    let user = row.answered.as_ref().or(operation.user.as_ref());
    vec![
        operation.employee.as_ref().map(ToString::to_string).into(),
        operation.identifier.as_ref().map(ToString::to_string).into(),
        user.map(ToString::to_string).into(),
        operation.kind.key().into(),
        row.state.key().into(),
        code.into(),
        message.into(),
        Cell::Empty,
        row.done_at.map(|at| at.to_string()).into(),
    ]
}

fn held_line(hold: &Hold) -> Vec<Cell> {
    vec![
        hold.employee.to_string().into(),
        Cell::Empty,
        Cell::Empty,
        "held".into(),
        hold.code.kind().key().into(),
        hold.code.key().into(),
        hold.message.clone().into(),
        hold.remedy.clone().into(),
        Cell::Empty,
    ]
}

/// People, in the order of these keys.
///
/// # Errors
/// Only the store's.
pub async fn people(store: &Store, connection: &Connection, keys: &[PersonKey]) -> Result<Table, ServiceError> {
    let mut table = Table::new(&[
        "employee_id",
        "identifier",
        "user_id",
        "name",
        "branch",
        "department",
        "job_title",
        "status",
        "state",
    ]);
    for window in keys.chunks(WINDOW) {
        table.rows.extend(store.people_rows(connection.id, window.to_vec()).await?.into_iter().map(person));
    }
    Ok(table)
}

fn person(row: PersonRow) -> Vec<Cell> {
    let state = state_words(&row);
    vec![
        row.employee.map(|id| id.0).into(),
        row.identifier.map(|id| id.0).into(),
        row.user.map(|id| id.0).into(),
        row.name.into(),
        row.branch.into(),
        row.department.into(),
        row.job_title.into(),
        row.status.into(),
        state.into(),
    ]
}

/// The list that PL09 asks for: identifier, names, department, job title, branch.
///
/// # Errors
/// Only the store's.
pub async fn mapping_list(store: &Store, connection: &Connection) -> Result<Table, ServiceError> {
    let employees = store.employees(connection.id).await?;
    let mut table = Table::new(&["identifier", "first_name", "last_name", "department", "job_title", "branch"]);
    let employed = employees.into_iter().filter(|employee| employee.status != EmploymentStatus::Ended);
    table.rows.extend(employed.map(|employee| {
        let person = employee.person;
        vec![
            employee.identifier.0.into(),
            person.first_name.into(),
            person.last_name.into(),
            person.department.into(),
            person.job_title.into(),
            person.branch.into(),
        ]
    }));
    Ok(table)
}

/// Who has a user already that nothing ties yet, by the newest plan: the list by which a destination's administrator enters
/// identifiers in bulk (RO07). Names and e-mail are those that the destination shows.
///
/// # Errors
/// Only the store's.
pub async fn identifier_list(store: &Store, connection: &Connection) -> Result<Table, ServiceError> {
    let mut table = Table::new(&["user_id", "identifier", "first_name", "last_name", "email"]);
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(table) };
    let plan = store.plan(head.id).await?;
    let users = store.users(connection.id).await?;
    let known: HashMap<_, _> = users.iter().map(|user| (&user.id, &user.person)).collect();
    let links = plan.operations.iter().filter(|operation| operation.kind == OperationKind::Link);
    table.rows.extend(links.filter_map(|link| {
        let user = link.user.as_ref()?;
        let person = known.get(user);
        let text = |field| person.and_then(|person| person.text(field)).map(str::to_owned);
        Some(vec![
            user.to_string().into(),
            link.identifier.as_ref()?.to_string().into(),
            text(Field::FirstName).into(),
            text(Field::LastName).into(),
            text(Field::Email).into(),
        ])
    }));
    Ok(table)
}

/// Whom the newest plan holds, with what is missing (PL04).
///
/// # Errors
/// Only the store's.
pub async fn held(store: &Store, connection: &Connection) -> Result<Table, ServiceError> {
    let heads = ["employee_id", "identifier", "name", "branch", "kind", "code", "field", "value", "what", "what now"];
    let mut table = Table::new(&heads);
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(table) };
    let plan = store.plan(head.id).await?;
    let employees = store.employees(connection.id).await?;
    let known: HashMap<_, _> = employees.iter().map(|employee| (&employee.id, employee)).collect();
    table.rows.extend(plan.holds.iter().map(|hold| {
        let employee = known.get(&hold.employee);
        vec![
            hold.employee.to_string().into(),
            employee.map(|employee| employee.identifier.to_string()).into(),
            employee.map(|employee| employee.person.display_name()).into(),
            employee.and_then(|employee| employee.person.branch.clone()).into(),
            hold.code.kind().key().into(),
            hold.code.key().into(),
            hold.field.clone().into(),
            hold.value.clone().into(),
            hold.message.clone().into(),
            hold.remedy.clone().into(),
        ]
    }));
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::Operation;
    use crate::files::export::csv_into;

    #[test]
    fn a_refused_line_says_who_and_why() {
        let operation = Operation {
            seq: 0,
            kind: OperationKind::Create,
            employee: Some("7".into()),
            identifier: Some("40817_7".into()),
            user: None,
            list: None,
            fields: Vec::new(),
            note: None,
        };
        let line = JournalRow {
            operation,
            state: OperationState::Failed,
            attempts: 1,
            answered: Some("7007".into()),
            error: Some(("422".into(), "job title is not known".into())),
            sent_at: None,
            done_at: Some("2026-11-22T12:00:00Z".parse().unwrap()),
            withheld: false,
            before: None,
            moved: None,
        };
        let mut text = Vec::new();
        csv_into(&mut text, &errors(&Errors { lines: vec![line], holds: Vec::new() })).unwrap();
        let text = String::from_utf8(text).unwrap();
        let wanted = "7,40817_7,7007,create,failed,422,job title is not known,,2026-11-22T12:00:00Z";
        assert_eq!(text.lines().nth(1), Some(wanted));
    }
}
