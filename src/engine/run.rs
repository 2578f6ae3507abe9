//! One run from start to end: lease, interrupted work first, fetch, match, plan, approval, apply, read back, report.

use super::Engine;
use super::approved_file::ApprovedFile;
use super::changes::check_scope;
use super::connect::{Clients, abilities};
use super::error::EngineError;
use super::fetch::FetchPolicy;
use super::health::PAUSING;
use super::lease::Purpose;
use super::plan::SavedPlan;
use super::progress::{Reporter, RunControl, RunEvent, StopCause};
use crate::domain::code::ProblemCode;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::{PlanId, RunId};
use crate::domain::plan::{HoldKind, LimitKind, Plan};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{FeedLine, Job, Level, Phase, RunOutcome, RunPurpose, RunTotals};
use crate::domain::waves::WavesAsked;
use crate::ports::api::ApiError;
use crate::store::NewRun;

/// Refused credentials in a row after which a live connection is quarantined (DESIGN 7).
const REFUSALS_BEFORE_PAUSE: u32 = 3;

/// What an operator typed to let a plan through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The number of operations that the plan states (or the number of rows, past the source guard).
    pub number: u32,
    pub reason: Option<String>,
}

/// Which plan may be applied.
#[derive(Debug, Clone, Default)]
pub enum Approved {
    /// The one that this run makes, when it is within every limit or its number was typed.
    #[default]
    Fresh,
    /// Exactly this kept plan, without fetching again: what the operator saw is what is done, line by line re-checked.
    Kept(PlanId),
    /// The one that this run makes, if it is what this file says.
    File(ApprovedFile),
    /// The plan of an undo ([`Job::undoes`]), if its hash is the one that the operator saw.
    Undo { hash: Option<String> },
}

/// What a sync is asked to do.
#[derive(Debug, Clone, Default)]
pub struct SyncRequest {
    pub job: Job,
    /// Parts that stay held as `limit`.
    pub without: Vec<LimitKind>,
    pub confirmation: Option<Confirmation>,
    pub approved: Approved,
    /// Reads everything, also what the source says has not changed since the last pull.
    pub full: bool,
    /// The plan goes in waves, each read back before the next.
    pub waves: Option<WavesAsked>,
}

/// What a preview is asked to do.
#[derive(Debug, Clone, Default)]
pub struct PreviewRequest {
    pub job: Job,
    pub fetch: FetchPolicy,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunReport {
    pub run: RunId,
    pub outcome: RunOutcome,
    pub totals: RunTotals,
    pub seconds: f64,
    pub plan: Option<SavedPlan>,
    pub problem: Option<Problem>,
    /// The interrupted run that was finished first.
    pub resumed: Option<RunId>,
}

impl RunReport {
    /// Whether a wave that is not clean, a stop or an outage ended it before all of its lines were tried. One that only waits for the destination to
    /// tell what became of a line holds nobody else up.
    pub fn is_cut_short(&self) -> bool {
        let unclean = self.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::WaveNotClean);
        unclean || self.outcome == RunOutcome::Interrupted && (self.problem.is_some() || self.totals.pending > 0)
    }
}

/// What all parts of one run share.
pub(super) struct RunContext<'a> {
    pub connection: &'a Connection,
    pub run: RunId,
    pub clients: &'a Clients,
    pub reporter: &'a Reporter,
    pub control: &'a RunControl,
}

