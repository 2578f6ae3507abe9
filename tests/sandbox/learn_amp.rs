//! Learn Amp's simulator: sign-ins and scopes, pages in headers, plain inserts, refusals by member, teams.

use super::*;

/// The simulator with a token of its own.
struct Amp {
    bench: Bench,
    token: String,
}

impl Amp {
    async fn of(own: Value) -> Self {
        let mut amp = json!({"users": [
            {"id": "4021", "identifier": "EMP-1", "first_name": "Priya", "last_name": "Nair", "email": "priya@x.example",
             "job_title": "Duty Manager", "branch": "Leeds", "start_date": "2025-03-17"},
            {"id": "4022", "first_name": "Old", "last_name": "Hand", "email": "old@x.example", "status": "inactive",
             "manager_id": "4021"},
            {"id": "4023", "first_name": "New", "last_name": "Face", "email": "new@x.example", "invite": "invite_pending"}]});
        for (name, value) in own.as_object().cloned().unwrap_or_default() {
            amp[name] = value;
        }
        let bench = Bench::of(&json!({"learn-amp": amp})).await;
        let mut amp = Self { bench, token: String::new() };
        let (status, body, _) = amp.sign_in(Some("users:read users:create users:update users:deactivate users:reactivate teams:read teams:create teams:update team_users:read team_users:create team_users:delete")).await;
        if status == 200 {
            assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(7200)));
            amp.token = body["access_token"].as_str().unwrap().to_owned();
        }
        amp
    }

    fn member(&self, name: &str) -> String {
        self.bench.sandbox.endpoints().company("learn-amp").unwrap().get(name).unwrap().to_owned()
    }

    async fn sign_in(&self, scope: Option<&str>) -> (u16, Value, String) {
        let (id, secret) = (self.member("client_id"), self.member("client_secret"));
        let mut form = vec![("client_id", id.as_str()), ("client_secret", secret.as_str())];
        form.push(("grant_type", "client_credentials"));
        form.extend(scope.map(|scope| ("scope", scope)));
        let (status, body) =
            read(self.bench.client.post(format!("{}/oauth/token", self.member("base_url"))).form(&form)).await;
        let error = body["error"].as_str().unwrap_or_default().to_owned();
        (status, body, error)
    }

    fn call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/v1{path}", self.member("base_url"));
        self.bench.client.request(method, url).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.call(Method::GET, path)).await
    }

    async fn form(&self, method: Method, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.call(method, path).form(&form)).await
    }

    async fn ids(&self, query: &str) -> Vec<i64> {
        let (_, body) = self.get(&format!("/users?{query}")).await;
        body["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect()
    }

    async fn mails(&self) -> usize {
        self.bench.state().await["learn-amp"]["mails"].as_array().unwrap().len()
    }
}

const ZOE: [(&str, &str); 4] =
    [("email", "zoe@x.example"), ("firstName", "Zoë"), ("lastName", "Lind"), ("integrationExternalId", "HR/7")];

#[tokio::test]
async fn a_key_has_scopes_and_must_name_them() {
    let amp = Amp::of(json!({"scopes": ["users:read"]})).await;
    assert_eq!((amp.sign_in(None).await.2.as_str(), amp.sign_in(None).await.0), ("invalid_scope", 400));
    assert_eq!(amp.sign_in(Some("users:read users:create")).await.2, "invalid_scope");
    let (_, body, _) = amp.sign_in(Some("users:read")).await;
    let amp = Amp { token: body["access_token"].as_str().unwrap().to_owned(), ..amp };
    assert_eq!(amp.get("/users").await.0, 200);
    assert_eq!(amp.form(Method::POST, "/users", &ZOE).await.0, 403);
    let stranger = amp.bench.client.get(format!("{}/v1/users", amp.member("base_url"))).bearer_auth("x");
    assert_eq!(read(stranger).await.0, 401);
    let html = amp.call(Method::GET, "/users").header("accept", "text/html");
    assert_eq!(read(html).await.0, 406);

    let older = Amp::of(json!({"switches": {"older_key": true}})).await;
    assert_eq!(older.sign_in(Some("users:read")).await.2, "invalid_scope");
    assert_eq!(older.sign_in(None).await.1["scope"], "public");
    let wrong = older.bench.client.post(format!("{}/oauth/token", older.member("base_url")));
    let form = [("client_id", older.member("client_id")), ("client_secret", "x".to_owned())];
    let (status, body) = read(wrong.form(&form)).await;
    assert_eq!((status, body["error"].as_str()), (401, Some("invalid_client")));
}

