//! Whether two given names that look alike are one name or two. `Jon` and `John` are one, `Nicoe` is a slip of `Nicole`, but
//! `Mia` and `Maia` may be twins, and `Jane` may have got the mailbox of `John`: a likeness in letters or in sound says
//! nothing there.

use super::compare::NEAR;
use super::names::Names;
use super::phonetic::phonetic_key;
use super::quick::jaro_winkler;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../../assets/names/given_names.txt");

/// Names that are one although their spelling does not show it.
const ONE_NAME: [&str; 22] = [
    "mohammed mohamed mohammad mohamad muhammad muhammed muhamad mohd muhammet mehmet",
    "yusuf yousef youssef yousuf yusef yosef",
    "ahmed ahmad ahmet ahmat",
    "hussein hussain husain hossein huseyin hussien",
    "abdul abdel abdoul",
    "umar omar omer",
    "osman usman othman uthman",
    "ibrahim ebrahim ibraheem",
    "catherine katherine kathryn katharine cathryn catharine katheryn catrin kathrin",
    "stephen steven stephan",
    "geoffrey jeffrey jeffery geoffery",
    "sean shaun shawn",
    "sergei sergey serhiy sergiy serhii",
    "alexei aleksei alexey aleksey oleksiy",
    "dmitri dmitry dmytro dimitri dmitriy",
    "alexander aleksander alexandr aleksandr aleksandar oleksandr alexandre",
    "natalia natalie nathalie nataliya natalya",
    "yulia julia yuliya iulia giulia",
    "aisha ayesha aysha aicha",
    "fatima fatma fatimah fathima",
    "andrei andrey andriy andrej",
    "katarzyna katerina katarina kateryna ekaterina",
];

/// Endings by which given names of women and men, or of two sisters, differ.
const ENDINGS: [&str; 24] = [
    "", "a", "e", "i", "o", "u", "y", "ia", "ie", "ah", "as", "us", "os", "is", "en", "in", "an", "ine", "ina", "ette",
    "etta", "elle", "ella", "iana",
];
/// Endings by which the two sexes differ, where one form also serves as a short form of the other.
const GENDER_ENDINGS: [&str; 18] =
    ["", "a", "e", "o", "w", "y", "ia", "ie", "us", "ine", "ina", "ette", "elle", "ella", "er", "ra", "ria", "ix"];
/// The longest name, in letters, that is changed into another name by one vowel.
const SHORT: usize = 5;
/// The number of names from which a run of letters in them is usual.
const USUAL: u16 = 2;
/// The letters, and begin or end of a word.
const SIGNS: usize = 27;
/// The number of letters from which two letters in each other's place are a slip, even where that is a name as well (`Micheal`).
const LONG: usize = 6;
/// The minimum of letters for which two names that end differently begin alike.
const COMMON_HEAD: usize = 3;

/// What two first names are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kinship {
    /// One name: equal, a short form, a spelling, a slip.
    One,
    /// A mere initial on at least one side.
    Initial,
    /// Two names, however alike.
    Two,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sex {
    Female,
    Male,
    Both,
}

