//! Tests.

use super::*;
use crate::domain::plan::Evidence;
use crate::matching::model::DEFAULT_M;

fn ruling(employee: usize, first: u8, same_person: bool, weight: f64, sampling: Sampling) -> StoredRuling {
    let mut levels = [0; FIELDS];
    levels[0] = first;
    let employee = employee.to_string();
    StoredRuling { employee, levels, weight, same_person, sampling, version: FIRST_VERSION, revoked: false }
}

fn first() -> ModelVersion {
    ModelVersion::default()
}

fn proposed(rulings: &[StoredRuling]) -> ModelVersion {
    propose(&first(), &Model::default(), rulings, &[first()])
}

#[test]
fn the_queue_teaches_no_m_and_one_version_moves_a_level_by_one_bit_at_most() {
    let queue: Vec<_> = (0..400).map(|at| ruling(at, 2, true, 5.0, Sampling::Queue)).collect();
    assert!(proposed(&queue).learned.is_nothing());
    let audit: Vec<_> = (0..4000).map(|at| ruling(at, 2, true, 5.0, Sampling::Audit { rate: 0.01 })).collect();
    let second = proposed(&audit);
    assert_eq!(second.learned.shifts[0][2], 1.0);
    assert!(second.learned.shifts.iter().flatten().all(|shift| shift.abs() <= 1.0));
    // The next version may go on from there, again by one bit at most.
    let mut trained = Model::default();
    second.learned.adjust(&mut trained);
    assert!((trained.m[0][2] / DEFAULT_M[0][2] - 2.0).abs() < 1e-9);
    assert_eq!(trained.u, Model::default().u);
    let third = propose(&ModelVersion { version: 2, ..second.clone() }, &trained, &audit, &[first(), second]);
    assert!(third.learned.shifts[0][2] > 1.9 && third.learned.shifts[0][2] <= 2.0);
    assert_eq!(third.parent, 2);
}

#[test]
fn revoked_rulings_count_no_more() {
    let mut audit: Vec<_> = (0..400).map(|at| ruling(at, 2, true, 5.0, Sampling::Audit { rate: 1.0 })).collect();
    audit.iter_mut().for_each(|ruling| ruling.revoked = true);
    assert!(proposed(&audit).learned.is_nothing());
}

#[test]
fn a_weight_changes_sign_only_with_thirty_examples_whatever_each_is_worth() {
    // "Year alone agrees" speaks against (m 0.004, u 0.02); a handful of pairs at one in a thousand would turn it.
    let birth = |at, level| {
        let mut one = ruling(at, 0, true, 5.0, Sampling::Audit { rate: 0.001 });
        one.levels[2] = level;
        one
    };
    let mut trained = Model::default();
    trained.m[2][6] = 0.015;
    let bits = |version: &ModelVersion| (trained.m[2][6] / trained.u[2][6]).log2() + version.learned.shifts[2][6];
    let few: Vec<_> = (0..20).map(|at| birth(at, 6)).collect();
    let after = bits(&propose(&first(), &trained, &few, &[first()]));
    assert!((-0.42..=1e-3).contains(&after), "{after}");
    let many: Vec<_> = (0..200).map(|at| birth(at, 6)).collect();
    assert!(bits(&propose(&first(), &trained, &many, &[first()])) > 0.3);
}

#[test]
fn levels_keep_their_order() {
    let mut audit: Vec<_> = (0..300).map(|at| ruling(at, 5, true, 5.0, Sampling::Audit { rate: 1.0 })).collect();
    audit.extend((300..320).map(|at| ruling(at, 4, true, 5.0, Sampling::Audit { rate: 1.0 })));
    let version = proposed(&audit);
    let (mut old, mut new) = (Model::default(), Model::default());
    version.learned.adjust(&mut new);
    old.m[0][0] = 1.0;
    let bits = |model: &Model, level: usize| (model.m[0][level] / model.u[0][level]).log2();
    for a in 1..=7 {
        for b in 1..=7 {
            if bits(&old, a) > bits(&old, b) {
                assert!(bits(&new, a) >= bits(&new, b) - 1e-3, "{a} {b}");
            }
        }
    }
    assert!(version.learned.shifts.iter().flatten().all(|shift| shift.abs() <= 1.0 + 1e-9));
}

#[test]
fn calibration_follows_what_came_true_and_the_gate_lets_it_through() {
    // Weights that claim far too much: at +8 bits only three of four are the same person.
    let rulings: Vec<_> = (0..2000).map(|at| ruling(at, 1, at % 4 != 0, 8.0, Sampling::Queue)).collect();
    let proposed = proposed(&rulings);
    let likely = proposed.learned.calibration.probability(8.0);
    assert!((likely - 0.75).abs() < 0.05, "{likely}");
    let verdict = gate(&first(), &proposed, &rulings, &[first()], 0.99);
    assert!(verdict.passed() && verdict.log_loss.1 < verdict.log_loss.0 && verdict.changed > 0);
}

