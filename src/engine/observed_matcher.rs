//! A matcher that is observed: the planner asks it as it asks any, and what the comparison knows beyond the
//! verdicts is kept.

use crate::matching::engine::{Comparison, Engine};
use crate::matching::{MatchPerson, MatchResult, Matcher};
use std::sync::{Mutex, PoisonError};

/// Who was compared, in the order of the rows of the comparison.
pub(super) struct Observed<'a> {
    pub employees: &'a [MatchPerson],
    pub users: &'a [MatchPerson],
}

/// The engine, and what was found while it was asked.
pub(super) struct ObservedMatcher<T, L> {
    engine: Engine,
    look: L,
    found: Mutex<Option<T>>,
}

impl<T: Send, L: Fn(&Comparison<'_>, &Observed<'_>) -> T + Send + Sync> ObservedMatcher<T, L> {
    pub fn new(engine: Engine, look: L) -> Self {
        Self { engine, look, found: Mutex::new(None) }
    }

    /// What was found; `None` when nobody had to be compared.
    pub fn found(self) -> Option<T> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send, L: Fn(&Comparison<'_>, &Observed<'_>) -> T + Send + Sync> Matcher for ObservedMatcher<T, L> {
    fn policy(&self) -> String {
        self.engine.policy()
    }

    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult> {
        self.engine.compare(employees, users, |comparison| {
            let found = (self.look)(comparison, &Observed { employees, users });
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            comparison.results()
        })
    }
}
