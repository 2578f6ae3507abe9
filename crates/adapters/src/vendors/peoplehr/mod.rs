//! PeopleHR (People HR, of The Access Group), a source: employees by its API, read only.
//!
//! Facts: `docs/vendors.md` and peoplehr.md (its marks in brackets: *doc* the vendor's own, *client* seen in public client
//! code, *inferred*, *assumed*). What the client relies on:
//!
//! - One address, always POST, the key and the `Action` in the body; every answer is 200, good or bad [doc; client].
//! - The list of all employees, leavers asked for: without that they vanish from it [doc; client].
//! - The list by pages (`GetAllEmployeeDetailPaginated`, API v4) is known from one client only. It is tried first; where it
//!   is denied or unknown, which are one answer, the list comes in one piece [client; inferred].
//! - Whose company a key is (`GetCompanyInformation`, v4) (client): asked for where the key may; the type of `CompanyId` is
//!   assumed, so a number or a text is taken.
//!
//! Its notices of changes are read in `webhook` (peoplehr.md 3.7). Not here yet: saved queries.

mod client;
mod fields;
mod map;
mod probe;
mod pull;
mod webhook;
mod wire;

use crate::domain::capabilities::{ParameterSpec, Quota, SourceCapabilities};
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::source::{KnownRecords, SourceApi, SourceRecord};
use crate::vendors::http::keys;
use crate::vendors::webhook::Webhook;
use client::PeopleHr;
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "PeopleHR";

const BASE_URL: &str = "https://api.peoplehr.net";

/// Parameter key of the credential.
const API_KEY: &str = "api_key";
/// Parameter key: the company whose people are synced (PE02).
const COMPANY: &str = "company";

/// The introduction to v3 says 30 a minute for an address; a newer observation, a figure for each company, seen as 60
/// [doc; client]. The smaller one, and a throttled answer is waited out all the same.
const QUOTAS: &[Quota] = &[Quota { requests: 30, seconds: 60 }];

/// What PeopleHR can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "peoplehr",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: API_KEY,
            label: "API key",
            secret: true,
            required: true,
            hint: "PeopleHR › Settings › API › +; tick Employee: Get All Employee Detail (by pages too) and Get Company Information",
        },
        ParameterSpec {
            key: COMPANY,
            label: "Company",
            secret: false,
            required: false,
            hint: "only people of this company, as PeopleHR writes it; blank: everybody",
        },
        ParameterSpec {
            key: "base_url",
            label: "Address",
            secret: false,
            required: false,
            hint: "https://api.peoplehr.net unless it is a sandbox",
        },
        ParameterSpec {
            key: keys::REQUESTS_PER_SECOND,
            label: "Requests per second",
            secret: false,
            required: false,
            hint: "blank: 30 a minute; 1 where the account is allowed 60 a minute",
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
        Field::Status,
    ],
    field_map: fields::FIELD_MAP,
    custom_fields: true,
    one_person: true,
    changes: false,
    shows_leavers: true,
    rotating: &[],
    quotas: QUOTAS,
    archived_remedy: "Settings › API",
};

/// How it tells of changes by itself.
pub const WEBHOOK: Webhook = Webhook { read: webhook::read, signed: false };

#[async_trait::async_trait]
impl SourceApi for PeopleHr {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run(self).await
    }

    /// The list has no modification times: everything is read in each pull.
    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        pull::run(self, &out).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        let Some(raw) = self.by_id(id).await? else { return Ok(None) };
        pull::alone(&self.mapper, id, &raw).map(Some)
    }
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    Ok(Box::new(client::PeopleHr::new(&parts)?))
}

#[cfg(test)]
mod tests;
