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
        let is_again = exchange.attempt > 1;
        match exchange.purpose {
            // Of several readings the last one is what was believed; a further attempt is of the same reading.
            Purpose::Look | Purpose::ReadBack if !is_again => said.retain(|one| one.purpose != exchange.purpose),
            _ => {}
        }
        if said.len() >= OF_A_LINE {
            // Pages that were looked through for one person give way to what was written.
            match said.iter().position(|one| one.purpose != Purpose::Write) {
                Some(oldest) => _ = said.remove(oldest),
                None => return,
            }
        }
        said.push(exchange);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exchange::{Content, Heard as Answered};

    fn exchange(purpose: Purpose, attempt: u32, path: &str) -> Exchange {
        Exchange {
            purpose,
            method: "GET".to_owned(),
            path: path.to_owned(),
            host: String::new(),
            headers: Vec::new(),
            content: Content::Nothing,
            sent: jiff::Timestamp::UNIX_EPOCH,
            attempt,
            waited_ms: 0,
            heard: Answered::Silence { ms: 1, cause: String::new(), left: true },
        }
    }

    fn taken(all: &[Exchange]) -> Vec<String> {
        let said = Said::default();
        all.iter().for_each(|one| said.0.heard(7, one.clone()));
        assert!(said.take(8).is_empty());
        let taken = said.take(7).into_iter().map(|one| one.path).collect();
        assert!(said.take_all().is_empty(), "taken once");
        taken
    }

    #[test]
    fn the_look_before_a_write_says_nothing_more_and_of_readings_the_last_counts() {
        use Purpose::{Look, ReadBack, Write};
        let looks = [exchange(Look, 1, "a"), exchange(Look, 1, "b"), exchange(Look, 2, "b again")];
        assert_eq!(taken(&looks), ["b", "b again"]);
        let written = [exchange(Look, 1, "a"), exchange(Write, 1, "w"), exchange(Write, 2, "w again")];
        assert_eq!(taken(&written), ["w", "w again"]);
        assert_eq!(taken(&[exchange(ReadBack, 1, "x"), exchange(ReadBack, 1, "y")]), ["y"]);
    }

    #[test]
    fn however_many_pages_are_read_the_writes_stay() {
        let mut all = vec![exchange(Purpose::Write, 1, "first")];
        all.extend((0..100).map(|page| exchange(Purpose::Settle, 1, &page.to_string())));
        all.push(exchange(Purpose::Write, 1, "second"));
        let kept = taken(&all);
        assert_eq!((kept.len(), kept[0].as_str(), kept[23].as_str()), (24, "first", "second"));
    }
}
