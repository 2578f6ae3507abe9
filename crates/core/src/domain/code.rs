//! The stable codes of everything that stops a run, refuses an act or goes wrong. Those of holds are [`HoldCode`]s; what each
//! means stands in [`crate::domain::explain`].

use super::plan::HoldCode;
use super::problem::ProblemKind;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)+) => {
        /// What a problem is, whatever its words are this time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $key)] $name,)+
            /// A code of a newer program, in a file that this one reads.
            #[serde(other, rename = "other")]
            Other,
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$name,)+ ProblemCode::Other];

            /// The stable word in JSON, on the command line and in the database.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self {
                    $(ProblemCode::$name => $key,)+
                    ProblemCode::Other => "other",
                }
            }
        }
    };
}

codes! {
    /// The source sent nobody.
    SourceEmpty = "source_empty",
    /// The source counts otherwise than it sends.
    SourceTotal = "source_total",
    SourceShrunk = "source_shrunk",
    /// Records that came, but not as they should be.
    SourceWeather = "source_weather",
    UsersShrunk = "users_shrunk",
    FirstImport = "first_import",
    /// The plan is past a limit.
    LimitExceeded = "limit_exceeded",
    PlanDrifted = "plan_drifted",
    PlanEdited = "plan_edited",
    ModelGate = "model_gate",
    Quarantine = "quarantine",
    /// A wave did not read back as it was written.
    WaveNotClean = "wave_not_clean",
    NotLive = "not_live",
    NoChanges = "no_changes",
    CannotUndo = "cannot_undo",
    AtWork = "at_work",
    LeaseHeld = "lease_held",
    LeaseLost = "lease_lost",
    StoppedByOperator = "stopped_by_operator",
    StoppedByEnd = "stopped_by_end",
    SwitchedOff = "switched_off",
    TenantRemoved = "tenant_removed",
    CredentialsRefused = "credentials_refused",
    NotAllowed = "not_allowed",
    VendorUnwell = "vendor_unwell",
    WrongAddress = "wrong_address",
    UnexpectedAnswer = "unexpected_answer",
    CorruptAnswer = "corrupt_answer",
    RecordsUnreadable = "records_unreadable",
    Certificate = "certificate",
    ListIncomplete = "list_incomplete",
    OtherAccount = "other_account",
    SetupIncomplete = "setup_incomplete",
    VendorUnknown = "vendor_unknown",
    CredentialUnreadable = "credential_unreadable",
    WorkspaceUnusable = "workspace_unusable",
    WorkspaceVersion = "workspace_version",
    WorkspaceDamaged = "workspace_damaged",
    WorkspaceBusy = "workspace_busy",
    DiskFull = "disk_full",
    ReadOnly = "read_only",
    RowUnreadable = "row_unreadable",
    NoSuchTenant = "no_such_tenant",
    NotFound = "not_found",
    BadInput = "bad_input",
    Defect = "defect",
}

impl ProblemCode {
    /// The code with this stable word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.key() == key)
    }

    /// The code of a problem that says no more than its kind.
    #[must_use]
    pub fn of_kind(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::Refused => ProblemCode::CredentialsRefused,
            ProblemKind::Temporary => ProblemCode::VendorUnwell,
            ProblemKind::Drifted => ProblemCode::PlanDrifted,
            ProblemKind::Locked => ProblemCode::LeaseHeld,
            ProblemKind::Input => ProblemCode::BadInput,
            // What stopped it is never the same thing twice: no code is better than a wrong one.
            ProblemKind::Stopped | ProblemKind::Superseded | ProblemKind::Failed => ProblemCode::Other,
        }
    }
}

/// How a line of a run can end without having been written and confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineCode {
    /// The destination refused it.
    Refused,
    /// No usable answer, and not settled yet.
    NoAnswer,
    /// Skipped: the world has moved since the plan.
    Moved,
    /// Written, but read back otherwise.
    NotConfirmed,
}

impl LineCode {
    /// Every code.
    pub const ALL: [LineCode; 4] = [LineCode::Refused, LineCode::NoAnswer, LineCode::Moved, LineCode::NotConfirmed];

