//! What the screens History and Run detail ask, do and are told.

use crate::domain::ids::{PlanId, RunId};
use crate::domain::plan::{HoldCode, HoldKind};
use crate::domain::waves::WaveRow;
use crate::store::RunRow;
use crate::store::views::RunDetail;
use jiff::Timestamp;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The runs of a tenant, newest first.
    Runs { tenant: String },
    /// One run with everything but its lines.
    Detail { tenant: String, run: RunId },
    /// Lines of a run by their numbers.
    Lines { tenant: String, part: Part, ids: Vec<i64> },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Saves what was refused in a run as a file.
    SaveErrors { tenant: String, run: RunId, file: String },
    /// Saves everything that a run did, with who is mapped to whom.
    SaveAll { tenant: String, run: RunId, file: String },
    /// Mails the report of a run again.
    Report { run: RunId },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Runs(Box<Runs>),
    Detail(Box<Detail>),
    Lines {
        part: Part,
        lines: Vec<Line>,
    },
    /// Where a file was saved, and how many lines it has.
    Saved {
        path: String,
        lines: u64,
    },
    /// To whom the report of a run was sent again.
    Mailed {
        run: RunId,
        recipients: Vec<String>,
        /// What its chat channel said instead.
        not_told: Option<String>,
    },
}

/// What is said when a report was sent again.
pub fn mailed_words(run: RunId, recipients: &[String], not_told: Option<&str>) -> String {
    match (recipients, not_told) {
        ([], Some(not_told)) => format!("Report of run {run}: {not_told}"),
        (some, Some(not_told)) => format!("Report of run {run} sent to {}; {not_told}", some.join(", ")),
        (some, None) => format!("Report of run {run} sent to {}", some.join(", ")),
    }
}

/// The runs of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    pub tenant_name: String,
    /// The state's word, for questions: `LIVE`.
    pub standing: &'static str,
    pub destination: &'static str,
    /// Newest first; of very many only the newest.
    pub rows: Vec<RunRow>,
    /// There are older ones that are not listed.
    pub more: bool,
    /// Why no report can be mailed; `None` where it can.
    pub no_report: Option<&'static str>,
    /// The one that can be finished.
    pub unfinished: Option<crate::console::screens::run::data::Unfinished>,
}

/// A part of Run detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Failed,
    Held,
    Changed,
}

impl Part {
    /// In the order of the screen.
    pub const ALL: [Part; 3] = [Part::Failed, Part::Held, Part::Changed];
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    pub run: RunDetail,
    pub destination: &'static str,
    /// Its word for the identifier.
    pub identifier_word: &'static str,
    /// The destination mails the people whom it is given.
    pub mails: bool,
    /// Why its report cannot be mailed; `None` where it can.
    pub no_report: Option<&'static str>,
    /// Held people by reason, riskiest first.
    pub holds: Vec<(HoldCode, u32)>,
    /// Numbers of the holds, in that order.
    pub held: Vec<i64>,
    /// The run before and after, by number.
    pub neighbours: (Option<RunId>, Option<RunId>),
    /// The waves of its plan; none where it went at once.
    pub waves: Vec<WaveRow>,
}

impl Detail {
    /// Held people by whose move it is.
    pub fn held_by(&self, kind: HoldKind) -> u32 {
        self.holds.iter().filter(|(code, _)| code.kind() == kind).map(|(_, count)| count).sum()
    }

    /// The plan, where one is known.
    pub fn plan(&self) -> Option<PlanId> {
        self.run.plan.as_ref().map(|plan| plan.id)
    }
}

/// What a line is about, for its glyph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Created,
    Updated,
    Linked,
    Reactivated,
    Deactivated,
    Failed,
    Unknown,
    Blocked,
    Review,
    Ruled,
}

/// One line: a write, or someone who was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: i64,
    pub mark: Mark,
    pub name: String,
    pub employee: Option<String>,
    pub identifier: String,
    /// The user at the destination: who is mapped to whom.
    pub user: String,
    /// `create`, `update`; of someone held the reason.
    pub what: String,
    /// What changed, what the destination said, or exactly what is missing.
    pub text: String,
    /// The code of a line that failed.
    pub error: String,
    /// Written, but not read back yet.
    pub unconfirmed: bool,
    pub at: Option<Timestamp>,
}
