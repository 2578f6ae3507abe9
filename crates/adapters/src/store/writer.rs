//! The one thread that writes. It takes what is queued, runs it in one transaction with a savepoint per job, and answers
//! after the commit: many small writes cost one `fsync`, a failed job does not undo its neighbours.

use super::changes::{Changes, GroupSet};
use super::error::StoreError;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};

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

/// Tells the caller how it went, once the transaction has ended.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs a job, or takes the reason why it cannot run; `Err` rolls back to its savepoint.
type Run = Box<dyn FnOnce(Result<&Connection, StoreError>) -> (Result<(), StoreError>, Answer) + Send>;

pub(super) enum Job {
    /// Runs in a transaction with others.
    Grouped { write: Write, run: Run },
    /// Runs by itself, outside any transaction (copies, checkpoints).
    Alone(Box<dyn FnOnce(&Connection) + Send>),
}

/// A job and where its answer arrives. `after` runs on the writer's thread, after the commit, before the answer.
pub(super) fn grouped<T: Send + 'static>(
    write: Write,
    job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    after: impl FnOnce(&T) + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T, StoreError>>) {
    let (reply, answer) = oneshot::channel();
    let run: Run = Box::new(move |connection| {
        let result = connection.and_then(job);
        let state = result.as_ref().map(|_| ()).map_err(Clone::clone);
        let answer: Answer = Box::new(move |committed| {
            let result = match (result, committed) {
                (Ok(_), Err(error)) => Err(error),
                (result, _) => result,
            };
            if let Ok(value) = &result {
                after(value);
            }
            // The caller may be gone; what it asked for is done all the same.
            let _ = reply.send(result);
        });
        (state, answer)
    });
    (Job::Grouped { write, run }, answer)
}

/// A job outside any transaction, and where its answer arrives.
pub(super) fn alone<T: Send + 'static>(
    job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<T, StoreError>>) {
    let (reply, answer) = oneshot::channel();
    let run = Box::new(move |connection: &Connection| {
        let _ = reply.send(job(connection));
    });
    (Job::Alone(run), answer)
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
            Job::Grouped { write, run } => group.push((write, run)),
            Job::Alone(run) => {
                alone = Some(run);
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
    if let Some(run) = alone {
        run(connection);
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

/// The writer without a thread: jobs are run by whoever asks, together with those that wait by then.
pub(super) struct Here {
    queue: Mutex<VecDeque<Job>>,
    turn: Mutex<(Connection, bool)>,
    changes: watch::Sender<Changes>,
}

impl Here {
    pub(super) fn new(connection: Connection, changes: watch::Sender<Changes>) -> Self {
        Self { queue: Mutex::default(), turn: Mutex::new((connection, false)), changes }
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

fn commit(connection: &Connection, group: Vec<(Write, Run)>, full: &mut bool, changes: &watch::Sender<Changes>) {
    let durable = group.iter().any(|(write, _)| write.durable);
    let mut answers = Vec::with_capacity(group.len());
    let mut groups = GroupSet::default();
    let mut failure = begin(connection, durable, full).err();
    for (write, run) in group {
        if let Some(error) = &failure {
            // The transaction could not start or is gone: the job did not run, and says so.
            answers.push(run(Err(error.clone())).1);
            continue;
        }
        match in_savepoint(connection, run) {
            Ok((worked, answer)) => {
                if worked {
                    groups = groups.union(write.groups);
                }
                answers.push(answer);
            }
            Err((error, answer)) => {
                failure = Some(error);
                answers.push(answer);
            }
        }
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
    for answer in answers {
        answer(result.clone());
    }
}

fn begin(connection: &Connection, durable: bool, full: &mut bool) -> Result<(), StoreError> {
    if durable != *full {
        // Only between transactions: inside one SQLite ignores it.
        connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
        *full = durable;
    }
    execute(connection, "BEGIN IMMEDIATE")
}

/// Runs one job. `Err` means that the whole transaction is lost (SQLite rolls back by itself on a full disk).
fn in_savepoint(connection: &Connection, run: Run) -> Result<(bool, Answer), (StoreError, Answer)> {
    if let Err(error) = execute(connection, "SAVEPOINT job") {
        return Err((error.clone(), run(Err(error)).1));
    }
    let (state, answer) = run(Ok(connection));
    if connection.is_autocommit() {
        let error = state.err().unwrap_or_else(|| StoreError::Other { detail: "the change was undone".to_owned() });
        return Err((error, answer));
    }
    let worked = state.is_ok();
    let end = if worked { "RELEASE job" } else { "ROLLBACK TO job" };
    let mut ended = execute(connection, end);
    if !worked && ended.is_ok() {
        ended = execute(connection, "RELEASE job");
    }
    match ended {
        Ok(()) => Ok((worked, answer)),
        Err(error) => Err((error, answer)),
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
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

    fn set(key: &'static str, length: usize) -> (Job, oneshot::Receiver<Result<(), StoreError>>) {
        let job = move |c: &Connection| preferences::set(c, key, Some(&"x".repeat(length)));
        grouped(Write::to(Group::Connections), job, |()| ())
    }

    fn is_set(connection: &Connection, key: &str) -> bool {
        preferences::get(connection, key).unwrap().is_some()
    }

    #[test]
    fn a_failed_job_does_not_undo_its_neighbours_and_one_commit_serves_all() {
        let c = super::super::empty_database();
        let (first, mut first_answer) = set("a", 1);
        let failing = |c: &Connection| {
            preferences::set(c, "b", Some("half done"))?;
            Err::<(), _>(StoreError::missing("something"))
        };
        let (second, mut second_answer) = grouped(Write::durably(Group::Plans), failing, |()| ());
        let (third, mut third_answer) = set("c", 1);
        let changes = run_all(&c, vec![first, second, third]);
        assert_eq!(first_answer.try_recv().unwrap(), Ok(()));
        assert!(matches!(second_answer.try_recv().unwrap(), Err(StoreError::Missing { .. })));
        assert_eq!(third_answer.try_recv().unwrap(), Ok(()));
        assert_eq!((is_set(&c, "a"), is_set(&c, "b"), is_set(&c, "c")), (true, false, true));
        assert_eq!((changes.of(Group::Connections), changes.of(Group::Plans)), (1, 0));
    }

    #[test]
    fn a_full_disk_is_told_and_nothing_is_half_saved() {
        let c = super::super::empty_database();
        let pages: i64 = c.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        c.pragma_update_and_check(None, "max_page_count", pages + 2, |_| Ok(())).unwrap();
        let (small, mut small_answer) = set("small", 1);
        let (large, mut large_answer) = set("large", 1_000_000);
        run_all(&c, vec![small, large]);
        let refused = large_answer.try_recv().unwrap().unwrap_err();
        assert_eq!(refused, StoreError::DiskFull);
        assert!(refused.remedy().starts_with("free some space"));
        assert!(!is_set(&c, "large"));
        assert_eq!(small_answer.try_recv().unwrap().is_ok(), is_set(&c, "small"), "what is answered is what is there");
    }

    #[test]
    fn synchronous_is_full_for_what_must_survive_a_power_cut() {
        let c = super::super::empty_database();
        let level = |c: &Connection| Ok(c.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?);
        let (plain, mut plain_answer) = grouped(Write::to(Group::Feed), level, |_| ());
        run_all(&c, vec![plain]);
        let (durable, mut durable_answer) = grouped(Write::durably(Group::Journal), level, |_| ());
        run_all(&c, vec![durable]);
        assert_eq!(durable_answer.try_recv().unwrap(), Ok(2));
        assert!(plain_answer.try_recv().unwrap().is_ok());
    }
}
