//! Reads a file that is to become rows of a table, and works out all of them together. Nothing is changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::what_if;
use crate::console::backend::Context;
use crate::console::screens::mappings::data::{CellChange, Import};
use crate::domain::connection::Connection;
use crate::domain::list::ListKey;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::mappings;

/// Reads and works out.
pub(super) async fn read(
    context: &Context,
    connection: &Connection,
    list: ListKey,
    path: &str,
) -> Result<Import, Problem> {
    let store = &context.engine.store;
    let file = place_of(context, path);
    let name = file.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned());
    let refused = |why: String| {
        Problem::new(ProblemKind::Input, format!("{name} was not imported; nothing was changed"))
            .with_why(why)
            .with_remedy(
                "a CSV or XLSX file has a head row with the columns value and target; `o` writes one to begin with",
            )
    };
    let rows = mappings::sheet_cells(&context.engine, connection, list, file).await?;
    let rows = rows.map_err(|error| refused(error.to_string()))?;
    let tables = store.tables(connection.id).await?;
    let table = tables.iter().find(|table| table.list == list).map(|table| &table.rows);
    let written = |value: &str| table.and_then(|rows| rows.get(value)).map(|row| &row.target);
    let total = rows.len();
    let cells: Vec<CellChange> = rows.into_iter().filter(|cell| written(&cell.value) != cell.target.as_ref()).collect();
    let view = store.mapping_view(connection.id, list, mappings::feed(connection, list)?).await?;
    let people: BTreeMap<&str, u64> = view.rows.iter().map(|row| (row.value.as_str(), row.people)).collect();
    let unused = cells.iter().filter(|cell| people.get(cell.value.as_str()).copied().unwrap_or(0) == 0).count();
    let what_if = what_if::what_if_all(context, connection, cells.clone()).await?;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Import { name, same: number(total - cells.len()), unused: number(unused), cells, what_if })
}

/// `~` is the home folder; a bare name is looked for among the exports first, then where the program was started.
fn place_of(context: &Context, path: &str) -> PathBuf {
    if let Some(rest) = path.strip_prefix("~/")
        && let Some(home) = directories::BaseDirs::new()
    {
        return home.home_dir().join(rest);
    }
    let exported = context.engine.workspace.join("exports").join(path);
    if Path::new(path).is_relative() && exported.exists() { exported } else { PathBuf::from(path) }
}
