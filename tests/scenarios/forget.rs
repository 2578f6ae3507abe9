//! Forgetting a person (12, 11): after a whole first import, a hold, a ruling, an undo and what was said, nothing of the person is
//! left in the workspace, and everybody else is.

use crate::common::{Desk, employee, output, world};
use clap::Parser;
use onroll::cli::arguments::{Arguments, Command, ForgetArguments};
use onroll::cli::exit::Exit;
use onroll::domain::problem::ProblemKind;
use onroll::services::forget;
use serde_json::json;
use std::path::Path;

fn arguments(words: &[&str]) -> ForgetArguments {
    let parsed = Arguments::try_parse_from([&["onroll", "forget"], words].concat()).unwrap();
    let Some(Command::Forget(arguments)) = parsed.command else { panic!("not forget") };
    arguments
}

/// Whether a text stands in the bytes of any file of the workspace's database.
fn holds(folder: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|file| file.file_name().unwrap().to_string_lossy().starts_with("onroll.db"))
        .any(|file| std::fs::read(file).unwrap().windows(text.len()).any(|part| part == text.as_bytes()))
}

/// The tables that hold a text; empty where only bytes that nothing refers to do.
#[expect(clippy::disallowed_methods, reason = "the file is looked at as another process would")]
fn tables_with(folder: &Path, text: &str) -> Vec<String> {
    let file = rusqlite::Connection::open(folder.join("onroll.db")).unwrap();
    let mut tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let holds = |table: &String| {
        let mut rows = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                let value = row.get_ref(column).unwrap();
                let bytes = value.as_bytes().unwrap_or_default();
                if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                    return true;
                }
            }
        }
        false
    };
    tables.into_iter().filter(holds).collect()
}

const TRACES: [&str; 4] = ["Xanthippe", "xanthippe.quill", "Quill", "40817_77"];

