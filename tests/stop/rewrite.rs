//! A process that writes the workspace file anew, and one that wants to write meanwhile.

use crate::support::{Bench, Running};
use rusqlite::Connection;
use rustix::process::Signal;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// So much is copied: long enough to be met in the middle.
const PADDING: i64 = 96 * 1024 * 1024;
/// SQLite itself waits for a lock five seconds at most (`store/pragmas.rs`): a program that begins and ends what is owed, and then
/// writes, would have given up by now (15.2 s were seen where it did).
const SQLITE_WAITS: Duration = Duration::from_secs(5 * 3 + 2);

fn path(bench: &Bench) -> PathBuf {
    bench.home().join("ws").join("onroll.db")
}

#[expect(clippy::disallowed_methods, reason = "prepares the file, and asks it")]
fn file(bench: &Bench) -> Connection {
    Connection::open(path(bench)).unwrap()
}

fn preference(bench: &Bench, key: &str) -> Option<String> {
    let value = file(bench).query_row("SELECT value FROM preference WHERE key = ?1", [key], |row| row.get(0));
    value.ok()
}

/// A file that is to be written anew, as a removal leaves it.
fn owes(bench: &Bench) {
    let file = file(bench);
    let put = "INSERT OR REPLACE INTO preference(key, value) VALUES (?1, hex(randomblob(?2)))";
    file.execute(put, rusqlite::params!["test/padding", PADDING / 2]).unwrap();
    file.execute("INSERT OR REPLACE INTO preference(key, value) VALUES ('workspace/rewrite', 'file')", []).unwrap();
}

/// A program that stands still in the middle of writing the file anew.
fn stands_still_in_the_middle(bench: &Bench) -> Running {
    for _ in 0..20 {
        owes(bench);
        let writing = bench.start(&["tenant", "list"]);
        bench.wait("it writes the file anew", || {
            preference(bench, "workspace/rewriting").is_some() || writing.is_zombie()
        });
        writing.signal(Signal::STOP);
        bench.wait("it stands still", || matches!(writing.state(), Some('T' | 'Z')));
        if writing.state() == Some('T') && preference(bench, "workspace/rewriting").is_some() && !bench.file_is_free() {
            return writing;
        }
        writing.signal(Signal::CONT);
        assert_eq!(writing.ends().code(), 0);
    }
    panic!("it was never met in the middle");
}

/// A program that has to write, and has waited longer than SQLite does.
fn waits(bench: &Bench) -> Running {
    let begun = Instant::now();
    let waiting = bench.start(&["tenant", "on", &bench.tenant]);
    let is_over = || begun.elapsed() > SQLITE_WAITS;
    bench.wait("it waits longer than SQLite does", || is_over() || waiting.is_zombie());
    if waiting.is_zombie() {
        panic!("it did not wait: {:?}", waiting.ends());
    }
    waiting
}

fn is_live(bench: &Bench) -> bool {
    bench.run(&["--json", "tenant", "list"]).json()["tenants"][0]["status"] == "live"
}

#[test]
fn s_whoever_finds_the_file_written_anew_waits_for_it_and_then_does_its_work() {
    let bench = Bench::added(2);
    let writing = stands_still_in_the_middle(&bench);
    let waiting = waits(&bench);
    writing.signal(Signal::CONT);
    let (writing, waiting) = (writing.ends(), waiting.ends());
    assert_eq!((writing.code(), waiting.code()), (0, 0), "{writing:?} {waiting:?}");
    assert!(is_live(&bench));
    assert_eq!((preference(&bench, "workspace/rewriting"), preference(&bench, "workspace/rewrite")), (None, None));
}

#[test]
fn s_a_process_that_is_killed_while_it_writes_the_file_anew_holds_nobody_up() {
    let bench = Bench::added(2);
    let writing = stands_still_in_the_middle(&bench);
    let waiting = waits(&bench);
    writing.kill();
    let waiting = waiting.ends();
    assert_eq!(waiting.code(), 0, "{waiting:?}");
    assert!(is_live(&bench));
    // What was owed is done by whoever came next, and the file is whole.
    assert_eq!((preference(&bench, "workspace/rewriting"), preference(&bench, "workspace/rewrite")), (None, None));
    let whole: String = file(&bench).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
}
