//! SCIM 2.0, a destination that many programs are: users by RFC 7643 and 7644, whoever wrote the server (scim.md).
//!
//! Nothing is believed that can be looked at: discovery may be missing (rule 1), a filter's answer is checked here (6), a yes to a
//! write is read back where the answer does not show it (12, 14, 35), and what a server was found to do otherwise is
//! remembered for the connection (`memory`). Writing keeps to the standard, reading does not (32, 33).
//!
//! Departments and titles are plain texts, so that any value is taken. Groups and bulk are not used (25), nobody is deleted (20),
//! and `userName` stays as it is unless the connection says otherwise (18).

mod attributes;
mod change;
mod client;
mod create;
mod discovery;
mod index;
mod memory;
mod options;
mod pages;
mod payload;
mod probe;
mod refusal;
mod resource;
mod switch;

use crate::domain::capabilities::{DestinationCapabilities, ListSpec, ParameterSpec, ReadBack};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::DestinationApi;
use std::collections::BTreeMap;

pub(in crate::vendors) use client::Scim;
pub(in crate::vendors) use options::{Deactivation, Profile};

/// Key in tenant files and in the registry.
pub const KEY: &str = "scim";
/// As errors and screens name it.
pub const NAME: &str = "SCIM";

/// Slack's 180 creations a minute are the tightest that are published; a connection may say more (`assumed` for all others).
const REQUESTS_PER_SECOND: u32 = 5;

/// What is published of no server in particular.
static PROFILE: Profile = Profile {
    name: NAME,
    requests_per_second: REQUESTS_PER_SECOND,
    deactivation: None,
    email_max: 254,
    asks: PARAMETERS,
    said: &[],
};

/// The address, and how to sign in: of every server that speaks SCIM.
pub(in crate::vendors) const BASE_URL: ParameterSpec = ParameterSpec {
    key: options::BASE_URL,
    label: "SCIM base URL",
    secret: false,
    required: true,
    hint: "as the server's administration shows it, up to what stands before /Users (https://…/scim/v2)",
};
pub(in crate::vendors) const TOKEN: ParameterSpec = ParameterSpec {
    key: options::TOKEN,
    label: "Token",
    secret: true,
    required: true,
    hint: "the bearer token for provisioning; of a basic sign-in the password",
};
pub(in crate::vendors) const RATE: ParameterSpec = ParameterSpec {
    key: crate::vendors::http::keys::REQUESTS_PER_SECOND,
    label: "Requests per second",
    secret: false,
    required: false,
    hint: "5 where nothing else is agreed",
};

const PARAMETERS: &[ParameterSpec] = &[
    BASE_URL,
    TOKEN,
    ParameterSpec {
        key: options::USER,
        label: "User",
        secret: false,
        required: false,
        hint: "only for a server with a basic sign-in; blank sends a bearer token",
    },
    ParameterSpec {
        key: options::DEACTIVATION,
        label: "Who is deactivated",
        secret: false,
        required: true,
        hint: "keeps: the user stays there, inactive (most servers); deletes: the user is gone for good (PagerDuty, GitHub organisations)",
    },
    ParameterSpec {
        key: options::IDENTIFIER,
        label: "Identifier stands in",
        secret: false,
        required: false,
        hint: "externalId (blank), or employeeNumber where the server gives externalId to another program",
    },
    ParameterSpec {
        key: options::USER_NAME,
        label: "User name",
        secret: false,
        required: false,
        hint: "of new users: email (blank) or identifier",
    },
    ParameterSpec {
        key: options::RENAME,
        label: "Rename users",
        secret: false,
        required: false,
        hint: "yes changes the user name with the e-mail; many servers refuse that, so blank leaves it",
    },
    ParameterSpec {
        key: options::BRANCH,
        label: "Branch stands in",
        secret: false,
        required: false,
        hint: "division (blank), organization or costCenter",
    },
    RATE,
];

/// A list that takes any text.
const fn text(list: ListKey, word: (&'static str, &'static str), fed_by: Field) -> ListSpec {
    ListSpec { free_text: true, ..ListSpec::new(list, word, fed_by) }
}

const LISTS: &[ListSpec] = &[
    text(ListKey::BRANCH, ("division", "divisions"), Field::Branch),
    text(ListKey::JOB_TITLE, ("title", "titles"), Field::JobTitle),
    text(ListKey::DEPARTMENT, ("department", "departments"), Field::Department),
];

/// What any SCIM server can do; `by_email` where the user name is the e-mail.
pub(in crate::vendors) const fn with_user_names(by_email: bool) -> DestinationCapabilities {
    DestinationCapabilities {
        key: KEY,
        name: NAME,
        parameters: PARAMETERS,
        fields: &[
            Field::Identifier,
            Field::FirstName,
            Field::LastName,
            Field::Email,
            Field::JobTitle,
            Field::Branch,
            Field::Department,
            Field::Manager,
        ],
        custom_fields: false,
        mandatory: if by_email {
            &[Field::FirstName, Field::LastName, Field::Email]
        } else {
            &[Field::FirstName, Field::LastName]
        },
        lists: LISTS,
        identifier_word: "external id",
        // What a text column of such a service commonly holds (`assumed`).
        identifier_max: 255,
        can_link: true,
        can_invite: false,
        // The standard has no word for it (destinations.md 6, 5).
        mails_new_users: false,
        mails_switched_there: false,
        creates_on_start: false,
        // User names are unique (`documented`), so the e-mail is where it is one; also that of somebody who is inactive.
        unique_email: by_email,
        inactive_keep_email: by_email,
        read_back: ReadBack::Readable,
        // Who is made has an id at once; a creation whose answer was lost is refused as a duplicate of its user name.
        shows_within_s: 0,
        requests_per_second: REQUESTS_PER_SECOND,
        concurrency: 4,
        creations_at_once: 1,
        name_rule: None,
        email_max: 254,
    }
}

static BY_EMAIL: DestinationCapabilities = with_user_names(true);
static BY_IDENTIFIER: DestinationCapabilities = with_user_names(false);

/// What SCIM can do with these parameters.
pub fn capabilities(parameters: &BTreeMap<String, String>) -> &'static DestinationCapabilities {
    let by = parameters.get(options::USER_NAME).map(|by| by.trim());
    if by == Some(options::BY_IDENTIFIER) { &BY_IDENTIFIER } else { &BY_EMAIL }
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
    Ok(Box::new(Scim::new(&parts, &PROFILE)?))
}

#[cfg(test)]
mod tests;
