//! `onroll logs --follow`: lines of any process as they come, by tenant and level, past what is pruned; it ends with a signal, and
//! where nobody reads any more.

use onroll::cli::config::Config;
use onroll::cli::workspace::Workspace;
use onroll::domain::run::{FeedLine, Level};
use onroll::sandbox::{Sandbox, SandboxConfig};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct Desk {
    runtime: Runtime,
    home: TempDir,
    workspace: Workspace,
    tenants: Vec<String>,
}

impl Desk {
    fn with(tenants: usize) -> Desk {
        let runtime = Runtime::new().unwrap();
        hang_ups_are_heard(&runtime);
        let home = tempfile::tempdir().unwrap();
        let workspace = Workspace::open_in(&home.path().join("ws"), &Config::default()).unwrap();
        let mut desk = Desk { runtime, home, workspace, tenants: Vec::new() };
        (0..tenants).for_each(|number| desk.add(number));
        desk
    }

    fn add(&mut self, number: usize) {
        self.runtime.block_on(async {
            let config = SandboxConfig { people: 1, ..SandboxConfig::new(jiff::civil::date(2026, 11, 22)) };
            let sandbox = Sandbox::start(config).await.unwrap();
            let (_, text) = sandbox.tenant_files().remove(0);
            let mut file = onroll::cli::tenant_file::parse(&text).unwrap();
            (file.short_name, file.name) = (format!("company-{number}"), format!("Company {number}"));
            let (engine, access) = (&self.workspace.engine, &self.workspace.access);
            onroll::services::tenants::add(engine, access, file).await.unwrap();
            sandbox.stop().await;
        });
        self.tenants.push(format!("company-{number}"));
    }

    fn say(&self, tenant: usize, level: Level, texts: &[&str]) {
        self.runtime.block_on(async {
            let store = &self.workspace.store;
            let connection = store.connection_named(&self.tenants[tenant]).await.unwrap();
            let lines = texts.iter().map(|text| FeedLine {
                run: None,
                at: store.now(),
                level,
                phase: None,
                employee: None,
                what: "note".into(),
                text: (*text).to_owned(),
            });
            store.append_feed(connection.id, lines.collect()).await.unwrap();
        });
    }

    fn forget_all_lines(&self) {
        #[expect(clippy::disallowed_methods, reason = "as the retention of another process does")]
        let file = rusqlite::Connection::open(self.home.path().join("ws/onroll.db")).unwrap();
        file.execute("DELETE FROM feed", []).unwrap();
    }

    fn follow(&self, words: &[&str]) -> Following {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.args(["logs", "--follow", "--json"]).args(words).env_clear().env("HOME", self.home.path());
        command.env("ONROLL_WORKSPACE", self.home.path().join("ws")).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Following { child, lines }
    }
}

/// Has programs that are started from here hear a hang-up, also where `nohup` has started the tests: what is caught here is not
/// ignored there.
fn hang_ups_are_heard(runtime: &Runtime) {
    let _inside = runtime.enter();
    drop(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).unwrap());
}

struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn next(&mut self) -> (String, String) {
        let line = self.lines.next().expect("a line").unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        (line["tenant"].as_str().unwrap().to_owned(), line["text"].as_str().unwrap().to_owned())
    }

    fn texts(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next().1).collect()
    }

    fn ends_by(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn lines_of_another_process_come_in_their_order_past_what_is_pruned() {
    let mut desk = Desk::with(2);
    let many: Vec<String> = (1..=20).map(|number| format!("line {number}")).collect();
    desk.say(0, Level::Info, &many.iter().map(String::as_str).collect::<Vec<_>>());
    let mut following = desk.follow(&[]);
    assert_eq!(following.texts(10), many[10..], "the last ten, oldest first");
    desk.say(1, Level::Warn, &["of the other"]);
    assert_eq!(following.next(), ("company-1".into(), "of the other".into()));
    desk.forget_all_lines();
    desk.say(0, Level::Info, &["after it was pruned"]);
    assert_eq!(following.next(), ("company-0".into(), "after it was pruned".into()));
    // More than are read in one go.
    let many: Vec<String> = (1..=1_200).map(|number| format!("fast {number}")).collect();
    for part in many.chunks(400) {
        desk.say(0, Level::Info, &part.iter().map(String::as_str).collect::<Vec<_>>());
    }
    assert_eq!(following.texts(1_200), many);
    // A tenant that is added meanwhile.
    desk.add(2);
    desk.say(2, Level::Info, &["of a new one"]);
    assert_eq!(following.next(), ("company-2".into(), "of a new one".into()));
    assert_eq!(following.ends_by(Signal::INT), Some(130));
}

#[test]
fn only_what_was_asked_for_comes() {
    let desk = Desk::with(2);
    desk.say(0, Level::Error, &["old"]);
    let mut following = desk.follow(&["company-0", "--level", "warn", "--limit", "1"]);
    let mut all = desk.follow(&["--limit", "1"]);
    assert_eq!((all.texts(1), following.texts(1)), (vec!["old".to_owned()], vec!["old".to_owned()]));
    desk.say(0, Level::Info, &["too quiet"]);
    desk.say(1, Level::Error, &["another tenant's"]);
    desk.say(0, Level::Warn, &["first"]);
    assert_eq!(all.texts(3), ["too quiet", "another tenant's", "first"]);
    assert_eq!(following.next(), ("company-0".into(), "first".into()));
    assert_eq!((following.ends_by(Signal::TERM), all.ends_by(Signal::HUP)), (Some(143), Some(129)));
    let refused = desk.follow(&["--level", "loud"]).child.wait_with_output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let refused = desk.follow(&["nobody"]).child.wait_with_output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn it_ends_where_nobody_reads_any_more_also_when_nothing_comes() {
    let desk = Desk::with(1);
    desk.say(0, Level::Info, &["one"]);
    let mut following = desk.follow(&[]);
    assert_eq!(following.texts(1), ["one"]);
    drop(following.lines);
    assert_eq!(following.child.wait().unwrap().code(), Some(0));
}
