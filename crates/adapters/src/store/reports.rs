//! The outbox of mails and chat messages: reports of runs, troubles that no run found, times in which nothing succeeds anywhere, digests.
//! A row is made in the transaction that ends the run or keeps the trouble, so that no crash loses it; it is taken in a transaction
//! before the message leaves, so that of any number of processes one sends it.

use super::columns::{micros, time, word};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, connections, outages, runs, troubles};
use crate::domain::connection::Connection;
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::report::{EndedRun, Troubled};
use crate::domain::run::RunOutcome;
use crate::domain::trouble::{Grade, Kept, Recovery, is_reach};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

/// So long after it was queued a mail that could not be sent is given up.
pub const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// Time between two attempts.
const GAP: SignedDuration = SignedDuration::from_mins(10);
/// A mail that is still being sent after so long: whoever sent it is gone.
const SENDING: SignedDuration = SignedDuration::from_mins(10);

/// Marks the message that a trouble works again, and the one that it is back.
const RELIEF: &str = "works";
const BACK: &str = "back";

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

/// How a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Mail,
    /// To a chat channel, by its name here.
    Chat,
}

impl Way {
    const ALL: [Way; 2] = [Way::Mail, Way::Chat];

    /// The stable word in JSON and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Way::Mail => "mail",
            Way::Chat => "chat",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.key() == key)
    }
}

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailAbout {
    Run(RunId),
    /// A trouble that no run found.
    Trouble(i64),
    /// That a trouble works again, which no report of a run tells.
    Relief(i64),
    /// A time in which nothing succeeded anywhere.
    Outage(i64),
    /// All tenants.
    Digest(i64),
}

impl std::fmt::Display for MailAbout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MailAbout::Run(run) => write!(f, "run {run}"),
            MailAbout::Trouble(trouble) | MailAbout::Relief(trouble) => write!(f, "trouble {trouble}"),
            MailAbout::Outage(_) => f.write_str("all tenants"),
            MailAbout::Digest(digest) => write!(f, "digest {digest}"),
        }
    }
}

/// A mail of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    pub id: i64,
    /// `None` of what is about all tenants.
    pub connection: Option<ConnectionId>,
    pub about: MailAbout,
    pub way: Way,
    /// An address, or the name of a chat channel.
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
    let mark: String = row.get("mark")?;
    let about = match (row.get("run")?, row.get("trouble")?, row.get("outage")?) {
        (Some(run), ..) => MailAbout::Run(RunId(run)),
        (None, Some(trouble), _) if mark == RELIEF => MailAbout::Relief(trouble),
        (None, Some(trouble), _) => MailAbout::Trouble(trouble),
        (None, None, Some(outage)) => MailAbout::Outage(outage),
        (None, None, None) => MailAbout::Digest(row.get("digest")?),
    };
    Ok(MailRow {
        id: row.get("id")?,
        connection: row.get::<_, Option<i64>>("connection")?.map(ConnectionId),
        about,
        way: word(row, "way", Way::from_key)?,
        recipient: row.get("recipient")?,
        state: word(row, "state", MailState::from_key)?,
        queued_at: time(row, "queued_at")?,
        at: time(row, "at")?,
        tries: row.get("tries")?,
        why: row.get("why")?,
    })
}

