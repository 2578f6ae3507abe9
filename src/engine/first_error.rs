//! The error that ends a step of a run; later ones say nothing new.

use super::error::EngineError;
use crate::store::StoreError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first error of work that goes on in several places.
#[derive(Default)]
pub(super) struct FirstError(Mutex<Option<EngineError>>);

impl FirstError {
    pub(super) fn of(error: EngineError) -> Self {
        Self(Mutex::new(Some(error)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<EngineError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_some(&self) -> bool {
        self.lock().is_some()
    }

    /// Whether it is that another process took the lease: then not a word more may be written.
    pub(super) fn is_lost_lease(&self) -> bool {
        matches!(*self.lock(), Some(EngineError::Store(StoreError::LeaseLost)))
    }

    /// Keeps the error, if it is the first; gives back that nothing came of the work.
    pub(super) fn keep<T>(&self, error: EngineError) -> Vec<T> {
        self.lock().get_or_insert(error);
        Vec::new()
    }

    pub(super) fn take(&self) -> Option<EngineError> {
        self.lock().take()
    }
}
