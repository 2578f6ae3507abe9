//! Leases and permits: who is at work on a tenant, and what any process has put into the file reaches the run before its next
//! write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod store_support;

use onroll::domain::connection::ConnectionStatus;
use onroll::domain::ids::{ConnectionId, RunId};
use onroll::domain::plan::OperationKind;
use onroll::domain::run::{FeedLine, Level, OperationState, RunOutcome, RunPurpose, RunTotals};
use onroll::ports::clock::Clock;
use onroll::store::{Approval, Ask, Holder, LEASE_SECONDS, LeaseToken, NewRun, Store, StoreError, WritePermit};
use store_support::{Desk, add, operation, plan};

fn holder(pid: u32) -> Holder {
    Holder { pid, host: "desk".into(), start: "100".into(), what: "sync by rosa".into() }
}

/// A live tenant whose lease this store holds, and the same file opened by another process.
async fn held(desk: &Desk) -> (Store, ConnectionId, LeaseToken, Store) {
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    let token = store.acquire_lease(id, holder(7)).await.unwrap();
    let other = desk.another();
    (store, id, token, other)
}

async fn start(store: &Store, id: ConnectionId, purpose: RunPurpose) -> RunId {
    store.start_run(id, NewRun::by_hand(purpose, "rosa")).await.unwrap()
}

/// How a run stands in every place that shows one.
async fn standing(store: &Store, id: ConnectionId, run: RunId) -> RunOutcome {
    let one = store.run(run).await.unwrap().outcome;
    let listed = store.runs(Some(id), 10).await.unwrap();
    let marked = store.run_marks(id, 10).await.unwrap();
    let of_all = store.runs(None, 10).await.unwrap();
    let others = [
        listed.iter().find(|row| row.id == run).unwrap().outcome,
        of_all.iter().find(|row| row.id == run).unwrap().outcome,
        marked.iter().find(|mark| mark.run == run).unwrap().outcome,
        store.run_detail(run).await.unwrap().run.outcome,
        store.overview(id).await.unwrap().runs.iter().find(|row| row.id == run).unwrap().outcome,
    ];
    assert_eq!(others, [one; 5], "every place says the same");
    if listed[0].id == run {
        assert_eq!(store.tenant_rows().await.unwrap()[0].last_run.as_ref().unwrap().outcome, one);
    }
    one
}

#[tokio::test]
async fn a_lease_is_exclusive_until_it_runs_out_or_its_process_dies() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let first = store.acquire_lease(id, holder(7)).await.unwrap();
    let since = desk.clock.now();
    let refused = store.acquire_lease(id, holder(8)).await.unwrap_err();
    assert_eq!(refused, StoreError::LeaseHeld { holder: Box::new(holder(7)), since, ahead: None });
    desk.clock.forward(LEASE_SECONDS - 1);
    store.renew_lease(first).await.unwrap();
    desk.clock.forward(LEASE_SECONDS - 1);
    assert!(store.acquire_lease(id, holder(7)).await.is_err(), "the same process is refused too");
    assert!(store.acquire_lease(id, holder(8)).await.is_err());
    desk.die(7);
    assert_eq!(store.at_work(id).await.unwrap(), None);
    let second = store.acquire_lease(id, holder(8)).await.unwrap();
    assert_eq!(store.renew_lease(first).await, Err(StoreError::LeaseLost));
    store.release_lease(first).await.unwrap();
    assert_eq!(store.at_work(id).await.unwrap().map(|at_work| at_work.holder.pid), Some(8));
    desk.clock.forward(LEASE_SECONDS);
    assert_eq!(store.at_work(id).await.unwrap(), None);
    let third = store.acquire_lease(id, holder(9)).await.unwrap();
    assert_eq!(store.renew_lease(second).await, Err(StoreError::LeaseLost));
    store.release_lease(third).await.unwrap();
    store.acquire_lease(id, holder(10)).await.unwrap();
}

