//! ALL12: a finished run is undone by a plan that is looked at first, and no later run does again what was undone.

use crate::common::{Desk, codes, employee, problem, user_of, world};
use onroll::domain::decision::Ruling;
use onroll::domain::ids::{EmployeeId, RunId};
use onroll::domain::plan::HoldCode;
use onroll::domain::problem::ProblemKind;
use onroll::domain::run::RunOutcome;
use onroll::engine::error::EngineError;
use onroll::engine::progress::{Reporter, RunControl, RunEvent};
use onroll::engine::run::{Confirmation, RunReport};
use onroll::engine::undo::CannotUndo;
use onroll::sandbox::{Fault, FaultKind};
use onroll::services::access::Access;
use onroll::services::runs::Work;
use onroll::services::undo::{self, Inverse, UndoRequest};
use serde_json::{Value, json};

fn letters(id: u32) -> String {
    const NAMES: [&str; 12] = [
        "Aldous",
        "Brigid",
        "Casimir",
        "Dorothea",
        "Evander",
        "Fiammetta",
        "Gundula",
        "Hyacinth",
        "Isambard",
        "Jolanta",
        "Kasper",
        "Ludmila",
    ];
    NAMES[id as usize % NAMES.len()].to_owned()
}

fn staff(count: u32) -> Vec<Value> {
    (1..=count).map(|id| employee(id, &letters(id), &format!("{}son", letters(id * 7 + 3)), json!({}))).collect()
}

/// Six people in the source; the first four are users already, of whom one has an old job title and one has left.
async fn busy() -> Desk {
    let mut people = staff(6);
    people[3]["status"] = json!("inactive");
    people[3]["end_date"] = json!("2026-11-01");
    let mut users: Vec<Value> = staff(4);
    for (id, user) in (1u32..).zip(&mut users) {
        let (first, last) = (user["first_name"].as_str().unwrap(), user["last_name"].as_str().unwrap());
        *user = user_of(id, first, last, json!({}));
    }
    users[0]["job_title"] = json!("Bartender");
    Desk::live(world(people, users)).await
}

fn request(run: RunId, people: &[&str]) -> UndoRequest {
    UndoRequest { run, people: people.iter().map(|id| EmployeeId::from(*id)).collect() }
}

async fn look(desk: &Desk, run: RunId, people: &[&str]) -> Inverse {
    undo::preview(desk.engine(), &desk.connection().await, &request(run, people)).await.unwrap()
}

async fn carry_out(desk: &Desk, run: RunId, people: &[&str], number: u32) -> Result<RunReport, EngineError> {
    let confirmation = Confirmation { number, reason: Some("wrong branch".into()) };
    let Work::Sync(request) = undo::work(request(run, people), None, confirmation) else { panic!() };
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    desk.engine().sync(&desk.connection().await, &request, &reporter, &control).await
}

pub async fn undone(desk: &Desk, run: RunId, people: &[&str]) -> RunReport {
    let number = look(desk, run, people).await.plan.counts.operations();
    carry_out(desk, run, people, number).await.unwrap()
}

/// What counts of the users, by identifier.
fn users(desk: &Desk) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut users: Vec<_> = desk
        .users()
        .iter()
        .map(|user| (text(&user["identifier"]), text(&user["job_title"]), text(&user["status"])))
        .collect();
    users.sort();
    users
}

