//! People files straight into matching's columns: one for duplicates within it, or two, of which each tells how the other's dates
//! are written.

use super::choices::{Choices, Side};
use super::fold::{self, Days, Facts};
use super::heads::Meaning;
use super::opened::Opened;
use super::order::{self, DateColumnLook, Decided, Votes};
use super::reading::{DateLook, Note, Place, Reading, Rows};
use super::rows::{PersonCells, Sink, slot};
use super::status::StatusMeaning;
use super::{PeopleError, PeopleFault};
use crate::domain::field::Field;
use crate::domain::text;
use crate::matching::date_text::{self, DateError, DateOrder, DateText, DateTexts, Told};
use crate::matching::dates::{Packed, pack, unpack};
use crate::matching::intern::Dictionary;
use crate::matching::table::{COLUMNS, Column, PeopleTable};
use std::borrow::Cow;
use std::collections::HashMap;

/// People who are looked up in the other file to tell an order.
const ASKED_MAX: usize = 20_000;

/// The people of a file, and what was read of it.
#[derive(Debug, Clone, Default)]
pub struct PeopleRead {
    pub table: PeopleTable,
    pub reading: Reading,
    /// Rows of the table whose status says neither employed nor left, in order.
    pub unclear: Vec<u32>,
    /// Rows without a key, in order.
    pub keyless: Vec<u32>,
    /// Rows whose key stands on somebody else too, in order.
    pub shared: Vec<u32>,
}

/// Distinct texts, and which row has which.
#[derive(Debug, Clone, Default)]
struct Texts {
    values: Dictionary,
    rows: Vec<u32>,
}

impl Texts {
    fn push(&mut self, row: usize, text: &str) {
        let text = text.trim();
        if text.is_empty() && self.rows.is_empty() {
            return;
        }
        self.rows.resize(row, 0);
        self.rows.push(self.values.intern(text));
    }

    fn texts(&self) -> DateTexts {
        DateTexts::of((1..self.values.len()).map(|id| self.values.text(id as u32)), None, false)
    }

    fn get(&self, row: usize) -> &str {
        self.values.text(self.rows.get(row).copied().unwrap_or(0))
    }

    fn rows_of(&self, values: &[usize]) -> Vec<usize> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, id)| **id != 0 && values.binary_search(&(**id as usize - 1)).is_ok())
            .map(|(row, _)| row)
            .collect()
    }
}

/// People as they come.
#[derive(Default)]
struct TableSink {
    table: PeopleTable,
    places: Vec<Place>,
    ends: Texts,
    valid_from: Texts,
    lives: Vec<StatusMeaning>,
    keyless: Vec<u32>,
    /// Rows of people who have left by an end date alone, in order.
    by_date: Vec<u32>,
    slots: [usize; COLUMNS],
}

impl TableSink {
    fn new() -> Self {
        TableSink { slots: Column::ALL.map(|column| slot(column.field())), ..TableSink::default() }
    }

    fn life(&self, row: usize) -> StatusMeaning {
        self.lives.get(row).copied().unwrap_or_default()
    }

    fn set_life(&mut self, row: usize, life: StatusMeaning) {
        if life != StatusMeaning::Active || row < self.lives.len() {
            self.lives.resize(self.lives.len().max(row + 1), StatusMeaning::Active);
            if let Some(slot) = self.lives.get_mut(row) {
                *slot = life;
            }
        }
    }
}

impl Sink for TableSink {
    fn take(&mut self, person: &PersonCells<'_>) -> Result<(), PeopleFault> {
        let row = self.table.len();
        let cells: [&str; COLUMNS] = std::array::from_fn(|at| {
            self.slots.get(at).and_then(|slot| person.values.get(*slot)).map_or("", Cow::as_ref)
        });
        self.table.push(&person.key, &cells, true);
        self.places.push(person.place);
        self.ends.push(row, person.get(Field::EndDate));
        self.valid_from.push(row, &person.valid_from);
        self.set_life(row, person.life);
        if person.is_keyless {
            self.keyless.push(row as u32);
        }
        Ok(())
    }
}

/// A file that was read but for its dates.
struct Draft {
    opened: Opened,
    sink: TableSink,
    reading: Reading,
    today: Option<Packed>,
}

