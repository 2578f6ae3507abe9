//! The stop conditions of a plan (ALL08).

use crate::domain::field::Field;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{LimitCheck, LimitKind, Operation, OperationKind, Plan};
use crate::domain::settings::{Limit, Limits};
use std::collections::BTreeSet;

/// Below this a share never counts.
const LEAST: u32 = 3;

/// How many a limit allows for a number of linked people: the number or the share, whichever is reached first.
pub fn allowed(limit: &Limit, linked: u32) -> u32 {
    let share = (f64::from(linked) * limit.percent / 100.0).floor();
    // A share is at most the head count, so the cast keeps its value.
    let share = (share.clamp(0.0, f64::from(u32::MAX)) as u32).max(LEAST);
    limit.number.map_or(share, |number| number.min(share))
}

/// Whether an operation counts under a limit.
pub fn counts_under(operation: &Operation, kind: LimitKind) -> bool {
    match kind {
        LimitKind::Leavers | LimitKind::Creations | LimitKind::Updates => operation.kind.facts().limit == Some(kind),
        // Filling what was empty is no change.
        LimitKind::Identifiers => {
            operation.kind != OperationKind::Create
                && operation
                    .fields
                    .iter()
                    .any(|change| matches!(change.field, Field::Identifier | Field::Email) && change.from.is_some())
        }
    }
}

/// The people whose operations count under a limit.
pub fn people_under(operations: &[Operation], kind: LimitKind) -> BTreeSet<&EmployeeId> {
    operations
        .iter()
        .filter(|operation| counts_under(operation, kind))
        .filter_map(|operation| operation.employee.as_ref())
        .collect()
}

fn count(operations: &[Operation], kind: LimitKind) -> u32 {
    u32::try_from(people_under(operations, kind).len()).unwrap_or(u32::MAX)
}

/// Every limit against a plan's operations. `linked` people are those tied to a user.
pub fn check(limits: &Limits, operations: &[Operation], linked: u32, first_import: bool) -> Vec<LimitCheck> {
    let of = |kind| match kind {
        LimitKind::Leavers => &limits.leavers,
        LimitKind::Creations => &limits.creations,
        LimitKind::Updates => &limits.updates,
        LimitKind::Identifiers => &limits.identifiers,
    };
    LimitKind::ALL
        .into_iter()
        .map(|kind| LimitCheck {
            kind,
            count: count(operations, kind),
            allowed: allowed(of(kind), linked),
            waived: first_import && kind == LimitKind::Creations,
        })
        .collect()
}

/// The same limits against fewer operations.
pub(super) fn recount(checks: &[LimitCheck], operations: &[Operation]) -> Vec<LimitCheck> {
    checks.iter().map(|check| LimitCheck { count: count(operations, check.kind), ..check.clone() }).collect()
}

/// The limits that a plan exceeds.
pub fn exceeded(plan: &Plan) -> Vec<LimitKind> {
    plan.limits.iter().filter(|check| check.is_exceeded()).map(|check| check.kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all08_number_or_share_whichever_is_reached_first_but_never_below_three() {
        let leavers = Limits::default().leavers;
        assert_eq!(allowed(&leavers, 1204), 10);
        assert_eq!(allowed(&leavers, 100), 5);
        assert_eq!(allowed(&leavers, 10), 3);
        assert_eq!(allowed(&Limits::default().updates, 1034), 517);
        assert_eq!(allowed(&Limit { number: Some(1), percent: 5.0 }, 10), 1);
    }
}
