//! Rotaready's client against its simulator.

use super::*;
use onroll::sandbox::{RateLimits, World};
use serde_json::{Value, json};

fn client_with(sandbox: &Sandbox, change: impl FnOnce(&mut ConnectParts)) -> Box<dyn SourceApi> {
    let mut parts = parts(sandbox, "rotaready", "secret");
    let key = parts.parameters.remove("key").unwrap();
    parts.secrets.insert("key".into(), Secret::new(key));
    change(&mut parts);
    (registry::source("rotaready").unwrap().connect)(parts).unwrap()
}

fn client(sandbox: &Sandbox) -> Box<dyn SourceApi> {
    client_with(sandbox, |_| {})
}

fn switches(sandbox: &Sandbox, switches: Value) {
    sandbox.set_switches(&json!({ "rotaready": switches })).unwrap();
}

fn row(id: usize, own: Value) -> Value {
    let mut row = json!({"id": id.to_string(), "first_name": format!("F{id}"), "last_name": "X",
        "email": format!("f{id}@x.example"), "date_of_birth": "1990-01-02", "start_date": "2024-03-11",
        "branch": "Quayside", "department": "Kitchen", "job_title": "Waiter", "phone": "07700900456"});
    row.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
    row
}

async fn of(employees: Vec<Value>, limits: RateLimits) -> Sandbox {
    let document = json!({"rotaready": {"employees": employees}}).to_string();
    let world = Some(World::from_json_text(&document).unwrap());
    Sandbox::start(SandboxConfig { world, rate_limits: limits, ..SandboxConfig::new(TODAY) }).await.unwrap()
}

async fn staff(count: usize) -> Sandbox {
    of((1..=count).map(|id| row(id, json!({}))).collect(), RateLimits::Off).await
}

#[tokio::test]
async fn everybody_arrives_and_nothing_that_is_nobody_s_business() {
    // With Rotaready's own account the pages are full to the last.
    for (count, reads) in [(149, 7), (120, 6)] {
        let sandbox = staff(count).await;
        let (records, facts) = employees(client(&sandbox)).await;
        let facts = facts.unwrap();
        assert_eq!(
            (records.len(), facts.received, facts.declared_total),
            (count + 1, count as u64 + 1, count as u64 + 1)
        );
        assert_eq!(sandbox.counts("rotaready"), Some((reads, 0)), "two lists, the pages, and one that is empty");
        assert_eq!(facts.account_id, "harbourvinerotaready");
        let own: Vec<&SourceRecord> = records.iter().filter(|record| record.out_of_scope).collect();
        assert_eq!((own.len(), own[0].employee.id.as_str()), (1, "900001"));
        assert_eq!(facts.warnings, ["account 900001 is Rotaready's own and left out"]);
        for record in records.iter().filter(|record| !record.out_of_scope) {
            let person = &record.employee.person;
            assert_eq!((person.branch.as_deref(), person.job_title.as_deref()), (Some("Quayside"), Some("Waiter")));
            let raw = record.raw.to_string();
            for word in ["QQ123456C", "12345678", "20-00-00", "502135326"] {
                assert!(!raw.contains(word), "{word} must not be kept");
            }
        }
    }
}

#[tokio::test]
async fn one_person_is_given_as_a_pull_gives_them() {
    let people = vec![
        row(1, json!({})),
        row(2, json!({"end_date": "2026-11-20"})),
        row(3, json!({"end_date": "2020-01-01", "employments": [{"start_date": "2026-12-01"}]})),
        row(4, json!({"manager_id": "1", "known_as": "Tom"})),
    ];
    let sandbox = of(people, RateLimits::Off).await;
    for form in ["", "ids", "objects"] {
        switches(&sandbox, json!({"appointment_form": form, "shows_next_employment": form == "ids"}));
        let records: Vec<SourceRecord> =
            employees(client(&sandbox)).await.0.into_iter().filter(|one| !one.out_of_scope).collect();
        assert_eq!(alone(&*client(&sandbox), &records).await, 0, "{form}: leavers too");
    }
    assert_eq!(client(&sandbox).one(&"nobody".into()).await, Ok(None));
    assert_eq!(client(&sandbox).one(&"12345".into()).await, Ok(None));
    switches(&sandbox, json!({"no_single": true}));
    assert_eq!(client(&sandbox).one(&"1".into()).await, Ok(None), "everybody is read then");
}

