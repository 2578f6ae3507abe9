//! Waves: each is read back before the next, what is not clean stops the rest, and whoever goes on keeps the gates.

use crate::desk::{Desk, lines};
use crate::pair::Answer;
use onroll::domain::code::ProblemCode;
use onroll::domain::decision::Ruling;
use onroll::domain::run::RunOutcome;
use onroll::domain::waves::{WaveGate, WavesAsked};
use onroll::engine::progress::{Progress, Reporter, RunControl};
use onroll::engine::run::{RunReport, SyncRequest};
use onroll::store::LetGo;
use proptest::prelude::*;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

async fn in_waves(desk: &Desk, gate: WaveGate) -> SyncRequest {
    SyncRequest { waves: Some(WavesAsked { gate, ..WavesAsked::default() }), ..desk.confirmed().await }
}

async fn sync(desk: &Desk, request: &SyncRequest, control: &RunControl) -> (RunReport, watch::Receiver<Progress>) {
    let (reporter, gauges, mut events) = Reporter::channel();
    let connection = desk.connection().await;
    let heard = async { while events.recv().await.is_some() {} };
    let work = async move { desk.workspace.engine.sync(&connection, request, &reporter, control).await.unwrap() };
    let (report, ()) = tokio::join!(work, heard);
    (report, gauges)
}

async fn resume(desk: &Desk) -> Option<RunReport> {
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    desk.workspace.engine.resume(&desk.connection().await, &reporter, &control).await.unwrap()
}

async fn feed(desk: &Desk, report: &RunReport) -> Vec<String> {
    let path = desk.workspace.store.path().to_owned();
    let file = rusqlite::Connection::open(path).unwrap();
    let mut query = file.prepare("SELECT text FROM feed WHERE run = ?1 AND what = 'wave' ORDER BY id").unwrap();
    let texts = query.query_map([report.run.0], |row| row.get(0)).unwrap();
    texts.collect::<Result<_, _>>().unwrap()
}

fn everybody(count: usize) -> Vec<usize> {
    (1..=count).collect()
}

#[test]
fn one_then_five_then_the_rest_with_time_between() {
    run(async {
        let desk = Desk::with_people(40).await;
        let request = in_waves(&desk, WaveGate::Minutes(5)).await;
        let begun = Instant::now();
        let (report, gauges) = sync(&desk, &request, &RunControl::default()).await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 40), "{:?}", report.problem);
        assert!(begun.elapsed() >= Duration::from_secs(600), "two gates of five minutes");
        assert_eq!(
            feed(&desk, &report).await,
            [
                "wave 1 of 3, one person: clean, 1 read back equal",
                "wave 2 of 3, five people: let go as its time was over",
                "wave 2 of 3, five people: clean, 5 read back equal",
                "wave 3 of 3, all the rest: let go as its time was over",
            ]
        );
        let progress = gauges.borrow().clone();
        assert_eq!((progress.written, progress.confirmed, progress.operations, progress.wave), (40, 40, 40, None));
        desk.assert_once_each(&everybody(40));
    });
}

#[test]
fn nothing_of_the_next_wave_is_sent_before_the_last_one_is_read_back() {
    run(async {
        let desk = Desk::with_people(40).await;
        let mut connection = desk.connection().await;
        connection.settings.shows_within_s = Some(900);
        desk.workspace.store.set_settings(connection.id, connection.settings, "test").await.unwrap();
        desk.pair.lock().shows_after = Duration::from_secs(400);
        let request = in_waves(&desk, WaveGate::Minutes(0)).await;
        let begun = Instant::now();
        let (report, _) = sync(&desk, &request, &RunControl::default()).await;
        assert!(begun.elapsed() >= Duration::from_secs(800), "two waves that are shown late: {:?}", begun.elapsed());
        assert_eq!(report.totals.written, 40, "{:?}", report.problem);
        desk.pair.lock().shows_after = Duration::ZERO;
        tokio::time::sleep(Duration::from_secs(900)).await;
        desk.until_settled().await;
        desk.assert_once_each(&everybody(40));
    });
}

