//! Editing mapping tables, with an undo journal that survives restarts.

use super::columns::{json, micros, time, to_json};
use super::error::StoreError;
use super::mappings::cell_of;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit};
use crate::domain::ids::ConnectionId;
use crate::domain::list::ListKey;
use crate::domain::mapping::{MappingRow, MappingTarget};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// One cell, or one switch, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum MappingChange {
    Row {
        #[serde(alias = "kind")]
        list: ListKey,
        value: String,
        before: Option<MappingRow>,
        after: Option<MappingRow>,
    },
    Verbatim {
        #[serde(alias = "kind")]
        list: ListKey,
        before: bool,
        after: bool,
    },
}

/// One step that `u` takes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingStep {
    pub changes: Vec<MappingChange>,
    /// Who made it, and when.
    pub by: String,
    pub at: Timestamp,
}

fn row_of(c: &Sqlite, id: ConnectionId, list: ListKey, value: &str) -> Result<Option<MappingRow>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT target, by, at FROM mapping_row WHERE connection = ?1 AND kind = ?2 AND value = ?3")?;
    Ok(query.query_row(params![id.0, list.key(), value], cell_of).optional()?)
}

fn put_row(
    c: &Sqlite,
    id: ConnectionId,
    list: ListKey,
    value: &str,
    row: Option<&MappingRow>,
) -> Result<(), StoreError> {
    match row {
        Some(row) => c
            .prepare_cached(
                "INSERT OR REPLACE INTO mapping_row(connection, kind, value, target, by, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![id.0, list.key(), value, to_json(&row.target)?, row.by, micros(row.at)])?,
        None => c
            .prepare_cached("DELETE FROM mapping_row WHERE connection = ?1 AND kind = ?2 AND value = ?3")?
            .execute(params![id.0, list.key(), value])?,
    };
    Ok(())
}

fn put_verbatim(c: &Sqlite, id: ConnectionId, list: ListKey, on: bool) -> Result<(), StoreError> {
    c.prepare_cached("INSERT OR REPLACE INTO mapping_table(connection, kind, verbatim) VALUES (?1, ?2, ?3)")?
        .execute(params![id.0, list.key(), on])?;
    Ok(())
}

/// Sets cells as one step; cells that are so already are left alone. Answers what changed.
pub(super) fn set_rows(
    c: &Sqlite,
    now: Timestamp,
    id: ConnectionId,
    cells: Vec<(ListKey, String, Option<MappingTarget>)>,
    by: &str,
) -> Result<Vec<MappingChange>, StoreError> {
    let mut changes = Vec::new();
    for (list, value, target) in cells {
        let before = row_of(c, id, list, &value)?;
        if before.as_ref().map(|row| &row.target) == target.as_ref() {
            continue;
        }
        let after = target.map(|target| MappingRow { target, by: by.to_owned(), at: now });
        put_row(c, id, list, &value, after.as_ref())?;
        changes.push(MappingChange::Row { list, value, before, after });
    }
    note(c, now, id, &changes, by)?;
    Ok(changes)
}

pub(super) fn set_verbatim(
    c: &Sqlite,
    now: Timestamp,
    id: ConnectionId,
    list: ListKey,
    on: bool,
    by: &str,
) -> Result<(), StoreError> {
    let mut query = c.prepare_cached("SELECT verbatim FROM mapping_table WHERE connection = ?1 AND kind = ?2")?;
    let before: bool = query.query_row(params![id.0, list.key()], |row| row.get(0)).optional()?.unwrap_or(false);
    if before == on {
        return Ok(());
    }
    put_verbatim(c, id, list, on)?;
    note(c, now, id, &[MappingChange::Verbatim { list, before, after: on }], by)
}

/// Writes the step into the journal; what was undone before can no longer be redone.
fn note(c: &Sqlite, now: Timestamp, id: ConnectionId, changes: &[MappingChange], by: &str) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    c.prepare_cached("UPDATE mapping_edit SET state = 'dropped' WHERE connection = ?1 AND state = 'undone'")?
        .execute([id.0])?;
    c.prepare_cached("INSERT INTO mapping_edit(connection, changes, by, at, state) VALUES (?1, ?2, ?3, ?4, 'done')")?
        .execute(params![id.0, to_json(changes)?, by, micros(now)])?;
    audit::add(c, now, Some(id), by, "mapping", &words(changes))
}

