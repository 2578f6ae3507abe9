//! A store without threads, on a disk that need not be the system's: for simulations, in which the same seed must do the same
//! and a process must be able to die at any write.

use super::error::StoreError;
use super::lease::{self, Holder, Lives};
use super::reader::{ReadLane, Reader};
use super::writer::{Here, Turn, Writer};
use super::{Changes, Inner, Sqlite, Store, audit, migrations, pragmas, views};
use crate::ports::clock::{Clock, SharedClock};
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::watch;

/// Connections of stores that are gone, by the name of their file: the next store of that name need not have SQLite read the schema
/// and prepare every statement again. For a VFS that can put another file under an open handle; whatever a store itself keeps in
/// memory is made anew.
#[derive(Clone, Default)]
pub struct Spares(Arc<Mutex<HashMap<PathBuf, Pair>>>);

/// The two connections of a store without threads.
#[derive(Clone)]
struct Pair {
    writing: Turn,
    /// Nobody reads at the same time, so that one connection serves all.
    reading: Arc<Mutex<Sqlite>>,
    acting: audit::Acting,
    asked: Asked,
}

/// The clock and the processes of whichever store has the connections now.
#[derive(Clone)]
struct Asked(Arc<RwLock<(SharedClock, Lives)>>);

impl Clock for Asked {
    fn now(&self) -> Timestamp {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0.now()
    }
}

impl Asked {
    fn lives(&self) -> Lives {
        let asked = self.clone();
        Arc::new(move |holder: &Holder| asked.0.read().unwrap_or_else(PoisonError::into_inner).1(holder))
    }
}

impl Pair {
    fn open(vfs: &'static str, path: &Path, clock: &SharedClock, lives: &Lives) -> Result<Pair, StoreError> {
        let acting = audit::Acting::default();
        let mut writing = pragmas::open_writer_acting(path, &acting, Some(vfs))?;
        migrations::migrate(&mut writing, path, migrations::MIGRATIONS)?;
        lease::pull_back_all(&writing, clock.now());
        let asked = Asked(Arc::new(RwLock::new((Arc::clone(clock), Lives::clone(lives)))));
        let reading = pragmas::open_reader(path, &(Arc::new(asked.clone()) as SharedClock), &asked.lives(), Some(vfs))?;
        Ok(Pair { writing: Here::turn(writing), reading: Arc::new(Mutex::new(reading)), acting, asked })
    }

    /// Makes it that of a new store: the file is looked at as when it is opened.
    fn open_again(&self, path: &Path, clock: &SharedClock, lives: &Lives) -> Result<(), StoreError> {
        *self.asked.0.write().unwrap_or_else(PoisonError::into_inner) = (Arc::clone(clock), Lives::clone(lives));
        self.acting.reset();
        let mut turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (writing, full) = &mut *turn;
        pragmas::open_again(writing, path)?;
        *full = false;
        migrations::migrate(writing, path, migrations::MIGRATIONS)?;
        lease::pull_back_all(writing, clock.now());
        Ok(())
    }

    /// Whether no store has it.
    fn is_home(&self) -> bool {
        Arc::strong_count(&self.writing) == 1 && Arc::strong_count(&self.reading) == 1
    }

    fn store(self, path: &Path, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
        let newest: i64 = {
            let reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            reading.prepare_cached("SELECT coalesce(max(id), 0) FROM feed")?.query_row([], |row| row.get(0))?
        };
        let (noted, changes) = watch::channel(Changes::default());
        let reading = self.reading;
        let inner = Inner {
            path: path.to_owned(),
            clock,
            writer: Some(Writer::Here(Here::new(self.writing, noted))),
            screen: Some(Reader::here(&reading)),
            work: Some(Reader::here(&reading)),
            lists: Some(Reader::here(&reading)),
            people: Arc::<views::PeopleLists>::default(),
            logs: Arc::default(),
            review: Arc::default(),
            fleet: Arc::default(),
            lines: Arc::default(),
            landed: watch::channel(0).0,
            permits: reading,
            lives,
            acting: self.acting,
            changes,
            feed: watch::channel(newest).0,
            grown: Mutex::default(),
            threads: Vec::new(),
            frozen: None,
        };
        Ok(Store { inner: Arc::new(inner), lane: ReadLane::Work, lease: None })
    }
}

impl Spares {
    /// Whether there are connections of this name, and no store has them.
    pub fn has(&self, path: &Path) -> bool {
        self.pairs().get(path).is_some_and(Pair::is_home)
    }

    /// Has the connections of this name let go of their file, as far as SQLite can be told to: of its log, and of their locks. For a
    /// moment in which the VFS does nothing that it is asked, so that it all fails, and nothing of it reaches a file.
    ///
    /// # Errors
    /// Where a transaction is open.
    pub fn let_go(&self, path: &Path) -> Result<(), StoreError> {
        let Some(pair) = self.pairs().get(path).filter(|pair| pair.is_home()).cloned() else { return Ok(()) };
        let turn = pair.writing.lock().unwrap_or_else(PoisonError::into_inner);
        pragmas::let_go(&turn.0)?;
        pragmas::let_go(&pair.reading.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn pairs(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Pair>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens the workspace file on the VFS of this name, which must be known to SQLite, and runs every job in the thread of whoever
    /// asks; else it is as [`Store::open_with`]. What is asked at the same time still shares a commit.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(vfs: &'static str, path: &Path, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
        Pair::open(vfs, path, &clock, &lives)?.store(path, clock, lives)
    }

    /// The same by connections that a store of that name has left there, or leaves there when it goes.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_by(
        spares: &Spares,
        vfs: &'static str,
        path: &Path,
        clock: SharedClock,
        lives: Lives,
    ) -> Result<Store, StoreError> {
        let kept = spares.pairs().get(path).filter(|pair| pair.is_home()).cloned();
        let pair = match kept {
            Some(pair) => {
                pair.open_again(path, &clock, &lives)?;
                pair
            }
            None => {
                let pair = Pair::open(vfs, path, &clock, &lives)?;
                spares.pairs().insert(path.to_owned(), pair.clone());
                pair
            }
        };
        pair.store(path, clock, lives)
    }
}
