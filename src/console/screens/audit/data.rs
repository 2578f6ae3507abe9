//! What the screen Audit asks, does and is told.

use crate::services::audit::Audit;
use jiff::tz::TimeZone;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The entries of a tenant, or of all; days are those of this zone.
    Entries { tenant: Option<String>, zone: TimeZone },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Saves these entries as a file.
    Save { tenant: Option<String>, zone: TimeZone, entries: Vec<i64>, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Entries(Box<Audit>),
    Saved { path: String, lines: u64 },
}
