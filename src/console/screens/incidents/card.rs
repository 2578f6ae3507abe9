//! What the screen is given of an incident: words, made by whoever starts the console. It knows no simulator.

use crate::domain::filter::{Column, Kind, Row};
use std::borrow::Cow;

/// An incident in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// Its name on the command line.
    pub name: String,
    pub title: String,
    /// Product and year.
    pub place: String,
    /// `owner/repository#number`.
    pub source: String,
    /// What happened there.
    pub there: String,
    /// What can do it.
    pub lesson: String,
    /// The stable word of the sort of mistake.
    pub kind: String,
    /// The invented company.
    pub company: String,
    pub people: u64,
    /// `Planday → SCIM`.
    pub route: String,
    /// The bad day, in one line.
    pub bad: String,
    /// `stopped`, `held`, `explained`.
    pub outcome: String,
    pub code: String,
    /// What Onroll said of it.
    pub says: String,
    /// What shows it: `onroll demo --incident no-answer`.
    pub command: String,
}

/// Which day is replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Day {
    #[default]
    Bad,
    Healthy,
}

impl Card {
    /// The command that shows a day.
    pub fn command_for(&self, day: Day) -> String {
        match day {
            Day::Bad => self.command.clone(),
            Day::Healthy => format!("{} --healthy", self.command),
        }
    }

    /// `stopped: source weather`.
    pub(super) fn seen(&self) -> String {
        if self.code.is_empty() {
            self.outcome.clone()
        } else {
            format!("{}: {}", self.outcome, self.code.replace('_', " "))
        }
    }
}

/// What the list is filtered by.
pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("kind", "kind", Kind::Choice).facet(),
        Column::new("vendor", "vendors", Kind::Text).facet(),
        Column::new("here", "seen here as", Kind::Choice).facet(),
        Column::new("code", "code", Kind::Choice).facet(),
        Column::new("where", "where", Kind::Text),
        Column::new("what", "what happened there", Kind::Text),
    ]
}

impl Row for &Card {
    fn value(&self, column: usize) -> Cow<'_, str> {
        Cow::Borrowed(match column {
            0 => &self.kind,
            1 => &self.route,
            2 => &self.outcome,
            3 => &self.code,
            4 => &self.place,
            _ => &self.title,
        })
    }
}
