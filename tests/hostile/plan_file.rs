//! `sync --plan FILE` does what the file says or nothing.

use crate::common::{Desk, employee, output, user_of, world};
use onroll::cli::arguments::{PlanArguments, SyncArguments};
use onroll::cli::exit::Exit;
use onroll::cli::{plan, sync};
use onroll::domain::code::ProblemCode;
use onroll::domain::problem::Problem;
use rusqlite::Connection as Sqlite;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

async fn desk() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "Bo", "Ek", json!({})),
        employee(3, "Cara", "Shaw", json!({"last_name": ""})),
        employee(4, "Dan", "Moor", json!({"email": "dan@private.example"})),
        employee(5, "Eve", "Hall", json!({"last_name": "Hale"})),
    ];
    let users = vec![
        user_of(4, "Dan", "Moor", json!({"identifier": null})),
        user_of(5, "Eve", "Hall", json!({"last_name": "Hall"})),
    ];
    Desk::live(world(employees, users)).await
}

async fn written(desk: &Desk, name: &str) -> PathBuf {
    let path = desk.workspace.dir.join(name);
    let arguments = PlanArguments {
        tenant: desk.short_name.clone(),
        out: Some(path.clone()),
        offline: false,
        confirm: None,
        full: false,
        changed: false,
        waves: None,
        rehearse: false,
    };
    let (mut output, ..) = output(true);
    plan::run(&desk.workspace, &arguments, &mut output).await.unwrap();
    path
}

async fn run(desk: &Desk, path: &Path) -> (Result<Exit, Problem>, Value) {
    let arguments = SyncArguments {
        full: false,
        changed: false,
        tenant: desk.short_name.clone(),
        plan: Some(path.to_owned()),
        without: vec![],
        only: vec![],
        confirm: Some(format!("{}:3", desk.short_name)),
        reason: None,
        waves: None,
        gate: None,
        yes: true,
    };
    let (mut output, heard, _) = output(true);
    let exit = sync::run(&desk.workspace, &arguments, &mut output).await;
    (exit, heard.answer())
}

