//! What a run tells while it works: few control events that are never lost, and gauges that are sampled.

pub use super::run_control::{RunControl, StopCause};
use crate::domain::ids::{PlanId, RunId};
use crate::domain::problem::Problem;
use crate::domain::run::{Phase, RunOutcome, RunTotals};
use crate::domain::waves::WaveStanding;
use crate::ports::api::{ApiNotice, NoticeSink};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How far one phase is. `total` is `None` while it cannot be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PhaseProgress {
    pub done: u64,
    pub total: Option<u64>,
    pub ended: bool,
}

/// A wait for a vendor: a phase of its own on the screen, so that a healthy run does not look hung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub vendor: &'static str,
    /// What the vendor answered; 0 where the client waits by itself, to keep to the quotas.
    pub status: u16,
    pub wait: Duration,
}

/// The gauges of one run; only the newest value matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    pub phases: BTreeMap<Phase, PhaseProgress>,
    /// The phase that works now.
    pub current: Option<Phase>,
    pub written: u32,
    /// There already: nothing was sent.
    pub already: u32,
    pub confirmed: u32,
    pub failed: u32,
    pub unknown: u32,
    pub set_aside: u32,
    pub retried: u32,
    /// Operations of the plan.
    pub operations: u32,
    pub waiting: Option<Waiting>,
    pub paused: bool,
    /// Not begun: the runs of this program that are at work have all the places.
    pub queued: bool,
    /// Where a run that goes in waves stands.
    pub wave: Option<WaveStanding>,
}

impl Progress {
    /// Operations that have an outcome.
    pub fn handled(&self) -> u32 {
        self.written + self.already + self.failed + self.set_aside
    }

    /// How far a phase is.
    pub fn done(&self, phase: Phase) -> u64 {
        self.phases.get(&phase).map_or(0, |one| one.done)
    }

    /// The wave that waits for an operator or for its time.
    pub fn at_gate(&self) -> Option<&WaveStanding> {
        self.wave.as_ref().filter(|wave| wave.gate.is_some())
    }
}

/// Tens per run, never lost.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    Started {
        run: RunId,
        resumed: bool,
    },
    PhaseStarted(Phase),
    PhaseEnded(Phase),
    Planned {
        plan: PlanId,
        operations: u32,
        held: u32,
    },
    /// A wave begins, or waits at its gate.
    Wave(WaveStanding),
    /// Something the operator should know; the run goes on.
    Notice(String),
    Finished {
        run: RunId,
        outcome: RunOutcome,
        totals: RunTotals,
        seconds: f64,
        problem: Option<Problem>,
    },
}

/// Where a run reports to. Cheap to clone.
#[derive(Clone)]
pub struct Reporter {
    progress: Arc<watch::Sender<Progress>>,
    events: Option<mpsc::Sender<RunEvent>>,
}

impl Reporter {
    /// A reporter whose events nobody reads.
    pub fn silent() -> Self {
        Self { progress: Arc::new(watch::Sender::new(Progress::default())), events: None }
    }

    /// A reporter and the ends that a front end keeps: gauges to sample, events to read (64 may wait).
    pub fn channel() -> (Self, watch::Receiver<Progress>, mpsc::Receiver<RunEvent>) {
        let (events, reader) = mpsc::channel(64);
        let (progress, gauges) = watch::channel(Progress::default());
        (Self { progress: Arc::new(progress), events: Some(events) }, gauges, reader)
    }

    /// The gauges of now.
    pub fn snapshot(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Changes the gauges.
    pub fn update(&self, change: impl FnOnce(&mut Progress)) {
        self.progress.send_modify(change);
    }

    /// Moves one phase on.
    pub fn advance(&self, phase: Phase, by: u64) {
        self.update(|progress| progress.phases.entry(phase).or_default().done += by);
    }

    /// Sends a control event; waits when the reader is slow, drops it only when there is no reader any more.
    pub async fn event(&self, event: RunEvent) {
        if let Some(events) = &self.events {
            // A reader that has gone away (screen closed) must not stop the run.
            let _ = events.send(event).await;
        }
    }
}

impl NoticeSink for Reporter {
    fn notice(&self, notice: ApiNotice) {
        self.update(|progress| match notice {
            ApiNotice::Waiting { vendor, status, wait } => {
                progress.retried += 1;
                progress.waiting = Some(Waiting { vendor, status, wait });
            }
            ApiNotice::Resting { vendor, wait } => progress.waiting = Some(Waiting { vendor, status: 0, wait }),
            ApiNotice::Retrying { .. } => progress.retried += 1,
            ApiNotice::Answered { .. } => progress.waiting = None,
        });
    }
}
