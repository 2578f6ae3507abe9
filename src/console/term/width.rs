//! Text in cells: widths, cuts and pads by grapheme, and control characters kept off the screen.
//!
//! Text from outside is data: it is drawn in its own script, but nothing in it may move the cursor.

use std::borrow::Cow;

use crate::domain::inert;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cells that a text takes once it is cleaned.
#[must_use]
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(clean(text).as_ref())
}

/// The graphemes of a text.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// The text without control characters, so that a name containing `ESC[2J` cannot clear the screen.
/// Tab and line feed become one blank.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    inert::without(text)
}

/// Cuts to `cells`, at a grapheme, with `…` where something was cut. A wide character that would straddle the
/// edge becomes `…` plus a blank, so the result never is wider and keeps its full width when cut.
#[must_use]
pub fn truncate(text: &str, cells: usize) -> String {
    let text = clean(text);
    if UnicodeWidthStr::width(text.as_ref()) <= cells {
        return text.into_owned();
    }
    if cells == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in graphemes(&text) {
        let next = UnicodeWidthStr::width(grapheme);
        if used + next > cells - 1 {
            break;
        }
        out.push_str(grapheme);
        used += next;
    }
    out.push('…');
    used += 1;
    out.extend(std::iter::repeat_n(' ', cells - used));
    out
}

/// Cut or padded on the right to exactly `cells`.
#[must_use]
pub fn pad(text: &str, cells: usize) -> String {
    let mut out = truncate(text, cells);
    let used = UnicodeWidthStr::width(out.as_str());
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    out
}

/// Padded on the left to `cells`; a text that does not fit is cut (numbers are given room by the caller).
#[must_use]
pub fn pad_left(text: &str, cells: usize) -> String {
    let cut = truncate(text, cells);
    let mut out = " ".repeat(cells.saturating_sub(UnicodeWidthStr::width(cut.as_str())));
    out.push_str(&cut);
    out
}

/// Breaks a text into lines of at most `cells`, at blanks; a word longer than a line is cut.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in clean(text).split_whitespace() {
        let needed =
            UnicodeWidthStr::width(line.as_str()) + usize::from(!line.is_empty()) + UnicodeWidthStr::width(word);
        if needed > cells && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&truncate(word, cells));
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The same, but nothing is cut: a word longer than a line (a path) goes on in the next one.
#[must_use]
pub fn wrap_whole(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut pieces = Vec::new();
    for word in clean(text).split_whitespace() {
        let mut piece = String::new();
        for grapheme in word.graphemes(true) {
            if UnicodeWidthStr::width(piece.as_str()) + UnicodeWidthStr::width(grapheme) > cells {
                pieces.push((std::mem::take(&mut piece), true));
            }
            piece.push_str(grapheme);
        }
        pieces.push((piece, false));
    }
    let mut lines: Vec<String> = Vec::new();
    let mut joins = false;
    for (piece, goes_on) in pieces {
        match lines.last_mut().filter(|_| joins) {
            Some(line)
                if UnicodeWidthStr::width(line.as_str()) + 1 + UnicodeWidthStr::width(piece.as_str()) <= cells =>
            {
                line.push(' ');
                line.push_str(&piece);
            }
            _ => lines.push(piece),
        }
        joins = !goes_on;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_at_graphemes() {
        assert_eq!(truncate("Katarzyna", 9), "Katarzyna");
        assert_eq!(truncate("Katarzyna", 5), "Kata…");
        assert_eq!(truncate("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(truncate("abc", 0), "");
    }

    #[test]
    fn a_wide_character_never_straddles_the_edge() {
        assert_eq!(truncate("桜小路", 4), "桜… ");
        assert_eq!(truncate("桜小路", 5), "桜小…");
        assert_eq!(width(&truncate("桜小路", 4)), 4);
        assert_eq!(truncate("桜", 1), "…");
    }

    #[test]
    fn control_characters_never_pass() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a[2Jb");
        assert_eq!(clean("a\tb\nc"), "a b c");
        assert_eq!(clean("x\u{202e}y\u{200b}z"), "xyz");
        assert!(matches!(clean("Siobhán"), Cow::Borrowed(_)));
    }

    #[test]
    fn pads_to_the_cell() {
        assert_eq!(pad("愛", 4), "愛  ");
        assert_eq!(pad_left("1,204", 7), "  1,204");
    }

    #[test]
    fn wraps_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), Vec::<String>::new());
        assert_eq!(wrap("unbreakable", 5), ["unbr…"]);
    }

    #[test]
    fn a_path_is_wrapped_whole() {
        assert_eq!(wrap_whole("saved to /a/long/path.csv now", 10), ["saved to", "/a/long/pa", "th.csv now"]);
        assert_eq!(wrap_whole("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap_whole("", 7), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in "\\PC*", cells in 0usize..40) {
            prop_assert!(width(&truncate(&text, cells)) <= cells);
            prop_assert_eq!(width(&pad(&text, cells)), cells);
            prop_assert_eq!(width(&pad_left(&text, cells)), cells);
        }
    }
}
