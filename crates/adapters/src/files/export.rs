//! Exports: one table, written as CSV, XLSX or JSON by the file's ending.

use super::json;
use super::workbook::{CELL_MAX, cell_name};
use crate::domain::inert;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Rows that an XLSX sheet can hold, the head included.
pub(super) const XLSX_ROWS: usize = 1_048_576;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Ids, names, dates as ISO 8601.
    Text(String),
    /// Counts and weights.
    Number(f64),
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Cell::Number(f64::from(number))
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// What is exported.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    pub heads: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new(heads: &[&str]) -> Self {
        Self { heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows: Vec::new() }
    }
}

/// In what form a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Xlsx,
    Json,
}

impl Kind {
    /// By the file's ending, in any case.
    ///
    /// # Errors
    /// [`ExportError::UnknownEnding`].
    pub fn of(path: &Path) -> Result<Self, ExportError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("csv") => Ok(Kind::Csv),
            Some("xlsx") => Ok(Kind::Xlsx),
            Some("json") => Ok(Kind::Json),
            _ => Err(ExportError::UnknownEnding { path: path.to_owned() }),
        }
    }
}

/// Why an export was not written. The file that was there before, if any, is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{}: the ending must be .csv, .xlsx or .json", path.display())]
    UnknownEnding { path: PathBuf },
    #[error("an XLSX sheet holds at most 1,048,576 rows and 16,384 columns; export as CSV instead")]
    TooManyRows,
    #[error("cell {cell} would have more than 32,767 characters, which XLSX does not hold; export as CSV instead")]
    LongCell { cell: String },
    #[error("{} cannot be written ({})", path.display(), source.kind())]
    Unwritable { path: PathBuf, source: std::io::Error },
}

/// Writes a table for its owner only (0600), whole or not at all: beside the target first, then renamed.
///
/// # Errors
/// [`ExportError`].
pub fn write(path: &Path, table: &Table) -> Result<(), ExportError> {
    write_as(path, Kind::of(path)?, table)
}

/// As [`write()`], whatever the file's ending is.
///
/// # Errors
/// [`ExportError`].
pub fn write_as(path: &Path, kind: Kind, table: &Table) -> Result<(), ExportError> {
    if kind == Kind::Xlsx && table.rows.len() >= XLSX_ROWS {
        return Err(ExportError::TooManyRows);
    }
    if kind == Kind::Xlsx
        && let Some(cell) = long_cell(table)
    {
        return Err(ExportError::LongCell { cell });
    }
    write_whole(path, |out| match kind {
        Kind::Csv => out.write_all(UTF8_MARK).and_then(|()| csv_into(out, table)),
        Kind::Xlsx => xlsx_into(out, table),
        Kind::Json => json_into(out, table),
    })
    .map_err(|source| ExportError::Unwritable { path: path.to_owned(), source })
}

/// Writes any file as [`write()`] does: 0600, whole or not at all.
///
/// # Errors
/// What the file system or `fill` says; then the target is as it was.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let name = path.file_name().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{:08x}.tmp", fastrand::u32(..)));
    let beside = path.with_file_name(beside);
    let written = fill_new(&beside, fill).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The error that counts is the one above; a left-over is harmless.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn fill_new(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    let file: File = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()
}

/// What tells a spreadsheet that a CSV file is in UTF-8. Readers of CSV know it; a stream to another program has none.
pub const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes CSV (UTF-8, RFC 4180 quoting) to any stream, stdout too.
///
/// # Errors
/// What the stream says.
pub fn csv_into(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    csv_record(&mut writer, table.heads.iter().map(|head| CsvCell::Text(head)))?;
    for row in &table.rows {
        csv_row(&mut writer, row)?;
    }
    writer.flush()
}

/// One row of a table as CSV.
pub(super) fn csv_row<W: Write>(writer: &mut csv::Writer<W>, row: &[Cell]) -> csv::Result<()> {
    let numbers: Vec<String> = row.iter().map(number_text).collect();
    let cells = row.iter().zip(&numbers).map(|(cell, number)| match cell {
        Cell::Text(text) => CsvCell::Text(text),
        Cell::Number(_) | Cell::Empty => CsvCell::Number(number),
    });
    csv_record(writer, cells)
}

