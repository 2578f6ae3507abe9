//! Who of those held for one reason passes a filter: in the columns of a plan's lines, so that one filter serves both lists of Plan.

use super::plan_columns::plan_columns;
use crate::domain::filter::{Condition, Facet, Row, Sifted, sifted};
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::plan::HoldCode;
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::params;
use std::borrow::Cow;
use std::sync::Arc;

/// In the order of the list.
const READ: &str = "SELECT h.id, coalesce(h.field, ''), coalesce(h.value, ''), coalesce(e.branch, ''),
        coalesce(e.job_title, ''), coalesce(e.name, ''), coalesce(e.identifier, ''), h.employee
   FROM hold h LEFT JOIN employee e ON e.snapshot = ?3 AND e.employee = h.employee
  WHERE h.plan = ?1 AND h.code = ?2 ORDER BY h.field, h.value, h.id";

/// Somebody held.
struct Held {
    id: i64,
    code: HoldCode,
    field: String,
    value: String,
    branch: String,
    title: String,
    who: String,
    identifier: String,
}

impl Row for Held {
    fn value(&self, column: usize) -> Cow<'_, str> {
        match column {
            0 => self.code.words().into(),
            // The value at fault is found by its field, as it stands in the list.
            1 if self.value.is_empty() => self.field.as_str().into(),
            1 => format!("{} {}", self.field, self.value).into(),
            2 => self.branch.as_str().into(),
            3 => self.title.as_str().into(),
            4 => self.who.as_str().into(),
            _ => self.identifier.as_str().into(),
        }
    }
}

fn held(c: &Sqlite, connection: ConnectionId, plan: PlanId, code: HoldCode) -> Result<Vec<Held>, StoreError> {
    let source = snapshots::current(c, connection, Side::Source)?;
    let mut query = c.prepare_cached(READ)?;
    let rows = query.query_map(params![plan.0, code.key(), source], |row| {
        let (name, employee): (String, String) = (row.get(5)?, row.get(7)?);
        Ok(Held {
            id: row.get(0)?,
            code,
            field: row.get(1)?,
            value: row.get(2)?,
            branch: row.get(3)?,
            title: row.get(4)?,
            who: format!("{name} {employee}").trim().to_owned(),
            identifier: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// The people held for one reason who pass the conditions, in the order of [`Store::held_ids`], and the facets.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn held_found(
        &self,
        connection: ConnectionId,
        (plan, code): (PlanId, HoldCode),
        conditions: Vec<Condition>,
    ) -> Result<(Arc<Vec<i64>>, Vec<Facet>), StoreError> {
        self.read(move |c| {
            let (held, columns) = (held(c, connection, plan, code)?, plan_columns());
            let Sifted { places, facets } = sifted(&held, &columns, &conditions);
            let ids = places.into_iter().filter_map(|at| Some(held.get(at)?.id)).collect();
            Ok((Arc::new(ids), facets))
        })
        .await
    }
}
