//! The columns of History, as the filter names them and the list is sorted by them.

use std::borrow::Cow;

use super::words;
use crate::domain::filter::{Column, Kind, Row};
use crate::domain::run::RunOutcome;
use crate::store::RunRow;
use jiff::tz::TimeZone;

/// One run, its days as the tenant has them.
pub(super) struct Line<'a> {
    pub run: &'a RunRow,
    pub zone: TimeZone,
}

/// In the order of [`Row::value`].
pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("ended", "ended", Kind::Choice).facet(),
        Column::new("why", "why", Kind::Text).facet(),
        Column::new("by", "by", Kind::Text).facet(),
        Column::new("started", "started", Kind::Day).facet(),
        Column::new("run", "run", Kind::Number),
        Column::new("changed", "changed", Kind::Number),
        Column::new("confirmed", "confirmed", Kind::Number),
        Column::new("held", "held", Kind::Number),
        Column::new("failed", "failed", Kind::Number),
        Column::new("mails", "mails", Kind::Number),
        Column::new("result", "result", Kind::Text),
    ]
}

/// How a run ended, in a word.
fn ended(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Running => "running",
        RunOutcome::Paused => "paused",
        RunOutcome::Done => "done",
        RunOutcome::DoneWithHeld => "done, with some left",
        RunOutcome::Previewed => "previewed",
        RunOutcome::Stopped => "stopped",
        RunOutcome::Cancelled => "cancelled",
        RunOutcome::Drifted => "drifted",
        RunOutcome::Refused => "refused",
        RunOutcome::Failed => "failed",
        RunOutcome::Interrupted => "interrupted",
    }
}

impl Row for Line<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let (run, totals) = (self.run, &self.run.totals);
        match column {
            0 => ended(run.outcome).into(),
            1 => words::why(run).into(),
            2 => run.by.as_str().into(),
            3 => run.started.to_zoned(self.zone.clone()).datetime().to_string().into(),
            4 => run.id.to_string().into(),
            5 => totals.written.to_string().into(),
            6 => totals.confirmed.to_string().into(),
            7 => totals.held.to_string().into(),
            8 => totals.failed.to_string().into(),
            9 => totals.mails.to_string().into(),
            _ => words::result(run).into(),
        }
    }
}
