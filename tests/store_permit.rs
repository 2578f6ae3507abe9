//! The permit to write: what any process has put into the file reaches the run before its next write.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod store_support;

use onroll::domain::connection::ConnectionStatus;
use onroll::domain::ids::ConnectionId;
use onroll::ports::clock::Clock;
use onroll::store::{Ask, Holder, LEASE_SECONDS, LeaseToken, Store, StoreError, WritePermit};
use store_support::{Desk, add};

fn holder(pid: u32) -> Holder {
    Holder { pid, host: "desk".into(), start: "100".into(), what: "sync by rosa".into() }
}

/// A live tenant whose lease this store holds, and the same file opened by another process.
async fn held(desk: &Desk) -> (Store, ConnectionId, LeaseToken, Store) {
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    let token = store.acquire_lease(id, holder(7), |_| true).await.unwrap();
    let other = Store::open(&desk.path(), desk.clock.clone()).unwrap();
    (store, id, token, other)
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
    let refused = other.acquire_lease(id, holder(8), |_| true).await.unwrap_err();
    assert!(matches!(refused, StoreError::LeaseHeld { .. }));
    // Asleep, and somebody came.
    desk.clock.forward(LEASE_SECONDS);
    let second = other.acquire_lease(id, holder(8), |_| true).await.unwrap();
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
    let next = store.acquire_lease(id, holder(7), |_| true).await.unwrap();
    assert!(store.write_permit(next).await.unwrap().is_granted());
}
