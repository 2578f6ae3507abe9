//! A source: where employees come from. It has no writing method (ALL01).

use super::api::{ApiError, ProbeStep};
use crate::domain::ids::EmployeeId;
use crate::domain::person::Employee;
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use std::collections::HashMap;
use tokio::sync::mpsc;

/// One employee with the vendor's own record, cut to the vendor's allow-list of fields.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRecord {
    pub employee: Employee,
    /// What the vendor sent, without bank, identity-number, nationality and health data.
    pub raw: serde_json::Value,
    /// True when the person is not in the connection's source filter: kept apart, never synced.
    pub out_of_scope: bool,
}

/// What is kept of the last good pull, for a source whose lists tell what has changed since.
#[async_trait::async_trait]
pub trait KnownRecords: Send + Sync {
    /// The raw records of these people, as the client itself gave them then. Those are left out who have to be read anew
    /// in any case: who is not known, and who is held until the source is corrected.
    async fn raw(&self, ids: &[EmployeeId]) -> HashMap<EmployeeId, serde_json::Value>;

    /// What the source said of itself then.
    fn facts(&self) -> Option<&SourceFacts>;
}

/// Knows nobody: everything is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingKnown;

#[async_trait::async_trait]
impl KnownRecords for NothingKnown {
    async fn raw(&self, _ids: &[EmployeeId]) -> HashMap<EmployeeId, serde_json::Value> {
        HashMap::new()
    }

    fn facts(&self) -> Option<&SourceFacts> {
        None
    }
}

/// Reads employees. All calls retry by themselves where the vendor's rules allow it. A run holds it behind `engine::guarded`,
/// which hands on each method by name: a new one with a default goes there too.
#[async_trait::async_trait]
pub trait SourceApi: Send + Sync {
    /// Real calls, cheap ones, in the order of dependence; never fails as a whole.
    async fn probe(&self) -> Vec<ProbeStep>;

    /// Sends every employee, active ones and leavers, into `out`, and tells at the end what the source said of itself.
    /// A record is sent once per id, also one that cannot be read ([`Employee::unreadable`]). The channel is bounded: a
    /// slow reader slows the fetch, memory stays flat. Dropping the future at any moment is safe.
    ///
    /// # Errors
    /// Any [`ApiError`]; then what was sent must not be planned from.
    async fn pull(&self, known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError>;

    /// One person alone, exactly as a pull would give this record; `None` where the source does not know the id any more.
    /// See [`SourceCapabilities::one_person`].
    ///
    /// # Errors
    /// [`ApiError::Unsupported`] where the source, or this record of it, cannot be read without the others; any other.
    ///
    /// [`SourceCapabilities::one_person`]: crate::domain::capabilities::SourceCapabilities::one_person
    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        let _ = id;
        Err(ApiError::Unsupported { what: "a person alone" })
    }

    /// Sends whoever has changed since the cursor, leavers too, and gives the cursor of the next time. The people in `again`
    /// are sent in any case, unless the source does not know them any more. A record is sent once per id, as a pull would give
    /// it. Whoever is not sent has not changed; nobody is gone by that.
    ///
    /// The cursor lies before the moment at which the reading began: who changes meanwhile is sent once more. See
    /// [`SourceCapabilities::changes`].
    ///
    /// # Errors
    /// [`ApiError::Unsupported`] where the source does not tell, or cannot tell all; any other. Then what was sent must not be
    /// planned from, and the old cursor stays good.
    ///
    /// [`SourceCapabilities::changes`]: crate::domain::capabilities::SourceCapabilities::changes
    async fn changed_since(
        &self,
        cursor: &Cursor,
        again: &[EmployeeId],
        out: mpsc::Sender<SourceRecord>,
    ) -> Result<Cursor, ApiError> {
        let _ = (cursor, again, out);
        Err(ApiError::Unsupported { what: "what has changed" })
    }
}
