//! Everything Onroll knows, in one SQLite file: one thread that writes, three that read (STYLE 3.6).
//!
//! [`Store`] is a handle; clones share the threads. All methods are asynchronous and typed; no SQL and no SQLite type
//! leaves this module. A write is answered after it is committed. Reading never waits for writing. Whether a run may
//! send its next write is read past both threads, on a connection of its own: it waits for nothing.

mod accounts;
mod alone;
mod answer;
mod audit;
mod audit_sample;
mod changes;
mod channels;
mod columns;
mod connections;
mod copies;
mod decisions;
mod digests;
mod drift;
mod error;
mod exchanges;
mod feed;
mod feed_index;
#[cfg(test)]
mod feed_tests;
mod figures;
mod fix_list;
#[cfg(test)]
mod fleet_tests;
mod forget;
mod frozen;
mod here;
mod journal;
mod kept;
mod learnt;
mod lease;
mod links;
mod managers_left;
mod mapping_edits;
mod mappings;
mod mend;
mod metrics;
mod migrations;
mod models;
mod outages;
mod outcomes;
mod own_files;
mod pair_rulings;
mod parked;
mod permit;
mod plans;
mod pragmas;
mod preferences;
mod reader;
mod reading;
mod rehearsals;
mod remembered;
mod reports;
mod restore;
mod rewrite;
mod ruling_pairs;
mod runs;
mod salvage;
mod schedule;
mod silences;
mod snapshots;
mod text_index;
mod troubles;
mod unreadable;
pub mod views;
mod waiting;
mod waves;
mod webhooks;
mod what_if;
mod writer;

pub use audit::{AuditLine, Break, BreakKind, ChainCheck, Through};
pub use audit_sample::{AuditItem, NewAuditItem, Stratum};
pub use changes::{Changes, Group};
pub use channels::{Channels, EVERYBODY};
pub use columns::fold;
pub use connections::{ConnectionState, NewConnection};
pub use copies::{COPIES, check_target, kept_copies, unfinished_copies};
pub use digests::{NewDigest, Silent, StateLine};
pub use error::StoreError;
pub use fix_list::FixLine;
pub use forget::Remembrance;
pub use here::Spares;
pub use journal::{JournalRow, JournalTotals, LinePlace, OperationMark};
pub use lease::{Ask, AtWork, Holder, LEASE_SECONDS, LeaseToken, Lives};
pub use mapping_edits::{MappingChange, MappingStep};
pub use metrics::{Counted, RunSum};
pub use models::{Difference, KeptVersion, ModelUse};
pub use outcomes::{Outcome, Said};
pub use own_files::{check_export, files_of_workspace, is_of_workspace};
pub use permit::WritePermit;
pub use plans::{Approval, PlanHead, StoredApproval};
pub use pragmas::network_file_system;
pub use reader::ReadLane;
pub use reading::KnownPull;
pub use rehearsals::StoredRehearsal;
pub use remembered::Remembered;
pub use reports::{MailAbout, MailRow, MailState, Way};
pub use restore::{CopyFacts, check_copy, look_at_copy, restore};
pub use rewrite::{Owed, Rewrite};
pub use ruling_pairs::KeptRuling;
pub use runs::{NewRun, PhaseRow, RunRow};
pub use salvage::{Lost, Salvage};
pub use schedule::{ScheduleDesk, SlotEnd, SlotRow, SlotState, Taken, Taking, TenantSchedule, WATCH_SECONDS, Watcher};
pub use silences::{Answered, InVain};
pub use snapshots::SnapshotHead;
pub use troubles::TroubleAct;
pub use waves::LetGo;
pub use webhooks::{
    DeliveryDesk, DeliveryEnd, DeliveryRow, DeliveryState, NewDelivery, TakenDeliveries, Verdict, Waiting,
};

use crate::domain::ids::ConnectionId;
use crate::ports::clock::SharedClock;
use answer::{Answer, Reply, Work};
use jiff::Timestamp;
use reader::{ReadTopic, Reader};
use rusqlite::Connection as Sqlite;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, watch};
use writer::{Job, Write};

/// A handle on the workspace's database. Cheap to clone.
///
/// A handle reads on one lane: [`Store::open`] gives one that answers everything in order (planning, exports, command
/// line); [`Store::for_screen`] gives one on which a newer request of a list takes the place of an older one, which then
/// ends with [`StoreError::Superseded`].
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    lane: ReadLane,
    /// The lease that everything written through this handle is under.
    lease: Option<LeaseToken>,
}

