//! The columns of a list, as a filter names them, and what of a filter cannot be read.

use super::{Ask, Filter, How};
use jiff::ToSpan as _;
use jiff::civil::Date;
use thiserror::Error;

/// A column that can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What a tick writes before the `:`; never longer than the head.
    pub key: &'static str,
    /// The head on the screen: `job title`.
    pub head: String,
    pub kind: Kind,
    /// Its values are few: they stand with their counts beside the list.
    pub facet: bool,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text from outside.
    Text,
    /// One of some fixed words.
    Choice,
    Number,
    /// A day, or a moment of which the day counts.
    Day,
}

impl Column {
    /// A column of text, not a facet.
    #[must_use]
    pub fn new(key: &'static str, head: impl Into<String>, kind: Kind) -> Self {
        Self { key, head: head.into(), kind, facet: false }
    }

    /// The same with its values beside the list.
    #[must_use]
    pub fn facet(mut self) -> Self {
        self.facet = true;
        self
    }
}

/// Why a filter cannot be laid over a list. It hides nobody then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// No column has this name.
    #[error("no column \"{name}\"; {}", hint(.near, .known))]
    NoColumn { name: String, near: Option<&'static str>, known: Vec<&'static str> },
    /// The first letters fit several columns.
    #[error("\"{name}\" may be {}", .fits.join(" or "))]
    Several { name: String, fits: Vec<&'static str> },
    /// `<` and `>` where there is nothing to compare.
    #[error("{column} is neither a number nor a day: {} cannot compare it", .how.sign())]
    NotComparable { column: &'static str, how: How },
    #[error("{column} is a number; \"{text}\" is none")]
    NoNumber { column: &'static str, text: String },
    #[error("{column} is a day; \"{text}\" is none (20nov, nov, 2026-11-20, 2026)")]
    NoDay { column: &'static str, text: String },
}

fn hint(near: &Option<&'static str>, known: &[&'static str]) -> String {
    match near {
        Some(near) => format!("{near}?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// Letters and digits only, small: `job_title`, `Job title` and `job-title` are one.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The column that a name means: its key or head, or the first letters of one of the words of its head.
///
/// # Errors
/// No column fits, or several do.
pub fn find(columns: &[Column], name: &str) -> Result<usize, FilterError> {
    let wanted = plain(name);
    let whole = |column: &Column| plain(column.key) == wanted || plain(&column.head) == wanted;
    if let Some(at) = columns.iter().position(whole) {
        return Ok(at);
    }
    let begins = |column: &Column| {
        let words = column.head.split(|c: char| !c.is_alphanumeric());
        plain(column.key).starts_with(&wanted)
            || plain(&column.head).starts_with(&wanted)
            || words.filter(|word| !word.is_empty()).any(|word| plain(word).starts_with(&wanted))
    };
    let fits: Vec<(usize, &Column)> = columns.iter().enumerate().filter(|(_, column)| begins(column)).collect();
    match fits.as_slice() {
        [(at, _)] => Ok(*at),
        [] => Err(FilterError::NoColumn {
            name: name.to_owned(),
            near: nearest(columns, &wanted),
            known: columns.iter().map(|column| column.key).collect(),
        }),
        many => Err(FilterError::Several {
            name: name.to_owned(),
            fits: many.iter().map(|(_, column)| column.key).collect(),
        }),
    }
}

/// The column that was likely meant: at most two letters other.
fn nearest(columns: &[Column], wanted: &str) -> Option<&'static str> {
    let distance = |column: &Column| letters_apart(&plain(column.key), wanted);
    let near = columns.iter().map(|column| (distance(column), column.key)).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= 2 && near.0 < wanted.chars().count()).then_some(near.1)
}

/// Letters to change, put in or take out until one word is the other.
fn letters_apart(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, letter) in left.chars().enumerate() {
        let mut corner = above;
        let mut before = above + 1;
        let mut next = vec![before];
        for (at, other) in right.iter().enumerate() {
            let up = row.get(at + 1).copied().unwrap_or(usize::MAX);
            before = (before + 1).min(up + 1).min(corner + usize::from(letter != *other));
            corner = up;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The places of the terms of `filter` that are about this column.
pub(super) fn terms_of<'a>(filter: &'a Filter, columns: &'a [Column], at: usize) -> impl Iterator<Item = usize> + 'a {
    filter.terms.iter().enumerate().filter_map(move |(place, term)| match &term.ask {
        Ask::Column { name, .. } => (find(columns, name) == Ok(at)).then_some(place),
        _ => None,
    })
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The first and the last day of what was typed: `20nov`, `20 nov 2026`, `nov`, `nov2026`, `2026-11-20`, `2026-11`, `2026`,
/// `today`, `yesterday`, `7d` for the last seven days. Without a year it is that of `today`.
pub(super) fn period(text: &str, today: Date) -> Option<(Date, Date)> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "today" => return Some((today, today)),
        "yesterday" => return today.yesterday().ok().map(|day| (day, day)),
        _ => {}
    }
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()) {
        return Some((today.checked_sub(i64::from(days).days()).ok()?, today));
    }
    if let Ok(day) = text.parse::<Date>() {
        return Some((day, day));
    }
    let month_of = |year: i16, month: i8| {
        let first = Date::new(year, month, 1).ok()?;
        Some((first, first.last_of_month()))
    };
    if let Some((year, month)) =
        text.split_once('-').and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)))
    {
        return month_of(year, month);
    }
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let first = Date::new(text.parse().ok()?, 1, 1).ok()?;
        return Some((first, first.last_of_year()));
    }
    let letters = |c: char| c.is_alphabetic();
    let begin = text.find(letters)?;
    let (day, rest) = text.split_at_checked(begin)?;
    let end = rest.find(|c: char| !letters(c)).unwrap_or(rest.len());
    let (month, year) = rest.split_at_checked(end)?;
    let blank = |c: char| matches!(c, ' ' | '-' | '.' | '_');
    let (day, year) = (day.trim_matches(blank), year.trim_matches(blank));
    let number = MONTHS.iter().position(|name| month.len() >= 3 && name.starts_with(month))?;
    let month = i8::try_from(number + 1).ok()?;
    let year = if year.is_empty() { today.year() } else { year.parse().ok()? };
    if day.is_empty() {
        return month_of(year, month);
    }
    let day = Date::new(year, month, day.parse().ok()?).ok()?;
    Some((day, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn columns() -> Vec<Column> {
        vec![
            Column::new("who", "who", Kind::Text),
            Column::new("title", "job title", Kind::Text),
            Column::new("email", "e-mail", Kind::Text),
            Column::new("state", "state", Kind::Choice),
            Column::new("start", "start date", Kind::Day),
        ]
    }

    #[test]
    fn heads_and_first_letters_name_a_column() {
        for (name, wanted) in [
            ("who", 0),
            ("title", 1),
            ("job_title", 1),
            ("Job-Title", 1),
            ("e-mail", 2),
            ("mail", 2),
            ("sta", 9),
            ("star", 4),
        ] {
            assert_eq!(find(&columns(), name).ok(), (wanted < 9).then_some(wanted), "{name}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_in_words() {
        let words = |name: &str| find(&columns(), name).unwrap_err().to_string();
        assert_eq!(words("titel"), "no column \"titel\"; title?");
        assert_eq!(words("sta"), "\"sta\" may be state or start");
        assert_eq!(words("zzz"), "no column \"zzz\"; there are who, title, email, state, start");
    }

    #[test]
    fn days_are_read_as_they_are_said() {
        let today = date(2026, 11, 24);
        let one = |day: Date| Some((day, day));
        assert_eq!(period("20nov", today), one(date(2026, 11, 20)));
        assert_eq!(period("20 Nov 2025", today), one(date(2025, 11, 20)));
        assert_eq!(period("2025-11-20", today), one(date(2025, 11, 20)));
        assert_eq!(period("nov", today), Some((date(2026, 11, 1), date(2026, 11, 30))));
        assert_eq!(period("feb2024", today), Some((date(2024, 2, 1), date(2024, 2, 29))));
        assert_eq!(period("2026-02", today), Some((date(2026, 2, 1), date(2026, 2, 28))));
        assert_eq!(period("1994", today), Some((date(1994, 1, 1), date(1994, 12, 31))));
        assert_eq!(period("yesterday", today), one(date(2026, 11, 23)));
        for odd in ["31nov", "no", "-", "", "x-y", "99999", "é2"] {
            assert_eq!(period(odd, today), None, "{odd}");
        }
    }
}
