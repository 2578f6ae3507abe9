//! `onroll export`: the mapping list (PL09), people, and who is held.

use super::arguments::{ExportArguments, ExportKind};
use super::exit::Exit;
use super::exported;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemKind};
use crate::ports::clock::day_in;
use crate::services::exports::Exported;
use crate::services::lists::{self, List};
use crate::services::people::list;
use crate::services::{ServiceError, exports, fix_list};
use crate::store::views::PeopleSort;
use serde_json::{Map, Value, json};

/// Writes the export.
///
/// # Errors
/// A tenant that is not there, an ending that is none, a file that cannot be written.
pub async fn run(workspace: &Workspace, arguments: &ExportArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let store = &workspace.store;
    let is_narrowed = arguments.filter.is_some() || arguments.view.is_some() || arguments.facets;
    if is_narrowed && arguments.what != ExportKind::People {
        let why = "--filter, --view and --facets are for `export people`";
        return Err(Problem::new(ProblemKind::Input, why));
    }
    let table = match arguments.what {
        ExportKind::Mapping => exports::mapping_list(store, &connection).await?,
        ExportKind::Identifiers => exports::identifier_list(store, &connection).await?,
        ExportKind::People => return people(workspace, &connection, arguments, output).await,
        ExportKind::Held => exports::held(store, &connection).await?,
        ExportKind::FixList => return fix_list(workspace, &connection, arguments, output).await,
    };
    let rows = table.rows.len();
    if let Some(out) = &arguments.out {
        let what = match arguments.what {
            ExportKind::Mapping => "mapping list",
            ExportKind::Identifiers => "identifier list",
            ExportKind::People => "people",
            ExportKind::Held => "held people",
            ExportKind::FixList => "fix list for HR",
        };
        exported::table(workspace, &Exported::of(connection.id, what, rows), out, &table, output).await?;
        if output.json {
            output.object(&json!({ "written": out.display().to_string(), "rows": rows }))?;
        } else {
            output.line(&format!("Wrote {rows} rows to {}", out.display()))?;
        }
    }
    Ok(Exit::Done)
}

/// What HR has to put right.
async fn fix_list(
    workspace: &Workspace,
    connection: &Connection,
    arguments: &ExportArguments,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let list = fix_list::list(&workspace.engine, connection).await?;
    let figures = list.figures();
    let Some(out) = &arguments.out else { return Ok(Exit::Done) };
    fix_list::write(&list, out).map_err(|error| {
        Problem::new(ProblemKind::Input, "the fix list was not written")
            .with_why(error.to_string())
            .with_remedy("name a file ending in .csv, .xlsx, .json or .eml in a folder that you may write")
    })?;
    exported::note(workspace, &Exported::of(connection.id, "fix list for HR", list.lines.len()), out, output).await?;
    if output.json {
        output.object(&json!({
            "written": out.display().to_string(), "rows": list.lines.len(),
            "open": figures.open, "people": figures.people, "cured": figures.cured,
        }))?;
    } else {
        output.line(&format!(
            "Wrote {} to {}: {} open for {} people, {} put right in the last two weeks",
            list.lines.len(),
            out.display(),
            figures.open,
            figures.people,
            figures.cured
        ))?;
    }
    Ok(Exit::Done)
}

/// What a view that was saved in the console asks for.
async fn filter_of_view(workspace: &Workspace, name: &str) -> Result<String, Problem> {
    let views = lists::views(&workspace.store, List::People).await?;
    let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
    let known =
        if names.is_empty() { "none is saved yet".to_owned() } else { format!("there are: {}", names.join(", ")) };
    let found = views.iter().find(|view| view.name == name);
    found.map(|view| view.stand.filter.clone()).ok_or_else(|| {
        Problem::new(ProblemKind::Input, format!("no view of People is called `{name}`")).with_remedy(known)
    })
}

/// People whom a filter finds, in the order of the list, and what is counted beside it.
async fn people(
    workspace: &Workspace,
    connection: &Connection,
    arguments: &ExportArguments,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let store = &workspace.store;
    let text = match (&arguments.filter, &arguments.view) {
        (Some(filter), _) => filter.clone(),
        (None, Some(view)) => filter_of_view(workspace, view).await?,
        (None, None) => String::new(),
    };
    let engine = &workspace.engine;
    let identifier = engine.abilities(connection)?.destination.identifier_word;
    let today = day_in(engine.clock.now(), &connection.time_zone);
    let ask = list::ask(&text, identifier, today, (PeopleSort::Name, false))
        .map_err(|error| Problem::new(ProblemKind::Input, error.to_string()).with_who(format!("filter `{text}`")))?;
    let keys = list::found(store, connection, &ask).await?;
    let mut said = Map::new();
    if let Some(out) = &arguments.out {
        let table = exports::people(store, connection, &keys).await?;
        exported::table(workspace, &Exported::of(connection.id, "people", keys.len()), out, &table, output).await?;
        said.insert("written".to_owned(), json!(out.display().to_string()));
        if !output.json {
            output.line(&format!("Wrote {} rows to {}", keys.len(), out.display()))?;
        }
    }
    said.insert("rows".to_owned(), json!(keys.len()));
    if arguments.facets {
        let columns = list::columns(identifier);
        let facets = list::facets(store, connection, &ask).await.map_err(ServiceError::from)?;
        let mut counted = Map::new();
        for facet in facets {
            let Some(column) = columns.get(facet.column) else { continue };
            if !output.json {
                output.line(&format!("{}, of {}", column.head, facet.of))?;
            }
            let mut values = Map::new();
            for value in facet.values {
                if !output.json {
                    // A blank at an end is seen only between signs.
                    let open = value.value.is_empty() || value.value.trim() != value.value;
                    let shown = if open { format!("`{}`", value.value) } else { value.value.clone() };
                    output.line(&format!("  {:>9}  {shown}", value.count))?;
                }
                values.insert(value.value, json!(value.count));
            }
            counted.insert(column.key.to_owned(), Value::Object(values));
        }
        said.insert("facets".to_owned(), Value::Object(counted));
    }
    if output.json {
        output.object(&Value::Object(said))?;
    }
    Ok(Exit::Done)
}
