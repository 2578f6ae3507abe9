//! Planday and PeopleHR to SCIM 2.0 (BX02): the whole life of a person, and each way in which servers in the field differ.

use crate::common::{Desk, TODAY, codes, employee, hold, operations, problem};
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::domain::waves::{WaveGate, WaveStep, WavesAsked};
use onroll::engine::run::SyncRequest;
use onroll::ports::api::{NoNotices, ProbeResult};
use onroll::sandbox::{Fault, FaultKind, SandboxConfig, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// A tenant of these people; `own` are members of the SCIM server's company (`switches`, `page_max`).
async fn preview_from(source: &str, employees: Vec<Value>, users: Vec<Value>, own: Value) -> Desk {
    let mut server = json!({ "users": users });
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        server[name] = value;
    }
    let mut from = json!({ "employees": employees });
    if source == "peoplehr" {
        from["company_name"] = json!("Harbour Kitchens Ltd");
    }
    let document = json!({ source: from, "scim": server });
    let world = Some(World::from_json_text(&document.to_string()).expect("the world is valid"));
    let managers = |text: String| text.replacen("\n[settings]\n", "\n[settings]\nmanagers = true\n", 1);
    Desk::of_pair(SandboxConfig { world, ..SandboxConfig::new(TODAY) }, &format!("{source}-scim"), managers).await
}

async fn live(employees: Vec<Value>, users: Vec<Value>, own: Value) -> Desk {
    let desk = preview_from("planday", employees, users, own).await;
    desk.publish().await;
    desk
}

async fn with(switches: Value, employees: Vec<Value>, users: Vec<Value>) -> Desk {
    live(employees, users, json!({ "switches": switches })).await
}

fn leo(own: Value) -> Value {
    employee(2, "Leo", "Marsh", own)
}

fn ana(own: Value) -> Value {
    employee(3, "Ana", "Lopes", own)
}

/// The user whom that employee becomes.
fn user(number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = json!({
        "id": format!("u-{number}"), "identifier": format!("40817_{number}"), "first_name": first, "last_name": last,
        "email": format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase()),
        "job_title": "Waiter", "branch": "Quayside", "department": "Kitchen",
    });
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("planday").unwrap().person_mut(id).unwrap()));
}

fn leaves(desk: &Desk, id: &str) {
    edit(desk, id, |person| (person.end_date, person.status) = ("2026-11-20".into(), "inactive".into()));
}

fn comes_back(desk: &Desk, id: &str) {
    edit(desk, id, |person| (person.end_date, person.status) = (String::new(), "active".into()));
}

/// The next plan has nothing to do and holds nobody.
async fn settled(desk: &Desk, why: &str) {
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{why}: {:?} {:?}", plan.operations, codes(&plan));
}

