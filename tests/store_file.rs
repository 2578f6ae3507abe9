//! The workspace file itself: rights, versions, crashes, concurrency, what must never be in it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod store_support;

use onroll::domain::code::ProblemCode;
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{ManagerLeft, ManagerProblem, OperationKind};
use onroll::domain::run::{FeedLine, Level, OperationState};
use onroll::domain::secret::{Secret, SecretRef};
use onroll::domain::snapshot::Side;
use onroll::ports::clock::Clock;
use onroll::ports::source::SourceRecord;
use onroll::secrets::SecretStore;
use onroll::store::views::{FeedEdge, FeedFilter, PeopleQuery};
use onroll::store::{Store, StoreError};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use store_support::{Desk, add, employee, operation, plan, pull, pull_users, user};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

/// Whether any file of the folder holds these bytes.
fn folder_holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

fn line(desk: &Desk, employee: &str, text: &str) -> FeedLine {
    FeedLine {
        run: None,
        at: desk.clock.now(),
        level: Level::Info,
        phase: None,
        employee: Some(employee.into()),
        what: "updated".into(),
        text: text.into(),
    }
}

#[tokio::test]
async fn only_the_owner_may_read_it() {
    let desk = Desk::new();
    add(&desk.store(), "harbour-vine").await;
    assert_eq!(mode(desk.path().parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&with_suffix(&desk.path(), suffix)), 0o600, "{suffix}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "makes files that the store did not make")]
fn another_file_or_a_newer_workspace_is_refused_and_left_alone() {
    let mut desk = Desk::new();
    desk.store = None;
    let newer = "PRAGMA user_version = 99";
    rusqlite::Connection::open(desk.path()).unwrap().execute_batch(newer).unwrap();
    let error = Store::open(&desk.path(), desk.clock.clone()).err().unwrap();
    assert!(matches!(error, StoreError::NewerWorkspace { found: 99, .. }), "{error}");
    assert_eq!(error.remedy(), "use the newer Onroll, or restore the backup that it made");
    assert_eq!(error.code(), ProblemCode::WorkspaceVersion);

    let other = desk.folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    let error = Store::open(&other, desk.clock.clone()).err().unwrap();
    assert_eq!(error.code(), ProblemCode::WorkspaceUnusable);
    assert_eq!(error, StoreError::NotAWorkspace { path: other });
    let text = desk.folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, just a text that is long enough to be read as one by mistake").unwrap();
    let error = Store::open(&text, desk.clock.clone()).err().unwrap();
    assert_eq!(error, StoreError::NotAWorkspace { path: text });
}

#[tokio::test]
async fn what_was_marked_sent_is_there_for_whoever_opens_the_file_next() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let plan_id =
        store.save_plan(id, None, &plan(vec![operation(0, OperationKind::Create, "1")], vec![]), "rosa").await.unwrap();
    store.mark_sent(plan_id, 0, None).await.unwrap();
    // The process is killed here: its files are copied as they are, nothing is closed.
    let copy = desk.folder.path().join("copy.db");
    for suffix in ["", "-wal"] {
        std::fs::copy(with_suffix(&desk.path(), suffix), with_suffix(&copy, suffix)).unwrap();
    }
    let next = Store::open(&copy, desk.clock.clone()).unwrap();
    assert_eq!(next.operations(plan_id, &[OperationState::Sent]).await.unwrap().len(), 1);
    assert_eq!(next.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn two_processes_may_share_the_file() {
    let desk = Desk::new();
    let (one, two) = (desk.store(), Store::open(&desk.path(), desk.clock.clone()).unwrap());
    let id = add(&one, "harbour-vine").await;
    for n in 0..20 {
        let key = format!("k{n}");
        let (a, b) = tokio::join!(one.set_preference(&key, Some("1")), two.note_refusal(id));
        a.unwrap();
        b.unwrap();
    }
    assert_eq!(one.connection_state(id).await.unwrap().refusals, 20);
    assert_eq!(two.preference("k19").await.unwrap().as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_read_while_a_pull_is_written() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, vec![employee("1", "Ann", "Lee")]).await;
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            let snapshot = store.begin_snapshot(id, None, Side::Source).await.unwrap();
            for batch in 0..10 {
                let records = (0..200).map(|n| SourceRecord {
                    employee: employee(&format!("{batch}-{n}"), "Ann", "Lee"),
                    raw: serde_json::Value::Null,
                    out_of_scope: false,
                });
                store.add_employees(snapshot, records.collect()).await.unwrap();
            }
            store.finish_source_snapshot(snapshot, &Default::default()).await.unwrap();
        })
    };
    let screen = store.for_screen();
    let mut seen = Vec::new();
    while !writer.is_finished() {
        seen.push(screen.people_keys(id, PeopleQuery::default()).await.unwrap().len());
    }
    writer.await.unwrap();
    assert!(seen.iter().all(|count| *count == 1 || *count == 2000), "a pull is seen whole or not at all: {seen:?}");
    assert_eq!(screen.people_keys(id, PeopleQuery::default()).await.unwrap().len(), 2000);
}

