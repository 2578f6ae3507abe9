//! The client against answers that are written out here: forms, failures with 200, what is hidden, what is sent once.

use super::capabilities;
use super::client::Moodle;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::person::{Person, User, UserStatus};
use crate::domain::secret::Secret;
use crate::ports::api::{ApiError, ProbeResult};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteError};
use crate::vendors::retry::RetryRules;
use axum::Router;
use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A call that came, its form decoded.
#[derive(Clone, Debug)]
struct Call {
    address: String,
    form: Vec<(String, String)>,
}

impl Call {
    fn of(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn function(&self) -> &str {
        self.of("wsfunction").unwrap_or_default()
    }

    /// The arguments alone.
    fn arguments(&self) -> Vec<(&str, &str)> {
        let own = ["wstoken", "wsfunction", "moodlewsrestformat"];
        let pairs = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| !own.contains(name)).collect()
    }
}

type Script = Arc<dyn Fn(&Call, usize) -> Response + Send + Sync>;

/// A server with its calls, and a client of it that waits for nothing.
struct Bench {
    base: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Bench {
    /// `script` answers a call, of whose function it is the n-th (from 1); site info is answered here.
    async fn start(script: impl Fn(&Call, usize) -> Response + Send + Sync + 'static) -> Self {
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&calls));
        let handler = move |method: Method, uri: Uri, body: Bytes| async move {
            let text = String::from_utf8_lossy(&body).into_owned();
            let form = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap().query_pairs().into_owned().collect();
            let call = Call { address: format!("{method} {uri}"), form };
            let number = {
                let mut calls = log.lock().unwrap();
                calls.push(call.clone());
                calls.iter().filter(|other| other.function() == call.function()).count()
            };
            if call.function() == "core_webservice_get_site_info" { says(info()) } else { script(&call, number) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/learn", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { base, calls }
    }

    fn parts(&self, more: &[(&str, &str)]) -> ConnectParts {
        let mut parts = ConnectParts::default();
        let usual = [("base_url", self.base.as_str()), ("invitations", "at_once"), ("requests_per_second", "100000")];
        for (name, value) in usual.iter().chain(more) {
            parts.parameters.insert((*name).into(), (*value).into());
        }
        parts.secrets.insert("token".into(), Secret::new(TOKEN));
        parts
    }

    fn client(&self) -> Moodle {
        self.client_with(&[])
    }

    fn client_with(&self, more: &[(&str, &str)]) -> Moodle {
        client_of(self.parts(more))
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The functions that were called, site info left out.
    fn called(&self) -> Vec<String> {
        let named = self.calls().into_iter().map(|call| call.function().to_owned());
        named.filter(|name| name != "core_webservice_get_site_info").collect()
    }
}

fn client_of(parts: ConnectParts) -> Moodle {
    let short = Duration::from_millis(1);
    let rules = RetryRules { error_base: short, throttle_base: short, ..RetryRules::default() };
    Moodle::with_rules(parts, rules).unwrap()
}

fn says(body: Value) -> Response {
    axum::Json(body).into_response()
}

fn fails(code: &str) -> Response {
    says(json!({"exception": "core\\exception\\moodle_exception", "errorcode": code,
        "message": format!("No, {TOKEN} and ann.lee@x.example"), "debuginfo": "ann.lee@x.example"}))
}

fn html(status: u16) -> Response {
    let page = axum::response::Html("<html><head><title>Site maintenance</title></head></html>");
    (StatusCode::from_u16(status).unwrap(), page).into_response()
}

fn xml() -> Response {
    ([("content-type", "application/xml; charset=utf-8")], "<?xml version=\"1.0\"?>\n<RESPONSE></RESPONSE>")
        .into_response()
}

fn info() -> Value {
    let names = super::client::function::NEEDED.map(|name| json!({"name": name, "version": "1"}));
    json!({"sitename": "Harbour & Vine Learning", "username": "onroll", "userid": 3, "release": "4.5.2", "functions": names,
        "userissiteadmin": false})
}

fn row(id: i64, own: Value) -> Value {
    let mut row = json!({"id": id, "username": format!("user{id}"), "firstname": "Ann", "lastname": format!("Lee{id}"),
        "fullname": "x", "email": format!("u{id}@x.example"), "department": "", "auth": "manual", "suspended": false,
        "confirmed": true, "idnumber": format!("HK{id}"), "description": "likes <b>tea</b>", "profileimageurl": "https://x"});
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        if value.is_null() { _ = row.as_object_mut().unwrap().remove(&name) } else { row[name] = value }
    }
    row
}

fn guest() -> Value {
    row(1, json!({"username": "guest", "idnumber": null}))
}

fn own() -> Value {
    row(3, json!({"username": "onroll", "idnumber": null}))
}

/// The answer to the search for everybody.
fn everybody(rows: &[Value]) -> Value {
    let all: Vec<Value> = [guest(), own()].into_iter().chain(rows.iter().cloned()).collect();
    json!({"users": all, "warnings": [{"item": "everybody", "warningcode": "invalidfieldparameter", "message": "x"}]})
}

async fn pull(client: &Moodle) -> (Vec<DestinationRecord>, Result<DestinationFacts, ApiError>) {
    let (sender, mut receiver) = mpsc::channel(500);
    let collect = async {
        let mut records = Vec::new();
        while let Some(record) = receiver.recv().await {
            records.push(record);
        }
        records
    };
    let (facts, records) = tokio::join!(client.pull(sender), collect);
    (records, facts)
}

fn ann() -> Person {
    Person {
        first_name: Some("Ann".into()),
        last_name: Some("Lee".into()),
        email: Some("Ann.Lee@x.example".into()),
        branch: Some("Leeds & York".into()),
        department: Some("Kitchen".into()),
        ..Person::default()
    }
}

fn create() -> Write {
    Write::Create { identifier: Identifier::new("HK204"), person: ann(), access_profile: None }
}

fn current() -> User {
    let mut user = User::new(UserId::new("204"));
    (user.identifier, user.person) = (Some(Identifier::new("HK204")), ann());
    user
}

fn update(field: Field, to: &str) -> Write {
    let changes = vec![FieldChange { field, from: None, to: Some(to.into()) }];
    Write::Update { identifier: Identifier::new("HK204"), current: Box::new(current()), changes }
}

/// Nobody has anything; the creation itself is answered by `made`.
fn nobody_but(made: impl Fn(&Call, usize) -> Response + Send + Sync + 'static) -> impl Fn(&Call, usize) -> Response {
    move |call, number| match call.function() {
        "core_user_get_users_by_field" => says(json!([])),
        "core_user_get_users" => says(json!({"users": [], "warnings": []})),
        _ => made(call, number),
    }
}

#[tokio::test]
async fn a_call_is_a_form_at_one_address_and_the_token_is_in_its_body_only() {
    let bench = Bench::start(nobody_but(|_, _| says(json!([{"id": 204, "username": "ann.lee@x.example"}])))).await;
    let answer = bench.client().write(&create()).await.unwrap();
    assert_eq!((answer.user.unwrap().as_str(), answer.created, answer.warnings.len()), ("204", true, 0));
    for call in bench.calls() {
        assert_eq!(call.address, "POST /learn/webservice/rest/server.php");
        assert_eq!((call.of("wstoken"), call.of("moodlewsrestformat")), (Some(TOKEN), Some("json")));
    }
    let by = "core_user_get_users_by_field";
    assert_eq!(bench.called(), [by, by, "core_user_get_users", "core_user_create_users"]);
    let calls = bench.calls();
    let made = calls.iter().find(|call| call.function() == "core_user_create_users").unwrap();
    assert_eq!(
        made.arguments(),
        [
            ("users[0][username]", "ann.lee@x.example"),
            ("users[0][auth]", "manual"),
            ("users[0][createpassword]", "1"),
            ("users[0][firstname]", "Ann"),
            ("users[0][lastname]", "Lee"),
            ("users[0][email]", "Ann.Lee@x.example"),
            ("users[0][idnumber]", "HK204"),
            ("users[0][institution]", "Leeds & York"),
            ("users[0][department]", "Kitchen"),
        ]
    );
    assert_eq!(calls[0].arguments(), [("field", "idnumber"), ("values[0]", "HK204")]);
    for address in [format!("{}/", bench.base), format!("{}/webservice/rest/server.php", bench.base)] {
        bench.client_with(&[("base_url", &address)]).look_up(LookUp::Email("x@y.example")).await.unwrap();
        assert_eq!(bench.calls().last().unwrap().address, "POST /learn/webservice/rest/server.php");
    }
}

#[tokio::test]
async fn passwords_are_mailed_made_up_or_nobodys() {
    let bench = Bench::start(nobody_but(|_, _| says(json!([{"id": 204, "username": "x"}])))).await;
    for more in [vec![("invitations", "never")], vec![("invitations", "never"), ("auth", "saml2")]] {
        bench.client_with(&more).write(&create()).await.unwrap();
    }
    let calls: Vec<Call> =
        bench.calls().into_iter().filter(|call| call.function() == "core_user_create_users").collect();
    let password = calls[0].of("users[0][password]").unwrap();
    assert!(password.len() > 30 && calls[0].of("users[0][createpassword]").is_none());
    assert_eq!((calls[1].of("users[0][auth]"), calls[1].of("users[0][password]")), (Some("saml2"), None));
    bench.client_with(&[("invitations", "never")]).write(&create()).await.unwrap();
    assert_ne!(bench.calls().last().unwrap().of("users[0][password]"), Some(password), "never the same twice");
}

#[test]
fn what_cannot_work_is_said_at_set_up() {
    let with = |more: &[(&str, &str)]| {
        let mut parts = ConnectParts::default();
        for (name, value) in [("base_url", "https://learn.example"), ("invitations", "at_once")].iter().chain(more) {
            parts.parameters.insert((*name).into(), (*value).into());
        }
        parts.secrets.insert("token".into(), Secret::new(TOKEN));
        match Moodle::new(parts) {
            Ok(_) => String::new(),
            Err(ApiError::Setup { detail, .. }) => detail,
            Err(other) => panic!("{other:?}"),
        }
    };
    for fine in [
        &[][..],
        &[("auth", "oauth2"), ("invitations", "never")],
        &[("branch_in", "cohort"), ("cohort_prefix", "site-")],
        &[("user_name", "name"), ("shared_emails", "yes"), ("job_title_field", "job-title_2")],
    ] {
        assert_eq!(with(fine), "", "{fine:?}");
    }
    for (bad, named) in [
        (&[("invitations", "sometimes")][..], "invitations"),
        (&[("auth", "oauth2")], "choose `never`"),
        (&[("auth", "nologin")], "people log in by"),
        (&[("auth", "o auth")], "auth"),
        (&[("branch_in", "cohort")], "cohort_prefix"),
        (&[("branch_in", "site")], "branch_in"),
        (&[("user_name", "login")], "user_name"),
        (&[("shared_emails", "maybe")], "shared_emails"),
        (&[("job_title_field", "Job title")], "short name"),
        (&[("base_url", "https://learn.example/?x=1")], "front page"),
    ] {
        assert!(with(bad).contains(named), "{bad:?}: {}", with(bad));
    }
    let of = |name: &str, value: &str| capabilities(&BTreeMap::from([(name.to_owned(), value.to_owned())]));
    assert!(capabilities(&BTreeMap::new()).mails_new_users && !of("invitations", "never").mails_new_users);
    assert!(of("branch_in", "cohort").list(ListKey::BRANCH).unwrap().creatable);
    assert!(!of("shared_emails", "yes").unique_email && of("shared_emails", "no").unique_email);
    assert!(of("job_title_field", "jobtitle").fields.contains(&Field::JobTitle));
    assert!(!capabilities(&BTreeMap::new()).fields.contains(&Field::JobTitle));
}

#[tokio::test]
async fn everybody_is_read_in_one_answer_and_only_what_is_needed_is_kept() {
    let rows = [
        row(10, json!({"suspended": true, "institution": "Leeds"})),
        row(11, json!({"idnumber": null, "suspended": 0, "confirmed": 1})),
        row(12, json!({"confirmed": false})),
        row(13, json!({"auth": "nologin"})),
        row(14, json!({"firstname": 5})),
        row(10, json!({})),
    ];
    let bench = Bench::start(move |_, _| says(everybody(&rows))).await;
    let (records, facts) = pull(&bench.client()).await;
    let facts = facts.unwrap();
    assert_eq!((facts.account.as_str(), facts.received), ("Harbour & Vine Learning", 6), "each once, and no guest");
    let status = |id: &str| records.iter().find(|one| one.user.id.as_str() == id).unwrap().user.status.clone();
    assert_eq!((status("10"), status("11")), (UserStatus::Inactive, UserStatus::Active));
    assert_eq!(status("12"), UserStatus::Unclear("unconfirmed".into()));
    assert_eq!(status("13"), UserStatus::Unclear("nologin".into()));
    let by = |id: &str| records.iter().find(|one| one.user.id.as_str() == id).unwrap();
    assert_eq!((by("11").user.identifier.clone(), by("10").user.person.branch.as_deref()), (None, Some("Leeds")));
    assert_eq!(by("14").user.unreadable.as_ref().unwrap().what, "`firstname` holds a number");
    let raw = by("10").raw.to_string();
    assert!(!raw.contains("tea") && !raw.contains("https") && raw.contains("idnumber"), "{raw}");
    assert_eq!(bench.called(), ["core_user_get_users"]);
    assert_eq!(bench.calls()[1].arguments(), [("criteria[0][key]", "everybody"), ("criteria[0][value]", "%")]);
    let options = bench.client().options(ListKey::BRANCH).await.unwrap();
    assert_eq!(options.iter().map(|option| option.name.as_str()).collect::<Vec<_>>(), ["Leeds"]);
}

#[tokio::test]
async fn a_list_in_which_something_is_hidden_is_refused_with_the_right_that_shows_it() {
    for (hidden, right) in [
        ("username", "moodle/user:viewalldetails"),
        ("email", "moodle/site:viewuseridentity"),
        ("suspended", "moodle/user:viewhiddendetails"),
        ("lastname", "moodle/site:viewfullnames"),
    ] {
        let rows = [row(10, json!({})), row(11, json!({ hidden: null }))];
        let bench = Bench::start(move |_, _| says(everybody(&rows))).await;
        let (records, error) = pull(&bench.client()).await;
        let Err(ApiError::Forbidden { detail, remedy, .. }) = error else { panic!("{error:?}") };
        assert!(
            detail.starts_with(&format!("`{hidden}` of 1 of 4 users")) && remedy.contains(right),
            "{detail}: {remedy}"
        );
        assert!(records.is_empty(), "nobody is handed on");
        let steps = bench.client().probe().await;
        let users = steps.iter().find(|step| step.name == "users").unwrap();
        assert!(matches!(users.result, ProbeResult::Failed(_)), "{steps:?}");
    }
}

#[tokio::test]
async fn a_list_without_its_own_user_or_the_guest_is_not_believed() {
    let without = |id: i64| {
        let mut all = everybody(&[row(10, json!({}))]);
        all["users"].as_array_mut().unwrap().retain(|row| row["id"] != id);
        all
    };
    let (no_own, no_guest) = (without(3), without(1));
    let bench = Bench::start(move |_, _| says(no_own.clone())).await;
    assert!(matches!(pull(&bench.client()).await.1, Err(ApiError::Incomplete { .. })));
    let bench = Bench::start(move |_, _| says(no_guest.clone())).await;
    let Err(ApiError::Forbidden { remedy, .. }) = pull(&bench.client()).await.1 else { panic!("believed") };
    assert!(remedy.contains("moodle/user:viewdetails"));
    let bench = Bench::start(|_, _| says(json!({"users": [], "warnings": []}))).await;
    assert!(matches!(pull(&bench.client()).await.1, Err(ApiError::Incomplete { .. })));
}

#[tokio::test]
async fn a_site_that_takes_known_keys_only_is_searched_twice_and_that_is_learnt() {
    for refuses in [true, false] {
        let bench = Bench::start(move |call, _| match call.of("criteria[0][key]") {
            Some("everybody") if refuses => fails("invalidparameter"),
            // Something else than a search for everybody.
            Some("everybody") => says(json!({"users": [row(99, json!({}))], "warnings": []})),
            Some("email") => says(json!({"users": [guest(), own(), row(10, json!({}))], "warnings": []})),
            _ => says(json!({"users": [own(), row(10, json!({})), row(11, json!({}))]})),
        })
        .await;
        let client = bench.client();
        let (records, facts) = pull(&client).await;
        facts.unwrap();
        let ids: Vec<&str> = records.iter().map(|one| one.user.id.as_str()).collect();
        assert_eq!((ids, bench.called().len()), (vec!["3", "10", "11"], 3));
        let learnt = client.learnt();
        assert_eq!(learnt.of, bench.base);
        pull(&client_of(ConnectParts { learnt: learnt.clone(), ..bench.parts(&[]) })).await.1.unwrap();
        assert_eq!(bench.called().len(), 5, "not asked again");
        let elsewhere = crate::ports::destination::Learnt { of: "https://other.example".into(), ..learnt };
        pull(&client_of(ConnectParts { learnt: elsewhere, ..bench.parts(&[]) })).await.1.unwrap();
        assert_eq!(bench.called().len(), 8, "of another site it says nothing");
    }
}

#[tokio::test]
async fn failures_are_read_by_their_code_and_never_quote_anybody() {
    type Is = fn(&ApiError) -> bool;
    let cases: [(&str, Is); 9] = [
        ("invalidtoken", |error| matches!(error, ApiError::Refused { .. })),
        ("accessexception", |error| matches!(error, ApiError::Forbidden { .. })),
        ("nopermissions", |error| matches!(error, ApiError::Forbidden { .. })),
        ("usernotfullysetup", |error| matches!(error, ApiError::Forbidden { .. })),
        ("wsaccessusersuspended", |error| matches!(error, ApiError::Forbidden { .. })),
        ("sitemaintenance", |error| matches!(error, ApiError::Temporary { .. })),
        ("dmlreadexception", |error| matches!(error, ApiError::Temporary { .. })),
        ("invalidparameter", |error| matches!(error, ApiError::Unexpected { .. })),
        ("somethingnew", |error| matches!(error, ApiError::Unexpected { .. })),
    ];
    for (code, is) in cases {
        let bench = Bench::start(move |_, _| fails(code)).await;
        let error = bench.client().look_up(LookUp::Identifier(&Identifier::new("HK204"))).await.unwrap_err();
        assert!(is(&error), "{code}: {error:?}");
        let text = format!("{error:?}");
        assert!(!text.contains(TOKEN) && !text.contains('@'), "{text}");
        let asked = bench.called().len();
        assert_eq!(asked > 1, matches!(error, ApiError::Temporary { .. }), "{code}: only what may pass is asked again");
    }
}

#[tokio::test]
async fn what_is_no_json_is_told_apart() {
    let look = |answer: fn() -> Response| async move {
        let bench = Bench::start(move |_, _| answer()).await;
        bench.client().look_up(LookUp::Identifier(&Identifier::new("HK204"))).await.unwrap_err()
    };
    let off = look(|| StatusCode::FORBIDDEN.into_response()).await;
    let ApiError::Forbidden { detail, remedy, .. } = off else { panic!("{off:?}") };
    assert!(detail.contains("switched off") && remedy.contains("REST protocol"), "{detail}");
    assert!(matches!(look(|| html(200)).await, ApiError::WrongAddress { .. } | ApiError::Corrupt { .. }));
    let no_json = look(xml).await;
    assert!(no_json.to_string().contains("not JSON (application/xml)"), "{no_json}");
    assert!(matches!(look(|| html(404)).await, ApiError::WrongAddress { .. } | ApiError::Corrupt { .. }));
    let none = look(|| says(Value::Null)).await;
    assert!(matches!(none, ApiError::Corrupt { .. }), "{none:?}");
    let torn = look(|| "[{\"id\": 10, \"idnumber\": \"HK2".into_response()).await;
    assert!(matches!(torn, ApiError::Corrupt { .. }), "{torn:?}");
}

#[tokio::test]
async fn a_creation_is_sent_once_and_what_proves_nothing_is_unknown() {
    let unknown: [fn() -> Response; 8] = [
        || says(Value::Null),
        || says(json!([])),
        || says(json!({"id": 4})),
        || html(200),
        xml,
        || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        // Moodle mails when the user is there: a failure that nobody knows may come after that.
        || fails("emailfail"),
        || fails("dmlwriteexception"),
    ];
    for answer in unknown {
        let bench = Bench::start(nobody_but(move |_, _| answer())).await;
        let result = bench.client().write(&create()).await;
        assert!(matches!(result, Err(WriteError::Unknown { .. })), "{result:?}");
        let sent = bench.called().iter().filter(|name| *name == "core_user_create_users").count();
        assert_eq!(sent, 1);
    }
    for (code, kind) in [("invalidtoken", "refused"), ("nopermissions", "not allow"), ("sitemaintenance", "properly")] {
        let bench = Bench::start(nobody_but(move |_, _| fails(code))).await;
        let result = bench.client().write(&create()).await;
        let Err(WriteError::NotSent(error)) = result else { panic!("{code}: {result:?}") };
        assert!(error.to_string().contains(kind), "{error}");
    }
    for (code, told) in
        [("usernamelowercase", "BAD_USER_NAME"), ("invalidusername", "BAD_USER_NAME"), ("<div>x</div>", "BAD_VALUE")]
    {
        let bench = Bench::start(nobody_but(move |_, _| fails(code))).await;
        let result = bench.client().write(&create()).await;
        assert!(matches!(&result, Err(WriteError::Rejected { code, .. }) if code == told), "{result:?}");
    }
    let throttled = Bench::start(nobody_but(|_, number| match number {
        1 => StatusCode::TOO_MANY_REQUESTS.into_response(),
        _ => says(json!([{"id": 204, "username": "x"}])),
    }))
    .await;
    assert!(throttled.client().write(&create()).await.unwrap().created);
}

/// A site on which `holder` has something when looked for, from the `from`-th look on; creations are refused without a reason.
async fn held(from: usize, field: &'static str, holder: Value, more: &[(&str, &str)]) -> (Bench, String, String) {
    let bench = Bench::start(move |call, number| match call.function() {
        "core_user_get_users_by_field" if call.of("field") == Some(field) && number >= from => says(json!([holder])),
        "core_user_get_users_by_field" => says(json!([])),
        "core_user_get_users" if field == "email" && number >= from => says(json!({"users": [holder], "warnings": []})),
        "core_user_get_users" => says(json!({"users": [], "warnings": []})),
        _ => fails("invalidparameter"),
    })
    .await;
    let result = bench.client_with(more).write(&create()).await;
    let Err(WriteError::Rejected { code, message, .. }) = result else { panic!("{result:?}") };
    (bench, code, message)
}

#[tokio::test]
async fn whoever_has_the_number_the_name_or_the_e_mail_is_found_before_and_after_a_refusal() {
    let other = |own: Value| row(77, own);
    for from in [1, 3] {
        // Two looks by field go before the creation, so that the third comes after its refusal.
        let sends = |bench: &Bench| bench.called().iter().filter(|name| *name == "core_user_create_users").count();
        let (bench, code, _) = held(from, "idnumber", other(json!({"idnumber": "HK204"})), &[]).await;
        assert_eq!((code.as_str(), sends(&bench)), ("IDENTIFIER_IN_USE", usize::from(from == 3)));
        let (_, code, message) =
            held(from, "username", other(json!({"username": "ann.lee@x.example", "idnumber": null})), &[]).await;
        assert_eq!(code, "USER_NAME_IN_USE");
        assert!(message.starts_with("user 77 is tied to nobody"), "{message}");
    }
    for from in [1, 2] {
        let (_, code, message) = held(from, "email", other(json!({"email": "ann.lee@X.example"})), &[]).await;
        assert_eq!((code.as_str(), message.as_str()), ("EMAIL_IN_USE", "user 77 has this e-mail"));
    }
    let (_, code, message) = held(9, "none", other(json!({})), &[]).await;
    assert_eq!(code, "BAD_VALUE");
    assert!(message.contains("another value") && !message.contains('@') && !message.contains(TOKEN), "{message}");
    // Small letters for capitals, as many databases compare: it could not be told from ours later.
    let (_, code, _) = held(1, "idnumber", other(json!({"idnumber": "hk204"})), &[]).await;
    assert_eq!(code, "IDENTIFIER_IN_USE");
}

#[tokio::test]
async fn a_user_made_by_a_lost_attempt_is_the_person_and_one_who_is_suspended_waits_for_the_next_plan() {
    for (suspended, made) in [(false, true), (true, false)] {
        let mine = row(204, json!({"idnumber": "HK204", "email": "ann.lee@x.example", "suspended": suspended}));
        let bench = Bench::start(move |call, _| match call.of("field") {
            Some("idnumber") => says(json!([mine])),
            _ => says(if call.function() == "core_user_get_users" { json!({"users": []}) } else { json!([]) }),
        })
        .await;
        let result = bench.client().write(&create()).await;
        match result {
            Ok(answer) => assert!(made && !answer.created && answer.user.unwrap().as_str() == "204"),
            Err(WriteError::Rejected { code, .. }) => assert!(!made && code == "IDENTIFIER_IN_USE"),
            other => panic!("{other:?}"),
        }
        assert!(!bench.called().contains(&"core_user_create_users".to_owned()));
    }
}

#[tokio::test]
async fn a_user_name_that_another_employee_has_gets_a_number() {
    let bench = Bench::start(|call, _| match (call.function(), call.of("field")) {
        ("core_user_get_users_by_field", Some("username")) if call.of("values[1]").is_some() => {
            says(json!([row(78, json!({"username": "ann.lee2"}))]))
        }
        ("core_user_get_users_by_field", Some("username")) => says(json!([row(77, json!({"username": "ann.lee"}))])),
        ("core_user_get_users_by_field", _) => says(json!([])),
        ("core_user_get_users", _) => says(json!({"users": []})),
        _ => says(json!([{"id": 204, "username": "x"}])),
    })
    .await;
    assert!(bench.client_with(&[("user_name", "name")]).write(&create()).await.unwrap().created);
    assert_eq!(bench.calls().last().unwrap().of("users[0][username]"), Some("ann.lee3"));
}

#[tokio::test]
async fn several_are_looked_for_together_and_created_alone() {
    let bench = Bench::start(nobody_but(|call, number| match number {
        2 => fails("nopermissions"),
        _ => says(json!([{"id": 200 + number, "username": call.of("users[0][username]")}])),
    }))
    .await;
    let writes: Vec<Write> = (1..=4)
        .map(|number| Write::Create {
            identifier: Identifier::new(format!("HK{number}")),
            person: Person { email: Some(format!("p{number}@x.example")), ..ann() },
            access_profile: None,
        })
        .collect();
    let answers = bench.client().create_many(&writes).await;
    assert!(answers[0].as_ref().is_ok_and(|answer| answer.created));
    assert!(answers[1..].iter().all(|answer| matches!(answer, Err(WriteError::NotSent(_)))), "{answers:?}");
    let by = "core_user_get_users_by_field";
    let made = "core_user_create_users";
    assert_eq!(bench.called(), [by, by, by, made, made], "what holds for one holds for those behind");
}

#[tokio::test]
async fn people_whom_moodle_cannot_hold_are_refused_before_anything_is_sent() {
    let bench = Bench::start(nobody_but(|_, _| fails("x"))).await;
    let client = bench.client_with(&[("user_name", "identifier")]);
    let create =
        |id: &str, person: Person| Write::Create { identifier: Identifier::new(id), person, access_profile: None };
    let long = Person { last_name: Some("x".repeat(101)), ..ann() };
    let without = Person { email: None, ..ann() };
    for (write, told) in [
        (create("0", ann()), "BAD_VALUE"),
        (create("//", ann()), "BAD_USER_NAME"),
        (create("HK1", long), "TOO_LONG"),
        (create("HK1", without), "BAD_VALUE"),
    ] {
        let result = client.write(&write).await;
        assert!(matches!(&result, Err(WriteError::Rejected { code, .. }) if code == told), "{told}: {result:?}");
    }
    assert!(bench.called().is_empty());
}

#[tokio::test]
async fn updates_go_by_number_and_their_warnings_are_refusals() {
    let bench = Bench::start(|_, number| match number {
        1 => says(json!({"warnings": []})),
        _ => says(Value::Null),
    })
    .await;
    let client = bench.client();
    client.write(&update(Field::Department, "Bar")).await.unwrap();
    let leave =
        Write::Deactivate { identifier: Identifier::new("HK204"), current: Box::new(current()), end_date: None };
    client.write(&leave).await.unwrap();
    let changes = vec![FieldChange { field: Field::LastName, from: None, to: Some("Rao".into()) }];
    let back = Write::Reactivate { identifier: Identifier::new("HK204"), current: Box::new(current()), changes };
    client.write(&back).await.unwrap();
    let sent: Vec<Call> =
        bench.calls().into_iter().filter(|call| call.function() == "core_user_update_users").collect();
    assert_eq!(sent[0].arguments(), [("users[0][id]", "204"), ("users[0][department]", "Bar")]);
    assert_eq!(sent[1].arguments(), [("users[0][id]", "204"), ("users[0][suspended]", "1")]);
    let both = [("users[0][id]", "204"), ("users[0][lastname]", "Rao"), ("users[0][suspended]", "0")];
    assert_eq!(sent[2].arguments(), both);

    for (code, told) in [
        ("useremailduplicate", "EMAIL_IN_USE"),
        ("useremailinvalid", "BAD_EMAIL"),
        ("usernotupdatedadmin", "PROTECTED"),
        ("usernotupdatedguest", "PROTECTED"),
        ("usernotupdatedremote", "PROTECTED"),
        ("dmlwriteexception", "dmlwriteexception"),
    ] {
        let bench = Bench::start(move |_, _| {
            says(json!({"warnings": [{"item": "user", "itemid": 204, "warningcode": code, "message": "Ann Lee, no"}]}))
        })
        .await;
        let result = bench.client().write(&update(Field::LastName, "Lee")).await;
        let Err(WriteError::Rejected { code, message, .. }) = result else { panic!("{result:?}") };
        assert_eq!(code, told);
        assert!(!message.contains("Ann Lee"), "{message}");
    }
    for code in ["invaliduserid", "usernotupdateddeleted"] {
        let warned = Bench::start(move |_, _| {
            says(json!({"warnings": [{"item": "user", "itemid": 204, "warningcode": code, "message": "x"}]}))
        });
        let failed = Bench::start(move |_, _| fails(code));
        for bench in [warned.await, failed.await] {
            let result = bench.client().write(&update(Field::LastName, "Rao")).await;
            assert!(matches!(result, Err(WriteError::Moved { .. })), "{code}: {result:?}");
        }
    }
    for odd in [|| says(json!({})), || says(json!([])), || html(200), || fails("somethingnew")] {
        let bench = Bench::start(move |_, _| odd()).await;
        let result = bench.client().write(&update(Field::LastName, "Rao")).await;
        assert!(matches!(result, Err(WriteError::Unknown { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn an_older_release_hides_why_an_update_failed() {
    let bench = Bench::start(|call, _| match call.function() {
        "core_user_get_users" => says(json!({"users": [row(77, json!({"email": "new@x.example"}))]})),
        _ => fails("invalidparameter"),
    })
    .await;
    let result = bench.client().write(&update(Field::Email, "New@x.example")).await;
    assert!(matches!(&result, Err(WriteError::Rejected { code, .. }) if code == "EMAIL_IN_USE"), "{result:?}");
    let result = bench.client().write(&update(Field::LastName, "Rao")).await;
    assert!(matches!(&result, Err(WriteError::Rejected { code, .. }) if code == "BAD_VALUE"), "{result:?}");
}

#[tokio::test]
async fn the_token_s_own_account_is_never_written() {
    let bench = Bench::start(|_, _| says(json!({"warnings": []}))).await;
    let mut user = current();
    user.id = UserId::new("3");
    let identifier = Identifier::new("HK204");
    let own = Box::new(user);
    for write in [
        Write::Deactivate { identifier: identifier.clone(), current: own.clone(), end_date: None },
        Write::Update { identifier: identifier.clone(), current: own.clone(), changes: vec![] },
        Write::SetIdentifier { user: own.id.clone(), current: own, identifier },
    ] {
        let result = bench.client().write(&write).await;
        assert!(matches!(&result, Err(WriteError::Rejected { code, .. }) if code == "PROTECTED"), "{result:?}");
    }
    assert!(bench.called().is_empty());
}

#[tokio::test]
async fn a_number_is_tied_only_where_nobody_else_carries_it() {
    let tie = || Write::SetIdentifier {
        user: UserId::new("204"),
        current: Box::new(User { identifier: None, ..current() }),
        identifier: Identifier::new("HK204"),
    };
    let taken = Bench::start(|_, _| says(json!([row(77, json!({"idnumber": "HK204"}))]))).await;
    let result = taken.client().write(&tie()).await;
    assert!(matches!(&result, Err(WriteError::Rejected { code, .. }) if code == "IDENTIFIER_IN_USE"), "{result:?}");
    let free = Bench::start(|call, _| match call.function() {
        "core_user_get_users_by_field" => says(json!([])),
        _ => says(json!({"warnings": []})),
    })
    .await;
    free.client().write(&tie()).await.unwrap();
    let sent = [("users[0][id]", "204"), ("users[0][idnumber]", "HK204")];
    assert_eq!(free.calls().last().unwrap().arguments(), sent);
    let two =
        Bench::start(|_, _| says(json!([row(7, json!({"idnumber": "HK204"})), row(9, json!({"idnumber": "HK204"}))])))
            .await;
    let error = two.client().look_up(LookUp::Identifier(&Identifier::new("HK204"))).await.unwrap_err();
    assert!(error.to_string().contains("users 7 and 9 carry one ID number"), "{error}");
}

#[tokio::test]
async fn the_probe_names_the_functions_that_the_service_lacks() {
    let bench = Bench::start(|_, _| says(everybody(&[row(10, json!({}))]))).await;
    let steps = bench.client_with(&[("branch_in", "cohort"), ("cohort_prefix", "site-")]).probe().await;
    let functions = steps.iter().find(|step| step.name == "functions").unwrap();
    assert!(
        functions.detail.contains("lacks core_cohort_get_cohorts, core_cohort_get_cohort_members"),
        "{functions:?}"
    );
    let steps = bench.client_with(&[("job_title_field", "jobtitle")]).probe().await;
    let named: Vec<(&str, bool)> =
        steps.iter().map(|step| (step.name.as_str(), step.result == ProbeResult::Passed)).collect();
    assert_eq!(named, [("site", true), ("functions", true), ("users", true), ("job title", false), ("mails", true)]);
    assert_eq!(steps[0].detail, "Harbour & Vine Learning, Moodle 4.5.2");
    assert_eq!(steps[2].detail, "2, 1 with an ID number");
}
