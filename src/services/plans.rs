//! Plans that follow what an operator changes.

use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::plan::{HoldKind, Plan};
use crate::engine::Engine;
use crate::engine::plan::SavedPlan;

/// The plan after a change, beside the one before.
#[derive(Clone, Debug)]
pub struct Replanned {
    pub plan: Plan,
    /// People whom the plan before blocked, and this one.
    pub blocked: (u32, u32),
}

/// Makes a numbered plan from what the store holds; nothing is fetched.
///
/// # Errors
/// Only the store's.
pub async fn make(engine: &Engine, connection: &Connection) -> Result<SavedPlan, ServiceError> {
    Ok(engine.plan(connection, None).await?)
}

/// Has every figure follow what was changed: a what-if from what the store holds, without a number.
///
/// # Errors
/// Only the store's.
pub async fn what_if(engine: &Engine, connection: &Connection) -> Result<Plan, ServiceError> {
    Ok(engine.replan(connection).await?)
}

/// Plans again after a change, from what the store holds, so that every figure follows at once; nothing is fetched. `None`
/// where there is no plan yet: the first one is made by a preview.
///
/// # Errors
/// Only the store's.
pub async fn follow(engine: &Engine, connection: &Connection) -> Result<Option<Replanned>, ServiceError> {
    let Some(before) = engine.store.latest_plan(connection.id).await? else { return Ok(None) };
    let plan = engine.replan(connection).await?;
    let blocked = (before.blocked, plan.held(HoldKind::Blocked));
    Ok(Some(Replanned { plan, blocked }))
}
