//! Flow Learning, a destination. Two transports behind one interface:
//!
//! - `http`: the contract of flow-learning.md 3.4. **Flow publishes no API: everything assumed about it sits in
//!   `http`, `lists`, `feed` and `wire`**, and is corrected there once Flow hands out its own.
//! - `csv`: the documented "Add list of users" template, written to a file that an administrator loads (3.3).

mod csv;
mod feed;
mod http;
mod lists;
mod map;
mod probe;
mod wire;

use crate::domain::capabilities::{DestinationCapabilities, ListSpec, ParameterSpec, ReadBack};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::DestinationApi;
use std::collections::BTreeMap;

/// Key in tenant files and in the registry.
pub const KEY: &str = "flow-learning";
/// As errors and screens name it.
pub const NAME: &str = "Flow Learning";

const TRANSPORT: &str = "transport";

const TRANSPORT_SPEC: ParameterSpec = ParameterSpec {
    key: TRANSPORT,
    label: "Transport",
    secret: false,
    required: false,
    hint: "http, or csv: a file for Flow's `Add list of users`",
};

const BRANCHES: ListSpec = ListSpec {
    mandatory: true,
    by_code: true,
    creatable: true,
    ..ListSpec::new(ListKey::BRANCH, ("branch", "branches"), Field::Branch)
};

const DEPARTMENTS: ListSpec = ListSpec {
    unknown_is_dropped: true,
    creatable: true,
    ..ListSpec::new(ListKey::DEPARTMENT, ("department", "departments"), Field::Department)
};

const JOB_TITLES: ListSpec = ListSpec {
    mandatory: true,
    creatable: true,
    ..ListSpec::new(ListKey::JOB_TITLE, ("job title", "job titles"), Field::JobTitle)
};

/// Made in Flow itself.
const PROFILES: ListSpec = ListSpec {
    has_default: true,
    ..ListSpec::new(ListKey::ACCESS_PROFILE, ("user profile", "user profiles"), Field::JobTitle)
};

const LISTS: &[ListSpec] = &[BRANCHES, DEPARTMENTS, JOB_TITLES, PROFILES];

/// A file makes no options.
const FILE_LISTS: &[ListSpec] = &[
    ListSpec { creatable: false, ..BRANCHES },
    ListSpec { creatable: false, ..DEPARTMENTS },
    ListSpec { creatable: false, ..JOB_TITLES },
    PROFILES,
];

const MANDATORY: &[Field] = &[Field::FirstName, Field::LastName, Field::Branch, Field::JobTitle];

/// What Flow can do over HTTP.
pub static HTTP: DestinationCapabilities = DestinationCapabilities {
    key: KEY,
    name: NAME,
    parameters: &[
        TRANSPORT_SPEC,
        ParameterSpec {
            key: "base_url",
            label: "Address",
            secret: false,
            required: true,
            hint: "Flow's support team names it",
        },
        ParameterSpec {
            key: "company_id",
            label: "Company ID",
            secret: false,
            required: true,
            hint: "Flow's support team sends Company ID and Secret on request",
        },
        ParameterSpec {
            key: "secret",
            label: "Secret",
            secret: true,
            required: true,
            hint: "Flow's support team sends Company ID and Secret on request",
        },
        ParameterSpec {
            key: crate::vendors::http::keys::REQUESTS_PER_SECOND,
            label: "Requests per second",
            secret: false,
            required: false,
            hint: "5 where nothing else is agreed",
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
        Field::AccessProfile,
    ],
    custom_fields: false,
    mandatory: MANDATORY,
    lists: LISTS,
    identifier_word: "identifier",
    identifier_max: 64,
    can_link: true,
    can_invite: false,
    mails_new_users: true,
    mails_switched_there: true,
    creates_on_start: false,
    unique_email: true,
    inactive_keep_email: false,
    read_back: ReadBack::Readable,
    // A creation is a PUT by identifier: sent again it makes nobody twice, so nothing waits.
    shows_within_s: 0,
    requests_per_second: 5,
    concurrency: 8,
    creations_at_once: 25,
    name_rule: None,
    email_max: 254,
};

/// What Flow can do by file: the template has no birth date and no end date, and nothing is read back.
pub static CSV: DestinationCapabilities = DestinationCapabilities {
    key: KEY,
    name: NAME,
    parameters: &[
        TRANSPORT_SPEC,
        ParameterSpec {
            key: csv::USERS_FILE,
            label: "Users file",
            secret: false,
            required: true,
            hint: "an export of Flow's users as CSV, in the columns of the template",
        },
        ParameterSpec {
            key: csv::OPTIONS_FILE,
            label: "Options file",
            secret: false,
            required: false,
            hint: "CSV with the columns table, key, name, active: what Flow offers beyond what users have",
        },
    ],
    fields: &[
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::AccessProfile,
    ],
    custom_fields: false,
    mandatory: MANDATORY,
    lists: FILE_LISTS,
    identifier_word: "external identifier",
    identifier_max: 64,
    can_link: false,
    can_invite: false,
    mails_new_users: true,
    mails_switched_there: true,
    creates_on_start: false,
    unique_email: true,
    inactive_keep_email: false,
    read_back: ReadBack::NextExport,
    shows_within_s: 0,
    requests_per_second: 1000,
    concurrency: 1,
    creations_at_once: 1,
    name_rule: None,
    email_max: 254,
};

/// What Flow can do with these parameters.
pub fn capabilities(parameters: &BTreeMap<String, String>) -> &'static DestinationCapabilities {
    if is_csv(parameters) { &CSV } else { &HTTP }
}

fn is_csv(parameters: &BTreeMap<String, String>) -> bool {
    parameters.get(TRANSPORT).is_some_and(|transport| transport.trim().eq_ignore_ascii_case("csv"))
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
    match parts.parameter(TRANSPORT) {
        None | Some("http") => Ok(Box::new(http::FlowHttp::new(&parts)?)),
        Some(_) if is_csv(&parts.parameters) => Ok(Box::new(csv::FlowCsv::new(&parts)?)),
        Some(_) => Err(ApiError::Setup { vendor: NAME, detail: "`transport` must be `http` or `csv`".to_owned() }),
    }
}

#[cfg(test)]
mod tests;
