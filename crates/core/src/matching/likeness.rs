//! At which level two values agree, by kind of value.

use super::compare::{CLOSE, NEAR};
use super::dates;
use super::field::{EXACT, MISSING, birth_level};
use super::homes::Homes;
use super::normalize;
use super::quick::{edit, is_one_slip, jaro_winkler};
use super::rows::days_between;

/// Jaro-Winkler; 0 below [`NEAR`], where nobody asks how far.
pub(super) fn similarity(left: &str, right: &str) -> f64 {
    jaro_winkler(left, right, NEAR)
}

/// Dates of birth.
pub(super) fn birth(a: u32, b: u32) -> u8 {
    if a == 0 || b == 0 {
        return MISSING;
    }
    if a == b {
        return EXACT;
    }
    let ((y1, m1, d1), (y2, m2, d2)) = (dates::unpack(a), dates::unpack(b));
    if y1 == y2 && m1 == d2 && d1 == m2 {
        return birth_level::SWAPPED;
    }
    let digits =
        |(y, m, d): (u32, u32, u32)| [y / 1000, y / 100 % 10, y / 10 % 10, y % 10, m / 10, m % 10, d / 10, d % 10];
    let (left, right) = (digits((y1, m1, d1)), digits((y2, m2, d2)));
    let differ: Vec<usize> = (0..8).filter(|&at| left[at] != right[at]).collect();
    let turned = |i: usize, j: usize| j == i + 1 && left[i] == right[j] && left[j] == right[i];
    if differ.len() == 1 || (differ.len() == 2 && turned(differ[0], differ[1])) {
        return birth_level::TYPO;
    }
    let same = u8::from(y1 == y2) + u8::from(m1 == m2) + u8::from(d1 == d2);
    if same == 2 {
        birth_level::TWO_PARTS
    } else if days_between(a, b) <= 31 {
        birth_level::NEAR
    } else if y1 == y2 {
        birth_level::YEAR
    } else {
        birth_level::ELSE
    }
}

/// Start dates, by how far they lie apart.
pub(super) fn start(a: u32, b: u32) -> u8 {
    match days_between(a, b) {
        0..=15 => 2,
        16..=62 => 3,
        63..=366 => 4,
        _ => 5,
    }
}

/// Job titles, branches, departments: close when alike or when one has all the words of the other.
pub(super) fn words(left: &str, right: &str) -> u8 {
    let alike = similarity(left, right);
    if alike >= CLOSE || is_one_slip(left, right) {
        return 2;
    }
    let (a, b) = (left.split(' ').count(), right.split(' ').count());
    let (few, many) = (a.min(b), a.max(b));
    // Texts of one word that differ share none.
    let shared =
        if many == 1 { 0 } else { left.split(' ').filter(|word| right.split(' ').any(|other| other == *word)).count() };
    if shared == few && (few >= 2 || many <= 2) {
        2
    } else if alike >= NEAR || 2 * shared >= many {
        3
    } else {
        4
    }
}

/// Telephone numbers.
pub(super) fn phone(left: &str, right: &str) -> u8 {
    let shorter = left.len().min(right.len());
    let same_end = shorter >= 7 && left[left.len() - shorter..] == right[right.len() - shorter..];
    if same_end || is_one_slip(left, right) { 2 } else { 3 }
}

/// Postcodes.
pub(super) fn postcode(left: &str, right: &str) -> u8 {
    if is_one_slip(left, right) {
        return 2;
    }
    // The first half names the area in every common system (SW1A 1AA, 75011, 94103).
    let half = left.len().min(right.len()).div_ceil(2);
    if half >= 2 && left[..half] == right[..half] { 3 } else { 4 }
}

/// Identifiers.
pub(super) fn identifier(left: &str, right: &str) -> u8 {
    let twin = normalize::identifier_twin(left);
    if !twin.is_empty() && twin == normalize::identifier_twin(right) { 2 } else { 3 }
}

/// Addresses: house numbers and street words apart, since neighbours share the street and other streets the number.
pub(super) fn address(homes: &Homes, (a, b): (u32, u32), (left, right): (&str, &str)) -> u8 {
    let ((number_a, street_a), (number_b, street_b)) = (homes.parts(a), homes.parts(b));
    let street = if street_a == street_b && !street_a.is_empty() { 1.0 } else { similarity(street_a, street_b) };
    let same_number = number_a == number_b && !number_a.is_empty();
    let whole = edit(left, right, if same_number { 0.6 } else { 0.7 });
    let long = number_a.len().min(number_b.len()) >= 2;
    let near_number = number_a.is_empty() || number_b.is_empty() || (long && is_one_slip(number_a, number_b));
    if (same_number && street >= 0.88)
        || (near_number && whole >= 0.85 && street >= CLOSE)
        || (same_number && whole >= 0.75)
    {
        2
    } else if street >= CLOSE || (same_number && whole >= 0.6) || whole >= 0.7 {
        3
    } else {
        4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::dates::pack;
    use crate::matching::intern::Dictionary;

    #[test]
    fn birth_dates_agree_by_degrees() {
        let day = |y, m, d| pack(y, m, d).unwrap();
        let base = day(1990, 4, 3);
        for (other, level) in [
            (day(1990, 4, 3), EXACT),
            (day(1990, 3, 4), birth_level::SWAPPED),
            (day(1990, 4, 8), birth_level::TYPO),
            (day(1909, 4, 3), birth_level::TYPO),
            (day(1978, 4, 3), birth_level::TWO_PARTS),
            (day(1990, 4, 25), birth_level::TWO_PARTS),
            (day(1990, 3, 28), birth_level::NEAR),
            (day(1990, 11, 28), birth_level::YEAR),
            (day(1971, 11, 28), birth_level::ELSE),
        ] {
            assert_eq!(birth(base, other), level, "{:?}", dates::unpack(other));
        }
        assert_eq!(birth(0, base), MISSING);
    }

    #[test]
    fn texts_agree_by_degrees() {
        assert_eq!((words("bar staff", "bar staf"), words("chef", "sous chef"), words("chef", "cook")), (2, 2, 4));
        assert_eq!(
            (postcode("sw1a1aa", "sw1a1ab"), postcode("sw1a1aa", "sw1a9zz"), postcode("3212", "9999")),
            (2, 3, 4)
        );
        assert_eq!((identifier("007", "7"), identifier("a7", "A7"), identifier("7", "8")), (2, 2, 3));
        for (left, right, level) in [
            ("3 light setreet", "3 light street", 2),
            ("3 light street", "9 light street", 3),
            ("3 light street", "12 pinkerton circuit", 4),
            ("9", "5", 4),
        ] {
            let mut texts = Dictionary::default();
            let ids = (texts.intern(left), texts.intern(right));
            assert_eq!(address(&Homes::of(&texts), ids, (left, right)), level, "{left}, {right}");
        }
        assert_eq!((phone("700900123", "700900124"), phone("700900123", "611111111")), (2, 3));
    }
}
