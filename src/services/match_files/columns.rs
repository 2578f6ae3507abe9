//! What is read of two lists, before anything is compared: the same reading that the comparison will have, with the first people
//! under the fields they were read as, and what can be said where a list cannot be read yet.

use super::{MatchError, check_said, open_both};
use crate::domain::field::Field;
use crate::files::match_result::kept::KeptFile;
use crate::files::people::fills::{Fills, FirstRow, OtherColumn};
use crate::files::people::heads::{Certainty, Meaning};
use crate::files::people::layout::{RawRow, Unread};
use crate::files::people::reading::{DateLook, Note};
use crate::files::people::sketch::{Kind, Sketch, TableFault};
use crate::files::people::status::StatusWord;
use crate::files::people::table::{read_one, read_pair};
use crate::files::people::{Choices, Opened, PeopleError, PeopleFault, Reading, Side};
use crate::matching::date_text::{self, DateOrder, DateText};
use crate::matching::dates::pack;
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// Which lists, and what the operator says of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub source: PathBuf,
    /// `None` looks for duplicates in the first.
    pub destination: Option<PathBuf>,
    pub choices: Choices,
    pub today: Option<Date>,
}

/// Why a list is not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing tells the people apart.
    NoKey,
    NoNames,
    /// No row that was looked at names columns, or the one that was named does not.
    NoHeads(String),
    /// Day and month cannot be told apart.
    Dates(String),
    /// Anything else, in words.
    Other(String),
}

/// What is read of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct SideLook {
    pub side: Side,
    pub path: PathBuf,
    /// As the file was when it was looked at.
    pub file: Option<KeptFile>,
    pub sketch: Option<Sketch>,
    /// What the comparison will read.
    pub reading: Option<Reading>,
    pub fills: Option<Fills>,
    pub fault: Option<Fault>,
}

/// What is read of both.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub asked: Asked,
    pub sides: Vec<SideLook>,
}

impl Look {
    /// Whether both lists can be compared.
    pub fn is_ready(&self) -> bool {
        self.sides.iter().all(|side| side.fault.is_none() && side.reading.is_some())
    }
}

/// Looks at one list or two.
pub fn look(asked: Asked) -> Look {
    let mut sides = vec![start(&asked.source, Side::Source, &asked.choices)];
    if let Some(destination) = &asked.destination {
        sides.push(start(destination, Side::Destination, &asked.choices));
    }
    let today = asked.today.and_then(date_text::packed);
    let read = match &asked.destination {
        Some(destination) => open_both(&asked.source, destination, &asked.choices).and_then(|[source, destination]| {
            let [source, destination] = read_pair(source, destination, today)?;
            Ok(vec![source.reading, destination.reading])
        }),
        None => {
            Opened::open(&asked.source, Side::Source, &asked.choices).map_err(MatchError::from).and_then(|opened| {
                check_said(&asked.choices, &[(Side::Source, &opened)])?;
                Ok(vec![read_one(opened, today)?.reading])
            })
        }
    };
    match read {
        Ok(readings) => sides.iter_mut().zip(readings).for_each(|(side, reading)| side.reading = Some(reading)),
        Err(error) => blame(&mut sides, error),
    }
    let fill = |side: &mut SideLook| {
        if side.fault.is_none() || matches!(side.fault, Some(Fault::Dates(_))) {
            side.fills = Fills::of(&side.path, side.side, &asked.choices).ok();
        }
    };
    match sides.as_mut_slice() {
        [one, two] => drop(rayon::join(|| fill(one), || fill(two))),
        sides => sides.iter_mut().for_each(fill),
    }
    // What changed while it was looked at is looked at again by whoever matches.
    Look { asked, sides }
}

fn start(path: &Path, side: Side, choices: &Choices) -> SideLook {
    let mut look =
        SideLook { side, path: path.to_owned(), file: None, sketch: None, reading: None, fills: None, fault: None };
    match KeptFile::of(path) {
        Ok(file) => look.file = Some(file),
        Err(error) => {
            look.fault = Some(Fault::Other(plain(&error)));
            return look;
        }
    }
    if !path.is_file() {
        let words = if path.is_dir() { "it is a folder" } else { "it can be read only once: save it as a file first" };
        look.fault = Some(Fault::Other(words.to_owned()));
        return look;
    }
    match Sketch::of(path, side, choices) {
        Ok(sketch) => {
            look.fault = match sketch.best().and_then(|table| table.fault) {
                Some(TableFault::NoKey) => Some(Fault::NoKey),
                Some(TableFault::NoNames) => Some(Fault::NoNames),
                Some(TableFault::NoHeads) => Some(fault_of(&PeopleFault::NoHeads)),
                None => None,
            };
            look.sketch = Some(sketch);
        }
        Err(error) => look.fault = Some(fault_of(&error.fault)),
    }
    look
}