/// Says what the end of a run has shown, and queues its report for each recipient once, where it is to be mailed. A tenant whose row
/// cannot be read has neither.
pub(super) fn queue(c: &Sqlite, now: Timestamp, run: RunId) -> Result<(), StoreError> {
    // It has just been said how the run stands: no lease is asked.
    let mut query = c.prepare_cached("SELECT *, outcome AS standing FROM run WHERE id = ?1")?;
    let row = query.query_row([run.0], runs::run_of)?;
    let connection = match connections::get(c, row.connection) {
        Err(StoreError::BrokenTenant { .. } | StoreError::Unreadable { .. }) => return Ok(()),
        connection => connection?,
    };
    let noted = troubles::note_run(c, &connection, &row)?.unwrap_or_default();
    outages::note_run(c, now, &connection, &row)?;
    let settings = &connection.settings;
    let hold = hold(c, now, &connection, &noted)?;
    let news: Vec<&Kept> = noted.iter().filter(|one| hold != Hold::Told && one.wants_mail(now)).collect();
    let relief: Vec<&Kept> = noted.iter().filter(|one| one.wants_relief(now)).collect();
    let is_news = !news.is_empty() || !relief.is_empty();
    let ended = EndedRun {
        purpose: row.purpose,
        trigger: row.job.trigger,
        outcome: row.outcome,
        totals: row.totals,
        troubled: match is_news {
            false if noted.iter().any(|one| one.is_found) => Troubled::Known,
            false => Troubled::Unknown,
            true => Troubled::News,
        },
    };
    // One that will be finished has no report yet; what stands in its way is told all the same.
    let is_cut = row.outcome == RunOutcome::Interrupted && !news.is_empty();
    // That nothing succeeds anywhere was told for all of them.
    let is_told = hold == Hold::Told && !is_news;
    if row.ended.is_none() || is_told || !(is_cut || settings.report_when.takes(&ended)) {
        return Ok(());
    }
    for one in &news {
        troubles::mark_told(c, one.trouble.id, true)?;
    }
    for one in &relief {
        troubles::mark_relieved(c, one.trouble.id)?;
    }
    drop_relief(c, &noted)?;
    let entry = Entry {
        mark: if is_cut { "trouble" } else { "" },
        until: if let Hold::Until(until) = hold { Some(until) } else { None },
        about: ("run", run.0),
    };
    put(c, now, &connection, &entry)
}

/// Whether a run's report waits, because others may fail by one cause, of which one message will tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    No,
    Until(Timestamp),
    /// It was told already.
    Told,
}

/// Only of a run that met nothing else than an end that cannot be reached.
fn hold(c: &Sqlite, now: Timestamp, connection: &Connection, noted: &[Kept]) -> Result<Hold, StoreError> {
    let mut found = noted.iter().filter(|one| one.is_found).peekable();
    // A tenant that was halted runs no more: no later run of its own tells of it, and no outage explains it.
    let may_wait = |one: &Kept| is_reach(one.trouble.cause.code) && one.trouble.grade != Grade::Halted;
    if found.peek().is_none() || !found.all(may_wait) {
        return Ok(Hold::No);
    }
    if outages::is_open(c)? {
        return Ok(Hold::Told);
    }
    Ok(outages::wait_for_others(c, now, connection.id)?.map_or(Hold::No, Hold::Until))
}

