//! Who changed what, when.

use super::changes::Group;
use super::columns::{micros, time};
use super::error::StoreError;
use super::writer::Write;
use super::{Sqlite, Store};
use crate::domain::ids::ConnectionId;
use jiff::Timestamp;
use rusqlite::params;

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    pub id: i64,
    /// `None` for what concerns the whole workspace.
    pub connection: Option<ConnectionId>,
    pub at: Timestamp,
    /// Operator's name, or `schedule`.
    pub by: String,
    /// What was done, in a word or two (`status`, `mapping`, `decision`).
    pub what: String,
    /// The sentence, without personal data.
    pub detail: String,
}

pub(super) fn add(
    c: &Sqlite,
    now: Timestamp,
    connection: Option<ConnectionId>,
    by: &str,
    what: &str,
    detail: &str,
) -> Result<(), StoreError> {
    c.prepare_cached("INSERT INTO audit(connection, at, by, what, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![connection.map(|id| id.0), micros(now), by, what, detail])?;
    Ok(())
}

pub(super) fn lines(c: &Sqlite, connection: Option<ConnectionId>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
    let sql = match connection {
        Some(_) => "SELECT * FROM audit WHERE connection = ?1 ORDER BY id DESC LIMIT ?2",
        None => "SELECT * FROM audit WHERE ?1 IS NULL ORDER BY id DESC LIMIT ?2",
    };
    let mut query = c.prepare_cached(sql)?;
    let lines = query.query_map(params![connection.map(|id| id.0), limit], |row| {
        Ok(AuditLine {
            id: row.get("id")?,
            connection: row.get::<_, Option<i64>>("connection")?.map(ConnectionId),
            at: time(row, "at")?,
            by: row.get("by")?,
            what: row.get("what")?,
            detail: row.get("detail")?,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

/// The newest change of a connection that its plan depends on: what a run itself writes down is none.
pub(super) fn change_mark(c: &Sqlite, connection: ConnectionId) -> Result<i64, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT id FROM audit WHERE connection = ?1 AND what NOT IN ('approved', 'status', 'credential', 'schedule')
         ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = query.query([connection.0])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?.unwrap_or(0))
}

impl Store {
    /// The number of the newest change that an operator made of this connection and that a plan depends on (a ruling, a
    /// mapping, a setting), in whatever process; it moves with every such change. Cheap enough to be asked before each write.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn change_mark(&self, connection: ConnectionId) -> Result<i64, StoreError> {
        self.at_once(|c| change_mark(c, connection))
    }

    /// Writes down that `by` did `what`. Changes of the store's own tables write their line themselves.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn audit(
        &self,
        connection: Option<ConnectionId>,
        by: &str,
        what: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let (now, by, what, detail) = (self.now(), by.to_owned(), what.to_owned(), detail.to_owned());
        self.write(Write::to(Group::Audit), move |c| add(c, now, connection, &by, &what, &detail)).await
    }

    /// The newest `limit` lines, newest first, of one connection or of all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn audit_lines(
        &self,
        connection: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        self.read(move |c| lines(c, connection, limit)).await
    }
}
