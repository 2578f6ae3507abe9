//! The plan that follows an operator's changes: what would be done now, so that every screen shows it at once. It has no
//! number, is not among the plans of a tenant, and takes the place of the one before.
//!
//! Its rows stand beside those of plans, under ids below zero, which are never given twice. A preference names the one that
//! counts; the next plan with a number takes its place.

use super::error::StoreError;
use super::plans::{PlanHead, head_of};
use super::preferences;
use super::writer::Write;
use super::{Group, Sqlite, Store, plans};
use crate::domain::ids::{ConnectionId, PlanId, RunId};
use crate::domain::plan::Plan;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::sync::Arc;

/// What-ifs of a connection whose rows are kept: an answer that is on its way to a screen still finds the one before.
const KEPT: i64 = 3;

/// Under which the last id below zero stands, of all connections.
const LAST: &str = "plan/what_if";

/// The what-if of a connection `?1` that counts, as SQL.
pub(super) const CURRENT: &str =
    "(SELECT CAST(value AS INTEGER) FROM preference WHERE key = 'connection/' || ?1 || '/what_if')";

fn key(connection: ConnectionId) -> String {
    format!("connection/{connection}/what_if")
}

/// The id of the what-if that counts, where there is one.
pub(super) fn current(c: &Sqlite, connection: ConnectionId) -> Result<Option<PlanId>, StoreError> {
    let mut query = c.prepare_cached(&format!("SELECT id FROM plan WHERE connection = ?1 AND id = {CURRENT}"))?;
    Ok(query.query_row([connection.0], |row| row.get(0)).optional()?.map(PlanId))
}

/// A plan with a number takes the place of the what-if.
pub(super) fn ends(c: &Sqlite, connection: ConnectionId) -> Result<(), StoreError> {
    preferences::set(c, &key(connection), None)
}

pub(super) fn save(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    plan: &Plan,
    by: &str,
    mark: i64,
) -> Result<PlanId, StoreError> {
    let last = preferences::get(c, LAST)?.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let id = PlanId(last.min(0) - 1);
    plans::insert(c, now, connection, Some(id), plan, by, mark)?;
    preferences::set(c, LAST, Some(&id.to_string()))?;
    preferences::set(c, &key(connection), Some(&id.to_string()))?;
    let mut query =
        c.prepare_cached("SELECT id FROM plan WHERE connection = ?1 AND id < 0 ORDER BY id LIMIT -1 OFFSET ?2")?;
    let old =
        query.query_map(params![connection.0, KEPT], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    for plan in old {
        c.prepare_cached("DELETE FROM plan WHERE id = ?1")?.execute([plan])?;
    }
    Ok(id)
}

/// Whether the plan of this name in a statement says how everybody stands, as SQL: one that takes a run back does not, nor one that
/// a sync of named people carries out. (A preview of named people reads them alone, and plans everybody.)
pub(super) fn of_everybody(plan: &str) -> String {
    // One look for each, so that each has its index.
    format!(
        "NOT EXISTS (SELECT 1 FROM run WHERE run.plan = {plan}.id AND run.undoes IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM run WHERE run.plan = {plan}.id AND run.purpose = 'sync' AND instr(run.scope, 'people') > 0)"
    )
}

pub(super) fn latest_numbered(c: &Sqlite, connection: ConnectionId) -> Result<Option<PlanHead>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT * FROM plan WHERE connection = ?1 AND id > 0 AND {} ORDER BY id DESC LIMIT 1",
        of_everybody("plan")
    ))?;
    Ok(query.query_row([connection.0], head_of).optional()?)
}

fn numbered(c: &Sqlite, connection: ConnectionId) -> Result<Vec<PlanId>, StoreError> {
    let mut query = c.prepare_cached("SELECT id FROM plan WHERE connection = ?1 AND id > 0 ORDER BY id DESC")?;
    Ok(query.query_map([connection.0], |row| row.get(0).map(PlanId))?.collect::<Result<_, _>>()?)
}

impl Store {
    /// Puts what would be done now in the place of the tenant's what-if: every screen shows it, but it is no plan of the
    /// list, has no number, and no plan gives way to it. `mark` is [`Store::change_mark`] from before its data were read.
    ///
    /// # Errors
    /// When it cannot be saved; the one before counts then.
    pub async fn save_what_if(
        &self,
        connection: ConnectionId,
        plan: Arc<Plan>,
        by: &str,
        mark: i64,
    ) -> Result<PlanId, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::to(Group::Plans), move |c| save(c, now, connection, &plan, &by, mark)).await
    }

    /// Gives a what-if its number, as the plan of a run; it stays as old as it is.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not kept any more.
    pub async fn number_what_if(&self, run: RunId, what_if: PlanId) -> Result<PlanId, StoreError> {
        self.write(Write::durably(Group::Plans), move |c| {
            let (head, plan) = (plans::head(c, what_if)?, plans::load(c, what_if)?);
            plans::save(c, head.made_at, head.connection, Some(run), &plan, &head.by, head.change_mark)
        })
        .await
    }

    /// The plans of a connection, the newest first; what-ifs are none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn numbered_plans(&self, connection: ConnectionId) -> Result<Vec<PlanId>, StoreError> {
        self.read(move |c| numbered(c, connection)).await
    }

    /// The newest plan of a connection that has a number and is about everybody.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn latest_numbered_plan(&self, connection: ConnectionId) -> Result<Option<PlanHead>, StoreError> {
        self.read(move |c| latest_numbered(c, connection)).await
    }
}
