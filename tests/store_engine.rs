//! What the engine asks of the store: pulls, plans, journal, leases, rulings, runs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod store_support;

use onroll::domain::connection::ConnectionStatus;
use onroll::domain::decision::{Decision, Link, LinkOrigin, NotSame, PairVerdict, Ruling};
use onroll::domain::exchange::{Content, Exchange, Heard, Purpose};
use onroll::domain::ids::{ConnectionId, EmployeeId, Identifier, SnapshotId};
use onroll::domain::person::EmploymentStatus;
use onroll::domain::plan::{Beside, HoldCode, LimitKind, OperationKind, Plan};
use onroll::domain::run::{Cursor, FeedLine, Level, OperationState, Phase, RunOutcome, RunPurpose, RunTotals};
use onroll::domain::settings::Settings;
use onroll::domain::snapshot::{Basis, ReadScope, Reading, Side, SourceFacts};
use onroll::planning::records::{Author, Records};
use onroll::ports::clock::Clock;
use onroll::ports::source::SourceRecord;
use onroll::store::views::LineOf;
use onroll::store::{Approval, Group, JournalRow, LinePlace, NewRun, OperationMark, Outcome, Said, Store, StoreError};
use store_support::{Desk, add, employee, hold, new_connection, operation, plan, pull, pull_users, user};

fn decision(desk: &Desk, employee: &str, ruling: Ruling) -> Decision {
    Decision {
        employee: employee.into(),
        ruling,
        reason: None,
        by: "rosa".into(),
        at: desk.clock.now(),
        key_fields: "digest".into(),
    }
}

#[tokio::test]
async fn a_connection_is_found_by_either_name_and_near_names_are_told() {
    let desk = Desk::new();
    let store = desk.store();
    let id = store.add_connection(new_connection("Harbour & Vine", "harbour-vine")).await.unwrap();
    store.add_connection(new_connection("Marlowe & Finch", "marlowe-finch")).await.unwrap();
    assert_eq!(store.connection_named("HARBOUR-vine").await.unwrap().id, id);
    assert_eq!(store.connection_named("harbour & vine").await.unwrap().id, id);
    let error = store.connection_named("harbor-vine").await.unwrap_err();
    assert_eq!(error.code(), onroll::domain::code::ProblemCode::NoSuchTenant);
    assert_eq!(error.to_string(), "no tenant is called `harbor-vine`; near: harbour-vine");
    store.add_connection(new_connection("Harbour & Vine", "harbour-vine-hr")).await.unwrap();
    let error = store.connection_named("Harbour & Vine").await.unwrap_err();
    assert!(matches!(error, StoreError::Ambiguous { short_names, .. } if short_names.len() == 2));
    let taken = store.add_connection(new_connection("Other", "harbour-vine")).await.unwrap_err();
    assert_eq!(taken, StoreError::NameTaken { short_name: "harbour-vine".into() });
}

#[tokio::test]
async fn settings_status_refusals_and_the_pinned_account_survive_a_restart() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    store.set_status(id, ConnectionStatus::Live, "rosa").await.unwrap();
    let settings = Settings { welcome_mail: false, ..Settings::default() };
    store.set_settings(id, settings.clone(), "tim").await.unwrap();
    store.pin_account(id, "40718").await.unwrap();
    store.set_endpoint_parameter(id, Side::Source, "client_id", Some("abc"), "tim").await.unwrap();
    assert_eq!(store.note_refusal(id).await.unwrap(), 1);
    assert_eq!(store.note_refusal(id).await.unwrap(), 2);
    drop(store);
    let store = desk.reopen();
    let connection = store.connection(id).await.unwrap();
    assert_eq!((connection.status, &connection.settings), (ConnectionStatus::Live, &settings));
    assert_eq!(connection.source.parameters["client_id"], "abc");
    let state = store.connection_state(id).await.unwrap();
    assert_eq!((state.refusals, state.status_by.as_str()), (2, "rosa"));
    assert_eq!(store.pinned_account(id).await.unwrap().as_deref(), Some("40718"));
    store.clear_refusals(id).await.unwrap();
    assert_eq!(store.connection_state(id).await.unwrap().refusals, 0);
    let lines = store.audit_lines(Some(id), 10).await.unwrap();
    let settings_line = lines.iter().find(|line| line.what == "settings").unwrap();
    assert_eq!((settings_line.by.as_str(), settings_line.detail.as_str()), ("tim", "welcome_mail: true to false"));
}

