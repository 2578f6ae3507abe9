//! Waves over real HTTP, by command (DESIGN 7, 13): first seen, then sent, each read back before the next.

use crate::common::schema::prints;
use crate::common::{Desk, employee, output, user_of, world};
use clap::Parser;
use onroll::cli::arguments::{Arguments, Command, PlanArguments, RunsCommand, SyncArguments};
use onroll::cli::exit::Exit;
use onroll::domain::run::RunOutcome;
use onroll::domain::waves::{WaveGate, WavesAsked};
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Confirmation, SyncRequest};
use serde_json::{Value, json};

/// 12 to create, of two branches and one with a new job title; 2 to update.
fn company() -> Value {
    let branch = |id: u32| if id.is_multiple_of(4) { "Castle Street" } else { "Quayside" };
    let name = |id: u32| format!("Given{}", char::from(b'a' + u8::try_from(id % 26).unwrap()));
    let mut people: Vec<Value> = (1..=12)
        .map(|id| employee(id, &name(id), &format!("Family{}", name(id + 7)), json!({ "branch": branch(id) })))
        .collect();
    people.push(employee(20, "Ana", "Silva", json!({ "job_title": "Bartender" })));
    people.push(employee(21, "Bo", "Lind", json!({ "branch": "Castle Street" })));
    world(people, vec![user_of(20, "Ana", "Silva", json!({})), user_of(21, "Bo", "Lind", json!({}))])
}

fn sync_arguments(words: &[&str]) -> SyncArguments {
    let parsed = Arguments::try_parse_from([&["onroll", "sync"], words].concat()).unwrap();
    let Some(Command::Sync(arguments)) = parsed.command else { panic!("no sync") };
    arguments
}

pub fn plan_arguments(words: &[&str]) -> PlanArguments {
    let parsed = Arguments::try_parse_from([&["onroll", "plan"], words].concat()).unwrap();
    let Some(Command::Plan(arguments)) = parsed.command else { panic!("no plan") };
    arguments
}

