//! Learning from rulings: what was seen is kept, a version is proposed, gated, taken into use and rolled back; nothing
//! happens by itself.

use crate::common::schema::prints;
use crate::common::{Desk, employee, hold, operations, user_of, world};
use onroll::cli::arguments::{AuditArguments, ModelCommand};
use onroll::cli::exit::Exit;
use onroll::cli::model_command;
use onroll::cli::output::Output;
use onroll::domain::decision::Ruling;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::{Problem, ProblemKind};
use onroll::engine::error::EngineError;
use onroll::matching::learning::{Refusal, is_held_back};
use onroll::store::Stratum;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

const FIRST: [&str; 12] =
    ["Ines", "Leo", "Ana", "Tomasz", "Freya", "Ravi", "Mina", "Oskar", "Beth", "Idris", "Carla", "Yusuf"];
const LAST: [&str; 15] = [
    "Halloran",
    "Marsh",
    "Lopes",
    "Wrona",
    "Lindqvist",
    "Menon",
    "Okafor",
    "Byrne",
    "Castell",
    "Duarte",
    "Eriksen",
    "Fontaine",
    "Gallo",
    "Hartig",
    "Ivanov",
];

fn name(id: u32) -> (&'static str, &'static str) {
    (FIRST[(id % 12) as usize], LAST[(id / 12 % 15) as usize])
}

/// Employees 1 to `people`; each has a user who looks like him and carries no identifier.
fn lookalikes(people: u32) -> Value {
    let employees = (1..=people).map(|id| employee(id, name(id).0, name(id).1, json!({}))).collect();
    let users = (1..=people)
        .map(|id| {
            user_of(id, name(id).0, name(id).1, json!({"identifier": "", "email": format!("u{id}@mail.example")}))
        })
        .collect();
    world(employees, users)
}

fn user_id(id: u32) -> String {
    (7000 + id).to_string()
}

/// Rules on employees 1 to `people`: one person, or nobody there.
async fn rule(desk: &Desk, people: u32, same: impl Fn(u32) -> bool) {
    for id in 1..=people {
        let ruling = if same(id) { Ruling::Link { user: user_id(id).as_str().into() } } else { Ruling::Create };
        desk.rule(&id.to_string(), ruling).await;
    }
}

/// Output that can be read back.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn command(desk: &Desk, command: ModelCommand) -> Result<(Exit, Value), Problem> {
    let sink = Sink::default();
    let mut output = Output::to(true, Box::new(sink.clone()), Box::new(std::io::sink()));
    let exit = model_command::run(&desk.workspace, &command, &mut output).await?;
    let text = sink.0.lock().unwrap().clone();
    let value = serde_json::from_slice(&text).expect("one JSON object");
    let name = match command {
        ModelCommand::Show { .. } => "model show",
        ModelCommand::Propose { .. } => "model propose",
        ModelCommand::Activate { .. } => "model activate",
        ModelCommand::Rollback { .. } => "model rollback",
        ModelCommand::Audit(_) => "model audit",
    };
    prints(name, [&value], &[]);
    Ok((exit, value))
}

