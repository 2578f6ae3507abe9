//! The one thread that writes. It takes what is queued, runs it in one transaction with a savepoint per job, and answers
//! after the commit: many small writes cost one `fsync`, a failed job does not undo its neighbours.

use super::answer::{Reply, Work};
use super::changes::{Changes, GroupSet};
use super::error::StoreError;
use super::rewrite;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// Jobs that wait at most; senders wait beyond that, which slows the engine and nothing else.
pub(super) const QUEUE: usize = 256;

/// Jobs of one transaction at most.
const GROUP_MAX: usize = 256;

/// What a job is to the writer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Write {
    /// On disk, power cut or not, before it is answered.
    durable: bool,
    groups: GroupSet,
}

impl Write {
    /// A write that survives a crash of the process; a power cut may take the last moments.
    pub(super) fn to(group: super::changes::Group) -> Self {
        Self { durable: false, groups: GroupSet::default().with(group) }
    }

    /// A write that survives a power cut.
    pub(super) fn durably(group: super::changes::Group) -> Self {
        Self { durable: true, ..Self::to(group) }
    }

    /// A write that touches every group.
    pub(super) fn everywhere() -> Self {
        Self { durable: true, groups: GroupSet::EVERYTHING }
    }

    /// One more group.
    pub(super) fn and(self, group: super::changes::Group) -> Self {
        Self { groups: self.groups.with(group), ..self }
    }
}

/// What is to be done before a caller is told.
type After = Box<dyn FnOnce() + Send>;

pub(super) enum Job {
    /// Runs in a transaction with others. `after` runs on the writer's thread, after the commit, before the answer.
    Grouped { write: Write, work: Work, after: Option<After>, reply: Reply },
    /// Runs by itself, outside any transaction (copies, checkpoints).
    Alone { work: Work, reply: Reply },
}

impl Job {
    /// One that runs in a transaction with others.
    pub(super) fn grouped(write: Write, work: Work, reply: Reply) -> Self {
        Job::Grouped { write, work, after: None, reply }
    }
}

/// Work of a transaction that was done, or not, and whom to tell once the transaction has ended.
struct Worked {
    state: Result<(), StoreError>,
    after: Option<After>,
    reply: Reply,
}

impl Worked {
    fn tell(self, committed: &Result<(), StoreError>) {
        let result = self.state.and_then(|()| committed.clone());
        if let (Ok(()), Some(after)) = (&result, self.after) {
            after();
        }
        // The caller may be gone; what it asked for is done all the same.
        let _ = self.reply.send(result);
    }
}

/// The thread: ends when every sender is gone and the queue is empty.
pub(super) fn run(connection: &Connection, mut queue: mpsc::Receiver<Job>, changes: &watch::Sender<Changes>) {
    let mut full = false;
    while let Some(first) = queue.blocking_recv() {
        work(connection, first, || queue.try_recv().ok(), &mut full, changes);
    }
    // Statistics for the next start; a failure costs nothing but speed.
    let _ = connection.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize;");
}

/// Work that waits for a transaction.
struct Grouped {
    write: Write,
    work: Work,
    after: Option<After>,
    reply: Reply,
}

/// One turn: what waits goes into one transaction, up to a job that runs alone.
fn work(
    connection: &Connection,
    first: Job,
    mut more: impl FnMut() -> Option<Job>,
    full: &mut bool,
    changes: &watch::Sender<Changes>,
) {
    let mut group = Vec::new();
    let mut next = Some(first);
    let mut alone = None;
    while let Some(job) = next.take() {
        match job {
            Job::Grouped { write, work, after, reply } => group.push(Grouped { write, work, after, reply }),
            Job::Alone { work, reply } => {
                alone = Some((work, reply));
                break;
            }
        }
        if group.len() < GROUP_MAX {
            next = more();
        }
    }
    if !group.is_empty() {
        commit(connection, group, full, changes);
    }
    if let Some((work, reply)) = alone {
        let _ = reply.send(work(connection));
    }
}

/// To whom jobs go.
pub(super) enum Writer {
    Thread(mpsc::Sender<Job>),
    Here(Here),
}

impl Writer {
    pub(super) async fn send(&self, job: Job) -> Result<(), StoreError> {
        match self {
            Writer::Thread(queue) => queue.send(job).await.map_err(|_| StoreError::Closed),
            Writer::Here(here) => {
                here.send(job).await;
                Ok(())
            }
        }
    }
}

