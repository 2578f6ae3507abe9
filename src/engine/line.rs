//! One line of an apply: re-checked just before it leaves, and what its answer comes to.

use super::apply::Applier;
use super::error::EngineError;
use super::live::Freshness;
use super::operation::{DriftCheck, drift_check, person_of, user_after, write_of};
use super::record::{Done, Sink, sentence};
use super::settle::Settled;
use crate::domain::drift::{Cause, Moved, MovedBy};
use crate::domain::exchange::{Purpose, Subject};
use crate::domain::field::Field;
use crate::domain::ids::UserId;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind, employee_to_be};
use crate::domain::run::{Level, NO_ANSWER, OperationState, PARKED, Phase};
use crate::planning::Drift;
use crate::ports::api::ApiError;
use crate::ports::clock::day_in;
use crate::ports::destination::{Write, WriteAnswer, WriteError};
use crate::store::JournalRow;
use std::sync::PoisonError;
use tokio::time::Instant;

/// Codes that may come from the order of two writes of one plan; such a line is tried once more when all others are done.
const ORDER_CODES: [&str; 2] = ["EMAIL_IN_USE", "IDENTIFIER_IN_USE"];

/// A change that went to another user than it was for, because the identifier was edited between the last look and the write.
/// Mostly that user was made by it: many destinations write by identifier, and make whom they do not find.
pub(super) const MADE_INSTEAD: &str = "MADE_INSTEAD";

/// Whether an operation is about a user who is there.
fn changes_a_user(operation: &Operation) -> bool {
    let is_of_somebody = operation.identifier.is_some();
    is_of_somebody && !matches!(operation.kind, OperationKind::Create | OperationKind::Link)
}

/// Why a manager cannot be written although the plan says so: the user to refer to was not made.
fn unmade(operation: &Operation) -> Option<String> {
    let to =
        operation.fields.iter().filter(|change| change.field == Field::Manager).find_map(|one| one.to.as_deref())?;
    let manager = employee_to_be(to)?;
    Some(format!("manager {manager} has no user yet; the next plan sets it"))
}

/// What is said of [`MADE_INSTEAD`].
fn instead(operation: &Operation, other: Option<&UserId>, is_known: bool) -> String {
    let other = other.map_or_else(|| "another user".to_owned(), |user| format!("user {user}"));
    let meant = operation.user.as_ref().map_or_else(|| "the user".to_owned(), |user| format!("user {user}"));
    let deed = if is_known { "was written" } else { "was made" };
    format!(
        "the identifier was taken off {meant} just before the write, so that {other} {deed} instead; {meant} is as before. \
         The next plan asks which of the two the person is"
    )
}

/// A line that may be written now.
pub(super) struct Ready {
    pub row: JournalRow,
    operation: Operation,
    live: Option<User>,
    pub write: Write,
}

impl Ready {
    /// Whom the line is about, for what is kept of what is said.
    pub(super) fn subject(&self) -> (u32, Subject) {
        (self.operation.seq, Subject::of(&self.operation, self.live.as_ref()))
    }
}

/// What became of a line just before it would leave.
pub(super) enum Prepared {
    Ready(Box<Ready>),
    /// Needs nothing, or must not be written any more; its outcome is recorded.
    Settled,
    /// Its live record could not be read; to be tried again when all others are done.
    Later(Box<JournalRow>),
}

/// What stands at the destination for a line.
enum Live {
    User(Option<Box<User>>),
    /// Somebody who was not there when the plan was made may be the person.
    Alike(String),
}

/// What an answer comes to.
pub(super) enum Concluded {
    Done,
    /// Refused for a reason that the order of two writes may cure.
    TryAgain,
    /// No usable answer, and no effect that can be read.
    NoEffect {
        again: bool,
    },
}

