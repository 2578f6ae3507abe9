//! Settle: what an interrupted run had sent but not heard back about is decided by reading, before anything else is written.

use super::Engine;
use super::apply::{Applier, phase_of};
use super::error::EngineError;
use super::live::Freshness;
use super::run::RunContext;
use crate::domain::ids::PlanId;
use crate::domain::run::{OperationState, Phase};

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
        applier.expect(rows.len());
        for row in &rows {
            let phase = phase_of(row.operation.kind).unwrap_or(Phase::Settle);
            applier.settle_by_reading(phase, &row.operation, Freshness::Recent).await?;
            context.reporter.advance(Phase::Settle, 1);
        }
        self.leave(context.run, Phase::Settle, context.reporter).await
    }
}
