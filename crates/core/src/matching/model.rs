//! The model: how likely each level is among pairs of one person (m) and among other pairs (u), and what follows in
//! bits.

use super::field::{Bits, EXACT, FIELDS, LEVELS, MISSING, MatchField, POSTCODE_AREA, email_level, name_level};
use serde::{Deserialize, Serialize};

/// A probability for each level of each field.
pub type Table = [[f64; LEVELS]; FIELDS];

/// What an address that echoes the name may weigh at most: one bit (MATCHING 5.4).
const ECHO_BITS: f64 = 1.0;

/// A trained model. Value frequencies are not part of it: they come from the data at hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Probability of each level among pairs of one person.
    pub m: Table,
    /// Probability of each level among pairs of two people. Of the exact level: the average over all values.
    pub u: Table,
    /// log2 of the odds that a random pair is one person.
    pub prior: f64,
}

/// m before any data, worth [`PSEUDO_PAIRS`] pairs: round numbers of the field's experience (a few per cent of names
/// carry a slip, one in twenty differs; dates are mostly right or missing; addresses move). See docs/matching.md.
#[rustfmt::skip]
pub const DEFAULT_M: Table = [
    [0.0, 0.80, 0.07, 0.04, 0.012, 0.02, 0.01, 0.048],
    [0.0, 0.86, 0.03, 0.04, 0.015, 0.005, 0.01, 0.04],
    [0.0, 0.93, 0.015, 0.02, 0.010, 0.004, 0.004, 0.017],
    [0.0, 0.60, 0.05, 0.03, 0.05, 0.15, 0.12, 0.0],
    [0.0, 0.75, 0.03, 0.22, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.60, 0.12, 0.08, 0.20, 0.0, 0.0, 0.0],
    [0.0, 0.78, 0.04, 0.03, 0.15, 0.0, 0.0, 0.0],
    [0.0, 0.78, 0.05, 0.03, 0.14, 0.0, 0.0, 0.0],
    [0.0, 0.65, 0.10, 0.06, 0.09, 0.10, 0.0, 0.0],
    [0.0, 0.72, 0.15, 0.04, 0.09, 0.0, 0.0, 0.0],
    [0.0, 0.84, 0.07, 0.02, 0.07, 0.0, 0.0, 0.0],
    [0.0, 0.95, 0.02, 0.03, 0.0, 0.0, 0.0, 0.0],
];

/// u of the levels between exact and else before any data, worth [`PSEUDO_RANDOM`] random pairs.
#[rustfmt::skip]
pub const DEFAULT_U: Table = [
    [0.0, 0.003, 0.003, 0.002, 0.001, 0.02, 1e-5, 0.97],
    [0.0, 0.0005, 0.0005, 0.0005, 0.003, 1e-4, 1e-5, 0.995],
    [0.0, 6e-5, 5e-5, 6e-4, 0.004, 0.004, 0.02, 0.97],
    [0.0, 1e-5, 1e-5, 1e-4, 1e-5, 0.2, 0.8, 0.0],
    [0.0, 1e-5, 1e-5, 1.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.02, 0.02, 0.05, 0.91, 0.0, 0.0, 0.0],
    [0.0, 0.03, 0.003, 0.01, 0.957, 0.0, 0.0, 0.0],
    [0.0, 0.05, 0.005, 0.01, 0.935, 0.0, 0.0, 0.0],
    [0.0, 5e-4, 0.01, 0.03, 0.15, 0.81, 0.0, 0.0],
    [0.0, 5e-5, 1e-4, 1e-3, 0.999, 0.0, 0.0, 0.0],
    [0.0, 1e-3, 2e-3, 0.01, 0.987, 0.0, 0.0, 0.0],
    [0.0, 1e-5, 1e-5, 1.0, 0.0, 0.0, 0.0, 0.0],
];

/// Weight of [`DEFAULT_M`] in pairs (MATCHING 5.5).
pub const PSEUDO_PAIRS: f64 = 40.0;
/// Weight of [`DEFAULT_U`] in random pairs: enough to matter in a tenant of fifty, nothing in one of thousands.
pub const PSEUDO_RANDOM: f64 = 200.0;

/// How often a person may differ from himself at most: or training learns households instead of people (MATCHING 5.5).
const CAPS: [(MatchField, f64); 3] = [(MatchField::First, 0.08), (MatchField::Last, 0.12), (MatchField::Birth, 0.06)];

impl Default for Model {
    fn default() -> Self {
        Model { m: DEFAULT_M, u: DEFAULT_U, prior: -10.0 }
    }
}

