//! `kill -9` at moments that nobody chose, at a destination where a creation is a plain insert: each person once, one mail each.

use crate::support::Bench;
use serde_json::json;

/// Kills by seed in CI, beside those at chosen moments; `ONROLL_KILLS` asks for another number.
const KILLS: u32 = 20;
/// Kills of one workspace, and its people: fewer than go many at once.
const KILLS_OF_ONE: u32 = 20;
const PEOPLE: u32 = 45;

/// Kills one sync after the other as soon as so many requests have arrived; each next one finishes what it finds.
fn killed_at(people: u32, moments: &[u64]) {
    let bench = Bench::live(people);
    bench.sandbox().set_switches(&json!({"flow-learning": {"plain_insert": true}})).unwrap();
    for moment in moments {
        let running = bench.start_sync(people);
        bench.wait("some have arrived, or it is over", || bench.writes() >= *moment || running.is_zombie());
        running.kill();
        running.ends();
    }
    bench.everybody_once(people);
    let plan = bench.run(&["--json", "plan", &bench.tenant]);
    assert_eq!(plan.json()["operations"], json!([]), "{plan:?}");
}

#[test]
fn s_all10_killed_while_people_are_made_one_by_one() {
    killed_at(40, &[1, 6, 14, 15, 27, 39]);
}

#[test]
fn s_all10_killed_while_people_are_made_many_at_once() {
    killed_at(220, &[1, 2, 4, 7]);
}

/// `ONROLL_KILLS=500` is the long mode; a failure names its seed, and `ONROLL_KILL_SEED` begins there.
#[test]
#[expect(clippy::disallowed_methods, reason = "the long mode is asked for in the environment")]
fn s_all10_killed_at_any_request_by_seed() {
    let asked = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let (kills, mut seed) = (asked("ONROLL_KILLS").unwrap_or(KILLS), u64::from(asked("ONROLL_KILL_SEED").unwrap_or(1)));
    let mut done = 0;
    while done < kills {
        println!("ONROLL_KILL_SEED={seed}, after {done} kills");
        let of_one = KILLS_OF_ONE.min(kills - done);
        killed_by_seed(seed, of_one);
        done += of_one;
        seed += 1;
    }
}

/// Kills one sync after the other at a request that the seed names, be it one that reads or writes, or when it is over.
fn killed_by_seed(seed: u64, kills: u32) {
    let mut random = fastrand::Rng::with_seed(seed);
    let bench = Bench::live(PEOPLE);
    bench.sandbox().set_switches(&json!({"flow-learning": {"plain_insert": true}})).unwrap();
    for _ in 0..kills {
        let at = bench.requests() + random.u64(0..24);
        let running = bench.start_sync(PEOPLE);
        bench.wait("so many have arrived, or it is over", || bench.requests() >= at || running.is_zombie());
        running.kill();
        running.ends();
    }
    bench.everybody_once(PEOPLE);
    let plan = bench.run(&["--json", "plan", &bench.tenant]);
    assert_eq!(plan.json()["operations"], json!([]), "seed {seed}: {plan:?}");
}
