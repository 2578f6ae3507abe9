//! Several programs at work on one workspace: a watch, a console, headless syncs one after the other, changes and questions beside them.
//! None is ever told that the database is locked, and whatever somebody was told is kept is there. The usual test is a few rounds; for
//! minutes: `ONROLL_CROWD_SECONDS=180 cargo test --release --test stop crowd -- --nocapture`.

use crate::support::{Bench, Ended};
use crate::terminal::Terminal;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PEOPLE: u32 = 12;
const TITLES: [&str; 3] = ["Waiter", "Sous Chef", "Bartender"];

#[expect(clippy::disallowed_methods, reason = "the long mode of a test is asked for by the environment")]
fn asked_seconds() -> Option<u64> {
    std::env::var("ONROLL_CROWD_SECONDS").ok().and_then(|text| text.parse().ok())
}

/// Until when it goes on: so many rounds, or as long as was asked for.
struct Until(Option<Instant>);

impl Until {
    #[expect(clippy::disallowed_methods, reason = "the long mode is measured in real time")]
    fn is_over(&self, rounds: usize) -> bool {
        self.0.map_or(rounds >= 3, |end| Instant::now() >= end)
    }
}

#[track_caller]
fn unlocked(what: &str, ended: &Ended) {
    for text in [&ended.out, &ended.err] {
        assert!(!text.contains("database is locked") && !text.contains("SQLITE_BUSY"), "{what}: {ended:?}");
    }
}

/// A change of the source and a sync of it, over and over; answers how many runs there were by exit code.
fn syncs(bench: &Bench, until: &Until) -> BTreeMap<i32, usize> {
    let mut ended = BTreeMap::new();
    let mut rounds = 0;
    while !until.is_over(rounds) {
        let title = TITLES[(rounds + 1) % TITLES.len()];
        bench.sandbox().edit(|world| {
            let people = &mut world.company_mut("planday").unwrap().people;
            let at = rounds % people.len();
            people[at].job_title = title.into();
        });
        let sync = bench.run(&["--json", "sync", &bench.tenant]);
        unlocked("sync", &sync);
        assert!([0, 7].contains(&sync.code()), "{sync:?}");
        *ended.entry(sync.code()).or_default() += 1;
        rounds += 1;
    }
    ended
}

/// Settings that are kept, one after the other; answers how many were.
fn changes(bench: &Bench, over: &AtomicBool) -> usize {
    let mut kept = 0;
    while !over.load(Ordering::Relaxed) {
        let set = format!("settings.create_days_before_start={}", 1 + kept % 20);
        let ended = bench.run(&["--json", "tenant", "set", &bench.tenant, &set]);
        unlocked("tenant set", &ended);
        assert_eq!(ended.code(), 0, "{ended:?}");
        kept += 1;
    }
    kept
}

fn questions(bench: &Bench, over: &AtomicBool) -> usize {
    let mut asked = 0;
    while !over.load(Ordering::Relaxed) {
        for words in [&["runs", "list"][..], &["logs", "--limit", "50"], &["holds"], &["digest"], &["troubles"]] {
            let ended = bench.run(&[&["--json"], words].concat());
            unlocked("a question", &ended);
            assert_eq!(ended.code(), 0, "{words:?}: {ended:?}");
            asked += 1;
        }
    }
    asked
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the long mode is measured in real time")]
fn a_crowd_of_programs_on_one_workspace_loses_nothing_and_locks_nobody_out() {
    let bench = Bench::live(PEOPLE);
    bench.everybody_once(PEOPLE);
    let before = bench.run(&["--json", "runs", "list"]).json()["runs"].as_array().unwrap().len();
    let watch = bench.start(&["--json", "watch"]);
    let mut console = Terminal::start(&bench, &[]);
    console.see(&bench.tenant_name());
    let until = Until(asked_seconds().map(|seconds| Instant::now() + Duration::from_secs(seconds)));
    let over = AtomicBool::new(false);
    let (ran, kept, asked) = std::thread::scope(|scope| {
        let changes = scope.spawn(|| changes(&bench, &over));
        let questions = scope.spawn(|| questions(&bench, &over));
        let ran = syncs(&bench, &until);
        over.store(true, Ordering::Relaxed);
        (ran, changes.join().unwrap(), questions.join().unwrap())
    });
    // The console has lived through it.
    console.press("?");
    console.see("Esc");
    assert_eq!(console.end_by(Signal::TERM), 143);
    let watched = bench.end_by(watch, Signal::TERM);
    unlocked("watch", &watched);
    let synced = ran.get(&0).copied().unwrap_or_default();
    let runs = bench.run(&["--json", "runs", "list", "--limit", "100000"]).json()["runs"].as_array().unwrap().len();
    assert_eq!(runs, before + synced, "each run is kept once");
    let audit = bench.run(&["--json", "audit", "--limit", "1000000"]).out;
    let set = audit.lines().filter(|line| line.contains("set settings.create_days_before_start"));
    assert_eq!(set.count(), kept, "each change that was said to be kept");
    assert_eq!(bench.run(&["audit", "--check"]).code(), 0, "and the chain is whole");
    // The last titles are those of the destination, and the log counts one line for each that was written.
    let state = bench.sandbox().world().to_json();
    let titles = |people: &Value| -> BTreeMap<String, Value> {
        let all = people.as_array().unwrap().iter();
        all.map(|one| (one["last_name"].to_string() + &one["first_name"].to_string(), one["job_title"].clone()))
            .collect()
    };
    bench.rest_once(PEOPLE, PEOPLE);
    let after = bench.sandbox().world().to_json();
    assert_eq!(titles(&after["flow-learning"]["users"]), titles(&state["planday"]["employees"]));
    let said = format!("{synced} syncs, {kept} changes, {asked} questions beside a watch and a console: {ran:?}\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}
