//! Any source feeds any destination (BX01, BX14): first import, second plan empty, an update, a leaver, a rehire. What a pair
//! cannot do is said by its capabilities; what is here every pair can.

use crate::common::platform::Platform;
use crate::common::{Desk, codes, employee, from_file, to_file};
use onroll::domain::run::RunOutcome;
use onroll::engine::run::RunReport;
use onroll::sandbox::Person;
use onroll::vendors::registry;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Sources that can be files.
const FILES: [&str; 2] = ["people-file", "mapal-os"];

/// Every source, and whether it is read from a file: of the one that is both, each way.
pub fn ways() -> Vec<(&'static str, bool)> {
    let of = |source: &'static str| {
        let ways: &[bool] = match source {
            "mapal-os" => &[true, false],
            source if FILES.contains(&source) => &[true],
            _ => &[false],
        };
        ways.iter().map(move |by_file| (source, *by_file))
    };
    registry::sources().iter().flat_map(|vendor| of(vendor.capabilities.key)).collect()
}

/// The people of the source, as the test has them.
pub struct People {
    source: &'static str,
    by_file: bool,
    file: tempfile::TempDir,
    pub all: Vec<Person>,
}

impl People {
    pub fn new(source: &'static str) -> Self {
        Self::read((source, source == "people-file"))
    }

    pub fn read((source, by_file): (&'static str, bool)) -> Self {
        let person = |number: u32, first: &str, last: &str| Person {
            id: number.to_string(),
            first_name: first.into(),
            last_name: last.into(),
            email: format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase()),
            date_of_birth: format!("199{}-03-14", number % 10),
            job_title: "Waiter".into(),
            branch: "Quayside".into(),
            department: "Kitchen".into(),
            start_date: "2024-03-11".into(),
            ..Person::default()
        };
        let all = vec![person(1, "Ines", "Halloran"), person(2, "Leo", "Marsh"), person(3, "Ana", "Lopes")];
        Self { source, by_file, file: tempfile::tempdir().unwrap(), all }
    }

    fn path(&self) -> std::path::PathBuf {
        self.file.path().join("people.csv")
    }

    fn words(&self) -> String {
        if self.by_file { format!("{} by its list", self.source) } else { self.source.to_owned() }
    }

    /// Puts the people as they are now where the source has them.
    pub fn put(&self, desk: &Desk) {
        if self.by_file {
            write(&self.path(), &self.all);
            return;
        }
        desk.sandbox.edit(|world| {
            let company = world.company_mut(self.source).unwrap();
            for person in &self.all {
                let row = company.person_mut(&person.id).unwrap();
                row.last_name.clone_from(&person.last_name);
                row.end_date.clone_from(&person.end_date);
                row.status = if person.end_date.is_empty() { "active".into() } else { "inactive".into() };
            }
        });
    }
}

/// The list of a file: with the heads of Mapal's template, which a people file is read by too.
fn write(path: &Path, people: &[Person]) {
    let mut text =
        "First Name,Last Name,Email,Status,External Identifier,Job Title,Start Date,Business Unit ID,Department\n"
            .to_owned();
    for person in people {
        let status = if person.end_date.is_empty() { "Active" } else { "Inactive" };
        let (first, last, mail, id) = (&person.first_name, &person.last_name, &person.email, &person.id);
        let (title, branch, department) = (&person.job_title, &person.branch, &person.department);
        writeln!(text, "{first},{last},{mail},{status},EXT-{id},{title},{},{branch},{department}", person.start_date)
            .unwrap();
    }
    std::fs::write(path, text).unwrap();
}

fn document(people: &People, source: &str, destination: &str) -> Value {
    let employees: Vec<Value> = people
        .all
        .iter()
        .zip(1..)
        .map(|(person, number)| {
            employee(number, &person.first_name, &person.last_name, json!({"date_of_birth": person.date_of_birth}))
        })
        .collect();
    let named = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
    let branches = json!([{ "code": "QUAY01", "name": "Quayside" }]);
    let lists = json!({ "branches": named(&["Quayside"]), "departments": named(&["Kitchen"]), "job_titles": named(&["Waiter"]) });
    let mut held = lists.clone();
    held["branches"] = branches;
    json!({
        source: { "employees": employees, "options": lists },
        destination: { "users": [], "options": held },
    })
}

pub async fn desk(people: &People, destination: &str) -> Desk {
    desk_with(people, destination, |text| text).await
}

/// `to` may put another destination in.
async fn desk_with(people: &People, destination: &str, to: impl FnOnce(String) -> String) -> Desk {
    let source = if people.by_file { "planday" } else { people.source };
    let document = document(people, source, destination);
    write(&people.path(), &people.all);
    let change = |text: String| {
        // The list of a file has its branches in the column that Mapal calls its business unit.
        let text = if people.by_file { from_file(&text, people.source, &people.path()) } else { text };
        let text = match people.source {
            "people-file" => text.replace("\n[destination]", "columns = \"branch=Business Unit ID\"\n\n[destination]"),
            _ => text,
        };
        to(text)
    };
    let desk = Desk::of_ends(document, source, destination, change).await;
    desk.publish().await;
    desk
}

