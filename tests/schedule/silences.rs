//! A vendor that gives no answer: a slot is tried again, and where several tenants meet the same silence all wait for one
//! that tries.

use crate::changed_worlds::edit;
use crate::counted::{Bench, HandClock, Jobs, Watch, at};
use crate::scenarios::{Bench as Real, ended, three};
use onroll::domain::code::ProblemCode;
use onroll::domain::ids::ConnectionId;
use onroll::domain::problem::{Problem, ProblemKind};
use onroll::domain::run::{RunOutcome, RunPurpose, RunTotals};
use onroll::engine::schedule::Waits;
use onroll::engine::schedule::watch::What;
use onroll::sandbox::FaultKind;
use onroll::store::{Holder, NewRun, SlotEnd};
use std::sync::Arc;

fn bench(now: &str) -> (Bench, Arc<HandClock>) {
    let clock = HandClock::new(at(now));
    (Bench::new(clock.clone()), clock)
}

/// A run that ended now, as the store keeps it.
async fn ran(bench: &Bench, tenant: ConnectionId, silent: Option<&str>) {
    let run = bench.store.start_run(tenant, NewRun::by_hand(RunPurpose::Sync, "schedule")).await.unwrap();
    let problem = silent.map(|vendor| {
        let problem = Problem::new(ProblemKind::Temporary, "no answer").with_code(ProblemCode::VendorUnwell);
        problem.with_vendor(vendor)
    });
    let outcome = if problem.is_some() { RunOutcome::Failed } else { RunOutcome::Done };
    bench.store.finish_run(run, outcome, RunTotals::default(), problem).await.unwrap();
}

async fn looks(watch: &mut Watch, clock: &HandClock, now: &str) -> usize {
    clock.set(at(now));
    watch.look().await
}

