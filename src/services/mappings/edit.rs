//! Changing tables: one undo step each, and what it does to the plan.

use crate::domain::connection::Connection;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::engine::Engine;
use crate::files::mapping_sheet::{self, MappingSheetError};
use crate::services::access::Access;
use crate::services::error::ServiceError;
use crate::services::plans::{self, Replanned};
use crate::store::{MappingChange, MappingStep};
use std::path::PathBuf;

/// One cell with what it is to become; `None` takes the row away.
#[derive(Clone, Debug, PartialEq)]
pub struct CellChange {
    pub list: ListKey,
    pub value: String,
    pub target: Option<MappingTarget>,
}

/// What an edit did.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The cells that differ now; none when everything stood so already.
    pub changes: Vec<MappingChange>,
    /// What it does to the plan; `None` while there is none.
    pub replanned: Option<Replanned>,
}

/// Sets or clears cells as one undo step.
///
/// # Errors
/// Where nothing may be changed; a target that cannot be; the store's.
pub async fn set(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    cells: Vec<CellChange>,
) -> Result<Edit, ServiceError> {
    access.change()?;
    let cells = cells.into_iter().map(|cell| (cell.list, cell.value, cell.target)).collect();
    let changes = engine.store.set_mappings(connection.id, cells, &access.operator).await?;
    let replanned = if changes.is_empty() { None } else { plans::follow(engine, connection).await? };
    Ok(Edit { changes, replanned })
}

/// The rows of a file as cells of one table, every row of it.
///
/// # Errors
/// A file that is no mapping table, a row that names an option that is not there; the store's.
pub async fn sheet_cells(
    engine: &Engine,
    connection: &Connection,
    list: ListKey,
    file: PathBuf,
) -> Result<Result<Vec<CellChange>, MappingSheetError>, ServiceError> {
    let options = engine.store.options(connection.id).await?;
    let options: Vec<_> = options.into_iter().filter(|option| option.list == list).collect();
    let reading = tokio::task::spawn_blocking(move || mapping_sheet::read(&file, &options));
    let read = reading.await.map_err(|error| ServiceError::broken(&error))?;
    Ok(read.map(|rows| rows.into_iter().map(|(value, target)| CellChange { list, value, target }).collect()))
}

/// Switches verbatim of one table.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn set_verbatim(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    list: ListKey,
    on: bool,
) -> Result<Option<Replanned>, ServiceError> {
    access.change()?;
    engine.store.set_verbatim(connection.id, list, on, &access.operator).await?;
    plans::follow(engine, connection).await
}

/// Takes the newest step back (`undo`), or does the one again that was taken back last; `None` where there is none.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn walk(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    undo: bool,
) -> Result<Option<MappingStep>, ServiceError> {
    access.change()?;
    let (store, by) = (&engine.store, &access.operator);
    let step =
        if undo { store.undo_mapping(connection.id, by).await? } else { store.redo_mapping(connection.id, by).await? };
    if step.is_some() {
        plans::follow(engine, connection).await?;
    }
    Ok(step)
}
