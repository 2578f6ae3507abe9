//! What is learnt from rulings: versions of the model, and the sample of pairs that an operator rules blindly.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::engine::Engine;
pub use crate::engine::learning::{ModelState, Proposal};
use crate::engine::plan::SavedPlan;
use crate::store::AuditItem;

/// The versions that there are, and which one is in use.
///
/// # Errors
/// The store's.
pub async fn state(engine: &Engine, connection: &Connection) -> Result<ModelState, ServiceError> {
    Ok(engine.model_state(connection.id).await?)
}

/// What the rulings so far would teach, and whom it would change; `None` where they move nothing. The version that is
/// proposed is kept, so that it can be taken by its number.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn propose(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
) -> Result<Option<Proposal>, ServiceError> {
    access.change()?;
    Ok(engine.propose_model(connection).await?)
}

/// Which version is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The one with this number, or the newest.
    Proposed(Option<u32>),
    /// The one that was in use before, where it has this number.
    Back(Option<u32>),
}

/// Has the matcher use another version; answers its number, and the plan that follows where there is somebody to plan with.
///
/// # Errors
/// Where nothing may be changed; a version that is not there or did not pass its gate; the store's.
pub async fn take(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    take: Take,
) -> Result<(u32, Option<SavedPlan>), ServiceError> {
    access.change()?;
    Ok(match take {
        Take::Proposed(version) => engine.activate_model(connection, version).await?,
        Take::Back(version) => engine.roll_back_model(connection, version).await?,
    })
}

/// Draws pairs by chance, of this share of those who are compared.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn draw_sample(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    share: f64,
) -> Result<Vec<AuditItem>, ServiceError> {
    access.change()?;
    Ok(engine.draw_audit(connection, share).await?)
}

/// Keeps what an operator says of a pair of the sample: one person, two, or (`None`) nothing any more.
///
/// # Errors
/// Where nothing may be changed; a pair that is not there; the store's.
pub async fn rule_sample(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    item: i64,
    same: Option<bool>,
) -> Result<(), ServiceError> {
    access.change()?;
    Ok(engine.store.rule_audit_item(connection.id, item, same, &access.operator).await?)
}
