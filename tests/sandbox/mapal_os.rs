//! Mapal OS: what the simulator enforces of the assumed contract, and of the documented list of users.

use super::*;

fn staff(count: u32) -> Vec<Value> {
    (1..=count)
        .map(|id| json!({"id": id.to_string(), "first_name": format!("F{id}"), "last_name": "X", "email": format!("f{id}@x.example"),
            "branch": "Quayside", "department": "Kitchen", "job_title": "Waiter", "start_date": "2024-03-11"}))
        .collect()
}

async fn tenant(employees: Vec<Value>) -> Bench {
    Bench::of(&json!({"mapal-os": { "employees": employees }})).await
}

impl Bench {
    fn mapal(&self, member: &str) -> String {
        self.sandbox.endpoints().company("mapal-os").unwrap().get(member).unwrap().to_owned()
    }

    async fn mapal_sign_in(&self, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.client.post(format!("{}/connect/token", self.mapal("login_url"))).form(form)).await
    }

    async fn mapal_token(&self) -> String {
        let (id, secret) = (self.mapal("client_id"), self.mapal("client_secret"));
        let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
        let (status, answer) = self.mapal_sign_in(&form).await;
        assert_eq!((status, answer["expires_in"].as_u64()), (200, Some(3600)), "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn mapal_get(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.client.get(format!("{}/config/api/v1/{path}", self.mapal("base_url"))).bearer_auth(token)).await
    }

    fn mapal_switch(&self, switches: Value) {
        self.sandbox.set_switches(&json!({ "mapal-os": switches })).unwrap();
    }

    /// What the screens export, and what they say of a list that is put in.
    async fn mapal_export(&self, token: &str) -> String {
        let call = self.client.get(format!("{}/screens/users/export", self.mapal("base_url"))).bearer_auth(token);
        call.send().await.unwrap().text().await.unwrap()
    }

    async fn mapal_import(&self, token: &str, list: &str) -> (u16, Value) {
        let call = self.client.post(format!("{}/screens/users/import", self.mapal("base_url"))).bearer_auth(token);
        read(call.body(list.to_owned())).await
    }
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|row| row["externalId"].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test]
async fn a_client_or_a_user_signs_in_and_nobody_else() {
    let mut document = json!({"mapal-os": { "employees": staff(1), "signs_in": "both" }});
    let bench = Bench::of(&document).await;
    let [id, secret, user, password] =
        ["client_id", "client_secret", "user", "password"].map(|member| bench.mapal(member));
    let client = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let alone = [("grant_type", "password"), ("username", &user), ("password", &password)];
    let both = [alone.as_slice(), &[("client_id", &id), ("client_secret", &secret)]].concat();
    for form in [client.as_slice(), &alone, &both] {
        assert_eq!(bench.mapal_sign_in(form).await.0, 200, "{form:?}");
    }
    let with = |form: &[(&'static str, &str)], name: &str, value: &str| {
        form.iter()
            .map(|(key, old)| (*key, if *key == name { value.to_owned() } else { (*old).to_owned() }))
            .collect::<Vec<_>>()
    };
    let told = async |form: Vec<(&'static str, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let (status, answer) = bench.mapal_sign_in(&form).await;
        (status, answer["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(told(with(&client, "client_secret", "x")).await, (400, "invalid_client".into()));
    assert_eq!(told(with(&client, "client_id", "x")).await, (400, "invalid_client".into()));
    assert_eq!(told(with(&client, "grant_type", "magic")).await, (400, "unsupported_grant_type".into()));
    assert_eq!(told(with(&alone, "password", "x")).await, (400, "invalid_grant".into()));
    assert_eq!(told(with(&both, "client_secret", "x")).await, (400, "invalid_client".into()));
    bench.mapal_switch(json!({"no_client_grant": true}));
    assert_eq!(told(with(&client, "", "")).await, (400, "unauthorized_client".into()));
    let token = {
        let (_, answer) = bench.mapal_sign_in(&alone).await;
        answer["access_token"].as_str().unwrap().to_owned()
    };
    assert_eq!(bench.mapal_get(&token, "tenant").await.0, 200);
    bench.mapal_switch(json!({"revoked": true}));
    let (status, body) = bench.mapal_get(&token, "tenant").await;
    assert_eq!((status, body["code"].as_str(), body["message"].is_string()), (401, Some("unauthorized"), true));
    assert_eq!(bench.mapal_get("ma-nobody-1", "tenant").await.0, 401);
    assert_eq!(bench.sandbox.counts("mapal-os"), Some((3, 0)), "sign-ins are not counted");
    document["mapal-os"]["signs_in"] = json!("magic");
    assert_eq!(bench.put_state(&document).await.0, 400);
}

#[tokio::test]
async fn a_token_is_good_for_an_hour() {
    let bench = tenant(staff(1)).await;
    let token = bench.mapal_token().await;
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(3601)).await;
    tokio::time::resume();
    assert_eq!(bench.mapal_get(&token, "tenant").await.0, 401);
    assert_eq!(bench.mapal_get(&bench.mapal_token().await, "tenant").await.0, 200);
}

#[tokio::test]
async fn pages_have_a_total_and_leavers_come_where_they_are_asked_for() {
    let mut people = staff(130);
    people[4]["end_date"] = json!("2026-11-01");
    people[5]["start_date"] = json!("2026-12-24");
    people[6]["status"] = json!("Not started yet");
    let bench = tenant(people).await;
    let token = bench.mapal_token().await;
    let get = async |path: &str| bench.mapal_get(&token, path).await;
    let (_, first) = get("employees?page=1&pageSize=100&includeInactive=true").await;
    assert_eq!((ids(&first).len(), &first["totalCount"], &first["pageSize"]), (100, &json!(130), &json!(100)));
    let (_, second) = get("employees?page=2&pageSize=100&includeInactive=true").await;
    assert_eq!((ids(&second).len(), &second["totalCount"], &second["page"]), (30, &json!(130), &json!(2)));
    assert!(ids(&get("employees?page=3&includeInactive=true").await.1).is_empty());
    assert_eq!(get("employees").await.1["totalCount"], 129, "who has left is asked for");
    let row = |at: usize| first["items"][at].clone();
    assert_eq!(
        (row(4)["status"].as_str(), row(5)["status"].as_str(), row(6)["status"].as_str()),
        (Some("Inactive"), Some("Active"), Some("Not started yet"))
    );
    assert_eq!(
        row(0),
        json!({
            "osId": "6f0f6f0e-2a51-4c53-9d0e-000000000001", "externalId": "EXT-1", "firstName": "F1", "lastName": "X",
            "email": "f1@x.example", "phone": null, "identityNumber": "QQ123456C", "status": "Active", "userProfile": "Employee",
            "businessUnit": {"osId": 311, "feedId": "BU-001", "name": "Quayside"}, "jobTitle": {"id": 42, "name": "Waiter"},
            "department": {"id": 7, "name": "Kitchen"}, "startDate": "2024-03-11", "endDate": null,
            "modifiedAt": "2026-01-12T09:00:00Z",
        })
    );
    for path in [
        "employees?page=0",
        "employees?page=x",
        "employees?pageSize=0",
        "employees?pageSize=501",
        "employees?includeInactive=yes",
        "employees?modifiedSince=yesterday",
        "feed-logs?from=today",
    ] {
        let (status, body) = get(path).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("invalid_parameter")), "{path}");
    }
    let (status, one) = get("employees/6f0f6f0e-2a51-4c53-9d0e-000000000005").await;
    assert_eq!((status, one), (200, row(4)));
    assert_eq!(get("employees/nobody").await.0, 404);
    assert_eq!(ids(&get("employees?externalId=EXT-7").await.1), ["EXT-7"]);
    assert_eq!(get("job-titles").await.1["items"], json!([{"id": 42, "name": "Waiter"}]));
    assert_eq!(get("business-units").await.1["items"], json!([{"osId": 311, "feedId": "BU-001", "name": "Quayside"}]));
    assert_eq!(get("user-profiles").await.1["items"][0]["name"], "Employee");
    bench.mapal_switch(json!({"page_max": 40, "bare_references": true, "no_lists": true}));
    let (_, page) = get("employees?page=2&pageSize=100&includeInactive=true").await;
    assert_eq!(
        (ids(&page).len(), &page["pageSize"], &page["items"][0]["jobTitle"]),
        (40, &json!(40), &json!({"id": 42}))
    );
    assert_eq!(get("departments").await.0, 404);
    bench.mapal_switch(json!({"tenant_unknown": true}));
    let (status, body) = get("tenant").await;
    assert_eq!((status, body["code"].as_str()), (404, Some("tenant_not_found")));
    let call = bench.client.post(format!("{}/config/api/v1/employees", bench.mapal("base_url"))).bearer_auth(&token);
    assert_eq!(read(call).await.0, 405, "nothing is written over it");
}

#[tokio::test]
async fn who_has_changed_comes_since_a_moment_and_not_before_the_lag() {
    let bench = tenant(staff(5)).await;
    let token = bench.mapal_token().await;
    let since = async || ids(&bench.mapal_get(&token, "employees?modifiedSince=2026-02-01T00:00:00Z").await.1);
    assert!(since().await.is_empty());
    let rename = |id: &'static str| {
        bench.sandbox.edit(move |world| {
            world.company_mut("mapal-os").unwrap().person_mut(id).unwrap().last_name.push('y');
        });
    };
    rename("3");
    assert_eq!(since().await, ["EXT-3"]);
    bench.mapal_switch(json!({"lag_seconds": 900}));
    rename("4");
    assert_eq!(since().await, ["EXT-3"], "a quarter of an hour later");
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(901)).await;
    tokio::time::resume();
    assert_eq!(since().await, ["EXT-3", "EXT-4"]);
    bench.mapal_switch(json!({"lag_seconds": 0, "ignores_modified_since": true}));
    assert_eq!(since().await.len(), 5);
    bench.mapal_switch(json!({"ignores_modified_since": false, "refuses_modified_since": true}));
    assert_eq!(bench.mapal_get(&token, "employees?modifiedSince=2026-02-01T00:00:00Z").await.0, 400);
}