#[tokio::test]
async fn a_pull_becomes_current_only_when_it_is_finished() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, vec![employee("1", "Ann", "Lee"), employee("2", "Bob", "Ray")]).await;
    let unfinished = store.begin_snapshot(id, None, Side::Source).await.unwrap();
    assert_eq!(store.employees(id).await.unwrap().len(), 2);
    store.discard_snapshot(unfinished).await.unwrap();
    let mut leaver = employee("3", "Cy", "Orr");
    leaver.status = EmploymentStatus::Ended;
    pull(&store, id, vec![leaver.clone()]).await;
    assert_eq!(store.employees(id).await.unwrap(), vec![leaver]);
    assert_eq!(store.last_good_count(id, Side::Source).await.unwrap(), Some(1));
    assert_eq!(store.last_good_count(id, Side::Destination).await.unwrap(), None);
    pull(&store, id, vec![employee("4", "Di", "Poe")]).await;
    let heads = store.snapshots(id, Side::Source, 10).await.unwrap();
    let kept: Vec<bool> = heads.iter().map(|head| head.has_records).collect();
    assert_eq!(kept, [true, true, false], "the records of the last two pulls are kept");
    assert_eq!(heads[1].people, 0, "a leaver is no head");
    let refinish = store.finish_source_snapshot(unfinished, &Default::default()).await.unwrap_err();
    assert!(matches!(refinish, StoreError::Missing { .. }));
}

#[tokio::test]
async fn changes_and_their_cursor_become_current_in_one_step_or_not_at_all() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let record = |id: &str, last: &str| SourceRecord {
        employee: employee(id, "Ann", last),
        raw: serde_json::json!({}),
        out_of_scope: false,
    };
    let cursor = |text: &str| SourceFacts { cursor: Some(Cursor(text.into())), ..SourceFacts::default() };
    let basis = Basis { day: jiff::civil::date(2026, 11, 22), setting: "s".into() };
    let whole = Reading::of_everybody(3, desk.clock.now(), basis, None);
    assert!(store.known_pull(id, &[]).await.unwrap().is_none());
    let first = store.begin_snapshot(id, None, Side::Source).await.unwrap();
    store.add_employees(first, ["1", "2", "3"].map(|one| record(one, "Lee")).to_vec()).await.unwrap();
    store.finish_reading(id, first, cursor("a"), whole.clone()).await.unwrap();
    let known = store.known_pull(id, &[]).await.unwrap().unwrap();
    assert_eq!((known.id, known.records, known.open.len()), (first, 3, 3), "nobody has a user");
    assert_eq!(known.reading.as_ref().map(|reading| reading.changed), Some(3));

    // Read beside another process that was quicker.
    let late = store.begin_snapshot(id, None, Side::Source).await.unwrap();
    store.add_employees(late, vec![record("2", "Ray")]).await.unwrap();
    let other = SnapshotId(first.0 + 100);
    let changes = whole.then(ReadScope::Changes, 1);
    let refused = store.finish_changes(id, late, other, cursor("b"), changes.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused}");
    assert_eq!(store.source_facts(id).await.unwrap().unwrap().cursor, Some(Cursor("a".into())));
    assert_eq!(store.employees(id).await.unwrap()[1].person.last_name.as_deref(), Some("Lee"));

    assert_eq!(store.not_among(late, &["1".into(), "2".into()]).await.unwrap(), 1);
    store.add_employees(late, vec![record("4", "Poe"), record("3", "Lee")]).await.unwrap();
    store.finish_changes(id, late, first, cursor("b"), changes).await.unwrap();
    let known = store.known_pull(id, &[]).await.unwrap().unwrap();
    let reading = known.reading.unwrap();
    assert_eq!((known.facts.cursor, known.records), (Some(Cursor("b".into())), 4));
    assert_eq!((reading.scope, reading.changed, reading.everybody), (ReadScope::Changes, 2, 3));
    assert_eq!(store.last_good_count(id, Side::Source).await.unwrap(), Some(3), "a list is compared with a list");
    let names: Vec<_> =
        store.employees(id).await.unwrap().into_iter().map(|one| one.person.last_name.unwrap()).collect();
    assert_eq!(names, ["Lee", "Ray", "Lee", "Poe"]);
    store.forget_person(id, "1".into(), None, "rosa").await.unwrap();
    assert_eq!(store.source_facts(id).await.unwrap().unwrap().cursor, None);
}

