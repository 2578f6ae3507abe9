//! What is drawn of a run: made from the gauges of a live one or from the history of one that has ended. `p` keeps it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::data::Newest;
use crate::console::app::Moment;
use crate::console::format;
use crate::console::widgets::gauge::Spark;
use crate::domain::ids::RunId;
use crate::domain::plan::OperationKind;
use crate::domain::run::{OperationState, Phase, RunOutcome};
use crate::engine::progress::{PhaseProgress, Progress, Waiting};

/// One cell of the sparkline.
const CELL: Duration = Duration::from_secs(2);
/// Cells that are kept: ten minutes.
const CELLS: usize = 300;

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Before,
    Now,
    Over,
    /// It ended with some left: a stop, or the end of the program.
    CutShort,
}

/// One phase.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseLine {
    pub phase: Phase,
    pub stage: Stage,
    pub done: u64,
    pub total: Option<u64>,
    pub took: Option<Duration>,
}

/// The counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub written: u32,
    pub already: u32,
    pub confirmed: u32,
    pub failed: u32,
    pub unknown: u32,
    pub set_aside: u32,
    /// Waits and repeats; only a live run counts them.
    pub retried: Option<u32>,
    /// Operations of the plan; 0 until there is one.
    pub operations: u32,
}

impl Counters {
    /// Operations that have an outcome.
    pub fn handled(&self) -> u32 {
        self.written + self.already + self.failed + self.set_aside
    }
}

/// Everything about a run that is drawn above its feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub run: Option<RunId>,
    /// What it does, in words: `applying plan 34`.
    pub doing: String,
    /// So far, or in all.
    pub took: Option<Duration>,
    pub phases: Vec<PhaseLine>,
    pub counters: Counters,
    /// `Waiting 12 s: …`.
    pub waiting: Option<String>,
    /// `about 65 s left, …`.
    pub left: Option<String>,
    pub cells: Vec<Spark>,
    /// Cells in which the vendor asked to wait.
    pub waits: Vec<bool>,
    /// Changes per second: now, mean, best.
    pub rates: (f64, f64, f64),
}

/// Rates and times out of successive gauges; all times since the console started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    cells: VecDeque<(f64, bool)>,
    cell_since: Option<Duration>,
    cell_base: u32,
    waited: bool,
    /// When the first write was handled, and how many were then.
    first: Option<(Duration, u32)>,
    last: Option<(Duration, u32)>,
    waiting: Option<(Duration, Waiting)>,
    waits: u32,
    times: BTreeMap<Phase, (Duration, Option<Duration>)>,
}

impl Pace {
    /// Takes a sample.
    pub fn take(&mut self, progress: &Progress, now: Duration) {
        let handled = progress.handled();
        self.note_phases(progress, now);
        self.note_waiting(progress, now);
        if handled > 0 && self.first.is_none() {
            // A screen that was opened in the middle of a run measures from there.
            self.first = Some(self.last.map_or((now, handled), |(at, _)| (at, 0)));
        }
        self.last = Some((now, handled));
        let Some(mut since) = self.cell_since.filter(|_| self.first.is_some()) else {
            (self.cell_since, self.cell_base) = (Some(now), handled);
            return;
        };
        self.waited |= progress.waiting.is_some();
        let whole = u32::try_from(now.saturating_sub(since).as_millis() / CELL.as_millis()).unwrap_or(u32::MAX);
        if whole == 0 {
            return;
        }
        // Samples that did not come (another screen was shown) are spread evenly over their cells.
        let each = f64::from(handled.saturating_sub(self.cell_base)) / f64::from(whole) / CELL.as_secs_f64();
        for _ in 0..whole.min(u32::try_from(CELLS).unwrap_or(u32::MAX)) {
            self.cells.push_back((each, self.waited));
        }
        while self.cells.len() > CELLS {
            self.cells.pop_front();
        }
        since += CELL * whole;
        (self.cell_since, self.cell_base, self.waited) = (Some(since), handled, progress.waiting.is_some());
    }

