//! The fields that a plan compares and writes.

use super::mapping::TableKind;
use super::person::Person;
use serde::{Deserialize, Serialize};

/// A field of a person, in the order in which screens and plans list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Identifier,
    FirstName,
    LastName,
    KnownAs,
    Email,
    DateOfBirth,
    JobTitle,
    Branch,
    Department,
    StartDate,
    EndDate,
    AccessProfile,
    Manager,
    Phone,
    Address,
    Postcode,
    Status,
}

impl Field {
    /// Every field, in display order.
    pub const ALL: [Field; 17] = [
        Field::Identifier,
        Field::FirstName,
        Field::LastName,
        Field::KnownAs,
        Field::Email,
        Field::DateOfBirth,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::EndDate,
        Field::AccessProfile,
        Field::Manager,
        Field::Phone,
        Field::Address,
        Field::Postcode,
        Field::Status,
    ];

    /// The stable name in JSON, CSV heads and the database (`job_title`).
    pub fn key(self) -> &'static str {
        match self {
            Field::Identifier => "identifier",
            Field::FirstName => "first_name",
            Field::LastName => "last_name",
            Field::KnownAs => "known_as",
            Field::Email => "email",
            Field::DateOfBirth => "date_of_birth",
            Field::JobTitle => "job_title",
            Field::Branch => "branch",
            Field::Department => "department",
            Field::StartDate => "start_date",
            Field::EndDate => "end_date",
            Field::AccessProfile => "access_profile",
            Field::Manager => "manager_id",
            Field::Phone => "phone",
            Field::Address => "address",
            Field::Postcode => "postcode",
            Field::Status => "status",
        }
    }

    /// The words a person reads, where no vendor has another one (`job title`, `birth date`).
    pub fn words(self) -> &'static str {
        match self {
            Field::Identifier => "identifier",
            Field::FirstName => "first name",
            Field::LastName => "last name",
            Field::KnownAs => "known as",
            Field::Email => "e-mail",
            Field::DateOfBirth => "birth date",
            Field::JobTitle => "job title",
            Field::Branch => "branch",
            Field::Department => "department",
            Field::StartDate => "start date",
            Field::EndDate => "end date",
            Field::AccessProfile => "access profile",
            Field::Manager => "manager",
            Field::Phone => "phone",
            Field::Address => "address",
            Field::Postcode => "postcode",
            Field::Status => "status",
        }
    }

    /// The field with this stable name.
    pub fn from_key(key: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.key() == key)
    }

    /// The mapping table through which this field's values go, if any.
    pub fn table(self) -> Option<TableKind> {
        match self {
            Field::JobTitle => Some(TableKind::JobTitle),
            Field::Branch => Some(TableKind::Branch),
            Field::Department => Some(TableKind::Department),
            Field::AccessProfile => Some(TableKind::AccessProfile),
            _ => None,
        }
    }

    /// The value of this field as text: dates as ISO 8601; `None` for fields that are not part of [`Person`].
    pub fn value_of(self, person: &Person) -> Option<String> {
        match self {
            Field::FirstName => person.first_name.clone(),
            Field::LastName => person.last_name.clone(),
            Field::KnownAs => person.known_as.clone(),
            Field::Email => person.email.clone(),
            Field::DateOfBirth => person.date_of_birth.map(|date| date.to_string()),
            Field::JobTitle => person.job_title.clone(),
            Field::Branch => person.branch.clone(),
            Field::Department => person.department.clone(),
            Field::StartDate => person.start_date.map(|date| date.to_string()),
            Field::EndDate => person.end_date.map(|date| date.to_string()),
            Field::Phone => person.phone.clone(),
            Field::Address => person.address.clone(),
            Field::Postcode => person.postcode.clone(),
            Field::Identifier | Field::AccessProfile | Field::Manager | Field::Status => None,
        }
    }

    /// Puts a value, as [`Field::value_of`] writes it, into a person. A date that is none and a field that is not part of
    /// [`Person`] change nothing and give `false`.
    pub fn put(self, person: &mut Person, value: Option<&str>) -> bool {
        let text = value.map(str::to_owned);
        let slot = match self {
            Field::FirstName => &mut person.first_name,
            Field::LastName => &mut person.last_name,
            Field::KnownAs => &mut person.known_as,
            Field::Email => &mut person.email,
            Field::JobTitle => &mut person.job_title,
            Field::Branch => &mut person.branch,
            Field::Department => &mut person.department,
            Field::Phone => &mut person.phone,
            Field::Address => &mut person.address,
            Field::Postcode => &mut person.postcode,
            Field::DateOfBirth => return put_date(&mut person.date_of_birth, value),
            Field::StartDate => return put_date(&mut person.start_date, value),
            Field::EndDate => return put_date(&mut person.end_date, value),
            Field::Identifier | Field::AccessProfile | Field::Manager | Field::Status => return false,
        };
        *slot = text;
        true
    }
}

fn put_date(slot: &mut Option<jiff::civil::Date>, value: Option<&str>) -> bool {
    match value.map(str::parse).transpose() {
        Ok(date) => {
            *slot = date;
            true
        }
        Err(_) => false,
    }
}

/// One field of one person that a plan changes. `None` is "empty".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: Field,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_in_as_they_come_out() {
        let mut person = Person::default();
        assert!(Field::JobTitle.put(&mut person, Some("Chef")));
        assert!(Field::StartDate.put(&mut person, Some("2026-02-03")));
        assert!(!Field::StartDate.put(&mut person, Some("03/02/2026")));
        assert!(!Field::Manager.put(&mut person, Some("7")));
        assert_eq!(Field::JobTitle.value_of(&person).as_deref(), Some("Chef"));
        assert_eq!(Field::StartDate.value_of(&person).as_deref(), Some("2026-02-03"));
        assert!(Field::StartDate.put(&mut person, None));
        assert_eq!(person.start_date, None);
    }

    #[test]
    fn keys_are_read_back() {
        assert!(Field::ALL.into_iter().all(|field| Field::from_key(field.key()) == Some(field)));
    }
}
