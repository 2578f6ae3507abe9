//! People alike in crowds. Blocks are capped and frequencies make what everybody shares weigh nothing, so a thousand people
//! alike would hide each other: too many to be compared, too common to weigh. Whoever would be called new for that reason
//! is looked up once more by name, among neighbours in an order and not in blocks, so that the work grows with the number of people and
//! never with its square; and what is found is weighed as if the others of the crowd were not there.

use super::blocking::{Keys, Pass, WHOLE_NAME, crowd_of};
use super::compare::Cache;
use super::field::{Bits, EXACT, Levels, MISSING, MatchField, birth_level, email_level, name_level};
use super::frequency::{CROWD_FIELDS, Frequency};
use super::model::{Model, Table};
use super::names::Names;
use super::rows::Row;
use super::scoring::Scorer;
use super::training::Sides;
use rayon::prelude::*;
use std::collections::HashMap;

/// The maximum of people with one key who are all looked at; of more, this number on either side of a person's own place.
const ALL_OF: usize = 64;
const NEIGHBOURS: usize = 8;
/// Number of people alike that is enough to choose from.
const ENOUGH: usize = 10;
/// Maximum of pairs, in a file with a crowd, up to which all of those who are still without anybody are looked at.
const ALL_PAIRS: usize = 2_500_000;
const CHUNK: usize = 512;

/// What counts as alike.
#[derive(Debug, Clone, Copy)]
pub struct Likeness {
    /// Bits that a pair must weigh when nobody of the crowd is counted against it.
    pub least: f64,
    /// From how many on people who agree in all that they tell are alike, whatever that weighs.
    pub all_told: u32,
    /// How many are kept for each person.
    pub each: usize,
}

/// How many are alike on each side; of one side against itself both are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alike {
    pub left: u32,
    pub right: u32,
}

/// One who is alike.
#[derive(Debug, Clone, Copy)]
pub struct Counterpart {
    pub right: u32,
    /// Prior and fields, as any pair weighs.
    pub bits: f64,
    /// The same as if the rest of the crowd were not there.
    pub alone: f64,
}

/// Whom somebody resembles.
#[derive(Debug, Clone)]
pub struct Found {
    pub left: u32,
    /// Best first.
    pub counterparts: Vec<Counterpart>,
    /// `None` where nobody is alike, and the nearest of the same name are given instead.
    pub alike: Option<Alike>,
}

/// Who is looked up, and among whom (sorted rows).
#[derive(Clone, Copy)]
pub struct Search<'a> {
    pub silent: &'a [u32],
    pub lefts: &'a [u32],
    pub rights: &'a [u32],
    /// By left row: is given the nearest of the same name even if they are not alike. May be empty.
    pub with_namesakes: &'a [bool],
}

/// People with one key.
struct Group {
    by_whole_name: bool,
    silent: Vec<u32>,
    rights: Vec<u32>,
    /// Rights by birth date, then work; and by work, then birth date.
    by_birth: Vec<u32>,
    by_work: Vec<u32>,
    /// By field of [`CROWD_FIELDS`] and value: how many of the counted rows of each side carry it.
    carried: HashMap<(usize, u32), [u32; 2]>,
    /// By birth date (0 for none): how many of each side.
    births: HashMap<u32, [u32; 2]>,
    all: [u32; 2],
}

/// Whom `search.silent` resemble: by whole name, then over `crowded` passes those who are still without. In order of rows.
pub fn find(
    scorer: &Scorer<'_>,
    keys: Keys<'_>,
    sides: &Sides<'_>,
    search: Search<'_>,
    crowded: &[Pass],
    likeness: Likeness,
) -> Vec<Found> {
    if search.silent.is_empty() || search.rights.is_empty() {
        return Vec::new();
    }
    let crowd = Crowd { scorer, sides, likeness, plain: Model::default().level_bits() };
    let mut found = crowd.over(keys, &WHOLE_NAME, search, 0);
    let without = |found: &[Found]| -> Vec<u32> {
        let mut done = vec![false; sides.left.len()];
        found.iter().filter(|one| one.alike.is_some()).for_each(|one| done[one.left as usize] = true);
        search.silent.iter().copied().filter(|row| !done[*row as usize]).collect()
    };
    for pass in crowded {
        let silent = without(&found);
        let rest = Search { silent: &silent, with_namesakes: &[], ..search };
        found.extend(crowd.over(keys, pass, rest, crowd.crowd()));
    }
    if !crowded.is_empty() {
        let silent = without(&found);
        if silent.len() * search.rights.len() <= ALL_PAIRS {
            found.extend(crowd.among_all(Search { silent: &silent, ..search }));
        }
    }
    // Whoever is alike comes before the nearest of the same name.
    found.sort_by_key(|one| (one.left, one.alike.is_none()));
    found.dedup_by_key(|one| one.left);
    found
}

