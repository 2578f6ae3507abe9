//! The outbox of report mails. A row is made in the transaction that ends the run, so that no crash loses it; it is taken in a
//! transaction before the mail leaves, so that of any number of processes one sends it.

use super::columns::{micros, time, word};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, connections, runs};
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::report::EndedRun;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

/// So long after it was queued a mail that could not be sent is given up.
pub const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// Time between two attempts.
const GAP: SignedDuration = SignedDuration::from_mins(10);
/// A mail that is still being sent after so long: whoever sent it is gone.
const SENDING: SignedDuration = SignedDuration::from_mins(10);

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// To be sent, for the first time or again.
    Queued,
    /// On its way: on disk before it leaves.
    Sending,
    /// The mail server took it.
    Sent,
    /// It may have been taken: nobody knows, so it is not sent again.
    Unknown,
    /// The server does not take it, or could not be reached for three days.
    GivenUp,
}

impl MailState {
    pub(super) const ALL: [MailState; 5] =
        [MailState::Queued, MailState::Sending, MailState::Sent, MailState::Unknown, MailState::GivenUp];

    /// The stable word in JSON and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            MailState::Queued => "queued",
            MailState::Sending => "sending",
            MailState::Sent => "sent",
            MailState::Unknown => "unknown",
            MailState::GivenUp => "given_up",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

/// A mail of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    pub id: i64,
    pub connection: ConnectionId,
    pub run: RunId,
    pub recipient: String,
    pub state: MailState,
    pub queued_at: Timestamp,
    /// When its state was said.
    pub at: Timestamp,
    /// Attempts so far.
    pub tries: u32,
    /// Why it was not sent; empty where nothing went wrong.
    pub why: String,
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<MailRow> {
    Ok(MailRow {
        id: row.get("id")?,
        connection: ConnectionId(row.get("connection")?),
        run: RunId(row.get("run")?),
        recipient: row.get("recipient")?,
        state: word(row, "state", MailState::from_key)?,
        queued_at: time(row, "queued_at")?,
        at: time(row, "at")?,
        tries: row.get("tries")?,
        why: row.get("why")?,
    })
}

/// Queues the report of a run that has ended, for each recipient once. A tenant whose row cannot be read has none.
pub(super) fn queue(c: &Sqlite, now: Timestamp, run: RunId) -> Result<(), StoreError> {
    // It has just been said how the run stands: no lease is asked.
    let mut query = c.prepare_cached("SELECT *, outcome AS standing FROM run WHERE id = ?1")?;
    let row = query.query_row([run.0], runs::run_of)?;
    let settings = match connections::get(c, row.connection) {
        Err(StoreError::BrokenTenant { .. } | StoreError::Unreadable { .. }) => return Ok(()),
        connection => connection?.settings,
    };
    let ended = EndedRun {
        purpose: row.purpose,
        trigger: row.job.trigger,
        target: row.job.target,
        outcome: row.outcome,
        totals: row.totals,
    };
    if row.ended.is_none() || !settings.report_when.takes(&ended) {
        return Ok(());
    }
    for recipient in settings.report_recipients {
        c.prepare_cached(
            "INSERT OR IGNORE INTO report(connection, run, recipient, state, queued_at, at)
             VALUES (?1, ?2, ?3, 'queued', ?4, ?4)",
        )?
        .execute(params![row.connection.0, run.0, recipient, micros(now)])?;
    }
    Ok(())
}

fn set(c: &Sqlite, now: Timestamp, id: i64, state: MailState, why: &str) -> Result<(), StoreError> {
    c.prepare_cached("UPDATE report SET state = ?2, at = ?3, why = ?4 WHERE id = ?1")?.execute(params![
        id,
        state.key(),
        micros(now),
        why
    ])?;
    Ok(())
}

/// The next mail to send, marked as being sent.
fn take(c: &Sqlite, now: Timestamp) -> Result<Option<MailRow>, StoreError> {
    let ago = |span: SignedDuration| micros(now.saturating_sub(span).unwrap_or(now));
    let mut query = c.prepare_cached(
        // Also where the clock was put back meanwhile.
        "SELECT * FROM report WHERE state = 'queued' AND (tries = 0 OR at <= ?1 OR at > ?2) ORDER BY id LIMIT 1",
    )?;
    let found = query.query_row(params![ago(GAP), micros(now)], row_of).optional()?;
    if let Some(row) = &found {
        c.prepare_cached("UPDATE report SET state = 'sending', at = ?2, tries = tries + 1 WHERE id = ?1")?
            .execute(params![row.id, micros(now)])?;
    }
    Ok(found)
}

/// Ends what nobody sends any more; answers those.
fn end_stale(c: &Sqlite, now: Timestamp) -> Result<Vec<MailRow>, StoreError> {
    let ago = |span: SignedDuration| micros(now.saturating_sub(span).unwrap_or(now));
    let mut ended = Vec::new();
    for (state, why, condition, before) in [
        (
            MailState::Unknown,
            "the program ended while it was being sent: it may have arrived, so it is not sent again",
            "state = 'sending' AND (at < ?1 OR at > ?2)",
            ago(SENDING),
        ),
        (
            MailState::GivenUp,
            "it could not be sent for three days",
            "state = 'queued' AND queued_at < ?1 AND at <= ?2",
            ago(GIVEN_UP_AFTER),
        ),
    ] {
        let mut query = c.prepare_cached(&format!("SELECT * FROM report WHERE {condition} ORDER BY id"))?;
        let ahead = micros(now.saturating_add(SENDING).unwrap_or(now));
        let rows = query.query_map(params![before, ahead], row_of)?.collect::<Result<Vec<_>, _>>()?;
        for row in rows {
            let why = if row.why.is_empty() { why.to_owned() } else { format!("{why}: {}", row.why) };
            set(c, now, row.id, state, &why)?;
            ended.push(MailRow { state, why, ..row });
        }
    }
    Ok(ended)
}

impl Store {
    /// Takes the next mail that is to be sent; nobody else gets it.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn take_mail(&self) -> Result<Option<MailRow>, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| take(c, now)).await
    }

