//! Files that the operator asks for: one place decides where they go, who may read them and what is said on failure.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Context;
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::export::{self, Table};
use crate::services;
use crate::services::exports::{Exported, NOT_NOTED};

/// Where a file that the operator named goes: beside the workspace's other exports unless the name says another folder.
pub(super) fn path_of(context: &Context, name: &str) -> PathBuf {
    let name = name.trim();
    if let Some(rest) = name.strip_prefix("~/")
        && let Some(home) = (context.engine.environment)("HOME")
    {
        return Path::new(&home).join(rest);
    }
    let path = Path::new(name);
    if path.is_absolute() { path.to_owned() } else { context.engine.workspace.join("exports").join(path) }
}

/// Where a file that grows goes, in a folder that is there.
///
/// # Errors
/// When the folder cannot be made.
pub(super) async fn place_for(context: &Context, name: &str) -> Result<PathBuf, Problem> {
    let path = path_of(context, name);
    let target = path.clone();
    let made = tokio::task::spawn_blocking(move || make_folder_of(&target).map_err(|error| error.to_string())).await;
    match made.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(()) => Ok(path),
        Err(why) => Err(Problem::new(ProblemKind::Input, "the file was not saved").with_why(why)),
    }
}

/// Writes a table as CSV, XLSX or JSON by the name's ending, 0600, whole or not at all; answers where it went.
///
/// # Errors
/// When the ending is none of the three, or the folder or the file cannot be written; an older file stays as it was.
pub(super) async fn write(context: &Context, export: &Exported, name: &str, table: Table) -> Result<PathBuf, Problem> {
    write_by(context, export, name, move |path| export::write(path, &table)).await
}

/// As [`write()`], by a function of its own.
///
/// # Errors
/// What the function says, or the folder.
pub(super) async fn write_by(
    context: &Context,
    export: &Exported,
    name: &str,
    write: impl FnOnce(&Path) -> Result<(), export::ExportError> + Send + 'static,
) -> Result<PathBuf, Problem> {
    let path = path_of(context, name);
    let target = path.clone();
    let written = tokio::task::spawn_blocking(move || {
        make_folder_of(&target)?;
        write(&target)
    });
    let failed = |why: String| {
        Problem::new(ProblemKind::Input, "the file was not saved")
            .with_why(why)
            .with_remedy("name a file ending in .csv, .xlsx or .json in a folder that you may write and that has room")
    };
    match written.await {
        Ok(Ok(())) => note(context, export, path).await,
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Writes down that a file was written; answers where it is, and where that is so that the audit does not have it.
///
/// # Errors
/// When it cannot be saved; the file is there then.
pub(super) async fn note(context: &Context, export: &Exported, path: PathBuf) -> Result<PathBuf, Problem> {
    match services::exports::note(&context.engine.store, &context.access, export, &path).await {
        Ok(true) => Ok(path),
        Ok(false) => Ok(PathBuf::from(format!("{} ({NOT_NOTED})", path.display()))),
        Err(error) => {
            let problem = Problem::from(error);
            let why = if problem.why.is_empty() { problem.what } else { problem.why };
            let what = format!("{} was written, but the audit does not have it", path.display());
            Err(Problem::new(ProblemKind::Failed, what).with_why(why).with_remedy("save it again, or delete it"))
        }
    }
}

/// Saves a table of a tenant, or of all; answers where it went, and how many lines it has.
///
/// # Errors
/// As [`write()`].
pub(super) async fn save(
    context: &Context,
    (tenant, what): (Option<ConnectionId>, &str),
    file: &str,
    table: Table,
) -> Result<(String, u64), Problem> {
    let export = Exported { tenant, what: what.to_owned(), lines: table.rows.len() as u64 };
    Ok((write(context, &export, file, table).await?.display().to_string(), export.lines))
}

/// Saves what was refused, has no answer or was held.
///
/// # Errors
/// When it cannot be read or written.
pub(super) async fn save_errors(context: &Context, run: RunId, file: &str) -> Result<(String, u64), Problem> {
    let store = &context.engine.store;
    let row = store.run(run).await?;
    let errors = services::exports::errors_of(store, &row).await?;
    let what = format!("what failed in run {run}");
    save(context, (Some(row.connection), &what), file, services::exports::errors(&errors)).await
}

/// Makes the folder of a file, for its owner only (0700) where there is none yet.
///
/// # Errors
/// What the file system says.
pub(super) fn make_folder_of(path: &Path) -> Result<(), export::ExportError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| export::ExportError::Unwritable { path: folder.to_owned(), source })
}