fn tenant(desk: &Desk) -> String {
    desk.short_name.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn learn_rulings_keep_what_was_seen_and_undo_revokes() {
    let desk = Desk::live(lookalikes(4)).await;
    let plan = desk.plan().await;
    let seen = hold(&plan, "1").candidates[0].clone();
    desk.link("1", &user_id(1)).await;
    desk.rule("2", Ruling::Create).await;
    let connection = desk.connection().await.id;
    let rulings = desk.store().kept_rulings(connection).await.unwrap();
    let first = rulings.iter().find(|kept| kept.ruling.employee == "1").unwrap();
    assert!(first.ruling.same_person && !first.ruling.revoked);
    assert_eq!((first.ruling.version, first.probability, first.user.as_str()), (1, seen.probability, "7001"));
    assert!((first.ruling.weight - seen.weight).abs() < 1e-9);
    // Names and birth date agree exactly, the addresses are of two kinds; nothing of it is a value.
    assert_eq!(first.ruling.levels[..3], [1, 1, 1]);
    assert!(rulings.iter().any(|kept| kept.ruling.employee == "2" && !kept.ruling.same_person));
    desk.store().undo_decision(connection, "test").await.unwrap();
    desk.store().undo_decision(connection, "test").await.unwrap();
    let rulings = desk.store().kept_rulings(connection).await.unwrap();
    assert!(!rulings.is_empty() && rulings.iter().all(|kept| kept.ruling.revoked), "kept, and counted no more");
    desk.store().redo_decision(connection, "test").await.unwrap();
    let state = desk.engine().model_state(connection).await.unwrap();
    assert_eq!((state.rulings.same, state.rulings.not_same), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn learn_a_version_changes_nothing_until_it_is_taken_and_rolls_back_byte_for_byte() {
    let desk = Desk::live(lookalikes(170)).await;
    desk.plan().await;
    // Of people who look so much alike every other one is somebody else: the weights claim too much here.
    rule(&desk, 150, |id| id.is_multiple_of(2)).await;
    desk.settings(|settings| settings.auto_link = Some(0.99)).await;
    let before = desk.plan().await;
    let linked = |plan: &onroll::domain::plan::Plan| {
        operations(plan, OperationKind::Link)
            .iter()
            .filter(|one| one.employee.as_ref().is_some_and(|id| id.as_str().parse::<u32>().unwrap() > 150))
            .count()
    };
    let sure = linked(&before);
    assert!(sure >= 10, "linked without a question: {sure}");

    let (exit, proposal) = command(&desk, ModelCommand::Propose { tenant: tenant(&desk) }).await.unwrap();
    prints("model propose", [&proposal], &["Proposal", "Learned", "Calibration", "Gate", "Pair", "Difference"]);
    let proposal = &proposal["proposal"];
    assert_eq!((exit, proposal["version"].as_u64()), (Exit::Done, Some(2)), "{proposal}");
    assert_eq!(proposal["gate"]["passed"], true);
    assert_eq!(proposal["difference"]["people"].as_u64(), Some(sure as u64));
    assert_eq!(proposal["difference"]["after"]["link"], 0);
    assert_eq!(serde_json::to_string(&desk.plan().await).unwrap(), serde_json::to_string(&before).unwrap());

    // Proposing again says the same; nothing is kept twice.
    command(&desk, ModelCommand::Propose { tenant: tenant(&desk) }).await.unwrap();
    let (_, shown) = command(&desk, ModelCommand::Show { tenant: tenant(&desk) }).await.unwrap();
    assert_eq!((shown["active"].as_u64(), shown["versions"].as_array().unwrap().len()), (Some(1), 1));

    let activate = ModelCommand::Activate { tenant: tenant(&desk), version: None };
    let done = command(&desk, activate.clone()).await.unwrap().1;
    prints("model activate", [&done], &["ModelDone"]);
    assert_eq!(done["version"], 2);
    let after = desk.plan().await;
    assert_eq!(linked(&after), 0, "asked about now");
    let asked = hold(&after, "160");
    assert_eq!(asked.code, HoldCode::ProbableDuplicate);
    let candidate = &asked.candidates[0];
    assert!((0.3..0.99).contains(&candidate.probability), "{}", candidate.probability);
    let sum: f64 = candidate.evidence.iter().map(|bar| bar.bits).sum();
    assert!((sum - candidate.weight).abs() < 1e-9, "the bars still add up");
    assert!(command(&desk, activate).await.is_err(), "in use already");

    // A ruling under the new version is kept with its weight from before the calibration.
    desk.link("160", &user_id(160)).await;
    let connection = desk.connection().await.id;
    let rulings = desk.store().kept_rulings(connection).await.unwrap();
    let newest = &rulings.last().unwrap().ruling;
    assert_eq!(newest.version, 2);
    assert!(newest.weight > candidate.weight + 1.0, "{} {}", newest.weight, candidate.weight);
    desk.store().undo_decision(connection, "test").await.unwrap();

    let back = ModelCommand::Rollback { tenant: tenant(&desk), version: None };
    assert_eq!(command(&desk, back.clone()).await.unwrap().1["version"], 1);
    assert_eq!(serde_json::to_string(&desk.plan().await).unwrap(), serde_json::to_string(&before).unwrap());
    assert_eq!(command(&desk, back).await.unwrap_err().kind, ProblemKind::Input);
    let (_, shown) = command(&desk, ModelCommand::Show { tenant: tenant(&desk) }).await.unwrap();
    prints("model show", [&shown], &["Use", "Version"]);
    assert_eq!(shown["uses"].as_array().unwrap().len(), 2, "who took what is kept: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn learn_the_gate_refuses_a_version_that_does_worse() {
    let desk = Desk::live(lookalikes(160)).await;
    desk.plan().await;
    // What the version learns from says that half are somebody else; those held back are all one person.
    rule(&desk, 160, |id| is_held_back(&id.to_string()) || id.is_multiple_of(2)).await;
    let (exit, answer) = command(&desk, ModelCommand::Propose { tenant: tenant(&desk) }).await.unwrap();
    assert_eq!((exit, &answer["proposal"]["gate"]["passed"]), (Exit::Stopped, &json!(false)), "{answer}");
    let connection = desk.connection().await;
    let refused = desk.engine().activate_model(&connection, None).await.unwrap_err();
    assert!(matches!(refused, EngineError::Gate { version: 2, refusal: Refusal::MoreSurprised }), "{refused}");
    assert_eq!(desk.store().active_model(connection.id).await.unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn learn_an_audit_sample_is_drawn_judged_and_teaches_m() {
    // Everybody is tied by the identifier; every second first name carries a slip.
    let employees = (1..=80).map(|id| employee(id, name(id).0, name(id).1, json!({}))).collect();
    let slip = |id: u32| if id.is_multiple_of(2) { format!("{}e", name(id).0) } else { name(id).0.to_owned() };
    let users = (1..=80).map(|id| user_of(id, &slip(id), name(id).1, json!({"email": format!("u{id}@mail.example")})));
    let desk = Desk::live(world(employees, users.collect())).await;
    let arguments = |draw, percent, same: Vec<i64>| {
        let [not_same, take_back] = [vec![], vec![]];
        ModelCommand::Audit(AuditArguments {
            tenant: tenant(&desk),
            draw,
            percent,
            same,
            not_same,
            take_back,
            all: false,
        })
    };
    let (_, drawn) = command(&desk, arguments(true, 1.0, vec![])).await.unwrap();
    assert_eq!(drawn["audit"].as_array().unwrap().len(), 10, "at least ten: {drawn}");
    command(&desk, arguments(true, 100.0, vec![])).await.unwrap();
    let connection = desk.connection().await;
    let items = desk.store().audit_items(connection.id).await.unwrap();
    assert_eq!((items.len(), items[0].item.rate), (80, 0.125), "nobody twice");
    assert!(items.iter().all(|item| item.item.stratum == Stratum::Linked));
    assert!(items.iter().all(|item| !item.item.levels.contains_key("identifier")), "what made the tie teaches nothing");
    command(&desk, arguments(false, 1.0, items.iter().map(|item| item.id).collect())).await.unwrap();
    let state = desk.engine().model_state(connection.id).await.unwrap();
    assert_eq!((state.rulings.same, state.rulings.audited), (80, 80));

    let before = desk.plan().await;
    let proposal = desk.engine().propose_model(&connection).await.unwrap().expect("something was learnt");
    let close = proposal.version.learned.shifts[0][3];
    assert!(
        close > 0.0 && close <= 1.0,
        "slips are commoner here: {:?}",
        proposal.version.words_from(&proposal.active)
    );
    assert!(proposal.verdict.examples >= 10);
    assert_eq!(desk.plan().await, before);
    // Taken back, the rulings teach nothing any more.
    for item in &items {
        desk.store().rule_audit_item(connection.id, item.id, None, "test").await.unwrap();
    }
    assert!(desk.engine().propose_model(&connection).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn learn_the_limit_of_new_is_a_setting_with_a_preview() {
    let desk = Desk::live(lookalikes(12)).await;
    let before = desk.plan().await;
    let connection = desk.connection().await;
    let same = desk.engine().what_if_settings(&connection, connection.settings.clone()).await.unwrap();
    assert_eq!(same.before, same.after);
    assert_eq!(same.before.hash, before.hash, "the default leaves the plan as it was");
    let mut linking = connection.settings.clone();
    linking.auto_link = Some(0.95);
    let other = desk.engine().what_if_settings(&connection, linking).await.unwrap();
    let (was, is) = other.matching.expect("somebody was compared");
    assert_eq!((was.links, was.review), (0, 12), "nothing is linked by itself");
    assert_eq!((is.links, is.review), (12, 0));
    assert!(is.expected_wrong < 0.1);
    assert_eq!(operations(&other.after, OperationKind::Link).len(), 12);
}