#[tokio::test]
async fn the_list_pages_by_headers_and_filters() {
    let amp = Amp::of(json!({})).await;
    let answer = amp.call(Method::GET, "/users?perPage=2&filters[status][]=confirmed&filters[status][]=deactivated");
    let answer = answer.send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("total"), header("per-page"), header("total-pages")), ("2".into(), "2".into(), "1".into()));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["users"][0]["status"]["status"], "Confirmed");
    assert!(body["users"][0].get("location").is_none(), "only expanded rows have it");
    assert_eq!(amp.ids("").await, [4021, 4023], "deactivated ones are not in the list by itself");
    assert_eq!(amp.ids("filters[status]=deactivated,invite_pending").await, [4022, 4023]);
    assert_eq!(amp.ids("filters[first_name]=PRI").await, [4021]);
    assert_eq!(amp.ids("filters[email]=priya@x.example").await, [4021]);
    assert_eq!(amp.ids("filters[integration_external_id]=EMP-1").await, [4021]);
    assert_eq!(amp.get("/users?filters[status][]=pending_deactivation").await.0, 400);
    let (_, body) = amp.get("/users?filters[status][]=deactivated&expanded=true").await;
    assert_eq!((&body["users"][0]["manager"]["id"], &body["users"][0]["primaryTeam"]), (&json!(4021), &Value::Null));
    assert_eq!(amp.get("/users?page=9").await.1["users"], json!([]));
    let amp = Amp::of(json!({"switches": {"lists_deactivated": true}})).await;
    assert_eq!(amp.ids("").await, [4021, 4022, 4023]);
}

#[tokio::test]
async fn a_creation_is_an_insert_that_invites_unless_told_not_to() {
    let amp = Amp::of(json!({})).await;
    let (status, made) = amp.form(Method::POST, "/users", &ZOE).await;
    assert_eq!((status, &made["id"], &made["status"]["status"]), (201, &json!(4024), &json!("Invite pending")));
    assert_eq!(amp.get("/users/by_integration_external_id/HR%2F7").await.1["id"], 4024);
    let (status, again) = amp.form(Method::POST, "/users", &ZOE).await;
    let full = json!({"integrationExternalId": ["has already been taken"], "email": ["has already been taken"]});
    assert_eq!((status, &again["fullErrors"]), (400, &full));
    assert!(again["error"].as_str().unwrap().starts_with("Validation failed: "));
    assert_eq!(amp.mails().await, 1);
    let body = json!({"email": "bo@x.example", "firstName": "Bo", "lastName": "Ek", "skipInvitation": true});
    let (status, quiet) = read(amp.call(Method::POST, "/users").json(&body)).await;
    assert_eq!((status, &quiet["status"]["status"], amp.mails().await), (201, &json!("Not invited"), 1));
    // A deactivated user keeps the address.
    let taken = [("email", "OLD@x.example"), ("firstName", "A"), ("lastName", "B")];
    assert_eq!(amp.form(Method::POST, "/users", &taken).await.0, 400);
    let (_, none) = amp.form(Method::POST, "/users", &[("firstName", " ")]).await;
    assert_eq!(none["fullErrors"]["email"], json!(["is missing", "is empty"]));
    assert_eq!(
        none["error"],
        "email is missing, email is empty, firstName is empty, lastName is missing, lastName is empty"
    );
    assert_eq!(amp.bench.sandbox.counts("learn-amp").unwrap().1, 5, "refused ones count, sign-ins do not");
}

