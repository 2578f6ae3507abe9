//! A list of the desk narrowed by a filter, with the columns and facets of Review.

use super::desk::{Desk, State};
use super::shown::Kind;
use super::{Disposition, Ruling};
use crate::domain::filter::{Facet, Filter, Row, arranged, conditions, sifted};
use crate::matching::engine::Ranked;
use crate::matching::table::Column;
use crate::store::views::review_band;
pub use crate::store::views::review_columns;
use jiff::civil::Date;
use std::borrow::Cow;
use std::sync::Arc;

/// A list of the desk, and who of it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub kind: Kind,
    /// Blank shows everybody.
    pub filter: String,
    /// The day by which days in the filter are read.
    pub today: Date,
}

impl Part {
    /// All of a list.
    pub fn all(kind: Kind) -> Part {
        Part { kind, filter: String::new(), today: Date::constant(2000, 1, 1) }
    }

    fn is_all(&self) -> bool {
        Filter::parse(&self.filter).is_empty()
    }
}

/// Who was found last, and what of the desk that is true of.
#[derive(Debug)]
pub(super) struct Found {
    part: Part,
    changes: u64,
    rows: Arc<Vec<u32>>,
}

/// One person of a list.
struct Line<'a> {
    desk: &'a Desk,
    row: usize,
    disposition: Disposition,
    ruled: Option<(Ruling, String)>,
    /// The user that stands with it.
    user: Option<Ranked>,
}

fn is(line: &Line<'_>) -> &'static str {
    match (&line.ruled, line.disposition) {
        (Some((Ruling::Link(_), _)), _) => "ruled: linked",
        (Some((Ruling::New, _)), _) => "ruled: new",
        (Some((Ruling::Later, _)), _) => "ruled: later",
        (None, Disposition::Ask | Disposition::Risk) => "open",
        (None, _) => "by the match",
    }
}

impl Row for Line<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let of = |column: Column| Cow::Borrowed(self.desk.source().value(self.row, column).unwrap_or_default());
        let sure = self.user.as_ref().map_or(0.0, |user| user.probability);
        match column {
            0 => self.desk.outcome(self.row).words(),
            1 => review_band(sure).into(),
            2 => if self.user.as_ref().is_some_and(|user| self.desk.rival(user.pair).is_some()) { "yes" } else { "no" }
                .into(),
            3 => of(Column::Branch),
            4 => of(Column::JobTitle),
            5 => is(self).into(),
            6 => self.ruled.as_ref().map_or("", |(_, by)| by.as_str()).into(),
            7 => of(Column::Department),
            8 if self.user.is_none() => "".into(),
            8 => format!("{:.1}", sure * 100.0).into(),
            9 => self.desk.born(self.row).map(|day| day.to_string()).unwrap_or_default().into(),
            10 => of(Column::Email),
            11 => self.desk.name(self.row).into(),
            12 => self.user.as_ref().map(|user| self.desk.user_words(user.row)).unwrap_or_default().into(),
            13 => self.desk.key(self.row).into(),
            _ => self.desk.source().id(self.row).into(),
        }
    }
}

impl Desk {
    /// The rows of a list, narrowed.
    pub(super) fn rows(&self, part: &Part) -> Arc<Vec<u32>> {
        let (all, changes) = {
            let state = self.state();
            if let Some(found) = &state.found
                && found.part == *part
                && found.changes == state.changes
            {
                return Arc::clone(&found.rows);
            }
            (state.list(part.kind).to_vec(), state.changes)
        };
        if part.is_all() {
            return Arc::new(all);
        }
        let columns = review_columns("identifier");
        let wanted = conditions(&Filter::parse(&part.filter), &columns, part.today).unwrap_or_default();
        let lines = self.lines_of(&all);
        let places = arranged(&lines, &columns, &wanted, None);
        let rows: Vec<u32> = places.into_iter().filter_map(|place| all.get(place).copied()).collect();
        let rows = Arc::new(rows);
        self.state().found = Some(Found { part: part.clone(), changes, rows: Arc::clone(&rows) });
        rows
    }

    fn lines_of(&self, rows: &[u32]) -> Vec<Line<'_>> {
        let state = self.state();
        rows.iter().map(|row| self.filter_line(&state, *row as usize)).collect()
    }

    fn filter_line(&self, state: &State, row: usize) -> Line<'_> {
        let disposition = self.disposition(&state.rulings, row);
        let ruled = state.ruled(row).map(|ruled| (ruled.ruling, ruled.by));
        Line { desk: self, row, disposition, ruled, user: self.shown_user(row, disposition) }
    }

    /// The values of the columns with their counts, over one list.
    pub fn facets(&self, part: &Part) -> Vec<Facet> {
        let all = self.state().list(part.kind).to_vec();
        let columns = review_columns("identifier");
        let wanted = conditions(&Filter::parse(&part.filter), &columns, part.today).unwrap_or_default();
        sifted(&self.lines_of(&all), &columns, &wanted).facets
    }

    /// Who stands at a place of a list.
    pub fn row_at(&self, part: &Part, at: usize) -> Option<usize> {
        if part.is_all() {
            return self.state().list(part.kind).get(at).map(|row| *row as usize);
        }
        self.rows(part).get(at).map(|row| *row as usize)
    }
}
