//! BambooHR to Flow Learning: the proof that a vendor is a folder.

use crate::common::{Desk, TODAY, codes, employee, hold, is_written, operations, problem, user_of, world};
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::RunOutcome;
use onroll::domain::settings::StatusMeaning;
use onroll::ports::api::ProbeResult;
use onroll::sandbox::{Fault, FaultKind, Person, SandboxConfig, World};
use serde_json::{Value, json};

/// A world whose source is BambooHR.
fn company(employees: Vec<Value>, users: Vec<Value>, own: Value) -> Value {
    let mut document = world(Vec::new(), users);
    document.as_object_mut().unwrap().remove("planday");
    let mut bamboohr = json!({"employees": employees, "fields": [
        {"alias": "customRole", "label": "Role (Flow)", "options": ["Waiter", "Sous Chef"]},
        {"alias": "customSite", "label": "Training site"}]});
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        bamboohr[name] = value;
    }
    document["bamboohr"] = bamboohr;
    document
}

/// The user whom that employee becomes: tied by BambooHR's own number.
fn user(number: u32, first: &str, last: &str) -> Value {
    user_of(number, first, last, json!({"identifier": number.to_string()}))
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("bamboohr").unwrap().person_mut(id).unwrap()));
}

fn own(desk: &Desk, member: &str, value: Value) {
    desk.sandbox.edit(|world| _ = world.company_mut("bamboohr").unwrap().own.insert(member.into(), value));
}

fn switches(desk: &Desk, switches: Value) {
    desk.sandbox.set_switches(&json!({ "bamboohr": switches })).unwrap();
}

const NAMES: [(u32, &str, &str); 4] =
    [(11, "Ines", "Halloran"), (12, "Leo", "Marsh"), (13, "Ana", "Lopes"), (14, "Tom", "Reed")];

fn staff() -> Vec<Value> {
    NAMES.map(|(number, first, last)| employee(number, first, last, json!({}))).to_vec()
}

fn held() -> Vec<Value> {
    NAMES.map(|(number, first, last)| user(number, first, last)).to_vec()
}

/// A tenant whose staff are all tied and equal.
async fn settled() -> Desk {
    let desk = Desk::live(company(staff(), held(), json!({}))).await;
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 0), "{:?}", report.problem);
    desk
}

