//! Flow Learning: upserts, refusals, switches, the feed.

use super::*;

#[tokio::test]
async fn flow_upserts_as_the_contract_says() {
    let bench = Bench::of(&small()).await;
    let call = bench.client.get(format!("{}/v1/company", bench.flow("base_url"))).basic_auth("flow-main", Some("no"));
    let (status, body) = read(call).await;
    assert_eq!((status, body["error"]["code"].as_str()), (401, Some("BAD_CREDENTIALS")));
    let (status, made) = bench.put_flow("/v1/employees/7781_204", leo()).await;
    assert_eq!((status, &made["warnings"], made["status"].as_str()), (201, &json!([]), Some("active")));
    assert_eq!(bench.put_flow("/v1/employees/7781_204", leo()).await.0, 200);
    let (_, got) = bench.get_flow("/v1/employees/7781_204").await;
    assert_eq!(
        (&got["id"], &got["jobTitle"], got["userProfile"].as_str()),
        (&made["id"], &json!("Commis Chef"), Some("Employee"))
    );
    assert_eq!(bench.get_flow("/v1/employees/nobody").await.0, 404);
    let mut other = leo();
    other["firstName"] = json!("Lea");
    other["departmentName"] = json!("Cellar");
    let (status, body) = bench.put_flow("/v1/employees/7781_204", other).await;
    assert_eq!((status, body["warnings"][0]["code"].as_str()), (200, Some("DEPARTMENT_UNKNOWN")));
    assert_eq!((&body["firstName"], &body["departmentName"], &body["id"]), (&json!("Lea"), &Value::Null, &made["id"]));
    let mails = bench.state().await["flow-learning"]["mails"].clone();
    assert_eq!(mails.as_array().unwrap().len(), 1, "only the creation is welcomed");
    assert_eq!(mails[0]["to"], "leo.marsh@example.com");
}

#[tokio::test]
async fn flow_refuses_what_it_cannot_take() {
    let bench = Bench::of(&small()).await;
    for (field, value, status, code) in [
        ("jobTitle", json!("commis chef"), 422, "JOB_TITLE_UNKNOWN"),
        ("branchCode", json!("Leeds Dock"), 422, "BRANCH_UNKNOWN"),
        ("lastName", json!(" "), 422, "MISSING_FIELD"),
        ("jobTitle", Value::Null, 422, "MISSING_FIELD"),
        ("startDate", json!("02/02/2026"), 422, "INVALID_DATE"),
        ("email", json!("ANN@x.example"), 409, "EMAIL_IN_USE"),
    ] {
        let mut body = leo();
        body[field] = value;
        let (got, answer) = bench.put_flow("/v1/employees/7781_204", body).await;
        assert_eq!(
            (got, answer["error"]["code"].as_str(), answer["error"]["field"].as_str()),
            (status, Some(code), Some(field))
        );
        assert_eq!(answer["error"]["identifier"], "7781_204");
    }
    assert_eq!(bench.state().await["flow-learning"]["users"].as_array().unwrap().len(), 1);
    bench.sandbox.edit(|world| world.company_mut("flow-learning").unwrap().people[0].status = "inactive".into());
    let mut body = leo();
    body["email"] = json!("ann@x.example");
    assert_eq!(bench.put_flow("/v1/employees/7781_204", body).await.0, 201, "the other holder is deactivated");
}

