//! SCIM against a server that nobody here wrote (BX02): `scim2-server` of PyPI, run in a virtual environment (`.ci/scim-server`
//! installs it). Without Python or a package index the tests skip and say so; with `ONROLL_SCIM_SERVER=must` that is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::proxy::Proxy;
use common::{Desk, TODAY, codes, employee, operations};
use onroll::domain::plan::OperationKind;
use onroll::domain::run::RunOutcome;
use onroll::ports::api::{NoNotices, ProbeResult};
use onroll::sandbox::{SandboxConfig, World};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

const TOKEN: &str = "test-token";
/// How often a port that was free is taken before the server listens on it.
const PORTS: u32 = 5;

/// A running server; it ends when dropped.
struct Server {
    base: String,
    child: Child,
    http: reqwest::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a skip is a failure.
#[expect(clippy::disallowed_methods, reason = "a test has no environment of a front end")]
fn must_run() -> bool {
    std::env::var("ONROLL_SCIM_SERVER").as_deref() == Ok("must")
}

/// The server's program, installed where it is not yet; `None`, and a word about it, where that cannot be.
fn program() -> Option<PathBuf> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            let found = installed();
            if let Err(why) = &found {
                assert!(!must_run(), "the SCIM server must run: {why}");
                // Past the capture of the test's own output: a skip that nobody sees is a hole.
                let _ = writeln!(std::io::stderr(), "SKIPPED: tests/scim_server.rs, the real SCIM server: {why}");
            }
            found.ok()
        })
        .clone()
}

fn installed() -> Result<PathBuf, String> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scim2-server-0.8.3");
    let program = venv.join("bin").join("scim2-server");
    if program.exists() {
        return Ok(program);
    }
    let done = |command: &mut Command, what: &str| match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} ended with {status}")),
        Err(error) => Err(format!("{what}: {error}")),
    };
    done(Command::new("python3").arg("-m").arg("venv").arg(&venv), "python3 -m venv")?;
    let pip = venv.join("bin").join("pip");
    let arguments = ["install", "--quiet", "--timeout", "10", "--retries", "1", "scim2-server[cursor]==0.8.3"];
    done(Command::new(pip).args(arguments), "pip install scim2-server")?;
    if program.exists() { Ok(program) } else { Err("pip installed no scim2-server".to_owned()) }
}

impl Server {
    /// `configuration` is a service-provider configuration of its own.
    fn start(configuration: Option<&Value>) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("configuration.json");
        for _ in 0..PORTS {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut command = Command::new(&program);
            command.args(["--hostname", "127.0.0.1", "--bearer-token", TOKEN, "--port", &port.to_string()]);
            command.env("PYTHONUNBUFFERED", "1").stdout(Stdio::piped()).stderr(Stdio::null());
            if let Some(configuration) = configuration {
                std::fs::write(&file, configuration.to_string()).unwrap();
                command.arg("--service-provider-config").arg(&file);
            }
            let mut child = command.spawn().expect("the server starts");
            let mut said = String::new();
            let mut out = BufReader::new(child.stdout.take().expect("its output is ours"));
            // It says so once it listens; the end of its output means that it does not.
            if out.read_line(&mut said).is_ok() && said.contains("Serving SCIM") {
                std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
                let http = reqwest::Client::builder().no_proxy().build().unwrap();
                return Some(Self { base: format!("http://127.0.0.1:{port}/v2"), child, http });
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("the SCIM server did not listen on any of {PORTS} ports");
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(TOKEN);
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    async fn users(&self) -> Vec<Value> {
        self.get("/Users?count=1000").await["Resources"].as_array().cloned().unwrap_or_default()
    }

    async fn user(&self, external_id: &str) -> Value {
        let all = self.users().await;
        let carriers: Vec<&Value> = all.iter().filter(|user| user["externalId"] == external_id).collect();
        assert_eq!(carriers.len(), 1, "{external_id} is carried by {} users", carriers.len());
        carriers[0].clone()
    }
}

/// An installed TLS provider: clients of this test need one as well.
fn provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A published tenant of these people whose SCIM server is at `base`.
async fn tenant(employees: Vec<Value>, base: &str) -> Desk {
    let document = json!({"planday": {"employees": employees}});
    let world = Some(World::from_json_text(&document.to_string()).unwrap());
    let desk = Desk::of_pair(SandboxConfig { world, ..SandboxConfig::new(TODAY) }, "planday-scim", |text| {
        let (before, destination) = text.split_once("\n[destination]\n").unwrap();
        let change = |line: &str| match line.split(" = ").next() {
            Some("base_url") => format!("base_url = \"{base}\""),
            Some("token") => format!("token = \"{TOKEN}\""),
            _ => line.to_owned(),
        };
        let destination: Vec<String> = destination.lines().map(change).collect();
        let destination = destination.join("\n").replacen("[settings]\n", "[settings]\nmanagers = true\n", 1);
        format!("{before}\n[destination]\n{destination}\n")
    })
    .await;
    desk.publish().await;
    desk
}

async fn settled(desk: &Desk) {
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
}

async fn confirms(desk: &Desk, count: u32) {
    let report = desk.sync_confirmed().await;
    let feed: Vec<String> = desk.feed("").await.into_iter().map(|line| line.text).collect();
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, count), "{:?} {feed:?}", report.problem);
}

