//! Slots in several processes, across crashes, changes and clocks that jump.

use crate::counted::{Bench, HandClock, Jobs, Watch, at};
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::run::{Job, RunPurpose, Trigger};
use onroll::domain::schedule::Missed;
use onroll::engine::schedule::Waits;
use onroll::engine::schedule::watch::What;
use onroll::store::{Holder, NewRun, SlotEnd, SlotState, Taken, Taking};
use std::sync::Arc;

fn bench(now: &str) -> (Bench, Arc<HandClock>) {
    let clock = HandClock::new(at(now));
    (Bench::new(clock.clone()), clock)
}

async fn looks_at(watch: &mut Watch, clock: &HandClock, now: &str) -> usize {
    clock.set(at(now));
    watch.look().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_on_one_workspace_one_runs_each_slot() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    for number in 0..5 {
        bench.tenant(&format!("t{number}"), "Europe/London", "every 15 min").await;
    }
    let (mut one, mut other) = (bench.watch(1), bench.watch(2));
    for quarter in 1..=40_i64 {
        clock.set(at("2026-11-22T00:00Z").checked_add(jiff::SignedDuration::from_mins(15 * quarter)).unwrap());
        let (first, second) = tokio::join!(one.scheduler.look(), other.scheduler.look());
        tokio::join!(one.scheduler.idle(), other.scheduler.idle());
        assert_eq!(first.unwrap().started + second.unwrap().started, 5, "quarter {quarter}");
        drop((one.events(), other.events()));
    }
    let desk = bench.store.schedule_desk().await.unwrap();
    assert_eq!(desk.watchers.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_between_taking_and_running_is_made_up_for_once() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let (mut first, mut second, mut third) = (bench.watch(1), bench.watch(2), bench.watch(3));
    first.jobs(Jobs::Hang);
    second.jobs(Jobs::Hang);
    assert_eq!(looks_at(&mut first, &clock, "2026-11-22T02:00:05Z").await, 1);
    assert_eq!(looks_at(&mut second, &clock, "2026-11-22T02:00:30Z").await, 0, "the first one is about to begin it");
    bench.die(1);
    assert_eq!(looks_at(&mut second, &clock, "2026-11-22T02:01:00Z").await, 1, "it has died");
    let slot = bench.store.schedule_desk().await.unwrap().of(id).last.unwrap();
    assert_eq!((slot.state, slot.by.pid), (SlotState::Taken, 2));
    bench.die(2);
    assert_eq!(
        looks_at(&mut third, &clock, "2026-11-22T02:02:00Z").await,
        0,
        "whoever dies of it is not followed by all"
    );
    assert_eq!(looks_at(&mut third, &clock, "2026-11-23T02:00:00Z").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_died_with_its_process_is_followed_once() {
    for is_noted in [true, false] {
        let (bench, clock) = bench("2026-11-22T00:00Z");
        let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
        let (mut first, mut second, mut third) = (bench.watch(1), bench.watch(2), bench.watch(3));
        first.jobs(Jobs::Hang);
        second.jobs(Jobs::Hang);
        assert_eq!(looks_at(&mut first, &clock, "2026-11-22T02:00:05Z").await, 1);
        let job = Job { trigger: Trigger::Schedule, ..Job::default() };
        let new = NewRun { job, ..NewRun::by_hand(RunPurpose::Sync, "schedule") };
        let run = bench.store.start_run(id, new).await.unwrap();
        if is_noted {
            bench.store.mark_slot(id, at("2026-11-22T02:00Z"), SlotEnd::Begun(run)).await.unwrap();
        }
        assert_eq!(looks_at(&mut second, &clock, "2026-11-22T02:00:30Z").await, 0, "it is at work");
        bench.die(1);
        let mut looks = 0;
        for second_of in 31..36 {
            looks += looks_at(&mut second, &clock, &format!("2026-11-22T02:00:{second_of}Z")).await;
        }
        assert_eq!(looks, 1, "noted: {is_noted}; what it left is finished by the run that follows");
        bench.die(2);
        assert_eq!(looks_at(&mut third, &clock, "2026-11-22T02:02:00Z").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_job_waits_for_its_place_is_not_started_again() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    bench.tenant("hv", "Europe/London", "every 1 min").await;
    let mut watch = bench.watch(1);
    watch.jobs(Jobs::Hang);
    for minute in 1..9 {
        looks_at(&mut watch, &clock, &format!("2026-11-22T00:0{minute}:00Z")).await;
    }
    assert_eq!(watch.started(), 1);
    assert_eq!(watch.events().len(), 1, "nothing is refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_elsewhere_that_falls_silent_is_made_up_for() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let (mut first, mut second) = (bench.watch(1), bench.watch(2));
    first.jobs(Jobs::Hang);
    assert_eq!(looks_at(&mut first, &clock, "2026-11-22T02:00:00Z").await, 1);
    assert_eq!(looks_at(&mut second, &clock, "2026-11-22T02:01:00Z").await, 0, "its sign of life is fresh");
    assert_eq!(looks_at(&mut second, &clock, "2026-11-22T02:01:35Z").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_somebody_works_on_gets_its_turn_afterwards() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let mut watch = bench.watch(1);
    watch.jobs(Jobs::Locked);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 0);
    let slot = bench.store.schedule_desk().await.unwrap().of(id).last.unwrap();
    assert_eq!((slot.state, slot.is_open), (SlotState::GivenBack, true));
    watch.jobs(Jobs::End);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:20:00Z").await, 1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:40:00Z").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_holds_a_slot_up_and_does_not_make_it_missed() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
    bench.settings(id, |settings| settings.missed = Missed::Skip).await;
    let mut watch = bench.watch(1);
    clock.set(at("2026-11-22T01:59:50Z"));
    let holder = Holder { pid: 9, host: "desk".into(), start: "9".into(), what: "sync by rosa".into() };
    let lease = bench.store.acquire_lease(id, holder).await.unwrap();
    for minute in 0..10 {
        clock.set(at(&format!("2026-11-22T02:0{minute}:00Z")));
        bench.store.renew_lease(lease).await.unwrap();
        assert_eq!(watch.look().await, 0);
    }
    let waits = watch.events();
    assert_eq!(waits.len(), 1, "said once: {waits:?}");
    assert!(matches!(&waits[0].what, What::Waits(Waits::AtWork(who)) if who.contains("sync by rosa")), "{waits:?}");
    bench.store.release_lease(lease).await.unwrap();
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:10:00Z").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all06_a_tenant_that_is_not_live_runs_nothing_and_owes_nothing() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let off = bench.tenant("off", "Europe/London", "every 15 min").await;
    let preview = bench.preview("preview", "Europe/London", "every 15 min").await;
    let mut watch = bench.watch(1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T00:15:00Z").await, 1);
    for status in [ConnectionStatus::Off, ConnectionStatus::Paused] {
        bench.store.set_status(off, status, "rosa").await.unwrap();
        clock.set(clock_after(&clock, 3));
        assert_eq!(watch.look().await, 0, "{status:?}");
    }
    for id in [off, preview] {
        bench.store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    }
    assert_eq!(watch.look().await, 0, "what came meanwhile is not owed");
    clock.set(clock_after(&clock, 1));
    assert_eq!(watch.look().await, 2);
    // Switched off between the look and the taking.
    let next = Taking {
        connection: off,
        slot: at("2026-11-22T12:00Z"),
        schedule: "every 15 min".into(),
        time_zone: "Europe/London".into(),
        holder: Holder { pid: 1, host: "desk".into(), start: "1".into(), what: "watch".into() },
    };
    bench.store.set_status(off, ConnectionStatus::Off, "rosa").await.unwrap();
    assert_eq!(bench.store.take_slot(next).await.unwrap(), Taken::NotLive);
}

fn clock_after(clock: &HandClock, hours: i64) -> jiff::Timestamp {
    use onroll::ports::clock::Clock;
    clock.now().checked_add(jiff::SignedDuration::from_hours(hours)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_changed_while_it_waits_is_the_one_that_counts() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let mut watch = bench.watch(1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T01:50:00Z").await, 0);
    bench.settings(id, |settings| settings.schedule = "daily 05:00".parse().unwrap()).await;
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 0);
    let old = Taking {
        connection: id,
        slot: at("2026-11-22T02:00Z"),
        schedule: "daily 02:00".into(),
        time_zone: "Europe/London".into(),
        holder: Holder { pid: 1, host: "desk".into(), start: "1".into(), what: "watch".into() },
    };
    assert_eq!(bench.store.take_slot(old).await.unwrap(), Taken::Changed);
    // Set in the afternoon to a time of the morning, it begins tomorrow.
    clock.set(at("2026-11-22T14:00:00Z"));
    bench.settings(id, |settings| settings.schedule = "daily 03:00".parse().unwrap()).await;
    assert_eq!(watch.look().await, 0);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-23T03:00:00Z").await, 1);
    bench.settings(id, |settings| settings.schedule = "manual".parse().unwrap()).await;
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-25T03:00:00Z").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_zone_is_another_schedule() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let mut watch = bench.watch(1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 1);
    let mut connection = bench.store.connection(id).await.unwrap();
    connection.time_zone = "America/New_York".into();
    bench.store.put_connection(connection, "set time_zone".into(), "rosa").await.unwrap();
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T07:00:00Z").await, 1, "02:00 in New York");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_were_missed_are_made_up_for_by_one_or_left_out() {
    let (bench, clock) = bench("2026-11-20T00:00Z");
    let once = bench.tenant("once", "Europe/London", "daily 02:00").await;
    let skips = bench.tenant("skips", "Europe/London", "daily 02:00").await;
    bench.settings(skips, |settings| settings.missed = Missed::Skip).await;
    let mut watch = bench.watch(1);
    // The laptop slept for four days.
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-24T09:00:00Z").await, 1);
    let events = watch.events();
    let of = |id| events.iter().filter(move |event| event.connection == id).map(|event| &event.what);
    assert!(of(once).any(|what| matches!(what, What::Started { late: Some(late), .. } if late.as_hours() == 7)));
    assert!(matches!(of(skips).collect::<Vec<_>>()[..], [What::Missed]), "{events:?}");
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-24T09:01:00Z").await, 0);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-25T02:00:30Z").await, 2, "on time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_put_back_runs_nothing_twice() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    bench.tenant("hv", "Europe/London", "every 15 min").await;
    let mut watch = bench.watch(1);
    for now in ["2026-11-22T10:00:00Z", "2026-11-22T08:00:00Z", "2026-11-22T09:14:00Z", "2026-11-22T10:14:59Z"] {
        looks_at(&mut watch, &clock, now).await;
    }
    assert_eq!(watch.started(), 1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T10:15:00Z").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_years_ahead_does_not_silence_a_tenant() {
    let (bench, clock) = bench("2030-11-22T00:00Z");
    bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let mut watch = bench.watch(1);
    assert_eq!(looks_at(&mut watch, &clock, "2030-11-22T02:00:00Z").await, 1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T12:00:00Z").await, 0);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-23T02:00:00Z").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_lets_a_run_pass_or_pauses_all() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("hv", "Europe/London", "daily 02:00").await;
    let mut watch = bench.watch(1);
    assert!(bench.store.skip_slot(id, Some(at("2026-11-22T02:00Z")), "rosa").await.unwrap());
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 0);
    assert!(matches!(watch.events()[..], [ref one] if matches!(one.what, What::Skipped)));
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-23T02:00:00Z").await, 1, "only that one");
    assert!(!bench.store.skip_slot(id, Some(at("2026-11-23T02:00Z")), "rosa").await.unwrap(), "it has begun");
    assert!(bench.store.pause_schedules(true, "rosa").await.unwrap());
    assert!(!bench.store.pause_schedules(true, "tim").await.unwrap());
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-24T02:00:00Z").await, 0);
    assert!(bench.store.pause_schedules(false, "rosa").await.unwrap());
    assert_eq!(watch.look().await, 0, "what came meanwhile is not made up for");
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-25T02:00:00Z").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_removed_or_broken_holds_nobody_up() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let gone = bench.tenant("gone", "Europe/London", "daily 02:00").await;
    bench.tenant("stays", "Europe/London", "daily 02:00").await;
    let mut watch = bench.watch(1);
    bench.store.remove_connection(gone, "rosa").await.unwrap();
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 1);
    let late = bench.tenant("gone", "Europe/London", "daily 02:00").await;
    let kept = bench.store.schedule_desk().await.unwrap().of(late);
    assert_eq!((kept.last, kept.skip), (None, None), "a later tenant inherits nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_holds_nobody_else_up() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    for name in ["one", "other"] {
        bench.tenant(name, "Europe/London", "daily 02:00").await;
    }
    let mut watch = bench.watch(1);
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 2);
    bench.break_rows(
        "UPDATE schedule_slot SET taken_at = -9223372036854775808 WHERE connection = 1;
         UPDATE schedule_state SET since = -9223372036854775808 WHERE connection = 1;
         INSERT INTO schedule_watch VALUES (7, 'desk', '7', 'watch', 9223372036854775807, 9223372036854775807, 1);",
    );
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-23T02:00:00Z").await, 1, "the other one");
    assert_eq!(looks_at(&mut watch, &clock, "2026-11-24T02:00:00Z").await, 2, "it is mended by the next sign of life");
}
