//! People of one side as columns of distinct raw values: the form in which a million rows are held.

use super::MatchPerson;
use super::date_text::{DateError, DateOrder, DateTexts};
use super::dates::Packed;
use super::intern::Dictionary;
use crate::domain::field::Field;
use crate::domain::person::Person;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::hash::BuildHasher;

/// A column that takes part in matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    FirstName,
    LastName,
    KnownAs,
    BirthDate,
    Email,
    Phone,
    JobTitle,
    Branch,
    Department,
    StartDate,
    Address,
    Postcode,
    Identifier,
}

/// How many columns there are.
pub const COLUMNS: usize = 13;

impl Column {
    /// Every column.
    pub const ALL: [Column; COLUMNS] = [
        Column::FirstName,
        Column::LastName,
        Column::KnownAs,
        Column::BirthDate,
        Column::Email,
        Column::Phone,
        Column::JobTitle,
        Column::Branch,
        Column::Department,
        Column::StartDate,
        Column::Address,
        Column::Postcode,
        Column::Identifier,
    ];

    /// Whether nearly everybody has a value of their own, so that looking for equal ones is not worth it.
    fn is_own(self) -> bool {
        matches!(self, Column::Email | Column::Phone | Column::Address | Column::Identifier)
    }

    /// The field of a person that stands in it.
    pub fn field(self) -> Field {
        match self {
            Column::FirstName => Field::FirstName,
            Column::LastName => Field::LastName,
            Column::KnownAs => Field::KnownAs,
            Column::BirthDate => Field::DateOfBirth,
            Column::Email => Field::Email,
            Column::Phone => Field::Phone,
            Column::JobTitle => Field::JobTitle,
            Column::Branch => Field::Branch,
            Column::Department => Field::Department,
            Column::StartDate => Field::StartDate,
            Column::Address => Field::Address,
            Column::Postcode => Field::Postcode,
            Column::Identifier => Field::Identifier,
        }
    }

    /// The name of the column in the people CSV (DESIGN 6).
    pub fn key(self) -> &'static str {
        self.field().key()
    }
}

/// Distinct values and which row has which; `rows` stays empty for a column without any value.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnData {
    pub values: Dictionary,
    pub rows: Vec<u32>,
}

/// What stood out while the dates of a side were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateNotes {
    /// Distinct values that are no day of any calendar; treated as missing.
    pub impossible: usize,
    /// Distinct values that are fillers or lie in the future; treated as missing.
    pub placeholders: usize,
}

/// Why the dates of a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    pub column: Column,
    /// Zero-based row at fault.
    pub row: usize,
    pub error: DateError,
}

/// The people of one side.
#[derive(Debug, Clone, Default)]
pub struct PeopleTable {
    ids: String,
    id_ends: Vec<usize>,
    columns: [ColumnData; COLUMNS],
    inactive: Vec<bool>,
    pub(super) birth: Vec<Packed>,
    pub(super) start: Vec<Packed>,
    pub(super) today: Option<Packed>,
    notes: DateNotes,
}

impl PeopleTable {
    /// Adds a person. `cells` are in the order of [`Column::ALL`]; empty where there is nothing.
    pub fn push(&mut self, id: &str, cells: &[&str; COLUMNS], active: bool) {
        let row = self.id_ends.len();
        self.ids.push_str(id);
        self.id_ends.push(self.ids.len());
        for ((data, cell), column) in self.columns.iter_mut().zip(cells).zip(Column::ALL) {
            let cell = cell.trim();
            if cell.is_empty() && data.rows.is_empty() {
                continue;
            }
            data.rows.resize(row, 0);
            let value = if column.is_own() { data.values.append(cell) } else { data.values.intern(cell) };
            data.rows.push(value);
        }
        if !active {
            self.inactive.resize(row, false);
            self.inactive.push(true);
        }
    }

