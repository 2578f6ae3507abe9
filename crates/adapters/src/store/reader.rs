//! The threads that read. A request of a screen may carry a topic: then only the newest of its topic counts, an older one
//! that still waits is dropped, and one that runs is interrupted.

use super::answer::{Reply, Work};
use super::error::StoreError;
use super::kept::Kept;
use rusqlite::{Connection, InterruptHandle};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Requests that wait at most.
const QUEUE: usize = 64;

/// Which reading thread answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadLane {
    /// For what is on the screen: short, and the newest request of a topic wins.
    Screen,
    /// For planning, exports and the command line: everything is answered, in order.
    Work,
}

/// What a screen shows in one place; two requests for one topic are never both wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ReadTopic {
    Tenants,
    Palette,
    People,
    PeopleFound,
    PeopleFacets,
    Person,
    MappingRows,
    ReviewCard,
    PlanOperations,
    PlanFacets,
    FeedRows,
    FeedCount,
    FeedFacets,
    Fleet,
    History,
}

/// Runs a request, or takes the reason why it cannot run; answers its caller either way.
type Run = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

struct Job {
    ticket: Option<(ReadTopic, u64)>,
    run: Run,
}

#[derive(Default)]
struct Tickets {
    newest: HashMap<ReadTopic, u64>,
    running: Option<(ReadTopic, u64)>,
}

impl Tickets {
    fn is_newest(&self, ticket: Option<(ReadTopic, u64)>) -> bool {
        ticket.is_none_or(|(topic, number)| self.newest.get(&topic) == Some(&number))
    }
}

/// The near end of a reading thread.
pub(super) struct Reader {
    queue: Way,
    tickets: Arc<Mutex<Tickets>>,
    interrupt: InterruptHandle,
    /// The store is closed: nobody waits for an answer any more.
    closed: Arc<AtomicBool>,
    /// Answers that still hold for the connection of this thread.
    kept: Arc<Kept>,
}

/// To whom requests go.
enum Way {
    Thread(mpsc::Sender<Job>),
    /// Whoever asks reads by itself.
    Here(Arc<Mutex<Connection>>),
}

/// How many steps SQLite makes before it looks whether the store was closed: well under a millisecond's worth.
const STEPS: i32 = 10_000;
/// Maximum of attempts at ending a transaction.
const ENDINGS: u32 = 100;

