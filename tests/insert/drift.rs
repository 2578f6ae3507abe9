//! BX10 through the engine: the world changes at random between approval and write, also while the run is at work. What was
//! approved and still stood is carried out, whatever moved is listed with the old and the new value, nothing else is written.

use crate::desk::{Desk, lines};
use crate::pair::{State, employee};
use fastrand::Rng;
use onroll::domain::decision::Ruling;
use onroll::domain::drift::{Cause, Fate};
use onroll::domain::field::Field;
use onroll::domain::ids::Identifier;
use onroll::domain::person::{EmploymentStatus, User, UserStatus};
use onroll::domain::plan::{Operation, OperationKind, Plan};
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::ports::destination::Write;
use onroll::services::drift::{self, Page};
use std::collections::BTreeSet;

const PEOPLE: usize = 8;
const WORLDS: u64 = 40;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work)
}

fn pick(rng: &mut Rng, from: &[&str]) -> Option<String> {
    Some(from[rng.usize(..from.len())].to_owned())
}

fn change_source(rng: &mut Rng, state: &mut State) {
    let number = rng.usize(1..=PEOPLE);
    let Some(employee) = state.employees.iter_mut().find(|one| one.identifier.as_str() == format!("40817_{number}"))
    else {
        return;
    };
    match rng.u8(..6) {
        0..=2 => employee.person.last_name = pick(rng, &["Marsh", "Haddad", "Wrona"]),
        3 => employee.person.email = Some(format!("{}{number}@x.example", rng.choice(["p", "q"]).unwrap())),
        4 => employee.status = if rng.bool() { EmploymentStatus::Ended } else { EmploymentStatus::Active },
        _ => drop(employee.person.set(Field::StartDate, Some("2025-02-03"))),
    }
}

fn change_destination(rng: &mut Rng, state: &mut State) {
    if state.users.is_empty() {
        return;
    }
    let place = rng.usize(..state.users.len());
    let user = &mut state.users[place];
    match rng.u8(..8) {
        0..=2 => user.person.last_name = pick(rng, &["Marsh", "Haddad", "Wrona"]),
        3 => user.person.email = Some(format!("{}@hand.example", user.id)),
        4 => user.status = if user.status.is_active() { UserStatus::Inactive } else { UserStatus::Active },
        5 => user.identifier = None,
        6 => drop(user.person.set(Field::StartDate, Some("2025-02-03"))),
        _ => drop(state.users.remove(place)),
    }
}

fn change(rng: &mut Rng, state: &mut State) {
    match rng.u8(..10) {
        0..=4 => change_source(rng, state),
        5 => state.employees.push(employee(PEOPLE + 1 + rng.usize(..3))),
        _ => change_destination(rng, state),
    }
    let mut seen = BTreeSet::new();
    state.employees.retain(|one| seen.insert(one.id.clone()));
}

async fn page(desk: &Desk, run: onroll::domain::ids::RunId) -> Page {
    drift::page(&desk.workspace.engine, &desk.connection().await, run).await.unwrap()
}

/// The approved line that a write carried out, and that it still stood as the record was just before.
fn approved<'a>(plan: &'a Plan, write: &Write, before: Option<&User>) -> &'a Operation {
    let (kinds, identifier): (&[OperationKind], &Identifier) = match write {
        Write::Create { identifier, .. } => (&[OperationKind::Create], identifier),
        Write::Update { identifier, .. } => (&[OperationKind::Update, OperationKind::SetManager], identifier),
        Write::SetIdentifier { identifier, .. } => (&[OperationKind::Link], identifier),
        Write::Deactivate { identifier, .. } => (&[OperationKind::Deactivate], identifier),
        Write::Reactivate { identifier, .. } => (&[OperationKind::Reactivate], identifier),
        other => panic!("nobody approved {other:?}"),
    };
    let is_line = |line: &&Operation| kinds.contains(&line.kind) && line.identifier.as_ref() == Some(identifier);
    let line = plan.operations.iter().find(is_line).unwrap_or_else(|| panic!("nobody approved {write:?}"));
    if let Write::Update { changes, .. } = write {
        assert_eq!(*changes, line.fields, "not as it was approved");
        for change in changes {
            let now = before.unwrap().value(change.field);
            assert!(change.field.is_same(now.as_deref(), change.from.as_deref()), "{change:?}, but it had {now:?}");
        }
    }
    line
}