#[tokio::test]
async fn many_writes_at_once_are_all_answered() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let operations = (0..300).map(|n| operation(n, OperationKind::Update, &n.to_string())).collect();
    let plan_id = store.save_plan(id, None, &plan(operations, vec![]), "rosa").await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for seq in 0..300 {
        let store = store.clone();
        tasks.spawn(async move { store.mark_sent(plan_id, seq, None).await });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }
    assert_eq!(store.journal_totals(plan_id).await.unwrap().state(OperationState::Sent), 300);
}

#[tokio::test]
async fn on_the_screen_only_the_newest_request_of_a_list_counts() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, (0..500).map(|n| employee(&n.to_string(), "Ann", "Lee")).collect()).await;
    let screen = store.for_screen();
    let query = |search: &str| PeopleQuery { search: search.into(), ..PeopleQuery::default() };
    let (first, second, third) = tokio::join!(
        screen.people_keys(id, query("a")),
        screen.people_keys(id, query("an")),
        screen.people_keys(id, query("ann")),
    );
    for early in [first, second] {
        assert!(matches!(&early, Err(StoreError::Superseded)) || early.is_ok_and(|keys| keys.len() == 500));
    }
    assert_eq!(third.unwrap().len(), 500);
    let (one, two) = tokio::join!(store.people_keys(id, query("a")), store.people_keys(id, query("an")));
    assert_eq!((one.unwrap().len(), two.unwrap().len()), (500, 500), "work is answered in full");
}

