//! What would change, field by field.

use super::rules::{Rules, end_date};
use crate::domain::field::{Field, FieldChange};
use crate::domain::person::{Employee, User};
use crate::domain::settings::WritePolicy;
use crate::domain::text;
use std::borrow::Cow;

/// What a field of a user holds, as text; blank counts as empty.
pub fn held(user: &User, field: Field) -> Option<Cow<'_, str>> {
    let person = &user.person;
    let text = |value: &'_ Option<String>| value.as_deref().map(str::to_owned).map(Cow::Owned);
    let value = match field {
        Field::Identifier => user.identifier.as_ref().map(|identifier| Cow::Borrowed(identifier.as_str())),
        Field::AccessProfile => user.access_profile.as_deref().map(Cow::Borrowed),
        Field::FirstName => person.first_name.as_deref().map(Cow::Borrowed),
        Field::LastName => person.last_name.as_deref().map(Cow::Borrowed),
        Field::KnownAs => person.known_as.as_deref().map(Cow::Borrowed),
        Field::Email => person.email.as_deref().map(Cow::Borrowed),
        Field::JobTitle => person.job_title.as_deref().map(Cow::Borrowed),
        Field::Branch => person.branch.as_deref().map(Cow::Borrowed),
        Field::Department => person.department.as_deref().map(Cow::Borrowed),
        Field::Phone | Field::Address | Field::Postcode => text(&field.value_of(person)),
        Field::DateOfBirth | Field::StartDate | Field::EndDate => field.value_of(person).map(Cow::Owned),
        Field::Manager | Field::Status => None,
    };
    value.filter(|value| !value.trim().is_empty())
}

/// Whether two values of a field are the same to the planner: an e-mail whatever its case (case 26), text whatever its
/// blanks and composition. Options, identifiers and dates are exact.
pub fn equal(field: Field, a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) if a == b => true,
        (Some(a), Some(b)) => match field {
            Field::Email => a.trim().to_lowercase() == b.trim().to_lowercase(),
            Field::FirstName | Field::LastName | Field::KnownAs | Field::Phone | Field::Address | Field::Postcode => {
                text::clean(a) == text::clean(b)
            }
            _ => false,
        },
        (None, None) => true,
        (Some(one), None) | (None, Some(one)) => one.trim().is_empty(),
    }
}

/// Whether a change is one of looks only: case, accents, quotes (case 1). It is written, and shown as cosmetic.
pub fn is_cosmetic(change: &FieldChange) -> bool {
    let (Some(from), Some(to)) = (&change.from, &change.to) else { return false };
    let name = matches!(change.field, Field::FirstName | Field::LastName | Field::KnownAs);
    name && text::fold(from) == text::fold(to)
}

/// The fields of a new user: all that the source has and the destination takes.
pub(super) fn all_fields(rules: &Rules<'_>, employee: &Employee) -> Vec<FieldChange> {
    let fields = rules.destination.fields.iter().copied();
    fields
        .filter(|field| rules.write_policy(*field) != WritePolicy::Never || rules.destination.mandatory.contains(field))
        .filter_map(|field| {
            let to = rules.target(employee, field)?;
            Some(FieldChange { field, from: None, to: Some(to.into_owned()) })
        })
        .collect()
}

/// What differs between an employee and a tied user, by write policy. With `again` the user is switched on again: an end
/// date that the source does not have is cleared.
pub(super) fn differences(rules: &Rules<'_>, employee: &Employee, user: &User, again: bool) -> Vec<FieldChange> {
    let fields = rules.destination.fields.iter().copied();
    fields.filter_map(|field| difference(rules, employee, user, field, again)).collect()
}

fn difference(rules: &Rules<'_>, employee: &Employee, user: &User, field: Field, again: bool) -> Option<FieldChange> {
    if matches!(field, Field::AccessProfile | Field::Identifier | Field::Manager | Field::Status) {
        return None;
    }
    // Dates are by far the most and agree nearly always: compared before they are made text.
    let same_date = match field {
        Field::DateOfBirth => employee.person.date_of_birth == user.person.date_of_birth,
        Field::StartDate => employee.person.start_date == user.person.start_date,
        Field::EndDate => end_date(employee) == user.person.end_date,
        _ => false,
    };
    if same_date {
        return None;
    }
    let from = held(user, field);
    let to = rules.target(employee, field);
    let clears = again && field == Field::EndDate && to.is_none() && from.is_some();
    if !clears {
        let allowed = match rules.write_policy(field) {
            WritePolicy::Always => true,
            WritePolicy::OnlyWhenEmpty => from.is_none(),
            WritePolicy::OnlyAtCreation | WritePolicy::Never => false,
        };
        let blank = to.is_none() && !(rules.erases(field) && is_blank_in_source(rules, employee, field));
        if !allowed || blank || equal(field, from.as_deref(), to.as_deref()) {
            return None;
        }
    }
    Some(FieldChange { field, from: from.map(Cow::into_owned), to: to.map(Cow::into_owned) })
}

/// Whether the source really has nothing, rather than a value for which nothing is sent.
fn is_blank_in_source(rules: &Rules<'_>, employee: &Employee, field: Field) -> bool {
    let demanded = rules.destination.mandatory.contains(&field);
    !demanded && field.value_of(&employee.person).is_none_or(|value| value.trim().is_empty())
}