#[tokio::test]
async fn current_users_follow_writes() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull_users(&store, id, vec![user("8841", "Kasia", "Wojcik", None)]).await;
    let linked = user("8841", "Katarzyna", "Wójcik", Some("40718_2231"));
    store.update_user(id, &linked).await.unwrap();
    store.update_user(id, &user("9000", "New", "One", Some("40718_1"))).await.unwrap();
    assert_eq!(store.users(id).await.unwrap()[0], linked);
    store.remove_user(id, &"9000".into()).await.unwrap();
    assert_eq!(store.users(id).await.unwrap().len(), 1);
    let facts = store.destination_facts(id).await.unwrap().unwrap();
    assert_eq!((facts.account.as_str(), facts.can_create_options), ("company HVINE", true));
}

#[tokio::test]
async fn a_plan_comes_back_as_it_was_saved() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let run = store.start_run(id, NewRun::by_hand(RunPurpose::Sync, "rosa")).await.unwrap();
    let saved = plan(
        vec![operation(0, OperationKind::Create, "1"), operation(1, OperationKind::Update, "2")],
        vec![
            hold("3", HoldCode::ProbableDuplicate, &[("8841", 0.98), ("8842", 0.01)]),
            hold("4", HoldCode::UnmappedValue, &[]),
            hold("5", HoldCode::Protected, &[]),
        ],
    );
    let plan_id = store.save_plan(id, Some(run), &saved, "rosa").await.unwrap();
    assert_eq!(store.plan(plan_id).await.unwrap(), saved);
    let head = store.latest_plan(id).await.unwrap().unwrap();
    assert_eq!((head.id, head.blocked, head.review, head.ruled, head.unmapped_values), (plan_id, 1, 1, 1, 1));
    assert_eq!(store.run(run).await.unwrap().plan, Some(plan_id));
    assert_eq!(store.approval(plan_id).await.unwrap(), None);
    let approval = Approval {
        by: "rosa".into(),
        confirmed: Some("harbour-vine:2".into()),
        reason: None,
        without: vec![LimitKind::Leavers],
        waves: None,
    };
    store.approve_plan(plan_id, approval.clone()).await.unwrap();
    assert_eq!(store.approval(plan_id).await.unwrap().unwrap().approval, approval);
}

#[tokio::test]
async fn plans_of_runs_and_approved_ones_outlive_the_last_twenty_with_their_holds() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let of = |n: u32| {
        plan(vec![operation(0, OperationKind::Create, &n.to_string())], vec![hold("9", HoldCode::Rehire, &[])])
    };
    let what_if = store.save_plan(id, None, &of(0), "rosa").await.unwrap();
    let start = || store.start_run(id, NewRun::by_hand(RunPurpose::Sync, "rosa"));
    let made = store.save_plan(id, Some(start().await.unwrap()), &of(1), "rosa").await.unwrap();
    let used = store.save_plan(id, None, &of(2), "rosa").await.unwrap();
    store.set_run_plan(start().await.unwrap(), used).await.unwrap();
    let approved = store.save_plan(id, None, &of(3), "rosa").await.unwrap();
    let approval = Approval { by: "rosa".into(), confirmed: None, reason: None, without: vec![], waves: None };
    store.approve_plan(approved, approval).await.unwrap();
    for n in 4..24 {
        store.save_plan(id, None, &of(n), "rosa").await.unwrap();
    }
    assert!(matches!(store.plan(what_if).await, Err(StoreError::Missing { .. })));
    for kept in [made, used, approved] {
        let kept = store.plan(kept).await.unwrap();
        assert_eq!((kept.operations.len(), kept.holds.len()), (1, 1));
    }
}

