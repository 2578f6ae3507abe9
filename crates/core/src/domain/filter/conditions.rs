//! A filter laid over the columns of a list.

use super::columns::{find, period};
use super::{Ask, Column, Filter, FilterError, How, Kind, Value};
use crate::domain::text::search_fold as fold;
use jiff::civil::Date;
use std::borrow::Cow;
use std::cmp::Ordering;

/// From this number of letters on a word may have letters left out.
const LOOSE: usize = 3;
/// Between the values of a row, so that no word is found across two of them.
const APART: char = '\u{1}';

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Must not hold.
    pub not: bool,
    pub wanted: Wanted,
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Anywhere in the row.
    Word(Word),
    /// In the column of this number; any of the tests.
    Column { at: usize, any: Vec<Test> },
}

/// A word that is looked for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    loose: bool,
}

impl Word {
    /// A word; of three letters and more some may be left out, but for the first.
    #[must_use]
    pub fn new(word: &str) -> Self {
        let text = fold(word).trim().to_owned();
        let loose = text.chars().count() >= LOOSE && text.chars().all(char::is_alphabetic);
        Self { text, loose }
    }

    /// A text that must stand there just so.
    #[must_use]
    pub fn phrase(text: &str) -> Self {
        Self { text: fold(text), loose: false }
    }

    /// The folded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether letters may be left out.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.loose
    }

    /// Whether a folded text has it.
    #[must_use]
    pub fn is_in(&self, folded: &str) -> bool {
        folded.contains(&self.text) || (self.loose && words(folded).any(|word| self.abbreviates(word)))
    }

    /// Whether this is a folded word with letters left out: the first is the same, the others follow in order.
    #[must_use]
    pub fn abbreviates(&self, folded: &str) -> bool {
        let mut letters = folded.chars();
        self.loose
            && self.text.chars().enumerate().all(|(at, wanted)| match at {
                0 => letters.next() == Some(wanted),
                _ => letters.any(|letter| letter == wanted),
            })
    }
}

/// The words of a folded text.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Has this in it, folded.
    Part(String),
    /// A fixed word, or one of its words, begins so.
    Begins(String),
    Whole(String),
    Number(How, f64),
    /// A day against the first and last day of a time.
    Day(How, Date, Date),
}

/// Numbers of a test are finite.
impl Eq for Test {}

/// A fixed word as it is compared: `probable_duplicate` is `probable duplicate`.
fn choice(text: &str) -> String {
    fold(text).replace(['_', '-'], " ").trim().to_owned()
}

fn number(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '%') && !c.is_whitespace()).collect();
    digits.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The day that a value begins with; of a moment its day.
fn day(value: &str) -> Option<Date> {
    value.get(..10)?.parse().ok()
}

impl Test {
    fn new(column: &Column, value: &Value, today: Date) -> Result<Self, FilterError> {
        let text = value.text.as_str();
        if value.how == How::Whole || text.is_empty() {
            return Ok(Test::Whole(text.to_owned()));
        }
        match column.kind {
            Kind::Text | Kind::Choice if value.how != How::Part => {
                Err(FilterError::NotComparable { column: column.key, how: value.how })
            }
            Kind::Text => Ok(Test::Part(fold(text))),
            Kind::Choice => Ok(Test::Begins(choice(text))),
            Kind::Number => match number(text) {
                Some(number) => Ok(Test::Number(value.how, number)),
                None => Err(FilterError::NoNumber { column: column.key, text: text.to_owned() }),
            },
            Kind::Day => match period(text, today) {
                Some((first, last)) => Ok(Test::Day(value.how, first, last)),
                None => Err(FilterError::NoDay { column: column.key, text: text.to_owned() }),
            },
        }
    }

    /// Whether a value passes. Numbers are digits, days and moments begin as `2026-11-24`; nothing is an empty value.
    #[must_use]
    pub fn fits(&self, value: &str) -> bool {
        match self {
            Test::Part(text) => fold(value).contains(text.as_str()),
            Test::Begins(text) => {
                let value = choice(value);
                let starts = value.match_indices(' ').map(|(at, _)| at + 1);
                std::iter::once(0)
                    .chain(starts)
                    .any(|at| value.get(at..).is_some_and(|rest| rest.starts_with(text.as_str())))
            }
            Test::Whole(text) => value == text,
            Test::Number(how, than) => number(value).is_some_and(|number| match how {
                How::Part | How::Whole => (number - than).abs() < 1e-9,
                How::Below => number < *than,
                How::AtMost => number <= *than,
                How::Above => number > *than,
                How::AtLeast => number >= *than,
            }),
            Test::Day(..) => self.fits_day(day(value)),
        }
    }

