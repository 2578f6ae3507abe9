//! Why not synced? The seven gates of the Person screen as data (SCREENS 7.9).

use super::gates;
use super::rules::Rules;
use super::scope::{Lifecycle, life};
use crate::domain::field::Field;
use crate::domain::person::{Employee, EmploymentStatus};
use crate::domain::plan::{Hold, HoldCode, Operation, OperationKind};

/// How a gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateState {
    Passed,
    /// This one keeps the person out.
    Stopped,
    /// Behind the one that stopped: not looked at, not "ok".
    NotReached,
}

/// One line of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// 1 to 7.
    pub number: u8,
    /// `in scope`, `mandatory fields`, `value map`, `match`, `conflict`, `limit`, or the destination's name.
    pub name: String,
    pub state: GateState,
    pub words: String,
}

/// One person, with what the plan says of it.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub employee: &'a Employee,
    pub hold: Option<&'a Hold>,
    /// The person's operations.
    pub operations: &'a [&'a Operation],
}

/// The ladder of one person. The first stopped gate is the answer.
pub fn explain(rules: &Rules<'_>, subject: Subject<'_>) -> Vec<Gate> {
    let stop = stopping_gate(rules, &subject);
    let names = ["in scope", "mandatory fields", "value map", "match", "conflict", "limit", rules.destination.name];
    let mut gates = Vec::with_capacity(7);
    for (number, name) in (1u8..).zip(names) {
        let state = match stop {
            Some(stop) if number == stop => GateState::Stopped,
            Some(stop) if number > stop => GateState::NotReached,
            // A collision is found before the person's own fields are read: those may fail too.
            _ if own_gate_fails(rules, &subject, number) => GateState::NotReached,
            _ => GateState::Passed,
        };
        let words = match state {
            GateState::Stopped => stopped_words(rules, &subject),
            GateState::NotReached => "not reached".to_owned(),
            GateState::Passed => passed_words(&subject, number),
        };
        gates.push(Gate { number, name: name.to_owned(), state, words });
    }
    gates
}

/// What the destination would get in a field of this person, as it is sent (an option's key for a mapped field); `None`
/// where nothing is sent.
pub fn sent(rules: &Rules<'_>, employee: &Employee, field: Field) -> Option<String> {
    rules.target(employee, field).map(std::borrow::Cow::into_owned)
}

/// Number of the gate at which a code stops.
pub fn gate_of(code: HoldCode) -> u8 {
    match code {
        HoldCode::Excluded | HoldCode::Protected | HoldCode::Undone | HoldCode::Later | HoldCode::StatusUnclear => 1,
        HoldCode::RecordUnreadable => 1,
        HoldCode::MissingField | HoldCode::FieldArchived | HoldCode::NameNotAccepted => 2,
        HoldCode::UnmappedValue | HoldCode::OptionMissing => 3,
        HoldCode::ProbableDuplicate | HoldCode::Rehire | HoldCode::IdentifierChanged | HoldCode::IdentifierReused => 4,
        HoldCode::EmailHeldByActiveUser
        | HoldCode::EmailHeldByInactiveUser
        | HoldCode::TargetOwnedByOther
        | HoldCode::StatusConflict
        | HoldCode::Detached
        | HoldCode::DuplicateIdentifier
        | HoldCode::DuplicateEmail => 5,
        HoldCode::Limit => 6,
    }
}

fn stopping_gate(rules: &Rules<'_>, subject: &Subject<'_>) -> Option<u8> {
    if let Some(hold) = subject.hold {
        return Some(gate_of(hold.code));
    }
    if !subject.operations.is_empty() {
        return None;
    }
    // Leavers and future starters without a user are not held; their state is what keeps them out.
    match life(rules, subject.employee) {
        Lifecycle::Over | Lifecycle::NotYet | Lifecycle::Unclear => Some(1),
        Lifecycle::Employed | Lifecycle::LastDays => None,
    }
}

fn own_gate_fails(rules: &Rules<'_>, subject: &Subject<'_>, number: u8) -> bool {
    let over = life(rules, subject.employee) == Lifecycle::Over;
    match number {
        2 => {
            !over
                && (gates::one_email(rules, subject.employee).is_some()
                    || gates::mandatory(rules, subject.employee).is_some()
                    || gates::lengths(rules, subject.employee).is_some()
                    || gates::names(rules, subject.employee).is_some())
        }
        3 => !over && gates::mapped(rules, subject.employee).is_some(),
        _ => false,
    }
}

fn stopped_words(rules: &Rules<'_>, subject: &Subject<'_>) -> String {
    if let Some(hold) = subject.hold {
        return hold.message.clone();
    }
    match life(rules, subject.employee) {
        Lifecycle::NotYet => {
            let start = subject.employee.person.start_date.map(|date| date.to_string()).unwrap_or_default();
            format!("starts {start}; not created before")
        }
        _ => format!("no longer employed in {}", rules.source.name),
    }
}

fn passed_words(subject: &Subject<'_>, number: u8) -> String {
    let has = |kind| subject.operations.iter().any(|operation| operation.kind == kind);
    match number {
        1 => {
            let status = match subject.employee.status {
                EmploymentStatus::Active => "active",
                EmploymentStatus::Ended | EmploymentStatus::Unclear(_) => "leaving",
            };
            format!("in the source filter; {status}")
        }
        2 => "every field that is demanded is there".to_owned(),
        3 => "every value is mapped".to_owned(),
        4 if has(OperationKind::Create) => {
            let mut lines = subject.operations.iter().filter(|one| one.kind == OperationKind::Create);
            let why = lines.find_map(|one| one.note.as_deref());
            format!("{}: new", why.unwrap_or("nobody in the destination comes near"))
        }
        4 => "tied to one user".to_owned(),
        5 => "nobody else claims the user, the identifier or the e-mail".to_owned(),
        6 => "within the limits, or confirmed".to_owned(),
        _ if subject.operations.is_empty() => "nothing to change".to_owned(),
        _ => {
            let kinds: Vec<&str> = subject.operations.iter().map(|operation| operation.kind.key()).collect();
            format!("planned: {}", kinds.join(", "))
        }
    }
}
