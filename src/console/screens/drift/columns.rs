//! The columns of Drift, as the filter names them.

use std::borrow::Cow;

use crate::domain::filter::{Column, Kind, Row};
use crate::services::drift::Line;

/// One line that had moved.
pub(super) struct One<'a>(pub &'a Line);

/// In the order of [`Row::value`].
pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("so", "what came of it", Kind::Choice).facet(),
        Column::new("field", "field", Kind::Text).facet(),
        Column::new("by", "who moved it", Kind::Text).facet(),
        Column::new("what", "what", Kind::Text).facet(),
        Column::new("who", "who", Kind::Text),
        Column::new("id", "id", Kind::Text),
        Column::new("approved", "approved value", Kind::Text),
        Column::new("now", "value found", Kind::Text),
    ]
}

impl Row for One<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let line = self.0;
        match column {
            0 => line.so_word().into(),
            1 => line.shown().map_or_else(|| line.kind.words().into(), |value| value.word.into()),
            2 => line.by.key().into(),
            3 => line.kind.words().into(),
            4 => line.name.as_str().into(),
            5 => match (&line.identifier, &line.employee) {
                (Some(identifier), _) => identifier.as_str().into(),
                (None, Some(employee)) => employee.as_str().into(),
                (None, None) => "".into(),
            },
            6 => line.approved.as_str().into(),
            _ => line.columns().3.into(),
        }
    }
}
