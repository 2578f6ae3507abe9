//! `onroll sync`: one run from start to end, with its events as JSON lines or its progress on stderr.

use super::arguments::{PartName, SyncArguments};
use super::confirm;
use super::ending::Ending;
use super::exit::Exit;
use super::output::Output;
use super::plan_file;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::LimitKind;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::RunTotals;
use crate::engine::progress::{Progress, Reporter, RunControl, RunEvent};
use crate::engine::run::{Approved, RunReport, SyncRequest};
use crate::services;
use crate::services::runs::Job;
use serde_json::{Value, json};
use std::future::Future;
use std::io::{BufRead, IsTerminal, Read};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How often the progress line on a terminal is drawn.
const STATUS_EVERY: Duration = Duration::from_millis(200);

/// Bytes of an answer that are read: more than `y` is no.
const ANSWER_MAX: u64 = 1_024;

/// Runs a sync.
///
/// # Errors
/// What kept the run from beginning, as a [`Problem`]; what stopped it later is its outcome.
pub async fn run(workspace: &Workspace, sync: &SyncArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&sync.tenant).await?;
    let request = request(workspace, &connection, sync).await?;
    if !sync.yes && sync.confirm.is_none() && asks_on_this_terminal() && !ask(&connection, output)? {
        output.note("Nothing was sent.");
        return Ok(Exit::Failed);
    }
    let (reporter, gauges, events) = Reporter::channel();
    let control = RunControl::default();
    let (engine, access) = (&workspace.engine, &workspace.access);
    let work = services::runs::carry_out(engine, access, &connection, Job::Sync(request), (&reporter, &control));
    match watch(work, (gauges, events), &control, &workspace.ending, output, true).await?? {
        Some(report) => finish(&report, output),
        None => Ok(Exit::Done),
    }
}

/// Prints how a run ended and gives its exit.
///
/// # Errors
/// When stdout cannot be written.
pub fn finish(report: &RunReport, output: &mut Output) -> Result<Exit, Problem> {
    if output.json {
        let problem = report.problem.as_ref();
        let mut run = run_object(report);
        if let Some(problem) = problem {
            run["problem"] = json!(problem);
        }
        output.object(&json!({ "run": run }))?;
    } else {
        output.line(&sentence(report))?;
        if let Some(problem) = &report.problem {
            output.problem(problem);
        }
    }
    Ok(Exit::of_outcome(report.outcome, report.problem.as_ref()))
}

/// The closing object of a run (DESIGN 6a).
pub fn run_object(report: &RunReport) -> Value {
    let mut object = totals_object(&report.totals);
    object["id"] = json!(report.run);
    object["outcome"] = json!(report.outcome.key());
    object["seconds"] = json!(report.seconds);
    object["resumed"] = json!(report.resumed);
    object["plan"] = json!(report.plan.as_ref().map(|saved| saved.id));
    object
}

/// The counters of a run as JSON.
pub fn totals_object(totals: &RunTotals) -> Value {
    json!({
        "written": totals.written,
        "confirmed": totals.confirmed,
        "failed": totals.failed,
        "held": totals.held,
        "unknown": totals.unknown,
        "set_aside": totals.set_aside,
        "pending": totals.pending,
        "mails": totals.mails,
    })
}

/// The counters of a run in words: those of its lines add up to the plan's.
pub fn totals_words(totals: &RunTotals) -> String {
    format!(
        "written {}, confirmed {}, failed {}, set aside {}, unknown {}, not sent {}, held {}",
        totals.written, totals.confirmed, totals.failed, totals.set_aside, totals.unknown, totals.pending, totals.held,
    )
}

fn sentence(report: &RunReport) -> String {
    format!(
        "Run {}: {}; {}; {:.1} s",
        report.run,
        report.outcome.key().replace('_', " "),
        totals_words(&report.totals),
        report.seconds,
    )
}

/// Drives a run while its events are printed. A signal interrupts it: what it reads is given up, what is on its way is recorded
/// where the answer comes in time.
///
/// # Errors
/// When stdout cannot be written.
pub async fn watch<T>(
    work: impl Future<Output = T>,
    (gauges, mut events): (watch::Receiver<Progress>, mpsc::Receiver<RunEvent>),
    control: &RunControl,
    ending: &Ending,
    output: &mut Output,
    stream: bool,
) -> Result<T, Problem> {
    tokio::pin!(work);
    let mut ticks = tokio::time::interval(STATUS_EVERY);
    let _held = ending.hold_run(control);
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            done = &mut work => {
                while let Ok(event) = events.try_recv() {
                    show(&event, output, stream)?;
                }
                output.end_status();
                return Ok(done);
            }
            Some(event) = events.recv() => show(&event, output, stream)?,
            signal = ending.received(), if !told => {
                told = true;
                output.note(&format!("{}: ending; what is approved and not written is finished by the next sync", signal.name()));
            }
            _ = ticks.tick(), if output.live => output.status(&status(&gauges.borrow().clone())),
        }
    }
}

