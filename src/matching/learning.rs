//! Learning from rulings, safely: versions of the model, a gate before one is used, and the way back (MATCHING 5.8).
//!
//! Nothing here changes a model by itself. [`propose`] makes a new version from rulings; [`gate`] says whether it is
//! no worse on rulings that were held back; [`History`] keeps every version, so that the one before can be taken again.
//! Only m moves: u comes from the data. Rejected pairs never change m; they move the calibration and are suppressed.

use super::field::{FIELDS, LEVELS, Levels, MatchField};
use super::model::{Model, PSEUDO_PAIRS, Table};
use serde::{Deserialize, Serialize};

/// No level moves further than this in one version, in bits.
const LARGEST_STEP: f64 = 1.0;
/// Confirmed examples that a level needs before its weight may change sign.
const SIGN_EXAMPLES: f64 = 30.0;
/// Confirmed and rejected pairs that the calibration needs, each.
const CALIBRATION_EXAMPLES: usize = 50;
/// Weight that the model's own m keeps, in pairs, beside the pseudo-pairs of the default.
const LARGEST_OWN_WEIGHT: f64 = 200.0;
/// Every fifth employee's rulings are held back for the gate.
const HELD_BACK: u64 = 5;

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredRuling {
    /// Groups rulings of one employee, so that training and gate never share a person.
    pub employee: u64,
    pub levels: Levels,
    /// Total weight shown, in bits.
    pub weight: f64,
    pub same_person: bool,
    pub sampling: Sampling,
    /// Version of the model that was in use.
    pub version: u32,
    /// Taken back later: counts no more.
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
}

/// One version of what was learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelVersion {
    pub version: u32,
    pub model: Model,
    pub calibration: Calibration,
    /// Rulings that it was made from.
    pub rulings: usize,
}

/// All versions, oldest first, and which is in use. Versions are never changed or removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    versions: Vec<ModelVersion>,
    active: usize,
}

impl History {
    /// Starts with a model that learnt nothing from rulings yet.
    pub fn new(model: Model) -> Self {
        let first = ModelVersion { version: 1, model, calibration: Calibration::default(), rulings: 0 };
        History { versions: vec![first], active: 0 }
    }

    /// The version in use.
    pub fn active(&self) -> &ModelVersion {
        &self.versions[self.active]
    }

    /// Every version.
    pub fn versions(&self) -> &[ModelVersion] {
        &self.versions
    }

    /// Takes a proposed version into use, if it passed its gate. Returns whether it did.
    pub fn activate(&mut self, mut proposed: ModelVersion, verdict: &GateVerdict) -> bool {
        if !verdict.passed {
            return false;
        }
        proposed.version = self.versions.last().map_or(1, |last| last.version + 1);
        self.versions.push(proposed);
        self.active = self.versions.len() - 1;
        true
    }

    /// Takes an earlier version into use again. Returns false when there is none of that number.
    pub fn roll_back(&mut self, version: u32) -> bool {
        match self.versions.iter().position(|known| known.version == version) {
            Some(at) => {
                self.active = at;
                true
            }
            None => false,
        }
    }
}

/// Whether a proposed version may be used, and what the gate saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    pub passed: bool,
    /// Rulings that were held back.
    pub examples: usize,
    /// Mean surprise in bits before and after; lower is better.
    pub log_loss: (f64, f64),
    /// Rejected pairs that would be linked by themselves, before and after.
    pub wrong_links: (usize, usize),
    /// Pairs whose side of the threshold changes: shown before activation.
    pub changed: usize,
}

fn counts(ruling: &StoredRuling) -> bool {
    !ruling.revoked
}

fn held_back(ruling: &StoredRuling) -> bool {
    let mixed = ruling.employee.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    mixed.is_multiple_of(HELD_BACK)
}

/// A new version from rulings; the active one is left as it is.
pub fn propose(active: &ModelVersion, rulings: &[StoredRuling], default_m: &Table) -> ModelVersion {
    let teaching: Vec<&StoredRuling> = rulings.iter().filter(|ruling| counts(ruling) && !held_back(ruling)).collect();
    let mut confirmed = [[0.0; LEVELS]; FIELDS];
    for ruling in teaching.iter().filter(|ruling| ruling.same_person) {
        let Sampling::Audit { rate } = ruling.sampling else { continue };
        let weight = 1.0 / rate.clamp(0.001, 1.0);
        (0..FIELDS).for_each(|f| confirmed[f][ruling.levels[f] as usize] += weight);
    }
    let mut model = active.model.clone();
    for field in MatchField::ALL {
        learn_field(&mut model, &active.model, field, &confirmed[field.at()], &default_m[field.at()]);
    }
    ModelVersion {
        version: active.version,
        model,
        calibration: calibrate(&teaching, active.calibration),
        rulings: teaching.len(),
    }
}

