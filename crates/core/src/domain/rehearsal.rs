//! A rehearsal: a plan applied, in its order, to a simulator that holds what the destination held when it was last read.

use super::field::Field;
use super::ids::EmployeeId;
use super::operation::OperationKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of one line at the simulator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Rehearsed {
    /// The user is afterwards what the plan says.
    AsPlanned,
    /// It was taken, and came out otherwise.
    Other { what: String, fields: Vec<FieldAfter> },
    /// It was refused.
    Refused { status: u16, code: String, message: String },
    /// The simulator cannot stand in for the destination here; never counted as planned.
    NotRehearsed { why: String },
}

impl Rehearsed {
    /// Its place in lists: what needs a look comes first.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Rehearsed::Refused { .. } => 0,
            Rehearsed::Other { .. } => 1,
            Rehearsed::NotRehearsed { .. } => 2,
            Rehearsed::AsPlanned => 3,
        }
    }

    /// What the simulator answered, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Rehearsed::AsPlanned => "as planned".to_owned(),
            Rehearsed::Other { what, .. } => what.clone(),
            Rehearsed::Refused { status: 0, code, message } => format!("{code}: {message}"),
            Rehearsed::Refused { status, code, message } => format!("{status} {code}: {message}"),
            Rehearsed::NotRehearsed { why } => format!("not rehearsed: {why}"),
        }
    }
}

/// A field that did not come out as planned. Values of private fields are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldAfter {
    pub field: Field,
    pub planned: Option<String>,
    pub after: Option<String>,
}

/// One line of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsedLine {
    pub seq: u32,
    pub kind: OperationKind,
    pub employee: Option<EmployeeId>,
    #[serde(flatten)]
    pub result: Rehearsed,
}

/// A rehearsal of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Users and options of the destination that the simulator was loaded with, and when they were read.
    pub users: u32,
    pub options: u32,
    pub read_at: Option<Timestamp>,
    pub seconds: f64,
    /// Welcome mails that the simulator counted; none was written or sent.
    pub mails: u32,
    pub lines: Vec<RehearsedLine>,
}

/// How many lines came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RehearsalFigures {
    pub as_planned: u32,
    pub other: u32,
    pub refused: u32,
    pub not_rehearsed: u32,
}

impl RehearsalFigures {
    fn count(&mut self, result: &Rehearsed) {
        *match result {
            Rehearsed::AsPlanned => &mut self.as_planned,
            Rehearsed::Other { .. } => &mut self.other,
            Rehearsed::Refused { .. } => &mut self.refused,
            Rehearsed::NotRehearsed { .. } => &mut self.not_rehearsed,
        } += 1;
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.as_planned + self.other + self.refused + self.not_rehearsed
    }
}

impl Rehearsal {
    /// The one count of it.
    #[must_use]
    pub fn figures(&self) -> RehearsalFigures {
        let mut figures = RehearsalFigures::default();
        self.lines.iter().for_each(|line| figures.count(&line.result));
        figures
    }

    /// The same by kind, kinds without lines left out.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<OperationKind, RehearsalFigures> {
        let mut kinds: BTreeMap<OperationKind, RehearsalFigures> = BTreeMap::new();
        for line in &self.lines {
            kinds.entry(line.kind).or_default().count(&line.result);
        }
        kinds
    }

    /// `574 of 575 as planned`, or `3 of 578 would be refused`.
    #[must_use]
    pub fn words(&self) -> String {
        let figures = self.figures();
        match (figures.refused, figures.other + figures.not_rehearsed) {
            (0, 0) => format!("{} of {} as planned", figures.as_planned, figures.lines()),
            (0, _) => format!("{} of {} as planned, none refused", figures.as_planned, figures.lines()),
            (refused, _) => format!("{refused} of {} would be refused", figures.lines()),
        }
    }

    /// The people whose lines were refused, each once, in the order of the plan.
    #[must_use]
    pub fn refused_people(&self) -> Vec<EmployeeId> {
        let mut people = Vec::new();
        for line in self.lines.iter().filter(|line| matches!(line.result, Rehearsed::Refused { .. })) {
            if let Some(employee) = &line.employee
                && !people.contains(employee)
            {
                people.push(employee.clone());
            }
        }
        people
    }
}

/// What a simulator cannot know, for whoever reads a rehearsal: a heading and its sentence.
pub const CANNOT_KNOW: [(&str, &str); 4] = [
    ("addresses", "whether an e-mail was verified, or is known next door"),
    ("since then", "what was changed there since; each write checks for drift"),
    ("the day", "rate limits, outages, rules that are not published"),
    ("mails", "whether they arrive: counted here, none written or sent"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: u32, employee: &str, result: Rehearsed) -> RehearsedLine {
        RehearsedLine { seq, kind: OperationKind::Update, employee: Some(employee.into()), result }
    }

    #[test]
    fn what_was_not_rehearsed_never_counts_as_planned() {
        let refused = || Rehearsed::Refused { status: 409, code: "EMAIL_IN_USE".into(), message: "user 6620".into() };
        let rehearsal = Rehearsal {
            lines: vec![
                line(0, "1", Rehearsed::AsPlanned),
                line(1, "2", Rehearsed::NotRehearsed { why: "no simulator".into() }),
                line(2, "3", refused()),
                line(3, "3", refused()),
                line(4, "4", Rehearsed::Other { what: "parked".into(), fields: Vec::new() }),
            ],
            ..Rehearsal::default()
        };
        let figures = rehearsal.figures();
        assert_eq!((figures.as_planned, figures.other, figures.refused, figures.not_rehearsed), (1, 1, 2, 1));
        assert_eq!((figures.lines(), rehearsal.words()), (5, "2 of 5 would be refused".to_owned()));
        assert_eq!(rehearsal.refused_people(), ["3".into()]);
        let read: Rehearsal = serde_json::from_str(&serde_json::to_string(&rehearsal).unwrap()).unwrap();
        assert_eq!(read, rehearsal);
        assert_eq!(rehearsal.lines[2].result.words(), "409 EMAIL_IN_USE: user 6620");
    }
}
