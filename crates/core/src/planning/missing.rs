//! Linked people whom a complete pull does not show any more, and leavers who may be joiners under a new id (case 13).

use super::collide::PersonOperations;
use super::holds::{hold, id_list, named_candidate, ruled, with_others};
use super::operations::{Tally, missing_leaver};
use super::plan_index::PlanIndex;
use super::usable;
use crate::domain::decision::Ruling;
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::plan::{Hold, HoldCode, OperationKind};
use crate::domain::settings::{LeaverPolicy, MissingPolicy};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Adds what becomes of linked people who are missing from the source.
pub(super) fn add(index: &PlanIndex<'_>, tally: &mut Tally) {
    let claimed: HashSet<UserId> =
        tally.operations.values().flatten().filter_map(|operation| operation.user.clone()).collect();
    let mut switched_off: HashSet<&UserId> = HashSet::new();
    let mut links: Vec<_> = index
        .link_by_employee
        .values()
        .filter(|link| !index.employee_by_id.contains_key(link.employee.as_str()))
        .collect();
    links.sort_by(|a, b| a.employee.cmp(&b.employee));
    for link in links {
        let Some(user) = index.user_by_id.get(link.user.as_str()).copied() else { continue };
        let found = index.users[user];
        // Another employee's user by now, detached, or switched off already: nothing is due.
        let settled = claimed.contains(&found.id)
            || index.holder(user).is_some()
            || found.identifier.as_ref() != Some(&link.identifier)
            || index.is_inactive(user)
            || !switched_off.insert(&found.id);
        if settled {
            continue;
        }
        tally.linked += 1;
        let ruling = index.decision(&link.employee).filter(|decision| {
            matches!(decision.ruling, Ruling::Exclude | Ruling::Protect | Ruling::HoldBack | Ruling::Undone { .. })
                || matches!(decision.ruling, Ruling::Later { until } if until.is_none_or(|day| index.rules.today < day))
        });
        let settings = index.rules.settings;
        if let Some(hold) = ruling.and_then(|decision| ruled(&link.employee, decision)) {
            tally.holds.push(hold);
        } else if let Some(hold) = usable::unusable(index, &link.employee, user) {
            tally.holds.push(hold);
        } else if settings.missing == MissingPolicy::Leavers
            && settings.leavers != LeaverPolicy::Never
            && index.rules.facts.nameless.is_empty()
        {
            tally.operations.insert(link.employee.clone(), vec![missing_leaver(&link.employee, found)]);
        } else {
            tally.holds.push(unclear(index, &link.employee, &found.id));
        }
    }
}

fn unclear(index: &PlanIndex<'_>, employee: &EmployeeId, user: &UserId) -> Hold {
    let source = index.rules.source.name;
    let (message, remedy) = match index.rules.facts.nameless.first() {
        // Whoever is missing may be the one whose id cannot be read.
        Some(place) => (
            format!(
                "linked to user {user}, but missing from {source}'s answer, which has a row without an id ({place})"
            ),
            format!("have {source} repair that row; while there is one, nobody who is missing counts as gone"),
        ),
        None => (
            format!("linked to user {user}, but missing from {source}'s complete answer: unknown, not gone"),
            format!(
                "look the person up in {source}; count missing people as leavers in Settings if that is what it means"
            ),
        ),
    };
    let mut hold = hold(employee, HoldCode::StatusUnclear, message, remedy);
    hold.candidates.push(named_candidate(user, Field::Identifier, "linked", "linked by an earlier run"));
    hold
}

/// A leaver whose user may be somebody who is held as a rehire or under a new identifier: one case, both wait.
pub(super) fn join_cases(index: &PlanIndex<'_>, operations: &mut PersonOperations, holds: &mut Vec<Hold>) {
    let mut suspects: BTreeMap<UserId, (HoldCode, BTreeSet<EmployeeId>)> = BTreeMap::new();
    for hold in holds.iter().filter(|hold| matches!(hold.code, HoldCode::Rehire | HoldCode::IdentifierChanged)) {
        if let Some(best) = hold.candidates.first() {
            let entry = suspects.entry(best.user.clone()).or_insert((hold.code, BTreeSet::new()));
            entry.1.insert(hold.employee.clone());
        }
    }
    if suspects.is_empty() {
        return;
    }
    let mut joined: Vec<(EmployeeId, UserId)> = Vec::new();
    holds.retain(|hold| {
        let missing =
            hold.code == HoldCode::StatusUnclear && !index.employee_by_id.contains_key(hold.employee.as_str());
        let user = hold.candidates.first().map(|one| &one.user).filter(|user| missing && suspects.contains_key(*user));
        if let Some(user) = user {
            joined.push((hold.employee.clone(), user.clone()));
        }
        user.is_none()
    });
    operations.retain(|employee, operations| {
        let user = operations
            .iter()
            .filter(|operation| operation.kind == OperationKind::Deactivate)
            .find_map(|operation| operation.user.as_ref().filter(|user| suspects.contains_key(*user)));
        if let Some(user) = user {
            joined.push((employee.clone(), user.clone()));
        }
        user.is_none()
    });
    for (employee, user) in joined {
        let Some((code, others)) = suspects.get(&user) else { continue };
        let others: Vec<EmployeeId> = others.iter().filter(|other| **other != employee).cloned().collect();
        for hold in holds.iter_mut().filter(|hold| others.contains(&hold.employee)) {
            if !hold.others.contains(&employee) {
                hold.others.push(employee.clone());
                hold.others.sort_unstable();
            }
        }
        let message = format!("has left or is missing, but employee {} may be the same person", id_list(&others));
        let remedy = "rule on that employee in Review first: a link keeps this user";
        holds.push(with_others(hold(&employee, *code, message, remedy), others));
    }
}
