//! ALL01 to ALL11.

use crate::common::{Desk, codes, employee, hold, is_written, operations, problem, user_of, world};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::plan::{HoldCode, LimitKind, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::engine::error::EngineError;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Confirmation, SyncRequest};
use onroll::sandbox::FaultKind;
use serde_json::{Value, json};

fn staff(count: u32) -> Vec<Value> {
    (1..=count).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect()
}

fn users(count: u32) -> Vec<Value> {
    (1..=count).map(|id| user_of(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect()
}

/// A tenant whose staff are all linked and equal.
async fn settled(count: u32) -> Desk {
    let desk = Desk::live(world(staff(count), users(count))).await;
    let report = desk.sync().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problem);
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all01_nothing_is_ever_written_to_a_source() {
    let desk = Desk::live(world(staff(12), vec![])).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 12);
    let (reads, writes) = desk.reads_and_writes("planday");
    assert!(reads > 0);
    assert_eq!(writes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all02_a_second_run_plans_and_sends_nothing() {
    let desk = Desk::live(world(staff(12), users(3))).await;
    desk.sync_confirmed().await;
    let writes = desk.writes();
    assert!(desk.plan().await.operations.is_empty());
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 0));
    assert_eq!(desk.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all03_a_probable_duplicate_is_neither_created_nor_linked_without_a_ruling() {
    let known = employee(1, "Katarzyna", "Wójcik", json!({"date_of_birth": "1994-03-12"}));
    let alike = user_of(
        1,
        "Katarzyna",
        "Wojcik",
        json!({"id": "8841", "identifier": null, "date_of_birth": "1994-03-12", "email": "kw@mail.example"}),
    );
    let desk = Desk::live(world(vec![known], vec![alike])).await;
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty());
    let held = hold(&plan, "1");
    assert_eq!(held.code, HoldCode::ProbableDuplicate);
    let candidate = &held.candidates[0];
    let sum: f64 = candidate.evidence.iter().map(|evidence| evidence.bits).sum();
    assert!((sum - candidate.weight).abs() < 0.01, "the waterfall adds up: {sum} {}", candidate.weight);
    let user = candidate.user.clone();
    desk.link("1", user.as_str()).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.failed, 0);
    assert_eq!(desk.users().len(), 1);
    assert_eq!(desk.user("40817_1")["last_name"], "Wójcik");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all04_an_unmapped_value_blocks_those_who_carry_it_and_nobody_else() {
    let mut people = staff(3);
    people[1]["job_title"] = json!("Night Auditor");
    let desk = Desk::live(world(people, vec![])).await;
    // The tables of the tenant file know the job titles of the world; this one the destination does not have.
    desk.sandbox.edit(|world| {
        let company = world.company_mut("flow-learning").unwrap();
        company.options.job_titles.retain(|option| option.name != "Night Auditor");
    });
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("2".to_owned(), HoldCode::UnmappedValue)]);
    assert_eq!(hold(&plan, "2").value.as_deref(), Some("Night Auditor"));
    assert!(is_written(&plan, "1") && is_written(&plan, "3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all05_a_missing_mandatory_field_names_the_field_and_the_cure() {
    let mut people = staff(2);
    people[0]["last_name"] = json!(".");
    let desk = Desk::live(world(people, vec![])).await;
    let plan = desk.plan().await;
    let held = hold(&plan, "1");
    assert_eq!((held.code, held.field.as_deref()), (HoldCode::MissingField, Some("last_name")));
    assert!(held.remedy.contains("Planday"), "{}", held.remedy);
    assert!(is_written(&plan, "2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all06_switched_off_writes_nothing_and_still_previews() {
    let desk = settled(3).await;
    let connection = desk.connection().await;
    desk.engine().switch_off(&connection).await.unwrap();
    let connection = desk.connection().await;
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let refused = desk.engine().sync(&connection, &SyncRequest::default(), &reporter, &control).await;
    assert!(matches!(refused, Err(EngineError::NotLive { .. })));
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all07_a_preview_sends_only_reads() {
    let desk = Desk::preview_only(world(staff(5), users(2))).await;
    let plan = desk.plan().await;
    assert!(!plan.operations.is_empty());
    assert_eq!(desk.writes(), 0);
    assert!(desk.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all08_past_a_limit_the_run_stops_before_its_first_write() {
    let desk = settled(40).await;
    let writes = desk.writes();
    desk.sandbox.edit(|world| {
        for person in &mut world.company_mut("planday").unwrap().people[..11] {
            person.status = "inactive".into();
            person.end_date = "2026-11-20".into();
        }
    });
    let report = desk.sync().await;
    assert_eq!(report.outcome, RunOutcome::Stopped);
    assert_eq!(problem(&report).kind, ProblemKind::Stopped);
    assert_eq!(desk.writes(), writes, "nothing was sent");
    // The wrong number opens nothing.
    let wrong = Some(Confirmation { number: 3, reason: None });
    let report = desk.sync_with(SyncRequest { confirmation: wrong, ..SyncRequest::default() }).await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Stopped, writes));
    // The parts that are not let go stay held.
    let without = vec![LimitKind::Leavers];
    let report = desk.sync_with(SyncRequest { without, ..SyncRequest::default() }).await;
    assert_eq!(report.totals.held, 11);
    assert_eq!(desk.writes(), writes);
    let right = Some(Confirmation { number: 11, reason: Some("season has ended".into()) });
    let report = desk.sync_with(SyncRequest { confirmation: right, ..SyncRequest::default() }).await;
    assert_eq!(report.totals.confirmed, 11, "{:?}", report.problem);
    assert_eq!(desk.user("40817_1")["status"], "inactive");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all09_an_empty_or_much_shorter_source_deactivates_nobody() {
    let desk = settled(60).await;
    let writes = desk.writes();
    desk.fault(FaultKind::EmptyList, "planday", 50);
    let report = desk.sync().await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Stopped, writes));
    desk.sandbox.set_faults(vec![]);
    desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people.truncate(50));
    let report = desk.sync().await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Stopped, writes));
    assert!(problem(&report).why.contains("10 fewer"), "{}", problem(&report).why);
    // Let through once, by the number of rows; those who are missing are held, not deactivated.
    let rows = Some(Confirmation { number: 50, reason: None });
    let report = desk.sync_with(SyncRequest { confirmation: rows, ..SyncRequest::default() }).await;
    assert_eq!(desk.writes(), writes, "{:?}", report.problem);
    assert_eq!(report.totals.held, 10);
    assert_eq!(desk.user("40817_60")["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all09_a_total_that_differs_from_the_rows_stops_the_run() {
    let desk = settled(60).await;
    let writes = desk.writes();
    desk.fault(FaultKind::MissingRows, "planday", 500);
    let report = desk.sync().await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Stopped, writes), "{:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_an_answer_that_is_lost_is_settled_by_reading_and_nobody_is_mailed_twice() {
    let desk = Desk::live(world(staff(9), vec![])).await;
    desk.fault(FaultKind::AnswerLost, "flow-learning", 4);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.unknown), (9, 0), "{:?}", report.problem);
    assert_eq!(desk.users().len(), 9);
    assert_eq!(desk.mails().len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_many_creations_in_one_request_are_settled_one_by_one_when_its_answer_is_lost() {
    for fault in [FaultKind::AnswerLost, FaultKind::CutBody, FaultKind::Internal, FaultKind::BadGatewayHtml] {
        let mut people = staff(120);
        people.push(employee(121, "Nadia", "Untitled", json!({"job_title": "Waiter", "email": "p1@hvine.example"})));
        let desk = Desk::live(world(people, vec![])).await;
        desk.fault(fault, "flow-learning", 3);
        let report = desk.sync_confirmed().await;
        assert_eq!(report.totals.unknown, 0, "{fault:?}: {:?}", report.problem);
        let users = desk.users();
        let identifiers: std::collections::HashSet<String> =
            users.iter().map(|user| user["identifier"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!((users.len(), identifiers.len()), (report.totals.confirmed as usize, users.len()), "{fault:?}");
        assert_eq!(desk.mails().len(), users.len(), "{fault:?}: nobody is mailed twice");
        assert!(users.len() >= 119, "{fault:?}: {}", users.len());
        let links = desk.store().links(desk.connection().await.id).await.unwrap();
        assert_eq!(links.len(), users.len(), "{fault:?}: who was read back is tied");
        assert!(desk.plan().await.operations.is_empty(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_are_refused_over_and_over_pause_the_tenant_before_all_are_tried() {
    let old = |id: u32| json!({"email": format!("old{id}@hvine.example"), "email_verified": false});
    let users = (1..=60).map(|id| user_of(id, &format!("First{id}"), &format!("Last{id}"), old(id))).collect();
    let mut world = world(staff(60), users);
    world["flow-learning"]["switches"]["unverified_emails"] = json!(true);
    let desk = Desk::live(world).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.written, 0, "{:?}", report.problem);
    assert!((20..40).contains(&report.totals.failed), "{:?}", report.totals);
    assert!(
        problem(&report).why.contains("were refused or not answered; the tenant is paused"),
        "{:?}",
        report.problem
    );
    assert_eq!(desk.connection().await.status, onroll::domain::connection::ConnectionStatus::Paused);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_an_interrupted_run_is_finished_first_and_under_its_own_approval() {
    let mut desk = Desk::live(world(staff(400), vec![])).await;
    let number = desk.plan().await.counts.operations();
    let connection = desk.connection().await;
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let request = SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
    let engine = desk.engine().clone();
    let watched = {
        let (reporter, control) = (reporter.clone(), control.clone());
        tokio::spawn(async move { engine.sync(&connection, &request, &reporter, &control).await })
    };
    // Stop as a signal does, once something was written.
    while reporter.snapshot().written == 0 {
        tokio::task::yield_now().await;
    }
    control.interrupt();
    let report = watched.await.unwrap().unwrap();
    assert_eq!(report.outcome, RunOutcome::Interrupted);
    let written = desk.users().len();
    assert!((1..400).contains(&written), "{written} were written before the stop");
    desk.reopen(crate::common::TODAY);
    let report = desk.sync().await;
    assert!(report.resumed.is_some());
    assert_eq!((desk.users().len(), desk.mails().len()), (400, 400));
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_a_write_whose_fate_is_unknown_after_a_crash_is_looked_up_first() {
    let mut desk = Desk::live(world(staff(3), vec![])).await;
    let number = desk.plan().await.counts.operations();
    // As a crash leaves it: approved, the first line sent, its answer never heard.
    let connection = desk.connection().await;
    let store = desk.store().clone();
    let new = onroll::store::NewRun::by_hand(onroll::domain::run::RunPurpose::Sync, "test");
    let run = store.start_run(connection.id, new).await.unwrap();
    let saved = desk.engine().plan(&connection, Some(run)).await.unwrap();
    let approval = onroll::store::Approval {
        by: "test".into(),
        confirmed: Some(format!("{}:{number}", connection.short_name)),
        reason: None,
        without: vec![],
        waves: None,
    };
    store.approve_plan(saved.id, approval).await.unwrap();
    store.mark_sent(saved.id, 0, None).await.unwrap();
    store.mark_sent(saved.id, 1, None).await.unwrap();
    // One of the two requests had arrived.
    let first = &saved.plan.operations[0];
    let clients = desk.engine().clients(&connection, std::sync::Arc::new(onroll::ports::api::NoNotices)).await.unwrap();
    let write = onroll::engine::operation::write_of(first, None).unwrap();
    clients.destination.write(&write).await.unwrap();
    desk.reopen(crate::common::TODAY);
    let report = desk.sync().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problem);
    assert_eq!((desk.users().len(), desk.mails().len()), (3, 3));
    let rows = desk.store().operations(saved.id, &OperationState::ALL).await.unwrap();
    assert!(rows.iter().all(|row| row.state == OperationState::Confirmed));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all11_two_employees_who_would_land_on_one_user_are_both_held() {
    let one = json!({"date_of_birth": "1990-05-01", "email": "j.smith@hvine.example"});
    let two = json!({"date_of_birth": "1990-05-01", "email": "john.smith@hvine.example"});
    let people = vec![employee(1, "John", "Smith", one), employee(2, "John", "Smith", two)];
    let user = user_of(
        1,
        "John",
        "Smith",
        json!({"identifier": null, "date_of_birth": "1990-05-01", "email": "smithy@mail.example"}),
    );
    let desk = Desk::live(world(people, vec![user])).await;
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty());
    assert_eq!(plan.holds.len(), 2);
    assert!(plan.holds.iter().all(|hold| hold.code.kind() == onroll::domain::plan::HoldKind::Review));
    desk.sync().await;
    assert_eq!(desk.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_edited_behind_the_plans_back_sets_those_lines_aside() {
    let desk = settled(6).await;
    desk.sandbox.edit(|world| {
        for person in &mut world.company_mut("planday").unwrap().people[..3] {
            person.job_title = "Sous Chef".into();
        }
    });
    let number = desk.plan().await.counts.operations();
    assert_eq!(number, 3);
    desk.sandbox.edit(|world| {
        let user =
            world.company_mut("flow-learning").unwrap().people.iter_mut().find(|user| user.identifier == "40817_2");
        user.unwrap().job_title = "Bartender".into();
    });
    let report = desk.sync_kept(number).await;
    assert_eq!((report.totals.confirmed, report.totals.set_aside), (2, 1), "{:?}", report.problem);
    assert_eq!(desk.user("40817_2")["job_title"], "Bartender");
    assert_eq!(desk.user("40817_1")["job_title"], "Sous Chef");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_not_the_newest_is_never_applied() {
    let desk = settled(3).await;
    desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[0].job_title = "Sous Chef".into());
    desk.plan().await;
    let old = desk.store().latest_plan(desk.connection().await.id).await.unwrap().unwrap().id;
    desk.plan().await;
    let approved = onroll::engine::run::Approved::Kept(old);
    let report = desk.sync_with(SyncRequest { approved, ..SyncRequest::default() }).await;
    assert_eq!((report.outcome, desk.writes()), (RunOutcome::Drifted, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_may_not_work_on_the_same_tenant() {
    let desk = settled(2).await;
    let connection = desk.connection().await;
    let holder = onroll::store::Holder {
        pid: std::process::id(),
        host: "another-host".into(),
        start: String::new(),
        what: "sync".into(),
    };
    let token = desk.store().acquire_lease(connection.id, holder).await.unwrap();
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let refused = desk.engine().sync(&connection, &SyncRequest::default(), &reporter, &control).await;
    let refused = onroll::domain::problem::Problem::from(refused.unwrap_err());
    assert_eq!(refused.kind, ProblemKind::Locked);
    desk.store().release_lease(token).await.unwrap();
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_refusals_in_a_row_pause_the_tenant_until_a_test_passes() {
    let desk = settled(2).await;
    let break_it = |secret: &str| {
        desk.sandbox.edit(|world| {
            world.company_mut("flow-learning").unwrap().own.insert("secret".into(), json!(secret));
        });
    };
    let good = desk.sandbox.world().company("flow-learning").unwrap().own["secret"].as_str().unwrap().to_owned();
    break_it("another");
    for _ in 0..3 {
        assert_eq!(desk.sync().await.outcome, RunOutcome::Refused);
    }
    assert_eq!(desk.connection().await.status, ConnectionStatus::Paused);
    break_it(&good);
    assert!(desk.engine().test_connection(&desk.connection().await).await.unwrap().passed);
    assert_eq!(desk.connection().await.status, ConnectionStatus::Live);
    let plan = desk.plan().await;
    assert!(operations(&plan, OperationKind::Create).is_empty());
}
