//! Dates as people and systems write them, and the order of day and month decided from a whole column.

use super::dates::{Packed, is_placeholder, pack, unpack};
use jiff::civil::Date;
use jiff::{Span, civil};
use thiserror::Error;

/// The months in the languages that are read, each language's name after the other, folded. Three letters or more of one are
/// enough where they mean one month only.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "januari", "janvier", "enero", "gennaio", "janeiro", "stycznia", "styczen", "janner"],
    &["february", "februar", "februari", "fevrier", "febrero", "febbraio", "fevereiro", "lutego", "luty"],
    &["march", "marz", "maerz", "marts", "mars", "marzo", "maart", "mrt", "mrz", "marco", "marca", "marzec"],
    &["april", "avril", "abril", "aprile", "kwietnia", "kwiecien"],
    &["may", "mai", "maj", "mayo", "maggio", "mei", "maio", "maja"],
    &["june", "juni", "juin", "junio", "giugno", "junho", "czerwca", "czerwiec"],
    &["july", "juli", "juillet", "julio", "luglio", "julho", "lipca", "lipiec"],
    &["august", "augusti", "augustus", "aout", "agosto", "sierpnia", "sierpien"],
    &["september", "septembre", "septiembre", "setiembre", "settembre", "setembro", "wrzesnia", "wrzesien"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro", "pazdziernika", "pazdziernik"],
    &["november", "novembre", "noviembre", "novembro", "listopada", "listopad"],
    &["december", "dezember", "desember", "decembre", "diciembre", "dicembre", "dezembro", "grudnia", "grudzien"],
];
/// Finnish names are read whole: `mar` is March everywhere else.
const FINNISH: [&str; 12] =
    ["tammi", "helmi", "maalis", "huhti", "touko", "kesa", "heina", "elo", "syys", "loka", "marras", "joulu"];
/// Names that are read whole too: Czech, Hungarian, Romanian, Turkish.
const WHOLE: [&str; 12] = [
    "leden ledna ianuarie ocak",
    "unor unora februarie subat",
    "brezen brezna marcius martie",
    "duben dubna aprilis aprilie nisan",
    "kveten kvetna majus mayis",
    "cerven cervna junius iunie haziran",
    "cervenec cervence julius iulie temmuz",
    "srpen srpna augusztus agustos",
    "zari szeptember septembrie eylul",
    "rijen rijna octombrie ekim",
    "listopadu noiembrie kasim",
    "prosinec prosince decembrie aralik",
];
/// Nobody alive was born up to this year: such a date is a filler or a slip, unless the column is about the dead.
const LAST_DEAD_YEAR: u32 = 1850;
/// From one in this number of different dates on, it is.
const DEAD_SHARE: usize = 20;

/// The order in which a column writes the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    YearFirst,
    DayFirst,
    MonthFirst,
}

/// What one text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateText {
    Blank,
    /// The order does not matter: ISO, a month in letters, a packed number.
    Fixed(Packed),
    /// Two numbers and a year; the first two may be swapped.
    Open(u32, u32, u32),
    /// A day without a year: a birthday, no birth date.
    NoYear,
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
    /// In the order of the values given; 0 for blank, impossible, unreadable and placeholder dates.
    pub dates: Vec<Packed>,
    pub order: DateOrder,
    /// How many of the distinct values are no day of any calendar.
    pub impossible: usize,
    /// How many of the distinct values are placeholders (1 January 1900 and the like) or lie after `today`.
    pub placeholders: usize,
    /// Which of the values say nothing that is a date, or one that no calendar has.
    pub unread: Vec<usize>,
}

fn century(year: u32, digits: usize, latest: u32) -> u32 {
    match digits {
        2 if 2000 + year > latest => 1900 + year,
        2 => 2000 + year,
        _ => year,
    }
}

