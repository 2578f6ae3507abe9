//! The disk itself: what SQLite promises of one holds on it, and what it does not promise is lost.

use crash_vfs::{Image, Machine, NAME, Seat, register};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

fn open(machine: &Machine, process: u32) -> Connection {
    open_at(&machine.path(process, "a.db"))
}

fn open_at(path: &Path) -> Connection {
    register();
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

/// As the store's own connections are told to.
fn let_go(connection: &Connection) {
    assert!(connection.is_autocommit());
    for statement in ["PRAGMA journal_mode = DELETE", "PRAGMA user_version"] {
        connection.execute_batch(statement).unwrap_err();
    }
}

/// One connection dies again and again, at any change of a file and by power cuts; another one is opened anew each time. Both find the
/// same, and what either leaves is sound.
#[test]
fn who_sits_down_where_another_died_finds_what_one_finds_that_opens_the_file() {
    let seat = Seat::default();
    let mut machine = Machine::new(&with_table());
    seat.sit(&machine, 1);
    let kept = open_at(&seat.path("a.db"));
    synchronous(&kept, "FULL");
    let mut random = fastrand::Rng::with_seed(7);
    let (mut cuts, mut prepared) = (0, kept.prepare("INSERT INTO t VALUES (randomblob(?1))").unwrap());
    for round in 2..150 {
        machine.die_at(round - 1, random.u64(0..40));
        while prepared.execute([random.u32(10..6000)]).is_ok() {
            if random.u8(0..8) == 0 && kept.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").is_err() {
                break;
            }
        }
        assert!(machine.is_dead(round - 1));
        let other = random.bool().then(|| open(&machine, 10_000));
        let seen = other.as_ref().map(count);
        let is_cut = random.bool();
        let image = if is_cut { machine.power_cut(&mut random) } else { machine.image() };
        seat.leave();
        let_go(&kept);
        if is_cut {
            cuts += 1;
            machine = Machine::new(&image);
        }
        let anew = count(&open(&Machine::new(&image), 1));
        seat.sit(&machine, round);
        assert_eq!(count(&kept), anew, "round {round}");
        sound(&kept);
        if let Some(other) = other.filter(|_| !is_cut) {
            // Who lives on sees what the next one writes, and the other way round.
            assert_eq!(seen, Some(anew), "round {round}");
            insert(&kept).unwrap();
            insert(&other).unwrap();
            assert_eq!((count(&kept), count(&other)), (anew + 2, anew + 2), "round {round}");
        }
    }
    assert!(cuts > 40, "{cuts}");
}

#[test]
#[should_panic(expected = "was not let go of")]
fn nobody_sits_down_at_a_file_that_was_not_let_go_of() {
    let (seat, image) = (Seat::default(), with_table());
    let (one, two) = (Machine::new(&image), Machine::new(&image));
    seat.sit(&one, 1);
    let kept = open_at(&seat.path("a.db"));
    insert(&kept).unwrap();
    seat.leave();
    seat.sit(&two, 2);
}
