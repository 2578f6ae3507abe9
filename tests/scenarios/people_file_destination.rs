//! People files as the destination of a connection: a platform whose support exports its users and loads lists.

use crate::common::faulty::{Fate, Faulty, Script};
use crate::common::platform::Platform;
use crate::common::{Desk, TODAY, codes, employee, hold, operations, problem, to_file, world};
use onroll::domain::connection::Connection;
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::field::Field;
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{HoldCode, OperationKind, Plan};
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Approved, Confirmation, RunReport, SyncRequest};
use onroll::planning::key_fields;
use onroll::ports::api::ProbeResult;
use onroll::ports::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn staff() -> Vec<Value> {
    vec![
        employee(1, "Ines", "Halloran", json!({})),
        employee(2, "Leo", "Marsh", json!({})),
        employee(3, "Ana", "Lopes", json!({})),
    ]
}

async fn desk_of(platform: &Platform, staff: Vec<Value>, more: &str) -> Desk {
    let desk = Desk::to_lists(world(staff, vec![]), &platform.exports(), more).await;
    desk.publish().await;
    desk
}

async fn desk(platform: &Platform) -> Desk {
    desk_of(platform, staff(), "").await
}

/// A tenant whose three people are on the platform, by list and export.
async fn settled(platform: &mut Platform) -> Desk {
    let desk = desk(platform).await;
    desk.sync_confirmed().await;
    platform.load(&desk.outbox());
    let report = desk.sync().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?} {:?}", report.problem, codes(&desk.plan().await));
    desk
}

