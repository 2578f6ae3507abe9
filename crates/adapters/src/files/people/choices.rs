//! What the operator says of a file, over whatever would be read into it.

use super::heads::{Meaning, folded};
use super::status::Life;
use crate::matching::date_text::DateOrder;

/// Which of two files; one alone is read as a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    #[default]
    Source,
    Destination,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Destination => "destination",
        }
    }
}

/// A column that the operator names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The file it is said of; of both where it is `None`.
    pub side: Option<Side>,
    pub meaning: Meaning,
    /// The head; `None` where nothing is to be read into the field.
    pub head: Option<String>,
}

/// A sheet that the operator names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetChoice {
    pub side: Option<Side>,
    pub name: String,
}

/// Everything that the operator says; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub columns: Vec<ColumnChoice>,
    /// The only sheets to be read; where there are none, all with people.
    pub sheets: Vec<SheetChoice>,
    /// How dates are written that read both ways.
    pub dates: Option<DateOrder>,
    /// What words of a status mean.
    pub statuses: Vec<(String, Life)>,
    /// Heads of columns that are handed on as they are, beside what is read of a person.
    pub kept: Vec<String>,
}

/// Why something said is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChoice {
    #[error("`{0}` is no FIELD=HEAD; say, for example, last_name=Nachname")]
    NoPair(String),
    #[error("`{word}` is no field; there are {}", known.join(", "))]
    NoField { word: String, known: Vec<&'static str> },
    #[error("`{0}` is no WORD=active or WORD=ended")]
    NoStatus(String),
}

/// `source.last_name` is said of one file only.
fn sided(text: &str) -> (Option<Side>, &str) {
    let of = |side: Side| text.strip_prefix(side.word())?.strip_prefix('.').map(|rest| (Some(side), rest));
    of(Side::Source).or_else(|| of(Side::Destination)).unwrap_or((None, text))
}

fn prefix(side: Option<Side>) -> String {
    side.map_or_else(String::new, |side| format!("{}.", side.word()))
}

impl Choices {
    /// Adds `last_name=Nachname,id=`: fields and heads, several in one text. A head may have commas of its own.
    ///
    /// # Errors
    /// [`BadChoice`].
    pub fn add_columns(&mut self, text: &str) -> Result<(), BadChoice> {
        let mut pairs: Vec<String> = Vec::new();
        for piece in text.split(',') {
            match pairs.last_mut() {
                Some(last) if !piece.contains('=') => {
                    last.push(',');
                    last.push_str(piece);
                }
                _ => pairs.push(piece.to_owned()),
            }
        }
        pairs.iter().try_for_each(|pair| self.add_column(pair))
    }

    /// Adds one field and its head, in which any sign may stand.
    ///
    /// # Errors
    /// [`BadChoice`].
    pub fn add_column(&mut self, pair: &str) -> Result<(), BadChoice> {
        let (field, head) = pair.split_once('=').ok_or_else(|| BadChoice::NoPair(pair.to_owned()))?;
        let (side, word) = sided(field.trim());
        let meaning = Meaning::from_key(word)
            .ok_or_else(|| BadChoice::NoField { word: word.to_owned(), known: Meaning::keys().collect() })?;
        let head = Some(head.trim().to_owned()).filter(|head| !head.is_empty());
        self.columns.push(ColumnChoice { side, meaning, head });
        Ok(())
    }

    /// Says of one file that this column is the field, or that none is; takes the place of what was said before of the field and
    /// of the column.
    pub fn say_column(&mut self, side: Side, meaning: Meaning, head: Option<String>) {
        self.columns.retain(|choice| {
            choice.side != Some(side) || (choice.meaning != meaning && (head.is_none() || choice.head != head))
        });
        self.columns.push(ColumnChoice { side: Some(side), meaning, head });
    }

    /// Says which sheet of one file is read; all with people where there is none.
    pub fn say_sheet(&mut self, side: Side, name: Option<String>) {
        self.sheets.retain(|choice| choice.side != Some(side));
        self.sheets.extend(name.map(|name| SheetChoice { side: Some(side), name }));
    }

    /// What was said of columns, as [`Choices::add_column`] reads it.
    pub fn column_words(&self) -> Vec<String> {
        let words = |choice: &ColumnChoice| {
            let head = choice.head.as_deref().unwrap_or_default();
            format!("{}{}={head}", prefix(choice.side), choice.meaning.key())
        };
        self.columns.iter().map(words).collect()
    }

