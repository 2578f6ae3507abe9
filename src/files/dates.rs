//! Date columns. ISO 8601 is read as it is; another order only where the whole column leaves no doubt.

use jiff::civil::Date;

/// Why a column's dates are not read: the row (counted as in the list given) and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDate {
    /// Place in the list of values.
    pub at: usize,
    pub why: &'static str,
}

/// The orders of a numeric date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    DayFirst,
    MonthFirst,
}

/// Reads one column. Blank values are `None`.
///
/// # Errors
/// One [`BadDate`] per value that cannot be read; one for the first doubtful value where the column does not tell days
/// from months.
pub fn read_column(values: &[&str]) -> Result<Vec<Option<Date>>, Vec<BadDate>> {
    let read = |order: Order| -> Vec<Result<Option<Date>, &'static str>> {
        values.iter().map(|value| read_one(value, order)).collect()
    };
    let (day_first, month_first) = (read(Order::DayFirst), read(Order::MonthFirst));
    let whole = |dates: &[Result<Option<Date>, _>]| dates.iter().all(Result::is_ok);
    let (chosen, other) = match (whole(&day_first), whole(&month_first)) {
        (true, true) => {
            // Both orders work: fine only where they say the same.
            if let Some(at) = day_first.iter().zip(&month_first).position(|(one, two)| one != two) {
                let why = "it is not clear which number is the day: use YYYY-MM-DD, or add a date with a day above 12";
                return Err(vec![BadDate { at, why }]);
            }
            return Ok(good(&day_first));
        }
        (true, false) => return Ok(good(&day_first)),
        (false, true) => return Ok(good(&month_first)),
        (false, false) => {
            let misses = |dates: &[Result<Option<Date>, &str>]| dates.iter().filter(|date| date.is_err()).count();
            if misses(&day_first) <= misses(&month_first) { (day_first, month_first) } else { (month_first, day_first) }
        }
    };
    let bad = chosen.iter().zip(&other).enumerate().filter_map(|(at, (date, other))| match (date, other) {
        (Err(_), Ok(_)) => {
            Some(BadDate { at, why: "its day and month stand the other way round than in the other rows" })
        }
        (Err(why), Err(_)) => Some(BadDate { at, why }),
        (Ok(_), _) => None,
    });
    Err(bad.collect())
}

fn good(dates: &[Result<Option<Date>, &'static str>]) -> Vec<Option<Date>> {
    dates.iter().map(|date| date.as_ref().ok().copied().flatten()).collect()
}

fn read_one(text: &str, order: Order) -> Result<Option<Date>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.split(['T', ' ']).next().unwrap_or(text);
    if let Some(date) = iso(day) {
        return Ok(Some(date));
    }
    let with_name = ["%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y"];
    if let Some(date) = with_name.iter().find_map(|format| Date::strptime(format, text).ok()) {
        return Ok(Some(date));
    }
    numeric(day, order).map(Some)
}

/// `2026-03-08`, also with slashes or dots.
fn iso(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => date(year, month, day),
        _ => None,
    }
}

fn numeric(text: &str, order: Order) -> Result<Date, &'static str> {
    const NO_DATE: &str = "it is not a date";
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    let [first, second, year] = parts.as_slice() else { return Err(NO_DATE) };
    if year.len() == 2 && year.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("its year has two digits: write four");
    }
    if year.len() != 4 {
        return Err(NO_DATE);
    }
    // With dots the day always comes first.
    let day_first = order == Order::DayFirst || text.contains('.');
    let (day, month) = if day_first { (first, second) } else { (second, first) };
    date(year, month, day).ok_or(NO_DATE)
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits = |text: &str| !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year) && digits(month) && digits(day)) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;
    use proptest::prelude::*;

    #[test]
    fn one_day_above_twelve_settles_the_column() {
        let read = read_column(&["03/04/2020", "", "25/12/2021"]).unwrap();
        assert_eq!(read, [Some(day(2020, 4, 3)), None, Some(day(2021, 12, 25))]);
        let read = read_column(&["03/04/2020", "12/25/2021", "2022-01-02T00:00:00"]).unwrap();
        assert_eq!(read, [Some(day(2020, 3, 4)), Some(day(2021, 12, 25)), Some(day(2022, 1, 2))]);
        assert_eq!(read_column(&["5.4.2020", "6 Mar 2026"]).unwrap(), [Some(day(2020, 4, 5)), Some(day(2026, 3, 6))]);
        assert_eq!(read_column(&["05/05/2020"]).unwrap(), [Some(day(2020, 5, 5))]);
    }

    #[test]
    fn doubt_and_nonsense_name_the_row() {
        let doubt = read_column(&["2020-01-01", "03/04/2020"]).unwrap_err();
        assert_eq!(doubt.first().unwrap().at, 1);
        assert!(doubt.first().unwrap().why.contains("not clear"));
        let mixed = read_column(&["13/01/2020", "14/01/2020", "01/15/2020"]).unwrap_err();
        assert_eq!(mixed.iter().map(|bad| bad.at).collect::<Vec<_>>(), [2]);
        let short = read_column(&["13/01/20", "soon", "2020-02-30"]).unwrap_err();
        assert_eq!(short.len(), 3);
        assert!(short.first().unwrap().why.contains("two digits"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(values in proptest::collection::vec(".{0,20}", 0..6)) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let _ = read_column(&values);
        }
    }
}
