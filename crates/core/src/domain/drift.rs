//! Drift: what of an approved plan has moved before it was sent, and how the approved lines of a run add up.

use super::field::Field;
use super::run::OperationState;
use serde::{Deserialize, Serialize};

/// Why nothing was sent for a line that was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The destination held already what the line was to write: it counts as done.
    AlreadyThere,
    /// A value that the line was to replace is another one at the destination.
    Values,
    /// The user carries another identifier, or the identifier another user.
    Identifier,
    /// The user was switched on or off.
    Status,
    /// The user is gone from the destination.
    Gone,
    /// Somebody was made at the destination who is, or may be, the person.
    Appeared,
    /// The live record could not be read.
    Unread,
    /// Other values are due by now than those that were approved.
    OtherValues,
    /// The person has left by now.
    Left,
    /// Something else is due by now, or nothing.
    NotDue,
    /// The person is held by now.
    Held,
    /// An operator has ruled about the person meanwhile.
    Ruled,
    /// What the line refers to was not made.
    Unmade,
    /// The destination itself said at the write that its record had moved.
    Refused,
    /// The destination took it and parked it as a possible duplicate.
    Parked,
}

impl Cause {
    /// The stable word in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Cause::AlreadyThere => "already_there",
            Cause::Values => "values",
            Cause::Identifier => "identifier",
            Cause::Status => "status",
            Cause::Gone => "gone",
            Cause::Appeared => "appeared",
            Cause::Unread => "unread",
            Cause::OtherValues => "other_values",
            Cause::Left => "left",
            Cause::NotDue => "not_due",
            Cause::Held => "held",
            Cause::Ruled => "ruled",
            Cause::Unmade => "unmade",
            Cause::Refused => "refused",
            Cause::Parked => "parked",
        }
    }
}

/// Which side moved, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovedBy {
    /// The record at the source is another one than in the pull before.
    Source,
    Destination,
    /// A ruling, a mapping or a setting of an operator.
    Operator,
    /// Nobody tells.
    Unknown,
}

impl MovedBy {
    /// The stable word in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            MovedBy::Source => "source",
            MovedBy::Destination => "destination",
            MovedBy::Operator => "operator",
            MovedBy::Unknown => "unknown",
        }
    }
}

/// How a field of a line stood just before the line would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    pub field: Field,
    /// What the destination held; where only the source has moved, what would be written by now. `None` is empty.
    pub value: Option<String>,
    /// Whether it is this field that has moved.
    #[serde(default)]
    pub moved: bool,
}

/// What is kept of a line for which nothing was sent, or that was taken otherwise than it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub cause: Cause,
    pub by: MovedBy,
    /// The fields of the line, and the identifier or the status where that moved. Empty where nothing could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<Now>,
}

impl Moved {
    /// Without values.
    #[must_use]
    pub fn of(cause: Cause, by: MovedBy) -> Self {
        Self { cause, by, now: Vec::new() }
    }
}

/// What became of a line of a plan, of which each has exactly one. This is the one definition behind every figure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Sent as it was approved, and taken.
    CarriedOut,
    /// Nothing sent: the destination held it already.
    Already,
    /// Nothing sent: it had moved.
    Skipped,
    /// Sent, and parked by the destination.
    Parked,
    Failed,
    /// Sent, and no answer yet.
    Unknown,
    /// Not tried yet, or not any more.
    Unsent,
    /// Held back: not approved, and not sent.
    Withheld,
    /// Sent although it was held back. There is no such line.
    Unapproved,
}

