//! Settle: what was sent but not heard back about is decided by reading, never by sending again blindly.

use super::Engine;
use super::apply::Applier;
use super::error::EngineError;
use super::line::MADE_INSTEAD;
use super::live::Freshness;
use super::operation::{DriftCheck, drift_check, person_of, removed_option};
use super::plan;
use super::run::RunContext;
use crate::domain::capabilities::ReadBack;
use crate::domain::exchange::Purpose;
use crate::domain::ids::PlanId;
use crate::domain::operation::UserChange;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind};
use crate::domain::run::{OperationState, Phase};
use std::time::Duration;
use tokio::time::Instant;

/// Beyond the moment from which a destination shows everything, so that a reading surely began after it.
const BEYOND: Duration = Duration::from_millis(1);

/// How an unknown outcome was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is done, or must not be done any more; recorded.
    TookEffect,
    /// It did not take effect and is open again.
    Unchanged,
    /// The destination cannot be read for it.
    StillUnknown,
}

/// What the destination shows of a line whose answer was lost.
enum Shown {
    Nobody,
    User(Box<User>),
    /// The user whom a creation made; somebody has cut the tie since.
    Cut(Box<User>),
}

impl Engine {
    /// Decides every line of the plan that is `sent` or `unknown`: it took effect, or it is open again, or the record has
    /// moved.
    ///
    /// # Errors
    /// What concerns the connection as a whole; a line that cannot be settled yet stays unknown.
    pub(super) async fn settle(&self, context: &RunContext<'_>, plan: PlanId) -> Result<(), EngineError> {
        let rows = self.store.operations(plan, &[OperationState::Sent, OperationState::Unknown]).await?;
        self.enter(context.run, Phase::Settle, Some(rows.len() as u64), context.reporter).await?;
        let applier = Applier::new(self, context, plan).await?;
        // Nothing is on its way now: what the destination lists from here on is what took effect.
        let now = Instant::now();
        let settled = async {
            for row in &rows {
                context.control.check()?;
                let phase = row.operation.kind.phase();
                applier.settle_by_reading(phase, &row.operation, now).await?;
                context.reporter.advance(Phase::Settle, 1);
            }
            Ok::<_, EngineError>(())
        };
        let settled = settled.await;
        applier.keep_said().await;
        settled?;
        self.leave(context.run, Phase::Settle, context.reporter).await
    }
}