#[tokio::test]
async fn the_journal_walks_one_way() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let operations = (0..4).map(|n| operation(n, OperationKind::Update, &n.to_string())).collect();
    let plan_id = store.save_plan(id, None, &plan(operations, vec![]), "rosa").await.unwrap();
    store.set_withheld(plan_id, vec![3], true).await.unwrap();
    let before = user("u0", "Old", "Name", Some("40718_0"));
    store.mark_sent(plan_id, 0, Some(&before)).await.unwrap();
    let twice = store.mark_sent(plan_id, 0, None).await.unwrap_err();
    assert!(matches!(twice, StoreError::WrongState { seq: 0, .. }), "{twice}");
    let held = store.mark_sent(plan_id, 3, None).await.unwrap_err();
    assert_eq!(held.to_string(), format!("operation 3 of plan {plan_id} is pending, held back, not ready to be sent"));
    drop(store);

    // The process dies here.
    let store = desk.reopen();
    let sent = store.operations(plan_id, &[OperationState::Sent]).await.unwrap();
    assert_eq!((sent.len(), sent[0].before.as_ref(), sent[0].attempts), (1, Some(&before), 1));
    store.mark(plan_id, 0, OperationState::Unknown, None, None).await.unwrap();
    assert!(store.mark_sent(plan_id, 0, None).await.is_err(), "an unknown one is read first");
    store.mark(plan_id, 0, OperationState::Written, Some("u0".into()), None).await.unwrap();
    store.mark_sent(plan_id, 1, None).await.unwrap();
    let refused = Some(("EMAIL_IN_USE".to_owned(), "the e-mail is taken".to_owned()));
    let marks = vec![
        OperationMark { seq: 0, state: OperationState::Confirmed, answered: None, error: None },
        OperationMark { seq: 1, state: OperationState::Failed, answered: None, error: refused.clone() },
    ];
    store.mark_many(plan_id, marks).await.unwrap();
    let rows = store.operations(plan_id, &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.operation.seq).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(rows[0].answered, Some("u0".into()), "an earlier answer stays");
    assert_eq!(rows[1].error, refused);
    // The same a few at a time, of those that are still to be done.
    assert_eq!(store.lines(plan_id, vec![0, 1, 9, 2, 3]).await.unwrap(), rows);
    let pending = store.operations(plan_id, &[OperationState::Pending]).await.unwrap();
    let places = store.places(plan_id, OperationState::Pending).await.unwrap();
    let of_row = |row: &JournalRow| LinePlace { seq: row.operation.seq, kind: row.operation.kind };
    assert_eq!(places, pending.iter().map(of_row).collect::<Vec<_>>());
    let of_row = |row: &JournalRow| (row.operation.kind, row.operation.identifier.clone());
    let named = |state| store.identifiers_of(plan_id, state);
    assert_eq!(named(None).await.unwrap(), rows.iter().map(of_row).collect::<Vec<_>>());
    assert_eq!(named(Some(OperationState::Confirmed)).await.unwrap(), [of_row(&rows[0])]);
    let totals = store.journal_totals(plan_id).await.unwrap();
    assert_eq!(totals.of(OperationKind::Update, OperationState::Confirmed), 1);
    assert_eq!((totals.state(OperationState::Pending), totals.withheld, totals.all()), (1, 1, 3));
    store.mark_sent(plan_id, 1, None).await.unwrap();
    assert_eq!(store.operations(plan_id, &[OperationState::Sent]).await.unwrap()[0].attempts, 2, "a retry");
    // What was journaled and did not leave was not tried.
    store.put_back(plan_id, vec![1]).await.unwrap();
    assert_eq!(store.operations(plan_id, &[OperationState::Pending]).await.unwrap()[0].attempts, 1);
    assert!(store.put_back(plan_id, vec![1]).await.is_err(), "it is not on its way");
}

#[tokio::test]
async fn one_bad_mark_undoes_its_own_batch_and_nothing_else() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let plan_id =
        store.save_plan(id, None, &plan(vec![operation(0, OperationKind::Create, "1")], vec![]), "rosa").await.unwrap();
    let done = |seq| OperationMark { seq, state: OperationState::Written, answered: None, error: None };
    let (good, bad) =
        tokio::join!(store.set_preference("theme", Some("dark")), store.mark_many(plan_id, vec![done(0), done(7)]),);
    good.unwrap();
    assert!(matches!(bad, Err(StoreError::Missing { .. })));
    assert_eq!(store.operations(plan_id, &[]).await.unwrap()[0].state, OperationState::Pending);
    assert_eq!(store.preference("theme").await.unwrap().as_deref(), Some("dark"));
}

#[tokio::test]
async fn the_newest_ruling_holds_and_steps_are_undone_whole() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let link = Ruling::Link { user: "8841".into() };
    store.decide(id, vec![decision(&desk, "1", Ruling::Create), decision(&desk, "2", Ruling::Exclude)]).await.unwrap();
    store.decide(id, vec![decision(&desk, "1", link.clone())]).await.unwrap();
    let rulings = |decisions: Vec<Decision>| decisions.into_iter().map(|d| d.ruling).collect::<Vec<_>>();
    assert_eq!(rulings(store.decisions(id).await.unwrap()), [link.clone(), Ruling::Exclude]);
    assert_eq!(store.undo_decision(id, "tim").await.unwrap(), Some(vec![EmployeeId::from("1")]));
    assert_eq!(rulings(store.decisions(id).await.unwrap()), [Ruling::Create, Ruling::Exclude]);
    assert_eq!(store.undo_decision(id, "tim").await.unwrap().unwrap().len(), 2);
    assert_eq!(store.decisions(id).await.unwrap(), []);
    assert_eq!(store.undo_decision(id, "tim").await.unwrap(), None);
    store.redo_decision(id, "tim").await.unwrap().unwrap();
    store.redo_decision(id, "tim").await.unwrap().unwrap();
    assert_eq!(store.redo_decision(id, "tim").await.unwrap(), None);
    assert_eq!(rulings(store.decisions(id).await.unwrap()), [link, Ruling::Exclude]);
    store.withdraw_decisions(id, vec!["2".into(), "99".into()], "rosa").await.unwrap();
    assert_eq!(store.decisions(id).await.unwrap().len(), 1);
    store.undo_decision(id, "rosa").await.unwrap().unwrap();
    assert_eq!(store.decisions(id).await.unwrap().len(), 2);
    let pair = NotSame { employee: "1".into(), user: "8842".into() };
    store.add_not_same(id, pair.clone(), "rosa").await.unwrap();
    assert_eq!(store.not_same(id).await.unwrap(), [pair]);
}

