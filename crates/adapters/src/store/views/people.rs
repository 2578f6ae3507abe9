//! People: everybody as an ordered vector of keys, and windows of rows by key.

use super::numbers;
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, UserId};
use crate::domain::plan::{HoldCode, HoldKind, OperationKind};
use crate::domain::run::OperationState;
use crate::domain::snapshot::Side;
use crate::store::columns::{contains, fold, word, word_or_none};
use crate::store::error::StoreError;
use crate::store::reader::ReadTopic;
use crate::store::what_if::of_everybody;
use crate::store::{Sqlite, Store, plans, snapshots};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, params};
use std::borrow::Cow;

/// A row of the list: stays the same until the next pull. A million of them are kept for each order, hence one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(i64);

/// Of which table a [`PersonKey`] is the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonAt {
    Employee(i64),
    /// A user whom no employee of this connection holds.
    User(i64),
}

impl PersonKey {
    /// The key of an employee's row.
    pub fn employee(row: i64) -> Self {
        Self(row)
    }

    /// The key of a user's row.
    pub fn user(row: i64) -> Self {
        // Row numbers are never negative.
        Self(!row)
    }

    /// The key as a number; in the order of the keys.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The key of a number.
    pub fn of_number(number: i64) -> Self {
        Self(number)
    }

    /// The row behind the key.
    pub fn at(self) -> PersonAt {
        if self.0 < 0 { PersonAt::User(!self.0) } else { PersonAt::Employee(self.0) }
    }
}

/// Who is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PeopleFilter {
    /// Every employee in scope.
    #[default]
    All,
    Linked,
    NotLinked,
    /// Held by the newest plan, by whose move it is.
    Held(HoldKind),
    HeldFor(HoldCode),
    /// The newest plan changes them.
    Changed,
    /// An operation of the newest plan was refused.
    Failed,
    /// The source says that the employment is over.
    Leavers,
    /// Not in the source filter.
    OutOfScope,
    /// Carry this value in a field that feeds a list.
    WithValue(Field, String),
    /// Users whom no employee holds.
    UsersOnly,
    /// Held by the newest plan, and for that reason since one of these days.
    HeldSince(Span),
    /// A run changed their user on one of these days.
    ChangedIn(Span),
}

/// Some days, in the zone of the tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    pub from: Option<Date>,
    /// The day behind the last.
    pub until: Option<Date>,
}

impl Span {
    /// As moments in microseconds.
    fn micros(self, zone: &str) -> (i64, i64) {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let begin = |day: Date| day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp().as_microsecond()).ok();
        (self.from.and_then(begin).unwrap_or(i64::MIN), self.until.and_then(begin).unwrap_or(i64::MAX))
    }
}

/// Sort order; the name decides among equals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PeopleSort {
    #[default]
    Name,
    Branch,
    JobTitle,
    Department,
    Status,
    Identifier,
    /// The source's id.
    Id,
    Email,
    Start,
    /// Held people by reason, then those who are changed, then all others; only the list in memory knows it.
    State,
}

/// What the list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleQuery {
    pub filter: PeopleFilter,
    pub sort: PeopleSort,
    pub descending: bool,
    /// Part of a name, an id or an identifier; accents and case do not matter. Empty finds everybody.
    pub search: String,
    /// The IANA zone in which days are meant; UTC where it is blank.
    pub zone: String,
}

/// Where a person stands, the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonState {
    OutOfScope,
    Held(HoldCode),
    /// The newest plan's first operation for the person.
    Change(OperationKind, OperationState),
    Linked,
    NotLinked,
    /// A user whom no employee holds.
    UserOnly,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub key: PersonKey,
    pub employee: Option<EmployeeId>,
    pub user: Option<UserId>,
    pub identifier: Option<Identifier>,
    pub name: String,
    pub branch: Option<String>,
    pub job_title: Option<String>,
    pub department: Option<String>,
    /// `active`, `ended`, `unclear`; of a user `active`, `inactive`.
    pub status: String,
    pub state: PersonState,
}

impl PeopleSort {
    fn column(self) -> &'static str {
        match self {
            PeopleSort::Name => "sort_name",
            PeopleSort::Branch => "branch",
            PeopleSort::JobTitle => "job_title",
            PeopleSort::Department => "department",
            PeopleSort::Status => "status",
            PeopleSort::Identifier => "identifier",
            PeopleSort::Id => "employee",
            PeopleSort::Email => "record ->> '$.email'",
            PeopleSort::Start => "record ->> '$.start_date'",
            PeopleSort::State => "in_scope",
        }
    }
}

