//! What one process does to a tenant reaches the run of another before its next write; a dead process holds nothing.

use crate::common::schema::prints;
use crate::support::{Bench, Running, at_source, at_writes};
use onroll::sandbox::{Fault, FaultKind};
use rustix::process::Signal;
use serde_json::Value;

/// Requests that Flow takes at once.
const CONCURRENCY: u64 = 8;

/// A run that writes one person after the other, each within a second, once some are written.
fn at_work(bench: &Bench, people: u32) -> Running {
    bench.faults(vec![slow_writes(people)]);
    let running = bench.start_sync(people);
    bench.wait("some are written", || bench.users().len() >= 3);
    running
}

/// From fifty creations on they go several in a request.
fn slow_writes(people: u32) -> Fault {
    if people < 50 {
        return at_writes(FaultKind::Slow).seconds(1);
    }
    Fault::new(FaultKind::Slow).at("flow-learning").on("POST", "/v1/feed").seconds(2)
}

fn written_of(reached: &Value) -> (u64, u64) {
    (reached["written"][0].as_u64().unwrap(), reached["written"][1].as_u64().unwrap())
}

#[test]
fn s_all13_switching_off_reaches_a_run_of_another_process_before_its_next_write() {
    for people in [30, 700] {
        let bench = Bench::live(people);
        let running = at_work(&bench, people);
        let off = bench.run(&["--json", "tenant", "off", &bench.tenant]);
        // From here on nothing is sent.
        let (writes, users) = (bench.writes(), bench.users().len());
        assert_eq!(off.code(), 0, "{off:?}");
        let (reached, pid) = (off.json()["reached"].clone(), running.pid());
        assert_eq!(written_of(&reached), (users as u64, u64::from(people)), "{reached}");
        assert_eq!(reached["ended"], true, "{reached}");
        assert!(reached["holder"].as_str().unwrap().contains(&format!("process {pid} on ")), "{reached}");
        let ended = running.ends();
        assert_eq!((ended.code(), ended.json()["run"]["outcome"].as_str()), (1, Some("cancelled")), "{ended:?}");
        assert!(ended.out.contains("switched off by rosa"), "{ended:?}");
        assert!((3..people as usize).contains(&users));
        // While it is off it can be looked at, and nothing else.
        bench.faults(vec![]);
        assert_eq!(bench.run(&["plan", &bench.tenant]).code(), 0);
        assert_eq!(bench.run(&["sync", &bench.tenant]).code(), 2);
        assert_eq!(bench.run(&["runs", "resume", &bench.tenant]).code(), 2);
        assert_eq!((bench.writes(), bench.users().len()), (writes, users), "nothing was sent after");
        assert_eq!(bench.run(&["tenant", "on", &bench.tenant]).code(), 0);
        bench.rest_once(people, users as u32);
    }
}

#[test]
fn s_all13_switching_off_reaches_a_run_that_only_reads_yet() {
    let bench = Bench::live(5);
    bench.faults(vec![at_source(FaultKind::Hang).times(1)]);
    let running = bench.start_sync(5);
    bench.wait_for_faults();
    let off = bench.run(&["tenant", "off", &bench.tenant]);
    assert!(off.out.contains("has stopped; it had written nothing."), "{off:?}");
    assert_eq!((running.ends().code(), bench.writes()), (1, 0));
    // A preview only reads: it goes on.
    bench.faults(vec![at_source(FaultKind::Slow).seconds(1).times(1)]);
    let running = bench.start(&["plan", &bench.tenant]);
    bench.wait_for_faults();
    assert_eq!(bench.run(&["tenant", "off", &bench.tenant]).code(), 0);
    assert_eq!(running.ends().code(), 0);
}

#[test]
fn s_all13_removing_stops_the_run_of_another_process_first() {
    let bench = Bench::live(30);
    let running = at_work(&bench, 30);
    let remove = ["--json", "tenant", "remove", &bench.tenant, "--confirm", &bench.tenant];
    let removed = bench.run(&remove);
    let (writes, users) = (bench.writes(), bench.users().len());
    assert_eq!(removed.code(), 0, "{removed:?}");
    let reached = removed.json()["reached"].clone();
    assert_eq!(written_of(&reached), (users as u64, 30), "{reached}");
    let ended = running.ends();
    assert_eq!(ended.code(), 1, "{ended:?}");
    assert_eq!(bench.run(&["--json", "tenant", "list"]).json()["tenants"], serde_json::json!([]));
    assert_eq!((bench.writes(), bench.users().len()), (writes, users), "nothing was sent after");
    // A preview is stopped too.
    let bench = Bench::added(5);
    bench.faults(vec![at_source(FaultKind::Hang).times(1)]);
    let running = bench.start(&["plan", &bench.tenant]);
    bench.wait_for_faults();
    let removed = bench.run(&["tenant", "remove", &bench.tenant, "--confirm", &bench.tenant]);
    assert_eq!((removed.code(), running.ends().code()), (0, 1), "{removed:?}");
}

