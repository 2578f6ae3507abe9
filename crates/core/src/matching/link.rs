//! The whole comparison of two sides: read, train, compare, rescue, and who belongs to whom with what weight.

use super::blocking::{Index, Keys, LOOSE, PAIRS_PER_ROW, Pass, RESCUE, RESCUE_PAIRS_PER_ROW, TIGHT, unique};
use super::compare::Cache;
use super::crowd::{self, Alike, Likeness, Search};
use super::field::MatchField;
use super::frequency::Frequency;
use super::learning::Learned;
use super::leftover::{self, Leftover};
use super::model::Model;
use super::rows::{Row, Side, Vocabulary};
use super::scoring::{KEEP, Scorer};
use super::table::PeopleTable;
use super::training::{self, Sides};
use rayon::prelude::*;
use std::collections::HashMap;

/// The number of pairs up to which every employee is compared with every user: no blocking can miss anybody.
const FULL_PRODUCT: u64 = 2_500_000;
/// A destination row that reaches this many bits, and is as far ahead of the next, needs no loose pass.
const SETTLED_BITS: f64 = 10.0;
/// Above this posterior a row is claimed and leaves the rescue.
pub(super) const CLAIMED: f64 = 0.95;
const RESCUE_CAP: u64 = 2_000;
const CHUNK: usize = 4096;
/// Chunks between two reports of progress.
const STRIDE: usize = 16;
/// How often the prior is set again from the expected number of partners.
const PRIOR_ROUNDS: usize = 3;
/// The bits, before rivals, from which a candidate keeps an employee from being called new.
pub(super) const NOT_NEW_BITS: f64 = -3.0;
/// Two employees for one user whose weights lie so close are a tie.
pub(super) const TIE_BITS: f64 = 3.0;
/// How many who are alike are named for somebody who is looked up in a crowd.
const NAMED: usize = 5;
/// The number of claims on one user from which sums are carried along instead of being made anew for each.
const MANY_CLAIMS: usize = 64;
/// Share of a side's identifiers that the other side must know, or the two number people differently.
const SAME_NUMBERING: f64 = 0.1;

/// What the engine is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Reading,
    Preparing,
    Training,
    Comparing,
    Rescuing,
    Deciding,
    Writing,
}

/// How far a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// People done of all; both 0 where the phase cannot tell.
    pub done: usize,
    pub total: usize,
}

/// A candidate pair, in sorted row numbers.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub left: u32,
    pub right: u32,
    /// Prior and fields, before rivals.
    pub bits: f64,
}

/// Two sides compared.
pub struct Linkage {
    pub vocabulary: Vocabulary,
    pub left: Side,
    pub right: Side,
    pub frequency: Frequency,
    /// As it was trained, moved by what was learnt.
    pub model: Model,
    /// What was learnt from rulings.
    pub learned: Learned,
    /// By destination row, then source row.
    pub pairs: Vec<Pair>,
    /// For each pair what rivals take away, in bits (0 or less).
    pub rival: Vec<f64>,
    /// The two sides number people differently: identifiers were not compared.
    pub other_numbering: bool,
    /// Blocks left out because their key was too common.
    pub dropped_blocks: usize,
    /// By source row: too many share its whole name for it to be compared by it. Empty where that is so for nobody.
    pub too_common: Vec<bool>,
    /// What elimination adds to pairs of those whom nobody else claims.
    pub leftover: Leftover,
    /// Employees (sorted rows) whom only the crowd they stand in kept from having a candidate, and how many are alike.
    pub crowds: HashMap<u32, Alike>,
    /// By destination row.
    claims: Vec<Claims>,
    by_left: Vec<u32>,
    left_starts: Vec<u32>,
}

/// Who claims a user most.
#[derive(Debug, Clone, Copy, Default)]
struct Claims {
    /// Numbers of the two best pairs, plus one; 0 where there is none.
    best: [u32; 2],
    /// How many lie within [`TIE_BITS`] of the best.
    tied: u32,
}

fn everybody(rows: &[Row]) -> Vec<u32> {
    (0..rows.len() as u32).collect()
}

/// Compares all employees with all users. `report` hears of progress.
pub fn link(source: &PeopleTable, destination: &PeopleTable, report: &mut dyn FnMut(Progress)) -> Linkage {
    link_learned(source, destination, Learned::default(), report)
}

