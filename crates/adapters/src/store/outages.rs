//! How the feeds of all tenants stand, and the times in which nothing succeeds anywhere: opened once by whichever process sees it, told in
//! one mail, ended by the first success.

use super::channels::EVERYBODY;
use super::columns::{is_unreadable, micros, time, time_or_none};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, runs, salvage, troubles};
use crate::domain::code::Code;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::ConnectionId;
use crate::domain::run::{RunOutcome, RunPurpose};
use crate::domain::trouble::nowhere::{AT_LEAST, Attempt, Feed, patience, said};
use crate::domain::trouble::{Letter, is_answered, is_reach, is_trouble, over_letter};
use crate::store::RunRow;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, params};

/// Runs of one tenant that are looked at: those since its last success.
const RUNS: u32 = 400;

/// Whether a run that ended so shows that something works.
fn is_success(outcome: RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Done | RunOutcome::DoneWithHeld | RunOutcome::Previewed)
}

/// Whether an outage is open.
pub(super) fn is_open(c: &Sqlite) -> Result<bool, StoreError> {
    Ok(c.prepare_cached("SELECT 1 FROM outage WHERE closed_at IS NULL")?.exists([])?)
}

/// Until when a mail about an end that cannot be reached waits whether one mail will tell of all tenants; `None` where no other tenant
/// runs that could succeed or fail meanwhile. The first success anywhere lets it go.
pub(super) fn wait_for_others(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
) -> Result<Option<Timestamp>, StoreError> {
    let mut longest = None;
    for one in salvage::all(c)?.into_iter().filter(salvage::Salvage::is_sound).map(|sound| sound.connection) {
        if one.status != ConnectionStatus::Live {
            continue;
        }
        let zone = TimeZone::get(&one.time_zone).unwrap_or(TimeZone::UTC);
        let schedule = &one.settings.schedule;
        let next = schedule.next_after(&zone, now);
        let then = next.and_then(|next| schedule.next_after(&zone, next.at));
        let Some((next, then)) = next.zip(then) else { continue };
        let gap = then.at.duration_since(next.at);
        // Whoever runs once a day would hold up the news for days.
        let waits = if gap <= AT_LEAST { patience(Some(gap)) } else { AT_LEAST };
        let (others, most) = longest.unwrap_or((false, AT_LEAST));
        longest = Some((others || one.id != connection, most.max(waits)));
    }
    Ok(longest.filter(|(others, _)| *others).and_then(|(_, most)| now.saturating_add(most).ok()))
}

/// A success ends an outage, and lets the mails go that waited for one.
pub(super) fn note_run(c: &Sqlite, now: Timestamp, connection: &Connection, run: &RunRow) -> Result<(), StoreError> {
    if !is_success(run.outcome) {
        return Ok(());
    }
    close(c, now, connection, run)?;
    c.prepare_cached("UPDATE report SET held = 0, not_before = NULL WHERE state = 'queued' AND held = 1")?
        .execute([])?;
    Ok(())
}

/// Closes the outage that is open, and tells whoever was told of it, once. What has not left of the first message goes: the second
/// one says all of it.
fn close(c: &Sqlite, now: Timestamp, connection: &Connection, run: &RunRow) -> Result<(), StoreError> {
    let mut query = c.prepare_cached("SELECT id, since FROM outage WHERE closed_at IS NULL")?;
    let open = query.query_row([], |row| Ok((row.get::<_, i64>("id")?, time(row, "since")?))).optional()?;
    let Some((outage, since)) = open else { return Ok(()) };
    c.prepare_cached("UPDATE outage SET closed_at = ?2 WHERE id = ?1")?.execute(params![outage, micros(now)])?;
    // A row of its own, closed from the beginning: a message about an outage is known by its row.
    let letter = over_letter((since, now), &connection.tenant_name, run.id);
    c.prepare_cached(
        "INSERT INTO outage(since, opened_at, closed_at, subject, body, html) VALUES (?1, ?2, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![micros(since), micros(now), letter.subject, letter.text, letter.html])?;
    c.prepare_cached(
        "INSERT INTO report(outage, way, recipient, state, queued_at, at)
         SELECT ?2, way, recipient, 'queued', ?3, ?3 FROM report WHERE outage = ?1",
    )?
    .execute(params![outage, c.last_insert_rowid(), micros(now)])?;
    c.prepare_cached("DELETE FROM report WHERE outage = ?1 AND state = 'queued'")?.execute([outage])?;
    Ok(())
}

/// How the feed of a tenant stands: its last success and what was tried since.
fn feed(c: &Sqlite, connection: &Connection) -> Result<Feed, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT *, outcome AS standing FROM run WHERE connection = ?1 AND ended_at IS NOT NULL ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows = query.query(params![connection.id.0, RUNS])?;
    let (mut last_success, mut attempts) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let run = match runs::run_of(row) {
            Err(error) if is_unreadable(&error) => continue,
            run => run?,
        };
        let Some(at) = run.ended else { continue };
        if is_success(run.outcome) {
            last_success = Some(at);
            break;
        }
        attempts.extend(attempt(&run, at));
    }
    let published: Option<Timestamp> = c
        .prepare_cached("SELECT status_at FROM connection WHERE id = ?1")?
        .query_row([connection.id.0], |row| time_or_none(row, "status_at"))
        .optional()?
        .flatten();
    let zone = TimeZone::get(&connection.time_zone).unwrap_or(TimeZone::UTC);
    Ok(Feed {
        connection: connection.id,
        tenant: connection.tenant_name.clone(),
        is_live: connection.status == ConnectionStatus::Live,
        interval: connection.settings.schedule.longest_gap(&zone, last_success.or(published).unwrap_or_default()),
        since: published,
        last_success,
        attempts,
    })
}

