//! Texts that must not be seen, taken out of others wherever they stand, in whatever case.

use std::borrow::Cow;

/// What is looked for, and what stands in its place.
#[derive(Default)]
pub(super) struct Hidden {
    /// By the first letter; of those that begin alike the longest first.
    texts: Vec<Text>,
    /// Bytes that one of them begins with, in either case.
    begin: [u64; 4],
    /// Whether one of them begins beyond ASCII, or with a letter that a letter beyond ASCII is in lower case.
    begins_beyond: bool,
}

struct Text {
    /// In lower case.
    lower: String,
    first: char,
    instead: Cow<'static, str>,
}

impl Hidden {
    /// Looks for this as well, from the next [`Hidden::sort`] on.
    pub(super) fn add(&mut self, text: &str, instead: Cow<'static, str>) {
        let lower = match text.is_ascii() {
            true => text.to_ascii_lowercase(),
            false => text.chars().flat_map(char::to_lowercase).collect(),
        };
        if let Some(first) = lower.chars().next() {
            self.texts.push(Text { lower, first, instead });
        }
    }

    pub(super) fn sort(&mut self) {
        self.texts.sort_by(|a, b| a.first.cmp(&b.first).then(b.lower.len().cmp(&a.lower.len())));
        self.texts.dedup_by(|one, other| one.lower == other.lower);
        for text in &self.texts {
            match u8::try_from(text.first).ok().filter(u8::is_ascii) {
                Some(byte) => [byte, byte.to_ascii_uppercase()].iter().for_each(|byte| set(&mut self.begin, *byte)),
                None => self.begins_beyond = true,
            }
        }
        // KELVIN SIGN, LATIN CAPITAL LETTER I WITH DOT ABOVE.
        self.begins_beyond |= self.texts.iter().any(|text| matches!(text.first, 'k' | 'i'));
    }

    /// A text with what is hidden taken out.
    pub(super) fn taken_out<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let (mut kept, mut at) = (0, 0);
        while let Some(here) = self.next(text, at) {
            match self.stands_at(text.get(here..).unwrap_or_default()) {
                Some((length, instead)) => {
                    out.push_str(text.get(kept..here).unwrap_or_default());
                    out.push_str(instead);
                    (kept, at) = (here + length, here + length);
                }
                None => at = here + text.get(here..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8),
            }
        }
        if kept == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(text.get(kept..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Where one of them may begin, from here on: at the first byte of a character.
    fn next(&self, text: &str, from: usize) -> Option<usize> {
        let bytes = text.as_bytes().get(from..)?;
        let begins =
            |byte: u8| if byte.is_ascii() { has(&self.begin, byte) } else { self.begins_beyond && byte >= 0xC0 };
        bytes.iter().position(|byte| begins(*byte)).map(|at| from + at)
    }

    /// The longest that stands at the beginning of this: its bytes there, and what stands in its place.
    fn stands_at(&self, here: &str) -> Option<(usize, &str)> {
        let first = here.chars().next()?.to_lowercase().next()?;
        let from = self.texts.partition_point(|text| text.first < first);
        let alike = self.texts.get(from..)?.iter().take_while(|text| text.first == first);
        alike.filter_map(|text| Some((begins(here, &text.lower)?, &*text.instead))).next()
    }
}

fn set(bits: &mut [u64; 4], byte: u8) {
    if let Some(word) = bits.get_mut(usize::from(byte >> 6)) {
        *word |= 1 << (byte & 63);
    }
}

fn has(bits: &[u64; 4], byte: u8) -> bool {
    bits.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
}

/// Whether `text` begins with this, whatever its case; answers how many bytes of it that are.
fn begins(text: &str, lower: &str) -> Option<usize> {
    if let Some(start) = text.as_bytes().get(..lower.len())
        && start.is_ascii()
    {
        return start.eq_ignore_ascii_case(lower.as_bytes()).then_some(lower.len());
    }
    let mut wanted = lower.chars();
    for (at, c) in text.char_indices() {
        if wanted.as_str().is_empty() {
            return Some(at);
        }
        for lower in c.to_lowercase() {
            if wanted.next() != Some(lower) {
                return None;
            }
        }
    }
    wanted.as_str().is_empty().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(texts: &[&str]) -> Hidden {
        let mut hidden = Hidden::default();
        texts.iter().for_each(|text| hidden.add(text, Cow::Borrowed("*")));
        hidden.sort();
        hidden
    }

    #[test]
    fn the_longest_goes_first_and_in_whatever_case_and_script() {
        let it = hidden(&["Anna", "anna müller", "kiwi", "Ωmega", "şule"]);
        assert_eq!(it.taken_out("ANNA MÜLLER, anna, Annabel"), "*, *, *bel");
        assert_eq!(it.taken_out("\u{212A}iwi and ωMEGA and ŞULE"), "* and * and *");
        assert_eq!(it.taken_out("Ann"), "Ann");
        assert_eq!(it.taken_out("äanna"), "ä*");
        assert_eq!(it.taken_out(""), "");
        assert!(matches!(it.taken_out("nobody"), Cow::Borrowed(_)));
        assert_eq!(hidden(&[]).taken_out("as it is"), "as it is");
    }

    #[test]
    fn one_at_the_very_beginning_is_taken_out() {
        assert_eq!(hidden(&["anna"]).taken_out("anna"), "*");
        assert_eq!(hidden(&["aa"]).taken_out("aaaaa"), "**a");
    }
}
