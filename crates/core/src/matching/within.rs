//! Duplicates inside one side: the same engine against itself. A row may have several doubles, so nobody competes.

use super::blocking::{
    BY_SOUND, Index, Keys, LOOSE, PAIRS_PER_ROW, Pass, RESCUE, RESCUE_PAIRS_PER_ROW, TIGHT, WITHIN_PAIRS_PER_ROW,
};
use super::compare::Cache;
use super::crowd::{self, Likeness, Search};
use super::field::name_level;
use super::frequency::Frequency;
use super::groups;
use super::link::{NOT_NEW_BITS, Pair, Phase, Progress, compare, probability};
use super::model::Model;
use super::rows::{Row, Side, Vocabulary};
use super::scoring::Scorer;
use super::table::PeopleTable;
use super::training::{self, Sides};

/// The number of rows up to which everybody is compared with everybody.
const FULL_ROWS: usize = 2_200;
const RESCUE_CAP: u64 = 2_000;
/// What a very loose pass may cost in pairs where that is more for each row than in a file of a million.
const LOOSE_PAIRS: u64 = 600_000;
/// Below this posterior a pair is not worth a look.
const LISTED: f64 = 0.02;
/// Pairs that are listed for each person at most, the best ones. (The first of a crowd stand in more, those of the others.)
const LISTED_EACH: u32 = 40;
/// Pairs that are listed for somebody in a crowd that was too large to compare.
const LISTED_IN_CROWD: usize = 5;
/// Share of a source's newcomers that are entered twice, before any evidence.
const TWIN_SHARE: f64 = 0.01;
const TWIN_POSTERIOR: f64 = 0.9;
/// Two entries of one name and nothing else may be two people; from this many on that is unlikely.
const MANY_ENTRIES: u32 = 3;

/// Two rows of one table that may be one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// Table rows, the earlier one first.
    pub left: usize,
    pub right: usize,
    pub weight: f64,
    pub probability: f64,
    /// How many people are alike, these two among them.
    pub alike: u32,
}

/// What was found within one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Duplicates {
    /// Likeliest first; a bounded number for each person.
    pub pairs: Vec<Duplicate>,
    /// People who stand in a crowd: more alike than are listed for one person.
    pub crowded: usize,
    /// How many are alike in the largest crowd.
    pub largest_crowd: u32,
}

fn compare_within(
    scorer: &Scorer<'_>,
    keys: Keys<'_>,
    rows: &[Row],
    report: &mut dyn FnMut(Progress),
    indexes: [&Index<'_>; 2],
) -> Vec<Pair> {
    let sides = Sides { left: rows, right: rows, within: true };
    let everybody: Vec<u32> = (0..rows.len() as u32).collect();
    let mut pairs = Vec::new();
    if rows.len() <= FULL_ROWS {
        let gather = |_: &Row, stage: usize, out: &mut Vec<u32>| {
            if stage == 0 {
                out.extend_from_slice(&everybody);
            }
        };
        compare(scorer, &sides, &everybody, gather, Phase::Comparing, report, &mut pairs);
        return pairs;
    }
    let side = (rows, everybody.as_slice());
    let pairs_per_row = (LOOSE_PAIRS / rows.len() as u64).clamp(RESCUE_PAIRS_PER_ROW, WITHIN_PAIRS_PER_ROW);
    let rescue = Index::build(keys, &RESCUE, side, side, RESCUE_CAP, pairs_per_row);
    let gather = |row: &Row, stage: usize, out: &mut Vec<u32>| match stage {
        0 => indexes.iter().for_each(|index| index.gather(row, out)),
        _ => rescue.gather(row, out),
    };
    compare(scorer, &sides, &everybody, gather, Phase::Comparing, report, &mut pairs);
    pairs
}

/// Pairs of rows that may be one person.
pub fn within(table: &PeopleTable, report: &mut dyn FnMut(Progress)) -> Duplicates {
    report(Progress { phase: Phase::Preparing, done: 0, total: table.len() });
    let (vocabulary, side, _) = Vocabulary::read(table, None);
    let frequency = Frequency::of(&vocabulary, &[&side.rows]);
    let keys = Keys::new(&vocabulary);
    let everybody: Vec<u32> = (0..side.rows.len() as u32).collect();
    let (rows, cap) = ((side.rows.as_slice(), everybody.as_slice()), 20_000.max(side.rows.len() as u64 / 10));
    let tight = Index::build(keys, &TIGHT, rows, rows, cap, PAIRS_PER_ROW);
    let loose = Index::build(keys, &LOOSE, rows, rows, cap, PAIRS_PER_ROW);
    let sides = Sides { left: &side.rows, right: &side.rows, within: true };
    report(Progress { phase: Phase::Training, done: 0, total: table.len() });
    let mut model = training::train(&vocabulary, &frequency, &sides, &[&tight, &loose]);
    let scorer = Scorer::new(&vocabulary, &frequency, &model);
    let mut pairs = compare_within(&scorer, keys, &side.rows, report, [&tight, &loose]);
    let expected: f64 = pairs.iter().map(|pair| probability(pair.bits)).sum();
    let moved = training::prior_bits(expected, sides.pairs()) - model.prior;
    pairs.iter_mut().for_each(|pair| pair.bits += moved);
    model.prior += moved;
    report(Progress { phase: Phase::Deciding, done: 0, total: table.len() });
    let scorer = Scorer::new(&vocabulary, &frequency, &model);
    groups::close(&scorer, &side.rows, &mut pairs);
    pairs.retain(|pair| probability(pair.bits) >= LISTED);
    let mut alike = alike_by_pairs(side.rows.len(), &pairs);
    let silent: Vec<u32> = everybody.iter().copied().filter(|row| alike[*row as usize] < 2).collect();
    let search = Search { silent: &silent, lefts: &everybody, rights: &everybody, with_namesakes: &[] };
    let crowded: Vec<Pass> = tight.crowded().chain(loose.crowded()).collect();
    let likeness = Likeness { least: NOT_NEW_BITS, all_told: MANY_ENTRIES, each: LISTED_IN_CROWD };
    for one in crowd::find(&scorer, keys, &sides, search, &crowded, likeness) {
        let size = one.alike.map_or(2, |alike| alike.right);
        for other in &one.counterparts {
            let (left, right) = (one.left.min(other.right), one.left.max(other.right));
            pairs.push(Pair { left, right, bits: other.alone });
            alike[left as usize] = alike[left as usize].max(size);
            alike[right as usize] = alike[right as usize].max(size);
        }
    }
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
    pairs.dedup_by_key(|pair| (pair.left, pair.right));
    Duplicates {
        crowded: alike.iter().filter(|people| **people > LISTED_EACH).count(),
        largest_crowd: alike.iter().copied().filter(|people| *people > LISTED_EACH).max().unwrap_or(0),
        pairs: listed(&side, &pairs, &alike),
    }
}

/// By row: how many are likely one person with it, itself among them; at least two where anybody may be.
fn alike_by_pairs(rows: usize, pairs: &[Pair]) -> Vec<u32> {
    let mut alike = vec![1; rows];
    for pair in pairs.iter().filter(|pair| pair.bits >= 0.0) {
        alike[pair.left as usize] += 1;
        alike[pair.right as usize] += 1;
    }
    for pair in pairs {
        for row in [pair.left, pair.right] {
            alike[row as usize] = alike[row as usize].max(2);
        }
    }
    alike
}

fn listed(side: &Side, pairs: &[Pair], alike: &[u32]) -> Vec<Duplicate> {
    let mut found: Vec<Duplicate> = pairs
        .iter()
        .map(|pair| {
            let (a, b) = (side.order[pair.left as usize] as usize, side.order[pair.right as usize] as usize);
            Duplicate {
                left: a.min(b),
                right: a.max(b),
                weight: pair.bits,
                probability: probability(pair.bits),
                alike: alike[pair.left as usize].max(alike[pair.right as usize]),
            }
        })
        .collect();
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then((a.left, a.right).cmp(&(b.left, b.right))));
    let mut listed = vec![0u32; side.rows.len()];
    found.retain(|pair| {
        let wanted = listed[pair.left] < LISTED_EACH || listed[pair.right] < LISTED_EACH;
        if wanted {
            listed[pair.left] += 1;
            listed[pair.right] += 1;
        }
        wanted
    });
    found
}

