//! The weight of a pair: cheap fields first, and away with the pair as soon as it cannot come near any more.

use super::compare::{Cache, Comparer, may_be_swapped};
use super::field::{Bits, EXACT, FIELDS, Levels, MISSING, MatchField, email_level, name_level};
use super::frequency::Frequency;
use super::model::{Model, Weights};
use super::rows::{KNOWN, LOCAL, Row, Vocabulary, may_be_slip, may_share_own_domain};

/// What a candidate must reach to be kept at all, in bits: one in sixty-four before rivals.
pub const KEEP: f64 = -6.0;

/// The bound is summed in another order than the weight; their last digits may differ.
const ROUNDING: f64 = 1e-6;

/// A bound of what two names can weigh, for the rare pairs where the quick look does not tell.
const MOST_OF_NAMES: f64 = 60.0;

/// Fields whose exact level is seen from the numbers alone, in order of the work that any other level takes.
const PLAIN: [MatchField; 9] = [
    MatchField::Birth,
    MatchField::Start,
    MatchField::Identifier,
    MatchField::Phone,
    MatchField::Branch,
    MatchField::Postcode,
    MatchField::Department,
    MatchField::Job,
    MatchField::Address,
];

/// Scores pairs under one model.
pub struct Scorer<'a> {
    pub comparer: Comparer<'a>,
    pub frequency: &'a Frequency,
    pub weights: Weights,
}

/// What a destination row brings to all its comparisons: the bits of an exact agreement on each of its values.
pub struct Target<'r> {
    row: &'r Row,
    exact: Bits,
}

impl<'a> Scorer<'a> {
    /// A scorer over the vocabulary and its frequencies.
    pub fn new(vocabulary: &'a Vocabulary, frequency: &'a Frequency, model: &Model) -> Self {
        Scorer { comparer: Comparer { vocabulary }, frequency, weights: Weights::of(model) }
    }

