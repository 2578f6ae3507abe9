//! What answers the screens' questions. The product's backend hands them to store and engine; tests use a fake.

use tokio::sync::mpsc;

use super::press::Press;
use crate::console::app::{Command, Generation, Msg, Payload, Problem, Query, RequestSlot};

/// Carries out queries and commands. Both methods return at once; the answer goes through the [`Reply`].
pub trait Backend: Send + Sync + 'static {
    /// Reads something. A newer query of the same slot makes this one worthless: it may be stopped.
    fn query(&self, slot: RequestSlot, generation: Generation, query: Query, reply: Reply);

    /// Changes something.
    fn command(&self, command: Command, reply: Reply);

    /// A sample of the gauges of live runs; called at most 10 times a second, and only while a run is live.
    fn sample(&self) -> Option<Payload> {
        None
    }
}

/// What the reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// A query.
    Query(RequestSlot, Generation),
    /// A command.
    Command(RequestSlot),
}

/// An answer on its way to the loop.
#[derive(Debug)]
pub(super) struct Answered {
    pub msg: Msg,
    /// The press that asked for it; `None` where nobody did just now.
    pub press: Option<Press>,
}

/// The way back: exactly one answer, which never blocks, because its place in the queue was reserved beforehand.
/// Dropped without an answer (the task panicked, say) it answers with a problem, so that no screen waits for ever.
#[derive(Debug)]
pub struct Reply {
    permit: Option<mpsc::OwnedPermit<Answered>>,
    ticket: Ticket,
    press: Option<Press>,
}

impl Reply {
    pub(super) fn new(permit: mpsc::OwnedPermit<Answered>, ticket: Ticket, press: Option<Press>) -> Self {
        Self { permit: Some(permit), ticket, press }
    }

    /// Done, or here it is.
    pub fn ready(mut self, payload: Payload) {
        let msg = match self.ticket {
            Ticket::Query(slot, generation) => Msg::Loaded(slot, generation, payload),
            Ticket::Command(slot) => Msg::Done(slot, payload),
        };
        self.send(msg);
    }

    /// It did not work.
    pub fn failed(mut self, problem: Problem) {
        let msg = self.refusal(problem);
        self.send(msg);
    }

    /// `Ok` is ready, `Err` is failed.
    pub fn result(self, result: Result<Payload, Problem>) {
        match result {
            Ok(payload) => self.ready(payload),
            Err(problem) => self.failed(problem),
        }
    }

    fn refusal(&self, problem: Problem) -> Msg {
        match self.ticket {
            Ticket::Query(slot, generation) => Msg::Failed(slot, generation, problem),
            Ticket::Command(slot) => Msg::Refused(slot, problem),
        }
    }

    fn send(&mut self, msg: Msg) {
        if let Some(permit) = self.permit.take() {
            permit.send(Answered { msg, press: self.press });
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if self.permit.is_some() {
            let why = "the part of the program that was asked ended without an answer";
            let problem = Problem::new("No answer", why, "try again with r; the log has the details");
            let msg = self.refusal(problem);
            self.send(msg);
        }
    }
}
