//! Backup and restore: checked copies, one whole file or the other, nobody else at it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod store_support;

use assert_cmd::Command;
use onroll::domain::code::ProblemCode;
use onroll::services::Access;
use onroll::services::workspace::{back_up, put_back};
use onroll::store::{Store, StoreError, look_at_copy, restore};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use store_support::{Desk, add, employee, pull};

fn now(desk: &Desk) -> jiff::Timestamp {
    onroll::ports::clock::Clock::now(desk.clock.as_ref())
}

async fn names(store: &Store) -> Vec<String> {
    store.connections().await.unwrap().into_iter().map(|connection| connection.short_name).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test writes past the store")]
fn write_past(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn backed_up(desk: &Desk, store: &Store) -> PathBuf {
    let folder = desk.path().parent().unwrap().to_owned();
    back_up(store, &Access::full("rosa"), &folder, None).await.unwrap().path
}

#[tokio::test]
async fn a_backup_is_complete_private_and_comes_back_and_what_was_there_is_kept() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, vec![employee("1", "Ann", "Lee")]).await;
    let copy = backed_up(&desk, &store).await;
    assert_eq!((mode(&copy), look_at_copy(&copy).unwrap().tenants), (0o600, 1));
    assert_eq!(store.audit_lines(None, 1).await.unwrap()[0].what, "backup");
    add(&store, "quay-hotel").await;
    drop(store);
    desk.store = None;
    let restored = put_back(&Access::full("rosa"), &desk.path(), &copy, now(&desk)).unwrap();
    let store = desk.reopen();
    assert_eq!(names(&store).await, ["harbour-vine"]);
    assert_eq!(store.employees(id).await.unwrap().len(), 1);
    assert!(store.check().await.unwrap().is_empty() && store.check_audit().await.unwrap().broken.is_none());
    let kept = restored.kept.unwrap();
    assert_eq!((mode(&kept), look_at_copy(&kept).unwrap().tenants), (0o600, 2), "what was there before is whole");
    assert_eq!(mode(&desk.path()), 0o600);
}

#[tokio::test]
async fn nobody_else_may_have_the_workspace_open() {
    let desk = Desk::new();
    let store = desk.store();
    add(&store, "harbour-vine").await;
    let copy = backed_up(&desk, &store).await;
    add(&store, "quay-hotel").await;
    // The store is open, and idle.
    assert_eq!(restore(&desk.path(), &copy, None).unwrap_err(), StoreError::Busy);
    assert_eq!(names(&store).await.len(), 2, "nothing was changed");
}

