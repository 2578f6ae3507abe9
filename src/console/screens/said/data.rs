//! What the screen What was said asks and is told.

use crate::domain::ids::RunId;
use crate::services::said::{LineOf, Page};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// One line of a run.
    Page { tenant: String, run: RunId, line: LineOf },
}

/// A deed; it changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Saves the page, masked as it is shown.
    Save { tenant: String, run: RunId, line: LineOf, file: String },
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
