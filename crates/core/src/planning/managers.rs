//! Who reports to whom (PE07). A manager is written after the person whom it refers to; one who cannot be written is told of,
//! and holds nobody. A source that names no manager takes none away.

use super::correlate;
use super::operations::{Tally, operation};
use super::plan_index::PlanIndex;
use super::scope::Lifecycle;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{ManagerLeft, ManagerProblem, Operation, OperationKind, user_to_be};
use std::collections::HashSet;

/// Adds a line for everybody who goes on and whose manager is another one at the destination. Gives the managers who are not
/// written, by employee.
pub(super) fn add(index: &PlanIndex<'_>, tally: &mut Tally) -> Vec<ManagerLeft> {
    let takes = index.rules.destination.fields.contains(&Field::Manager);
    if !takes || !index.rules.settings.managers {
        return Vec::new();
    }
    let held: HashSet<EmployeeId> = tally.holds.iter().map(|hold| hold.employee.clone()).collect();
    let circles = in_circles(index);
    let (mut left, mut lines) = (Vec::new(), Vec::new());
    for place in 0..index.employees.len() {
        let employee = index.employees[place];
        let (Some(own), Some(named)) = (going(index, tally, &held, place), &employee.manager_id) else { continue };
        match manager(index, tally, &held, &circles, place, named) {
            Ok(to) => lines.extend(line(index, place, own, to)),
            Err(why) => left.push(ManagerLeft { employee: employee.id.clone(), manager: named.clone(), why }),
        }
    }
    for line in lines {
        let Some(employee) = line.employee.clone() else { continue };
        let own = tally.operations.entry(employee).or_default();
        // Nothing but the manager differs.
        tally.unchanged = tally.unchanged.saturating_sub(u32::from(own.is_empty()));
        own.push(line);
    }
    left
}

/// The user of somebody who goes on (`Some(None)`: one that this plan makes).
fn going(index: &PlanIndex<'_>, tally: &Tally, held: &HashSet<EmployeeId>, place: usize) -> Option<Option<usize>> {
    let id = &index.employees[place].id;
    let user = tally.going.get(&place).filter(|_| !held.contains(id))?;
    (user.is_some() || tally.operations.contains_key(id)).then_some(*user)
}

/// What a line refers to the manager by.
fn manager(
    index: &PlanIndex<'_>,
    tally: &Tally,
    held: &HashSet<EmployeeId>,
    circles: &[bool],
    place: usize,
    named: &EmployeeId,
) -> Result<String, ManagerProblem> {
    let manager = *index.employee_by_id.get(named.as_str()).ok_or(ManagerProblem::Missing)?;
    if circles[place] {
        return Err(ManagerProblem::Circle);
    }
    if index.life[manager] == Lifecycle::Over {
        return Err(ManagerProblem::Left);
    }
    match going(index, tally, held, manager) {
        Some(None) => Ok(user_to_be(named)),
        // Switched on again by this very plan, where it was not.
        Some(Some(user)) => Ok(index.users[user].id.to_string()),
        // Held or protected: nothing is written to that user, but it can be referred to.
        None => {
            let user = correlate::base(index, manager).user().filter(|user| index.is_active(*user));
            user.map(|user| index.users[user].id.to_string()).ok_or(ManagerProblem::NoUser)
        }
    }
}

fn line(index: &PlanIndex<'_>, place: usize, own: Option<usize>, to: String) -> Option<Operation> {
    let user = own.map(|user| index.users[user]);
    let from = user.and_then(|user| user.manager.as_ref()).map(ToString::to_string);
    if from.as_deref() == Some(to.as_str()) {
        return None;
    }
    let mut line = operation(OperationKind::SetManager, index.employees[place], user.map(|user| &user.id));
    line.fields.push(FieldChange { field: Field::Manager, from, to: Some(to) });
    Some(line)
}

/// Who reports, over however many others, to themselves.
fn in_circles(index: &PlanIndex<'_>) -> Vec<bool> {
    let next = |place: usize| {
        let named = index.employees[place].manager_id.as_ref()?;
        index.employee_by_id.get(named.as_str()).copied()
    };
    // 0: not seen yet; else the walk on which somebody was seen first.
    let mut walk = vec![0_usize; index.employees.len()];
    let mut circles = vec![false; index.employees.len()];
    for start in 0..index.employees.len() {
        let mut at = Some(start);
        while let Some(place) = at.filter(|place| walk[*place] == 0) {
            walk[place] = start + 1;
            at = next(place);
        }
        // The walk has met itself: whoever stands from there on round is in the circle.
        let met = at.filter(|place| walk[*place] == start + 1 && !circles[*place]);
        let mut around = met;
        while let Some(place) = around.filter(|place| !circles[*place]) {
            circles[place] = true;
            around = next(place);
        }
    }
    circles
}
