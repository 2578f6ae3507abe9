//! Numbers, dates and durations as SCREENS 2.3 wants them. Pure: `now` and the time zone are passed in.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A count with commas: `1,204`.
#[must_use]
pub fn count(number: impl TryInto<i128>) -> String {
    let number: i128 = number.try_into().unwrap_or(i128::MAX);
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A count in a table, where 0 is blank.
#[must_use]
pub fn count_or_blank(number: impl TryInto<i128>) -> String {
    let text = count(number);
    if text == "0" { String::new() } else { text }
}

/// `1 person`, `12 people`: a count with its noun.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A share of a whole in percent, cut after one decimal and never rounded up: `98.9 %`. A whole of 0 is `-`.
#[must_use]
pub fn percent_of(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let tenths = u128::from(part) * 1_000 / u128::from(whole);
    format!("{}.{} %", count(tenths / 10), tenths % 10)
}

/// A probability (0 to 1) in percent, cut after one decimal: `98.9 %`.
#[must_use]
pub fn percent(probability: f64) -> String {
    // The small addend undoes the representation error of decimal figures (0.989 * 1000 = 988.99…).
    let tenths = (probability.clamp(0.0, 1.0) * 1_000.0 + 1e-9).floor();
    // Nothing short of certainty is a hundred.
    let tenths = if probability < 1.0 { tenths.min(999.0) } else { tenths };
    format!("{:.1} %", tenths / 10.0)
}

/// Odds beside a percentage from 95 % upwards: `about 90 to 1`; `None` below, and at certainty.
#[must_use]
pub fn odds(probability: f64) -> Option<String> {
    if !(0.95..1.0).contains(&probability) {
        return None;
    }
    let odds = probability / (1.0 - probability);
    // Beyond this the figure says no more than that it is sure.
    if odds >= 1e6 {
        return Some("over 1,000,000 to 1".to_owned());
    }
    let step = match odds {
        ..20.0 => 1.0,
        ..200.0 => 10.0,
        ..2_000.0 => 100.0,
        _ => 1_000.0,
    };
    let rounded = (odds / step).round() * step;
    Some(format!("about {} to 1", count(rounded as i64)))
}

/// Match weight in bits: `+11.2`, `-2.3`.
#[must_use]
pub fn bits(weight: f64) -> String {
    let text = format!("{weight:+.1}");
    if text == "-0.0" { "+0.0".to_owned() } else { text }
}

/// `212 of 517`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    format!("{} of {}", count(part), count(whole))
}

/// A day in a list: `24 Nov`, with the year only where it is not this one.
#[must_use]
pub fn day(date: Date, today: Date) -> String {
    if date.year() == today.year() { date.strftime("%-d %b").to_string() } else { day_long(date) }
}

/// A day in data: `12 Mar 1994`.
#[must_use]
pub fn day_long(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// The time of day: `14:07`.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// The time of day with seconds: `16:21:40`.
#[must_use]
pub fn clock_seconds(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// The header's date: `Tue 24 Nov`.
#[must_use]
pub fn weekday(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %-d %b").to_string()
}

/// A moment in a list: `now`, `8 min ago`, `02:11` today, `yesterday`, `23 Nov`, `12 Sep 2025`.
#[must_use]
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let seconds = now.as_second() - at.as_second();
    let (then, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        _ if then.date() == today.date() => clock(at, zone),
        _ if seconds > 0 && then.date().tomorrow().ok() == Some(today.date()) => "yesterday".to_owned(),
        _ => day(then.date(), today.date()),
    }
}

/// A moment in a detail: absolute, with the zone's name: `Tue 24 Nov 02:11:00 GMT`.
#[must_use]
pub fn moment_long(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today): (Zoned, Zoned) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let pattern = if then.year() == today.year() { "%a %-d %b %H:%M:%S %Z" } else { "%a %-d %b %Y %H:%M:%S %Z" };
    then.strftime(pattern).to_string()
}

/// A duration of two units at most: `0.8 s`, `48 s`, `1 m 42 s`, `1 h 26 min`, `2 d 3 h`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 if time.subsec_millis() >= 100 => {
            let tenths = time.as_millis() / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        0 if !time.is_zero() => format!("{} ms", time.as_millis().max(1)),
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How old data are, for the status line: `data 5 min old`, `data just read`.
#[must_use]
pub fn age(read: Timestamp, now: Timestamp) -> String {
    let seconds = (now.as_second() - read.as_second()).max(0);
    match seconds {
        0..60 => "data just read".to_owned(),
        60..3_600 => format!("data {} min old", seconds / 60),
        3_600..172_800 => format!("data {} h old", seconds / 3_600),
        _ => format!("data {} days old", seconds / 86_400),
    }
}

