//! What stands in a cell: guards that a spreadsheet or an export wrote around it, and what programs write in the place of a value.

use super::layout::RawRow;
use crate::domain::text;
use std::borrow::Cow;

/// A cell as it was before a spreadsheet or an export guarded it: `="007"` and `'007` are `007`.
pub fn unguarded(cell: Cow<'_, str>) -> Cow<'_, str> {
    let first = cell.as_bytes().first();
    if !matches!(first, Some(b'=' | b'\'')) {
        return cell;
    }
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return Cow::Owned(inner.replace("\"\"", "\""));
    }
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => Cow::Owned(rest.to_owned()),
        _ => cell,
    }
}

/// Whether every cell of a column begins with the sign that keeps it text; one name alone may be `'t Hooft`.
pub(super) fn is_guarded(sample: &[RawRow], at: usize) -> bool {
    let filled = || sample.iter().filter_map(|(_, cells)| cells.get(at)).filter(|cell| !cell.trim().is_empty());
    filled().count() > 2 && filled().all(|cell| cell.starts_with('\''))
}

/// Whether the cells of a guarded column end with the sign as well: quotes that are none to a reader.
pub(super) fn is_quoted(sample: &[RawRow], at: usize) -> bool {
    let filled = || sample.iter().filter_map(|(_, cells)| cells.get(at)).filter(|cell| !cell.trim().is_empty());
    filled().all(|cell| cell.len() > 1 && cell.ends_with('\''))
}

/// The address alone of `mailto:ann@x.example` and `Ann Ito <ann@x.example>`; `None` where it stands alone.
pub(super) fn bare_address(email: &str) -> Option<&str> {
    let text = email.trim();
    let inner = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inner, _)| inner.trim());
    let inner = inner.filter(|inner| inner.contains('@')).unwrap_or(text);
    let lead = inner.get(..7).filter(|lead| lead.eq_ignore_ascii_case("mailto:"));
    let bare = lead.and_then(|lead| inner.get(lead.len()..)).unwrap_or(inner);
    // `mailto:` may ask for a subject.
    let bare = bare.split_once('?').map_or(bare, |(bare, _)| bare).trim();
    (bare != text && bare.contains('@')).then_some(bare)
}

/// Whether a name has letters that an earlier program has broken: UTF-8 that was read as Windows-1252, a sign for what could not be
/// read, or a question mark inside a word.
pub(super) fn is_broken(name: &str) -> bool {
    if name.is_ascii() && !name.contains('?') {
        return false;
    }
    // What the second bytes of UTF-8 are in Windows-1252.
    let is_second = |c: char| {
        matches!(
            c,
            '\u{80}'
                ..='\u{bf}'
                    | '€'
                    | '‚'
                    | 'ƒ'
                    | '„'
                    | '…'
                    | '†'
                    | '‡'
                    | 'ˆ'
                    | '‰'
                    | 'Š'
                    | '‹'
                    | 'Œ'
                    | 'Ž'
                    | '‘'
                    | '’'
                    | '“'
                    | '”'
                    | '•'
                    | '–'
                    | '—'
                    | '˜'
                    | '™'
                    | 'š'
                    | '›'
                    | 'œ'
                    | 'ž'
                    | 'Ÿ'
        )
    };
    let mut before = None;
    for (at, c) in name.char_indices() {
        let next = name.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let is_pair = matches!(c, 'Ã' | 'Å' | 'Ä') && next.is_some_and(is_second) && next != Some('’');
        let is_lost = c == '?' && before.is_some_and(char::is_alphabetic) && next.is_some_and(char::is_alphabetic);
        if c == '\u{fffd}' || is_pair || is_lost {
            return true;
        }
        before = Some(c);
    }
    false
}

/// `4.1E+03`: what a spreadsheet makes of a long number.
pub(super) fn is_shortened(key: &str) -> bool {
    let Some((number, power)) = key.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    power.strip_prefix('+').is_some_and(digits) && digits(&number.replace(['.', ','], ""))
}

