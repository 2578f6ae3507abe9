//! Taking people and old lines out of every table and out of the file's bytes.

use super::columns::micros;
use super::error::StoreError;
use super::{Sqlite, Store, audit, feed_index, figures, managers_left, preferences, reading, rewrite, runs, webhooks};
use crate::domain::ids::{ConnectionId, EmployeeId, UserId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::time::{Duration, Instant};

/// Takes one person out of a connection: employee, and the user who is or was linked. A decision to exclude must be made
/// apart, else the next pull brings the person back.
pub(super) fn person(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    employee: &EmployeeId,
    user: Option<&UserId>,
    by: &str,
) -> Result<(), StoreError> {
    let id = employee.as_str();
    let snapshots = "snapshot IN (SELECT id FROM snapshot WHERE connection = ?1)";
    let both = params![connection.0, id];
    c.execute(&format!("DELETE FROM employee WHERE employee = ?2 AND {snapshots}"), both)?;
    c.execute("DELETE FROM hold WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute(
        "DELETE FROM hold WHERE connection = ?1 AND EXISTS (SELECT 1 FROM json_each(hold.others) WHERE value = ?2)",
        both,
    )?;
    audit::forget_words(
        c,
        "connection = ?1 AND (instr(detail, 'employee ' || ?2 || ' ') > 0 OR instr(detail, 'employee ' || ?2 || ':') > 0)",
        both,
    )?;
    c.execute(
        "UPDATE plan SET doubled = '[]' WHERE connection = ?1 AND EXISTS (
           SELECT 1 FROM json_each(plan.doubled) d WHERE d.value ->> '$.employee' = ?2
           OR d.value ->> '$.other.employee' = ?2)",
        both,
    )?;
    managers_left::forget(c, connection, id)?;
    // What a simulator answered may name the person.
    c.execute("DELETE FROM rehearsal WHERE connection = ?1", [connection.0])?;
    reading::without_cursor(c, connection)?;
    runs::forget(c, connection, employee)?;
    webhooks::forget(c, connection, id)?;
    c.execute("DELETE FROM fix_line WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM decision WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM not_same WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM waiting WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM distinct_employees WHERE connection = ?1 AND (employee = ?2 OR other = ?2)", both)?;
    c.execute("DELETE FROM waiting_beside WHERE connection = ?1 AND (employee = ?2 OR other = ?2)", both)?;
    c.execute("DELETE FROM ruling_pair WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM audit_item WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM link WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute("DELETE FROM feed WHERE connection = ?1 AND employee = ?2", both)?;
    c.execute(
        "DELETE FROM exchange WHERE connection = ?1 AND (plan, seq) IN (
           SELECT plan, seq FROM operation WHERE connection = ?1 AND employee = ?2)",
        both,
    )?;
    // The count of the plan stays; what was written about the person does not.
    c.execute(
        "UPDATE operation SET employee = 'forgotten', identifier = NULL, user = NULL, fields = '[]', before = NULL,
                note = NULL, answered = NULL, error_message = NULL,
                moved = json_remove(moved, '$.now') WHERE connection = ?1 AND employee = ?2",
        both,
    )?;
    if let Some(user) = user {
        let both = params![connection.0, user.as_str()];
        c.execute(&format!("DELETE FROM destination_user WHERE user = ?2 AND {snapshots}"), both)?;
        c.execute(
            "DELETE FROM candidate WHERE user = ?2 AND hold IN (SELECT id FROM hold WHERE connection = ?1)",
            both,
        )?;
        c.execute("DELETE FROM not_same WHERE connection = ?1 AND user = ?2", both)?;
        c.execute("DELETE FROM waiting WHERE connection = ?1 AND user = ?2", both)?;
        c.execute("DELETE FROM ruling_pair WHERE connection = ?1 AND user = ?2", both)?;
        c.execute("DELETE FROM audit_item WHERE connection = ?1 AND user = ?2", both)?;
    }
    figures::without_one(c, connection)?;
    // What was typed to find the person.
    preferences::without(c, connection, "list/")?;
    audit::add(c, now, Some(connection), by, "forgotten", "one person, from every table")
}

