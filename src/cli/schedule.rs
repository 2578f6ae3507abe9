//! `onroll schedule`: the runs to come.

use super::arguments::ScheduleCommand;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::code::{Code, FeedCode};
use crate::domain::problem::Problem;
use crate::domain::schedule::Slot;
use crate::domain::schedule::clock_change::ClockChange;
use crate::services::schedules::{self, ScheduleStatus, Schedules, Skip, zone_of};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Runs `onroll schedule …`.
///
/// # Errors
/// A tenant that does not exist; what the service refuses.
pub async fn run(workspace: &Workspace, command: &ScheduleCommand, output: &mut Output) -> Result<Exit, Problem> {
    let (engine, access) = (&workspace.engine, &workspace.access);
    match command {
        ScheduleCommand::List => list(workspace, output).await,
        ScheduleCommand::Skip { tenant } => {
            let connection = workspace.connection(tenant).await?;
            let skip = schedules::skip(engine, access, &connection, true).await?;
            skipped(&connection.short_name, &connection.tenant_name, &skip, output)
        }
        ScheduleCommand::Unskip { tenant } => {
            let connection = workspace.connection(tenant).await?;
            let skip = schedules::skip(engine, access, &connection, false).await?;
            skipped(&connection.short_name, &connection.tenant_name, &skip, output)
        }
        ScheduleCommand::Pause => pause(workspace, true, output).await,
        ScheduleCommand::Resume => pause(workspace, false, output).await,
    }
}

async fn list(workspace: &Workspace, output: &mut Output) -> Result<Exit, Problem> {
    let all = schedules::all(&workspace.engine).await?;
    let now = workspace.clock.now();
    if output.json {
        output.object(&document(&all, now))?;
        return Ok(Exit::Done);
    }
    let mut standings: Vec<&ScheduleStatus> = all.standings.iter().collect();
    standings.sort_by_key(|standing| (standing.waits.is_some(), standing.due, standing.connection.id));
    let rows: Vec<Vec<String>> = standings.into_iter().map(|standing| row(standing, now)).collect();
    output.table(&["tenant", "schedule", "next run, local", "UTC", "state", "last"], &rows)?;
    if let Some((by, at)) = &all.desk.paused {
        output.line(&format!("All schedules are paused by {by} since {}.", utc(*at)))?;
        output.note(&format!("`onroll explain {}` tells more", Code::Feed(FeedCode::SchedulesPaused).key()));
    }
    match all.desk.watchers.first() {
        Some(watcher) => {
            let (holder, since) = (watcher.holder.words(), utc(watcher.since));
            output.note(&format!("{holder} since {since}, {} at once at most", watcher.at_once));
        }
        None => output.note("nobody watches: `onroll watch` starts what is due"),
    }
    for note in clock_changes(&all, now) {
        output.note(&note);
    }
    Ok(Exit::Done)
}

fn row(standing: &ScheduleStatus, now: Timestamp) -> Vec<String> {
    let connection = &standing.connection;
    let local = standing.next.map(|slot| format!("{} {}", minute(slot.civil), connection.time_zone));
    let state = match (&standing.skipped_by, &standing.waits) {
        (_, Some(waits)) => waits.words(),
        (Some(by), None) => format!("let pass by {by}{}", then(standing.then)),
        (None, None) if standing.is_owed(now) => "due".to_owned(),
        (None, None) => "waits for its time".to_owned(),
    };
    let last = standing.kept.last.as_ref().map(|slot| {
        let run = slot.run.map(|run| format!(", run {run}")).unwrap_or_default();
        format!("{} {}{run}", utc(slot.slot), slot.state.key().replace('_', " "))
    });
    vec![
        connection.short_name.clone(),
        connection.settings.schedule.to_string(),
        local.unwrap_or_default(),
        standing.due.map(utc).unwrap_or_default(),
        state,
        last.unwrap_or_default(),
    ]
}