/// Puts an error where it belongs.
fn blame(sides: &mut [SideLook], error: MatchError) {
    let (file, fault) = match error {
        MatchError::Input(PeopleError { file, fault }) => (Some(file), fault_of(&fault)),
        MatchError::NoColumn(head) => {
            (None, Fault::Other(format!("no file has a column `{head}` any more: u takes back what was said of it")))
        }
        MatchError::NoSheet(name) => {
            (None, Fault::Other(format!("no file has a sheet `{name}` any more: choose another in the row sheet")))
        }
        MatchError::NoSheetOfRow(name) => (
            None,
            Fault::Other(format!("sheet `{name}` is not read any more: u takes back what was said of its heads")),
        ),
        error @ (MatchError::Threshold(_) | MatchError::NewBelow(_)) => (None, Fault::Other(error.to_string())),
    };
    let is_meant = |side: &&mut SideLook| file.as_ref().is_none_or(|file| side.path.display().to_string() == *file);
    if let Some(side) = sides.iter_mut().find(is_meant)
        && side.fault.is_none()
    {
        side.fault = Some(fault);
    }
}

fn fault_of(fault: &PeopleFault) -> Fault {
    match fault {
        PeopleFault::NoKey { .. } => Fault::NoKey,
        PeopleFault::NoNames { .. } => Fault::NoNames,
        PeopleFault::Date { row, column, .. } => {
            Fault::Dates(format!("row {row}, column {column}: day and month cannot be told apart"))
        }
        PeopleFault::Io(crate::ports::bounded::ReadError::Io(error)) => Fault::Other(plain(error)),
        PeopleFault::Io(error) => Fault::Other(error.to_string()),
        PeopleFault::NoHeads => {
            Fault::NoHeads("no row names columns, such as id, first name, last name, e-mail".to_owned())
        }
        PeopleFault::NoRow { row } => Fault::NoHeads(format!("row {row} is blank or not there")),
        PeopleFault::Empty => Fault::Other("the file is empty".to_owned()),
        PeopleFault::NoPeople { known } => Fault::Other(format!("no sheet has people; there are {known}")),
        other => Fault::Other(other.to_string()),
    }
}

/// Why a file is not read, where nothing that can be said of its columns cures it.
pub(super) fn fault_words(fault: &PeopleFault) -> Option<String> {
    match fault_of(fault) {
        Fault::Other(words) | Fault::NoHeads(words) => Some(words),
        Fault::NoKey | Fault::NoNames | Fault::Dates(_) => None,
    }
}

/// What the system says, in plain words.
pub(super) fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        _ => error.to_string(),
    }
}

impl SideLook {
    /// The column of a meaning, and how sure it is.
    pub fn column(&self, meaning: Meaning) -> Option<(&str, Certainty)> {
        let read = self.reading.as_ref().map(|reading| reading.columns.as_slice());
        let columns = read.or_else(|| self.sketch.as_ref()?.best().map(|table| table.columns.as_slice()))?;
        columns.iter().find(|column| column.meaning == meaning).map(|column| (column.head.as_str(), column.certainty))
    }

    /// Every meaning that something is read into.
    pub fn meanings(&self) -> Vec<Meaning> {
        let read = self.reading.as_ref().map(|reading| reading.columns.as_slice());
        let columns = read.or_else(|| self.sketch.as_ref()?.best().map(|table| table.columns.as_slice()));
        columns.unwrap_or_default().iter().map(|column| column.meaning).collect()
    }

    /// Columns that are not read, and why.
    pub fn unread(&self) -> Vec<(&str, &Unread)> {
        let read = self.reading.as_ref().map(|reading| reading.unread.as_slice());
        let columns = read.or_else(|| self.sketch.as_ref()?.best().map(|table| table.unread.as_slice()));
        columns.unwrap_or_default().iter().map(|column| (column.head.as_str(), &column.why)).collect()
    }

    /// What is in a column that is not read; nothing of one that is nobody's business.
    pub fn other(&self, head: &str) -> Option<&OtherColumn> {
        self.fills.as_ref()?.other(head)
    }

    /// How many people have something in a field.
    pub fn filled(&self, meaning: Meaning) -> Option<u64> {
        let fills = self.fills.as_ref()?;
        match meaning {
            Meaning::Id => Some(fills.keys),
            Meaning::ValidFrom => Some(fills.valid_from),
            Meaning::Field(field) => Some(fills.filled(field)),
            Meaning::FullName => Some(fills.filled(Field::LastName)),
            _ => None,
        }
    }

    /// The first people as they are read.
    pub fn first(&self) -> &[FirstRow] {
        self.fills.as_ref().map(|fills| fills.first.as_slice()).unwrap_or_default()
    }

