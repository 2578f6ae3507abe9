//! Five-field cron expressions, matched against a civil time: what a clock change does to it is the matter of
//! [`super::times`], alike for every kind of schedule. The fields are read by the crate `croner`.

use super::{BadSchedule, shown};
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Weekday};
use jiff::civil::{self, Date, Time};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest expression, in characters.
const LONGEST: usize = 200;
/// Days within which every expression that can come has come: 29 February, also across 2100, on each weekday.
const HORIZON_DAYS: i32 = 366 * 41;

/// A five-field cron expression that can be read and that comes at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronExpression {
    text: String,
    fields: Arc<Cron>,
}

impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for CronExpression {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        let bad = |why: &str| BadSchedule::Cron { expression: shown(text), why: why.to_owned() };
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() != 5 || text.len() > LONGEST {
            return Err(bad("it has five fields: minute, hour, day of the month, month, day of the week"));
        }
        let plain = words.join(" ").to_uppercase();
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let fields = parser.parse(&plain).map_err(|error| bad(&shown(&error.to_string())))?;
        let expression = Self { text: plain, fields: Arc::new(fields) };
        match expression.next_day(civil::date(2024, 1, 1)) {
            Some(_) => Ok(expression),
            None => Err(bad("such a day never comes")),
        }
    }
}

impl CronExpression {
    /// Whether it comes on this day.
    pub(super) fn is_on(&self, date: Date) -> bool {
        let number = |part: i8| u32::try_from(part).unwrap_or(0);
        let weekday = match date.weekday() {
            civil::Weekday::Monday => Weekday::Monday,
            civil::Weekday::Tuesday => Weekday::Tuesday,
            civil::Weekday::Wednesday => Weekday::Wednesday,
            civil::Weekday::Thursday => Weekday::Thursday,
            civil::Weekday::Friday => Weekday::Friday,
            civil::Weekday::Saturday => Weekday::Saturday,
            civil::Weekday::Sunday => Weekday::Sunday,
        };
        let (year, month, day) = (i32::from(date.year()), number(date.month()), number(date.day()));
        let pattern = &self.fields.pattern;
        pattern.month_match(month).unwrap_or(false) && pattern.day_match(year, month, day, weekday).unwrap_or(false)
    }

    /// The first day from `from` on on which it comes.
    pub(super) fn next_day(&self, from: Date) -> Option<Date> {
        let end = from.saturating_add(jiff::Span::new().days(HORIZON_DAYS));
        from.series(jiff::Span::new().days(1)).take_while(|date| *date <= end).find(|date| self.is_on(*date))
    }

    /// Its times of day, in order.
    pub(super) fn times(&self) -> impl Iterator<Item = Time> + '_ {
        let pattern = &self.fields.pattern;
        let hours = (0..24_i8).filter(|hour| pattern.hour_match(u32::from(hour.unsigned_abs())).unwrap_or(false));
        hours.flat_map(move |hour| {
            let minutes = (0..60_i8).filter(|at| pattern.minute_match(u32::from(at.unsigned_abs())).unwrap_or(false));
            minutes.map(move |minute| civil::time(hour, minute, 0, 0))
        })
    }
}
