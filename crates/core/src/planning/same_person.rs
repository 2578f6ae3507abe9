//! Which records may be of one person: pairs found by hash, then judged by name, birth date and what else agrees.
//!
//! The verdict on a pair depends on the two records alone, so nobody else's coming or going parts them. The one exception is a
//! birth date that implausibly many people share: a filler, which proves nothing.

use super::names::{self, Given, Last};
use crate::domain::person::Person;
use crate::domain::text;
use crate::matching::normalize;
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// One record, ready to compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    /// Whose it is: records of one owner are not compared.
    pub owner: usize,
    pub person: &'a Person,
    /// Branch and job title as numbers (see [`number`]), in the words of one side; 0 where there is none.
    pub branch: u64,
    pub job_title: u64,
}

/// Two records that may be of one person, by their places, the smaller first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub a: usize,
    pub b: usize,
    /// What they have in common, in words, without personal data.
    pub why: String,
}

/// A text as a number: equal texts have equal ones, and 0 is "none".
pub(super) fn number(text: &str) -> u64 {
    if text.is_empty() { 0 } else { hash_of(text) | 1 }
}

fn hash_of(value: impl Hash) -> u64 {
    // The standard hasher with its fixed keys: the same in every run. What it says is only where to look.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The number of carriers from which a birth date is a filler; in large companies the multiple of the expected number.
const CROWD: usize = 40;
const CROWD_TIMES: usize = 20;
/// Days on which people of working age were born.
const BIRTH_DAYS: usize = 17_000;
/// The number of records under one key up to which everybody is compared with everybody.
const BLOCK: usize = 64;
/// The number of different records under one key, likewise.
const REPRESENTATIVES: usize = 256;
/// The number of neighbours with which each of more records than that is compared.
const NEIGHBOURS: usize = 32;

/// What is compared without looking at names; 0 is "none".
#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    /// `yyyymmdd`.
    born: u32,
    is_crowded: bool,
    start: u32,
    email: u64,
    phone: u64,
    address: u64,
    postcode: u64,
    /// Branch and job title together.
    post: u64,
}

fn packed(date: Date) -> u32 {
    let part = |value: i16| u32::try_from(value).unwrap_or_default();
    part(date.year()) * 10_000 + part(date.month().into()) * 100 + part(date.day().into())
}

impl Facts {
    fn of(record: &Record<'_>, today: Date) -> Self {
        let person = record.person;
        let folded = |value: &Option<String>, fold: fn(&str) -> String| {
            value.as_deref().map(fold).map_or(0, |folded| number(&folded))
        };
        let born = person.date_of_birth.filter(|date| text::plausible_birth_date(*date, today));
        let email = person.email.as_deref().and_then(text::email_key).filter(|email| !text::is_role_mailbox(email));
        let has_post = record.branch != 0 && record.job_title != 0;
        Self {
            born: born.map_or(0, packed),
            is_crowded: false,
            start: person.start_date.map_or(0, packed),
            email: email.map_or(0, |email| number(&email)),
            phone: folded(&person.phone, normalize::phone),
            address: folded(&person.address, normalize::address),
            postcode: folded(&person.postcode, normalize::postcode),
            post: if has_post { hash_of((record.branch, record.job_title)) | 1 } else { 0 },
        }
    }
}

/// How two birth dates stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Born {
    Equal,
    /// Equal, but a date that many carry.
    Filler,
    /// Day and month exchanged.
    Exchanged,
    /// One digit differs, or two neighbours are exchanged.
    Slip,
    /// A side has none.
    Missing,
    Different,
}

fn born(a: &Facts, b: &Facts) -> Born {
    if a.born == 0 || b.born == 0 {
        return Born::Missing;
    }
    if a.born == b.born {
        return if a.is_crowded { Born::Filler } else { Born::Equal };
    }
    let parts = |date: u32| (date / 10_000, date / 100 % 100, date % 100);
    let ((y1, m1, d1), (y2, m2, d2)) = (parts(a.born), parts(b.born));
    if y1 == y2 && m1 == d2 && d1 == m2 {
        return Born::Exchanged;
    }
    if is_digit_slip(a.born, b.born) { Born::Slip } else { Born::Different }
}

