//! Duplicates inside one side: the same engine against itself. A row may have several doubles, so nobody competes.

use super::blocking::{Index, Keys, LOOSE, PAIRS_PER_ROW, RESCUE, RESCUE_PAIRS_PER_ROW, TIGHT, WITHIN_PAIRS_PER_ROW};
use super::compare::Cache;
use super::field::name_level;
use super::frequency::Frequency;
use super::groups;
use super::link::{Pair, Phase, Progress, compare, probability};
use super::model::Model;
use super::rows::{Row, Side, Vocabulary};
use super::scoring::Scorer;
use super::table::PeopleTable;
use super::training::{self, Sides};

/// Up to so many rows everybody is compared with everybody.
const FULL_ROWS: usize = 2_200;
const RESCUE_CAP: u64 = 2_000;
/// What a very loose pass may cost in pairs where that is more for each row than in a file of a million.
const LOOSE_PAIRS: u64 = 600_000;
/// Below this posterior a pair is not worth a look.
const LISTED: f64 = 0.02;
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
    let pairs_per_row = (LOOSE_PAIRS / rows.len() as u64).clamp(RESCUE_PAIRS_PER_ROW, WITHIN_PAIRS_PER_ROW);
    let rescue = Index::build(keys, &RESCUE, side, side, RESCUE_CAP, pairs_per_row);
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
    groups::close(&scorer, &side.rows, &mut pairs);
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
