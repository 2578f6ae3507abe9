//! From cells to people: what is a person's row, what is none, and what stands in it.

use super::PeopleFault;
use super::heads::{self, Flag, Meaning};
use super::layout::{KeyFrom, Layout, RawRow};
use super::names::split_name;
use super::reading::{Place, Rows, Tally};
use super::row_kinds::{is_hints, is_imprint, is_total};
use super::status::{self, StatusMeaning, Words};
use super::values::{
    bare_address, is_broken, is_decimal, is_error, is_grouped, is_guarded, is_nothing, is_quoted, is_shortened,
    unguarded,
};
use crate::domain::field::Field;
use crate::domain::text;
use std::borrow::Cow;

/// The longest cell that can be a value of a person; anything longer is a broken file (a quote that never closes).
pub const LONGEST_CELL: usize = 4096;
/// The longest cell of any column, as long as a spreadsheet allows.
const LONGEST_OTHER: usize = 32_767 * 4;
/// How many standard fields there are.
pub const FIELDS: usize = Field::STANDARD.len();

/// Where a standard field stands in [`PersonCells::values`].
pub fn slot(field: Field) -> usize {
    Field::STANDARD.iter().position(|one| *one == field).unwrap_or(0)
}

/// The cells of a row, whatever file they come from.
pub trait Cells {
    /// How many there are.
    fn count(&self) -> usize;
    /// One of them; blank beyond the last.
    fn cell(&self, at: usize) -> Cow<'_, str>;
    /// Whether one of them is blank.
    fn is_blank(&self, at: usize) -> bool;
    /// The length of the longest in bytes, or more.
    fn longest(&self) -> usize;
    /// Whether one of them has several lines.
    fn has_line_ends(&self) -> bool {
        false
    }
}

/// What a table is, beside its layout.
#[derive(Debug, Clone, Copy)]
pub struct OfTable<'a> {
    /// Its number among those that are read.
    pub number: u32,
    /// The sign between cells; `None` for a sheet. In a text a stray sign moves cells, in a workbook none does.
    pub delimiter: Option<u8>,
    /// The name of the sheet and what it says of everybody in it.
    pub told: Option<(&'a str, StatusMeaning)>,
}

impl Cells for Vec<String> {
    fn count(&self) -> usize {
        self.len()
    }

    fn cell(&self, at: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.get(at).map_or("", String::as_str))
    }

    fn is_blank(&self, at: usize) -> bool {
        self.get(at).is_none_or(|cell| cell.trim().is_empty())
    }

    fn longest(&self) -> usize {
        0
    }
}

/// One person's row.
#[derive(Debug, Clone)]
pub struct PersonCells<'a> {
    pub place: Place,
    /// The key of the person in the list: never trimmed to a number, `007` stays `007`.
    pub key: Cow<'a, str>,
    /// Whether the key is only the number of the row.
    pub is_keyless: bool,
    /// By [`slot`]; blank where there is nothing. Dates stand as they are written.
    pub values: [Cow<'a, str>; FIELDS],
    pub valid_from: Cow<'a, str>,
    pub life: StatusMeaning,
    /// Of the columns that are handed on as they are, in their order ([`Choices::kept`]).
    ///
    /// [`Choices::kept`]: super::choices::Choices::kept
    pub kept: Vec<Cow<'a, str>>,
}

impl PersonCells<'_> {
    /// The value of a standard field.
    pub fn get(&self, field: Field) -> &str {
        self.values.get(slot(field)).map_or("", |value| value.trim())
    }
}