#[tokio::test]
async fn a_ruling_on_one_person_is_undone_whatever_was_ruled_on_others_since() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let (one, two) = (EmployeeId::from("1"), EmployeeId::from("2"));
    store.decide(id, vec![decision(&desk, "1", Ruling::Create)]).await.unwrap();
    store.decide(id, vec![decision(&desk, "1", Ruling::Protect), decision(&desk, "2", Ruling::Protect)]).await.unwrap();
    store.decide(id, vec![decision(&desk, "2", Ruling::Exclude)]).await.unwrap();
    let rulings = async || {
        let valid = store.decisions(id).await.unwrap().into_iter();
        valid.map(|d| (d.employee.0, d.ruling)).collect::<Vec<_>>()
    };
    // Of a ruling on several only this person's part goes, and what was ruled before counts again.
    assert!(store.walk_decision_of(id, &one, true, "tim").await.unwrap());
    assert_eq!(rulings().await, [("1".to_owned(), Ruling::Create), ("2".to_owned(), Ruling::Exclude)]);
    // A ruling of one person is undone and done again as a step.
    assert!(store.walk_decision_of(id, &two, true, "tim").await.unwrap());
    assert_eq!(rulings().await, [("1".to_owned(), Ruling::Create), ("2".to_owned(), Ruling::Protect)]);
    assert!(store.walk_decision_of(id, &two, false, "tim").await.unwrap());
    assert_eq!(rulings().await, [("1".to_owned(), Ruling::Create), ("2".to_owned(), Ruling::Exclude)]);
    assert!(!store.walk_decision_of(id, &EmployeeId::from("3"), true, "tim").await.unwrap(), "nothing was ruled");
}

/// A plan that holds these employees beside each other, by pairs.
fn plan_beside(pairs: &[(&str, &str)]) -> Plan {
    let mut beside = plan(Vec::new(), Vec::new());
    for (employee, other) in pairs {
        let mut hold = hold(employee, HoldCode::ProbableDuplicate, &[]);
        hold.beside = vec![Beside {
            employee: EmployeeId::from(*other),
            user: None,
            why: "equal name, equal birth date".into(),
            seen: format!("{employee}x-{other}x"),
        }];
        beside.holds.push(hold);
    }
    beside
}

async fn verdicts(store: &Store, id: ConnectionId) -> Vec<(String, String, PairVerdict)> {
    let pairs = store.pair_rulings(id).await.unwrap();
    pairs.into_iter().map(|pair| (pair.employee.0, pair.other.0, pair.verdict)).collect()
}

