//! ALL10 where nothing forgives: the process ends at any request, and each person is made once all the same.

use crate::desk::Desk;
use crate::pair::Answer;
use onroll::domain::run::RunOutcome;
use proptest::prelude::*;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

/// Syncs until a request finds that the process has ended.
async fn killed_in(desk: &mut Desk, answers: Vec<Answer>) {
    let request = desk.confirmed().await;
    desk.pair.lock().writes = answers.into();
    desk.sync_until_dead(&request).await;
    desk.after_a_crash().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s_all10_an_insert_is_never_sent_twice_though_the_process_dies_at_any_request(
        people in prop_oneof![3_usize..30, 55_usize..90],
        before in prop::collection::vec(prop_oneof![3 => Just(Answer::Yes), 1 => Just(Answer::LostAfter), 1 => Just(Answer::LostBefore)], 0..12),
        last in prop_oneof![Just(Answer::DiesAfter), Just(Answer::DiesBefore)],
        again in prop::bool::ANY,
    ) {
        run(async move {
            let mut desk = Desk::with_people(people).await;
            let mut answers = before;
            answers.push(last);
            killed_in(&mut desk, answers).await;
            if again {
                killed_in(&mut desk, vec![Answer::Yes, last]).await;
            }
            desk.until_settled().await;
            let everybody: Vec<usize> = (1..=people).collect();
            desk.assert_once_each(&everybody);
        });
    }
}

#[test]
fn an_answer_that_is_lost_is_settled_before_anything_is_sent_again() {
    run(async {
        for lost in [Answer::LostAfter, Answer::LostBefore] {
            let desk = Desk::with_people(120).await;
            let request = desk.confirmed().await;
            desk.pair.lock().writes = vec![lost; 3].into();
            let report = desk.sync(&request).await;
            assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 120), "{:?}", report.problem);
            let everybody: Vec<usize> = (1..=120).collect();
            desk.assert_once_each(&everybody);
        }
    });
}