    /// Says what became of a mail.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn mark_mail(&self, id: i64, state: MailState, why: String) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| set(c, now, id, state, &why)).await
    }

    /// Says that a mail was sent by hand: what still waits for this recipient is not sent once more.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn note_mail_sent(
        &self,
        connection: ConnectionId,
        run: RunId,
        recipient: String,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let job = move |c: &Sqlite| {
            c.prepare_cached(
                "INSERT INTO report(connection, run, recipient, state, queued_at, at, tries)
                 VALUES (?1, ?2, ?3, 'sent', ?4, ?4, 1)
                 ON CONFLICT DO UPDATE SET state = 'sent', at = ?4, tries = tries + 1, why = ''",
            )?
            .execute(params![connection.0, run.0, recipient, micros(now)])?;
            Ok(())
        };
        self.write(Write::durably(Group::Runs), job).await
    }

    /// Gives up what was tried for three days, and calls unknown what somebody was sending when its process died; answers
    /// those. Writes nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn end_stale_mails(&self) -> Result<Vec<MailRow>, StoreError> {
        if self.open_mails().await?.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| end_stale(c, now)).await
    }

    /// Mails that are not sent yet, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn open_mails(&self) -> Result<Vec<MailRow>, StoreError> {
        self.mails("state IN ('queued', 'sending') ORDER BY id").await
    }

    /// Mails that were given up, or of which nobody knows whether they arrived, newest first, 20 at most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn lost_mails(&self) -> Result<Vec<MailRow>, StoreError> {
        self.mails("state IN ('unknown', 'given_up') ORDER BY id DESC LIMIT 20").await
    }

    /// The mails of a run, in the order of its recipients.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn mails_of_run(&self, run: RunId) -> Result<Vec<MailRow>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached("SELECT * FROM report WHERE run = ?1 ORDER BY id")?;
            Ok(query.query_map([run.0], row_of)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn mails(&self, which: &'static str) -> Result<Vec<MailRow>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached(&format!("SELECT * FROM report WHERE {which}"))?;
            Ok(query.query_map([], row_of)?.collect::<Result<_, _>>()?)
        })
        .await
    }
}
