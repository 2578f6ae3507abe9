//! What talking to any vendor can give: errors, probe steps, and what is told on the way.

use crate::domain::code::ProblemCode;
use crate::domain::problem::{Problem, ProblemKind};
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Why a call to a vendor did not give what was asked. Texts hold no secrets and no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// 401 that a fresh token did not cure, or a refused sign-in.
    #[error("{vendor} refused the credentials: {detail}")]
    Refused { vendor: &'static str, detail: String },
    /// 403: the app lacks a scope or a right.
    #[error("{vendor} does not allow this call: {detail}")]
    Forbidden { vendor: &'static str, detail: String, remedy: String },
    /// Timeouts, 5xx, 429 after all retries, connections that broke.
    #[error("{vendor} did not answer properly: {detail}")]
    Temporary { vendor: &'static str, detail: String },
    /// What answers is not the vendor's API, as far as can be told: a log-in page, a proxy, another program.
    #[error("what answers at {vendor}'s address is not its API: {detail}")]
    WrongAddress { vendor: &'static str, detail: String },
    /// An answer that the vendor's contract does not have.
    #[error("{vendor} answered something unexpected: {detail}")]
    Unexpected { vendor: &'static str, detail: String },
    /// Data that cannot be read from what is the right address (broken JSON, a page of HTML between good answers): the
    /// vendor's fault, also after the client has asked again.
    #[error("{vendor} answered with data that cannot be read: {detail}")]
    Corrupt { vendor: &'static str, detail: String },
    /// Too many records cannot be read: none is planned from.
    #[error("{vendor} sent records that cannot be read: {detail}")]
    Unreadable { vendor: &'static str, detail: String },
    /// The certificate of the host does not prove who it is. Nothing was sent.
    #[error("the certificate of {host} is not trusted: {detail}")]
    Certificate { vendor: &'static str, host: String, detail: String, remedy: String },
    /// The rows received are not the rows promised (total, empty page in the middle, repeated page).
    #[error("{vendor} delivered an incomplete list: {detail}")]
    Incomplete { vendor: &'static str, detail: String },
    /// The account behind the credentials is not the one that was set up.
    #[error("{vendor} answers for another account: {detail}")]
    OtherAccount { vendor: &'static str, detail: String },
    /// The connection's own parameters cannot work.
    #[error("the set-up of {vendor} is not complete: {detail}")]
    Setup { vendor: &'static str, detail: String },
    /// A connection names a vendor that this build does not know.
    #[error("no vendor is called `{key}`")]
    UnknownVendor { key: String },
    /// A call that this source does not have, or not for this record; whoever asks has another way.
    #[error("the source cannot give {what}")]
    Unsupported { what: &'static str },
    /// The run was stopped before the call was answered; no client says this by itself.
    #[error("the run was stopped before the answer came")]
    Stopped,
}

impl ApiError {
    /// Whether trying again unchanged cannot help.
    pub fn is_permanent(&self) -> bool {
        !matches!(
            self,
            ApiError::Temporary { .. } | ApiError::Incomplete { .. } | ApiError::Corrupt { .. } | ApiError::Stopped
        )
    }

    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            ApiError::Refused { .. } => ProblemCode::CredentialsRefused,
            ApiError::Forbidden { .. } => ProblemCode::NotAllowed,
            ApiError::Temporary { .. } | ApiError::Stopped => ProblemCode::VendorUnwell,
            ApiError::WrongAddress { .. } => ProblemCode::WrongAddress,
            ApiError::Unexpected { .. } => ProblemCode::UnexpectedAnswer,
            ApiError::Corrupt { .. } => ProblemCode::CorruptAnswer,
            ApiError::Unreadable { .. } => ProblemCode::RecordsUnreadable,
            ApiError::Certificate { .. } => ProblemCode::Certificate,
            ApiError::Incomplete { .. } => ProblemCode::ListIncomplete,
            ApiError::OtherAccount { .. } => ProblemCode::OtherAccount,
            ApiError::Setup { .. } => ProblemCode::SetupIncomplete,
            ApiError::UnknownVendor { .. } => ProblemCode::VendorUnknown,
            ApiError::Unsupported { .. } => ProblemCode::Defect,
        }
    }

    /// The vendor that it is about.
    #[must_use]
    pub fn vendor(&self) -> Option<&str> {
        match self {
            ApiError::Refused { vendor, .. }
            | ApiError::Forbidden { vendor, .. }
            | ApiError::Temporary { vendor, .. }
            | ApiError::WrongAddress { vendor, .. }
            | ApiError::Unexpected { vendor, .. }
            | ApiError::Corrupt { vendor, .. }
            | ApiError::Unreadable { vendor, .. }
            | ApiError::Certificate { vendor, .. }
            | ApiError::Incomplete { vendor, .. }
            | ApiError::OtherAccount { vendor, .. }
            | ApiError::Setup { vendor, .. } => Some(vendor),
            ApiError::UnknownVendor { key } => Some(key),
            ApiError::Unsupported { .. } | ApiError::Stopped => None,
        }
    }

    /// Whether it counts towards the quarantine for refused credentials.
    pub fn is_refusal(&self) -> bool {
        matches!(self, ApiError::Refused { .. })
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        let (code, why) = (error.code(), error.to_string());
        let vendor = error.vendor().map(str::to_owned);
        let problem = match error {
            ApiError::Refused { vendor, .. } => {
                Problem::new(ProblemKind::Refused, format!("{vendor} refused the credentials"))
                    .with_why(why)
                    .with_remedy("check the credentials with the customer, put in new ones and test the connection")
            }
            ApiError::Forbidden { vendor, remedy, .. } => {
                Problem::new(ProblemKind::Refused, format!("{vendor} does not allow a call that is needed"))
                    .with_why(why)
                    .with_remedy(remedy)
            }
            ApiError::Temporary { vendor, .. } => {
                Problem::new(ProblemKind::Temporary, format!("{vendor} did not answer properly"))
                    .with_why(why)
                    .with_remedy("try again in a few minutes; nothing is lost, the run continues where it stopped")
            }
            ApiError::WrongAddress { vendor, .. } => {
                Problem::new(ProblemKind::Failed, format!("what answers at {vendor}'s address is not its API"))
                    .with_why(why)
                    .with_remedy("check that the address is the vendor's API and not a log-in page or a proxy")
            }
            ApiError::Unexpected { vendor, .. } => {
                Problem::new(ProblemKind::Failed, format!("{vendor} answered something unexpected"))
                    .with_why(why)
                    .with_remedy(format!("test the connection; if the answer stays the same, show it to {vendor}"))
            }
            ApiError::Corrupt { vendor, .. } => {
                Problem::new(ProblemKind::Temporary, format!("{vendor} answered with data that cannot be read"))
                    .with_why(why)
                    .with_remedy(format!("try again; if it stays, tell {vendor}: the fault is on their side"))
            }
            ApiError::Unreadable { vendor, .. } => {
                Problem::new(ProblemKind::Stopped, format!("{vendor} sent too many records that cannot be read"))
                    .with_why(why)
                    .with_remedy(format!("nothing is planned from such a list; show {vendor} which members are meant"))
            }
            ApiError::Certificate { vendor, host, detail, remedy } => {
                Problem::new(ProblemKind::Failed, format!("the certificate of {host} is not trusted: {detail}"))
                    .with_why(format!("{vendor} was not called: nobody but {host} may get its credentials"))
                    .with_remedy(remedy)
            }
            ApiError::Incomplete { vendor, .. } => {
                Problem::new(ProblemKind::Stopped, format!("{vendor} delivered an incomplete list"))
                    .with_why(why)
                    .with_remedy("try again; an incomplete list is never planned from")
            }
            ApiError::OtherAccount { vendor, .. } => {
                Problem::new(ProblemKind::Refused, format!("{vendor} answers for another account"))
                    .with_why(why)
                    .with_remedy("put in the credentials of the account that this tenant was set up with")
            }
            ApiError::Setup { vendor, .. } => {
                Problem::new(ProblemKind::Input, format!("the set-up of {vendor} is not complete"))
                    .with_why(why)
                    .with_remedy("complete the connection under Settings; a credential: `onroll connection secret`")
            }
            ApiError::UnknownVendor { .. } => Problem::new(ProblemKind::Input, why)
                .with_remedy("check `vendor` in the tenant file; `onroll tenant add --help` names those that exist"),
            ApiError::Unsupported { .. } => {
                Problem::new(ProblemKind::Failed, why).with_remedy("please report this with the log file")
            }
            ApiError::Stopped => Problem::new(ProblemKind::Temporary, why).with_remedy("do it again"),
        };
        let problem = problem.with_code(code);
        match vendor {
            Some(vendor) => problem.with_vendor(&vendor),
            None => problem,
        }
    }
}

/// One step of a connection test, as the screens list them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// `sign in`, `portal`, `employees`, `field Job title (Flow)`.
    pub name: String,
    pub result: ProbeResult,
    /// What was found, or why not.
    pub detail: String,
}

impl ProbeStep {
    /// A step that passed, with what was found.
    pub fn passed(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), result: ProbeResult::Passed, detail: detail.into() }
    }

    /// A step that works, with what the operator should know.
    pub fn warning(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), result: ProbeResult::Warning, detail: detail.into() }
    }

    /// A step that failed.
    pub fn failed(name: &str, error: ApiError) -> Self {
        Self { name: name.to_owned(), detail: error.to_string(), result: ProbeResult::Failed(error) }
    }

    /// A step that makes no sense after an earlier one.
    pub fn not_tried(name: &str) -> Self {
        Self { name: name.to_owned(), result: ProbeResult::NotTried, detail: "not tried".to_owned() }
    }
}

/// How a probe step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeResult {
    Passed,
    /// Works, but the operator should know.
    Warning,
    Failed(ApiError),
    /// An earlier step failed.
    NotTried,
}

/// What a client tells while it works: waits and retries, so that waiting does not look like hanging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiNotice {
    /// The vendor asked to wait (429 or 503; 429 also where only the body of an answer says so); the client does.
    Waiting { vendor: &'static str, status: u16, wait: Duration },
    /// The client waits by itself, so as to keep to the vendor's quotas.
    Resting { vendor: &'static str, wait: Duration },
    /// A read was sent again after an error.
    Retrying { vendor: &'static str, detail: String, attempt: u32 },
    /// One request was answered; for counters.
    Answered { vendor: &'static str, status: u16 },
}

/// Those on whose behalf a client works: takes notices, and says whether a write may still leave.
pub trait NoticeSink: Send + Sync {
    /// Called from the client's task; must not block.
    fn notice(&self, notice: ApiNotice);

    /// Asked just before a write leaves, each time it is sent: while it waited for its turn, or for as long as the vendor
    /// asked, the run may have been stopped or the tenant switched off.
    fn may_leave(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }

    /// Ends when nothing that has not left yet is to leave any more.
    fn stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// Drops every notice.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNotices;

impl NoticeSink for NoNotices {
    fn notice(&self, _notice: ApiNotice) {}
}