struct Inner {
    path: PathBuf,
    clock: SharedClock,
    writer: Option<writer::Writer>,
    screen: Option<Reader>,
    work: Option<Reader>,
    /// Reads what is kept in memory: that takes a second, and nobody waits for it.
    lists: Option<Reader>,
    people: Arc<views::PeopleLists>,
    logs: Arc<views::FeedLogs>,
    review: Arc<views::ReviewLists>,
    fleet: Arc<views::FleetIndex>,
    lines: Arc<views::PlanLines>,
    /// Moves whenever a list has come into memory, or has not.
    landed: watch::Sender<u64>,
    permits: Arc<Mutex<Sqlite>>,
    lives: Lives,
    acting: audit::Acting,
    changes: watch::Receiver<Changes>,
    feed: watch::Sender<i64>,
    /// Lines of the feed log that were written since it was last looked whether they make a chapter.
    grown: Mutex<HashMap<ConnectionId, usize>>,
    threads: Vec<JoinHandle<()>>,
    /// Where the file takes no writes: the end of `changes` that a writer would have.
    frozen: Option<watch::Sender<Changes>>,
}

impl Inner {
    /// A store that only reads, by connections that `reader` opens.
    fn of_readers(
        path: &Path,
        clock: &SharedClock,
        lives: Lives,
        changes: watch::Receiver<Changes>,
        reader: &dyn Fn() -> Result<Sqlite, StoreError>,
    ) -> Result<Self, StoreError> {
        let small = || reader().and_then(|reader| pragmas::keep_little(&reader).map(|()| reader));
        let permits = small()?;
        let newest: i64 = permits.query_row("SELECT coalesce(max(id), 0) FROM feed", [], |row| row.get(0))?;
        let (screen, screen_thread) = Reader::new(reader()?);
        let (work, work_thread) = Reader::new(small()?);
        let (lists, lists_thread) = Reader::new(reader()?);
        Ok(Inner {
            path: path.to_owned(),
            clock: Arc::clone(clock),
            writer: None,
            screen: Some(screen),
            work: Some(work),
            lists: Some(lists),
            people: Arc::default(),
            logs: Arc::default(),
            review: Arc::default(),
            fleet: Arc::default(),
            lines: Arc::default(),
            landed: watch::channel(0).0,
            permits: Arc::new(Mutex::new(permits)),
            lives,
            acting: audit::Acting::default(),
            changes,
            feed: watch::channel(newest).0,
            grown: Mutex::default(),
            threads: vec![
                spawn(path, "store-screen", screen_thread)?,
                spawn(path, "store-work", work_thread)?,
                spawn(path, "store-lists", lists_thread)?,
            ],
            frozen: None,
        })
    }
}

impl Drop for Inner {
    /// Ends the threads and waits until what was to be written is on disk; what was to be read nobody waits for any more.
    fn drop(&mut self) {
        self.writer = None;
        self.screen = None;
        self.work = None;
        self.lists = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to save.
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Opens the workspace file, makes it when it is not there (file 0600, folder 0700), brings it to this version.
    ///
    /// # Errors
    /// When the file cannot be used, is not a workspace, is damaged, or was made by a newer Onroll.
    pub fn open(path: &Path, clock: SharedClock) -> Result<Store, StoreError> {
        Store::open_with(path, clock, lease::lives_by_the_system())
    }

    /// The same with another way to tell whether a process lives, for tests.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(path: &Path, clock: SharedClock, lives: Lives) -> Result<Store, StoreError> {
        pragmas::prepare_file(path)?;
        let acting = audit::Acting::default();
        let mut writing = pragmas::open_writer_acting(path, &acting, None)?;
        let reader = || pragmas::open_reader(path, &clock, &lives, None);
        migrations::migrate(&mut writing, path, migrations::MIGRATIONS)?;
        lease::pull_back_all(&writing, clock.now());
        let (writer, jobs) = mpsc::channel(writer::QUEUE);
        let (noted, changes) = watch::channel(Changes::default());
        let mut inner = Inner::of_readers(path, &clock, lives.clone(), changes, &reader)?;
        inner.acting = acting;
        inner.writer = Some(writer::Writer::Thread(writer));
        inner.threads.push(spawn(path, "store-writer", move || writer::run(&writing, jobs, &noted))?);
        Ok(Store { inner: Arc::new(inner), lane: ReadLane::Work, lease: None })
    }

    /// The same store, reading on the lane of the screen.
    #[must_use]
    pub fn for_screen(&self) -> Store {
        Store { lane: ReadLane::Screen, ..self.clone() }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Whether the file was opened as it stands because it, or its folder, takes no writes ([`Store::open_to_look`]).
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.inner.frozen.is_some()
    }

    /// Moves with every commit; tells which groups of tables changed. How often to look is the reader's business.
    pub fn change_watch(&self) -> watch::Receiver<Changes> {
        self.inner.changes.clone()
    }

    /// The number of the newest feed line of this process.
    pub fn feed_watch(&self) -> watch::Receiver<i64> {
        self.inner.feed.subscribe()
    }

