//! The source against files on a disk.

use super::*;
use crate::domain::person::{Employee, EmploymentStatus};
use crate::ports::api::ProbeResult;
use crate::ports::source::NothingKnown;
use std::path::Path;

const LIST: &str = "Employee ID;Forename;Surname;E-mail;DOB;Site;Position;Status;End date;Cost centre\n\
    007;Ines;Halloran;ines@x.example;21/08/1996;Quayside;Chef;Active;;4010\n\
    8;Osei;Boateng;;01/02/1990;Bath;Waiter;Left;31/10/2026;4020\n\
    9;Jo;Weiß;jo@x.example;31/02/1991;Quayside;Chef;Sabbatical;;\n";

fn parts(file: &Path, parameters: &[(&str, &str)], field_map: &[(&str, &str)]) -> ConnectParts {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let mut all: std::collections::BTreeMap<String, String> = parameters.iter().map(owned).collect();
    all.insert(FILE.to_owned(), file.display().to_string());
    ConnectParts { parameters: all, field_map: field_map.iter().map(owned).collect(), ..ConnectParts::default() }
}

async fn pulled(parts: ConnectParts) -> Result<(Vec<SourceRecord>, SourceFacts), ApiError> {
    let source = connect(parts)?;
    let (out, mut read) = mpsc::channel(2);
    let reader = tokio::spawn(async move {
        let mut records = Vec::new();
        while let Some(record) = read.recv().await {
            records.push(record);
        }
        records
    });
    let facts = source.pull(&NothingKnown, out).await?;
    Ok((reader.await.unwrap(), facts))
}

fn of<'r>(records: &'r [SourceRecord], id: &str) -> &'r Employee {
    &records.iter().find(|record| record.employee.id.as_str() == id).unwrap().employee
}

#[tokio::test]
async fn people_are_read_with_the_columns_that_the_field_map_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, LIST).unwrap();
    let map = [("custom:Centre", "custom:cost centre"), ("custom:Badge", "custom:Badge no.")];
    let (records, facts) = pulled(parts(&file, &[("statuses", "Sabbatical=active")], &map)).await.unwrap();
    let ines = of(&records, "007");
    assert_eq!((ines.identifier.as_str(), ines.status.clone()), ("007", EmploymentStatus::Active));
    assert_eq!(ines.person.value(Field::Branch).as_deref(), Some("Quayside"));
    let centre = Field::from_key("custom:Centre").unwrap();
    assert_eq!(ines.person.value(centre).as_deref(), Some("4010"));
    assert_eq!(of(&records, "8").status, EmploymentStatus::Ended);
    let jo = of(&records, "9");
    assert_eq!(jo.unreadable.as_ref().map(|one| one.member.as_str()), Some("date_of_birth"));
    assert!(!jo.unreadable.as_ref().unwrap().what.contains("1991"));
    assert_eq!((facts.received, facts.declared_total), (3, 3));
    let [badge] = facts.archived_fields.as_slice() else { panic!("{facts:?}") };
    assert_eq!(badge.label, "Badge no.");
}

#[tokio::test]
async fn ids_that_do_not_tell_hold_their_people() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    let list =
        "id,first_name,last_name,job_title\n1,Ann,Smith,Chef\n2,Bo,Li,Cook\n1,Cy,Ito,Cook\n,Di,Oz,Cook\n2,Bo,Li,Cook\n";
    std::fs::write(&file, list).unwrap();
    let (records, facts) = pulled(parts(&file, &[], &[])).await.unwrap();
    assert_eq!(records.len(), 4, "two who share an id, one with two rows, and one of nobody's");
    let shared = ["1 (row 2)", "1 (row 4)"].map(|id| of(&records, id).identifier.as_str().to_owned());
    assert_eq!(shared, ["1", "1"], "the planner holds both, beside each other");
    std::fs::write(&file, "id,external_id,first_name,last_name\n1,a,Ann,Smith\n1,b,Cy,Ito\n").unwrap();
    let (apart, _) = pulled(parts(&file, &[], &[])).await.unwrap();
    assert_eq!(
        of(&apart, "1").unreadable.as_ref().unwrap().what,
        "the id stands on 2 people who are not one (rows 2, 3)"
    );
    assert_eq!(of(&records, "2").unreadable, None, "two rows of one person are one person");
    assert_eq!(facts.nameless, ["people file, row 5"]);
    assert!(of(&records, "people file, row 5").unreadable.is_some());
}

#[tokio::test]
async fn of_a_folder_the_newest_export_counts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, id: &str, hour: u64| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("id,first_name,last_name,job_title\n{id},Ann,Smith,Chef\n")).unwrap();
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(hour * 3600);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    };
    let empty = pulled(parts(folder.path(), &[], &[])).await.unwrap_err();
    assert!(empty.to_string().contains("there is no export"), "{empty}");
    write("b-old.csv", "1", 100);
    write("a-new.CSV", "2", 200);
    write("notes.pdf", "3", 300);
    write("~lock.csv", "4", 300);
    let (records, facts) = pulled(parts(folder.path(), &[], &[])).await.unwrap();
    assert_eq!(records[0].employee.id.as_str(), "2");
    assert!(facts.account.ends_with("a-new.CSV"));
    assert!(facts.warnings.iter().any(|line| line.contains("days ago")), "{:?}", facts.warnings);
}

#[tokio::test]
async fn what_cannot_be_a_list_of_people_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    let read = async |text: &str, parameters: &[(&str, &str)]| {
        std::fs::write(&file, text).unwrap();
        pulled(parts(&file, parameters, &[])).await.unwrap_err().to_string()
    };
    let no_id = "first_name,last_name,email\nAnn,Smith,a@x.example\n";
    assert!(read(no_id, &[]).await.contains("export the employee numbers"));
    assert!(read(LIST, &[("columns", "id=Staff no.")]).await.contains("no column has the head `Staff no.`"));
    assert!(read(LIST, &[("sheet", "Staff")]).await.contains("sheet"));
    assert!(read("", &[]).await.contains("empty"));
    std::fs::remove_file(&file).unwrap();
    let gone = pulled(parts(&file, &[], &[])).await.unwrap_err();
    assert!(matches!(gone, ApiError::Setup { .. }) && !gone.to_string().is_empty());
}

#[tokio::test]
async fn the_test_says_what_is_read_as_what() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, LIST).unwrap();
    let source = connect(parts(&file, &[], &[])).unwrap();
    let steps = source.probe().await;
    assert_eq!(steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["file", "people", "columns"]);
    assert_eq!(steps[1].detail, "3 in the file");
    assert!(steps[2].detail.contains("`Site` as branch"), "{}", steps[2].detail);
    std::fs::remove_file(&file).unwrap();
    let steps = source.probe().await;
    assert!(matches!(steps[0].result, ProbeResult::Failed(_)) && matches!(steps[1].result, ProbeResult::NotTried));
}
