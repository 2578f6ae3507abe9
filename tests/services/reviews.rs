//! Rulings, and what a trial of them says.

use super::common::{Desk, employee, hold, output, user_of, world};
use super::{console, console_of};
use clap::Parser;
use onroll::cli;
use onroll::cli::arguments::{Arguments, ReviewCommand};
use onroll::cli::review;
use onroll::console::app::{Command, Payload, Query};
use onroll::console::backend::{command, query};
use onroll::console::screens::person::data as person;
use onroll::console::screens::review::data::{Act, Answer, Ask, Collision};
use onroll::domain::decision::{NotSame, Ruling};
use onroll::domain::plan::HoldCode;
use onroll::services::Access;
use onroll::services::reviews::{Judgement, decide};
use serde_json::json;

async fn collision(desk: &Desk, employee: &str) -> Collision {
    let ask = Ask::Collision { tenant: desk.short_name.clone(), employee: employee.into() };
    match query(&console(desk), Query::Review(ask)).await.unwrap() {
        Payload::Review(Answer::Collision(collision)) => *collision,
        other => panic!("{other:?}"),
    }
}

/// Ana and Bea have one e-mail. A user looks like Ana, but was ruled to be somebody else: with Bea out of the way Ana is a
/// new user. A trial that knew nothing of that ruling would say that she stays held.
#[tokio::test]
async fn a_trial_knows_who_was_ruled_to_be_two_people() {
    let mail = json!({"email": "front.desk@hvine.example"});
    let employees = vec![employee(1, "Ana", "Lima", mail.clone()), employee(2, "Bea", "Holm", mail)];
    let like_ana = json!({"identifier": null, "email": "ana@elsewhere.example"});
    let desk = Desk::preview_only(world(employees, vec![user_of(1, "Ana", "Lima", like_ana)])).await;
    desk.preview().await;
    assert_eq!(hold(&desk.plan().await, "1").code, HoldCode::DuplicateEmail);
    let side = |found: &Collision| found.sides.iter().find(|side| side.employee == "1").unwrap().clone();
    let before = side(&collision(&desk, "1").await);
    assert!(before.refused.is_some(), "the user may be Ana: {before:?}");

    let connection = desk.connection().await;
    let pair = NotSame { employee: "1".into(), user: "7001".into() };
    let judgement = Judgement::NotSame { pair, off: false };
    decide(desk.engine(), &desk.workspace.access, &connection, judgement, None).await.unwrap();
    let after = side(&collision(&desk, "1").await);
    assert_eq!(after.refused, None);
    assert!(after.outcome.starts_with("Ana: 1 create"), "{}", after.outcome);

    // And the real plan agrees.
    let keep = Act::KeepShared { tenant: desk.short_name.clone(), employee: "1".into() };
    command(&console(&desk), Command::Review(keep)).await.unwrap();
    let plan = desk.plan().await;
    assert_eq!(plan.holds.iter().map(|hold| hold.employee.as_str()).collect::<Vec<_>>(), ["2"], "{:?}", plan.holds);
    assert_eq!(hold(&plan, "2").code, HoldCode::DuplicateEmail, "held, not excluded");
    assert!(super::common::is_written(&plan, "1"));
}

fn typed(desk: &Desk, words: &[&str]) -> ReviewCommand {
    let line = ["onroll", "review", "decide", desk.short_name.as_str()].into_iter().chain(words.iter().copied());
    match Arguments::try_parse_from(line).unwrap().command {
        Some(cli::arguments::Command::Review(command)) => command,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_who_is_not_there_is_refused_by_command_and_console_alike() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    desk.preview().await;
    let (mut out, ..) = output(true);
    let link = typed(&desk, &["1", "--link", "9999"]);
    let typed = review::run(&desk.workspace, &link, &mut out).await.unwrap_err();
    let rulings = vec![("1".into(), Ruling::Link { user: "9999".into() })];
    let rule = Act::Rule { tenant: desk.short_name.clone(), rulings, reason: None };
    let clicked = command(&console(&desk), Command::Review(rule.clone())).await.unwrap_err();
    assert_eq!((typed.what.as_str(), &typed), ("the destination has no user `9999`", &clicked));
    let console = console_of(&desk, Access::read_only("rosa"));
    let refused = command(&console, Command::Review(rule)).await.unwrap_err();
    assert_eq!(refused.what, "nothing is sent or changed in read-only mode");
    assert!(desk.store().decisions(desk.connection().await.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn rulings_make_no_numbered_plans_and_show_at_once() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    desk.preview().await;
    let (store, id) = (desk.store(), desk.connection().await.id);
    let plans = store.numbered_plans(id).await.unwrap();
    let person = |ruling| person::Act::Rule { tenant: desk.short_name.clone(), employee: "1".into(), ruling };
    for _ in 0..12 {
        for (ruling, operations) in [(Ruling::Exclude, 0), (Ruling::Create, 1)] {
            command(&console(&desk), Command::Person(person(ruling))).await.unwrap();
            let shown = store.latest_plan(id).await.unwrap().unwrap();
            assert_eq!(shown.counts.operations(), operations);
            assert_eq!(store.numbered_plans(id).await.unwrap(), plans);
        }
    }
    let (mut out, heard, _) = output(true);
    review::run(&desk.workspace, &typed(&desk, &["1", "--exclude"]), &mut out).await.unwrap();
    assert_eq!((&heard.answer()["plan"]["id"], &heard.answer()["plan"]["counts"]["create"]), (&json!(null), &json!(0)));
    assert_eq!(store.numbered_plans(id).await.unwrap(), plans);
}