async fn confirms(desk: &Desk, count: u32, why: &str) {
    let report = desk.sync_confirmed().await;
    let feed = desk.feed("").await;
    let lines: Vec<&str> = feed.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(
        (report.outcome, report.totals.confirmed, report.totals.failed),
        (RunOutcome::Done, count, 0),
        "{why}: {:?} {lines:?}",
        report.problem
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_first_import_arrives_whole_and_a_second_run_plans_nothing() {
    for source in ["planday", "peoplehr"] {
        // A name that needs care in a filter, and an identifier with a blank.
        let mut people = vec![
            employee(1, "Inés", "O'Hallo\"ran", json!({"email": "ines@hvine.example", "job_title": "Chef de Partie"})),
            leo(json!({"manager_id": "1"})),
        ];
        if source == "peoplehr" {
            people[0]["employee_id"] = json!("HR 1\\7");
            people[1]["employee_id"] = json!("HR2");
        }
        let desk = preview_from(source, people, vec![], json!({})).await;
        desk.publish().await;
        let plan = desk.plan().await;
        assert_eq!((codes(&plan), operations(&plan, OperationKind::Create).len()), (vec![], 2));
        assert_eq!((plan.mails.welcome, plan.mails.notice), (0, 0), "SCIM has no invitations");
        confirms(&desk, 3, source).await;
        let ines = desk.user(if source == "planday" { "40817_1" } else { "HR 1\\7" });
        for (field, value) in [
            ("first_name", "Inés"),
            ("last_name", "O'Hallo\"ran"),
            ("email", "ines@hvine.example"),
            ("job_title", "Chef de Partie"),
            ("department", "Kitchen"),
            ("branch", "Quayside"),
        ] {
            assert_eq!(ines[field], value, "{field}");
        }
        assert_eq!((&ines["scim"]["userName"], &ines["scim"]["active"]), (&json!("ines@hvine.example"), &json!(true)));
        let manager = desk.users().iter().find(|user| user["first_name"] == "Leo").unwrap()["manager_id"].clone();
        assert_eq!(manager, ines["id"], "the manager is the server's id, written when all are there");
        let (writes, again) = (desk.writes(), desk.sync().await);
        assert_eq!((again.outcome, desk.writes()), (RunOutcome::Done, writes));
        assert!(again.plan.unwrap().plan.operations.is_empty());
        assert_eq!(desk.reads_and_writes(source).1, 0, "a source is never written to");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_change_touches_nothing_else() {
    let extra = json!({"scim": {"userName": "leo", "nickName": "Leo!", "emails": [
        {"value": "leo.marsh@hvine.example", "type": "work", "primary": true}, {"value": "leo@home.example", "type": "home"}]}});
    for switches in [
        json!({"etag": true, "empty_answers": true}),
        json!({"patch": "unsupported"}),
        json!({"patch": "method_not_allowed", "etag": true}),
        json!({"patch": "simple_only", "plain_json_only": true, "number_status": true}),
        json!({"patch": "no_filtered_paths", "loose_types": true}),
        json!({"no_discovery": true, "denies_filters": true, "filter": "ignored"}),
    ] {
        let why = switches.to_string();
        let desk = with(switches, vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", extra.clone())]).await;
        desk.sync().await;
        settled(&desk, &why).await;
        edit(&desk, "2", |person| {
            person.job_title = "Sous Chef".into();
            person.email = "leo@marsh.example".into();
            person.department = "Bar".into();
        });
        confirms(&desk, 1, &why).await;
        let leo = desk.user("40817_2");
        assert_eq!(
            (&leo["job_title"], &leo["email"], &leo["department"], &leo["branch"], &leo["first_name"]),
            (&json!("Sous Chef"), &json!("leo@marsh.example"), &json!("Bar"), &json!("Quayside"), &json!("Leo")),
            "{why}"
        );
        assert_eq!((&leo["scim"]["nickName"], &leo["scim"]["userName"]), (&json!("Leo!"), &json!("leo")), "{why}");
        assert_eq!(leo["scim"]["emails"][1]["value"], "leo@home.example", "{why}");
        assert_eq!((desk.users().len(), leo["scim"]["emails"].as_array().unwrap().len()), (1, 2), "{why}");
        settled(&desk, &why).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_leaver_is_deactivated_and_a_rehire_comes_back() {
    for switches in [
        json!({}),
        json!({"patch": "unsupported"}),
        json!({"patch": "pathless_active", "empty_answers": true}),
        json!({"patch": "simple_only", "etag": true}),
        json!({"loose_types": true}),
    ] {
        let why = switches.to_string();
        let desk = with(switches, vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", json!({}))]).await;
        desk.sync().await;
        leaves(&desk, "2");
        confirms(&desk, 1, &why).await;
        assert_eq!(desk.user("40817_2")["status"], "inactive", "{why}");
        settled(&desk, &why).await;
        comes_back(&desk, "2");
        edit(&desk, "2", |person| person.job_title = "Sous Chef".into());
        confirms(&desk, 1, &why).await;
        let leo = desk.user("40817_2");
        assert_eq!(
            (&leo["status"], &leo["job_title"], &leo["id"]),
            (&json!("active"), &json!("Sous Chef"), &json!("u-2"))
        );
        settled(&desk, &why).await;
    }
}

/// The next plan switches somebody on again, and nobody else is touched.
async fn switches_on_again(desk: &Desk, why: &str) {
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), operations(&plan, OperationKind::Reactivate).len()), (vec![], 1), "{why}: {plan:?}");
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.failed), (RunOutcome::Done, 0), "{why}: {:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_server_that_shows_of_nobody_whether_they_are_active_is_believed_and_never_guessed_about() {
    for switches in [
        json!({"never_shows": ["active"]}),
        json!({"never_shows": ["active"], "patch": "unsupported", "empty_answers": true}),
        json!({"never_shows": ["active"], "filter": "ignored"}),
    ] {
        let why = switches.to_string();
        let off = json!({"status": "inactive"});
        let users = vec![user(2, "Leo", "Marsh", json!({})), user(3, "Ana", "Lopes", off)];
        let desk = with(switches, vec![leo(json!({})), ana(json!({}))], users).await;
        desk.sync().await;
        settled(&desk, &why).await;
        leaves(&desk, "2");
        let report = desk.sync_confirmed().await;
        // Written, and not read back: nothing there tells.
        let totals = (report.totals.written, report.totals.confirmed, report.totals.failed, report.totals.unknown);
        assert_eq!((report.outcome, totals), (RunOutcome::Done, (1, 0, 0, 0)), "{why}: {:?}", report.problem);
        assert_eq!(desk.user("40817_2")["status"], "inactive", "{why}");
        assert_eq!(desk.feed("shows of nobody whether they are active").await.len(), 1, "{why}");
        assert_eq!(desk.feed("the next run looks again").await.len(), 0, "{why}: there is nothing to wait for");
        settled(&desk, &why).await;
        let writes = desk.writes();
        desk.sync().await;
        assert_eq!(desk.writes(), writes, "{why}: once is enough");
        comes_back(&desk, "2");
        edit(&desk, "2", |person| person.job_title = "Sous Chef".into());
        switches_on_again(&desk, &why).await;
        let leo = desk.user("40817_2");
        assert_eq!((&leo["status"], &leo["job_title"]), (&json!("active"), &json!("Sous Chef")), "{why}");
        settled(&desk, &why).await;
        // Somebody else switched her off: nothing here says so, and nothing here undoes it.
        assert_eq!(desk.user("40817_3")["status"], "inactive", "{why}: never by a guess");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_deactivations_that_the_server_does_not_show_are_no_unclean_wave_and_can_be_undone() {
    let staff = vec![leo(json!({})), ana(json!({})), employee(4, "Tom", "Reed", json!({}))];
    let users =
        vec![user(2, "Leo", "Marsh", json!({})), user(3, "Ana", "Lopes", json!({})), user(4, "Tom", "Reed", json!({}))];
    let desk = with(json!({"never_shows": ["active"]}), staff, users).await;
    desk.sync().await;
    leaves(&desk, "2");
    leaves(&desk, "3");
    let waves = WavesAsked { steps: vec![WaveStep::One { first: None }], gate: WaveGate::Minutes(0) };
    let report = desk.sync_with(SyncRequest { waves: Some(waves), ..SyncRequest::default() }).await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 2), "{:?}", report.problem);
    let off = || desk.users().iter().filter(|user| user["status"] == "inactive").count();
    assert_eq!(off(), 2);
    let undone = crate::undo::undone(&desk, report.run, &[]).await;
    assert_eq!((undone.totals.written, undone.totals.failed, off()), (2, 0, 0), "{:?}", undone.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_lost_answer_of_a_server_that_hides_who_is_active_is_sent_again() {
    let switches = json!({"never_shows": ["active"]});
    let desk = with(switches, vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", json!({}))]).await;
    desk.sync().await;
    leaves(&desk, "2");
    // It may have been done or not: what nobody shows is no proof of either.
    let lost = Fault::new(FaultKind::AnswerLost).at("scim").on("PATCH", "/v2/Users").times(1);
    desk.sandbox.set_faults(vec![lost]);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.failed, report.totals.unknown), (0, 0), "{:?}", report.problem);
    assert_eq!(desk.user("40817_2")["status"], "inactive");
    settled(&desk, "sent again").await;
    comes_back(&desk, "2");
    let lost = Fault::new(FaultKind::AnswerLost).at("scim").on("PATCH", "/v2/Users").times(1);
    desk.sandbox.set_faults(vec![lost]);
    switches_on_again(&desk, "an answer was lost").await;
    assert_eq!(desk.user("40817_2")["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_yes_that_changes_nothing_is_not_believed() {
    let switches = json!({"patch": "pretends"});
    let people = vec![leo(json!({})), ana(json!({}))];
    let desk =
        with(switches, people, vec![user(2, "Leo", "Marsh", json!({})), user(3, "Ana", "Lopes", json!({}))]).await;
    desk.sync().await;
    edit(&desk, "3", |person| person.job_title = "Sous Chef".into());
    leaves(&desk, "2");
    // PUT is there and means it: the ladder ends with it.
    confirms(&desk, 2, "PATCH pretends").await;
    assert_eq!(
        (&desk.user("40817_2")["status"], &desk.user("40817_3")["job_title"]),
        (&json!("inactive"), &json!("Sous Chef"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_server_that_deletes_whoever_is_deactivated_is_met_once() {
    let staff = || vec![leo(json!({})), ana(json!({})), employee(4, "Tom", "Reed", json!({}))];
    let users = || {
        vec![user(2, "Leo", "Marsh", json!({})), user(3, "Ana", "Lopes", json!({})), user(4, "Tom", "Reed", json!({}))]
    };
    let desk = with(json!({"on_inactive": "deletes"}), staff(), users()).await;
    desk.sync().await;
    leaves(&desk, "2");
    leaves(&desk, "3");
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.failed), (1, 1), "{:?}", report.problem);
    assert_eq!(desk.users().len(), 2, "one was enough to see it");
    assert_eq!(desk.feed("WOULD_DELETE").await.len(), 1);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.failed, desk.users().len()), (1, 2), "a new client knows it too");

    let own = json!({"deactivation": "deletes", "switches": {"on_inactive": "deletes"}});
    let desk = live(staff(), users(), own).await;
    desk.sync().await;
    leaves(&desk, "2");
    leaves(&desk, "3");
    confirms(&desk, 2, "it was said that this is wanted").await;
    assert_eq!(desk.users().len(), 1);
    settled(&desk, "leavers without a user").await;
    comes_back(&desk, "2");
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), operations(&plan, OperationKind::Create).len()), (vec![], 1), "made anew");
    confirms(&desk, 1, "a rejoiner").await;
    assert_ne!(desk.user("40817_2")["id"], "u-2");
    settled(&desk, "a rejoiner").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_who_is_hidden_is_never_made_twice() {
    let own = json!({"deactivation": "deletes", "switches": {"on_inactive": "hides"}});
    let desk = live(
        vec![leo(json!({})), ana(json!({}))],
        vec![user(2, "Leo", "Marsh", json!({})), user(3, "Ana", "Lopes", json!({}))],
        own,
    )
    .await;
    desk.sync().await;
    leaves(&desk, "2");
    confirms(&desk, 1, "hidden").await;
    settled(&desk, "hidden").await;
    comes_back(&desk, "2");
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.failed, desk.users().len()), (1, 2), "{:?}", report.problem);
    assert!(!desk.feed("hidden").await.is_empty(), "the operator is told where to look");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_an_attribute_that_is_dropped_is_noticed_once_and_left_alone() {
    for switches in [
        json!({"drops": ["title"]}),
        json!({"drops": ["enterprise"], "empty_created": true}),
        json!({"drops": ["title", "enterprise"], "honest_schemas": true}),
        json!({"refuses": ["displayName", "title"]}),
    ] {
        let why = switches.to_string();
        let people = vec![leo(json!({})), ana(json!({"manager_id": "2"})), employee(4, "Tom", "Reed", json!({}))];
        let desk = with(switches.clone(), people, vec![]).await;
        let report = desk.sync_confirmed().await;
        assert_eq!(
            (report.outcome, report.totals.failed, desk.users().len()),
            (RunOutcome::Done, 0, 3),
            "{why}: {:?}",
            report.problem
        );
        settled(&desk, &why).await;
        // What is kept still is.
        edit(&desk, "2", |person| person.last_name = "Marsh-Webb".into());
        let report = desk.sync_confirmed().await;
        assert_eq!(report.problem, None, "{why}");
        assert_eq!(desk.user("40817_2")["last_name"], "Marsh-Webb", "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_server_that_drops_identifiers_gets_nobody_more() {
    let staff = (1..=30).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect();
    let desk = with(json!({"drops": ["externalId"]}), staff, vec![]).await;
    let report = desk.sync_confirmed().await;
    assert_eq!(problem(&report).kind, ProblemKind::Input, "{:?}", report.problem);
    assert!(desk.users().len() <= 4, "those that were on their way together: {}", desk.users().len());
    let writes = desk.writes();
    let report = desk.sync_confirmed().await;
    assert!(report.problem.is_some() && desk.writes() == writes, "a new client knows it: {:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_what_a_server_demands_is_sent() {
    let desk =
        with(json!({"requires": ["displayName", "name.formatted", "active"]}), vec![leo(json!({}))], vec![]).await;
    confirms(&desk, 1, "required attributes").await;
    let held = desk.user("40817_2")["scim"].clone();
    assert_eq!((&held["displayName"], &held["name"]["formatted"]), (&json!("Leo Marsh"), &json!("Leo Marsh")));
    edit(&desk, "2", |person| person.last_name = "Webb".into());
    confirms(&desk, 1, "required attributes").await;
    assert_eq!(desk.user("40817_2")["scim"]["displayName"], "Leo Webb");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_lost_answer_to_a_creation_never_makes_a_second_user() {
    for switches in [
        json!({}),
        json!({"filter": "ignored"}),
        json!({"filter": "blind_external_id"}),
        json!({"filter": "external_id_400"}),
        json!({"filter": "external_id_500", "on_duplicate": "page_500"}),
        json!({"filter": "not_found", "on_duplicate": "bare"}),
        json!({"user_names": "lower"}),
        json!({"user_names": "brackets", "filter": "case_sensitive"}),
    ] {
        let why = switches.to_string();
        let desk = with(switches, vec![leo(json!({})), ana(json!({"email": "Ana.L@hvine.example"}))], vec![]).await;
        let lost = Fault::new(FaultKind::AnswerLost).at("scim").on("POST", "/v2/Users").times(2);
        desk.sandbox.set_faults(vec![lost]);
        let report = desk.sync_confirmed().await;
        assert_eq!(
            (report.outcome, report.totals.failed, desk.users().len()),
            (RunOutcome::Done, 0, 2),
            "{why}: {:?}",
            report.problem
        );
        settled(&desk, &why).await;
    }
    // Nothing was done, and the server says 500: tried again, once.
    let desk = live(vec![leo(json!({}))], vec![], json!({})).await;
    desk.sandbox.set_faults(vec![Fault::new(FaultKind::Internal).at("scim").on("POST", "/v2/Users").times(1)]);
    confirms(&desk, 1, "500").await;
    assert_eq!(desk.users().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_user_name_that_somebody_has_is_never_taken_over() {
    let other = user(
        9,
        "Petra",
        "Novak",
        json!({"identifier": "", "email": "petra@hvine.example", "scim": {"userName": "LEO.marsh@hvine.example"}}),
    );
    for duplicate in ["conflict", "bare", "page_500"] {
        let desk = with(json!({"on_duplicate": duplicate}), vec![leo(json!({}))], vec![other.clone()]).await;
        let report = desk.sync_confirmed().await;
        assert_eq!((report.totals.failed, desk.users().len()), (1, 1), "{duplicate}: {:?}", report.problem);
        assert_eq!(desk.feed("EMAIL_IN_USE").await.len(), 1, "{duplicate}");
        assert_eq!(desk.users()[0]["first_name"], "Petra", "{duplicate}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_lists_are_read_whole_or_not_at_all() {
    let staff: Vec<Value> =
        (1..=45).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect();
    let users: Vec<Value> =
        (1..=45).map(|id| user(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect();
    for (paging, max) in
        [("index", 7), ("cursor", 7), ("count_500", 20), ("wraps_around", 15), ("bare", 100), ("index", 45)]
    {
        let own = json!({"page_max": max, "switches": {"paging": paging}});
        let desk = live(staff.clone(), users.clone(), own).await;
        let report = desk.sync().await;
        assert_eq!((report.outcome, report.problem), (RunOutcome::Done, None), "{paging}");
        settled(&desk, paging).await;
    }
    // The first twenty for ever: nobody is taken for missing.
    let desk = preview_from("planday", staff, users, json!({"switches": {"paging": "ignored"}})).await;
    let report = desk.preview().await;
    assert_eq!(problem(&report).kind, ProblemKind::Stopped, "{:?}", report.problem);
    assert_eq!(desk.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_a_user_made_by_hand_is_linked_and_not_made_again() {
    let by_hand = user(2, "Leo", "Marsh", json!({"identifier": "", "job_title": "Barista"}));
    let desk = with(json!({}), vec![leo(json!({}))], vec![by_hand]).await;
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::Link).len(), 1, "{:?}", plan.holds);
    assert_eq!(desk.sync_confirmed().await.problem, None);
    assert_eq!((desk.users().len(), &desk.user("40817_2")["id"]), (1, &json!("u-2")));
    assert_eq!(desk.user("40817_2")["job_title"], "Waiter");
    settled(&desk, "linked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_two_users_with_one_identifier_are_a_question() {
    let users =
        vec![user(2, "Leo", "Marsh", json!({})), user(2, "Leo", "Marsh", json!({"id": "u-7", "email": "l@x.example"}))];
    let desk = with(json!({}), vec![leo(json!({"job_title": "Sous Chef"}))], users).await;
    let plan = desk.plan().await;
    assert_eq!(hold(&plan, "2").code, HoldCode::ProbableDuplicate);
    assert!(plan.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_somebody_else_s_change_in_between_is_not_overwritten() {
    let desk = with(json!({"etag": true}), vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", json!({}))]).await;
    desk.sync().await;
    edit(&desk, "2", |person| person.job_title = "Sous Chef".into());
    let number = desk.plan().await.counts.operations();
    desk.sandbox.edit(|world| world.company_mut("scim").unwrap().person_mut("u-2").unwrap().job_title = "Owner".into());
    let report = desk.sync_kept(number).await;
    assert_eq!(desk.states(&report).await, [OperationState::SetAside], "{:?}", report.problem);
    assert_eq!(desk.user("40817_2")["job_title"], "Owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_throttling_is_waited_for_and_a_refused_token_ends_the_run() {
    let desk = with(json!({}), vec![leo(json!({}))], vec![]).await;
    let throttled =
        |method: &str| Fault::new(FaultKind::TooManyRetryAfter).at("scim").on(method, "/v2/Users").times(1).seconds(0);
    desk.sandbox.set_faults(vec![throttled("GET"), throttled("POST")]);
    confirms(&desk, 1, "429").await;
    desk.sandbox.edit(|world| _ = world.company_mut("scim").unwrap().own.insert("token".into(), json!("another")));
    let report = desk.sync().await;
    assert_eq!(problem(&report).kind, ProblemKind::Refused);
}

async fn steps_of(desk: &Desk) -> Vec<onroll::ports::api::ProbeStep> {
    let clients = desk.engine().clients(&desk.connection().await, Arc::new(NoNotices)).await.unwrap();
    clients.destination.probe().await
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx02_the_connection_test_says_what_the_server_is_like() {
    let desk = with(json!({}), vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", json!({}))]).await;
    let steps = steps_of(&desk).await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
    let odd = json!({"deactivation": "deletes", "switches": {"no_discovery": true, "filter": "blind_external_id"}});
    let desk = live(vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", json!({}))], odd).await;
    let steps = steps_of(&desk).await;
    let warned: Vec<&str> =
        steps.iter().filter(|step| step.result == ProbeResult::Warning).map(|step| step.name.as_str()).collect();
    assert_eq!(warned, ["discovery", "find by identifier", "deactivation"], "{steps:?}");
    let hidden = json!({"switches": {"never_shows": ["active"]}});
    let desk = live(vec![leo(json!({}))], vec![user(2, "Leo", "Marsh", json!({}))], hidden).await;
    let steps = steps_of(&desk).await;
    let warned: Vec<&str> =
        steps.iter().filter(|step| step.result == ProbeResult::Warning).map(|step| step.detail.as_str()).collect();
    assert_eq!(warned.len(), 1, "{steps:?}");
    assert!(warned[0].starts_with("the server shows of nobody whether they are active"), "{warned:?}");
}