/// As [`link`], with what was learnt from rulings.
pub fn link_learned(
    source: &PeopleTable,
    destination: &PeopleTable,
    learned: Learned,
    report: &mut dyn FnMut(Progress),
) -> Linkage {
    report(Progress { phase: Phase::Preparing, done: 0, total: source.len() + destination.len() });
    let (vocabulary, mut left, right) = Vocabulary::read(source, Some(destination));
    let mut right = right.unwrap_or_default();
    let other_numbering = forget_other_numbering(&mut left, &mut right);
    let frequency = Frequency::of(&vocabulary, &[&left.rows, &right.rows]);
    let mut linkage = Linkage {
        vocabulary,
        left,
        right,
        frequency,
        model: Model::default(),
        learned,
        pairs: Vec::new(),
        rival: Vec::new(),
        other_numbering,
        dropped_blocks: 0,
        too_common: Vec::new(),
        leftover: Leftover::default(),
        crowds: HashMap::new(),
        claims: Vec::new(),
        by_left: Vec::new(),
        left_starts: Vec::new(),
    };
    linkage.run(report);
    linkage
}

/// Where hardly any identifier of one side is known to the other, the numbers are of another kind: comparing them would
/// speak against everybody.
fn forget_other_numbering(left: &mut Side, right: &mut Side) -> bool {
    let at = MatchField::Identifier.at();
    let highest = left.rows.iter().chain(&right.rows).map(|row| row.0[at]).max().unwrap_or(0);
    let mut known = vec![false; highest as usize + 1];
    left.rows.iter().for_each(|row| known[row.0[at] as usize] = true);
    let given = right.rows.iter().filter(|row| row.0[at] != 0).count();
    let shared = right.rows.iter().filter(|row| row.0[at] != 0 && known[row.0[at] as usize]).count();
    let other = given > 0 && (shared as f64) < SAME_NUMBERING * given as f64;
    if other {
        left.rows.iter_mut().chain(&mut right.rows).for_each(|row| row.0[at] = 0);
    }
    other
}

impl Linkage {
    fn run(&mut self, report: &mut dyn FnMut(Progress)) {
        let (lefts, rights) = (everybody(&self.left.rows), everybody(&self.right.rows));
        let product = lefts.len() as u64 * rights.len() as u64;
        let cap = 20_000.max(self.left.rows.len() as u64 / 10);
        let keys = Keys::new(&self.vocabulary);
        let sides = Sides { left: &self.left.rows, right: &self.right.rows, within: false };
        let (from, to) =
            ((self.left.rows.as_slice(), lefts.as_slice()), (self.right.rows.as_slice(), rights.as_slice()));
        let tight = Index::build(keys, &TIGHT, from, to, cap, PAIRS_PER_ROW);
        let loose = Index::build(keys, &LOOSE, from, to, cap, PAIRS_PER_ROW);
        report(Progress { phase: Phase::Training, done: 0, total: rights.len() });
        let mut model = training::train(&self.vocabulary, &self.frequency, &sides, &[&tight, &loose]);
        self.learned.adjust(&mut model);
        let scorer = Scorer::new(&self.vocabulary, &self.frequency, &model);
        let crowded: Vec<Pass> = tight.crowded().chain(loose.crowded()).collect();
        let mut pairs = Vec::new();
        if product <= FULL_PRODUCT {
            let gather = |_: &Row, stage: usize, out: &mut Vec<u32>| {
                if stage == 0 {
                    out.extend(0..lefts.len() as u32);
                }
            };
            compare(&scorer, &sides, &rights, gather, Phase::Comparing, report, &mut pairs);
        } else {
            let gather = |row: &Row, stage: usize, out: &mut Vec<u32>| match stage {
                0 => tight.gather(row, out),
                _ => loose.gather(row, out),
            };
            compare(&scorer, &sides, &rights, gather, Phase::Comparing, report, &mut pairs);
            let dropped = tight.dropped + loose.dropped;
            if tight.dropped > 0 {
                self.too_common = self.left.rows.par_iter().map(|row| tight.has_too_common_name(row)).collect();
            }
            drop((tight, loose));
            let rescued = rescue(&scorer, keys, &sides, &pairs, report);
            pairs = merge(pairs, rescued);
            self.dropped_blocks = dropped;
        }
        adjust_prior(&mut model, &mut pairs, &sides);
        let scorer = Scorer::new(&self.vocabulary, &self.frequency, &model);
        self.leftover = leftover::eliminate(&scorer, &sides, &mut pairs);
        let silent = silent_rows(&pairs, lefts.len());
        let search = Search { silent: &silent, lefts: &lefts, rights: &rights, with_namesakes: &self.too_common };
        let likeness = Likeness { least: NOT_NEW_BITS, all_told: 2, each: NAMED };
        let found = crowd::find(&scorer, keys, &sides, search, &crowded, likeness);
        let mut added = Vec::new();
        for one in found {
            added.extend(one.counterparts.iter().map(|other| {
                let pair = Pair { left: one.left, right: other.right, bits: other.bits };
                Pair { bits: pair.bits + self.leftover.of(&pair), ..pair }
            }));
            if let Some(alike) = one.alike {
                self.crowds.insert(one.left, alike);
            }
        }
        added.sort_unstable_by_key(|pair| (pair.right, pair.left));
        pairs = merge(pairs, added);
        self.model = model;
        self.pairs = pairs;
        self.finish();
    }

