//! Why a deed did not happen.

use super::access::Refusal;
use super::tenants::Part;
use crate::domain::code::ProblemCode;
use crate::domain::ids::UserId;
use crate::domain::list::ListKey;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::snapshot::Side;
use crate::engine::error::EngineError;
use crate::ports::chat::ChatError;
use crate::ports::post::{Fate, PostError};
use crate::secrets::SecretError;
use crate::store::StoreError;
use std::path::PathBuf;

/// Why something that an operator asked for did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Refused whatever it would have done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A credential that cannot be kept.
    #[error("a credential cannot be kept")]
    Secret(#[source] SecretError),
    /// A credential that an end of the connection does not have.
    #[error("this {} has no credential called `{name}`", side.key())]
    NoCredential { side: Side, name: String, known: Vec<&'static str> },
    /// A tenant that cannot be added as it is described.
    #[error("{what}")]
    NotAddable { part: Part, what: String },
    /// A tenant that was not added, of which something could not be taken back.
    #[error("{tenant} was not added completely, and what was stored could not be taken back: {left}")]
    LeftBehind { tenant: String, left: String, because: Box<ServiceError> },
    /// A removal that a run held up: the tenant is off.
    #[error("{tenant} is not removed: a run has not ended in time")]
    HeldUp { tenant: String, holder: StoreError },
    /// A table that the destination of this connection does not have.
    #[error("the destination has no table `{}`", list.key())]
    NoTable { list: ListKey },
    /// A name that is none of a list of the destination.
    #[error("no table is called `{name}`")]
    NoList { name: String, known: Vec<String> },
    /// A user whom the destination does not have.
    #[error("the destination has no user `{user}`")]
    NoUser { user: UserId },
    /// A value that a setting does not take.
    #[error("{0}")]
    Setting(String),
    /// An employee whom the last pull does not have.
    #[error("no employee of {tenant} has the id `{name}`")]
    NoEmployee { tenant: String, name: String },
    /// A status from which this is no step.
    #[error("{what}")]
    Status { what: String, remedy: &'static str },
    /// A file that was asked for and cannot be written.
    #[error("{} cannot be written", path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// Mail that cannot be sent as things are set up.
    #[error("{what}")]
    NoMail { what: &'static str, remedy: String },
    /// A report that a recipient was not sent.
    #[error("the report was not mailed to {recipient}")]
    NotMailed { recipient: String, sent: Vec<String>, error: PostError },
    /// A message that a chat channel did not take.
    #[error("the message was not told in chat")]
    NotTold(#[source] ChatError),
}

impl ServiceError {
    /// A task that ended without an answer; a defect.
    pub(super) fn broken(error: &tokio::task::JoinError) -> Self {
        EngineError::Broken(error.to_string()).into()
    }
}

impl ServiceError {
    /// Its stable code; `None` where the error below it has one.
    fn code(&self) -> Option<ProblemCode> {
        Some(match self {
            ServiceError::Refused(_) | ServiceError::Engine(_) | ServiceError::Store(_) => return None,
            ServiceError::Secret(_) => ProblemCode::CredentialUnreadable,
            ServiceError::LeftBehind { because, .. } => because.code()?,
            ServiceError::HeldUp { holder, .. } => holder.code(),
            ServiceError::NoTable { .. }
            | ServiceError::NoList { .. }
            | ServiceError::NoUser { .. }
            | ServiceError::NoCredential { .. }
            | ServiceError::NoEmployee { .. } => ProblemCode::NotFound,
            ServiceError::NotAddable { .. }
            | ServiceError::Setting(_)
            | ServiceError::NoMail { .. }
            | ServiceError::File { .. }
            | ServiceError::Status { .. } => ProblemCode::BadInput,
            ServiceError::NotMailed { .. } | ServiceError::NotTold(_) => return None,
        })
    }
}

/// What can be done where a credential is not kept.
fn remedy_of(error: &SecretError) -> String {
    match error {
        SecretError::Io { .. } => "check that the workspace folder can be written".to_owned(),
        other => other.remedy(),
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        let problem: Problem = match error {
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::Engine(error) => error.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Secret(error) => {
                Problem::new(ProblemKind::Failed, text).with_why(error.to_string()).with_remedy(remedy_of(&error))
            }
            ServiceError::NoCredential { known, .. } => {
                Problem::new(ProblemKind::Input, text).with_remedy(format!("there are: {}", known.join(", ")))
            }
            ServiceError::NotAddable { part, .. } => Problem::new(ProblemKind::Input, text).with_remedy(part.remedy()),
            ServiceError::LeftBehind { tenant, because, .. } => Problem::new(ProblemKind::Failed, text)
                .with_who(tenant)
                .with_why(Problem::from(*because).what)
                .with_remedy("remove the tenant, then add it again"),
            ServiceError::HeldUp { holder, .. } => Problem::new(Problem::from(holder.clone()).kind, text)
                .with_who("the tenant; it is off now, and nothing more is written")
                .with_why(holder.to_string())
                .with_remedy("end that process, then remove the tenant again"),
            ServiceError::NoTable { .. } => {
                Problem::new(ProblemKind::Input, text).with_remedy("`onroll mapping list TENANT` shows its tables")
            }
            ServiceError::NoList { known, .. } => {
                Problem::new(ProblemKind::Input, text).with_remedy(format!("there are: {}", known.join(", ")))
            }
            ServiceError::NoUser { .. } => {
                Problem::new(ProblemKind::Input, text).with_remedy("use the user id as `onroll review list` prints it")
            }
            ServiceError::Setting(_) => Problem::new(ProblemKind::Input, text),
            ServiceError::NoEmployee { .. } => Problem::new(ProblemKind::Input, text)
                .with_remedy("use the id or the identifier as `onroll plan` and `onroll review list` print it"),
            ServiceError::Status { remedy, .. } => Problem::new(ProblemKind::Input, text).with_remedy(remedy),
            ServiceError::NoMail { remedy, .. } => Problem::new(ProblemKind::Input, text).with_remedy(remedy),
            ServiceError::File { source, .. } => Problem::new(ProblemKind::Input, text)
                .with_why(source.to_string())
                .with_remedy("name a file in a folder that you may write and that has room"),
            ServiceError::NotTold(error) => {
                let passes = matches!(error, ChatError::Later { .. } | ChatError::Unreachable { .. });
                let kind = if passes { ProblemKind::Temporary } else { ProblemKind::Failed };
                Problem::new(kind, text)
                    .with_why(error.to_string())
                    .with_remedy("`onroll doctor` tells where each channel is")
            }
            ServiceError::NotMailed { sent, error, .. } => {
                let kind = if error.fate() == Fate::Again { ProblemKind::Temporary } else { ProblemKind::Failed };
                let sent =
                    if sent.is_empty() { "nobody got it".to_owned() } else { format!("sent to {}", sent.join(", ")) };
                Problem::new(kind, text)
                    .with_who(sent)
                    .with_why(error.to_string())
                    .with_remedy("`onroll doctor` tells whether the mail server can be reached")
            }
        };
        match code {
            Some(code) => problem.with_code(code),
            None => problem,
        }
    }
}
