//! A table that is written row by row, so that it need not fit into memory: CSV or JSON. XLSX is put together before it is written;
//! a sheet holds a million rows at most.

use super::export::{self, Cell, CsvCell, ExportError, Kind, Table, UTF8_MARK, csv_record};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

enum To {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Json(BufWriter<File>),
    Whole,
}

/// A file that grows beside its place (0600) and takes it once it is whole. Dropped before that, it leaves nothing behind.
pub struct RowFile {
    path: PathBuf,
    beside: PathBuf,
    to: To,
    /// The heads; of a file that is written at the end the rows too.
    table: Table,
    rows: u64,
}

impl RowFile {
    /// Begins a file of the form that its ending says.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn begin(path: &Path, heads: &[&str]) -> Result<Self, ExportError> {
        let kind = Kind::of(path)?;
        let failed = |source| ExportError::Unwritable { path: path.to_owned(), source };
        let name = path.file_name().ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?;
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{:08x}.tmp", fastrand::u32(..)));
        let beside = path.with_file_name(beside);
        let mut file = Self { path: path.to_owned(), beside, to: To::Whole, table: Table::new(heads), rows: 0 };
        if kind == Kind::Xlsx {
            return Ok(file);
        }
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file.beside);
        let mut out = BufWriter::new(opened.map_err(failed)?);
        let begun = match kind {
            Kind::Csv => out.write_all(UTF8_MARK).and_then(|()| {
                let mut writer = csv::Writer::from_writer(out);
                csv_record(&mut writer, heads.iter().map(|head| CsvCell::Text(head)))?;
                Ok(To::Csv(Box::new(writer)))
            }),
            Kind::Json | Kind::Xlsx => out.write_all(b"[").map(|()| To::Json(out)),
        };
        file.to = begun.map_err(failed)?;
        Ok(file)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`ExportError`]; then the file is given up.
    pub fn row(&mut self, row: Vec<Cell>) -> Result<(), ExportError> {
        self.rows += 1;
        let written = match &mut self.to {
            To::Csv(writer) => export::csv_row(writer, &row).map_err(std::io::Error::from),
            To::Json(out) => {
                let between: &[u8] = if self.rows == 1 { b"\n" } else { b",\n" };
                out.write_all(between).and_then(|()| export::json_row(out, &self.table.heads, &row))
            }
            To::Whole if self.table.rows.len() + 1 >= export::XLSX_ROWS => return Err(ExportError::TooManyRows),
            To::Whole => {
                self.table.rows.push(row);
                Ok(())
            }
        };
        written.map_err(|source| self.unwritable(source))
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Puts the whole file into its place; answers how many rows it has.
    ///
    /// # Errors
    /// [`ExportError`]; then what was there stays.
    pub fn finish(mut self) -> Result<u64, ExportError> {
        let ended = match std::mem::replace(&mut self.to, To::Whole) {
            To::Csv(writer) => {
                writer.into_inner().map_err(|error| std::io::Error::other(error.to_string())).and_then(whole)
            }
            To::Json(mut out) => out.write_all(b"\n]\n").and_then(|()| whole(out)),
            To::Whole => return export::write(&self.path, &self.table).map(|()| self.rows),
        };
        ended.and_then(|()| std::fs::rename(&self.beside, &self.path)).map_err(|source| self.unwritable(source))?;
        Ok(self.rows)
    }

    fn unwritable(&self, source: std::io::Error) -> ExportError {
        ExportError::Unwritable { path: self.path.clone(), source }
    }
}

impl Drop for RowFile {
    fn drop(&mut self) {
        // It is not there where the file was finished, or is put together at the end.
        let _ = std::fs::remove_file(&self.beside);
    }
}

/// On disk before it takes its place.
fn whole(out: BufWriter<File>) -> std::io::Result<()> {
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::sheet;

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec!["=1+1".into(), "Zoë, \"Z\"".into(), 3_u32.into()],
            vec!["a\u{1b}[2J".into(), Cell::Empty, Cell::Number(0.5)],
        ]
    }

    #[test]
    fn row_by_row_is_the_same_file_as_all_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let table = Table { rows: rows(), ..Table::new(&["id", "name", "weight"]) };
        for ending in ["csv", "json", "xlsx"] {
            let (slow, whole) = (folder.path().join(format!("a.{ending}")), folder.path().join(format!("b.{ending}")));
            let mut file = RowFile::begin(&slow, &["id", "name", "weight"]).unwrap();
            rows().into_iter().for_each(|row| file.row(row).unwrap());
            assert!(!slow.exists());
            assert_eq!(file.finish().unwrap(), 2);
            export::write(&whole, &table).unwrap();
            if ending == "xlsx" {
                assert_eq!(sheet::read(&slow).unwrap().rows, sheet::read(&whole).unwrap().rows);
            } else {
                assert_eq!(std::fs::read(&slow).unwrap(), std::fs::read(&whole).unwrap(), "{ending}");
            }
        }
        // Given up in the middle: nothing stays, and what was there is as it was.
        let there = folder.path().join("a.csv");
        let before = std::fs::read(&there).unwrap();
        let mut file = RowFile::begin(&there, &["id"]).unwrap();
        file.row(vec!["x".into()]).unwrap();
        drop(file);
        assert_eq!(std::fs::read(&there).unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6);
        assert!(RowFile::begin(&folder.path().join("a.txt"), &["id"]).is_err());
    }
}