    /// Closes the table: reads the dates with one sense of order for each column. `today` bounds birth dates.
    ///
    /// # Errors
    /// Names the column and the first row whose date cannot be read.
    pub fn finish(&mut self, today: Option<Packed>) -> Result<(), TableError> {
        let mut orders = [DateOrder::YearFirst; 2];
        let mut fault = None;
        for (order, column) in orders.iter_mut().zip([Column::BirthDate, Column::StartDate]) {
            let texts = self.date_texts(column, today);
            let unreadable = || texts.first_unreadable().map(|index| DateError::Unreadable { index });
            match texts.order().and_then(|order| unreadable().map_or(Ok(order), Err)) {
                Ok(told) => *order = told,
                Err(error) => {
                    fault = fault.or_else(|| {
                        let row = self.row_of(column, error.index()).unwrap_or(0);
                        Some(TableError { column, row, error })
                    });
                }
            }
        }
        match fault {
            Some(error) => {
                self.freeze(today);
                Err(error)
            }
            None => {
                self.finish_as(today, orders);
                Ok(())
            }
        }
    }

    /// Closes the table with these orders of birth and start dates. Gives for both columns which of their distinct values (as
    /// [`PeopleTable::date_texts`] counts them) say no day.
    pub fn finish_as(&mut self, today: Option<Packed>, [birth, start]: [DateOrder; 2]) -> [Vec<usize>; 2] {
        self.freeze(today);
        let (dates, no_birth) = self.read_dates(Column::BirthDate, birth);
        self.birth = dates;
        let (dates, no_start) = self.read_dates(Column::StartDate, start);
        self.start = dates;
        [no_birth, no_start]
    }

    fn freeze(&mut self, today: Option<Packed>) {
        let rows = self.len();
        for data in &mut self.columns {
            if !data.rows.is_empty() {
                data.rows.resize(rows, 0);
            }
            data.rows.shrink_to_fit();
            data.values.freeze();
        }
        self.today = today;
    }

    /// The distinct values of a column of dates.
    pub fn date_texts(&self, column: Column, today: Option<Packed>) -> DateTexts {
        let values = &self.columns[column as usize].values;
        DateTexts::of((1..values.len()).map(|id| values.text(id as u32)), today, column == Column::BirthDate)
    }

    /// The first row with this distinct value.
    pub fn row_of(&self, column: Column, value: usize) -> Option<usize> {
        self.rows_of(column, &[value]).next()
    }

    /// The rows with one of these distinct values.
    pub fn rows_of(&self, column: Column, values: &[usize]) -> impl Iterator<Item = usize> + '_ {
        let data = &self.columns[column as usize];
        let mut wanted = vec![false; data.values.len()];
        values.iter().for_each(|value| wanted[value + 1] = true);
        data.rows.iter().enumerate().filter(move |(_, id)| wanted[**id as usize]).map(|(row, _)| row)
    }

    fn read_dates(&mut self, column: Column, order: DateOrder) -> (Vec<Packed>, Vec<usize>) {
        let read = self.date_texts(column, self.today).dates(order);
        self.notes.impossible += read.impossible;
        self.notes.placeholders += read.placeholders;
        let mut packed = vec![0];
        packed.extend(read.dates);
        (packed, read.unread)
    }

    /// Lets a column go: nobody has a value in it.
    pub fn clear(&mut self, column: Column) {
        self.columns[column as usize] = ColumnData::default();
    }

    /// Marks a row as that of a leaver or a deactivated user.
    pub fn set_inactive(&mut self, row: usize) {
        if self.inactive.len() <= row {
            self.inactive.resize(row + 1, false);
        }
        self.inactive[row] = true;
    }

    /// Groups of rows that have one id, in the order of their first rows.
    pub fn rows_with_one_id(&self) -> Vec<Vec<usize>> {
        let mut keyed: Vec<(u64, u32)> = (0..self.len())
            .into_par_iter()
            .map(|row| (FixedState::with_seed(7).hash_one(self.id(row)), row as u32))
            .collect();
        keyed.par_sort_unstable();
        let mut groups = Vec::new();
        for same_hash in keyed.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let mut left: Vec<usize> = same_hash.iter().map(|(_, row)| *row as usize).collect();
            while let Some(first) = left.first().copied() {
                let (same, other) = left.into_iter().partition::<Vec<_>, _>(|row| self.id(*row) == self.id(first));
                groups.extend((same.len() > 1).then_some(same));
                left = other;
            }
        }
        groups.sort_unstable();
        groups
    }

    /// How many people.
    pub fn len(&self) -> usize {
        self.id_ends.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.id_ends.is_empty()
    }

    /// The id of a row.
    pub fn id(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.id_ends[row - 1] };
        &self.ids[start..self.id_ends[row]]
    }

    /// The raw value of a row, outer blanks aside.
    pub fn value(&self, row: usize, column: Column) -> Option<&str> {
        let data = &self.columns[column as usize];
        let id = data.rows.get(row).copied().unwrap_or(0);
        (id != 0).then(|| data.values.text(id))
    }

    /// The day of a row, as it was read; `None` for a column of no dates, and where no day stands.
    pub fn day(&self, row: usize, column: Column) -> Option<Packed> {
        let dates = match column {
            Column::BirthDate => &self.birth,
            Column::StartDate => &self.start,
            _ => return None,
        };
        let id = self.columns[column as usize].rows.get(row).copied().unwrap_or(0);
        dates.get(id as usize).copied().filter(|day| *day != 0)
    }

    /// Whether anybody has a value in this column.
    pub fn has(&self, column: Column) -> bool {
        !self.columns[column as usize].rows.is_empty()
    }

    /// False for leavers and deactivated users.
    pub fn is_active(&self, row: usize) -> bool {
        !self.inactive.get(row).copied().unwrap_or(false)
    }

    /// What stood out in the dates.
    pub fn date_notes(&self) -> DateNotes {
        self.notes
    }

    pub(super) fn data(&self, column: Column) -> &ColumnData {
        &self.columns[column as usize]
    }

    /// People as the planner holds them; dates are exact there, so nothing can go wrong.
    pub fn from_people(people: &[MatchPerson], today: Option<Packed>) -> Self {
        let mut table = PeopleTable::default();
        for one in people {
            let person = &one.person;
            let birth = person.date_of_birth.map(|day| day.to_string()).unwrap_or_default();
            let start = person.start_date.map(|day| day.to_string()).unwrap_or_default();
            let cells = cells_of(person, one.identifier.as_deref(), &birth, &start);
            table.push(&one.id, &cells, one.active);
        }
        if table.finish(today).is_err() {
            // ISO dates of the calendar always read; a year outside the packed range is left out as "no date".
            table.birth.resize(table.data(Column::BirthDate).values.len(), 0);
            table.start.resize(table.data(Column::StartDate).values.len(), 0);
        }
        table
    }
}

