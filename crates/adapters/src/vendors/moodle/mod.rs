//! Moodle, a destination: the web services of a learning platform that each customer hosts, so that release, plugins and rights
//! differ from site to site (moodle.md). The server's own source is public; `documented` means here that the code does it.
//!
//! | relied on | mark | where |
//! |---|---|---|
//! | one address, POST, form with nested names, token and format among them; XML where the format is missing | documented | `client` |
//! | 200 for nearly everything; a failure is an object with `exception`, its reason hidden outside of debug mode | documented | `answer` |
//! | 403 without a body: web services are off | documented | `answer` |
//! | `null` for a call that returns nothing, in older releases also for updates | documented | `answer`, `change` |
//! | `accessexception`, `nopermissions` and other codes of the gate, as they are spelled | assumed | `answer` |
//! | one list of everybody, without pages; a search key that nobody knows is left out with a warning | documented | `people` |
//! | who hides the searched field is left out; the token's own user sees itself | documented | `people` |
//! | a shown `username` means that an absent `idnumber` is none: one right shows both | documented | `map`, `people` |
//! | people who are deleted are in no search; they have neither their number nor their e-mail any more | documented | `people` |
//! | `idnumber` need not be unique, and `0` is never shown | documented | `create` |
//! | `createpassword` mails after the user is there; `suspended` only by update | documented | `create`, `change` |
//! | one bad person undoes a whole creation, so that each is sent alone | documented | `create` |
//! | warnings of an update are refusals; administrators are refused unless the token is one of them | documented | `change` |
//! | lengths of columns | documented by the schema | `map` |
//! | two calls in flight, ten a second, five minutes for an answer | assumed | here |
//!
//! Neither users nor cohorts are ever deleted.

mod answer;
mod arguments;
mod change;
mod client;
mod cohorts;
mod create;
mod map;
mod options;
mod people;
mod probe;
mod user_name;
mod wire;

use crate::domain::capabilities::{DestinationCapabilities, ListSpec, ParameterSpec, ReadBack};
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::DestinationApi;
use crate::vendors::http::keys;
use std::collections::BTreeMap;

/// Key in tenant files and in the registry.
pub const KEY: &str = "moodle";
/// As errors and screens name it.
pub const NAME: &str = "Moodle";

/// The product sets no rate; a host may (`assumed`).
const REQUESTS_PER_SECOND: u32 = 10;
/// Each call is a process of the site's (`assumed`).
const CONCURRENCY: usize = 2;
/// A list of everybody takes a site minutes: Moodle itself warns of it.
const TIMEOUT_SECONDS: &str = "300";
/// People who are looked for together before each is created by itself.
const CREATIONS_AT_ONCE: usize = 25;

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        key: options::BASE_URL,
        label: "Site address",
        secret: false,
        required: true,
        hint: "as in the browser on the site's front page (https://learn.example.com)",
    },
    ParameterSpec {
        key: options::TOKEN,
        label: "Token",
        secret: true,
        required: true,
        hint: "Site administration › Server › Web services › Manage tokens; of a user of its own, not an administrator",
    },
    ParameterSpec {
        key: options::INVITATIONS,
        label: "Invitations",
        secret: false,
        required: true,
        hint: "at_once: Moodle makes a password and mails it to each new user; never: no mail (single sign-on)",
    },
    ParameterSpec {
        key: options::AUTH,
        label: "Authentication",
        secret: false,
        required: false,
        hint: "of new users: manual (blank), or the plugin of the single sign-on (oauth2, saml2, ldap)",
    },
    ParameterSpec {
        key: options::USER_NAME,
        label: "User name",
        secret: false,
        required: false,
        hint: "of new users, in lower case: email (blank), identifier, or name (first.last, numbered where taken)",
    },
    ParameterSpec {
        key: options::BRANCH,
        label: "Branch stands in",
        secret: false,
        required: false,
        hint: "institution (blank), or cohort: one cohort per branch",
    },
    ParameterSpec {
        key: options::COHORT_PREFIX,
        label: "Cohort prefix",
        secret: false,
        required: false,
        hint: "with cohort: the cohorts whose ID number begins so are branches, all others are left alone (site-)",
    },
    ParameterSpec {
        key: options::JOB_TITLE,
        label: "Job title field",
        secret: false,
        required: false,
        hint: "short name of the user profile field that takes the job title; blank sends none",
    },
    ParameterSpec {
        key: options::SHARED_EMAILS,
        label: "Shared e-mails",
        secret: false,
        required: false,
        hint: "yes where the site allows accounts with the same e-mail; blank is no, as in Moodle",
    },
    ParameterSpec {
        key: keys::REQUESTS_PER_SECOND,
        label: "Requests per second",
        secret: false,
        required: false,
        hint: "10 where nothing else is agreed",
    },
    ParameterSpec {
        key: keys::TIMEOUT,
        label: "Time-out, seconds",
        secret: false,
        required: false,
        hint: "300; all users come in one answer, which takes a large site minutes (at most 600)",
    },
];

