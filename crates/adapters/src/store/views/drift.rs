//! Drift: what of the approved lines of a run had moved, and what is known of who moved it.

use super::history::work_of;
use super::said::name_of;
use crate::domain::decision::Ruling;
use crate::domain::drift::{Cause, MovedBy, Sums};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, RunId};
use crate::domain::plan::{HoldCode, Operation, OperationKind};
use crate::domain::record::Record;
use crate::store::columns::{micros, time, word};
use crate::store::error::StoreError;
use crate::store::journal::{self, JournalRow, row_of};
use crate::store::plans::{self, PlanHead};
use crate::store::runs::{self, RunRow};
use crate::store::what_if::of_everybody;
use crate::store::{Sqlite, Store};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// What of the approved lines of a run had moved.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftView {
    pub run: RunRow,
    /// `None` when it made no plan, or when the plan is not kept any more.
    pub plan: Option<PlanHead>,
    /// How the lines of the run add up.
    pub sums: Sums,
    /// Lines that were skipped or there already, in the order of the plan.
    pub lines: Vec<MovedLine>,
    /// The first plan that was made after the run had begun, where it is kept.
    pub next: Option<PlanHead>,
    /// `None` where nobody can tell: the run was about a part of a plan, or no plan came after it.
    pub elsewhere: Option<Elsewhere>,
}

/// A line that had moved.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedLine {
    pub row: JournalRow,
    /// As the source names the person now; `None` of nobody, or of somebody whom it does not show any more.
    pub name: Option<String>,
    pub mover: Option<Mover>,
    pub next: NextPlan,
}

/// The operator who moved something, where that is known: by a ruling on the person, or by something that plans depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    pub by: String,
    pub what: String,
    pub at: jiff::Timestamp,
}

/// What the next plan has for the person of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextPlan {
    /// There is none yet.
    None,
    /// The line anew, as it would be written then.
    Anew(Operation),
    Held(HoldCode),
    Nothing,
}

/// What has moved without being in the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    pub people: u32,
    /// People by what would be done to them.
    pub kinds: BTreeMap<OperationKind, u32>,
    /// Lines that are about nobody: options.
    pub options: u32,
}

/// Lines that a run tried, and, of the last run of a plan, those that nobody has tried.
const OF_RUN: &str = "CASE WHEN coalesce(sent_at, done_at) IS NULL THEN ?3 = 9223372036854775807
     ELSE coalesce(sent_at, done_at) >= ?2 AND coalesce(sent_at, done_at) < ?3 END";

fn drift(c: &Sqlite, run: RunId) -> Result<DriftView, StoreError> {
    let run = runs::get(c, run)?;
    let plan = match run.plan.map(|plan| plans::head(c, plan)).transpose() {
        Err(StoreError::Missing { .. }) => None,
        other => other?,
    };
    // Lines that nobody has approved are no part of any sum.
    let approved = plan.as_ref().filter(|plan| plan.approval.is_some());
    let (Some(head), Some(work)) = (approved, work_of(c, &run)?) else {
        let (sums, lines) = (Sums::default(), Vec::new());
        return Ok(DriftView { run, plan, sums, lines, next: None, elsewhere: None });
    };
    let totals = journal::totals_within(c, head.id, work)?;
    let mut sums = if run.is_at_work() { totals.while_at_work().sums() } else { totals.sums() };
    sums.anything_else = c
        .prepare_cached(&format!(
            "SELECT count(*) FROM operation
             WHERE plan = ?1 AND withheld = 1 AND state NOT IN ('pending', 'set_aside') AND {OF_RUN}"
        ))?
        .query_row(params![head.id.0, work.0, work.1], |row| row.get(0))?;
    let next = next_plan(c, &run, head)?;
    let mut lines = Vec::new();
    for row in moved_rows(c, head.id, work)? {
        let employee = row.operation.employee.clone();
        let name = match &employee {
            Some(employee) => name_of(c, run.connection, employee)?,
            None => None,
        };
        let mover = mover(c, run.connection, head, &row)?;
        let next = match &next {
            Some(next) => in_next(c, next.id, &row.operation)?,
            None => NextPlan::None,
        };
        lines.push(MovedLine { row, name, mover, next });
    }
    let is_part = run.job.scope.only().is_some()
        || run.job.undoes.is_some()
        || head.approval.as_ref().is_some_and(|stored| !stored.approval.without.is_empty());
    let elsewhere = match &next {
        Some(next) if !is_part => Some(elsewhere(c, head.id, next.id)?),
        _ => None,
    };
    Ok(DriftView { sums, lines, next, elsewhere, plan, run })
}

fn moved_rows(c: &Sqlite, plan: PlanId, (from, until): (i64, i64)) -> Result<Vec<JournalRow>, StoreError> {
    let mut found = Vec::new();
    // Two questions, so that each has its index; of an older version nothing is kept of a skipped line but its words.
    let met = "moved IS NOT NULL AND state IN ('written', 'confirmed', 'set_aside')";
    for condition in [met, "state = 'set_aside' AND moved IS NULL"] {
        let mut query = c.prepare_cached(&format!(
            "SELECT * FROM operation WHERE plan = ?1 AND withheld = 0 AND {condition} AND {OF_RUN}"
        ))?;
        for row in query.query_map(params![plan.0, from, until], row_of)? {
            found.push(row?);
        }
    }
    found.retain(|row| row.moved.as_ref().is_none_or(|moved| moved.cause != Cause::Parked));
    found.sort_by_key(|row| row.operation.seq);
    Ok(found)
}