    /// Works out rivals and the order by employee.
    fn finish(&mut self) {
        self.rival = rivals(&self.pairs);
        self.claims = claims(&self.pairs, self.right.rows.len());
        let mut starts = vec![0u32; self.left.rows.len() + 1];
        self.pairs.iter().for_each(|pair| starts[pair.left as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut fill = starts.clone();
        let mut by_left = vec![0; self.pairs.len()];
        for (at, pair) in self.pairs.iter().enumerate() {
            by_left[fill[pair.left as usize] as usize] = at as u32;
            fill[pair.left as usize] += 1;
        }
        for row in 0..self.left.rows.len() {
            let slice = &mut by_left[starts[row] as usize..starts[row + 1] as usize];
            if slice.len() > 1 {
                slice.sort_by(|a, b| self.weight(*b as usize).total_cmp(&self.weight(*a as usize)).then(a.cmp(b)));
            }
        }
        self.by_left = by_left;
        self.left_starts = starts;
    }

    /// Total weight of a pair: prior, fields and rivals.
    pub fn weight(&self, pair: usize) -> f64 {
        self.pairs[pair].bits + self.rival[pair]
    }

    /// Posterior of a pair.
    pub fn probability(&self, pair: usize) -> f64 {
        self.learned.calibration.probability(self.weight(pair))
    }

    /// Numbers of the pairs of a source row, best first.
    pub fn of_left(&self, left: usize) -> &[u32] {
        &self.by_left[self.left_starts[left] as usize..self.left_starts[left + 1] as usize]
    }

    /// The best claim on the user of a pair beside its own.
    pub fn best_rival(&self, pair: usize) -> Option<usize> {
        let [first, second] = self.claims.get(self.pairs[pair].right as usize).copied().unwrap_or_default().best;
        let rival = if first as usize == pair + 1 { second } else { first };
        (rival as usize).checked_sub(1)
    }

    /// How many employees have about the best claim on the user of a pair, if that one is among them; else 0.
    pub fn tied_at_top(&self, pair: usize) -> u32 {
        let claims = self.claims.get(self.pairs[pair].right as usize).copied().unwrap_or_default();
        let Some(best) = (claims.best[0] as usize).checked_sub(1) else { return 0 };
        if self.pairs[best].bits - self.pairs[pair].bits < TIE_BITS { claims.tied } else { 0 }
    }

    /// A scorer under the final model.
    pub fn scorer(&self) -> Scorer<'_> {
        Scorer::new(&self.vocabulary, &self.frequency, &self.model)
    }
}

/// Posterior of a total weight in bits.
pub fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).clamp(-1000.0, 1000.0).exp2())
}

