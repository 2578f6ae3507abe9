//! The runs to come on one axis, in the operator's time.

use crate::domain::schedule::Schedule;
use crate::engine::schedule::{ScheduleStatus, Waits, zone_of};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Hours on the axis.
const HOURS: usize = 21;

/// The axis: where it begins, and how many cells an hour has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    begin: Timestamp,
    per_hour: usize,
}

impl Axis {
    /// An axis of this width in cells; `None` where there is no room for one.
    pub(super) fn of(now: Timestamp, cells: usize) -> Option<Self> {
        let per_hour = (cells / HOURS).min(3);
        let begin = Timestamp::from_second(now.as_second().div_euclid(3_600) * 3_600).ok()?;
        (per_hour > 0).then_some(Self { begin, per_hour })
    }

    /// How many cells it takes.
    pub(super) fn cells(&self) -> usize {
        HOURS * self.per_hour
    }

    /// The hours of the operator's clock over it, every third one.
    pub(super) fn head(&self, zone: &TimeZone) -> String {
        let every = 3 * self.per_hour;
        let hours = (0..HOURS).step_by(3).filter_map(|hour| {
            let at = self.begin.checked_add(i64::try_from(hour).ok()?.hours()).ok()?;
            Some(format!("{:<every$}", at.to_zoned(zone.clone()).strftime("%H").to_string()))
        });
        hours.collect::<String>().trim_end().to_owned()
    }

    /// The line of a tenant: a mark in each cell in which a run is due.
    pub(super) fn line(&self, standing: &ScheduleStatus, now: Timestamp, (mark, none): (char, char)) -> String {
        let waits = matches!(&standing.waits, Some(waits) if !matches!(waits, Waits::AtWork(_)));
        let cell = SignedDuration::from_secs(3_600 / i64::try_from(self.per_hour).unwrap_or(1));
        let zone = zone_of(&standing.connection);
        let schedule = &standing.connection.settings.schedule;
        let skipped = standing.skipped_by.as_ref().and(standing.next).map(|slot| slot.at);
        let mut begin = self.begin;
        let mut line = String::new();
        for _ in 0..self.cells() {
            let end = begin.saturating_add(cell).unwrap_or(begin);
            let is_due = !waits && end > now && has_run(schedule, &zone, (begin.max(now), end), skipped);
            line.push(if is_due { mark } else { none });
            begin = end;
        }
        line
    }
}

/// Whether a run comes within a span of time, one that is let pass aside.
fn has_run(
    schedule: &Schedule,
    zone: &TimeZone,
    (from, to): (Timestamp, Timestamp),
    skipped: Option<Timestamp>,
) -> bool {
    let just_before = from.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(from);
    let next = |after| schedule.next_after(zone, after).filter(|slot| slot.at < to);
    match next(just_before) {
        Some(slot) if Some(slot.at) == skipped => next(slot.at).is_some(),
        found => found.is_some(),
    }
}
