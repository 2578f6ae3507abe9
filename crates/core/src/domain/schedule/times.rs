//! The moments at which a schedule comes in a time zone.
//!
//! The clock of a zone jumps. A time that does not exist on a day comes once, at the moment of the jump; a time that comes
//! twice counts the first time. Intervals are counted in elapsed time from midnight, so that there are as many as the day is
//! long, and every restart, in every process, finds the same grid: one counted from the last run would drift with each delay.

use super::Schedule;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

/// A moment at which a run is to begin. The instant is what tells it from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub at: Timestamp,
    /// What the clock of the tenant's zone shows then.
    pub civil: DateTime,
}

impl Slot {
    fn new(at: Timestamp, zone: &TimeZone) -> Self {
        Self { at, civil: zone.to_datetime(at) }
    }

    /// The slot at this instant, as the store has it.
    #[must_use]
    pub fn at(at: Timestamp, zone: &TimeZone) -> Self {
        Self::new(at, zone)
    }
}

/// Spans in which the newest slot is looked for before all that is left: most schedules come within a day.
const WINDOWS: [SignedDuration; 3] =
    [SignedDuration::from_hours(48), SignedDuration::from_hours(40 * 24), SignedDuration::from_hours(400 * 24)];

/// Slots that are looked at for the longest time between two; one that comes more often has no long one.
const GAPS: usize = 500;

impl Schedule {
    /// The first slot after `after`; `None` where nothing begins by itself.
    #[must_use]
    pub fn next_after(&self, zone: &TimeZone, after: Timestamp) -> Option<Slot> {
        let today = zone.to_datetime(after).date();
        let at = match self {
            Schedule::Manual => None,
            Schedule::Every(minutes) => next_of_grid(*minutes, zone, after, today),
            Schedule::Daily(time) => {
                // A day that a zone leaves out has no slot.
                let mut days = today.series(Span::new().days(1)).take(4);
                days.find_map(|date| instant_on(date.to_datetime(*time), zone).filter(|at| *at > after))
            }
            Schedule::Cron(expression) => {
                let mut date = expression.next_day(today)?;
                loop {
                    let times = expression.times().filter_map(|time| instant_on(date.to_datetime(time), zone));
                    // A jump moves several times to one moment, which is one slot.
                    if let Some(at) = times.filter(|at| *at > after).min() {
                        break Some(at);
                    }
                    date = expression.next_day(date.tomorrow().ok()?)?;
                }
            }
        };
        at.map(|at| Slot::new(at, zone))
    }

    /// The longest time between two of its moments within nine days of `from`: over a weekend, where it runs on working days.
    /// `None` where nothing begins by itself.
    #[must_use]
    pub fn longest_gap(&self, zone: &TimeZone, from: Timestamp) -> Option<SignedDuration> {
        if let Schedule::Every(minutes) = self {
            return Some(SignedDuration::from_mins(i64::from(*minutes)));
        }
        let end = from.saturating_add(SignedDuration::from_hours(9 * 24)).unwrap_or(from);
        let mut at = self.next_after(zone, from)?.at;
        let mut longest = SignedDuration::ZERO;
        for _ in 0..GAPS {
            let Some(next) = self.next_after(zone, at) else { break };
            longest = longest.max(next.at.duration_since(at));
            if next.at >= end {
                break;
            }
            at = next.at;
        }
        Some(longest)
    }

    /// The newest slot after `after` and not after `until`.
    #[must_use]
    pub fn newest_within(&self, zone: &TimeZone, after: Timestamp, until: Timestamp) -> Option<Slot> {
        let starts = WINDOWS.iter().map(|window| after.max(until.saturating_sub(*window).unwrap_or(after)));
        starts.chain([after]).find_map(|start| {
            let next = |slot: &Slot| self.next_after(zone, slot.at).filter(|next| next.at <= until);
            let first = self.next_after(zone, start).filter(|slot| slot.at <= until);
            std::iter::successors(first, next).last()
        })
    }
}

/// The first slot of the grid from midnight on. The last one before midnight is left out where it would come within half an
/// interval before it.
fn next_of_grid(minutes: u16, zone: &TimeZone, after: Timestamp, today: Date) -> Option<Timestamp> {
    let midnight = instant_of(today.to_datetime(jiff::civil::Time::midnight()), zone);
    let end = instant_of(today.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()), zone);
    if after < midnight {
        return Some(midnight);
    }
    let step = SignedDuration::from_mins(i64::from(minutes));
    let passed = after.duration_since(midnight).as_secs() / step.as_secs();
    let next = midnight.checked_add(SignedDuration::from_secs((passed + 1) * step.as_secs())).ok()?;
    Some(if end.duration_since(next) * 2 < step { end } else { next })
}

