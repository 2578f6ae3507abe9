//! The digest: all tenants in one message. Figures are those of the screens; of people only how many.

mod text;

pub use text::{html, plain, subject};

use super::code::Code;
use super::run::RunOutcome;
use jiff::{Timestamp, Zoned};

/// Lines of one kind that are named at most; the others are counted.
pub const NAMED: usize = 40;

/// What ran of one tenant, as History has it: syncs, rehearsals aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub tenant: String,
    pub short_name: String,
    pub outcomes: Vec<(RunOutcome, u64)>,
    pub written: u64,
    pub failed: u64,
    /// Of these, those that no answer came to.
    pub unanswered: u64,
    pub unknown: u64,
    /// Welcome mails; `None` where its destination sends none.
    pub mails: Option<u64>,
}

impl Ran {
    /// Lines that the destination refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.failed.saturating_sub(self.unanswered)
    }

    /// Lines without an answer, those of which nothing is known yet included.
    #[must_use]
    pub fn without_answer(&self) -> u64 {
        self.unanswered + self.unknown
    }

    /// Runs that ended.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.outcomes.iter().map(|(_, runs)| runs).sum()
    }

    /// Of these, those that did not end well.
    #[must_use]
    pub fn bad(&self) -> u64 {
        self.outcomes.iter().filter(|(outcome, _)| !is_good(*outcome)).map(|(_, runs)| runs).sum()
    }
}

fn is_good(outcome: RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Done | RunOutcome::DoneWithHeld | RunOutcome::Previewed)
}

/// How the state of a tenant changed: `live, off`, `added, preview`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub tenant: String,
    pub states: Vec<String>,
    /// Who did the last step.
    pub by: String,
}

/// Where a trouble is, beside the digest before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Opened since, and not over.
    Opened,
    /// Opened before, and not over.
    Still,
    /// It works again since.
    Works,
}

impl Stage {
    /// The stable word in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Stage::Opened => "opened",
            Stage::Still => "still",
            Stage::Works => "works",
        }
    }
}

/// A trouble of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TroubleLine {
    pub stage: Stage,
    pub id: i64,
    pub tenant: String,
    pub code: Code,
    pub what: String,
    pub times: u32,
    pub opened: Timestamp,
    pub works_since: Option<Timestamp>,
}

/// Everybody who is held for one reason, of all tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLine {
    /// The stable word of the reason, and its words.
    pub code: &'static str,
    pub because: &'static str,
    pub people: u64,
    pub tenants: u64,
    /// Since when the first of these tenants holds somebody for it.
    pub since: Timestamp,
}

/// Something that waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The stable word in JSON.
    pub kind: &'static str,
    pub tenant: String,
    pub what: String,
    pub command: String,
}

/// The digest of all tenants.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    pub since: Zoned,
    pub until: Zoned,
    /// `13 tenants: 9 live, 2 previewed, 1 halted, 1 off`.
    pub tenants: String,
    /// Tenants with a run, by name.
    pub ran: Vec<Ran>,
    pub moved: Vec<Moved>,
    /// Nothing succeeds anywhere, in one line.
    pub nowhere: Option<String>,
    /// The one count of troubles, in words.
    pub troubles_now: String,
    pub troubles: Vec<TroubleLine>,
    /// The sums of the Holds list, in words.
    pub held_now: String,
    /// Held people by reason, most first; ruled ones aside.
    pub held: Vec<HeldLine>,
    pub waiting: Vec<Waiting>,
    /// Tenants that cannot be read, and why.
    pub broken: Vec<(String, String)>,
}

impl Digest {
    /// Welcome mails that destinations sent.
    #[must_use]
    pub fn mails(&self) -> u64 {
        self.ran.iter().filter_map(|ran| ran.mails).sum()
    }

    /// Runs of all tenants.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.ran.iter().map(Ran::runs).sum()
    }

    /// Accounts that were changed in any way.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.ran.iter().map(|ran| ran.written).sum()
    }

    /// Troubles at this stage.
    #[must_use]
    pub fn at(&self, stage: Stage) -> usize {
        self.troubles.iter().filter(|line| line.stage == stage).count()
    }

    /// Runs by how they ended, in the order of the outcomes.
    #[must_use]
    pub fn outcomes(&self) -> Vec<(RunOutcome, u64)> {
        let mut sums: Vec<(RunOutcome, u64)> = Vec::new();
        for (outcome, runs) in self.ran.iter().flat_map(|ran| ran.outcomes.iter().copied()) {
            match sums.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, sum)) => *sum += runs,
                None => sums.push((outcome, runs)),
            }
        }
        sums.sort_by_key(|(outcome, runs)| (!is_good(*outcome), std::cmp::Reverse(*runs), outcome.key()));
        sums
    }
}