fn learn_field(model: &mut Model, old: &Model, field: MatchField, confirmed: &[f64; LEVELS], default: &[f64; LEVELS]) {
    let f = field.at();
    let seen: f64 = confirmed[1..].iter().sum();
    if seen == 0.0 {
        return;
    }
    let total = PSEUDO_PAIRS + LARGEST_OWN_WEIGHT + seen;
    for level in 1..=field.otherwise() as usize {
        let own = LARGEST_OWN_WEIGHT * old.m[f][level];
        let wanted = ((PSEUDO_PAIRS * default[level] + own + confirmed[level]) / total).max(1e-6);
        let (before, u) = (old.m[f][level].max(1e-6), old.u[f][level].max(1e-7));
        let step = (wanted / before).log2().clamp(-LARGEST_STEP, LARGEST_STEP);
        let mut after = before * step.exp2();
        let turns = (before / u).log2() * (after / u).log2() < 0.0;
        if turns && confirmed[level] < SIGN_EXAMPLES {
            after = before;
        }
        model.m[f][level] = after;
    }
    keep_order(model, field);
}

/// A level keeps its place: fuzzy levels never come to weigh less than "else".
fn keep_order(model: &mut Model, field: MatchField) {
    let f = field.at();
    let otherwise = field.otherwise() as usize;
    let worst = model.m[f][otherwise] / model.u[f][otherwise].max(1e-7);
    for level in 2..otherwise {
        let least = worst * model.u[f][level].max(1e-7);
        model.m[f][level] = model.m[f][level].max(least.min(1.0));
    }
}

/// Fits slope and offset to what was confirmed and rejected, by Newton's method; left alone where there is too little.
fn calibrate(rulings: &[&StoredRuling], old: Calibration) -> Calibration {
    let yes = rulings.iter().filter(|ruling| ruling.same_person).count();
    if yes < CALIBRATION_EXAMPLES || rulings.len() - yes < CALIBRATION_EXAMPLES {
        return old;
    }
    let (mut slope, mut offset) = (old.slope, old.offset);
    for _ in 0..25 {
        // A weak pull towards "as it was" keeps separable rulings from running away.
        let (mut gs, mut go) = (old.slope - slope, old.offset - offset);
        let (mut hss, mut hso, mut hoo) = (1.0, 0.0, 1.0);
        for ruling in rulings {
            let weight = ruling.weight.clamp(-40.0, 40.0);
            let likely = super::link::probability(slope * weight + offset);
            let miss = f64::from(u8::from(ruling.same_person)) - likely;
            let spread = likely * (1.0 - likely) * std::f64::consts::LN_2;
            gs += miss * weight;
            go += miss;
            hss += spread * weight * weight;
            hso += spread * weight;
            hoo += spread;
        }
        let determinant = hss * hoo - hso * hso;
        if determinant.abs() < 1e-12 {
            break;
        }
        slope += ((gs * hoo - go * hso) / determinant).clamp(-0.5, 0.5);
        offset += ((go * hss - gs * hso) / determinant).clamp(-2.0, 2.0);
    }
    Calibration { slope: slope.clamp(0.25, 4.0), offset: offset.clamp(-10.0, 10.0) }
}

/// What a ruling's pair weighs under another version: the stored weight, moved by what its levels moved.
fn weight_under(version: &ModelVersion, old: &ModelVersion, ruling: &StoredRuling) -> f64 {
    let moved: f64 = (0..FIELDS)
        .filter(|f| ruling.levels[*f] != 0)
        .map(|f| {
            let level = ruling.levels[f] as usize;
            (version.model.m[f][level].max(1e-6) / old.model.m[f][level].max(1e-6)).log2()
        })
        .sum();
    ruling.weight + moved
}

