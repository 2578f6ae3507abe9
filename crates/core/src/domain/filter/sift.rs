//! A filter over a list that is short enough to be looked through: who passes and what the facets count, in one pass.

use super::conditions::{Condition, Row, Wanted, folded};
use super::tick::{Facet, band};
use super::{Column, conditions};
use std::collections::HashMap;

/// Who passes a filter, and the values beside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Numbers of the rows that pass, as the rows come.
    pub places: Vec<usize>,
    /// Of the columns that have a facet.
    pub facets: Vec<Facet>,
}

/// Which conditions do not hold for a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failing {
    None,
    /// Only such that are about this column: its facet counts the row all the same.
    Column(usize),
    Several,
}

fn failing(conditions: &[Condition], row: &impl Row, columns: usize) -> Failing {
    let (mut text, mut failing) = (None, Failing::None);
    for condition in conditions {
        let (found, at) = match &condition.wanted {
            Wanted::Column { at, any } => {
                let value = row.value(*at);
                (any.iter().any(|test| test.fits(&value)), Some(*at))
            }
            Wanted::Word(word) => (word.is_in(text.get_or_insert_with(|| folded(row, columns))), None),
        };
        if found != condition.not {
            continue;
        }
        failing = match (failing, at) {
            (Failing::None, Some(at)) => Failing::Column(at),
            (Failing::Column(before), Some(at)) if before == at => failing,
            _ => return Failing::Several,
        };
    }
    failing
}

/// The values of one column, while they are counted.
struct Count<'a> {
    at: usize,
    column: &'a Column,
    all: usize,
    values: HashMap<String, usize>,
}

impl Count<'_> {
    fn add(&mut self, row: &impl Row) {
        self.all += 1;
        let value = row.value(self.at);
        let value = band(self.column.kind, &value);
        match self.values.get_mut(value) {
            Some(count) => *count += 1,
            None => _ = self.values.insert(value.to_owned(), 1),
        }
    }
}

/// The rows that pass and the facets; each row's text is put together once, however many facets there are.
#[must_use]
pub fn sifted(rows: &[impl Row], columns: &[Column], conditions: &[Condition]) -> Sifted {
    let faceted = columns.iter().enumerate().filter(|(_, column)| column.facet);
    let mut counts: Vec<Count<'_>> =
        faceted.map(|(at, column)| Count { at, column, all: 0, values: HashMap::new() }).collect();
    let mut places = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        match failing(conditions, row, columns.len()) {
            Failing::None => {
                places.push(place);
                counts.iter_mut().for_each(|count| count.add(row));
            }
            Failing::Column(at) => counts.iter_mut().filter(|count| count.at == at).for_each(|count| count.add(row)),
            Failing::Several => {}
        }
    }
    let facets = counts.into_iter().map(|count| Facet::new(count.at, count.all, count.values)).collect();
    Sifted { places, facets }
}

/// [`sifted`] with the rows that pass in the order of a column (`true`: the other way round); equals stay as they come.
#[must_use]
pub fn sifted_by(rows: &[impl Row], columns: &[Column], conditions: &[Condition], by: Option<(usize, bool)>) -> Sifted {
    let mut sifted = sifted(rows, columns, conditions);
    conditions::arrange(&mut sifted.places, rows, columns, by);
    sifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{Filter, Kind, arranged, conditions, fits};
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::borrow::Cow;

    struct Line([&'static str; 4]);

    impl Row for Line {
        fn value(&self, column: usize) -> Cow<'_, str> {
            self.0.get(column).copied().unwrap_or_default().into()
        }
    }

    fn columns() -> Vec<Column> {
        vec![
            Column::new("who", "who", Kind::Text),
            Column::new("branch", "branch", Kind::Text).facet(),
            Column::new("state", "state", Kind::Choice).facet(),
            Column::new("start", "start date", Kind::Day).facet(),
        ]
    }

    /// The facets as they are defined: each is counted under what is asked of the other columns.
    fn one_by_one(rows: &[Line], columns: &[Column], conditions: &[Condition]) -> Vec<Facet> {
        let of = |(at, column): (usize, &Column)| {
            let mut counts: HashMap<String, usize> = HashMap::new();
            let counted: Vec<&Line> =
                rows.iter().filter(|row| fits(conditions, *row, columns.len(), Some(at))).collect();
            for row in &counted {
                *counts.entry(band(column.kind, &row.value(at)).to_owned()).or_default() += 1;
            }
            Facet::new(at, counted.len(), counts)
        };
        columns.iter().enumerate().filter(|(_, column)| column.facet).map(of).collect()
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_the_rules_say(
            rows in proptest::collection::vec((0usize..4, 0usize..3, 0usize..2, 0usize..3), 0..30),
            terms in proptest::collection::vec(0usize..9, 0..5),
        ) {
            let rows: Vec<Line> = rows.into_iter().map(|(who, branch, state, start)| Line([
                ["Søren Kjær", "Victoria", "soren", ""][who],
                ["Quayside", "Quayside ", ""][branch],
                ["held", "linked"][state],
                ["2026-11-21", "2025-01-02", ""][start],
            ])).collect();
            let columns = columns();
            let words = ["soren", "!vic", "branch:quay", "!branch:=Quayside", "branch:\"\"", "state:held", "!state:linked", "start:2026", "\"s\u{f8}r\""];
            let text = terms.into_iter().map(|at| words[at]).collect::<Vec<_>>().join(" ");
            let conditions = conditions(&Filter::parse(&text), &columns, date(2026, 11, 24)).unwrap();
            for by in [None, Some((0, false)), Some((3, true))] {
                let sifted = sifted_by(&rows, &columns, &conditions, by);
                prop_assert_eq!(&sifted.places, &arranged(&rows, &columns, &conditions, by), "{}", text);
                prop_assert_eq!(&sifted.facets, &one_by_one(&rows, &columns, &conditions), "{}", text);
            }
        }
    }
}