fn is_digit_slip(mut a: u32, mut b: u32) -> bool {
    // From the last digit on: places that differ, and what stands there.
    let mut differ: Vec<(usize, u32, u32)> = Vec::with_capacity(8);
    for place in 0..8 {
        if a % 10 != b % 10 {
            differ.push((place, a % 10, b % 10));
        }
        (a, b) = (a / 10, b / 10);
    }
    match differ.as_slice() {
        [_] => true,
        [(i, a1, b1), (j, a2, b2)] => *j == i + 1 && a1 == b2 && a2 == b1,
        _ => false,
    }
}

fn equal(a: u64, b: u64) -> bool {
    a != 0 && a == b
}

/// What two records have in common beside name and birth date: how much it says, and in words.
fn common(a: &Facts, b: &Facts) -> (u32, Vec<&'static str>) {
    let mut points = 0;
    let mut words = Vec::new();
    let mut add = |agrees: bool, worth: u32, word: &'static str| {
        if agrees {
            points += worth;
            words.push(word);
        }
    };
    let home = equal(a.address, b.address);
    add(equal(a.email, b.email), 2, "e-mail");
    add(equal(a.phone, b.phone), 2, "phone");
    add(home, 2, "address");
    add(!home && equal(a.postcode, b.postcode), 1, "postcode");
    add(equal(u64::from(a.start), u64::from(b.start)), 1, "start date");
    // Namesakes at one branch in one job: likelier one person than two.
    add(equal(a.post, b.post), 2, "branch and job title");
    (points, words)
}

/// What has to agree beside name and birth date for one person to be likely.
fn needed(born: Born, given: Given, last: Last, swapped: bool) -> Option<u32> {
    let called = matches!(given, Given::Equal | Given::ShortForm | Given::Alike);
    let full = called && last == Last::Equal;
    match born {
        Born::Different => None,
        Born::Equal => match (given, last) {
            _ if swapped => Some(0),
            (Given::Equal | Given::ShortForm | Given::Alike, Last::Equal | Last::Part | Last::Alike) => Some(0),
            (Given::Initial, Last::Equal) => Some(0),
            (Given::Initial, Last::Part | Last::Alike) => Some(1),
            // A married name; many people of one first name are born on one day.
            (Given::Equal | Given::ShortForm, Last::Other) => Some(1),
            (Given::Unknown, Last::Equal) | (Given::Equal, Last::Unknown) => Some(1),
            _ => None,
        },
        Born::Exchanged | Born::Slip if full || swapped => Some(1),
        Born::Filler if full || swapped => Some(1),
        Born::Missing if full || swapped => Some(2),
        _ => None,
    }
}

/// Whether two records may be of one person, and why; `None` for two people (twins among them: another first name is
/// another person).
fn judge(a: (&Record<'_>, &Facts), b: (&Record<'_>, &Facts)) -> Option<String> {
    let ((left, a), (right, b)) = (a, b);
    let born = born(a, b);
    if born == Born::Different || names::are_numbered_apart(left.person, right.person) {
        return None;
    }
    let given = names::given(left.person, right.person);
    let last = names::last(left.person, right.person);
    let swapped = given == Given::Other && names::are_swapped(left.person, right.person);
    let (points, common) = common(a, b);
    let one_mailbox = born == Born::Equal && last == Last::Equal && equal(a.email, b.email);
    let enough = needed(born, given, last, swapped).is_some_and(|needed| points >= needed);
    (enough || one_mailbox).then(|| words(born, given, last, swapped, &common))
}

fn words(born: Born, given: Given, last: Last, swapped: bool, common: &[&str]) -> String {
    let mut said: Vec<&str> = Vec::with_capacity(4);
    if swapped {
        said.push("first and last name the other way round");
    } else if given == Given::Equal && last == Last::Equal {
        said.push("equal name");
    } else {
        said.push(match given {
            Given::Equal => "equal first name",
            Given::ShortForm => "short form of the first name",
            Given::Initial => "initial of the first name",
            Given::Alike => "first name almost equal",
            Given::Unknown => "first name missing",
            Given::Other => "another first name",
        });
        said.push(match last {
            Last::Equal => "equal last name",
            Last::Part => "part of the last name",
            Last::Alike => "last name almost equal",
            Last::Unknown => "last name missing",
            Last::Other => "another last name",
        });
    }
    said.push(match born {
        Born::Equal => "equal birth date",
        Born::Filler => "a birth date that many have",
        Born::Exchanged => "day and month of the birth date exchanged",
        Born::Slip => "birth date a digit apart",
        Born::Missing | Born::Different => "birth date missing",
    });
    let said = said.join(", ");
    if common.is_empty() { said } else { format!("{said}; same {}", common.join(", ")) }
}

