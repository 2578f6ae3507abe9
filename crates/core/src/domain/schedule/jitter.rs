//! Tenants that are due at one moment begin a little apart, each always by the same delay.

use super::{Schedule, Slot};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The longest spread that may be set.
pub const MOST_MINUTES: u16 = 120;
/// Minutes over which tenants of one round time are spread where nobody has said another number.
pub const DEFAULT_MINUTES: u16 = 5;

/// The spread of a schedule where `set` says none: a time of day that many choose, such as 02:00 or 06:30, has one; an interval
/// and an expression are kept to the minute.
#[must_use]
pub fn spread(schedule: &Schedule, set: Option<u16>) -> u16 {
    let usual = match schedule {
        Schedule::Daily(time) if time.minute() % 15 == 0 => DEFAULT_MINUTES,
        Schedule::Daily(_) | Schedule::Every(_) | Schedule::Cron(_) | Schedule::Manual => 0,
    };
    set.unwrap_or(usual).min(MOST_MINUTES)
}

/// When the run of a slot is due: always before the next slot.
#[must_use]
pub fn due(schedule: &Schedule, zone: &TimeZone, slot: Slot, short_name: &str, set: Option<u16>) -> Timestamp {
    let spread = i64::from(spread(schedule, set)) * 60;
    let room = schedule.next_after(zone, slot.at).map_or(spread, |next| next.at.duration_since(slot.at).as_secs());
    let seconds = spread.min(room);
    if seconds <= 0 {
        return slot.at;
    }
    let share = i64::try_from(hash(short_name) % seconds.unsigned_abs()).unwrap_or(0);
    slot.at.checked_add(SignedDuration::from_secs(share)).unwrap_or(slot.at)
}

/// FNV-1a, then mixed: the same on every machine and in every version.
fn hash(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn due_of(text: &str, name: &str, set: Option<u16>) -> i64 {
        let (schedule, zone) = (text.parse::<Schedule>().unwrap(), TimeZone::get("Europe/London").unwrap());
        let slot = schedule.next_after(&zone, "2026-11-22T00:00Z".parse().unwrap()).unwrap();
        let due = due(&schedule, &zone, slot, name, set);
        let next = schedule.next_after(&zone, slot.at).unwrap();
        assert!(due >= slot.at && due < next.at, "{text} {name}");
        due.duration_since(slot.at).as_secs()
    }

    #[test]
    fn three_hundred_tenants_of_one_time_are_spread_and_each_keeps_its_place() {
        let mut minutes: BTreeMap<i64, u32> = BTreeMap::new();
        for number in 0..300 {
            let name = format!("tenant-{number}");
            let seconds = due_of("daily 02:00", &name, None);
            assert_eq!(seconds, due_of("daily 02:00", &name, None));
            *minutes.entry(seconds / 60).or_default() += 1;
        }
        assert_eq!(minutes.len(), 5);
        assert!(minutes.values().all(|count| (40..=80).contains(count)), "{minutes:?}");
    }

    #[test]
    fn the_spread_is_what_is_set_and_never_reaches_the_next_slot() {
        assert_eq!(due_of("daily 02:00", "hv", Some(0)), 0);
        assert_eq!(due_of("daily 02:07", "hv", None), 0, "nobody else chose that minute");
        assert_eq!(due_of("every 15 min", "hv", None), 0);
        for number in 0..200 {
            assert!(due_of("every 1 min", &format!("t{number}"), Some(120)) < 60);
        }
    }
}
