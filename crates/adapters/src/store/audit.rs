//! Who changed what, when. Append-only, and chained: each entry carries the hash of the one before it.

use super::changes::Group;
use super::channels::Channels;
use super::columns::{micros, time};
use super::error::StoreError;
use super::writer::Write;
use super::{Sqlite, Store};
pub use crate::domain::audit::{AuditLine, Break, BreakKind, ChainCheck, Through};
use crate::domain::ids::ConnectionId;
use jiff::Timestamp;
use rusqlite::functions::FunctionFlags;
use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Of this process, for what it writes: through what it changes things, and which chat channels it knows.
#[derive(Clone, Default)]
pub(super) struct Acting {
    through: Arc<AtomicU8>,
    channels: Arc<RwLock<Channels>>,
}

impl Acting {
    /// As of a process that has said nothing yet.
    pub(super) fn reset(&self) {
        self.through.store(0, Ordering::Relaxed);
        *self.channels.write().unwrap_or_else(PoisonError::into_inner) = Channels::default();
    }
}

/// Gives the writing connection the functions that say it.
pub(super) fn add_through(c: &Sqlite, acting: &Acting) -> Result<(), StoreError> {
    let channels = Arc::clone(&acting.channels);
    let acting = Arc::clone(&acting.through);
    let flags = FunctionFlags::SQLITE_UTF8;
    let through = move |_: &rusqlite::functions::Context<'_>| {
        let number = acting.load(Ordering::Relaxed);
        Ok(Through::ALL.get(usize::from(number)).copied().unwrap_or_default().key())
    };
    c.create_scalar_function("acting_through", 0, flags, through)?;
    let channel = move |context: &rusqlite::functions::Context<'_>| {
        let tenant: Option<String> = context.get(0)?;
        let known = channels.read().unwrap_or_else(PoisonError::into_inner);
        Ok(known.of(tenant.as_deref()))
    };
    Ok(c.create_scalar_function("chat_channel", 1, flags, channel)?)
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seals the words of an entry. The salt goes with them when they are forgotten: then nobody can guess them from the seal.
fn seal(salt: &str, detail: &str) -> String {
    hex(Sha256::new().chain_update(salt).chain_update("\n").chain_update(detail))
}

/// What stands in the row itself.
struct Entry {
    id: i64,
    connection: Option<i64>,
    at: i64,
    by: String,
    through: String,
    what: String,
    detail: String,
    salt: Option<String>,
    seal: String,
    hash: String,
    gone: bool,
}

impl Entry {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            connection: row.get("connection")?,
            at: row.get("at")?,
            by: row.get("by")?,
            through: row.get("through")?,
            what: row.get("what")?,
            detail: row.get("detail")?,
            salt: row.get("salt")?,
            seal: row.get::<_, Option<String>>("seal")?.unwrap_or_default(),
            hash: row.get("hash")?,
            gone: row.get("gone")?,
        })
    }

    /// The hash of the entry behind the one before it. Lengths stand before texts, so that no two entries read alike.
    fn hash_after(&self, before: &str) -> String {
        let mut digest = Sha256::new();
        let connection = self.connection.map_or(-1, |connection| connection);
        for number in [self.id, connection, self.at] {
            digest.update(number.to_be_bytes());
        }
        for text in [before, &self.by, &self.through, &self.what, &self.seal] {
            digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(text);
        }
        hex(digest)
    }
}

