//! How much a tenant needs a human, and what for: the order and the words of the list.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::data::Entry;
use crate::console::app::live::LiveSample;
use crate::console::format;
use crate::console::theme::Role;
use crate::domain::code::ProblemCode;
use crate::domain::connection::ConnectionStatus;
use crate::domain::plan::LimitCheck;
use crate::domain::problem::LetThrough;
use crate::domain::run::{Phase, RunOutcome, RunPurpose};
use crate::domain::snapshot::Side;
use crate::engine::progress::Progress;
use crate::store::StoreError;
use crate::store::views::Fault;

/// The groups of the list, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    NeedsYou,
    Running,
    Fine,
    Aside,
}

impl Group {
    /// The heading; the first group has none.
    pub(super) fn heading(self) -> Option<&'static str> {
        match self {
            Group::NeedsYou => None,
            Group::Running => Some("running"),
            Group::Fine => Some("fine"),
            Group::Aside => Some("off or in set-up"),
        }
    }
}

/// How one tenant stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub group: Group,
    /// Failures before questions before warnings; 0 is worst.
    pub weight: u8,
    /// People and values that wait, for the order within a weight.
    pub size: u32,
    pub role: Role,
    /// What it needs, as a narrow list says it.
    pub words: String,
    /// What the last run came to, as a wide list says it.
    pub result: String,
}

impl Need {
    fn new(group: Group, weight: u8, role: Role, words: impl Into<String>, result: impl Into<String>) -> Self {
        Self { group, weight, size: 0, role, words: words.into(), result: result.into() }
    }

    /// What the list is ordered by.
    pub(super) fn rank(&self) -> (Group, u8, std::cmp::Reverse<u32>) {
        (self.group, self.weight, std::cmp::Reverse(self.size))
    }
}

/// How a tenant stands now. `live` is its run in this program, if one is live.
pub(super) fn assess(entry: &Entry, live: Option<&LiveSample>, now: Timestamp, zone: &TimeZone) -> Need {
    if let Some(fault) = &entry.row.fault {
        let words = match fault {
            Fault::Row(lost) => {
                let what = lost.first().map_or("its row", |lost| lost.what.as_str());
                format!("{} cannot be read", what.strip_prefix("settings.").unwrap_or(what))
            }
            Fault::Data(StoreError::Unreadable { row, .. }) => format!("{row} cannot be read"),
            Fault::Data(error) => error.to_string(),
        };
        let mut need = Need::new(Group::NeedsYou, 0, Role::Danger, words, "broken");
        // Before everything that can be worked with.
        need.size = u32::MAX;
        return need;
    }
    if let Some(sample) = live {
        return Need::new(Group::Running, 0, Role::Info, live_words(sample, now), "running");
    }
    if entry.elsewhere.is_some() {
        let is_paused = entry.row.last_run.as_ref().is_some_and(|run| run.outcome == RunOutcome::Paused);
        let word = if is_paused { "paused" } else { "running" };
        return Need::new(Group::Running, 1, Role::Info, format!("{word} in another program"), word);
    }
    match entry.row.connection.status {
        ConnectionStatus::Off => {
            let since = entry.status_at.to_zoned(zone.clone()).date();
            let words = format!("off since {}", format::day(since, now.to_zoned(zone.clone()).date()));
            Need::new(Group::Aside, 0, Role::Muted, words, "switched off")
        }
        ConnectionStatus::Paused => {
            let times = match entry.row.refusals {
                0 | 1 => "credentials refused".to_owned(),
                times => format!("credentials refused {times} times"),
            };
            Need::new(Group::NeedsYou, 0, Role::Danger, times, "refused")
        }
        ConnectionStatus::Preview | ConnectionStatus::Live => failure(entry).unwrap_or_else(|| waiting(entry)),
    }
}

