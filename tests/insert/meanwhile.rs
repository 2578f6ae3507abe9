//! ALL13, ALL15: the world changes between approval and write, between write and read-back, and after a crash.

use crate::desk::{Desk, lines};
use crate::pair::{Answer, employee};
use onroll::domain::code::ProblemCode;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::decision::Ruling;
use onroll::domain::ids::Identifier;
use onroll::domain::person::EmploymentStatus;
use onroll::domain::plan::HoldCode;
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::{Job, RunOutcome};
use onroll::engine::error::EngineError;
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Approved, Confirmation, SyncRequest};
use onroll::engine::undo::UndoRequest;
use onroll::services::{Access, connections};

/// Stops a first import as a crash does: some are written, the others are open under the approval.
async fn half_done(people: usize) -> Desk {
    let mut desk = Desk::with_people(people).await;
    let request = desk.confirmed().await;
    let mut answers = vec![Answer::Yes; people / 3];
    answers.push(Answer::DiesBefore);
    desk.pair.lock().writes = answers.into();
    assert!(desk.sync_until_dead(&request).await, "it ended by itself");
    desk.after_a_crash().await;
    desk
}

fn written(desk: &Desk) -> usize {
    desk.pair.lock().users.len()
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_resumed_run_obeys_rulings_that_were_made_since() {
    let desk = half_done(30).await;
    let before = written(&desk);
    for number in 20..=30 {
        desk.rule(number, Ruling::Exclude).await;
    }
    let report = desk.sync(&SyncRequest::default()).await;
    assert!(report.resumed.is_some());
    assert_eq!(written(&desk), 19, "{before} were there before");
    let carriers = desk.carriers();
    assert!((20..=30).all(|number| !carriers.contains_key(&Identifier(format!("40817_{number}")))));
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_resumed_run_obeys_the_source_of_today() {
    let desk = half_done(30).await;
    for employee in desk.pair.lock().employees.iter_mut().skip(19) {
        employee.status = EmploymentStatus::Ended;
    }
    for employee in desk.pair.lock().employees.iter_mut().take(19) {
        employee.person.job_title = Some("Waiter".into());
    }
    desk.sync(&SyncRequest::default()).await;
    assert_eq!(written(&desk), 19, "nobody who has left is made");
    assert_eq!(desk.pair.lock().mails.len(), 19);
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_resumed_run_stops_where_the_source_is_suddenly_empty() {
    let desk = half_done(30).await;
    let before = written(&desk);
    desk.pair.lock().employees.clear();
    let report = desk.sync(&SyncRequest::default()).await;
    assert_eq!((report.outcome, written(&desk)), (RunOutcome::Stopped, before));
}

#[tokio::test(start_paused = true)]
async fn s_all13_runs_resume_writes_nothing_of_a_tenant_that_is_off() {
    let desk = half_done(30).await;
    let before = written(&desk);
    let stale = desk.connection().await;
    desk.workspace.store.set_status(desk.id, ConnectionStatus::Off, "test").await.unwrap();
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    for connection in [stale, desk.connection().await] {
        let refused = desk.workspace.engine.resume(&connection, &reporter, &control).await;
        assert!(matches!(refused, Err(EngineError::NotLive { .. })), "{refused:?}");
    }
    assert_eq!(written(&desk), before);
}

#[tokio::test(start_paused = true)]
async fn s_all13_switching_off_reaches_a_live_run_before_its_next_write() {
    for status in [ConnectionStatus::Off, ConnectionStatus::Paused, ConnectionStatus::Preview] {
        let desk = Desk::with_people(40).await;
        let request = desk.confirmed().await;
        // Another process puts it into the file while a request is on its way.
        let path = desk.workspace.store.path().to_owned();
        let sql = format!("UPDATE connection SET status = '{}'", status.key());
        let switch = Box::new(move |_: &mut crate::pair::State| {
            rusqlite::Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        });
        desk.pair.lock().hook = Some((5, switch));
        let report = desk.sync(&request).await;
        // Those whose requests were on their way at that moment, and nobody after: eight go at once.
        assert!((5..=13).contains(&written(&desk)), "{} of 40", written(&desk));
        assert_eq!(report.outcome, RunOutcome::Cancelled, "{:?}", report.problem);
        assert_eq!((lines(&report.totals), report.totals.unknown), (40, 0), "{:?}", report.totals);
        let problem = report.problem.unwrap();
        assert!(problem.what.contains(status.key()));
        assert_eq!(problem.code(), ProblemCode::SwitchedOff);
    }
}

/// Whoever removes a tenant stops its run first; one that hangs at a request finds it gone when the answer comes.
#[tokio::test(start_paused = true)]
async fn s_all13_a_run_whose_tenant_is_removed_meanwhile_sends_nothing_more_and_says_so() {
    let desk = Desk::with_people(40).await;
    let (request, connection) = (desk.confirmed().await, desk.connection().await);
    let (store, id) = (desk.workspace.store.clone(), desk.id);
    let remove = Box::new(move |_: &mut crate::pair::State| {
        let store = store.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(store.remove_connection(id, "test")).unwrap();
        })
        .join()
        .unwrap();
    });
    desk.pair.lock().hook = Some((5, remove));
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let ended = desk.workspace.engine.sync(&connection, &request, &reporter, &control).await;
    assert!((5..=13).contains(&written(&desk)), "{} of 40", written(&desk));
    let code = match &ended {
        Ok(report) => report.problem.as_ref().unwrap().code(),
        Err(error) => error.code(),
    };
    assert_eq!(code, ProblemCode::TenantRemoved, "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_ruling_made_during_a_run_counts_before_the_next_write() {
    let desk = Desk::with_people(40).await;
    let request = desk.confirmed().await;
    let (store, id) = (desk.workspace.store.clone(), desk.id);
    let found = employee(40);
    let decision = onroll::domain::decision::Decision {
        employee: found.id.clone(),
        ruling: Ruling::Exclude,
        reason: None,
        by: "test".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        key_fields: String::new(),
    };
    let rule = Box::new(move |_: &mut crate::pair::State| {
        let (store, decision) = (store.clone(), decision.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(store.decide(id, vec![decision])).unwrap();
        })
        .join()
        .unwrap();
    });
    desk.pair.lock().hook = Some((3, rule));
    let report = desk.sync(&request).await;
    assert_eq!((report.totals.written, report.totals.set_aside), (39, 1), "{:?}", report.problem);
    assert!(!desk.carriers().contains_key(&found.identifier));
}

#[tokio::test(start_paused = true)]
async fn s_all15_users_made_by_hand_between_plan_and_write_do_not_become_doubles() {
    for (people, by_hand) in [(60_usize, 20_usize), (5, 2)] {
        let desk = Desk::with_people(people).await;
        desk.plan().await;
        let request = desk.kept().await;
        for number in 1..=by_hand {
            let mut person = employee(number).person;
            if number % 2 == 0 {
                person.email = None;
            }
            desk.pair.lock().insert(None, person);
        }
        let report = desk.sync(&request).await;
        let by_hand = u32::try_from(by_hand).unwrap();
        assert_eq!((report.totals.set_aside, written(&desk)), (by_hand, people), "{:?}", report.totals);
        assert_eq!(desk.pair.lock().mails.len(), people - by_hand as usize);
        // And the next plan asks.
        let plan = desk.plan().await;
        assert!(plan.operations.is_empty(), "{:?}", plan.operations);
        assert_eq!(plan.holds.len(), by_hand as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn s_all15_a_tie_that_is_cut_before_it_is_read_back_is_detached() {
    for people in [60, 4] {
        for cut in [Some("somebody-else"), None] {
            let desk = Desk::with_people(people).await;
            desk.settings_with_fallback().await;
            let request = desk.confirmed().await;
            // When the last request comes, the identifier of the first person is changed, after it was written.
            let last = if people == 60 { 3 } else { 4 };
            let edit = Box::new(move |state: &mut crate::pair::State| {
                let user = state.users.iter_mut().find(|user| user.identifier == Some("40817_1".into()));
                if let Some(user) = user {
                    user.identifier = cut.map(Identifier::from);
                }
            });
            desk.pair.lock().hook = Some((last, edit));
            let report = desk.sync(&request).await;
            assert!(!desk.carriers().contains_key(&Identifier::from("40817_1")), "{:?}", report.totals);
            let plan = desk.plan().await;
            let codes: Vec<HoldCode> = plan.holds.iter().map(|hold| hold.code).collect();
            assert_eq!((plan.operations.len(), codes), (0, vec![HoldCode::Detached]), "{people} {cut:?}");
            assert_eq!(written(&desk), people);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn s_all15_a_tie_that_is_cut_while_an_answer_is_lost_is_detached() {
    let desk = Desk::with_people(3).await;
    desk.settings_with_fallback().await;
    let request = desk.confirmed().await;
    desk.pair.lock().writes = vec![Answer::LostAfter; 3].into();
    // The answers of all three are lost; before anybody reads, one identifier is emptied.
    let edit = Box::new(move |state: &mut crate::pair::State| {
        if let Some(user) = state.users.first_mut() {
            user.identifier = None;
        }
    });
    desk.pair.lock().hook = Some((3, edit));
    let report = desk.sync(&request).await;
    assert_eq!((written(&desk), report.totals.written), (3, 3), "{:?} {:?}", report.totals, report.problem);
    let plan = desk.plan().await;
    let codes: Vec<HoldCode> = plan.holds.iter().map(|hold| hold.code).collect();
    assert_eq!((plan.operations.len(), codes), (0, vec![HoldCode::Detached]));
}

#[tokio::test(start_paused = true)]
async fn a_person_whose_write_cannot_be_settled_is_held_and_nobody_else() {
    let desk = Desk::with_people(4).await;
    desk.until_settled().await;
    for employee in &mut desk.pair.lock().employees {
        employee.person.last_name = Some(format!("New{}", employee.id));
    }
    let request = desk.confirmed().await;
    desk.pair.lock().writes = [Answer::LostBefore].into();
    // The list of users; four live records; then the reading that would settle the first.
    desk.pair.lock().reads = [false, false, true].into();
    let report = desk.sync(&request).await;
    assert!(report.totals.unknown <= 1, "{:?}", report.totals);
    if report.totals.unknown == 1 {
        assert_eq!(report.outcome, RunOutcome::Interrupted);
    }
    desk.until_settled().await;
    assert!(desk.pair.lock().users.iter().all(|user| user.person.last_name.as_ref().unwrap().starts_with("New")));
}

#[tokio::test(start_paused = true)]
async fn s_all13_an_answer_that_names_another_user_ties_nobody_to_that_user() {
    for by_hand in [0, 1] {
        let desk = Desk::with_people(3).await;
        for _ in 0..by_hand {
            // Somebody whom the plan knows; otherwise the answers name whom the first creation made.
            desk.pair.lock().insert(None, employee(900).person);
        }
        let request = desk.confirmed().await;
        desk.pair.lock().writes = [Answer::NamesTheFirst; 3].into();
        let report = desk.sync(&request).await;
        assert_eq!((report.totals.written, report.totals.confirmed), (3, 3), "{:?}", report.problem);
        for link in desk.workspace.store.links(desk.id).await.unwrap() {
            let carrier = desk.pair.lock().users.iter().find(|user| user.id == link.user).unwrap().identifier.clone();
            assert_eq!(carrier, Some(link.identifier), "{by_hand}: {} is tied to {}", link.employee, link.user);
        }
        assert_eq!(desk.workspace.store.links(desk.id).await.unwrap().len(), 3);
        let plan = desk.plan().await;
        assert_eq!((plan.operations.len(), plan.holds.len()), (0, 0), "{:?}", plan.holds);
    }
}

#[tokio::test(start_paused = true)]
async fn s_all09_a_list_of_users_that_is_suddenly_short_creates_nobody_anew() {
    for (people, left) in [(3, 0), (60, 0), (60, 53)] {
        let desk = Desk::with_people(people).await;
        desk.until_settled().await;
        // The pull that the next ones are compared with.
        desk.plan().await;
        let users = desk.pair.lock().users.clone();
        desk.pair.lock().users.truncate(left);
        let report = desk.sync(&SyncRequest::default()).await;
        assert_eq!((report.outcome, written(&desk)), (RunOutcome::Stopped, left), "{people}: {:?}", report.totals);
        assert!(report.problem.unwrap().what.contains("far fewer users"), "{people}");
        desk.pair.lock().users = users;
        assert_eq!(desk.plan().await.operations.len(), 0, "{people}");
    }
}

#[tokio::test(start_paused = true)]
async fn s_all16_a_list_that_is_torn_while_approved_work_is_written_interrupts_and_the_next_run_finishes() {
    let desk = Desk::with_people(45).await;
    let request = desk.confirmed().await;
    desk.pair.lock().hook = Some((45, Box::new(|state| state.is_torn = true)));
    let report = desk.sync(&request).await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Interrupted, 45), "{:?}", report.problem);
    assert_eq!(
        report.problem.unwrap().kind,
        ProblemKind::Temporary,
        "not the code of a plan that waits to be confirmed"
    );
    desk.pair.lock().is_torn = false;
    let report = desk.sync(&SyncRequest::default()).await;
    assert!(report.resumed.is_some());
    let everybody: Vec<usize> = (1..=45).collect();
    desk.assert_once_each(&everybody);
    assert_eq!(desk.plan().await.operations.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn s_all16_a_list_that_shows_nobody_does_not_settle_a_lost_answer() {
    let desk = Desk::with_people(3).await;
    // Somebody whom the plan sees.
    desk.pair.lock().insert(None, employee(900).person);
    let request = desk.confirmed().await;
    desk.pair.lock().writes = vec![Answer::LostAfter].into();
    desk.pair.lock().hook = Some((1, Box::new(|state| state.shows_at_most = Some(0))));
    let report = desk.sync(&request).await;
    assert_eq!(desk.pair.lock().mails.len(), 3, "{:?} {:?}", report.totals, report.problem);
    desk.pair.lock().shows_at_most = None;
    desk.until_settled().await;
    assert!(desk.carriers().values().all(|carriers| *carriers == 1), "{:?}", desk.carriers());
    assert_eq!(desk.pair.lock().mails.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn s_all16_a_list_that_lost_a_part_of_its_users_does_not_settle_a_lost_answer() {
    let desk = Desk::with_people(3).await;
    for number in 900..930 {
        desk.pair.lock().insert(None, employee(number).person);
    }
    let request = desk.confirmed().await;
    desk.pair.lock().writes = vec![Answer::LostAfter].into();
    desk.pair.lock().hook = Some((1, Box::new(|state| state.shows_at_most = Some(20))));
    let report = desk.sync(&request).await;
    assert_eq!((report.outcome, report.totals.unknown), (RunOutcome::Interrupted, 1), "{:?}", report.totals);
    desk.pair.lock().shows_at_most = None;
    desk.until_settled().await;
    assert!(desk.carriers().values().all(|carriers| *carriers == 1), "{:?}", desk.carriers());
}

#[tokio::test(start_paused = true)]
async fn s_all16_whom_a_list_lacks_and_a_look_up_finds_is_not_made_again() {
    let desk = Desk::with_people(60).await;
    desk.until_settled().await;
    {
        // Three fewer are not five, and no tenth: the guard lets such a list through.
        let mut state = desk.pair.lock();
        (state.shows_at_most, state.looks_up_everybody) = (Some(57), true);
    }
    assert_eq!(desk.plan().await.counts.create, 3);
    let report = desk.sync(&desk.confirmed().await).await;
    assert_eq!((report.totals.written, report.totals.already), (0, 3), "{:?} {:?}", report.totals, report.problem);
    assert_eq!((written(&desk), desk.pair.lock().mails.len()), (60, 60));
    desk.pair.lock().shows_at_most = None;
    assert_eq!(desk.plan().await.operations.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_about_named_people_says_nothing_of_the_others() {
    let desk = Desk::with_people(4).await;
    desk.until_settled().await;
    for number in [3, 4] {
        desk.pair.lock().employees[number - 1].person.last_name = None;
    }
    let before = desk.sync(&SyncRequest::default()).await;
    assert_eq!(before.totals.held, 2, "{:?}", before.totals);
    let store = &desk.workspace.store;
    let held = async || {
        let head = store.latest_plan(desk.id).await.unwrap().unwrap();
        let fleet = store.fleet_tenant(desk.id).await.unwrap();
        let since: Vec<_> = fleet.reasons.iter().map(|(code, reason)| (*code, reason.since)).collect();
        (head.held(), fleet.holds, since)
    };
    let stood = held().await;
    for (number, renamed) in [(1, false), (2, true)] {
        if renamed {
            desk.pair.lock().employees[number - 1].person.last_name = Some("Renamed".into());
        }
        let job = Job::by_hand_for(vec![employee(number).id]);
        let report = desk.sync(&SyncRequest { job, ..SyncRequest::default() }).await;
        assert_eq!((report.totals.held, report.totals.written), (0, u32::from(renamed)), "{:?}", report.problem);
        assert_eq!(held().await, stood, "after a run about {number}");
        let words = desk.workspace.engine.report_of(report.run).await.unwrap().outcome_words();
        assert_eq!(words, "It is done; of those it was about, nobody is held.");
        let whole = store.counted().await.unwrap().newest_whole;
        assert_eq!((whole[0].id, whole[0].totals.held), (before.run, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn s_all12_who_was_gone_before_the_undo_is_not_made_again_by_the_next_sync() {
    let desk = Desk::with_people(3).await;
    let run = desk.sync(&desk.confirmed().await).await.run;
    desk.pair.lock().users.remove(0);
    let connection = desk.connection().await;
    let asked = UndoRequest { run, people: Vec::new() };
    let other = Desk::with_people(2).await;
    let first = other.sync(&other.confirmed().await).await.run;
    other.pair.lock().users.remove(0);
    other.until_settled().await;
    let again = UndoRequest { run: first, people: Vec::new() };
    let preview = other.workspace.engine.undo_preview(&other.connection().await, &again).await.unwrap();
    assert_eq!((preview.plan.operations.len(), preview.gone.len()), (1, 0), "a later run has made the user again");
    let preview = desk.workspace.engine.undo_preview(&connection, &asked).await.unwrap();
    assert_eq!((preview.plan.operations.len(), preview.gone.len()), (2, 1));
    let request = SyncRequest {
        job: Job::undo_of(run, Vec::new()),
        confirmation: Some(Confirmation { number: 2, reason: None }),
        approved: Approved::Undo { hash: Some(preview.plan.hash.clone()) },
        ..SyncRequest::default()
    };
    let report = desk.sync(&request).await;
    assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 2), "{:?}", report.problem);
    let plan = desk.plan().await;
    let codes: Vec<HoldCode> = plan.holds.iter().map(|hold| hold.code).collect();
    assert_eq!((plan.operations.len(), codes), (0, vec![HoldCode::Undone; 3]));
}

#[tokio::test(start_paused = true)]
async fn s_all12_from_a_list_that_lost_users_no_undo_is_made() {
    let desk = Desk::with_people(20).await;
    let run = desk.sync(&desk.confirmed().await).await.run;
    assert!(desk.plan().await.operations.is_empty());
    let connection = desk.connection().await;
    let undo = UndoRequest { run, people: Vec::new() };
    let preview = desk.workspace.engine.undo_preview(&connection, &undo).await.unwrap();
    assert_eq!(preview.plan.operations.len(), 20);
    desk.pair.lock().shows_at_most = Some(17);
    let preview = desk.workspace.engine.undo_preview(&connection, &undo).await;
    assert!(preview.is_ok(), "three fewer are not five");
    desk.pair.lock().shows_at_most = Some(15);
    let preview = desk.workspace.engine.undo_preview(&connection, &undo).await;
    assert!(matches!(preview, Err(EngineError::Guard { .. })), "{preview:?}");
}

/// Switches the tenant as another process does.
fn switch(path: &std::path::Path, status: &str) {
    let file = rusqlite::Connection::open(path).unwrap();
    assert_eq!(file.execute("UPDATE connection SET status = ?1", [status]).unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_test_that_passes_does_not_switch_on_who_was_switched_off_meanwhile() {
    for (during, after) in [("paused", ConnectionStatus::Live), ("off", ConnectionStatus::Off)] {
        let desk = Desk::with_people(1).await;
        let path = desk.workspace.store.path().to_owned();
        switch(&path, "paused");
        let connection = desk.connection().await;
        desk.pair.lock().probed = Some(Box::new(move || switch(&path, during)));
        assert!(desk.workspace.engine.test_connection(&connection).await.unwrap().passed);
        assert_eq!(desk.connection().await.status, after, "{during} during the calls");
    }
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_read_only_test_changes_nothing() {
    let desk = Desk::with_people(1).await;
    desk.workspace.store.set_status(desk.id, ConnectionStatus::Paused, "test").await.unwrap();
    let connection = desk.connection().await;
    let before = desk.workspace.engine.checklist(&connection).await.unwrap();
    let (engine, looks) = (&desk.workspace.engine, Access::read_only("rosa"));
    assert!(connections::test(engine, &looks, &connection).await.unwrap().passed);
    assert_eq!(desk.connection().await.status, ConnectionStatus::Paused);
    assert_eq!(engine.checklist(&connection).await.unwrap(), before, "no test is kept");
    connections::test(engine, &Access::full("rosa"), &connection).await.unwrap();
    assert_eq!(desk.connection().await.status, ConnectionStatus::Live);
}

#[tokio::test(start_paused = true)]
async fn s_all13_a_quarantine_leaves_off_who_was_switched_off_meanwhile() {
    for (during, after) in [("live", ConnectionStatus::Paused), ("off", ConnectionStatus::Off)] {
        // More than one request holds, so that the first that is refused is enough.
        let desk = Desk::with_people(60).await;
        let request = desk.confirmed().await;
        let path = desk.workspace.store.path().to_owned();
        {
            let mut state = desk.pair.lock();
            state.writes = vec![Answer::No; 60].into();
            state.hook = Some((1, Box::new(move |_| switch(&path, during))));
        }
        desk.sync(&request).await;
        assert_eq!(desk.connection().await.status, after, "{during} when the first refusal came");
    }
}
