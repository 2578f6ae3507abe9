//! Dates as small numbers, and the order of day and month decided from a whole column.

use thiserror::Error;

/// A calendar day packed into one number, ordered as time; 0 is "no date".
pub type Packed = u32;

const FIRST_YEAR: u32 = 1400;
const LAST_YEAR: u32 = 2300;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// One more than the largest packed date.
pub const PACKED_LIMIT: usize = ((LAST_YEAR - FIRST_YEAR + 1) as usize) << 9;

/// Packs a date; `None` for a day that no calendar has.
pub fn pack(year: u32, month: u32, day: u32) -> Option<Packed> {
    let whole = (FIRST_YEAR + 1..LAST_YEAR).contains(&year) && (1..=12).contains(&month) && day >= 1;
    (whole && day <= days_in(year, month)).then(|| ((year - FIRST_YEAR) << 9) | (month << 5) | day)
}

/// Year, month and day of a packed date.
pub fn unpack(date: Packed) -> (u32, u32, u32) {
    (FIRST_YEAR + (date >> 9), (date >> 5) & 15, date & 31)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since an arbitrary early day, for differences.
pub fn day_number(date: Packed) -> i64 {
    let (year, month, day) = unpack(date);
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    365 * year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day
}

/// Whether systems fill this day in when they know none (case 32): never evidence, never a key.
pub fn is_placeholder(date: Packed) -> bool {
    let (year, month, day) = unpack(date);
    matches!((year, month, day), (1900 | 1901 | 1970, 1, 1) | (1899, 12, 30 | 31) | (1800 | 1753, 1, 1))
}

/// Nobody alive was born up to this year: such a date is a filler or a slip, unless the column is about the dead.
const LAST_DEAD_YEAR: u32 = 1850;
/// From one in so many different dates on it is.
const DEAD_SHARE: usize = 20;

/// The order in which a column writes the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    YearFirst,
    DayFirst,
    MonthFirst,
}

/// What one cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Blank,
    /// The order does not matter: ISO, a month in letters, a packed number.
    Fixed(Packed),
    /// Two numbers and a year; the first two may be swapped.
    Open(u32, u32, u32),
    /// A date-like thing that no calendar has (`2001-02-30`): treated as missing, counted.
    Impossible,
    Unreadable,
}

/// Why a column of dates cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DateError {
    #[error("value {index} is not a date this program knows; write dates as YYYY-MM-DD")]
    Unreadable { index: usize },
    #[error("value {index} reads as day/month, value {other} only as month/day; write dates as YYYY-MM-DD")]
    Mixed { index: usize, other: usize },
    #[error(
        "value {index} could be day/month or month/day and no value of the column decides; write dates as YYYY-MM-DD"
    )]
    Ambiguous { index: usize },
}

impl DateError {
    /// Which of the given values is at fault.
    pub fn index(&self) -> usize {
        match *self {
            DateError::Unreadable { index } | DateError::Mixed { index, .. } | DateError::Ambiguous { index } => index,
        }
    }
}

/// A column of dates, read with one sense of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateColumn {
    /// In the order of the values given; 0 for blank, impossible and placeholder dates.
    pub dates: Vec<Packed>,
    pub order: DateOrder,
    /// How many of the distinct values are no day of any calendar.
    pub impossible: usize,
    /// How many of the distinct values are placeholders (1 January 1900 and the like) or lie after `today`.
    pub placeholders: usize,
}

fn century(year: u32, digits: usize, today_year: u32) -> u32 {
    match digits {
        2 if 2000 + year > today_year + 10 => 1900 + year,
        2 => 2000 + year,
        _ => year,
    }
}

