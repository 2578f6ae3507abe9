//! Whether the day or the month stands first in a column of dates: what its values tell, else its head, else the other file, else
//! the other columns. Where nothing tells, it is asked.

use super::heads::Meaning;
use super::reading::OrderWhy;
use crate::matching::date_text::{DateError, DateOrder, DateTexts, Told};

/// A column of dates to be decided.
pub(super) struct DateColumnLook {
    pub meaning: Meaning,
    pub head: String,
    pub texts: DateTexts,
}

/// Which order, and why where there was something to decide.
pub(super) type Decided = (DateOrder, Option<OrderWhy>);

/// How often people of the other file have a date there as if the day stood first here, and as if the month did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Votes {
    pub day_first: usize,
    pub month_first: usize,
}

impl Votes {
    /// The order that nearly all speak for.
    fn order(self) -> Option<(DateOrder, usize)> {
        let clear = |more: usize, less: usize| more > 0 && more >= 10 * less;
        if clear(self.day_first, self.month_first) {
            Some((DateOrder::DayFirst, self.day_first))
        } else if clear(self.month_first, self.day_first) {
            Some((DateOrder::MonthFirst, self.month_first))
        } else {
            None
        }
    }
}

/// The order that a head names (`dd/mm/yyyy`, `TT.MM.JJJJ`, `mm-dd-yy`).
pub(super) fn of_head(head: &str) -> Option<DateOrder> {
    let lower = head.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let is = |word: &str, letters: &str| word.len() <= 4 && letters.chars().any(|one| word.chars().all(|c| c == one));
    words.windows(3).find_map(|three| {
        let [one, two, three] = three else { return None };
        let (day, month, year) = ("djtgp", "mk", "yjav");
        if one.len() == 4 && is(one, year) && is(two, month) && is(three, day) {
            Some(DateOrder::YearFirst)
        } else if three.len() < 2 || !is(three, year) {
            None
        } else if is(one, day) && is(two, month) {
            Some(DateOrder::DayFirst)
        } else if is(one, month) && is(two, day) {
            Some(DateOrder::MonthFirst)
        } else {
            None
        }
    })
}

/// What a column tells by itself.
fn own(column: &DateColumnLook, said: Option<DateOrder>) -> Result<Option<Decided>, DateError> {
    let told = column.texts.told();
    if told == Told::default() {
        return Ok(Some((DateOrder::YearFirst, None)));
    }
    if let Some(order) = said {
        return Ok(Some((order, Some(OrderWhy::Said))));
    }
    match column.texts.order() {
        Ok(order) if told.day_first.is_some() || told.month_first.is_some() => {
            let dates = if order == DateOrder::MonthFirst { told.only_month_first } else { told.only_day_first };
            Ok(Some((order, Some(OrderWhy::Values(dates)))))
        }
        Ok(order) => Ok(Some((order, Some(OrderWhy::Dots)))),
        Err(DateError::Ambiguous { .. }) => {
            let by_head = of_head(&column.head).filter(|order| *order != DateOrder::YearFirst);
            Ok(by_head.map(|order| (order, Some(OrderWhy::Head))))
        }
        Err(error) => Err(error),
    }
}

