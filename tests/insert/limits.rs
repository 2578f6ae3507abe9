//! ALL08 from both sides: at a limit the run goes, one more stops it before its first write. The same for the source guard,
//! the refusals that pause a tenant, and the shelf life of a kept plan.

use crate::desk::Desk;
use crate::pair::{Answer, employee};
use onroll::domain::ids::Identifier;
use onroll::domain::person::{Employee, EmploymentStatus};
use onroll::domain::plan::LimitKind;
use onroll::domain::run::RunOutcome;
use onroll::domain::settings::Limit;
use onroll::engine::recheck::PLAN_SHELF_LIFE;
use onroll::engine::run::SyncRequest;

const PEOPLE: usize = 40;

fn leave(one: &mut Employee) {
    one.status = EmploymentStatus::Ended;
}

fn rename(one: &mut Employee) {
    one.person.last_name = Some(format!("New{}", one.id));
}

fn readdress(one: &mut Employee) {
    one.person.email = Some(format!("new{}@x.example", one.id));
}

/// A settled tenant with one limit of this number, `count` people past it changed.
async fn limited(kind: LimitKind, number: Option<u32>, percent: f64, count: usize) -> Desk {
    let desk = Desk::with_people(PEOPLE).await;
    desk.until_settled().await;
    let mut settings = desk.connection().await.settings;
    let open = Limit { number: None, percent: 100.0 };
    settings.limits =
        onroll::domain::settings::Limits { leavers: open, creations: open, updates: open, identifiers: open };
    let limit = Limit { number, percent };
    match kind {
        LimitKind::Leavers => settings.limits.leavers = limit,
        LimitKind::Creations => settings.limits.creations = limit,
        LimitKind::Updates => settings.limits.updates = limit,
        LimitKind::Identifiers => settings.limits.identifiers = limit,
    }
    desk.workspace.store.set_settings(desk.id, settings, "test").await.unwrap();
    {
        let mut state = desk.pair.lock();
        let change = match kind {
            LimitKind::Leavers => leave,
            LimitKind::Updates => rename,
            LimitKind::Identifiers => readdress,
            LimitKind::Creations => {
                state.employees.extend((101..101 + count).map(employee));
                |_: &mut Employee| ()
            }
        };
        state.employees.iter_mut().take(count).for_each(change);
        state.requests = 0;
    }
    desk
}

#[tokio::test(start_paused = true)]
async fn s_all08_every_limit_lets_its_number_through_and_not_one_more() {
    for kind in LimitKind::ALL {
        // By number; by share of 40 people; and a share never allows fewer than three.
        for (number, percent, allowed) in [(Some(5), 100.0, 5), (None, 10.0, 4), (Some(30), 20.0, 8), (None, 0.0, 3)] {
            let desk = limited(kind, number, percent, allowed).await;
            let report = desk.sync(&SyncRequest::default()).await;
            assert_eq!(report.outcome, RunOutcome::Done, "{kind:?} {allowed}: {:?}", report.problem);
            assert_eq!(report.totals.written as usize, allowed, "{kind:?}");
            let desk = limited(kind, number, percent, allowed + 1).await;
            let report = desk.sync(&SyncRequest::default()).await;
            assert_eq!((report.outcome, desk.pair.lock().requests), (RunOutcome::Stopped, 0), "{kind:?} {allowed} + 1");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn s_all09_the_source_guard_from_both_sides() {
    for (gone, stops) in [(4, false), (5, true)] {
        let desk = Desk::with_people(PEOPLE).await;
        desk.until_settled().await;
        desk.pair.lock().employees.truncate(PEOPLE - gone);
        let report = desk.sync(&SyncRequest::default()).await;
        assert_eq!(report.outcome == RunOutcome::Stopped, stops, "{gone} of {PEOPLE}: {:?}", report.problem);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_plan_is_compared_with_the_world_once_its_shelf_life_is_over() {
    let life = PLAN_SHELF_LIFE.as_secs();
    // Also where the clock was put back since.
    for (age, compared) in [(life - 30, false), (life + 30, true), (30 - life, false), (-life - 30, true)] {
        let desk = Desk::with_people(10).await;
        desk.plan().await;
        let request = desk.kept().await;
        // As if it had been made so long ago.
        let sql = format!(
            "UPDATE plan SET made_at = made_at - {age} * 1000000; UPDATE snapshot SET finished_at = finished_at - {age} * 1000000"
        );
        rusqlite::Connection::open(desk.workspace.store.path()).unwrap().execute_batch(&sql).unwrap();
        // Somebody left meanwhile.
        leave(&mut desk.pair.lock().employees[0]);
        let report = desk.sync(&request).await;
        let carriers = desk.carriers();
        assert_eq!(!carriers.contains_key(&Identifier::from("40817_1")), compared, "{age} s: {:?}", report.totals);
        assert_eq!(report.totals.set_aside, u32::from(compared));
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_waits_for_its_number_is_not_approved() {
    let desk = Desk::with_people(3).await;
    let report = desk.sync(&SyncRequest::default()).await;
    assert_eq!(report.outcome, RunOutcome::Stopped, "{:?}", report.problem);
    let approval = desk.workspace.store.approval(report.plan.unwrap().id).await.unwrap();
    assert_eq!(approval, None, "after a crash the next run would carry it out");
}

#[tokio::test(start_paused = true)]
async fn a_line_is_tried_twice_and_not_a_third_time() {
    for (lost, failed) in [(1, 0), (2, 1), (3, 1)] {
        let desk = Desk::with_people(1).await;
        let request = desk.confirmed().await;
        desk.pair.lock().writes = vec![Answer::LostBefore; lost].into();
        let report = desk.sync(&request).await;
        assert_eq!((report.totals.failed, report.totals.written), (failed, 1 - failed), "{lost} lost");
        assert_eq!(desk.pair.lock().requests, 2);
    }
}
