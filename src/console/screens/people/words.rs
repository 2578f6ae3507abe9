//! How people, plans and rulings are said; shared with the screen of one person.

use crate::console::theme::Role;
use crate::domain::decision::{Decision, Ruling};
use crate::domain::plan::{HoldCode, HoldKind, OperationKind};
use crate::domain::run::{OperationState, PARKED};
use crate::services::people::{change_words, state_words};
use crate::store::JournalRow;
use crate::store::views::{PersonRow, PersonState};

/// Where a person stands: the role of its glyph, and the words.
#[must_use]
pub fn state(row: &PersonRow) -> (Role, String) {
    let role = match row.state {
        PersonState::Held(code) => hold_role(code),
        PersonState::Change(kind, state) => change(kind, state),
        PersonState::Linked if row.status != "ended" => Role::Ok,
        PersonState::Linked | PersonState::NotLinked | PersonState::OutOfScope | PersonState::UserOnly => Role::Muted,
    };
    (role, state_words(row))
}

/// The role of a hold's glyph (SCREENS 3.1).
#[must_use]
pub fn hold_role(code: HoldCode) -> Role {
    match (code, code.kind()) {
        (HoldCode::Limit, _) => Role::Warn,
        (HoldCode::Later, _) | (_, HoldKind::Ruled) => Role::Muted,
        (_, HoldKind::Review) => Role::Open,
        (_, HoldKind::Blocked) => Role::Danger,
    }
}

fn change(operation: OperationKind, state: OperationState) -> Role {
    match state {
        OperationState::Pending => Role::of(operation),
        OperationState::Sent => Role::Info,
        OperationState::Written | OperationState::Confirmed => Role::Ok,
        OperationState::Failed => Role::Danger,
        OperationState::Unknown => Role::Open,
        OperationState::SetAside => Role::Changed,
    }
}

/// One operation of the newest plan: `update job title, branch`.
#[must_use]
pub fn planned(row: &JournalRow) -> String {
    let fields: Vec<&str> = row.operation.fields.iter().map(|change| change.field.words()).collect();
    let mut word = change_words(row.operation.kind, row.state);
    if row.error.as_ref().is_some_and(|(code, _)| code == PARKED) {
        word = format!("{}, parked in the destination", row.operation.kind.words());
    }
    match row.operation.kind {
        OperationKind::Update => format!("{word}: {}", fields.join(", ")),
        _ => word,
    }
}

/// A ruling with its author and day: `later until 2026-12-01, R. Osei 24 Nov 2026`.
#[must_use]
pub fn ruling(decision: &Decision) -> String {
    let words = match &decision.ruling {
        Ruling::Link { user } => format!("linked to user {user}"),
        Ruling::Create => "a new user".to_owned(),
        Ruling::Exclude => "excluded".to_owned(),
        Ruling::Protect => "protected".to_owned(),
        Ruling::Later { until: Some(day) } => format!("later, until {}", day.strftime("%-d %b %Y")),
        Ruling::Later { until: None } => "later".to_owned(),
        Ruling::HoldBack => "held back from the plan".to_owned(),
        Ruling::Undone { run } => format!("run {run} undone"),
    };
    let reason = decision.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{words}, {} {}{reason}", decision.by, decision.at.strftime("%-d %b %Y"))
}

/// What somebody was ruled to be, in a word or two.
#[must_use]
pub fn ruling_word(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Link { .. } => "link",
        Ruling::Create => "new",
        Ruling::Exclude => "excluded",
        Ruling::Protect => "protected",
        Ruling::Later { .. } => "later",
        Ruling::HoldBack => "held back",
        Ruling::Undone { .. } => "undone",
    }
}