    /// The stable word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            LineCode::Refused => "write_refused",
            LineCode::NoAnswer => "no_answer",
            LineCode::Moved => "moved",
            LineCode::NotConfirmed => "not_confirmed",
        }
    }

    /// What every front end, mail and list calls it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            LineCode::Refused => "refused",
            LineCode::NoAnswer => "no answer",
            LineCode::Moved => "moved",
            LineCode::NotConfirmed => "not confirmed",
        }
    }

    /// Why a line has failed, by the code that is kept with it: the destination said no, or it said nothing. The one definition.
    #[must_use]
    pub fn of_failed(error: &str) -> LineCode {
        if error == super::run::NO_ANSWER { LineCode::NoAnswer } else { LineCode::Refused }
    }

    /// What came back for a line that has failed: the destination's own code, or that no answer came.
    #[must_use]
    pub fn came_back(error: &str) -> &str {
        match LineCode::of_failed(error) {
            LineCode::NoAnswer => LineCode::NoAnswer.words(),
            _ => error,
        }
    }
}

/// What goes wrong around runs: where none began, or none succeeds anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedCode {
    /// A scheduled run was due, and did not begin.
    ScheduleMissed,
    /// A delivery of the source that cannot be read or proven.
    WebhookMalformed,
    /// No live tenant has succeeded for hours.
    NothingAnywhere,
    /// An operator has paused the schedules of all tenants.
    SchedulesPaused,
}

impl FeedCode {
    /// Every code.
    pub const ALL: [FeedCode; 4] =
        [FeedCode::ScheduleMissed, FeedCode::WebhookMalformed, FeedCode::NothingAnywhere, FeedCode::SchedulesPaused];

    /// The stable word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            FeedCode::ScheduleMissed => "schedule_missed",
            FeedCode::WebhookMalformed => "webhook_malformed",
            FeedCode::NothingAnywhere => "nothing_anywhere",
            FeedCode::SchedulesPaused => "schedules_paused",
        }
    }
}

/// A code of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Why somebody is kept out of the plan.
    Hold(HoldCode),
    /// Why a run or an act did not happen.
    Problem(ProblemCode),
    /// Why a line of a run was not written.
    Line(LineCode),
    /// Why no run began, or none succeeds.
    Feed(FeedCode),
}

impl Code {
    /// Every code: holds, lines, feeds, then stops and errors.
    pub fn all() -> impl Iterator<Item = Code> {
        let holds = HoldCode::ALL.into_iter().map(Code::Hold);
        let lines = LineCode::ALL.into_iter().map(Code::Line);
        let feeds = FeedCode::ALL.into_iter().map(Code::Feed);
        holds.chain(lines).chain(feeds).chain(ProblemCode::ALL.iter().copied().map(Code::Problem))
    }

    /// The stable word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Code::Hold(code) => code.key(),
            Code::Problem(code) => code.key(),
            Code::Line(code) => code.key(),
            Code::Feed(code) => code.key(),
        }
    }

    /// The code with this stable word; capitals, blanks and hyphens aside.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let key = key.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        Self::all().find(|code| code.key() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_code_has_a_word_of_its_own_and_is_found_by_it() {
        let keys: BTreeSet<&str> = Code::all().map(Code::key).collect();
        assert_eq!(keys.len(), Code::all().count());
        for code in Code::all() {
            assert_eq!(Code::from_key(code.key()), Some(code));
        }
        assert_eq!(Code::from_key(" Source-Empty "), Some(Code::Problem(ProblemCode::SourceEmpty)));
        assert_eq!(Code::from_key("EMAIL_UNVERIFIED"), None);
    }

    #[test]
    fn a_code_of_a_newer_program_is_read() {
        assert_eq!(serde_json::from_str::<ProblemCode>("\"from_the_future\"").unwrap(), ProblemCode::Other);
        assert_eq!(serde_json::to_string(&ProblemCode::DiskFull).unwrap(), "\"disk_full\"");
    }
}
