//! BambooHR: what the simulator enforces.

use super::*;

fn staff(count: u32) -> Vec<Value> {
    (1..=count)
        .map(|id| json!({"id": id.to_string(), "first_name": format!("F{id:03}"), "last_name": "X", "branch": "Leeds", "department": "Finance"}))
        .collect()
}

async fn company(bamboohr: Value) -> Bench {
    Bench::of(&json!({ "bamboohr": bamboohr })).await
}

impl Bench {
    fn bamboo(&self, member: &str) -> String {
        self.sandbox.endpoints().company("bamboohr").unwrap().get(member).unwrap().to_owned()
    }

    fn bamboo_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.bamboo("base_url")));
        request.basic_auth(self.bamboo("api_key"), Some("anything")).header("accept", "application/json")
    }

    async fn bamboo_get(&self, path: &str) -> (u16, Value) {
        bamboo_read(self.bamboo_request(Method::GET, path)).await
    }

    async fn bamboo_report(&self, path: &str, body: Value) -> (u16, Value) {
        bamboo_read(self.bamboo_request(Method::POST, path).json(&body)).await
    }

    fn bamboo_switch(&self, switches: Value) {
        self.sandbox.set_switches(&json!({ "bamboohr": switches })).unwrap();
    }
}

/// Status and body; of an error the text of its header.
async fn bamboo_read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let told = answer.headers().get("x-bamboohr-error-message").map(|text| text.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    match told {
        Some(told) => {
            assert_eq!(text, "", "the body of an error is empty");
            (status, json!(told))
        }
        None => (status, serde_json::from_str(&text).unwrap_or(Value::String(text))),
    }
}

fn ids(rows: &Value, member: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row[member].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_key_is_the_user_and_any_password_will_do() {
    let bench = company(json!({"employees": staff(1)})).await;
    let url = format!("{}/employees", bench.bamboo("base_url"));
    let get = |url: &str, key: &str| {
        let request = bench.client.get(url).header("accept", "application/json");
        bamboo_read(request.basic_auth(key, Some("x")))
    };
    assert_eq!(get(&url, "another").await, (401, json!("Invalid API key")));
    assert_eq!(get(&url, &bench.bamboo("api_key")).await.0, 200);
    let older = url.replace("/harbourvinebamboohr/api/v1/", "/api/gateway.php/harbourvinebamboohr/v1/");
    assert_eq!(get(&older, &bench.bamboo("api_key")).await.0, 200);
    let elsewhere = url.replace("/harbourvinebamboohr/", "/elsewhere/");
    assert_eq!(get(&elsewhere, &bench.bamboo("api_key")).await.0, 404);
    let xml = bench.client.get(&url).basic_auth(bench.bamboo("api_key"), Some("")).send().await.unwrap();
    assert_eq!(xml.headers()["content-type"], "application/xml");
    assert!(xml.text().await.unwrap().starts_with("<?xml"));
    assert_eq!(bamboo_read(bench.bamboo_request(Method::POST, "/employees")).await.0, 403);
    assert_eq!(bench.sandbox.counts("bamboohr"), Some((5, 1)));
}

#[tokio::test]
async fn the_list_goes_on_by_cursor_and_names_what_is_hidden() {
    let mut people = staff(120);
    people[1]["hidden"] = json!(["status", "workEmail"]);
    people[2]["record_is_hidden"] = json!(true);
    let bench = company(json!({ "employees": people })).await;
    let (_, first) = bench.bamboo_get("/employees").await;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["meta"]["total"]), (50, &json!(120)));
    let (_, all) = bench.bamboo_get("/employees?page%5Blimit%5D=100&fields=workEmail").await;
    assert_eq!(all["data"][0].get("_restrictedFields"), None);
    assert_eq!(all["data"][1]["_restrictedFields"], json!(["status", "workEmail"]));
    assert_eq!((&all["data"][1]["status"], &all["data"][2]["firstName"]), (&Value::Null, &Value::Null));
    let after = all["meta"]["page"]["nextCursor"].as_str().unwrap();
    let (_, rest) = bench.bamboo_get(&format!("/employees?page[limit]=100&page[after]={after}")).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["meta"]["page"]["nextCursor"]), (20, &Value::Null));
    assert_eq!(rest["data"][0]["employeeId"], "101");
    for path in ["/employees?page[limit]=101", "/employees?page[limit]=0", "/employees?page[after]=7"] {
        assert_eq!(bench.bamboo_get(path).await.0, 400, "{path}");
    }
    let (_, active) = bench.bamboo_get("/employees?filter[status]=Active").await;
    assert_eq!(active["meta"]["total"], 119, "who hides it is dropped");
    let (_, chosen) = bench.bamboo_get("/employees?filter[ids]=7,9").await;
    assert_eq!(ids(&chosen["data"], "employeeId"), ["7", "9"]);
    bench.bamboo_switch(json!({"larger_pages": true}));
    let (_, whole) = bench.bamboo_get("/employees").await;
    assert_eq!((whole["data"].as_array().unwrap().len(), whole.get("links")), (120, None));
}

