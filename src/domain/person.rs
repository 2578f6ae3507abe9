//! People in canonical form: employees of the source and users of the destination.

use super::ids::{EmployeeId, Identifier, UserId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What both sides may know of a human. `None` means that the system gave nothing (or blank).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// Employee: the source's value. User: the destination's option key (a branch code).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
}

impl Person {
    /// First and last name for lists; `(no name)` when both are missing.
    pub fn display_name(&self) -> String {
        match (self.first_name.as_deref(), self.last_name.as_deref()) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "(no name)".to_owned(),
        }
    }
}

/// What the source says of the employment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmploymentStatus {
    /// Employed, whatever the end date says about later (case 34).
    Active,
    /// The source says that the employment is over.
    Ended,
    /// A word the status map gives no meaning to; holds the person as `status_unclear` (case 41).
    Unclear(String),
}

/// A source record in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// The source's own id.
    pub id: EmployeeId,
    /// The key that the destination will hold for this employee.
    pub identifier: Identifier,
    #[serde(flatten)]
    pub person: Person,
    /// The source id of the manager, not the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager_id: Option<EmployeeId>,
    pub status: EmploymentStatus,
    /// `Some` where a part of the record, or all of it, cannot be read: the person is held, nothing is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Unreadable>,
}

/// Why a record cannot be read as a whole. What could be read of it stands in the record all the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unreadable {
    /// The vendor's own name of the first member at fault (`firstName`); empty where it is the whole record.
    pub member: String,
    /// What is wrong, in words and without any value (`` `firstName` holds a number ``).
    pub what: String,
}

/// Whether a user can log in. "Not active" is not "inactive", nor the other way round: ask with [`UserStatus::is_active`]
/// and [`UserStatus::is_inactive`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    Active,
    Inactive,
    /// A word of the destination that its client does not know, as it came; in brackets where no word came (`(none)`).
    /// Nothing is written to such a user.
    Unclear(String),
}

impl UserStatus {
    /// Surely switched on.
    pub fn is_active(&self) -> bool {
        matches!(self, UserStatus::Active)
    }

    /// Surely switched off.
    pub fn is_inactive(&self) -> bool {
        matches!(self, UserStatus::Inactive)
    }

    /// What a person reads: the destination's own word where it is one that nobody knows.
    pub fn words(&self) -> String {
        match self {
            UserStatus::Active | UserStatus::Inactive => self.key().to_owned(),
            UserStatus::Unclear(word) => format!("status `{word}`"),
        }
    }

    /// The stable word in lists, exports and the database.
    pub fn key(&self) -> &'static str {
        match self {
            UserStatus::Active => "active",
            UserStatus::Inactive => "inactive",
            UserStatus::Unclear(_) => "unclear",
        }
    }
}

/// What would be lost with a user: shown beside each ruling, never decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Training {
    /// Finished courses.
    pub completed: u32,
    /// Day of the last one.
    pub last_on: Option<Date>,
}

/// A destination record in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// `None` for users made by hand: nothing ties them to an employee yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Identifier>,
    #[serde(flatten)]
    pub person: Person,
    pub status: UserStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_profile: Option<String>,
    /// `None` where the destination does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// `Some` where a part of the record cannot be read; nothing is written to such a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Unreadable>,
}
