//! `onroll match`: two exports in, four files out; no account, no workspace. And `--within`: duplicates in one file.

use super::match_files::{as_workbooks, make_folder, write_duplicates, write_files};
use super::match_report::{MatchReport, ReadFile, WithinReport, report};
use crate::files::export::ExportError;
use crate::files::people::table::{PeopleRead, read_one, read_pair};
use crate::files::people::{Choices, Opened, PeopleError, Side};
use crate::matching::Verdict;
use crate::matching::date_text::packed;
use crate::matching::decide::{Policy, Reason};
use crate::matching::engine::Comparison;
use crate::matching::link::{Phase, Progress};
use crate::matching::normalize::identifier_twin;
use crate::matching::table::Column;
use crate::matching::within::{Duplicates, within};
use jiff::civil::Date;
use std::io;
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
pub enum MatchError {
    #[error(transparent)]
    Input(#[from] PeopleError),
    #[error("no file has a column `{0}`, as --columns says; write the head as the file does")]
    NoColumn(String),
    #[error("no file has a sheet `{0}`, as --sheet says")]
    NoSheet(String),
    #[error("--threshold {0} is no probability; give a number from 0.5 to 1, such as 0.99")]
    Threshold(f64),
    #[error("{path}: {source}; choose a folder that you may write to with --out")]
    Output { path: PathBuf, source: io::Error },
    #[error("{path}: {error}")]
    Workbook { path: PathBuf, error: ExportError },
}

/// Compares two exports and writes `links.csv`, `review.csv`, `new.csv` and `identifiers.csv`.
///
/// # Errors
/// When a file cannot be read, with its row, or the folder cannot be written.
pub fn run_match(arguments: &MatchArguments, progress: &mut dyn FnMut(Progress)) -> Result<MatchReport, MatchError> {
    if !(0.5..=1.0).contains(&arguments.threshold) {
        return Err(MatchError::Threshold(arguments.threshold));
    }
    progress(Progress { phase: Phase::Reading, done: 0, total: 0 });
    let open = |path: &Path, side| Opened::open(path, side, &arguments.choices);
    let (source, destination) =
        rayon::join(|| open(&arguments.source, Side::Source), || open(&arguments.destination, Side::Destination));
    let (source, destination) = (source?, destination?);
    check_said(&arguments.choices, &[(Side::Source, &source), (Side::Destination, &destination)])?;
    let [source, destination] = read_pair(source, destination, arguments.today.and_then(packed))?;
    let policy = Policy { auto: arguments.threshold, ..Policy::default() };
    let mut comparison = Comparison::run(&source.table, &destination.table, policy, progress);
    let questions = questions(&source, &destination, &comparison);
    comparison.ask(questions);
    progress(Progress { phase: Phase::Writing, done: 0, total: source.table.len() });
    make_folder(&arguments.out)?;
    let mut written = write_files(&arguments.out, &source.table, &destination.table, &comparison)?;
    if arguments.xlsx {
        as_workbooks(&mut written.files)?;
    }
    let read = |path: &Path, people: &PeopleRead| ReadFile { file: path.to_owned(), reading: people.reading.clone() };
    let readings = [read(&arguments.source, &source), read(&arguments.destination, &destination)];
    Ok(report(arguments, (&source.table, &destination.table), &comparison, written, readings))
}

/// What the operator says of files must be true of one of them.
fn check_said(choices: &Choices, files: &[(Side, &Opened)]) -> Result<(), MatchError> {
    let concerns = |said: Option<Side>| {
        files.iter().filter(move |(side, _)| said.is_none_or(|said| said == *side)).map(|(_, opened)| opened.said())
    };
    for choice in &choices.columns {
        let Some(head) = &choice.head else { continue };
        if !concerns(choice.side).any(|(heads, _)| heads.contains(&head.as_str())) {
            return Err(MatchError::NoColumn(head.clone()));
        }
    }
    for choice in &choices.sheets {
        if !concerns(choice.side)
            .any(|(_, sheets)| sheets.iter().any(|sheet| sheet.eq_ignore_ascii_case(choice.name.trim())))
        {
            return Err(MatchError::NoSheet(choice.name.clone()));
        }
    }
    Ok(())
}

/// Rows of the source that are never linked or new unasked, and why.
fn questions(source: &PeopleRead, destination: &PeopleRead, comparison: &Comparison<'_>) -> Vec<(usize, Reason)> {
    let is_in = |rows: &[u32], row: usize| u32::try_from(row).is_ok_and(|row| rows.binary_search(&row).is_ok());
    let key = |row: usize| source.table.value(row, Column::Identifier).unwrap_or(source.table.id(row));
    let of_user = |row: usize| {
        let user = comparison.candidates(row).next().filter(|_| comparison.outcome(row).verdict == Verdict::Link)?.row;
        let carried = destination.table.value(user, Column::Identifier);
        let is_twin = |carried: &str| carried != key(row) && identifier_twin(carried) == identifier_twin(key(row));
        if carried.is_some_and(is_twin) {
            Some(Reason::IdentifierWritten)
        } else if is_in(&destination.keyless, user) {
            Some(Reason::NoKey)
        } else if is_in(&destination.shared, user) {
            Some(Reason::SameUserId)
        } else if is_in(&destination.unclear, user) {
            Some(Reason::UserStatusUnclear)
        } else {
            None
        }
    };
    let of_employee = |row: usize| {
        if is_in(&source.unclear, row) {
            Some(Reason::StatusUnclear)
        } else if is_in(&source.keyless, row) {
            Some(Reason::NoKey)
        } else {
            None
        }
    };
    (0..source.table.len())
        .filter_map(|row| of_employee(row).or_else(|| of_user(row)).map(|reason| (row, reason)))
        .collect()
}

/// Looks for duplicates in one export and writes `duplicates.csv`.
///
/// # Errors
/// When the file cannot be read, with its row, or the folder cannot be written.
pub fn run_within(arguments: &WithinArguments, progress: &mut dyn FnMut(Progress)) -> Result<WithinReport, MatchError> {
    progress(Progress { phase: Phase::Reading, done: 0, total: 0 });
    let people = Opened::open(&arguments.people, Side::Source, &arguments.choices)?;
    check_said(&arguments.choices, &[(Side::Source, &people)])?;
    let PeopleRead { table, reading, .. } = read_one(people, arguments.today.and_then(packed))?;
    let Duplicates { pairs, crowded, largest_crowd } = within(&table, progress);
    progress(Progress { phase: Phase::Writing, done: 0, total: pairs.len() });
    make_folder(&arguments.out)?;
    let mut files = [write_duplicates(&arguments.out, &table, &pairs)?];
    if arguments.xlsx {
        as_workbooks(&mut files)?;
    }
    let likely = pairs.iter().filter(|pair| pair.probability >= 0.5).count();
    let read = ReadFile { file: arguments.people.clone(), reading };
    let [file] = files;
    Ok(WithinReport { people: table.len(), likely, listed: pairs.len(), crowded, largest_crowd, read, file })
}
