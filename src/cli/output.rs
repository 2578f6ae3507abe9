//! Data to stdout, progress to stderr: the one place that writes to either.

use crate::domain::problem::{Problem, ProblemKind};
use crate::files::export::{self, Table};
use serde_json::Value;
use std::io::{self, Write};
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Where a command writes.
pub struct Output {
    pub json: bool,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Whether stderr is a terminal: then progress is one line that is written over.
    pub live: bool,
}

impl Output {
    /// Stdout and stderr.
    pub fn standard(json: bool, live: bool) -> Self {
        Self { json, out: Box::new(io::stdout()), err: Box::new(io::stderr()), live }
    }

    /// Any two sinks, for tests.
    pub fn to(json: bool, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self { json, out, err, live: false }
    }

    /// One line of data.
    ///
    /// # Errors
    /// [`Problem`] when stdout cannot be written; a closed pipe is none.
    pub fn line(&mut self, text: &str) -> Result<(), Problem> {
        let written = writeln!(self.out, "{}", visible(text));
        check(written.and_then(|()| self.out.flush()))
    }

    /// Text as it is, for generated files.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let written = self.out.write_all(bytes);
        check(written.and_then(|()| self.out.flush()))
    }

    /// One JSON object on one line.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn object(&mut self, value: &Value) -> Result<(), Problem> {
        let written = writeln!(self.out, "{value}");
        check(written.and_then(|()| self.out.flush()))
    }

    /// A table with aligned columns; numbers (heads that begin with `#`) stand right.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) -> Result<(), Problem> {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
            cells.max(heads.get(column).map_or(0, |head| head.trim_start_matches('#').width()))
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        let plain_heads: Vec<String> = heads.iter().map(|head| head.trim_start_matches('#').to_owned()).collect();
        for row in std::iter::once(&plain_heads).chain(&rows) {
            let mut line = String::new();
            for ((cell, width), head) in row.iter().zip(&widths).zip(heads) {
                let blanks = " ".repeat(width.saturating_sub(cell.width()));
                if head.starts_with('#') {
                    line.push_str(&blanks);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&blanks);
                }
                line.push_str("  ");
            }
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// A line of progress or a warning, to stderr.
    pub fn note(&mut self, text: &str) {
        // Progress that cannot be shown must not end the work.
        let _ = writeln!(self.err, "{}{}", if self.live { "\r\x1b[K" } else { "" }, visible(text));
    }

    /// The current progress, written over the last one; nothing where stderr is no terminal.
    pub fn status(&mut self, text: &str) {
        if self.live {
            let _ = write!(self.err, "\r\x1b[K{}", visible(text));
            let _ = self.err.flush();
        }
    }

    /// Ends a live status line.
    pub fn end_status(&mut self) {
        if self.live {
            let _ = write!(self.err, "\r\x1b[K");
        }
    }

    /// A problem in its four lines (or as an object), to stderr.
    pub fn problem(&mut self, problem: &Problem) {
        if self.json {
            let _ = writeln!(self.err, "{}", serde_json::json!({ "problem": problem }));
            return;
        }
        for line in problem.lines() {
            self.note(&line);
        }
    }
}

/// Writes a text file for its owner only, whole or not at all.
///
/// # Errors
/// When the file cannot be written; then what was there stays.
pub fn write_private(path: &Path, text: &str) -> Result<(), Problem> {
    export::write_whole(path, |out| out.write_all(text.as_bytes())).map_err(|error| {
        Problem::new(ProblemKind::Failed, format!("{} cannot be written", path.display())).with_why(error.to_string())
    })
}

/// Writes a table as CSV, XLSX or JSON, by the file's ending.
///
/// # Errors
/// An ending that is none of these, or a file that cannot be written.
pub fn write_table(path: &Path, table: &Table) -> Result<(), Problem> {
    export::write(path, table).map_err(|error| {
        Problem::new(ProblemKind::Input, "the export was not written")
            .with_why(error.to_string())
            .with_now("name a file ending in .csv, .xlsx or .json in a folder that you may write")
    })
}

/// Control characters of a vendor's text never reach the terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

fn check(written: io::Result<()>) -> Result<(), Problem> {
    match written {
        Ok(()) => Ok(()),
        // `onroll … | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            Err(Problem::new(ProblemKind::Failed, "the output cannot be written").with_why(error.to_string()))
        }
    }
}
