//! BX07: a plan is applied to a simulator first that holds what the destination held, and what came of it is shown. The
//! destination itself is asked nothing, and what the rehearsal says is what the run does.

use crate::common::{Desk, employee, output, user_of, world};
use onroll::domain::plan::OperationKind;
use onroll::domain::rehearsal::{Rehearsal, Rehearsed};
use onroll::domain::run::OperationState;
use onroll::engine::run::{Confirmation, SyncRequest};
use onroll::services::rehearsals;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::watch;

async fn rehearse(desk: &Desk) -> Rehearsal {
    let connection = desk.connection().await;
    let head = desk.store().latest_plan(connection.id).await.unwrap().unwrap();
    let (progress, seen) = watch::channel((0, 0));
    let access = &desk.workspace.access;
    let stored = rehearsals::rehearse(desk.engine(), access, &connection, head.id, &progress).await.unwrap();
    assert_eq!(*seen.borrow(), (head.operations, head.operations));
    let kept = rehearsals::of_plan(desk.engine(), head.id).await.unwrap().unwrap();
    assert_eq!((kept.rehearsal.clone(), kept.hash), (stored.rehearsal, head.hash));
    kept.rehearsal
}

/// Twelve people of Planday, nobody yet in a destination that has their options.
fn company(destination: &str) -> Value {
    let name = |id: u32| format!("Given{}", char::from(b'a' + u8::try_from(id).unwrap()));
    let people: Vec<Value> =
        (1..=12).map(|id| employee(id, &name(id), &format!("Family{}", name(id + 7)), json!({}))).collect();
    let all = world(people, vec![]);
    json!({ "planday": all["planday"], destination: all["flow-learning"] })
}

/// Compares a rehearsal of the plan of now with the run that follows.
async fn rehearsed_and_run(desk: &Desk, what: &str) {
    let plan = desk.plan().await;
    let before = (desk.writes(), desk.mails().len());
    let rehearsal = rehearse(desk).await;
    assert_eq!((desk.writes(), desk.mails().len()), before, "{what}: the destination was written to");
    let figures = rehearsal.figures();
    assert!(figures.lines() > 4, "{what}: {:?}", plan.counts);
    assert_eq!(figures.lines() as usize, plan.operations.len(), "{what}");
    assert_eq!(figures.as_planned, figures.lines(), "{what}: {:#?}", rehearsal.lines);
    let confirmation = Some(Confirmation { number: plan.counts.operations(), reason: None });
    let report = desk.sync_with(SyncRequest { confirmation, ..SyncRequest::default() }).await;
    let states = desk.states(&report).await;
    assert_eq!(states.len(), rehearsal.lines.len(), "{what}");
    for (line, state) in rehearsal.lines.iter().zip(states) {
        assert_eq!(state, OperationState::Confirmed, "{what}: {line:?}");
    }
    assert_eq!(desk.mails().len() - before.1, rehearsal.mails as usize, "{what}: mails");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx07_what_a_rehearsal_says_is_what_the_run_does_and_nothing_is_sent() {
    for destination in ["flow-learning", "learn-amp", "reward-gateway", "scim", "moodle"] {
        let desk = Desk::of_ends(company(destination), "planday", destination, |text| text).await;
        desk.publish().await;
        rehearsed_and_run(&desk, &format!("first import to {destination}")).await;
        desk.sandbox.edit(|world| {
            let people = &mut world.company_mut("planday").unwrap().people;
            for (person, number) in people.iter_mut().zip(1..) {
                match number {
                    1 | 2 => person.last_name.push_str("son"),
                    3 | 4 => person.department = "Bar".into(),
                    5 => (person.end_date, person.status) = ("2026-11-20".into(), "inactive".into()),
                    6 => person.email = "new.address@hvine.example".into(),
                    _ => {}
                }
            }
            let mut new = people[11].clone();
            (new.id, new.first_name, new.email) = ("31".into(), "Quirin".into(), "quirin@hvine.example".into());
            new.date_of_birth = "1971-02-03".into();
            new.own.clear();
            people.push(new);
        });
        rehearsed_and_run(&desk, &format!("changes to {destination}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx07_a_line_that_would_be_refused_is_named_with_the_answer() {
    let people =
        vec![employee(1, "Ana", "Silva", json!({})), employee(2, "Bo", "Lind", json!({ "job_title": "Bartender" }))];
    let desk = Desk::live(world(people, vec![user_of(2, "Bo", "Lind", json!({}))])).await;
    let before = desk.preview().await.plan.unwrap();
    assert_eq!(before.plan.counts.create, 1);
    // Somebody is given the address before the plan is carried out, and the users are read again.
    desk.sandbox.edit(|world| {
        let mut other = world.company("flow-learning").unwrap().people[0].clone();
        (other.id, other.identifier) = ("7900".into(), "X_1".into());
        (other.first_name, other.last_name, other.email) =
            ("Quirin".into(), "Zabel".into(), "ana.silva@hvine.example".into());
        other.own.clear();
        world.company_mut("flow-learning").unwrap().people.push(other);
    });
    desk.plan().await;
    let connection = desk.connection().await;
    let (progress, _) = watch::channel((0, 0));
    let rehearsal = desk.engine().rehearse(&connection, &before.plan, &progress).await.unwrap();
    let by_kind: BTreeMap<OperationKind, &Rehearsed> =
        rehearsal.lines.iter().map(|line| (line.kind, &line.result)).collect();
    let Rehearsed::Refused { code, .. } = by_kind[&OperationKind::Create] else { panic!("{:?}", rehearsal.lines) };
    assert_eq!(code, "EMAIL_IN_USE");
    assert_eq!(*by_kind[&OperationKind::Update], Rehearsed::AsPlanned);
    assert_eq!(
        (rehearsal.words(), rehearsal.refused_people()),
        ("1 of 2 would be refused".to_owned(), vec!["1".into()])
    );
    assert_eq!(desk.users().len(), 2, "nobody was made there");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx07_by_command_and_stale_with_another_plan() {
    let people = vec![employee(1, "Ana", "Silva", json!({})), employee(2, "Bo", "Lind", json!({}))];
    let desk = Desk::live(world(people, vec![])).await;
    let arguments = crate::waves::plan_arguments(&[&desk.short_name, "--rehearse"]);
    let (mut out, told, _) = output(true);
    onroll::cli::plan::run(&desk.workspace, &arguments, &mut out).await.unwrap();
    let answer = told.answer();
    assert_eq!((&answer["rehearsal"]["as_planned"], &answer["rehearsal"]["refused"]), (&json!(2), &json!(0)));
    assert_eq!(answer["rehearsal"]["mails"], answer["plan"]["mails"]["welcome"]);
    let (mut out, told, _) = output(false);
    onroll::cli::plan::run(&desk.workspace, &arguments, &mut out).await.unwrap();
    assert!(told.text().contains("Rehearsed: 2 of 2 as planned"), "{}", told.text());
    assert!(told.text().contains("whether an e-mail was verified"), "what it cannot know is said");
    desk.rule("1", onroll::domain::decision::Ruling::Exclude).await;
    let plan = onroll::services::plans::make(desk.engine(), &desk.connection().await).await.unwrap();
    assert!(rehearsals::of_plan(desk.engine(), plan.id).await.unwrap().is_none(), "another plan was not rehearsed");
}
