//! What the tests share: simulators in this process, the program in others, and waits that end with a condition.

use crate::common::{employee, world};
use onroll::sandbox::{Fault, FaultKind, Sandbox, SandboxConfig, World};
use rusqlite::TransactionBehavior;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// How long a condition may take to come about on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// A program that was told to end is gone after 930 ms at most by its own clock; the rest is the machine's.
pub const GONE: Duration = Duration::from_millis(1_900);

/// `count` people whom Flow takes.
pub fn people(count: u32) -> Vec<Value> {
    (1..=count).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect()
}

/// A fault of the source's list or of the destination.
pub fn at_source(kind: FaultKind) -> Fault {
    Fault::new(kind).at("planday").on("GET", "/hr/v1.0/employees")
}

pub fn at_writes(kind: FaultKind) -> Fault {
    Fault::new(kind).at("flow-learning").on("PUT", "/v1/employees")
}

pub fn at_users(kind: FaultKind) -> Fault {
    Fault::new(kind).at("flow-learning").on("GET", "/v1/employees")
}

/// Simulators, a home folder and a tenant in its workspace.
pub struct Bench {
    pub sandbox: Option<Sandbox>,
    runtime: Runtime,
    home: TempDir,
    pub tenant: String,
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Ended {
    #[track_caller]
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("killed: {self:?}"))
    }

    /// The last line of standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let line = self.out.lines().last().unwrap_or_else(|| panic!("nothing was said: {self:?}"));
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Has programs that are started from here hear a hang-up, also where `nohup` has started the tests: what is caught here is not
/// ignored there.
fn hang_ups_are_heard(runtime: &Runtime) {
    let _inside = runtime.enter();
    drop(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).unwrap());
}

impl Bench {
    /// A published tenant with `count` people, none of them a user yet.
    pub fn live(count: u32) -> Bench {
        let bench = Bench::added(count);
        let on = bench.run(&["tenant", "on", &bench.tenant]);
        assert_eq!(on.code(), 0, "{on:?}");
        bench
    }

    /// A tenant that was only added.
    pub fn added(count: u32) -> Bench {
        Bench::added_to(count, |_| {})
    }

    /// The same at simulators that are set up otherwise.
    pub fn added_to(count: u32, change: impl FnOnce(&mut SandboxConfig)) -> Bench {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        hang_ups_are_heard(&runtime);
        let world = World::from_json_text(&world(people(count), vec![]).to_string()).unwrap();
        let mut config = SandboxConfig { world: Some(world), ..SandboxConfig::new(crate::common::TODAY) };
        change(&mut config);
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let (_, text) = sandbox.tenant_files().into_iter().next().unwrap();
        let file = home.path().join("tenant.toml");
        std::fs::write(&file, text).unwrap();
        let mut bench = Bench { sandbox: Some(sandbox), runtime, home, tenant: String::new() };
        let added = bench.run(&["--json", "tenant", "add", file.to_str().unwrap()]);
        assert_eq!(added.code(), 0, "{added:?}");
        bench.tenant = added.json()["tenant"]["short_name"].as_str().unwrap().to_owned();
        bench
    }

    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// Makes the signs of life of all leases so many seconds older, as if the time had passed.
    pub fn age_leases(&self, seconds: i64) {
        #[expect(clippy::disallowed_methods, reason = "plays the clock")]
        let file = rusqlite::Connection::open(self.home.path().join("ws").join("onroll.db")).unwrap();
        file.execute(
            "UPDATE lease SET renewed_at = renewed_at - ?1 * 1000000, since = since - ?1 * 1000000",
            [seconds],
        )
        .unwrap();
    }

    /// Puts a process to sleep at a moment when it holds no lock of the workspace's file: one that sleeps in the middle
    /// of a commit keeps everybody else out until it wakes, which no lease can change.
    pub fn falls_asleep(&self, running: &Running) {
        for _ in 0..100 {
            running.signal(Signal::STOP);
            self.wait("it stands still", || running.state() == Some('T'));
            if self.file_is_free() {
                return;
            }
            running.signal(Signal::CONT);
            self.wait("it lets go of the file", || self.file_is_free());
        }
        panic!("it always fell asleep in the middle of a commit");
    }

    pub fn file_is_free(&self) -> bool {
        #[expect(clippy::disallowed_methods, reason = "asks the file itself")]
        let mut file = rusqlite::Connection::open(self.home.path().join("ws").join("onroll.db")).unwrap();
        file.busy_timeout(Duration::ZERO).unwrap();
        file.transaction_with_behavior(TransactionBehavior::Immediate).is_ok()
    }

