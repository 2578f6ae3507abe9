//! The columns of Mappings, as the filter names them and the list is sorted by them.

use std::borrow::Cow;

use super::data::Line;
use crate::domain::filter::{Column, Kind, Row};

/// In the order of [`Row::value`]. `open` is a facet of its own: a value that waits for a human has one of many states.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        Column::new("state", "state", Kind::Choice).facet(),
        Column::new("open", "open", Kind::Choice).facet(),
        Column::new("by", "by", Kind::Text).facet(),
        Column::new("value", "value", Kind::Text),
        Column::new("to", "to", Kind::Text),
        Column::new("people", "people", Kind::Number),
        Column::new("blocked", "blocked", Kind::Number),
        Column::new("why", "why", Kind::Text),
    ]
}

impl Row for Line {
    fn value(&self, column: usize) -> Cow<'_, str> {
        match column {
            0 => self.state.word().into(),
            1 => if self.is_open() { "open" } else { "settled" }.into(),
            2 => self.author.as_ref().map_or("", |(by, _)| by.as_str()).into(),
            3 => self.value.as_str().into(),
            4 => self.target.as_deref().unwrap_or_default().into(),
            5 => self.people.to_string().into(),
            6 => self.blocked.to_string().into(),
            _ => self.why.as_str().into(),
        }
    }
}