fn held(plan: &onroll::domain::plan::Plan) -> Vec<String> {
    let held = codes(plan).into_iter().filter(|(_, code)| *code == HoldCode::Undone);
    held.map(|(employee, _)| employee).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_a_finished_run_is_undone_by_a_plan_that_is_looked_at_first() {
    let desk = busy().await;
    let before = users(&desk);
    let run = desk.sync_confirmed().await;
    assert_eq!((run.outcome, run.totals.confirmed), (RunOutcome::Done, 4), "{:?}", run.problem);
    let (done, writes, mails) = (users(&desk), desk.writes(), desk.mails().len());

    let seen = look(&desk, run.run, &[]).await;
    assert_eq!(desk.writes(), writes, "looking sends nothing");
    assert_eq!((seen.plan.counts.update, seen.plan.counts.reactivate, seen.plan.counts.deactivate), (1, 1, 2));
    let mailed: Vec<&str> = seen.left.iter().map(|one| one.what).collect();
    assert_eq!(mailed, ["welcome mail", "welcome mail"]);

    // Another number than the one that was seen opens nothing, and holds nobody.
    let wrong = carry_out(&desk, run.run, &[], 3).await.unwrap();
    assert_eq!((wrong.outcome, problem(&wrong).kind), (RunOutcome::Stopped, ProblemKind::Stopped));
    assert_eq!((users(&desk), desk.writes()), (done.clone(), writes));
    assert_eq!(held(&desk.plan().await), Vec::<String>::new());

    let undo = undone(&desk, run.run, &[]).await;
    assert_eq!(
        (undo.outcome, undo.totals.confirmed, undo.totals.failed),
        (RunOutcome::Done, 4, 0),
        "{:?}",
        undo.problem
    );
    let after = users(&desk);
    assert_eq!(after[..4], before[..4], "old values are back, the leaver is active again");
    assert!(after[4..].iter().all(|(.., status)| status == "inactive"), "{after:?}");
    assert_eq!(desk.mails().len(), mails, "undoing mails nobody");
    let row = desk.store().run(undo.run).await.unwrap();
    assert_eq!((row.job.undoes, row.why()), (Some(run.run), format!("by hand, undo of run {}", run.run)));

    // What was undone is not done again, until somebody lets go.
    let next = desk.plan().await;
    assert!(codes(&next).iter().any(|(_, code)| *code == HoldCode::Undone));
    assert_eq!((next.operations.len(), held(&next)), (0, ["1", "4", "5", "6"].map(str::to_owned).to_vec()));
    let writes = desk.writes();
    assert_eq!(desk.sync().await.totals.written, 0);
    assert_eq!(desk.writes(), writes);
    let access = Access::full("rosa");
    let connection = desk.connection().await;
    let one = undo::release(desk.engine(), &access, &connection, None, vec!["1".into()]).await.unwrap();
    assert_eq!(one, ["1".into()]);
    let plan = desk.plan().await;
    assert_eq!((plan.counts.update, plan.counts.operations(), held(&plan).len()), (1, 1, 3));
    let rest = undo::release(desk.engine(), &access, &connection, Some(run.run), Vec::new()).await.unwrap();
    assert_eq!(rest.len(), 3);
    let plan = desk.plan().await;
    assert_eq!((plan.counts.update, plan.counts.deactivate, held(&plan).len()), (1, 1, 0));
    assert_eq!(plan.counts.reactivate + plan.counts.create, 2, "those who were made come back, nobody anew");
    assert_eq!(plan.counts.create, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_what_has_moved_since_is_left_and_named_and_others_go_on() {
    let desk = busy().await;
    let run = desk.sync_confirmed().await;
    desk.sandbox.edit(|world| {
        let people = &mut world.company_mut("flow-learning").unwrap().people;
        let edited = people.iter_mut().find(|user| user.identifier == "40817_1").unwrap();
        edited.job_title = "Sous Chef".into();
    });
    let seen = look(&desk, run.run, &[]).await;
    let moved: Vec<_> = seen.left.iter().filter(|one| one.is_moved).collect();
    assert_eq!((moved.len(), moved[0].employee.as_ref().unwrap().as_str()), (1, "1"));
    assert!(moved[0].why.contains("`Sous Chef` by now, not `Waiter`"), "{}", moved[0].why);
    let undo = undone(&desk, run.run, &[]).await;
    assert_eq!(undo.totals.confirmed, 3);
    assert_eq!(desk.user("40817_1")["job_title"], "Sous Chef");
    assert_eq!(held(&desk.plan().await), ["4", "5", "6"], "who was not touched is not held");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_one_person_is_undone_alone() {
    let desk = busy().await;
    let run = desk.sync_confirmed().await;
    let undo = undone(&desk, run.run, &["4"]).await;
    assert_eq!(undo.totals.confirmed, 1);
    assert_eq!(desk.user("40817_4")["status"], "active");
    assert_eq!(desk.user("40817_1")["job_title"], "Waiter");
    assert_eq!(held(&desk.plan().await), ["4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_an_undo_that_was_cut_short_is_finished_and_obeys_what_was_released_meanwhile() {
    let desk = busy().await;
    let before = users(&desk);
    let run = desk.sync_confirmed().await;
    // The token is refused as soon as the undo writes: an outage in the middle of approved work.
    desk.sandbox
        .set_faults(vec![Fault::new(FaultKind::ExpiredToken).at("flow-learning").on("PUT", "/v1/employees").times(9)]);
    let cut = undone(&desk, run.run, &[]).await;
    desk.sandbox.set_faults(Vec::new());
    assert_eq!(cut.outcome, RunOutcome::Interrupted, "{:?}", cut.problem);
    assert!(cut.totals.pending > 0);

    let connection = desk.connection().await;
    undo::release(desk.engine(), &Access::full("rosa"), &connection, None, vec!["5".into()]).await.unwrap();
    let next = desk.sync().await;
    let finished = next.resumed.expect("the undo is finished first");
    assert_eq!(finished, cut.run);
    let after = users(&desk);
    assert_eq!(after[..4], before[..4]);
    let statuses: Vec<&str> = after[4..].iter().map(|(.., status)| status.as_str()).collect();
    assert_eq!(statuses, ["active", "inactive"], "who was released is left as the run made them");
    assert_eq!(held(&desk.plan().await), ["1", "4", "6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_an_undo_is_undone_in_its_turn_and_nobody_stays_held() {
    let desk = busy().await;
    let run = desk.sync_confirmed().await;
    let done = users(&desk);
    let undo = undone(&desk, run.run, &[]).await;
    let again = undone(&desk, undo.run, &[]).await;
    assert_eq!((again.outcome, again.totals.confirmed), (RunOutcome::Done, 4), "{:?}", again.problem);
    assert_eq!(users(&desk), done);
    let plan = desk.plan().await;
    assert_eq!((plan.operations.len(), held(&plan).len()), (0, 0));
    // And a second undo of the first run has nothing to say against it.
    assert_eq!(look(&desk, run.run, &[]).await.plan.counts.operations(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_what_cannot_be_undone_says_why() {
    let desk = busy().await;
    let connection = desk.connection().await;
    let refusal = |run: RunId| {
        let (engine, connection) = (desk.engine(), connection.clone());
        async move {
            match engine.undo_preview(&connection, &request(run, &[])).await {
                Err(EngineError::CannotUndo(why)) => why,
                other => panic!("{other:?}"),
            }
        }
    };
    let preview = desk.preview().await;
    assert_eq!(refusal(preview.run).await, CannotUndo::WroteNothing(preview.run));
    let run = desk.sync_confirmed().await;
    let nothing = desk.sync().await;
    assert_eq!(refusal(nothing.run).await, CannotUndo::WroteNothing(nothing.run));

    // Switched off, it can be looked at and nothing is sent.
    desk.engine().switch_off(&connection).await.unwrap();
    assert_eq!(look(&desk, run.run, &[]).await.plan.operations.len(), 4);
    let writes = desk.writes();
    assert!(matches!(carry_out(&desk, run.run, &[], 4).await, Err(EngineError::NotLive { .. })));
    assert_eq!(desk.writes(), writes);

    // A list that is suddenly empty says nothing about anybody.
    desk.fault(FaultKind::EmptyList, "flow-learning", 9);
    let emptied = desk.engine().undo_preview(&connection, &request(run.run, &[])).await;
    assert!(emptied.is_err(), "{emptied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_never_comes_on_top_of_other_work_that_was_cut_short() {
    let desk = busy().await;
    let run = desk.sync_confirmed().await;
    desk.sandbox.edit(|world| {
        world.company_mut("planday").unwrap().people[1].job_title = "Sous Chef".into();
    });
    desk.sandbox
        .set_faults(vec![Fault::new(FaultKind::ExpiredToken).at("flow-learning").on("PUT", "/v1/employees").times(9)]);
    let cut = desk.sync().await;
    desk.sandbox.set_faults(Vec::new());
    assert_eq!(cut.outcome, RunOutcome::Interrupted);
    let writes = desk.writes();
    let refused = carry_out(&desk, run.run, &[], 4).await;
    assert!(matches!(refused, Err(EngineError::CannotUndo(CannotUndo::AnotherOpen(open))) if open == cut.run));
    assert_eq!(desk.writes(), writes);
    assert_eq!(desk.sync().await.resumed, Some(cut.run));
    assert_eq!(undone(&desk, run.run, &[]).await.totals.confirmed, 4);
    let kinds = desk.plan().await;
    assert_eq!(kinds.counts.create, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_a_protected_user_stays_as_it_is() {
    let desk = busy().await;
    let run = desk.sync_confirmed().await;
    desk.rule("1", Ruling::Protect).await;
    let seen = look(&desk, run.run, &[]).await;
    assert_eq!(seen.plan.counts.operations(), 3);
    assert!(
        seen.left.iter().any(|one| one.employee == Some("1".into()) && one.why.contains("protected")),
        "{:?}",
        seen.left
    );
    assert_eq!(undone(&desk, run.run, &[]).await.totals.confirmed, 3);
    assert_eq!(desk.user("40817_1")["job_title"], "Waiter");
    assert!(codes(&desk.plan().await).contains(&("1".to_owned(), HoldCode::Protected)));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_all12_only_lines_of_the_run_itself_are_undone_and_a_stop_lets_go_of_the_rest() {
    let desk = busy().await;
    let first = desk.sync_confirmed().await;
    desk.sandbox.edit(|world| world.company_mut("planday").unwrap().people[1].job_title = "Sous Chef".into());
    let second = desk.sync().await;
    assert_eq!(second.totals.confirmed, 1, "{:?}", second.problem);
    let seen = look(&desk, second.run, &[]).await;
    let people: Vec<_> = seen.plan.operations.iter().filter_map(|one| one.employee.clone()).collect();
    assert_eq!(people, ["2".into()]);

    // Stopped before anything was written: nobody is held for what did not happen.
    let confirmation = Confirmation { number: 4, reason: None };
    let Work::Sync(request) = undo::work(request(first.run, &[]), None, confirmation) else { panic!() };
    let (reporter, _gauges, mut events) = Reporter::channel();
    let control = RunControl::default();
    let (engine, connection) = (desk.engine(), desk.connection().await);
    let run = engine.sync(&connection, &request, &reporter, &control);
    let watch = async {
        while let Some(event) = events.recv().await {
            match event {
                RunEvent::Planned { .. } => control.stop(),
                RunEvent::Finished { .. } => break,
                _ => {}
            }
        }
    };
    let (stopped, ()) = tokio::join!(run, watch);
    let stopped = stopped.unwrap();
    assert_eq!((stopped.outcome, stopped.totals.written), (RunOutcome::Cancelled, 0), "{:?}", stopped.problem);
    assert_eq!(held(&desk.plan().await), Vec::<String>::new());
    assert_eq!(look(&desk, first.run, &[]).await.plan.counts.operations(), 4);
}