/// Whoever takes the people of a file, one after the other.
pub trait Sink {
    /// Takes one.
    ///
    /// # Errors
    /// What makes the rest useless.
    fn take(&mut self, person: &PersonCells<'_>) -> Result<(), PeopleFault>;
}

/// Where things stand in the rows of a table.
struct Places {
    fields: Vec<(usize, usize)>,
    id: Option<usize>,
    status: Option<usize>,
    flags: Vec<(usize, Flag)>,
    full_name: Option<(usize, bool)>,
    prefix: Option<usize>,
    valid_from: Option<usize>,
    /// Columns in which every cell has the sign that keeps it text; whether at its end too, as quotes do.
    guarded: Vec<(usize, bool)>,
}

impl Places {
    fn of(layout: &Layout, sample: &[RawRow]) -> Self {
        let mut places = Places {
            fields: Vec::new(),
            id: layout.place(Meaning::Id),
            status: layout.place(Meaning::Field(Field::Status)),
            flags: Vec::new(),
            full_name: layout
                .column(Meaning::FullName)
                .map(|column| (column.place, layout.is_last_first || heads::last_name_first(&column.head))),
            prefix: layout.place(Meaning::NamePrefix),
            valid_from: layout.place(Meaning::ValidFrom),
            guarded: layout
                .columns
                .iter()
                .map(|column| column.place)
                .filter(|at| is_guarded(sample, *at))
                .map(|at| (at, is_quoted(sample, at)))
                .collect(),
        };
        for column in &layout.columns {
            match column.meaning {
                Meaning::Field(field) => places.fields.push((column.place, slot(field))),
                Meaning::Flag(flag) => places.flags.push((column.place, flag)),
                _ => {}
            }
        }
        places
    }
}

/// Goes through the rows below the heads of one table.
pub struct Scanner<'a> {
    layout: &'a Layout,
    places: Places,
    of: OfTable<'a>,
    /// Cells beyond this one belong to no column.
    width: usize,
    is_first: bool,
    /// Heads in another order stand above what comes now.
    is_under_others: bool,
    /// Rows with cells that no head stands above.
    pub headless: u64,
    /// People without a key.
    pub keyless: Rows,
    /// Ids that a spreadsheet has shortened.
    pub shortened: Rows,
    /// Ids with a fraction.
    pub decimal: Rows,
    /// Ids with signs between their thousands.
    pub grouped: Rows,
    /// Rows above the heads with addresses.
    pub people_above: Rows,
    /// Rows with an error of a spreadsheet.
    pub errors: Rows,
    /// Rows with several addresses in one cell.
    pub mails: Rows,
    /// Rows whose address has something beside it.
    pub mails_in_text: Rows,
    /// Rows with letters that an earlier program has broken.
    pub broken: Rows,
    /// People whose status is unclear.
    pub unclear: u64,
    pub tally: &'a mut Tally,
    pub words: &'a mut Words,
}

impl<'a> Scanner<'a> {
    /// Begins with a table; `sample` are rows below its heads.
    pub fn new(
        layout: &'a Layout,
        sample: &[RawRow],
        of: OfTable<'a>,
        (tally, words): (&'a mut Tally, &'a mut Words),
    ) -> Self {
        let heads = layout.heads.len();
        let beyond = |cells: &Vec<String>| cells.iter().skip(heads).any(|cell| !cell.trim().is_empty());
        let longer = sample.iter().filter(|(_, cells)| beyond(cells)).count();
        // Where most rows have more cells than there are heads, a head is missing and no row is broken.
        let widest = sample.iter().map(|(_, cells)| cells.len()).max().unwrap_or(heads);
        let width = if longer * 2 > sample.len() { widest.max(heads) } else { heads };
        let places = Places::of(layout, sample);
        Scanner {
            layout,
            places,
            of,
            width,
            is_first: true,
            is_under_others: false,
            headless: 0,
            keyless: Rows::default(),
            shortened: Rows::default(),
            decimal: Rows::default(),
            grouped: Rows::default(),
            people_above: Rows::default(),
            errors: Rows::default(),
            mails: Rows::default(),
            mails_in_text: Rows::default(),
            broken: Rows::default(),
            unclear: 0,
            tally,
            words,
        }
    }

    /// Takes one row of the table, also those above its heads.
    ///
    /// # Errors
    /// As [`Scanner::row`].
    pub fn take<C: Cells>(
        &mut self,
        head_row: u64,
        above: &mut u64,
        number: u64,
        cells: &C,
        sink: &mut dyn Sink,
    ) -> Result<(), PeopleFault> {
        if number > head_row {
            return self.row(number, cells, sink);
        }
        self.tally.rows += 1;
        if number == head_row {
            self.tally.heads += 1;
        } else if (0..cells.count()).all(|at| cells.is_blank(at)) {
            self.tally.blank += 1;
        } else {
            *above += 1;
            if (0..cells.count()).any(|at| cells.cell(at).contains('@')) {
                self.people_above.add(Place { sheet: self.of.number, row: number });
            }
        }
        Ok(())
    }

