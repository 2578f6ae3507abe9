//! Digests of all tenants: which due moments are owed, and the one digest of each. It is kept in the transaction that says that its moment
//! is owed no longer and that queues its messages, so that of any number of processes one tells it, and no crash loses it.

use super::columns::{from_count, micros, time, word};
use super::error::StoreError;
use super::metrics::RunSum;
use super::reports::Way;
use super::runs::STANDING;
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::ConnectionId;
use crate::domain::run::{RunOutcome, RunPurpose};
use crate::domain::trouble::Letter;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

/// How far `since` may lie ahead of the clock: beyond that a clock was wrong, and would silence the digest.
const AHEAD: SignedDuration = SignedDuration::from_hours(26);
/// Digests are kept so long.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A digest that is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDigest {
    /// The due moment that it stands for, and that up to which none was owed when it was made; `None` by hand.
    pub slot: Option<(Timestamp, Timestamp)>,
    /// The words of the schedule, and its zone.
    pub schedule: (String, String),
    pub since: Timestamp,
    pub until: Timestamp,
    pub letter: Letter,
    pub recipients: Vec<String>,
}

/// An entry of the audit about the state of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLine {
    /// `None` of one that was removed.
    pub connection: Option<ConnectionId>,
    pub at: Timestamp,
    pub by: String,
    /// `added`, `status`, `removed`.
    pub what: String,
    pub detail: String,
}

/// Slots up to this one are not owed; a schedule that nobody asked for yet owes none before now.
fn owed_since(c: &Sqlite, now: Timestamp, (schedule, zone): &(String, String)) -> Result<Timestamp, StoreError> {
    let mut query = c.prepare_cached("SELECT since FROM digest_state WHERE schedule = ?1 AND zone = ?2")?;
    let known = query.query_row(params![schedule, zone], |row| time(row, "since")).optional()?;
    match known.filter(|since| now.saturating_add(AHEAD).is_ok_and(|most| *since <= most)) {
        Some(since) => Ok(since),
        None => {
            advance(c, now, (schedule, zone))?;
            Ok(now)
        }
    }
}

fn advance(c: &Sqlite, to: Timestamp, (schedule, zone): (&str, &str)) -> Result<(), StoreError> {
    c.prepare_cached("INSERT OR REPLACE INTO digest_state(schedule, zone, since) VALUES (?1, ?2, ?3)")?
        .execute(params![schedule, zone, micros(to)])?;
    Ok(())
}

/// Keeps a digest and queues its messages; `None` where its moment is owed no longer.
fn put(c: &Sqlite, now: Timestamp, new: &NewDigest) -> Result<Option<i64>, StoreError> {
    if let Some((slot, since)) = new.slot {
        if owed_since(c, now, &new.schedule)? != since {
            return Ok(None);
        }
        advance(c, slot, (&new.schedule.0, &new.schedule.1))?;
    }
    c.prepare_cached("INSERT INTO digest(slot, since, until, subject, body, html) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            new.slot.map(|(slot, _)| micros(slot)),
            micros(new.since),
            micros(new.until),
            new.letter.subject,
            new.letter.text,
            new.letter.html
        ])?;
    let digest = c.last_insert_rowid();
    for recipient in &new.recipients {
        c.prepare_cached(
            "INSERT OR IGNORE INTO report(digest, recipient, state, queued_at, at) VALUES (?1, ?2, 'queued', ?3, ?3)",
        )?
        .execute(params![digest, recipient, micros(now)])?;
    }
    c.prepare_cached(
        "INSERT INTO report(digest, way, recipient, state, queued_at, at)
         SELECT ?1, ?3, chat_channel(NULL), 'queued', ?2, ?2 WHERE chat_channel(NULL) IS NOT NULL",
    )?
    .execute(params![digest, micros(now), Way::Chat.key()])?;
    let old = now.saturating_sub(KEPT).unwrap_or(now);
    c.prepare_cached("DELETE FROM digest WHERE until < ?1 AND id <> ?2")?.execute(params![micros(old), digest])?;
    Ok(Some(digest))
}

/// Digests name tenants: when one is removed, those that have not left are made anew, the others lose their words.
pub(super) fn forget(c: &Sqlite) -> Result<(), StoreError> {
    const UNSENT: &str = "EXISTS (SELECT 1 FROM report WHERE digest = digest.id AND state = 'queued')
         AND NOT EXISTS (SELECT 1 FROM report WHERE digest = digest.id AND state <> 'queued')";
    c.execute(
        &format!("UPDATE digest_state SET since = since - 1 WHERE since IN (SELECT slot FROM digest WHERE {UNSENT})"),
        [],
    )?;
    c.execute(&format!("DELETE FROM digest WHERE {UNSENT}"), [])?;
    c.execute("DELETE FROM report WHERE digest IS NOT NULL AND state IN ('queued', 'sending')", [])?;
    c.execute("UPDATE digest SET subject = '', body = '', html = ''", [])?;
    Ok(())
}

