//! One person on several rows of one id: two jobs, history, the same row twice. Which rows are one person, and which of them
//! stands.

use crate::domain::text;
use crate::matching::dates::Packed;

/// Rows of one id that are told apart at most; what comes after them is taken as people of its own.
const PEOPLE_MAX: usize = 50;

/// What is to be known of a row to fold it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    first: String,
    last: String,
    email: String,
    /// 0 where there is none.
    birth: Packed,
    valid_from: Packed,
    start: Packed,
    is_active: bool,
}

/// Birth, valid-from and start date.
pub(super) type Days = [Packed; 3];

impl Facts {
    /// Of what the row says.
    pub fn new([first, last, email]: [&str; 3], [birth, valid_from, start]: Days, is_active: bool) -> Self {
        let (first, last) = (text::fold(first), text::fold(last));
        Facts { first, last, email: email.trim().to_lowercase(), birth, valid_from, start, is_active }
    }

    /// Whether two rows of one id are one person: where the id is all that speaks for it, nothing may speak against it.
    fn is_same(&self, other: &Facts) -> bool {
        let equal = |a: &str, b: &str| !a.is_empty() && a == b;
        let fits = |a: &str, b: &str| a.is_empty() || b.is_empty() || a == b;
        let born = self.birth == 0 || other.birth == 0 || self.birth == other.birth;
        let names = fits(&self.first, &other.first) && fits(&self.last, &other.last);
        let renamed = equal(&self.first, &other.first)
            && (equal(&self.email, &other.email) || (self.birth != 0 && self.birth == other.birth));
        born && (names || renamed)
    }
}

/// The rows as people: each a list of their places, in the order of the rows.
pub(super) fn people(rows: &[Facts]) -> Vec<Vec<usize>> {
    let mut people: Vec<Vec<usize>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let same = |person: &&mut Vec<usize>| {
            person.first().and_then(|first| rows.get(*first)).is_some_and(|one| one.is_same(row))
        };
        match people.iter_mut().take(PEOPLE_MAX).find(same) {
            Some(person) => person.push(at),
            None => people.push(vec![at]),
        }
    }
    people
}

/// Which of the rows of one person stands: the one that holds from the latest day on that has come; else of those who are employed
/// the one that started last; of equals the first.
pub(super) fn standing(rows: &[&Facts], today: Packed) -> usize {
    let dated = rows.iter().any(|row| row.valid_from != 0);
    let rank = |row: &Facts| {
        let has_come = row.valid_from <= today || today == 0;
        if dated { (has_come, row.valid_from, row.is_active, row.start) } else { (true, 0, row.is_active, row.start) }
    };
    let mut best = 0;
    for (at, row) in rows.iter().enumerate() {
        if rows.get(best).is_some_and(|standing| rank(row) > rank(standing)) {
            best = at;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(first: &str, last: &str, [birth, valid_from, start]: Days, is_active: bool) -> Facts {
        Facts::new([first, last, ""], [birth, valid_from, start], is_active)
    }

    #[test]
    fn rows_are_one_person_where_nothing_speaks_against_it() {
        let rows = [
            facts("Carys", "Rosenvinge", [7, 0, 0], true),
            facts("CARYS", "", [0, 0, 0], true),
            facts("Mia", "Rosenvinge", [7, 0, 0], true),
            facts("Carys", "Married", [7, 0, 0], true),
            facts("Carys", "Rosenvinge", [8, 0, 0], true),
        ];
        assert_eq!(people(&rows), [vec![0, 1, 3], vec![2], vec![4]]);
    }

    #[test]
    fn the_newest_that_has_come_stands() {
        let row = |valid_from, start, is_active| facts("A", "B", [0, valid_from, start], is_active);
        let of = |rows: &[Facts]| standing(&rows.iter().collect::<Vec<_>>(), 50);
        assert_eq!(of(&[row(10, 0, true), row(40, 0, false), row(60, 0, true)]), 1, "history ends with leaving");
        assert_eq!(of(&[row(0, 10, false), row(0, 5, true)]), 1, "one of two contracts is over");
        assert_eq!(of(&[row(0, 3, true), row(0, 9, true)]), 1);
        assert_eq!(of(&[row(0, 3, true), row(0, 3, true)]), 0);
    }
}
