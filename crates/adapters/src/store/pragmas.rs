//! The one place where connections are opened: files, rights, pragmas.

use super::error::StoreError;
use super::lease::Lives;
use super::{audit, runs};
use crate::ports::clock::SharedClock;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// `ONRL`: tells an Onroll workspace from any other SQLite file (`file` shows it too).
pub(super) const APPLICATION_ID: i64 = 0x4F4E_524C;

const BUSY: Duration = Duration::from_secs(5);
const CACHED_STATEMENTS: usize = 192;
/// What a connection that writes, or answers screens, keeps of the file in memory, in kB.
const CACHE_KB: i64 = 32_768;
/// What one keeps that reads whole tables once, or a row now and then.
const SMALL_CACHE_KB: i64 = 4_096;

/// The name of the VFS that holds the file, where it is not the system's.
pub(super) type Vfs = Option<&'static str>;

/// Makes the folder (0700) and the file (0600) before SQLite touches them; `-wal` and `-shm` inherit the file's rights.
pub(super) fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::io(path, &error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(failed)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // A disk that takes no writes says so here; SQLite would only say that it cannot open the file.
            fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
            keep_private(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(unix)]
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let rights = fs::metadata(path)?.permissions();
    if rights.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_private(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

fn open(path: &Path, vfs: Vfs) -> Result<Connection, StoreError> {
    let usual = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match vfs {
        None => open_as(path, usual),
        // Nobody has prepared a file of a disk that is not the system's.
        Some(name) => {
            opened(path, Connection::open_with_flags_and_vfs(path, usual | OpenFlags::SQLITE_OPEN_CREATE, name))
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place where connections are opened")]
pub(super) fn open_as(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    opened(path, Connection::open_with_flags(path, flags))
}

fn opened(path: &Path, connection: rusqlite::Result<Connection>) -> Result<Connection, StoreError> {
    let connection =
        connection.map_err(|error| StoreError::Open { path: path.to_owned(), detail: error.to_string() })?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

fn settle(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Open {
            path: path.to_owned(),
            detail: format!("the disk does not allow write-ahead logging (mode {mode}); network drives do not"),
        });
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -CACHE_KB)?;
    // Once a file was analysed, SQLite would prepare a kept statement anew for every value that is bound to it, to look
    // the value up in its samples.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The only connection that writes.
pub(super) fn open_writer_acting(path: &Path, acting: &audit::Acting, vfs: Vfs) -> Result<Connection, StoreError> {
    let connection = open(path, vfs)?;
    check_ours(&connection, path)?;
    settle(&connection, path)?;
    audit::add_through(&connection, acting)?;
    Ok(connection)
}

/// Makes a connection that wrote for one store that of another one, whose file stands at `path` now. What [`settle`] says of a
/// connection still holds.
pub(super) fn open_again(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    check_ours(connection, path)
}

/// Has a connection let go of a file that it can neither read nor write any more: it closes the log, and gives its lock back. Both
/// statements fail, as everything does on such a disk, and have done that by then.
pub(super) fn let_go(connection: &Connection) -> Result<(), StoreError> {
    if !connection.is_autocommit() {
        return Err(StoreError::Other { detail: "a transaction is open".to_owned() });
    }
    for statement in ["PRAGMA journal_mode = DELETE", "PRAGMA user_version"] {
        if connection.execute_batch(statement).is_ok() {
            return Err(StoreError::Other { detail: format!("{statement} did not fail") });
        }
    }
    Ok(())
}

/// A connection that writes, of which nobody says through what.
#[cfg(test)]
pub(super) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    open_writer_acting(path, &audit::Acting::default(), None)
}

/// A connection that cannot write.
pub(super) fn open_reader(path: &Path, clock: &SharedClock, lives: &Lives, vfs: Vfs) -> Result<Connection, StoreError> {
    let connection = open(path, vfs)?;
    settle(&connection, path)?;
    runs::add_at_work(&connection, clock, lives)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

/// Has a connection keep less of the file in memory: what is read once from end to end is not asked for again.
pub(super) fn keep_little(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "cache_size", -SMALL_CACHE_KB)?)
}

/// Refuses a database of another program; an empty file is taken.
pub(super) fn check_ours(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let ours = || StoreError::NotAWorkspace { path: path.to_owned() };
    let id: i64 = match connection.pragma_query_value(None, "application_id", |row| row.get(0)) {
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == rusqlite::ErrorCode::NotADatabase => {
            return Err(ours());
        }
        other => other?,
    };
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id == APPLICATION_ID || (id == 0 && tables == 0) { Ok(()) } else { Err(ours()) }
}

/// The type of the file system that holds `path`, out of the text of `/proc/mounts`, when it is one over a network:
/// write-ahead logging does not work there.
pub fn network_file_system(mounts: &str, path: &Path) -> Option<String> {
    const NETWORK: [&str; 10] =
        ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.rclone"];
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(_device), Some(point), Some(kind)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let point = point.replace("\\040", " ");
        if path.starts_with(&point) && best.is_none_or(|(length, _)| point.len() >= length) {
            best = Some((point.len(), kind));
        }
    }
    best.map(|(_, kind)| kind).filter(|kind| NETWORK.contains(kind)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn a_statement_is_prepared_once_in_a_file_that_was_analysed_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let table = "CREATE TABLE t(a, b); CREATE INDEX ta ON t(a); CREATE INDEX tb ON t(b);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO t SELECT i % 7, i FROM n; ANALYZE";
        open_as(&path, OpenFlags::default()).unwrap().execute_batch(table).unwrap();
        let prepared_anew = |connection: &Connection| {
            let mut query = connection.prepare("SELECT count(*) FROM t WHERE a = ?1 AND b > ?2").unwrap();
            for at in 0..5 {
                query.query_row((at, at), |row| row.get::<_, i64>(0)).unwrap();
            }
            query.get_status(StatementStatus::RePrepare)
        };
        let bare = open_as(&path, OpenFlags::default()).unwrap();
        assert!(prepared_anew(&bare) > 0, "the fault is not there to be cured");
        let connection = open(&path, None).unwrap();
        settle(&connection, &path).unwrap();
        assert_eq!(prepared_anew(&connection), 0);
    }

    #[test]
    fn the_nearest_mount_decides() {
        let mounts = "/dev/vda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n/dev/vdb /home/ann\\040b ext4 rw 0 0\n";
        assert_eq!(network_file_system(mounts, Path::new("/home/rosa/onroll.db")).as_deref(), Some("nfs4"));
        assert_eq!(network_file_system(mounts, Path::new("/home/ann b/onroll.db")), None);
        assert_eq!(network_file_system(mounts, Path::new("/var/onroll.db")), None);
        assert_eq!(network_file_system("", Path::new("/var/onroll.db")), None);
    }
}