#[tokio::test]
async fn a_removed_connection_leaves_nothing_behind_not_even_bytes() {
    let desk = Desk::new();
    let store = desk.store();
    let (id, other) = (add(&store, "harbour-vine").await, add(&store, "other-place").await);
    for connection in [id, other] {
        let name = if connection == id { "Unmistakeable" } else { "Remaining" };
        pull(&store, connection, vec![employee("1", name, "Lee")]).await;
        pull_users(&store, connection, vec![user("u1", name, "Lee", None)]).await;
        store.append_feed(connection, vec![line(&desk, "1", &format!("{name} line"))]).await.unwrap();
    }
    store.remove_connection(id, "rosa").await.unwrap();
    let names: Vec<String> = store.connections().await.unwrap().into_iter().map(|c| c.short_name).collect();
    assert_eq!(names, ["other-place"]);
    assert!(!folder_holds(desk.path().parent().unwrap(), "Unmistakeable"));
    assert!(folder_holds(desk.path().parent().unwrap(), "Remaining"));
    let found = FeedFilter { text: "remaining line".into(), ..FeedFilter::default() };
    assert_eq!(store.feed_window(other, found, FeedEdge::Newest, 9).await.unwrap().len(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.audit_lines(None, 1).await.unwrap()[0].what, "removed");
}

#[tokio::test]
async fn a_forgotten_person_leaves_the_counts_and_nothing_else() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, vec![employee("77123", "Unmistakeable", "Lee"), employee("2", "Bob", "Ray")]).await;
    pull_users(&store, id, vec![user("u77", "Unmistakeable", "Lee", Some("40718_77123"))]).await;
    store.append_feed(id, vec![line(&desk, "77123", "updated somebody")]).await.unwrap();
    let mut made = plan(vec![operation(0, OperationKind::Update, "77123")], vec![]);
    let without = |employee: &str, manager: &str| ManagerLeft {
        employee: employee.into(),
        manager: manager.into(),
        why: ManagerProblem::Left,
    };
    made.managers_left = vec![without("2", "77123"), without("3", "9"), without("77123", "9")];
    let plan_id = store.save_plan(id, None, &made, "rosa").await.unwrap();
    assert_eq!(store.plan(plan_id).await.unwrap().managers_left, made.managers_left);
    let before = user("u77", "Unmistakeable", "Lee", Some("40718_77123"));
    store.mark_sent(plan_id, 0, Some(&before)).await.unwrap();
    let decision = Decision {
        employee: "77123".into(),
        ruling: Ruling::Protect,
        reason: None,
        by: "rosa".into(),
        at: desk.clock.now(),
        key_fields: String::new(),
    };
    store.decide(id, vec![decision]).await.unwrap();
    store.forget_person(id, EmployeeId::from("77123"), Some("u77".into()), "rosa").await.unwrap();
    for text in ["Unmistakeable", "77123"] {
        assert!(!folder_holds(desk.path().parent().unwrap(), text), "{text}");
    }
    assert_eq!(store.operations(plan_id, &[]).await.unwrap().len(), 1);
    assert_eq!(store.managers_left(plan_id).await.unwrap(), [(ManagerProblem::Left, 1)]);
    assert_eq!(store.employees(id).await.unwrap().len(), 1);
    let later = desk.clock.now() + jiff::SignedDuration::from_hours(1);
    store.append_feed(id, vec![line(&desk, "2", "old line")]).await.unwrap();
    assert_eq!(store.purge_older_than(id, later).await.unwrap(), 1);
}

#[tokio::test]
async fn no_credential_reaches_the_database() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let folder = desk.path().parent().unwrap().to_owned();
    let secrets = SecretStore::open(&folder, None).unwrap();
    let name = "harbour-vine.destination.token";
    secrets.set(name, &Secret::new("tok-unmistakeable-123")).unwrap();
    store.set_secret_ref(id, Side::Destination, "token", SecretRef::Sealed(name.into()), "rosa").await.unwrap();
    let reference = store.connection(id).await.unwrap().destination.secrets["token"].clone();
    assert_eq!(secrets.resolve(&reference, &|_| None).unwrap().reveal(), "tok-unmistakeable-123");
    assert!(!folder_holds(&folder, "tok-unmistakeable-123"));
    assert!(folder_holds(&folder, name));
}

#[tokio::test]
async fn a_backup_opens_as_a_workspace() {
    let desk = Desk::new();
    let store = desk.store();
    add(&store, "harbour-vine").await;
    let target = desk.folder.path().join("backup.db");
    store.back_up(target.clone()).await.unwrap();
    store.back_up(target.clone()).await.unwrap();
    let notes = desk.folder.path().join("notes.db");
    std::fs::write(&notes, "something else").unwrap();
    let refused = store.back_up(notes.clone()).await;
    assert!(matches!(refused, Err(StoreError::NotReplaced { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "something else");
    assert_eq!(mode(&target), 0o600);
    let backup = Store::open(&target, desk.clock.clone()).unwrap();
    assert_eq!(backup.connections().await.unwrap().len(), 1);
    let nowhere = store.back_up(desk.folder.path().join("backup.db").join("x")).await;
    assert!(matches!(nowhere, Err(StoreError::Open { .. })), "{nowhere:?}");
}
