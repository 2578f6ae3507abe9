//! How text is cleaned for writing and folded for comparing; shared by mapping and planning.

use super::email::{Addresses, addresses};
use super::inert::is_formatting;
use jiff::civil::Date;
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Text as lists sort and search it: without case, accents and scripts (`Søren` is `soren`, `佐藤` is as it is read).
pub fn search_fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { deunicode::deunicode(text).to_lowercase() }
}

/// Characters that nobody sees and that no name needs, line ends among them.
pub fn is_hidden(c: char) -> bool {
    is_invisible(c) || c.is_control()
}

/// Characters that nobody sees and that no name needs. The joiners U+200C and U+200D stay: some scripts need them.
fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace()) || is_formatting(c)
}

/// Whether a code (an identifier, an option's key) has characters that cannot be seen or typed (case 12).
pub fn has_invisible(text: &str) -> bool {
    text.chars().any(|c| is_invisible(c) || matches!(c, '\u{200C}' | '\u{200D}') || c.is_control())
}

/// The text as it is written to a destination: composed, without invisible characters, without blanks at its ends, inner
/// blanks single. Letters, case and accents stay.
pub fn clean(text: &str) -> Cow<'_, str> {
    let plain_ascii = text.is_ascii()
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !text.bytes().any(|b| b.is_ascii_control());
    if plain_ascii {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let seen: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if seen.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        if is_nfc(&seen) { out.push_str(&seen) } else { out.extend(seen.nfc()) }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// The text for comparing: Latin lower-case letters and digits in words one blank apart; accents, case, apostrophes and
/// other signs gone. `O’Neill-Ødegård` becomes `oneill odegard`.
pub fn fold(text: &str) -> String {
    let latin = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(deunicode::deunicode(text)) };
    let mut out = String::with_capacity(latin.len());
    let mut gap = false;
    for c in latin.chars() {
        if c.is_ascii_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c.to_ascii_lowercase());
        } else if c != '\'' && c != '`' {
            gap = true;
        }
    }
    out
}

/// Whether a name or value says nothing: blank, `.`, `-`, only punctuation (case 11).
pub fn says_nothing(text: &str) -> bool {
    !text.chars().any(char::is_alphanumeric)
}

/// Below this likeness (Jaro-Winkler) no known word is near.
const NEAR: f64 = 0.75;

/// The known word that is most like what was written, where one is near: the right one beside a slip of the keyboard.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    use rapidfuzz::distance::jaro_winkler::similarity;
    let wanted = word.trim().to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let score = similarity(wanted.chars(), candidate.chars());
        if score >= NEAR && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

const PLACEHOLDERS: [&str; 16] = [
    "none", "noemail", "no.email", "no-email", "nomail", "na", "n.a", "unknown", "x", "xx", "xxx", "nobody", "noreply",
    "no-reply", "null", "missing",
];

/// The e-mail for comparing: the one address of the field, lower case. `None` for what is no address, for several, and for
/// placeholders (case 28).
pub fn email_key(email: &str) -> Option<String> {
    let Addresses::One(email) = addresses(email) else { return None };
    let email = email.to_lowercase();
    let (local, domain) = email.split_once('@')?;
    let usable = !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !has_invisible(&email)
        && !PLACEHOLDERS.contains(&local)
        && local != domain;
    usable.then_some(email)
}

const ROLE_WORDS: [&str; 40] = [
    "admin",
    "administration",
    "accounts",
    "bar",
    "booking",
    "bookings",
    "careers",
    "chef",
    "contact",
    "enquiries",
    "enquiry",
    "events",
    "finance",
    "frontdesk",
    "frontoffice",
    "gm",
    "hello",
    "helpdesk",
    "hr",
    "info",
    "it",
    "jobs",
    "kitchen",
    "mail",
    "manager",
    "managers",
    "marketing",
    "office",
    "orders",
    "payroll",
    "reception",
    "recruitment",
    "reservations",
    "restaurant",
    "sales",
    "service",
    "staff",
    "support",
    "team",
    "training",
];

/// Whether an address belongs to a desk rather than a person (`kitchen@`, `info.leeds@`; case 24).
pub fn is_role_mailbox(email: &str) -> bool {
    let local = email.split('@').next().unwrap_or_default();
    let first = local.split(['.', '-', '_', '+']).next().unwrap_or_default();
    let bare = first.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
    ROLE_WORDS.contains(&bare.as_str())
}

/// Whether a birth date can be one: not in the future, not before 1900, not a system's default (case 32).
pub fn plausible_birth_date(date: Date, today: Date) -> bool {
    let default = (date.month(), date.day()) == (1, 1) && matches!(date.year(), 1900 | 1970);
    date < today && date.year() >= 1900 && !default
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn c_12_invisible_characters_are_not_written() {
        assert_eq!(clean("  Ana\u{200B} \u{00A0} Lima\u{202C}\t"), "Ana Lima");
        assert_eq!(clean("Zoe\u{0308}"), "Zoë");
        assert!(matches!(clean("plain"), Cow::Borrowed("plain")));
        assert!(has_invisible("a\u{200D}b"));
    }

    #[test]
    fn c_01_accents_case_and_quotes_fold_away() {
        assert_eq!(fold("O\u{2019}Neill-Ødegård"), fold("o'neill odegard"));
        assert_eq!(fold("Weiß"), "weiss");
        assert!(says_nothing(" . ") && says_nothing("-") && !says_nothing("佐藤"));
    }

    #[test]
    fn c_28_placeholders_are_no_addresses() {
        for no in ["none@hotel.example", "x@x", "", "nobody", "a b@c.example", "@c.example"] {
            assert_eq!(email_key(no), None, "{no}");
        }
        assert_eq!(email_key(" Ana@Hotel.Example ").as_deref(), Some("ana@hotel.example"));
    }

    #[test]
    fn c_24_role_mailboxes_are_known() {
        assert!(is_role_mailbox("kitchen2@h.example") && is_role_mailbox("info.leeds@h.example"));
        assert!(!is_role_mailbox("barbara@h.example"));
    }

    #[test]
    fn c_32_default_birth_dates_are_missing() {
        let today = date(2026, 11, 24);
        assert!(!plausible_birth_date(date(1900, 1, 1), today) && !plausible_birth_date(date(1970, 1, 1), today));
        assert!(!plausible_birth_date(date(2027, 1, 1), today) && plausible_birth_date(date(1994, 3, 12), today));
    }
}
