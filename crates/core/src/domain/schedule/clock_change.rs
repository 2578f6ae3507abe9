//! What the next clock change of a zone does to a schedule, said beforehand.

use super::times::instant_of;
use super::{Schedule, Slot};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A moment at which the clock of a zone jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    pub at: Timestamp,
    /// What the clock would have shown without the jump.
    pub from: DateTime,
    /// What it shows.
    pub to: DateTime,
}

impl ClockChange {
    /// The next one after `now`; `None` where a zone has none any more.
    #[must_use]
    pub fn next(zone: &TimeZone, now: Timestamp) -> Option<Self> {
        zone.following(now).find_map(|transition| {
            let at = transition.timestamp();
            let to = zone.to_datetime(at);
            let before = zone.to_offset(at.checked_sub(SignedDuration::from_secs(1)).ok()?);
            let from = before.to_datetime(at);
            // A zone that only changes its name keeps its clock.
            (from != to).then_some(Self { at, from, to })
        })
    }

    /// The day of the jump.
    #[must_use]
    pub fn date(&self) -> Date {
        self.from.date()
    }

    /// Whether the clock jumps forward.
    #[must_use]
    pub fn is_forward(&self) -> bool {
        self.to > self.from
    }

    /// The slot of this time of day, where the jump has to do with it: it is jumped over, comes twice, or is the jump.
    #[must_use]
    pub fn touches(&self, time: Time, zone: &TimeZone) -> Option<Slot> {
        let (first, last) = (self.from.min(self.to), self.from.max(self.to));
        let civil = [first.date(), last.date()].into_iter().map(|date| date.to_datetime(time));
        let touched = |civil: &DateTime| (first..last).contains(civil) || (self.is_forward() && *civil == last);
        civil.into_iter().find(touched).map(|civil| Slot::at(instant_of(civil, zone), zone))
    }

    /// What it does to a schedule, as a sentence without the day: `02:30 does not exist that day; the run is at 03:00`. `None`
    /// where it does nothing to it.
    #[must_use]
    pub fn words(&self, schedule: &Schedule, zone: &TimeZone) -> Option<String> {
        let short = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        match schedule {
            Schedule::Daily(time) => {
                let slot = self.touches(*time, zone)?;
                let utc = short(TimeZone::UTC.to_datetime(slot.at).time());
                let (wanted, real) = (short(*time), short(slot.civil.time()));
                Some(match self.is_forward() {
                    true if wanted != real => {
                        format!("{wanted} does not exist that day: it runs once, at {real} ({utc} UTC)")
                    }
                    true => format!("{wanted} runs once, at {real} ({utc} UTC)"),
                    false => format!("{wanted} comes twice: it runs once, the first time ({utc} UTC)"),
                })
            }
            Schedule::Cron(_) => Some(format!(
                "{schedule}: times that are {} run once",
                if self.is_forward() { "jumped over" } else { "shown twice" }
            )),
            // It goes on evenly.
            Schedule::Every(_) | Schedule::Manual => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    fn words(zone: &str, now: &str, schedule: &str) -> Option<String> {
        let zone = TimeZone::get(zone).unwrap();
        let change = ClockChange::next(&zone, now.parse().unwrap())?;
        change.words(&schedule.parse().unwrap(), &zone)
    }

    #[test]
    fn a_clock_change_says_what_becomes_of_the_runs() {
        let (zone, now) = ("Europe/London", "2026-11-24T14:07Z");
        let change = ClockChange::next(&TimeZone::get(zone).unwrap(), now.parse().unwrap()).unwrap();
        assert_eq!((change.from, change.to), (datetime(2027, 3, 28, 1, 0, 0, 0), datetime(2027, 3, 28, 2, 0, 0, 0)));
        let said = |schedule| words(zone, now, schedule);
        assert_eq!(said("daily 02:00").as_deref(), Some("02:00 runs once, at 02:00 (01:00 UTC)"));
        assert!(said("daily 01:30").unwrap().starts_with("01:30 does not exist that day: it runs once, at 02:00"));
        assert_eq!(said("daily 03:00"), None);
        assert_eq!((said("manual"), said("every 15 min")), (None, None));
        let back = words(zone, "2027-04-01T00:00Z", "daily 01:30").unwrap();
        assert!(back.starts_with("01:30 comes twice: it runs once, the first time (00:30 UTC)"), "{back}");
        assert_eq!(words("UTC", now, "daily 02:00"), None, "there is no clock change");
        assert_eq!(words("Asia/Kathmandu", now, "daily 02:00"), None);
    }
}
