//! One run from start to end: lease, interrupted work first, fetch, match, plan, approval, apply, read back, report.

use super::Engine;
use super::connect::{Clients, abilities};
use super::error::EngineError;
use super::fetch::FetchPolicy;
use super::plan::SavedPlan;
use super::progress::{Reporter, RunControl, RunEvent};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::decision::{Link, LinkOrigin};
use crate::domain::ids::{EmployeeId, Identifier, PlanId, RunId};
use crate::domain::person::{User, UserStatus};
use crate::domain::plan::{HoldKind, LimitKind, OperationKind, Plan};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{FeedLine, Level, OperationState, Phase, RunOutcome, RunPurpose, RunTotals};
use crate::planning::{only, without};
use crate::store::{Approval, Holder, LeaseToken, NewRun, RunRow};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// A lease lives 30 s without renewal; renewed this often it survives two missed turns.
const LEASE_RENEWAL: Duration = Duration::from_secs(10);
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Approved {
    /// The one that this run makes, when it is within every limit or its number was typed.
    #[default]
    Fresh,
    /// Exactly this kept plan, without fetching again: what the operator saw is what is done, line by line re-checked.
    Kept(PlanId),
    /// The one that this run makes, if it has this hash.
    Hash(String),
}

/// What a sync is asked to do.
#[derive(Debug, Clone, Default)]
pub struct SyncRequest {
    /// Why it runs, for History (`by hand`).
    pub why: String,
    /// Parts that stay held as `limit`.
    pub without: Vec<LimitKind>,
    /// Only these people; empty is everybody.
    pub only: Vec<EmployeeId>,
    pub confirmation: Option<Confirmation>,
    pub approved: Approved,
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
        policy: FetchPolicy,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<RunReport, EngineError> {
        let lease = self.lease(connection, "preview", control).await?;
        let run = self.start(connection, RunPurpose::Preview, "by hand").await?;
        reporter.event(RunEvent::Started { run, resumed: false }).await;
        let started = self.clock.now();
        let result = async {
            let clients = self.clients(connection, Arc::new(reporter.clone())).await?;
            self.fetch(connection, run, &clients, reporter, policy).await?;
            if control.is_stopped() {
                return Err(EngineError::Cancelled);
            }
            self.plan_phase(connection, run, reporter).await
        }
        .await;
        let ended = match result {
            Ok(plan) => Ended { outcome: RunOutcome::Previewed, plan: Some(plan), problem: None },
            Err(error) => self.ended_by(connection, error, None).await?,
        };
        let report = self.close(connection, run, started, ended, reporter, None).await;
        lease.release().await?;
        report
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
        if connection.status != ConnectionStatus::Live {
            return Err(EngineError::NotLive {
                tenant: connection.tenant_name.clone(),
                status: connection.status.key(),
            });
        }
        let lease = self.lease(connection, "sync", control).await?;
        let report = self.sync_under_lease(connection, request, reporter, control).await;
        lease.release().await?;
        report
    }

