//! INT, TERM and HUP end every command with 130, 143 and 129, within a second, whatever it waits for.

use crate::common::schema::prints;
use crate::support::{Bench, Running, at_source, at_users, at_writes};
use onroll::cli::bench_people::{PeopleSpec, write_people};
use onroll::sandbox::{Fault, FaultKind};
use rustix::process::Signal;
use serde_json::Value;

const SIGNALS: [(Signal, i32); 3] = [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)];

#[test]
fn s_all13_a_signal_ends_a_run_that_reads_whatever_the_vendor_does() {
    let bench = Bench::live(5);
    let trouble: [fn() -> Fault; 4] = [
        || at_source(FaultKind::Hang).times(1),
        || at_source(FaultKind::TooManyRetryAfter).seconds(290).times(1),
        || at_source(FaultKind::Slow).seconds(25).times(1),
        || at_users(FaultKind::Hang).times(1),
    ];
    for (number, trouble) in trouble.into_iter().enumerate() {
        for command in ["plan", "sync"] {
            let (signal, code) = SIGNALS[number % SIGNALS.len()];
            bench.faults(vec![trouble()]);
            let running = bench.start(&["--json", command, &bench.tenant]);
            bench.wait_for_faults();
            let ended = bench.end_by(running, signal);
            assert_eq!(ended.code(), code, "{command}, trouble {number}: {ended:?}");
            let run = bench.newest_run();
            assert_eq!((run["outcome"].as_str(), run["ended"].is_null()), (Some("interrupted"), false), "{run}");
        }
    }
    assert_eq!(bench.writes(), 0);
    // Nothing is locked, and nothing of it is in the way.
    bench.everybody_once(5);
}

#[test]
fn s_all13_a_signal_ends_a_run_that_writes_and_what_is_on_its_way_is_settled_by_the_next() {
    for (signal, code) in SIGNALS {
        let bench = Bench::live(30);
        bench.faults(vec![at_writes(FaultKind::Hang).times(2), at_writes(FaultKind::Slow).seconds(25).times(1)]);
        let running = bench.start_sync(30);
        bench.wait_for_faults();
        bench.wait("others are written meanwhile", || bench.users().len() >= 10);
        let ended = bench.end_by(running, signal);
        assert_eq!(ended.code(), code, "{ended:?}");
        let (run, writes) = (bench.newest_run(), bench.writes());
        assert_eq!((run["outcome"].as_str(), run["ended"].is_null()), (Some("interrupted"), false), "{run}");
        assert!(run["written"].as_u64().unwrap() >= 10 && run["unknown"].as_u64().unwrap() >= 1, "{run}");
        let open = bench.lines(&run, &["sent", "unknown"]);
        assert_eq!(bench.users().len() + open + bench.lines(&run, &["pending"]), 30, "nobody is lost: {run}");
        assert_eq!(bench.writes(), writes, "nothing is sent after");
        bench.everybody_once(30);
    }
}

#[test]
fn s_all13_a_signal_does_not_wait_out_what_a_destination_asks_for() {
    let bench = Bench::live(12);
    bench.faults(vec![at_writes(FaultKind::TooManyRetryAfter).seconds(290).times(1)]);
    let running = bench.start_sync(12);
    bench.wait_for_faults();
    let ended = bench.end_by(running, Signal::TERM);
    assert_eq!(ended.code(), 143, "{ended:?}");
    assert_eq!(bench.newest_run()["outcome"], "interrupted");
    bench.everybody_once(12);
}

#[test]
fn s_all13_a_signal_ends_a_resumed_run_while_it_settles() {
    let bench = Bench::live(12);
    bench.faults(vec![at_writes(FaultKind::Hang).times(2)]);
    let running = bench.start_sync(12);
    bench.wait_for_faults();
    assert_eq!(bench.end_by(running, Signal::INT).code(), 130);
    bench.faults(vec![at_users(FaultKind::Hang).times(1)]);
    let running = bench.start(&["--json", "runs", "resume", &bench.tenant]);
    bench.wait_for_faults();
    let ended = bench.end_by(running, Signal::HUP);
    assert_eq!(ended.code(), 129, "{ended:?}");
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty());
    prints("runs resume", &lines, &[]);
    assert_eq!(bench.newest_run()["outcome"], "interrupted");
    bench.everybody_once(12);
}

#[test]
fn s_all13_a_signal_ends_commands_that_only_ask_the_vendors() {
    let bench = Bench::added(5);
    for command in [&["connection", "test", &bench.tenant][..], &["tenant", "on", &bench.tenant]] {
        for (signal, code) in SIGNALS {
            bench.faults(vec![Fault::new(FaultKind::Hang).at("planday").times(1)]);
            let running = bench.start(command);
            bench.wait_for_faults();
            let ended = bench.end_by(running, signal);
            assert_eq!(ended.code(), code, "{command:?}: {ended:?}");
        }
    }
    // In the middle of the test run of `tenant on` nothing is left behind that would be in the way.
    bench.faults(vec![at_users(FaultKind::Hang).times(1)]);
    let running = bench.start(&["tenant", "on", &bench.tenant]);
    bench.wait_for_faults();
    assert_eq!(bench.end_by(running, Signal::TERM).code(), 143);
    bench.faults(vec![]);
    assert_eq!(bench.run(&["tenant", "on", &bench.tenant]).code(), 0);
}

#[test]
fn s_all13_a_signal_ends_commands_that_compute_or_serve() {
    let bench = Bench::added(1);
    write_people(bench.home(), PeopleSpec { people: 30_000, seed: 11, sparse: true }).unwrap();
    let commands: [&[&str]; 4] = [
        &["match", "--source", "source.csv", "--destination", "destination.csv", "--out", "out"],
        &["match", "--within", "source.csv", "--out", "out"],
        &["sandbox", "--people", "20"],
        &["bench", "sync", "--people", "4000"],
    ];
    for (number, command) in commands.into_iter().enumerate() {
        let (signal, code) = SIGNALS[number % SIGNALS.len()];
        let running = bench.start(command);
        bench.wait("it listens to signals", || running.listens());
        let ended = bench.end_by(running, signal);
        assert_eq!(ended.code(), code, "{command:?}: {ended:?}");
    }
    assert!(!bench.home().join("out").join("links.csv").exists(), "it was in the middle");
}

#[test]
fn s_all13_a_second_int_ends_at_once() {
    let bench = Bench::live(8);
    bench.faults(vec![at_writes(FaultKind::Hang).times(1)]);
    let running = bench.start_sync(8);
    bench.wait_for_faults();
    running.signal(Signal::INT);
    bench.wait("it says that it ends", || running.has_noted("INT"));
    let ended = bench.end_by(running, Signal::INT);
    assert_eq!((ended.code(), ended.out.contains("finished")), (130, false), "{ended:?}");
    // It could not write down how it ended; everybody sees it all the same, and nothing is locked.
    assert_eq!(bench.newest_run()["outcome"], "interrupted");
    bench.everybody_once(8);
}

#[test]
fn s_all13_a_program_started_under_nohup_outlives_the_session() {
    let bench = Bench::live(5);
    bench.faults(vec![at_source(FaultKind::Slow).seconds(2).times(1)]);
    let mut nohup = std::process::Command::new("nohup");
    let onroll = bench.command(&["plan", &bench.tenant]);
    nohup.arg(onroll.get_program()).args(onroll.get_args()).env_clear().current_dir(bench.home());
    nohup.envs(onroll.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let running = Running::of(nohup);
    bench.wait_for_faults();
    running.signal(Signal::HUP);
    assert_eq!(running.ends().code(), 0);
}
