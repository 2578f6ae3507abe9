//! What the screens Review and Collision ask, do and are told.

use crate::domain::decision::Ruling;
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::plan::HoldCode;
pub use crate::services::reviews::group::{Consequence, GroupRuling, Member};
pub use crate::services::reviews::list::{Agreement as Mark, Line as ListLine, Rival};
pub use crate::store::views::{
    AlikeGroup as Group, DeskMark, QueueRow, QueueRows, ReviewFigures, ReviewFiltered, ReviewOrder, review_columns,
};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A question. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The queue of the newest plan; `also` is somebody who is shown although nobody asks about him. The whole of it is waited
    /// for, the first cards are not.
    Queue { tenant: String, also: Option<EmployeeId>, order: ReviewOrder, whole: bool },
    /// Who of a queue passes a filter.
    Filter { tenant: String, plan: i64, also: Option<EmployeeId>, order: ReviewOrder, text: String, today: Date },
    /// Lines of the list, by the numbers of their holds.
    Lines { tenant: String, holds: Vec<i64> },
    /// What ruling these people alike leads to, each with the user who stands beside.
    Group { tenant: String, members: Vec<(EmployeeId, Option<UserId>)> },
    /// How far Review has come, and who was ruled on.
    Progress { tenant: String },
    /// One card. `hold` is its number when the queue was read; a newer plan may have taken its place.
    Card { tenant: String, hold: i64, employee: EmployeeId },
    /// Several employees with one identifier or e-mail, several records that look like one person, or two who claim one user, by
    /// one of them.
    Collision { tenant: String, employee: EmployeeId },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Rulings of one undo step.
    Rule { tenant: String, rulings: Vec<(EmployeeId, Ruling)>, reason: Option<String> },
    /// Of the records that look like one person this employee's counts.
    Keep { tenant: String, employee: EmployeeId, reason: Option<String> },
    /// This employee and those beside it are different people.
    TellApart { tenant: String, employee: EmployeeId, reason: Option<String> },
    /// Of the employees with one identifier or e-mail this one keeps it.
    KeepShared { tenant: String, employee: EmployeeId },
    /// These go without the e-mail that they share.
    WithoutEmail { tenant: String, employees: Vec<EmployeeId> },
    /// These are two people, for ever; `off` takes that back.
    NotSame { tenant: String, employee: EmployeeId, user: UserId, off: bool },
    /// Takes the newest rulings back.
    Undo { tenant: String },
    /// Brings back what was undone last.
    Redo { tenant: String },
    /// Plans again from what the store holds.
    Replan { tenant: String },
    /// Saves lines of the list, by the numbers of their holds.
    Save { tenant: String, holds: Vec<i64>, file: String },
    /// Adds a line to the fix list for HR.
    FixList { tenant: String, who: String, branch: String, line: String, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `None` while no plan was made.
    Queue(Option<Box<Queue>>),
    /// Who passes; `None` where not everybody could be looked at yet.
    Filtered {
        text: String,
        order: ReviewOrder,
        plan: i64,
        found: Option<Box<ReviewFiltered>>,
    },
    Lines(Vec<ListLine>),
    Group(Vec<Member>),
    Progress {
        figures: ReviewFigures,
        ruled: Vec<(EmployeeId, Ruled)>,
    },
    Card(Box<Card>),
    Collision(Box<Collision>),
    Ruled,
    /// Whom the undone or redone step concerned, and what it said, in words; `None` when there is no such step.
    Walked {
        employees: Option<Vec<EmployeeId>>,
        words: String,
        redo: bool,
    },
    NotSame {
        off: bool,
    },
    Replanned,
    /// Where the list was saved, and how many lines it has.
    ListSaved {
        path: String,
        lines: u64,
    },
    /// Where the file is.
    Saved(String),
}

/// The words that the vendors of this tenant use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    pub source: String,
    pub destination: String,
    /// The destination's word for the key.
    pub identifier: String,
}

/// Everybody who waits for a ruling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Queue {
    pub plan: i64,
    pub made: Timestamp,
    /// What the cards depend on beside the plan.
    pub mark: DeskMark,
    pub words: Words,
    /// Probability from which is linked without an operator; `None` is off.
    pub auto_link: Option<f64>,
    /// People of the plan.
    pub people: u32,
    /// The day that `t` proposes.
    pub later: Date,
    pub order: ReviewOrder,
    /// In that order. Shared: there may be a million.
    pub rows: Arc<QueueRows>,
    pub groups: Arc<Vec<Group>>,
    /// Who was ruled on, by row.
    pub ruled: BTreeMap<usize, Ruled>,
    /// How far Review has come, those among them who are in the queue no longer.
    pub figures: ReviewFigures,
    /// How many of the rows those figures count as ruled.
    pub counted: usize,
    /// These are all; else the first, and the others are being read.
    pub whole: bool,
    /// One employee of each collision.
    pub collisions: Arc<Vec<EmployeeId>>,
    /// One employee of each pair that seems to have two users already.
    pub doubled: Vec<EmployeeId>,
}

/// What was ruled on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruled {
    Linked,
    New,
    /// Told apart from the records beside.
    Apart,
    Later,
    Excluded,
    Protected,
}

