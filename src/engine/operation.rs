//! From a planned operation to the write that carries it out.

use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{OptionKey, UserId};
use crate::domain::person::{Person, User};
use crate::domain::plan::{Operation, OperationKind};
use crate::planning::{Drift, still_holds};
use crate::ports::destination::{Learnt, Write};

/// What kept an operation from becoming a write: the plan line lacks what its kind needs, or the live record is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan line cannot be carried out: {0}")]
pub struct Unwritable(&'static str);

/// The write of an operation, given the live record of its user.
///
/// # Errors
/// [`Unwritable`] when the operation lacks an identifier, a user or the live record that its kind needs.
pub fn write_of(operation: &Operation, live: Option<&User>) -> Result<Write, Unwritable> {
    let identifier = || operation.identifier.clone().ok_or(Unwritable("it has no identifier"));
    let current = || live.cloned().map(Box::new).ok_or(Unwritable("the user is not there"));
    Ok(match operation.kind {
        OperationKind::CreateOption => Write::CreateOption {
            list: operation.list.ok_or(Unwritable("it names no list of options"))?,
            name: operation
                .fields
                .first()
                .and_then(|change| change.to.clone())
                .ok_or(Unwritable("it names no option"))?,
        },
        OperationKind::Create => Write::Create {
            identifier: identifier()?,
            person: person_of(&operation.fields),
            access_profile: value_of(&operation.fields, Field::AccessProfile),
        },
        OperationKind::Update | OperationKind::SetManager => {
            Write::Update { identifier: identifier()?, current: current()?, changes: operation.fields.clone() }
        }
        OperationKind::Link => Write::SetIdentifier {
            user: operation.user.clone().ok_or(Unwritable("it names no user"))?,
            current: current()?,
            identifier: identifier()?,
        },
        OperationKind::Deactivate => Write::Deactivate {
            identifier: identifier()?,
            current: current()?,
            end_date: value_of(&operation.fields, Field::EndDate).and_then(|date| date.parse().ok()),
        },
        OperationKind::Reactivate => {
            Write::Reactivate { identifier: identifier()?, current: current()?, changes: operation.fields.clone() }
        }
        OperationKind::RemoveOption => Write::RemoveOption {
            list: operation.list.ok_or(Unwritable("it names no list of options"))?,
            key: removed_option(operation).ok_or(Unwritable("it names no option"))?,
        },
        OperationKind::Invite => return Err(Unwritable("no destination of this build takes it")),
    })
}

/// A line without the fields that the destination was seen not to keep: they are neither sent nor waited for.
pub fn as_kept(operation: Operation, learnt: &Learnt) -> Operation {
    if learnt.not_kept.is_empty() {
        return operation;
    }
    let fields = operation.fields.into_iter().filter(|change| !learnt.not_kept.contains(&change.field)).collect();
    Operation { fields, ..operation }
}

/// Whether a line of this kind switches a user on or off.
pub fn switches_a_user(kind: OperationKind) -> bool {
    matches!(kind, OperationKind::Deactivate | OperationKind::Reactivate)
}

/// The option that a line removes.
pub fn removed_option(operation: &Operation) -> Option<OptionKey> {
    operation.fields.first().and_then(|change| change.from.as_deref()).map(OptionKey::new)
}

/// The person that a create line describes.
pub fn person_of(fields: &[FieldChange]) -> Person {
    let mut person = Person::default();
    for change in fields.iter().filter(|change| change.field != Field::AccessProfile) {
        // What is no part of a person stands in the write beside it.
        let _ = person.set(change.field, change.to.as_deref());
    }
    person
}

/// What the user looks like once the operation has taken effect.
pub fn user_after(operation: &Operation, before: Option<&User>, answered: Option<UserId>) -> Option<User> {
    let mut user = match before {
        Some(user) => user.clone(),
        None => User::new(answered.or_else(|| operation.user.clone())?),
    };
    for change in &operation.fields {
        if let Err(error) = user.set(change.field, change.to.as_deref()) {
            tracing::warn!(%error, "a value that was written is not kept");
        }
    }
    match operation.kind {
        OperationKind::Create | OperationKind::Link => user.identifier.clone_from(&operation.identifier),
        OperationKind::Deactivate => user.status = user.status.written(false),
        OperationKind::Reactivate => user.status = user.status.written(true),
        _ => {}
    }
    Some(user)
}

fn value_of(fields: &[FieldChange], field: Field) -> Option<String> {
    fields.iter().find(|change| change.field == field).and_then(|change| change.to.clone())
}

/// How an operation stands against the live record just read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriftCheck {
    /// It may be written.
    Open,
    /// The destination holds already what it would write.
    Done,
    /// The record has moved since the plan.
    Moved(Drift),
}

/// Compares an operation with the live record; options have none and are always open.
pub fn drift_check(operation: &Operation, live: Option<&User>) -> DriftCheck {
    match still_holds(operation, live) {
        Ok(()) => DriftCheck::Open,
        Err(Drift::AlreadyDone) => DriftCheck::Done,
        Err(drift) => DriftCheck::Moved(drift),
    }
}