async fn waits(watch: &Watch) -> Vec<Option<&'static str>> {
    let standings = watch.engine.schedules().await.unwrap().standings;
    standings.iter().map(|standing| standing.waits.as_ref().map(Waits::key)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_several_tenants_meet_silence_one_tries_and_the_first_answer_lets_all_go_on() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(bench.tenant(name, "Europe/London", "every 1 min").await);
    }
    let mut watch = bench.watch(1);
    assert_eq!(looks(&mut watch, &clock, "2026-11-22T00:01:00Z").await, 3);
    ran(&bench, ids[0], Some("Planday")).await;
    ran(&bench, ids[1], Some("Planday")).await;
    assert_eq!(waits(&watch).await, [None; 3], "two runs are no outage");
    ran(&bench, ids[1], Some("Planday")).await;
    assert_eq!(waits(&watch).await, [Some("vendor_silent"); 3]);
    assert_eq!(looks(&mut watch, &clock, "2026-11-22T00:05:59Z").await, 0);
    // One alone tries, in whichever process.
    assert_eq!(looks(&mut watch, &clock, "2026-11-22T00:06:00Z").await, 1);
    ran(&bench, ids[0], Some("Planday")).await;
    assert_eq!(looks(&mut watch, &clock, "2026-11-22T00:15:59Z").await, 0, "the wait has doubled");
    let mut other = bench.watch(2);
    assert_eq!(looks(&mut other, &clock, "2026-11-22T00:16:00Z").await, 1);
    ran(&bench, ids[2], None).await;
    assert_eq!(waits(&watch).await, [None; 3]);
    clock.set(at("2026-11-22T00:17:00Z"));
    assert_eq!(watch.look().await, 3, "nothing waits any longer");
    let said = watch.events().into_iter().filter(|event| matches!(event.what, What::Waits(Waits::Silent(_)))).count();
    assert!((1..=9).contains(&said), "it is said once for each slot, not at each look: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_an_operator_has_paused_there_is_no_attempt_and_one_that_hangs_is_none_for_long() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(bench.tenant(name, "Europe/London", "daily 00:05").await);
    }
    let mut watch = bench.watch(1);
    watch.look().await;
    let holder = Holder { pid: 9, host: "desk".into(), start: "9".into(), what: "sync by rosa".into() };
    let lease = bench.store.acquire_lease(ids[2], holder).await.unwrap();
    for tenant in [ids[0], ids[1], ids[1]] {
        ran(&bench, tenant, Some("Planday")).await;
    }
    watch.jobs(Jobs::Hang);
    for (now, started) in [
        ("2026-11-22T00:04:59Z", 0),
        ("2026-11-22T00:05:00Z", 1),
        ("2026-11-22T00:05:20Z", 0),
        ("2026-11-22T00:19:59Z", 0),
        // It has hung for a quarter of an hour: another one tries.
        ("2026-11-22T00:20:00Z", 1),
    ] {
        clock.set(at(now));
        bench.store.renew_lease(lease).await.unwrap();
        assert_eq!(watch.look().await, started, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_at_one_host_holds_up_nobody_at_another_and_an_older_answer_ends_no_outage() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let (one, two) = (bench.tenant("a", "UTC", "daily 02:00").await, bench.tenant("b", "UTC", "daily 02:00").await);
    let elsewhere = bench.tenant("c", "UTC", "daily 02:00").await;
    bench.break_rows(&format!(
        "UPDATE connection SET source = replace(source, '127.0.0.1:1', '127.0.0.1:2'),
                               destination = replace(destination, '127.0.0.1:1', '127.0.0.1:2') WHERE id = {}",
        elsewhere.0
    ));
    let mut watch = bench.watch(1);
    looks(&mut watch, &clock, "2026-11-22T01:00:00Z").await;
    ran(&bench, one, None).await;
    clock.set(at("2026-11-22T01:10:00Z"));
    for tenant in [one, two, two] {
        ran(&bench, tenant, Some("Flow Learning")).await;
    }
    assert_eq!(waits(&watch).await, [Some("vendor_silent"), Some("vendor_silent"), None]);
    assert_eq!(looks(&mut watch, &clock, "2026-11-22T02:00:00Z").await, 2, "one that tries, and the one elsewhere");
    clock.set(at("2026-11-23T01:30:00Z"));
    assert_eq!(waits(&watch).await, [None; 3], "a day later nobody knows anything of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_is_put_off_waits_longer_each_time_and_gives_way_to_the_next() {
    let (bench, clock) = bench("2026-11-22T00:00Z");
    let id = bench.tenant("a", "UTC", "daily 02:00").await;
    let slot = at("2026-11-22T02:00:00Z");
    let mut watch = bench.watch(1);
    for (now, again) in [("02:00:00", "02:05:00"), ("02:05:00", "02:15:00"), ("02:15:00", "02:35:00")] {
        assert_eq!(looks(&mut watch, &clock, &format!("2026-11-22T{now}Z")).await, 1, "{now}");
        let put_off = bench.store.mark_slot(id, slot, SlotEnd::PutOff("failed".into())).await.unwrap();
        assert_eq!(put_off, Some(at(&format!("2026-11-22T{again}Z"))));
        assert_eq!(watch.look().await, 0);
        let due = watch.engine.schedules().await.unwrap().standings[0].due;
        assert_eq!(due, put_off, "what lists say is what the loop does");
    }
    // Nobody watches until the evening: it was missed like any other, and is made up for.
    let mut late = bench.watch(2);
    bench.settings(id, |settings| settings.missed = onroll::domain::schedule::Missed::Skip).await;
    let desk = bench.store.schedule_desk().await.unwrap();
    assert_eq!(desk.of(id).last.map(|last| last.in_vain), Some(3));
    assert_eq!(looks(&mut late, &clock, "2026-11-22T20:00:00Z").await, 0, "as the settings say");
    assert_eq!(looks(&mut late, &clock, "2026-11-23T02:00:00Z").await, 1, "the next slot is not put off");
    // A clock that was years ahead put it off until then.
    clock.set(at("2031-01-01T02:00:00Z"));
    bench.store.mark_slot(id, at("2026-11-23T02:00:00Z"), SlotEnd::PutOff("failed".into())).await.unwrap();
    clock.set(at("2026-11-23T02:10:00Z"));
    assert_eq!(watch.engine.schedules().await.unwrap().standings[0].due, Some(at("2026-11-23T02:00:00Z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pl03_a_daily_run_that_meets_an_outage_is_made_up_for_the_same_night() {
    let bench = Real::settled(three(), "daily 02:00").await;
    edit(&bench.desk, "planday", 2, |person| person.job_title = "Sous Chef".into());
    for (vendor, now) in [("planday", "2026-11-23T02:00:00Z"), ("flow-learning", "2026-11-23T02:05:00Z")] {
        bench.desk.fault(FaultKind::Internal, vendor, 1_000);
        let events = bench.at(now).await;
        assert!(
            matches!(ended(&events)[..], [(_, RunOutcome::Failed | RunOutcome::Interrupted)]),
            "{vendor}: {events:?}"
        );
        let again = events.iter().find_map(|event| match &event.what {
            What::Ended { again, .. } => *again,
            _ => None,
        });
        assert!(again.is_some_and(|again| again > at(now)), "{events:?}");
        assert_eq!(ended(&bench.at(&now.replace(":00Z", ":59Z")).await), [], "not yet");
        bench.desk.no_faults();
    }
    assert_eq!(bench.desk.user("40817_2")["job_title"], "Waiter");
    let last = ended(&bench.at("2026-11-23T02:15:10Z").await);
    assert!(matches!(last[..], [(_, RunOutcome::Done)]), "{last:?}");
    assert_eq!(bench.desk.user("40817_2")["job_title"], "Sous Chef");
    assert_eq!(ended(&bench.at("2026-11-23T02:40:00Z").await), [], "once");
}
