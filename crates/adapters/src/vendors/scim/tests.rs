//! The client against answers that are written out here: what servers in the field were seen to send (scim.md 4.2), and what none
//! should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::memory::{Memory, NO_COUNT, NO_IDENTIFIER_FILTER};
use super::options::Options;
use super::resource::Resource;
use super::{PROFILE, Scim};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::{Person, User, UserStatus};
use crate::domain::secret::Secret;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, Learnt, LookUp, Write, WriteError,
};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// A call that came: `GET /Users?count=100`, as it stood in the request.
#[derive(Clone, Debug)]
struct Call {
    what: String,
    body: Value,
    if_match: Option<String>,
}

type Script = Arc<dyn Fn(usize, &Call) -> Response + Send + Sync>;

/// A server with its calls, and a client of it that waits for nothing.
struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Bench {
    /// `script` answers the n-th call (from 1) that is none of discovery.
    async fn start(script: impl Fn(usize, &Call) -> Response + Send + Sync + 'static) -> Self {
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&calls));
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let path = uri.path_and_query().unwrap().as_str().to_owned();
            if path.starts_with("/ServiceProviderConfig") {
                return ok(json!({"etag": {"supported": true}, "pagination": {"cursor": false}}));
            }
            if path.starts_with("/Schemas") {
                return StatusCode::NOT_FOUND.into_response();
            }
            let if_match = headers.get("if-match").map(|value| value.to_str().unwrap().to_owned());
            let body = serde_json::from_slice(&body).unwrap_or_default();
            let call = Call { what: format!("{method} {path}"), body, if_match };
            let number = {
                let mut calls = log.lock().unwrap();
                calls.push(call.clone());
                calls.len()
            };
            script(number, &call)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { base, calls }
    }

    fn client(&self) -> Scim {
        self.client_that_knows(Learnt::default())
    }

    fn client_that_knows(&self, learnt: Learnt) -> Scim {
        let mut parts = ConnectParts { learnt, ..ConnectParts::default() };
        for (name, value) in [
            ("base_url", format!("{}/Users/", self.base)),
            ("deactivation", "keeps".into()),
            ("requests_per_second", "100000".into()),
        ] {
            parts.parameters.insert(name.into(), value);
        }
        parts.secrets.insert("token".into(), Secret::new("hush"));
        let short = Duration::from_millis(1);
        let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
        Scim::with_rules(&parts, &PROFILE, rules).unwrap()
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call.what.clone()).collect()
    }
}

fn ok(body: Value) -> Response {
    (StatusCode::OK, [("content-type", "application/scim+json")], body.to_string()).into_response()
}

fn list(total: usize, rows: &[Value]) -> Response {
    ok(json!({"totalResults": total, "Resources": rows}))
}

fn leo() -> Value {
    json!({"id": "7", "externalId": "E2", "userName": "leo@x.example", "active": true, "title": "Waiter",
        "name": {"givenName": "Leo", "familyName": "Marsh"}, "emails": [{"value": "leo@x.example", "primary": true}],
        "meta": {"version": "W/\"1\""}})
}

