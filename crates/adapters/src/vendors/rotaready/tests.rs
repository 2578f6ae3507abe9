//! The client against answers that are written out here: the sign-in, statuses, pages that cannot be believed.

use super::client::Rotaready;
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
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// `r1:k:s` in Base64.
const BASIC: &str = "Basic cjE6azpz";

/// The answer to the n-th call (from 1) with this path and query.
type Script = Arc<dyn Fn(usize, &str) -> Response + Send + Sync>;

/// A server with its calls, and a client of it that waits for nothing.
struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<String>>>,
    tokens: Arc<Mutex<usize>>,
}

impl Bench {
    async fn start(script: impl Fn(usize, &str) -> Response + Send + Sync + 'static) -> Self {
        Self::with_tokens(script, |number| axum::Json(json!({"access_token": format!("t{number}")})).into_response())
            .await
    }

    /// `token` answers the n-th sign-in.
    async fn with_tokens(
        script: impl Fn(usize, &str) -> Response + Send + Sync + 'static,
        token: impl Fn(usize) -> Response + Send + Sync + 'static,
    ) -> Self {
        let calls: Arc<Mutex<Vec<String>>> = Arc::default();
        let tokens: Arc<Mutex<usize>> = Arc::default();
        let (script, log, issued): (Script, _, _) = (Arc::new(script), Arc::clone(&calls), Arc::clone(&tokens));
        let token = Arc::new(token);
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let authorization = headers["authorization"].to_str().unwrap().to_owned();
            if uri.path() == "/oauth/token" {
                assert_eq!((method, authorization.as_str()), (Method::POST, BASIC));
                assert_eq!(body, "grant_type=client_credentials");
                let number = {
                    let mut issued = issued.lock().unwrap();
                    *issued += 1;
                    *issued
                };
                return token(number);
            }
            assert_eq!(method, Method::GET);
            let newest = format!("Bearer t{}", issued.lock().unwrap());
            if authorization != newest {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            let call = uri.path_and_query().unwrap().to_string();
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
        Self { base, calls, tokens }
    }

    fn parts(&self) -> ConnectParts {
        let mut parts = ConnectParts::default();
        for (name, value) in [("base_url", self.base.as_str()), ("requests_per_second", "100000"), ("realm", "r1")] {
            parts.parameters.insert(name.into(), value.into());
        }
        for (name, value) in [("key", " k\n"), ("secret", "s ")] {
            parts.secrets.insert(name.into(), Secret::new(value));
        }
        parts
    }

    fn client(&self) -> Rotaready {
        of(&self.parts())
    }

    fn pages(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter_map(|call| call.strip_prefix("/staff/account/paginated?")).map(str::to_owned).collect()
    }
}

fn of(parts: &ConnectParts) -> Rotaready {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
    Rotaready::with_rules(parts, rules).unwrap()
}

async fn pull(client: Rotaready) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
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

fn person(id: usize) -> Value {
    json!({"id": id, "firstName": format!("F{id}"), "lastName": "X", "flags": {"active": true},
        "appointment": {"entityId": "brm", "positionId": 310}})
}

/// The number of the page that a call asks for; `None` for other calls.
fn page_of(call: &str) -> Option<usize> {
    let query = call.strip_prefix("/staff/account/paginated?")?;
    query.split('&').find_map(|part| part.strip_prefix("page="))?.parse().ok()
}

/// What every realm has beside its staff.
fn other(call: &str) -> Response {
    match call {
        "/company/entity" => gives(json!({"entities": [{"id": "brm", "name": "Brighton Marina", "type": "site"}]})),
        "/staff/position" => gives(json!({"positions": [{"id": 310, "name": "Porter"}]})),
        _ => (StatusCode::NOT_FOUND, axum::Json(json!({"message": "Not found."}))).into_response(),
    }
}

/// A realm of so many people.
fn realm(count: usize) -> impl Fn(usize, &str) -> Response + Send + Sync {
    move |_, call| match page_of(call) {
        Some(page) => gives(
            json!({"users": ((page - 1) * 50..count.min(page * 50)).map(|at| person(at + 1)).collect::<Vec<_>>()}),
        ),
        None => other(call),
    }
}

#[tokio::test]
async fn a_list_is_over_with_a_page_that_is_not_full_and_the_next_one_is_looked_at() {
    for (count, pages) in [(120, 4), (100, 4), (12, 2)] {
        let bench = Bench::start(realm(count)).await;
        let (records, facts) = pull(bench.client()).await;
        let facts = facts.unwrap();
        assert_eq!((records.len(), facts.declared_total, facts.received), (count, count as u64, count as u64));
        assert_eq!((facts.account.as_str(), facts.account_id.as_str()), ("realm r1", "r1"));
        let asked = bench.pages();
        assert_eq!(asked.len(), pages, "{asked:?}");
        assert_eq!(asked[0], "page=1&limit=50&includeInactive=true");
        let person = &records[0].employee.person;
        assert_eq!((person.branch.as_deref(), person.job_title.as_deref()), (Some("Brighton Marina"), Some("Porter")));
        assert_eq!((records[0].employee.identifier.as_str(), *bench.tokens.lock().unwrap()), ("1", 1));
        let names: Vec<&str> = facts.values.iter().map(|value| value.value.as_str()).collect();
        assert_eq!(names.len(), 2);
        // What no one has may have another name here.
        assert!(facts.warnings.iter().any(|warning| warning.contains("`email`") && warning.contains("Members")));
    }
}

#[tokio::test]
async fn a_realm_that_refuses_or_repeats_the_page_behind_the_last_is_read_all_the_same() {
    for behind in [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST, StatusCode::OK] {
        let bench = Bench::start(move |number, call| match page_of(call) {
            Some(3) if behind == StatusCode::OK => realm(60)(number, "/staff/account/paginated?page=2"),
            Some(3) => (behind, axum::Json(json!({"message": "no"}))).into_response(),
            _ => realm(60)(number, call),
        })
        .await;
        let (records, facts) = pull(bench.client()).await;
        assert_eq!((records.len(), facts.unwrap().received), (60, 60), "{behind}");
    }
}

#[tokio::test]
async fn lists_that_cannot_be_believed_are_walked_twice_and_refused() {
    // A page in the middle lacks a row; the same page for ever; rows without end.
    let lost = |number: usize, call: &str| match page_of(call) {
        Some(2) => gives(json!({"users": (51..100).map(person).collect::<Vec<_>>()})),
        _ => realm(130)(number, call),
    };
    let same = |number: usize, call: &str| match page_of(call) {
        Some(_) => realm(50)(number, "/staff/account/paginated?page=1"),
        None => other(call),
    };
    for (bench, pages) in [(Bench::start(lost).await, 6), (Bench::start(same).await, 4)] {
        let error = pull(bench.client()).await.1.unwrap_err();
        assert!(matches!(error, ApiError::Incomplete { .. }), "{error}");
        assert_eq!(bench.pages().len(), pages);
    }
}

#[tokio::test]
async fn a_token_is_replaced_once_and_refused_credentials_are_named() {
    // The second token is the first that works.
    let bench = Bench::start(|number, call| match number {
        1 => StatusCode::UNAUTHORIZED.into_response(),
        _ => realm(3)(number, call),
    })
    .await;
    assert_eq!(pull(bench.client()).await.1.unwrap().received, 3);
    assert_eq!(*bench.tokens.lock().unwrap(), 2);
    let bench = Bench::start(|_, _| StatusCode::UNAUTHORIZED.into_response()).await;
    let error = pull(bench.client()).await.1.unwrap_err();
    assert!(matches!(&error, ApiError::Refused { detail, .. } if detail.contains("fresh token")), "{error}");
    assert_eq!(*bench.tokens.lock().unwrap(), 2, "and not a third time");
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST] {
        let bench = Bench::with_tokens(realm(3), move |_| (status, "no").into_response()).await;
        assert!(matches!(pull(bench.client()).await.1, Err(ApiError::Refused { .. })));
    }
    // A gateway that times out is asked again (client).
    let bench = Bench::with_tokens(realm(3), |number| match number {
        1 | 2 => StatusCode::GATEWAY_TIMEOUT.into_response(),
        _ => axum::Json(json!({"access_token": format!("t{number}"), "expires_in": "soon"})).into_response(),
    })
    .await;
    assert_eq!(pull(bench.client()).await.1.unwrap().received, 3);
}

