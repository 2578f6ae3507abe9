//! Undo: the operations that bring back what a run found (ALL12).

use super::hash;
use super::limits;
use crate::domain::field::FieldChange;
use crate::domain::ids::UserId;
use crate::domain::operation::Undo;
use crate::domain::person::{User, UserStatus};
use crate::domain::plan::{Counts, Mails, Operation, OperationKind, Plan};
use crate::domain::settings::Limits;
use std::collections::BTreeSet;

/// One operation that a run has carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    pub operation: Operation,
    /// What the destination held just before; `None` for creations.
    pub before: Option<User>,
    /// The user that was written; for a create the new one.
    pub user: Option<UserId>,
}

/// An operation that cannot be taken back, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Place of the operation in the run.
    pub seq: u32,
    pub kind: OperationKind,
    pub why: String,
}

/// The plan that undoes a run, last write first, and what it cannot undo. `linked` people and `limits` as for any plan:
/// an undo stops at them too.
pub fn inverse(executed: &[Executed], run_limits: &Limits, linked: u32) -> (Plan, Vec<Leftover>) {
    let mut operations = Vec::new();
    let mut leftovers = Vec::new();
    let mut latest_first: Vec<&Executed> = executed.iter().collect();
    latest_first.sort_by_key(|one| std::cmp::Reverse(one.operation.seq));
    for one in latest_first {
        match undo(one) {
            Ok(operation) => operations.extend(operation),
            Err(why) => {
                leftovers.push(Leftover { seq: one.operation.seq, kind: one.operation.kind, why: why.to_owned() })
            }
        }
    }
    for (seq, operation) in operations.iter_mut().enumerate() {
        operation.seq = u32::try_from(seq).unwrap_or(u32::MAX);
    }
    let people: BTreeSet<_> = operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let people = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let plan = Plan {
        hash: hash::of_result("undo", &operations, &[]),
        counts: Counts::of(&operations, 0),
        mails: Mails::default(),
        limits: limits::check(run_limits, &operations, linked, false),
        first_import: false,
        people,
        changed_people: people,
        ignored_leavers: 0,
        future_starters: 0,
        holds: Vec::new(),
        operations,
        doubled: Vec::new(),
        managers_left: Vec::new(),
    };
    (plan, leftovers)
}

fn undo(one: &Executed) -> Result<Option<Operation>, &'static str> {
    let operation = &one.operation;
    match operation.kind.facts().undo {
        Undo::Deactivate => {
            let mut undo = turned(one, OperationKind::Deactivate)?;
            undo.note = Some("was created; deactivated, not deleted".to_owned());
            Ok(Some(undo))
        }
        Undo::Values => {
            let mut undo = turned(one, OperationKind::Update)?;
            undo.fields = back(one, &operation.fields)?;
            Ok(Some(undo).filter(|undo| !undo.fields.is_empty()))
        }
        Undo::Identifier => {
            let fields = back(one, &operation.fields)?;
            if fields.iter().any(|change| change.to.is_none()) {
                return Err("an identifier can be changed but not emptied; take it off in the destination");
            }
            let mut undo = turned(one, OperationKind::Link)?;
            undo.identifier = fields.first().and_then(|change| change.to.as_deref()).map(Into::into);
            undo.fields = fields;
            Ok(Some(undo))
        }
        Undo::Reactivate => was(one, &UserStatus::Active, OperationKind::Reactivate),
        Undo::SwitchOff => was(one, &UserStatus::Inactive, OperationKind::Deactivate),
        Undo::Never(why) => Err(why),
    }
}

/// Back to the status before, with the fields that were written.
fn was(one: &Executed, status: &UserStatus, kind: OperationKind) -> Result<Option<Operation>, &'static str> {
    let before = one.before.as_ref().ok_or("what the destination held before is not known")?;
    match &before.status {
        UserStatus::Unclear(_) => return Err("what status the user had before is not known"),
        held if held != status => return Ok(None),
        _ => {}
    }
    let mut undo = turned(one, kind)?;
    undo.fields = back(one, &one.operation.fields)?;
    Ok(Some(undo))
}

fn turned(one: &Executed, kind: OperationKind) -> Result<Operation, &'static str> {
    let user = one.user.clone().or_else(|| one.operation.user.clone());
    Ok(Operation {
        seq: 0,
        kind,
        employee: one.operation.employee.clone(),
        identifier: one.operation.identifier.clone(),
        user: Some(user.ok_or("the user that was written is not known")?),
        list: None,
        fields: Vec::new(),
        note: None,
    })
}

/// Each change turned round: from what was written to what stood there before.
fn back(one: &Executed, changes: &[FieldChange]) -> Result<Vec<FieldChange>, &'static str> {
    let before = one.before.as_ref().ok_or("what the destination held before is not known")?;
    let turned = changes.iter().map(|change| FieldChange {
        field: change.field,
        from: change.to.clone(),
        to: before.value(change.field).map(std::borrow::Cow::into_owned),
    });
    Ok(turned.filter(|change| change.from != change.to).collect())
}