/// A connection that writes, and whether its commits wait for the disk.
pub(super) type Turn = Arc<Mutex<(Connection, bool)>>;

/// The writer without a thread: jobs are run by whoever asks, together with those that wait by then.
pub(super) struct Here {
    queue: Mutex<VecDeque<Job>>,
    turn: Turn,
    changes: watch::Sender<Changes>,
}

impl Here {
    pub(super) fn turn(connection: Connection) -> Turn {
        Arc::new(Mutex::new((connection, false)))
    }

    pub(super) fn new(turn: Turn, changes: watch::Sender<Changes>) -> Self {
        Self { queue: Mutex::default(), turn, changes }
    }

    pub(super) async fn send(&self, job: Job) {
        lock(&self.queue).push_back(job);
        // Whoever asks at the same time shares the commit.
        tokio::task::yield_now().await;
        self.work_off();
    }

    fn work_off(&self) {
        let mut turn = lock(&self.turn);
        let (connection, full) = &mut *turn;
        let next = || lock(&self.queue).pop_front();
        while let Some(first) = next() {
            work(connection, first, next, full, &self.changes);
        }
    }
}

impl Drop for Here {
    /// As a thread does: what was asked for is done.
    fn drop(&mut self) {
        self.work_off();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn commit(connection: &Connection, group: Vec<Grouped>, full: &mut bool, changes: &watch::Sender<Changes>) {
    let durable = group.iter().any(|one| one.write.durable);
    let is_alone = group.len() == 1;
    let mut all = Vec::with_capacity(group.len());
    let mut groups = GroupSet::default();
    let mut failure = begin(connection, durable, full).err();
    for Grouped { write, work, after, reply } in group {
        let state = match &failure {
            // The transaction could not start or is gone: the work is not done, and that is said.
            Some(error) => Err(error.clone()),
            None => {
                let (state, lost) = if is_alone { by_itself(connection, work) } else { in_savepoint(connection, work) };
                if state.is_ok() && lost.is_none() {
                    groups = groups.union(write.groups);
                }
                failure = lost;
                state
            }
        };
        all.push(Worked { state, after, reply });
    }
    let result = match failure {
        Some(error) => {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            Err(error)
        }
        None => execute(connection, "COMMIT").inspect_err(|_| {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
        }),
    };
    if result.is_ok() && groups != GroupSet::default() {
        changes.send_modify(|counts| counts.note(groups));
    }
    for one in all {
        one.tell(&result);
    }
}

fn begin(connection: &Connection, durable: bool, full: &mut bool) -> Result<(), StoreError> {
    if durable != *full {
        // Only between transactions: inside one SQLite ignores it.
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        *full = durable;
    }
    loop {
        match execute(connection, "BEGIN IMMEDIATE") {
            // SQLite has waited by then; what holds the file up ends.
            Err(StoreError::Busy) if rewrite::is_written_anew(connection) => {}
            begun => return begun,
        }
    }
}

/// Does the one piece of work of a transaction: where it failed, the transaction goes with it. A savepoint would have SQLite copy
/// every page before it is changed.
fn by_itself(connection: &Connection, work: Work) -> (Result<(), StoreError>, Option<StoreError>) {
    let state = work(connection);
    let undone = || StoreError::Other { detail: "the change was undone".to_owned() };
    let lost = state.as_ref().err().cloned().or_else(|| connection.is_autocommit().then(undone));
    (state, lost)
}

/// Does one of several pieces of work: how it went, and whether the whole transaction is lost with it (SQLite rolls back by itself on a full
/// disk).
fn in_savepoint(connection: &Connection, work: Work) -> (Result<(), StoreError>, Option<StoreError>) {
    if let Err(error) = execute(connection, "SAVEPOINT job") {
        return (Err(error.clone()), Some(error));
    }
    let state = work(connection);
    if connection.is_autocommit() {
        let undone = || StoreError::Other { detail: "the change was undone".to_owned() };
        let error = state.as_ref().err().cloned().unwrap_or_else(undone);
        return (state, Some(error));
    }
    let worked = state.is_ok();
    let end = if worked { "RELEASE job" } else { "ROLLBACK TO job" };
    let mut ended = execute(connection, end);
    if !worked && ended.is_ok() {
        ended = execute(connection, "RELEASE job");
    }
    (state, ended.err())
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Answer, ask};
    use super::super::changes::Group;
    use super::super::preferences;
    use super::*;

    /// Queues the jobs, runs the writer until they are done, and answers how often it told of changes.
    fn run_all(connection: &Connection, jobs: Vec<Job>) -> Changes {
        let (sender, queue) = mpsc::channel(QUEUE);
        for job in jobs {
            assert!(sender.try_send(job).is_ok());
        }
        drop(sender);
        let (noted, changes) = watch::channel(Changes::default());
        run(connection, queue, &noted);
        *changes.borrow()
    }

    fn grouped<T: Send + 'static>(
        write: Write,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> (Job, Answer<T>) {
        let (work, reply, answer) = ask(job);
        (Job::grouped(write, work, reply), answer)
    }

    fn set(key: &'static str, length: usize) -> (Job, Answer<()>) {
        let job = move |c: &Connection| preferences::set(c, key, Some(&"x".repeat(length)));
        grouped(Write::to(Group::Connections), job)
    }

    fn is_set(connection: &Connection, key: &str) -> bool {
        preferences::get(connection, key).unwrap().is_some()
    }

    #[test]
    fn a_failed_job_does_not_undo_its_neighbours_and_one_commit_serves_all() {
        let c = super::super::empty_database();
        let (first, first_answer) = set("a", 1);
        let failing = |c: &Connection| {
            preferences::set(c, "b", Some("half done"))?;
            Err::<(), _>(StoreError::missing("something"))
        };
        let (second, second_answer) = grouped(Write::durably(Group::Plans), failing);
        let (third, third_answer) = set("c", 1);
        let changes = run_all(&c, vec![first, second, third]);
        assert_eq!(first_answer.now().unwrap(), Ok(()));
        assert!(matches!(second_answer.now().unwrap(), Err(StoreError::Missing { .. })));
        assert_eq!(third_answer.now().unwrap(), Ok(()));
        assert_eq!((is_set(&c, "a"), is_set(&c, "b"), is_set(&c, "c")), (true, false, true));
        assert_eq!((changes.of(Group::Connections), changes.of(Group::Plans)), (1, 0));
    }

    #[test]
    fn a_job_by_itself_that_fails_leaves_nothing_and_the_next_one_is_done() {
        let c = super::super::empty_database();
        let failing = |c: &Connection| {
            preferences::set(c, "a", Some("half done"))?;
            Err::<(), _>(StoreError::missing("something"))
        };
        let (job, answer) = grouped(Write::durably(Group::Plans), failing);
        let changes = run_all(&c, vec![job]);
        assert!(matches!(answer.now().unwrap(), Err(StoreError::Missing { .. })));
        assert_eq!((is_set(&c, "a"), changes.of(Group::Plans)), (false, 0));
        let undone = |c: &Connection| {
            preferences::set(c, "a", Some("half done"))?;
            Ok(c.execute_batch("ROLLBACK")?)
        };
        let (job, answer) = grouped(Write::durably(Group::Plans), undone);
        run_all(&c, vec![job]);
        assert!(answer.now().unwrap().is_err(), "what SQLite has rolled back is not said to be done");
        let (job, answer) = set("b", 1);
        run_all(&c, vec![job]);
        assert_eq!(answer.now().unwrap(), Ok(()));
        assert_eq!((is_set(&c, "a"), is_set(&c, "b")), (false, true));
    }

    #[test]
    fn a_full_disk_is_told_and_nothing_is_half_saved() {
        let c = super::super::empty_database();
        let pages: i64 = c.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        c.pragma_update_and_check(None, "max_page_count", pages + 2, |_| Ok(())).unwrap();
        let (small, small_answer) = set("small", 1);
        let (large, large_answer) = set("large", 1_000_000);
        run_all(&c, vec![small, large]);
        let refused = large_answer.now().unwrap().unwrap_err();
        assert_eq!(refused, StoreError::DiskFull);
        assert!(refused.remedy().starts_with("free some space"));
        assert!(!is_set(&c, "large"));
        assert_eq!(small_answer.now().unwrap().is_ok(), is_set(&c, "small"), "what is answered is what is there");
    }

    #[test]
    fn synchronous_is_full_for_what_must_survive_a_power_cut() {
        let c = super::super::empty_database();
        let level = |c: &Connection| Ok(c.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?);
        let (plain, plain_answer) = grouped(Write::to(Group::Feed), level);
        run_all(&c, vec![plain]);
        let (durable, durable_answer) = grouped(Write::durably(Group::Journal), level);
        run_all(&c, vec![durable]);
        assert_eq!(durable_answer.now().unwrap(), Ok(2));
        assert!(plain_answer.now().unwrap().is_ok());
    }
}