#[tokio::test]
async fn all15_a_ruling_is_about_the_records_that_the_plan_showed_beside() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    store.save_plan(id, None, &plan_beside(&[("1", "2"), ("2", "1")]), "rosa").await.unwrap();
    let waiting = store.waiting_beside(id).await.unwrap();
    assert_eq!(waiting.iter().map(|one| one.seen.as_str()).collect::<Vec<_>>(), ["1x-2x", "2x-1x"]);
    let saved = store.plan(store.latest_plan(id).await.unwrap().unwrap().id).await.unwrap();
    assert_eq!(saved.holds[0].beside[0].why, "equal name, equal birth date");

    let pair = |one: &str, other: &str, verdict| (one.to_owned(), other.to_owned(), verdict);
    store.decide(id, vec![decision(&desk, "1", Ruling::Create)]).await.unwrap();
    assert_eq!(verdicts(&store, id).await, [pair("1", "2", PairVerdict::Distinct)]);
    store.decide(id, vec![decision(&desk, "1", Ruling::Exclude)]).await.unwrap();
    assert_eq!(verdicts(&store, id).await, [pair("1", "2", PairVerdict::Same)], "the newest counts");
    store.undo_decision(id, "rosa").await.unwrap();
    assert_eq!(verdicts(&store, id).await, [pair("1", "2", PairVerdict::Distinct)]);
    store.redo_decision(id, "rosa").await.unwrap();
    store.withdraw_decisions(id, vec!["1".into()], "rosa").await.unwrap();
    assert_eq!(verdicts(&store, id).await, []);
    store.undo_decision(id, "rosa").await.unwrap();
    assert_eq!(verdicts(&store, id).await, [pair("1", "2", PairVerdict::Same)]);
    // Somebody who stands beside nobody leaves no verdict.
    store.decide(id, vec![decision(&desk, "3", Ruling::Exclude)]).await.unwrap();
    assert_eq!(verdicts(&store, id).await.len(), 1);
    store.forget_person(id, "2".into(), None, "rosa").await.unwrap();
    assert_eq!((verdicts(&store, id).await.len(), store.waiting_beside(id).await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn all15_an_answer_about_two_records_is_one_step_also_for_one_of_them() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let held = [("1", "2"), ("2", "1")];
    store.save_plan(id, None, &plan_beside(&held), "rosa").await.unwrap();
    store.decide(id, vec![decision(&desk, "1", Ruling::Later { until: None })]).await.unwrap();
    let records = Records::around(&"1".into(), &store.held_beside(id).await.unwrap(), &[]).unwrap();
    let author = Author { by: "rosa", at: desk.clock.now(), reason: Some("two jobs") };
    let answer = records.keep(&"1".into());
    let (decisions, pairs) = answer.signed(&[], author);
    store.decide_beside(id, decisions, pairs, answer.taken_back).await.unwrap();
    let rulings = store.decisions(id).await.unwrap();
    assert_eq!(
        rulings.iter().map(|one| (one.employee.as_str(), &one.ruling)).collect::<Vec<_>>(),
        [("2", &Ruling::Exclude)]
    );
    assert_eq!(store.pair_rulings(id).await.unwrap()[0].reason.as_deref(), Some("two jobs"));
    // One question, one answer: it goes whole, whoever of the two asks.
    assert!(store.walk_decision_of(id, &"1".into(), true, "rosa").await.unwrap());
    assert_eq!((verdicts(&store, id).await, store.decisions(id).await.unwrap().len()), (vec![], 1));
    let (_, pairs) = records.distinct().signed(&[], author);
    store.decide_beside(id, Vec::new(), pairs, Vec::new()).await.unwrap();
    assert_eq!(verdicts(&store, id).await.len(), 2);
    assert!(store.walk_decision_of(id, &"2".into(), true, "rosa").await.unwrap());
    assert_eq!(verdicts(&store, id).await, []);
    let said = store.audit_lines(Some(id), 10).await.unwrap();
    assert!(said.iter().any(|line| line.detail == "employee 1: distinct beside 2"), "{said:?}");
}

#[tokio::test]
async fn all15_letting_go_of_somebody_held_back_keeps_what_was_ruled_about_the_records() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    store.save_plan(id, None, &plan_beside(&[("1", "2")]), "rosa").await.unwrap();
    let author = Author { by: "rosa", at: desk.clock.now(), reason: None };
    let records = Records::around(&"1".into(), &store.held_beside(id).await.unwrap(), &[]).unwrap();
    let (_, pairs) = records.distinct().signed(&[], author);
    store.decide_beside(id, Vec::new(), pairs, Vec::new()).await.unwrap();
    store.decide(id, vec![decision(&desk, "1", Ruling::HoldBack)]).await.unwrap();
    store.withdraw_decisions(id, vec!["1".into()], "rosa").await.unwrap();
    assert_eq!(verdicts(&store, id).await.len(), 2);
    // A plan that writes somebody ends the wait; one that holds for another reason does not.
    store.save_plan(id, None, &plan(Vec::new(), vec![hold("1", HoldCode::MissingField, &[])]), "rosa").await.unwrap();
    assert_eq!(store.waiting_beside(id).await.unwrap().len(), 1);
    let created = plan(vec![operation(0, OperationKind::Create, "1")], Vec::new());
    store.save_plan(id, None, &created, "rosa").await.unwrap();
    assert_eq!(store.waiting_beside(id).await.unwrap(), []);
}

#[tokio::test]
async fn a_user_belongs_to_one_employee() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let link = |employee: &str, user: &str| Link {
        employee: employee.into(),
        user: user.into(),
        identifier: Identifier(format!("40718_{employee}")),
        origin: LinkOrigin::Operator,
        at: desk.clock.now(),
        active: true,
    };
    assert_eq!(store.put_link(id, link("1", "8841")).await.unwrap(), None);
    assert_eq!(store.put_link(id, link("1", "8842")).await.unwrap(), None);
    assert_eq!(store.put_link(id, link("2", "8842")).await.unwrap(), Some("1".into()));
    assert_eq!(store.links(id).await.unwrap(), [link("2", "8842")]);
    store.remove_link(id, &"2".into()).await.unwrap();
    assert_eq!(store.links(id).await.unwrap(), []);
}