async fn imported() -> Desk {
    let people = vec![
        employee(77, "Xanthippe", "Quill", json!({ "phone": "+44 1632 960777" })),
        employee(2, "Bo", "Lind", json!({})),
        employee(3, "Ana", "Silva", json!({ "job_title": "Bartender" })),
    ];
    let desk = Desk::live(world(people, vec![])).await;
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 3);
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().person_mut("77").unwrap().job_title = "Sous Chef".into();
    });
    assert_eq!(desk.sync().await.totals.confirmed, 1);
    desk.rule("77", onroll::domain::decision::Ruling::Protect).await;
    desk.plan().await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn s_forget_leaves_no_trace_of_the_person_and_all_of_the_others() {
    let desk = imported().await;
    let folder = desk.workspace.dir.clone();
    for text in ["Xanthippe", "40817_77"] {
        assert!(holds(&folder, text), "{text}");
    }
    let tenant = desk.short_name.clone();
    // Without `--yes` it says what there is, and does nothing.
    let (mut out, _, _) = output(true);
    let problem =
        onroll::cli::forget::run(&desk.workspace, &arguments(&[&tenant, "40817_77"]), &mut out).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Stopped);
    for kept in ["records", "1 ties", "1 rulings", "lines of plans", "feed lines", "kept requests and answers"] {
        assert!(problem.why.contains(kept), "{kept}: {}", problem.why);
    }
    assert!(holds(&folder, "Xanthippe"));

    let runs = desk.store().runs(None, 10).await.unwrap();
    let (mut out, told, _) = output(true);
    let exit =
        onroll::cli::forget::run(&desk.workspace, &arguments(&[&tenant, "77", "--yes"]), &mut out).await.unwrap();
    assert_eq!(exit, Exit::Done);
    assert!(told.answer()["forgotten"]["records"].as_u64().unwrap() >= 1, "{}", told.text());
    for text in TRACES {
        assert!(!holds(&folder, text), "{text} is left, in {:?}", tables_with(&folder, text));
    }
    // The others, the figures and the chain of the audit stay.
    assert!(holds(&folder, "Silva"));
    assert_eq!(desk.store().runs(None, 10).await.unwrap(), runs);
    assert_eq!(desk.store().check_audit().await.unwrap().broken, None, "the chain of the audit is whole");
    assert_eq!(desk.store().check().await.unwrap(), Vec::<String>::new());
    let connection = desk.connection().await;
    assert!(forget::named(desk.engine(), &connection, "77").await.is_err(), "nobody is called so any more");
    assert_eq!(desk.users().len(), 3, "the destination is not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_remove_leaves_no_byte_of_a_tenant_in_tables_index_log_or_free_pages() {
    let desk = imported().await;
    // Pulls and plans that gave way to newer ones were deleted without being overwritten.
    for title in ["Commis Zephyr", "Maitre Zephyr", "Plongeur Zephyr"] {
        desk.sandbox.edit(|world| {
            world.company_mut("planday").unwrap().person_mut("77").unwrap().job_title = title.into();
        });
        desk.plan().await;
    }
    let folder = desk.workspace.dir.clone();
    let gone = ["Silva", "Lind", "Zephyr", "Bartender", "40817_2", "40817_3"];
    assert!(holds(&folder, "Zephyr") && holds(&folder, "Silva"));
    let connection = desk.connection().await;
    let name = connection.tenant_name.clone();
    assert!(holds(&folder, &name));
    onroll::services::tenants::remove(desk.engine(), &desk.workspace.access, &connection).await.unwrap();
    for text in TRACES.into_iter().chain(gone).chain([name.as_str()]) {
        assert!(!holds(&folder, text), "{text} is left, in {:?}", tables_with(&folder, text));
    }
    assert_eq!(desk.store().check_audit().await.unwrap().broken, None, "the chain of the audit is whole");
    assert_eq!(desk.store().check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_forget_several_at_once_leaves_no_trace_of_any_and_all_of_the_others() {
    let desk = imported().await;
    let folder = desk.workspace.dir.clone();
    let tenant = desk.short_name.clone();
    let (mut out, _, _) = output(true);
    let unknown =
        onroll::cli::forget::run(&desk.workspace, &arguments(&[&tenant, "77", "404", "--yes"]), &mut out).await;
    assert!(unknown.is_err() && holds(&folder, "Xanthippe"), "all of them, or nobody");
    let (mut out, told, _) = output(true);
    let both = arguments(&[&tenant, "77", "40817_2", "77", "--yes"]);
    onroll::cli::forget::run(&desk.workspace, &both, &mut out).await.unwrap();
    assert_eq!(told.answer()["forgotten"]["ties"], json!(2), "{}", told.text());
    for text in TRACES.into_iter().chain(["Lind", "40817_2"]) {
        assert!(!holds(&folder, text), "{text} is left, in {:?}", tables_with(&folder, text));
    }
    assert!(holds(&folder, "Silva"));
    assert_eq!(desk.store().preference("workspace/rewrite").await.unwrap(), None, "nothing is owed");
    // A process that ended between the deletion and the writing anew has left that to the next run.
    desk.store().set_preference("workspace/rewrite", Some("file")).await.unwrap();
    desk.sync().await;
    assert_eq!(desk.store().preference("workspace/rewrite").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_forget_a_person_who_is_listed_still_is_kept_again_and_tied_to_the_same_user() {
    let desk = imported().await;
    let (connection, access) = (desk.connection().await, &desk.workspace.access);
    forget::person(desk.engine(), access, &connection, &"77".into()).await.unwrap();
    let plan = desk.plan().await;
    assert!(
        plan.operations.iter().all(|one| one.employee.as_ref().is_none_or(|id| id.as_str() != "77")),
        "{:?}",
        plan.operations
    );
    assert_eq!(desk.users().len(), 3);
    let report = desk.sync().await;
    assert_eq!((report.totals.failed, desk.users().len()), (0, 3), "nobody is made twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_past_its_retention_goes_with_the_next_run_and_nothing_before() {
    let mut desk = imported().await;
    desk.settings(|settings| settings.retention_days = 30).await;
    let created = || desk.feed("new user");
    assert!(!created().await.is_empty());
    desk.reopen(jiff::civil::date(2026, 12, 20));
    desk.sync().await;
    assert!(!desk.feed("new user").await.is_empty(), "28 days are within 30");
    desk.reopen(jiff::civil::date(2026, 12, 24));
    desk.sync().await;
    assert!(desk.feed("new user").await.is_empty(), "32 days are not");
    assert!(desk.store().runs(None, 50).await.unwrap().len() >= 4, "runs stay");
    let audit = desk.store().check_audit().await.unwrap();
    assert_eq!(audit.broken, None, "the chain stays whole");
}

/// Somebody on another machine who works on a second tenant.
async fn other_at_work(desk: &Desk) -> onroll::store::LeaseToken {
    let connection = desk.connection().await;
    let second = onroll::store::NewConnection {
        tenant_name: "Quayside".into(),
        short_name: "quayside".into(),
        time_zone: connection.time_zone.clone(),
        source: connection.source.clone(),
        destination: connection.destination.clone(),
        settings: connection.settings.clone(),
        verbatim: Vec::new(),
        by: "rosa".into(),
    };
    let id = desk.store().add_connection(second).await.unwrap();
    let holder = onroll::store::Holder {
        pid: 4711,
        host: "elsewhere".into(),
        start: "another boot".into(),
        what: "sync by rosa".into(),
    };
    desk.store().acquire_lease(id, holder).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_forget_in_a_large_workspace_waits_with_the_bytes_until_nobody_else_is_at_work() {
    let desk = imported().await;
    let folder = desk.workspace.dir.clone();
    let other = other_at_work(&desk).await;
    desk.store().set_preference("large", Some(&"x".repeat(70 << 20))).await.unwrap();
    desk.store().set_preference("large", None).await.unwrap();
    let (mut out, told, _) = output(true);
    let tenant = desk.short_name.clone();
    onroll::cli::forget::run(&desk.workspace, &arguments(&[&tenant, "77", "--yes"]), &mut out).await.unwrap();
    let owed = told.answer()["owed"].as_str().unwrap().to_owned();
    assert!(owed.contains("waits for quayside: sync by rosa (process 4711 on elsewhere)"), "{owed}");
    assert_eq!(tables_with(&folder, "Xanthippe"), Vec::<String>::new(), "no table has the person");
    let checks = onroll::services::doctor::look_into(desk.engine(), onroll::engine::supervisor::Outlets::default());
    let checks = checks.await.unwrap();
    assert!(checks.iter().any(|check| check.name == "removed" && check.detail == owed), "{checks:?}");
    // What a run does at its end leaves it at that beside the other, which can go on.
    desk.engine().write_anew().await;
    assert!(desk.store().rewrite_owed().await.unwrap().is_some());
    desk.store().renew_lease(other).await.unwrap();
    // The last one has ended: whoever comes next does it, and who may only look does not.
    desk.store().release_lease(other).await.unwrap();
    forget::settle(desk.engine(), &onroll::services::Access::read_only("tim")).await;
    assert!(desk.store().rewrite_owed().await.unwrap().is_some());
    let starter = desk.workspace.supervisor.clone();
    let (watch, _news) = onroll::engine::schedule::watch::Scheduler::new(desk.engine(), std::sync::Arc::new(starter));
    watch.once(std::future::pending()).await.unwrap();
    let mut changes = desk.store().change_watch();
    while desk.store().rewrite_owed().await.unwrap().is_some() {
        let _ = tokio::time::timeout(std::time::Duration::from_millis(20), changes.changed()).await;
    }
    for text in TRACES {
        assert!(!holds(&folder, text), "{text} is left");
    }
}