#[tokio::test]
async fn what_an_update_may_say() {
    let own = json!({"custom_fields": [{"name": "Size"}, {"name": "Badge", "mandatory": true}],
        "teams": [{"id": 7, "name": "Bar", "external_id": "T7"}]});
    let amp = Amp::of(own).await;
    let three = [("email", "priya@x.example"), ("firstName", "Priya"), ("lastName", "Nair")];
    let put = async |more: &[(&str, &str)]| {
        let form: Vec<(&str, &str)> = three.iter().chain(more).copied().collect();
        amp.form(Method::PUT, "/users/4021", &form).await
    };
    assert_eq!(amp.form(Method::PUT, "/users/4021", &[("jobTitle", "Chef")]).await.0, 400, "as its table says");
    let (_, user) = put(&[("jobTitle", "Chef"), ("location", ""), ("primaryTeamIntegrationExternalId", "T7")]).await;
    assert_eq!(
        (&user["jobTitle"], &user["location"], &user["primaryTeam"]["id"]),
        (&json!("Chef"), &Value::Null, &json!(7))
    );
    let (status, both) = put(&[("managerId", "4023"), ("managerEmail", "new@x.example")]).await;
    assert_eq!((status, both.get("fullErrors")), (400, None));
    assert_eq!(both["error"], "managerId, managerEmail are mutually exclusive");
    assert_eq!(put(&[("managerEmail", "NEW@x.example")]).await.1["manager"]["id"], 4023);
    assert_eq!(put(&[("managerEmail", "old@x.example")]).await.0, 400, "only who is active");
    assert_eq!(put(&[("role", "owner")]).await.0, 400);
    assert_eq!(put(&[("role", "hr")]).await.0, 422);
    assert_eq!(put(&[("occupationRole", "Nobody")]).await.0, 422);
    assert_eq!(put(&[("hireDate", "soon")]).await.1["fullErrors"], json!({"hireDate": ["is invalid"]}));
    let custom =
        |name: &'static str, value: &'static str| [("customFields[][name]", name), ("customFields[][value]", value)];
    assert_eq!(put(&custom("Size", "M")).await.1["customFields"], json!([{"name": "Size", "value": "M"}]));
    assert_eq!(put(&custom("Shoe", "9")).await, (404, json!({"error": "Not found"})));
    assert_eq!(put(&custom("Badge", "")).await.0, 400);
    assert_eq!(put(&custom("Size", "")).await.1["customFields"], json!([]));
    assert_eq!(amp.form(Method::PUT, "/users/9", &three).await, (404, json!({"error": "Not found"})));
    assert_eq!(amp.mails().await, 0);
    let switches = json!({"learn-amp": {"notify_on_update": true}});
    read(amp.bench.client.post(format!("{}/_sandbox/switches", amp.bench.admin)).json(&switches)).await;
    put(&[("jobTitle", "Cook"), ("skipNotification", "true")]).await;
    assert_eq!(amp.mails().await, 0);
    put(&[("jobTitle", "Baker")]).await;
    assert_eq!(amp.mails().await, 1);
}

