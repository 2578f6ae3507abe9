//! Freshteam: what the simulator enforces.

use super::*;

fn staff(count: u32) -> Vec<Value> {
    (1..=count)
        .map(|id| json!({"id": id.to_string(), "first_name": format!("F{id:03}"), "last_name": "X", "branch": "Leeds", "department": "Finance"}))
        .collect()
}

async fn account(freshteam: Value) -> Bench {
    Bench::of(&json!({ "freshteam": freshteam })).await
}

impl Bench {
    fn fresh(&self, member: &str) -> String {
        self.sandbox.endpoints().company("freshteam").unwrap().get(member).unwrap().to_owned()
    }

    fn fresh_request(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.fresh("base_url"))).bearer_auth(self.fresh("api_key"))
    }

    async fn fresh_get(&self, path: &str) -> (u16, Value) {
        read(self.fresh_request(path)).await
    }

    fn fresh_switch(&self, switches: Value) {
        self.sandbox.set_switches(&json!({ "freshteam": switches })).unwrap();
    }
}

fn ids(rows: &Value) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap() - 3_000_000_000).collect()
}

#[tokio::test]
async fn a_page_has_50_rows_and_its_headers_tell_of_the_list() {
    let bench = account(json!({"employees": staff(101)})).await;
    let answer = bench.fresh_request("/employees?page=3&per_page=100").send().await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!((header("total-pages").as_deref(), header("total-objects").as_deref()), (Some("3"), Some("101")));
    assert_eq!(
        (header("x-ratelimit-total").as_deref(), header("link")),
        (Some("101"), None),
        "more calls for more employees"
    );
    let first = bench.fresh_request("/employees").send().await.unwrap();
    assert!(first.headers()["link"].to_str().unwrap().contains("page=2"));
    assert_eq!(ids(&first.json().await.unwrap()).len(), 50, "and no size is taken");
    assert_eq!(bench.fresh_get("/employees?page=4").await, (200, json!([])));
    for path in [
        "/employees?page=0",
        "/employees?page=x",
        "/employees?status=gone",
        "/employees?terminated=1",
        "/employees?updated_since=now",
    ] {
        let (status, body) = bench.fresh_get(path).await;
        assert_eq!((status, &body["errors"][0]["code"]), (422, &json!("invalid_value")), "{path}");
    }
    bench.fresh_switch(json!({"no_paging_headers": true}));
    let bare = bench.fresh_request("/employees").send().await.unwrap();
    assert!(bare.headers().get("total-pages").is_none());
}

#[tokio::test]
async fn the_key_is_a_bearer_token_of_one_account() {
    let bench = account(json!({"employees": staff(1)})).await;
    let url = format!("{}/employees", bench.fresh("base_url"));
    let (status, body) = read(bench.client.get(&url).bearer_auth("x")).await;
    assert_eq!((status, &body["errors"][0]["code"]), (401, &json!("invalid_credentials")));
    assert_eq!(read(bench.client.get(&url)).await.0, 401);
    let elsewhere = url.replace("/harbourvinefreshteam/", "/elsewhere/");
    assert_eq!(read(bench.client.get(elsewhere).bearer_auth(bench.fresh("api_key"))).await.0, 404);
    assert_eq!(read(bench.client.post(&url).bearer_auth(bench.fresh("api_key"))).await.0, 405);
    bench.fresh_switch(json!({"single_error": true, "role_is_too_low": true}));
    let (status, body) = bench.fresh_get("/employees").await;
    assert_eq!((status, &body["code"]), (403, &json!("forbidden")));
    bench.fresh_switch(json!({"sunset": true}));
    assert_eq!(bench.fresh_get("/employees").await.0, 404);
    assert_eq!(bench.sandbox.counts("freshteam"), Some((5, 1)));
}

