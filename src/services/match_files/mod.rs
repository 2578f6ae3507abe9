//! Two lists of people and no account: what is read of them, who is whom, and the files that come of it. The command does it in
//! one go; the console shows what was read first, and lets what came out be ruled on before it is written.

mod carry_on;
pub mod columns;
pub mod desk;
pub mod duplicates;
pub mod listing;
mod narrowed;
pub mod reopen;
mod shown;
pub mod watch;

pub use crate::files::match_result::{Disposition, Ruling, Rulings, WriteError, Written};
pub use desk::Desk;
pub use duplicates::DuplicatesDesk;
pub use watch::Watch;

use crate::domain::settings::check::NEW_BELOW_RANGE;
use crate::files::match_result::kept::{Kept, KeptCounts, KeptFile, KeptOutput, digest};
use crate::files::match_result::{
    as_workbooks, claimed, disposition, folder, make_folder, write_duplicates, write_files,
};
use crate::files::people::table::{PeopleRead, read_one, read_pair};
use crate::files::people::{Choices, Opened, PeopleError, Side};
use crate::matching::Verdict;
use crate::matching::date_text::packed;
use crate::matching::decide::{Policy, Reason};
use crate::matching::engine::{Comparison, Decided};
use crate::matching::link::{Phase, Progress};
use crate::matching::normalize::identifier_twin;
use crate::matching::table::Column;
use crate::matching::within::{Duplicates, within};
use jiff::civil::Date;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Probability from which a link needs no question, where nobody says another.
pub const THRESHOLD: f64 = 0.99;

/// Probability of the likeliest user below which somebody is new, where nobody says another.
pub const NEW_BELOW: f64 = 0.02;

/// What is to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub source: PathBuf,
    pub destination: PathBuf,
    /// Probability from which a link needs no question.
    pub threshold: f64,
    /// Probability of the likeliest user below which somebody is new.
    pub new_below: f64,
    /// Birth dates after this day count as missing, end dates before it are past.
    pub today: Option<Date>,
    /// What the operator says of the files.
    pub choices: Choices,
}