fn is_blank_word(text: &str) -> bool {
    ["", "-", "--", "n/a", "na", "none", "null", "nil", "unknown", "tbc", "tba", "?", "0", "#n/a"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

fn cell(text: &str, today_year: u32) -> Cell {
    let text = text.trim();
    if is_blank_word(text) {
        return Cell::Blank;
    }
    let text = text.split_once(['T']).filter(|(day, _)| day.len() >= 8).map_or(text, |(day, _)| day);
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).take(3).collect();
    let number = |part: &str| (part.len() <= 4).then(|| part.parse::<u32>().ok()).flatten();
    let fixed = |year, month, day| pack(year, month, day).map_or(Cell::Impossible, Cell::Fixed);
    match parts[..] {
        [one] if one.len() == 8 && one.bytes().all(|b| b.is_ascii_digit()) => {
            match (one[..4].parse(), one[4..6].parse(), one[6..].parse()) {
                (Ok(year), Ok(month), Ok(day)) => fixed(year, month, day),
                _ => Cell::Unreadable,
            }
        }
        [a, b, c] => {
            let letters = |part: &str| {
                let head = part.get(..3)?.to_ascii_lowercase();
                MONTHS.iter().position(|month| *month == head).map(|at| at as u32 + 1)
            };
            let bare = |part: &str| number(part.trim_end_matches(|c: char| c.is_ascii_alphabetic()));
            match (number(a), number(b), number(c)) {
                (Some(year), Some(month), Some(day)) if a.len() == 4 => {
                    if month > 12 && day <= 12 && pack(year, day, month).is_some() {
                        return fixed(year, day, month);
                    }
                    fixed(year, month, day)
                }
                (Some(x), Some(y), Some(year)) if a.len() <= 2 && b.len() <= 2 => {
                    Cell::Open(x, y, century(year, c.len(), today_year))
                }
                _ => match (letters(b), bare(a), number(c), letters(a), bare(b)) {
                    (Some(month), Some(day), Some(year), ..) if day <= 31 => {
                        fixed(century(year, c.len(), today_year), month, day)
                    }
                    (Some(month), Some(year), Some(day), ..) => fixed(year, month, day),
                    (_, _, Some(year), Some(month), Some(day)) => fixed(century(year, c.len(), today_year), month, day),
                    _ => Cell::Unreadable,
                },
            }
        }
        _ => Cell::Unreadable,
    }
}

/// Reads the distinct values of one column. Day and month are told apart by the column as a whole: one value that
/// only reads one way decides for all. `today` bounds what counts as a future date; without it only years after
/// 2100 are.
///
/// # Errors
/// Where a value is no date, where two values contradict each other, and where nothing decides.
pub fn read_column<'a>(
    values: impl Iterator<Item = &'a str>,
    today: Option<Packed>,
    past_only: bool,
) -> Result<DateColumn, DateError> {
    let latest = today.unwrap_or_else(|| pack(2100, 1, 1).unwrap_or(u32::MAX));
    let cells: Vec<Cell> = values.map(|text| cell(text, unpack(latest).0.min(2100))).collect();
    let order = order_of(&cells)?;
    let is_old = |year: u32| year <= LAST_DEAD_YEAR;
    let (mut old, mut all) = (0, 0);
    for cell in &cells {
        match *cell {
            Cell::Fixed(date) => (old, all) = (old + usize::from(is_old(unpack(date).0)), all + 1),
            Cell::Open(_, _, year) => (old, all) = (old + usize::from(is_old(year)), all + 1),
            _ => {}
        }
    }
    let of_the_living = old * DEAD_SHARE < all.max(DEAD_SHARE + 1);
    let mut column = DateColumn { dates: Vec::with_capacity(cells.len()), order, impossible: 0, placeholders: 0 };
    for (index, cell) in cells.into_iter().enumerate() {
        let date = match (cell, order) {
            (Cell::Blank, _) => None,
            (Cell::Fixed(date), _) => Some(date),
            (Cell::Open(first, second, year), DateOrder::MonthFirst) => Some(pack(year, first, second).unwrap_or(0)),
            (Cell::Open(first, second, year), _) => Some(pack(year, second, first).unwrap_or(0)),
            (Cell::Impossible, _) => Some(0),
            (Cell::Unreadable, _) => return Err(DateError::Unreadable { index }),
        };
        column.impossible += usize::from(date == Some(0));
        let date = date.unwrap_or(0);
        let unreal = is_placeholder(date) || (of_the_living && is_old(unpack(date).0)) || (past_only && date > latest);
        let filler = date != 0 && unreal;
        column.placeholders += usize::from(filler);
        column.dates.push(if filler { 0 } else { date });
    }
    Ok(column)
}

