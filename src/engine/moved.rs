//! Lines for which nothing is sent: skipped because they have moved, or there already. What stood there is kept with the line.

use super::apply::Applier;
use super::error::EngineError;
use super::record::{Done, Sink};
use crate::domain::drift::{Cause, Moved};
use crate::domain::person::User;
use crate::domain::plan::Operation;
use crate::domain::run::{OperationState, Phase};

impl Applier<'_> {
    /// Skips a line, with what it met.
    pub(super) async fn skip(
        &self,
        sink: Sink<'_>,
        phase: Phase,
        operation: &Operation,
        moved: Moved,
        reason: &str,
    ) -> Result<(), EngineError> {
        let code = if moved.cause == Cause::Unread { "UNREADABLE" } else { "MOVED" };
        let error = Some((code, reason));
        let mut outcome = self.outcome(phase, operation, OperationState::SetAside, None, error, reason);
        outcome.moved = Some(moved);
        self.hand_over(sink, Done { phase, outcome }).await
    }

    /// Counts a line as done for which nothing need be sent. Where it may have been sent before, nothing is kept of it: what
    /// stands there may be its own doing.
    pub(super) async fn there_already(
        &self,
        sink: Sink<'_>,
        phase: Phase,
        operation: &Operation,
        user: Option<User>,
        moved: Option<Moved>,
    ) -> Result<(), EngineError> {
        let text = "the destination has it already";
        let mut outcome = self.outcome(phase, operation, OperationState::Written, user, None, text);
        outcome.moved = moved;
        self.hand_over(sink, Done { phase, outcome }).await
    }
}
