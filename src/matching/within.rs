//! Duplicates inside one side: the same engine against itself. A row may have several doubles, so nobody competes.

use super::blocking::{Index, Keys, LOOSE, PAIRS_PER_ROW, RESCUE, RESCUE_PAIRS_PER_ROW, TIGHT};
use super::compare::Cache;
use super::field::{Levels, name_level};
use super::frequency::Frequency;
use super::link::{Pair, Phase, Progress, compare, probability};
use super::model::Model;
use super::rows::{Row, Side, Vocabulary};
use super::scoring::Scorer;
use super::table::PeopleTable;
use super::training::{self, Sides};

/// Up to so many rows everybody is compared with everybody.
const FULL_ROWS: usize = 2_200;
const RESCUE_CAP: u64 = 2_000;
/// Below this posterior a pair is not worth a look.
const LISTED: f64 = 0.02;
/// Edges from this weight on (99 %) hold a group together: what follows from two of them is listed too.
const HOLDING_BITS: f64 = 6.6;
/// What a pair weighs at most that only follows from others (94 %), and below what it is a contradiction after all.
const IMPLIED_BITS: f64 = 4.0;
const CONTRADICTION_BITS: f64 = -12.0;
const LARGEST_GROUP: usize = 40;
/// Share of a source's newcomers that are entered twice, before any evidence.
const TWIN_SHARE: f64 = 0.01;
const TWIN_POSTERIOR: f64 = 0.9;

/// Two rows of one table that may be one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// Table rows, the earlier one first.
    pub left: usize,
    pub right: usize,
    pub weight: f64,
    pub probability: f64,
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
    let rescue = Index::build(keys, &RESCUE, side, side, RESCUE_CAP, RESCUE_PAIRS_PER_ROW);
    let gather = |row: &Row, stage: usize, out: &mut Vec<u32>| match stage {
        0 => indexes.iter().for_each(|index| index.gather(row, out)),
        _ => rescue.gather(row, out),
    };
    compare(scorer, &sides, &everybody, gather, Phase::Comparing, report, &mut pairs);
    pairs
}

/// Pairs of rows that may be one person, likeliest first.
pub fn within(table: &PeopleTable, report: &mut dyn FnMut(Progress)) -> Vec<Duplicate> {
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
    close_groups(&scorer, &side.rows, &mut pairs);
    listed(&side, &pairs)
}

fn listed(side: &Side, pairs: &[Pair]) -> Vec<Duplicate> {
    let mut found: Vec<Duplicate> = pairs
        .iter()
        .map(|pair| {
            let (a, b) = (side.order[pair.left as usize] as usize, side.order[pair.right as usize] as usize);
            Duplicate { left: a.min(b), right: a.max(b), weight: pair.bits, probability: probability(pair.bits) }
        })
        .filter(|pair| pair.probability >= LISTED)
        .collect();
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then((a.left, a.right).cmp(&(b.left, b.right))));
    found
}

fn may_follow(levels: &Levels) -> bool {
    levels[0] != name_level::ELSE || levels[1] != name_level::ELSE
}

/// Where A is B and B is C, A is C: pairs within a group held together by strong edges are raised, unless they speak
/// against it themselves.
fn close_groups(scorer: &Scorer<'_>, rows: &[Row], pairs: &mut Vec<Pair>) {
    let mut edges: Vec<(f64, u32, u32)> =
        pairs.iter().filter(|pair| pair.bits >= HOLDING_BITS).map(|pair| (pair.bits, pair.left, pair.right)).collect();
    edges.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut group: Vec<u32> = (0..rows.len() as u32).collect();
    let mut members: std::collections::HashMap<u32, Vec<u32>> = std::collections::HashMap::new();
    let mut implied: Vec<(u32, u32)> = Vec::new();
    for (_, left, right) in edges {
        let (a, b) = (group[left as usize], group[right as usize]);
        if a == b {
            continue;
        }
        let first = members.remove(&a).unwrap_or_else(|| vec![a]);
        let second = members.remove(&b).unwrap_or_else(|| vec![b]);
        if first.len() + second.len() > LARGEST_GROUP {
            members.insert(a, first);
            members.insert(b, second);
            continue;
        }
        implied.extend(first.iter().flat_map(|x| second.iter().map(move |y| (*x.min(y), *x.max(y)))));
        second.iter().for_each(|row| group[*row as usize] = a);
        members.insert(a, [first, second].concat());
    }
    implied.sort_unstable();
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
    let mut cache = Cache::default();
    let mut added = Vec::new();
    for (left, right) in implied {
        match pairs.binary_search_by_key(&(left, right), |pair| (pair.left, pair.right)) {
            Ok(at) => pairs[at].bits = pairs[at].bits.max(IMPLIED_BITS),
            Err(_) => {
                let (a, b) = (&rows[left as usize], &rows[right as usize]);
                let levels = scorer.levels(a, b, &mut cache);
                if may_follow(&levels) && scorer.total(&scorer.bits(a, b, &levels)) >= CONTRADICTION_BITS {
                    added.push(Pair { left, right, bits: IMPLIED_BITS });
                }
            }
        }
    }
    pairs.extend(added);
}

/// Rows among `new` (sorted rows of a source) that look like one person entered twice: creating both would make the
/// duplicate that nobody wants.
pub fn twin_entries(
    vocabulary: &Vocabulary,
    frequency: &Frequency,
    model: &Model,
    rows: &[Row],
    new: &[u32],
) -> Vec<u32> {
    if new.len() < 2 {
        return Vec::new();
    }
    let mut model = model.clone();
    model.prior = (2.0 * TWIN_SHARE / new.len().max(100) as f64).log2();
    let scorer = Scorer::new(vocabulary, frequency, &model);
    let sides = Sides { left: rows, right: rows, within: true };
    let index = Index::build(Keys::new(vocabulary), &TIGHT, (rows, new), (rows, new), RESCUE_CAP, RESCUE_PAIRS_PER_ROW);
    let gather = |row: &Row, stage: usize, out: &mut Vec<u32>| {
        if stage == 0 {
            index.gather(row, out);
        }
    };
    let mut pairs = Vec::new();
    compare(&scorer, &sides, new, gather, Phase::Deciding, &mut |_| {}, &mut pairs);
    let mut cache = Cache::default();
    let mut twins: Vec<u32> = pairs
        .iter()
        .filter(|pair| probability(pair.bits) >= TWIN_POSTERIOR)
        .filter(|pair| {
            let levels = scorer.levels(&rows[pair.left as usize], &rows[pair.right as usize], &mut cache);
            levels[0] != name_level::ELSE
        })
        .flat_map(|pair| [pair.left, pair.right])
        .collect();
    twins.sort_unstable();
    twins.dedup();
    twins
}
