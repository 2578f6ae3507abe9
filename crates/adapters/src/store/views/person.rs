//! Person: one human on both sides, what holds, and everything ever known about them.

use super::people::{PersonAt, PersonKey};
use super::review::{ruling, user};
use crate::domain::decision::{Decision, Link};
use crate::domain::ids::{ConnectionId, EmployeeId, PlanId, RunId, UserId};
use crate::domain::person::{Employee, Person, User};
use crate::domain::plan::{Hold, HoldCode, OperationKind};
use crate::domain::run::{Level, OperationState};
use crate::domain::snapshot::Side;
use crate::store::columns::{is_unreadable, json, json_or_none, record, time, time_of, word};
use crate::store::error::StoreError;
use crate::store::journal::{self, JournalRow};
use crate::store::plans::{self, hold_of};
use crate::store::reader::ReadTopic;
use crate::store::{Sqlite, Store, feed, links, snapshots};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::borrow::Cow;

/// Lines of one kind that the timeline shows at most.
const LINES: u32 = 200;

/// Where a line of the timeline comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineKind {
    /// The source's record is new or changed.
    Pull,
    /// A plan held the person.
    Held,
    /// A ruling, in force or revoked.
    Ruling,
    /// A write to the destination.
    Write,
    /// A line of the feed log.
    Feed(Level),
}

/// One thing that happened to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineLine {
    pub at: Timestamp,
    pub kind: TimelineKind,
    /// `plan 31`, `run 219`, or who ruled.
    pub by: String,
    /// One word or two.
    pub what: String,
    pub text: String,
}

/// That a plan holds the person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonHold {
    /// Number of the hold, for [`Store::review_card`].
    pub id: i64,
    pub hold: Hold,
}

/// Everything about one human.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonCard {
    pub employee: Option<Employee>,
    /// The source's own record, cut to the allow-list; `Null` when there is no employee.
    pub employee_raw: serde_json::Value,
    pub in_scope: bool,
    pub user: Option<User>,
    /// The destination's own record as pulled; `Null` for one that was made since.
    pub user_raw: serde_json::Value,
    pub link: Option<Link>,
    /// The ruling in force.
    pub ruling: Option<Decision>,
    /// The newest plan.
    pub plan: Option<PlanId>,
    /// Why the newest plan holds the person.
    pub hold: Option<PersonHold>,
    /// What the newest plan does for the person, and how far that is.
    pub operations: Vec<JournalRow>,
    /// Newest first.
    pub timeline: Vec<TimelineLine>,
}

/// The key of an employee in the newest pull that has them.
fn newest_key(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Option<PersonKey>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT e.id FROM snapshot s JOIN employee e ON e.snapshot = s.id AND e.employee = ?2
         WHERE s.connection = ?1 AND s.side = 'source' AND s.state IN ('kept', 'current') ORDER BY s.id DESC LIMIT 1",
    )?;
    let id = query.query_row(params![connection.0, employee.as_str()], |row| row.get(0)).optional()?;
    Ok(id.map(PersonKey::employee))
}

/// What the vendor sent. It is only looked at: where it cannot be read, it says so.
fn raw(row: &Row<'_>) -> rusqlite::Result<serde_json::Value> {
    match json(row, "raw") {
        Err(error) if is_unreadable(&error) => Ok(serde_json::Value::from("(cannot be read)")),
        other => other,
    }
}

type WithRaw<T> = (T, serde_json::Value);

fn card(c: &Sqlite, connection: ConnectionId, key: PersonKey) -> Result<PersonCard, StoreError> {
    match key.at() {
        PersonAt::Employee(id) => {
            let found: Option<(WithRaw<Employee>, bool)> = c
                .prepare_cached("SELECT employee, record, raw, in_scope FROM employee WHERE id = ?1")?
                .query_row([id], |row| Ok(((snapshots::employee_of(row)?, raw(row)?), row.get("in_scope")?)))
                .optional()?;
            let ((employee, raw), in_scope) = found.ok_or_else(|| StoreError::missing("this person"))?;
            employee_card(c, connection, employee, raw, in_scope)
        }
        PersonAt::User(id) => {
            let found: Option<WithRaw<User>> = c
                .prepare_cached("SELECT user, record, raw FROM destination_user WHERE id = ?1")?
                .query_row([id], |row| Ok((snapshots::user_of(row)?, raw(row)?)))
                .optional()?;
            let (user, user_raw) = found.ok_or_else(|| StoreError::missing("this user"))?;
            Ok(PersonCard {
                employee: None,
                employee_raw: serde_json::Value::Null,
                in_scope: false,
                user: Some(user),
                user_raw,
                link: None,
                ruling: None,
                plan: plans::latest(c, connection)?.map(|head| head.id),
                hold: None,
                operations: Vec::new(),
                timeline: Vec::new(),
            })
        }
    }
}

