//! Mapping tables, the destination's options, the source's values. How cells are edited is in `mapping_edits`.

use super::columns::{is_unreadable, json, time, word};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::{ConnectionId, OptionKey};
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingRow, MappingTable, MappingTarget, SourceValue};
use rusqlite::{Row, params};
use std::collections::BTreeMap;

/// Stands where a row's target cannot be read: an option that no destination has, so that whoever carries the value is held
/// until it is mapped again, and never passes verbatim.
const UNREADABLE: &str = "(this row cannot be read)";

/// A cell of a table; `target`, `by` and `at` are selected.
pub(super) fn cell_of(row: &Row<'_>) -> rusqlite::Result<MappingRow> {
    let target = match json(row, "target") {
        Err(error) if is_unreadable(&error) => MappingTarget::Option(OptionKey(UNREADABLE.to_owned())),
        other => other?,
    };
    Ok(MappingRow { target, by: row.get("by")?, at: time(row, "at")? })
}

/// The tables that somebody has set up, by list.
pub(super) fn tables(c: &Sqlite, id: ConnectionId) -> Result<Vec<MappingTable>, StoreError> {
    let mut tables: BTreeMap<ListKey, MappingTable> = BTreeMap::new();
    let mut heads = c.prepare_cached("SELECT kind, verbatim FROM mapping_table WHERE connection = ?1")?;
    let mut rows = heads.query([id.0])?;
    while let Some(row) = rows.next()? {
        let list = word(row, "kind", ListKey::from_key)?;
        tables.insert(list, MappingTable::empty(list, row.get("verbatim")?));
    }
    let mut cells = c.prepare_cached("SELECT kind, value, target, by, at FROM mapping_row WHERE connection = ?1")?;
    let mut rows = cells.query([id.0])?;
    while let Some(row) = rows.next()? {
        let list = word(row, "kind", ListKey::from_key)?;
        let cell = cell_of(row)?;
        let table = tables.entry(list).or_insert_with(|| MappingTable::empty(list, false));
        table.rows.insert(row.get("value")?, cell);
    }
    Ok(tables.into_values().collect())
}

pub(super) fn put_options(
    c: &Sqlite,
    id: ConnectionId,
    list: ListKey,
    options: &[DestinationOption],
) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM destination_option WHERE connection = ?1 AND kind = ?2")?
        .execute(params![id.0, list.key()])?;
    let mut insert = c.prepare_cached(
        "INSERT OR REPLACE INTO destination_option(connection, kind, key, name, active, doubled, made_here)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for option in options.iter().filter(|option| option.list == list) {
        let DestinationOption { key, name, active, doubled, made_here, .. } = option;
        insert.execute(params![id.0, list.key(), key.as_str(), name, active, doubled, made_here])?;
    }
    Ok(())
}

pub(super) fn options(c: &Sqlite, id: ConnectionId) -> Result<Vec<DestinationOption>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT kind, key, name, active, doubled, made_here FROM destination_option WHERE connection = ?1
         ORDER BY kind, key",
    )?;
    let options = query.query_map([id.0], |row| {
        Ok(DestinationOption {
            list: word(row, "kind", ListKey::from_key)?,
            key: OptionKey(row.get("key")?),
            name: row.get("name")?,
            active: row.get("active")?,
            doubled: row.get("doubled")?,
            made_here: row.get("made_here")?,
        })
    })?;
    Ok(options.collect::<Result<_, _>>()?)
}

pub(super) fn put_source_values(c: &Sqlite, id: ConnectionId, values: &[SourceValue]) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM source_value WHERE connection = ?1")?.execute([id.0])?;
    // A value that the source declares stays declared, in whatever order the two come.
    let mut insert = c.prepare_cached(
        "INSERT INTO source_value(connection, kind, value, declared) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET declared = max(declared, excluded.declared)",
    )?;
    for value in values {
        insert.execute(params![id.0, value.list.key(), value.value, value.declared])?;
    }
    Ok(())
}

pub(super) fn source_values(c: &Sqlite, id: ConnectionId) -> Result<Vec<SourceValue>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT kind, value, declared FROM source_value WHERE connection = ?1 ORDER BY kind, value")?;
    let values = query.query_map([id.0], |row| {
        Ok(SourceValue {
            list: word(row, "kind", ListKey::from_key)?,
            value: row.get("value")?,
            declared: row.get("declared")?,
        })
    })?;
    Ok(values.collect::<Result<_, _>>()?)
}

impl Store {
    /// The mapping tables of a connection that somebody has set up.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn tables(&self, id: ConnectionId) -> Result<Vec<MappingTable>, StoreError> {
        self.read(move |c| tables(c, id)).await
    }

    /// Replaces what is known of the destination's options of one table.
    ///
    /// # Errors
    /// When it cannot be saved; the old list stays then.
    pub async fn put_options(
        &self,
        id: ConnectionId,
        list: ListKey,
        options: Vec<DestinationOption>,
    ) -> Result<(), StoreError> {
        self.write(Write::to(Group::Mappings), move |c| put_options(c, id, list, &options)).await
    }

    /// The destination's options of every table, as last read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn options(&self, id: ConnectionId) -> Result<Vec<DestinationOption>, StoreError> {
        self.read(move |c| options(c, id)).await
    }

    /// Replaces what is known of the source's values.
    ///
    /// # Errors
    /// When it cannot be saved; the old list stays then.
    pub async fn put_source_values(&self, id: ConnectionId, values: Vec<SourceValue>) -> Result<(), StoreError> {
        self.write(Write::to(Group::Mappings), move |c| put_source_values(c, id, &values)).await
    }

    /// The source's values of every table, as last read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn source_values(&self, id: ConnectionId) -> Result<Vec<SourceValue>, StoreError> {
        self.read(move |c| source_values(c, id)).await
    }
}
