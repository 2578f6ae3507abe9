//! A plan that an interrupted run left with values that cannot be read: made readable before the run is finished, so that
//! one bad line does not keep a tenant for ever. Nothing is made up: a line that cannot be read is never sent.

use super::columns::{json_or_none, micros, to_json};
use super::error::StoreError;
use super::plans::Approval;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::field::FieldChange;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::person::User;
use crate::domain::plan::{Counts, Evidence, LimitCheck, Mails, OperationKind};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::de::DeserializeOwned;

/// Code of a line that failed because it could not be read.
const CODE: &str = "unreadable";

/// Rows of `table` under `key` whose `column` cannot be read.
fn bad<T: DeserializeOwned>(c: &Sqlite, sql: &str, key: i64) -> Result<Vec<i64>, StoreError> {
    let mut query = c.prepare_cached(sql)?;
    let mut found = Vec::new();
    let mut rows = query.query([key])?;
    while let Some(row) = rows.next()? {
        match json_or_none::<T>(row, "value") {
            Err(error) if super::columns::is_unreadable(&error) => found.push(row.get("id")?),
            other => drop(other?),
        }
    }
    Ok(found)
}

/// Fails the lines of these ids that are still open. What became of one that was sent, the next plan sees.
fn fail(c: &Sqlite, now: Timestamp, id: i64, why: &str) -> Result<(), StoreError> {
    c.prepare_cached(
        "UPDATE operation SET state = 'failed', error_code = ?2, error_message = ?3, done_at = ?4
         WHERE id = ?1 AND state IN ('pending', 'sent', 'unknown')",
    )?
    .execute(params![id, CODE, why, micros(now)])?;
    Ok(())
}

fn mend(c: &Sqlite, now: Timestamp, plan: PlanId) -> Result<u32, StoreError> {
    let mut mended = 0;
    let fields = "SELECT id, fields AS value FROM operation WHERE plan = ?1";
    for id in bad::<Vec<FieldChange>>(c, fields, plan.0)? {
        let why = "what this line was to write cannot be read any more; the next plan makes it anew";
        fail(c, now, id, why)?;
        c.prepare_cached("UPDATE operation SET fields = '[]' WHERE id = ?1")?.execute([id])?;
        mended += 1;
    }
    for (sql, put) in [
        (
            "SELECT id, before AS value FROM operation WHERE plan = ?1",
            (
                bad::<User> as fn(&Sqlite, &str, i64) -> Result<Vec<i64>, StoreError>,
                "UPDATE operation SET before = NULL WHERE id = ?1",
            ),
        ),
        (
            "SELECT id, others AS value FROM hold WHERE plan = ?1",
            (bad::<Vec<EmployeeId>>, "UPDATE hold SET others = '[]' WHERE id = ?1"),
        ),
        (
            "SELECT k.hold AS id, k.evidence AS value FROM candidate k JOIN hold h ON h.id = k.hold WHERE h.plan = ?1",
            (bad::<Vec<Evidence>>, "UPDATE candidate SET evidence = '[]' WHERE hold = ?1"),
        ),
    ] {
        let (look, update) = put;
        for id in look(c, sql, plan.0)? {
            c.prepare_cached(update)?.execute([id])?;
            mended += 1;
        }
    }
    mended += mend_head(c, now, plan)?;
    if mended > 0 {
        super::figures::drop_plan(c, plan)?;
    }
    Ok(mended)
}

/// Counts are taken from the lines; of an approval that cannot be read nobody knows what it left out, so that no further
/// line goes under it.
fn mend_head(c: &Sqlite, now: Timestamp, plan: PlanId) -> Result<u32, StoreError> {
    let mut mended = 0;
    let of = |column: &str| format!("SELECT id, {column} AS value FROM plan WHERE id = ?1");
    let mut put = |column: &str, value: String| -> Result<(), StoreError> {
        c.prepare_cached(&format!("UPDATE plan SET {column} = ?2 WHERE id = ?1"))?.execute(params![plan.0, value])?;
        mended += 1;
        Ok(())
    };
    if !bad::<Counts>(c, &of("counts"), plan.0)?.is_empty() {
        put("counts", to_json(&counted(c, plan)?)?)?;
    }
    if !bad::<Mails>(c, &of("mails"), plan.0)?.is_empty() {
        put("mails", to_json(&Mails::default())?)?;
    }
    if !bad::<Vec<LimitCheck>>(c, &of("limits"), plan.0)?.is_empty() {
        put("limits", "[]".to_owned())?;
    }
    if !bad::<Approval>(c, &of("approval"), plan.0)?.is_empty() {
        let why = "the approval of this plan cannot be read any more; the next plan is approved anew";
        let mut pending = c.prepare_cached("SELECT id FROM operation WHERE plan = ?1 AND state = 'pending'")?;
        let ids = pending.query_map([plan.0], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        for id in ids {
            fail(c, now, id, why)?;
        }
        let approval = Approval {
            by: "(cannot be read)".to_owned(),
            confirmed: None,
            reason: None,
            without: Vec::new(),
            waves: None,
        };
        put("approval", to_json(&approval)?)?;
    }
    Ok(mended)
}

fn counted(c: &Sqlite, plan: PlanId) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for kind in OperationKind::ALL {
        let lines: Option<u32> = c
            .prepare_cached("SELECT count(*) FROM operation WHERE plan = ?1 AND kind = ?2")?
            .query_row(params![plan.0, kind.key()], |row| row.get(0))
            .optional()?;
        *counts.slot(kind) = lines.unwrap_or(0);
    }
    Ok(counts)
}

impl Store {
    /// Makes every value of a plan readable: an open line whose content cannot be read has failed, counts are taken from
    /// the lines, and under an approval that cannot be read no further line goes. Answers how many values were mended.
    ///
    /// # Errors
    /// When it cannot be saved; nothing is changed then.
    pub async fn mend_plan(&self, plan: PlanId) -> Result<u32, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Journal), move |c| mend(c, now, plan)).await
    }
}
