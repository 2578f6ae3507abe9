//! A fleet for days, on two processes that watch, one of which is replaced now and then: every slot of every tenant is run once.
//! CI has 24 tenants for a day; the long mode is `ONROLL_TENANTS=300 ONROLL_DAYS=7 cargo test --release --test schedule fleet`.

use crate::counted::{Bench, HandClock, at};
use jiff::SignedDuration;
use onroll::domain::ids::ConnectionId;
use onroll::domain::schedule::Schedule;
use std::collections::BTreeMap;

#[expect(clippy::disallowed_methods, reason = "the long mode of a test is asked for by the environment")]
fn asked(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_runs_every_slot_of_every_tenant_once_whoever_watches() {
    const ZONES: [&str; 4] = ["Europe/London", "Asia/Tokyo", "America/New_York", "Europe/Berlin"];
    const SCHEDULES: [&str; 6] =
        ["daily 02:00", "every 60 min", "daily 14:30", "cron 0 6 * * 1-5", "every 240 min", "daily 02:00"];
    let (tenants, days) = (asked("ONROLL_TENANTS", 24), asked("ONROLL_DAYS", 1));
    let begin = at("2026-11-23T00:00:30Z");
    let clock = HandClock::new(begin);
    let bench = Bench::new(clock.clone());
    let mut fleet: BTreeMap<ConnectionId, (Schedule, &str)> = BTreeMap::new();
    for number in 0..tenants {
        let (zone, schedule) = (ZONES[number % ZONES.len()], SCHEDULES[number % SCHEDULES.len()]);
        let id = bench.tenant(&format!("t-{number}"), zone, schedule).await;
        // As it is where nobody has said otherwise: tenants at one round time are spread.
        bench.settings(id, |settings| settings.jitter_minutes = None).await;
        fleet.insert(id, (schedule.parse().unwrap(), zone));
    }
    let (mut one, mut two) = (bench.watch(1), bench.watch(2));
    let mut started: Vec<(ConnectionId, jiff::Timestamp)> = Vec::new();
    let minutes = i64::try_from(days * 24 * 60).unwrap();
    // Nobody looks every minute: what is due waits for the next look.
    for minute in (0..=minutes).step_by(3) {
        clock.set(begin + SignedDuration::from_mins(minute));
        for watch in [&mut one, &mut two] {
            watch.look().await;
            watch.events();
            let begun = std::mem::take(&mut *watch.counter.started.lock().unwrap());
            started.extend(begun.into_iter().map(|(id, at, _)| (id, at)));
        }
        // A process dies, another one takes its place.
        if minute % 96 == 93 {
            let pid = u32::try_from(minute).unwrap() + 10;
            bench.die(one.engine.process.pid);
            one = std::mem::replace(&mut two, bench.watch(pid));
        }
    }
    let end = begin + SignedDuration::from_mins(minutes);
    let mut runs = 0;
    for (id, (schedule, zone)) in &fleet {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        // Half an hour before the end all have begun, however late their turn.
        let mut slots = Vec::new();
        let mut last = begin;
        while let Some(slot) = schedule.next_after(&zone, last).filter(|slot| slot.at <= end) {
            slots.push(slot.at);
            last = slot.at;
        }
        let own: Vec<_> = started.iter().filter(|(tenant, _)| tenant == id).map(|(_, at)| *at).collect();
        for (number, slot) in slots.iter().enumerate() {
            let next = slots.get(number + 1).copied().unwrap_or(end + SignedDuration::from_secs(1));
            let count = own.iter().filter(|at| (*slot..next).contains(*at)).count();
            let is_young = end.duration_since(*slot) < SignedDuration::from_mins(30);
            assert!(count == 1 || is_young && count == 0, "{id:?} {slot}: {count} runs of {own:?}");
            runs += count;
        }
    }
    assert_eq!(runs, started.len(), "nothing was run beside the slots");
    println!("{tenants} tenants, {days} days: {runs} runs, each slot once");
}
