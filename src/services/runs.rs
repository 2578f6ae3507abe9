//! Runs: starting one, and reaching one that is at work.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::run::RunPurpose;
use crate::engine::Engine;
use crate::engine::fetch::FetchPolicy;
use crate::engine::progress::{Reporter, RunControl};
use crate::engine::reach::{Reached, Told};
use crate::engine::run::{RunReport, SyncRequest};

/// What a run is to do.
#[derive(Debug)]
pub enum Job {
    /// Fetch, match and plan; only reads at the vendors.
    Preview(FetchPolicy),
    /// Send a plan.
    Sync(SyncRequest),
    /// Finish an interrupted run under its own approval.
    Resume,
}

impl Job {
    /// What stands in the history.
    #[must_use]
    pub fn purpose(&self) -> RunPurpose {
        match self {
            Job::Preview(_) => RunPurpose::Preview,
            Job::Sync(_) | Job::Resume => RunPurpose::Sync,
        }
    }

    /// Whether something may be sent.
    #[must_use]
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn sends(&self) -> bool {
        match self.purpose() {
            RunPurpose::Preview => false,
            RunPurpose::Sync => true,
        }
    }
}

/// Carries a run out, from its beginning to its end; `None` where there was no interrupted run to finish. A tenant that is
/// off, paused or in preview is refused by the run itself, under its lease and again before each write.
///
/// # Errors
/// Where nothing may be sent; what keeps the run from beginning. What stops it later is its outcome.
pub async fn carry_out(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    job: Job,
    (reporter, control): (&Reporter, &RunControl),
) -> Result<Option<RunReport>, ServiceError> {
    if job.sends() {
        access.change()?;
    }
    Ok(match job {
        Job::Preview(policy) => Some(engine.preview(connection, policy, reporter, control).await?),
        Job::Sync(request) => Some(engine.sync(connection, &request, reporter, control).await?),
        Job::Resume => engine.resume(connection, reporter, control).await?,
    })
}

/// Tells the run that is at work on a tenant, in whatever process, to stop, to pause or to go on. Who may only look steers
/// the runs of the own console, and no others.
///
/// # Errors
/// Where nothing may be changed; when no run is at work; the store's.
pub async fn tell(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    told: Told,
) -> Result<Reached, ServiceError> {
    access.change()?;
    Ok(engine.tell_run(connection, told).await?)
}
