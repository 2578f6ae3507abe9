//! A table out of a CSV or XLSX file, as text: encodings, separators and cell types are settled here.

use super::people::{delimiter, separator_line};
use super::workbook::{Workbook, WorkbookError};
use crate::domain::inert;
use crate::ports::bounded::{self, PEOPLE_MAX, ReadError};
use calamine::Data;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::path::{Path, PathBuf};

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: ReadError },
    #[error("row {row} is not CSV: {why}")]
    NotCsv { row: u64, why: &'static str },
    #[error("row {row} has a cell of {length} characters; at most 1,000,000 are read")]
    LongCell { row: u64, length: usize },
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error("there is no head row")]
    Empty,
}

/// Heads and rows; each row with its number in the file (the head is row 1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub heads: Vec<String>,
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Reads a file; its content, not its name, says what it is.
///
/// # Errors
/// [`SheetError`].
pub fn read(path: &Path) -> Result<Sheet, SheetError> {
    let unreadable = |source| SheetError::Unreadable { path: path.to_owned(), source };
    parse(&bounded::read(path, PEOPLE_MAX).map_err(unreadable)?)
}

/// Longest cell of a CSV file, in characters. A quote that is never closed makes one cell of all that follows.
const CELL_MAX: usize = 1_000_000;

/// Reads bytes: XLSX (a ZIP) or CSV.
///
/// # Errors
/// [`SheetError`].
pub fn parse(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let is_workbook = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
    if is_workbook { parse_xlsx(bytes) } else { parse_csv(bytes) }
}

fn parse_csv(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let text = decode(bytes);
    let (said, text) = match separator_line(text.as_bytes()) {
        Some((said, length)) => (Some(said), text.get(length..).unwrap_or_default()),
        None => (None, text.as_str()),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(said.or_else(|| of_heads(text)).unwrap_or_else(|| delimiter(text.as_bytes())))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::default();
    for (record, row) in reader.records().zip(1 + u64::from(said.is_some())..) {
        let record = record.map_err(|_| SheetError::NotCsv { row, why: "it cannot be split into cells" })?;
        if let Some(long) = record.iter().find(|cell| cell.len() > CELL_MAX) {
            return Err(SheetError::LongCell { row, length: long.chars().count() });
        }
        let cells: Vec<String> = record.iter().map(|cell| inert::of_csv(cell).into_owned()).collect();
        push(&mut sheet, row, cells);
    }
    if sheet.heads.is_empty() { Err(SheetError::Empty) } else { Ok(sheet) }
}

/// The separator of a row of heads in which only one stands: a few rows full of semicolons must not mislead the count over all
/// lines.
fn of_heads(text: &str) -> Option<u8> {
    let heads = text.lines().find(|line| !line.trim().is_empty())?;
    let mut quoted = false;
    let mut found: Vec<u8> = Vec::new();
    for byte in heads.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b';' | b'\t' | b'|' if !quoted && !found.contains(&byte) => found.push(byte),
            _ => {}
        }
    }
    found.pop().filter(|_| found.is_empty())
}

fn push(sheet: &mut Sheet, row: u64, cells: Vec<String>) {
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return;
    }
    if sheet.heads.is_empty() {
        sheet.heads = cells;
    } else {
        sheet.rows.push((row, cells));
    }
}

/// By byte order mark, else UTF-16 by its zero bytes, else UTF-8, else Windows-1252 (what Excel saves in the West).
fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0.into_owned();
    }
    let head = bytes.get(..bytes.len().min(1000)).unwrap_or_default();
    let zeros = |start: usize| head.iter().skip(start).step_by(2).filter(|byte| **byte == 0).count();
    let half = head.len() / 2;
    let encoding = if half > 0 && zeros(1) * 2 > half {
        UTF_16LE
    } else if half > 0 && zeros(0) * 2 > half {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn parse_xlsx(bytes: &[u8]) -> Result<Sheet, SheetError> {
    let mut book = Workbook::open(bytes)?;
    let name = book.sheets().first().cloned().ok_or(WorkbookError::NoSheet)?;
    let mut sheet = Sheet::default();
    for (row, cells) in book.rows(&name)? {
        push(&mut sheet, row, cells.iter().map(cell_text).collect());
    }
    if sheet.heads.is_empty() { Err(SheetError::Empty) } else { Ok(sheet) }
}

/// A cell as text. Whole numbers lose the `.0` that Excel keeps; text stays text, so `007` does.
pub(super) fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) => inert::unescaped(text).into_owned(),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        // Beyond 15 digits a spreadsheet's number is not exact; the text then shows that.
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => yes.to_string(),
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTime(at) => at.as_f64().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(sheet: &Sheet) -> Vec<Vec<String>> {
        sheet.rows.iter().map(|(_, cells)| cells.clone()).collect()
    }

    #[test]
    fn encodings_and_separators_are_recognised() {
        let text = "id;name\r\n007;Zoë, Łucja\r\n\r\n8;\"a;b\"\r\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&[0xff, 0xfe], utf16.as_slice()].concat();
        let utf8_mark = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [text.as_bytes(), &utf8_mark, &utf16, &with_mark, &big] {
            let sheet = parse(bytes).unwrap();
            assert_eq!(sheet.heads, ["id", "name"]);
            assert_eq!(cells(&sheet), [["007", "Zoë, Łucja"], ["8", "a;b"]]);
        }
        let western = parse(b"id\tname\n1\tZo\xeb\n").unwrap();
        assert_eq!(cells(&western), [["1", "Zoë"]]);
        assert!(matches!(parse(b" \n"), Err(SheetError::Empty)));
        assert!(matches!(parse(b"PK\x03\x04junk"), Err(SheetError::Workbook(WorkbookError::Damaged))));
    }

    #[test]
    fn spreadsheets_keep_ids_and_dates() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet();
        page.write_string(0, 0, "id").unwrap();
        page.write_string(0, 1, "dob").unwrap();
        page.write_string(1, 0, "007").unwrap();
        let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
        let birth = rust_xlsxwriter::ExcelDateTime::from_ymd(1996, 8, 21).unwrap();
        page.write_datetime_with_format(1, 1, &birth, &format).unwrap();
        page.write_number(2, 0, 123_456_789_012.0).unwrap();
        let sheet = parse(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(cells(&sheet), [vec!["007", "1996-08-21"], vec!["123456789012"]]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"PK\x03\x04".as_slice(), &bytes].concat());
        }
    }
}
