//! What was said: one line of a run with its journal and every exchange, and its place among the lines of that run.

use super::history::work_of;
use crate::domain::exchange::Exchange;
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, RunId};
use crate::domain::person::Employee;
use crate::domain::plan::{Hold, OperationKind};
use crate::domain::run::Phase;
use crate::domain::snapshot::Side;
use crate::store::columns::micros;
use crate::store::error::StoreError;
use crate::store::journal::{JournalRow, row_of};
use crate::store::plans::{self, PlanHead, hold_of};
use crate::store::runs::{self, RunRow};
use crate::store::{Sqlite, Store, exchanges, snapshots};
use rusqlite::{OptionalExtension, params};

/// Which line of a run is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineOf {
    /// The first one that was sent, else the first one.
    First,
    /// By its place in the plan.
    Seq(u32),
    /// By its number in the journal.
    Row(i64),
    /// A person's first one, in this phase where there is one.
    Person(EmployeeId, Option<Phase>),
    /// The first one of this phase that names this.
    Named(Phase, String),
}

/// One line of a run, with what was said for it.
#[derive(Debug, Clone, PartialEq)]
pub struct SaidLine {
    pub run: RunRow,
    /// `None` when it made no plan, or when the plan is not kept any more.
    pub plan: Option<PlanHead>,
    /// `None` where the run has no such line.
    pub row: Option<JournalRow>,
    /// Its place among the lines of the run, from 1, and how many these are.
    pub place: u32,
    pub lines: u32,
    /// The lines beside it.
    pub previous: Option<u32>,
    pub next: Option<u32>,
    pub employee: Option<EmployeeId>,
    /// As the source names the person now; `None` of nobody, or of somebody whom it does not show any more.
    pub name: Option<String>,
    /// Why the plan of the run holds the person, where it has no line.
    pub hold: Option<Hold>,
    /// In the order in which they were said.
    pub exchanges: Vec<Exchange>,
}

/// Lines that are the run's: those that it tried, and, of the last run of a plan, those that nobody has tried.
const OF_RUN: &str = "plan = ?1 AND CASE WHEN coalesce(sent_at, done_at) IS NULL THEN ?3 = 9223372036854775807
     ELSE coalesce(sent_at, done_at) >= ?2 AND coalesce(sent_at, done_at) < ?3 END";

struct Lines<'c> {
    c: &'c Sqlite,
    plan: PlanId,
    /// From when until when lines are the run's work; a preview's are everybody's.
    work: (i64, i64),
}

impl Lines<'_> {
    /// The one number that this asks of the run's lines; `?4` and `?5` stand for `more`.
    fn number(&self, what: &str, more: &[&dyn rusqlite::ToSql]) -> Result<Option<u32>, StoreError> {
        let mut query = self.c.prepare_cached(&what.replace("{lines}", OF_RUN))?;
        let mut parameters: Vec<&dyn rusqlite::ToSql> = vec![&self.plan.0, &self.work.0, &self.work.1];
        parameters.extend(more);
        Ok(query.query_row(parameters.as_slice(), |row| row.get(0)).optional()?.flatten())
    }

    fn find(&self, line: &LineOf) -> Result<Option<u32>, StoreError> {
        match line {
            LineOf::Seq(seq) => self.number("SELECT seq FROM operation WHERE {lines} AND seq = ?4", &[seq]),
            LineOf::Row(id) => self.number("SELECT seq FROM operation WHERE {lines} AND id = ?4", &[id]),
            LineOf::First => {
                self.number("SELECT seq FROM operation WHERE {lines} ORDER BY sent_at IS NULL, seq LIMIT 1", &[])
            }
            LineOf::Person(employee, phase) => {
                let sql = "SELECT seq FROM operation WHERE {lines} AND employee = ?4 {kinds} ORDER BY seq LIMIT 1";
                let id = employee.as_str();
                let of_phase = match phase.and_then(kinds_of) {
                    Some(kinds) => self.number(&sql.replace("{kinds}", &kinds), &[&id])?,
                    None => None,
                };
                match of_phase {
                    Some(seq) => Ok(Some(seq)),
                    None => self.number(&sql.replace("{kinds}", ""), &[&id]),
                }
            }
            LineOf::Named(phase, name) => {
                let kinds = kinds_of(*phase).unwrap_or_default();
                let sql = "SELECT seq FROM operation WHERE {lines} {kinds} ORDER BY instr(fields, ?4) = 0, seq LIMIT 1";
                self.number(&sql.replace("{kinds}", &kinds), &[name])
            }
        }
    }
}

