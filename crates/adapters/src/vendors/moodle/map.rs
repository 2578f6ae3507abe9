//! Between Moodle's users and canonical ones. Pure.

use super::answer::{TOO_LONG, rejected};
use super::arguments::Members;
use super::options::{BranchIn, Options};
use super::wire::{Flag, UserRow};
use crate::domain::custom_field::CustomField;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::{Person, User, UserStatus};
use crate::ports::destination::WriteError;
use crate::vendors::rows::{self, Fault, Row};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Lengths of Moodle's columns, in characters (documented by its schema): more is an error of its database.
pub const ID_NUMBER_MAX: usize = 255;
pub const EMAIL_MAX: usize = 100;
const NAME_MAX: usize = 100;
const TEXT_MAX: usize = 255;

/// The one account that visitors share; nobody is it.
const GUEST: &str = "guest";
/// An account that nobody can log in by, suspended or not.
const NO_LOGIN: &str = "nologin";

/// Members that every user has, so that one which is not there is hidden from the token's user; and the right that shows it.
const ALWAYS: [(&str, &str); 5] = [
    ("username", "moodle/user:viewalldetails, without which ID numbers are hidden too"),
    ("email", "moodle/site:viewuseridentity, and the e-mail address among *Show user identity* (User policies)"),
    ("suspended", "moodle/user:viewhiddendetails, or take *suspended* out of *Hide user fields* (User policies)"),
    ("firstname", "moodle/site:viewfullnames"),
    ("lastname", "moodle/site:viewfullnames"),
];

/// A user as read.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Stands for the id where that cannot be read.
    pub id: i64,
    pub row: UserRow,
    pub user: User,
    /// Members that the token's user is not shown.
    pub hidden: Vec<&'static str>,
}

impl Seen {
    pub fn is_guest(&self) -> bool {
        self.row.username.as_deref() == Some(GUEST)
    }

    pub fn has_email(&self, email: &str) -> bool {
        self.row.email.as_deref().is_some_and(|held| same_email(held, email))
    }

    pub fn carries(&self, identifier: &Identifier) -> bool {
        self.user.identifier.as_ref() == Some(identifier)
    }
}

/// The right that shows a member.
pub fn right_of(member: &str) -> &'static str {
    ALWAYS.iter().find(|(known, _)| *known == member).map_or("", |(_, right)| right)
}

/// An e-mail as it is compared.
pub fn same_email(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.trim().is_empty())
}

/// A row as what can be read of it, with the profile fields that are mapped.
pub fn read(row: &RawValue, mapped: &BTreeSet<CustomField>, options: &Options) -> Seen {
    let Row { record, mut faults } = rows::read::<UserRow>(row);
    let found = record.unwrap_or_default();
    let id = found.id.unwrap_or_else(|| rows::stand_in(row));
    let shown = |member: &str, is_there: bool| {
        is_there || faults.iter().any(|fault| fault.member.as_deref().is_none_or(|at_fault| at_fault == member))
    };
    let there = |member: &str| match member {
        "username" => found.username.is_some(),
        "email" => found.email.is_some(),
        "suspended" => found.suspended.is_some(),
        "firstname" => found.firstname.is_some(),
        _ => found.lastname.is_some(),
    };
    let hidden = ALWAYS.iter().map(|(member, _)| *member).filter(|member| !shown(member, there(member))).collect();
    let mut user = user(&found, options);
    let (of_status, others): (Vec<Fault>, Vec<Fault>) =
        faults.into_iter().partition(|fault| matches!(fault.member.as_deref(), Some("suspended" | "confirmed")));
    faults = others;
    if let Some(fault) = of_status.first() {
        user.status = UserStatus::Unclear(format!("({})", fault.what.trim_start_matches("holds ")));
    }
    profile_fields(&found, mapped, options, &mut user.person, &mut faults);
    if found.id.is_none() {
        user.id = UserId::new(format!("unreadable-{:x}", id.unsigned_abs()));
        if !faults.iter().any(|fault| fault.member.as_deref().is_none_or(|member| member == "id")) {
            faults.push(Fault { member: Some("id".to_owned()), what: "is empty" });
        }
    }
    user.unreadable = rows::unreadable(&faults);
    Seen { id, row: found, user, hidden }
}

fn user(row: &UserRow, options: &Options) -> User {
    let mut user = User::new(UserId::new(row.id.map(|id| id.to_string()).unwrap_or_default()));
    user.identifier = filled(&row.idnumber).map(Identifier);
    user.person = Person {
        first_name: filled(&row.firstname),
        last_name: filled(&row.lastname),
        email: filled(&row.email),
        // Of cohorts it is put in by whoever knows who is in which.
        branch: if options.has_cohorts() { None } else { filled(&row.institution) },
        department: filled(&row.department),
        ..Person::default()
    };
    user.status = status(row);
    user
}