struct Given {
    /// In order of the names.
    names: Vec<(&'static str, Sex)>,
    /// Names of [`ONE_NAME`] with the number of their group, in order.
    groups: Vec<(&'static str, usize)>,
    /// In how many names each run of three letters is.
    runs: Vec<u16>,
}

static GIVEN: LazyLock<Given> = LazyLock::new(|| {
    let sex = |mark: &str| match mark {
        "f" => Sex::Female,
        "m" => Sex::Male,
        _ => Sex::Both,
    };
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<_> = lines.filter_map(|line| line.split_once(' ')).map(|(mark, name)| (name, sex(mark))).collect();
    let mut found = vec![0u16; SIGNS.pow(3)];
    for run in names.iter().flat_map(|(name, _)| runs(name)) {
        found[run] = found[run].saturating_add(1);
    }
    let members =
        |(at, group): (usize, &&'static str)| group.split(' ').map(move |name| (name, at)).collect::<Vec<_>>();
    let mut groups: Vec<_> = ONE_NAME.iter().enumerate().flat_map(members).collect();
    groups.sort_unstable();
    Given { names, groups, runs: found }
});

fn group_of(name: &str) -> Option<usize> {
    let groups = &GIVEN.groups;
    groups.binary_search_by(|(other, _)| (*other).cmp(name)).ok().map(|place| groups[place].1)
}

fn sex_of(name: &str) -> Option<Sex> {
    let names = &GIVEN.names;
    names.binary_search_by(|(other, _)| (*other).cmp(name)).ok().map(|place| names[place].1)
}

/// What two first names (numbers of `names`, neither 0) are to each other. `is_borne` says whether others at hand bear a
/// name too.
pub fn kinship(names: &Names, left: u32, right: u32, is_borne: &dyn Fn(u32) -> bool) -> Kinship {
    let only_letters = |id: u32| names.tokens(id).iter().all(|&token| names.info(token).length == 1);
    if only_letters(left) || only_letters(right) {
        return if left == right || names.is_initial(left, right) { Kinship::Initial } else { Kinship::Two };
    }
    if left == right || joined(names, left) == joined(names, right) {
        return Kinship::One;
    }
    let rest = |of: u32, other: u32| -> Vec<u32> {
        names.tokens(of).iter().copied().filter(|token| !names.tokens(other).contains(token)).collect()
    };
    let (a, b) = (rest(left, right), rest(right, left));
    // One has all the words of the other.
    if a.is_empty() || b.is_empty() {
        return Kinship::One;
    }
    let shares = a.len() < names.tokens(left).len();
    let one = |x: u32, y: u32| {
        let initial = names.is_initial(x, y) && (names.info(x).length == 1 || names.info(y).length == 1);
        (initial && shares) || word_kinship(names, x, y, is_borne) == Kinship::One
    };
    let agree = if shares {
        // `Anna Maria` and `Anna Lena` are two: what they do not share must agree too.
        a.iter().any(|x| b.iter().any(|y| one(*x, *y)))
    } else {
        one(a[0], b[0]) || (a.len() != b.len() && a.iter().any(|x| b.iter().any(|y| one(*x, *y))))
    };
    if agree { Kinship::One } else { Kinship::Two }
}

fn joined(names: &Names, id: u32) -> String {
    names.texts.text(id).replace(' ', "")
}

fn word_kinship(names: &Names, left: u32, right: u32, is_borne: &dyn Fn(u32) -> bool) -> Kinship {
    let (a, b) = (names.texts.text(left), names.texts.text(right));
    if is_one_spelling(a, b) || (a.len() >= LONG && are_letters_swapped(a, b)) {
        return Kinship::One;
    }
    let (sex_a, sex_b) = (sex_of(a), sex_of(b));
    let of_two_sexes =
        matches!((sex_a, sex_b), (Some(Sex::Female), Some(Sex::Male)) | (Some(Sex::Male), Some(Sex::Female)));
    let alike = jaro_winkler(a, b, NEAR) >= NEAR;
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let sounds_alike = phonetic_key(a) == phonetic_key(b);
    if is_short_form(names, left, right) {
        // The table of short forms has Erin for Aaron, Louise for Louis and Emily for Emil.
        let other =
            of_two_sexes && (end_differently(a, b, &GENDER_ENDINGS) || (!long.starts_with(short) && sounds_alike));
        return if other { Kinship::Two } else { Kinship::One };
    }
    let both_known = (sex_a.is_some() || is_borne(left)) && (sex_b.is_some() || is_borne(right));
    if names.aliases(left).iter().any(|formal| names.aliases(right).contains(formal)) {
        // Both are short for a third: one person may go by both, unless both are names of their own.
        return if both_known && !long.starts_with(short) { Kinship::Two } else { Kinship::One };
    }
    let is_alike = alike || sounds_alike || (short.len() >= 2 && long.starts_with(short));
    if !is_alike || both_known {
        return Kinship::Two;
    }
    // One that nobody is known by is a slip of the other, unless it looks like a name and differs as names do.
    let is_name = |name: &str, sex: Option<Sex>| sex.is_some() || looks_like_a_name(name);
    let as_names_do = differ_by_a_vowel(a, b) || end_differently_at_length(a, b);
    if is_name(a, sex_a) && is_name(b, sex_b) && as_names_do && !are_letters_swapped(a, b) {
        Kinship::Two
    } else {
        Kinship::One
    }
}

/// Whether one is a short form of the other.
fn is_short_form(names: &Names, left: u32, right: u32) -> bool {
    let of = |short: u32, formal: u32| names.aliases(short).iter().any(|name| names.tokens(formal).contains(name));
    of(left, right) || of(right, left)
}

fn is_one_spelling(a: &str, b: &str) -> bool {
    spelling(a) == spelling(b) || group_of(a).is_some_and(|group| group_of(b) == Some(group))
}

/// Whether two names that begin alike end in two of these ways.
fn end_differently(a: &str, b: &str, endings: &[&str]) -> bool {
    let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    head >= COMMON_HEAD && endings.contains(&&a[head..]) && endings.contains(&&b[head..])
}

/// Whether two neighbouring letters stand in each other's place.
fn are_letters_swapped(a: &str, b: &str) -> bool {
    let head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    match (&a.as_bytes()[head..], &b.as_bytes()[head..]) {
        ([x, y, rest @ ..], [z, w, other @ ..]) => x == w && y == z && rest == other,
        _ => false,
    }
}

/// The same where a last letter that is only missing from a long name is a slip.
fn end_differently_at_length(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    end_differently(a, b, &ENDINGS) && (long.len() <= SHORT || long.len() - short.len() > 1 || !long.starts_with(short))
}

/// Whether each run of three letters, begin and end counted as one, is in some given names.
fn looks_like_a_name(word: &str) -> bool {
    runs(word).all(|run| GIVEN.runs[run] >= USUAL)
}

/// The runs of three signs of a folded word, as numbers.
fn runs(word: &str) -> impl Iterator<Item = usize> + '_ {
    let letters = word.as_bytes();
    let sign = move |at: usize| match at.checked_sub(1).and_then(|at| letters.get(at)) {
        Some(letter @ b'a'..=b'z') => usize::from(letter - b'a'),
        _ => SIGNS - 1,
    };
    (0..word.len()).map(move |at| (sign(at) * SIGNS + sign(at + 1)) * SIGNS + sign(at + 2))
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Whether two short names have the same consonants and one vowel that differs.
fn differ_by_a_vowel(a: &str, b: &str) -> bool {
    let consonants = |name: &str| name.bytes().filter(|letter| !is_vowel(*letter)).collect::<Vec<u8>>();
    a.len().max(b.len()) <= SHORT && consonants(a) == consonants(b) && a.len().abs_diff(b.len()) <= 1
}

/// A name without what is only spelt in several ways: `Erik` and `Eric`, `Sophia` and `Sofia`, `Jon` and `John`.
fn spelling(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let letters = name.as_bytes();
    let at = |place: usize| letters.get(place).copied().unwrap_or(0);
    let mut place = 0;
    while place < letters.len() {
        let (letter, next) = (at(place), at(place + 1));
        let (sound, used) = match (letter, next) {
            (b'p', b'h') => ("f", 2),
            (b'c', b'k') => ("k", 2),
            (b'c', b'h') if matches!(at(place + 2), 0 | b'r' | b'l') => ("k", 2),
            (b'c', b'h') => ("c", 2),
            (b'c', b'e' | b'i' | b'y') => ("s", 1),
            (b'c' | b'q', _) => ("k", 1),
            (b'x', _) => ("ks", 1),
            (b'z', _) => ("s", 1),
            (b'w', _) => ("v", 1),
            (b'e', b'y' | b'i' | b'e') if place + 2 == letters.len() => ("i", 2),
            (b'i', b'e') if place + 2 == letters.len() => ("i", 2),
            (b'e', b'i' | b'y') => ("ai", 2),
            (b'y', _) => ("i", 1),
            (b'o', b'u' | b'o') => ("u", 2),
            // Silent but at the beginning: `Sarah`, `John`, `Thomas`, `Hannah`.
            (b'h', _) if place > 0 && (next == 0 || !is_vowel(next) || !is_vowel(at(place - 1))) => ("", 1),
            _ => (&name[place..=place], 1),
        };
        if !out.ends_with(sound) || sound.is_empty() {
            out.push_str(sound);
        }
        place += used;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn kin(left: &str, right: &str) -> Kinship {
        let mut names = Names::default();
        let ids = (names.texts.intern(left), names.texts.intern(right));
        names.complete();
        let there = kinship(&names, ids.0, ids.1, &|_| false);
        assert_eq!(there, kinship(&names, ids.1, ids.0, &|_| false), "{left}, {right}");
        there
    }

    #[test]
    fn spellings_short_forms_and_slips_are_one_name() {
        for (left, right) in [
            ("erik", "eric"),
            ("sofia", "sophia"),
            ("jon", "john"),
            ("sara", "sarah"),
            ("philip", "phillip"),
            ("filip", "philipp"),
            ("maya", "maia"),
            ("katherine", "kathryn"),
            ("mohamed", "muhammad"),
            ("stephen", "steven"),
            ("kelly", "kellie"),
            ("hayley", "hailey"),
            ("zack", "zach"),
            ("lukas", "lucas"),
            ("viktor", "victor"),
            ("bess", "elizabeth"),
            ("bob", "robert"),
            ("chris", "christine"),
            ("jan", "janet"),
            ("nicoe", "nicole"),
            ("micheal", "michael"),
            ("jonahtan", "jonathan"),
            ("harriett", "harriet"),
            ("jhn", "john"),
            ("jcak", "jack"),
            ("davd", "david"),
            ("kimberl", "kimberly"),
            ("al", "alex"),
            ("ottilie", "ottilie marie"),
            ("anna m", "anna maria"),
            ("annalena", "anna lena"),
            ("jose maria", "maria jose"),
            ("louise", "luise"),
        ] {
            assert_eq!(kin(left, right), Kinship::One, "{left}, {right}");
        }
    }

    #[test]
    fn names_that_are_given_to_two_people_are_two() {
        for (left, right) in [
            ("mia", "maia"),
            ("jan", "jana"),
            ("marta", "marty"),
            ("daniel", "danielle"),
            ("daniel", "daniela"),
            ("jane", "john"),
            ("tim", "tom"),
            ("lena", "lina"),
            ("paul", "paula"),
            ("simon", "simone"),
            ("louis", "louise"),
            ("emil", "emily"),
            ("erin", "aaron"),
            ("aidan", "jayden"),
            ("lara", "laura"),
            ("tarina", "tarino"),
            ("rene", "renee"),
            ("anna maria", "anna lena"),
            ("jean pierre", "jean paul"),
            ("john robert", "john clayton"),
            ("mary jane", "mary jana"),
            ("martin", "marvin"),
            ("harriet", "simon"),
        ] {
            assert_eq!(kin(left, right), Kinship::Two, "{left}, {right}");
        }
    }

    #[test]
    fn a_letter_is_an_initial() {
        for (left, right) in [("j", "jonathan"), ("j p", "john paul"), ("j", "j")] {
            assert_eq!(kin(left, right), Kinship::Initial, "{left}, {right}");
        }
        assert_eq!((kin("a", "heidi"), kin("j paul", "john paul")), (Kinship::Two, Kinship::One));
    }

    #[test]
    fn every_name_of_the_table_is_folded_and_there_once() {
        let lines: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        let names: HashSet<&str> = lines.iter().filter_map(|line| line.split_once(' ')).map(|(_, name)| name).collect();
        assert_eq!(names.len(), lines.len());
        assert!(GIVEN.names.is_sorted_by_key(|(name, _)| *name));
        assert!(names.iter().all(|name| crate::matching::normalize::name(name) == **name));
        assert!(sex_of("maia") == Some(Sex::Female) && sex_of("nicoe").is_none());
    }
}
