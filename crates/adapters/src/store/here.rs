//! A store without threads, on a disk that need not be the system's: for simulations, in which the same seed must do the same
//! and a process must be able to die at any write.

use super::audit;
use super::error::StoreError;
use super::lease::{self, Lives};
use super::reader::{ReadLane, Reader};
use super::writer::{Here, Writer};
use super::{Changes, Inner, Store, migrations, pragmas, views};
use crate::ports::clock::SharedClock;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

impl Store {
    /// Opens the workspace file on the VFS of this name, which must be known to SQLite, and runs every job in the thread of whoever
    /// asks; else it is as [`Store::open_with`]. What is asked at the same time still shares a commit.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(vfs: &'static str, path: &Path, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
        let acting = audit::Acting::default();
        let mut writing = pragmas::open_writer_acting(path, &acting, Some(vfs))?;
        migrations::migrate(&mut writing, path, migrations::MIGRATIONS)?;
        lease::pull_back_all(&writing, clock.now());
        let reading = pragmas::open_reader(path, &clock, &lives, Some(vfs))?;
        let newest: i64 = reading.query_row("SELECT coalesce(max(id), 0) FROM feed", [], |row| row.get(0))?;
        // Nobody reads at the same time, so that one connection serves all.
        let reading = Arc::new(Mutex::new(reading));
        let (noted, changes) = watch::channel(Changes::default());
        let inner = Inner {
            path: path.to_owned(),
            clock: Arc::clone(&clock),
            writer: Some(Writer::Here(Here::new(writing, noted))),
            screen: Some(Reader::here(&reading)),
            work: Some(Reader::here(&reading)),
            lists: Some(Reader::here(&reading)),
            people: Arc::<views::PeopleLists>::default(),
            logs: Arc::default(),
            review: Arc::default(),
            lines: Arc::default(),
            landed: watch::channel(0).0,
            permits: reading,
            lives: lives.clone(),
            acting,
            changes,
            feed: watch::channel(newest).0,
            grown: Mutex::default(),
            threads: Vec::new(),
            frozen: None,
        };
        Ok(Store { inner: Arc::new(inner), lane: ReadLane::Work, lease: None })
    }
}