#[tokio::test]
async fn refusals_and_answers_that_are_none_are_told_apart() {
    let page = |status: StatusCode, body: &'static str| {
        Bench::start(move |number, call| match page_of(call) {
            Some(_) => (status, body).into_response(),
            None => realm(3)(number, call),
        })
    };
    let error = |bench: Bench| async move { pull(bench.client()).await.1.unwrap_err() };
    let forbidden = error(page(StatusCode::FORBIDDEN, "{}").await).await;
    assert!(
        matches!(&forbidden, ApiError::Forbidden { remedy, .. } if remedy.contains("View Everyone")),
        "{forbidden}"
    );
    for body in ["{\"users\": {}}", "{\"people\": []}", "[]", "{\"users\": [1, 2"] {
        let corrupt = error(page(StatusCode::OK, body).await).await;
        assert!(matches!(corrupt, ApiError::Corrupt { .. }), "{body}: {corrupt}");
    }
    assert!(matches!(error(page(StatusCode::IM_A_TEAPOT, "{}").await).await, ApiError::Unexpected { .. }));
    assert!(matches!(error(page(StatusCode::BAD_GATEWAY, "<html>").await).await, ApiError::Temporary { .. }));
    let broken = json!({"users": (1..=9).map(|id| json!({"id": id, "flags": 5, "appointment": {"entityId": "x"}})).collect::<Vec<_>>()});
    let bench = Bench::start(move |_, call| match page_of(call) {
        Some(1) => gives(broken.clone()),
        Some(_) => gives(json!({"users": []})),
        None => other(call),
    })
    .await;
    let unreadable = error(bench).await;
    assert!(
        matches!(&unreadable, ApiError::Unreadable { detail, .. } if detail.contains("`flags` in 9")),
        "{unreadable}"
    );
}

