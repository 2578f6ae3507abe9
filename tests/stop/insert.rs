//! `kill -9` at moments that nobody chose, at a destination where a creation is a plain insert: each person once, one mail each.

use crate::support::Bench;
use serde_json::json;

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
