//! Tests.

use super::data::{Act, Answer, Ask, Runs};
use crate::console::app::{Command, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{self, Stage, TENANT, run};
use crate::domain::ids::RunId;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{RunOutcome, RunTotals, Trigger};
use crate::store::RunRow;

fn rows() -> Vec<RunRow> {
    let totals = |written, confirmed, held, failed, mails| RunTotals {
        written,
        confirmed,
        held,
        failed,
        mails,
        ..RunTotals::default()
    };
    let mut rows = Vec::new();
    for id in (840..=903i64).rev() {
        let day = (903 - id) * 43_200 + 3_600;
        let wave = u32::try_from(id % 7).unwrap();
        let mut row = run(id, RunOutcome::Done, day);
        row.totals = totals(20 + wave * 4, 20 + wave * 4, 0, 0, wave);
        match id {
            903 => (row.outcome, row.totals) = (RunOutcome::DoneWithHeld, totals(41, 38, 9, 3, 12)),
            899 => {
                row.outcome = RunOutcome::Stopped;
                row.totals = RunTotals::default();
                row.problem = Some(Problem::new(ProblemKind::Stopped, "stopped").with_why("212 leavers, 10 allowed"));
            }
            893 => {
                row.outcome = RunOutcome::Failed;
                row.totals = RunTotals::default();
                row.problem = Some(Problem::new(ProblemKind::Temporary, "Flow Learning did not answer properly"));
            }
            _ if id % 3 == 0 => row.job.trigger = Trigger::Schedule,
            _ => {}
        }
        rows.push(row);
    }
    rows
}

fn runs(rows: Vec<RunRow>) -> Runs {
    Runs {
        tenant_name: "Harbour & Vine".into(),
        standing: "LIVE",
        destination: "Flow Learning",
        rows,
        more: false,
        no_report: None,
        unfinished: None,
    }
}

fn screen(runs: Runs, size: (u16, u16)) -> Stage {
    Stage::new(Place::tenant(ScreenId::History, TENANT), size, move |query| match query {
        Query::History(Ask::Runs { .. }) => Some(Payload::History(Answer::Runs(Box::new(runs.clone())))),
        _ => None,
    })
}

#[test]
fn the_runs_with_their_holes() {
    for (columns, height) in [(80, 24), (100, 28), (140, 40)] {
        insta::assert_snapshot!(format!("runs_{columns}x{height}"), screen(runs(rows()), (columns, height)).text());
    }
}

#[test]
fn nothing_yet_and_not_read_yet() {
    insta::assert_snapshot!("empty_80x24", screen(runs(Vec::new()), (80, 24)).text());
    let loading = Stage::new(Place::tenant(ScreenId::History, TENANT), (80, 24), |_| None);
    assert!(loading.text().contains("reading the runs"));
}

#[test]
fn space_marks_two_and_c_compares_them() {
    let mut stage = screen(runs(rows()), (80, 24));
    stage.keys("space down space");
    assert!(stage.text().contains("2 marked: c compares them"));
    stage.keys("space");
    assert!(stage.text().contains("Two are marked"));
    stage.keys("c");
    let text = stage.text();
    insta::assert_snapshot!("compared_80x24", text);
    stage.keys("esc");
    assert!(!stage.text().contains("Run 901 and run 903"));
}

#[test]
fn enter_opens_a_run_and_o_saves_its_errors() {
    let mut stage = screen(runs(rows()), (80, 24));
    stage.keys("o tab tab enter");
    let file = "harbour-vine-run-903-errors.json".into();
    let act = Act::SaveErrors { tenant: TENANT.into(), run: RunId(903), file };
    assert_eq!(stage.commands(), [Command::History(act)]);
    stage.keys("down o");
    assert_eq!(stage.commands(), [], "none failed there");
    stage.keys("enter");
    assert_eq!(stage.place(), (ScreenId::RunDetail, Some("902".into())));
}

#[test]
fn m_g_mails_the_report_of_the_run_again_where_there_is_somebody_to_mail_to() {
    let mut stage = screen(runs(rows()), (80, 24));
    stage.keys("down m g");
    assert_eq!(stage.commands(), [Command::History(Act::Report { run: RunId(902) })]);
    for why in ["no recipients", "no smtp"] {
        let mut stage = screen(Runs { no_report: Some(why), ..runs(rows()) }, (80, 24));
        stage.keys("m");
        assert!(stage.text().contains(why), "{}", stage.text());
        stage.keys("g");
        assert_eq!(stage.commands(), []);
    }
}

#[test]
fn c_without_marks_shows_what_was_said_first() {
    let mut stage = screen(runs(rows()), (80, 24));
    stage.keys("c");
    assert_eq!(stage.place(), (ScreenId::Said, Some("903".into())));
    stage.keys("esc space c");
    assert_eq!(stage.place().0, ScreenId::History, "one marked waits for the other");
}

#[tokio::test]
async fn the_backend_lists_runs_newest_first() {
    use crate::console::backend::history as backend;
    use crate::domain::run::{Job, RunPurpose};
    use crate::store::NewRun;
    let folder = tempfile::tempdir().unwrap();
    let (context, id) = stage::context(&folder).await;
    for trigger in [Trigger::Hand, Trigger::Schedule] {
        let job = Job { trigger, ..Job::by_hand_for(vec!["7".into()]) };
        let new = NewRun { job, ..NewRun::by_hand(RunPurpose::Preview, "rosa") };
        let run = context.store.start_run(id, new).await.unwrap();
        context.store.finish_run(run, RunOutcome::Previewed, RunTotals::default(), None).await.unwrap();
    }
    let Answer::Runs(runs) = backend::ask(&context, Ask::Runs { tenant: TENANT.into() }).await.unwrap() else {
        panic!()
    };
    let words: Vec<_> = runs.rows.iter().map(super::words::why).collect();
    assert_eq!(words, ["schedule, 1 person", "1 person, rosa"]);
    let first = runs.rows[0].id;
    let ask = Ask::Detail { tenant: TENANT.into(), run: first };
    let Answer::Detail(detail) = backend::ask(&context, ask).await.unwrap() else { panic!() };
    assert_eq!(detail.neighbours, (Some(runs.rows[1].id), None));
}