    async fn sync_under_lease(
        &self,
        connection: &Connection,
        request: &SyncRequest,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<RunReport, EngineError> {
        let resumed = self.finish_interrupted(connection, reporter, control).await?;
        if let Some(report) = &resumed
            && report.outcome == RunOutcome::Interrupted
        {
            return Ok(report.clone());
        }
        let resumed = resumed.map(|report| report.run);
        let run = self.start(connection, RunPurpose::Sync, &request.why).await?;
        reporter.event(RunEvent::Started { run, resumed: false }).await;
        let started = self.clock.now();
        let ended = self.sync_run(connection, run, request, resumed.is_some(), reporter, control).await?;
        self.close(connection, run, started, ended, reporter, resumed).await
    }

    /// Goes on with the newest interrupted run of a tenant, if there is one, and does nothing else.
    ///
    /// # Errors
    /// Another process holds the tenant, or the store's.
    pub async fn resume(
        &self,
        connection: &Connection,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<Option<RunReport>, EngineError> {
        let lease = self.lease(connection, "resume", control).await?;
        let report = self.finish_interrupted(connection, reporter, control).await;
        lease.release().await?;
        report
    }

    /// Goes on with the newest run that a crash, a stop of the program or an outage interrupted, under its own approval.
    async fn finish_interrupted(
        &self,
        connection: &Connection,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<Option<RunReport>, EngineError> {
        let Some(row) = self.store.unfinished_run(connection.id).await? else { return Ok(None) };
        let started = self.clock.now();
        let Some(plan) = self.approved_plan(&row).await? else {
            let problem = Problem::new(ProblemKind::Failed, "the program ended before anything was approved")
                .with_who("nobody; nothing was written");
            let totals = RunTotals::default();
            self.store.finish_run(row.id, RunOutcome::Failed, totals, Some(problem)).await?;
            return Ok(None);
        };
        reporter.event(RunEvent::Started { run: row.id, resumed: true }).await;
        let result = async {
            let clients = self.clients(connection, Arc::new(reporter.clone())).await?;
            let context = RunContext { connection, run: row.id, clients: &clients, reporter, control };
            self.settle(&context, plan.id).await?;
            self.apply(&context, &plan).await?;
            self.verify(&context, &plan).await
        }
        .await;
        let ended = match result {
            Ok(()) => self.ended_well(&plan, control).await?,
            Err(error) => self.ended_by(connection, error, Some(plan)).await?,
        };
        self.close(connection, row.id, started, ended, reporter, None).await.map(Some)
    }

    /// Keeps who is tied to whom by the identifier that the destination holds, held people aside: so a user who is
    /// deleted or detached later is told from one who never was there (PL10, PL12).
    async fn remember_ties(&self, connection: &Connection, plan: &Plan) -> Result<(), EngineError> {
        let held: HashSet<&EmployeeId> = plan.holds.iter().map(|hold| &hold.employee).collect();
        let users = self.store.users(connection.id).await?;
        let carriers: HashMap<&Identifier, &User> =
            users.iter().filter_map(|user| Some((user.identifier.as_ref()?, user))).collect();
        let employees = self.store.employees(connection.id).await?;
        let known: HashMap<EmployeeId, Link> =
            self.store.links(connection.id).await?.into_iter().map(|link| (link.employee.clone(), link)).collect();
        let at = self.clock.now();
        let ties: Vec<Link> = employees
            .into_iter()
            .filter(|employee| !held.contains(&employee.id))
            .filter_map(|employee| {
                let user = carriers.get(&employee.identifier)?;
                let active = user.status == UserStatus::Active;
                let old = known.get(&employee.id);
                let same = old.is_some_and(|link| {
                    link.user == user.id && link.identifier == employee.identifier && link.active == active
                });
                let origin = old.filter(|link| link.user == user.id).map_or(LinkOrigin::Identifier, |link| link.origin);
                (!same).then(|| Link {
                    employee: employee.id,
                    user: user.id.clone(),
                    identifier: employee.identifier,
                    origin,
                    at,
                    active,
                })
            })
            .collect();
        for batch in ties.chunks(500) {
            self.store.put_links(connection.id, batch.to_vec()).await?;
        }
        Ok(())
    }

    async fn start(&self, connection: &Connection, purpose: RunPurpose, why: &str) -> Result<RunId, EngineError> {
        let new = NewRun { purpose, why: why.to_owned(), by: self.operator.clone() };
        Ok(self.store.start_run(connection.id, new).await?)
    }

    async fn approved_plan(&self, row: &RunRow) -> Result<Option<SavedPlan>, EngineError> {
        let Some(id) = row.plan else { return Ok(None) };
        if row.purpose != RunPurpose::Sync || self.store.approval(id).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(SavedPlan { id, plan: self.store.plan(id).await? }))
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
            let clients = self.clients(connection, Arc::new(reporter.clone())).await?;
            let plan = self.approve(connection, run, request, resumed, &clients, reporter, &mut planned).await?;
            if control.is_stopped() {
                return Err(EngineError::Cancelled);
            }
            let context = RunContext { connection, run, clients: &clients, reporter, control };
            self.remember_ties(connection, &plan.plan).await?;
            self.apply(&context, &plan).await?;
            self.verify(&context, &plan).await?;
            if !plan.plan.operations.is_empty() {
                // What is left to do, from the picture that the run has kept true: the newest plan is never a part of one.
                self.plan(connection, None).await?;
            }
            Ok(plan)
        }
        .await;
        match result {
            Ok(plan) => self.ended_well(&plan, control).await,
            Err(error) => self.ended_by(connection, error, planned).await,
        }
    }

    /// From a request to a plan that may be applied; `planned` keeps the plan also when it may not.
    #[expect(clippy::too_many_arguments, reason = "the parts of one run, each of its own kind")]
    async fn approve(
        &self,
        connection: &Connection,
        run: RunId,
        request: &SyncRequest,
        resumed: bool,
        clients: &Clients,
        reporter: &Reporter,
        planned: &mut Option<SavedPlan>,
    ) -> Result<SavedPlan, EngineError> {
        let full = match &request.approved {
            Approved::Kept(id) => self.kept(connection, run, *id).await?,
            Approved::Fresh | Approved::Hash(_) => {
                let accepted = request.confirmation.as_ref().map(|confirmation| u64::from(confirmation.number));
                self.fetch(connection, run, clients, reporter, FetchPolicy { accepted_rows: accepted }).await?;
                self.plan_phase(connection, run, reporter).await?
            }
        };
        *planned = Some(full.clone());
        if let Approved::Hash(approved) = &request.approved
            && *approved != full.plan.hash
        {
            return Err(EngineError::Drifted { approved: approved.clone(), now: full.plan.hash.clone() });
        }
        let saved = self.reduced(connection, run, request, full).await?;
        *planned = Some(saved.clone());
        check_confirmation(&saved.plan, &connection.short_name, request, resumed)?;
        self.store
            .approve_plan(
                saved.id,
                Approval {
                    by: self.operator.clone(),
                    confirmed: request
                        .confirmation
                        .as_ref()
                        .map(|confirmation| format!("{}:{}", connection.short_name, confirmation.number)),
                    reason: request.confirmation.as_ref().and_then(|confirmation| confirmation.reason.clone()),
                    without: request.without.clone(),
                },
            )
            .await?;
        Ok(saved)
    }

    /// A plan that an operator has seen, if no newer one stands beside it.
    async fn kept(&self, connection: &Connection, run: RunId, id: PlanId) -> Result<SavedPlan, EngineError> {
        let newest = self.store.latest_plan(connection.id).await?.map(|head| head.id);
        if newest != Some(id) {
            let now = newest.map_or_else(|| "none".to_owned(), |id| id.to_string());
            return Err(EngineError::Drifted { approved: id.to_string(), now });
        }
        self.store.set_run_plan(run, id).await?;
        Ok(SavedPlan { id, plan: self.store.plan(id).await? })
    }

    /// The plan without the parts and people that the request leaves out; kept as a plan of its own.
    async fn reduced(
        &self,
        connection: &Connection,
        run: RunId,
        request: &SyncRequest,
        full: SavedPlan,
    ) -> Result<SavedPlan, EngineError> {
        if request.without.is_empty() && request.only.is_empty() {
            return Ok(full);
        }
        let mut plan = full.plan;
        if !request.without.is_empty() {
            plan = without(&plan, &request.without);
        }
        if !request.only.is_empty() {
            plan = only(&plan, &request.only);
        }
        let id = self.store.save_plan(connection.id, Some(run), &plan, &self.operator).await?;
        Ok(SavedPlan { id, plan })
    }

    async fn plan_phase(
        &self,
        connection: &Connection,
        run: RunId,
        reporter: &Reporter,
    ) -> Result<SavedPlan, EngineError> {
        self.enter(run, Phase::MatchAndPlan, None, reporter).await?;
        let saved = self.plan(connection, Some(run)).await?;
        self.log_holds(connection, run, &saved.plan).await?;
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
        Ok(saved)
    }

    /// One feed line per held person: PL04's warning mark is this line.
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
        let lines: Vec<FeedLine> = lines.collect();
        for batch in lines.chunks(500) {
            self.store.append_feed(connection.id, batch.to_vec()).await?;
        }
        Ok(())
    }