    /// Takes one row.
    ///
    /// # Errors
    /// A cell that is longer than any value, which no row after it is to be trusted after; what the sink says.
    pub fn row<C: Cells>(&mut self, number: u64, cells: &C, sink: &mut dyn Sink) -> Result<(), PeopleFault> {
        self.tally.rows += 1;
        let place = Place { sheet: self.of.number, row: number };
        let count = cells.count();
        if (0..count).all(|at| cells.is_blank(at)) {
            self.tally.blank += 1;
            return Ok(());
        }
        let first = std::mem::take(&mut self.is_first);
        self.check_lengths(place, cells)?;
        if count > self.layout.heads.len() && (self.layout.heads.len()..count).any(|at| !cells.is_blank(at)) {
            if self.of.delimiter.is_some() && (self.width..count).any(|at| !cells.is_blank(at)) {
                self.tally.wide.add(place);
                return Ok(());
            }
            self.headless += 1;
        }
        if self.repeats_heads(cells) {
            self.is_under_others = false;
            self.tally.repeated_heads.add(place);
            return Ok(());
        }
        if self.has_other_heads(cells) {
            self.is_under_others = true;
            self.tally.other_heads.add(place);
            return Ok(());
        }
        if self.is_under_others {
            self.tally.under_others.add(place);
            return Ok(());
        }
        self.find_swallowed(place, cells);
        if first && is_hints(cells) {
            self.tally.hints.add(place);
            return Ok(());
        }
        let mut person = self.load(place, cells);
        self.find_oddities(&mut person, cells);
        match self.judge(&person, cells) {
            Judged::Person => {}
            Judged::Note => {
                self.tally.notes.add(place);
                return Ok(());
            }
            Judged::Nobody => {
                self.tally.nobody.add(place);
                return Ok(());
            }
        }
        person.life = self.life(cells);
        self.find_key(&mut person, cells);
        self.unclear += u64::from(person.life == StatusMeaning::Unclear);
        self.tally.people += 1;
        sink.take(&person)
    }

    fn check_lengths<C: Cells>(&self, place: Place, cells: &C) -> Result<(), PeopleFault> {
        if cells.longest() <= LONGEST_CELL {
            return Ok(());
        }
        for at in 0..cells.count() {
            let length = cells.cell(at).len();
            let is_read = self.layout.columns.iter().any(|column| column.place == at);
            if length > if is_read { LONGEST_CELL } else { LONGEST_OTHER } {
                let column = self.layout.heads.get(at).cloned().unwrap_or_default();
                return Err(PeopleFault::LongCell { row: place.row, column, length });
            }
        }
        Ok(())
    }

    fn repeats_heads<C: Cells>(&self, cells: &C) -> bool {
        let same = |at: usize| {
            let head = self.layout.heads.get(at).map_or("", String::as_str);
            cells.cell(at).trim() == head && !head.is_empty()
        };
        let mut read = self.layout.columns.iter().map(|column| column.place);
        let Some(one) = read.next() else { return false };
        same(one) && read.all(same)
    }

    /// Whether this names columns once more, but others than the heads do.
    fn has_other_heads<C: Cells>(&self, cells: &C) -> bool {
        let filled: Vec<usize> = (0..cells.count()).filter(|at| !cells.is_blank(*at)).collect();
        if filled.len() < 3 || self.layout.head_row == 0 {
            return false;
        }
        let mut meanings: Vec<Meaning> = Vec::new();
        for at in filled {
            let cell = cells.cell(at);
            match heads::recognise(&cell).filter(|_| cell.len() <= 60 && !cell.contains('@')) {
                Some(found) if !meanings.contains(&found.meaning) => meanings.push(found.meaning),
                Some(_) => {}
                None => return false,
            }
        }
        meanings.len() >= 3
    }

