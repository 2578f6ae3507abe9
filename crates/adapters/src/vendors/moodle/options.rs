//! How a connection has its users written.

use super::NAME;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;

pub const BASE_URL: &str = "base_url";
pub const TOKEN: &str = "token";
pub const INVITATIONS: &str = "invitations";
pub const AUTH: &str = "auth";
pub const USER_NAME: &str = "user_name";
pub const BRANCH: &str = "branch_in";
pub const COHORT_PREFIX: &str = "cohort_prefix";
pub const JOB_TITLE: &str = "job_title_field";
pub const SHARED_EMAILS: &str = "shared_emails";

pub const AT_ONCE: &str = "at_once";
pub const NEVER: &str = "never";
pub const COHORT: &str = "cohort";
pub const YES: &str = "yes";

/// The plugin for accounts with a password of Moodle's own, and the one of accounts that signed up by e-mail.
const MANUAL: &str = "manual";
const BY_EMAIL: &str = "email";
/// Plugins that nobody can be made with, or nobody can log in by.
const NOT_FOR_PEOPLE: [&str; 3] = ["nologin", "webservice", "mnet"];

/// What becomes of the password of a new user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// Moodle makes one and mails it.
    Mailed,
    /// One is made here and forgotten: no mail goes out, and the user asks for a new one at the log-in page.
    Forgotten,
    /// The single sign-on has it.
    None,
}

/// What the user name of a new user is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserNames {
    Email,
    Identifier,
    /// First and last name.
    Name,
}

/// Where the branch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchIn {
    Institution,
    /// Membership in one of the cohorts whose ID number begins so.
    Cohorts(String),
}

/// What a connection has chosen.
#[derive(Debug, Clone)]
pub struct Options {
    pub auth: String,
    pub password: Password,
    pub user_names: UserNames,
    pub branch: BranchIn,
    /// Short name of the profile field for the job title.
    pub job_title: Option<String>,
    /// Several users may have one e-mail.
    pub shares_emails: bool,
}

fn bad(detail: String) -> ApiError {
    ApiError::Setup { vendor: NAME, detail }
}

/// Whether a profile field can be called so in a call (`PARAM_ALPHANUMEXT`).
pub fn is_short_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

impl Options {
    /// # Errors
    /// [`ApiError::Setup`] for a word that a parameter does not have, and for words that contradict each other.
    pub fn of(parts: &ConnectParts) -> Result<Self, ApiError> {
        let auth = parts.parameter(AUTH).unwrap_or(MANUAL).to_lowercase();
        let is_word = auth.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_word || NOT_FOR_PEOPLE.contains(&auth.as_str()) {
            return Err(bad(format!("`{AUTH}` must be a plugin that people log in by (manual, oauth2, saml2, ldap)")));
        }
        let has_password = auth == MANUAL || auth == BY_EMAIL;
        let password = match (parts.required(NAME, INVITATIONS, "Invitations")?, has_password) {
            (AT_ONCE, true) => Password::Mailed,
            (AT_ONCE, false) => {
                let what = "mails a password, which nobody who logs in by";
                return Err(bad(format!("`{INVITATIONS} = {AT_ONCE}` {what} `{auth}` needs: choose `{NEVER}`")));
            }
            (NEVER, true) => Password::Forgotten,
            (NEVER, false) => Password::None,
            _ => return Err(bad(format!("`{INVITATIONS}` must be `{AT_ONCE}` or `{NEVER}`"))),
        };
        let job_title = parts.parameter(JOB_TITLE).map(str::to_owned);
        let custom: Vec<&str> = parts.custom_fields().map(|field| field.name()).collect();
        if let Some(name) = custom.iter().copied().chain(job_title.as_deref()).find(|name| !is_short_name(name)) {
            let what = "is no short name of a profile field: letters, digits, hyphens and underscores";
            return Err(bad(format!("`{name}` {what}")));
        }
        if let Some(name) = job_title.as_deref().filter(|name| custom.contains(name)) {
            return Err(bad(format!("`{name}` takes the job title, and the field map feeds it too")));
        }
        Ok(Self {
            auth,
            password,
            user_names: match parts.parameter(USER_NAME) {
                None | Some("email") => UserNames::Email,
                Some("identifier") => UserNames::Identifier,
                Some("name") => UserNames::Name,
                Some(_) => return Err(bad(format!("`{USER_NAME}` must be `email`, `identifier` or `name`"))),
            },
            branch: match (parts.parameter(BRANCH), parts.parameter(COHORT_PREFIX)) {
                (None | Some("institution"), _) => BranchIn::Institution,
                (Some(COHORT), Some(prefix)) => BranchIn::Cohorts(prefix.to_owned()),
                (Some(COHORT), None) => {
                    let why = "without it, people would be taken out of cohorts that are no branches";
                    return Err(bad(format!("Cohort prefix (`{COHORT_PREFIX}`) is missing: {why}")));
                }
                (Some(_), _) => return Err(bad(format!("`{BRANCH}` must be `institution` or `{COHORT}`"))),
            },
            job_title,
            shares_emails: match parts.parameter(SHARED_EMAILS) {
                None | Some("no") => false,
                Some(YES) => true,
                Some(_) => return Err(bad(format!("`{SHARED_EMAILS}` must be `yes` or `no`"))),
            },
        })
    }

    pub fn has_cohorts(&self) -> bool {
        matches!(self.branch, BranchIn::Cohorts(_))
    }
}
