//! `onroll runs`: the history on the command line.

use super::arguments::RunsCommand;
use super::drift;
use super::exit::Exit;
use super::exported;
use super::output::Output;
use super::report;
use super::said;
use super::sync::{carry_out, finish, totals_object, totals_words};
use super::undo;
use super::workspace::Workspace;
use crate::domain::code::LineCode;
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::snapshot::Reading;
use crate::domain::waves::WaveRow;
use crate::files::export::Table;
use crate::services::exports::{Errors, Exported};
use crate::services::runs::{Reached, Told, Work};
use crate::services::waves::LetGo;
use crate::services::{self, exports};
use crate::store::{JournalRow, RunRow};
use serde_json::{Value, json};
use std::path::Path;

/// Runs a runs command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &RunsCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        RunsCommand::List { tenant, limit } => list(workspace, tenant.as_deref(), *limit, output).await,
        RunsCommand::Show { run } => show(workspace, RunId(*run), output).await,
        RunsCommand::Errors { run, out } => errors(workspace, RunId(*run), out.as_deref(), output).await,
        RunsCommand::Said { run, line, employee } => {
            said::said(workspace, RunId(*run), (*line, employee.as_deref()), output).await
        }
        RunsCommand::Drift { run, out } => drift::drift(workspace, RunId(*run), out.as_deref(), output).await,
        RunsCommand::Report { run, send } => report::report(workspace, RunId(*run), *send, output).await,
        RunsCommand::Resume { tenant } => resume(workspace, tenant, output).await,
        RunsCommand::Stop { tenant } => tell(workspace, tenant, Told::Stop, output).await,
        RunsCommand::Pause { tenant } => tell(workspace, tenant, Told::Pause, output).await,
        RunsCommand::Continue { tenant } => tell(workspace, tenant, Told::GoOn, output).await,
        RunsCommand::Next { tenant, wave } => next_wave(workspace, tenant, *wave, output).await,
        RunsCommand::Undo { run, only, confirm, reason } => {
            undo::undo(workspace, RunId(*run), only, (confirm.as_deref(), reason.as_deref()), output).await
        }
        RunsCommand::Release { tenant, people, run } => {
            undo::release(workspace, tenant, people, run.map(RunId), output).await
        }
    }
}

async fn list(workspace: &Workspace, tenant: Option<&str>, limit: u32, output: &mut Output) -> Result<Exit, Problem> {
    let connection = match tenant {
        Some(name) => Some(workspace.connection(name).await?.id),
        None => None,
    };
    let runs = workspace.store.runs(connection, limit).await?;
    let names = workspace.store.salvage_all().await?;
    let name = |run: &RunRow| {
        let found = names.iter().find(|salvage| salvage.connection.id == run.connection);
        found.map(|salvage| salvage.connection.short_name.clone()).unwrap_or_default()
    };
    if output.json {
        let rows: Vec<Value> = runs.iter().map(|run| object(run, &name(run))).collect();
        output.object(&json!({ "runs": rows }))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            vec![
                run.id.to_string(),
                name(run),
                run.started.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                run.why(),
                run.outcome.key().replace('_', " "),
                run.totals.written.to_string(),
                run.totals.confirmed.to_string(),
                run.totals.held.to_string(),
                run.totals.failed.to_string(),
            ]
        })
        .collect();
    let heads = ["#run", "tenant", "started (UTC)", "why", "outcome", "#written", "#confirmed", "#held", "#failed"];
    output.table(&heads, &rows)?;
    Ok(Exit::Done)
}

fn object(run: &RunRow, tenant: &str) -> Value {
    let mut value = totals_object(&run.totals);
    value["id"] = json!(run.id);
    value["tenant"] = json!(tenant);
    value["outcome"] = json!(run.outcome.key());
    value["why"] = json!(run.why());
    value["trigger"] = json!(run.job.trigger.key());
    value["scope"] = json!(run.job.scope);
    value["by"] = json!(run.by);
    value["started"] = json!(run.started);
    value["ended"] = json!(run.ended);
    let seconds = run.ended.map(|ended| run.started.duration_until(ended).as_secs_f64());
    value["seconds"] = json!(seconds);
    value["undoes"] = json!(run.job.undoes);
    value["plan"] = json!(run.plan);
    value["problem"] = json!(run.problem);
    value
}

