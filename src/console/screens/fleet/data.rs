//! What the fleet's lists ask, do and are told.

use crate::domain::ids::ConnectionId;
use crate::domain::plan::HoldCode;
use crate::services::fleet::{Found, Member, Part, Somebody};
use crate::store::views::{FleetHeld, PersonKey};

/// The figures of the row of lists: each is that of its list, and of the sum of the tenants' own screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tenants that need a human.
    pub tenants: Option<u64>,
    /// People who are held.
    pub holds: Option<u64>,
    /// Values that hold people.
    pub values: Option<u64>,
    /// Troubles that are open; `None` where nobody keeps them.
    pub troubles: Option<u64>,
}

/// A question. Tenants are named by their short names.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// All tenants.
    Members,
    /// The lines of these tenants: of as many from the first as can be read in a moment, at least one.
    Parts(Vec<String>),
    /// The figures of the row of lists.
    Counts,
    /// The first who are held for a reason; of a value for this one only (field and value).
    Held { tenant: String, code: HoldCode, value: Option<(String, String)> },
    /// How many can be looked for.
    Searched,
    /// Everybody into memory, before the first letter.
    Ahead,
    /// Somebody.
    Find(String),
    /// The rows of those who come after the first whom a text finds.
    Rest { text: String, people: Vec<(ConnectionId, PersonKey)> },
}

/// A change: of a file only.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    SaveHolds { lines: Vec<String>, file: String },
    SaveValues { lines: Vec<String>, file: String },
    SavePeople { text: String, people: Vec<String>, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Members(Vec<Member>),
    /// Those that were read, and those of the question that are no tenants any more.
    Parts {
        parts: Vec<Part>,
        gone: Vec<String>,
    },
    Counts(Counts),
    Held {
        tenant: String,
        code: HoldCode,
        value: Option<(String, String)>,
        people: Vec<FleetHeld>,
    },
    Searched(u64),
    /// Everybody is in memory who can be kept there.
    Ahead,
    Found {
        text: String,
        found: Found,
    },
    Rest {
        text: String,
        people: Vec<Somebody>,
    },
    /// Where the file went, and how many lines it has.
    Saved {
        path: String,
        lines: u64,
    },
}

/// The line of a reason, by its stable words.
#[must_use]
pub fn hold_id(tenant: &str, code: HoldCode, past_limit: bool) -> String {
    format!("{tenant}/{}{}", code.key(), if past_limit { "/past" } else { "" })
}

/// The line of a value.
#[must_use]
pub fn value_id(tenant: &str, field: &str, value: &str) -> String {
    format!("{tenant}/{field}/{value}")
}

/// The line of somebody.
#[must_use]
pub fn person_id(tenant: &str, employee: &str) -> String {
    format!("{tenant}/{employee}")
}
