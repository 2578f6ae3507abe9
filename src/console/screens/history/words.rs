//! Words about runs, shared by Run, History and Run detail.

use crate::console::format;
use crate::console::theme::Role;
use crate::domain::run::{RunOutcome, Trigger};
use crate::store::RunRow;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The role of a run's outcome; its glyph stands in front of the run.
pub fn role(run: &RunRow) -> Role {
    match run.outcome {
        RunOutcome::Running | RunOutcome::Paused => Role::Info,
        RunOutcome::Done | RunOutcome::Previewed => Role::Ok,
        // People who are held are no fault of the run.
        RunOutcome::DoneWithHeld if run.totals.failed + run.totals.unknown + run.totals.set_aside == 0 => Role::Ok,
        RunOutcome::DoneWithHeld | RunOutcome::Stopped | RunOutcome::Cancelled => Role::Warn,
        RunOutcome::Drifted => Role::Changed,
        RunOutcome::Interrupted => Role::Open,
        RunOutcome::Refused | RunOutcome::Failed => Role::Danger,
    }
}

/// How a run ended, in a few words.
pub fn result(run: &RunRow) -> String {
    let why = |fallback: &str| match &run.problem {
        Some(problem) if !problem.why.is_empty() => problem.why.clone(),
        Some(problem) => problem.what.clone(),
        None => fallback.to_owned(),
    };
    let what = |fallback: &str| run.problem.as_ref().map_or(fallback.to_owned(), |problem| problem.what.clone());
    match run.outcome {
        RunOutcome::Running => "running".to_owned(),
        RunOutcome::Paused => "paused".to_owned(),
        RunOutcome::Done => "done".to_owned(),
        RunOutcome::DoneWithHeld => done_with(run),
        RunOutcome::Previewed => "previewed, nothing sent".to_owned(),
        RunOutcome::Stopped => format!("stopped: {}", why("a limit")),
        RunOutcome::Cancelled => what("stopped by the operator"),
        RunOutcome::Drifted => "drifted, nothing written".to_owned(),
        RunOutcome::Refused => what("credentials refused"),
        RunOutcome::Failed => what("failed"),
        RunOutcome::Interrupted => "interrupted, can be finished".to_owned(),
    }
}

fn done_with(run: &RunRow) -> String {
    let totals = run.totals;
    let mut words = "done".to_owned();
    let open = [
        (totals.failed, "failed"),
        (totals.unknown, "unknown"),
        (totals.skipped(), "skipped"),
        (totals.parked, "parked"),
        (totals.pending, "not sent"),
    ];
    for (count, what) in open {
        if count > 0 {
            words.push_str(&format!(", {} {what}", format::count(count)));
        }
    }
    words
}

/// What set it off: who it was and whom it is about where it was started by hand, else schedule or webhook.
pub fn why(run: &RunRow) -> String {
    if !run.note.is_empty() {
        return run.note.clone();
    }
    if let Some(undone) = run.job.undoes {
        return format!("undo of {undone}, {}", run.by);
    }
    match run.job.trigger {
        Trigger::Hand if !run.by.is_empty() => match run.job.scope.words() {
            everybody if everybody.is_empty() => run.by.clone(),
            scope => format!("{scope}, {}", run.by),
        },
        _ => run.job.words(),
    }
}

/// `24 Nov 02:11`, with the year where it is not this one.
pub fn started(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (at.to_zoned(zone.clone()).date(), now.to_zoned(zone.clone()).date());
    format!("{} {}", format::day(then, today), format::clock(at, zone))
}

/// How long it took; nothing while it is open.
pub fn took(run: &RunRow) -> String {
    let took = run.ended.and_then(|ended| std::time::Duration::try_from(ended.duration_since(run.started)).ok());
    took.map(format::duration).unwrap_or_default()
}