impl Ruled {
    /// Of a ruling; `None` for one that Review does not make.
    #[must_use]
    pub fn of(ruling: &Ruling) -> Option<Self> {
        Some(match ruling {
            Ruling::Link { .. } => Ruled::Linked,
            Ruling::Create => Ruled::New,
            Ruling::Later { .. } => Ruled::Later,
            Ruling::Exclude => Ruled::Excluded,
            Ruling::Protect => Ruled::Protected,
            Ruling::HoldBack | Ruling::Undone { .. } => return None,
        })
    }

    /// The word of the summary: `82 linked`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Ruled::Linked => "linked",
            Ruled::New => "new",
            Ruled::Apart => "told apart",
            Ruled::Later => "later",
            Ruled::Excluded => "excluded",
            Ruled::Protected => "protected",
        }
    }
}

/// One person beside the candidates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    pub hold: i64,
    pub employee: String,
    pub identifier: String,
    pub name: String,
    /// `None` when the person is not held any more.
    pub code: Option<HoldCode>,
    pub message: String,
    pub remedy: String,
    /// What the source has, where there is no candidate: label and value.
    pub facts: Vec<(String, String)>,
    pub choices: Vec<Choice>,
    pub new: Outcome,
    pub later: Outcome,
    /// Other employees who claim the same user, or look like the same person.
    pub others: Vec<String>,
    /// How many other records look like this person.
    pub records: usize,
    /// The ruling in force: `later until 1 Dec, by R. Osei`.
    pub ruling: Option<String>,
}

/// A candidate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    pub user: String,
    pub name: String,
    pub active: bool,
    /// The user's status in words (`active`, ``status `suspended` ``).
    pub status: String,
    pub identifier: Option<String>,
    pub probability: f64,
    /// In the order in which they are shown; never the prior and the rival.
    pub lines: Vec<Line>,
    /// log2 odds of a random pair.
    pub prior: Option<f64>,
    /// Competition: words and bits.
    pub rival: Option<(String, f64)>,
    /// The employee who claims this user too.
    pub claimed_by: Option<EmployeeId>,
    pub weight: f64,
    /// What stands beside the name in the row of candidates (`twin? same birth date`).
    pub hint: String,
    pub link: Outcome,
}

/// One field of both sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub label: String,
    pub source: String,
    pub destination: String,
    pub mark: Mark,
    /// `None` where the field was not weighed.
    pub bits: Option<f64>,
    pub reason: String,
    /// Name, birth date and e-mail: never out of sight.
    pub stays: bool,
}

/// What a ruling leads to, worked out by a plan for this person alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Why this ruling does not help: `stays held: job title missing`.
    pub refused: Option<String>,
    /// What is written, in words.
    pub write: String,
    /// Short: `identifier + 4 fields`.
    pub short: String,
    pub mails: u32,
    pub training: String,
    /// What goes wrong if the ruling is wrong, and what undo does.
    pub wrong: String,
    /// Old values that an undo puts back.
    pub undo: u32,
}

/// What stands side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Question {
    #[default]
    Identifier,
    Email,
    /// Records that look like one person.
    Records,
    /// Two who claim one user.
    Rivals,
}

/// What a key of the collision card leads to, in words; refused with the reason.
pub type Consequences = Result<String, String>;

/// Employees side by side with what the destination has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collision {
    pub words: Words,
    pub question: Question,
    pub code: Option<HoldCode>,
    /// Where an e-mail is shared: what comes of it when nobody carries it.
    pub nobody_has_it: Option<Consequences>,
    pub title: String,
    /// Why it is held, one sentence.
    pub because: String,
    pub sides: Vec<Side>,
    /// The user who has the identifier or e-mail now.
    pub user: Option<String>,
    /// Labels of the lines.
    pub labels: Vec<String>,
    /// The user's values, in the order of the labels.
    pub user_values: Vec<String>,
    /// The side that fits the user: kept by Enter without a question.
    pub fits: Option<usize>,
    /// Where the sides are records that look like one person: what comes of it when they are different people.
    pub apart: Option<Outcome>,
    /// One employee of each collision of this plan, in order; and the place of this one.
    pub all: Vec<EmployeeId>,
    pub place: usize,
    pub later: Date,
}

/// One employee of a collision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    pub employee: String,
    pub name: String,
    pub branch: String,
    /// In the order of the labels.
    pub values: Vec<String>,
    /// How much of it agrees with the user: `6 of 6 fields agree`.
    pub fit: String,
    /// What keeping this side needs to be ruled on each; nothing where the others leave it what they share.
    pub keep: Vec<(EmployeeId, Ruling)>,
    /// Where an e-mail is shared: what comes of it when all but this side go without.
    pub others_without: Option<Consequences>,
    /// What happens then, in words.
    pub outcome: String,
    /// Why it cannot be kept by a ruling.
    pub refused: Option<String>,
    /// The line of the fix list that asks HR to cure it, when the other side is kept.
    pub fix: String,
    /// Whether the plan holds this side: a record that has a user goes on meanwhile.
    pub is_held: bool,
}
