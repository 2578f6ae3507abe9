//! The screen What was said (SCREENS 7.29): what was sent for a line of a run and what came back, with what was read afterwards
//! and what it comes to. Secrets and private values come masked; there is no key that unmasks.

pub mod data;
mod rows;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use state::Said;

use crate::console::app::Place;
use crate::console::screens::ScreenId;
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::run::{FeedLine, Phase};
use crate::services::said::LineOf;

/// The place that shows what was said for a line of a run.
pub(in crate::console) fn place(tenant: &str, run: RunId, line: &LineOf) -> Place {
    let line = match line {
        LineOf::First => String::new(),
        LineOf::Seq(seq) => format!(" seq {seq}"),
        LineOf::Row(row) => format!(" row {row}"),
        LineOf::Person(employee, phase) => format!(" person {} {employee}", phase.map_or("-", Phase::key)),
        LineOf::Named(phase, name) => format!(" named {} {name}", phase.key()),
    };
    Place::tenant(ScreenId::Said, tenant).about(format!("{run}{line}"))
}

/// The place of a line of the feed log; `None` for one that stands for no request.
pub(in crate::console) fn place_of_feed(tenant: &str, line: &FeedLine) -> Option<Place> {
    let run = line.run?;
    let about = match (&line.employee, line.phase) {
        (Some(employee), phase) => LineOf::Person(employee.clone(), phase),
        // Options have no person: the line names them.
        (None, Some(phase @ Phase::Options)) => LineOf::Named(phase, line.text.trim_matches('`').to_owned()),
        (None, _) => return None,
    };
    Some(place(tenant, run, &about))
}

/// What a place is about, as [`place`] writes it.
fn about(subject: &str) -> Option<(RunId, LineOf)> {
    let (run, rest) = subject.split_once(' ').unwrap_or((subject, ""));
    let run = RunId(run.parse().ok()?);
    let (kind, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let in_phase = || rest.split_once(' ').map(|(phase, name)| (Phase::from_key(phase), name.to_owned()));
    Some((
        run,
        match kind {
            "" => LineOf::First,
            "seq" => LineOf::Seq(rest.parse().ok()?),
            "row" => LineOf::Row(rest.parse().ok()?),
            "person" => in_phase().map(|(phase, id)| LineOf::Person(EmployeeId::new(id), phase))?,
            "named" => in_phase().and_then(|(phase, name)| Some(LineOf::Named(phase?, name)))?,
            _ => return None,
        },
    ))
}