/// A parameter of its own place in the statement.
struct Where {
    sql: Cow<'static, str>,
    text: String,
}

/// The plans that say how somebody stands, as `q`.
fn saying() -> String {
    format!("q.connection = :connection AND (q.id = :plan OR q.id > 0) AND {}", of_everybody("q"))
}

/// Held for a reason by the newest plan, since a moment in a span: the oldest plan behind the last one that did not hold the person
/// for it. Only those who are held are looked at, by the index of a plan's people.
fn held_since((from, until): (i64, i64)) -> String {
    let held =
        "SELECT 1 FROM hold g WHERE g.plan = q.id AND g.employee = h.employee AND g.kind = h.kind AND g.code = h.code";
    let saying = saying();
    let gap = format!("SELECT max(q.id) FROM plan q WHERE {saying} AND q.id > 0 AND NOT EXISTS ({held})");
    let oldest =
        format!("SELECT min(q.made_at) FROM plan q WHERE {saying} AND (q.id = :plan OR q.id > coalesce(({gap}), 0))");
    format!(
        "EXISTS (SELECT 1 FROM hold h WHERE h.plan = :plan AND h.employee = p.employee
           AND ({oldest}) >= {from} AND ({oldest}) < {until})"
    )
}

fn where_of(filter: &PeopleFilter, zone: &str) -> Where {
    let plain = |sql: &'static str| Where { sql: sql.into(), text: String::new() };
    match filter {
        PeopleFilter::All | PeopleFilter::OutOfScope | PeopleFilter::UsersOnly => plain("1"),
        PeopleFilter::Linked => {
            plain("EXISTS (SELECT 1 FROM link l WHERE l.connection = :connection AND l.employee = p.employee)")
        }
        PeopleFilter::NotLinked => {
            plain("NOT EXISTS (SELECT 1 FROM link l WHERE l.connection = :connection AND l.employee = p.employee)")
        }
        PeopleFilter::Held(kind) => Where {
            sql: "EXISTS (SELECT 1 FROM hold h WHERE h.plan = :plan AND h.employee = p.employee AND h.kind = :text)"
                .into(),
            text: kind.key().to_owned(),
        },
        PeopleFilter::HeldFor(code) => Where {
            sql: "EXISTS (SELECT 1 FROM hold h WHERE h.plan = :plan AND h.employee = p.employee AND h.kind = h.kind
                  AND h.code = :text)"
                .into(),
            text: code.key().to_owned(),
        },
        PeopleFilter::Changed => {
            plain("EXISTS (SELECT 1 FROM operation o WHERE o.plan = :plan AND o.employee = p.employee)")
        }
        PeopleFilter::Failed => plain(
            "EXISTS (SELECT 1 FROM operation o WHERE o.plan = :plan AND o.employee = p.employee AND o.state = 'failed')",
        ),
        PeopleFilter::Leavers => plain("p.status = 'ended'"),
        PeopleFilter::WithValue(field, value) => Where {
            sql: match field {
                Field::Branch => "p.branch = :text",
                Field::Department => "p.department = :text",
                Field::JobTitle => "p.job_title = :text",
                _ => "0",
            }
            .into(),
            text: value.clone(),
        },
        PeopleFilter::HeldSince(span) => Where { sql: held_since(span.micros(zone)).into(), text: String::new() },
        PeopleFilter::ChangedIn(span) => {
            let (from, until) = span.micros(zone);
            let sql = format!(
                "EXISTS (SELECT 1 FROM operation o WHERE o.connection = :connection AND o.employee = p.employee
                   AND o.state IN ('written', 'confirmed') AND o.done_at >= {from} AND o.done_at < {until})"
            );
            Where { sql: sql.into(), text: String::new() }
        }
    }
}

/// The statement that lists employees. Every parameter is used, so that one set of parameters fits all of them.
fn employees_sql(query: &PeopleQuery, found: &Where) -> String {
    let column = query.sort.column();
    let way = if query.descending { "DESC" } else { "ASC" };
    let order = match query.sort {
        PeopleSort::Name => format!("p.sort_name {way}, p.employee {way}"),
        _ => format!("p.{column} {way}, p.sort_name, p.employee"),
    };
    let search = if query.search.is_empty() { "" } else { r"AND p.search LIKE :search ESCAPE '\'" };
    format!(
        "SELECT p.id FROM employee p WHERE p.snapshot = :snapshot AND p.in_scope = :scope
         AND coalesce(:connection, :plan, :text, :search, 1) IS NOT NULL AND {} {search} ORDER BY {order}",
        found.sql
    )
}