#[tokio::test]
async fn what_is_no_sound_workspace_is_refused_before_anything_is_changed() {
    let mut desk = Desk::new();
    let store = desk.store();
    add(&store, "harbour-vine").await;
    let copy = backed_up(&desk, &store).await;
    drop(store);
    desk.store = None;
    let folder = desk.path().parent().unwrap().to_owned();
    let foreign = folder.join("foreign.db");
    write_past(&foreign, "CREATE TABLE t(x)");
    let newer = folder.join("newer.db");
    std::fs::copy(&copy, &newer).unwrap();
    write_past(&newer, "PRAGMA user_version = 900");
    let torn = folder.join("torn.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0x5a);
    std::fs::write(&torn, bytes).unwrap();
    let text = folder.join("text.db");
    std::fs::write(&text, "no database").unwrap();
    let cut = folder.join("cut.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    bytes[..64].fill(0);
    std::fs::write(&cut, bytes).unwrap();
    let empty = folder.join("empty.db");
    std::fs::write(&empty, "").unwrap();
    for (file, words) in [
        (&foreign, "a database of another program"),
        (&newer, "made by a newer Onroll"),
        (&torn, "is damaged"),
        (&text, "first bytes are not those of a database"),
        (&cut, "first bytes are not those of a database"),
        (&empty, "it is empty"),
        (&folder.join("missing.db"), "cannot be restored"),
    ] {
        let before = std::fs::read(desk.path()).unwrap();
        let error = restore(&desk.path(), file, None).unwrap_err();
        assert!(file == &newer || error.code() == ProblemCode::WorkspaceDamaged, "{error}");
        let said = format!("{error}; {}", error.remedy());
        assert!(said.contains(words) && said.contains(&file.display().to_string()), "{said}");
        assert!(!said.contains("--workspace"), "it is about a copy: {said}");
        assert_eq!(std::fs::read(desk.path()).unwrap(), before, "{}: {error}", file.display());
    }
    let store = desk.reopen();
    assert_eq!(names(&store).await, ["harbour-vine"]);
}

#[tokio::test]
async fn a_damaged_workspace_is_replaced_and_its_bytes_are_kept() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let people = (0..400).map(|number| employee(&number.to_string(), "Ann", "Lee")).collect();
    pull(&store, id, people).await;
    let copy = backed_up(&desk, &store).await;
    drop(store);
    desk.store = None;
    let mut bytes = std::fs::read(desk.path()).unwrap();
    let (from, to) = (bytes.len() / 4, bytes.len() * 3 / 4);
    bytes[from..to].fill(0x5a);
    std::fs::write(desk.path(), &bytes).unwrap();
    let restored = put_back(&Access::full("rosa"), &desk.path(), &copy, now(&desk)).unwrap();
    let kept = restored.kept.unwrap();
    assert_eq!((mode(&kept), std::fs::read(&kept).unwrap() == bytes), (0o600, true));
    let unfinished = kept.with_file_name(format!("{}.part", kept.file_name().unwrap().display()));
    assert!(!unfinished.exists(), "a copy that cannot be made leaves nothing of anybody");
    let store = desk.reopen();
    assert_eq!(store.employees(id).await.unwrap().len(), 400);
    assert!(store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_workspace_whose_header_is_gone_is_replaced_too_and_no_log_of_it_is_read() {
    let mut desk = Desk::new();
    let store = desk.store();
    add(&store, "harbour-vine").await;
    let copy = backed_up(&desk, &store).await;
    drop(store);
    desk.store = None;
    let mut bytes = std::fs::read(desk.path()).unwrap();
    bytes[..100].fill(0);
    std::fs::write(desk.path(), &bytes).unwrap();
    let log = desk.path().with_file_name("onroll.db-wal");
    std::fs::write(&log, "what stood in the log").unwrap();
    let restored = put_back(&Access::full("rosa"), &desk.path(), &copy, now(&desk)).unwrap();
    let kept = restored.kept.unwrap();
    assert!(std::fs::read(&kept).unwrap() == bytes, "its bytes are kept");
    assert!(!log.exists(), "the old log belongs to nothing any more");
    let store = desk.reopen();
    assert_eq!(names(&store).await, ["harbour-vine"]);
    assert!(store.check().await.unwrap().is_empty());
}

#[test]
fn by_command_it_only_looks_until_it_is_told_to() {
    let home = tempfile::tempdir().unwrap();
    let onroll = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("onroll").unwrap();
        command.env_clear().env("HOME", home.path()).env("LANG", "C.UTF-8").args(arguments);
        command.arg("--workspace").arg(home.path().join("ws")).assert()
    };
    let copy = home.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    onroll(&["backup", copy]).code(0);
    let looked = onroll(&["restore", copy]).code(4);
    let said = String::from_utf8(looked.get_output().stderr.clone()).unwrap();
    assert!(said.contains("0 tenants") && said.contains("--yes"), "{said}");
    assert!(!said.contains("limit_exceeded"), "no code is better than a wrong one: {said}");
    onroll(&["restore", copy, "--yes", "--read-only"]).code(2);
    let done = onroll(&["restore", copy, "--yes"]).code(0);
    let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert!(said.contains("backups/onroll-before-restore-"), "{said}");
    let audit = onroll(&["audit", "--json"]).code(0);
    let lines = String::from_utf8(audit.get_output().stdout.clone()).unwrap();
    let whats: Vec<&str> = ["\"restored\"", "\"backup\""].into_iter().filter(|what| lines.contains(what)).collect();
    assert_eq!(whats.len(), 2, "{lines}");
    onroll(&["restore", "/nonexistent.db"]).code(1);
}
