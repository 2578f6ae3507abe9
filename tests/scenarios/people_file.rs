//! People files as the source of a connection (BX03): what no system answers, a file says.

use crate::common::{Desk, codes, employee, hold, operations, problem, user_of, world};
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::run::RunOutcome;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const HEADS: &str = "Staff no.,First name,Surname,E-mail,Date of birth,Position,Site,Department,Start date,Leaving date,Status,Cost centre";

/// A row of the list.
fn row(number: u32, first: &str, last: &str, title: &str, status: &str) -> String {
    let (low_first, low_last) = (first.to_lowercase(), last.to_lowercase());
    let birth = format!("1990-07-{:02}", 10 + number);
    format!(
        "{number},{first},{last},{low_first}.{low_last}@hvine.example,{birth},{title},Quayside,Kitchen,2024-03-11,,{status},40{number}"
    )
}

fn write(path: &Path, rows: &[String]) {
    std::fs::write(path, format!("{HEADS}\n{}\n", rows.join("\n"))).unwrap();
}

/// A tenant whose employees stand in this file. The mapping is that of a Planday company with the same values.
async fn desk(file: &Path, users: Vec<Value>) -> Desk {
    let alike = vec![employee(1, "Ines", "Halloran", json!({}))];
    let desk = Desk::of_file("people-file", file, world(alike, users)).await;
    desk.publish().await;
    desk
}

fn list(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("people.csv")
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx03_a_list_is_imported_kept_up_and_left_by_those_who_leave() {
    let folder = tempfile::tempdir().unwrap();
    let file = list(&folder);
    let people = |title: &str, status: &str| {
        vec![row(1, "Ines", "Halloran", title, "Active"), row(2, "Leo", "Marsh", "Sous Chef", status)]
    };
    write(&file, &people("Waiter", "Active"));
    let desk = desk(&file, vec![]).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 2), "{:?}", report.problem);
    let ines = desk.user("1");
    for (field, value) in [("first_name", "Ines"), ("email", "ines.halloran@hvine.example"), ("branch", "Quayside")] {
        assert_eq!(ines[field], value, "{field}");
    }
    assert_eq!(ines["date_of_birth"], "1990-07-11");
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?}", plan.operations);

    write(&file, &people("Sous Chef", "Active"));
    assert_eq!(desk.sync().await.totals.confirmed, 1);
    assert_eq!(desk.user("1")["job_title"], "Sous Chef");

    write(&file, &people("Sous Chef", "Left"));
    desk.sync_confirmed().await;
    assert_eq!((desk.users().len(), &desk.user("2")["status"]), (2, &json!("inactive")));

    write(&file, &people("Sous Chef", "Active"));
    desk.sync_confirmed().await;
    assert_eq!((desk.users().len(), &desk.user("2")["status"]), (2, &json!("active")), "back on the same account");
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx03_who_is_missing_from_a_list_has_not_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = list(&folder);
    let everybody: Vec<String> =
        (1..=20).map(|number| row(number, &format!("Ines{number}"), "Halloran", "Waiter", "Active")).collect();
    write(&file, &everybody);
    let desk = desk(&file, vec![]).await;
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 20);
    write(&file, &everybody[1..]);
    let plan = desk.plan().await;
    assert!(operations(&plan, OperationKind::Deactivate).is_empty(), "{:?}", plan.operations);
    // The file was cut, or is another one: nothing is planned from it.
    for cut in [&everybody[..3], &everybody[..0]] {
        write(&file, cut);
        let report = desk.sync().await;
        assert_ne!(report.outcome, RunOutcome::Done, "{} rows", cut.len());
    }
    std::fs::remove_file(&file).unwrap();
    let report = desk.sync().await;
    assert!(problem(&report).why.contains("people.csv"), "{:?}", report.problem);
    assert!(desk.users().iter().all(|user| user["status"] == "active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx03_rows_that_do_not_tell_who_hold_their_people_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = list(&folder);
    let mut rows = vec![
        row(1, "Ines", "Halloran", "Waiter", "Active"),
        row(2, "Leo", "Marsh", "Sous Chef", "Garden leave"),
        row(3, "Ana", "Lopes", "Sous Chef", "Active"),
        row(4, "Bo", "Li", "Sous Chef", "Active").replace("1990-07-14", "1990-02-31"),
    ];
    rows.push(row(3, "Cy", "Ito", "Waiter", "Active"));
    write(&file, &rows);
    let desk = desk(&file, vec![]).await;
    let plan = desk.plan().await;
    let expected = [
        ("2", HoldCode::StatusUnclear),
        ("3 (row 4)", HoldCode::DuplicateIdentifier),
        ("3 (row 6)", HoldCode::DuplicateIdentifier),
        ("4", HoldCode::RecordUnreadable),
    ];
    for (employee, code) in expected {
        assert_eq!(hold(&plan, employee).code, code, "{employee}: {:?}", codes(&plan));
    }
    assert_eq!(operations(&plan, OperationKind::Create).len(), 1);
    assert_eq!(hold(&plan, "3 (row 4)").others, [EmployeeId::from("3 (row 6)")], "side by side");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx13_a_column_of_the_file_feeds_what_the_operator_picks() {
    let folder = tempfile::tempdir().unwrap();
    let file = list(&folder);
    write(&file, &[row(1, "Ines", "Halloran", "Unheard of", "Active")]);
    let desk = desk(&file, vec![user_of(1, "Ines", "Halloran", json!({"identifier": "1"}))]).await;
    assert_eq!(codes(&desk.plan().await), [("1".to_owned(), HoldCode::UnmappedValue)]);
    desk.settings(|settings| _ = settings.field_map.insert("job_title".into(), "custom:Role at work".into())).await;
    let plan = desk.plan().await;
    let hold = hold(&plan, "1");
    assert!(hold.message.contains("Role at work") || hold.remedy.contains("Role at work"), "{hold:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Cost centre", "Role at work").replace(",401", ",Waiter")).unwrap();
    assert_eq!(codes(&desk.plan().await), []);
    let id = desk.connection().await.id;
    let read = desk.store().employee(id, &EmployeeId::from("1")).await.unwrap().unwrap();
    assert_eq!(read.person.job_title.as_deref(), Some("Waiter"));
}
