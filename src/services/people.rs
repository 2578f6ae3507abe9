//! Where people stand, in words that lists and files share.

use crate::domain::plan::OperationKind;
use crate::domain::run::OperationState;
use crate::store::views::{PersonRow, PersonState};

/// Where a person stands: `linked`, `update, written`, the reason of a hold.
#[must_use]
pub fn state_words(row: &PersonRow) -> String {
    match row.state {
        PersonState::OutOfScope => "out of scope".to_owned(),
        PersonState::Held(code) => code.words().to_owned(),
        PersonState::Change(kind, state) => change_words(kind, state),
        PersonState::Linked if row.status == "ended" => "leaver, linked".to_owned(),
        PersonState::Linked => "linked".to_owned(),
        PersonState::NotLinked if row.status == "ended" => "leaver".to_owned(),
        PersonState::NotLinked => "not linked".to_owned(),
        PersonState::UserOnly if row.status == "inactive" => "no employee, inactive".to_owned(),
        PersonState::UserOnly => "no employee".to_owned(),
    }
}

/// What is done for a person, and how far it is: `update, refused`.
#[must_use]
pub fn change_words(operation: OperationKind, state: OperationState) -> String {
    let word = operation.words();
    match state {
        OperationState::Pending => word.to_owned(),
        OperationState::Sent => format!("{word}, sent"),
        OperationState::Written => format!("{word}, written"),
        OperationState::Confirmed => format!("{word}, confirmed"),
        OperationState::Failed => format!("{word}, refused"),
        OperationState::Unknown => format!("{word}, no answer"),
        OperationState::SetAside => format!("{word}, set aside"),
    }
}
