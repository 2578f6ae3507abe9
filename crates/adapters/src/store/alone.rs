//! Employees of the current pull one by one: found by name, and renewed where they were read alone.

use super::columns::time_or_none;
use super::error::StoreError;
use super::reading::StoredSource;
use super::writer::Write;
use super::{Group, Sqlite, Store, reading, snapshots};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::person::Employee;
use crate::domain::snapshot::{ReadScope, Side};
use crate::ports::source::SourceRecord;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Who has this name as id, or else as identifier.
fn named(c: &Sqlite, connection: ConnectionId, name: &str) -> Result<Option<EmployeeId>, StoreError> {
    let Some(current) = snapshots::current(c, connection, Side::Source)? else { return Ok(None) };
    for column in ["employee", "identifier"] {
        let mut query = c.prepare_cached(&format!(
            "SELECT employee FROM employee WHERE snapshot = ?1 AND {column} = ?2 AND in_scope = 1
             ORDER BY employee LIMIT 1"
        ))?;
        if let Some(id) = query.query_row(params![current, name], |row| row.get(0)).optional()? {
            return Ok(Some(EmployeeId(id)));
        }
    }
    Ok(None)
}

fn linked_employees(
    c: &Sqlite,
    connection: ConnectionId,
    ids: &[EmployeeId],
) -> Result<Option<(Vec<Employee>, Timestamp)>, StoreError> {
    let Some(current) = snapshots::current(c, connection, Side::Source)? else { return Ok(None) };
    let finished = c
        .prepare_cached("SELECT finished_at FROM snapshot WHERE id = ?1")?
        .query_row([current], |row| time_or_none(row, "finished_at"))?;
    let mut query = c.prepare_cached(
        "SELECT employee, record FROM employee e WHERE snapshot = ?1 AND employee = ?2 AND in_scope = 1
           AND EXISTS (SELECT 1 FROM link WHERE link.connection = ?3 AND link.employee = e.employee)",
    )?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(query.query_row(params![current, id.as_str(), connection.0], snapshots::employee_of).optional()?);
    }
    Ok(finished.filter(|_| found.len() == ids.len()).map(|finished| (found, finished)))
}

fn renew_employees(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    run: Option<RunId>,
    records: &[SourceRecord],
) -> Result<(), StoreError> {
    let missing = || StoreError::missing("a pull of employees".to_owned());
    let old = snapshots::current(c, connection, Side::Source)?.ok_or_else(missing)?;
    let (begun, finished, facts): (i64, Option<i64>, Option<String>) = c
        .prepare_cached("SELECT begun_at, finished_at, facts FROM snapshot WHERE id = ?1")?
        .query_row([old], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let StoredSource { facts, reading } = reading::of_text(facts.as_deref().ok_or_else(missing)?)?;
    let new = snapshots::begin(c, now, connection, run, Side::Source)?;
    snapshots::add_employees(c, new, records)?;
    reading::take_over_rest(c, old, new)?;
    let reading = reading.map(|reading| reading.then(ReadScope::People, records.len() as u64));
    reading::finish(c, now, connection, new, facts, reading)?;
    c.prepare_cached("UPDATE snapshot SET begun_at = ?2, finished_at = ?3 WHERE id = ?1")?
        .execute(params![new.0, begun, finished])?;
    Ok(())
}

impl Store {
    /// Who of the current pull has each of these names: as id, or else as identifier.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn employees_named(
        &self,
        connection: ConnectionId,
        names: Vec<String>,
    ) -> Result<Vec<Option<EmployeeId>>, StoreError> {
        self.read(move |c| names.iter().map(|name| named(c, connection, name)).collect()).await
    }

    /// Employees of the current pull with these ids who are linked, and when that pull ended; `None` where anybody of them is
    /// not there or has no link.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn linked_employees(
        &self,
        connection: ConnectionId,
        ids: Vec<EmployeeId>,
    ) -> Result<Option<(Vec<Employee>, Timestamp)>, StoreError> {
        self.read(move |c| linked_employees(c, connection, &ids)).await
    }

    /// Makes a pull of the current one and of these records, which were read alone since, and makes that the current one. It
    /// is as old as the one that the rest is from, so that nobody takes it for a complete pull of now.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is no pull yet; when it cannot be saved.
    pub async fn renew_employees(
        &self,
        connection: ConnectionId,
        run: Option<RunId>,
        records: Vec<SourceRecord>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::to(Group::People), move |c| renew_employees(c, now, connection, run, &records)).await
    }
}
