//! The client against answers that are written out here: statuses, throttling, pages that cannot be believed.

use super::client::PeopleHr;
use crate::domain::person::EmploymentStatus;
use crate::domain::secret::Secret;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ApiNotice, NoticeSink, ProbeResult};
use crate::ports::connect::ConnectParts;
use crate::ports::source::{NothingKnown, SourceApi, SourceRecord};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

const KEY: &str = "00000000-1111-2222-3333-444444444444";
const COMPANY: &str = "GetCompanyInformation";
const PAGED: &str = "GetAllEmployeeDetailPaginated";
const ALL: &str = "GetAllEmployeeDetail";

/// The answer to the n-th call (from 1) with this body.
type Script = Arc<dyn Fn(usize, &Value) -> Response + Send + Sync>;

/// A server with its calls, and a client of it that waits for nothing.
struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<Value>>>,
}

impl Bench {
    async fn start(script: impl Fn(usize, &Value) -> Response + Send + Sync + 'static) -> Self {
        let calls: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&calls));
        let handler = move |uri: Uri, headers: HeaderMap, body: axum::Json<Value>| async move {
            assert_eq!((uri.path(), uri.query()), ("/Employee", None), "the key and the rest stand in the body");
            assert!(headers.contains_key("user-agent"));
            let number = {
                let mut calls = log.lock().unwrap();
                calls.push(body.0.clone());
                calls.len()
            };
            script(number, &body.0)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(post(handler));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, calls }
    }

    fn parts(&self) -> ConnectParts {
        let mut parts = ConnectParts::default();
        parts.parameters.insert("base_url".into(), self.base.clone());
        parts.parameters.insert("requests_per_second".into(), "100000".into());
        parts.secrets.insert("api_key".into(), Secret::new(format!(" {KEY}\n")));
        parts
    }

    fn client(&self) -> PeopleHr {
        of(&self.parts())
    }

    fn actions(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call["Action"].as_str().unwrap().to_owned()).collect()
    }
}

fn of(parts: &ConnectParts) -> PeopleHr {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
    PeopleHr::new(parts).unwrap().with_rules(rules)
}

async fn pull(client: PeopleHr) -> (Vec<SourceRecord>, Result<SourceFacts, ApiError>) {
    let (out, mut from) = mpsc::channel(4);
    let work = tokio::spawn(async move { client.pull(&NothingKnown, out).await });
    let mut records = Vec::new();
    while let Some(record) = from.recv().await {
        records.push(record);
    }
    (records, work.await.unwrap())
}

async fn error_of(bench: &Bench) -> ApiError {
    pull(bench.client()).await.1.unwrap_err()
}

fn says(status: i64, message: &str) -> Response {
    axum::Json(json!({"isError": status != 10, "Status": status, "Message": message, "Result": null})).into_response()
}

fn gives(result: Value) -> Response {
    axum::Json(json!({"isError": false, "Status": 0, "Message": "ok", "Result": result})).into_response()
}

fn company() -> Response {
    gives(json!({"CompanyId": "4411", "SubDomain": "harbour", "CompanyName": "Harbour Kitchens Ltd"}))
}

fn page(rows: Vec<Value>, total: usize) -> Response {
    gives(json!({"Result": rows, "Pagination": {"TotalRows": total}}))
}

fn person(id: &str) -> Value {
    json!({"EmployeeId": {"DisplayValue": id, "FieldHistory": []}, "FirstName": {"DisplayValue": format!("N{id}")},
        "LastName": {"DisplayValue": "X"}, "EmailId": {"DisplayValue": format!("{id}@x.example")},
        "EmployeeStatus": {"DisplayValue": "1"}, "LeavingDate": ""})
}

fn window(call: &Value) -> (usize, usize) {
    let number = |name: &str| usize::try_from(call[name].as_u64().unwrap()).unwrap();
    (number("Offset"), number("Limit"))
}

/// An account of so many people, by pages.
fn account(count: usize) -> impl Fn(usize, &Value) -> Response + Send + Sync {
    move |_, call| match call["Action"].as_str().unwrap() {
        COMPANY => company(),
        PAGED => {
            let (offset, limit) = window(call);
            page((offset..count.min(offset + limit)).map(|at| person(&format!("E{at}"))).collect(), count)
        }
        _ => says(5, "Access Denied."),
    }
}

