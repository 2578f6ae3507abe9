//! People who would land on one user: the same identifier or the same e-mail twice (ALL11, MA03, cases 15, 23).

use super::beside::Alike;
use super::correlate;
use super::holds::{hold, id_list, with_field, with_others};
use super::plan_index::PlanIndex;
use super::scope::Lifecycle;
use super::usable;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::EmployeeId;
use crate::domain::plan::{Hold, HoldCode, Operation, OperationKind};
use crate::domain::text;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Collisions among the employees themselves.
pub(super) struct Collisions {
    /// By employee: everybody with the same identifier, the one that the operator kept left out.
    identifier: HashMap<usize, Vec<usize>>,
    email: HashMap<usize, Vec<usize>>,
}

/// Finds people with one identifier, and employed people with one e-mail where the destination refuses that. Somebody
/// excluded collides with nobody, nor does somebody to whom the others leave it; whoever goes without the e-mail has none.
pub(super) fn within_source(index: &PlanIndex<'_>, alike: &Alike) -> Collisions {
    let excluded = |employee: &usize| index.is_excluded(*employee);
    let mut identifier = HashMap::new();
    for people in index.employees_by_identifier.values().filter(|people| people.len() > 1) {
        let people: Vec<usize> = people.iter().copied().filter(|one| !excluded(one)).collect();
        let all_over = people.iter().all(|one| index.life[*one] == Lifecycle::Over);
        let nobody = people.first().is_none_or(|one| correlate::base(index, *one).user().is_none());
        if people.len() < 2 || (all_over && nobody) {
            continue;
        }
        let goes_on = |one: &usize| is_kept(index, *one) || index.is_yielded_to(*one, &people);
        let kept: Vec<usize> = people.iter().copied().filter(goes_on).collect();
        for one in people.iter().copied().filter(|one| kept.len() != 1 || kept[0] != *one) {
            identifier.insert(one, people.clone());
        }
    }
    let mut email = HashMap::new();
    if index.rules.destination.unique_email && index.rules.destination.fields.contains(&Field::Email) {
        for people in index.employed_by_email.values().filter(|people| people.len() > 1) {
            let has_it = |one: &usize| !excluded(one) && !index.is_without_email(*one);
            let people: Vec<usize> = people.iter().copied().filter(has_it).collect();
            // Records of one person are a question of their own: another e-mail for each would make the duplicate.
            if people.len() > 1 && !alike.are_one_person(index, &people) {
                let kept: Vec<usize> =
                    people.iter().copied().filter(|one| index.is_yielded_to(*one, &people)).collect();
                let held = people.iter().filter(|one| kept.len() != 1 || kept[0] != **one);
                email.extend(held.map(|one| (*one, people.clone())));
            }
        }
    }
    Collisions { identifier, email }
}

/// The operator ruled that this one of several is the user who carries the identifier.
fn is_kept(index: &PlanIndex<'_>, employee: usize) -> bool {
    correlate::base(index, employee).user().is_some_and(|user| index.is_ruled_to(employee, user))
}

fn ids(index: &PlanIndex<'_>, people: &[usize]) -> Vec<EmployeeId> {
    people.iter().map(|one| index.employees[*one].id.clone()).collect()
}

fn others_of(ids: &[EmployeeId], me: &EmployeeId) -> String {
    let others: Vec<EmployeeId> = ids.iter().filter(|id| *id != me).cloned().collect();
    id_list(&others)
}

impl Collisions {
    pub fn identifier(&self, index: &PlanIndex<'_>, employee: usize) -> Option<Hold> {
        let id = &index.employees[employee].id;
        let source = index.rules.source.name;
        if index.doubled.contains(&employee) {
            let message = format!("{source} sends two different records with the id {id}");
            let remedy = format!("give each person an id of their own in {source}");
            return Some(with_field(hold(id, HoldCode::DuplicateIdentifier, message, remedy), Field::Identifier));
        }
        let ids = ids(index, self.identifier.get(&employee)?);
        let word = index.rules.destination.identifier_word;
        let message = format!("employees {id} and {} carry one {word}", others_of(&ids, id));
        let remedy = format!("give each an id of their own in {source}, or keep one of them in Review");
        let mut hold = with_field(hold(id, HoldCode::DuplicateIdentifier, message, remedy), Field::Identifier);
        hold.value = Some(index.employees[employee].identifier.0.clone());
        Some(with_others(hold, ids))
    }