#[test]
fn a_refusal_in_the_second_wave_leaves_the_rest_unsent_until_an_operator_goes_on() {
    run(async {
        let desk = Desk::with_people(40).await;
        let request = in_waves(&desk, WaveGate::Minutes(0)).await;
        desk.pair.lock().writes = vec![Answer::Yes, Answer::No].into();
        let (report, _) = sync(&desk, &request, &RunControl::default()).await;
        let problem = report.problem.clone().unwrap();
        assert_eq!((report.outcome, problem.code()), (RunOutcome::Stopped, ProblemCode::WaveNotClean), "{problem}");
        assert_eq!((report.totals.written, report.totals.failed, report.totals.pending), (5, 1, 34));
        assert_eq!(lines(&report.totals), 40);
        assert_eq!(desk.pair.lock().users.len(), 5);

        // Nobody goes on by itself: a run without a confirmation sends nothing of it.
        let (stopped, _) = sync(&desk, &SyncRequest::default(), &RunControl::default()).await;
        assert_eq!((stopped.resumed, desk.pair.lock().users.len()), (None, 5), "{:?}", stopped.problem);
    });
    run(async {
        let desk = Desk::with_people(40).await;
        let request = in_waves(&desk, WaveGate::Key).await;
        desk.pair.lock().writes = vec![Answer::Yes, Answer::No].into();
        let control = RunControl::default();
        control.let_wave_go(1);
        let (report, _) = sync(&desk, &request, &control).await;
        assert_eq!(report.outcome, RunOutcome::Stopped);
        let resumed = resume(&desk).await.unwrap();
        assert_eq!((resumed.run, resumed.outcome), (report.run, RunOutcome::DoneWithHeld), "{:?}", resumed.problem);
        assert_eq!((resumed.totals.confirmed, resumed.totals.failed, resumed.totals.pending), (39, 1, 0));
        assert!(resume(&desk).await.is_none(), "nothing is left to go on with");
        desk.until_settled().await;
        desk.assert_once_each(&everybody(40));
    });
}

/// Runs until the run waits at a gate, then does something.
async fn at_the_gate(desk: &Desk, then: impl AsyncFnOnce(&RunControl)) -> RunReport {
    at_the_gate_of(desk, &in_waves(desk, WaveGate::Key).await, then).await
}

async fn at_the_gate_of(desk: &Desk, request: &SyncRequest, then: impl AsyncFnOnce(&RunControl)) -> RunReport {
    let control = RunControl::default();
    control.attend();
    let (reporter, mut gauges, mut events) = Reporter::channel();
    let connection = desk.connection().await;
    let heard = async { while events.recv().await.is_some() {} };
    let work = async {
        let report = desk.workspace.engine.sync(&connection, request, &reporter, &control).await.unwrap();
        drop(reporter);
        report
    };
    let operator = async {
        gauges.wait_for(|progress| progress.at_gate().is_some()).await.unwrap();
        then(&control).await;
    };
    let (report, (), ()) = tokio::join!(work, heard, operator);
    report
}

#[test]
fn a_key_lets_a_wave_go_and_a_stop_at_the_gate_keeps_the_rest_for_the_same_approval() {
    run(async {
        let desk = Desk::with_people(40).await;
        let report = at_the_gate(&desk, async |control| {
            tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
            assert_eq!(desk.pair.lock().users.len(), 1, "an hour is no key");
            let at_work = desk.workspace.store.at_work(desk.connection().await.id).await.unwrap().unwrap();
            assert_eq!(at_work.gate, Some(1));
            control.stop();
        })
        .await;
        assert_eq!(desk.workspace.store.at_work(desk.connection().await.id).await.unwrap(), None);
        assert_eq!((report.outcome, report.totals.pending), (RunOutcome::Cancelled, 39));
        // Each command sends one wave more where nobody sees the run.
        let resumed = resume(&desk).await.unwrap();
        assert_eq!((resumed.outcome, resumed.totals.pending), (RunOutcome::Interrupted, 34), "{:?}", resumed.problem);
        let resumed = resume(&desk).await.unwrap();
        assert_eq!((resumed.outcome, resumed.totals.confirmed), (RunOutcome::Done, 40), "{:?}", resumed.problem);
        desk.assert_once_each(&everybody(40));
    });
    run(async {
        let desk = Desk::with_people(40).await;
        let report = at_the_gate(&desk, async |control| {
            control.let_wave_go(1);
            control.let_wave_go(2);
        })
        .await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 40));
        assert!(feed(&desk, &report).await.iter().any(|line| line.starts_with("wave 2 of 3, five people: let go by ")));
    });
}

