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

/// What was said. Whoever hears it has it masked, at once or aside; there is no other way to have it.
pub struct Told {
    pub purpose: Purpose,
    /// Which time it was sent, from 1.
    pub attempt: u32,
    /// The lines that the call was about.
    pub lines: Arc<Vec<(u32, Subject)>>,
    masked: Box<Masking>,
}

/// What makes of something said what may be kept of it, by line.
type Masking = dyn FnOnce(&[(u32, Subject)]) -> Vec<(u32, Exchange)> + Send;

impl Told {
    /// What `masked` makes of it, by line.
    pub fn new(
        (purpose, attempt): (Purpose, u32),
        lines: Arc<Vec<(u32, Subject)>>,
        masked: impl FnOnce(&[(u32, Subject)]) -> Vec<(u32, Exchange)> + Send + 'static,
    ) -> Self {
        Self { purpose, attempt, lines, masked: Box::new(masked) }
    }

    /// As it may be kept, of each line that it names. Work for the processor where there are many.
    #[must_use]
    pub fn masked(self) -> Vec<(u32, Exchange)> {
        (self.masked)(&self.lines)
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