    pub fn email(&self, index: &PlanIndex<'_>, employee: usize) -> Option<Hold> {
        let id = &index.employees[employee].id;
        let ids = ids(index, self.email.get(&employee)?);
        let message = format!("employees {id} and {} have one e-mail", others_of(&ids, id));
        let without = index.rules.destination.takes_without_email();
        let or = if without { ", or rule in Review who goes without" } else { "" };
        let remedy = format!("give each an e-mail of their own in {}{or}", index.rules.source.name);
        Some(with_others(with_field(hold(id, HoldCode::DuplicateEmail, message, remedy), Field::Email), ids))
    }
}

/// Operations of each person, by employee id.
pub(super) type PersonOperations = BTreeMap<EmployeeId, Vec<Operation>>;

/// One person who must be written before another: the first gives up the e-mail that the second takes.
pub(super) type Before = (EmployeeId, EmployeeId);

fn email_change(operations: &[Operation]) -> Option<(&FieldChange, OperationKind)> {
    operations.iter().find_map(|operation| {
        let change = operation.fields.iter().find(|change| change.field == Field::Email)?;
        Some((change, operation.kind))
    })
}

/// The e-mail that a person takes at the destination, folded, and the user who will have it.
fn taken(index: &PlanIndex<'_>, operations: &[Operation]) -> Option<(String, Option<usize>)> {
    let user = operations
        .iter()
        .find_map(|operation| operation.user.as_ref())
        .and_then(|user| index.user_by_id.get(user.as_str()).copied());
    let switched_on = operations.iter().any(|operation| operation.kind == OperationKind::Reactivate);
    let change = email_change(operations).and_then(|(change, _)| change.to.as_deref()).and_then(text::email_key);
    let own = || user.and_then(|user| index.users[user].person.email.as_deref()).and_then(text::email_key);
    let key = change.or_else(|| if switched_on { own() } else { None })?;
    Some((key, user))
}

/// Holds people whose e-mail a user has who does not give it up in this plan (an active one, or any where deactivated users
/// keep theirs); says who has to go first. Only where the destination refuses an e-mail twice.
pub(super) fn by_email(index: &PlanIndex<'_>, operations: &mut PersonOperations, holds: &mut Vec<Hold>) -> Vec<Before> {
    if !index.rules.destination.unique_email {
        return Vec::new();
    }
    loop {
        let (blocked, order) = email_pass(index, operations);
        let cycle = if blocked.is_empty() { cyclic(&order) } else { BTreeSet::new() };
        if blocked.is_empty() && cycle.is_empty() {
            return order;
        }
        for hold in blocked {
            operations.remove(&hold.employee);
            holds.push(hold);
        }
        let circle: Vec<EmployeeId> = cycle.into_iter().collect();
        for employee in &circle {
            operations.remove(employee);
            let message =
                format!("employees {} exchange their e-mails, which cannot be done in one go", id_list(&circle));
            let remedy = format!("change one of them in {} to a third e-mail first", index.rules.source.name);
            let hold = with_field(hold(employee, HoldCode::DuplicateEmail, message, remedy), Field::Email);
            holds.push(with_others(hold, circle.clone()));
        }
    }
}