fn words(changes: &[MappingChange]) -> String {
    let target = |row: &Option<MappingRow>| match row.as_ref().map(|row| &row.target) {
        None => "not mapped".to_owned(),
        Some(MappingTarget::Option(key)) => format!("`{key}`"),
        Some(MappingTarget::Create(name)) => format!("new `{name}`"),
        Some(MappingTarget::Nothing) => "nothing".to_owned(),
    };
    let first = match changes.first() {
        Some(MappingChange::Row { list, value, before, after }) => {
            format!("{} `{value}`: {} to {}", list.key(), target(before), target(after))
        }
        Some(MappingChange::Verbatim { list, after, .. }) => {
            format!("{} verbatim {}", list.key(), if *after { "on" } else { "off" })
        }
        None => String::new(),
    };
    if changes.len() > 1 { format!("{first}, and {} more", changes.len() - 1) } else { first }
}

/// Which way the journal is walked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Undo,
    Redo,
}

/// Takes the newest step back, or does the one again that was taken back last.
pub(super) fn walk(
    c: &Sqlite,
    now: Timestamp,
    id: ConnectionId,
    direction: Direction,
    by: &str,
) -> Result<Option<MappingStep>, StoreError> {
    let (sql, state) = match direction {
        Direction::Undo => {
            let newest = "SELECT id, changes, by, at FROM mapping_edit WHERE connection = ?1 AND state = 'done'
                          ORDER BY id DESC LIMIT 1";
            (newest, "undone")
        }
        Direction::Redo => {
            let oldest = "SELECT id, changes, by, at FROM mapping_edit WHERE connection = ?1 AND state = 'undone'
                          ORDER BY id LIMIT 1";
            (oldest, "done")
        }
    };
    let step = c.prepare_cached(sql)?.query_row([id.0], |row| {
        let step = MappingStep { changes: json(row, "changes")?, by: row.get("by")?, at: time(row, "at")? };
        Ok((row.get::<_, i64>("id")?, step))
    });
    let Some((edit, step)) = step.optional()? else {
        return Ok(None);
    };
    for change in &step.changes {
        match (change, direction) {
            (MappingChange::Row { list, value, before, .. }, Direction::Undo) => {
                put_row(c, id, *list, value, before.as_ref())?;
            }
            (MappingChange::Row { list, value, after, .. }, Direction::Redo) => {
                put_row(c, id, *list, value, after.as_ref())?;
            }
            (MappingChange::Verbatim { list, before, .. }, Direction::Undo) => put_verbatim(c, id, *list, *before)?,
            (MappingChange::Verbatim { list, after, .. }, Direction::Redo) => put_verbatim(c, id, *list, *after)?,
        }
    }
    c.prepare_cached("UPDATE mapping_edit SET state = ?2 WHERE id = ?1")?.execute(params![edit, state])?;
    let what = if direction == Direction::Undo { "mapping undone" } else { "mapping redone" };
    audit::add(c, now, Some(id), by, what, &words(&step.changes))?;
    Ok(Some(step))
}

/// Who has ever set or cleared this cell: the steps that touched it, newest first.
pub(super) fn history(
    c: &Sqlite,
    id: ConnectionId,
    list: ListKey,
    value: &str,
) -> Result<Vec<MappingStep>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT changes, by, at FROM mapping_edit
         WHERE connection = ?1 AND state = 'done' ORDER BY id DESC LIMIT 1000",
    )?;
    let steps = query.query_map([id.0], |row| {
        Ok(MappingStep { changes: json(row, "changes")?, by: row.get("by")?, at: time(row, "at")? })
    })?;
    let mut found = Vec::new();
    for step in steps {
        let mut step = step?;
        step.changes.retain(
            |change| matches!(change, MappingChange::Row { list: k, value: v, .. } if *k == list && v == value),
        );
        if !step.changes.is_empty() {
            found.push(step);
        }
    }
    Ok(found)
}

fn edit() -> Write {
    Write::to(Group::Mappings).and(Group::Audit)
}

