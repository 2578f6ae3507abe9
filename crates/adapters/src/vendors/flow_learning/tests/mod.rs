mod odd;

use super::http::FlowHttp;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::person::{Person, User, UserStatus};
use crate::domain::secret::Secret;
use crate::ports::api::{ApiError, ProbeResult};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{DestinationApi, LookUp, Write, WriteError};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// A company with fixed answers; writes are written down.
#[derive(Clone, Default)]
struct Company {
    learners: u64,
    /// Learners whom the total counts but no page shows.
    hidden: u64,
    first_page: u64,
    /// The company has the call for many records.
    feeds: bool,
    writes: Arc<Mutex<Vec<(String, Value)>>>,
}

fn learner(id: u64) -> Value {
    json!({"id": id, "identifier": format!("77_{id}"), "firstName": "Leo", "lastName": format!("L{id}"),
        "email": format!("l{id}@x.example"), "branchCode": "LDS01", "departmentName": "Kitchen", "jobTitle": "Chef",
        "dateOfBirth": "2001-09-05", "startDate": "2026-02-02", "endDate": "2026-03-01", "userProfile": "Employee",
        "status": if id.is_multiple_of(2) { "inactive" } else { "active" }})
}

fn page(items: Vec<Value>, company: &Company, params: &HashMap<String, String>, hidden: u64) -> Response {
    let size: usize = params.get("pageSize").and_then(|text| text.parse().ok()).unwrap_or(50);
    let number: u64 = params.get("page").and_then(|text| text.parse().ok()).unwrap_or(company.first_page);
    let from = usize::try_from(number - company.first_page).unwrap() * size;
    let total = items.len() as u64 + hidden;
    let items: Vec<Value> = items.into_iter().skip(from).take(size).collect();
    Json(json!({"items": items, "page": number, "pageSize": size, "total": total})).into_response()
}

type Params = Query<HashMap<String, String>>;

async fn employees(State(company): State<Company>, Query(params): Params) -> Response {
    let all = (1..=company.learners).map(learner);
    let items = all.filter(|row| params.get("email").is_none_or(|email| row["email"] == email.as_str())).collect();
    page(items, &company, &params, company.hidden)
}

