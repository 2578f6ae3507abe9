//! Which files a workspace keeps for itself: nothing that an operator has written may take the place of one of them.

use super::error::StoreError;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// What every SQLite file begins with.
pub(super) const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Files beside the database that are no part of it, by how their names begin: credentials, and the companies of a demo.
const BESIDE: [&str; 2] = ["secrets.", "demo-world.json"];
/// Links that are followed in one path before it counts as one that leads nowhere.
const LINKS: u8 = 16;

/// Whether `target` is a file that the workspace of this database keeps for itself, there already or not: also through a link,
/// by a path that goes round, and by a hard link.
#[must_use]
pub fn is_of_workspace(database: &Path, target: &Path) -> bool {
    let target = leads_to(target, LINKS);
    // The database may be a link itself: SQLite keeps its log where the file is.
    [database.to_owned(), leads_to(database, LINKS)].iter().any(|database| {
        let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else { return false };
        let (folder, name) = (leads_to(folder, LINKS), name.to_string_lossy());
        let in_folder = target.parent() == Some(folder.as_path())
            && target.file_name().is_some_and(|target| is_kept(&name, &target.to_string_lossy()));
        in_folder || is_hard_link_of_kept(&folder, &name, &target)
    })
}

/// Refuses a file whose place no export takes: one of the workspace, any database, and what is no plain file.
///
/// # Errors
/// [`StoreError::NotReplaced`].
pub fn check_export(database: &Path, target: &Path) -> Result<(), StoreError> {
    let refused = |what| Err(StoreError::NotReplaced { path: target.to_owned(), what });
    if is_of_workspace(database, target) {
        return refused("a file of the workspace");
    }
    match std::fs::metadata(target) {
        Ok(found) if !found.is_file() => refused("no plain file"),
        Ok(_) if head_of(target).starts_with(MAGIC) => refused("a database"),
        _ => Ok(()),
    }
}

/// Whether two paths lead to one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    leads_to(one, LINKS) == leads_to(other, LINKS)
        || matches!((identity(one), identity(other)), (Some(one), Some(other)) if one == other)
}

/// The first bytes of a file, as many as tell what kind of database it is; fewer or none where there are no more.
pub(super) fn head_of(path: &Path) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD);
    // What cannot be read is refused as what it is not, by whoever asks.
    let _ = std::fs::File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    head
}

/// Bytes of the head of a database up to the mark of the program that it belongs to.
const HEAD: usize = 72;

fn is_kept(database: &str, name: &str) -> bool {
    // The log, its index, the copies that upgrades leave, and parts of all of these.
    name.starts_with(database) || BESIDE.iter().any(|beside| name.starts_with(beside))
}

/// The files that the workspace of this database keeps for itself, as far as they are there.
#[must_use]
pub fn files_of_workspace(database: &Path) -> Vec<PathBuf> {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    kept_in(database.parent().unwrap_or(Path::new(".")), &name).collect()
}

fn kept_in(folder: &Path, database: &str) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|entry| is_kept(database, &entry.file_name().to_string_lossy())).map(|entry| entry.path())
}

fn is_hard_link_of_kept(folder: &Path, database: &str, target: &Path) -> bool {
    identity(target).is_some_and(|wanted| kept_in(folder, database).any(|path| identity(&path) == Some(wanted)))
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// Where a path leads, also one to what is not there yet: links are followed, the last one too, and `..` leaves the folder that was
/// really entered.
fn leads_to(path: &Path, links: u8) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut place = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                place.pop();
            }
            _ => place.push(component),
        }
        if let Ok(real) = place.canonicalize() {
            place = real;
        } else if let Some(to) = links.checked_sub(1).zip(std::fs::read_link(&place).ok()) {
            let (links, to) = to;
            place.pop();
            place = leads_to(&place.join(to), links);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_of_the_workspace_is_known_by_whatever_path() {
        let root = tempfile::tempdir().unwrap();
        let (workspace, elsewhere) = (root.path().join("ws"), root.path().join("elsewhere"));
        std::fs::create_dir_all(workspace.join("backups")).unwrap();
        std::fs::create_dir(&elsewhere).unwrap();
        for name in ["onroll.db", "secrets.key", "secrets.sealed", "mine.csv"] {
            std::fs::write(workspace.join(name), name).unwrap();
        }
        let database = workspace.join("onroll.db");
        symlink(&workspace, elsewhere.join("folder")).unwrap();
        symlink("../ws/onroll.db", elsewhere.join("link.db")).unwrap();
        symlink("../ws/onroll.db-wal", elsewhere.join("nowhere-yet")).unwrap();
        symlink("round", elsewhere.join("round")).unwrap();
        std::fs::hard_link(workspace.join("secrets.key"), elsewhere.join("key")).unwrap();
        let kept = [
            "ws/onroll.db",
            "ws/onroll.db-wal",
            "ws/onroll.db-shm",
            "ws/onroll.db.v3.backup",
            "ws/secrets.key",
            "ws/secrets.sealed",
            "ws/backups/../onroll.db",
            "ws/not-there/../onroll.db",
            "elsewhere/folder/onroll.db",
            "elsewhere/folder/secrets.lock",
            "elsewhere/link.db",
            "elsewhere/nowhere-yet",
            "elsewhere/key",
        ];
        for path in kept {
            assert!(is_of_workspace(&database, &root.path().join(path)), "{path}");
        }
        let free = [
            "ws/mine.csv",
            "ws/backups/onroll.db",
            "ws/exports/a.zip",
            "elsewhere/onroll.db",
            "onroll.db",
            "elsewhere/round",
        ];
        for path in free {
            assert!(!is_of_workspace(&database, &root.path().join(path)), "{path}");
        }
        // A database that stands elsewhere has its log there.
        let linked = elsewhere.join("link.db");
        assert!(is_of_workspace(&linked, &workspace.join("onroll.db-wal")));
    }

    #[test]
    fn no_export_takes_the_place_of_a_database_or_of_what_is_no_file() {
        let root = tempfile::tempdir().unwrap();
        let (database, other) = (root.path().join("ws/onroll.db"), root.path().join("other.db"));
        std::fs::write(&other, MAGIC).unwrap();
        let list = root.path().join("list.csv");
        std::fs::write(&list, "a,b").unwrap();
        for (target, is_free) in [
            (list, true),
            (root.path().join("new.csv"), true),
            (other, false),
            (root.path().to_owned(), false),
            (PathBuf::from("/dev/null"), false),
        ] {
            assert_eq!(check_export(&database, &target).is_ok(), is_free, "{}", target.display());
        }
    }
}