#[tokio::test]
async fn a_sign_of_life_from_the_future_is_worth_no_more_than_one_of_now() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    let run = start(&store.under_lease(token), id, RunPurpose::Sync).await;
    // The clock goes back three days: the stamp of the lease lies that far ahead.
    desk.clock.forward(-3 * 86_400);
    let refused = other.acquire_lease(id, holder(8)).await.unwrap_err();
    let StoreError::LeaseHeld { holder: by, ahead: Some(ahead), .. } = &refused else { panic!("{refused:?}") };
    assert_eq!((by.pid, ahead.as_secs()), (7, 3 * 86_400));
    assert!(refused.to_string().contains("clock") && refused.to_string().contains("process 7 on desk"), "{refused}");
    // From there it has its usual life, and no more.
    desk.clock.forward(LEASE_SECONDS - 1);
    assert!(matches!(other.acquire_lease(id, holder(8)).await, Err(StoreError::LeaseHeld { ahead: Some(_), .. })));
    assert_eq!(standing(&other, id, run).await, RunOutcome::Running);
    desk.clock.forward(1);
    assert_eq!(standing(&other, id, run).await, RunOutcome::Interrupted);
    other.acquire_lease(id, holder(8)).await.unwrap();
}

#[tokio::test]
async fn who_only_looks_on_starts_the_clock_of_a_stamp_from_the_future_too() {
    let desk = Desk::new();
    let (_, id, _, other) = held(&desk).await;
    desk.clock.forward(-3 * 86_400);
    assert!(other.at_work(id).await.unwrap().is_some());
    desk.clock.forward(LEASE_SECONDS);
    assert_eq!(other.at_work(id).await.unwrap(), None);
    // A file that was copied: opening it is enough.
    other.acquire_lease(id, holder(9)).await.unwrap();
    desk.clock.forward(-3 * 86_400);
    let third = desk.another();
    // Whoever comes with a program of its own is told all the same.
    let told = third.all_at_work().unwrap()["harbour-vine"].clone();
    assert_eq!((told.holder.pid, told.ahead.map(|ahead| ahead.as_secs() > 86_400)), (9, Some(true)));
    desk.clock.forward(LEASE_SECONDS);
    assert_eq!(third.at_work(id).await.unwrap(), None);
    third.acquire_lease(id, holder(8)).await.unwrap();
}

#[tokio::test]
async fn a_holder_with_a_fast_clock_that_lives_keeps_its_tenant() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    for _ in 0..5 {
        // Its own clock is three days ahead, so are its stamps; it renews every ten seconds.
        desk.clock.forward(3 * 86_400);
        store.renew_lease(token).await.unwrap();
        desk.clock.forward(-3 * 86_400);
        assert!(other.acquire_lease(id, holder(8)).await.is_err());
        desk.clock.forward(10);
    }
    assert!(store.write_permit(token).await.unwrap().is_granted());
}

