//! PeopleHR: what the simulator enforces.

use super::*;

fn people() -> Value {
    json!({"peoplehr": {"employees": [
        {"id": "1", "employee_id": "HK12", "first_name": "Robert", "last_name": "Osei", "email": "r.osei@x.example"},
        {"id": "2", "first_name": "Margaret", "last_name": "Adeyemi", "known_as": "Maggie", "manager_id": "1",
         "job_title": "General Manager", "start_date": "2021-09-06", "APIColumn2": "Blue", "company": "Harbour Bars Ltd"},
        {"id": "3", "first_name": "Old", "last_name": "Hand", "end_date": "2026-11-01"},
        {"id": "4", "first_name": "May", "last_name": "Leave", "end_date": "2027-02-01"},
        {"id": "5", "first_name": "Ear", "last_name": "Ly", "end_date": "2027-02-01", "status": "inactive"}]}})
}

async fn bench() -> Bench {
    Bench::of(&people()).await
}

impl Bench {
    fn people_hr(&self, member: &str) -> String {
        self.sandbox.endpoints().company("peoplehr").unwrap().get(member).unwrap().to_owned()
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.people_hr("base_url"))).header("user-agent", "tests")
    }

    async fn action(&self, action: &str, members: Value) -> Value {
        let mut body = json!({"APIKey": self.people_hr("api_key"), "Action": action});
        body.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap());
        let (status, answer) = read(self.post("/Employee").json(&body)).await;
        assert_eq!(status, 200, "good or bad");
        answer
    }

    async fn body(&self, body: &'static str, kind: &str) -> (u16, Value) {
        read(self.post("/Employee").header("content-type", kind).body(body)).await
    }

    fn set(&self, name: &str, value: Value) {
        self.sandbox.edit(|world| world.company_mut("peoplehr").unwrap().own.insert(name.to_owned(), value));
    }
}

fn told(answer: &Value) -> (i64, &str) {
    assert_eq!(answer["isError"], json!(!matches!(answer["Status"].as_i64(), Some(0 | 10))), "{answer}");
    (answer["Status"].as_i64().unwrap(), answer["Message"].as_str().unwrap())
}

