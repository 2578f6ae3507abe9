//! Copies of the workspace file: made beside their place, so that there is a whole one or none.

use super::error::StoreError;
use super::own_files::{MAGIC, head_of, is_of_workspace};
use super::pragmas::{APPLICATION_ID, prepare_file};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// Where the head of a database says how it is written: 1 by a journal, 2 by a log beside it. Copies have 1, and whoever opens one
/// as a workspace makes it 2.
const WRITTEN_BY: usize = 18;
const LOG: u8 = 2;
/// Where the head has the mark of the program that the database belongs to.
const MARK: std::ops::Range<usize> = 68..72;

/// Refuses a place that a copy of this workspace may not take: a file of the workspace, and whatever is there already and is not an
/// older copy.
///
/// # Errors
/// [`StoreError::NotReplaced`].
pub fn check_target(database: &Path, target: &Path) -> Result<(), StoreError> {
    let refused = |what| Err(StoreError::NotReplaced { path: target.to_owned(), what });
    if is_of_workspace(database, target) {
        return refused("a file of the workspace");
    }
    let Ok(found) = std::fs::metadata(target) else { return Ok(()) };
    if !found.is_file() {
        return refused("no plain file");
    }
    if found.len() == 0 {
        return Ok(());
    }
    let head = head_of(target);
    let mark = head.get(MARK).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    if !head.starts_with(MAGIC) || mark.map(i64::from) != Some(APPLICATION_ID) {
        return refused("there already and no copy of a workspace");
    }
    if head.get(WRITTEN_BY) == Some(&LOG) {
        return refused("a workspace that has been opened, not a copy of one");
    }
    Ok(())
}

/// A complete, compact copy of the database as it is now. An older file at `target` is replaced only when the copy is whole; of one
/// that does not become whole nothing stays.
pub(super) fn back_up(connection: &Connection, target: &Path) -> Result<(), StoreError> {
    let mut name = target.as_os_str().to_os_string();
    name.push(".part");
    let part = PathBuf::from(name);
    let failed = |error: std::io::Error| StoreError::io(target, &error);
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => prepare_file(&part)?,
    }
    let made = fill(connection, &part, target).and_then(|()| std::fs::rename(&part, target).map_err(failed));
    if made.is_err() {
        // The error that counts is the one above.
        let _ = std::fs::remove_file(&part);
    }
    made
}

fn fill(connection: &Connection, part: &Path, target: &Path) -> Result<(), StoreError> {
    let text = part.to_str().ok_or_else(|| StoreError::Open {
        path: target.to_owned(),
        detail: "the path is not readable as text".to_owned(),
    })?;
    connection.execute("VACUUM INTO ?1", [text])?;
    Ok(())
}

/// The folder beside the database in which copies are put that nobody has named a place for.
pub const COPIES: &str = "backups";
/// For how long an unfinished copy may be one that another process is making: it is written to all the time.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// Unfinished copies that a process has left that was killed while it made them: each holds people.
#[must_use]
pub fn unfinished_copies(database: &Path, now: Timestamp) -> Vec<PathBuf> {
    let is_left = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|found| found.modified());
        let changed = changed.ok().and_then(|at| Timestamp::try_from(at).ok());
        changed.is_some_and(|at| now.duration_since(at) > QUIET)
    };
    let name = database.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = database.parent().unwrap_or(Path::new("."));
    let mut left = files_of(&folder.join(COPIES), |file| file.ends_with(".db.part"));
    left.extend(files_of(folder, |file| file.starts_with(&name) && file.ends_with(".backup.part")));
    left.retain(|path| is_left(path));
    left
}

/// Copies of the workspace that lie where the program puts them, with the time of each, the newest first.
#[must_use]
pub fn kept_copies(database: &Path) -> Vec<(PathBuf, Timestamp)> {
    let name = database.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = database.parent().unwrap_or(Path::new("."));
    let mut found = files_of(&folder.join(COPIES), |file| file.ends_with(".db"));
    found.extend(files_of(folder, |file| file.starts_with(&name) && file.ends_with(".backup")));
    let dated = |path: PathBuf| {
        let at = std::fs::metadata(&path).and_then(|found| found.modified()).ok()?;
        Some((path, Timestamp::try_from(at).ok()?))
    };
    let mut dated: Vec<_> = found.into_iter().filter_map(dated).collect();
    dated.sort_by(|(one, one_at), (other, other_at)| other_at.cmp(one_at).then_with(|| other.cmp(one)));
    dated
}

fn files_of(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let wanted = entries.filter(|entry| wanted(&entry.file_name().to_string_lossy()));
    wanted.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_a_killed_process_has_left_is_known_by_its_age() {
        let root = tempfile::tempdir().unwrap();
        let database = root.path().join("onroll.db");
        std::fs::create_dir(root.path().join(COPIES)).unwrap();
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let make = |name: &str, is_old: bool| {
            let file = std::fs::File::create(root.path().join(name)).unwrap();
            let age = SignedDuration::from_mins(if is_old { 120 } else { 1 });
            file.set_modified(SystemTime::from(now - age)).unwrap();
        };
        make("backups/old.db.part", true);
        make("backups/new.db.part", false);
        make("backups/old.db", true);
        make("backups/notes.part", true);
        make("onroll.db.v3.backup.part", true);
        let mut left = unfinished_copies(&database, now);
        left.sort();
        let names = ["backups/old.db.part", "onroll.db.v3.backup.part"].map(|name| root.path().join(name));
        assert_eq!(left, names);
        make("onroll.db.v3.backup", false);
        let kept: Vec<PathBuf> = kept_copies(&database).into_iter().map(|(path, _)| path).collect();
        assert_eq!(kept, ["onroll.db.v3.backup", "backups/old.db"].map(|name| root.path().join(name)), "newest first");
    }
}