#[tokio::test]
async fn without_the_right_on_employments_nothing_is_read_and_the_test_says_so() {
    let bench = Bench::start(|_, call| match page_of(call) {
        Some(1) => gives(json!({"users": [{"id": 1, "firstName": "Rotaready"}, {"id": 2, "firstName": "Ana", "flags": {"active": true}}]})),
        Some(_) => gives(json!({"users": []})),
        None => other(call),
    })
    .await;
    let error = pull(bench.client()).await.1.unwrap_err();
    assert!(
        matches!(&error, ApiError::Forbidden { detail, .. } if detail == "none of 1 accounts shows its `appointment`"),
        "{error}"
    );
    let steps = bench.client().probe().await;
    assert!(matches!(&steps[2].result, ProbeResult::Failed(ApiError::Forbidden { .. })), "{steps:?}");
    assert_eq!(bench.client().one(&"2".into()).await, Ok(None), "no such call");
}

#[tokio::test]
async fn set_ups_that_cannot_work_are_refused_before_anything_is_sent() {
    let bench = Bench::start(realm(1)).await;
    for (name, value) in [
        ("realm", "har:bour"),
        ("realm", "harbour vine"),
        ("members", "shoe=x"),
        ("time_zone", "Europe/\u{7f}"),
        ("requests_per_second", "fast"),
    ] {
        let mut parts = bench.parts();
        parts.parameters.insert(name.into(), value.into());
        assert!(matches!(Rotaready::new(&parts), Err(ApiError::Setup { .. })), "{name}={value}");
    }
    let mut parts = bench.parts();
    parts.secrets.insert("secret".into(), Secret::new("a:b"));
    assert!(matches!(Rotaready::new(&parts), Err(ApiError::Setup { .. })), "four parts are none");
    let mut parts = bench.parts();
    parts.pinned_account = Some("r2".into());
    assert!(matches!(pull(of(&parts)).await.1, Err(ApiError::OtherAccount { .. })));
    assert!(matches!(&of(&parts).probe().await[0].result, ProbeResult::Failed(ApiError::OtherAccount { .. })));
    assert_eq!((bench.calls.lock().unwrap().len(), *bench.tokens.lock().unwrap()), (0, 0));
}
