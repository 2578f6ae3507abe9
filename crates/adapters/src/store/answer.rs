//! How a job is handed to a thread and its answer comes back. The threads know neither what a job answers nor what it is made
//! of, so that queues and waiting are compiled once and not for each of some three hundred requests.

use super::error::StoreError;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What a thread runs. Its value is left for the caller.
pub(super) type Work = Box<dyn FnOnce(&Connection) -> Result<(), StoreError> + Send>;

/// Through which a caller is told that the work is done; it may be gone.
pub(super) type Reply = oneshot::Sender<Result<(), StoreError>>;

/// A value that the work leaves.
struct Place<T>(Arc<Mutex<Option<T>>>);

impl<T> Place<T> {
    fn with<R>(&self, act: impl FnOnce(&mut Option<T>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where an answer arrives.
pub(super) struct Answer<T> {
    told: oneshot::Receiver<Result<(), StoreError>>,
    place: Place<T>,
}

/// A job without its types, through what it is answered, and where its answer arrives.
pub(super) fn ask<T: Send + 'static>(
    job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
) -> (Work, Reply, Answer<T>) {
    let (reply, told) = oneshot::channel();
    let place = Place(Arc::default());
    let left = Place(Arc::clone(&place.0));
    let work: Work = Box::new(move |connection| {
        let value = job(connection)?;
        left.with(|place| *place = Some(value));
        Ok(())
    });
    (work, reply, Answer { told, place })
}

impl<T: Send + 'static> Answer<T> {
    /// Waits for it.
    pub(super) async fn wait(self) -> Result<T, StoreError> {
        self.told.await.map_err(|_| StoreError::Closed)??;
        self.place.with(Option::take).ok_or(StoreError::Closed)
    }

    /// Something to be done with the value before the caller is told of it.
    pub(super) fn then(&self, act: impl FnOnce(&T) + Send + 'static) -> Box<dyn FnOnce() + Send> {
        let place = Place(Arc::clone(&self.place.0));
        Box::new(move || {
            place.with(|value| {
                if let Some(value) = value {
                    act(value);
                }
            });
        })
    }

    /// The answer, where it is there.
    #[cfg(test)]
    pub(super) fn now(mut self) -> Option<Result<T, StoreError>> {
        let told = self.told.try_recv().ok()?;
        Some(told.and_then(|()| self.place.with(Option::take).ok_or(StoreError::Closed)))
    }
}