#[tokio::test]
async fn words_of_its_own_and_raw_members_are_shown_as_the_world_has_them() {
    let bench = Bench::of(&small()).await;
    bench.sandbox.edit(|world| {
        let ann = &mut world.company_mut("flow-learning").unwrap().people[0];
        ann.status = "Inactive ".into();
        ann.end_date = "2020-01-01".into();
        ann.own.insert("wire".into(), json!({"lastName": "\"\\ud83d\""}));
    });
    let all = bench.flow_call(Method::GET, "/v1/employees").send().await.unwrap().text().await.unwrap();
    assert!(all.contains(r#""status":"Inactive ""#) && all.contains(r#""lastName":"\ud83d""#), "{all}");
    for status in ["active", "inactive"] {
        assert_eq!(bench.get_flow(&format!("/v1/employees?status={status}")).await.1["total"], 0);
    }
    let mut body = leo();
    body["email"] = json!("ann@x.example");
    assert_eq!(bench.put_flow("/v1/employees/7781_204", body).await.0, 409, "her e-mail is not free");
    bench.sandbox.edit(|world| {
        let ann = &mut world.company_mut("flow-learning").unwrap().people[0];
        ann.own.insert("wire".into(), json!("null"));
    });
    assert_eq!(bench.get_flow("/v1/employees").await.1["items"], json!([null]));
}

#[tokio::test]
async fn leavers_come_and_go_and_identifiers_are_tied() {
    let bench = Bench::of(&small()).await;
    let id = bench.get_flow("/v1/employees?email=Ann@x.example").await.1["items"][0]["id"].clone();
    let tie = format!("/v1/learners/{id}/identifier");
    assert_eq!(bench.put_flow(&tie, json!({"identifier": "7781_1"})).await.0, 200);
    assert_eq!(bench.put_flow("/v1/learners/99/identifier", json!({"identifier": "x"})).await.0, 404);
    bench.put_flow("/v1/employees/7781_204", leo()).await;
    let (status, body) = bench.put_flow(&tie, json!({"identifier": "7781_204"})).await;
    assert_eq!((status, body["error"]["code"].as_str()), (409, Some("IDENTIFIER_IN_USE")));
    let (_, left) = bench.put_flow("/v1/employees/7781_204", json!({"endDate": "2026-11-21"})).await;
    assert_eq!(left["status"], "inactive");
    assert_eq!(bench.get_flow("/v1/employees?status=inactive").await.1["total"], 1);
    let (_, ahead) = bench.put_flow("/v1/employees/7781_1", json!({"endDate": "2026-11-22"})).await;
    assert_eq!(ahead["status"], "active");
    let (_, back) = bench.put_flow("/v1/employees/7781_204", json!({"endDate": null, "status": "active"})).await;
    assert_eq!(back["status"], "active");
    assert_eq!(bench.state().await["flow-learning"]["mails"].as_array().unwrap().len(), 1);
    assert_eq!(bench.put_flow(&tie, json!({"identifier": null})).await.1["identifier"], Value::Null);
}

#[tokio::test]
async fn flow_switches_do_what_they_say() {
    let bench = Bench::of(&small()).await;
    let add = |list: &str| bench.flow_call(Method::POST, &format!("/v1/{list}")).json(&json!({"name": "Sommelier"}));
    assert_eq!(read(add("job-titles")).await.0, 201);
    assert_eq!(read(add("job-titles")).await.0, 409);
    assert_eq!(read(add("branches")).await.1["code"], "SOMM01");
    bench.flow_switch("structure_by_hand", json!(true));
    assert_eq!(read(add("departments")).await.0, 403);
    bench.flow_switch("auto_create_structure", json!(true));
    let mut body = leo();
    body["jobTitle"] = json!("Rôtisseur");
    assert_eq!(bench.put_flow("/v1/employees/7781_204", body).await.0, 201);
    let titles = bench.get_flow("/v1/job-titles?pageSize=2&page=2").await.1;
    assert_eq!((titles["total"].as_i64(), titles["items"][1]["name"].as_str()), (Some(4), Some("Rôtisseur")));
    bench.flow_switch("unverified_emails", json!(true));
    let (status, body) = bench.put_flow("/v1/employees/7781_204", json!({"email": "new@x.example"})).await;
    assert_eq!((status, body["error"]["code"].as_str()), (409, Some("EMAIL_UNVERIFIED")));
    bench.flow_switch("possible_duplicate_rule", json!(true));
    let mut twin = leo();
    twin["email"] = json!("other@x.example");
    let (_, parked) = bench.put_flow("/v1/employees/7781_999", twin).await;
    assert_eq!((parked["warnings"][0]["code"].as_str(), &parked["id"]), (Some("POSSIBLE_DUPLICATE"), &Value::Null));
    assert_eq!(bench.get_flow("/v1/employees/7781_999").await.0, 404);
    let held = bench.state().await["flow-learning"]["parked"].clone();
    assert_eq!((held[0]["identifier"].as_str(), held[0]["times"].as_i64()), (Some("7781_999"), Some(1)));
    bench.flow_switch("propagation_delay_s", json!(3600));
    bench.put_flow("/v1/employees/7781_204", json!({"firstName": "Leopold"})).await;
    assert_eq!(bench.get_flow("/v1/employees/7781_204").await.1["firstName"], "Leo");
    assert_eq!(bench.get_flow("/v1/user-profiles").await.1["items"][0]["name"], "Employee");
}

#[tokio::test]
async fn a_feed_tests_or_imports() {
    let bench = Bench::of(&small()).await;
    let mut wrong = leo();
    wrong["jobTitle"] = json!("Nope");
    wrong["identifier"] = json!("7781_205");
    let feed = |dry: bool| {
        let body = json!({"dryRun": dry, "employees": [leo(), wrong.clone()]});
        bench.flow_call(Method::POST, "/v1/feed").json(&body)
    };
    let (_, dry) = read(feed(true)).await;
    assert_eq!((&dry["results"][0]["outcome"], &dry["results"][1]["outcome"]), (&json!("created"), &json!("rejected")));
    assert_eq!(bench.get_flow("/v1/employees/7781_204").await.0, 404);
    assert_eq!(bench.sandbox.counts("flow-learning").unwrap().1, 0, "a dry feed is a read");
    assert_eq!(read(feed(false)).await.1["results"][1]["errors"][0]["code"], "JOB_TITLE_UNKNOWN");
    assert_eq!(read(feed(false)).await.1["results"][0]["outcome"], "unchanged");
    let many: Vec<Value> = (0..201).map(|_| leo()).collect();
    let call = bench.flow_call(Method::POST, "/v1/feed").json(&json!({"employees": many}));
    assert_eq!(read(call).await.0, 422);
}

#[tokio::test]
async fn a_plain_insert_looks_at_nobody_and_an_update_says_so() {
    let bench = Bench::on(SandboxConfig { plain_insert: true, ..SandboxConfig::new(TODAY) }).await;
    // Members that a document leaves out are as the sandbox was started.
    assert_eq!(bench.put_state(&small()).await.0, 200);
    assert_eq!(bench.state().await["flow-learning"]["switches"]["plain_insert"], true);
    let learners = async || bench.state().await["flow-learning"]["users"].as_array().unwrap().len();
    let mails = async || bench.state().await["flow-learning"]["mails"].as_array().unwrap().len();
    let (_, first) = bench.put_flow("/v1/employees/7781_204", leo()).await;
    let (status, second) = bench.put_flow("/v1/employees/7781_204", leo()).await;
    assert_eq!((status, learners().await, mails().await), (201, 3, 2));
    assert_ne!(first["id"], second["id"]);
    let feed = json!({"dryRun": false, "employees": [leo(), leo()]});
    let (_, fed) = read(bench.flow_call(Method::POST, "/v1/feed").json(&feed)).await;
    assert_eq!((&fed["results"][1]["outcome"], learners().await, mails().await), (&json!("created"), 5, 4));
    let update =
        |path: &str| bench.flow_call(Method::PUT, path).header("if-match", "*").json(&json!({"firstName": "Leopold"}));
    let (status, changed) = read(update("/v1/employees/7781_204")).await;
    assert_eq!((status, &changed["id"], &changed["firstName"]), (200, &first["id"], &json!("Leopold")));
    assert_eq!(learners().await, 5);
}

#[tokio::test]
async fn switches_are_turned_while_all_else_stays() {
    let bench = Bench::of(&small()).await;
    bench.put_flow("/v1/employees/7781_204", leo()).await;
    let url = format!("{}/_sandbox/switches", bench.admin);
    let turn = async |body: Value| read(bench.client.post(&url).json(&body)).await;
    let before = bench.state().await;
    let (status, switches) = turn(json!({"flow-learning": {"plain_insert": true}})).await;
    assert_eq!((status, &switches["flow-learning"]["plain_insert"]), (200, &json!(true)));
    let mut after = bench.state().await;
    assert_eq!(after["flow-learning"]["switches"]["plain_insert"], true);
    after["flow-learning"]["switches"]["plain_insert"] = json!(false);
    assert_eq!(after, before);
    for (body, path) in [
        (json!({"flow-learning": {"plain_inserts": true}}), "flow-learning.plain_inserts"),
        (json!({"flow-learning": {"plain_insert": "often"}}), "flow-learning"),
        (json!({"flow-learning": {"plain_insert": false}, "sage": {}}), "sage"),
        (json!({"planday": {"plain_insert": true}}), "planday.plain_insert"),
    ] {
        let (status, refused) = turn(body).await;
        assert_eq!((status, refused["path"].as_str()), (400, Some(path)), "{refused}");
    }
    assert_eq!(read(bench.client.get(&url)).await.1, switches, "a refused document turns nothing");
}

#[tokio::test]
async fn preconditions_count_only_where_they_are_known() {
    let bench = Bench::of(&small()).await;
    let put = async |header: &'static str, identifier: &str| {
        let call = bench.flow_call(Method::PUT, &format!("/v1/employees/{identifier}"));
        read(call.header(header, "*").json(&leo())).await.0
    };
    assert_eq!((put("if-match", "7781_204").await, put("if-none-match", "7781_204").await), (201, 200));
    bench.flow_switch("preconditions", json!(true));
    assert_eq!((put("if-match", "7781_9").await, put("if-none-match", "7781_204").await), (412, 412));
    assert_eq!((put("if-match", "7781_204").await, bench.get_flow("/v1/employees/7781_9").await.0), (200, 404));
}
