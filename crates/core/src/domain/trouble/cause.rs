//! What a trouble is about, and what shows that it works again.

use crate::domain::code::{Code, FeedCode, LineCode, ProblemCode};
use crate::domain::plan::HoldCode;

/// A code and what it is about: the same on the next run is the same trouble.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    pub code: Code,
    /// A vendor's name, a limit's key, `field=value`; empty where the code says it all.
    pub about: String,
}

impl Cause {
    /// A cause that is about this.
    #[must_use]
    pub fn new(code: Code, about: impl Into<String>) -> Self {
        Self { code, about: about.into() }
    }

    /// A list and the value of it that is not mapped.
    #[must_use]
    pub fn value(&self) -> Option<(&str, &str)> {
        matches!(self.code, Code::Hold(_)).then(|| self.about.split_once('=')).flatten()
    }

    /// What the next plan cures by itself is worth a line, and no mail.
    #[must_use]
    pub fn is_mailed(&self) -> bool {
        self.code != Code::Line(LineCode::Moved)
    }
}

/// What proves that a trouble works again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Both ends answer: any success, also of a test call.
    Reach,
    /// The lists are whole: a plan about everybody was made from them.
    Pull,
    /// A plan about everybody is within its limits, or has gone.
    Limit,
    /// A plan about everybody holds nobody for it.
    Value,
    /// A run about everybody has ended well.
    Done,
    /// A scheduled run has begun.
    Schedule,
    /// A delivery could be read.
    Webhook,
}

/// `None` for what is no trouble of a feed: an operator's stop, a refused act, another process at work.
#[deny(clippy::wildcard_enum_match_arm)]
fn class_of_problem(code: ProblemCode) -> Option<Class> {
    use ProblemCode as C;
    match code {
        C::CredentialsRefused
        | C::NotAllowed
        | C::VendorUnwell
        | C::WrongAddress
        | C::Certificate
        | C::OtherAccount
        | C::SetupIncomplete
        | C::VendorUnknown
        | C::CredentialUnreadable => Some(Class::Reach),
        C::SourceEmpty
        | C::SourceTotal
        | C::SourceShrunk
        | C::SourceWeather
        | C::UsersShrunk
        | C::UnexpectedAnswer
        | C::CorruptAnswer
        | C::RecordsUnreadable
        | C::ListIncomplete => Some(Class::Pull),
        C::FirstImport | C::LimitExceeded => Some(Class::Limit),
        C::PlanDrifted
        | C::Quarantine
        | C::WaveNotClean
        | C::WorkspaceUnusable
        | C::WorkspaceVersion
        | C::WorkspaceDamaged
        | C::WorkspaceBusy
        | C::DiskFull
        | C::RowUnreadable
        | C::Defect
        | C::Other => Some(Class::Done),
        C::PlanEdited
        | C::ModelGate
        | C::NotLive
        | C::NoChanges
        | C::CannotUndo
        | C::AtWork
        | C::LeaseHeld
        | C::LeaseLost
        | C::StoppedByOperator
        | C::StoppedByEnd
        | C::SwitchedOff
        | C::TenantRemoved
        | C::ReadOnly
        | C::NoSuchTenant
        | C::NotFound
        | C::BadInput => None,
    }
}

fn class(code: Code) -> Option<Class> {
    match code {
        Code::Problem(code) => class_of_problem(code),
        Code::Hold(HoldCode::UnmappedValue | HoldCode::OptionMissing) => Some(Class::Value),
        Code::Hold(_) | Code::Feed(FeedCode::NothingAnywhere | FeedCode::SchedulesPaused) => None,
        Code::Line(_) => Some(Class::Done),
        Code::Feed(FeedCode::ScheduleMissed) => Some(Class::Schedule),
        Code::Feed(FeedCode::WebhookMalformed) => Some(Class::Webhook),
    }
}

/// Whether a code opens a trouble.
#[must_use]
pub fn is_trouble(code: Code) -> bool {
    class(code).is_some()
}

/// Whether a code says that an end could not be called, or did not answer as it should: what a broken network looks like.
#[must_use]
pub fn is_reach(code: Code) -> bool {
    class(code) == Some(Class::Reach)
}

/// Whether a run that was stopped by this had answers of both ends, so that neither this console nor its network is the cause.
#[must_use]
pub fn is_answered(code: ProblemCode) -> bool {
    use ProblemCode as C;
    matches!(
        code,
        C::SourceEmpty
            | C::SourceTotal
            | C::SourceShrunk
            | C::SourceWeather
            | C::UsersShrunk
            | C::FirstImport
            | C::LimitExceeded
            | C::PlanDrifted
            | C::Quarantine
            | C::WaveNotClean
    )
}

/// What an observation proves to work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// Both ends answered.
    pub reached: bool,
    /// A plan about everybody was made from what they sent.
    pub planned: bool,
    /// A run about everybody ended well.
    pub done: bool,
    /// A scheduled run began.
    pub scheduled: bool,
    /// A delivery was read.
    pub heard: bool,
}

impl Proof {
    /// Whether this cause, where it was not found again, works.
    #[must_use]
    pub fn shows(self, cause: &Cause) -> bool {
        match class(cause.code) {
            Some(Class::Reach) => self.reached,
            Some(Class::Pull | Class::Limit) => self.planned || self.done,
            Some(Class::Value) => self.planned,
            Some(Class::Done) => self.done,
            Some(Class::Schedule) => self.scheduled,
            Some(Class::Webhook) => self.heard,
            None => true,
        }
    }
}