impl Store {
    /// Sets or clears one cell; an undo step of its own.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn set_mapping(
        &self,
        id: ConnectionId,
        list: ListKey,
        value: &str,
        target: Option<MappingTarget>,
        by: &str,
    ) -> Result<(), StoreError> {
        self.set_mappings(id, vec![(list, value.to_owned(), target)], by).await.map(|_| ())
    }

    /// Sets or clears many cells as one undo step; answers what changed.
    ///
    /// # Errors
    /// [`StoreError::Target`] for a target that cannot be, or when it cannot be saved; nothing is changed then.
    pub async fn set_mappings(
        &self,
        id: ConnectionId,
        cells: Vec<(ListKey, String, Option<MappingTarget>)>,
        by: &str,
    ) -> Result<Vec<MappingChange>, StoreError> {
        for target in cells.iter().filter_map(|(_, _, target)| target.as_ref()) {
            target.check()?;
        }
        let (now, by) = (self.now(), by.to_owned());
        self.write(edit(), move |c| set_rows(c, now, id, cells, &by)).await
    }

    /// Switches verbatim of one table; an undo step of its own.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn set_verbatim(&self, id: ConnectionId, list: ListKey, on: bool, by: &str) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(edit(), move |c| set_verbatim(c, now, id, list, on, &by)).await
    }

    /// Takes the newest step back; answers what it was, `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn undo_mapping(&self, id: ConnectionId, by: &str) -> Result<Option<MappingStep>, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(edit(), move |c| walk(c, now, id, Direction::Undo, &by)).await
    }

    /// Does the step again that was taken back last; a new edit ends that.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn redo_mapping(&self, id: ConnectionId, by: &str) -> Result<Option<MappingStep>, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(edit(), move |c| walk(c, now, id, Direction::Redo, &by)).await
    }

    /// Every edit of one cell that holds, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn mapping_history(
        &self,
        id: ConnectionId,
        list: ListKey,
        value: &str,
    ) -> Result<Vec<MappingStep>, StoreError> {
        let value = value.to_owned();
        self.read(move |c| history(c, id, list, &value)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::{connections, empty_database, mappings};
    use super::*;
    use crate::domain::connection::Endpoint;
    use crate::domain::settings::Settings;

    fn database() -> (Sqlite, ConnectionId) {
        let c = empty_database();
        let end = Endpoint { vendor: "csv".into(), parameters: Default::default(), secrets: Default::default() };
        let new = connections::NewConnection {
            tenant_name: "Harbour & Vine".into(),
            short_name: "harbour-vine".into(),
            time_zone: "Europe/London".into(),
            source: end.clone(),
            destination: end,
            settings: Settings::default(),
            verbatim: vec![ListKey::JOB_TITLE],
            by: "rosa".into(),
        };
        let id = connections::add(&c, Timestamp::UNIX_EPOCH, &new).unwrap();
        (c, id)
    }

    fn cell(value: &str, target: &str) -> (ListKey, String, Option<MappingTarget>) {
        (ListKey::JOB_TITLE, value.into(), Some(MappingTarget::Option(target.into())))
    }

    fn target(c: &Sqlite, id: ConnectionId, value: &str) -> Option<MappingTarget> {
        mappings::tables(c, id).unwrap()[0].rows.get(value).map(|row| row.target.clone())
    }

    #[test]
    fn a_batch_is_one_step_and_walks_both_ways() {
        let (c, id) = database();
        let now = Timestamp::UNIX_EPOCH;
        set_rows(&c, now, id, vec![cell("Chef", "Chef")], "rosa").unwrap();
        set_rows(&c, now, id, vec![cell("Chef", "Cook"), cell("Waiter ", "Waiter")], "tim").unwrap();
        let undone = walk(&c, now, id, Direction::Undo, "rosa").unwrap().unwrap();
        assert_eq!((undone.changes.len(), undone.by.as_str()), (2, "tim"));
        assert_eq!(target(&c, id, "Chef"), Some(MappingTarget::Option("Chef".into())));
        assert_eq!(target(&c, id, "Waiter "), None);
        walk(&c, now, id, Direction::Redo, "rosa").unwrap().unwrap();
        assert_eq!(target(&c, id, "Chef"), Some(MappingTarget::Option("Cook".into())));
        walk(&c, now, id, Direction::Undo, "rosa").unwrap().unwrap();
        walk(&c, now, id, Direction::Undo, "rosa").unwrap().unwrap();
        assert_eq!(walk(&c, now, id, Direction::Undo, "rosa").unwrap(), None);
        assert_eq!(target(&c, id, "Chef"), None);
        walk(&c, now, id, Direction::Redo, "rosa").unwrap().unwrap();
        assert_eq!(target(&c, id, "Chef"), Some(MappingTarget::Option("Chef".into())), "redo starts with the oldest");
    }

    #[test]
    fn a_new_edit_ends_redo() {
        let (c, id) = database();
        let now = Timestamp::UNIX_EPOCH;
        set_rows(&c, now, id, vec![cell("Chef", "Chef")], "rosa").unwrap();
        walk(&c, now, id, Direction::Undo, "rosa").unwrap().unwrap();
        set_verbatim(&c, now, id, ListKey::JOB_TITLE, false, "rosa").unwrap();
        assert_eq!(walk(&c, now, id, Direction::Redo, "rosa").unwrap(), None);
        walk(&c, now, id, Direction::Undo, "rosa").unwrap().unwrap();
        assert!(mappings::tables(&c, id).unwrap()[0].verbatim);
    }

    #[test]
    fn setting_what_is_set_is_no_step() {
        let (c, id) = database();
        let now = Timestamp::UNIX_EPOCH;
        set_rows(&c, now, id, vec![cell("Chef", "Chef")], "rosa").unwrap();
        assert!(set_rows(&c, now, id, vec![cell("Chef", "Chef")], "tim").unwrap().is_empty());
        assert_eq!(history(&c, id, ListKey::JOB_TITLE, "Chef").unwrap().len(), 1);
    }
}