fn document(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Why a run was refused: before it began, or by the run itself.
fn why(exit: &Result<Exit, Problem>, answer: &Value) -> (Exit, String) {
    match exit {
        Err(problem) => (Exit::of_problem(problem), format!("{}: {}", problem.what, problem.why)),
        Ok(exit) => (*exit, answer["run"]["problem"].to_string()),
    }
}

type Edit = (&'static str, fn(&mut Value));

/// Everything that a hand or a program may do to the file.
const EDITS: [Edit; 14] = [
    ("create of employee 2 is missing", |file| {
        let lines = file["operations"].as_array_mut().unwrap();
        lines.retain(|line| line["employee_id"] != json!("2"));
    }),
    ("is missing", |file| file["operations"] = json!([])),
    ("is added", |file| {
        let line = file["operations"][0].clone();
        file["operations"].as_array_mut().unwrap().push(line);
    }),
    ("is changed", |file| file["operations"][0]["fields"]["email"]["to"] = json!("x@evil.example")),
    ("is changed", |file| file["operations"][0]["identifier"] = json!("1")),
    ("is changed", |file| file["operations"][0]["comment"] = json!("please")),
    ("is added", |file| file["operations"][0]["op"] = json!("deactivate")),
    ("the order of the operations", |file| file["operations"].as_array_mut().unwrap().reverse()),
    ("hold missing_field of employee 3 is missing", |file| {
        file["holds"].as_array_mut().unwrap().retain(|hold| hold["employee_id"] != json!("3"));
    }),
    ("is changed", |file| file["holds"][0]["remedy"] = json!("nothing")),
    ("`plan.counts`", |file| file["plan"]["counts"]["create"] = json!(1)),
    ("`plan.needs_confirmation`", |file| file["plan"]["needs_confirmation"] = json!("no")),
    ("the limits", |file| file["limits"][0]["allowed"] = json!(1_000)),
    ("`skip`, which no plan has", |file| file["skip"] = json!(["2"])),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_file_is_refused_and_says_what_differs() {
    let desk = desk().await;
    let path = written(&desk, "plan.json").await;
    let file = document(&path);
    assert_eq!(file["operations"].as_array().unwrap().len(), 3, "{file}");
    let before = desk.writes();
    // With the plan kept, and with the plan gone, so that only making it anew can tell.
    for kept in [true, false] {
        if !kept {
            let c = Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap();
            c.execute_batch("PRAGMA foreign_keys = ON").unwrap();
            c.execute("DELETE FROM plan WHERE id <= ?1", [file["plan"]["id"].as_i64()]).unwrap();
        }
        for (says, edit) in EDITS {
            let mut edited = file.clone();
            edit(&mut edited);
            std::fs::write(&path, edited.to_string()).unwrap();
            let (exit, answer) = run(&desk, &path).await;
            let code = exit.as_ref().err().map(Problem::code);
            let (exit, why) = why(&exit, &answer);
            // Where the plan is kept it is refused before a run begins, else by its run.
            let is_named = code == Some(ProblemCode::PlanEdited) || why.contains(ProblemCode::PlanEdited.key());
            assert!(is_named && exit == Exit::Usage, "{says}, kept {kept}: {why}");
            assert!(why.contains(says) && why.contains("edited"), "{says}, kept {kept}: {why}");
            assert_eq!(desk.writes(), before, "{says}, kept {kept}");
        }
    }
    // Blanks and the order of members are no edit: the file says the same.
    let mut pretty = serde_json::to_string_pretty(&file).unwrap();
    pretty.push_str("\n\n");
    std::fs::write(&path, pretty).unwrap();
    let (exit, answer) = run(&desk, &path).await;
    assert_eq!(exit.unwrap(), Exit::Held, "{answer}");
    assert_eq!(answer["run"]["written"], json!(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_plan_file_is_named() {
    let desk = desk().await;
    let path = written(&desk, "plan.json").await;
    let text = std::fs::read_to_string(&path).unwrap();
    let csv = written(&desk, "plan.csv").await;
    let xlsx = written(&desk, "plan.xlsx").await;
    let put = |name: &str, text: &str| {
        let path = desk.workspace.dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let other = text.replace(&format!("\"{}\"", desk.short_name), "\"second-house\"");
    let old = text.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
    let newer = document(&path);
    let mut unknown = newer.clone();
    unknown["plan"]["id"] = json!(999_999);
    unknown["plan"]["version"] = json!("9.9.9");
    let cases = [
        (put("cut.json", &text[..text.len() / 2]), "it was cut"),
        (put("empty.json", ""), "empty"),
        (put("list.json", "[]"), "no JSON object"),
        (put("words.json", "{\"operations\": oops}"), "no JSON from line 1"),
        (put("run.json", "{\"run\":{\"id\":1}}"), "no `plan`"),
        (put("headless.json", "{\"plan\":{\"id\":1},\"operations\":[],\"holds\":[]}"), "no `plan.hash`"),
        (put("no-lines.json", "{\"plan\":{\"id\":1,\"hash\":\"x\"},\"holds\":[]}"), "no `operations`"),
        (put("other.json", &other), "another tenant"),
        (put("version.json", &unknown.to_string()), "by 9.9.9"),
        (csv, "CSV: that form is for signing"),
        (xlsx, "spreadsheet: that form is for signing"),
        (PathBuf::from("/dev/zero"), "device"),
        (desk.workspace.dir.clone(), "folder"),
        (desk.workspace.dir.join("none.json"), "No such file"),
    ];
    let before = desk.writes();
    for (path, says) in cases {
        let (exit, answer) = run(&desk, &path).await;
        let (exit, why) = why(&exit, &answer);
        assert_eq!(exit, Exit::Usage, "{}: {why}", path.display());
        assert!(why.contains(says), "{}: {why}", path.display());
        assert_eq!(desk.writes(), before);
    }
    // A plan that the workspace still keeps can be run whichever version wrote the file.
    let (exit, answer) = run(&desk, &put("old.json", &old)).await;
    assert_eq!(exit.unwrap(), Exit::Held, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_that_moved_is_drift_and_not_an_edit() {
    let desk = desk().await;
    let path = written(&desk, "plan.json").await;
    desk.rule("2", onroll::domain::decision::Ruling::Exclude).await;
    let before = desk.writes();
    let (exit, answer) = run(&desk, &path).await;
    assert_eq!(exit.unwrap(), Exit::Drifted, "{answer}");
    let run = desk.store().runs(None, 1).await.unwrap().remove(0);
    let connection = desk.connection().await;
    let page = onroll::services::drift::page(&desk.workspace.engine, &connection, run.id).await.unwrap();
    assert!(page.nothing.as_ref().unwrap().contains("nobody has approved it"), "{:?}", page.nothing);
    assert_eq!((page.sums.approved(), page.lines.len()), (0, 0), "of the plan of now nothing was approved");
    assert_eq!(run.problem.map(|problem| problem.code()), Some(ProblemCode::PlanDrifted));
    assert_eq!(desk.writes(), before);
}