/// What only the file says: no signal of this process is given.
async fn press(desk: &Desk, wave: Option<usize>) -> Result<LetGo, String> {
    let pressed = desk.workspace.engine.let_next_wave_go(&desk.connection().await, wave).await;
    pressed.map(|(_, let_go)| let_go).map_err(|error| error.to_string())
}

async fn until(step: Duration, mut there: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if there().await {
            return;
        }
        tokio::time::sleep(step).await;
    }
    panic!("it does not come");
}

#[test]
fn any_process_lets_a_wave_go_once_and_the_run_hears_of_it() {
    run(async {
        let desk = Desk::with_people(40).await;
        assert!(press(&desk, None).await.unwrap_err().contains("is at work"));
        let report = at_the_gate(&desk, async |_| {
            let (one, two) = tokio::join!(press(&desk, Some(1)), press(&desk, Some(1)));
            let now = [&one, &two].into_iter().filter(|pressed| **pressed == Ok(LetGo::Now)).count();
            assert_eq!(now, 1, "pressed twice, one wave: {one:?}, {two:?}");
            let engine = &desk.workspace.engine;
            let connection = desk.connection().await;
            let at_work = desk.workspace.store.at_work(desk.id).await.unwrap().unwrap().run.unwrap();
            let waves = async || desk.workspace.store.waves_of(at_work).await.unwrap();
            until(Duration::from_millis(50), async || waves().await[1].begun_at.is_some()).await;
            until(Duration::from_secs(5), async || {
                engine.gate_of(&connection).await.is_ok_and(|gate| gate.standing.wave == 2)
            })
            .await;
            // Whoever meant the second wave does not send the third.
            let gone = press(&desk, Some(1)).await.unwrap_err();
            assert!(
                gone.contains("wave 2 of 3, five people, was let go by ") && gone.contains("wave 3 waits now"),
                "{gone}"
            );
            assert_eq!(desk.pair.lock().users.len(), 6);
            assert_eq!(press(&desk, None).await, Ok(LetGo::Now));
        })
        .await;
        assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, 40), "{:?}", report.problem);
        let waves = desk.workspace.store.waves_of(report.run).await.unwrap();
        let stood: Vec<_> = waves.iter().map(|wave| (wave.standing(), wave.gate_at.is_some(), wave.people)).collect();
        assert_eq!(stood, [("clean", false, 1), ("clean", true, 5), ("sent", true, 34)]);
        assert_eq!(waves[1].counts_words(), "5 read back equal");
        assert!(press(&desk, None).await.is_err(), "nothing waits any more");
        let audit = desk.workspace.store.audit_lines(None, 50).await.unwrap();
        assert_eq!(audit.iter().filter(|line| line.what == "wave").count(), 2, "each was let go once");
        desk.assert_once_each(&everybody(40));
    });
}

#[test]
fn a_wave_that_was_let_go_before_a_crash_does_not_wait_again() {
    run(async {
        let mut desk = Desk::with_people(40).await;
        let report = at_the_gate(&desk, async |control| {
            // The press is on the disk, and the process ends before it has looked.
            assert_eq!(press(&desk, Some(1)).await, Ok(LetGo::Now));
            control.interrupt();
        })
        .await;
        assert_eq!((report.outcome, report.totals.pending), (RunOutcome::Interrupted, 39));
        desk.after_a_crash().await;
        let error = press(&desk, None).await.unwrap_err();
        assert!(error.contains("is at work"), "{error}");
        let (next, _) = sync(&desk, &SyncRequest::default(), &RunControl::default()).await;
        assert_eq!(next.run, report.run, "{:?}", next.problem);
        let opened: Vec<String> =
            feed(&desk, &report).await.into_iter().filter(|line| line.contains("let go")).collect();
        let by = |line: &String| line.starts_with("wave 2 of 3, five people: let go by ");
        assert!(!opened.is_empty() && opened.iter().all(by), "{opened:?}");
        assert_eq!((next.outcome, next.totals.pending), (RunOutcome::Interrupted, 34), "{:?}", next.problem);
        assert_eq!(resume(&desk).await.unwrap().outcome, RunOutcome::Done);
        desk.assert_once_each(&everybody(40));
    });
}

