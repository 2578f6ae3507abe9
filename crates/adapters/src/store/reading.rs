//! How pulls of employees were come by, and pulls that are made of the one before and of what has changed since.

use super::columns::{from_count, to_json};
use super::error::{READ_ANEW, StoreError};
use super::writer::Write;
use super::{Group, Sqlite, Store, plans, snapshots};
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, EmployeeId, RunId, SnapshotId};
use crate::domain::plan::HoldCode;
use crate::domain::snapshot::{Reading, Side, SourceFacts};
use crate::domain::weather::{ChangedDates, ChangedIdentifiers, TURNABLE};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// [`SourceFacts`] as they stand in the database, with how they were come by. Both stand in one cell, so that a cursor moves
/// with the records that it stands for or not at all.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct StoredSource {
    #[serde(flatten)]
    pub facts: SourceFacts,
    /// Not known of pulls of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

pub(super) fn of_text(text: &str) -> Result<StoredSource, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable {
        row: "what the source said of itself in its last pull".to_owned(),
        detail: "facts: it has another form".to_owned(),
        cure: READ_ANEW,
    })
}

/// A pull of employees to which changes can be added.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownPull {
    pub id: SnapshotId,
    /// Records that it has.
    pub records: u64,
    pub facts: SourceFacts,
    pub reading: Option<Reading>,
    /// Who has to be read in any case, whatever the source says has changed: whoever has no active user as of now and may be
    /// created or let in again, whose record cannot be read, and who is held for one of the reasons that were asked about.
    pub open: Vec<EmployeeId>,
}

fn known_pull(c: &Sqlite, connection: ConnectionId, waits: &str) -> Result<Option<KnownPull>, StoreError> {
    let Some(id) = snapshots::current(c, connection, Side::Source)? else { return Ok(None) };
    let Some(text) = snapshots::facts_text(c, connection, Side::Source)? else { return Ok(None) };
    let StoredSource { facts, reading } = of_text(&text)?;
    let records = c
        .prepare_cached("SELECT records FROM snapshot WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, i64>(0))
        .map(super::columns::from_count)?;
    let plan = plans::latest(c, connection)?.map(|head| head.id.0);
    let users = snapshots::current(c, connection, Side::Destination)?;
    let mut query = c.prepare_cached(
        "SELECT employee FROM employee e WHERE snapshot = ?1 AND (
           NOT json_valid(record) OR record ->> '$.unreadable' IS NOT NULL
           OR (in_scope = 1 AND status <> 'ended'
               AND NOT EXISTS (SELECT 1 FROM link JOIN destination_user u ON u.user = link.user
                               WHERE link.connection = ?2 AND link.employee = e.employee
                                 AND u.snapshot = ?5 AND u.status = 'active'))
           OR EXISTS (SELECT 1 FROM hold h WHERE h.plan = ?3 AND h.employee = e.employee
                        AND h.code IN (SELECT value FROM json_each(?4))))
         ORDER BY employee",
    )?;
    let open = query
        .query_map(params![id, connection.0, plan, waits, users], |row| row.get::<_, String>(0).map(EmployeeId))?
        .collect::<Result<_, _>>()?;
    Ok(Some(KnownPull { id: SnapshotId(id), records, facts, reading, open }))
}

/// How many records of a pull in the making are not as in another one; all where there is no other.
fn changed(c: &Sqlite, new: SnapshotId, old: Option<i64>) -> Result<u64, StoreError> {
    let count = c
        .prepare_cached(
            "SELECT count(*) FROM employee n LEFT JOIN employee o ON o.snapshot = ?2 AND o.employee = n.employee
             WHERE n.snapshot = ?1
               AND (o.employee IS NULL OR o.record <> n.record OR o.in_scope <> n.in_scope)",
        )?
        .query_row(params![new.0, old], |row| row.get::<_, i64>(0))?;
    Ok(super::columns::from_count(count))
}

