//! The threads that read. A request of a screen may carry a slot: then only the newest of its slot counts, an older one
//! that still waits is dropped, and one that runs is interrupted.

use super::error::StoreError;
use rusqlite::{Connection, InterruptHandle};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Requests that wait at most.
const QUEUE: usize = 64;

/// Which reading thread answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadLane {
    /// For what is on the screen: short, and the newest request of a slot wins.
    Screen,
    /// For planning, exports and the command line: everything is answered, in order.
    Work,
}

/// What a screen shows in one place; two requests for one slot are never both wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Tenants,
    People,
    PeopleRows,
    Person,
    MappingRows,
    Review,
    ReviewCard,
    PlanOperations,
    PlanRows,
    FeedRows,
    FeedCount,
    History,
}

/// Runs a request, or takes the reason why it cannot run; answers its caller either way.
type Run = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

struct Job {
    ticket: Option<(Slot, u64)>,
    run: Run,
}

#[derive(Default)]
struct Tickets {
    newest: HashMap<Slot, u64>,
    running: Option<(Slot, u64)>,
}

impl Tickets {
    fn is_newest(&self, ticket: Option<(Slot, u64)>) -> bool {
        ticket.is_none_or(|(slot, number)| self.newest.get(&slot) == Some(&number))
    }
}

/// The near end of a reading thread.
pub(super) struct Reader {
    queue: mpsc::Sender<Job>,
    tickets: Arc<Mutex<Tickets>>,
    interrupt: InterruptHandle,
}

fn lock(tickets: &Mutex<Tickets>) -> MutexGuard<'_, Tickets> {
    tickets.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reader {
    /// The near end, and what the thread has to run.
    pub(super) fn new(connection: Connection) -> (Self, impl FnOnce() + Send + 'static) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let tickets = Arc::new(Mutex::new(Tickets::default()));
        let interrupt = connection.get_interrupt_handle();
        let reader = Self { queue, tickets: Arc::clone(&tickets), interrupt };
        (reader, move || run(&connection, jobs, &tickets))
    }

    /// Runs `job` on the thread and waits for the answer.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        slot: Option<Slot>,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ticket = slot.map(|slot| self.take_ticket(slot));
        let (reply, answer) = oneshot::channel();
        let run = Box::new(move |connection: Result<&Connection, StoreError>| {
            let _ = reply.send(connection.and_then(job));
        });
        self.queue.send(Job { ticket, run }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    fn take_ticket(&self, slot: Slot) -> (Slot, u64) {
        let mut tickets = lock(&self.tickets);
        let number = tickets.newest.get(&slot).copied().unwrap_or(0) + 1;
        tickets.newest.insert(slot, number);
        if tickets.running.is_some_and(|(running, _)| running == slot) {
            // Under the lock, so that it can only hit the statement of that very request.
            self.interrupt.interrupt();
        }
        (slot, number)
    }
}

fn run(connection: &Connection, mut jobs: mpsc::Receiver<Job>, tickets: &Mutex<Tickets>) {
    while let Some(Job { ticket, run }) = jobs.blocking_recv() {
        let wanted = {
            let mut tickets = lock(tickets);
            let wanted = tickets.is_newest(ticket);
            tickets.running = ticket.filter(|_| wanted);
            wanted
        };
        if wanted {
            in_snapshot(connection, run);
        } else {
            run(Err(StoreError::Superseded));
        }
        lock(tickets).running = None;
    }
}

/// Every request sees one state of the database, however many statements it runs.
fn in_snapshot(connection: &Connection, run: Run) {
    match connection.execute_batch("BEGIN") {
        Ok(()) => {
            run(Ok(connection));
            if !connection.is_autocommit() {
                // Nothing was written, so there is nothing to lose.
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
        Err(error) => run(Err(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_ticket_of_a_slot_is_wanted() {
        let mut tickets = Tickets::default();
        tickets.newest.insert(Slot::People, 2);
        assert!(!tickets.is_newest(Some((Slot::People, 1))));
        assert!(tickets.is_newest(Some((Slot::People, 2))));
        assert!(tickets.is_newest(None));
    }
}
