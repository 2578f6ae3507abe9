//! The values of a list's columns with their counts, and their boxes: `any`, `only`, `not`. A tick is a word of the filter
//! and a word ticks the box, so both are read from the same filter.

use super::columns::{find, terms_of};
use super::conditions::tests;
use super::{Ask, Column, Filter, How, Kind, Term, Value};
use jiff::civil::Date;

/// One box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tick {
    #[default]
    Any,
    Only,
    Not,
}

impl Tick {
    /// What Space makes of it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Tick::Any => Tick::Only,
            Tick::Only => Tick::Not,
            Tick::Not => Tick::Any,
        }
    }
}

/// The values of one column, most rows first. They are counted under everything that the filter asks of the *other* columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facet {
    /// Number of the column.
    pub column: usize,
    /// Rows that are counted.
    pub of: usize,
    pub values: Vec<FacetValue>,
}

/// One value; empty where a row has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    pub value: String,
    pub count: usize,
}

impl Facet {
    /// A facet of counted values, in its order: most first, equals by their words.
    #[must_use]
    pub fn new(column: usize, of: usize, counts: impl IntoIterator<Item = (String, usize)>) -> Self {
        let mut values: Vec<FacetValue> = counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(value, count)| FacetValue { value, count })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        Self { column, of, values }
    }
}

/// What a value is counted as: days by their year.
#[must_use]
pub fn band(kind: Kind, value: &str) -> &str {
    if kind == Kind::Day { value.get(..4).unwrap_or_default() } else { value }
}

/// Whether a value of the filter means this value of the column.
fn means(column: &Column, asked: &Value, value: &str, today: Date) -> bool {
    match column.kind {
        Kind::Day if !value.is_empty() => asked.how == How::Part && asked.text == value,
        _ => tests(column, std::slice::from_ref(asked), today)
            .is_ok_and(|tests| tests.iter().any(|test| test.fits(value))),
    }
}

impl Filter {
    /// How the box of a value stands.
    #[must_use]
    pub fn tick_of(&self, columns: &[Column], at: usize, value: &str, today: Date) -> Tick {
        let Some(column) = columns.get(at) else { return Tick::Any };
        let asks = |not: bool| {
            let mut terms = terms_of(self, columns, at).filter_map(|place| self.terms.get(place));
            terms.any(|term| match &term.ask {
                Ask::Column { values, .. } if term.not == not => {
                    values.iter().any(|asked| means(column, asked, value, today))
                }
                _ => false,
            })
        };
        match (asks(true), asks(false)) {
            (true, _) => Tick::Not,
            (_, true) => Tick::Only,
            _ => Tick::Any,
        }
    }

    /// The same filter with the box of a value set. `known` are the other values of the column: a part that means several of
    /// them is written out, so that no other box changes.
    #[must_use]
    pub fn ticked(
        &self,
        columns: &[Column],
        at: usize,
        value: &str,
        known: &[&str],
        tick: Tick,
        today: Date,
    ) -> Filter {
        let Some(column) = columns.get(at) else { return self.clone() };
        let mut filter = self.clone();
        let places: Vec<usize> = terms_of(self, columns, at).collect();
        for place in &places {
            let Some(Ask::Column { values, .. }) = filter.terms.get_mut(*place).map(|term| &mut term.ask) else {
                continue;
            };
            let mut left: Vec<Value> = Vec::new();
            for asked in std::mem::take(values) {
                if !means(column, &asked, value, today) {
                    left.push(asked);
                    continue;
                }
                let others = known.iter().filter(|other| **other != value && means(column, &asked, other, today));
                left.extend(others.map(|other| written(column, other, known, today)));
            }
            left.dedup();
            *values = left;
        }
        if tick != Tick::Any {
            let new = written(column, value, known, today);
            let not = tick == Tick::Not;
            let same =
                places.iter().copied().find(|place| filter.terms.get(*place).is_some_and(|term| term.not == not));
            match same.and_then(|place| filter.terms.get_mut(place)).map(|term| &mut term.ask) {
                Some(Ask::Column { values, .. }) => values.push(new),
                _ => {
                    filter.terms.push(Term { not, ask: Ask::Column { name: column.key.to_owned(), values: vec![new] } })
                }
            }
        }
        filter.terms.retain(|term| !matches!(&term.ask, Ask::Column { values, .. } if values.is_empty()));
        filter
    }

    /// The same filter with nothing asked of a column.
    #[must_use]
    pub fn without(&self, columns: &[Column], at: usize) -> Filter {
        let about = |term: &Term| matches!(&term.ask, Ask::Column { name, .. } if find(columns, name) == Ok(at));
        Filter { terms: self.terms.iter().filter(|term| !about(term)).cloned().collect() }
    }

    /// The same filter with just this value of a column.
    #[must_use]
    pub fn just(&self, columns: &[Column], at: usize, value: &str, known: &[&str], today: Date) -> Filter {
        self.without(columns, at).ticked(columns, at, value, known, Tick::Only, today)
    }
}

