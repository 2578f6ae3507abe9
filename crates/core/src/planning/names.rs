//! How the names of two records stand to each other: equal, a short form, an initial, nearly the same, another name. No weights:
//! weighing is the matcher's work; these are for the yes-or-no questions that guard a tie or a creation.

use crate::domain::person::Person;
use crate::domain::text;
use crate::matching::names::PARTICLES;
use crate::matching::nicknames::Nicknames;
use rapidfuzz::distance::{jaro_winkler, osa};
use std::collections::HashSet;
use std::sync::LazyLock;

/// How two first names stand, closest first. Known-as names count on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    /// Equal but for accents and case, or one has a second name more.
    Equal,
    /// One is the usual short form of the other.
    ShortForm,
    /// One is the initial of the other.
    Initial,
    /// Spelt otherwise, a slip apart, or short forms of one name: it may be one name, and it may be two.
    Alike,
    /// A side says nothing.
    Unknown,
    /// Another name, however much it sounds like the first (John and Joan, Mia and Maia).
    Other,
}

/// How two last names stand, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Last {
    /// The same words in any order, particles aside.
    Equal,
    /// One has all words of the other (double-barrelled names).
    Part,
    /// A slip apart, an initial, or a word in common.
    Alike,
    Unknown,
    Other,
}

/// First names in use, folded: two of them are two names even where one letter parts them.
static IN_USE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("../../../../assets/names/first_names.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(' ').nth(1)).map(text::fold).collect()
});

/// Letters below which a slip is another name: Mia and Maia, Lena and Lina.
const SLIP_FROM: usize = 6;
const LAST_SLIP_FROM: usize = 5;
/// Jaro-Winkler from which on last names are alike (Thornbury and Thornberry).
const LAST_ALIKE: f64 = 0.93;

/// A folded name, and how it reads where umlauts are written out (`mueller` beside `muller`).
struct Folded {
    plain: String,
    written_out: Option<String>,
}

fn folded(raw: Option<&str>) -> Option<Folded> {
    let raw = raw?;
    let plain = text::fold(raw);
    if plain.is_empty() {
        return None;
    }
    let written_out = (!raw.is_ascii()).then(|| text::fold(&written_out(raw))).filter(|other| *other != plain);
    Some(Folded { plain, written_out })
}

fn written_out(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + 4);
    for letter in raw.chars() {
        match letter {
            'ä' | 'æ' | 'Ä' | 'Æ' => out.push_str("ae"),
            'ö' | 'ø' | 'Ö' | 'Ø' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'å' | 'Å' => out.push_str("aa"),
            other => out.push(other),
        }
    }
    out
}

impl Folded {
    fn readings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.plain.as_str()).chain(self.written_out.as_deref())
    }
}

fn givens(person: &Person) -> Vec<Folded> {
    let names = [person.first_name.as_deref(), person.known_as.as_deref()];
    names.into_iter().filter_map(folded).collect()
}

/// The words of a last name without those that tell nobody apart.
fn last_words(name: &str) -> Vec<&str> {
    let words: Vec<&str> = name.split(' ').filter(|word| !PARTICLES.contains(word)).collect();
    if words.is_empty() { name.split(' ').collect() } else { words }
}

fn joined(words: &[&str]) -> String {
    words.concat()
}

fn is_subset(few: &[&str], many: &[&str]) -> bool {
    few.iter().all(|word| many.contains(word))
}

fn same_words(a: &[&str], b: &[&str]) -> bool {
    a.len() == b.len() && is_subset(a, b) && is_subset(b, a)
}

/// Whether one may be short for the other, in the table of short forms.
fn is_short_form(a: &str, b: &str) -> bool {
    let (formal_a, formal_b) = (Nicknames::known().formal_names(a), Nicknames::known().formal_names(b));
    formal_a.contains(&b) || formal_b.contains(&a) || (shares_formal(a, b) && a.chars().next() == b.chars().next())
}

fn shares_formal(a: &str, b: &str) -> bool {
    let formal = Nicknames::known().formal_names(b);
    Nicknames::known().formal_names(a).iter().any(|name| formal.contains(name))
}