/// The moment at which the clock of a zone shows this for the first time, or at which it jumps over it.
pub(super) fn instant_of(civil: DateTime, zone: &TimeZone) -> Timestamp {
    let offset = match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { before, after } => {
            let jump = after.to_timestamp(civil).ok().and_then(|early| zone.following(early).next());
            if let Some(jump) = jump {
                return jump.timestamp();
            }
            before
        }
    };
    offset.to_timestamp(civil).unwrap_or(Timestamp::MAX)
}

/// The same; `None` where the whole day is jumped over.
fn instant_on(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let at = instant_of(civil, zone);
    (zone.to_datetime(at).date() == civil.date()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, datetime};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const ZONES: [&str; 9] = [
        "Europe/London",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Asia/Beirut",
        "Africa/Cairo",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "UTC",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn read(text: &str) -> Schedule {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn year(schedule: &Schedule, zone: &TimeZone, year: i16) -> Vec<Slot> {
        let begin = instant_of(date(year, 1, 1).at(0, 0, 0, 0), zone);
        let end = instant_of(date(year + 1, 1, 1).at(0, 0, 0, 0), zone);
        let just_before = begin.checked_sub(SignedDuration::from_secs(1)).unwrap();
        let next = |slot: &Slot| schedule.next_after(zone, slot.at);
        std::iter::successors(schedule.next_after(zone, just_before), next).take_while(|slot| slot.at < end).collect()
    }

    #[test]
    fn pl03_every_day_of_a_year_has_one_slot_whatever_the_clock_does() {
        for name in ZONES {
            let zone = zone(name);
            for time in ["00:00", "00:30", "01:00", "01:30", "02:00", "02:15", "02:30", "03:00", "23:59"] {
                for (of, days) in [(2026, 365), (2027, 365), (2028, 366)] {
                    let slots = year(&read(&format!("daily {time}")), &zone, of);
                    let dates: BTreeSet<Date> = slots.iter().map(|slot| slot.civil.date()).collect();
                    assert_eq!((slots.len(), dates.len()), (days, days), "{name} {time} {of}");
                    assert!(slots.windows(2).all(|pair| pair[0].at < pair[1].at), "{name} {time}");
                }
            }
        }
    }

    #[test]
    fn a_time_that_is_jumped_over_comes_at_the_jump_and_one_that_comes_twice_the_first_time() {
        for (name, schedule, after, expected, shown) in [
            // Forward at 01:00 UTC, from 01:00 to 02:00.
            (
                "Europe/London",
                "daily 01:30",
                "2027-03-28T00:00Z",
                "2027-03-28T01:00Z",
                datetime(2027, 3, 28, 2, 0, 0, 0),
            ),
            (
                "Europe/London",
                "daily 02:00",
                "2027-03-28T00:00Z",
                "2027-03-28T01:00Z",
                datetime(2027, 3, 28, 2, 0, 0, 0),
            ),
            // Back at 01:00 UTC, from 02:00 to 01:00.
            (
                "Europe/London",
                "daily 01:30",
                "2026-10-24T12:00Z",
                "2026-10-25T00:30Z",
                datetime(2026, 10, 25, 1, 30, 0, 0),
            ),
            (
                "Europe/London",
                "daily 01:30",
                "2026-10-25T00:30Z",
                "2026-10-26T01:30Z",
                datetime(2026, 10, 26, 1, 30, 0, 0),
            ),
            (
                "America/New_York",
                "daily 02:30",
                "2027-03-14T05:00Z",
                "2027-03-14T07:00Z",
                datetime(2027, 3, 14, 3, 0, 0, 0),
            ),
            // Half an hour forward at 02:00 on 4 October 2026.
            (
                "Australia/Lord_Howe",
                "daily 02:15",
                "2026-10-03T00:00Z",
                "2026-10-03T15:30Z",
                datetime(2026, 10, 4, 2, 30, 0, 0),
            ),
            // Midnight itself is jumped over.
            (
                "America/Santiago",
                "daily 00:00",
                "2026-09-06T00:00Z",
                "2026-09-06T04:00Z",
                datetime(2026, 9, 6, 1, 0, 0, 0),
            ),
            // Samoa left 30 December 2011 out.
            (
                "Pacific/Apia",
                "daily 02:00",
                "2011-12-29T12:00Z",
                "2011-12-30T12:00Z",
                datetime(2011, 12, 31, 2, 0, 0, 0),
            ),
        ] {
            let slot = read(schedule).next_after(&zone(name), at(after)).unwrap();
            assert_eq!((slot.at, slot.civil), (at(expected), shown), "{name} {schedule}");
        }
    }

    #[test]
    fn several_cron_times_in_one_gap_are_one_slot() {
        let zone = zone("Europe/London");
        let schedule = read("cron */15 1-2 * * *");
        let slots = year(&schedule, &zone, 2027);
        let of = |day: Date| slots.iter().filter(|slot| slot.civil.date() == day).count();
        assert_eq!(of(date(2027, 3, 27)), 8);
        assert_eq!(of(date(2027, 3, 28)), 4, "01:00 to 01:45 are jumped over, to 02:00, which is there already");
        assert_eq!(of(date(2027, 10, 31)), 8, "the second hour does not count");
    }

    #[test]
    fn cron_keeps_to_weekdays_months_and_leap_days() {
        let london = zone("Europe/London");
        let next = |text: &str, after: &str| read(text).next_after(&london, at(after)).unwrap().civil;
        assert_eq!(next("cron 0 2 * * 1-5", "2026-11-27T12:00Z"), datetime(2026, 11, 30, 2, 0, 0, 0));
        assert_eq!(next("cron 30 6 1 * *", "2026-11-27T12:00Z"), datetime(2026, 12, 1, 6, 30, 0, 0));
        assert_eq!(next("cron 0 0 29 2 *", "2026-11-27T12:00Z"), datetime(2028, 2, 29, 0, 0, 0, 0));
        assert_eq!(next("cron 0 5 L * *", "2027-02-01T12:00Z"), datetime(2027, 2, 28, 5, 0, 0, 0));
    }

    #[test]
    fn an_interval_has_as_many_slots_as_the_day_is_long() {
        let zone = zone("Europe/London");
        for (minutes, usual, short, long) in [(15, 96, 92, 100), (60, 24, 23, 25), (720, 2, 2, 2), (1440, 1, 1, 1)] {
            let slots = year(&Schedule::Every(minutes), &zone, 2027);
            let of = |day: Date| slots.iter().filter(|slot| slot.civil.date() == day).count();
            let counts = (of(date(2027, 6, 1)), of(date(2027, 3, 28)), of(date(2027, 10, 31)));
            assert_eq!(counts, (usual, short, long), "every {minutes}");
        }
        // 7 does not divide a day: the grid begins anew at midnight, and never within half an interval.
        let slots = year(&Schedule::Every(7), &zone, 2027);
        let gaps = slots.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at));
        assert!(gaps.clone().all(|gap| gap.as_secs() * 2 >= 7 * 60 && gap.as_mins() < 11), "{:?}", gaps.min());
    }

    #[test]
    fn the_newest_of_many_missed_slots_is_found() {
        let zone = zone("Europe/London");
        let newest = |text: &str, after: &str, until: &str| {
            read(text).newest_within(&zone, at(after), at(until)).map(|slot| slot.civil)
        };
        assert_eq!(
            newest("daily 02:00", "2026-11-01T02:00Z", "2026-11-22T09:00Z"),
            Some(datetime(2026, 11, 22, 2, 0, 0, 0))
        );
        assert_eq!(
            newest("every 1 min", "2020-01-01T00:00Z", "2026-11-22T09:00Z"),
            Some(datetime(2026, 11, 22, 9, 0, 0, 0))
        );
        assert_eq!(
            newest("cron 0 2 1 1 *", "2020-01-01T03:00Z", "2026-11-22T09:00Z"),
            Some(datetime(2026, 1, 1, 2, 0, 0, 0))
        );
        assert_eq!(newest("cron 0 0 29 2 *", "2026-01-01T00:00Z", "2026-11-22T09:00Z"), None);
        assert_eq!(newest("daily 02:00", "2026-11-22T02:00Z", "2026-11-22T09:00Z"), None, "the one at `after` is past");
        assert_eq!(newest("manual", "2020-01-01T00:00Z", "2026-11-22T09:00Z"), None);
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let fields =
            prop::sample::select(vec!["*/15 * * * *", "30 1 * * *", "0 2 * * 1-5", "*/7 0-3 * * *", "59 23 31 * *"]);
        prop_oneof![
            (1..=1440_u16).prop_map(Schedule::Every),
            (0..24_i8, 0..60_i8).prop_map(|(hour, minute)| Schedule::Daily(jiff::civil::time(hour, minute, 0, 0))),
            fields.prop_map(|text| read(&format!("cron {text}"))),
        ]
    }

    proptest! {
        #[test]
        fn the_next_slot_is_after_and_nothing_lies_between(
            schedule in any_schedule(),
            name in prop::sample::select(ZONES.to_vec()),
            seconds in 1_600_000_000_i64..1_900_000_000,
            share in 0.0..1.0_f64,
        ) {
            let (zone, after) = (zone(name), Timestamp::from_second(seconds).unwrap());
            let slot = schedule.next_after(&zone, after).unwrap();
            prop_assert!(slot.at > after);
            prop_assert_eq!(zone.to_datetime(slot.at), slot.civil);
            // Whoever asks later, but before it, is told the same.
            let between = (slot.at.duration_since(after).as_secs() - 1) as f64 * share;
            let later = after.checked_add(SignedDuration::from_secs(between as i64)).unwrap();
            prop_assert_eq!(schedule.next_after(&zone, later), Some(slot));
            prop_assert_eq!(schedule.newest_within(&zone, after, slot.at), Some(slot));
            let second = schedule.next_after(&zone, slot.at).unwrap();
            prop_assert!(second.at > slot.at);
        }
    }
}