/// A cell of a CSV file.
#[derive(Debug, Clone, Copy)]
pub enum CsvCell<'a> {
    /// Text from anywhere: made inert.
    Text(&'a str),
    /// A number that the program wrote; `-0.5` is no formula.
    Number(&'a str),
}

/// One row of a CSV file: every cell that the program writes into any of them passes here.
///
/// # Errors
/// What the stream says.
pub fn csv_record<'a, W: Write>(
    writer: &mut csv::Writer<W>,
    cells: impl IntoIterator<Item = CsvCell<'a>>,
) -> csv::Result<()> {
    for cell in cells {
        match cell {
            CsvCell::Text(text) => writer.write_field(inert::csv(text).as_bytes())?,
            CsvCell::Number(number) => writer.write_field(number)?,
        }
    }
    writer.write_record(None::<&[u8]>)
}

fn number_text(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => number.to_string(),
        Cell::Text(_) | Cell::Empty => String::new(),
    }
}

/// An array of objects, one to a line, keys in the order of the heads.
fn json_into(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    out.write_all(b"[")?;
    for (index, row) in table.rows.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        json_row(out, &table.heads, row)?;
    }
    out.write_all(b"\n]\n")
}

/// One row of a table as an object.
pub(super) fn json_row(out: &mut dyn Write, heads: &[String], row: &[Cell]) -> std::io::Result<()> {
    let object: serde_json::Map<String, serde_json::Value> =
        heads.iter().cloned().zip(row.iter().map(json_cell)).collect();
    json::write(out, &object)
}

fn json_cell(cell: &Cell) -> serde_json::Value {
    match cell {
        Cell::Text(text) => serde_json::Value::from(text.as_str()),
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            serde_json::Value::from(*number as i64)
        }
        Cell::Number(number) => serde_json::Value::from(*number),
        Cell::Empty => serde_json::Value::Null,
    }
}