fn employee_card(
    c: &Sqlite,
    connection: ConnectionId,
    employee: Employee,
    employee_raw: serde_json::Value,
    in_scope: bool,
) -> Result<PersonCard, StoreError> {
    let plan = plans::latest(c, connection)?.map(|head| head.id);
    let link = c
        .prepare_cached("SELECT * FROM link WHERE connection = ?1 AND employee = ?2")?
        .query_row(params![connection.0, employee.id.as_str()], links::link_of)
        .optional()?;
    let held_by = match &link {
        Some(link) => Some(link.user.clone()),
        None => user_with_identifier(c, connection, &employee)?,
    };
    let user = held_by.as_ref().map(|id| user(c, connection, id)).transpose()?.flatten();
    let user_raw = user.as_ref().map(|user| raw_of(c, connection, &user.id)).transpose()?.flatten();
    Ok(PersonCard {
        user,
        user_raw: user_raw.unwrap_or_default(),
        link,
        ruling: ruling(c, connection, &employee.id)?,
        plan,
        hold: plan.map(|plan| hold(c, plan, &employee.id)).transpose()?.flatten(),
        operations: plan.map(|plan| operations(c, plan, &employee.id)).transpose()?.unwrap_or_default(),
        timeline: timeline(c, connection, &employee.id)?,
        employee: Some(employee),
        employee_raw,
        in_scope,
    })
}

fn user_with_identifier(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &Employee,
) -> Result<Option<UserId>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Destination)? else {
        return Ok(None);
    };
    let mut query =
        c.prepare_cached("SELECT user FROM destination_user WHERE snapshot = ?1 AND identifier = ?2 LIMIT 1")?;
    let user = query.query_row(params![snapshot, employee.identifier.as_str()], |row| row.get(0)).optional()?;
    Ok(user.map(UserId))
}

fn raw_of(c: &Sqlite, connection: ConnectionId, user: &UserId) -> Result<Option<serde_json::Value>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Destination)? else {
        return Ok(None);
    };
    let mut query = c.prepare_cached("SELECT raw FROM destination_user WHERE snapshot = ?1 AND user = ?2")?;
    Ok(query.query_row(params![snapshot, user.as_str()], raw).optional()?)
}

fn hold(c: &Sqlite, plan: PlanId, employee: &EmployeeId) -> Result<Option<PersonHold>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM hold WHERE plan = ?1 AND employee = ?2 LIMIT 1")?;
    let found: Option<(i64, Hold)> =
        query.query_row(params![plan.0, employee.as_str()], |row| Ok((row.get("id")?, hold_of(row)?))).optional()?;
    let Some((id, mut hold)) = found else {
        return Ok(None);
    };
    hold.candidates = plans::candidates(c, id)?;
    Ok(Some(PersonHold { id, hold }))
}

