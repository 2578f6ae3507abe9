//! What a source is told of the last good pull, so that it need not read again what has not changed.

use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::plan::{HoldCode, HoldKind};
use crate::domain::snapshot::SourceFacts;
use crate::ports::source::KnownRecords;
use crate::store::{Store, StoreError};
use std::collections::HashMap;

/// The current snapshot of employees, without those who are held until the source is corrected: whether they are by now is
/// what the next run is for, whatever the source says of when they changed (PL06).
pub(super) struct Known {
    store: Store,
    connection: ConnectionId,
    facts: Option<SourceFacts>,
    /// Codes whose people are read anew.
    waits: Vec<HoldCode>,
}

impl Known {
    pub(super) async fn of(store: &Store, connection: ConnectionId) -> Result<Self, StoreError> {
        let facts = match store.source_facts(connection).await {
            // Reading the source again is always right.
            Err(StoreError::Unreadable { .. }) => None,
            facts => facts?,
        };
        Ok(Self { store: store.clone(), connection, facts, waits: waits_for_the_source() })
    }
}

/// Why people are held until the source is corrected.
pub(super) fn waits_for_the_source() -> Vec<HoldCode> {
    let blocked = |code: &HoldCode| code.kind() == HoldKind::Blocked && *code != HoldCode::Limit;
    HoldCode::ALL.into_iter().filter(blocked).collect()
}

#[async_trait::async_trait]
impl KnownRecords for Known {
    async fn raw(&self, ids: &[EmployeeId]) -> HashMap<EmployeeId, serde_json::Value> {
        match self.store.raw_employees(self.connection, ids, &self.waits).await {
            Ok(known) => known,
            Err(error) => {
                // Reading the source again is always right.
                tracing::warn!(%error, "the last pull cannot be read; everything is read anew");
                HashMap::new()
            }
        }
    }

    fn facts(&self) -> Option<&SourceFacts> {
        self.facts.as_ref()
    }
}