#[tokio::test]
async fn a_second_record_with_an_external_id_overwrites_the_first_one() {
    let mut people = staff(3);
    people[2]["external_id"] = json!("EXT-1");
    let bench = tenant(people.clone()).await;
    let token = bench.mapal_token().await;
    let (_, page) = bench.mapal_get(&token, "employees").await;
    assert_eq!(ids(&page), ["EXT-1", "EXT-2"]);
    let first = &page["items"][0];
    assert_eq!(first["firstName"], "F3");
    assert_eq!(first["osId"], "6f0f6f0e-2a51-4c53-9d0e-000000000001", "the record is the first one still");
    let document = json!({"mapal-os": { "employees": people, "switches": {"keeps_doubles": true} }});
    assert_eq!(bench.put_state(&document).await.0, 200);
    let (_, page) = bench.mapal_get(&token, "employees").await;
    assert_eq!(ids(&page), ["EXT-1", "EXT-2", "EXT-1"]);
    // Nobody's is nobody's double.
    let mut without = staff(3);
    without.iter_mut().for_each(|row| row["external_id"] = json!(null));
    assert_eq!(bench.put_state(&json!({"mapal-os": { "employees": without }})).await.0, 200);
    assert_eq!(ids(&bench.mapal_get(&token, "employees").await.1), ["-", "-", "-"]);
}

