//! The simulator by the standard's own examples.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::world::Person;
use axum::body::Bytes;

const OPS: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn account(switches: Value) -> Account {
    let mut company = Company::new("scim", None);
    company.own.insert("switches".into(), switches);
    Account::open(company, &PLAIN)
}

fn send(account: &mut Account, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("content-type", "application/scim+json".parse().unwrap());
    let call = Call {
        method: method.parse().unwrap(),
        path: format!("/v2{path}"),
        query: crate::call::pairs(query),
        headers,
        body: Bytes::from(body.to_string()),
    };
    let answer = account.answer(&call, None);
    (answer.status, answer.body.unwrap_or_default())
}

fn ana() -> Value {
    json!({"schemas": [USER, ENTERPRISE], "userName": "ana@x.example", "externalId": "E1", "title": "Chef", "active": true,
        "name": {"givenName": "Ana", "familyName": "Lopes"}, "emails": [{"value": "ana@x.example", "primary": true}],
        ENTERPRISE: {"department": "Kitchen"}})
}

#[test]
fn a_user_is_made_changed_replaced_and_found() {
    let mut account = account(json!({}));
    let (status, made) = send(&mut account, "POST", "/Users", ana());
    assert_eq!((status, &made["externalId"]), (201, &json!("E1")));
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    assert_eq!(send(&mut account, "POST", "/Users", ana()).0, 409, "user names are unique");
    let change = json!({"schemas": [OPS], "Operations": [{"op": "replace", "path": "title", "value": "Boss"}]});
    assert_eq!(send(&mut account, "PATCH", &path, change).1["title"], "Boss");
    let (_, found) = send(&mut account, "GET", "/Users?filter=externalId+eq+%22E1%22", Value::Null);
    assert_eq!((&found["totalResults"], &found["Resources"][0]["title"]), (&json!(1), &json!("Boss")));
    let bare = json!({"schemas": [USER], "userName": "ana@x.example"});
    let (_, replaced) = send(&mut account, "PUT", &path, bare);
    assert_eq!((replaced.get("externalId"), replaced.get("title")), (None, None), "what is left out is lost");
}

#[test]
fn what_the_standard_forbids_is_refused() {
    let mut account = account(json!({}));
    let mut without = ana();
    without.as_object_mut().unwrap().shift_remove("schemas");
    let mut texts = ana();
    texts["active"] = json!("True");
    let mut bare_manager = ana();
    bare_manager[ENTERPRISE]["manager"] = json!("7");
    let mut two = ana();
    two["emails"] = json!([{"value": "a@x", "primary": true}, {"value": "b@x", "primary": true}]);
    for body in [without, texts, bare_manager, two, json!({"schemas": [USER]})] {
        assert_eq!(send(&mut account, "POST", "/Users", body.clone()).0, 400, "{body}");
    }
    assert!(account.users.is_empty());
    assert_eq!(send(&mut account, "GET", "/Users?cursor=", Value::Null).0, 501);
    assert_eq!(send(&mut account, "GET", "/Users/none", Value::Null).0, 404);
}

#[test]
fn who_is_set_inactive_is_kept_hidden_or_gone() {
    for (word, shown, again) in [("keeps", 200, 409), ("hides", 404, 409), ("deletes", 404, 201)] {
        let mut account = account(json!({"on_inactive": word}));
        let id = send(&mut account, "POST", "/Users", ana()).1["id"].as_str().unwrap().to_owned();
        let path = format!("/Users/{id}");
        let off = json!({"schemas": [OPS], "Operations": [{"op": "replace", "path": "active", "value": false}]});
        assert_eq!(send(&mut account, "PATCH", &path, off).0, 200);
        assert_eq!(send(&mut account, "GET", &path, Value::Null).0, shown, "{word}");
        assert_eq!(send(&mut account, "POST", "/Users", ana()).0, again, "{word}");
    }
}

#[test]
fn a_person_of_the_world_comes_back_as_it_went_in() {
    let person = Person {
        id: "7".into(),
        identifier: "E7".into(),
        first_name: "Leo".into(),
        last_name: "Marsh".into(),
        email: "leo@x.example".into(),
        job_title: "Waiter".into(),
        branch: "Quayside".into(),
        department: "Bar".into(),
        manager_id: "9".into(),
        status: "inactive".into(),
        ..Person::default()
    };
    let company = Company { people: vec![person.clone()], ..Company::new("scim", None) };
    let out = Account::open(company, &PLAIN).to_company().people.remove(0);
    assert_eq!(Person { own: Map::new(), ..out }, person);
}
