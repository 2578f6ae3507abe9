//! Moodle's simulator: 200 for failures, rights that hide people, creations as one whole, warnings of updates, cohorts.

use super::*;

struct Moodle {
    bench: Bench,
    base: String,
}

impl Moodle {
    async fn of(own: Value) -> Self {
        let mut site = json!({"cohorts": [{"id": 7, "name": "Bar & Grill", "idnumber": "site-bar", "members": [10]}], "users": [
            {"id": "10", "identifier": "HK1", "first_name": "Ann", "last_name": "Lee", "email": "Ann.Lee@x.example",
             "branch": "Leeds", "department": "Kitchen", "job_title": "Chef"},
            {"id": "11", "first_name": "Old", "last_name": "Hand", "email": "old@x.example", "status": "inactive"},
            {"id": "12", "first_name": "Ad", "last_name": "Min", "email": "ad@x.example", "admin": true, "shows_email": true},
            {"id": "13", "identifier": "HK9", "first_name": "De", "last_name": "Leted", "email": "de@x.example", "deleted": true}]});
        for (name, value) in own.as_object().cloned().unwrap_or_default() {
            site[name] = value;
        }
        let bench = Bench::of(&json!({ "moodle": site })).await;
        let base = bench.sandbox.endpoints().company("moodle").unwrap().get("base_url").unwrap().to_owned();
        Self { bench, base }
    }

    async fn switched(name: &str) -> Self {
        Self::of(json!({"switches": { name: true }})).await
    }

    async fn without(right: &str) -> Self {
        Self::of(json!({"switches": { right: false }})).await
    }

    async fn raw(&self, form: &[(&str, &str)]) -> (u16, String, String) {
        let answer = self.bench.client.post(format!("{}/webservice/rest/server.php", self.base)).form(form);
        let answer = answer.send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (answer.status().as_u16(), kind.unwrap_or_default(), answer.text().await.unwrap())
    }

    async fn call(&self, function: &str, arguments: &[(&str, &str)]) -> Value {
        let mut form = vec![("wstoken", "moodle-token-main"), ("wsfunction", function), ("moodlewsrestformat", "json")];
        form.extend(arguments);
        let (status, _, text) = self.raw(&form).await;
        assert_eq!(status, 200);
        serde_json::from_str(&text).unwrap()
    }