/// Why nothing was compared.
#[derive(Debug, Error)]
pub enum MatchError {
    #[error(transparent)]
    Input(#[from] PeopleError),
    #[error("no file has a column `{0}`, as --columns says; write the head as the file does")]
    NoColumn(String),
    #[error("no file has a sheet `{0}`, as --sheet says")]
    NoSheet(String),
    #[error("no file has a sheet `{0}` with people, as --head-row says")]
    NoSheetOfRow(String),
    #[error("--threshold {0} is no probability; give a number from 0.5 to 1, such as 0.99")]
    Threshold(f64),
    #[error("--new-below {0} is no such probability; give a number from 0 to 0.5, such as 0.02")]
    NewBelow(f64),
}

/// Two lists, read and compared.
pub struct Matched {
    pub source: PeopleRead,
    pub destination: PeopleRead,
    pub decided: Decided,
}

/// One list, read and looked through for duplicates.
pub struct MatchedWithin {
    pub people: PeopleRead,
    pub found: Duplicates,
}

impl Pair {
    /// From when on somebody is linked, and below what new.
    ///
    /// # Errors
    /// A limit that is none.
    fn policy(&self) -> Result<Policy, MatchError> {
        if !(0.5..=1.0).contains(&self.threshold) {
            return Err(MatchError::Threshold(self.threshold));
        }
        if !NEW_BELOW_RANGE.contains(&self.new_below) {
            return Err(MatchError::NewBelow(self.new_below));
        }
        Ok(Policy { auto: self.threshold, new_below: self.new_below })
    }
}

/// Opens both lists; what the operator says of them must be true of one.
fn open_both(source: &Path, destination: &Path, choices: &Choices) -> Result<[Opened; 2], MatchError> {
    let open = |path: &Path, side| Opened::open(path, side, choices);
    let (source, destination) = rayon::join(|| open(source, Side::Source), || open(destination, Side::Destination));
    let (source, destination) = (source?, destination?);
    check_said(choices, &[(Side::Source, &source), (Side::Destination, &destination)])?;
    Ok([source, destination])
}

/// Compares two lists.
///
/// # Errors
/// When a list cannot be read, with its row.
pub fn compare(pair: &Pair, progress: &mut dyn FnMut(Progress)) -> Result<Matched, MatchError> {
    let policy = pair.policy()?;
    progress(Progress { phase: Phase::Reading, done: 0, total: 0 });
    let [source, destination] = open_both(&pair.source, &pair.destination, &pair.choices)?;
    let [source, destination] = read_pair(source, destination, pair.today.and_then(packed))?;
    let mut comparison = Comparison::run(&source.table, &destination.table, policy, progress);
    let questions = questions(&source, &destination, &comparison);
    comparison.ask(questions);
    let decided = comparison.into_decided();
    Ok(Matched { source, destination, decided })
}

/// Looks for duplicates in one list.
///
/// # Errors
/// When the list cannot be read, with its row.
pub fn compare_within(
    people: &Path,
    choices: &Choices,
    today: Option<Date>,
    progress: &mut dyn FnMut(Progress),
) -> Result<MatchedWithin, MatchError> {
    progress(Progress { phase: Phase::Reading, done: 0, total: 0 });
    let people = Opened::open(people, Side::Source, choices)?;
    check_said(choices, &[(Side::Source, &people)])?;
    let people = read_one(people, today.and_then(packed))?;
    let found = within(&people.table, progress);
    Ok(MatchedWithin { people, found })
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
    for choice in &choices.head_rows {
        let Some(sheet) = &choice.sheet else { continue };
        let mut meant = files.iter().filter(|(side, _)| choice.side.is_none_or(|said| said == *side));
        if !meant.any(|(_, opened)| opened.has_sheet(sheet)) {
            return Err(MatchError::NoSheetOfRow(sheet.clone()));
        }
    }
    Ok(())
}

/// Rows of the source that are never linked or new unasked, and why.
fn questions(source: &PeopleRead, destination: &PeopleRead, decided: &Decided) -> Vec<(usize, Reason)> {
    let is_in = |rows: &[u32], row: usize| u32::try_from(row).is_ok_and(|row| rows.binary_search(&row).is_ok());
    let key = |row: usize| source.table.value(row, Column::Identifier).unwrap_or(source.table.id(row));
    let of_user = |row: usize| {
        let user = decided.candidates(row).next().filter(|_| decided.outcome(row).verdict == Verdict::Link)?.row;
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

/// How many employees stand where, and how many users nobody claims. They add up to the employees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub employees: usize,
    pub users: usize,
    pub link: usize,
    pub ask: usize,
    pub risk: usize,
    pub new: usize,
    /// Leavers without a user: in none of the files.
    pub left_out: usize,
    /// Users that nobody is linked to or in review with.
    pub unclaimed: usize,
    /// Of these, who are switched off.
    pub unclaimed_inactive: usize,
}

impl Counts {
    /// Of two lists with what was ruled.
    pub fn of(matched: &Matched, rulings: &Rulings) -> Counts {
        let (source, users) = (&matched.source.table, &matched.destination.table);
        let mut counts = Counts { employees: source.len(), users: users.len(), ..Counts::default() };
        let mut is_claimed = vec![false; users.len()];
        for row in 0..source.len() {
            let disposition = disposition(&matched.decided, source, rulings, row);
            match disposition {
                Disposition::Link(_) => counts.link += 1,
                Disposition::Ask => counts.ask += 1,
                Disposition::Risk => counts.risk += 1,
                Disposition::New => counts.new += 1,
                Disposition::LeftOut => counts.left_out += 1,
            }
            claimed(&matched.decided, disposition, row).for_each(|user| {
                if let Some(slot) = is_claimed.get_mut(user) {
                    *slot = true;
                }
            });
        }
        let free = || is_claimed.iter().enumerate().filter(|(_, claimed)| !**claimed).map(|(user, _)| user);
        counts.unclaimed = free().count();
        counts.unclaimed_inactive = free().filter(|user| !users.is_active(*user)).count();
        counts
    }

    fn kept(&self) -> KeptCounts {
        let Counts { employees, link, ask, risk, new, left_out, .. } = *self;
        KeptCounts { employees, link, ask, risk, new, left_out }
    }
}

/// Writes the four files into a folder as they come, over whatever stands there. Console and command write with this.
///
/// # Errors
/// What the file system says.
pub fn write(matched: &Matched, rulings: &Rulings, into: &Path, xlsx: bool) -> Result<Written, WriteError> {
    make_folder(into)?;
    let tables = (&matched.source.table, &matched.destination.table);
    let mut written = write_files(into, tables, &matched.decided, rulings)?;
    if xlsx {
        as_workbooks(&mut written.files)?;
    }
    Ok(written)
}

/// Writes `duplicates.csv` into a folder.
///
/// # Errors
/// What the file system says.
pub fn write_within(matched: &MatchedWithin, into: &Path, xlsx: bool) -> Result<PathBuf, WriteError> {
    make_folder(into)?;
    let mut files = [write_duplicates(into, &matched.people.table, &matched.found.pairs)?];
    if xlsx {
        as_workbooks(&mut files)?;
    }
    let [file] = files;
    Ok(file)
}

/// Puts what is kept beside a result, its files named with their digests, so that a change by hand is seen.
fn keep(mut kept: Kept, into: &Path, files: &[PathBuf]) -> Result<(), WriteError> {
    let output = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        digest(path)
            .map(|sha256| KeptOutput { name, sha256 })
            .map_err(|source| WriteError::Output { path: path.clone(), source })
    };
    kept.outputs = files.par_iter().map(output).collect::<Result<_, _>>()?;
    let path = into.join(crate::files::match_result::kept::KEPT);
    crate::files::export::write_whole(&path, |out| out.write_all(kept.text().as_bytes()))
        .map_err(|source| WriteError::Output { path, source })
}

/// Keeps beside a result of the command from what it was made, where its lists are files that can be read again.
///
/// # Errors
/// What the file system says.
pub fn keep_unruled(pair: &Pair, matched: &Matched, into: &Path, files: &[PathBuf]) -> Result<(), WriteError> {
    let file = |path: &Path| KeptFile::of(path).ok().filter(|_| path.is_file());
    let (Some(source), Some(destination)) = (file(&pair.source), file(&pair.destination)) else {
        // What an earlier result has left says nothing of this one.
        let stale = into.join(crate::files::match_result::kept::KEPT);
        return match std::fs::remove_file(&stale) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(WriteError::Output { path: stale, source })
            }
            _ => Ok(()),
        };
    };
    let kept = Kept {
        source,
        destination: Some(destination),
        choices: pair.choices.clone(),
        threshold: pair.threshold,
        new_below: pair.new_below,
        today: pair.today,
        counts: Counts::of(matched, &Rulings::new()).kept(),
        rulings: Vec::new(),
        outputs: Vec::new(),
    };
    keep(kept, into, files)
}

/// Whether a folder holds a result on which somebody has ruled, and which must not be written over.
pub fn has_rulings(into: &Path) -> bool {
    Kept::read(into).is_ok_and(|kept| !kept.rulings.is_empty())
}

/// Keeps an earlier result with rulings under another name; gives where it is now.
///
/// # Errors
/// What the file system says.
pub fn set_ruled_aside(into: &Path, zone: &jiff::tz::TimeZone) -> Result<Option<PathBuf>, WriteError> {
    if has_rulings(into) { folder::keep_earlier(into, zone) } else { Ok(None) }
}
