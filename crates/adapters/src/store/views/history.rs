//! History: one run with what it changed and what was refused. The list itself is [`Store::runs`].

use crate::domain::ids::RunId;
use crate::domain::run::{OperationState, RunPurpose};
use crate::domain::snapshot::Reading;
use crate::store::columns::micros;
use crate::store::error::StoreError;
use crate::store::journal::JournalTotals;
use crate::store::plans::PlanHead;
use crate::store::reader::ReadTopic;
use crate::store::runs::{self, PhaseRow, RunRow};
use crate::store::{JournalRow, Sqlite, Store, journal, plans, reading};
use rusqlite::params;

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
    /// Numbers of the lines that the destination took; what was there already was not sent.
    pub changed: Vec<i64>,
}

const IN_STATE: &str = "SELECT id FROM operation
     WHERE plan = ?1 AND state = ?2 AND (moved IS NULL OR state NOT IN ('written', 'confirmed'))
       AND coalesce(sent_at, done_at) >= ?3 AND coalesce(sent_at, done_at) < ?4";

/// From when until when lines of its plan were this run's work: a plan may have been made by a preview, and carried out by one
/// run after the other. `None` of a preview, which writes nothing.
pub(super) fn work_of(c: &Sqlite, run: &RunRow) -> Result<Option<(i64, i64)>, StoreError> {
    if run.purpose == RunPurpose::Preview {
        return Ok(None);
    }
    let next: Option<i64> = c
        .prepare_cached("SELECT min(started_at) FROM run WHERE plan = ?1 AND id > ?2 AND purpose = 'sync'")?
        .query_row(params![run.plan.map(|plan| plan.0), run.id.0], |row| row.get(0))?;
    Ok(Some((micros(run.started), next.unwrap_or(i64::MAX))))
}

fn detail(c: &Sqlite, run: RunId) -> Result<RunDetail, StoreError> {
    let run = runs::get(c, run)?;
    let (phases, reading) = (runs::phases(c, run.id)?, reading::of_run(c, run.id)?);
    let plan = match run.plan.map(|plan| plans::head(c, plan)).transpose() {
        Err(StoreError::Missing { .. }) => None,
        other => other?,
    };
    let (Some(head), Some(work)) = (&plan, work_of(c, &run)?) else {
        let (totals, failed, changed) = (JournalTotals::default(), Vec::new(), Vec::new());
        return Ok(RunDetail { run, reading, phases, plan, totals, failed, changed });
    };
    let without_answer: &[OperationState] = match run.is_at_work() {
        true => &[OperationState::Failed, OperationState::Unknown],
        false => &[OperationState::Failed, OperationState::Unknown, OperationState::Sent],
    };
    let failed = ids(c, head, work, without_answer)?;
    let changed = ids(c, head, work, &[OperationState::Written, OperationState::Confirmed])?;
    let totals = journal::totals_within(c, head.id, work)?;
    let totals = if run.is_at_work() { totals.while_at_work() } else { totals };
    Ok(RunDetail { totals, failed, changed, phases, plan, reading, run })
}

/// Line numbers rise in the order in which a plan is applied.
fn ids(
    c: &Sqlite,
    head: &PlanHead,
    (from, until): (i64, i64),
    states: &[OperationState],
) -> Result<Vec<i64>, StoreError> {
    let mut ids: Vec<i64> = Vec::new();
    for state in states {
        let mut query = c.prepare_cached(IN_STATE)?;
        for id in query.query_map(params![head.id.0, state.key(), from, until], |row| row.get(0))? {
            ids.push(id?);
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

impl Store {
    /// The lines that a run wrote or tried to; of a preview the lines that it planned, none of them tried.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn lines_of_run(&self, run: &RunRow) -> Result<Vec<JournalRow>, StoreError> {
        let Some(plan) = run.plan else { return Ok(Vec::new()) };
        let run = run.clone();
        self.read(move |c| {
            let rows = journal::rows(c, plan, &[])?;
            Ok(match work_of(c, &run)? {
                None => rows.into_iter().map(|row| JournalRow::untried(row.operation)).collect(),
                Some((from, until)) => {
                    let is_own = |row: &JournalRow| match row.sent_at.or(row.done_at).map(micros) {
                        Some(tried) => tried >= from && tried < until,
                        // What nobody has tried is left over by the last run that had the plan.
                        None => until == i64::MAX,
                    };
                    rows.into_iter().filter(is_own).collect()
                }
            })
        })
        .await
    }

    /// Everything about one run.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn run_detail(&self, run: RunId) -> Result<RunDetail, StoreError> {
        self.read_newest(ReadTopic::History, move |c| detail(c, run)).await
    }
}
