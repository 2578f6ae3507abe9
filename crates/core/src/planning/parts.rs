//! Parts of a plan: without what a limit stops, only the people named, one person held back.

use super::hash;
use super::holds::hold;
use super::limits;
use super::order;
use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{Counts, Hold, HoldCode, LimitKind, Operation, OperationKind, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// The plan without the people whose operations count under these limits: they are held as `limit`. Options that only
/// they need go too. Never adds an operation; whoever needs an e-mail that one of them was to give up waits with them.
pub fn without(plan: &Plan, kinds: &[LimitKind]) -> Plan {
    let mut out: BTreeMap<EmployeeId, Hold> = BTreeMap::new();
    for kind in kinds {
        for employee in limits::people_under(&plan.operations, *kind) {
            let message = format!("left out of this run: {}", kind.key());
            let remedy = "let this part go on Plan, or with the typed confirmation";
            out.entry(employee.clone()).or_insert_with(|| hold(employee, HoldCode::Limit, message, remedy));
        }
    }
    move_to_holds(plan, out)
}

/// The plan without these people, whom the operator holds back from it.
pub fn hold_back(plan: &Plan, employees: &[EmployeeId], by: &str) -> Plan {
    let written: BTreeSet<&EmployeeId> = plan.operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let out = employees.iter().filter(|one| written.contains(one)).map(|employee| {
        let message = format!("held back from the plan by {by}");
        (employee.clone(), hold(employee, HoldCode::Later, message, "let it go on Plan"))
    });
    move_to_holds(plan, out.collect())
}

/// The plan without people about whom an earlier write was not heard back and cannot be read: nothing is written to them
/// until it is known what became of it.
pub fn without_unsettled(plan: &Plan, employees: &[EmployeeId]) -> Plan {
    let written: BTreeSet<&EmployeeId> = plan.operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let out = employees.iter().filter(|one| written.contains(one)).map(|employee| {
        let message =
            "what became of an earlier write is not known: the answer never came, and reading back has failed";
        let remedy = "sync again later, which reads first; look the person up in the destination if it stays";
        (employee.clone(), hold(employee, HoldCode::StatusUnclear, message, remedy))
    });
    move_to_holds(plan, out.collect())
}

/// The plan without creations of people who were created already, and whom the destination does not show yet: there they
/// would stand twice.
pub fn without_unshown(plan: &Plan, created: &[EmployeeId], destination: &str) -> Plan {
    let is_creation = |one: &&Operation| one.kind == OperationKind::Create;
    let again: BTreeSet<&EmployeeId> =
        plan.operations.iter().filter(is_creation).filter_map(|one| one.employee.as_ref()).collect();
    let out = created.iter().filter(|one| again.contains(one)).map(|employee| {
        let message = format!("created already, but {destination} does not show the user yet");
        let remedy = format!("sync again later; Settings › Users says how long {destination} may take");
        (employee.clone(), hold(employee, HoldCode::StatusUnclear, message, remedy))
    });
    move_to_holds(plan, out.collect())
}

/// The plan for these people alone (PL06). Who is not named is neither written nor held; counts are those of the named.
/// Somebody who needs an e-mail that a person who is not named gives up is held as `limit`.
pub fn only(plan: &Plan, employees: &[EmployeeId]) -> Plan {
    let named: BTreeSet<&EmployeeId> = employees.iter().collect();
    let is_named = |operation: &Operation| operation.employee.as_ref().is_some_and(|one| named.contains(one));
    let left_out: BTreeSet<EmployeeId> =
        plan.operations.iter().filter(|one| !is_named(one)).filter_map(|one| one.employee.clone()).collect();
    let waiting = waiting_for(plan, left_out.clone());
    let mut holds: Vec<Hold> = plan.holds.iter().filter(|hold| named.contains(&hold.employee)).cloned().collect();
    holds.extend(waiting.difference(&left_out).map(waits_for_another));
    let mut operations = plan.operations.clone();
    operations.retain(|one| one.employee.as_ref().is_none_or(|employee| !waiting.contains(employee)));
    let needs = order::Needs::of(plan.operations.iter().filter(|one| is_named(one)));
    operations.retain(|one| one.employee.is_some() || needs.has(one));
    let (doubled, managers_left) = (Vec::new(), Vec::new());
    let plan = Plan { ignored_leavers: 0, future_starters: 0, doubled, managers_left, ..plan.clone() };
    rebuilt(plan, operations, holds, 0)
}

fn move_to_holds(plan: &Plan, mut out: BTreeMap<EmployeeId, Hold>) -> Plan {
    if out.is_empty() {
        return plan.clone();
    }
    for employee in waiting_for(plan, out.keys().cloned().collect()) {
        out.entry(employee.clone()).or_insert_with(|| waits_for_another(&employee));
    }
    let mut operations = plan.operations.clone();
    operations.retain(|one| one.employee.as_ref().is_none_or(|employee| !out.contains_key(employee)));
    let mut holds = plan.holds.clone();
    holds.extend(out.into_values());
    rebuilt(plan.clone(), operations, holds, plan.counts.unchanged)
}

fn waits_for_another(employee: &EmployeeId) -> Hold {
    hold(
        employee,
        HoldCode::Limit,
        "takes an e-mail that somebody gives up who is left out of this run",
        "let both go together",
    )
}

/// These people and everybody who takes an e-mail that one of them gives up, and so on.
fn waiting_for(plan: &Plan, mut out: BTreeSet<EmployeeId>) -> BTreeSet<EmployeeId> {
    let emails = || {
        plan.operations.iter().filter_map(|operation| {
            let change = operation.fields.iter().find(|change| change.field == Field::Email)?;
            Some((operation.employee.as_ref()?, change))
        })
    };
    let mut takers: BTreeMap<String, Vec<&EmployeeId>> = BTreeMap::new();
    for (employee, change) in emails() {
        if let Some(to) = &change.to {
            takers.entry(to.trim().to_lowercase()).or_default().push(employee);
        }
    }
    loop {
        let more: Vec<EmployeeId> = emails()
            .filter(|(employee, _)| out.contains(*employee))
            .filter_map(|(_, change)| takers.get(&change.from.as_ref()?.trim().to_lowercase()))
            .flatten()
            .filter(|taker| !out.contains(**taker))
            .map(|taker| (*taker).clone())
            .collect();
        if more.is_empty() {
            return out;
        }
        out.extend(more);
    }
}

/// A plan with fewer operations: options that nobody needs any more go, everything that is counted is counted again.
fn rebuilt(base: Plan, operations: Vec<Operation>, mut holds: Vec<Hold>, unchanged: u32) -> Plan {
    let (options, people): (Vec<Operation>, Vec<Operation>) =
        operations.into_iter().partition(|one| one.kind == OperationKind::CreateOption);
    let needed_before = order::Needs::of(base.operations.iter().filter(|one| one.employee.is_some()));
    let needed = order::Needs::of(&people);
    let is_kept = |option: &Operation| needed.has(option) || !needed_before.has(option);
    let mut operations: Vec<Operation> = options.into_iter().filter(is_kept).collect();
    operations.extend(people);
    for (seq, operation) in operations.iter_mut().enumerate() {
        operation.seq = u32::try_from(seq).unwrap_or(u32::MAX);
    }
    holds.sort_by(|a, b| a.employee.cmp(&b.employee));
    let counts = Counts::of(&operations, unchanged);
    let changed: BTreeSet<&EmployeeId> = operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let changed_people = u32::try_from(changed.len()).unwrap_or(u32::MAX);
    let held = u32::try_from(holds.len()).unwrap_or(u32::MAX);
    // A plan that welcomes nobody has no part that does.
    let welcomed = operations.iter().filter(|one| one.is_welcomed()).count();
    let welcome = if base.mails.welcome == 0 { 0 } else { u32::try_from(welcomed).unwrap_or(u32::MAX) };
    Plan {
        hash: hash::of_result(&base.hash, &operations, &holds),
        mails: crate::domain::plan::Mails { welcome, notice: base.mails.notice },
        limits: limits::recount(&base.limits, &operations),
        people: changed_people + held + unchanged + base.future_starters,
        changed_people,
        counts,
        operations,
        holds,
        ..base
    }
}