const MATCHED: [(Field, Column); 2] = [(Field::DateOfBirth, Column::BirthDate), (Field::StartDate, Column::StartDate)];

impl Draft {
    fn read(mut opened: Opened, today: Option<Packed>) -> Result<Draft, PeopleError> {
        let mut sink = TableSink::new();
        let mut reading = opened.scan(&mut sink)?;
        let (heads, sheets) = opened.said();
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        (reading.said_columns, reading.said_sheets) = (owned(heads), owned(sheets));
        let mut draft = Draft { opened, sink, reading, today };
        draft.drop_unusable();
        Ok(draft)
    }

    fn texts(&self, meaning: Meaning) -> DateTexts {
        match meaning {
            Meaning::Field(Field::DateOfBirth) => self.sink.table.date_texts(Column::BirthDate, self.today),
            Meaning::Field(Field::StartDate) => self.sink.table.date_texts(Column::StartDate, self.today),
            Meaning::ValidFrom => self.sink.valid_from.texts(),
            _ => self.sink.ends.texts(),
        }
    }

    fn head(&self, meaning: Meaning) -> String {
        self.opened.head(meaning).unwrap_or_else(|| meaning.words()).to_owned()
    }

    /// Lets go of columns that hold birthdays without a year, or no dates at all.
    fn drop_unusable(&mut self) {
        for meaning in DATES {
            let texts = self.texts(meaning);
            let (filled, without_year) = texts.without_year();
            // The dates of a calendar that are impossible still show what the column is.
            if filled == 0 || (texts.like_dates() * 2 >= filled && without_year * 2 <= filled) {
                continue;
            }
            self.reading
                .notes
                .push(Note::DatesUnusable { head: self.head(meaning), no_year: without_year * 2 > filled });
            match meaning {
                Meaning::Field(Field::DateOfBirth) => self.sink.table.clear(Column::BirthDate),
                Meaning::Field(Field::StartDate) => self.sink.table.clear(Column::StartDate),
                Meaning::ValidFrom => self.sink.valid_from = Texts::default(),
                _ => self.sink.ends = Texts::default(),
            }
        }
    }

    /// What the people of the other file tell of a column's order: whoever is there too by e-mail, else by name.
    fn votes(&self, other: &Draft, meaning: Meaning) -> Votes {
        let column = MATCHED.into_iter().find(|(field, _)| Meaning::Field(*field) == meaning).map(|(_, column)| column);
        let Some(column) = column else { return Votes::default() };
        let (here, there) = (&self.sink.table, &other.sink.table);
        let by_email = |table: &PeopleTable, row: usize| table.value(row, Column::Email).map(str::to_lowercase);
        let by_name = |table: &PeopleTable, row: usize| {
            let name = |column| table.value(row, column).map(text::fold);
            Some(format!("{} {}", name(Column::FirstName)?, name(Column::LastName)?))
        };
        let by_id = |table: &PeopleTable, row: usize| {
            Some(table.value(row, Column::Identifier).unwrap_or(table.id(row)).to_owned())
        };
        for key in [&by_email as &dyn Fn(&PeopleTable, usize) -> Option<String>, &by_name, &by_id] {
            let votes = count_votes(here, there, column, key);
            if votes.day_first + votes.month_first > 0 {
                return votes;
            }
        }
        Votes::default()
    }

    fn decide(&self, other: Option<&Draft>) -> Result<Vec<(Meaning, Decided)>, PeopleError> {
        let looks: Vec<DateColumnLook> = DATES
            .into_iter()
            .map(|meaning| DateColumnLook { meaning, head: self.head(meaning), texts: self.texts(meaning) })
            .collect();
        let votes = |meaning| other.map_or_else(Votes::default, |other| self.votes(other, meaning));
        let said = |meaning| self.opened.choices().order(meaning);
        let decided = order::decide(&looks, said, votes);
        let fault = |look: &DateColumnLook, error: DateError| {
            let value = error.index();
            let row = match look.meaning {
                Meaning::Field(Field::DateOfBirth) => self.sink.table.row_of(Column::BirthDate, value),
                Meaning::Field(Field::StartDate) => self.sink.table.row_of(Column::StartDate, value),
                Meaning::ValidFrom => self.sink.valid_from.rows_of(&[value]).first().copied(),
                _ => self.sink.ends.rows_of(&[value]).first().copied(),
            };
            let row = row.and_then(|row| self.sink.places.get(row)).map_or(0, |place| place.row);
            let message = match error {
                DateError::Mixed { .. } => {
                    "this date puts day and month in another order than an earlier one; write dates as YYYY-MM-DD, or say which \
                     with --dates"
                }
                _ => {
                    "day and month cannot be told apart here nor anywhere in the column; write dates as YYYY-MM-DD, or say which \
                     comes first with --dates day-first or --dates month-first"
                }
            };
            let fault = PeopleFault::Date { row, column: look.head.clone(), message };
            PeopleError { file: self.opened.file().to_owned(), fault }
        };
        let each = looks.iter().zip(decided);
        each.map(|(look, decided)| decided.map(|decided| (look.meaning, decided)).map_err(|error| fault(look, error)))
            .collect()
    }

