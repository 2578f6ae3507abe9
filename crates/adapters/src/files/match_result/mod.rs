//! The result of a match as files: who is linked, asked about and new, with what an operator ruled over it; and what is kept
//! beside them, so that a result can be opened again.

pub mod folder;
pub mod kept;
pub mod write;

use super::export::ExportError;
use crate::matching::Verdict;
use crate::matching::engine::Decided;
use crate::matching::table::PeopleTable;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

pub use write::{Written, as_workbooks, make_folder, write_duplicates, write_files};

/// The users whom an employee with this disposition claims: nobody else's then.
pub fn claimed(decided: &Decided, disposition: Disposition, row: usize) -> impl Iterator<Item = usize> + '_ {
    let linked = match disposition {
        Disposition::Link(user) => Some(user),
        _ => None,
    };
    let asked = matches!(disposition, Disposition::Ask | Disposition::Risk);
    let likely = decided.candidates(row).filter(move |found| asked && found.probability >= 0.5).map(|found| found.row);
    linked.into_iter().chain(likely)
}

/// Why a result was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("{path}: {source}")]
    Output { path: PathBuf, source: io::Error },
    #[error("{path}: {error}")]
    Workbook { path: PathBuf, error: ExportError },
}

/// What an operator ruled on an employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// This row of the destination, one of the candidates.
    Link(usize),
    New,
    /// Left for another day: stays where it is asked about.
    Later,
}

/// What was ruled, by row of the source.
pub type Rulings = BTreeMap<usize, Ruling>;

/// In which of the files an employee stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Is this row of the destination.
    Link(usize),
    /// One likely user, or something else to be judged.
    Ask,
    /// Two users for one person, or one user for two.
    Risk,
    New,
    /// Has left and has no user: nothing to do.
    LeftOut,
}

/// Where an employee stands, what was ruled counted in.
pub fn disposition(decided: &Decided, source: &PeopleTable, rulings: &Rulings, row: usize) -> Disposition {
    let outcome = decided.outcome(row);
    let new = || if source.is_active(row) { Disposition::New } else { Disposition::LeftOut };
    match (rulings.get(&row), outcome.verdict) {
        (Some(Ruling::Link(user)), _) => Disposition::Link(*user),
        (Some(Ruling::New), _) | (None, Verdict::New) => new(),
        (_, Verdict::DuplicateRisk) => Disposition::Risk,
        (Some(Ruling::Later), _) | (None, Verdict::Review) => Disposition::Ask,
        (None, Verdict::Link) => decided.candidates(row).next().map_or_else(new, |found| Disposition::Link(found.row)),
    }
}
