//! Data to stdout, progress to stderr: the one place that writes to either.

use crate::domain::code::ProblemCode;
use crate::domain::inert;
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::export::{self, Table};
use crate::files::json;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;
use std::io::{self, Write};
use std::path::Path;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Where a command writes.
pub struct Output {
    pub json: bool,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Whether stderr is a terminal: then progress is one line that is written over.
    pub live: bool,
    /// Whether `out` is the stdout of this process, whose reader may go away.
    is_stdout: bool,
    /// The reader of the data is gone.
    gone: bool,
}

impl Output {
    /// Stdout and stderr.
    pub fn standard(json: bool, live: bool) -> Self {
        Self { json, out: Box::new(io::stdout()), err: Box::new(io::stderr()), live, is_stdout: true, gone: false }
    }

    /// Any two sinks, for tests.
    pub fn to(json: bool, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self { json, out, err, live: false, is_stdout: false, gone: false }
    }

    /// One line of data.
    ///
    /// # Errors
    /// [`Problem`] when stdout cannot be written; a closed pipe is none.
    pub fn line(&mut self, text: &str) -> Result<(), Problem> {
        self.put(&inert::escaped(text))
    }

    fn put(&mut self, inert: &str) -> Result<(), Problem> {
        let written = writeln!(self.out, "{inert}");
        let written = written.and_then(|()| self.out.flush());
        self.checked(written)
    }

    fn checked(&mut self, written: io::Result<()>) -> Result<(), Problem> {
        match written {
            Ok(()) => Ok(()),
            // `onroll … | head` is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            Err(error) => {
                Err(Problem::new(ProblemKind::Failed, "the output cannot be written").with_why(error.to_string()))
            }
        }
    }

    /// Whether nobody reads the data any more: a pipe whose other end is closed. What never ends by itself asks.
    pub fn is_gone(&self) -> bool {
        self.gone || (self.is_stdout && has_no_reader())
    }

    /// Several lines of data.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn lines(&mut self, text: &str) -> Result<(), Problem> {
        text.lines().try_for_each(|line| self.line(line))
    }

    /// Text as it is, for files that the program makes (a man page, CSV): whoever makes it has made it inert.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let written = self.out.write_all(bytes);
        let written = written.and_then(|()| self.out.flush());
        self.checked(written)
    }

    /// One JSON object on one line.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn object(&mut self, value: &Value) -> Result<(), Problem> {
        let written = json::write(&mut self.out, value).and_then(|()| writeln!(self.out));
        let written = written.and_then(|()| self.out.flush());
        self.checked(written)
    }

    /// A table with aligned columns; numbers (heads that begin with `#`) stand right. What is too long for a table to be read
    /// is cut: JSON and exports have it whole.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) -> Result<(), Problem> {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| short(cell)).collect()).collect();
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
            self.put(line.trim_end())?;
        }
        Ok(())
    }

    /// A line of progress or a warning, to stderr.
    pub fn note(&mut self, text: &str) {
        // Progress that cannot be shown must not end the work.
        let _ = writeln!(self.err, "{}{}", if self.live { "\r\x1b[K" } else { "" }, inert::escaped(text));
    }

    /// The current progress, written over the last one; nothing where stderr is no terminal.
    pub fn status(&mut self, text: &str) {
        if self.live {
            let _ = write!(self.err, "\r\x1b[K{}", inert::escaped(text));
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
            let _ = json::write(&mut self.err, &serde_json::json!({ "problem": problem }));
            let _ = writeln!(self.err);
            return;
        }
        for line in problem.lines() {
            self.note(&line);
        }
        // Where Onroll knows no more than the message, it does not send anybody to read it again.
        if !matches!(problem.code(), ProblemCode::Other | ProblemCode::BadInput) {
            self.note(&format!("more  onroll explain {}", problem.code().key()));
        }
    }
}

/// Writes a JSON document for its owner only, whole or not at all.
///
/// # Errors
/// When the file cannot be written; then what was there stays.
pub fn write_document(path: &Path, document: &Value) -> Result<(), Problem> {
    export::write_whole(path, |out| json::write(out, document).and_then(|()| writeln!(out))).map_err(|error| {
        Problem::new(ProblemKind::Failed, format!("{} cannot be written", path.display())).with_why(error.to_string())
    })
}

/// Writes a text file that the program makes, for its owner only, whole or not at all.
///
/// # Errors
/// As [`write_document`].
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
            .with_remedy("name a file ending in .csv, .xlsx or .json in a folder that you may write")
    })
}

/// Longest text in a cell of a table, in columns of the terminal: long enough for every sentence of the program.
const CELL_MAX: usize = 300;

/// A text as a cell of a table.
fn short(text: &str) -> String {
    // Looking at a little more than can be shown is enough, also of a megabyte.
    let most = text.char_indices().nth(CELL_MAX + 1).map_or(text.len(), |(at, _)| at);
    let head = inert::escaped(text.get(..most).unwrap_or(text));
    if most == text.len() && head.width() <= CELL_MAX {
        return head.into_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in head.graphemes(true) {
        used += grapheme.width();
        if used >= CELL_MAX {
            break;
        }
        out.push_str(grapheme);
    }
    out.push('…');
    out
}

/// Whether stdout is a pipe that nobody reads.
fn has_no_reader() -> bool {
    let out = io::stdout();
    let mut fds = [PollFd::new(&out, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
        && fds.iter().any(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, part: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(part);
            Ok(part.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_acts_is_written_out_and_columns_stay_aligned() {
        let (out, err) = (Sink::default(), Sink::default());
        let mut output = Output::to(false, Box::new(out.clone()), Box::new(err.clone()));
        let rows = [
            vec!["a\u{1b}[2J\tb\n".to_owned(), "1".to_owned()],
            vec!["桜\u{202e}".to_owned(), "20".to_owned()],
            vec!["x".repeat(5_000), "3".to_owned()],
        ];
        output.table(&["name", "#people"], &rows).unwrap();
        output.line("one\nline").unwrap();
        output.problem(&Problem::new(ProblemKind::Input, "no\r`x\u{9b}`"));
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("a\\u{1B}[2J\\u{9}b\\u{A} "), "{}", lines[1]);
        assert!(lines[2].starts_with("桜\\u{202E} "));
        assert!(lines[3].starts_with("xxx") && lines[3].contains("x…  ") && lines[3].ends_with('3'));
        assert!(lines[1..4].iter().all(|line| line.width() == lines[3].width()), "{text}");
        assert_eq!(lines[4], "one\\u{A}line");
        let said = String::from_utf8(err.0.lock().unwrap().clone()).unwrap();
        assert_eq!(said, "what  no\\u{D}`x\\u{9B}`\n");
    }
}
