//! When a tenant's runs begin by themselves, as it is typed and kept: `manual`, `every 15 min`, `daily 02:00`,
//! `cron 0 2 * * 1-5`. Which moments that comes to in a time zone is said by [`times`].

pub mod clock_change;
mod cron;
pub mod jitter;
pub mod times;

pub use cron::CronExpression;
pub use times::Slot;

use super::run::Scope;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Minutes in a day: the longest distance of an interval.
const MINUTES_OF_DAY: u16 = 24 * 60;

/// When a tenant's runs begin by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Schedule {
    /// Only an operator starts runs.
    #[default]
    Manual,
    /// At an interval in minutes, counted from midnight in the tenant's zone.
    Every(u16),
    /// Once a day at this time in the tenant's zone.
    Daily(Time),
    /// Whenever the expression matches the clock of the tenant's zone.
    Cron(CronExpression),
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    #[error("`{0}` is no schedule: `manual`, `every 15 min`, `daily 02:00`, or `cron 0 2 * * 1-5`")]
    Unknown(String),
    #[error("an interval may be 1 to {MINUTES_OF_DAY} minutes")]
    Interval,
    #[error("`{0}` is no time of day, such as 02:00 or 14:30")]
    Time(String),
    #[error("the cron expression `{expression}` cannot be used: {why}")]
    Cron { expression: String, why: String },
}

impl Schedule {
    /// Whether nothing begins by itself.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        *self == Schedule::Manual
    }

    /// Whom its runs read. An interval reads what has changed, where the source can tell: the first reading of each local day
    /// is a complete one whatever is asked, so there is a full sweep every day (MA01, PE12). What comes once a day or at chosen
    /// times reads everybody.
    #[must_use]
    pub fn scope(&self, tells_changes: bool) -> Scope {
        match self {
            Schedule::Every(_) if tells_changes => Scope::Changed,
            Schedule::Every(_) | Schedule::Manual | Schedule::Daily(_) | Schedule::Cron(_) => Scope::Everybody,
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Manual => f.write_str("manual"),
            Schedule::Every(minutes) => write!(f, "every {minutes} min"),
            Schedule::Daily(time) => write!(f, "daily {:02}:{:02}", time.hour(), time.minute()),
            Schedule::Cron(expression) => write!(f, "cron {expression}"),
        }
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> String {
        schedule.to_string()
    }
}

impl TryFrom<String> for Schedule {
    type Error = BadSchedule;

    fn try_from(text: String) -> Result<Self, BadSchedule> {
        text.parse()
    }
}

impl FromStr for Schedule {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        let unknown = || BadSchedule::Unknown(shown(text));
        let (kind, rest) = match text.trim().split_once(char::is_whitespace) {
            Some((kind, rest)) => (kind.to_lowercase(), rest.trim()),
            None => (text.trim().to_lowercase(), ""),
        };
        match (kind.as_str(), rest) {
            ("manual", "") => Ok(Schedule::Manual),
            ("every", rest) => interval(rest).map(Schedule::Every).ok_or_else(unknown)?.checked(),
            ("daily", rest) => {
                let time = rest.strip_prefix("at ").unwrap_or(rest).trim();
                time_of_day(time).map(Schedule::Daily).ok_or_else(|| BadSchedule::Time(shown(time)))
            }
            ("cron", rest) => rest.parse().map(Schedule::Cron),
            _ => Err(unknown()),
        }
    }
}

impl Schedule {
    fn checked(self) -> Result<Self, BadSchedule> {
        match self {
            Schedule::Every(minutes) if !(1..=MINUTES_OF_DAY).contains(&minutes) => Err(BadSchedule::Interval),
            other => Ok(other),
        }
    }
}

/// `15 min`, `15`, `2 hours`, `hour`, in minutes; more than fits counts as too many.
fn interval(text: &str) -> Option<u16> {
    let text = text.to_lowercase();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number = if number.is_empty() { 1 } else { number.parse().unwrap_or(u16::MAX) };
    match unit.trim() {
        "" if digits > 0 => Some(number),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(number),
        "h" | "hour" | "hours" => Some(number.saturating_mul(60)),
        _ => None,
    }
}

/// `02:00`, `2:00`, `14:30`.
pub(super) fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let plain = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    if !plain(hour, 2) || minute.len() != 2 || !plain(minute, 2) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A text of unknown origin, short enough for a line of an error.
fn shown(text: &str) -> String {
    let short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// What becomes of slots that came while nobody watched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// However many they were, one run makes up for them.
    #[default]
    Once,
    /// Nothing: the next slot is soon enough.
    Skip,
}

impl Missed {
    /// Both.
    pub const ALL: [Missed; 2] = [Missed::Once, Missed::Skip];

    /// The stable word.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Missed::Once => "once",
            Missed::Skip => "skip",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Schedule {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_typed_is_read_and_printed_in_one_form() {
        for (typed, printed) in [
            ("manual", "manual"),
            (" Manual ", "manual"),
            ("every 15 min", "every 15 min"),
            ("every 15", "every 15 min"),
            ("every 2 hours", "every 120 min"),
            ("every hour", "every 60 min"),
            ("every 1440m", "every 1440 min"),
            ("daily 02:00", "daily 02:00"),
            ("DAILY at 2:00", "daily 02:00"),
            ("cron  0 2  * * 1-5", "cron 0 2 * * 1-5"),
            ("cron 30 6 * * mon,thu", "cron 30 6 * * MON,THU"),
        ] {
            assert_eq!(read(typed).to_string(), printed, "{typed}");
            assert_eq!(read(printed), read(typed));
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused_in_words() {
        for (typed, words) in [
            ("", "is no schedule"),
            ("sometimes", "`sometimes` is no schedule"),
            ("every", "is no schedule"),
            ("every now and then", "is no schedule"),
            ("every 0 min", "1 to 1440"),
            ("every 1441 min", "1 to 1440"),
            ("every 99999999999 h", "1 to 1440"),
            ("daily", "no time of day"),
            ("daily 24:00", "`24:00` is no time"),
            ("daily 02:00:30", "no time of day"),
            ("daily -2:00", "no time of day"),
            ("cron", "five fields"),
            ("cron 0 2 * *", "five fields"),
            ("cron 0 0 2 * * *", "five fields"),
            ("cron @daily", "five fields"),
            ("cron 61 * * * *", "cannot be used"),
            ("cron 0 2 30 2 *", "never comes"),
            ("\u{1b}[2J", "is no schedule"),
        ] {
            let error = typed.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(words), "{typed}: {error}");
            assert!(!error.contains('\u{1b}') && error.len() < 400, "{error:?}");
        }
    }

    #[test]
    fn only_an_interval_reads_changes_and_only_where_they_are_told() {
        assert_eq!(read("every 15 min").scope(true), Scope::Changed);
        assert_eq!(read("every 15 min").scope(false), Scope::Everybody);
        assert_eq!(read("daily 02:00").scope(true), Scope::Everybody);
        assert_eq!(read("cron 0 * * * *").scope(true), Scope::Everybody);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_refused_or_comes_back_the_same(text in "(manual|every|daily|cron)?[ a-z0-9:*/,@#LW-]{0,24}") {
            if let Ok(schedule) = text.parse::<Schedule>() {
                prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule.clone()));
                let json = serde_json::to_string(&schedule).unwrap();
                prop_assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
            }
        }
    }
}
