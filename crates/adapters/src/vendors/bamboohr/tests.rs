//! The client against answers that are written out here: pages that get lost, a report that is closed, rights that hide.

use super::client::BambooHr;
use crate::domain::field::Field;
use crate::domain::run::Cursor;
use crate::domain::secret::Secret;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeResult};
use crate::ports::clock::FixedClock;
use crate::ports::connect::ConnectParts;
use crate::ports::source::{NothingKnown, SourceApi, SourceRecord};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// The answer to a call with this path and query, and this body.
type Script = Arc<dyn Fn(&str, &Value) -> Response + Send + Sync>;

struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    async fn start(script: impl Fn(&str, &Value) -> Response + Send + Sync + 'static) -> Self {
        let calls: Arc<Mutex<Vec<String>>> = Arc::default();
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&calls));
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            // `k1:x`.
            assert_eq!(headers["authorization"], "Basic azE6eA==");
            assert_eq!(headers["accept"], "application/json");
            let call = uri.path_and_query().unwrap().to_string();
            let is_report = call.starts_with("/api/v1/reports/custom?format=JSON&onlyCurrent=false");
            assert_eq!(method == Method::POST, is_report, "{call}");
            assert!(!is_report || headers["content-type"] == "application/json");
            log.lock().unwrap().push(call.clone());
            script(&call, &serde_json::from_slice(&body).unwrap_or_default())
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, calls }
    }

    fn parts(&self) -> ConnectParts {
        let mut parts = ConnectParts::default();
        for (name, value) in [
            ("base_url", self.base.as_str()),
            ("requests_per_second", "100000"),
            ("company", "https://harbour.bamboohr.com/home"),
        ] {
            parts.parameters.insert(name.into(), value.into());
        }
        parts.secrets.insert("api_key".into(), Secret::new(" k1\n"));
        parts.clock = Arc::new(FixedClock("2026-11-20T13:00:00Z".parse().unwrap()));
        parts
    }

    fn client(&self) -> BambooHr {
        of(&self.parts())
    }

    fn count(&self, start: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.starts_with(start)).count()
    }
}

fn of(parts: &ConnectParts) -> BambooHr {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, attempts: 3, ..RetryRules::default() };
    BambooHr::with_rules(parts, rules).unwrap()
}

