//! The simulators over real HTTP: what the vendors enforce, what faults do, what the state document carries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::civil::{Date, date};
use onroll::sandbox::{Fault, FaultKind, Person, Sandbox, SandboxConfig, World};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

const TODAY: Date = date(2026, 11, 22);

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    let roots = roots.iter().filter_map(|root| reqwest::Certificate::from_der(root.as_ref()).ok());
    Client::builder().no_proxy().tls_certs_only(roots).build().unwrap()
}

/// A sandbox with a client and one token.
struct Bench {
    sandbox: Sandbox,
    client: Client,
    admin: String,
    token: String,
}

impl Bench {
    async fn start(world: Option<World>) -> Self {
        let sandbox = Sandbox::start(SandboxConfig { world, ..SandboxConfig::new(TODAY) }).await.unwrap();
        let admin = sandbox.endpoints().admin;
        let mut bench = Self { sandbox, client: client(), admin, token: String::new() };
        bench.token = bench.new_token().await;
        bench
    }

    async fn of(document: &Value) -> Self {
        Self::start(Some(World::from_json_text(&document.to_string()).unwrap())).await
    }

    fn planday(&self, member: &str) -> String {
        self.sandbox.endpoints().company("planday").unwrap().get(member).unwrap().to_owned()
    }

    fn flow(&self, member: &str) -> String {
        self.sandbox.endpoints().company("flow-learning").unwrap().get(member).unwrap().to_owned()
    }

    async fn token_call(&self, grant: &str, refresh: &str) -> (StatusCode, Value) {
        let url = format!("{}/connect/token", self.planday("identity_url"));
        let client_id = self.planday("client_id");
        let form = [("client_id", client_id.as_str()), ("grant_type", grant), ("refresh_token", refresh)];
        let answer = self.client.post(url).form(&form).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn new_token(&self) -> String {
        let (status, body) = self.token_call("refresh_token", &self.planday("refresh_token")).await;
        assert_eq!(status, 200);
        assert_eq!(body["expires_in"], 3600);
        body["access_token"].as_str().unwrap().to_owned()
    }

    fn hr(&self, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.planday("base_url"));
        self.client.get(url).bearer_auth(&self.token).header("X-ClientId", self.planday("client_id"))
    }

    async fn get_hr(&self, path: &str) -> (u16, Value) {
        read(self.hr(path)).await
    }

    fn flow_call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.flow("base_url"));
        self.client.request(method, url).basic_auth(self.flow("company_id"), Some(self.flow("secret")))
    }

    async fn get_flow(&self, path: &str) -> (u16, Value) {
        read(self.flow_call(Method::GET, path)).await
    }

    async fn put_flow(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.flow_call(Method::PUT, path).json(&body)).await
    }

    async fn state(&self) -> Value {
        read(self.client.get(format!("{}/_sandbox/state", self.admin))).await.1
    }

    async fn put_state(&self, document: &Value) -> (u16, Value) {
        read(self.client.put(format!("{}/_sandbox/state", self.admin)).json(document)).await
    }

    async fn faults(&self, faults: Value) {
        let (status, body) = read(self.client.post(format!("{}/_sandbox/faults", self.admin)).json(&faults)).await;
        assert_eq!(status, 200, "{body}");
    }

    fn flow_switch(&self, name: &str, value: Value) {
        self.sandbox.edit(|world| world.company_mut("flow-learning").unwrap().own["switches"][name] = value);
    }

    fn planday_own(&self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        self.sandbox.edit(|world| change(&mut world.company_mut("planday").unwrap().own));
    }
}

