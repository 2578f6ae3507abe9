//! A people file that was opened and looked at: which sheets have people, under which heads; then its rows.

use super::choices::{Choices, Side, is_sheet};
use super::heads::{self, Meaning};
use super::layout::{KeyFrom, Layout, NoLayout, RawRow, UnreadColumn};
use super::lines::Lines;
use super::reading::{Note, Place, Reading, Rows, SheetLeft, Tally};
use super::rows::{OfTable, Scanner, Sink};
use super::status::{StatusMeaning, Words};
use super::text_choices::TextSaid;
use super::values::unguarded;
use super::{PeopleError, PeopleFault, heads_words};
use crate::domain::field::Field;
use crate::domain::text;
use crate::files::sheet::cell_text;
use crate::files::workbook::{Row, Workbook};
use crate::ports::bounded::{self, PEOPLE_MAX, ReadError};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::Path;

/// Rows of a sheet that are looked at before anything is decided.
pub(super) const SAMPLE: usize = 400;

/// One table with people: a text, or a sheet of a workbook.
struct Table {
    layout: Layout,
    /// Rows below the heads.
    sample: Vec<RawRow>,
    sheet: Option<Sheet>,
}

/// A sheet.
struct Sheet {
    name: String,
    rows: Vec<Row>,
    hidden: BTreeSet<u64>,
    /// Heads of columns that are hidden.
    hidden_columns: Vec<String>,
    /// Its name says that its people have left.
    is_leavers: bool,
}

/// A people file that was opened.
pub struct Opened {
    file: String,
    lines: Option<Lines>,
    tables: Vec<Table>,
    notes: Vec<Note>,
    said_sheets: Vec<String>,
    choices: Choices,
}

/// Names of sheets that say that their people have left.
const LEAVERS: &str = "leavers|leaver|past employees|former employees|ex employees|terminations|terminated|inactive|inactive users|\
    archived|archive|deactivated|ausgetretene|ausgetreten|ehemalige|sortis|departs|sorties|bajas|cessati|uit dienst|desligados|zwolnieni|\
    fratradte|sluttede|sluttet|avslutade";

/// A stream that ends with an error when more comes than is read of such a file.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(std::io::Error::other(ReadError::TooLarge { most: PEOPLE_MAX })),
        }
    }
}

fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// What a file is by its first bytes.
pub(super) enum Start {
    Book(Vec<u8>),
    Text(Lines),
}

impl Start {
    /// Opens a file or a pipe.
    ///
    /// # Errors
    /// What the system says; an empty file.
    pub fn of(path: &Path, said: TextSaid) -> Result<Start, PeopleError> {
        let name = path.display().to_string();
        let io = |error: ReadError| PeopleFault::Io(error).in_file(&name);
        let mut stream = Capped { inner: bounded::open(path).map_err(io)?, left: PEOPLE_MAX };
        let mut first = Vec::new();
        stream.by_ref().take(4).read_to_end(&mut first).map_err(|error| io(error.into()))?;
        if is_workbook(&first) {
            stream.read_to_end(&mut first).map_err(|error| io(error.into()))?;
            return Ok(Start::Book(first));
        }
        let lines = Lines::open(Box::new(Cursor::new(first).chain(stream)), said);
        let lines = lines.map_err(|fault| fault.in_file(&name))?;
        Ok(Start::Text(lines))
    }
}

impl Opened {
    /// Opens a file or a pipe and looks at its beginning; its content, not its name, says what it is.
    ///
    /// # Errors
    /// [`PeopleError`]: what it is instead of a list of people.
    pub fn open(path: &Path, side: Side, choices: &Choices) -> Result<Opened, PeopleError> {
        let name = path.display().to_string();
        match Start::of(path, choices.of_side(side).text())? {
            Start::Book(bytes) => Self::of_book(&name, &bytes, side, choices),
            Start::Text(lines) => Self::of_lines(&name, lines, side, choices),
        }
    }

    /// Looks at bytes, which can be gone through more than once.
    ///
    /// # Errors
    /// As [`Opened::open`].
    pub fn of_bytes(name: &str, bytes: Vec<u8>, side: Side, choices: &Choices) -> Result<Opened, PeopleError> {
        if is_workbook(&bytes) {
            return Self::of_book(name, &bytes, side, choices);
        }
        let lines = Lines::of(bytes, None, choices.of_side(side).text()).map_err(|fault| fault.in_file(name))?;
        Self::of_lines(name, lines, side, choices)
    }

