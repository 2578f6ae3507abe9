//! What approved lines met when nothing was sent for them.

use super::columns::{is_unreadable, json_or_none, to_json, word};
use super::error::StoreError;
use super::{Sqlite, Store};
use crate::domain::drift::{Cause, Moved, MovedBy};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId};
use crate::domain::plan::OperationKind;
use crate::domain::run::{OperationState, PARKED};
use rusqlite::{Row, params};
use std::collections::{BTreeMap, HashSet};

pub(super) fn put(c: &Sqlite, plan: PlanId, seq: u32, moved: &Moved) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE operation SET moved = ?3 WHERE plan = ?1 AND seq = ?2")?.execute(params![
        plan.0,
        seq,
        to_json(moved)?
    ])?;
    Ok(())
}

/// What a line met. That it had moved, or was there already, its state tells where the rest cannot be read: it stops no page.
pub(super) fn moved_of(row: &Row<'_>) -> rusqlite::Result<Option<Moved>> {
    match json_or_none(row, "moved") {
        Err(error) if is_unreadable(&error) => {
            let (state, code): (String, Option<String>) = (row.get("state")?, row.get("error_code")?);
            let cause = match OperationState::from_key(&state) {
                Some(OperationState::SetAside) if code.as_deref() == Some(PARKED) => Cause::Parked,
                Some(OperationState::SetAside) => Cause::Values,
                _ => Cause::AlreadyThere,
            };
            Ok(Some(Moved::of(cause, MovedBy::Unknown)))
        }
        moved => moved,
    }
}

/// Lines by kind and state that were there already.
pub(super) type Already = BTreeMap<(OperationKind, &'static str), u32>;

/// The lines of a plan that were there already, and how many were parked, of those that `condition` takes (over `?2` and `?3`).
pub(super) fn apart(
    c: &Sqlite,
    plan: PlanId,
    condition: &str,
    (from, until): (i64, i64),
) -> Result<(Already, u32), StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT kind, state, count(*) AS count, sum(error_code IS '{PARKED}') AS parked FROM operation
         WHERE plan = ?1 AND moved IS NOT NULL AND withheld = 0 AND {condition} GROUP BY state, kind"
    ))?;
    let (mut already, mut parked) = (BTreeMap::new(), 0);
    let mut rows = query.query(params![plan.0, from, until])?;
    while let Some(row) = rows.next()? {
        let state = word(row, "state", OperationState::from_key)?;
        match state {
            OperationState::Written | OperationState::Confirmed => {
                already.insert((word(row, "kind", OperationKind::from_key)?, state.key()), row.get("count")?);
            }
            OperationState::SetAside => parked += row.get::<_, u32>("parked")?,
            OperationState::Pending | OperationState::Sent | OperationState::Failed | OperationState::Unknown => {}
        }
    }
    Ok((already, parked))
}

fn changed_in_newest_pull(c: &Sqlite, connection: ConnectionId) -> Result<HashSet<EmployeeId>, StoreError> {
    let of = |state: &str| -> String {
        format!(
            "(SELECT id FROM snapshot WHERE connection = ?1 AND side = 'source' AND state = '{state}'
               ORDER BY id DESC LIMIT 1)"
        )
    };
    let (new, old) = (of("current"), of("kept"));
    // Who is not in it any more has changed too.
    let mut query = c.prepare_cached(&format!(
        "SELECT n.employee FROM employee n LEFT JOIN employee o ON o.snapshot = {old} AND o.employee = n.employee
         WHERE n.snapshot = {new}
           AND (o.employee IS NULL OR o.record <> n.record OR o.in_scope <> n.in_scope)
         UNION
         SELECT o.employee FROM employee o WHERE o.snapshot = {old}
           AND NOT EXISTS (SELECT 1 FROM employee n WHERE n.snapshot = {new} AND n.employee = o.employee)"
    ))?;
    let people = query.query_map([connection.0], |row| row.get(0).map(EmployeeId))?;
    Ok(people.collect::<Result<_, _>>()?)
}

impl Store {
    /// Whose record at the source is another one in the newest pull than in the one before.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn changed_in_newest_pull(&self, connection: ConnectionId) -> Result<HashSet<EmployeeId>, StoreError> {
        self.read(move |c| changed_in_newest_pull(c, connection)).await
    }
}