/// For each group of one destination row: what the others of the group take from each, in bits.
fn rivals(pairs: &[Pair]) -> Vec<f64> {
    let mut rival = Vec::with_capacity(pairs.len());
    for group in pairs.chunk_by(|a, b| a.right == b.right) {
        if group.len() == 1 {
            rival.push(0.0);
            continue;
        }
        if group.len() > MANY_CLAIMS {
            let mut after = vec![0.0; group.len() + 1];
            for (at, pair) in group.iter().enumerate().rev() {
                after[at] = after[at + 1] + odds(pair.bits);
            }
            let mut before = 0.0;
            for (at, pair) in group.iter().enumerate() {
                rival.push(-(1.0_f64 + before + after[at + 1]).log2());
                before += odds(pair.bits);
            }
            continue;
        }
        for (at, _) in group.iter().enumerate() {
            let others: f64 = group.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, pair)| odds(pair.bits)).sum();
            rival.push(-(1.0 + others).log2());
        }
    }
    rival
}

fn claims(pairs: &[Pair], users: usize) -> Vec<Claims> {
    let mut claims = vec![Claims::default(); users];
    let mut from = 0;
    for group in pairs.chunk_by(|a, b| a.right == b.right) {
        let own = &mut claims[group[0].right as usize];
        let (mut best, mut next) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (at, pair) in group.iter().enumerate() {
            let number = (from + at + 1) as u32;
            if pair.bits > best || own.best[0] == 0 {
                (own.best, best, next) = ([number, own.best[0]], pair.bits, best);
            } else if pair.bits > next || own.best[1] == 0 {
                (own.best[1], next) = (number, pair.bits);
            }
        }
        own.tied = group.iter().filter(|pair| best - pair.bits < TIE_BITS).count() as u32;
        from += group.len();
    }
    claims
}

/// Source rows without any pair that would keep them from being called new.
fn silent_rows(pairs: &[Pair], lefts: usize) -> Vec<u32> {
    let mut near = vec![false; lefts];
    pairs.iter().filter(|pair| pair.bits >= NOT_NEW_BITS).for_each(|pair| near[pair.left as usize] = true);
    (0..lefts as u32).filter(|row| !near[*row as usize]).collect()
}

pub(super) fn odds(bits: f64) -> f64 {
    bits.clamp(-200.0, 200.0).exp2()
}

/// Sets the prior from how many destination rows are expected to have a partner, and moves all pairs with it.
fn adjust_prior(model: &mut Model, pairs: &mut [Pair], sides: &Sides<'_>) {
    if sides.right.is_empty() {
        return;
    }
    for _ in 0..PRIOR_ROUNDS {
        let expected: f64 = pairs
            .chunk_by(|a, b| a.right == b.right)
            .map(|group| group.iter().map(|pair| odds(pair.bits)).sum::<f64>())
            .map(|sum| sum / (1.0 + sum))
            .sum();
        let fewest = training::fewest_partners(sides.left.len(), sides.right.len());
        let prior = training::prior_bits(expected.max(fewest), sides.pairs());
        let moved = prior - model.prior;
        pairs.iter_mut().for_each(|pair| pair.bits += moved);
        model.prior = prior;
    }
}

/// Compares destination rows with what `gather` finds for them at stage 0, and at stage 1 where that did not settle it.
pub(super) fn compare(
    scorer: &Scorer<'_>,
    sides: &Sides<'_>,
    rights: &[u32],
    gather: impl Fn(&Row, usize, &mut Vec<u32>) + Sync,
    phase: Phase,
    report: &mut dyn FnMut(Progress),
    pairs: &mut Vec<Pair>,
) {
    let mut done = 0;
    for stride in rights.chunks(CHUNK * STRIDE) {
        report(Progress { phase, done, total: rights.len() });
        let found: Vec<Vec<Pair>> = stride
            .par_chunks(CHUNK)
            .map(|chunk| {
                let (mut cache, mut candidates, mut out) = (Cache::default(), Vec::new(), Vec::new());
                for &right in chunk {
                    compare_row(scorer, sides, right, &gather, &mut candidates, &mut cache, &mut out);
                }
                out
            })
            .collect();
        found.into_iter().for_each(|part| pairs.extend(part));
        done += stride.len();
    }
    report(Progress { phase, done, total: rights.len() });
}

