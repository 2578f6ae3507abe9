//! The client against answers that are written out here: headers that say nothing, lists that cannot be believed, records that
//! cannot be had.

use super::client::Freshteam;
use crate::domain::ids::EmployeeId;
use crate::domain::secret::Secret;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::source::{KnownRecords, NothingKnown, SourceApi, SourceRecord};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// The answer to a call with this path and query.
type Script = Arc<dyn Fn(&str) -> Response + Send + Sync>;

struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    async fn start(script: impl Fn(&str) -> Response + Send + Sync + 'static) -> Self {
        let calls: Arc<Mutex<Vec<String>>> = Arc::default();
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&calls));
        let handler = move |method: Method, uri: Uri, headers: HeaderMap| async move {
            assert_eq!((method, headers["authorization"].to_str().unwrap()), (Method::GET, "Bearer k1"));
            let call = uri.path_and_query().unwrap().to_string();
            log.lock().unwrap().push(call.clone());
            script(&call)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, calls }
    }

    fn parts(&self) -> ConnectParts {
        let mut parts = ConnectParts::default();
        for (name, value) in
            [("base_url", self.base.as_str()), ("requests_per_second", "100000"), ("subdomain", "harbour")]
        {
            parts.parameters.insert(name.into(), value.into());
        }
        parts.secrets.insert("api_key".into(), Secret::new(" k1\n"));
        parts
    }

    fn client(&self, custom: bool) -> Freshteam {
        let mut parts = self.parts();
        if custom {
            parts.field_map.insert("custom:Scheme".into(), "custom:Scheme".into());
        }
        of(&parts)
    }

    fn details(&self) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.starts_with("/api/employees/")).count()
    }
}

fn of(parts: &ConnectParts) -> Freshteam {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, attempts: 2, ..RetryRules::default() };
    Freshteam::with_rules(parts, rules).unwrap()
}

