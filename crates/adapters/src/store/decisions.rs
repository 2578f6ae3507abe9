//! What operators ruled: append-only, newest first, undone step by step.

use super::columns::{is_unreadable, json_or_none, micros, time, to_json};
use super::error::StoreError;
use super::remembered::Whom;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, pair_rulings, ruling_pairs};
use crate::domain::decision::{Decision, PairRuling, Ruling, StepPart, Walked};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use std::collections::HashSet;

/// The reason that stands beside a ruling that cannot be read.
const UNREADABLE: &str = "what was ruled cannot be read any more, rule again";

/// A row of `decision`; `None` where it takes the earlier ruling back.
pub(super) fn decision_of(row: &Row<'_>) -> rusqlite::Result<Option<Decision>> {
    let (ruling, unreadable) = match json_or_none::<Ruling>(row, "ruling") {
        // Whatever it was, it said how one person is to be treated: until somebody says it again, nothing is written.
        Err(error) if is_unreadable(&error) => (Ruling::HoldBack, true),
        Ok(Some(ruling)) => (ruling, false),
        Ok(None) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Decision {
        employee: EmployeeId(row.get("employee")?),
        ruling,
        reason: if unreadable { Some(UNREADABLE.to_owned()) } else { row.get("reason")? },
        by: row.get("by")?,
        at: time(row, "at")?,
        key_fields: if unreadable { String::new() } else { row.get("key_fields")? },
    }))
}

/// The newest valid ruling of each employee, by employee.
pub(super) fn valid(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Vec<Decision>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT d.* FROM (SELECT max(id) AS newest FROM decision WHERE connection = ?1 AND revoked = 0{} GROUP BY employee)
         JOIN decision d ON d.id = newest ORDER BY d.employee",
        whom.condition()
    ))?;
    let rows = query.query_map(params_from_iter(whom.parameters(connection)), decision_of)?;
    let mut decisions = Vec::new();
    for row in rows {
        decisions.extend(row?);
    }
    Ok(decisions)
}

struct Entry {
    employee: EmployeeId,
    ruling: Option<Ruling>,
    reason: Option<String>,
    by: String,
    at: Timestamp,
    key_fields: String,
}

impl Entry {
    /// The row that takes an earlier ruling back.
    fn taken_back(employee: EmployeeId, by: &str, at: Timestamp) -> Self {
        Self { employee, ruling: None, reason: None, by: by.to_owned(), at, key_fields: String::new() }
    }
}

/// Adds rulings as one step; what was undone before can no longer be redone.
fn add_step(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    by: &str,
    entries: &[Entry],
    pairs: &[PairRuling],
) -> Result<(), StoreError> {
    if entries.is_empty() && pairs.is_empty() {
        return Ok(());
    }
    c.prepare_cached("UPDATE decision_step SET state = 'dropped' WHERE connection = ?1 AND state = 'undone'")?
        .execute([connection.0])?;
    c.prepare_cached("INSERT INTO decision_step(connection, by, at, state) VALUES (?1, ?2, ?3, 'done')")?
        .execute(params![connection.0, by, micros(now)])?;
    let step = c.last_insert_rowid();
    let mut insert = c.prepare_cached(
        "INSERT INTO decision(connection, step, employee, ruling, reason, by, at, key_fields)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for entry in entries {
        let ruling = entry.ruling.as_ref().map(to_json).transpose()?;
        let row = insert.insert(params![
            connection.0,
            step,
            entry.employee.as_str(),
            ruling,
            entry.reason,
            entry.by,
            micros(entry.at),
            entry.key_fields,
        ])?;
        if let Some(ruling) = &entry.ruling {
            let author = (entry.by.as_str(), entry.at);
            ruling_pairs::keep_decision(c, connection, row, &entry.employee, ruling, author)?;
        }
    }
    pairs.iter().try_for_each(|pair| pair_rulings::insert(c, connection, step, pair))?;
    audit::add(c, now, Some(connection), by, "ruling", &words(entries, pairs))
}

/// Holds people whose changes are about to be undone. That is no ruling of Review: the undo key there does not let go of them.
fn hold_undone(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    decisions: Vec<Decision>,
) -> Result<(), StoreError> {
    let by = decisions.first().map(|decision| decision.by.clone()).unwrap_or_default();
    let entries: Vec<Entry> = decisions
        .into_iter()
        .map(|Decision { employee, ruling, reason, by, at, key_fields }| Entry {
            employee,
            ruling: Some(ruling),
            reason,
            by,
            at,
            key_fields,
        })
        .collect();
    if entries.is_empty() {
        return Ok(());
    }
    add_step(c, now, connection, &by, &entries, &[])?;
    c.prepare_cached("UPDATE decision_step SET state = 'dropped' WHERE id = (SELECT max(id) FROM decision_step WHERE connection = ?1)")?
        .execute([connection.0])?;
    Ok(())
}

