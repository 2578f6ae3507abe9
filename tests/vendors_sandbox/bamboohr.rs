//! BambooHR's client against its simulator.

use super::*;
use onroll::sandbox::World;
use serde_json::{Value, json};

fn client(sandbox: &Sandbox) -> Box<dyn SourceApi> {
    let mut parts = parts(sandbox, "bamboohr", "api_key");
    parts.clock = Arc::new(FixedClock("2026-01-10T12:00:00Z".parse().unwrap()));
    (registry::source("bamboohr").unwrap().connect)(parts).unwrap()
}

fn row(id: usize, own: Value) -> Value {
    let mut row = json!({"id": id.to_string(), "first_name": format!("F{id:03}"), "last_name": "X", "manager_id": "3",
        "email": format!("f{id}@x.example"), "branch": "Leeds", "department": "Finance", "job_title": "Analyst",
        "start_date": "2024-03-11", "last_changed": format!("2026-01-{:02}T00:00:00+00:00", 1 + id % 28)});
    row.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
    row
}

async fn of(bamboohr: Value) -> Sandbox {
    let document = json!({ "bamboohr": bamboohr }).to_string();
    let world = Some(World::from_json_text(&document).unwrap());
    Sandbox::start(SandboxConfig { world, ..SandboxConfig::new(TODAY) }).await.unwrap()
}

#[tokio::test]
async fn everybody_arrives_once_whatever_the_switches_say() {
    let mut people: Vec<Value> = (1..=220).map(|id| row(id, json!({}))).collect();
    people[6]["end_date"] = json!("2026-11-20");
    people[7]["start_date"] = json!("2026-12-01");
    for (switches, calls) in [
        (json!({}), 5),
        (json!({"larger_pages": true, "empty_dates_are_null": true, "lists_are_hidden": true}), 5),
        (json!({"supervisor_ids_swapped": true, "empty_is_left_out": true}), 5),
        (json!({"report_is_gone": true}), 225),
        (json!({"report_is_refused": true, "throttle_next": 2}), 227),
        (json!({"throttle_next": 2, "throttles_with_503": true}), 7),
    ] {
        let sandbox = of(json!({"employees": people, "switches": switches})).await;
        let (records, facts) = employees(client(&sandbox)).await;
        let facts = facts.unwrap_or_else(|error| panic!("{switches}: {error}"));
        assert_eq!((records.len(), facts.received, facts.declared_total), (220, 220, 220), "{switches}");
        assert_eq!(sandbox.counts("bamboohr"), Some((calls, 0)), "{switches}");
        let ended = records.iter().filter(|record| record.employee.status == EmploymentStatus::Ended);
        assert_eq!(ended.map(|record| record.employee.id.as_str()).collect::<Vec<_>>(), ["7"], "{switches}");
        assert!(records.iter().all(|one| one.employee.manager_id == Some("3".into())), "{switches}");
        assert!(records.iter().all(|record| !record.raw.to_string().contains("078-05")));
    }
}

#[tokio::test]
async fn one_person_is_given_as_the_pull_gives_them() {
    let mut people: Vec<Value> = (1..=9).map(|id| row(id, json!({}))).collect();
    people[1]["hidden"] = json!(["workEmail"]);
    people[2]["record_is_hidden"] = json!(true);
    people[3]["end_date"] = json!("2026-11-20");
    let sandbox = of(json!({"employees": people, "switches": {"supervisor_ids_swapped": true}})).await;
    let (records, facts) = employees(client(&sandbox)).await;
    assert_eq!((records.len(), facts.unwrap().received), (9, 9));
    let held: Vec<&str> =
        records.iter().filter(|one| one.employee.unreadable.is_some()).map(|one| one.employee.id.as_str()).collect();
    assert_eq!(held, ["2", "3"], "of whom something is hidden");
    let readable: Vec<SourceRecord> = records.iter().filter(|one| one.employee.unreadable.is_none()).cloned().collect();
    assert_eq!(alone(&*client(&sandbox), &readable).await, 0, "leavers too");
    let steps = client(&sandbox).probe().await;
    assert!(!steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_))), "{steps:?}");
    assert!(steps.last().unwrap().detail.contains("of 2 of the first 9 people"), "{steps:?}");
}

#[tokio::test]
async fn who_has_changed_is_told_since_the_last_time() {
    let people: Vec<Value> = (1..=9).map(|id| row(id, json!({}))).collect();
    let sandbox = of(json!({ "employees": people })).await;
    let (all, next) = changes(client(&sandbox), &Cursor(String::new())).await;
    let next = next.unwrap();
    assert_eq!((all.len(), next.0.split(' ').next()), (9, Some("2026-01-09T23:30:00Z")));
    sandbox.edit(|world| {
        let company = world.company_mut("bamboohr").unwrap();
        company.person_mut("2").unwrap().job_title = "Chef".into();
        company.people.retain(|person| person.id != "4");
    });
    let (changed, later) = changes(client(&sandbox), &next).await;
    assert_eq!(changed, ["2", "9"], "and nothing of who was deleted");
    let later = later.unwrap();
    assert_eq!(changes(client(&sandbox), &later).await.0, ["2"]);
    assert_eq!(changed_with(client(&sandbox), &later, &["4", "5"]).await.0, ["2", "5"], "and nobody who is gone");
    // Everybody's list tells no times: a day before it was read.
    let told = employees(client(&sandbox)).await.1.unwrap().cursor.unwrap();
    let moments = [&told, &later].map(|cursor| cursor.0.split(' ').next().unwrap().parse::<jiff::Timestamp>().unwrap());
    assert!(moments[0] < moments[1] && moments[1].duration_since(moments[0]) < jiff::SignedDuration::from_hours(25));
    assert_eq!(changes(client(&sandbox), &told).await.0, ["2", "9"]);
}
