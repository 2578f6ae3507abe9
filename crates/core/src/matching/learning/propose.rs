//! A new version from rulings.

use super::{Calibration, Learned, ModelVersion, Sampling, StoredRuling, gate::is_held_back, rounded, weight_under};
use crate::matching::field::{FIELDS, LEVELS, MatchField};
use crate::matching::model::{DEFAULT_M, Model, PSEUDO_PAIRS, Table};

/// No level moves further than this in one version, in bits.
const LARGEST_STEP: f64 = 1.0;
/// Confirmed examples that a level needs before its weight may change sign.
const SIGN_EXAMPLES: f64 = 30.0;
/// Confirmed and rejected pairs that the calibration needs, each.
const CALIBRATION_EXAMPLES: usize = 50;
/// Weight that the trained m keeps, in pairs, beside the pseudo-pairs of the default.
const LARGEST_OWN_WEIGHT: f64 = 200.0;
/// Rounds of Newton's method; it has settled long before.
const ROUNDS: usize = 40;
/// A level that moves by less is left where it is.
const SMALLEST_STEP: f64 = 0.01;

/// Confirmed pairs by level.
struct Confirmed {
    /// Each worth one over its sampling rate.
    weighted: Table,
    counted: Table,
}

/// A new version from rulings; the active one is left as it is. `trained` is the model of the connection's data under the
/// active version, `versions` are all that rulings were made under. Its number is given by whoever keeps it.
pub fn propose(
    active: &ModelVersion,
    trained: &Model,
    rulings: &[StoredRuling],
    versions: &[ModelVersion],
) -> ModelVersion {
    let teaching: Vec<&StoredRuling> =
        rulings.iter().filter(|ruling| !ruling.revoked && !is_held_back(&ruling.employee)).collect();
    let confirmed = confirmed(&teaching);
    let mut learned = active.learned;
    for field in MatchField::ALL {
        learn_field(&mut learned, trained, field, &confirmed);
    }
    let mut version = ModelVersion { parent: active.version, learned, rulings: teaching.len(), ..active.clone() };
    let weighed: Vec<(f64, bool)> =
        teaching.iter().map(|ruling| (weight_under(&version, versions, ruling), ruling.same_person)).collect();
    version.learned.calibration = calibrate(&weighed, active.learned.calibration);
    version
}

fn confirmed(teaching: &[&StoredRuling]) -> Confirmed {
    let mut confirmed = Confirmed { weighted: [[0.0; LEVELS]; FIELDS], counted: [[0.0; LEVELS]; FIELDS] };
    for ruling in teaching.iter().filter(|ruling| ruling.same_person) {
        let Sampling::Audit { rate } = ruling.sampling else { continue };
        for f in 0..FIELDS {
            let level = ruling.levels[f] as usize;
            confirmed.weighted[f][level] += 1.0 / rate.clamp(0.001, 1.0);
            confirmed.counted[f][level] += 1.0;
        }
    }
    confirmed
}

fn learn_field(learned: &mut Learned, trained: &Model, field: MatchField, confirmed: &Confirmed) {
    let f = field.at();
    let seen: f64 = confirmed.weighted[f][1..].iter().sum();
    if seen == 0.0 {
        return;
    }
    let total = PSEUDO_PAIRS + LARGEST_OWN_WEIGHT + seen;
    let levels = 1..=field.otherwise() as usize;
    let bits = |level: usize| (trained.m[f][level].max(1e-6) / trained.u[f][level].max(1e-7)).log2();
    let before: Vec<f64> = levels.clone().map(bits).collect();
    let counted: Vec<f64> = levels.clone().map(|level| confirmed.counted[f][level]).collect();
    let wanted = levels.clone().map(|level| {
        let own = LARGEST_OWN_WEIGHT * trained.m[f][level];
        let m = (PSEUDO_PAIRS * DEFAULT_M[f][level] + own + confirmed.weighted[f][level]) / total;
        (m.max(1e-6) / trained.m[f][level].max(1e-6)).log2().clamp(-LARGEST_STEP, LARGEST_STEP)
    });
    let mut after: Vec<f64> = wanted.zip(&before).map(|(step, before)| before + step).collect();
    keep_order(&before, &counted, &mut after);
    for (at, level) in levels.enumerate() {
        let turns = before[at] * after[at] < 0.0;
        // Too few have been seen to say that what spoke for somebody speaks against: it says nothing.
        let after = if turns && counted[at] < SIGN_EXAMPLES { 0.0 } else { after[at] };
        let step = after - before[at];
        if step.abs() >= SMALLEST_STEP {
            learned.shifts[f][level] = rounded(learned.shifts[f][level] + step);
        }
    }
}

