//! `onroll logs`: the feed log on the command line, newest first.

use super::arguments::LogsArguments;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::filter::Filter;
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Level;
use crate::ports::clock::day_in;
use crate::store::views::{FeedEdge, FeedFilter, FeedRow, feed_filter};
use serde_json::json;

/// Prints the lines that fit.
///
/// # Errors
/// A level that is none, a tenant that is not there.
pub async fn run(workspace: &Workspace, arguments: &LogsArguments, output: &mut Output) -> Result<Exit, Problem> {
    let level = match arguments.level.as_deref() {
        Some(word) => Some(Level::from_key(word).ok_or_else(|| {
            Problem::new(ProblemKind::Input, format!("`{word}` is not a level")).with_remedy("say info, warn or error")
        })?),
        None => None,
    };
    let connections = match &arguments.tenant {
        Some(name) => vec![workspace.connection(name).await?],
        None => workspace.store.connections().await?,
    };
    for connection in connections {
        let today = day_in(workspace.engine.clock.now(), &connection.time_zone);
        let asked = feed_filter(&Filter::parse(arguments.filter.as_deref().unwrap_or_default()), today)
            .map_err(|error| Problem::new(ProblemKind::Input, error.to_string()))?;
        let filter = FeedFilter {
            level,
            run: arguments.run.map(RunId).or(asked.run),
            person: arguments.person.as_deref().map(EmployeeId::from).or(asked.person),
            text: arguments.search.clone().unwrap_or_default(),
            ..asked
        };
        let rows = workspace.store.feed_window(connection.id, filter, FeedEdge::Newest, arguments.limit).await?;
        for row in &rows {
            print(&connection.short_name, row, output)?;
        }
    }
    Ok(Exit::Done)
}

fn print(tenant: &str, row: &FeedRow, output: &mut Output) -> Result<(), Problem> {
    let line = &row.line;
    if output.json {
        return output.object(&json!({
            "tenant": tenant,
            "at": line.at,
            "level": line.level.key(),
            "run": line.run,
            "phase": line.phase.map(|phase| phase.key()),
            "employee_id": line.employee,
            "name": row.name,
            "what": line.what,
            "text": line.text,
        }));
    }
    let glyph = match line.level {
        Level::Info => "✓",
        Level::Warn => "!",
        Level::Error => "✗",
    };
    output.line(&format!(
        "{} {glyph} {:<12} {:<12} {:<22} {}",
        line.at.strftime("%Y-%m-%d %H:%M:%S"),
        line.what,
        line.employee.as_ref().map(ToString::to_string).unwrap_or_default(),
        row.name.clone().unwrap_or_default(),
        line.text
    ))
}
