//! Tests.

use super::data::{Act, Answer, Ask, FeedCounts, Newest, Other, Unfinished};
use super::stage::{self, Stage, TENANT, ago, feed_rows, run};
use crate::console::app::live::{LiveCommand, LiveSample};
use crate::console::app::{Command, Control, LiveRun, Msg, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::domain::connection::ConnectionStatus;
use crate::domain::ids::{ConnectionId, PlanId, RunId};
use crate::domain::plan::{Counts, Mails};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{OperationState, Phase, RunOutcome, RunPurpose, RunTotals};
use crate::domain::waves::{GateStanding, WaveStanding};
use crate::engine::progress::{PhaseProgress, Progress, Waiting};
use crate::store::views::FeedEdge;
use crate::store::{JournalTotals, PhaseRow, PlanHead, RunRow};
use std::time::Duration;

fn plan() -> PlanHead {
    PlanHead {
        id: PlanId(34),
        connection: ConnectionId(1),
        run: Some(RunId(219)),
        hash: "7f3ac91e00112233".into(),
        by: "R. Osei".into(),
        made_at: ago(60),
        counts: Counts {
            create: 66,
            link: 243,
            update: 251,
            reactivate: 3,
            deactivate: 9,
            create_option: 3,
            ..Counts::default()
        },
        mails: Mails { welcome: 66, notice: 0 },
        limits: Vec::new(),
        first_import: false,
        people: 1_204,
        changed_people: 575,
        ignored_leavers: 0,
        future_starters: 0,
        doubled: Vec::new(),
        operations: 575,
        unmapped_values: 0,
        blocked: 20,
        review: 3,
        ruled: 0,
        approval: None,
        change_mark: None,
    }
}

/// The newest run of a tenant as other screens' tests need it.
pub(in crate::console::screens) fn newest_for_tests(problem: Option<Problem>) -> Newest {
    newest(vec![RunRow { problem, ..run(219, RunOutcome::Stopped, 300) }])
}

fn newest(runs: Vec<RunRow>) -> Newest {
    Newest {
        tenant_name: "Harbour & Vine".into(),
        live: false,
        standing: "LIVE",
        status: ConnectionStatus::Live,
        refusals: 0,
        source: "Planday",
        destination: "Flow Learning",
        mails: true,
        recent: runs,
        phases: Vec::new(),
        plan: None,
        totals: JournalTotals::default(),
        unfinished: None,
        other: None,
        last_pull: Some(ago(300)),
    }
}

fn answers(newest: Newest) -> impl Fn(&Query) -> Option<Payload> {
    move |query| match query {
        Query::Run(Ask::Newest { .. }) => Some(Payload::Run(Answer::Newest(Box::new(newest.clone())))),
        Query::Run(Ask::Feed { edge, .. }) => {
            let rows = if *edge == FeedEdge::Newest { feed_rows() } else { Vec::new() };
            let counts = FeedCounts { lines: 1_042, warnings: 8, errors: 3 };
            Some(Payload::Run(Answer::Feed { edge: *edge, rows, counts }))
        }
        _ => None,
    }
}

fn screen(newest: Newest, size: (u16, u16)) -> Stage {
    Stage::new(Place::tenant(ScreenId::Run, TENANT), size, answers(newest))
}

fn phase(done: u64, total: u64, ended: bool) -> PhaseProgress {
    PhaseProgress { done, total: Some(total), ended }
}

fn sample(written: u32) -> LiveSample {
    let progress = Progress {
        phases: [
            (Phase::ReadSource, phase(1_204, 1_204, true)),
            (Phase::ReadDestination, phase(1_187, 1_187, true)),
            (Phase::MatchAndPlan, phase(1_204, 1_204, true)),
            (Phase::Options, phase(3, 3, true)),
            (Phase::Create, phase(69, 69, true)),
            (Phase::Update, phase(u64::from(written) - 66, 494, false)),
        ]
        .into(),
        current: Some(Phase::Update),
        written,
        already: 0,
        confirmed: 0,
        failed: 3,
        unknown: 1,
        set_aside: 2,
        retried: 6,
        operations: 575,
        waiting: None,
        paused: false,
        queued: false,
        wave: None,
    };
    LiveSample {
        tenant: TENANT.into(),
        tenant_name: "Harbour & Vine".into(),
        run: Some(RunId(219)),
        purpose: RunPurpose::Sync,
        started: ago(122),
        progress,
    }
}

fn live(size: (u16, u16)) -> Stage {
    let row = RunRow {
        outcome: RunOutcome::Running,
        ended: None,
        plan: Some(PlanId(34)),
        ..run(219, RunOutcome::Running, 122)
    };
    let mut stage = screen(Newest { live: true, plan: Some(plan()), ..newest(vec![row]) }, size);
    for second in 0..30u32 {
        stage.wait(1_000);
        stage.send(Msg::Sampled(Payload::Live(vec![sample(200 + second * 4 + second % 3)])));
    }
    stage
}

fn at_the_gate(opens_after_s: Option<u64>) -> LiveSample {
    let mut waiting = sample(106);
    let gate = Some(GateStanding { opens_after_s, since: ago(40), clean: 6 });
    let label = "branch Lakeside".to_owned();
    waiting.progress.wave = Some(WaveStanding { wave: 2, of: 4, label, people: 31, changes: 38, mails: 6, gate });
    waiting
}

#[test]
fn a_wave_waits_at_its_gate_for_a_key_that_asks() {
    for (columns, rows) in [(80, 24), (140, 40)] {
        let mut stage = live((columns, rows));
        stage.send(Msg::Sampled(Payload::Live(vec![at_the_gate(None)])));
        insta::assert_snapshot!(format!("run_at_gate_{columns}x{rows}"), stage.text());
    }
    let mut stage = live((80, 24));
    stage.send(Msg::Sampled(Payload::Live(vec![at_the_gate(Some(300))])));
    assert!(stage.text().contains("wave 2 of 4 clean, 31 people next: !, or in 230 s"), "{}", stage.text());
    stage.keys("!");
    insta::assert_snapshot!("run_gate_asks", stage.text());
    stage.wait(400);
    // The gate has opened by its time while the question stood.
    stage.keys("y");
    let go = LiveCommand::LetWaveGo { tenant: TENANT.into(), wave: 2 };
    assert_eq!(stage.commands(), [Command::Run(go)]);
}

#[test]
fn a_second_console_lets_the_wave_of_another_process_go() {
    let gate = Some(GateStanding { opens_after_s: None, since: ago(40), clean: 6 });
    let label = "branch Lakeside".to_owned();
    let standing = WaveStanding { wave: 2, of: 4, label, people: 31, changes: 38, mails: 6, gate };
    let words = "sync by ana (process 7 on desk)".to_owned();
    let other = Other { words, on_it: true, is_paused: false, gate: Some(standing) };
    let row = RunRow { ended: None, ..run(219, RunOutcome::Running, 300) };
    let newest = Newest { other: Some(other), plan: Some(plan()), ..newest(vec![row]) };
    let mut stage = screen(newest, (80, 24));
    assert!(stage.text().contains("at a gate elsewhere"), "{}", stage.text());
    assert!(stage.text().contains("send wave 3"), "{}", stage.text());
    stage.keys("!");
    assert!(stage.text().contains("Send wave 3 of 4, branch Lakeside"), "{}", stage.text());
    stage.wait(400);
    stage.keys("y");
    let go = LiveCommand::LetWaveGo { tenant: TENANT.into(), wave: 2 };
    assert_eq!(stage.commands(), [Command::Run(go)]);
}

#[test]
fn a_run_that_stopped_between_its_waves_can_be_finished() {
    let row = RunRow { plan: Some(PlanId(34)), ..run(219, RunOutcome::Stopped, 300) };
    let unfinished = Unfinished {
        run: RunId(219),
        left: 531,
        approved: Some("by R. Osei".into()),
        by_other: None,
        between_waves: true,
    };
    let stopped = Newest { plan: Some(plan()), unfinished: Some(unfinished), ..newest(vec![row]) };
    let mut stage = screen(stopped, (80, 24));
    assert!(stage.text().contains("Run 219 stopped between its waves with 531 operations open"), "{}", stage.text());
    stage.keys("!");
    stage.wait(400);
    stage.keys("y");
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Resume { tenant: TENANT.into() })]);
}

