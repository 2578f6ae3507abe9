//! From BambooHR's people to canonical employees. Pure.

use super::NAME;
use super::client::forbidden;
use super::fields::{self, Resolved};
use super::wire::{
    DATE_OF_BIRTH, EMPLOYEE_NUMBER, FIRST_NAME, HIRE_DATE, HOME_EMAIL, LAST_NAME, Listed, MOBILE_PHONE, PREFERRED_NAME,
    Record, STATUS, SUPERVISOR_E_ID, SUPERVISOR_ID, TERMINATION_DATE, WORK_EMAIL, Wanted, quoted,
};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::domain::snapshot::ArchivedField;
use crate::ports::api::ApiError;
use crate::vendors::rows::{self, Fault, date};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashSet};

/// The word of somebody who is inactive and has no date that says why; an operator may say once what it means.
pub const UNDATED: &str = "Inactive without a termination date";

/// The member by which people are filtered.
const DEPARTMENT: &str = "department";

/// The standard fields with the members that feed them.
const FEEDS: [(Field, &str); 7] = [
    (Field::FirstName, FIRST_NAME),
    (Field::LastName, LAST_NAME),
    (Field::KnownAs, PREFERRED_NAME),
    (Field::Email, WORK_EMAIL),
    (Field::Email, HOME_EMAIL),
    (Field::DateOfBirth, DATE_OF_BIRTH),
    (Field::Phone, MOBILE_PHONE),
];

/// What is needed to read a person.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub resolved: Resolved,
    /// The company's own number is the identifier, not BambooHR's.
    by_number: bool,
    /// Only people of these departments are in scope; empty takes all.
    departments: BTreeSet<String>,
    today: Date,
    /// Members that the key may not see of anybody.
    hidden: BTreeSet<String>,
    /// Which member is the manager's id.
    supervisor: Option<&'static str>,
    /// Whether anybody shows an empty date, and anything else that is empty: then what is missing is hidden, not empty.
    shows_empty: (bool, bool),
}

impl Mapper {
    /// A mapper that has seen nobody yet.
    pub fn new(resolved: Resolved, by_number: bool, departments: BTreeSet<String>, today: Date) -> Self {
        Self {
            resolved,
            by_number,
            departments,
            today,
            hidden: BTreeSet::new(),
            supervisor: None,
            shows_empty: (false, false),
        }
    }

    /// What is asked for of each person.
    pub fn wanted(&self) -> Wanted {
        self.resolved.wanted((!self.departments.is_empty()).then_some(DEPARTMENT))
    }

