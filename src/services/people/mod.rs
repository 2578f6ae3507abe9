//! People: who is meant, and where they stand in words that lists and files share.

pub mod list;

use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::OperationKind;
use crate::domain::run::OperationState;
use crate::engine::Engine;
use crate::store::views::{PersonRow, PersonState};

/// The employees of the last pull with these ids or identifiers, as an operator types them.
///
/// # Errors
/// [`ServiceError::NoEmployee`] for the first that nobody has; the store's.
pub async fn named(
    engine: &Engine,
    connection: &Connection,
    names: &[String],
) -> Result<Vec<EmployeeId>, ServiceError> {
    let found = engine.store.employees_named(connection.id, names.to_vec()).await?;
    let missing =
        |name: &String| ServiceError::NoEmployee { tenant: connection.tenant_name.clone(), name: name.clone() };
    names.iter().zip(found).map(|(name, found)| found.ok_or_else(|| missing(name))).collect()
}

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
        OperationState::SetAside => format!("{word}, skipped"),
    }
}
