//! The words of a hold: what happened and what the operator can do, without personal data.

use super::rules::Rules;
use crate::domain::decision::{Decision, Ruling};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::plan::{Candidate, Evidence, Hold, HoldCode};

/// A hold without a field, a value, candidates or others.
pub(super) fn hold(
    employee: &EmployeeId,
    code: HoldCode,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Hold {
    Hold {
        employee: employee.clone(),
        code,
        field: None,
        also: Vec::new(),
        value: None,
        message: message.into(),
        remedy: remedy.into(),
        candidates: Vec::new(),
        others: Vec::new(),
        seen: None,
        beside: Vec::new(),
    }
}

pub(super) fn with_field(mut hold: Hold, field: Field) -> Hold {
    hold.field = Some(field.key().to_owned());
    hold
}

pub(super) fn with_others(mut hold: Hold, mut others: Vec<EmployeeId>) -> Hold {
    others.sort_unstable();
    others.dedup();
    others.retain(|other| *other != hold.employee);
    hold.others = others;
    hold
}

/// A candidate known by something else than its weight: one line of evidence that weighs nothing and says why.
pub(super) fn named_candidate(user: &UserId, field: Field, level: &str, reason: &str) -> Candidate {
    Candidate {
        user: user.clone(),
        weight: 0.0,
        probability: 0.0,
        evidence: vec![guard_evidence(field, level, reason)],
    }
}

pub(super) fn guard_evidence(field: Field, level: &str, reason: &str) -> Evidence {
    Evidence {
        field: field.key().to_owned(),
        level: level.to_owned(),
        source_value: None,
        destination_value: None,
        bits: 0.0,
        reason: reason.to_owned(),
    }
}

/// The ids of a collision, in words: at most three, then how many more.
pub(super) fn id_list(ids: &[EmployeeId]) -> String {
    let shown: Vec<&str> = ids.iter().take(3).map(EmployeeId::as_str).collect();
    let more = ids.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// The hold of an operator's own ruling.
pub(super) fn ruled(employee: &EmployeeId, decision: &Decision) -> Option<Hold> {
    let by = &decision.by;
    let why = decision.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let undo = "clear the ruling in Review to take this person up again";
    Some(match &decision.ruling {
        Ruling::Exclude => hold(employee, HoldCode::Excluded, format!("excluded by {by}{why}"), undo),
        Ruling::Protect => {
            hold(employee, HoldCode::Protected, format!("protected by {by}: the user stays as it is{why}"), undo)
        }
        Ruling::Later { until: Some(day) } => {
            hold(employee, HoldCode::Later, format!("put off until {day} by {by}{why}"), "rule in Review to decide now")
        }
        Ruling::Later { until: None } => {
            hold(employee, HoldCode::Later, format!("put off by {by}{why}"), "rule in Review to decide now")
        }
        Ruling::HoldBack => {
            hold(employee, HoldCode::Later, format!("held back from the plan by {by}{why}"), "let it go on Plan")
        }
        Ruling::Undone { run } => hold(
            employee,
            HoldCode::Undone,
            format!("what run {run} did was undone by {by}{why}"),
            "release the person on Plan, or `onroll runs release`; the next plan then has them again",
        ),
        Ruling::Link { .. } | Ruling::Create => return None,
    })
}

/// An exclusion or a protection whose record has changed since: never lapses by itself into a write.
pub(super) fn ruling_outdated(employee: &EmployeeId, decision: &Decision) -> Hold {
    let word = if decision.ruling == Ruling::Protect { "protected" } else { "excluded" };
    hold(
        employee,
        HoldCode::Later,
        format!("{word} by {}, but name, birth date or e-mail have changed since", decision.by),
        "rule again in Review: nothing is written until then",
    )
}

pub(super) fn missing_field(rules: &Rules<'_>, employee: &EmployeeId, field: Field) -> Hold {
    let (source, label) = (rules.source.name, rules.source_label(field));
    if let Some(archived) = rules.facts.archived_fields.iter().find(|archived| archived.field == field) {
        let remedy = if archived.remedy.is_empty() { rules.source.archived_remedy } else { &archived.remedy };
        let message = format!("`{}` is archived in {source}: nobody has a value", archived.label);
        return with_field(hold(employee, HoldCode::FieldArchived, message, remedy), field);
    }
    let word = rules.destination.word(field);
    let message = if field == Field::Identifier {
        format!("{word} missing: {source} gives no id to make it from")
    } else {
        format!("{word} missing")
    };
    let remedy = format!("fill in `{label}` in {source}, then push again");
    with_field(hold(employee, HoldCode::MissingField, message, remedy), field)
}

pub(super) fn target_owned(employee: &EmployeeId, user: &UserId, owner: &EmployeeId) -> Hold {
    let message = format!("user {user} belongs to employee {owner}");
    let remedy = "open both side by side in Review and rule which of them the user is";
    let candidate = named_candidate(user, Field::Identifier, "taken", &format!("carries the identifier of {owner}"));
    let mut hold = hold(employee, HoldCode::TargetOwnedByOther, message, remedy);
    hold.candidates.push(candidate);
    hold.others.push(owner.clone());
    hold
}