/// What of a page must hold, whatever happened.
fn must_add_up(page: &Page, plan: &Plan, took: &[(Write, Option<User>)]) {
    let sums = page.sums;
    assert_eq!(sums.approved() as usize, plan.operations.len(), "{sums:?}");
    assert_eq!((sums.anything_else, sums.withheld), (0, 0));
    let carried: BTreeSet<u32> =
        took.iter().map(|(write, before)| approved(plan, write, before.as_ref()).seq).collect();
    assert_eq!(carried.len(), took.len(), "a line was written twice");
    assert_eq!(sums.carried_out as usize, took.len(), "{sums:?}");
    assert_eq!(page.lines.len() as u32, sums.skipped + sums.already_there);
    for line in &page.lines {
        assert!(!carried.contains(&line.seq), "{line:?} was written");
        let cause = line.cause.unwrap();
        assert_eq!(line.already, cause == Cause::AlreadyThere);
        let planned = &plan.operations[line.seq as usize];
        for change in &planned.fields {
            let shown = line.values.iter().find(|value| value.field == change.field).unwrap();
            assert_eq!((&shown.before, &shown.approved), (&change.from, &change.to), "old and approved");
        }
        if matches!(cause, Cause::Values | Cause::OtherValues) {
            let moved = line.values.iter().find(|value| value.moved).unwrap_or_else(|| panic!("{line:?}"));
            assert!(moved.now.is_some(), "with its new value: {line:?}");
        }
        assert!(!line.moved_by.is_empty() && !line.so.is_empty() && !line.next.is_empty());
    }
}

async fn world(seed: u64) -> (Page, usize) {
    let mut rng = Rng::with_seed(seed);
    let desk = Desk::with_people(PEOPLE).await;
    {
        let mut state = desk.pair.lock();
        for number in 1..=PEOPLE {
            if rng.u8(..4) > 0 {
                let one = employee(number);
                state.insert(Some(one.identifier), one.person);
            }
        }
        for _ in 0..10 {
            change_source(&mut rng, &mut state);
        }
    }
    let plan = desk.plan().await;
    let request = desk.kept().await;
    // Past its shelf life it is compared with both sides; before it each record is looked at.
    if rng.bool() {
        let sql = "UPDATE plan SET made_at = made_at - 3600 * 1000000";
        rusqlite::Connection::open(desk.workspace.store.path()).unwrap().execute_batch(sql).unwrap();
    }
    let (now, later) = (rng.usize(..8), rng.usize(..3));
    {
        let mut state = desk.pair.lock();
        for _ in 0..now {
            change(&mut rng, &mut state);
        }
        let mut own = Rng::with_seed(seed + 1_000_000);
        let while_writing = move |state: &mut State| {
            for _ in 0..later {
                // As a person does in the destination: the request that is on its way is not changed by it.
                change_source(&mut own, state);
            }
        };
        state.hook = Some((2, Box::new(while_writing)));
        state.took.clear();
    }
    let report = desk.sync(&request).await;
    if report.outcome == RunOutcome::Stopped || plan.operations.is_empty() {
        // The source guard, for one: nothing was written.
        assert_eq!(desk.pair.lock().took.len(), 0);
        return (page(&desk, report.run).await, 0);
    }
    assert_eq!(lines(&report.totals) as usize, plan.operations.len(), "{:?} {:?}", report.totals, report.problem);
    let took = desk.pair.lock().took.clone();
    let shown = page(&desk, report.run).await;
    must_add_up(&shown, &plan, &took);
    // History, Run detail and the report count the same.
    let totals = desk.workspace.store.run(report.run).await.unwrap().totals;
    assert_eq!((totals.written, totals.already), (shown.sums.carried_out, shown.sums.already_there));
    assert_eq!((totals.skipped(), totals.parked), (shown.sums.skipped, shown.sums.parked));
    let detail = desk.workspace.store.run_detail(report.run).await.unwrap();
    assert_eq!(detail.totals.sums(), shown.sums);
    assert_eq!(detail.changed.len() as u32, shown.sums.carried_out);
    assert_eq!(desk.workspace.engine.report_of(report.run).await.unwrap().totals, totals);
    // An approval is spent with the line: the plan cannot be approved again.
    let again = desk.sync(&request).await;
    assert_eq!((again.outcome, desk.pair.lock().took.len()), (RunOutcome::Drifted, took.len()));
    (shown, now + later)
}

