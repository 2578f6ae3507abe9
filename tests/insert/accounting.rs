//! ALL16: the counts of a run add up, whatever the destination answers, and a run with open lines is not done.

use crate::desk::{Desk, lines};
use crate::pair::Answer;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::person::EmploymentStatus;
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::engine::run::SyncRequest;
use proptest::prelude::*;

fn run<T>(work: impl Future<Output = T>) -> T {
    // Waits for late records pass at once.
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let one = prop_oneof![
        4 => Just(Answer::Yes),
        1 => Just(Answer::No),
        2 => Just(Answer::LostAfter),
        2 => Just(Answer::LostBefore),
        1 => Just(Answer::Closed),
    ];
    prop::collection::vec(one, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s_all16_the_counts_add_up_and_open_lines_are_not_done(
        people in prop_oneof![1_usize..12, 50_usize..80],
        writes in answers(),
        reads in prop::collection::vec(prop::bool::weighted(0.15), 0..30),
        changed in 0_usize..6,
    ) {
        run(async move {
            let desk = Desk::with_people(people).await;
            let request = desk.confirmed().await;
            {
                let mut state = desk.pair.lock();
                state.writes = writes.into();
                state.reads = reads.into();
                // The first read is the list that the plan is made from.
                state.reads.push_front(false);
            }
            let report = desk.sync(&request).await;
            let Some(saved) = report.plan.clone() else { panic!("{:?}", report.problem) };
            let totals = report.totals;
            prop_assert_eq!(lines(&totals), saved.plan.counts.operations(), "{:?} {:?}", totals, report.problem);
            let done = matches!(report.outcome, RunOutcome::Done | RunOutcome::DoneWithHeld);
            prop_assert!(!done || totals.unknown + totals.pending == 0, "{:?} {:?}", report.outcome, totals);
            prop_assert!(report.outcome != RunOutcome::Done || totals.failed + totals.set_aside == 0);
            let rows = desk.workspace.store.operations(saved.id, &[]).await.unwrap();
            prop_assert!(rows.iter().all(|row| row.state != OperationState::Sent), "{:?}", report.problem);
            let stored = desk.workspace.store.run(report.run).await.unwrap();
            prop_assert_eq!(stored.totals, totals, "History counts the same");

            // Then everything is well, and some have changed: all end once, and the changes arrive.
            for employee in desk.pair.lock().employees.iter_mut().take(changed) {
                employee.person.last_name = Some("Married".into());
            }
            desk.until_settled().await;
            let everybody: Vec<usize> = (1..=people).collect();
            desk.assert_once_each(&everybody);
            prop_assert!(desk.plan().await.operations.is_empty());
            Ok(())
        })?;
    }
}

#[test]
fn s_all16_updates_without_a_usable_answer_are_failed_and_never_done() {
    run(async {
        let desk = Desk::with_people(8).await;
        desk.until_settled().await;
        for employee in &mut desk.pair.lock().employees {
            employee.person.last_name = Some(format!("New{}", employee.id));
        }
        desk.pair.lock().writes = vec![Answer::LostBefore; 16].into();
        let report = desk.sync(&desk.confirmed().await).await;
        assert_eq!((report.outcome, report.totals.failed), (RunOutcome::DoneWithHeld, 8), "{:?}", report.totals);
        desk.until_settled().await;
        assert!(desk.pair.lock().users.iter().all(|user| user.person.last_name.as_ref().unwrap().starts_with("New")));
    });
}

#[test]
fn s_all16_a_destination_that_answers_nothing_is_quarantined() {
    run(async {
        let desk = Desk::with_people(60).await;
        desk.until_settled().await;
        for employee in &mut desk.pair.lock().employees {
            employee.person.last_name = Some(format!("New{}", employee.id));
        }
        desk.pair.lock().requests = 0;
        desk.pair.lock().writes = vec![Answer::LostBefore; 400].into();
        let report = desk.sync(&desk.confirmed().await).await;
        assert_eq!(report.outcome, RunOutcome::Failed, "{:?}", report.totals);
        let code = report.problem.as_ref().map(|problem| problem.code());
        assert_eq!(code, Some(onroll::domain::code::ProblemCode::Quarantine));
        assert_eq!(lines(&report.totals), 60);
        let requests = desk.pair.lock().requests;
        assert!((20..36).contains(&requests), "{requests} requests before it gave up");
        assert_eq!(desk.connection().await.status, ConnectionStatus::Paused);
    });
}

#[test]
fn s_all14_one_user_who_cannot_be_read_fails_alone() {
    run(async {
        let desk = Desk::with_people(6).await;
        desk.until_settled().await;
        for employee in &mut desk.pair.lock().employees {
            employee.status = EmploymentStatus::Ended;
        }
        let request = desk.confirmed().await;
        // The list of users, then the live record of the first; it cannot be read on the second try either.
        desk.pair.lock().reads = [false, true, false, false, false, false, false, true].into();
        let report = desk.sync(&SyncRequest { ..request }).await;
        assert_eq!(
            (report.totals.written, report.totals.skipped()),
            (5, 1),
            "{:?} {:?}",
            report.totals,
            report.problem
        );
        assert_eq!(report.outcome, RunOutcome::DoneWithHeld);
    });
}

/// From the fourth request on no outcome can be written down, as on a disk that has just become full.
#[test]
fn s_all13_what_cannot_be_written_down_is_not_sent() {
    run(async {
        let desk = Desk::with_people(400).await;
        desk.until_settled().await;
        for employee in &mut desk.pair.lock().employees {
            employee.person.last_name = Some(format!("New{}", employee.id));
        }
        let request = desk.confirmed().await;
        let path = desk.workspace.store.path().to_owned();
        {
            let mut state = desk.pair.lock();
            (state.requests, state.path) = (0, None);
            let full = "CREATE TRIGGER full BEFORE UPDATE ON operation WHEN NEW.state = 'written' BEGIN SELECT RAISE(ABORT, 'full'); END";
            let at = path.clone();
            let fills =
                move |_: &mut crate::pair::State| rusqlite::Connection::open(&at).unwrap().execute_batch(full).unwrap();
            state.hook = Some((4, Box::new(fills)));
        }
        let report = desk.sync(&request).await;
        assert!(report.problem.is_some(), "{:?}", report.outcome);
        let requests = desk.pair.lock().requests;
        // What was in the journal by then.
        assert!((4..200).contains(&requests), "{requests} requests left");
        rusqlite::Connection::open(path).unwrap().execute_batch("DROP TRIGGER full").unwrap();
        desk.until_settled().await;
        assert!(desk.pair.lock().users.iter().all(|user| user.person.last_name.as_ref().unwrap().starts_with("New")));
        assert_eq!(desk.pair.lock().took.len(), 800, "each was made once and changed once");
    });
}