#[tokio::test]
async fn a_run_stands_as_its_process_does_in_every_place() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    let run = start(&store.under_lease(token), id, RunPurpose::Sync).await;
    assert_eq!(standing(&other, id, run).await, RunOutcome::Running);
    other.ask_holder(id, Some(Ask::Pause), "tim").await.unwrap();
    assert_eq!(standing(&other, id, run).await, RunOutcome::Paused);
    other.ask_holder(id, None, "tim").await.unwrap();
    desk.die(7);
    assert_eq!(standing(&other, id, run).await, RunOutcome::Interrupted);
    assert_eq!(other.unfinished_run(id).await.unwrap().unwrap().outcome, RunOutcome::Interrupted);
    // Somebody looks what would be done: the dead run stays dead, however alive the preview is.
    let second = other.acquire_lease(id, holder(8)).await.unwrap();
    let under = other.under_lease(second);
    let preview = start(&under, id, RunPurpose::Preview).await;
    assert_eq!(standing(&store, id, run).await, RunOutcome::Interrupted);
    assert_eq!(standing(&store, id, preview).await, RunOutcome::Running);
    assert_eq!(
        store.unfinished_run(id).await.unwrap().map(|row| row.id),
        Some(run),
        "a preview leaves nothing to finish"
    );
    // Then it is finished.
    under.finish_run(preview, RunOutcome::Previewed, RunTotals::default(), None).await.unwrap();
    under.work_on(run).await.unwrap();
    assert_eq!(standing(&store, id, run).await, RunOutcome::Running);
    under.finish_run(run, RunOutcome::Interrupted, RunTotals::default(), None).await.unwrap();
    assert_eq!(standing(&store, id, run).await, RunOutcome::Interrupted, "it has ended, though its process lives on");
    under.finish_run(run, RunOutcome::Done, RunTotals::default(), None).await.unwrap();
    assert_eq!(standing(&store, id, run).await, RunOutcome::Done);
}

#[tokio::test]
async fn who_was_overtaken_changes_nothing_any_more() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    let mine = store.under_lease(token);
    let run = start(&mine, id, RunPurpose::Sync).await;
    let plan = plan(vec![operation(0, OperationKind::Create, "1")], vec![]);
    let plan = mine.save_plan(id, Some(run), &plan, "rosa").await.unwrap();
    mine.mark_sent(plan, 0, None).await.unwrap();
    desk.clock.forward(LEASE_SECONDS);
    let second = other.acquire_lease(id, holder(8)).await.unwrap();
    let lost = Err(StoreError::LeaseLost);
    assert_eq!(mine.mark(plan, 0, OperationState::Pending, None, None).await, lost);
    assert_eq!(mine.mark_sent(plan, 0, None).await, lost);
    assert_eq!(mine.record_outcomes(id, plan, vec![]).await, lost);
    assert_eq!(mine.finish_run(run, RunOutcome::Failed, RunTotals::default(), None).await, lost);
    let line = FeedLine {
        run: Some(run),
        at: desk.clock.now(),
        level: Level::Info,
        phase: None,
        employee: None,
        what: "created".into(),
        text: String::new(),
    };
    assert_eq!(mine.append_feed(id, vec![line]).await.map(|_| ()), lost);
    assert_eq!(other.operations(plan, &[]).await.unwrap()[0].state, OperationState::Sent);
    other.under_lease(second).mark(plan, 0, OperationState::Written, None, None).await.unwrap();
    // The same for one whose tenant was removed meanwhile.
    other.remove_connection(id, "tim").await.unwrap();
    assert_eq!(mine.set_status(id, ConnectionStatus::Live, "rosa").await, lost);
}

#[tokio::test]
async fn what_another_process_switches_is_seen_at_once() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    assert_eq!(store.write_permit(token).await.unwrap(), WritePermit::Granted);
    for status in [ConnectionStatus::Off, ConnectionStatus::Paused, ConnectionStatus::Preview] {
        other.set_status(id, status, "tim").await.unwrap();
        let since = desk.clock.now();
        let permit = store.write_permit(token).await.unwrap();
        assert_eq!(permit, WritePermit::NotLive { status, by: "tim".into(), since });
        assert!(!permit.is_granted());
    }
    other.set_status(id, ConnectionStatus::Live, "tim").await.unwrap();
    assert!(store.write_permit(token).await.unwrap().is_granted());
    assert!(other.ask_holder(id, Some(Ask::Pause), "tim").await.unwrap());
    assert_eq!(store.write_permit(token).await.unwrap(), WritePermit::Paused { by: "tim".into() });
    assert!(other.ask_holder(id, Some(Ask::Stop), "tim").await.unwrap());
    assert_eq!(store.write_permit(token).await.unwrap(), WritePermit::Stopped { by: "tim".into() });
    assert!(other.ask_holder(id, None, "tim").await.unwrap());
    assert!(store.write_permit(token).await.unwrap().is_granted());
    other.remove_connection(id, "tim").await.unwrap();
    assert_eq!(store.write_permit(token).await.unwrap(), WritePermit::Removed);
}

