//! A desk for scenario tests: a sandbox over real HTTP, a real workspace file, the real engine.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod faulty;
pub mod platform;
pub mod proxy;
pub mod schema;

use jiff::civil::{Date, date};
use jiff::{Timestamp, tz::TimeZone};
use onroll::cli::tenant_file;
use onroll::cli::workspace::Workspace;
use onroll::domain::connection::Connection;
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::ids::{EmployeeId, UserId};
use onroll::domain::plan::{Hold, HoldCode, Operation, OperationKind, Plan};
use onroll::domain::problem::Problem;
use onroll::domain::run::{FeedLine, OperationState};
use onroll::domain::settings::Settings;
use onroll::engine::Engine;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Approved, Confirmation, PreviewRequest, RunReport, SyncRequest};
use onroll::planning::key_fields;
use onroll::ports::clock::{Clock, FixedClock};
use onroll::sandbox::{Fault, FaultKind, Sandbox, SandboxConfig, World};
use onroll::services::tenants;
use onroll::store::Store;
use onroll::store::views::{FeedEdge, FeedFilter};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

/// The day of every scenario.
pub const TODAY: Date = date(2026, 11, 22);

/// An employee of the source with everything that Flow demands; `own` members replace or add.
pub fn employee(id: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = json!({
        "id": id.to_string(),
        "first_name": first,
        "last_name": last,
        "email": format!("{}.{}@hvine.example", first.to_lowercase(), last.to_lowercase()),
        "date_of_birth": format!("19{:02}-{:02}-{:02}", 60 + id % 40, 1 + id % 12, 1 + id % 28),
        "job_title": "Waiter",
        "branch": "Quayside",
        "department": "Kitchen",
        "start_date": "2024-03-11",
    });
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

/// A user of the destination who is exactly what the employee of this id would become.
pub fn user_of(id: u32, first: &str, last: &str, own: Value) -> Value {
    let mut row = employee(id, first, last, json!({}));
    row["id"] = json!((7000 + id).to_string());
    row["identifier"] = json!(format!("40817_{id}"));
    for (name, value) in own.as_object().cloned().unwrap_or_default() {
        row[name] = value;
    }
    row
}

/// A world of one company with the options that the scenarios use.
pub fn world(employees: Vec<Value>, users: Vec<Value>) -> Value {
    let named = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
    let branches = json!([
        { "code": "QUAY01", "name": "Quayside" },
        { "code": "CAST02", "name": "Castle Street" },
    ]);
    json!({
        "planday": {
            "employees": employees,
            "options": {
                "branches": named(&["Quayside", "Castle Street"]),
                "departments": named(&["Kitchen", "Bar"]),
                "job_titles": named(&["Waiter", "Sous Chef", "Bartender"]),
            },
        },
        "flow-learning": {
            "users": users,
            "options": {
                "branches": branches,
                "departments": named(&["Kitchen", "Bar"]),
                "job_titles": named(&["Waiter", "Sous Chef", "Bartender"]),
            },
        },
    })
}

/// Everything that one scenario needs.
pub struct Desk {
    pub sandbox: Sandbox,
    pub workspace: Workspace,
    pub short_name: String,
    /// The destination's vendor.
    destination: String,
    dir: TempDir,
}

impl Desk {
    /// A published tenant on this world.
    pub async fn live(document: Value) -> Desk {
        let desk = Desk::preview_only(document).await;
        desk.publish().await;
        desk
    }

    /// A tenant that was only added.
    pub async fn preview_only(document: Value) -> Desk {
        let world = World::from_json_text(&document.to_string()).expect("the world is valid");
        Desk::on(world).await
    }

    /// A tenant on any world.
    pub async fn on(world: World) -> Desk {
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        Desk::of(config, |text| text).await
    }

    /// A published tenant whose source is reached through a proxy that changes answers; each pull reads everything.
    pub async fn live_behind(document: Value, proxy: &proxy::Proxy) -> Desk {
        let all = |text: String| text.replacen("\n[source]\n", "\n[source]\nread_details = \"all\"\n", 1);
        let desk = Desk::behind(document, proxy, all).await;
        desk.publish().await;
        desk
    }

    /// A tenant whose source is reached through a proxy; `change` may rewrite its file.
    pub async fn behind(document: Value, proxy: &proxy::Proxy, change: impl FnOnce(String) -> String) -> Desk {
        let world = World::from_json_text(&document.to_string()).expect("the world is valid");
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        Desk::of(config, |text| change(proxy.takes_over(text, "/planday"))).await
    }

    /// A tenant of any sandbox; `change` may rewrite its file.
    pub async fn of(config: SandboxConfig, change: impl FnOnce(String) -> String) -> Desk {
        Desk::of_pair(config, "", change).await
    }

    /// The same for one integration (`peoplehr-learn-amp`).
    pub async fn of_pair(config: SandboxConfig, pair: &str, change: impl FnOnce(String) -> String) -> Desk {
        let sandbox = Sandbox::start(config).await.expect("the simulators start");
        let mut files = sandbox.tenant_files().into_iter();
        let (_, text) = files.find(|(name, _)| name.contains(pair)).expect("a tenant file");
        Desk::with_file(sandbox, &change(text)).await
    }

    async fn with_file(sandbox: Sandbox, text: &str) -> Desk {
        let dir = TempDir::new().expect("a folder");
        let workspace = open(dir.path(), TODAY);
        let file = tenant_file::parse(text).expect("the tenant file is valid");
        let (short_name, destination) = (file.short_name.clone(), file.destination.endpoint.vendor.clone());
        tenants::add(&workspace.engine, &workspace.access, file).await.expect("the tenant is added");
        Desk { sandbox, workspace, short_name, destination, dir }
    }

    /// A tenant whose employees stand in a file; the mapping is that of the world's own source.
    pub async fn of_file(vendor: &str, file: &std::path::Path, document: Value) -> Desk {
        let world = World::from_json_text(&document.to_string()).expect("the world is valid");
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        Desk::of(config, |text| from_file(&text, vendor, file)).await
    }

    /// A tenant of any source with any destination of this world.
    pub async fn of_ends(
        document: Value,
        source: &str,
        destination: &str,
        change: impl FnOnce(String) -> String,
    ) -> Desk {
        let world = World::from_json_text(&document.to_string()).expect("the world is valid");
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        let sandbox = Sandbox::start(config).await.expect("the simulators start");
        let text = sandbox.tenant_file(source, destination).expect("a tenant file");
        Desk::with_file(sandbox, &change(text)).await
    }

    /// A tenant of the world's first source with a platform that takes lists.
    pub async fn to_lists(document: Value, exports: &std::path::Path, more: &str) -> Desk {
        let world = World::from_json_text(&document.to_string()).expect("the world is valid");
        let config = SandboxConfig { world: Some(world), ..SandboxConfig::new(TODAY) };
        Desk::of(config, |text| to_file(&text, exports, more)).await
    }

    /// Where lists lie for support, unless the tenant names another folder.
    pub fn outbox(&self) -> std::path::PathBuf {
        self.workspace.dir.join("outbox").join(&self.short_name)
    }

    /// The same workspace, opened again as after a crash, on another day.
    pub fn reopen(&mut self, today: Date) {
        self.workspace = open(self.dir.path(), today);
    }

    /// Lets go of the workspace file; [`Desk::reopen`] takes it again.
    pub fn close(&mut self) {
        let elsewhere = open(&self.dir.path().join("closed"), TODAY);
        self.workspace = Workspace { dir: self.workspace.dir.clone(), ..elsewhere };
    }

    /// Puts a backup in the place of the workspace file, and the tenant's credentials back that were removed since.
    pub async fn restore(&mut self, backup: &std::path::Path, tenant: &str) {
        self.close();
        let dir = self.workspace.dir.clone();
        for beside in ["onroll.db-wal", "onroll.db-shm"] {
            let _ = std::fs::remove_file(dir.join(beside));
        }
        std::fs::copy(backup, dir.join("onroll.db")).expect("the backup is copied");
        self.reopen(TODAY);
        let connection = self.workspace.connection(tenant).await.expect("the tenant is back");
        for endpoint in [&connection.source, &connection.destination] {
            for reference in endpoint.secrets.values() {
                if let onroll::domain::secret::SecretRef::Sealed(name) = reference {
                    self.engine().secrets.set(name, &onroll::domain::secret::Secret::new("again")).expect("it is kept");
                }
            }
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.workspace.engine
    }

    pub fn store(&self) -> &Store {
        &self.workspace.store
    }

    pub async fn connection(&self) -> Connection {
        self.workspace.connection(&self.short_name).await.expect("the tenant is there")
    }

    pub async fn publish(&self) {
        self.engine().publish_with_test_run(&self.connection().await).await.expect("it can be published");
    }

    pub async fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let connection = self.connection().await;
        let mut settings = connection.settings;
        change(&mut settings);
        self.store().set_settings(connection.id, settings, "test").await.expect("settings are kept");
    }

    /// Fetch and plan; reads only.
    pub async fn preview(&self) -> RunReport {
        let connection = self.connection().await;
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        let policy = PreviewRequest::default();
        self.engine().preview(&connection, &policy, &reporter, &control).await.expect("the preview begins")
    }

    /// The plan of now, which must come about.
    pub async fn plan(&self) -> Plan {
        let report = self.preview().await;
        assert_eq!(report.problem, None);
        std::sync::Arc::unwrap_or_clone(report.plan.expect("there is a plan").plan)
    }

    pub async fn sync_with(&self, request: SyncRequest) -> RunReport {
        let connection = self.connection().await;
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        self.engine().sync(&connection, &request, &reporter, &control).await.expect("the run begins")
    }

    /// A sync without any confirmation.
    pub async fn sync(&self) -> RunReport {
        self.sync_with(SyncRequest::default()).await
    }

    /// A sync with the number of operations that the plan of now states, typed.
    pub async fn sync_confirmed(&self) -> RunReport {
        let number = self.plan().await.counts.operations();
        let confirmation = Some(Confirmation { number, reason: None });
        self.sync_with(SyncRequest { confirmation, ..SyncRequest::default() }).await
    }

    /// A sync of exactly the newest kept plan.
    pub async fn sync_kept(&self, number: u32) -> RunReport {
        let head = self.store().latest_plan(self.connection().await.id).await.unwrap().expect("a plan is kept");
        let confirmation = Some(Confirmation { number, reason: None });
        let approved = Approved::Kept(head.id);
        self.sync_with(SyncRequest { confirmation, approved, ..SyncRequest::default() }).await
    }

    pub async fn rule(&self, employee: &str, ruling: Ruling) {
        let id = EmployeeId::from(employee);
        let connection = self.connection().await.id;
        let found = self.store().employee(connection, &id).await.unwrap().expect("the employee was pulled");
        let decision = Decision {
            employee: id,
            ruling,
            reason: None,
            by: "test".into(),
            at: self.workspace.clock.now(),
            key_fields: key_fields(&found.person),
        };
        self.store().decide(connection, vec![decision]).await.expect("the ruling is kept");
    }

    pub async fn link(&self, employee: &str, user: &str) {
        self.rule(employee, Ruling::Link { user: UserId::from(user) }).await;
    }

    /// The users of the destination as its simulator holds them.
    pub fn users(&self) -> Vec<Value> {
        self.state(&self.destination, "users")
    }

    pub fn mails(&self) -> Vec<Value> {
        self.state(&self.destination, "mails")
    }

    fn state(&self, vendor: &str, list: &str) -> Vec<Value> {
        let state = self.sandbox.world().to_json();
        state[vendor][list].as_array().cloned().unwrap_or_default()
    }

    /// The one user who carries this identifier.
    pub fn user(&self, identifier: &str) -> Value {
        let carriers: Vec<Value> =
            self.users().into_iter().filter(|user| user["identifier"] == json!(identifier)).collect();
        assert_eq!(carriers.len(), 1, "{identifier} is carried by {} users", carriers.len());
        carriers.into_iter().next().unwrap()
    }

    pub fn reads_and_writes(&self, vendor: &str) -> (u64, u64) {
        self.sandbox.counts(vendor).expect("the vendor is simulated")
    }

    pub fn writes(&self) -> u64 {
        self.reads_and_writes(&self.destination).1
    }

    pub fn fault(&self, kind: FaultKind, vendor: &str, times: u32) {
        self.sandbox.set_faults(vec![Fault::new(kind).at(vendor).times(times)]);
    }

    pub fn no_faults(&self) {
        self.sandbox.set_faults(Vec::new());
    }

    pub async fn feed(&self, text: &str) -> Vec<FeedLine> {
        let filter = FeedFilter { text: text.into(), ..FeedFilter::default() };
        let rows = self.store().feed_window(self.connection().await.id, filter, FeedEdge::Newest, 500).await.unwrap();
        rows.into_iter().map(|row| row.line).collect()
    }

    /// Where each operation of a run stands.
    pub async fn states(&self, report: &RunReport) -> Vec<OperationState> {
        let plan = report.plan.as_ref().expect("the run has a plan").id;
        let rows = self.store().operations(plan, &OperationState::ALL).await.unwrap();
        rows.into_iter().map(|row| row.state).collect()
    }
}

fn open(dir: &std::path::Path, today: Date) -> Workspace {
    let mut workspace = Workspace::open_in(&dir.join("ws"), &Default::default()).expect("the workspace opens");
    let noon = today.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("noon exists").timestamp();
    // The day stands still; the store keeps the system's clock, so that leases run out as they do in life.
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(noon));
    workspace.engine.clock = Arc::clone(&clock);
    workspace.clock = clock;
    workspace
}

