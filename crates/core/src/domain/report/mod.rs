//! The report of a run: the figures that History and Run detail show, what waits for the operator, and the head of the audit.
//! Of people only the names and ids of those whose line failed; it leaves the house by mail.

pub(in crate::domain) mod page;
pub mod recipients;
mod text;

pub use text::{html, plain, subject};

use super::audit::ChainCheck;
use super::code::Code;
use super::ids::{EmployeeId, RunId};
use super::operation::OperationKind;
use super::plan::HoldCode;
use super::problem::Problem;
use super::run::{RunOutcome, RunPurpose, RunTotals, Trigger};
use jiff::Zoned;
use serde::{Deserialize, Serialize};

/// Failed lines that are named at most.
pub const NAMED: usize = 20;

/// Of which runs a report is mailed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportWhen {
    #[default]
    Always,
    /// Of those that changed something, or had trouble.
    Changes,
    /// Of those that stopped, failed, or have lines that failed or are unknown.
    Trouble,
}

impl ReportWhen {
    /// Every one, in the order of the form.
    pub const ALL: [ReportWhen; 3] = [ReportWhen::Always, ReportWhen::Changes, ReportWhen::Trouble];

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ReportWhen::Always => "after each run",
            ReportWhen::Changes => "when something changed, or went wrong",
            ReportWhen::Trouble => "when something went wrong",
        }
    }

    /// Whether each run is reported, whatever it did.
    #[must_use]
    pub fn is_always(self) -> bool {
        self == ReportWhen::Always
    }

    /// Whether a run that ended so is reported. What an operator only looked at is not; an interrupted run is
    /// when it is finished.
    #[must_use]
    pub fn takes(self, run: &EndedRun) -> bool {
        let is_looked_at = run.purpose == RunPurpose::Preview && run.trigger == Trigger::Hand;
        let is_over = !matches!(run.outcome, RunOutcome::Running | RunOutcome::Paused | RunOutcome::Interrupted);
        if is_looked_at || !is_over {
            return false;
        }
        match self {
            ReportWhen::Always => true,
            ReportWhen::Changes => run.totals.written > 0 || run.has_trouble(),
            ReportWhen::Trouble => run.has_trouble(),
        }
    }
}

/// How a run ended, as far as it decides whether it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedRun {
    pub purpose: RunPurpose,
    pub trigger: Trigger,
    pub outcome: RunOutcome,
    pub totals: RunTotals,
    pub troubled: Troubled,
}

/// What a run says of the troubles of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Troubled {
    /// One was opened, is of another kind by now, works again or is back, and nobody was told yet.
    News,
    /// Those that it met are known already.
    Known,
    /// It met none that is kept.
    Unknown,
}

impl EndedRun {
    /// Whether it has trouble to tell of: what was told when it began is not told with every run.
    fn has_trouble(&self) -> bool {
        use RunOutcome as O;
        let went_wrong = self.totals.failed + self.totals.unknown > 0
            || matches!(self.outcome, O::Stopped | O::Drifted | O::Refused | O::Failed);
        match self.troubled {
            Troubled::News => true,
            Troubled::Known => false,
            Troubled::Unknown => went_wrong,
        }
    }
}

/// A line that the destination refused, or for which it gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedLine {
    /// Empty for what is no person.
    pub name: String,
    /// The id at the source, else the identifier.
    pub id: String,
    pub kind: OperationKind,
    /// The code of the refusal, or [`NO_ANSWER`](crate::domain::run::NO_ANSWER); the words of a refusal may hold what the destination
    /// was sent.
    pub code: String,
}

/// What a run has to do with a trouble of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleSeen {
    /// It was the first to meet it.
    Opened,
    /// It met what was told to work again.
    Back,
    /// It has shown that it works again.
    Works,
    /// It met what was known.
    Again,
}

impl TroubleSeen {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            TroubleSeen::Opened => "trouble",
            TroubleSeen::Back => "back",
            TroubleSeen::Works => "works again",
            TroubleSeen::Again => "still",
        }
    }

    /// The stable word in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            TroubleSeen::Opened => "opened",
            TroubleSeen::Back => "back",
            TroubleSeen::Works => "works",
            TroubleSeen::Again => "again",
        }
    }

    /// Whether it is a change.
    #[must_use]
    pub fn is_news(self) -> bool {
        self != TroubleSeen::Again
    }
}

