//! What can stop a run, and what the operator can do about it.

use crate::domain::connection::ConnectionStatus;
use crate::domain::plan::LimitCheck;
use crate::domain::problem::{LetThrough, Lost, Problem, ProblemKind};
use crate::matching::learning::Refusal;
use crate::planning::GuardStop;
use crate::ports::api::ApiError;
use crate::secrets::SecretError;
use crate::store::StoreError;

/// Why a run, a test or a change of state did not happen.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The source guard (ALL09), and where people are missing.
    #[error("{stop}")]
    Guard { stop: GuardStop, lost: Vec<Lost> },
    /// Past a limit, or a first import, without the typed confirmation.
    #[error("the plan waits for a typed confirmation: {confirm}")]
    Confirmation { confirm: String, exceeded: Vec<LimitCheck>, first_import: bool, given: Option<u32> },
    /// The connection may not write.
    #[error("{tenant} is {status}: it can be planned but not synced")]
    NotLive { tenant: String, status: &'static str },
    /// The plan that was approved is not the plan of now.
    #[error("the plan {approved} is not what would be done now ({now})")]
    Drifted { approved: String, now: String },
    /// The connection names a vendor that this build does not know.
    #[error("no vendor is called `{0}`")]
    UnknownVendor(String),
    /// So many writes were refused or not answered that the tenant is paused.
    #[error(
        "{vendor}: {failures} of {attempts} writes were refused or not answered; the tenant is paused until a connection test passes"
    )]
    Quarantine { vendor: &'static str, failures: u32, attempts: u32 },
    /// What another process, or whoever works in it, decided while the run was on.
    #[error("{0}")]
    Halted(Halt),
    /// An operator stopped it before its first write.
    #[error("stopped by the operator")]
    Cancelled,
    /// A task ended without an answer; a defect.
    #[error("a part of the run ended unexpectedly: {0}")]
    Broken(String),
    /// A version of the model that did worse on rulings that were held back, or could not be judged.
    #[error("version {version} of the model stays unused: {}", refusal.words())]
    Gate { version: u32, refusal: Refusal },
    /// Input of the operator.
    #[error("{what}")]
    Input { what: String, remedy: String },
}

/// Why a run ends between two writes though neither side failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    #[error("the tenant is {} since {by} changed that; nothing was sent after", status.key())]
    NotLive { status: ConnectionStatus, by: String },
    #[error("the tenant was removed; nothing was sent after")]
    Removed,
    #[error("stopped by {by} from another process; nothing was sent after")]
    Stopped { by: String },
    #[error("another process took this tenant over{}; nothing was sent after", holder.as_ref().map_or_else(String::new, |holder| format!(": {holder}")))]
    LeaseLost { holder: Option<String> },
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let text = error.to_string();
        match error {
            EngineError::Api(error) => error.into(),
            EngineError::Store(error) => error.into(),
            EngineError::Secret(error) => Problem::new(ProblemKind::Input, "a credential cannot be read")
                .with_why(error.to_string())
                .with_now("put the credential in again under Settings, or with `onroll connection secret`"),
            EngineError::Guard { stop, lost } => guard_problem(&stop, lost, text),
            EngineError::Confirmation { confirm, exceeded, first_import, given } => {
                confirmation_problem(&confirm, &exceeded, first_import, given)
            }
            EngineError::NotLive { .. } => Problem::new(ProblemKind::Input, text)
                .with_now("publish it: `!` on Overview, or `onroll tenant on TENANT`"),
            EngineError::Drifted { .. } => Problem::new(ProblemKind::Drifted, text)
                .with_who("nobody; nothing was written")
                .with_now("look at the new plan and approve that one"),
            EngineError::UnknownVendor(_) => Problem::new(ProblemKind::Input, text)
                .with_now("check `vendor` in the tenant file; `onroll tenant add --help` names those that exist"),
            EngineError::Quarantine { .. } => Problem::new(
                ProblemKind::Failed,
                "the tenant is paused: too many writes failed",
            )
            .with_who("those who are not written yet; nothing more is sent")
            .with_why(text)
            .with_now(
                "look at the errors of the run, cure their cause, then test the connection: that lifts the pause",
            ),
            EngineError::Halted(halt) => {
                let kind =
                    if matches!(halt, Halt::LeaseLost { .. }) { ProblemKind::Locked } else { ProblemKind::Failed };
                let remedy = match halt {
                    Halt::NotLive { .. } => "what is left is planned again when the tenant is switched on",
                    Halt::Removed => "add the tenant again to go on",
                    Halt::Stopped { .. } => "what is left is planned again by the next sync",
                    Halt::LeaseLost { .. } => "look at the runs of the tenant: the other process finishes this one",
                };
                Problem::new(kind, text).with_now(remedy)
            }
            EngineError::Cancelled => {
                Problem::new(ProblemKind::Failed, "stopped by the operator before the first write")
            }
            EngineError::Broken(_) => Problem::new(ProblemKind::Failed, text)
                .with_now("the run can be continued; please report this with the log file"),
            EngineError::Gate { .. } => Problem::new(ProblemKind::Stopped, text)
                .with_who("nobody; the version in use stays in use")
                .with_now("rule on more people, then propose again"),
            EngineError::Input { what, remedy } => Problem::new(ProblemKind::Input, what).with_now(remedy),
        }
    }
}

fn guard_problem(stop: &GuardStop, lost: Vec<Lost>, text: String) -> Problem {
    let problem = Problem::new(ProblemKind::Stopped, "the source guard stopped the run before its first write")
        .with_who("everybody; nothing was written")
        .with_why(text)
        .with_now("look into the source: was a filter, a site or a permission changed?");
    match stop {
        GuardStop::Shrunk { received, last_good, .. } => {
            let words = format!(
                "if the list is right, let it through once: Enter on Run, or `--confirm TENANT:{received}` of sync"
            );
            let mut problem = problem.with_now(words);
            problem.let_through = Some(Box::new(LetThrough { received: *received, last_good: *last_good, lost }));
            problem
        }
        GuardStop::Empty | GuardStop::TotalDiffers { .. } => problem,
    }
}

fn confirmation_problem(confirm: &str, exceeded: &[LimitCheck], first_import: bool, given: Option<u32>) -> Problem {
    let mut why: Vec<String> = exceeded
        .iter()
        .map(|check| format!("{} {}, {} allowed", check.count, check.kind.key(), check.allowed))
        .collect();
    if first_import {
        why.push("this is the first import of this tenant".to_owned());
    }
    if let Some(number) = given {
        why.push(format!("the number given, {number}, is not the plan's"));
    }
    Problem::new(ProblemKind::Stopped, "stopped before the first write: the plan waits for a typed confirmation")
        .with_who("nobody has been touched")
        .with_why(why.join("; "))
        .with_now(format!("look at the plan, then confirm with `--confirm {confirm}`"))
        .with_now("or leave parts held with `--without leavers|creations|updates|identifiers`")
}
