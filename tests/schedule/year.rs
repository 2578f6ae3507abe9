//! A year of schedules with jobs that are only counted.

use crate::counted::{Bench, HandClock, Watch, at};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use onroll::domain::schedule::Missed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ZONES: [&str; 3] = ["Europe/London", "America/New_York", "Australia/Lord_Howe"];

#[tokio::test(flavor = "multi_thread")]
async fn s_pl03_a_year_at_two_in_three_zones_runs_once_each_day() {
    let begin = at("2027-01-01T00:00Z");
    let clock = HandClock::new(begin);
    let bench = Bench::new(clock.clone());
    let mut zones = BTreeMap::new();
    for zone in ZONES {
        let short = zone.rsplit('/').next().unwrap().to_lowercase().replace('_', "-");
        for schedule in ["daily 02:00", "daily 02:15", "daily 01:30"] {
            let name = format!("{short}-{}", schedule.replace([' ', ':'], "-"));
            zones.insert(bench.tenant(&name, zone, schedule).await, zone);
        }
    }
    // Two processes that look at different moments, and one that is started anew every month.
    let mut watches = [bench.watch(1), bench.watch(2)];
    let mut counters: Vec<_> = watches.iter().map(|watch| Arc::clone(&watch.counter)).collect();
    let (mut now, mut turn, end) = (begin, 0_usize, at("2028-01-01T00:00Z"));
    let mut days: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut runs = 0;
    while now < end {
        clock.set(now);
        let other = (turn + 1) % 2;
        let look = watches[turn % 2].scheduler.look().await.unwrap();
        watches[turn % 2].scheduler.idle().await;
        runs += look.started;
        if turn % 5 == 0 {
            assert_eq!(watches[other].look().await, 0, "the other one has just looked");
        }
        turn += 1;
        if turn % 90 == 0 {
            watches[1] = bench.watch(3 + u32::try_from(turn).unwrap());
            counters.push(Arc::clone(&watches[1].counter));
        }
        for watch in &mut watches {
            watch.events();
        }
        let (next, _) = look.next.expect("there is always a next run");
        assert!(next > now);
        // Sometimes something else wakes it before.
        let half = SignedDuration::from_secs(next.duration_since(now).as_secs() / 2);
        now = if turn % 3 == 0 && half.as_secs() > 0 { now.checked_add(half).unwrap() } else { next };
    }
    for counter in &counters {
        for (connection, at, _) in counter.started.lock().unwrap().iter() {
            let day = local(*at, zones[connection]);
            assert!(days.entry(*connection).or_default().insert(day), "{connection:?} ran twice on {day}");
        }
    }
    assert_eq!(runs, 9 * 365);
    assert!(days.values().all(|days| days.len() == 365), "each day has its run");
}

fn local(at: Timestamp, zone: &str) -> jiff::civil::Date {
    at.to_zoned(TimeZone::get(zone).unwrap()).date()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_across_each_clock_change_has_every_interval_once() {
    for (begin, days, hours) in [("2027-03-25T00:00Z", 7, 168), ("2027-10-28T00:00Z", 7, 168)] {
        let clock = HandClock::new(at(begin));
        let bench = Bench::new(clock.clone());
        bench.tenant("each-hour", "Europe/London", "every 60 min").await;
        let mut watch = bench.watch(1);
        let end = at(begin).checked_add(SignedDuration::from_hours(days * 24)).unwrap();
        let mut now = at(begin);
        while now <= end {
            clock.set(now);
            watch.look().await;
            watch.events();
            now = now.checked_add(SignedDuration::from_mins(7)).unwrap();
        }
        let started = watch.counter.started.lock().unwrap().clone();
        assert_eq!(started.len(), hours, "elapsed time has no gap and no fold");
        let distinct: BTreeSet<_> = started.iter().map(|(_, at, _)| at.as_second() / 3600).collect();
        assert_eq!(distinct.len(), hours);
    }
}

#[tokio::test(start_paused = true)]
async fn the_loop_itself_runs_two_days_in_paused_time() {
    let begin = at("2027-03-27T12:00Z");
    let bench = Bench::new(crate::counted::RuntimeClock::from(begin));
    bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let watch = bench.watch(1);
    let counter = Arc::clone(&watch.counter);
    let mut news = watch.news;
    let clock = Arc::clone(&bench.clock);
    let stop = async move {
        let end = at("2027-03-29T12:00Z");
        while clock.now() < end {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        }
    };
    let told = async { while news.recv().await.is_some() {} };
    tokio::join!(watch.scheduler.run(stop), told);
    let started = counter.started.lock().unwrap().clone();
    let minutes: Vec<String> = started.iter().map(|(_, at, _)| at.strftime("%Y-%m-%d %H:%M").to_string()).collect();
    assert_eq!(minutes, ["2027-03-28 01:00", "2027-03-29 01:00"], "at the jump, and at 02:00 in summer time");
    assert!(bench.store.schedule_desk().await.unwrap().watchers.is_empty(), "nobody watches any more");
}

#[tokio::test]
async fn a_timer_that_looks_once_at_the_very_moment_runs_every_day_whatever_the_spread() {
    let clock = HandClock::new(at("2026-11-20T12:00Z"));
    let bench = Bench::new(clock.clone());
    for missed in Missed::ALL {
        let id = bench.tenant(&format!("pine-{}", missed.key()), "UTC", "daily 02:00").await;
        bench.settings(id, |settings| (settings.jitter_minutes, settings.missed) = (None, missed)).await;
    }
    for day in 21..25 {
        clock.set(at(&format!("2026-11-{day}T02:00:01Z")));
        let Watch { engine, scheduler, mut news, counter, .. } = bench.watch(day);
        let spread = engine.schedules().await.unwrap().standings;
        assert!(spread.iter().all(|one| !one.is_owed(engine.clock.now())), "a loop would wait for them");
        let told = async { while news.recv().await.is_some() {} };
        let (look, ()) = tokio::join!(scheduler.once(std::future::pending()), told);
        assert_eq!((look.unwrap().started, counter.started.lock().unwrap().len()), (2, 2), "on day {day}");
    }
}

#[tokio::test]
async fn whoever_looks_once_calls_late_what_a_loop_would_call_late() {
    let clock = HandClock::new(at("2026-11-20T12:00Z"));
    let bench = Bench::new(clock.clone());
    for number in 0..12 {
        let id = bench.tenant(&format!("pine-{number}"), "UTC", "daily 02:00").await;
        bench.settings(id, |one| (one.jitter_minutes, one.missed) = (Some(9), Missed::Skip)).await;
    }
    let now = at("2026-11-21T02:08Z");
    clock.set(now);
    let Watch { engine, scheduler, mut news, counter, .. } = bench.watch(1);
    let late = now - SignedDuration::from_mins(5);
    let all = engine.schedules().await.unwrap().standings;
    let wanted: BTreeSet<_> = all.iter().filter(|one| one.due.unwrap() >= late).map(|one| one.connection.id).collect();
    assert!((1..12).contains(&wanted.len()));
    let told = async { while news.recv().await.is_some() {} };
    let (look, ()) = tokio::join!(scheduler.once(std::future::pending()), told);
    look.unwrap();
    let started: BTreeSet<_> = counter.started.lock().unwrap().iter().map(|(id, ..)| *id).collect();
    assert_eq!(started, wanted);
}
