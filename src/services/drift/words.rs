//! What is said of a line that had moved.

use super::{Line, NotInPlan, Value};
use crate::domain::capabilities::DestinationCapabilities;
use crate::domain::drift::{Cause, MovedBy};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::PlanId;
use crate::domain::plan::{Operation, OperationKind};
use crate::store::views::{DriftView, MovedLine, Mover, NextPlan};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Times as they are read beside a run: of its own day the time alone.
pub(super) struct Clock {
    zone: TimeZone,
    now: Timestamp,
    run: Timestamp,
}

impl Clock {
    pub(super) fn new(zone: &str, now: Timestamp, run: Timestamp) -> Self {
        Self { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), now, run }
    }

    /// `02:00`.
    pub(super) fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
    }

    /// `02:03`, `23 Nov 17:40`, with the year where it is not this one.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        let (then, now) = (at.to_zoned(self.zone.clone()), self.now.to_zoned(self.zone.clone()));
        if then.date() == self.run.to_zoned(self.zone.clone()).date() {
            return self.time(at);
        }
        then.strftime(if then.year() == now.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" }).to_string()
    }
}

/// What the two sides are called.
#[derive(Clone, Copy)]
pub(super) struct Sides {
    pub source: &'static str,
    pub destination: &'static str,
}

/// What stands around a line.
pub(super) struct Around<'a> {
    pub clock: &'a Clock,
    pub names: Sides,
    /// When the plan was made.
    pub made: Option<Timestamp>,
    pub next: Option<PlanId>,
}

/// A value, or that there is none.
pub(super) fn value(value: Option<&str>) -> String {
    value.filter(|value| !value.trim().is_empty()).map_or_else(|| "(none)".to_owned(), str::to_owned)
}

/// What a line met where no value tells it, in a few words.
pub(super) fn cause(cause: Option<Cause>, reason: &str) -> String {
    match cause {
        Some(Cause::AlreadyThere) => "already".to_owned(),
        Some(Cause::Identifier) => reason.to_owned(),
        Some(Cause::Gone) => "user gone".to_owned(),
        Some(Cause::Unread) => "no answer".to_owned(),
        Some(Cause::Left) => "has left".to_owned(),
        Some(Cause::NotDue) => "not due any more".to_owned(),
        Some(Cause::Unmade) => "manager not made".to_owned(),
        Some(
            Cause::Values
            | Cause::Status
            | Cause::Appeared
            | Cause::OtherValues
            | Cause::Held
            | Cause::Ruled
            | Cause::Refused
            | Cause::Parked,
        )
        | None => reason.to_owned(),
    }
}

/// What a line writes: `branch Cliff House → Old Pier`.
pub(super) fn planned(operation: &Operation, destination: &DestinationCapabilities) -> String {
    match operation.kind {
        OperationKind::Create => format!("a new user with {} fields", operation.fields.len()),
        kind if operation.fields.is_empty() => kind.words().to_owned(),
        _ => lists(operation.fields.iter().map(|one| format!("{} {}", destination.word(one.field), change(one)))),
    }
}

/// What the plan took for granted of a field that it does not write.
pub(super) fn expected(field: Field, operation: &Operation) -> Option<String> {
    match field {
        Field::Identifier => operation.identifier.as_ref().map(ToString::to_string),
        Field::Status if operation.kind == OperationKind::Reactivate => Some("inactive".to_owned()),
        Field::Status => Some("active".to_owned()),
        _ => None,
    }
}

/// Whether a skipped line comes again in the next plan.
pub(super) fn is_anew(line: &MovedLine) -> bool {
    line.row.state == crate::domain::run::OperationState::SetAside && matches!(line.next, NextPlan::Anew(_))
}

fn change(change: &FieldChange) -> String {
    format!("{} → {}", value(change.from.as_deref()), value(change.to.as_deref()))
}

fn lists(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(", ")
}

