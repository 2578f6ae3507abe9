//! One applier per tenant across processes: the lease of a run, renewed while it works.

use super::Engine;
use super::error::EngineError;
use super::progress::RunControl;
use crate::domain::connection::Connection;
use crate::store::{Holder, LeaseToken, Store};
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// A lease lives 30 s without renewal; renewed this often it survives two missed turns.
const LEASE_RENEWAL: Duration = Duration::from_secs(10);

impl Engine {
    /// Takes the right to write for this tenant and keeps it while the guard lives. A lease that is lost to another process
    /// ends the run's writing at once.
    pub(super) async fn lease(
        &self,
        connection: &Connection,
        what: &str,
        control: &RunControl,
    ) -> Result<LeaseGuard, EngineError> {
        let holder = Holder {
            pid: self.process.pid,
            host: self.process.host.clone(),
            start: self.process.start.clone(),
            what: format!("{what} by {}", self.operator),
        };
        let token = self.store.acquire_lease(connection.id, holder, process_is_alive).await?;
        let store = self.store.clone();
        let control = control.clone();
        let renewal = tokio::spawn(async move {
            let mut turns = tokio::time::interval(LEASE_RENEWAL);
            loop {
                turns.tick().await;
                if let Err(error) = store.renew_lease(token).await {
                    tracing::error!(%error, "the lease is lost; the run stops writing");
                    control.interrupt();
                    return;
                }
            }
        });
        Ok(LeaseGuard { store: self.store.clone(), token, _renewal: AbortOnDropHandle::new(renewal) })
    }
}

/// The right to write for one tenant; [`LeaseGuard::release`] gives it back, a drop lets it expire.
pub(super) struct LeaseGuard {
    store: Store,
    token: LeaseToken,
    _renewal: AbortOnDropHandle<()>,
}

impl LeaseGuard {
    /// What the store asks to see before a write.
    pub(super) fn token(&self) -> LeaseToken {
        self.token
    }

    pub(super) async fn release(self) -> Result<(), EngineError> {
        Ok(self.store.release_lease(self.token).await?)
    }
}

/// Whether a process of this machine still runs; where that cannot be told it counts as alive, and its lease simply expires.
fn process_is_alive(holder: &Holder) -> bool {
    let processes = std::path::Path::new("/proc");
    if !processes.join("self").exists() {
        return true;
    }
    let now = super::start_of_process(holder.pid);
    now.is_some_and(|start| holder.start.is_empty() || start == holder.start)
}