fn users_sql(query: &PeopleQuery) -> String {
    let column = match query.sort {
        PeopleSort::Department | PeopleSort::State => "sort_name",
        PeopleSort::Id => "user",
        other => other.column(),
    };
    let way = if query.descending { "DESC" } else { "ASC" };
    let search = if query.search.is_empty() { "" } else { r"AND p.search LIKE :search ESCAPE '\'" };
    format!(
        "SELECT p.id FROM destination_user p WHERE p.snapshot = :snapshot
         AND coalesce(:search, 1) IS NOT NULL {search}
         AND NOT EXISTS (SELECT 1 FROM link l WHERE l.connection = :connection AND l.user = p.user)
         ORDER BY p.{column} {way}, p.sort_name, p.user"
    )
}

fn keys(c: &Sqlite, connection: ConnectionId, query: &PeopleQuery) -> Result<Vec<PersonKey>, StoreError> {
    let search = contains(&fold(query.search.trim()));
    if query.filter == PeopleFilter::UsersOnly {
        let Some(snapshot) = snapshots::current(c, connection, Side::Destination)? else {
            return Ok(Vec::new());
        };
        let parameters: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":snapshot", &snapshot), (":connection", &connection.0), (":search", &search)];
        let found = numbers(c, &users_sql(query), parameters)?;
        return Ok(found.into_iter().map(PersonKey::user).collect());
    }
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else {
        return Ok(Vec::new());
    };
    let found = where_of(&query.filter, &query.zone);
    let plan = plans::latest(c, connection)?.map(|head| head.id.0);
    let scope = query.filter != PeopleFilter::OutOfScope;
    let parameters: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":snapshot", &snapshot),
        (":scope", &scope),
        (":connection", &connection.0),
        (":plan", &plan),
        (":text", &found.text),
        (":search", &search),
    ];
    let numbers = numbers(c, &employees_sql(query, &found), parameters)?;
    Ok(numbers.into_iter().map(PersonKey::employee).collect())
}

/// One employee by row number, with link, hold and first operation of the newest plan.
const EMPLOYEE_ROW: &str = "SELECT p.employee, p.identifier, p.in_scope, p.status, p.name, p.branch, p.job_title,
       p.department, l.user,
       (SELECT h.code FROM hold h WHERE h.plan = ?2 AND h.employee = p.employee LIMIT 1) AS code,
       o.kind, o.state
FROM employee p
LEFT JOIN link l ON l.connection = ?3 AND l.employee = p.employee
LEFT JOIN operation o ON o.id = (SELECT min(f.id) FROM operation f WHERE f.plan = ?2 AND f.employee = p.employee)
WHERE p.id = ?1";

fn employee_row(
    c: &Sqlite,
    id: i64,
    plan: Option<i64>,
    connection: ConnectionId,
) -> Result<Option<PersonRow>, StoreError> {
    let mut query = c.prepare_cached(EMPLOYEE_ROW)?;
    let row = query.query_row(params![id, plan, connection.0], |row| {
        let code = word_or_none(row, "code", HoldCode::from_key)?;
        let kind = word_or_none(row, "kind", OperationKind::from_key)?;
        let user: Option<String> = row.get("user")?;
        let state = match (row.get("in_scope")?, code, kind) {
            (false, ..) => PersonState::OutOfScope,
            (_, Some(code), _) => PersonState::Held(code),
            (_, _, Some(kind)) => PersonState::Change(kind, word(row, "state", OperationState::from_key)?),
            _ if user.is_some() => PersonState::Linked,
            _ => PersonState::NotLinked,
        };
        Ok(PersonRow {
            key: PersonKey::employee(id),
            employee: Some(EmployeeId(row.get("employee")?)),
            user: user.map(UserId),
            identifier: Some(Identifier(row.get("identifier")?)),
            name: row.get("name")?,
            branch: row.get("branch")?,
            job_title: row.get("job_title")?,
            department: row.get("department")?,
            status: row.get("status")?,
            state,
        })
    });
    Ok(row.optional()?)
}

fn user_row(c: &Sqlite, id: i64) -> Result<Option<PersonRow>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM destination_user WHERE id = ?1")?;
    let row = query.query_row([id], |row| {
        Ok(PersonRow {
            key: PersonKey::user(id),
            employee: None,
            user: Some(UserId(row.get("user")?)),
            identifier: row.get::<_, Option<String>>("identifier")?.map(Identifier),
            name: row.get("name")?,
            branch: row.get("branch")?,
            job_title: row.get("job_title")?,
            department: None,
            status: row.get("status")?,
            state: PersonState::UserOnly,
        })
    });
    Ok(row.optional()?)
}

