//! Undo of a run (ALL12): a plan that brings back what the run found, made from what the destination holds now, looked at first,
//! limited and written like any other. Whom it is about is held as `undone` until an operator lets go, so that no later run does
//! again what was undone.

use super::Engine;
use super::apply::Applier;
use super::approval::check_confirmation;
use super::codes::OptionCodes;
use super::connect::Clients;
use super::error::EngineError;
use super::fetch::{FetchPolicy, IN_FLIGHT};
use super::plan::SavedPlan;
use super::recheck::set_aside;
use super::run::{Approved, Ended, RunContext, SyncRequest};
use crate::domain::capabilities::ReadBack;
use crate::domain::connection::Connection;
use crate::domain::decision::{Decision, Ruling};
use crate::domain::drift::{Cause, Moved, MovedBy};
use crate::domain::ids::{EmployeeId, Identifier, RunId, UserId};
use crate::domain::person::User;
use crate::domain::run::{OperationState, Phase, RunOutcome, RunPurpose};
use crate::domain::snapshot::Side;
use crate::planning::{Due, Executed, Inverse, Stands, inverse, users_guard};
use crate::ports::api::NoNotices;
use crate::ports::destination::DestinationRecord;
use crate::store::{Approval, JournalRow, RunRow};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What is to be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRequest {
    pub run: RunId,
    /// Of these people only; of everybody where none is named.
    pub people: Vec<EmployeeId>,
}

/// Why a run cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotUndo {
    #[error("run {0} wrote nothing")]
    WroteNothing(RunId),
    #[error("run {0} belongs to another tenant")]
    OtherTenant(RunId),
    #[error("run {0} has not ended")]
    NotEnded(RunId),
    #[error("run {run} has {lines} lines without an answer")]
    Unsettled { run: RunId, lines: u32 },
    #[error("the lines of run {0} are not kept any more")]
    NotKept(RunId),
    #[error("run {0} was cut short and waits to be finished")]
    AnotherOpen(RunId),
    #[error("what {0} is given by list can only be taken back there")]
    ByList(&'static str),
}

impl CannotUndo {
    /// What can be done about it.
    pub fn remedy(&self) -> String {
        match self {
            CannotUndo::WroteNothing(_) => "nothing has to be undone".to_owned(),
            CannotUndo::OtherTenant(_) => "name a run of this tenant: `onroll runs list TENANT`".to_owned(),
            CannotUndo::NotEnded(_) => "stop it first: `onroll runs stop TENANT`, or x on Run".to_owned(),
            CannotUndo::Unsettled { .. } => {
                "settle it first: `onroll runs resume TENANT`, or the next sync, looks up what became of them"
                    .to_owned()
            }
            CannotUndo::NotKept(_) => "what users held before stands in the feed log".to_owned(),
            CannotUndo::AnotherOpen(_) => {
                "finish it first: `onroll runs resume TENANT`; else its writes would come on top of the undo".to_owned()
            }
            CannotUndo::ByList(_) => {
                "load the list of the run before, or correct the people in the platform; then export its users anew"
                    .to_owned()
            }
        }
    }
}

impl Engine {
    /// What undoing a run would do, from what the destination holds now; reads only, and keeps nothing.
    ///
    /// # Errors
    /// [`EngineError::CannotUndo`]; the destination cannot be read; the store's.
    pub async fn undo_preview(&self, connection: &Connection, undo: &UndoRequest) -> Result<Inverse, EngineError> {
        let row = self.undoable(connection, undo.run).await?;
        let clients = self.clients(connection, Arc::new(NoNotices)).await?;
        let users = self.users_of_now(connection, &clients).await?;
        self.inverse_of(connection, &row, &undo.people, users).await
    }

