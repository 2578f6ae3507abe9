//! Freshteam's client against its simulator.

use super::*;
use onroll::sandbox::World;
use serde_json::{Value, json};

fn client(sandbox: &Sandbox) -> Box<dyn SourceApi> {
    let mut parts = parts(sandbox, "freshteam", "api_key");
    parts.clock = Arc::new(FixedClock("2026-01-10T12:00:00Z".parse().unwrap()));
    (registry::source("freshteam").unwrap().connect)(parts).unwrap()
}

fn row(id: usize, own: Value) -> Value {
    let mut row = json!({"id": id.to_string(), "first_name": format!("F{id:03}"), "last_name": "X",
        "email": format!("f{id}@x.example"), "branch": "Leeds", "department": "Finance", "job_title": "Analyst",
        "updated_at": format!("2026-01-{:02}T00:00:00.000Z", 1 + id % 28)});
    row.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
    row
}

async fn of(employees: Vec<Value>) -> Sandbox {
    let document = json!({"freshteam": {"employees": employees}}).to_string();
    let world = Some(World::from_json_text(&document).unwrap());
    Sandbox::start(SandboxConfig { world, ..SandboxConfig::new(TODAY) }).await.unwrap()
}

#[tokio::test]
async fn everybody_arrives_once_and_nothing_that_is_nobody_s_business() {
    let mut people: Vec<Value> = (1..=120).map(|id| row(id, json!({}))).collect();
    people[6]["status"] = json!("inactive");
    people[7]["end_date"] = json!("2026-11-20");
    let sandbox = of(people).await;
    let (records, facts) = employees(client(&sandbox)).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.received, facts.declared_total), (120, 120, 120), "one stands in two lists");
    assert_eq!(sandbox.counts("freshteam"), Some((7, 0)), "two lists of names, three pages, two of leavers");
    let ended = records.iter().filter(|record| record.employee.status == EmploymentStatus::Ended);
    assert_eq!(ended.count(), 2);
    assert!(records.iter().all(|record| !record.raw.to_string().contains("12345678")));
    assert_eq!(alone(&*client(&sandbox), &records).await, 0, "leavers too");
    let steps = client(&sandbox).probe().await;
    assert!(steps[1..].iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
}

#[tokio::test]
async fn who_has_changed_is_asked_for_by_day_and_told_by_time() {
    let mut people: Vec<Value> = (1..=9).map(|id| row(id, json!({}))).collect();
    people[8]["end_date"] = json!("2026-01-05");
    let sandbox = of(people).await;
    let (all, next) = changes(client(&sandbox), &Cursor(String::new())).await;
    let next = next.unwrap();
    assert_eq!((all.len(), next.0.split(' ').next()), (9, Some("2026-01-09T23:30:00Z")));
    assert_eq!(changes(client(&sandbox), &next).await, (vec!["3000000009".to_owned()], Ok(next.clone())));
    sandbox.edit(|world| world.company_mut("freshteam").unwrap().person_mut("2").unwrap().job_title = "Chef".into());
    let (changed, later) = changes(client(&sandbox), &next).await;
    assert_eq!(changed, ["3000000002", "3000000009"], "active people, then leavers");
    let later = later.unwrap();
    assert_eq!(changes(client(&sandbox), &later).await.0, ["3000000002"]);
    assert_eq!(employees(client(&sandbox)).await.1.unwrap().cursor, Some(later.clone()));
    let (again, next) = changed_with(client(&sandbox), &later, &["3000000004", "3000000077", "employees, row 3"]).await;
    assert_eq!((again, next), (vec!["3000000002".to_owned(), "3000000004".to_owned()], Ok(later)));
}