struct Crowd<'a, 'b> {
    scorer: &'a Scorer<'b>,
    sides: &'a Sides<'a>,
    likeness: Likeness,
    /// What the levels weigh before any data: in a crowd, slips meet everywhere and seem to say nothing.
    plain: Table,
}

impl Crowd<'_, '_> {
    /// Looks the silent up in one pass, in groups of more than `least` people.
    fn over(&self, keys: Keys<'_>, pass: &Pass, search: Search<'_>, least: usize) -> Vec<Found> {
        let by_whole_name = least == 0;
        let groups = self.groups(keys, pass, search, least);
        let lookups: Vec<(u32, u32)> = groups
            .iter()
            .enumerate()
            .flat_map(|(at, group)| group.silent.iter().map(move |row| (at as u32, *row)))
            .collect();
        let found: Vec<Vec<Found>> = lookups
            .par_chunks(CHUNK)
            .map(|chunk| {
                let (mut cache, mut places) = (Cache::default(), Vec::new());
                let look = |&(group, left): &(u32, u32)| {
                    let group = &groups[group as usize];
                    let row = &self.sides.left[left as usize];
                    places.clear();
                    group.neighbours(self.sides.right, row, &mut places);
                    if !by_whole_name {
                        group.by_name(&self.scorer.comparer.vocabulary.names, self.sides.right, row, &mut places);
                    }
                    super::blocking::unique(&mut places);
                    let named = by_whole_name && search.with_namesakes.get(left as usize).copied().unwrap_or(false);
                    self.resemble(group, left, &places, named, &mut cache)
                };
                chunk.iter().filter_map(look).collect()
            })
            .collect();
        let mut found = found.concat();
        // Whoever has several keys in a pass keeps the best of them.
        found.sort_by(|a, b| a.left.cmp(&b.left).then(alone(b).total_cmp(&alone(a))));
        found.dedup_by_key(|one| one.left);
        found
    }

