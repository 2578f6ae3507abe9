//! Masking of texts and values. What is a secret becomes eight stars, whatever its length; of a private value only what helps
//! stays: the first letter and the host of an e-mail, nothing of the others.

use super::Subject;
use super::hidden::Hidden;
use super::key::{KeyKind, Name, made_up, name};
use crate::domain::field::Field;
use crate::domain::inert;
use jiff::civil::Date;
use std::borrow::Cow;

/// In place of a secret.
pub const STARS: &str = "********";
/// In place of a private value of which nothing helps.
pub const MASK: &str = "*****";
/// In place of a day of birth.
pub(super) const DAY_MASK: &str = "****-**-**";

/// Shortest text that is looked for inside of others; a shorter value counts only where it stands by itself.
const FOUND_FROM: usize = 4;
/// Longest value that is kept, in characters.
const VALUE_MAX: usize = 400;

/// What must not be seen in anything that is kept, and what stands in its place.
pub(super) struct Mask {
    /// Names of fields that the company has made up.
    made_up: Vec<String>,
    hidden: Hidden,
    /// Too short to be looked for inside of texts.
    short: Vec<(String, &'static str)>,
}

impl Mask {
    pub(super) fn new(secrets: &[&str], subject: &Subject) -> Self {
        let mut mask = Self { made_up: made_up(subject), hidden: Hidden::default(), short: Vec::new() };
        for secret in secrets {
            mask.hide(secret, STARS);
        }
        for (field, value) in subject.known() {
            match field {
                Field::Email => mask.hide(value, email(value)),
                Field::DateOfBirth => written_days(value).iter().for_each(|day| mask.hide(day, DAY_MASK)),
                Field::Phone => {
                    mask.hide(value, MASK);
                    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
                    mask.hide(&digits, MASK);
                }
                Field::Address | Field::Postcode | Field::Custom(_) => mask.hide(value, MASK),
                _ => {}
            }
        }
        mask.hidden.sort();
        mask
    }

    /// A text that must not be seen, in all the ways in which it may be written into another.
    fn hide(&mut self, text: &str, instead: impl Into<Cow<'static, str>>) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        // An address is one, however short.
        if text.chars().count() < FOUND_FROM && !text.contains('@') {
            let instead = if instead.into() == STARS { STARS } else { MASK };
            self.short.push((text.to_lowercase(), instead));
            return;
        }
        let instead = instead.into();
        if !text.bytes().all(is_unreserved) {
            if !text.bytes().all(|byte| is_unreserved(byte) || byte == b' ') {
                let json = serde_json::to_string(text).unwrap_or_default();
                self.hidden.add(json.trim_matches('"'), instead.clone());
            }
            self.hidden.add(&encoded(text, "%20"), instead.clone());
            if text.contains(' ') {
                self.hidden.add(&encoded(text, "+"), instead.clone());
            }
        }
        self.hidden.add(text, instead);
    }

    /// A text without secrets, without what is known to be private, without e-mail addresses; what could act on a terminal is
    /// made visible.
    pub(super) fn text(&self, text: &str) -> String {
        if !self.short.is_empty() {
            let whole = text.trim().to_lowercase();
            if let Some((_, instead)) = self.short.iter().find(|(short, _)| *short == whole) {
                return (*instead).to_owned();
            }
        }
        inert::escaped(&without_emails(&self.hidden.taken_out(text))).into_owned()
    }

    /// How the value under a name is masked.
    pub(super) fn kind(&self, name: &Name) -> KeyKind {
        name.kind(&self.made_up)
    }

    /// The value under a name.
    pub(super) fn value(&self, key: &str, value: &str) -> String {
        self.value_of(self.kind(&name(key)), value)
    }

    /// A value under a name of this kind.
    pub(super) fn value_of(&self, kind: KeyKind, value: &str) -> String {
        if value.trim().is_empty() {
            return "(empty)".to_owned();
        }
        match kind {
            KeyKind::Secret => STARS.to_owned(),
            KeyKind::BirthDate => DAY_MASK.to_owned(),
            KeyKind::Phone | KeyKind::Address | KeyKind::Hidden => MASK.to_owned(),
            KeyKind::Open => cut(self.text(value), VALUE_MAX),
        }
    }

