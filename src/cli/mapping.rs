//! `onroll mapping`: the tables, on the command line.

use super::arguments::{MappingCommand, MappingSetArguments, OnOff};
use super::exit::Exit;
use super::output::{Output, write_table};
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::OptionKey;
use crate::domain::mapping::{MappingTable, MappingTarget, TableKind};
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::export::{Cell, Table};
use crate::files::mapping_sheet;
use crate::mapping::{MappingIndex, Resolution};
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

/// A value with what becomes of it.
struct Line {
    kind: TableKind,
    value: String,
    people: u64,
    blocked: u64,
    state: &'static str,
    target: Option<String>,
    note: Option<String>,
}

impl Line {
    fn is_open(&self) -> bool {
        matches!(self.state, "unmapped" | "suggested" | "archived" | "gone" | "twice")
    }
}

fn kind_of(name: &str) -> Result<TableKind, Problem> {
    TableKind::from_key(name).ok_or_else(|| {
        Problem::new(ProblemKind::Input, format!("no table is called `{name}`"))
            .with_now("there are: branch, department, job-title, access-profile")
    })
}

async fn list(
    workspace: &Workspace,
    tenant: &str,
    table: Option<&str>,
    open: bool,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let wanted = table.map(kind_of).transpose()?;
    let mut lines = Vec::new();
    for kind in TableKind::ALL.into_iter().filter(|kind| wanted.is_none_or(|wanted| wanted == *kind)) {
        lines.extend(lines_of(workspace, &connection, kind).await?);
    }
    lines.retain(|line| !open || line.is_open());
    if output.json {
        let values: Vec<Value> = lines
            .iter()
            .map(|line| {
                json!({
                    "table": line.kind.key(),
                    "value": line.value,
                    "people": line.people,
                    "blocked": line.blocked,
                    "state": line.state,
                    "target": line.target,
                    "note": line.note,
                })
            })
            .collect();
        output.object(&json!({ "values": values }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.kind.key().to_owned(),
                line.value.clone(),
                line.people.to_string(),
                line.blocked.to_string(),
                line.state.to_owned(),
                line.target.clone().unwrap_or_default(),
                line.note.clone().unwrap_or_default(),
            ]
        })
        .collect();
    output.table(&["table", "value", "#people", "#blocked", "state", "becomes", "why"], &rows)?;
    Ok(Exit::Done)
}

async fn lines_of(workspace: &Workspace, connection: &Connection, kind: TableKind) -> Result<Vec<Line>, Problem> {
    let view = workspace.store.mapping_view(connection.id, kind).await?;
    let tables = workspace.store.tables(connection.id).await?;
    let index = MappingIndex::new(&tables, &view.options);
    Ok(view.rows.iter().map(|row| line(kind, row, &index)).collect())
}

fn line(kind: TableKind, row: &crate::store::views::ValueRow, index: &MappingIndex<'_>) -> Line {
    let name = |key: &OptionKey| index.table(kind).name_of(key.as_str()).to_owned();
    let (state, target, note) = match index.resolve(kind, &row.value) {
        Resolution::Mapped { key, how } => {
            let verbatim = how == crate::mapping::How::Verbatim;
            (if verbatim { "verbatim" } else { "mapped" }, Some(name(&key)), None)
        }
        Resolution::Create(name) => ("create", Some(name), None),
        Resolution::Nothing => ("nothing", None, None),
        Resolution::Suggested { key, reason } => ("suggested", Some(name(&key)), Some(reason)),
        Resolution::Unmapped { near } => {
            let odd = index.table(kind).odd_twin(&row.value).map(|why| format!("the one of that name {why}"));
            ("unmapped", None, odd.or_else(|| near.first().map(|key| format!("near: {}", name(key)))))
        }
        Resolution::Archived(key) => ("archived", Some(name(&key)), None),
        Resolution::Gone(key) => ("gone", Some(key.to_string()), None),
        Resolution::Doubled(key) => ("twice", Some(name(&key)), Some("the destination has it twice".to_owned())),
    };
    Line { kind, value: row.value.clone(), people: row.people, blocked: row.blocked, state, target, note }
}

