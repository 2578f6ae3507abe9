//! Crashes, from seeds: a process with the real engine and the real store on a disk that forgets what was not synced, against
//! destinations in memory, on a clock that only moves when nothing else can. See `docs/reliability.md`.
//!
//! - `ONROLL_CRASHES=N` runs N schedules instead of the usual number, from `ONROLL_CRASH_FROM` on.
//! - `ONROLL_CRASH_SEED=S` runs that one, and tells all that happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, reason = "failing seeds and what a seed does are told")]
#![allow(
    clippy::disallowed_methods,
    reason = "the time that it takes is measured, and the number is asked of the environment"
)]

#[path = "crash_simulation/approved.rs"]
mod approved;
#[path = "crash_simulation/client.rs"]
mod client;
#[path = "crash_simulation/desk.rs"]
mod desk;
#[path = "crash_simulation/disk.rs"]
mod disk;
#[path = "crash_simulation/oracle.rs"]
mod oracle;
#[path = "crash_simulation/planted.rs"]
mod planted;
#[path = "crash_simulation/schedule.rs"]
mod schedule;
#[path = "crash_simulation/world.rs"]
mod world;

use planted::Planted;
use schedule::Options;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use world::Kind;

/// Schedules in CI.
const USUAL: u64 = 1200;
/// Schedules that are played with connections of each program's own and without, in CI.
const BOTH_WAYS: u64 = 200;
/// Worlds in which an approved plan is carried out, in CI.
const USUAL_PLANS: u64 = 200;
const THREADS: u64 = 2;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Runs seeds on both cores; the seeds that fail, with why.
fn run_all(seeds: std::ops::Range<u64>, options: Options) -> Vec<(u64, String)> {
    let (next, failed) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let (deaths, cuts, requests, rulings) =
        (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    match schedule::run(seed, options) {
                        Ok(outcome) => {
                            deaths.fetch_add(u64::from(outcome.deaths), Ordering::Relaxed);
                            cuts.fetch_add(u64::from(outcome.power_cuts), Ordering::Relaxed);
                            requests.fetch_add(outcome.requests, Ordering::Relaxed);
                            rulings.fetch_add(u64::from(outcome.rulings), Ordering::Relaxed);
                        }
                        Err(why) => {
                            println!("ONROLL_CRASH_SEED={seed} fails: {why}");
                            failed.lock().unwrap().push((seed, why));
                        }
                    }
                }
            });
        }
    });
    println!(
        "{} schedules in {:?}: {deaths:?} deaths, {cuts:?} of them with the power cut, {requests:?} requests, {rulings:?} rulings",
        seeds.end - seeds.start,
        begun.elapsed(),
    );
    failed.into_inner().unwrap()
}

#[test]
fn s_all10_no_crash_makes_anybody_twice_or_loses_anybody() {
    if let Some(seed) = number("ONROLL_CRASH_SEED") {
        let played = schedule::run(seed, Options { talks: true, ..Options::default() });
        assert_eq!(played.err(), None, "seed {seed}");
        return;
    }
    let count = number("ONROLL_CRASHES").unwrap_or(USUAL);
    let from = number("ONROLL_CRASH_FROM").unwrap_or(0);
    let failed = run_all(from..from + count, Options::default());
    assert!(
        failed.is_empty(),
        "{} of {count} seeds fail, the first ones: {:?}",
        failed.len(),
        &failed[..failed.len().min(5)]
    );
}

/// The same schedules with a fault in them: one of the first seeds finds it, and the same seeds find nothing without it.
fn is_caught(planted: Planted, seeds: std::ops::Range<u64>) {
    let faulty = Options { planted: Some(planted), kind: Some(Kind::Insert), ..Options::default() };
    let sound = Options { planted: None, ..faulty };
    for seed in seeds.clone() {
        if let Err(why) = schedule::run(seed, faulty) {
            println!("{planted:?} is caught by seed {seed}: {why}");
            assert_eq!(schedule::run(seed, sound).err(), None, "seed {seed} without the fault");
            return;
        }
    }
    panic!("{planted:?} is not caught by the schedules {seeds:?}");
}

/// Rarely seen: the answer has to be missing because of the death, and the user has to show only later.
#[test]
fn a_journal_that_comes_after_the_send_is_caught() {
    is_caught(Planted::JournalAfterTheSend, 0..3000);
}

#[test]
fn syncs_that_do_nothing_are_caught() {
    is_caught(Planted::NoFsync, 0..100);
}

#[test]
fn a_blind_resend_is_caught() {
    is_caught(Planted::BlindResend, 0..100);
}

#[test]
fn settling_by_identifier_only_is_caught() {
    is_caught(Planted::SettleByIdentifierOnly, 40..240);
}

#[test]
fn a_seed_does_the_same_every_time() {
    for seed in 0..40 {
        let digests: Vec<u64> =
            (0..2).filter_map(|_| Some(schedule::run(seed, Options::default()).ok()?.digest)).collect();
        assert!(digests.len() == 2 && digests[0] == digests[1], "seed {seed}: {digests:?}");
    }
}

/// What the connections that outlive programs keep (the schema and prepared statements) changes nothing of what happens.
#[test]
fn a_seed_does_the_same_whether_programs_open_the_file_anew_or_not() {
    for seed in 0..number("ONROLL_CRASHES_BOTH_WAYS").unwrap_or(BOTH_WAYS) {
        let [anew, kept] = [true, false].map(|anew| {
            let played = schedule::run(seed, Options { anew: Some(anew), ..Options::default() });
            played.map(|outcome| (outcome.digest, outcome.requests, outcome.deaths))
        });
        assert_eq!(anew, kept, "seed {seed}");
    }
}

/// `ONROLL_PLANS=10000` plays so many worlds; `ONROLL_PLAN_SEED` one of them.
#[test]
fn s_all13_what_was_approved_less_what_moved_is_carried_out_and_nothing_else() {
    let seeds = match number("ONROLL_PLAN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ONROLL_PLANS").unwrap_or(USUAL_PLANS),
    };
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    if let Err(why) = approved::case(seed) {
                        println!("ONROLL_PLAN_SEED={seed} fails: {why}");
                        failed.lock().unwrap().push((seed, why));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {seeds:?} fail: {:?}", failed.len(), failed.first());
}