/// Rows among `new` (sorted rows of a source) that look like one person entered twice or more: creating them all would
/// make the duplicates that nobody wants. With how many are alike.
pub fn twin_entries(
    vocabulary: &Vocabulary,
    frequency: &Frequency,
    model: &Model,
    rows: &[Row],
    new: &[u32],
) -> Vec<(u32, u32)> {
    if new.len() < 2 {
        return Vec::new();
    }
    let mut model = model.clone();
    model.prior = (2.0 * TWIN_SHARE / new.len().max(100) as f64).log2();
    let scorer = Scorer::new(vocabulary, frequency, &model);
    let sides = Sides { left: rows, right: rows, within: true };
    let keys = Keys::new(vocabulary);
    let index = Index::build(keys, &TIGHT, (rows, new), (rows, new), RESCUE_CAP, RESCUE_PAIRS_PER_ROW);
    let gather = |row: &Row, stage: usize, out: &mut Vec<u32>| {
        if stage == 0 {
            index.gather(row, out);
        }
    };
    let mut pairs = Vec::new();
    compare(&scorer, &sides, new, gather, Phase::Deciding, &mut |_| {}, &mut pairs);
    let mut cache = Cache::default();
    pairs.retain(|pair| {
        let names = scorer.levels(&rows[pair.left as usize], &rows[pair.right as usize], &mut cache)[0];
        probability(pair.bits) >= TWIN_POSTERIOR && names != name_level::ELSE
    });
    let mut alike = alike_by_pairs(rows.len(), &pairs);
    let silent: Vec<u32> = new.iter().copied().filter(|row| alike[*row as usize] < 2).collect();
    let search = Search { silent: &silent, lefts: new, rights: new, with_namesakes: &[] };
    let by_sound = Index::build(keys, &BY_SOUND, (rows, new), (rows, new), RESCUE_CAP, RESCUE_PAIRS_PER_ROW);
    let crowded: Vec<Pass> = index.crowded().chain(by_sound.crowded()).collect();
    let least = (TWIN_POSTERIOR / (1.0 - TWIN_POSTERIOR)).log2();
    let likeness = Likeness { least, all_told: MANY_ENTRIES, each: 1 };
    for one in crowd::find(&scorer, keys, &sides, search, &crowded, likeness) {
        let size = one.alike.map_or(2, |alike| alike.right).max(2);
        for row in one.counterparts.iter().map(|other| other.right).chain([one.left]) {
            alike[row as usize] = alike[row as usize].max(size);
        }
    }
    new.iter().map(|row| (*row, alike[*row as usize])).filter(|(_, people)| *people >= 2).collect()
}
