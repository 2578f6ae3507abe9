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
        Ok(moved_beside(&self.pairs, &by_pair(engine.store.pair_rulings(self.connection).await?)))
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

/// Whose verdicts differ, and how they stand now.
fn moved_beside(
    then: &HashMap<(EmployeeId, EmployeeId), PairRuling>,
    now: &HashMap<(EmployeeId, EmployeeId), PairRuling>,
) -> HashMap<EmployeeId, Option<PairVerdict>> {
    let gone = then.iter().filter(|(people, _)| !now.contains_key(*people));
    let mut beside: HashMap<_, _> = gone.map(|(_, pair)| (pair.employee.clone(), None)).collect();
    let moved = now.iter().filter(|(people, pair)| then.get(*people) != Some(*pair));
    beside.extend(moved.map(|(_, pair)| (pair.employee.clone(), Some(pair.verdict))));
    beside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_that_was_given_changed_or_taken_back_is_about_its_employee_alone() {
        let pair = |employee: &str, other: &str, verdict| PairRuling {
            employee: employee.into(),
            other: other.into(),
            verdict,
            seen: "digest".into(),
            reason: None,
            by: "rosa".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let then = by_pair(vec![
            pair("1", "2", PairVerdict::Distinct),
            pair("3", "4", PairVerdict::Distinct),
            pair("5", "6", PairVerdict::Yields),
        ]);
        let now = by_pair(vec![
            pair("1", "2", PairVerdict::Distinct),
            pair("3", "4", PairVerdict::Same),
            pair("7", "8", PairVerdict::WithoutEmail),
        ]);
        let moved = moved_beside(&then, &now);
        let of = |employee: &str| moved.get(&EmployeeId::from(employee)).copied();
        assert_eq!((of("1"), of("2"), of("4"), of("8")), (None, None, None, None));
        assert_eq!((of("3"), of("5")), (Some(Some(PairVerdict::Same)), Some(None)));
        assert_eq!(of("7"), Some(Some(PairVerdict::WithoutEmail)));
        assert!(moved_beside(&now, &now).is_empty());
    }
}
