//! Whether an operation may still be written, by the live record just read.

use crate::domain::drift::{Cause, Moved, MovedBy, Now};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::UserId;
use crate::domain::person::{Unreadable, User, UserStatus};
use crate::domain::plan::{Operation, OperationKind};

/// Why an operation is set aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Drift {
    /// No drift but no work either: the destination holds already what would be written.
    #[error("the destination holds this already")]
    AlreadyDone,
    #[error("user {0} carries this identifier by now")]
    Appeared(UserId),
    #[error("the user is gone from the destination")]
    Gone,
    #[error("the user's identifier has been changed since the plan was made")]
    IdentifierMoved,
    #[error("{} has been changed in the destination since the plan was made", .0.words())]
    FieldMoved(Field),
    #[error("the user has been switched on or off in the destination since the plan was made")]
    StatusMoved,
    #[error("the user's status in the destination is `{0}` by now, which says neither active nor inactive")]
    StatusUnclear(String),
    #[error("the user's record in the destination cannot be read by now: {}", .0.what)]
    Unreadable(Unreadable),
}

impl Drift {
    /// What is kept of it, beside the live record that showed it.
    #[must_use]
    pub fn moved(&self, operation: &Operation, live: Option<&User>) -> Moved {
        let mut now = live.map(|user| as_of(operation, user)).unwrap_or_default();
        let (cause, also) = match self {
            Drift::AlreadyDone => (Cause::AlreadyThere, None),
            Drift::Appeared(_) => (Cause::Appeared, None),
            Drift::Gone => (Cause::Gone, None),
            Drift::IdentifierMoved => (Cause::Identifier, Some(Field::Identifier)),
            Drift::FieldMoved(_) => (Cause::Values, None),
            Drift::StatusMoved | Drift::StatusUnclear(_) => (Cause::Status, Some(Field::Status)),
            Drift::Unreadable(_) => (Cause::Unread, None),
        };
        if let (Some(field), Some(user)) = (also, live) {
            now.retain(|one| one.field != field);
            let value = match field {
                Field::Status => Some(user.status.key().to_owned()),
                field => user.value(field).map(Into::into),
            };
            now.push(Now { field, value, moved: true });
        }
        Moved { cause, by: MovedBy::Destination, now }
    }
}

/// The fields of a line as a user has them; whichever is not as the line expects it has moved.
#[must_use]
pub fn as_of(operation: &Operation, user: &User) -> Vec<Now> {
    let fields = operation.fields.iter().map(|change| Now {
        field: change.field,
        value: user.value(change.field).map(Into::into),
        moved: !holds(user, change, change.from.as_deref()),
    });
    fields.collect()
}

/// Decides from the live record whether an operation still does what the plan says. `live` is the user that the operation names, by
/// id, as just read; for a create the user who carries its identifier, if any. Of others who have appeared
/// [`Appeared`](super::appeared::Appeared) tells; that an e-mail is taken where it must be unique, the destination.
///
/// # Errors
/// [`Drift`]; of these `AlreadyDone` means that it counts as confirmed and nothing is sent.
pub fn still_holds(operation: &Operation, live: Option<&User>) -> Result<(), Drift> {
    match operation.kind {
        OperationKind::Create => create(operation, live),
        OperationKind::Link => {
            let user = usable(live.ok_or(Drift::Gone)?)?;
            fields(operation, user).map_err(|drift| match drift {
                Drift::FieldMoved(_) => Drift::IdentifierMoved,
                other => other,
            })
        }
        OperationKind::Update | OperationKind::SetManager => {
            let user = carrying(operation, live)?;
            if user.status.is_inactive() {
                return Err(Drift::StatusMoved);
            }
            fields(operation, user)
        }
        OperationKind::Deactivate => {
            let user = carrying(operation, live)?;
            if user.status.is_inactive() { Err(Drift::AlreadyDone) } else { unmoved(operation, user) }
        }
        OperationKind::Reactivate => {
            let user = carrying(operation, live)?;
            if user.status.is_active() {
                return Err(if written(operation, user) { Drift::AlreadyDone } else { Drift::StatusMoved });
            }
            unmoved(operation, user)
        }
        // Options have no live record of a person; the destination's own answer tells.
        OperationKind::CreateOption | OperationKind::RemoveOption | OperationKind::Invite => Ok(()),
    }
}

fn create(operation: &Operation, live: Option<&User>) -> Result<(), Drift> {
    match live {
        Some(user) if user.unreadable.is_none() && user.status.is_active() && written(operation, user) => {
            Err(Drift::AlreadyDone)
        }
        Some(user) => Err(Drift::Appeared(user.id.clone())),
        None => Ok(()),
    }
}

/// The user, if it still carries the identifier that the operation is for, and is the one whom the plan saw with it.
fn carrying<'a>(operation: &Operation, live: Option<&'a User>) -> Result<&'a User, Drift> {
    let user = live.ok_or(Drift::Gone)?;
    // First: an identifier that cannot be read has not been seen to move.
    let user = usable(user)?;
    let is_meant = operation.user.as_ref().is_none_or(|id| *id == user.id);
    if is_meant && user.identifier == operation.identifier { Ok(user) } else { Err(Drift::IdentifierMoved) }
}

/// The user, if anything may be written to it.
fn usable(user: &User) -> Result<&User, Drift> {
    if let Some(unreadable) = &user.unreadable {
        return Err(Drift::Unreadable(unreadable.clone()));
    }
    match &user.status {
        UserStatus::Active | UserStatus::Inactive | UserStatus::Unshown { .. } => Ok(user),
        UserStatus::Unclear(word) => Err(Drift::StatusUnclear(word.clone())),
    }
}

fn holds(user: &User, change: &FieldChange, value: Option<&str>) -> bool {
    change.field.is_same(user.value(change.field).as_deref(), value)
}

fn written(operation: &Operation, user: &User) -> bool {
    operation.fields.iter().all(|change| holds(user, change, change.to.as_deref()))
}

fn unmoved(operation: &Operation, user: &User) -> Result<(), Drift> {
    match operation
        .fields
        .iter()
        .find(|change| !holds(user, change, change.from.as_deref()) && !holds(user, change, change.to.as_deref()))
    {
        Some(change) => Err(Drift::FieldMoved(change.field)),
        None => Ok(()),
    }
}

fn fields(operation: &Operation, user: &User) -> Result<(), Drift> {
    if written(operation, user) {
        return Err(Drift::AlreadyDone);
    }
    match operation.fields.iter().find(|change| !holds(user, change, change.from.as_deref())) {
        Some(change) => Err(Drift::FieldMoved(change.field)),
        None => Ok(()),
    }
}
