//! What earlier runs left: answers that never came are settled by reading, and approved work that was cut short is
//! finished, as far as it still holds.

use super::Engine;
use super::error::EngineError;
use super::lease::Purpose;
use super::plan::SavedPlan;
use super::progress::{Reporter, RunControl, RunEvent};
use super::recheck::{Against, PLAN_SHELF_LIFE};
use super::run::{Approved, Ended, RunContext, RunReport};
use crate::domain::connection::Connection;
use crate::domain::ids::{PlanId, RunId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{RunOutcome, RunPurpose, RunTotals};
use crate::domain::snapshot::Side;
use crate::store::RunRow;

impl Engine {
    /// Goes on with the newest interrupted run of a tenant, or with the waves that its newest run has left unsent, if there is
    /// one, and does nothing else.
    ///
    /// # Errors
    /// The tenant may not write, another process holds it, or the store's.
    pub async fn resume(
        &self,
        connection: &Connection,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<Option<RunReport>, EngineError> {
        let lease = self.lease(connection, Purpose::Resume, control).await?;
        let report = match self.live(connection).await {
            Ok(connection) => lease.engine.finish_interrupted(&connection, reporter, &lease.control, true).await,
            Err(error) => Err(error),
        };
        lease.ends(report).await
    }

    /// Settles what ended runs left unknown; then goes on with the newest run that a crash, a stop of the program or an
    /// outage cut short, under its own approval: those of its lines that would be planned now as well.
    pub(super) async fn finish_interrupted(
        &self,
        connection: &Connection,
        reporter: &Reporter,
        control: &RunControl,
        by_hand: bool,
    ) -> Result<Option<RunReport>, EngineError> {
        let mut unfinished = self.store.unfinished_run(connection.id).await?;
        // What is open of it goes on where it stopped.
        if unfinished.is_none() && by_hand {
            unfinished = self.stopped_in_waves(connection).await?;
            if let Some(row) = &unfinished {
                self.store.reopen_run(row.id).await?;
            }
        }
        self.settle_ended_runs(connection, unfinished.as_ref().map(|row| row.id), reporter, control).await?;
        let Some(row) = unfinished else { return Ok(None) };
        let started = self.clock.now();
        let Some(plan) = self.approved_plan(&row).await? else {
            let problem = Problem::new(ProblemKind::Failed, "the program ended before anything was approved")
                .with_who("nobody; nothing was written");
            let totals = RunTotals::default();
            self.store.finish_run(row.id, RunOutcome::Failed, totals, Some(problem)).await?;
            return Ok(None);
        };
        self.store.work_on(row.id).await?;
        let undoes = row.job.undoes;
        reporter.event(RunEvent::Started { run: row.id, resumed: true }).await;
        let result = async {
            let clients = self.clients_of_run(connection, reporter, control).await?;
            let context = RunContext { connection, run: row.id, clients: &clients, reporter, control };
            let applied = async {
                self.settle(&context, plan.id).await?;
                if !control.is_stopped() {
                    match undoes {
                        Some(undone) => self.set_aside_what_moved_of_undo(&context, &plan, undone).await?,
                        None => self.set_aside_what_moved(&context, &plan, Against::TheWorld).await?,
                    }
                }
                self.apply_in_waves(&context, &plan, by_hand).await
            }
            .await;
            let handed_over = self.hand_over(&context).await;
            applied.and(handed_over)?;
            control.check()?;
            self.verify(&context, &plan).await?;
            if row.job.scope.only().is_some() {
                // Of the others the plan before it tells, and of these what has been done by now.
                self.plan(connection, None).await?;
            }
            match undoes {
                Some(undone) => self.end_undo(connection, &plan, undone, false).await,
                None => Ok(()),
            }
        }
        .await;
        let ended = match result {
            Ok(()) => self.ended_well(&plan).await?,
            Err(error) => self.ended_by(connection, error, Some(plan), control).await?,
        };
        self.stop_undo(connection, &ended, undoes).await?;
        self.close(connection, row.id, started, ended, reporter, None).await.map(Some)
    }

    /// The newest run of a tenant, where it was stopped between its waves: only an operator goes on with it.
    ///
    /// # Errors
    /// The store's.
    pub async fn stopped_in_waves(&self, connection: &Connection) -> Result<Option<RunRow>, EngineError> {
        let Some(row) = self.store.newest_sync(connection.id).await? else { return Ok(None) };
        let Some(plan) = row.plan.filter(|_| matches!(row.outcome, RunOutcome::Stopped | RunOutcome::Cancelled)) else {
            return Ok(None);
        };
        let in_waves = self.store.approval(plan).await?.is_some_and(|stored| stored.approval.waves.is_some());
        Ok(Some(row).filter(|row| in_waves && row.totals.pending > 0))
    }

    /// Answers that never came of runs that are not gone on with: a line that did not take effect stays unsent.
    async fn settle_ended_runs(
        &self,
        connection: &Connection,
        unfinished: Option<RunId>,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<(), EngineError> {
        for (run, plan) in self.store.runs_with_unknown_lines(connection.id).await? {
            if Some(run) == unfinished {
                continue;
            }
            self.mend(plan).await?;
            let row = self.store.run(run).await?;
            let clients = self.clients_of_run(connection, reporter, control).await?;
            let context = RunContext { connection, run, clients: &clients, reporter, control };
            self.settle(&context, plan).await?;
            let saved = SavedPlan::new(plan, self.store.plan(plan).await?);
            let ended = match row.outcome {
                RunOutcome::Interrupted | RunOutcome::Running | RunOutcome::Paused => self.ended_well(&saved).await?,
                outcome => Ended { outcome, plan: None, problem: row.problem },
            };
            self.store.finish_run(run, ended.outcome, self.totals(&saved).await?, ended.problem).await?;
        }
        Ok(())
    }

    /// One line that cannot be read must not keep a tenant for ever: it has failed, and the next plan makes it anew.
    async fn mend(&self, plan: PlanId) -> Result<(), EngineError> {
        let mended = self.store.mend_plan(plan).await?;
        if mended > 0 {
            tracing::warn!(%plan, mended, "values of an interrupted plan could not be read; their lines have failed");
        }
        Ok(())
    }

    async fn approved_plan(&self, row: &RunRow) -> Result<Option<SavedPlan>, EngineError> {
        let Some(id) = row.plan else { return Ok(None) };
        self.mend(id).await?;
        if row.purpose != RunPurpose::Sync || self.store.approval(id).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(SavedPlan::new(id, self.store.plan(id).await?)))
    }

    /// Whether a plan must be compared with what would be planned now before its first write: one that was kept past its
    /// shelf life, or since which an operator has changed something.
    pub(super) async fn outlived(
        &self,
        connection: &Connection,
        saved: &SavedPlan,
        approved: &Approved,
    ) -> Result<Option<Against>, EngineError> {
        let head = self.store.plan_head(saved.id).await?;
        // A plan is as old as what it was made from, which a run about named people has not read anew.
        let pulled =
            self.store.snapshots(connection.id, Side::Source, 1).await?.first().and_then(|pull| pull.finished_at);
        let made_from = pulled.map_or(head.made_at, |pulled| pulled.min(head.made_at));
        // Of a time to come it is after a clock that was put back: nobody knows how old it is.
        let age = self.store.now().duration_since(made_from).abs();
        if matches!(approved, Approved::Kept(_)) && age >= PLAN_SHELF_LIFE {
            return Ok(Some(Against::TheWorld));
        }
        let mark = self.store.change_mark(connection.id)?;
        Ok(head.change_mark.filter(|made| *made != mark).map(|_| Against::Changes))
    }
}
