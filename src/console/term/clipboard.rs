//! The clipboard: OSC 52 through the terminal, which also works over SSH. Whether the terminal took it cannot be
//! known, so the toast says *sent to the terminal*.

use std::io::Write;

use crate::domain::inert;
use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;

/// Terminals cut longer sequences (xterm's limit is 100,000 base64 characters, which is this many bytes).
pub const LIMIT_BYTES: usize = 74_000;

/// One value as it is copied: on one line, and no formula where it is pasted into a spreadsheet.
#[must_use]
pub fn value(text: &str) -> String {
    inert::csv(text).into_owned()
}

/// Cells of a row, with tabs between them, as spreadsheets take them.
#[must_use]
pub fn row(cells: &[&str]) -> String {
    cells.iter().map(|cell| value(cell)).collect::<Vec<_>>().join("\t")
}

/// Sentences of the program, each on a line of its own.
#[must_use]
pub fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| inert::escaped(line)).collect::<Vec<_>>().join("\n")
}

/// Sends text to the terminal's clipboard.
///
/// # Errors
/// When the terminal cannot be written to.
pub fn copy(out: &mut impl Write, text: &str) -> std::io::Result<()> {
    queue!(out, CopyToClipboard::to_clipboard_from(text))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_does_nothing() {
        assert_eq!(value("=1\nrm -rf /\u{1b}[201~"), "'=1\\u{A}rm -rf /\\u{1B}[201~");
        assert_eq!(row(&["1", "@x\ty"]), "1\t'@x\\u{9}y");
        assert_eq!(lines(&["what  a\nb".into(), "now   c".into()]), "what  a\\u{A}b\nnow   c");
    }

    #[test]
    fn text_goes_out_as_osc_52() {
        let mut out = Vec::new();
        copy(&mut out, "40718_2231").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\u{1b}]52;c;NDA3MThfMjIzMQ==\u{1b}\\");
    }
}
