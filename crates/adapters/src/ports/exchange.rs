//! Who hears what is said to a vendor on whose behalf. The engine says it around a call of a client; the one place that sends
//! requests (`vendors::http`) tells it, and no client in between needs to know.

use crate::domain::exchange::{Exchange, Purpose, Subject};
use std::future::Future;
use std::sync::Arc;

/// Hears exchanges; must not block.
pub trait Witness: Send + Sync {
    /// What was said for lines of the plan.
    fn heard(&self, told: Told);
}

/// What was said: masked, or what can be had only by having it masked.
pub struct Told {
    /// The lines that the call was about; the request may be about some of them.
    pub lines: Arc<Vec<(u32, Subject)>>,
    pub said: Masking,
}

/// What may be kept of something said, by line that it names.
pub enum Masking {
    Done(Vec<(u32, Exchange)>),
    /// Work for the processor that others had better not wait for.
    Open(Box<Masks>),
}

/// What makes of something said what may be kept of it.
pub type Masks = dyn FnOnce(&[(u32, Subject)]) -> Vec<(u32, Exchange)> + Send;

impl Told {
    /// As it may be kept, of each line that it names.
    #[must_use]
    pub fn masked(self) -> Vec<(u32, Exchange)> {
        match self.said {
            Masking::Done(masked) => masked,
            Masking::Open(masks) => masks(&self.lines),
        }
    }
}

/// For whom, and to whom it is told.
#[derive(Clone)]
pub struct Hearing {
    pub purpose: Purpose,
    /// The lines of the plan that the call is about; more than one in a call for many.
    pub lines: Arc<Vec<(u32, Subject)>>,
    pub witness: Arc<dyn Witness>,
}

tokio::task_local! {
    static HEARING: Option<Hearing>;
}

/// Whatever requests `call` sends are told to the witness. A request in a task that it spawns is not: a sign-in is nobody's.
pub async fn heard_by<F: Future>(hearing: Hearing, call: F) -> F::Output {
    HEARING.scope(Some(hearing), call).await
}

/// Nothing of `call` is told: it reads everybody.
pub async fn unheard<F: Future>(call: F) -> F::Output {
    HEARING.scope(None, call).await
}

/// Who hears what is said now.
#[must_use]
pub fn hearing() -> Option<Hearing> {
    HEARING.try_with(Clone::clone).ok().flatten()
}