impl Model {
    /// Bits of the levels that hang on no value; exact levels are left 0.
    pub fn level_bits(&self) -> Table {
        let mut bits = [[0.0; LEVELS]; FIELDS];
        for field in MatchField::ALL {
            for level in EXACT + 1..=field.otherwise() {
                let (m, u) = (self.m[field.at()][level as usize], self.u[field.at()][level as usize]);
                bits[field.at()][level as usize] = (m.max(1e-6) / u.max(1e-7)).log2();
            }
        }
        let email = &mut bits[MatchField::Email.at()];
        email[email_level::ECHO as usize] = email[email_level::ECHO as usize].clamp(0.0, ECHO_BITS);
        bits
    }

    /// Takes new counts of m (by level) in, with the default as prior, and keeps "else" within its cap.
    pub fn learn_m(&mut self, counts: &Table, prior: &Table) {
        for field in MatchField::ALL {
            let f = field.at();
            let total: f64 = counts[f][1..].iter().sum::<f64>() + PSEUDO_PAIRS;
            for level in 1..LEVELS {
                self.m[f][level] = (counts[f][level] + PSEUDO_PAIRS * prior[f][level]) / total;
            }
            if let Some((_, cap)) = CAPS.iter().find(|(capped, _)| *capped == field) {
                let otherwise = field.otherwise() as usize;
                let rest = 1.0 - self.m[f][otherwise];
                if self.m[f][otherwise] > *cap && rest > 0.0 {
                    let scale = (1.0 - cap) / rest;
                    self.m[f].iter_mut().for_each(|m| *m *= scale);
                    self.m[f][otherwise] = *cap;
                }
            }
        }
    }
}

/// What the bits of one pair are made of: the model's tables and the frequency of the values at hand.
#[derive(Debug, Clone)]
pub struct Weights {
    pub bits: Table,
    /// log2 of m of the exact level.
    pub exact: [f64; FIELDS],
    pub prior: f64,
    /// For each field the bits of its best level but the exact one: a bound.
    pub ceiling: [f64; FIELDS],
    /// log2 of m of swapped first names; the last name then weighs its rarity alone.
    pub swapped: f64,
}

impl Weights {
    /// The weights of a model.
    pub fn of(model: &Model) -> Self {
        let bits = model.level_bits();
        let mut ceiling = [0.0; FIELDS];
        let mut exact = [0.0; FIELDS];
        for field in MatchField::ALL {
            let f = field.at();
            let best = bits[f][2..].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            ceiling[f] = best.max(0.0);
            exact[f] = model.m[f][EXACT as usize].max(1e-6).log2();
        }
        let swapped = model.m[0][name_level::SWAPPED as usize].max(1e-4).log2();
        Weights { bits, exact, prior: model.prior, ceiling, swapped }
    }

    /// Bits of each level of a pair. `rarity` gives −log2 of the frequency of the shared value of a field, and
    /// `shared` caps what a field may add to another that implies it (see `frequency`).
    pub fn weigh(
        &self,
        levels: &[u8; FIELDS],
        rarity: impl Fn(MatchField) -> f64,
        shared: &[(MatchField, MatchField, f64)],
    ) -> Bits {
        let mut bits = [0.0; FIELDS];
        for field in MatchField::ALL {
            let f = field.at();
            bits[f] = match levels[f] {
                MISSING => 0.0,
                EXACT => self.exact[f] + rarity(field),
                name_level::SWAPPED if field == MatchField::First => self.swapped + rarity(field),
                name_level::SWAPPED if field == MatchField::Last => rarity(field),
                level => self.bits[f][level as usize],
            };
        }
        for &(given, implied, rare) in shared {
            let agrees =
                levels[given.at()] == EXACT || (given, levels[given.at()]) == (MatchField::Postcode, POSTCODE_AREA);
            if agrees && bits[implied.at()] > 0.0 {
                bits[implied.at()] = bits[implied.at()].min((self.exact[implied.at()] + rare).max(0.0));
            }
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_probabilities_for_each_level() {
        for field in MatchField::ALL {
            let f = field.at();
            assert!((DEFAULT_M[f].iter().sum::<f64>() - 1.0).abs() < 1e-9, "{field:?}");
            assert_eq!(DEFAULT_M[f].iter().filter(|m| **m > 0.0).count(), field.otherwise() as usize, "{field:?}");
            assert_eq!(DEFAULT_U[f].iter().filter(|u| **u > 0.0).count(), field.otherwise() as usize, "{field:?}");
        }
    }

    #[test]
    fn training_cannot_learn_that_people_differ_from_themselves() {
        let mut model = Model::default();
        let mut counts = [[0.0; LEVELS]; FIELDS];
        counts[0][name_level::ELSE as usize] = 1000.0;
        model.learn_m(&counts, &DEFAULT_M);
        assert!((model.m[0][name_level::ELSE as usize] - 0.08).abs() < 1e-9);
        assert!((model.m[0].iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
