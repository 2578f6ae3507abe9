//! `onroll match`: two exports in, four files out; no account, no workspace. And `--within`: duplicates in one file.

use super::match_report::{MatchReport, ReadFile, WithinReport, report};
use crate::files::people::table::PeopleRead;
use crate::files::people::{Choices, PeopleError};
use crate::matching::link::{Phase, Progress};
use crate::services::match_files::{self, Counts, MatchError, Pair, Rulings, WriteError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What `onroll match` was asked.
#[derive(Debug, Clone)]
pub struct MatchArguments {
    pub source: PathBuf,
    pub destination: PathBuf,
    /// Folder for the files; made where it is missing.
    pub out: PathBuf,
    /// Posterior from which a link needs no question.
    pub threshold: f64,
    /// Posterior of the likeliest user below which somebody is new.
    pub new_below: f64,
    /// Birth dates after this day count as missing, end dates before it are past.
    pub today: Option<Date>,
    /// What the operator says of the files.
    pub choices: Choices,
    /// XLSX in place of CSV.
    pub xlsx: bool,
}

/// What `onroll match --within` was asked.
#[derive(Debug, Clone)]
pub struct WithinArguments {
    pub people: PathBuf,
    pub out: PathBuf,
    pub today: Option<Date>,
    pub choices: Choices,
    pub xlsx: bool,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, Error)]
pub enum NotWritten {
    #[error(transparent)]
    Match(#[from] MatchError),
    #[error("{0}; choose a folder that you may write to with --out")]
    Output(#[from] WriteError),
}

impl From<PeopleError> for NotWritten {
    fn from(error: PeopleError) -> Self {
        NotWritten::Match(error.into())
    }
}

/// Compares two exports and writes `links.csv`, `review.csv`, `new.csv` and `identifiers.csv`.
///
/// # Errors
/// When a file cannot be read, with its row, or the folder cannot be written.
pub fn run_match(arguments: &MatchArguments, progress: &mut dyn FnMut(Progress)) -> Result<MatchReport, NotWritten> {
    let pair = Pair {
        source: arguments.source.clone(),
        destination: arguments.destination.clone(),
        threshold: arguments.threshold,
        new_below: arguments.new_below,
        today: arguments.today,
        choices: arguments.choices.clone(),
    };
    let matched = match_files::compare(&pair, progress)?;
    progress(Progress { phase: Phase::Writing, done: 0, total: matched.source.table.len() });
    let aside = match_files::set_ruled_aside(&arguments.out, &TimeZone::system())?;
    let written = match_files::write(&matched, &Rulings::new(), &arguments.out, arguments.xlsx)?;
    match_files::keep_unruled(&pair, &matched, &arguments.out, &written.files)?;
    let read = |path: &Path, people: &PeopleRead| ReadFile { file: path.to_owned(), reading: people.reading.clone() };
    let readings = [read(&arguments.source, &matched.source), read(&arguments.destination, &matched.destination)];
    let counts = Counts::of(&matched, &Rulings::new());
    Ok(report(arguments, &matched, (written, counts, aside), readings))
}

/// Looks for duplicates in one export and writes `duplicates.csv`.
///
/// # Errors
/// When the file cannot be read, with its row, or the folder cannot be written.
pub fn run_within(arguments: &WithinArguments, progress: &mut dyn FnMut(Progress)) -> Result<WithinReport, NotWritten> {
    let WithinArguments { people, choices, today, .. } = arguments;
    let matched = match_files::compare_within(people, choices, *today, progress)?;
    let counts = matched.counts();
    progress(Progress { phase: Phase::Writing, done: 0, total: counts.listed });
    let file = match_files::write_within(&matched, &arguments.out, arguments.xlsx)?;
    let read = ReadFile { file: people.clone(), reading: matched.people.reading };
    Ok(WithinReport { counts, read, file })
}