fn ids(records: &[SourceRecord]) -> Vec<&str> {
    records.iter().map(|record| record.employee.id.as_str()).collect()
}

#[tokio::test]
async fn everybody_is_read_by_pages_and_leavers_are_asked_for() {
    let bench = Bench::start(account(1_203)).await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.declared_total, facts.received), (1_203, 1_203, 1_203));
    assert_eq!((facts.account.as_str(), facts.account_id.as_str()), ("Harbour Kitchens Ltd, company 4411", "4411"));
    assert_eq!(facts.warnings, Vec::<String>::new());
    let calls = bench.calls.lock().unwrap().clone();
    let windows: Vec<(usize, usize)> = calls[1..].iter().map(window).collect();
    assert_eq!(windows, [(0, 500), (500, 500), (1000, 500)]);
    assert!(calls[1..].iter().all(|call| call["IncludeLeavers"] == "true" && call["APIKey"] == KEY));
}

#[tokio::test]
async fn where_pages_are_denied_the_list_comes_in_one_piece() {
    for refusal in [(5, "Access Denied."), (4, "Action is invalid.")] {
        let bench = Bench::start(move |_, call| match call["Action"].as_str().unwrap() {
            ALL => gives(json!([person("A"), person("B"), person("A")])),
            _ => says(refusal.0, refusal.1),
        })
        .await;
        let (records, facts) = pull(bench.client()).await;
        let facts = facts.unwrap();
        assert_eq!((ids(&records), facts.declared_total, facts.received), (vec!["A", "B"], 2, 2));
        assert_eq!((facts.account.as_str(), facts.account_id.as_str()), ("not told", ""));
        assert!(facts.warnings[0].contains("Get Company Information"), "{:?}", facts.warnings);
        assert_eq!(bench.actions(), [COMPANY, PAGED, ALL]);
        let steps = bench.client().probe().await;
        assert_eq!((&steps[0].result, &steps[1].result), (&ProbeResult::Warning, &ProbeResult::Passed));
        assert!(steps[1].detail.starts_with("3, leavers too, in one piece"), "{}", steps[1].detail);
    }
}

#[tokio::test]
async fn a_denial_in_the_middle_is_none_of_the_list_s_form() {
    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        COMPANY => company(),
        PAGED if number == 2 => page((0..500).map(|at| person(&at.to_string())).collect(), 900),
        PAGED => says(5, "Access Denied."),
        _ => gives(json!([])),
    })
    .await;
    let error = error_of(&bench).await;
    assert!(matches!(&error, ApiError::Forbidden { remedy, .. } if remedy.contains("Paginated")), "{error}");
    assert_eq!(bench.actions(), [COMPANY, PAGED, PAGED]);
}

#[tokio::test]
async fn every_documented_error_is_told_apart() {
    let cases = [
        (1, "The API Key is missing."),
        (2, "The API Key is invalid."),
        (3, "Action missing."),
        (5, "API Key does not exists."),
        (5, "Access Denied."),
        (5, "Employee Id must be 15 characters."),
        (7, "No JSON."),
        (8, "Form data is empty."),
        (9, "Malformed JSON."),
        (11, "New in 2027"),
    ];
    for (status, message) in cases {
        let bench = Bench::start(move |_, _| says(status, message)).await;
        let error = error_of(&bench).await;
        match (status, message) {
            (1 | 2, _) | (5, "API Key does not exists.") => assert!(error.is_refusal(), "{error}"),
            (5, "Access Denied.") => {
                let ApiError::Forbidden { detail, remedy, .. } = &error else { panic!("{error}") };
                assert!(detail.contains("`Get All Employee Detail`") && remedy.contains("Settings › API"), "{error}");
                assert_eq!(bench.actions(), [COMPANY, PAGED, ALL]);
            }
            _ => {
                let wanted = format!("refused with status {status}: {message}");
                assert!(matches!(&error, ApiError::Unexpected { detail, .. } if detail.contains(&wanted)), "{error}");
            }
        }
        assert!(error.is_permanent() && !error.to_string().contains(KEY), "{error}");
        let steps = bench.client().probe().await;
        assert!(matches!(&steps.last().unwrap().result, ProbeResult::Failed(_) | ProbeResult::NotTried), "{steps:?}");
    }
    let bench = Bench::start(|_, _| says(5, &format!("Not for {KEY}, ann@x.example"))).await;
    let told = error_of(&bench).await.to_string();
    assert!(!told.contains(KEY) && !told.contains('@'), "{told}");
}