fn email_pass(index: &PlanIndex<'_>, operations: &PersonOperations) -> (Vec<Hold>, Vec<Before>) {
    // Users who give up their e-mail, with the employee by whose update they do.
    let mut givers: HashMap<usize, &EmployeeId> = HashMap::new();
    let mut takers: BTreeMap<String, Vec<(&EmployeeId, Option<usize>)>> = BTreeMap::new();
    for (employee, operations) in operations {
        if let Some((change, OperationKind::Update)) = email_change(operations)
            && change.from.is_some()
            && let Some(user) = operations.iter().find_map(|operation| operation.user.as_ref())
            && let Some(user) = index.user_by_id.get(user.as_str())
        {
            givers.insert(*user, employee);
        }
        if let Some((key, user)) = taken(index, operations) {
            takers.entry(key).or_default().push((employee, user));
        }
    }
    let mut blocked = Vec::new();
    let mut order = Vec::new();
    for (key, people) in takers {
        if people.len() > 1 {
            let ids: Vec<EmployeeId> = people.iter().map(|(id, _)| (*id).clone()).collect();
            blocked.extend(people.iter().map(|(id, _)| same_email_twice(index, id, &ids)));
            continue;
        }
        let owners = index.users_by_email.get(&key).map_or(&[][..], Vec::as_slice);
        for (employee, own) in people {
            for owner in owners.iter().copied().filter(|owner| keeps_email(index, *owner) && Some(*owner) != own) {
                match givers.get(&owner) {
                    Some(giver) => order.push(((*giver).clone(), employee.clone())),
                    None => {
                        blocked.push(email_held(index, employee, owner));
                        break;
                    }
                }
            }
        }
    }
    (blocked, order)
}

fn same_email_twice(index: &PlanIndex<'_>, employee: &EmployeeId, ids: &[EmployeeId]) -> Hold {
    let message = format!("employees {employee} and {} would have one e-mail", others_of(ids, employee));
    let remedy = format!("give each an e-mail of their own in {}", index.rules.source.name);
    with_others(with_field(hold(employee, HoldCode::DuplicateEmail, message, remedy), Field::Email), ids.to_vec())
}

fn keeps_email(index: &PlanIndex<'_>, user: usize) -> bool {
    index.rules.destination.inactive_keep_email || !index.is_inactive(user)
}

/// What frees an e-mail of a user that somebody else's person is to get.
fn freeing(index: &PlanIndex<'_>, user: usize) -> String {
    let (id, destination) = (&index.users[user].id, index.rules.destination);
    match destination.inactive_keep_email {
        true => format!("give user {id} another e-mail in {}", destination.name),
        false => format!("deactivate user {id}"),
    }
}

fn email_held(index: &PlanIndex<'_>, employee: &EmployeeId, owner: usize) -> Hold {
    let destination = index.rules.destination.name;
    let user = &index.users[owner].id;
    // A status that nobody knows may be an active one.
    let (code, message) = match usable::reason(index.users[owner], destination) {
        Some(why) if !index.is_active(owner) => {
            (HoldCode::StatusUnclear, format!("user {user}, {why}, has this e-mail"))
        }
        _ if index.is_inactive(owner) => {
            (HoldCode::EmailHeldByInactiveUser, format!("deactivated user {user} of {destination} keeps this e-mail"))
        }
        _ => (HoldCode::EmailHeldByActiveUser, format!("active user {user} of {destination} has this e-mail")),
    };
    let remedy = format!(
        "if they are one person, link them in Review; else correct the e-mail in {} or {}",
        index.rules.source.name,
        freeing(index, owner)
    );
    let mut hold = with_field(hold(employee, code, message, remedy), Field::Email);
    let reason = match code {
        HoldCode::EmailHeldByInactiveUser => "a deactivated user keeps this e-mail",
        _ => "a user who is not inactive has this e-mail",
    };
    hold.candidates.push(super::holds::named_candidate(user, Field::Email, "exact", reason));
    let holder = index.holder(owner).map(|holder| index.employees[holder].id.clone());
    with_others(hold, holder.into_iter().collect())
}

/// The people of a circle of e-mails, if there is one: whoever is left when those whom nobody waits for are taken away.
fn cyclic(order: &[Before]) -> BTreeSet<EmployeeId> {
    let mut edges: Vec<&Before> = order.iter().collect();
    loop {
        let givers: BTreeSet<&EmployeeId> = edges.iter().map(|(giver, _)| giver).collect();
        let takers: BTreeSet<&EmployeeId> = edges.iter().map(|(_, taker)| taker).collect();
        let before = edges.len();
        // An edge whose giver waits for nobody, or whose taker gives to nobody, is in no circle.
        edges.retain(|(giver, taker)| takers.contains(giver) && givers.contains(taker));
        if edges.len() == before {
            return edges.iter().flat_map(|(giver, taker)| [giver.clone(), taker.clone()]).collect();
        }
    }
}
