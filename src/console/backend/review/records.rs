//! Records of the source that look like one person, side by side with the user whom one of them may have (ALL15).

use super::super::Context;
use super::collision::{FIELDS, counted, labels, user_values, values};
use super::trial::{People, Trial};
use crate::console::format;
use crate::console::screens::review::data::{Collision, Outcome, Question, Side};
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{HoldCode, OperationKind, Plan};
use crate::domain::problem::Problem;
use crate::mapping::MappingIndex;
use crate::planning::records::Records;
use std::collections::BTreeSet;

/// Fields that stand on the card where a record has them.
const MORE: [Field; 4] = [Field::KnownAs, Field::Phone, Field::Address, Field::Postcode];
/// Records of one person that are shown at most; a ruling is about all of them.
const SHOWN: usize = 8;

/// The records that an employee stands among; `None` where it stands alone.
pub(super) async fn records(
    context: &Context,
    connection: &Connection,
    employee: &EmployeeId,
) -> Result<Option<Collision>, Problem> {
    let store = &context.engine.store;
    let held = store.held_beside(connection.id).await?;
    let groups = Records::all(&held, &store.doubled(connection.id).await?);
    let Some(place) = groups.iter().position(|group| group.employees.contains(employee)) else { return Ok(None) };
    let Some(records) = groups.get(place) else { return Ok(None) };
    let mut employees = Vec::new();
    for id in shown(records, employee) {
        employees.extend(store.employee(connection.id, &id).await?);
    }
    let ids: Vec<EmployeeId> = employees.iter().map(|one| one.id.clone()).collect();
    let users: Vec<UserId> = records.users.values().take(SHOWN).cloned().collect();
    let around = store.desk_context(connection.id, ids, users).await?;
    let trial = Trial::of_all(context, connection, &employees).await?;
    let words = super::words(trial.abilities());
    let all = groups.iter().filter_map(|group| group.employees.first().cloned()).collect();
    let (records, held) = (records.clone(), held.into_iter().map(|(one, _)| one).collect());
    let built = super::computed(move || {
        let people = People { employees, users: &around.users, links: &around.links };
        build(&trial, &people, &records, &held)
    });
    Ok(Some(Collision { words, later: super::later(context, connection), all, place, ..built.await? }))
}

/// Whom the card shows: the one asked about, those who have a user, then the others by id.
fn shown(records: &Records, employee: &EmployeeId) -> BTreeSet<EmployeeId> {
    let first = std::iter::once(employee).chain(records.users.keys()).chain(&records.employees);
    let mut shown = BTreeSet::new();
    for id in first {
        if shown.len() < SHOWN {
            shown.insert(id.clone());
        }
    }
    shown
}

fn build(trial: &Trial, people: &People<'_>, records: &Records, held: &BTreeSet<EmployeeId>) -> Collision {
    let index = trial.index();
    let number = records.employees.len();
    let shown = people.employees.len();
    let part = if shown < number { format!(", {shown} of them here") } else { String::new() };
    let has = |field: &Field| people.employees.iter().any(|one| one.value(*field).is_some());
    let fields: Vec<Field> = FIELDS.into_iter().chain(MORE.into_iter().filter(has)).collect();
    let fits = people.employees.iter().position(|one| records.users.contains_key(&one.id));
    let user = fits.and_then(|at| people.employees.get(at)).and_then(|one| user_of(people, records, &one.id));
    let sides = people.employees.iter().map(|employee| Side {
        is_held: held.contains(&employee.id),
        ..side(trial, &index, people, records, employee, &fields)
    });
    Collision {
        question: Question::Records,
        code: Some(HoldCode::ProbableDuplicate),
        title: format!("{} records look like one person{part}", counted(number)),
        because: format!("{}. Which one counts, or are both real?", capital(&records.why)),
        sides: sides.collect(),
        user: user.map(|user| user.id.to_string()),
        user_values: user.map(|user| user_values(&index, user, &fields)).unwrap_or_default(),
        labels: labels(trial, &fields),
        fits,
        apart: Some(apart(trial, people, records)),
        ..Collision::default()
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

fn user_of<'p>(people: &People<'p>, records: &Records, employee: &EmployeeId) -> Option<&'p User> {
    let id = records.users.get(employee)?;
    people.users.iter().find(|user| user.id == *id)
}

fn side(
    trial: &Trial,
    index: &MappingIndex<'_>,
    people: &People<'_>,
    records: &Records,
    employee: &Employee,
    fields: &[Field],
) -> Side {
    let id = &employee.id;
    let plan = trial.plan_of(people, &records.keep(id));
    let others: Vec<&str> = records.employees.iter().filter(|other| *other != id).map(EmployeeId::as_str).collect();
    let others = match others.as_slice() {
        [] | [_] | [_, _] => others.join(" and "),
        more => format!("{} others", more.len()),
    };
    let own = records.users.get(id);
    let goes_on = match (own, records.users.values().next()) {
        (Some(user), _) => format!("{id} goes on as {user}"),
        (None, Some(user)) => format!("{user} and its history go to {id}"),
        (None, None) => format!("{id}: {}", written(trial, &plan, id)),
    };
    // A second user is nobody's business here: it stays as it is, and the operator decides about it in the destination.
    let spare = records.users.iter().find(|(other, user)| *other != id && own.is_some_and(|own| own != *user));
    let left = spare.map(|(_, user)| format!(", and {user} stays as it is")).unwrap_or_default();
    let branch = employee.person.branch.clone().unwrap_or_default();
    let name = employee.person.display_name();
    Side {
        employee: id.to_string(),
        name: format!("{name} ({id})"),
        branch: branch.clone(),
        values: values(index, employee, fields),
        fit: own.map_or_else(|| "no user yet".to_owned(), |user| format!("has user {user}")),
        keep: records.keep(id).rulings,
        others_without: None,
        outcome: format!("{goes_on}; {others} excluded until {id} leaves{left}."),
        refused: None,
        fix: format!(
            "{name}, {branch}: id {id} is another record of {others}; end one, or tell that they are two people"
        ),
        is_held: false,
    }
}

/// What a plan does for one person, or why it does nothing.
fn written(trial: &Trial, plan: &Plan, employee: &EmployeeId) -> String {
    match plan.holds.iter().find(|hold| hold.employee == *employee) {
        Some(hold) => format!("stays held, {}", hold.message),
        None => trial.written(plan, employee).short,
    }
}

/// What comes of it when they are different people.
fn apart(trial: &Trial, people: &People<'_>, records: &Records) -> Outcome {
    let plan = trial.plan_of(people, &records.distinct());
    let made = plan.operations.iter().filter(|one| one.kind == OperationKind::Create).count();
    let held = people.employees.iter().find_map(|one| plan.holds.iter().find(|hold| hold.employee == one.id));
    let held = held.map(|hold| format!("; {} stays held: {}", hold.employee, hold.message)).unwrap_or_default();
    let users = format::counted(made as u64, "new user", "new users");
    Outcome {
        write: format!("{users}{held}"),
        short: format!("{made} create"),
        mails: plan.mails.welcome,
        training: "starts empty".to_owned(),
        wrong: "if it is one human, the history is split".to_owned(),
        ..Outcome::default()
    }
}
