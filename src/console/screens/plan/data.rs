//! What the screens Plan and Limit ask, do and are told.

use crate::console::screens::review::data::Words;
use crate::domain::filter::Facet;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{HoldCode, LimitKind, ManagerProblem, OperationKind};
use crate::services::drift::Before;
use jiff::Timestamp;
use std::sync::Arc;

/// A question. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The newest plan: counts, holds, limits, mails.
    Page { tenant: String },
    /// Numbers of the lines of a kind, in order. `waits`: until their texts are in memory, where they are being read.
    Lines { tenant: String, plan: i64, kind: Option<OperationKind>, text: String, waits: bool },
    /// The values of the facets under a filter, with how many lines carry each.
    Facets { plan: i64, kind: Option<OperationKind>, text: String },
    /// Numbers of the people held for one reason who pass a filter.
    Held { tenant: String, plan: i64, code: HoldCode, text: String },
    /// The same facets of these people.
    HeldFacets { tenant: String, plan: i64, code: HoldCode, text: String },
    /// A window of lines, or of held people.
    Rows { tenant: String, ids: Vec<i64>, held: bool },
    /// One line, field by field.
    Person { tenant: String, line: i64 },
    /// What `!` would send: all, or these people.
    Question { tenant: String, plan: i64, only: Vec<EmployeeId> },
    /// The page of the typed confirmation, without these parts.
    Limit { tenant: String, plan: i64, only: Vec<EmployeeId>, without: Vec<LimitKind> },
    /// This plan beside the one before.
    Compare { tenant: String, plan: i64 },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Holds people back from the plan, or lets them go again; plans anew.
    HoldBack { tenant: String, employees: Vec<EmployeeId>, on: bool },
    /// Takes the newest ruling back, or brings it back, and plans anew.
    Walk { tenant: String, redo: bool },
    /// Writes the plan into a file, by its ending.
    Save { tenant: String, plan: i64, file: String },
    /// Writes what HR has to put right into a file, by its ending.
    SaveFixList { tenant: String, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `None` while no plan was made.
    Page(Option<Box<Page>>),
    /// Shared: a million of them are not copied for each question.
    /// Of this filter text.
    Facets {
        text: String,
        facets: Vec<Facet>,
    },
    Lines(Arc<Vec<i64>>),
    /// The texts of the lines are being read first, and then searched.
    Reading,
    Rows(Vec<LineRow>),
    Person(Box<Person>),
    Question(Box<Question>),
    Limit(Box<LimitPage>),
    Compared(Box<Compared>),
    /// Rulings were changed and the plan made anew; whom it concerned.
    Replanned {
        employees: Vec<EmployeeId>,
        words: String,
        /// A step was undone or redone.
        walked: bool,
    },
    /// Nothing to undo or redo, in words.
    Nothing(String),
    Saved(String),
    /// The fix list is written: what is in it, and where.
    FixList(String),
}

/// The figures of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub plan: i64,
    pub made: Timestamp,
    pub by: String,
    pub hash: String,
    pub employees: u64,
    pub users: u64,
    /// When the older of both pulls ended.
    pub data_at: Option<Timestamp>,
    pub words: Words,
    pub tenant_name: String,
    /// All operations.
    pub changes: u32,
    pub kinds: Vec<KindRow>,
    pub unchanged: u32,
    pub future: u32,
    /// People whose manager is not written, by reason, most first.
    pub managers_left: Vec<(ManagerProblem, u32)>,
    pub held: Vec<CodeRow>,
    pub held_people: u32,
    /// Whom an operator has ruled out, counted apart.
    pub ruled: u32,
    pub limits: Vec<LimitRow>,
    pub welcome: u32,
    pub notice: u32,
    pub first_import: bool,
    /// `!` leads to the typed confirmation.
    pub typed: bool,
    /// Why `!` is off.
    pub gate: Option<String>,
    /// Fields that updates change, most first: word and people.
    pub fields: Vec<(String, u32)>,
}

/// How many operations of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct KindRow {
    pub kind: OperationKind,
    pub count: u32,
    pub words: String,
}

/// How many are held for a reason.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeRow {
    pub code: HoldCode,
    pub words: String,
    pub people: u32,
    /// Whose move it is: `Review`, `Mappings`, `HR`.
    pub who: String,
    /// One person of it, for where the cure is.
    pub first: Option<EmployeeId>,
}

/// How close a limit is.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitRow {
    pub kind: LimitKind,
    pub count: u32,
    pub allowed: u32,
    pub waived: bool,
}

impl LimitRow {
    /// Whether the plan waits for a typed confirmation because of this.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        !self.waived && self.count > self.allowed
    }
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct LineRow {
    pub id: i64,
    /// Of a line; `None` for a held person.
    pub kind: Option<OperationKind>,
    pub code: Option<HoldCode>,
    pub employee: Option<EmployeeId>,
    pub name: String,
    pub identifier: String,
    /// What changes: `job title, branch`; why somebody is held.
    pub fields: String,
    pub branch: String,
    /// What became of a line that was sent already.
    pub state: String,
}

/// One line field by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    pub line: i64,
    /// `Jürgen Weiß, 40718_0954, user 5102`.
    pub title: String,
    pub changed: Vec<Changed>,
    /// Fields that both sides agree on: label and value.
    pub equal: Vec<(String, String)>,
    pub note: Option<String>,
    /// Something to look at twice: the log-in changes.
    pub warning: Option<String>,
}

/// One field that changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changed {
    pub label: String,
    pub from: String,
    pub to: String,
    pub cosmetic: bool,
}

/// What `!` would send.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    pub plan: i64,
    pub only: Vec<EmployeeId>,
    /// With its state: `Brasa do Porto, LIVE`.
    pub tenant_name: String,
    pub destination: String,
    pub people: u32,
    pub operations: u32,
    /// `7 create   5 update`.
    pub counts: String,
    pub mails: u32,
    /// Some of the people.
    pub names: Vec<String>,
    /// What can be taken back, and what cannot.
    pub undo: String,
    /// It needs the typed confirmation.
    pub typed: bool,
    /// What of it has moved since it was made, by what is known already.
    pub moved: Option<Before>,
}

/// The page of the typed confirmation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitPage {
    pub plan: i64,
    pub only: Vec<EmployeeId>,
    pub without: Vec<LimitKind>,
    pub tenant_name: String,
    pub short_name: String,
    pub destination: String,
    pub first_import: bool,
    /// All operations of the plan, whatever is ticked.
    pub operations: u32,
    pub limits: Vec<LimitRow>,
    pub parts: Vec<Part>,
    /// What is sent: the number that is typed.
    pub number: u32,
    pub people: u32,
    pub mails: u32,
    /// Why nothing can be sent.
    pub gate: Option<String>,
}

/// A part that may be left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub kind: LimitKind,
    pub people: u32,
    /// Why, grouped: words and people.
    pub causes: Vec<(String, u32)>,
    /// Some of them: name, identifier, what is done.
    pub who: Vec<(String, String, String)>,
}

/// A plan beside the one before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    pub plan: i64,
    /// `None` when there is none before.
    pub before: Option<i64>,
    /// What, before, now.
    pub counts: Vec<(String, u32, u32)>,
    /// People who are changed now and were not; and the other way round.
    pub joined: (u32, Vec<String>),
    pub left: (u32, Vec<String>),
}
