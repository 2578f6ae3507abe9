//! Runs: starting one, and steering one that is at work.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::engine::Engine;
pub use crate::engine::reach::{Reached, Told};
pub use crate::engine::supervisor::{JobEnd, JobHandle, JobNews, LiveJob, Supervisor, Work};
use crate::store::{Ask, RunRow};

/// Starts a run; it goes on by itself, whatever becomes of the handle.
///
/// # Errors
/// Where nothing may be sent; where this process has a run of the tenant already. What keeps the run from beginning is its
/// end, and what stops it later its outcome.
pub fn start(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    connection: &Connection,
    work: Work,
) -> Result<JobHandle, ServiceError> {
    if work.sends() {
        access.change()?;
    }
    Ok(supervisor.start(engine, connection, work)?)
}

/// Tells the run that is at work on a tenant, in whatever process, to stop, to pause or to go on; `None` where it is one of
/// this process, which hears it at once. Who may only look steers those, and no others.
///
/// # Errors
/// Where nothing may be changed; when no run is at work; the store's.
pub async fn steer(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    connection: &Connection,
    told: Told,
) -> Result<Option<Reached>, ServiceError> {
    let (is_own, ask) = match told {
        Told::Stop => (supervisor.stop(connection.id), None),
        Told::Pause => (supervisor.pause(connection.id, true), Some(Some(Ask::Pause))),
        Told::GoOn => (supervisor.pause(connection.id, false), Some(None)),
    };
    if !is_own {
        return tell(engine, access, connection, told).await.map(Some);
    }
    if let Some(ask) = ask {
        // That a run is held stands in the workspace, so that everybody sees it.
        engine.store.ask_holder(connection.id, ask, &access.operator).await?;
    }
    Ok(None)
}

/// Tells the run that is at work on a tenant in another process.
///
/// # Errors
/// As [`steer`].
pub async fn tell(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    told: Told,
) -> Result<Reached, ServiceError> {
    access.change()?;
    Ok(engine.tell_run(connection, told).await?)
}

/// The run that can be gone on with, and whether it was stopped between its waves: then only an operator does so.
///
/// # Errors
/// The store's.
pub async fn unfinished(engine: &Engine, connection: &Connection) -> Result<Option<(RunRow, bool)>, ServiceError> {
    if let Some(open) = engine.store.unfinished_run(connection.id).await? {
        return Ok(Some((open, false)));
    }
    Ok(engine.stopped_in_waves(connection).await?.map(|run| (run, true)))
}