    /// What was said of sheets, as [`Choices::add_sheet`] reads it.
    pub fn sheet_words(&self) -> Vec<String> {
        self.sheets.iter().map(|choice| format!("{}{}", prefix(choice.side), choice.name)).collect()
    }

    /// What was said of dates, as `--dates` reads it.
    pub fn dates_word(&self) -> Option<&'static str> {
        self.dates.and_then(|order| match order {
            DateOrder::DayFirst => Some("day-first"),
            DateOrder::MonthFirst => Some("month-first"),
            DateOrder::YearFirst => None,
        })
    }

    /// What was said of words of a status, as [`Choices::add_status`] reads it.
    pub fn status_words(&self) -> Vec<String> {
        let word = |life: Life| if life == Life::Active { "active" } else { "ended" };
        self.statuses.iter().map(|(status, life)| format!("{status}={}", word(*life))).collect()
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Choices::default()
    }

    /// Adds a sheet: `Employees`, or `source.Employees` for one file only.
    pub fn add_sheet(&mut self, text: &str) {
        let (side, name) = sided(text);
        self.sheets.push(SheetChoice { side, name: name.to_owned() });
    }

    /// Adds `Garden leave=active` or `L=ended`.
    ///
    /// # Errors
    /// [`BadChoice::NoStatus`].
    pub fn add_status(&mut self, text: &str) -> Result<(), BadChoice> {
        let (word, meaning) = text.rsplit_once('=').ok_or_else(|| BadChoice::NoStatus(text.to_owned()))?;
        let life = match meaning.trim() {
            "active" => Life::Active,
            "ended" | "inactive" => Life::Over,
            _ => return Err(BadChoice::NoStatus(text.to_owned())),
        };
        self.statuses.push((word.trim().to_owned(), life));
        Ok(())
    }

    /// What is said of one of the files.
    pub fn of_side(&self, side: Side) -> Choices {
        let here = |said: Option<Side>| said.is_none_or(|said| said == side);
        Choices {
            columns: self.columns.iter().filter(|choice| here(choice.side)).cloned().collect(),
            sheets: self.sheets.iter().filter(|choice| here(choice.side)).cloned().collect(),
            ..self.clone()
        }
    }
}

impl ColumnChoice {
    /// Where its head stands among these.
    pub fn place(&self, heads: &[String]) -> Option<usize> {
        place(self.head.as_deref()?, heads)
    }
}

/// Where a head stands among these: to the letter, else whatever case and signs; `Email#2` is the second of two.
pub fn place(wanted: &str, heads: &[String]) -> Option<usize> {
    let exact = |name: &str| heads.iter().position(|head| head.trim() == name);
    exact(wanted)
        .or_else(|| {
            let (name, number) = wanted.rsplit_once('#')?;
            let number: usize = number.parse().ok()?;
            let same = |(_, head): &(usize, &String)| head.trim() == name.trim();
            heads.iter().enumerate().filter(same).nth(number.checked_sub(1)?).map(|(at, _)| at)
        })
        .or_else(|| {
            let wanted = folded(wanted);
            heads.iter().position(|head| !wanted.is_empty() && folded(head) == wanted)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::Field;

    #[test]
    fn what_is_said_is_taken_apart() {
        let mut choices = Choices::default();
        choices.add_columns("last_name=Nachname, destination.id=Badge, no.,status=").unwrap();
        let [last, id, status] = choices.columns.as_slice() else { panic!("{choices:?}") };
        assert_eq!((last.meaning, last.head.as_deref()), (Meaning::Field(Field::LastName), Some("Nachname")));
        assert_eq!((id.side, id.head.as_deref()), (Some(Side::Destination), Some("Badge, no.")));
        assert_eq!(status.head, None);
        assert_eq!(choices.of_side(Side::Source).columns.len(), 2);
        assert!(matches!(choices.add_columns("shoe_size=Shoe"), Err(BadChoice::NoField { .. })));
        assert!(matches!(choices.add_columns("Nachname"), Err(BadChoice::NoPair(_))));
        assert!(choices.add_status("Garden leave=active").is_ok() && choices.add_status("L=left").is_err());
    }

    #[test]
    fn a_head_is_found_to_the_letter_first() {
        let heads = ["email".to_owned(), "E-mail".to_owned(), "Mail".to_owned(), "Mail".to_owned()];
        let place = |head: &str| {
            let head = Some(head.to_owned());
            ColumnChoice { side: None, meaning: Meaning::Field(Field::Email), head }.place(&heads)
        };
        assert_eq!(
            (place("E-mail"), place("EMAIL"), place("Mail#2"), place("phone")),
            (Some(1), Some(0), Some(3), None)
        );
    }
}