fn xlsx_into(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    let bytes = xlsx_bytes(table).map_err(|error| std::io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}

/// The first cell whose text is longer than a cell of XLSX can be.
fn long_cell(table: &Table) -> Option<String> {
    for (number, row) in (1..).zip(&table.rows) {
        for (column, cell) in (0..).zip(row) {
            // Bytes are at least as many as characters, but one character can become ten when it is escaped.
            if let Cell::Text(text) = cell
                && text.len() > CELL_MAX / 10
                && xlsx_length(&inert::escaped(text)) > CELL_MAX
            {
                return Some(cell_name(number, column));
            }
        }
    }
    None
}

/// Excel counts UTF-16 units.
fn xlsx_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Text is written as text, so that `007` and `1E5` stay what they are. What looks like a formula carries the mark by which
/// a spreadsheet keeps it text when the cell is edited; the mark is no part of the value.
fn xlsx_bytes(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    let quoted = Format::new().set_quote_prefix();
    for (column, head) in (0..).zip(&table.heads) {
        sheet.write_string_with_format(0, column, inert::escaped(head).as_ref(), &bold)?;
    }
    for (number, row) in (1..).zip(&table.rows) {
        for (column, cell) in (0..).zip(row) {
            match cell {
                Cell::Text(text) if inert::is_formula(text) => {
                    sheet.write_string_with_format(number, column, inert::escaped(text).as_ref(), &quoted)?
                }
                Cell::Text(text) => sheet.write_string(number, column, inert::escaped(text).as_ref())?,
                Cell::Number(value) => sheet.write_number(number, column, *value)?,
                Cell::Empty => continue,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::any_text::any_text;
    use crate::files::sheet;
    use proptest::prelude::*;
    use std::os::unix::fs::PermissionsExt;

    fn table() -> Table {
        let mut table = Table::new(&["id", "name", "weight"]);
        table.rows.push(vec!["007".into(), "Zoë, \"Z\"".into(), Cell::Number(3.0)]);
        table.rows.push(vec!["1E5".into(), None::<&str>.into(), 0.5.into()]);
        table
    }

    #[test]
    fn each_form_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        for ending in ["csv", "XLSX"] {
            let path = folder.path().join(format!("people.{ending}"));
            write(&path, &table()).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let back = sheet::read(&path).unwrap();
            assert_eq!(back.heads, ["id", "name", "weight"]);
            let rows: Vec<Vec<String>> = back.rows.into_iter().map(|(_, cells)| cells).collect();
            assert_eq!(rows, [["007", "Zoë, \"Z\"", "3"], ["1E5", "", "0.5"]], "{ending}");
        }
        let path = folder.path().join("people.json");
        write(&path, &table()).unwrap();
        let back: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            back,
            serde_json::json!([{"id": "007", "name": "Zoë, \"Z\"", "weight": 3}, {"id": "1E5", "name": null, "weight": 0.5}])
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside the files");
    }

    #[test]
    fn hostile_text_is_inert_in_each_form() {
        let folder = tempfile::tempdir().unwrap();
        let hostile = ["=HYPERLINK(\"http://x.example\")", "a\u{1b}]0;x\u{7}", "-1", "x\u{202e}y", "_x000D_ _x0041_"];
        let mut table = Table::new(&["@head", "weight"]);
        table.rows.extend(hostile.map(|text| vec![text.into(), Cell::Number(-0.5)]));
        for ending in ["csv", "xlsx", "json"] {
            write(&folder.path().join(format!("a.{ending}")), &table).unwrap();
        }
        let csv = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
        assert!(csv.starts_with("\u{feff}'@head,weight\n\"'=HYPERLINK"), "{csv}");
        assert!(csv.contains("a\\u{1B}]0;x\\u{7},-0.5\n'-1,-0.5\nx\\u{202E}y"), "{csv}");
        let json = std::fs::read_to_string(folder.path().join("a.json")).unwrap();
        assert!(!json.trim().replace('\n', "").contains(inert::is_dangerous), "{json}");
        for ending in ["csv", "xlsx"] {
            let back = sheet::read(&folder.path().join(format!("a.{ending}"))).unwrap();
            assert_eq!(back.heads, ["@head", "weight"]);
            let texts: Vec<&str> = back.rows.iter().map(|(_, cells)| cells[0].as_str()).collect();
            assert_eq!(texts, hostile, "{ending}");
        }
    }

    #[test]
    fn a_text_that_no_cell_of_a_workbook_holds_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut table = Table::new(&["a", "b"]);
        table.rows.push(vec!["x".repeat(32_767).into(), Cell::Empty]);
        table.rows.push(vec![Cell::Empty, "\u{1b}".repeat(6_000).into()]);
        let error = write(&folder.path().join("a.xlsx"), &table).unwrap_err();
        assert!(error.to_string().starts_with("cell B3 would have more than"), "{error}");
        write(&folder.path().join("a.csv"), &table).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_comes_back_as_it_was(texts in prop::collection::vec(any_text(), 1..12)) {
            let mut table = Table::new(&["value", "people"]);
            table.rows.extend(texts.iter().map(|text| vec![text.as_str().into(), Cell::Number(1.0)]));
            let mut csv = Vec::new();
            csv_into(&mut csv, &table).unwrap();
            for bytes in [csv, xlsx_bytes(&table).unwrap()] {
                let back = sheet::parse(&bytes).unwrap();
                let read: Vec<&str> = back.rows.iter().map(|(_, cells)| cells[0].as_str()).collect();
                prop_assert_eq!(read, texts.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn semicolons_in_a_short_table_are_no_separators() {
        let mut table = Table::new(&["value", "people"]);
        table.rows.push(vec!["Head Chef; Acting; Relief;".into(), Cell::Number(1.0)]);
        let mut csv = Vec::new();
        csv_into(&mut csv, &table).unwrap();
        let back = sheet::parse(&csv).unwrap();
        assert_eq!(back.rows[0].1, ["Head Chef; Acting; Relief;", "1"]);
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "before").unwrap();
        let failed = write_whole(&path, |_| Err(std::io::Error::other("full")));
        assert!(failed.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(matches!(write(&folder.path().join("a.txt"), &table()), Err(ExportError::UnknownEnding { .. })));
        let missing = folder.path().join("no/such/folder.csv");
        assert!(matches!(write(&missing, &table()), Err(ExportError::Unwritable { .. })));
    }
}
