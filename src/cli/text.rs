//! Completions and man pages, made from the arguments themselves.

use super::arguments::{Arguments, ManArguments};
use super::exit::Exit;
use super::output::{Output, write_private};
use crate::domain::problem::{Problem, ProblemKind};
use clap::CommandFactory;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

/// Completions for one shell.
///
/// # Errors
/// When stdout cannot be written.
pub fn completions(shell: clap_complete::Shell, output: &mut Output) -> Result<Exit, Problem> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "onroll", &mut text);
    output.raw(&text)?;
    Ok(Exit::Done)
}

/// A man page in roff: that of the program, or of the command that is named; or all of them as files in a folder.
///
/// # Errors
/// A command that is not there; when stdout or a file cannot be written.
pub fn man(asked: &ManArguments, output: &mut Output) -> Result<Exit, Problem> {
    let pages = pages()?;
    let Some(folder) = &asked.out else {
        let name = std::iter::once("onroll").chain(asked.command.iter().map(String::as_str)).collect::<Vec<_>>();
        let file = format!("{}.1", name.join("-"));
        let found = pages.iter().find(|(known, _)| *known == file);
        let (_, page) = found.ok_or_else(|| {
            Problem::new(ProblemKind::Input, format!("`{}` is no command", name.join(" ")))
                .with_remedy("`onroll --help` lists the commands")
        })?;
        output.raw(page)?;
        return Ok(Exit::Done);
    };
    let failed = |error: std::io::Error| {
        Problem::new(ProblemKind::Failed, format!("{} cannot be written", folder.display())).with_why(error.to_string())
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, page) in &pages {
        let path = folder.join(name);
        write_private(&path, &String::from_utf8_lossy(page))?;
        // Pages hold nothing of anybody: whoever may look into the folder may read them.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    if output.json {
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        output.object(&json!({ "written": folder.display().to_string(), "pages": names }))?;
    } else {
        output.line(&format!("Wrote {} pages to {}", pages.len(), folder.display()))?;
    }
    Ok(Exit::Done)
}

/// Every page with its file name: whatever one of them names is among them.
fn pages() -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut root = Arguments::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    let mut waiting = vec![root];
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().filter(|inner| !inner.is_hide_set()).cloned());
        let (man, mut page) = (clap_mangen::Man::new(command), Vec::new());
        man.render(&mut page).map_err(|error| {
            Problem::new(ProblemKind::Failed, "the man page cannot be made").with_why(error.to_string())
        })?;
        pages.push((man.get_filename(), page));
    }
    pages.sort();
    Ok(pages)
}