/// What the rows of one message have in common.
struct Entry {
    mark: &'static str,
    /// It is held back until then.
    until: Option<Timestamp>,
    /// The column and the number in it.
    about: (&'static str, i64),
}

/// Queues a message for each recipient of a tenant, and for the chat channel that hears of it.
fn put(c: &Sqlite, now: Timestamp, connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let (column, number) = entry.about;
    let sql = |recipient: &str, condition: &str, way: &str| {
        format!(
            "INSERT OR IGNORE INTO report(connection, {column}, way, recipient, state, queued_at, at, mark, not_before, held)
             SELECT ?1, ?2, '{way}', {recipient}, 'queued', ?4, ?4, ?5, ?6, ?6 IS NOT NULL WHERE {condition}"
        )
    };
    let mut mail = c.prepare_cached(&sql("?3", "true", "mail"))?;
    let until = entry.until.map(micros);
    for recipient in &connection.settings.report_recipients {
        mail.execute(params![connection.id.0, number, recipient, micros(now), entry.mark, until])?;
    }
    c.prepare_cached(&sql("chat_channel(?3)", "chat_channel(?3) IS NOT NULL", "chat"))?.execute(params![
        connection.id.0,
        number,
        connection.short_name,
        micros(now),
        entry.mark,
        until
    ])?;
    Ok(())
}

/// Takes back the message that something works again, where it has not left and does not any more.
fn drop_relief(c: &Sqlite, noted: &[Kept]) -> Result<(), StoreError> {
    for one in noted.iter().filter(|one| one.is_found && one.trouble.recovery == Recovery::Relapsed) {
        c.prepare_cached("DELETE FROM report WHERE trouble = ?1 AND mark = ?2 AND state = 'queued'")?
            .execute(params![one.trouble.id, RELIEF])?;
    }
    Ok(())
}

/// Queues a message about each trouble that no run found and that is news.
pub(super) fn queue_apart(
    c: &Sqlite,
    now: Timestamp,
    connection: &Connection,
    noted: &[Kept],
) -> Result<(), StoreError> {
    drop_relief(c, noted)?;
    for one in noted.iter().filter(|one| one.wants_mail(now)) {
        troubles::mark_told(c, one.trouble.id, true)?;
        let is_back = one.trouble.recovery == Recovery::Relapsed;
        let mark = if is_back { BACK } else { one.trouble.grade.key() };
        put(c, now, connection, &Entry { mark, until: None, about: ("trouble", one.trouble.id) })?;
    }
    queue_relief(c, now, connection, noted)
}

/// Queues a message about each trouble that works again, where no report of a run tells.
pub(super) fn queue_relief(
    c: &Sqlite,
    now: Timestamp,
    connection: &Connection,
    noted: &[Kept],
) -> Result<(), StoreError> {
    for one in noted.iter().filter(|one| one.wants_relief(now)) {
        troubles::mark_relieved(c, one.trouble.id)?;
        put(c, now, connection, &Entry { mark: RELIEF, until: None, about: ("trouble", one.trouble.id) })?;
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

/// The next message of this way, marked as being sent.
fn take(c: &Sqlite, now: Timestamp, way: Way) -> Result<Option<MailRow>, StoreError> {
    let ago = |span: SignedDuration| micros(now.saturating_sub(span).unwrap_or(now));
    let mut query = c.prepare_cached(
        // Also where the clock was put back meanwhile. A chat message says by itself when it is tried again.
        "SELECT * FROM report WHERE state = 'queued' AND way = ?3 AND (tries = 0 OR way = 'chat' OR at <= ?1 OR at > ?2)
           AND (not_before IS NULL OR not_before <= ?2 OR queued_at > ?2) ORDER BY id LIMIT 1",
    )?;
    let found = query.query_row(params![ago(GAP), micros(now), way.key()], row_of).optional()?;
    if let Some(row) = &found {
        c.prepare_cached("UPDATE report SET state = 'sending', at = ?2, tries = tries + 1 WHERE id = ?1")?
            .execute(params![row.id, micros(now)])?;
    }
    Ok(found)
}

/// Puts a chat message back until `again`, and with it whatever else waits for its channel: that asks for it.
fn put_off(c: &Sqlite, now: Timestamp, row: &MailRow, again: Timestamp, why: &str) -> Result<(), StoreError> {
    set(c, now, row.id, MailState::Queued, why)?;
    c.prepare_cached(
        "UPDATE report SET not_before = max(coalesce(not_before, 0), ?3)
         WHERE way = ?1 AND recipient = ?2 AND state = 'queued' AND held = 0",
    )?
    .execute(params![row.way.key(), row.recipient, micros(again)])?;
    Ok(())
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
    /// Takes the next message of this way that is to be sent; nobody else gets it.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn take_mail(&self, way: Way) -> Result<Option<MailRow>, StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| take(c, now, way)).await
    }

    /// Puts a message that its chat channel does not take now back until `again`, and with it what else waits for that channel.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn put_off_chat(&self, row: MailRow, again: Timestamp, why: String) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Runs), move |c| put_off(c, now, &row, again, &why)).await
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

    /// Has the chat channel that hears of a tenant told of a run once more; answers the message, `None` where there is no channel. One
    /// that is leaving just now is that message.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn queue_chat_again(&self, connection: ConnectionId, run: RunId) -> Result<Option<MailRow>, StoreError> {
        let now = self.now();
        let job = move |c: &Sqlite| {
            let tenant = connections::get(c, connection)?.short_name;
            c.prepare_cached(
                "INSERT INTO report(connection, run, way, recipient, state, queued_at, at)
                 SELECT ?1, ?2, 'chat', chat_channel(?3), 'queued', ?4, ?4 WHERE chat_channel(?3) IS NOT NULL
                 ON CONFLICT DO UPDATE SET state = 'queued', queued_at = ?4, at = ?4, tries = 0, why = '',
                   not_before = NULL, held = 0 WHERE state <> 'sending'",
            )?
            .execute(params![connection.0, run.0, tenant, micros(now)])?;
            let mut query = c.prepare_cached(
                "SELECT * FROM report WHERE run = ?1 AND way = 'chat' AND mark = '' AND recipient = chat_channel(?2)",
            )?;
            Ok(query.query_row(params![run.0, tenant], row_of).optional()?)
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

    /// The messages about a digest, in the order of its recipients.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn mails_of_digest(&self, digest: i64) -> Result<Vec<MailRow>, StoreError> {
        self.read(move |c| {
            let mut query = c.prepare_cached("SELECT * FROM report WHERE digest = ?1 ORDER BY id")?;
            Ok(query.query_map([digest], row_of)?.collect::<Result<_, _>>()?)
        })
        .await
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
