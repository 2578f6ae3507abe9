//! The export as accounts, and the record at each moment at which a process may end.

use super::export::{Export, Request, Stamp, read_again};
use super::lists::{Kind, List, ListForm};
use super::record::{Place, Record, Row};
use super::*;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::User;
use crate::files::export::Table;
use crate::files::people::Choices;
use crate::ports::destination::{LookUp, Write, WriteError};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

fn read(path: &Path) -> Result<Arc<Export>, ApiError> {
    let request = Request {
        path: path.to_owned(),
        choices: Choices::default(),
        fields: CAPABILITIES.fields.to_vec(),
        today: jiff::civil::date(2026, 11, 22),
        newest: None,
    };
    read_again(&request, None)
}

fn export_of(text: &str) -> Result<Arc<Export>, ApiError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    std::fs::write(&path, text).unwrap();
    read(&path)
}

#[test]
fn accounts_are_as_many_as_the_export_has() {
    let export = export_of(
        "User ID,External ID,First name,Last name,Group\n\
         1,A1,Ann,Smith,x\n1,A1,Ann,Smith,y\n2,A2,Bo,Li,x\n2,A2,Bo,Lee,y\n3,A1,Ann,Smith,x\n,,,,\n",
    )
    .unwrap();
    let users: Vec<(&str, bool)> =
        export.users.iter().map(|user| (user.id.as_str(), user.unreadable.is_some())).collect();
    let expected = [("1", false), ("2", true), ("2 (row 5)", true), ("3", false)];
    assert_eq!(users, expected, "equal rows of one id are one account, others are nobody's");
    assert_eq!(export.find(LookUp::Identifier(&Identifier::new("A1"))).count(), 2);
    assert_eq!(export.id_head.as_deref(), Some("User ID"));
    assert!(export.missing.contains(&Field::Email) && !export.missing.contains(&Field::FirstName));

    // Nothing but the identifier tells accounts apart: a list that was loaded twice made two.
    let export = export_of("External ID,First name,Last name\nA1,Ann,Smith\nA1,Ann,Smith\n").unwrap();
    assert_eq!(export.users.len(), 2);
}

#[test]
fn an_export_without_anybody_is_one_and_a_torn_row_is_none() {
    assert!(export_of("User ID,External ID,First name,Last name\n").unwrap().users.is_empty());
    let torn = export_of("User ID,External ID,First name,Last name\n1,A1,Ann,Smith\n2,A2,Bo,Li,x,y\n3,A3,Cy,Ito\n")
        .unwrap_err();
    assert!(torn.to_string().contains("more cells than the export has heads"), "{torn}");
    let error = export_of("User ID,First name,Last name\n1,Ann,Smith\n").unwrap_err();
    assert!(error.to_string().contains("identifier=HEAD"), "{error}");
}

fn stamp(second: i64) -> Stamp {
    Stamp { changed: Some(Timestamp::from_second(second).unwrap()), bytes: 1 }
}

fn row(kind: Kind, id: &str, first: &str) -> Row {
    let mut user = User::new(UserId::new(id));
    user.identifier = Some(Identifier::new(id));
    user.person.first_name = Some(first.to_owned());
    Row { kind, at: Timestamp::from_second(1_000).unwrap(), export: stamp(1), user, changed: vec![Field::FirstName] }
}

fn list_of_all(rows: &[Row], number: u32) -> Vec<List> {
    let mut table = Table::new(&["who"]);
    table.rows.extend(rows.iter().map(|row| vec![row.user.id.as_str().into()]));
    vec![List { name: format!("vine-{number:04}-2-new.csv"), table }]
}