    pub fn tenant_name(&self) -> String {
        self.run(&["--json", "tenant", "list"]).json()["tenants"][0]["name"].as_str().unwrap().to_owned()
    }

    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).env("LANG", "C.UTF-8").env("USER", "rosa");
        command.env("ONROLL_WORKSPACE", self.home.path().join("ws")).current_dir(self.home.path());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ends()
    }

    /// Starts the program.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::of(self.command(arguments))
    }

    /// The typed confirmation of a first import of everybody.
    pub fn sync(&self, count: u32) -> Vec<String> {
        let confirm = format!("{}:{count}", self.tenant);
        ["--json", "sync", &self.tenant, "--confirm", &confirm].map(str::to_owned).to_vec()
    }

    pub fn start_sync(&self, count: u32) -> Running {
        let arguments = self.sync(count);
        self.start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn faults(&self, faults: Vec<Fault>) {
        self.sandbox().set_faults(faults);
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub fn wait(&self, what: &str, holds: impl Fn() -> bool) {
        self.runtime.block_on(async {
            let end = Instant::now() + PATIENCE;
            while !holds() {
                assert!(Instant::now() < end, "never: {what}");
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        });
    }

    /// Waits until every fault that strikes a number of times has struck so often.
    #[track_caller]
    pub fn wait_for_faults(&self) {
        let struck = || self.sandbox().faults().iter().all(|fault| fault.times.is_none_or(|times| times == 0));
        self.wait("every fault has struck", struck);
    }

    pub fn users(&self) -> Vec<Value> {
        let state = self.sandbox().world().to_json();
        state["flow-learning"]["users"].as_array().cloned().unwrap_or_default()
    }

    pub fn mails(&self) -> usize {
        self.sandbox().world().to_json()["flow-learning"]["mails"].as_array().map_or(0, Vec::len)
    }

    pub fn writes(&self) -> u64 {
        self.sandbox().counts("flow-learning").unwrap().1
    }

    /// All requests that have reached the destination.
    pub fn requests(&self) -> u64 {
        let (reads, writes) = self.sandbox().counts("flow-learning").unwrap();
        reads + writes
    }

    /// The newest run, as `runs list` has it.
    pub fn newest_run(&self) -> Value {
        let listed = self.run(&["--json", "runs", "list"]);
        assert_eq!(listed.code(), 0, "{listed:?}");
        listed.json()["runs"][0].clone()
    }

    /// How many lines of a run are in each state.
    pub fn lines(&self, run: &Value, states: &[&str]) -> usize {
        let shown = self.run(&["--json", "runs", "show", &run["id"].to_string()]);
        assert_eq!(shown.code(), 0, "{shown:?}");
        let lines = shown.json()["operations"].as_array().unwrap().clone();
        lines.iter().filter(|line| states.contains(&line["state"].as_str().unwrap())).count()
    }

    /// Sends a signal and gives what came of it; the program must be gone in time.
    #[track_caller]
    pub fn end_by(&self, running: Running, signal: Signal) -> Ended {
        let begun = Instant::now();
        running.signal(signal);
        let ended = running.ends();
        assert!(begun.elapsed() < GONE, "gone only after {:?}: {ended:?}", begun.elapsed());
        ended
    }

    /// Everybody is there, exactly once and mailed once, and nothing is left to do.
    #[track_caller]
    pub fn everybody_once(&self, count: u32) {
        self.rest_once(count, 0);
    }

    /// The same where so many were written by a run that is over: the rest is planned anew.
    #[track_caller]
    pub fn rest_once(&self, count: u32, written: u32) {
        self.faults(vec![]);
        let arguments = self.sync(count - written);
        let sync = self.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(sync.code(), 0, "{sync:?}");
        let identifiers: std::collections::BTreeSet<String> =
            self.users().iter().map(|user| user["identifier"].to_string()).collect();
        assert_eq!(
            (self.users().len(), identifiers.len(), self.mails()),
            (count as usize, count as usize, count as usize)
        );
    }
}

/// A program at work.
pub struct Running {
    child: Child,
    out: Option<Heard>,
    err: Option<Heard>,
}

/// What a program has said so far.
struct Heard {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Heard {
    fn from(mut pipe: impl Read + Send + 'static) -> Heard {
        let text = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
        });
        Heard { text, reader }
    }

    fn end(self) -> String {
        self.reader.join().unwrap();
        self.text.lock().unwrap().clone()
    }
}

impl Drop for Running {
    /// A failed test leaves its program behind otherwise.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub fn of(mut command: Command) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = Heard::from(child.stdout.take().unwrap());
        let err = Heard::from(child.stderr.take().unwrap());
        Running { child, out: Some(out), err: Some(err) }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn has_noted(&self, text: &str) -> bool {
        self.err.as_ref().is_some_and(|err| err.text.lock().unwrap().contains(text))
    }

    /// Whether it listens to INT, TERM and HUP by now (the mask of caught signals).
    pub fn listens(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
        let mask = u64::from_str_radix(mask.trim(), 16).unwrap_or(0);
        [1, 2, 15].into_iter().all(|signal| mask >> (signal - 1) & 1 == 1)
    }

    /// The letter of its state.
    pub fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        stat.rsplit_once(')')?.1.trim_start().chars().next()
    }

    pub fn is_zombie(&self) -> bool {
        self.state() == Some('Z')
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Ends it as `kill -9` does, and leaves it a zombie: nobody has asked for its exit code.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    pub fn ends(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        let [out, err] = [self.out.take(), self.err.take()].map(|heard| heard.map(Heard::end).unwrap_or_default());
        Ended { status, out, err }
    }
}