    /// Looks the silent up among everybody, with the weights that people have before any data: for crowds in which hardly any two
    /// are spelt alike.
    fn among_all(&self, search: Search<'_>) -> Vec<Found> {
        let frequency = Frequency::before_any(self.scorer.comparer.vocabulary);
        let model = Model { prior: self.scorer.weights.prior, ..Model::default() };
        let plain = Scorer::new(self.scorer.comparer.vocabulary, &frequency, &model);
        let least = self.likeness.least;
        let found: Vec<Vec<(u32, Counterpart)>> = search
            .rights
            .par_chunks(CHUNK)
            .map(|chunk| {
                let (mut cache, mut out) = (Cache::default(), Vec::new());
                for &right in chunk {
                    let other = &self.sides.right[right as usize];
                    let target = plain.target(other);
                    for &left in search.silent.iter().filter(|left| !self.sides.within || **left != right) {
                        let row = &self.sides.left[left as usize];
                        if let Some(alone) = plain.score(row, &target, least, &mut cache) {
                            let levels = self.scorer.levels(row, other, &mut cache);
                            let named = levels[..2].iter().all(|level| *level != name_level::ELSE && *level != MISSING);
                            if !named || levels[MatchField::Birth.at()] > birth_level::TYPO {
                                continue;
                            }
                            let bits = self.scorer.total(&self.scorer.bits(row, other, &levels));
                            out.push((left, Counterpart { right, bits, alone }));
                        }
                    }
                }
                out
            })
            .collect();
        let mut found = found.concat();
        let mut rivals: HashMap<u32, u32> = HashMap::new();
        found.iter().for_each(|(_, other)| *rivals.entry(other.right).or_default() += 1);
        found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.alone.total_cmp(&a.1.alone)).then(a.1.right.cmp(&b.1.right)));
        let person = |own: &[(u32, Counterpart)]| {
            let best = own[0].1.right;
            let left = rivals.get(&best).copied().unwrap_or(1);
            let alike = Alike { left, right: own.len() as u32 + u32::from(self.sides.within) };
            let counterparts = own.iter().take(self.likeness.each).map(|(_, other)| *other).collect();
            Found { left: own[0].0, counterparts, alike: Some(alike) }
        };
        // Whoever stands in no crowd was compared and weighed like anybody.
        let crowded = |own: &&[(u32, Counterpart)]| {
            own.len() > self.crowd() || own.iter().any(|(_, other)| rivals[&other.right] as usize > self.crowd())
        };
        found.chunk_by(|a, b| a.0 == b.0).filter(crowded).map(person).collect()
    }

    fn groups(&self, keys: Keys<'_>, pass: &Pass, search: Search<'_>, least: usize) -> Vec<Group> {
        let silent = keyed(keys, pass, self.sides.left, search.silent, None);
        let seen = Seen::of(&silent);
        let rights = keyed(keys, pass, self.sides.right, search.rights, Some(&seen));
        let lefts =
            if self.sides.within { Vec::new() } else { keyed(keys, pass, self.sides.left, search.lefts, Some(&seen)) };
        let mut found = Vec::new();
        let (mut lefts, mut rights) = (lefts.as_slice(), rights.as_slice());
        for looked_up in silent.chunk_by(|a, b| a.0 == b.0) {
            let key = looked_up[0].0;
            let others = take(&mut rights, key);
            let own = if self.sides.within { others } else { take(&mut lefts, key) };
            let enough = if self.sides.within { others.len() > 1 } else { !others.is_empty() };
            let size = own.len() + if self.sides.within { 0 } else { others.len() };
            if enough && size > least {
                found.push((looked_up, own, others));
            }
        }
        let group = |(silent, lefts, rights)| self.group(least == 0, silent, lefts, rights);
        found.into_par_iter().map(group).collect()
    }

    /// How many alike are no crowd yet.
    fn crowd(&self) -> usize {
        crowd_of(self.sides.left.len() + if self.sides.within { 0 } else { self.sides.right.len() })
    }

    fn group(&self, by_whole_name: bool, silent: &[(u64, u32)], lefts: &[(u64, u32)], rights: &[(u64, u32)]) -> Group {
        let numbers = |list: &[(u64, u32)]| list.iter().map(|(_, row)| *row).collect::<Vec<u32>>();
        let mut group = Group {
            by_whole_name,
            silent: numbers(silent),
            rights: numbers(rights),
            by_birth: Vec::new(),
            by_work: Vec::new(),
            carried: HashMap::new(),
            births: HashMap::new(),
            all: [lefts.len() as u32, rights.len() as u32],
        };
        if rights.len() > ALL_OF {
            (group.by_birth, group.by_work) = (group.rights.clone(), group.rights.clone());
            let row = |at: &u32| &self.sides.right[*at as usize];
            group.by_birth.sort_unstable_by_key(|at| (birth_key(row(at)), *at));
            group.by_work.sort_unstable_by_key(|at| (work_key(row(at)), *at));
        }
        let both = [(self.sides.left, lefts), (self.sides.right, rights)];
        for (side, (rows, numbers)) in both.into_iter().enumerate() {
            for &(_, at) in numbers {
                let row = &rows[at as usize];
                group.births.entry(row.get(MatchField::Birth)).or_default()[side] += 1;
                // One side against itself is counted once.
                if self.scorer.frequency.is_copy(side, at) || (self.sides.within && side > 0) {
                    continue;
                }
                for (place, field) in CROWD_FIELDS.into_iter().enumerate().filter(|(_, field)| row.get(*field) != 0) {
                    group.carried.entry((place, row.get(field))).or_default()[side] += 1;
                }
            }
        }
        group
    }

    /// Who of `places` is alike; else, where asked, the nearest of them.
    fn resemble(&self, group: &Group, left: u32, places: &[u32], named: bool, cache: &mut Cache) -> Option<Found> {
        let row = &self.sides.left[left as usize];
        let size = group.size_for(row);
        let people = size.right + if self.sides.within { 0 } else { size.left };
        let is_crowd = people as usize > self.crowd();
        let mut alike = Vec::new();
        let mut nearest = Vec::new();
        for &right in places.iter().filter(|right| !self.sides.within || **right != left) {
            let other = &self.sides.right[right as usize];
            let (born, also) = (row.get(MatchField::Birth), other.get(MatchField::Birth));
            let one_birth = born == 0 || also == 0 || born == also;
            let levels = self.scorer.levels(row, other, cache);
            if !one_birth && levels[MatchField::Birth.at()] > birth_level::TYPO && !named {
                continue;
            }
            let bits = self.scorer.bits(row, other, &levels);
            let total = self.scorer.total(&bits);
            let alone = self.alone(group, row, other, (&levels, &bits, total));
            let counterpart = Counterpart { right, bits: total, alone };
            let one_birth = one_birth || levels[MatchField::Birth.at()] <= birth_level::TYPO;
            // A crowd of one name whom no birth date tells apart: whatever else differs, it is not for a weight to decide.
            let one_of_crowd = is_crowd && one_birth && (group.by_whole_name || are_one_name(&levels));
            let told = people >= self.likeness.all_told && agree_in_all(&levels);
            if alone >= self.likeness.least || told || one_of_crowd {
                alike.push(counterpart);
                if alike.len() >= ENOUGH {
                    break;
                }
            } else if named {
                nearest.push(counterpart);
            }
        }
        let is_alike = !alike.is_empty();
        let mut counterparts = if is_alike { alike } else { nearest };
        counterparts.sort_by(|a, b| b.alone.total_cmp(&a.alone).then(a.right.cmp(&b.right)));
        counterparts.truncate(self.likeness.each);
        (!counterparts.is_empty()).then(|| Found { left, counterparts, alike: is_alike.then_some(size) })
    }

    /// What a pair weighs when the rest of its group is not there: values are as rare as they are among all others, and a
    /// slip says what it says before any data where the data of the crowd make it say less.
    fn alone(&self, group: &Group, left: &Row, right: &Row, (levels, bits, total): (&Levels, &Bits, f64)) -> f64 {
        let (frequency, weights) = (self.scorer.frequency, &self.scorer.weights);
        let mut rarities = [0.0; 2];
        let mut out = *bits;
        for (place, field) in CROWD_FIELDS.into_iter().enumerate() {
            let (f, value) = (field.at(), left.get(field));
            let named = f < 2;
            match levels[f] {
                MISSING => {}
                level if level == field.otherwise() => {}
                EXACT if value == right.get(field) => {
                    let away = group
                        .carried
                        .get(&(place, value))
                        .map_or([0; 2], |count| count.map(|one| one.saturating_sub(1)));
                    let rarity = frequency.rarity_without(field, value, &away);
                    out[f] = weights.exact[f] + rarity;
                    if named {
                        rarities[f] = rarity;
                    }
                }
                name_level::SWAPPED if named => {
                    let away = group
                        .carried
                        .get(&(place, value))
                        .map_or([0; 2], |count| count.map(|one| one.saturating_sub(1)));
                    out[f] += frequency.rarity_without(field, value, &away) - frequency.rarity(field, value);
                }
                EXACT => {}
                level => out[f] = out[f].max(self.plain[f][level as usize]),
            }
        }
        if (levels[0], levels[1]) == (EXACT, EXACT) && rarities.iter().all(|rarity| *rarity > 0.0) {
            let cut = frequency.namesake_cut_at(rarities[0] + rarities[1]);
            out[1] = (out[1] + cut).max(0.0_f64.min(out[1]));
        }
        total - bits.iter().take(3).sum::<f64>() + out.iter().take(3).sum::<f64>()
    }
}