/// Writes an entry behind the newest one.
pub(super) fn add(
    c: &Sqlite,
    now: Timestamp,
    connection: Option<ConnectionId>,
    by: &str,
    what: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let before: Option<String> = c
        .prepare_cached("SELECT hash FROM audit WHERE hash IS NOT NULL ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let salt = uuid::Uuid::new_v4().simple().to_string();
    let seal = seal(&salt, detail);
    let through: String = c
        .prepare_cached(
            "INSERT INTO audit(connection, at, by, through, what, detail, salt, seal)
             VALUES (?1, ?2, ?3, acting_through(), ?4, ?5, ?6, ?7) RETURNING through",
        )?
        .query_row(params![connection.map(|id| id.0), micros(now), by, what, detail, salt, seal], |row| row.get(0))?;
    let entry = Entry {
        id: c.last_insert_rowid(),
        connection: connection.map(|id| id.0),
        at: micros(now),
        by: by.to_owned(),
        through,
        what: what.to_owned(),
        detail: String::new(),
        salt: None,
        seal,
        hash: String::new(),
        gone: false,
    };
    let hash = entry.hash_after(before.as_deref().unwrap_or_default());
    c.prepare_cached("UPDATE audit SET hash = ?2 WHERE id = ?1")?.execute(params![entry.id, hash])?;
    Ok(())
}

/// Takes the words of entries away, for good: who did what when stays, and the chain.
pub(super) fn forget_words(
    c: &Sqlite,
    condition: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Result<usize, StoreError> {
    Ok(c.execute(
        &format!("UPDATE audit SET detail = '', salt = NULL, gone = 1 WHERE gone = 0 AND {condition}"),
        parameters,
    )?)
}

fn line_of(row: &Row<'_>) -> rusqlite::Result<AuditLine> {
    Ok(AuditLine {
        id: row.get("id")?,
        connection: row.get::<_, Option<i64>>("connection")?.map(ConnectionId),
        at: time(row, "at")?,
        by: row.get("by")?,
        through: Through::from_key(&row.get::<_, String>("through")?),
        what: row.get("what")?,
        detail: row.get("detail")?,
        gone: row.get("gone")?,
    })
}

pub(super) fn lines(c: &Sqlite, connection: Option<ConnectionId>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
    let sql = match connection {
        Some(_) => "SELECT * FROM audit WHERE connection = ?1 ORDER BY id DESC LIMIT ?2",
        None => "SELECT * FROM audit WHERE ?1 IS NULL ORDER BY id DESC LIMIT ?2",
    };
    let mut query = c.prepare_cached(sql)?;
    let lines = query.query_map(params![connection.map(|id| id.0), limit], line_of)?;
    Ok(lines.collect::<Result<_, _>>()?)
}

/// Reads the chain from its first entry to its newest.
fn check(c: &Sqlite) -> Result<ChainCheck, StoreError> {
    let unchained: i64 = c.query_row("SELECT count(*) FROM audit WHERE hash IS NULL", [], |row| row.get(0))?;
    let unchained = u64::try_from(unchained).unwrap_or(0);
    let mut found = ChainCheck { entries: 0, since: None, head: None, unchained, broken: None };
    let mut query = c.prepare_cached("SELECT * FROM audit WHERE hash IS NOT NULL ORDER BY id")?;
    let mut rows = query.query([])?;
    let mut last: Option<(i64, Timestamp)> = None;
    while let Some(row) = rows.next()? {
        let (entry, at) = (Entry::of(row)?, time(row, "at")?);
        let follows = entry.hash == entry.hash_after(found.head.as_deref().unwrap_or_default());
        let is_itself = entry.gone || entry.salt.as_deref().is_some_and(|salt| seal(salt, &entry.detail) == entry.seal);
        let kind = match (follows, is_itself) {
            (false, _) => Some(BreakKind::DoesNotFollow),
            (true, false) => Some(BreakKind::Rewritten),
            (true, true) => None,
        };
        if let (Some(kind), None) = (kind, &found.broken) {
            let before = last.map(|(id, _)| id);
            found.broken = Some(Break { entry: entry.id, before, since: last.map(|(_, at)| at), until: at, kind });
        }
        found.since.get_or_insert(at);
        (found.entries, found.head, last) = (found.entries + 1, Some(entry.hash), Some((entry.id, at)));
    }
    Ok(found)
}

/// The newest change of a connection that its plan depends on: what a run itself writes down is none.
pub(super) fn change_mark(c: &Sqlite, connection: ConnectionId) -> Result<i64, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT id FROM audit WHERE connection = ?1 AND what NOT IN ('approved', 'status', 'credential', 'schedule', 'wave', 'exported')
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

    /// Says through what this process changes things from now on.
    pub fn acts_through(&self, through: Through) {
        self.inner.acting.through.store(through as u8, Ordering::Relaxed);
    }

    /// Says which chat channels hear of what happens from now on, beside those who are mailed.
    pub fn tells_chat(&self, channels: Channels) {
        *self.inner.acting.channels.write().unwrap_or_else(PoisonError::into_inner) = channels;
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

    /// Reads the whole chain and says whether each entry follows the one before it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn check_audit(&self) -> Result<ChainCheck, StoreError> {
        self.read(check).await
    }
}