async fn read(call: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = call.send().await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn leo() -> Value {
    json!({"identifier": "7781_204", "firstName": "Leo", "lastName": "Marsh", "email": "leo.marsh@example.com",
        "branchCode": "LDS01", "departmentName": "Kitchen", "jobTitle": "Commis Chef", "dateOfBirth": "2001-09-05",
        "startDate": "2026-02-02", "endDate": null})
}

fn small() -> Value {
    json!({
        "planday": {"portal_id": 7781, "employees": [
            {"id": "rec-1", "first_name": "Ann", "last_name": "Osei", "branch": "Leeds Dock", "job_title": "Head Chef",
             "date_of_birth": "1990-01-02", "email": "ann@x.example", "phone": "+447700900123"},
            {"id": 204, "first_name": "Leo", "last_name": "Marsh", "branch": "Leeds Dock", "department": "Kitchen",
             "job_title": "Commis Chef", "manager_id": "rec-1", "start_date": "2026-02-02"},
            {"id": "gone", "first_name": "Old", "last_name": "Hand", "branch": "Bath", "end_date": "2026-11-01"},
            {"id": "soon", "first_name": "May", "last_name": "Leave", "branch": "Bath", "end_date": "2026-11-22"}]},
        "flow-learning": {"users": [
            {"id": "u1", "first_name": "Ann", "last_name": "Osei", "branch": "Leeds Dock", "job_title": "Head Chef",
             "email": "ann@x.example", "date_of_birth": "1938-11-31"}],
          "options": {"branches": [{"code": "LDS01", "name": "Leeds Dock"}, {"code": "BAT01", "name": "Bath"}],
            "job_titles": ["Head Chef", "Commis Chef"], "departments": ["Kitchen"]}}
    })
}

#[tokio::test]
async fn planday_wants_both_headers_and_a_good_token() {
    let bench = Bench::of(&small()).await;
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.1["data"]["id"], 7781);
    let url = format!("{}/hr/v1.0/employees", bench.planday("base_url"));
    let id = bench.planday("client_id");
    assert_eq!(read(bench.client.get(&url).header("X-ClientId", &id)).await.0, 401);
    assert_eq!(read(bench.client.get(&url).bearer_auth(&bench.token)).await.0, 401);
    assert_eq!(read(bench.client.get(&url).bearer_auth("wrong").header("X-ClientId", &id)).await.0, 401);
    assert_eq!(read(bench.client.post(&url).bearer_auth(&bench.token).header("X-ClientId", &id)).await.0, 405);
    let (status, body) = bench.token_call("refresh_token", "wrong").await;
    assert_eq!((status.as_u16(), body["error"].as_str()), (400, Some("invalid_grant")));
    let (_, body) = bench.token_call("password", "x").await;
    assert_eq!(body["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn tokens_rotate_and_die_when_told_to() {
    let bench = Bench::of(&small()).await;
    bench.planday_own(|own| own["switches"]["rotate_refresh_token"] = json!(true));
    let old = bench.planday("refresh_token");
    let (_, body) = bench.token_call("refresh_token", &old).await;
    assert_eq!(body["refresh_token"].as_str(), Some(bench.planday("refresh_token").as_str()));
    assert_eq!(bench.token_call("refresh_token", &old).await.0, 400);
    bench.planday_own(|own| own["switches"]["revoked"] = json!(true));
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 401);
}

#[tokio::test]
async fn a_missing_scope_is_403() {
    let bench = Bench::of(&small()).await;
    bench.planday_own(|own| own["scopes"] = json!(["department:read", "employee:read"]));
    assert_eq!(bench.get_hr("/hr/v1.0/employeetypes").await.0, 403);
    assert_eq!(bench.get_hr("/hr/v1.0/employees?special=BirthDate").await.0, 403);
    assert_eq!(bench.get_hr("/hr/v1.0/departments").await.1["paging"]["total"], 2);
    bench.planday_own(|own| own["scopes"] = json!([]));
    assert_eq!(bench.get_hr("/hr/v1.0/employees?limit=1").await.0, 403);
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
}

#[tokio::test]
async fn planday_pages_by_fifty() {
    let bench = Bench::start(Some(World::generate(130, 1, TODAY))).await;
    let (_, first) = bench.get_hr("/hr/v1.0/employees?limit=500").await;
    assert_eq!(first["paging"]["limit"], 50);
    let total = first["paging"]["total"].as_u64().unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for offset in (0..total).step_by(50) {
        let (_, page) = bench.get_hr(&format!("/hr/v1.0/employees?limit=50&offset={offset}")).await;
        ids.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
    }
    assert_eq!(ids.len() as u64, total);
    for wrong in ["limit=0", "limit=x", "offset=-1", "modifiedFrom=monday", "special=Shoes"] {
        assert_eq!(bench.get_hr(&format!("/hr/v1.0/employees?{wrong}")).await.0, 400, "{wrong}");
    }
    bench.planday_own(|own| own["switches"]["null_paging"] = json!(true));
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.1["paging"], Value::Null);
}