    /// A complete, compact copy of the database at `target` (0600), while everything goes on. An older copy there is replaced.
    ///
    /// # Errors
    /// [`StoreError::NotReplaced`] for a file of the workspace and one that is no copy; when the copy cannot be written; an existing file is left as it was.
    pub async fn back_up(&self, target: PathBuf) -> Result<(), StoreError> {
        copies::check_target(self.path(), &target)?;
        self.alone(move |c| copies::back_up(c, &target)).await
    }

    /// Checks the file from end to end; what is wrong, in SQLite's words, none when it is sound.
    ///
    /// # Errors
    /// When the check itself cannot run.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(|c| {
            let mut query = c.prepare("PRAGMA integrity_check(20)")?;
            let lines = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect())
        })
        .await
    }

    /// The time by which everything in the file is stamped.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Has the writer do something.
    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let without = if self.inner.frozen.is_some() { StoreError::ReadOnly } else { StoreError::Closed };
        self.inner.writer.as_ref().ok_or(without)?.send(job).await
    }

    async fn written<T: Send + 'static>(&self, job: Job, answer: Answer<T>) -> Result<T, StoreError> {
        self.send(job).await?;
        answer.wait().await
    }

    /// Runs `job` in the writer's next transaction.
    fn write<T: Send + 'static>(
        &self,
        write: Write,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        let (work, reply, answer) = answer::ask(self.fenced(job));
        self.written(Job::grouped(write, work, reply), answer)
    }

    /// The same; `after` runs on the writer's thread, after the commit and before the answer.
    fn write_then<T: Send + 'static>(
        &self,
        write: Write,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        let (work, reply, answer) = answer::ask(self.fenced(job));
        let job = Job::Grouped { write, work, after: Some(answer.then(after)), reply };
        self.written(job, answer)
    }

    /// The job, which fails where the lease of this handle is lost.
    fn fenced<T>(
        &self,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
    ) -> impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static {
        let lease = self.lease;
        move |c| {
            lease.map_or(Ok(()), |token| lease::fence(c, token))?;
            job(c)
        }
    }

    /// Runs `job` on the writer's thread, outside any transaction.
    fn alone<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        let (work, reply, answer) = answer::ask(job);
        self.written(Job::Alone { work, reply }, answer)
    }

    async fn have_read<T: Send + 'static>(
        &self,
        topic: Option<ReadTopic>,
        (work, reply, answer): (Work, Reply, Answer<T>),
    ) -> Result<T, StoreError> {
        self.reader()?.send(topic, work, reply).await?;
        answer.wait().await
    }

    /// Runs `job` on this handle's lane; it is always answered.
    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        self.have_read(None, answer::ask(job))
    }

    /// Runs `job` on this handle's lane; on the screen's lane a newer request for `topic` takes its place.
    fn read_newest<T: Send + 'static>(
        &self,
        topic: ReadTopic,
        job: impl FnOnce(&Sqlite) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        self.have_read(Some(topic).filter(|_| self.lane == ReadLane::Screen), answer::ask(job))
    }

    /// Moves whenever a list has come into memory, or has not: who was told that it is being read asks again.
    pub fn list_watch(&self) -> watch::Receiver<u64> {
        self.inner.landed.subscribe()
    }

    /// Has `job` read a list into memory; nobody waits for it. False when it will not be read.
    fn begin_reading(&self, job: impl FnOnce(Result<&Sqlite, StoreError>) + Send + 'static) -> bool {
        let landed = self.inner.landed.clone();
        self.inner.lists.as_ref().is_some_and(|reader| {
            reader.begin(move |c| {
                job(c);
                landed.send_modify(|number| *number += 1);
            })
        })
    }

    /// The answers that are kept for this handle's lane.
    fn kept(&self) -> Result<Arc<kept::Kept>, StoreError> {
        Ok(self.reader()?.kept())
    }

    fn reader(&self) -> Result<&Reader, StoreError> {
        let reader = match self.lane {
            ReadLane::Screen => &self.inner.screen,
            ReadLane::Work => &self.inner.work,
        };
        reader.as_ref().ok_or(StoreError::Closed)
    }
}

fn spawn(path: &Path, name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(|error| StoreError::io(path, &error))
}

/// A migrated database in memory, for tests of single functions.
#[cfg(test)]
pub(super) fn empty_database() -> Sqlite {
    let connection = Sqlite::open_in_memory().expect("memory");
    audit::add_through(&connection, &audit::Acting::default()).expect("a function");
    connection.pragma_update(None, "foreign_keys", "ON").expect("pragma");
    for step in migrations::MIGRATIONS {
        connection.execute_batch(step).expect("migration");
    }
    connection
}