    /// Prepares a destination row.
    pub fn target<'r>(&self, row: &'r Row) -> Target<'r> {
        let mut exact = [0.0; FIELDS];
        for field in MatchField::ALL {
            let value = row.get(field);
            if value != 0 {
                exact[field.at()] = self.weights.exact[field.at()] + self.frequency.rarity(field, value);
            }
        }
        Target { row, exact }
    }

    /// Bits of each field of a pair at given levels; the source row first.
    pub fn bits(&self, left: &Row, right: &Row, levels: &Levels) -> Bits {
        let rarity = |field: MatchField| match field {
            MatchField::First if levels[0] == EXACT => self.frequency.rarity(field, self.shared_first(left, right)),
            _ => self.frequency.rarity(field, left.get(field)),
        };
        let mut bits = self.weights.weigh(levels, rarity, &self.frequency.shared);
        let (mut first, mut last) = (levels[0], levels[1]);
        if first == name_level::SWAPPED {
            (first, last) = self.comparer.crossed(left, right);
            bits[0] = self.weights.swapped + self.name_bits(MatchField::First, first, left.0[0]);
            bits[1] = self.name_bits(MatchField::Last, last, left.0[1]);
        }
        if (first, last) == (EXACT, EXACT) {
            let name = if levels[0] == EXACT { self.shared_first(left, right) } else { left.0[0] };
            bits[1] = (bits[1] + self.frequency.namesake_cut(name, left.0[1])).max(0.0_f64.min(bits[1]));
        }
        bits
    }

    /// Prior and fields together, in the order of the waterfall.
    pub fn total(&self, bits: &Bits) -> f64 {
        bits.iter().fold(self.weights.prior, |sum, bits| sum + bits)
    }

    /// All levels of a pair.
    pub fn levels(&self, left: &Row, right: &Row, cache: &mut Cache) -> Levels {
        self.comparer.levels(left, right, cache)
    }

    /// The bits of a pair before rivals, or `None` where they stay below `keep`.
    pub fn score(&self, left: &Row, target: &Target<'_>, keep: f64, cache: &mut Cache) -> Option<f64> {
        let right = target.row;
        let weights = &self.weights;
        let mut levels = [MISSING; FIELDS];
        let mut bound = weights.prior + self.name_bound(left, target) + self.email_bound(left, target);
        // Exact agreements and dates cost nothing but a look at the numbers.
        let mut open = 0u16;
        for field in PLAIN {
            let f = field.at();
            let (a, b) = (left.0[f], right.0[f]);
            if a == 0 || b == 0 {
                continue;
            }
            if a == b {
                levels[f] = EXACT;
                bound += target.exact[f];
            } else if matches!(field, MatchField::Birth | MatchField::Start) {
                levels[f] = self.comparer.other(field, left, right, cache);
                bound += weights.bits[f][levels[f] as usize];
            } else {
                open |= 1 << f;
                bound += weights.ceiling[f];
            }
        }
        if bound < keep - ROUNDING {
            return None;
        }
        let before = self.name_bound(left, target);
        levels[1] = self.comparer.last(left, right, cache);
        levels[0] = self.comparer.first(left, right, cache);
        self.comparer.find_swap(left, right, &mut levels);
        bound += self.names_at(left, right, &levels) - before;
        if levels[1] == name_level::ELSE {
            // The surname may yet be found in a mailbox.
            bound +=
                (weights.bits[1][name_level::MAILBOX as usize] - weights.bits[1][name_level::ELSE as usize]).max(0.0);
        }
        if bound < keep - ROUNDING {
            return None;
        }
        for field in PLAIN.into_iter().filter(|field| open & (1 << field.at()) != 0) {
            let f = field.at();
            levels[f] = self.comparer.other(field, left, right, cache);
            bound += weights.bits[f][levels[f] as usize] - weights.ceiling[f];
            if bound < keep - ROUNDING {
                return None;
            }
        }
        levels[3] = self.comparer.email(left, right, levels[0], levels[1], cache);
        self.comparer.find_mailbox_surname(left, right, &mut levels);
        let total = self.total(&self.bits(left, right, &levels));
        (total >= keep).then_some(total)
    }

    /// Bits of one name at a level, where an exact one is `value`.
    fn name_bits(&self, field: MatchField, level: u8, value: u32) -> f64 {
        match level {
            MISSING => 0.0,
            EXACT => self.weights.exact[field.at()] + self.frequency.rarity(field, value),
            level => self.weights.bits[field.at()][level as usize],
        }
    }

    /// The first name that both sides share, where known-as counts as one; of two the commoner.
    fn shared_first(&self, left: &Row, right: &Row) -> u32 {
        let rarity = |name: u32| self.frequency.rarity(MatchField::First, name);
        [left.0[0], left.0[KNOWN]]
            .into_iter()
            .filter(|name| *name != 0 && (*name == right.0[0] || *name == right.0[KNOWN]))
            .min_by(|a, b| rarity(*a).total_cmp(&rarity(*b)))
            .unwrap_or(0)
    }

    fn names_at(&self, left: &Row, right: &Row, levels: &Levels) -> f64 {
        if levels[0] == name_level::SWAPPED {
            return MOST_OF_NAMES;
        }
        let first = if levels[0] == EXACT { self.shared_first(left, right) } else { 0 };
        self.name_bits(MatchField::First, levels[0], first) + self.name_bits(MatchField::Last, levels[1], left.0[1])
    }

    fn name_bound(&self, left: &Row, target: &Target<'_>) -> f64 {
        let right = target.row;
        if may_be_swapped(left, right) || (left.0[KNOWN] | right.0[KNOWN]) != 0 {
            return MOST_OF_NAMES;
        }
        let one = |f: usize| {
            let (a, b) = (left.0[f], right.0[f]);
            if a == 0 || b == 0 {
                0.0
            } else if a == b {
                target.exact[f]
            } else {
                self.weights.ceiling[f]
            }
        };
        one(0) + one(1)
    }

    fn email_bound(&self, left: &Row, target: &Target<'_>) -> f64 {
        let (a, b) = (left.0[3], target.row.0[3]);
        if a == 0 || b == 0 {
            0.0
        } else if a == b {
            target.exact[3]
        } else if left.0[LOCAL] == target.row.0[LOCAL] {
            self.weights.bits[3][email_level::LOCAL as usize].max(1.0)
        } else if may_be_slip(left, target.row) || may_share_own_domain(left, target.row) {
            self.weights.ceiling[3]
        } else {
            let bits = &self.weights.bits[3];
            bits[email_level::OTHER_KIND as usize].max(bits[email_level::ELSE as usize])
        }
    }
}