    fn of_lines(name: &str, lines: Lines, side: Side, choices: &Choices) -> Result<Opened, PeopleError> {
        let choices = choices.of_side(side);
        let look = || {
            let sample = lines.sample()?;
            let layout = Layout::of(&sample, side, &choices, None).map_err(no_people)?;
            Ok((layout, sample))
        };
        let (layout, sample) = look().map_err(|fault: PeopleFault| fault.in_file(name))?;
        let mut notes = Vec::new();
        notes.extend(lines.has_separator_line.then_some(Note::SeparatorLine));
        notes.extend(lines.note.clone());
        let table = Table { sample: below(&layout, sample), layout, sheet: None };
        let (file, lines, tables) = (name.to_owned(), Some(lines), vec![table]);
        Ok(Opened { file, lines, tables, notes, said_sheets: Vec::new(), choices })
    }

    fn of_book(name: &str, bytes: &[u8], side: Side, choices: &Choices) -> Result<Opened, PeopleError> {
        let choices = choices.of_side(side);
        let mut opened = Opened {
            file: name.to_owned(),
            lines: None,
            tables: Vec::new(),
            notes: Vec::new(),
            said_sheets: Vec::new(),
            choices,
        };
        let fault = opened.read_book(bytes, side).err();
        fault.map_or(Ok(opened), |fault| Err(fault.in_file(name)))
    }

    fn read_book(&mut self, bytes: &[u8], side: Side) -> Result<(), PeopleFault> {
        let mut book = Workbook::open(bytes)?;
        let sheets = book.sheets_shown();
        let known = || sheets.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        for choice in &self.choices.sheets {
            let same = |(name, _): &&(String, bool)| is_sheet(&choice.name, name);
            match sheets.iter().find(same) {
                Some((name, _)) => self.said_sheets.push(name.clone()),
                None if choice.side == Some(side) => {
                    return Err(PeopleFault::NoSheet { name: choice.name.clone(), known: known() });
                }
                None => {}
            }
        }
        for choice in self.choices.head_rows.iter().filter(|choice| choice.side == Some(side)) {
            let Some(wanted) = &choice.sheet else { continue };
            if !sheets.iter().any(|(name, _)| is_sheet(wanted, name)) {
                return Err(PeopleFault::NoSheet { name: wanted.clone(), known: known() });
            }
        }
        let mut fault = None;
        let (shown, hidden): (Vec<_>, Vec<_>) =
            sheets.iter().partition(|(name, shown)| *shown || self.said_sheets.contains(name));
        for (name, _) in shown {
            fault = self.read_sheet(&mut book, name, side)?.or(fault);
        }
        // Only where nobody stands in what is shown.
        let read_hidden = self.tables.is_empty();
        for (name, _) in hidden {
            if read_hidden {
                let before = self.tables.len();
                fault = self.read_sheet(&mut book, name, side)?.or(fault);
                self.notes.extend((self.tables.len() > before).then(|| Note::HiddenSheet(name.clone())));
            } else {
                let rows = book.rows(name)?.len() as u64;
                self.notes.push(Note::SheetLeft { name: name.clone(), rows, why: SheetLeft::Hidden });
            }
        }
        match (self.tables.is_empty(), fault) {
            (false, _) => Ok(()),
            (true, Some(fault)) if sheets.len() == 1 || !matches!(fault, PeopleFault::NoHeads | PeopleFault::Empty) => {
                Err(fault)
            }
            (true, _) => Err(PeopleFault::NoPeople { known: known() }),
        }
    }

