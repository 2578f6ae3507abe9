//! What the screen asks, does and is told.

use crate::domain::filter::Facet;
use crate::store::views::{FeedEdge, FeedFilter, FeedRow};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A window of lines. `waits`: until the log is in memory, where it is being read.
    Lines { tenant: String, filter: FeedFilter, edge: FeedEdge, limit: u32, waits: bool },
    /// How many lines there are.
    Count { tenant: String, filter: FeedFilter, waits: bool },
    /// The values of the facets under a filter, with how many lines carry each.
    Facets { tenant: String, text: String, filter: FeedFilter },
    /// Why someone is held now, and what cures it.
    Cure { tenant: String, employee: String },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Saves all lines that the filter finds as a file.
    Save { tenant: String, filter: FeedFilter, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Lines, newest first.
    Lines {
        edge: FeedEdge,
        rows: Vec<FeedRow>,
        /// The log is being read first, and then searched.
        reading: bool,
    },
    /// Lines that the filter finds, and all.
    Count {
        /// `None` while the log is being read.
        found: Option<u64>,
        all: u64,
    },
    /// Of this filter text; nothing where the log is too long to be counted.
    Facets {
        text: String,
        facets: Vec<Facet>,
    },
    Cure(Cure),
    /// Where a file was saved, and how many lines it has.
    Saved {
        path: String,
        lines: u64,
    },
}

/// Why someone is held now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cure {
    pub employee: String,
    /// What can be done; empty when the newest plan does not hold the person.
    pub remedy: String,
    /// The mapping row at fault: table and value.
    pub mapping: Option<(String, String)>,
    /// How many are held with the same value.
    pub others: u32,
}
