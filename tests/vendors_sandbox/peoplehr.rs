//! PeopleHR's client against its simulator.

use super::*;
use onroll::sandbox::{RateLimits, World};
use serde_json::{Value, json};

fn client_with(sandbox: &Sandbox, change: impl FnOnce(&mut ConnectParts)) -> Box<dyn SourceApi> {
    let mut parts = parts(sandbox, "peoplehr", "api_key");
    change(&mut parts);
    (registry::source("peoplehr").unwrap().connect)(parts).unwrap()
}

fn client(sandbox: &Sandbox) -> Box<dyn SourceApi> {
    client_with(sandbox, |_| {})
}

fn own(sandbox: &Sandbox, name: &str, value: Value) {
    sandbox.edit(|world| world.company_mut("peoplehr").unwrap().own.insert(name.to_owned(), value));
}

fn switch(sandbox: &Sandbox, name: &str) {
    own(sandbox, "switches", json!({ name: true }));
}

async fn of(employees: Value) -> Sandbox {
    let document = json!({"peoplehr": {"employees": employees}}).to_string();
    let world = Some(World::from_json_text(&document).unwrap());
    Sandbox::start(SandboxConfig { world, ..SandboxConfig::new(TODAY) }).await.unwrap()
}

fn by_id<'a>(records: &'a [SourceRecord], id: &str) -> &'a SourceRecord {
    records.iter().find(|record| record.employee.id.as_str() == id).unwrap_or_else(|| panic!("{id} is not there"))
}

#[tokio::test]
async fn one_person_is_given_as_a_pull_gives_them() {
    let sandbox = sandbox(120).await;
    let records = employees(client(&sandbox)).await.0;
    assert_eq!(alone(&*client(&sandbox), &records).await, 0, "leavers too");
    assert_eq!(client(&sandbox).one(&"nobody".into()).await, Ok(None));
    let actions = json!(["GetCompanyInformation", "GetAllEmployeeDetailPaginated"]);
    own(&sandbox, "actions", actions);
    let denied = client(&sandbox).one(&records[0].employee.id).await;
    assert!(matches!(denied, Err(ApiError::Unsupported { .. })), "{denied:?}");
    let other = client_with(&sandbox, |parts| parts.pinned_account = Some("1".into()));
    assert!(matches!(other.one(&records[0].employee.id).await, Err(ApiError::OtherAccount { .. })));
}

#[tokio::test]
async fn everybody_arrives_and_nothing_that_is_nobody_s_business() {
    let sandbox = sandbox(620).await;
    let held = sandbox.world().company("peoplehr").unwrap().people.clone();
    sandbox.reset_counters();
    let (records, facts) = employees(client(&sandbox)).await;
    let facts = facts.unwrap();
    assert_eq!(records.len(), held.len());
    assert_eq!((facts.declared_total, facts.received), (held.len() as u64, held.len() as u64));
    assert_eq!((facts.account_id.as_str(), facts.account.as_str()), ("4411", "Harbour & Vine Ltd, company 4411"));
    assert_eq!(sandbox.counts("peoplehr"), Some((3, 0)), "the company and two pages; a source is never written to");
    for person in &held {
        let record = by_id(&records, &person.identifier);
        let employee = &record.employee;
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        assert_eq!(employee.identifier.as_str(), person.identifier);
        assert_eq!(employee.person.last_name, text(&person.last_name));
        assert_eq!(employee.person.job_title, text(&person.job_title));
        assert_eq!(employee.person.branch, text(&person.branch));
        let ended = employee.status == EmploymentStatus::Ended;
        assert_eq!(ended, person.status == "inactive", "{}", person.identifier);
        let manager = held.iter().find(|one| one.id == person.manager_id).map(|one| one.identifier.as_str());
        assert_eq!(employee.manager_id.as_ref().map(|id| id.as_str()), manager);
        let raw = record.raw.to_string();
        for word in ["QQ123456C", "Barclays", "12345678", "British", "Next of Kin", "07700900999", "APIColumn"] {
            assert!(!raw.contains(word), "{word} must not be kept");
        }
    }
    let steps = client(&sandbox).probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
}

#[tokio::test]
async fn pages_and_one_piece_give_the_same_people() {
    let sandbox = sandbox(120).await;
    let (paged, _) = employees(client(&sandbox)).await;
    own(&sandbox, "actions", json!(["GetAllEmployeeDetail", "GetCompanyInformation"]));
    let (whole, facts) = employees(client(&sandbox)).await;
    assert_eq!((&whole, facts.unwrap().warnings.len()), (&paged, 0));
    for name in ["is_error_as_specified", "company_id_is_number", "managers_without_id"] {
        switch(&sandbox, name);
        let (mut records, facts) = employees(client(&sandbox)).await;
        assert_eq!(facts.unwrap().account_id, "4411");
        records.sort_by(|one, two| one.employee.id.cmp(&two.employee.id));
        // Two of the generated people share a mailbox: whoever reports to them can only be told by number.
        let people = records.iter().map(|record| (&record.employee.id, &record.employee.person));
        assert!(people.eq(paged.iter().map(|record| (&record.employee.id, &record.employee.person))), "{name}");
    }
}

