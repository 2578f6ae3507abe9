//! What can stop a run, and what the operator can do about it.

use super::run_control::StopCause;
use super::undo::CannotUndo;
use crate::domain::code::ProblemCode;
use crate::domain::plan::LimitCheck;
use crate::domain::problem::{LetThrough, Lost, Problem, ProblemKind};
use crate::domain::snapshot::Side;
use crate::matching::learning::Refusal;
use crate::planning::GuardStop;
use crate::ports::api::ApiError;
use crate::secrets::SecretError;
use crate::store::{StoreError, WritePermit};

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
    /// The source cannot be asked what has changed.
    #[error("{vendor} does not tell what has changed")]
    NoChanges { vendor: &'static str },
    /// A run that cannot be undone.
    #[error(transparent)]
    CannotUndo(CannotUndo),
    /// This process has a job of the tenant already.
    #[error("{tenant} has a live run already")]
    AtWork { tenant: String },
    /// The plan that was approved is not the plan of now.
    #[error("the plan {approved} is not what would be done now ({now})")]
    Drifted { approved: String, now: String },
    /// A plan file that carries the plan's hash over other lines.
    #[error("{file} is not the plan whose hash it carries: it was edited")]
    Edited { file: String, differs: String },
    /// Too many writes were refused or not answered: the tenant is paused.
    #[error(
        "{vendor}: {failures} of {attempts} writes were refused or not answered; the tenant is paused until a connection test passes"
    )]
    Quarantine { vendor: &'static str, failures: u32, attempts: u32 },
    /// A wave that did not read back as it was written: the rest of the plan is not sent.
    #[error("wave {wave} of {of}, {label}, is not clean: {what}")]
    WaveNotClean { wave: usize, of: usize, label: String, what: String },
    /// The run was stopped.
    #[error("{}", .0.words())]
    Halted(StopCause),
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

impl EngineError {
    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            EngineError::Api(error) => error.code(),
            EngineError::Store(error) => error.code(),
            EngineError::Secret(_) => ProblemCode::CredentialUnreadable,
            EngineError::Guard { stop, .. } => guard_code(stop),
            // Past a limit is the graver of the two.
            EngineError::Confirmation { exceeded, .. } if !exceeded.is_empty() => ProblemCode::LimitExceeded,
            EngineError::Confirmation { .. } => ProblemCode::FirstImport,
            EngineError::NotLive { .. } => ProblemCode::NotLive,
            EngineError::NoChanges { .. } => ProblemCode::NoChanges,
            EngineError::CannotUndo(_) => ProblemCode::CannotUndo,
            EngineError::AtWork { .. } => ProblemCode::AtWork,
            EngineError::Drifted { .. } => ProblemCode::PlanDrifted,
            EngineError::Edited { .. } => ProblemCode::PlanEdited,
            EngineError::Quarantine { .. } => ProblemCode::Quarantine,
            EngineError::WaveNotClean { .. } => ProblemCode::WaveNotClean,
            EngineError::Halted(cause) => halt_code(cause),
            EngineError::Broken(_) => ProblemCode::Defect,
            EngineError::Gate { .. } => ProblemCode::ModelGate,
            EngineError::Input { .. } => ProblemCode::BadInput,
        }
    }
}

fn guard_code(stop: &GuardStop) -> ProblemCode {
    match stop {
        GuardStop::Empty => ProblemCode::SourceEmpty,
        GuardStop::TotalDiffers { .. } => ProblemCode::SourceTotal,
        GuardStop::Shrunk { .. } => ProblemCode::SourceShrunk,
        GuardStop::Weather { .. } => ProblemCode::SourceWeather,
        GuardStop::UsersShrunk { .. } => ProblemCode::UsersShrunk,
    }
}

