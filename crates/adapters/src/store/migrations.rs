//! Versions of the workspace file. The list is append-only: a released file is never edited.

use super::copies;
use super::error::StoreError;
use super::pragmas::APPLICATION_ID;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// The steps from an empty file; the version of a file is the number of steps it has seen.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../../../assets/migrations/0001_workspace.sql"),
    include_str!("../../../../assets/migrations/0002_waiting.sql"),
    include_str!("../../../../assets/migrations/0003_learning.sql"),
    include_str!("../../../../assets/migrations/0004_lease_asks.sql"),
    include_str!("../../../../assets/migrations/0005_open_lines.sql"),
    include_str!("../../../../assets/migrations/0006_beside.sql"),
    include_str!("../../../../assets/migrations/0007_destination_truth.sql"),
    include_str!("../../../../assets/migrations/0008_figures.sql"),
    include_str!("../../../../assets/migrations/0009_managers_left.sql"),
    include_str!("../../../../assets/migrations/0010_option_made_here.sql"),
    include_str!("../../../../assets/migrations/0011_jobs.sql"),
    include_str!("../../../../assets/migrations/0012_undo.sql"),
    include_str!("../../../../assets/migrations/0013_verdicts.sql"),
    include_str!("../../../../assets/migrations/0014_schedule.sql"),
    include_str!("../../../../assets/migrations/0015_said.sql"),
    include_str!("../../../../assets/migrations/0016_audit_chain.sql"),
    include_str!("../../../../assets/migrations/0017_webhooks.sql"),
    include_str!("../../../../assets/migrations/0018_reports.sql"),
    include_str!("../../../../assets/migrations/0019_rehearsal.sql"),
    include_str!("../../../../assets/migrations/0020_drift.sql"),
    include_str!("../../../../assets/migrations/0021_troubles.sql"),
    include_str!("../../../../assets/migrations/0022_silences.sql"),
    include_str!("../../../../assets/migrations/0023_fix_list.sql"),
    include_str!("../../../../assets/migrations/0024_digests.sql"),
    include_str!("../../../../assets/migrations/0025_feed_chapters.sql"),
    include_str!("../../../../assets/migrations/0026_jobs.sql"),
    include_str!("../../../../assets/migrations/0027_waves.sql"),
    include_str!("../../../../assets/migrations/0028_waves_of_runs.sql"),
    include_str!("../../../../assets/migrations/0029_account_calls.sql"),
    include_str!("../../../../assets/migrations/0030_unanswered_lines.sql"),
    include_str!("../../../../assets/migrations/0031_runs_about_people.sql"),
];

