//! Seats: names under which connections stay open while processes come and go.
//!
//! Whoever opens a connection at a [`Seat`] keeps what SQLite has parsed (the schema, prepared statements), and nothing else. A process
//! takes the seat ([`Seat::sit`]); when it has died or ended it is gone from the machine at once ([`Seat::leave`]), as if its handles had
//! been taken away. While nobody sits there, the connection is told twice that this disk does nothing, and lets go of what it knows:
//!
//! 1. `PRAGMA journal_mode = DELETE` has it close its log, for which it takes the file alone, and then once more: the second time is
//!    refused, so that it does not write the log into the file first.
//! 2. Anything that reads (`PRAGMA user_version`) fails, and has it give back its lock of the file.
//!
//! Its cache of pages goes when the next log is opened, which begins with nothing known of any page. [`Seat::sit`] panics where a log
//! is open still or a lock is held.

use crate::disk::{Machine, State, lock};
use rusqlite::ffi;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};

static NEXT: AtomicU64 = AtomicU64::new(1);
static SEATS: LazyLock<Mutex<HashMap<u64, Weak<Place>>>> = LazyLock::new(Mutex::default);

/// The first part of the names of files at a seat.
const SEAT: &str = "seat";

/// Where handles belong: to a process on a machine, or for now to none.
#[derive(Default)]
pub(crate) struct Place(Mutex<Seated>);

#[derive(Default)]
struct Seated {
    at: Option<(Arc<Mutex<State>>, u32)>,
    /// The machine before: a connection that nobody has had let go may still hold pointers into its shared memory.
    was: Option<Arc<Mutex<State>>>,
    handles: HashMap<u64, Open>,
}

struct Open {
    name: String,
    /// The lock that SQLite believes to have while nobody sits here.
    level: i32,
}

impl Place {
    /// The place of a process that keeps it.
    pub fn of(state: &Arc<Mutex<State>>, process: u32) -> Arc<Place> {
        Arc::new(Place(Mutex::new(Seated { at: Some((Arc::clone(state), process)), ..Seated::default() })))
    }

    pub fn at(&self) -> Option<(Arc<Mutex<State>>, u32)> {
        lock(&self.0).at.clone()
    }

    pub fn opened(&self, handle: u64, name: &str) {
        lock(&self.0).handles.insert(handle, Open { name: name.to_owned(), level: ffi::SQLITE_LOCK_NONE });
    }

    pub fn closed(&self, handle: u64) {
        lock(&self.0).handles.remove(&handle);
    }

    /// A lock while nobody sits here: one that is not held yet is granted, one that is held is refused.
    pub fn lock_nothing(&self, handle: u64, level: i32) -> bool {
        let mut seated = lock(&self.0);
        let held = seated.handles.get_mut(&handle).filter(|open| open.level < level);
        held.map(|open| open.level = level).is_some()
    }

    pub fn unlock_nothing(&self, handle: u64, level: i32) {
        if let Some(open) = lock(&self.0).handles.get_mut(&handle) {
            open.level = level;
        }
    }
}

/// A name for files whose connections outlive processes.
pub struct Seat {
    number: u64,
    place: Arc<Place>,
}

impl Default for Seat {
    fn default() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = Arc::new(Place::default());
        lock(&SEATS).insert(number, Arc::downgrade(&place));
        Seat { number, place }
    }
}

impl Seat {
    /// The name under which whoever sits here opens a file.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/{SEAT}/{}/{file}", self.number))
    }

    /// A process of this machine takes the seat, and all that is open here.
    ///
    /// # Panics
    /// Where somebody sits there, or what is open was not let go of.
    pub fn sit(&self, machine: &Machine, process: u32) {
        let mut seated = lock(&self.place.0);
        assert!(seated.at.is_none(), "somebody sits there");
        let mut state = lock(&machine.state);
        for (handle, open) in &seated.handles {
            let is_free = open.level == ffi::SQLITE_LOCK_NONE && !open.name.ends_with("-wal");
            assert!(is_free, "{} was not let go of", open.name);
            assert!(state.files.contains_key(&open.name), "{} is not there", open.name);
            state.own(*handle, process);
        }
        drop(state);
        (seated.at, seated.was) = (Some((Arc::clone(&machine.state), process)), None);
    }

    /// Whoever sits there is gone, and nothing of it is left: locks, shared memory, open files.
    pub fn leave(&self) {
        let mut seated = lock(&self.place.0);
        let Some((state, _)) = seated.at.take() else { return };
        {
            let mut state = lock(&state);
            for (handle, open) in &mut seated.handles {
                state.close(*handle, &open.name);
                // What SQLite keeps of a file with a log for as long as the log is open.
                open.level = ffi::SQLITE_LOCK_SHARED;
            }
        }
        seated.was = Some(state);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&SEATS).remove(&self.number);
    }
}

/// The place and the file of a name at a seat: `/seat/3/onroll.db-wal`.
pub(crate) fn find(path: &str) -> Option<(Arc<Place>, String)> {
    let mut parts = path.strip_prefix('/')?.splitn(3, '/');
    if parts.next()? != SEAT {
        return None;
    }
    let number = parts.next()?.parse().ok()?;
    let place = lock(&SEATS).get(&number)?.upgrade()?;
    Some((place, parts.next()?.to_owned()))
}
