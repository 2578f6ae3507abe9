//! Reward Gateway as the destination (FR01, FR07, FR08), from any source: who joins, who changes, who leaves, who is refused.

use crate::common::{Desk, TODAY, codes, employee, hold, operations};
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::run::RunOutcome;
use onroll::ports::api::{NoNotices, ProbeResult};
use onroll::sandbox::{Fault, FaultKind, SandboxConfig, World};
use serde_json::{Value, json};
use std::sync::Arc;

async fn live(source: &str, employees: Vec<Value>, users: Vec<Value>, switches: Value) -> Desk {
    let mut from = json!({ "employees": employees });
    if source == "peoplehr" {
        from["company_name"] = json!("Aldergate Retail Ltd");
    }
    let document = json!({ source: from, "reward-gateway": {"users": users, "switches": switches} });
    let world = Some(World::from_json_text(&document.to_string()).expect("the world is valid"));
    let config = SandboxConfig { world, ..SandboxConfig::new(TODAY) };
    let desk = Desk::of_pair(config, &format!("{source}-reward-gateway"), |text| text).await;
    desk.publish().await;
    desk
}

fn leo(own: Value) -> Value {
    employee(2, "Leo", "Marsh", own)
}

/// The member whom that employee becomes.
fn member(own: Value) -> Value {
    let mut row = json!({"id": "m-2", "identifier": "40817_2", "first_name": "Leo", "last_name": "Marsh",
        "email": "leo.marsh@hvine.example", "branch": "Quayside", "department": "Kitchen"});
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("planday").unwrap().person_mut(id).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr07_a_new_employee_is_welcomed_and_one_already_there_is_updated_silently() {
    for source in ["planday", "peoplehr"] {
        let people =
            vec![leo(json!({})), employee(3, "Zoë", "O’Brien-St. John", json!({"email": "zoe@aldergate.example"}))];
        let desk = live(source, people, vec![], json!({})).await;
        let plan = desk.plan().await;
        assert_eq!((codes(&plan), operations(&plan, OperationKind::Create).len(), plan.mails.welcome), (vec![], 2, 2));
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 2), "{:?}", report.problem);
        assert_eq!(desk.mails().iter().filter(|mail| mail["kind"] == "welcome").count(), 2);
        desk.sandbox.edit(|world| {
            let company = world.company_mut(source).unwrap();
            company.people[0].department = "Bar".into();
        });
        let report = desk.sync_confirmed().await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 1), "{:?}", report.problem);
        assert_eq!(desk.mails().len(), 2, "nobody is mailed about a change");
        assert!(desk.users().iter().any(|user| user["department"] == "Bar"));
        assert!(desk.plan().await.operations.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr01_plans_count_welcome_mails_by_how_the_programme_s_own_switch_stands() {
    let desk = live("planday", vec![leo(json!({}))], vec![], json!({"welcome_mail": false})).await;
    assert_eq!(desk.plan().await.mails.welcome, 0, "the tenant file says how it stands there");
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!(desk.mails(), Vec::<Value>::new());
    let clients = desk.engine().clients(&desk.connection().await, Arc::new(NoNotices)).await.unwrap();
    let steps = clients.destination.probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
    let mails = steps.iter().find(|step| step.name == "mails").unwrap();
    assert!(mails.detail.contains("Reward Manager"), "set-up says where: {}", mails.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr08_who_has_left_becomes_ineligible_and_who_comes_back_is_a_member_again() {
    let desk = live("planday", vec![leo(json!({}))], vec![member(json!({}))], json!({})).await;
    desk.sync().await;
    edit(&desk, "2", |person| (person.end_date, person.status) = ("2026-11-20".into(), "inactive".into()));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!((&desk.user("40817_2")["status"], &desk.mails()[0]["kind"]), (&json!("inactive"), &json!("ineligible")));
    assert!(desk.plan().await.operations.is_empty());
    edit(&desk, "2", |person| (person.end_date, person.status) = (String::new(), "active".into()));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    let leo = desk.user("40817_2");
    assert_eq!((&leo["status"], &leo["id"], desk.mails().len()), (&json!("active"), &json!("m-2"), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr03_what_reward_gateway_refuses_is_held_before_it_is_sent() {
    let long = format!("{}@aldergate.example", "x".repeat(190));
    let people = vec![
        leo(json!({"last_name": "Marsh 2"})),
        employee(3, "Ana", "Lopes", json!({"email": long})),
        employee(4, "Tom", "Reed", json!({"email": ""})),
        employee(5, &"Maximiliana".repeat(5), "Long", json!({"email": "max@aldergate.example"})),
        employee(6, "Jo/Anne", "Slash", json!({"email": "jo@aldergate.example"})),
        employee(7, "Petra", "Novák", json!({"email": "petra@aldergate.example"})),
    ];
    let desk = live("planday", people, vec![], json!({})).await;
    let plan = desk.plan().await;
    let held = |id: &str| (hold(&plan, id).code, hold(&plan, id).field.clone().unwrap_or_default());
    assert_eq!(held("2"), (HoldCode::NameNotAccepted, "last_name".into()));
    assert_eq!(held("3"), (HoldCode::NameNotAccepted, "email".into()));
    assert_eq!(held("4"), (HoldCode::MissingField, "email".into()));
    assert_eq!(held("5"), (HoldCode::NameNotAccepted, "first_name".into()));
    assert_eq!(held("6"), (HoldCode::NameNotAccepted, "first_name".into()));
    assert_eq!(operations(&plan, OperationKind::Create).len(), 1);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.failed, desk.users().len()), (1, 0, 1), "{:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_fr07_a_lost_answer_makes_no_second_member_and_sends_no_second_mail() {
    let desk = live("planday", vec![leo(json!({}))], vec![], json!({})).await;
    let path = "/5d0c6f1e-2a7b-4c39-9e58-0b7d4f6a1c22/scim/v2/Users";
    desk.sandbox.set_faults(vec![Fault::new(FaultKind::AnswerLost).at("reward-gateway").on("POST", path).times(1)]);
    let report = desk.sync_confirmed().await;
    assert_eq!(
        (report.outcome, desk.users().len(), desk.mails().len()),
        (RunOutcome::Done, 1, 1),
        "{:?}",
        report.problem
    );
    assert!(desk.plan().await.operations.is_empty());
}
