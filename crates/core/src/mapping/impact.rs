//! What a change of tables or rulings would do: two plans compared, person by person (BX05).

use crate::domain::ids::EmployeeId;
use crate::domain::plan::{HoldCode, HoldKind, Operation, OperationKind, Plan};
use std::collections::BTreeMap;

/// What a plan does with one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Kept out, with the code.
    Held(HoldCode),
    /// Written: the kinds of operation, in order.
    Written(Vec<OperationKind>),
    /// Neither held nor written.
    Untouched,
}

impl Outcome {
    fn kind(&self) -> Option<HoldKind> {
        match self {
            Outcome::Held(code) => Some(code.kind()),
            Outcome::Written(_) | Outcome::Untouched => None,
        }
    }
}

/// One person whose outcome differs between the two plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactPerson {
    pub employee: EmployeeId,
    pub before: Outcome,
    pub after: Outcome,
}

/// How the second plan differs from the first. Every list is by employee id; nobody stands in two of the first four.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impact {
    /// Blocked before, not blocked and not in review after.
    pub unblocked: Vec<ImpactPerson>,
    /// Not held before or after, but written otherwise.
    pub change: Vec<ImpactPerson>,
    /// Not blocked before, blocked after.
    pub breaks: Vec<ImpactPerson>,
    /// In review after, not so before.
    pub review: Vec<ImpactPerson>,
    /// Held before and after, for another reason; or ruled.
    pub other: Vec<ImpactPerson>,
    /// Operations that the unblocked and changed people get, by kind.
    pub operations: BTreeMap<OperationKind, u32>,
    /// Welcome mails more (or fewer) than before.
    pub welcome_mails: i64,
}

/// A person's part of a plan.
#[derive(Default)]
struct Part<'p> {
    held: Option<HoldCode>,
    operations: Vec<&'p Operation>,
}

impl Part<'_> {
    fn outcome(&self) -> Outcome {
        match self.held {
            Some(code) => Outcome::Held(code),
            None if self.operations.is_empty() => Outcome::Untouched,
            None => Outcome::Written(self.operations.iter().map(|operation| operation.kind).collect()),
        }
    }

    /// Whether two parts write the same, whatever their place in the plan.
    fn same(&self, other: &Part<'_>) -> bool {
        self.held == other.held
            && self.operations.len() == other.operations.len()
            && self
                .operations
                .iter()
                .zip(&other.operations)
                .all(|(a, b)| a.kind == b.kind && a.user == b.user && a.fields == b.fields)
    }
}

fn parts(plan: &Plan) -> BTreeMap<&EmployeeId, Part<'_>> {
    let mut parts: BTreeMap<&EmployeeId, Part<'_>> = BTreeMap::new();
    for hold in &plan.holds {
        parts.entry(&hold.employee).or_default().held = Some(hold.code);
    }
    for operation in &plan.operations {
        if let Some(employee) = &operation.employee {
            parts.entry(employee).or_default().operations.push(operation);
        }
    }
    parts
}

/// Compares two plans of one connection, made from the same data under other tables or rulings.
pub fn impact(before: &Plan, after: &Plan) -> Impact {
    let (old, new) = (parts(before), parts(after));
    let none = Part::default();
    let mut people: Vec<&EmployeeId> = old.keys().chain(new.keys()).copied().collect();
    people.sort_unstable();
    people.dedup();
    let mut impact =
        Impact { welcome_mails: i64::from(after.mails.welcome) - i64::from(before.mails.welcome), ..Impact::default() };
    for employee in people {
        let (was, is) = (old.get(employee).unwrap_or(&none), new.get(employee).unwrap_or(&none));
        if was.same(is) {
            continue;
        }
        let person = ImpactPerson { employee: employee.clone(), before: was.outcome(), after: is.outcome() };
        let list = match (person.before.kind(), person.after.kind()) {
            (Some(HoldKind::Blocked), None) => &mut impact.unblocked,
            (None, None) => &mut impact.change,
            (before, Some(HoldKind::Blocked)) if before != Some(HoldKind::Blocked) => &mut impact.breaks,
            (before, Some(HoldKind::Review)) if before != Some(HoldKind::Review) => &mut impact.review,
            _ => &mut impact.other,
        };
        list.push(person);
        if is.held.is_none() {
            for operation in &is.operations {
                *impact.operations.entry(operation.kind).or_default() += 1;
            }
        }
    }
    impact
}
