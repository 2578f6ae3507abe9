//! The files that commands write where the operator says: none takes the place of what the workspace keeps for itself.

use super::arguments::{Arguments, Command, MappingCommand, RunsCommand};
use super::config::{self, Config};
use super::workspace::DATABASE;
use crate::domain::problem::Problem;
use crate::store::{StoreError, check_export, check_target, is_of_workspace};
use std::path::Path;

/// What is to be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target<'a> {
    /// A file that takes the place of what is there.
    File(&'a Path),
    /// A copy of the workspace, which takes the place of an older copy only.
    Copy(&'a Path),
    /// Files in a folder.
    Folder(&'a Path),
}

/// Refuses a command that would write over a file of the workspace. It is said before the workspace is opened, and before anything is
/// read anywhere.
///
/// # Errors
/// [`StoreError::NotReplaced`].
pub fn check(arguments: &Arguments, command: &Command) -> Result<(), Problem> {
    let Some(target) = target_of(command) else { return Ok(()) };
    // Without a configuration, or a home folder, the command says so itself, where it needs one.
    let Ok(config) = Config::load(arguments.global.config.as_deref()) else { return Ok(()) };
    let Ok(dir) = config::workspace_dir(arguments.global.workspace.as_deref(), &config) else { return Ok(()) };
    let database = dir.join(DATABASE);
    let checked = match target {
        Target::File(path) => check_export(&database, path),
        Target::Copy(path) => check_target(&database, path),
        Target::Folder(path) if is_of_workspace(&database, path) => {
            Err(StoreError::NotReplaced { path: path.to_owned(), what: "a file of the workspace" })
        }
        Target::Folder(_) => Ok(()),
    };
    Ok(checked?)
}

/// Where a command writes. `sandbox` and `bench` write into folders of their own and have no workspace.
fn target_of(command: &Command) -> Option<Target<'_>> {
    let file = match command {
        Command::Backup { file } => return file.as_deref().map(Target::Copy),
        Command::Match(asked) => return Some(Target::Folder(&asked.out)),
        Command::Man(asked) => return asked.out.as_deref().map(Target::Folder),
        Command::Mapping(MappingCommand::Export { file, .. }) => Some(file),
        Command::Runs(RunsCommand::Errors { out, .. } | RunsCommand::Drift { out, .. }) => out.as_ref(),
        Command::Plan(asked) => asked.out.as_ref(),
        Command::Audit(asked) => asked.out.as_ref(),
        Command::Logs(asked) => asked.out.as_ref(),
        Command::Export(asked) => asked.out.as_ref(),
        Command::SupportBundle(asked) => asked.out.as_ref(),
        _ => None,
    };
    file.map(|path| Target::File(path))
}
