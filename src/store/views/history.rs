//! History: one run with what it changed and what was refused. The list itself is [`Store::runs`].

use crate::domain::ids::RunId;
use crate::domain::run::OperationState;
use crate::domain::snapshot::Reading;
use crate::store::error::StoreError;
use crate::store::journal::JournalTotals;
use crate::store::plans::PlanHead;
use crate::store::reader::Slot;
use crate::store::runs::{self, PhaseRow, RunRow};
use crate::store::{Sqlite, Store, journal, plans, reading};

/// Everything about one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDetail {
    pub run: RunRow,
    /// What it read of the source, where that came to an end.
    pub reading: Option<Reading>,
    pub phases: Vec<PhaseRow>,
    /// `None` when it made no plan, or when the plan is not kept any more.
    pub plan: Option<PlanHead>,
    pub totals: JournalTotals,
    /// Numbers of the lines that were refused or have no answer, for [`Store::operation_rows`].
    pub failed: Vec<i64>,
    /// Numbers of the lines that the destination took.
    pub changed: Vec<i64>,
}

const IN_STATE: &str = "SELECT id FROM operation WHERE plan = ?1 AND state = ?2";

fn detail(c: &Sqlite, run: RunId) -> Result<RunDetail, StoreError> {
    let run = runs::get(c, run)?;
    let (phases, reading) = (runs::phases(c, run.id)?, reading::of_run(c, run.id)?);
    let plan = match run.plan.map(|plan| plans::head(c, plan)).transpose() {
        Err(StoreError::Missing { .. }) => None,
        other => other?,
    };
    let Some(head) = &plan else {
        let (totals, failed, changed) = (JournalTotals::default(), Vec::new(), Vec::new());
        return Ok(RunDetail { run, reading, phases, plan, totals, failed, changed });
    };
    let failed = ids(c, head, &[OperationState::Failed, OperationState::Unknown, OperationState::Sent])?;
    let changed = ids(c, head, &[OperationState::Written, OperationState::Confirmed])?;
    Ok(RunDetail { totals: journal::totals(c, head.id)?, failed, changed, phases, plan, reading, run })
}

/// Line numbers rise in the order in which a plan is applied.
fn ids(c: &Sqlite, head: &PlanHead, states: &[OperationState]) -> Result<Vec<i64>, StoreError> {
    let mut ids: Vec<i64> = Vec::new();
    for state in states {
        let mut query = c.prepare_cached(IN_STATE)?;
        for id in query.query_map(rusqlite::params![head.id.0, state.key()], |row| row.get(0))? {
            ids.push(id?);
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

impl Store {
    /// Everything about one run.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn run_detail(&self, run: RunId) -> Result<RunDetail, StoreError> {
        self.read_newest(Slot::History, move |c| detail(c, run)).await
    }
}
