//! ALL10 where a destination shows late what was written: nothing read in between is taken for "not done".

use crate::desk::Desk;
use crate::pair::Answer;
use onroll::domain::run::RunOutcome;
use proptest::prelude::*;
use std::time::Duration;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

async fn shown_late(people: usize, shows_after_ms: u64, within_s: u32) -> Desk {
    let desk = Desk::with_people(people).await;
    let mut settings = desk.connection().await.settings;
    settings.shows_within_s = Some(within_s);
    desk.workspace.store.set_settings(desk.id, settings, "test").await.unwrap();
    desk.pair.lock().shows_after = Duration::from_millis(shows_after_ms);
    desk
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s_all10_an_insert_that_shows_late_is_never_sent_twice(
        people in prop_oneof![3_usize..20, 55_usize..80],
        // Up to the very limit.
        late in prop_oneof![0_u64..90_000, Just(90_000)],
        answers in prop::collection::vec(prop_oneof![2 => Just(Answer::Yes), 2 => Just(Answer::LostAfter), 1 => Just(Answer::LostBefore)], 0..12),
        dies in prop::option::of(prop_oneof![Just(Answer::DiesAfter), Just(Answer::DiesBefore)]),
    ) {
        run(async move {
            let mut desk = shown_late(people, late, 90).await;
            let request = desk.confirmed().await;
            desk.pair.lock().writes = answers.into_iter().chain(dies).collect();
            desk.sync_until_dead(&request).await;
            if dies.is_some() {
                desk.after_a_crash().await;
            }
            desk.until_settled().await;
            let everybody: Vec<usize> = (1..=people).collect();
            desk.assert_once_each(&everybody);
        });
    }
}

#[test]
fn who_was_created_and_does_not_show_yet_is_not_created_by_the_next_sync() {
    run(async {
        for people in [5, 60] {
            let mut desk = shown_late(people, 3_600_000, 3_600).await;
            let request = desk.confirmed().await;
            let report = desk.sync(&request).await;
            assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, u32::try_from(people).unwrap()));
            assert_eq!(report.totals.confirmed, 0);
            let plan = desk.plan().await;
            assert_eq!(plan.counts.create, 0, "{people}");
            assert!(plan.holds.iter().all(|hold| hold.message.starts_with("created already")), "{:?}", plan.holds);
            assert_eq!(plan.holds.len(), people);
            let request = desk.confirmed().await;
            desk.sync(&request).await;
            // When they show, all is well; had they been deleted instead, they would be created again.
            tokio::time::sleep(Duration::from_secs(3_601)).await;
            desk.at("2026-11-22T13:00:01Z");
            let plan = desk.plan().await;
            assert_eq!((plan.counts.operations(), plan.holds.len()), (0, 0), "{:?}", plan.holds);
            let everybody: Vec<usize> = (1..=people).collect();
            desk.assert_once_each(&everybody);
        }
    });
}
