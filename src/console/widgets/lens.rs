//! The difference lens: two values as they are, at one left edge, with `^` under the graphemes that differ, blanks made visible,
//! look-alike letters named, and the reason in words. The same comparison gives bold-underline spans for tables.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthStr;

use super::canvas::Span;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;

/// A grapheme of a value with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    differs: bool,
}

/// One column of the aligned values; a missing side is a gap.
type Pair = (Option<Piece>, Option<Piece>);

/// Two values, compared grapheme by grapheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    pairs: Vec<Pair>,
    /// Why they differ, or why they count as equal, in words.
    pub reason: String,
    /// Named look-alikes and blanks: `U+0430 Cyrillic а`.
    pub names: Vec<String>,
}

/// Above this many cells of the comparison table only the common ends are found.
const LARGEST: usize = 250_000;

impl Lens {
    /// Compares two values.
    #[must_use]
    pub fn new(left: &str, right: &str) -> Self {
        let (a, b): (Vec<&str>, Vec<&str>) = (width::graphemes(left).collect(), width::graphemes(right).collect());
        let pairs = align(&a, &b);
        Self { reason: reason(left, right), names: names(left, right, &pairs), pairs }
    }

    /// The four lines: left value, `^` under it, right value, `^` under that. Both values stand as they are, from one left
    /// edge: a blank in them is a blank of the value. Where both rows of `^` are alike, the first one serves for both and the
    /// second is empty.
    ///
    /// Values that have little in common get no marks: with marks everywhere neither could be read.
    #[must_use]
    pub fn lines(&self) -> [String; 4] {
        let left = whole(self.pairs.iter().filter_map(|(a, _)| a.as_ref()));
        let right = whole(self.pairs.iter().filter_map(|(_, b)| b.as_ref()));
        if self.is_elsewhere() {
            return [left, String::new(), right, String::new()];
        }
        let (above, below) = self.carets();
        let below = if above == below { String::new() } else { below };
        [left, above, right, below]
    }

    /// The left value for a table: bold underline on what differs.
    #[must_use]
    pub fn left_spans(&self, role: Role) -> Vec<Span> {
        spans(self.pairs.iter().map(|(a, _)| a.as_ref()), role)
    }

    /// The right value for a table.
    #[must_use]
    pub fn right_spans(&self, role: Role) -> Vec<Span> {
        spans(self.pairs.iter().map(|(_, b)| b.as_ref()), role)
    }

    /// A row of `^` under each value by itself, for values that stand side by side (the plan's field differences).
    #[must_use]
    pub fn carets(&self) -> (String, String) {
        (
            carets(self.pairs.iter().filter_map(|(a, _)| a.as_ref())),
            carets(self.pairs.iter().filter_map(|(_, b)| b.as_ref())),
        )
    }

    /// Whether fewer than half of the columns agree: what they share, they share by chance.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        let agree = self.pairs.iter().filter(|(a, b)| [a, b].into_iter().flatten().all(|piece| !piece.differs)).count();
        agree * 2 < self.pairs.len()
    }

    /// Whether not one grapheme differs.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.pairs.iter().all(|(a, b)| [a, b].into_iter().flatten().all(|piece| !piece.differs))
    }
}

/// A value with its blanks made visible at both ends and its invisible characters named: for a single value in a
/// table (`Bar Staff␣`).
#[must_use]
pub fn show_blanks(text: &str) -> String {
    let pieces: Vec<&str> = width::graphemes(text).collect();
    let first = pieces.iter().position(|piece| !piece.trim().is_empty()).unwrap_or(pieces.len());
    let last = pieces.iter().rposition(|piece| !piece.trim().is_empty());
    let mut out = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let outside = at < first || last.is_none_or(|last| at > last);
        out.push_str(&visible(Some(&Piece { text: (*piece).to_owned(), differs: false }), outside));
    }
    out
}

