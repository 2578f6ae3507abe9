//! Which rows of one side are one person: rows are put together group by group, and a pair weighs what its groups say.

use super::compare::Cache;
use super::field::MatchField;
use super::link::Pair;
use super::rows::Row;
use super::scoring::{KEEP, Scorer};
use std::collections::HashMap;

/// A row is not of a group when its mean pair with it lies below what is kept as a candidate at all; it may be a row of
/// which little is known. Two groups of several rows are one person when their mean pair is likelier than not.
const ROW_MEAN_BITS: f64 = KEEP;
const GROUP_MEAN_BITS: f64 = 0.0;
/// The most and the least that one pair adds to a mean, in bits: or one agreement would outvote a contradiction, and the reverse.
const MOST_BITS: f64 = 10.0;
const LEAST_BITS: f64 = -12.0;
/// What a pair weighs at least that follows from its group (94 %).
const IMPLIED_BITS: f64 = 4.0;
/// A person with more rows than this is no person but a filler.
const LARGEST_GROUP: usize = 40;
/// Rows of each group that are looked at when two groups are compared.
const LOOKED_AT: usize = 8;

/// What two groups have to do with each other.
#[derive(Clone, Copy)]
struct Verdict {
    /// Rows of both groups when they were compared.
    size: usize,
    /// Mean weight of the pairs between them.
    mean: f64,
    /// The odds of all pairs between them together, for each row of the smaller group, in bits.
    claim: f64,
}

struct Weights<'a, 'b> {
    scorer: &'a Scorer<'b>,
    rows: &'a [Row],
    /// Pairs by left row, then right row.
    pairs: &'a [Pair],
    starts: Vec<u32>,
    cache: Cache,
}

