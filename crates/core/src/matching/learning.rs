//! Learning from rulings, safely: versions of what was learnt, a gate before one is used, and the way back (MATCHING 5.8).
//!
//! Nothing here changes a model by itself. [`propose()`] makes a new version from rulings, [`gate()`] says whether it is no
//! worse on rulings that were held back, and whoever keeps the versions can take the one before again. What is learnt
//! stands beside the model that is trained at every run: [`Learned`] moves its m by a number of bits, level by level, and
//! corrects its posterior. u comes from the data alone.

mod gate;
mod propose;
mod sample;
mod seen;

pub use gate::{GateVerdict, Refusal, gate, is_held_back};
pub use propose::propose;
pub use sample::{Drawn, draw};
pub use seen::{LevelNames, Seen, from_names, names_of, seen};

use super::field::{FIELDS, LEVELS, Levels, MatchField};
use super::model::{Model, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version that every connection begins with: the model as it was trained, nothing learnt.
pub const FIRST_VERSION: u32 = 1;
/// Key of the bar of a waterfall that holds the calibration.
pub const CALIBRATION: &str = "calibration";
/// Shifts are kept to four decimals: what is read back is what was proposed.
const DECIMALS: f64 = 10_000.0;

/// How a ruling came about; only fair samples teach m.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Out of the review queue: the hard middle, never a fair sample.
    Queue,
    /// Drawn at random to be audited, at this rate (0 to 1).
    Audit { rate: f64 },
}

/// A ruling on a pair as it was stored: with what the operator saw.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRuling {
    /// Rulings of one employee stay together, so that training and gate never share a person.
    pub employee: String,
    pub levels: Levels,
    /// Total weight shown, in bits, before any calibration.
    pub weight: f64,
    pub same_person: bool,
    pub sampling: Sampling,
    /// Version of the model that was in use.
    pub version: u32,
    /// Taken back later, or another ruling took its place: counts no more.
    pub revoked: bool,
}

/// Two numbers that turn weights into odds that came true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub slope: f64,
    /// In bits.
    pub offset: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Calibration { slope: 1.0, offset: 0.0 }
    }
}

impl Calibration {
    /// The posterior of a weight.
    pub fn probability(&self, weight: f64) -> f64 {
        super::link::probability(self.slope * weight + self.offset)
    }

    /// Whether it leaves every posterior as it is.
    pub fn is_plain(&self) -> bool {
        *self == Calibration::default()
    }
}

/// What was learnt from rulings, beside whatever model the data train.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Learned {
    /// Bits that the m of each level moves by.
    pub shifts: Table,
    pub calibration: Calibration,
}

impl Default for Learned {
    fn default() -> Self {
        Learned { shifts: [[0.0; LEVELS]; FIELDS], calibration: Calibration::default() }
    }
}

impl Learned {
    /// Whether nothing was learnt.
    pub fn is_nothing(&self) -> bool {
        *self == Learned::default()
    }

    /// Moves the m of a trained model. Levels are moved one by one and not scaled to a sum: what a version says of a
    /// level is what that level's bar in the waterfall moves by.
    pub fn adjust(&self, model: &mut Model) {
        for field in MatchField::ALL {
            for level in 1..=field.otherwise() as usize {
                let shift = self.shifts[field.at()][level];
                if shift != 0.0 {
                    let m = &mut model.m[field.at()][level];
                    *m = (*m * shift.exp2()).min(1.0);
                }
            }
        }
    }

    /// What a pair of these levels weighs more than with nothing learnt, in bits.
    fn moves(&self, levels: &Levels) -> f64 {
        (0..FIELDS).filter(|f| levels[*f] != 0).map(|f| self.shifts[f][levels[f] as usize]).sum()
    }
}

/// How [`Learned`] is written down: by name, so that a level that is added later does not change what the others mean.
#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(default)]
    shifts: BTreeMap<String, BTreeMap<String, f64>>,
    #[serde(default)]
    calibration: Calibration,
}

impl From<Learned> for Wire {
    fn from(learned: Learned) -> Self {
        let shifts = MatchField::ALL
            .into_iter()
            .map(|field| {
                let moved = field.levels().iter().enumerate().skip(1);
                let moved = moved.map(|(level, name)| ((*name).to_owned(), learned.shifts[field.at()][level]));
                (field.key().to_owned(), moved.filter(|(_, bits)| *bits != 0.0).collect::<BTreeMap<_, _>>())
            })
            .filter(|(_, levels)| !levels.is_empty())
            .collect();
        Wire { shifts, calibration: learned.calibration }
    }
}

impl From<Wire> for Learned {
    fn from(wire: Wire) -> Self {
        let mut learned = Learned { calibration: wire.calibration, ..Learned::default() };
        for field in MatchField::ALL {
            let Some(levels) = wire.shifts.get(field.key()) else { continue };
            for (level, name) in field.levels().iter().enumerate().skip(1) {
                learned.shifts[field.at()][level] = levels.get(*name).copied().unwrap_or(0.0);
            }
        }
        learned
    }
}

/// One version of what was learnt. Versions are never changed or removed; which one is in use stands elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelVersion {
    pub version: u32,
    /// The version that it was made from.
    pub parent: u32,
    pub learned: Learned,
    /// Rulings that it was made from.
    pub rulings: usize,
}

impl Default for ModelVersion {
    /// The version that every connection begins with.
    fn default() -> Self {
        ModelVersion { version: FIRST_VERSION, parent: FIRST_VERSION, learned: Learned::default(), rulings: 0 }
    }
}

impl ModelVersion {
    /// The levels whose weight differs from another version's: field, name of the level, bits before and after.
    pub fn steps_from(&self, other: &ModelVersion) -> Vec<(MatchField, &'static str, f64, f64)> {
        let mut steps = Vec::new();
        for field in MatchField::ALL {
            for (level, name) in field.levels().iter().enumerate().skip(1) {
                let (before, after) = (other.learned.shifts[field.at()][level], self.learned.shifts[field.at()][level]);
                if before != after {
                    steps.push((field, *name, before, after));
                }
            }
        }
        steps
    }

    /// What it does other than another version, in words: levels that weigh otherwise, and what becomes of posteriors.
    pub fn words_from(&self, other: &ModelVersion) -> Vec<String> {
        let step = |(field, level, before, after): (MatchField, &str, f64, f64)| {
            format!("{}, {}: {:+.2} bits", field.words(), level.replace('_', " "), after - before)
        };
        let mut lines: Vec<String> = self.steps_from(other).into_iter().map(step).collect();
        if self.learned.calibration != other.learned.calibration {
            let at = |version: &ModelVersion, weight: f64| 100.0 * version.learned.calibration.probability(weight);
            lines.extend([3.3, 6.6, 10.0].map(|weight| {
                let (before, after) = (at(other, weight), at(self, weight));
                format!("{weight} bits come true in {after:.1} % instead of {before:.1} %")
            }));
        }
        lines
    }
}

fn rounded(value: f64) -> f64 {
    (value * DECIMALS).round() / DECIMALS
}

/// A number made of text, the same on every machine and in every build (FNV-1a, then mixed).
fn number_of(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0x1f]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

fn weight_under(version: &ModelVersion, used: &[ModelVersion], ruling: &StoredRuling) -> f64 {
    let shown = used.iter().find(|one| one.version == ruling.version).map(|one| one.learned).unwrap_or_default();
    ruling.weight + version.learned.moves(&ruling.levels) - shown.moves(&ruling.levels)
}

#[cfg(test)]
mod tests;