fn edit(desk: &Desk, id: &str, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("planday").unwrap().person_mut(id).unwrap()));
}

fn staff(count: u32) -> Vec<Value> {
    (1..=count).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_whole_life_at_a_server_that_others_wrote() {
    provider();
    let Some(server) = Server::start(None) else { return };
    let mut people = staff(12);
    people[1]["manager_id"] = json!("1");
    people[2]["last_name"] = json!("O'Hal\\\"loran 桜");
    let desk = tenant(people, &server.base).await;
    let clients = desk.engine().clients(&desk.connection().await, Arc::new(NoNotices)).await.unwrap();
    let steps = clients.destination.probe().await;
    assert!(steps.iter().all(|step| step.result == ProbeResult::Passed), "{steps:?}");

    confirms(&desk, 13).await;
    let second = server.user("40817_2").await;
    let first = server.user("40817_1").await;
    let extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(second[extension]["manager"]["value"], first["id"]);
    assert_eq!((&second["title"], &second[extension]["department"]), (&json!("Waiter"), &json!("Kitchen")));
    assert_eq!((server.users().await.len(), &second["active"]), (12, &json!(true)));
    settled(&desk).await;

    edit(&desk, "2", |person| {
        person.job_title = "Sous Chef".into();
        person.email = "second@hvine.example".into();
        person.last_name = "Renamed".into();
        person.manager_id = "3".into();
    });
    confirms(&desk, 2).await;
    let second = server.user("40817_2").await;
    assert_eq!(
        (&second["title"], &second["emails"][0]["value"]),
        (&json!("Sous Chef"), &json!("second@hvine.example"))
    );
    assert_eq!((&second["name"]["familyName"], &second["displayName"]), (&json!("Renamed"), &json!("First2 Renamed")));
    settled(&desk).await;

    edit(&desk, "2", |person| (person.end_date, person.status) = ("2026-11-20".into(), "inactive".into()));
    confirms(&desk, 1).await;
    assert_eq!(server.user("40817_2").await["active"], false);
    settled(&desk).await;
    edit(&desk, "2", |person| {
        (person.end_date, person.status) = (String::new(), "active".into());
        person.department = "Bar".into();
    });
    confirms(&desk, 1).await;
    let back = server.user("40817_2").await;
    assert_eq!(
        (&back["active"], &back["id"], &back[extension]["department"]),
        (&json!(true), &second["id"], &json!("Bar"))
    );
    settled(&desk).await;
    assert_eq!(server.users().await.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_creation_makes_nobody_twice_at_a_server_that_others_wrote() {
    provider();
    let Some(server) = Server::start(None) else { return };
    let lost = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&lost);
    // Every third creation takes effect, and a gateway's page comes in place of the answer.
    let proxy = Proxy::start(move |_, reply| {
        if reply.status == 201 && counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
            reply.set_text(502, "text/html", "<html><head><title>502 Bad Gateway</title></head></html>");
        }
    })
    .await;
    let _ = proxy.takes_over(format!("x = \"{}\"", server.base), "/v2");
    let desk = tenant(staff(9), &format!("{}/v2", proxy.base)).await;
    confirms(&desk, 9).await;
    assert!(lost.load(Ordering::Relaxed) >= 9);
    let posts = proxy.seen().into_iter().filter(|(path, status)| path == "/v2/Users" && *status == 502).count();
    assert_eq!((posts, server.users().await.len()), (3, 9), "each is there once");
    settled(&desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_cursor_of_a_server_that_others_wrote_are_read_to_their_end() {
    provider();
    let configuration = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true}, "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 1000}, "changePassword": {"supported": false},
        "sort": {"supported": false}, "etag": {"supported": true}, "authenticationSchemes": [],
        "pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 5,
            "maxPageSize": 5}
    });
    let Some(server) = Server::start(Some(&configuration)) else { return };
    let proxy = Proxy::start(|_, _| {}).await;
    let _ = proxy.takes_over(format!("x = \"{}\"", server.base), "/v2");
    let desk = tenant(staff(23), &format!("{}/v2", proxy.base)).await;
    confirms(&desk, 23).await;
    proxy.seen();
    settled(&desk).await;
    let pages: Mutex<Vec<String>> = Mutex::default();
    for (path, status) in proxy.seen() {
        assert_eq!(status, 200, "{path}");
        if path.starts_with("/v2/Users?cursor=") {
            pages.lock().unwrap().push(path);
        }
    }
    assert_eq!(pages.lock().unwrap().len() % 5, 0, "five pages a walk: {pages:?}");
    assert!(!pages.lock().unwrap().is_empty());
    let plan = desk.plan().await;
    assert!(operations(&plan, OperationKind::Create).is_empty());
}
