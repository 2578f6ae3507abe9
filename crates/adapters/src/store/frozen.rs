//! A workspace that takes no writes: a disk mounted read-only, another owner's file. It is opened as it stands, for looking.

use super::error::StoreError;
use super::lease::{self, Lives};
use super::reader::ReadLane;
use super::{Changes, Inner, Store, migrations, pragmas, runs};
use crate::ports::clock::SharedClock;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

const FROZEN: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX).union(OpenFlags::SQLITE_OPEN_URI);

/// Whether the file, or the folder in which SQLite keeps its journal, takes no writes.
fn is_frozen(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    path.is_file() && (access(path, Access::WRITE_OK).is_err() || access(folder, Access::WRITE_OK).is_err())
}

/// A connection to a file that takes no writes. Nobody else can write it either, so it is read without locks; where
/// changes still stand in its journal, reading needs the journal's index, which only a process that may write can make.
///
/// # Errors
/// [`StoreError::FrozenJournal`] then; what SQLite says otherwise.
fn open(path: &Path, clock: &SharedClock, lives: &Lives) -> Result<Connection, StoreError> {
    let mut journal = path.as_os_str().to_os_string();
    journal.push("-wal");
    if fs::metadata(&journal).is_ok_and(|file| file.len() > 0) {
        return Err(StoreError::FrozenJournal { path: path.to_owned() });
    }
    let connection = pragmas::open_as(Path::new(&immutable_uri(path)?), FROZEN)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    pragmas::check_ours(&connection, path)?;
    runs::add_at_work(&connection, clock, lives)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

/// <https://www.sqlite.org/uri.html>: what ends the path, or begins an escape, is escaped.
fn immutable_uri(path: &Path) -> Result<String, StoreError> {
    let absolute = std::path::absolute(path).map_err(|error| StoreError::io(path, &error))?;
    let text = absolute.to_str().ok_or_else(|| StoreError::Open {
        path: path.to_owned(),
        detail: "the path is not readable as text".to_owned(),
    })?;
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Ok(format!("file:{escaped}?immutable=1"))
}

impl Store {
    /// Opens the workspace file for looking only. Where the file or its folder takes no writes (a disk mounted read-only,
    /// another owner's file) it is opened as it stands, and whatever would change it answers [`StoreError::ReadOnly`];
    /// elsewhere this is [`Store::open`], since previews keep what they pulled.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::OlderWorkspace`] and [`StoreError::FrozenJournal`] where only a writer could help.
    pub fn open_to_look(path: &Path, clock: SharedClock) -> Result<Store, StoreError> {
        if is_frozen(path) {
            Store::open_frozen(path, clock, lease::lives_by_the_system())
        } else {
            Store::open(path, clock)
        }
    }

    fn open_frozen(path: &Path, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
        let reader = || open(path, &clock, &lives);
        migrations::check_version(&reader()?, path)?;
        let (noted, changes) = watch::channel(Changes::default());
        let mut inner = Inner::of_readers(path, &clock, lives.clone(), changes, &reader)?;
        inner.frozen = Some(noted);
        Ok(Store { inner: Arc::new(inner), lane: ReadLane::Work, lease: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::clock::SystemClock;

    fn frozen(path: &Path) -> Result<Store, StoreError> {
        Store::open_frozen(path, Arc::new(SystemClock), lease::lives_by_the_system())
    }

    fn folder(path: &Path) -> Vec<(std::ffi::OsString, u64)> {
        let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries.map(|one| (one.file_name(), one.metadata().unwrap().len())).collect();
        files.sort();
        files
    }

    #[test]
    fn a_path_is_no_part_of_the_question() {
        let uri = immutable_uri(Path::new("/srv/100% ours?/#1/onroll.db")).unwrap();
        assert_eq!(uri, "file:/srv/100%25 ours%3f/%231/onroll.db?immutable=1");
    }

    #[tokio::test]
    async fn what_stands_is_read_and_nothing_is_written_not_even_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("50% #1?.db");
        let store = Store::open(&path, Arc::new(SystemClock)).unwrap();
        store.set_preference("theme", Some("dark")).await.unwrap();
        drop(store);
        let before = folder(&path);
        let store = frozen(&path).unwrap();
        assert_eq!(store.preference("theme").await.unwrap().as_deref(), Some("dark"));
        assert!(store.connections().await.unwrap().is_empty());
        assert!(store.all_at_work().unwrap().is_empty());
        assert_eq!(store.set_preference("theme", Some("light")).await, Err(StoreError::ReadOnly));
        drop(store);
        assert_eq!(folder(&path), before);
    }

    #[tokio::test]
    async fn a_journal_with_changes_and_an_older_file_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("onroll.db");
        let store = Store::open(&path, Arc::new(SystemClock)).unwrap();
        store.set_preference("theme", Some("dark")).await.unwrap();
        assert!(matches!(frozen(&path), Err(StoreError::FrozenJournal { .. })), "its last change is not in the file");
        drop(store);
        #[expect(clippy::disallowed_methods, reason = "an older program has made the file")]
        let older = Connection::open(&path).unwrap();
        older.pragma_update(None, "user_version", 1).unwrap();
        drop(older);
        assert!(matches!(frozen(&path), Err(StoreError::OlderWorkspace { found: 1, .. })));
    }
}