impl<'a, 'b> Weights<'a, 'b> {
    fn new(scorer: &'a Scorer<'b>, rows: &'a [Row], pairs: &'a [Pair]) -> Self {
        let mut starts = vec![0u32; rows.len() + 1];
        pairs.iter().for_each(|pair| starts[pair.left as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Weights { scorer, rows, pairs, starts, cache: Cache::default() }
    }

    fn known(&self, left: u32, right: u32) -> Option<f64> {
        let slice = &self.pairs[self.starts[left as usize] as usize..self.starts[left as usize + 1] as usize];
        slice.binary_search_by_key(&right, |pair| pair.right).ok().map(|at| slice[at].bits)
    }

    fn of(&mut self, a: u32, b: u32) -> f64 {
        let (left, right) = (a.min(b), a.max(b));
        if let Some(bits) = self.known(left, right) {
            return bits;
        }
        let (left, right) = (&self.rows[left as usize], &self.rows[right as usize]);
        let levels = self.scorer.levels(left, right, &mut self.cache);
        self.scorer.total(&self.scorer.bits(left, right, &levels))
    }

    /// Compares two groups over a maximum of rows of each.
    fn compare(&mut self, a: &[u32], b: &[u32]) -> Verdict {
        let spread = |rows: &[u32]| -> Vec<u32> {
            rows.iter().step_by(rows.len().div_ceil(LOOKED_AT).max(1)).copied().collect()
        };
        let (some, others) = (spread(a), spread(b));
        let (mut sum, mut odds) = (0.0, 0.0);
        for &left in &some {
            for &right in &others {
                let bits = self.of(left, right);
                sum += bits.clamp(LEAST_BITS, MOST_BITS);
                odds += bits.min(100.0).exp2();
            }
        }
        let pairs = (some.len() * others.len()) as f64;
        Verdict {
            size: a.len() + b.len(),
            mean: sum / pairs + self.contradiction(&some, &others),
            claim: (odds / pairs * a.len().max(b.len()) as f64).log2(),
        }
    }

    /// What two groups lose beyond the mean because each agrees within itself on another first name or birth date: a slip
    /// explains one row, and another slip hardly ends at the same value.
    fn contradiction(&mut self, a: &[u32], b: &[u32]) -> f64 {
        let mut bits = 0.0;
        for field in [MatchField::First, MatchField::Birth] {
            let (Some((x, many)), Some((y, more))) = (self.common(a, field), self.common(b, field)) else { continue };
            let (left, right) = (&self.rows[x as usize], &self.rows[y as usize]);
            let levels = self.scorer.levels(left, right, &mut self.cache);
            if levels[field.at()] == field.otherwise() {
                let again = self.scorer.frequency.rarity(field, if many <= more { left } else { right }.get(field));
                let slip = self.scorer.weights.bits[field.at()][field.otherwise() as usize].min(0.0);
                bits += if many.min(more) >= 2 { slip - again } else { 0.0 };
            }
        }
        bits
    }

    /// A row that carries the group's commonest value of a field, and how many do.
    fn common(&self, rows: &[u32], field: MatchField) -> Option<(u32, usize)> {
        let value = |row: u32| self.rows[row as usize].get(field);
        let mut best: Option<(u32, usize)> = None;
        for &row in rows.iter().filter(|row| value(**row) != 0) {
            let many = rows.iter().filter(|other| value(**other) == value(row)).count();
            if best.is_none_or(|(_, most)| many > most) {
                best = Some((row, many));
            }
        }
        best
    }
}

/// Rows and the groups they are in.
struct Groups {
    /// The group of each row, named by one of its rows.
    of: Vec<u32>,
    /// The rows of groups of two and more.
    members: HashMap<u32, Vec<u32>>,
    /// Groups that were compared and kept apart.
    apart: HashMap<(u32, u32), Verdict>,
}

impl Groups {
    fn rows(&self, group: u32) -> Vec<u32> {
        self.members.get(&group).cloned().unwrap_or_else(|| vec![group])
    }

    fn size(&self, group: u32) -> usize {
        self.members.get(&group).map_or(1, Vec::len)
    }

    /// Joins the groups of two rows if they are one person.
    fn join(&mut self, weights: &mut Weights<'_, '_>, edge: f64, (left, right): (u32, u32)) {
        let (a, b) = (self.of[left as usize], self.of[right as usize]);
        let (many, more) = (self.size(a), self.size(b));
        let (size, few) = (many + more, many.min(more));
        if a == b || size > LARGEST_GROUP || (size == 2 && edge < 0.0) {
            return;
        }
        let key = (a.min(b), a.max(b));
        let mut verdict = match self.apart.get(&key) {
            Some(known) if known.size == size => *known,
            _ => weights.compare(&self.rows(a), &self.rows(b)),
        };
        // The pair at hand may not have been among those looked at.
        verdict.claim = verdict.claim.max(edge - (few as f64).log2());
        let least = if few == 1 { ROW_MEAN_BITS } else { GROUP_MEAN_BITS };
        if verdict.mean < least || verdict.claim < 0.0 {
            self.apart.insert(key, verdict);
            return;
        }
        let second = self.members.remove(&b).unwrap_or_else(|| vec![b]);
        second.iter().for_each(|row| self.of[*row as usize] = a);
        self.members.entry(a).or_insert_with(|| vec![a]).extend(second);
    }
}

/// Puts rows together, best pairs first, as long as the groups as a whole agree. Then pairs within a group are raised
/// (where A is B and B is C, A is C), and those between groups that were kept apart are lowered to the groups' mean.
pub fn close(scorer: &Scorer<'_>, rows: &[Row], pairs: &mut Vec<Pair>) {
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
    let mut order: Vec<u32> = (0..pairs.len() as u32).collect();
    order.sort_by(|a, b| pairs[*b as usize].bits.total_cmp(&pairs[*a as usize].bits).then(a.cmp(b)));
    let mut weights = Weights::new(scorer, rows, pairs);
    let mut groups = Groups { of: (0..rows.len() as u32).collect(), members: HashMap::new(), apart: HashMap::new() };
    for at in order {
        let pair = pairs[at as usize];
        groups.join(&mut weights, pair.bits, (pair.left, pair.right));
    }
    let mut added = Vec::new();
    for rows in groups.members.values() {
        for (at, &x) in rows.iter().enumerate() {
            for &y in &rows[at + 1..] {
                let (left, right) = (x.min(y), x.max(y));
                if weights.known(left, right).is_none() {
                    added.push(Pair { left, right, bits: IMPLIED_BITS });
                }
            }
        }
    }
    for pair in pairs.iter_mut() {
        let (a, b) = (groups.of[pair.left as usize], groups.of[pair.right as usize]);
        if a == b {
            pair.bits = pair.bits.max(IMPLIED_BITS);
        } else if let Some(verdict) = groups.apart.get(&(a.min(b), a.max(b))) {
            pair.bits = pair.bits.min(verdict.mean);
        }
    }
    pairs.extend(added);
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
}
