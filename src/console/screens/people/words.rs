//! How people, plans and rulings are said; shared with the screen of one person.

use crate::console::theme::Role;
use crate::domain::decision::{Decision, Ruling};
use crate::domain::plan::{HoldCode, HoldKind, OperationKind};
use crate::domain::run::{OperationState, PARKED};
use crate::store::JournalRow;
use crate::store::views::{PersonRow, PersonState};

/// Where a person stands: the role of its glyph, and the words.
#[must_use]
pub fn state(row: &PersonRow) -> (Role, String) {
    match row.state {
        PersonState::OutOfScope => (Role::Muted, "out of scope".to_owned()),
        PersonState::Held(code) => (hold_role(code), code.words().to_owned()),
        PersonState::Change(kind, state) => change(kind, state),
        PersonState::Linked if row.status == "ended" => (Role::Muted, "leaver, linked".to_owned()),
        PersonState::Linked => (Role::Ok, "linked".to_owned()),
        PersonState::NotLinked if row.status == "ended" => (Role::Muted, "leaver".to_owned()),
        PersonState::NotLinked => (Role::Muted, "not linked".to_owned()),
        PersonState::UserOnly if row.status == "inactive" => (Role::Muted, "no employee, inactive".to_owned()),
        PersonState::UserOnly => (Role::Muted, "no employee".to_owned()),
    }
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

fn change(operation: OperationKind, state: OperationState) -> (Role, String) {
    let (role, word) = (Role::of(operation), operation.words());
    match state {
        OperationState::Pending => (role, word.to_owned()),
        OperationState::Sent => (Role::Info, format!("{word}, sent")),
        OperationState::Written => (Role::Ok, format!("{word}, written")),
        OperationState::Confirmed => (Role::Ok, format!("{word}, confirmed")),
        OperationState::Failed => (Role::Danger, format!("{word}, refused")),
        OperationState::Unknown => (Role::Open, format!("{word}, no answer")),
        OperationState::SetAside => (Role::Changed, format!("{word}, set aside")),
    }
}

/// One operation of the newest plan: `update job title, branch`.
#[must_use]
pub fn planned(row: &JournalRow) -> String {
    let fields: Vec<&str> = row.operation.fields.iter().map(|change| change.field.words()).collect();
    let (_, mut word) = change(row.operation.kind, row.state);
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
    };
    let reason = decision.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{words}, {} {}{reason}", decision.by, decision.at.strftime("%-d %b %Y"))
}
