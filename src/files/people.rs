//! People out of a CSV or XLSX file (columns of DESIGN 6).

use super::columns::{Column, Layout};
use super::dates;
use super::sheet::{self, Sheet, SheetError};
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{EmploymentStatus, Person};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::Path;

/// One person of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Number in the file; the head is row 1.
    pub row: u64,
    /// As it stands in the file: never trimmed to a number, `007` stays `007`.
    pub id: String,
    pub identifier: Option<Identifier>,
    pub person: Person,
    pub manager_id: Option<EmployeeId>,
    pub status: EmploymentStatus,
}

/// What is wrong with one cell. Names the place, never the value: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column `{column}`: {why}")]
pub struct CellError {
    pub row: u64,
    /// The head as the file writes it.
    pub column: String,
    pub why: String,
}

/// Why people are not read.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error("there is no column `id`; the heads are: {}", heads.join(", "))]
    NoId { heads: Vec<String> },
    /// Every cell at fault, in file order.
    #[error("{} (and {} more)", first, errors.len() - 1)]
    Cells { first: CellError, errors: Vec<CellError> },
}

/// The people of a file, and what the file has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    pub rows: Vec<PersonRow>,
    /// Columns that were recognised.
    pub columns: Vec<Column>,
    /// Heads that were passed over.
    pub passed_over: Vec<String>,
}

/// Reads a people file.
///
/// # Errors
/// [`PeopleError`]; cells at fault are all named at once.
pub fn read(path: &Path) -> Result<People, PeopleError> {
    people_of(&sheet::read(path)?)
}

/// Reads people out of bytes.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8]) -> Result<People, PeopleError> {
    people_of(&sheet::parse(bytes)?)
}

fn people_of(sheet: &Sheet) -> Result<People, PeopleError> {
    let layout = Layout::of(sheet.heads.iter().map(String::as_str));
    if layout.place(Column::Id).is_none() {
        return Err(PeopleError::NoId { heads: sheet.heads.clone() });
    }
    let mut errors = Vec::new();
    let mut dates: BTreeMap<Column, Vec<Option<Date>>> = BTreeMap::new();
    for column in layout.columns().filter(|column| column.is_date()) {
        let values: Vec<&str> =
            sheet.rows.iter().map(|(_, cells)| cell(&layout, column, cells).unwrap_or_default()).collect();
        match dates::read_column(&values) {
            Ok(read) => {
                dates.insert(column, read);
            }
            Err(bad) => errors.extend(bad.into_iter().map(|bad| {
                let row = sheet.rows.get(bad.at).map_or(0, |(row, _)| *row);
                error(sheet, &layout, row, column, bad.why)
            })),
        }
    }
    let mut rows = Vec::with_capacity(sheet.rows.len());
    for (index, (row, cells)) in sheet.rows.iter().enumerate() {
        let date = |column| dates.get(&column).and_then(|dates| dates.get(index).copied().flatten());
        match cell(&layout, Column::Id, cells) {
            Some(id) => rows.push(person_row(*row, id.trim().to_owned(), &layout, cells, date)),
            None => errors.push(error(sheet, &layout, *row, Column::Id, "it is empty; every person needs an id")),
        }
    }
    errors.sort_by_key(|error| error.row);
    if let Some(first) = errors.first().cloned() {
        return Err(PeopleError::Cells { first, errors });
    }
    Ok(People { rows, columns: layout.columns().collect(), passed_over: layout.passed_over })
}

fn person_row(
    row: u64,
    id: String,
    layout: &Layout,
    cells: &[String],
    date: impl Fn(Column) -> Option<Date>,
) -> PersonRow {
    let text = |column| cell(layout, column, cells).map(str::to_owned);
    PersonRow {
        row,
        id,
        identifier: text(Column::Identifier).map(|text| Identifier::new(text.trim())),
        person: Person {
            first_name: text(Column::FirstName),
            last_name: text(Column::LastName),
            known_as: text(Column::KnownAs),
            email: text(Column::Email).map(|text| text.trim().to_owned()),
            date_of_birth: date(Column::DateOfBirth),
            job_title: text(Column::JobTitle),
            branch: text(Column::Branch),
            department: text(Column::Department),
            start_date: date(Column::StartDate),
            end_date: date(Column::EndDate),
            phone: text(Column::Phone),
            address: text(Column::Address),
            postcode: text(Column::Postcode),
            ..Person::default()
        },
        manager_id: text(Column::ManagerId).map(|text| EmployeeId::new(text.trim())),
        status: status(cell(layout, Column::Status, cells).unwrap_or_default()),
    }
}

/// `active` (also when blank) or `inactive`; any other word needs the status map.
fn status(word: &str) -> EmploymentStatus {
    let word = word.trim();
    match word.to_lowercase().as_str() {
        "" | "active" => EmploymentStatus::Active,
        "inactive" => EmploymentStatus::Ended,
        _ => EmploymentStatus::Unclear(word.to_owned()),
    }
}

/// A cell that is not blank.
fn cell<'a>(layout: &Layout, column: Column, cells: &'a [String]) -> Option<&'a str> {
    let place = layout.place(column)?;
    cells.get(place).map(String::as_str).filter(|text| !text.trim().is_empty())
}

fn error(sheet: &Sheet, layout: &Layout, row: u64, column: Column, why: &str) -> CellError {
    let head = layout.place(column).and_then(|place| sheet.heads.get(place));
    let column = head.map_or(column.name(), |head| head.trim()).to_owned();
    CellError { row, column, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn people_are_read_whatever_the_order() {
        let people = parse(
            "Surname;Forename;Employee ID;DOB;Status;Team;Shoe size;Hire date\n\
             Halloran ;Ines;007;21/08/1996;;Kitchen;38;2024-03-11\n\
             Osei;;8;01/02/1990;INACTIVE;;;\n\
             Weiß;Jo;9;;Sabbatical;;;\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(people.passed_over, ["Shoe size"]);
        let first = people.rows.first().unwrap();
        assert_eq!((first.row, first.id.as_str()), (2, "007"));
        assert_eq!(first.person.last_name.as_deref(), Some("Halloran "));
        assert_eq!(first.person.date_of_birth, Some(date(1996, 8, 21)));
        assert_eq!(first.person.start_date, Some(date(2024, 3, 11)));
        let states: Vec<&EmploymentStatus> = people.rows.iter().map(|row| &row.status).collect();
        let sabbatical = EmploymentStatus::Unclear("Sabbatical".to_owned());
        assert_eq!(states, [&EmploymentStatus::Active, &EmploymentStatus::Ended, &sabbatical]);
        assert_eq!(people.rows.get(1).unwrap().person.first_name, None);
    }

    #[test]
    fn faults_name_row_and_column_but_not_the_value() {
        let error = parse(b"id,Birth date\n1,03/04/1990\n2,05/06/1991\n").unwrap_err();
        assert!(error.to_string().starts_with("row 2, column `Birth date`: it is not clear"), "{error}");
        assert!(!error.to_string().contains("1990"));
        let error = parse(b"id,dob\n,1990-01-01\n2,never\n3,1991-01-01\n").unwrap_err();
        let PeopleError::Cells { errors, .. } = &error else { panic!("{error}") };
        let places: Vec<(u64, &str)> = errors.iter().map(|error| (error.row, error.column.as_str())).collect();
        assert_eq!(places, [(2, "id"), (3, "dob")]);
        assert!(matches!(parse(b"name\nInes\n"), Err(PeopleError::NoId { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&[b"id,dob,status\n".as_slice(), &bytes].concat());
        }
    }
}
