//! The client against answers that are written out here: sign-ins, forms, refusals, pages that cannot be believed.

use super::capabilities;
use super::client::LearnAmp;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::person::{Person, User, UserStatus};
use crate::domain::secret::Secret;
use crate::ports::api::{ApiError, ProbeResult};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteError};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// A call that came: `POST /v1/users`, its query and its body, decoded.
#[derive(Clone, Debug)]
struct Call {
    what: String,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    token: String,
}

impl Call {
    fn of(&self, name: &str) -> Option<&str> {
        let pairs = self.query.iter().chain(&self.form);
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

type Script = Arc<dyn Fn(usize, &Call) -> Response + Send + Sync>;

/// A server with its calls, and a client of it that waits for nothing.
struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

fn pairs(text: &str) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://x/?{text}")).unwrap().query_pairs().into_owned().collect()
}

impl Bench {
    /// `script` answers the n-th call (from 1) that is no sign-in.
    async fn start(script: impl Fn(usize, &Call) -> Response + Send + Sync + 'static) -> Self {
        Self::with_sign_in(
            |call| granted(&format!("t-{}", call.of("scope").unwrap_or_default().split(' ').count())),
            script,
        )
        .await
    }

    async fn with_sign_in(
        sign_in: impl Fn(&Call) -> Response + Send + Sync + 'static,
        script: impl Fn(usize, &Call) -> Response + Send + Sync + 'static,
    ) -> Self {
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&calls));
        let sign_in = Arc::new(sign_in);
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let call = Call {
                what: format!("{method} {}", uri.path()),
                query: pairs(uri.query().unwrap_or_default()),
                form: pairs(&String::from_utf8_lossy(&body)),
                token: headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default(),
            };
            let number = {
                let mut calls = log.lock().unwrap();
                calls.push(call.clone());
                calls.iter().filter(|call| !call.what.ends_with("/oauth/token")).count()
            };
            if call.what == "POST /oauth/token" { sign_in(&call) } else { script(number, &call) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { base, calls }
    }

    fn parts(&self, invitations: &str) -> ConnectParts {
        let mut parts = ConnectParts::default();
        for (name, value) in [
            ("base_url", format!("{}/v1/", self.base)),
            ("client_id", "key".to_owned()),
            ("invitations", invitations.to_owned()),
            ("requests_per_second", "100000".to_owned()),
        ] {
            parts.parameters.insert(name.into(), value);
        }
        parts.secrets.insert("client_secret".into(), Secret::new("hush"));
        parts
    }

    fn client(&self) -> LearnAmp {
        self.client_that("at_once")
    }

    fn client_that(&self, invitations: &str) -> LearnAmp {
        let short = Duration::from_millis(1);
        let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
        LearnAmp::with_rules(&self.parts(invitations), rules).unwrap()
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// What was called, sign-ins left out.
    fn called(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.what).filter(|what| !what.ends_with("/oauth/token")).collect()
    }
}

fn granted(token: &str) -> Response {
    let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": 7200, "scope": "", "created_at": 1});
    axum::Json(body).into_response()
}

