//! BX10: drift explains itself. Approved minus moved is carried out, every moved line is listed with old and new value, nothing
//! else is written.

use crate::common::schema::prints;
use crate::common::{Desk, employee, output, user_of, world};
use onroll::domain::decision::Ruling;
use onroll::domain::drift::{Cause, MovedBy};
use onroll::domain::run::RunOutcome;
use onroll::engine::run::RunReport;
use onroll::sandbox::Person;
use onroll::services::drift::{self, Line, Page};
use serde_json::{Value, json};

/// Eight people who are users; for the first six something is to be written, and one more is about to join.
async fn approved() -> Desk {
    let names = [
        ("Bryn", "Cadwallader"),
        ("Noor", "Haddad"),
        ("Piotr", "Wrona"),
        ("Ellie", "Marsh"),
        ("Tom", "Sayer"),
        ("Ines", "Halloran"),
        ("Quinn", "Ashdown"),
        ("Rhys", "Llewellyn"),
    ];
    let row = |id: u32, make: fn(u32, &str, &str, Value) -> Value, own: Value| {
        let (first, last) = names[id as usize - 1];
        make(id, first, last, own)
    };
    let own = |id: u32| match id {
        1 => json!({"branch": "Castle Street"}),
        2 => json!({"job_title": "Bartender"}),
        3 => json!({"status": "inactive", "end_date": "2026-11-20"}),
        4 => json!({"email": "e.marsh@hvine.example"}),
        5 => json!({"job_title": "Bartender", "branch": "Castle Street"}),
        6 => json!({"job_title": "Sous Chef"}),
        _ => json!({}),
    };
    let people = (1..=8).map(|id| row(id, employee, own(id))).collect();
    let users = (1..=8).map(|id| row(id, user_of, json!({}))).collect();
    let mut document = world(people, users);
    let branches = document["flow-learning"]["options"]["branches"].as_array_mut().unwrap();
    branches.push(json!({"code": "ANCH03", "name": "The Anchor"}));
    let desk = Desk::live(document).await;
    assert_eq!(desk.plan().await.counts.operations(), 6);
    desk
}

fn at(desk: &Desk, side: &str, id: usize, change: impl FnOnce(&mut Person)) {
    desk.sandbox.edit(|world| change(&mut world.company_mut(side).unwrap().people[id - 1]));
}

/// Somebody changes branch of 1, e-mail of 4 (as approved) and branch of 5 in Flow.
fn move_destination(desk: &Desk) {
    let anchor = |user: &mut Person| {
        user.branch = "The Anchor".into();
        user.own.insert("branch_code".into(), json!("ANCH03"));
    };
    at(desk, "flow-learning", 1, anchor);
    at(desk, "flow-learning", 4, |user| user.email = "e.marsh@hvine.example".into());
    at(desk, "flow-learning", 5, anchor);
}

/// The source changes 2 once more, takes the leaver 3 back, and has news of 7 and 8 that nobody has approved.
fn move_source(desk: &Desk) {
    at(desk, "planday", 2, |person| person.job_title = "Sous Chef".into());
    at(desk, "planday", 3, |person| (person.status, person.end_date) = ("active".into(), String::new()));
    at(desk, "planday", 7, |person| person.job_title = "Bartender".into());
    at(desk, "planday", 8, |person| person.branch = "Castle Street".into());
}

/// As if the newest plan had been made past its shelf life.
#[expect(clippy::disallowed_methods, reason = "the file is changed as another process would")]
fn age_plan(desk: &Desk) {
    let sql = "UPDATE plan SET made_at = made_at - 3600 * 1000000";
    rusqlite::Connection::open(desk.store().path()).unwrap().execute_batch(sql).unwrap();
}

async fn page(desk: &Desk, run: &RunReport) -> Page {
    drift::page(desk.engine(), &desk.connection().await, run.run).await.unwrap()
}

fn line<'a>(page: &'a Page, name: &str) -> &'a Line {
    page.lines.iter().find(|line| line.name.starts_with(name)).unwrap_or_else(|| panic!("{name} in {:?}", page.lines))
}

