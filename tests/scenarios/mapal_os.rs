//! Mapal OS by its list of users, to Flow Learning (MA02 to MA06; MA01 needs a schedule and an API).

use crate::common::{Desk, codes, employee, hold, operations, user_of, world};
use onroll::domain::ids::{EmployeeId, OptionKey};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::run::RunOutcome;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const HEADS: &str = "First Name,Last Name,Email,Status,User profile,External Identifier,Job Title,Start Date,Business Unit ID,Department";

/// A row of the list. Flow knows Mapal's business unit as `Quayside`, by the mapping.
fn row(number: u32, first: &str, last: &str, title: &str) -> String {
    let mail = format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase());
    format!("{first},{last},{mail},Active,Employee,EXT-{number},{title},11/03/2024,Quayside,Kitchen")
}

fn write(path: &Path, rows: &[String]) {
    std::fs::write(path, format!("{HEADS}\n{}\n", rows.join("\n"))).unwrap();
}

async fn desk(rows: &[String], users: Vec<Value>) -> (Desk, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    write(&file, rows);
    let alike = vec![employee(1, "Ines", "Halloran", json!({}))];
    let desk = Desk::of_file("mapal-os", &file, world(alike, users)).await;
    // Mapal's list has no birth dates.
    desk.publish().await;
    (desk, folder, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma02_the_feed_says_of_every_record_what_became_of_it_and_why() {
    let rows = [row(1, "Leila", "Moreau", "Waiter"), row(2, "Jo", "Pike", "Team Member")];
    let (desk, _folder, file) = desk(&rows, vec![]).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::DoneWithHeld, 1), "{:?}", report.problem);
    let held = desk.feed("Team Member").await;
    assert!(
        held.iter().any(|line| line.employee == Some(EmployeeId::from("EXT-2")) && line.what == "held"),
        "{held:?}"
    );
    let created = desk.feed("EXT-1").await;
    assert!(created.iter().any(|line| line.employee == Some(EmployeeId::from("EXT-1"))), "{created:?}");
    assert!(desk.plan().await.operations.is_empty());
    write(&file, &[row(1, "Leila", "Moreau", "Sous Chef"), row(2, "Jo", "Pike", "Waiter")]);
    desk.sync_confirmed().await;
    assert_eq!(
        (&desk.user("EXT-1")["job_title"], &desk.user("EXT-2")["job_title"]),
        (&json!("Sous Chef"), &json!("Waiter"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma03_two_records_with_one_external_id_are_both_held_beside_each_other() {
    let rows = [row(1, "Leila", "Moreau", "Waiter"), row(2, "Jo", "Pike", "Waiter"), row(1, "Kai", "Lund", "Waiter")];
    let (desk, _folder, file) = desk(&rows, vec![]).await;
    let plan = desk.plan().await;
    let both = ["EXT-1 (row 2)", "EXT-1 (row 4)"];
    assert_eq!(codes(&plan), both.map(|id| (id.to_owned(), HoldCode::DuplicateIdentifier)));
    assert_eq!(hold(&plan, both[0]).others, [EmployeeId::from(both[1])]);
    desk.sync_confirmed().await;
    assert_eq!(desk.users().len(), 1, "the one who is alone");
    // Corrected at the source: each is an account of their own, and nobody's was overwritten.
    write(&file, &[rows[0].clone(), rows[1].clone(), row(3, "Kai", "Lund", "Waiter")]);
    desk.sync_confirmed().await;
    assert_eq!((desk.users().len(), &desk.user("EXT-1")["first_name"]), (3, &json!("Leila")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma03_an_id_that_becomes_shared_leaves_the_account_as_it_is() {
    let (desk, _folder, file) = desk(&[row(1, "Leila", "Moreau", "Waiter")], vec![]).await;
    desk.sync_confirmed().await;
    write(&file, &[row(1, "Leila", "Moreau", "Sous Chef"), row(1, "Kai", "Lund", "Waiter")]);
    desk.sync_confirmed().await;
    let leila = desk.user("EXT-1");
    assert_eq!((desk.users().len(), &leila["first_name"], &leila["job_title"]), (1, &json!("Leila"), &json!("Waiter")));
    assert_eq!(leila["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma04_an_address_of_an_active_user_holds_and_that_of_a_former_one_does_not() {
    let mail = "leila.moreau@hvine.example";
    let former = |own: Value| {
        let mut user = user_of(90, "Terence", "Oldfield", json!({"identifier": null, "email": mail}));
        for (name, value) in own.as_object().cloned().unwrap_or_default() {
            user[name] = value;
        }
        user
    };
    let (active, _folder, _) = desk(&[row(1, "Leila", "Moreau", "Waiter")], vec![former(json!({}))]).await;
    let plan = active.plan().await;
    assert_eq!(operations(&plan, OperationKind::Create).len(), 0, "{:?}", plan.operations);
    assert_eq!(hold(&plan, "EXT-1").code.kind(), onroll::domain::plan::HoldKind::Review);

    let gone = former(json!({"status": "inactive", "end_date": "2025-01-31"}));
    let (gone, _folder, _) = desk(&[row(1, "Leila", "Moreau", "Waiter")], vec![gone]).await;
    let report = gone.sync_confirmed().await;
    assert_eq!(report.totals.confirmed, 1, "{:?} {:?}", report.problem, codes(&gone.plan().await));
    assert_eq!((gone.users().len(), &gone.user("EXT-1")["first_name"]), (2, &json!("Leila")));

    let herself = former(json!({"status": "inactive", "first_name": "Leila", "last_name": "Moreau"}));
    let (herself, _folder, _) = desk(&[row(1, "Leila", "Moreau", "Waiter")], vec![herself]).await;
    assert_eq!(hold(&herself.plan().await, "EXT-1").code, HoldCode::Rehire);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma05_everybody_starts_as_employee_but_those_whose_title_a_table_leads_elsewhere() {
    let rows = [row(1, "Leila", "Moreau", "Waiter"), row(2, "Jo", "Pike", "Sous Chef")];
    let (desk, _folder, _) = desk(&rows, vec![]).await;
    desk.settings(|settings| settings.access_profile = Some("Employee".into())).await;
    let manager = Some(MappingTarget::Option(OptionKey("Manager".into())));
    let id = desk.connection().await.id;
    desk.store().set_mapping(id, ListKey::ACCESS_PROFILE, "Sous Chef", manager, "test").await.unwrap();
    let plan = desk.plan().await;
    let profile = |employee: &str| {
        let operation = plan.operations.iter().find(|one| one.employee == Some(EmployeeId::from(employee))).unwrap();
        let change = operation.fields.iter().find(|change| change.field.key() == "access_profile");
        format!("{:?}", change.map(|change| &change.to))
    };
    let profiles = ["EXT-1", "EXT-2"].map(profile);
    assert!(profiles[0].contains("Employee") && profiles[1].contains("Manager"), "{profiles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma06_a_title_that_is_new_waits_until_it_is_offered_and_made() {
    let (desk, _folder, _) = desk(&[row(1, "Leila", "Moreau", "Night Porter")], vec![]).await;
    assert_eq!(hold(&desk.plan().await, "EXT-1").code, HoldCode::UnmappedValue);
    let id = desk.connection().await.id;
    let new = Some(MappingTarget::Create("Night Porter".into()));
    desk.store().set_mapping(id, ListKey::JOB_TITLE, "Night Porter", new, "test").await.unwrap();
    let plan = desk.plan().await;
    assert_eq!(operations(&plan, OperationKind::CreateOption).len(), 1, "{:?} {:?}", plan.operations, codes(&plan));
    let report = desk.sync_confirmed().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problem);
    assert_eq!(desk.user("EXT-1")["job_title"], "Night Porter");
}
