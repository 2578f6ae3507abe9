//! Learn Amp, a destination: users by numeric id or external id, form bodies, pages told in headers, client-credential tokens
//! with scopes (learn-amp.md 1). Its reference is public, so that most of what is relied on is `documented`; the modules mark
//! what is not.
//!
//! Departments, locations and job titles are plain texts on the user: no call lists them, and any text is taken. What is
//! offered to map to is what users carry (`inferred`); a value that nobody carries yet is sent as it stands.

mod client;
mod map;
mod probe;
mod refusal;
mod teams;
mod token;
mod users;
mod wire;

use crate::domain::capabilities::{DestinationCapabilities, ListSpec, ParameterSpec, ReadBack};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::DestinationApi;
use std::collections::BTreeMap;

/// Key in tenant files and in the registry.
pub const KEY: &str = "learn-amp";
/// As errors and screens name it.
pub const NAME: &str = "Learn Amp";

/// Parameter that says whether new users are invited.
const INVITATIONS: &str = "invitations";
const AT_ONCE: &str = "at_once";
/// Delays the creation itself: no documented call sends an invitation later (`inferred`).
const HIRE_DATE: &str = "hire_date";
const NEVER: &str = "never";

/// Parameter that asks for no mail when somebody's details change (PE09). Whether Learn Amp mails then at all, and whether it
/// hears this, is not documented (`assumed`).
const QUIET_UPDATES: &str = "quiet_updates";

/// Roles that the API takes (`documented`); `owner` can only be read.
const ROLES: [&str; 6] = ["viewer", "curator", "reporter", "learning_designer", "hr", "admin"];

/// No number is published; this leaves an account's other programs in peace (`assumed`).
const REQUESTS_PER_SECOND: u32 = 5;

const OWNER: &str = "the account's owner makes it in Learn Amp: Company Settings › API";

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        key: "base_url",
        label: "API Base URL",
        secret: false,
        required: true,
        hint: "stands beside the key: Company Settings › API, which only the owner sees",
    },
    ParameterSpec { key: "client_id", label: "Client ID", secret: false, required: true, hint: OWNER },
    ParameterSpec {
        key: "client_secret",
        label: "Client secret",
        secret: true,
        required: true,
        hint: "scopes users:read, users:create, users:update, users:deactivate, users:reactivate; for teams also teams:read, teams:create and, where unused ones are removed, teams:delete",
    },
    ParameterSpec {
        key: INVITATIONS,
        label: "Invitations",
        secret: false,
        required: true,
        hint: "at_once: mails each new user; hire_date: likewise, and nobody is made before that day; never: no mail",
    },
    ParameterSpec {
        key: QUIET_UPDATES,
        label: "Quiet updates",
        secret: false,
        required: false,
        hint: "yes asks for no mail when details change; Learn Amp does not document that, so try it with one person",
    },
    ParameterSpec {
        key: teams::TEAM_MANAGER,
        label: "Team manager",
        secret: false,
        required: false,
        hint: "of teams that are made from here: `owner`, or a user's e-mail; blank: nobody",
    },
    ParameterSpec {
        key: crate::vendors::http::keys::REQUESTS_PER_SECOND,
        label: "Requests per second",
        secret: false,
        required: false,
        hint: "5 where nothing else is agreed",
    },
];

/// A list that takes any text.
const fn text(list: ListKey, word: (&'static str, &'static str), fed_by: Field) -> ListSpec {
    ListSpec { free_text: true, ..ListSpec::new(list, word, fed_by) }
}

const LISTS: &[ListSpec] = &[
    text(ListKey::BRANCH, ("location", "locations"), Field::Branch),
    text(ListKey::JOB_TITLE, ("job title", "job titles"), Field::JobTitle),
    text(ListKey::DEPARTMENT, ("department", "departments"), Field::Department),
    // Nobody is in a team until a field is chosen that feeds it (PE04).
    ListSpec {
        by_code: true,
        fed_by: None,
        creatable: true,
        grows: true,
        removable: true,
        ..ListSpec::new(ListKey::TEAM, ("team", "teams"), Field::Department)
    },
    ListSpec { has_default: true, ..ListSpec::new(ListKey::ACCESS_PROFILE, ("role", "roles"), Field::JobTitle) },
];

const fn with_invitations(invites: bool, on_hire_date: bool) -> DestinationCapabilities {
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
            Field::List(ListKey::TEAM),
            Field::StartDate,
            Field::AccessProfile,
            Field::Manager,
        ],
        custom_fields: true,
        mandatory: &[Field::FirstName, Field::LastName, Field::Email],
        lists: LISTS,
        identifier_word: "external id",
        // What a text column of such a service commonly holds (`assumed`).
        identifier_max: 255,
        can_link: true,
        can_invite: false,
        mails_new_users: invites,
        // The parameter says it with each creation.
        mails_switched_there: false,
        creates_on_start: on_hire_date,
        unique_email: true,
        // `assumed`: nothing says that deactivation frees it.
        inactive_keep_email: true,
        read_back: ReadBack::Readable,
        // External ids are unique (`documented`): a creation that is sent again is refused, and settled by reading.
        shows_within_s: 0,
        requests_per_second: REQUESTS_PER_SECOND,
        concurrency: 4,
        creations_at_once: 1,
        name_rule: None,
        email_max: 254,
    }
}

static INVITING: DestinationCapabilities = with_invitations(true, false);
static INVITING_ON_HIRE_DATE: DestinationCapabilities = with_invitations(true, true);
static QUIET: DestinationCapabilities = with_invitations(false, false);

/// What Learn Amp can do with these parameters. As long as nobody has said that it invites no one, it counts as inviting.
pub fn capabilities(parameters: &BTreeMap<String, String>) -> &'static DestinationCapabilities {
    match parameters.get(INVITATIONS).map(|policy| policy.trim()) {
        Some(NEVER) => &QUIET,
        Some(HIRE_DATE) => &INVITING_ON_HIRE_DATE,
        _ => &INVITING,
    }
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
    Ok(Box::new(client::LearnAmp::new(&parts)?))
}

#[cfg(test)]
mod tests;