/// Pairs of records that may be of one person, by their places. The order of the records decides nothing but places.
pub(super) fn find(records: &[Record<'_>], today: Date) -> Vec<Found> {
    let mut facts: Vec<Facts> = records.par_iter().map(|record| Facts::of(record, today)).collect();
    mark_crowded(&mut facts);
    let search = Search { records, facts: &facts };
    let mut pairs = search.by_birth_date();
    pairs.extend(search.by_name());
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
        .into_par_iter()
        .filter_map(|(a, b)| {
            let why = judge((&records[a as usize], &facts[a as usize]), (&records[b as usize], &facts[b as usize]))?;
            Some(Found { a: a as usize, b: b as usize, why })
        })
        .collect()
}

fn mark_crowded(facts: &mut [Facts]) {
    let mut carriers: HashMap<u32, usize> = HashMap::new();
    for one in facts.iter().filter(|one| one.born != 0) {
        *carriers.entry(one.born).or_default() += 1;
    }
    let limit = CROWD.max(CROWD_TIMES * facts.len() / BIRTH_DAYS);
    carriers.retain(|_, count| *count > limit);
    if !carriers.is_empty() {
        facts.iter_mut().for_each(|one| one.is_crowded = carriers.contains_key(&one.born));
    }
}

/// Places of two records, the smaller first.
type Places = (u32, u32);

/// One of the things that two records may have in common.
type Fact = fn(&Facts) -> u64;

/// Which records of a large block are copies of one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copies {
    /// Name and birth date are equal, which is enough with what the block has in common.
    ByName,
    /// Everything that is compared is equal.
    Whole,
}

struct Search<'a> {
    records: &'a [Record<'a>],
    facts: &'a [Facts],
}