    /// The run, where it can be undone.
    async fn undoable(&self, connection: &Connection, run: RunId) -> Result<RunRow, EngineError> {
        let destination = self.abilities(connection)?.destination;
        let row = self.store.run(run).await?;
        let refuse = |why: CannotUndo| Err(EngineError::CannotUndo(why));
        if row.connection != connection.id {
            return refuse(CannotUndo::OtherTenant(run));
        }
        if destination.read_back != ReadBack::Readable {
            return refuse(CannotUndo::ByList(destination.name));
        }
        if row.purpose != RunPurpose::Sync {
            return refuse(CannotUndo::WroteNothing(run));
        }
        if self.store.unfinished_run(connection.id).await?.is_some_and(|open| open.id == run) {
            return refuse(CannotUndo::NotEnded(run));
        }
        if row.totals.unknown > 0 {
            return refuse(CannotUndo::Unsettled { run, lines: row.totals.unknown });
        }
        if row.totals.written == 0 {
            return refuse(CannotUndo::WroteNothing(run));
        }
        Ok(row)
    }

    async fn users_of_now(&self, connection: &Connection, clients: &Clients) -> Result<Vec<User>, EngineError> {
        let last_good = self.store.last_good_count(connection.id, Side::Destination).await?;
        let (sender, mut receiver) = mpsc::channel::<DestinationRecord>(IN_FLIGHT);
        let keep = async {
            let mut users = Vec::new();
            while let Some(record) = receiver.recv().await {
                users.push(record.user);
            }
            users
        };
        let (pulled, users) = tokio::join!(clients.destination.pull(sender), keep);
        pulled?;
        users_guard(users.len() as u64, last_good, false)
            .map_err(|stop| EngineError::Guard { stop, lost: Vec::new() })?;
        Ok(users)
    }

    async fn inverse_of(
        &self,
        connection: &Connection,
        row: &RunRow,
        people: &[EmployeeId],
        users: Vec<User>,
    ) -> Result<Inverse, EngineError> {
        let Some(plan) = row.plan else { return Err(CannotUndo::NotKept(row.id).into()) };
        let mailed = match self.store.plan_head(plan).await {
            Ok(head) => head.mails.welcome > 0,
            Err(crate::store::StoreError::Missing { .. }) => return Err(CannotUndo::NotKept(row.id).into()),
            Err(error) => return Err(error.into()),
        };
        let codes = OptionCodes::default();
        codes.learn(self, connection, self.store.options(connection.id).await?)?;
        let ruled = self.store.decisions(connection.id).await?.into_iter();
        let protected: HashSet<EmployeeId> =
            ruled.filter(|one| one.ruling == Ruling::Protect).map(|one| one.employee).collect();
        let mut lines = self.store.lines_of_run(row).await?;
        // What was there already the run has not written.
        lines.retain(|line| {
            let is_written = matches!(line.state, OperationState::Written | OperationState::Confirmed);
            is_written && line.moved.is_none()
        });
        let links = self.store.links(connection.id).await?;
        let linked = u32::try_from(links.len()).unwrap_or(u32::MAX);
        let named: HashSet<&EmployeeId> = people.iter().collect();
        let is_meant = |row: &JournalRow| match &row.operation.employee {
            Some(employee) => named.is_empty() || named.contains(employee),
            None => named.is_empty(),
        };
        let executed: Vec<Executed> = lines
            .into_iter()
            .filter(is_meant)
            .map(|row| Executed {
                user: row.answered.or_else(|| row.operation.user.clone()),
                // What the run itself made is known by its code by now.
                operation: codes.put_into(&row.operation),
                before: row.before,
            })
            .collect();
        let users: HashMap<UserId, User> = users.into_iter().map(|user| (user.id.clone(), user)).collect();
        let limits = &connection.settings.limits;
        let mut inverse = inverse(&executed, |id| users.get(id), &protected, mailed, limits, linked);
        // Whom a later run has made again is not gone.
        let there: HashSet<&Identifier> = users.values().filter_map(|user| user.identifier.as_ref()).collect();
        let of_employee = executed.iter().filter_map(|one| Some((one.operation.employee.as_ref()?, one)));
        let again: HashSet<&EmployeeId> = of_employee
            .filter(|(_, one)| one.operation.identifier.as_ref().is_some_and(|identifier| there.contains(identifier)))
            .map(|(employee, _)| employee)
            .chain(links.iter().filter(|link| users.contains_key(&link.user)).map(|link| &link.employee))
            .collect();
        inverse.gone.retain(|employee| !again.contains(employee));
        Ok(inverse)
    }