    fn note_phases(&mut self, progress: &Progress, now: Duration) {
        if let Some(phase) = progress.current {
            self.times.entry(phase).or_insert((now, None));
        }
        for (phase, at) in &progress.phases {
            if let Some((_, end @ None)) = self.times.get_mut(phase)
                && at.ended
            {
                *end = Some(now);
            }
        }
    }

    fn note_waiting(&mut self, progress: &Progress, now: Duration) {
        match (&progress.waiting, &self.waiting) {
            (Some(new), Some((_, old))) if new == old => {}
            (Some(new), _) => {
                self.waiting = Some((now, new.clone()));
                self.waits += u32::from(new.status != 0);
            }
            (None, _) => self.waiting = None,
        }
    }

    fn took(&self, phase: Phase, now: Duration) -> Option<Duration> {
        let (from, to) = self.times.get(&phase)?;
        Some(to.unwrap_or(now).saturating_sub(*from))
    }

    fn wait_left(&self, now: Duration) -> Option<(Duration, &Waiting)> {
        let (since, waiting) = self.waiting.as_ref()?;
        Some((waiting.wait.saturating_sub(now.saturating_sub(*since)), waiting))
    }

    /// Now, mean and best, per second.
    pub fn rates(&self) -> (f64, f64, f64) {
        let now = self.cells.back().map_or(0.0, |(value, _)| *value);
        let best = self.cells.iter().map(|(value, _)| *value).fold(0.0, f64::max);
        let mean = match (self.first, self.last) {
            (Some((from, base)), Some((to, handled))) if to > from => {
                f64::from(handled - base.min(handled)) / (to - from).as_secs_f64()
            }
            _ => 0.0,
        };
        (now, mean, best.max(mean))
    }

    /// `Waiting 12 s: Flow Learning asks to wait (429), 2nd time`.
    pub fn waiting_words(&self, now: Duration) -> Option<String> {
        let (left, waiting) = self.wait_left(now)?;
        if waiting.status == 0 {
            let seconds = Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX));
            return Some(format!("Waiting {}: keeping to the quota of {}", format::duration(seconds), waiting.vendor));
        }
        let why = if waiting.status == 429 { "too many requests" } else { "not available" };
        let seconds = Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX));
        let again = if self.waits > 1 { format!(", {} time", ordinal(self.waits)) } else { String::new() };
        let (wait, vendor, status) = (format::duration(seconds), waiting.vendor, waiting.status);
        Some(format!("Waiting {wait}: {vendor} answers {status}, {why}{again}"))
    }

    /// Time left by the rules of SCREENS 2.3, and how much of it is waiting.
    pub fn left_words(&self, counters: &Counters, now: Duration) -> Option<String> {
        let (from, base) = self.first?;
        let elapsed = now.saturating_sub(from);
        let done = counters.handled().saturating_sub(base);
        let left = format::time_left(done.into(), counters.operations.saturating_sub(base).into(), elapsed)?;
        Some(match self.wait_left(now) {
            Some((wait, _)) if !wait.is_zero() => {
                let seconds = Duration::from_secs(wait.as_secs().max(1));
                format!("{left}, of which {} are waiting", format::duration(seconds))
            }
            _ => left,
        })
    }
}

/// `2nd`, `3rd`, `11th`.
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", format::count(number))
}

/// What stands in the title of a live run.
fn doing(progress: &Progress, newest: Option<&Newest>) -> String {
    let name = |pick: fn(&Newest) -> &'static str, other: &'static str| newest.map_or(other, pick);
    match progress.current {
        None if progress.queued => "waits for its turn".to_owned(),
        None => "starting".to_owned(),
        Some(Phase::Settle) => "settling what was left open".to_owned(),
        Some(Phase::ReadSource) => format!("reading {}", name(|newest| newest.source, "the source")),
        Some(Phase::ReadDestination) => format!("reading {}", name(|newest| newest.destination, "the destination")),
        Some(Phase::MatchAndPlan) => "matching and planning".to_owned(),
        Some(Phase::ReadBack) => "reading back".to_owned(),
        Some(_) => match newest.and_then(|newest| newest.plan.as_ref()) {
            Some(plan) => format!("applying plan {}", plan.id),
            None => "applying the plan".to_owned(),
        },
    }
}

