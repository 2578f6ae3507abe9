//! Mapal OS, a source, in two ways: the list of its users, as a file; and, where an address is set, over REST.
//!
//! **The list** (`list.rs`) is what is documented. Facts: `docs/vendors.md` and mapal-os.md. There is no public API for employees
//! or users; there is the template *Add list of users* (KA-01481) and the export of the list of users. What is relied on:
//!
//! - the ten columns, read by their heads, never by their places: two editions of the article order them differently (doc);
//! - *External Identifier* is the key; a record with the key of another one overwrites it, so that two of them in one list hold
//!   both (MA03) (doc; article);
//! - *Business Unit ID* is the unit's Feed ID in the newer article, the OS ID in an older one: it is taken as it comes, and a table
//!   leads from it to the destination's branch (doc);
//! - *Status* is `Active` or `Inactive`, *Start Date* `DD/MM/YYYY` (doc); neither an end date nor a birth date nor a manager is in it;
//! - delimiter and encoding are not told: whatever the reader of people files understands (assumed).
//!
//! **REST is assumed from end to end** (mapal-os.md 5.7): nobody publishes such an API, and nothing of it was ever called. Every path,
//! parameter, member, code and error of `client.rs`, `token.rs` and `wire.rs` is **assumed**, and is corrected there once Mapal hands
//! out a reference. What the assumptions lean on:
//!
//! - `POST {login}/connect/token`, an hour's life: as Mapal's Sales API does it (doc, of another API); client credentials or password;
//! - `GET tenant` says whose the token is; errors 400, 401, 404 (tenant), 429, 500 with `{"code","message"}`;
//! - employees by page with a total, active or not, and with `modifiedSince` those who have changed;
//! - the OS ID is the record's own and stays; the External ID ties people to users, and means what the customer's HR system put
//!   there (article): two records of the same are held both (MA03), whoever has none is held;
//! - the business unit comes by its Feed ID, as in the list, so that a mapping table serves both ways (doc, of the list);
//! - names of units, titles and departments are compared exactly (doc);
//! - `Active` and `Inactive` are the only statuses (doc, of the list); any other word is held;
//! - the Feed Log has an error for whoever did not get into Mapal OS (doc, of its screen): how many is told.
//!
//! There are no webhooks: it is polled (inferred).

mod client;
mod fields;
mod list;
mod map;
mod probe;
mod pull;
mod token;
mod wire;

use super::people_file::{self, COLUMNS, FILE, STATUSES};
use crate::domain::capabilities::{ParameterSpec, Quota, SourceCapabilities};
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::source::{KnownRecords, SourceApi, SourceRecord};
use crate::vendors::http::keys;
use client::MapalOs;
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// As errors and screens name it.
const NAME: &str = "Mapal OS";

/// Parameter key: with an address it is read over REST, without one from the file.
const BASE_URL: &str = "base_url";
const LOGIN_URL: &str = "login_url";
const CLIENT_ID: &str = "client_id";
const CLIENT_SECRET: &str = "client_secret";
const USER: &str = "user";
const PASSWORD: &str = "password";
/// Parameter key: which member becomes the identifier.
const IDENTIFIER: &str = "identifier";

/// No limit is published (assumed).
const QUOTAS: &[Quota] = &[Quota { requests: 5, seconds: 1 }];

/// What an operator has to know before connecting it over REST.
const ASSUMED: &str =
    "Mapal publishes no API for employees: each call of this client is assumed, and none was ever made to Mapal OS";

/// Both ways show every parameter, so that a tenant can go over from the one to the other step by step.
const fn parameters(rest: bool) -> [ParameterSpec; 11] {
    const fn plain(key: &'static str, label: &'static str, hint: &'static str) -> ParameterSpec {
        ParameterSpec { key, label, secret: false, required: false, hint }
    }
    const fn secret(key: &'static str, label: &'static str, hint: &'static str) -> ParameterSpec {
        ParameterSpec { key, label, secret: true, required: false, hint }
    }
    let file = if rest {
        "not read while an address is set"
    } else {
        "Mapal OS › User management › Users › export, or the file that feeds it; of a folder the newest"
    };
    [
        ParameterSpec { required: !rest, ..plain(FILE, "Export or folder", file) },
        plain(COLUMNS, "Columns", "blank: those of the template Add list of users; else id=External Identifier, …"),
        plain(
            STATUSES,
            "Status words",
            "of the list: what words other than Active and Inactive mean: Not started yet=active",
        ),
        plain(
            BASE_URL,
            "REST address",
            "blank: by the file; the REST contract is assumed, Mapal publishes none: ask Mapal's staff",
        ),
        plain(LOGIN_URL, "Login address", "REST, assumed; blank: https://login.mapal-os.com"),
        plain(
            CLIENT_ID,
            "Client ID",
            "REST, assumed; from Mapal's staff, with the secret; with a user it may be blank",
        ),
        secret(CLIENT_SECRET, "Client secret", "REST, assumed; from Mapal's staff, with the Client ID"),
        plain(USER, "User", "REST, assumed; blank: the client signs in for itself"),
        secret(PASSWORD, "Password", "REST, assumed; of the user, where there is one"),
        plain(IDENTIFIER, "Identifier", "REST: blank: externalId, who has none is held; or: osId, Mapal's own"),
        plain(keys::REQUESTS_PER_SECOND, "Requests per second", "REST: blank: 5; Mapal names no limit"),
    ]
}

static LIST_PARAMETERS: [ParameterSpec; 11] = parameters(false);
static REST_PARAMETERS: [ParameterSpec; 11] = parameters(true);

const BOTH: SourceCapabilities = SourceCapabilities {
    key: "mapal-os",
    name: NAME,
    parameters: &[],
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::Status,
    ],
    field_map: people_file::FIELD_MAP,
    custom_fields: true,
    one_person: false,
    changes: false,
    shows_leavers: true,
    rotating: &[],
    quotas: &[],
    archived_remedy: "User management › Users › export",
};

/// What Mapal OS can do by its list.
pub static CAPABILITIES: SourceCapabilities = SourceCapabilities { parameters: &LIST_PARAMETERS, ..BOTH };

/// What it could do over the assumed REST contract.
static REST: SourceCapabilities = SourceCapabilities {
    parameters: &REST_PARAMETERS,
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::EndDate,
        Field::Phone,
        Field::Status,
    ],
    one_person: true,
    changes: true,
    quotas: QUOTAS,
    archived_remedy: "User management › Users",
    ..BOTH
};

/// What it can do with these parameters.
pub fn capabilities(parameters: &BTreeMap<String, String>) -> &'static SourceCapabilities {
    let is_rest = parameters.get(BASE_URL).is_some_and(|address| !address.trim().is_empty());
    if is_rest { &REST } else { &CAPABILITIES }
}

#[async_trait::async_trait]
impl SourceApi for MapalOs {
    async fn probe(&self) -> Vec<ProbeStep> {
        probe::run(self).await
    }

    /// A page has everything of its people: there is nothing that could be taken over.
    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        pull::run(self, &out).await
    }

    async fn one(&self, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
        let mapper = self.mapper.get_or_try_init(|| self.new_mapper()).await?;
        match self.employee(id).await? {
            Some(raw) => pull::alone(mapper, id, &raw).map(Some),
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

/// Builds a source; opens nothing and sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
    match parts.parameter(BASE_URL) {
        Some(_) => Ok(Box::new(MapalOs::new(&parts)?)),
        None => list::connect(parts),
    }
}

#[cfg(test)]
mod tests;
