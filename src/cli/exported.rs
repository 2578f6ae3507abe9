//! Files with data of people that a command writes: each is an entry of the audit.

use super::output::{Output, write_table};
use super::workspace::Workspace;
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::export::Table;
use crate::services::exports::{self, Exported, NOT_NOTED};
use std::path::Path;

/// Writes a table and notes it in the audit.
///
/// # Errors
/// When the file cannot be written, or the entry cannot be saved.
pub async fn table(
    workspace: &Workspace,
    export: &Exported,
    path: &Path,
    table: &Table,
    output: &mut Output,
) -> Result<(), Problem> {
    write_table(path, table)?;
    note(workspace, export, path, output).await
}

/// Notes in the audit that a file was written; says where that cannot be.
///
/// # Errors
/// When the entry cannot be saved; the file is there then.
pub async fn note(workspace: &Workspace, export: &Exported, path: &Path, output: &mut Output) -> Result<(), Problem> {
    match exports::note(&workspace.store, &workspace.access, export, path).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            output.note(NOT_NOTED);
            Ok(())
        }
        Err(error) => {
            let problem = Problem::from(error);
            let why = if problem.why.is_empty() { problem.what } else { problem.why };
            let what = format!("{} was written, but the audit does not have it", path.display());
            Err(Problem::new(ProblemKind::Failed, what).with_why(why).with_remedy("write it again, or delete it"))
        }
    }
}
