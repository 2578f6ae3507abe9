//! Rotaready, a source: staff accounts by its API, read only.
//!
//! Rotaready publishes no reference; it gives its documentation with the credentials. What the client relies on, by the marks
//! of rotaready.md (*client* seen in public client code, *doc* the vendor's help pages, *inferred*, *assumed*):
//!
//! - A token for `realm:key:secret` as one Basic header; a life is not told (client). One hour is assumed, and a 401 is
//!   answered by one fresh token.
//! - `GET /staff/account/paginated`, 5 to 50 rows, no total, over with a page that is not full (client). Inactive accounts are
//!   in the same list (inferred). Rotaready's own account, whose first name is `Rotaready`, is one of them (client).
//! - `id`, `firstName`, `lastName`, `flags.active`, `personal.dob`, and the home entity under `appointment`, which shows only
//!   where the API user may *View Everyone* on Employments (client). Every other member is assumed: each may be missing, and
//!   each can be named otherwise (`members.rs`).
//! - Lists of entities and of positions, and one account by its id (assumed): without them names stand in the accounts, and
//!   people are read among all.
//! - The User ID stays with somebody who comes back, and the account is inactive until the first day of the new employment
//!   (doc). Which start date then shows is not said: it is taken as it comes.
//! - Nothing is known of limits (assumed: fewer than 2 calls a second), and of events no more than that there are some: whatever comes
//!   to the secret address leads to a reading of what has changed (`webhook.rs`).

mod client;
mod entities;
mod fields;
mod map;
mod members;
mod probe;
mod pull;
mod token;
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
use client::Rotaready;
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "Rotaready";

const BASE_URL: &str = "https://api.rotaready.com";

const REALM: &str = "realm";
const KEY: &str = "key";
const SECRET: &str = "secret";
/// Parameter key: the sites and departments whose people are synced.
const ENTITIES: &str = "entities";
/// Parameter key: members that this realm calls otherwise than is assumed.
const MEMBERS: &str = "members";
/// Parameter key: what the header `Time-Zone` says.
const TIME_ZONE: &str = "time_zone";

/// Fewer than 2 calls a second (assumed).
const QUOTAS: &[Quota] = &[Quota { requests: 2, seconds: 1 }, Quota { requests: 9, seconds: 5 }];

/// That somebody has changed, whoever it was.
pub const WEBHOOK: crate::vendors::webhook::Webhook =
    crate::vendors::webhook::Webhook { read: webhook::read, signed: false };

/// Who gives credentials and rights.
const SUPPORT: &str = "Rotaready's support team";

/// What Rotaready can do.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities {
    key: "rotaready",
    name: NAME,
    parameters: &[
        ParameterSpec {
            key: REALM,
            label: "Realm ID",
            secret: false,
            required: true,
            hint: "letters and digits; Rotaready's support team sends Realm ID, Key and Secret",
        },
        ParameterSpec {
            key: KEY,
            label: "Key",
            secret: true,
            required: true,
            hint: "from Rotaready's support team; its user needs View Everyone on Employments",
        },
        ParameterSpec {
            key: SECRET,
            label: "Secret",
            secret: true,
            required: true,
            hint: "from Rotaready's support team, with the Key",
        },
        ParameterSpec {
            key: ENTITIES,
            label: "Entities",
            secret: false,
            required: false,
            hint: "only people of these sites or departments, by name or id, commas between; blank: everybody",
        },
        ParameterSpec {
            key: MEMBERS,
            label: "Members",
            secret: false,
            required: false,
            hint: "JSON names that are not as assumed: email=contact.workEmail, start_date=employment.from",
        },
        ParameterSpec {
            key: TIME_ZONE,
            label: "Time zone",
            secret: false,
            required: false,
            hint: "sent as the header Time-Zone, as Europe/London; blank: none",
        },
        ParameterSpec {
            key: "base_url",
            label: "Address",
            secret: false,
            required: false,
            hint: "https://api.rotaready.com unless it is a sandbox",
        },
        ParameterSpec {
            key: keys::REQUESTS_PER_SECOND,
            label: "Requests per second",
            secret: false,
            required: false,
            hint: "blank: 9 in 5 seconds; Rotaready names no limit",
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
    archived_remedy: "Settings › Field map",
};

#[async_trait::async_trait]
impl SourceApi for Rotaready {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run(self).await
    }

    /// The list is read whole each time: no filter by time is known.
    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        pull::run(self, &out).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        self.check_realm()?;
        let mapper = self.mapper.get_or_try_init(|| self.new_mapper()).await?;
        let Some(raw) = self.account(id).await? else { return Ok(None) };
        pull::alone(mapper, id, &raw).map(Some)
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
    Ok(Box::new(client::Rotaready::new(&parts)?))
}

#[cfg(test)]
mod tests;
