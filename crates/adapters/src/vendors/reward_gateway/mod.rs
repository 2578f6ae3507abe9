//! Reward Gateway, a destination that speaks SCIM 2.0 (reward-gateway.md 2): a profile over [`scim`](super::scim), which is
//! the client.
//!
//! | relied on | mark |
//! |---|---|
//! | base URL per programme, static bearer token | `documented` |
//! | users only, no groups | `documented` |
//! | `externalId` is the unique id, `userName` the login, the primary e-mail; `department` of the extension | third-party help pages |
//! | `division` for what divides departments | `assumed` |
//! | letters and lengths of names and e-mails: published for membership files, taken to hold behind SCIM | `assumed` |
//! | `active = false` makes a member ineligible, who is mailed at once; data go after 60 days | `documented` for files, `inferred` |
//! | filters by `externalId` and `userName`, pages of 100 by index, no ETags | `assumed` |
//! | welcome mails are a switch of the programme, no call has one | `documented` |
//!
//! No date is sent: the attributes are extensions whose names are not public, and the published format is that of files.

use super::scim::{BASE_URL, Deactivation, Profile, RATE, Scim, TOKEN, with_user_names};
use crate::domain::capabilities::{DestinationCapabilities, ListSpec, ParameterSpec};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::DestinationApi;
use std::collections::BTreeMap;

/// Key in tenant files and in the registry.
pub const KEY: &str = "reward-gateway";
/// As errors and screens name it.
pub const NAME: &str = "Reward Gateway";

/// No number is published; this leaves the programme's other programs in peace (`assumed`).
const REQUESTS_PER_SECOND: u32 = 5;
/// Longest e-mail address (`documented` for files).
const EMAIL_MAX: usize = 200;
/// What a name may have beside letters (blank, hyphen, dot, both apostrophes) and its longest length (`documented` for files).
const NAME_RULE: (&str, usize) = (" -.'\u{2019}", 50);

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        hint: "SCIM URL (v2) in Reward Manager: Integrations › SCIM API. Welcome mails are switched on that page too",
        ..BASE_URL
    },
    ParameterSpec { hint: "made on the same page", ..TOKEN },
    RATE,
];

static PROFILE: Profile = Profile {
    name: NAME,
    requests_per_second: REQUESTS_PER_SECOND,
    // Ineligible, and back with the next update within 60 days.
    deactivation: Some(Deactivation::Keeps),
    email_max: EMAIL_MAX,
    asks: PARAMETERS,
    said: &[(
        "mails",
        "welcome mails are switched in Reward Manager (Integrations › SCIM API), and whoever is deactivated is mailed at once: members have 60 days, then their data go",
    )],
};

/// A list that takes any text.
const fn text(list: ListKey, word: (&'static str, &'static str), fed_by: Field) -> ListSpec {
    ListSpec { free_text: true, ..ListSpec::new(list, word, fed_by) }
}

static CAPABILITIES: DestinationCapabilities = DestinationCapabilities {
    key: KEY,
    name: NAME,
    parameters: PARAMETERS,
    fields: &[Field::Identifier, Field::FirstName, Field::LastName, Field::Email, Field::Branch, Field::Department],
    lists: &[
        text(ListKey::BRANCH, ("division", "divisions"), Field::Branch),
        text(ListKey::DEPARTMENT, ("department", "departments"), Field::Department),
    ],
    identifier_word: "unique id",
    mails_new_users: true,
    mails_switched_there: true,
    name_rule: Some(NAME_RULE),
    email_max: EMAIL_MAX,
    requests_per_second: REQUESTS_PER_SECOND,
    ..with_user_names(true)
};

/// What Reward Gateway can do, whatever the parameters.
pub fn capabilities(_: &BTreeMap<String, String>) -> &'static DestinationCapabilities {
    &CAPABILITIES
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
    Ok(Box::new(Scim::new(&parts, &PROFILE)?))
}