    /// Lines inside a cell that look like rows: a quote is open, and whoever stands in them is in no row.
    fn find_swallowed<C: Cells>(&mut self, place: Place, cells: &C) {
        let Some(delimiter) = self.of.delimiter.filter(|_| cells.has_line_ends()) else { return };
        let signs = self.layout.heads.len().saturating_sub(1);
        if signs < 2 {
            return;
        }
        let is_row = |line: &str| line.bytes().filter(|byte| *byte == delimiter).count() >= signs;
        let lines = |at: usize| cells.cell(at).lines().skip(1).filter(|line| is_row(line)).count();
        let found: usize = (0..cells.count()).map(lines).sum();
        // A single line with two commas may be an address.
        if found > 1 || (found == 1 && signs > 3) {
            self.tally.swallowing.add(place);
            self.tally.swallowed += found as u64;
        }
    }

    /// Errors of a spreadsheet, and several addresses in one cell: of these the first stands.
    fn find_oddities<C: Cells>(&mut self, person: &mut PersonCells<'_>, cells: &C) {
        if self.layout.columns.iter().any(|column| is_error(&cells.cell(column.place))) {
            self.errors.add(person.place);
        }
        if let Some(email) = person.values.get_mut(slot(Field::Email))
            && email.matches('@').count() > 1
        {
            let between = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '/' | '|');
            let mut addresses = email.split(between).filter(|part| part.contains('@'));
            if let (Some(first), Some(_)) = (addresses.next(), addresses.next()) {
                *email = Cow::Owned(first.to_owned());
                self.mails.add(person.place);
            }
        }
        if let Some(email) = person.values.get_mut(slot(Field::Email))
            && let Some(address) = bare_address(email)
        {
            *email = Cow::Owned(address.to_owned());
            self.mails_in_text.add(person.place);
        }
        let names = [Field::FirstName, Field::LastName, Field::KnownAs];
        if names.into_iter().any(|field| is_broken(person.get(field))) {
            self.broken.add(person.place);
        }
    }

    fn load<'c, C: Cells>(&self, place: Place, cells: &'c C) -> PersonCells<'c> {
        let mut values = [const { Cow::Borrowed("") }; FIELDS];
        for &(at, slot) in &self.places.fields {
            if let Some(value) = values.get_mut(slot) {
                *value = self.value(at, cells);
            }
        }
        let valid_from = self.places.valid_from.map(|at| unguarded(cells.cell(at))).unwrap_or_default();
        let key = Cow::Borrowed("");
        let kept = self.layout.kept.iter().map(|at| at.map(|at| self.value(at, cells)).unwrap_or_default()).collect();
        let mut person =
            PersonCells { place, key, is_keyless: false, values, valid_from, life: StatusMeaning::Active, kept };
        self.complete_names(&mut person, cells);
        person
    }

    fn value<'c, C: Cells>(&self, at: usize, cells: &'c C) -> Cow<'c, str> {
        let value = unguarded(cells.cell(at));
        if is_error(&value) {
            return Cow::Borrowed("");
        }
        let Some((_, is_quoted)) = self.places.guarded.iter().find(|(place, _)| *place == at) else { return value };
        let rest = value.strip_prefix('\'').unwrap_or(&value);
        Cow::Owned(rest.strip_suffix('\'').filter(|_| *is_quoted).unwrap_or(rest).to_owned())
    }

    fn complete_names<C: Cells>(&self, person: &mut PersonCells<'_>, cells: &C) {
        let (first, last, known) = (slot(Field::FirstName), slot(Field::LastName), slot(Field::KnownAs));
        if let Some((at, last_first)) = self.places.full_name {
            let (one, two) = split_name(cells.cell(at).trim(), last_first);
            for (slot, part) in [(first, one), (last, two)] {
                if let Some(value) = person.values.get_mut(slot).filter(|value| value.trim().is_empty()) {
                    *value = Cow::Owned(part);
                }
            }
        }
        if let Some(prefix) = self.places.prefix.map(|at| cells.cell(at)).filter(|prefix| !prefix.trim().is_empty())
            && let Some(value) = person.values.get_mut(last)
        {
            *value = Cow::Owned(format!("{} {}", prefix.trim(), value.trim()));
        }
        // Some systems keep the whole name as the preferred one.
        let name = person.values.get(last).map_or("", |name| name.trim());
        let whole = person.values.get(known).map_or("", |name| name.trim());
        if !name.is_empty() && whole.len() > name.len() {
            let front =
                whole.strip_suffix(name).and_then(|front| front.strip_suffix(' ')).map(|front| front.trim().to_owned());
            if let (Some(front), Some(value)) = (front, person.values.get_mut(known)) {
                *value = Cow::Owned(front);
            }
        }
    }

    fn judge<C: Cells>(&self, person: &PersonCells<'_>, cells: &C) -> Judged {
        let has_letters =
            |field: Field| person.values.get(slot(field)).is_some_and(|name| name.chars().any(char::is_alphabetic));
        let named = has_letters(Field::FirstName) || has_letters(Field::LastName) || has_letters(Field::KnownAs);
        if is_imprint(cells) {
            return Judged::Note;
        }
        let known = [Field::Email, Field::DateOfBirth, Field::Phone, Field::Identifier];
        let filled = self.layout.columns.iter().filter(|column| !cells.is_blank(column.place)).count();
        if named && filled >= 3 {
            return Judged::Person;
        }
        let texts: Vec<Cow<'_, str>> =
            (0..cells.count()).filter(|at| !cells.is_blank(*at)).map(|at| cells.cell(at)).collect();
        if texts.iter().all(|text| text::says_nothing(text)) || is_total(&texts) {
            return Judged::Note;
        }
        if let [only] = texts.as_slice()
            && self.layout.columns.len() > 2
        {
            // `Printed on 28 November`; but an id or a name alone is a person of whom nothing is told.
            let is_note = only.trim().contains(char::is_whitespace)
                && !(named
                    && only.split_whitespace().count() <= 3
                    && only.chars().all(|c| c.is_alphabetic() || c.is_whitespace()));
            return if is_note { Judged::Note } else { Judged::Nobody };
        }
        let told = known.into_iter().any(|field| !person.get(field).is_empty());
        if named || told { Judged::Person } else { Judged::Nobody }
    }

    fn life<C: Cells>(&mut self, cells: &C) -> StatusMeaning {
        let mut life = match self.places.status {
            Some(at) => self.words.life(&cells.cell(at)),
            None => StatusMeaning::Active,
        };
        for &(at, flag) in &self.places.flags {
            life = status::with_flag(self.words, life, flag, &cells.cell(at));
        }
        match self.of.told {
            Some((name, told)) => {
                self.words.count_sheet(name, told);
                // A sheet of which the operator says that its people are employed leaves it to their own words.
                if told == StatusMeaning::Active { life } else { told }
            }
            None => life,
        }
    }

    fn find_key<'c, C: Cells>(&mut self, person: &mut PersonCells<'c>, cells: &'c C) {
        let own = |value: &Cow<'c, str>| match value {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        let value = |field: Field| person.values.get(slot(field)).map(own).unwrap_or_default();
        let key = match self.layout.key {
            KeyFrom::Id => self.places.id.map(|at| own(&self.value(at, cells))).unwrap_or_default(),
            KeyFrom::Identifier => {
                Some(value(Field::Identifier)).filter(|id| !id.is_empty()).unwrap_or_else(|| value(Field::Email))
            }
            KeyFrom::Email => value(Field::Email),
        };
        let key = match key.strip_prefix('\'') {
            Some(rest) => Cow::Owned(rest.to_owned()),
            None => key,
        };
        let key = if is_nothing(&key) { Cow::Borrowed("") } else { key };
        if is_shortened(&key) {
            self.shortened.add(person.place);
        } else if is_decimal(&key) {
            self.decimal.add(person.place);
        } else if is_grouped(&key) {
            self.grouped.add(person.place);
        }
        person.is_keyless = key.is_empty();
        if person.is_keyless {
            self.keyless.add(person.place);
        }
        person.key = if key.is_empty() { Cow::Owned(format!("row {}", person.place.row)) } else { key };
    }
}

/// What a row is.
enum Judged {
    Person,
    Note,
    Nobody,
}
