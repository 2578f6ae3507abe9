//! Planday, a source: employees by its open HR API (v1.0), read only. Facts: docs of openapi.planday.com.

mod client;
mod fields;
mod known;
mod map;
mod probe;
mod pull;
mod token;
mod wire;

use crate::domain::capabilities::{ParameterSpec, Quota, SourceCapabilities};
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::source::{KnownRecords, SourceApi, SourceRecord};
use client::{Detail, Planday};
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "Planday";

const BASE_URL: &str = "https://openapi.planday.com";
const IDENTITY_URL: &str = "https://id.planday.com";

/// Where an administrator brings a custom field back; `FIELD` stands for its label.
const ARCHIVED_MENU: &str = "Settings › People › Employee form set-up › Archived fields › `FIELD` › Unarchive field";

/// Conventional labels of the three custom drop-downs that customers make for Flow (PL07).
const FIELD_MAP: &[(Field, &str)] = &[
    (Field::JobTitle, "custom:Job title (Flow)"),
    (Field::Branch, "custom:Branch (Flow)"),
    (Field::Department, "custom:Department (Flow)"),
];

/// Parameter key: whether each pull reads every detail (`all`) or takes over what has not changed (`changed`).
const READ_DETAILS: &str = "read_details";

/// Per portal (planday.md 1.8, PD-rate). The answers' headers say so too, and are obeyed where they allow less: an older
/// page says 10 a second.
const QUOTAS: &[Quota] = &[Quota { requests: 20, seconds: 1 }, Quota { requests: 750, seconds: 60 }];

/// What Planday can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "planday",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: "client_id",
            label: "App id",
            secret: false,
            required: true,
            hint: "Planday › Settings › Integrations › API Access › Create App › Authorize",
        },
        ParameterSpec {
            key: token::REFRESH_TOKEN,
            label: "Token",
            secret: true,
            required: true,
            hint: "on the same page, column Token; the app needs the scopes employee:read, department:read and birthdate:read",
        },
        ParameterSpec {
            key: "base_url",
            label: "Address",
            secret: false,
            required: false,
            hint: "https://openapi.planday.com unless it is a sandbox",
        },
        ParameterSpec {
            key: "identity_url",
            label: "Sign-in address",
            secret: false,
            required: false,
            hint: "https://id.planday.com unless it is a sandbox",
        },
        ParameterSpec {
            key: READ_DETAILS,
            label: "Read details",
            secret: false,
            required: false,
            hint: "blank: of whoever changed, of all after 12 hours; or: all",
        },
        ParameterSpec {
            key: crate::vendors::http::keys::REQUESTS_PER_SECOND,
            label: "Requests per second",
            secret: false,
            required: false,
            hint: "blank: 20; 10 leaves the portal's other apps in peace",
        },
    ],
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
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
    field_map: FIELD_MAP,
    custom_fields: true,
    one_person: true,
    changes: false,
    shows_leavers: true,
    rotating: &[token::REFRESH_TOKEN],
    quotas: QUOTAS,
    archived_remedy: "Settings › People › Employee form set-up › Archived fields › Unarchive field",
};

#[async_trait::async_trait]
impl SourceApi for Planday {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run(self).await
    }

    async fn pull(&self, known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        pull::run(self, known, out).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        let mapper = self.mapper.get_or_try_init(|| async { self.mapper_of(&self.portal().await?).await }).await?;
        // Who has no number was a row without an id that can be read.
        let Ok(number) = id.as_str().parse::<i64>() else { return Ok(None) };
        match self.detail(number, &mapper.resolved.members(), true).await? {
            Detail::Read(read) => pull::alone(mapper, *read).map(Some),
            Detail::Unknown(_) => Ok(None),
            Detail::Failed(fault) => Err(fault.error),
        }
    }
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    Ok(Box::new(client::Planday::new(&parts)?))
}

#[cfg(test)]
mod tests;
