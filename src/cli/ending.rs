//! The end of the program by a signal: heard in one place for every command, told to whatever winds up, and over within a
//! second whatever happens.

use super::exit::Exit;
use crate::engine::progress::RunControl;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// What holds the end up (a run that records how it ended, a terminal that is given back) has so long.
const WIND_UP: Duration = Duration::from_millis(850);
/// Any other command has so long to come to its end by itself, so that a file that is being written is written.
const COURTESY: Duration = Duration::from_millis(150);

/// A signal that ends the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Hup,
    Int,
    Term,
}

impl Signal {
    const ALL: [Signal; 3] = [Signal::Hup, Signal::Int, Signal::Term];

    /// Its name without SIG.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Hup => "HUP",
            Signal::Int => "INT",
            Signal::Term => "TERM",
        }
    }

    /// Its number, the same on every system.
    pub fn number(self) -> u8 {
        match self {
            Signal::Hup => 1,
            Signal::Int => 2,
            Signal::Term => 15,
        }
    }

    fn kind(self) -> tokio::signal::unix::SignalKind {
        tokio::signal::unix::SignalKind::from_raw(i32::from(self.number()))
    }
}

#[derive(Debug)]
struct Inner {
    received: watch::Sender<Option<Signal>>,
    /// What holds the end up, by number: runs with their controls, others without.
    held: Mutex<Vec<(u64, Option<RunControl>)>>,
}

/// The near end for commands: whether the program is to end, and what must wind up first. Clones are one.
#[derive(Debug, Clone)]
pub struct Ending(Arc<Inner>);

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(Inner { received: watch::Sender::new(None), held: Mutex::default() }))
    }
}

/// Holds the end up until it is dropped.
#[derive(Debug)]
#[must_use = "the end is held up only while this lives"]
pub struct Hold {
    ending: Ending,
    number: u64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.ending.held().retain(|(number, _)| *number != self.number);
    }
}

impl Ending {
    fn held(&self) -> MutexGuard<'_, Vec<(u64, Option<RunControl>)>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the end wait (not long) for something that winds up by itself.
    pub fn hold(&self) -> Hold {
        self.hold_for(None)
    }

    /// The same for a run, which is interrupted when the program is to end, also when it was already.
    pub fn hold_run(&self, control: &RunControl) -> Hold {
        let hold = self.hold_for(Some(control.clone()));
        if self.signal().is_some() {
            control.interrupt();
        }
        hold
    }

    fn hold_for(&self, control: Option<RunControl>) -> Hold {
        let mut held = self.held();
        let number = held.iter().map(|(number, _)| number + 1).max().unwrap_or(0);
        held.push((number, control));
        Hold { ending: self.clone(), number }
    }

    /// The signal that ends the program, once one came.
    pub fn signal(&self) -> Option<Signal> {
        *self.0.received.borrow()
    }

    /// Waits for the signal that ends the program.
    pub async fn received(&self) -> Signal {
        let mut received = self.0.received.subscribe();
        match received.wait_for(Option::is_some).await.map(|signal| *signal) {
            Ok(Some(signal)) => signal,
            _ => std::future::pending().await,
        }
    }

    /// Waits until a command may be dropped where it stands: a signal came, and nothing holds the end up.
    pub async fn cuts(&self) -> Signal {
        let signal = self.received().await;
        if !self.held().is_empty() {
            std::future::pending::<()>().await;
        }
        signal
    }

    fn tell(&self, signal: Signal) -> Duration {
        self.0.received.send_replace(Some(signal));
        let held = self.held();
        held.iter().filter_map(|(_, control)| control.as_ref()).for_each(RunControl::interrupt);
        if held.is_empty() { COURTESY } else { WIND_UP }
    }

    /// Waits for a command to end. Once a signal comes the command is told, and has less than a second; a second INT does
    /// not wait at all. `None` when the command broke off without an exit.
    pub async fn supervise(&self, mut done: oneshot::Receiver<Exit>) -> Option<Exit> {
        let mut signals = Signals::listen();
        let first = tokio::select! {
            biased;
            exit = &mut done => return exit.ok(),
            signal = signals.next() => signal,
        };
        let patience = self.tell(first);
        let impatient = async { while signals.next().await != Signal::Int {} };
        tokio::select! {
            _ = &mut done => {}
            () = tokio::time::sleep(patience) => tracing::warn!(signal = first.name(), "ended before all was wound up"),
            () = impatient => {}
        }
        Some(Exit::Signal(first.number()))
    }
}

/// From now on a file that grows past the limit of the process (`ulimit -f`) is an error of the write, as on a full disk,
/// and not the end of the program without a word. To be called within the runtime.
pub fn hear_the_size_limit() {
    let kind = tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // Once heard, the signal stays heard for the life of the process; where that fails, all is as it was.
    drop(tokio::signal::unix::signal(kind));
}

/// The signals that end the program: the shell's, the terminal's, the system's.
struct Signals(Vec<(Signal, tokio::signal::unix::Signal)>);

impl Signals {
    /// Begins to listen. A hang-up that whoever started the program had ignored (`nohup`) stays ignored.
    fn listen() -> Self {
        let ignored = std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hang_up(&status));
        let wanted = Signal::ALL.into_iter().filter(|signal| !(ignored && *signal == Signal::Hup));
        Self(wanted.filter_map(|one| Some((one, tokio::signal::unix::signal(one.kind()).ok()?))).collect())
    }

    /// The next signal.
    async fn next(&mut self) -> Signal {
        let waits = self.0.iter_mut().map(|(signal, stream)| {
            Box::pin(async move {
                if stream.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
                *signal
            })
        });
        let waits: Vec<_> = waits.collect();
        if waits.is_empty() {
            std::future::pending::<()>().await;
        }
        futures_util::future::select_all(waits).await.0
    }
}

/// Whether `/proc/self/status` says that HUP is ignored: bit 0 of the mask.
fn ignores_hang_up(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hang_up_is_read_from_the_mask() {
        assert!(ignores_hang_up("Name:\tonroll\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hang_up("SigIgn:\t0000000000001000\n"));
        assert!(!ignores_hang_up("SigIgn:\n"));
        assert!(!ignores_hang_up(""));
    }

    #[tokio::test(start_paused = true)]
    async fn what_holds_the_end_up_is_told_and_the_rest_is_cut() {
        let ending = Ending::default();
        let cut = tokio::time::timeout(Duration::from_secs(3600), ending.cuts()).await;
        assert!(cut.is_err(), "nothing is cut without a signal");
        let (run, other) = (RunControl::default(), RunControl::default());
        let held = ending.hold_run(&run);
        drop(ending.hold_run(&other));
        assert_eq!(ending.tell(Signal::Term), WIND_UP);
        assert!(run.is_stopped() && !other.is_stopped(), "one that has ended is not told");
        assert!(tokio::time::timeout(Duration::from_secs(3600), ending.cuts()).await.is_err());
        drop(held);
        assert_eq!(ending.cuts().await, Signal::Term);
        // What begins after the signal is told at once.
        let late = RunControl::default();
        let _held = ending.hold_run(&late);
        assert!(late.is_stopped());
        assert_eq!(Ending::default().tell(Signal::Int), COURTESY);
    }
}
