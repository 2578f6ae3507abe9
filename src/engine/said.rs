//! What was said for each line of a plan, until it is written down with what became of the line. A crash loses what is here, and
//! nothing of the journal.

use crate::domain::exchange::{Exchange, Purpose, Subject};
use crate::domain::person::User;
use crate::domain::plan::Operation;
use crate::ports::exchange::{Hearing, Masking, Told, Witness, heard_by};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Most exchanges of one line that are kept at a time: a list that is looked through for one person, a vendor that asks to wait.
const OF_A_LINE: usize = 24;

/// Hears what is said, by line.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Heard>);

#[derive(Default)]
struct Heard(Mutex<HashMap<u32, Vec<Spoken>>>);

/// One exchange of a line.
enum Spoken {
    Here(Box<Exchange>),
    /// A thread masks it, for many lines together; each takes its own out, where there is one.
    Aside(Shared<BoxFuture<'static, ByLine>>),
}

/// What was said in one request, of each line.
type ByLine = Arc<Mutex<HashMap<u32, Exchange>>>;

impl Witness for Heard {
    fn heard(&self, told: Told) {
        let spoken = match told.said {
            Masking::Open(_) => masked_aside(told),
            Masking::Done(_) => masked_here(told),
        };
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (line, spoken) in spoken {
            hear(lines.entry(line).or_default(), spoken);
        }
    }
}

fn masked_here(told: Told) -> Vec<(u32, Spoken)> {
    told.masked().into_iter().map(|(line, one)| (line, Spoken::Here(Box::new(one)))).collect()
}

/// In a runtime of one thread, as simulations have, nothing may hang on when another thread is done.
fn masked_aside(told: Told) -> Vec<(u32, Spoken)> {
    let runtime = match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() != RuntimeFlavor::CurrentThread => runtime,
        _ => return masked_here(told),
    };
    let lines: Vec<u32> = told.lines.iter().map(|(line, _)| *line).collect();
    let masking = runtime.spawn_blocking(move || told.masked().into_iter().collect::<HashMap<_, _>>());
    let masked = masking.map(|masked| {
        // What a panic says may be what was to be masked.
        if let Err(error) = &masked {
            tracing::warn!(panicked = error.is_panic(), "what was said could not be masked, and is not kept");
        }
        Arc::new(Mutex::new(masked.unwrap_or_default()))
    });
    let masked = masked.boxed().shared();
    lines.into_iter().map(|line| (line, Spoken::Aside(masked.clone()))).collect()
}

/// Keeps it beside what was said before. What is masked aside may turn out to be nothing of this line: what gives way to it is decided when it
/// is taken.
fn hear(said: &mut Vec<Spoken>, spoken: Spoken) {
    match spoken {
        Spoken::Here(exchange) => {
            let here = |one: &Spoken| matches!(one, Spoken::Here(_));
            let behind = said.iter().rposition(|one| !here(one)).map_or(0, |at| at + 1);
            let mut latest: Vec<Box<Exchange>> = said
                .drain(behind..)
                .filter_map(|one| if let Spoken::Here(exchange) = one { Some(exchange) } else { None })
                .collect();
            hear_masked(&mut latest, exchange);
            said.extend(latest.into_iter().map(Spoken::Here));
        }
        aside @ Spoken::Aside(_) => said.push(aside),
    }
}

#[expect(clippy::vec_box, reason = "they are moved from list to list")]
fn hear_masked(said: &mut Vec<Box<Exchange>>, exchange: Box<Exchange>) {
    match exchange.purpose {
        // Of several readings the last one is what was believed; a further attempt is of the same reading.
        Purpose::Look | Purpose::ReadBack if exchange.attempt <= 1 => {
            said.retain(|one| one.purpose != exchange.purpose);
        }
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
    pub(super) async fn take(&self, line: u32) -> Vec<Exchange> {
        let taken = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&line);
        masked(line, taken.unwrap_or_default()).await
    }

    /// What nobody has asked for.
    pub(super) async fn take_all(&self) -> Vec<(u32, Vec<Exchange>)> {
        let taken = std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut all = Vec::with_capacity(taken.len());
        for (line, spoken) in taken {
            all.push((line, masked(line, spoken).await));
        }
        all
    }
}

