//! The id-change detective: are these many changed identifiers one event, with one ruling? (Cases 13, 14.)

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Fewer changed identifiers than this are single cases.
const FEWEST: usize = 10;
/// Share of the people with an old identifier that must follow one pattern.
const SHARE: f64 = 0.5;

/// How an old identifier became the new one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RekeyPattern {
    /// Something was put before it (`7` became `40718_7`).
    PrefixAdded(String),
    /// Something before it is gone.
    PrefixRemoved(String),
    /// Leading zeros, case or blanks only.
    Spelling,
    /// Another prefix, the rest unchanged.
    PrefixChanged { from: String, to: String },
    /// New numbers altogether.
    Renumbered,
}

/// One event that changed the identifiers of many people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RekeyFinding {
    pub pattern: RekeyPattern,
    /// People whose identifier follows the pattern.
    pub people: usize,
    /// People of whom both identifiers are known.
    pub known: usize,
}

impl fmt::Display for RekeyFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} people carry another identifier in the destination: ", self.people, self.known)?;
        match &self.pattern {
            RekeyPattern::PrefixAdded(prefix) => write!(f, "`{prefix}` was put before it")?,
            RekeyPattern::PrefixRemoved(prefix) => write!(f, "`{prefix}` before it is gone")?,
            RekeyPattern::Spelling => write!(f, "it differs by leading zeros, case or blanks")?,
            RekeyPattern::PrefixChanged { from, to } => write!(f, "`{from}` before it became `{to}`")?,
            RekeyPattern::Renumbered => write!(f, "they were numbered anew")?,
        }
        write!(f, ". This is one event; rule on it once.")
    }
}

/// The part before the longest common ending that starts at a digit or letter run.
fn change(old: &str, new: &str) -> RekeyPattern {
    let fold = |id: &str| super::normalize::identifier_twin(id);
    if fold(old) == fold(new) && !fold(old).is_empty() {
        return RekeyPattern::Spelling;
    }
    if let Some(prefix) = new.strip_suffix(old).filter(|prefix| !prefix.is_empty()) {
        return RekeyPattern::PrefixAdded(prefix.to_owned());
    }
    if let Some(prefix) = old.strip_suffix(new).filter(|prefix| !prefix.is_empty()) {
        return RekeyPattern::PrefixRemoved(prefix.to_owned());
    }
    let body = |id: &str| id.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (old_head, old_body) = old.split_at(if old.is_ascii() { body(old) } else { 0 });
    let (new_head, new_body) = new.split_at(if new.is_ascii() { body(new) } else { 0 });
    if old_body == new_body && old_body.len() >= 2 {
        return RekeyPattern::PrefixChanged { from: old_head.to_owned(), to: new_head.to_owned() };
    }
    RekeyPattern::Renumbered
}

/// The pattern behind changed identifiers, if most people follow one. Given are (identifier at the destination, key of
/// the employee) of people who are surely the same.
pub fn detect(people: &[(&str, &str)]) -> Option<RekeyFinding> {
    let mut counts: BTreeMap<RekeyPattern, usize> = BTreeMap::new();
    for (old, new) in people.iter().filter(|(old, new)| old.trim() != new.trim()) {
        *counts.entry(change(old.trim(), new.trim())).or_default() += 1;
    }
    let (pattern, count) = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
    (count >= FEWEST && count as f64 >= SHARE * people.len() as f64).then_some(RekeyFinding {
        pattern,
        people: count,
        known: people.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(make: impl Fn(usize) -> (String, String)) -> Option<RekeyPattern> {
        let pairs: Vec<(String, String)> = (0..40).map(make).collect();
        detect(&pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>()).map(|finding| finding.pattern)
    }

    #[test]
    fn one_event_is_found_behind_many_changes() {
        assert_eq!(
            finding(|n| (format!("{n}"), format!("40718_{n}"))),
            Some(RekeyPattern::PrefixAdded("40718_".to_owned()))
        );
        assert_eq!(finding(|n| (format!("{n}-old"), format!("{}", 1000 - n))), Some(RekeyPattern::Renumbered));
        assert_eq!(finding(|n| (format!("0{}", n + 1), format!("{}", n + 1))), Some(RekeyPattern::Spelling));
        let changed = RekeyPattern::PrefixChanged { from: "A".to_owned(), to: "B".to_owned() };
        assert_eq!(finding(|n| (format!("A{}", n + 10), format!("B{}", n + 10))), Some(changed));
    }

    #[test]
    fn a_few_changes_are_no_event() {
        assert_eq!(
            finding(|n| if n < 15 { (n.to_string(), format!("X{n}")) } else { (n.to_string(), n.to_string()) }),
            None
        );
        assert_eq!(detect(&[("1", "2")]), None);
    }
}