    /// An undo is not the moment to go on with other work that was cut short.
    pub(super) async fn nothing_else_is_open(&self, connection: &Connection) -> Result<(), EngineError> {
        match self.store.unfinished_run(connection.id).await? {
            Some(open) if open.job.undoes.is_none() => Err(CannotUndo::AnotherOpen(open.id).into()),
            _ => Ok(()),
        }
    }

    /// From a request to an undo plan that may be applied: the destination is read, the plan made from it and compared with
    /// what the operator saw; its people are held before the first write. `planned` keeps the plan also when it may not.
    pub(super) async fn approve_undo(
        &self,
        context: &RunContext<'_>,
        request: &SyncRequest,
        undone: RunId,
        planned: &mut Option<SavedPlan>,
    ) -> Result<SavedPlan, EngineError> {
        let RunContext { connection, run, clients, reporter, control } = *context;
        let row = self.undoable(connection, undone).await?;
        self.fetch_destination(connection, run, clients, reporter, FetchPolicy::default()).await?;
        control.check()?;
        self.enter(run, Phase::MatchAndPlan, None, reporter).await?;
        let mark = self.store.change_mark(connection.id)?;
        let people = request.job.scope.only().unwrap_or_default();
        let users = self.store.users(connection.id).await?;
        let Inverse { plan, gone, .. } = self.inverse_of(connection, &row, people, users).await?;
        if let Approved::Undo { hash: Some(seen) } = &request.approved
            && *seen != plan.hash
        {
            return Err(EngineError::Drifted { approved: seen.clone(), now: plan.hash });
        }
        let plan = Arc::new(plan);
        let kept = self.store.save_plan_as_of(connection.id, Some(run), Arc::clone(&plan), &self.operator, Some(mark));
        let saved = SavedPlan { id: kept.await?, plan };
        *planned = Some(saved.clone());
        self.announce_plan(run, &saved, reporter).await?;
        if !saved.plan.operations.is_empty() && request.confirmation.is_none() {
            return Err(EngineError::Confirmation {
                confirm: format!("{}:{}", connection.short_name, saved.plan.counts.operations()),
                exceeded: saved.plan.limits.iter().filter(|check| check.is_exceeded()).cloned().collect(),
                first_import: false,
                given: None,
            });
        }
        check_confirmation(&saved.plan, &connection.short_name, request, false)?;
        let confirmation = request.confirmation.as_ref();
        let approval = Approval {
            by: self.operator.clone(),
            confirmed: confirmation.map(|typed| format!("{}:{}", connection.short_name, typed.number)),
            reason: confirmation.and_then(|typed| typed.reason.clone()),
            without: Vec::new(),
            waves: None,
        };
        // First: what was approved and nobody is held for is set aside by the next run, what is held and not approved stays so.
        self.store.approve_plan(saved.id, approval).await?;
        let written = saved.plan.operations.iter().filter_map(|one| one.employee.as_ref());
        let people: BTreeSet<&EmployeeId> = written.chain(&gone).collect();
        let reason = confirmation.and_then(|typed| typed.reason.as_deref());
        self.hold_as_undone(connection, undone, people.into_iter(), reason).await?;
        Ok(saved)
    }

    async fn hold_as_undone(
        &self,
        connection: &Connection,
        undone: RunId,
        people: impl Iterator<Item = &EmployeeId>,
        reason: Option<&str>,
    ) -> Result<(), EngineError> {
        let at = self.clock.now();
        let decision = |employee: &EmployeeId| Decision {
            employee: employee.clone(),
            ruling: Ruling::Undone { run: undone },
            reason: reason.map(str::to_owned),
            by: self.operator.clone(),
            at,
            key_fields: String::new(),
        };
        Ok(self.store.hold_undone(connection.id, people.map(decision).collect()).await?)
    }

