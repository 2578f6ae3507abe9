//! How a connection has its users written, and what a vendor that speaks SCIM says of itself.

use crate::domain::capabilities::ParameterSpec;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;

pub const BASE_URL: &str = "base_url";
pub const TOKEN: &str = "token";
pub const USER: &str = "user";
pub const DEACTIVATION: &str = "deactivation";
pub const IDENTIFIER: &str = "identifier_attribute";
pub const USER_NAME: &str = "user_name";
pub const RENAME: &str = "rename_users";
pub const BRANCH: &str = "branch_attribute";

pub const BY_IDENTIFIER: &str = "identifier";

/// A vendor that speaks SCIM.
pub struct Profile {
    /// As errors and screens name it.
    pub name: &'static str,
    pub requests_per_second: u32,
    /// What becomes of whoever is deactivated, where that is known; else the connection says.
    pub deactivation: Option<Deactivation>,
    /// Longest e-mail address, in characters.
    pub email_max: usize,
    /// The parameters that a connection has: of others nothing is read.
    pub asks: &'static [ParameterSpec],
    /// What the connection test says beside what it finds: a name and a sentence.
    pub said: &'static [(&'static str, &'static str)],
}

/// What `active = false` comes to (scim.md, rule 29).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deactivation {
    Keeps,
    Deletes,
}

/// The attribute that ties a user to an employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifierIn {
    ExternalId,
    EmployeeNumber,
}

/// What a connection has chosen.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub identifier: IdentifierIn,
    /// The user name of new users is the e-mail, else the identifier.
    pub named_by_email: bool,
    pub renames: bool,
    pub deactivation: Deactivation,
    /// Attribute of the enterprise extension that holds the branch.
    pub branch: &'static str,
}

impl Options {
    /// # Errors
    /// [`ApiError::Setup`] for a word that a parameter does not have.
    pub fn of(parts: &ConnectParts, profile: &Profile) -> Result<Self, ApiError> {
        let chosen = |key: &str| {
            let asked = profile.asks.iter().any(|spec| spec.key == key);
            parts.parameter(key).filter(|_| asked)
        };
        let bad = |key: &str, words: &str| ApiError::Setup {
            vendor: profile.name,
            detail: format!("`{key}` must be {words}"),
        };
        Ok(Self {
            identifier: match chosen(IDENTIFIER) {
                None | Some("externalId") => IdentifierIn::ExternalId,
                Some("employeeNumber") => IdentifierIn::EmployeeNumber,
                Some(_) => return Err(bad(IDENTIFIER, "`externalId` or `employeeNumber`")),
            },
            named_by_email: match chosen(USER_NAME) {
                None | Some("email") => true,
                Some(BY_IDENTIFIER) => false,
                Some(_) => return Err(bad(USER_NAME, "`email` or `identifier`")),
            },
            renames: match chosen(RENAME) {
                None | Some("no") => false,
                Some("yes") => true,
                Some(_) => return Err(bad(RENAME, "`yes` or `no`")),
            },
            deactivation: match (profile.deactivation, chosen(DEACTIVATION)) {
                (Some(known), _) => known,
                (None, Some("keeps")) => Deactivation::Keeps,
                (None, Some("deletes")) => Deactivation::Deletes,
                (None, _) => return Err(bad(DEACTIVATION, "`keeps` or `deletes`: ask whoever runs the server")),
            },
            branch: match chosen(BRANCH) {
                None | Some("division") => "division",
                Some("organization") => "organization",
                Some("costCenter") => "costCenter",
                Some(_) => return Err(bad(BRANCH, "`division`, `organization` or `costCenter`")),
            },
        })
    }
}