fn alone(found: &Found) -> f64 {
    found.counterparts.first().map_or(f64::NEG_INFINITY, |best| best.alone)
}

/// Whether both names agree but for a slip.
fn are_one_name(levels: &Levels) -> bool {
    levels[..2].iter().all(|level| matches!(*level, EXACT | name_level::PART | name_level::CLOSE))
}

/// Whether both whole names agree and nothing that both tell differs; an identifier aside, which is given anew.
fn agree_in_all(levels: &Levels) -> bool {
    let named = |level: u8| matches!(level, EXACT | name_level::SWAPPED);
    let birth = levels[MatchField::Birth.at()];
    let start = levels[MatchField::Start.at()];
    named(levels[0])
        && named(levels[1])
        && matches!(birth, MISSING | EXACT)
        && start <= 3
        && levels[MatchField::Email.at()] != email_level::ELSE
        && MatchField::ALL
            .into_iter()
            .filter(|field| !matches!(field, MatchField::Identifier | MatchField::Email))
            .all(|field| levels[field.at()] < field.otherwise())
}

fn work(row: &Row) -> [u32; 3] {
    [MatchField::Branch, MatchField::Job, MatchField::Start].map(|field| row.get(field))
}

fn birth_key(row: &Row) -> (u32, [u32; 3]) {
    (row.get(MatchField::Birth), work(row))
}

