//! What the screen Undo asks and is told.

use crate::domain::ids::RunId;
use crate::domain::operation::UserChange;
use crate::domain::plan::LimitCheck;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// What undoing this run would do; the destination is read.
    Preview { tenant: String, run: RunId },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Lets go of everybody who is held because this run was undone.
    Release { tenant: String, run: RunId },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Preview(Box<Preview>),
    /// How many people were let go of.
    Released(usize),
}

/// What undoing a run would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub tenant_name: String,
    pub destination: &'static str,
    /// Lines, in the order in which they are written.
    pub lines: Vec<Line>,
    /// What stays as it is: what nothing brings back, then what has moved since.
    pub left: Vec<Left>,
    /// People of whom something stays as it is.
    pub left_people: usize,
    /// People whom the run created and whose users are gone: there is nothing to write, and they are held all the same.
    pub gone: usize,
    pub limits: Vec<LimitCheck>,
    pub hash: String,
}

impl Preview {
    /// Whether sending it would change nothing at all.
    pub(super) fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.gone == 0
    }
}

/// One line of the undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub employee: Option<String>,
    pub name: String,
    /// What becomes of the user.
    pub change: UserChange,
    /// `update`, `deactivate`.
    pub what: &'static str,
    /// `job title Team Leader → Picker`.
    pub text: String,
    pub user: String,
}

/// Something that stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub employee: Option<String>,
    pub name: String,
    /// `created`, `welcome mail`.
    pub what: &'static str,
    pub why: String,
    /// The destination was changed since.
    pub is_moved: bool,
}
