//! What was said for each line of a plan, until it is written down with what became of the line. A crash loses what is here, and
//! nothing of the journal.

use crate::domain::exchange::{Exchange, Purpose, Subject};
use crate::domain::person::User;
use crate::domain::plan::Operation;
use crate::ports::exchange::{Hearing, Witness, heard_by};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

/// Most exchanges of one line that are kept at a time: a list that is looked through for one person, a vendor that asks to wait.
const OF_A_LINE: usize = 24;

/// Hears what is said, by line.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Heard>);

#[derive(Default)]
struct Heard(Mutex<HashMap<u32, Vec<Exchange>>>);

impl Witness for Heard {
    fn heard(&self, line: u32, exchange: Exchange) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let said = lines.entry(line).or_default();
        match exchange.purpose {
            // Of several readings the last one is what was believed.
            Purpose::Look | Purpose::ReadBack => {
                said.retain(|one| one.purpose != exchange.purpose || is_first(&exchange))
            }
            Purpose::Write | Purpose::Settle => {}
        }
        if said.len() < OF_A_LINE {
            said.push(exchange);
        }
    }
}

/// Whether it is no new reading, but a further attempt or a further page of one.
fn is_first(exchange: &Exchange) -> bool {
    exchange.attempt > 1
}

impl Said {
    /// Hears what a call says about this operation. `held` is what the destination held, where that is known.
    pub(super) async fn hear<F: Future>(
        &self,
        purpose: Purpose,
        (operation, held): (&Operation, Option<&User>),
        call: F,
    ) -> F::Output {
        self.hear_all(purpose, vec![(operation.seq, Subject::of(operation, held))], call).await
    }

    /// The same of a call about several.
    pub(super) async fn hear_all<F: Future>(&self, purpose: Purpose, lines: Vec<(u32, Subject)>, call: F) -> F::Output {
        let witness = Arc::clone(&self.0) as Arc<dyn Witness>;
        heard_by(Hearing { purpose, lines: Arc::new(lines), witness }, call).await
    }

    /// What was said for a line since it was last asked. Where something was written, the look before it says nothing more: how
    /// it compares stands beside what was sent.
    pub(super) fn take(&self, line: u32) -> Vec<Exchange> {
        let taken = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&line);
        without_looks(taken.unwrap_or_default())
    }

    /// What nobody has asked for.
    pub(super) fn take_all(&self) -> Vec<(u32, Vec<Exchange>)> {
        let taken = std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        taken.into_iter().map(|(line, said)| (line, without_looks(said))).collect()
    }
}

fn without_looks(mut said: Vec<Exchange>) -> Vec<Exchange> {
    if said.iter().any(|one| one.purpose == Purpose::Write) {
        said.retain(|one| one.purpose != Purpose::Look);
    }
    said
}
