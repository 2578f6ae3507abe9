//! How a run is steered: from its own screen, from any other process through the workspace file, by the end of the program.

use super::error::EngineError;
use crate::domain::connection::ConnectionStatus;
use crate::domain::run::RunOutcome;
use crate::store::{LeaseToken, Store, StoreError, WritePermit};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// When the program ends, writes in flight have so long to be answered and recorded; what is not is settled by the next run.
/// A program that is told to end is gone within a second, so there must be time left to write down how the run ended.
const GRACE_OF_PROGRAM: Duration = Duration::from_millis(500);
/// When only the run ends, nobody waits for the terminal: an answer that is merely slow is worth waiting for.
const GRACE_OF_RUN: Duration = Duration::from_secs(10);
/// How often the file is looked at while nothing is written.
pub(super) const LOOK_GAP: Duration = Duration::from_millis(250);

/// Why a run stops.
#[derive(Debug, Clone, PartialEq)]
pub enum StopCause {
    /// The program ends: by a signal, or because it is left. The next run finishes what is left.
    ProgramEnds,
    /// An operator stopped it, on its screen or (then named) from another process.
    Operator { by: Option<String> },
    /// A wave waits for a key, and nobody sees the run who could press it. Whoever goes on with it comes to the same gate.
    AtGate { gate: String, tenant: String },
    /// The workspace does not let it write any more.
    Denied(WritePermit),
    /// The workspace could not be asked whether it may write.
    Unasked(StoreError),
}

impl StopCause {
    fn grace(&self) -> Duration {
        match self {
            StopCause::ProgramEnds => GRACE_OF_PROGRAM,
            StopCause::Operator { .. } | StopCause::AtGate { .. } | StopCause::Unasked(_) => GRACE_OF_RUN,
            // Whoever took over settles what is on its way; our answer would only confuse its journal.
            StopCause::Denied(_) if self.is_overtaken() => Duration::ZERO,
            StopCause::Denied(_) => GRACE_OF_RUN,
        }
    }

    /// Whether the run is not this process's any more.
    pub(super) fn is_overtaken(&self) -> bool {
        matches!(self, StopCause::Denied(WritePermit::LeaseLost { .. } | WritePermit::Removed))
    }

    /// What a run that it stopped is in the history. What an operator stopped is over; anything else is finished by the
    /// next run.
    pub fn outcome(&self) -> RunOutcome {
        match self {
            StopCause::Operator { .. } | StopCause::Denied(WritePermit::NotLive { .. }) => RunOutcome::Cancelled,
            StopCause::ProgramEnds | StopCause::AtGate { .. } | StopCause::Denied(_) | StopCause::Unasked(_) => {
                RunOutcome::Interrupted
            }
        }
    }

    /// What happened, in words.
    pub fn words(&self) -> String {
        let by = |by: &String| if by.is_empty() { String::new() } else { format!(" by {by}") };
        match self {
            StopCause::ProgramEnds => "interrupted: the program was told to end".to_owned(),
            StopCause::AtGate { gate, .. } => {
                format!("stopped at the gate of {gate}: it waits for a key, and nobody sees this run")
            }
            StopCause::Operator { by: None } => "stopped by the operator".to_owned(),
            StopCause::Operator { by: Some(who) } => format!("stopped{}", by(who)),
            StopCause::Denied(WritePermit::NotLive { status, by: who, .. }) => {
                let what = match status {
                    ConnectionStatus::Off => "switched off",
                    ConnectionStatus::Paused => "paused",
                    ConnectionStatus::Preview => "taken back to preview",
                    ConnectionStatus::Live => "switched",
                };
                format!("stopped: the tenant was {what}{} while the run was at work", by(who))
            }
            StopCause::Denied(WritePermit::Removed) => {
                "stopped: the tenant was removed while the run was at work".to_owned()
            }
            StopCause::Denied(WritePermit::LeaseLost { holder: Some(holder) }) => {
                format!("stopped: it was silent for too long, and {} has taken over", holder.words())
            }
            StopCause::Denied(_) => "stopped: it was silent for too long and has lost the right to write".to_owned(),
            StopCause::Unasked(error) => format!("stopped: whether it may write could not be read: {error}"),
        }
    }
}

/// A stop that was asked for, and when what is on its way is given up.
#[derive(Debug, Clone)]
struct Stop {
    cause: StopCause,
    give_up: Instant,
}

/// Where the permit to write comes from.
#[derive(Clone)]
struct Permit {
    store: Store,
    token: LeaseToken,
}

/// How a run is steered. Clones steer the same run. Pause and stop act at the next boundary between two writes; reading ends
/// at once.
#[derive(Clone)]
pub struct RunControl {
    stop: watch::Sender<Option<Stop>>,
    pause: watch::Sender<bool>,
    /// Waves below this one may begin; an operator has said so.
    let_go: watch::Sender<usize>,
    /// Somebody is there who can let a wave go.
    attended: Arc<AtomicBool>,
    permit: Option<Permit>,
}