async fn pull(client: BambooHr) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(4);
    let work = tokio::spawn(async move { client.pull(&NothingKnown, out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

fn gives(value: Value) -> Response {
    axum::Json(value).into_response()
}

fn refuses(status: StatusCode, text: &'static str) -> Response {
    (status, [("x-bamboohr-error-message", text)]).into_response()
}

/// Everything that the client reads of a person.
fn person(id: usize) -> Value {
    json!({"id": id.to_string(), "employeeNumber": format!("HK{id}"), "firstName": "F", "lastName": "X", "preferredName": null,
        "workEmail": format!("p{id}@x.example"), "homeEmail": null, "mobilePhone": "", "dateOfBirth": "1980-01-02",
        "hireDate": "2021-09-06", "terminationDate": "0000-00-00", "status": "Active", "supervisorId": "1",
        "supervisorEId": "HK1", "jobTitle": "Porter", "location": "Leeds", "department": "Bar"})
}

fn listed(id: usize) -> Value {
    json!({"employeeId": id.to_string(), "firstName": "F", "lastName": "X", "status": "Active"})
}

/// A page of a list of `count`; the cursor is the place.
fn page(call: &str, count: usize) -> Value {
    let after = call.split(['?', '&']).find_map(|part| part.strip_prefix("page%5Bafter%5D="));
    let at: usize = after.map_or(0, |after| after.parse().unwrap());
    let rows: Vec<Value> = (at..count.min(at + 100)).map(|at| listed(at + 1)).collect();
    let next = (at + 100 < count).then(|| (at + 100).to_string());
    json!({"data": rows, "meta": {"total": count, "page": {"limit": 100, "nextCursor": next}}})
}

fn report(people: impl Iterator<Item = Value>) -> Value {
    json!({"title": "onroll", "fields": [{"id": "firstName"}, {"id": "terminationDate"}, {"id": "hireDate"}],
        "employees": people.collect::<Vec<_>>()})
}

/// A company of `count` with nothing odd about it.
fn company(call: &str, count: usize) -> Response {
    let path = call.split('?').next().unwrap();
    match path.strip_prefix("/api/v1").unwrap() {
        "/employees" => gives(page(call, count)),
        "/reports/custom" => gives(report((1..=count).map(person))),
        "/meta/lists" => gives(json!([{"fieldId": 15, "alias": "location", "options": [{"id": 1, "name": "Leeds"}]}])),
        "/company_information" => gives(json!({"legalName": "Harbour Ltd", "displayName": ""})),
        path => match path.strip_prefix("/employees/").and_then(|id| id.parse().ok()) {
            Some(id) if (1..=count).contains(&id) => gives(person(id)),
            _ => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

#[tokio::test]
async fn the_list_says_who_there_is_and_one_report_what_is_known_of_them() {
    let bench = Bench::start(|call, body| {
        if call.contains("/reports/") {
            assert_eq!(body["fields"].as_array().unwrap().len(), 16, "{body}");
        }
        company(call, 240)
    })
    .await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.received, facts.declared_total), (240, 240, 240));
    assert_eq!(bench.calls.lock().unwrap().len(), 5, "options, three pages, the report");
    assert_eq!((facts.account_id.as_str(), facts.account.as_str()), ("harbour", "harbour.bamboohr.com"));
    assert_eq!((facts.warnings, facts.archived_fields.len(), facts.values.len()), (vec![], 0, 1));
    let employee = &records[6].employee;
    assert_eq!((employee.identifier.as_str(), employee.manager_id.clone()), ("7", Some("1".into())));
    assert_eq!(records[6].raw, {
        let mut kept = person(7);
        kept["terminationDate"] = Value::Null;
        kept["mobilePhone"] = Value::Null;
        kept
    });
    let steps = bench.client().probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
    assert_eq!(steps[0].detail, "Harbour Ltd");
}

#[tokio::test]
async fn a_list_that_cannot_be_believed_is_refused() {
    let lost = |call: &str| {
        let mut page = page(call, 240);
        if call.contains("after%5D=100") {
            page["data"].as_array_mut().unwrap().pop();
        }
        page
    };
    let same = |_: &str| page("?", 240);
    let without_total = |call: &str| {
        let mut page = page(call, 240);
        page["meta"].as_object_mut().unwrap().remove("total");
        page
    };
    let ends_early = |call: &str| {
        let mut page = page(call, 240);
        page["meta"]["page"]["nextCursor"] = Value::Null;
        page
    };
    let pages: [fn(&str) -> Value; 4] = [lost, same, without_total, ends_early];
    for (at, page) in pages.into_iter().enumerate() {
        let bench = Bench::start(move |call, _| match call {
            call if call.starts_with("/api/v1/employees?") => gives(page(call)),
            call => company(call, 240),
        })
        .await;
        let (records, facts) = pull(bench.client()).await;
        let error = facts.unwrap_err();
        let fits =
            matches!(&error, ApiError::Incomplete { .. }) || (at == 2 && matches!(error, ApiError::Corrupt { .. }));
        assert!(fits && records.is_empty(), "{at}: {error}");
    }
    // Of whom nobody knew a moment ago.
    let bench = Bench::start(|call, _| match call {
        call if call.contains("/reports/") => gives(report((1..=10).map(person))),
        call => company(call, 9),
    })
    .await;
    let error = pull(bench.client()).await.1.unwrap_err();
    assert!(error.to_string().contains("1 people whom the list does not show"), "{error}");
    assert_eq!(bench.count("/api/v1/employees?"), 2);
}

#[tokio::test]
async fn where_there_is_no_report_each_person_is_read_by_id() {
    for status in [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::GONE] {
        let bench = Bench::start(move |call, _| match call {
            call if call.contains("/reports/") => refuses(status, "No report"),
            call => company(call, 45),
        })
        .await;
        let (records, facts) = pull(bench.client()).await;
        let facts = facts.unwrap();
        assert_eq!((records.len(), facts.received, bench.count("/api/v1/employees/")), (45, 45, 45));
        assert_eq!(records[8].employee.manager_id, Some("1".into()));
        assert!(facts.warnings[0].contains("a call of their own"), "{:?}", facts.warnings);
        assert!(matches!(bench.client().one(&"2".into()).await, Err(ApiError::Unsupported { .. })));
        let steps = bench.client().probe().await;
        assert!(steps.last().unwrap().detail.contains("a call for each person"), "{steps:?}");
    }
    // And where the report lacks some of the list, those.
    let bench = Bench::start(|call, _| match call {
        call if call.contains("/reports/") => gives(report((1..=40).map(person))),
        "/api/v1/employees/44" => unreachable!(),
        call if call.starts_with("/api/v1/employees/44?") => refuses(StatusCode::FORBIDDEN, "Insufficient Permissions"),
        call if call.starts_with("/api/v1/employees/45?") => StatusCode::NOT_FOUND.into_response(),
        call => company(call, 45),
    })
    .await;
    let (records, facts) = pull(bench.client()).await;
    assert_eq!((records.len(), facts.unwrap().received), (45, 45));
    let held: Vec<(&str, &str)> = records
        .iter()
        .filter_map(|one| Some((one.employee.id.as_str(), one.employee.unreadable.as_ref()?.what.as_str())))
        .collect();
    assert_eq!(
        held,
        [
            ("44", "BambooHR does not show the key this person"),
            ("45", "BambooHR lists this person but does not know the id")
        ]
    );
}

#[tokio::test]
async fn records_that_cannot_be_had_stop_the_pull_when_they_are_many() {
    for (status, is_fit) in [
        (StatusCode::FORBIDDEN, (|error| matches!(error, ApiError::Forbidden { .. })) as fn(&ApiError) -> bool),
        (StatusCode::NOT_FOUND, |error| matches!(error, ApiError::Incomplete { .. })),
        (StatusCode::BAD_GATEWAY, |error| matches!(error, ApiError::Temporary { .. })),
        (StatusCode::UNAUTHORIZED, |error| matches!(error, ApiError::Refused { .. })),
    ] {
        let bench = Bench::start(move |call, _| match call {
            call if call.contains("/reports/") => StatusCode::NOT_FOUND.into_response(),
            call if call.starts_with("/api/v1/employees/") => status.into_response(),
            call => company(call, 45),
        })
        .await;
        let error = pull(bench.client()).await.1.unwrap_err();
        assert!(is_fit(&error), "{status}: {error}");
    }
}

#[tokio::test]
async fn what_the_key_may_not_see_is_told_and_clears_nothing() {
    let without = |names: &'static [&'static str], only: Option<usize>| {
        move |call: &str, _: &Value| {
            let cut = move |id: usize| {
                let mut row = person(id);
                if only.is_none_or(|only| only == id) {
                    names.iter().for_each(|name| _ = row.as_object_mut().unwrap().remove(*name));
                }
                row
            };
            match call {
                call if call.contains("/reports/") => gives(json!({"employees": (1..=9).map(cut).collect::<Vec<_>>()})),
                call if only.is_some() && call.starts_with("/api/v1/employees?") => {
                    let mut page = page(call, 9);
                    page["data"][2]["_restrictedFields"] = json!(["workEmail"]);
                    gives(page)
                }
                call => company(call, 9),
            }
        }
    };
    let bench = Bench::start(without(&["workEmail", "location"], None)).await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    let fields: Vec<Field> = facts.archived_fields.iter().map(|one| one.field).collect();
    assert_eq!(fields, [Field::Email, Field::Branch]);
    assert!(facts.archived_fields[0].remedy.contains("Access Levels") && facts.warnings[0].contains("`workEmail`"));
    assert!(records.iter().all(|one| one.employee.unreadable.is_none() && one.employee.person.email.is_none()));
    let steps = bench.client().probe().await;
    let last = steps.last().unwrap();
    assert!(last.result == ProbeResult::Warning && last.detail.contains("`location`, `workEmail`"), "{steps:?}");

    let bench = Bench::start(without(&["terminationDate", "hireDate"], None)).await;
    let error = pull(bench.client()).await.1.unwrap_err();
    let fits =
        |error: &ApiError| matches!(error, ApiError::Forbidden { detail, .. } if detail.contains("`terminationDate`"));
    assert!(fits(&error), "{error}");
    let steps = bench.client().probe().await;
    assert!(matches!(&steps.last().unwrap().result, ProbeResult::Failed(error) if fits(error)), "{steps:?}");

    let bench = Bench::start(without(&["workEmail"], Some(3))).await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((facts.archived_fields.len(), facts.warnings.len()), (0, 1), "{:?}", facts.warnings);
    let held: Vec<&str> =
        records.iter().filter(|one| one.employee.unreadable.is_some()).map(|one| one.employee.id.as_str()).collect();
    assert_eq!(held, ["3"]);
}

#[tokio::test]
async fn one_person_is_given_alone_as_the_pull_gives_them() {
    let bench = Bench::start(|call, _| match call {
        call if call.starts_with("/api/v1/employees/3?") => {
            let mut row = person(3);
            row.as_object_mut().unwrap().remove("workEmail");
            gives(row)
        }
        call if call.starts_with("/api/v1/employees/4?") => gives(person(5)),
        call => company(call, 9),
    })
    .await;
    let records = pull(bench.client()).await.0;
    let client = bench.client();
    let alone = client.one(&"2".into()).await.unwrap().unwrap();
    assert_eq!(alone, records[1]);
    for id in ["3", "4"] {
        assert!(matches!(client.one(&id.into()).await, Err(ApiError::Unsupported { .. })), "{id}");
    }
    assert_eq!((client.one(&"99".into()).await, client.one(&"employees, row 3".into()).await), (Ok(None), Ok(None)));
    assert_eq!(bench.count("/api/v1/reports"), 2, "once a client");
}

#[tokio::test]
async fn who_has_changed_is_told_by_id_and_the_cursor_lies_behind_it() {
    let bench = Bench::start(|call, _| match call {
        "/api/v1/employees/changed?since=1970-01-01T00%3A00%3A00Z" => gives(json!({
            "latest": "2026-11-20T12:00:00+00:00",
            "employees": {"2": {"id": "2", "action": "Updated", "lastChanged": "2026-11-20T12:00:00+00:00"},
                "7": {"id": "7", "action": "Inserted", "lastChanged": "2026-11-19T12:00:00+00:00"},
                "77": {"id": "77", "action": "Deleted", "lastChanged": "2026-11-19T12:00:00+00:00"}}})),
        "/api/v1/employees/changed?since=2026-11-20T11%3A30%3A00Z" => gives(json!({"latest": null, "employees": []})),
        call if call.contains("changed") => refuses(StatusCode::BAD_REQUEST, "Invalid since"),
        call => company(call, 9),
    })
    .await;
    let changed = async |cursor: &str| {
        let (out, mut from) = mpsc::channel(16);
        let next = bench.client().changed_since(&Cursor(cursor.to_owned()), &[], out).await;
        let mut ids = Vec::new();
        while let Some(record) = from.recv().await {
            ids.push(record.employee.id.to_string());
        }
        (ids, next)
    };
    let (ids, next) = changed("").await;
    let next = next.unwrap();
    assert_eq!((ids, &next.0[..21]), (vec!["2".to_owned(), "7".to_owned()], "2026-11-20T11:30:00Z "));
    assert_eq!(changed(&next.0).await, (vec![], Ok(next)), "and nothing else is read");
    assert_eq!(bench.count("/api/v1/employees?"), 1);
    assert!(matches!(changed("2020-01-01T00:00:00Z").await.1, Err(ApiError::Unexpected { .. })));
    assert!(matches!(changed("page 7").await.1, Err(ApiError::Unsupported { .. })));
}

#[tokio::test]
async fn refusals_are_told_apart_and_waits_are_kept() {
    for (status, text) in [
        (StatusCode::UNAUTHORIZED, "Invalid API key"),
        (StatusCode::FORBIDDEN, "Not yours"),
        (StatusCode::NOT_FOUND, ""),
        (StatusCode::BAD_REQUEST, "Bad limit of m.adeyemi@harbour.example"),
        (StatusCode::FOUND, ""),
        (StatusCode::OK, ""),
    ] {
        let bench = Bench::start(move |_, _| refuses(status, text)).await;
        let error = pull(bench.client()).await.1.unwrap_err();
        let fits = match status {
            StatusCode::UNAUTHORIZED => {
                matches!(&error, ApiError::Refused { detail, .. } if detail.contains("(Invalid API key)"))
            }
            // Options may be closed to the key, the list may not.
            StatusCode::FORBIDDEN => matches!(&error, ApiError::Forbidden { .. }),
            StatusCode::BAD_REQUEST => {
                matches!(&error, ApiError::Unexpected { .. }) && !error.to_string().contains('@')
            }
            _ => matches!(&error, ApiError::WrongAddress { .. }),
        };
        assert!(fits, "{status}: {error}");
    }
    for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT] {
        let once = Arc::new(Mutex::new(true));
        let bench = Bench::start(move |call, _| match std::mem::take(&mut *once.lock().unwrap()) {
            true => (status, [("retry-after", "0")]).into_response(),
            false => company(call, 9),
        })
        .await;
        assert_eq!(pull(bench.client()).await.1.unwrap().received, 9, "{status}");
    }
    let bench = Bench::start(|call, _| company(call, 1)).await;
    let mut parts = bench.parts();
    parts.pinned_account = Some("elsewhere".into());
    assert!(matches!(pull(of(&parts)).await.1, Err(ApiError::OtherAccount { .. })));
    for (name, value) in [("company", "har bour"), ("identifier", "email")] {
        let mut parts = bench.parts();
        parts.parameters.insert(name.into(), value.into());
        assert!(matches!(BambooHr::new(&parts), Err(ApiError::Setup { .. })), "{name}");
    }
    for key in [" ", "user:key"] {
        let mut parts = bench.parts();
        parts.secrets.insert("api_key".into(), Secret::new(key));
        assert!(matches!(BambooHr::new(&parts), Err(ApiError::Setup { .. })), "{key}");
    }
}
