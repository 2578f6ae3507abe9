//! A step of the set-up in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::data::Facts;
use crate::console::format;
use crate::console::theme::Role;
use crate::domain::settings::{Limit, Limits};
use crate::engine::checklist::{Step, StepKey, StepState};

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    /// Glyph and colour.
    pub role: Role,
    pub name: String,
    pub figure: String,
    pub detail: String,
}

/// A step in words; `source` is the source's name.
#[must_use]
pub fn step_line(step: &Step, source: &str) -> StepLine {
    let role = match step.state {
        StepState::Done => Role::Ok,
        StepState::Notice => Role::Warn,
        StepState::Open => Role::Danger,
    };
    StepLine { role, name: name(step.key, source), figure: step.figure.clone(), detail: step.detail.clone() }
}

/// The name of a step.
pub(super) fn name(key: StepKey, source: &str) -> String {
    match key {
        StepKey::Credentials => "Credentials".to_owned(),
        StepKey::FieldMap => "Field map".to_owned(),
        StepKey::MappingTables => "Mapping tables".to_owned(),
        StepKey::PeopleMatched => "People matched".to_owned(),
        StepKey::SourceData => format!("Data in {source}"),
        StepKey::Limits => "Limits".to_owned(),
        StepKey::TestRun => "Test run".to_owned(),
        StepKey::Published => "Published".to_owned(),
    }
}

/// A step with what the screen knows beyond the checklist.
pub(super) fn full_line(step: &Step, facts: &Facts, now: Timestamp, zone: &TimeZone) -> StepLine {
    let mut line = step_line(step, facts.source.name);
    match step.key {
        StepKey::Credentials => {
            if let Some(test) = facts.test.as_ref().filter(|test| test.passed && test.remarks.is_empty()) {
                let at = moment(test.at, now, zone);
                line.detail = format!("tested {at} by real calls; kept in the {}", facts.secrets);
            }
        }
        StepKey::MappingTables if step.open > 0 && !step.waived => {
            let values: u32 = facts.overview.open_values.iter().map(|open| open.values).sum();
            if values > 0 {
                line.figure = format!("{} open", format::counted(values.into(), "value", "values"));
            }
            let tables: Vec<String> = facts.overview.open_values.iter().map(|open| open_values(open, facts)).collect();
            let wait = format::counted(step.open.into(), "person waits", "people wait");
            line.detail = if tables.is_empty() { wait } else { format!("{wait}: {}", tables.join(", ")) };
        }
        StepKey::PeopleMatched if step.open > 0 && !step.waived => {
            let figures = facts.overview.figures.as_ref();
            let left = figures.map_or(step.open, |figures| figures.review_left);
            let ruled = figures.map_or(0, |figures| figures.review_ruled);
            if left == 0 {
                line.figure = format!("{} ruled", format::count(ruled));
                "all are ruled; a new preview (r) puts that into the plan".clone_into(&mut line.detail);
            } else {
                line.figure = format!("{} to rule", format::count(left));
                let of = format::share(ruled.into(), (ruled + left).into());
                line.detail = format!("{of} ruled; least certain first in Review");
            }
        }
        StepKey::Limits => line.detail = limit_words(&facts.overview.connection.settings.limits),
        StepKey::TestRun => {
            if let Some(plan) = &facts.overview.plan {
                line.figure = format!("{}, {}", plan.id.words(), moment(plan.made_at, now, zone));
                line.detail = format!(
                    "{}, {} held, {} welcome mails",
                    format::counted(plan.counts.operations().into(), "change", "changes"),
                    format::count(plan.held()),
                    format::count(plan.mails.welcome)
                );
            }
        }
        _ => {}
    }
    line
}

/// The time of day today, else the day: beside a figure the relative form is too long.
pub(super) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let today = at.to_zoned(zone.clone()).date() == now.to_zoned(zone.clone()).date();
    if today { format::clock(at, zone) } else { format::moment(at, now, zone) }
}

fn open_values(open: &crate::store::views::OpenValues, facts: &Facts) -> String {
    let (one, many) = facts.destination.list(open.list).map_or(("value", "values"), |table| table.word);
    format::counted(open.values.into(), one, many)
}

/// `leavers 5 % or 10, creations 10 % or 25, …`.
pub(super) fn limit_words(limits: &Limits) -> String {
    let words = |name: &str, limit: &Limit| match limit.number {
        Some(number) => format!("{name} {} % or {number}", limit.percent),
        None => format!("{name} {} %", limit.percent),
    };
    [
        words("leavers", &limits.leavers),
        words("new", &limits.creations),
        words("updates", &limits.updates),
        words("ids", &limits.identifiers),
    ]
    .join(", ")
}
