//! ALL14, the source: one record that cannot be had or read holds that person, and all others go on.

use crate::common::proxy::{Proxy, Reply};
use crate::common::{Desk, codes, employee, hold, is_written, operations, problem, user_of, world};
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{HoldCode, HoldKind, OperationKind, Plan};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::RunOutcome;
use onroll::domain::settings::MissingPolicy;
use serde_json::{Value, json};

/// Staff who are all linked, and one thing to update for each.
fn changed(count: u32) -> Value {
    let staff = (1..=count)
        .map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({"job_title": "Sous Chef"})));
    let users = (1..=count).map(|id| user_of(id, &format!("First{id}"), &format!("Last{id}"), json!({})));
    world(staff.collect(), users.collect())
}

fn detail_of(path: &str) -> Option<u32> {
    let rest = path.strip_prefix("/planday/hr/v1.0/employees/")?;
    rest.split('?').next()?.parse().ok()
}

fn is_list(path: &str) -> bool {
    path.starts_with("/planday/hr/v1.0/employees?")
}

/// Breaks the record of one person in a way of its own.
fn broken(path: &str, reply: &mut Reply) {
    if is_list(path) && reply.json()["data"].as_array().is_some_and(|rows| rows.iter().any(|row| row["id"] == 10)) {
        reply.replace("\"lastName\":\"Last10\"", "\"lastName\":\"La\\ud800st\"");
        reply.replace("\"id\":11,", "\"id\":11,\"hiredDate\":7,");
    }
    match detail_of(path) {
        Some(1) => reply.set_text(400, "application/json", "{\"detail\": \"Employee id is invalid\"}"),
        Some(2) => reply.set_text(403, "application/json", ""),
        Some(3) => reply.set_text(404, "application/json", "{}"),
        Some(4) => reply.set_text(500, "application/json", "{}"),
        Some(5) => reply.set_text(200, "text/html", "<html><title>Sorry</title></html>"),
        Some(6) => reply.body.truncate(reply.body.len() / 2),
        Some(7) => reply.replace("\"lastName\":\"Last7\"", "\"lastName\":{\"text\":\"Last7\"}"),
        Some(8) => reply.replace("\"firstName\":\"First8\"", "\"firstName\":\"\\ud800\""),
        Some(9) => reply.replace("\"id\":9,", "\"id\":9223372036854775808,"),
        // A new hire.
        Some(12) => reply.replace("\"value\":\"Quayside\"", "\"value\":[\"Quayside\"]"),
        _ => {}
    }
}

