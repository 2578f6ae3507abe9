//! Where in an account each member stands. The names of most are assumed (rotaready.md 2.5), and stand in this one table;
//! a customer who has the private documentation corrects them in the tenant file, without a new build:
//! `members = "email=contact.workEmail, start_date=employment.from"`.

use super::{MEMBERS, NAME};
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use std::collections::BTreeMap;

/// A member that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    FirstName,
    LastName,
    KnownAs,
    Email,
    Mobile,
    DateOfBirth,
    Active,
    Modified,
    /// The home entity: an object of id and name, or a name; beside it the id alone.
    Entity,
    EntityId,
    Department,
    DepartmentId,
    Position,
    PositionId,
    Manager,
    StartDate,
    EndDate,
}

/// Each member: its word in the tenant file, and where it stands unless that says otherwise.
const TABLE: [(Member, &str, &str); 17] = [
    (Member::FirstName, "first_name", "firstName"),
    (Member::LastName, "last_name", "lastName"),
    (Member::KnownAs, "known_as", "preferredName"),
    (Member::Email, "email", "email"),
    (Member::Mobile, "mobile", "mobile"),
    (Member::DateOfBirth, "date_of_birth", "personal.dob"),
    (Member::Active, "active", "flags.active"),
    (Member::Modified, "modified", "dateModified"),
    (Member::Entity, "entity", "appointment.entity"),
    (Member::EntityId, "entity_id", "appointment.entityId"),
    (Member::Department, "department", "appointment.department"),
    (Member::DepartmentId, "department_id", "appointment.departmentId"),
    (Member::Position, "position", "appointment.position"),
    (Member::PositionId, "position_id", "appointment.positionId"),
    (Member::Manager, "manager", "appointment.managerId"),
    (Member::StartDate, "start_date", "appointment.startDate"),
    (Member::EndDate, "end_date", "appointment.endDate"),
];

/// Parts of names that are nobody's business here: an account holds bank details and national insurance numbers as well.
const PRIVATE: [&str; 14] = [
    "accountnumber",
    "bank",
    "health",
    "iban",
    "insurance",
    "nationality",
    "ninumber",
    "passport",
    "payrate",
    "salary",
    "sortcode",
    "taxcode",
    "visa",
    "wage",
];

/// Where each member stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members(BTreeMap<Member, String>);

impl Members {
    /// The table, as the parameter `members` corrects it.
    ///
    /// # Errors
    /// [`ApiError::Setup`] for a member that there is not, and for a path that none can have.
    pub fn of(parts: &ConnectParts) -> Result<Self, ApiError> {
        let setup = |detail: String| ApiError::Setup { vendor: NAME, detail };
        let mut members: BTreeMap<Member, String> =
            TABLE.iter().map(|(member, _, path)| (*member, (*path).to_owned())).collect();
        let entries = parts.parameter(MEMBERS).unwrap_or_default().split(',');
        for entry in entries.map(str::trim).filter(|entry| !entry.is_empty()) {
            let (word, path) = entry
                .split_once('=')
                .map(|(word, path)| (word.trim(), path.trim()))
                .ok_or_else(|| setup(format!("`{MEMBERS}`: `{entry}` is not of the form name=path")))?;
            let Some((member, ..)) = TABLE.iter().find(|(_, known, _)| *known == word) else {
                let known: Vec<&str> = TABLE.iter().map(|(_, known, _)| *known).collect();
                return Err(setup(format!("`{MEMBERS}`: there is no `{word}`; there are {}", known.join(", "))));
            };
            check_path(path).map_err(|why| setup(format!("`{MEMBERS}`: `{path}` {why}")))?;
            members.insert(*member, path.to_owned());
        }
        Ok(Self(members))
    }

    /// The path of a member (`appointment.startDate`).
    pub fn path(&self, member: Member) -> &str {
        self.0.get(&member).map_or("", String::as_str)
    }

    /// Every member with its path.
    pub fn iter(&self) -> impl Iterator<Item = (Member, &str)> {
        self.0.iter().map(|(member, path)| (*member, path.as_str()))
    }
}

/// Whether a path can be read; the text says why not.
pub fn check_path(path: &str) -> Result<(), String> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !path.split('.').all(is_name) {
        return Err("is no path of members (`contact.email`)".to_owned());
    }
    let plain: String = path.to_lowercase().chars().filter(|letter| *letter != '_').collect();
    match PRIVATE.iter().find(|word| plain.contains(**word)) {
        Some(word) => Err(format!("may hold what is never read here (`{word}`)")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Members, ApiError> {
        let mut parts = ConnectParts::default();
        parts.parameters.insert(MEMBERS.to_owned(), text.to_owned());
        Members::of(&parts)
    }

    #[test]
    fn names_are_corrected_one_by_one() {
        let members = of(" email = contact.workEmail ,start_date=employment.from,").unwrap();
        let path = |member| members.path(member).to_owned();
        assert_eq!(
            (path(Member::Email), path(Member::StartDate)),
            ("contact.workEmail".into(), "employment.from".into())
        );
        assert_eq!(path(Member::Active), "flags.active");
        assert_eq!(of("").unwrap().iter().count(), TABLE.len());
        for (text, word) in [
            ("email", "form"),
            ("shoe_size=x", "there is no `shoe_size`"),
            ("email=", "no path"),
            ("email=a..b", "no path"),
            ("email=personal.bankAccount", "never read"),
            ("known_as=personal.niNumber", "never read"),
            ("known_as=personal.passport_number", "never read"),
        ] {
            let error = of(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