/// A grapheme as it is drawn; a plain blank is visible only where it differs or stands at an end.
fn visible(piece: Option<&Piece>, at_end: bool) -> String {
    let Some(piece) = piece else { return String::new() };
    match piece.text.as_str() {
        " " if piece.differs || at_end => glyphs::BLANK.to_owned(),
        "\u{a0}" | "\u{202f}" | "\u{2007}" => glyphs::NBSP.to_owned(),
        "\t" => glyphs::TAB.to_owned(),
        text => text
            .chars()
            .map(|character| hidden(character).map_or_else(|| character.to_string(), |name| format!("[{name}]")))
            .collect(),
    }
}

/// The short name of a character that has no picture.
fn hidden(character: char) -> Option<String> {
    let name = match character {
        '\u{200b}' => "ZWSP",
        '\u{200c}' => "ZWNJ",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{2060}' => "WJ",
        '\u{feff}' => "BOM",
        '\u{ad}' => "SHY",
        '\n' => "LF",
        '\r' => "CR",
        control if control.is_control() || matches!(control, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
            return Some(format!("U+{:04X}", u32::from(control)));
        }
        _ => return None,
    };
    Some(name.to_owned())
}

/// A value as it is, blanks visible where they differ or stand at an end.
fn whole<'a>(pieces: impl Iterator<Item = &'a Piece>) -> String {
    let pieces: Vec<&Piece> = pieces.collect();
    let last = pieces.len().saturating_sub(1);
    pieces.iter().enumerate().map(|(at, piece)| visible(Some(piece), at == 0 || at == last)).collect()
}

fn carets<'a>(pieces: impl Iterator<Item = &'a Piece>) -> String {
    let pieces: Vec<&Piece> = pieces.collect();
    let last = pieces.len().saturating_sub(1);
    let mut out = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let cells = UnicodeWidthStr::width(visible(Some(piece), at == 0 || at == last).as_str());
        out.push_str(&if piece.differs { "^".repeat(cells) } else { " ".repeat(cells) });
    }
    out.truncate(out.trim_end().len());
    out
}

fn spans<'a>(pieces: impl Iterator<Item = Option<&'a Piece>>, role: Role) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for piece in pieces.flatten() {
        let text = visible(Some(piece), false);
        match spans.last_mut() {
            Some(last) if last.differs == piece.differs => last.text.push_str(&text),
            _ => spans.push(Span { text, role, differs: piece.differs }),
        }
    }
    spans
}

/// A stretch of both texts that is equal, or not.
#[derive(Clone, Copy, Debug)]
struct Run {
    equal: bool,
    left: usize,
    right: usize,
}

impl Run {
    fn longest(self) -> usize {
        self.left.max(self.right)
    }
}

/// Aligns two texts by their longest common subsequence of graphemes; runs that differ stand under each other.
fn align(a: &[&str], b: &[&str]) -> Vec<Pair> {
    let piece = |text: Option<&&str>, differs: bool| text.map(|text| Piece { text: (*text).to_owned(), differs });
    let mut pairs: Vec<Pair> = Vec::with_capacity(a.len().max(b.len()));
    let (mut from_a, mut from_b) = (0, 0);
    for run in without_chance(runs(a, b)) {
        let (left, right) = (from_a + run.left, from_b + run.right);
        for step in 0..run.longest() {
            let of = |texts: &[&str], at: usize, end: usize| piece(texts.get(at).filter(|_| at < end), !run.equal);
            pairs.push((of(a, from_a + step, left), of(b, from_b + step, right)));
        }
        (from_a, from_b) = (left, right);
    }
    pairs
}

/// Stretches of two texts, equal and differing ones by turns.
fn runs(a: &[&str], b: &[&str]) -> Vec<Run> {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a_rest, b_rest) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let suffix = a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(x, y)| x == y).count();
    let a_mid = a_rest.get(..a_rest.len() - suffix).unwrap_or_default();
    let b_mid = b_rest.get(..b_rest.len() - suffix).unwrap_or_default();
    let mut runs: Vec<Run> = Vec::new();
    let mut add = |equal: bool, left: usize, right: usize| match runs.last_mut() {
        _ if left + right == 0 => {}
        Some(last) if last.equal == equal => {
            last.left += left;
            last.right += right;
        }
        _ => runs.push(Run { equal, left, right }),
    };
    add(true, prefix, prefix);
    let (mut from_a, mut from_b) = (0, 0);
    for (at_a, at_b) in common(a_mid, b_mid) {
        add(false, at_a - from_a, at_b - from_b);
        add(true, 1, 1);
        (from_a, from_b) = (at_a + 1, at_b + 1);
    }
    add(false, a_mid.len() - from_a, b_mid.len() - from_b);
    add(true, suffix, suffix);
    runs
}

