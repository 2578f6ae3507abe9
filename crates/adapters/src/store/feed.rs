//! The feed log: one line per thing that happened to one record. Written in batches, read by windows (`views::feed`).

use super::columns::{micros, time, word_or_none};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::run::{FeedLine, Level, Phase};
use rusqlite::{Row, params};
use tokio::sync::watch;

/// Levels in the database, in their order.
pub(super) fn level_number(level: Level) -> i64 {
    match level {
        Level::Info => 0,
        Level::Warn => 1,
        Level::Error => 2,
    }
}

pub(super) fn line_of(row: &Row<'_>) -> rusqlite::Result<FeedLine> {
    Ok(FeedLine {
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        at: time(row, "at")?,
        level: match row.get::<_, i64>("level")? {
            0 => Level::Info,
            1 => Level::Warn,
            _ => Level::Error,
        },
        phase: word_or_none(row, "phase", Phase::from_key)?,
        employee: row.get::<_, Option<String>>("employee")?.map(EmployeeId),
        what: row.get("what")?,
        text: row.get("text")?,
    })
}

/// Answers the number of the newest line.
pub(super) fn append(c: &Sqlite, connection: ConnectionId, lines: &[FeedLine]) -> Result<i64, StoreError> {
    let mut insert = c.prepare_cached(
        "INSERT INTO feed(connection, run, at, level, phase, employee, what, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut newest = 0;
    for line in lines {
        newest = insert.insert(params![
            connection.0,
            line.run.map(|run| run.0),
            micros(line.at),
            level_number(line.level),
            line.phase.map(Phase::key),
            line.employee.as_ref().map(|employee| employee.as_str()),
            line.what,
            line.text,
        ])?;
    }
    if lines.is_empty() {
        newest = c.query_row("SELECT coalesce(max(id), 0) FROM feed", [], |row| row.get(0))?;
    }
    Ok(newest)
}

/// Tells those who follow the feed of a newer line.
pub(super) fn note_newest(feed: &watch::Sender<i64>, newest: i64) {
    feed.send_if_modified(|seen| {
        let moves = newest > *seen;
        *seen = (*seen).max(newest);
        moves
    });
}

impl Store {
    /// The newest line of a run; 0 where it has none. It moves with the run, whichever process is at work on it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn newest_line_of(&self, run: RunId) -> Result<i64, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached("SELECT coalesce(max(id), 0) FROM feed WHERE run = ?1")?;
            Ok(query.query_row([run.0], |row| row.get(0))?)
        })
        .await
    }

    /// Appends lines; answers the number of the newest one and moves [`Store::feed_watch`]. Batches of up to 500 lines.
    ///
    /// # Errors
    /// When it cannot be saved; no line is appended then.
    pub async fn append_feed(&self, connection: ConnectionId, lines: Vec<FeedLine>) -> Result<i64, StoreError> {
        let (feed, count) = (self.inner.feed.clone(), lines.len());
        let job = move |c: &Sqlite| append(c, connection, &lines);
        let moved = move |newest: &i64| note_newest(&feed, *newest);
        let newest = self.write_then(Write::to(Group::Feed), job, moved).await?;
        self.feed_grew(connection, count).await;
        Ok(newest)
    }
}
