//! Which option a value probably means, and in what the two differ.

use crate::domain::ids::OptionKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::text;
use rapidfuzz::distance::{indel, jaro_winkler};
use std::borrow::Cow;
use std::cmp::Ordering;

/// An option beside a value, for the pick list.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    pub key: OptionKey,
    pub name: String,
    /// 0 to 1; 1 only for values that agree once folded.
    pub similarity: f64,
    /// In what alone the two differ (`capitals only`); empty where the words differ.
    pub reasons: Vec<&'static str>,
}

/// A way in which two texts may differ without meaning something else, with the word for it.
type Step = (&'static str, fn(&str) -> String);

const STEPS: [Step; 9] = [
    ("invisible character", |text| {
        text.chars().filter(|c| *c == '\u{00A0}' || !text::has_invisible(c.encode_utf8(&mut [0; 4]))).collect()
    }),
    ("no-break space", |text| text.replace(['\u{00A0}', '\u{202F}', '\u{2007}'], " ")),
    ("blank at the end", |text| text.trim_end().to_owned()),
    ("blank at the start", |text| text.trim_start().to_owned()),
    ("blanks", |text| {
        let inner: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let start = if text.starts_with(' ') { " " } else { "" };
        let end = if text.ends_with(' ') { " " } else { "" };
        format!("{start}{}{end}", inner.join(" "))
    }),
    ("apostrophe", |text| {
        text.chars().filter(|c| !matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{02BC}')).collect()
    }),
    ("hyphen", |text| text.replace(['-', '\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '/', '_'], " ")),
    ("accents", |text| {
        use unicode_normalization::UnicodeNormalization;
        text.nfd().map(|c| if c.is_ascii() { c.to_string() } else { deunicode_char(c) }).collect()
    }),
    ("capitals", |text| text.to_lowercase()),
];

fn deunicode_char(c: char) -> String {
    if unicode_normalization::char::is_combining_mark(c) {
        String::new()
    } else if c == '\u{00A0}' || text::has_invisible(c.encode_utf8(&mut [0; 4])) {
        c.to_string()
    } else {
        // Only letters carry accents; quotes and dashes have steps of their own.
        let latin = deunicode::deunicode_char(c).filter(|_| c.is_alphabetic());
        latin.map_or_else(|| c.to_string(), str::to_owned)
    }
}

/// A value for exact-but-for comparing: `Bar  Staff ` and `bar-staff` agree, `&` is `and`.
pub fn fold_value(value: &str) -> String {
    let folded = text::fold(&value.replace('&', " and "));
    // A value in signs alone would fold to nothing and agree with every other such value.
    if folded.is_empty() { text::clean(value).into_owned() } else { folded }
}

fn fold_by(steps: &[Step], value: &str) -> String {
    steps.iter().fold(value.to_owned(), |text, (_, step)| step(&text))
}

/// In what alone two values differ, the fewest words that say it; empty when their words differ.
/// One difference is said as `capitals only`, equal values as `the same words`.
pub fn reason(value: &str, option: &str) -> Vec<&'static str> {
    if value == option {
        return vec!["the same words"];
    }
    let mut steps = STEPS.to_vec();
    if fold_by(&steps, value) != fold_by(&steps, option) {
        return if fold_value(value) == fold_value(option) { vec!["punctuation"] } else { Vec::new() };
    }
    // Leaves out each step that is not needed for the two to agree.
    let mut place = 0;
    while place < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(place);
        if fold_by(&fewer, value) == fold_by(&fewer, option) { steps = fewer } else { place += 1 }
    }
    match steps.as_slice() {
        [("capitals", _)] => vec!["capitals only"],
        [("accents", _)] => vec!["accents only"],
        [("hyphen", _)] => vec!["hyphen only"],
        [("apostrophe", _)] => vec!["apostrophe only"],
        [("blanks", _)] => vec!["double blank"],
        several => several.iter().map(|(word, _)| *word).collect(),
    }
}

fn sorted_words(folded: &str) -> String {
    let mut words: Vec<&str> = folded.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// How alike two values are, 0 to 1: 1 only when they agree once folded. Word order counts little.
pub fn similarity(value: &str, option: &str) -> f64 {
    folded_similarity(&fold_value(value), &fold_value(option))
}

fn folded_similarity(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let straight = indel::normalized_similarity(a.chars(), b.chars());
    let (sorted_a, sorted_b) = (sorted_words(a), sorted_words(b));
    let sorted = indel::normalized_similarity(sorted_a.chars(), sorted_b.chars());
    let start = 0.9 * jaro_winkler::similarity(a.chars(), b.chars());
    straight.max(sorted).max(start).min(0.99)
}

/// Every active option beside a value, best first; ties by name, then key.
pub fn rank(value: &str, options: &[&DestinationOption]) -> Vec<Ranked> {
    let active = options.iter().filter(|option| option.active);
    ranked(value, active.map(|option| (*option, Cow::Owned(fold_value(&option.name)))))
}

/// Options with their folded names beside a value, best first.
fn ranked<'a>(value: &str, options: impl Iterator<Item = (&'a DestinationOption, Cow<'a, str>)>) -> Vec<Ranked> {
    let wanted = fold_value(value);
    let mut ranked: Vec<Ranked> = options
        .map(|(option, folded)| Ranked {
            key: option.key.clone(),
            name: option.name.clone(),
            similarity: folded_similarity(&wanted, &folded),
            reasons: Vec::new(),
        })
        .collect();
    // Finding a reason takes far longer than a similarity, and values whose words differ have none.
    for one in ranked.iter_mut().filter(|one| one.similarity >= HALF) {
        one.reasons = reason(value, &one.name);
    }
    ranked.sort_by(|a, b| {
        let by_likeness = b.similarity.partial_cmp(&a.similarity).unwrap_or(Ordering::Equal);
        by_likeness.then_with(|| a.name.cmp(&b.name)).then_with(|| a.key.cmp(&b.key))
    });
    ranked
}

/// Below this two values are not like each other.
const HALF: f64 = 0.5;
/// The maximum of options that are all compared letter by letter; of more, those that share most pairs of letters.
const COMPARED: usize = 128;

/// Options that are searched for values like theirs, again and again: of a hundred thousand only a few are looked at closely.
#[derive(Debug, Clone)]
pub struct Names<'a> {
    options: Vec<&'a DestinationOption>,
    /// Their folded names, and which pairs of letters these have.
    folded: Vec<String>,
    pairs: Vec<Pairs>,
}

impl<'a> Names<'a> {
    /// The active ones of these options, in their order, without those that are never proposed.
    pub fn new(options: impl IntoIterator<Item = &'a DestinationOption>) -> Self {
        let proposed = |option: &&DestinationOption| option.active && option.oddity().is_none();
        let options: Vec<&DestinationOption> = options.into_iter().filter(proposed).collect();
        let folded: Vec<String> = options.iter().map(|option| fold_value(&option.name)).collect();
        let pairs = folded.iter().map(|name| Pairs::of(name)).collect();
        Self { options, folded, pairs }
    }

    /// The options.
    pub fn options(&self) -> &[&'a DestinationOption] {
        &self.options
    }

    /// The options with their folded names.
    pub(super) fn folded(&self) -> impl Iterator<Item = (&'a DestinationOption, &str)> {
        self.options.iter().copied().zip(self.folded.iter().map(String::as_str))
    }

    /// At most `most` options that are at least half like the value, likest first.
    pub fn near(&self, value: &str, most: usize) -> Vec<Ranked> {
        let places = self.likely(value);
        let options = places
            .into_iter()
            .filter_map(|place| Some((*self.options.get(place)?, Cow::Borrowed(self.folded.get(place)?.as_str()))));
        ranked(value, options).into_iter().filter(|one| one.similarity >= HALF).take(most).collect()
    }

    /// Places of those that are worth a closer look.
    fn likely(&self, value: &str) -> Vec<usize> {
        if self.options.len() <= COMPARED {
            return (0..self.options.len()).collect();
        }
        let wanted = Pairs::of(&fold_value(value));
        let mut places: Vec<(u32, usize)> =
            self.pairs.iter().enumerate().map(|(place, pairs)| (wanted.shared(*pairs), place)).collect();
        places.select_nth_unstable_by(COMPARED, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        places.into_iter().take(COMPARED).map(|(_, place)| place).collect()
    }
}

/// Which pairs of neighbouring letters a folded value has, as bits: more than one pair may share a bit.
#[derive(Debug, Clone, Copy)]
struct Pairs(u128);

impl Pairs {
    fn of(folded: &str) -> Self {
        let mut before = ' ';
        let mut bits = 0;
        for c in folded.chars() {
            let pair = u32::from(before).wrapping_mul(31).wrapping_add(u32::from(c));
            bits |= 1 << (pair.wrapping_mul(0x9E37_79B1) >> 25);
            before = c;
        }
        Self(bits)
    }

    /// Per thousand: twice the shared bits in all bits.
    fn shared(self, other: Self) -> u32 {
        2000 * (self.0 & other.0).count_ones() / (self.0.count_ones() + other.0.count_ones()).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::list::ListKey;

    #[test]
    fn c_48_the_reason_names_every_difference_and_no_other() {
        assert_eq!(reason("Chef de Partie", "Chef De Partie"), ["capitals only"]);
        assert_eq!(reason("Bar Staff ", "Bar Staff"), ["blank at the end"]);
        assert_eq!(reason(" Bar Staff", "Bar Staff"), ["blank at the start"]);
        assert_eq!(reason("Bar  Staff", "Bar Staff"), ["double blank"]);
        assert_eq!(reason("Bar\u{00A0}Staff", "Bar Staff"), ["no-break space"]);
        assert_eq!(reason("Maître d’Hôtel", "Maitre d’Hotel"), ["accents only"]);
        assert_eq!(reason("Maitre d\u{2019}Hotel", "Maitre d'Hotel"), ["apostrophe only"]);
        assert_eq!(reason("Front-of-House", "Front of House"), ["hyphen only"]);
        assert_eq!(reason("bar\u{200B} staff ", "Bar Staff"), ["invisible character", "blank at the end", "capitals"]);
        assert_eq!(reason("Waiter", "Bartender"), Vec::<&str>::new());
        assert_eq!(reason("Bar & Grill", "Bar and Grill"), ["punctuation"]);
    }

    #[test]
    fn the_likest_option_stands_first() {
        let names = ["Duty Manager", "Night Manager", "Night Porter", "Waiter"];
        let options: Vec<DestinationOption> =
            names.iter().map(|name| DestinationOption::new(ListKey::JOB_TITLE, *name, *name, true)).collect();
        let refs: Vec<&DestinationOption> = options.iter().collect();
        let ranked = rank("night porter", &refs);
        assert_eq!(ranked[0].name, "Night Porter");
        assert!((ranked[0].similarity - 1.0).abs() < 1e-9);
        assert!(ranked.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
        let near = Names::new(&options).near("Porter, Night", 3);
        assert!(near.iter().any(|one| one.name == "Night Porter"));
    }

    #[test]
    fn among_a_hundred_thousand_the_likest_is_found_too() {
        let options: Vec<DestinationOption> = (0..100_000)
            .map(|n| {
                DestinationOption::new(ListKey::JOB_TITLE, OptionKey(format!("Title {n}")), format!("Title {n}"), true)
            })
            .chain([DestinationOption::new(ListKey::JOB_TITLE, "NP", "Night Porter", true)])
            .collect();
        let names = Names::new(&options);
        for value in ["Porter, Night", "night porter (temp)", "Nigth Porter"] {
            assert_eq!(names.near(value, 3).first().map(|one| one.name.as_str()), Some("Night Porter"), "{value}");
        }
        assert_eq!(names.near("title 77777", 1).first().map(|one| one.name.as_str()), Some("Title 77777"));
    }
}
