//! What became of a line: the outcome with its feed line, the picture of the user and the link, and its way to the disk.
//! Outcomes that come while a commit is on its way share the next.

use super::apply::Applier;
use super::error::EngineError;
use crate::domain::code::LineCode;
use crate::domain::decision::{Link, LinkOrigin};
use crate::domain::drift::Fate;
use crate::domain::exchange::Exchange;
use crate::domain::field::FieldFacts;
use crate::domain::ids::RunId;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{FeedLine, Level, OperationState, Phase};
use crate::planning::origin_of_link;
use crate::store::{OperationMark, Outcome, Said};
use tokio::sync::mpsc;

/// Outcomes that one commit takes at most.
pub(super) const OUTCOMES_AT_ONCE: usize = 512;

/// How an outcome reaches the disk: with those around it, or at once because something hangs on it.
pub(super) type Sink<'a> = Option<&'a mpsc::Sender<Done>>;

/// An outcome on its way to the disk.
pub(super) struct Done {
    pub phase: Phase,
    pub outcome: Outcome,
}

impl Applier<'_> {
    /// An outcome and all that follows from it: the feed line, the local picture of the user, the link.
    pub(super) fn outcome(
        &self,
        phase: Phase,
        operation: &Operation,
        state: OperationState,
        after: Option<User>,
        error: Option<(&str, &str)>,
        text: &str,
    ) -> Outcome {
        let (level, what) = headline(operation.kind, state, error.map(|(code, _)| code));
        Outcome {
            mark: OperationMark {
                seq: operation.seq,
                state,
                answered: after.as_ref().map(|user| user.id.clone()),
                error: error.map(|(code, message)| (code.to_owned(), message.to_owned())),
            },
            lines: vec![self.line(phase, operation, level, what, text.to_owned())],
            link: after.as_ref().and_then(|user| link_after(operation, user, self.engine.clock.now())),
            user: after,
            gone: None,
            said: None,
            moved: None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what happened, to which line, and how it is kept")]
    pub(super) async fn record(
        &self,
        sink: Sink<'_>,
        phase: Phase,
        operation: &Operation,
        state: OperationState,
        after: Option<User>,
        error: Option<(&str, &str)>,
        text: &str,
    ) -> Result<(), EngineError> {
        let outcome = self.outcome(phase, operation, state, after, error, text);
        self.hand_over(sink, Done { phase, outcome }).await
    }

    pub(super) async fn hand_over(&self, sink: Sink<'_>, done: Done) -> Result<(), EngineError> {
        match sink {
            // Where nobody takes it any more, the recorder has failed, and its error ends the step.
            Some(sink) => {
                let _ = sink.send(done).await;
                Ok(())
            }
            None => self.commit(vec![done]).await,
        }
    }

    /// Commits outcomes as they come, those that came meanwhile together; ends when nobody sends any more.
    pub(super) async fn record_all(&self, mut outcomes: mpsc::Receiver<Done>) -> Result<(), EngineError> {
        let mut batch = Vec::with_capacity(OUTCOMES_AT_ONCE);
        while outcomes.recv_many(&mut batch, OUTCOMES_AT_ONCE).await > 0 {
            self.commit(std::mem::take(&mut batch)).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(&self, batch: Vec<Done>) -> Result<(), EngineError> {
        let fate = |outcome: &Outcome| {
            let cause = outcome.moved.as_ref().map(|moved| moved.cause);
            (outcome.mark.state, Fate::of(outcome.mark.state, false, cause))
        };
        let states: Vec<(Phase, (OperationState, Fate))> =
            batch.iter().map(|done| (done.phase, fate(&done.outcome))).collect();
        let mut outcomes = Vec::with_capacity(batch.len());
        for done in batch {
            outcomes.push(self.with_said(done.outcome).await);
        }
        self.engine.store.record_outcomes(self.context.connection.id, self.plan, outcomes).await?;
        self.context.reporter.update(|progress| {
            for (phase, (state, fate)) in states {
                match state {
                    OperationState::Written if fate == Fate::Already => progress.already += 1,
                    OperationState::Written => progress.written += 1,
                    OperationState::Failed => progress.failed += 1,
                    OperationState::SetAside => progress.set_aside += 1,
                    OperationState::Unknown => progress.unknown += 1,
                    OperationState::Pending | OperationState::Sent | OperationState::Confirmed => {}
                }
                if state != OperationState::Unknown {
                    progress.phases.entry(phase).or_default().done += 1;
                }
            }
        });
        Ok(())
    }

    /// An outcome with what was said of its line until now.
    async fn with_said(&self, mut outcome: Outcome) -> Outcome {
        outcome.said = said_of(self.context.run, self.said.take(outcome.mark.seq).await);
        outcome
    }

    /// Keeps what was said of lines that have come to no outcome: given up before they left, or as the run was stopped.
    pub(super) async fn keep_said(&self) {
        let (connection, run) = (self.context.connection.id, self.context.run);
        let kept = self.engine.store.keep_exchanges(connection, run, self.plan, self.said.take_all().await).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "what was said of lines without an outcome could not be kept");
        }
    }

    pub(super) fn line(&self, phase: Phase, operation: &Operation, level: Level, what: &str, text: String) -> FeedLine {
        FeedLine {
            run: Some(self.context.run),
            at: self.engine.clock.now(),
            level,
            phase: Some(phase),
            employee: operation.employee.clone(),
            what: what.to_owned(),
            text,
        }
    }
}

/// What was said, as an outcome carries it.
pub(super) fn said_of(run: RunId, exchanges: Vec<Exchange>) -> Option<Said> {
    (!exchanges.is_empty()).then_some(Said { run, exchanges })
}

/// The tie that an operation makes or confirms.
pub(super) fn link_after(operation: &Operation, user: &User, at: jiff::Timestamp) -> Option<Link> {
    let origin = match operation.kind {
        OperationKind::Create => LinkOrigin::Created,
        OperationKind::Link => origin_of_link(operation),
        OperationKind::Update | OperationKind::Reactivate | OperationKind::Deactivate => LinkOrigin::Identifier,
        _ => return None,
    };
    Some(Link {
        employee: operation.employee.clone()?,
        user: user.id.clone(),
        identifier: operation.identifier.clone()?,
        origin,
        at,
        // A status that nobody knows is not "switched off": only that lets a rehire be switched on again unasked.
        active: !user.status.is_inactive(),
    })
}

fn headline(kind: OperationKind, state: OperationState, error: Option<&str>) -> (Level, &'static str) {
    match state {
        OperationState::Failed if error.is_some_and(|code| LineCode::of_failed(code) == LineCode::NoAnswer) => {
            (Level::Error, LineCode::NoAnswer.words())
        }
        OperationState::Failed => (Level::Error, "failed"),
        OperationState::Unknown => (Level::Warn, "unknown"),
        OperationState::SetAside => (Level::Warn, "skipped"),
        _ => (Level::Info, kind.facts().done),
    }
}

/// What was written, field by field; values of personal fields stay out of the log.
pub(super) fn sentence(operation: &Operation) -> String {
    match operation.kind {
        OperationKind::Create => operation.note.clone().unwrap_or_else(|| "new user".to_owned()),
        OperationKind::Link => match &operation.user {
            Some(user) => format!("identifier written to user {user}"),
            None => "identifier written".to_owned(),
        },
        OperationKind::CreateOption => {
            let name = operation.fields.first().and_then(|change| change.to.clone()).unwrap_or_default();
            format!("`{name}`")
        }
        OperationKind::RemoveOption => operation.note.clone().unwrap_or_default(),
        _ => {
            let parts: Vec<String> = operation
                .fields
                .iter()
                .map(|change| match change.field.facts() {
                    FieldFacts { is_private: true, words, .. } => words.to_owned(),
                    FieldFacts { words, .. } => format!(
                        "{words} {} → {}",
                        change.from.as_deref().unwrap_or("(empty)"),
                        change.to.as_deref().unwrap_or("(empty)")
                    ),
                })
                .collect();
            parts.join(", ")
        }
    }
}
