//! Files with data of people that a command writes: each is an entry of the audit.

use super::arguments::Arguments;
use super::config::{self, Config};
use super::output::{Output, write_table};
use super::workspace::{DATABASE, Workspace};
use crate::domain::audit::Through;
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::export::Table;
use crate::services::ServiceError;
use crate::services::exports::{self, Exported, NOT_NOTED, STDOUT};
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
    let noted = exports::note(&workspace.store, &workspace.access, export, path).await;
    said(noted, &format!("{} was written, but", path.display()), output)
}

/// Notes in the audit that an export was printed; says where that cannot be. Before it is printed, so that none is without.
///
/// # Errors
/// When the entry cannot be saved; nothing was printed then.
pub async fn note_printed(workspace: &Workspace, export: &Exported, output: &mut Output) -> Result<(), Problem> {
    let noted = exports::note_to(&workspace.store, &workspace.access, export, STDOUT).await;
    said(noted, "nothing was printed:", output)
}

/// Notes in the audit of the workspace that two files were matched, and where the result stands. Where there is no workspace none is
/// made for it, and nothing is said: a match needs none. Where there is one that cannot be opened or written, it is said that it
/// has no entry; the result stands all the same.
pub async fn note_match(arguments: &Arguments, people: usize, folder: &Path, output: &mut Output) {
    let Ok(config) = Config::load(arguments.global.config.as_deref()) else { return };
    let Ok(dir) = config::workspace_dir(arguments.global.workspace.as_deref(), &config) else { return };
    if !dir.join(DATABASE).exists() {
        return;
    }
    let noted = async {
        let opened = if arguments.global.read_only { Workspace::open_to_look } else { Workspace::open_in };
        let workspace = opened(&dir, &config)?;
        workspace.store.acts_through(Through::Command);
        let export = Exported::of_all("match of two files", people);
        Ok::<bool, Problem>(exports::note(&workspace.store, &workspace.access, &export, folder).await?)
    };
    match noted.await {
        Ok(true) => {}
        Ok(false) => output.note(NOT_NOTED),
        Err(problem) => {
            output.note(&format!("the audit of {} does not have this match: {}", dir.display(), problem.what))
        }
    }
}

fn said(noted: Result<bool, ServiceError>, done: &str, output: &mut Output) -> Result<(), Problem> {
    match noted {
        Ok(true) => Ok(()),
        Ok(false) => {
            output.note(NOT_NOTED);
            Ok(())
        }
        Err(error) => {
            let problem = Problem::from(error);
            let why = if problem.why.is_empty() { problem.what } else { problem.why };
            let what = format!("{done} the audit does not have it");
            Err(Problem::new(ProblemKind::Failed, what).with_why(why).with_remedy("write it again, or delete it"))
        }
    }
}