    /// How the dates of a field are read, where there was something to tell.
    pub fn order(&self, meaning: Meaning) -> Option<DateOrder> {
        self.reading.as_ref()?.notes.iter().find_map(|note| match note {
            Note::DateOrder { field, order, .. } if *field == meaning.words() => Some(*order),
            _ => None,
        })
    }

    /// A day as it is read; `None` where it is none, or it is not settled which.
    pub fn day(&self, meaning: Meaning, text: &str) -> Option<Date> {
        let packed = match date_text::read(text, 2100) {
            DateText::Fixed(day) => day,
            DateText::Open(first, second, year) => match self.order(meaning)? {
                DateOrder::MonthFirst => pack(year, first, second)?,
                _ => pack(year, second, first)?,
            },
            _ => return None,
        };
        super::desk::date_of(packed)
    }

    /// The sheets of a workbook, with their rows and whether they are read.
    pub fn sheets(&self) -> Vec<(&str, u64, bool)> {
        let tables = self.sketch.as_ref().map(|sketch| sketch.tables.as_slice()).unwrap_or_default();
        let read = self.reading.as_ref().map(|reading| reading.sheets.as_slice()).unwrap_or_default();
        let one = |sheet: &str| read.iter().any(|name| name == sheet);
        tables
            .iter()
            .filter_map(|table| Some((table.sheet.as_deref()?, table.rows?, one(table.sheet.as_deref()?))))
            .collect()
    }

    /// What its dates of a field tell of their order.
    pub fn date_look(&self, meaning: Meaning) -> Option<&DateLook> {
        self.reading.as_ref()?.dates.iter().find(|look| look.meaning == meaning)
    }

    /// Whether a date of this list, or of one field of it, reads both ways or was told to read one way.
    pub fn has_open_dates(&self) -> bool {
        matches!(self.fault, Some(Fault::Dates(_)))
            || self.reading.as_ref().is_some_and(|reading| reading.dates.iter().any(|look| look.why.is_some()))
    }

    /// The words of a status and what they mean here.
    pub fn words(&self) -> &[StatusWord] {
        self.reading.as_ref().map(|reading| reading.words.as_slice()).unwrap_or_default()
    }

    /// The sheet whose heads and first rows are shown; `None` of a text.
    pub fn shown_sheet(&self) -> Option<&str> {
        self.sketch.as_ref()?.best()?.sheet.as_deref()
    }

    /// The first rows, of which one may be that with the heads.
    pub fn first_rows(&self) -> &[RawRow] {
        self.sketch.as_ref().and_then(Sketch::best).map(|table| table.first_rows.as_slice()).unwrap_or_default()
    }

    /// The sign between the cells of a text, and its encoding; `None` of a workbook, and of what cannot be opened.
    pub fn text(&self) -> Option<(u8, &'static str)> {
        match self.sketch.as_ref()?.kind {
            Kind::Text { delimiter, encoding } => Some((delimiter, encoding)),
            Kind::Workbook => None,
        }
    }

    /// Where the heads stand, and what stands above them.
    pub fn heads(&self) -> Option<(u64, &[String])> {
        let table = self.sketch.as_ref()?.best()?;
        (table.head_row > 0).then_some((table.head_row, table.above.as_slice()))
    }

    /// All heads with some of their values, for whoever has to say which column is which; no value of a column that is nobody's
    /// business. A head that stands twice is told apart as `--columns` does.
    pub fn all_heads(&self) -> Vec<(String, Vec<String>)> {
        let Some(table) = self.sketch.as_ref().and_then(Sketch::best) else { return Vec::new() };
        let private = |head: &str| {
            table.unread.iter().any(|column| column.head == head && column.why == Unread::Private)
                || crate::files::people::heads::recognise(head).is_some_and(|found| found.meaning == Meaning::Private)
        };
        let named = table.heads.iter().enumerate().filter(|(_, head)| !head.is_empty());
        let one = |(at, head): (usize, &String)| {
            // A second one alike is called as `--columns` calls it.
            let before = table.heads.iter().take(at).filter(|other| *other == head).count();
            let name = if before == 0 { head.clone() } else { format!("{head}#{}", before + 1) };
            let values = table.sample.iter().filter_map(|(_, cells)| cells.get(at)).map(|cell| cell.trim());
            let mut some: Vec<String> = Vec::new();
            for value in values.filter(|value| !value.is_empty() && !private(head)) {
                if some.len() == 3 {
                    break;
                }
                if !some.iter().any(|known| known == value) {
                    some.push(value.to_owned());
                }
            }
            (name, some)
        };
        named.map(one).collect()
    }

    /// Rows that hold nobody, with the first of them, in words; and what was hidden, folded or not read.
    pub fn left_out(&self) -> Vec<String> {
        self.reading.as_ref().map(Reading::lines).unwrap_or_default()
    }

    /// How many people stand in the list.
    pub fn people(&self) -> Option<u64> {
        self.reading.as_ref().map(|reading| reading.tally.people)
    }
}