    async fn search(&self, key: &str, value: &str) -> Vec<i64> {
        let found = self.call("core_user_get_users", &[("criteria[0][key]", key), ("criteria[0][value]", value)]).await;
        found["users"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    async fn by(&self, field: &str, value: &str) -> Vec<i64> {
        let rows = self.call("core_user_get_users_by_field", &[("field", field), ("values[]", value)]).await;
        rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    /// Creates somebody with these members besides the usual ones; gives back the error code, or nothing.
    async fn create(&self, more: &[(&str, &str)]) -> String {
        let usual = [
            ("users[0][username]", "zoe"),
            ("users[0][firstname]", "Zoe"),
            ("users[0][lastname]", "Lind"),
            ("users[0][email]", "zoe@x.example"),
            ("users[0][createpassword]", "1"),
        ];
        let left = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let form: Vec<(&str, &str)> = left.chain(more.iter().copied()).collect();
        let answer = self.call("core_user_create_users", &form).await;
        answer["errorcode"].as_str().unwrap_or_default().to_owned()
    }

    async fn update(&self, id: &str, member: &str, value: &str) -> Value {
        let name = format!("users[0][{member}]");
        self.call("core_user_update_users", &[("users[0][id]", id), (&name, value)]).await
    }

    async fn site(&self) -> Value {
        self.bench.state().await["moodle"].clone()
    }
}

#[tokio::test]
async fn the_gate_answers_200_in_the_format_that_was_asked_for() {
    let moodle = Moodle::of(json!({"functions": ["core_webservice_get_site_info"]})).await;
    let info = moodle.call("core_webservice_get_site_info", &[]).await;
    assert_eq!((&info["userid"], info["functions"].as_array().unwrap().len()), (&json!(3), 1));
    let other = moodle.call("core_user_get_users", &[("criteria[0][key]", "id"), ("criteria[0][value]", "1")]).await;
    assert_eq!((&other["errorcode"], other.get("debuginfo")), (&json!("accessexception"), None));
    let form = [("wstoken", "x"), ("wsfunction", "core_webservice_get_site_info"), ("moodlewsrestformat", "json")];
    let (status, _, text) = moodle.raw(&form).await;
    assert!(status == 200 && text.contains("invalidtoken"), "{text}");
    let (status, kind, text) = moodle.raw(&[form[0], form[1]]).await;
    assert!(status == 200 && kind.starts_with("application/xml") && text.contains("<ERRORCODE>invalidtoken"), "{kind}");
    let (_, kind, text) = moodle.raw(&[("wstoken", "moodle-token-main"), form[1]]).await;
    assert!(kind.starts_with("application/xml") && text.starts_with("<?xml"));

    let known = [("wstoken", "moodle-token-main"), form[1], form[2]];
    let (status, _, text) = Moodle::switched("no_web_services").await.raw(&known).await;
    assert_eq!((status, text.as_str()), (403, ""));
    let closed = Moodle::switched("maintenance").await;
    assert_eq!(closed.call("core_webservice_get_site_info", &[]).await["errorcode"], "sitemaintenance");
    moodle.bench.faults(json!([{"vendor": "moodle", "fault": "expired_token", "times": 1}])).await;
    assert_eq!(moodle.call("core_webservice_get_site_info", &[]).await["errorcode"], "invalidtoken");
    assert_eq!(moodle.call("core_webservice_get_site_info", &[]).await["userid"], 3);
}

#[tokio::test]
async fn searches_leave_out_deleted_people_and_unknown_keys() {
    let moodle = Moodle::of(json!({})).await;
    assert_eq!(moodle.search("email", "%").await, [1, 2, 3, 10, 11, 12]);
    assert_eq!(moodle.search("everybody", "%").await, [1, 2, 3, 10, 11, 12]);
    assert_eq!(moodle.search("email", "ann.lee@x.example").await, [10], "whatever the case");
    assert_eq!(moodle.search("email", "ann_lee@%").await, [10]);
    assert_eq!(moodle.search("id", "13").await, [0; 0]);
    let warned = moodle.call("core_user_get_users", &[("criteria[0][key]", "x"), ("criteria[0][value]", "y")]).await;
    assert_eq!(warned["warnings"][0]["warningcode"], "invalidfieldparameter");
    assert_eq!(
        (moodle.by("id", "13").await, moodle.by("idnumber", "HK9").await),
        (vec![13], vec![13]),
        "by field they come"
    );
    assert_eq!(
        (moodle.by("idnumber", "hk1").await, moodle.by("email", "ann.lee@x.example").await),
        (vec![10], vec![10])
    );
    let letters = Moodle::switched("case_sensitive").await;
    assert_eq!((letters.by("idnumber", "hk1").await, letters.by("email", "ann.lee@x.example").await), (vec![], vec![]));
    let strict = Moodle::switched("refuses_unknown_keys").await;
    let refused = strict.call("core_user_get_users", &[("criteria[0][key]", "x"), ("criteria[0][value]", "y")]).await;
    assert_eq!(refused["errorcode"], "invalidparameter");
    let row = &moodle.call("core_user_get_users_by_field", &[("field", "id"), ("values[0]", "10")]).await[0];
    assert_eq!(
        (&row["idnumber"], &row["suspended"], &row["institution"]),
        (&json!("HK1"), &json!(false), &json!("Leeds"))
    );
    assert_eq!(
        (&row["customfields"][0]["shortname"], &row["customfields"][0]["value"]),
        (&json!("jobtitle"), &json!("Chef"))
    );
}

#[tokio::test]
async fn what_is_hidden_hides_whoever_is_searched_by_it() {
    let moodle = Moodle::without("views_all_details").await;
    assert_eq!((moodle.by("idnumber", "HK1").await, moodle.by("username", "old@x.example").await), (vec![], vec![]));
    assert_eq!(moodle.search("everybody", "%").await.len(), 6, "they are there all the same");
    let moodle = Moodle::without("views_emails").await;
    assert_eq!(moodle.search("email", "%").await, [3, 12], "oneself, and who shows it to all");
    assert_eq!((moodle.search("firstname", "%").await.len(), moodle.by("idnumber", "HK1").await), (6, vec![10]));
    let moodle = Moodle::without("views_hidden").await;
    let row = &moodle.call("core_user_get_users_by_field", &[("field", "id"), ("values[0]", "11")]).await[0];
    assert_eq!(row.get("suspended"), None);
    assert_eq!(Moodle::without("views_users").await.search("email", "%").await, [3]);
}

#[tokio::test]
async fn a_creation_is_all_or_nobody_and_hides_its_reason() {
    let moodle = Moodle::of(json!({})).await;
    for (bad, code) in [
        (&[("users[0][email]", "ANN.LEE@x.example")][..], "invalidparameter"),
        (&[("users[0][username]", "old@x.example")], "invalidparameter"),
        (&[("users[0][email]", "zoe")], "invalidparameter"),
        (&[("users[0][lang]", "xx")], "invalidparameter"),
        (&[("users[0][auth]", "magic")], "invalidparameter"),
        (&[("users[0][firstname]", " ")], "invalidparameter"),
        (&[("users[0][suspended]", "1")], "invalidparameter"),
        (&[("users[0][createpassword]", "0")], "invalidparameter"),
        (&[("users[0][username]", "Zoe")], "usernamelowercase"),
        (&[("users[0][username]", "zoe lind")], "invalidusername"),
        (&[("users[0][lastname]", &"x".repeat(101))], "dmlwriteexception"),
    ] {
        assert_eq!(moodle.create(bad).await, code, "{bad:?}");
    }
    let weak = [("users[0][createpassword]", "0"), ("users[0][password]", "short")];
    assert!(moodle.create(&weak).await.starts_with("<div>"), "the policy's own text");
    let two = [
        ("users[1][username]", "max"),
        ("users[1][firstname]", "Max"),
        ("users[1][lastname]", "Roe"),
        ("users[1][email]", "old@x.example"),
        ("users[1][createpassword]", "1"),
    ];
    assert_eq!(moodle.create(&two).await, "invalidparameter");
    let site = moodle.site().await;
    assert_eq!((site["users"].as_array().unwrap().len(), site["mails"].as_array().unwrap().len()), (4, 0));

    // An ID number is looked at by nobody; a profile field that is not there is passed over.
    let doubled = [
        ("users[0][idnumber]", "HK1"),
        ("users[0][customfields][0][type]", "jobtitle"),
        ("users[0][customfields][0][value]", "Waiter"),
        ("users[0][customfields][1][type]", "nowhere"),
        ("users[0][customfields][1][value]", "x"),
    ];
    assert_eq!(moodle.create(&doubled).await, "");
    let site = moodle.site().await;
    assert_eq!((moodle.by("idnumber", "HK1").await.len(), &site["users"][4]["job_title"]), (2, &json!("Waiter")));
    assert_eq!((&site["mails"][0]["to"], &site["mails"][0]["kind"]), (&json!("zoe@x.example"), &json!("welcome")));
    let single_sign_on = [("users[0][auth]", "saml2"), ("users[0][createpassword]", "0")];
    assert_eq!(
        moodle
            .create(&[
                ("users[0][username]", "z"),
                ("users[0][email]", "z@x.example"),
                single_sign_on[0],
                single_sign_on[1]
            ])
            .await,
        ""
    );
    assert_eq!(moodle.site().await["mails"].as_array().unwrap().len(), 1);

    let debug = Moodle::switched("debug").await;
    let answer = debug.call("core_user_create_users", &[("users[0][username]", "x")]).await;
    assert!(answer["debuginfo"].as_str().unwrap().contains("email"), "{answer}");
    assert_eq!(Moodle::without("may_create").await.create(&[]).await, "nopermissions");
    assert_eq!(Moodle::switched("same_emails").await.create(&[("users[0][email]", "old@x.example")]).await, "");
    let failing = Moodle::switched("mail_fails").await;
    assert_eq!(failing.create(&[]).await, "emailfail");
    assert_eq!(failing.site().await["users"].as_array().unwrap().len(), 5, "the user is there");
    let nothing = Moodle::switched("null_answers").await;
    assert_eq!((nothing.create(&[]).await.as_str(), nothing.by("username", "zoe").await.len()), ("", 1));
}

#[tokio::test]
async fn an_update_warns_of_each_and_an_older_release_fails_as_a_whole() {
    let moodle = Moodle::of(json!({})).await;
    let ok = json!({"warnings": []});
    assert_eq!(moodle.update("10", "suspended", "1").await, ok);
    assert_eq!(moodle.site().await["users"][0]["status"], "inactive");
    assert_eq!(
        (moodle.update("10", "suspended", "0").await, moodle.site().await["users"][0]["status"].clone()),
        (ok, json!("active"))
    );
    for (id, member, value, code) in [
        ("99", "firstname", "X", "invaliduserid"),
        ("12", "firstname", "X", "usernotupdatedadmin"),
        ("2", "suspended", "1", "usernotupdatedadmin"),
        ("13", "firstname", "X", "usernotupdateddeleted"),
        ("1", "firstname", "X", "usernotupdatedguest"),
        ("10", "email", "OLD@x.example", "useremailduplicate"),
        ("10", "email", "nowhere", "useremailinvalid"),
    ] {
        let answer = moodle.update(id, member, value).await;
        assert_eq!(answer["warnings"][0]["warningcode"], code, "{answer}");
    }
    let both = [("users[0][id]", "99"), ("users[1][id]", "10"), ("users[1][department]", "Bar")];
    let answer = moodle.call("core_user_update_users", &both).await;
    assert_eq!(
        (answer["warnings"].as_array().unwrap().len(), &moodle.site().await["users"][0]["department"]),
        (1, &json!("Bar"))
    );

    let older = Moodle::switched("older_release").await;
    assert_eq!(older.update("10", "department", "Bar").await, Value::Null);
    assert_eq!(older.call("core_user_update_users", &both).await["errorcode"], "invaliduserid");
    assert_eq!(older.update("10", "email", "old@x.example").await["errorcode"], "invalidparameter");
    assert_eq!(Moodle::without("may_update").await.update("10", "city", "Leeds").await["errorcode"], "nopermissions");
    assert_eq!(Moodle::switched("is_admin").await.update("12", "department", "Bar").await, json!({"warnings": []}));
}

#[tokio::test]
async fn cohorts_warn_by_number_and_keep_their_members() {
    let moodle = Moodle::of(json!({})).await;
    let all = moodle.call("core_cohort_get_cohorts", &[]).await;
    assert_eq!((&all[0]["name"], &all[0]["idnumber"]), (&json!("Bar &amp; Grill"), &json!("site-bar")));
    let add = async |by: &str, cohort: &str, user: &str| {
        let form = [
            ("members[0][cohorttype][type]", by),
            ("members[0][cohorttype][value]", cohort),
            ("members[0][usertype][type]", "id"),
            ("members[0][usertype][value]", user),
        ];
        let answer = moodle.call("core_cohort_add_cohort_members", &form).await;
        answer["warnings"][0]["warningcode"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!([add("id", "7", "11").await, add("id", "7", "11").await], ["", "3"]);
    let refused = [add("name", "7", "11").await, add("id", "8", "11").await, add("idnumber", "site-bar", "13").await];
    assert_eq!(refused, ["1", "2", "2"]);
    let members = moodle.call("core_cohort_get_cohort_members", &[("cohortids[0]", "7")]).await;
    assert_eq!(members, json!([{"cohortid": 7, "userids": [10, 11]}]));
    let gone = [("members[0][cohortid]", "7"), ("members[0][userid]", "10")];
    assert_eq!(moodle.call("core_cohort_delete_cohort_members", &gone).await, Value::Null);
    assert_eq!(moodle.call("core_cohort_delete_cohort_members", &gone).await, Value::Null, "none already");
    let make = [
        ("cohorts[0][categorytype][type]", "system"),
        ("cohorts[0][categorytype][value]", ""),
        ("cohorts[0][name]", "Quay"),
        ("cohorts[0][idnumber]", "site-quay"),
    ];
    assert_eq!(moodle.call("core_cohort_create_cohorts", &make).await[0]["id"], 8);
    assert_eq!(moodle.call("core_cohort_create_cohorts", &make).await["errorcode"], "invalidparameter");
    let counts = moodle.bench.sandbox.counts("moodle").unwrap();
    assert_eq!(counts, (2, 9), "reads and writes are told apart by function");
}
