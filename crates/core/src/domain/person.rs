//! People in canonical form: employees of the source and users of the destination.

use super::custom_field::CustomField;
use super::field::Field;
use super::ids::{EmployeeId, Identifier, UserId};
use super::list::ListKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Values of custom fields, by the destination's names of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<CustomField, String>,
    /// Of lists without a field of their own. Employee: the source's value that a list is fed with. User: the option's key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<ListKey, String>,
}

/// Why a value cannot stand in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    #[error("{} is no part of this record", .0.words())]
    NoField(Field),
    #[error("{} is a day, and the value is none", .0.words())]
    NoDate(Field),
}

impl Person {
    /// The value of a field as text, dates as ISO 8601; `None` where it is empty or no part of [`Person`].
    pub fn value(&self, field: Field) -> Option<Cow<'_, str>> {
        match field {
            Field::DateOfBirth => day(self.date_of_birth),
            Field::StartDate => day(self.start_date),
            Field::EndDate => day(self.end_date),
            other => self.text(other).map(Cow::Borrowed),
        }
    }

    /// The value of a field that holds text; `None` where it is empty, a day, or no part of [`Person`].
    pub fn text(&self, field: Field) -> Option<&str> {
        let text = match field {
            Field::FirstName => &self.first_name,
            Field::LastName => &self.last_name,
            Field::KnownAs => &self.known_as,
            Field::Email => &self.email,
            Field::JobTitle => &self.job_title,
            Field::Branch => &self.branch,
            Field::Department => &self.department,
            Field::Phone => &self.phone,
            Field::Address => &self.address,
            Field::Postcode => &self.postcode,
            Field::Custom(custom) => return self.custom.get(&custom).map(String::as_str),
            Field::AccessProfile => return self.lists.get(&ListKey::ACCESS_PROFILE).map(String::as_str),
            Field::List(list) => return self.lists.get(&list).map(String::as_str),
            Field::DateOfBirth | Field::StartDate | Field::EndDate => return None,
            Field::Identifier | Field::Manager | Field::Status => return None,
        };
        text.as_deref()
    }

    /// Puts a value, as [`Person::value`] writes it, into a field.
    ///
    /// # Errors
    /// [`BadValue`] for a day that is none, and for a field that is no part of [`Person`]; nothing changes then.
    pub fn set(&mut self, field: Field, value: Option<&str>) -> Result<(), BadValue> {
        let text = match field {
            Field::FirstName => &mut self.first_name,
            Field::LastName => &mut self.last_name,
            Field::KnownAs => &mut self.known_as,
            Field::Email => &mut self.email,
            Field::JobTitle => &mut self.job_title,
            Field::Branch => &mut self.branch,
            Field::Department => &mut self.department,
            Field::Phone => &mut self.phone,
            Field::Address => &mut self.address,
            Field::Postcode => &mut self.postcode,
            Field::DateOfBirth => return set_day(&mut self.date_of_birth, field, value),
            Field::StartDate => return set_day(&mut self.start_date, field, value),
            Field::EndDate => return set_day(&mut self.end_date, field, value),
            Field::Custom(custom) => return put(&mut self.custom, custom, value),
            Field::AccessProfile => return put(&mut self.lists, ListKey::ACCESS_PROFILE, value),
            Field::List(list) => return put(&mut self.lists, list, value),
            Field::Identifier | Field::Manager | Field::Status => {
                return Err(BadValue::NoField(field));
            }
        };
        *text = value.map(str::to_owned);
        Ok(())
    }

    /// Every field that a person may have: the standard ones, then the lists and custom ones of these people.
    pub fn fields<'p>(people: impl IntoIterator<Item = &'p Person>) -> Vec<Field> {
        let mut more = BTreeSet::new();
        for person in people {
            more.extend(person.lists.keys().map(|list| list.field()));
            more.extend(person.custom.keys().copied().map(Field::Custom));
        }
        let is_standard = |field: &Field| Field::STANDARD.contains(field);
        let mut fields = Field::STANDARD.to_vec();
        fields.extend(more.into_iter().filter(|field| !is_standard(field)));
        fields
    }

    /// First and last name for lists; `(no name)` when both are missing.
    pub fn display_name(&self) -> String {
        match (self.first_name.as_deref(), self.last_name.as_deref()) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "(no name)".to_owned(),
        }
    }
}

fn put<K: Ord>(values: &mut BTreeMap<K, String>, key: K, value: Option<&str>) -> Result<(), BadValue> {
    match value {
        Some(value) => values.insert(key, value.to_owned()),
        None => values.remove(&key),
    };
    Ok(())
}

fn day(value: Option<Date>) -> Option<Cow<'static, str>> {
    value.map(|day| Cow::Owned(day.to_string()))
}

