//! What the operator says of a file, over whatever would be read into it.

use super::heads::{Meaning, folded};
use super::status::StatusMeaning;
use super::text_choices::{DelimiterChoice, EncodingChoice};
use crate::domain::text;
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

/// The row with the heads, named by the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadRowChoice {
    pub side: Option<Side>,
    /// The sheet it is said of; of every one that is read where it is `None`.
    pub sheet: Option<String>,
    /// As a spreadsheet counts; 0 where no row has heads and the columns are called by their letters.
    pub row: u64,
}

/// How dates that read both ways are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateChoice {
    pub side: Option<Side>,
    /// The field it is said of; of every one where it is `None`.
    pub field: Option<Meaning>,
    pub order: DateOrder,
}

/// What a word of a status means. The name of a sheet is a word for everybody in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChoice {
    pub side: Option<Side>,
    pub word: String,
    pub life: StatusMeaning,
}

/// Everything that the operator says; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub columns: Vec<ColumnChoice>,
    /// The only sheets to be read; where there are none, all with people.
    pub sheets: Vec<SheetChoice>,
    pub head_rows: Vec<HeadRowChoice>,
    pub dates: Vec<DateChoice>,
    pub statuses: Vec<StatusChoice>,
    pub encodings: Vec<EncodingChoice>,
    pub delimiters: Vec<DelimiterChoice>,
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
    #[error("`{0}` is no WORD=active, WORD=ended or WORD=unclear")]
    NoStatus(String),
    #[error("`{0}` is no row; say 3, source.3, Employees!3, or none where no row has heads")]
    NoRow(String),
    #[error("`{0}` is no order of dates; say day-first, source.month-first, or date_of_birth=day-first")]
    NoOrder(String),
    #[error("`{0}` is no encoding; say utf-8, utf-16, windows-1252, source.windows-1250, iso-8859-15 or macintosh")]
    NoEncoding(String),
    #[error("`{0}` is no sign between cells; say comma, semicolon, tab, bar, source.tab, or the sign itself")]
    NoDelimiter(String),
}

/// `source.last_name` is said of one file only.
pub(super) fn sided(text: &str) -> (Option<Side>, &str) {
    let of = |side: Side| text.strip_prefix(side.word())?.strip_prefix('.').map(|rest| (Some(side), rest));
    of(Side::Source).or_else(|| of(Side::Destination)).unwrap_or((None, text))
}