    /// Whether a day passes; `None` where there is none.
    #[must_use]
    pub fn fits_day(&self, day: Option<Date>) -> bool {
        match (self, day) {
            (Test::Day(how, first, last), Some(day)) => match how {
                How::Part | How::Whole => (*first..=*last).contains(&day),
                How::Below => day < *first,
                How::AtMost => day <= *last,
                How::Above => day > *last,
                How::AtLeast => day >= *first,
            },
            (Test::Whole(text), None) => text.is_empty(),
            (Test::Whole(text), Some(day)) => text.parse().is_ok_and(|wanted: Date| wanted == day),
            _ => false,
        }
    }
}

/// The tests of one column's values.
///
/// # Errors
/// A comparison that the column does not have, a number or a day that is none.
pub fn tests(column: &Column, values: &[Value], today: Date) -> Result<Vec<Test>, FilterError> {
    values.iter().map(|value| Test::new(column, value, today)).collect()
}

/// What of a list a filter asks for.
///
/// # Errors
/// The first thing that cannot be read, in words; then the filter is not to be used at all.
pub fn conditions(filter: &Filter, columns: &[Column], today: Date) -> Result<Vec<Condition>, FilterError> {
    let of = |ask: &Ask| match ask {
        Ask::Word(word) => Ok(Wanted::Word(Word::new(word))),
        Ask::Phrase(text) => Ok(Wanted::Word(Word::phrase(text))),
        Ask::Column { name, values } => {
            let at = find(columns, name)?;
            let any = columns.get(at).map_or_else(|| Ok(Vec::new()), |column| tests(column, values, today))?;
            Ok(Wanted::Column { at, any })
        }
    };
    filter.terms.iter().map(|term| Ok(Condition { not: term.not, wanted: of(&term.ask)? })).collect()
}

/// A row of a list that is short enough to be looked through.
pub trait Row {
    /// The value of a column, as [`Test::fits`] reads it.
    fn value(&self, column: usize) -> Cow<'_, str>;
}

/// All values of a row, folded, as words look for them.
pub fn folded(row: &impl Row, columns: usize) -> String {
    let mut text = String::new();
    for at in 0..columns {
        if at > 0 {
            text.push(APART);
        }
        // Each by itself: what folds accents swallows what stands between.
        text.push_str(&fold(&row.value(at)));
    }
    text
}

/// Whether all conditions hold for a row with this number of columns; those about `without` are left aside.
#[must_use]
pub fn fits(conditions: &[Condition], row: &impl Row, columns: usize, without: Option<usize>) -> bool {
    let mut text = None;
    conditions.iter().all(|condition| {
        let found = match &condition.wanted {
            Wanted::Column { at, .. } if Some(*at) == without => return true,
            Wanted::Column { at, any } => {
                let value = row.value(*at);
                any.iter().any(|test| test.fits(&value))
            }
            Wanted::Word(word) => {
                let text = text.get_or_insert_with(|| folded(row, columns));
                word.is_in(text)
            }
        };
        found != condition.not
    })
}

/// The rows that pass, by number, in the order of a column (`true`: the other way round); equals stay as they come.
#[must_use]
pub fn arranged(
    rows: &[impl Row],
    columns: &[Column],
    conditions: &[Condition],
    by: Option<(usize, bool)>,
) -> Vec<usize> {
    let passes = |at: &usize| rows.get(*at).is_some_and(|row| fits(conditions, row, columns.len(), None));
    let mut found: Vec<usize> = (0..rows.len()).filter(passes).collect();
    arrange(&mut found, rows, columns, by);
    found
}