/// Levels keep the order that they had: those that would change places meet in their mean (pool adjacent violators).
/// The mean of steps that are each within the cap is within it too.
fn keep_order(before: &[f64], counted: &[f64], after: &mut [f64]) {
    let mut order: Vec<usize> = (0..before.len()).collect();
    order.sort_by(|a, b| before[*b].total_cmp(&before[*a]).then(a.cmp(b)));
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for &at in &order {
        pools.push((after[at], counted[at] + 1.0, 1));
        while let [.., (higher, weight, size), (lower, other, more)] = pools[..] {
            if lower <= higher {
                break;
            }
            let mean = (higher * weight + lower * other) / (weight + other);
            pools.truncate(pools.len() - 2);
            pools.push((mean, weight + other, size + more));
        }
    }
    let values = pools.iter().flat_map(|(value, _, size)| std::iter::repeat_n(*value, *size));
    for (at, value) in order.into_iter().zip(values) {
        after[at] = value;
    }
}

/// Fits slope and offset to what was confirmed and rejected, by Newton's method; left alone where there is too little.
fn calibrate(weighed: &[(f64, bool)], old: Calibration) -> Calibration {
    let yes = weighed.iter().filter(|(_, same)| *same).count();
    if yes < CALIBRATION_EXAMPLES || weighed.len() - yes < CALIBRATION_EXAMPLES {
        return old;
    }
    let fitted = fit(weighed, old, old, true);
    let slope = fitted.slope.clamp(0.25, 4.0);
    // Where the slope is cut the offset has to make up for it.
    let cut = Calibration { slope, ..fitted };
    let fitted = if slope == fitted.slope { fitted } else { fit(weighed, cut, old, false) };
    Calibration { slope: rounded(fitted.slope), offset: rounded(fitted.offset.clamp(-20.0, 20.0)) }
}

fn fit(weighed: &[(f64, bool)], from: Calibration, old: Calibration, free_slope: bool) -> Calibration {
    let Calibration { mut slope, mut offset } = from;
    for _ in 0..ROUNDS {
        // A weak pull towards "as it was" keeps separable rulings from running away.
        let (mut gs, mut go) = (old.slope - slope, old.offset - offset);
        let (mut hss, mut hso, mut hoo) = (1.0, 0.0, 1.0);
        for (weight, same) in weighed {
            let weight = weight.clamp(-40.0, 40.0);
            let likely = crate::matching::link::probability(slope * weight + offset);
            let miss = f64::from(u8::from(*same)) - likely;
            let spread = likely * (1.0 - likely) * std::f64::consts::LN_2;
            gs += miss * weight;
            go += miss;
            hss += spread * weight * weight;
            hso += spread * weight;
            hoo += spread;
        }
        if !free_slope {
            offset += (go / hoo).clamp(-2.0, 2.0);
            continue;
        }
        let determinant = hss * hoo - hso * hso;
        if determinant.abs() < 1e-12 {
            break;
        }
        slope += ((gs * hoo - go * hso) / determinant).clamp(-0.5, 0.5);
        offset += ((go * hss - gs * hso) / determinant).clamp(-2.0, 2.0);
    }
    Calibration { slope, offset }
}