#[tokio::test]
async fn a_lease_that_grew_old_is_renewed_first_and_one_that_was_taken_is_lost() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    // Asleep for an hour, and nobody came: it is this run's again, for its full life.
    desk.clock.forward(3600);
    assert!(store.write_permit(token).await.unwrap().is_granted());
    desk.clock.forward(LEASE_SECONDS - 1);
    let refused = other.acquire_lease(id, holder(8)).await.unwrap_err();
    assert!(matches!(refused, StoreError::LeaseHeld { .. }));
    // Asleep, and somebody came.
    desk.clock.forward(LEASE_SECONDS);
    let second = other.acquire_lease(id, holder(8)).await.unwrap();
    let lost = WritePermit::LeaseLost { holder: Some(Box::new(holder(8))) };
    assert_eq!(store.write_permit(token).await.unwrap(), lost);
    // What is asked of the new run is not asked of the old one, and a lease that was given back gives nothing.
    assert!(other.write_permit(second).await.unwrap().is_granted());
    other.release_lease(second).await.unwrap();
    let gone = WritePermit::LeaseLost { holder: None };
    assert_eq!(store.write_permit(token).await.unwrap(), gone);
    assert_eq!(other.write_permit(second).await.unwrap(), gone);
    assert!(!other.ask_holder(id, Some(Ask::Stop), "tim").await.unwrap(), "nobody is there to be asked");
}

#[tokio::test]
async fn a_new_lease_owes_nothing_to_what_was_asked_of_the_old_one() {
    let desk = Desk::new();
    let (store, id, token, other) = held(&desk).await;
    other.ask_holder(id, Some(Ask::Stop), "tim").await.unwrap();
    store.release_lease(token).await.unwrap();
    let next = store.acquire_lease(id, holder(7)).await.unwrap();
    assert!(store.write_permit(next).await.unwrap().is_granted());
}

#[tokio::test]
async fn of_a_run_at_work_what_is_on_its_way_is_not_sent_yet_and_of_one_whose_process_is_gone_it_is_unknown() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let store = store.under_lease(store.acquire_lease(id, holder(7)).await.unwrap());
    let run = start(&store, id, RunPurpose::Sync).await;
    let operations = (0..4).map(|n| operation(n, OperationKind::Update, &n.to_string())).collect();
    let plan_id = store.save_plan(id, Some(run), &plan(operations, vec![]), "rosa").await.unwrap();
    let approval = Approval { by: "rosa".into(), confirmed: None, reason: None, without: vec![], waves: None };
    store.approve_plan(plan_id, approval).await.unwrap();
    store.mark_sent_many(plan_id, vec![(0, None), (1, None), (2, None)]).await.unwrap();
    store.mark(plan_id, 0, OperationState::Written, Some("u0".into()), None).await.unwrap();
    store.mark(plan_id, 1, OperationState::Unknown, None, None).await.unwrap();
    let totals = store.run(run).await.unwrap().totals;
    let sums = store.run_detail(run).await.unwrap();
    assert_eq!((totals.written, totals.unknown, totals.pending), (1, 1, 2));
    assert_eq!((sums.totals.sums().unknown, sums.totals.sums().unsent, sums.failed.len()), (1, 2, 1));
    drop(store);

    // The process dies here.
    let store = desk.reopen();
    desk.die(7);
    let totals = store.run(run).await.unwrap().totals;
    let sums = store.run_detail(run).await.unwrap();
    assert_eq!((totals.written, totals.unknown, totals.pending), (1, 2, 1));
    assert_eq!((sums.totals.sums().unknown, sums.totals.sums().unsent, sums.failed.len()), (2, 1, 2));
}
