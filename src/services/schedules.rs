//! Schedules: when the next runs are, letting one pass, pausing all of them, and the watch that starts them.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::schedule::Slot;
use crate::engine::Engine;
use crate::engine::schedule::watch::{Scheduler, WatchNews};
pub use crate::engine::schedule::{ScheduleStatus, Schedules, Waits, zone_of};
use crate::engine::supervisor::Supervisor;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How the schedules of all tenants stand now.
///
/// # Errors
/// The store's.
pub async fn all(engine: &Engine) -> Result<Schedules, ServiceError> {
    Ok(engine.schedules().await?)
}

/// How the schedule of one tenant stands now.
///
/// # Errors
/// The store's; a tenant that was removed.
pub async fn of(engine: &Engine, connection: &Connection) -> Result<ScheduleStatus, ServiceError> {
    Ok(engine.schedule_of(connection).await?)
}

/// What letting a run pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skip {
    /// The run that is let pass, or is not any more.
    pub slot: Slot,
    pub skipped: bool,
    /// The run after it.
    pub then: Option<Slot>,
}

/// Lets the next run of a tenant pass, or takes that back.
///
/// # Errors
/// Where nothing may be changed; a tenant whose runs are started by hand; a run that has begun meanwhile; the store's.
pub async fn skip(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    skipped: bool,
) -> Result<Skip, ServiceError> {
    access.change()?;
    let standing = of(engine, connection).await?;
    let status =
        |what: &str, remedy| ServiceError::Status { what: format!("{} {what}", connection.tenant_name), remedy };
    let Some(slot) = standing.next else {
        return Err(status("has no next run: its runs are started by hand", "set a schedule under Settings"));
    };
    let wanted = skipped.then_some(slot.at);
    if !engine.store.skip_slot(connection.id, wanted, &access.operator).await? {
        return Err(status("has begun that run already", "look at the runs to come: `onroll schedule list`"));
    }
    Ok(Skip { slot, skipped, then: standing.then })
}

/// Lets the next run of a tenant pass, or, where it is let pass already, takes that back.
///
/// # Errors
/// As [`skip`].
pub async fn toggle_skip(engine: &Engine, access: &Access, connection: &Connection) -> Result<Skip, ServiceError> {
    let is_skipped = of(engine, connection).await?.skipped_by.is_some();
    skip(engine, access, connection, !is_skipped).await
}

/// Pauses the schedules of all tenants, or lets them go on; answers whether that changed anything. What comes meanwhile is not
/// made up for.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn pause_all(engine: &Engine, access: &Access, paused: bool) -> Result<bool, ServiceError> {
    access.change()?;
    Ok(engine.store.pause_schedules(paused, &access.operator).await?)
}

/// The loop that starts what is due, in this process, and what it tells.
///
/// # Errors
/// Where nothing may be sent.
pub fn watch(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
) -> Result<(Scheduler, mpsc::Receiver<WatchNews>), ServiceError> {
    access.change()?;
    Ok(Scheduler::new(engine, Arc::new(supervisor.clone())))
}
