//! How far a match is, and how it is stopped.

use crate::matching::link::{Phase, Progress};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed};

/// Shared by whoever matches and whoever watches it.
#[derive(Debug, Default)]
pub struct Watch {
    phase: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
    stopped: AtomicBool,
}

const PHASES: [Phase; 7] = [
    Phase::Reading,
    Phase::Preparing,
    Phase::Training,
    Phase::Comparing,
    Phase::Rescuing,
    Phase::Deciding,
    Phase::Writing,
];

/// What a stopped match is left with.
struct Left;

impl Watch {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        let phase = PHASES.get(usize::from(self.phase.load(Relaxed))).copied().unwrap_or(Phase::Reading);
        Progress { phase, done: self.done.load(Relaxed), total: self.total.load(Relaxed) }
    }

    /// Tells the match to end at its next report.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether it was told to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    fn report(&self, progress: Progress) {
        if self.is_stopped() {
            // Comparing is pure and has no half result that anybody wants: it is left from where it reports, and all that it
            // holds is dropped on the way.
            resume_unwind(Box::new(Left));
        }
        let phase = PHASES.iter().position(|phase| *phase == progress.phase).unwrap_or(0);
        self.total.store(progress.total, Relaxed);
        self.done.store(progress.done, Relaxed);
        self.phase.store(u8::try_from(phase).unwrap_or(0), Relaxed);
    }

    /// Does something that reports its progress; `None` where it was stopped on the way.
    pub fn over<T>(&self, work: impl FnOnce(&mut dyn FnMut(Progress)) -> T) -> Option<T> {
        let mut report = |progress| self.report(progress);
        match catch_unwind(AssertUnwindSafe(|| work(&mut report))) {
            Ok(done) => (!self.is_stopped()).then_some(done),
            Err(cause) if cause.is::<Left>() => None,
            Err(cause) => resume_unwind(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stopped_ends_at_its_next_report() {
        let watch = Watch::default();
        let at = |done| Progress { phase: Phase::Comparing, done, total: 9 };
        let done = watch.over(|report| {
            report(at(1));
            watch.stop();
            report(at(2));
            unreachable!("it was stopped")
        });
        assert_eq!((done, watch.progress()), (None::<()>, at(1)));
        assert_eq!(Watch::default().over(|report| report(at(3))), Some(()));
    }
}
