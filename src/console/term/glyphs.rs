//! The whole glyph set (SCREENS 2.2) and its ASCII twin. All are one cell wide, so no layout changes between them.

use ratatui::buffer::Buffer;

pub const RULE: &str = "─";
pub const RULE_FOCUS: &str = "━";
pub const BAR_VERTICAL: &str = "│";
pub const DOTTED_VERTICAL: &str = "┊";
pub const TOP_LEFT: &str = "┌";
pub const TOP_RIGHT: &str = "┐";
pub const BOTTOM_LEFT: &str = "└";
pub const BOTTOM_RIGHT: &str = "┘";
pub const TEE_LEFT: &str = "├";
pub const TEE_RIGHT: &str = "┤";
pub const FULL: &str = "█";
pub const HALF_LEFT: &str = "▌";
pub const HALF_RIGHT: &str = "▐";
pub const TRACK: &str = "░";
pub const LEVELS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
pub const CURSOR: &str = "▸";
pub const MARK: &str = "*";
pub const OPEN: &str = "‹";
pub const CRUMB: &str = "›";
pub const OK: &str = "✓";
pub const FAILED: &str = "✗";
pub const DIFFERS: &str = "≠";
pub const UP: &str = "↑";
pub const LEFT: &str = "←";
pub const RIGHT: &str = "→";
pub const ELLIPSIS: &str = "…";
pub const BLANK: &str = "␣";
pub const NBSP: &str = "⍽";
pub const TAB: &str = "⇥";

/// Every glyph that is not ASCII, with its replacement.
pub const ASCII: [(&str, &str); 36] = [
    ("─", "-"),
    ("━", "="),
    ("│", "|"),
    ("┊", ":"),
    ("┌", "+"),
    ("┐", "+"),
    ("└", "+"),
    ("┘", "+"),
    ("├", "+"),
    ("┤", "+"),
    ("█", "#"),
    ("▌", "#"),
    ("▐", "#"),
    ("░", "."),
    ("▁", "_"),
    ("▂", "."),
    ("▃", ":"),
    ("▄", "-"),
    ("▅", "="),
    ("▆", "+"),
    ("▇", "*"),
    ("▸", ">"),
    ("‹", "<"),
    ("›", ">"),
    ("✓", "v"),
    ("✗", "X"),
    ("≠", "/"),
    ("↑", "^"),
    ("←", "<"),
    ("→", ">"),
    ("…", "~"),
    ("␣", "_"),
    ("⍽", "%"),
    ("⇥", ">"),
    ("’", "'"),
    ("×", "x"),
];

/// The ASCII replacement of a glyph of ours, if it has one.
#[must_use]
pub fn ascii(symbol: &str) -> Option<&'static str> {
    ASCII.iter().find(|(glyph, _)| *glyph == symbol).map(|(_, replacement)| *replacement)
}

/// Replaces our glyphs in a finished frame, for terminals that draw them two cells wide or not at all.
pub fn apply_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().len() > 1
            && let Some(replacement) = ascii(cell.symbol())
        {
            cell.set_symbol(replacement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn every_glyph_and_its_replacement_is_one_cell() {
        for (glyph, replacement) in ASCII {
            assert_eq!(glyph.width(), 1, "{glyph}");
            assert!(replacement.is_ascii() && replacement.len() == 1, "{replacement}");
        }
        for level in LEVELS {
            assert!(ascii(level).is_some());
        }
    }

    #[test]
    fn a_frame_becomes_ascii_without_moving() {
        let mut buffer = Buffer::with_lines(["▸ ✗ Chef…", "██▌░ ━━"]);
        apply_ascii(&mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["> X Chef~", "###. =="]));
    }
}