#[tokio::test]
async fn runs_phases_and_what_was_left_unfinished() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let new = NewRun::by_hand(RunPurpose::Sync, "schedule");
    let first = store.start_run(id, new.clone()).await.unwrap();
    store.set_phase(first, Phase::ReadSource, 10, Some(20), false).await.unwrap();
    desk.clock.forward(5);
    store.set_phase(first, Phase::ReadSource, 20, Some(20), true).await.unwrap();
    drop(store);
    let store = desk.reopen();
    assert_eq!(store.unfinished_run(id).await.unwrap().unwrap().id, first);
    let phases = store.phases(first).await.unwrap();
    assert_eq!((phases[0].done, phases[0].total), (20, Some(20)));
    assert_eq!(phases[0].ended.unwrap().duration_since(phases[0].started).as_secs(), 5);
    let totals = RunTotals { written: 4, confirmed: 3, held: 2, ..RunTotals::default() };
    store.finish_run(first, RunOutcome::DoneWithHeld, totals, None).await.unwrap();
    assert_eq!(store.unfinished_run(id).await.unwrap(), None);
    let second = store.start_run(id, new).await.unwrap();
    let runs = store.runs(Some(id), 10).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!((runs[1].totals, runs[1].outcome), (totals, RunOutcome::DoneWithHeld));
    assert!(runs[1].ended.is_some() && runs[0].ended.is_none());
}

#[tokio::test]
async fn watches_move_with_commits() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let mut changes = store.change_watch();
    let mut feed = store.feed_watch();
    let seen = *changes.borrow_and_update();
    let line = FeedLine {
        run: None,
        at: desk.clock.now(),
        level: Level::Info,
        phase: Some(Phase::Update),
        employee: Some("1".into()),
        what: "updated".into(),
        text: "job title Waiter to Bartender".into(),
    };
    let newest = store.append_feed(id, vec![line.clone(), line]).await.unwrap();
    assert_eq!(newest, 2);
    feed.changed().await.unwrap();
    assert_eq!(*feed.borrow_and_update(), 2);
    changes.changed().await.unwrap();
    let now = *changes.borrow_and_update();
    assert!(now.differs(&seen, Group::Feed));
    assert!(!now.differs(&seen, Group::Plans));
}

#[tokio::test]
async fn what_is_remembered_of_some_is_what_is_remembered_of_all_without_the_others() {
    let desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    let other = add(&store, "old-mill").await;
    let mut plan = plan_beside(&[("1", "2"), ("2", "1"), ("4", "5")]);
    for employee in ["6", "7", "8"] {
        let mut waits = hold(employee, HoldCode::ProbableDuplicate, &[("u1", 0.9)]);
        waits.seen = Some(format!("{employee}y"));
        plan.holds.push(waits);
    }
    for connection in [id, other] {
        store.save_plan(connection, None, &plan, "rosa").await.unwrap();
        for (employee, ruling) in [("1", Ruling::Create), ("2", Ruling::Exclude), ("6", Ruling::Create)] {
            store.decide(connection, vec![decision(&desk, employee, ruling)]).await.unwrap();
        }
        let pair = NotSame { employee: "7".into(), user: "u1".into() };
        store.add_not_same(connection, pair, "rosa").await.unwrap();
    }
    let all = store.remembered(id, None).await.unwrap();
    let sizes = (all.decisions.len(), all.pairs.len(), all.waiting.len(), all.waiting_beside.len(), all.not_same.len());
    assert_eq!(sizes, (3, 2, 3, 3, 1), "{all:?}");
    let everybody = ["1", "2", "4", "5", "6", "7", "8", "9", "\"'"];
    for mask in 0_usize..1 << everybody.len() {
        let people: Vec<EmployeeId> =
            everybody.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, one)| (*one).into()).collect();
        let mut expected = all.clone();
        expected.decisions.retain(|one| people.contains(&one.employee));
        expected.not_same.retain(|one| people.contains(&one.employee));
        expected.waiting.retain(|one| people.contains(&one.employee));
        expected.pairs.retain(|one| people.contains(&one.employee));
        expected.waiting_beside.retain(|one| people.contains(&one.employee));
        assert_eq!(store.remembered(id, Some(people.clone())).await.unwrap(), expected, "{people:?}");
    }
}

