//! The simulators over real HTTP: what the vendors enforce, what faults do, what the state document carries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sandbox/bamboohr.rs"]
mod bamboohr;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/flow.rs"]
mod flow;
#[path = "sandbox/freshteam.rs"]
mod freshteam;
#[path = "sandbox/learn_amp.rs"]
mod learn_amp;
#[path = "sandbox/mapal_os.rs"]
mod mapal_os;
#[path = "sandbox/moodle.rs"]
mod moodle;
#[path = "sandbox/peoplehr.rs"]
mod peoplehr;
#[path = "sandbox/planday.rs"]
mod planday;
#[path = "sandbox/rotaready.rs"]
mod rotaready;
#[path = "sandbox/state.rs"]
mod state;

use jiff::civil::{Date, date};
use onroll::sandbox::{Fault, FaultKind, Person, RateLimits, Sandbox, SandboxConfig, World};
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
        Self::on(SandboxConfig { world, ..SandboxConfig::new(TODAY) }).await
    }

    async fn on(config: SandboxConfig) -> Self {
        let sandbox = Sandbox::start(config).await.unwrap();
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