    /// Reads one sheet; gives why it is none of people.
    fn read_sheet(
        &mut self,
        book: &mut Workbook<'_>,
        name: &str,
        side: Side,
    ) -> Result<Option<PeopleFault>, PeopleFault> {
        let rows = book.rows(name)?;
        let count = rows.len() as u64;
        let left = |why| Note::SheetLeft { name: name.to_owned(), rows: count, why };
        if !self.said_sheets.is_empty() && !self.said_sheets.iter().any(|said| said == name) {
            self.notes.push(left(SheetLeft::Said));
            return Ok(None);
        }
        let sample: Vec<RawRow> = rows.iter().take(SAMPLE).map(|(row, cells)| (*row, texts_of(cells))).collect();
        if sample.is_empty() {
            self.notes.push(left(SheetLeft::NoPeople));
            return Ok(Some(PeopleFault::Empty));
        }
        let layout = match Layout::of(&sample, side, &self.choices, Some(name)) {
            Ok(layout) => layout,
            Err(none) => {
                let addresses = sample.iter().flat_map(|(_, cells)| cells).filter(|cell| cell.contains('@')).count();
                let keys = [Meaning::Id, Meaning::Field(Field::Email), Meaning::Field(Field::Identifier)];
                let why = match &none {
                    NoLayout::NoRow(_) => SheetLeft::NoRow,
                    NoLayout::NoHeads if addresses > 2 => SheetLeft::NoHeads,
                    NoLayout::NoNames(layout) if keys.into_iter().any(|key| layout.place(key).is_some()) => {
                        SheetLeft::NoNames
                    }
                    _ => SheetLeft::NoPeople,
                };
                self.notes.push(left(why));
                return Ok(Some(no_people(none)));
            }
        };
        let is_leavers = tells_leavers(name);
        let (hidden, columns) = book.hidden(name);
        let is_read = |at: &usize| layout.columns.iter().any(|column| column.place == *at);
        let head = |at: usize| layout.heads.get(at).cloned().unwrap_or_default();
        let hidden_columns = columns.into_iter().filter(is_read).map(head).collect();
        let sheet = Sheet { name: name.to_owned(), rows, hidden, hidden_columns, is_leavers };
        self.tables.push(Table { sample: below(&layout, sample), layout, sheet: Some(sheet) });
        Ok(None)
    }

    /// Whether a sheet of this name is read.
    pub fn has_sheet(&self, wanted: &str) -> bool {
        self.tables.iter().any(|table| table.sheet.as_ref().is_some_and(|sheet| is_sheet(wanted, &sheet.name)))
    }

    /// The heads of `--columns` and the sheets of `--sheet` that this file has.
    pub fn said(&self) -> (Vec<&str>, Vec<&str>) {
        let heads = self.tables.iter().flat_map(|table| table.layout.said.iter().map(String::as_str));
        (heads.collect(), self.said_sheets.iter().map(String::as_str).collect())
    }

    /// The columns that are not read, of all tables.
    pub fn unread(&self) -> impl Iterator<Item = &UnreadColumn> {
        self.tables.iter().flat_map(|table| &table.layout.unread)
    }

    /// For each of [`Choices::kept`] whether this file has the column, and it is none that is private.
    pub fn has_kept(&self) -> Vec<bool> {
        let has = |at: usize| self.tables.iter().any(|table| table.layout.kept.get(at).is_some_and(Option::is_some));
        (0..self.choices.kept.len()).map(has).collect()
    }

    /// What tells one person of the first table from another.
    pub fn key(&self) -> Option<KeyFrom> {
        self.tables.first().map(|table| table.layout.key)
    }

    /// The file as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What the operator says of this file.
    pub(super) fn choices(&self) -> &Choices {
        &self.choices
    }

    /// The head of a meaning, for words.
    pub(super) fn head(&self, meaning: Meaning) -> Option<&str> {
        self.tables.iter().find_map(|table| table.layout.column(meaning)).map(|column| column.head.as_str())
    }

    /// Goes through all rows.
    ///
    /// # Errors
    /// [`PeopleError`]; what the sink says.
    pub fn scan(&mut self, sink: &mut dyn Sink) -> Result<Reading, PeopleError> {
        self.scan_rows(sink).map_err(|fault| fault.in_file(&self.file))
    }

