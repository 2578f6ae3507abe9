//! Figures that are kept with a pull and with a plan when they are written, so that no screen counts a million rows.
//!
//! They are read by the very statements that read them where none are kept (an older plan, somebody forgotten): one
//! definition each. Links and feed lines are counted by triggers (`tally`).

use super::columns::{from_count, json_or_none, to_json};
use super::error::StoreError;
use super::views::{FieldSum, HoldSum, OpenSum, ValueSum};
use super::{Sqlite, snapshots, views};
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::plan::OperationKind;
use crate::domain::snapshot::Side;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a plan holds and changes, as the database keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlanSums {
    pub(super) holds: Vec<HoldSum>,
    pub(super) open: Vec<OpenSum>,
    /// People blocked for a value, by field.
    pub(super) blocked: Vec<ValueSum>,
    /// Fields that updates change.
    pub(super) changed: Vec<FieldSum>,
}

/// The figures that are kept with a plan.
pub(super) fn of_plan(c: &Sqlite, plan: PlanId) -> Result<Option<PlanSums>, StoreError> {
    let mut query = c.prepare_cached("SELECT figures FROM plan WHERE id = ?1")?;
    // What cannot be read any more is counted from the rows.
    let figures = query.query_row([plan.0], |row| Ok(json_or_none(row, "figures").unwrap_or_default())).optional()?;
    Ok(figures.flatten())
}

/// Keeps the figures and the lists of a plan whose rows were just written.
pub(super) fn keep(c: &Sqlite, connection: ConnectionId, plan: PlanId) -> Result<(), StoreError> {
    let sums = PlanSums {
        holds: views::hold_sums(c, plan)?,
        open: views::open_sums(c, plan)?,
        blocked: views::value_sums(c, plan)?,
        changed: views::field_sums(c, plan, OperationKind::Update)?,
    };
    c.prepare_cached("UPDATE plan SET figures = ?2 WHERE id = ?1")?.execute(params![plan.0, to_json(&sums)?])?;
    keep_lists(c, connection, plan)
}

/// The figures of a plan do not hold any more.
pub(super) fn drop_plan(c: &Sqlite, plan: PlanId) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE plan SET figures = NULL WHERE id = ?1")?.execute([plan.0])?;
    Ok(())
}

fn keep_lists(c: &Sqlite, connection: ConnectionId, plan: PlanId) -> Result<(), StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(()) };
    let mut lists: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut query = c.prepare_cached(views::PLAN_LISTS)?;
    let mut rows = query.query(params![plan.0, snapshot])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let kind = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if !lists.contains_key(kind) {
            lists.insert(kind.to_owned(), Vec::new());
        }
        if let Some(list) = lists.get_mut(kind) {
            list.extend(id.to_le_bytes());
        }
    }
    let mut insert = c.prepare_cached("INSERT INTO plan_list(plan, kind, snapshot, ids) VALUES (?1, ?2, ?3, ?4)")?;
    for (kind, ids) in lists {
        insert.execute(params![plan.0, kind, snapshot, ids])?;
    }
    Ok(())
}

/// The lines of a kind in the order of Plan, where they are kept for this pull.
pub(super) fn plan_list(
    c: &Sqlite,
    plan: PlanId,
    kind: OperationKind,
    snapshot: Option<i64>,
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut query = c.prepare_cached("SELECT ids FROM plan_list WHERE plan = ?1 AND kind = ?2 AND snapshot = ?3")?;
    let ids = query.query_row(params![plan.0, kind.key(), snapshot], |row| {
        let bytes = row.get_ref(0)?.as_blob()?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|id| i64::from_le_bytes(*id)).collect())
    });
    Ok(ids.optional()?)
}

/// Fields whose values are counted with each pull: those that feed lists nearly everywhere. Others are counted when somebody asks.
const COUNTED: [Field; 3] = [Field::Branch, Field::Department, Field::JobTitle];

/// Counts the people of a complete pull.
pub(super) fn count_people(c: &Sqlite, snapshot: i64) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM value_count WHERE snapshot = ?1")?.execute([snapshot])?;
    for field in COUNTED {
        let Some(counts) = views::head_counts_sql(field) else { continue };
        c.prepare_cached(&format!("INSERT INTO value_count SELECT ?1, ?2, * FROM ({counts})"))?
            .execute(params![snapshot, field.key()])?;
    }
    c.prepare_cached(
        "UPDATE snapshot SET in_scope = (SELECT count(*) FROM employee WHERE snapshot = ?1 AND in_scope = 1)
         WHERE id = ?1",
    )?
    .execute([snapshot])?;
    Ok(())
}

/// How many of a pull carry each value of a field; `None` where it was not counted.
pub(super) fn head_counts(c: &Sqlite, snapshot: i64, field: Field) -> Result<Option<Vec<(String, u64)>>, StoreError> {
    if !COUNTED.contains(&field) || in_scope(c, snapshot)?.is_none() {
        return Ok(None);
    }
    let mut query = c.prepare_cached("SELECT value, people FROM value_count WHERE snapshot = ?1 AND kind = ?2")?;
    let counts = query.query_map(params![snapshot, field.key()], |row| Ok((row.get(0)?, from_count(row.get(1)?))))?;
    Ok(Some(counts.collect::<Result<_, _>>()?))
}

/// Everybody in scope of a pull, leavers too; `None` where it was not counted.
pub(super) fn in_scope(c: &Sqlite, snapshot: i64) -> Result<Option<u64>, StoreError> {
    let mut query = c.prepare_cached("SELECT in_scope FROM snapshot WHERE id = ?1")?;
    let count: Option<Option<i64>> = query.query_row([snapshot], |row| row.get(0)).optional()?;
    Ok(count.flatten().map(from_count))
}

/// Counts again what somebody has been taken out of.
pub(super) fn without_one(c: &Sqlite, connection: ConnectionId) -> Result<(), StoreError> {
    c.execute("UPDATE plan SET figures = NULL WHERE connection = ?1", [connection.0])?;
    let mut query = c.prepare("SELECT id FROM snapshot WHERE connection = ?1 AND in_scope IS NOT NULL")?;
    let counted = query.query_map([connection.0], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    counted.into_iter().try_for_each(|snapshot| count_people(c, snapshot))
}

/// What a trigger has counted, by key; keys of which nothing is left are absent.
pub(super) fn tally(c: &Sqlite, connection: ConnectionId, what: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT key, count FROM tally WHERE connection = ?1 AND what = ?2 AND count > 0 ORDER BY key",
    )?;
    let counts = query.query_map(params![connection.0, what], |row| Ok((row.get(0)?, from_count(row.get(1)?))))?;
    Ok(counts.collect::<Result<_, _>>()?)
}