pub(super) fn prefix(side: Option<Side>) -> String {
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

    /// Says which row of one file has the heads; whatever row does where there is none.
    pub fn say_head_row(&mut self, side: Side, sheet: Option<String>, row: Option<u64>) {
        self.head_rows.retain(|choice| choice.side != Some(side) || choice.sheet != sheet);
        self.head_rows.extend(row.map(|row| HeadRowChoice { side: Some(side), sheet, row }));
    }

    /// Says how dates of one file are written, in one field or in all; as the files tell where there is no order.
    pub fn say_dates(&mut self, side: Side, field: Option<Meaning>, order: Option<DateOrder>) {
        self.dates.retain(|choice| choice.side != Some(side) || choice.field != field);
        self.dates.extend(order.map(|order| DateChoice { side: Some(side), field, order }));
    }

    /// Says what a word of a status means in one file; what it says by itself where there is nothing.
    pub fn say_status(&mut self, side: Side, word: &str, life: Option<StatusMeaning>) {
        let same = |choice: &StatusChoice| text::fold(&choice.word) == text::fold(word);
        self.statuses.retain(|choice| choice.side != Some(side) || !same(choice));
        self.statuses.extend(life.map(|life| StatusChoice { side: Some(side), word: word.to_owned(), life }));
    }

    /// What was said of rows with heads, as [`Choices::add_head_row`] reads it.
    pub fn head_row_words(&self) -> Vec<String> {
        let words = |choice: &HeadRowChoice| {
            let sheet = choice.sheet.as_ref().map_or_else(String::new, |sheet| format!("{sheet}!"));
            let row = if choice.row == 0 { "none".to_owned() } else { choice.row.to_string() };
            format!("{}{sheet}{row}", prefix(choice.side))
        };
        self.head_rows.iter().map(words).collect()
    }

    /// What was said of dates, as [`Choices::add_dates`] reads it.
    pub fn date_words(&self) -> Vec<String> {
        let words = |choice: &DateChoice| {
            let order = if choice.order == DateOrder::MonthFirst { "month-first" } else { "day-first" };
            let field = choice.field.map_or_else(String::new, |field| format!("{}=", field.key()));
            format!("{}{field}{order}", prefix(choice.side))
        };
        self.dates.iter().map(words).collect()
    }

    /// What was said of words of a status, as [`Choices::add_status`] reads it.
    pub fn status_words(&self) -> Vec<String> {
        let words = |choice: &StatusChoice| format!("{}{}={}", prefix(choice.side), choice.word, choice.life.word());
        self.statuses.iter().map(words).collect()
    }

    /// The row with the heads, where the operator names one for this table; what is said of a sheet goes before what is said of
    /// all, and of several the last. Asked of what [`Choices::of_side`] gives.
    pub fn head_row(&self, sheet: Option<&str>) -> Option<u64> {
        let same = |name: &str| sheet.is_some_and(|sheet| is_sheet(name, sheet));
        let of_sheet = self.head_rows.iter().rev().find(|choice| choice.sheet.as_deref().is_some_and(same));
        let of_all = || self.head_rows.iter().rev().find(|choice| choice.sheet.is_none());
        of_sheet.or_else(of_all).map(|choice| choice.row)
    }

    /// How dates of a field are written, where the operator says it; asked of what [`Choices::of_side`] gives.
    pub fn order(&self, field: Meaning) -> Option<DateOrder> {
        let of_field = self.dates.iter().rev().find(|choice| choice.field == Some(field));
        let of_all = || self.dates.iter().rev().find(|choice| choice.field.is_none());
        of_field.or_else(of_all).map(|choice| choice.order)
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

    /// Adds a row with heads: `3`, `none`, `source.3`, `Employees!3`.
    ///
    /// # Errors
    /// [`BadChoice::NoRow`].
    pub fn add_head_row(&mut self, text: &str) -> Result<(), BadChoice> {
        let bad = || BadChoice::NoRow(text.to_owned());
        let (side, rest) = sided(text.trim());
        let (sheet, row) = rest.rsplit_once('!').map_or((None, rest), |(sheet, row)| (Some(sheet), row));
        let row = match row.trim() {
            "none" => 0,
            number => number.parse().ok().filter(|row| *row > 0).ok_or_else(bad)?,
        };
        let sheet = sheet.map(|sheet| sheet.trim().trim_matches('\'').to_owned());
        self.head_rows.push(HeadRowChoice { side, sheet, row });
        Ok(())
    }

    /// Adds an order of dates: `day-first`, `source.month-first`, `destination.start_date=day-first`.
    ///
    /// # Errors
    /// [`BadChoice::NoOrder`].
    pub fn add_dates(&mut self, text: &str) -> Result<(), BadChoice> {
        let bad = || BadChoice::NoOrder(text.to_owned());
        let (side, rest) = sided(text.trim());
        let (field, order) = rest.split_once('=').map_or((None, rest), |(field, order)| (Some(field), order));
        let field = field.map(|field| Meaning::from_key(field).filter(|field| field.is_date()).ok_or_else(bad));
        let order = match order.trim() {
            "day-first" => DateOrder::DayFirst,
            "month-first" => DateOrder::MonthFirst,
            _ => return Err(bad()),
        };
        self.dates.push(DateChoice { side, field: field.transpose()?, order });
        Ok(())
    }

    /// Adds `Garden leave=active`, `L=ended` or `destination.Locked=unclear`; `=ended` is said of a blank cell.
    ///
    /// # Errors
    /// [`BadChoice::NoStatus`].
    pub fn add_status(&mut self, text: &str) -> Result<(), BadChoice> {
        let (side, rest) = sided(text);
        let (word, meaning) = rest.rsplit_once('=').ok_or_else(|| BadChoice::NoStatus(text.to_owned()))?;
        let life = StatusMeaning::from_word(meaning.trim()).ok_or_else(|| BadChoice::NoStatus(text.to_owned()))?;
        self.statuses.push(StatusChoice { side, word: word.trim().to_owned(), life });
        Ok(())
    }

    /// What is said of one of the files.
    pub fn of_side(&self, side: Side) -> Choices {
        let here = |said: Option<Side>| said.is_none_or(|said| said == side);
        Choices {
            columns: self.columns.iter().filter(|choice| here(choice.side)).cloned().collect(),
            sheets: self.sheets.iter().filter(|choice| here(choice.side)).cloned().collect(),
            head_rows: self.head_rows.iter().filter(|choice| here(choice.side)).cloned().collect(),
            dates: self.dates.iter().filter(|choice| here(choice.side)).copied().collect(),
            statuses: self.statuses.iter().filter(|choice| here(choice.side)).cloned().collect(),
            encodings: self.encodings.iter().filter(|choice| here(choice.side)).copied().collect(),
            delimiters: self.delimiters.iter().filter(|choice| here(choice.side)).copied().collect(),
            kept: self.kept.clone(),
        }
    }
}

/// Whether a sheet is the one that is meant.
pub fn is_sheet(wanted: &str, sheet: &str) -> bool {
    sheet.trim().eq_ignore_ascii_case(wanted.trim())
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
    fn rows_orders_and_words_are_said_of_one_file_or_of_both() {
        let mut choices = Choices::default();
        for text in ["3", "source.Staff!7", "destination.none"] {
            choices.add_head_row(text).unwrap();
        }
        for text in ["day-first", "source.start_date=month-first"] {
            choices.add_dates(text).unwrap();
        }
        for text in ["L=ended", "destination.L=active", "=unclear"] {
            choices.add_status(text).unwrap();
        }
        let (source, destination) = (choices.of_side(Side::Source), choices.of_side(Side::Destination));
        assert_eq!((source.head_row(Some("staff")), source.head_row(None)), (Some(7), Some(3)));
        assert_eq!((destination.head_row(Some("Staff")), Choices::default().head_row(None)), (Some(0), None));
        let (start, born) = (Meaning::Field(Field::StartDate), Meaning::Field(Field::DateOfBirth));
        assert_eq!((source.order(start), source.order(born)), (Some(DateOrder::MonthFirst), Some(DateOrder::DayFirst)));
        assert_eq!(destination.order(start), Some(DateOrder::DayFirst));
        assert_eq!((source.statuses.len(), destination.statuses.len()), (2, 3));
        let again = |texts: Vec<String>, add: fn(&mut Choices, &str) -> Result<(), BadChoice>| {
            let mut read = Choices::default();
            texts.iter().for_each(|text| add(&mut read, text).unwrap());
            read
        };
        assert_eq!(again(choices.head_row_words(), Choices::add_head_row).head_rows, choices.head_rows);
        assert_eq!(again(choices.date_words(), Choices::add_dates).dates, choices.dates);
        assert_eq!(again(choices.status_words(), Choices::add_status).statuses, choices.statuses);
        assert!(choices.add_head_row("0").is_err() && choices.add_head_row("row 3").is_err());
        assert!(choices.add_dates("year-first").is_err() && choices.add_dates("email=day-first").is_err());
        // What is said again takes the place of what was said.
        choices.say_head_row(Side::Source, Some("Staff".to_owned()), Some(2));
        choices.say_status(Side::Destination, "l", None);
        choices.say_dates(Side::Source, Some(start), None);
        assert_eq!(choices.of_side(Side::Source).head_row(Some("Staff")), Some(2));
        assert_eq!(choices.of_side(Side::Destination).statuses.len(), 2);
        assert_eq!(choices.of_side(Side::Source).order(start), Some(DateOrder::DayFirst));
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