#[tokio::test]
async fn lists_and_records_differ_as_at_planday() {
    let bench = Bench::of(&small()).await;
    let (_, list) = bench.get_hr("/hr/v1.0/employees").await;
    let ann = &list["data"][0];
    assert_eq!(ann["birthDate"], Value::Null);
    assert_eq!(
        (&ann["cellPhone"], &ann["cellPhoneWithoutCountryPrefix"]),
        (&json!("+447700900123"), &json!("7700900123"))
    );
    for query in ["special=BirthDate", "special=BirthDate,BirthDate", "special=birthdate&special=BirthDate"] {
        let (_, list) = bench.get_hr(&format!("/hr/v1.0/employees?{query}")).await;
        assert_eq!(list["data"][0]["birthDate"], "1990-01-02");
    }
    let leo = &list["data"][1];
    assert_eq!((&leo["hiredDate"], leo.get("jobTitle")), (&json!("2026-02-02"), None));
    let supervisor = leo["supervisorId"].as_i64().unwrap();
    let (_, supervisors) = bench.get_hr("/hr/v1.0/employees/supervisors").await;
    let record = supervisors["data"].as_array().unwrap().iter().find(|row| row["id"] == supervisor).unwrap();
    assert_eq!(record["employeeId"], ann["id"]);
    assert_ne!(record["id"], record["employeeId"]);
    let detail = bench.get_hr("/hr/v1.0/employees/204").await.1["data"].clone();
    assert_eq!((&detail["hiredFrom"], detail.get("hiredDate")), (&json!("2026-02-02"), None));
    assert_eq!(detail["supervisorEmployeeId"], ann["id"]);
    assert_eq!(
        detail["custom_196907"],
        json!({"name": "Job title (Flow)", "type": "Dropdown", "value": "Commis Chef", "url": null})
    );
    let (_, leavers) = bench.get_hr("/hr/v1.0/employees/deactivated").await;
    assert_eq!(
        (leavers["paging"]["total"].as_i64(), leavers["data"][0]["deactivationDate"].as_str()),
        (Some(1), Some("2026-11-01"))
    );
    assert_eq!(leavers["data"][0].get("supervisorId"), None);
    let (status, body) = bench.get_hr(&format!("/hr/v1.0/employees/{}", leavers["data"][0]["id"])).await;
    assert_eq!((status, body["detail"].as_str()), (400, Some("Employee id is invalid")));
    assert_eq!(list["paging"]["total"], 3, "who leaves today is still active");
}

#[tokio::test]
async fn archived_fields_vanish() {
    let bench = Bench::of(&small()).await;
    let (_, before) = bench.get_hr("/hr/v1.0/employees/fielddefinitions?type=Post").await;
    assert_eq!(before["data"]["properties"]["custom_196907"]["description"], "Job title (Flow)");
    let choice = &before["data"]["definitions"]["optionalCustom196907"]["anyOf"][0];
    assert_eq!(choice["values"], json!(["Head Chef", "Commis Chef"]));
    assert_eq!(choice["enum"], json!([501, 502]));
    bench.planday_own(|own| own["fields"]["job_title"]["archived"] = json!(true));
    let (_, after) = bench.get_hr("/hr/v1.0/employees/fielddefinitions?type=Post").await;
    assert!(after["data"]["properties"].get("custom_196907").is_none());
    assert!(bench.get_hr("/hr/v1.0/employees/204").await.1["data"].get("custom_196907").is_none());
}

#[tokio::test]
async fn a_change_gets_a_new_modification_time() {
    let bench = Bench::of(&small()).await;
    let modified = "/hr/v1.0/employees?modifiedFrom=2026-11-01T00:00:00Z";
    assert_eq!(bench.get_hr(modified).await.1["paging"]["total"], 0);
    bench.sandbox.edit(|world| {
        let employee = world.company_mut("planday").unwrap().person_mut("204").unwrap();
        employee.job_title = "Head Chef".into();
    });
    let since_long_ago = "/hr/v1.0/employees?modifiedFrom=2026-03-01T00:00:00Z";
    let (_, body) = bench.get_hr(since_long_ago).await;
    assert_eq!((body["paging"]["total"].as_i64(), body["data"][0]["id"].as_i64()), (Some(1), Some(204)));
}

