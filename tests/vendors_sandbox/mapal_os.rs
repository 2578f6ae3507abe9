//! Mapal OS's REST client against its simulator: both after the same assumed contract, and not after each other.

use super::*;
use onroll::sandbox::{RateLimits, World};
use serde_json::{Value, json};

fn client_with(sandbox: &Sandbox, change: impl FnOnce(&mut ConnectParts)) -> Box<dyn SourceApi> {
    let mut parts = parts(sandbox, "mapal-os", "client_secret");
    if let Some(password) = parts.parameters.remove("password") {
        parts.secrets.insert("password".into(), Secret::new(password));
    }
    parts.clock = Arc::new(FixedClock("2026-01-13T12:00:00Z".parse().unwrap()));
    change(&mut parts);
    (registry::source("mapal-os").unwrap().connect)(parts).unwrap()
}

fn client(sandbox: &Sandbox) -> Box<dyn SourceApi> {
    client_with(sandbox, |_| {})
}

fn switches(sandbox: &Sandbox, switches: Value) {
    sandbox.set_switches(&json!({ "mapal-os": switches })).unwrap();
}

fn row(id: usize, own: Value) -> Value {
    let mut row = json!({"id": id.to_string(), "first_name": format!("F{id}"), "last_name": "X",
        "email": format!("f{id}@x.example"), "start_date": "2024-03-11",
        "branch": "Quayside", "department": "Kitchen", "job_title": "Waiter", "phone": "07700900456"});
    row.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
    row
}

fn os_id(id: usize) -> String {
    format!("6f0f6f0e-2a51-4c53-9d0e-{id:012}")
}

async fn of(employees: Vec<Value>, limits: RateLimits) -> Sandbox {
    let document = json!({"mapal-os": {"employees": employees}}).to_string();
    let world = Some(World::from_json_text(&document).unwrap());
    Sandbox::start(SandboxConfig { world, rate_limits: limits, ..SandboxConfig::new(TODAY) }).await.unwrap()
}

async fn staff(count: usize) -> Sandbox {
    of((1..=count).map(|id| row(id, json!({}))).collect(), RateLimits::Off).await
}

#[tokio::test]
async fn everybody_arrives_and_nothing_that_is_nobody_s_business() {
    for (count, pages, page_max) in [(230, 3, 0), (100, 2, 0), (20, 2, 15)] {
        let sandbox = staff(count).await;
        switches(&sandbox, json!({ "page_max": page_max }));
        let (records, facts) = employees(client(&sandbox)).await;
        let facts = facts.unwrap();
        assert_eq!((records.len(), facts.received, facts.declared_total), (count, count as u64, count as u64));
        assert_eq!(
            sandbox.counts("mapal-os"),
            Some((5 + pages, 0)),
            "the tenant, three lists, the pages, the Feed Log"
        );
        assert_eq!((facts.account_id.as_str(), facts.warnings.len()), ("t-harbourvinemapalos", 0));
        let person = &records[0].employee.person;
        assert_eq!((person.branch.as_deref(), person.job_title.as_deref()), (Some("BU-001"), Some("Waiter")));
        assert!(
            records.iter().all(|record| !record.raw.to_string().contains("QQ123456C")),
            "an identity number is not kept"
        );
        let values: Vec<&str> = facts.values.iter().map(|value| value.value.as_str()).collect();
        assert_eq!(values, ["Waiter", "BU-001", "Kitchen"]);
    }
}

