//! Answers that are not as they should be: pages without an end, records that cannot be read, corrupted bodies, parked people.

use super::*;
use axum::http::Uri;

/// What a company answers to any read, by path and page (from 1); a page that is not there is empty.
type Pages = fn(&str, u64) -> Response;

async fn serve_pages(pages: Pages) -> FlowHttp {
    let router = Router::new().fallback(move |uri: Uri, Query(params): Params| async move {
        let number = params.get("page").and_then(|text| text.parse().ok()).unwrap_or(1);
        match uri.path() {
            "/v1/company" => Json(json!({"companyId": "HVINE"})).into_response(),
            path => pages(path, number),
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut parts = ConnectParts::default();
    for (key, value) in [("base_url", base.as_str()), ("company_id", "HVINE"), ("requests_per_second", "10000")] {
        parts.parameters.insert(key.into(), value.into());
    }
    parts.secrets.insert("secret".into(), Secret::new("pass"));
    FlowHttp::new(&parts).unwrap()
}

fn text(body: String) -> Response {
    ([("content-type", "application/json")], body).into_response()
}

async fn pulled(flow: &FlowHttp) -> Result<Vec<User>, ApiError> {
    let (out, mut from) = mpsc::channel(1000);
    flow.pull(out).await?;
    let mut users = Vec::new();
    while let Ok(record) = from.try_recv() {
        users.push(record.user);
    }
    Ok(users)
}

/// Learners of a page, `rows` of them, out of so many.
fn learners(ids: std::ops::Range<u64>, total: Option<u64>) -> Response {
    let items: Vec<Value> = ids.map(learner).collect();
    Json(json!({"items": items, "total": total})).into_response()
}

#[tokio::test]
async fn every_walk_over_pages_ends_by_itself() {
    let walks: [(Pages, &str); 7] = [
        (|_, _| learners(1..3, Some(9)), "only repeats rows"),
        (|_, _| learners(1..3, None), "only repeats rows"),
        (|_, n| if n % 2 == 1 { learners(1..3, Some(9)) } else { learners(3..5, Some(9)) }, "only repeats rows"),
        (|_, n| if n % 2 == 1 { learners(1..3, None) } else { learners(3..5, None) }, "only repeats rows"),
        // Known people only, in ever other cuts.
        (|_, n| learners(n % 3..5, Some(900)), "only repeats rows"),
        (
            |_, n| if n == 1 { learners(1..6, Some(2)) } else { learners(0..0, Some(2)) },
            "5 rows came, but the vendor says that there are 2",
        ),
        (|_, n| if n == 1 { learners(1..3, Some(9)) } else { learners(0..0, Some(9)) }, "2 of 9 rows"),
    ];
    for (pages, why) in walks {
        let error = pulled(&serve_pages(pages).await).await.unwrap_err();
        assert!(matches!(&error, ApiError::Incomplete { detail, .. } if detail.contains(why)), "{why}: {error}");
    }
    let options: [(Pages, &str); 3] = [
        (|_, _| text(r#"{"items": [{"name": "A"}, {"name": "B"}], "total": 400}"#.into()), "only repeats rows"),
        (|_, n| text(format!(r#"{{"items": [{{"name": "{}"}}]}}"#, n % 2)), "only repeats rows"),
        (
            |_, n| text(format!(r#"{{"items": [{}], "total": 3}}"#, if n == 1 { r#"{"name": "A"}"# } else { "" })),
            "1 of 3 rows",
        ),
    ];
    for (pages, why) in options {
        let error = serve_pages(pages).await.options(ListKey::JOB_TITLE).await.unwrap_err();
        assert!(matches!(&error, ApiError::Incomplete { detail, .. } if detail.contains(why)), "{why}: {error}");
    }
}

#[tokio::test]
async fn s_all14_one_learner_that_cannot_be_read_does_not_cost_the_others() {
    let flow = serve_pages(|_, n| {
        let whole = |id: u64| learner(id).to_string();
        let broken = [
            whole(1).replace("\"Leo\"", "\"Le\\ud83do\""),
            whole(2).replace("\"2001-09-05\"", "7"),
            whole(3).replace("\"id\":3", "\"id\":null"),
            whole(4).replace("\"id\":4", "\"id\":40000000000000000000000"),
        ];
        let rows: Vec<String> = broken.into_iter().chain((5..60).map(whole)).collect();
        text(format!("{{\"items\": [{}], \"total\": 59}}", if n == 1 { rows.join(",") } else { String::new() }))
    })
    .await;
    let users = pulled(&flow).await.unwrap();
    assert_eq!(users.len(), 59);
    let what: Vec<&str> = users.iter().filter_map(|user| Some(user.unreadable.as_ref()?.what.as_str())).collect();
    assert_eq!(
        what,
        [
            "`firstName` holds a broken character",
            "`dateOfBirth` holds a number",
            "`id` is empty",
            "`id` holds a number that is too large"
        ]
    );
    let identifiers: Vec<Option<&str>> =
        users.iter().take(4).map(|user| user.identifier.as_ref().map(Identifier::as_str)).collect();
    assert_eq!(identifiers, [Some("77_1"), Some("77_2"), Some("77_3"), Some("77_4")]);
    let one = flow.look_up(LookUp::Id(&users[2].id)).await.unwrap();
    assert_eq!(one.len(), 1, "a record without an id is found again");
}

#[tokio::test]
async fn s_all14_many_that_cannot_be_read_stop_the_pull_in_words() {
    let flow = serve_pages(|_, n| {
        let row = |id: u64| learner(id).to_string().replace("\"Leo\"", if id < 8 { "5" } else { "\"Leo\"" });
        let rows: Vec<String> = if n == 1 { (1..50).map(row).collect() } else { Vec::new() };
        text(format!("{{\"items\": [{}], \"total\": 49}}", rows.join(",")))
    })
    .await;
    let error = pulled(&flow).await.unwrap_err();
    assert!(
        matches!(&error, ApiError::Unreadable { detail, .. } if detail == "7 of 49 learners cannot be read (`firstName` in 7)"),
        "{error}"
    );
}

#[tokio::test]
async fn two_options_of_one_name_are_one_that_says_so_and_an_archived_one_gives_way() {
    let flow = serve_pages(|path, n| match (path, n) {
        ("/v1/departments", 1) => text(
            r#"{"items": [{"name": "Bar", "active": false}, {"name": "Kitchen"}, {"name": "Bar"}, {"name": "Hall"}],
                "total": 6}"#
                .into(),
        ),
        ("/v1/departments", 2) => text(r#"{"items": [{"name": "Kitchen"}, {"name": 5}], "total": 6}"#.into()),
        ("/v1/branches", 1) => text(
            r#"{"items": [{"code": "L1", "name": "Leeds"}, {"code": "L1", "name": "Lakeside"}], "total": 2}"#.into(),
        ),
        _ => text(r#"{"items": []}"#.into()),
    })
    .await;
    let told = |options: Vec<crate::domain::mapping::DestinationOption>| -> Vec<(String, bool, bool)> {
        options.into_iter().map(|one| (one.key.0, one.active, one.doubled)).collect()
    };
    let one = |key: &str, doubled| (key.to_owned(), true, doubled);
    let departments = told(flow.options(ListKey::DEPARTMENT).await.unwrap());
    assert_eq!(departments, [one("Bar", false), one("Kitchen", true), one("Hall", false)]);
    assert_eq!(told(flow.options(ListKey::BRANCH).await.unwrap()), [one("L1", true)]);
}

#[tokio::test]
async fn a_hundred_thousand_options_are_read_in_their_own_time() {
    let flow = serve_pages(|_, n| {
        let rows: Vec<String> = (0..200).map(|row| format!("{{\"name\": \"Title {n}-{row}\"}}")).collect();
        text(format!("{{\"items\": [{}], \"total\": 100000}}", rows.join(",")))
    })
    .await;
    #[expect(clippy::disallowed_methods, reason = "this measures")]
    let started = std::time::Instant::now();
    assert_eq!(flow.options(ListKey::JOB_TITLE).await.unwrap().len(), 100_000);
    // Each against each takes minutes in a debug build.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_corrupted_page_is_the_vendors_fault_and_named() {
    let flow = serve_pages(|_, n| match n {
        3 => text("{\"items\": [{\"id\": 1, \"ident".into()),
        n => learners(200 * (n - 1) + 1..200 * n + 1, Some(900)),
    })
    .await;
    let error = pulled(&flow).await.unwrap_err();
    let wanted = "Flow Learning answered with data that cannot be read: page 3 of /v1/employees: broken JSON, status 200 from /v1/employees";
    assert_eq!(error.to_string(), wanted);
    let problem = crate::domain::problem::Problem::from(error);
    assert!(
        problem.remedies.iter().all(|now| !now.contains("log-in") && now.contains("tell Flow Learning")),
        "{problem:?}"
    );

    let flow = serve_pages(|_, _| text(r#"{"items": [], "total": "many"}"#.into())).await;
    let error = pulled(&flow).await.unwrap_err().to_string();
    assert!(error.contains("does not fit the contract: `total` holds a text") && !error.contains("column"), "{error}");

    let flow = serve_pages(|_, _| Html("<title>Sorry, maintenance</title>").into_response()).await;
    let error = pulled(&flow).await.unwrap_err();
    assert!(matches!(&error, ApiError::Corrupt { detail, .. } if detail.contains("maintenance")), "{error}");
    let error = flow.look_up(LookUp::Identifier(&Identifier::new("77_1"))).await.unwrap_err();
    assert!(matches!(&error, ApiError::Corrupt { .. }), "the address has given data before: {error}");
}

#[tokio::test]
async fn a_parked_person_is_told_from_one_who_was_written() {
    async fn put(Path(identifier): Path<String>, Json(mut body): Json<Value>) -> Response {
        let warning = json!([{"code": "POSSIBLE_DUPLICATE", "message": "exists"}]);
        match identifier.as_str() {
            "202" => (StatusCode::ACCEPTED, Json(json!({}))).into_response(),
            "409" => (StatusCode::CONFLICT, Json(json!({"error": {"code": "POSSIBLE_DUPLICATE"}}))).into_response(),
            "made" => {
                body["id"] = json!(7);
                body["warnings"] = warning;
                (StatusCode::CREATED, Json(body)).into_response()
            }
            "silent" => Json(json!({"id": null})).into_response(),
            _ => Json(json!({"id": null, "warnings": warning})).into_response(),
        }
    }
    async fn feed(Json(body): Json<Value>) -> Response {
        let outcome = |row: &Value| match row["identifier"].as_str().unwrap() {
            "made" => "created",
            _ => "unchanged",
        };
        let rows = body["employees"].as_array().unwrap().iter().map(|row| {
            json!({"identifier": row["identifier"], "outcome": outcome(row), "errors": [],
                "warnings": [{"code": "POSSIBLE_DUPLICATE"}]})
        });
        Json(json!({"results": rows.collect::<Vec<_>>()})).into_response()
    }
    let router =
        Router::new().route("/v1/employees/{identifier}", axum::routing::put(put)).route("/v1/feed", post(feed));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut parts = ConnectParts::default();
    for (key, value) in [("base_url", base.as_str()), ("company_id", "HVINE"), ("requests_per_second", "10000")] {
        parts.parameters.insert(key.into(), value.into());
    }
    parts.secrets.insert("secret".into(), Secret::new("pass"));
    let flow = FlowHttp::new(&parts).unwrap();
    for (identifier, parked) in [("202", true), ("409", true), ("parked", true), ("silent", true), ("made", false)] {
        let answer = flow.write(&creation(identifier, "Chef")).await.unwrap();
        assert_eq!((answer.parked, answer.created), (parked, !parked), "{identifier}");
    }
    let answers = flow.create_many(&[creation("parked", "Chef"), creation("made", "Chef")]).await;
    let parked: Vec<bool> = answers.into_iter().map(|answer| answer.unwrap().parked).collect();
    assert_eq!(parked, [true, false]);
    let leave =
        Write::Deactivate { identifier: Identifier::new("202"), current: Box::new(user("202")), end_date: None };
    assert!(matches!(flow.write(&leave).await, Err(WriteError::Unknown { .. })), "accepted is not done");
}
