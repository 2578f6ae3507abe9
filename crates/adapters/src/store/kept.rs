//! Answers that a reading thread keeps, because working them out anew would take longer than a key may.
//!
//! Whether a kept answer still holds is asked of the file itself, in the transaction of the question: so a change by any
//! process is seen with the next question. Nobody tells anybody to forget.

use super::Sqlite;
use super::error::StoreError;
use rusqlite::params;
use std::any::Any;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Answers that are kept at most, the one asked longest ago goes first.
const ANSWERS: usize = 256;

/// The answers of one reading thread.
#[derive(Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Default)]
struct State {
    /// Of the connection to the file: moves when any other connection commits.
    version: Option<i64>,
    /// The newest line of the audit log that was looked at.
    seen: i64,
    answers: VecDeque<(String, Lasts, Arc<dyn Any + Send + Sync>)>,
}

/// How long an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasts {
    /// Until anything is written.
    UntilWritten,
    /// Until an operator does something: whatever one does leaves a line in the audit log. A run goes on writing meanwhile.
    UntilRuled,
    /// As long as its plan or pull: what is complete changes only where somebody is forgotten.
    Always,
}

impl Kept {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to `question`, which names everything that it depends on; read by `read` where it is not kept.
    pub(super) fn answer<T: Clone + Send + Sync + 'static>(
        &self,
        c: &Sqlite,
        lasts: Lasts,
        question: impl Debug,
        read: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let question = format!("{} {question:?}", std::any::type_name::<T>());
        let kept = {
            let mut state = self.state();
            state.let_go(c)?;
            state.take(&question)
        };
        if let Some(answer) = kept.and_then(|answer| answer.downcast_ref::<T>().cloned()) {
            return Ok(answer);
        }
        let answer = read()?;
        self.state().put(question, lasts, Arc::new(answer.clone()));
        Ok(answer)
    }
}

impl State {
    /// Lets go of what does not hold any more, as the transaction of `c` sees it.
    fn let_go(&mut self, c: &Sqlite) -> Result<(), StoreError> {
        let version: i64 = c.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.version == Some(version) {
            return Ok(());
        }
        let (newest, forgotten): (i64, bool) = match self.version {
            // Nothing is kept yet that a look at the whole log could concern.
            None => {
                c.query_row("SELECT coalesce(max(id), 0), 0 FROM audit", [], |row| Ok((row.get(0)?, row.get(1)?)))?
            }
            Some(_) => c
                .prepare_cached(
                    "SELECT coalesce(max(id), ?1), coalesce(max(what = 'forgotten'), 0) FROM audit WHERE id > ?1",
                )?
                .query_row(params![self.seen], |row| Ok((row.get(0)?, row.get(1)?)))?,
        };
        let ruled = newest != self.seen;
        self.answers.retain(|(_, lasts, _)| match lasts {
            Lasts::UntilWritten => false,
            Lasts::UntilRuled => !ruled,
            Lasts::Always => !forgotten,
        });
        (self.version, self.seen) = (Some(version), newest);
        Ok(())
    }

    fn take(&mut self, question: &str) -> Option<Arc<dyn Any + Send + Sync>> {
        let at = self.answers.iter().position(|(known, ..)| known == question)?;
        let found = self.answers.remove(at)?;
        let answer = Arc::clone(&found.2);
        self.answers.push_front(found);
        Some(answer)
    }

    fn put(&mut self, question: String, lasts: Lasts, answer: Arc<dyn Any + Send + Sync>) {
        self.answers.push_front((question, lasts, answer));
        self.answers.truncate(ANSWERS);
    }
}
