//! Users to whom nothing may be written: their status is a word that nobody knows, or their record cannot be read.

use super::holds::{hold, named_candidate, with_field};
use super::likeness::{self, Likeness};
use super::plan_index::PlanIndex;
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::person::{User, UserStatus};
use crate::domain::plan::{Hold, HoldCode};

/// Why nothing may be written to this user, in words behind "user 5012"; `None` where it may.
pub(super) fn reason(user: &User, destination: &str) -> Option<String> {
    if let Some(unreadable) = &user.unreadable {
        return Some(format!("whose record in {destination} cannot be read ({})", unreadable.what));
    }
    match &user.status {
        UserStatus::Active | UserStatus::Inactive | UserStatus::Unshown { .. } => None,
        UserStatus::Unclear(word) => {
            Some(format!("whose status `{word}` in {destination} says neither active nor inactive"))
        }
    }
}

/// The hold of an employee who is tied to a user to whom nothing may be written.
pub(super) fn unusable(index: &PlanIndex<'_>, employee: &EmployeeId, user: usize) -> Option<Hold> {
    let found = index.users[user];
    let destination = index.rules.destination.name;
    let why = reason(found, destination)?;
    let id = &found.id;
    if let Some(unreadable) = &found.unreadable {
        let message = format!("tied to user {id}, {why}");
        let remedy = match unreadable.member.as_str() {
            "" => format!("have the record of user {id} put right in {destination}, then sync again"),
            member => format!("correct `{member}` of user {id} in {destination}, then sync again"),
        };
        let mut hold = hold(employee, HoldCode::RecordUnreadable, message, remedy);
        hold.field = Some(unreadable.member.clone()).filter(|member| !member.is_empty());
        hold.candidates.push(named_candidate(id, Field::Identifier, "unreadable", "the record cannot be read"));
        return Some(hold);
    }
    let message = format!("tied to user {id}, {why}");
    let remedy = format!("set user {id} to active or inactive in {destination}, or protect the person as it is");
    let mut hold = with_field(hold(employee, HoldCode::StatusUnclear, message, remedy), Field::Status);
    if let UserStatus::Unclear(word) = &found.status {
        hold.value = Some(word.clone());
    }
    hold.candidates.push(named_candidate(id, Field::Status, "unclear", "the status is not known"));
    Some(hold)
}

/// Users who may be anybody whom nothing in them speaks against: a part of the name cannot be read, so that the matcher
/// has nothing to weigh.
pub(super) fn nameless(index: &PlanIndex<'_>, users: &[usize]) -> Vec<usize> {
    let is_nameless = |user: &&User| {
        user.unreadable.is_some() && (user.person.first_name.is_none() || user.person.last_name.is_none())
    };
    users.iter().copied().filter(|user| is_nameless(&index.users[*user])).collect()
}

/// The first of these users whom this employee may be, for all that can be read.
pub(super) fn may_be(index: &PlanIndex<'_>, employee: usize, nameless: &[usize]) -> Option<usize> {
    let person = &index.employees[employee].person;
    nameless.iter().copied().find(|user| {
        let other = &index.users[*user].person;
        if index.is_not_same(employee, *user)
            || likeness::birth_dates(person, other, index.rules.today) == Likeness::Different
        {
            return false;
        }
        match likeness::names(person, other) {
            Likeness::Alike => true,
            Likeness::Different => false,
            // One name is there and is not the person's.
            Likeness::Unclear => other.first_name.is_none() && other.last_name.is_none(),
        }
    })
}

/// The hold of somebody who would be created, but may be a user of whom too little can be read.
pub(super) fn asked(index: &PlanIndex<'_>, employee: usize, user: usize) -> Hold {
    let found = index.users[user];
    let why = reason(found, index.rules.destination.name).unwrap_or_default();
    let message = format!("may be user {}, {why}", found.id);
    let remedy = format!(
        "have the record put right in {}, or rule `create` in Review if that is somebody else",
        index.rules.destination.name
    );
    let mut hold = hold(&index.employees[employee].id, HoldCode::ProbableDuplicate, message, remedy);
    let evidence = "too little of the record can be read to tell";
    hold.candidates.push(named_candidate(&found.id, Field::Identifier, "unreadable", evidence));
    hold
}
