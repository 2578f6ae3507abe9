//! `onroll schedule`, and the ends of `onroll watch`.

use crate::changed_worlds::edit;
use crate::common::schema::prints;
use crate::common::{employee, output, user_of, world};
use crate::counted::at;
use crate::scenarios::{Bench, three};
use crate::status::own;
use jiff::SignedDuration;
use onroll::cli::arguments::{ScheduleCommand, WatchArguments};
use onroll::domain::ids::EmployeeId;
use onroll::domain::problem::Problem;
use onroll::ports::clock::{Clock as _, SystemClock};
use onroll::services::{Access, schedules};
use onroll::store::{DeliveryState, NewDelivery, Verdict};
use serde_json::{Value, json};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

async fn desk() -> Bench {
    let (one, other) = (employee(1, "Ana", "Lima", json!({})), user_of(1, "Ana", "Lima", json!({})));
    Bench::settled(world(vec![one], vec![other]), "daily 02:00").await
}

async fn said(bench: &Bench, command: ScheduleCommand) -> Value {
    let name = match &command {
        ScheduleCommand::List => "schedule list",
        ScheduleCommand::Skip { .. } => "schedule skip",
        ScheduleCommand::Unskip { .. } => "schedule unskip",
        ScheduleCommand::Pause => "schedule pause",
        ScheduleCommand::Resume => "schedule resume",
    };
    let (mut output, out, _) = output(true);
    onroll::cli::schedule::run(&bench.desk.workspace, &command, &mut output).await.unwrap();
    prints(name, [&out.answer()], &[]);
    out.answer()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runs_to_come_are_listed_in_both_times_with_what_they_wait_for() {
    let bench = desk().await;
    bench.clock.set(at("2027-03-27T12:00Z"));
    bench.desk.settings(|settings| settings.schedule = "daily 01:30".parse().unwrap()).await;
    let list = said(&bench, ScheduleCommand::List).await;
    let one = &list["schedules"][0];
    assert_eq!(
        (&one["next"], &one["next_local"], &one["waits"], &one["is_due"]),
        (&json!("2027-03-28T01:00:00Z"), &json!("2027-03-28T02:00:00"), &Value::Null, &json!(false))
    );
    let note = one["clock_change"].as_str().unwrap();
    assert!(note.starts_with("2027-03-28, Europe/London: clocks go forward at 01:00; 01:30 does not exist"), "{note}");
    assert_eq!((&list["paused"], &list["watchers"]), (&Value::Null, &json!([])));
    let (mut output, out, err) = output(false);
    onroll::cli::schedule::run(&bench.desk.workspace, &ScheduleCommand::List, &mut output).await.unwrap();
    assert!(out.text().contains("2027-03-28 02:00 Europe/London  2027-03-28 01:00:00"), "{}", out.text());
    assert!(err.text().contains("nobody watches: `onroll watch`"), "{}", err.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_is_let_pass_and_taken_back_and_all_are_paused() {
    let bench = desk().await;
    let tenant = bench.desk.short_name.clone();
    let skip = said(&bench, ScheduleCommand::Skip { tenant: tenant.clone() }).await;
    assert_eq!((&skip["slot"], &skip["then"]), (&json!("2026-11-23T02:00:00Z"), &json!("2026-11-24T02:00:00Z")));
    let list = said(&bench, ScheduleCommand::List).await;
    assert!(list["schedules"][0]["skipped_by"].is_string());
    let back = said(&bench, ScheduleCommand::Unskip { tenant: tenant.clone() }).await;
    assert_eq!((&back["slot"], &back["skipped"]), (&skip["slot"], &json!(false)));
    assert_eq!(said(&bench, ScheduleCommand::Pause).await, json!({ "paused": true, "changed": true }));
    let list = said(&bench, ScheduleCommand::List).await;
    assert_eq!(list["schedules"][0]["waits"]["for"], "paused");
    assert!(
        bench
            .at("2026-11-23T02:00:00Z")
            .await
            .iter()
            .all(|event| { matches!(event.what, onroll::engine::schedule::watch::What::Waits(_)) })
    );
    assert_eq!(said(&bench, ScheduleCommand::Resume).await, json!({ "paused": false, "changed": true }));
    bench.desk.settings(|settings| settings.schedule = "manual".parse().unwrap()).await;
    let (mut output, ..) = output(true);
    let refused =
        onroll::cli::schedule::run(&bench.desk.workspace, &ScheduleCommand::Skip { tenant }, &mut output).await;
    assert!(refused.unwrap_err().what.contains("started by hand"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_look_watches_and_changes_nothing() {
    let bench = desk().await;
    let workspace = &bench.desk.workspace;
    let (look, connection) = (Access::read_only("tim"), bench.desk.connection().await);
    let own = (&workspace.supervisor, &workspace.engine);
    assert!(schedules::watch(own, &look).err().map(Problem::from).unwrap().what.contains("read-only"));
    assert!(schedules::skip(&workspace.engine, &look, &connection, true).await.is_err());
    assert!(schedules::pause_all(&workspace.engine, &look, true).await.is_err());
    assert_eq!(schedules::all(&workspace.engine).await.unwrap().standings.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_stopped_at_once_leaves_no_trace() {
    let bench = desk().await;
    let workspace = &bench.desk.workspace;
    let (scheduler, mut news) =
        schedules::watch((&workspace.supervisor, &workspace.engine), &workspace.access).unwrap();
    let told = async { while news.recv().await.is_some() {} };
    tokio::join!(scheduler.run(std::future::ready(())), told);
    assert!(workspace.store.schedule_desk().await.unwrap().watchers.is_empty());
    let (mut output, out, _) = output(false);
    let exit =
        onroll::cli::watch::run(workspace, &WatchArguments { once: true, ..WatchArguments::default() }, &mut output)
            .await
            .unwrap();
    assert_eq!((exit.code(), out.text().as_str()), (0, ""), "nothing was due");
}

/// `onroll watch --once` at this moment.
async fn once(bench: &Bench, now: &str) -> Vec<Value> {
    bench.clock.set(at(now));
    let (mut output, out, _) = output(true);
    let asked = WatchArguments { once: true, ..WatchArguments::default() };
    onroll::cli::watch::run(&bench.desk.workspace, &asked, &mut output).await.unwrap();
    out.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx08_what_the_watch_prints_of_slots_and_webhooks_is_what_its_schema_says() {
    let bench = Bench::settled(three(), "daily 02:00").await;
    let (workspace, tenant) = (&bench.desk.workspace, bench.desk.short_name.clone());
    edit(&bench.desk, "planday", 2, |person| person.job_title = "Sous Chef".into());
    let told = once(&bench, "2026-11-23T02:00:30Z").await;
    prints("watch", &told, &["SlotStarted", "SlotBegun", "SlotEnded", "Totals"]);
    said(&bench, ScheduleCommand::Skip { tenant }).await;
    prints("watch", &once(&bench, "2026-11-24T02:00:30Z").await, &["SlotPassed"]);
    said(&bench, ScheduleCommand::Pause).await;
    prints("watch", &once(&bench, "2026-11-25T02:00:30Z").await, &["SlotWaits"]);
    workspace.engine.store.watch_schedules(own(&workspace.engine), 4).await.unwrap();
    let list = said(&bench, ScheduleCommand::List).await;
    prints("schedule list", [&list], &["LastSlot", "Paused", "WaitsFor", "Watcher"]);
    said(&bench, ScheduleCommand::Resume).await;
    // Somebody who is known, somebody whom nobody knows, and both credentials gone.
    let id = bench.desk.connection().await.id;
    let deliver = async |person: &str| {
        let people = vec![EmployeeId::from(person)];
        let new = NewDelivery {
            connection: id,
            event: "changed".into(),
            people,
            digest: person.as_bytes().to_vec(),
            signed: false,
            verdict: Verdict::Queue,
        };
        workspace.store.put_delivery(new).await.unwrap();
    };
    deliver("2").await;
    prints("watch", &once(&bench, "2026-11-25T12:00:00Z").await, &["Hook", "HookEnded"]);
    deliver("4711").await;
    let told = once(&bench, "2026-11-25T12:10:00Z").await;
    prints("watch", &told, &["HookWaits"]);
    let state = workspace.store.deliveries(None, 1).await.unwrap().rows[0].state;
    assert_eq!((&told[0]["event"], state), (&json!("webhook_done"), DeliveryState::Done), "one word for one thing");
    workspace.engine.secrets.remove_all(&format!("{}/", bench.desk.short_name)).unwrap();
    deliver("4712").await;
    prints("watch", &once(&bench, "2026-11-25T12:20:00Z").await, &["HookRefused"]);
    prints("watch", &once(&bench, "2026-11-26T02:00:30Z").await, &[]);
}

/// The program itself, watching as a service does, until it has said that it is ready.
fn watching(dir: &std::path::Path, name: &str) -> (Child, UnixDatagram) {
    let place = dir.join(name);
    let manager = UnixDatagram::bind(&place).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_onroll"))
        .args(["watch", "--json", "--workspace"])
        .arg(dir.join("ws"))
        .env("NOTIFY_SOCKET", &place)
        .env("XDG_CONFIG_HOME", dir.join("config"))
        .env("XDG_STATE_HOME", dir.join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = heard(&manager);
    assert!(said.starts_with("READY=1\nWATCHDOG=1\nSTATUS=no run is to come"), "{said}");
    (child, manager)
}

fn heard(manager: &UnixDatagram) -> String {
    let mut text = [0; 256];
    let length = manager.recv(&mut text).unwrap();
    String::from_utf8(text[..length].to_vec()).unwrap()
}

#[test]
fn two_watches_on_one_workspace_say_when_they_are_ready_and_end_by_signals() {
    let dir = tempfile::tempdir().unwrap();
    let (first, manager) = watching(dir.path(), "first");
    let (second, other) = watching(dir.path(), "second");
    for (child, manager, signal, code) in
        [(first, manager, rustix::process::Signal::TERM, 143), (second, other, rustix::process::Signal::INT, 130)]
    {
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        let line = String::from_utf8(output.stdout).unwrap();
        let line: Value = serde_json::from_str(line.trim()).unwrap();
        prints("watch", [&line], &["Watching"]);
        let last = std::iter::from_fn(|| Some(heard(&manager))).find(|said| !said.starts_with("WATCHDOG"));
        assert_eq!(last.as_deref(), Some("STOPPING=1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_names_the_tenant_that_is_next_as_every_other_event_does() {
    use std::io::{BufRead, BufReader};
    let bench = Bench::settled(three(), "manual").await;
    let now = SystemClock.now();
    bench.clock.set(now);
    let later = now.checked_add(SignedDuration::from_hours(6)).unwrap().strftime("daily %H:%M").to_string();
    bench.desk.settings(|settings| settings.schedule = later.parse().unwrap()).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_onroll"))
        .args(["watch", "--json", "--workspace"])
        .arg(&bench.desk.workspace.dir)
        .env("XDG_CONFIG_HOME", bench.desk.workspace.dir.join("config"))
        .env("XDG_STATE_HOME", bench.desk.workspace.dir.join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    child.wait().unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let named = (line["event"].as_str(), line["tenant"].as_str());
    assert_eq!(named, (Some("watching"), Some(bench.desk.short_name.as_str())));
}

#[test]
fn a_watch_that_listens_says_where_answers_and_ends_by_a_signal() {
    use std::io::{BufRead, BufReader, Read, Write};
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_onroll"))
        .args(["watch", "--json", "--listen", "127.0.0.1:0", "--workspace"])
        .arg(dir.path().join("ws"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    prints("watch", [&line], &["Listening"]);
    let address = line["address"].as_str().unwrap().to_owned();
    for (request, answer) in [("GET /health", "200"), ("POST /hook/nobody", "404"), ("GET /hook/nobody", "405")] {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {answer}")), "{request}: {text}");
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