    fn scan_rows(&mut self, sink: &mut dyn Sink) -> Result<Reading, PeopleFault> {
        let mut words = Words::new(&self.choices.statuses);
        let mut tally = Tally::default();
        let mut notes = self.notes.clone();
        let mut seen = Seen::default();
        let mut sheets = Vec::new();
        for (number, table) in (0..).zip(&self.tables) {
            let before = tally.people;
            let (head_row, mut above) = (table.layout.head_row, 0);
            let told = table.sheet.as_ref().and_then(|sheet| {
                words.of_sheet(&sheet.name, sheet.is_leavers).map(|life| (sheet.name.as_str(), life))
            });
            notes.extend(
                told.filter(|(_, life)| *life == StatusMeaning::Over).map(|(name, _)| Note::SheetOver(name.to_owned())),
            );
            let of = OfTable { number, delimiter: self.lines.as_ref().map(Lines::delimiter), told };
            let mut scanner = Scanner::new(&table.layout, &table.sample, of, (&mut tally, &mut words));
            if let Some(lines) = &mut self.lines {
                let blank = lines.each(|row, line| scanner.take(head_row, &mut above, row, line, sink))?;
                scanner.tally.rows += blank;
                scanner.tally.blank += blank;
            }
            for (row, cells) in table.sheet.iter().flat_map(|sheet| &sheet.rows) {
                scanner.take(head_row, &mut above, *row, &texts_of(cells), sink)?;
                let has_error = |at: usize| matches!(cells.get(at), Some(calamine::Data::Error(_)));
                if *row > head_row && table.layout.columns.iter().any(|column| has_error(column.place)) {
                    scanner.errors.add(Place { sheet: number, row: *row });
                }
            }
            seen.add(&scanner);
            let people_above = std::mem::take(&mut scanner.people_above);
            tally.above += above;
            let sheet = table.sheet.as_ref().map(|sheet| sheet.name.clone()).filter(|_| self.tables.len() > 1);
            if let Some(first) = table.layout.first_head_row {
                notes.push(Note::HeadsInTwo { first, row: head_row, sheet: sheet.clone() });
                // The first row of the heads is none above them.
                above = above.saturating_sub(1);
                tally.above -= 1;
                tally.heads += 1;
            }
            if above > 0 {
                notes.push(Note::HeadsBelow { row: head_row, above, sheet: sheet.clone() });
                let is_said = self.choices.head_row(table.sheet.as_ref().map(|sheet| sheet.name.as_str())).is_some();
                // One address is that of whoever made the list.
                let people = Some(people_above).filter(|rows| rows.count > 1 && !is_said);
                notes.extend(people.map(Note::PeopleAbove));
            }
            if let Some(sheet) = &table.sheet {
                let of_people = |row: &&Row| row.0 > head_row && sheet.hidden.contains(&row.0);
                seen.hidden += sheet.rows.iter().filter(of_people).count() as u64;
                seen.hidden_columns.extend(sheet.hidden_columns.iter().cloned());
                sheets.push((sheet.name.clone(), tally.people - before));
            }
        }
        if self.lines.as_ref().is_some_and(|lines| lines.has_separator_line) {
            (tally.rows, tally.above) = (tally.rows + 1, tally.above + 1);
        }
        let names = sheets.iter().map(|(name, _)| name.clone()).collect();
        let text = self.lines.as_ref().map(|lines| (lines.delimiter(), lines.encoding));
        let mut reading = Reading { tally, sheets: names, text, ..Reading::default() };
        notes.extend((sheets.len() > 1).then_some(Note::SheetsRead(sheets)));
        self.describe(&mut reading, &mut notes);
        notes.extend(seen.notes(&words, reading.tally.people));
        reading.notes = notes;
        reading.words = words.all();
        Ok(reading)
    }

    /// The columns, the key and how names are taken apart.
    fn describe(&self, reading: &mut Reading, notes: &mut Vec<Note>) {
        for table in &self.tables {
            for column in &table.layout.columns {
                if !reading.columns.iter().any(|known| known.meaning == column.meaning && known.head == column.head) {
                    reading.columns.push(column.clone());
                }
            }
            for column in &table.layout.unread {
                if !reading.unread.contains(column) {
                    reading.unread.push(column.clone());
                }
            }
            if table.layout.key != KeyFrom::Id && !notes.contains(&Note::Key(table.layout.key)) {
                notes.push(Note::Key(table.layout.key));
            }
        }
        if let Some(head) = self.head(Meaning::FullName) {
            let is_said = self.tables.iter().any(|table| table.layout.is_last_first);
            let last_first = is_said || heads::last_name_first(head);
            notes.push(Note::NameSplit { head: head.to_owned(), last_first });
        }
    }
}