fn next_plan(c: &Sqlite, run: &RunRow, head: &PlanHead) -> Result<Option<PlanHead>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT * FROM plan p WHERE p.connection = ?1 AND p.id > ?2 AND p.made_at >= ?3 AND {}
         ORDER BY p.id LIMIT 1",
        of_everybody("p")
    ))?;
    let parameters = params![run.connection.0, head.id.0, micros(run.started)];
    Ok(query.query_row(parameters, plans::head_of).optional()?)
}

fn in_next(c: &Sqlite, next: PlanId, line: &Operation) -> Result<NextPlan, StoreError> {
    let employee = line.employee.as_ref().map(|employee| employee.as_str());
    // Of options the same list; the same name would be the same line, which is there already or not due.
    let mut query = c.prepare_cached(
        "SELECT * FROM operation WHERE plan = ?1 AND employee IS ?2 AND kind = ?3 AND (?2 IS NOT NULL OR fields = ?4)
         ORDER BY seq LIMIT 1",
    )?;
    let fields = line.fields.to_json()?;
    let parameters = params![next.0, employee, line.kind.key(), fields];
    if let Some(operation) = query.query_row(parameters, plans::operation_of).optional()? {
        return Ok(NextPlan::Anew(operation));
    }
    let mut query =
        c.prepare_cached("SELECT code FROM hold WHERE plan = ?1 AND employee = ?2 ORDER BY risk LIMIT 1")?;
    let code = query.query_row(params![next.0, employee], |row| word(row, "code", HoldCode::from_key)).optional()?;
    Ok(code.map_or(NextPlan::Nothing, NextPlan::Held))
}

/// Who moved it between the making of the plan and the moment that the line would have been sent. No run of ours can have: a
/// plan beside which a newer one stands is never carried out.
fn mover(c: &Sqlite, connection: ConnectionId, head: &PlanHead, row: &JournalRow) -> Result<Option<Mover>, StoreError> {
    if row.moved.as_ref().is_none_or(|moved| moved.by != MovedBy::Operator) {
        return Ok(None);
    }
    let span = (micros(head.made_at), row.done_at.map_or(i64::MAX, micros));
    operator(c, connection, row.operation.employee.as_ref(), span)
}

/// The newest ruling on the person, else the one change of an operator that plans depend on.
fn operator(
    c: &Sqlite,
    connection: ConnectionId,
    employee: Option<&EmployeeId>,
    (from, until): (i64, i64),
) -> Result<Option<Mover>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT d.by, s.at, coalesce(d.ruling, '') AS ruling FROM decision d JOIN decision_step s ON s.id = d.step
         WHERE d.connection = ?1 AND d.employee = ?2 AND s.at >= ?3 AND s.at <= ?4 ORDER BY d.id DESC LIMIT 1",
    )?;
    let id = employee.map(|employee| employee.as_str());
    let ruled = query
        .query_row(params![connection.0, id, from, until], |row| {
            let ruling = serde_json::from_str::<Ruling>(&row.get::<_, String>("ruling")?);
            let what =
                ruling.map_or_else(|_| "ruling taken back".to_owned(), |ruling| format!("ruled {}", ruling.key()));
            Ok(Mover { by: row.get("by")?, what, at: time(row, "at")? })
        })
        .optional()?;
    if ruled.is_some() {
        return Ok(ruled);
    }
    // Of several changes nobody can say which one it was.
    let mut query = c.prepare_cached(
        "SELECT by, what, at FROM audit WHERE connection = ?1 AND at >= ?2 AND at <= ?3
           AND what NOT IN ('approved', 'status', 'credential', 'schedule') ORDER BY id LIMIT 2",
    )?;
    let changes = query.query_map(params![connection.0, from, until], |row| {
        let at = time(row, "at")?;
        Ok(Mover { by: row.get("by")?, what: row.get("what")?, at })
    })?;
    let mut changes: Vec<Mover> = changes.collect::<Result<_, _>>()?;
    Ok(changes.pop().filter(|_| changes.is_empty()))
}

fn elsewhere(c: &Sqlite, plan: PlanId, next: PlanId) -> Result<Elsewhere, StoreError> {
    let mut found = Elsewhere::default();
    let is_new = "n.plan = ?1 AND n.employee IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.plan = ?2 AND o.employee = n.employee)";
    found.people = c
        .prepare_cached(&format!("SELECT count(DISTINCT n.employee) FROM operation n WHERE {is_new}"))?
        .query_row(params![next.0, plan.0], |row| row.get(0))?;
    let mut query = c.prepare_cached(&format!(
        "SELECT n.kind, count(DISTINCT n.employee) AS people FROM operation n WHERE {is_new} GROUP BY n.kind"
    ))?;
    let mut rows = query.query(params![next.0, plan.0])?;
    while let Some(row) = rows.next()? {
        found.kinds.insert(word(row, "kind", OperationKind::from_key)?, row.get("people")?);
    }
    found.options = c
        .prepare_cached(
            "SELECT count(*) FROM operation n WHERE n.plan = ?1 AND n.employee IS NULL AND NOT EXISTS (
               SELECT 1 FROM operation o WHERE o.plan = ?2 AND o.employee IS NULL AND o.kind = n.kind
                 AND o.fields = n.fields)",
        )?
        .query_row(params![next.0, plan.0], |row| row.get(0))?;
    Ok(found)
}

impl Store {
    /// What of the approved lines of a run had moved.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn drift(&self, run: RunId) -> Result<DriftView, StoreError> {
        self.read(move |c| drift(c, run)).await
    }
}
