//! Rehearsals: a plan applied to a simulator first, and what came of it, kept with the plan.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::ids::PlanId;
use crate::engine::Engine;
use crate::engine::rehearse::RehearsalProgress;
pub use crate::store::StoredRehearsal;

/// Rehearses a plan and keeps what came of it with the plan; who may change nothing only sees it.
///
/// # Errors
/// A destination without a simulator; the simulator; the store's.
pub async fn rehearse(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    plan: PlanId,
    progress: &RehearsalProgress,
) -> Result<StoredRehearsal, ServiceError> {
    let full = engine.store.plan(plan).await?;
    let rehearsal = engine.rehearse(connection, &full, progress).await?;
    let at = engine.clock.now();
    if access.change().is_ok() {
        let made = (full.hash.as_str(), access.operator.as_str());
        engine.store.keep_rehearsal(connection.id, plan, made, &rehearsal).await?;
    }
    Ok(StoredRehearsal { hash: full.hash, by: access.operator.clone(), at, rehearsal })
}

/// What rehearsing a plan has shown; `None` where it was not rehearsed as it is now.
///
/// # Errors
/// Only the store's.
pub async fn of_plan(engine: &Engine, plan: PlanId) -> Result<Option<StoredRehearsal>, ServiceError> {
    let Some(stored) = engine.store.rehearsal(plan).await? else { return Ok(None) };
    let head = engine.store.plan_head(plan).await?;
    Ok(Some(stored).filter(|stored| stored.hash == head.hash))
}