fn operations(c: &Sqlite, plan: PlanId, employee: &EmployeeId) -> Result<Vec<JournalRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM operation WHERE plan = ?1 AND employee = ?2 ORDER BY seq")?;
    let rows = query.query_map(params![plan.0, employee.as_str()], journal::row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everything that is known, newest first.
fn timeline(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<TimelineLine>, StoreError> {
    let mut lines = Vec::new();
    lines.extend(feed_lines(c, connection, employee)?);
    lines.extend(rulings(c, connection, employee)?);
    lines.extend(writes(c, connection, employee)?);
    lines.extend(holds(c, connection, employee)?);
    lines.extend(pulls(c, connection, employee)?);
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    Ok(lines)
}

fn feed_lines(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<TimelineLine>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT * FROM feed WHERE connection = ?1 AND employee = ?2 ORDER BY id DESC LIMIT ?3")?;
    let lines = query.query_map(params![connection.0, employee.as_str(), LINES], |row| {
        let line = feed::line_of(row)?;
        Ok(TimelineLine {
            at: line.at,
            kind: TimelineKind::Feed(line.level),
            by: line.run.map_or_else(String::new, |run| format!("run {run}")),
            what: line.what,
            text: line.text,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

fn rulings(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<TimelineLine>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT CASE WHEN ruling IS NULL THEN NULL WHEN json_valid(ruling) THEN ruling ->> '$.ruling'
                     ELSE 'cannot be read' END AS word,
                CASE WHEN json_valid(ruling) THEN ruling ->> '$.user' END AS user, reason, by, at, revoked
         FROM decision WHERE connection = ?1 AND employee = ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let lines = query.query_map(params![connection.0, employee.as_str(), LINES], |row| {
        let word: Option<String> = row.get("word")?;
        let user: Option<String> = row.get("user")?;
        let reason: Option<String> = row.get("reason")?;
        let mut text = user.map_or_else(String::new, |user| format!("user {user}"));
        for more in reason.into_iter().chain(row.get::<_, bool>("revoked")?.then(|| "undone since".to_owned())) {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(&more);
        }
        Ok(TimelineLine {
            at: time(row, "at")?,
            kind: TimelineKind::Ruling,
            by: row.get("by")?,
            what: word.unwrap_or_else(|| "taken back".to_owned()),
            text,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

fn writes(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<TimelineLine>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT plan, kind, state, fields, error_message, sent_at FROM operation
         WHERE connection = ?1 AND employee = ?2 AND sent_at IS NOT NULL ORDER BY id DESC LIMIT ?3",
    )?;
    let lines = query.query_map(params![connection.0, employee.as_str(), LINES], |row| {
        let kind = word(row, "kind", OperationKind::from_key)?;
        let state = word(row, "state", OperationState::from_key)?;
        let fields: Vec<crate::domain::field::FieldChange> = match record(row, "fields") {
            Err(error) if is_unreadable(&error) => Vec::new(),
            other => other?,
        };
        let names: Vec<&str> = fields.iter().map(|change| change.field.words()).collect();
        let error: Option<String> = row.get("error_message")?;
        Ok(TimelineLine {
            at: time(row, "sent_at")?,
            kind: TimelineKind::Write,
            by: format!("plan {}", row.get::<_, i64>("plan")?),
            what: format!("{} {}", kind.key().replace('_', " "), state.key().replace('_', " ")),
            text: error.unwrap_or_else(|| names.join(", ")),
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

fn holds(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<TimelineLine>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT h.plan, h.code, h.message, p.made_at FROM hold h JOIN plan p ON p.id = h.plan
         WHERE h.connection = ?1 AND h.employee = ?2 AND h.plan > 0 ORDER BY h.plan DESC LIMIT ?3",
    )?;
    let lines = query.query_map(params![connection.0, employee.as_str(), LINES], |row| {
        Ok(TimelineLine {
            at: time_of("made_at", row.get("made_at")?)?,
            kind: TimelineKind::Held,
            by: format!("plan {}", row.get::<_, i64>("plan")?),
            what: word(row, "code", HoldCode::from_key)?.words().to_owned(),
            text: row.get("message")?,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

/// What the pulls whose records are kept say: first seen, or which fields changed.
fn pulls(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Vec<TimelineLine>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT s.id, s.finished_at, s.run, e.record FROM snapshot s
         LEFT JOIN employee e ON e.snapshot = s.id AND e.employee = ?2
         WHERE s.connection = ?1 AND s.side = 'source' AND s.state IN ('kept', 'current') ORDER BY s.id",
    )?;
    let pulls = query
        .query_map(params![connection.0, employee.as_str()], |row| {
            let record = match json_or_none::<Employee>(row, "record") {
                Err(error) if is_unreadable(&error) => return Ok(None),
                other => other?,
            };
            let run = row.get::<_, Option<i64>>("run")?.map(RunId);
            Ok(Some((time(row, "finished_at")?, run, record)))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    // A pull whose record cannot be read says nothing of this person.
    let pulls: Vec<_> = pulls.into_iter().flatten().collect();
    let mut lines = Vec::new();
    for pair in pulls.windows(2) {
        let [(_, _, before), (at, run, after)] = pair else {
            continue;
        };
        let (what, text) = match (before, after) {
            (None, Some(_)) => ("first seen", String::new()),
            (Some(_), None) => ("missing", "not in this pull".to_owned()),
            (Some(before), Some(after)) if before != after => ("changed", changes(before, after)),
            _ => continue,
        };
        let by = run.map_or_else(|| "pull".to_owned(), |run| format!("run {run}"));
        lines.push(TimelineLine { at: *at, kind: TimelineKind::Pull, by, what: what.to_owned(), text });
    }
    Ok(lines)
}

fn changes(before: &Employee, after: &Employee) -> String {
    let mut texts: Vec<String> = Person::fields([&before.person, &after.person])
        .into_iter()
        .filter_map(|field| {
            let (from, to) = (before.person.value(field), after.person.value(field));
            let shown = |value: Option<Cow<'_, str>>| value.map_or_else(|| "(empty)".to_owned(), Cow::into_owned);
            (from != to).then(|| format!("{} {} → {}", field.words(), shown(from), shown(to)))
        })
        .collect();
    if before.status != after.status {
        texts.push("status".to_owned());
    }
    if before.manager_id != after.manager_id {
        texts.push("manager".to_owned());
    }
    texts.join(", ")
}

impl Store {
    /// Everything about one row of People.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the row is of a purged pull.
    pub async fn person_card(&self, connection: ConnectionId, key: PersonKey) -> Result<PersonCard, StoreError> {
        self.read_newest(ReadTopic::Person, move |c| card(c, connection, key)).await
    }

    /// Everything about one employee, as in the newest pull that has them.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when no pull that is kept has the employee.
    pub async fn person_card_of(
        &self,
        connection: ConnectionId,
        employee: &EmployeeId,
    ) -> Result<PersonCard, StoreError> {
        let employee = employee.clone();
        self.read_newest(ReadTopic::Person, move |c| {
            let key = newest_key(c, connection, &employee)?;
            card(c, connection, key.ok_or_else(|| StoreError::missing(format!("employee {employee}")))?)
        })
        .await
    }
}
