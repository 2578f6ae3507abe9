//! What the console remembers: last tenant, sort orders, filters.

use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::ConnectionId;
use rusqlite::{OptionalExtension, params};

pub(super) fn get(c: &Sqlite, key: &str) -> Result<Option<String>, StoreError> {
    let mut query = c.prepare_cached("SELECT value FROM preference WHERE key = ?1")?;
    Ok(query.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn set(c: &Sqlite, key: &str, value: Option<&str>) -> Result<(), StoreError> {
    match value {
        Some(value) => c
            .prepare_cached("INSERT INTO preference(key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
            .execute(params![key, value])?,
        None => c.prepare_cached("DELETE FROM preference WHERE key = ?1")?.execute([key])?,
    };
    Ok(())
}

/// Forgets what is remembered of a connection under names that begin so: a later one may get its number.
pub(super) fn without(c: &Sqlite, connection: ConnectionId, begin: &str) -> Result<(), StoreError> {
    let pattern = format!("connection/{}/{begin}*", connection.0);
    c.prepare_cached("DELETE FROM preference WHERE key GLOB ?1")?.execute([pattern])?;
    Ok(())
}

impl Store {
    /// What is remembered under `key`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn preference(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.read(move |c| get(c, &key)).await
    }

    /// Remembers `value` under `key`; `None` forgets it.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn set_preference(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.write(Write::to(Group::Connections), move |c| set(c, &key, value.as_deref())).await
    }
}