/// The users who are active, by e-mail.
pub fn active(desk: &Desk) -> Vec<String> {
    let mut mails: Vec<String> = desk
        .users()
        .iter()
        .filter(|user| user["status"] == "active")
        .map(|user| user["email"].as_str().unwrap_or_default().to_lowercase())
        .collect();
    mails.sort();
    mails
}

/// Welcome mails that were sent.
pub fn welcomes(desk: &Desk) -> usize {
    desk.mails().iter().filter(|mail| mail["kind"] == "welcome").count()
}

async fn done(desk: &Desk, pair: &str, step: &str, report: &RunReport) {
    let held = codes(&desk.plan().await);
    assert_eq!(report.outcome, RunOutcome::Done, "{pair}, {step}: {:?} {held:?}", report.problem);
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{pair}, after {step}: {:?}", plan.operations);
    assert!(plan.holds.is_empty(), "{pair}, after {step}: {held:?}");
}

async fn every_source_to(destination: &str) {
    for way in ways() {
        let mut people = People::read(way);
        let pair = format!("{} to {destination}", people.words());
        let desk = desk(&people, destination).await;
        let everybody = ["ana.lopes@hvine.example", "ines.halloran@hvine.example", "leo.marsh@hvine.example"];

        let report = desk.sync_confirmed().await;
        done(&desk, &pair, "the first import", &report).await;
        assert_eq!(active(&desk), everybody, "{pair}");
        let welcomed = welcomes(&desk);

        people.all[0].last_name = "Halloran-Webb".into();
        people.put(&desk);
        let report = desk.sync_confirmed().await;
        done(&desk, &pair, "an update", &report).await;
        let changed = desk.users().iter().filter(|user| user["last_name"] == "Halloran-Webb").count();
        assert_eq!((changed, desk.users().len()), (1, 3), "{pair}");

        people.all[1].end_date = "2026-11-18".into();
        people.put(&desk);
        let report = desk.sync_confirmed().await;
        done(&desk, &pair, "a leaver", &report).await;
        assert_eq!(active(&desk), everybody[..2], "{pair}");

        people.all[1].end_date.clear();
        people.put(&desk);
        let report = desk.sync_confirmed().await;
        done(&desk, &pair, "a rehire", &report).await;
        assert_eq!((active(&desk), desk.users().len()), (everybody.map(str::to_owned).to_vec(), 3), "{pair}");
        assert_eq!(welcomes(&desk), welcomed, "{pair}: nobody is welcomed twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_every_source_to_flow_learning() {
    every_source_to("flow-learning").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_every_source_to_learn_amp() {
    every_source_to("learn-amp").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_every_source_to_reward_gateway() {
    every_source_to("reward-gateway").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_every_source_to_scim() {
    every_source_to("scim").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_every_source_to_moodle() {
    every_source_to("moodle").await;
}

/// What goes by list is there once support has loaded it and put an export of then.
#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_every_source_to_lists() {
    for way in ways() {
        let mut people = People::read(way);
        let pair = format!("{} to people-file", people.words());
        let mut platform = Platform::new();
        let exports = platform.exports();
        let desk = desk_with(&people, "flow-learning", |text| to_file(&text, &exports, "")).await;
        let everybody = ["ana.lopes@hvine.example", "ines.halloran@hvine.example", "leo.marsh@hvine.example"];

        let report = desk.sync_confirmed().await;
        platform.load(&desk.outbox());
        done(&desk, &pair, "the first import", &report).await;
        assert_eq!(platform.active_mails(), everybody, "{pair}");

        people.all[0].last_name = "Halloran-Webb".into();
        people.put(&desk);
        let report = desk.sync_confirmed().await;
        platform.load(&desk.outbox());
        done(&desk, &pair, "an update", &report).await;
        let changed = platform.accounts.iter().filter(|account| account["Surname"] == "Halloran-Webb").count();
        assert_eq!((changed, platform.accounts.len()), (1, 3), "{pair}");

        people.all[1].end_date = "2026-11-18".into();
        people.put(&desk);
        let report = desk.sync_confirmed().await;
        platform.load(&desk.outbox());
        done(&desk, &pair, "a leaver", &report).await;
        assert_eq!(platform.active_mails(), everybody[..2], "{pair}");

        people.all[1].end_date.clear();
        people.put(&desk);
        let report = desk.sync_confirmed().await;
        platform.load(&desk.outbox());
        done(&desk, &pair, "a rehire", &report).await;
        assert_eq!((platform.active_mails().len(), platform.accounts.len()), (3, 3), "{pair}");
    }
}

#[test]
fn s_bx14_no_destination_is_left_out() {
    let known: Vec<&str> = registry::destinations().iter().map(|vendor| vendor.key).collect();
    assert_eq!(
        known,
        ["flow-learning", "learn-amp", "reward-gateway", "scim", "moodle", "people-file"],
        "a new one needs a test here"
    );
}
