//! Who changed what, when, through what; and whether the record of it is whole.

use super::ids::ConnectionId;
use jiff::Timestamp;
use serde::Serialize;

/// Through what something was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Through {
    /// Not known: before there was a chain, or a test.
    #[default]
    Unknown,
    Console,
    Command,
    /// `onroll watch`.
    Watch,
}

impl Through {
    /// Everything that there is.
    pub const ALL: [Through; 4] = [Through::Unknown, Through::Console, Through::Command, Through::Watch];

    /// The stable word in JSON and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Through::Unknown => "",
            Through::Console => "console",
            Through::Command => "command",
            Through::Watch => "watch",
        }
    }

    /// The one with this stable word; a word of a newer program is unknown.
    #[must_use]
    pub fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|through| through.key() == key).unwrap_or_default()
    }
}

/// One entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    pub id: i64,
    /// `None` for what concerns the whole workspace.
    pub connection: Option<ConnectionId>,
    pub at: Timestamp,
    /// Operator's name, or `schedule`.
    pub by: String,
    pub through: Through,
    /// What was done, in a word or two (`status`, `mapping`, `ruling`).
    pub what: String,
    /// The sentence, before and after in it, without personal data.
    pub detail: String,
    /// Forgotten, or past its retention: who and what stay, the sentence is gone.
    pub gone: bool,
}

/// Where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The entry that does not follow.
    pub entry: i64,
    /// The one before it, where there is one.
    pub before: Option<i64>,
    /// When that one was written.
    pub since: Option<Timestamp>,
    /// When this one was.
    pub until: Timestamp,
    pub kind: BreakKind,
}

/// How it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// It does not carry the hash of the one before: something was changed, taken out or put in between.
    DoesNotFollow,
    /// Its own words are not those that were sealed.
    Rewritten,
}

/// What checking the chain has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainCheck {
    /// Entries of the chain.
    pub entries: u64,
    /// The first of them.
    pub since: Option<Timestamp>,
    /// The hash of the newest: whoever keeps it elsewhere can prove later that nothing before it was changed.
    pub head: Option<String>,
    /// Entries from before there was a chain.
    pub unchained: u64,
    /// The first break.
    pub broken: Option<Break>,
}

impl ChainCheck {
    /// The head as people compare it: `9c40 d2e7`.
    #[must_use]
    pub fn head_short(&self) -> String {
        let head = self.head.as_deref().unwrap_or_default();
        match (head.get(..4), head.get(4..8)) {
            (Some(first), Some(second)) => format!("{first} {second}"),
            _ => "none".to_owned(),
        }
    }
}