impl Applier<'_> {
    /// Settles one line whose request, given up at `lost_at`, may or may not have taken effect: by identifier; a creation also
    /// by what was written, should somebody have changed the identifier meanwhile. What adds, and would add again when sent
    /// again, is open only when it is not seen after the time within which the destination shows what was written.
    pub(super) async fn settle_by_reading(
        &self,
        phase: Phase,
        operation: &Operation,
        lost_at: Instant,
    ) -> Result<Settled, EngineError> {
        let operation = self.with_codes(operation);
        let shown_from = match operation.kind.facts().change {
            UserChange::Added => lost_at + self.shows_within()?,
            UserChange::Linked | UserChange::Changed | UserChange::Back | UserChange::Removed => lost_at,
        };
        let mut since = lost_at;
        loop {
            let is_final = shown_from == lost_at || Instant::now() > shown_from;
            let settled = match operation.kind {
                OperationKind::CreateOption | OperationKind::RemoveOption => {
                    self.settle_option(phase, &operation, is_final).await
                }
                _ => self.settle_person(phase, &operation, Freshness::Since(since), is_final).await,
            };
            match settled {
                Ok(Some(settled)) => return Ok(settled),
                Ok(None) => {
                    let wait = tokio::time::sleep_until(shown_from + BEYOND);
                    if self.context.control.guard(wait).await.is_err() {
                        return Ok(Settled::StillUnknown);
                    }
                    since = shown_from;
                }
                Err(EngineError::Api(error)) if !error.is_refusal() => {
                    tracing::warn!(%error, "an unknown outcome could not be settled yet");
                    return Ok(Settled::StillUnknown);
                }
                Err(other) => return Err(other),
            }
        }
    }

    fn shows_within(&self) -> Result<Duration, EngineError> {
        let connection = self.context.connection;
        Ok(plan::shows_within(connection, self.engine.abilities(connection)?.destination))
    }

    /// What one reading settles; `None` where it shows nothing and a later one may still.
    async fn settle_person(
        &self,
        phase: Phase,
        operation: &Operation,
        freshness: Freshness,
        is_final: bool,
    ) -> Result<Option<Settled>, EngineError> {
        let read =
            self.said.hear(Purpose::Settle, (operation, self.before(operation)), self.shown(operation, freshness));
        let live = match read.await? {
            Shown::Nobody => None,
            Shown::User(user) => Some(*user),
            Shown::Cut(user) => return self.settle_cut(phase, operation, *user).await.map(Some),
        };
        if let Some(text) = live.as_ref().and_then(|user| self.made_instead(operation, user)) {
            let text = format!("the answer was lost; read back: {text}");
            let error = Some((MADE_INSTEAD, text.as_str()));
            self.record(None, phase, operation, OperationState::Failed, None, error, &text).await?;
            self.no_longer_unknown();
            return Ok(Some(Settled::TookEffect));
        }
        match drift_check(operation, live.as_ref()) {
            DriftCheck::Done => {
                let text = "the answer was lost; read back: written once";
                // Who is only on a list has no id yet that anybody could be tied to.
                let after = live.filter(|_| operation.kind != OperationKind::Create || !self.goes_by_list());
                self.record(None, phase, operation, OperationState::Written, after, None, text).await?;
                self.no_longer_unknown();
                Ok(Some(Settled::TookEffect))
            }
            DriftCheck::Open if !is_final => Ok(None),
            DriftCheck::Open => {
                self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
                self.no_longer_unknown();
                Ok(Some(Settled::Unchanged))
            }
            DriftCheck::Moved(drift) => {
                let moved = drift.moved(operation, live.as_ref());
                self.skip(None, phase, operation, moved, &drift.to_string()).await?;
                self.no_longer_unknown();
                Ok(Some(Settled::TookEffect))
            }
        }
    }

    /// A creation took effect, and its user carries another identifier by now: written, and detached from the first moment.
    async fn settle_cut(&self, phase: Phase, operation: &Operation, user: User) -> Result<Settled, EngineError> {
        let text = format!("the answer was lost; read back: written once, but user {} was detached since", user.id);
        self.record(None, phase, operation, OperationState::Written, Some(user), None, &text).await?;
        self.no_longer_unknown();
        Ok(Settled::TookEffect)
    }

    /// Whether what is written stands on lists that somebody loads.
    fn goes_by_list(&self) -> bool {
        let abilities = self.engine.abilities(self.context.connection);
        abilities.is_ok_and(|abilities| abilities.destination.read_back == ReadBack::OnceLoaded)
    }

    fn no_longer_unknown(&self) {
        self.context.reporter.update(|progress| progress.unknown = progress.unknown.saturating_sub(1));
    }

    async fn settle_option(
        &self,
        phase: Phase,
        operation: &Operation,
        is_final: bool,
    ) -> Result<Option<Settled>, EngineError> {
        let Some(list) = operation.list else { return Ok(Some(Settled::StillUnknown)) };
        let options = self.context.clients.destination.options(list).await?;
        let (is_done, text) = match removed_option(operation).filter(|_| operation.kind == OperationKind::RemoveOption)
        {
            Some(key) => (!options.iter().any(|option| option.active && option.key == key), "read back: it is gone"),
            None => {
                let name = operation.fields.first().and_then(|change| change.to.as_deref());
                (options.iter().any(|option| Some(option.name.as_str()) == name), "read back: it is there")
            }
        };
        if is_done {
            self.record(None, phase, operation, OperationState::Written, None, None, text).await?;
            self.no_longer_unknown();
            return Ok(Some(Settled::TookEffect));
        }
        if !is_final {
            return Ok(None);
        }
        self.engine.store.mark(self.plan, operation.seq, OperationState::Pending, None, None).await?;
        self.no_longer_unknown();
        Ok(Some(Settled::Unchanged))
    }

    async fn shown(&self, operation: &Operation, freshness: Freshness) -> Result<Shown, EngineError> {
        let user = match (operation.kind, &operation.identifier, &operation.user) {
            (OperationKind::Link, _, Some(id)) => {
                let email = self.known.users.get(id).and_then(|user| user.person.email.as_deref());
                self.live.by_id(id, email, freshness).await?
            }
            (OperationKind::Create, Some(identifier), _) => {
                return self.shown_creation(operation, identifier, freshness).await;
            }
            (OperationKind::Link, ..) | (_, None, _) => None,
            (_, Some(identifier), _) => self.live.by_identifier(identifier).await?,
        };
        Ok(user.map_or(Shown::Nobody, |user| Shown::User(Box::new(user))))
    }

    async fn shown_creation(
        &self,
        operation: &Operation,
        identifier: &crate::domain::ids::Identifier,
        freshness: Freshness,
    ) -> Result<Shown, EngineError> {
        // One look-up costs less than a list, where there is none that was read after the answer was lost. Who was put on a list
        // is among no users until it is loaded.
        if (self.goes_by_list() || !self.live.has_view(freshness))
            && let Some(user) = self.live.by_identifier(identifier).await?
        {
            return Ok(Shown::User(Box::new(user)));
        }
        let view = self.live.view(freshness).await?;
        if let Some(user) = view.carrier(identifier) {
            return Ok(Shown::User(Box::new(user.clone())));
        }
        let made = view.appeared.made_by(operation, &person_of(&operation.fields), false);
        Ok(made.map_or(Shown::Nobody, |user| Shown::Cut(Box::new(user.clone()))))
    }
}