/// A wave that was let go under one approval is not let go under the next one.
#[test]
fn a_plan_that_is_approved_again_waits_at_its_own_gates() {
    run(async {
        let desk = Desk::with_people(40).await;
        let first = at_the_gate(&desk, async |control| {
            assert_eq!(press(&desk, Some(1)).await, Ok(LetGo::Now));
            control.stop();
        })
        .await;
        assert_eq!((first.outcome, first.totals.pending), (RunOutcome::Cancelled, 39));
        let waves = Some(WavesAsked { gate: WaveGate::Key, ..WavesAsked::default() });
        let again = SyncRequest { waves, ..desk.kept().await };
        let second = at_the_gate_of(&desk, &again, async |control| {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            assert_eq!(desk.pair.lock().users.len(), 1, "nobody has let a wave of this run go");
            control.stop();
        })
        .await;
        assert_ne!(second.run, first.run);
        assert_eq!((second.outcome, second.totals.pending), (RunOutcome::Cancelled, 39), "{:?}", second.problem);
        let of = async |run| desk.workspace.store.waves_of(run).await.unwrap();
        assert!(of(first.run).await[1].let_go_at.is_some() && of(second.run).await[1].let_go_at.is_none());
    });
}

#[test]
fn who_is_excluded_while_a_run_waits_at_a_gate_is_not_sent() {
    run(async {
        let desk = Desk::with_people(40).await;
        let report = at_the_gate(&desk, async |control| {
            desk.rule(40, Ruling::Exclude).await;
            control.let_wave_go(2);
        })
        .await;
        assert_eq!((report.totals.confirmed, report.totals.set_aside), (39, 1), "{:?}", report.problem);
        desk.assert_once_each(&everybody(39));
    });
}

#[test]
fn a_run_that_ends_with_its_program_at_a_gate_is_finished_by_the_next_one_with_its_gates() {
    run(async {
        let mut desk = Desk::with_people(40).await;
        let report = at_the_gate(&desk, async |control| control.interrupt()).await;
        assert_eq!((report.outcome, report.totals.pending), (RunOutcome::Interrupted, 39));
        let code = report.problem.as_ref().map(|problem| problem.code());
        assert_eq!(code, Some(ProblemCode::StoppedByEnd));
        desk.after_a_crash().await;
        // Nobody is there who could press: it stops at the gate, frees the tenant, and says what lets the wave go.
        let (next, _) = sync(&desk, &SyncRequest::default(), &RunControl::default()).await;
        assert_eq!((next.run, next.outcome), (report.run, RunOutcome::Interrupted), "{:?}", next.problem);
        assert_eq!((next.totals.pending, desk.pair.lock().users.len()), (39, 1));
        let problem = next.problem.unwrap();
        let words = "stopped at the gate of wave 2 of 3, five people: it waits for a key";
        assert!(problem.what.contains(words), "{problem}");
        assert!(problem.remedies.iter().any(|remedy| remedy.contains("`onroll runs resume acme`")), "{problem}");
        assert!(feed(&desk, &report).await.iter().any(|line| line.contains(words)));
        assert_eq!(desk.workspace.store.at_work(desk.id).await.unwrap(), None);
        let error = press(&desk, None).await.unwrap_err();
        assert!(error.contains("is at work"), "{error}");
        // Nor does a later run send it, by a plan of its own or however long nobody comes.
        tokio::time::sleep(Duration::from_secs(48 * 3600)).await;
        for request in [SyncRequest::default(), desk.confirmed().await] {
            let (later, _) = sync(&desk, &request, &RunControl::default()).await;
            let stood = (later.run, later.outcome, desk.pair.lock().users.len());
            assert_eq!(stood, (report.run, RunOutcome::Interrupted, 1), "{:?}", later.problem);
        }
        for (outcome, users) in [(RunOutcome::Interrupted, 6), (RunOutcome::Done, 40)] {
            let resumed = resume(&desk).await.unwrap();
            assert_eq!((resumed.outcome, desk.pair.lock().users.len()), (outcome, users), "{:?}", resumed.problem);
        }
        desk.assert_once_each(&everybody(40));
    });
}