fn minute(civil: jiff::civil::DateTime) -> String {
    civil.strftime("%Y-%m-%d %H:%M").to_string()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn then(slot: Option<Slot>) -> String {
    slot.map(|slot| format!("; then {}", minute(slot.civil))).unwrap_or_default()
}

/// What the next clock changes do, one line for each zone and schedule that minds.
fn clock_changes(all: &Schedules, now: Timestamp) -> Vec<String> {
    let mut notes: Vec<String> = all.standings.iter().filter_map(|standing| clock_change(standing, now)).collect();
    notes.sort();
    notes.dedup();
    notes
}

fn clock_change(standing: &ScheduleStatus, now: Timestamp) -> Option<String> {
    let zone = zone_of(&standing.connection);
    let change = ClockChange::next(&zone, now)?;
    let words = change.words(&standing.connection.settings.schedule, &zone)?;
    let way = if change.is_forward() { "forward" } else { "back" };
    let zone = &standing.connection.time_zone;
    Some(format!("{}, {zone}: clocks go {way} at {}; {words}", change.date(), change.from.strftime("%H:%M")))
}

fn document(all: &Schedules, now: Timestamp) -> Value {
    let tenants: Vec<Value> = all.standings.iter().map(|standing| object(standing, now)).collect();
    let watchers: Vec<Value> = all
        .desk
        .watchers
        .iter()
        .map(|one| json!({ "by": one.holder.words(), "since": one.since, "seen": one.seen_at, "at_once": one.at_once }))
        .collect();
    json!({
        "schedules": tenants,
        "paused": all.desk.paused.as_ref().map(|(by, at)| {
            json!({ "by": by, "at": at, "code": Code::Feed(FeedCode::SchedulesPaused).key() })
        }),
        "watchers": watchers,
    })
}

fn object(standing: &ScheduleStatus, now: Timestamp) -> Value {
    let connection = &standing.connection;
    let settings = &connection.settings;
    let last = standing.kept.last.as_ref();
    json!({
        "tenant": connection.short_name,
        "name": connection.tenant_name,
        "time_zone": connection.time_zone,
        "status": connection.status.key(),
        "schedule": settings.schedule.to_string(),
        "missed": settings.missed.key(),
        "next": standing.next.map(|slot| slot.at),
        "next_local": standing.next.map(|slot| slot.civil.to_string()),
        "due": standing.due,
        "is_due": standing.waits.is_none() && standing.is_owed(now),
        "skipped_by": standing.skipped_by,
        "then": standing.then.map(|slot| slot.at),
        "waits": standing.waits.as_ref().map(|waits| json!({ "for": waits.key(), "why": waits.words() })),
        "last": last.map(|slot| json!({
            "slot": slot.slot, "state": slot.state.key(), "run": slot.run, "note": slot.note,
        })),
        "clock_change": clock_change(standing, now),
    })
}

fn skipped(short_name: &str, name: &str, skip: &Skip, output: &mut Output) -> Result<Exit, Problem> {
    if output.json {
        let then = skip.then.map(|slot| slot.at);
        output.object(&json!({ "tenant": short_name, "slot": skip.slot.at, "skipped": skip.skipped, "then": then }))?;
    } else {
        let at = minute(skip.slot.civil);
        output.line(&match skip.skipped {
            true => format!("{name}: the run of {at} is let pass{}.", then(skip.then)),
            false => format!("{name}: the run of {at} begins when it is due."),
        })?;
    }
    Ok(Exit::Done)
}

async fn pause(workspace: &Workspace, paused: bool, output: &mut Output) -> Result<Exit, Problem> {
    let changed = schedules::pause_all(&workspace.engine, &workspace.access, paused).await?;
    if output.json {
        output.object(&json!({ "paused": paused, "changed": changed }))?;
    } else {
        output.line(match (paused, changed) {
            (true, true) => "All schedules are paused; runs that are at work go on.",
            (true, false) => "All schedules were paused already.",
            (false, true) => "The schedules go on; what came meanwhile is not made up for.",
            (false, false) => "The schedules were not paused.",
        })?;
    }
    Ok(Exit::Done)
}