/// How far a retention has come: it is carried out in pieces, so that nobody who writes meanwhile waits for all of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purge {
    /// Behind this line of the feed nothing was looked at yet.
    after: i64,
    /// Lines that are looked at in the next piece.
    size: usize,
    /// Lines that were looked at in a row and are not old. Clocks are set back, so the first such line is not the end.
    young: usize,
    /// Lines that went.
    gone: usize,
    stage: Stage,
}

/// What is deleted, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Words,
    Exchanges,
    /// The letters of chapters that the lines have left: thousands of rows, which at once would hold everybody up.
    Letters,
    Feed,
    Done,
}

/// How long a piece should take.
const PIECE: Duration = Duration::from_millis(12);
/// A piece that takes longer is said.
const LONG: Duration = Duration::from_millis(50);
/// So many pieces are in the log before it is written into the file, some thousand pages.
const CHECK_POINT: u32 = 4;
/// The smallest and the largest piece, in lines.
const SIZES: (usize, usize) = (16, 1_000);
/// The largest piece of letters: a row of them may fill half a page, and each page is overwritten.
const LETTERS: i64 = 200;
/// After so many lines that are not old the rest is looked at here and there.
const YOUNG: usize = if cfg!(test) { 200 } else { 2_000 };
/// Places at which it is.
const PROBES: i64 = 256;

/// Where old lines of the feed stand behind `after`, by looks at evenly spread places: a line before the first that is old. A
/// stretch of old lines that falls between two places waits until what stands before it is old too.
fn older_beyond(c: &Sqlite, connection: ConnectionId, after: i64, limit: Timestamp) -> Result<Option<i64>, StoreError> {
    let ends = "SELECT (SELECT id FROM feed WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT 1),
                       (SELECT id FROM feed WHERE connection = ?1 AND id > ?2 ORDER BY id DESC LIMIT 1)";
    let ends = c.prepare_cached(ends)?.query_row(params![connection.0, after], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)): (Option<i64>, Option<i64>) = ends else { return Ok(None) };
    let step = ((last - first) / PROBES).max(1);
    let mut look =
        c.prepare_cached("SELECT id, at FROM feed WHERE connection = ?1 AND id >= ?2 ORDER BY id LIMIT 1")?;
    let (mut from, mut before) = (first, first - 1);
    while from <= last {
        let found = look.query_row(params![connection.0, from], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((id, at)): Option<(i64, i64)> = found else { break };
        if at < micros(limit) {
            return Ok(Some(before));
        }
        (before, from) = (id, id.max(from) + step);
    }
    Ok(None)
}

impl Purge {
    pub(super) fn new() -> Self {
        Self { after: 0, size: if cfg!(test) { 20 } else { 200 }, young: 0, gone: 0, stage: Stage::Words }
    }