#[test]
fn s_all13_a_run_is_paused_continued_and_stopped_from_another_process() {
    let bench = Bench::live(30);
    let running = at_work(&bench, 30);
    let paused = bench.run(&["runs", "pause", &bench.tenant]);
    assert!(paused.out.contains("is told to pause; it had written"), "{paused:?}");
    bench.wait("what is on its way has arrived", || bench.users().len() as u64 == bench.writes());
    let run = bench.newest_run();
    assert_eq!(run["outcome"], "paused", "{run}");
    let held_at = bench.users().len() as u64;
    let stopped = bench.run(&["--json", "runs", "stop", &bench.tenant]);
    prints("runs stop", [&stopped.json()], &["Reached"]);
    assert_eq!(written_of(&stopped.json()["reached"]), (held_at, 30), "it held: {stopped:?}");
    let ended = running.ends();
    assert_eq!((ended.code(), ended.json()["run"]["outcome"].as_str()), (1, Some("cancelled")), "{ended:?}");
    assert_eq!(bench.newest_run()["problem"]["code"], "stopped_by_operator");
    assert_eq!(bench.writes(), held_at);
    let none = bench.run(&["runs", "stop", &bench.tenant]);
    assert_eq!(none.code(), 2, "{none:?}");
    assert!(none.err.contains("no run of"), "{none:?}");
    bench.rest_once(30, u32::try_from(held_at).unwrap());

    let bench = Bench::live(40);
    let running = at_work(&bench, 40);
    let paused = bench.run(&["--json", "runs", "pause", &bench.tenant]);
    assert_eq!(paused.code(), 0);
    prints("runs pause", [&paused.json()], &["Reached"]);
    bench.wait("what is on its way has arrived", || bench.users().len() as u64 == bench.writes());
    bench.faults(vec![]);
    let gone_on = bench.run(&["--json", "runs", "continue", &bench.tenant]);
    assert_eq!(gone_on.code(), 0);
    prints("runs continue", [&gone_on.json()], &["Reached"]);
    assert_eq!((running.ends().code(), bench.users().len(), bench.mails()), (0, 40, 40));
}

#[test]
fn s_all13_a_process_that_was_killed_holds_nothing_and_everybody_says_so() {
    let bench = Bench::live(30);
    let running = at_work(&bench, 30);
    let tenant = || bench.run(&["--json", "tenant", "list"]).json()["tenants"][0].clone();
    assert_eq!(
        (bench.newest_run()["outcome"].as_str(), tenant()["last_run"]["outcome"].as_str()),
        (Some("running"), Some("running"))
    );
    let doctor = bench.run(&["doctor"]);
    assert!(doctor.out.contains(&format!("process {} on ", running.pid())), "{doctor:?}");
    running.kill();
    bench.wait("it is a zombie", || running.is_zombie());
    let run = bench.newest_run();
    assert_eq!(run["outcome"], "interrupted", "{run}");
    let of = |name: &str| run[name].as_u64().unwrap();
    assert!(of("written") >= 3, "what it did is told, though it could not say so: {run}");
    assert_eq!(of("written") + of("failed") + of("unknown") + of("set_aside") + of("pending"), 30, "{run}");
    let shown = bench.run(&["--json", "runs", "show", &run["id"].to_string()]);
    assert_eq!(shown.json()["run"]["outcome"], "interrupted", "{shown:?}");
    assert_eq!(tenant()["last_run"]["outcome"], "interrupted");
    let doctor = bench.run(&["doctor"]);
    assert!(doctor.out.contains("was interrupted") && !doctor.out.contains("at work"), "{doctor:?}");
    // A preview in between neither finishes nor hides it.
    bench.faults(vec![]);
    assert_eq!(bench.run(&["plan", &bench.tenant]).code(), 0);
    let listed = bench.run(&["--json", "runs", "list"]).json();
    let stands =
        |id: &Value| listed["runs"].as_array().unwrap().iter().find(|row| row["id"] == *id).unwrap()["outcome"].clone();
    assert_eq!(stands(&run["id"]), "interrupted");
    bench.everybody_once(30);
    running.ends();
}

#[test]
fn s_all13_a_process_that_slept_and_was_overtaken_writes_nothing_any_more() {
    let bench = Bench::live(30);
    let running = at_work(&bench, 30);
    // Its places are all taken, so it waits: what falls asleep between the last question and the wire nobody can hold back.
    bench.wait("it waits for answers", || bench.writes() - bench.users().len() as u64 == CONCURRENCY);
    bench.falls_asleep(&running);
    bench.age_leases(60);
    bench.everybody_once(30);
    let (writes, run) = (bench.writes(), bench.newest_run());
    running.signal(Signal::CONT);
    let ended = running.ends();
    assert_eq!(ended.code(), 7, "{ended:?}");
    assert!(ended.err.contains("has taken over") || ended.err.contains("lost the right to write"), "{ended:?}");
    assert_eq!((bench.writes(), bench.newest_run()), (writes, run), "not a word more");
    assert_eq!((bench.users().len(), bench.mails()), (30, 30));
}
