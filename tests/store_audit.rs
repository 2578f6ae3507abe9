//! The audit: chained, tamper-evident, and whole after somebody is forgotten.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod store_support;

use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::ids::ConnectionId;
use onroll::ports::clock::Clock as _;
use onroll::store::{BreakKind, Store, Through};
use store_support::{Desk, add, employee, pull};

/// Opens the file past the store, as somebody who tampers with it would.
#[expect(clippy::disallowed_methods, reason = "a test writes past the store")]
fn raw(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.path()).unwrap()
}

async fn audited(desk: &Desk) -> (Store, ConnectionId, ConnectionId) {
    let store = desk.store();
    store.acts_through(Through::Console);
    let id = add(&store, "harbour-vine").await;
    let other = add(&store, "other-place").await;
    let ruling = |employee: &str| Decision {
        employee: employee.into(),
        ruling: Ruling::Exclude,
        reason: Some("a test record".into()),
        by: "rosa".into(),
        at: desk.clock.now(),
        key_fields: String::new(),
    };
    pull(&store, id, vec![employee("1", "Ann", "Lee"), employee("2", "Bob", "Ray")]).await;
    store.decide(id, vec![ruling("1")]).await.unwrap();
    store.decide(id, vec![ruling("2")]).await.unwrap();
    store.acts_through(Through::Command);
    store.audit(Some(other), "tim", "status", "preview to live").await.unwrap();
    (store, id, other)
}

#[tokio::test]
async fn the_audit_is_chained_and_says_through_what_and_why() {
    let desk = Desk::new();
    let (store, id, _) = audited(&desk).await;
    let lines = store.audit_lines(Some(id), 9).await.unwrap();
    assert_eq!(lines[0].detail, "employee 2: exclude, because `a test record`");
    assert_eq!((lines[0].by.as_str(), lines[0].through), ("rosa", Through::Console));
    let newest = &store.audit_lines(None, 1).await.unwrap()[0];
    assert_eq!(newest.through, Through::Command);
    let check = store.check_audit().await.unwrap();
    assert_eq!((check.entries, check.unchained, check.broken), (5, 0, None));
    assert_eq!(check.head.unwrap().len(), 64);
}

#[tokio::test]
async fn whatever_is_changed_taken_out_or_put_in_breaks_the_chain_where_it_was() {
    let tampered = [
        ("UPDATE audit SET detail = 'nothing' WHERE id = 3", 3, BreakKind::Rewritten),
        ("UPDATE audit SET by = 'tim' WHERE id = 3", 3, BreakKind::DoesNotFollow),
        ("UPDATE audit SET at = at + 1 WHERE id = 4", 4, BreakKind::DoesNotFollow),
        ("UPDATE audit SET connection = 2 WHERE id = 4", 4, BreakKind::DoesNotFollow),
        ("UPDATE audit SET what = 'note', through = 'watch' WHERE id = 5", 5, BreakKind::DoesNotFollow),
        ("DELETE FROM audit WHERE id = 3", 4, BreakKind::DoesNotFollow),
        ("DELETE FROM audit WHERE id = 1", 2, BreakKind::DoesNotFollow),
        (
            "UPDATE audit SET id = 33 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 4; UPDATE audit SET id = 4 WHERE id = 33",
            3,
            BreakKind::DoesNotFollow,
        ),
        (
            "INSERT INTO audit(connection, at, by, through, what, detail, salt, seal, hash)
          SELECT connection, at, by, through, what, detail, salt, seal, hash FROM audit WHERE id = 4",
            6,
            BreakKind::DoesNotFollow,
        ),
    ];
    for (sql, entry, kind) in tampered {
        let desk = Desk::new();
        let (store, ..) = audited(&desk).await;
        raw(&desk).execute_batch(sql).unwrap();
        let broken = store.check_audit().await.unwrap().broken.unwrap_or_else(|| panic!("{sql} was not noticed"));
        assert_eq!((broken.entry, broken.kind), (entry, kind), "{sql}");
        // The next entry is written all the same, and the break stays where it is.
        store.audit(None, "rosa", "note", "on").await.unwrap();
        assert_eq!(store.check_audit().await.unwrap().broken.unwrap().entry, entry, "{sql}");
    }
}

#[tokio::test]
async fn forgetting_takes_the_words_and_leaves_the_chain() {
    let desk = Desk::new();
    let (store, id, other) = audited(&desk).await;
    let head = store.check_audit().await.unwrap().head;
    store.forget_person(id, "1".into(), None, "rosa").await.unwrap();
    let lines = store.audit_lines(Some(id), 9).await.unwrap();
    let gone: Vec<_> =
        lines.iter().filter(|line| line.gone).map(|line| (line.what.as_str(), line.detail.as_str())).collect();
    assert_eq!(gone, [("ruling", "")], "of the other person everything stays: {lines:?}");
    store.purge_older_than(id, desk.clock.now() + jiff::SignedDuration::from_secs(1)).await.unwrap();
    assert!(store.audit_lines(Some(id), 9).await.unwrap().iter().all(|line| line.gone));
    store.remove_connection(other, "rosa").await.unwrap();
    let check = store.check_audit().await.unwrap();
    assert_eq!((check.entries, check.broken), (7, None));
    assert_ne!(check.head, head);
    let left: i64 = raw(&desk)
        .query_row("SELECT count(*) FROM audit WHERE gone = 1 AND (salt IS NOT NULL OR detail <> '')", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 0);
}
