//! Rotaready: what the simulator enforces.

use super::*;

fn staff(count: u32) -> Vec<Value> {
    (0..count)
        .map(|at| json!({"id": (100 + at).to_string(), "first_name": format!("F{at}"), "last_name": "X", "branch": "Quayside", "department": "Kitchen", "job_title": "Waiter"}))
        .collect()
}

async fn realm(employees: Vec<Value>) -> Bench {
    Bench::of(&json!({"rotaready": { "employees": employees }})).await
}

impl Bench {
    fn rota(&self, member: &str) -> String {
        self.sandbox.endpoints().company("rotaready").unwrap().get(member).unwrap().to_owned()
    }

    fn ask_token(&self, user: &str, password: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}/oauth/token", self.rota("base_url"))).basic_auth(user, Some(password))
    }

    async fn rota_token(&self) -> String {
        let password = format!("{}:{}", self.rota("key"), self.rota("secret"));
        let request = self.ask_token(&self.rota("realm"), &password).form(&[("grant_type", "client_credentials")]);
        let (status, answer) = read(request).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn rota_get(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.client.get(format!("{}{path}", self.rota("base_url"))).bearer_auth(token)).await
    }
}

fn ids(page: &Value) -> Vec<i64> {
    page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn the_sign_in_has_three_parts_and_takes_a_form_or_json() {
    let bench = realm(staff(1)).await;
    let (realm, key, secret) = (bench.rota("realm"), bench.rota("key"), bench.rota("secret"));
    assert!(realm.chars().all(|letter| letter.is_ascii_alphanumeric()));
    let form = [("grant_type", "client_credentials")];
    let three = format!("{key}:{secret}");
    for (user, password, status) in [
        (realm.as_str(), three.as_str(), 200),
        (&realm, &secret, 401),
        (&key, &secret, 401),
        (&realm, &format!("{three}:x"), 401),
    ] {
        let (told, answer) = read(bench.ask_token(user, password).form(&form)).await;
        assert_eq!(told, status, "{answer}");
        assert_eq!(answer.get("expires_in"), None, "no life is told");
    }
    let (status, answer) =
        read(bench.ask_token(&realm, &three).json(&json!({"grant_type": "client_credentials"}))).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(read(bench.ask_token(&realm, &three).form(&[("grant_type", "password")])).await.0, 400);
    assert_eq!(bench.rota_get("rr-x-1", "/staff/account/paginated").await.0, 401);
    bench.sandbox.set_switches(&json!({"rotaready": {"tells_expiry": true}})).unwrap();
    let (_, answer) = read(bench.ask_token(&realm, &three).form(&form)).await;
    assert_eq!(answer["expires_in"], 3600);
    bench.sandbox.set_switches(&json!({"rotaready": {"revoked": true}})).unwrap();
    assert_eq!(read(bench.ask_token(&realm, &three).form(&form)).await.0, 401);
    assert_eq!(bench.sandbox.counts("rotaready"), Some((1, 0)), "sign-ins are not counted");
}

#[tokio::test]
async fn a_page_has_5_to_50_rows_and_nothing_but_its_length_says_that_it_is_the_last() {
    // With Rotaready's own account there are a hundred.
    let bench = realm(staff(99)).await;
    let token = bench.rota_token().await;
    let page = |query: &'static str| {
        let (bench, token) = (&bench, token.clone());
        async move { bench.rota_get(&token, &format!("/staff/account/paginated?{query}")).await }
    };
    for limit in ["limit=4", "limit=51", "limit=x", "page=0", "page=-1"] {
        assert_eq!(page(limit).await.0, 400, "{limit}");
    }
    let (_, first) = page("page=1&limit=50").await;
    assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), ["users"]);
    assert_eq!((ids(&first).len(), first["users"][0]["firstName"].as_str()), (50, Some("Rotaready")));
    assert_eq!(ids(&page("page=2&limit=50").await.1).len(), 50);
    assert_eq!(page("page=3&limit=50").await.1, json!({"users": []}), "one page more that is empty");
    assert_eq!(ids(&page("page=20&limit=5").await.1).len(), 5);
}

#[tokio::test]
async fn who_has_left_is_in_the_same_list_and_who_comes_back_sleeps_until_the_day() {
    let next = |start: &str| json!([{"start_date": start, "job_title": "Chef"}]);
    let left = json!({"id": "7", "first_name": "A", "start_date": "2020-01-01", "end_date": "2026-11-21"});
    let with = |own: Value| {
        let mut row = left.clone();
        row.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
        row
    };
    let people = vec![
        left.clone(),
        with(json!({"id": "8", "employments": next("2026-12-01")})),
        with(json!({"id": "9", "employments": next("2026-11-22")})),
        with(json!({"id": "10", "end_date": "2026-11-22"})),
        with(json!({"id": "11", "start_date": "2026-12-01", "end_date": null})),
    ];
    let bench = realm(people).await;
    let token = bench.rota_token().await;
    let of = |page: &Value, id: i64| {
        page["users"].as_array().unwrap().iter().find(|user| user["id"] == id).cloned().unwrap()
    };
    let (_, page) = bench.rota_get(&token, "/staff/account/paginated").await;
    let active = |id| of(&page, id)["flags"]["active"].as_bool().unwrap();
    assert_eq!([7, 8, 9, 10, 11].map(active), [false, false, true, true, true], "the last day is a day at work");
    assert_eq!(of(&page, 8)["appointment"]["endDate"], "2026-11-21");
    assert_eq!(of(&page, 9)["appointment"]["startDate"], "2026-11-22");
    assert_eq!(of(&page, 9)["appointment"]["position"]["name"], "Chef");
    bench
        .sandbox
        .set_switches(&json!({"rotaready": {"shows_next_employment": true, "leavers_on_request": true}}))
        .unwrap();
    let (_, page) = bench.rota_get(&token, "/staff/account/paginated").await;
    assert_eq!(ids(&page).len(), 4, "with Rotaready's own");
    let (_, page) = bench.rota_get(&token, "/staff/account/paginated?includeInactive=true").await;
    assert_eq!(of(&page, 8)["appointment"]["startDate"], "2026-12-01");
    assert_eq!(of(&page, 8)["flags"]["active"], false);
    let (status, one) = bench.rota_get(&token, "/staff/account/9").await;
    assert_eq!((status, &one), (200, &of(&page, 9)), "unwrapped, and the same");
    assert_eq!(bench.rota_get(&token, "/staff/account/12345").await.0, 404);
}

