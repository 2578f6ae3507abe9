//! What operators ruled since a run began, in this process or another: a line against which a ruling speaks by now is not
//! sent any more.

use super::Engine;
use super::error::EngineError;
use crate::domain::decision::{Decision, PairRuling, PairVerdict, Ruling};
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::plan::{Operation, OperationKind};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The rulings of a connection as they were when a run began to write, and those that differ by now.
pub(super) struct RulingsWatch {
    connection: ConnectionId,
    then: HashMap<EmployeeId, Decision>,
    /// What was ruled of employees beside others.
    pairs: HashMap<(EmployeeId, EmployeeId), PairRuling>,
    now: Mutex<Now>,
}

struct Now {
    /// Number of the newest change that an operator made of this connection.
    mark: i64,
    /// People whose ruling has changed; `None` where it was taken back.
    moved: HashMap<EmployeeId, Option<Ruling>>,
    /// People about whom something was ruled beside others; `None` where it was taken back.
    beside: HashMap<EmployeeId, Option<PairVerdict>>,
}

impl RulingsWatch {
    /// Begins to watch.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn begin(engine: &Engine, connection: ConnectionId) -> Result<Self, EngineError> {
        // The mark first: a ruling that comes in between is looked at once more.
        let mark = engine.store.change_mark(connection)?;
        let then = by_employee(engine.store.decisions(connection).await?);
        let pairs = by_pair(engine.store.pair_rulings(connection).await?);
        let now = Mutex::new(Now { mark, moved: HashMap::new(), beside: HashMap::new() });
        Ok(Self { connection, then, pairs, now })
    }

    /// Looks whether anything was ruled meanwhile: one look-up of an index where nothing was.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn look(&self, engine: &Engine) -> Result<(), EngineError> {
        let mark = engine.store.change_mark(self.connection)?;
        if mark == self.now.lock().unwrap_or_else(PoisonError::into_inner).mark {
            return Ok(());
        }
        let rulings = by_employee(engine.store.decisions(self.connection).await?);
        let mut moved: HashMap<EmployeeId, Option<Ruling>> = HashMap::new();
        for (employee, decision) in &rulings {
            if self.then.get(employee) != Some(decision) {
                moved.insert(employee.clone(), Some(decision.ruling.clone()));
            }
        }
        moved.extend(self.then.keys().filter(|one| !rulings.contains_key(*one)).map(|one| (one.clone(), None)));
        let beside = self.beside(engine).await?;
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Now { mark, moved, beside };
        Ok(())
    }

    /// About whom something was ruled beside others, or is not any more. A verdict is about its employee alone.
    async fn beside(&self, engine: &Engine) -> Result<HashMap<EmployeeId, Option<PairVerdict>>, EngineError> {
        let pairs = by_pair(engine.store.pair_rulings(self.connection).await?);
        let mut beside = HashMap::new();
        for (people, then) in &self.pairs {
            if !pairs.contains_key(people) {
                beside.insert(then.employee.clone(), None);
            }
        }
        for (people, pair) in &pairs {
            if self.pairs.get(people) != Some(pair) {
                beside.insert(pair.employee.clone(), Some(pair.verdict));
            }
        }
        Ok(beside)
    }

    /// Why this line must not be sent any more, where a ruling has moved against it.
    pub(super) fn against(&self, operation: &Operation) -> Option<String> {
        let employee = operation.employee.as_ref()?;
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(moved) = now.moved.get(employee) else {
            return now.beside.get(employee).map(|verdict| match verdict {
                Some(verdict) => {
                    let word = verdict.key().replace('_', " ");
                    format!("an operator ruled `{word}` about this person beside another since the plan was made")
                }
                None => "an operator took back what was ruled beside another person since the plan was made".to_owned(),
            });
        };
        let word = match moved.as_ref() {
            Some(Ruling::Link { user }) if operation.user.as_ref() == Some(user) => return None,
            Some(Ruling::Create) if operation.kind == OperationKind::Create => return None,
            Some(ruling) => format!("an operator ruled `{}`", ruling.key().replace('_', " ")),
            None => "an operator took a ruling back".to_owned(),
        };
        Some(format!("{word} since the plan was made"))
    }
}

fn by_employee(decisions: Vec<Decision>) -> HashMap<EmployeeId, Decision> {
    decisions.into_iter().map(|decision| (decision.employee.clone(), decision)).collect()
}

fn by_pair(pairs: Vec<PairRuling>) -> HashMap<(EmployeeId, EmployeeId), PairRuling> {
    pairs.into_iter().map(|pair| ((pair.employee.clone(), pair.other.clone()), pair)).collect()
}
