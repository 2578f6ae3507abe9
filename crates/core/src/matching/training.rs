//! Training without labels: u from random pairs, m and the prior by expectation maximisation over the candidates of a
//! sample, in which every destination user belongs to at most one employee.

use super::blocking::{Index, unique};
use super::compare::Cache;
use super::field::{FIELDS, LEVELS, Levels, MatchField};
use super::frequency::Frequency;
use super::model::{DEFAULT_M, DEFAULT_U, Model, PSEUDO_RANDOM, Table, Weights};
use super::rows::{Row, Vocabulary};
use super::scoring::Scorer;
use rayon::prelude::*;

const RANDOM_PAIRS: u64 = 200_000;
/// Destination rows that are trained on, evenly spread over all.
const SAMPLE: usize = 20_000;
const MOST_ROUNDS: usize = 25;
const CONVERGED: f64 = 2e-4;
/// Pairs below this under the starting model take no part in training.
const HOPELESS: f64 = -12.0;
const CHUNK: usize = 512;

/// Two sides, or one side against itself.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub left: &'a [Row],
    pub right: &'a [Row],
    /// One side against itself: a pair is counted once, and a row may have several partners.
    pub within: bool,
}

impl Sides<'_> {
    /// How many pairs there are.
    pub fn pairs(&self) -> f64 {
        let (left, right) = (self.left.len() as f64, self.right.len() as f64);
        if self.within { (left * (left - 1.0) / 2.0).max(1.0) } else { (left * right).max(1.0) }
    }

    /// Whether candidate `left` of row `right` counts: within one side each pair once, nobody with himself.
    pub fn counts(&self, left: u32, right: u32) -> bool {
        !self.within || left < right
    }
}

fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The odds before training: half of the smaller side has a partner (within one side: one row in ten).
fn starting_prior(sides: &Sides<'_>) -> f64 {
    let smaller = sides.left.len().min(sides.right.len()).max(1) as f64;
    let expected = if sides.within { smaller * 0.1 } else { smaller * 0.5 };
    prior_bits(expected, sides.pairs())
}

/// A list may be only what is left of a company, so a short one says little: no pair is likelier one person before any
/// evidence than in a company of this size.
const LEAST_PEOPLE: f64 = 200.0;

/// The prior in bits when `expected` pairs of `all` are one person.
pub fn prior_bits(expected: f64, all: f64) -> f64 {
    let share = ((expected + 0.5) / (all + 1.0)).clamp(1e-15, 1.0 / LEAST_PEOPLE);
    (share / (1.0 - share)).log2()
}

/// Where the columns at hand say little, hardly any pair convinces, and a prior that follows what was found would sink
/// until nobody is even looked at: one in this many of the smaller side is expected to have a partner, whatever was found.
const FEWEST_PARTNERS: f64 = 64.0;

/// The fewest partners to expect where each side has this many people.
pub fn fewest_partners(lefts: usize, rights: usize) -> f64 {
    lefts.min(rights) as f64 / FEWEST_PARTNERS
}

/// A model for these sides.
pub fn train(vocabulary: &Vocabulary, frequency: &Frequency, sides: &Sides<'_>, indexes: &[&Index<'_>]) -> Model {
    let mut model = Model { m: DEFAULT_M, u: DEFAULT_U, prior: starting_prior(sides) };
    if sides.left.is_empty() || sides.right.is_empty() {
        return model;
    }
    model.u = random_levels(vocabulary, frequency, sides, &model);
    let sample = candidates(vocabulary, frequency, sides, indexes, &model);
    for _ in 0..MOST_ROUNDS {
        if round(&mut model, &sample, sides) < CONVERGED {
            break;
        }
    }
    model
}

/// u of all levels: how often two people agree so by chance. Pairs that look like one person are left out.
fn random_levels(vocabulary: &Vocabulary, frequency: &Frequency, sides: &Sides<'_>, start: &Model) -> Table {
    let scorer = Scorer::new(vocabulary, frequency, start);
    let all = sides.left.len() as u64 * sides.right.len() as u64;
    let wanted = all.min(RANDOM_PAIRS);
    let chunks = wanted.div_ceil(8192);
    let counted: Vec<Table> = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut cache = Cache::default();
            let mut counts = [[0.0; LEVELS]; FIELDS];
            for at in chunk * 8192..((chunk + 1) * 8192).min(wanted) {
                let pick = if all <= RANDOM_PAIRS { at } else { scramble(at) % all };
                let (l, r) = ((pick % sides.left.len() as u64) as u32, (pick / sides.left.len() as u64) as u32);
                if sides.within && l == r {
                    continue;
                }
                let (left, right) = (&sides.left[l as usize], &sides.right[r as usize]);
                let levels = scorer.levels(left, right, &mut cache);
                // Only a pair that agrees twice can look like one person.
                let agreeing = levels.iter().filter(|level| (1..=2).contains(*level)).count();
                if agreeing < 2 || scorer.total(&scorer.bits(left, right, &levels)) < 0.0 {
                    (0..FIELDS).for_each(|f| counts[f][levels[f] as usize] += 1.0);
                }
            }
            counts
        })
        .collect();
    let mut u = DEFAULT_U;
    for field in MatchField::ALL {
        let f = field.at();
        let counts: Vec<f64> = (0..LEVELS).map(|level| counted.iter().map(|table| table[f][level]).sum()).collect();
        let total: f64 = counts[1..].iter().sum::<f64>() + PSEUDO_RANDOM;
        for level in 1..LEVELS {
            u[f][level] = (counts[level] + PSEUDO_RANDOM * DEFAULT_U[f][level]) / total;
        }
    }
    u
}