impl Applier<'_> {
    /// Re-checks a journaled line just before it leaves.
    pub(super) async fn prepare(
        &self,
        phase: Phase,
        row: JournalRow,
        last_try: bool,
        sink: Sink<'_>,
    ) -> Result<Prepared, EngineError> {
        let operation = self.with_codes(&row.operation);
        let ruled = self.rulings.against(&operation).map(|why| (Moved::of(Cause::Ruled, MovedBy::Operator), why));
        let unmade = || unmade(&operation).map(|why| (Moved::of(Cause::Unmade, MovedBy::Unknown), why));
        if let Some((moved, reason)) = ruled.or_else(unmade) {
            return self.skip(sink, phase, &operation, moved, &reason).await.map(|()| Prepared::Settled);
        }
        let look = self.said.hear(Purpose::Look, (&operation, self.before(&operation)), self.live_record(&operation));
        let live = match look.await {
            Ok(live) => live,
            Err(error) => {
                self.put_back(&row).await?;
                if self.context.control.is_stopped() {
                    // Others may be on their way, and are awaited.
                    return Ok(Prepared::Settled);
                }
                let text = self.health.unread(error, last_try)?;
                if !last_try {
                    return Ok(Prepared::Later(Box::new(row)));
                }
                let text = format!("the live record could not be read, so nothing was sent: {text}");
                let moved = Moved::of(Cause::Unread, MovedBy::Unknown);
                return self.skip(sink, phase, &operation, moved, &text).await.map(|()| Prepared::Settled);
            }
        };
        self.health.read();
        let live = match live {
            Live::Alike(reason) => {
                let moved = Moved::of(Cause::Appeared, MovedBy::Destination);
                return self.skip(sink, phase, &operation, moved, &reason).await.map(|()| Prepared::Settled);
            }
            Live::User(live) => live.map(|user| *user),
        };
        match drift_check(&operation, live.as_ref()) {
            DriftCheck::Open => match write_of(&operation, live.as_ref()) {
                Ok(write) => return Ok(Prepared::Ready(Box::new(Ready { row, operation, live, write }))),
                Err(error) => {
                    let text = error.to_string();
                    let error = Some(("UNWRITABLE", text.as_str()));
                    self.record(sink, phase, &operation, OperationState::Failed, None, error, &text).await?;
                }
            },
            DriftCheck::Done => {
                let is_first_look = row.attempts == 0 && !self.may_have_left(operation.seq);
                let moved = is_first_look.then(|| Drift::AlreadyDone.moved(&operation, live.as_ref()));
                self.there_already(sink, phase, &operation, live, moved).await?;
            }
            DriftCheck::Moved(drift) => {
                let moved = drift.moved(&operation, live.as_ref());
                self.skip(sink, phase, &operation, moved, &drift.to_string()).await?;
            }
        }
        Ok(Prepared::Settled)
    }

    /// Whether a request for this line has left in this run without an outcome that stands: what the destination holds may
    /// be its doing.
    fn may_have_left(&self, seq: u32) -> bool {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).contains(&seq)
    }

    /// Takes the answer to a write.
    pub(super) async fn conclude(
        &self,
        phase: Phase,
        line: &Ready,
        answer: Result<WriteAnswer, WriteError>,
        last_try: bool,
        lost_at: Instant,
        sink: Sink<'_>,
    ) -> Result<Concluded, EngineError> {
        if matches!(answer, Err(WriteError::Unknown { .. } | WriteError::Rejected { .. })) {
            self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(line.operation.seq);
        }
        match answer {
            Ok(answer) => self.written(sink, phase, &line.operation, line.live.as_ref(), answer).await?,
            Err(WriteError::Rejected { code, .. }) if !last_try && ORDER_CODES.contains(&code.as_str()) => {
                self.reopen(&line.row).await?;
                return Ok(Concluded::TryAgain);
            }
            Err(WriteError::Rejected { status, code, message, .. }) => {
                self.health.refused();
                let text = format!("{status} {code}: {message}");
                let error = Some((code.as_str(), message.as_str()));
                self.record(sink, phase, &line.operation, OperationState::Failed, None, error, &text).await?;
            }
            Err(WriteError::Moved { detail }) => {
                let moved = Moved::of(Cause::Refused, MovedBy::Destination);
                self.skip(sink, phase, &line.operation, moved, &detail).await?;
            }
            // The line stays `sent`, and there is no time to say why: the next run settles it by reading.
            Err(WriteError::Unknown { .. }) if self.context.control.program_ends() => {}
            Err(WriteError::Unknown { detail }) => {
                return self.unknown(phase, &line.row, last_try, lost_at, &detail).await;
            }
            Err(WriteError::NotSent(error)) => {
                self.put_back(&line.row).await?;
                if error != ApiError::Stopped {
                    return Err(error.into());
                }
            }
        }
        Ok(Concluded::Done)
    }

    async fn written(
        &self,
        sink: Sink<'_>,
        phase: Phase,
        operation: &Operation,
        live: Option<&User>,
        answer: WriteAnswer,
    ) -> Result<(), EngineError> {
        let answered = answer.user.as_ref();
        let is_other = live.zip(answered).is_some_and(|(user, answered)| user.id != *answered);
        if changes_a_user(operation) && (answer.created || is_other) {
            self.health.refused();
            let is_known = answered.is_some_and(|user| self.known.users.contains_key(user));
            let text = instead(operation, answered, is_known && !answer.created);
            let error = Some((MADE_INSTEAD, text.as_str()));
            return self.record(sink, phase, operation, OperationState::Failed, None, error, &text).await;
        }
        if answer.parked {
            let text = if answer.warnings.is_empty() {
                "the destination keeps the person parked as a possible duplicate".to_owned()
            } else {
                answer.warnings.join("; ")
            };
            let error = Some((PARKED, text.as_str()));
            let mut outcome = self.outcome(phase, operation, OperationState::SetAside, None, error, &text);
            outcome.moved = Some(Moved::of(Cause::Parked, MovedBy::Destination));
            return self.hand_over(sink, Done { phase, outcome }).await;
        }
        let mut warnings = answer.warnings;
        let mut user = answer.user;
        if operation.kind == OperationKind::Create
            && let Some(other) = user.take_if(|user| !self.is_made_by(operation, user))
        {
            warnings
                .push(format!("the answer named user {other}, who is somebody else; reading back tells who was made"));
        }
        let after = user_after(operation, live, user);
        let mut outcome = if answer.gone {
            // Read back already: there is nobody whom a later reading could show.
            let text = "the user is not there any more: nobody is tied to it now";
            let mut outcome = self.outcome(phase, operation, OperationState::Confirmed, after, None, text);
            (outcome.link, outcome.gone) = (None, outcome.user.take().map(|user| user.id));
            outcome
        } else {
            self.outcome(phase, operation, OperationState::Written, after, None, &sentence(operation))
        };
        if !warnings.is_empty() {
            outcome.lines.push(self.line(phase, operation, Level::Warn, "warning", warnings.join("; ")));
        }
        self.hand_over(sink, Done { phase, outcome }).await
    }

    /// Whether the user whom the answer to a creation names can have been made by it: nobody whom the plan knew as somebody
    /// else, and nobody whom the answer to another creation has named.
    fn is_made_by(&self, operation: &Operation, user: &UserId) -> bool {
        let is_other = self.known.users.get(user).is_some_and(|known| known.identifier != operation.identifier);
        !is_other && self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(user.clone())
    }

    /// Why a change is not settled by the user who carries its identifier now: that user was not there when the plan was made.
    pub(super) fn made_instead(&self, operation: &Operation, live: &User) -> Option<String> {
        let is_other = operation.user.as_ref().is_some_and(|user| *user != live.id);
        let is_new = changes_a_user(operation) && is_other && !self.known.users.contains_key(&live.id);
        is_new.then(|| instead(operation, Some(&live.id), false))
    }

    /// The answer was lost: the write may have taken effect. Only reading can tell.
    async fn unknown(
        &self,
        phase: Phase,
        row: &JournalRow,
        last_try: bool,
        lost_at: Instant,
        detail: &str,
    ) -> Result<Concluded, EngineError> {
        let operation = &row.operation;
        let error = Some((NO_ANSWER, detail));
        self.record(None, phase, operation, OperationState::Unknown, None, error, detail).await?;
        match self.settle_by_reading(phase, operation, lost_at).await? {
            Settled::TookEffect => return Ok(Concluded::Done),
            Settled::StillUnknown => return Ok(Concluded::NoEffect { again: false }),
            Settled::Unchanged if !last_try => return Ok(Concluded::NoEffect { again: true }),
            Settled::Unchanged => {}
        }
        let text = format!("no usable answer, also when sent again; read back: it did not take effect ({detail})");
        let error = Some((NO_ANSWER, text.as_str()));
        self.record(None, phase, operation, OperationState::Failed, None, error, &text).await?;
        Ok(Concluded::NoEffect { again: false })
    }

    /// The live record that a line is re-checked against; none for an option.
    async fn live_record(&self, operation: &Operation) -> Result<Live, EngineError> {
        let user = match (operation.kind, &operation.identifier, &operation.user) {
            (OperationKind::Link, _, Some(id)) => {
                let email = self.known.users.get(id).and_then(|user| user.person.email.as_deref());
                self.live.by_id(id, email, Freshness::Recent).await?
            }
            (OperationKind::CreateOption | OperationKind::Link, ..) | (_, None, _) => None,
            (OperationKind::Create, Some(identifier), _) => {
                let view = self.live.view(Freshness::Recent).await?;
                let mut carrier = view.carrier(identifier).cloned();
                if carrier.is_none() && operation.makes_again() {
                    // This list may lack the same users as the one that the plan was made from: of each of them it is asked.
                    carrier = self.live.by_identifier(identifier).await?;
                }
                if carrier.is_none() && !view.appeared.is_empty() {
                    let today = day_in(self.engine.clock.now(), &self.context.connection.time_zone);
                    if let Some(user) = view.appeared.alike(&person_of(&operation.fields), today) {
                        let text = "has appeared since the plan was made and may be this person; the next plan asks";
                        return Ok(Live::Alike(format!("user {} {text}", user.id)));
                    }
                }
                carrier
            }
            (_, Some(identifier), _) => self.live.by_identifier(identifier).await?,
        };
        Ok(Live::User(user.map(Box::new)))
    }
}