#[tokio::test]
async fn what_stands_before_the_api_is_no_status_of_it() {
    let bench = Bench::start(|_, _| StatusCode::FORBIDDEN.into_response()).await;
    let error = error_of(&bench).await;
    assert!(matches!(&error, ApiError::Forbidden { remedy, .. } if remedy.contains("IP addresses")), "{error}");
    let bench = Bench::start(|_, _| StatusCode::NOT_FOUND.into_response()).await;
    assert!(matches!(error_of(&bench).await, ApiError::WrongAddress { .. }));
    let bench = Bench::start(|_, _| axum::Json(json!({"hello": "world"})).into_response()).await;
    assert!(matches!(error_of(&bench).await, ApiError::Unexpected { .. }));
    let bench = Bench::start(|number, call| match number {
        1 => company(),
        2 => gives(json!({"Result": {"not": "a list"}})),
        _ => account(2)(number, call),
    })
    .await;
    assert!(matches!(error_of(&bench).await, ApiError::Corrupt { .. }));
}

/// Hands the notices on.
struct Told(mpsc::UnboundedSender<ApiNotice>);

impl NoticeSink for Told {
    fn notice(&self, notice: ApiNotice) {
        let _ = self.0.send(notice);
    }
}

fn telling(bench: &Bench) -> (ConnectParts, mpsc::UnboundedReceiver<ApiNotice>) {
    let (tell, told) = mpsc::unbounded_channel();
    (ConnectParts { notices: Arc::new(Told(tell)), ..bench.parts() }, told)
}

#[tokio::test]
async fn throttling_by_status_is_waited_out_and_told() {
    let bench = Bench::start(|number, call| match number {
        1 | 3 | 4 => says(5, "API calls will be limited to a 60 per minute"),
        6 => says(6, "Server error."),
        _ => account(700)(number, call),
    })
    .await;
    let (parts, mut told) = telling(&bench);
    let (records, facts) = pull(of(&parts)).await;
    assert_eq!((records.len(), facts.unwrap().received), (700, 700));
    let (mut waits, mut again) = (0, 0);
    while let Ok(notice) = told.try_recv() {
        waits += usize::from(matches!(notice, ApiNotice::Waiting { status: 429, .. }));
        again += usize::from(matches!(notice, ApiNotice::Retrying { .. }));
    }
    assert_eq!((waits, again), (3, 1));

    for status in [5, 6] {
        let bench = Bench::start(move |_, _| says(status, "limited to 1 per minute")).await;
        assert!(matches!(error_of(&bench).await, ApiError::Temporary { .. }), "{status}");
        assert_eq!(bench.actions().len(), 5, "then it is given up");
    }
}

#[tokio::test]
async fn a_throttled_call_waits_for_the_window_of_a_minute() {
    let bench = Bench::start(|_, _| says(5, "limited to 60 per minute")).await;
    let (parts, mut told) = telling(&bench);
    let work = tokio::spawn(pull(PeopleHr::new(&parts).unwrap()));
    let wait = loop {
        if let ApiNotice::Waiting { wait, .. } = told.recv().await.unwrap() {
            break wait;
        }
    };
    work.abort();
    assert_eq!((wait, bench.actions().len()), (Duration::from_secs(60), 1));
}

#[test]
fn without_a_key_nothing_begins() {
    let with = |key: &str| {
        let secrets = [("api_key".to_owned(), Secret::new(key))].into();
        PeopleHr::new(&ConnectParts { secrets, ..ConnectParts::default() })
    };
    assert!(with(KEY).is_ok());
    for nothing in ["", " \n"] {
        assert!(matches!(with(nothing), Err(ApiError::Setup { .. })), "{nothing:?}");
    }
}