    /// Deletes one piece of what is from before `limit`: old pulls and the words of the audit log, what was said, feed lines.
    pub(super) fn piece(mut self, c: &Sqlite, connection: ConnectionId, limit: Timestamp) -> Result<Self, StoreError> {
        let bounds = params![connection.0, micros(limit)];
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        match self.stage {
            Stage::Words => {
                c.execute("DELETE FROM snapshot WHERE connection = ?1 AND state = 'purged' AND begun_at < ?2", bounds)?;
                audit::forget_words(c, "connection = ?1 AND at < ?2", bounds)?;
                self.stage = Stage::Exchanges;
            }
            Stage::Exchanges => {
                let sql = "DELETE FROM exchange WHERE rowid IN (
                             SELECT rowid FROM exchange WHERE connection = ?1 AND at < ?2 ORDER BY at LIMIT ?3)";
                let gone = c.prepare_cached(sql)?.execute(params![connection.0, micros(limit), size])?;
                if gone < self.size {
                    self.stage = Stage::Letters;
                }
            }
            Stage::Letters => {
                if !feed_index::drop_letters(c, connection, size.min(LETTERS))? {
                    self.stage = Stage::Feed;
                }
            }
            Stage::Feed => self.lines(c, connection, limit)?,
            Stage::Done => {}
        }
        Ok(self)
    }

    fn lines(&mut self, c: &Sqlite, connection: ConnectionId, limit: Timestamp) -> Result<(), StoreError> {
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        let mut query =
            c.prepare_cached("SELECT id, at FROM feed WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
        let rows = query.query_map(params![connection.0, self.after, size], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(i64, i64)> = rows.collect::<Result<_, _>>()?;
        let mut delete = c.prepare_cached("DELETE FROM feed WHERE id = ?1")?;
        // Up to here no chapter has the lines.
        let (mut free, mut is_cut) = (0, false);
        #[expect(clippy::disallowed_methods, reason = "how long it takes decides only where a piece ends")]
        let begun = Instant::now();
        for (id, at) in &rows {
            if begun.elapsed() > PIECE {
                is_cut = true;
                break;
            }
            let is_old = *at < micros(limit);
            if is_old && *id > free {
                let Some(until) = feed_index::leave_chapter(c, connection, *id)? else {
                    // Its letters go first.
                    self.stage = Stage::Letters;
                    return Ok(());
                };
                free = until;
            }
            self.after = *id;
            if is_old {
                self.gone += delete.execute([id])?;
                self.young = 0;
            } else {
                self.young += 1;
            }
        }
        if rows.len() < self.size && !is_cut {
            self.stage = Stage::Done;
        } else if self.young >= YOUNG {
            // A clock that was ahead has left lines that look young before ones that are old.
            match older_beyond(c, connection, self.after, limit)? {
                Some(before) => (self.after, self.young) = (before.max(self.after), 0),
                None => self.stage = Stage::Done,
            }
        }
        Ok(())
    }

    /// The next piece is as large as can be done in the time that a piece may take.
    fn took(&mut self, time: Duration) {
        let (least, most) = SIZES;
        self.size = match (time > PIECE, time < PIECE / 2) {
            (true, _) => (self.size / 2).max(least),
            (_, true) => (self.size * 2).min(most),
            _ => self.size,
        };
    }
}

/// Runs a deletion of its own transaction that overwrites what it deletes, and leaves it to [`Store::check_point`] to write the log into
/// the file. The connection is left as it was.
pub(super) fn overwriting<T>(c: &Sqlite, job: impl FnOnce(&Sqlite) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let before: i64 = c.pragma_query_value(None, "secure_delete", |row| row.get(0))?;
    let pages: i64 = c.pragma_query_value(None, "wal_autocheckpoint", |row| row.get(0))?;
    c.pragma_update(None, "secure_delete", "ON")?;
    c.pragma_update(None, "wal_autocheckpoint", 0)?;
    let done = c.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from).and_then(|()| job(c)).and_then(|done| {
        c.execute_batch("COMMIT")?;
        Ok(done)
    });
    if done.is_err() && !c.is_autocommit() {
        // The error that counts is the one above.
        let _ = c.execute_batch("ROLLBACK");
    }
    c.pragma_update(None, "wal_autocheckpoint", pages)?;
    c.pragma_update(None, "secure_delete", before)?;
    done
}

/// Writes the log of the file into the file and empties it, where nobody reads it at the moment; else that is done later.
fn empty_log(c: &Sqlite) -> Result<(), StoreError> {
    let busy: i64 = c.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    c.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    c.busy_timeout(Duration::ZERO)?;
    let emptied = c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    c.busy_timeout(Duration::from_millis(u64::try_from(busy).unwrap_or(0)))?;
    Ok(emptied?)
}

