//! The source weather: how full the records of one pull are. Compared with the pull before, it shows what no single record does:
//! that a field is suddenly empty for everybody, or that everybody seems to leave on the day they came.

use super::field::Field;
use super::person::{Employee, EmploymentStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fields whose filling is watched. An end date is rightly missing for nearly everybody.
pub const WATCHED: [Field; 12] = [
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::DateOfBirth,
    Field::JobTitle,
    Field::Branch,
    Field::Department,
    Field::StartDate,
    Field::Manager,
    Field::Phone,
    Field::Address,
    Field::Postcode,
];

/// Dates in which day and month can change places.
pub const TURNABLE: [Field; 2] = [Field::DateOfBirth, Field::StartDate];

/// People of a pull whose date is another one than in the pull before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedDates {
    pub field: Field,
    /// How many have another date.
    pub changed: u64,
    /// How many of them have the same one with day and month the other way round.
    pub turned: u64,
}

/// Counts of one complete pull.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weather {
    /// Active employees in scope whose record could be read.
    pub people: u64,
    /// How many of them have a value, by the field's key; a field that nobody has is missing.
    pub filled: BTreeMap<String, u64>,
    /// Everybody in scope who has an end date.
    pub ending: u64,
    /// Those whose end date is their start date.
    pub ends_as_begun: u64,
}

impl Weather {
    /// Counts one employee in scope.
    pub fn count(&mut self, employee: &Employee) {
        let (start, end) = (employee.person.start_date, employee.person.end_date);
        self.ending += u64::from(end.is_some());
        self.ends_as_begun += u64::from(end.is_some() && start == end);
        if employee.status != EmploymentStatus::Active || employee.unreadable.is_some() {
            return;
        }
        self.people += 1;
        for field in WATCHED {
            if employee.value(field).is_some_and(|value| !value.trim().is_empty()) {
                *self.filled.entry(field.key().to_owned()).or_default() += 1;
            }
        }
    }

    /// How many have a value of a field.
    pub fn filled(&self, field: Field) -> u64 {
        self.filled.get(field.key()).copied().unwrap_or_default()
    }
}