fn show(event: &RunEvent, output: &mut Output, stream: bool) -> Result<(), Problem> {
    if output.json {
        return if stream { output.object(&event_object(event)) } else { Ok(()) };
    }
    match event {
        RunEvent::Started { run, resumed: true } => output.note(&format!("finishing the interrupted run {run} first")),
        RunEvent::Planned { operations, held, .. } => {
            output.note(&format!("planned: {operations} changes, {held} held"));
        }
        RunEvent::Notice(text) => output.note(text),
        _ => {}
    }
    Ok(())
}

fn event_object(event: &RunEvent) -> Value {
    match event {
        RunEvent::Started { run, resumed } => json!({ "event": "started", "run": run, "resumed": resumed }),
        RunEvent::PhaseStarted(phase) => json!({ "event": "phase_started", "phase": phase.key() }),
        RunEvent::PhaseEnded(phase) => json!({ "event": "phase_ended", "phase": phase.key() }),
        RunEvent::Planned { plan, operations, held } => {
            json!({ "event": "planned", "plan": plan, "operations": operations, "held": held })
        }
        RunEvent::Notice(text) => json!({ "event": "notice", "text": text }),
        RunEvent::Finished { run, outcome, totals, seconds, .. } => {
            let mut object = totals_object(totals);
            object["event"] = json!("finished");
            object["id"] = json!(run);
            object["outcome"] = json!(outcome.key());
            object["seconds"] = json!(seconds);
            object
        }
    }
}

fn status(progress: &Progress) -> String {
    let phase = progress.current.map_or("starting", |phase| phase.key()).replace('_', " ");
    if let Some(waiting) = &progress.waiting {
        return format!("{phase}: {} asks to wait {} s ({})", waiting.vendor, waiting.wait.as_secs(), waiting.status);
    }
    let figures = progress.current.and_then(|phase| progress.phases.get(&phase)).map(|phase| match phase.total {
        Some(total) => format!("{} of {total}", phase.done),
        None => phase.done.to_string(),
    });
    format!(
        "{phase} {}   written {}, failed {}, of {} changes",
        figures.unwrap_or_default(),
        progress.written,
        progress.failed,
        progress.operations
    )
}

async fn request(workspace: &Workspace, connection: &Connection, sync: &SyncArguments) -> Result<SyncRequest, Problem> {
    let confirmation = match &sync.confirm {
        Some(text) => Some(confirm::parse(text, connection, sync.reason.as_deref())?),
        None => None,
    };
    let mut only = Vec::new();
    for name in &sync.only {
        only.push(employee_named(workspace, connection, name).await?);
    }
    Ok(SyncRequest {
        full: sync.full,
        why: "by hand".to_owned(),
        without: sync.without.iter().map(|part| limit_of(*part)).collect(),
        only,
        confirmation,
        approved: match &sync.plan {
            Some(path) => Approved::File(plan_file::approved(workspace, connection, path).await?),
            None => Approved::Fresh,
        },
    })
}

/// The employee with this source id or identifier in the current snapshot.
///
/// # Errors
/// When nobody has it.
pub async fn employee_named(workspace: &Workspace, connection: &Connection, name: &str) -> Result<EmployeeId, Problem> {
    let employees = workspace.store.employees(connection.id).await.map_err(Problem::from)?;
    let found =
        employees.into_iter().find(|employee| employee.id.as_str() == name || employee.identifier.as_str() == name);
    found.map(|employee| employee.id).ok_or_else(|| {
        Problem::new(ProblemKind::Input, format!("no employee of {} has the id `{name}`", connection.tenant_name))
            .with_now("use the id or the identifier as `onroll plan` and `onroll review list` print it")
    })
}

fn limit_of(part: PartName) -> LimitKind {
    match part {
        PartName::Leavers => LimitKind::Leavers,
        PartName::Creations => LimitKind::Creations,
        PartName::Updates => LimitKind::Updates,
        PartName::Identifiers => LimitKind::Identifiers,
    }
}

fn asks_on_this_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

fn ask(connection: &Connection, output: &mut Output) -> Result<bool, Problem> {
    output.line(&format!(
        "Write to the destination of {} ({})? Type y and Enter; anything else leaves.",
        connection.tenant_name,
        connection.status.key()
    ))?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().take(ANSWER_MAX).read_line(&mut answer);
    Ok(read.is_ok() && answer.trim().eq_ignore_ascii_case("y"))
}
