//! Rehearsals: kept with their plans, one of each.

use super::columns::{json, micros, time, to_json};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::rehearsal::Rehearsal;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// A rehearsal with who had it made, and of what.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRehearsal {
    /// The hash of the plan as it was rehearsed: of another one it says nothing.
    pub hash: String,
    pub by: String,
    pub at: Timestamp,
    pub rehearsal: Rehearsal,
}

fn of_plan(c: &Sqlite, plan: PlanId) -> Result<Option<StoredRehearsal>, StoreError> {
    let mut query = c.prepare_cached("SELECT hash, by, at, result FROM rehearsal WHERE plan = ?1")?;
    let row = query.query_row([plan.0], |row| {
        Ok(StoredRehearsal {
            hash: row.get("hash")?,
            by: row.get("by")?,
            at: time(row, "at")?,
            rehearsal: json(row, "result")?,
        })
    });
    match row.optional() {
        // It can be made again in a second.
        Err(error) if super::columns::is_unreadable(&error) => Ok(None),
        found => Ok(found?),
    }
}

impl Store {
    /// Keeps a rehearsal in the place of an earlier one of the same plan.
    ///
    /// # Errors
    /// When it cannot be saved, or the plan is not kept any more.
    pub async fn keep_rehearsal(
        &self,
        connection: ConnectionId,
        plan: PlanId,
        (hash, by): (&str, &str),
        rehearsal: &Rehearsal,
    ) -> Result<(), StoreError> {
        let (now, hash, by, result) = (self.now(), hash.to_owned(), by.to_owned(), to_json(rehearsal)?);
        let job = move |c: &Sqlite| {
            c.prepare_cached(
                "INSERT OR REPLACE INTO rehearsal(plan, connection, hash, by, at, result)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![plan.0, connection.0, hash, by, micros(now), result])?;
            Ok(())
        };
        self.write(Write::to(Group::Runs), job).await
    }

    /// The rehearsal of a plan.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn rehearsal(&self, plan: PlanId) -> Result<Option<StoredRehearsal>, StoreError> {
        self.read(move |c| of_plan(c, plan)).await
    }
}