fn paused(stage: &mut Stage) {
    let mut held = sample(317);
    held.progress.paused = true;
    stage.send(Msg::Sampled(Payload::Live(vec![held])));
    stage.wait(2_500);
}

#[test]
fn a_live_run_in_three_sizes() {
    for (columns, rows) in [(80, 24), (140, 40), (200, 60)] {
        insta::assert_snapshot!(format!("live_{columns}x{rows}"), live((columns, rows)).text());
    }
}

#[test]
fn a_wait_is_a_countdown_and_a_pause_says_who_and_what_goes_on() {
    let mut stage = live((80, 24));
    let mut waiting = sample(317);
    waiting.progress.waiting = Some(Waiting { vendor: "Flow Learning", status: 429, wait: Duration::from_secs(12) });
    stage.send(Msg::Sampled(Payload::Live(vec![waiting])));
    insta::assert_snapshot!("waiting_80x24", stage.text());
    paused(&mut stage);
    let text = stage.text();
    assert!(text.contains("Run 219: paused by R. Osei 16:22, nothing in flight"), "{text}");
    assert!(text.contains("Enter go on"), "{text}");
    stage.keys("enter");
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Pause { tenant: TENANT.into(), paused: false })]);
}

#[test]
fn x_asks_which_and_does_it() {
    let mut stage = live((80, 24));
    stage.keys("x enter");
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Pause { tenant: TENANT.into(), paused: true })]);
    stage.keys("x down enter");
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Stop { tenant: TENANT.into() })]);
    assert!(stage.text().contains("stops after the write in flight"));
}

