//! The audit sample: pairs that were drawn by chance, what was shown of them, and how they were judged.

use super::columns::{json, micros, of_row, time, to_json};
use super::error::StoreError;
use super::ruling_pairs::{self, Pair};
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, models};
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::plan::Candidate;
use crate::matching::learning::{LevelNames, Sampling};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// What a pair was drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stratum {
    /// Tied without asking anybody.
    Linked,
    /// Called new; the pair is the employee and the nearest user.
    New,
}

impl Stratum {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            Stratum::Linked => "linked",
            Stratum::New => "new",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        [Stratum::Linked, Stratum::New].into_iter().find(|one| one.key() == key)
    }
}

/// A pair that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuditItem {
    pub stratum: Stratum,
    /// Share of the stratum that was drawn.
    pub rate: f64,
    pub employee: EmployeeId,
    /// The user with the waterfall that is shown.
    pub candidate: Candidate,
    /// Weight before calibration.
    pub weight: f64,
    /// Levels that may teach: a field that made the tie is left out.
    pub levels: LevelNames,
}

/// A pair of the sample as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditItem {
    pub id: i64,
    /// Which draw it belongs to, from 1.
    pub draw: u32,
    pub item: NewAuditItem,
    pub at: Timestamp,
    /// What was ruled, if anything: one person?
    pub ruled: Option<bool>,
}

const ITEMS: &str = "SELECT i.*, (
    SELECT r.same FROM ruling_pair r WHERE r.audit_item = i.id AND r.revoked = 0 ORDER BY r.id DESC LIMIT 1
  ) AS ruled FROM audit_item i WHERE i.connection = ?1 ORDER BY i.id";

fn item_of(row: &Row<'_>) -> rusqlite::Result<AuditItem> {
    let id: i64 = row.get("id")?;
    of_row(plain_item_of(row), || format!("pair {id} of the labelling sample"))
}

fn plain_item_of(row: &Row<'_>) -> rusqlite::Result<AuditItem> {
    Ok(AuditItem {
        id: row.get("id")?,
        draw: row.get("draw")?,
        item: NewAuditItem {
            stratum: super::columns::word(row, "stratum", Stratum::from_key)?,
            rate: row.get("rate")?,
            employee: EmployeeId(row.get("employee")?),
            candidate: json(row, "candidate")?,
            weight: row.get("weight")?,
            levels: json(row, "levels")?,
        },
        at: time(row, "at")?,
        ruled: row.get("ruled")?,
    })
}

fn add(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    draw: u32,
    items: &[NewAuditItem],
    by: &str,
) -> Result<(), StoreError> {
    let model = models::active_number(c, connection)?;
    let mut insert = c.prepare_cached(
        "INSERT INTO audit_item(connection, draw, stratum, rate, employee, user, model, weight, levels, candidate, by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for item in items {
        insert.execute(params![
            connection.0,
            draw,
            item.stratum.key(),
            item.rate,
            item.employee.as_str(),
            item.candidate.user.as_str(),
            model,
            item.weight,
            to_json(&item.levels)?,
            to_json(&item.candidate)?,
            by,
            micros(now),
        ])?;
    }
    audit::add(c, now, Some(connection), by, "audit sample", &format!("draw {draw}, {} pairs", items.len()))
}

/// Rules on an item; `None` takes the ruling back. What was ruled before stays, revoked.
fn rule(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    id: i64,
    same: Option<bool>,
    by: &str,
) -> Result<(), StoreError> {
    let found = c
        .prepare_cached("SELECT i.*, NULL AS ruled FROM audit_item i WHERE i.connection = ?1 AND i.id = ?2")?
        .query_row(params![connection.0, id], |row| Ok((item_of(row)?, row.get::<_, u32>("model")?)))
        .optional()?;
    let (AuditItem { item, .. }, model) = found.ok_or_else(|| StoreError::missing(format!("audit item {id}")))?;
    c.prepare_cached("UPDATE ruling_pair SET revoked = 1 WHERE audit_item = ?1")?.execute([id])?;
    if let Some(same) = same {
        let pair = Pair {
            decision: None,
            audit_item: Some(id),
            employee: &item.employee,
            user: &item.candidate.user,
            same,
            model,
            shown: Some((item.weight, item.candidate.probability, item.levels)),
            sampling: Sampling::Audit { rate: item.rate },
            by,
            at: now,
        };
        ruling_pairs::insert(c, connection, &pair)?;
    }
    let words = match same {
        Some(true) => "one person",
        Some(false) => "two people",
        None => "taken back",
    };
    audit::add(c, now, Some(connection), by, "audit ruling", &format!("employee {}: {words}", item.employee))
}

/// People whose user record Onroll itself has written: they agree because of that, and say nothing about chance.
fn written(c: &Sqlite, connection: ConnectionId) -> Result<BTreeSet<EmployeeId>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT DISTINCT employee FROM operation WHERE connection = ?1 AND employee IS NOT NULL
         AND kind IN ('create', 'update', 'reactivate') AND state IN ('written', 'confirmed', 'unknown', 'sent')",
    )?;
    let rows = query.query_map([connection.0], |row| row.get(0).map(EmployeeId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// Every pair that was ever drawn, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn audit_items(&self, connection: ConnectionId) -> Result<Vec<AuditItem>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached(ITEMS)?;
            Ok(query.query_map([connection.0], item_of)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Keeps what was drawn.
    ///
    /// # Errors
    /// When it cannot be saved; none is kept then.
    pub async fn add_audit_items(
        &self,
        connection: ConnectionId,
        draw: u32,
        items: Vec<NewAuditItem>,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Decisions).and(Group::Audit), move |c| {
            add(c, now, connection, draw, &items, &by)
        })
        .await
    }

    /// Rules on a pair of the sample; `None` takes the ruling back.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such pair.
    pub async fn rule_audit_item(
        &self,
        connection: ConnectionId,
        id: i64,
        same: Option<bool>,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Decisions).and(Group::Audit), move |c| rule(c, now, connection, id, same, &by))
            .await
    }

    /// People whose user record was written by a run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn written_people(&self, connection: ConnectionId) -> Result<BTreeSet<EmployeeId>, StoreError> {
        self.read(move |c| written(c, connection)).await
    }
}
