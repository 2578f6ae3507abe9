//! Putting a backup in the place of a workspace: only with nobody else at it, checked before, and with a copy of what was there.

use super::error::StoreError;
use super::pragmas::{APPLICATION_ID, check_ours, open_as, prepare_file};
use super::{Sqlite, migrations};
use jiff::Timestamp;
use rusqlite::OpenFlags;
use rusqlite::backup::Backup;
use std::path::Path;
use std::time::Duration;

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
/// What is wrong with it.
pub fn look_at_copy(path: &Path) -> Result<CopyFacts, StoreError> {
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
    let facts = look_at_copy(copy)?;
    prepare_file(path)?;
    let mut target = open_as(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    alone(&target)?;
    if let Some(kept) = kept {
        match migrations::back_up(&target, kept) {
            // A damaged workspace is what restoring is for: then its bytes are kept as they are.
            Err(StoreError::Damaged { .. }) => keep_bytes(path, kept)?,
            other => other?,
        }
    }
    let source = open_as(copy, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    Backup::new(&source, &mut target)?.run_to_completion(PAGES, Duration::ZERO, None)?;
    Ok(facts)
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
