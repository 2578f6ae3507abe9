//! What the screen Drift asks and is told.

use crate::domain::ids::RunId;
use crate::services::drift::Page;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// What of the approved lines of a run had moved.
    Page { tenant: String, run: RunId },
}

/// A deed; it changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Saves the lines that had moved.
    Save { tenant: String, run: RunId, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Page(Box<Page>),
    /// Where a file was saved, and how many lines it has.
    Saved {
        path: String,
        lines: u64,
    },
}