#[test]
fn p_freezes_the_picture_and_f_follows() {
    let mut stage = live((140, 40));
    let still = |stage: &Stage| stage.text().lines().skip(3).take(30).collect::<Vec<_>>().join("\n");
    stage.keys("p");
    let before = still(&stage);
    stage.wait(1_000);
    stage.send(Msg::Sampled(Payload::Live(vec![sample(400)])));
    assert_eq!(still(&stage), before);
    stage.keys("p");
    assert_ne!(still(&stage), before);
    assert!(stage.text().contains("following, 1,042 lines"));
    stage.keys("up");
    assert!(stage.text().contains("not following"));
    stage.keys("f");
    assert!(stage.text().contains("following, 1,042 lines"));
}

#[test]
fn enter_on_a_line_opens_the_person_and_o_saves_what_failed() {
    let mut stage = live((140, 40));
    stage.keys("o tab enter");
    let file = "harbour-vine-run-219-errors.xlsx".into();
    let act = Act::SaveErrors { tenant: TENANT.into(), run: RunId(219), file };
    assert_eq!(stage.commands(), [Command::RunScreen(act)]);
    stage.keys("tab up enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("40718_1033".into())));
}

#[test]
fn when_the_run_has_ended_its_result_is_shown() {
    let totals = RunTotals {
        written: 570,
        confirmed: 569,
        failed: 3,
        held: 23,
        set_aside: 2,
        mails: 66,
        ..RunTotals::default()
    };
    let row = RunRow { totals, plan: Some(PlanId(34)), ..run(219, RunOutcome::DoneWithHeld, 400) };
    let phases = (0..)
        .zip([
            Phase::ReadSource,
            Phase::ReadDestination,
            Phase::MatchAndPlan,
            Phase::Options,
            Phase::Create,
            Phase::Update,
            Phase::Deactivate,
            Phase::ReadBack,
        ])
        .map(|(at, phase)| PhaseRow {
            phase,
            done: 69,
            total: Some(69),
            started: ago(400 - at * 10),
            ended: Some(ago(393 - at * 10)),
        });
    let ended = Newest { plan: Some(plan()), phases: phases.collect(), ..newest(vec![row]) };
    let mut stage = live((140, 40));
    stage.send(Msg::Control(Control::LiveRuns(Vec::new())));
    assert!(stage.rest.is_empty());
    for (columns, rows) in [(80, 24), (140, 40)] {
        insta::assert_snapshot!(format!("ended_{columns}x{rows}"), screen(ended.clone(), (columns, rows)).text());
    }
    let mut stage = screen(ended, (80, 24));
    stage.keys("r");
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Preview { tenant: TENANT.into(), accepted_rows: None })]);
    stage.keys("enter");
    assert_eq!(stage.place(), (ScreenId::RunDetail, Some("219".into())));
}

