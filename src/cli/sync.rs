//! `onroll sync`: one run from start to end, with its events as JSON lines or its progress on stderr.

use super::arguments::{PartName, SyncArguments};
use super::confirm;
use super::ending::Ending;
use super::exit::Exit;
use super::output::Output;
use super::plan_file;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::plan::LimitKind;
use crate::domain::problem::Problem;
use crate::domain::run::{Job, RunTotals};
use crate::domain::waves::{GateStanding, UNATTENDED_MINUTES, WaveGate, WaveStanding, WavesAsked};
use crate::engine::progress::{Progress, RunEvent};
use crate::engine::run::{Approved, RunReport, SyncRequest};
use crate::services;
use crate::services::runs::{JobHandle, JobNews, Work};
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal, Read};
use std::time::Duration;
use tokio::sync::oneshot;

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
    let request = request(workspace, &connection, sync, output).await?;
    if !sync.yes && sync.confirm.is_none() && asks_on_this_terminal() && !ask(&connection, output)? {
        output.note("Nothing was sent.");
        return Ok(Exit::Failed);
    }
    match carry_out(workspace, &connection, Work::Sync(request), output, true).await? {
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

/// The counters of a run as JSON; `unanswered` are those of `failed` that no answer came to.
pub fn totals_object(totals: &RunTotals) -> Value {
    json!({
        "written": totals.written,
        "there_already": totals.already,
        "confirmed": totals.confirmed,
        "failed": totals.failed,
        "held": totals.held,
        "unknown": totals.unknown,
        "unanswered": totals.unanswered,
        "set_aside": totals.set_aside,
        "skipped": totals.skipped(),
        "parked": totals.parked,
        "pending": totals.pending,
        "mails": totals.mails,
    })
}

/// The counters of a run in words: those of its lines add up to the plan's.
pub fn totals_words(totals: &RunTotals) -> String {
    let parked = if totals.parked > 0 { format!("parked {}, ", totals.parked) } else { String::new() };
    format!(
        "written {}, confirmed {}, there already {}, skipped {}, {parked}failed {}, unknown {}, not sent {}, held {}",
        totals.written,
        totals.confirmed,
        totals.already,
        totals.skipped(),
        totals.failed,
        totals.unknown,
        totals.pending,
        totals.held,
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

/// Starts a run and prints its events until it has ended. A signal interrupts it: what it reads is given up, what is on its
/// way is recorded where the answer comes in time. So does a stdout that takes no more.
///
/// # Errors
/// What kept the run from beginning; when stdout cannot be written.
pub async fn carry_out(
    workspace: &Workspace,
    connection: &Connection,
    work: Work,
    output: &mut Output,
    stream: bool,
) -> Result<Option<RunReport>, Problem> {
    let (supervisor, engine) = (&workspace.supervisor, &workspace.engine);
    let gates = Gatekeeper::of(&work, connection, output);
    let mut job = services::runs::start((supervisor, engine), &workspace.access, connection, work)?;
    let told = follow(&mut job, &workspace.ending, gates, output, stream).await;
    if told.is_err() {
        // Nobody would hear how it ends.
        job.control.interrupt();
        let _ = job.end().await;
    }
    // A signal does not wait for a mail server: what is on its way then is called unknown later.
    tokio::select! { () = supervisor.posted() => {}, _ = workspace.ending.received() => {} }
    told
}

async fn follow(
    job: &mut JobHandle,
    ending: &Ending,
    mut gates: Gatekeeper,
    output: &mut Output,
    stream: bool,
) -> Result<Option<RunReport>, Problem> {
    let mut ticks = tokio::time::interval(STATUS_EVERY);
    let _held = ending.hold_run(&job.control);
    let mut told = false;
    if gates.waits {
        job.control.attend();
    }
    loop {
        tokio::select! {
            biased;
            news = job.next() => match news {
                JobNews::Event(event) => {
                    show(&event, &gates, output, stream)?;
                    gates.hear(&event);
                }
                JobNews::Ended(end) => {
                    output.end_status();
                    return Ok((*end)?);
                }
            },
            signal = ending.received(), if !told => {
                told = true;
                output.note(&format!("{}: ending; what is approved and not written is finished by the next sync", signal.name()));
            }
            (wave, yes) = gates.answered() => match yes {
                true => job.send_wave(wave),
                false => job.control.stop(),
            },
            _ = ticks.tick(), if output.live => output.status(&status(&job.progress())),
        }
    }
}

fn show(event: &RunEvent, gates: &Gatekeeper, output: &mut Output, stream: bool) -> Result<(), Problem> {
    if output.json {
        // Whoever reads only what is streamed waits for nobody; whoever watches is told too.
        if let RunEvent::Wave(wave) = event
            && wave.gate.as_ref().is_some_and(|gate| gate.opens_after_s.is_none())
        {
            output.note(&gates.words(wave));
        }
        return if stream { output.object(&event_object(event, gates)) } else { Ok(()) };
    }
    match event {
        RunEvent::Started { run, resumed: true } => output.note(&format!("finishing the interrupted run {run} first")),
        RunEvent::Planned { operations, held, .. } if output.live => {
            output.note(&format!("planned: {operations} changes, {held} held"));
        }
        RunEvent::Notice(text) => output.note(text),
        RunEvent::Wave(wave) => output.note(&gates.words(wave)),
        _ => {}
    }
    Ok(())
}

fn event_object(event: &RunEvent, gates: &Gatekeeper) -> Value {
    match event {
        RunEvent::Started { run, resumed } => json!({ "event": "started", "run": run, "resumed": resumed }),
        RunEvent::PhaseStarted(phase) => json!({ "event": "phase_started", "phase": phase.key() }),
        RunEvent::PhaseEnded(phase) => json!({ "event": "phase_ended", "phase": phase.key() }),
        RunEvent::Planned { plan, operations, held } => {
            json!({ "event": "planned", "plan": plan, "operations": operations, "held": held })
        }
        RunEvent::Notice(text) => json!({ "event": "notice", "text": text }),
        RunEvent::Wave(wave) => json!({
            "event": "wave",
            "wave": wave.wave + 1,
            "of": wave.of,
            "label": wave.label,
            "people": wave.people,
            "changes": wave.changes,
            "mails": wave.mails,
            "waits": wave.gate.is_some(),
            "opens_after_s": wave.gate.as_ref().and_then(|gate| gate.opens_after_s),
            "opened_by": wave.gate.as_ref().map(|_| gates.command(wave)),
        }),
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

/// An answer on this terminal, read without holding anything else up: a thread that waits for a line ends with the program.
fn answer_on_terminal() -> oneshot::Receiver<bool> {
    let (answered, answer) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().take(ANSWER_MAX).read_line(&mut line);
        // Nobody listens any more where the run has ended meanwhile.
        let _ = answered.send(read.is_ok() && line.trim().eq_ignore_ascii_case("y"));
    });
    answer
}

/// Lets the waves of a run go as they are answered for on this terminal; who answers anything else leaves the rest unsent. Any other
/// process may let them go too.
struct Gatekeeper {
    short_name: String,
    /// Questions are answered here.
    asks: bool,
    /// A gate without a time stays shut until somebody opens it, here or elsewhere.
    waits: bool,
    asked: Option<(usize, oneshot::Receiver<bool>)>,
}

impl Gatekeeper {
    fn of(work: &Work, connection: &Connection, output: &Output) -> Self {
        let asks = !output.json && asks_on_this_terminal();
        let by_key = match work {
            Work::Sync(request) => request.waves.as_ref().is_some_and(|waves| waves.gate == WaveGate::Key),
            _ => false,
        };
        Self { short_name: connection.short_name.clone(), asks, waits: asks || by_key, asked: None }
    }

    /// What lets a wave go from any other process.
    fn command(&self, wave: &WaveStanding) -> String {
        format!("onroll runs next {} --wave {}", self.short_name, wave.wave + 1)
    }

    fn words(&self, wave: &WaveStanding) -> String {
        let words = wave.words();
        match wave.gate.as_ref().map(|gate| gate.opens_after_s) {
            None => words,
            Some(None) if self.asks => {
                format!("{words}. Send it? Type y and Enter; anything else leaves the rest unsent.")
            }
            Some(None) => format!("{words}. It waits until somebody lets it go: {}", self.command(wave)),
            Some(Some(0)) => format!("{words}; goes on"),
            Some(Some(seconds)) => format!("{words}; goes on in {} min, Ctrl-C holds it back", seconds.div_ceil(60)),
        }
    }

    fn hear(&mut self, event: &RunEvent) {
        if !self.asks {
            return;
        }
        if let RunEvent::Wave(WaveStanding { wave, gate: Some(GateStanding { opens_after_s: None, .. }), .. }) = event {
            self.asked = Some((*wave, answer_on_terminal()));
        }
    }

    /// The wave that was answered for.
    async fn answered(&mut self) -> (usize, bool) {
        let Some((wave, answer)) = &mut self.asked else { return std::future::pending().await };
        let (wave, yes) = (*wave, answer.await.unwrap_or(false));
        self.asked = None;
        (wave, yes)
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

/// The waves that the options ask for. Where nobody answers and nothing else is said, time alone opens a gate.
async fn waves(
    workspace: &Workspace,
    connection: &Connection,
    words: Option<&str>,
    gate: Option<&str>,
    is_json: bool,
) -> Result<Option<WavesAsked>, Problem> {
    let Some(words) = words else { return Ok(None) };
    let answers = !is_json && asks_on_this_terminal();
    let gate = match gate {
        Some(text) => services::waves::gate(text)?,
        None if answers => WaveGate::Key,
        None => WaveGate::Minutes(UNATTENDED_MINUTES),
    };
    Ok(Some(services::waves::asked(&workspace.engine, connection, words, gate).await?))
}

async fn request(
    workspace: &Workspace,
    connection: &Connection,
    sync: &SyncArguments,
    output: &Output,
) -> Result<SyncRequest, Problem> {
    let confirmation = match &sync.confirm {
        Some(text) => Some(confirm::parse(text, connection, sync.reason.as_deref())?),
        None => None,
    };
    let waves = waves(workspace, connection, sync.waves.as_deref(), sync.gate.as_deref(), output.json).await?;
    let only = services::people::named(&workspace.engine, connection, &sync.only).await?;
    Ok(SyncRequest {
        full: sync.full,
        job: if sync.changed { Job::by_hand(true) } else { Job::by_hand_for(only) },
        without: sync.without.iter().map(|part| limit_of(*part)).collect(),
        confirmation,
        approved: match &sync.plan {
            Some(path) => Approved::File(plan_file::approved(workspace, connection, path).await?),
            None => Approved::Fresh,
        },
        waves,
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
