//! The columns of Tenants, as the filter names them and the list is sorted by them.

use std::borrow::Cow;

use super::data::Entry;
use super::need::{Group, Need};
use super::state::held;
use crate::domain::connection::ConnectionStatus;
use crate::domain::filter::{Column, Kind, Row};

/// One tenant with what it needs.
pub(super) struct Line<'a> {
    pub entry: &'a Entry,
    pub need: Need,
}

/// In the order of [`Row::value`].
pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("state", "state", Kind::Choice).facet(),
        Column::new("needs", "needs you", Kind::Choice).facet(),
        Column::new("source", "source", Kind::Text).facet(),
        Column::new("destination", "destination", Kind::Text).facet(),
        Column::new("tenant", "tenant", Kind::Text),
        Column::new("name", "short name", Kind::Text),
        Column::new("what", "what it needs", Kind::Text),
        Column::new("result", "result", Kind::Text),
        Column::new("last", "last run", Kind::Day).facet(),
        Column::new("people", "people", Kind::Number),
        Column::new("match", "match", Kind::Number),
        Column::new("unmapped", "unmapped", Kind::Number),
        Column::new("held", "held", Kind::Number),
        Column::new("failed", "failed", Kind::Number),
    ]
}

/// The state's word, as the list shows it.
pub(super) fn state_word(entry: &Entry) -> &'static str {
    match entry.row.connection.status {
        _ if !entry.lost().is_empty() => "broken",
        ConnectionStatus::Preview if entry.plan.is_none() => "draft",
        ConnectionStatus::Preview => "preview",
        ConnectionStatus::Live => "live",
        ConnectionStatus::Paused => "halt",
        ConnectionStatus::Off => "off",
    }
}

impl Row for Line<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let (entry, row) = (self.entry, &self.entry.row);
        let plan = row.plan.as_ref();
        let run = row.last_run.as_ref();
        match column {
            0 => state_word(entry).into(),
            1 => match self.need.group {
                Group::NeedsYou => "needs you",
                Group::Running => "running",
                Group::Fine => "fine",
                Group::Aside => "off or in set-up",
            }
            .into(),
            2 => entry.source.as_str().into(),
            3 => entry.destination.as_str().into(),
            4 => entry.name().into(),
            5 => entry.short().into(),
            6 => self.need.words.as_str().into(),
            7 => self.need.result.as_str().into(),
            8 => run.map_or(Cow::Borrowed(""), |run| run.started.to_string().into()),
            9 => row.people.to_string().into(),
            10 => plan.map_or(0, |plan| plan.review_left).to_string().into(),
            11 => plan.map_or(0, |plan| plan.unmapped_values).to_string().into(),
            12 => held(entry).to_string().into(),
            _ => run.map_or(0, |run| run.totals.failed + run.totals.unknown).to_string().into(),
        }
    }
}