fn names(platform: &Platform, folder: &Path) -> Vec<String> {
    platform.lists(folder).iter().map(|list| list.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Changes a person of the source.
fn change(desk: &Desk, id: &str, change: impl FnOnce(&mut onroll::sandbox::Person)) {
    desk.sandbox.edit(|world| change(world.company_mut("planday").unwrap().person_mut(id).unwrap()));
}

fn leaves(desk: &Desk, id: &str) {
    change(desk, id, |person| (person.end_date, person.status) = ("2026-11-18".into(), "inactive".into()));
}

fn waits(plan: &Plan, employee: &str) {
    let hold = hold(plan, employee);
    assert_eq!(hold.code, HoldCode::StatusUnclear);
    assert!(hold.message.starts_with("on a list of new users since"), "{}", hold.message);
    assert!(
        hold.remedy.contains("have support load that list") && hold.remedy.contains("rule `create`"),
        "{}",
        hold.remedy
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_new_users_are_on_one_list_until_an_export_shows_them() {
    let mut platform = Platform::new();
    let desk = desk(&platform).await;
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.written, report.totals.confirmed), (RunOutcome::Done, 3, 0));
    let lists = platform.lists(&desk.outbox());
    assert_eq!(names(&platform, &desk.outbox()), [format!("{}-0001-{TODAY}-2-new.csv", desk.short_name)]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&lists[0]), mode(&desk.outbox())), (0o600, 0o700));
    let ines = platform.read(&lists[0]).into_iter().find(|row| row["Forename"] == "Ines").unwrap();
    for (head, value) in [
        ("External ID", "40817_1"),
        ("Surname", "Halloran"),
        ("E-mail", "ines.halloran@hvine.example"),
        ("Date of birth", "1961-02-02"),
        ("Position", "Waiter"),
        ("Site", "Quayside"),
        ("Start date", "2024-03-11"),
    ] {
        assert_eq!(ines[head], value, "{head}");
    }
    assert!(desk.feed("for support to load").await.iter().any(|line| line.text.contains("-2-new.csv")));

    // Support has not loaded it: whatever is run, and whatever else changes, nobody is on a second list.
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?}", plan.operations);
    ["1", "2", "3"].into_iter().for_each(|employee| waits(&plan, employee));
    change(&desk, "1", |person| person.last_name = "Halloran-Webb".into());
    platform.export();
    assert_eq!(desk.sync().await.outcome, RunOutcome::DoneWithHeld);
    assert_eq!(platform.lists(&desk.outbox()), lists, "neither another list nor another name");

    platform.load(&desk.outbox());
    let plan = desk.plan().await;
    assert!(plan.holds.is_empty(), "{:?}", codes(&plan));
    assert_eq!(operations(&plan, OperationKind::Update).len(), 1, "what has changed meanwhile comes now");
    assert_eq!(platform.accounts.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_changes_leavers_and_those_who_come_back_are_listed_once_per_export() {
    let mut platform = Platform::new();
    let desk = settled(&mut platform).await;
    change(&desk, "1", |person| person.last_name = "Halloran-Webb".into());
    leaves(&desk, "2");
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 2), "{:?}", report.problem);
    let listed = names(&platform, &desk.outbox());
    assert!(listed[0].contains("-0002-") && listed[0].ends_with("-3-changes.csv"), "{listed:?}");
    assert!(listed[1].contains("-0002-") && listed[1].ends_with("-5-leavers.csv"), "{listed:?}");
    // The afternoon's run on the morning's export repeats nothing, and lists only what is new.
    assert!(desk.plan().await.operations.is_empty());
    change(&desk, "1", |person| person.email = "ines.webb@hvine.example".into());
    assert_eq!(desk.sync_confirmed().await.totals.written, 1);
    let later = names(&platform, &desk.outbox());
    assert_eq!((later.len(), later[2].contains("-0003-")), (3, true), "{later:?}");
    let loaded = platform.load(&desk.outbox());
    assert_eq!(loaded[0].1["changed"], "Surname");
    assert_eq!((loaded[2].1["changed"].as_str(), loaded[2].1["Surname"].as_str()), ("E-mail", "Halloran-Webb"));
    assert_eq!(loaded[1].1["Leaving date"], "2026-11-18");
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
    assert_eq!(platform.active_mails(), ["ana.lopes@hvine.example", "ines.webb@hvine.example"]);

    change(&desk, "2", |person| (person.end_date, person.status) = (String::new(), "active".into()));
    desk.sync_confirmed().await;
    assert!(names(&platform, &desk.outbox())[0].ends_with("-4-returning.csv"));
    platform.load(&desk.outbox());
    assert_eq!((platform.active_mails().len(), platform.accounts.len()), (3, 3), "back on the same account");
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx14_a_change_that_was_never_loaded_comes_again_with_the_next_export() {
    let mut platform = Platform::new();
    let desk = settled(&mut platform).await;
    change(&desk, "1", |person| person.last_name = "Halloran-Webb".into());
    leaves(&desk, "2");
    desk.sync_confirmed().await;
    platform.export();
    assert_eq!(desk.sync_confirmed().await.totals.written, 2, "nothing was loaded, so both are listed again");
    assert_eq!(platform.lists(&desk.outbox()).len(), 4);
    platform.load(&desk.outbox());
    assert!(desk.plan().await.operations.is_empty(), "loaded twice, a change is one change");
    assert_eq!(platform.active_mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro07_who_is_there_already_gets_the_identifier_by_list() {
    let mut platform = Platform::new();
    let user = platform.add("", "Ines", "Halloran");
    platform.export();
    let desk = desk_of(&platform, vec![staff().remove(0)], "").await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?} {:?}", report.problem, codes(&desk.plan().await));
    let lists = platform.lists(&desk.outbox());
    let listed = names(&platform, &desk.outbox());
    assert!(listed[0].ends_with("-1-identifiers.csv") && listed[1].ends_with("-3-changes.csv"), "{listed:?}");
    let row = &platform.read(&lists[0])[0];
    assert_eq!((row["User ID"].as_str(), row["External ID"].as_str()), (user.as_str(), "40817_1"));
    assert!(desk.plan().await.operations.is_empty());
    platform.load(&desk.outbox());
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
    assert_eq!((platform.accounts.len(), platform.carriers("40817_1").len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_plan_lists_nobody_whom_another_run_has_listed_since() {
    let mut platform = Platform::new();
    let desk = desk(&platform).await;
    let kept = desk.preview().await.plan.expect("a plan").id;
    desk.sync_confirmed().await;
    let confirmation = Some(Confirmation { number: 3, reason: None });
    let request = SyncRequest { confirmation, approved: Approved::Kept(kept), ..SyncRequest::default() };
    let report = desk.sync_with(request).await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Drifted, 0), "{:?}", report.problem);
    assert_eq!(platform.lists(&desk.outbox()).len(), 1);
    assert_eq!(platform.load(&desk.outbox()).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_listed_before_an_operator_stops_a_run_is_handed_over() {
    let platform = Platform::new();
    let many = (1..=150).map(|id| employee(id, &format!("First{id}"), &format!("Last{id}"), json!({}))).collect();
    let mut desk = desk_of(&platform, many, "").await;
    let script = faulty(&mut desk);
    *script.writes.lock().unwrap() = [vec![Fate::Passes], vec![Fate::Stops; 149]].concat().into();
    let (connection, number) = (desk.connection().await, desk.plan().await.counts.operations());
    let request = SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let stopping = async {
        script.died.notified().await;
        control.stop();
        script.goes_on.add_permits(150);
    };
    let work = desk.engine().sync(&connection, &request, &reporter, &control);
    let (report, ()) = tokio::join!(work, stopping);
    let report = report.unwrap();
    assert_eq!(report.outcome, RunOutcome::Cancelled, "{:?}", report.problem);
    assert!((1..150).contains(&report.totals.written), "{:?}", report.totals);
    let list = platform.lists(&desk.outbox())[0].clone();
    assert_eq!(platform.read(&list).len() as u32, report.totals.written);
    let plan = desk.plan().await;
    assert_eq!(plan.holds.len() as u32, report.totals.written);
}

/// A ruling of now: the journal has the system's time.
async fn rule_create(desk: &Desk, employee: &str) {
    let (connection, id) = (desk.connection().await.id, EmployeeId::from(employee));
    let found = desk.store().employee(connection, &id).await.unwrap().unwrap();
    let decision = Decision {
        employee: id,
        ruling: Ruling::Create,
        reason: None,
        by: "test".into(),
        at: SystemClock.now(),
        key_fields: key_fields(&found.person),
    };
    desk.store().decide(connection, vec![decision]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_lost_is_said_so_and_only_a_ruling_puts_somebody_on_another() {
    let mut platform = Platform::new();
    let desk = desk(&platform).await;
    desk.sync_confirmed().await;
    let outbox = desk.outbox();
    std::fs::remove_file(&platform.lists(&outbox)[0]).unwrap();
    for _ in 0..2 {
        platform.export();
        assert_eq!(desk.sync().await.outcome, RunOutcome::DoneWithHeld);
        let plan = desk.plan().await;
        ["1", "2", "3"].into_iter().for_each(|employee| waits(&plan, employee));
    }
    assert!(platform.lists(&outbox).is_empty(), "nothing comes back by itself");
    rule_create(&desk, "2").await;
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.written, 1);
    let listed = names(&platform, &outbox);
    assert!(listed.len() == 1 && listed[0].contains("-0002-"), "a number is never given out twice: {listed:?}");
    waits(&desk.plan().await, "2");
    platform.load(&outbox);
    assert_eq!(codes(&desk.plan().await).len(), 2);
    assert_eq!(platform.carriers("40817_2").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_list_that_was_loaded_in_part_the_rest_waits_and_is_not_listed_again() {
    let mut platform = Platform::new();
    let desk = desk(&platform).await;
    desk.sync_confirmed().await;
    let list = platform.lists(&desk.outbox())[0].clone();
    platform.load_list(&list, 2);
    platform.export();
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::DoneWithHeld, 0));
    let plan = desk.plan().await;
    assert_eq!(plan.holds.len(), 1);
    waits(&plan, plan.holds[0].employee.as_str());
    assert_eq!(platform.lists(&desk.outbox()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_loaded_twice_holds_whoever_stands_there_twice() {
    let mut platform = Platform::new();
    let desk = desk(&platform).await;
    desk.sync_confirmed().await;
    let list = platform.lists(&desk.outbox())[0].clone();
    platform.load_list(&list, 3);
    platform.load_list(&list, 1);
    std::fs::remove_file(list).unwrap();
    platform.export();
    change(&desk, "1", |person| person.last_name = "Halloran-Webb".into());
    change(&desk, "2", |person| person.last_name = "Marsh-Webb".into());
    change(&desk, "3", |person| person.last_name = "Lopes-Webb".into());
    let report = desk.sync_confirmed().await;
    assert_eq!(report.totals.written, 2, "{:?}", report.problem);
    let plan = desk.plan().await;
    let [held] = plan.holds.as_slice() else { panic!("{:?}", codes(&plan)) };
    assert_eq!((held.code, held.candidates.len()), (HoldCode::ProbableDuplicate, 2), "{}", held.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_export_is_refused_and_one_that_pretends_to_be_new_puts_nobody_on_a_second_list() {
    let mut platform = Platform::new();
    let ana = platform.add("40817_3", "Ana", "Lopes");
    for (head, value) in [
        ("Date of birth", "1963-04-04"),
        ("Position", "Waiter"),
        ("Site", "Quayside"),
        ("Department", "Kitchen"),
        ("Start date", "2024-03-11"),
    ] {
        platform.account(&ana).insert(head.into(), value.into());
    }
    let old = platform.export();
    let desk = settled(&mut platform).await;
    let older = std::fs::read(&old).unwrap();
    for export in platform.lists(&platform.exports()) {
        std::fs::remove_file(export).unwrap();
    }
    let again = platform.exports().join("again.csv");
    std::fs::write(&again, &older).unwrap();
    platform.date(&again, SystemTime::from(SystemClock.now()) - Duration::from_secs(7_200));
    let report = desk.sync().await;
    let why = &problem(&report).why;
    assert!(why.contains("one of") && why.contains("was read before") && why.contains("touch it"), "{why}");

    // Copied there again, an older one looks new. Whom it does not show any more has an account.
    platform.date(&again, SystemTime::from(SystemClock.now()) + Duration::from_secs(36_000));
    let report = desk.sync().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::DoneWithHeld, 0), "{:?}", report.problem);
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty(), "{:?}", plan.operations);
    for employee in ["1", "2"] {
        let hold = hold(&plan, employee);
        assert!(hold.message.contains("does not show the user any more"), "{}", hold.message);
        assert!(hold.remedy.contains("newest export"), "{}", hold.remedy);
    }
    assert!(platform.lists(&desk.outbox()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_without_identifiers_is_refused_and_one_without_a_field_leaves_it_alone() {
    let mut platform = Platform::new();
    platform.add("", "Zed", "Other");
    for export in platform.lists(&platform.exports()) {
        std::fs::remove_file(export).unwrap();
    }
    platform.export_with(&["User ID", "Forename", "Surname", "E-mail", "Status"]);
    let desk = Desk::to_lists(world(staff(), vec![]), &platform.exports(), "").await;
    let report = desk.preview().await;
    assert!(problem(&report).why.contains("`columns` = `identifier=HEAD`"), "{:?}", report.problem);

    platform.export_with(&["User ID", "External ID", "Forename", "Surname", "E-mail", "Position", "Status"]);
    desk.publish().await;
    desk.sync_confirmed().await;
    let list = platform.lists(&desk.outbox())[0].clone();
    let heads: Vec<String> = platform.read(&list)[0].keys().cloned().collect();
    assert_eq!(heads, ["E-mail", "External ID", "Forename", "Position", "Surname"]);
    platform.load_list(&list, 3);
    platform.export_with(&["User ID", "External ID", "Forename", "Surname", "E-mail", "Position", "Status"]);
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
    let steps = desk.engine().test_connection(&desk.connection().await).await;
    let said = format!("{steps:?}");
    assert!(said.contains("neither compared nor listed") && said.contains("birth date"), "{said}");
    assert!(!said.contains(&format!("{:?}", ProbeResult::NotTried)), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lists_are_made_of_is_inert_and_said() {
    let mut platform = Platform::new();
    let staff = vec![employee(1, "=HYPERLINK(\"http://x.example\")", "Halloran", json!({"job_title": "007"}))];
    let desk = desk_of(&platform, staff.clone(), "").await;
    desk.sync_confirmed().await;
    let row = &platform.read(&platform.lists(&desk.outbox())[0])[0];
    assert!(row["Forename"].starts_with("'=") && row["Position"] == "007", "{row:?}");
    assert!(!desk.feed("begins like a formula").await.is_empty());

    platform = Platform::of_workbooks();
    let folder = tempfile::tempdir().unwrap();
    let more = format!("lists = {:?}\nform = \"xlsx\"\n", folder.path().display().to_string());
    let desk = desk_of(&platform, staff, &more).await;
    desk.sync_confirmed().await;
    let lists = platform.lists(folder.path());
    assert!(lists[0].to_str().unwrap().ends_with("-2-new.xlsx"), "{lists:?}");
    assert_eq!(std::fs::metadata(&lists[0]).unwrap().permissions().mode() & 0o777, 0o600);
    platform.load(folder.path());
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_stops_the_run_before_anybody_counts_as_listed() {
    let mut platform = Platform::new();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("for-support");
    let more = format!("lists = {:?}\n", folder.display().to_string());
    std::fs::create_dir(&folder).unwrap();
    let desk = desk_of(&platform, staff(), &more).await;
    std::fs::remove_dir(&folder).unwrap();
    let report = desk.sync_confirmed().await;
    assert!(problem(&report).why.contains("for-support"), "{:?}", report.problem);
    assert_eq!(report.totals.written, 0);
    std::fs::create_dir(&folder).unwrap();
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 3), "{:?}", report.problem);
    platform.load(&folder);
    change(&desk, "1", |person| person.last_name = "Halloran-Webb".into());
    std::fs::remove_dir(&folder).unwrap();
    assert!(desk.sync_confirmed().await.problem.is_some());
    std::fs::create_dir(&folder).unwrap();
    desk.sync_confirmed().await;
    assert_eq!(platform.load(&folder).len(), 1);
}

/// The tenant's clients, with writes that can be cut short.
fn faulty(desk: &mut Desk) -> Arc<Script> {
    let script = Arc::new(Script::default());
    desk.workspace.engine.factory = Arc::new(Faulty(Arc::clone(&script)));
    script
}

/// Syncs until the process ends; then another one opens the workspace.
async fn dies(desk: &mut Desk, script: &Script) {
    let connection: Connection = desk.connection().await;
    let number = desk.plan().await.counts.operations();
    let request = SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    {
        let engine = desk.engine();
        let work = engine.sync(&connection, &request, &reporter, &control);
        tokio::select! {
            () = script.died.notified() => {}
            report = work => panic!("it came to an end: {report:?}"),
        }
    }
    desk.reopen(TODAY);
    // The dead process gives no lease back; its pid would tell that it is gone.
    let sql = "UPDATE lease SET held = 0";
    #[expect(clippy::disallowed_methods, reason = "past the store, as a process ends")]
    rusqlite::Connection::open(desk.store().path()).unwrap().execute_batch(sql).unwrap();
}

/// That everybody stands on lists once, and comes onto the platform once.
async fn everybody_once(platform: &mut Platform, desk: &Desk, of: &str) {
    let folder = desk.outbox();
    for _ in 0..3 {
        let report: RunReport = desk.sync_confirmed().await;
        assert_eq!(report.problem, None, "{of}");
    }
    let hidden = names(platform, &folder).into_iter().filter(|name| name.starts_with('.')).count();
    assert_eq!(hidden, 0, "{of}: nothing lies beside its name");
    let loaded = platform.load(&folder);
    assert_eq!(loaded.len(), 3, "{of}: {loaded:?}");
    for employee in ["1", "2", "3"] {
        assert_eq!(platform.carriers(&format!("40817_{employee}")).len(), 1, "{of}");
    }
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{of}: {:?} {:?}", plan.operations, codes(&plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_nobody_is_listed_twice_or_forgotten_though_the_process_dies_at_any_moment() {
    use Fate::{DiesAfter, DiesBefore, LostAfter, LostBefore, Passes};
    let writes = [
        vec![DiesBefore],
        vec![DiesAfter],
        vec![Passes, DiesBefore],
        vec![Passes, DiesAfter],
        vec![LostAfter, DiesBefore],
        vec![LostBefore, DiesAfter],
        vec![Passes, Passes, DiesAfter],
    ];
    for fates in writes {
        let mut platform = Platform::new();
        let mut desk = desk(&platform).await;
        let script = faulty(&mut desk);
        *script.writes.lock().unwrap() = fates.clone().into();
        dies(&mut desk, &script).await;
        assert!(platform.lists(&desk.outbox()).is_empty(), "{fates:?}: support sees no list of a run that is not over");
        everybody_once(&mut platform, &desk, &format!("{fates:?}")).await;
    }
    for fate in [DiesBefore, DiesAfter] {
        let mut platform = Platform::new();
        let mut desk = desk(&platform).await;
        let script = faulty(&mut desk);
        // The first is of what earlier runs have left.
        *script.hand_overs.lock().unwrap() = [Passes, fate].into();
        dies(&mut desk, &script).await;
        everybody_once(&mut platform, &desk, &format!("hand-over {fate:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all10_a_list_that_support_took_after_a_crash_is_not_written_again() {
    let mut platform = Platform::new();
    let mut desk = desk(&platform).await;
    let script = faulty(&mut desk);
    *script.hand_overs.lock().unwrap() = [Fate::Passes, Fate::DiesAfter].into();
    dies(&mut desk, &script).await;
    let loaded = platform.load(&desk.outbox());
    assert_eq!(loaded.len(), 3);
    desk.sync().await;
    assert!(platform.lists(&desk.outbox()).is_empty());
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_are_settled_by_the_list_itself_in_the_same_run() {
    let mut platform = Platform::new();
    let mut desk = desk(&platform).await;
    let script = faulty(&mut desk);
    *script.writes.lock().unwrap() = vec![Fate::LostAfter, Fate::LostBefore, Fate::LostAfter].into();
    let report = desk.sync_confirmed().await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 3), "{:?}", report.problem);
    assert!(desk.states(&report).await.iter().all(|state| *state == OperationState::Written));
    let plan = desk.plan().await;
    ["1", "2", "3"].into_iter().for_each(|employee| waits(&plan, employee));
    platform.load(&desk.outbox());
    let plan = desk.plan().await;
    assert!(plan.operations.is_empty() && plan.holds.is_empty(), "{:?} {:?}", plan.operations, codes(&plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_cannot_be_told_is_said_at_set_up() {
    let vendor = onroll::vendors::registry::destination("people-file").unwrap();
    let can = (vendor.capabilities)(&Default::default());
    assert!(!can.creates_options() && !can.can_invite && !can.mails_new_users && !can.asks_of_mails());
    assert!(can.fields.contains(&Field::Identifier) && can.can_link);
    let platform = Platform::new();
    let desk = Desk::to_lists(world(staff(), vec![]), &platform.exports(), "").await;
    let beside = format!("lists = {:?}", platform.exports().display().to_string());
    for (wrong, why) in [
        ("form = \"pdf\"", "csv or xlsx"),
        ("dates = \"year-first\"", "is no order of dates; say day-first"),
        ("columns = \"shoe=Shoe\"", "`shoe` is no field"),
        (beside.as_str(), "folder of the exports"),
    ] {
        let text = to_file(&desk.sandbox.tenant_files()[0].1, &platform.exports(), &format!("{wrong}\n"));
        let refused = onroll::cli::tenant_file::parse(&text).err().unwrap_or_default();
        assert!(refused.contains(why), "{wrong}: {refused}");
    }
}