/// How many a phase will have once it begins, where the plan tells.
fn planned(phase: Phase, newest: Option<&Newest>) -> Option<u64> {
    let counts = &newest?.plan.as_ref()?.counts;
    match phase {
        Phase::Options => Some(counts.create_option.into()),
        Phase::Create => Some((counts.create + counts.reactivate).into()),
        Phase::Update => Some((counts.link + counts.update + counts.set_manager).into()),
        Phase::Deactivate => Some(counts.deactivate.into()),
        _ => None,
    }
}

impl Picture {
    /// Of a live run.
    pub fn live(
        sample: &crate::console::app::live::LiveSample,
        newest: Option<&Newest>,
        pace: &Pace,
        now: Moment,
    ) -> Self {
        let progress = &sample.progress;
        // What is kept of another run says nothing of this one.
        let newest = newest.filter(|newest| newest.run().map(|run| run.id) == sample.run || sample.run.is_none());
        let own = newest.filter(|_| sample.run.is_some());
        let writes = sample.purpose == crate::domain::run::RunPurpose::Sync;
        let line = |phase: Phase| {
            let at = progress.phases.get(&phase).copied();
            let kept = own.and_then(|newest| newest.phases.iter().find(|row| row.phase == phase));
            let kept = kept.and_then(|row| Duration::try_from(row.ended?.duration_since(row.started)).ok());
            PhaseLine {
                phase,
                stage: stage(at, progress.current == Some(phase), progress.wave.is_some()),
                done: at.map_or(0, |at| at.done),
                total: at.and_then(|at| at.total).or_else(|| planned(phase, own)),
                took: pace.took(phase, now.uptime).or(kept).filter(|_| at.is_some()),
            }
        };
        let wanted = |phase: &Phase| {
            *phase != Phase::Settle && (writes || *phase <= Phase::MatchAndPlan) || progress.phases.contains_key(phase)
        };
        let counters = Counters {
            written: progress.written,
            already: progress.already,
            confirmed: progress.confirmed,
            failed: progress.failed,
            unknown: progress.unknown,
            set_aside: progress.set_aside,
            retried: Some(progress.retried),
            // A run that finishes an interrupted one has only the rest to do.
            operations: match progress.operations {
                _ if !writes => 0,
                0 => plan_size(own),
                known => known,
            },
        };
        let started = now.wall.duration_since(sample.started);
        Self {
            run: sample.run,
            doing: doing(progress, own),
            took: Duration::try_from(started).ok(),
            phases: Phase::ALL.into_iter().filter(wanted).map(line).collect(),
            counters,
            waiting: pace.waiting_words(now.uptime),
            // Nobody knows when an operator comes.
            left: progress.at_gate().is_none().then(|| pace.left_words(&counters, now.uptime)).flatten(),
            cells: pace.cells.iter().map(|(value, _)| Spark::Value(*value)).collect(),
            waits: pace.cells.iter().map(|(_, waited)| *waited).collect(),
            rates: pace.rates(),
        }
    }

    /// Of the newest run when none is live.
    pub fn ended(newest: &Newest) -> Option<Self> {
        let run = newest.run()?;
        let phases = newest.phases.iter().map(|row| PhaseLine {
            phase: row.phase,
            stage: match (row.ended, row.total) {
                (None, _) => Stage::Now,
                (Some(_), Some(total)) if row.done < total && was_cut(run.outcome) => Stage::CutShort,
                _ => Stage::Over,
            },
            done: row.ended.map_or_else(|| row.done.max(handled(newest, row.phase)), |_| row.done),
            total: row.total,
            took: row.ended.and_then(|ended| Duration::try_from(ended.duration_since(row.started)).ok()),
        });
        let totals = run.totals;
        let counters = Counters {
            written: totals.written,
            already: totals.already,
            confirmed: totals.confirmed,
            failed: totals.failed,
            unknown: totals.unknown,
            set_aside: totals.set_aside,
            retried: None,
            operations: newest.totals.all(),
        };
        let took = run.ended.and_then(|ended| Duration::try_from(ended.duration_since(run.started)).ok());
        Some(Self {
            run: Some(run.id),
            doing: crate::console::screens::history::words::result(run),
            took,
            phases: phases.collect(),
            counters,
            waiting: None,
            left: None,
            cells: Vec::new(),
            waits: Vec::new(),
            rates: (0.0, 0.0, 0.0),
        })
    }
}

