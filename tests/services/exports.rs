//! Files that a command and the console write.

use super::common::{Desk, employee, output, user_of, world};
use super::console;
use onroll::cli::arguments::{ExportArguments, ExportKind, RunsCommand};
use onroll::cli::{export, runs};
use onroll::console::app::Command;
use onroll::console::backend::command;
use onroll::console::screens::people::data::{self as people, ListQuery};
use onroll::console::screens::{history::data as history, run::data as run};
use serde_json::json;

/// A tenant whose run wrote two and held a third.
async fn desk() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({"job_title": "Sous Chef"})),
        employee(2, "Bo", "Ek", json!({})),
        employee(3, "Cara", "Shaw", json!({"job_title": "Magician"})),
    ];
    let desk = Desk::live(world(employees, vec![user_of(1, "Ana", "Lima", json!({}))])).await;
    desk.sync_confirmed().await;
    desk
}

#[tokio::test]
async fn errors_and_people_are_one_file_whoever_writes_it() {
    let desk = desk().await;
    let path = |name: &str| desk.workspace.dir.join(name);
    let text = |name: &str| path(name).display().to_string();
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let (mut out, ..) = output(true);
    let found = desk.store().runs(None, 1).await.unwrap().remove(0).id;

    let errors = RunsCommand::Errors { run: found.0, out: Some(path("typed.csv")) };
    runs::run(&desk.workspace, &errors, &mut out).await.unwrap();
    let tenant = || desk.short_name.clone();
    let save = run::Act::SaveErrors { tenant: tenant(), run: found, file: text("clicked.csv") };
    command(&console(&desk), Command::RunScreen(save)).await.unwrap();
    let save = history::Act::SaveErrors { tenant: tenant(), run: found, file: text("later.csv") };
    command(&console(&desk), Command::History(save)).await.unwrap();
    assert_eq!((&read("clicked.csv"), &read("later.csv")), (&read("typed.csv"), &read("typed.csv")));
    let lines = read("typed.csv");
    assert!(
        lines.starts_with("\u{feff}employee_id,identifier,user_id,operation,state,code,message,remedy,at\n"),
        "{lines}"
    );
    assert!(lines.contains("\n3,,,held,blocked,unmapped_value,"), "{lines}");

    let list = ExportArguments {
        what: ExportKind::People,
        tenant: tenant(),
        out: Some(path("people.csv")),
        filter: None,
        view: None,
        facets: false,
    };
    export::run(&desk.workspace, &list, &mut out).await.unwrap();
    let list = people::Act::Export { tenant: tenant(), query: ListQuery::default(), file: text("list.csv") };
    command(&console(&desk), Command::People(list)).await.unwrap();
    assert_eq!(read("people.csv"), read("list.csv"));
    let people = read("people.csv");
    assert!(
        people.starts_with("\u{feff}employee_id,identifier,user_id,name,branch,department,job_title,status,state\n")
    );
    assert!(people.contains("\n3,40817_3,,Cara Shaw,Quayside,Kitchen,Magician,active,"), "{people}");
    assert_eq!(people.lines().count(), 4, "{people}");
}

#[tokio::test]
async fn what_failed_is_an_entry_of_the_audit_also_where_it_is_printed_and_is_said_where_it_cannot_be() {
    let desk = desk().await;
    let found = desk.store().runs(None, 1).await.unwrap().remove(0).id;
    let errors = RunsCommand::Errors { run: found.0, out: None };
    let exported = || async {
        let all = desk.store().audit_lines(Some(desk.connection().await.id), 100).await.unwrap();
        all.into_iter().filter(|line| line.what == "exported").map(|line| line.detail).collect::<Vec<_>>()
    };
    for json in [false, true] {
        let (mut out, told, _) = output(json);
        runs::run(&desk.workspace, &errors, &mut out).await.unwrap();
        assert!(told.text().contains("unmapped_value") || json, "{}", told.text());
    }
    let entry = format!("what failed in run {found}: 1 line to standard output");
    assert_eq!(exported().await, vec![entry.clone(), entry]);
}