/// Whether a line of the feed, an entry of the audit that has its words, or what was said is older.
fn has_older(c: &Sqlite, connection: ConnectionId, limit: Timestamp) -> Result<bool, StoreError> {
    let oldest = [
        "SELECT min(at) FROM audit WHERE connection = ?1 AND gone = 0",
        "SELECT min(at) FROM exchange WHERE connection = ?1",
    ];
    for sql in oldest {
        let at: Option<i64> = c.prepare_cached(sql)?.query_row([connection.0], |row| row.get(0))?;
        if at.is_some_and(|at| at < micros(limit)) {
            return Ok(true);
        }
    }
    Ok(older_beyond(c, connection, 0, limit)?.is_some())
}

/// What is kept of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembrance {
    /// The user to whom the person is or was tied.
    pub user: Option<UserId>,
    /// How much of what, kinds of which there is nothing left out.
    pub counts: Vec<(&'static str, u32)>,
}

impl Remembrance {
    /// Counts somebody else's too.
    #[must_use]
    pub fn and(mut self, other: Remembrance) -> Remembrance {
        for (what, count) in other.counts {
            match self.counts.iter_mut().find(|(known, _)| *known == what) {
                Some((_, sum)) => *sum += count,
                None => self.counts.push((what, count)),
            }
        }
        self.user = self.user.or(other.user);
        self
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.user.is_none() && self.counts.is_empty()
    }

    /// `3 records, 1 tie, 12 lines of plans`.
    #[must_use]
    pub fn words(&self) -> String {
        let parts: Vec<String> = self.counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
}

/// Where something of a person is kept, and by which rows it is counted.
const KEPT: [(&str, &str); 7] = [
    (
        "records",
        "SELECT COUNT(*) FROM employee WHERE employee = ?2 AND snapshot IN (SELECT id FROM snapshot WHERE connection = ?1)",
    ),
    ("ties", "SELECT COUNT(*) FROM link WHERE connection = ?1 AND employee = ?2"),
    ("rulings", "SELECT COUNT(*) FROM decision WHERE connection = ?1 AND employee = ?2"),
    ("holds", "SELECT COUNT(*) FROM hold WHERE connection = ?1 AND employee = ?2"),
    ("lines of plans", "SELECT COUNT(*) FROM operation WHERE connection = ?1 AND employee = ?2"),
    ("feed lines", "SELECT COUNT(*) FROM feed WHERE connection = ?1 AND employee = ?2"),
    (
        "kept requests and answers",
        "SELECT COUNT(*) FROM exchange WHERE connection = ?1 AND (plan, seq) IN (
           SELECT plan, seq FROM operation WHERE connection = ?1 AND employee = ?2)",
    ),
];

fn remembers(c: &Sqlite, connection: ConnectionId, employee: &EmployeeId) -> Result<Remembrance, StoreError> {
    let both = params![connection.0, employee.as_str()];
    let mut counts = Vec::new();
    for (what, sql) in KEPT {
        let count: u32 = c.query_row(sql, both, |row| row.get(0))?;
        if count > 0 {
            counts.push((what, count));
        }
    }
    let sql = "SELECT user FROM link WHERE connection = ?1 AND employee = ?2";
    let user = c.query_row(sql, both, |row| row.get::<_, String>(0)).optional()?;
    Ok(Remembrance { user: user.map(UserId::new), counts })
}

