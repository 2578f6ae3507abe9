//! Text from outside as it leaves the program: nothing in it may act on what shows or opens it. One classification of
//! characters, one reversible notation (`\u{1B}`), and one guard against formulas; each medium uses them through one function.

use std::borrow::Cow;
use std::fmt::Write;
use unicode_normalization::char::is_combining_mark;

/// Most marks on one letter. No script needs more; beyond it they climb over the lines above.
const MARKS_MAX: usize = 8;
/// What begins an escaped character.
const LEAD: &str = "\\u{";

/// Characters that have no picture, but change how others are shown or what is done with them: line and paragraph separators,
/// direction marks, overrides and isolates, zero-width characters, fillers, tags, and what is no character at all. The joiners
/// U+200C and U+200D are none of them: some scripts need them.
pub fn is_formatting(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{061C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FDD0}'..='\u{FDEF}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E00FF}'
    ) || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Characters that never leave the program as they are: controls (tab and line ends among them) and [`is_formatting`].
pub fn is_dangerous(c: char) -> bool {
    c.is_control() || is_formatting(c)
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Each character with whether it may pass where it stands: besides what [`is_dangerous`], a mark or a variation selector without
/// a letter, a selector behind another, and marks beyond those that a letter can carry.
pub fn judged(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut has_base = false;
    let mut marks = 0;
    let mut selected = false;
    text.chars().map(move |c| {
        let passes = if is_dangerous(c) {
            has_base = false;
            false
        } else if is_selector(c) {
            let passes = has_base && !selected;
            selected = true;
            passes
        } else if is_combining_mark(c) {
            marks += 1;
            has_base && marks <= MARKS_MAX
        } else {
            (has_base, marks, selected) = (true, 0, false);
            true
        };
        (c, passes)
    })
}

/// Whether every character may pass as it is. Most texts are plain ASCII, which costs one look at each byte.
pub fn is_inert(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) || judged(text).all(|(_, passes)| passes)
}

/// The text on one line, with everything that may not pass as `\u{1B}`. A text that has `\u{` itself gets it escaped, so that
/// [`unescaped`] gives back exactly what was there.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if is_inert(text) && !text.contains(LEAD) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    for (c, passes) in judged(text) {
        if passes && !rest.starts_with(LEAD) {
            out.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "{LEAD}{:X}}}", u32::from(c));
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// What [`escaped`] made its text of. A text that it never made stays as it is.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains(LEAD) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(LEAD) {
        out.push_str(before);
        match behind.split_once('}').and_then(|(digits, after)| Some((character(digits)?, after))) {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push_str(LEAD);
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of these digits, if [`escaped`] writes it so: capitals, no zeros before, a character that may have to be.
fn character(digits: &str) -> Option<char> {
    let well_formed = matches!(digits.len(), 1..=6)
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    let is_null = digits == "0";
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| well_formed || is_null)?)?;
    (c == '\\' || is_dangerous(c) || is_selector(c) || is_combining_mark(c)).then_some(c)
}

/// Whether a spreadsheet may take the text for a formula: behind quotes and blanks there is `=`, `+`, `-` or `@`, also full-width,
/// or a tab or line end stands before anything else.
pub fn is_formula(text: &str) -> bool {
    for c in text.chars() {
        match c {
            '\t' | '\r' | '\n' | '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' => return true,
            '"' | '\'' | '`' | '“' | '”' | '‘' | '’' | '＂' | '＇' => {}
            blank if blank.is_whitespace() => {}
            _ => return false,
        }
    }
    false
}

/// A text as a cell of a CSV file: escaped, and with one `'` before what a spreadsheet may take for a formula. What looks guarded
/// already gets one more, so that [`of_csv`] takes exactly one away.
pub fn csv(text: &str) -> Cow<'_, str> {
    let text = escaped(text);
    if is_formula(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// What [`csv()`] made its cell of.
pub fn of_csv(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix('\'') {
        Some(guarded) if is_formula(guarded) => unescaped(guarded),
        _ => unescaped(cell),
    }
}

/// The text without what may not pass, for cells of the screen that must keep their width; tab and line ends become one blank.
pub fn without(text: &str) -> Cow<'_, str> {
    if is_inert(text) {
        return Cow::Borrowed(text);
    }
    let kept = judged(text).filter_map(|(c, passes)| match c {
        '\t' | '\n' | '\u{2028}' | '\u{2029}' => Some(' '),
        other => passes.then_some(other),
    });
    Cow::Owned(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::any_text::any_text;
    use proptest::prelude::*;

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(escaped("a\u{1b}[2Jb\n"), "a\\u{1B}[2Jb\\u{A}");
        assert_eq!(escaped("x\u{202e}y\u{9b}\u{2028}\u{e0041}"), "x\\u{202E}y\\u{9B}\\u{2028}\\u{E0041}");
        assert_eq!(escaped("C:\\users \\u{1B}"), "C:\\users \\u{5C}u{1B}");
        for same in ["Zoë Łucja 佐藤", "می\u{200c}خواهم", "葛\u{e0100}城", "❤\u{fe0f}", "e\u{301}", ""] {
            assert!(matches!(escaped(same), Cow::Borrowed(_)), "{same}");
        }
        assert_eq!(escaped("\u{301}a"), "\\u{301}a");
        assert_eq!(escaped("a\u{fe0f}\u{fe01}"), "a\u{fe0f}\\u{FE01}");
        let tall = format!("a{}", "\u{301}".repeat(10));
        assert_eq!(escaped(&tall).matches(LEAD).count(), 2);
    }

    #[test]
    fn what_was_never_escaped_stays() {
        for same in ["\\u{41}", "\\u{}", "\\u{01B}", "\\u{1b}", "\\u{110000}", "\\u{1B", "\\u", "\\u{D800}"] {
            assert_eq!(unescaped(same), same);
        }
        assert_eq!(unescaped("\\u{0}"), "\0");
    }

    #[test]
    fn formulas_are_guarded_once_and_guards_once_more() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            (" +44 20", "' +44 20"),
            ("'=1", "''=1"),
            ("\"-x", "'\"-x"),
            ("＝1", "'＝1"),
            ("\t=1", "\\u{9}=1"),
            ("O'Hara", "O'Hara"),
            ("'quoted'", "'quoted'"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(csv(text), cell);
            assert_eq!(of_csv(cell), text);
        }
    }

    #[test]
    fn cells_of_the_screen_lose_what_acts() {
        assert_eq!(without("a\u{1b}[2Jb\tc"), "a[2Jb c");
        assert_eq!(without("x\u{202e}y\u{200b}z"), "xyz");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_acts(text in any_text()) {
            let line = escaped(&text);
            prop_assert!(is_inert(&line), "{line:?}");
            prop_assert_eq!(unescaped(&line), text.as_str());
            let cell = csv(&text);
            prop_assert!(is_inert(&cell));
            prop_assert!(!is_formula(&cell) || cell.starts_with('\''), "{cell:?}");
            prop_assert_eq!(of_csv(&cell), text.as_str());
            prop_assert!(is_inert(&without(&text)));
        }
    }
}
