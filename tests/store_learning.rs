//! What operators saw, the versions that were learnt from it, and the audit sample: kept for ever, revoked, never lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod store_support;

use onroll::domain::decision::{Decision, NotSame, Ruling};
use onroll::domain::ids::ConnectionId;
use onroll::domain::plan::{Candidate, Evidence, Hold, HoldCode, Plan};
use onroll::matching::learning::{FIRST_VERSION, GateVerdict, ModelVersion, Sampling, names_of, seen};
use onroll::store::{Difference, NewAuditItem, Store, StoreError, Stratum};
use store_support::{Desk, add};

fn bar(field: &str, level: &str, bits: f64) -> Evidence {
    let (source_value, destination_value) = (Some("Katarzyna".into()), Some("Kasia".into()));
    Evidence { field: field.into(), level: level.into(), source_value, destination_value, bits, reason: String::new() }
}

fn candidate(user: &str, weight: f64) -> Candidate {
    let evidence = vec![bar("prior", "before", -9.0), bar("first_name", "short_form", weight + 9.0)];
    Candidate { user: user.into(), weight, probability: 0.75, evidence }
}

async fn review(store: &Store, id: ConnectionId, employee: &str, candidates: Vec<Candidate>) {
    let hold = Hold {
        employee: employee.into(),
        code: HoldCode::ProbableDuplicate,
        field: None,
        also: Vec::new(),
        value: None,
        message: "may already have a user".into(),
        remedy: "rule".into(),
        candidates,
        others: Vec::new(),
        seen: None,
        beside: Vec::new(),
    };
    let plan = Plan { hash: "1".into(), holds: vec![hold], people: 1, ..Plan::default() };
    store.save_plan(id, None, &plan, "rosa").await.unwrap();
}

fn decision(desk: &Desk, employee: &str, ruling: Ruling) -> Decision {
    use onroll::ports::clock::Clock;
    let at = desk.clock.now();
    Decision { employee: employee.into(), ruling, reason: None, by: "rosa".into(), at, key_fields: String::new() }
}

/// User, one person or not, and whether it still counts, oldest first.
async fn kept(store: &Store, id: ConnectionId) -> Vec<(String, bool, bool)> {
    let rulings = store.kept_rulings(id).await.unwrap();
    rulings.into_iter().map(|kept| (kept.user.0, kept.ruling.same_person, !kept.ruling.revoked)).collect()
}

fn version(parent: u32, shift: f64) -> ModelVersion {
    let mut version = ModelVersion { parent, rulings: 12, ..ModelVersion::default() };
    version.learned.shifts[0][2] = shift;
    version
}

fn verdict() -> GateVerdict {
    GateVerdict { refusal: None, examples: 12, log_loss: (0.5, 0.25), wrong_links: (1, 0), changed: 2, control: (1, 1) }
}

#[tokio::test]
async fn a_ruling_keeps_levels_weight_and_version_and_no_value() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    review(&store, id, "1", vec![candidate("8841", 4.0), candidate("8842", 1.0)]).await;
    store.decide(id, vec![decision(&desk, "1", Ruling::Link { user: "8841".into() })]).await.unwrap();
    let [one] = &store.kept_rulings(id).await.unwrap()[..] else { panic!("one pair") };
    assert_eq!((one.ruling.weight, one.probability, one.by.as_str()), (4.0, 0.75, "rosa"));
    assert_eq!((one.ruling.levels[0], one.ruling.levels[1], one.ruling.version), (2, 0, FIRST_VERSION));
    assert_eq!(one.ruling.sampling, Sampling::Queue);
    // A user whom nothing weighed is no example.
    store.decide(id, vec![decision(&desk, "1", Ruling::Link { user: "9999".into() })]).await.unwrap();
    assert_eq!(kept(&store, id).await, [("8841".into(), true, false)]);
}

#[tokio::test]
async fn undo_a_later_ruling_and_withdrawing_revoke_and_redo_brings_back() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    review(&store, id, "1", vec![candidate("8841", 4.0), candidate("8842", 1.0)]).await;
    let (yes, no) =
        (|count: bool| ("8841".to_owned(), true, count), |user: &str, count| (user.to_owned(), false, count));
    store.decide(id, vec![decision(&desk, "1", Ruling::Link { user: "8841".into() })]).await.unwrap();
    store.decide(id, vec![decision(&desk, "1", Ruling::Create)]).await.unwrap();
    assert_eq!(kept(&store, id).await, [yes(false), no("8841", true), no("8842", true)], "the newest counts");
    store.undo_decision(id, "rosa").await.unwrap();
    assert_eq!(kept(&store, id).await, [yes(true), no("8841", false), no("8842", false)]);
    store.redo_decision(id, "rosa").await.unwrap();
    assert_eq!(kept(&store, id).await, [yes(false), no("8841", true), no("8842", true)]);
    // Putting somebody aside says nothing about who he is.
    store.decide(id, vec![decision(&desk, "1", Ruling::HoldBack)]).await.unwrap();
    assert_eq!(kept(&store, id).await, [yes(false), no("8841", true), no("8842", true)]);
    store.withdraw_decisions(id, vec!["1".into()], "rosa").await.unwrap();
    assert_eq!(kept(&store, id).await, [yes(false), no("8841", false), no("8842", false)]);
}