async fn masked(line: u32, spoken: Vec<Spoken>) -> Vec<Exchange> {
    let mut said = Vec::with_capacity(spoken.len());
    for one in spoken {
        let exchange = match one {
            Spoken::Here(exchange) => Some(exchange),
            Spoken::Aside(all) => all.await.lock().unwrap_or_else(PoisonError::into_inner).remove(&line).map(Box::new),
        };
        if let Some(exchange) = exchange {
            hear_masked(&mut said, exchange);
        }
    }
    if said.iter().any(|one| one.purpose == Purpose::Write) {
        said.retain(|one| one.purpose != Purpose::Look);
    }
    said.into_iter().map(|one| *one).collect()
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

    /// Of a request about some of these lines.
    fn told(lines: &[u32], named: &[u32], one: &Exchange) -> Told {
        let all: Vec<(u32, Subject)> = lines.iter().map(|line| (*line, Subject::default())).collect();
        let each: Vec<(u32, Exchange)> = named.iter().map(|line| (*line, one.clone())).collect();
        let said = if lines.len() > 1 { Masking::Open(Box::new(|_| each)) } else { Masking::Done(each) };
        Told { lines: Arc::new(all), said }
    }

    async fn taken(all: &[Exchange]) -> Vec<String> {
        let said = Said::default();
        all.iter().for_each(|one| said.0.heard(told(&[7], &[7], one)));
        assert!(said.take(8).await.is_empty());
        let taken = said.take(7).await.into_iter().map(|one| one.path).collect();
        assert!(said.take_all().await.is_empty(), "taken once");
        taken
    }

    #[tokio::test]
    async fn the_look_before_a_write_says_nothing_more_and_of_readings_the_last_counts() {
        use Purpose::{Look, ReadBack, Write};
        let looks = [exchange(Look, 1, "a"), exchange(Look, 1, "b"), exchange(Look, 2, "b again")];
        assert_eq!(taken(&looks).await, ["b", "b again"]);
        let written = [exchange(Look, 1, "a"), exchange(Write, 1, "w"), exchange(Write, 2, "w again")];
        assert_eq!(taken(&written).await, ["w", "w again"]);
        assert_eq!(taken(&[exchange(ReadBack, 1, "x"), exchange(ReadBack, 1, "y")]).await, ["y"]);
    }

    #[tokio::test]
    async fn however_many_pages_are_read_the_writes_stay() {
        let mut all = vec![exchange(Purpose::Write, 1, "first")];
        all.extend((0..100).map(|page| exchange(Purpose::Settle, 1, &page.to_string())));
        all.push(exchange(Purpose::Write, 1, "second"));
        let kept = taken(&all).await;
        assert_eq!((kept.len(), kept[0].as_str(), kept[23].as_str()), (24, "first", "second"));
    }

    fn paths(all: Vec<Exchange>) -> Vec<String> {
        all.into_iter().map(|one| one.path).collect()
    }

    async fn each_line_takes_its_own() {
        let (said, all) = (Said::default(), [1, 2, 3, 4]);
        for line in all {
            said.0.heard(told(&[line], &[line], &exchange(Purpose::Look, 1, "looked")));
        }
        said.0.heard(told(&all, &[1, 2, 3], &exchange(Purpose::Write, 1, "throttled")));
        said.0.heard(told(&all, &[1, 2, 3], &exchange(Purpose::Write, 2, "written")));
        // Requests of the same call about one each, many more than are kept of a line.
        for other in 0..100 {
            let path = other.to_string();
            said.0.heard(told(&all, &[if other < 99 { 1 } else { 2 }], &exchange(Purpose::Write, 1, &path)));
        }
        if Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread {
            let lines = Arc::new(vec![(3, Subject::default()), (4, Subject::default())]);
            let said_of = Masking::Open(Box::new(|_| panic!("planted")));
            said.0.heard(Told { lines, said: said_of });
        }
        assert_eq!(said.take(1).await.len(), OF_A_LINE);
        assert!(said.take(1).await.is_empty());
        assert_eq!(paths(said.take(2).await), ["throttled", "written", "99"]);
        let mut rest: Vec<_> = said.take_all().await.into_iter().map(|(line, all)| (line, paths(all))).collect();
        rest.sort();
        let both = vec!["throttled".to_owned(), "written".to_owned()];
        assert_eq!(rest, [(3, both), (4, vec!["looked".to_owned()])], "what was not written keeps its look");
    }

    #[tokio::test]
    async fn lines_of_one_request_take_their_own_in_a_runtime_of_one_thread() {
        each_line_takes_its_own().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn lines_of_one_request_take_their_own_where_a_thread_masks_them() {
        each_line_takes_its_own().await;
    }
}