    /// Takes the right to write for this tenant and keeps it while the guard lives. A lease that is lost to another process
    /// ends the run's writing at once.
    async fn lease(
        &self,
        connection: &Connection,
        what: &str,
        control: &RunControl,
    ) -> Result<LeaseGuard, EngineError> {
        let holder = Holder {
            pid: self.process.pid,
            host: self.process.host.clone(),
            start: self.process.start.clone(),
            what: format!("{what} by {}", self.operator),
        };
        let token = self.store.acquire_lease(connection.id, holder, process_is_alive).await?;
        let store = self.store.clone();
        let control = control.clone();
        let renewal = tokio::spawn(async move {
            let mut turns = tokio::time::interval(LEASE_RENEWAL);
            loop {
                turns.tick().await;
                if let Err(error) = store.renew_lease(token).await {
                    tracing::error!(%error, "the lease is lost; the run stops writing");
                    control.interrupt();
                    return;
                }
            }
        });
        Ok(LeaseGuard { store: self.store.clone(), token, _renewal: AbortOnDropHandle::new(renewal) })
    }

    /// The run's end without an error of the run as a whole.
    async fn ended_well(&self, plan: &SavedPlan, control: &RunControl) -> Result<Ended, EngineError> {
        let totals = self.totals(plan).await?;
        let pending = self.store.journal_totals(plan.id).await?.state(OperationState::Pending);
        let outcome = if pending > 0 && control.is_stopped() {
            if control.is_interrupted() { RunOutcome::Interrupted } else { RunOutcome::Cancelled }
        } else if totals.failed + totals.held + totals.unknown + totals.set_aside > 0 {
            RunOutcome::DoneWithHeld
        } else {
            RunOutcome::Done
        };
        Ok(Ended { outcome, plan: Some(plan.clone()), problem: None })
    }