#[tokio::test]
async fn rate_headers_are_always_there_and_enforced_when_real() {
    let bench = Bench::of(&small()).await;
    let answer = bench.hr("/portal/v1.0/info").send().await.unwrap();
    assert_eq!(answer.headers()["x-ratelimit-limit"], "2000, 20;w=1, 750;w=60, 100;w=1, 2000;w=60");
    assert!(
        answer.headers().contains_key("x-ratelimit-remaining") && answer.headers().contains_key("x-ratelimit-reset")
    );
    assert!(answer.headers().get("retry-after").is_none());
}

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
async fn faults_do_what_their_names_say() {
    let bench = Bench::of(&small()).await;
    bench
        .faults(json!([{"vendor": "planday", "fault": "429", "times": 1}, {"fault": "429_retry_after", "times": 1}]))
        .await;
    let first = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert_eq!((first.status().as_u16(), first.headers().get("retry-after")), (429, None));
    let second = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert_eq!((second.status().as_u16(), second.headers()["retry-after"].as_bytes()), (429, &b"1"[..]));
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 200);
    bench.faults(json!([{"fault": "502_html", "times": 1}, {"fault": "500", "times": 1}])).await;
    let html = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert_eq!((html.status().as_u16(), html.headers()["content-type"].as_bytes()), (502, &b"text/html"[..]));
    assert_eq!(bench.get_flow("/v1/company").await.0, 500);
    bench.faults(json!([{"fault": "cut_body", "times": 1, "path": "/planday/hr/v1.0/employees"}])).await;
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
    let cut = bench.hr("/hr/v1.0/employees").send().await.unwrap();
    assert!(cut.status().is_success() && cut.bytes().await.is_err());
    bench.faults(json!([{"fault": "expired_token", "times": 1}])).await;
    assert_eq!(bench.get_flow("/v1/company").await.0, 200, "Flow has no tokens");
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 401);
    assert_eq!(bench.get_hr("/hr/v1.0/employees").await.0, 401, "it stays dead");
    let (status, _) =
        read(bench.client.post(format!("{}/_sandbox/faults", bench.admin)).json(&json!([{"fault": "x"}]))).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn list_faults_strike_lists_of_people() {
    let bench = Bench::of(&small()).await;
    for (fault, rows, total) in [("duplicate_rows", 4, 3), ("missing_rows", 2, 3), ("empty_list", 0, 0)] {
        bench.faults(json!([{"vendor": "planday", "fault": fault, "times": 1}])).await;
        assert_eq!(bench.get_hr("/hr/v1.0/departments").await.1["paging"]["total"], 2);
        let (_, list) = bench.get_hr("/hr/v1.0/employees").await;
        assert_eq!(
            (list["data"].as_array().unwrap().len(), list["paging"]["total"].as_i64()),
            (rows, Some(total)),
            "{fault}"
        );
        assert_eq!(bench.get_hr("/hr/v1.0/employees").await.1["data"].as_array().unwrap().len(), 3);
    }
    bench.faults(json!([{"vendor": "flow-learning", "fault": "missing_rows"}])).await;
    let (_, list) = bench.get_flow("/v1/employees").await;
    assert_eq!((list["items"].as_array().unwrap().len(), list["total"].as_i64()), (0, Some(1)));
}

#[tokio::test]
async fn a_lost_answer_took_effect() {
    let bench = Bench::of(&small()).await;
    bench.faults(json!([{"vendor": "flow-learning", "fault": "answer_lost", "times": 1}])).await;
    assert_eq!(bench.get_flow("/v1/employees/7781_204").await.0, 404, "reads are spared");
    let lost = bench.flow_call(Method::PUT, "/v1/employees/7781_204").json(&leo()).send().await;
    assert!(lost.is_err());
    let (status, learner) = bench.get_flow("/v1/employees/7781_204").await;
    assert_eq!((status, learner["firstName"].as_str()), (200, Some("Leo")));
    let state = bench.state().await;
    assert_eq!(
        (state["flow-learning"]["writes"].as_i64(), state["flow-learning"]["reads"].as_i64()),
        (Some(1), Some(2))
    );
}

#[tokio::test]
async fn calls_are_counted_and_reset() {
    let bench = Bench::of(&small()).await;
    bench.get_hr("/hr/v1.0/employees").await;
    bench.put_flow("/v1/employees/7781_204", json!({})).await;
    assert_eq!(bench.sandbox.counts("planday"), Some((1, 0)), "the token call is not counted");
    assert_eq!(bench.sandbox.counts("flow-learning"), Some((0, 1)), "a refused write counts");
    read(bench.client.post(format!("{}/_sandbox/reset-counters", bench.admin))).await;
    assert_eq!(bench.sandbox.counts("flow-learning"), Some((0, 0)));
}

