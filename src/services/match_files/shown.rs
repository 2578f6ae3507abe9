//! What the desk shows: people, lines, cards and figures, as data.

use super::{Counts, Disposition, Ruling};
use crate::domain::field::Field;
use crate::domain::plan::Candidate;
use crate::matching::outcome::Outcome;
use jiff::civil::Date;

/// A list of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Link,
    Ask,
    Risk,
    New,
}

impl Kind {
    /// In the order in which they are shown.
    pub const ALL: [Kind; 4] = [Kind::Link, Kind::Ask, Kind::Risk, Kind::New];

    pub(super) fn of(disposition: Disposition) -> Option<Kind> {
        match disposition {
            Disposition::Link(_) => Some(Kind::Link),
            Disposition::Ask => Some(Kind::Ask),
            Disposition::Risk => Some(Kind::Risk),
            Disposition::New => Some(Kind::New),
            Disposition::LeftOut => None,
        }
    }
}

/// One person of either list, as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub row: usize,
    pub id: String,
    pub name: String,
    pub born: Option<Date>,
    pub email: String,
    pub is_active: bool,
}

/// A line of a list: the employee, and the user that stands with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub employee: Person,
    /// The linked user, else the likeliest.
    pub user: Option<(Person, Candidate)>,
    pub disposition: Disposition,
    pub outcome: Outcome,
    /// Who else claims that user.
    pub rival: Option<String>,
    pub ruled: Option<Ruled>,
}

/// A ruling and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    pub ruling: Ruling,
    pub by: String,
}

/// A candidate of a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub user: Person,
    pub identifier: String,
    /// With the waterfall; days as ISO dates.
    pub evidence: Candidate,
    /// The employee who is linked to this user already.
    pub holder: Option<Person>,
    /// The employee who has the best other claim.
    pub rival: Option<String>,
}

/// One employee with everybody who may be it.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub employee: Person,
    /// What the destination is to carry for this person.
    pub key: String,
    /// What the source has, days as ISO dates.
    pub facts: Vec<(Field, String)>,
    pub choices: Vec<Choice>,
    pub disposition: Disposition,
    pub outcome: Outcome,
    pub ruled: Option<Ruled>,
}

/// What was ruled by hand, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub linked: usize,
    pub new: usize,
    pub later: usize,
}

impl Tally {
    /// All of them.
    pub fn all(&self) -> usize {
        self.linked + self.new + self.later
    }
}

/// The desk in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub counts: Counts,
    pub tally: Tally,
    /// About how many of the links that the match made by itself are wrong.
    pub expected_wrong: f64,
    /// Between how many and how many, 95 times out of 100.
    pub wrong_range: [usize; 2],
    /// About how many of those whom it calls new have a user after all.
    pub expected_missed: f64,
    pub missed_range: [usize; 2],
    pub threshold: f64,
    pub new_below: f64,
}

/// Why somebody is not ruled on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRuled {
    #[error("user {user} is linked to {holder} already")]
    Taken { user: String, holder: String },
    #[error("this user is no candidate of this person")]
    NoCandidate,
    #[error("nobody stands in row {0}")]
    Nobody(usize),
}
