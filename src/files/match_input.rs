//! People files for `onroll match`, read straight into columns: a million rows never stand in memory as records.
//!
//! CSV with any common delimiter, UTF-8, UTF-16 or Windows-1252, and XLSX. Header names are recognised loosely, order
//! does not matter. Whatever is wrong is said with the row it is in.

#![allow(clippy::indexing_slicing, reason = "places come from the header or from the lengths looked at just before")]

use super::workbook::{Workbook, WorkbookError};
use crate::domain::inert;
use crate::matching::dates::{self, DateError, Packed};
use crate::matching::table::{COLUMNS, Column, PeopleTable, TableError};
use crate::ports::bounded::{self, PEOPLE_MAX, ReadError};
use calamine::Data;
use std::borrow::Cow;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The longest cell that can be a value of a person; anything longer is a broken file (a quote that never closes).
pub const LONGEST_CELL: usize = 4096;
const BUFFER: usize = 1 << 18;

/// Why a people file cannot be read. Rows count as a spreadsheet shows them: the header is row 1.
#[derive(Debug, Error)]
pub enum MatchInputError {
    #[error("{path}: {source}; check the name and whether you may read it")]
    Io { path: PathBuf, source: ReadError },
    #[error("{path}: the file is empty; export it again with a header row")]
    Empty { path: PathBuf },
    #[error(
        "{path}: row 1 is no header (found {found}); the first row must name the columns, such as id, first_name, last_name, email, date_of_birth"
    )]
    NoHeader { path: PathBuf, found: String },
    #[error("{path}: no column holds the ids of the people; name one `id`")]
    NoId { path: PathBuf },
    #[error(
        "{path}: columns {first} ({first_name}) and {second} ({second_name}) both read as {column}; remove or rename one"
    )]
    TwoColumns {
        path: PathBuf,
        column: &'static str,
        first: usize,
        first_name: String,
        second: usize,
        second_name: String,
    },
    #[error(
        "{path}: row {row} has {found} cells, the header {expected}; look for a stray quote or delimiter in or before it"
    )]
    Ragged { path: PathBuf, row: u64, found: u64, expected: u64 },
    #[error("{path}: row {row}: {message}")]
    Broken { path: PathBuf, row: u64, message: String },
    #[error("{path}: row {row}: the id is blank; every person needs one")]
    BlankId { path: PathBuf, row: u64 },
    #[error(
        "{path}: row {row}: column {column} has {length} bytes, at most {LONGEST_CELL} are a value; look for a quote that is never closed"
    )]
    LongCell { path: PathBuf, row: u64, column: String, length: usize },
    #[error("{path}: row {row}, column {column}: {message}")]
    Date { path: PathBuf, row: u64, column: &'static str, message: String },
    #[error("{path}: {message}")]
    Workbook { path: PathBuf, message: String },
}

/// What a column of the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Id,
    Person(Column),
    Status,
}

/// Header names by use, letters and digits only. The first is the name of DESIGN 6.
const HEADERS: [(Use, &[&str]); 15] = [
    (
        Use::Id,
        &[
            "id",
            "employeeid",
            "userid",
            "personid",
            "employeenumber",
            "employeeno",
            "staffid",
            "staffnumber",
            "staffno",
            "payrollnumber",
            "payrollid",
            "workerid",
            "uid",
            "recordid",
            "recid",
            "uniqueid",
            "learnerid",
        ],
    ),
    (
        Use::Person(Column::FirstName),
        &["firstname", "forename", "givenname", "first", "christianname", "legalfirstname", "vorname", "prenom"],
    ),
    (Use::Person(Column::LastName), &["lastname", "surname", "familyname", "last", "legallastname", "nachname", "nom"]),
    (
        Use::Person(Column::KnownAs),
        &["knownas", "preferredname", "preferredfirstname", "nickname", "alias", "displayfirstname"],
    ),
    (
        Use::Person(Column::Email),
        &["email", "emailaddress", "mail", "workemail", "workemailaddress", "primaryemail", "username", "login"],
    ),
    (
        Use::Person(Column::BirthDate),
        &["dateofbirth", "dob", "birthdate", "birthday", "birthdatum", "geburtsdatum", "borndate"],
    ),
    (
        Use::Person(Column::JobTitle),
        &["jobtitle", "job", "position", "role", "title", "occupation", "jobrole", "jobname"],
    ),
    (
        Use::Person(Column::Branch),
        &[
            "branch",
            "site",
            "location",
            "branchname",
            "sitename",
            "workplace",
            "businessunit",
            "city",
            "suburb",
            "store",
            "office",
        ],
    ),
    (Use::Person(Column::Department), &["department", "dept", "departmentname", "team", "division", "state", "region"]),
    (
        Use::Person(Column::StartDate),
        &[
            "startdate",
            "hiredate",
            "joindate",
            "datejoined",
            "joiningdate",
            "employmentstart",
            "startedon",
            "dateofhire",
            "continuousservicedate",
        ],
    ),
    (
        Use::Person(Column::Phone),
        &[
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "telephone",
            "tel",
            "cell",
            "cellphone",
            "contactnumber",
        ],
    ),
    (
        Use::Person(Column::Address),
        &["address", "addressline1", "address1", "street", "streetaddress", "homeaddress", "postaladdress"],
    ),
    (Use::Person(Column::Postcode), &["postcode", "postalcode", "zip", "zipcode", "plz"]),
    (
        Use::Person(Column::Identifier),
        &["identifier", "externalid", "hrid", "hridentifier", "uniqueidentifier", "externalidentifier", "sourceid"],
    ),
    (Use::Status, &["status", "employmentstatus", "accountstatus", "active", "state_"]),
];

