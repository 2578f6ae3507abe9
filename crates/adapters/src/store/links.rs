//! Confirmed ties of employees to users, and pairs that are known to be two people.

use super::columns::{micros, time, word};
use super::error::StoreError;
use super::remembered::Whom;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, ruling_pairs};
use crate::domain::decision::{Link, LinkOrigin, NotSame};
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, UserId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

pub(super) fn link_of(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        employee: EmployeeId(row.get("employee")?),
        user: UserId(row.get("user")?),
        identifier: Identifier(row.get("identifier")?),
        origin: word(row, "origin", LinkOrigin::from_key)?,
        at: time(row, "at")?,
        active: row.get("active")?,
    })
}

pub(super) fn all(c: &Sqlite, connection: ConnectionId) -> Result<Vec<Link>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM link WHERE connection = ?1 ORDER BY employee")?;
    Ok(query.query_map([connection.0], link_of)?.collect::<Result<_, _>>()?)
}

/// Ties the two. A user belongs to one employee: whoever held it before is answered and holds it no more.
pub(super) fn put(c: &Sqlite, connection: ConnectionId, link: &Link) -> Result<Option<EmployeeId>, StoreError> {
    let displaced = c
        .prepare_cached("DELETE FROM link WHERE connection = ?1 AND user = ?2 AND employee <> ?3 RETURNING employee")?
        .query_row(params![connection.0, link.user.as_str(), link.employee.as_str()], |row| row.get(0))
        .optional()?;
    c.prepare_cached(
        "INSERT INTO link(connection, employee, user, identifier, origin, at, active)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (connection, employee) DO UPDATE SET user = excluded.user, identifier = excluded.identifier,
           origin = excluded.origin, at = excluded.at, active = excluded.active",
    )?
    .execute(params![
        connection.0,
        link.employee.as_str(),
        link.user.as_str(),
        link.identifier.as_str(),
        link.origin.key(),
        micros(link.at),
        link.active,
    ])?;
    Ok(displaced.map(EmployeeId))
}

/// Unties whoever is tied to a user who is not there any more.
pub(super) fn forget(c: &Sqlite, connection: ConnectionId, user: &UserId) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM link WHERE connection = ?1 AND user = ?2")?
        .execute(params![connection.0, user.as_str()])?;
    Ok(())
}

pub(super) fn not_same(c: &Sqlite, connection: ConnectionId, whom: &Whom) -> Result<Vec<NotSame>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT employee, user FROM not_same WHERE connection = ?1{} ORDER BY employee, user",
        whom.condition()
    ))?;
    let pairs = query.query_map(params_from_iter(whom.parameters(connection)), |row| {
        Ok(NotSame { employee: EmployeeId(row.get(0)?), user: UserId(row.get(1)?) })
    })?;
    Ok(pairs.collect::<Result<_, _>>()?)
}

fn set_not_same(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    pair: &NotSame,
    on: bool,
    by: &str,
) -> Result<(), StoreError> {
    let (employee, user) = (pair.employee.as_str(), pair.user.as_str());
    let changed = if on {
        c.prepare_cached(
            "INSERT OR IGNORE INTO not_same(connection, employee, user, by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![connection.0, employee, user, by, micros(now)])?
    } else {
        c.prepare_cached("DELETE FROM not_same WHERE connection = ?1 AND employee = ?2 AND user = ?3")?
            .execute(params![connection.0, employee, user])?
    };
    if changed == 0 {
        return Ok(());
    }
    ruling_pairs::keep_not_same(c, connection, pair, on, (by, now))?;
    let words = if on { "is not" } else { "may be again" };
    audit::add(c, now, Some(connection), by, "not the same", &format!("employee {employee} {words} user {user}"))
}

impl Store {
    /// Every link of a connection, by employee.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn links(&self, connection: ConnectionId) -> Result<Vec<Link>, StoreError> {
        self.read(move |c| all(c, connection)).await
    }

    /// Ties an employee to a user. A user belongs to one employee: whoever held it before is answered and holds it no more.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn put_link(&self, connection: ConnectionId, link: Link) -> Result<Option<EmployeeId>, StoreError> {
        self.write(Write::durably(Group::People), move |c| put(c, connection, &link)).await
    }

    /// Ties many at once, for plans that find links by identifier.
    ///
    /// # Errors
    /// When it cannot be saved; none is tied then.
    pub async fn put_links(&self, connection: ConnectionId, links: Vec<Link>) -> Result<(), StoreError> {
        self.write(Write::to(Group::People), move |c| {
            links.iter().try_for_each(|link| put(c, connection, link).map(|_| ()))
        })
        .await
    }

    /// Unties an employee; one without a link is left alone.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn remove_link(&self, connection: ConnectionId, employee: &EmployeeId) -> Result<(), StoreError> {
        let employee = employee.clone();
        self.write(Write::to(Group::People), move |c| {
            c.prepare_cached("DELETE FROM link WHERE connection = ?1 AND employee = ?2")?
                .execute(params![connection.0, employee.as_str()])?;
            Ok(())
        })
        .await
    }

    /// Pairs that an operator said are two people.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn not_same(&self, connection: ConnectionId) -> Result<Vec<NotSame>, StoreError> {
        self.read(move |c| not_same(c, connection, &Whom::Everybody)).await
    }

    /// These two are two people, for ever.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn add_not_same(&self, connection: ConnectionId, pair: NotSame, by: &str) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::to(Group::Decisions).and(Group::Audit), move |c| {
            set_not_same(c, now, connection, &pair, true, &by)
        })
        .await
    }

    /// Takes [`Store::add_not_same`] back.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn remove_not_same(&self, connection: ConnectionId, pair: NotSame, by: &str) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::to(Group::Decisions).and(Group::Audit), move |c| {
            set_not_same(c, now, connection, &pair, false, &by)
        })
        .await
    }
}