fn order_of(cells: &[Cell]) -> Result<DateOrder, DateError> {
    let mut open = None;
    let (mut day_first, mut month_first) = (None, None);
    for (index, cell) in cells.iter().enumerate() {
        if let Cell::Open(first, second, _) = *cell {
            let reads_day_first = (1..=12).contains(&second) && first <= 31;
            let reads_month_first = (1..=12).contains(&first) && second <= 31;
            match (reads_day_first, reads_month_first) {
                (true, false) => day_first = day_first.or(Some(index)),
                (false, true) => month_first = month_first.or(Some(index)),
                // 5/5/1990 is the same either way and decides nothing, nor needs it to be decided.
                (true, true) if first != second => open = open.or(Some(index)),
                _ => {}
            }
        }
    }
    match (day_first, month_first, open) {
        (Some(day), Some(month), _) => Err(DateError::Mixed { index: day.max(month), other: day.min(month) }),
        (Some(_), None, _) => Ok(DateOrder::DayFirst),
        (None, Some(_), _) => Ok(DateOrder::MonthFirst),
        (None, None, Some(index)) => Err(DateError::Ambiguous { index }),
        (None, None, None) => Ok(DateOrder::YearFirst),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<DateColumn, DateError> {
        read_column(values.iter().copied(), pack(2026, 11, 22), true)
    }

    #[test]
    fn one_value_decides_the_order_of_the_column() {
        let column = read(&["03/04/1990", "25/12/1988", ""]).unwrap();
        assert_eq!(column.order, DateOrder::DayFirst);
        assert_eq!(column.dates, [pack(1990, 4, 3).unwrap(), pack(1988, 12, 25).unwrap(), 0]);
        assert_eq!(read(&["03/04/1990", "12/25/1988"]).unwrap().dates[0], pack(1990, 3, 4).unwrap());
    }

    #[test]
    fn a_column_that_nothing_decides_is_an_error_that_names_the_value() {
        assert_eq!(read(&["05/05/1990", "03/04/1990"]), Err(DateError::Ambiguous { index: 1 }));
        assert_eq!(read(&["25/12/1988", "12/25/1988"]), Err(DateError::Mixed { index: 1, other: 0 }));
        assert_eq!(read(&["1990-01-02", "soon"]), Err(DateError::Unreadable { index: 1 }));
    }

    #[test]
    fn fillers_and_impossible_dates_are_missing_and_counted() {
        let column = read(&["1900-01-01", "1970-01-01", "2031-05-05", "2001-02-30", "1990-02-28"]).unwrap();
        assert_eq!(column.dates, [0, 0, 0, 0, pack(1990, 2, 28).unwrap()]);
        assert_eq!((column.placeholders, column.impossible), (3, 1));
    }

    #[test]
    fn old_dates_are_fillers_only_among_the_living() {
        let living: Vec<String> =
            (0..60).map(|at| format!("{}-05-06", 1940 + at)).chain(["1812-02-03".to_owned()]).collect();
        let column = read(&living.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert_eq!((column.dates[60], column.placeholders), (0, 1));
        let column = read(&["1712-02-03", "1812-05-06", "1899-03-04"]).unwrap();
        assert!(column.dates.iter().all(|date| *date != 0));
        assert_eq!(read(&["1812-02-03"]).unwrap().dates, [0]);
    }

    #[test]
    fn other_spellings_are_read() {
        let day = pack(1994, 3, 12).unwrap();
        for text in [
            "12 Mar 1994",
            "March 12, 1994",
            "19940312",
            "1994/03/12",
            "1994-03-12T00:00:00Z",
            "12-mar-94",
            "12th March 1994",
        ] {
            assert_eq!(read(&[text]).unwrap().dates, [day], "{text}");
        }
    }

    #[test]
    fn day_numbers_count_days() {
        let days = |y, m, d| day_number(pack(y, m, d).unwrap());
        assert_eq!(days(2024, 3, 1) - days(2024, 2, 28), 2);
        assert_eq!(days(2001, 1, 1) - days(2000, 1, 1), 366);
    }
}
