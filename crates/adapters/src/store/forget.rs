//! Taking people and old lines out of every table and out of the file's bytes.

use super::columns::micros;
use super::error::StoreError;
use super::{Sqlite, Store, audit, figures, managers_left, preferences, reading, runs, webhooks};
use crate::domain::ids::{ConnectionId, EmployeeId, UserId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

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

/// Deletes feed lines, audit lines and old pulls from before `limit`; answers how many feed lines.
pub(super) fn older_than(c: &Sqlite, connection: ConnectionId, limit: Timestamp) -> Result<usize, StoreError> {
    let bounds = params![connection.0, micros(limit)];
    c.execute("DELETE FROM snapshot WHERE connection = ?1 AND state = 'purged' AND begun_at < ?2", bounds)?;
    audit::forget_words(c, "connection = ?1 AND at < ?2", bounds)?;
    c.execute("DELETE FROM exchange WHERE connection = ?1 AND at < ?2", bounds)?;
    Ok(c.execute("DELETE FROM feed WHERE connection = ?1 AND at < ?2", bounds)?)
}

/// The oldest line of the feed, and the oldest entry of the audit that has its words.
fn has_older(c: &Sqlite, connection: ConnectionId, limit: Timestamp) -> Result<bool, StoreError> {
    let oldest = [
        "SELECT at FROM feed WHERE connection = ?1 ORDER BY id LIMIT 1",
        "SELECT at FROM audit WHERE connection = ?1 AND gone = 0 ORDER BY id LIMIT 1",
        "SELECT at FROM exchange WHERE connection = ?1 ORDER BY at LIMIT 1",
    ];
    for sql in oldest {
        let at: Option<i64> = c.prepare_cached(sql)?.query_row([connection.0], |row| row.get(0)).optional()?;
        if at.is_some_and(|at| at < micros(limit)) {
            return Ok(true);
        }
    }
    Ok(false)
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

    /// Takes one person out of every table, index and snapshot of a connection, and out of the file's free pages: the file is
    /// written anew, which takes as long as copying it, and nothing else is written meanwhile.
    ///
    /// # Errors
    /// When it cannot be saved; nothing is taken out then.
    pub async fn forget_person(
        &self,
        connection: ConnectionId,
        employee: EmployeeId,
        user: Option<UserId>,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.purge(move |c| person(c, now, connection, &employee, user.as_ref(), &by)).await?;
        // Older records were deleted before, and not overwritten: their bytes stand in free pages until the file is written anew.
        self.alone(|c| {
            // A file may be larger than memory.
            c.execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY")?;
            c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
        .await
    }

    /// Whether something of a connection is older than this: cheap enough to ask after every run.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn has_older_than(&self, connection: ConnectionId, limit: Timestamp) -> Result<bool, StoreError> {
        self.read(move |c| has_older(c, connection, limit)).await
    }

    /// Deletes what is older than the connection's retention; answers how many feed lines went.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn purge_older_than(&self, connection: ConnectionId, limit: Timestamp) -> Result<usize, StoreError> {
        self.purge(move |c| older_than(c, connection, limit)).await
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
        self.inner.lines.clear();
        result
    }
}
