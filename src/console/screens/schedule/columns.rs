//! The columns of Schedule, as the filter names them and the list is sorted by them.

use std::borrow::Cow;

use super::data::Line;
use super::words;
use crate::domain::filter::{Column, Kind, Row};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One tenant, its times as the operator has them.
pub(super) struct One<'a> {
    pub line: &'a Line,
    pub now: Timestamp,
    pub zone: &'a TimeZone,
}

/// In the order of [`Row::value`].
pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("state", "state", Kind::Choice).facet(),
        Column::new("zone", "zone", Kind::Text).facet(),
        Column::new("destination", "destination", Kind::Text).facet(),
        Column::new("next", "next run", Kind::Day).facet(),
        Column::new("tenant", "tenant", Kind::Text),
        Column::new("name", "short name", Kind::Text),
        Column::new("when", "when", Kind::Text),
    ]
}

impl Row for One<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let standing = &self.line.standing;
        match column {
            0 => match &standing.waits {
                Some(waits) => waits.short().into(),
                None if standing.skipped_by.is_some() => "let pass".into(),
                None if standing.is_owed(self.now) => "due".into(),
                None => "on".into(),
            },
            1 => standing.connection.time_zone.as_str().into(),
            2 => self.line.destination.as_str().into(),
            3 => standing
                .due
                .map_or(Cow::Borrowed(""), |due| due.to_zoned(self.zone.clone()).datetime().to_string().into()),
            4 => self.line.name().into(),
            5 => self.line.short().into(),
            _ => words::when(standing, self.zone).into(),
        }
    }
}