/// What the rows of all tables have shown.
#[derive(Default)]
struct Seen {
    keyless: Rows,
    shortened: Rows,
    decimal: Rows,
    grouped: Rows,
    errors: Rows,
    mails: Rows,
    mails_in_text: Rows,
    broken: Rows,
    headless: u64,
    hidden: u64,
    hidden_columns: Vec<String>,
    unclear: u64,
}

impl Seen {
    fn add(&mut self, scanner: &Scanner<'_>) {
        self.headless += scanner.headless;
        self.unclear += scanner.unclear;
        for (all, of_table) in [
            (&mut self.keyless, &scanner.keyless),
            (&mut self.shortened, &scanner.shortened),
            (&mut self.decimal, &scanner.decimal),
            (&mut self.grouped, &scanner.grouped),
            (&mut self.errors, &scanner.errors),
            (&mut self.mails, &scanner.mails),
            (&mut self.mails_in_text, &scanner.mails_in_text),
            (&mut self.broken, &scanner.broken),
        ] {
            all.merge(of_table);
        }
    }

    fn notes(self, words: &Words, people: u64) -> impl Iterator<Item = Note> {
        let [active, ended, unclear] =
            [StatusMeaning::Active, StatusMeaning::Over, StatusMeaning::Unclear].map(|life| words.with(life));
        // One id like `4.100` among others is an id; where nearly all are, a spreadsheet has written numbers.
        let grouped = self.grouped.count > 2 && self.grouped.count * 10 >= people * 9;
        let notes = [
            (!self.hidden_columns.is_empty()).then_some(Note::HiddenColumns(self.hidden_columns)),
            (self.errors.count > 0).then_some(Note::ErrorCells(self.errors)),
            (self.mails.count > 0).then_some(Note::MailLists(self.mails)),
            (self.mails_in_text.count > 0).then_some(Note::MailsInText(self.mails_in_text)),
            (self.broken.count > 0).then_some(Note::BrokenLetters(self.broken)),
            (self.decimal.count > 0).then_some(Note::DecimalIds(self.decimal)),
            grouped.then_some(Note::GroupedIds(self.grouped)),
            (!active.is_empty()).then_some(Note::Employed { words: active }),
            (self.hidden > 0).then_some(Note::HiddenRows(self.hidden)),
            (self.headless > 0).then_some(Note::Headless(self.headless)),
            (self.keyless.count > 0).then_some(Note::Keyless(self.keyless)),
            (self.shortened.count > 0).then_some(Note::ShortenedIds(self.shortened)),
            (!ended.is_empty()).then_some(Note::Ended { words: ended }),
            (self.unclear > 0).then_some(Note::Unclear { words: unclear, people: self.unclear }),
        ];
        notes.into_iter().flatten()
    }
}

/// Whether the name of a sheet says that its people have left, with a year beside it or without (`Leavers 2024`).
fn tells_leavers(name: &str) -> bool {
    let folded = text::fold(name);
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = folded.split(' ').filter(|word| !is_number(word)).collect();
    LEAVERS.split('|').any(|known| known.trim() == words.join(" "))
}

/// The rows of a sample below its heads.
fn below(layout: &Layout, sample: Vec<RawRow>) -> Vec<RawRow> {
    sample.into_iter().filter(|(row, _)| *row > layout.head_row).collect()
}

pub(super) fn texts_of(cells: &[calamine::Data]) -> Vec<String> {
    cells.iter().map(|cell| unguarded(Cow::Owned(cell_text(cell))).into_owned()).collect()
}

fn no_people(none: NoLayout) -> PeopleFault {
    match none {
        NoLayout::NoHeads => PeopleFault::NoHeads,
        NoLayout::NoRow(row) => PeopleFault::NoRow { row },
        NoLayout::NoKey(layout) => PeopleFault::NoKey { row: layout.head_row, heads: heads_words(&layout) },
        NoLayout::NoNames(layout) => PeopleFault::NoNames { row: layout.head_row, heads: heads_words(&layout) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_that_say_left_are_words() {
        assert!(LEAVERS.split('|').all(|word| word.trim() == text::fold(word)));
        assert!(["Leavers", "Leavers 2024", "2026 - Ausgetretene"].into_iter().all(tells_leavers));
        assert!(!["Leavers list", "2024", ""].into_iter().any(tells_leavers));
    }
}