/// More people than a page has.
async fn crowd() -> Desk {
    let numbers = 11..171;
    let people =
        numbers.clone().map(|number| employee(number, &format!("First{number}"), &format!("Last{number}"), json!({})));
    let users = numbers.map(|number| user(number, &format!("First{number}"), &format!("Last{number}")));
    let desk = Desk::live(company(people.collect(), users.collect(), json!({}))).await;
    assert_eq!(desk.sync().await.totals.written, 0);
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_import_arrives_field_by_field_and_the_second_plan_is_empty() {
    let more = json!({"manager_id": "12", "end_date": "2027-03-31", "known_as": "Nessa", "phone": "07700900321"});
    let mut people = staff();
    people[0] = employee(11, "Ines", "Halloran", more);
    people.push(employee(15, "Gone", "Before", json!({"end_date": "2026-01-31"})));
    for own in [json!({}), json!({"switches": {"report_is_gone": true, "supervisor_ids_swapped": true}})] {
        let desk = Desk::live(company(people.clone(), vec![], own.clone())).await;
        let report = desk.sync_confirmed().await;
        assert_eq!(report.totals.confirmed, 4, "{own}: {:?}", report.problem);
        let learner = desk.user("11");
        for (field, value) in [
            ("first_name", "Ines"),
            ("last_name", "Halloran"),
            ("email", "ines.halloran@hvine.example"),
            ("job_title", "Waiter"),
            ("department", "Kitchen"),
            ("branch", "Quayside"),
            ("start_date", "2024-03-11"),
            ("end_date", "2027-03-31"),
        ] {
            assert_eq!(learner[field], value, "{field}");
        }
        let connection = desk.connection().await.id;
        let read = desk.store().employee(connection, &"11".into()).await.unwrap().unwrap();
        assert_eq!((read.manager_id, read.person.known_as), (Some("12".into()), Some("Nessa".into())), "{own}");
        assert_eq!(desk.reads_and_writes("bamboohr").1, 0, "a source is never written to");
        assert!(desk.plan().await.operations.is_empty(), "{own}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_is_welcomed_and_somebody_known_is_updated_silently() {
    let desk = settled().await;
    desk.sandbox.edit(|world| {
        let company = world.company_mut("bamboohr").unwrap();
        let mut nadia = Person {
            id: "15".into(),
            first_name: "Nadia".into(),
            last_name: "Berg".into(),
            ..company.people[0].clone()
        };
        nadia.email = "nadia.berg@hvine.example".into();
        nadia.own.shift_remove("number");
        company.people.push(nadia);
        company.people[1].job_title = "Sous Chef".into();
    });
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, desk.users().len()), (2, 5), "{:?}", report.problem);
    assert_eq!(desk.user("12")["job_title"], "Sous Chef");
    let mailed: Vec<Value> = desk.mails().into_iter().map(|mail| mail["identifier"].clone()).collect();
    assert_eq!(mailed, [json!("15")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_leaves_after_the_last_day_and_comes_back_with_a_new_employment() {
    let desk = settled().await;
    edit(&desk, "11", |person| person.end_date = "2026-11-20".into());
    edit(&desk, "12", |person| person.end_date = "2026-11-22".into());
    edit(&desk, "13", |person| person.end_date = "2026-12-31".into());
    assert_eq!(desk.sync_confirmed().await.problem, None);
    let status = || NAMES.map(|(number, ..)| desk.user(&number.to_string())["status"].clone());
    assert_eq!(status(), ["inactive", "active", "active", "active"].map(Value::from));
    // Hired again: whether the old date of end goes nobody says.
    edit(&desk, "11", |person| person.start_date = "2026-11-21".into());
    let report = desk.sync_confirmed().await;
    assert_eq!(
        (report.totals.confirmed, desk.user("11")["status"].as_str()),
        (1, Some("active")),
        "{:?}",
        report.problem
    );
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_starts_later_is_inactive_and_no_leaver() {
    let desk = settled().await;
    desk.sandbox.edit(|world| {
        let company = world.company_mut("bamboohr").unwrap();
        let mut later = Person {
            id: "15".into(),
            first_name: "May".into(),
            last_name: "Later".into(),
            ..company.people[0].clone()
        };
        later.email = "may.later@hvine.example".into();
        later.start_date = "2026-12-01".into();
        later.own.shift_remove("number");
        company.people.push(later);
        // Has a user already, and a first day that was moved.
        company.people[1].start_date = "2026-12-07".into();
    });
    let plan = desk.plan().await;
    assert!(operations(&plan, OperationKind::Deactivate).is_empty() && plan.holds.is_empty(), "{:?}", codes(&plan));
    assert!(!is_written(&plan, "15") && plan.future_starters == 1, "{:?}", plan.counts);
    assert_eq!(desk.sync_confirmed().await.problem, None);
    assert_eq!((desk.user("12")["status"].as_str(), desk.users().len()), (Some("active"), 4));
    edit(&desk, "15", |person| person.start_date = "2026-11-22".into());
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1, "on the day");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_is_that_of_the_tenants_zone() {
    // Noon of the 22nd in London is the 23rd already where the day begins.
    for (zone, is_over) in [("Europe/London", false), ("Pacific/Kiritimati", true)] {
        let desk = Desk::live(company(staff(), held(), json!({ "time_zone": zone }))).await;
        assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
        edit(&desk, "11", |person| {
            person.status = "inactive".into();
            person.start_date = "2026-11-22".into();
        });
        let held: Vec<HoldCode> = codes(&desk.plan().await).into_iter().map(|(_, code)| code).collect();
        let expected = if is_over { vec![HoldCode::StatusUnclear] } else { vec![] };
        assert_eq!(held, expected, "{zone}: whoever is inactive before the first day only starts later");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inactive_without_a_date_is_asked_about_until_somebody_says_what_it_means() {
    let desk = settled().await;
    edit(&desk, "11", |person| person.status = "inactive".into());
    let plan = desk.plan().await;
    assert_eq!(codes(&plan).len(), 1);
    assert!(hold(&plan, "11").message.contains("Inactive without a termination date"), "{:?}", hold(&plan, "11"));
    desk.settings(|settings| {
        _ = settings.status_map.insert("Inactive without a termination date".into(), StatusMeaning::Ended);
    })
    .await;
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!(desk.user("11")["status"], "inactive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_field_feeds_a_list_by_label_or_alias_and_one_that_is_gone_is_one_cause() {
    let custom = json!({"customRole": "Sous Chef", "customSite": "Castle Street"});
    let members = json!({"job_title": "Waiter", "branch": "Quayside", "custom": custom});
    let mut people = NAMES.map(|(number, first, last)| employee(number, first, last, members.clone())).to_vec();
    // So that the tenant file has a row for it.
    people[3]["branch"] = json!("Castle Street");
    let desk = Desk::live(company(people, vec![], json!({"switches": {"labels_are_names": true}}))).await;
    desk.settings(|settings| {
        settings.field_map.insert("job_title".into(), "custom:role (flow)".into());
        settings.field_map.insert("branch".into(), "custom:customSite".into());
    })
    .await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 4, "{:?}", report.problem);
    let user = desk.user("11");
    assert_eq!((&user["job_title"], &user["branch"]), (&json!("Sous Chef"), &json!("Castle Street")));
    assert!(desk.plan().await.operations.is_empty());
    own(&desk, "fields", json!([{"alias": "customSite", "label": "Training site"}]));
    let plan = desk.plan().await;
    assert!(
        plan.holds.len() == 4 && plan.holds.iter().all(|hold| hold.code == HoldCode::FieldArchived),
        "{:?}",
        codes(&plan)
    );
    assert!(hold(&plan, "11").remedy.contains("Employee Fields"), "{:?}", hold(&plan, "11"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_the_key_may_not_see_is_not_cleared() {
    let desk = settled().await;
    desk.settings(|settings| settings.erase_when_blank = vec!["email".into(), "department".into()]).await;
    own(&desk, "hidden", json!(["workEmail", "department"]));
    let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
    let rights = test.source.iter().find(|step| step.name == "rights").unwrap();
    assert!(rights.result == ProbeResult::Warning && rights.detail.contains("`department`, `workEmail`"), "{test:?}");
    edit(&desk, "11", |person| person.job_title = "Sous Chef".into());
    let plan = desk.plan().await;
    let changed: Vec<_> = plan.operations.iter().flat_map(|one| &one.fields).map(|change| change.field.key()).collect();
    assert_eq!(changed, ["job_title"], "{:?}", codes(&plan));
    // Seen again, and empty: now it is.
    own(&desk, "hidden", json!([]));
    edit(&desk, "11", |person| person.email = String::new());
    let plan = desk.plan().await;
    let changed: Vec<_> = plan.operations.iter().flat_map(|one| &one.fields).map(|change| change.field.key()).collect();
    assert_eq!(changed, ["email", "job_title"]);
    // Of one person: held, whatever else changed.
    edit(&desk, "12", |person| _ = person.own.insert("hidden".into(), json!(["firstName"])));
    edit(&desk, "12", |person| person.job_title = "Bartender".into());
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("12".to_owned(), HoldCode::RecordUnreadable)]);
    // What decides on leavers.
    let writes = desk.writes();
    own(&desk, "hidden", json!(["terminationDate"]));
    let report = desk.sync().await;
    assert_eq!((problem(&report).kind, desk.writes()), (ProblemKind::Refused, writes), "{:?}", report.problem);
    assert!(problem(&report).remedies.iter().any(|remedy| remedy.contains("Access Levels")), "{:?}", report.problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_and_company_are_tried() {
    let desk = Desk::preview_only(company(staff(), vec![], json!({"switches": {"company_is_hidden": true}}))).await;
    let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
    assert!(test.passed && test.source[0].result == ProbeResult::Warning, "{test:?}");
    for (member, value, kind) in
        [("api_key", json!("another"), ProblemKind::Refused), ("company", json!("elsewhere"), ProblemKind::Failed)]
    {
        let before = desk.sandbox.world().company("bamboohr").unwrap().own[member].clone();
        own(&desk, member, value);
        let test = desk.engine().test_connection(&desk.connection().await).await.unwrap();
        assert!(!test.passed && matches!(test.source[0].result, ProbeResult::Failed(_)), "{member}: {test:?}");
        assert_eq!(problem(&desk.preview().await).kind, kind, "{member}");
        own(&desk, member, before);
    }
    assert_eq!(operations(&desk.plan().await, OperationKind::Create).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_the_company_ties_where_it_is_chosen_and_who_has_none_is_held() {
    let mut people = staff();
    people[1]["employee_number"] = json!(null);
    let world = World::from_json_text(&company(people, vec![], json!({})).to_string()).unwrap();
    let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
    let by_number = |text: String| text.replacen("\n[source]\n", "\n[source]\nidentifier = \"employeeNumber\"\n", 1);
    let desk = Desk::of(config, by_number).await;
    desk.publish().await;
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("12".to_owned(), HoldCode::RecordUnreadable)]);
    assert!(hold(&plan, "12").message.contains("`employeeNumber` is empty"), "{:?}", hold(&plan, "12"));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 3);
    assert_eq!(desk.user("HK11")["last_name"], "Halloran");
    // Three numbers lose their letters: within the limit, and asked about all the same.
    let writes = desk.writes();
    for id in ["11", "13", "14"] {
        edit(&desk, id, |person| _ = person.own.insert("employee_number".into(), json!(id)));
    }
    let report = desk.sync().await;
    let said = problem(&report).lines().join("\n");
    assert!(
        said.contains("the identifier of 3 people is written otherwise than the last time: like `9`, not `A9`"),
        "{said}"
    );
    assert_eq!(desk.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_pass_are_waited_out() {
    let desk = crowd().await;
    let confirmed = async |change: &str| {
        edit(&desk, "11", |person| person.job_title = change.into());
        let report = desk.sync().await;
        assert_eq!((report.totals.confirmed, &report.problem), (1, &None), "{change}");
        assert_eq!(desk.user("11")["job_title"], change);
    };
    for (change, fault) in [
        ("Sous Chef", Fault::new(FaultKind::TooManyRetryAfter).times(1)),
        ("Waiter", Fault::new(FaultKind::Internal).times(2)),
        ("Bartender", Fault::new(FaultKind::BadGatewayHtml).times(1)),
        ("Sous Chef", Fault::new(FaultKind::MissingRows).times(1)),
        ("Waiter", Fault::new(FaultKind::DuplicateRows).times(2)),
        // The report lacks somebody: they are read by id.
        ("Bartender", Fault::new(FaultKind::MissingRows).on("POST", "").times(1)),
        ("Sous Chef", Fault::new(FaultKind::BrokenJson).times(1)),
    ] {
        desk.sandbox.set_faults(vec![fault.at("bamboohr")]);
        confirmed(change).await;
        let fault = &desk.sandbox.faults()[0];
        assert_eq!(fault.times, Some(0), "{:?} has struck", fault.kind);
    }
    desk.sandbox.set_faults(vec![]);
    for (change, older) in [("Waiter", true), ("Bartender", false)] {
        switches(&desk, json!({"throttle_next": 1, "throttles_with_503": older}));
        confirmed(change).await;
    }
    switches(&desk, json!({"report_is_refused": true}));
    confirmed("Sous Chef").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_that_stay_stop_the_run_before_its_first_write() {
    let desk = crowd().await;
    let writes = desk.writes();
    edit(&desk, "11", |person| person.job_title = "Sous Chef".into());
    for (fault, kind) in [
        (Fault::new(FaultKind::EmptyList), ProblemKind::Stopped),
        (Fault::new(FaultKind::EmptyList).on("GET", ""), ProblemKind::Stopped),
        (Fault::new(FaultKind::MissingRows).on("GET", ""), ProblemKind::Stopped),
        (Fault::new(FaultKind::RepeatPages), ProblemKind::Stopped),
        (Fault::new(FaultKind::ExpiredToken), ProblemKind::Refused),
    ] {
        let name = format!("{fault:?}");
        desk.sandbox.set_faults(vec![fault.at("bamboohr")]);
        let report = desk.sync().await;
        assert_eq!((problem(&report).kind, desk.writes()), (kind, writes), "{name}: {:?}", report.problem);
    }
    desk.sandbox.set_faults(vec![]);
    // A member of the wrong type holds one person; the others go on.
    edit(&desk, "12", |person| _ = person.own.insert("wire".into(), json!({"hireDate": "[1]"})));
    edit(&desk, "13", |person| _ = person.own.insert("wire".into(), json!({"terminationDate": "\"soon\""})));
    edit(&desk, "14", |person| _ = person.own.insert("wire_list".into(), json!({"firstName": "7"})));
    let plan = desk.plan().await;
    let unreadable = |id: &str| (id.to_owned(), HoldCode::RecordUnreadable);
    assert_eq!(codes(&plan), [unreadable("12"), unreadable("13")]);
    assert!(is_written(&plan, "11") && plan.operations.len() == 1);
}
