//! Live runs: started, steered and sampled from the console; a run goes on whatever screen is shown.

use super::Context;
use crate::console::app::{Control, Level, LiveRun};
use crate::domain::connection::Connection;
use crate::domain::ids::{EmployeeId, PlanId, RunId};
use crate::domain::plan::LimitKind;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{RunOutcome, RunPurpose};
use crate::engine::fetch::FetchPolicy;
use crate::engine::progress::{Progress, Reporter, RunControl, RunEvent};
use crate::engine::reach::Told;
use crate::engine::run::{Approved, Confirmation, RunReport, SyncRequest};
use crate::services::runs::Job;
use crate::services::{self, ServiceError};
use crate::store::Ask;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};

/// What can be done with runs from any screen. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveCommand {
    /// Fetch, match and plan; only reads. `accepted_rows` lets a much shorter source list through.
    Preview { tenant: String, accepted_rows: Option<u64> },
    /// Apply exactly this kept plan, or its named people or parts.
    Apply(Apply),
    /// Fetch, plan, and apply what is within the limits.
    Sync { tenant: String },
    /// Hold a live run between two writes, or let it go on.
    Pause { tenant: String, paused: bool },
    /// No new write; those in flight are finished and recorded.
    Stop { tenant: String },
    /// Finish an interrupted run under its own approval.
    Resume { tenant: String },
}

impl LiveCommand {
    /// Whether something is sent by it. Reading, holding back and stopping are nobody's harm.
    #[must_use]
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn changes(&self) -> bool {
        match self {
            LiveCommand::Preview { .. } | LiveCommand::Stop { .. } => false,
            LiveCommand::Pause { paused, .. } => !paused,
            LiveCommand::Apply(_) | LiveCommand::Sync { .. } | LiveCommand::Resume { .. } => true,
        }
    }
}

/// An approved plan on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    pub tenant: String,
    pub plan: PlanId,
    /// Empty is everybody.
    pub only: Vec<EmployeeId>,
    /// Parts that stay held.
    pub without: Vec<LimitKind>,
    /// What was typed, where the plan asks for it.
    pub confirmed: Option<u32>,
    pub reason: Option<String>,
    /// Why it runs, for History (`by hand`, `pushed held people`).
    pub why: String,
}

/// The gauges of one live run at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSample {
    pub tenant: String,
    pub tenant_name: String,
    /// `None` until the run has its number.
    pub run: Option<RunId>,
    pub purpose: RunPurpose,
    pub started: Timestamp,
    pub progress: Progress,
}

struct Live {
    name: String,
    purpose: RunPurpose,
    started: Timestamp,
    run: Option<RunId>,
    control: RunControl,
    gauges: watch::Receiver<Progress>,
}

/// The runs of this console.
#[derive(Clone)]
pub struct LiveRuns {
    live: Arc<Mutex<BTreeMap<String, Live>>>,
    control: mpsc::Sender<Control>,
}

impl LiveRuns {
    /// No run yet; news go to `control`.
    pub fn new(control: mpsc::Sender<Control>) -> Self {
        Self { live: Arc::default(), control }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        self.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The gauges of all live runs.
    pub fn samples(&self) -> Vec<LiveSample> {
        let live = self.lock();
        live.iter()
            .map(|(tenant, run)| LiveSample {
                tenant: tenant.clone(),
                tenant_name: run.name.clone(),
                run: run.run,
                purpose: run.purpose,
                started: run.started,
                progress: Progress { paused: run.control.is_paused(), ..run.gauges.borrow().clone() },
            })
            .collect()
    }

    /// Stops every run at its next boundary, because the program ends: the next run finishes what is left.
    pub fn interrupt_all(&self) {
        for run in self.lock().values() {
            run.control.interrupt();
        }
    }

    /// Whether nothing runs.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn steer(&self, tenant: &str, act: impl FnOnce(&RunControl)) -> Result<(), Problem> {
        match self.lock().get(tenant) {
            Some(run) => {
                act(&run.control);
                Ok(())
            }
            None => Err(Problem::new(ProblemKind::Input, "no run of this tenant is live in this console")),
        }
    }

    fn list(&self) -> Vec<LiveRun> {
        let title = |live: &Live| match live.run {
            Some(run) => format!("{}, run {run}", live.name),
            None => live.name.clone(),
        };
        self.lock().iter().map(|(tenant, live)| LiveRun { tenant: tenant.clone(), title: title(live) }).collect()
    }

    async fn tell(&self, control: Control) {
        // The console is closing when nobody listens; the run goes on all the same.
        let _ = self.control.send(control).await;
    }
}

/// Carries out a command about runs. Starting one answers at once; the run goes on by itself.
///
/// # Errors
/// The tenant is not there, has a live run already, or has none to steer.
pub async fn command(context: &Context, command: LiveCommand) -> Result<(), Problem> {
    let runs = &context.runs;
    match command {
        LiveCommand::Pause { tenant, paused } => pause(context, &tenant, paused).await,
        LiveCommand::Stop { tenant } => match runs.steer(&tenant, RunControl::stop) {
            Ok(()) => Ok(()),
            Err(_) => tell(context, &tenant, Told::Stop).await,
        },
        LiveCommand::Preview { tenant, accepted_rows } => {
            start(context, &tenant, Job::Preview(FetchPolicy { accepted_rows, full: false })).await
        }
        LiveCommand::Resume { tenant } => start(context, &tenant, Job::Resume).await,
        LiveCommand::Sync { tenant } => {
            let request = SyncRequest { why: "by hand".to_owned(), ..SyncRequest::default() };
            start(context, &tenant, Job::Sync(request)).await
        }
        LiveCommand::Apply(apply) => {
            let request = SyncRequest {
                why: apply.why,
                without: apply.without,
                only: apply.only,
                confirmation: apply.confirmed.map(|number| Confirmation { number, reason: apply.reason }),
                approved: Approved::Kept(apply.plan),
                full: false,
            };
            start(context, &apply.tenant, Job::Sync(request)).await
        }
    }
}