fn use_of(header: &str) -> Option<(Use, usize)> {
    let plain: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    HEADERS.iter().find_map(|(column, names)| names.iter().position(|name| *name == plain).map(|rank| (*column, rank)))
}

fn name_of(column: Use) -> &'static str {
    match column {
        Use::Id => "id",
        Use::Person(column) => column.key(),
        Use::Status => "status",
    }
}

/// Which column of the file stands where.
struct Layout {
    id: usize,
    status: Option<usize>,
    people: Vec<(usize, Column)>,
    width: usize,
    headers: Vec<String>,
}

fn layout(path: &Path, headers: Vec<String>) -> Result<Layout, MatchInputError> {
    let mut chosen: Vec<(Use, usize, usize)> = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        let Some((column, rank)) = use_of(header) else { continue };
        match chosen.iter_mut().find(|(known, ..)| *known == column) {
            None => chosen.push((column, rank, at)),
            // `id` and `employee number`, `job` and `title`: the name of DESIGN 6 itself goes before a loose one.
            Some((_, known, _)) if *known == 0 && rank != 0 => {}
            Some(slot) if rank == 0 && slot.1 != 0 => *slot = (column, rank, at),
            Some((_, _, first)) => {
                return Err(MatchInputError::TwoColumns {
                    path: path.to_owned(),
                    column: name_of(column),
                    first: *first + 1,
                    first_name: headers[*first].clone(),
                    second: at + 1,
                    second_name: header.clone(),
                });
            }
        }
    }
    let find = |wanted: Use| chosen.iter().find(|(column, ..)| *column == wanted).map(|(_, _, at)| *at);
    let people: Vec<(usize, Column)> =
        Column::ALL.into_iter().filter_map(|column| find(Use::Person(column)).map(|at| (at, column))).collect();
    if people.is_empty() {
        let found = headers.iter().take(3).map(|cell| format!("`{}`", cell.chars().take(20).collect::<String>()));
        return Err(MatchInputError::NoHeader { path: path.to_owned(), found: found.collect::<Vec<_>>().join(", ") });
    }
    let Some(id) = find(Use::Id) else { return Err(MatchInputError::NoId { path: path.to_owned() }) };
    Ok(Layout { id, status: find(Use::Status), people, width: headers.len(), headers })
}