/// Puts numbers of rows into the order of a column.
pub(super) fn arrange(places: &mut [usize], rows: &[impl Row], columns: &[Column], by: Option<(usize, bool)>) {
    let Some((by, descending)) = by else { return };
    let kind = columns.get(by).map_or(Kind::Text, |column| column.kind);
    let value = |at: usize| rows.get(at).map(|row| row.value(by)).unwrap_or_default();
    let compare = |left: &str, right: &str| match kind {
        Kind::Number => number(left).partial_cmp(&number(right)).unwrap_or(Ordering::Equal),
        Kind::Text | Kind::Choice | Kind::Day => fold(left).cmp(&fold(right)),
    };
    places.sort_by(|left, right| {
        let order = compare(&value(*left), &value(*right));
        if descending { order.reverse() } else { order }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    struct Line(&'static [&'static str]);

    impl Row for Line {
        fn value(&self, column: usize) -> Cow<'_, str> {
            self.0.get(column).copied().unwrap_or_default().into()
        }
    }

    fn columns() -> Vec<Column> {
        vec![
            Column::new("who", "who", Kind::Text),
            Column::new("branch", "branch", Kind::Text),
            Column::new("because", "held because", Kind::Choice),
            Column::new("sure", "sure", Kind::Number),
            Column::new("start", "start date", Kind::Day),
        ]
    }

    const VICTORIA: Line = Line(&["Victoria Middleton", "Quayside ", "probable duplicate", "78.2", "2026-11-21"]);

    fn found(text: &str) -> bool {
        let conditions = conditions(&Filter::parse(text), &columns(), date(2026, 11, 24)).unwrap();
        fits(&conditions, &VICTORIA, 5, None)
    }

    #[test]
    fn words_stand_in_any_order_and_may_lack_letters() {
        for text in
            ["vctr mdl", "mdl vctr", "quay victoria", "middleton", "ddle", "dup", "!anna", "\"ria mid\"", "QUÁYSIDE"]
        {
            assert!(found(text), "{text}");
        }
        for text in ["ctr mdl", "vctr anna", "!vctr", "vr", "victoriam", "\"middleton victoria\"", "\"quayside  \""] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn no_word_is_found_across_two_columns() {
        let row = Line(&["Chloé", "Açaí Bar", "waiter", "", ""]);
        let found = |text: &str| {
            let conditions = conditions(&Filter::parse(text), &columns(), date(2026, 11, 24)).unwrap();
            fits(&conditions, &row, 5, None)
        };
        for text in ["wtr", "acai chloe", "\"i bar\""] {
            assert!(found(text), "{text}");
        }
        for text in ["chlwtr", "eacai", "barw", "\"chloe acai\""] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn columns_are_looked_at_alone() {
        for text in [
            "branch:quay",
            "bra:=\"Quayside \"",
            "because:duplicate",
            "because:probable_dup",
            "held:prob",
            "sure:<80",
            "sure:>=78.2",
            "start:>20nov",
            "start:nov",
            "start:2026",
            "start:<=2026-11-21",
            "branch:castle,quay",
            "!branch:castle",
            "branch:\"side \"",
        ] {
            assert!(found(text), "{text}");
        }
        for text in [
            "branch:victoria",
            "branch:=Quayside",
            "because:plicate",
            "sure:>80",
            "sure:78",
            "start:oct",
            "!branch:castle,quay",
            "start:2025",
            "branch:\"\"",
        ] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn a_wrong_comparison_is_said() {
        let wrong =
            |text: &str| conditions(&Filter::parse(text), &columns(), date(2026, 11, 24)).unwrap_err().to_string();
        assert_eq!(wrong("branch:<b"), "branch is neither a number nor a day: < cannot compare it");
        assert_eq!(wrong("sure:high"), "sure is a number; \"high\" is none");
        assert_eq!(wrong("start:>x"), "start is a day; \"x\" is none (20nov, nov, 2026-11-20, 2026)");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_in_words(text in any::<String>(), value in any::<String>()) {
            let read = conditions(&Filter::parse(&text), &columns(), date(2026, 11, 24));
            if let Ok(conditions) = read {
                let _ = fits(&conditions, &VICTORIA, 5, None);
            }
            for name in ["who", "because", "sure", "start"] {
                let read = conditions(&Filter::parse(&format!("{name}:{value}")), &columns(), date(2026, 11, 24));
                let _ = read.map(|conditions| fits(&conditions, &VICTORIA, 5, None));
            }
        }

        #[test]
        fn the_beginning_of_a_word_finds_what_the_word_finds(name in "[a-d]{3,9}", skip in proptest::collection::vec(any::<bool>(), 9)) {
            let short: String = name.chars().enumerate().filter(|(at, _)| *at == 0 || skip[*at]).map(|(_, c)| c).collect();
            if short.chars().count() >= 3 {
                prop_assert!(Word::new(&short).is_in(&name), "{} {}", short, name);
            }
        }
    }
}
