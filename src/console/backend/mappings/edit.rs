//! Edits of tables: one undo step each, and a new plan at once, so that every figure follows.

use super::sheet::target_words;
use crate::console::backend::Context;
use crate::console::format;
use crate::console::screens::mappings::data::{CellChange, Edited};
use crate::domain::connection::Connection;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::problem::Problem;
use crate::services::mappings;
use crate::services::plans::Replanned;
use crate::store::{MappingChange, MappingStep};

/// `, 43 unblocked`: what the new plan says beside the one before.
fn difference(replanned: Option<&Replanned>) -> String {
    match replanned.map(|replanned| replanned.blocked) {
        Some((before, after)) if before > after => format!(", {} unblocked", format::count(before - after)),
        Some((before, after)) if before < after => format!(", {} blocked", format::count(after - before)),
        _ => String::new(),
    }
}

/// Sets or clears cells.
pub(super) async fn set(context: &Context, connection: &Connection, cells: Vec<CellChange>) -> Result<Edited, Problem> {
    let words = match cells.as_slice() {
        [cell] => cell_words(cell),
        several => format!("Mapped {} values", format::count(several.len())),
    };
    set_as(context, connection, cells, words).await
}

/// Takes the rows of a file over.
pub(super) async fn import(
    context: &Context,
    connection: &Connection,
    cells: Vec<CellChange>,
    file: &str,
) -> Result<Edited, Problem> {
    let words = format!("Imported {} from {file}", format::counted(cells.len() as u64, "value", "values"));
    set_as(context, connection, cells, words).await
}

async fn set_as(
    context: &Context,
    connection: &Connection,
    cells: Vec<CellChange>,
    words: String,
) -> Result<Edited, Problem> {
    let at = cells.first().map(|cell| (cell.list, (cells.len() == 1).then(|| cell.value.clone())));
    let edit = mappings::set(&context.engine, &context.access, connection, cells).await?;
    if edit.changes.is_empty() {
        return Ok(Edited {
            words: "Nothing to change: it is mapped that way already".to_owned(),
            undoable: false,
            at,
        });
    }
    let words = format!("{words}{}", difference(edit.replanned.as_ref()));
    Ok(Edited { words, undoable: true, at })
}

fn cell_words(cell: &CellChange) -> String {
    let value = cell.value.trim();
    match &cell.target {
        Some(MappingTarget::Option(_)) => format!("Mapped {value}"),
        Some(MappingTarget::Create(name)) => format!("Put the new {name} into the plan"),
        Some(MappingTarget::Nothing) => format!("Set {value} to nothing"),
        None => format!("Cleared {value}"),
    }
}

/// Switches verbatim of one table.
pub(super) async fn verbatim(
    context: &Context,
    connection: &Connection,
    list: ListKey,
    on: bool,
) -> Result<Edited, Problem> {
    let replanned = mappings::set_verbatim(&context.engine, &context.access, connection, list, on).await?;
    let words = format!("Switched verbatim {}{}", if on { "on" } else { "off" }, difference(replanned.as_ref()));
    Ok(Edited { words, undoable: true, at: Some((list, None)) })
}

/// Takes the newest step back, or does the one again that was taken back last.
pub(super) async fn walk(context: &Context, connection: &Connection, undo: bool) -> Result<Edited, Problem> {
    let Some(step) = mappings::walk(&context.engine, &context.access, connection, undo).await? else {
        let words = if undo { "Nothing to undo in the tables" } else { "Nothing to do again" };
        return Ok(Edited { words: words.to_owned(), undoable: false, at: None });
    };
    Ok(Edited { words: step_words(&step, undo), undoable: false, at: place_of(&step) })
}

fn place_of(step: &MappingStep) -> Option<(ListKey, Option<String>)> {
    step.changes.first().map(|change| match change {
        MappingChange::Row { list, value, .. } => (*list, Some(value.clone())),
        MappingChange::Verbatim { list, .. } => (*list, None),
    })
}

fn step_words(step: &MappingStep, undo: bool) -> String {
    let verb = if undo { "Undone" } else { "Done again" };
    match step.changes.as_slice() {
        [MappingChange::Row { value, before, after, .. }] => {
            let row = if undo { before } else { after };
            let words = match row {
                None => "is not mapped".to_owned(),
                Some(row) => format!("goes {}", target_words(Some(row.target.clone()))),
            };
            format!("{verb}: {} {words}", value.trim())
        }
        [MappingChange::Verbatim { before, after, .. }] => {
            let on = if undo { before } else { after };
            format!("{verb}: verbatim {}", if *on { "on" } else { "off" })
        }
        several => format!("{verb}: {} values", format::count(several.len())),
    }
}