#[test]
fn a_stopped_run_says_what_it_left() {
    let row = RunRow { plan: Some(PlanId(34)), ..run(219, RunOutcome::Cancelled, 400) };
    let phase =
        |phase, done, total| PhaseRow { phase, done, total: Some(total), started: ago(380), ended: Some(ago(340)) };
    let phases = vec![phase(Phase::Create, 66, 66), phase(Phase::Update, 93, 494)];
    let totals = JournalTotals::of_updates(&[(OperationState::Confirmed, 159), (OperationState::Pending, 401)]);
    let stopped = Newest { plan: Some(plan()), phases, totals, ..newest(vec![row]) };
    let text = screen(stopped, (80, 24)).text();
    assert!(text.contains("✓ create  66 of 66") && text.contains("! update  93 of 494"), "{text}");
    assert!(text.contains("! 401 of 560 not written; they are planned anew, 5 shows them"), "{text}");
}

#[test]
fn a_run_that_finishes_another_measures_its_own_rest() {
    let before = Newest { live: true, plan: Some(plan()), ..newest(vec![run(219, RunOutcome::Running, 100)]) };
    let mut stage = screen(before, (140, 40));
    let mut rest = sample(70);
    rest.progress.operations = 253;
    stage.send(Msg::Sampled(Payload::Live(vec![rest])));
    let text = stage.text();
    assert!(text.contains("of 253 handled"), "the plan has 575, most were written before: {text}");
}

#[test]
fn no_run_yet_says_what_a_run_is() {
    let mut stage = screen(newest(Vec::new()), (80, 24));
    insta::assert_snapshot!("empty_80x24", stage.text());
    stage
        .send(Msg::Control(Control::LiveRuns(vec![LiveRun { tenant: TENANT.into(), title: "Harbour & Vine".into() }])));
    assert!(stage.text().contains("A run begins"));
    let loading = Stage::new(Place::tenant(ScreenId::Run, TENANT), (80, 24), |_| None);
    assert!(loading.text().contains("reading the last run"));
}

#[test]
fn an_interrupted_run_is_finished_only_after_a_question() {
    let row = RunRow { plan: Some(PlanId(34)), ..run(219, RunOutcome::Interrupted, 400) };
    let unfinished = Unfinished {
        run: RunId(219),
        left: 252,
        approved: Some("by R. Osei, `harbour-vine:575` typed".into()),
        by_other: None,
        between_waves: false,
    };
    let interrupted = Newest { plan: Some(plan()), unfinished: Some(unfinished), ..newest(vec![row]) };
    let mut stage = screen(interrupted.clone(), (80, 24));
    stage.keys("!");
    insta::assert_snapshot!("finish_question_80x24", stage.text());
    stage.keys("y");
    assert_eq!(stage.commands(), [], "deaf for the first 300 ms");
    stage.wait(400);
    stage.keys("y");
    assert_eq!(stage.commands(), [Command::Run(LiveCommand::Resume { tenant: TENANT.into() })]);
    let other = Other { words: "sync by ana (process 7 on desk)".into(), on_it: true, is_paused: false, gate: None };
    let elsewhere = Unfinished { by_other: Some(other.clone()), ..interrupted.unfinished.clone().unwrap() };
    let mut stage = screen(Newest { unfinished: Some(elsewhere), other: Some(other), ..interrupted }, (80, 24));
    assert!(stage.text().contains("live elsewhere: sync by ana"));
    stage.keys("! r");
    assert_eq!(stage.commands(), [], "another process is at work");
}