#[tokio::test]
async fn pages_that_repeat_or_fall_short_are_never_planned_from() {
    // The first page for ever.
    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        PAGED => page((0..500).map(|at| person(&at.to_string())).collect(), 900),
        _ => account(0)(number, call),
    })
    .await;
    let error = error_of(&bench).await;
    assert!(matches!(&error, ApiError::Incomplete { detail, .. } if detail.contains("only repeats")), "{error}");
    assert_eq!(bench.actions(), [COMPANY, PAGED, PAGED, PAGED, PAGED], "walked twice, not for ever");

    // Somebody is hired away while the list is read: it is read again.
    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        PAGED => {
            let (offset, limit) = window(call);
            let total = if number == 2 { 601 } else { 600 };
            page((offset..600.min(offset + limit)).map(|at| person(&at.to_string())).collect(), total)
        }
        _ => account(0)(number, call),
    })
    .await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.declared_total, facts.received), (600, 600, 600));
    assert_eq!(bench.actions().len(), 5);

    // Nobody: an empty page, and status 10 in its place.
    for empty in [page(Vec::new(), 0), says(10, "No records found.")] {
        let empty = Mutex::new(Some(empty));
        let bench = Bench::start(move |number, call| match call["Action"].as_str().unwrap() {
            PAGED => empty.lock().unwrap().take().unwrap(),
            _ => account(0)(number, call),
        })
        .await;
        let facts = pull(bench.client()).await.1.unwrap();
        assert_eq!((facts.declared_total, facts.received), (0, 0));
    }
}

#[tokio::test]
async fn c_15_an_id_that_stands_on_two_people_is_neither_dropped_nor_the_whole_list_s_fault() {
    for paged in [true, false] {
        let bench = Bench::start(move |number, call| {
            let mut rows: Vec<Value> = (0..6).map(|at| person(&at.to_string())).collect();
            rows[4] = json!({"EmployeeId": "3", "FirstName": "Otto", "LastName": "Other", "EmployeeStatus": "1"});
            rows.push(person("5"));
            match call["Action"].as_str().unwrap() {
                PAGED if paged => page(rows, 6),
                PAGED => says(5, "Access Denied."),
                ALL => gives(json!(rows)),
                _ => account(0)(number, call),
            }
        })
        .await;
        let (records, facts) = pull(bench.client()).await;
        let facts = facts.unwrap();
        assert_eq!((facts.declared_total, facts.received), (6, 6), "the row of 5 only repeats itself");
        assert_eq!(ids(&records), ["0", "1", "2", "3", "3 (record 2)", "5"]);
        let identifiers: Vec<&str> = records.iter().map(|record| record.employee.identifier.as_str()).collect();
        assert_eq!(
            identifiers,
            ["0", "1", "2", "3", "3", "5"],
            "the planner holds both beside each other, and 3 is not missing"
        );
    }
}

#[tokio::test]
async fn one_record_that_cannot_be_read_costs_nobody_else() {
    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        PAGED => {
            let mut rows: Vec<Value> = (0..20).map(|at| person(&at.to_string())).collect();
            rows[3]["FirstName"] = json!({"DisplayValue": 5});
            rows[7]["EmployeeId"] = json!({"DisplayValue": ""});
            page(rows, 20)
        }
        _ => account(0)(number, call),
    })
    .await;
    let (records, facts) = pull(bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((records.len(), facts.declared_total, facts.received), (20, 20, 20));
    assert_eq!(facts.nameless, ["employees, row 8"]);
    let broken: Vec<&str> =
        records.iter().filter_map(|record| Some(record.employee.unreadable.as_ref()?.what.as_str())).collect();
    assert_eq!(broken, ["`FirstName` holds a number", "`EmployeeId` is empty"]);

    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        PAGED => page((0..20).map(|at| json!({"EmployeeId": at.to_string(), "LastName": at % 3})).collect(), 20),
        _ => account(0)(number, call),
    })
    .await;
    let error = error_of(&bench).await;
    assert!(matches!(&error, ApiError::Unreadable { detail, .. } if detail.contains("`LastName` in 20")), "{error}");
}