#[tokio::test]
async fn an_older_account_tells_leavers_by_their_date_only() {
    let sandbox = of(json!([
        {"id": "1", "first_name": "Ann", "last_name": "Osei"},
        {"id": "2", "first_name": "Bo", "last_name": "Lind", "end_date": "2026-11-01", "email": ""},
        {"id": "3", "first_name": "Cy", "last_name": "Moor", "end_date": "2027-01-31", "status": "inactive"},
    ]))
    .await;
    let status = |records: &[SourceRecord], id: &str| by_id(records, id).employee.status.clone();
    let (records, _) = employees(client(&sandbox)).await;
    let (active, ended) = (EmploymentStatus::Active, EmploymentStatus::Ended);
    assert_eq!(["1", "2", "3"].map(|id| status(&records, id)), [active.clone(), ended.clone(), ended]);
    switch(&sandbox, "older");
    let (records, facts) = employees(client(&sandbox)).await;
    assert_eq!(["1", "2", "3"].map(|id| status(&records, id)), [active.clone(), active.clone(), active]);
    assert_eq!(by_id(&records, "2").employee.person.end_date, Some(date(2026, 11, 1)));
    assert!(facts.unwrap().warnings[0].contains("does not tell whose company"));
}

#[tokio::test]
async fn every_passing_fault_is_survived_and_the_others_are_told() {
    let sandbox = sandbox(60).await;
    let whole = employees(client(&sandbox)).await.0;
    let at = |kind| vec![Fault::new(kind).at("peoplehr").times(1)];
    for kind in [
        FaultKind::Internal,
        FaultKind::BadGatewayHtml,
        FaultKind::CutBody,
        FaultKind::BrokenJson,
        FaultKind::HtmlPage,
        FaultKind::DuplicateRows,
        FaultKind::MissingRows,
    ] {
        sandbox.set_faults(at(kind));
        let (mut records, facts) = employees(client(&sandbox)).await;
        facts.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        records.sort_by(|one, two| one.employee.id.cmp(&two.employee.id));
        assert_eq!(records, whole, "{kind:?}");
    }
    sandbox.set_faults(vec![Fault::new(FaultKind::MissingRows).at("peoplehr")]);
    assert!(matches!(employees(client(&sandbox)).await.1, Err(ApiError::Incomplete { .. })));
    sandbox.set_faults(at(FaultKind::EmptyList));
    assert_eq!(employees(client(&sandbox)).await.1.unwrap().declared_total, 0, "the guard stops it");
    sandbox.set_faults(at(FaultKind::ExpiredToken));
    assert!(matches!(employees(client(&sandbox)).await.1, Err(ApiError::Refused { .. })));
    sandbox.set_faults(Vec::new());
    for (name, is_refusal) in [("revoked", true), ("kept_out", false)] {
        switch(&sandbox, name);
        let error = employees(client(&sandbox)).await.1.unwrap_err();
        assert_eq!(error.is_refusal(), is_refusal, "{error}");
        assert!(is_refusal || matches!(error, ApiError::Forbidden { .. }), "{error}");
        let steps = client(&sandbox).probe().await;
        assert_eq!(steps[1].result, ProbeResult::NotTried);
    }
}

#[tokio::test]
async fn pages_that_repeat_are_no_list() {
    let sandbox = sandbox(700).await;
    sandbox.set_faults(vec![Fault::new(FaultKind::RepeatPages).at("peoplehr")]);
    let error = employees(client(&sandbox)).await.1.unwrap_err();
    assert!(matches!(&error, ApiError::Incomplete { detail, .. } if detail.contains("only repeats")), "{error}");
    let (reads, writes) = sandbox.counts("peoplehr").unwrap();
    assert_eq!((reads, writes), (5, 0), "two walks of two pages");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_the_only_one_that_is_held() {
    let mut rows: Vec<Value> =
        (1..=40).map(|id| json!({"id": id, "first_name": "A", "last_name": format!("L{id}")})).collect();
    rows[4]["wire"] = json!({"FirstName": "{\"DisplayValue\": \"\\ud800\"}"});
    rows[8]["wire"] = json!({"StartDate": "{\"DisplayValue\": \"31/12/2025\"}"});
    rows[12]["wire"] = json!("[1, 2]");
    let sandbox = of(json!(rows)).await;
    let (records, facts) = employees(client(&sandbox)).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.declared_total, facts.received), (40, 40, 40));
    assert_eq!(facts.nameless, ["employees, row 13"]);
    let broken: Vec<(&str, &str)> = records
        .iter()
        .filter_map(|record| Some((record.employee.id.as_str(), record.employee.unreadable.as_ref()?.what.as_str())))
        .collect();
    let wanted = [
        ("5", "`FirstName` holds a broken character"),
        ("9", "`StartDate` holds a text that is no date"),
        ("employees, row 13", "the record holds a list"),
    ];
    assert_eq!(broken, wanted);
}

#[tokio::test]
async fn five_pulls_are_ten_calls_of_the_thirty_in_a_minute() {
    let config = SandboxConfig { people: 60, rate_limits: RateLimits::Real, ..SandboxConfig::new(TODAY) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let own_rate = |parts: &mut ConnectParts| _ = parts.parameters.remove("requests_per_second");
    for _ in 0..5 {
        let facts = employees(client_with(&sandbox, own_rate)).await.1.unwrap();
        assert!(facts.received > 50);
    }
    assert_eq!(sandbox.counts("peoplehr"), Some((10, 0)), "none of them was throttled");
}
