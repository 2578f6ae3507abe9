//! What the screen asks, does and is told.

use crate::domain::connection::ConnectionStatus;
use crate::domain::ids::RunId;
use crate::domain::waves::WaveStanding;
use crate::store::views::{FeedEdge, FeedRow};
use crate::store::{JournalTotals, PhaseRow, PlanHead, RunRow};
use jiff::Timestamp;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// How the newest run of the tenant stands.
    Newest { tenant: String },
    /// Lines of a run's feed.
    Feed { tenant: String, run: RunId, edge: FeedEdge, limit: u32 },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Saves what was refused in a run as a file.
    SaveErrors { tenant: String, run: RunId, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Newest(Box<Newest>),
    /// Lines, newest first, and how many there are of the run: all, warnings and louder, errors.
    Feed {
        edge: FeedEdge,
        rows: Vec<FeedRow>,
        counts: FeedCounts,
    },
    /// Where a file was saved, and how many lines it has.
    Saved {
        path: String,
        lines: u64,
    },
}

/// Lines of a run's feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedCounts {
    pub lines: u64,
    pub warnings: u64,
    pub errors: u64,
}

/// How the newest run stands, with what the screen has to say about its tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Newest {
    pub tenant_name: String,
    /// A run of the tenant is live in this console.
    pub live: bool,
    /// The state's word, for questions: `LIVE`.
    pub standing: &'static str,
    pub status: ConnectionStatus,
    /// Refusals of the credentials in a row.
    pub refusals: u32,
    pub source: &'static str,
    pub destination: &'static str,
    /// The destination mails the people whom it is given.
    pub mails: bool,
    /// The newest runs, newest first.
    pub recent: Vec<RunRow>,
    pub phases: Vec<PhaseRow>,
    /// The plan that the newest run made or applies.
    pub plan: Option<PlanHead>,
    pub totals: JournalTotals,
    pub unfinished: Option<Unfinished>,
    /// Another program that is at work on the tenant.
    pub other: Option<Other>,
    /// The last complete pull of the source.
    pub last_pull: Option<Timestamp>,
}

impl Newest {
    /// The newest run.
    pub fn run(&self) -> Option<&RunRow> {
        self.recent.first()
    }

    /// How often in a row the runs ended by the same problem.
    pub fn in_a_row(&self) -> usize {
        let what = |run: &RunRow| run.problem.as_ref().map(|problem| problem.what.clone());
        let newest = self.run().and_then(what);
        self.recent.iter().take_while(|run| newest.is_some() && what(run) == newest).count()
    }
}

/// A run that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    pub run: RunId,
    /// Operations that are still open.
    pub left: u32,
    /// Whether somebody let its plan go; only then there is something to finish.
    pub approved: Option<String>,
    /// Who is at work on the tenant.
    pub by_other: Option<Other>,
    /// It was stopped between its waves, by an operator or because one was not clean.
    pub between_waves: bool,
}

/// A process that is at work on the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// `sync by ana (process 7 on desk)`.
    pub words: String,
    /// Whether it works on this run, and not on another or a preview.
    pub on_it: bool,
    pub is_paused: bool,
    /// The wave that stands at its gate there: it can be let go from here.
    pub gate: Option<WaveStanding>,
}