/// A candidate pair of the sample: its levels and the rarity part of each field's bits.
struct Sampled {
    levels: Levels,
    rarity: [f32; FIELDS],
}

/// The sample, grouped by destination row.
struct Sample {
    groups: Vec<Vec<Sampled>>,
    rows: usize,
}

fn candidates(
    vocabulary: &Vocabulary,
    frequency: &Frequency,
    sides: &Sides<'_>,
    indexes: &[&Index<'_>],
    start: &Model,
) -> Sample {
    let scorer = Scorer::new(vocabulary, frequency, start);
    let step = sides.right.len().div_ceil(SAMPLE).max(1);
    let rows: Vec<u32> = (0..sides.right.len()).step_by(step).map(|row| row as u32).collect();
    let groups: Vec<Vec<Vec<Sampled>>> = rows
        .par_chunks(CHUNK)
        .map(|chunk| {
            let (mut cache, mut found) = (Cache::default(), Vec::new());
            chunk
                .iter()
                .map(|&at| {
                    let row = &sides.right[at as usize];
                    let target = scorer.target(row);
                    found.clear();
                    indexes.iter().for_each(|index| index.gather(row, &mut found));
                    unique(&mut found);
                    let kept = found.iter().filter(|&&left| sides.counts(left, at)).filter_map(|&left| {
                        let left = &sides.left[left as usize];
                        scorer.score(left, &target, HOPELESS, &mut cache)?;
                        Some(sampled(&scorer, left, row, &mut cache))
                    });
                    kept.collect()
                })
                .collect()
        })
        .collect();
    Sample { rows: rows.len(), groups: groups.into_iter().flatten().filter(|group| !group.is_empty()).collect() }
}

fn sampled(scorer: &Scorer<'_>, left: &Row, right: &Row, cache: &mut Cache) -> Sampled {
    let levels = scorer.levels(left, right, cache);
    let bits = scorer.bits(left, right, &levels);
    let mut rarity = [0.0; FIELDS];
    for f in 0..FIELDS {
        // What is left of the bits without m: rarity, or the cap of an implied field.
        let part_of_m = if levels[f] == super::field::EXACT { scorer.weights.exact[f] } else { 0.0 };
        rarity[f] = (bits[f] - part_of_m) as f32;
    }
    Sampled { levels, rarity }
}

/// One round: expectation over the sample, then new m and prior. Returns the largest move of an m.
fn round(model: &mut Model, sample: &Sample, sides: &Sides<'_>) -> f64 {
    let weights = Weights::of(model);
    let partial: Vec<(Table, f64)> = sample
        .groups
        .par_chunks(CHUNK)
        .map(|groups| {
            let mut counts = [[0.0; LEVELS]; FIELDS];
            let mut expected = 0.0;
            let mut odds = Vec::new();
            for group in groups {
                odds.clear();
                odds.extend(group.iter().map(|pair| total(&weights, pair).clamp(-60.0, 60.0).exp2()));
                let rivals: f64 = odds.iter().sum();
                for (pair, odds) in group.iter().zip(&odds) {
                    let share = if sides.within { odds / (1.0 + odds) } else { odds / (1.0 + rivals) };
                    expected += share;
                    (0..FIELDS).for_each(|f| counts[f][pair.levels[f] as usize] += share);
                }
            }
            (counts, expected)
        })
        .collect();
    let mut counts = [[0.0; LEVELS]; FIELDS];
    let mut expected = 0.0;
    for (table, share) in &partial {
        expected += share;
        for (sum, part) in counts.iter_mut().flatten().zip(table.iter().flatten()) {
            *sum += part;
        }
    }
    let before = model.m;
    model.learn_m(&counts, &DEFAULT_M);
    let part = sample.rows as f64 / sides.right.len() as f64;
    let fewest = if sides.within { 0.0 } else { part * fewest_partners(sides.left.len(), sides.right.len()) };
    model.prior = prior_bits(expected.max(fewest), sides.pairs() * part);
    let moved = |(new, old): (&f64, &f64)| (new - old).abs();
    model.m.iter().flatten().zip(before.iter().flatten()).map(moved).fold(0.0, f64::max)
}

fn total(weights: &Weights, pair: &Sampled) -> f64 {
    let mut sum = weights.prior;
    for f in 0..FIELDS {
        let level = pair.levels[f] as usize;
        sum += match pair.levels[f] {
            super::field::MISSING => 0.0,
            super::field::EXACT => weights.exact[f] + f64::from(pair.rarity[f]),
            super::field::name_level::SWAPPED if f <= 1 => f64::from(pair.rarity[f]),
            _ => weights.bits[f][level],
        };
    }
    sum
}