/// How many records of a pull in the making have another date than the current pull, and how many the same one with day and
/// month the other way round; a line per field. Only records that are not as they were are looked into.
fn changed_dates(c: &Sqlite, new: SnapshotId, old: i64) -> Result<Vec<ChangedDates>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT count(*), coalesce(sum(was = substr(is_now, 1, 5) || substr(is_now, 9, 2) || '-' || substr(is_now, 6, 2)), 0)
         FROM (SELECT o.record ->> ?3 AS was, n.record ->> ?3 AS is_now
               FROM employee n JOIN employee o ON o.snapshot = ?2 AND o.employee = n.employee
               WHERE n.snapshot = ?1 AND o.record <> n.record AND json_valid(o.record) AND json_valid(n.record))
         WHERE was <> is_now",
    )?;
    let mut of = |field: Field| {
        let path = format!("$.{}", field.key());
        let counts =
            query.query_row(params![new.0, old, path], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        Ok(ChangedDates { field, changed: from_count(counts.0), turned: from_count(counts.1) })
    };
    TURNABLE.into_iter().map(&mut of).collect()
}

/// Who has another identifier in a pull in the making than in the current one.
fn changed_identifiers(
    c: &Sqlite,
    connection: ConnectionId,
    (new, old): (SnapshotId, i64),
) -> Result<ChangedIdentifiers, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT o.identifier, n.identifier FROM employee n JOIN employee o ON o.snapshot = ?2 AND o.employee = n.employee
         WHERE n.snapshot = ?1 AND o.identifier <> n.identifier AND o.identifier <> '' AND n.identifier <> ''
           AND EXISTS (SELECT 1 FROM link l WHERE l.connection = ?3 AND l.employee = n.employee)",
    )?;
    let mut rows = query.query(params![new.0, old, connection.0])?;
    let mut changed = ChangedIdentifiers::default();
    while let Some(row) = rows.next()? {
        changed.count(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?);
    }
    Ok(changed)
}

/// Makes a pull the current one, with how it was come by.
pub(super) fn finish(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    new: SnapshotId,
    facts: SourceFacts,
    reading: Option<Reading>,
) -> Result<(), StoreError> {
    let old = snapshots::current(c, connection, Side::Source)?;
    let counted = |reading: Reading| Ok::<_, StoreError>(Reading { changed: changed(c, new, old)?, ..reading });
    let stored = StoredSource { facts, reading: reading.map(counted).transpose()? };
    snapshots::finish(c, now, new, Side::Source, &to_json(&stored)?)
}

/// Copies of one pull into another whoever is not in it.
pub(super) fn take_over_rest(c: &Sqlite, old: i64, new: SnapshotId) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO employee(snapshot, employee, identifier, in_scope, status, name, sort_name, search,
                              job_title, branch, department, record, raw)
         SELECT ?2, employee, identifier, in_scope, status, name, sort_name, search, job_title, branch, department,
                record, raw
         FROM employee o WHERE snapshot = ?1
           AND NOT EXISTS (SELECT 1 FROM employee n WHERE n.snapshot = ?2 AND n.employee = o.employee)",
    )?
    .execute(params![old, new.0])?;
    Ok(())
}

fn finish_changes(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    new: SnapshotId,
    (base, facts, reading): (SnapshotId, SourceFacts, Reading),
) -> Result<(), StoreError> {
    if snapshots::current(c, connection, Side::Source)? != Some(base.0) {
        return Err(StoreError::missing(format!("the pull {base} to which changes were read")));
    }
    take_over_rest(c, base.0, new)?;
    finish(c, now, connection, new, facts, Some(reading))
}

/// Takes the cursor off the pulls of a source that are kept: somebody is not in them any more who has not changed there. Whoever
/// is read as changed is to be compared with everybody.
pub(super) fn without_cursor(c: &Sqlite, connection: ConnectionId) -> Result<(), StoreError> {
    c.execute(
        "UPDATE snapshot SET facts = json_remove(facts, '$.cursor')
         WHERE connection = ?1 AND side = 'source' AND json_valid(facts)",
        [connection.0],
    )?;
    Ok(())
}