fn is_blank_word(text: &str) -> bool {
    ["", "-", "--", "n/a", "na", "none", "null", "nil", "unknown", "tbc", "tba", "?", "0", "#n/a"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// The month that a word names, in any language that is read.
fn month(word: &str) -> Option<u32> {
    let word = deunicode::deunicode(word).to_ascii_lowercase();
    if word.len() < 3 {
        return None;
    }
    let of = |at: usize| u32::try_from(at + 1).ok();
    let finnish = |name: &str| word.strip_prefix(name).is_some_and(|rest| rest == "kuu" || rest == "kuuta");
    let mut meant = MONTHS.iter().enumerate().filter(|(_, names)| names.iter().any(|name| name.starts_with(&*word)));
    match (meant.next(), meant.next()) {
        (Some((at, _)), None) => of(at),
        _ => {
            let whole = |names: &&str| names.split(' ').any(|name| name == word);
            FINNISH.iter().position(|name| finnish(name)).or_else(|| WHOLE.iter().position(whole)).and_then(of)
        }
    }
}

/// A part of a date.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// With the number of its digits.
    Number(u32, usize),
    Month(u32),
}

/// Months in Roman numbers, as Poland and Hungary write them (`12 VII 1979`).
const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

fn roman(word: &str) -> Option<u32> {
    let place = ROMAN.iter().position(|number| *number == word)?;
    u32::try_from(place + 1).ok()
}

/// A number, also with what makes it an ordinal (`12th`, `1er`), or a month. Other words (`de`, a weekday) are no part.
fn part(text: &str) -> Option<Part> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = text.split_at_checked(digits)?;
    match digits {
        0 => month(text).or_else(|| roman(text)).map(Part::Month),
        1..=4 if behind.is_empty() || (digits <= 2 && behind.len() <= 3) => {
            number.parse().ok().map(|value| Part::Number(value, digits))
        }
        _ => None,
    }
}

fn fixed(year: u32, month: u32, day: u32) -> DateText {
    pack(year, month, day).map_or(DateText::Impossible, DateText::Fixed)
}

/// Digits without anything between them: `19790712`, `12071979`, or the day number of a spreadsheet.
fn run_of_digits(text: &str) -> DateText {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    match text.len() {
        8 if (1900..2100).contains(&number(4, 8)) && !(1900..2100).contains(&number(0, 4)) => {
            DateText::Open(number(0, 2), number(2, 4), number(4, 8))
        }
        8 => fixed(number(0, 4), number(4, 6), number(6, 8)),
        5 => serial(number(0, 5)).map_or(DateText::Unreadable, DateText::Fixed),
        _ => DateText::Unreadable,
    }
}

/// The day that a spreadsheet keeps as this number.
fn serial(number: u32) -> Option<Packed> {
    let day = civil::date(1899, 12, 30).checked_add(Span::new().days(i64::from(number))).ok()?;
    packed(day)
}

/// A day of the calendar as a small number.
pub fn packed(day: Date) -> Option<Packed> {
    let part = |value: i8| u32::try_from(value).ok();
    pack(u32::try_from(day.year()).ok()?, part(day.month())?, part(day.day())?)
}

/// Reads one text. A year of two digits is the last one that is not after `latest_year`.
pub fn read(text: &str, latest_year: u32) -> DateText {
    let text = text.trim();
    if is_blank_word(text) {
        return DateText::Blank;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return run_of_digits(text);
    }
    let text = text.split_once('T').filter(|(day, _)| day.len() >= 8).map_or(text, |(day, _)| day);
    let mut parts = text.split(|c: char| !c.is_alphanumeric()).filter_map(part);
    let parts = [parts.next(), parts.next(), parts.next()];
    let year_of = |year: u32, digits: usize| century(year, digits, latest_year);
    match parts {
        [Some(Part::Number(year, 4)), Some(Part::Number(month, _)), Some(Part::Number(day, _))] => {
            let swapped = month > 12 && day <= 12 && pack(year, day, month).is_some();
            if swapped { fixed(year, day, month) } else { fixed(year, month, day) }
        }
        [Some(Part::Number(one, 1 | 2)), Some(Part::Number(two, 1 | 2)), Some(Part::Number(year, digits))] => {
            DateText::Open(one, two, year_of(year, digits))
        }
        [Some(Part::Number(year, 4)), Some(Part::Month(month)), Some(Part::Number(day, _))] => fixed(year, month, day),
        [Some(Part::Number(day, _)), Some(Part::Month(month)), Some(Part::Number(year, digits))]
        | [Some(Part::Month(month)), Some(Part::Number(day, _)), Some(Part::Number(year, digits))] => {
            fixed(year_of(year, digits), month, day)
        }
        [Some(Part::Number(1..=31, 1 | 2)), Some(Part::Number(1..=31, 1 | 2) | Part::Month(_)), None]
        | [Some(Part::Month(_)), Some(Part::Number(1..=31, 1 | 2)), None] => DateText::NoYear,
        _ => DateText::Unreadable,
    }
}