    /// The run's end by an error: which outcome that is, and whether the connection is quarantined.
    async fn ended_by(
        &self,
        connection: &Connection,
        error: EngineError,
        plan: Option<SavedPlan>,
    ) -> Result<Ended, EngineError> {
        if matches!(&error, EngineError::Api(api) if api.is_refusal()) {
            let refusals = self.store.note_refusal(connection.id).await?;
            if refusals >= REFUSALS_BEFORE_PAUSE && connection.status == ConnectionStatus::Live {
                self.store.set_status(connection.id, ConnectionStatus::Paused, "onroll").await?;
            }
        }
        let approved = match &plan {
            Some(saved) => self.store.approval(saved.id).await?.is_some(),
            None => false,
        };
        let problem = Problem::from(error);
        let outcome = match problem.kind {
            // Approved work that an outage cut short is finished by the next run.
            ProblemKind::Temporary | ProblemKind::Refused if approved => RunOutcome::Interrupted,
            ProblemKind::Stopped => RunOutcome::Stopped,
            ProblemKind::Drifted => RunOutcome::Drifted,
            ProblemKind::Refused => RunOutcome::Refused,
            _ => RunOutcome::Failed,
        };
        Ok(Ended { outcome, plan, problem: Some(problem) })
    }

    async fn close(
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

    async fn totals(&self, saved: &SavedPlan) -> Result<RunTotals, EngineError> {
        let journal = self.store.journal_totals(saved.id).await?;
        let created = [OperationState::Written, OperationState::Confirmed]
            .into_iter()
            .map(|state| journal.of(OperationKind::Create, state))
            .sum();
        Ok(RunTotals {
            written: journal.state(OperationState::Written) + journal.state(OperationState::Confirmed),
            confirmed: journal.state(OperationState::Confirmed),
            failed: journal.state(OperationState::Failed),
            held: saved.plan.held(HoldKind::Blocked) + saved.plan.held(HoldKind::Review),
            unknown: journal.state(OperationState::Unknown) + journal.state(OperationState::Sent),
            set_aside: journal.state(OperationState::SetAside),
            mails: if saved.plan.mails.welcome > 0 { created } else { 0 },
        })
    }

    /// Begins a phase: on the gauges, in the events, in the history.
    pub(super) async fn enter(
        &self,
        run: RunId,
        phase: Phase,
        total: Option<u64>,
        reporter: &Reporter,
    ) -> Result<(), EngineError> {
        reporter.update(|progress| {
            progress.current = Some(phase);
            progress.phases.entry(phase).or_default().total = total;
        });
        reporter.event(RunEvent::PhaseStarted(phase)).await;
        Ok(self.store.set_phase(run, phase, 0, total, false).await?)
    }

    /// Ends a phase; what was counted becomes the total.
    pub(super) async fn leave(&self, run: RunId, phase: Phase, reporter: &Reporter) -> Result<(), EngineError> {
        let mut done = 0;
        reporter.update(|progress| {
            let entry = progress.phases.entry(phase).or_default();
            entry.ended = true;
            entry.total = entry.total.or(Some(entry.done));
            done = entry.done;
        });
        reporter.event(RunEvent::PhaseEnded(phase)).await;
        Ok(self.store.set_phase(run, phase, done, Some(done), true).await?)
    }

    /// What both ends of this connection can do, for the front ends.
    ///
    /// # Errors
    /// [`EngineError::UnknownVendor`].
    pub fn abilities(&self, connection: &Connection) -> Result<super::connect::Abilities, EngineError> {
        abilities(connection)
    }
}

struct Ended {
    outcome: RunOutcome,
    plan: Option<SavedPlan>,
    problem: Option<Problem>,
}

/// The right to write for one tenant; [`LeaseGuard::release`] gives it back, a drop lets it expire.
struct LeaseGuard {
    store: crate::store::Store,
    token: LeaseToken,
    _renewal: AbortOnDropHandle<()>,
}

impl LeaseGuard {
    async fn release(self) -> Result<(), EngineError> {
        Ok(self.store.release_lease(self.token).await?)
    }
}

fn check_confirmation(plan: &Plan, short_name: &str, request: &SyncRequest, resumed: bool) -> Result<(), EngineError> {
    let number = plan.counts.operations();
    let given = request.confirmation.as_ref().map(|confirmation| confirmation.number);
    let needed = plan.needs_confirmation();
    // A number that was spent on the interrupted run says nothing against a small plan that follows it.
    let spent = resumed && !needed;
    if number == 0 || given == Some(number) || (given.is_none() && !needed) || spent {
        return Ok(());
    }
    Err(EngineError::Confirmation {
        confirm: format!("{short_name}:{number}"),
        exceeded: plan.limits.iter().filter(|check| check.is_exceeded()).cloned().collect(),
        first_import: plan.first_import,
        given,
    })
}

/// Whether a process of this machine still runs; where that cannot be told it counts as alive, and its lease simply expires.
fn process_is_alive(holder: &Holder) -> bool {
    let processes = std::path::Path::new("/proc");
    if !processes.join("self").exists() {
        return true;
    }
    let now = super::start_of_process(holder.pid);
    now.is_some_and(|start| holder.start.is_empty() || start == holder.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{Counts, LimitCheck, Mails};

    fn plan(creations: u32, allowed: u32, first_import: bool) -> Plan {
        let operation = crate::domain::plan::Operation {
            seq: 0,
            kind: crate::domain::plan::OperationKind::Create,
            employee: None,
            identifier: None,
            user: None,
            table: None,
            fields: Vec::new(),
            note: None,
        };
        let operations = vec![operation; creations as usize];
        Plan {
            hash: String::new(),
            counts: Counts::of(&operations, 0),
            operations,
            holds: Vec::new(),
            mails: Mails::default(),
            limits: vec![LimitCheck { kind: LimitKind::Creations, count: creations, allowed, waived: first_import }],
            first_import,
            people: creations,
            changed_people: creations,
            ..Plan::default()
        }
    }

    fn request(number: Option<u32>) -> SyncRequest {
        let confirmation = number.map(|number| Confirmation { number, reason: None });
        SyncRequest { confirmation, ..SyncRequest::default() }
    }

    #[test]
    fn a_plan_within_every_limit_needs_nothing() {
        assert!(check_confirmation(&plan(2, 3, false), "acme", &request(None), false).is_ok());
    }

    #[test]
    fn past_a_limit_only_the_plans_own_number_opens() {
        assert!(check_confirmation(&plan(4, 3, false), "acme", &request(None), false).is_err());
        assert!(check_confirmation(&plan(4, 3, false), "acme", &request(Some(5)), false).is_err());
        assert!(check_confirmation(&plan(4, 3, false), "acme", &request(Some(4)), false).is_ok());
    }

    #[test]
    fn a_first_import_is_always_typed() {
        assert!(check_confirmation(&plan(1, 3, true), "acme", &request(None), false).is_err());
        assert!(check_confirmation(&plan(1, 3, true), "acme", &request(Some(1)), false).is_ok());
    }

    #[test]
    fn a_wrong_number_stops_even_a_small_plan_unless_it_was_spent_on_the_interrupted_run() {
        assert!(check_confirmation(&plan(2, 3, false), "acme", &request(Some(900)), false).is_err());
        assert!(check_confirmation(&plan(2, 3, false), "acme", &request(Some(900)), true).is_ok());
        assert!(check_confirmation(&plan(0, 3, false), "acme", &request(Some(900)), false).is_ok());
    }
}
