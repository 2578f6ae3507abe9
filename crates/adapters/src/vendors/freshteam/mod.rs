//! Freshteam (Freshworks), a source: employees by its API, read only. The product is closing, which the connection test says.
//!
//! What the client relies on, by the marks of freshteam.md (*doc* the reference, *client* Freshworks' own SDK and public
//! clients, *inferred*):
//!
//! - A static key as bearer token, which carries the rights of its user's role (doc).
//! - Pages of 50, told of in the headers `total-pages` and `total-objects` (doc); without them a page that is not full is the
//!   last one (inferred).
//! - The plain list is the active directory (doc). Leavers are asked for apart, by `status=inactive` and by `terminated=true`,
//!   and all are merged by `id` (inferred).
//! - `status` decides: inactive means leaver (doc: the seed integration); so does `deleted` (inferred).
//! - Custom fields are in one person's record only (client), and are asked for where one is mapped; a record whose row of the
//!   list is the same with the same `updated_at` is not asked for again (inferred, checked at each full read:
//!   [`crate::vendors::reuse`]).
//! - `employee_id` may be missing and is not surely unique (inferred): people are known by `id`, and whoever lacks the one is
//!   held.
//!
//! Not read: new hires, time off, and whatever is sensitive (bank, compensation, government documents).

mod client;
mod fields;
mod map;
mod probe;
mod pull;
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
use client::Freshteam;
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "Freshteam";

const SUBDOMAIN: &str = "subdomain";
const API_KEY: &str = "api_key";
/// Parameter key: which member becomes the identifier.
const IDENTIFIER: &str = "identifier";

/// What the plans Growth and Pro allow the smallest account; more with more employees (doc).
const QUOTAS: &[Quota] = &[Quota { requests: 50, seconds: 60 }];

/// What an operator has to know before connecting it (doc).
const CLOSING: &str = "Freshworks closes Freshteam: renewals ended in 2026, and an account's data can be reached for 90 days after its subscription ends (the last in June 2027)";

/// Where an administrator brings a custom field back.
const FIELDS_MENU: &str = "Settings › Employee Fields";

/// What Freshteam can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "freshteam",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: SUBDOMAIN,
            label: "Subdomain",
            secret: false,
            required: true,
            hint: "SUBDOMAIN.freshteam.com, as the browser shows it; the product is closing, data stays for 90 days",
        },
        ParameterSpec {
            key: API_KEY,
            label: "API key",
            secret: true,
            required: true,
            hint: "Freshteam › profile picture › API Settings, of a user whose role sees all employees",
        },
        ParameterSpec {
            key: IDENTIFIER,
            label: "Identifier",
            secret: false,
            required: false,
            hint: "blank: employee_id, who has none is held; or: id, Freshteam's own number",
        },
        ParameterSpec {
            key: "base_url",
            label: "Address",
            secret: false,
            required: false,
            hint: "https://SUBDOMAIN.freshteam.com/api unless it is a sandbox",
        },
        ParameterSpec {
            key: keys::REQUESTS_PER_SECOND,
            label: "Requests per second",
            secret: false,
            required: false,
            hint: "blank: 50 a minute; 3 where the plan allows 180 a minute or more",
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
        Field::Address,
        Field::Postcode,
        Field::Status,
    ],
    field_map: fields::FIELD_MAP,
    custom_fields: true,
    one_person: true,
    changes: true,
    shows_leavers: true,
    rotating: &[],
    quotas: QUOTAS,
    archived_remedy: FIELDS_MENU,
};

#[async_trait::async_trait]
impl SourceApi for Freshteam {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run(self).await
    }

    async fn pull(&self, known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        pull::run(self, known, &out).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        self.check_account()?;
        let mapper = self.mapper.get_or_try_init(|| self.new_mapper()).await?;
        // Who has no number was a row without an id that can be read.
        let Ok(number) = id.as_str().parse::<i64>() else { return Ok(None) };
        match self.detail(number, mapper).await? {
            Some(read) => pull::alone(mapper, number, read).map(Some),
            None => Ok(None),
        }
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
    Ok(Box::new(client::Freshteam::new(&parts)?))
}

#[cfg(test)]
mod tests;