/// Reads a people file. `today` bounds birth dates; later ones count as missing.
///
/// # Errors
/// Says what is wrong and in which row; see [`MatchInputError`].
pub fn read_people(path: &Path, today: Option<Packed>) -> Result<PeopleTable, MatchInputError> {
    let io_error = |source| MatchInputError::Io { path: path.to_owned(), source: ReadError::from(source) };
    let refused = |source| MatchInputError::Io { path: path.to_owned(), source };
    let mut file = Capped { inner: bounded::open(path).map_err(refused)?, left: PEOPLE_MAX };
    let mut head = vec![0u8; 1 << 16];
    let mut known = 0;
    while known < head.len() {
        match file.read(&mut head[known..]).map_err(io_error)? {
            0 => break,
            more => known += more,
        }
    }
    head.truncate(known);
    if head.iter().all(u8::is_ascii_whitespace) && known < 1 << 16 || head == [0xef, 0xbb, 0xbf] {
        return Err(MatchInputError::Empty { path: path.to_owned() });
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        file.read_to_end(&mut head).map_err(io_error)?;
        return read_workbook(path, head, today);
    }
    if let Some(encoding) = Utf16::of(&head) {
        file.read_to_end(&mut head).map_err(io_error)?;
        let text = encoding.decode(&head);
        let delimiter = delimiter(text.as_bytes());
        return read_csv(path, Cursor::new(text.into_bytes()), delimiter, today);
    }
    let delimiter = delimiter(&head);
    let body = if head.starts_with(&[0xef, 0xbb, 0xbf]) { head.split_off(3) } else { head };
    read_csv(path, Cursor::new(body).chain(BufReader::with_capacity(BUFFER, file)), delimiter, today)
}

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

/// UTF-16 with a byte order mark, or ASCII text that was written as UTF-16 without one.
#[derive(Clone, Copy)]
enum Utf16 {
    Little,
    Big,
}

impl Utf16 {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xfe, ..] => Some(Utf16::Little),
            [0xfe, 0xff, ..] => Some(Utf16::Big),
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(Utf16::Little),
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(Utf16::Big),
            _ => None,
        }
    }

    fn decode(self, bytes: &[u8]) -> String {
        let units = bytes.chunks_exact(2).map(|pair| match self {
            Utf16::Little => u16::from_le_bytes([pair[0], pair[1]]),
            Utf16::Big => u16::from_be_bytes([pair[0], pair[1]]),
        });
        let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.trim_start_matches('\u{feff}').to_owned()
    }
}

/// The delimiter that the header line has most of, outside quotes.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts.iter().any(|(_, count)| *count > 0) => break,
            other if !quoted => {
                counts.iter_mut().filter(|(delimiter, _)| delimiter == other).for_each(|(_, count)| *count += 1)
            }
            _ => {}
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// A cell as text: UTF-8, else Windows-1252, which any bytes are.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    /// What Windows-1252 has at 0x80 to 0x9f.
    const UPPER: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(
            bytes
                .iter()
                .map(|&byte| match byte {
                    0x80..=0x9f => UPPER.chars().nth(usize::from(byte - 0x80)).unwrap_or(' '),
                    other => char::from(other),
                })
                .collect(),
        ),
    }
}

/// A cell as it was before an export made it inert.
fn value(bytes: &[u8]) -> Cow<'_, str> {
    match text(bytes) {
        Cow::Borrowed(cell) => inert::of_csv(cell),
        Cow::Owned(cell) => Cow::Owned(inert::of_csv(&cell).into_owned()),
    }
}

fn read_csv(
    path: &Path,
    input: impl Read,
    delimiter: u8,
    today: Option<Packed>,
) -> Result<PeopleTable, MatchInputError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER)
        .from_reader(input);
    let mut record = csv::ByteRecord::new();
    let mut row = 1;
    let broken = |row: u64, error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => MatchInputError::Io { path: path.to_owned(), source: source.into() },
        other => MatchInputError::Broken { path: path.to_owned(), row, message: format!("{other:?}") },
    };
    if !reader.read_byte_record(&mut record).map_err(|error| broken(row, error))? {
        return Err(MatchInputError::Empty { path: path.to_owned() });
    }
    let headers = record
        .iter()
        .map(|cell| value(cell).trim().trim_start_matches('\u{feff}').chars().take(80).collect())
        .collect();
    let layout = layout(path, headers)?;
    let mut people = Builder { path, layout, table: PeopleTable::default(), rows: Vec::new(), dense: true };
    while reader.read_byte_record(&mut record).map_err(|error| broken(row + 1, error))? {
        row += 1;
        let blank = record.iter().all(<[u8]>::is_empty);
        if blank {
            people.dense = false;
            continue;
        }
        // Spreadsheets write blank cells beyond the last column.
        let beyond = record.iter().skip(people.layout.width).all(<[u8]>::is_empty);
        if record.len() < people.layout.width || !beyond {
            let (found, expected) = (record.len() as u64, people.layout.width as u64);
            return Err(MatchInputError::Ragged { path: path.to_owned(), row, found, expected });
        }
        people.add(row, |at| value(record.get(at).unwrap_or_default()))?;
    }
    people.finish(today)
}