/// Lets go of people who are held as undone (by `run`, where one is named): what was ruled on them before counts again. Answers
/// who was held.
fn release_undone(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    run: Option<RunId>,
    employees: &[EmployeeId],
    by: &str,
) -> Result<Vec<EmployeeId>, StoreError> {
    let named: std::collections::HashSet<&EmployeeId> = employees.iter().collect();
    let mut entries = Vec::new();
    for Decision { employee, ruling, .. } in valid(c, connection, &Whom::Everybody)? {
        let Ruling::Undone { run: undone } = ruling else { continue };
        if named.contains(&employee) && run.is_none_or(|run| run == undone) {
            entries.push(before_undo(c, now, connection, employee, by)?);
        }
    }
    let released: Vec<EmployeeId> = entries.iter().map(|entry| entry.employee.clone()).collect();
    add_step(c, now, connection, by, &entries, &[])?;
    Ok(released)
}

/// The newest ruling on somebody that no undo made.
fn before_undo(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    employee: EmployeeId,
    by: &str,
) -> Result<Entry, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT * FROM decision WHERE connection = ?1 AND employee = ?2 AND revoked = 0 ORDER BY id DESC",
    )?;
    let mut rows = query.query(params![connection.0, employee.as_str()])?;
    while let Some(row) = rows.next()? {
        match decision_of(row)? {
            Some(Decision { ruling: Ruling::Undone { .. }, .. }) => {}
            Some(Decision { employee, ruling, reason, by, at, key_fields }) => {
                return Ok(Entry { employee, ruling: Some(ruling), reason, by, at, key_fields });
            }
            None => break,
        }
    }
    Ok(Entry::taken_back(employee, by, now))
}

fn words(entries: &[Entry], pairs: &[PairRuling]) -> String {
    let Some(first) = entries.first() else {
        let pair = pairs
            .first()
            .map(|pair| format!("employee {}: {} beside {}", pair.employee, pair.verdict.key(), pair.other));
        return pair.unwrap_or_default();
    };
    let ruling = first.ruling.as_ref().map_or("taken back", Ruling::key);
    let to = match &first.ruling {
        Some(Ruling::Link { user }) => format!(" to user {user}"),
        Some(Ruling::Later { until: Some(until) }) => format!(" until {until}"),
        _ => String::new(),
    };
    let why = first.reason.as_deref().map(|why| format!(", because `{why}`")).unwrap_or_default();
    match entries.len() {
        1 => format!("employee {}: {ruling}{to}{why}", first.employee),
        more => format!("employee {} and {} more: {ruling}", first.employee, more - 1),
    }
}

pub(super) fn decide(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    decisions: Vec<Decision>,
    mut pairs: Vec<PairRuling>,
    taken_back: &[EmployeeId],
) -> Result<(), StoreError> {
    let by = decisions.first().map(|decision| &decision.by).or_else(|| pairs.first().map(|pair| &pair.by));
    let by = by.cloned().unwrap_or_default();
    // What was ruled on somebody who stands beside others was ruled in their sight, and only in theirs.
    for decision in &decisions {
        pairs.extend(pair_rulings::of_decision(c, connection, decision, &pairs)?);
    }
    let mut entries: Vec<Entry> = decisions
        .into_iter()
        .map(|Decision { employee, ruling, reason, by, at, key_fields }| Entry {
            employee,
            ruling: Some(ruling),
            reason,
            by,
            at,
            key_fields,
        })
        .collect();
    if !taken_back.is_empty() {
        let ruled = valid(c, connection, &Whom::Everybody)?.into_iter().map(|decision| decision.employee);
        let gone = ruled.filter(|employee| taken_back.contains(employee));
        entries.extend(gone.map(|employee| Entry::taken_back(employee, &by, now)));
    }
    add_step(c, now, connection, &by, &entries, &pairs)
}

