//! What the screen Troubles asks, does and is told.

use crate::domain::trouble::nowhere::Nowhere;
use crate::services::troubles::Troubles;
use jiff::civil::Date;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// All troubles.
    List,
    /// Whether nothing succeeds anywhere; for Tenants.
    Nowhere,
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Seen(Vec<i64>),
    /// Until that day; `None` until they change.
    Mute(Vec<i64>, Option<Date>),
    Unmute(Vec<i64>),
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    List(Box<Troubles>),
    /// Also how many troubles are open.
    Nowhere(Option<Box<Nowhere>>, u64),
    /// The act is done; for the message, where there is anything to say.
    Done(String),
}