struct Home {
    dir: tempfile::TempDir,
    place: Place,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("lists");
        std::fs::create_dir(&folder).unwrap();
        Self { place: Place { folder, tenant: "vine".into(), form: ListForm::Csv }, dir }
    }

    fn record(&self) -> Record {
        Record::open(self.dir.path().join("record.jsonl")).unwrap()
    }

    fn lists(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(&self.place.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn what_is_on_no_list_yet_is_handed_over_once_whatever_happens_between() {
    let home = Home::new();
    let mut record = home.record();
    record.append(vec![row(Kind::New, "A1", "Ann"), row(Kind::New, "A2", "Bo")]).unwrap();
    assert!(record.just_made(LookUp::Identifier(&Identifier::new("A1"))).is_some());

    let mut record = home.record();
    assert_eq!(record.waiting(), 2);
    assert_eq!(record.hand_over(&home.place, stamp(1), list_of_all).unwrap(), ["vine-0001-2-new.csv"]);
    assert_eq!(home.lists(), ["vine-0001-2-new.csv"]);
    for mut record in [record, home.record()] {
        assert_eq!((record.waiting(), record.last_number()), (0, 1));
        assert!(record.hand_over(&home.place, stamp(1), list_of_all).unwrap().is_empty());
        assert!(record.just_made(LookUp::Identifier(&Identifier::new("A1"))).is_none(), "it is out");
    }
}

/// The record as a process leaves it that ends once all files are ready.
fn ready(home: &Home) -> Record {
    let mut record = home.record();
    record.append(vec![row(Kind::New, "A1", "Ann")]).unwrap();
    let taken = home.place.folder.join("vine-0001-2-new.csv");
    std::fs::create_dir_all(taken.join("in-the-way")).unwrap();
    let highest = Place { tenant: "nobody".into(), ..home.place.clone() };
    record.hand_over(&highest, stamp(1), list_of_all).unwrap_err();
    std::fs::remove_dir_all(taken).unwrap();
    home.record()
}

#[test]
fn a_list_that_was_ready_gets_its_name_and_one_that_support_took_does_not_come_back() {
    let home = Home::new();
    let mut record = ready(&home);
    assert_eq!(home.lists(), [".vine-0001-2-new.csv.tmp"], "nobody takes a hidden one");
    assert_eq!(record.hand_over(&home.place, stamp(1), list_of_all).unwrap(), ["vine-0001-2-new.csv"]);
    assert_eq!(home.lists(), ["vine-0001-2-new.csv"]);

    let home = Home::new();
    let mut record = ready(&home);
    // The name was given before the end, and support was quick.
    std::fs::remove_file(home.place.folder.join(".vine-0001-2-new.csv.tmp")).unwrap();
    record.hand_over(&home.place, stamp(1), list_of_all).unwrap();
    assert_eq!((home.lists().len(), record.waiting()), (0, 0));
    // Numbers go on, also where the record is lost.
    record.append(vec![row(Kind::New, "A2", "Bo")]).unwrap();
    assert_eq!(record.hand_over(&home.place, stamp(1), list_of_all).unwrap(), ["vine-0002-2-new.csv"]);
    std::fs::remove_file(home.dir.path().join("record.jsonl")).unwrap();
    let mut record = home.record();
    record.append(vec![row(Kind::New, "A3", "Cy")]).unwrap();
    assert_eq!(record.hand_over(&home.place, stamp(1), list_of_all).unwrap(), ["vine-0003-2-new.csv"]);
}

#[test]
fn changes_count_as_loaded_for_the_same_export_and_not_for_ever() {
    let home = Home::new();
    let mut record = home.record();
    let soon = Timestamp::from_second(2_000).unwrap();
    record.append(vec![row(Kind::Changes, "u1", "Ann"), row(Kind::Changes, "u1", "Anna")]).unwrap();
    let first = |user: Option<&User>| user.and_then(|user| user.person.first_name.clone());
    let u1 = UserId::new("u1");
    assert_eq!(first(record.newest(&u1, stamp(1), soon)).as_deref(), Some("Anna"));
    record.hand_over(&home.place, stamp(1), list_of_all).unwrap();
    for (export, now, expected) in [
        (stamp(1), soon, Some("Anna")),
        (stamp(2), soon, None),
        (stamp(1), Timestamp::from_second(2_000 + 8 * 24 * 3_600).unwrap(), None),
    ] {
        let mut record = home.record();
        assert_eq!(first(record.newest(&u1, export, now)).as_deref(), expected);
        let key = Identifier::new("u1");
        assert_eq!(first(record.newest_by(LookUp::Identifier(&key), export, now)).as_deref(), expected);
    }
    // What a new export has overtaken is kept no longer.
    record.append(vec![Row { export: stamp(2), ..row(Kind::New, "A1", "Cy") }]).unwrap();
    record.hand_over(&home.place, stamp(2), list_of_all).unwrap();
    let text = std::fs::read_to_string(home.dir.path().join("record.jsonl")).unwrap();
    assert!(!text.contains("Ann") && !text.contains("Cy"), "{text}");
}

#[tokio::test]
async fn a_torn_record_loses_nothing_that_counted_and_nothing_can_be_made_or_removed() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users.csv");
    std::fs::write(&users, "User ID,External ID,First name,Last name\nu1,,Ann,Smith\n").unwrap();
    let mut parts = ConnectParts {
        short_name: "vine".into(),
        workspace_dir: Some(folder.path().join("ws")),
        ..ConnectParts::default()
    };
    parts.parameters.insert(FILE.into(), users.display().to_string());
    let new = |identifier: &str| Write::Create {
        identifier: Identifier::new(identifier),
        person: crate::domain::person::Person::default(),
        access_profile: None,
    };
    let lists = connect(parts.clone()).unwrap();
    lists.write(&new("A1")).await.unwrap();
    let record = folder.path().join("ws/outbox/.vine-lists.jsonl");
    let mut torn = std::fs::read(&record).unwrap();
    torn.extend_from_slice(b"{\"line\":\"row\"");
    std::fs::write(&record, torn).unwrap();
    let lists = connect(parts).unwrap();
    lists.write(&new("A2")).await.unwrap();
    for identifier in ["A1", "A2"] {
        let found = lists.look_up(LookUp::Identifier(&Identifier::new(identifier))).await.unwrap();
        assert_eq!(found.len(), 1, "{identifier}");
    }
    let many = futures_util::future::join_all((0..200).map(|n| {
        let (lists, write) = (&lists, new(&format!("B{n}")));
        async move { lists.write(&write).await.unwrap() }
    }));
    assert!(many.await.iter().all(|answer| answer.created && answer.user.is_none()));
    assert_eq!(lists.hand_over().await.unwrap().len(), 1);
    let option = Write::CreateOption { list: ListKey::BRANCH, name: "X".into() };
    assert!(matches!(lists.write(&option).await, Err(WriteError::NotSent(_))));
}
