//! Undo by command, and what History says of it.

use super::common::{Desk, employee, output, user_of, world};
use super::console;
use onroll::cli::arguments::RunsCommand;
use onroll::cli::runs;
use onroll::console::app::{Payload, Query};
use onroll::console::backend::query;
use onroll::console::screens::{history::data as history, undo::data as undo};
use onroll::domain::ids::RunId;
use onroll::domain::plan::OperationKind;
use onroll::domain::run::OperationState;
use serde_json::{Value, json};

async fn desk() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({"job_title": "Sous Chef"})),
        employee(2, "Bo", "Ek", json!({})),
        employee(3, "Cara", "Shaw", json!({})),
    ];
    Desk::live(world(employees, vec![user_of(1, "Ana", "Lima", json!({}))])).await
}

async fn typed(desk: &Desk, command: RunsCommand) -> Value {
    let (mut out, heard, _) = output(true);
    runs::run(&desk.workspace, &command, &mut out).await.unwrap();
    heard.answer()
}

fn undo_of(run: RunId, only: &[&str], confirm: Option<&str>) -> RunsCommand {
    RunsCommand::Undo {
        run: run.0,
        only: only.iter().map(|one| (*one).to_owned()).collect(),
        confirm: confirm.map(str::to_owned),
        reason: confirm.map(|_| "the wrong company".to_owned()),
    }
}

async fn detail(desk: &Desk, run: RunId) -> history::Detail {
    let ask = history::Ask::Detail { tenant: desk.short_name.clone(), run };
    match query(&console(desk), Query::History(ask)).await.unwrap() {
        Payload::History(history::Answer::Detail(detail)) => *detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_and_the_console_say_of_an_undo_is_one_thing() {
    let desk = desk().await;
    let run = desk.sync_confirmed().await.run;
    let told = typed(&desk, undo_of(run, &[], None)).await;
    assert_eq!(told["plan"]["id"], Value::Null, "looking makes no plan");
    assert_eq!(told["plan"]["counts"]["deactivate"], 2);
    assert_eq!(told["plan"]["confirm"], format!("{}:3", desk.short_name));
    assert_eq!(told["left"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(told["left"][0]["what"], "welcome mail");

    let ask = undo::Ask::Preview { tenant: desk.short_name.clone(), run };
    let Payload::Undo(undo::Answer::Preview(shown)) = query(&console(&desk), Query::Undo(ask)).await.unwrap() else {
        panic!()
    };
    assert_eq!((shown.lines.len(), shown.left.len(), shown.left_people), (3, 2, 2));
    assert_eq!(json!(shown.hash), told["plan"]["hash"]);
    let lines =
        told["operations"].as_array().unwrap().iter().map(|one| one["employee_id"].as_str().unwrap().to_owned());
    assert_eq!(
        lines.collect::<Vec<_>>(),
        shown.lines.iter().filter_map(|one| one.employee.clone()).collect::<Vec<_>>()
    );

    let done = typed(&desk, undo_of(run, &["40817_2"], Some(&format!("{}:1", desk.short_name)))).await;
    assert_eq!((&done["run"]["outcome"], &done["run"]["confirmed"]), (&json!("done"), &json!(1)), "{done}");
    let undone = typed(&desk, RunsCommand::Show { run: done["run"]["id"].as_i64().unwrap() }).await;
    assert_eq!(undone["run"]["undoes"], json!(run));
    assert_eq!(undone["run"]["scope"], json!({"people": ["2"]}));

    let release = RunsCommand::Release { tenant: desk.short_name.clone(), people: Vec::new(), run: Some(run.0) };
    assert_eq!(typed(&desk, release).await["released"], json!(["2"]));
    assert_eq!(desk.plan().await.counts.reactivate, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_shows_what_it_did_and_a_preview_what_it_planned() {
    let desk = desk().await;
    let preview = desk.preview().await;
    let run = desk.sync_kept(3).await;
    assert_eq!(run.totals.confirmed, 3);
    assert_eq!(preview.plan.as_ref().map(|plan| plan.id), run.plan.as_ref().map(|plan| plan.id), "one plan");

    let planned = detail(&desk, preview.run).await;
    assert_eq!((planned.run.changed.len(), planned.run.failed.len(), planned.run.totals.all()), (0, 0, 0));
    let did = detail(&desk, run.run).await;
    assert_eq!((did.run.changed.len(), did.run.totals.of(OperationKind::Create, OperationState::Confirmed)), (3, 2));

    let shown = typed(&desk, RunsCommand::Show { run: preview.run.0 }).await;
    let states = |shown: &Value| -> Vec<String> {
        shown["operations"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&shown), ["pending", "pending", "pending"]);
    let shown = typed(&desk, RunsCommand::Show { run: run.run.0 }).await;
    assert_eq!(states(&shown), ["confirmed", "confirmed", "confirmed"]);
}