fn halt_code(cause: &StopCause) -> ProblemCode {
    match cause {
        StopCause::ProgramEnds | StopCause::AtGate { .. } => ProblemCode::StoppedByEnd,
        StopCause::Operator { .. } => ProblemCode::StoppedByOperator,
        StopCause::Denied(WritePermit::NotLive { .. }) => ProblemCode::SwitchedOff,
        StopCause::Denied(WritePermit::Removed) => ProblemCode::TenantRemoved,
        StopCause::Denied(_) => ProblemCode::LeaseLost,
        StopCause::Unasked(error) => error.code(),
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let (code, text) = (error.code(), error.to_string());
        let problem: Problem = match error {
            EngineError::Api(error) => error.into(),
            EngineError::Store(error) => error.into(),
            EngineError::Secret(error) => Problem::new(ProblemKind::Input, "a credential cannot be read")
                .with_why(error.to_string())
                .with_remedy("put the credential in again under Settings, or with `onroll connection secret`"),
            EngineError::Guard { stop, lost } => guard_problem(&stop, lost, text),
            EngineError::Confirmation { confirm, exceeded, first_import, given } => {
                confirmation_problem(&confirm, &exceeded, first_import, given)
            }
            EngineError::NotLive { .. } => Problem::new(ProblemKind::Input, text)
                .with_remedy("publish it: `!` on Overview, or `onroll tenant on TENANT`"),
            EngineError::NoChanges { .. } => Problem::new(ProblemKind::Input, text)
                .with_who("nobody; no run was begun")
                .with_remedy("leave `--changed` out: an ordinary run reads everybody, and takes over what need not be read again"),
            EngineError::CannotUndo(why) => Problem::new(ProblemKind::Input, text)
                .with_who("nobody; nothing was sent")
                .with_remedy(why.remedy()),
            EngineError::AtWork { .. } => {
                Problem::new(ProblemKind::Locked, text).with_remedy("wait for it on Run, or stop it there with x")
            }
            EngineError::Drifted { .. } => Problem::new(ProblemKind::Drifted, text)
                .with_who("nobody; nothing was written")
                .with_remedy("look at the new plan and approve that one"),
            EngineError::Edited { differs, .. } => Problem::new(ProblemKind::Input, text)
                .with_who("nobody; nothing was sent")
                .with_why(differs)
                .with_remedy("run the file as it was written, or make it anew: `onroll plan TENANT --out FILE.json`")
                .with_remedy(
                    "to leave people out: `--only ID`, `--without leavers|creations|updates|identifiers`, a ruling in \
                     Review, or `t` on Plan",
                ),
            EngineError::Quarantine { .. } => Problem::new(
                ProblemKind::Failed,
                "the tenant is paused: too many writes failed",
            )
            .with_who("those who are not written yet; nothing more is sent")
            .with_why(text)
            .with_remedy(
                "look at the errors of the run, cure their cause, then test the connection: that lifts the pause",
            ),
            EngineError::WaveNotClean { .. } => Problem::new(ProblemKind::Failed, text)
                .with_who("the people of the later waves; nothing of theirs was sent")
                .with_remedy("look at the lines of this wave: Run, or `onroll runs show RUN`")
                .with_remedy(
                    "go on with the next wave, under the same approval: `!` on Run, or `onroll runs resume TENANT`",
                )
                .with_remedy("or plan anew: what is not sent is planned again"),
            EngineError::Halted(cause) => halt_problem(&cause),
            EngineError::Broken(_) => Problem::new(ProblemKind::Failed, text)
                .with_remedy("the run can be continued; please report this with the log file"),
            EngineError::Gate { .. } => Problem::new(ProblemKind::Stopped, text)
                .with_who("nobody; the version in use stays in use")
                .with_remedy("rule on more people, then propose again"),
            EngineError::Input { what, remedy } => Problem::new(ProblemKind::Input, what).with_remedy(remedy),
        };
        problem.with_code(code)
    }
}

