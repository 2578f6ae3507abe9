use super::client::Planday;
use crate::domain::ids::EmployeeId;
use crate::domain::person::EmploymentStatus;
use crate::domain::secret::Secret;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeResult};
use crate::ports::clock::FixedClock;
use crate::ports::connect::{ConnectParts, Kept};
use crate::ports::source::{KnownRecords, NothingKnown, SourceApi, SourceRecord};
use crate::vendors::retry::RetryRules;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// A portal with fixed answers and a few ways of being difficult.
#[derive(Clone, Default)]
struct Portal {
    active: Vec<i64>,
    leavers: Vec<i64>,
    /// Ids that the by-id call refuses.
    unknown: Vec<i64>,
    /// The first walk's first page doubles a row in place of its last one.
    doubles: u32,
    always_doubles: bool,
    null_paging: bool,
    no_scope: bool,
    rotate: bool,
    /// Access tokens below this number are answered 401.
    expired_below: Arc<Mutex<u32>>,
    /// What the token call says of the token's life; 3600 where nothing stands here.
    expires_in: Value,
    /// Holds the answer to the token call back.
    gate: Option<Arc<Notify>>,
    /// Statuses of details, by id.
    failing: HashMap<i64, u16>,
    /// Job title of number 5.
    title: Arc<Mutex<i64>>,
    state: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    tokens: u32,
    refresh: Vec<String>,
    pages: u32,
    details: u32,
    log: Vec<String>,
}

type Params = Query<HashMap<String, String>>;

impl Portal {
    fn refusal(&self, headers: &HeaderMap) -> Option<Response> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let number: u32 =
            text("authorization").strip_prefix("Bearer access-").and_then(|n| n.parse().ok()).unwrap_or(0);
        let good = number > 0 && number >= *self.expired_below.lock().unwrap() && text("x-clientid") == "app-1";
        (!good).then(|| StatusCode::UNAUTHORIZED.into_response())
    }

    fn page(&self, ids: &[i64], params: &HashMap<String, String>) -> Response {
        let offset: usize = params.get("offset").and_then(|text| text.parse().ok()).unwrap_or(0);
        let limit: usize = params.get("limit").and_then(|text| text.parse().ok()).unwrap_or(50);
        let mut counts = self.state.lock().unwrap();
        counts.pages += 1;
        let mut rows: Vec<i64> = ids.iter().copied().skip(offset).take(limit.min(50)).collect();
        if offset == 0 && rows.len() > 1 && (self.always_doubles || counts.pages <= self.doubles) {
            rows.pop();
            rows.extend(rows.first().copied());
        }
        let birth = params.get("special").is_some_and(|special| special == "BirthDate");
        let data: Vec<Value> = rows
            .iter()
            .map(|id| {
                let birth_date = birth.then_some("1990-05-06");
                json!({"id": id, "firstName": format!("N{id}"), "lastName": "X", "email": "", "userName": format!("n{id}@x.example"),
                    "hiredDate": "2024-01-02", "dateTimeModified": "2026-01-15T16:03:10Z", "departments": [1], "birthDate": birth_date, "ssn": null})
            })
            .collect();
        let paging = (!self.null_paging).then(|| json!({"offset": offset, "limit": 50, "total": ids.len()}));
        Json(json!({"paging": paging, "data": data})).into_response()
    }
}

async fn token(State(portal): State<Portal>, Form(form): Form<HashMap<String, String>>) -> Response {
    if let Some(gate) = &portal.gate {
        gate.notified().await;
    }
    let mut counts = portal.state.lock().unwrap();
    let refresh = form.get("refresh_token").cloned().unwrap_or_default();
    if refresh == "revoked" {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    }
    counts.tokens += 1;
    counts.refresh.push(refresh);
    let number = counts.tokens;
    counts.log.push(format!("token {number}"));
    let next = portal.rotate.then(|| format!("refresh-{number}"));
    let life = if portal.expires_in.is_null() { json!(3600) } else { portal.expires_in.clone() };
    Json(json!({"access_token": format!("access-{number}"), "expires_in": life, "token_type": "Bearer", "refresh_token": next}))
        .into_response()
}

async fn info(State(portal): State<Portal>, headers: HeaderMap) -> Response {
    portal.state.lock().unwrap().log.push("info".into());
    let answer = json!({"data": {"id": 40817, "name": "Harbour Kitchens", "timeZone": "Europe/London"}});
    portal.refusal(&headers).unwrap_or_else(|| Json(answer).into_response())
}

