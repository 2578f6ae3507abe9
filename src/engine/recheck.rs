//! What still holds of an approved plan: its open lines beside what would be planned now. A line that would not be planned
//! any more is set aside with the reason; nothing is added.

use super::Engine;
use super::apply::Applier;
use super::error::EngineError;
use super::fetch::FetchPolicy;
use super::operation::removed_option;
use super::plan::SavedPlan;
use super::run::RunContext;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{Hold, Operation, OperationKind, Plan};
use crate::domain::run::{OperationState, Phase};
use crate::ports::api::ApiError;
use crate::store::JournalRow;
use jiff::SignedDuration;
use std::collections::HashMap;

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

impl Engine {
    /// Compares the open lines of a plan with what would be planned now and sets those aside that would not be.
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
        let due = Due::of(&now, |operation| applier.with_codes(operation));
        set_aside(&applier, open, |operation| due.against(operation)).await?;
        self.leave(context.run, Phase::MatchAndPlan, context.reporter).await
    }
}

/// Sets those of the open lines aside against which something speaks by now.
pub(super) async fn set_aside(
    applier: &Applier<'_>,
    open: Vec<JournalRow>,
    against: impl Fn(&Operation) -> Option<String>,
) -> Result<(), EngineError> {
    for row in open {
        let operation = applier.with_codes(&row.operation);
        if let Some(reason) = against(&operation) {
            let phase = operation.kind.phase();
            let error = Some(("MOVED", reason.as_str()));
            applier.record(None, phase, &operation, OperationState::SetAside, None, error, &reason).await?;
        }
    }
    Ok(())
}

/// What would be planned now.
pub(super) struct Due<'a> {
    operations: HashMap<(OperationKind, Option<EmployeeId>), Vec<Operation>>,
    holds: HashMap<&'a EmployeeId, &'a Hold>,
}

impl<'a> Due<'a> {
    pub(super) fn of(plan: &'a Plan, with_codes: impl Fn(&Operation) -> Operation) -> Self {
        let mut operations: HashMap<_, Vec<Operation>> = HashMap::new();
        for operation in &plan.operations {
            operations.entry((operation.kind, operation.employee.clone())).or_default().push(with_codes(operation));
        }
        Self { operations, holds: plan.holds.iter().map(|hold| (&hold.employee, hold)).collect() }
    }

    /// Why this line must not be written any more.
    pub(super) fn against(&self, line: &Operation) -> Option<String> {
        let same = self.operations.get(&(line.kind, line.employee.clone()));
        if same.into_iter().flatten().any(|operation| is_same(operation, line)) {
            return None;
        }
        let employee = line.employee.as_ref();
        if let Some(hold) = employee.and_then(|employee| self.holds.get(employee)) {
            return Some(format!("held by now: {}", hold.code.words()));
        }
        let other = |kind: OperationKind| self.operations.contains_key(&(kind, line.employee.clone()));
        Some(
            if same.is_some() {
                "other values would be written by now"
            } else if employee.is_some() && other(OperationKind::Deactivate) {
                "has left by now"
            } else if OperationKind::ALL.into_iter().any(other) {
                "something else would be done by now"
            } else {
                "nothing is due by now"
            }
            .to_owned(),
        )
    }
}

/// Whether two lines write the same to the same user.
fn is_same(one: &Operation, other: &Operation) -> bool {
    let values = |operation: &Operation| {
        let mut values: Vec<_> =
            operation.fields.iter().map(|change| (change.field.key().to_owned(), change.to.clone())).collect();
        values.sort();
        values
    };
    // A line about somebody whom its own plan makes names no user; by now there is one.
    let users = one.user.as_ref().zip(other.user.as_ref());
    // What a removal is about stands in what was there before.
    let removed =
        |operation: &Operation| removed_option(operation).filter(|_| operation.kind == OperationKind::RemoveOption);
    users.is_none_or(|(one, other)| one == other)
        && removed(one) == removed(other)
        && (&one.identifier, one.list) == (&other.identifier, other.list)
        && values(one) == values(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::FieldChange;
    use crate::domain::list::ListKey;

    #[test]
    fn a_removal_is_the_same_only_where_it_is_about_the_same_option() {
        let removal = |key: &str| Operation {
            seq: 0,
            kind: OperationKind::RemoveOption,
            employee: None,
            identifier: None,
            user: None,
            list: Some(ListKey::TEAM),
            fields: vec![FieldChange { field: ListKey::TEAM.field(), from: Some(key.to_owned()), to: None }],
            note: None,
        };
        assert!(is_same(&removal("70"), &removal("70")) && !is_same(&removal("70"), &removal("71")));
    }
}
