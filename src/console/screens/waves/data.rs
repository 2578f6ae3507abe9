//! What the screen Waves asks and is told.

use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::waves::WavesAsked;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The newest plan, split like this.
    Page { tenant: String, asked: WavesAsked },
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `None` while no plan was made.
    Page(Option<Box<Page>>),
}

/// A plan in waves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub plan: i64,
    pub hash: String,
    pub changes: u32,
    pub mails: u32,
    pub first_import: bool,
    pub destination: String,
    /// Minutes that the destination may take to show a change.
    pub shows_late_min: u64,
    pub waves: Vec<WaveRow>,
    /// By which field of the source one wave goes; `None` where none splits the people.
    pub field: Option<Field>,
    /// Its values, smallest first.
    pub groups: Vec<String>,
    /// Why `!` is off.
    pub gate: Option<String>,
}

/// One wave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaveRow {
    pub label: String,
    pub changes: u32,
    pub mails: u32,
    pub people: u32,
    /// Some of them: id and name.
    pub some: Vec<(EmployeeId, String)>,
    /// `2 create, 1 link`.
    pub what: String,
}