/// A tenant file whose source is a file; what fed the mapped fields goes with the source.
pub fn from_file(text: &str, vendor: &str, file: &std::path::Path) -> String {
    let (head, rest) = text.split_once("[source]").expect("a source");
    let (_, rest) = rest.split_once("[destination]").expect("a destination");
    let (destination, rest) = rest.split_once("[field_map]").expect("a field map");
    let (_, mapping) = rest.split_once("[mapping.branch]").expect("a mapping");
    let source = format!("[source]\nvendor = \"{vendor}\"\nfile = {:?}\n\n", file.display().to_string());
    format!("{head}{source}[destination]{destination}[mapping.branch]{mapping}")
}

/// A tenant file whose destination is a folder of exports; any text goes there, so nothing is mapped.
pub fn to_file(text: &str, exports: &std::path::Path, more: &str) -> String {
    let (head, rest) = text.split_once("[destination]").expect("a destination");
    let (_, rest) = rest.split_once("[settings]").expect("settings");
    let (rest, _) = rest.split_once("[mapping.branch]").expect("a mapping");
    let file = exports.display().to_string();
    format!("{head}[destination]\nvendor = \"people-file\"\nfile = {file:?}\n{more}\n[settings]{rest}")
}

pub fn operations(plan: &Plan, kind: OperationKind) -> Vec<&Operation> {
    plan.operations.iter().filter(|operation| operation.kind == kind).collect()
}