/// Time left: `about 40 s left`; `None` before 5 s or 2 % are done, when nothing moves, or when all is done.
#[must_use]
pub fn time_left(done: u64, total: u64, elapsed: Duration) -> Option<String> {
    if done == 0 || done >= total || elapsed < Duration::from_secs(5) || done.saturating_mul(50) < total {
        return None;
    }
    let per_item = elapsed.as_secs_f64() / done as f64;
    let left = per_item * (total - done) as f64;
    let words = if left < 120.0 {
        let fives = ((left / 5.0).round() * 5.0).max(5.0) as u64;
        if fives == 120 { "2 min".to_owned() } else { format!("{fives} s") }
    } else if left < 7_200.0 {
        format!("{} min", (left / 60.0).round() as u64)
    } else {
        format!("{} h", (left / 3_600.0).round() as u64)
    };
    Some(format!("about {words} left"))
}

/// `4.6 per second`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    format!("{per_second:.1} per second")
}

/// The first eight digits of a hash, in groups of four: `7f3a c91e`.
#[must_use]
pub fn hash(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().take(8).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn counts_have_commas() {
        assert_eq!(
            [count(0), count(999), count(1_204), count(19_193), count(-1_000_000)].join(" "),
            "0 999 1,204 19,193 -1,000,000"
        );
        assert_eq!(count_or_blank(0), "");
        assert_eq!(counted(1, "person", "people"), "1 person");
        assert_eq!(share(212, 517), "212 of 517");
    }

    #[test]
    fn percentages_are_cut() {
        assert_eq!(percent(0.9898), "98.9 %");
        assert_eq!(percent(0.989), "98.9 %");
        assert_eq!(percent(0.99999), "99.9 %");
        assert_eq!(percent(1.0 - 1e-14), "99.9 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent_of(1_154, 1_204), "95.8 %");
        assert_eq!(percent_of(0, 0), "-");
    }

    #[test]
    fn odds_from_95_percent() {
        assert_eq!(odds(0.989), Some("about 90 to 1".into()));
        assert_eq!(odds(0.95), Some("about 19 to 1".into()));
        assert_eq!(odds(0.949), None);
        assert_eq!(odds(1.0), None);
    }

    #[test]
    fn bits_have_a_sign() {
        assert_eq!([bits(11.24), bits(-2.3), bits(-0.01)].join(" "), "+11.2 -2.3 +0.0");
    }

    #[test]
    fn moments_are_relative_in_lists() {
        let (now, zone) = (at("2026-11-24T14:07:00Z"), TimeZone::UTC);
        let show = |text: &str| moment(at(text), now, &zone);
        assert_eq!(show("2026-11-24T14:06:30Z"), "now");
        assert_eq!(show("2026-11-24T13:59:00Z"), "8 min ago");
        assert_eq!(show("2026-11-24T02:11:00Z"), "02:11");
        assert_eq!(show("2026-11-23T23:00:00Z"), "yesterday");
        assert_eq!(show("2026-11-22T23:00:00Z"), "22 Nov");
        assert_eq!(show("2025-09-12T23:00:00Z"), "12 Sep 2025");
        assert_eq!(show("2026-11-24T17:00:00Z"), "17:00");
        assert_eq!(
            moment_long(at("2026-11-24T02:11:00Z"), now, &TimeZone::get("Europe/London").unwrap()),
            "Tue 24 Nov 02:11:00 GMT"
        );
        assert_eq!(day(date(2026, 11, 24), date(2026, 1, 1)), "24 Nov");
        assert_eq!(day_long(date(1994, 3, 12)), "12 Mar 1994");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let show = |millis| duration(Duration::from_millis(millis));
        assert_eq!(
            [show(800), show(48_000), show(102_000), show(5_160_000), show(40), show(0), show(1_400), show(122_000)]
                .join(", "),
            "0.8 s, 48 s, 1 m 42 s, 1 h 26 min, 40 ms, 0 s, 1.4 s, 2 m 02 s"
        );
    }

    #[test]
    fn time_left_waits_and_rounds() {
        assert_eq!(time_left(10, 100, Duration::from_secs(4)), None);
        assert_eq!(time_left(1, 100, Duration::from_secs(60)), None);
        assert_eq!(time_left(61, 100, Duration::from_secs(61)), Some("about 40 s left".into()));
        assert_eq!(time_left(10, 100, Duration::from_secs(20)), Some("about 3 min left".into()));
        assert_eq!(time_left(100, 100, Duration::from_secs(20)), None);
    }

    #[test]
    fn ages_and_hashes() {
        let now = at("2026-11-24T14:07:00Z");
        assert_eq!(age(at("2026-11-24T14:02:00Z"), now), "data 5 min old");
        assert_eq!(age(at("2026-11-25T14:02:00Z"), now), "data just read");
        assert_eq!(hash("7f3ac91eb2"), "7f3a c91e");
        assert_eq!(rate(4.63), "4.6 per second");
    }
}