fn cells_of<'a>(person: &'a Person, identifier: Option<&'a str>, birth: &'a str, start: &'a str) -> [&'a str; COLUMNS] {
    fn text(value: &Option<String>) -> &str {
        value.as_deref().unwrap_or("")
    }
    [
        text(&person.first_name),
        text(&person.last_name),
        text(&person.known_as),
        birth,
        text(&person.email),
        text(&person.phone),
        text(&person.job_title),
        text(&person.branch),
        text(&person.department),
        start,
        text(&person.address),
        text(&person.postcode),
        identifier.unwrap_or(""),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::FieldKind;

    #[test]
    fn each_cell_is_the_field_of_its_column() {
        let mut person = Person::default();
        for column in Column::ALL {
            let value = if column.field().kind() == FieldKind::Date { "2001-02-03" } else { column.key() };
            person.set(column.field(), Some(value)).ok();
        }
        let cells = cells_of(&person, Some("identifier"), "2001-02-03", "2001-02-03");
        for (column, cell) in Column::ALL.into_iter().zip(cells) {
            assert_eq!(person.value(column.field()).unwrap_or("identifier".into()), cell, "{column:?}");
        }
    }

    #[test]
    fn columns_fill_late_and_blank_cells_stay_blank() {
        let mut table = PeopleTable::default();
        let mut cells = [""; COLUMNS];
        table.push("a", &cells, true);
        cells[Column::LastName as usize] = " Smith ";
        table.push("b", &cells, false);
        table.push("c", &[""; COLUMNS], true);
        table.finish(None).unwrap();
        assert_eq!((table.value(0, Column::LastName), table.value(1, Column::LastName)), (None, Some("Smith")));
        assert_eq!((table.id(2), table.value(2, Column::LastName), table.len()), ("c", None, 3));
        assert!(table.is_active(0) && !table.is_active(1) && table.is_active(2) && !table.has(Column::Email));
    }

    #[test]
    fn a_date_that_cannot_be_read_names_its_row() {
        let mut table = PeopleTable::default();
        for birth in ["1990-01-01", "", "03/04/1991"] {
            let mut cells = [""; COLUMNS];
            cells[Column::BirthDate as usize] = birth;
            table.push("x", &cells, true);
        }
        let error = table.finish(None).unwrap_err();
        assert_eq!((error.row, error.column), (2, Column::BirthDate));
    }
}