/// Lines without an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silent {
    /// Nothing is known of them yet.
    pub unknown: u64,
    /// They were given up for want of one, and count as failed.
    pub given_up: u64,
}

/// Runs that ended after `since` and not after `until`, rehearsals aside, as [`Store::counted`] counts all.
fn ran(c: &Sqlite, since: Timestamp, until: Timestamp) -> Result<Vec<(RunSum, Silent)>, StoreError> {
    let mut query = c.prepare_cached(&format!(
        "SELECT run.connection, run.purpose, {STANDING}, count(*) AS runs, max(run.ended_at) AS ended,
                sum(run.written) AS written, sum(run.already) AS already, sum(run.failed) AS failed,
                sum(run.unknown) AS unknown, sum(run.unanswered) AS unanswered, sum(run.set_aside - run.parked) AS skipped, sum(run.parked) AS parked,
                sum(run.mails) AS mails
         FROM run WHERE run.ended_at > ?1 AND run.ended_at <= ?2
         GROUP BY run.connection, run.purpose, standing"
    ))?;
    let sums = query.query_map(params![micros(since), micros(until)], |row| {
        let count = |column: &str| row.get(column).map(from_count);
        let sum = RunSum {
            connection: ConnectionId(row.get("connection")?),
            purpose: word(row, "purpose", RunPurpose::from_key)?,
            outcome: word(row, "standing", RunOutcome::from_key)?,
            runs: count("runs")?,
            last_end: Some(time(row, "ended")?),
            written: count("written")?,
            already: count("already")?,
            failed: count("failed")?,
            skipped: count("skipped")?,
            parked: count("parked")?,
            mails: count("mails")?,
        };
        Ok((sum, Silent { unknown: count("unknown")?, given_up: count("unanswered")? }))
    })?;
    let readable = sums.filter(|sum| !sum.as_ref().is_err_and(super::columns::is_unreadable));
    Ok(readable.collect::<Result<_, _>>()?)
}

fn states(c: &Sqlite, since: Timestamp, until: Timestamp) -> Result<Vec<StateLine>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT connection, at, by, what, detail FROM audit
         WHERE what IN ('added', 'status', 'removed') AND at > ?1 AND at <= ?2 ORDER BY id",
    )?;
    let lines = query.query_map(params![micros(since), micros(until)], |row| {
        Ok(StateLine {
            connection: row.get::<_, Option<i64>>("connection")?.map(ConnectionId),
            at: time(row, "at")?,
            by: row.get("by")?,
            what: row.get("what")?,
            detail: row.get("detail")?,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

impl Store {
    /// Up to which due moment of this schedule no digest is owed; of one that nobody asked for yet, now.
    ///
    /// # Errors
    /// When it cannot be read, or kept.
    pub async fn digest_owed_since(&self, schedule: (String, String)) -> Result<Timestamp, StoreError> {
        let (now, known) = (self.now(), schedule.clone());
        let since = self
            .read(move |c| {
                let mut query = c.prepare_cached("SELECT since FROM digest_state WHERE schedule = ?1 AND zone = ?2")?;
                Ok(query.query_row(params![known.0, known.1], |row| time(row, "since")).optional()?)
            })
            .await?;
        // Nothing is written where nothing is to be said.
        match since.filter(|since| now.saturating_add(AHEAD).is_ok_and(|most| *since <= most)) {
            Some(since) => Ok(since),
            None => self.write(Write::durably(Group::Runs), move |c| owed_since(c, now, &schedule)).await,
        }
    }

    /// Keeps a digest and queues its messages, once for all processes; `None` where its moment is owed no longer.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn put_digest(&self, new: NewDigest) -> Result<Option<i64>, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| put(c, now, &new)).await
    }

    /// Until when the last digest of a due moment told.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn last_digest(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|c| {
            let sql = "SELECT until FROM digest WHERE slot IS NOT NULL ORDER BY id DESC LIMIT 1";
            Ok(c.prepare_cached(sql)?.query_row([], |row| time(row, "until")).optional()?)
        })
        .await
    }

    /// The words of a digest.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn digest_letter(&self, digest: i64) -> Result<Letter, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached("SELECT subject, body, html FROM digest WHERE id = ?1")?;
            let letter = query.query_row([digest], |row| {
                Ok(Letter { subject: row.get("subject")?, text: row.get("body")?, html: row.get("html")? })
            });
            letter.optional()?.ok_or_else(|| StoreError::missing(format!("digest {digest}")))
        })
        .await
    }

    /// Runs that ended after `since` and not after `until`, by tenant, purpose and outcome, each with its lines without an answer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn ran_between(&self, since: Timestamp, until: Timestamp) -> Result<Vec<(RunSum, Silent)>, StoreError> {
        self.read(move |c| ran(c, since, until)).await
    }

    /// What the audit has of the states of tenants in that time, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn states_between(&self, since: Timestamp, until: Timestamp) -> Result<Vec<StateLine>, StoreError> {
        self.read(move |c| states(c, since, until)).await
    }
}