impl Drop for Reader {
    /// Nobody waits for what is asked for or being read: the thread ends at once, also in the middle of a million rows.
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

fn lock(tickets: &Mutex<Tickets>) -> MutexGuard<'_, Tickets> {
    tickets.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reader {
    /// The near end, and what the thread has to run.
    pub(super) fn new(mut connection: Connection) -> (Self, impl FnOnce() + Send + 'static) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let tickets = Arc::new(Mutex::new(Tickets::default()));
        let interrupt = connection.get_interrupt_handle();
        let closed = Arc::new(AtomicBool::new(false));
        let reader = Self {
            queue: Way::Thread(queue),
            tickets: Arc::clone(&tickets),
            interrupt,
            closed: Arc::clone(&closed),
            kept: Arc::default(),
        };
        (reader, move || {
            let seen = Arc::clone(&closed);
            if let Err(error) = connection.progress_handler(STEPS, Some(move || seen.load(Ordering::Relaxed))) {
                tracing::warn!(%error, "a long request will be read to its end when the store is closed");
            }
            run(&connection, jobs, &tickets, &closed);
        })
    }

    /// One without a thread.
    pub(super) fn here(connection: &Arc<Mutex<Connection>>) -> Self {
        let interrupt = connection.lock().unwrap_or_else(PoisonError::into_inner).get_interrupt_handle();
        let queue = Way::Here(Arc::clone(connection));
        Self { queue, tickets: Arc::default(), interrupt, closed: Arc::default(), kept: Arc::default() }
    }

    /// Has work done by the thread, which then tells the caller; the newest work of a topic takes the place of an older one.
    pub(super) async fn send(&self, topic: Option<ReadTopic>, work: Work, reply: Reply) -> Result<(), StoreError> {
        let ticket = topic.map(|topic| self.take_ticket(topic));
        let run = Box::new(move |connection: Result<&Connection, StoreError>| {
            let _ = reply.send(connection.and_then(work));
        });
        match &self.queue {
            Way::Thread(queue) => queue.send(Job { ticket, run }).await.map_err(|_| StoreError::Closed)?,
            Way::Here(connection) => read_here(connection, run),
        }
        Ok(())
    }

    /// What this thread keeps; for its own connection only.
    pub(super) fn kept(&self) -> Arc<Kept> {
        Arc::clone(&self.kept)
    }

    /// Has `job` run by the thread, when it comes to it; nobody waits. False when it has too much to do.
    pub(super) fn begin(&self, job: impl FnOnce(Result<&Connection, StoreError>) + Send + 'static) -> bool {
        match &self.queue {
            Way::Thread(queue) => queue.try_send(Job { ticket: None, run: Box::new(job) }).is_ok(),
            Way::Here(connection) => {
                read_here(connection, Box::new(job));
                true
            }
        }
    }

    fn take_ticket(&self, topic: ReadTopic) -> (ReadTopic, u64) {
        let mut tickets = lock(&self.tickets);
        let number = tickets.newest.get(&topic).copied().unwrap_or(0) + 1;
        tickets.newest.insert(topic, number);
        if tickets.running.is_some_and(|(running, _)| running == topic) {
            // Under the lock, so that it can only hit the statement of that very request.
            self.interrupt.interrupt();
        }
        (topic, number)
    }
}

fn run(connection: &Connection, mut jobs: mpsc::Receiver<Job>, tickets: &Mutex<Tickets>, closed: &AtomicBool) {
    while let Some(Job { ticket, run }) = jobs.blocking_recv() {
        let refused = {
            let mut tickets = lock(tickets);
            let closed = closed.load(Ordering::Relaxed);
            let wanted = tickets.is_newest(ticket) && !closed;
            tickets.running = ticket.filter(|_| wanted);
            (!wanted).then_some(if closed { StoreError::Closed } else { StoreError::Superseded })
        };
        match refused {
            None => in_snapshot(connection, run),
            Some(error) => run(Err(error)),
        }
        lock(tickets).running = None;
    }
}

fn read_here(connection: &Mutex<Connection>, run: Run) {
    in_snapshot(&connection.lock().unwrap_or_else(PoisonError::into_inner), run);
}

/// Every request sees one state of the database, however many statements it runs.
fn in_snapshot(connection: &Connection, run: Run) {
    match execute(connection, "BEGIN") {
        Ok(_) => {
            run(Ok(connection));
            leave_snapshot(connection);
        }
        Err(error) => run(Err(error.into())),
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute([])
}

/// Ends the transaction; nothing was written, so there is nothing to lose. Whoever got the answer may ask anew at once, and that
/// interrupts what still runs: the very statement that ends the transaction, which is then said again.
fn leave_snapshot(connection: &Connection) {
    for _ in 0..ENDINGS {
        if connection.is_autocommit() || execute(connection, "ROLLBACK").is_ok() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_ticket_of_a_slot_is_wanted() {
        let mut tickets = Tickets::default();
        tickets.newest.insert(ReadTopic::People, 2);
        assert!(!tickets.is_newest(Some((ReadTopic::People, 1))));
        assert!(tickets.is_newest(Some((ReadTopic::People, 2))));
        assert!(tickets.is_newest(None));
    }

    #[test]
    fn a_reader_that_is_let_go_of_stops_in_the_middle() {
        let (reader, thread) = Reader::new(super::super::empty_database());
        let thread = std::thread::spawn(thread);
        let (begun, begins) = std::sync::mpsc::channel();
        let endless = move |c: &Connection| {
            begun.send(()).unwrap();
            let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            Ok(c.query_row(count, [], |row| row.get::<_, i64>(0))?)
        };
        let (work, reply, answer) = super::super::answer::ask(endless);
        let run = Box::new(move |connection: Result<&Connection, StoreError>| {
            let _ = reply.send(connection.and_then(work));
        });
        let Way::Thread(queue) = &reader.queue else { panic!("a thread") };
        assert!(queue.try_send(Job { ticket: None, run }).is_ok());
        begins.recv().unwrap();
        drop(reader);
        thread.join().unwrap();
        assert!(answer.now().unwrap().is_err());
    }
}
