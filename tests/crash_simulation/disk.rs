//! The disk itself: what SQLite promises of one holds on it, and what it does not promise is lost.

use crash_vfs::{Image, Machine, NAME, register};
use rusqlite::{Connection, OpenFlags};

fn open(machine: &Machine, process: u32) -> Connection {
    register();
    let path = machine.path(process, "a.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags_and_vfs(path, flags, NAME).unwrap();
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    connection
}

fn synchronous(connection: &Connection, level: &str) {
    connection.pragma_update(None, "synchronous", level).unwrap();
}

fn count(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

fn insert(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute("INSERT INTO t VALUES (randomblob(3000))", [])
}

fn with_table() -> Image {
    let machine = Machine::new(&Image::default());
    open(&machine, 1).execute_batch("CREATE TABLE t(x)").unwrap();
    machine.image()
}

fn sound(connection: &Connection) {
    let words: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(words, "ok");
}

#[test]
fn what_is_committed_in_full_survives_a_power_cut_and_what_is_not_synced_may_not() {
    let image = with_table();
    let (mut lost, mut kept) = (0, 0);
    for seed in 0..200 {
        let machine = Machine::new(&image);
        let one = open(&machine, 1);
        synchronous(&one, "FULL");
        for _ in 0..5 {
            insert(&one).unwrap();
        }
        synchronous(&one, "NORMAL");
        for _ in 0..5 {
            insert(&one).unwrap();
        }
        let after = Machine::new(&machine.power_cut(&mut fastrand::Rng::with_seed(seed)));
        drop(one);
        let again = open(&after, 1);
        let found = count(&again);
        assert!((5..=10).contains(&found), "seed {seed}: {found}");
        lost += i64::from(found == 5);
        kept += i64::from(found == 10);
        sound(&again);
    }
    assert!(lost > 20 && kept > 20, "{lost} {kept}");
}

#[test]
fn a_disk_that_forgets_its_syncs_loses_what_was_committed() {
    let image = with_table();
    let lost = (0..50).filter(|seed| {
        let machine = Machine::new(&image);
        machine.forget_syncs();
        let one = open(&machine, 1);
        synchronous(&one, "FULL");
        insert(&one).unwrap();
        let after = Machine::new(&machine.power_cut(&mut fastrand::Rng::with_seed(*seed)));
        drop(one);
        count(&open(&after, 1)) == 0
    });
    assert!(lost.count() > 5);
}

#[test]
fn a_process_that_dies_at_any_change_of_a_file_leaves_a_sound_one_to_whoever_goes_on() {
    let image = with_table();
    for at in 0..60 {
        let machine = Machine::new(&image);
        let (one, two) = (open(&machine, 1), open(&machine, 2));
        synchronous(&one, "FULL");
        machine.die_at(1, at);
        let mut done = 0;
        while insert(&one).is_ok() {
            done += 1;
        }
        assert!(machine.is_dead(1));
        drop(one);
        let found = count(&two);
        assert!(found == done || found == done + 1, "{at}: {found} of {done}");
        insert(&two).unwrap();
        two.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        assert_eq!(count(&two), found + 1);
        sound(&two);
        drop(two);
        let three = open(&machine, 3);
        assert_eq!(count(&three), found + 1);
    }
}

#[test]
fn two_processes_see_each_other_and_only_one_writes_at_a_time() {
    let machine = Machine::new(&with_table());
    let (one, two) = (open(&machine, 1), open(&machine, 2));
    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    insert(&one).unwrap();
    assert!(insert(&two).is_err());
    assert_eq!(count(&two), 0);
    one.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&two), 1);
    insert(&two).unwrap();
    assert_eq!(count(&one), 2);
}
