//! Worlds whose source tells what has changed, and runs that read only that.

use crate::common::proxy::Proxy;
use crate::common::{Desk, TODAY, employee, user_of, world};
use onroll::domain::run::Job;
use onroll::domain::snapshot::{ReadScope, Reading, WhyEverybody};
use onroll::engine::progress::{Reporter, RunControl, RunEvent};
use onroll::engine::run::{Confirmation, RunReport, SyncRequest};
use onroll::sandbox::{Person, SandboxConfig, World};
use serde_json::{Value, json};

/// Every source that tells what has changed.
pub const SOURCES: [&str; 4] = ["rotaready", "freshteam", "bamboohr", "mapal-os"];

/// The id that the source itself gives this employee.
pub fn id(source: &str, number: u32) -> String {
    match source {
        "freshteam" => (3_000_000_000 + u64::from(number)).to_string(),
        "mapal-os" => format!("6f0f6f0e-2a51-4c53-9d0e-{number:012}"),
        _ => number.to_string(),
    }
}

/// What ties them to their user.
pub fn identifier(source: &str, number: u32) -> String {
    match source {
        "freshteam" => format!("RG-{number}"),
        "mapal-os" => format!("EXT-{number}"),
        _ => number.to_string(),
    }
}

pub fn named(source: &str, number: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = employee(number, first, last, own);
    if source == "freshteam" {
        row["employee_id"] = json!(identifier(source, number));
    }
    row
}

const FIRST: [&str; 16] = [
    "Ines", "Leo", "Ana", "Tom", "Nora", "Piet", "Gwen", "Omar", "Bea", "Karl", "Xenia", "Hugo", "Rut", "Yusuf",
    "Clara", "Dev",
];
const LAST: [&str; 37] = [
    "Halloran",
    "Marsh",
    "Lopes",
    "Reed",
    "Quist",
    "Vermeer",
    "Okafor",
    "Bjerke",
    "Tanaka",
    "Fontaine",
    "Grubb",
    "Ziegler",
    "Pike",
    "Castellano",
    "Wu",
    "Dunmore",
    "Ivanova",
    "Ehrlich",
    "Sato",
    "Jardine",
    "Kowalski",
    "Nwosu",
    "Aldridge",
    "Yilmaz",
    "Rourke",
    "Umber",
    "Crabtree",
    "Xu",
    "Thorsen",
    "Mbeki",
    "Gallo",
    "Hertz",
    "Padilla",
    "Finch",
    "Voss",
    "Lindqvist",
    "Bray",
];

/// No two numbers below 592 have the same names.
pub fn names(number: u32) -> (&'static str, &'static str) {
    (FIRST[number as usize % FIRST.len()], LAST[number as usize % LAST.len()])
}

pub fn row(source: &str, number: u32) -> Value {
    let (first, last) = names(number);
    named(source, number, first, last, json!({}))
}

/// The user whom that employee became.
pub fn user(source: &str, number: u32) -> Value {
    let own = json!({"identifier": identifier(source, number)});
    let (first, last) = names(number);
    user_of(number, first, last, own)
}

/// A world of this source, whose employees and users are `rows` and `users`.
pub fn document(source: &str, rows: Vec<Value>, users: Vec<Value>) -> Value {
    let mut document = world(Vec::new(), users);
    document.as_object_mut().unwrap().remove("planday");
    let named = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
    document[source] = json!({"employees": rows, "options": {
        "branches": named(&["Quayside", "Castle Street"]),
        "departments": named(&["Kitchen", "Bar"]),
        "job_titles": named(&["Waiter", "Sous Chef", "Bartender"]),
    }});
    match source {
        "bamboohr" => document[source]["fields"] = json!([]),
        // So that branches go by the same words everywhere here.
        "mapal-os" => document[source]["branch_from"] = json!("business_unit_name"),
        _ => {}
    }
    document
}

fn of(source: &str, count: u32) -> Value {
    let numbers = 11..11 + count;
    let rows = numbers.clone().map(|number| row(source, number)).collect();
    document(source, rows, numbers.map(|number| user(source, number)).collect())
}

/// A published tenant whose employees (11 and those after it) are all tied and equal, and were just read.
pub async fn settled(source: &str, count: u32) -> Desk {
    synced(Desk::live(of(source, count)).await).await
}