/// Fills a table row by row.
struct Builder<'a> {
    path: &'a Path,
    layout: Layout,
    table: PeopleTable,
    /// Row in the file of each person, kept only once blank rows make it differ from position + 2.
    rows: Vec<u64>,
    dense: bool,
}

impl Builder<'_> {
    fn add<'c>(&mut self, row: u64, cell: impl Fn(usize) -> Cow<'c, str>) -> Result<(), MatchInputError> {
        let id = cell(self.layout.id);
        let id = id.trim();
        if id.is_empty() {
            return Err(MatchInputError::BlankId { path: self.path.to_owned(), row });
        }
        self.check_length(row, self.layout.id, id)?;
        let mut owned: [Cow<'_, str>; COLUMNS] = [const { Cow::Borrowed("") }; COLUMNS];
        for &(at, column) in &self.layout.people {
            let value = cell(at);
            self.check_length(row, at, &value)?;
            owned[column as usize] = value;
        }
        let status = self.layout.status.map(&cell).unwrap_or_default();
        let active =
            !["inactive", "no", "false", "0", "deactivated", "terminated", "leaver", "left", "disabled", "archived"]
                .iter()
                .any(|word| status.trim().eq_ignore_ascii_case(word));
        let cells: [&str; COLUMNS] = std::array::from_fn(|at| owned[at].as_ref());
        if !self.dense && self.rows.len() < self.table.len() {
            self.rows.extend((self.rows.len()..self.table.len()).map(|at| at as u64 + 2));
        }
        self.table.push(id, &cells, active);
        if !self.dense {
            self.rows.push(row);
        }
        Ok(())
    }

    fn check_length(&self, row: u64, at: usize, value: &str) -> Result<(), MatchInputError> {
        if value.len() <= LONGEST_CELL {
            return Ok(());
        }
        let column = self.layout.headers.get(at).cloned().unwrap_or_default();
        Err(MatchInputError::LongCell { path: self.path.to_owned(), row, column, length: value.len() })
    }

    fn finish(mut self, today: Option<Packed>) -> Result<PeopleTable, MatchInputError> {
        let date_error = |TableError { column, row, error }| {
            let row = self.rows.get(row).copied().unwrap_or(row as u64 + 2);
            let message = match error {
                DateError::Unreadable { .. } => {
                    "this is no date that can be read; write dates as YYYY-MM-DD".to_owned()
                }
                DateError::Mixed { .. } => {
                    "this date puts day and month in another order than an earlier one; write dates as YYYY-MM-DD"
                        .to_owned()
                }
                DateError::Ambiguous { .. } => {
                    "day and month cannot be told apart here nor anywhere in the column; write dates as YYYY-MM-DD"
                        .to_owned()
                }
            };
            MatchInputError::Date { path: self.path.to_owned(), row, column: column.key(), message }
        };
        self.table.finish(today).map_err(date_error)?;
        Ok(self.table)
    }
}

fn read_workbook(path: &Path, bytes: Vec<u8>, today: Option<Packed>) -> Result<PeopleTable, MatchInputError> {
    let fail = |error: WorkbookError| MatchInputError::Workbook { path: path.to_owned(), message: error.to_string() };
    let mut book = Workbook::open(&bytes).map_err(fail)?;
    let name = book.sheets().first().cloned().ok_or_else(|| fail(WorkbookError::NoSheet))?;
    let mut rows = book.rows(&name).map_err(fail)?.into_iter();
    let Some((_, header)) = rows.next() else { return Err(MatchInputError::Empty { path: path.to_owned() }) };
    let layout = layout(path, header.iter().map(|cell| cell.to_string().trim().to_owned()).collect())?;
    let mut people = Builder { path, layout, table: PeopleTable::default(), rows: Vec::new(), dense: false };
    for (row, cells) in rows {
        let values: Vec<String> = cells.iter().map(cell_text).collect();
        if values.iter().any(|value| !value.trim().is_empty()) {
            people.add(row, |at| Cow::Borrowed(values.get(at).map_or("", String::as_str)))?;
        }
    }
    people.finish(today)
}

