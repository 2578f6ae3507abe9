//! Putting a backup in the place of a workspace: only with nobody else at it, checked before, and with a copy of what was there.

use super::error::StoreError;
use super::own_files::{MAGIC, is_same};
use super::pragmas::{APPLICATION_ID, check_ours, open_as, prepare_file};
use super::{Sqlite, copies, migrations};
use jiff::Timestamp;
use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Pages that are copied at once.
const PAGES: std::ffi::c_int = 4_096;

/// What a file that may be restored holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFacts {
    /// Version of the file; an older one is brought up to date when it is opened.
    pub version: i64,
    pub tenants: u64,
    pub bytes: u64,
    /// The newest thing that an operator or a run did in it.
    pub newest: Option<Timestamp>,
}

/// Looks at a file without changing it: a workspace, not newer than this program, and sound from end to end.
///
/// # Errors
/// What is wrong with it, in words about a copy.
pub fn look_at_copy(path: &Path) -> Result<CopyFacts, StoreError> {
    let bad = |detail: &str| StoreError::BadCopy { path: path.to_owned(), detail: detail.to_owned() };
    match header_of(path) {
        Err(error) => return Err(bad(&error.to_string())),
        Ok(Header::Empty) => return Err(bad("it is empty")),
        Ok(Header::Other) => {
            return Err(bad(
                "its first bytes are not those of a database: it was cut or overwritten, or is another kind of file",
            ));
        }
        Ok(Header::Database) => {}
    }
    match facts_of(path) {
        Err(StoreError::Damaged { detail }) => Err(bad(&format!("it is damaged: {detail}"))),
        Err(StoreError::NotAWorkspace { .. }) => Err(bad("it is a database of another program")),
        Err(StoreError::Other { detail }) => Err(bad(&detail)),
        other => other,
    }
}

/// Refuses to put a file in its own place: SQLite would wait for itself without end. What an interrupted restore has left is refused
/// too, because the next one begins by taking it away.
///
/// # Errors
/// [`StoreError::BadCopy`].
pub fn check_copy(path: &Path, copy: &Path) -> Result<(), StoreError> {
    let bad = |detail: &str| Err(StoreError::BadCopy { path: copy.to_owned(), detail: detail.to_owned() });
    if is_same(path, copy) {
        return bad("it is the workspace itself");
    }
    if is_same(&beside(path, RESTORING), copy) {
        return bad("it is what a restore that was interrupted has left");
    }
    Ok(())
}

/// How the name of a file goes on that is to take the place of a broken one.
const RESTORING: &str = ".restoring";

/// How a file begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Database,
    Empty,
    Other,
}

fn header_of(path: &Path) -> std::io::Result<Header> {
    let mut head = Vec::with_capacity(MAGIC.len());
    std::fs::File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(match head.as_slice() {
        [] => Header::Empty,
        head if head == MAGIC => Header::Database,
        _ => Header::Other,
    })
}

fn facts_of(path: &Path) -> Result<CopyFacts, StoreError> {
    let bytes = std::fs::metadata(path).map_err(|error| StoreError::io(path, &error))?.len();
    let c = open_as(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    check_ours(&c, path)?;
    let id: i64 = c.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(StoreError::NotAWorkspace { path: path.to_owned() });
    }
    let version = migrations::known_version(&c, path)?;
    let wrong: Option<String> = c.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map(Some)?;
    if let Some(detail) = wrong.filter(|line| line != "ok") {
        return Err(StoreError::Damaged { detail });
    }
    let tenants: i64 = c.query_row("SELECT count(*) FROM connection", [], |row| row.get(0))?;
    let newest: Option<i64> = c.query_row(
        "SELECT max(at) FROM (SELECT max(at) AS at FROM audit UNION ALL SELECT max(started_at) FROM run)",
        [],
        |row| row.get(0),
    )?;
    Ok(CopyFacts {
        version,
        tenants: u64::try_from(tenants).unwrap_or(0),
        bytes,
        newest: newest.and_then(|micros| Timestamp::from_microsecond(micros).ok()),
    })
}

/// Puts a copy in the place of the workspace at `path`; what was there is kept at `kept`, whole. All pages change in one
/// transaction: whatever happens meanwhile, the file is the old one or the new one.
///
/// # Errors
/// As [`look_at_copy`]; [`StoreError::Busy`] when another process has the workspace open; when something cannot be written.
/// Nothing is changed then.
pub fn restore(path: &Path, copy: &Path, kept: Option<&Path>) -> Result<CopyFacts, StoreError> {
    check_copy(path, copy)?;
    let facts = look_at_copy(copy)?;
    if header_of(path).is_ok_and(|header| header == Header::Other) {
        // SQLite opens no file that does not begin like a database, not even to write over it.
        replace_broken(path, copy, kept)?;
        return Ok(facts);
    }
    prepare_file(path)?;
    let mut target = open_as(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    alone(&target)?;
    if let Some(kept) = kept {
        match copies::back_up(&target, kept) {
            // A damaged workspace is what restoring is for: then its bytes are kept as they are.
            Err(StoreError::Damaged { .. }) => keep_bytes(path, kept)?,
            other => other?,
        }
    }
    let source = open_as(copy, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    copy_pages(&source, &mut target)?;
    Ok(facts)
}

/// Copies all pages, or none: whoever keeps one of the two files locked is waited for as long as for any other statement, not without
/// end.
fn copy_pages(source: &Sqlite, target: &mut Sqlite) -> Result<(), StoreError> {
    let backup = Backup::new(source, target)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(StoreError::Busy),
        }
    }
}

/// The file beside `path` whose name goes on like this.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(ending);
    path.with_file_name(name)
}

/// Puts a copy in the place of a file whose header is gone: written beside it first, so that there is always a whole one of the two.
fn replace_broken(path: &Path, copy: &Path, kept: Option<&Path>) -> Result<(), StoreError> {
    let (log, index) = (beside(path, "-wal"), beside(path, "-shm"));
    if let Some(kept) = kept {
        keep_bytes(path, kept)?;
        if log.exists() {
            keep_bytes(&log, &beside(kept, "-wal"))?;
        }
    }
    let fresh = beside(path, RESTORING);
    remove(&fresh)?;
    prepare_file(&fresh)?;
    let mut target = open_as(&fresh, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let source = open_as(copy, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    copy_pages(&source, &mut target)?;
    target.close().map_err(|(_, error)| StoreError::from(error))?;
    // The log of the old file would be read into the new one.
    remove(&log)?;
    remove(&index)?;
    std::fs::rename(&fresh, path).map_err(|error| StoreError::io(path, &error))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| StoreError::io(folder, &error))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path, &error)),
        _ => Ok(()),
    }
}

/// Keeps the bytes of a file that SQLite cannot copy, for its owner only.
fn keep_bytes(path: &Path, kept: &Path) -> Result<(), StoreError> {
    prepare_file(kept)?;
    std::fs::copy(path, kept).map(|_| ()).map_err(|error| StoreError::io(kept, &error))
}

/// Takes the file for this connection alone: another process that has it open, idle or not, is in the way.
fn alone(c: &Sqlite) -> Result<(), StoreError> {
    c.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    c.execute_batch("BEGIN EXCLUSIVE; COMMIT;")?;
    Ok(())
}
