//! Mapal OS over its assumed REST contract, to Flow Learning (MA01 to MA06), and the way there from the list.

use crate::common::{Desk, codes, employee, hold, operations, user_of};
use jiff::SignedDuration;
use onroll::domain::ids::{EmployeeId, OptionKey};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::plan::{HoldCode, HoldKind, OperationKind, Plan};
use onroll::domain::run::{Job, RunOutcome};
use onroll::domain::snapshot::Side;
use onroll::engine::run::{RunReport, SyncRequest};
use onroll::ports::clock::{Clock, SystemClock};
use onroll::sandbox::Person;
use serde_json::{Value, json};

/// What Mapal itself calls them.
fn id(number: u32) -> String {
    format!("6f0f6f0e-2a51-4c53-9d0e-{number:012}")
}

fn row(number: u32, first: &str, last: &str, own: Value) -> Value {
    employee(number, first, last, own)
}

/// The user whom that employee became.
fn user(number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut user = user_of(number, first, last, json!({"identifier": format!("EXT-{number}")}));
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        user[name] = value;
    }
    user
}

fn document(rows: Vec<Value>, users: Vec<Value>) -> Value {
    let named = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
    let lists = |branches: Value| json!({"branches": branches, "departments": named(&["Kitchen", "Bar"]), "job_titles": named(&["Waiter", "Sous Chef", "Bartender"])});
    let units = json!([{"code": "BU-017", "name": "Quayside"}, {"code": "BU-018", "name": "Castle Street"}]);
    let branches = json!([{"code": "QUAY01", "name": "Quayside"}, {"code": "CAST02", "name": "Castle Street"}]);
    json!({
        "mapal-os": {"employees": rows, "options": lists(units)},
        "flow-learning": {"users": users, "options": lists(branches)},
    })
}

async fn preview_only(document: Value) -> Desk {
    Desk::of_ends(document, "mapal-os", "flow-learning", |text| text).await
}

async fn desk(rows: Vec<Value>, users: Vec<Value>) -> Desk {
    let desk = preview_only(document(rows, users)).await;
    desk.publish().await;
    desk
}

fn edit(desk: &Desk, number: u32, change: impl FnOnce(&mut Person)) {
    desk.sandbox.edit(|world| {
        change(world.company_mut("mapal-os").unwrap().person_mut(&number.to_string()).unwrap());
    });
}

async fn sync_changed(desk: &Desk) -> RunReport {
    desk.sync_with(SyncRequest { job: Job::by_hand(true), ..SyncRequest::default() }).await
}