#[tokio::test]
async fn what_get_gives_put_takes_and_get_gives_again() {
    for world in [World::demo(60, 3, TODAY), World::from_json_text(&small().to_string()).unwrap()] {
        let bench = Bench::start(Some(world)).await;
        let before = bench.state().await;
        assert_eq!(bench.put_state(&before).await.0, 200);
        assert_eq!(bench.state().await, before);
        assert_eq!(bench.state().await.to_string(), before.to_string());
        let elsewhere = Bench::start(None).await;
        elsewhere.put_state(&before).await;
        let mut there = elsewhere.state().await;
        there.as_object_mut().unwrap().retain(|key, _| before.get(key).is_some());
        assert_eq!(there, before);
    }
}

#[tokio::test]
async fn a_minimal_document_written_by_hand_loads() {
    let bench = Bench::start(Some(World::generate(20, 1, TODAY))).await;
    let document = json!({
        "planday": {"employees": [{"id": "rec-1070-org", "first_name": "michaela", "last_name": "neumann",
            "date_of_birth": "1915-11-11", "branch": "winston hills", "department": "nsw", "address": "8 stanley street",
            "postcode": "4223", "job_title": "Staff"}]},
        "flow-learning": {"users": [{"id": "rec-561-dup-0", "first_name": "elton", "last_name": "", "branch": "windermere"}]}
    });
    assert_eq!(bench.put_state(&document).await.0, 200);
    let state = bench.state().await;
    let employee = &state["planday"]["employees"][0];
    assert_eq!((employee["id"].as_str(), employee["status"].as_str()), (Some("rec-1070-org"), Some("active")));
    assert_eq!(employee["identifier"], format!("{}_{}", state["planday"]["portal_id"], employee["number"]));
    let (_, detail) = bench.get_hr(&format!("/hr/v1.0/employees/{}", employee["number"])).await;
    assert_eq!(detail["data"]["custom_196908"]["value"], "winston hills");
    let branches = state["flow-learning"]["options"]["branches"].as_array().unwrap();
    let codes: Vec<_> = branches.iter().map(|branch| branch["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["WIND01", "WINS01"]);
    let user = &state["flow-learning"]["users"][0];
    assert_eq!((user["last_name"].as_str(), user["branch_code"].as_str()), (Some(""), Some("WIND01")));
    assert_eq!((&user["learner_id"], &user["identifier"]), (&json!(1001), &Value::Null));
    let files = bench.sandbox.tenant_files();
    assert!(files[0].1.contains("\"winston hills\" = \"WINS01\""), "{}", files[0].1);
}

#[tokio::test]
async fn a_malformed_document_changes_nothing() {
    let bench = Bench::of(&small()).await;
    let before = bench.state().await;
    for (document, path) in [
        (json!([]), "the document"),
        (
            json!({"planday": {"employees": [{"id": "1", "first_name": "A"}, {"first_name": "B"}]}}),
            "planday.employees[1].id",
        ),
        (json!({"planday": {"employees": [{"id": "1", "first_name": {}}]}}), "planday.employees[0].first_name"),
        (
            json!({"flow-learning": {"users": [{"id": "1", "last_name": "x", "start_date": "1/2/2020"}]}}),
            "flow-learning.users[0].start_date",
        ),
        (json!({"planday": {"employees": []}, "sage": {}}), "sage"),
        (json!({"planday": {"portal_id": "many"}}), "planday"),
    ] {
        let (status, body) = bench.put_state(&document).await;
        assert_eq!((status, body["path"].as_str()), (400, Some(path)), "{body}");
    }
    assert_eq!(bench.state().await, before);
}

#[tokio::test]
async fn only_what_a_document_names_is_replaced() {
    let bench = Bench::of(&small()).await;
    bench.get_flow("/v1/company").await;
    let before = bench.state().await;
    let document =
        json!({"planday": {"employees": [{"id": 1, "first_name": "New", "last_name": "One", "branch": "York"}]}});
    assert_eq!(bench.put_state(&document).await.0, 200);
    let after = bench.state().await;
    assert_eq!(after["flow-learning"], before["flow-learning"]);
    assert_eq!(after["planday"]["portal_id"], 7781);
    assert_eq!(after["planday"]["options"]["branches"][0]["name"], "York");
    assert_eq!(after["planday"]["employees"][0]["identifier"], "7781_1");
}

#[test]
fn two_people_files_become_a_world() {
    let source = "id,first_name,last_name,branch\nE1,Ann,Osei,York\nE2,Bo,Lind,York\n";
    let destination = "id,identifier,first_name,last_name,branch\nL1,E2,Bo,Lind,York\nL2,E9,Cy,,Hull\n";
    let world = World::from_csv(source, destination, Some("Team Member")).unwrap();
    let users = &world.company("flow-learning").unwrap().people;
    assert_eq!((users[0].identifier.as_str(), users[1].identifier.as_str()), ("40817_300002", "E9"));
    assert_eq!(world.company("planday").unwrap().person("E1").unwrap().job_title, "Team Member");
    let options = &world.company("flow-learning").unwrap().options;
    assert_eq!(options.job_titles[0].name, "Team Member");
    assert_eq!(options.branches.len(), 2);
    assert!(World::from_csv("name\nx\n", destination, None).is_err());
}

#[tokio::test]
async fn tenant_files_are_complete() {
    let bench = Bench::start(Some(World::demo(120, 1, TODAY))).await;
    let files = bench.sandbox.tenant_files();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "planday-flow-learning.toml");
    assert_eq!(names.len(), 4);
    let main: toml::Table = files[0].1.parse().unwrap();
    assert_eq!(main["short_name"].as_str(), Some("harbour-vine"));
    assert_eq!(main["source"]["refresh_token"].as_str(), Some(bench.planday("refresh_token").as_str()));
    assert_eq!(main["field_map"]["branch"].as_str(), Some("custom:Branch (Flow)"));
    let rows = main["mapping"]["branch"]["rows"].as_table().unwrap();
    assert_eq!(rows["Leeds Dock"].as_str(), Some("LDS01"));
    assert!(!rows.contains_key("Quayside "), "the demo leaves it to the operator");
    let single = Bench::start(Some(World::generate(120, 1, TODAY))).await;
    let file: toml::Table = single.sandbox.tenant_files()[0].1.parse().unwrap();
    assert_eq!(file["mapping"]["branch"]["rows"]["Quayside "].as_str(), Some("QUAY01"));
    assert_eq!(file["mapping"]["job_title"]["rows"]["Chef de Partie"].as_str(), Some("Chef De Partie"));
}

#[tokio::test]
async fn companies_of_a_demo_are_kept_apart() {
    let bench = Bench::start(Some(World::demo(60, 1, TODAY))).await;
    let endpoints = bench.sandbox.endpoints();
    let saltmarsh = endpoints.company("flow-learning@saltmarsh").unwrap();
    let call = bench.client.get(format!("{}/v1/company", saltmarsh.get("base_url").unwrap()));
    let call = call.basic_auth(saltmarsh.get("company_id").unwrap(), saltmarsh.get("secret"));
    assert_eq!(read(call).await.1["name"], "Saltmarsh Pubs");
    assert_eq!(bench.sandbox.counts("flow-learning@saltmarsh"), Some((1, 0)));
    assert_eq!(bench.sandbox.counts("flow-learning"), Some((0, 0)));
    let other = endpoints.company("planday@saltmarsh").unwrap().get("client_id").unwrap().to_owned();
    let url = format!("{}/hr/v1.0/employees", bench.planday("base_url"));
    let foreign = bench.client.get(url).bearer_auth(&bench.token).header("X-ClientId", other);
    assert_eq!(read(foreign).await.0, 401, "a token is good for its own portal only");
    let fault = Fault::new(FaultKind::Internal).at("planday@saltmarsh");
    bench.sandbox.set_faults(vec![fault]);
    assert_eq!(bench.get_hr("/portal/v1.0/info").await.0, 200);
}

#[tokio::test]
async fn ten_thousand_page_and_a_stopped_sandbox_is_gone() {
    let mut world = World::generate(0, 1, TODAY);
    let row =
        |at: u32| Person { id: at.to_string(), first_name: "A".into(), last_name: at.to_string(), ..Person::default() };
    for company in &mut world.companies {
        company.people = (1..=10_000).map(row).collect();
    }
    let bench = Bench::start(Some(world)).await;
    let (_, page) = bench.get_hr("/hr/v1.0/employees?offset=9990").await;
    assert_eq!((page["data"].as_array().unwrap().len(), page["paging"]["total"].as_i64()), (10, Some(10_000)));
    let (_, page) = bench.get_flow("/v1/employees?page=20&pageSize=9999").await;
    assert_eq!((page["pageSize"].as_i64(), page["items"][499]["id"].as_i64()), (Some(500), Some(10_000)));
    let url = format!("{}/_sandbox/state", bench.admin);
    bench.sandbox.stop().await;
    assert!(bench.client.get(url).send().await.is_err());
}
