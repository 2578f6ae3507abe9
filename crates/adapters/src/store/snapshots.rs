//! Pulls of both sides: built beside the current one, made current in one step.

use super::columns::{fold, from_count, json, micros, of_row, record, time, time_or_none, to_json};
use super::error::{READ_ANEW, StoreError};
use super::writer::Write;
use super::{Group, Sqlite, Store, figures, learnt, plans, reading};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId, SnapshotId, UserId};
use crate::domain::person::{Employee, EmploymentStatus, Person, User};
use crate::domain::plan::HoldCode;
use crate::domain::problem::Lost;
use crate::domain::record::Record;
use crate::domain::snapshot::{Side, SourceFacts};
use crate::ports::destination::{DestinationFacts, DestinationRecord, Learnt};
use crate::ports::source::SourceRecord;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::{BTreeSet, HashMap};

/// Pulls of one side whose records are kept: the current one and those before it.
const KEPT: i64 = 2;

/// One pull, without its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotHead {
    pub id: SnapshotId,
    pub run: Option<RunId>,
    /// Records received.
    pub records: u64,
    /// People in scope who are not leavers; of the destination: active users.
    pub people: u64,
    pub begun_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Whether its records are still there.
    pub has_records: bool,
}

/// The stable word of an employment status in lists and indexes.
fn employment_word(status: &EmploymentStatus) -> &'static str {
    match status {
        EmploymentStatus::Active => "active",
        EmploymentStatus::Ended => "ended",
        EmploymentStatus::Unclear(_) => "unclear",
    }
}

/// Last name first, folded: the order of lists.
fn sort_name(person: &Person) -> String {
    let last = person.last_name.as_deref().unwrap_or_default();
    let first = person.first_name.as_deref().unwrap_or_default();
    fold(format!("{last} {first}").trim())
}

/// What a search in a list looks at: names as they are said, and the ids.
fn search_text(person: &Person, id: &str, identifier: Option<&str>) -> String {
    let known = person.known_as.as_deref().unwrap_or_default();
    fold(&format!("{} {known} {id} {}", person.display_name(), identifier.unwrap_or_default()))
}

pub(super) fn begin(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    run: Option<RunId>,
    side: Side,
) -> Result<SnapshotId, StoreError> {
    // What a dead process left half built.
    c.prepare_cached("DELETE FROM snapshot WHERE connection = ?1 AND side = ?2 AND state = 'building'")?
        .execute(params![connection.0, side.key()])?;
    c.prepare_cached(
        "INSERT INTO snapshot(connection, run, side, state, begun_at) VALUES (?1, ?2, ?3, 'building', ?4)",
    )?
    .execute(params![connection.0, run.map(|run| run.0), side.key(), micros(now)])?;
    Ok(SnapshotId(c.last_insert_rowid()))
}

