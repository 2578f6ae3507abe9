//! The clipboard: OSC 52 through the terminal, which also works over SSH. Whether the terminal took it cannot be
//! known, so the toast says *sent to the terminal*.

use std::io::Write;

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;

/// Terminals cut longer sequences (xterm's limit is 100,000 base64 characters, which is this many bytes).
pub const LIMIT_BYTES: usize = 74_000;

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
    fn text_goes_out_as_osc_52() {
        let mut out = Vec::new();
        copy(&mut out, "40718_2231").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\u{1b}]52;c;NDA3MThfMjIzMQ==\u{1b}\\");
    }
}