pub(super) fn withdraw(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    employees: Vec<EmployeeId>,
    by: &str,
) -> Result<(), StoreError> {
    let mut ruled = std::collections::BTreeSet::new();
    let mut held_back = std::collections::BTreeSet::new();
    for Decision { employee, ruling, .. } in valid(c, connection, &Whom::Everybody)? {
        if matches!(ruling, Ruling::HoldBack | Ruling::Undone { .. }) {
            held_back.insert(employee.clone());
        }
        ruled.insert(employee);
    }
    let mut pairs = Vec::new();
    // Letting go of what was held back from a plan says nothing of who somebody is.
    for employee in employees.iter().filter(|employee| !held_back.contains(employee)) {
        pairs.extend(pair_rulings::taken_back(c, connection, employee, by, now)?);
    }
    let entries: Vec<Entry> = employees
        .into_iter()
        .filter(|employee| ruled.contains(employee))
        .map(|employee| Entry::taken_back(employee, by, now))
        .collect();
    add_step(c, now, connection, by, &entries, &pairs)
}

/// Revokes the newest step, or brings the one back that was revoked last; answers whom it concerned.
pub(super) fn walk(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    undo: bool,
    by: &str,
) -> Result<Option<Vec<Walked>>, StoreError> {
    let find = if undo {
        "SELECT id FROM decision_step WHERE connection = ?1 AND state = 'done' ORDER BY id DESC LIMIT 1"
    } else {
        "SELECT id FROM decision_step WHERE connection = ?1 AND state = 'undone' ORDER BY id LIMIT 1"
    };
    let step: Option<i64> = c.prepare_cached(find)?.query_row([connection.0], |row| row.get(0)).optional()?;
    step.map(|step| set_state(c, now, connection, step, undo, by)).transpose()
}

/// Revokes a step or brings it back; answers whom it concerns.
fn set_state(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    step: i64,
    undo: bool,
    by: &str,
) -> Result<Vec<Walked>, StoreError> {
    let (state, what) = if undo { ("undone", "ruling undone") } else { ("done", "ruling redone") };
    c.prepare_cached("UPDATE decision_step SET state = ?2 WHERE id = ?1")?.execute(params![step, state])?;
    let mut update = c.prepare_cached("UPDATE decision SET revoked = ?2 WHERE step = ?1 RETURNING *")?;
    let rows = update.query_map(params![step, undo], |row| {
        let part = decision_of(row)?.map_or(StepPart::TakenBack, |decision| StepPart::Ruled(decision.ruling));
        Ok(Walked { employee: EmployeeId(row.get("employee")?), part })
    })?;
    let mut people = rows.collect::<Result<Vec<_>, _>>()?;
    let mut known: HashSet<EmployeeId> = people.iter().map(|one| one.employee.clone()).collect();
    for (employee, verdict) in pair_rulings::set_revoked(c, step, undo)? {
        if known.insert(employee.clone()) {
            people.push(Walked { employee, part: StepPart::Beside(verdict) });
        }
    }
    audit::add(c, now, Some(connection), by, what, &format!("{} people", people.len()))?;
    Ok(people)
}

/// Takes the newest ruling on one person back, or brings it back, whatever was ruled on others since. A ruling on one human's
/// records is walked whole; of one on several people only this person's part goes: the one before it counts again. False when
/// there is nothing to walk.
fn walk_one(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    employee: &EmployeeId,
    undo: bool,
    by: &str,
) -> Result<bool, StoreError> {
    let (revoked, state, order) = if undo { ("AND revoked = 0", "done", "DESC") } else { ("", "undone", "ASC") };
    let find = format!(
        "SELECT id FROM decision_step WHERE connection = ?1 AND state = '{state}' AND id IN (
           SELECT step FROM decision WHERE connection = ?1 AND employee = ?2 {revoked}
           UNION SELECT step FROM distinct_employees WHERE connection = ?1 AND employee = ?2 {revoked}
         ) ORDER BY id {order} LIMIT 1"
    );
    let found = c.prepare_cached(&find)?.query_row(params![connection.0, employee.as_str()], |row| row.get(0));
    let Some(step) = found.optional()? else { return Ok(false) };
    if is_about_one(c, step, employee)? {
        return set_state(c, now, connection, step, undo, by).map(|_| true);
    }
    // A ruling on several is brought back where it was made.
    if !undo {
        return Ok(false);
    }
    let pairs = pair_rulings::taken_back(c, connection, employee, by, now)?;
    let id: Option<i64> = c
        .prepare_cached("SELECT max(id) FROM decision WHERE step = ?1 AND employee = ?2")?
        .query_row(params![step, employee.as_str()], |row| row.get(0))?;
    let entry = id.map(|id| before(c, now, connection, employee, id, by)).transpose()?;
    add_step(c, now, connection, by, entry.as_slice(), &pairs).map(|()| true)
}

