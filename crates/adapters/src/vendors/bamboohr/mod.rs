//! BambooHR, a source: employees by its API, read only.
//!
//! What the client relies on, by the marks of bamboohr.md (*doc* the vendor's reference and SDK, *client* public client code,
//! *inferred*, *assumed*):
//!
//! - An API key as the user of Basic, any password (doc). It sees what the access level of its user shows.
//! - `GET /employees` by cursor lists everybody, also those of whom the key may see nothing, and tells how many there are (doc):
//!   whoever it lists is read, and nobody else. It is asked without filter and order, which would drop people (doc).
//! - The custom report gives the chosen fields of everybody in one answer, active or not (doc). It is called deprecated (doc):
//!   where it is refused or gone, each person is read by id, which has no date of end (inferred). The paged dataset that is to
//!   follow it is not read: its fields have other names, of which few are published (doc).
//! - Members that the key may not see are missing without a word, in the report and by id (doc); the list names them in
//!   `_restrictedFields` (doc). What nobody shows and the report's own `fields` do not name counts as hidden (inferred): it is an
//!   archived field, so that nothing is cleared by it. What one person lacks is hidden where the list says so, or where others
//!   show empty ones (inferred).
//! - `status` is `Active` or `Inactive`, and whoever has not started yet is `Inactive` (doc): only with a termination date is
//!   somebody a leaver (inferred).
//! - Empty dates are `0000-00-00`, null or missing (client).
//! - `supervisorId` or `supervisorEId` is the manager's `id`; clients contradict each other (client). The one whose values are
//!   ids of the list is taken (inferred).
//! - Throttling is 429, until September 2026 503, both with `Retry-After` (doc); 408 is asked again (doc). No limits are
//!   published: fewer than 5 calls a second is assumed.
//! - What has changed is told by id with a time (doc). People who were deleted appear there only (doc): they are missing from the
//!   next whole read, and held.
//!
//! Not read: history tables, photos, and whatever is not mapped.

mod client;
mod details;
mod fields;
mod map;
mod probe;
mod pull;
mod roster;
mod webhook;
mod wire;

use crate::domain::capabilities::{ParameterSpec, Quota, SourceCapabilities};
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::source::{KnownRecords, SourceApi, SourceRecord};
use crate::vendors::http::keys;
use crate::vendors::webhook::Webhook;
use client::BambooHr;
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "BambooHR";

const COMPANY: &str = "company";
const API_KEY: &str = "api_key";
/// Parameter key: which member becomes the identifier.
const IDENTIFIER: &str = "identifier";

/// No limit is published (assumed).
const QUOTAS: &[Quota] = &[Quota { requests: 5, seconds: 1 }];

/// Where an administrator finds what the user of a key may see.
const RIGHTS_MENU: &str = "Settings › Access Levels";

/// What BambooHR can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "bamboohr",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: COMPANY,
            label: "Company",
            secret: false,
            required: true,
            hint: "COMPANY.bamboohr.com, as the browser shows it",
        },
        ParameterSpec {
            key: API_KEY,
            label: "API key",
            secret: true,
            required: true,
            hint: "BambooHR › your name › API Keys, of a user whose access level sees all employees; shown once",
        },
        ParameterSpec {
            key: IDENTIFIER,
            label: "Identifier",
            secret: false,
            required: false,
            hint: "blank: id, BambooHR's own number; or: employeeNumber, who has none is held",
        },
        ParameterSpec {
            key: "base_url",
            label: "Address",
            secret: false,
            required: false,
            hint: "https://COMPANY.bamboohr.com/api/v1 unless it is a sandbox",
        },
        ParameterSpec {
            key: keys::REQUESTS_PER_SECOND,
            label: "Requests per second",
            secret: false,
            required: false,
            hint: "blank: 5; BambooHR names no limit",
        },
    ],
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::KnownAs,
        Field::Email,
        Field::DateOfBirth,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::EndDate,
        Field::Manager,
        Field::Phone,
        Field::Status,
    ],
    field_map: fields::FIELD_MAP,
    custom_fields: true,
    one_person: true,
    changes: true,
    shows_leavers: true,
    rotating: &[],
    quotas: QUOTAS,
    archived_remedy: RIGHTS_MENU,
};

/// How it tells of changes by itself.
pub const WEBHOOK: Webhook = Webhook { read: webhook::read, signed: true };

#[async_trait::async_trait]
impl SourceApi for BambooHr {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run(self).await
    }

    /// One report gives everything: there is nothing that could be taken over.
    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        pull::run(self, &out).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        pull::one(self, id).await
    }

    async fn changed_since(
        &self,
        cursor: &Cursor,
        again: &[EmployeeId],
        out: mpsc::Sender<SourceRecord>,
    ) -> Result<Cursor, ApiError> {
        pull::changed(self, cursor, again, &out).await
    }
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    Ok(Box::new(BambooHr::new(&parts)?))
}

#[cfg(test)]
mod tests;
