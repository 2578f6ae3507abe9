//! The product's backend: every question and change is a task of its own, so that nothing waits for anything.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::{Context, command, query};
use crate::console::app::{Command, Generation, Payload, Query, RequestSlot};
use crate::console::runtime::{Backend, Reply};
use crate::domain::problem::{Problem, ProblemKind};

/// Maximum of attempts at a question that another one has pushed out of its place in the store.
const TRIES: u32 = 20;
/// From this attempt on the time between two grows no more: at most a quarter of a second.
const LONGEST_GAP_FROM: u32 = 6;

/// Hands questions and changes to the store and the engine.
pub struct ProductBackend {
    context: Context,
    /// The task of the last question of each slot.
    asking: Mutex<HashMap<RequestSlot, AbortHandle>>,
}

impl ProductBackend {
    /// A backend over this store and engine.
    pub fn new(context: Context) -> Self {
        Self { context, asking: Mutex::default() }
    }
}

impl Backend for ProductBackend {
    fn query(&self, slot: RequestSlot, _generation: Generation, asked: Query, reply: Reply) {
        let context = self.context.clone();
        // A task that panics or is stopped drops its reply, which answers with a problem; a stale one is not heard.
        let task = tokio::spawn(async move { reply.result(settled(&context, asked).await.map_err(Into::into)) });
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.retain(|_, task| !task.is_finished());
        if let Some(older) = asking.insert(slot, task.abort_handle()) {
            older.abort();
        }
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

/// Answers a question, also when the store's place for it was taken meanwhile: tasks reach the store in any order, so an older
/// question, or one of another screen, may come after the newest and push it out. The newest is never left unanswered.
async fn settled(context: &Context, asked: Query) -> Result<Payload, Problem> {
    let mut tries = 0;
    loop {
        match query(context, asked.clone()).await {
            Err(problem) if problem.kind == ProblemKind::Superseded && tries < TRIES => {
                tries += 1;
                // Two that push each other out must not do so for ever: they come back at different moments.
                tokio::time::sleep(Duration::from_millis(fastrand::u64(1..=4 << tries.min(LONGEST_GAP_FROM)))).await;
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::review::desk::{Desk, TENANT};
    use super::*;
    use crate::console::screens::feed::data::Ask;
    use crate::store::views::FeedFilter;

    /// Questions that push each other out of the store's one place for them are all answered in the end.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_newest_question_is_never_left_unanswered() {
        let desk = Desk::new().await;
        for _ in 0..30 {
            let asked = ["z", "zo", "zoe"].map(|text| {
                let filter = FeedFilter { text: text.into(), ..FeedFilter::default() };
                let context = desk.context.clone();
                tokio::spawn(async move {
                    settled(&context, Query::Feed(Ask::Count { tenant: TENANT.into(), filter, waits: false })).await
                })
            });
            for answer in asked {
                assert!(answer.await.unwrap().is_ok());
            }
        }
    }
}
