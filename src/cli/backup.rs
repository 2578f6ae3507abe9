//! `onroll backup` and `onroll restore`: a copy of the workspace, and a copy in its place.

use super::arguments::{Arguments, RestoreArguments};
use super::config::{self, Config};
use super::ending::Ending;
use super::environment;
use super::exit::Exit;
use super::output::Output;
use super::workspace::{DATABASE, Workspace};
use crate::domain::problem::{Problem, ProblemKind};
use crate::ports::clock::{Clock as _, SystemClock};
use crate::services::Access;
use crate::services::workspace;
use crate::store::CopyFacts;
use serde_json::json;
use std::path::PathBuf;

/// Copies the workspace while everything goes on.
///
/// # Errors
/// When the copy cannot be written or is not sound.
pub async fn back_up(opened: &Workspace, target: Option<PathBuf>, output: &mut Output) -> Result<Exit, Problem> {
    output.status("copying and checking");
    let made = workspace::back_up(&opened.store, &opened.access, &opened.dir, target).await;
    output.end_status();
    let made = made?;
    if output.json {
        output.object(&json!({
            "file": made.path, "bytes": made.facts.bytes, "tenants": made.facts.tenants, "head": made.head,
        }))?;
        return Ok(Exit::Done);
    }
    let size = format!("{} kB", made.facts.bytes.div_ceil(1_000));
    output.line(&format!("{}: {size}, {}, checked", made.path.display(), holds(&made.facts)))?;
    output
        .note(&format!("audit head {}; credentials are not in it: keep secrets.sealed and secrets.key too", made.head));
    Ok(Exit::Done)
}

/// Puts a copy in the place of the workspace. Without `--yes` it only says what that would do, and ends with 4.
///
/// # Errors
/// A copy that is not sound, another process that has the workspace open.
pub async fn restore(
    arguments: &Arguments,
    asked: &RestoreArguments,
    ending: &Ending,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let config = Config::load(arguments.global.config.as_deref())?;
    let folder = config::workspace_dir(arguments.global.workspace.as_deref(), &config)?;
    let database = folder.join(DATABASE);
    let facts = workspace::look_at(&database, &asked.file)?;
    if !asked.yes {
        let problem = Problem::new(ProblemKind::Stopped, "nothing was restored: it waits for `--yes`")
            .with_who(database.display().to_string())
            .with_why(format!("{} holds {}", asked.file.display(), holds(&facts)))
            .with_remedy("with `--yes` it takes the place of the workspace; what is there now is kept in backups/")
            .with_remedy("rulings and mappings made since then are lost; what was written to destinations stays there");
        return Err(problem);
    }
    let operator = config.operator.name.clone().unwrap_or_else(environment::login_name);
    let access = if arguments.global.read_only { Access::read_only(operator) } else { Access::full(operator) };
    let restored = workspace::put_back(&access, &database, &asked.file, SystemClock.now())?;
    let opened = Workspace { ending: ending.clone(), ..Workspace::open_in(&folder, &config)? };
    workspace::note_restored(&opened.store, &opened.access, &asked.file).await?;
    if output.json {
        output.object(&json!({ "restored": asked.file, "tenants": restored.facts.tenants, "kept": restored.kept }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!("{} holds {} now", database.display(), holds(&restored.facts)))?;
    if let Some(kept) = restored.kept {
        output.note(&format!("what was there before: {}", kept.display()));
    }
    output.note("read both sides before anything is written: `onroll plan TENANT`");
    Ok(Exit::Done)
}

fn holds(facts: &CopyFacts) -> String {
    let tenants = if facts.tenants == 1 { "1 tenant".to_owned() } else { format!("{} tenants", facts.tenants) };
    match facts.newest {
        Some(newest) => format!("{tenants}, newest change {}", newest.strftime("%Y-%m-%d %H:%M UTC")),
        None => tenants,
    }
}
