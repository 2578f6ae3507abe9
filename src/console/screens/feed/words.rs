//! Words about lines of the feed.

use crate::console::format;
use crate::domain::run::{FeedLine, Phase};
use crate::store::views::FEED_COUNTED;

/// A line without personal data, for the clipboard: time, run, phase, level, identifier, text.
pub fn plain_line(line: &FeedLine) -> String {
    let run = line.run.map(|run| format!("run {run}"));
    let phase = line.phase.map(|phase| phase.key().to_owned());
    let employee = line.employee.as_ref().map(|id| id.0.clone());
    let level = Some(line.level.key().to_owned());
    let words =
        [Some(line.at.to_string()), run, phase, level, Some(line.what.clone()), employee, Some(line.text.clone())];
    words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ")
}

/// How many lines are found; of a long log they are not counted to the end.
pub fn found(found: u64, all: u64) -> String {
    let more = found == FEED_COUNTED + 1 && found < all;
    if more { format!("{}+", format::count(FEED_COUNTED)) } else { format::count(found) }
}

/// A phase in a sentence.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Settle => "settling what was left open",
        Phase::ReadSource => "reading the source",
        Phase::ReadDestination => "reading the destination",
        Phase::MatchAndPlan => "matching and planning",
        Phase::Options => "new options",
        Phase::Create => "create and reactivate",
        Phase::Update => "link and update",
        Phase::Deactivate => "deactivate",
        Phase::ReadBack => "reading back",
    }
}