pub(super) fn add_employees(c: &Sqlite, snapshot: SnapshotId, records: &[SourceRecord]) -> Result<(), StoreError> {
    let mut insert = c.prepare_cached(
        "INSERT INTO employee(snapshot, employee, identifier, in_scope, status, name, sort_name, search,
                              job_title, branch, department, record, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for SourceRecord { employee, raw, out_of_scope } in records {
        let person = &employee.person;
        insert.execute(params![
            snapshot.0,
            employee.id.as_str(),
            employee.identifier.as_str(),
            !out_of_scope,
            employment_word(&employee.status),
            person.display_name(),
            sort_name(person),
            search_text(person, employee.id.as_str(), Some(employee.identifier.as_str())),
            person.job_title,
            person.branch,
            person.department,
            employee.to_json()?,
            raw.to_string(),
        ])?;
    }
    Ok(())
}

/// A user as a row holds them.
pub(super) struct UserRow {
    user: String,
    identifier: Option<String>,
    status: &'static str,
    name: String,
    sort_name: String,
    search: String,
    branch: Option<String>,
    job_title: Option<String>,
    record: String,
}

impl UserRow {
    pub(super) fn of(user: &User) -> Result<Self, StoreError> {
        let identifier = user.identifier.as_ref().map(|identifier| identifier.as_str());
        Ok(Self {
            user: user.id.as_str().to_owned(),
            identifier: identifier.map(str::to_owned),
            status: user.status.key(),
            name: user.person.display_name(),
            sort_name: sort_name(&user.person),
            search: search_text(&user.person, user.id.as_str(), identifier),
            branch: user.person.branch.clone(),
            job_title: user.person.job_title.clone(),
            record: user.to_json()?,
        })
    }
}

fn put_user(c: &Sqlite, snapshot: i64, row: &UserRow, raw: &str) -> Result<(), StoreError> {
    // The raw record is what the vendor sent at the pull; a later write does not change it.
    c.prepare_cached(
        "INSERT INTO destination_user(snapshot, user, identifier, status, name, sort_name, search, branch, job_title,
                                      record, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT(snapshot, user) DO UPDATE SET identifier = excluded.identifier, status = excluded.status,
           name = excluded.name, sort_name = excluded.sort_name, search = excluded.search, branch = excluded.branch,
           job_title = excluded.job_title, record = excluded.record",
    )?
    .execute(params![
        snapshot,
        row.user,
        row.identifier,
        row.status,
        row.name,
        row.sort_name,
        row.search,
        row.branch,
        row.job_title,
        row.record,
        raw,
    ])?;
    Ok(())
}

pub(super) fn add_users(c: &Sqlite, snapshot: SnapshotId, records: &[DestinationRecord]) -> Result<(), StoreError> {
    for DestinationRecord { user, raw } in records {
        put_user(c, snapshot.0, &UserRow::of(user)?, &raw.to_string())?;
    }
    Ok(())
}

/// Makes a built snapshot the current one of its side and purges the records of old ones.
pub(super) fn finish(
    c: &Sqlite,
    now: Timestamp,
    snapshot: SnapshotId,
    side: Side,
    facts: &str,
) -> Result<(), StoreError> {
    let connection: i64 = c
        .prepare_cached("SELECT connection FROM snapshot WHERE id = ?1 AND side = ?2 AND state = 'building'")?
        .query_row(params![snapshot.0, side.key()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::missing(format!("a pull {snapshot} in the making")))?;
    let counting = match side {
        Side::Source => {
            "SELECT count(*), coalesce(sum(in_scope AND status <> 'ended'), 0) FROM employee WHERE snapshot = ?1"
        }
        Side::Destination => {
            "SELECT count(*), coalesce(sum(status IN ('active', 'not_shown')), 0) FROM destination_user WHERE snapshot = ?1"
        }
    };
    let (records, people): (i64, i64) =
        c.prepare_cached(counting)?.query_row([snapshot.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    c.prepare_cached("UPDATE snapshot SET state = 'kept' WHERE connection = ?1 AND side = ?2 AND state = 'current'")?
        .execute(params![connection, side.key()])?;
    c.prepare_cached(
        "UPDATE snapshot SET state = 'current', records = ?2, people = ?3, facts = ?4, finished_at = ?5 WHERE id = ?1",
    )?
    .execute(params![snapshot.0, records, people, facts, micros(now)])?;
    if side == Side::Source {
        figures::count_people(c, snapshot.0)?;
    }
    purge_old(c, connection, side)
}

fn purge_old(c: &Sqlite, connection: i64, side: Side) -> Result<(), StoreError> {
    let mut query = c.prepare_cached(
        "SELECT id FROM snapshot WHERE connection = ?1 AND side = ?2 AND state = 'kept'
         ORDER BY id DESC LIMIT -1 OFFSET ?3",
    )?;
    let old = query
        .query_map(params![connection, side.key(), KEPT - 1], |row| row.get::<_, i64>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let delete = match side {
        Side::Source => "DELETE FROM employee WHERE snapshot = ?1",
        Side::Destination => "DELETE FROM destination_user WHERE snapshot = ?1",
    };
    for id in old {
        c.prepare_cached(delete)?.execute([id])?;
        c.prepare_cached("DELETE FROM value_count WHERE snapshot = ?1")?.execute([id])?;
        c.prepare_cached("UPDATE snapshot SET state = 'purged' WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// The number of the current snapshot of one side.
pub(super) fn current(c: &Sqlite, connection: ConnectionId, side: Side) -> Result<Option<i64>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT id FROM snapshot WHERE connection = ?1 AND side = ?2 AND state = 'current'")?;
    Ok(query.query_row(params![connection.0, side.key()], |row| row.get(0)).optional()?)
}

pub(super) fn employees(c: &Sqlite, connection: ConnectionId) -> Result<Vec<Employee>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT employee, record FROM employee
         WHERE snapshot = (SELECT id FROM snapshot WHERE connection = ?1 AND side = 'source' AND state = 'current')
           AND in_scope = 1 ORDER BY employee",
    )?;
    let mut employees = query.query_map([connection.0], employee_of)?.collect::<Result<Vec<_>, _>>()?;
    employees.shrink_to_fit();
    Ok(employees)
}

/// The record of a row of `employee`; `employee` and `record` are selected.
pub(super) fn employee_of(row: &Row<'_>) -> rusqlite::Result<Employee> {
    let id: String = row.get("employee")?;
    of_row(record(row, "record"), || format!("the record of employee {id}"))
}

/// The record of a row of `destination_user`; `user` and `record` are selected.
pub(super) fn user_of(row: &Row<'_>) -> rusqlite::Result<User> {
    let id: String = row.get("user")?;
    of_row(record(row, "record"), || format!("the record of user {id}"))
}

fn raw_employees(
    c: &Sqlite,
    connection: ConnectionId,
    ids: &str,
    waits: &str,
) -> Result<HashMap<EmployeeId, serde_json::Value>, StoreError> {
    let Some(current) = current(c, connection, Side::Source)? else { return Ok(HashMap::new()) };
    let plan = plans::latest(c, connection)?.map(|head| head.id.0);
    let mut query = c.prepare_cached(
        "SELECT employee, raw FROM employee e
         WHERE snapshot = ?1 AND employee IN (SELECT value FROM json_each(?2))
           AND NOT EXISTS (SELECT 1 FROM hold h
                           WHERE h.plan = ?3 AND h.employee = e.employee
                             AND h.code IN (SELECT value FROM json_each(?4)))",
    )?;
    let rows = query.query_map(params![current, ids, plan, waits], |row| {
        Ok((EmployeeId::new(row.get::<_, String>("employee")?), json(row, "raw")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn users(c: &Sqlite, connection: ConnectionId) -> Result<Vec<User>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT user, record FROM destination_user
         WHERE snapshot = (SELECT id FROM snapshot WHERE connection = ?1 AND side = 'destination' AND state = 'current')
         ORDER BY user",
    )?;
    let mut users = query.query_map([connection.0], user_of)?.collect::<Result<Vec<_>, _>>()?;
    users.shrink_to_fit();
    Ok(users)
}

pub(super) fn facts_text(c: &Sqlite, connection: ConnectionId, side: Side) -> Result<Option<String>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT facts FROM snapshot WHERE connection = ?1 AND side = ?2 AND state = 'current'")?;
    Ok(query.query_row(params![connection.0, side.key()], |row| row.get(0)).optional()?.flatten())
}

/// [`DestinationFacts`] as they stand in the database.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct StoredFacts {
    account: String,
    declared_total: u64,
    received: u64,
    can_create_options: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    custom_fields: BTreeSet<String>,
    /// What clients have learnt until now; handed on from pull to pull.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub(super) learnt: Learnt,
}

fn is_nothing(learnt: &Learnt) -> bool {
    *learnt == Learnt::default()
}

fn stored_facts(c: &Sqlite, connection: ConnectionId) -> Result<Option<StoredFacts>, StoreError> {
    let text = facts_text(c, connection, Side::Destination)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| unreadable_facts())).transpose()
}

pub(super) fn destination_facts(c: &Sqlite, connection: ConnectionId) -> Result<Option<DestinationFacts>, StoreError> {
    let Some(stored) = stored_facts(c, connection)? else { return Ok(None) };
    let StoredFacts { account, declared_total, received, can_create_options, custom_fields, learnt: _ } = stored;
    Ok(Some(DestinationFacts { account, declared_total, received, can_create_options, custom_fields }))
}

pub(super) fn source_facts(c: &Sqlite, connection: ConnectionId) -> Result<Option<SourceFacts>, StoreError> {
    let text = facts_text(c, connection, Side::Source)?;
    text.map(|text| Ok(reading::of_text(&text)?.facts)).transpose()
}

fn unreadable_facts() -> StoreError {
    let row = "what the destination said of itself in its last pull".to_owned();
    StoreError::Unreadable { row, detail: "facts: it has another form".to_owned(), cure: READ_ANEW }
}

fn finish_users(c: &Sqlite, now: Timestamp, snapshot: SnapshotId, facts: &DestinationFacts) -> Result<(), StoreError> {
    let connection: i64 = c
        .prepare_cached("SELECT connection FROM snapshot WHERE id = ?1")?
        .query_row([snapshot.0], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::missing(format!("a pull {snapshot}")))?;
    let learnt = learnt::learnt(c, ConnectionId(connection))?;
    let stored = StoredFacts {
        learnt,
        account: facts.account.clone(),
        declared_total: facts.declared_total,
        received: facts.received,
        can_create_options: facts.can_create_options,
        custom_fields: facts.custom_fields.clone(),
    };
    finish(c, now, snapshot, Side::Destination, &to_json(&stored)?)
}

/// Keeps the current users true after a write. Without a snapshot there is nothing to keep true.
/// The snapshot of users that screens and plans read, if there is one.
pub(super) fn current_users(c: &Sqlite, connection: ConnectionId) -> Result<Option<i64>, StoreError> {
    current(c, connection, Side::Destination)
}

/// Puts a user as it is now into a snapshot of users.
pub(super) fn replace_user(c: &Sqlite, snapshot: i64, row: &UserRow) -> Result<(), StoreError> {
    put_user(c, snapshot, row, "null")
}

fn update_user(c: &Sqlite, connection: ConnectionId, user: &User) -> Result<(), StoreError> {
    let Some(snapshot) = current_users(c, connection)? else { return Ok(()) };
    replace_user(c, snapshot, &UserRow::of(user)?)
}

pub(super) fn remove_user(c: &Sqlite, connection: ConnectionId, user: &UserId) -> Result<(), StoreError> {
    if let Some(snapshot) = current(c, connection, Side::Destination)? {
        c.prepare_cached("DELETE FROM destination_user WHERE snapshot = ?1 AND user = ?2")?
            .execute(params![snapshot, user.as_str()])?;
    }
    Ok(())
}

pub(super) fn heads(
    c: &Sqlite,
    connection: ConnectionId,
    side: Side,
    limit: u32,
) -> Result<Vec<SnapshotHead>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT * FROM snapshot WHERE connection = ?1 AND side = ?2 AND state <> 'building' ORDER BY id DESC LIMIT ?3",
    )?;
    let heads = query.query_map(params![connection.0, side.key(), limit], |row| {
        let state: String = row.get("state")?;
        Ok(SnapshotHead {
            id: SnapshotId(row.get("id")?),
            run: row.get::<_, Option<i64>>("run")?.map(RunId),
            records: from_count(row.get("records")?),
            people: from_count(row.get("people")?),
            begun_at: time(row, "begun_at")?,
            finished_at: time_or_none(row, "finished_at")?,
            has_records: state != "purged",
        })
    })?;
    Ok(heads.collect::<Result<_, _>>()?)
}

impl Store {
    /// Begins a pull of one side. What a dead process left half built of this side is thrown away.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn begin_snapshot(
        &self,
        connection: ConnectionId,
        run: Option<RunId>,
        side: Side,
    ) -> Result<SnapshotId, StoreError> {
        let now = self.now();
        self.write(Write::default(), move |c| begin(c, now, connection, run, side)).await
    }

    /// Adds employees to a pull in the making. An id that is there already is an error: sources send each id once.
    ///
    /// # Errors
    /// When it cannot be saved; none of `records` is added then.
    pub async fn add_employees(&self, snapshot: SnapshotId, records: Vec<SourceRecord>) -> Result<(), StoreError> {
        self.write(Write::default(), move |c| add_employees(c, snapshot, &records)).await
    }

    /// Adds users to a pull in the making; of two with one id the later stays.
    ///
    /// # Errors
    /// When it cannot be saved; none of `records` is added then.
    pub async fn add_users(&self, snapshot: SnapshotId, records: Vec<DestinationRecord>) -> Result<(), StoreError> {
        self.write(Write::default(), move |c| add_users(c, snapshot, &records)).await
    }

    /// Makes a complete pull of employees the current one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not in the making; the old one stays current then.
    pub async fn finish_source_snapshot(&self, snapshot: SnapshotId, facts: &SourceFacts) -> Result<(), StoreError> {
        let (now, facts) = (self.now(), to_json(facts)?);
        self.write(Write::to(Group::People), move |c| finish(c, now, snapshot, Side::Source, &facts)).await
    }

    /// Makes a complete pull of users the current one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not in the making; the old one stays current then.
    pub async fn finish_user_snapshot(&self, snapshot: SnapshotId, facts: &DestinationFacts) -> Result<(), StoreError> {
        let (now, facts) = (self.now(), facts.clone());
        self.write(Write::to(Group::People), move |c| finish_users(c, now, snapshot, &facts)).await
    }

    /// Throws a pull in the making away.
    ///
    /// # Errors
    /// When it cannot be saved; the next pull throws it away then.
    pub async fn discard_snapshot(&self, snapshot: SnapshotId) -> Result<(), StoreError> {
        self.write(Write::default(), move |c| {
            c.execute("DELETE FROM snapshot WHERE id = ?1 AND state = 'building'", [snapshot.0])?;
            Ok(())
        })
        .await
    }

    /// Records of the last complete list of one side: what the guard compares a new one with. Changes that were added to it
    /// since do not count: a list is compared with a list.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn last_good_count(&self, connection: ConnectionId, side: Side) -> Result<Option<u64>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached(
                "SELECT coalesce(CASE WHEN json_valid(facts) THEN facts ->> '$.reading.everybody' END, records)
                 FROM snapshot WHERE connection = ?1 AND side = ?2 AND state = 'current'",
            )?;
            let records = query.query_row(params![connection.0, side.key()], |row| row.get(0)).optional()?;
            Ok(records.map(from_count))
        })
        .await
    }

    /// Where the people are missing who are in the current pull and not in the one in the making: by branch, the largest
    /// loss first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn lost_by_branch(
        &self,
        connection: ConnectionId,
        building: SnapshotId,
        limit: u32,
    ) -> Result<Vec<Lost>, StoreError> {
        self.read(move |c| {
            let Some(current) = current(c, connection, Side::Source)? else { return Ok(Vec::new()) };
            let mut query = c.prepare_cached(
                "SELECT coalesce(old.branch, '') AS place, count(*) AS had,
                        sum(NOT EXISTS (SELECT 1 FROM employee new
                                        WHERE new.snapshot = ?2 AND new.employee = old.employee)) AS lost
                 FROM employee old WHERE old.snapshot = ?1
                 GROUP BY place HAVING lost > 0 ORDER BY lost DESC, place LIMIT ?3",
            )?;
            let rows = query.query_map(params![current, building.0, limit], |row| {
                Ok(Lost { branch: row.get(0)?, had: from_count(row.get(1)?), lost: from_count(row.get(2)?) })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The newest `limit` pulls of one side, newest first; also those whose records are purged.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn snapshots(
        &self,
        connection: ConnectionId,
        side: Side,
        limit: u32,
    ) -> Result<Vec<SnapshotHead>, StoreError> {
        self.read(move |c| heads(c, connection, side, limit)).await
    }

    /// The employees of the current pull who are in scope, by id.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn employees(&self, connection: ConnectionId) -> Result<Vec<Employee>, StoreError> {
        self.read(move |c| employees(c, connection)).await
    }

    /// The source's own records of these people in the current pull, without those whom the newest plan holds for one of
    /// these reasons.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn raw_employees(
        &self,
        connection: ConnectionId,
        ids: &[EmployeeId],
        waits: &[HoldCode],
    ) -> Result<HashMap<EmployeeId, serde_json::Value>, StoreError> {
        let (ids, waits) = (to_json(&ids)?, to_json(&waits)?);
        self.read(move |c| raw_employees(c, connection, &ids, &waits)).await
    }

    /// The users as last known: the current pull with every write since, by id.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn users(&self, connection: ConnectionId) -> Result<Vec<User>, StoreError> {
        self.read(move |c| users(c, connection)).await
    }

    /// What the source said of itself in the current pull.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn source_facts(&self, connection: ConnectionId) -> Result<Option<SourceFacts>, StoreError> {
        self.read(move |c| source_facts(c, connection)).await
    }

    /// What the destination said of itself in the current pull.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn destination_facts(&self, connection: ConnectionId) -> Result<Option<DestinationFacts>, StoreError> {
        self.read(move |c| destination_facts(c, connection)).await
    }

    /// Puts a user as just read back into the current users, so that screens and the next plan are right without a pull.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn update_user(&self, connection: ConnectionId, user: &User) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(Write::to(Group::People), move |c| update_user(c, connection, &user)).await
    }

    /// Takes a user out of the current users: the destination has it no more.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn remove_user(&self, connection: ConnectionId, user: &UserId) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(Write::to(Group::People), move |c| remove_user(c, connection, &user)).await
    }
}
