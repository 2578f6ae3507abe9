//! What the screen asks, does and is told.

use crate::console::app::Mode;
use crate::domain::code::ProblemCode;
use crate::engine::schedule::ScheduleStatus;
use crate::store::DeliveryState;
use jiff::Timestamp;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The schedules of all tenants.
    Read,
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Lets the next run of a tenant pass, or takes that back.
    ToggleSkip { tenant: String },
    /// Pauses the schedules of all tenants, or lets them go on.
    PauseAll { paused: bool },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Read(Box<Facts>),
    /// The act is done; for the message.
    Done(String),
}

/// Everything that the screen shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub lines: Vec<Line>,
    /// All schedules are paused: by whom, since when.
    pub paused: Option<(String, Timestamp)>,
    /// Who watches.
    pub watcher: Option<Watching>,
    /// What was received, newest first; nothing where no source tells by itself.
    pub received: Option<Received>,
}

/// Webhooks that were received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub rows: Vec<Delivery>,
    /// Of the last hour.
    pub taken: u64,
    pub ignored: u64,
    pub refused: u64,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub at: Timestamp,
    pub tenant: String,
    pub event: String,
    pub state: DeliveryState,
    /// Whom it names, and what became of it.
    pub words: String,
    /// When it is tried again.
    pub again: Option<Timestamp>,
}

/// A process that watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    pub by: String,
    pub since: Timestamp,
    pub at_once: u32,
}

/// One tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub standing: ScheduleStatus,
    /// The destination, by its name.
    pub destination: String,
    /// The source tells what has changed.
    pub tells_changes: bool,
    /// The state's word, for questions.
    pub word: Mode,
    /// The code of the run whose plan waits for an answer.
    pub waits_for: Option<ProblemCode>,
}

impl Line {
    /// The short name.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.standing.connection.short_name
    }

    /// The name in full.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.standing.connection.tenant_name
    }
}