/// The kinds of operation that a phase carries out, as a condition; `None` for a phase that carries out none.
fn kinds_of(phase: Phase) -> Option<String> {
    let kinds: Vec<String> = OperationKind::ALL
        .into_iter()
        .filter(|kind| kind.phase() == phase)
        // Words of an enum.
        .map(|kind| format!("'{}'", kind.key()))
        .collect();
    (!kinds.is_empty()).then(|| format!("AND kind IN ({})", kinds.join(", ")))
}

fn said(c: &Sqlite, run: RunId, line: &LineOf) -> Result<SaidLine, StoreError> {
    let run = runs::get(c, run)?;
    let plan = match run.plan.map(|plan| plans::head(c, plan)).transpose() {
        Err(StoreError::Missing { .. }) => None,
        other => other?,
    };
    let mut found = SaidLine {
        plan,
        row: None,
        place: 0,
        lines: 0,
        previous: None,
        next: None,
        employee: match line {
            LineOf::Person(employee, _) => Some(employee.clone()),
            LineOf::First | LineOf::Seq(_) | LineOf::Row(_) | LineOf::Named(..) => None,
        },
        name: None,
        hold: None,
        exchanges: Vec::new(),
        run,
    };
    if let Some(plan) = found.plan.as_ref().map(|plan| plan.id) {
        let work = work_of(c, &found.run)?;
        let lines = Lines { c, plan, work: work.unwrap_or((i64::MIN, i64::MAX)) };
        found.lines = lines.number("SELECT count(*) FROM operation WHERE {lines}", &[])?.unwrap_or(0);
        if let Some(seq) = lines.find(line)? {
            let count = "SELECT count(*) FROM operation WHERE {lines} AND seq <= ?4";
            found.place = lines.number(count, &[&seq])?.unwrap_or(0);
            found.previous = lines.number("SELECT max(seq) FROM operation WHERE {lines} AND seq < ?4", &[&seq])?;
            found.next = lines.number("SELECT min(seq) FROM operation WHERE {lines} AND seq > ?4", &[&seq])?;
            let mut query = c.prepare_cached("SELECT * FROM operation WHERE plan = ?1 AND seq = ?2")?;
            let row = query.query_row(params![plan.0, seq], row_of)?;
            found.employee.clone_from(&row.operation.employee);
            // What a preview has planned another run may have carried out: that is told there.
            found.row = Some(if work.is_some() { row } else { JournalRow::untried(row.operation) });
            if work.is_some() {
                found.exchanges = exchanges::of_line(c, plan, seq)?;
            }
        } else if let Some(employee) = &found.employee {
            let mut query = c.prepare_cached("SELECT * FROM hold WHERE plan = ?1 AND employee = ?2 LIMIT 1")?;
            found.hold = query.query_row(params![plan.0, employee.as_str()], hold_of).optional()?;
        }
    }
    if let Some(employee) = &found.employee {
        found.name = name_of(c, found.run.connection, employee)?;
    }
    Ok(found)
}

pub(super) fn name_of(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &EmployeeId,
) -> Result<Option<String>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(None) };
    let mut query = c.prepare_cached("SELECT employee, record FROM employee WHERE snapshot = ?1 AND employee = ?2")?;
    let found: Option<Employee> =
        query.query_row(params![snapshot, employee.as_str()], snapshots::employee_of).optional()?;
    Ok(found.map(|employee| employee.person.display_name()))
}

impl Store {
    /// One line of a run, with what was said for it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such run.
    pub async fn said_line(&self, run: RunId, line: LineOf) -> Result<SaidLine, StoreError> {
        self.read(move |c| said(c, run, &line)).await
    }
}

/// When the newest exchange of a run that is left out of what is kept would have been: for the words of a page that is empty.
#[must_use]
pub fn is_older_than_kept(run: &RunRow, now: jiff::Timestamp) -> bool {
    let kept = jiff::SignedDuration::from_hours(24 * crate::domain::exchange::KEPT_DAYS);
    micros(run.started) < micros(now - kept)
}