/// A list that takes any text.
const fn text(list: ListKey, word: (&'static str, &'static str), fed_by: Field) -> ListSpec {
    ListSpec { free_text: true, ..ListSpec::new(list, word, fed_by) }
}

const INSTITUTION: ListSpec = text(ListKey::BRANCH, ("institution", "institutions"), Field::Branch);
const COHORT: ListSpec =
    ListSpec { by_code: true, creatable: true, ..ListSpec::new(ListKey::BRANCH, ("cohort", "cohorts"), Field::Branch) };
const JOB_TITLE: ListSpec = text(ListKey::JOB_TITLE, ("job title", "job titles"), Field::JobTitle);
const DEPARTMENT: ListSpec = text(ListKey::DEPARTMENT, ("department", "departments"), Field::Department);

const FIELDS: &[Field] =
    &[Field::Identifier, Field::FirstName, Field::LastName, Field::Email, Field::Branch, Field::Department];
const FIELDS_WITH_TITLE: &[Field] = &[
    Field::Identifier,
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::JobTitle,
    Field::Branch,
    Field::Department,
];

/// What a connection has chosen, as far as it changes what can be done.
#[derive(Clone, Copy)]
struct Chosen {
    mails: bool,
    cohorts: bool,
    job_title: bool,
    shares_emails: bool,
}

impl Chosen {
    const fn of_bits(bits: usize) -> Self {
        Self { mails: bits & 1 != 0, cohorts: bits & 2 != 0, job_title: bits & 4 != 0, shares_emails: bits & 8 != 0 }
    }

    fn bits(self) -> usize {
        usize::from(self.mails)
            | usize::from(self.cohorts) << 1
            | usize::from(self.job_title) << 2
            | usize::from(self.shares_emails) << 3
    }
}

const fn with(chosen: Chosen) -> DestinationCapabilities {
    DestinationCapabilities {
        key: KEY,
        name: NAME,
        parameters: PARAMETERS,
        fields: if chosen.job_title { FIELDS_WITH_TITLE } else { FIELDS },
        custom_fields: true,
        mandatory: &[Field::FirstName, Field::LastName, Field::Email],
        lists: match (chosen.cohorts, chosen.job_title) {
            (false, false) => &[INSTITUTION, DEPARTMENT],
            (false, true) => &[INSTITUTION, JOB_TITLE, DEPARTMENT],
            (true, false) => &[COHORT, DEPARTMENT],
            (true, true) => &[COHORT, JOB_TITLE, DEPARTMENT],
        },
        identifier_word: "ID number",
        identifier_max: map::ID_NUMBER_MAX,
        can_link: true,
        can_invite: false,
        mails_new_users: chosen.mails,
        // Each creation says whether a password is mailed.
        mails_switched_there: false,
        creates_on_start: false,
        unique_email: !chosen.shares_emails,
        // Whoever is suspended is a user like any other for that.
        inactive_keep_email: !chosen.shares_emails,
        read_back: ReadBack::Readable,
        // One database, read after the write. A creation that is sent again is refused for its user name.
        shows_within_s: 0,
        requests_per_second: REQUESTS_PER_SECOND,
        concurrency: CONCURRENCY,
        creations_at_once: CREATIONS_AT_ONCE,
        name_rule: None,
        email_max: map::EMAIL_MAX,
    }
}

/// For every choice, by its bits.
static CAPABILITIES: [DestinationCapabilities; 16] = [
    of(0),
    of(1),
    of(2),
    of(3),
    of(4),
    of(5),
    of(6),
    of(7),
    of(8),
    of(9),
    of(10),
    of(11),
    of(12),
    of(13),
    of(14),
    of(15),
];

const fn of(bits: usize) -> DestinationCapabilities {
    with(Chosen::of_bits(bits))
}

/// What Moodle can do with these parameters. As long as nobody has said that no one is mailed, new users are.
pub fn capabilities(parameters: &BTreeMap<String, String>) -> &'static DestinationCapabilities {
    let chosen = |key: &str| parameters.get(key).map(|word| word.trim()).filter(|word| !word.is_empty());
    let chosen = Chosen {
        mails: chosen(options::INVITATIONS) != Some(options::NEVER),
        cohorts: chosen(options::BRANCH) == Some(options::COHORT),
        job_title: chosen(options::JOB_TITLE).is_some(),
        shares_emails: chosen(options::SHARED_EMAILS) == Some(options::YES),
    };
    let [usual, ..] = &CAPABILITIES;
    CAPABILITIES.get(chosen.bits()).unwrap_or(usual)
}

/// Builds a client; sends nothing.
///
/// # Errors
/// [`ApiError::Setup`] when a parameter or credential is missing or cannot work.
pub fn connect(parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
    Ok(Box::new(client::Moodle::new(parts)?))
}

#[cfg(test)]
mod tests;
