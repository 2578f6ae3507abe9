//! What still holds of an approved plan: its open lines beside what would be planned now. A line that would not be planned
//! any more is skipped with the reason, or was there already; nothing is added.

use super::Engine;
use super::apply::Applier;
use super::codes::OptionCodes;
use super::error::EngineError;
use super::fetch::FetchPolicy;
use super::operation::as_kept;
use super::plan::SavedPlan;
use super::run::RunContext;
use crate::domain::connection::Connection;
use crate::domain::drift::MovedBy;
use crate::domain::ids::{Identifier, PlanId, UserId};
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind, Plan};
use crate::domain::run::{OperationState, Phase};
use crate::domain::snapshot::Side;
use crate::planning::{Due, Stands};
use crate::ports::api::ApiError;
use crate::store::JournalRow;
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};

/// An approved plan that is older than this is compared with what both sides have now before its first write.
pub const PLAN_SHELF_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// What is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    /// Both sides as they are now: read again first.
    TheWorld,
    /// What operators have changed since; the pictures of both sides are young enough.
    Changes,
}

/// A line of a plan that does not stand as it was planned, by what is known already.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownMoved {
    pub operation: Operation,
    /// What it meets; never [`Stands::Due`].
    pub stands: Stands,
}

impl Engine {
    /// The lines of a plan that do not stand any more by what the workspace knows already: a pull that came after the plan, or
    /// what operators have changed since. Nothing is read from either side, and nothing is changed. Empty where nothing has come
    /// since: what the destination holds is read just before each write in any case.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn moved_by_now(
        &self,
        connection: &Connection,
        id: PlanId,
        plan: &Plan,
    ) -> Result<Vec<KnownMoved>, EngineError> {
        if !self.is_newest(connection, id).await? {
            // A plan that another one has followed is not carried out at all: whoever sends it is told so.
            return Ok(Vec::new());
        }
        let head = self.store.plan_head(id).await?;
        let mut is_newer =
            head.change_mark.is_some_and(|made| self.store.change_mark(connection.id).ok() != Some(made));
        for side in [Side::Source, Side::Destination] {
            let pulls = self.store.snapshots(connection.id, side, 1).await?;
            is_newer |= pulls.first().and_then(|pull| pull.finished_at).is_some_and(|at| at > head.made_at);
        }
        if !is_newer {
            return Ok(Vec::new());
        }
        let now = self.plan_unsaved(connection).await?;
        let options = self.store.options(connection.id).await?;
        let learnt = self.store.learnt(connection.id).await?;
        let codes = OptionCodes::default();
        codes.learn(self, connection, options.clone())?;
        codes.learn_people(self.store.links(connection.id).await?);
        let with_codes = |operation: &Operation| as_kept(codes.put_into(operation), &learnt);
        let users: HashMap<UserId, User> =
            self.store.users(connection.id).await?.into_iter().map(|user| (user.id.clone(), user)).collect();
        let (people, due) = (People::of(&users), Due::of(&now, with_codes).with_options(options));
        let judged = plan.operations.iter().map(|operation| {
            let line = with_codes(operation);
            let stands = due.judge(&line, people.of_line(&line), MovedBy::Unknown);
            KnownMoved { operation: operation.clone(), stands }
        });
        Ok(judged.filter(|line| line.stands != Stands::Due).collect())
    }

    /// Compares the open lines of a plan with what would be planned now and skips those that would not be.
    ///
    /// # Errors
    /// A side that cannot be read, the source guard, the store: then nothing of the plan may be written.
    pub(super) async fn set_aside_what_moved(
        &self,
        context: &RunContext<'_>,
        saved: &SavedPlan,
        against: Against,
    ) -> Result<(), EngineError> {
        let open = self.store.operations(saved.id, &[OperationState::Pending]).await?;
        if open.is_empty() {
            return Ok(());
        }
        if against == Against::TheWorld {
            let policy = FetchPolicy::default();
            self.fetch(context.connection, context.run, context.clients, context.reporter, policy).await?;
        }
        self.enter(context.run, Phase::MatchAndPlan, None, context.reporter).await?;
        let now = context.control.guard(self.plan_unsaved(context.connection)).await;
        let now = now.unwrap_or(Err(ApiError::Stopped.into()))?;
        let applier = Applier::new(self, context, saved.id).await?;
        let options = self.store.options(context.connection.id).await?;
        let due = Due::of(&now, |operation| applier.with_codes(operation)).with_options(options);
        let changed = match against {
            Against::TheWorld => self.store.changed_in_newest_pull(context.connection.id).await?,
            Against::Changes => HashSet::new(),
        };
        // Whose record at the source is as it was moved by what operators have changed; where they have not, nobody tells.
        let made_at = self.store.plan_head(saved.id).await?.change_mark;
        let is_operators = made_at.is_some_and(|made| self.store.change_mark(context.connection.id).ok() != Some(made));
        set_aside(&applier, open, |line, user| {
            let by = match &line.employee {
                Some(employee) if changed.contains(employee) => MovedBy::Source,
                _ if is_operators => MovedBy::Operator,
                _ => MovedBy::Unknown,
            };
            due.judge(line, user, by)
        })
        .await?;
        self.leave(context.run, Phase::MatchAndPlan, context.reporter).await
    }
}

/// Skips those of the open lines against which something speaks by now; what is there already is done.
pub(super) async fn set_aside(
    applier: &Applier<'_>,
    open: Vec<JournalRow>,
    judge: impl Fn(&Operation, Option<&User>) -> Stands,
) -> Result<(), EngineError> {
    let people = People::of(&applier.known.users);
    for row in open.into_iter().filter(|row| !row.withheld) {
        let operation = applier.with_codes(&row.operation);
        let phase = operation.kind.phase();
        let user = people.of_line(&operation);
        match judge(&operation, user) {
            Stands::Due => {}
            Stands::Already(moved) => {
                // What was sent before may be what stands there.
                let moved = Some(moved).filter(|_| row.attempts == 0);
                applier.there_already(None, phase, &operation, user.cloned(), moved).await?;
            }
            Stands::Moved(moved, reason) => applier.skip(None, phase, &operation, moved, &reason).await?,
        }
    }
    Ok(())
}

/// The users of an applier as last read, by what a line names.
struct People<'a> {
    by_id: &'a HashMap<UserId, User>,
    by_identifier: HashMap<&'a Identifier, &'a User>,
}

impl<'a> People<'a> {
    fn of(by_id: &'a HashMap<UserId, User>) -> Self {
        let carriers = by_id.values().filter_map(|user| user.identifier.as_ref().map(|identifier| (identifier, user)));
        Self { by_id, by_identifier: carriers.collect() }
    }

    /// The user whom a line is about, as [`Applier`] looks for it just before it is sent.
    fn of_line(&self, line: &Operation) -> Option<&'a User> {
        match (line.kind, &line.identifier, &line.user) {
            (OperationKind::Link, _, user) => self.by_id.get(user.as_ref()?),
            (_, Some(identifier), _) => self.by_identifier.get(identifier).copied(),
            (_, None, _) => None,
        }
    }
}