impl Default for RunControl {
    fn default() -> Self {
        Self {
            stop: watch::Sender::new(None),
            pause: watch::Sender::new(false),
            let_go: watch::Sender::new(0),
            attended: Arc::default(),
            permit: None,
        }
    }
}

impl std::fmt::Debug for RunControl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunControl").field("stop", &self.stop_cause()).field("paused", &self.is_paused()).finish()
    }
}

/// A read was given up because the run is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl RunControl {
    /// An operator stops the run: no new write is started; those in flight are awaited for a moment and recorded.
    pub fn stop(&self) {
        self.halt(StopCause::Operator { by: None });
    }

    /// Stops because the program ends: the next run finishes what is left.
    pub fn interrupt(&self) {
        self.halt(StopCause::ProgramEnds);
    }

    /// Stops for a cause. The first one counts; a later one can only shorten the time that is left.
    pub(super) fn halt(&self, cause: StopCause) {
        let give_up = Instant::now() + cause.grace();
        self.stop.send_if_modified(|stop| match stop {
            None => {
                *stop = Some(Stop { cause, give_up });
                true
            }
            Some(stop) if give_up < stop.give_up => {
                stop.give_up = give_up;
                true
            }
            Some(_) => false,
        });
    }

    /// Why it is to stop, if it is.
    pub fn stop_cause(&self) -> Option<StopCause> {
        self.stop.borrow().as_ref().map(|stop| stop.cause.clone())
    }

    /// Whether a stop was asked for.
    pub fn is_stopped(&self) -> bool {
        self.stop.borrow().is_some()
    }

    /// Whether it is to stop because the program ends, and within a moment.
    pub(super) fn program_ends(&self) -> bool {
        self.stop.borrow().as_ref().is_some_and(|stop| stop.cause == StopCause::ProgramEnds)
    }

    /// The stop as an error, where one was asked for.
    ///
    /// # Errors
    /// [`EngineError::Halted`].
    pub fn check(&self) -> Result<(), EngineError> {
        self.stop_cause().map_or(Ok(()), |cause| Err(EngineError::Halted(cause)))
    }

    /// Waits until a stop is asked for.
    pub async fn stopped(&self) {
        // The sender lives in this very value.
        let _ = self.stop.subscribe().wait_for(Option::is_some).await;
    }

    /// Waits until what is on its way is to be given up.
    async fn given_up(&self) {
        let mut stop = self.stop.subscribe();
        loop {
            let give_up = stop.borrow_and_update().as_ref().map(|stop| stop.give_up);
            tokio::select! {
                () = async {
                    match give_up {
                        Some(moment) => tokio::time::sleep_until(moment).await,
                        None => std::future::pending().await,
                    }
                } => return,
                // The time that is left may have become shorter.
                _ = stop.changed() => {}
            }
        }
    }

    /// A read, a wait or a computation, given up as soon as the run is to stop.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn guard<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(Stopped),
            done = work => Ok(done),
        }
    }

    /// A write, which has a short time to be answered once the run is to stop; `None` when it was not: then it may have taken
    /// effect.
    pub async fn guard_write<T>(&self, write: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = write => Some(done),
            () = self.given_up() => None,
        }
    }

    /// Holds the run between two writes, or lets it go on.
    pub fn pause(&self, paused: bool) {
        self.pause.send_replace(paused);
    }

    /// Whether the run is held.
    pub fn is_paused(&self) -> bool {
        *self.pause.borrow()
    }

    /// Says that somebody is there who sees the run and can let its waves go.
    pub fn attend(&self) {
        self.attended.store(true, Ordering::Relaxed);
    }

    /// Whether somebody is there to let a wave go.
    pub fn is_attended(&self) -> bool {
        self.attended.load(Ordering::Relaxed)
    }

    /// Lets a wave go, counted from 0.
    pub fn let_wave_go(&self, wave: usize) {
        self.let_go.send_if_modified(|let_go| {
            let later = *let_go <= wave;
            *let_go = (*let_go).max(wave + 1);
            later
        });
    }

    /// Waits until a wave is let go, for so long at most where a time is given; whether an operator let it go.
    ///
    /// # Errors
    /// [`Stopped`].
    pub(super) async fn wave_let_go(&self, wave: usize, at_most: Option<Duration>) -> Result<bool, Stopped> {
        let mut let_go = self.let_go.subscribe();
        let pressed = let_go.wait_for(|let_go| *let_go > wave);
        self.guard(async {
            match at_most {
                Some(wait) => tokio::time::timeout(wait, pressed).await.is_ok(),
                // The sender lives in this very value.
                None => pressed.await.is_ok(),
            }
        })
        .await
    }

    /// The same control for the run that has this lease: from here on the workspace is asked before each write.
    pub(super) fn under(&self, store: &Store, token: LeaseToken) -> RunControl {
        RunControl { permit: Some(Permit { store: store.clone(), token }), ..self.clone() }
    }

    /// Waits while paused; `false` when the run is to stop. Asked just before each write: the workspace file is read, so
    /// that what any process has switched counts from that moment on.
    pub async fn may_go_on(&self) -> bool {
        loop {
            let mut paused = self.pause.subscribe();
            if !matches!(self.guard(paused.wait_for(|paused| !paused)).await, Ok(Ok(_))) {
                return false;
            }
            drop(paused);
            let Some(permit) = &self.permit else { return !self.is_stopped() };
            match permit.store.write_permit(permit.token).await {
                Ok(WritePermit::Granted) => return !self.is_stopped(),
                // The watch of the lease takes the pause over; until it has, this waits by itself.
                Ok(WritePermit::Paused { .. }) => {
                    if self.guard(tokio::time::sleep(LOOK_GAP)).await.is_err() {
                        return false;
                    }
                }
                Ok(WritePermit::Stopped { by }) => self.halt(StopCause::Operator { by: Some(by) }),
                Ok(denied) => self.halt(StopCause::Denied(denied)),
                Err(error) => self.halt(StopCause::Unasked(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn after(wait: Duration) -> &'static str {
        tokio::time::sleep(wait).await;
        "answered"
    }

    #[tokio::test(start_paused = true)]
    async fn reading_ends_at_once_and_a_write_has_its_grace() {
        let (control, begun) = (RunControl::default(), Instant::now());
        let stop = async {
            tokio::time::sleep(SECOND).await;
            control.interrupt();
        };
        let read = async {
            let read = control.guard(after(300 * SECOND)).await;
            (read, begun.elapsed())
        };
        let quick = control.guard_write(after(SECOND + GRACE_OF_PROGRAM / 2));
        let hung = async {
            let hung = control.guard_write(after(300 * SECOND)).await;
            (hung, begun.elapsed())
        };
        let ((), (read, read_at), quick, (hung, hung_at)) = tokio::join!(stop, read, quick, hung);
        assert_eq!((read, read_at), (Err(Stopped), SECOND));
        assert_eq!(quick, Some("answered"));
        assert_eq!((hung, hung_at), (None, SECOND + GRACE_OF_PROGRAM));
        // Nothing begins after it.
        assert_eq!(control.guard(std::future::ready(1)).await, Err(Stopped));
        assert!(!control.may_go_on().await);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_program_shortens_what_an_operators_stop_had_left_and_the_first_cause_stands() {
        let (control, begun) = (RunControl::default(), Instant::now());
        control.stop();
        let end = async {
            tokio::time::sleep(SECOND).await;
            control.interrupt();
        };
        let hung = async {
            assert_eq!(control.guard_write(after(300 * SECOND)).await, None);
            begun.elapsed()
        };
        let ((), hung) = tokio::join!(end, hung);
        assert_eq!(hung, SECOND + GRACE_OF_PROGRAM);
        let cause = control.stop_cause().unwrap();
        assert_eq!((&cause, cause.outcome()), (&StopCause::Operator { by: None }, RunOutcome::Cancelled));
        control.stop();
        assert_eq!(control.guard_write(after(SECOND)).await, None, "the time is over");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_until_it_is_lifted_or_the_run_stops() {
        let (control, begun) = (RunControl::default(), Instant::now());
        control.pause(true);
        let lift = async {
            tokio::time::sleep(5 * SECOND).await;
            control.pause(false);
        };
        let (go_on, ()) = tokio::join!(control.may_go_on(), lift);
        assert_eq!((go_on, begun.elapsed()), (true, 5 * SECOND));
        control.pause(true);
        let stop = async {
            tokio::time::sleep(SECOND).await;
            control.interrupt();
        };
        let (go_on, ()) = tokio::join!(control.may_go_on(), stop);
        assert_eq!((go_on, begun.elapsed()), (false, 6 * SECOND));
    }

    #[test]
    fn every_cause_says_what_becomes_of_the_run() {
        let denied = |permit| StopCause::Denied(permit);
        let off = denied(WritePermit::NotLive {
            status: ConnectionStatus::Off,
            by: "tim".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        });
        assert_eq!(off.words(), "stopped: the tenant was switched off by tim while the run was at work");
        assert_eq!(off.outcome(), RunOutcome::Cancelled);
        let lost = denied(WritePermit::LeaseLost { holder: None });
        assert_eq!((lost.outcome(), lost.grace()), (RunOutcome::Interrupted, Duration::ZERO));
        assert_eq!(StopCause::ProgramEnds.outcome(), RunOutcome::Interrupted);
        assert_eq!(StopCause::Operator { by: Some("tim".into()) }.words(), "stopped by tim");
    }
}