#[tokio::test]
async fn two_people_are_kept_too_and_forgetting_takes_it_all_away() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    review(&store, id, "1", vec![candidate("8841", 4.0)]).await;
    let pair = NotSame { employee: "1".into(), user: "8841".into() };
    store.add_not_same(id, pair.clone(), "rosa").await.unwrap();
    assert_eq!(kept(&store, id).await, [("8841".into(), false, true)]);
    store.remove_not_same(id, pair.clone(), "rosa").await.unwrap();
    store.add_not_same(id, pair, "rosa").await.unwrap();
    assert_eq!(kept(&store, id).await, [("8841".into(), false, false), ("8841".into(), false, true)]);
    store.forget_person(id, "1".into(), None, "rosa").await.unwrap();
    assert_eq!(kept(&store, id).await, []);
}

#[tokio::test]
async fn versions_are_kept_for_ever_and_only_one_hand_changes_which_is_in_use() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    assert_eq!(store.active_model(id).await.unwrap(), ModelVersion::default());
    let difference = Difference { people: 3, ..Difference::default() };
    assert_eq!(store.add_model(id, version(1, 0.25), verdict(), difference, "rosa").await.unwrap(), 2);
    assert_eq!(store.add_model(id, version(1, 0.5), verdict(), difference, "rosa").await.unwrap(), 3);
    assert_eq!(store.active_model(id).await.unwrap().version, FIRST_VERSION, "proposed is not used");
    store.use_model(id, 2, 1, false, "rosa").await.unwrap();
    let late = store.use_model(id, 3, 1, false, "tim").await;
    assert!(matches!(late, Err(StoreError::Missing { .. })), "another version is in use by now");
    let store = {
        drop(store);
        desk.reopen()
    };
    assert_eq!(store.active_model(id).await.unwrap().learned, version(1, 0.25).learned);
    review(&store, id, "1", vec![candidate("8841", 4.0)]).await;
    store.decide(id, vec![decision(&desk, "1", Ruling::Create)]).await.unwrap();
    store.use_model(id, 1, 2, true, "tim").await.unwrap();
    let uses: Vec<_> =
        store.model_uses(id).await.unwrap().into_iter().map(|one| (one.version, one.back, one.by)).collect();
    assert_eq!(uses, [(2, false, "rosa".into()), (1, true, "tim".into())]);
    assert_eq!(store.model_versions(id).await.unwrap().len(), 2);
    assert_eq!(store.kept_rulings(id).await.unwrap()[0].ruling.version, 2, "what the plan was weighed by");
}

#[tokio::test]
async fn a_pair_of_the_sample_is_ruled_on_again_and_taken_back() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let shown = candidate("8841", 4.0);
    let levels = names_of(&seen(&shown.evidence).unwrap().levels);
    let item =
        NewAuditItem { stratum: Stratum::New, rate: 0.01, employee: "1".into(), candidate: shown, weight: 4.0, levels };
    store.add_audit_items(id, 1, vec![item.clone()], "rosa").await.unwrap();
    let [drawn] = &store.audit_items(id).await.unwrap()[..] else { panic!("one pair") };
    assert_eq!((&drawn.item, drawn.ruled, drawn.draw), (&item, None, 1));
    store.rule_audit_item(id, drawn.id, Some(true), "rosa").await.unwrap();
    store.rule_audit_item(id, drawn.id, Some(false), "tim").await.unwrap();
    assert_eq!(store.audit_items(id).await.unwrap()[0].ruled, Some(false));
    assert_eq!(kept(&store, id).await, [("8841".into(), true, false), ("8841".into(), false, true)]);
    assert_eq!(store.kept_rulings(id).await.unwrap()[1].ruling.sampling, Sampling::Audit { rate: 0.01 });
    store.rule_audit_item(id, drawn.id, None, "tim").await.unwrap();
    assert_eq!(store.audit_items(id).await.unwrap()[0].ruled, None);
    let missing = store.rule_audit_item(id, 99, Some(true), "tim").await;
    assert!(matches!(missing, Err(StoreError::Missing { .. })));
}
