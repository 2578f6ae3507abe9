//! `onroll logs`: the feed log on the command line, newest first; followed, in the order of time.

use super::arguments::LogsArguments;
use super::exit::Exit;
use super::exported;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::filter::Filter;
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Level;
use crate::ports::clock::day_in;
use crate::services::exports::Exported;
use crate::services::feed::{self, FeedFile, Found};
use crate::store::views::{FeedEdge, FeedFilter, FeedRow, feed_filter};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How often it is looked for new lines: another process may write them.
const GAP: Duration = Duration::from_millis(250);
/// Lines that are read in one go.
const WINDOW: u32 = 500;
/// Lines that are shown unless another number is named.
const LIMIT: u32 = 200;
/// The same before those that follow.
const FIRST: u32 = 10;

/// Prints the lines that fit.
///
/// # Errors
/// A level that is none, a tenant that is not there.
pub async fn run(workspace: &Workspace, arguments: &LogsArguments, output: &mut Output) -> Result<Exit, Problem> {
    if arguments.follow {
        return follow(workspace, arguments, output).await;
    }
    if let Some(path) = &arguments.out {
        return save(workspace, arguments, path, output).await;
    }
    for connection in tenants(workspace, arguments).await? {
        let filter = filter(workspace, arguments, &connection)?;
        let limit = Some(arguments.limit.unwrap_or(LIMIT));
        if let Some(order) = arguments.sort {
            for row in feed::sorted(&workspace.store, &connection, filter, order.0, limit).await? {
                print(&connection.short_name, &row, output)?;
            }
            continue;
        }
        let mut found = Found::new(&workspace.store, &connection, filter, limit);
        loop {
            let rows = found.next().await?;
            for row in &rows {
                print(&connection.short_name, row, output)?;
            }
            if rows.is_empty() || output.is_gone() {
                break;
            }
        }
    }
    Ok(Exit::Done)
}

async fn save(
    workspace: &Workspace,
    arguments: &LogsArguments,
    path: &Path,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let mut file = FeedFile::begin(path, arguments.tenant.is_none())?;
    for connection in tenants(workspace, arguments).await? {
        let filter = filter(workspace, arguments, &connection)?;
        if let Some(order) = arguments.sort {
            let rows = feed::sorted(&workspace.store, &connection, filter, order.0, arguments.limit).await?;
            file.put(&connection, rows)?;
            continue;
        }
        let found = Found::new(&workspace.store, &connection, filter, arguments.limit);
        file.add(found, |lines| output.status(&format!("{lines} lines"))).await?;
    }
    output.end_status();
    let rows = file.finish()?;
    let of = match &arguments.tenant {
        Some(name) => Some(workspace.connection(name).await?.id),
        None => None,
    };
    exported::note(workspace, &Exported { tenant: of, what: "feed log".to_owned(), lines: rows }, path, output).await?;
    if output.json {
        output.object(&json!({ "written": path.display().to_string(), "rows": rows }))?;
    } else {
        output.line(&format!("Wrote {rows} lines to {}", path.display()))?;
    }
    Ok(Exit::Done)
}

/// Prints the last lines, then each new one, until a signal comes or nobody reads any more. Lines that are deleted meanwhile
/// (`retention_days`) change nothing: numbers are never given twice. A tenant that is added meanwhile is followed too.
async fn follow(workspace: &Workspace, arguments: &LogsArguments, output: &mut Output) -> Result<Exit, Problem> {
    let _held = workspace.ending.hold();
    let limit = arguments.limit.unwrap_or(FIRST);
    let mut seen: BTreeMap<ConnectionId, i64> = BTreeMap::new();
    let mut is_first = true;
    loop {
        let (mut found, mut more): (Vec<(String, FeedRow)>, bool) = (Vec::new(), false);
        for connection in tenants(workspace, arguments).await? {
            let filter = filter(workspace, arguments, &connection)?;
            let newest = newest(workspace, &connection).await?;
            let last = seen.entry(connection.id).or_insert(0);
            let (edge, most) = if is_first { (FeedEdge::Newest, limit) } else { (FeedEdge::After(*last), WINDOW) };
            let rows = match newest > *last && most > 0 {
                true => workspace.store.feed_window(connection.id, filter, edge, most).await?,
                false => Vec::new(),
            };
            let is_whole = is_first || rows.len() < WINDOW as usize;
            let read = rows.iter().map(|row| row.id).max().unwrap_or(0);
            // What does not fit the filter is not looked at again.
            *last = (*last).max(read).max(if is_whole { newest } else { 0 });
            more |= !is_whole;
            found.extend(rows.into_iter().map(|row| (connection.short_name.clone(), row)));
        }
        found.sort_by_key(|(_, row)| row.id);
        for (tenant, row) in &found {
            print(tenant, row, output)?;
        }
        if output.is_gone() {
            return Ok(Exit::Done);
        }
        is_first = false;
        let wait = if more { Duration::ZERO } else { GAP };
        tokio::select! {
            biased;
            signal = workspace.ending.received() => return Ok(Exit::Signal(signal.number())),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The number of the newest line, whatever it is; 0 where there is none.
async fn newest(workspace: &Workspace, connection: &Connection) -> Result<i64, Problem> {
    let rows = workspace.store.feed_window(connection.id, FeedFilter::default(), FeedEdge::Newest, 1).await?;
    Ok(rows.first().map_or(0, |row| row.id))
}

async fn tenants(workspace: &Workspace, arguments: &LogsArguments) -> Result<Vec<Connection>, Problem> {
    match &arguments.tenant {
        Some(name) => Ok(vec![workspace.connection(name).await?]),
        None => Ok(workspace.store.connections().await?),
    }
}

fn filter(workspace: &Workspace, arguments: &LogsArguments, connection: &Connection) -> Result<FeedFilter, Problem> {
    let level = match arguments.level.as_deref() {
        Some(word) => Some(Level::from_key(word).ok_or_else(|| {
            Problem::new(ProblemKind::Input, format!("`{word}` is not a level")).with_remedy("say info, warn or error")
        })?),
        None => None,
    };
    let today = day_in(workspace.engine.clock.now(), &connection.time_zone);
    let asked = feed_filter(&Filter::parse(arguments.filter.as_deref().unwrap_or_default()), today)
        .map_err(|error| Problem::new(ProblemKind::Input, error.to_string()))?;
    Ok(FeedFilter {
        sort: None,
        level,
        run: arguments.run.map(RunId).or(asked.run),
        person: arguments.person.as_deref().map(EmployeeId::from).or(asked.person),
        text: arguments.search.clone().unwrap_or_default(),
        ..asked
    })
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