async fn pull(client: Freshteam, known: Arc<dyn KnownRecords>) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(4);
    let work = tokio::spawn(async move { client.pull(&*known, out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

async fn first(client: Freshteam) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    pull(client, Arc::new(NothingKnown)).await
}

fn gives(value: Value) -> Response {
    axum::Json(value).into_response()
}

fn told(rows: Vec<Value>, pages: usize, total: usize) -> Response {
    let headers = [("total-pages", pages.to_string()), ("total-objects", total.to_string())];
    (headers, axum::Json(Value::Array(rows))).into_response()
}

fn row(id: usize) -> Value {
    json!({"id": id, "employee_id": format!("E{id}"), "first_name": "F", "last_name": "X", "status": "active", "branch_id": 1,
        "designation": "Porter", "updated_at": "2026-01-09T08:30:12.000Z"})
}

fn other(call: &str) -> Response {
    match call.split('?').next().unwrap() {
        "/api/branches" => gives(json!([{"id": 1, "name": "Leeds"}])),
        "/api/employee_fields" => gives(json!([{"name": "scheme_cf", "label": "Scheme", "default": false}])),
        "/api/departments" | "/api/employees" => gives(json!([])),
        path => match path.strip_prefix("/api/employees/") {
            Some(id) => {
                let mut one = row(id.parse().unwrap());
                one["custom_field_values"] = json!({"scheme_cf": format!("S{id}")});
                gives(one)
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

fn is_plain(call: &str) -> bool {
    call.starts_with("/api/employees?") && !call.contains("status=") && !call.contains("terminated=")
}

fn page_of(call: &str) -> usize {
    call.split(['?', '&']).find_map(|part| part.strip_prefix("page=")).unwrap().parse().unwrap()
}

fn rows_of(call: &str, count: usize) -> Vec<Value> {
    let page = page_of(call);
    ((page - 1) * 50..count.min(page * 50)).map(|at| row(at + 1)).collect()
}

#[tokio::test]
async fn three_lists_are_one_and_headers_may_say_nothing() {
    for headers in [true, false] {
        let bench = Bench::start(move |call| match call {
            call if is_plain(call) && headers => told(rows_of(call, 120), 3, 120),
            call if is_plain(call) => gives(json!(rows_of(call, 120))),
            // Two of the plain list stand in both others as well.
            call if call.contains("status=inactive") => gives(json!([row(7), {"id": 500, "employee_id": "E500"}])),
            call if call.contains("terminated=true") => gives(json!([row(7), row(8), row(501)])),
            call => other(call),
        })
        .await;
        let (records, facts) = first(bench.client(false)).await;
        let facts = facts.unwrap();
        assert_eq!((records.len(), facts.received, facts.declared_total), (122, 122, 122), "{headers}");
        assert_eq!((facts.account_id.as_str(), facts.account.as_str()), ("harbour", "harbour.freshteam.com"));
        assert_eq!(bench.details(), 0, "nothing is mapped that only a record has");
        assert_eq!(records[0].employee.person.branch.as_deref(), Some("Leeds"));
    }
}

#[tokio::test]
async fn lists_that_cannot_be_believed_are_refused() {
    let short = |call: &str| if is_plain(call) { told(rows_of(call, 119), 3, 120) } else { other(call) };
    let same = |call: &str| if is_plain(call) { gives(json!(rows_of("?page=1", 50))) } else { other(call) };
    for bench in [Bench::start(short).await, Bench::start(same).await] {
        let error = first(bench.client(false)).await.1.unwrap_err();
        assert!(matches!(error, ApiError::Incomplete { .. }), "{error}");
    }
}

/// What a pull left behind.
struct Kept(HashMap<EmployeeId, Value>, SourceFacts);

#[async_trait::async_trait]
impl KnownRecords for Kept {
    async fn raw(&self, ids: &[EmployeeId]) -> HashMap<EmployeeId, Value> {
        ids.iter().filter_map(|id| Some((id.clone(), self.0.get(id)?.clone()))).collect()
    }

    fn facts(&self) -> Option<&SourceFacts> {
        Some(&self.1)
    }
}

#[tokio::test]
async fn a_record_that_is_known_is_not_asked_for_again_until_something_speaks_against_it() {
    let changed = Arc::new(Mutex::new(json!({})));
    let now = Arc::clone(&changed);
    let bench = Bench::start(move |call| {
        let mut one = row(2);
        one.as_object_mut().unwrap().extend(now.lock().unwrap().as_object().cloned().unwrap());
        match call {
            call if is_plain(call) => gives(json!([row(1), one, row(3)])),
            call => other(call),
        }
    })
    .await;
    let kept = |records: Vec<SourceRecord>, facts: SourceFacts| {
        Arc::new(Kept(records.into_iter().map(|one| (one.employee.id, one.raw)).collect(), facts))
    };
    let (records, facts) = first(bench.client(true)).await;
    assert_eq!((bench.details(), records[1].raw["custom"]["scheme_cf"].as_str()), (3, Some("S2")));
    let before = kept(records, facts.unwrap());
    let (records, facts) = pull(bench.client(true), before.clone()).await;
    assert_eq!((bench.details(), facts.unwrap().taken_over), (3, 3));
    assert_eq!(
        records.iter().map(|one| (one.employee.id.clone(), one.raw.clone())).collect::<HashMap<_, _>>(),
        before.0
    );
    *changed.lock().unwrap() = json!({"updated_at": "2026-01-10T08:30:12.000Z"});
    assert_eq!(pull(bench.client(true), before.clone()).await.1.unwrap().taken_over, 2);
    // Another field is mapped: nothing that was kept has it.
    let mut parts = bench.parts();
    parts.field_map.insert("custom:Other".into(), "custom:scheme_cf".into());
    assert_eq!(pull(of(&parts), before.clone()).await.1.unwrap().taken_over, 0);
    // A record that changed without its time: believed no more.
    *changed.lock().unwrap() = json!({});
    let mut forged = before.0.clone();
    forged.get_mut(&EmployeeId::from("3")).unwrap()["custom"]["scheme_cf"] = json!("old");
    let doubted = Kept(forged, SourceFacts { silent_changes: true, ..before.1.clone() });
    let (_, facts) = pull(bench.client(true), Arc::new(doubted)).await;
    let facts = facts.unwrap();
    assert_eq!((facts.taken_over, facts.silent_changes), (0, true));
    assert!(facts.warnings.iter().any(|warning| warning.contains("1 seen")), "{:?}", facts.warnings);
}

#[tokio::test]
async fn single_records_that_cannot_be_had_hold_their_people_and_many_stop_the_pull() {
    let bench = |broken: fn(usize) -> Option<Response>, count: usize| {
        Bench::start(move |call| match call.strip_prefix("/api/employees/") {
            Some(id) => broken(id.parse().unwrap()).unwrap_or_else(|| other(call)),
            None if is_plain(call) => gives(json!(rows_of(call, count))),
            None => other(call),
        })
    };
    let down = |id: usize| id.is_multiple_of(20).then(|| StatusCode::BAD_GATEWAY.into_response());
    let (records, facts) = first(bench(down, 45).await.client(true)).await;
    assert_eq!(facts.unwrap().received, 45);
    let held: Vec<&str> =
        records.iter().filter(|one| one.employee.unreadable.is_some()).map(|one| one.employee.id.as_str()).collect();
    assert_eq!(held, ["20", "40"]);
    let gone = |id: usize| (id == 3).then(|| (StatusCode::NOT_FOUND, "{}").into_response());
    let (records, _) = first(bench(gone, 9).await.client(true)).await;
    assert!(records[2].employee.unreadable.as_ref().unwrap().what.contains("does not know the id"));
    let all = bench(|_| Some(StatusCode::BAD_GATEWAY.into_response()), 45).await;
    assert!(matches!(first(all.client(true)).await.1, Err(ApiError::Temporary { .. })));
    let forbidden = bench(|_| Some(StatusCode::FORBIDDEN.into_response()), 45).await;
    assert!(matches!(first(forbidden.client(true)).await.1, Err(ApiError::Forbidden { .. })));
    let swapped = bench(|_| Some(gives(row(99))), 9).await;
    assert!(first(swapped.client(true)).await.1.is_err(), "another person's record is nobody's");
}

#[tokio::test]
async fn refusals_are_told_apart_and_one_person_is_given_alone() {
    for (status, body) in [
        (StatusCode::UNAUTHORIZED, r#"{"errors": [{"code": "invalid_credentials"}]}"#),
        (StatusCode::FORBIDDEN, r#"{"code": "forbidden"}"#),
        (StatusCode::NOT_FOUND, ""),
        (StatusCode::UNPROCESSABLE_ENTITY, r#"{"errors": [{"code": "invalid_value"}]}"#),
        (StatusCode::FOUND, ""),
        (StatusCode::OK, "<html>"),
        (StatusCode::OK, "{}"),
    ] {
        let bench = Bench::start(move |_| (status, body).into_response()).await;
        let error = first(bench.client(false)).await.1.unwrap_err();
        let fits = match status {
            StatusCode::UNAUTHORIZED => {
                matches!(&error, ApiError::Refused { detail, .. } if detail.contains("invalid_credentials"))
            }
            StatusCode::FORBIDDEN => matches!(&error, ApiError::Forbidden { .. }),
            StatusCode::NOT_FOUND => {
                matches!(&error, ApiError::WrongAddress { detail, .. } if detail.contains("closes Freshteam"))
            }
            StatusCode::UNPROCESSABLE_ENTITY => matches!(&error, ApiError::Unexpected { .. }),
            StatusCode::FOUND => matches!(&error, ApiError::WrongAddress { .. }),
            _ => matches!(&error, ApiError::WrongAddress { .. } | ApiError::Corrupt { .. }),
        };
        assert!(fits, "{status} {body}: {error}");
    }
    let bench = Bench::start(|call| match call {
        "/api/employees/9" => StatusCode::NOT_FOUND.into_response(),
        call if is_plain(call) => gives(json!([row(1), row(2)])),
        call => other(call),
    })
    .await;
    let records = first(bench.client(true)).await.0;
    let alone = bench.client(true).one(&"2".into()).await.unwrap().unwrap();
    assert_eq!((&alone.employee, alone.out_of_scope), (&records[1].employee, false));
    assert_eq!(
        (bench.client(true).one(&"9".into()).await, bench.client(true).one(&"row 3".into()).await),
        (Ok(None), Ok(None))
    );
    let mut parts = bench.parts();
    parts.pinned_account = Some("elsewhere".into());
    assert!(matches!(first(of(&parts)).await.1, Err(ApiError::OtherAccount { .. })));
    for (name, value) in [("subdomain", "har bour"), ("identifier", "email")] {
        let mut parts = bench.parts();
        parts.parameters.insert(name.into(), value.into());
        assert!(matches!(Freshteam::new(&parts), Err(ApiError::Setup { .. })), "{name}");
    }
}