async fn active(State(portal): State<Portal>, headers: HeaderMap, Query(params): Params) -> Response {
    if portal.no_scope && params.contains_key("special") {
        return StatusCode::FORBIDDEN.into_response();
    }
    portal.refusal(&headers).unwrap_or_else(|| portal.page(&portal.active, &params))
}

async fn leavers(State(portal): State<Portal>, headers: HeaderMap, Query(params): Params) -> Response {
    portal.refusal(&headers).unwrap_or_else(|| portal.page(&portal.leavers, &params))
}

async fn departments(State(portal): State<Portal>, headers: HeaderMap) -> Response {
    let answer = json!({"paging": null, "data": [{"id": 1, "name": "Kitchen", "number": ""}]});
    // The same page whatever the offset: only a null-paging list that is not advanced would end here.
    let page = json!({"paging": {"offset": 0, "limit": 50, "total": 1}, "data": answer["data"]});
    portal.refusal(&headers).unwrap_or_else(|| Json(page).into_response())
}

async fn definitions(State(portal): State<Portal>, headers: HeaderMap) -> Response {
    let answer = json!({"data": {"properties": {
        "custom_1": {"$ref": "#/definitions/a", "description": "Job title (Flow)"},
        "custom_2": {"$ref": "#/definitions/b", "description": "Branch (Flow)"}},
        "definitions": {
            "a": {"anyOf": [{"type": "integer", "enum": [501, 502], "values": ["Chef", "Porter"]}, {"type": "null"}]},
            "b": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}});
    portal.refusal(&headers).unwrap_or_else(|| Json(answer).into_response())
}

async fn detail(State(portal): State<Portal>, headers: HeaderMap, Path(id): Path<i64>) -> Response {
    portal.state.lock().unwrap().details += 1;
    if portal.unknown.contains(&id) {
        return (StatusCode::BAD_REQUEST, "Employee id is invalid").into_response();
    }
    if let Some(status) = portal.failing.get(&id) {
        return StatusCode::from_u16(*status).unwrap().into_response();
    }
    let title = if id == 5 { 501 + *portal.title.lock().unwrap() } else { 501 };
    let answer = json!({"data": {"id": id, "hiredFrom": "2024-01-03", "isDeactivated": false, "gender": "Male",
        "custom_1": {"name": "Job title (Flow)", "type": "Dropdown", "value": title, "url": null},
        "custom_2": {"name": "Branch (Flow)", "type": "Text", "value": "Pier ", "url": null}}});
    portal.refusal(&headers).unwrap_or_else(|| Json(answer).into_response())
}

async fn serve(portal: Portal) -> ConnectParts {
    let router = Router::new()
        .route("/connect/token", post(token))
        .route("/portal/v1.0/info", get(info))
        .route("/hr/v1.0/employees", get(active))
        .route("/hr/v1.0/employees/deactivated", get(leavers))
        .route("/hr/v1.0/employees/fielddefinitions", get(definitions))
        .route("/hr/v1.0/employees/{id}", get(detail))
        .route("/hr/v1.0/departments", get(departments))
        .with_state(portal);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut parts = ConnectParts::default();
    for (key, value) in
        [("base_url", base.as_str()), ("identity_url", &base), ("client_id", "app-1"), ("requests_per_second", "10000")]
    {
        parts.parameters.insert(key.into(), value.into());
    }
    parts.secrets.insert("refresh_token".into(), Secret::new("refresh-0"));
    parts
}

async fn pull(parts: &ConnectParts) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    pull_with(parts, NothingKnown).await
}