fn says(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn no_scope() -> Response {
    says(400, json!({"error": "invalid_scope", "error_description": "unknown"}))
}

fn row(id: usize) -> Value {
    json!({"id": id, "firstName": "Priya", "lastName": format!("Nair{id}"), "email": format!("p{id}@x.example"),
        "jobTitle": "Chef", "location": "Leeds", "department": null, "role": "viewer", "integrationExternalId": format!("E/{id}"),
        "hireDate": "2025-03-17", "profileUrl": format!("https://acme.learnamp.com/en/users/{id}"),
        "status": {"status": if id.is_multiple_of(2) { "Deactivated" } else { "Confirmed" }, "time": "On 29 Nov 16"}})
}

/// A page of `rows` users, with its headers.
fn listed(call: &Call, count: usize, per_page: usize) -> Response {
    let page: usize = call.of("page").unwrap_or("1").parse().unwrap();
    let rows: Vec<Value> = ((page - 1) * per_page..count.min(page * per_page)).map(|at| row(at + 1)).collect();
    let mut answer = says(200, json!({"users": rows}));
    for (name, value) in [("total", count), ("per-page", per_page), ("total-pages", count.div_ceil(per_page))] {
        answer.headers_mut().insert(name, value.into());
    }
    answer
}

fn person() -> Person {
    Person {
        first_name: Some("Priya".into()),
        last_name: Some("Nair".into()),
        email: Some("priya.nair@example.com".into()),
        job_title: Some("Duty Manager".into()),
        branch: Some("Leeds & York".into()),
        start_date: Some(jiff::civil::date(2025, 3, 17)),
        ..Person::default()
    }
}

fn create() -> Write {
    Write::Create { identifier: Identifier::new("HR/1001"), person: person(), access_profile: Some("curator".into()) }
}

fn current() -> User {
    User {
        id: UserId::new("7"),
        identifier: Some(Identifier::new("HR/1001")),
        person: person(),
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: None,
        unreadable: None,
    }
}

fn update(field: Field, to: &str) -> Write {
    let changes = vec![FieldChange { field, from: None, to: Some(to.to_owned()) }];
    Write::Update { identifier: Identifier::new("HR/1001"), current: Box::new(current()), changes }
}

async fn pull(client: LearnAmp) -> (Vec<DestinationRecord>, Result<DestinationFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(4);
    let work = tokio::spawn(async move { client.pull(out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

#[tokio::test]
async fn everybody_is_read_by_the_size_that_the_answer_tells_and_every_status_is_named() {
    let bench = Bench::start(|_, call| listed(call, 205, 50)).await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.declared_total, facts.received), (205, 205, 205));
    assert_eq!(facts.account, "acme.learnamp.com");
    assert_eq!(records.iter().filter(|record| record.user.status == UserStatus::Inactive).count(), 102);
    let calls: Vec<Call> = bench.calls().into_iter().skip(1).collect();
    assert_eq!(calls.len(), 5, "the last page is told");
    for call in &calls {
        let statuses: Vec<&str> =
            call.query.iter().filter(|(key, _)| key == "filters[status][]").map(|(_, value)| value.as_str()).collect();
        assert_eq!(statuses, ["not_invited", "invite_scheduled", "invite_pending", "confirmed", "deactivated"]);
        assert_eq!((call.of("expanded"), call.token.as_str()), (Some("true"), "Bearer t-5"));
    }
}

#[tokio::test]
async fn pages_that_cannot_be_believed_are_read_again_and_then_given_up() {
    // A total that nobody fills, pages that repeat, and no end.
    let short = Bench::start(|_, call| listed(call, 30, 50)).await;
    assert_eq!(pull(short.client()).await.0.len(), 30);
    let torn = |number: usize, call: &Call| {
        let mut answer = listed(call, 30, 50);
        answer.headers_mut().insert("total", if number == 1 { 31.into() } else { 30.into() });
        answer
    };
    let bench = Bench::start(torn).await;
    assert_eq!(pull(bench.client()).await.1.unwrap().received, 30, "the second reading counts");
    for total in [31, 29] {
        let bench = Bench::start(move |_, call| {
            let mut answer = listed(call, 30, 50);
            answer.headers_mut().insert("total", total.into());
            answer
        })
        .await;
        assert!(matches!(pull(bench.client()).await.1, Err(ApiError::Incomplete { .. })), "{total}");
    }
    let circle = Bench::start(|_, _| {
        let mut answer = says(200, json!({"users": [row(1), row(2)]}));
        answer.headers_mut().insert("total", 500.into());
        answer
    })
    .await;
    assert!(matches!(pull(circle.client()).await.1, Err(ApiError::Incomplete { .. })));
    assert_eq!(circle.called().len(), 4, "each walk ends at the page that repeats");
}

#[tokio::test]
async fn the_trap_of_scopes_is_walked_around() {
    // A key with scopes of its own: named at once. An older one has none but `public`.
    let older = |call: &Call| if call.of("scope").is_some() { no_scope() } else { granted("old") };
    let bench = Bench::with_sign_in(older, |_, call| listed(call, 3, 50)).await;
    assert_eq!(pull(bench.client()).await.0.len(), 3);
    assert_eq!(bench.calls().last().unwrap().token, "Bearer old");

    // What it may do is used, what it lacks is named.
    let some = |call: &Call| match call.of("scope") {
        Some(scopes) if !scopes.contains("users:create") && !scopes.contains("users:deactivate") => granted("some"),
        _ => no_scope(),
    };
    let bench = Bench::with_sign_in(some, |_, call| match call.what.as_str() {
        "GET /v1/users" => listed(call, 3, 50),
        _ => says(403, json!({"error": "You do not have permission"})),
    })
    .await;
    let client = bench.client();
    let steps = client.probe().await;
    let results: Vec<bool> = steps.iter().map(|step| step.result == ProbeResult::Passed).collect();
    assert_eq!(results, [true, false, true], "{steps:?}");
    assert!(steps[1].detail.contains("lacks the scopes users:create, users:deactivate"), "{}", steps[1].detail);
    let Err(WriteError::NotSent(ApiError::Forbidden { detail, remedy, .. })) = client.write(&create()).await else {
        panic!("a scope is missing");
    };
    assert!(detail.ends_with("users:create") && remedy.contains("Company Settings"));

    let none = Bench::with_sign_in(|_| no_scope(), |_, _| says(500, json!({}))).await;
    let steps = none.client().probe().await;
    assert!(steps[0].detail.contains("users:read"), "{steps:?}");
    let wrong = |_: &Call| says(401, json!({"error": "invalid_client", "error_description": "no key hush"}));
    let wrong = Bench::with_sign_in(wrong, |_, _| says(500, json!({}))).await;
    let error = pull(wrong.client()).await.1.unwrap_err();
    assert!(matches!(error, ApiError::Refused { .. }) && !error.to_string().contains("hush"), "{error}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let bench = Bench::start(|number, _| match number {
        1 | 3 => says(401, json!({"error": "expired"})),
        2 => says(200, row(1)),
        _ => says(201, row(8)),
    })
    .await;
    let client = bench.client();
    let found = client.look_up(LookUp::Identifier(&Identifier::new("E/1"))).await.unwrap();
    assert_eq!(found[0].id.as_str(), "1");
    assert_eq!(client.write(&create()).await.unwrap().user.unwrap().as_str(), "8");
    let called = bench.called();
    let path = "GET /v1/users/by_integration_external_id/E%2F1";
    assert_eq!(called, [path, path, "POST /v1/users", "POST /v1/users"]);
    let bench = Bench::start(|_, _| says(401, json!({"error": "no"}))).await;
    let answer = bench.client().write(&create()).await;
    assert!(matches!(answer, Err(WriteError::NotSent(ApiError::Refused { .. }))), "{answer:?}");
}

#[tokio::test]
async fn a_creation_is_a_form_and_invites_only_where_it_may() {
    let bench = Bench::start(|_, _| says(201, row(8))).await;
    for invitations in ["at_once", "never", "hire_date"] {
        let answer = bench.client_that(invitations).write(&create()).await.unwrap();
        assert_eq!((answer.user.unwrap().as_str(), answer.created), ("8", true));
    }
    let calls: Vec<Call> = bench.calls().into_iter().filter(|call| call.what == "POST /v1/users").collect();
    let members: Vec<(&str, &str)> =
        calls[0].form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        members,
        [
            ("email", "priya.nair@example.com"),
            ("firstName", "Priya"),
            ("lastName", "Nair"),
            ("integrationExternalId", "HR/1001"),
            ("jobTitle", "Duty Manager"),
            ("location", "Leeds & York"),
            ("hireDate", "2025-03-17"),
            ("role", "curator")
        ]
    );
    assert_eq!(calls[1].of("skipInvitation"), Some("true"));
    assert_eq!(calls[2].form, calls[0].form, "it is the creation that waits");
    let parameters = |policy: &str| BTreeMap::from([("invitations".to_owned(), policy.to_owned())]);
    assert!(capabilities(&parameters("at_once")).mails_new_users && capabilities(&BTreeMap::new()).mails_new_users);
    assert!(!capabilities(&parameters("never")).mails_new_users);
    let on_hire_date = capabilities(&parameters("hire_date"));
    assert!(on_hire_date.mails_new_users && on_hire_date.creates_on_start);
    assert!(!capabilities(&parameters("at_once")).creates_on_start);
    assert!(matches!(LearnAmp::new(&bench.parts("on_hire_date")), Err(ApiError::Setup { .. })));
    let mut odd = bench.parts("never");
    odd.parameters.insert("quiet_updates".into(), "maybe".into());
    assert!(matches!(LearnAmp::new(&odd), Err(ApiError::Setup { .. })));
}

fn taken(members: &[&str]) -> Response {
    let all: serde_json::Map<String, Value> =
        members.iter().map(|member| ((*member).to_owned(), json!(["has already been taken"]))).collect();
    says(400, json!({"error": "Validation failed: priya.nair@example.com has already been taken", "fullErrors": all}))
}

#[tokio::test]
async fn a_creation_that_was_made_before_is_settled_by_reading() {
    let bench = |email: Option<&'static str>| {
        Bench::start(move |_, call| match (call.what.as_str(), email) {
            ("POST /v1/users", _) => taken(&["integrationExternalId", "email"]),
            ("GET /v1/users", _) => listed(call, 0, 50),
            (_, Some(email)) => {
                let mut row = row(8);
                (row["email"], row["integrationExternalId"]) = (json!(email), json!("HR/1001"));
                says(200, row)
            }
            (_, None) => says(404, json!({"error": "Not found"})),
        })
    };
    let same = bench(Some("Priya.Nair@example.com")).await.client().write(&create()).await.unwrap();
    assert_eq!((same.user.unwrap().as_str(), same.created, same.warnings.len()), ("8", false, 1));
    for other in [Some("somebody@example.com"), None] {
        let answer = bench(other).await.client().write(&create()).await;
        let Err(WriteError::Rejected { code, message, field, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!((code.as_str(), field.as_deref()), ("IDENTIFIER_IN_USE", Some("integrationExternalId")));
        assert_eq!(message, "another user has this external id");
    }
    let unread = Bench::start(|_, call| match call.what.as_str() {
        "POST /v1/users" => taken(&["email"]),
        _ => says(500, json!({"error": "oops"})),
    })
    .await;
    assert!(matches!(unread.client().write(&create()).await, Err(WriteError::Unknown { .. })));
}

#[tokio::test]
async fn an_update_goes_by_number_with_the_three_members_that_are_demanded() {
    let bench = Bench::start(|_, _| says(200, row(7))).await;
    let client = bench.client();
    client.write(&update(Field::Branch, "York")).await.unwrap();
    let link = Write::SetIdentifier {
        user: UserId::new("7"),
        current: Box::new(current()),
        identifier: Identifier::new("HR/1002"),
    };
    assert!(!client.write(&link).await.unwrap().created);
    let calls: Vec<Call> = bench.calls().into_iter().skip(1).collect();
    for (call, (name, value)) in calls.iter().zip([("location", "York"), ("integrationExternalId", "HR/1002")]) {
        assert_eq!((call.what.as_str(), call.form.len(), call.of(name)), ("PUT /v1/users/7", 4, Some(value)));
        assert_eq!(call.of("email"), Some("priya.nair@example.com"));
    }
}

#[tokio::test]
async fn switching_is_answered_by_nothing_and_that_is_an_answer() {
    let bench = Bench::start(|_, call| match call.what.as_str() {
        "PUT /v1/users/7" => says(200, row(7)),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
    .await;
    let client = bench.client();
    let (identifier, current) = (Identifier::new("HR/1001"), Box::new(current()));
    let leave = Write::Deactivate { identifier: identifier.clone(), current: current.clone(), end_date: None };
    let back = |changes| Write::Reactivate { identifier: identifier.clone(), current: current.clone(), changes };
    let change = FieldChange { field: Field::JobTitle, from: None, to: Some("Chef".into()) };
    for write in [leave, back(vec![]), back(vec![change])] {
        assert_eq!(client.write(&write).await.unwrap().user.unwrap().as_str(), "7");
    }
    assert_eq!(bench.called(), ["PUT /v1/users/7/deactivate", "PUT /v1/users/7/reactivate", "PUT /v1/users/7"]);
    assert_eq!(bench.calls().last().unwrap().of("reactivate"), Some("true"));
    // Where a body is due, none is no answer.
    let empty = Bench::start(|_, _| StatusCode::NO_CONTENT.into_response()).await;
    for write in [create(), update(Field::Branch, "York")] {
        assert!(matches!(empty.client().write(&write).await, Err(WriteError::Unknown { .. })));
    }
}

#[tokio::test]
async fn a_404_tells_a_user_who_is_gone_from_a_part_that_is_not_known() {
    let gone = Bench::start(|_, _| says(404, json!({"error": "Not found"}))).await;
    assert!(matches!(gone.client().write(&update(Field::Branch, "York")).await, Err(WriteError::Moved { .. })));
    let there = Bench::start(|_, call| match call.what.as_str() {
        "GET /v1/users/7" => says(200, row(7)),
        _ => says(404, json!({"error": "Not found"})),
    })
    .await;
    let answer = there.client().write(&update(Field::Branch, "York")).await;
    assert!(matches!(&answer, Err(WriteError::Rejected { code, .. }) if code == "PART_UNKNOWN"), "{answer:?}");
}

#[tokio::test]
async fn refusals_are_read_by_member_and_never_quote_the_person() {
    let refused = |status: u16, body: Value| async move {
        let bench = Bench::start(move |_, _| says(status, body.clone())).await;
        match bench.client().write(&create()).await {
            Err(WriteError::Rejected { code, message, .. }) => (code, message),
            other => panic!("{other:?}"),
        }
    };
    let full = json!({"email": ["is missing", "is empty"], "hireDate": ["Priya is no date"]});
    let (code, message) = refused(400, json!({"error": "email is missing, email is empty", "fullErrors": full})).await;
    assert_eq!((code.as_str(), message.as_str()), ("INVALID", "email is missing, is empty; hireDate is not accepted"));
    let (code, message) = refused(400, json!({"error": "managerId, managerEmail are mutually exclusive"})).await;
    assert_eq!((code.as_str(), message.as_str()), ("HTTP_400", "`managerId, managerEmail are mutually exclusive`"));
    let (code, message) = refused(422, json!({"error": "Nair cannot be hr"})).await;
    assert_eq!((code.as_str(), message.as_str()), ("HTTP_422", "Learn Amp said no"));
}

#[tokio::test]
async fn only_what_surely_was_not_done_is_sent_again() {
    let again = Bench::start(|number, _| match number {
        1 => says(429, json!({"error": "Too many requests"})),
        _ => says(201, row(8)),
    })
    .await;
    assert!(
        again.client().write(&create()).await.unwrap().created,
        "no time to wait is named, and it is waited all the same"
    );
    assert_eq!(again.called().len(), 2);
    let maintenance = Bench::start(|_, _| says(503, json!({"error": "maintenance"}))).await;
    let answer = maintenance.client().write(&create()).await;
    assert!(
        matches!(answer, Err(WriteError::Unknown { .. })),
        "it names no time, so a proxy may have said it: {answer:?}"
    );
    assert_eq!(maintenance.called().len(), 1);
    for (status, body) in
        [(500, "{\"error\": \"x\"}"), (502, "<html><title>Bad Gateway</title></html>"), (201, ""), (201, "{")]
    {
        let bench = Bench::start(move |_, _| (StatusCode::from_u16(status).unwrap(), Html(body)).into_response()).await;
        let answer = bench.client().write(&create()).await;
        assert!(matches!(answer, Err(WriteError::Unknown { .. })), "{status}: {answer:?}");
        assert_eq!(bench.called().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn lists_are_what_users_carry_and_are_read_once() {
    let bench = Bench::start(|_, call| listed(call, 3, 50)).await;
    let client = bench.client();
    let keys = async |table| -> Vec<String> {
        client.options(table).await.unwrap().into_iter().map(|option| option.key.0).collect()
    };
    assert_eq!(keys(ListKey::BRANCH).await, ["Leeds"]);
    assert_eq!(keys(ListKey::JOB_TITLE).await, ["Chef"]);
    assert!(keys(ListKey::DEPARTMENT).await.is_empty());
    assert_eq!(keys(ListKey::ACCESS_PROFILE).await.len(), 6);
    assert_eq!(bench.called().len(), 1);
    let option = Write::CreateOption { list: ListKey::JOB_TITLE, name: "Baker".into() };
    assert!(matches!(client.write(&option).await, Err(WriteError::NotSent(_))));
}

#[tokio::test]
async fn somebody_is_found_by_each_key_also_where_the_short_way_hides_them() {
    let bench = Bench::start(|_, call| match call.what.as_str() {
        "GET /v1/users" => listed(call, 2, 50),
        "GET /v1/users/2" => says(200, row(2)),
        _ => says(404, json!({"error": "Not found"})),
    })
    .await;
    let client = bench.client();
    let hidden = Identifier::new("E/2");
    let id = UserId::new("2");
    for key in [LookUp::Identifier(&hidden), LookUp::Email("P2@x.example "), LookUp::Id(&id)] {
        let found = client.look_up(key).await.unwrap();
        assert_eq!(found.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["2"], "{key:?}");
    }
    // A filter that is not there must not find everybody.
    assert!(client.look_up(LookUp::Identifier(&Identifier::new("E/9"))).await.unwrap().is_empty());
    assert!(client.look_up(LookUp::Id(&UserId::new("9"))).await.unwrap().is_empty());
}

#[tokio::test]
async fn users_whom_no_status_names_are_told_of() {
    let bench =
        Bench::start(|_, call| listed(call, if call.of("filters[status][]").is_some() { 4 } else { 6 }, 1)).await;
    let steps = bench.client().probe().await;
    assert_eq!(steps[2].result, ProbeResult::Warning);
    assert!(steps[2].detail.starts_with("4, and 2 more"), "{}", steps[2].detail);
}
