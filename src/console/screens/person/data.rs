//! What the screen asks, does and is told.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::console::screens::people::data::Push;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::plan::HoldCode;
use crate::planning::Gate;
use crate::store::views::PersonKey;

/// Who is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Employee(EmployeeId),
    /// A row of the list; for users whom no employee holds.
    Row(PersonKey),
}

/// A question. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Everything about one person; `list` is the filter of the list the person came from.
    Card { tenant: String, subject: Subject, list: String },
    /// What pushing this person would send.
    Push { tenant: String, employee: EmployeeId, name: String },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Rule {
        tenant: String,
        employee: EmployeeId,
        ruling: Ruling,
    },
    /// Takes the ruling in force back.
    Withdraw {
        tenant: String,
        employee: EmployeeId,
    },
    /// Takes the newest ruling on this person back, or does it again.
    Walk {
        tenant: String,
        employee: EmployeeId,
        undo: bool,
    },
    /// Takes what is kept of the person out of the workspace.
    Forget {
        tenant: String,
        employee: EmployeeId,
    },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Card(Box<Card>),
    Push(Box<Push>),
    /// The words of the toast.
    Ruled(String),
    /// The words, and whether anything was walked.
    Walked(String, bool),
    /// What was taken out, in words.
    Forgotten(String),
}

/// Where Enter leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cure {
    /// The row of a mapping table.
    Mapping(ListKey, String),
    /// The review card.
    Review,
    /// The collision card.
    Collision,
    /// The plan that has the person.
    Plan,
    /// Nothing here: somebody else moves. The remedy says who.
    Elsewhere,
}

/// One field on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLine {
    pub field: String,
    pub source: Option<String>,
    /// What the destination would get, as a person reads it; `None` where nothing is sent.
    pub sent: Option<String>,
    /// What the destination holds; `None` without a user or when blank.
    pub held: Option<String>,
    /// The value has to become an option first and cannot.
    pub no_value: bool,
}

/// A user who may be this person.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateLine {
    pub user: String,
    pub name: String,
    pub probability: f64,
}

/// Where a line of the timeline comes from; decides its glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Added,
    Changed,
    Good,
    Bad,
    Open,
    Info,
    Warn,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    pub tone: Tone,
    /// `plan 31`, `run 219`, or who.
    pub by: String,
    pub what: String,
    pub text: String,
}

/// Where the person stands in the list that was left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Counted from 1; 0 when the person is not in the list any more.
    pub place: usize,
    pub total: usize,
    pub previous: Option<PersonKey>,
    pub next: Option<PersonKey>,
}

/// Everything about one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub name: String,
    pub employee: Option<EmployeeId>,
    /// The source's id, or the user's.
    pub id: String,
    pub identifier: Option<String>,
    pub source: String,
    pub destination: String,
    pub identifier_word: String,
    /// `held: value not mapped`, `linked`, `new in the next apply`.
    pub standing: String,
    pub in_scope: bool,
    pub gates: Vec<Gate>,
    pub held: Option<(HoldCode, String, String)>,
    pub cure: Cure,
    /// What Enter does, in words.
    pub cure_words: String,
    pub fields: Vec<FieldLine>,
    pub has_user: bool,
    /// The user: id, status, identifier, training, link; a line each.
    pub user: Vec<String>,
    pub candidates: Vec<CandidateLine>,
    /// The ruling in force.
    pub ruling: Option<String>,
    pub rulings_possible: bool,
    pub planned: Vec<String>,
    /// Nothing can be pushed, for this reason.
    pub no_push: Option<String>,
    pub timeline: Vec<Event>,
    /// Both raw records, as the vendors sent them, cut to what is kept.
    pub raw_source: Vec<String>,
    pub raw_user: Vec<String>,
    /// Both, one below the other, private values masked: what leaves the screen.
    pub masked: Vec<String>,
    pub neighbours: Neighbours,
    pub read_at: Option<Timestamp>,
    /// The day in the tenant's zone, for `later`.
    pub today: Date,
}