    /// Closes the table.
    fn finish(mut self, orders: &[(Meaning, Decided)]) -> PeopleRead {
        let order =
            |wanted: Meaning| orders.iter().find(|(meaning, _)| *meaning == wanted).map(|(_, (order, _))| *order);
        let of = |meaning| order(meaning).unwrap_or(DateOrder::YearFirst);
        for (meaning, (order, why)) in orders {
            let told = self.texts(*meaning).told();
            if told != Told::default() {
                let (order, why) = (*order, why.clone());
                let (only_day_first, only_month_first) = (told.only_day_first, told.only_month_first);
                self.reading.dates.push(DateLook { meaning: *meaning, order, why, only_day_first, only_month_first });
            }
            if let Some(why) = why.clone() {
                self.reading.notes.push(Note::DateOrder { field: meaning.words(), order: *order, why });
            }
        }
        self.end_by_date(of(Meaning::Field(Field::EndDate)), of(Meaning::Field(Field::StartDate)));
        let shared = self.fold(of);
        // Of several rows of one person the one that stands says whether it has ended.
        let ended = self.sink.by_date.len() as u64;
        self.reading.notes.extend((ended > 0).then_some(Note::EndedByDate(ended)));
        let TableSink { mut table, places, lives, keyless, .. } = self.sink;
        let orders = MATCHED.map(|(field, _)| of(Meaning::Field(field)));
        for ((field, column), unread) in MATCHED.into_iter().zip(table.finish_as(self.today, orders)) {
            let mut rows = Rows::default();
            if !unread.is_empty() {
                table.rows_of(column, &unread).filter_map(|row| places.get(row)).for_each(|place| rows.add(*place));
                self.reading.notes.push(Note::DatesUnread { field: field.words(), rows });
            }
        }
        let mut unclear = Vec::new();
        for (row, life) in lives.iter().enumerate() {
            match life {
                StatusMeaning::Active => {}
                StatusMeaning::Over => table.set_inactive(row),
                StatusMeaning::Unclear => unclear.push(row as u32),
            }
        }
        PeopleRead { table, reading: self.reading, unclear, keyless, shared }
    }

