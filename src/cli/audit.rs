//! `onroll audit`: who changed what, when, through what, and whether the record of it is whole.

use super::arguments::AuditLogArguments;
use super::exit::Exit;
use super::exported;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::filter::Filter;
use crate::domain::filter::conditions::{conditions, fits};
use crate::domain::problem::{Problem, ProblemKind};
use crate::ports::clock::day_in;
use crate::services::audit::{self, Listed};
use crate::services::exports::Exported;
use jiff::tz::TimeZone;
use serde_json::json;

/// Prints entries, newest first; with `--check` only whether the chain is whole, and exit 1 where it is not.
///
/// # Errors
/// A tenant that is not there, a filter that cannot be read, a file that cannot be written.
pub async fn run(workspace: &Workspace, arguments: &AuditLogArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = match &arguments.tenant {
        Some(name) => Some(workspace.connection(name).await?),
        None => None,
    };
    let zone = connection.as_ref().and_then(|connection| TimeZone::get(&connection.time_zone).ok());
    let found = audit::audit(&workspace.store, connection.as_ref(), &zone.unwrap_or(TimeZone::UTC)).await?;
    let exit = if found.check.broken.is_some() { Exit::Failed } else { Exit::Done };
    if arguments.check {
        match output.json {
            true => output.object(&json!({ "chain": found.check }))?,
            false => output.line(&audit::chain_words(&found.check))?,
        }
        return Ok(exit);
    }
    let columns = audit::columns();
    let today = day_in(workspace.engine.clock.now(), connection.as_ref().map_or("UTC", |one| &one.time_zone));
    let asked = conditions(&Filter::parse(arguments.filter.as_deref().unwrap_or_default()), &columns, today)
        .map_err(|error| Problem::new(ProblemKind::Input, error.to_string()))?;
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let shown = found.lines.iter().filter(|line| fits(&asked, *line, columns.len(), None));
    let shown: Vec<&Listed> = shown.take(limit).collect();
    if let Some(path) = &arguments.out {
        let about = connection.as_ref().map(|connection| connection.id);
        let export = Exported { tenant: about, what: "audit".to_owned(), lines: shown.len() as u64 };
        exported::table(workspace, &export, path, &audit::table(&shown), output).await?;
        if output.json {
            output.object(&json!({ "written": path.display().to_string(), "rows": shown.len() }))?;
        } else {
            output.note(&format!("{} entries to {}", shown.len(), path.display()));
        }
        return Ok(exit);
    }
    for listed in shown {
        print(listed, output)?;
    }
    if !output.json {
        output.note(&audit::chain_words(&found.check));
    }
    Ok(exit)
}

fn print(listed: &Listed, output: &mut Output) -> Result<(), Problem> {
    let line = &listed.line;
    if output.json {
        return output.object(&json!({
            "entry": line.id,
            "at": line.at,
            "tenant": listed.tenant,
            "by": line.by,
            "through": line.through.key(),
            "what": line.what,
            "about": line.detail,
            "gone": line.gone,
        }));
    }
    output.line(&format!(
        "{:>6}  {}  {:<16} {:<12} {:<8} {:<14} {}",
        line.id,
        line.at.strftime("%Y-%m-%d %H:%M:%S"),
        listed.tenant.as_deref().unwrap_or("-"),
        line.by,
        audit::through_words(line.through),
        line.what,
        audit::about(line),
    ))
}