#[tokio::test]
async fn lists_and_forms_are_there_or_not_as_the_switches_say() {
    let mut people = staff(2);
    people[1]["awaiting_approval"] = json!(true);
    let bench = realm(people).await;
    let token = bench.rota_token().await;
    let entities = bench.rota_get(&token, "/company/entity").await.1;
    assert_eq!(
        entities["entities"],
        json!([{"id": "qua", "name": "Quayside", "parentId": null, "type": "site"},
            {"id": "qua-kit", "name": "Kitchen", "parentId": "qua", "type": "department"}])
    );
    assert_eq!(
        bench.rota_get(&token, "/staff/position").await.1,
        json!({"positions": [{"id": 310, "name": "Waiter"}]})
    );
    let user = |at: usize| {
        let (bench, token) = (&bench, token.clone());
        async move { bench.rota_get(&token, "/staff/account/paginated").await.1["users"][at].clone() }
    };
    let switch = |switches: Value| bench.sandbox.set_switches(&json!({ "rotaready": switches })).unwrap();
    assert_eq!(user(1).await["appointment"]["entity"], json!({"id": "qua", "name": "Quayside"}));
    assert_eq!(user(2).await["appointment"].get("entityId"), None, "nobody has approved them");
    switch(json!({"appointment_form": "ids"}));
    assert_eq!(user(1).await["appointment"].get("entity"), None);
    switch(json!({"appointment_form": "objects"}));
    assert_eq!(user(1).await["appointment"].get("entityId"), None);
    switch(json!({"appointment_form": "", "evidenced_only": true}));
    let bare = user(1).await;
    assert_eq!((&bare["appointment"], bare.get("email")), (&json!({"entityId": "qua"}), None));
    switch(json!({"appointment_hidden": true, "approval_hides_joiners": true}));
    assert_eq!((user(1).await.get("appointment"), user(2).await), (None, Value::Null));
    switch(json!({"no_entity_list": true, "no_position_list": true, "no_single": true, "times_out_every": 2}));
    let mut statuses = Vec::new();
    for path in ["/company/entity", "/staff/position", "/staff/account/100", "/company/entity"] {
        statuses.push(bench.rota_get(&token, path).await.0);
    }
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(504), count(404)), (2, 2), "{statuses:?}");
    bench.sandbox.set_switches(&json!({"rotaready": {"appointment_form": "both"}})).unwrap_err();
}

#[tokio::test]
async fn the_third_call_of_a_second_is_too_many() {
    let document = json!({"rotaready": { "employees": staff(1) }});
    let world = Some(World::from_json_text(&document.to_string()).unwrap());
    let bench = Bench::on(SandboxConfig { world, rate_limits: RateLimits::Real, ..SandboxConfig::new(TODAY) }).await;
    let token = bench.rota_token().await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.rota_get(&token, "/staff/position").await);
    }
    let refused = statuses.iter().find(|(status, _)| *status == 429).expect("one was too many");
    assert!(refused.1["message"].is_string());
}

#[tokio::test]
async fn a_tenant_file_says_what_feeds_branches_and_which_members_are_called_otherwise() {
    let bench = realm(staff(1)).await;
    let file = || {
        let files = bench.sandbox.tenant_files();
        let (_, text) = files.iter().find(|(name, _)| name == "rotaready-flow-learning.toml").unwrap();
        text.parse::<toml::Table>().unwrap()
    };
    let plain = file();
    assert_eq!(plain["field_map"]["branch"].as_str(), Some("site"));
    assert_eq!(plain["source"]["realm"].as_str(), Some(bench.rota("realm").as_str()));
    assert!(!plain["source"].as_table().unwrap().contains_key("members"));
    bench.sandbox.edit(|world| {
        let own = &mut world.company_mut("rotaready").unwrap().own;
        own.insert("branch_from".into(), json!("department"));
        own.insert("members".into(), json!({"email": "contact.email"}));
        own.insert("entity_filter".into(), json!("qua"));
    });
    let own = file();
    assert_eq!(own["field_map"]["branch"].as_str(), Some("department"));
    assert_eq!(own["source"]["members"].as_str(), Some("email=contact.email"));
    assert_eq!(own["source"]["entities"].as_str(), Some("qua"));
}