impl Store {
    /// What is kept of one person.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn remembers(&self, connection: ConnectionId, employee: EmployeeId) -> Result<Remembrance, StoreError> {
        self.read(move |c| remembers(c, connection, &employee)).await
    }

    /// [`Store::forget_people`] of one.
    ///
    /// # Errors
    /// As there.
    pub async fn forget_person(
        &self,
        connection: ConnectionId,
        employee: EmployeeId,
        user: Option<UserId>,
        by: &str,
    ) -> Result<(), StoreError> {
        self.forget_people(connection, vec![(employee, user)], by).await
    }

    /// Takes people, and the users who are or were tied to them, out of every table, index and snapshot of a connection, all or
    /// none, and out of the file's free pages: the file is written anew, once for all of them, which takes as long as copying it,
    /// and nothing else is written meanwhile. A large file is, where others are at work, once they have ended ([`Store::write_anew`]).
    ///
    /// # Errors
    /// When it cannot be saved; nobody is taken out then. When the file cannot be written anew ([`Store::write_anew`]); they are
    /// taken out of its tables then.
    pub async fn forget_people(
        &self,
        connection: ConnectionId,
        people: Vec<(EmployeeId, Option<UserId>)>,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        let job = move |c: &Sqlite| {
            for (employee, user) in &people {
                person(c, now, connection, employee, user.as_ref(), &by)?;
            }
            rewrite::owe(c)
        };
        self.purge(job).await?;
        self.write_anew().await?;
        // Chapters of the feed log that had lines of the person are gone.
        self.settle_feed(connection).await.map(|_| ())
    }

    /// Whether something of a connection is older than this: cheap enough to ask after every run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn has_older_than(&self, connection: ConnectionId, limit: Timestamp) -> Result<bool, StoreError> {
        self.read(move |c| has_older(c, connection, limit)).await
    }

    /// Deletes what is older than the connection's retention, in pieces of a few milliseconds between which others write; answers
    /// how many feed lines went. Ended between two pieces, it goes on with the next call.
    ///
    /// # Errors
    /// When it cannot be saved; what went before is gone.
    pub async fn purge_older_than(&self, connection: ConnectionId, limit: Timestamp) -> Result<usize, StoreError> {
        let ended = self.in_pieces(Purge::new(), connection, limit).await;
        self.check_point().await?;
        self.alone(empty_log).await?;
        self.inner.logs.clear();
        // Those who look at the log look again.
        self.write(super::writer::Write::to(super::Group::Feed), |_| Ok(())).await?;
        ended
    }

    /// Takes the feed log and what was said of a tenant that goes, so that what then goes in one transaction is little.
    pub(super) async fn empty_in_pieces(&self, connection: ConnectionId) -> Result<(), StoreError> {
        let purge = Purge { stage: Stage::Exchanges, ..Purge::new() };
        self.in_pieces(purge, connection, Timestamp::MAX).await.map(|_| ())
    }

    /// Writes the log of the file into the file on a reading thread, as far as nobody reads what stands there: no writer waits for the disk.
    async fn check_point(&self) -> Result<(), StoreError> {
        self.read(|c| Ok(c.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)).await
    }

    async fn in_pieces(
        &self,
        mut purge: Purge,
        connection: ConnectionId,
        limit: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut pieces = 0_u32;
        loop {
            let job = self.fenced(move |c| purge.piece(c, connection, limit));
            let piece = move |c: &Sqlite| {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "how long a piece takes decides only how large the next one is"
                )]
                let begun = Instant::now();
                Ok((overwriting(c, job)?, begun.elapsed()))
            };
            match self.alone(piece).await {
                Ok((done, _)) if done.stage == Stage::Done => return Ok(done.gone),
                Ok((done, time)) => {
                    if time > LONG {
                        tracing::debug!(stage = ?purge.stage, size = purge.size, ?time, "a piece took long");
                    }
                    purge = done;
                    purge.took(time);
                }
                Err(error) => return Err(error),
            }
            pieces += 1;
            if pieces.is_multiple_of(CHECK_POINT) {
                self.check_point().await?;
            }
            // Whoever waits for the writer comes first.
            tokio::task::yield_now().await;
        }
    }

    /// Runs a deletion so that the bytes are overwritten and the log that still holds them is emptied.
    pub(super) async fn purge<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.alone(|c| Ok(c.pragma_update(None, "secure_delete", "ON")?)).await?;
        let result = self.write(super::writer::Write::everywhere(), job).await;
        self.alone(|c| {
            c.pragma_update(None, "secure_delete", "OFF")?;
            c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
        .await?;
        self.inner.people.clear();
        self.inner.logs.clear();
        self.inner.review.clear();
        self.inner.fleet.clear();
        self.inner.lines.clear();
        result
    }
}