/// A value as a tick writes it: of fixed words and years plainly, of text exactly.
fn written(column: &Column, value: &str, known: &[&str], today: Date) -> Value {
    let plain = Value { how: How::Part, text: value.to_owned() };
    let alone = || known.iter().all(|other| *other == value || !means(column, &plain, other, today));
    match column.kind {
        _ if value.is_empty() => plain,
        Kind::Day | Kind::Number => plain,
        Kind::Choice if alone() => plain,
        Kind::Choice | Kind::Text => Value { how: How::Whole, ..plain },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{Row, conditions, fits, sifted};
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::borrow::Cow;

    const TODAY: Date = date(2026, 11, 24);
    const BRANCHES: [&str; 4] = ["Quayside", "Quayside ", "Castle, Street", ""];
    const STATES: [&str; 3] = ["held", "changes", "unchanged"];
    const YEARS: [&str; 2] = ["2025", "2026"];

    struct Line(usize, usize, usize);

    impl Row for Line {
        fn value(&self, column: usize) -> Cow<'_, str> {
            match column {
                0 => BRANCHES[self.0].into(),
                1 => STATES[self.1].into(),
                _ => format!("{}-03-01", YEARS[self.2]).into(),
            }
        }
    }

    fn columns() -> Vec<Column> {
        vec![
            Column::new("branch", "branch", Kind::Text).facet(),
            Column::new("state", "state", Kind::Choice).facet(),
            Column::new("start", "start date", Kind::Day).facet(),
        ]
    }

    fn known(at: usize) -> Vec<&'static str> {
        match at {
            0 => BRANCHES.to_vec(),
            1 => STATES.to_vec(),
            _ => YEARS.to_vec(),
        }
    }

    fn tick(line: &str, at: usize, value: &str, tick: Tick) -> String {
        Filter::parse(line).ticked(&columns(), at, value, &known(at), tick, TODAY).to_string()
    }

    #[test]
    fn a_tick_writes_the_word_and_a_word_ticks_the_box() {
        assert_eq!(tick("vctr", 1, "held", Tick::Only), "vctr state:held");
        assert_eq!(tick("", 0, "Quayside", Tick::Only), "branch:=Quayside");
        assert_eq!(tick("branch:=Quayside", 0, "Quayside ", Tick::Only), "branch:=Quayside,=\"Quayside \"");
        assert_eq!(tick("branch:=Quayside", 0, "Quayside", Tick::Not), "!branch:=Quayside");
        assert_eq!(tick("!branch:=Quayside", 0, "Quayside", Tick::Any), "");
        assert_eq!(tick("branch:quay", 0, "Quayside ", Tick::Any), "branch:=Quayside");
        assert_eq!(tick("", 0, "", Tick::Only), "branch:\"\"");
        assert_eq!(tick("", 2, "2026", Tick::Only), "start:2026");
        let both = Filter::parse("branch:quay state:held");
        assert_eq!(both.tick_of(&columns(), 0, "Quayside ", TODAY), Tick::Only);
        assert_eq!(both.tick_of(&columns(), 0, "", TODAY), Tick::Any);
        assert_eq!(both.tick_of(&columns(), 1, "held", TODAY), Tick::Only);
        assert_eq!(both.just(&columns(), 0, "Quayside", &BRANCHES, TODAY).to_string(), "state:held branch:=Quayside");
        assert_eq!(both.without(&columns(), 1).to_string(), "branch:quay");
    }

    proptest! {
        /// Whatever is ticked, in whichever order: the box stands as it was set, no other box moves, and the ticks of each
        /// column add up to what the list shows.
        #[test]
        fn the_sum_of_the_ticks_is_the_list(
            rows in proptest::collection::vec((0usize..4, 0usize..3, 0usize..2), 0..40),
            steps in proptest::collection::vec((0usize..3, 0usize..4, 0u8..3), 0..10),
        ) {
            let rows: Vec<Line> = rows.into_iter().map(|(a, b, c)| Line(a, b, c)).collect();
            let columns = columns();
            let mut filter = Filter::default();
            for (at, value, way) in steps {
                let known = known(at);
                let value = known[value % known.len()];
                let tick = [Tick::Any, Tick::Only, Tick::Not][usize::from(way)];
                let others = |filter: &Filter| -> Vec<Tick> {
                    let all = known.iter().filter(|other| **other != value);
                    all.map(|other| filter.tick_of(&columns, at, other, TODAY)).collect()
                };
                let before = others(&filter);
                filter = filter.ticked(&columns, at, value, &known, tick, TODAY);
                filter = Filter::parse(&filter.to_string());
                prop_assert_eq!(filter.tick_of(&columns, at, value, TODAY), tick);
                prop_assert_eq!(before, others(&filter));
            }
            let conditions = conditions(&filter, &columns, TODAY).unwrap();
            let shown = rows.iter().filter(|row| fits(&conditions, *row, 3, None)).count();
            for facet in sifted(&rows, &columns, &conditions).facets {
                let ticks: Vec<(Tick, usize)> = facet.values.iter()
                    .map(|value| (filter.tick_of(&columns, facet.column, &value.value, TODAY), value.count)).collect();
                let only = terms_of(&filter, &columns, facet.column).any(|place| !filter.terms[place].not);
                let wanted = if only { Tick::Only } else { Tick::Any };
                let sum: usize = ticks.iter().filter(|(tick, _)| *tick == wanted).map(|(_, count)| count).sum();
                prop_assert_eq!(sum, shown, "{}", filter);
            }
        }
    }
}
