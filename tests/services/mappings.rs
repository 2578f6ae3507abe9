//! Mapping tables, seen and changed by command and in the console.

use super::common::{Desk, employee, output, user_of, world};
use super::{console, console_of};
use onroll::cli::arguments::MappingCommand;
use onroll::cli::mapping;
use onroll::console::app::{Command, Payload, Query};
use onroll::console::backend::{command, query};
use onroll::console::screens::mappings::data::{Act, Answer, Ask, CellChange, Sheet, Tab};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::operation::OperationKind;
use onroll::domain::run::RunOutcome;
use onroll::engine::run::{Approved, SyncRequest};
use onroll::services::Access;
use serde_json::{Value, json};

/// Three titles: one that the destination has, one that is nearly one of its own, one that it has not.
async fn desk() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "Bo", "Ek", json!({"job_title": "sous  chef"})),
        employee(3, "Cara", "Shaw", json!({"job_title": "Magician"})),
        employee(4, "Dan", "Moor", json!({"job_title": "Magician", "department": "Cellar"})),
    ];
    let desk = Desk::preview_only(world(employees, vec![user_of(1, "Ana", "Lima", json!({}))])).await;
    desk.preview().await;
    desk
}

async fn sheet(desk: &Desk, list: ListKey) -> Sheet {
    let ask = Ask::Sheet { tenant: desk.short_name.clone(), tab: Some(Tab::Table(list)) };
    match query(&console(desk), Query::Mappings(ask)).await.unwrap() {
        Payload::Mappings(Answer::Sheet(sheet)) => *sheet,
        other => panic!("{other:?}"),
    }
}

async fn listed(desk: &Desk) -> Vec<Value> {
    let (mut out, heard, _) = output(true);
    let list = MappingCommand::List { tenant: desk.short_name.clone(), table: None, open: false };
    mapping::run(&desk.workspace, &list, &mut out).await.unwrap();
    heard.answer()["values"].as_array().unwrap().clone()
}

async fn edit(desk: &Desk, list: ListKey, value: &str, target: Option<MappingTarget>) -> String {
    let cells = vec![CellChange { list, value: value.into(), target }];
    let set = Act::Set { tenant: desk.short_name.clone(), cells };
    match command(&console(desk), Command::Mappings(set)).await.unwrap() {
        Payload::Mappings(Answer::Edited(edited)) => edited.words,
        other => panic!("{other:?}"),
    }
}

fn to(key: &str) -> Option<MappingTarget> {
    Some(MappingTarget::Option(key.into()))
}

async fn assert_the_same_is_said(desk: &Desk) {
    let listed = listed(desk).await;
    let mut seen = 0;
    for list in [ListKey::BRANCH, ListKey::DEPARTMENT, ListKey::JOB_TITLE, ListKey::ACCESS_PROFILE] {
        let shown = sheet(desk, list).await.lines;
        let of_table: Vec<&Value> = listed.iter().filter(|value| value["table"] == list.key()).collect();
        assert_eq!(of_table.len(), shown.len(), "{list:?}");
        for (value, line) in of_table.into_iter().zip(shown) {
            let words = json!([line.value, line.people, line.blocked, line.state.word(), line.target]);
            assert_eq!(
                json!([value["value"], value["people"], value["blocked"], value["state"], value["target"]]),
                words
            );
            assert_eq!(value["note"].as_str().unwrap_or_default(), line.why);
            seen += 1;
        }
    }
    assert!(seen > 6, "{seen}");
}

#[tokio::test]
async fn a_command_and_the_console_say_the_same_of_every_value() {
    let desk = desk().await;
    assert_the_same_is_said(&desk).await;
    let words: Vec<Value> = listed(&desk).await.iter().map(|value| value["state"].clone()).collect();
    for word in ["unmapped", "suggested", "default"] {
        assert!(words.contains(&json!(word)), "{word}: {words:?}");
    }
    edit(&desk, ListKey::JOB_TITLE, "Magician", to("Waiter")).await;
    edit(&desk, ListKey::DEPARTMENT, "Cellar", Some(MappingTarget::Create("Cellar".into()))).await;
    edit(&desk, ListKey::JOB_TITLE, "sous  chef", to("a title that is not there any more")).await;
    assert_the_same_is_said(&desk).await;
}