#[tokio::test]
async fn the_report_has_its_traps() {
    let mut people = staff(4);
    people[1]["end_date"] = json!("2026-11-20");
    people[2]["start_date"] = json!("2026-12-20");
    people[3]["custom"] = json!({"customScheme": "Plus"});
    let fields = json!([{"alias": "customScheme", "label": "Scheme"}, {"alias": "customOld", "label": "Old", "deprecated": true}]);
    let bench = company(json!({"employees": people, "fields": fields, "hidden": ["homeEmail"]})).await;
    let asked = json!({"title": "t", "fields": ["firstName", "homeEmail", "status", "terminationDate", "customScheme", "4000",
        "customOld", "nothing"]});
    let (status, report) = bench.bamboo_report("/reports/custom?format=json", asked.clone()).await;
    assert_eq!((status, ids(&report["employees"], "id")), (200, ["1", "2", "3", "4"].map(str::to_owned).to_vec()));
    assert_eq!(
        report["employees"][3],
        json!({"id": "4", "firstName": "F004", "status": "Active", "terminationDate": "0000-00-00", "customScheme": "Plus",
            "4000": "Plus"}),
        "what is hidden or unknown is left out"
    );
    assert_eq!(ids(&report["fields"], "id"), ["firstName", "status", "terminationDate", "customScheme", "4000"]);
    let status_of = |at: usize| report["employees"][at]["status"].clone();
    assert_eq!((status_of(1), status_of(2)), (json!("Inactive"), json!("Inactive")), "has left; starts later");
    let current = bench.bamboo_report("/reports/custom?format=JSON&onlyCurrent=true", asked.clone()).await.1;
    assert_eq!(ids(&current["employees"], "id"), ["1", "2", "4"]);
    let mut chosen = asked.clone();
    chosen["filters"] = json!({"employeeIds": ["2", 4]});
    let chosen = bench.bamboo_report("/reports/custom?format=JSON", chosen).await.1;
    assert_eq!(ids(&chosen["employees"], "id"), ["2", "4"]);
    let typed = bench.bamboo_request(Method::POST, "/reports/custom?format=JSON").body(asked.to_string());
    let typed = typed.header("content-type", "application/json; charset=UTF-8");
    assert_eq!(bamboo_read(typed).await, (400, json!("Malformed XML")));
    let any = bench.client.post(format!("{}/reports/custom", bench.bamboo("base_url"))).json(&asked);
    assert_eq!(bamboo_read(any.basic_auth(bench.bamboo("api_key"), Some("x")).header("accept", "*/*")).await.0, 404);
    assert_eq!(bench.sandbox.counts("bamboohr"), Some((5, 0)), "a report changes nothing");
    bench.bamboo_switch(json!({"empty_is_left_out": true}));
    let bare = bench.bamboo_report("/reports/custom?format=JSON", asked.clone()).await.1;
    assert_eq!(bare["employees"][0], json!({"id": "1", "firstName": "F001", "status": "Active"}));
    for (switch, status) in [("report_is_refused", 403), ("report_is_gone", 404)] {
        bench.bamboo_switch(json!({ switch: true }));
        assert_eq!(bench.bamboo_report("/reports/custom?format=JSON", asked.clone()).await.0, status);
    }
}