pub(super) fn of_run(c: &Sqlite, run: RunId) -> Result<Option<Reading>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT facts FROM snapshot WHERE run = ?1 AND side = 'source' AND state <> 'building' ORDER BY id DESC LIMIT 1",
    )?;
    let text: Option<Option<String>> = query.query_row([run.0], |row| row.get(0)).optional()?;
    // Only for the history.
    Ok(text.flatten().and_then(|text| of_text(&text).ok()?.reading))
}

pub(super) fn of_snapshot(c: &Sqlite, snapshot: SnapshotId) -> Result<Option<Reading>, StoreError> {
    let mut query = c.prepare_cached("SELECT facts FROM snapshot WHERE id = ?1")?;
    let text: Option<Option<String>> = query.query_row([snapshot.0], |row| row.get(0)).optional()?;
    Ok(text.flatten().and_then(|text| of_text(&text).ok()?.reading))
}

impl Store {
    /// The current pull of employees as one to which changes can be added; `waits` are the reasons for which people are held
    /// until their record is another one. `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn known_pull(
        &self,
        connection: ConnectionId,
        waits: &[HoldCode],
    ) -> Result<Option<KnownPull>, StoreError> {
        let waits = to_json(&waits)?;
        self.read(move |c| known_pull(c, connection, &waits)).await
    }

    /// The dates of a pull in the making beside those of the current one; nothing where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn changed_dates(
        &self,
        connection: ConnectionId,
        building: SnapshotId,
    ) -> Result<Vec<ChangedDates>, StoreError> {
        self.read(move |c| match snapshots::current(c, connection, Side::Source)? {
            Some(old) => changed_dates(c, building, old),
            None => Ok(Vec::new()),
        })
        .await
    }

    /// The identifiers of a pull in the making beside those of the current one, of people who are tied to users; nothing where there
    /// is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn changed_identifiers(
        &self,
        connection: ConnectionId,
        building: SnapshotId,
    ) -> Result<ChangedIdentifiers, StoreError> {
        self.read(move |c| match snapshots::current(c, connection, Side::Source)? {
            Some(old) => changed_identifiers(c, connection, (building, old)),
            None => Ok(ChangedIdentifiers::default()),
        })
        .await
    }

    /// How many of these people are not in a pull in the making.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn not_among(&self, building: SnapshotId, people: &[EmployeeId]) -> Result<u64, StoreError> {
        let ids = to_json(&people)?;
        self.read(move |c| {
            let mut query = c.prepare_cached(
                "SELECT count(*) FROM json_each(?2) WHERE value NOT IN
                   (SELECT employee FROM employee WHERE snapshot = ?1)",
            )?;
            Ok(super::columns::from_count(query.query_row(params![building.0, ids], |row| row.get(0))?))
        })
        .await
    }

    /// Makes a complete pull of employees the current one, with how it was come by.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not in the making; the old one stays current then.
    pub async fn finish_reading(
        &self,
        connection: ConnectionId,
        snapshot: SnapshotId,
        facts: SourceFacts,
        reading: Reading,
    ) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::to(Group::People), move |c| finish(c, now, connection, snapshot, facts, Some(reading))).await
    }

    /// Makes a pull in the making, which has whoever changed, the current one: with everybody else of the pull `base` that is
    /// current until then, and with the new cursor among `facts`, in one step.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not in the making, or another pull has become the current one; nothing is changed then.
    pub async fn finish_changes(
        &self,
        connection: ConnectionId,
        snapshot: SnapshotId,
        base: SnapshotId,
        facts: SourceFacts,
        reading: Reading,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let parts = (base, facts, reading);
        self.write(Write::to(Group::People), move |c| finish_changes(c, now, connection, snapshot, parts)).await
    }

    /// How much of the source a run read, and how much of that had changed; `None` where it read nothing to its end, or where
    /// an older version did.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn reading_of_run(&self, run: RunId) -> Result<Option<Reading>, StoreError> {
        self.read(move |c| of_run(c, run)).await
    }
}
