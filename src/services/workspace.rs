//! The workspace file as a whole: a copy of it, and a copy in its place.

use super::access::Access;
use super::error::ServiceError;
use crate::store::{COPIES, CopyFacts, Store, check_copy, check_target, look_at_copy, restore, unfinished_copies};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    pub path: PathBuf,
    /// What the copy itself says when it is read again.
    pub facts: CopyFacts,
    /// Head of the audit's chain: whoever notes it can prove later what was in the copy.
    pub head: String,
}

/// A workspace that was replaced by a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub facts: CopyFacts,
    /// Where what was there before is kept; `None` where nothing was.
    pub kept: Option<PathBuf>,
}

fn named(folder: &Path, what: &str, now: Timestamp) -> PathBuf {
    folder.join(COPIES).join(format!("onroll-{what}{}.db", now.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S")))
}

/// Copies the workspace while everything goes on, and reads the copy from end to end. Without a target it lies in `backups/`
/// beside the database. Credentials are no part of it.
///
/// # Errors
/// In read-only mode; a target that is a file of the workspace, or is there and no copy; when the copy cannot be written or is not
/// sound.
pub async fn back_up(
    store: &Store,
    access: &Access,
    folder: &Path,
    target: Option<PathBuf>,
) -> Result<BackedUp, ServiceError> {
    access.change()?;
    let path = target.unwrap_or_else(|| named(folder, "", store.now()));
    check_target(store.path(), &path)?;
    for left in unfinished_copies(store.path(), store.now()) {
        if let Err(error) = std::fs::remove_file(&left) {
            tracing::warn!(%error, "an unfinished copy that a killed process has left cannot be removed");
        }
    }
    store.audit(None, &access.operator, "backup", &format!("to {}", path.display())).await?;
    let head = store.check_audit().await?.head_short();
    store.back_up(path.clone()).await?;
    let copied = path.clone();
    let looked = tokio::task::spawn_blocking(move || look_at_copy(&copied)).await;
    let facts = looked.map_err(|error| ServiceError::broken(&error))??;
    Ok(BackedUp { path, facts, head })
}

/// What a copy holds, before it takes the place of the workspace of this database.
///
/// # Errors
/// What is wrong with it; that it is the workspace itself.
pub fn look_at(database: &Path, copy: &Path) -> Result<CopyFacts, ServiceError> {
    check_copy(database, copy)?;
    Ok(look_at_copy(copy)?)
}

/// Puts a copy in the place of the workspace in `folder`; what was there is kept in `backups/`.
///
/// # Errors
/// In read-only mode; a copy that is not sound; another process that has the workspace open.
pub fn put_back(access: &Access, database: &Path, copy: &Path, now: Timestamp) -> Result<Restored, ServiceError> {
    access.change()?;
    let folder = database.parent().unwrap_or(Path::new("."));
    let kept = database.exists().then(|| named(folder, "before-restore-", now));
    let facts = restore(database, copy, kept.as_deref())?;
    Ok(Restored { facts, kept })
}

/// Writes down in the restored workspace that it was restored.
///
/// # Errors
/// When it cannot be saved.
pub async fn note_restored(store: &Store, access: &Access, copy: &Path) -> Result<(), ServiceError> {
    Ok(store.audit(None, &access.operator, "restored", &format!("from {}", copy.display())).await?)
}
