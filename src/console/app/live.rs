//! Live runs as screens know them: what can be done with one, and how far it is.

use crate::domain::ids::{EmployeeId, PlanId, RunId};
use crate::domain::plan::LimitKind;
use crate::domain::run::RunPurpose;
use crate::domain::waves::WavesAsked;
use crate::engine::progress::Progress;
use jiff::Timestamp;

/// A run that is live now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRun {
    /// The tenant's short name.
    pub tenant: String,
    /// What the quit question and the status line call it: `Nordlys Hoteller, run 902`.
    pub title: String,
}

/// What can be done with runs from any screen. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveCommand {
    /// Fetch, match and plan; only reads. `accepted_rows` lets a much shorter source list through.
    Preview { tenant: String, accepted_rows: Option<u64> },
    /// Read these people from the source and plan anew; only reads.
    ReadPeople { tenant: String, people: Vec<EmployeeId> },
    /// Apply exactly this kept plan, or its named people or parts.
    Apply(Apply),
    /// Fetch, plan, and apply what is within the limits. `changed` fetches of the source only what has changed.
    Sync { tenant: String, changed: bool },
    /// Hold a live run between two writes, or let it go on.
    Pause { tenant: String, paused: bool },
    /// No new write; those in flight are finished and recorded.
    Stop { tenant: String },
    /// Finish an interrupted run under its own approval.
    Resume { tenant: String },
    /// Take back what a run did.
    Undo(UndoOrder),
    /// Send the wave that waits at its gate, counted from 0.
    LetWaveGo { tenant: String, wave: usize },
}

impl LiveCommand {
    /// Whether something is sent by it. Reading, holding back and stopping are nobody's harm.
    #[must_use]
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn changes(&self) -> bool {
        match self {
            LiveCommand::Preview { .. } | LiveCommand::ReadPeople { .. } | LiveCommand::Stop { .. } => false,
            LiveCommand::Pause { paused, .. } => !paused,
            LiveCommand::Apply(_)
            | LiveCommand::Sync { .. }
            | LiveCommand::Resume { .. }
            | LiveCommand::Undo(_)
            | LiveCommand::LetWaveGo { .. } => true,
        }
    }
}

/// An approved plan on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    pub tenant: String,
    pub plan: PlanId,
    /// Empty is everybody.
    pub only: Vec<EmployeeId>,
    /// Parts that stay held.
    pub without: Vec<LimitKind>,
    /// What was typed, where the plan asks for it.
    pub confirmed: Option<u32>,
    pub reason: Option<String>,
    /// In parts, each read back before the next.
    pub waves: Option<WavesAsked>,
}

/// An undo that an operator has looked at and typed the number of.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoOrder {
    pub tenant: String,
    /// What is undone.
    pub run: RunId,
    /// Empty is everybody.
    pub people: Vec<EmployeeId>,
    /// What was seen, where all of it goes.
    pub hash: Option<String>,
    pub number: u32,
}

/// The gauges of one live run at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSample {
    pub tenant: String,
    pub tenant_name: String,
    /// `None` until the run has its number.
    pub run: Option<RunId>,
    pub purpose: RunPurpose,
    pub started: Timestamp,
    pub progress: Progress,
}
