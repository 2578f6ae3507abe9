//! How `onroll watch` stands, asked over HTTP: life, readiness, figures; and whoever asks badly.

use crate::common::schema::prints;
use crate::common::{employee, output, user_of, world};
use crate::counted::at;
use crate::scenarios::Bench;
use axum::Router;
use axum::routing::get;
use onroll::cli::status::{self, Pulse};
use onroll::cli::{listen, serve};
use onroll::engine::Engine;
use onroll::services::schedules;
use onroll::store::Holder;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The whole answer to some bytes; empty where the connection is closed without one.
async fn asked(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever is refused early may find the door shut.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn got(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = asked(address, format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

pub fn own(engine: &Engine) -> Holder {
    let process = &engine.process;
    Holder { pid: process.pid, host: process.host.clone(), start: process.start.clone(), what: "watch".into() }
}

struct Door {
    bench: Bench,
    pulse: Arc<Pulse>,
    address: SocketAddr,
}

impl Door {
    async fn open(names: bool) -> Door {
        let (one, other) = (employee(1, "Ana", "Lima", json!({})), user_of(1, "Ana", "Lima", json!({})));
        let bench = Bench::settled(world(vec![one], vec![other]), "daily 02:00").await;
        let pulse = Arc::new(Pulse::default());
        let listener = status::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (engine, told) = (bench.desk.workspace.engine.clone(), Arc::clone(&pulse));
        tokio::spawn(async move { status::serve(listener, &engine, told, names, std::future::pending()).await });
        Door { bench, pulse, address }
    }

    async fn figures(&self) -> String {
        let (code, text) = got(self.address, "/metrics").await;
        assert_eq!(code, 200, "{text}");
        text
    }
}

fn value<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_while_the_loop_ticks_and_the_workspace_knows_it_and_not_while_it_ends() {
    let door = Door::open(false).await;
    let engine = &door.bench.desk.workspace.engine;
    assert_eq!(got(door.address, "/ready").await, (503, "not ready: starting\n".into()));
    assert_eq!(got(door.address, "/live").await, (200, "live\n".into()));
    door.pulse.looked(engine.clock.now());
    let (code, why) = got(door.address, "/ready").await;
    assert_eq!((code, why.as_str()), (503, "not ready: the workspace does not know this watch any more\n"));
    engine.store.watch_schedules(own(engine), 4).await.unwrap();
    assert_eq!(got(door.address, "/ready").await, (200, "ready\n".into()));
    assert_eq!(value(&door.figures().await, "onroll_ready"), Some("1"));
    door.pulse.trouble("the schedules cannot be looked at");
    assert_eq!(got(door.address, "/ready").await, (503, "not ready: the schedules cannot be looked at\n".into()));
    assert_eq!(got(door.address, "/live").await.0, 200, "a restart would not mend it");
    door.pulse.looked(engine.clock.now());
    assert_eq!(got(door.address, "/ready").await.0, 200);
    door.pulse.stopping();
    assert_eq!(got(door.address, "/ready").await, (503, "not ready: stopping\n".into()));
    assert_eq!(got(door.address, "/live").await.0, 200);
    assert_eq!(got(door.address, "/metrics").await.0, 200, "figures are told to the end");
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_hangs_is_first_not_ready_and_then_not_alive() {
    let door = {
        let pulse = Arc::new(Pulse::default());
        let folder = tempfile::tempdir().unwrap();
        let workspace = onroll::cli::workspace::Workspace::open_in(folder.path(), &Default::default()).unwrap();
        let listener = status::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::clone(&pulse);
        tokio::spawn(async move {
            let (_folder, engine) = (folder, workspace.engine.clone());
            status::serve(listener, &engine, told, false, std::future::pending()).await;
        });
        (pulse, address)
    };
    let (pulse, address) = door;
    pulse.looked("2026-11-22T12:00:00Z".parse().unwrap());
    tokio::time::advance(std::time::Duration::from_secs(91)).await;
    let (code, why) = got(address, "/ready").await;
    assert_eq!(code, 503);
    assert!(why.starts_with("not ready: the schedules were last looked at 9"), "{why}");
    assert_eq!(got(address, "/live").await.0, 200);
    tokio::time::advance(std::time::Duration::from_secs(91)).await;
    assert_eq!(got(address, "/live").await, (503, "the loop has stopped\n".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_those_of_the_workspace_and_name_nobody() {
    let door = Door::open(false).await;
    let (bench, workspace) = (&door.bench, &door.bench.desk.workspace);
    let id = bench.desk.connection().await.id.0;
    let text = door.figures().await;
    let runs = workspace.store.runs(None, 100).await.unwrap();
    let ended = runs[0].ended.unwrap().as_second().to_string();
    for (series, wanted) in [
        ("onroll_runs_total{purpose=\"sync\",result=\"done\"}".to_owned(), "1"),
        ("onroll_runs_total{purpose=\"sync\",result=\"failed\"}".to_owned(), "0"),
        (format!("onroll_last_success_timestamp_seconds{{tenant=\"{id}\"}}"), ended.as_str()),
        (format!("onroll_last_run_held_people{{tenant=\"{id}\"}}"), "0"),
        ("onroll_webhook_deliveries{state=\"queued\"}".to_owned(), "0"),
        ("onroll_schedules_late".to_owned(), "0"),
        ("onroll_watchers".to_owned(), "0"),
    ] {
        assert_eq!(value(&text, &series), Some(wanted), "{series} in\n{text}");
    }
    for word in [bench.desk.short_name.as_str(), "Ana", "Lima"] {
        assert!(!text.contains(word), "{word}");
    }
    // Nobody begins what is due.
    bench.clock.set(at("2026-11-23T02:06:00Z"));
    assert_eq!(schedules::all(&workspace.engine).await.unwrap().standings[0].waits, None);
    let figures = onroll::services::status::figures(&workspace.engine).await.unwrap();
    assert_eq!((figures.schedules.late, figures.schedules.paused), (1, false));
    schedules::pause_all(&workspace.engine, &workspace.access, true).await.unwrap();
    let figures = onroll::services::status::figures(&workspace.engine).await.unwrap();
    assert_eq!((figures.schedules.late, figures.schedules.waiting.get("paused")), (0, Some(&1)));
    // A line that is written is counted once, and the totals are those of `runs show`.
    schedules::pause_all(&workspace.engine, &workspace.access, false).await.unwrap();
    crate::changed_worlds::edit(&bench.desk, "planday", 1, |person| person.job_title = "Sous Chef".into());
    assert_eq!(bench.desk.sync().await.totals.written, 1);
    let figures = onroll::services::status::figures(&workspace.engine).await.unwrap();
    assert_eq!(figures.counted.runs.iter().map(|sum| sum.written).sum::<u64>(), 1);
    assert_eq!(figures.counted.newest[0].totals.written, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_named_where_that_is_asked_for() {
    let door = Door::open(true).await;
    let series = format!("onroll_last_success_timestamp_seconds{{tenant=\"{}\"}}", door.bench.desk.short_name);
    assert!(value(&door.figures().await, &series).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_badly_is_refused_and_keeps_nobody_else_waiting() {
    let door = Door::open(false).await;
    let first = |answer: String| answer.split(' ').nth(1).map(str::to_owned).unwrap_or_default();
    for (request, code) in [
        ("POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello", "405"),
        ("DELETE /ready HTTP/1.1\r\nhost: x\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET /hook/x HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("HEAD /live HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
        ("GET /live HTTP/1.0\r\n\r\n", "200"),
        ("\u{0}\u{1}\u{2}\r\n\r\n", "400"),
        ("GET /live HTTP/9.9\r\n\r\n", "400"),
    ] {
        assert_eq!(first(asked(door.address, request.as_bytes()).await), code, "{request:?}");
    }
    let huge = format!("GET /live HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    assert!(["431", ""].contains(&first(asked(door.address, huge.as_bytes()).await).as_str()));
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "z".repeat(100_000));
    assert!(["431", "414", ""].contains(&first(asked(door.address, long.as_bytes()).await).as_str()));
    // Forty who never come to the point.
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(door.address).await.unwrap();
        stream.write_all(b"GET /metrics HT").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(got(door.address, "/live").await.0, 200);
    assert_eq!(got(door.address, "/metrics").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_come_to_the_point_is_let_go_and_the_end_waits_for_nobody() {
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let routes = Router::new().route("/", get(|| async { "here" }));
    let served = tokio::spawn(serve::serve(listener, routes, stop.clone().cancelled_owned()));
    // The clock moves on by itself while nothing else is to be done.
    assert_eq!(asked(address, b"GET / HTTP/1.1\r\nhost").await, "", "half a head");
    assert_eq!(asked(address, b"").await, "", "no word at all");
    assert!(asked(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.ends_with("here"));
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HT").await.unwrap();
    tokio::task::yield_now().await;
    stop.cancel();
    served.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[test]
fn a_watch_says_how_it_stands_is_probed_and_ends_by_a_signal() {
    let dir = tempfile::tempdir().unwrap();
    let onroll = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.args(words).stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", dir.path().join("config")).env("XDG_STATE_HOME", dir.path().join("state"));
        command.env("ONROLL_LOG_TO", "stderr").env("ONROLL_LOG_FORMAT", "json");
        command
    };
    let place = dir.path().join("ws").display().to_string();
    let mut child = onroll(&["watch", "--json", "--status", "0", "--workspace", &place])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| {
        let line = line.unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    });
    let told = lines.next().unwrap();
    let address = told["address"].as_str().unwrap().to_owned();
    assert_eq!(told["event"], "status");
    assert!(address.starts_with("127.0.0.1:"), "a port alone is one of this machine: {address}");
    assert_eq!(lines.next().unwrap()["event"], "watching");
    let probe = |address: &str| onroll(&["watch", "--probe", address]).output().unwrap();
    let asked = probe(&address);
    assert_eq!((asked.status.code(), asked.stdout.as_slice()), (Some(0), &b"ready\n"[..]));
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("content-type: text/plain; version=0.0.4"), "{text}");
    assert_eq!(value(&text, &format!("onroll_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), Some("1"));
    assert_eq!((value(&text, "onroll_watchers"), value(&text, "onroll_ready")), (Some("1"), Some("1")));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let events: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(events.iter().any(|event| event["message"] == "the watch ends" && event["signal"] == "TERM"), "{said}");
    assert!(!dir.path().join("state/onroll").exists(), "nothing is logged to a file");
    assert_eq!(probe(&address).status.code(), Some(1));
}

#[test]
fn a_port_that_is_taken_is_said() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = runtime.block_on(status::bind(taken.local_addr().unwrap())).unwrap_err();
    assert!(refused.what.starts_with("how it stands cannot be told at 127.0.0.1:"), "{}", refused.what);
    let (mut to, out, _) = output(true);
    let exit = runtime.block_on(status::probe(Some("127.0.0.1:1".parse().unwrap()), &mut to)).unwrap();
    prints("watch", [&out.answer()], &["Probe"]);
    assert_eq!((exit.code(), &out.answer()["ready"]), (1, &json!(false)));
}
