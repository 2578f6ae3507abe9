//! A gate that another process opens: `onroll sync --gate key` where nobody sits before it.

use crate::common::schema::prints;
use crate::support::{Bench, Running};
use rustix::process::Signal;
use serde_json::Value;

const PEOPLE: u32 = 7;

/// A sync in three waves (one person, five, the rest), at the gate of the second.
fn at_gate(bench: &Bench, json: bool) -> Running {
    let confirm = format!("{}:{PEOPLE}", bench.tenant);
    let mut arguments =
        vec!["sync", &bench.tenant, "--waves", "one,five", "--gate", "key", "--confirm", confirm.as_str()];
    if json {
        arguments.insert(0, "--json");
    }
    let running = bench.start(&arguments);
    stands_at(bench, &running, 2);
    assert_eq!(bench.users().len(), 1, "only the first wave");
    running
}

/// The gate says how it is opened.
fn stands_at(bench: &Bench, running: &Running, wave: u32) {
    let command = format!("onroll runs next {} --wave {wave}", bench.tenant);
    bench.wait("it stands at the gate and says what opens it", || running.has_noted(&command));
}

#[test]
fn s_a_gate_off_a_terminal_is_opened_by_another_process() {
    let bench = Bench::live(PEOPLE);
    let running = at_gate(&bench, false);
    let next = bench.run(&["runs", "next", &bench.tenant, "--wave", "2"]);
    assert_eq!(next.code(), 0, "{next:?}");
    stands_at(&bench, &running, 3);
    assert_eq!(bench.users().len(), 6);
    assert_eq!(bench.run(&["runs", "next", &bench.tenant]).code(), 0);
    let ended = running.ends();
    assert_eq!((ended.code(), bench.users().len(), bench.mails()), (0, 7, 7), "{ended:?}");
}

#[test]
fn s_a_gate_that_waits_says_as_json_what_opens_it_and_a_signal_leaves_the_rest_unsent() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let bench = Bench::live(PEOPLE);
        let running = at_gate(&bench, true);
        let ended = bench.end_by(running, signal);
        assert_eq!((ended.code(), bench.users().len()), (code, 1), "{ended:?}");
        let events: Vec<Value> = ended.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        prints("sync", &events, &["WaveEvent"]);
        let gate = events.iter().find(|event| event["waits"] == true).unwrap();
        assert_eq!(gate["opens_after_s"], Value::Null, "no time opens it");
        assert_eq!(gate["opened_by"], format!("onroll runs next {} --wave 2", bench.tenant));
        let run = bench.newest_run();
        assert_eq!((run["outcome"].as_str(), run["written"].as_u64()), (Some("interrupted"), Some(1)), "{run}");
        assert_eq!(bench.lines(&run, &["pending"]), 6);
        // Nobody is there any more whom it could let go.
        let next = bench.run(&["runs", "next", &bench.tenant]);
        assert_ne!(next.code(), 0, "{next:?}");
        assert_eq!(bench.users().len(), 1);
    }
}
