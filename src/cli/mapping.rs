//! `onroll mapping`: the tables, on the command line.

use super::arguments::{MappingCommand, MappingSetArguments, OnOff};
use super::exit::Exit;
use super::exported;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::exports::Exported;
use crate::services::mappings::{self, CellChange, MappedValue};
use crate::services::plans::Replanned;
use serde_json::{Value, json};
use std::path::Path;

/// Runs a mapping command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &MappingCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        MappingCommand::List { tenant, table, open } => list(workspace, tenant, table.as_deref(), *open, output).await,
        MappingCommand::Set(arguments) => set(workspace, arguments, output).await,
        MappingCommand::Import { tenant, table, file } => import(workspace, tenant, table, file, output).await,
        MappingCommand::Export { tenant, table, file } => export(workspace, tenant, table, file, output).await,
    }
}

async fn list(
    workspace: &Workspace,
    tenant: &str,
    table: Option<&str>,
    open: bool,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let wanted = table.map(|table| mappings::list_named(&connection, table)).transpose()?;
    let tables = mappings::tables(&workspace.store, &connection).await?.tables;
    let shown = tables.iter().filter(|table| wanted.is_none_or(|wanted| wanted == table.spec.list));
    let lines: Vec<(ListKey, &MappedValue)> = shown
        .flat_map(|table| table.values.iter().map(|value| (table.spec.list, value)))
        .filter(|(_, value)| !open || value.is_open())
        .collect();
    if output.json {
        let values: Vec<Value> = lines.iter().map(|(list, value)| object(*list, value)).collect();
        output.object(&json!({ "values": values }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(list, value)| {
            vec![
                list.key().to_owned(),
                value.value.clone(),
                value.people.to_string(),
                value.blocked.to_string(),
                value.state.word().to_owned(),
                value.target.clone().unwrap_or_default(),
                value.why.clone(),
            ]
        })
        .collect();
    output.table(&["table", "value", "#people", "#blocked", "state", "becomes", "why"], &rows)?;
    Ok(Exit::Done)
}

fn object(list: ListKey, value: &MappedValue) -> Value {
    json!({
        "table": list.key(),
        "value": value.value,
        "people": value.people,
        "blocked": value.blocked,
        "state": value.state.word(),
        "target": value.target,
        "note": Some(&value.why).filter(|why| !why.is_empty()),
    })
}

async fn set(workspace: &Workspace, arguments: &MappingSetArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let list = mappings::list_named(&connection, &arguments.table)?;
    let (engine, access) = (&workspace.engine, &workspace.access);
    if let Some(switch) = arguments.verbatim {
        let replanned = mappings::set_verbatim(engine, access, &connection, list, switch == OnOff::On).await?;
        return told(&connection, replanned.as_ref(), output);
    }
    let value = arguments.value.clone().unwrap_or_default();
    let target = if arguments.clear {
        None
    } else if arguments.nothing {
        Some(MappingTarget::Nothing)
    } else if let Some(name) = &arguments.create {
        Some(MappingTarget::Create(name.clone()))
    } else {
        let wanted = arguments.target.as_deref().unwrap_or_default();
        Some(MappingTarget::Option(option_named(workspace, &connection, list, wanted).await?))
    };
    let edit = mappings::set(engine, access, &connection, vec![CellChange { list, value, target }]).await?;
    told(&connection, edit.replanned.as_ref(), output)
}

/// The option with this code or exact name, where the destination's options have been read already.
async fn option_named(
    workspace: &Workspace,
    connection: &Connection,
    list: ListKey,
    wanted: &str,
) -> Result<OptionKey, Problem> {
    let options = workspace.store.options(connection.id).await?;
    let options: Vec<_> = options.into_iter().filter(|option| option.list == list).collect();
    let found = options.iter().find(|option| option.key.as_str() == wanted).or_else(|| {
        let mut named = options.iter().filter(|option| option.name == wanted);
        named.next().filter(|_| named.next().is_none())
    });
    match found {
        Some(option) => Ok(option.key.clone()),
        // Nothing was read yet: the plan says later whether the option is there.
        None if options.is_empty() => Ok(OptionKey::new(wanted)),
        None => {
            let near: Vec<String> = crate::mapping::Names::new(&options)
                .near(wanted, 3)
                .into_iter()
                .map(|ranked| format!("`{}`", ranked.name))
                .collect();
            Err(Problem::new(ProblemKind::Input, format!("the destination has no {} `{wanted}`", list.key()))
                .with_why(if near.is_empty() { String::new() } else { format!("near: {}", near.join(", ")) })
                .with_remedy("use its code or exact name, or --create NAME to have it made"))
        }
    }
}

/// Says what became of the plan.
fn told(connection: &Connection, replanned: Option<&Replanned>, output: &mut Output) -> Result<Exit, Problem> {
    match replanned {
        None if output.json => output.object(&json!({ "saved": true }))?,
        None => output.line("Saved.")?,
        Some(Replanned { plan, .. }) if output.json => {
            output.object(&json!({ "saved": true, "plan": super::plan::what_if(plan, connection) }))?;
        }
        Some(Replanned { plan, .. }) => {
            let (changes, held) = (plan.counts.operations(), plan.holds.len());
            output.line(&format!("Saved; the plan would now have {changes} changes and {held} held."))?;
        }
    }
    Ok(Exit::Done)
}

async fn import(
    workspace: &Workspace,
    tenant: &str,
    table: &str,
    file: &Path,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let list = mappings::list_named(&connection, table)?;
    let wrong = |why: String| {
        Problem::new(ProblemKind::Input, format!("{} cannot be imported", file.display()))
            .with_why(why)
            .with_remedy("it needs a head row with the columns value and target; nothing was changed")
    };
    let engine = &workspace.engine;
    let cells = mappings::sheet_cells(engine, &connection, list, file.to_owned()).await?;
    let cells = cells.map_err(|error| wrong(error.to_string()))?;
    let edit = mappings::set(engine, &workspace.access, &connection, cells).await?;
    told(&connection, edit.replanned.as_ref(), output)
}

async fn export(
    workspace: &Workspace,
    tenant: &str,
    table: &str,
    file: &Path,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let list = mappings::list_named(&connection, table)?;
    let tables = mappings::tables(&workspace.store, &connection).await?;
    let table = mappings::export_table(tables.of(list)?);
    let rows = table.rows.len();
    exported::table(workspace, &Exported::of(connection.id, "mapping table", rows), file, &table, output).await?;
    if output.json {
        output.object(&json!({ "written": file.display().to_string(), "rows": rows }))?;
    } else {
        output.line(&format!("Wrote {rows} values to {}", file.display()))?;
    }
    Ok(Exit::Done)
}
