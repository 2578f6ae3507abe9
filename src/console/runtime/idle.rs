//! Tells tests when nothing is left to do, instead of sleeping and hoping.

use tokio::sync::watch;

/// What the loop has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleState {
    /// Input events handled.
    pub inputs: u64,
    /// Frames drawn.
    pub frames: u64,
    /// Times that the loop woke up.
    pub wakes: u64,
    /// No message is queued, no effect is pending, no frame is owed.
    pub quiet: bool,
    /// The loop has ended.
    pub ended: bool,
}

/// A watcher of the loop.
#[derive(Clone, Debug)]
pub struct Idle(pub(super) watch::Receiver<IdleState>);

impl Idle {
    /// What the loop has done so far.
    #[must_use]
    pub fn state(&self) -> IdleState {
        *self.0.borrow()
    }

    /// Waits until a number of input events are handled and nothing is left to do, or the loop has ended.
    pub async fn settle(&mut self, inputs: u64) -> IdleState {
        let settled = self.0.wait_for(|state| state.ended || (state.quiet && state.inputs >= inputs)).await;
        settled.map(|state| *state).unwrap_or_default()
    }
}