/// Holds a run of this console or of another process, or lets it go on. That a run is held stands in the workspace, so that
/// everybody sees it.
async fn pause(context: &Context, tenant: &str, paused: bool) -> Result<(), Problem> {
    let is_own = context.runs.steer(tenant, |control| control.pause(paused)).is_ok();
    if !is_own {
        return tell(context, tenant, if paused { Told::Pause } else { Told::GoOn }).await;
    }
    let connection = context.connection(tenant).await?;
    context.store.ask_holder(connection.id, paused.then_some(Ask::Pause), &context.engine.operator).await?;
    Ok(())
}

/// Tells a run of another process, and the operator what came of it.
async fn tell(context: &Context, tenant: &str, told: Told) -> Result<(), Problem> {
    let connection = context.connection(tenant).await?;
    let reached = services::runs::tell(&context.engine, &context.access, &connection, told).await?;
    let runs = &context.runs;
    runs.tell(Control::Notice(Level::Info, format!("{}: {}", connection.tenant_name, reached.words()))).await;
    runs.tell(Control::TenantChanged(tenant.to_owned())).await;
    Ok(())
}

async fn start(context: &Context, tenant: &str, job: Job) -> Result<(), Problem> {
    let connection = context.store.connection_named(tenant).await?;
    let (reporter, gauges, events) = Reporter::channel();
    let control = RunControl::default();
    let runs = context.runs.clone();
    {
        let mut live = runs.lock();
        if live.contains_key(tenant) {
            return Err(Problem::new(
                ProblemKind::Locked,
                format!("{} has a live run already", connection.tenant_name),
            )
            .with_now("wait for it on Run, or stop it there with x"));
        }
        live.insert(
            tenant.to_owned(),
            Live {
                name: connection.tenant_name.clone(),
                purpose: job.purpose(),
                started: context.engine.clock.now(),
                run: None,
                control: control.clone(),
                gauges,
            },
        );
    }
    runs.tell(Control::LiveRuns(runs.list())).await;
    let (engine, access) = (context.engine.clone(), context.access.clone());
    let tenant = tenant.to_owned();
    tokio::spawn(async move {
        let events = tokio::spawn(follow(runs.clone(), tenant.clone(), events));
        // A task of its own, so that a defect in a run is news and not the end of the console.
        let work = tokio::spawn({
            let connection = connection.clone();
            async move { services::runs::carry_out(&engine, &access, &connection, job, (&reporter, &control)).await }
        });
        let ended = work.await;
        // The channel closes with the reporter; what is left in it is read first.
        let _ = events.await;
        runs.lock().remove(&tenant);
        runs.tell(Control::LiveRuns(runs.list())).await;
        runs.tell(match ended {
            Ok(ended) => notice(&connection, ended),
            Err(error) => Control::TaskPanicked(format!("the run of {tenant} ended unexpectedly: {error}")),
        })
        .await;
        runs.tell(Control::TenantChanged(tenant)).await;
    });
    Ok(())
}

async fn follow(runs: LiveRuns, tenant: String, mut events: mpsc::Receiver<RunEvent>) {
    while let Some(event) = events.recv().await {
        match event {
            RunEvent::Started { run, .. } => {
                if let Some(live) = runs.lock().get_mut(&tenant) {
                    live.run = Some(run);
                }
                runs.tell(Control::LiveRuns(runs.list())).await;
            }
            RunEvent::Planned { .. } => runs.tell(Control::TenantChanged(tenant.clone())).await,
            RunEvent::Notice(text) => runs.tell(Control::Notice(Level::Info, text)).await,
            RunEvent::PhaseStarted(_) | RunEvent::PhaseEnded(_) | RunEvent::Finished { .. } => {}
        }
    }
}

/// What the status line says when a run has ended.
fn notice(connection: &Connection, ended: Result<Option<RunReport>, ServiceError>) -> Control {
    let name = &connection.tenant_name;
    let report = match ended {
        Ok(Some(report)) => report,
        Ok(None) => return Control::Notice(Level::Info, format!("{name}: no interrupted run")),
        Err(error) => {
            let problem = Problem::from(error);
            return Control::Notice(Level::Error, format!("{name}: {}", problem.what));
        }
    };
    let run = report.run;
    if let Some(problem) = &report.problem {
        return Control::Notice(Level::Error, format!("{name}, run {run}: {}", problem.what));
    }
    let totals = report.totals;
    match report.outcome {
        RunOutcome::Previewed => {
            let changes = report.plan.as_ref().map_or(0, |saved| saved.plan.counts.operations());
            Control::Notice(Level::Ok, format!("{name}: previewed, {changes} changes, {} held", totals.held))
        }
        RunOutcome::Cancelled => {
            Control::Notice(Level::Warn, format!("{name}, run {run}: stopped, {} written", totals.written))
        }
        _ if totals.failed + totals.unknown + totals.set_aside + totals.pending > 0 => Control::Notice(
            Level::Warn,
            format!(
                "{name}, run {run}: {} written, {} failed, {} unknown, {} set aside, {} not sent",
                totals.written, totals.failed, totals.unknown, totals.set_aside, totals.pending
            ),
        ),
        _ => Control::Notice(
            Level::Ok,
            format!("{name}, run {run}: {} written, {} confirmed", totals.written, totals.confirmed),
        ),
    }
}