/// What a run read of the source: `records` were given by it, `changed` of them are not as in the pull before.
fn read(reading: &Reading) -> Value {
    json!({
        "scope": reading.scope,
        "records": reading.records,
        "changed": reading.changed,
        "instead_of_changes": reading.instead,
        "everybody": reading.everybody,
        "everybody_at": reading.everybody_at,
    })
}

async fn show(workspace: &Workspace, id: RunId, output: &mut Output) -> Result<Exit, Problem> {
    let run = workspace.store.run(id).await?;
    let tenant = workspace.store.connection(run.connection).await?.short_name;
    let rows = workspace.store.lines_of_run(&run).await?;
    let reading = workspace.store.reading_of_run(id).await?;
    let waves = services::waves::of_run(&workspace.store, &run).await?;
    if output.json {
        let operations: Vec<Value> = rows.iter().map(operation).collect();
        let mut run = object(&run, &tenant);
        run["read"] = json!(reading.as_ref().map(read));
        let waves: Vec<Value> = waves.iter().map(wave_object).collect();
        output.object(&json!({ "run": run, "operations": operations, "waves": waves }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!(
        "Run {} of {tenant}, {}: {}; {}",
        run.id,
        run.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        run.outcome.key().replace('_', " "),
        totals_words(&run.totals),
    ))?;
    if let Some(reading) = &reading {
        let instead = reading.instead.map(|why| format!("; {}", why.words())).unwrap_or_default();
        output.line(&format!("Read of the source: {}{instead}", reading.words()))?;
    }
    if let Some(problem) = &run.problem {
        for line in problem.lines() {
            output.line(&line)?;
        }
    }
    if !waves.is_empty() {
        let rows: Vec<Vec<String>> = waves.iter().map(wave_line).collect();
        output.table(&["#wave", "who", "#people", "#changes", "#mails", "standing", "gate", "lines"], &rows)?;
    }
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let fields: Vec<&str> = row.operation.fields.iter().map(|change| change.field.key()).collect();
            vec![
                row.operation.kind.key().to_owned(),
                row.operation.employee.as_ref().map(ToString::to_string).unwrap_or_default(),
                row.operation.identifier.as_ref().map(ToString::to_string).unwrap_or_default(),
                user_of(row).unwrap_or_default(),
                row.state.key().replace('_', " "),
                match &row.error {
                    Some((code, message)) => format!("{}: {message}", LineCode::came_back(code)),
                    None => fields.join(", "),
                },
            ]
        })
        .collect();
    output.table(&["what", "employee", "identifier", "user", "state", "fields, or why not"], &table)?;
    Ok(Exit::Done)
}

fn wave_object(wave: &WaveRow) -> Value {
    let counts = wave.counts;
    json!({
        "wave": wave.wave + 1, "of": wave.of, "label": wave.label,
        "people": wave.people, "changes": wave.changes, "mails": wave.mails,
        "standing": wave.standing(),
        "gate_at": wave.gate_at, "opens_after_s": wave.opens_after_s, "let_go_at": wave.let_go_at,
        "let_go_by": wave.let_go_by.as_deref().filter(|by| !by.is_empty()),
        "begun_at": wave.begun_at, "judged_at": wave.judged_at, "clean": wave.clean,
        "confirmed": counts.map(|counts| counts.confirmed), "refused": counts.map(|counts| counts.refused),
        "unknown": counts.map(|counts| counts.unknown), "unequal": counts.map(|counts| counts.unequal),
    })
}

fn wave_line(wave: &WaveRow) -> Vec<String> {
    vec![
        (wave.wave + 1).to_string(),
        wave.label.clone(),
        wave.people.to_string(),
        wave.changes.to_string(),
        wave.mails.to_string(),
        wave.standing().to_owned(),
        wave.gate_words(),
        wave.counts_words(),
    ]
}

