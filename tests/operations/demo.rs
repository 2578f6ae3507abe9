//! The companies of the demo, worked through by the program itself in a home of its own: added, published, imported, exported,
//! backed up, one run killed in the middle; with everything logged.

use onroll::cli::tenant_file;
use onroll::ports::clock::{Clock, SystemClock, day_in};
use onroll::sandbox::{Fault, FaultKind, Sandbox, SandboxConfig, World};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// People of the largest company.
const PEOPLE: usize = 30;
/// What opens the sealed file: it must not be seen either.
pub const PASSPHRASE: &str = "correct-horse-4711-battery";

pub struct Demo {
    home: TempDir,
    /// Everything that was there when the last run was killed; who asks more of the program changes the home.
    left: TempDir,
    pub tenants: Vec<String>,
    /// Every credential: of the tenant files, what they were exchanged for, and the passphrase.
    pub secrets: BTreeSet<String>,
    /// The world at its end, as the simulators tell it.
    pub world: Value,
}

/// One for all tests of this file: it takes a while, and nobody changes it.
pub fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(Demo::work_through)
}

impl Demo {
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The same of what was left.
    pub fn left(&self, name: &str) -> PathBuf {
        self.left.path().join(name)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("ws")
    }

    pub fn command(&self, words: &[&str]) -> Command {
        command(self.home.path(), words)
    }

    /// What the program says, with the code with which it ended.
    pub fn said(&self, words: &[&str]) -> (i32, String) {
        said(self.home.path(), words)
    }

    fn work_through() -> Demo {
        let runtime = Runtime::new().unwrap();
        let today = day_in(SystemClock.now(), "UTC");
        let config =
            SandboxConfig { record: true, world: Some(World::demo(PEOPLE, 1, today)), ..SandboxConfig::new(today) };
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let dir = home.path();
        std::fs::create_dir(dir.join("tmp")).unwrap();
        let given = tempfile::tempdir().unwrap();
        let (mut tenants, mut secrets) = (Vec::new(), BTreeSet::from([PASSPHRASE.to_owned()]));
        for (name, text) in sandbox.tenant_files() {
            let file = tenant_file::parse(&text).unwrap();
            secrets.extend(
                file.source
                    .secrets
                    .values()
                    .chain(file.destination.secrets.values())
                    .map(|one| one.reveal().to_owned()),
            );
            let path = given.path().join(name);
            std::fs::write(&path, text).unwrap();
            let (code, told) = said(dir, &["tenant", "add", path.to_str().unwrap()]);
            assert_eq!(code, 0, "{told}");
            tenants.push(file.short_name);
        }
        // Vendors that refuse, and quote what they were sent.
        for tenant in &tenants {
            let kinds = [FaultKind::Internal, FaultKind::BrokenJson, FaultKind::ExpiredToken];
            sandbox.set_faults(kinds.map(|kind| Fault::new(kind).times(1)).to_vec());
            said(dir, &["plan", tenant, "--out", dir.join(format!("exports/{tenant}.csv")).to_str().unwrap()]);
            sandbox.set_faults(Vec::new());
            // One of them has to be put right at its source first.
            let (code, told) = said(dir, &["tenant", "on", tenant]);
            assert_eq!(code == 0, tenant != "copper-kettle", "{tenant}: {told}");
            import(dir, tenant, code == 0);
            // Of three integrations; the others write them in the same way.
            for what in ["mapping", "people", "held"].iter().filter(|_| tenants.iter().take(3).any(|one| one == tenant))
            {
                let out = dir.join(format!("exports/{tenant}-{what}.xlsx"));
                said(dir, &["export", what, tenant, "--out", out.to_str().unwrap()]);
            }
        }
        let (code, told) = said(dir, &["backup"]);
        assert_eq!(code, 0, "{told}");
        killed(dir, &tenants[0], &sandbox);
        secrets.extend(sent(&sandbox));
        let world = runtime.block_on(async {
            let document = serde_json::to_value(sandbox.world().to_json()).unwrap();
            sandbox.stop().await;
            document
        });
        let left = tempfile::tempdir().unwrap();
        for path in files(dir) {
            let target = left.path().join(path.strip_prefix(dir).unwrap());
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(path, target).unwrap();
        }
        Demo { home, left, tenants, secrets, world }
    }
}

/// A first import under its typed confirmation; then its reports and what was said, into files.
fn import(dir: &Path, tenant: &str, is_live: bool) {
    let (_, stopped) = said(dir, &[if is_live { "sync" } else { "plan" }, tenant]);
    let events = stopped.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    if let Some(planned) = events.into_iter().find(|event| event["event"] == "planned" && event["operations"] != 0) {
        let confirm = format!("{tenant}:{}", planned["operations"]);
        let (code, told) = said(dir, &["sync", tenant, "--confirm", &confirm]);
        assert!([0, 3].contains(&code), "{tenant}: {code} {told}");
    }
    let (_, runs) = said(dir, &["runs", "list", tenant]);
    let runs: Value = serde_json::from_str(runs.trim()).unwrap();
    for run in runs["runs"].as_array().unwrap().iter().take(1) {
        let number = run["id"].to_string();
        let (_, report) = said(dir, &["runs", "report", &number]);
        std::fs::write(dir.join(format!("reports/{tenant}-{number}.json")), report).unwrap();
        let (_, what) = said(dir, &["runs", "said", &number]);
        std::fs::write(dir.join(format!("reports/{tenant}-{number}-said.json")), what).unwrap();
    }
}

/// A run that dies while it waits for its vendor: what it had begun to write stays as it was.
fn killed(dir: &Path, tenant: &str, sandbox: &Sandbox) {
    sandbox.set_faults(vec![Fault::new(FaultKind::Hang).times(1)]);
    let mut child = command(dir, &["sync", tenant]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for attempt in 0.. {
        if sandbox.faults().iter().all(|fault| fault.times == Some(0)) {
            break;
        }
        assert!(attempt < 12_000, "the vendor was never asked");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.set_faults(Vec::new());
}

fn command(dir: &Path, words: &[&str]) -> Command {
    for folder in ["exports", "reports"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
    command.arg("--json").args(words).env_clear().current_dir(dir).stdin(Stdio::null());
    command.env("HOME", dir).env("TMPDIR", dir.join("tmp")).env("LANG", "C.UTF-8").env("USER", "rosa");
    command.env("ONROLL_WORKSPACE", dir.join("ws")).env("ONROLL_PASSPHRASE", PASSPHRASE).env("ONROLL_LOG", "debug");
    command
}

fn said(dir: &Path, words: &[&str]) -> (i32, String) {
    let ended = command(dir, words).output().unwrap();
    let code = ended.status.code().unwrap();
    (code, String::from_utf8(ended.stdout).unwrap())
}

/// What was sent as proof of who asks: keys and what they were exchanged for.
fn sent(sandbox: &Sandbox) -> BTreeSet<String> {
    let headers = sandbox.recorded().into_iter().flat_map(|call| call.headers);
    let proofs = headers.filter(|(name, _)| *name == "authorization").map(|(_, value)| value);
    proofs.filter_map(|value| Some(value.rsplit(' ').next()?.to_owned())).filter(|proof| proof.len() > 5).collect()
}

/// Every text of a document under one of these keys.
pub fn texts_under<'v>(value: &'v Value, keys: &[&str], found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match inner {
                    Value::String(text) if keys.contains(&key.as_str()) && !text.trim().is_empty() => {
                        found.insert(text.trim());
                    }
                    inner => texts_under(inner, keys, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts_under(value, keys, found)),
        _ => {}
    }
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