fn set_day(slot: &mut Option<Date>, field: Field, value: Option<&str>) -> Result<(), BadValue> {
    *slot = value.map(str::parse).transpose().map_err(|_| BadValue::NoDate(field))?;
    Ok(())
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

impl Employee {
    /// The value of a field as text: the manager by the source's id, everything else as in [`Person::value`].
    pub fn value(&self, field: Field) -> Option<Cow<'_, str>> {
        match field {
            Field::Identifier => Some(self.identifier.as_str().into()),
            Field::Manager => self.manager_id.as_ref().map(|id| id.as_str().into()),
            other => self.person.value(other),
        }
    }
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
    /// The destination shows of nobody whether they are switched on. What counts then is what was last written from here: `off`
    /// where that switched the user off. Who was never switched off from here is switched on by nothing.
    Unshown {
        off: bool,
    },
}

impl UserStatus {
    /// Switched on, as far as anybody can tell.
    pub fn is_active(&self) -> bool {
        matches!(self, UserStatus::Active | UserStatus::Unshown { off: false })
    }

    /// Switched off, as the destination shows it or as it was last written from here.
    pub fn is_inactive(&self) -> bool {
        matches!(self, UserStatus::Inactive | UserStatus::Unshown { off: true })
    }

    /// What it becomes when it is written.
    #[must_use]
    pub fn written(&self, active: bool) -> Self {
        match (self, active) {
            (UserStatus::Unshown { .. }, _) => UserStatus::Unshown { off: !active },
            (_, true) => UserStatus::Active,
            (_, false) => UserStatus::Inactive,
        }
    }

    /// What a person reads: the destination's own word where it is one that nobody knows.
    pub fn words(&self) -> String {
        match self {
            UserStatus::Active | UserStatus::Inactive => self.key().to_owned(),
            UserStatus::Unclear(word) => format!("status `{word}`"),
            UserStatus::Unshown { off: false } => "status not shown there".to_owned(),
            UserStatus::Unshown { off: true } => "switched off from here; status not shown there".to_owned(),
        }
    }

    /// The stable word in lists, exports and the database.
    pub fn key(&self) -> &'static str {
        match self {
            UserStatus::Active => "active",
            UserStatus::Inactive => "inactive",
            UserStatus::Unclear(_) => "unclear",
            UserStatus::Unshown { off: false } => "not_shown",
            UserStatus::Unshown { off: true } => "not_shown_off",
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
    /// The user whom this one reports to, where the destination tells; set for this person alone, not by a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<UserId>,
    /// `None` where the destination does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// `Some` where a part of the record cannot be read; nothing is written to such a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Unreadable>,
}

impl User {
    /// A user of whom nothing but the id is known.
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            identifier: None,
            person: Person::default(),
            status: UserStatus::Active,
            access_profile: None,
            manager: None,
            training: None,
            unreadable: None,
        }
    }

    /// What the user has in a field, as text; blank is empty.
    pub fn value(&self, field: Field) -> Option<Cow<'_, str>> {
        let value = match field {
            Field::Identifier => self.identifier.as_ref().map(|identifier| identifier.as_str().into()),
            Field::AccessProfile => self.access_profile.as_deref().map(Cow::Borrowed),
            Field::Manager => self.manager.as_ref().map(|manager| manager.as_str().into()),
            other => self.person.value(other),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// Puts a value, as [`User::value`] writes it, into a field.
    ///
    /// # Errors
    /// [`BadValue`]; nothing changes then.
    pub fn set(&mut self, field: Field, value: Option<&str>) -> Result<(), BadValue> {
        match field {
            Field::Identifier => self.identifier = value.map(Identifier::from),
            Field::AccessProfile => self.access_profile = value.map(str::to_owned),
            Field::Manager => self.manager = value.map(UserId::from),
            other => return self.person.set(other, value),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::FieldKind;

    #[test]
    fn values_go_in_as_they_come_out() {
        let custom = Field::from_key("custom:Cost centre").unwrap();
        let mut user = User::new("u1".into());
        for field in Field::STANDARD.into_iter().chain([custom, ListKey::TEAM.field()]) {
            let value = if field.kind() == FieldKind::Date { "2026-02-03" } else { "Chef" };
            match user.set(field, Some(value)) {
                Ok(()) => assert_eq!(user.value(field).as_deref(), Some(value), "{field:?}"),
                Err(error) => assert_eq!(error, BadValue::NoField(field)),
            }
        }
        assert_eq!(user.set(Field::StartDate, Some("03/02/2026")), Err(BadValue::NoDate(Field::StartDate)));
        assert_eq!(user.value(Field::StartDate).as_deref(), Some("2026-02-03"), "as it was");
        let stored = serde_json::to_string(&user).unwrap();
        assert!(stored.contains(r#""custom":{"Cost centre":"Chef"}"#), "{stored}");
        assert_eq!(serde_json::from_str::<User>(&stored).unwrap(), user);
        for field in Person::fields([&user.person]) {
            user.set(field, None).ok();
            assert_eq!(user.value(field), None);
        }
        assert_eq!(user, User::new("u1".into()));
    }
}