    /// Lines of an interrupted undo that would not be undone any more: what has moved since, and whom an operator has released.
    pub(super) async fn set_aside_what_moved_of_undo(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        undone: RunId,
    ) -> Result<(), EngineError> {
        let RunContext { connection, run, clients, reporter, .. } = *context;
        self.fetch_destination(connection, run, clients, reporter, FetchPolicy::default()).await?;
        let row = self.store.run(undone).await?;
        let users = self.store.users(connection.id).await?;
        let now = self.inverse_of(connection, &row, &[], users).await?.plan;
        let released = self.released(connection, undone).await?;
        let due = Due::of(&now, Clone::clone);
        let applier = Applier::new(self, context, saved.id).await?;
        let open = self.store.operations(saved.id, &[OperationState::Pending]).await?;
        set_aside(&applier, open, |line, user| {
            if line.employee.as_ref().is_some_and(&released) {
                let moved = Moved::of(Cause::Ruled, MovedBy::Operator);
                return Stands::Moved(moved, "not held as undone any more".to_owned());
            }
            due.judge(line, user, MovedBy::Unknown)
        })
        .await
    }

    /// Who is not held as undone, by this run, any more.
    async fn released(
        &self,
        connection: &Connection,
        undone: RunId,
    ) -> Result<impl Fn(&EmployeeId) -> bool + use<>, EngineError> {
        let ruled = self.store.decisions(connection.id).await?;
        let held: HashSet<EmployeeId> = ruled
            .into_iter()
            .filter(|decision| decision.ruling == Ruling::Undone { run: undone })
            .map(|decision| decision.employee)
            .collect();
        Ok(move |employee: &EmployeeId| !held.contains(employee))
    }

    /// An undo that an operator stopped in the middle: whom it did not come to is held no longer.
    pub(super) async fn stop_undo(
        &self,
        connection: &Connection,
        ended: &Ended,
        undoes: Option<RunId>,
    ) -> Result<(), EngineError> {
        match (undoes, &ended.plan) {
            (Some(undone), Some(plan)) if ended.outcome == RunOutcome::Cancelled => {
                self.end_undo(connection, plan, undone, true).await
            }
            _ => Ok(()),
        }
    }

    /// When an undo has ended: whoever was not touched by it is held no longer. One that took back an undo leaves everybody as
    /// the first run had left them, so nobody stays held. `is_over` says that no other run goes on with it.
    pub(super) async fn end_undo(
        &self,
        connection: &Connection,
        saved: &SavedPlan,
        undone: RunId,
        is_over: bool,
    ) -> Result<(), EngineError> {
        // What is not sent by an ended run never will be.
        let was_undo = self.store.run(undone).await?.job.undoes;
        let (mut touched, mut open, mut rest) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for row in self.store.operations(saved.id, &[]).await? {
            let Some(employee) = row.operation.employee else { continue };
            match row.state {
                OperationState::Written | OperationState::Confirmed => touched.insert(employee),
                OperationState::Failed | OperationState::SetAside => rest.insert(employee),
                OperationState::Pending if is_over => rest.insert(employee),
                OperationState::Pending | OperationState::Sent | OperationState::Unknown => open.insert(employee),
            };
        }
        let free: Vec<EmployeeId> =
            rest.into_iter().filter(|one| !touched.contains(one) && !open.contains(one)).collect();
        let untouched = self.store.release_undone(connection.id, Some(undone), free, &self.operator).await?;
        if let Some(first) = was_undo {
            let again = touched.into_iter().filter(|one| !open.contains(one)).collect();
            self.store.release_undone(connection.id, Some(undone), again, &self.operator).await?;
            // Of these the first undo still stands.
            self.hold_as_undone(connection, first, untouched.iter(), None).await?;
        }
        Ok(())
    }
}

impl From<CannotUndo> for EngineError {
    fn from(why: CannotUndo) -> Self {
        EngineError::CannotUndo(why)
    }
}