#[test]
fn a_problem_stays_in_four_lines_with_what_was_tried() {
    let problem = Problem::new(ProblemKind::Refused, "Planday refused the credentials")
        .with_who("all 1,204 people; they stay as they are")
        .with_why("401 on the sign-in call: `client is disabled`")
        .with_remedy("check the credentials with the customer");
    let refused = |id, seconds| RunRow { problem: Some(problem.clone()), ..run(id, RunOutcome::Refused, seconds) };
    let mut runs = vec![refused(771, 180), refused(770, 1_080), refused(769, 1_980)];
    runs.push(run(768, RunOutcome::Done, 2_880));
    let paused = Newest { status: ConnectionStatus::Paused, refusals: 3, ..newest(runs) };
    for (columns, rows) in [(80, 24), (140, 40)] {
        insta::assert_snapshot!(format!("problem_{columns}x{rows}"), screen(paused.clone(), (columns, rows)).text());
    }
    let mut stage = screen(paused, (80, 24));
    stage.keys("y");
    assert!(stage.copied().unwrap().starts_with("what  Planday refused the credentials\nwho "));
    stage.keys("enter");
    assert_eq!(stage.place(), (ScreenId::Settings, Some("credentials".into())));
}

#[test]
fn no_size_panics() {
    for columns in [60, 79, 80, 110, 120, 140] {
        for rows in (16..42).step_by(5) {
            let _ = live((columns, rows)).text();
        }
    }
}

#[test]
fn c_on_a_line_of_the_feed_shows_what_was_said() {
    let mut stage = live((140, 40));
    stage.keys("tab up c");
    let (screen, subject) = stage.place();
    assert_eq!(screen, ScreenId::Said);
    assert!(subject.as_deref().is_some_and(|about| about.starts_with("219 person update ")), "{subject:?}");
}

#[tokio::test]
async fn the_backend_reads_the_newest_run_and_saves_what_failed() {
    use crate::console::backend::run as backend;
    use crate::store::NewRun;
    let folder = tempfile::tempdir().unwrap();
    let (context, id) = stage::context(&folder).await;
    let ask = || Ask::Newest { tenant: TENANT.into() };
    let Answer::Newest(none) = backend::ask(&context, ask()).await.unwrap() else { panic!() };
    assert!(none.recent.is_empty() && !none.live && none.unfinished.is_none());
    assert_eq!((none.source, none.destination, none.mails), ("Planday", "Flow Learning", true));
    let new = NewRun::by_hand(RunPurpose::Sync, "rosa");
    let run = context.store.start_run(id, new).await.unwrap();
    context
        .store
        .append_feed(
            id,
            feed_rows()
                .into_iter()
                .rev()
                .map(|row| crate::domain::run::FeedLine { run: Some(run), ..row.line })
                .collect(),
        )
        .await
        .unwrap();
    let Answer::Newest(open) = backend::ask(&context, ask()).await.unwrap() else { panic!() };
    assert_eq!(open.unfinished.as_ref().map(|open| (open.run, open.approved.clone())), Some((run, None)));
    let feed = Ask::Feed { tenant: TENANT.into(), run, edge: FeedEdge::Newest, limit: 5 };
    let Answer::Feed { rows, counts, .. } = backend::ask(&context, feed).await.unwrap() else { panic!() };
    assert_eq!((rows.len(), counts), (5, FeedCounts { lines: 9, warnings: 4, errors: 1 }));
    let save = Act::SaveErrors { tenant: TENANT.into(), run, file: "errors.csv".into() };
    let Answer::Saved { path, lines } = backend::act(&context, save).await.unwrap() else { panic!() };
    assert_eq!(lines, 0);
    assert!(std::fs::read_to_string(path).unwrap().starts_with("\u{feff}employee_id,"));
}

#[test]
fn a_stop_of_the_source_guard_leads_to_its_page() {
    let mut problem = Problem::new(ProblemKind::Stopped, "the source guard stopped the run before its first write");
    problem.let_through = Some(Box::new(crate::domain::problem::LetThrough {
        side: crate::domain::snapshot::Side::Source,
        received: 189,
        last_good: 237,
        lost: Vec::new(),
        findings: Vec::new(),
    }));
    let mut stage = screen(newest_for_tests(Some(problem)), (80, 24));
    assert!(stage.text().contains("how to let the 189 through"), "{}", stage.text());
    stage.keys("enter");
    assert_eq!(stage.place().0, ScreenId::Guard);
}