/// The formal names that a folded word may be short for.
pub(super) fn formal_names(word: &str) -> &'static [&'static str] {
    Nicknames::known().formal_names(word)
}

/// A name as it sounds where its spellings differ: `ph` and `f`, `c` and `k`, a silent `h`, doubled letters. Vowels stay.
fn spelling(word: &str) -> String {
    let letters = word.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(letters.len());
    for (at, letter) in letters.iter().copied().enumerate() {
        let next = letters.get(at + 1).copied();
        let sound = match letter {
            b'p' if next == Some(b'h') => b'f',
            b'c' if next == Some(b'k') => continue,
            b'c' | b'q' => b'k',
            b'h' if at > 0 => continue,
            b'y' => b'i',
            b'z' => b's',
            b'w' => b'v',
            other => other,
        };
        if out.last() != Some(&sound) {
            out.push(sound);
        }
    }
    // The one name that is spelt in dozens of ways.
    if let [b'm', b'o' | b'u', b'a', b'm', b'a' | b'e', b'd' | b't'] = out.as_slice() {
        return "muamad".to_owned();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// Whether a long first name is a slip of the pen away from another: never where both are names in use, nor where only the
/// ending differs (Martin and Martina).
fn is_given_slip(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= SLIP_FROM
        && a.as_bytes().first() == b.as_bytes().first()
        && a.as_bytes().last() == b.as_bytes().last()
        && !long.starts_with(short)
        && osa::distance(a.chars(), b.chars()) == 1
        && !(IN_USE.contains(a) && IN_USE.contains(b))
}

fn given_words(a: &str, b: &str) -> Given {
    if a == b {
        return Given::Equal;
    }
    let (left, right): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    let (few, many) = if left.len() <= right.len() { (&left, &right) } else { (&right, &left) };
    if joined(&left) == joined(&right) || (is_subset(few, many) && few.iter().any(|word| word.len() > 1)) {
        return Given::Equal;
    }
    let (Some(x), Some(y)) = (left.first().copied(), right.first().copied()) else { return Given::Unknown };
    let initial = |one: &str, other: &str| one.len() == 1 && other.starts_with(one);
    // Second names may be left out or cut to a letter, but two of them are two people's (case 9).
    let agree = |one: &&str, other: &&str| one == other || initial(one, other) || initial(other, one);
    if !left.iter().skip(1).zip(right.iter().skip(1)).all(|(one, other)| agree(one, other)) {
        return Given::Other;
    }
    if x == y {
        Given::Equal
    } else if initial(x, y) || initial(y, x) {
        Given::Initial
    } else if is_short_form(x, y) {
        Given::ShortForm
    } else if shares_formal(x, y) || (x.len() > 2 && spelling(x) == spelling(y)) || is_given_slip(x, y) {
        Given::Alike
    } else {
        Given::Other
    }
}

/// Whether both names have numbers in them, and other ones: `Test User 12` and `Test User 13` are two, never a slip of the pen.
pub(super) fn are_numbered_apart(a: &Person, b: &Person) -> bool {
    let (left, right) = (numbers(a), numbers(b));
    !left.is_empty() && !right.is_empty() && left != right
}

/// The numbers in a name, in an order that does not tell which part each is from.
fn numbers(person: &Person) -> Vec<String> {
    let names = [person.first_name.as_deref(), person.last_name.as_deref()];
    let parts = names.into_iter().flatten().filter(|name| name.contains(char::is_numeric)).map(text::fold);
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        let digits = part.split(|c: char| !c.is_numeric()).filter(|digits| !digits.is_empty());
        found.extend(digits.map(str::to_owned));
    }
    found.sort_unstable();
    found
}

/// How the first names of two people stand: the closest of what both are called.
pub(super) fn given(a: &Person, b: &Person) -> Given {
    let (left, right) = (givens(a), givens(b));
    let mut best = Given::Other;
    if left.is_empty() || right.is_empty() {
        return Given::Unknown;
    }
    for x in left.iter().flat_map(Folded::readings) {
        for y in right.iter().flat_map(Folded::readings) {
            best = best.min(given_words(x, y));
        }
    }
    best
}

fn last_pair(a: &str, b: &str) -> Last {
    if a == b {
        return Last::Equal;
    }
    let (left, right) = (last_words(a), last_words(b));
    let (x, y) = (joined(&left), joined(&right));
    if same_words(&left, &right) || x == y {
        return Last::Equal;
    }
    let (few, many) = if left.len() <= right.len() { (&left, &right) } else { (&right, &left) };
    let long = |word: &&&str| word.len() > 2;
    if is_subset(few, many) && few.iter().any(|word| word.len() > 2) {
        return Last::Part;
    }
    let initial = |one: &str, other: &str| one.len() == 1 && other.starts_with(one);
    let slip = x.len().min(y.len()) >= LAST_SLIP_FROM
        && (osa::distance(x.chars(), y.chars()) <= 1 || jaro_winkler::similarity(x.chars(), y.chars()) >= LAST_ALIKE);
    if slip || initial(&x, &y) || initial(&y, &x) || few.iter().filter(long).any(|word| many.contains(word)) {
        Last::Alike
    } else {
        Last::Other
    }
}

/// How the last names of two people stand.
pub(super) fn last(a: &Person, b: &Person) -> Last {
    let (Some(left), Some(right)) = (folded(a.last_name.as_deref()), folded(b.last_name.as_deref())) else {
        return Last::Unknown;
    };
    let mut best = Last::Other;
    for x in left.readings() {
        for y in right.readings() {
            best = best.min(last_pair(x, y));
        }
    }
    best
}

/// Whether first and last name stand the other way round (case 10).
pub(super) fn are_swapped(a: &Person, b: &Person) -> bool {
    let (Some(last_a), Some(last_b)) = (folded(a.last_name.as_deref()), folded(b.last_name.as_deref())) else {
        return false;
    };
    let crossed = |last: &Folded, given: &[Folded]| {
        last.readings().any(|x| given.iter().flat_map(Folded::readings).any(|y| last_pair(x, y) == Last::Equal))
    };
    crossed(&last_a, &givens(b)) && crossed(&last_b, &givens(a))
}

/// Whether one e-mail address carries a last name of the other: `gemma.hartley@` of somebody who is Prescott by now.
pub(super) fn mailbox_names_either(email: &str, a: &Person, b: &Person) -> bool {
    let local = text::fold(email.split('@').next().unwrap_or_default()).replace(' ', "");
    [a, b].into_iter().filter_map(|person| folded(person.last_name.as_deref())).any(|name| {
        name.readings().any(|name| {
            let word = joined(&last_words(name));
            word.len() > 2 && local.contains(&word)
        })
    })
}

/// The words under which a person's names are looked up: of the first and known-as name with what they may be short for, and
/// of the last name.
pub(super) fn key_words(person: &Person) -> (Vec<String>, Vec<String>) {
    let mut first: Vec<String> = Vec::with_capacity(4);
    let mut add = |word: String| {
        if word.len() > 1 && !first.contains(&word) {
            first.push(word);
        }
    };
    for name in givens(person) {
        for word in name.plain.split(' ') {
            formal_names(word).iter().for_each(|formal| add(key_word(formal)));
            add(key_word(word));
        }
    }
    let last = folded(person.last_name.as_deref());
    let last = last.iter().flat_map(|name| last_words(&name.plain)).map(key_word).collect();
    (first, last)
}

/// A word under which spellings of one name meet. Only for finding pairs: what meets here is compared.
fn key_word(word: &str) -> String {
    let spelt = spelling(word);
    ["ae", "oe", "ue"].into_iter().fold(spelt, |word, pair| word.replace(pair, &pair[..1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(first: &str, last: &str) -> Person {
        Person { first_name: Some(first.into()), last_name: Some(last.into()), ..Person::default() }
    }

    fn first(a: &str, b: &str) -> Given {
        given(&person(a, "Lima"), &person(b, "Lima"))
    }

    #[test]
    fn short_forms_and_initials_are_one_name_and_sounding_alike_is_not() {
        for (a, b, level) in [
            ("Zoë", "Zoe", Given::Equal),
            ("Jean-Paul", "Jeanpaul", Given::Equal),
            ("Anna Maria", "Anna", Given::Equal),
            ("John R", "John Robert", Given::Equal),
            ("Jürgen", "Juergen", Given::Equal),
            ("Robert", "Bob", Given::ShortForm),
            ("Kate", "Katie", Given::ShortForm),
            ("J", "John", Given::Initial),
            ("J.", "John Robert", Given::Initial),
            ("Marta", "Martha", Given::Alike),
            ("Sara", "Sarah", Given::ShortForm),
            ("Mohammed", "Muhamad", Given::Alike),
            ("Katarzyna", "Katarzina", Given::Alike),
            ("John", "Joan", Given::Other),
            ("John", "Jane", Given::Other),
            ("Jane", "Jana", Given::Other),
            ("Daniel", "Danielle", Given::Other),
            ("Martin", "Martina", Given::Other),
            ("Kristina", "Kristian", Given::Other),
            ("Mia", "Maia", Given::Other),
            ("Lena", "Lina", Given::Other),
            ("John Robert", "John Clayton", Given::Other),
        ] {
            assert_eq!((first(a, b), first(b, a)), (level, level), "{a} {b}");
        }
        let known = Person { known_as: Some("Bill".into()), ..person("William", "Lima") };
        assert_eq!(given(&known, &person("Bill", "Lima")), Given::Equal);
        assert_eq!(given(&person("William", "Lima"), &Person::default()), Given::Unknown);
    }

    #[test]
    fn last_names_agree_by_words_and_swapped_names_are_seen() {
        for (a, b, level) in [
            ("van der Berg", "Berg, van der", Last::Equal),
            ("O’Neill", "ONeill", Last::Equal),
            ("Müller", "Mueller", Last::Equal),
            ("Ibáñez Ortega", "Ibáñez", Last::Part),
            ("Lindqvist", "Lindquist", Last::Alike),
            ("García Pérez", "García López", Last::Alike),
            ("L", "Lima", Last::Alike),
            ("Hartley", "Prescott", Last::Other),
            ("Weir", "Weis", Last::Other),
        ] {
            assert_eq!(last(&person("Ana", a), &person("Ana", b)), level, "{a} {b}");
        }
        assert!(are_swapped(&person("Kelly", "Ashton"), &person("Ashton", "Kelly")));
        assert!(!are_swapped(&person("Kelly", "Ashton"), &person("Kelly", "Ashton")));
        let (old, new) = (person("Gemma", "Hartley"), person("Gemma", "Prescott"));
        assert!(mailbox_names_either("gemma.hartley@h.example", &old, &new));
        assert!(!mailbox_names_either("gemma@h.example", &old, &new));
    }

    #[test]
    fn another_number_is_another_name_and_a_number_more_may_be_the_same() {
        for (a, b) in [
            (("Test", "User 12"), ("Test", "User 13")),
            (("Test User", "12"), ("Test User", "2")),
            (("Agency12", "Worker"), ("Agency13", "Worker")),
            (("Test", "User12"), ("Test", "User112")),
        ] {
            let (a, b) = (person(a.0, a.1), person(b.0, b.1));
            assert!(are_numbered_apart(&a, &b) && are_numbered_apart(&b, &a), "{a:?} {b:?}");
        }
        for (a, b) in [
            (("Test", "User 12"), ("Test", "User12")),
            (("User 12", "Test"), ("Test", "User 12")),
            (("Ana", "Lima"), ("Ana", "Lima 2")),
            (("Ana", "L1ma"), ("Ana", "Lima")),
        ] {
            assert!(!are_numbered_apart(&person(a.0, a.1), &person(b.0, b.1)), "{a:?} {b:?}");
        }
    }

    #[test]
    fn spellings_of_one_name_meet_under_one_word() {
        for (a, b) in [("Müller", "Mueller"), ("Philip", "Filip"), ("Jörn", "Joern")] {
            assert_eq!(key_words(&person(a, "x")).0, key_words(&person(b, "x")).0, "{a} {b}");
        }
        assert!(key_words(&person("Bob", "x")).0.contains(&"robert".to_owned()));
    }
}