/// A cell as text. Whole numbers have no decimals (ids are often typed as numbers); dates are ISO.
fn cell_text(cell: &Data) -> String {
    match cell {
        Data::String(text) => inert::unescaped(text).into_owned(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::DateTime(day) => serial_date(day.as_f64()),
        other => other.to_string(),
    }
}

/// The ISO date of a spreadsheet's day number (day 60 is the leap day 1900 never had; ours starts after it).
fn serial_date(serial: f64) -> String {
    let mut left = serial as i64 - 61;
    if left < 0 {
        return "1900-01-01".to_owned();
    }
    let mut year = 1900;
    let (mut month, mut day) = (3, 1);
    let origin = dates::pack(year, month, day).map_or(0, dates::day_number);
    left += origin;
    // Jump by years, then walk the months.
    while dates::pack(year + 1, 1, 1).is_some_and(|next| dates::day_number(next) <= left) {
        year += 1;
        (month, day) = (1, 1);
    }
    while month < 12 && dates::pack(year, month + 1, 1).is_some_and(|next| dates::day_number(next) <= left) {
        month += 1;
    }
    if let Some(first) = dates::pack(year, month, 1) {
        day = (left - dates::day_number(first) + 1) as u32;
    }
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn read(bytes: &[u8]) -> Result<PeopleTable, MatchInputError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        read_people(file.path(), None)
    }

    fn error(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string().split_once(": ").unwrap().1.to_owned()
    }

    #[test]
    fn headers_are_loose_and_order_does_not_matter() {
        let table = read("Surname;Employee No.;E-Mail;Notes\r\nWójcik;7;k@a.example;\"a;b\"\r\n".as_bytes()).unwrap();
        assert_eq!((table.id(0), table.value(0, Column::LastName)), ("7", Some("Wójcik")));
        assert_eq!(table.value(0, Column::Email), Some("k@a.example"));
    }

    #[test]
    fn encodings_and_delimiters_are_found() {
        let plain = "id\tfirst_name\n1\tZoë\n";
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(plain.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let marked = [&[0xef, 0xbb, 0xbf], plain.as_bytes()].concat();
        let windows = b"id|first_name\n1|Zo\xeb\n".to_vec();
        for bytes in [little, big, marked, windows, plain.as_bytes().to_vec()] {
            assert_eq!(read(&bytes).unwrap().value(0, Column::FirstName), Some("Zoë"));
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_row() {
        assert!(error(b"").contains("empty") && error(b" \n\n").contains("empty"));
        assert!(error(b"1,Ann,Smith\n2,Bob,Jones\n").contains("no header"));
        assert!(error(b"first_name,last_name\nAnn,Smith\n").contains("ids"));
        assert!(error(b"id,email,E-Mail\n1,a,b\n").contains("columns 2 (email) and 3 (E-Mail)"));
        assert!(error(b"id,first_name\n1,Ann\n2\n").contains("row 3 has 1 cells"));
        assert!(error(b"id,first_name\n1,Ann\n,Bob\n").contains("row 3: the id is blank"));
        assert!(error(b"id,first_name\n1,Ann,,\n2,Bob,,x\n").contains("row 3 has 4 cells, the header 2"));
        let long = format!("id,first_name\n1,Ann\n2,{}\n", "x".repeat(1 << 20));
        assert!(error(long.as_bytes()).contains("row 3: column first_name has 1048576 bytes"));
        assert!(error(b"id,dob\n1,03/04/1990\n").contains("row 2"));
        assert!(error(b"id,dob\n1,25/12/1990\n\n2,12/25/1990\n").contains("row 3"));
    }

    #[test]
    fn a_workbook_is_known_by_its_content() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (at, (header, value)) in [("id", "7"), ("Surname", "Zoë")].into_iter().enumerate() {
            sheet.write(0, at as u16, header).unwrap();
            sheet.write(1, at as u16, value).unwrap();
        }
        let table = read(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!((table.id(0), table.value(0, Column::LastName)), ("7", Some("Zoë")));
        assert!(error(b"PK\x03\x04 but no more").contains("not an XLSX file"));
    }

    #[test]
    fn only_a_header_is_nobody() {
        assert!(read(b"id,first_name\n").unwrap().is_empty());
    }

    #[test]
    fn spreadsheet_days_are_dates() {
        assert_eq!(serial_date(46089.0), "2026-03-08");
        assert_eq!(serial_date(61.0), "1900-03-01");
        assert_eq!(serial_date(36526.0), "2000-01-01");
        assert_eq!(serial_date(36585.0), "2000-02-29");
    }
}