#[tokio::test]
async fn a_plan_says_its_waves_and_a_sync_sends_them_in_that_order() {
    let desk = Desk::live(company()).await;
    let (mut out, told, _) = output(true);
    let tenant = desk.short_name.clone();
    onroll::cli::plan::run(&desk.workspace, &plan_arguments(&[&tenant, "--waves"]), &mut out).await.unwrap();
    let document = told.answer();
    let waves = document["waves"].as_array().unwrap();
    let labels: Vec<&str> = waves.iter().map(|wave| wave["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["one person", "five people", "branch Castle Street", "all the rest"]);
    let lines: u64 = waves.iter().map(|wave| wave["changes"].as_u64().unwrap()).sum();
    assert_eq!(lines, document["operations"].as_array().unwrap().len() as u64);
    let mails: u64 = waves.iter().map(|wave| wave["mails"].as_u64().unwrap()).sum();
    assert_eq!(json!(mails), document["plan"]["mails"]["welcome"]);
    assert_eq!(waves[0]["people"], json!(["20"]), "a change of a value hurts least");

    let confirm = document["plan"]["confirm"].as_str().unwrap();
    let sync =
        sync_arguments(&[&tenant, "--waves", "one=7,five,branch=castle street", "--gate", "0", "--confirm", confirm]);
    let (mut out, told, _) = output(true);
    let exit = onroll::cli::sync::run(&desk.workspace, &sync, &mut out).await.unwrap();
    assert_eq!(exit, Exit::Done, "{}", told.text());
    let events: Vec<Value> = told.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    prints("sync", &events, &["WaveEvent"]);
    let begun: Vec<(&Value, &Value)> = events
        .iter()
        .filter(|event| event["event"] == "wave" && event["waits"] == false)
        .map(|event| (&event["label"], &event["people"]))
        .collect();
    assert_eq!(begun[0], (&json!("one person"), &json!(1)));
    assert_eq!(begun[2].0, &json!("branch Castle Street"));
    assert_eq!(begun.len(), 4);
    assert_eq!(desk.users().len(), 14);
    assert_eq!(desk.mails().len(), 12);
    let feed = desk.feed("wave 1 of 4, one person: clean, 1 read back equal").await;
    assert_eq!(feed.len(), 1);
    assert!(desk.plan().await.operations.is_empty());
}

fn next(tenant: &str) -> RunsCommand {
    let parsed = Arguments::try_parse_from(["onroll", "runs", "next", tenant]).unwrap();
    let Some(Command::Runs(command)) = parsed.command else { panic!("no runs") };
    command
}

#[tokio::test]
async fn a_command_lets_each_wave_go_that_waits_at_its_gate() {
    let desk = Desk::live(company()).await;
    let number = desk.plan().await.counts.operations();
    let waves = WavesAsked { gate: WaveGate::Key, ..WavesAsked::default() };
    let request = SyncRequest {
        confirmation: Some(Confirmation { number, reason: None }),
        waves: Some(waves),
        ..SyncRequest::default()
    };
    let presses = async {
        let id = desk.connection().await.id;
        for wave in 1.. {
            let waits = async || desk.store().at_work(id).await.unwrap().map(|at_work| at_work.gate);
            loop {
                match waits().await {
                    None if wave > 1 => return wave,
                    Some(Some(gate)) if gate == wave => break,
                    _ => tokio::task::yield_now().await,
                }
            }
            let (mut out, told, _) = output(true);
            onroll::cli::runs::run(&desk.workspace, &next(&desk.short_name), &mut out).await.unwrap();
            prints("runs next", [&told.answer()], &["LetGo"]);
            assert_eq!(told.answer()["let_go"]["outcome"], "now");
        }
        unreachable!()
    };
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    control.attend();
    let connection = desk.connection().await;
    let (report, gates) = tokio::join!(desk.engine().sync(&connection, &request, &reporter, &control), presses);
    let report = report.unwrap();
    assert_eq!((report.outcome, report.totals.confirmed), (RunOutcome::Done, number), "{:?}", report.problem);
    assert_eq!(gates, 4, "a gate before each wave but the first");
    let shown = Arguments::try_parse_from(["onroll", "runs", "show", &report.run.to_string()]).unwrap();
    let Some(Command::Runs(command)) = shown.command else { panic!("no runs") };
    let (mut out, told, _) = output(true);
    onroll::cli::runs::run(&desk.workspace, &command, &mut out).await.unwrap();
    prints("runs show", [&told.answer()], &["Wave"]);
    let waves = told.answer()["waves"].clone();
    let by: Vec<&Value> = waves.as_array().unwrap().iter().map(|wave| &wave["let_go_by"]).collect();
    assert!(by.len() == 4 && by[0].is_null() && by[1..].iter().all(|by| by.is_string()), "{by:?}");
}

#[tokio::test]
async fn what_is_no_wave_or_no_gate_is_refused_before_anything_is_read() {
    let desk = Desk::live(company()).await;
    let reads = desk.reads_and_writes("flow-learning");
    for (words, said) in [
        (&["--waves", "ten"][..], "`ten` is no wave"),
        (&["--waves", "one=nobody"], "nobody"),
        (&["--waves", "--gate", "soon"], "no gate"),
    ] {
        assert_refused(&desk, words, said).await;
    }
    assert_eq!(desk.reads_and_writes("flow-learning"), reads);
}

async fn assert_refused(desk: &Desk, words: &[&str], said: &str) {
    let arguments = sync_arguments(&[&[desk.short_name.as_str()], words].concat());
    let (mut out, _, _) = output(true);
    let problem = onroll::cli::sync::run(&desk.workspace, &arguments, &mut out).await.unwrap_err();
    assert!(problem.to_string().contains(said), "{problem}");
}

/// A branch that nobody has is a slip; one that nobody of the plan has is said, before and while it is sent.
#[tokio::test]
async fn a_branch_that_nobody_has_is_refused_and_one_that_is_empty_in_the_plan_is_said() {
    let desk = Desk::live(company()).await;
    let tenant = desk.short_name.clone();
    desk.plan().await;
    let writes = desk.writes();
    assert_refused(&desk, &["--waves", "one,branch=Castel Street", "--yes"], "near: `Castle Street`").await;
    assert_refused(&desk, &["--waves", "one,branch=Lakeside", "--yes"], "nobody had the branch `Lakeside`").await;
    assert_eq!(desk.writes(), writes);
    // Everybody there has gone by then.
    let asked = ["--waves", "branch=Castle Street,five,branch=castle street"];
    let (mut out, told, noted) = output(true);
    let words = [&[tenant.as_str()][..], &asked[..]].concat();
    onroll::cli::plan::run(&desk.workspace, &plan_arguments(&words), &mut out).await.unwrap();
    let said = "nobody of the plan is left for branch castle street: it is no wave";
    assert!(noted.text().contains(said), "{}", noted.text());
    let confirm = told.answer()["plan"]["confirm"].as_str().unwrap().to_owned();
    let words = [&words[..], &["--gate", "0", "--confirm", confirm.as_str()]].concat();
    let (mut out, told, _) = output(true);
    assert_eq!(onroll::cli::sync::run(&desk.workspace, &sync_arguments(&words), &mut out).await.unwrap(), Exit::Done);
    let events: Vec<Value> = told.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().any(|event| event["event"] == "notice" && event["text"] == said), "{events:?}");
    assert_eq!(desk.feed(said).await.len(), 1);
}
