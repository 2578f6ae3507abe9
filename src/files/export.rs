//! Exports: one table, written as CSV, XLSX or JSON by the file's ending.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Rows that an XLSX sheet can hold, the head included.
const XLSX_ROWS: usize = 1_048_576;

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
    #[error("{} cannot be written ({})", path.display(), source.kind())]
    Unwritable { path: PathBuf, source: std::io::Error },
}

/// Writes a table for its owner only (0600), whole or not at all: beside the target first, then renamed.
///
/// # Errors
/// [`ExportError`].
pub fn write(path: &Path, table: &Table) -> Result<(), ExportError> {
    let kind = Kind::of(path)?;
    if kind == Kind::Xlsx && table.rows.len() >= XLSX_ROWS {
        return Err(ExportError::TooManyRows);
    }
    write_whole(path, |out| match kind {
        Kind::Csv => csv_into(out, table),
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

/// Writes CSV (UTF-8, RFC 4180 quoting) to any stream, stdout too.
///
/// # Errors
/// What the stream says.
pub fn csv_into(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(&table.heads)?;
    for row in &table.rows {
        writer.write_record(row.iter().map(plain))?;
    }
    writer.flush()
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Empty => String::new(),
    }
}

/// An array of objects, one to a line, keys in the order of the heads.
fn json_into(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    out.write_all(b"[")?;
    for (index, row) in table.rows.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        let object: serde_json::Map<String, serde_json::Value> =
            table.heads.iter().cloned().zip(row.iter().map(json_cell)).collect();
        serde_json::to_writer(&mut *out, &object)?;
    }
    out.write_all(b"\n]\n")
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

/// Text is written as text, so that `007` and `1E5` stay what they are and nothing becomes a formula.
fn xlsx_bytes(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Format::new().set_bold();
    for (column, head) in (0..).zip(&table.heads) {
        sheet.write_string_with_format(0, column, head, &bold)?;
    }
    for (number, row) in (1..).zip(&table.rows) {
        for (column, cell) in (0..).zip(row) {
            match cell {
                Cell::Text(text) => sheet.write_string(number, column, text)?,
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
    use crate::files::sheet;
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