fn rows(c: &Sqlite, connection: ConnectionId, keys: &[PersonKey]) -> Result<Vec<PersonRow>, StoreError> {
    let plan = plans::latest(c, connection)?.map(|head| head.id.0);
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        rows.extend(match key.at() {
            PersonAt::Employee(id) => employee_row(c, id, plan, connection)?,
            PersonAt::User(id) => user_row(c, id)?,
        });
    }
    Ok(rows)
}

/// The key of an employee in the current pull.
pub(super) fn key_of(
    c: &Sqlite,
    connection: ConnectionId,
    employee: &EmployeeId,
) -> Result<Option<PersonKey>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else {
        return Ok(None);
    };
    let mut query = c.prepare_cached("SELECT id FROM employee WHERE snapshot = ?1 AND employee = ?2")?;
    let id = query.query_row(params![snapshot, employee.as_str()], |row| row.get(0)).optional()?;
    Ok(id.map(PersonKey::employee))
}

impl Store {
    /// Everybody whom the query finds, in its order: the keys only. A window of them is read by [`Store::people_rows`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_keys(
        &self,
        connection: ConnectionId,
        query: PeopleQuery,
    ) -> Result<Vec<PersonKey>, StoreError> {
        self.read_newest(ReadTopic::People, move |c| keys(c, connection, &query)).await
    }

    /// The rows of a window, in the order of `keys`; keys of a purged pull have no row any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_rows(
        &self,
        connection: ConnectionId,
        keys: Vec<PersonKey>,
    ) -> Result<Vec<PersonRow>, StoreError> {
        // Every window is wanted: the rows around it are read ahead for the next key.
        self.read(move |c| rows(c, connection, &keys)).await
    }

    /// The key of an employee in the current pull.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn person_key(
        &self,
        connection: ConnectionId,
        employee: &EmployeeId,
    ) -> Result<Option<PersonKey>, StoreError> {
        let employee = employee.clone();
        self.read(move |c| key_of(c, connection, &employee)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    fn plan_of(query: &PeopleQuery) -> String {
        let c = crate::store::empty_database();
        let found = where_of(&query.filter, &query.zone);
        let parameters: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":snapshot", &1),
            (":scope", &true),
            (":connection", &1),
            (":plan", &1),
            (":text", &"x"),
            (":search", &"%x%"),
        ];
        explain(&c, &employees_sql(query, &found), parameters)
    }

    #[test]
    fn lists_read_the_covering_index_and_probe_by_index() {
        let filters = [
            PeopleFilter::All,
            PeopleFilter::Linked,
            PeopleFilter::NotLinked,
            PeopleFilter::Held(HoldKind::Review),
            PeopleFilter::HeldFor(HoldCode::Rehire),
            PeopleFilter::Changed,
            PeopleFilter::Failed,
            PeopleFilter::Leavers,
            PeopleFilter::OutOfScope,
            PeopleFilter::WithValue(Field::Branch, "x".into()),
            PeopleFilter::HeldSince(Span::default()),
            PeopleFilter::ChangedIn(Span::default()),
        ];
        for filter in filters {
            for sort in [PeopleSort::Name, PeopleSort::Branch, PeopleSort::Status] {
                let query = PeopleQuery { filter: filter.clone(), sort, search: "x".into(), ..PeopleQuery::default() };
                let plan = plan_of(&query);
                assert!(plan.contains("COVERING INDEX employee_list"), "{filter:?} {sort:?}\n{plan}");
                assert!(!plan.contains("SCAN"), "{filter:?} {sort:?}\n{plan}");
            }
        }
        let by_name = plan_of(&PeopleQuery::default());
        assert!(!by_name.contains("TEMP B-TREE"), "the order is the index's own\n{by_name}");
    }

    #[test]
    fn users_and_single_rows_never_scan() {
        let c = crate::store::empty_database();
        let users = users_sql(&PeopleQuery { search: "x".into(), ..PeopleQuery::default() });
        let plan = explain(&c, &users, &[(":snapshot", &1), (":connection", &1), (":search", &"%x%")]);
        assert!(plan.contains("COVERING INDEX destination_user_list") && !plan.contains("SCAN"), "{plan}");
        let plan = explain(&c, EMPLOYEE_ROW, &[("?1", &1), ("?2", &1), ("?3", &1)]);
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}