/// A run as an attempt; `None` for one that an operator, the program's end or another process has ended.
fn attempt(run: &RunRow, at: Timestamp) -> Option<Attempt> {
    use RunOutcome as O;
    let is_one = matches!(run.outcome, O::Stopped | O::Drifted | O::Refused | O::Failed | O::Interrupted);
    if run.purpose != RunPurpose::Sync || !is_one {
        return None;
    }
    let Some(problem) = &run.problem else {
        return Some(Attempt { run: run.id, at, said: String::new(), vendor: None, is_answered: true });
    };
    let code = problem.code();
    is_trouble(Code::Problem(code)).then(|| Attempt {
        run: run.id,
        at,
        said: said(problem),
        vendor: problem.vendor().map(str::to_owned),
        is_answered: is_answered(code),
    })
}

fn feeds(c: &Sqlite) -> Result<Vec<Feed>, StoreError> {
    let sound = salvage::all(c)?.into_iter().filter(salvage::Salvage::is_sound);
    sound.map(|sound| feed(c, &sound.connection)).collect()
}

/// Opens an outage where none is open, with one mail for each of `recipients`; those that wait about single tenants are void.
fn open(
    c: &Sqlite,
    now: Timestamp,
    since: Timestamp,
    letter: &Letter,
    recipients: &[String],
) -> Result<bool, StoreError> {
    if is_open(c)? {
        return Ok(false);
    }
    c.prepare_cached("INSERT INTO outage(since, opened_at, subject, body, html) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![micros(since), micros(now), letter.subject, letter.text, letter.html])?;
    let outage = c.last_insert_rowid();
    // Whoever still fails when it is over is told of then.
    let mut query = c.prepare_cached(
        "SELECT id, code FROM trouble WHERE closed_at IS NULL AND told = 1 AND connection IN
           (SELECT connection FROM report WHERE state = 'queued' AND held = 1)",
    )?;
    let held = query.query_map([], |row| Ok((row.get::<_, i64>("id")?, row.get::<_, String>("code")?)))?;
    for (trouble, code) in held.collect::<Result<Vec<_>, _>>()? {
        if Code::from_key(&code).is_some_and(is_reach) {
            troubles::mark_told(c, trouble, false)?;
        }
    }
    // The channel that a tenant has to itself hears no names of others: it keeps its own.
    c.prepare_cached("DELETE FROM report WHERE state = 'queued' AND held = 1 AND (way = 'mail' OR recipient = ?1)")?
        .execute([EVERYBODY])?;
    for recipient in recipients {
        c.prepare_cached(
            "INSERT OR IGNORE INTO report(outage, recipient, state, queued_at, at) VALUES (?1, ?2, 'queued', ?3, ?3)",
        )?
        .execute(params![outage, recipient, micros(now)])?;
    }
    c.prepare_cached(
        "INSERT INTO report(outage, way, recipient, state, queued_at, at)
         SELECT ?1, 'chat', chat_channel(NULL), 'queued', ?2, ?2 WHERE chat_channel(NULL) IS NOT NULL",
    )?
    .execute(params![outage, micros(now)])?;
    Ok(true)
}

/// The words of outages and digests name tenants: those that are to be mailed go when a tenant is removed, those that are not are made anew.
pub(super) fn forget(c: &Sqlite) -> Result<(), StoreError> {
    c.execute("DELETE FROM outage WHERE id IN (SELECT outage FROM report WHERE state IN ('queued', 'sending'))", [])?;
    c.execute("UPDATE outage SET subject = '', body = '', html = ''", [])?;
    super::digests::forget(c)
}

impl Store {
    /// How the feed of each tenant stands, in the order in which they were added; those left out whose row cannot be read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn feeds(&self) -> Result<Vec<Feed>, StoreError> {
        self.read(feeds).await
    }

    /// Whether a time in which nothing succeeds anywhere was told of, and has not ended.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn outage_is_open(&self) -> Result<bool, StoreError> {
        self.read(is_open).await
    }

    /// Says that nothing succeeds anywhere, once for all processes; answers whether it was news.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn open_outage(
        &self,
        since: Timestamp,
        letter: Letter,
        recipients: Vec<String>,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| open(c, now, since, &letter, &recipients)).await
    }

    /// The words of the mail about an outage.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn outage_letter(&self, outage: i64) -> Result<Letter, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached("SELECT subject, body, html FROM outage WHERE id = ?1")?;
            let letter = query.query_row([outage], |row| {
                Ok(Letter { subject: row.get("subject")?, text: row.get("body")?, html: row.get("html")? })
            });
            letter.optional()?.ok_or_else(|| StoreError::missing(format!("outage {outage}")))
        })
        .await
    }
}