fn columns(page: &Page, name: &str) -> [String; 4] {
    let (field, before, approved, now) = line(page, name).columns();
    [field, before, approved, now]
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx10_approved_minus_moved_is_carried_out_and_every_moved_line_is_listed() {
    let desk = approved().await;
    move_destination(&desk);
    move_source(&desk);
    // It is compared with both sides before its first write.
    age_plan(&desk);
    let writes = desk.writes();
    let run = desk.sync_kept(6).await;
    assert_eq!(run.outcome, RunOutcome::DoneWithHeld, "{:?}", run.problem);
    assert_eq!(desk.writes() - writes, 1, "one line stood");
    assert_eq!(desk.user("40817_6")["job_title"], "Sous Chef");
    assert_eq!(desk.user("40817_1")["branch"], "The Anchor", "left as somebody has put it");
    assert_eq!(desk.user("40817_5")["job_title"], "Waiter", "a line goes whole or not at all");
    assert_eq!(
        (desk.user("40817_7")["job_title"].clone(), desk.user("40817_3")["status"].clone()),
        (json!("Waiter"), json!("active"))
    );

    let page = page(&desk, &run).await;
    let sums = page.sums;
    assert_eq!((sums.approved(), sums.carried_out, sums.already_there, sums.skipped), (6, 1, 1, 4), "{sums:?}");
    assert_eq!((sums.anything_else, page.equation().as_str()), (0, "6 = 1 + 1 + 4"));
    assert_eq!(columns(&page, "Bryn"), ["branch", "QUAY01", "CAST02", "ANCH03"]);
    assert_eq!(columns(&page, "Noor"), ["job title", "Waiter", "Bartender", "Sous Chef"]);
    assert_eq!(
        columns(&page, "Ellie"),
        ["e-mail", "ellie.marsh@hvine.example", "e.marsh@hvine.example", "e.marsh@hvine.example"]
    );
    let by = |name: &str| (line(&page, name).by, line(&page, name).so_word());
    assert_eq!(by("Bryn"), (MovedBy::Destination, "skipped"));
    assert_eq!(by("Noor"), (MovedBy::Source, "skipped"));
    assert_eq!(by("Piotr"), (MovedBy::Source, "skipped"));
    assert_eq!(by("Ellie"), (MovedBy::Destination, "done"));
    assert!(line(&page, "Bryn").moved_by.ends_with("does not tell who"), "{}", line(&page, "Bryn").moved_by);
    assert_eq!(line(&page, "Piotr").cause, Some(Cause::NotDue));
    let both = line(&page, "Tom");
    let moved: Vec<(&str, bool)> = both.values.iter().map(|value| (value.word, value.moved)).collect();
    assert!(moved.contains(&("job title", false)) && moved.contains(&("branch", true)), "{moved:?}");
    // What is new since the approval waits, and what was skipped comes anew.
    let (next, anew) = page.next.expect("a plan came after it");
    assert_eq!((page.elsewhere.as_ref().unwrap().people, anew), (2, 3), "Piotr is as he was: {next}");
    assert!(line(&page, "Bryn").next.contains("ANCH03 → CAST02"), "{}", line(&page, "Bryn").next);
    // History and Run count alike, and the approval is spent.
    assert_eq!((run.totals.written, run.totals.already, run.totals.skipped(), run.totals.confirmed), (1, 1, 4, 1));
    let connection = desk.connection().await;
    let words = desk.feed("skipped").await;
    assert_eq!(words.len(), 4, "{words:?}");
    assert!(words.iter().all(|line| !line.text.contains('@')), "nothing private in the log: {words:?}");
    let after = desk.writes();
    let approved = onroll::engine::run::Approved::Kept(run.plan.unwrap().id);
    let again = desk.sync_with(onroll::engine::run::SyncRequest { approved, ..Default::default() }).await;
    assert_eq!((again.outcome, desk.writes()), (RunOutcome::Drifted, after), "{}", connection.short_name);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx10_a_record_that_moved_a_minute_ago_is_seen_just_before_it_is_written() {
    let desk = approved().await;
    move_destination(&desk);
    let writes = desk.writes();
    let run = desk.sync_kept(6).await;
    // Noor, Piotr and Ines stood.
    assert_eq!(desk.writes() - writes, 3, "{:?}", run.totals);
    let page = page(&desk, &run).await;
    let sums = page.sums;
    assert_eq!((sums.approved(), sums.carried_out, sums.already_there, sums.skipped), (6, 3, 1, 2), "{sums:?}");
    assert_eq!(columns(&page, "Bryn"), ["branch", "QUAY01", "CAST02", "ANCH03"]);
    assert_eq!((line(&page, "Tom").cause, line(&page, "Tom").by), (Some(Cause::Values), MovedBy::Destination));
    assert_eq!(line(&page, "Ellie").so, "nothing was sent: it counts as done");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx10_a_ruling_since_the_plan_is_named_with_who_ruled() {
    let desk = approved().await;
    desk.rule("6", Ruling::Exclude).await;
    let run = desk.sync_kept(6).await;
    let page = page(&desk, &run).await;
    assert_eq!((page.sums.carried_out, page.sums.skipped), (5, 1), "{:?}", run.problem);
    let ines = line(&page, "Ines");
    assert_eq!((ines.cause, ines.by, ines.mover.as_str()), (Some(Cause::Held), MovedBy::Operator, "test"));
    assert!(ines.moved_by.contains("ruled exclude"), "{}", ines.moved_by);
    assert!(ines.met.contains("excluded") && ines.next.contains("excluded"), "{ines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx10_what_was_there_already_is_not_undone_and_not_forgotten_either() {
    let desk = approved().await;
    at(&desk, "flow-learning", 4, |user| user.email = "e.marsh@hvine.example".into());
    let run = desk.sync_kept(6).await;
    assert_eq!((run.totals.written, run.totals.already), (5, 1));
    let request = onroll::services::undo::UndoRequest { run: run.run, people: Vec::new() };
    let seen = onroll::services::undo::preview(desk.engine(), &desk.connection().await, &request).await.unwrap();
    let touched: Vec<String> =
        seen.plan.operations.iter().filter_map(|one| one.employee.as_ref().map(ToString::to_string)).collect();
    assert!(touched.len() == 5 && !touched.contains(&"4".to_owned()), "the run did not write her e-mail: {touched:?}");
    // Forgetting a person takes the values.
    let page = |desk: Page| desk.lines.iter().map(|line| line.values.len()).sum::<usize>();
    let (engine, connection) = (desk.engine(), desk.connection().await);
    assert_eq!(page(drift::page(engine, &connection, run.run).await.unwrap()), 1);
    desk.store().forget_person(connection.id, "4".into(), None, "test").await.unwrap();
    let after = drift::page(engine, &connection, run.run).await.unwrap();
    assert_eq!((after.sums.already_there, page(after)), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_bx10_the_command_says_the_same_as_text_as_an_object_and_as_a_file() {
    let desk = approved().await;
    move_destination(&desk);
    let run = desk.sync_kept(6).await.run;
    let said = |json: bool, out: Option<std::path::PathBuf>| {
        let workspace = &desk.workspace;
        async move {
            let (mut output, heard, _) = output(json);
            onroll::cli::drift::drift(workspace, run, out.as_deref(), &mut output).await.unwrap();
            heard
        }
    };
    let text = said(false, None).await.text();
    assert!(text.contains("3 of the 6 approved lines had moved by"), "{text}");
    assert!(text.contains("Bryn Cadwallader, 40817_1, user 7001: skipped"), "{text}");
    assert!(text.contains("nothing was written that was not approved"), "{text}");
    let answer = said(true, None).await.answer();
    prints("runs drift", [&answer], &["DriftLine", "DriftField"]);
    assert_eq!(answer["sums"]["approved"], 6);
    assert_eq!((&answer["sums"]["already_there"], &answer["sums"]["anything_else"]), (&json!(1), &json!(0)));
    let bryn = answer["lines"].as_array().unwrap().iter().find(|line| line["employee_id"] == "1").unwrap();
    let field = json!({"field": "branch", "before": "QUAY01", "approved": "CAST02", "now": "ANCH03", "now_known": true, "moved": true});
    assert_eq!(
        (&bryn["fields"][0], &bryn["moved_by"], &bryn["so"]),
        (&field, &json!("destination"), &json!("skipped"))
    );
    let file = desk.workspace.dir.join("drift.csv");
    said(false, Some(file.clone())).await;
    let csv = std::fs::read_to_string(file).unwrap();
    assert!(csv.lines().any(|line| line.contains("branch,QUAY01,CAST02,ANCH03,yes")), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the file is damaged as a disk does it")]
async fn s_bx10_what_cannot_be_read_of_one_line_leaves_the_page_and_its_sums() {
    let desk = approved().await;
    move_destination(&desk);
    let run = desk.sync_kept(6).await;
    let before = page(&desk, &run).await;
    let sql = "UPDATE operation SET moved = '{\"cause\":' WHERE moved IS NOT NULL";
    rusqlite::Connection::open(desk.store().path()).unwrap().execute_batch(sql).unwrap();
    let after = page(&desk, &run).await;
    assert_eq!((after.sums, after.lines.len()), (before.sums, before.lines.len()));
    assert_eq!((line(&after, "Ellie").so_word(), line(&after, "Bryn").so_word()), ("done", "skipped"));
    assert_eq!(line(&after, "Bryn").mover, "not known");
}
