//! The REST client against answers that are written out here: the sign-in, statuses, pages that cannot be believed, records of
//! which a member is something else than it should be.

use super::client::MapalOs;
use super::{capabilities, connect};
use crate::domain::person::EmploymentStatus;
use crate::domain::run::Cursor;
use crate::domain::secret::Secret;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeResult};
use crate::ports::connect::ConnectParts;
use crate::ports::source::{NothingKnown, SourceApi, SourceRecord};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

const FRONT: &str = "/config/api/v1/";

/// The answer to the n-th call (from 1) with this path and query, the front left out.
type Script = Arc<dyn Fn(usize, &str) -> Response + Send + Sync>;

type Texts = Arc<Mutex<Vec<String>>>;

/// A server with its calls and sign-ins.
struct Bench {
    base: String,
    calls: Texts,
    forms: Texts,
}

impl Bench {
    async fn start(script: impl Fn(usize, &str) -> Response + Send + Sync + 'static) -> Self {
        let token = |number| gives(json!({"access_token": format!("t{number}"), "expires_in": 3600}));
        Self::with_tokens(script, token).await
    }

    /// `token` answers the n-th sign-in.
    async fn with_tokens(
        script: impl Fn(usize, &str) -> Response + Send + Sync + 'static,
        token: impl Fn(usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let (calls, forms): (Texts, Texts) = (Arc::default(), Arc::default());
        let (script, log, signed): (Script, _, _) = (Arc::new(script), Arc::clone(&calls), Arc::clone(&forms));
        let token = Arc::new(token);
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            if uri.path() == "/connect/token" {
                assert_eq!((method, headers.get("authorization")), (Method::POST, None));
                let number = {
                    let mut signed = signed.lock().unwrap();
                    signed.push(String::from_utf8(body.to_vec()).unwrap());
                    signed.len()
                };
                return token(number);
            }
            assert_eq!(method, Method::GET);
            let newest = format!("Bearer t{}", signed.lock().unwrap().len());
            if headers["authorization"].to_str().unwrap() != newest {
                return refused(401, "unauthorized");
            }
            let call = uri.path_and_query().unwrap().as_str().strip_prefix(FRONT).unwrap().to_owned();
            let number = {
                let mut calls = log.lock().unwrap();
                calls.push(call.clone());
                calls.len()
            };
            script(number, &call)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, calls, forms }
    }

    fn parts(&self) -> ConnectParts {
        let mut parts = ConnectParts::default();
        for (name, value) in [
            ("base_url", self.base.as_str()),
            ("login_url", self.base.as_str()),
            ("requests_per_second", "100000"),
            ("client_id", "harbour"),
        ] {
            parts.parameters.insert(name.into(), value.into());
        }
        parts.secrets.insert("client_secret".into(), Secret::new("s+1"));
        parts
    }

    fn client(&self) -> MapalOs {
        of(&self.parts())
    }

    fn pages(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter_map(|call| call.strip_prefix("employees?")).map(str::to_owned).collect()
    }
}

fn of(parts: &ConnectParts) -> MapalOs {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
    MapalOs::with_rules(parts, rules).unwrap()
}

