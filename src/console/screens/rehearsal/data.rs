//! What the screen Rehearsal asks, does and is told.

use crate::domain::ids::EmployeeId;
use crate::domain::operation::OperationKind;
use crate::domain::rehearsal::{RehearsalFigures, Rehearsed};
use jiff::Timestamp;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The newest plan with its rehearsal, where it was rehearsed as it is.
    Page { tenant: String },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Rehearses a plan. Nothing is sent; what comes of it is kept with the plan.
    Rehearse { tenant: String, plan: i64 },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `None` while no plan was made.
    Page(Option<Box<Page>>),
}

/// A plan and its rehearsal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub plan: i64,
    pub hash: String,
    pub destination: String,
    pub changes: u32,
    /// `None` while it was not rehearsed as it is.
    pub rehearsed: Option<Rehearsal>,
}

/// A rehearsal as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsal {
    pub words: String,
    pub figures: RehearsalFigures,
    pub kinds: Vec<(OperationKind, RehearsalFigures)>,
    pub users: u32,
    pub options: u32,
    pub read_at: Option<Timestamp>,
    pub seconds: f64,
    pub mails: u32,
    pub by: String,
    pub at: Timestamp,
    /// Refused lines first.
    pub lines: Vec<Line>,
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub seq: u32,
    pub kind: OperationKind,
    pub employee: Option<EmployeeId>,
    pub name: String,
    pub result: Rehearsed,
}