/// `4100.0`, `410000%`: what a program makes of a number that it takes for a measure.
pub(super) fn is_decimal(key: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(number) = key.strip_suffix('%') {
        return digits(&number.trim_end().replace(['.', ','], ""));
    }
    key.split_once('.').is_some_and(|(whole, rest)| {
        digits(whole) && digits(rest) && rest.bytes().all(|byte| byte == b'0') && rest.len() < 3
    })
}

/// `4.100`, `12,345`: a number as people write it.
pub(super) fn is_grouped(key: &str) -> bool {
    let mut parts = key.split(['.', ',', '\'', '\u{a0}', '\u{202f}']);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let first = parts.next().is_some_and(|first| (1..=3).contains(&first.len()) && digits(first));
    let mut others = 0;
    first
        && parts.all(|part| {
            others += 1;
            part.len() == 3 && digits(part)
        })
        && others > 0
}

/// What a spreadsheet shows in the place of a value, in the languages of its menus.
const ERRORS: &str = "#n/a #na #nv #value! #ref! #name? #div/0! #num! #null! #spill! #calc! #wert! #bezug! #zahl! #n/d #valeur! #nom? \
    #nombre! #valor! #¡valor! #¡ref! #¿nombre? #valore! #rif! #nome? #waarde! #verw! #naam? #arg! #adr! #nazwa? #værdi! #reference! \
    #navn? #värde! #ei_mitään!";

pub(super) fn is_error(cell: &str) -> bool {
    let cell = cell.trim();
    cell.starts_with('#') && cell.len() < 16 && {
        let lower = cell.to_lowercase();
        ERRORS.split_ascii_whitespace().any(|error| error == lower)
    }
}

/// Whether an id is the word that a program writes where it has none.
pub(super) fn is_nothing(key: &str) -> bool {
    const NOTHING: [&str; 8] = ["null", "(null)", "none", "nan", "n/a", "nil", "undefined", "<null>"];
    text::says_nothing(key) || NOTHING.iter().any(|word| key.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_of_spreadsheets_are_no_part_of_a_value() {
        let of = |cell: &str| unguarded(Cow::Borrowed(cell)).into_owned();
        assert_eq!((of("=\"04100\""), of("'04100"), of("='x'!A1")), ("04100".into(), "04100".into(), "='x'!A1".into()));
        assert_eq!(
            (of("'t Hooft"), of("O'Hara"), of("=\"a\"\"b\"")),
            ("'t Hooft".into(), "O'Hara".into(), "a\"b".into())
        );
        assert!(is_shortened("4.1E+03") && is_shortened("1,2e+15") && !is_shortened("1E5") && !is_shortened("LEE+4"));
    }

    #[test]
    fn addresses_stand_alone_and_broken_letters_are_seen() {
        for (cell, address) in [
            ("mailto:ann@x.example", Some("ann@x.example")),
            ("Ann Ito <ann@x.example>", Some("ann@x.example")),
            ("<MAILTO:ann@x.example?subject=Hi>", Some("ann@x.example")),
            ("ann@x.example", None),
            ("ann", None),
            ("a<b", None),
        ] {
            assert_eq!(bare_address(cell), address, "{cell}");
        }
        for name in ["ZoÃ«", "Zo\u{fffd}", "Jos?e", "Å\u{81}ukasz"] {
            assert!(is_broken(name), "{name}");
        }
        for name in ["Zoë", "São", "Ångström", "Ann?", "O’Hara", "", "Äänekoski", "ÅŠ"] {
            assert_eq!(is_broken(name), name == "ÅŠ", "{name}");
        }
    }

    #[test]
    fn what_programs_write_for_ids_and_errors_is_known() {
        assert!(
            is_decimal("4100.0")
                && is_decimal("4100.00%")
                && !is_decimal("a%")
                && is_decimal("7.00")
                && !is_decimal("4.100")
                && !is_decimal("1.0.0")
        );
        assert!(is_grouped("4.100") && is_grouped("1,234,567") && !is_grouped("4100") && !is_grouped("41.00"));
        assert!(is_error(" #N/A ") && is_error("#BEZUG!") && is_error("#¡REF!") && !is_error("#7"));
        assert!(is_nothing("NULL") && is_nothing("-") && !is_nothing("0") && !is_nothing("Nulle"));
    }
}
