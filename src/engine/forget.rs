//! Forget: one person, out of everything that the workspace keeps.

use super::Engine;
use super::error::EngineError;
use super::lease::Purpose;
use super::progress::RunControl;
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::store::{Remembrance, Rewrite};
use jiff::SignedDuration;

impl Engine {
    /// Deletes what is past the retention of a tenant, after a run. What cannot be deleted now is deleted after the next one.
    pub(super) async fn keep_retention(&self, connection: &Connection) {
        let days = SignedDuration::from_hours(24 * i64::from(connection.settings.retention_days));
        let Ok(limit) = self.clock.now().checked_sub(days) else { return };
        let purged = async {
            match self.store.has_older_than(connection.id, limit).await? {
                true => self.store.purge_older_than(connection.id, limit).await,
                false => Ok(0),
            }
        };
        let purged = purged.await;
        self.write_anew().await;
        if let Err(error) = self.store.settle_feed(connection.id).await {
            tracing::warn!(%error, "the feed log is searched more slowly until its index is complete");
        }
        match purged {
            Ok(0) => {}
            Ok(lines) => {
                tracing::info!(tenant = connection.short_name, lines, "feed lines past their retention were deleted")
            }
            Err(error) => tracing::warn!(%error, "what is past its retention could not be deleted"),
        }
    }

    /// Writes the file anew where that is owed and may be done now: of a removal beside which others were at work, or whose
    /// process ended before.
    pub async fn write_anew(&self) {
        match self.store.write_anew().await {
            Ok(Rewrite::Done) => tracing::info!("the workspace was written anew, without what was taken out"),
            Ok(_) => {}
            Err(error) => tracing::warn!(
                %error,
                "the workspace could not be written anew; bytes of what was taken out may stand in it"
            ),
        }
    }

    /// What is kept about a person.
    ///
    /// # Errors
    /// The store's.
    pub async fn remembers(&self, connection: &Connection, employee: &EmployeeId) -> Result<Remembrance, EngineError> {
        Ok(self.store.remembers(connection.id, employee.clone()).await?)
    }

    /// Takes people out of every table, index and snapshot, and out of the file's free pages, all at once: the file is written anew
    /// only once; a large one, beside which others are at work, later ([`Store::rewrite_owed`](crate::store::Store::rewrite_owed)
    /// tells). Answers what there was. No run of the tenant may be at work meanwhile: it would write them down again.
    ///
    /// # Errors
    /// [`LeaseHeld`](crate::store::StoreError::LeaseHeld) while a run is at work; the store's.
    pub async fn forget_people(
        &self,
        connection: &Connection,
        employees: &[EmployeeId],
    ) -> Result<Remembrance, EngineError> {
        let lease = self.lease(connection, Purpose::Forget, &RunControl::default()).await?;
        let forgotten = async {
            let store = &lease.engine.store;
            let (mut before, mut people) = (Remembrance::default(), Vec::new());
            for employee in employees {
                let kept = store.remembers(connection.id, employee.clone()).await?;
                people.push((employee.clone(), kept.user.clone()));
                before = before.and(kept);
            }
            store.forget_people(connection.id, people, &self.operator).await?;
            Ok(before)
        }
        .await;
        lease.ends(forgotten).await
    }
}