#[tokio::test]
async fn a_realm_of_which_only_the_known_members_show_is_read_and_says_what_it_lacks() {
    let sandbox = staff(3).await;
    switches(&sandbox, json!({"evidenced_only": true}));
    let (records, facts) = employees(client(&sandbox)).await;
    let warnings = facts.unwrap().warnings.join("\n");
    for path in ["`email`", "`appointment.startDate`", "`appointment.position`"] {
        assert!(warnings.contains(path), "{path}: {warnings}");
    }
    let person = &records[1].employee.person;
    assert_eq!(
        (person.branch.as_deref(), person.email.as_deref(), person.job_title.as_deref()),
        (Some("Quayside"), None, None)
    );
    let steps = client(&sandbox).probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
}

#[tokio::test]
async fn the_pace_stays_below_two_calls_a_second() {
    let sandbox = of((1..=40).map(|id| row(id, json!({}))).collect(), RateLimits::Real).await;
    let client = client_with(&sandbox, |parts| _ = parts.parameters.remove("requests_per_second"));
    let (records, facts) = employees(client).await;
    assert_eq!((records.len(), facts.unwrap().received), (41, 41));
    // Two lists and two pages; a call that is refused is counted as well.
    assert_eq!(sandbox.counts("rotaready"), Some((4, 0)), "none was refused");
}

#[tokio::test]
async fn who_has_changed_is_told_by_the_accounts_themselves() {
    let client = |sandbox: &Sandbox| {
        let clock = FixedClock("2026-01-04T12:00:00Z".parse().unwrap());
        client_with(sandbox, |parts| parts.clock = Arc::new(clock))
    };
    let dated = |id: usize| row(id, json!({"modified": format!("2026-01-0{id}T00:00:00Z")}));
    let mut people: Vec<Value> = (1..=4).map(dated).collect();
    people[3]["end_date"] = json!("2026-01-03");
    let sandbox = of(people, RateLimits::Off).await;
    let (all, next) = changes(client(&sandbox), &Cursor(String::new())).await;
    let next = next.unwrap();
    assert_eq!(
        (all.len(), next.0.split(' ').next()),
        (5, Some("2026-01-03T23:30:00Z")),
        "half an hour behind the newest"
    );
    // Rotaready's own account tells no time.
    let (changed, same) = changes(client(&sandbox), &next).await;
    assert_eq!((changed, same), (vec!["900001".to_owned(), "4".to_owned()], Ok(next.clone())), "a leaver too");
    sandbox.edit(|world| world.company_mut("rotaready").unwrap().person_mut("2").unwrap().last_name = "Orr".into());
    let (changed, later) = changes(client(&sandbox), &next).await;
    assert_eq!(changed, ["900001", "2", "4"]);
    let later = later.unwrap();
    assert!(later.0 > next.0);
    assert_eq!(changes(client(&sandbox), &later).await.0, ["900001", "2"]);
    let told = employees(client(&sandbox)).await.1.unwrap().cursor;
    assert_eq!(told, Some(later), "a complete list gives the same cursor");
    // A new position has a name that stands in no account.
    sandbox.edit(|world| world.company_mut("rotaready").unwrap().person_mut("2").unwrap().job_title = "Chef".into());
    let renamed = changes(client(&sandbox), &next).await.1.unwrap_err();
    assert!(renamed.to_string().contains("names, options or rights are not what they were"), "{renamed}");
    let (again, _) = changed_with(client(&sandbox), &Cursor(next.0[..20].to_owned()), &["3", "77"]).await;
    assert_eq!(again, ["900001", "2", "3", "4"], "whoever is asked for in any case, where the list has them");
    switches(&sandbox, json!({"evidenced_only": true}));
    assert!(employees(client(&sandbox)).await.1.unwrap().cursor.is_none());
    assert!(matches!(changes(client(&sandbox), &next).await.1, Err(ApiError::Unsupported { .. })), "no times");
    let foreign = changes(client(&sandbox), &Cursor("page 7".into())).await.1;
    assert!(matches!(foreign, Err(ApiError::Unsupported { .. })));
}