/// The last run ended badly.
fn failure(entry: &Entry) -> Option<Need> {
    let run = entry.row.last_run.as_ref()?;
    let problem =
        || run.problem.as_ref().map_or_else(|| format!("run {} failed", run.id), |problem| problem.what.clone());
    let danger = |words: String, result| Some(Need::new(Group::NeedsYou, 0, Role::Danger, words, result));
    match run.outcome {
        RunOutcome::Refused => danger(problem(), "refused"),
        RunOutcome::Failed => danger(problem(), "failed"),
        RunOutcome::Stopped => {
            if let Some(stop) = run.problem.as_ref().and_then(|problem| problem.let_through.as_deref()) {
                return danger(stop_words(stop), "stopped");
            }
            let guard = run.problem.as_ref().filter(|problem| problem.code() == ProblemCode::SourceEmpty);
            if let Some(problem) = guard {
                return danger(problem.why.clone(), "stopped");
            }
            let limit = entry.plan.as_ref().and_then(|plan| plan.limits.iter().find(|limit| limit.is_exceeded()));
            danger(limit.map_or_else(problem, limit_words), "stopped")
        }
        RunOutcome::Drifted => {
            let words = "the destination moved, look at the new plan";
            Some(Need::new(Group::NeedsYou, 2, Role::Warn, words, "drifted"))
        }
        RunOutcome::Running => {
            Some(Need::new(Group::Running, 1, Role::Info, format!("run {} is at work", run.id), "running"))
        }
        RunOutcome::Interrupted => {
            let words = format!("run {} was interrupted", run.id);
            Some(Need::new(Group::NeedsYou, 2, Role::Warn, words, "interrupted"))
        }
        RunOutcome::Paused => {
            Some(Need::new(Group::Running, 1, Role::Info, format!("run {} is paused", run.id), "paused"))
        }
        RunOutcome::Done | RunOutcome::DoneWithHeld | RunOutcome::Previewed | RunOutcome::Cancelled => None,
    }
}

/// `source: 800 people, 1,204 before`; of records that came as they should not be, what is wrong with them.
fn stop_words(stop: &LetThrough) -> String {
    if let Some(finding) = stop.findings.first() {
        return format!("source: {finding}");
    }
    let (came, before) = (format::count(stop.received), format::count(stop.last_good));
    match stop.side {
        Side::Source => format!("source: {came} people, {before} before"),
        Side::Destination => format!("destination: {came} users, {before} before"),
    }
}

/// `limit: 64 leavers, 10 allowed`.
fn limit_words(limit: &LimitCheck) -> String {
    let (count, allowed) = (format::count(limit.count), format::count(limit.allowed));
    format!("limit: {count} {}, {allowed} allowed", limit.kind.key())
}

/// What waits for an operator, else that all is well.
fn waiting(entry: &Entry) -> Need {
    let live = entry.row.connection.status == ConnectionStatus::Live;
    let figures = entry.row.plan.as_ref();
    let (review, unmapped, blocked) =
        figures.map_or((0, 0, 0), |plan| (plan.review_left, plan.unmapped_values, plan.blocked));
    let failed = entry.row.last_run.as_ref().map_or(0, |run| run.totals.failed + run.totals.unknown);
    if let Some(field) = entry.archived.first().filter(|_| blocked > 0) {
        let people = format::counted(blocked.into(), "person", "people");
        let words = format!("{people} held: `{field}` archived");
        return Need { size: blocked, ..Need::new(Group::NeedsYou, 0, Role::Danger, words, result(entry)) };
    }
    let mut parts = Vec::new();
    if let Some(limit) = entry
        .plan
        .as_ref()
        .filter(|plan| live && plan.approval.is_none())
        .and_then(|plan| plan.limits.iter().find(|limit| limit.is_exceeded()))
    {
        parts.push(limit_words(limit));
    }
    if review > 0 {
        parts.push(format!("{} to review", format::count(review)));
    }
    if unmapped > 0 {
        let alone = review == 0 && failed == 0 && blocked > 0;
        let people =
            if alone { format!(", {}", format::counted(blocked.into(), "person", "people")) } else { String::new() };
        parts.push(format!("{} unmapped{people}", format::counted(unmapped.into(), "value", "values")));
    }
    if failed > 0 {
        parts.push(format!("{} failed", format::count(failed)));
    }
    let result = result(entry);
    if !parts.is_empty() {
        let weight = if review > 0 { 1 } else { 2 };
        let mut need = Need::new(Group::NeedsYou, weight, Role::Warn, parts.join(", "), result);
        need.size = review + unmapped + failed;
        return need;
    }
    match (live, entry.set_up) {
        (true, _) => Need::new(Group::Fine, 0, Role::Ok, fine(entry), result),
        (false, Some((done, all))) => {
            Need::new(Group::Aside, 1, Role::Muted, format!("set-up: {done} of {all} done"), result)
        }
        (false, None) => Need::new(Group::NeedsYou, 3, Role::Warn, "previewed, not published yet", result),
    }
}

