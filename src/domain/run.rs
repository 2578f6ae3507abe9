//! Runs, their phases and counters, and the lines of the feed log.

use super::ids::{EmployeeId, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a run was started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPurpose {
    /// Fetch, match, plan; only reads (ALL07).
    Preview,
    /// Preview, then apply and verify.
    Sync,
}

impl RunPurpose {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            RunPurpose::Preview => "preview",
            RunPurpose::Sync => "sync",
        }
    }

    /// The purpose with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        [RunPurpose::Preview, RunPurpose::Sync].into_iter().find(|purpose| purpose.key() == key)
    }
}

/// How a run ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    Running,
    /// Paused by an operator; nothing in flight.
    Paused,
    Done,
    /// Done, but some people are held or failed.
    DoneWithHeld,
    /// A preview that made a plan.
    Previewed,
    /// A limit or the source guard, before the first write.
    Stopped,
    /// The operator cancelled it at a safe boundary.
    Cancelled,
    /// The world moved since the plan was made.
    Drifted,
    Refused,
    Failed,
    /// The process died; the next run finishes it.
    Interrupted,
}

impl RunOutcome {
    /// Every outcome.
    pub const ALL: [RunOutcome; 11] = [
        RunOutcome::Running,
        RunOutcome::Paused,
        RunOutcome::Done,
        RunOutcome::DoneWithHeld,
        RunOutcome::Previewed,
        RunOutcome::Stopped,
        RunOutcome::Cancelled,
        RunOutcome::Drifted,
        RunOutcome::Refused,
        RunOutcome::Failed,
        RunOutcome::Interrupted,
    ];

    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            RunOutcome::Running => "running",
            RunOutcome::Paused => "paused",
            RunOutcome::Done => "done",
            RunOutcome::DoneWithHeld => "done_with_held",
            RunOutcome::Previewed => "previewed",
            RunOutcome::Stopped => "stopped",
            RunOutcome::Cancelled => "cancelled",
            RunOutcome::Drifted => "drifted",
            RunOutcome::Refused => "refused",
            RunOutcome::Failed => "failed",
            RunOutcome::Interrupted => "interrupted",
        }
    }

    /// The outcome with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.key() == key)
    }
}

/// Code of a line that the destination took but parked: set aside, and waiting for somebody there.
pub const PARKED: &str = "PARKED";

/// A stage of a run, in order; each has its bar on the Run screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Settles what an interrupted run left unknown.
    Settle,
    ReadSource,
    ReadDestination,
    MatchAndPlan,
    Options,
    Create,
    Update,
    Deactivate,
    ReadBack,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 9] = [
        Phase::Settle,
        Phase::ReadSource,
        Phase::ReadDestination,
        Phase::MatchAndPlan,
        Phase::Options,
        Phase::Create,
        Phase::Update,
        Phase::Deactivate,
        Phase::ReadBack,
    ];

    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            Phase::Settle => "settle",
            Phase::ReadSource => "read_source",
            Phase::ReadDestination => "read_destination",
            Phase::MatchAndPlan => "match_and_plan",
            Phase::Options => "options",
            Phase::Create => "create",
            Phase::Update => "update",
            Phase::Deactivate => "deactivate",
            Phase::ReadBack => "read_back",
        }
    }

    /// The phase with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.key() == key)
    }
}

/// Where one operation stands in the journal. `Sent` is on disk before the request leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    Pending,
    Sent,
    /// The destination said yes.
    Written,
    /// Read back and equal.
    Confirmed,
    /// The destination said no; will not be tried again in this run.
    Failed,
    /// No answer; settled by reading the destination, never by sending again blindly.
    Unknown,
    /// The live record has moved since the plan; left for the next plan.
    SetAside,
}

impl OperationState {
    /// Every state.
    pub const ALL: [OperationState; 7] = [
        OperationState::Pending,
        OperationState::Sent,
        OperationState::Written,
        OperationState::Confirmed,
        OperationState::Failed,
        OperationState::Unknown,
        OperationState::SetAside,
    ];

    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            OperationState::Pending => "pending",
            OperationState::Sent => "sent",
            OperationState::Written => "written",
            OperationState::Confirmed => "confirmed",
            OperationState::Failed => "failed",
            OperationState::Unknown => "unknown",
            OperationState::SetAside => "set_aside",
        }
    }

    /// The state with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

/// How loud a feed line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    /// The stable word in JSON and filters.
    pub fn key(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The level with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        [Level::Info, Level::Warn, Level::Error].into_iter().find(|level| level.key() == key)
    }
}

/// One line of the feed log: one thing that happened to one record in one run. Holds identifiers, never personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedLine {
    pub run: Option<RunId>,
    pub at: Timestamp,
    pub level: Level,
    pub phase: Option<Phase>,
    pub employee: Option<EmployeeId>,
    /// What became of it, one word or two (`created`, `held`, `429`).
    pub what: String,
    /// The sentence.
    pub text: String,
}

/// A finished or running run, as `runs list` and History have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTotals {
    /// Answered by the destination with yes.
    pub written: u32,
    /// Read back and equal.
    pub confirmed: u32,
    pub failed: u32,
    /// People held by the plan, ruled ones aside.
    pub held: u32,
    pub unknown: u32,
    pub set_aside: u32,
    /// Lines that were not sent, those held back included. Written, failed, unknown, set aside and pending are all lines.
    pub pending: u32,
    /// Welcome mails that the destination sends for what was written ([`Operation::is_welcomed`]).
    ///
    /// [`Operation::is_welcomed`]: super::plan::Operation::is_welcomed
    pub mails: u32,
}
