//! What each code means: one text for the screen (`?`), for `onroll explain` and for whoever writes about it. Pure data; what a code
//! means for the people at hand is said by whoever shows it.

mod feeds;
mod holds;
mod lines;
mod stops;
mod troubles;

use super::code::Code;

/// A code in words. No text names a person or a value of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The words that the screens have for it.
    pub words: &'static str,
    /// What has happened.
    pub what: &'static str,
    /// Why it matters: what would go wrong otherwise.
    pub why: &'static str,
    /// What can be done, the nearest first.
    pub remedies: &'static [&'static str],
    /// A case of it.
    pub example: &'static str,
    /// What looks like it and is something else; empty where nothing does.
    pub not_this: &'static str,
}

/// What a code means.
#[must_use]
pub fn explained(code: Code) -> Explained {
    match code {
        Code::Hold(code) => holds::explained(code),
        Code::Line(code) => lines::explained(code),
        Code::Feed(code) => feeds::explained(code),
        Code::Problem(code) => stops::explained(code).unwrap_or_else(|| troubles::explained(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_says_what_why_and_what_to_do() {
        let mut whats = BTreeSet::new();
        for code in Code::all() {
            let text = explained(code);
            let key = code.key();
            for part in [text.words, text.what, text.why, text.example] {
                assert!(part.len() > 3 && part.trim() == part, "{key}: `{part}`");
            }
            assert!((1..=4).contains(&text.remedies.len()), "{key} has {} remedies", text.remedies.len());
            assert!(text.what.ends_with('.') && text.why.ends_with('.') && text.example.ends_with('.'), "{key}");
            assert!(whats.insert(text.what), "{key} says what another says");
            let all = [&[text.words, text.what, text.why, text.example, text.not_this], text.remedies].concat();
            let is_bad = |part: &&str| part.contains("  ") || (key.contains('_') && part.contains(key));
            assert!(!all.iter().any(is_bad), "{key}");
        }
    }
}