/// What was ruled on somebody before this decision.
fn before(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    employee: &EmployeeId,
    id: i64,
    by: &str,
) -> Result<Entry, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT * FROM decision WHERE connection = ?1 AND employee = ?2 AND revoked = 0 AND id < ?3
         ORDER BY id DESC LIMIT 1",
    )?;
    let earlier = query.query_row(params![connection.0, employee.as_str(), id], decision_of).optional()?.flatten();
    Ok(match earlier {
        Some(Decision { employee, ruling, reason, by, at, key_fields }) => {
            Entry { employee, ruling: Some(ruling), reason, by, at, key_fields }
        }
        None => Entry::taken_back(employee.clone(), by, now),
    })
}

/// Whether a step is about this employee alone, or about the records that stand beside it: one question, one answer.
fn is_about_one(c: &Sqlite, step: i64, employee: &EmployeeId) -> Result<bool, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT count(*) FROM (
           SELECT employee FROM decision WHERE step = ?1 UNION SELECT employee FROM distinct_employees WHERE step = ?1
         ) WHERE employee <> ?2 AND employee NOT IN (
           SELECT other FROM distinct_employees WHERE step = ?1 AND employee = ?2
           UNION SELECT employee FROM distinct_employees WHERE step = ?1 AND other = ?2
         )",
    )?;
    let strangers: i64 = query.query_row(params![step, employee.as_str()], |row| row.get(0))?;
    Ok(strangers == 0)
}

fn rule() -> Write {
    Write::durably(Group::Decisions).and(Group::Audit)
}

fn employees(walked: Vec<Walked>) -> Vec<EmployeeId> {
    walked.into_iter().map(|one| one.employee).collect()
}

impl Store {
    /// The newest valid ruling of each employee.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn decisions(&self, connection: ConnectionId) -> Result<Vec<Decision>, StoreError> {
        self.read(move |c| valid(c, connection, &Whom::Everybody)).await
    }

    /// Adds rulings as one undo step.
    ///
    /// # Errors
    /// When it cannot be saved; none is added then.
    pub async fn decide(&self, connection: ConnectionId, decisions: Vec<Decision>) -> Result<(), StoreError> {
        let now = self.now();
        self.write(rule(), move |c| decide(c, now, connection, decisions, Vec::new(), &[])).await
    }

    /// Holds people whose changes are about to be undone.
    ///
    /// # Errors
    /// When it cannot be saved; nobody is held then.
    pub async fn hold_undone(&self, connection: ConnectionId, decisions: Vec<Decision>) -> Result<(), StoreError> {
        let now = self.now();
        self.write(rule(), move |c| hold_undone(c, now, connection, decisions)).await
    }

    /// Lets go of those of these people who are held as undone (by `run`, where one is named), as one undo step; answers who that
    /// was.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn release_undone(
        &self,
        connection: ConnectionId,
        run: Option<RunId>,
        employees: Vec<EmployeeId>,
        by: &str,
    ) -> Result<Vec<EmployeeId>, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(rule(), move |c| release_undone(c, now, connection, run, &employees, &by)).await
    }

    /// Takes the rulings on these employees back, as one undo step; those without one are left out.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn withdraw_decisions(
        &self,
        connection: ConnectionId,
        employees: Vec<EmployeeId>,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(rule(), move |c| withdraw(c, now, connection, employees, &by)).await
    }

    /// Revokes the newest step; answers whom it concerned, `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn undo_decision(
        &self,
        connection: ConnectionId,
        by: &str,
    ) -> Result<Option<Vec<EmployeeId>>, StoreError> {
        Ok(self.walk_decision(connection, true, by).await?.map(employees))
    }

    /// Revokes the newest step (`undo`), or brings the one back that was revoked last, which a new ruling ends; answers what it
    /// said of whom, `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn walk_decision(
        &self,
        connection: ConnectionId,
        undo: bool,
        by: &str,
    ) -> Result<Option<Vec<Walked>>, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(rule(), move |c| walk(c, now, connection, undo, &by)).await
    }

    /// Takes the newest ruling on this person back (`undo`), or brings it back; false when there is none.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn walk_decision_of(
        &self,
        connection: ConnectionId,
        employee: &EmployeeId,
        undo: bool,
        by: &str,
    ) -> Result<bool, StoreError> {
        let (now, by, employee) = (self.now(), by.to_owned(), employee.clone());
        self.write(rule(), move |c| walk_one(c, now, connection, &employee, undo, &by)).await
    }

    /// Brings the step back that was revoked last; a new ruling ends that.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn redo_decision(
        &self,
        connection: ConnectionId,
        by: &str,
    ) -> Result<Option<Vec<EmployeeId>>, StoreError> {
        Ok(self.walk_decision(connection, false, by).await?.map(employees))
    }
}