    /// A value of one of our fields, masked as the vendor's own is.
    pub(super) fn was(&self, name: &Name, field: Field, value: Option<&str>) -> String {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else { return "(empty)".to_owned() };
        match field {
            Field::Email => email(value),
            Field::DateOfBirth => DAY_MASK.to_owned(),
            Field::Phone | Field::Address | Field::Postcode | Field::Custom(_) => MASK.to_owned(),
            _ => self.value_of(self.kind(name), value),
        }
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may", "may"),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
];

/// The ways in which a day may be written.
fn written_days(value: &str) -> Vec<String> {
    let mut ways = vec![value.to_owned()];
    if let Ok(date) = value.trim().parse::<Date>() {
        let (y, m, d) = (date.year(), date.month(), date.day());
        let month = usize::try_from(m - 1).ok().and_then(|at| MONTHS.get(at));
        ways.extend([
            format!("{d:02}/{m:02}/{y:04}"),
            format!("{m:02}/{d:02}/{y:04}"),
            format!("{d:02}.{m:02}.{y:04}"),
            format!("{d:02}-{m:02}-{y:04}"),
            format!("{y:04}/{m:02}/{d:02}"),
            format!("{y:04}{m:02}{d:02}"),
            format!("{d}/{m}/{y:04}"),
            format!("{m}/{d}/{y:04}"),
        ]);
        ways.extend(
            month.into_iter().flat_map(|(short, long)| [format!("{d} {short} {y:04}"), format!("{d} {long} {y:04}")]),
        );
        let seconds = date.to_zoned(jiff::tz::TimeZone::UTC).map(|at| at.timestamp().as_second().to_string());
        ways.extend(seconds.ok());
    }
    ways
}

/// `i*****@host`: the first letter, where it is not all of it.
pub(super) fn email(value: &str) -> String {
    let value = value.trim();
    let Some((local, host)) = value.rsplit_once('@') else { return MASK.to_owned() };
    let mut letters = local.chars();
    match (letters.next().filter(|c| c.is_alphanumeric()), letters.next()) {
        (Some(first), Some(_)) => format!("{first}{MASK}@{host}"),
        _ => format!("{MASK}@{host}"),
    }
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>\"'(),;:=[]{}|`&?/\\*".contains(c)
}

/// Every address becomes [`email`]; one whose `@` is encoded too.
fn without_emails(text: &str) -> Cow<'_, str> {
    if !text.contains('@') && !text.contains("%40") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let at = [("@", rest.find('@')), ("%40", rest.find("%40"))];
        let next = at.into_iter().filter_map(|(sign, at)| Some((at?, sign))).min();
        let Some((at, sign)) = next else { break };
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + sign.len()..).unwrap_or_default());
        let end = after.find(|c: char| ends_address(c) || c == '@').unwrap_or(after.len());
        let start = before.rfind(ends_address).map_or(0, |at| at + before.get(at..).map_or(1, first_len));
        let quoted = before.strip_suffix('"').and_then(|inside| inside.rfind('"'));
        let start = if start == before.len() { quoted.unwrap_or(start) } else { start };
        let (local, host) = (before.get(start..).unwrap_or_default(), after.get(..end).unwrap_or_default());
        out.push_str(before.get(..start).unwrap_or_default());
        if local.is_empty() || host.is_empty() {
            out.push_str(local);
            out.push_str(sign);
            rest = after;
        } else {
            out.push_str(&email(&format!("{local}@{host}")));
            rest = after.get(end..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// What stands for itself in an address, a form and JSON.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// As it stands in an address or a form; blanks as `blank`.
fn encoded(text: &str, blank: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |half: u8| DIGITS.get(usize::from(half)).map_or('0', |digit| char::from(*digit));
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b' ' => out.push_str(blank),
            plain if is_unreserved(plain) => out.push(char::from(plain)),
            _ => out.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    out
}

pub(super) fn cut(text: String, most: usize) -> String {
    if text.len() <= most || text.chars().count() <= most {
        return text;
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
