//! Where each field of a user stands in SCIM (RFC 7643, 4.1 and 4.3; `documented`).

use super::options::{IdentifierIn, Options};
use crate::domain::field::Field;

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

pub const EXTERNAL_ID: &str = "externalId";
pub const EMPLOYEE_NUMBER: &str = "employeeNumber";
pub const USER_NAME: &str = "userName";
pub const ACTIVE: &str = "active";
pub const DISPLAY_NAME: &str = "displayName";
pub const EMAILS: &str = "emails";
pub const NAME: &str = "name";

/// A place in a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A plain attribute of the core.
    Core(&'static str),
    /// A part of `name`.
    Name(&'static str),
    /// An attribute of the enterprise extension.
    Enterprise(&'static str),
    /// The value of the one e-mail that is ours.
    Email,
    /// A reference to another user, in the enterprise extension.
    Manager,
}

impl Place {
    /// Where a field stands; `None` for what SCIM has no place for, and for what is no value.
    pub fn of(field: Field, options: &Options) -> Option<Self> {
        Some(match field {
            Field::Identifier => Self::of_identifier(options),
            Field::FirstName => Place::Name("givenName"),
            Field::LastName => Place::Name("familyName"),
            Field::Email => Place::Email,
            Field::JobTitle => Place::Core("title"),
            Field::Department => Place::Enterprise("department"),
            Field::Branch => Place::Enterprise(options.branch),
            Field::Manager => Place::Manager,
            _ => return None,
        })
    }

    pub fn of_identifier(options: &Options) -> Self {
        match options.identifier {
            IdentifierIn::ExternalId => Place::Core(EXTERNAL_ID),
            IdentifierIn::EmployeeNumber => Place::Enterprise(EMPLOYEE_NUMBER),
        }
    }

    /// The path of a PATCH operation (rule 13).
    pub fn path(self) -> String {
        match self {
            Place::Core(name) => name.to_owned(),
            Place::Name(part) => format!("{NAME}.{part}"),
            Place::Enterprise(name) => format!("{ENTERPRISE}:{name}"),
            Place::Email => "emails[type eq \"work\"].value".to_owned(),
            Place::Manager => format!("{ENTERPRISE}:manager"),
        }
    }

    /// The schema's URN and the attribute in it, for what `/Schemas` says.
    pub fn listed(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Place::Core(name) => (USER, name, None),
            Place::Name(part) => (USER, NAME, Some(part)),
            Place::Enterprise(name) => (ENTERPRISE, name, None),
            Place::Email => (USER, EMAILS, None),
            Place::Manager => (ENTERPRISE, "manager", None),
        }
    }
}