#[tokio::test]
async fn a_table_is_one_file_whoever_writes_it_and_read_back_it_changes_nothing() {
    let desk = desk().await;
    edit(&desk, ListKey::JOB_TITLE, "Magician", Some(MappingTarget::Create("Magician".into()))).await;
    edit(&desk, ListKey::JOB_TITLE, "sous  chef", to("a title that is not there any more")).await;
    let (typed, clicked) = (desk.workspace.dir.join("typed.csv"), desk.workspace.dir.join("clicked.csv"));
    let (mut out, ..) = output(true);
    let name = || desk.short_name.clone();
    let export = MappingCommand::Export { tenant: name(), table: "job-title".into(), file: typed.clone() };
    mapping::run(&desk.workspace, &export, &mut out).await.unwrap();
    let file = clicked.display().to_string();
    let save = Act::Export { tenant: name(), tab: Tab::Table(ListKey::JOB_TITLE), file };
    command(&console(&desk), Command::Mappings(save)).await.unwrap();
    let bytes = std::fs::read(&typed).unwrap();
    assert_eq!(bytes, std::fs::read(&clicked).unwrap());
    assert!(String::from_utf8(bytes).unwrap().contains("Magician,2,0,created,Magician,Magician,"), "the new option");
    let before = desk.store().tables(desk.connection().await.id).await.unwrap();
    let import = MappingCommand::Import { tenant: name(), table: "job-title".into(), file: typed };
    mapping::run(&desk.workspace, &import, &mut out).await.unwrap();
    assert_eq!(desk.store().tables(desk.connection().await.id).await.unwrap(), before);
}

#[tokio::test]
async fn thirty_edits_leave_the_list_of_plans_as_it_was() {
    let desk = desk().await;
    let (store, id) = (desk.store(), desk.connection().await.id);
    let plans = store.numbered_plans(id).await.unwrap();
    assert_eq!(plans.len(), 1);
    for number in 0..30 {
        let title = if number % 2 == 0 { "Waiter" } else { "Bartender" };
        edit(&desk, ListKey::JOB_TITLE, "Magician", to(title)).await;
        assert_eq!(store.numbered_plans(id).await.unwrap(), plans, "edit {number}");
    }
    // Every figure follows all the same, and the plan that was made is still the one to compare with.
    let shown = store.latest_plan(id).await.unwrap().unwrap();
    assert!(shown.id.is_what_if());
    assert_eq!(store.plan_before(id, shown.id).await.unwrap().map(|head| head.id), plans.first().copied());
    let first = store.plan_head(plans[0]).await.unwrap();
    assert_eq!((first.blocked, shown.blocked), (3, 2), "Cara goes on, Dan still waits for his department");
    // The next plan has the next number.
    desk.preview().await;
    let after = store.numbered_plans(id).await.unwrap();
    assert_eq!(after[0].0, plans[0].0 + 1);
    assert_eq!(store.latest_plan(id).await.unwrap().unwrap().id, after[0]);
}

#[tokio::test]
async fn what_an_edit_leads_to_gets_its_number_when_it_is_run() {
    let desk = desk().await;
    desk.publish().await;
    edit(&desk, ListKey::JOB_TITLE, "Magician", to("Waiter")).await;
    let id = desk.connection().await.id;
    let what_if = desk.store().latest_plan(id).await.unwrap().unwrap();
    assert!(what_if.id.is_what_if());
    let report = desk.sync_kept(what_if.counts.operations()).await;
    assert_eq!((report.outcome, report.problem.clone()), (RunOutcome::DoneWithHeld, None), "{report:?}");
    let plan = report.plan.unwrap();
    assert!(!plan.id.is_what_if());
    assert_eq!(plan.plan.hash, what_if.hash);
    assert_eq!(desk.user("40817_3")["job_title"], "Waiter");
}

/// The plan that one operator has on the screen is not taken away by what another one maps meanwhile.
#[tokio::test]
async fn an_approved_plan_outlives_an_edit_of_somebody_else() {
    let desk = desk().await;
    desk.publish().await;
    edit(&desk, ListKey::JOB_TITLE, "Magician", to("Waiter")).await;
    desk.preview().await;
    let id = desk.connection().await.id;
    let seen = desk.store().latest_plan(id).await.unwrap().unwrap();
    // Meanwhile Cara is taken out of the plan again.
    edit(&desk, ListKey::JOB_TITLE, "Magician", None).await;
    let number = seen.counts.operations();
    let confirmation = onroll::engine::run::Confirmation { number, reason: None };
    let request =
        SyncRequest { approved: Approved::Kept(seen.id), confirmation: Some(confirmation), ..SyncRequest::default() };
    let report = desk.sync_with(request).await;
    assert_eq!(report.problem, None);
    assert!(desk.users().iter().all(|user| user["identifier"] != "40817_3"), "what was taken back is not sent");
    let created = report.plan.unwrap().plan.operations.iter().filter(|one| one.kind == OperationKind::Create).count();
    assert_eq!((created, report.totals.set_aside), (1, 1));
}

#[tokio::test]
async fn who_may_only_look_maps_nothing() {
    let desk = desk().await;
    let console = console_of(&desk, Access::read_only("rosa"));
    let tenant = || desk.short_name.clone();
    let cell = CellChange { list: ListKey::JOB_TITLE, value: "Magician".into(), target: to("Waiter") };
    let verbatim = Act::Verbatim { tenant: tenant(), list: ListKey::JOB_TITLE, on: true };
    for act in [Act::Set { tenant: tenant(), cells: vec![cell] }, verbatim, Act::Undo { tenant: tenant() }] {
        let refused = command(&console, Command::Mappings(act)).await.unwrap_err();
        assert_eq!(refused.what, "nothing is sent or changed in read-only mode");
    }
}