/// Lines of a phase that have an outcome: what a run did that did not come to note how far it was.
fn handled(newest: &Newest, phase: Phase) -> u64 {
    let of_phase = |kind: &OperationKind| kind.phase() == phase;
    let open = [OperationState::Pending, OperationState::Sent, OperationState::Unknown];
    let lines = OperationKind::ALL.into_iter().filter(of_phase).map(|kind| {
        let open: u32 = open.into_iter().map(|state| newest.totals.of(kind, state)).sum();
        newest.totals.kind(kind).saturating_sub(open)
    });
    lines.sum::<u32>().into()
}

/// Whether a run can have ended in the middle of a phase.
fn was_cut(outcome: RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Cancelled | RunOutcome::Interrupted | RunOutcome::Failed)
}

fn plan_size(newest: Option<&Newest>) -> u32 {
    newest.and_then(|newest| newest.plan.as_ref()).map_or(0, |plan| plan.operations)
}

fn stage(at: Option<PhaseProgress>, current: bool, in_waves: bool) -> Stage {
    match at {
        // Of a plan that goes in waves a phase has ended for a wave.
        Some(at) if at.ended && in_waves && at.total.is_some_and(|total| at.done < total) => Stage::Before,
        Some(at) if at.ended => Stage::Over,
        _ if current => Stage::Now,
        _ => Stage::Before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: u32) -> Progress {
        Progress { written: count, operations: 100, current: Some(Phase::Update), ..Progress::default() }
    }

    #[test]
    fn rates_come_from_successive_gauges() {
        let mut pace = Pace::default();
        pace.take(&written(0), Duration::ZERO);
        for tenth in 1..=60 {
            pace.take(&written(tenth / 2), Duration::from_millis(u64::from(tenth) * 100));
        }
        let (now, mean, best) = pace.rates();
        assert!((now - 5.0).abs() < 0.6 && (mean - 5.0).abs() < 0.3 && best >= now, "{now} {mean} {best}");
        assert!(pace.cells.len() >= 2);
    }

    #[test]
    fn a_screen_that_was_away_spreads_what_it_missed() {
        let mut pace = Pace::default();
        pace.take(&written(0), Duration::ZERO);
        pace.take(&written(1), Duration::from_secs(1));
        pace.take(&written(21), Duration::from_secs(11));
        assert_eq!(pace.cells.len(), 5);
        assert!(pace.cells.iter().all(|(value, _)| (*value - 2.0).abs() < 0.2));
    }

    #[test]
    fn a_wait_counts_down_and_is_part_of_the_time_left() {
        let mut pace = Pace::default();
        pace.take(&written(0), Duration::ZERO);
        pace.take(&written(40), Duration::from_secs(10));
        let wait = Waiting { vendor: "Flow", status: 429, wait: Duration::from_secs(12) };
        let waiting = Progress { waiting: Some(wait), ..written(40) };
        pace.take(&waiting, Duration::from_secs(10));
        let words = pace.waiting_words(Duration::from_secs(14)).unwrap();
        assert_eq!(words, "Waiting 8 s: Flow answers 429, too many requests");
        let own = Waiting { vendor: "Flow", status: 0, wait: Duration::from_secs(20) };
        pace.take(&Progress { waiting: Some(own), ..written(40) }, Duration::from_secs(14));
        let words = pace.waiting_words(Duration::from_secs(14)).unwrap();
        assert_eq!(words, "Waiting 20 s: keeping to the quota of Flow");
        pace.take(&waiting, Duration::from_secs(10));
        let counters = Counters { written: 40, operations: 100, ..Counters::default() };
        let left = pace.left_words(&counters, Duration::from_secs(10)).unwrap();
        assert_eq!(left, "about 15 s left, of which 12 s are waiting");
    }

    #[test]
    fn ordinals_are_english() {
        assert_eq!([1, 2, 3, 4, 11, 22].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "22nd"]);
    }
}
