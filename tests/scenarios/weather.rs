//! The source weather: records that are suddenly empty, and dates that cannot be, stop a run before anybody is matched.

use crate::common::schema::prints;
use crate::common::{Desk, employee, output, problem, world};
use onroll::cli::arguments::RunsCommand;
use onroll::domain::code::ProblemCode;
use onroll::domain::run::RunOutcome;
use onroll::engine::fetch::FetchPolicy;
use onroll::engine::run::{Confirmation, PreviewRequest, SyncRequest};
use serde_json::{Value, json};

const NAMES: [&str; 8] = ["Bruno", "Chiara", "Dariusz", "Eilidh", "Farid", "Greta", "Hamish", "Imogen"];

fn staff() -> Vec<Value> {
    let last = ["Abernathy", "Bielska", "Castellano", "Drummond", "Eriksen", "Fontaine", "Grabowski", "Hussain"];
    let born = |number: u32| json!({ "date_of_birth": format!("{}-03-1{}", 1980 + number, number % 9) });
    NAMES.iter().zip(last).zip(1..).map(|((first, last), number)| employee(number, first, last, born(number))).collect()
}

async fn settled() -> Desk {
    let desk = Desk::live(world(staff(), vec![])).await;
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    assert_eq!(desk.users().len(), NAMES.len());
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all09_a_start_date_that_is_empty_for_everybody_is_named_and_nothing_is_written() {
    let desk = settled().await;
    let writes = desk.writes();
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().people.iter_mut().for_each(|person| person.start_date.clear());
    });
    let report = desk.sync().await;
    let said = problem(&report).lines().join("\n");
    assert!(said.contains("the start date is empty for everybody; 8 of 8 people had one the last time"), "{said}");
    assert_eq!(desk.writes(), writes, "stopped before anything is sent");
    let stop = problem(&report).let_through.clone().expect("an operator may let it through");
    assert_eq!((stop.received, stop.findings.len()), (8, 1));
    // The command says the same, with what would be let through.
    let (mut out, told, _) = output(true);
    let show = RunsCommand::Show { run: report.run.0 };
    onroll::cli::runs::run(&desk.workspace, &show, &mut out).await.unwrap();
    prints("runs show", [&told.answer()], &["LetThrough"]);
    // Let through once, it is planned from and not asked again.
    let through = desk
        .engine()
        .preview(
            &desk.connection().await,
            &PreviewRequest {
                fetch: FetchPolicy { accepted_rows: Some(8), full: false, plans_only: true },
                ..PreviewRequest::default()
            },
            &onroll::engine::progress::Reporter::silent(),
            &onroll::engine::progress::RunControl::default(),
        )
        .await
        .unwrap();
    assert_eq!(through.problem, None);
    assert_eq!(desk.preview().await.problem, None, "the next one is as the last good one");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all09_the_number_of_a_first_import_lets_no_empty_records_through() {
    let desk = Desk::live(world(staff(), vec![])).await;
    assert_eq!(desk.plan().await.counts.operations(), 8, "as many as employees");
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().people.iter_mut().for_each(|person| person.start_date.clear());
    });
    let confirmation = Some(Confirmation { number: 8, reason: None });
    let report = desk.sync_with(SyncRequest { confirmation, ..SyncRequest::default() }).await;
    assert!(problem(&report).lines().join("\n").contains("the start date is empty for everybody"));
    assert_eq!(desk.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all09_end_dates_that_are_start_dates_make_nobody_a_leaver() {
    let desk = settled().await;
    desk.sandbox.edit(|world| {
        for person in &mut world.company_mut("planday").unwrap().people {
            person.end_date.clone_from(&person.start_date);
        }
    });
    let report = desk.sync().await;
    assert!(problem(&report).lines().join("\n").contains("8 people have an end date that is their start date"));
    assert!(desk.users().iter().all(|user| user["status"] == "active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_fell_is_told_and_planned_from() {
    let desk = settled().await;
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().people.iter_mut().take(3).for_each(|person| person.email.clear());
    });
    let report = desk.preview().await;
    assert_eq!(report.problem, None);
    let facts = desk.store().source_facts(desk.connection().await.id).await.unwrap().unwrap();
    let told = "the e-mail is filled for 62 % of the people, 100 % the last time";
    assert!(facts.warnings.iter().any(|warning| warning == told), "{:?}", facts.warnings);
}

/// Everybody's birth date: those of `turned` have day and month the other way round.
fn born(desk: &Desk, turned: impl Fn(usize) -> bool) {
    desk.sandbox.edit(|world| {
        for (number, person) in world.company_mut("planday").unwrap().people.iter_mut().enumerate() {
            let (month, day) = if turned(number) { (number + 4, 3) } else { (3, number + 4) };
            person.date_of_birth = format!("198{number}-{month:02}-{day:02}");
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx11_day_and_month_that_change_places_for_many_stop_and_for_a_few_do_not() {
    let desk = settled().await;
    born(&desk, |_| false);
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    born(&desk, |number| number < 4);
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done, "four are corrected");
    let writes = desk.writes();
    born(&desk, |number| number != 3);
    let report = desk.sync().await;
    let said = problem(&report).lines().join("\n");
    let wanted = "day and month of the birth date have changed places for 5 people since the last time";
    assert!(said.contains(wanted), "{said}");
    assert_eq!((problem(&report).code(), desk.writes()), (ProblemCode::SourceWeather, writes));
    assert!(problem(&report).let_through.is_some(), "it may be right");
}