#[test]
fn a_wave_is_cut_by_a_crash_and_the_next_one_still_waits_for_its_key() {
    run(async {
        let mut desk = Desk::with_people(40).await;
        let request = in_waves(&desk, WaveGate::Key).await;
        desk.pair.lock().writes = vec![Answer::Yes, Answer::Yes, Answer::DiesAfter].into();
        let control = RunControl::default();
        control.let_wave_go(1);
        {
            let work = sync(&desk, &request, &control);
            tokio::pin!(work);
            while !desk.pair.lock().is_dead {
                tokio::select! {
                    biased;
                    _ = &mut work => break,
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
            }
        }
        desk.after_a_crash().await;
        for users in [6, 40] {
            let resumed = resume(&desk).await.unwrap();
            assert_eq!(desk.pair.lock().users.len(), users, "{:?}", resumed.problem);
        }
        desk.until_settled().await;
        desk.assert_once_each(&everybody(40));
    });
}

#[test]
fn a_wave_that_was_written_and_not_judged_when_the_program_ended_is_judged_before_the_next() {
    run(async {
        let mut desk = Desk::with_people(40).await;
        let mut connection = desk.connection().await;
        connection.settings.shows_within_s = Some(900);
        desk.workspace.store.set_settings(connection.id, connection.settings, "test").await.unwrap();
        {
            let mut state = desk.pair.lock();
            state.shows_after = Duration::from_secs(400);
            state.writes = vec![Answer::Yes, Answer::No].into();
        }
        let request = in_waves(&desk, WaveGate::Minutes(0)).await;
        let control = RunControl::default();
        let ends = async {
            // One of the second wave is refused, the others are written and not shown yet.
            while desk.pair.lock().users.len() < 5 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            tokio::time::sleep(Duration::from_secs(20)).await;
            control.interrupt();
        };
        let ((report, _), ()) = tokio::join!(sync(&desk, &request, &control), ends);
        assert_eq!((report.outcome, report.totals.failed), (RunOutcome::Interrupted, 1), "{:?}", report.problem);
        tokio::time::sleep(Duration::from_secs(900)).await;
        desk.after_a_crash().await;
        let (next, _) = sync(&desk, &SyncRequest::default(), &RunControl::default()).await;
        let code = next.problem.as_ref().map(|problem| problem.code());
        assert_eq!((next.run, next.outcome, code), (report.run, RunOutcome::Stopped, Some(ProblemCode::WaveNotClean)));
        assert_eq!(desk.pair.lock().users.len(), 5, "nothing of the third wave was sent");
    });
}

#[test]
fn two_people_leave_no_wave_of_five_and_one_person_none_at_all() {
    run(async {
        for (people, waves) in [(1, 1), (2, 2), (7, 3)] {
            let desk = Desk::with_people(people).await;
            let request = in_waves(&desk, WaveGate::Minutes(0)).await;
            let (report, _) = sync(&desk, &request, &RunControl::default()).await;
            let approval = desk.workspace.store.approval(report.plan.clone().unwrap().id).await.unwrap().unwrap();
            assert_eq!(approval.approval.waves.unwrap().count(), waves, "{people} people");
            desk.assert_once_each(&everybody(people));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_waves_too_nobody_is_made_twice_whatever_is_lost_and_wherever_it_dies(
        people in 3_usize..20,
        before in prop::collection::vec(
            prop_oneof![4 => Just(Answer::Yes), 1 => Just(Answer::LostAfter), 1 => Just(Answer::LostBefore), 1 => Just(Answer::No)], 0..12),
        last in prop_oneof![Just(Answer::DiesAfter), Just(Answer::DiesBefore), Just(Answer::Yes)],
        by_hand in prop::bool::ANY,
    ) {
        run(async move {
            let mut desk = Desk::with_people(people).await;
            let request = in_waves(&desk, WaveGate::Minutes(1)).await;
            desk.pair.lock().writes = before.into_iter().chain([last]).collect();
            desk.sync_until_dead(&request).await;
            desk.after_a_crash().await;
            if by_hand {
                // A run that stopped between its waves has left some of its answers.
                desk.pair.lock().writes.clear();
                resume(&desk).await;
            }
            desk.until_settled().await;
            desk.assert_once_each(&everybody(people));
        });
    }
}
