//! The product's backend: every question and change is a task of its own, so that nothing waits for anything.

use super::{Context, command, query};
use crate::console::app::{Command, Generation, Payload, Query, Slot};
use crate::console::runtime::{Backend, Reply};

/// Hands questions and changes to the store and the engine.
pub struct ProductBackend {
    context: Context,
}

impl ProductBackend {
    /// A backend over this store and engine.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

impl Backend for ProductBackend {
    fn query(&self, _slot: Slot, _generation: Generation, asked: Query, reply: Reply) {
        let context = self.context.clone();
        // A task that panics drops its reply, which answers with a problem.
        tokio::spawn(async move { reply.result(query(&context, asked).await.map_err(Into::into)) });
    }

    fn command(&self, asked: Command, reply: Reply) {
        let context = self.context.clone();
        tokio::spawn(async move { reply.result(command(&context, asked).await.map_err(Into::into)) });
    }

    fn sample(&self) -> Option<Payload> {
        let samples = self.context.runs.samples();
        (!samples.is_empty()).then_some(Payload::Live(samples))
    }
}