fn exchange(sent: jiff::Timestamp, purpose: Purpose) -> Exchange {
    Exchange {
        purpose,
        method: "PUT".to_owned(),
        path: "/v1/employees/40718_1".to_owned(),
        host: "feed.flow.example".to_owned(),
        headers: Vec::new(),
        content: Content::Nothing,
        sent,
        attempt: 1,
        waited_ms: 0,
        heard: Heard::Silence { ms: 30_000, cause: "no answer within 30 s".to_owned(), left: true },
    }
}

#[tokio::test]
async fn what_was_said_is_found_by_its_line_for_as_long_as_it_is_kept_and_goes_with_the_tenant() {
    let mut desk = Desk::new();
    let store = desk.store();
    let id = add(&store, "harbour-vine").await;
    pull(&store, id, vec![employee("1", "Zoë", "Ångström"), employee("2", "Ida", "Berg")]).await;
    let run = store.start_run(id, NewRun::by_hand(RunPurpose::Sync, "rosa")).await.unwrap();
    let lines = vec![
        operation(0, OperationKind::Create, "1"),
        operation(1, OperationKind::Update, "2"),
        operation(2, OperationKind::Update, "1"),
    ];
    let held = vec![hold("3", HoldCode::ProbableDuplicate, &[])];
    let saved = store.save_plan(id, Some(run), &plan(lines, held), "rosa").await.unwrap();
    let approval = Approval { by: "rosa".into(), confirmed: None, reason: None, without: Vec::new(), waves: None };
    store.approve_plan(saved, approval).await.unwrap();
    store.mark_sent(saved, 1, None).await.unwrap();
    let sent = desk.clock.now();
    let mark = OperationMark { seq: 1, state: OperationState::Written, answered: None, error: None };
    let said = Some(Said { run, exchanges: vec![exchange(sent, Purpose::Write), exchange(sent, Purpose::Settle)] });
    let outcome = Outcome { mark, lines: Vec::new(), user: None, link: None, gone: None, moved: None, said };
    store.record_outcomes(id, saved, vec![outcome]).await.unwrap();
    store.keep_exchanges(id, run, saved, vec![(2, vec![exchange(sent, Purpose::Look)])]).await.unwrap();
    drop(store);
    let store = desk.reopen();
    let line = |line: LineOf| {
        let store = store.clone();
        async move {
            let found = store.said_line(run, line).await.unwrap();
            let seq = found.row.as_ref().map(|row| row.operation.seq);
            ((seq, found.place, found.lines, found.previous, found.next), found)
        }
    };
    assert_eq!(line(LineOf::First).await.0, (Some(1), 2, 3, Some(0), Some(2)), "the first that was sent");
    let (place, found) = line(LineOf::Seq(2)).await;
    assert_eq!((place, found.name.as_deref()), ((Some(2), 3, 3, Some(1), None), Some("Zoë Ångström")));
    assert_eq!(found.exchanges.len(), 1);
    assert_eq!(line(LineOf::Person("1".into(), Some(Phase::Update))).await.0.0, Some(2));
    assert_eq!(line(LineOf::Person("1".into(), Some(Phase::ReadBack))).await.0.0, Some(0), "any of the person's");
    let (_, nobody) = line(LineOf::Person("3".into(), None)).await;
    assert_eq!((nobody.row, nobody.hold.map(|hold| hold.code)), (None, Some(HoldCode::ProbableDuplicate)));
    let purposes: Vec<Purpose> = line(LineOf::Seq(1)).await.1.exchanges.iter().map(|one| one.purpose).collect();
    assert_eq!(purposes, [Purpose::Write, Purpose::Settle]);
    // Ninety days on, the next run clears up; the journal stays.
    desk.clock.forward(89 * 86_400);
    store.start_run(id, NewRun::by_hand(RunPurpose::Preview, "rosa")).await.unwrap();
    assert_eq!(store.exchanges(saved, 1).await.unwrap().len(), 2);
    desk.clock.forward(2 * 86_400);
    store.start_run(id, NewRun::by_hand(RunPurpose::Preview, "rosa")).await.unwrap();
    assert_eq!((store.exchanges(saved, 1).await.unwrap(), store.exchanges(saved, 2).await.unwrap()), (vec![], vec![]));
    assert_eq!(line(LineOf::Seq(1)).await.1.row.unwrap().state, OperationState::Written);
    let now = desk.clock.now();
    store.keep_exchanges(id, run, saved, vec![(1, vec![exchange(now, Purpose::Write)])]).await.unwrap();
    store.remove_connection(id, "rosa").await.unwrap();
    assert_eq!(store.exchanges(saved, 1).await.unwrap(), []);
}