#[test]
fn where_weights_tell_nothing_the_offset_makes_up_for_the_slope() {
    let weight = |at: usize| if at.is_multiple_of(3) { 17.0 } else { 2.0 };
    let rulings: Vec<_> = (0..600).map(|at| ruling(at, 1, at.is_multiple_of(2), weight(at), Sampling::Queue)).collect();
    let calibration = proposed(&rulings).learned.calibration;
    assert_eq!(calibration.slope, 0.25);
    let mean = (calibration.probability(17.0) + 2.0 * calibration.probability(2.0)) / 3.0;
    assert!((mean - 0.5).abs() < 0.05, "{calibration:?} {mean}");
}

#[test]
fn a_worse_version_is_refused_and_the_reason_told() {
    let yes = |at: usize| at.is_multiple_of(2);
    let weight = |at| if yes(at) { 9.0 } else { -9.0 };
    let rulings: Vec<_> = (0..500).map(|at| ruling(at, 1, yes(at), weight(at), Sampling::Queue)).collect();
    let judged = |slope: f64, offset: f64, rulings: &[StoredRuling]| {
        let mut version = first();
        version.learned.calibration = Calibration { slope, offset };
        gate(&first(), &version, rulings, &[first()], 0.99).refusal
    };
    assert_eq!(judged(1.0, 0.0, &rulings), None);
    assert_eq!(judged(1.0, 20.0, &rulings), Some(Refusal::MoreWrong));
    assert_eq!(judged(0.25, 0.0, &rulings), Some(Refusal::MoreSurprised));
    assert_eq!(judged(1.0, 0.0, &rulings[..20]), Some(Refusal::TooFew));
}

#[test]
fn a_ruling_is_weighed_from_the_version_that_it_was_made_under() {
    let mut second = ModelVersion { version: 2, ..first() };
    second.learned.shifts[0][2] = 0.75;
    let mut one = ruling(1, 2, true, 5.0, Sampling::Queue);
    let versions = [first(), second.clone()];
    assert_eq!(weight_under(&second, &versions, &one), 5.75);
    one.version = 2;
    assert_eq!((weight_under(&second, &versions, &one), weight_under(&first(), &versions, &one)), (5.0, 4.25));
}

#[test]
fn a_draw_is_the_same_again_and_everybody_is_as_likely_as_anybody() {
    let people = || (0..10_000).collect::<Vec<u32>>();
    let drawn = |seed: &str| draw(people(), ToString::to_string, seed, 0.01, 10);
    assert_eq!(drawn("acme/1"), drawn("acme/1"));
    assert_ne!(drawn("acme/1").taken, drawn("acme/2").taken);
    assert_eq!((drawn("acme/1").taken.len(), drawn("acme/1").rate), (100, 0.01));
    let many = draw(people(), ToString::to_string, "acme", 0.2, 10).taken;
    let low = many.iter().filter(|one| **one < 5_000).count();
    assert!((900..1_100).contains(&low), "{low}");
    let few = draw(vec![1, 2, 3], ToString::to_string, "acme", 0.01, 10);
    assert_eq!((few.taken.len(), few.rate), (3, 1.0));
    assert_eq!(draw(Vec::<u32>::new(), ToString::to_string, "acme", 0.01, 10).rate, 0.0);
}

#[test]
fn what_was_learnt_is_written_by_name_and_read_back_as_it_was() {
    let mut learned = Learned { calibration: Calibration { slope: 0.8123, offset: -1.5 }, ..Learned::default() };
    learned.shifts[0][2] = 0.1234;
    learned.shifts[2][7] = -1.0;
    let text = serde_json::to_string(&learned).unwrap();
    assert!(text.contains(r#""first_name":{"short_form":0.1234}"#), "{text}");
    assert_eq!(serde_json::from_str::<Learned>(&text).unwrap(), learned);
    assert!(serde_json::from_str::<Learned>(r#"{"shifts":{"shoe_size":{"exact":1.0}}}"#).unwrap().is_nothing());
}

#[test]
fn a_waterfall_gives_back_levels_and_weight_and_a_guards_candidate_nothing() {
    let bar = |field: &str, level: &str, bits: f64| Evidence {
        field: field.into(),
        level: level.into(),
        source_value: None,
        destination_value: None,
        bits,
        reason: String::new(),
    };
    let bars = [
        bar("prior", "before", -9.0),
        bar("last_name", "exact", 9.0),
        bar("email", "echo", 1.0),
        bar("rival", "none", 0.0),
        bar(CALIBRATION, "learned", -3.0),
        bar("email", "unverified", 0.0),
    ];
    let seen = seen(&bars).unwrap();
    assert_eq!((seen.levels[1], seen.levels[3], seen.levels[0], seen.weight), (1, 4, 0, 1.0));
    assert_eq!(from_names(&names_of(&seen.levels)), seen.levels);
    assert_eq!(super::seen(&bars[1..]), None);
}