#[tokio::test]
async fn the_list_of_users_goes_out_and_in_and_the_feed_log_says_what_did_not() {
    let bench = tenant(staff(2)).await;
    let token = bench.mapal_token().await;
    let list = bench.mapal_export(&token).await;
    let heads = "First Name,Last Name,Email,Status,User profile,External Identifier,Job Title,Start Date,Business Unit ID,Department";
    let first = "F1,X,f1@x.example,Active,Employee,EXT-1,Waiter,11/03/2024,BU-001,Kitchen";
    assert_eq!(list.lines().take(2).collect::<Vec<_>>(), [heads, first]);
    assert_eq!(bench.mapal_import(&token, &list).await, (200, json!({"processed": 2, "errors": 0})));
    let rows = [
        heads,
        "F1,Moreau,f1@x.example,Inactive,Administrator,EXT-1,Waiter,12/03/2024,BU-001,Kitchen",
        "Jo,Pike,jo@x.example,Active,Administrator,EXT-3,waiter,11/03/2024,BU-001,Kitchen",
        "Kai,Lund,kai@x.example,Active,Administrator,EXT-4,Waiter,11/03/2024,BU-009,Bar",
        "Ann,Osei,f2@x.example,Active,Employee,EXT-5,Waiter,11/03/2024,BU-001,Kitchen",
        "Lea,Wu,f1@x.example,Active,Employee,EXT-6,Waiter,11/03/2024,BU-001,Kitchen",
    ];
    assert_eq!(bench.mapal_import(&token, &rows.join("\n")).await, (200, json!({"processed": 3, "errors": 4})));
    let (_, page) = bench.mapal_get(&token, "employees?includeInactive=true").await;
    assert_eq!(ids(&page), ["EXT-1", "EXT-2", "EXT-4", "EXT-6"], "an address is free once its holder has left");
    let (first, kai) = (&page["items"][0], &page["items"][2]);
    assert_eq!(
        (&first["lastName"], &first["status"], &first["startDate"]),
        (&json!("Moreau"), &json!("Inactive"), &json!("2024-03-12"))
    );
    assert_eq!((&kai["businessUnit"], &kai["department"]), (&Value::Null, &Value::Null), "without that placement");
    assert_eq!(kai["userProfile"], "Employee", "whatever the list says");
    let (_, log) = bench.mapal_get(&token, "feed-logs?page=1&pageSize=100").await;
    let messages: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "Employee with external Identifier EXT-3 not processed, Job Title with name waiter does not exist",
            "Unable to add user to Department, Department with name Bar does not exist",
            "Unable to add user to Business Unit, Business Unit with Feed id BU-009 does not exist",
            "Employee with external Identifier EXT-5 not processed, Email is in use",
        ]
    );
    assert_eq!((&log["items"][0]["level"], &log["items"][0]["externalId"]), (&json!("error"), &json!("EXT-3")));
    assert_eq!(bench.mapal_get(&token, "feed-logs?to=2020-01-01T00:00:00Z").await.1["totalCount"], 0);
    // Semicolons, a mark in front, and heads in another order.
    let other = "\u{feff}External Identifier;First Name;Last Name;Email;Status;User profile;Job Title;Start Date;Business Unit ID;Department\nEXT-2;Leo;Marsh;;Active;Employee;Waiter;11/03/2024;BU-001;";
    assert_eq!(bench.mapal_import(&token, other).await.1["processed"], 1);
    assert_eq!(bench.mapal_get(&token, "employees?externalId=EXT-2").await.1["items"][0]["firstName"], "Leo");
    assert_eq!(bench.mapal_import(&token, "First Name,Last Name\nA,B").await.0, 400);
}