impl Around<'_> {
    pub(super) fn say(&self, shown: &mut Line, line: &MovedLine) {
        (shown.mover, shown.moved_by) = self.mover(shown, line.mover.as_ref());
        shown.approved = approved(shown, &line.row.operation);
        shown.met = self.met(shown);
        shown.so = so(shown);
        shown.next = self.next(shown, &line.next);
    }

    fn mover(&self, line: &Line, mover: Option<&Mover>) -> (String, String) {
        let Sides { source, destination } = self.names;
        let at = line.at.map(|at| self.clock.moment(at)).unwrap_or_default();
        if let Some(Mover { by, what, at }) = mover {
            return (by.clone(), format!("{by}, {}: {what}", self.clock.moment(*at)));
        }
        match (line.by, line.cause) {
            (_, Some(Cause::Unread)) => ("not known".to_owned(), format!("not known: {destination} gave no answer")),
            (_, Some(Cause::Unmade)) => ("nobody".to_owned(), format!("nobody: {}", line.reason)),
            (MovedBy::Source, _) => {
                let short = line.at.map(|at| self.clock.time(at)).unwrap_or_default();
                let sentence = format!("{source}: the record as read at {at} is another one than in the pull before");
                (format!("{source} {short}"), sentence)
            }
            (MovedBy::Destination, _) => {
                let since = self
                    .made
                    .map(|made| format!(" between {}, when the plan was made, and {at}", self.clock.moment(made)));
                let since = since.unwrap_or_default();
                let sentence = format!("somebody in {destination}{since}; {destination} does not tell who");
                (format!("{destination}, not told"), sentence)
            }
            (MovedBy::Operator, _) => {
                let sentence = "operators: several changes since the plan was made, of which none tells it alone";
                ("an operator".to_owned(), sentence.to_owned())
            }
            (MovedBy::Unknown, _) => ("not known".to_owned(), "not known".to_owned()),
        }
    }

    fn met(&self, line: &Line) -> String {
        let Sides { source, destination } = self.names;
        let moved: Vec<&Value> = line.values.iter().filter(|one| one.moved && one.now.is_some()).collect();
        let of = |one: &&Value| format!("{} {}", one.word, value(one.now.clone().flatten().as_deref()));
        if line.already {
            return format!("{destination} had what was approved already");
        }
        if moved.is_empty() || matches!(line.cause, Some(Cause::Held | Cause::Ruled)) {
            return line.reason.clone();
        }
        let values = lists(moved.iter().map(of));
        match line.by {
            MovedBy::Destination => format!("{destination} had {values}"),
            MovedBy::Source => format!("{source} says by now: {values}"),
            MovedBy::Operator | MovedBy::Unknown => format!("would be written by now: {values}"),
        }
    }

    fn next(&self, line: &Line, next: &NextPlan) -> String {
        let Some(plan) = self.next else { return "no plan has been made since".to_owned() };
        if line.already {
            return "nothing: it is as it was approved".to_owned();
        }
        match next {
            NextPlan::Anew(operation) => {
                let changes = match operation.kind {
                    OperationKind::Create => String::new(),
                    _ => lists(operation.fields.iter().map(change)),
                };
                let changes = if changes.is_empty() { String::new() } else { format!(", {changes}") };
                format!("plan {plan} has the line anew{changes}, to be approved")
            }
            NextPlan::Held(code) => format!("held in plan {plan}: {}", code.words()),
            NextPlan::Nothing | NextPlan::None => format!("plan {plan} has nothing to do there"),
        }
    }
}

fn approved(line: &Line, operation: &Operation) -> String {
    let words =
        |one: &Value| format!("{} {} → {}", one.word, value(one.before.as_deref()), value(one.approved.as_deref()));
    let own = |one: &&Value| operation.fields.iter().any(|change| change.field == one.field);
    match operation.kind {
        OperationKind::Create => format!("a new user with {} fields", operation.fields.len()),
        kind if operation.fields.is_empty() => kind.words().to_owned(),
        OperationKind::Update | OperationKind::SetManager => lists(line.values.iter().filter(own).map(words)),
        kind => format!("{}: {}", kind.words(), lists(line.values.iter().filter(own).map(words))),
    }
}

fn so(line: &Line) -> String {
    match (line.already, line.cause) {
        (true, _) => "nothing was sent: it counts as done".to_owned(),
        (false, Some(Cause::Unread)) => "no answer, so nothing was sent: never on the off chance".to_owned(),
        (false, _) => "nothing was sent: a line goes whole or not at all".to_owned(),
    }
}

/// Who has moved without being in the plan.
pub(super) fn elsewhere(found: &DriftView) -> Option<NotInPlan> {
    let (elsewhere, next) = (found.elsewhere.as_ref()?, found.next.as_ref()?);
    if elsewhere.people + elsewhere.options == 0 {
        return None;
    }
    let mut parts: Vec<String> =
        elsewhere.kinds.iter().map(|(kind, people)| format!("{} {people}", kind.counted(*people))).collect();
    if elsewhere.options > 0 {
        parts.push(format!("{} {}", if elsewhere.options == 1 { "option" } else { "options" }, elsewhere.options));
    }
    let words = format!("{}: not approved, so left alone; in plan {}", parts.join(", "), next.id);
    Some(NotInPlan { people: elsewhere.people, words })
}