/// Whether somebody can log in. A sign-up that was never confirmed, and an account without a way to log in, are neither: `suspended`
/// would say nothing of them.
fn status(row: &UserRow) -> UserStatus {
    if row.confirmed.as_ref().is_some_and(|flag| flag.is() != Some(true)) {
        return UserStatus::Unclear("unconfirmed".to_owned());
    }
    if row.auth.as_deref() == Some(NO_LOGIN) {
        return UserStatus::Unclear(NO_LOGIN.to_owned());
    }
    match row.suspended.as_ref().and_then(Flag::is) {
        Some(true) => UserStatus::Inactive,
        Some(false) => UserStatus::Active,
        None => UserStatus::Unclear("(none)".to_owned()),
    }
}

/// The job title and the mapped fields, by short name to the letter. An empty field does not come at all.
fn profile_fields(
    row: &UserRow,
    mapped: &BTreeSet<CustomField>,
    options: &Options,
    person: &mut Person,
    faults: &mut Vec<Fault>,
) {
    let mut custom = BTreeMap::new();
    for field in row.customfields.iter().flatten() {
        let Some(short_name) = field.shortname.as_deref() else { continue };
        let target = mapped.iter().find(|field| field.name() == short_name).copied();
        let is_title = options.job_title.as_deref() == Some(short_name);
        if target.is_none() && !is_title {
            continue;
        }
        let value = match &field.value {
            Value::Null => continue,
            Value::String(text) if text.trim().is_empty() => continue,
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => field.value.to_string(),
            Value::Array(_) | Value::Object(_) => {
                faults.push(Fault { member: Some(short_name.to_owned()), what: "holds more than one value" });
                continue;
            }
        };
        match target {
            Some(field) => _ = custom.insert(field, value),
            None => person.job_title = Some(value),
        }
    }
    person.custom = custom;
}

/// All of a new user but what makes an account of them. Members without a value are left out.
pub fn creation(identifier: &Identifier, person: &Person, options: &Options) -> Members {
    let institution = person.branch.as_deref().filter(|_| options.branch == BranchIn::Institution);
    let members: [(&'static str, Option<&str>); 6] = [
        ("firstname", person.first_name.as_deref()),
        ("lastname", person.last_name.as_deref()),
        ("email", person.email.as_deref()),
        ("idnumber", Some(identifier.as_str())),
        ("institution", institution),
        ("department", person.department.as_deref()),
    ];
    let mut out = Members {
        plain: members.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect(),
        custom: Vec::new(),
    };
    if let (Some(field), Some(title)) = (&options.job_title, &person.job_title) {
        out.custom.push((field.clone(), title.clone()));
    }
    out.custom.extend(person.custom.iter().map(|(field, value)| (field.name().to_owned(), value.clone())));
    out
}

/// What is written of these changes into the user itself. An empty text empties.
///
/// # Errors
/// [`WriteError::Rejected`] for a field that Moodle does not have.
pub fn changed(changes: &[FieldChange], options: &Options) -> Result<Members, WriteError> {
    let mut out = Members::default();
    for change in changes {
        let value = change.to.clone().unwrap_or_default();
        let name = match change.field {
            Field::FirstName => "firstname",
            Field::LastName => "lastname",
            Field::Email => "email",
            Field::Department => "department",
            Field::Branch if options.has_cohorts() => continue,
            Field::Branch => "institution",
            Field::JobTitle if options.job_title.is_some() => {
                out.custom.extend(options.job_title.clone().map(|field| (field, value)));
                continue;
            }
            Field::Custom(custom) => {
                out.custom.push((custom.name().to_owned(), value));
                continue;
            }
            field => {
                let message = format!("Moodle has no member for {}", field.words());
                return Err(rejected("NO_FIELD", message, Some(field.key())));
            }
        };
        out.plain.push((name, value));
    }
    Ok(out)
}

/// Whether everything fits its column: what does not is an error of the database there, which says nothing.
///
/// # Errors
/// [`WriteError::Rejected`] that names the member.
pub fn check_lengths(members: &Members) -> Result<(), WriteError> {
    for (name, value) in &members.plain {
        let max = match *name {
            "firstname" | "lastname" => NAME_MAX,
            "email" => EMAIL_MAX,
            "idnumber" => ID_NUMBER_MAX,
            "institution" | "department" => TEXT_MAX,
            _ => continue,
        };
        let length = value.chars().count();
        if length > max {
            let message = format!("`{name}` has {length} characters; Moodle takes {max}");
            return Err(rejected(TOO_LONG, message, Some(name)));
        }
    }
    Ok(())
}