fn unreadable(plan: &Plan) -> Vec<String> {
    let held = plan.holds.iter().filter(|hold| hold.code == HoldCode::RecordUnreadable);
    let mut ids: Vec<String> = held.map(|hold| hold.employee.to_string()).collect();
    ids.sort_by_key(|id| id.parse::<u32>().unwrap_or(0));
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_twelve_ways_of_being_unreadable_hold_twelve_people_and_nobody_else() {
    let proxy = Proxy::start(|_, _| {}).await;
    let mut document = changed(120);
    document["flow-learning"]["users"].as_array_mut().unwrap().retain(|user| user["identifier"] != "40817_12");
    let desk = Desk::live_behind(document, &proxy).await;
    proxy.change(broken);
    desk.settings(|settings| settings.missing = MissingPolicy::Leavers).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.problem, None);
    assert_eq!(report.outcome, RunOutcome::DoneWithHeld);
    let plan = report.plan.unwrap().plan;
    let expected: Vec<String> = (1..=12).map(|id| id.to_string()).collect();
    assert_eq!(unreadable(&plan), expected, "{:?}", codes(&plan));
    assert_eq!((plan.held(HoldKind::Blocked), plan.held(HoldKind::Review)), (12, 0));
    assert_eq!(report.totals.confirmed, 108, "everybody else was written");
    for (id, field, words) in [
        ("1", None, "Planday lists this person as active but answers 400 to the record"),
        ("2", None, "Planday answers 403 to this person's record"),
        ("3", None, "Planday lists this person as active but answers 404 to the record"),
        ("4", None, "Planday does not give this person's record: status 500"),
        ("5", None, "Planday answers this person's record with HTML page, title `Sorry`"),
        ("6", None, "Planday answers this person's record with broken JSON"),
        ("7", Some("lastName"), "`lastName` holds an object"),
        ("8", Some("firstName"), "`firstName` holds a broken character"),
        ("9", None, "Planday answers with a record that has another id"),
        ("10", Some("lastName"), "`lastName` holds a broken character"),
        ("11", Some("hiredDate"), "`hiredDate` holds a number"),
        ("12", Some("Branch (Flow)"), "`Branch (Flow)` holds a list"),
    ] {
        let hold = hold(&plan, id);
        assert!(hold.message.starts_with("the record cannot be read: "), "{}", hold.message);
        assert!(hold.message.contains(words), "{id}: {}", hold.message);
        assert_eq!(hold.field.as_deref(), field, "{id}");
        assert!(hold.remedy.contains("in Planday"), "{id}: {}", hold.remedy);
        assert!(!is_written(&plan, id));
    }
    // Their users are as they were: not updated, not switched off.
    for id in 1..=11 {
        let user = desk.user(&format!("40817_{id}"));
        assert_eq!((&user["job_title"], &user["status"]), (&json!("Waiter"), &json!("active")), "{id}");
    }
    assert!(desk.users().iter().all(|user| user["identifier"] != "40817_12"), "nobody is made of half a record");
    // They are in the list of people, with what could be read of them.
    let found = desk.store().employee(desk.connection().await.id, &EmployeeId::from("2")).await.unwrap().unwrap();
    assert_eq!(found.person.last_name.as_deref(), Some("Last2"));
    assert_eq!(desk.feed("record cannot be read").await.len(), 24, "one line for each, of the plan and of the sync");

    // Mended, they are synced as if nothing had been.
    proxy.pass_all();
    let plan = desk.plan().await;
    assert_eq!((unreadable(&plan).len(), operations(&plan, OperationKind::Update).len()), (0, 11));
    assert_eq!(operations(&plan, OperationKind::Create).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_past_a_tenth_the_pull_stops_as_a_whole_and_four_never_stop_it() {
    let proxy = Proxy::start(|_, _| {}).await;
    let desk = Desk::live_behind(changed(60), &proxy).await;
    proxy.change(|path, reply| {
        if detail_of(path).is_some_and(|id| id <= 7) {
            reply.replace("\"firstName\":", "\"firstName\":5,\"x\":");
        }
    });
    let report = desk.preview().await;
    let stop = problem(&report);
    assert_eq!(stop.kind, ProblemKind::Stopped);
    assert!(stop.why.contains("7 of 60 active employees cannot be read (`firstName` in 7)"), "{}", stop.why);

    let few = Proxy::start(|_, _| {}).await;
    let desk = Desk::live_behind(changed(8), &few).await;
    few.change(|path, reply| {
        if detail_of(path).is_some_and(|id| id <= 4) {
            reply.replace("\"firstName\":", "\"firstName\":5,\"x\":");
        }
    });
    let plan = desk.plan().await;
    assert_eq!((unreadable(&plan).len(), operations(&plan, OperationKind::Update).len()), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_what_everybody_meets_is_the_scope_and_no_unreadable_people() {
    let proxy = Proxy::start(|_, _| {}).await;
    let desk = Desk::live_behind(changed(30), &proxy).await;
    proxy.change(|path, reply| {
        if detail_of(path).is_some() {
            reply.set_text(403, "application/json", "");
        }
    });
    proxy.seen();
    let report = desk.sync().await;
    assert_eq!(problem(&report).kind, ProblemKind::Refused);
    assert!(problem(&report).remedies.iter().any(|now| now.contains("employee:read")));
    let asked = proxy.seen().iter().filter(|(path, _)| detail_of(path).is_some()).count();
    assert!(asked < 30 + 16, "it does not go on for long: {asked}");
    assert_eq!(desk.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_somebody_who_left_between_the_two_lists_is_a_leaver() {
    let proxy = Proxy::start(|_, _| {}).await;
    let mut document = changed(20);
    document["planday"]["employees"][4]["status"] = json!("inactive");
    document["planday"]["employees"][4]["end_date"] = json!("2026-11-01");
    let desk = Desk::live_behind(document, &proxy).await;
    // When the active list was read, number 5 still stood in it.
    proxy.change(|path, reply| {
        if is_list(path) {
            let mut page = reply.json();
            let mut row = page["data"][0].clone();
            row["id"] = json!(5);
            page["data"].as_array_mut().unwrap().push(row);
            page["paging"]["total"] = json!(20);
            reply.set_json(&page);
        }
    });
    let plan = desk.plan().await;
    assert_eq!(unreadable(&plan), Vec::<String>::new());
    assert_eq!(operations(&plan, OperationKind::Deactivate).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_a_row_without_an_id_is_named_by_its_place_and_nobody_counts_as_gone() {
    let proxy = Proxy::start(|_, _| {}).await;
    let desk = Desk::live_behind(changed(30), &proxy).await;
    desk.settings(|settings| settings.missing = MissingPolicy::Leavers).await;
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    proxy.change(|path, reply| {
        if is_list(path) {
            reply.replace("\"id\":7,", "\"id\":null,");
        }
    });
    let plan = desk.plan().await;
    assert_eq!(unreadable(&plan), ["active employees, row 7"]);
    let held = hold(&plan, "active employees, row 7");
    assert_eq!((held.field.as_deref(), held.code.kind()), (Some("id"), HoldKind::Blocked));
    let missing = hold(&plan, "7");
    assert_eq!(missing.code, HoldCode::StatusUnclear);
    assert!(missing.message.contains("active employees, row 7"), "{}", missing.message);
    assert_eq!(operations(&plan, OperationKind::Deactivate).len(), 0, "{:?}", plan.operations);
    proxy.pass_all();
    assert!(desk.plan().await.holds.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_a_page_that_cannot_be_read_is_the_vendors_fault_and_says_where() {
    let proxy = Proxy::start(|_, _| {}).await;
    let desk = Desk::live_behind(changed(60), &proxy).await;
    proxy.change(|path, reply| {
        if is_list(path) && path.contains("offset=50") {
            reply.replace("\"data\":[", "\"data\":[[[");
        }
    });
    let report = desk.preview().await;
    let why = &problem(&report).why;
    assert!(why.contains("Planday") && why.contains("active employees, rows 51 to 100: broken JSON"), "{why}");
    assert!(problem(&report).remedies.iter().any(|now| now.contains("Planday")), "{:?}", problem(&report).remedies);
    assert!(problem(&report).remedies.iter().all(|now| !now.contains("address")), "{:?}", problem(&report).remedies);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_departments_and_options_of_one_name_stop_nobody() {
    let mut document = changed(5);
    document["planday"]["departments"] = json!([{"id": 7, "name": "Kitchen"}, {"id": 8, "name": "Kitchen"}]);
    let options = document["planday"]["options"]["job_titles"].as_array_mut().unwrap();
    options.push(json!({"name": "Sous Chef", "archived": true}));
    let proxy = Proxy::start(|path, reply| {
        if path.starts_with("/planday/hr/v1.0/departments") {
            reply.set_json(&json!({"paging": {"total": 4}, "data": [
                {"id": 7, "name": "Kitchen"}, {"id": 8, "name": "Kitchen"}, {"id": 9, "name": 5}, {"id": null}]}));
        }
    })
    .await;
    let desk = Desk::live_behind(document, &proxy).await;
    assert_eq!(operations(&desk.plan().await, OperationKind::Update).len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all14_every_walk_ends_by_itself() {
    let pages: [fn(&str, &mut Reply); 4] = [
        // The first page for ever.
        |path, reply| {
            if is_list(path) {
                let mut page = reply.json();
                page["paging"]["total"] = json!(100_000);
                let rows: Vec<Value> = (1..=50).map(|id| json!({"id": id})).collect();
                page["data"] = json!(rows);
                reply.set_json(&page);
            }
        },
        // Two pages in turn.
        |path, reply| {
            if is_list(path) {
                let first = if path.contains("offset=50") || path.contains("offset=150") { 51 } else { 1 };
                let rows: Vec<Value> = (first..first + 50).map(|id| json!({"id": id})).collect();
                reply.set_json(&json!({"paging": null, "data": rows}));
            }
        },
        // More rows than it says there are.
        |path, reply| {
            if is_list(path) {
                let mut page = reply.json();
                page["paging"]["total"] = json!(3);
                reply.set_json(&page);
            }
        },
        // The rows of this page in the place of the total.
        |path, reply| {
            if is_list(path) {
                let mut page = reply.json();
                page["paging"]["total"] = json!(page["data"].as_array().unwrap().len());
                reply.set_json(&page);
            }
        },
    ];
    for (change, words) in pages.into_iter().zip([
        "only repeats rows that came before",
        "only repeats rows that came before",
        "50 rows came, but the vendor says that there are 3",
        "rows came, but the vendor says that there are 50",
    ]) {
        let proxy = Proxy::start(|_, _| {}).await;
        let desk = Desk::live_behind(changed(60), &proxy).await;
        proxy.change(change);
        let report = desk.preview().await;
        assert_eq!(problem(&report).kind, ProblemKind::Stopped);
        assert!(problem(&report).why.contains(words), "{words}: {}", problem(&report).why);
    }
}