fn halt_problem(cause: &StopCause) -> Problem {
    let kind = match cause {
        StopCause::Denied(WritePermit::LeaseLost { .. }) => ProblemKind::Locked,
        _ => ProblemKind::Failed,
    };
    let problem = Problem::new(kind, cause.words());
    match cause {
        StopCause::ProgramEnds => {
            problem.with_remedy("sync again: it first finishes what was approved and is not written")
        }
        StopCause::AtGate { tenant, .. } => problem
            .with_who("the people of that wave and the later ones; nothing of theirs was sent")
            .with_remedy(format!(
                "look at what was written, then let it go: `!` on Run, or `onroll runs resume {tenant}` for each wave"
            )),
        StopCause::Operator { .. } => problem.with_remedy("sync again: what was not written is planned anew"),
        StopCause::Denied(WritePermit::NotLive { .. }) => {
            problem.with_remedy("switch it on when it may be written again; what was not written is planned anew then")
        }
        StopCause::Denied(WritePermit::Removed) => problem.with_remedy("nothing; its users stay as they are"),
        StopCause::Denied(_) => problem.with_remedy("look at the other run: it finishes what this one left"),
        StopCause::Unasked(error) => problem.with_remedy(error.remedy()),
    }
}

fn guard_problem(stop: &GuardStop, lost: Vec<Lost>, text: String) -> Problem {
    let problem = Problem::new(ProblemKind::Stopped, "the source guard stopped the run before its first write")
        .with_who("everybody; nothing was written")
        .with_why(text)
        .with_remedy("look into the source: was a filter, a site or a permission changed?");
    match stop {
        GuardStop::Weather { received, last_good, findings } => {
            let words = format!(
                "if it is right, let it through once: Enter on Run, or `--confirm TENANT:{received}` of plan; a field that \
                 feeds nothing any more is mapped to `none`"
            );
            let mut problem = problem.with_remedy(words);
            problem.let_through = Some(Box::new(LetThrough {
                side: Side::Source,
                received: *received,
                last_good: *last_good,
                lost,
                findings: findings.clone(),
            }));
            problem
        }
        GuardStop::Shrunk { received, last_good, .. } => {
            let words = format!(
                "if the list is right, let it through once: Enter on Run, or `--confirm TENANT:{received}` of sync"
            );
            let mut problem = problem.with_remedy(words);
            problem.let_through = Some(Box::new(LetThrough {
                side: Side::Source,
                received: *received,
                last_good: *last_good,
                lost,
                findings: Vec::new(),
            }));
            problem
        }
        GuardStop::UsersShrunk { received, last_good, .. } => {
            let words = format!(
                "if users were removed there, let it through once: Enter on Run, or `--confirm TENANT:{received}` of plan"
            );
            let mut problem = Problem::new(
                ProblemKind::Stopped,
                "the destination lists far fewer users than last time; stopped before the first write",
            )
            .with_who("everybody; nothing was written")
            .with_why(stop.to_string())
            .with_remedy("look into the destination: is it the right account, may the key see everybody?")
            .with_remedy(words);
            problem.let_through = Some(Box::new(LetThrough {
                side: Side::Destination,
                received: *received,
                last_good: *last_good,
                lost,
                findings: Vec::new(),
            }));
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
        .with_remedy(format!("look at the plan, then confirm with `--confirm {confirm}`"))
        .with_remedy("or leave parts held with `--without leavers|creations|updates|identifiers`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;
    use crate::domain::connection::ConnectionStatus;
    use crate::domain::ids::RunId;
    use crate::store::Holder;
    use jiff::Timestamp;
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    fn of_vendors() -> Vec<ApiError> {
        let (vendor, detail) = ("Flow", String::new);
        vec![
            ApiError::Refused { vendor, detail: detail() },
            ApiError::Forbidden { vendor, detail: detail(), remedy: detail() },
            ApiError::Temporary { vendor, detail: detail() },
            ApiError::WrongAddress { vendor, detail: detail() },
            ApiError::Unexpected { vendor, detail: detail() },
            ApiError::Corrupt { vendor, detail: detail() },
            ApiError::Unreadable { vendor, detail: detail() },
            ApiError::Certificate { vendor, host: detail(), detail: detail(), remedy: detail() },
            ApiError::Incomplete { vendor, detail: detail() },
            ApiError::OtherAccount { vendor, detail: detail() },
            ApiError::Setup { vendor, detail: detail() },
            ApiError::UnknownVendor { key: detail() },
        ]
    }

    fn of_workspace() -> Vec<StoreError> {
        let (path, detail) = (PathBuf::new, String::new);
        let holder = Holder { pid: 1, host: detail(), start: detail(), what: detail() };
        vec![
            StoreError::Open { path: path(), detail: detail() },
            StoreError::NewerWorkspace { path: path(), found: 9, known: 1 },
            StoreError::Damaged { detail: detail() },
            StoreError::Busy,
            StoreError::DiskFull,
            StoreError::ReadOnly,
            StoreError::Unreadable { row: detail(), detail: detail(), cure: "" },
            StoreError::NoSuchConnection { name: detail(), near: Vec::new() },
            StoreError::Missing { what: detail() },
            StoreError::LeaseHeld { holder: Box::new(holder), since: Timestamp::UNIX_EPOCH, ahead: None },
            StoreError::Other { detail: detail() },
        ]
    }

    fn of_runs() -> Vec<EngineError> {
        let guard = |stop| EngineError::Guard { stop, lost: Vec::new() };
        let exceeded =
            LimitCheck { kind: crate::domain::plan::LimitKind::Leavers, count: 9, allowed: 3, waived: false };
        let confirmation = |exceeded: Vec<LimitCheck>| EngineError::Confirmation {
            confirm: "a:9".to_owned(),
            first_import: exceeded.is_empty(),
            exceeded,
            given: None,
        };
        let off =
            WritePermit::NotLive { status: ConnectionStatus::Off, by: String::new(), since: Timestamp::UNIX_EPOCH };
        vec![
            guard(GuardStop::Empty),
            guard(GuardStop::TotalDiffers { declared: 2, received: 1 }),
            guard(GuardStop::Shrunk { received: 1, last_good: 9, lost: 8 }),
            guard(GuardStop::Weather { received: 1, last_good: 1, findings: Vec::new() }),
            guard(GuardStop::UsersShrunk { received: 1, last_good: 9, lost: 8 }),
            confirmation(vec![exceeded]),
            confirmation(Vec::new()),
            EngineError::NotLive { tenant: String::new(), status: "off" },
            EngineError::NoChanges { vendor: "CSV" },
            EngineError::CannotUndo(CannotUndo::WroteNothing(RunId(1))),
            EngineError::AtWork { tenant: String::new() },
            EngineError::Drifted { approved: String::new(), now: String::new() },
            EngineError::Edited { file: String::new(), differs: String::new() },
            EngineError::Quarantine { vendor: "Flow", failures: 9, attempts: 20 },
            EngineError::WaveNotClean { wave: 1, of: 4, label: "one person".to_owned(), what: String::new() },
            EngineError::Halted(StopCause::ProgramEnds),
            EngineError::Halted(StopCause::Operator { by: None }),
            EngineError::Halted(StopCause::AtGate { gate: String::new(), tenant: String::new() }),
            EngineError::Halted(StopCause::Denied(WritePermit::Removed)),
            EngineError::Halted(StopCause::Denied(WritePermit::LeaseLost { holder: None })),
            EngineError::Halted(StopCause::Denied(off)),
            EngineError::Secret(SecretError::Missing { place: String::new() }),
            EngineError::Halted(StopCause::Unasked(StoreError::LeaseLost)),
            EngineError::Broken(String::new()),
            EngineError::Gate { version: 2, refusal: Refusal::TooFew },
            EngineError::Input { what: "no".to_owned(), remedy: String::new() },
        ]
    }

    #[test]
    fn s_bx12_every_code_of_a_stop_or_trouble_is_reached_and_each_problem_has_its_own() {
        let vendors = of_vendors().into_iter().map(EngineError::Api);
        let workspace = of_workspace().into_iter().map(EngineError::Store);
        let mut reached = BTreeSet::new();
        for error in vendors.chain(workspace).chain(of_runs()) {
            let code = error.code();
            let problem = Problem::from(error);
            assert_eq!(problem.code(), code, "{problem}");
            assert!(Code::from_key(code.key()).is_some());
            reached.insert(code);
        }
        let left: Vec<_> = ProblemCode::ALL.iter().filter(|code| !reached.contains(code)).collect();
        assert!(left.is_empty(), "nothing leads to {left:?}");
    }
}
