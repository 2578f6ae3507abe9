//! The fields that a plan compares and writes.

use super::custom_field::{self, CustomField};
use super::list::{self, ListKey};
use super::text;
use serde::{Deserialize, Serialize};

/// A field of a person: a standard one, in the order in which screens and plans list them, or one that a company made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    Custom(CustomField),
    /// What the options of a list fill for which no standard field is meant.
    List(ListKey),
}

/// What the values of a field are: how they are compared, shown and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// What ties a user to an employee; compared to the letter.
    Identifier,
    /// A name of a person.
    Name,
    Text,
    Email,
    Phone,
    /// A day of the calendar, as text in ISO 8601.
    Date,
    /// An option of a list of the destination, or the source's value that becomes one.
    Option(ListKey),
    /// Another person: the source's id of an employee, the destination's of a user.
    Person,
    /// Whether somebody is active.
    Status,
}

/// What is to be known of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldFacts {
    /// The stable name in JSON, CSV heads and the database (`job_title`).
    pub key: &'static str,
    /// The words a person reads, where no vendor has another one (`job title`, `birth date`).
    pub words: &'static str,
    pub kind: FieldKind,
    /// Whether its values stay out of the log.
    pub is_private: bool,
}

fn facts(key: &'static str, words: &'static str, kind: FieldKind, is_private: bool) -> FieldFacts {
    FieldFacts { key, words, kind, is_private }
}

impl Field {
    /// Every standard field, in display order.
    pub const STANDARD: [Field; 17] = [
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

    /// The table of fields.
    pub fn facts(self) -> FieldFacts {
        match self {
            Field::Identifier => facts("identifier", "identifier", FieldKind::Identifier, false),
            Field::FirstName => facts("first_name", "first name", FieldKind::Name, true),
            Field::LastName => facts("last_name", "last name", FieldKind::Name, true),
            Field::KnownAs => facts("known_as", "known as", FieldKind::Name, true),
            Field::Email => facts("email", "e-mail", FieldKind::Email, true),
            Field::DateOfBirth => facts("date_of_birth", "birth date", FieldKind::Date, true),
            Field::JobTitle => facts("job_title", "job title", FieldKind::Option(ListKey::JOB_TITLE), false),
            Field::Branch => facts("branch", "branch", FieldKind::Option(ListKey::BRANCH), false),
            Field::Department => facts("department", "department", FieldKind::Option(ListKey::DEPARTMENT), false),
            Field::StartDate => facts("start_date", "start date", FieldKind::Date, true),
            Field::EndDate => facts("end_date", "end date", FieldKind::Date, true),
            Field::AccessProfile => {
                facts("access_profile", "access profile", FieldKind::Option(ListKey::ACCESS_PROFILE), false)
            }
            Field::Manager => facts("manager_id", "manager", FieldKind::Person, true),
            Field::Phone => facts("phone", "phone", FieldKind::Phone, true),
            Field::Address => facts("address", "address", FieldKind::Text, true),
            Field::Postcode => facts("postcode", "postcode", FieldKind::Text, true),
            Field::Status => facts("status", "status", FieldKind::Status, false),
            Field::List(list) => facts(list.field_key(), list.key(), FieldKind::Option(list), false),
            // What a company keeps in a field of its own nobody can foresee.
            Field::Custom(custom) => facts(custom.key(), custom.name(), FieldKind::Text, true),
        }
    }

    /// See [`FieldFacts::key`].
    pub fn key(self) -> &'static str {
        self.facts().key
    }

    /// See [`FieldFacts::words`].
    pub fn words(self) -> &'static str {
        self.facts().words
    }

    /// See [`FieldFacts::kind`].
    pub fn kind(self) -> FieldKind {
        self.facts().kind
    }

    /// The field with this stable name.
    pub fn from_key(key: &str) -> Option<Field> {
        let standard = Field::STANDARD.into_iter().find(|field| field.key() == key);
        let list = || key.strip_prefix(list::PREFIX).and_then(ListKey::from_key).map(ListKey::field);
        standard.or_else(|| custom_field::of_key(key).map(Field::Custom)).or_else(list)
    }

    /// The list whose options are its values, if any.
    pub fn list(self) -> Option<ListKey> {
        match self.kind() {
            FieldKind::Option(list) => Some(list),
            _ => None,
        }
    }

    /// Whether a change of it is one of the person's record, written as a value like any other. The others tie, switch or point
    /// to somebody, and have operations of their own.
    pub fn is_value(self) -> bool {
        !matches!(self.kind(), FieldKind::Identifier | FieldKind::Person | FieldKind::Status)
    }

    /// Whether two values of it are the same: an e-mail whatever its case (case 26), text whatever its blanks and composition.
    /// Options, identifiers and dates are exact. Blank is empty.
    pub fn is_same(self, a: Option<&str>, b: Option<&str>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) if a == b => true,
            (Some(a), Some(b)) => match self.kind() {
                FieldKind::Email => a.trim().to_lowercase() == b.trim().to_lowercase(),
                FieldKind::Name | FieldKind::Text | FieldKind::Phone => text::clean(a) == text::clean(b),
                FieldKind::Identifier
                | FieldKind::Date
                | FieldKind::Option(_)
                | FieldKind::Person
                | FieldKind::Status => false,
            },
            (None, None) => true,
            (Some(one), None) | (None, Some(one)) => one.trim().is_empty(),
        }
    }
}

impl Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        // What plans of before had for the manager.
        let key = if word == "manager" { Field::Manager.key() } else { &word };
        Field::from_key(key).ok_or_else(|| serde::de::Error::custom(format!("`{word}` is no field")))
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
    fn what_is_the_same_depends_on_what_it_is() {
        assert!(Field::Email.is_same(Some("Ana@X.example "), Some("ana@x.example")));
        assert!(Field::FirstName.is_same(Some("Ana  Maria"), Some("Ana Maria")));
        assert!(!Field::JobTitle.is_same(Some("Chef  De Partie"), Some("Chef De Partie")));
        let custom = Field::from_key("custom:Cost centre").unwrap();
        assert!(custom.is_same(Some(" 40 "), Some("40")) && custom.is_same(Some(" "), None));
        assert!(!custom.is_same(Some("40"), Some("41")));
    }

    #[test]
    fn keys_are_read_back() {
        let custom = Field::from_key("custom:Cost centre").unwrap();
        for field in Field::STANDARD.into_iter().chain([custom]) {
            assert_eq!(Field::from_key(field.key()), Some(field));
            let stored = serde_json::to_string(&field).unwrap();
            assert_eq!(serde_json::from_str::<Field>(&stored).unwrap(), field);
        }
        assert_eq!(serde_json::from_str::<Field>("\"manager\"").unwrap(), Field::Manager);
        assert_eq!(Field::from_key("list:team").map(Field::key), Some("list:team"));
        assert_eq!(Field::from_key("list:branch"), Some(Field::Branch), "one field, one value");
        assert!(serde_json::from_str::<Field>("\"shoe_size\"").is_err() && Field::from_key("custom: ").is_none());
        assert_eq!((custom.words(), custom.facts().is_private), ("Cost centre", true));
    }
}
