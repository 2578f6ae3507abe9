//! Who is left when everybody else is matched. Where few employees and few users remain, a pair of them is likelier to be
//! one person than any pair of the two lists was: by elimination. How much likelier is estimated from these pairs alone,
//! by expectation maximisation of their prior with all other parameters fixed. It only ever raises, and it only ever asks:
//! nobody is linked by it without an operator.

use super::compare::Cache;
use super::link::{CLAIMED, Pair, odds};
use super::rows::{INACTIVE, Row};
use super::scoring::{KEEP, Scorer};
use super::training::Sides;
use rayon::prelude::*;

/// The maximum of pairs of the left over that are all compared; where more are left, nothing is said by elimination.
const MOST_PAIRS: usize = 1_000_000;
/// At most this share of the shorter side is believed to have a partner before anything is compared.
const MOST_PARTNERS: f64 = 0.5;
const ROUNDS: usize = 30;

/// What elimination says.
#[derive(Debug, Default)]
pub struct Leftover {
    /// Bits that it adds to the prior of a pair of two who are left; 0 where it says nothing.
    pub raise: f64,
    left: Vec<bool>,
    right: Vec<bool>,
}

impl Leftover {
    /// What it adds to the prior of this pair.
    pub fn of(&self, pair: &Pair) -> f64 {
        let open = |side: &[bool], row: u32| side.get(row as usize).copied().unwrap_or(false);
        if open(&self.left, pair.left) && open(&self.right, pair.right) { self.raise } else { 0.0 }
    }
}

/// Rows in use whom no pair claims.
fn unclaimed(rows: &[Row], pairs: &[Pair], row: impl Fn(&Pair) -> u32) -> Vec<bool> {
    let mut open: Vec<bool> = rows.iter().map(|row| !row.is(INACTIVE)).collect();
    for group in pairs.chunk_by(|a, b| a.right == b.right) {
        let all: f64 = group.iter().map(|pair| odds(pair.bits)).sum();
        for pair in group.iter().filter(|pair| odds(pair.bits) / (1.0 + all) >= CLAIMED) {
            open[row(pair) as usize] = false;
        }
    }
    open
}

fn numbers(open: &[bool]) -> Vec<u32> {
    open.iter().enumerate().filter(|(_, open)| **open).map(|(row, _)| row as u32).collect()
}

/// Compares all who are left with each other, and puts their pairs among the others (by destination row, then source row).
pub(super) fn eliminate(scorer: &Scorer<'_>, sides: &Sides<'_>, pairs: &mut Vec<Pair>) -> Leftover {
    let left = unclaimed(sides.left, pairs, |pair| pair.left);
    let right = unclaimed(sides.right, pairs, |pair| pair.right);
    let (lefts, rights) = (numbers(&left), numbers(&right));
    let all = lefts.len() * rights.len();
    if all == 0 || all > MOST_PAIRS {
        return Leftover::default();
    }
    let fewer = lefts.len().min(rights.len()) as f64;
    let prior = |partners: f64| {
        let share = partners.clamp(1e-9, MOST_PARTNERS * fewer) / all as f64;
        (share / (1.0 - share)).log2()
    };
    let most = prior(fewer) - scorer.weights.prior;
    if most <= 0.0 {
        return Leftover::default();
    }
    let found: Vec<Vec<Pair>> = rights
        .par_chunks(64)
        .map(|chunk| {
            let mut cache = Cache::default();
            let mut out = Vec::new();
            for &right in chunk {
                let target = scorer.target(&sides.right[right as usize]);
                for &left in &lefts {
                    if let Some(bits) = scorer.score(&sides.left[left as usize], &target, KEEP - most, &mut cache) {
                        out.push(Pair { left, right, bits });
                    }
                }
            }
            out
        })
        .collect();
    let mut found = found.concat();
    let mut raise = most;
    for _ in 0..ROUNDS {
        let partners: f64 = found
            .chunk_by(|a, b| a.right == b.right)
            .map(|group| group.iter().map(|pair| odds(pair.bits + raise)).sum::<f64>())
            .map(|sum| sum / (1.0 + sum))
            .sum();
        raise = prior(partners) - scorer.weights.prior;
    }
    if raise <= 0.0 {
        return Leftover::default();
    }
    let leftover = Leftover { raise, left, right };
    found.iter_mut().for_each(|pair| pair.bits += raise);
    found.retain(|pair| pair.bits >= KEEP);
    pairs.retain(|pair| leftover.of(pair) == 0.0);
    pairs.extend(found);
    pairs.sort_unstable_by_key(|pair| (pair.right, pair.left));
    leftover
}