#[tokio::test]
async fn a_manager_who_is_named_by_e_mail_is_found() {
    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        PAGED => {
            let report = |id: &str, by_id: &str, mail: &str| {
                let mut row = person(id);
                row["ReportsToEmployeeId"] = json!({"DisplayValue": by_id});
                row["ReportsToEmailAddress"] = json!({"DisplayValue": mail});
                row
            };
            let mut twin = person("T1");
            twin["EmailId"] = json!("desk@x.example");
            let mut other = person("T2");
            other["EmailId"] = json!("DESK@x.example");
            let rows = vec![
                report("A", "", " B@X.example"),
                report("C", "A", "b@x.example"),
                report("D", "", "desk@x.example"),
                person("b"),
                twin,
                other,
            ];
            page(rows, 6)
        }
        _ => account(0)(number, call),
    })
    .await;
    let (records, facts) = pull(bench.client()).await;
    let manager = |id: &str| {
        let record = records.iter().find(|record| record.employee.id.as_str() == id).unwrap();
        record.employee.manager_id.clone().map(|manager| manager.to_string())
    };
    assert_eq!((manager("A").as_deref(), manager("C").as_deref(), manager("D")), (Some("b"), Some("A"), None));
    let warnings = facts.unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("the manager of 1 is named"), "{warnings:?}");
}

#[tokio::test]
async fn another_company_s_key_is_noticed() {
    let pinned = |bench: &Bench, id: &str| of(&ConnectParts { pinned_account: Some(id.into()), ..bench.parts() });
    let bench = Bench::start(account(3)).await;
    assert!(pull(pinned(&bench, "4411")).await.1.is_ok());
    let (records, facts) = pull(pinned(&bench, "9")).await;
    assert!(matches!(facts.unwrap_err(), ApiError::OtherAccount { .. }));
    assert_eq!(records.len(), 0, "nobody of theirs is read");
    let silent = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        COMPANY => says(5, "Access Denied."),
        _ => account(3)(number, call),
    })
    .await;
    let error = pull(pinned(&silent, "4411")).await.1.unwrap_err();
    assert!(
        matches!(&error, ApiError::Forbidden { remedy, .. } if remedy.contains("Get Company Information")),
        "{error}"
    );
    assert!(pull(pinned(&silent, "")).await.1.is_ok());
    let numbered = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        COMPANY => gives(json!({"CompanyId": 4411})),
        _ => account(3)(number, call),
    })
    .await;
    assert_eq!(pull(pinned(&numbered, "4411")).await.1.unwrap().account, "company 4411");
}

#[tokio::test]
async fn the_filter_and_mapped_custom_fields_reach_the_records() {
    let bench = Bench::start(|number, call| match call["Action"].as_str().unwrap() {
        PAGED => {
            let mut rows: Vec<Value> = ["A", "B"].map(person).to_vec();
            rows[0]["Company"] = json!({"DisplayValue": "Harbour Kitchens Ltd"});
            rows[0]["APIColumn2"] = json!("QUAY01");
            rows[0]["APIColumn3"] = json!("asthma");
            rows[1]["EmployeeStatus"] = json!({"DisplayValue": "2"});
            page(rows, 2)
        }
        _ => account(0)(number, call),
    })
    .await;
    let mut parts = bench.parts();
    parts.parameters.insert("company".into(), "harbour kitchens ltd".into());
    parts.field_map.insert("branch".into(), "custom:APIColumn2".into());
    let (records, facts) = pull(of(&parts)).await;
    assert_eq!(facts.unwrap().warnings, Vec::<String>::new());
    assert_eq!([records[0].out_of_scope, records[1].out_of_scope], [false, true]);
    assert_eq!(records[0].employee.person.branch.as_deref(), Some("QUAY01"));
    assert_eq!(records[1].employee.status, EmploymentStatus::Ended);
    assert_eq!(records[0].raw.get("APIColumn3"), None, "what is not mapped is not kept");
    parts.parameters.insert("company".into(), "Harbour".into());
    parts.field_map.insert("department".into(), "custom:APIColumn5".into());
    let warnings = pull(of(&parts)).await.1.unwrap().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("`Harbour`") && warnings[1].contains("`APIColumn5`"), "{warnings:?}");
}