pub fn hold<'a>(plan: &'a Plan, employee: &str) -> &'a Hold {
    plan.holds
        .iter()
        .find(|hold| hold.employee.as_str() == employee)
        .unwrap_or_else(|| panic!("{employee} is not held; held are {:?}", codes(plan)))
}

pub fn codes(plan: &Plan) -> Vec<(String, HoldCode)> {
    plan.holds.iter().map(|hold| (hold.employee.to_string(), hold.code)).collect()
}

pub fn is_written(plan: &Plan, employee: &str) -> bool {
    plan.operations.iter().any(|one| one.employee.as_ref().is_some_and(|id| id.as_str() == employee))
}

pub fn problem(report: &RunReport) -> &Problem {
    report.problem.as_ref().expect("the run was stopped by a problem")
}

/// The moment that the desk's clock shows on a day.
pub fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("noon exists").timestamp()
}

/// What a command wrote.
#[derive(Clone, Default)]
pub struct Heard(Arc<std::sync::Mutex<Vec<u8>>>);

impl Heard {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("nobody panicked").clone()).expect("it is text")
    }

    /// The last line, which is the answer of a command with `--json`.
    pub fn answer(&self) -> Value {
        self.text().lines().last().map(|line| serde_json::from_str(line).expect("it is JSON")).unwrap_or_default()
    }
}

impl std::io::Write for Heard {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An output for a command, and what it writes to stdout and to stderr.
pub fn output(json: bool) -> (onroll::cli::output::Output, Heard, Heard) {
    let (out, err) = (Heard::default(), Heard::default());
    (onroll::cli::output::Output::to(json, Box::new(out.clone()), Box::new(err.clone())), out, err)
}
