//! How the program stands for those who watch it from outside: whether the workspace answers, and what there is to count.

use super::error::ServiceError;
use crate::engine::Engine;
use crate::engine::schedule::{Schedules, Waits};
pub use crate::store::{Counted, RunSum};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A run that is owed for longer than this is late.
pub const LATE: SignedDuration = SignedDuration::from_mins(5);

/// The schedules in figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleFigures {
    pub paused: bool,
    /// Processes that watch.
    pub watchers: u64,
    /// Runs that are due for longer than [`LATE`] and that nothing holds up: nobody has begun them.
    pub late: u64,
    /// Tenants whose due run waits, by what for.
    pub waiting: BTreeMap<&'static str, u64>,
    /// The next run of each tenant that has one, by short name.
    pub next: BTreeMap<String, Timestamp>,
    pub at_work: u64,
}

/// Everything that is counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    pub counted: Counted,
    pub schedules: ScheduleFigures,
}

/// What is counted now.
///
/// # Errors
/// The store's.
pub async fn figures(engine: &Engine) -> Result<Figures, ServiceError> {
    let schedules = schedule_figures(&engine.schedules().await?, engine.clock.now());
    let at_work = engine.store.all_at_work()?.len();
    let schedules = ScheduleFigures { at_work: u64::try_from(at_work).unwrap_or(u64::MAX), ..schedules };
    Ok(Figures { counted: engine.store.counted().await?, schedules })
}

fn schedule_figures(all: &Schedules, now: Timestamp) -> ScheduleFigures {
    let mut figures = ScheduleFigures {
        paused: all.desk.paused.is_some(),
        watchers: u64::try_from(all.desk.watchers.len()).unwrap_or(u64::MAX),
        ..ScheduleFigures::default()
    };
    for standing in &all.standings {
        let runs_by_itself = !matches!(standing.waits, Some(Waits::Manual | Waits::NotLive(_)));
        let Some(due) = standing.due.filter(|_| runs_by_itself) else { continue };
        figures.next.insert(standing.connection.short_name.clone(), due);
        if !standing.is_owed(now) {
            continue;
        }
        match &standing.waits {
            Some(waits) => *figures.waiting.entry(waits.key()).or_default() += 1,
            None if now.duration_since(due) > LATE => figures.late += 1,
            None => {}
        }
    }
    figures
}

/// Whether the workspace file answers, and knows that this process watches.
///
/// # Errors
/// The store's.
pub async fn is_watched_here(engine: &Engine) -> Result<bool, ServiceError> {
    let desk = engine.store.schedule_desk().await?;
    let own = &engine.process;
    Ok(desk
        .watchers
        .iter()
        .any(|one| (one.holder.pid, &one.holder.host, &one.holder.start) == (own.pid, &own.host, &own.start)))
}
