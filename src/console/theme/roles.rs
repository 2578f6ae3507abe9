//! The roles of SCREENS 2.1. Every role also has a glyph or a form, so that the screen reads without colour.

use crate::domain::operation::{OperationKind, UserChange};

/// What a piece of text means; the theme decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Values, sentences.
    Text,
    /// Equal fields, column heads, hints, units.
    Muted,
    /// Where to act: keys in the footer, active tab, links.
    Accent,
    /// Done, confirmed, mapped, passed.
    Ok,
    /// Running, neutral news.
    Info,
    /// Held, near a limit, waits, look here.
    Warn,
    /// Failed, blocked, refused, would break.
    Danger,
    /// Needs a human's judgement: review, unknown outcome.
    Open,
    /// The cursor row.
    Selection,
    /// Marked with Space.
    Marked,
    /// The pane that gets keys.
    Focus,
    /// Create, new option, new value.
    Added,
    /// Leaver, removed team.
    Removed,
    /// Update, edited and unsaved, skipped, almost equal.
    Changed,
    /// Both sides equal after folding.
    Match,
    /// Sides differ.
    Mismatch,
    /// Reactivated.
    Back,
}

impl From<UserChange> for Role {
    fn from(change: UserChange) -> Self {
        match change {
            UserChange::Added => Role::Added,
            UserChange::Linked => Role::Match,
            UserChange::Changed => Role::Changed,
            UserChange::Back => Role::Back,
            UserChange::Removed => Role::Removed,
        }
    }
}

impl Role {
    /// The role of a kind of operation: the same glyph and colour on every screen.
    #[must_use]
    pub fn of(kind: OperationKind) -> Self {
        kind.facts().change.into()
    }

    /// All roles, in the order of SCREENS 2.1.
    pub const ALL: [Role; 17] = [
        Role::Text,
        Role::Muted,
        Role::Accent,
        Role::Ok,
        Role::Info,
        Role::Warn,
        Role::Danger,
        Role::Open,
        Role::Selection,
        Role::Marked,
        Role::Focus,
        Role::Added,
        Role::Removed,
        Role::Changed,
        Role::Match,
        Role::Mismatch,
        Role::Back,
    ];

    /// The glyph that stands for the role, one cell; blank where the role has a form instead (bold, dim, reverse).
    #[must_use]
    pub fn glyph(self) -> &'static str {
        match self {
            Role::Text | Role::Accent => " ",
            Role::Muted | Role::Removed => "-",
            Role::Ok => "✓",
            Role::Info => "i",
            Role::Warn => "!",
            Role::Danger => "✗",
            Role::Open => "?",
            Role::Selection => "▸",
            Role::Marked => "*",
            Role::Focus => "━",
            Role::Added => "+",
            Role::Changed => "~",
            Role::Match => "=",
            Role::Mismatch => "≠",
            Role::Back => "↑",
        }
    }

    /// One letter for style maps in snapshot tests.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Role::Text => '.',
            Role::Muted => 'm',
            Role::Accent => 'a',
            Role::Ok => 'k',
            Role::Info => 'i',
            Role::Warn => 'w',
            Role::Danger => 'd',
            Role::Open => 'o',
            Role::Selection => 's',
            Role::Marked => '*',
            Role::Focus => 'f',
            Role::Added => '+',
            Role::Removed => '-',
            Role::Changed => '~',
            Role::Match => '=',
            Role::Mismatch => 'x',
            Role::Back => 'b',
        }
    }
}