/// Brings the file to the newest version. Before an older file is changed, a copy is made beside it.
///
/// # Errors
/// [`StoreError::NewerWorkspace`] when the file is newer than `steps`; what SQLite says otherwise. Nothing is changed then.
pub(super) fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let found = version(connection)?;
    if found > known {
        return Err(StoreError::NewerWorkspace { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    if found > 0 {
        copies::back_up(connection, &backup_path(path, found))?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited for the lock.
    let found = version(&transaction)?;
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// Refuses a file that only [`migrate`] could make readable.
///
/// # Errors
/// [`StoreError::NewerWorkspace`] or [`StoreError::OlderWorkspace`].
pub(super) fn check_version(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = version(connection)?;
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerWorkspace { path: path.to_owned(), found, known }),
        std::cmp::Ordering::Less => Err(StoreError::OlderWorkspace { path: path.to_owned(), found, known }),
    }
}

/// The version of a file that may be older, and must not be newer.
///
/// # Errors
/// [`StoreError::NewerWorkspace`].
pub(super) fn known_version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    match version(connection)? {
        found if found > known => Err(StoreError::NewerWorkspace { path: path.to_owned(), found, known }),
        found => Ok(found),
    }
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Where the copy of a file of version `version` is put.
pub(super) fn backup_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(format!(".v{version}.backup"));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::super::pragmas::{open_writer, prepare_file};
    use super::*;

    fn fresh(folder: &tempfile::TempDir) -> (Connection, PathBuf) {
        let path = folder.path().join("onroll.db");
        prepare_file(&path).unwrap();
        (open_writer(&path).unwrap(), path)
    }

    #[test]
    fn an_empty_file_becomes_the_newest_version_without_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let (mut c, path) = fresh(&folder);
        migrate(&mut c, &path, MIGRATIONS).unwrap();
        assert_eq!(version(&c).unwrap(), i64::try_from(MIGRATIONS.len()).unwrap());
        let id: i64 = c.pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
        assert_eq!(id, APPLICATION_ID);
        assert!(!backup_path(&path, 0).exists());
        migrate(&mut c, &path, MIGRATIONS).unwrap();
    }

    #[test]
    fn a_file_of_version_one_is_copied_and_then_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut c, path) = fresh(&folder);
        migrate(&mut c, &path, &MIGRATIONS[..1]).unwrap();
        c.execute("INSERT INTO preference VALUES ('theme', 'dark')", []).unwrap();
        let steps = [MIGRATIONS[0], "ALTER TABLE preference ADD COLUMN note TEXT"];
        migrate(&mut c, &path, &steps).unwrap();
        assert_eq!(version(&c).unwrap(), 2);
        let value: String =
            c.query_row("SELECT value FROM preference WHERE note IS NULL", [], |row| row.get(0)).unwrap();
        assert_eq!(value, "dark");
        let copy = open_writer(&backup_path(&path, 1)).unwrap();
        assert_eq!(version(&copy).unwrap(), 1);
    }

    #[test]
    fn what_a_file_of_version_seven_holds_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (mut c, path) = fresh(&folder);
        migrate(&mut c, &path, &MIGRATIONS[..7]).unwrap();
        let person = |id: i64, scope: i64, status: &str, title: &str| {
            format!(
                "INSERT INTO employee(id, snapshot, employee, identifier, in_scope, status, name, sort_name, search,
                                      job_title, record, raw)
                 VALUES ({id}, 1, 'e{id}', 'i{id}', {scope}, '{status}', 'n', 'n', 'n', '{title}', '', '');"
            )
        };
        c.execute_batch(&format!(
            "INSERT INTO connection VALUES (1, 't', 't', 'UTC', '', '', '', 'live', 'r', 0, NULL, 0, 0);
             INSERT INTO snapshot(id, connection, side, state, begun_at) VALUES (1, 1, 'source', 'current', 0);
             INSERT INTO link VALUES (1, 'e1', 'u1', 'i1', 'identifier', 0, 1), (1, 'e2', 'u2', 'i2', 'operator', 0, 1);
             INSERT INTO feed(connection, at, level, what, text) VALUES (1, 0, 0, 'a', 'b'), (1, 0, 2, 'a', 'b');
             {}{}{}",
            person(1, 1, "active", "Waiter"),
            person(2, 1, "ended", "Waiter"),
            person(3, 0, "active", "Waiter"),
        ))
        .unwrap();
        migrate(&mut c, &path, MIGRATIONS).unwrap();
        c.execute_batch(
            "DELETE FROM link WHERE employee = 'e2';
             INSERT INTO feed(connection, at, level, what, text) VALUES (1, 0, 2, 'a', 'b');
             DELETE FROM feed WHERE level = 0;",
        )
        .unwrap();
        let all = |sql: &str| -> Vec<String> {
            let mut query = c.prepare(sql).unwrap();
            query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let tally = all("SELECT what || ' ' || key || ' ' || count FROM tally ORDER BY 1");
        assert_eq!(tally, ["feed 0 0", "feed 2 2", "link identifier 1", "link operator 0"]);
        assert_eq!(all("SELECT kind || ' ' || value || ' ' || people FROM value_count"), ["job_title Waiter 1"]);
        assert_eq!(all("SELECT CAST(in_scope AS TEXT) FROM snapshot"), ["2"]);
        // Whoever removes the tenant removes its figures.
        c.execute("DELETE FROM connection", []).unwrap();
        assert!(all("SELECT what FROM tally").is_empty());
    }

    #[test]
    fn verdicts_of_version_twelve_that_stood_as_kinds_of_distinct_are_read_plainly() {
        let folder = tempfile::tempdir().unwrap();
        let (mut c, path) = fresh(&folder);
        migrate(&mut c, &path, &MIGRATIONS[..12]).unwrap();
        c.execute_batch(
            "INSERT INTO connection VALUES (1, 't', 't', 'UTC', '', '', '', 'live', 'r', 0, NULL, 0, 0);
             INSERT INTO decision_step(id, connection, by, at, state) VALUES (1, 1, 'me', 0, 'done');
             INSERT INTO distinct_employees(connection, step, employee, other, verdict, seen, by, at, revoked) VALUES
               (1, 1, 'a', 'b', 'distinct', 'yields:f00', 'me', 0, 0),
               (1, 1, 'a', 'c', 'distinct', 'without_email:f01', 'me', 0, 1),
               (1, 1, 'a', 'd', 'distinct', 'f02', 'me', 0, 0),
               (1, 1, 'a', 'e', 'same', 'f03', 'me', 0, 0);
             DELETE FROM distinct_employees WHERE other = 'e';",
        )
        .unwrap();
        migrate(&mut c, &path, MIGRATIONS).unwrap();
        let all = |sql: &str| -> Vec<String> {
            let mut query = c.prepare(sql).unwrap();
            query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let kept = all("SELECT id || ' ' || other || ' ' || verdict || ' ' || seen || ' ' || revoked
                        FROM distinct_employees ORDER BY id");
        assert_eq!(kept, ["1 b yields f00 0", "2 c without_email f01 1", "3 d distinct f02 0"]);
        // A number that was given away is not given again.
        c.execute_batch(
            "INSERT INTO distinct_employees(connection, step, employee, other, verdict, seen, by, at)
             VALUES (1, 1, 'a', 'f', 'yields', 'f04', 'me', 0);",
        )
        .unwrap();
        assert_eq!(all("SELECT CAST(MAX(id) AS TEXT) FROM distinct_employees"), ["5"]);
    }

    #[test]
    fn waves_of_version_twenty_seven_become_those_of_the_last_run_of_their_plan() {
        let folder = tempfile::tempdir().unwrap();
        let (mut c, path) = fresh(&folder);
        migrate(&mut c, &path, &MIGRATIONS[..27]).unwrap();
        c.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO run(id, connection, purpose, why, by, started_at, outcome, plan) VALUES
               (1, 1, 'sync', '', 'me', 0, 'cancelled', 7), (2, 1, 'sync', '', 'me', 1, 'interrupted', 7),
               (3, 1, 'plan', '', 'me', 2, 'done', 7);
             INSERT INTO wave(plan, number, waves, label, people, changes, mails, let_go_at, let_go_by) VALUES
               (7, 0, 2, 'one person', 1, 2, 0, NULL, NULL), (7, 1, 2, 'the rest', 8, 9, 3, 5, 'rosa'),
               (8, 0, 2, 'of no run', 1, 1, 1, NULL, NULL);",
        )
        .unwrap();
        migrate(&mut c, &path, MIGRATIONS).unwrap();
        let mut query = c
            .prepare("SELECT run || ' ' || number || ' ' || label || ' ' || mails || ' ' || coalesce(let_go_by, '-') FROM wave")
            .unwrap();
        let kept: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(kept, ["2 0 one person 0 -", "2 1 the rest 3 rosa"]);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (mut c, path) = fresh(&folder);
        migrate(&mut c, &path, &MIGRATIONS[..1]).unwrap();
        let steps = [MIGRATIONS[0], "CREATE TABLE half(x) STRICT; NONSENSE"];
        assert!(migrate(&mut c, &path, &steps).is_err());
        assert_eq!(version(&c).unwrap(), 1);
        assert!(c.prepare("SELECT * FROM half").is_err());
    }
}