fn compare_row(
    scorer: &Scorer<'_>,
    sides: &Sides<'_>,
    right: u32,
    gather: &(impl Fn(&Row, usize, &mut Vec<u32>) + Sync),
    candidates: &mut Vec<u32>,
    cache: &mut Cache,
    out: &mut Vec<Pair>,
) {
    let row = &sides.right[right as usize];
    let target = scorer.target(row);
    let from = out.len();
    let mut score = |candidates: &[u32], out: &mut Vec<Pair>| {
        for &left in candidates.iter().filter(|&&left| sides.counts(left, right)) {
            let employee = &sides.left[left as usize];
            // Who carries one's identifier is worth showing, however little else agrees (case 19).
            let keep = if employee.shares_identifier(row) { f64::NEG_INFINITY } else { KEEP };
            if let Some(bits) = scorer.score(employee, &target, keep, cache) {
                out.push(Pair { left, right, bits });
            }
        }
    };
    candidates.clear();
    gather(row, 0, candidates);
    unique(candidates);
    score(candidates, out);
    if !sides.within && is_settled(&out[from..]) {
        return;
    }
    let first = std::mem::take(candidates);
    gather(row, 1, candidates);
    if !candidates.is_empty() {
        unique(candidates);
        candidates.retain(|left| first.binary_search(left).is_err());
        score(candidates, out);
        out[from..].sort_unstable_by_key(|pair| pair.left);
    }
}

fn is_settled(pairs: &[Pair]) -> bool {
    let (mut best, mut next) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for pair in pairs {
        if pair.bits > best {
            (best, next) = (pair.bits, best);
        } else if pair.bits > next {
            next = pair.bits;
        }
    }
    best >= SETTLED_BITS && best - next >= SETTLED_BITS
}

/// Compares those whom nobody has claimed over much looser keys.
fn rescue(
    scorer: &Scorer<'_>,
    keys: Keys<'_>,
    sides: &Sides<'_>,
    pairs: &[Pair],
    report: &mut dyn FnMut(Progress),
) -> Vec<Pair> {
    let (mut left_claimed, mut right_claimed) = (vec![false; sides.left.len()], vec![false; sides.right.len()]);
    for group in pairs.chunk_by(|a, b| a.right == b.right) {
        let all: f64 = group.iter().map(|pair| odds(pair.bits)).sum();
        for pair in group.iter().filter(|pair| odds(pair.bits) / (1.0 + all) >= CLAIMED) {
            left_claimed[pair.left as usize] = true;
            right_claimed[pair.right as usize] = true;
        }
    }
    let open = |claimed: &[bool]| -> Vec<u32> {
        claimed.iter().enumerate().filter(|(_, claimed)| !**claimed).map(|(row, _)| row as u32).collect()
    };
    let (lefts, rights) = (open(&left_claimed), open(&right_claimed));
    let mut rescued = Vec::new();
    if (lefts.len() as u64) * (rights.len() as u64) <= FULL_PRODUCT {
        let gather = |_: &Row, stage: usize, out: &mut Vec<u32>| {
            if stage == 0 {
                out.extend_from_slice(&lefts);
            }
        };
        compare(scorer, sides, &rights, gather, Phase::Rescuing, report, &mut rescued);
    } else {
        let index =
            Index::build(keys, &RESCUE, (sides.left, &lefts), (sides.right, &rights), RESCUE_CAP, RESCUE_PAIRS_PER_ROW);
        let gather = |row: &Row, stage: usize, out: &mut Vec<u32>| {
            if stage == 0 {
                index.gather(row, out);
            }
        };
        compare(scorer, sides, &rights, gather, Phase::Rescuing, report, &mut rescued);
    }
    rescued
}

/// Two lists by destination and source row as one; a pair in both counts once.
fn merge(main: Vec<Pair>, rescued: Vec<Pair>) -> Vec<Pair> {
    if rescued.is_empty() {
        return main;
    }
    let key = |pair: &Pair| (pair.right, pair.left);
    let mut out = Vec::with_capacity(main.len() + rescued.len());
    let (mut a, mut b) = (main.into_iter().peekable(), rescued.into_iter().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if key(x) == key(y) => {
                b.next();
                a.next()
            }
            (Some(x), Some(y)) if key(x) > key(y) => b.next(),
            (Some(_), _) => a.next(),
            (None, _) => b.next(),
        };
        match next {
            Some(pair) => out.push(pair),
            None => return out,
        }
    }
}