fn created(plan: &Plan) -> Vec<&str> {
    let created = operations(plan, OperationKind::Create).into_iter();
    created.filter_map(|one| one.employee.as_ref().map(EmployeeId::as_str)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma01_a_change_arrives_by_the_poll_of_changes_over_rest() {
    let people: Vec<Value> =
        (1..=9).map(|number| row(number, &format!("First{number}"), &format!("Last{number}"), json!({}))).collect();
    let users =
        (1..=9).map(|number| user(number, &format!("First{number}"), &format!("Last{number}"), json!({}))).collect();
    let desk = desk(people, users).await;
    assert_eq!(desk.sync().await.totals.written, 0);
    // Mapal shows a change a quarter of an hour later: nothing is read until then, and nothing is lost.
    desk.sandbox.set_switches(&json!({"mapal-os": {"lag_seconds": 900}})).unwrap();
    edit(&desk, 4, |person| (person.job_title, person.branch) = ("Sous Chef".into(), "Castle Street".into()));
    assert_eq!(sync_changed(&desk).await.totals.written, 0);
    desk.sandbox.set_switches(&json!({"mapal-os": {"lag_seconds": 0}})).unwrap();
    let report = sync_changed(&desk).await;
    assert_eq!((report.totals.confirmed, report.problem.clone()), (1, None));
    let read = desk.store().reading_of_run(report.run).await.unwrap().unwrap();
    assert_eq!((read.records, read.changed, read.everybody), (1, 1, 9));
    let user = desk.user("EXT-4");
    assert_eq!((&user["job_title"], &user["branch"]), (&json!("Sous Chef"), &json!("Castle Street")));
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma02_what_did_not_get_into_mapal_is_told_with_the_reading_over_rest() {
    let desk = preview_only(document(vec![row(1, "Leila", "Moreau", json!({}))], vec![])).await;
    let at = SystemClock.now() - SignedDuration::from_hours(1);
    let message = "Employee with external Identifier EXT-2 not processed, Job Title with name waiter does not exist";
    let line = json!({"id": "fl-1", "at": at.to_string(), "level": "error", "externalId": "EXT-2", "message": message});
    desk.sandbox.edit(|world| {
        world.company_mut("mapal-os").unwrap().own.insert("feed_log".into(), json!([line]));
    });
    desk.plan().await;
    let id = desk.connection().await.id;
    let facts = desk.store().source_facts(id).await.unwrap().unwrap();
    assert_eq!(facts.warnings, [format!("Mapal OS's Feed Log has 1 error of the last day: {message}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma03_two_records_with_one_external_id_are_both_held_over_rest() {
    let mut world = document(
        vec![
            row(1, "Leila", "Moreau", json!({})),
            row(2, "Jo", "Pike", json!({})),
            row(3, "Kai", "Lund", json!({"external_id": "EXT-1"})),
        ],
        vec![],
    );
    world["mapal-os"]["switches"] = json!({"keeps_doubles": true});
    let desk = preview_only(world).await;
    desk.publish().await;
    let plan = desk.plan().await;
    let both = [id(1), id(3)];
    assert_eq!(codes(&plan), both.clone().map(|id| (id, HoldCode::DuplicateIdentifier)));
    assert_eq!(hold(&plan, &both[0]).others, [EmployeeId::from(both[1].as_str())]);
    desk.sync_confirmed().await;
    assert_eq!(desk.users().len(), 1, "the one who is alone");
    edit(&desk, 3, |person| _ = person.own.insert("external_id".into(), json!("EXT-3")));
    desk.sync_confirmed().await;
    assert_eq!((desk.users().len(), &desk.user("EXT-1")["first_name"]), (3, &json!("Leila")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma03_a_record_that_was_overwritten_is_asked_about_over_rest() {
    let desk = desk(
        vec![row(1, "Leila", "Moreau", json!({})), row(2, "Jo", "Pike", json!({}))],
        vec![user(1, "Leila", "Moreau", json!({})), user(2, "Jo", "Pike", json!({}))],
    )
    .await;
    desk.sync().await;
    // The HR system gives her id to somebody else: Mapal overwrites her record, whose OS ID stays.
    edit(&desk, 1, |person| {
        (person.first_name, person.last_name, person.email) =
            ("Kai".into(), "Lund".into(), "kai.lund@hvine.example".into());
    });
    for changed in [true, false] {
        let report = if changed { sync_changed(&desk).await } else { desk.sync().await };
        assert_eq!(report.totals.written, 0, "{:?}", report.problem);
        assert_eq!(desk.user("EXT-1")["first_name"], "Leila");
    }
    let plan = desk.plan().await;
    assert_eq!(hold(&plan, &id(1)).code, HoldCode::IdentifierReused, "{:?}", codes(&plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma04_an_address_of_an_active_user_holds_and_that_of_a_former_one_does_not_over_rest() {
    let mail = "leila.moreau@hvine.example";
    let former = |own: Value| {
        let mut user = user(90, "Terence", "Oldfield", json!({"identifier": null, "email": mail}));
        for (name, value) in own.as_object().cloned().unwrap_or_default() {
            user[name] = value;
        }
        user
    };
    let leila = || vec![row(1, "Leila", "Moreau", json!({}))];
    let active = desk(leila(), vec![former(json!({}))]).await;
    let plan = active.plan().await;
    assert!(created(&plan).is_empty(), "{:?}", plan.operations);
    assert_eq!(hold(&plan, &id(1)).code.kind(), HoldKind::Review);
    let gone = desk(leila(), vec![former(json!({"status": "inactive", "end_date": "2025-01-31"}))]).await;
    let report = gone.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 1, "{:?} {:?}", report.problem, codes(&gone.plan().await));
    assert_eq!((gone.users().len(), &gone.user("EXT-1")["first_name"]), (2, &json!("Leila")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma05_everybody_starts_as_employee_but_those_whose_title_a_table_leads_elsewhere_over_rest() {
    let people = vec![
        row(1, "Leila", "Moreau", json!({"user_profile": "Administrator"})),
        row(2, "Jo", "Pike", json!({"job_title": "Sous Chef"})),
    ];
    let desk = desk(people, vec![]).await;
    desk.settings(|settings| settings.access_profile = Some("Employee".into())).await;
    let manager = Some(MappingTarget::Option(OptionKey("Manager".into())));
    let connection = desk.connection().await.id;
    desk.store().set_mapping(connection, ListKey::ACCESS_PROFILE, "Sous Chef", manager, "test").await.unwrap();
    let plan = desk.plan().await;
    let profile = |employee: String| {
        let operation =
            plan.operations.iter().find(|one| one.employee == Some(EmployeeId::from(employee.as_str()))).unwrap();
        let change = operation.fields.iter().find(|change| change.field.key() == "access_profile");
        format!("{:?}", change.map(|change| &change.to))
    };
    let profiles = [1, 2].map(|number| profile(id(number)));
    assert!(profiles[0].contains("Employee") && profiles[1].contains("Manager"), "{profiles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma06_a_title_or_unit_that_is_new_waits_until_it_is_offered_over_rest() {
    let people = vec![
        row(1, "Leila", "Moreau", json!({"job_title": "Night Porter"})),
        row(2, "Jo", "Pike", json!({"branch": "Mill Lane"})),
    ];
    let desk = desk(people, vec![]).await;
    let plan = desk.plan().await;
    assert_eq!(hold(&plan, &id(1)).code, HoldCode::UnmappedValue);
    let unit = hold(&plan, &id(2));
    assert_eq!((unit.code, unit.value.as_deref()), (HoldCode::UnmappedValue, Some("BU-001")), "by its Feed ID");
    let connection = desk.connection().await.id;
    let new = Some(MappingTarget::Create("Night Porter".into()));
    desk.store().set_mapping(connection, ListKey::JOB_TITLE, "Night Porter", new, "test").await.unwrap();
    let quayside = Some(MappingTarget::Option(OptionKey("QUAY01".into())));
    desk.store().set_mapping(connection, ListKey::BRANCH, "BU-001", quayside, "test").await.unwrap();
    let report = desk.sync_confirmed().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problem);
    assert_eq!(desk.user("EXT-1")["job_title"], "Night Porter");
    assert_eq!(desk.user("EXT-2")["branch"], "Quayside");
}

#[tokio::test(flavor = "multi_thread")]
async fn starters_leavers_and_words_that_nobody_knows_over_rest() {
    let people = vec![
        row(1, "Leila", "Moreau", json!({"start_date": "2026-12-24"})),
        row(2, "Jo", "Pike", json!({"end_date": "2026-12-24"})),
        row(3, "Kai", "Lund", json!({"end_date": "2026-11-20"})),
        row(4, "Ann", "Osei", json!({"status": "Not started yet"})),
        row(5, "Bo", "Lind", json!({"external_id": null})),
        row(6, "Cy", "Wray", json!({})),
    ];
    let users = vec![user(2, "Jo", "Pike", json!({})), user(3, "Kai", "Lund", json!({}))];
    let desk = desk(people, users).await;
    let plan = desk.plan().await;
    let held: Vec<(String, HoldCode)> = codes(&plan);
    assert_eq!(held, [(id(4), HoldCode::StatusUnclear), (id(5), HoldCode::RecordUnreadable)]);
    assert_eq!(created(&plan), [id(6)], "who starts later waits for the day");
    desk.sync_confirmed().await;
    assert_eq!((&desk.user("EXT-2")["status"], &desk.user("EXT-3")["status"]), (&json!("active"), &json!("inactive")));
    assert_eq!(desk.users().len(), 3);
}

/// The tenant was set up with the list and gets an address: nobody is made twice, nobody leaves.
#[tokio::test(flavor = "multi_thread")]
async fn who_goes_over_from_the_list_to_rest_keeps_everybody_s_user() {
    let names: Vec<(String, String)> =
        (1..=8).map(|number| (format!("First{number}"), format!("Last{number}"))).collect();
    let people = (1..).zip(&names).map(|(number, (first, last))| row(number, first, last, json!({}))).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let heads =
        "First Name,Last Name,Email,Status,External Identifier,Job Title,Start Date,Business Unit ID,Department";
    let rows: Vec<String> = (1..)
        .zip(&names)
        .map(|(number, (first, last))| {
            let mail = format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase());
            format!("{first},{last},{mail},Active,EXT-{number},Waiter,11/03/2024,BU-017,Kitchen")
        })
        .collect();
    std::fs::write(&file, format!("{heads}\n{}\n", rows.join("\n"))).unwrap();
    let mut members = Vec::new();
    let desk = Desk::of_ends(document(people, vec![]), "mapal-os", "flow-learning", |text| {
        let table: toml::Table = text.parse().unwrap();
        members = table["source"].as_table().unwrap().clone().into_iter().collect();
        let (head, rest) = text.split_once("[source]").unwrap();
        let (_, rest) = rest.split_once("[destination]").unwrap();
        format!("{head}[source]\nvendor = \"mapal-os\"\nfile = {:?}\n\n[destination]{rest}", file.display().to_string())
    })
    .await;
    desk.publish().await;
    desk.sync_confirmed().await;
    assert_eq!(desk.users().len(), 8);
    let connection = desk.connection().await;
    let (engine, access) = (&desk.workspace.engine, &desk.workspace.access);
    let text = |name: &str| members.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_str()).unwrap();
    // The address last: without credentials it would be refused.
    let set = async |name: &'static str| {
        let connection = desk.connection().await;
        onroll::services::settings::set_parameter(engine, access, &connection, (Side::Source, name), Some(text(name)))
            .await
    };
    assert!(set("base_url").await.is_err());
    set("client_id").await.unwrap();
    set("login_url").await.unwrap();
    let secret = onroll::domain::secret::Secret::new(text("client_secret"));
    let at = (Side::Source, "client_secret");
    onroll::services::connections::set_secret(engine, access, &connection, at, (secret, Default::default()))
        .await
        .unwrap();
    set("base_url").await.unwrap();
    let report = desk.sync().await;
    assert_eq!(
        (report.totals.written, report.problem.clone()),
        (0, None),
        "{:?}",
        report.plan.map(|plan| plan.plan.holds.clone())
    );
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
    assert_eq!(desk.users().len(), 8);
    assert!(desk.users().iter().all(|user| user["status"] == "active"));
    assert!(desk.workspace.engine.abilities(&desk.connection().await).unwrap().source.changes);
}