async fn set(workspace: &Workspace, arguments: &MappingSetArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let kind = kind_of(&arguments.table)?;
    let by = &workspace.engine.operator;
    if let Some(switch) = arguments.verbatim {
        workspace.store.set_verbatim(connection.id, kind, switch == OnOff::On, by).await?;
        return replanned(workspace, &connection, output).await;
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
        Some(MappingTarget::Option(option_named(workspace, &connection, kind, wanted).await?))
    };
    workspace.store.set_mapping(connection.id, kind, &value, target, by).await?;
    replanned(workspace, &connection, output).await
}

/// The option with this code or exact name, where the destination's options have been read already.
async fn option_named(
    workspace: &Workspace,
    connection: &Connection,
    kind: TableKind,
    wanted: &str,
) -> Result<OptionKey, Problem> {
    let options = workspace.store.options(connection.id).await?;
    let options: Vec<_> = options.into_iter().filter(|option| option.kind == kind).collect();
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
            Err(Problem::new(ProblemKind::Input, format!("the destination has no {} `{wanted}`", kind.key()))
                .with_why(if near.is_empty() { String::new() } else { format!("near: {}", near.join(", ")) })
                .with_now("use its code or exact name, or --create NAME to have it made"))
        }
    }
}

/// Plans again without fetching, so that the effect is seen at once.
async fn replanned(workspace: &Workspace, connection: &Connection, output: &mut Output) -> Result<Exit, Problem> {
    if workspace.store.latest_plan(connection.id).await?.is_none() {
        if output.json {
            output.object(&json!({ "saved": true }))?;
        } else {
            output.line("Saved.")?;
        }
        return Ok(Exit::Done);
    }
    let saved = workspace.engine.plan(connection, None).await?;
    if output.json {
        output.object(&json!({ "saved": true, "plan": super::plan::head(&saved, connection) }))?;
    } else {
        let held = saved.plan.holds.len();
        output.line(&format!(
            "Saved; plan {} now has {} changes and {held} held.",
            saved.id,
            saved.plan.counts.operations()
        ))?;
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
    let kind = kind_of(table)?;
    let wrong = |why: String| {
        Problem::new(ProblemKind::Input, format!("{} cannot be imported", file.display()))
            .with_why(why)
            .with_now("it needs a head row with the columns value and target; nothing was changed")
    };
    let options = workspace.store.options(connection.id).await?;
    let options: Vec<_> = options.into_iter().filter(|option| option.kind == kind).collect();
    let rows = mapping_sheet::read(file, &options).map_err(|error| wrong(error.to_string()))?;
    let changes = rows.into_iter().map(|(value, target)| (kind, value, target)).collect();
    workspace.store.set_mappings(connection.id, changes, &workspace.engine.operator).await?;
    replanned(workspace, &connection, output).await
}

async fn export(
    workspace: &Workspace,
    tenant: &str,
    table: &str,
    file: &Path,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let kind = kind_of(table)?;
    let lines = lines_of(workspace, &connection, kind).await?;
    let tables = workspace.store.tables(connection.id).await?;
    let rows = lines.iter().map(|line| {
        let key = target_key(&tables, kind, &line.value).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "head counts are far below 2^52")]
        let people = Cell::Number(line.people as f64);
        vec![Cell::from(line.value.clone()), Cell::from(key), people, Cell::from(line.state)]
    });
    write_table(file, &Table { rows: rows.collect(), ..Table::new(&["value", "target", "people", "state"]) })?;
    if output.json {
        output.object(&json!({ "written": file.display().to_string(), "rows": lines.len() }))?;
    } else {
        output.line(&format!("Wrote {} values to {}", lines.len(), file.display()))?;
    }
    Ok(Exit::Done)
}

fn target_key(tables: &[MappingTable], kind: TableKind, value: &str) -> Option<String> {
    let row = tables.iter().find(|table| table.kind == kind)?.rows.get(value)?;
    match &row.target {
        MappingTarget::Option(key) => Some(key.to_string()),
        MappingTarget::Create(name) => Some(name.clone()),
        MappingTarget::Nothing => None,
    }
}
