//! What is said below the phases of a run that is not live any more.

use super::data::Newest;
use super::state::is_quiet;
use crate::console::format;
use crate::domain::run::{OperationState, RunOutcome};

/// Sentences about how the newest run ended and what can be done, most useful first; a leading glyph has its role.
pub(super) fn sentences(newest: &Newest) -> Vec<String> {
    let Some(run) = newest.run() else { return Vec::new() };
    let totals = run.totals;
    let mut lines = Vec::new();
    if let Some(unfinished) = &newest.unfinished {
        let left = format::counted(unfinished.left.into(), "operation", "operations");
        let what = if unfinished.between_waves { "stopped between its waves" } else { "was interrupted" };
        match (&unfinished.by_other, &unfinished.approved) {
            (Some(other), _) if other.on_it => {
                let standing = if other.is_paused { "paused" } else { "live" };
                lines.push(format!("i Run {} is {standing} in another process: {}", unfinished.run, other.words));
            }
            (Some(other), _) => {
                lines.push(format!("! Run {} {what} with {left} open", unfinished.run));
                lines.push(format!("i Another process is at work: {}", other.words));
            }
            (None, Some(_)) => {
                lines.push(format!("! Run {} {what} with {left} open. Enter or ! finishes it", unfinished.run));
            }
            (None, None) => lines.push(format!("i Run {} ended before anything was approved", unfinished.run)),
        }
    }
    if run.outcome == RunOutcome::Cancelled {
        let all = newest.totals.all();
        let left = newest.totals.state(OperationState::Pending);
        if left > 0 {
            let share = format::share(left.into(), all.into());
            lines.push(format!("! {share} not written; they are planned anew, 5 shows them"));
        }
    }
    let late = totals.written.saturating_sub(totals.confirmed);
    if late > 0 && run.outcome != RunOutcome::Running {
        lines.push(format!("i {} written but not shown yet by {}", format::count(late), newest.destination));
    }
    if totals.failed > 0 {
        lines.push(format!("✗ {} failed; Enter shows each with its reason", format::count(totals.failed)));
    }
    if totals.skipped() > 0 {
        lines.push(format!("~ {} skipped: moved since the plan; m j shows each", format::count(totals.skipped())));
    }
    if totals.held > 0 {
        lines.push(format!(
            "! {} held, nobody else waited for them",
            format::counted(totals.held.into(), "person", "people")
        ));
    }
    if run.outcome == RunOutcome::Previewed {
        lines.push("✓ Nothing was sent: a preview only reads. 5 shows the plan".to_owned());
    } else if is_quiet(run.outcome) && lines.is_empty() {
        lines.push("✓ All that was planned was written and read back".to_owned());
    }
    lines
}
