//! PeopleHR as the source (PE01 to PE13, the source's half). The destination is Flow Learning until Learn Amp is there, so
//! that invitations, teams and written managers (PE03 to PE07, PE09, PE13) are not here yet.

use crate::common::{Desk, codes, employee, hold, is_written, operations, problem, user_of, world};
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::RunOutcome;
use onroll::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

/// A world whose source is PeopleHR.
fn account(employees: Vec<Value>, users: Vec<Value>) -> Value {
    let mut document = world(Vec::new(), users);
    document.as_object_mut().unwrap().remove("planday");
    document["peoplehr"] = json!({"employees": employees, "company_name": "Harbour Kitchens Ltd"});
    document
}

/// An employee whose PeopleHR id is `HK` and the number; `own` members replace or add.
fn person(number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = employee(number, first, last, json!({"employee_id": format!("HK{number}")}));
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

/// The user whom that employee becomes.
fn user(number: u32, first: &str, last: &str) -> Value {
    user_of(number, first, last, json!({"identifier": format!("HK{number}")}))
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("peoplehr").unwrap().person_mut(id).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe01_every_field_of_the_source_arrives() {
    let people = vec![
        person(12, "Robert", "Osei", json!({})),
        person(204, "Margaret", "Adeyemi", json!({"manager_id": "12", "end_date": "2027-03-31", "known_as": "Maggie"})),
    ];
    let desk = Desk::live(account(people, vec![])).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 2), "{:?}", report.problem);
    let learner = desk.user("HK204");
    for (field, value) in [
        ("first_name", "Margaret"),
        ("last_name", "Adeyemi"),
        ("email", "margaret.adeyemi@hvine.example"),
        ("job_title", "Waiter"),
        ("department", "Kitchen"),
        ("branch", "Quayside"),
        ("start_date", "2024-03-11"),
        ("end_date", "2027-03-31"),
    ] {
        assert_eq!(learner[field], value, "{field}");
    }
    let read = desk.store().employee(desk.connection().await.id, &EmployeeId::from("HK204")).await.unwrap().unwrap();
    assert_eq!(read.manager_id, Some(EmployeeId::from("HK12")));
    assert_eq!(desk.reads_and_writes("peoplehr").1, 0, "a source is never written to");
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe01_a_custom_field_feeds_a_list_by_hand() {
    let people = vec![person(1, "Ines", "Halloran", json!({"branch": "Elsewhere", "APIColumn2": "Castle Street"}))];
    let desk = Desk::preview_only(account(people, vec![])).await;
    assert_eq!(codes(&desk.plan().await), [("HK1".to_owned(), HoldCode::UnmappedValue)]);
    let connection = desk.connection().await.id;
    let kind = onroll::domain::list::ListKey::BRANCH;
    let to = Some(onroll::domain::mapping::MappingTarget::Option(onroll::domain::ids::OptionKey("CAST02".into())));
    desk.store().set_mapping(connection, kind, "Castle Street", to, "test").await.unwrap();
    desk.settings(|settings| _ = settings.field_map.insert("branch".into(), "custom:APIColumn2".into())).await;
    let plan = desk.plan().await;
    assert_eq!((codes(&plan), operations(&plan, OperationKind::Create).len()), (vec![], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe02_only_the_named_company_is_in_scope_and_blank_takes_all() {
    let people = || {
        vec![
            person(1, "Ines", "Halloran", json!({})),
            person(2, "Leo", "Marsh", json!({"company": "Harbour Bars Ltd"})),
            person(3, "Ana", "Lopes", json!({"company": "Harbour Bars Ltd"})),
        ]
    };
    let mut ana = user(3, "Ana", "Lopes");
    for (field, value) in [("job_title", "Sous Chef"), ("branch", "Castle Street"), ("start_date", "2019-06-01")] {
        ana[field] = json!(value);
    }
    let mut document = account(people(), vec![ana]);
    document["peoplehr"]["company_filter"] = json!("harbour kitchens ltd");
    let desk = Desk::live(document).await;
    let plan = desk.plan().await;
    let written = ["HK1", "HK2", "HK3"].map(|id| is_written(&plan, id));
    assert_eq!(written, [true, false, false], "{:?} {:?}", plan.operations, plan.holds);
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, desk.users().len()), (1, 2), "{:?}", report.problem);
    assert_eq!(desk.user("HK3")["status"], "active", "who is of another company is nobody's leaver");

    let desk = Desk::live(account(people(), vec![])).await;
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe08_known_as_becomes_the_first_name_where_it_is_wanted() {
    let people =
        vec![person(1, "Margaret", "Adeyemi", json!({"known_as": "Maggie"})), person(2, "Leo", "Marsh", json!({}))];
    let desk = Desk::live(account(people, vec![])).await;
    desk.settings(|settings| settings.use_known_as = true).await;
    desk.sync_confirmed().await;
    assert_eq!((&desk.user("HK1")["first_name"], &desk.user("HK2")["first_name"]), (&json!("Maggie"), &json!("Leo")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe10_a_changed_id_is_never_a_second_account_by_itself() {
    for fallback in [true, false] {
        let people = vec![person(1, "Ines", "Halloran", json!({})), person(2, "Leo", "Marsh", json!({}))];
        let desk = Desk::live(account(people, vec![user(1, "Ines", "Halloran"), user(2, "Leo", "Marsh")])).await;
        desk.settings(|settings| settings.email_fallback = fallback).await;
        assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
        edit(&desk, "1", |person| _ = person.own.insert("employee_id".into(), json!("HK900")));
        let plan = desk.plan().await;
        assert!(operations(&plan, OperationKind::Create).is_empty(), "{fallback}");
        if fallback {
            let report = desk.sync_confirmed().await;
            assert_eq!(report.problem, None);
            assert_eq!((desk.users().len(), &desk.user("HK900")["first_name"]), (2, &json!("Ines")));
        } else {
            assert_eq!(hold(&plan, "HK900").code, HoldCode::IdentifierChanged);
            desk.sync().await;
            assert_eq!((desk.users().len(), &desk.user("HK1")["status"]), (2, &json!("active")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_leavers_end_by_status_or_date_and_their_removed_address_is_not_pushed() {
    let names = [(1, "Ines", "Halloran"), (2, "Leo", "Marsh"), (3, "Ana", "Lopes"), (4, "Tom", "Reed")];
    let people = names.map(|(number, first, last)| person(number, first, last, json!({}))).to_vec();
    let users = names.map(|(number, first, last)| user(number, first, last)).to_vec();
    let desk = Desk::live(account(people, users)).await;
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
    // Left, and the administrator removed the address as PeopleHR advises.
    edit(&desk, "1", |person| {
        person.end_date = "2026-11-20".into();
        person.email.clear();
    });
    // The wizard wrote a date ahead: still at work.
    edit(&desk, "2", |person| person.end_date = "2026-12-31".into());
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::Deactivate).len(), 1);
    let report = desk.sync_confirmed().await;
    assert_eq!(report.problem, None);
    let ines = desk.user("HK1");
    assert_eq!((&ines["status"], &ines["end_date"]), (&json!("inactive"), &json!("2026-11-20")));
    assert_eq!(ines["email"], "ines.halloran@hvine.example", "an empty address erases nothing");
    let leo = desk.user("HK2");
    assert_eq!((&leo["status"], &leo["end_date"]), (&json!("active"), &json!("2026-12-31")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_an_answer_that_is_no_list_stops_the_run_before_anything_is_written() {
    let people = (1..=12).map(|number| person(number, &format!("First{number}"), &format!("Last{number}"), json!({})));
    let desk = Desk::live(account(people.collect(), vec![])).await;
    desk.sync_confirmed().await;
    let writes = desk.writes();
    for (kind, stopped) in [
        (FaultKind::EmptyList, ProblemKind::Stopped),
        (FaultKind::MissingRows, ProblemKind::Stopped),
        (FaultKind::ExpiredToken, ProblemKind::Refused),
    ] {
        desk.sandbox.set_faults(vec![Fault::new(kind).at("peoplehr")]);
        let report = desk.sync().await;
        assert_eq!((problem(&report).kind, desk.writes()), (stopped, writes), "{kind:?}: {:?}", report.problem);
    }
    desk.sandbox.set_faults(vec![]);
    // One record that cannot be read holds its person; nobody else waits.
    edit(&desk, "3", |person| _ = person.own.insert("wire".into(), json!({"LastName": "{\"DisplayValue\": [1]}"})));
    edit(&desk, "5", |person| person.job_title = "Sous Chef".into());
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("HK3".to_owned(), HoldCode::RecordUnreadable)]);
    assert_eq!(hold(&plan, "HK3").message.matches("`LastName` holds a list").count(), 1);
    assert!(is_written(&plan, "HK5") && plan.operations.len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe12_the_pinned_company_is_the_only_one_that_is_read() {
    let desk = Desk::live(account(vec![person(1, "Ines", "Halloran", json!({}))], vec![])).await;
    desk.sync_confirmed().await;
    let own = |name: &str, value: Value| {
        desk.sandbox.edit(|world| _ = world.company_mut("peoplehr").unwrap().own.insert(name.to_owned(), value));
    };
    own("company_id", json!("9"));
    assert_eq!(problem(&desk.sync().await).kind, ProblemKind::Refused);
    own("company_id", json!("4411"));
    assert_eq!(desk.sync().await.problem, None);
}
