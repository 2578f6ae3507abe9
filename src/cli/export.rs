//! `onroll export`: the mapping list (PL09), people, and who is held.

use super::arguments::{ExportArguments, ExportKind};
use super::exit::Exit;
use super::output::{Output, write_table};
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::person::EmploymentStatus;
use crate::domain::problem::Problem;
use crate::files::export::{Cell, Table};
use crate::store::views::{PeopleQuery, PersonState};
use serde_json::json;
use std::collections::HashMap;

/// Rows that are read at once.
const WINDOW: usize = 1000;

/// Writes the export.
///
/// # Errors
/// A tenant that is not there, an ending that is none, a file that cannot be written.
pub async fn run(workspace: &Workspace, arguments: &ExportArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let table = match arguments.what {
        ExportKind::Mapping => mapping_list(workspace, &connection).await?,
        ExportKind::People => people(workspace, &connection).await?,
        ExportKind::Held => held(workspace, &connection).await?,
    };
    write_table(&arguments.out, &table)?;
    let rows = table.rows.len();
    if output.json {
        output.object(&json!({ "written": arguments.out.display().to_string(), "rows": rows }))?;
    } else {
        output.line(&format!("Wrote {rows} rows to {}", arguments.out.display()))?;
    }
    Ok(Exit::Done)
}

/// The list that PL09 asks for: identifier, names, department, job title, branch.
async fn mapping_list(workspace: &Workspace, connection: &Connection) -> Result<Table, Problem> {
    let employees = workspace.store.employees(connection.id).await?;
    let rows = employees.into_iter().filter(|employee| employee.status != EmploymentStatus::Ended).map(|employee| {
        let person = employee.person;
        let text = |value: Option<String>| Cell::from(value.unwrap_or_default());
        vec![
            Cell::from(employee.identifier.0),
            text(person.first_name),
            text(person.last_name),
            text(person.department),
            text(person.job_title),
            text(person.branch),
        ]
    });
    let heads = ["identifier", "first_name", "last_name", "department", "job_title", "branch"];
    Ok(Table { rows: rows.collect(), ..Table::new(&heads) })
}

async fn people(workspace: &Workspace, connection: &Connection) -> Result<Table, Problem> {
    let keys = workspace.store.people_keys(connection.id, PeopleQuery::default()).await?;
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
        for row in workspace.store.people_rows(connection.id, window.to_vec()).await? {
            let id = |id: Option<String>| Cell::from(id.unwrap_or_default());
            table.rows.push(vec![
                id(row.employee.map(|id| id.0)),
                id(row.identifier.map(|id| id.0)),
                id(row.user.map(|id| id.0)),
                Cell::from(row.name),
                id(row.branch),
                id(row.department),
                id(row.job_title),
                Cell::from(row.status),
                Cell::from(words(&row.state)),
            ]);
        }
    }
    Ok(table)
}

fn words(state: &PersonState) -> String {
    match state {
        PersonState::OutOfScope => "out of scope".to_owned(),
        PersonState::Held(code) => format!("held: {}", code.words()),
        PersonState::Change(kind, state) => {
            format!("{}: {}", kind.key().replace('_', " "), state.key().replace('_', " "))
        }
        PersonState::Linked => "linked".to_owned(),
        PersonState::NotLinked => "not linked".to_owned(),
        PersonState::UserOnly => "user only".to_owned(),
    }
}

async fn held(workspace: &Workspace, connection: &Connection) -> Result<Table, Problem> {
    let heads = ["employee_id", "identifier", "name", "branch", "kind", "code", "field", "value", "what", "what now"];
    let mut table = Table::new(&heads);
    let Some(head) = workspace.store.latest_plan(connection.id).await? else { return Ok(table) };
    let plan = workspace.store.plan(head.id).await?;
    let employees = workspace.store.employees(connection.id).await?;
    let known: HashMap<_, _> = employees.iter().map(|employee| (&employee.id, employee)).collect();
    for hold in &plan.holds {
        let employee = known.get(&hold.employee);
        let cells = [
            hold.employee.to_string(),
            employee.map(|employee| employee.identifier.to_string()).unwrap_or_default(),
            employee.map(|employee| employee.person.display_name()).unwrap_or_default(),
            employee.and_then(|employee| employee.person.branch.clone()).unwrap_or_default(),
            hold.code.kind().key().to_owned(),
            hold.code.key().to_owned(),
            hold.field.clone().unwrap_or_default(),
            hold.value.clone().unwrap_or_default(),
            hold.message.clone(),
            hold.remedy.clone(),
        ];
        table.rows.push(cells.map(Cell::from).to_vec());
    }
    Ok(table)
}