impl Fate {
    /// The fate of a line.
    #[must_use]
    pub fn of(state: OperationState, withheld: bool, cause: Option<Cause>) -> Self {
        match (state, withheld) {
            (OperationState::Pending | OperationState::SetAside, true) => Fate::Withheld,
            (_, true) => Fate::Unapproved,
            (OperationState::Written | OperationState::Confirmed, _) if cause == Some(Cause::AlreadyThere) => {
                Fate::Already
            }
            (OperationState::Written | OperationState::Confirmed, _) => Fate::CarriedOut,
            (OperationState::SetAside, _) if cause == Some(Cause::Parked) => Fate::Parked,
            (OperationState::SetAside, _) => Fate::Skipped,
            (OperationState::Failed, _) => Fate::Failed,
            (OperationState::Sent | OperationState::Unknown, _) => Fate::Unknown,
            (OperationState::Pending, _) => Fate::Unsent,
        }
    }
}

/// How the lines of a plan add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    pub carried_out: u32,
    pub already_there: u32,
    pub skipped: u32,
    pub parked: u32,
    pub failed: u32,
    pub unknown: u32,
    pub unsent: u32,
    /// Lines that were not approved, and stayed where they were.
    pub withheld: u32,
    /// Lines that were sent without an approval: always 0.
    pub anything_else: u32,
}

impl Sums {
    fn of(&mut self, fate: Fate) -> &mut u32 {
        match fate {
            Fate::CarriedOut => &mut self.carried_out,
            Fate::Already => &mut self.already_there,
            Fate::Skipped => &mut self.skipped,
            Fate::Parked => &mut self.parked,
            Fate::Failed => &mut self.failed,
            Fate::Unknown => &mut self.unknown,
            Fate::Unsent => &mut self.unsent,
            Fate::Withheld => &mut self.withheld,
            Fate::Unapproved => &mut self.anything_else,
        }
    }

    /// Adds lines of one fate.
    pub fn add(&mut self, fate: Fate, lines: u32) {
        *self.of(fate) += lines;
    }

    /// Counts lines that were added under one fate under another.
    pub fn tell_apart(&mut self, from: Fate, to: Fate, lines: u32) {
        let lines = lines.min(*self.of(from));
        *self.of(from) -= lines;
        *self.of(to) += lines;
    }

    /// The lines that were approved: whatever became of them, and nothing else.
    #[must_use]
    pub fn approved(&self) -> u32 {
        self.carried_out + self.already_there + self.skipped + self.parked + self.failed + self.unknown + self.unsent
    }

    /// Those that had moved, the ones that were there already among them.
    #[must_use]
    pub fn moved(&self) -> u32 {
        self.already_there + self.skipped
    }
}

impl Extend<Fate> for Sums {
    fn extend<I: IntoIterator<Item = Fate>>(&mut self, fates: I) {
        fates.into_iter().for_each(|fate| self.add(fate, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_one_fate_and_the_approved_ones_add_up() {
        let mut sums = Sums::default();
        let mut lines = 0;
        for state in OperationState::ALL {
            for withheld in [false, true] {
                for cause in [None, Some(Cause::AlreadyThere), Some(Cause::Parked), Some(Cause::Values)] {
                    sums.extend([Fate::of(state, withheld, cause)]);
                    lines += 1;
                }
            }
        }
        assert_eq!(sums.approved() + sums.withheld + sums.anything_else, lines);
        assert_eq!((sums.carried_out, sums.already_there, sums.skipped, sums.parked), (6, 2, 3, 1));
        assert_eq!((sums.failed, sums.unknown, sums.unsent, sums.withheld), (4, 8, 4, 8));
    }

    #[test]
    fn what_is_kept_of_a_line_is_read_back() {
        let now = vec![Now { field: Field::Branch, value: Some("The Anchor".into()), moved: true }];
        let moved = Moved { cause: Cause::Values, by: MovedBy::Destination, now };
        let text = serde_json::to_string(&moved).unwrap();
        assert_eq!(
            text,
            r#"{"cause":"values","by":"destination","now":[{"field":"branch","value":"The Anchor","moved":true}]}"#
        );
        assert_eq!(serde_json::from_str::<Moved>(&text).unwrap(), moved);
    }
}