#[tokio::test]
async fn a_generated_company_is_read_whole_by_either_sign_in_and_in_either_form() {
    let sandbox = sandbox(120).await;
    let held = sandbox.world().company("mapal-os").unwrap().people.len();
    sandbox.edit(|world| _ = world.company_mut("mapal-os").unwrap().own.insert("signs_in".into(), json!("both")));
    let (whole, facts) = employees(client(&sandbox)).await;
    assert_eq!((whole.len(), facts.unwrap().received), (held, held as u64));
    switches(&sandbox, json!({"no_client_grant": true, "bare_references": true}));
    let (by_user, _) = employees(client(&sandbox)).await;
    for (one, other) in whole.iter().zip(by_user) {
        assert_eq!(one.employee, other.employee, "by the lists, where records name nothing");
    }
    switches(&sandbox, json!({"no_client_grant": false, "bare_references": false}));
    assert_eq!(alone(&*client(&sandbox), &whole).await, 0, "leavers too");
    let steps = client(&sandbox).probe().await;
    assert!(steps[1..].iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
    assert!(steps[0].result == ProbeResult::Warning && steps[0].detail.contains("assumed"));
}

#[tokio::test]
async fn statuses_and_days_are_as_the_records_say() {
    let people = vec![
        row(1, json!({"start_date": "2026-12-24"})),
        row(2, json!({"end_date": "2026-11-20"})),
        row(3, json!({"end_date": "2026-12-24"})),
        row(4, json!({"status": "Not started yet"})),
        row(5, json!({"external_id": null})),
        row(6, json!({"wire": {"jobTitle": "\"Waiter\""}})),
    ];
    let sandbox = of(people, RateLimits::Off).await;
    let (records, facts) = employees(client(&sandbox)).await;
    let status = |at: usize| records[at].employee.status.clone();
    assert_eq!(
        [0, 1, 2, 3].map(status),
        [
            EmploymentStatus::Active,
            EmploymentStatus::Ended,
            EmploymentStatus::Active,
            EmploymentStatus::Unclear("Not started yet".into())
        ]
    );
    assert_eq!(records[2].employee.person.end_date, Some(date(2026, 12, 24)));
    let held: Vec<&str> =
        records.iter().filter_map(|one| Some(one.employee.unreadable.as_ref()?.member.as_str())).collect();
    assert_eq!(held, ["externalId", "jobTitle"]);
    assert!(facts.unwrap().warnings[0].contains("1 people have no External ID"));
    let (by_os_id, _) =
        employees(client_with(&sandbox, |parts| _ = parts.parameters.insert("identifier".into(), "osId".into()))).await;
    assert_eq!(by_os_id[4].employee.identifier.as_str(), os_id(5));
    assert_eq!(by_os_id[4].employee.unreadable, None);
}

#[tokio::test]
async fn who_has_changed_is_told_since_the_cursor() {
    let dated = |id: usize| row(id, json!({"modified": format!("2026-01-{:02}T00:00:00Z", 9 + id)}));
    let mut people: Vec<Value> = (1..=4).map(dated).collect();
    people[3]["end_date"] = json!("2026-01-03");
    let sandbox = of(people, RateLimits::Off).await;
    let (all, next) = changes(client(&sandbox), &Cursor(String::new())).await;
    let next = next.unwrap();
    assert_eq!((all.len(), next.0.split(' ').next()), (4, Some("2026-01-12T23:30:00Z")));
    sandbox.reset_counters();
    assert_eq!(changes(client(&sandbox), &next).await, (vec![os_id(4)], Ok(next.clone())), "a leaver too");
    assert_eq!(sandbox.counts("mapal-os"), Some((5, 0)), "the tenant, three lists, one page");
    sandbox.edit(|world| world.company_mut("mapal-os").unwrap().person_mut("2").unwrap().last_name = "Orr".into());
    let (changed, later) = changes(client(&sandbox), &next).await;
    assert_eq!(changed, [os_id(2), os_id(4)]);
    let later = later.unwrap();
    assert!(later.0 > next.0);
    assert_eq!(
        employees(client(&sandbox)).await.1.unwrap().cursor,
        Some(later.clone()),
        "a complete list gives the same"
    );
    let (again, _) =
        changed_with(client(&sandbox), &later, &[os_id(3).as_str(), os_id(77).as_str(), "employees, page 1, row 3"])
            .await;
    assert_eq!(again, [os_id(2), os_id(3)]);
    // One that gives everybody whatever it is asked, and one that refuses.
    switches(&sandbox, json!({"ignores_modified_since": true}));
    assert_eq!(changes(client(&sandbox), &next).await.0, [os_id(2), os_id(4)]);
    switches(&sandbox, json!({"ignores_modified_since": false, "refuses_modified_since": true}));
    assert!(matches!(changes(client(&sandbox), &next).await.1, Err(ApiError::Unsupported { .. })));
    switches(&sandbox, json!({"refuses_modified_since": false}));
    // A unit of another name stands in no record that has changed.
    sandbox.edit(|world| world.company_mut("mapal-os").unwrap().options.branches[0].code = Some("BU-999".into()));
    let renamed = changes(client(&sandbox), &next).await.1.unwrap_err();
    assert!(renamed.to_string().contains("names, options or rights are not what they were"), "{renamed}");
}

#[tokio::test]
async fn every_passing_fault_is_survived_and_a_lasting_one_is_told() {
    let sandbox = staff(120).await;
    let whole = employees(client(&sandbox)).await.0;
    let list = Some("/mapal-os/config/api/v1/employees");
    for faults in [
        vec![fault(FaultKind::TooManyRetryAfter, list, 1), fault(FaultKind::BadGatewayHtml, None, 1)],
        vec![fault(FaultKind::CutBody, list, 1), fault(FaultKind::Internal, None, 1)],
        vec![fault(FaultKind::BrokenJson, list, 1), fault(FaultKind::HtmlPage, list, 1)],
        vec![fault(FaultKind::DuplicateRows, list, 1)],
        vec![fault(FaultKind::MissingRows, list, 1)],
        vec![fault(FaultKind::ExpiredToken, list, 1)],
    ] {
        let name = format!("{faults:?}");
        sandbox.set_faults(faults);
        let (mut records, facts) = employees(client(&sandbox)).await;
        assert_eq!(facts.unwrap_or_else(|error| panic!("{name}: {error}")).received, 120, "{name}");
        records.sort_by(|one, two| one.employee.id.cmp(&two.employee.id));
        assert!(records.iter().zip(&whole).all(|(one, two)| one.employee == two.employee), "{name}");
    }
    for kind in [FaultKind::MissingRows, FaultKind::RepeatPages] {
        sandbox.set_faults(vec![Fault::new(kind).at("mapal-os")]);
        assert!(matches!(employees(client(&sandbox)).await.1, Err(ApiError::Incomplete { .. })), "{kind:?}");
    }
    sandbox.set_faults(vec![]);
    switches(&sandbox, json!({"tenant_unknown": true}));
    assert!(matches!(employees(client(&sandbox)).await.1, Err(ApiError::WrongAddress { .. })));
    switches(&sandbox, json!({"tenant_unknown": false, "revoked": true}));
    assert!(matches!(employees(client(&sandbox)).await.1, Err(ApiError::Refused { .. })));
    assert!(matches!(&client(&sandbox).probe().await[1].result, ProbeResult::Failed(ApiError::Refused { .. })));
}

#[tokio::test]
async fn the_pace_stays_below_the_limit_of_the_simulator() {
    let sandbox = of((1..=40).map(|id| row(id, json!({}))).collect(), RateLimits::Real).await;
    let client = client_with(&sandbox, |parts| _ = parts.parameters.remove("requests_per_second"));
    assert_eq!(employees(client).await.1.unwrap().received, 40);
    assert_eq!(sandbox.counts("mapal-os"), Some((6, 0)), "none was refused");
}
