//! The outcome for one employee, and why it is what it is.

use super::Verdict;
use super::crowd::Alike;
use super::explain::grouped;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why an outcome is what it is. For links: by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Linked: the identifier is the same, unique on both sides, and the person agrees.
    SameIdentifier,
    /// Linked: the personal e-mail is the same, unique on both sides, and the person agrees.
    SameEmail,
    /// Linked: the fields together.
    Evidence,
    /// Two or more users may be this employee.
    SecondUser,
    /// Two or more employees have about the same claim on one user.
    TiedEmployees,
    /// People alike in a crowd on either side: neither can be told from the others.
    Crowd,
    /// Another employee of the source looks like the same person.
    TwinEntry,
    /// The same id stands on two people of the source.
    SameId,
    /// The identifier agrees, the person does not.
    IdentifierReused,
    /// The person agrees, the identifier is another one.
    IdentifierDiffers,
    BirthDiffers,
    /// Another first name, however alike, and nothing explains it: a twin, a sibling, a couple.
    FirstNameDiffers,
    /// A mere initial stands for the first name, and no date and nothing of one's own agrees.
    Initial,
    /// The e-mail is the same, but somebody else may have had it before.
    MailboxPassedOn,
    /// First and last name stand in each other's place.
    NamesSwapped,
    /// Day and month of the birth date are swapped.
    DayMonthSwapped,
    /// A changed surname.
    SurnameDiffers,
    /// One of two surnames, or particles that differ.
    SurnamePart,
    /// One side writes the name in another script.
    OtherScript,
    /// Only one kind of field agrees.
    OneGroup,
    /// The user is deactivated: perhaps somebody comes back.
    Rehire,
    /// Both are what is left when everybody else is matched.
    LeftOver,
    /// The weight lies between the limits.
    Unsure,
    /// Somebody else has the better claim on the only user who comes near.
    ClaimedByOther,
    /// All that both sides tell agrees, but it is too little or too common to weigh much.
    AllTold,
    /// Too many share this employee's whole name to be compared by it.
    TooCommon,
    /// The status of the employee says neither employed nor left.
    StatusUnclear,
    /// The status of the user says neither switched on nor off.
    UserStatusUnclear,
    /// The user carries the same identifier in another writing (`004100`, `4100`).
    IdentifierWritten,
    /// One of the two has no id in its list.
    NoKey,
    /// The id of the user stands on somebody else of the destination too.
    SameUserId,
    /// Nobody comes near.
    Nobody,
}

impl Reason {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Reason::SameIdentifier => "same identifier, and the person agrees",
            Reason::SameEmail => "same personal e-mail, and the person agrees",
            Reason::Evidence => "the fields together",
            Reason::SecondUser => "duplicate risk: two or more users may be this employee",
            Reason::TiedEmployees => "duplicate risk: two or more employees have about the same claim on one user",
            Reason::Crowd => "duplicate risk: too many people alike to tell them apart",
            Reason::TwinEntry => "duplicate risk: another employee of the source looks like the same person",
            Reason::SameId => "duplicate risk: the same id stands on two people of the source",
            Reason::IdentifierReused => "the identifier agrees, the person does not",
            Reason::IdentifierDiffers => "the person agrees, the identifier is another one",
            Reason::BirthDiffers => "the birth dates differ",
            Reason::FirstNameDiffers => "the first names differ: a twin or sibling?",
            Reason::Initial => "a mere initial, and neither a date nor anything of one's own agrees",
            Reason::MailboxPassedOn => {
                "the e-mail is the same, but may have been passed on: start dates lie years apart"
            }
            Reason::NamesSwapped => "first and last name are swapped",
            Reason::DayMonthSwapped => "day and month of the birth date are swapped",
            Reason::SurnameDiffers => "the surnames differ: a changed name?",
            Reason::SurnamePart => "the surnames share a part only",
            Reason::OtherScript => "one side writes the name in another script",
            Reason::OneGroup => "only one kind of field agrees",
            Reason::Rehire => "the user is deactivated: a rehire?",
            Reason::LeftOver => "both are left when everybody else is matched",
            Reason::Unsure => "the evidence does not decide",
            Reason::ClaimedByOther => "another employee has the better claim on this user",
            Reason::AllTold => "all that both sides tell agrees, but it is too common to decide",
            Reason::TooCommon => "not compared by name: too many people share it",
            Reason::StatusUnclear => "the status says neither employed nor left",
            Reason::UserStatusUnclear => "the status of the user says neither switched on nor off",
            Reason::IdentifierWritten => "the user carries this identifier in another writing: leading zeros, or case?",
            Reason::NoKey => "no id: one of the lists does not tell it",
            Reason::SameUserId => "the id of the user stands on somebody else of the destination too",
            Reason::Nobody => "nobody in the destination comes near",
        }
    }
}

/// The outcome for one employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub reason: Reason,
    /// How many employees and users are alike, where that is the reason; else zeros.
    pub alike: Alike,
}

impl Outcome {
    /// An outcome that no number of people alike has to do with.
    pub fn of(verdict: Verdict, reason: Reason) -> Self {
        Outcome { verdict, reason, alike: Alike::default() }
    }

    /// A duplicate risk among people who are alike, counted by `alike`.
    pub(super) fn among(reason: Reason, alike: Alike) -> Self {
        Outcome { verdict: Verdict::DuplicateRisk, reason, alike }
    }

    /// The reason in words, with the number of people alike where they are more than two.
    pub fn words(&self) -> Cow<'static, str> {
        let count = |count: u32| grouped(u64::from(count));
        let Alike { left, right } = self.alike;
        let risk = |text: String| Cow::Owned(format!("duplicate risk: {text}"));
        match self.reason {
            Reason::TiedEmployees if left > 2 => risk(format!("{} people alike compete for this user", count(left))),
            Reason::SecondUser if right > 2 => risk(format!("{} users may be this employee", count(right))),
            Reason::Crowd if left > 1 && right > 1 => {
                risk(format!("{} people alike compete for {} users alike", count(left), count(right)))
            }
            Reason::Crowd if left > 1 => risk(format!("{} people alike compete for this user", count(left))),
            Reason::Crowd => risk(format!("{} users alike may be this employee", count(right))),
            Reason::TwinEntry if left > 2 => risk(format!("{} people of the source are alike", count(left))),
            reason => Cow::Borrowed(reason.words()),
        }
    }
}
