//! Likeness of two texts, with a quick look first: most pairs that are compared have nothing in common.

use rapidfuzz::distance::{jaro_winkler, osa};

/// Which letters, digits and blank a text has.
fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |mask, byte| mask | 1 << (byte & 63))
}

/// A bound of how many bytes of each text can have a partner in the other, from the letters that it does not have.
fn most_in_common(left: &str, right: &str) -> (usize, usize) {
    let (a, b) = (letters(left), letters(right));
    let rest = |text: &str, mask: u64| text.len() - mask.count_ones() as usize;
    (rest(left, a & !b), rest(right, b & !a))
}

/// Jaro-Winkler; 0 below `least`, where nobody asks how far.
pub fn jaro_winkler(left: &str, right: &str, least: f64) -> f64 {
    let (a, b) = (left.len() as f64, right.len() as f64);
    let (in_left, in_right) = most_in_common(left, right);
    let common = in_left.min(in_right) as f64;
    let jaro = (common / a + common / b + 1.0) / 3.0;
    let head = left.bytes().zip(right.bytes()).take(4).take_while(|(x, y)| x == y).count() as f64;
    if common == 0.0 || jaro + head * 0.1 * (1.0 - jaro) < least - 1e-9 {
        return 0.0;
    }
    let args = jaro_winkler::Args::default().score_cutoff(least);
    jaro_winkler::similarity_with_args(left.bytes(), right.bytes(), &args).unwrap_or(0.0)
}

/// One minus the share of letters to change (insert, delete, replace, turn two round); 0 below `least`.
pub fn edit(left: &str, right: &str, least: f64) -> f64 {
    let longer = left.len().max(right.len());
    let (in_left, in_right) = most_in_common(left, right);
    // What has no partner in the other text must be replaced, deleted or inserted.
    let changes = (left.len() - in_left).max(right.len() - in_right).max(left.len().abs_diff(right.len()));
    if longer == 0 || (changes as f64) > (1.0 - least) * longer as f64 + 1e-9 {
        return if longer == 0 { 1.0 } else { 0.0 };
    }
    let similarity = osa::normalized_similarity(left.bytes(), right.bytes());
    if similarity >= least { similarity } else { 0.0 }
}

/// Whether at most one change leads from one text to the other.
pub fn is_one_slip(left: &str, right: &str) -> bool {
    let head = left.bytes().zip(right.bytes()).take_while(|(x, y)| x == y).count();
    match (&left.as_bytes()[head..], &right.as_bytes()[head..]) {
        ([], rest) | (rest, []) => rest.len() <= 1,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([x, y, a @ ..], [z, w, b @ ..]) if x == w && y == z && a == b => true,
        ([_, a @ ..], b) if a == b => true,
        (a, [_, b @ ..]) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quick_look_changes_nothing(left in "[a-f0-9 ]{1,14}", right in "[a-f0-9 ]{1,14}", least in 0.5f64..1.0) {
            let args = jaro_winkler::Args::default().score_cutoff(least);
            let exact = jaro_winkler::similarity_with_args(left.bytes(), right.bytes(), &args).unwrap_or(0.0);
            prop_assert_eq!(jaro_winkler(&left, &right, least), exact);
            let exact = osa::normalized_similarity(left.bytes(), right.bytes());
            prop_assert_eq!(edit(&left, &right, least), if exact >= least { exact } else { 0.0 });
            prop_assert_eq!(is_one_slip(&left, &right), osa::distance(left.bytes(), right.bytes()) <= 1);
        }

        #[test]
        fn one_slip_is_found(text in "[a-d]{2,8}", at in 0usize..7, letter in "[a-d]") {
            let at = at.min(text.len() - 1);
            let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
            let added = format!("{}{letter}{}", &text[..at], &text[at..]);
            for other in [changed, added, format!("{}{}", &text[..at], &text[at + 1..])] {
                prop_assert!(is_one_slip(&text, &other) && is_one_slip(&other, &text));
            }
        }
    }
}