/// What the values of a column tell of its order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// The first value that can only be day first.
    pub day_first: Option<usize>,
    /// The first value that can only be month first.
    pub month_first: Option<usize>,
    /// The first value that reads both ways, and differently.
    pub open: Option<usize>,
    /// How many values can only be day first.
    pub only_day_first: usize,
    /// How many values can only be month first.
    pub only_month_first: usize,
}

/// The distinct values of one column, each looked at once.
#[derive(Debug, Clone, Default)]
pub struct DateTexts {
    texts: Vec<DateText>,
    latest: Packed,
    past_only: bool,
    /// Whether every value that is open is written with dots: then the day comes first.
    with_dots: bool,
}

impl DateTexts {
    /// Looks at values. `today` bounds what counts as a future date; without it only years after 2100 are.
    pub fn of<'a>(values: impl Iterator<Item = &'a str>, today: Option<Packed>, past_only: bool) -> Self {
        let latest = today.unwrap_or_else(|| pack(2100, 1, 1).unwrap_or(u32::MAX));
        let year = unpack(latest).0.min(2100) + if past_only { 0 } else { 10 };
        let mut with_dots = true;
        let look = |text: &str| {
            let read = read(text, year);
            with_dots &= !matches!(read, DateText::Open(..)) || text.contains('.');
            read
        };
        let texts = values.map(look).collect();
        DateTexts { texts, latest, past_only, with_dots }
    }

    /// How many values are not blank, and how many of these are a day without a year.
    pub fn without_year(&self) -> (usize, usize) {
        let filled = self.texts.iter().filter(|text| **text != DateText::Blank).count();
        (filled, self.texts.iter().filter(|text| **text == DateText::NoYear).count())
    }

    /// How many values are written as a day with its year, be there such a day or not.
    pub fn like_dates(&self) -> usize {
        let is_like = |text: &&DateText| matches!(text, DateText::Fixed(_) | DateText::Open(..) | DateText::Impossible);
        self.texts.iter().filter(is_like).count()
    }

    /// What the values tell of the order.
    pub fn told(&self) -> Told {
        let mut told = Told::default();
        for (index, text) in self.texts.iter().enumerate() {
            let DateText::Open(first, second, _) = *text else { continue };
            let reads_day_first = (1..=12).contains(&second) && first <= 31;
            let reads_month_first = (1..=12).contains(&first) && second <= 31;
            match (reads_day_first, reads_month_first) {
                (true, false) => {
                    told.day_first = told.day_first.or(Some(index));
                    told.only_day_first += 1;
                }
                (false, true) => {
                    told.month_first = told.month_first.or(Some(index));
                    told.only_month_first += 1;
                }
                // 5/5/1990 is the same either way and decides nothing, nor needs it to be decided.
                (true, true) if first != second => told.open = told.open.or(Some(index)),
                _ => {}
            }
        }
        told
    }

    /// The order that the values themselves tell.
    ///
    /// # Errors
    /// Where two values contradict each other, and where nothing decides.
    pub fn order(&self) -> Result<DateOrder, DateError> {
        match self.told() {
            Told { day_first: Some(day), month_first: Some(month), .. } => {
                Err(DateError::Mixed { index: day.max(month), other: day.min(month) })
            }
            Told { day_first: Some(_), .. } => Ok(DateOrder::DayFirst),
            Told { month_first: Some(_), .. } => Ok(DateOrder::MonthFirst),
            Told { open: Some(_), .. } if self.with_dots => Ok(DateOrder::DayFirst),
            Told { open: Some(index), .. } => Err(DateError::Ambiguous { index }),
            Told { .. } => Ok(DateOrder::YearFirst),
        }
    }

    /// The dates, with this order of what is open.
    pub fn dates(self, order: DateOrder) -> DateColumn {
        let is_old = |year: u32| year <= LAST_DEAD_YEAR;
        let (mut old, mut all) = (0, 0);
        for text in &self.texts {
            match *text {
                DateText::Fixed(date) => (old, all) = (old + usize::from(is_old(unpack(date).0)), all + 1),
                DateText::Open(_, _, year) => (old, all) = (old + usize::from(is_old(year)), all + 1),
                _ => {}
            }
        }
        let of_the_living = old * DEAD_SHARE < all.max(DEAD_SHARE + 1);
        let dates = Vec::with_capacity(self.texts.len());
        let mut column = DateColumn { dates, order, impossible: 0, placeholders: 0, unread: Vec::new() };
        for (index, text) in self.texts.into_iter().enumerate() {
            let date = match (text, order) {
                (DateText::Blank, _) => None,
                (DateText::Fixed(date), _) => Some(date),
                (DateText::Open(first, second, year), DateOrder::MonthFirst) => {
                    Some(pack(year, first, second).unwrap_or(0))
                }
                (DateText::Open(first, second, year), _) => Some(pack(year, second, first).unwrap_or(0)),
                (DateText::Impossible, _) => Some(0),
                (DateText::NoYear | DateText::Unreadable, _) => {
                    column.unread.push(index);
                    None
                }
            };
            if date == Some(0) {
                column.impossible += 1;
                column.unread.push(index);
            }
            let date = date.unwrap_or(0);
            let unreal = is_placeholder(date)
                || (of_the_living && is_old(unpack(date).0))
                || (self.past_only && date > self.latest);
            let filler = date != 0 && unreal;
            column.placeholders += usize::from(filler);
            column.dates.push(if filler { 0 } else { date });
        }
        column
    }

    /// The first value that is no date at all.
    pub fn first_unreadable(&self) -> Option<usize> {
        self.texts.iter().position(|text| matches!(text, DateText::NoYear | DateText::Unreadable))
    }
}

