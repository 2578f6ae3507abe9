//! What the vendors and the data can do to a run, and what the operator is told.

use crate::common::{Desk, employee, problem, user_of, world};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::{Level, RunOutcome};
use onroll::sandbox::FaultKind;
use serde_json::json;

fn small() -> serde_json::Value {
    world(
        vec![employee(1, "Ines", "Halloran", json!({})), employee(2, "Leo", "Marsh", json!({}))],
        vec![user_of(1, "Ines", "Halloran", json!({})), user_of(2, "Leo", "Marsh", json!({}))],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_named_with_its_cure() {
    let desk = Desk::preview_only(small()).await;
    desk.sandbox.edit(|world| {
        let company = world.company_mut("planday").unwrap();
        let scopes = company.own["scopes"].as_array().unwrap().clone();
        let left = scopes.into_iter().filter(|scope| scope != "employee:read").collect();
        company.own.insert("scopes".into(), serde_json::Value::Array(left));
    });
    let report = desk.preview().await;
    let problem = problem(&report);
    assert_eq!(problem.kind, ProblemKind::Refused);
    assert!(problem.remedies.iter().any(|now| now.contains("employee:read")), "{:?}", problem.remedies);
}

#[tokio::test(flavor = "multi_thread")]
async fn html_instead_of_json_is_said_in_words_and_writes_nothing() {
    let desk = Desk::live(small()).await;
    desk.fault(FaultKind::BadGatewayHtml, "flow-learning", 50);
    let report = desk.sync().await;
    assert!(matches!(problem(&report).kind, ProblemKind::Temporary | ProblemKind::Failed));
    assert_eq!(desk.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_and_the_run_goes_on() {
    let desk = Desk::live(small()).await;
    desk.fault(FaultKind::ExpiredToken, "planday", 1);
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
}

/// A plan about two people, after which a user whom it did not see takes the e-mail that one of them is to have; how many changes
/// it has.
async fn planned_with_a_stranger(desk: &Desk) -> u32 {
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        people[0].job_title = "Sous Chef".into();
        people[1].email = "leo@hvine.example".into();
    });
    let number = desk.plan().await.counts.operations();
    let stranger = user_of(9, "Some", "Body", json!({"identifier": "x", "email": "leo@hvine.example"}));
    let mut document = desk.sandbox.world().to_json();
    document["flow-learning"]["users"].as_array_mut().unwrap().push(stranger);
    desk.sandbox.put_state(&document).unwrap();
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_refusal_never_ends_a_run() {
    let desk = Desk::live(small()).await;
    desk.sync().await;
    let number = planned_with_a_stranger(&desk).await;
    let report = desk.sync_kept(number).await;
    assert_eq!((report.totals.confirmed, report.totals.failed), (1, 1), "{:?}", report.problem);
    assert_eq!(report.outcome, RunOutcome::DoneWithHeld);
    let lines = desk.feed("EMAIL_IN_USE").await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].level, Level::Error);
    assert!(!lines[0].text.contains('@'), "no e-mail in the log: {}", lines[0].text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_and_what_had_no_answer_are_counted_apart() {
    let desk = Desk::live(small()).await;
    desk.sync().await;
    let number = planned_with_a_stranger(&desk).await;
    desk.sandbox.set_faults(vec![
        onroll::sandbox::Fault::new(FaultKind::Internal).at("flow-learning").on("PUT", "/v1/employees/40817_1"),
    ]);
    let report = desk.sync_kept(number).await;
    let counted = |totals: onroll::domain::run::RunTotals| {
        (totals.failed, totals.refused(), totals.without_answer(), totals.unknown)
    };
    assert_eq!(counted(report.totals), (2, 1, 1, 0), "{:?}", report.problem);
    assert_eq!(counted(desk.store().run(report.run).await.unwrap().totals), (2, 1, 1, 0), "as it is kept");
    let troubles = desk.store().troubles().await.unwrap();
    let mut words: Vec<String> = troubles.iter().map(|one| one.words("Flow")).collect();
    words.sort();
    assert_eq!(words, ["1 line refused by Flow", "1 line without an answer"]);
    let told = onroll::domain::report::plain(&desk.engine().report_of(report.run).await.unwrap());
    let figures: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
    for figure in [vec!["refused", "1"], vec!["without", "an", "answer", "1"]] {
        assert!(figures.contains(&figure), "{figure:?}\n{told}");
    }
    assert!(told.contains("1 refused, 1 without an answer  onroll runs errors"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_in_the_middle_is_continued_by_the_next_run() {
    let people = (1..=12).map(|id| employee(id, &format!("F{id}"), &format!("L{id}"), json!({}))).collect();
    let desk = Desk::live(world(people, vec![])).await;
    desk.sandbox.set_faults(vec![
        onroll::sandbox::Fault::new(FaultKind::Internal).at("flow-learning").on("PUT", "/v1/employees").times(3),
    ]);
    let report = desk.sync_confirmed().await;
    assert_eq!((desk.users().len(), desk.mails().len()), (12, 12), "{:?} {:?}", report.totals, report.problem);
    let report = desk.sync().await;
    assert_eq!(report.outcome, RunOutcome::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_and_the_problem_hold_no_personal_data() {
    let desk = Desk::live(small()).await;
    desk.sandbox.edit(|world| {
        let person = &mut world.company_mut("planday").unwrap().people[0];
        person.email = "new.address@hvine.example".into();
        person.date_of_birth = "1991-01-02".into();
    });
    desk.sync().await;
    for line in desk.feed("").await {
        assert!(!line.text.contains('@') && !line.text.contains("1991"), "{}", line.text);
    }
}
