//! One row of the workspace that cannot be read is the matter of one tenant, one plan, one record; all others go on.

use crate::common::schema::prints;
use crate::common::{Desk, TODAY, employee, output, user_of, world};
use onroll::cli::arguments::{DigestArguments, TenantCommand};
use onroll::cli::exit::Exit;
use onroll::cli::{digest, fleet, tenant, tenant_file};
use onroll::console::app::{Command, Payload, Query};
use onroll::console::backend::live::LiveRuns;
use onroll::console::backend::{Context, command, query};
use onroll::console::screens::tenants::data::{Act, Answer, Ask, Entry};
use onroll::domain::decision::Ruling;
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::plan::HoldCode;
use onroll::domain::problem::Problem;
use onroll::domain::run::{OperationState, RunOutcome, RunPurpose};
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::PreviewRequest;
use onroll::services::runs::Supervisor;
use onroll::services::tenants;
use onroll::store::views::Fault;
use onroll::store::{Approval, NewRun, StoreError};
use rusqlite::Connection as Sqlite;
use serde_json::{Value, json};

/// What a row that was cut, overwritten or made by another program may hold.
const NONSENSE: [&str; 5] = ["", "{\"a\":", "null", "[1e999]", "\u{202e}\u{1b}[2J"];

/// Two tenants on one sandbox: the first with a plan, holds, candidates, rulings, mappings and a run; the second plain.
async fn two_tenants() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "Bo", "Ek", json!({})),
        employee(3, "Cara", "Shaw", json!({"job_title": "Magician"})),
        employee(4, "Dan", "Moor", json!({"email": "dan@private.example"})),
        employee(5, "Eve", "Hall", json!({})),
    ];
    let users = vec![
        user_of(1, "Ana", "Lima", json!({})),
        user_of(2, "Bo", "Eck", json!({})),
        // The same person by name and birth date, without an identifier: a question.
        user_of(4, "Dan", "Moor", json!({"identifier": null})),
    ];
    let desk = Desk::live(world(employees, users)).await;
    let (_, text) = desk.sandbox.tenant_files().into_iter().next().unwrap();
    let mut other = tenant_file::parse(&text).unwrap();
    (other.name, other.short_name) = ("Second House".into(), "second-house".into());
    tenants::add(&desk.workspace.engine, &desk.workspace.access, other).await.unwrap();
    let connection = desk.connection().await;
    let cells = vec![(ListKey::JOB_TITLE, "Magician".to_owned(), Some(MappingTarget::Option("Waiter".into())))];
    desk.store().set_mappings(connection.id, cells, "test").await.unwrap();
    let report = desk.sync_confirmed().await;
    assert_eq!(report.problem, None);
    desk.rule("5", Ruling::Exclude).await;
    desk.plan().await;
    desk
}

async fn told(desk: &Desk, command: TenantCommand) -> (Result<Exit, Problem>, Value) {
    let (mut output, heard, _) = output(true);
    let exit = tenant::run(&desk.workspace, &command, &mut output).await;
    (exit, heard.answer())
}

fn context(desk: &Desk) -> Context {
    let (control, _) = tokio::sync::mpsc::channel(8);
    Context {
        store: desk.store().for_screen(),
        engine: desk.engine().clone(),
        runs: LiveRuns::new(Supervisor::default(), control),
        access: desk.workspace.access.clone(),
        sandbox: true,
        surroundings: Default::default(),
    }
}

async fn entries(desk: &Desk) -> Vec<Entry> {
    match query(&context(desk), Query::Tenants(Ask::List)).await.unwrap() {
        Payload::Tenants(Answer::List(entries)) => entries,
        other => panic!("{other:?}"),
    }
}

/// Writes `text` into a column of every row of the first tenant that has something there.
fn corrupt(desk: &Desk, (table, column, of_first): (&str, &str, &str), text: &str) -> usize {
    let c = Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap();
    c.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE {column} IS NOT NULL AND {of_first}"), [text]).unwrap()
}

const OWN: &str = "connection = 1";
const OF_SNAPSHOT: &str = "snapshot IN (SELECT id FROM snapshot WHERE connection = 1)";
const OF_HOLD: &str = "hold IN (SELECT id FROM hold WHERE connection = 1)";