#[tokio::test]
async fn one_person_has_what_was_asked_for_and_may_be_seen() {
    let mut people = staff(3);
    people[0]["hidden"] = json!(["location"]);
    people[0]["manager_id"] = json!("2");
    people[1]["employee_number"] = json!(null);
    people[2]["record_is_hidden"] = json!(true);
    let bench = company(json!({ "employees": people })).await;
    let asked = "location,department,supervisorId,supervisorEId,supervisor";
    let (_, one) = bench.bamboo_get(&format!("/employees/1?fields={asked}")).await;
    assert_eq!(
        one,
        json!({"id": "1", "department": "Finance", "supervisorId": "2", "supervisorEId": null, "supervisor": "X, F002"})
    );
    bench.bamboo_switch(json!({"supervisor_ids_swapped": true}));
    let (_, one) = bench.bamboo_get("/employees/1?fields=supervisorId,supervisorEId").await;
    assert_eq!(one, json!({"id": "1", "supervisorId": null, "supervisorEId": "2"}));
    assert_eq!(bench.bamboo_get("/employees/1").await.1, json!({"id": "1", "firstName": "F001", "lastName": "X"}));
    assert_eq!(bench.bamboo_get("/employees/9").await, (404, json!("Employee not found")));
    assert_eq!(bench.bamboo_get("/employees/3").await.0, 403);
    let many = (0..401).map(|at| format!("f{at}")).collect::<Vec<_>>().join(",");
    assert_eq!(bench.bamboo_get(&format!("/employees/1?fields={many}")).await.0, 400);
}

#[tokio::test]
async fn changes_fields_lists_and_waits() {
    let bench = company(
        json!({"employees": staff(3), "fields": [{"alias": "customSize", "label": "Size", "options": ["S", "L"]}]}),
    )
    .await;
    let long_ago = "/employees/changed?since=2020-01-01T00:00:00Z";
    assert_eq!(bench.bamboo_get(long_ago).await.1["employees"].as_object().unwrap().len(), 3);
    assert_eq!(bench.bamboo_get("/employees/changed?since=now").await, (400, json!("Invalid since")));
    bench.sandbox.edit(|world| {
        let company = world.company_mut("bamboohr").unwrap();
        company.people.remove(0);
        company.people[0].job_title = "Chef".into();
        company.people.push(Person { id: "8".into(), first_name: "New".into(), ..Person::default() });
    });
    let (_, changes) = bench.bamboo_get("/employees/changed?since=2026-02-01T00:00:00%2B00:00").await;
    let action = |id: &str| changes["employees"][id]["action"].clone();
    assert_eq!(
        [action("1"), action("2"), action("3"), action("8")],
        [json!("Deleted"), json!("Updated"), Value::Null, json!("Inserted")]
    );
    let (_, deleted) = bench.bamboo_get(&format!("{long_ago}&type=deleted")).await;
    assert_eq!(deleted["employees"].as_object().unwrap().len(), 1);
    let (_, fields) = bench.bamboo_get("/meta/fields").await;
    let last = fields.as_array().unwrap().last().unwrap();
    assert_eq!(*last, json!({"id": 4000, "label": "Size", "type": "list", "alias": "customSize", "deprecated": false}));
    let (_, lists) = bench.bamboo_get("/meta/lists").await;
    assert_eq!((&lists[1]["alias"], &lists[1]["options"][0]["archived"]), (&json!("location"), &json!("no")));
    bench.bamboo_switch(json!({"throttle_next": 1, "throttles_with_503": true}));
    let busy = bench.bamboo_request(Method::GET, "/meta/fields").send().await.unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    bench.bamboo_switch(json!({"throttle_next": 1, "throttles_with_503": false}));
    assert_eq!(bench.bamboo_get("/meta/fields").await, (429, json!("Limit Exceeded")));
    assert_eq!(bench.bamboo_get("/meta/fields").await.0, 200);
}
