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

/// People who are tied to users and whose identifier is another one than in the pull before; who has none, then or now, is not
/// among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedIdentifiers {
    pub changed: u64,
    /// How many of them have one of another shape: that of before, that of now.
    pub reshaped: BTreeMap<(String, String), u64>,
}

impl ChangedIdentifiers {
    /// Counts somebody who had the one and has the other.
    pub fn count(&mut self, was: &str, now: &str) {
        self.changed += 1;
        let (was, now) = (shape(was), shape(now));
        if was != now {
            *self.reshaped.entry((was, now)).or_default() += 1;
        }
    }
}

/// The shape of an identifier: letters are `A`, digits `9`, digits with a zero in front `09`, however many; `RG-0118` is `A-09`.
#[must_use]
pub fn shape(identifier: &str) -> String {
    let mut shape = String::new();
    let mut rest = identifier.trim().chars().peekable();
    while let Some(letter) = rest.next() {
        let is_digit = letter.is_ascii_digit();
        if !is_digit && !letter.is_alphabetic() {
            shape.push(letter);
            continue;
        }
        let mut more = 0;
        while rest.next_if(|next| if is_digit { next.is_ascii_digit() } else { next.is_alphabetic() }).is_some() {
            more += 1;
        }
        shape.push_str(match letter {
            '0' if more > 0 => "09",
            _ if is_digit => "9",
            _ => "A",
        });
    }
    shape
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_how_an_identifier_is_written_and_not_which_it_is() {
        for (identifier, wanted) in [
            ("RG-118", "A-9"),
            ("RG-9", "A-9"),
            ("118", "9"),
            ("0118", "09"),
            ("0", "9"),
            ("é7/00", "A9/09"),
            (" 40817_12 ", "9_9"),
            ("", ""),
        ] {
            assert_eq!(shape(identifier), wanted, "{identifier}");
        }
        let mut changed = ChangedIdentifiers::default();
        [("0118", "118"), ("0119", "119"), ("RG-1", "RG-2")].iter().for_each(|(was, now)| changed.count(was, now));
        assert_eq!((changed.changed, changed.reshaped), (3, BTreeMap::from([(("09".into(), "9".into()), 2)])));
    }
}