/// Letters that two different stretches share by chance are no agreement: an equal run between two differing ones that are
/// as long as itself differs too.
fn without_chance(mut runs: Vec<Run>) -> Vec<Run> {
    loop {
        let by_chance = runs.windows(3).position(|three| match three {
            [before, between, after] => {
                between.equal && between.left <= before.longest().min(after.longest()) && between.left < 4
            }
            _ => false,
        });
        let Some(at) = by_chance else { return runs };
        let merged = runs.drain(at..at + 3).fold(Run { equal: false, left: 0, right: 0 }, |sum, run| Run {
            equal: false,
            left: sum.left + run.left,
            right: sum.right + run.right,
        });
        runs.insert(at, merged);
    }
}

/// The longest common subsequence, as pairs of indices.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let row = b.len() + 1;
    if a.len() * row > LARGEST {
        return Vec::new();
    }
    let mut lengths = vec![0u32; (a.len() + 1) * row];
    let at = |lengths: &[u32], i: usize, j: usize| lengths.get(i * row + j).copied().unwrap_or(0);
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let best = if a.get(i) == b.get(j) {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i * row + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a.get(i) == b.get(j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Letters of other scripts that look like Latin ones, with the script's name.
const LOOK_ALIKES: &[(char, char, &str)] = &[
    ('а', 'a', "Cyrillic"),
    ('е', 'e', "Cyrillic"),
    ('о', 'o', "Cyrillic"),
    ('р', 'p', "Cyrillic"),
    ('с', 'c', "Cyrillic"),
    ('у', 'y', "Cyrillic"),
    ('х', 'x', "Cyrillic"),
    ('і', 'i', "Cyrillic"),
    ('ј', 'j', "Cyrillic"),
    ('ѕ', 's', "Cyrillic"),
    ('А', 'A', "Cyrillic"),
    ('В', 'B', "Cyrillic"),
    ('Е', 'E', "Cyrillic"),
    ('К', 'K', "Cyrillic"),
    ('М', 'M', "Cyrillic"),
    ('Н', 'H', "Cyrillic"),
    ('О', 'O', "Cyrillic"),
    ('Р', 'P', "Cyrillic"),
    ('С', 'C', "Cyrillic"),
    ('Т', 'T', "Cyrillic"),
    ('Х', 'X', "Cyrillic"),
    ('ο', 'o', "Greek"),
    ('ν', 'v', "Greek"),
    ('Α', 'A', "Greek"),
    ('Β', 'B', "Greek"),
    ('Ε', 'E', "Greek"),
    ('Η', 'H', "Greek"),
    ('Ι', 'I', "Greek"),
    ('Κ', 'K', "Greek"),
    ('Μ', 'M', "Greek"),
    ('Ν', 'N', "Greek"),
    ('Ο', 'O', "Greek"),
    ('Ρ', 'P', "Greek"),
    ('Τ', 'T', "Greek"),
    ('Χ', 'X', "Greek"),
    ('–', '-', "dash"),
    ('—', '-', "dash"),
    ('‐', '-', "hyphen"),
    ('‑', '-', "hyphen"),
    ('’', '\'', "apostrophe"),
    ('‘', '\'', "apostrophe"),
    ('´', '\'', "accent"),
    ('`', '\'', "accent"),
];

fn latin(character: char) -> char {
    LOOK_ALIKES.iter().find(|(other, _, _)| *other == character).map_or(character, |(_, latin, _)| *latin)
}

/// The names of look-alikes and invisible characters among what differs.
fn names(left: &str, right: &str, pairs: &[Pair]) -> Vec<String> {
    let mut names = Vec::new();
    let differing = pairs.iter().flat_map(|(a, b)| [a, b]).flatten().filter(|piece| piece.differs);
    for character in differing.flat_map(|piece| piece.text.chars()) {
        let look_alike = LOOK_ALIKES.iter().find(|(other, _, _)| *other == character);
        let name = match (look_alike, character) {
            (Some((_, latin, script)), _) if left.contains(*latin) || right.contains(*latin) => {
                Some(format!("U+{:04X} {script} {character}", u32::from(character)))
            }
            (_, '\u{a0}') => Some("U+00A0 no-break space".to_owned()),
            (_, '\u{202f}') => Some("U+202F narrow no-break space".to_owned()),
            (_, '\t') => Some("tab".to_owned()),
            (_, other) => hidden(other).map(|name| format!("U+{:04X} {name}", u32::from(other))),
        };
        if let Some(name) = name.filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

fn without_marks(text: &str) -> String {
    text.nfd().filter(|character| !is_combining_mark(*character)).nfc().collect()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace() && hidden(*character).is_none()).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// Takes away what does not matter.
type Fold<'a> = &'a dyn Fn(&str) -> String;

/// Why two values differ, from the smallest reason to the largest.
fn reason(left: &str, right: &str) -> String {
    if left == right {
        return "equal".to_owned();
    }
    if left.is_empty() || right.is_empty() {
        return "one side is empty".to_owned();
    }
    if left.nfc().eq(right.nfc()) {
        return "equal, written in another Unicode form".to_owned();
    }
    if let Some(words) = blank_reason(left, right) {
        return words;
    }
    let fold = |text: &str| text.to_lowercase();
    let alike = |text: &str| text.chars().map(latin).collect::<String>();
    let checks: [(&str, Fold<'_>); 6] = [
        ("capitals only", &fold),
        ("equal but for the accent", &without_marks),
        ("a letter of another script that looks the same", &alike),
        ("capitals and accents only", &|text| without_marks(&fold(text))),
        ("ss and ß", &|text| fold(text).replace('ß', "ss")),
        ("only blanks, hyphens or dots differ", &|text| fold(&letters(&without_marks(text)))),
    ];
    if let Some((words, _)) = checks.iter().find(|(_, apply)| apply(left) == apply(right)) {
        return (*words).to_owned();
    }
    distance_reason(left, right)
}

fn blank_reason(left: &str, right: &str) -> Option<String> {
    if without_blanks(left) != without_blanks(right) {
        return None;
    }
    let ends = |text: &str| (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace));
    let (a, b) = (ends(left), ends(right));
    let plain = |text: &str| text.trim().chars().all(|character| !character.is_whitespace() || character == ' ');
    Some(
        match (left.trim() == right.trim(), a.0 != b.0, a.1 != b.1) {
            (true, true, false) => "blank at the beginning",
            (true, false, true) => "blank at the end",
            (true, true, true) => "blanks at both ends",
            _ if !plain(left) || !plain(right) => "another kind of blank",
            _ => "blanks only",
        }
        .to_owned(),
    )
}

fn distance_reason(left: &str, right: &str) -> String {
    let (a, b): (Vec<char>, Vec<char>) = (left.nfc().collect(), right.nfc().collect());
    let mut sorted = (a.clone(), b.clone());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    if sorted.0 == sorted.1 {
        return "the same letters in another order".to_owned();
    }
    let distance = rapidfuzz::distance::levenshtein::distance(a.iter(), b.iter());
    if distance * 3 > a.len().max(b.len()) {
        return "different words".to_owned();
    }
    let letters = |number: usize| format!("{number} {}", if number == 1 { "letter" } else { "letters" });
    match b.len().cmp(&a.len()) {
        std::cmp::Ordering::Greater if b.len() - a.len() == distance => format!("{} added", letters(distance)),
        std::cmp::Ordering::Less if a.len() - b.len() == distance => format!("{} missing", letters(distance)),
        _ => format!("{} changed", letters(distance)),
    }
}

#[cfg(test)]
#[path = "lens_tests.rs"]
mod tests;
