//! One applier per tenant across processes: the lease of a run, renewed while it works, and the watch for what other processes
//! ask of it.

use super::Engine;
use super::error::EngineError;
use super::run_control::{LOOK_GAP, RunControl, StopCause};
use crate::domain::connection::Connection;
use crate::store::{Holder, LeaseToken, Store, StoreError, WritePermit};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;

/// A lease lives 30 s without renewal; renewed this often it survives two missed turns.
const LEASE_RENEWAL: Duration = Duration::from_secs(10);

/// What a lease is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Only reads: a tenant that is off can be looked at.
    Preview,
    Sync,
    Resume,
    Remove,
    Forget,
    Revoke,
}

impl Purpose {
    fn words(self) -> &'static str {
        match self {
            Purpose::Preview => "preview",
            Purpose::Sync => "sync",
            Purpose::Resume => "resume",
            Purpose::Remove => "removal",
            Purpose::Forget => "forgetting",
            Purpose::Revoke => "revocation",
        }
    }

    /// Whether it works on a tenant that is not live.
    fn minds_status(self) -> bool {
        matches!(self, Purpose::Sync | Purpose::Resume)
    }

    /// Whether this is what a holder does.
    pub(super) fn is_of(self, holder: &Holder) -> bool {
        holder.what.split(' ').next() == Some(self.words())
    }
}

impl Engine {
    /// Takes the right to work on this tenant and keeps it while the lease lives.
    pub(super) async fn lease(
        &self,
        connection: &Connection,
        purpose: Purpose,
        control: &RunControl,
    ) -> Result<Lease, EngineError> {
        let holder = Holder {
            pid: self.process.pid,
            host: self.process.host.clone(),
            start: self.process.start.clone(),
            what: format!("{} by {}", purpose.words(), self.operator),
        };
        let token = self.store.acquire_lease(connection.id, holder).await?;
        let watch = tokio::spawn(watch(self.store.clone(), token, purpose, control.clone()));
        Ok(Lease {
            engine: Engine { store: self.store.under_lease(token), ..self.clone() },
            control: control.under(&self.store, token),
            store: self.store.clone(),
            token: Some(token),
            _watch: AbortOnDropHandle::new(watch),
        })
    }
}

/// Renews the lease, and steers the run by what the file says: also while it reads, waits or computes.
async fn watch(store: Store, token: LeaseToken, purpose: Purpose, control: RunControl) {
    let mut looks = tokio::time::interval(LOOK_GAP);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut renewed = Instant::now();
    let mut paused_from_outside = false;
    loop {
        looks.tick().await;
        if renewed.elapsed() >= LEASE_RENEWAL {
            match store.renew_lease(token).await {
                Ok(()) => renewed = Instant::now(),
                // What it was lost to is told below.
                Err(StoreError::LeaseLost) => {}
                // A disk that is full for a moment is no reason to stop; a lease that runs out is told below.
                Err(error) => tracing::warn!(%error, "the lease could not be renewed"),
            }
        }
        let cause = match store.write_permit(token).await {
            Ok(WritePermit::NotLive { .. }) if !purpose.minds_status() => continue,
            Ok(permit @ (WritePermit::Granted | WritePermit::Paused { .. })) => {
                let paused = permit != WritePermit::Granted;
                if paused != paused_from_outside {
                    paused_from_outside = paused;
                    control.pause(paused);
                }
                continue;
            }
            Ok(WritePermit::Stopped { by }) => StopCause::Operator { by: Some(by) },
            Ok(denied) => StopCause::Denied(denied),
            Err(error) => {
                // Each write asks for itself; a run that only reads may see it through.
                tracing::warn!(%error, "what other processes ask of the run could not be read");
                continue;
            }
        };
        let over = cause.is_overtaken();
        if !control.is_stopped() {
            tracing::warn!(cause = cause.words(), "the run is told to stop");
        }
        control.halt(cause);
        if over {
            return;
        }
    }
}

/// The right to work on one tenant.
pub(super) struct Lease {
    /// The engine whatever is kept by which is kept only while the lease is held.
    pub engine: Engine,
    /// The run's control, with the permit to write.
    pub control: RunControl,
    store: Store,
    token: Option<LeaseToken>,
    _watch: AbortOnDropHandle<()>,
}

impl Lease {
    /// Ends a piece of work under the lease and gives it back. Work that could not be kept because the lease was lost is
    /// told by what it was lost to.
    pub(super) async fn ends<T>(mut self, work: Result<T, EngineError>) -> Result<T, EngineError> {
        let lost = matches!(&work, Err(EngineError::Store(StoreError::LeaseLost | StoreError::Missing { .. })));
        let Some(token) = self.token.take() else { return work };
        if lost
            && let Ok(denied @ (WritePermit::LeaseLost { .. } | WritePermit::Removed)) =
                self.store.write_permit(token).await
        {
            return Err(EngineError::Halted(StopCause::Denied(denied)));
        }
        self.store.release_lease(token).await?;
        work
    }
}

impl Drop for Lease {
    /// A run that ended by a defect holds nothing up.
    fn drop(&mut self) {
        let (Some(token), Ok(runtime)) = (self.token.take(), tokio::runtime::Handle::try_current()) else { return };
        let store = self.store.clone();
        runtime.spawn(async move {
            if let Err(error) = store.release_lease(token).await {
                tracing::warn!(%error, "a lease could not be given back; it runs out by itself");
            }
        });
    }
}
