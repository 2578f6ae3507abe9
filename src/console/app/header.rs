//! What a screen says in the header and the status line.

use crate::console::theme::Role;
use crate::console::widgets::Span;

/// What the header says beside what the framework knows (tenant, route, state, clock).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Crumbs after the tenant's name (or after `Onroll`): `Mappings`, `Job titles`.
    pub crumbs: Vec<String>,
    /// Words in the place of the route, long and short: `14 tenants, 19,193 people`, `14 tenants`.
    pub facts: Option<(String, String)>,
    /// Replaces all words at the right, clock and all: `no tenants yet`, `step 1 of 4`.
    pub only: Option<String>,
    /// The clock shows seconds (a run is watched).
    pub seconds: bool,
}

impl Header {
    /// A header with crumbs only.
    #[must_use]
    pub fn crumbs<I: IntoIterator<Item = S>, S: Into<String>>(crumbs: I) -> Self {
        Self { crumbs: crumbs.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

/// The status line's two ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// Last result; a toast covers it.
    pub left: Vec<Span>,
    /// Freshness of the data, progress.
    pub right: Vec<Span>,
    /// Stays although the window has fewer than 24 rows, because nothing else says this.
    pub keep: bool,
}

impl StatusLine {
    /// Two plain texts; glyphs at the start of the left one get their role.
    #[must_use]
    pub fn new(left: impl Into<String>, right: impl Into<String>) -> Self {
        Self { left: with_glyph(&left.into()), right: vec![Span::new(right, Role::Muted)], keep: false }
    }
}

/// Splits a leading glyph from a sentence and gives it its role: `✓ Linked …`, `✗ Paused …`.
#[must_use]
pub fn with_glyph(text: &str) -> Vec<Span> {
    let role = match text.split_once(' ').map(|(glyph, _)| glyph) {
        Some("✓") => Role::Ok,
        Some("i") => Role::Info,
        Some("!") => Role::Warn,
        Some("✗") => Role::Danger,
        Some("~") => Role::Changed,
        Some("?") => Role::Open,
        _ => return vec![Span::new(text, Role::Text)],
    };
    let (glyph, rest) = text.split_once(' ').unwrap_or((text, ""));
    vec![Span::new(glyph, role), Span::new(format!(" {rest}"), Role::Text)]
}