/// Decides the columns of one file. `votes` asks the other file.
pub(super) fn decide(
    columns: &[DateColumnLook],
    said: impl Fn(Meaning) -> Option<DateOrder>,
    votes: impl Fn(Meaning) -> Votes,
) -> Vec<Result<Decided, DateError>> {
    let alone: Vec<Result<Option<Decided>, DateError>> =
        columns.iter().map(|column| own(column, said(column.meaning))).collect();
    let told = |order: DateOrder| {
        let mut of =
            columns.iter().zip(&alone).filter(|(_, own)| matches!(own, Ok(Some((told, Some(_)))) if *told == order));
        of.next().map(|(column, _)| column.head.clone())
    };
    let beside = match (told(DateOrder::DayFirst), told(DateOrder::MonthFirst)) {
        (Some(head), None) => Some((DateOrder::DayFirst, head)),
        (None, Some(head)) => Some((DateOrder::MonthFirst, head)),
        _ => None,
    };
    let each = columns.iter().zip(&alone).map(|(column, own)| match own {
        Ok(Some(decided)) => Ok(decided.clone()),
        Err(error) => Err(error.clone()),
        Ok(None) => {
            let by_votes = votes(column.meaning).order();
            let by_votes = by_votes.map(|(order, people)| (order, Some(OrderWhy::OtherFile(people))));
            let by_column = || beside.clone().map(|(order, head)| (order, Some(OrderWhy::Column(head))));
            let index = column.texts.told().open.unwrap_or(0);
            by_votes.or_else(by_column).ok_or(DateError::Ambiguous { index })
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;

    fn look(head: &str, field: Field, values: &[&str]) -> DateColumnLook {
        let texts = DateTexts::of(values.iter().copied(), None, false);
        DateColumnLook { meaning: Meaning::Field(field), head: head.to_owned(), texts }
    }

    fn orders(columns: &[DateColumnLook], votes: Votes) -> Vec<Option<DateOrder>> {
        decide(columns, |_| None, |_| votes).into_iter().map(|decided| decided.ok().map(|(order, _)| order)).collect()
    }

    #[test]
    fn heads_name_an_order() {
        for (head, expected) in [
            ("Start date (dd/mm/yyyy)", Some(DateOrder::DayFirst)),
            ("Geburtsdatum TT.MM.JJJJ", Some(DateOrder::DayFirst)),
            ("Naissance (jj/mm/aaaa)", Some(DateOrder::DayFirst)),
            ("DOB [MM-DD-YY]", Some(DateOrder::MonthFirst)),
            ("DOB (YYYY-MM-DD)", Some(DateOrder::YearFirst)),
            ("Date of birth", None),
        ] {
            assert_eq!(of_head(head), expected, "{head}");
        }
    }

    #[test]
    fn what_a_column_leaves_open_the_others_tell() {
        let open = || look("dob", Field::DateOfBirth, &["03/04/1990"]);
        let day_first = || look("start", Field::StartDate, &["25/12/2020"]);
        assert_eq!(orders(&[open(), day_first()], Votes::default()), [Some(DateOrder::DayFirst); 2]);
        assert_eq!(orders(&[open()], Votes::default()), [None]);
        assert_eq!(orders(&[open()], Votes { day_first: 0, month_first: 3 }), [Some(DateOrder::MonthFirst)]);
        assert_eq!(orders(&[open()], Votes { day_first: 4, month_first: 3 }), [None]);
        let hinted = look("dob (mm/dd/yyyy)", Field::DateOfBirth, &["03/04/1990"]);
        assert_eq!(
            orders(&[hinted, day_first()], Votes::default()),
            [Some(DateOrder::MonthFirst), Some(DateOrder::DayFirst)]
        );
        // What is said of one field tells of the others as a column does that tells by itself.
        let said = |meaning| (meaning == Meaning::Field(Field::StartDate)).then_some(DateOrder::MonthFirst);
        let start = look("start", Field::StartDate, &["03/04/2020"]);
        let decided = decide(&[open(), start], said, |_| Votes::default());
        assert!(matches!(
            decided.as_slice(),
            [Ok((DateOrder::MonthFirst, Some(OrderWhy::Column(_)))), Ok((_, Some(OrderWhy::Said)))]
        ));
        let mixed = look("dob", Field::DateOfBirth, &["25/04/1990", "04/25/1990"]);
        assert_eq!(orders(&[mixed], Votes::default()), [None]);
        assert_eq!(
            orders(&[look("dob", Field::DateOfBirth, &["03.04.1990"])], Votes::default()),
            [Some(DateOrder::DayFirst)]
        );
    }
}
