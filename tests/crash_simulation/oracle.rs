//! What must be so in the end, by what really is: no doubles, no double mails, nobody lost, no ruling lost, nothing unknown.

use crate::desk::Program;
use crate::schedule::Schedule;
use crate::world::{Kind, World};
use onroll::domain::decision::Ruling;
use onroll::domain::ids::EmployeeId;
use onroll::domain::person::{Employee, EmploymentStatus};
use onroll::domain::run::{OperationState, RunOutcome};
use onroll::engine::run::RunReport;
use std::collections::BTreeMap;

/// Whether it has come to an end: nothing is left to do, and whoever is to be there is.
pub async fn is_settled(schedule: &Schedule, program: &Program, report: &RunReport) -> Result<(), String> {
    if report.problem.is_some() || !matches!(report.outcome, RunOutcome::Done | RunOutcome::DoneWithHeld) {
        return Err(format!("{:?}: {:?}", report.outcome, report.problem));
    }
    let store = &program.engine.store;
    let head = store.latest_plan(schedule.connection).await.map_err(|error| error.to_string())?;
    let Some(head) = head else { return Err("nothing was planned".into()) };
    if head.operations > 0 {
        return Err(format!("{} lines are planned", head.operations));
    }
    let plan = store.plan(head.id).await.map_err(|error| error.to_string())?;
    let held = plan.holds.iter().map(|hold| format!("{} {}: {}", hold.employee, hold.code.words(), hold.message));
    let held = held.collect::<Vec<_>>().join("; ");
    let shared = schedule.shared.lock().unwrap();
    nobody_lost(schedule, &shared.world).map_err(|why| format!("{why} (held: {held})"))
}

fn nobody_lost(schedule: &Schedule, world: &World) -> Result<(), String> {
    for employee in &world.employees {
        let ruling = schedule.rulings.get(&employee.id);
        if world.cut.contains(&employee.id) || ruling == Some(&Ruling::Exclude) {
            // Somebody there, or an operator, has the word.
            continue;
        }
        there(world, employee)?;
    }
    Ok(())
}

fn there(world: &World, employee: &Employee) -> Result<(), String> {
    let own: Vec<_> =
        world.users.iter().filter(|user| user.identifier.as_ref() == Some(&employee.identifier)).collect();
    let active = own.iter().filter(|user| user.status.is_active()).count();
    match employee.status {
        EmploymentStatus::Active if active != 1 => Err(format!("{} has {active} active users", employee.id)),
        EmploymentStatus::Active => {
            let (held, wanted) = (&own[0].person, &employee.person);
            if held.last_name != wanted.last_name || held.email != wanted.email {
                return Err(format!("{} is there as {:?} {:?}", employee.id, held.last_name, held.email));
            }
            Ok(())
        }
        _ if active > 0 => Err(format!("{} has left and is active", employee.id)),
        _ => Ok(()),
    }
}

/// What must be so at any end.
pub async fn judge(schedule: &Schedule, program: &Program) -> Result<(), String> {
    once_each(&schedule.shared.lock().unwrap().world)?;
    let store = &program.engine.store;
    let failed = |error: onroll::store::StoreError| error.to_string();
    let open = store.unsettled_people(schedule.connection).await.map_err(failed)?;
    if !open.is_empty() {
        return Err(format!("unknown of {open:?} what became of them"));
    }
    let kept = store.decisions(schedule.connection).await.map_err(failed)?;
    for (employee, ruling) in &schedule.rulings {
        if !kept.iter().any(|decision| decision.employee == *employee && decision.ruling == *ruling) {
            return Err(format!("the ruling about {employee} is lost: {}", ruling.key()));
        }
    }
    for run in store.runs(Some(schedule.connection), 100).await.map_err(failed)? {
        let Some(plan) = run.plan else { continue };
        if matches!(run.outcome, RunOutcome::Running) {
            return Err(format!("run {} never ended", run.id));
        }
        let totals = store.journal_totals(plan).await.map_err(failed)?;
        for state in [OperationState::Sent, OperationState::Unknown] {
            if totals.state(state) > 0 {
                return Err(format!("run {} has lines that are {}", run.id, state.key()));
            }
        }
        let counted =
            run.totals.written + run.totals.failed + run.totals.unknown + run.totals.set_aside + run.totals.pending;
        let lines = store.plan_head(plan).await.map_err(failed)?.operations;
        if counted != lines && !matches!(run.outcome, RunOutcome::Failed | RunOutcome::Cancelled) {
            return Err(format!("run {} ({:?}) counts {counted} of {lines} lines", run.id, run.outcome));
        }
    }
    Ok(())
}

fn once_each(world: &World) -> Result<(), String> {
    let mut of: BTreeMap<&EmployeeId, Vec<_>> = BTreeMap::new();
    for (user, employee) in &world.truth {
        of.entry(employee).or_default().push(user);
    }
    if let Some((employee, users)) = of.iter().find(|(_, users)| users.len() > 1) {
        return Err(format!("{employee} is there {} times: {users:?}", users.len()));
    }
    let mut mails: BTreeMap<&str, u32> = BTreeMap::new();
    for mail in &world.mails {
        *mails.entry(mail.as_str()).or_default() += 1;
    }
    if let Some((who, count)) = mails.iter().find(|(_, count)| **count > 1) {
        return Err(format!("{who} got {count} welcome mails"));
    }
    debug_assert!(world.kind != Kind::PeopleFile || world.handed.is_empty());
    Ok(())
}
