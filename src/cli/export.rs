//! `onroll export`: the mapping list (PL09), people, and who is held.

use super::arguments::{ExportArguments, ExportKind};
use super::exit::Exit;
use super::output::{Output, write_table};
use super::workspace::Workspace;
use crate::domain::problem::Problem;
use crate::services::exports;
use crate::store::views::PeopleQuery;
use serde_json::json;

/// Writes the export.
///
/// # Errors
/// A tenant that is not there, an ending that is none, a file that cannot be written.
pub async fn run(workspace: &Workspace, arguments: &ExportArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let store = &workspace.store;
    let table = match arguments.what {
        ExportKind::Mapping => exports::mapping_list(store, &connection).await?,
        ExportKind::Identifiers => exports::identifier_list(store, &connection).await?,
        ExportKind::People => {
            let keys = store.people_keys(connection.id, PeopleQuery::default()).await?;
            exports::people(store, &connection, &keys).await?
        }
        ExportKind::Held => exports::held(store, &connection).await?,
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