impl Engine {
    /// Fetches, matches and plans; sends only reads (ALL07).
    ///
    /// # Errors
    /// Only when the run could not begin (another process holds the tenant); what goes wrong later is in the report.
    pub async fn preview(
        &self,
        connection: &Connection,
        request: &PreviewRequest,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<RunReport, EngineError> {
        check_scope(&request.job, connection)?;
        let lease = self.lease(connection, Purpose::Preview, control).await?;
        let report = lease.engine.preview_under_lease(connection, request, reporter, &lease.control).await;
        lease.ends(report).await
    }

    async fn preview_under_lease(
        &self,
        connection: &Connection,
        request: &PreviewRequest,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<RunReport, EngineError> {
        let note = request.fetch.accepted_rows.map(|rows| format!("{rows} rows let through")).unwrap_or_default();
        let run = self.start(connection, RunPurpose::Preview, &request.job, note).await?;
        reporter.event(RunEvent::Started { run, resumed: false }).await;
        let started = self.clock.now();
        let result = async {
            let clients = self.clients_of_run(connection, reporter, control).await?;
            // The plan is about everybody, whoever was read for it.
            self.fetch_within(connection, run, &clients, reporter, request.fetch, &request.job.scope).await?;
            self.plan_phase(connection, run, reporter, control).await
        }
        .await;
        let ended = match result {
            Ok(plan) => Ended { outcome: RunOutcome::Previewed, plan: Some(plan), problem: None },
            Err(error) => self.ended_by(connection, error, None, control).await?,
        };
        self.close(connection, run, started, ended, reporter, None).await
    }

    /// Finishes what an interrupted run left, then fetches, plans and, where that is allowed, applies and reads back.
    ///
    /// # Errors
    /// Only when the run could not begin: another process holds the tenant, or the connection may not write.
    pub async fn sync(
        &self,
        connection: &Connection,
        request: &SyncRequest,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<RunReport, EngineError> {
        check_scope(&request.job, connection)?;
        let lease = self.lease(connection, Purpose::Sync, control).await?;
        let report = lease.engine.sync_under_lease(connection, request, reporter, &lease.control).await;
        lease.ends(report).await
    }

    /// The connection as it is now: it may have been switched off since the front end read it.
    ///
    /// # Errors
    /// [`EngineError::NotLive`] when it may not write.
    pub(super) async fn live(&self, connection: &Connection) -> Result<Connection, EngineError> {
        let connection = self.store.connection(connection.id).await?;
        match connection.status {
            ConnectionStatus::Live => Ok(connection),
            status => Err(EngineError::NotLive { tenant: connection.tenant_name, status: status.key() }),
        }
    }

    async fn sync_under_lease(
        &self,
        connection: &Connection,
        request: &SyncRequest,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<RunReport, EngineError> {
        let connection = &self.live(connection).await?;
        if request.job.undoes.is_some() {
            self.nothing_else_is_open(connection).await?;
        }
        let resumed = self.finish_interrupted(connection, reporter, control, false).await?;
        if let Some(report) = resumed.as_ref().filter(|report| report.is_cut_short()) {
            return Ok(report.clone());
        }
        let resumed = resumed.map(|report| report.run);
        let run = self.start(connection, RunPurpose::Sync, &request.job, String::new()).await?;
        reporter.event(RunEvent::Started { run, resumed: false }).await;
        let started = self.clock.now();
        let ended = self.sync_run(connection, run, request, resumed.is_some(), reporter, control).await?;
        self.close(connection, run, started, ended, reporter, resumed).await
    }

    async fn start(
        &self,
        connection: &Connection,
        purpose: RunPurpose,
        job: &Job,
        note: String,
    ) -> Result<RunId, EngineError> {
        let new = NewRun { purpose, job: job.clone(), note, by: self.operator.clone() };
        Ok(self.store.start_run(connection.id, new).await?)
    }

    async fn sync_run(
        &self,
        connection: &Connection,
        run: RunId,
        request: &SyncRequest,
        resumed: bool,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<Ended, EngineError> {
        let mut planned = None;
        let result = async {
            let clients = self.clients_of_run(connection, reporter, control).await?;
            let context = RunContext { connection, run, clients: &clients, reporter, control };
            // What an earlier run could not hand over does not wait for an approval.
            self.hand_over(&context).await?;
            let undoes = request.job.undoes;
            let plan = match undoes {
                Some(undone) => self.approve_undo(&context, request, undone, &mut planned).await?,
                None => {
                    self.approve(connection, run, request, resumed, &clients, (reporter, control), &mut planned).await?
                }
            };
            control.check()?;
            if undoes.is_none() {
                self.remember_ties(connection, &plan.plan).await?;
            }
            let applied = async {
                // An undo has just read what it is made from.
                if undoes.is_none()
                    && let Some(against) = self.outlived(connection, &plan, &request.approved).await?
                {
                    self.set_aside_what_moved(&context, &plan, against).await?;
                }
                self.apply_in_waves(&context, &plan, false).await
            }
            .await;
            // However it ended; of two errors the first one counts.
            let handed_over = self.hand_over(&context).await;
            applied.and(handed_over)?;
            control.check()?;
            self.verify(&context, &plan).await?;
            if let Some(undone) = undoes {
                self.end_undo(connection, &plan, undone, false).await?;
            }
            if !plan.plan.operations.is_empty() {
                // What is left to do, from the picture that the run has kept true: the newest plan is never a part of one.
                let plan = control.guard(self.plan(connection, None)).await;
                plan.map_or(Ok(()), |planned| planned.map(|_| ()))?;
            }
            Ok(plan)
        }
        .await;
        match result {
            Ok(plan) => self.ended_well(&plan).await,
            Err(error) => {
                let ended = self.ended_by(connection, error, planned, control).await?;
                if ended.outcome == RunOutcome::Cancelled && request.job.scope.only().is_some() {
                    self.plan(connection, None).await?;
                }
                self.stop_undo(connection, &ended, request.job.undoes).await?;
                Ok(ended)
            }
        }
    }

    pub(super) async fn plan_phase(
        &self,
        connection: &Connection,
        run: RunId,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<SavedPlan, EngineError> {
        control.check()?;
        self.enter(run, Phase::MatchAndPlan, None, reporter).await?;
        // Matching computes on a thread that cannot be stopped; nobody waits for it.
        let planned = control.guard(self.plan(connection, Some(run))).await;
        let Ok(saved) = planned else { return control.check().and(Err(ApiError::Stopped.into())) };
        let saved = saved?;
        self.log_holds(connection, run, &saved.plan).await?;
        self.announce_plan(run, &saved, reporter).await?;
        Ok(saved)
    }

    /// Ends the phase of planning: on the gauges, in the events, in the history.
    pub(super) async fn announce_plan(
        &self,
        run: RunId,
        saved: &SavedPlan,
        reporter: &Reporter,
    ) -> Result<(), EngineError> {
        let people = u64::from(saved.plan.people);
        reporter.update(|progress| {
            progress.operations = saved.plan.counts.operations();
            let phase = progress.phases.entry(Phase::MatchAndPlan).or_default();
            phase.done = people;
            phase.total = Some(people);
        });
        self.leave(run, Phase::MatchAndPlan, reporter).await?;
        reporter
            .event(RunEvent::Planned {
                plan: saved.id,
                operations: saved.plan.counts.operations(),
                held: saved.plan.held(HoldKind::Blocked) + saved.plan.held(HoldKind::Review),
            })
            .await;
        Ok(())
    }

    /// One feed line per held person (PL04's warning mark is this line), and one per manager who is not written (PE07).
    async fn log_holds(&self, connection: &Connection, run: RunId, plan: &Plan) -> Result<(), EngineError> {
        let at = self.clock.now();
        let lines = plan.holds.iter().map(|hold| FeedLine {
            run: Some(run),
            at,
            level: if hold.code.kind() == HoldKind::Blocked { Level::Error } else { Level::Warn },
            phase: Some(Phase::MatchAndPlan),
            employee: Some(hold.employee.clone()),
            what: "held".to_owned(),
            text: format!("{}: {}", hold.code.words(), hold.message),
        });
        let managers = plan.managers_left.iter().map(|one| FeedLine {
            run: Some(run),
            at,
            level: Level::Warn,
            phase: Some(Phase::MatchAndPlan),
            employee: Some(one.employee.clone()),
            what: "manager left".to_owned(),
            text: format!("the manager is not written: {} {}", one.manager, one.why.words()),
        });
        let lines: Vec<FeedLine> = lines.chain(managers).collect();
        for batch in lines.chunks(500) {
            self.store.append_feed(connection.id, batch.to_vec()).await?;
        }
        Ok(())
    }

    /// The run's end without an error of the run as a whole. One with lines that are open, whatever keeps them open, is
    /// not done: the next run settles or finishes them.
    pub(super) async fn ended_well(&self, plan: &SavedPlan) -> Result<Ended, EngineError> {
        let totals = self.totals(plan).await?;
        let withheld = self.store.journal_totals(plan.id).await?.withheld;
        let open = totals.pending.saturating_sub(withheld);
        let outcome = if open + totals.unknown > 0 {
            RunOutcome::Interrupted
        } else if totals.failed + totals.held + totals.set_aside > 0 {
            RunOutcome::DoneWithHeld
        } else {
            RunOutcome::Done
        };
        Ok(Ended { outcome, plan: Some(plan.clone()), problem: None })
    }

    /// The run's end by an error: which outcome that is, and whether the connection is quarantined. A stop is one too; but
    /// one that found all of it done has stopped nothing.
    pub(super) async fn ended_by(
        &self,
        connection: &Connection,
        error: EngineError,
        plan: Option<SavedPlan>,
        control: &RunControl,
    ) -> Result<Ended, EngineError> {
        let is_stop = matches!(&error, EngineError::Halted(_) | EngineError::Api(ApiError::Stopped));
        if let Some(cause) = control.stop_cause().filter(|_| is_stop) {
            return self.ended_by_stop(cause, plan).await;
        }
        if matches!(&error, EngineError::Api(api) if api.is_refusal()) {
            let refusals = self.store.note_refusal(connection.id).await?;
            if refusals >= REFUSALS_BEFORE_PAUSE {
                self.store.step_status(connection.id, PAUSING, "onroll").await?;
            }
        }
        let approved = match &plan {
            Some(saved) => self.store.approval(saved.id).await?.is_some(),
            None => false,
        };
        let is_torn = matches!(&error, EngineError::Api(ApiError::Incomplete { .. }));
        let mut problem = Problem::from(error);
        if approved && is_torn {
            // Read while approved work was written: no plan waits for an answer, the next run reads again and goes on.
            problem.kind = ProblemKind::Temporary;
        }
        let outcome = match problem.kind {
            // What is left waits for an operator: no other run goes on under this approval by itself.
            _ if problem.code() == ProblemCode::WaveNotClean => RunOutcome::Stopped,
            // Approved work that an outage cut short is finished by the next run.
            ProblemKind::Temporary | ProblemKind::Refused if approved => RunOutcome::Interrupted,
            ProblemKind::Stopped => RunOutcome::Stopped,
            ProblemKind::Drifted => RunOutcome::Drifted,
            ProblemKind::Refused => RunOutcome::Refused,
            _ => RunOutcome::Failed,
        };
        Ok(Ended { outcome, plan, problem: Some(problem) })
    }

    async fn ended_by_stop(&self, cause: StopCause, plan: Option<SavedPlan>) -> Result<Ended, EngineError> {
        if cause.is_overtaken() {
            // Whoever took over goes on with this run, or it is gone: not a word more is written about it.
            return Err(EngineError::Halted(cause));
        }
        if cause.outcome() == RunOutcome::Cancelled
            && let Some(saved) = &plan
            && self.store.approval(saved.id).await?.is_some()
        {
            let ended = self.ended_well(saved).await?;
            if ended.outcome != RunOutcome::Interrupted {
                return Ok(ended);
            }
        }
        let problem = (cause != StopCause::Operator { by: None }).then(|| EngineError::Halted(cause.clone()).into());
        Ok(Ended { outcome: cause.outcome(), plan, problem })
    }

    pub(super) async fn close(
        &self,
        connection: &Connection,
        run: RunId,
        started: jiff::Timestamp,
        ended: Ended,
        reporter: &Reporter,
        resumed: Option<RunId>,
    ) -> Result<RunReport, EngineError> {
        let totals = match &ended.plan {
            Some(plan) => self.totals(plan).await?,
            None => RunTotals::default(),
        };
        if let Some(problem) = &ended.problem {
            let line = FeedLine {
                run: Some(run),
                at: self.clock.now(),
                level: Level::Error,
                phase: reporter.snapshot().current,
                employee: None,
                what: "stopped".to_owned(),
                text: if problem.why.is_empty() {
                    problem.what.clone()
                } else {
                    format!("{}: {}", problem.what, problem.why)
                },
            };
            self.store.append_feed(connection.id, vec![line]).await?;
        } else {
            self.store.clear_refusals(connection.id).await?;
        }
        self.store.finish_run(run, ended.outcome, totals, ended.problem.clone()).await?;
        self.keep_retention(connection).await;
        let seconds = started.duration_until(self.clock.now()).as_secs_f64();
        reporter
            .event(RunEvent::Finished { run, outcome: ended.outcome, totals, seconds, problem: ended.problem.clone() })
            .await;
        Ok(RunReport {
            run,
            outcome: ended.outcome,
            totals,
            seconds,
            plan: ended.plan,
            problem: ended.problem,
            resumed,
        })
    }

    /// The counts of a run that applies this plan.
    pub(super) async fn totals(&self, saved: &SavedPlan) -> Result<RunTotals, EngineError> {
        Ok(self.store.run_totals(saved.id).await?)
    }

    /// Begins a phase: on the gauges, in the events, in the history.
    pub(super) async fn enter(
        &self,
        run: RunId,
        phase: Phase,
        total: Option<u64>,
        reporter: &Reporter,
    ) -> Result<(), EngineError> {
        let mut done = 0;
        reporter.update(|progress| {
            progress.current = Some(phase);
            let entry = progress.phases.entry(phase).or_default();
            entry.total = total;
            // Of a plan that goes in waves a phase is entered again.
            entry.ended = false;
            done = entry.done;
        });
        reporter.event(RunEvent::PhaseStarted(phase)).await;
        Ok(self.store.set_phase(run, phase, done, total, false).await?)
    }

    /// Ends a phase. What was counted becomes the total where none was known, and of a pull, whose total is an
    /// announcement; a phase of writes that a stop cut short keeps what it had to do.
    pub(super) async fn leave(&self, run: RunId, phase: Phase, reporter: &Reporter) -> Result<(), EngineError> {
        let (mut done, mut total) = (0, None);
        let writes = (Phase::Options..=Phase::Deactivate).contains(&phase);
        reporter.update(|progress| {
            let entry = progress.phases.entry(phase).or_default();
            entry.ended = true;
            entry.total = entry.total.or(Some(entry.done));
            done = entry.done;
            total = entry.total.filter(|_| writes).or(Some(done));
        });
        reporter.event(RunEvent::PhaseEnded(phase)).await;
        Ok(self.store.set_phase(run, phase, done, total, true).await?)
    }

    /// What both ends of this connection can do, for the front ends.
    ///
    /// # Errors
    /// [`ApiError::UnknownVendor`].
    pub fn abilities(&self, connection: &Connection) -> Result<super::connect::Abilities, EngineError> {
        abilities(connection)
    }
}

pub(super) struct Ended {
    pub outcome: RunOutcome,
    pub plan: Option<SavedPlan>,
    pub problem: Option<Problem>,
}