fn ids(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["EmployeeId"]["DisplayValue"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn statuses_tell_what_is_wrong_with_a_call() {
    let bench = bench().await;
    for (body, kind, status) in [
        ("", "application/json", 7),
        ("", "application/x-www-form-urlencoded", 8),
        ("{\"APIKey\":", "application/json", 9),
        ("[]", "application/json", 9),
        ("{}", "application/json", 1),
        ("{\"APIKey\": 5}", "application/json", 2),
        ("{\"APIKey\": \"\"}", "application/json", 2),
        ("{\"APIKey\": \"00000000-0000-0000-0000-000000000000\"}", "application/json", 5),
    ] {
        let (http, answer) = bench.body(body, kind).await;
        assert_eq!((http, told(&answer).0), (200, status), "{body} {answer}");
    }
    let key = bench.people_hr("api_key");
    let (_, answer) = read(bench.post("/Employee").json(&json!({"APIKey": key}))).await;
    assert_eq!(told(&answer).0, 3);
    assert_eq!(told(&bench.action("", json!({})).await).0, 4);
    for action in ["GetAllLeavers", "CreateNewEmployee", "NoSuchAction"] {
        assert_eq!(
            told(&bench.action(action, json!({})).await),
            (5, "Access Denied."),
            "no right and no action are one"
        );
    }
    assert_eq!(bench.sandbox.counts("peoplehr"), Some((12, 1)), "one of them could have changed something");
    bench.set("switches", json!({"revoked": true}));
    assert_eq!(told(&bench.action("GetAllEmployeeDetail", json!({})).await), (5, "API Key does not exists."));
}

#[tokio::test]
async fn what_stands_in_front_answers_by_http() {
    let bench = bench().await;
    let url = format!("{}/Employee", bench.people_hr("base_url"));
    let body = json!({"APIKey": bench.people_hr("api_key"), "Action": "GetCompanyInformation"});
    assert_eq!(read(bench.client.post(&url).json(&body)).await.0, 403, "without a user agent");
    assert_eq!(read(bench.post("/Salary").json(&body)).await.0, 404);
    assert_eq!(read(bench.client.get(&url).header("user-agent", "tests")).await.0, 405);
    let (_, in_path) = read(bench.post("/Employee/GetCompanyInformation").json(&body)).await;
    assert_eq!(in_path["Result"]["CompanyId"], "4411", "the action may stand in the path as well");
    bench.set("switches", json!({"kept_out": true}));
    assert_eq!(read(bench.post("/Employee").json(&body)).await.0, 403);
}

#[tokio::test]
async fn leavers_come_only_when_asked_for_and_histories_only_by_id() {
    let bench = bench().await;
    let all = |leavers: Value| bench.action("GetAllEmployeeDetail", json!({"IncludeLeavers": leavers}));
    for no in [json!(false), json!("false"), json!(null)] {
        assert_eq!(ids(&all(no).await["Result"]), ["HK12", "2", "4"]);
    }
    for yes in [json!(true), json!("true"), json!("True")] {
        assert_eq!(ids(&all(yes).await["Result"]), ["HK12", "2", "3", "4", "5"]);
    }
    assert_eq!(told(&all(json!(1)).await).0, 5);
    let rows = all(json!("true")).await["Result"].clone();
    let margaret = &rows[1];
    assert_eq!(margaret["KnownAs"], json!({"DisplayValue": "Maggie", "FieldHistory": []}));
    assert_eq!(margaret["ReportsToEmployeeId"], json!({"DisplayValue": "HK12"}), "by the id that can be edited");
    assert_eq!((&margaret["APIColumn2"], &margaret["LeavingDate"]), (&json!("Blue"), &json!("")), "plain, not wrapped");
    assert_eq!(margaret["Company"]["DisplayValue"], "Harbour Bars Ltd");
    let status = |at: usize| rows[at]["EmployeeStatus"]["DisplayValue"].as_str().unwrap().to_owned();
    assert_eq!([status(0), status(2), status(3), status(4)], ["1", "2", "1", "2"], "marked early, with a date ahead");
    let one = bench.action("GetEmployeeDetailById", json!({"EmployeeId": "2"})).await;
    assert_eq!(one["Result"]["KnownAs"]["FieldHistory"][0]["NewValue"], "Maggie");
    let none = bench.action("GetEmployeeDetailById", json!({"EmployeeId": "1"})).await;
    assert_eq!((told(&none).0, &none["Result"]), (10, &Value::Null));
    bench.set("actions", json!(["GetAllLeavers"]));
    assert_eq!(ids(&bench.action("GetAllLeavers", json!({})).await["Result"]), ["3", "5"]);
    assert_eq!(told(&all(json!(true)).await), (5, "Access Denied."));
}

#[tokio::test]
async fn pages_stand_one_level_deeper() {
    let bench = bench().await;
    let page = |members: Value| bench.action("GetAllEmployeeDetailPaginated", members);
    let two = page(json!({"Limit": 2, "Offset": "2", "IncludeLeavers": "true"})).await;
    assert_eq!((ids(&two["Result"]["Result"]), &two["Result"]["Pagination"]["TotalRows"]), (vec!["3", "4"], &json!(5)));
    let beyond = page(json!({"Offset": 90})).await;
    assert_eq!(beyond["Result"], json!({"Result": [], "Pagination": {"TotalRows": 3}}));
    for limit in [0, 501] {
        assert_eq!(told(&page(json!({"Limit": limit})).await).0, 5);
    }
    bench.set("switches", json!({"older": true}));
    assert_eq!(told(&page(json!({})).await), (5, "Access Denied."));
    assert_eq!(told(&bench.action("GetCompanyInformation", json!({})).await), (5, "Access Denied."));
    bench.sandbox.edit(|world| world.company_mut("peoplehr").unwrap().people.clear());
    assert_eq!(told(&bench.action("GetAllEmployeeDetail", json!({})).await).0, 10);
}

#[tokio::test]
async fn the_thirty_first_call_of_a_minute_is_told_in_the_body() {
    let world = Some(World::from_json_text(&people().to_string()).unwrap());
    let bench = Bench::on(SandboxConfig { world, rate_limits: RateLimits::Real, ..SandboxConfig::new(TODAY) }).await;
    for _ in 0..30 {
        assert_eq!(told(&bench.action("GetCompanyInformation", json!({})).await).0, 0);
    }
    let refused = bench.action("GetCompanyInformation", json!({})).await;
    let (status, message) = told(&refused);
    assert!(status == 5 && message.contains("limited to"), "{message}");
    for (fault, status) in [("429", 5), ("500", 6)] {
        let bench = self::bench().await;
        bench.faults(json!([{"vendor": "peoplehr", "fault": fault, "times": 1}])).await;
        assert_eq!(told(&bench.action("GetCompanyInformation", json!({})).await).0, status);
    }
}

#[tokio::test]
async fn an_account_has_its_part_of_the_state_and_its_tenant_file() {
    let bench = Bench::start(Some(World::generate(60, 1, TODAY))).await;
    let state = bench.state().await;
    let account = &state["peoplehr"];
    let first = &account["employees"][0];
    assert_eq!((&first["identifier"], &first["employee_id"]), (&json!("HV0001"), &json!("HV0001")));
    assert!(account["options"]["job_titles"].as_array().is_some_and(|titles| titles.len() > 3));
    assert_eq!(bench.put_state(&json!({"peoplehr": {"actions": ["MarkAsLeaverById"]}})).await.1["path"], "peoplehr");
    let files = bench.sandbox.tenant_files();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let destinations = ["flow-learning", "learn-amp", "reward-gateway", "scim"];
    for name in destinations.map(|destination| format!("peoplehr-{destination}.toml")) {
        assert!(names.contains(&name.as_str()), "{name} is not among {names:?}");
    }
    let at = names.iter().position(|name| *name == "peoplehr-flow-learning.toml").unwrap();
    let file: toml::Table = files[at].1.parse().unwrap();
    assert_eq!(file["source"]["api_key"].as_str(), Some(bench.people_hr("api_key").as_str()));
    assert_eq!(file["field_map"]["branch"].as_str(), Some("location"));
    assert!(!file["source"].as_table().unwrap().contains_key("company"));
    bench.set("company_filter", json!("Harbour & Vine Ltd"));
    assert!(bench.sandbox.tenant_files()[at].1.contains("company = \"Harbour & Vine Ltd\""));
}