#[tokio::test]
async fn a_tenant_file_maps_feed_ids_or_names() {
    let options = json!({"branches": [{"code": "QUAY01", "name": "Quayside"}], "job_titles": ["Waiter"], "departments": ["Kitchen"]});
    let document = |from: &str| json!({"mapal-os": { "employees": staff(1), "branch_from": from }, "flow-learning": {"users": [], "options": options.clone()}});
    for (from, value) in [("branch", "BU-001"), ("business_unit_name", "Quayside")] {
        let bench = Bench::of(&document(from)).await;
        let files = bench.sandbox.tenant_files();
        let (_, text) = files.iter().find(|(name, _)| name == "mapal-os-flow-learning.toml").unwrap();
        let file = text.parse::<toml::Table>().unwrap();
        assert_eq!(file["field_map"]["branch"].as_str(), Some(from));
        assert_eq!(file["mapping"]["branch"]["rows"][value].as_str(), Some("QUAY01"));
        assert_eq!(file["source"]["client_id"].as_str(), Some(bench.mapal("client_id").as_str()));
    }
    assert!(Sandbox::notes().iter().any(|note| note.contains("mapal-os") && note.contains("assumed")));
}

#[tokio::test]
async fn the_eleventh_call_of_a_second_is_too_many() {
    let document = json!({"mapal-os": { "employees": staff(1) }});
    let world = Some(World::from_json_text(&document.to_string()).unwrap());
    let bench = Bench::on(SandboxConfig { world, rate_limits: RateLimits::Real, ..SandboxConfig::new(TODAY) }).await;
    let token = bench.mapal_token().await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(bench.mapal_get(&token, "tenant").await);
    }
    let refused = statuses.iter().find(|(status, _)| *status == 429).expect("one was too many");
    assert!(refused.1["message"].is_string());
}
