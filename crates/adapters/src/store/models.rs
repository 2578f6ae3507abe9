//! Versions of what was learnt from rulings, and which of them is in use. Nothing here is ever changed or removed.

use super::columns::{is_unreadable, json, micros, time, to_json};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit};
use crate::domain::ids::ConnectionId;
use crate::matching::decide::PolicyEffect;
use crate::matching::learning::{FIRST_VERSION, GateVerdict, ModelVersion};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// What a version changes beside the one in use when it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// People whose outcome differs.
    pub people: u32,
    pub before: PolicyEffect,
    pub after: PolicyEffect,
}

/// A version with its author and what was known when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptVersion {
    pub version: ModelVersion,
    pub verdict: GateVerdict,
    pub difference: Difference,
    pub by: String,
    pub at: Timestamp,
}

/// That a version was taken into use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUse {
    pub version: u32,
    /// Taken again after a later one.
    pub back: bool,
    pub by: String,
    pub at: Timestamp,
}

pub(super) fn versions(c: &Sqlite, connection: ConnectionId) -> Result<Vec<KeptVersion>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM model_version WHERE connection = ?1 ORDER BY version")?;
    let rows = query.query_map([connection.0], |row| {
        Ok(KeptVersion {
            version: ModelVersion {
                version: row.get("version")?,
                parent: row.get("parent")?,
                learned: json(row, "learned")?,
                rulings: usize::try_from(row.get::<_, i64>("rulings")?).unwrap_or(0),
            },
            verdict: json(row, "verdict")?,
            difference: json(row, "difference")?,
            by: row.get("by")?,
            at: time(row, "at")?,
        })
    })?;
    let mut versions = Vec::new();
    for version in rows {
        match version {
            // One that cannot be read can be neither looked at nor used; the others can.
            Err(error) if is_unreadable(&error) => {}
            other => versions.push(other?),
        }
    }
    Ok(versions)
}

fn uses(c: &Sqlite, connection: ConnectionId) -> Result<Vec<ModelUse>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM model_use WHERE connection = ?1 ORDER BY id")?;
    let rows = query.query_map([connection.0], |row| {
        Ok(ModelUse { version: row.get("version")?, back: row.get("back")?, by: row.get("by")?, at: time(row, "at")? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of the version in use.
pub(super) fn active_number(c: &Sqlite, connection: ConnectionId) -> Result<u32, StoreError> {
    let newest = c
        .prepare_cached("SELECT version FROM model_use WHERE connection = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([connection.0], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or(FIRST_VERSION))
}

fn active(c: &Sqlite, connection: ConnectionId) -> Result<ModelVersion, StoreError> {
    let number = active_number(c, connection)?;
    if number == FIRST_VERSION {
        return Ok(ModelVersion::default());
    }
    let found = versions(c, connection)?.into_iter().find(|kept| kept.version.version == number);
    found.map(|kept| kept.version).ok_or_else(|| StoreError::Unreadable {
        row: format!("version {number} of the model, which is in use,"),
        detail: "what was learnt is not there or has another form".to_owned(),
        cure: "take another version into use: Settings, Matching, or `onroll model activate`",
    })
}

fn add(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    kept: &(ModelVersion, GateVerdict, Difference),
    by: &str,
) -> Result<u32, StoreError> {
    let (version, verdict, difference) = kept;
    let number: u32 = c
        .prepare_cached("SELECT coalesce(max(version), ?2) + 1 FROM model_version WHERE connection = ?1")?
        .query_row(params![connection.0, FIRST_VERSION], |row| row.get(0))?;
    c.prepare_cached(
        "INSERT INTO model_version(connection, version, parent, learned, rulings, verdict, difference, by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        connection.0,
        number,
        version.parent,
        to_json(&version.learned)?,
        i64::try_from(version.rulings).unwrap_or(i64::MAX),
        to_json(verdict)?,
        to_json(difference)?,
        by,
        micros(now),
    ])?;
    audit::add(c, now, Some(connection), by, "model proposed", &format!("version {number}"))?;
    Ok(number)
}

fn take(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    (version, expected): (u32, u32),
    back: bool,
    by: &str,
) -> Result<(), StoreError> {
    let active = active_number(c, connection)?;
    if active != expected {
        // Somebody else was faster: what was looked at is not what is in use.
        return Err(StoreError::missing(format!("model version {expected} as the one in use (it is {active})")));
    }
    c.prepare_cached("INSERT INTO model_use(connection, version, back, by, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![connection.0, version, back, by, micros(now)])?;
    let what = if back { "model rolled back" } else { "model activated" };
    audit::add(c, now, Some(connection), by, what, &format!("version {version} after {active}"))
}

impl Store {
    /// Every version that was ever proposed, oldest first; version 1, nothing learnt, is not among them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn model_versions(&self, connection: ConnectionId) -> Result<Vec<KeptVersion>, StoreError> {
        self.read(move |c| versions(c, connection)).await
    }

    /// Which version was taken into use when, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn model_uses(&self, connection: ConnectionId) -> Result<Vec<ModelUse>, StoreError> {
        self.read(move |c| uses(c, connection)).await
    }

    /// The version in use.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn active_model(&self, connection: ConnectionId) -> Result<ModelVersion, StoreError> {
        self.read(move |c| active(c, connection)).await
    }

    /// Keeps a proposed version, which is not used yet; answers its number.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn add_model(
        &self,
        connection: ConnectionId,
        version: ModelVersion,
        verdict: GateVerdict,
        difference: Difference,
        by: &str,
    ) -> Result<u32, StoreError> {
        let (now, by, kept) = (self.now(), by.to_owned(), (version, verdict, difference));
        self.write(Write::durably(Group::Decisions).and(Group::Audit), move |c| add(c, now, connection, &kept, &by))
            .await
    }

    /// Takes a version into use in place of `expected`; `back` when it was in use before.
    ///
    /// # Errors
    /// When it cannot be saved, or another than `expected` is in use by now.
    pub async fn use_model(
        &self,
        connection: ConnectionId,
        version: u32,
        expected: u32,
        back: bool,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Decisions).and(Group::Audit), move |c| {
            take(c, now, connection, (version, expected), back, &by)
        })
        .await
    }
}
