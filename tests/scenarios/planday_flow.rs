//! Planday to Flow Learning.

use crate::common::{Desk, codes, employee, hold, is_written, operations, user_of, world};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::decision::Ruling;
use onroll::domain::field::Field;
use onroll::domain::ids::EmployeeId;
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::run::{Job, Level, RunOutcome};
use onroll::domain::snapshot::Side;
use onroll::engine::run::SyncRequest;
use onroll::sandbox::{Fault, FaultKind};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn s_pl01_every_field_arrives() {
    let desk =
        Desk::live(world(vec![employee(1, "Ines", "Halloran", json!({"end_date": "2027-03-31"}))], vec![])).await;
    desk.sync_confirmed().await;
    let user = desk.user("40817_1");
    for (field, value) in [
        ("first_name", "Ines"),
        ("last_name", "Halloran"),
        ("job_title", "Waiter"),
        ("department", "Kitchen"),
        ("email", "ines.halloran@hvine.example"),
        ("start_date", "2024-03-11"),
        ("end_date", "2027-03-31"),
    ] {
        assert_eq!(user[field], value, "{field}");
    }
    assert_eq!(user["branch"], "Quayside");
    assert_eq!(user["date_of_birth"], employee(1, "", "", json!({}))["date_of_birth"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl01_the_department_is_optional() {
    let desk = Desk::live(world(vec![employee(1, "Ines", "Halloran", json!({"department": ""}))], vec![])).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.held), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl02_the_identifier_is_portal_and_employee_id() {
    let desk = Desk::live(world(vec![employee(318_245, "Ines", "Halloran", json!({}))], vec![])).await;
    let plan = desk.plan().await;
    assert_eq!(plan.operations[0].identifier.as_ref().unwrap().as_str(), "40817_318245");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl04_missing_job_title_is_blocked() {
    let people =
        vec![employee(1, "Ines", "Halloran", json!({"job_title": ""})), employee(2, "Leo", "Marsh", json!({}))];
    let desk = Desk::live(world(people, vec![])).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.confirmed, report.totals.held), (1, 1));
    let lines = desk.feed("job title").await;
    let line = lines.iter().find(|line| line.employee == Some(EmployeeId::from("1"))).expect("a line for the person");
    assert_eq!((line.level, line.what.as_str()), (Level::Error, "held"));
    assert_eq!(desk.users().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl05_an_archived_field_is_one_cause_for_everybody() {
    let people = vec![employee(1, "Ines", "Halloran", json!({})), employee(2, "Leo", "Marsh", json!({}))];
    let desk = Desk::preview_only(world(people, vec![])).await;
    archive_job_title(&desk);
    let plan = desk.plan().await;
    assert_eq!(codes(&plan), [("1".into(), HoldCode::FieldArchived), ("2".into(), HoldCode::FieldArchived)]);
    let (one, two) = (hold(&plan, "1"), hold(&plan, "2"));
    assert_eq!((&one.message, &one.remedy), (&two.message, &two.remedy), "one cause, one message");
    assert!(one.remedy.contains("Unarchive") || one.remedy.contains("Archived"), "{}", one.remedy);
}

/// Archives the dropdown in the source's settings, as an administrator of the customer does.
fn archive_job_title(desk: &Desk) {
    desk.sandbox.edit(|world| {
        let company = world.company_mut("planday").unwrap();
        let fields = company.own.get_mut("fields").expect("the company's custom fields");
        assert_eq!(fields["job_title"]["label"], "Job title (Flow)");
        fields["job_title"]["archived"] = json!(true);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl06_after_the_source_is_fixed_only_those_who_were_held_are_pushed() {
    let people = vec![
        employee(1, "Ines", "Halloran", json!({"job_title": ""})),
        employee(2, "Leo", "Marsh", json!({})),
        employee(3, "Ana", "Lopes", json!({})),
    ];
    let desk = Desk::live(world(people, vec![])).await;
    desk.sync_confirmed().await;
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("planday").unwrap().people;
        people[0].job_title = "Waiter".into();
        people[1].job_title = "Sous Chef".into();
    });
    let only = vec![EmployeeId::from("1")];
    let report = desk.sync_with(SyncRequest { job: Job::by_hand_for(only), ..SyncRequest::default() }).await;
    assert_eq!(report.totals.confirmed, 1, "{:?}", report.problem);
    assert_eq!(desk.user("40817_1")["job_title"], "Waiter");
    assert_eq!(desk.user("40817_2")["job_title"], "Waiter", "not pushed yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_are_named_are_read_where_they_have_their_user_and_are_the_same_humans() {
    let people = vec![employee(1, "Ines", "Halloran", json!({})), employee(2, "Leo", "Marsh", json!({}))];
    let desk = Desk::live(world(people, vec![])).await;
    desk.sync_confirmed().await;
    let edit = |change: fn(&mut [onroll::sandbox::Person])| {
        desk.sandbox.edit(|world| change(&mut world.company_mut("planday").unwrap().people));
    };
    let only = |id: &str| SyncRequest { job: Job::by_hand_for(vec![id.into()]), ..SyncRequest::default() };
    let pulled = || async {
        let pulls = desk.store().snapshots(desk.connection().await.id, Side::Source, 1).await.unwrap();
        (pulls[0].finished_at, pulls[0].records)
    };
    let before = pulled().await;
    // Lists that show nobody stop whoever reads them.
    desk.sandbox.set_faults(vec![Fault::new(FaultKind::EmptyList).at("planday")]);
    edit(|people| {
        people[0].job_title = "Sous Chef".into();
        people[1].job_title = "Sous Chef".into();
    });
    let report = desk.sync_with(only("1")).await;
    assert_eq!((report.totals.confirmed, report.totals.written), (1, 1), "{:?}", report.problem);
    assert_eq!(desk.user("40817_1")["job_title"], "Sous Chef");
    assert_eq!(desk.user("40817_2")["job_title"], "Waiter", "not read, not pushed");
    assert_eq!(pulled().await, before, "the pull is as old as its rest, and as long");
    // Another address: only everybody's records tell whose it is.
    edit(|people| people[0].email = "i.halloran@hvine.example".into());
    assert_eq!(desk.sync_with(only("1")).await.outcome, RunOutcome::Stopped);
    // Gone from the source.
    edit(|people| people[1].status = "inactive".into());
    assert_eq!(desk.sync_with(only("2")).await.outcome, RunOutcome::Stopped);
    desk.sandbox.set_faults(vec![]);
    // Somebody new may be anybody.
    edit(|people| people[1].status = "active".into());
    assert_eq!(desk.sync_with(only("2")).await.totals.confirmed, 1);
    assert_eq!(desk.user("40817_1")["email"], "ines.halloran@hvine.example", "not named this time");
    let report = desk.sync_with(only("1")).await;
    assert_eq!((report.totals.confirmed, report.problem), (1, None));
    assert_eq!(desk.user("40817_1")["email"], "i.halloran@hvine.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl07_a_new_dropdown_option_appears_in_the_table_and_can_be_created_in_flow() {
    let mut document = world(vec![employee(1, "Ines", "Halloran", json!({"job_title": "Mixologist"}))], vec![]);
    let titles = document["planday"]["options"]["job_titles"].as_array_mut().unwrap();
    titles.push(json!({"name": "Mixologist"}));
    titles.push(json!({"name": "Sommelier"}));
    let desk = Desk::live(document).await;
    let connection = desk.connection().await;
    let view = desk
        .store()
        .mapping_view(connection.id, ListKey::JOB_TITLE, Some(onroll::domain::field::Field::JobTitle))
        .await
        .unwrap();
    let values: Vec<&str> = view.rows.iter().map(|row| row.value.as_str()).collect();
    assert!(values.contains(&"Sommelier") && values.contains(&"Mixologist"), "{values:?}");
    let target = Some(MappingTarget::Create("Mixologist".into()));
    desk.store().set_mapping(connection.id, ListKey::JOB_TITLE, "Mixologist", target, "test").await.unwrap();
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::CreateOption).len(), 1);
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 2, "{:?}", report.problem);
    assert_eq!(desk.user("40817_1")["job_title"], "Mixologist");
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl08_the_history_shows_who_is_mapped_to_whom() {
    let desk = Desk::live(world(vec![employee(1, "Ines", "Halloran", json!({}))], vec![])).await;
    let report = desk.sync_confirmed().await;
    let detail = desk.store().run_detail(report.run).await.unwrap();
    let rows = desk.store().operation_rows(desk.connection().await.id, detail.changed).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].name, "Ines Halloran");
    let learner = desk.user("40817_1")["learner_id"].to_string();
    assert_eq!(rows[0].row.answered.as_ref().unwrap().as_str(), learner);
    let links = desk.store().links(desk.connection().await.id).await.unwrap();
    assert_eq!((links[0].employee.as_str(), links[0].user.as_str()), ("1", learner.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl09_the_mapping_list_is_exported_as_csv_and_xlsx() {
    use onroll::cli::arguments::{ExportArguments, ExportKind};
    let desk = Desk::live(world(vec![employee(1, "Zoë", "Wójcik", json!({}))], vec![])).await;
    let dir = tempfile::tempdir().unwrap();
    for ending in ["csv", "xlsx"] {
        let out = dir.path().join(format!("mapping.{ending}"));
        let arguments = ExportArguments {
            what: ExportKind::Mapping,
            tenant: desk.short_name.clone(),
            out: Some(out.clone()),
            filter: None,
            view: None,
            facets: false,
        };
        let mut output = onroll::cli::output::Output::to(true, Box::new(std::io::sink()), Box::new(std::io::sink()));
        onroll::cli::export::run(&desk.workspace, &arguments, &mut output).await.unwrap();
        let sheet = onroll::files::sheet::read(&out).unwrap();
        assert_eq!(sheet.heads, ["identifier", "first_name", "last_name", "department", "job_title", "branch"]);
        assert_eq!(sheet.rows[0].1, ["40817_1", "Zoë", "Wójcik", "Kitchen", "Waiter", "Quayside"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

/// A tenant of two people who are linked and equal.
async fn two_linked() -> Desk {
    let people = vec![employee(1, "Ines", "Halloran", json!({})), employee(2, "Leo", "Marsh", json!({}))];
    let users = vec![user_of(1, "Ines", "Halloran", json!({})), user_of(2, "Leo", "Marsh", json!({}))];
    let desk = Desk::live(world(people, users)).await;
    assert_eq!(desk.sync().await.outcome, RunOutcome::Done);
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl10_a_user_deleted_in_flow_is_created_again() {
    let desk = two_linked().await;
    desk.sandbox.edit(|world| {
        world.company_mut("flow-learning").unwrap().people.retain(|user| user.identifier != "40817_1");
    });
    let plan = desk.plan().await;
    let created = operations(&plan, OperationKind::Create);
    assert_eq!(created.len(), 1);
    assert!(created[0].note.as_deref().is_some_and(|note| note.contains("deleted")), "{:?}", created[0].note);
    assert_eq!(desk.sync().await.totals.confirmed, 1);
    assert_eq!(desk.user("40817_1")["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl11_deactivated_in_planday_is_deactivated_in_flow() {
    let desk = two_linked().await;
    leave(&desk, 0);
    let report = desk.sync().await;
    assert_eq!(report.totals.confirmed, 1, "{:?}", report.problem);
    let user = desk.user("40817_1");
    assert_eq!((user["status"].as_str(), user["end_date"].as_str()), (Some("inactive"), Some("2026-11-20")));
    assert_eq!(desk.user("40817_2")["status"], "active");
}

fn leave(desk: &Desk, index: usize) {
    desk.sandbox.edit(|world| {
        let person = &mut world.company_mut("planday").unwrap().people[index];
        person.status = "inactive".into();
        person.end_date = "2026-11-20".into();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl12_a_detached_user_is_left_alone() {
    let desk = two_linked().await;
    desk.sandbox.edit(|world| {
        let user =
            world.company_mut("flow-learning").unwrap().people.iter_mut().find(|user| user.identifier == "40817_1");
        user.unwrap().identifier = "kept-by-hand".into();
    });
    leave(&desk, 0);
    let plan = desk.plan().await;
    assert!(!is_written(&plan, "1"));
    assert_eq!(hold(&plan, "1").code, HoldCode::Detached);
    desk.sync().await;
    assert_eq!(desk.user("kept-by-hand")["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl12_a_protected_user_is_left_alone() {
    let desk = two_linked().await;
    desk.rule("1", Ruling::Protect).await;
    leave(&desk, 0);
    let plan = desk.plan().await;
    assert_eq!(hold(&plan, "1").code, HoldCode::Protected);
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.held), (RunOutcome::Done, 0), "protected is ruled, not held");
    assert_eq!(desk.user("40817_1")["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl13_a_changed_field_is_updated_by_the_next_run() {
    let desk = two_linked().await;
    desk.sandbox.edit(|world| {
        let person = &mut world.company_mut("planday").unwrap().people[0];
        person.job_title = "Sous Chef".into();
        person.branch = "Castle Street".into();
    });
    let plan = desk.plan().await;
    let update = operations(&plan, OperationKind::Update);
    let fields: Vec<Field> = update[0].fields.iter().map(|change| change.field).collect();
    assert_eq!(fields, [Field::JobTitle, Field::Branch]);
    assert_eq!(desk.sync().await.totals.confirmed, 1);
    let user = desk.user("40817_1");
    assert_eq!((user["job_title"].as_str(), user["branch"].as_str()), (Some("Sous Chef"), Some("Castle Street")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl14_switching_off_stops_everything_and_keeps_all_data() {
    let desk = two_linked().await;
    let connection = desk.connection().await;
    desk.engine().switch_off(&connection).await.unwrap();
    let connection = desk.connection().await;
    assert_eq!(connection.status, ConnectionStatus::Off);
    assert_eq!(desk.store().links(connection.id).await.unwrap().len(), 2);
    assert_eq!(desk.store().employees(connection.id).await.unwrap().len(), 2);
    assert!(!desk.store().runs(Some(connection.id), 10).await.unwrap().is_empty());
}
