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

/// What set a run off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An operator, on a screen or by a command.
    #[default]
    Hand,
    Schedule,
    Webhook,
    /// An interrupted run that is finished; it keeps the number and the trigger that it has in the history.
    Resume,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Trigger; 4] = [Trigger::Hand, Trigger::Schedule, Trigger::Webhook, Trigger::Resume];

    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            Trigger::Hand => "hand",
            Trigger::Schedule => "schedule",
            Trigger::Webhook => "webhook",
            Trigger::Resume => "resume",
        }
    }

    /// The trigger with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trigger| trigger.key() == key)
    }

    /// For people: `by hand`.
    pub fn words(self) -> &'static str {
        match self {
            Trigger::Hand => "by hand",
            Trigger::Schedule => "schedule",
            Trigger::Webhook => "webhook",
            Trigger::Resume => "resumed",
        }
    }
}

/// Where a source left off, in its own words; nobody else reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// Whom a run is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    #[default]
    Everybody,
    /// These people; nothing of anybody else is sent.
    People(Vec<EmployeeId>),
    /// Whoever has changed at the source since it was last read: where that is kept is the store's matter. It decides what is
    /// read; the plan is about everybody.
    Changed,
}

impl Scope {
    /// These people; everybody where none is named.
    pub fn of_people(people: Vec<EmployeeId>) -> Self {
        if people.is_empty() { Scope::Everybody } else { Scope::People(people) }
    }

    /// Those whom alone the plan may be about; `None` where it is about everybody.
    pub fn only(&self) -> Option<&[EmployeeId]> {
        match self {
            Scope::People(people) => Some(people),
            Scope::Everybody | Scope::Changed => None,
        }
    }

    /// For people: `3 people`; nothing for everybody.
    pub fn words(&self) -> String {
        match self {
            Scope::Everybody => String::new(),
            Scope::People(people) if people.len() == 1 => "1 person".to_owned(),
            Scope::People(people) => format!("{} people", people.len()),
            Scope::Changed => "changes".to_owned(),
        }
    }
}

/// A run as a job: what set it off and whom it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub trigger: Trigger,
    pub scope: Scope,
    /// The run that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
}

impl Job {
    /// A job of an operator for these people; for everybody where none is named.
    pub fn by_hand_for(people: Vec<EmployeeId>) -> Self {
        Self { scope: Scope::of_people(people), ..Self::default() }
    }

    /// A job of an operator for everybody, or `for_changes` only: for whoever has changed at the source.
    pub fn by_hand(for_changes: bool) -> Self {
        Self { scope: if for_changes { Scope::Changed } else { Scope::Everybody }, ..Self::default() }
    }

    /// A job of an operator that takes back what a run did to these people; to everybody where none is named.
    pub fn undo_of(run: RunId, people: Vec<EmployeeId>) -> Self {
        Self { undoes: Some(run), ..Self::by_hand_for(people) }
    }

    /// For people: `by hand, 3 people`.
    pub fn words(&self) -> String {
        let scope = Some(self.scope.words()).filter(|words| !words.is_empty());
        let undo = self.undoes.map(|run| format!("undo of run {run}"));
        let parts = [Some(self.trigger.words().to_owned()), undo, scope];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
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

/// Code of a line whose answer never came: unknown; failed where it was sent again too, and read back has had no effect.
pub const NO_ANSWER: &str = "NO_ANSWER";

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
    /// Skipped: it has moved since the plan, and is left for the next one. Or parked by the destination.
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
    /// Answered by the destination with yes: carried out as approved.
    pub written: u32,
    /// There already: nothing was sent, and they count as done.
    #[serde(default)]
    pub already: u32,
    /// Read back and equal.
    pub confirmed: u32,
    pub failed: u32,
    /// Of these: those that no answer came to, however often they were sent. The destination has refused the others.
    #[serde(default)]
    pub unanswered: u32,
    /// People held by the plan, ruled ones aside.
    pub held: u32,
    pub unknown: u32,
    /// Lines that were skipped because they had moved, and those that the destination parked.
    pub set_aside: u32,
    /// Of these: those that the destination parked.
    #[serde(default)]
    pub parked: u32,
    /// Lines that were not sent, those held back included. Written, already there, failed, unknown, set aside and
    /// pending are all lines.
    pub pending: u32,
    /// Welcome mails that the destination sends for what was written ([`Operation::is_welcomed`]).
    ///
    /// [`Operation::is_welcomed`]: super::plan::Operation::is_welcomed
    pub mails: u32,
}

impl RunTotals {
    /// Lines that the destination refused.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.failed.saturating_sub(self.unanswered)
    }

    /// Lines without an answer: those that were given up for want of one, and those of which nothing is known yet.
    #[must_use]
    pub fn without_answer(&self) -> u32 {
        self.unanswered + self.unknown
    }

    /// Lines for which nothing was sent because they had moved.
    #[must_use]
    pub fn skipped(&self) -> u32 {
        self.set_aside.saturating_sub(self.parked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_says_what_set_it_off_and_whom_it_is_about() {
        assert_eq!(Job::default().words(), "by hand");
        let people = |count: usize| (0..count).map(|id| EmployeeId(id.to_string())).collect::<Vec<_>>();
        assert_eq!(Job::by_hand_for(people(0)).scope, Scope::Everybody);
        assert_eq!(Job::by_hand_for(people(1)).words(), "by hand, 1 person");
        let job = Job { trigger: Trigger::Schedule, scope: Scope::People(people(5)), undoes: None };
        assert_eq!(job.words(), "schedule, 5 people");
        let read: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
        assert_eq!(read, job);
    }

    #[test]
    fn only_named_people_narrow_a_plan() {
        assert_eq!(Scope::Everybody.only(), None);
        assert_eq!(Scope::Changed.only(), None, "what changed decides what is read");
        assert_eq!(Scope::People(vec![EmployeeId("4".into())]).only().map(<[_]>::len), Some(1));
    }
}
