//! What would change, field by field.

use super::rules::{Rules, end_date};
use crate::domain::field::{Field, FieldChange, FieldKind};
use crate::domain::person::{Employee, User};
use crate::domain::settings::WritePolicy;
use crate::domain::text;
use std::borrow::Cow;

/// Whether a change is one of looks only: case, accents, quotes (case 1). It is written, and shown as cosmetic.
pub fn is_cosmetic(change: &FieldChange) -> bool {
    let (Some(from), Some(to)) = (&change.from, &change.to) else { return false };
    change.field.kind() == FieldKind::Name && text::fold(from) == text::fold(to)
}

/// The fields of a new user: all that the source has and the destination takes.
pub(super) fn all_fields(rules: &Rules<'_>, employee: &Employee) -> Vec<FieldChange> {
    rules
        .fields
        .iter()
        .copied()
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
    rules.fields.iter().copied().filter_map(|field| difference(rules, employee, user, field, again)).collect()
}

fn difference(rules: &Rules<'_>, employee: &Employee, user: &User, field: Field, again: bool) -> Option<FieldChange> {
    // A profile is given to new users only.
    if !field.is_value() || field == Field::AccessProfile {
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
    let from = user.value(field);
    let to = rules.target(employee, field);
    let clears = again && field == Field::EndDate && to.is_none() && from.is_some();
    if !clears {
        let allowed = match rules.write_policy(field) {
            WritePolicy::Always => true,
            WritePolicy::OnlyWhenEmpty => from.is_none(),
            WritePolicy::OnlyAtCreation | WritePolicy::Never => false,
        };
        let blank = to.is_none() && !(rules.erases(field) && is_blank_in_source(rules, employee, field));
        if !allowed || blank || field.is_same(from.as_deref(), to.as_deref()) {
            return None;
        }
    }
    Some(FieldChange { field, from: from.map(Cow::into_owned), to: to.map(Cow::into_owned) })
}

/// Whether the source really has nothing, rather than a value for which nothing is sent.
fn is_blank_in_source(rules: &Rules<'_>, employee: &Employee, field: Field) -> bool {
    let demanded = rules.destination.mandatory.contains(&field);
    // Nobody has a value in a field that was archived: that says nothing about anybody.
    let archived = rules.facts.archived_fields.iter().any(|archived| archived.field == field);
    !demanded && !archived && employee.value(field).is_none_or(|value| value.trim().is_empty())
}