async fn pull_with(
    parts: &ConnectParts,
    known: impl KnownRecords + 'static,
) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
    let client = Planday::new(parts).unwrap().with_rules(rules);
    let (out, mut from) = mpsc::channel(4);
    let work = tokio::spawn(async move { client.pull(&known, out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

#[tokio::test]
async fn everybody_comes_once_in_order_with_details() {
    let portal = Portal { active: (1..=120).collect(), leavers: vec![200, 201], ..Portal::default() };
    let parts = serve(portal.clone()).await;
    let (records, facts) = pull(&parts).await;
    let facts = facts.unwrap();
    assert_eq!((facts.declared_total, facts.received, records.len()), (122, 122, 122));
    assert_eq!((facts.account.as_str(), facts.account_id.as_str()), ("portal 40817, Harbour Kitchens", "40817"));
    let ids: Vec<i64> = records.iter().map(|record| record.employee.id.as_str().parse().unwrap()).collect();
    assert_eq!(ids, (1..=120).chain([200, 201]).collect::<Vec<_>>());
    let first = &records.first().unwrap().employee;
    assert_eq!(first.identifier.as_str(), "40817_1");
    assert_eq!(first.person.job_title.as_deref(), Some("Chef"));
    assert_eq!(first.person.branch.as_deref(), Some("Pier "));
    assert_eq!(first.person.email.as_deref(), Some("n1@x.example"));
    assert!(first.person.date_of_birth.is_some());
    assert_eq!(first.person.start_date, Some(jiff::civil::date(2024, 1, 3)));
    assert_eq!(records.last().unwrap().employee.status, EmploymentStatus::Ended);
    assert!(!records.first().unwrap().raw.to_string().contains("gender"));
    assert!(facts.warnings.iter().any(|warning| warning.contains("free-text")), "{:?}", facts.warnings);
    assert_eq!(facts.values.iter().map(|value| value.value.as_str()).collect::<Vec<_>>(), ["Chef", "Porter"]);
    let counts = portal.state.lock().unwrap();
    assert_eq!((counts.tokens, counts.details, counts.pages), (1, 120, 4));
}

#[tokio::test]
async fn doubled_rows_are_read_again_and_then_refused() {
    let portal = Portal { active: (1..=60).collect(), doubles: 1, ..Portal::default() };
    let (records, facts) = pull(&serve(portal.clone()).await).await;
    assert_eq!(facts.unwrap().received, 60);
    assert_eq!(records.len(), 60);
    assert_eq!(portal.state.lock().unwrap().details, 60, "nobody is fetched twice");

    let portal = Portal { active: vec![1, 2, 3], always_doubles: true, ..Portal::default() };
    let (_, facts) = pull(&serve(portal).await).await;
    // The last row is pushed out of the first page, but an offset counted by different ids still reaches it.
    assert_eq!(facts.unwrap().received, 3);

    let mut portal = Portal { active: vec![1, 2], ..Portal::default() };
    portal.active = vec![1, 1];
    let (_, facts) = pull(&serve(portal).await).await;
    assert!(
        matches!(&facts, Err(ApiError::Incomplete { detail, .. }) if detail.contains("page 2 only repeats rows")),
        "{facts:?}"
    );
}

#[tokio::test]
async fn paging_may_be_null_and_unknown_ids_are_leavers_or_unreadable() {
    let portal = Portal {
        active: (1..=55).collect(),
        leavers: vec![7],
        unknown: vec![7, 8],
        null_paging: true,
        ..Portal::default()
    };
    let (records, facts) = pull(&serve(portal).await).await;
    let facts = facts.unwrap();
    // 7 was deactivated meanwhile and comes as a leaver, once; of 8 nobody knows.
    assert_eq!((records.len(), facts.declared_total, facts.received), (55, 55, 55));
    let seven: Vec<_> = records.iter().filter(|record| record.employee.id.as_str() == "7").collect();
    assert_eq!(seven.len(), 1);
    assert_eq!(seven.first().unwrap().employee.status, EmploymentStatus::Ended);
    assert_eq!(seven.first().unwrap().employee.unreadable, None);
    let eight = &records.iter().find(|record| record.employee.id.as_str() == "8").unwrap().employee;
    assert_eq!(eight.status, EmploymentStatus::Active);
    assert_eq!(
        eight.unreadable.as_ref().unwrap().what,
        "Planday lists this person as active but answers 400 to the record"
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all() {
    let portal = Portal { active: (1..=40).collect(), ..Portal::default() };
    let parts = serve(portal.clone()).await;
    let client = Arc::new(Planday::new(&parts).unwrap());
    client.portal().await.unwrap();
    *portal.expired_below.lock().unwrap() = 2;
    let (out, mut from) = mpsc::channel(100);
    let facts = client.pull(&NothingKnown, out).await.unwrap();
    assert_eq!(facts.received, 40);
    assert!(from.recv().await.is_some());
    assert_eq!(portal.state.lock().unwrap().tokens, 2);
    *portal.expired_below.lock().unwrap() = 100;
    assert!(matches!(client.portal().await, Err(ApiError::Refused { .. })));
}

#[tokio::test]
async fn a_rotated_token_is_saved_before_the_access_token_is_used() {
    let portal = Portal { active: vec![1], rotate: true, ..Portal::default() };
    let mut parts = serve(portal.clone()).await;
    let state = Arc::clone(&portal.state);
    parts.keeping.save = Arc::new(move |name, secret| {
        state.lock().unwrap().log.push(format!("save {name} {}", secret.reveal()));
        Kept::Replaced
    });
    let client = Planday::new(&parts).unwrap();
    client.portal().await.unwrap();
    *portal.expired_below.lock().unwrap() = 2;
    client.portal().await.unwrap();
    let counts = portal.state.lock().unwrap();
    assert_eq!(counts.refresh, ["refresh-0", "refresh-1"]);
    assert_eq!(
        counts.log,
        ["token 1", "save refresh_token refresh-1", "info", "info", "token 2", "save refresh_token refresh-2", "info"]
    );
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let mut parts = serve(Portal { active: vec![1], no_scope: true, ..Portal::default() }).await;
    let (_, facts) = pull(&parts).await;
    assert!(
        matches!(&facts, Err(ApiError::Forbidden { detail, remedy, .. })
        if detail.contains("birthdate:read") && remedy.contains("Create App")),
        "{facts:?}"
    );
    let steps = Planday::new(&parts).unwrap().probe().await;
    let step = |name: &str| steps.iter().find(|step| step.name == name).unwrap();
    assert_eq!(step("sign in").detail, "token good for 60 min");
    assert_eq!(step("portal").detail, "40817, Harbour Kitchens, Europe/London");
    assert!(step("employees").detail.starts_with("1 active, 0 deactivated; first page 1 in"));
    assert!(matches!(step("birth dates").result, ProbeResult::Failed(ApiError::Forbidden { .. })));
    assert_eq!(step("field Job title (Flow)").detail, "dropdown, 2 options");
    assert_eq!(step("field Branch (Flow)").result, ProbeResult::Warning);

    parts.pinned_account = Some("999".into());
    assert!(matches!(pull(&parts).await.1, Err(ApiError::OtherAccount { .. })));
    parts.secrets.insert("refresh_token".into(), Secret::new("revoked"));
    let (_, facts) = pull(&parts).await;
    assert!(matches!(&facts, Err(ApiError::Refused { detail, .. }) if detail.contains("invalid_grant")), "{facts:?}");
    let steps = Planday::new(&parts).unwrap().probe().await;
    assert!(steps.iter().skip(1).all(|step| step.result == ProbeResult::NotTried) && steps.len() == 5);
}

/// What the engine would keep of a pull.
struct LastPull {
    raw: HashMap<EmployeeId, Value>,
    facts: SourceFacts,
}

impl LastPull {
    fn of(pulled: (Vec<SourceRecord>, Result<SourceFacts, ApiError>)) -> Self {
        let raw = pulled.0.into_iter().map(|record| (record.employee.id, record.raw)).collect();
        Self { raw, facts: pulled.1.unwrap() }
    }
}

#[async_trait::async_trait]
impl KnownRecords for LastPull {
    async fn raw(&self, ids: &[EmployeeId]) -> HashMap<EmployeeId, Value> {
        ids.iter().filter_map(|id| Some((id.clone(), self.raw.get(id)?.clone()))).collect()
    }

    fn facts(&self) -> Option<&SourceFacts> {
        Some(&self.facts)
    }
}

fn titles(pulled: &(Vec<SourceRecord>, Result<SourceFacts, ApiError>)) -> Option<String> {
    let five = pulled.0.iter().find(|record| record.employee.id.as_str() == "5").unwrap();
    five.employee.person.job_title.clone()
}

#[tokio::test]
async fn a_change_that_the_list_does_not_show_ends_the_taking_over() {
    let portal = Portal { active: (1..=40).collect(), ..Portal::default() };
    let mut parts = serve(portal.clone()).await;
    let mut at = |time: &str| {
        parts.clock = Arc::new(FixedClock(time.parse().unwrap()));
        parts.clone()
    };
    let read = || std::mem::take(&mut portal.state.lock().unwrap().details);
    let known = LastPull::of(pull(&at("2026-11-28T10:00:00Z")).await);
    assert_eq!(read(), 40);
    *portal.title.lock().unwrap() = 1;
    let pulled = pull_with(&at("2026-11-28T10:05:00Z"), known).await;
    assert_eq!((titles(&pulled).as_deref(), read()), (Some("Chef"), 0), "not seen within the hours of a day");
    let known = LastPull::of(pulled);
    assert_eq!((known.facts.taken_over, known.facts.silent_changes), (40, false));
    // What was taken over is as old as when it was read.
    let pulled = pull_with(&at("2026-11-28T22:00:00Z"), known).await;
    assert_eq!((titles(&pulled).as_deref(), read()), (Some("Porter"), 40), "the nightly pull reads everybody");
    let known = LastPull::of(pulled);
    assert!(known.facts.silent_changes);
    assert!(
        known.facts.warnings.iter().any(|warning| warning.contains("do not tell every change (1 seen")),
        "{:?}",
        known.facts
    );
    let known = LastPull::of(pull_with(&at("2026-11-28T22:05:00Z"), known).await);
    assert_eq!((known.facts.taken_over, known.facts.silent_changes, read()), (0, true, 40), "from then on always");
}

#[tokio::test]
async fn details_are_all_read_where_the_operator_says_so() {
    let portal = Portal { active: (1..=10).collect(), ..Portal::default() };
    let mut parts = serve(portal.clone()).await;
    let known = LastPull::of(pull(&parts).await);
    parts.parameters.insert("read_details".into(), "all".into());
    let known = LastPull::of(pull_with(&parts, known).await);
    assert_eq!((known.facts.taken_over, portal.state.lock().unwrap().details), (0, 20));
    parts.parameters.insert("read_details".into(), "some".into());
    assert!(matches!(Planday::new(&parts), Err(ApiError::Setup { .. })));
}

#[tokio::test]
async fn an_outage_stops_the_pull_and_a_few_broken_records_do_not() {
    let failing = |ids: std::ops::RangeInclusive<i64>, status: u16| Portal {
        active: (1..=60).collect(),
        failing: ids.map(|id| (id, status)).collect(),
        ..Portal::default()
    };
    for (ids, words) in [(1..=60, "Planday does not give"), (31..=60, "records could not be read")] {
        let portal = failing(ids, 500);
        let (_, facts) = pull(&serve(portal.clone()).await).await;
        assert!(matches!(&facts, Err(ApiError::Temporary { detail, .. }) if detail.contains(words)), "{facts:?}");
        let details = portal.state.lock().unwrap().details;
        assert!(details < 60 * 5, "it stops when it is sure: {details}");
    }
    let (records, facts) = pull(&serve(failing(1..=6, 500)).await).await;
    let unreadable = records.iter().filter(|record| record.employee.unreadable.is_some()).count();
    assert_eq!((facts.unwrap().received, unreadable), (60, 6), "a tenth is not over a tenth");
    let (_, facts) = pull(&serve(failing(1..=7, 403)).await).await;
    assert!(matches!(&facts, Err(ApiError::Forbidden { .. })), "{facts:?}");
    let (_, facts) = pull(&serve(failing(1..=60, 401)).await).await;
    assert!(matches!(&facts, Err(ApiError::Refused { .. })), "{facts:?}");
    let (records, facts) = pull(&serve(failing(3..=3, 401)).await).await;
    assert_eq!((facts.unwrap().received, records.len()), (60, 60));
    let (_, facts) = pull(&serve(failing(1..=7, 418)).await).await;
    assert!(matches!(&facts, Err(ApiError::Unreadable { .. })), "{facts:?}");
}

#[tokio::test]
async fn no_life_of_a_token_stops_a_pull() {
    for life in [json!(i64::MAX), json!(0), json!(-5), json!("soon"), json!(1e300), json!([])] {
        let portal = Portal { active: vec![1, 2], expires_in: life.clone(), ..Portal::default() };
        let (records, facts) = pull(&serve(portal.clone()).await).await;
        assert!(facts.is_ok(), "{life}: {facts:?}");
        assert_eq!((records.len(), portal.state.lock().unwrap().tokens), (2, 1), "{life}");
    }
}

#[tokio::test]
async fn a_sign_in_that_nobody_waits_for_any_more_still_keeps_the_new_token() {
    let gate = Arc::new(Notify::new());
    let portal = Portal { active: vec![1], rotate: true, gate: Some(Arc::clone(&gate)), ..Portal::default() };
    let mut parts = serve(portal.clone()).await;
    let saved = Arc::new(Notify::new());
    let tell = Arc::clone(&saved);
    parts.keeping.save = Arc::new(move |_, _| {
        tell.notify_one();
        Kept::Beside("the environment variable PLANDAY_TOKEN".into())
    });
    let client = Planday::new(&parts).unwrap();
    // The run is stopped while Planday thinks about the sign-in.
    assert!(tokio::time::timeout(Duration::from_millis(100), client.portal()).await.is_err());
    gate.notify_one();
    saved.notified().await;
    client.portal().await.unwrap();
    let counts = portal.state.lock().unwrap();
    assert_eq!(counts.refresh, ["refresh-0"], "the access token of that sign-in is used too");
}
