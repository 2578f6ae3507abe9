//! The columns of the feed log, as a filter names them.

use super::feed::{FeedFilter, FeedRow};
use crate::domain::filter::columns::{Column, FilterError, Kind};
use crate::domain::filter::conditions::{Condition, Row, Test, Wanted, Word, conditions};
use crate::domain::filter::{Ask, Filter, How, columns};
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::run::Phase;
use crate::store::text_index::APART_IN_TEXT;
use jiff::civil::Date;
use std::borrow::Cow;

/// A column of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedColumn {
    Level,
    What,
    Phase,
    Run,
    Day,
    Person,
    Who,
    Text,
}

impl FeedColumn {
    /// In the order of [`feed_columns`].
    pub const ALL: [FeedColumn; 8] = [
        FeedColumn::Level,
        FeedColumn::What,
        FeedColumn::Phase,
        FeedColumn::Run,
        FeedColumn::Day,
        FeedColumn::Person,
        FeedColumn::Who,
        FeedColumn::Text,
    ];
}

/// The columns of the feed log.
pub fn feed_columns() -> Vec<Column> {
    FeedColumn::ALL
        .into_iter()
        .map(|column| match column {
            FeedColumn::Level => Column::new("level", "level", Kind::Choice).facet(),
            FeedColumn::What => Column::new("what", "what", Kind::Choice).facet(),
            FeedColumn::Phase => Column::new("phase", "phase", Kind::Choice).facet(),
            FeedColumn::Run => Column::new("run", "run", Kind::Number).facet(),
            FeedColumn::Day => Column::new("day", "when", Kind::Day),
            FeedColumn::Person => Column::new("person", "ext. id", Kind::Text),
            FeedColumn::Who => Column::new("who", "who", Kind::Text),
            FeedColumn::Text => Column::new("text", "what became of it", Kind::Text),
        })
        .collect()
}

/// The short word of a phase in the list and in its filter.
pub fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Settle => "settle",
        Phase::ReadSource => "source",
        Phase::ReadDestination => "dest",
        Phase::MatchAndPlan => "plan",
        Phase::Options => "options",
        Phase::Create => "create",
        Phase::Update => "update",
        Phase::Deactivate => "leavers",
        Phase::ReadBack => "readback",
    }
}

/// What a filter asks of the log. One run and one person are asked for by the indexes of the file, everything else beside.
///
/// # Errors
/// What of it cannot be read, in words.
pub fn feed_filter(filter: &Filter, today: Date) -> Result<FeedFilter, FilterError> {
    let all = feed_columns();
    let mut found = FeedFilter::default();
    let mut rest = Filter::default();
    for term in &filter.terms {
        let one = match &term.ask {
            Ask::Column { name, values } if !term.not => match (columns::find(&all, name)?, values.as_slice()) {
                (at, [value]) if matches!(value.how, How::Part | How::Whole) => Some((at, value.text.as_str())),
                _ => None,
            },
            _ => None,
        };
        match one.and_then(|(at, text)| Some((FeedColumn::ALL.get(at)?, text))) {
            Some((FeedColumn::Run, text)) if found.run.is_none() && text.parse::<i64>().is_ok() => {
                found.run = text.parse().ok().map(RunId);
            }
            Some((FeedColumn::Person, text)) if found.person.is_none() && !text.is_empty() => {
                found.person = Some(EmployeeId(text.to_owned()));
            }
            _ => rest.terms.push(term.clone()),
        }
    }
    found.terms = conditions(&rest, &all, today)?;
    Ok(found)
}

/// A word in the words and names of a line: letters may be left out of a name only.
pub(super) fn word_in(word: &Word, text: &str) -> bool {
    text.contains(word.text()) || person_of(text).is_some_and(|person| word.is_in(person))
}

/// The folded names and ids in a text that is searched.
pub(super) fn person_of(text: &str) -> Option<&str> {
    text.rsplit_once(APART_IN_TEXT).map(|(_, person)| person)
}

impl Row for FeedRow {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let line = &self.line;
        match FeedColumn::ALL.get(column) {
            Some(FeedColumn::Level) => line.level.key().into(),
            Some(FeedColumn::What) => line.what.as_str().into(),
            Some(FeedColumn::Phase) => line.phase.map_or("", phase_word).into(),
            Some(FeedColumn::Run) => line.run.map_or(Cow::Borrowed(""), |run| run.to_string().into()),
            Some(FeedColumn::Day) => line.at.to_string().into(),
            Some(FeedColumn::Person) => line.employee.as_ref().map_or("", |id| id.as_str()).into(),
            Some(FeedColumn::Who) => self.name.as_deref().unwrap_or_default().into(),
            Some(FeedColumn::Text) => line.text.as_str().into(),
            None => "".into(),
        }
    }
}

/// Whether a line passes; `text` is what is searched of it, folded.
pub(super) fn passes(row: &FeedRow, text: &str, terms: &[Condition]) -> bool {
    terms.iter().all(|term| {
        let found = match &term.wanted {
            Wanted::Word(word) => word_in(word, text),
            Wanted::Column { at, any } => any.iter().any(|test| test.fits(&row.value(*at))),
        };
        found != term.not
    })
}

/// Whether a test asks for nothing at all in a column.
pub(super) fn is_for_nothing(test: &Test) -> bool {
    matches!(test, Test::Whole(text) if text.is_empty())
}