impl Search<'_> {
    fn entries(&self, keys: impl Fn(usize) -> Vec<u64> + Sync) -> Vec<(u64, u32)> {
        let places = 0..u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let mut entries: Vec<(u64, u32)> = places
            .into_par_iter()
            .flat_map_iter(|place| keys(place as usize).into_iter().map(move |key| (key, place)))
            .collect();
        entries.par_sort_unstable();
        entries.dedup();
        entries
    }

    /// Who shares a birth date and a word of the name.
    fn by_birth_date(&self) -> Vec<Places> {
        let entries = self.entries(|place| {
            let facts = &self.facts[place];
            if facts.born == 0 || facts.is_crowded {
                return Vec::new();
            }
            let (first, last) = names::key_words(self.records[place].person);
            first.iter().chain(&last).map(|word| hash_of((facts.born, word))).collect()
        });
        let mut pairs = Vec::new();
        for block in entries.chunk_by(|a, b| a.0 == b.0).filter(|block| block.len() > 1) {
            let places: Vec<u32> = block.iter().map(|(_, place)| *place).collect();
            self.compare(&places, Copies::ByName, &|_, _| true, &mut pairs);
        }
        pairs
    }

    /// Who shares the whole name, where the birth date does not tell: missing on a side, a slip apart, or a filler.
    fn by_name(&self) -> Vec<Places> {
        let entries = self.entries(|place| {
            let (first, mut last) = names::key_words(self.records[place].person);
            last.sort_unstable();
            let whole = |word: &String| {
                let mut words: Vec<&String> = last.iter().chain([word]).collect();
                words.sort_unstable();
                hash_of(words)
            };
            first.iter().map(whole).collect()
        });
        let mut pairs = Vec::new();
        for block in entries.chunk_by(|a, b| a.0 == b.0).filter(|block| block.len() > 1) {
            let places: Vec<u32> = block.iter().map(|(_, place)| *place).collect();
            if places.len() <= BLOCK {
                self.compare(&places, Copies::Whole, &|a, b| self.may_agree(a, b), &mut pairs);
                continue;
            }
            // Whoever is held by name has something else in common, so nobody is lost by looking there only.
            let facts: [(Fact, Copies); 7] = [
                (|one| one.email, Copies::ByName),
                (|one| one.phone, Copies::ByName),
                (|one| one.address, Copies::ByName),
                (|one| one.post, Copies::ByName),
                (|one| one.postcode, Copies::Whole),
                (|one| one.start.into(), Copies::Whole),
                (|one| one.born.into(), Copies::Whole),
            ];
            for (fact, copies) in facts {
                let mut keyed: Vec<(u64, u32)> =
                    places.iter().map(|place| (fact(&self.facts[*place as usize]), *place)).collect();
                keyed.retain(|(key, _)| *key != 0);
                keyed.sort_unstable();
                for block in keyed.chunk_by(|a, b| a.0 == b.0).filter(|block| block.len() > 1) {
                    let places: Vec<u32> = block.iter().map(|(_, place)| *place).collect();
                    self.compare(&places, copies, &|a, b| self.may_agree(a, b), &mut pairs);
                }
            }
        }
        pairs
    }

    /// Whether two namesakes have enough in common to be looked at; those of one true birth date were found by it.
    fn may_agree(&self, a: u32, b: u32) -> bool {
        let (a, b) = (&self.facts[a as usize], &self.facts[b as usize]);
        let needed = match born(a, b) {
            Born::Equal | Born::Different => return false,
            Born::Filler | Born::Exchanged | Born::Slip => 1,
            Born::Missing => 2,
        };
        common(a, b).0 >= needed
    }

    /// Pairs of a block. In a large one, equal records are tied to the first of them and to their neighbour: a thousand copies
    /// are a thousand questions, not half a million.
    fn compare(&self, places: &[u32], copies: Copies, worth: &dyn Fn(u32, u32) -> bool, pairs: &mut Vec<Places>) {
        if places.len() <= BLOCK {
            self.all(places, worth, pairs);
            return;
        }
        let mut copies: Vec<(u64, u32)> = places.iter().map(|place| (self.digest(*place, copies), *place)).collect();
        copies.sort_unstable();
        let mut first_of: Vec<u32> = Vec::new();
        for group in copies.chunk_by(|a, b| a.0 == b.0) {
            let Some((_, first)) = group.first() else { continue };
            first_of.push(*first);
            for pair in group.windows(2) {
                let (before, one) = (pair[0].1, pair[1].1);
                self.add(*first, one, worth, pairs);
                self.add(before, one, worth, pairs);
            }
        }
        first_of.sort_unstable();
        if first_of.len() <= REPRESENTATIVES {
            self.all(&first_of, worth, pairs);
        } else {
            for (at, one) in first_of.iter().enumerate() {
                first_of.iter().skip(at + 1).take(NEIGHBOURS).for_each(|other| self.add(*one, *other, worth, pairs));
            }
        }
    }

    fn all(&self, places: &[u32], worth: &dyn Fn(u32, u32) -> bool, pairs: &mut Vec<Places>) {
        for (at, one) in places.iter().enumerate() {
            places.iter().skip(at + 1).for_each(|other| self.add(*one, *other, worth, pairs));
        }
    }

    fn add(&self, a: u32, b: u32, worth: &dyn Fn(u32, u32) -> bool, pairs: &mut Vec<Places>) {
        let (a, b) = (a.min(b), a.max(b));
        if a != b && self.records[a as usize].owner != self.records[b as usize].owner && worth(a, b) {
            pairs.push((a, b));
        }
    }

    fn digest(&self, place: u32, copies: Copies) -> u64 {
        let (record, facts) = (&self.records[place as usize], &self.facts[place as usize]);
        let person = record.person;
        let name = |name: &Option<String>| name.as_deref().map(text::fold).unwrap_or_default();
        let names = (name(&person.first_name), name(&person.known_as), name(&person.last_name));
        let rest = (facts.start, facts.email, facts.phone, facts.address, facts.postcode, facts.post);
        hash_of((names, facts.born, (copies == Copies::Whole).then_some(rest)))
    }
}

#[cfg(test)]
#[path = "tests/same_person.rs"]
mod tests;