    /// Whoever has an end date that is past has left, whatever the status says (as the planner has it). An end before the start is a
    /// slip.
    fn end_by_date(&mut self, order: DateOrder, start_order: DateOrder) {
        let Some(today) = self.today else { return };
        let read = self.sink.ends.texts().dates(order);
        let mut unread = read.unread.clone();
        unread.retain(|value| !is_no_end(self.sink.ends.values.text(*value as u32 + 1)));
        if !unread.is_empty() {
            let mut rows = Rows::default();
            self.sink
                .ends
                .rows_of(&unread)
                .into_iter()
                .filter_map(|row| self.sink.places.get(row))
                .for_each(|place| rows.add(*place));
            self.reading.notes.push(Note::DatesUnread { field: Field::EndDate.words(), rows });
        }
        for row in 0..self.sink.ends.rows.len() {
            let id = self.sink.ends.rows.get(row).copied().unwrap_or(0) as usize;
            let end = id.checked_sub(1).and_then(|value| read.dates.get(value)).copied().unwrap_or(0);
            if end == 0 || end >= today || self.sink.life(row) != StatusMeaning::Active {
                continue;
            }
            let start = self.sink.table.value(row, Column::StartDate).map_or(0, |text| day(text, start_order, today));
            if start == 0 || end >= start {
                self.sink.set_life(row, StatusMeaning::Over);
                self.sink.by_date.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
    }

    fn facts(&self, row: usize, order: impl Fn(Meaning) -> DateOrder) -> Facts {
        let table = &self.sink.table;
        let value = |column| table.value(row, column).unwrap_or_default();
        let today = self.today.unwrap_or(0);
        let days: Days = [
            day(value(Column::BirthDate), order(Meaning::Field(Field::DateOfBirth)), today),
            day(self.sink.valid_from.get(row), order(Meaning::ValidFrom), today),
            day(value(Column::StartDate), order(Meaning::Field(Field::StartDate)), today),
        ];
        let names = [value(Column::FirstName), value(Column::LastName), value(Column::Email)];
        Facts::new(names, days, self.sink.life(row) != StatusMeaning::Over)
    }

    /// Makes one person of the rows of one id that are one; gives the rows whose id stands on somebody else too.
    fn fold(&mut self, order: impl Fn(Meaning) -> DateOrder + Copy) -> Vec<u32> {
        let groups = self.sink.table.rows_with_one_id();
        if groups.is_empty() {
            return Vec::new();
        }
        let today = self.today.unwrap_or(0);
        // The row that stands for each row, and the rows that fill its blanks.
        let mut gone: HashMap<usize, usize> = HashMap::new();
        let mut shared: Vec<usize> = Vec::new();
        let (mut folded, mut people, mut differing, mut newest, mut ids) = (0, 0, 0, false, 0);
        for group in &groups {
            let facts: Vec<Facts> = group.iter().map(|row| self.facts(*row, order)).collect();
            let persons = fold::people(&facts);
            let rows_of =
                |person: &Vec<usize>| person.iter().filter_map(|at| group.get(*at).copied()).collect::<Vec<_>>();
            if persons.len() > 1 {
                ids += 1;
                shared.extend(persons.iter().filter_map(|person| self.standing(&facts, person, group, today)));
            }
            for person in persons.iter().filter(|person| person.len() > 1) {
                let Some(stands) = self.standing(&facts, person, group, today) else { continue };
                let rows = rows_of(person);
                (folded, people) = (folded + rows.len() as u64, people + 1);
                differing += u64::from(rows.iter().any(|row| self.differs(*row, stands)));
                newest |= rows.first() != Some(&stands);
                gone.extend(rows.into_iter().filter(|row| *row != stands).map(|row| (row, stands)));
            }
        }
        shared.sort_unstable();
        if !shared.is_empty() {
            self.reading.notes.push(Note::SharedId { ids, rows: shared.len() as u64 });
        }
        if gone.is_empty() {
            return shared.into_iter().map(|row| row as u32).collect();
        }
        self.reading.notes.push(Note::Folded { rows: folded, people, differing, newest });
        self.reading.tally.people -= gone.len() as u64;
        self.reading.tally.folded += gone.len() as u64;
        self.rebuild(&gone, &shared)
    }

    fn standing(&self, facts: &[Facts], person: &[usize], group: &[usize], today: Packed) -> Option<usize> {
        let rows: Vec<&Facts> = person.iter().filter_map(|at| facts.get(*at)).collect();
        person.get(fold::standing(&rows, today)).and_then(|at| group.get(*at)).copied()
    }

    fn differs(&self, row: usize, other: usize) -> bool {
        let table = &self.sink.table;
        Column::ALL.into_iter().any(|column| table.value(row, column) != table.value(other, column))
    }

    /// The table without the rows that are gone; gives the new places of `shared`.
    fn rebuild(&mut self, gone: &HashMap<usize, usize>, shared: &[usize]) -> Vec<u32> {
        let mut others: HashMap<usize, Vec<usize>> = HashMap::new();
        for (row, stands) in gone {
            others.entry(*stands).or_default().push(*row);
        }
        others.values_mut().for_each(|rows| rows.sort_unstable());
        let old = std::mem::replace(&mut self.sink, TableSink::new());
        let mut places_of_shared = Vec::new();
        for row in (0..old.table.len()).filter(|row| !gone.contains_key(row)) {
            let fillers = others.get(&row).map(Vec::as_slice).unwrap_or_default();
            let value = |column: Column| {
                let filled = || fillers.iter().find_map(|other| old.table.value(*other, column));
                old.table.value(row, column).or_else(filled).unwrap_or_default()
            };
            let new = self.sink.table.len();
            self.sink.table.push(old.table.id(row), &Column::ALL.map(value), true);
            self.sink.places.extend(old.places.get(row));
            self.sink.set_life(new, old.life(row));
            if old.keyless.binary_search(&(row as u32)).is_ok() {
                self.sink.keyless.push(new as u32);
            }
            if old.by_date.binary_search(&(row as u32)).is_ok() {
                self.sink.by_date.push(new as u32);
            }
            if shared.binary_search(&row).is_ok() {
                places_of_shared.push(new as u32);
            }
        }
        places_of_shared
    }
}

const DATES: [Meaning; 4] = [
    Meaning::Field(Field::DateOfBirth),
    Meaning::Field(Field::StartDate),
    Meaning::Field(Field::EndDate),
    Meaning::ValidFrom,
];

/// A year that no calendar of ours has stands for "never" in a column of ends.
fn is_no_end(text: &str) -> bool {
    text.contains("9999") || text.contains("2999") || text.contains("0000")
}

/// A date that stands alone.
fn day(text: &str, order: DateOrder, today: Packed) -> Packed {
    let latest = if today == 0 { 2100 } else { unpack(today).0 + 10 };
    match date_text::read(text, latest) {
        DateText::Fixed(date) => date,
        DateText::Open(first, second, year) if order == DateOrder::MonthFirst => pack(year, first, second).unwrap_or(0),
        DateText::Open(first, second, year) => pack(year, second, first).unwrap_or(0),
        _ => 0,
    }
}

fn count_votes(
    here: &PeopleTable,
    there: &PeopleTable,
    column: Column,
    key: &dyn Fn(&PeopleTable, usize) -> Option<String>,
) -> Votes {
    let mut wanted: HashMap<String, (u32, u32, u32)> = HashMap::new();
    for row in 0..here.len() {
        if wanted.len() >= ASKED_MAX {
            break;
        }
        let read = here.value(row, column).map(|text| date_text::read(text, 2100));
        if let (Some(DateText::Open(first, second, year)), Some(key)) = (read, key(here, row))
            && first != second
        {
            wanted.insert(key, (first, second, year));
        }
    }
    let mut votes = Votes::default();
    for row in 0..there.len() {
        let Some(&(first, second, year)) = key(there, row).and_then(|key| wanted.get(&key)) else { continue };
        let Some(DateText::Fixed(date)) = there.value(row, column).map(|text| date_text::read(text, 2100)) else {
            continue;
        };
        votes.day_first += usize::from(pack(year, second, first) == Some(date));
        votes.month_first += usize::from(pack(year, first, second) == Some(date));
    }
    votes
}

/// Reads two lists, each of which tells how the dates of the other are written where it does not say so itself. `today` bounds birth
/// dates and tells which ends are past.
///
/// # Errors
/// [`PeopleError`]: nothing of either is used.
pub fn read_pair(source: Opened, destination: Opened, today: Option<Packed>) -> Result<[PeopleRead; 2], PeopleError> {
    let (source, destination) = rayon::join(|| Draft::read(source, today), || Draft::read(destination, today));
    let (source, destination) = (source?, destination?);
    let orders = (source.decide(Some(&destination))?, destination.decide(Some(&source))?);
    let (source, destination) = rayon::join(|| source.finish(&orders.0), || destination.finish(&orders.1));
    Ok([source, destination])
}

/// Reads one list.
///
/// # Errors
/// [`PeopleError`].
pub fn read_one(people: Opened, today: Option<Packed>) -> Result<PeopleRead, PeopleError> {
    let draft = Draft::read(people, today)?;
    let orders = draft.decide(None)?;
    Ok(draft.finish(&orders))
}

/// Reads bytes, as a file of one list.
///
/// # Errors
/// [`PeopleError`].
pub fn read_bytes(bytes: &[u8], choices: &Choices, today: Option<Packed>) -> Result<PeopleRead, PeopleError> {
    read_one(Opened::of_bytes("people", bytes.to_vec(), Side::Source, choices)?, today)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
