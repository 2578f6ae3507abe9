//! A world that somebody keeps as it changes: the answer to a call that may have changed something leaves only once that is kept,
//! so that nobody was told of what is lost with the process.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

/// No answer waits longer, however large a world is.
const LONGEST: Duration = Duration::from_millis(500);

/// What has changed, and what is kept of it: numbers that only grow.
#[derive(Debug)]
pub(crate) struct Changes {
    changed: watch::Sender<u64>,
    kept: Mutex<Option<watch::Receiver<u64>>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { changed: watch::Sender::new(0), kept: Mutex::default() }
    }
}

impl Changes {
    /// Something may have changed.
    pub fn note(&self) -> u64 {
        let mut number = 0;
        self.changed.send_modify(|changed| {
            *changed += 1;
            number = *changed;
        });
        number
    }

    /// Waits until a change is kept, where somebody keeps them.
    pub async fn are_kept(&self, number: u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(mut kept) = kept else { return };
        // Nobody keeps them any more, or it takes too long: then it is as without.
        let _ = tokio::time::timeout(LONGEST, kept.wait_for(|kept| *kept >= number)).await;
    }

    /// Begins to keep them; whoever kept them before does so no more.
    pub fn keep(&self) -> Keeping {
        let (done, kept) = watch::channel(0);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Keeping { changed: self.changed.subscribe(), done }
    }
}

/// Held by whoever keeps a world as it changes. Once it is dropped answers wait for nothing.
#[derive(Debug)]
pub struct Keeping {
    changed: watch::Receiver<u64>,
    done: watch::Sender<u64>,
}

impl Keeping {
    /// How much has changed by now: what is copied after this has it.
    pub fn changed(&mut self) -> u64 {
        *self.changed.borrow_and_update()
    }

    /// So much is kept.
    pub fn is_kept(&self, number: u64) {
        self.done.send_replace(number);
    }

    /// Waits until something has changed again; false when the sandbox is gone.
    pub async fn changes(&mut self) -> bool {
        self.changed.changed().await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn an_answer_waits_until_its_change_is_kept_by_whoever_keeps_it() {
        let changes = Arc::new(Changes::default());
        let number = changes.note();
        changes.are_kept(number).await;
        let mut keeping = changes.keep();
        let second = changes.note();
        let other = Arc::clone(&changes);
        let waits = tokio::spawn(async move { other.are_kept(second).await });
        keeping.is_kept(number);
        tokio::task::yield_now().await;
        assert!(!waits.is_finished(), "an earlier one is");
        let now = keeping.changed();
        keeping.is_kept(now);
        waits.await.unwrap();
        let (third, other) = (changes.note(), Arc::clone(&changes));
        let waits = tokio::spawn(async move { other.are_kept(third).await });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(keeping);
        waits.await.unwrap();
    }
}