/// The same with a proxy before the source.
pub async fn settled_behind(source: &str, count: u32) -> (Desk, Proxy) {
    let proxy = Proxy::start(|_, _| {}).await;
    let world = World::from_json_text(&of(source, count).to_string()).unwrap();
    let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
    let desk = Desk::of(config, |text| proxy.takes_over(text, &format!("/{source}"))).await;
    desk.publish().await;
    (synced(desk).await, proxy)
}

async fn synced(desk: Desk) -> Desk {
    let report = desk.sync().await;
    assert_eq!((report.totals.written, report.problem), (0, None));
    desk
}

pub fn edit(desk: &Desk, source: &str, number: u32, change: impl FnOnce(&mut Person)) {
    desk.sandbox.edit(|world| {
        let company = world.company_mut(source).unwrap();
        change(company.person_mut(&number.to_string()).unwrap());
    });
}

pub fn leaves(person: &mut Person) {
    (person.end_date, person.status) = ("2026-11-20".into(), "inactive".into());
}

/// Adds an employee to the source.
pub fn hire(desk: &Desk, source: &str, row: Value) {
    let patch = document(source, vec![row], Vec::new());
    let world = World::from_json_text(&patch.to_string()).unwrap();
    let person = world.company(source).unwrap().people[0].clone();
    desk.sandbox.edit(|world| world.company_mut(source).unwrap().people.push(person));
}

/// Takes an employee out of the source, as if there had never been one.
pub fn delete(desk: &Desk, source: &str, number: u32) {
    let id = number.to_string();
    desk.sandbox.edit(|world| world.company_mut(source).unwrap().people.retain(|person| person.id != id));
}

pub fn request(changed: bool) -> SyncRequest {
    SyncRequest { job: Job::by_hand(changed), ..SyncRequest::default() }
}

pub async fn sync_changed(desk: &Desk) -> RunReport {
    desk.sync_with(request(true)).await
}

/// Syncs, and types the number where the plan asks for it.
pub async fn through(desk: &Desk, changed: bool) -> RunReport {
    let report = desk.sync_with(request(changed)).await;
    let Some(plan) = report.plan.as_ref().filter(|plan| plan.plan.needs_confirmation()) else { return report };
    let confirmation = Some(Confirmation { number: plan.plan.counts.operations(), reason: None });
    desk.sync_with(SyncRequest { confirmation, ..request(changed) }).await
}

/// Syncs what has changed, and ends the program when `is_over` says so of an event.
pub async fn cut_off(desk: &Desk, is_over: impl Fn(&RunEvent) -> bool) -> RunReport {
    let (reporter, _gauges, mut events) = Reporter::channel();
    let control = RunControl::default();
    let connection = desk.connection().await;
    let request = request(true);
    let run = desk.engine().sync(&connection, &request, &reporter, &control);
    let watch = async {
        while let Some(event) = events.recv().await {
            if is_over(&event) {
                control.interrupt();
            }
            if matches!(event, RunEvent::Finished { .. }) {
                break;
            }
        }
    };
    let (report, ()) = tokio::join!(run, watch);
    report.unwrap()
}

/// Syncs what has changed, and lets go of the run in the middle of it, once it has told this many events.
pub async fn kill(desk: &Desk, after: u64) {
    let (reporter, _gauges, mut events) = Reporter::channel();
    let (connection, control, request) = (desk.connection().await, RunControl::default(), request(true));
    let watch = async {
        for _ in 0..after {
            events.recv().await;
        }
    };
    tokio::select! {
        _ = desk.engine().sync(&connection, &request, &reporter, &control) => {}
        () = watch => {}
    }
    // Its lease is given back on a task of its own.
    while desk.store().at_work(connection.id).await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
}

pub async fn reading(desk: &Desk, report: &RunReport) -> Reading {
    desk.store().reading_of_run(report.run).await.unwrap().expect("it was read")
}

/// What was read, and why it was everybody.
pub async fn scope(desk: &Desk, report: &RunReport) -> (ReadScope, Option<WhyEverybody>) {
    let reading = reading(desk, report).await;
    (reading.scope, reading.instead)
}

pub fn reads(desk: &Desk, source: &str) -> u64 {
    desk.reads_and_writes(source).0
}