    /// Learns from everybody's records what the key may see, and which member is the manager's id.
    pub fn learn<'r>(
        &mut self,
        records: impl Iterator<Item = &'r Record> + Clone,
        visible: &BTreeSet<String>,
        ids: &HashSet<String>,
    ) {
        let wanted = self.wanted();
        if records.clone().next().is_some() {
            self.hidden = wanted.names().filter(|name| !visible.contains(*name)).map(str::to_owned).collect();
        }
        let empty = |name: &String, value: &Option<String>, dates| value.is_none() && is_date(name) == dates;
        let anybody =
            |dates| records.clone().any(|one| one.values.iter().any(|(name, value)| empty(name, value, dates)));
        self.shows_empty = (anybody(true), anybody(false));
        let count = |member: &str| {
            records.clone().filter_map(|record| record.text(member)).filter(|id| ids.contains(*id)).count()
        };
        let (by_id, by_e_id) = (count(SUPERVISOR_ID), count(SUPERVISOR_E_ID));
        self.supervisor = match (by_id, by_e_id) {
            (0, 0) => None,
            _ if by_id >= by_e_id => Some(SUPERVISOR_ID),
            _ => Some(SUPERVISOR_E_ID),
        };
    }

    /// Without these nobody can be told from a leaver, or is known at all.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn check_rights(&self, status_is_listed: bool) -> Result<(), ApiError> {
        let mut needed = vec![HIRE_DATE, TERMINATION_DATE];
        needed.extend((!status_is_listed).then_some(STATUS));
        needed.extend(self.by_number.then_some(EMPLOYEE_NUMBER));
        let lacking: Vec<&str> = needed.into_iter().filter(|name| self.hidden.contains(*name)).collect();
        match lacking.is_empty() {
            true => Ok(()),
            false => Err(forbidden(format!("the key does not see {} of anybody", quoted(lacking)))),
        }
    }

    /// What records depend on beside themselves, as it is known before anybody was seen: fields and options.
    pub fn context(&self) -> String {
        format!("{:?}", self.resolved)
    }

    /// The same of what all records together have told: rights, and which member is the manager's id.
    pub fn learnt_context(&self) -> String {
        format!("{:?} {:?} {:?}", self.hidden, self.supervisor, self.shows_empty)
    }

    /// Fields that stand empty because the key may not see what feeds them: nothing is cleared by that.
    pub fn hidden_fields(&self) -> Vec<ArchivedField> {
        let mapped = self.resolved.names.iter().map(|(field, name)| (*field, name.as_str()));
        let hidden = FEEDS.into_iter().chain(mapped).filter(|(_, name)| self.hidden.contains(*name));
        hidden
            .map(|(field, name)| ArchivedField { field, label: name.to_owned(), remedy: fields::right(name) })
            .collect()
    }

    /// What is hidden, as a warning says it.
    pub fn hidden_words(&self) -> Option<String> {
        let hidden = self.hidden.iter().map(String::as_str).filter(|name| match *name {
            EMPLOYEE_NUMBER => self.by_number,
            // One of the two is enough.
            SUPERVISOR_ID | SUPERVISOR_E_ID => {
                self.hidden.contains(SUPERVISOR_ID) && self.hidden.contains(SUPERVISOR_E_ID)
            }
            _ => true,
        });
        let hidden = quoted(hidden);
        (!hidden.is_empty()).then(|| {
            format!("{NAME} does not show the key {hidden} of anybody: these stay as they are at the destination")
        })
    }

    /// The person whom a record tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, listed: Option<&Listed>, record: &Record, mut faults: Vec<Fault>) -> Employee {
        let text = |member| record.text(member).map(str::to_owned);
        let home = || text(HOME_EMAIL).filter(|_| !self.hidden.contains(WORK_EMAIL));
        let start = date(HIRE_DATE, record.text(HIRE_DATE), &mut faults);
        let end = date(TERMINATION_DATE, record.text(TERMINATION_DATE), &mut faults);
        let word = record.text(STATUS).or_else(|| listed.and_then(|listed| listed.status.as_deref()));
        let (status, end_date) = self.employment(word, start, end);
        let mut person = Person {
            first_name: text(FIRST_NAME),
            last_name: text(LAST_NAME),
            known_as: text(PREFERRED_NAME),
            email: text(WORK_EMAIL).or_else(home),
            date_of_birth: date(DATE_OF_BIRTH, record.text(DATE_OF_BIRTH), &mut faults),
            start_date: start,
            end_date,
            phone: text(MOBILE_PHONE),
            ..Person::default()
        };
        for (field, name) in &self.resolved.names {
            if let Err(error) = person.set(*field, record.text(name)) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        let identifier = if self.by_number { record.text(EMPLOYEE_NUMBER) } else { Some(record.id.as_str()) };
        let unreadable = rows::unreadable(&faults)
            .or_else(|| listed.and_then(|listed| self.hidden_here(listed, record)))
            .or_else(|| identifier.is_none().then(no_number));
        Employee {
            identifier: Identifier::new(identifier.unwrap_or_default()),
            id: EmployeeId::new(record.id.clone()),
            person,
            manager_id: self.supervisor.and_then(text).map(EmployeeId::new),
            status,
            unreadable,
        }
    }

    /// Somebody of whom nothing but the row of the list is known.
    pub fn without_detail(&self, listed: &Listed, why: &str) -> Employee {
        let person =
            Person { first_name: listed.first_name.clone(), last_name: listed.last_name.clone(), ..Person::default() };
        let identifier = if self.by_number { String::new() } else { listed.id.clone() };
        Employee {
            identifier: Identifier::new(identifier),
            id: EmployeeId::new(listed.id.clone()),
            person,
            manager_id: None,
            // Inactive may be not yet.
            status: EmploymentStatus::Active,
            unreadable: Some(Unreadable { member: String::new(), what: why.to_owned() }),
        }
    }

    /// Whether a person is in the source filter; somebody of whose department nobody can tell is.
    pub fn in_scope(&self, record: &Record, faults: &[Fault]) -> bool {
        let is_broken = || faults.iter().any(|fault| fault.member.as_deref() == Some(DEPARTMENT));
        self.departments.is_empty()
            || is_broken()
            || !record.values.contains_key(DEPARTMENT)
            || record.text(DEPARTMENT).is_some_and(|own| self.departments.contains(own))
    }

    /// Whether every member that others show is here, empty ones too: then the record can be understood alone.
    pub fn is_whole(&self, record: &Record) -> bool {
        self.wanted().names().all(|name| self.hidden.contains(name) || record.values.contains_key(name))
    }

    /// Whether the key may not see of this person what it sees of others.
    pub fn hidden_here(&self, listed: &Listed, record: &Record) -> Option<Unreadable> {
        let tells = |name: &str| {
            let (dates, others) = self.shows_empty;
            listed.is_restricted || if is_date(name) { dates } else { others }
        };
        let here = |name: &&str| !self.hidden.contains(*name) && !record.values.contains_key(*name) && tells(name);
        let wanted = self.wanted();
        let member = wanted.names().find(here)?;
        let what = format!("{NAME} does not show the key `{member}` of this person");
        Some(Unreadable { member: member.to_owned(), what })
    }

    /// What status and dates say together, with the last day of this employment.
    fn employment(
        &self,
        word: Option<&str>,
        start: Option<Date>,
        end: Option<Date>,
    ) -> (EmploymentStatus, Option<Date>) {
        // One before the first day is that of an earlier employment.
        let end = end.filter(|end| start.is_none_or(|start| *end >= start));
        match word {
            // The status changes by itself after the last day; a date that has passed is of an earlier employment.
            Some("Active") => (EmploymentStatus::Active, end.filter(|end| *end >= self.today)),
            Some("Inactive") if start.is_some_and(|start| start >= self.today) => (EmploymentStatus::Active, end),
            Some("Inactive") if end.is_some() => (EmploymentStatus::Ended, end),
            Some("Inactive") => (EmploymentStatus::Unclear(UNDATED.to_owned()), None),
            Some(word) => (EmploymentStatus::Unclear(word.to_owned()), end),
            None => (EmploymentStatus::Unclear("(none)".to_owned()), end),
        }
    }
}

fn is_date(member: &str) -> bool {
    matches!(member, DATE_OF_BIRTH | HIRE_DATE | TERMINATION_DATE)
}

/// Who lacks the number that ties people to users.
fn no_number() -> Unreadable {
    Unreadable {
        member: EMPLOYEE_NUMBER.to_owned(),
        what: format!("`{EMPLOYEE_NUMBER}` is empty, and it is what ties people to their users"),
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