/// A trouble that a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTrouble {
    pub seen: TroubleSeen,
    pub code: Code,
    pub what: String,
    /// How often it was found, by all runs.
    pub times: u32,
    pub opened: Zoned,
}

/// The report of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub run: RunId,
    pub tenant: String,
    pub short_name: String,
    pub source: String,
    pub destination: String,
    pub purpose: RunPurpose,
    pub why: String,
    pub by: String,
    /// Whom alone it was about: then it says nothing of the others. Empty where it was about everybody.
    pub only: Vec<EmployeeId>,
    /// In the tenant's zone.
    pub started: Zoned,
    pub ended: Option<Zoned>,
    pub outcome: RunOutcome,
    pub totals: RunTotals,
    /// What was written, by kind, where there is any.
    pub done: Vec<(OperationKind, u32)>,
    /// Held people by reason, riskiest first, ruled ones aside.
    pub holds: Vec<(HoldCode, u32)>,
    /// Troubles that it opened, met again, or has shown to work again.
    pub troubles: Vec<RunTrouble>,
    /// The first of those that failed, [`NAMED`] at most.
    pub failed: Vec<FailedLine>,
    /// Whether the destination mails people by itself.
    pub mails: bool,
    pub problem: Option<Problem>,
    /// `TENANT:NUMBER` that lets the plan through which waits for it.
    pub confirm: Option<String>,
    /// Nobody was ever linked before: a plan waits for that alone.
    pub first_import: bool,
    pub chain: ChainCheck,
}

impl Report {
    /// Users whom the run changed in any way.
    #[must_use]
    pub fn affected(&self) -> u32 {
        self.totals.written
    }

    /// How it ended, as a sentence.
    #[must_use]
    pub fn outcome_words(&self) -> &'static str {
        match self.outcome {
            RunOutcome::Running => "It is at work.",
            RunOutcome::Paused => "It is paused.",
            RunOutcome::Done if !self.only.is_empty() => "It is done; of those it was about, nobody is held.",
            RunOutcome::Done => "It is done; nobody is held.",
            RunOutcome::DoneWithHeld => "It is done; some people are held, or their lines failed.",
            RunOutcome::Previewed => "It was a preview: nothing was sent.",
            RunOutcome::Stopped => "It stopped before anything was sent, and waits for an operator.",
            RunOutcome::Cancelled => "An operator stopped it.",
            RunOutcome::Drifted => "It stopped: the world has moved since the plan was made.",
            RunOutcome::Refused => "It was refused.",
            RunOutcome::Failed => "It failed.",
            RunOutcome::Interrupted => "It was interrupted; the next run finishes it.",
        }
    }

    /// What waits for the operator, each with the very command.
    #[must_use]
    pub fn waiting(&self) -> Vec<(String, String)> {
        let (run, tenant) = (self.run, &self.short_name);
        let review: u32 = self
            .holds
            .iter()
            .filter(|(code, _)| code.kind() == super::plan::HoldKind::Review)
            .map(|(_, count)| count)
            .sum();
        let mut waiting = Vec::new();
        if let Some(confirm) = &self.confirm {
            let why = if self.first_import { "The plan is a first import" } else { "The plan is past a limit" };
            let only: String = self.only.iter().map(|one| format!(" --only {one}")).collect();
            waiting.push((
                format!("{why}, and waits for its number to be typed"),
                format!("onroll sync {tenant}{only} --confirm {confirm}"),
            ));
        }
        if review > 0 {
            let people = if review == 1 { "1 person waits" } else { &format!("{review} people wait") };
            waiting.push((format!("{people} for a ruling"), format!("onroll review list {tenant}")));
        }
        let failed = [(self.totals.refused(), "refused"), (self.totals.unanswered, "without an answer")];
        let failed: Vec<String> =
            failed.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if !failed.is_empty() {
            waiting.push((failed.join(", "), format!("onroll runs errors {run}")));
        }
        if self.totals.unknown > 0 {
            waiting.push((
                format!("{} without an answer; the next run reads what became of them", self.totals.unknown),
                format!("onroll runs show {run}"),
            ));
        }
        waiting
    }
}