fn with(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

async fn pull(client: &Scim) -> (Vec<DestinationRecord>, Result<DestinationFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(1_000);
    let facts = client.pull(out).await;
    let mut records = Vec::new();
    while let Ok(record) = from.try_recv() {
        records.push(record);
    }
    (records, facts)
}

fn of(row: &Value) -> User {
    let parts = {
        let mut parts = ConnectParts::default();
        parts.parameters.insert("deactivation".into(), "keeps".into());
        parts
    };
    let options = Options::of(&parts, &PROFILE).unwrap();
    let (resource, faults) = Resource::read(&RawValue::from_string(row.to_string()).unwrap());
    resource.into_found(&options, &Memory::of("https://x", &Learnt::default()), faults).user
}

fn creation() -> Write {
    let person = Person {
        first_name: Some("Leo".into()),
        last_name: Some("Marsh".into()),
        email: Some("leo@x.example".into()),
        ..Person::default()
    };
    Write::Create { identifier: Identifier::from("E2"), person, access_profile: None }
}

fn title(from: &str, to: &str) -> Write {
    let change = FieldChange { field: Field::JobTitle, from: Some(from.into()), to: Some(to.into()) };
    Write::Update { identifier: Identifier::from("E2"), current: Box::new(of(&leo())), changes: vec![change] }
}

#[test]
fn what_servers_write_otherwise_is_read_all_the_same() {
    let loose = json!({"ID": 7, "externalID": 12, "USERNAME": "leo@x.example", "Active": "True", "Title": "Waiter",
        "Name": {"GivenName": "Leo", "familyname": "Marsh"}, "emails": {"VALUE": "leo@x.example"}, "groups": null});
    let user = of(&loose);
    assert_eq!((user.id.as_str(), user.identifier.as_ref().unwrap().as_str()), ("7", "12"));
    assert_eq!((user.person.first_name.as_deref(), user.person.last_name.as_deref()), (Some("Leo"), Some("Marsh")));
    assert_eq!(
        (user.person.email.as_deref(), user.status, user.unreadable),
        (Some("leo@x.example"), UserStatus::Active, None)
    );
    // The exact spelling counts where both are there; the primary e-mail before the one of work.
    let both = with(
        with(leo(), "externalid", json!("E9")),
        "emails",
        json!([
        {"value": "work@x.example", "type": "work"}, {"value": "main@x.example", "type": "home", "primary": "true"}]),
    );
    let user = of(&both);
    assert_eq!((user.identifier.unwrap().as_str(), user.person.email.as_deref()), ("E2", Some("main@x.example")));
    assert_eq!(of(&with(leo(), "active", json!("gone"))).status, UserStatus::Unclear("gone".into()));
    assert_eq!(of(&with(leo(), "active", json!("False"))).status, UserStatus::Inactive);
    let bare = with(leo(), "urn:IETF:params:scim:schemas:extension:enterprise:2.0:user", json!({"manager": "9"}));
    assert_eq!(of(&bare).manager, Some(UserId::from("9")));
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_read() {
    let odd = with(with(leo(), "title", json!({"x": 1})), "name", json!("Leo"));
    let user = of(&odd);
    assert_eq!(user.person.email.as_deref(), Some("leo@x.example"));
    let what = user.unreadable.unwrap().what;
    assert!(what.contains("`title` holds an object") && what.contains("`name.givenName`"), "{what}");
    assert_eq!(of(&with(leo(), "id", json!(null))).unreadable.unwrap().what, "`id` is empty");
    let broken = RawValue::from_string(r#"{"id": "7", "title": "\ud800", "userName": "a"}"#.to_owned()).unwrap();
    let (resource, faults) = Resource::read(&broken);
    assert_eq!((resource.id().as_deref(), faults[0].to_string().as_str()), (Some("7"), "`title` cannot be read"));
}

proptest! {
    #[test]
    fn no_row_makes_it_panic(text in r#"[\[\]{}",:a-fimN0-9.e\\ud-]{0,60}"#) {
        if let Ok(row) = RawValue::from_string(text) {
            let _ = Resource::read(&row);
        }
    }

    #[test]
    fn no_value_in_any_member_makes_it_panic(
        name in "id|externalId|userName|active|name|emails|title|meta|urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        value in r#"null|true|-1e9|""|"x"|\[\]|\[null\]|\[\[1\]\]|\[\{\}\]|\{\}|\{"value":\[\]\}|\{"manager":[12]\}"#
    ) {
        let row = with(leo(), &name, serde_json::from_str(&value).unwrap());
        let user = of(&row);
        prop_assert!(!user.id.as_str().is_empty());
    }
}

#[tokio::test]
async fn filters_are_quoted_and_encoded_and_their_answers_checked() {
    let bench = Bench::start(|_, call| match call.what.contains("filter=") {
        // Everybody comes, whatever is asked.
        true => list(2, &[leo(), with(leo(), "id", json!("8"))]),
        false => list(1, &[leo()]),
    })
    .await;
    let client = bench.client();
    let found = client.look_up(LookUp::Identifier(&Identifier::from("A \"+\\B"))).await.unwrap();
    assert!(found.is_empty());
    assert!(
        bench.calls()[0].ends_with("/Users?filter=externalId%20eq%20%22A%20%5C%22%2B%5C%5CB%22"),
        "{:?}",
        bench.calls()
    );
    assert!(client.learnt().ways.contains(NO_IDENTIFIER_FILTER));
    // Who knows that does not ask again.
    let again = bench.client_that_knows(client.learnt());
    bench.calls.lock().unwrap().clear();
    again.look_up(LookUp::Identifier(&Identifier::from("E2"))).await.unwrap();
    assert_eq!(bench.calls(), ["GET /Users?startIndex=1&count=100"]);
}

#[tokio::test]
async fn two_carriers_of_one_identifier_are_an_error_and_not_a_choice() {
    let bench = Bench::start(|_, _| list(2, &[leo(), with(leo(), "id", json!("8"))])).await;
    let error = bench.client().look_up(LookUp::Identifier(&Identifier::from("E2"))).await.unwrap_err();
    assert!(error.to_string().contains("users 7 and 8 carry one externalId"), "{error}");
}

#[tokio::test]
async fn a_list_that_does_not_reach_its_total_is_refused() {
    let bench = Bench::start(|_, _| list(3, &[leo()])).await;
    let (records, facts) = pull(&bench.client()).await;
    assert!(matches!(facts, Err(ApiError::Incomplete { .. })), "{facts:?}");
    assert_eq!(records.len(), 1);
    // `totalResults` of another type, `Resources` alone or null.
    for (answer, count) in [
        (json!({"totalResults": "1", "Resources": [leo()]}), 1),
        (json!({"totalresults": 1, "resources": leo()}), 1),
        (json!({"totalResults": 0, "Resources": null}), 0),
        (json!({"Resources": [leo()]}), 1),
    ] {
        let bench = Bench::start(move |_, _| ok(answer.clone())).await;
        let (records, facts) = pull(&bench.client()).await;
        assert_eq!((facts.unwrap().received, records.len()), (count, count as usize));
    }
}

#[tokio::test]
async fn a_list_without_a_total_is_read_until_nobody_comes_whatever_a_page_holds() {
    // The server's own maximum is below what is asked for.
    let bench = Bench::start(|_, call| {
        let start = call.what.split("startIndex=").nth(1).and_then(|rest| rest.split('&').next());
        let start: usize = start.unwrap().parse().unwrap();
        let user = |number: usize| with(leo(), "id", json!(number.to_string()));
        ok(json!({"Resources": (start..=5).take(2).map(user).collect::<Vec<_>>()}))
    })
    .await;
    let (records, facts) = pull(&bench.client()).await;
    assert_eq!((facts.unwrap().declared_total, records.len()), (5, 5));
}

#[tokio::test]
async fn a_page_for_people_is_no_list_and_a_refused_token_no_missing_feature() {
    let bench = Bench::start(|_, _| Html("<html><title>Log in</title></html>").into_response()).await;
    assert!(matches!(pull(&bench.client()).await.1, Err(ApiError::WrongAddress { .. })));
    let bench = Bench::start(|_, _| (StatusCode::UNAUTHORIZED, Html("<html></html>")).into_response()).await;
    let client = bench.client();
    assert!(matches!(pull(&client).await.1, Err(ApiError::Refused { .. })));
    assert!(!client.learnt().ways.contains(NO_COUNT));
    assert_eq!(bench.calls().len(), 1);
}

#[tokio::test]
async fn a_creation_is_sent_once_whatever_comes_back() {
    for status in [500_u16, 502, 504] {
        let bench = Bench::start(move |_, call| match call.what.starts_with("POST") {
            true => (StatusCode::from_u16(status).unwrap(), Html("<html>sorry</html>")).into_response(),
            false => list(0, &[]),
        })
        .await;
        let answer = bench.client().write(&creation()).await;
        assert!(matches!(answer, Err(WriteError::Unknown { .. })), "{status}: {answer:?}");
        assert_eq!(bench.calls().iter().filter(|call| call.starts_with("POST")).count(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_duplicate_that_is_the_very_user_is_taken_for_it_and_anybody_else_is_not() {
    let other = with(leo(), "externalId", json!("E9"));
    let inactive = with(leo(), "active", json!(false));
    for (held, code) in [
        (vec![leo()], None),
        (vec![other], Some("EMAIL_IN_USE")),
        (vec![inactive], Some("IDENTIFIER_IN_USE")),
        (vec![with(leo(), "userName", json!("petra@x.example"))], Some("IDENTIFIER_IN_USE")),
        (vec![], Some("HIDDEN_THERE")),
    ] {
        let rows = held.clone();
        let bench = Bench::start(move |_, call| match call.what.starts_with("POST") {
            true => (StatusCode::CONFLICT, "{}").into_response(),
            false => list(rows.len(), &rows),
        })
        .await;
        match (bench.client().write(&creation()).await, code) {
            (Ok(answer), None) => {
                assert_eq!((answer.user, answer.warnings.len()), (Some(UserId::from("7")), 1), "adopted, and said so");
            }
            (Err(WriteError::Rejected { code, .. }), Some(expected)) => assert_eq!(code, expected),
            (answer, _) => panic!("{code:?}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn names_that_are_none_are_not_sent() {
    let bench = Bench::start(|_, _| list(0, &[])).await;
    for email in [None, Some("leo marsh@x.example".to_owned()), Some(format!("{}@x.example", "x".repeat(250)))] {
        let Write::Create { identifier, person, .. } = creation() else { panic!("a creation") };
        let write = Write::Create { identifier, person: Person { email, ..person }, access_profile: None };
        let answer = bench.client().write(&write).await;
        assert!(matches!(&answer, Err(WriteError::Rejected { code, .. }) if code == "BAD_USER_NAME"), "{answer:?}");
    }
    assert!(bench.calls().is_empty());
}

#[tokio::test]
async fn a_412_is_looked_at_and_the_change_sent_once_more_where_it_still_holds() {
    for (now, fits) in [(with(leo(), "nickName", json!("L")), true), (with(leo(), "title", json!("Owner")), false)] {
        let now = with(now, "meta", json!({"version": "W/\"2\""}));
        let bench = Bench::start(move |_, call| match (call.what.split(' ').next(), call.if_match.as_deref()) {
            (Some("GET"), _) if call.what.contains("filter") => list(1, &[leo()]),
            (Some("GET"), _) => ok(now.clone()),
            (_, Some("W/\"2\"")) => ok(with(now.clone(), "title", json!("Sous Chef"))),
            _ => StatusCode::PRECONDITION_FAILED.into_response(),
        })
        .await;
        let client = bench.client();
        client.look_up(LookUp::Identifier(&Identifier::from("E2"))).await.unwrap();
        let answer = client.write(&title("Waiter", "Sous Chef")).await;
        match fits {
            true => assert_eq!(answer.unwrap().user, Some(UserId::from("7"))),
            false => assert!(matches!(answer, Err(WriteError::Moved { .. })), "{answer:?}"),
        }
        let tags: Vec<Option<String>> = bench
            .calls
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.what.starts_with("PATCH"))
            .map(|call| call.if_match.clone())
            .collect();
        assert_eq!(tags[0].as_deref(), Some("W/\"1\""), "{tags:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_value_is_no_reason_for_another_form() {
    let bench = Bench::start(|_, _| {
        let body = json!({"status": 400, "scimType": "invalidValue", "detail": "title Sous Chef is not allowed"});
        (StatusCode::BAD_REQUEST, body.to_string()).into_response()
    })
    .await;
    let answer = bench.client().write(&title("Waiter", "Sous Chef")).await;
    let Err(WriteError::Rejected { status, code, message, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!((status, code.as_str()), (400, "invalidValue"));
    assert!(!message.contains("Sous Chef"), "what was sent is not repeated: {message}");
    assert_eq!(bench.calls().len(), 1);
}

#[tokio::test]
async fn put_sends_the_user_as_it_stands_without_what_is_the_server_s() {
    let full = with(with(leo(), "groups", json!([{"value": "g"}])), "urn:x:y:User", json!({"badge": 7}));
    let held = full.clone();
    let bench = Bench::start(move |_, call| match call.what.split(' ').next() {
        Some("PATCH") => (StatusCode::METHOD_NOT_ALLOWED, Html("<html></html>")).into_response(),
        Some("PUT") => ok(with(held.clone(), "title", json!("Sous Chef"))),
        _ => ok(held.clone()),
    })
    .await;
    let client = bench.client();
    client.write(&title("Waiter", "Sous Chef")).await.unwrap();
    let put = bench.calls.lock().unwrap().iter().find(|call| call.what.starts_with("PUT")).unwrap().body.clone();
    for gone in ["id", "meta", "groups"] {
        assert!(put.get(gone).is_none(), "{gone}");
    }
    assert_eq!(
        (&put["title"], &put["externalId"], &put["urn:x:y:User"]["badge"]),
        (&json!("Sous Chef"), &json!("E2"), &json!(7))
    );
    assert!(put["schemas"].as_array().unwrap().contains(&json!("urn:x:y:User")));
    bench.calls.lock().unwrap().clear();
    client.write(&title("Waiter", "Sous Chef")).await.unwrap();
    assert!(!bench.calls().iter().any(|call| call.starts_with("PATCH")), "learnt");
}

#[tokio::test]
async fn a_text_that_the_server_holds_otherwise_is_written_once() {
    let bench = Bench::start(|_, call| match call.what.split(' ').next() {
        Some("PATCH") => ok(with(leo(), "title", json!("Chef de Par"))),
        _ => list(1, &[with(leo(), "title", json!("Chef de Par"))]),
    })
    .await;
    let client = bench.client();
    client.write(&title("Waiter", "Chef de Partie")).await.unwrap();
    let again = bench.client_that_knows(client.learnt());
    assert_eq!(pull(&again).await.0[0].user.person.job_title.as_deref(), Some("Chef de Partie"));
}

#[tokio::test]
async fn a_deactivation_without_an_answer_is_settled_by_reading() {
    let bench = Bench::start(|_, call| match call.what.starts_with("PATCH") {
        true => (StatusCode::BAD_GATEWAY, Html("<html></html>")).into_response(),
        false => ok(with(leo(), "active", json!(false))),
    })
    .await;
    let write = Write::Deactivate { identifier: Identifier::from("E2"), current: Box::new(of(&leo())), end_date: None };
    let answer = bench.client().write(&write).await.unwrap();
    assert!(!answer.gone);
    // The address answers 404 to everything: that proves nothing of anybody.
    let bench = Bench::start(|_, call| match call.what.contains("/Users/7") {
        true => StatusCode::NOT_FOUND.into_response(),
        false => list(1, &[leo()]),
    })
    .await;
    let answer = bench.client().write(&write).await;
    assert!(matches!(answer, Err(WriteError::Moved { .. })), "{answer:?}");
}