#[tokio::test]
async fn people_are_switched_off_and_on_and_external_ids_move() {
    let amp = Amp::of(json!({})).await;
    let put = async |path: &str| amp.call(Method::PUT, path).send().await.unwrap();
    for (path, shown) in [("/users/4021/deactivate", "Deactivated"), ("/users/4021/reactivate", "Confirmed")] {
        let answer = put(path).await;
        assert_eq!((answer.status().as_u16(), answer.bytes().await.unwrap().len()), (204, 0));
        assert_eq!(amp.get("/users/by_integration_external_id/EMP-1").await.1["status"]["status"], shown);
    }
    assert_eq!(put("/users/9/deactivate").await.status(), 404);
    let old = [("email", "old@x.example"), ("firstName", "Old"), ("lastName", "Hand"), ("reactivate", "true")];
    assert_eq!(amp.form(Method::PUT, "/users/4022", &old).await.1["status"]["status"], "Confirmed");
    let rename = |id: &'static str| {
        [("email", "priya@x.example"), ("firstName", "Priya"), ("lastName", "Nair"), ("integrationExternalId", id)]
    };
    assert_eq!(amp.form(Method::PUT, "/users/by_integration_external_id/EMP-1", &rename("EMP-9")).await.0, 200);
    assert_eq!(amp.get("/users/by_integration_external_id/EMP-1").await.0, 404);
    assert_eq!(amp.form(Method::PUT, "/users/by_integration_external_id/EMP-1", &rename("EMP-2")).await.0, 404);
    assert_eq!(amp.form(Method::PUT, "/users/by_integration_external_id/EMP-9", &rename("")).await.0, 200);
    let state = amp.bench.state().await;
    assert_eq!(
        (&state["learn-amp"]["users"][0]["identifier"], state["learn-amp"]["writes"].as_i64()),
        (&Value::Null, Some(7))
    );
    assert_eq!(amp.bench.put_state(&state).await.0, 200);
    assert_eq!(amp.bench.state().await, state, "what it gives it takes");
    let hides = Amp::of(json!({"switches": {"hides_deactivated": true}})).await;
    hides.call(Method::PUT, "/users/4021/deactivate").send().await.unwrap();
    assert_eq!(hides.get("/users/by_integration_external_id/EMP-1").await.0, 404);
}

#[tokio::test]
async fn teams_are_made_filled_and_emptied() {
    let amp = Amp::of(json!({})).await;
    let (status, team) = amp
        .form(Method::POST, "/teams", &[("name", "Kitchen"), ("integrationExternalId", "D/1"), ("managerId", "4021")])
        .await;
    assert_eq!((status, &team["id"], &team["manager"]["id"]), (201, &json!(101), &json!(4021)));
    let (status, again) = amp.form(Method::POST, "/teams", &[("name", "Bar"), ("integrationExternalId", "D/1")]).await;
    assert_eq!((status, &again["error"]), (400, &json!("integrationExternalId has already been taken")));
    assert_eq!(amp.form(Method::POST, "/teams", &[("name", "Bar"), ("parentTeamId", "9")]).await.0, 400);
    let add = amp.call(Method::POST, "/teams/101/users").json(&json!({"userId": 4023, "isPrimary": true}));
    assert_eq!(read(add).await.1["teamId"], 101);
    let bulk = amp.call(Method::POST, "/teams/by_external_id/D%2F1/bulk/users").json(&json!({"userIds": [4021, 4022]}));
    assert_eq!(read(bulk).await.1["teamUsersCount"], 3);
    let by_any = |body: Value| amp.call(Method::POST, "/teams/users").json(&body);
    assert_eq!(read(by_any(json!({"teamName": "Kitchen", "userEmail": "old@x.example"}))).await.0, 201);
    assert_eq!(read(by_any(json!({"teamName": "Kitchen", "teamId": 101, "userId": 4021}))).await.0, 400);
    assert_eq!(amp.get("/users/4023").await.1["primaryTeam"]["name"], "Kitchen");
    let out = amp.call(Method::DELETE, "/teams/101/users/4021");
    assert_eq!(read(out).await.0, 204);
    assert_eq!(amp.get("/teams/101/users").await.1["users"].as_array().unwrap().len(), 2);
    assert_eq!(amp.get("/teams?filters[name]=Kitchen").await.1["teams"][0]["teamUsersCount"], 2);
    assert_eq!(read(amp.call(Method::DELETE, "/teams/101")).await.0, 403, "the key lacks that scope");
}