/// Lets the wave go that waits on a tenant.
async fn next_wave(
    workspace: &Workspace,
    tenant: &str,
    wave: Option<u32>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let own = (&workspace.supervisor, &workspace.engine);
    let wave = wave.map(|wave| wave as usize - 1);
    let (gate, let_go) = services::waves::let_go(own, &workspace.access, &connection, wave).await?;
    if !output.json {
        let words = services::waves::let_go_words(&gate, &let_go);
        let mut letters = words.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        output.line(&format!("{first}{}.", letters.as_str()))?;
        return Ok(Exit::Done);
    }
    let (outcome, by, at) = match &let_go {
        LetGo::Now => ("now", Some(workspace.access.operator.clone()), None),
        LetGo::Already { by, at } => ("already", Some(by.clone()).filter(|by| !by.is_empty()), Some(*at)),
        LetGo::NotAtGate => ("gone", None, None),
    };
    let standing = &gate.standing;
    output.object(&json!({ "let_go": {
        "run": gate.run, "plan": gate.plan, "wave": standing.wave + 1, "of": standing.of, "label": standing.label,
        "people": standing.people, "changes": standing.changes, "mails": standing.mails,
        "outcome": outcome, "by": by, "at": at,
    } }))?;
    Ok(Exit::Done)
}

fn user_of(row: &JournalRow) -> Option<String> {
    row.answered.as_ref().or(row.operation.user.as_ref()).map(ToString::to_string)
}

fn operation(row: &JournalRow) -> Value {
    let mut value = super::plan::operation(&row.operation);
    value["user_id"] = json!(user_of(row));
    value["state"] = json!(row.state.key());
    value["attempts"] = json!(row.attempts);
    value["error"] = json!(row.error.as_ref().map(|(code, message)| json!({ "code": code, "message": message })));
    value["sent_at"] = json!(row.sent_at);
    value["done_at"] = json!(row.done_at);
    value
}

async fn errors(workspace: &Workspace, id: RunId, out: Option<&Path>, output: &mut Output) -> Result<Exit, Problem> {
    let run = workspace.store.run(id).await?;
    let errors = exports::errors_of(&workspace.store, &run).await?;
    let table = exports::errors(&errors);
    match out {
        Some(path) => {
            let export = Exported::of(run.connection, format!("what failed in run {id}"), table.rows.len());
            exported::table(workspace, &export, path, &table, output).await?;
            let rows = table.rows.len();
            if output.json {
                output.object(&json!({ "written": path.display().to_string(), "rows": rows }))?;
            } else {
                output.line(&format!("Wrote {rows} lines to {}", path.display()))?;
            }
        }
        None => {
            let export = Exported::of(run.connection, format!("what failed in run {id}"), table.rows.len());
            exported::note_printed(workspace, &export, output).await?;
            print_errors(&errors, &table, output)?;
        }
    }
    Ok(Exit::Done)
}

fn print_errors(errors: &Errors, table: &Table, output: &mut Output) -> Result<(), Problem> {
    if output.json {
        return output.object(&json!({ "errors": errors.lines.iter().map(operation).collect::<Vec<_>>() }));
    }
    let mut text = Vec::new();
    crate::files::export::csv_into(&mut text, table)
        .map_err(|error| Problem::new(ProblemKind::Failed, "the list cannot be written").with_why(error.to_string()))?;
    output.raw(&text)
}

async fn tell(workspace: &Workspace, tenant: &str, told: Told, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    if told == Told::Stop {
        note_at_work(workspace, &connection, output).await?;
    }
    let reached = services::runs::tell(&workspace.engine, &workspace.access, &connection, told).await?;
    if output.json {
        output.object(&json!({ "reached": reached }))?;
    } else {
        output.line(&sentence(&reached))?;
    }
    Ok(Exit::Done)
}

/// Says who is at work before a command waits for it.
///
/// # Errors
/// Only the store's.
pub async fn note_at_work(workspace: &Workspace, connection: &Connection, output: &mut Output) -> Result<(), Problem> {
    if let Some(at_work) = workspace.store.at_work(connection.id).await? {
        let run = at_work.run.map_or_else(|| "a run".to_owned(), |run| format!("run {run}"));
        output.note(&format!("{run} of {} is told to stop", at_work.holder.words()));
    }
    Ok(())
}

/// What became of a run that was reached, as a sentence.
pub fn sentence(reached: &Reached) -> String {
    let words = reached.words();
    let mut letters = words.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

async fn resume(workspace: &Workspace, tenant: &str, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    match carry_out(workspace, &connection, Work::Resume, output, true).await? {
        Some(report) => finish(&report, output),
        None => {
            if output.json {
                output.object(&json!({ "run": null }))?;
            } else {
                output.line(&format!("{} has no interrupted run.", connection.tenant_name))?;
            }
            Ok(Exit::Done)
        }
    }
}