fn work_key(row: &Row) -> ([u32; 3], u32) {
    (work(row), row.get(MatchField::Birth))
}

/// First letters of last and first name: the order in which rows stand.
fn name_key(names: &Names, row: &Row) -> ([u8; 4], [u8; 4]) {
    (names.info(row.0[1]).prefix, names.info(row.0[0]).prefix)
}

fn around(order: &[u32], place: usize, out: &mut Vec<u32>) {
    out.extend_from_slice(&order[place.saturating_sub(NEIGHBOURS)..(place + NEIGHBOURS).min(order.len())]);
}

impl Group {
    /// All of a small group; of a large one those next to a row by birth date and work, also where either is not told.
    fn neighbours(&self, rows: &[Row], row: &Row, out: &mut Vec<u32>) {
        if self.rights.len() <= ALL_OF {
            out.extend_from_slice(&self.rights);
            return;
        }
        let (born, place) = (row.get(MatchField::Birth), work(row));
        for key in [(born, place), (0, place), (born, [0; 3]), (0, [0; 3])] {
            around(&self.by_birth, self.by_birth.partition_point(|at| birth_key(&rows[*at as usize]) < key), out);
        }
        let key = (place, born);
        around(&self.by_work, self.by_work.partition_point(|at| work_key(&rows[*at as usize]) < key), out);
    }

    /// Those next to a row by name.
    fn by_name(&self, names: &Names, rows: &[Row], row: &Row, out: &mut Vec<u32>) {
        if self.rights.len() > ALL_OF {
            let key = name_key(names, row);
            around(&self.rights, self.rights.partition_point(|at| name_key(names, &rows[*at as usize]) < key), out);
        }
    }

    /// How many may be one with this row: who has its birth date, or none.
    fn size_for(&self, row: &Row) -> Alike {
        let born = row.get(MatchField::Birth);
        if born == 0 {
            return Alike { left: self.all[0], right: self.all[1] };
        }
        let of = |birth: u32| self.births.get(&birth).copied().unwrap_or_default();
        let (same, untold) = (of(born), of(0));
        Alike { left: same[0] + untold[0], right: same[1] + untold[1] }
    }
}

/// Which keys were seen, as bits: most rows have none of them, and find out at the cost of one look.
struct Seen {
    bits: Vec<u64>,
    shift: u32,
}

impl Seen {
    fn of(keyed: &[(u64, u32)]) -> Self {
        let size = (keyed.len() * 16).next_power_of_two().max(1 << 10);
        let mut seen = Seen { bits: vec![0; size / 64], shift: 64 - size.trailing_zeros() };
        for (key, _) in keyed {
            let place = (key >> seen.shift) as usize;
            seen.bits[place / 64] |= 1 << (place % 64);
        }
        seen
    }

    fn has(&self, key: u64) -> bool {
        let place = (key >> self.shift) as usize;
        self.bits[place / 64] & (1 << (place % 64)) != 0
    }
}

/// Rows with their keys in a pass, by key.
fn keyed(keys: Keys<'_>, pass: &Pass, rows: &[Row], ids: &[u32], seen: Option<&Seen>) -> Vec<(u64, u32)> {
    let parts: Vec<Vec<(u64, u32)>> = ids
        .par_chunks(1 << 14)
        .map(|chunk| {
            let mut out = Vec::new();
            for &id in chunk {
                keys.of(pass, &rows[id as usize], |key| {
                    if seen.is_none_or(|seen| seen.has(key)) {
                        out.push((key, id));
                    }
                });
            }
            out
        })
        .collect();
    let mut all = parts.concat();
    all.par_sort_unstable();
    all
}

/// The entries of a key, taken off a sorted list of which all smaller keys are of no more use.
fn take<'k>(list: &mut &'k [(u64, u32)], key: u64) -> &'k [(u64, u32)] {
    let rest = &list[list.partition_point(|entry| entry.0 < key)..];
    let (own, rest) = rest.split_at(rest.partition_point(|entry| entry.0 == key));
    *list = rest;
    own
}