/// `41 changed`, `no changes`, `3 failed`: what the last run came to.
fn result(entry: &Entry) -> String {
    let Some(run) = &entry.row.last_run else { return String::new() };
    match run.outcome {
        RunOutcome::Previewed => "previewed".to_owned(),
        RunOutcome::Cancelled => "cancelled".to_owned(),
        _ if run.purpose == RunPurpose::Preview => "previewed".to_owned(),
        _ if run.totals.failed > 0 => format!("{} failed", format::count(run.totals.failed)),
        _ if run.totals.written == 0 => "no changes".to_owned(),
        _ => format!("{} changed", format::count(run.totals.written)),
    }
}

/// The same with who is held, for a tenant that needs nobody.
fn fine(entry: &Entry) -> String {
    let result = result(entry);
    let held = entry.plan.as_ref().map_or(0, |plan| plan.held());
    match (result.is_empty(), held) {
        (true, _) => "published, no run yet".to_owned(),
        (false, 0) => result,
        (false, held) => format!("{result}, {} held", format::count(held)),
    }
}

/// How far a run is: operations with an outcome and all of them, else the records of the phase.
#[must_use]
pub fn live_share(progress: &Progress) -> Option<(u64, u64)> {
    if progress.operations > 0 {
        return Some((progress.handled().into(), progress.operations.into()));
    }
    let phase = progress.phases.get(&progress.current?)?;
    phase.total.filter(|total| *total > 0).map(|total| (phase.done, total))
}

/// `running: 61 %, about 40 s left`, or what it does while nothing can be measured.
#[must_use]
pub fn live_words(sample: &LiveSample, now: Timestamp) -> String {
    let progress = &sample.progress;
    if progress.paused {
        return "paused by you".to_owned();
    }
    if progress.queued {
        return "waits for its turn".to_owned();
    }
    if let Some(waiting) = &progress.waiting {
        return format!("waits {} for {}", format::duration(waiting.wait), waiting.vendor);
    }
    let doing = progress.current.map_or("starting", phase_words);
    match live_share(progress) {
        Some((done, all)) if progress.operations > 0 => {
            let seconds = u64::try_from(now.as_second() - sample.started.as_second()).unwrap_or(0);
            let left = format::time_left(done, all, Duration::from_secs(seconds));
            let left = left.map(|words| format!(", {words}")).unwrap_or_default();
            format!("running: {} %{left}", done * 100 / all.max(1))
        }
        Some((done, all)) => format!("{doing}: {}", format::share(done, all)),
        None => match progress.current.and_then(|phase| progress.phases.get(&phase)) {
            Some(phase) if phase.done > 0 => format!("{doing}: {}", format::count(phase.done)),
            _ => doing.to_owned(),
        },
    }
}

fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Settle => "settling the last run",
        Phase::ReadSource => "reading employees",
        Phase::ReadDestination => "reading users",
        Phase::MatchAndPlan => "matching and planning",
        Phase::Options | Phase::Create | Phase::Update | Phase::Deactivate => "writing",
        Phase::ReadBack => "reading back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_of_the_guard_names_its_cause_and_the_right_side() {
        let mut stop =
            LetThrough { side: Side::Source, received: 800, last_good: 1_204, lost: Vec::new(), findings: Vec::new() };
        assert_eq!(stop_words(&stop), "source: 800 people, 1,204 before");
        stop.side = Side::Destination;
        assert_eq!(stop_words(&stop), "destination: 800 users, 1,204 before");
        stop.findings.push("the start date is empty for everybody".to_owned());
        assert_eq!(stop_words(&stop), "source: the start date is empty for everybody");
    }
}