async fn pull(client: MapalOs) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(4);
    let work = tokio::spawn(async move { client.pull(&NothingKnown, out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

async fn changed(client: MapalOs, cursor: &Cursor, again: &[&str]) -> (Vec<String>, Result<Cursor, ApiError>) {
    let (out, mut from) = mpsc::channel(4);
    let (cursor, again) = (cursor.clone(), again.iter().map(|id| (*id).into()).collect::<Vec<_>>());
    let work = tokio::spawn(async move { client.changed_since(&cursor, &again, out).await });
    let mut ids = Vec::new();
    while let Some(record) = from.recv().await {
        ids.push(record.employee.id.to_string());
    }
    (ids, work.await.unwrap())
}

fn gives(value: Value) -> Response {
    axum::Json(value).into_response()
}

fn refused(status: u16, code: &str) -> Response {
    let body = axum::Json(json!({"code": code, "message": "no"}));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn person(id: usize) -> Value {
    json!({
        "osId": format!("os-{id}"), "externalId": format!("EXT-{id}"), "firstName": format!("F{id}"), "lastName": "X",
        "email": format!("f{id}@x.example"), "status": "Active", "userProfile": "Employee", "phone": null,
        "businessUnit": {"osId": 311, "feedId": "BU-017", "name": "Brighton Marina"},
        "jobTitle": {"id": 42, "name": "Team Member"}, "department": {"id": 7, "name": "Front of House"},
        "startDate": "2024-11-04", "endDate": null, "modifiedAt": "2026-01-12T09:00:00Z",
    })
}

fn list(items: Vec<Value>) -> Value {
    json!({"page": 1, "pageSize": 100, "totalCount": items.len(), "items": items})
}

/// The number of the page of employees that a call asks for; `None` for other calls.
fn page_of(call: &str) -> Option<usize> {
    let query = call.strip_prefix("employees?")?;
    query.split('&').find_map(|part| part.strip_prefix("page="))?.parse().ok()
}

/// What every tenant has beside its people.
fn other(call: &str) -> Response {
    match call.split('?').next().unwrap() {
        "tenant" => gives(json!({"id": "t-1", "name": "Harbour & Vine"})),
        "business-units" => gives(list(vec![json!({"osId": 311, "feedId": "BU-017", "name": "Brighton Marina"})])),
        "job-titles" => gives(list(vec![json!({"id": 42, "name": "Team Member"})])),
        "departments" => gives(list(vec![json!({"id": 7, "name": "Front of House"})])),
        "feed-logs" => gives(list(vec![])),
        _ => refused(404, "not_found"),
    }
}

/// A tenant of these people.
fn of_people(people: Vec<Value>) -> impl Fn(usize, &str) -> Response + Send + Sync {
    move |_, call| match page_of(call) {
        Some(page) => {
            let items: Vec<&Value> = people.iter().skip((page - 1) * 100).take(100).collect();
            gives(json!({"page": page, "pageSize": 100, "totalCount": people.len(), "items": items}))
        }
        None => other(call),
    }
}

fn tenant(count: usize) -> impl Fn(usize, &str) -> Response + Send + Sync {
    of_people((1..=count).map(person).collect())
}

#[test]
fn an_address_decides_which_way_it_is_read() {
    let with = |address: &str| capabilities(&BTreeMap::from([("base_url".to_owned(), address.to_owned())]));
    assert!(!capabilities(&BTreeMap::new()).changes && !with(" ").changes);
    assert!(with("https://x.example").changes && with("https://x.example").one_person);
    let required = |rest: bool| {
        let specs = with(if rest { "https://x.example" } else { "" }).parameters;
        specs.iter().filter(|spec| spec.required).map(|spec| spec.key).collect::<Vec<_>>()
    };
    assert_eq!((required(false), required(true)), (vec!["file"], vec![]));
    for spec in with("https://x.example").parameters.iter().filter(|spec| spec.hint.contains("REST")) {
        assert!(
            spec.hint.contains("assumed") || spec.key == "identifier" || spec.key == "requests_per_second",
            "{}",
            spec.key
        );
    }
}

#[tokio::test]
async fn a_list_is_walked_to_its_total_and_everybody_is_given() {
    for (count, pages) in [(230, 3), (100, 2), (12, 1)] {
        let bench = Bench::start(tenant(count)).await;
        let (records, facts) = pull(bench.client()).await;
        let facts = facts.unwrap();
        assert_eq!((records.len(), facts.declared_total, facts.received), (count, count as u64, count as u64));
        assert_eq!((facts.account.as_str(), facts.account_id.as_str()), ("Harbour & Vine", "t-1"));
        let asked = bench.pages();
        assert_eq!((asked.len(), asked[0].as_str()), (pages, "page=1&pageSize=100&includeInactive=true"));
        let employee = &records[0].employee;
        assert_eq!((employee.id.as_str(), employee.identifier.as_str()), ("os-1", "EXT-1"));
        assert_eq!(employee.person.branch.as_deref(), Some("BU-017"));
        assert!(facts.warnings.is_empty() && facts.cursor.is_some(), "{:?}", facts.warnings);
        assert_eq!(bench.forms.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn lists_that_cannot_be_believed_are_walked_twice_and_refused() {
    let torn = |number: usize, call: &str| match page_of(call) {
        Some(2) => gives(json!({"totalCount": 130, "items": (101..130).map(person).collect::<Vec<_>>()})),
        _ => tenant(130)(number, call),
    };
    let same = |number: usize, call: &str| match page_of(call) {
        Some(_) => tenant(250)(number, "employees?page=1"),
        None => other(call),
    };
    let empty = |number: usize, call: &str| match page_of(call) {
        Some(1) => gives(json!({"totalCount": 7, "items": []})),
        _ => tenant(7)(number, call),
    };
    for bench in [Bench::start(torn).await, Bench::start(same).await, Bench::start(empty).await] {
        let error = pull(bench.client()).await.1.unwrap_err();
        assert!(matches!(error, ApiError::Incomplete { .. }), "{error}");
    }
    // Once is forgiven.
    let once = |number: usize, call: &str| match page_of(call) {
        Some(2) if number < 8 => gives(json!({"totalCount": 130, "items": (101..130).map(person).collect::<Vec<_>>()})),
        _ => tenant(130)(number, call),
    };
    assert_eq!(pull(Bench::start(once).await.client()).await.1.unwrap().received, 130);
    // Fewer rows on a page than were asked for, which it tells.
    let small = |_: usize, call: &str| match page_of(call) {
        Some(page) => {
            let items: Vec<Value> = (1..=25).map(person).skip((page - 1) * 10).take(10).collect();
            gives(json!({"pageSize": 10, "totalCount": 25, "items": items}))
        }
        None => other(call),
    };
    assert_eq!(pull(Bench::start(small).await.client()).await.1.unwrap().received, 25);
}

#[tokio::test]
async fn a_client_or_a_user_signs_in_once_for_all_calls_and_again_after_a_401() {
    let bench = Bench::start(tenant(3)).await;
    pull(bench.client()).await.1.unwrap();
    assert_eq!(*bench.forms.lock().unwrap(), ["grant_type=client_credentials&client_id=harbour&client_secret=s%2B1"]);
    let mut parts = bench.parts();
    parts.parameters.insert("user".into(), "harbour.reader".into());
    parts.secrets.insert("password".into(), Secret::new("p"));
    pull(of(&parts)).await.1.unwrap();
    parts.parameters.remove("client_id");
    pull(of(&parts)).await.1.unwrap();
    assert_eq!(
        bench.forms.lock().unwrap()[1..],
        [
            "grant_type=password&username=harbour.reader&password=p&client_id=harbour&client_secret=s%2B1",
            "grant_type=password&username=harbour.reader&password=p"
        ]
    );
    let bench = Bench::start(|number, call| match number {
        1 => refused(401, "token_expired"),
        _ => tenant(3)(number, call),
    })
    .await;
    assert_eq!(pull(bench.client()).await.1.unwrap().received, 3);
    assert_eq!(bench.forms.lock().unwrap().len(), 2);
    let bench = Bench::start(|_, _| refused(401, "revoked")).await;
    let error = pull(bench.client()).await.1.unwrap_err();
    assert!(
        matches!(&error, ApiError::Refused { detail, .. } if detail == "401 (revoked) even with a fresh token"),
        "{error}"
    );
    assert_eq!(bench.forms.lock().unwrap().len(), 2, "and not a third time");
    for status in [400, 401, 403] {
        let body = json!({"error": "invalid_client", "error_description": "of harbour"});
        let status = StatusCode::from_u16(status).unwrap();
        let bench = Bench::with_tokens(tenant(3), move |_| (status, axum::Json(body.clone())).into_response()).await;
        let error = pull(bench.client()).await.1.unwrap_err();
        assert!(matches!(&error, ApiError::Refused { detail, .. } if detail.contains("invalid_client")), "{error}");
    }
    let bench = Bench::with_tokens(tenant(3), |_| refused(404, "x")).await;
    assert!(matches!(pull(bench.client()).await.1, Err(ApiError::WrongAddress { .. })));
    let bench = Bench::with_tokens(tenant(3), |_| gives(json!({"access_token": " "}))).await;
    assert!(matches!(pull(bench.client()).await.1, Err(ApiError::Corrupt { .. })));
}

#[tokio::test]
async fn refusals_and_answers_that_are_none_are_told_apart() {
    let at = |path: &'static str, answer: fn() -> Response| {
        Bench::start(move |number, call| match call.split('?').next() {
            Some(asked) if asked == path => answer(),
            _ => tenant(3)(number, call),
        })
    };
    let error = |bench: Bench| async move { pull(bench.client()).await.1.unwrap_err() };
    for path in ["tenant", "employees"] {
        let unknown = error(at(path, || refused(404, "tenant_not_found")).await).await;
        assert!(
            matches!(&unknown, ApiError::WrongAddress { detail, .. } if detail.contains("404 (tenant_not_found)") && detail.contains("assumed")),
            "{path}: {unknown}"
        );
        let forbidden = error(at(path, || refused(403, "scope")).await).await;
        assert!(matches!(&forbidden, ApiError::Forbidden { .. }), "{path}: {forbidden}");
        let odd = error(at(path, || refused(400, "bad; e-mail leila@x.example")).await).await;
        assert!(matches!(&odd, ApiError::Unexpected { detail, .. } if !detail.contains('@')), "{path}: {odd}");
        let down = error(at(path, || refused(500, "internal")).await).await;
        assert!(matches!(&down, ApiError::Temporary { .. }), "{path}: {down}");
        let busy = error(at(path, || refused(429, "slow_down")).await).await;
        assert!(matches!(&busy, ApiError::Temporary { detail, .. } if detail.contains("429")), "{path}: {busy}");
        let html = error(at(path, || (StatusCode::OK, "<html><title>Log in</title>").into_response()).await).await;
        assert!(matches!(&html, ApiError::WrongAddress { .. } | ApiError::Corrupt { .. }), "{path}: {html}");
    }
    for body in [
        "{\"items\": {}}",
        "{\"people\": []}",
        "[]",
        "{\"items\": [1, 2",
        "{\"items\": [], \"totalCount\": \"3\"}",
        "{\"items\": [], \"totalCount\": -1}",
    ] {
        let bench = Bench::start(move |number, call| match page_of(call) {
            Some(_) => (StatusCode::OK, body).into_response(),
            None => tenant(3)(number, call),
        });
        let corrupt = error(bench.await).await;
        assert!(matches!(corrupt, ApiError::Corrupt { .. }), "{body}: {corrupt}");
    }
    for body in ["{}", "{\"id\": {}}", "{\"id\": \" \"}"] {
        let bench = Bench::start(move |number, call| match call {
            "tenant" => (StatusCode::OK, body).into_response(),
            _ => tenant(3)(number, call),
        });
        assert!(matches!(error(bench.await).await, ApiError::Corrupt { .. }), "{body}");
    }
    let mut other = Bench::start(tenant(1)).await.parts();
    other.pinned_account = Some("t-2".into());
    assert!(matches!(pull(of(&other)).await.1, Err(ApiError::OtherAccount { .. })));
    assert!(matches!(of(&other).one(&"os-1".into()).await, Err(ApiError::OtherAccount { .. })));
    assert!(matches!(
        changed(of(&other), &Cursor("2026-01-01T00:00:00Z".into()), &[]).await.1,
        Err(ApiError::OtherAccount { .. })
    ));
}

#[tokio::test]
async fn lists_that_there_are_not_are_told_and_names_are_those_in_the_records() {
    let bench = Bench::start(|number, call| match call.split('?').next() {
        Some("business-units" | "departments") => refused(404, "not_found"),
        Some("job-titles") => refused(403, "scope"),
        Some("feed-logs") => refused(500, "internal"),
        _ => tenant(3)(number, call),
    })
    .await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!(facts.warnings.len(), 3, "{:?}", facts.warnings);
    assert_eq!(records[0].employee.person.job_title.as_deref(), Some("Team Member"));
    let steps = bench.client().probe().await;
    let warned = steps.iter().filter(|step| step.result == ProbeResult::Warning).count();
    assert_eq!(warned, 4, "the contract and three lists: {steps:?}");
    assert!(steps[0].detail.contains("assumed"));
    // A list that is torn stops the run, as nobody knows what it would say.
    let bench = Bench::start(|number, call| match call.split('?').next() {
        Some("job-titles") => gives(json!({"totalCount": 4, "items": [{"id": 1, "name": "A"}]})),
        _ => tenant(3)(number, call),
    })
    .await;
    assert!(matches!(pull(bench.client()).await.1, Err(ApiError::Incomplete { .. })));
}

/// Every member of a record, each of another person, and what stands in its place.
#[tokio::test]
async fn a_record_with_a_member_that_is_something_else_is_held_and_the_others_are_read() {
    let members = [
        "osId",
        "externalId",
        "firstName",
        "lastName",
        "email",
        "phone",
        "status",
        "userProfile",
        "businessUnit",
        "jobTitle",
        "department",
        "startDate",
        "endDate",
    ];
    for odd in [json!({"x": 1}), json!([1]), json!(true), json!(1.5), json!("\u{fffd}")] {
        let mut people: Vec<Value> = (1..=150).map(person).collect();
        for (at, member) in members.into_iter().enumerate() {
            people[at][member] = odd.clone();
        }
        let (records, facts) = pull(Bench::start(of_people(people)).await.client()).await;
        assert_eq!((records.len(), facts.unwrap().received), (150, 150), "{odd}");
        let is_at_fault = |record: &&SourceRecord| record.employee.unreadable.is_some();
        let expected = members.into_iter().filter(|member| match *member {
            // An object of unknown members says nothing of a unit, and a text is a text.
            "businessUnit" | "jobTitle" | "department" => !odd.is_object(),
            "startDate" | "endDate" => true,
            _ => !odd.is_string(),
        });
        let at_fault: Vec<&SourceRecord> = records.iter().filter(is_at_fault).collect();
        assert_eq!(at_fault.len(), expected.clone().count(), "{odd}");
        for member in expected {
            let place = members.iter().position(|one| *one == member).unwrap() + 1;
            let id = if member == "osId" { "employees, page 1, row 1".to_owned() } else { format!("os-{place}") };
            let one = at_fault.iter().find(|record| record.employee.id.as_str() == id).unwrap();
            let named = one.employee.unreadable.as_ref().unwrap();
            assert!(named.member.starts_with(member), "{odd}: {named:?}");
            assert!(!named.what.contains("1.5") && !named.what.contains('\u{fffd}'), "{odd}: {named:?}");
        }
        let unclear = |record: &&SourceRecord| matches!(record.employee.status, EmploymentStatus::Unclear(_));
        let words = records.iter().filter(|record| !is_at_fault(record)).filter(unclear).count();
        assert_eq!(words, usize::from(odd.is_string()), "an unknown word of a status is held");
    }
    let many: Vec<Value> = (1..=20)
        .map(|id| {
            let mut row = person(id);
            row["status"] = json!(7);
            row
        })
        .collect();
    let error = pull(Bench::start(of_people(many)).await.client()).await.1.unwrap_err();
    assert!(matches!(&error, ApiError::Unreadable { detail, .. } if detail.contains("`status` in 20")), "{error}");
    // For want of External IDs no list is broken: its people are held.
    let without: Vec<Value> = (1..=20)
        .map(|id| {
            let mut row = person(id);
            row["externalId"] = json!(null);
            row
        })
        .collect();
    let (records, facts) = pull(Bench::start(of_people(without)).await.client()).await;
    assert!(records.iter().all(|record| record.employee.unreadable.is_some()));
    assert!(facts.unwrap().warnings[0].contains("20 people have no External ID"));
}

#[tokio::test]
async fn changes_are_asked_for_since_the_cursor_and_others_are_read_alone() {
    let bench = Bench::start(|_, call| {
        let with = |id: usize, modified: &str| {
            let mut row = person(id);
            row["modifiedAt"] = json!(modified);
            row
        };
        match page_of(call) {
            // One that has not changed comes all the same.
            Some(_) if call.contains("modifiedSince=2026-01-12T08%3A00%3A00Z") => {
                gives(list(vec![with(1, "2026-01-12T09:00:00Z"), with(2, "2025-01-01T00:00:00Z")]))
            }
            Some(_) => gives(list((1..=5).map(person).collect())),
            None if call == "employees/os-4" => gives(person(4)),
            None => other(call),
        }
    })
    .await;
    let cursor = pull(bench.client()).await.1.unwrap().cursor.unwrap();
    let mark = cursor.0.split_once(' ').unwrap().1.to_owned();
    let since = Cursor(format!("2026-01-12T08:00:00Z {mark}"));
    let (ids, next) = changed(bench.client(), &since, &[]).await;
    assert_eq!(ids, ["os-1"]);
    assert!(next.unwrap().0.ends_with(&mark));
    let (ids, next) = changed(bench.client(), &since, &["os-4", "os-9", "os-2", "employees, page 1, row 3"]).await;
    assert_eq!(
        (ids, next.is_ok()),
        (vec!["os-1".to_owned(), "os-2".to_owned(), "os-4".to_owned()], true),
        "os-9 is gone"
    );
    let other_names = Cursor("2026-01-12T08:00:00Z 0123456789abcdef".to_owned());
    let refused_at = async |bench: &Bench, cursor: &Cursor| changed(bench.client(), cursor, &[]).await;
    assert!(matches!(refused_at(&bench, &other_names).await.1, Err(ApiError::Unsupported { .. })));
    assert!(matches!(refused_at(&bench, &Cursor("page 7".into())).await.1, Err(ApiError::Unsupported { .. })));
    let bench = Bench::start(|number, call| match call.contains("modifiedSince") {
        true => refused(400, "unknown_parameter"),
        false => tenant(5)(number, call),
    })
    .await;
    assert!(matches!(refused_at(&bench, &since).await.1, Err(ApiError::Unsupported { .. })));
}

#[tokio::test]
async fn one_person_is_given_alone_as_the_pull_gives_them() {
    let bench = Bench::start(|number, call| match call {
        "employees/os-2" => gives(person(2)),
        "employees/os-3" => gives(person(1)),
        "employees/os-4" => {
            let mut row = person(4);
            row["status"] = json!("Not started yet");
            gives(row)
        }
        "employees/os-5" => refused(500, "internal"),
        _ => tenant(5)(number, call),
    })
    .await;
    let client = bench.client();
    let (records, _) = pull(bench.client()).await;
    let two = client.one(&"os-2".into()).await.unwrap().unwrap();
    assert_eq!((&two.employee, &two.raw), (&records[1].employee, &records[1].raw));
    assert!(matches!(client.one(&"os-3".into()).await, Err(ApiError::Unsupported { .. })), "another one's record");
    assert!(matches!(client.one(&"os-4".into()).await, Err(ApiError::Unsupported { .. })), "told among all");
    assert!(matches!(client.one(&"os-5".into()).await, Err(ApiError::Temporary { .. })));
    for id in ["os-9", "", "employees, page 1, row 3", "../tenant"] {
        assert_eq!(client.one(&id.into()).await, Ok(None), "{id}");
    }
}

#[tokio::test]
async fn the_feed_log_is_told_without_anybody_s_address() {
    let told = |lines: Value, total: usize| async move {
        let bench = Bench::start(move |number, call| match call.split('?').next() {
            Some("feed-logs") => gives(json!({"totalCount": total, "items": lines})),
            _ => tenant(1)(number, call),
        })
        .await;
        let facts = pull(bench.client()).await.1.unwrap();
        assert!(bench.calls.lock().unwrap().last().unwrap().starts_with("feed-logs?from=20"));
        facts.warnings
    };
    let line = |level: &str, message: &str| json!({"id": "fl", "level": level, "message": message});
    let title =
        "Employee with external Identifier EXT-5501 not processed, Job Title with name Team member does not exist";
    assert_eq!(
        told(json!([line("info", "x"), line("error", title)]), 2).await,
        [format!("Mapal OS's Feed Log has 1 error of the last day: {title}")]
    );
    let address = line("error", "leila@x.example is in use");
    assert_eq!(
        told(json!([address, line("error", "b"), 5, {"level": {}}]), 900).await,
        ["Mapal OS's Feed Log has at least 2 errors of the last day, as: b"]
    );
    assert!(told(json!([line("info", "x")]), 1).await.is_empty());
}

#[tokio::test]
async fn set_ups_that_cannot_work_are_refused_before_anything_is_sent() {
    let bench = Bench::start(tenant(1)).await;
    let with = |change: &dyn Fn(&mut ConnectParts)| {
        let mut parts = bench.parts();
        change(&mut parts);
        connect(parts).err()
    };
    let set = |name: &'static str, value: &'static str| {
        with(&move |parts: &mut ConnectParts| _ = parts.parameters.insert(name.into(), value.into()))
    };
    let said = |error: Option<ApiError>| match error {
        Some(ApiError::Setup { detail, .. }) => detail,
        other => panic!("{other:?}"),
    };
    assert!(said(set("base_url", "http://mapal.example/")).contains("https"));
    assert!(said(set("login_url", "ftp://x")).contains("https"));
    assert!(said(set("identifier", "email")).contains("osId"));
    assert!(said(set("requests_per_second", "fast")).contains("whole number"));
    assert!(said(set("user", "harbour.reader")).contains("Password"));
    assert!(said(with(&|parts| parts.secrets.clear())).contains("Client secret"));
    assert!(said(with(&|parts| _ = parts.parameters.remove("client_id"))).contains("either Client ID"));
    assert!(
        said(with(&|parts| _ = parts.field_map.insert("branch".into(), "custom:Site".into()))).contains("over REST")
    );
    assert!(said(with(&|parts| _ = parts.parameters.remove("base_url"))).contains("File or folder"), "the list, then");
    assert!(set("login_url", "").is_none(), "blank is Mapal's own");
    assert_eq!((bench.calls.lock().unwrap().len(), bench.forms.lock().unwrap().len()), (0, 0));
}