async fn employee(State(company): State<Company>, Path(identifier): Path<String>) -> Response {
    match identifier.strip_prefix("77_").and_then(|id| id.parse().ok()).filter(|id| *id <= company.learners) {
        Some(id) => Json(learner(id)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": {"code": "NOT_FOUND"}}))).into_response(),
    }
}

async fn upsert(
    State(company): State<Company>,
    Path(identifier): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let (exists, is_new) = (headers.get("if-match"), headers.get("if-none-match"));
    if identifier == "edited"
        && exists.or(is_new).is_some_and(|value| value == "*")
        && exists.is_some() != is_new.is_some()
    {
        return (StatusCode::PRECONDITION_FAILED, Json(json!({"error": {"code": "PRECONDITION_FAILED"}})))
            .into_response();
    }
    company.writes.lock().unwrap().push((format!("PUT {identifier}"), body.clone()));
    let refusal = |status: StatusCode, code: &str, message: &str| {
        (
            status,
            Json(json!({"error": {"code": code, "message": message, "field": "jobTitle", "identifier": identifier}})),
        )
            .into_response()
    };
    match body["jobTitle"].as_str() {
        Some("Gone") => refusal(StatusCode::UNPROCESSABLE_ENTITY, "JOB_TITLE_UNKNOWN", "no job title for Leo Marsh"),
        Some("Secret") => refusal(StatusCode::UNAUTHORIZED, "BAD_CREDENTIALS", ""),
        Some("Page") => Html("<title>Log in</title>").into_response(),
        _ => {
            let known = identifier.starts_with("77_");
            let status = if known { StatusCode::OK } else { StatusCode::CREATED };
            let warning = json!({"code": "DEPARTMENT_UNKNOWN", "message": "unknown: Kitchen"});
            (status, Json(json!({"id": 9, "identifier": identifier, "warnings": [warning]}))).into_response()
        }
    }
}

/// Names all but the last record; says no to `Gone`.
async fn feed(State(company): State<Company>, Json(body): Json<Value>) -> Response {
    if !company.feeds {
        return (StatusCode::NOT_FOUND, Json(json!({"error": {"code": "NOT_FOUND"}}))).into_response();
    }
    company.writes.lock().unwrap().push(("POST feed".to_owned(), body.clone()));
    let mut rows = body["employees"].as_array().unwrap().clone();
    rows.pop();
    let results: Vec<Value> = rows
        .iter()
        .map(|row| match row["jobTitle"].as_str() {
            Some("Gone") => json!({"identifier": row["identifier"], "outcome": "rejected", "warnings": [],
                "errors": [{"code": "JOB_TITLE_UNKNOWN", "message": "no job title for Leo Marsh", "field": "jobTitle"}]}),
            _ => json!({"identifier": row["identifier"], "outcome": "created", "errors": [],
                "warnings": [{"code": "DEPARTMENT_UNKNOWN", "message": "unknown: Kitchen"}]}),
        })
        .collect();
    Json(json!({"results": results})).into_response()
}

async fn identifier(State(company): State<Company>, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    company.writes.lock().unwrap().push((format!("PUT learner {id}"), body));
    if id == 3 {
        return (StatusCode::CONFLICT, Json(json!({"error": {"code": "IDENTIFIER_IN_USE"}}))).into_response();
    }
    Json(learner(id)).into_response()
}

async fn branches(State(company): State<Company>, Query(params): Params) -> Response {
    let items = vec![
        json!({"code": "LDS01", "name": "Leeds", "active": true}),
        json!({"code": "LDS02", "name": "Leeds", "active": false}),
    ];
    page(items, &company, &params, 0)
}

async fn job_titles(State(company): State<Company>, Query(params): Params) -> Response {
    page((0..450).map(|n| json!({"name": format!("Title {n}"), "active": true})).collect(), &company, &params, 0)
}

async fn new_title(Json(body): Json<Value>) -> Response {
    match body["name"].as_str() {
        Some("Title 7") => (StatusCode::CONFLICT, Json(json!({"error": {"code": "EXISTS"}}))).into_response(),
        Some("No") => (StatusCode::FORBIDDEN, Json(json!({"error": {"code": "STRUCTURE_BY_HAND"}}))).into_response(),
        _ => (StatusCode::CREATED, Json(json!({"name": body["name"], "active": true}))).into_response(),
    }
}

async fn company_info(headers: HeaderMap) -> Response {
    // base64 of `HVINE:pass`.
    let good = headers.get("authorization").is_some_and(|value| value == "Basic SFZJTkU6cGFzcw==");
    if good {
        return Json(json!({"companyId": "HVINE", "name": "Harbour & Vine", "autoCreateStructure": true}))
            .into_response();
    }
    (StatusCode::UNAUTHORIZED, Json(json!({"error": {"code": "BAD_CREDENTIALS", "message": "bad"}}))).into_response()
}

async fn serve(company: Company) -> ConnectParts {
    let router = Router::new()
        .route("/v1/company", get(company_info))
        .route("/v1/employees", get(employees))
        .route("/v1/employees/{identifier}", get(employee).put(upsert))
        .route("/v1/learners/{id}/identifier", put(identifier))
        .route("/v1/feed", post(feed))
        .route("/v1/branches", get(branches))
        .route("/v1/departments", get(branches))
        .route("/v1/job-titles", get(job_titles).post(new_title))
        .route("/v1/user-profiles", get(|| async { Json(json!({"items": ["Employee", "Manager"]})) }))
        .with_state(company);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut parts = ConnectParts::default();
    for (key, value) in [("base_url", base.as_str()), ("company_id", "HVINE"), ("requests_per_second", "10000")] {
        parts.parameters.insert(key.into(), value.into());
    }
    parts.secrets.insert("secret".into(), Secret::new("pass"));
    parts
}

fn user(identifier: &str) -> User {
    User {
        id: UserId::new("9"),
        identifier: Some(Identifier::new(identifier)),
        person: Person {
            first_name: Some("Leo".into()),
            last_name: Some("Marsh".into()),
            branch: Some("LDS01".into()),
            job_title: Some("Chef".into()),
            end_date: Some(jiff::civil::date(2026, 1, 1)),
            ..Person::default()
        },
        status: UserStatus::Inactive,
        access_profile: Some("Employee".into()),
        manager: None,
        training: None,
        unreadable: None,
    }
}

fn title(to: &str) -> Vec<FieldChange> {
    vec![FieldChange { field: Field::JobTitle, from: Some("Chef".into()), to: Some(to.into()) }]
}

fn update(to: &str) -> Write {
    Write::Update { identifier: Identifier::new("77_9"), current: Box::new(user("77_9")), changes: title(to) }
}

#[tokio::test]
async fn all_learners_come_whatever_the_first_page_is_called() {
    for first_page in [0, 1] {
        let company = Company { learners: 450, first_page, ..Company::default() };
        let flow = FlowHttp::new(&serve(company).await).unwrap();
        let (out, mut from) = mpsc::channel(1000);
        let facts = flow.pull(out).await.unwrap();
        assert_eq!((facts.declared_total, facts.received), (450, 450));
        assert_eq!(facts.account, "company HVINE, Harbour & Vine");
        assert!(facts.can_create_options);
        let first = from.recv().await.unwrap();
        assert_eq!(first.user.identifier.as_ref().map(Identifier::as_str), Some("77_1"));
        assert_eq!(flow.options(ListKey::JOB_TITLE).await.unwrap().len(), 450);
        assert_eq!(flow.look_up(LookUp::Id(&UserId::new("449"))).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_list_shorter_than_its_total_is_refused() {
    let flow = FlowHttp::new(&serve(Company { learners: 3, hidden: 1, ..Company::default() }).await).unwrap();
    let (out, _from) = mpsc::channel(100);
    let error = flow.pull(out).await.unwrap_err();
    assert!(matches!(&error, ApiError::Incomplete { detail, .. } if detail.contains("3 of 4 rows")), "{error}");
}

#[tokio::test]
async fn people_are_found_and_options_listed() {
    let flow = FlowHttp::new(&serve(Company { learners: 5, ..Company::default() }).await).unwrap();
    let known = Identifier::new("77_2");
    let found = flow.look_up(LookUp::Identifier(&known)).await.unwrap();
    assert_eq!(found.first().unwrap().status, UserStatus::Inactive);
    assert!(flow.look_up(LookUp::Identifier(&Identifier::new("x/y"))).await.unwrap().is_empty());
    assert_eq!(flow.look_up(LookUp::Email("L3@x.example")).await.unwrap().len(), 0, "the stub compares exactly");
    assert_eq!(flow.look_up(LookUp::Email("l3@x.example")).await.unwrap().len(), 1);
    let branches = flow.options(ListKey::BRANCH).await.unwrap();
    let keys: Vec<(&str, bool)> = branches.iter().map(|option| (option.key.as_str(), option.active)).collect();
    assert_eq!(keys, [("LDS01", true), ("LDS02", false)]);
    let profiles = flow.options(ListKey::ACCESS_PROFILE).await.unwrap();
    assert_eq!(profiles.iter().map(|option| option.key.as_str()).collect::<Vec<_>>(), ["Employee", "Manager"]);
    let steps = flow.probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");
}

#[tokio::test]
async fn writes_replace_whole_records() {
    let company = Company { learners: 9, ..Company::default() };
    let flow = FlowHttp::new(&serve(company.clone()).await).unwrap();
    let last = || company.writes.lock().unwrap().last().cloned().unwrap();

    let new = Write::Create { identifier: Identifier::new("88/1"), person: user("").person, access_profile: None };
    let answer = flow.write(&new).await.unwrap();
    assert!(answer.created);
    assert_eq!(answer.user.as_ref().map(UserId::as_str), Some("9"));
    assert!(answer.warnings.first().unwrap().starts_with("DEPARTMENT_UNKNOWN: "));
    let (path, body) = last();
    assert_eq!(path, "PUT 88/1");
    assert_eq!(body["status"], "active");
    assert!(body.get("userProfile").is_none());

    let answer = flow.write(&update("Sous Chef")).await.unwrap();
    assert!(!answer.created);
    let (_, body) = last();
    assert_eq!(
        (&body["jobTitle"], &body["lastName"], body.get("status")),
        (&json!("Sous Chef"), &json!("Marsh"), None),
        "an update switches nobody on or off"
    );

    let current = Box::new(user("77_9"));
    let day = jiff::civil::date(2026, 5, 1);
    let leave =
        Write::Deactivate { identifier: Identifier::new("77_9"), current: current.clone(), end_date: Some(day) };
    flow.write(&leave).await.unwrap();
    assert_eq!((&last().1["endDate"], &last().1["status"]), (&json!("2026-05-01"), &json!("inactive")));

    let back =
        Write::Reactivate { identifier: Identifier::new("77_9"), current: current.clone(), changes: title("Porter") };
    flow.write(&back).await.unwrap();
    let (_, body) = last();
    assert_eq!(
        (&body["endDate"], &body["status"], &body["jobTitle"]),
        (&Value::Null, &json!("active"), &json!("Porter"))
    );

    let link = |id: &str| Write::SetIdentifier {
        user: UserId::new(id),
        current: current.clone(),
        identifier: Identifier::new("77_9"),
    };
    assert_eq!(flow.write(&link("4")).await.unwrap().user, Some(UserId::new("4")));
    assert_eq!(last(), ("PUT learner 4".to_owned(), json!({"identifier": "77_9"})));
    assert!(
        matches!(flow.write(&link("3")).await, Err(WriteError::Rejected { code, .. }) if code == "IDENTIFIER_IN_USE")
    );
}

#[tokio::test]
async fn a_record_that_is_not_as_it_was_read_is_left_alone() {
    let company = Company::default();
    let flow = FlowHttp::new(&serve(company.clone()).await).unwrap();
    let change = Write::Update {
        identifier: Identifier::new("edited"),
        current: Box::new(user("edited")),
        changes: title("Porter"),
    };
    for (write, said) in [(change, "no learner has"), (creation("edited", "Chef"), "a learner has")] {
        let answer = flow.write(&write).await;
        assert!(matches!(&answer, Err(WriteError::Moved { detail }) if detail.starts_with(said)), "{answer:?}");
    }
    assert!(company.writes.lock().unwrap().is_empty());
}

fn creation(identifier: &str, title: &str) -> Write {
    let person = Person { job_title: Some(title.into()), ..user("").person };
    Write::Create { identifier: Identifier::new(identifier), person, access_profile: None }
}

#[tokio::test]
async fn many_creations_go_in_one_request_and_each_has_its_own_answer() {
    let company = Company { feeds: true, ..Company::default() };
    let flow = FlowHttp::new(&serve(company.clone()).await).unwrap();
    let creations = [creation("88_1", "Chef"), creation("88_2", "Gone"), creation("88_3", "Chef")];
    let answers = flow.create_many(&creations).await;
    let made = answers[0].as_ref().unwrap();
    assert!(made.created && made.warnings[0].starts_with("DEPARTMENT_UNKNOWN: "));
    let Err(WriteError::Rejected { code, message, field, .. }) = &answers[1] else { panic!("{answers:?}") };
    assert_eq!((code.as_str(), field.as_deref()), ("JOB_TITLE_UNKNOWN", Some("jobTitle")));
    assert!(!message.contains("Marsh"), "{message}");
    assert!(matches!(&answers[2], Err(WriteError::Unknown { .. })), "not named: it may have been written");
    let writes = company.writes.lock().unwrap().clone();
    assert_eq!(writes.len(), 1);
    assert_eq!((&writes[0].1["dryRun"], writes[0].1["employees"].as_array().unwrap().len()), (&json!(false), 3));
}

#[tokio::test]
async fn a_company_without_that_call_gets_one_request_each() {
    let company = Company::default();
    let flow = FlowHttp::new(&serve(company.clone()).await).unwrap();
    let answers = flow.create_many(&[creation("88_1", "Chef"), creation("88_2", "Gone")]).await;
    assert!(answers[0].as_ref().unwrap().created);
    assert!(matches!(&answers[1], Err(WriteError::Rejected { status: 422, .. })));
    let paths: Vec<String> = company.writes.lock().unwrap().iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(paths, ["PUT 88_1", "PUT 88_2"]);
}

#[tokio::test]
async fn an_update_that_creates_is_told() {
    let flow = FlowHttp::new(&serve(Company::default()).await).unwrap();
    let write =
        Write::Update { identifier: Identifier::new("moved"), current: Box::new(user("moved")), changes: title("X") };
    let answer = flow.write(&write).await.unwrap();
    assert!(answer.created && answer.warnings.iter().any(|warning| warning.contains("new learner")));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let mut parts = serve(Company::default()).await;
    let flow = FlowHttp::new(&parts).unwrap();
    let error = flow.write(&update("Gone")).await.unwrap_err();
    let WriteError::Rejected { status, code, message, field } = error else { panic!("{error:?}") };
    assert_eq!((status, code.as_str(), field.as_deref()), (422, "JOB_TITLE_UNKNOWN", Some("jobTitle")));
    assert!(!message.contains("Marsh"), "{message}");
    assert!(matches!(flow.write(&update("Page")).await, Err(WriteError::Unknown { .. })));
    let refused = flow.write(&update("Secret")).await;
    assert!(matches!(&refused, Err(WriteError::NotSent(ApiError::Refused { .. }))), "{refused:?}");

    let option = |list, name: &str| Write::CreateOption { list, name: name.into() };
    let made = flow.write(&option(ListKey::JOB_TITLE, "New")).await.unwrap();
    assert_eq!(made.option.map(|key| key.0), Some("New".to_owned()));
    let there = flow.write(&option(ListKey::JOB_TITLE, "Title 7")).await.unwrap();
    assert_eq!(there.option.map(|key| key.0), Some("Title 7".to_owned()));
    let no = flow.write(&option(ListKey::JOB_TITLE, "No")).await;
    assert!(matches!(no, Err(WriteError::Rejected { status: 403, .. })));
    let profile = flow.write(&option(ListKey::ACCESS_PROFILE, "Boss")).await;
    assert!(matches!(profile, Err(WriteError::NotSent(ApiError::Setup { .. }))));

    parts.secrets.insert("secret".into(), Secret::new("pass "));
    let steps = FlowHttp::new(&parts).unwrap().probe().await;
    assert!(
        matches!(&steps.first().unwrap().result, ProbeResult::Failed(ApiError::Refused { detail, .. })
        if detail == "401 BAD_CREDENTIALS: Company ID or Secret is wrong (`bad`)"),
        "{steps:?}"
    );
    assert!(steps.iter().skip(1).all(|step| step.result == ProbeResult::NotTried));
}
