//! Live runs: started, steered and sampled from the console; a run goes on whatever screen is shown.

use super::Context;
use crate::console::app::live::{LiveCommand, LiveRun, LiveSample};
use crate::console::app::{Control, Level};
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::domain::run::{Job, RunOutcome};
use crate::engine::error::EngineError;
use crate::engine::fetch::FetchPolicy;
use crate::engine::progress::RunEvent;
use crate::engine::run::{Approved, Confirmation, PreviewRequest, SyncRequest};
use crate::services;
use crate::services::runs::{JobEnd, JobHandle, JobNews, LiveJob, Supervisor, Told, Work};
use crate::services::undo::UndoRequest;
use crate::services::waves::LetGo;
use tokio::sync::mpsc;

/// The runs of this program as the console tells of them.
#[derive(Clone)]
pub struct LiveRuns {
    pub supervisor: Supervisor,
    control: mpsc::Sender<Control>,
}

impl LiveRuns {
    /// The runs of this supervisor; news go to `control`.
    pub fn new(supervisor: Supervisor, control: mpsc::Sender<Control>) -> Self {
        Self { supervisor, control }
    }

    /// The gauges of all live runs.
    pub fn samples(&self) -> Vec<LiveSample> {
        let sample = |live: LiveJob| LiveSample {
            tenant: live.short_name,
            tenant_name: live.tenant_name,
            run: live.run,
            purpose: live.purpose,
            started: live.started,
            progress: live.progress,
        };
        let mut samples: Vec<LiveSample> = self.supervisor.live().into_iter().map(sample).collect();
        samples.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        samples
    }

    fn list(&self) -> Vec<LiveRun> {
        let title = |sample: &LiveSample| match sample.run {
            Some(run) => format!("{}, run {run}", sample.tenant_name),
            None => sample.tenant_name.clone(),
        };
        self.samples().into_iter().map(|sample| LiveRun { title: title(&sample), tenant: sample.tenant }).collect()
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
    match command {
        LiveCommand::Pause { tenant, paused: true } => steer(context, &tenant, Told::Pause).await,
        LiveCommand::Pause { tenant, paused: false } => steer(context, &tenant, Told::GoOn).await,
        LiveCommand::Stop { tenant } => steer(context, &tenant, Told::Stop).await,
        LiveCommand::Preview { tenant, accepted_rows } => {
            let fetch = FetchPolicy { accepted_rows, full: false, plans_only: true };
            start(context, &tenant, Work::Preview(PreviewRequest { fetch, ..PreviewRequest::default() })).await
        }
        LiveCommand::ReadPeople { tenant, people } => {
            let connection = context.connection(&tenant).await?;
            // Where the source tells what has changed, these are among it, or waited for by it.
            let job = match context.engine.abilities(&connection)?.source.changes {
                true => Job::by_hand(true),
                false => Job::by_hand_for(people),
            };
            start(context, &tenant, Work::Preview(PreviewRequest { job, ..PreviewRequest::default() })).await
        }
        LiveCommand::Resume { tenant } => start(context, &tenant, Work::Resume).await,
        LiveCommand::Sync { tenant, changed } => {
            let request = SyncRequest { job: Job::by_hand(changed), ..SyncRequest::default() };
            start(context, &tenant, Work::Sync(request)).await
        }
        LiveCommand::LetWaveGo { tenant, wave } => {
            let connection = context.connection(&tenant).await?;
            let runs = &context.runs;
            let own = (&runs.supervisor, &context.engine);
            let is_own = runs.supervisor.is_at_work(connection.id);
            let (gate, let_go) = services::waves::let_go(own, &context.access, &connection, Some(wave)).await?;
            if !is_own || let_go != LetGo::Now {
                let words = services::waves::let_go_words(&gate, &let_go);
                runs.tell(Control::Notice(Level::Info, format!("{}: {words}", connection.tenant_name))).await;
                runs.tell(Control::TenantChanged(tenant)).await;
            }
            Ok(())
        }
        LiveCommand::Undo(order) => {
            let request = UndoRequest { run: order.run, people: order.people };
            let confirmation = Confirmation { number: order.number, reason: None };
            start(context, &order.tenant, services::undo::work(request, order.hash, confirmation)).await
        }
        LiveCommand::Apply(apply) => {
            let request = SyncRequest {
                job: Job::by_hand_for(apply.only),
                without: apply.without,
                confirmation: apply.confirmed.map(|number| Confirmation { number, reason: apply.reason }),
                approved: Approved::Kept(apply.plan),
                full: false,
                waves: apply.waves,
            };
            start(context, &apply.tenant, Work::Sync(request)).await
        }
    }
}

/// Steers a run of this program or of another one; of another one the operator is told what came of it.
async fn steer(context: &Context, tenant: &str, told: Told) -> Result<(), Problem> {
    let connection = context.connection(tenant).await?;
    let runs = &context.runs;
    let own = (&runs.supervisor, &context.engine);
    if let Some(reached) = services::runs::steer(own, &context.access, &connection, told).await? {
        runs.tell(Control::Notice(Level::Info, format!("{}: {}", connection.tenant_name, reached.words()))).await;
        runs.tell(Control::TenantChanged(tenant.to_owned())).await;
    }
    Ok(())
}

async fn start(context: &Context, tenant: &str, work: Work) -> Result<(), Problem> {
    let connection = context.connection(tenant).await?;
    let runs = context.runs.clone();
    let job = services::runs::start((&runs.supervisor, &context.engine), &context.access, &connection, work)?;
    job.control.attend();
    runs.tell(Control::LiveRuns(runs.list())).await;
    tokio::spawn(follow(runs, connection, job));
    Ok(())
}

async fn follow(runs: LiveRuns, connection: Connection, mut job: JobHandle) {
    let tenant = &connection.short_name;
    let end = loop {
        match job.next().await {
            JobNews::Event(RunEvent::Started { .. }) => runs.tell(Control::LiveRuns(runs.list())).await,
            JobNews::Event(RunEvent::Planned { .. }) => runs.tell(Control::TenantChanged(tenant.clone())).await,
            JobNews::Event(RunEvent::Notice(text)) => runs.tell(Control::Notice(Level::Info, text)).await,
            JobNews::Event(RunEvent::Wave(wave)) if wave.gate.is_some() => {
                runs.tell(Control::Notice(Level::Info, format!("{}: {}", connection.tenant_name, wave.words()))).await;
            }
            JobNews::Event(RunEvent::Wave(_)) => {}
            JobNews::Event(RunEvent::PhaseStarted(_) | RunEvent::PhaseEnded(_) | RunEvent::Finished { .. }) => {}
            JobNews::Ended(end) => break *end,
        }
    };
    runs.tell(Control::LiveRuns(runs.list())).await;
    runs.tell(match end {
        Err(EngineError::Broken(error)) => {
            Control::TaskPanicked(format!("the run of {tenant} ended unexpectedly: {error}"))
        }
        end => notice(&connection, end),
    })
    .await;
    runs.tell(Control::TenantChanged(tenant.clone())).await;
}

/// What the status line says when a run has ended.
fn notice(connection: &Connection, ended: JobEnd) -> Control {
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
                "{name}, run {run}: {} written, {} failed, {} unknown, {} skipped, {} not sent",
                totals.written, totals.failed, totals.unknown, totals.set_aside, totals.pending
            ),
        ),
        _ => Control::Notice(
            Level::Ok,
            format!("{name}, run {run}: {} written, {} confirmed", totals.written, totals.confirmed),
        ),
    }
}
