//! INT, TERM and HUP end every command with 130, 143 and 129, within a second, whatever it waits for.

use crate::support::{Bench, at_source, at_users, at_writes};
use onroll::sandbox::{Fault, FaultKind};
use rustix::process::Signal;

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
        assert_eq!(ended.json()["run"]["outcome"], "interrupted", "{ended:?}");
        let (run, writes) = (bench.newest_run(), bench.writes());
        assert_eq!(run["outcome"], "interrupted", "{run}");
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