#[tokio::test]
async fn filters_choose_who_is_shown() {
    let mut people = staff(6);
    people[1]["status"] = json!("inactive");
    people[2]["end_date"] = json!("2026-11-20");
    people[3]["end_date"] = json!("2026-12-20");
    people[4]["deleted"] = json!(true);
    people[5]["updated_at"] = json!("2026-11-20T08:00:00.000Z");
    let bench = account(json!({ "employees": people })).await;
    let list = |query: &'static str| {
        let bench = &bench;
        async move { ids(&bench.fresh_get(&format!("/employees?{query}")).await.1) }
    };
    assert_eq!(list("").await, [1, 4, 6], "the active directory");
    assert_eq!(list("status=inactive").await, [2, 3]);
    assert_eq!(list("status=active,inactive").await, [1, 2, 3, 4, 6]);
    assert_eq!(list("terminated=true").await, [3]);
    assert_eq!(list("deleted=true").await, [5]);
    assert_eq!(list("updated_since=2026-11-15").await, [6]);
    bench.fresh_switch(json!({"terminated_apart": true}));
    assert_eq!((list("status=inactive").await, list("terminated=true").await), (vec![2], vec![3]));
    bench.fresh_switch(json!({"plain_lists_everybody": true}));
    assert_eq!(list("").await, [1, 2, 3, 4, 6]);
}

#[tokio::test]
async fn custom_values_are_in_one_persons_record_only() {
    let mut people = staff(2);
    people[0]["custom"] = json!({"scheme_cf_str02": "Plus", "code_cf_str01": "L-7"});
    people[1]["employee_id"] = json!(null);
    let fields = json!([{"name": "scheme_cf_str02", "label": "Scheme", "options": ["Basic", "Plus"]},
        {"name": "code_cf_str01", "label": "Code"}, {"name": "old_cf_str03", "label": "Old", "deleted": true}]);
    let bench = account(json!({"employees": people, "fields": fields})).await;
    let (_, rows) = bench.fresh_get("/employees").await;
    assert_eq!(rows[0].get("custom_field_values"), None);
    assert_eq!((&rows[0]["employee_id"], &rows[1]["employee_id"]), (&json!("FT-1"), &json!(null)));
    let (_, one) = bench.fresh_get("/employees/3000000001?include=branch,department,reporting_to").await;
    assert_eq!(
        one["custom_field_values"],
        json!({"scheme_cf_str02": {"id": 2, "value": "Plus"}, "code_cf_str01": "L-7"})
    );
    assert_eq!((&one["branch"]["name"], &one["branch"]["id"]), (&json!("Leeds"), &one["branch_id"]));
    let (_, two) = bench.fresh_get("/employees/3000000002").await;
    assert_eq!(
        two["custom_field_values"],
        json!({"scheme_cf_str02": {"id": null, "value": null}, "code_cf_str01": null})
    );
    assert_eq!(two.get("branch"), None, "not asked for");
    assert_eq!(bench.fresh_get("/employees/FT-1").await.0, 404, "by its number alone");
    let (_, defined) = bench.fresh_get("/employee_fields").await;
    let custom: Vec<&Value> = defined.as_array().unwrap().iter().filter(|one| one["default"] == false).collect();
    assert_eq!(
        (custom.len(), &custom[0]["picklist_values"][1]["value"], &custom[2]["deleted"]),
        (3, &json!("Plus"), &json!(true))
    );
    assert_eq!(bench.fresh_get("/branches").await.1[0]["name"], "Leeds");
    assert_eq!(bench.fresh_get("/teams").await, (200, json!([])));
}

#[tokio::test]
async fn a_plan_allows_so_many_calls_a_minute() {
    let document = json!({"freshteam": {"employees": staff(1), "plan": "trial"}});
    let world = Some(World::from_json_text(&document.to_string()).unwrap());
    let bench = Bench::on(SandboxConfig { world, rate_limits: RateLimits::Real, ..SandboxConfig::new(TODAY) }).await;
    for left in (0..10).rev() {
        let answer = bench.fresh_request("/employees").send().await.unwrap();
        assert_eq!(answer.headers()["x-ratelimit-remaining"], left.to_string().as_str());
    }
    assert_eq!(bench.fresh_request("/employees").send().await.unwrap().status(), 429);
}
