//! Versions of the workspace file. The list is append-only: a released file is never edited.

use super::error::StoreError;
use super::pragmas::APPLICATION_ID;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// The steps from an empty file; the version of a file is the number of steps it has seen.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("../../assets/migrations/0001_workspace.sql")];

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
        back_up(connection, &backup_path(path, found))?;
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

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Where the copy of a file of version `version` is put.
pub(super) fn backup_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(format!(".v{version}.backup"));
    path.with_file_name(name)
}

/// A complete, compact copy of the database as it is now. An older file at `target` is replaced only when the copy is whole.
pub(super) fn back_up(connection: &Connection, target: &Path) -> Result<(), StoreError> {
    let mut name = target.as_os_str().to_os_string();
    name.push(".part");
    let part = PathBuf::from(name);
    let failed = |error: std::io::Error| StoreError::io(target, &error);
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => super::pragmas::prepare_file(&part)?,
    }
    let text = part.to_str().ok_or_else(|| StoreError::Open {
        path: target.to_owned(),
        detail: "the path is not readable as text".to_owned(),
    })?;
    connection.execute("VACUUM INTO ?1", [text])?;
    std::fs::rename(&part, target).map_err(failed)
}