/// Reads the distinct values of one column. Day and month are told apart by the column as a whole: one value that
/// only reads one way decides for all.
///
/// # Errors
/// Where a value is no date, where two values contradict each other, and where nothing decides.
pub fn read_column<'a>(
    values: impl Iterator<Item = &'a str>,
    today: Option<Packed>,
    past_only: bool,
) -> Result<DateColumn, DateError> {
    let texts = DateTexts::of(values, today, past_only);
    let order = texts.order()?;
    match texts.first_unreadable() {
        Some(index) => Err(DateError::Unreadable { index }),
        None => Ok(texts.dates(order)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn months_are_read_in_the_languages_of_the_customers() {
        let day = pack(1979, 7, 12).unwrap();
        for text in [
            "12. Juli 1979",
            "12 juillet 1979",
            "12 de julio de 1979",
            "12 luglio 1979",
            "12 juli 1979",
            "12 de julho de 1979",
            "12 lipca 1979 r.",
            "12. juli 1979",
            "12. heinäkuuta 1979",
            "Thursday, 12 July 1979",
            "Donnerstag, 12. Juli 1979",
            "12 juil. 1979",
            "1979 Jul 12",
            "12 VII 1979",
            "12. července 1979",
            "1979. július 12.",
            "12 iulie 1979",
            "12 Temmuz 1979",
        ] {
            assert_eq!(read(&[text]).unwrap().dates, [day], "{text}");
        }
        for (text, month) in [("3. März 1967", 3), ("3 mrt 1967", 3), ("3 août 1967", 8), ("3 paź 1967", 10)] {
            assert_eq!(read(&[text]).unwrap().dates, [pack(1967, month, 3).unwrap()], "{text}");
        }
    }

    #[test]
    fn numbers_alone_are_days_too() {
        assert_eq!(read(&["29048", "19790712"]).unwrap().dates, [pack(1979, 7, 12).unwrap(); 2]);
        assert_eq!(read(&["25071979"]).unwrap().dates, [pack(1979, 7, 25).unwrap()]);
        // Nobody is born after today.
        assert_eq!(read(&["25/07/31"]).unwrap().dates, [pack(1931, 7, 25).unwrap()]);
    }

    #[test]
    fn a_day_without_a_year_is_no_birth_date() {
        let texts = DateTexts::of(["07-12", "", "12 July", "1979-07-12"].into_iter(), None, true);
        assert_eq!((texts.without_year(), texts.like_dates()), ((3, 2), 1));
        assert_eq!(texts.dates(DateOrder::YearFirst).unread, [0, 2]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(values in proptest::collection::vec(".{0,20}", 0..6)) {
            let texts = DateTexts::of(values.iter().map(String::as_str), pack(2026, 11, 22), true);
            prop_assert_eq!(texts.dates(DateOrder::DayFirst).dates.len(), values.len());
        }
    }
}