#[test]
fn bx10_the_engine_carries_out_what_was_approved_and_still_stands_and_lists_the_rest() {
    let (mut carried, mut already, mut skipped) = (0, 0, 0);
    for seed in 0..WORLDS {
        let told = std::panic::catch_unwind(|| run(world(seed)));
        let (page, _) = told.unwrap_or_else(|_| panic!("in the world of seed {seed}"));
        carried += page.sums.carried_out;
        already += page.sums.already_there;
        skipped += page.sums.skipped;
    }
    assert!(carried > 80 && already > 2 && skipped > 15, "{carried} {already} {skipped}");
}

#[test]
fn bx10_a_line_that_cannot_be_read_is_skipped_without_an_answer_and_not_sent_on_the_off_chance() {
    run(async {
        let desk = Desk::with_people(3).await;
        desk.until_settled().await;
        for employee in &mut desk.pair.lock().employees {
            employee.person.last_name = Some("Marsh".into());
        }
        desk.plan().await;
        let request = desk.kept().await;
        desk.pair.lock().took.clear();
        // The first look-up fails, and once more when the others are done.
        desk.pair.lock().reads = [true, false, false, true].into();
        let report = desk.sync(&request).await;
        let shown = page(&desk, report.run).await;
        assert_eq!((shown.sums.carried_out, shown.sums.skipped, shown.sums.failed), (2, 1, 0), "{:?}", report.problem);
        assert_eq!((shown.lines[0].cause, shown.lines[0].so_word()), (Some(Cause::Unread), "skipped: no answer"));
        assert_eq!(desk.pair.lock().took.len(), 2);
    });
}

#[test]
fn bx10_what_this_run_wrote_itself_was_not_there_already() {
    run(async {
        let desk = Desk::with_people(2).await;
        desk.until_settled().await;
        for employee in &mut desk.pair.lock().employees {
            employee.person.last_name = Some("Marsh".into());
        }
        desk.plan().await;
        let request = desk.kept().await;
        desk.pair.lock().writes = [crate::pair::Answer::LostAfter, crate::pair::Answer::LostAfter].into();
        let report = desk.sync(&request).await;
        let rows = desk.workspace.store.operations(report.plan.unwrap().id, &[]).await.unwrap();
        let fates: Vec<Fate> =
            rows.iter().map(|row| Fate::of(row.state, row.withheld, row.moved.as_ref().map(|one| one.cause))).collect();
        assert_eq!(fates, [Fate::CarriedOut, Fate::CarriedOut]);
        assert!(rows.iter().all(|row| row.state == OperationState::Confirmed));
    });
}

#[test]
fn what_has_moved_of_a_plan_is_known_before_it_is_sent() {
    run(async {
        let desk = Desk::with_people(PEOPLE).await;
        let (engine, connection) = (&desk.workspace.engine, desk.connection().await);
        desk.plan().await;
        let head = desk.workspace.store.latest_plan(desk.id).await.unwrap().unwrap();
        let plan = desk.workspace.store.plan(head.id).await.unwrap();
        let nothing = drift::before(engine, &connection, head.id, &plan).await.unwrap();
        assert_eq!(nothing, None, "nothing has come since");
        // An operator takes one out, in another process, and no plan is made of it.
        desk.rule(3, Ruling::Exclude).await;
        let before = drift::before(engine, &connection, head.id, &plan).await.unwrap().unwrap();
        assert_eq!((before.lines, before.standing, before.moved.len()), (PEOPLE as u32, PEOPLE as u32 - 1, 1));
        assert!(before.moved[0].now.contains("held by now"), "{before:?}");
        assert_eq!(before.question(), "7 of 8 still stand. Send those?");
        // What is said is what happens.
        let report = desk.sync(&desk.kept().await).await;
        assert_eq!((report.totals.written, report.totals.skipped()), (7, 1), "{:?}", report.problem);
    });
}