/// Every column of JSON, but for those of `connection` itself.
const COLUMNS: [(&str, &str, &str); 20] = [
    ("mapping_row", "target", OWN),
    ("mapping_edit", "changes", OWN),
    ("run", "problem", OWN),
    ("snapshot", "facts", OWN),
    ("employee", "record", OF_SNAPSHOT),
    ("employee", "raw", OF_SNAPSHOT),
    ("destination_user", "record", OF_SNAPSHOT),
    ("destination_user", "raw", OF_SNAPSHOT),
    ("plan", "counts", OWN),
    ("plan", "mails", OWN),
    ("plan", "limits", OWN),
    ("plan", "approval", OWN),
    ("operation", "fields", OWN),
    ("operation", "before", OWN),
    ("hold", "others", OWN),
    ("candidate", "evidence", OF_HOLD),
    ("decision", "ruling", OWN),
    ("ruling_pair", "levels", OWN),
    ("ruling_pair", "sampling", OWN),
    ("preference", "value", "1"),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_unreadable_value_stops_nobody_else_and_a_new_plan_cures_most() {
    let mut desk = two_tenants().await;
    let file = desk.workspace.dir.join("onroll.db");
    let kept = desk.workspace.dir.join("kept.db");
    desk.store().back_up(kept.clone()).await.unwrap();
    for (number, place) in COLUMNS.into_iter().enumerate() {
        // Each kind of nonsense in a quarter of the columns: every one of them is another decoder's error.
        for text in [NONSENSE[number % NONSENSE.len()], NONSENSE[(number + 2) % NONSENSE.len()]] {
            let rows = corrupt(&desk, place, text);
            let what = format!("{}.{} = {text:?} ({rows} rows)", place.0, place.1);
            let (exit, list) = told(&desk, TenantCommand::List).await;
            assert_eq!(exit.unwrap(), Exit::Done, "{what}");
            assert_eq!(list["tenants"].as_array().unwrap().len(), 2, "{what}");
            let shown = entries(&desk).await;
            assert_eq!(shown.len(), 2, "{what}");
            assert_eq!(shown[1].row.fault, None, "{what}");
            // The other tenant goes on.
            let second = desk.workspace.connection("second-house").await.unwrap();
            let (reporter, control) = (Reporter::silent(), RunControl::default());
            let report = desk.engine().preview(&second, &PreviewRequest::default(), &reporter, &control).await.unwrap();
            assert_eq!(report.problem, None, "{what}");
            // `doctor` names the tenant, and what it is; what nobody reads but to look at it is no fault.
            let listed = desk.store().unreadable_rows().await.unwrap();
            assert!(listed.iter().all(|line| line.contains(": ") && !line.contains('\u{1b}')), "{what}: {listed:?}");
            let looked_at = !matches!(place.1, "raw" | "value") && rows > 0;
            assert_eq!(!listed.is_empty(), looked_at, "{what}: {listed:?}");
            // Reading and planning anew does not need what is kept of the last time.
            let report = desk.preview().await;
            assert_eq!(report.problem, None, "{what}");
            let plan = report.plan.unwrap().plan;
            if place == ("decision", "ruling", OWN) {
                let hold = plan.holds.iter().find(|hold| hold.employee.as_str() == "5").expect("still held");
                assert_eq!(hold.code, HoldCode::Later, "{what}");
                assert!(hold.message.contains("cannot be read"), "{what}: {}", hold.message);
            }
            if place == ("mapping_row", "target", OWN) {
                let hold = plan.holds.iter().find(|hold| hold.employee.as_str() == "3");
                assert!(hold.is_some_and(|hold| hold.code == HoldCode::OptionMissing), "{what}");
            }
            desk.close();
            std::fs::copy(&kept, &file).unwrap();
            for beside in ["onroll.db-wal", "onroll.db-shm"] {
                let _ = std::fs::remove_file(desk.workspace.dir.join(beside));
            }
            desk.reopen(TODAY);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_row_cannot_be_read_is_shown_repaired_or_removed() {
    let mut desk = two_tenants().await;
    let first = desk.short_name.clone();
    let kept = desk.workspace.dir.join("kept.db");
    desk.store().back_up(kept.clone()).await.unwrap();
    let sound = desk.connection().await;
    let limits = "json_set(settings, '$.limits.leavers.percent', NULL)";
    for (column, broken) in [
        ("settings", limits),
        ("settings", "''"),
        ("settings", "'{\"limits\":'"),
        ("status", "'asleep'"),
        ("source", "json_set(source, '$.parameters.base_url', 5)"),
        ("source", "'[]'"),
        ("destination", "json_remove(destination, '$.secrets')"),
        ("time_zone", "'Europe/Atlantis'"),
    ] {
        let what = format!("{column} = {broken}");
        let c = Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap();
        c.execute(&format!("UPDATE connection SET {column} = {broken} WHERE id = 1"), []).unwrap();
        drop(c);
        // Shown, and the other one too.
        let (exit, list) = told(&desk, TenantCommand::List).await;
        assert_eq!(exit.unwrap(), Exit::Done, "{what}");
        assert_eq!(
            (&list["tenants"][0]["status"], &list["tenants"][0]["short_name"]),
            (&json!("broken"), &json!(first))
        );
        assert!(list["tenants"][0]["why"].as_str().unwrap().contains(column), "{what}: {list}");
        assert_eq!(list["tenants"][1]["status"], json!("preview"), "{what}");
        let shown = entries(&desk).await;
        assert!(matches!(&shown[0].row.fault, Some(Fault::Row(lost)) if !lost.is_empty()), "{what}");
        assert_eq!(shown[1].row.fault, None, "{what}");
        let (exit, show) = told(&desk, TenantCommand::Show { tenant: first.clone() }).await;
        assert_eq!(exit.unwrap(), Exit::Failed, "{what}");
        prints("tenant list", [&list], &[]);
        prints("tenant show", [&show], &["TenantBroken", "Lost"]);
        assert!(show["tenant"]["unreadable"][0]["what"].as_str().unwrap().starts_with(column), "{what}: {show}");
        // Nothing is done with it meanwhile.
        let refused = desk.workspace.connection(&first).await.unwrap_err();
        assert!(refused.to_string().contains("cannot be read"), "{refused}");
        assert!(desk.workspace.connection("second-house").await.is_ok(), "{what}");
        // Repaired: by itself where there is a default, else with what is said.
        let needs: &[&str] = match (column, broken) {
            ("source", "'[]'") => &["source.vendor=planday", "source.client_id=x"],
            ("time_zone", _) => &["time_zone=Europe/London"],
            _ => &[],
        };
        let repaired = command(&context(&desk), Command::Tenants(Act::Repair(first.clone()))).await;
        if needs.is_empty() {
            repaired.unwrap();
        } else {
            let problem = repaired.unwrap_err();
            assert!(problem.remedies.join(" ").contains("onroll tenant set"), "{problem:?}");
            let keys = needs.iter().map(|set| (*set).to_owned()).collect();
            let (exit, set) = told(&desk, TenantCommand::Set { tenant: first.clone(), keys }).await;
            assert_eq!(exit.unwrap(), Exit::Done, "{what}");
            assert_eq!(set["tenant"]["status"], json!("preview"));
        }
        let after = desk.connection().await;
        assert_eq!(after.status, onroll::domain::connection::ConnectionStatus::Preview, "{what}");
        assert_eq!(after.source.secrets, sound.source.secrets, "{what}: the credentials are found again");
        assert_eq!(after.destination.secrets, sound.destination.secrets, "{what}");
        if broken == limits {
            assert_eq!(after.settings, sound.settings, "the default of that one limit is what it had");
        }
        // And removed.
        let c = Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap();
        c.execute(&format!("UPDATE connection SET {column} = {broken} WHERE id = 1"), []).unwrap();
        drop(c);
        let remove = TenantCommand::Remove { tenant: first.clone(), confirm: Some(first.clone()) };
        assert_eq!(told(&desk, remove).await.0.unwrap(), Exit::Done, "{what}");
        let (_, list) = told(&desk, TenantCommand::List).await;
        assert_eq!(list["tenants"].as_array().unwrap().len(), 1, "{what}");
        let names = desk.engine().secrets.names().unwrap();
        assert!(names.iter().all(|name| name.starts_with("second-house/")), "{what}: {names:?}");
        desk.restore(&kept, &first).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_plan_or_record_is_blamed_by_its_name() {
    let desk = two_tenants().await;
    let connection = desk.connection().await.id;
    let newest = desk.store().latest_plan(connection).await.unwrap().unwrap().id;
    let c = Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap();
    c.execute("UPDATE plan SET counts = '{' WHERE id = ?1", [newest.0]).unwrap();
    let error = desk.store().latest_plan(connection).await.unwrap_err();
    assert!(error.to_string().contains(&format!("plan {newest}")), "{error}");
    // The lists of all tenants name it, and have the others.
    let (mut out, heard, _) = output(true);
    fleet::holds(&desk.workspace, None, &mut out).await.unwrap();
    prints("holds", [&heard.answer()], &["BrokenTenant"]);
    let (mut out, heard, _) = output(true);
    fleet::values(&desk.workspace, None, &mut out).await.unwrap();
    prints("values", [&heard.answer()], &["BrokenTenant"]);
    let (mut out, heard, _) = output(true);
    digest::run(&desk.workspace, &DigestArguments { since: None, send: false }, &mut out).await.unwrap();
    prints("digest", [&heard.answer()], &["Broken"]);
    assert!(matches!(&entries(&desk).await[0].row.fault, Some(Fault::Data(StoreError::Unreadable { .. }))));
    c.execute("UPDATE employee SET record = '{\"id\":\"3\",\"first_name\":7}' WHERE employee = '3'", []).unwrap();
    let error = desk.store().employees(connection).await.unwrap_err();
    assert!(error.to_string().contains("employee 3"), "{error}");
    c.execute(
        "UPDATE employee SET record = ?1 WHERE employee = '3'",
        ["{\"id\":\"3\",\"date_of_birth\":\"Cara Shaw\"}"],
    )
    .unwrap();
    let error = desk.store().employees(connection).await.unwrap_err();
    assert!(!error.to_string().contains("Cara"), "no personal data in errors: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_plan_that_cannot_be_read_is_finished_without_what_it_does_not_say() {
    for (table, column, place) in [
        ("operation", "fields", "plan = {plan} AND employee = '2'"),
        ("operation", "before", "plan = {plan}"),
        ("hold", "others", "plan = {plan}"),
        ("candidate", "evidence", "hold IN (SELECT id FROM hold WHERE plan = {plan})"),
        ("plan", "counts", "id = {plan}"),
        ("plan", "mails", "id = {plan}"),
        ("plan", "limits", "id = {plan}"),
        ("plan", "approval", "id = {plan}"),
    ] {
        let what = format!("{table}.{column}");
        let people = (1..=4).map(|id| employee(id, ["Ana", "Bo", "Cara", "Dan"][id as usize - 1], "Lima", json!({})));
        let mut people: Vec<Value> = people.collect();
        people.push(employee(9, "Eve", "Moor", json!({})));
        let users = vec![
            user_of(1, "Ana", "Limes", json!({})),
            user_of(9, "Eve", "Moor", json!({"identifier": null, "email": "e@x.example"})),
        ];
        let desk = Desk::live(world(people, users)).await;
        let connection = desk.connection().await.id;
        let plan = desk.plan().await;
        let new = NewRun::by_hand(RunPurpose::Sync, "test");
        let run = desk.store().start_run(connection, new).await.unwrap();
        let id = desk.store().save_plan(connection, Some(run), &plan, "test").await.unwrap();
        let approval = Approval { by: "test".into(), confirmed: None, reason: None, without: vec![], waves: None };
        desk.store().approve_plan(id, approval).await.unwrap();
        let rows = corrupt(&desk, (table, column, &place.replace("{plan}", &id.to_string())), "{\"a\":");
        assert!(rows > 0 || column == "before", "{what}");
        desk.sync().await;
        let row = desk.store().run(run).await.unwrap();
        assert!(!matches!(row.outcome, RunOutcome::Running | RunOutcome::Interrupted), "{what}: {:?}", row.outcome);
        let carried = |identifier: &str| desk.users().iter().any(|user| user["identifier"] == json!(identifier));
        let first = desk.store().operations(id, &OperationState::ALL).await.unwrap();
        let of_two =
            first.iter().find(|row| row.operation.employee.as_ref().is_some_and(|id| id.as_str() == "2")).unwrap();
        match column {
            "fields" => {
                assert_eq!(of_two.state, OperationState::Failed, "{what}");
                assert!(of_two.error.as_ref().unwrap().1.contains("cannot be read"), "{what}");
                assert!(carried("40817_3"), "{what}: the others are written");
            }
            "approval" => assert!(first.iter().all(|row| row.state == OperationState::Failed), "{what}"),
            _ => assert_eq!(of_two.state, OperationState::Confirmed, "{what}"),
        }
        // And the tenant is free again.
        desk.sync_confirmed().await;
        assert!(carried("40817_2") && carried("40817_4"), "{what}");
        assert_eq!(desk.users().iter().filter(|user| user["last_name"] == json!("Lima")).count(), 4, "{what}");
    }
}
