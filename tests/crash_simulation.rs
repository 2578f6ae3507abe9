//! Crashes, from seeds: a process with the real engine and the real store on a disk that forgets what was not synced, against
//! destinations in memory, on a clock that only moves when nothing else can. See `docs/reliability.md`.
//!
//! - `ONROLL_CRASHES=N` runs N schedules instead of the usual number.
//! - `ONROLL_CRASH_SEED=S` runs that one, and tells all that happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "the time that it takes is measured, and the number is asked of the environment")]

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

use schedule::Options;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Schedules in CI.
const USUAL: u64 = 300;
const THREADS: u64 = 2;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Runs seeds on both cores; the seeds that fail, with why.
fn run_all(seeds: std::ops::Range<u64>, options: Options) -> Vec<(u64, String)> {
    let (next, failed) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let (deaths, cuts, requests, rulings) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
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
    let failed = run_all(0..count, Options::default());
    assert!(failed.is_empty(), "{} of {count} seeds fail, the first ones: {:?}", failed.len(), &failed[..failed.len().min(5)]);
}