/// Compares a proposed version with the active one on rulings that it has not seen.
pub fn gate(active: &ModelVersion, proposed: &ModelVersion, rulings: &[StoredRuling], threshold: f64) -> GateVerdict {
    let held: Vec<&StoredRuling> = rulings.iter().filter(|ruling| counts(ruling) && held_back(ruling)).collect();
    let mut verdict =
        GateVerdict { passed: false, examples: held.len(), log_loss: (0.0, 0.0), wrong_links: (0, 0), changed: 0 };
    for ruling in &held {
        let before = active.calibration.probability(ruling.weight);
        let after = proposed.calibration.probability(weight_under(proposed, active, ruling));
        let surprise = |likely: f64| -(if ruling.same_person { likely } else { 1.0 - likely }).max(1e-12).log2();
        verdict.log_loss.0 += surprise(before) / held.len() as f64;
        verdict.log_loss.1 += surprise(after) / held.len() as f64;
        verdict.wrong_links.0 += usize::from(!ruling.same_person && before >= threshold);
        verdict.wrong_links.1 += usize::from(!ruling.same_person && after >= threshold);
        verdict.changed += usize::from((before >= threshold) != (after >= threshold));
    }
    verdict.passed = !held.is_empty()
        && verdict.log_loss.1 <= verdict.log_loss.0 + 1e-9
        && verdict.wrong_links.1 <= verdict.wrong_links.0;
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::model::DEFAULT_M;

    fn ruling(employee: u64, first: u8, same_person: bool, weight: f64, sampling: Sampling) -> StoredRuling {
        let mut levels = [0; FIELDS];
        levels[0] = first;
        StoredRuling { employee, levels, weight, same_person, sampling, version: 1, revoked: false }
    }

    fn first() -> ModelVersion {
        History::new(Model::default()).active().clone()
    }

    #[test]
    fn the_queue_teaches_no_m_and_one_version_moves_a_level_by_one_bit_at_most() {
        let queue: Vec<_> = (0..400).map(|at| ruling(at, 2, true, 5.0, Sampling::Queue)).collect();
        assert_eq!(propose(&first(), &queue, &DEFAULT_M).model, first().model);
        let audit: Vec<_> = (0..4000).map(|at| ruling(at, 2, true, 5.0, Sampling::Audit { rate: 0.01 })).collect();
        let learnt = propose(&first(), &audit, &DEFAULT_M).model;
        let moved = (learnt.m[0][2] / first().model.m[0][2]).log2();
        assert!((moved - 1.0).abs() < 1e-9, "{moved}");
        assert_eq!(learnt.u, first().model.u);
    }

    #[test]
    fn revoked_rulings_count_no_more() {
        let mut audit: Vec<_> = (0..400).map(|at| ruling(at, 2, true, 5.0, Sampling::Audit { rate: 1.0 })).collect();
        audit.iter_mut().for_each(|ruling| ruling.revoked = true);
        assert_eq!(propose(&first(), &audit, &DEFAULT_M).model, first().model);
    }

    #[test]
    fn calibration_follows_what_came_true_and_the_gate_lets_it_through() {
        // Weights that claim far too much: at +8 bits only three of four are the same person.
        let rulings: Vec<_> = (0..2000).map(|at| ruling(at, 1, at % 4 != 0, 8.0, Sampling::Queue)).collect();
        let proposed = propose(&first(), &rulings, &DEFAULT_M);
        let likely = proposed.calibration.probability(8.0);
        assert!((likely - 0.75).abs() < 0.05, "{likely}");
        let verdict = gate(&first(), &proposed, &rulings, 0.99);
        assert!(verdict.passed && verdict.log_loss.1 < verdict.log_loss.0 && verdict.changed > 0);
    }

    #[test]
    fn a_worse_version_is_not_activated_and_an_earlier_one_comes_back() {
        let rulings: Vec<_> = (0..500)
            .map(|at| ruling(at, 1, at % 2 == 0, if at % 2 == 0 { 9.0 } else { -9.0 }, Sampling::Queue))
            .collect();
        let mut worse = first();
        worse.calibration = Calibration { slope: -1.0, offset: 0.0 };
        let mut history = History::new(Model::default());
        assert!(!history.activate(worse.clone(), &gate(&first(), &worse, &rulings, 0.99)));
        let same = first();
        assert!(history.activate(same.clone(), &gate(&first(), &same, &rulings, 0.99)));
        assert_eq!((history.active().version, history.versions().len()), (2, 2));
        assert!(history.roll_back(1) && !history.roll_back(9));
        assert_eq!(history.active().version, 1);
    }
}
