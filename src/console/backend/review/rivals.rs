//! Two employees who claim one user, side by side with that user.

use super::super::Context;
use super::collision::{FIELDS, labels, user_values, values};
use super::trial::{People, Trial};
use crate::console::format;
use crate::console::screens::review::data::{Collision, Question, Side};
use crate::domain::connection::Connection;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, User};
use crate::domain::plan::{HoldKind, Plan};
use crate::domain::problem::Problem;
use crate::mapping::MappingIndex;
use crate::services::reviews::list::{self, Line, Rival};

/// The employee beside the one who claims the same user; `None` where nobody does.
pub(super) async fn rivals(
    context: &Context,
    connection: &Connection,
    employee: &EmployeeId,
) -> Result<Option<Collision>, Problem> {
    let store = &context.engine.store;
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(None) };
    let Some(hold) = store.hold_number(head.id, employee).await? else { return Ok(None) };
    let Some(line) = list::lines(store, connection, vec![hold]).await?.pop() else { return Ok(None) };
    let (Some(rival), Some(user)) = (line.rival.clone(), line.user.clone()) else { return Ok(None) };
    let ids = vec![employee.clone(), rival.employee.clone()];
    let mut employees = Vec::new();
    for id in &ids {
        employees.extend(store.employee(connection.id, id).await?);
    }
    if employees.len() < ids.len() {
        return Ok(None);
    }
    let held = match store.hold_number(head.id, &rival.employee).await? {
        Some(number) => store.review_card(number).await?.hold.code.kind() == HoldKind::Review,
        None => false,
    };
    let around = store.desk_context(connection.id, ids, vec![user.id.clone()]).await?;
    let found = around.users.iter().find(|one| one.id == user.id).cloned();
    let trial = Trial::of_all(context, connection, &employees).await?;
    let (words, all) = (super::words(trial.abilities()), vec![employee.clone()]);
    let built = super::computed(move || {
        let people = People { employees, users: &around.users, links: &around.links };
        build(&trial, &people, found.as_ref(), &line, &rival, held)
    });
    Ok(Some(Collision { words, later: super::later(context, connection), all, place: 0, ..built.await? }))
}

fn build(
    trial: &Trial,
    people: &People<'_>,
    user: Option<&User>,
    line: &Line,
    rival: &Rival,
    rival_is_held: bool,
) -> Collision {
    let index = trial.index();
    let id = line.user.as_ref().map(|user| user.id.to_string()).unwrap_or_default();
    let sure = [line.probability, rival.probability];
    let fits = match sure {
        [Some(a), Some(b)] if a == b => None,
        [a, b] => Some(usize::from(b.unwrap_or(0.0) > a.unwrap_or(0.0))),
    };
    let twins = if rival.may_be_twin { " Same birth date and last name: twins?" } else { "" };
    let sides = people.employees.iter().take(2).enumerate().map(|(at, employee)| Side {
        is_held: at == 0 || rival_is_held,
        fit: sure.get(at).copied().flatten().map_or_else(|| "not weighed".to_owned(), format::percent),
        ..side(trial, &index, people, employee, &id)
    });
    Collision {
        question: Question::Rivals,
        code: Some(line.code),
        title: format!("Two employees claim user {id}"),
        because: format!("A user is one person's: link one of them, the other is somebody new.{twins}"),
        sides: sides.collect(),
        user: user.map(|user| user.id.to_string()),
        user_values: user.map(|user| user_values(&index, user, &FIELDS)).unwrap_or_default(),
        labels: labels(trial, &FIELDS),
        fits,
        ..Collision::default()
    }
}

fn held(plan: &Plan, employee: &EmployeeId) -> Option<String> {
    plan.holds.iter().find(|hold| hold.employee == *employee).map(|hold| hold.message.clone())
}

/// This one is the user, the other one is new; where the other would stay held as new, nothing is ruled on that one.
fn side(trial: &Trial, index: &MappingIndex<'_>, people: &People<'_>, employee: &Employee, user: &str) -> Side {
    let link = (employee.id.clone(), Ruling::Link { user: user.into() });
    let other = people.employees.iter().take(2).find(|one| one.id != employee.id);
    let create = other.map(|other| (other.id.clone(), Ruling::Create));
    let mut keep: Vec<(EmployeeId, Ruling)> = std::iter::once(link.clone()).chain(create).collect();
    let mut plan = trial.plan(people, &keep);
    let other_held = other.and_then(|other| held(&plan, &other.id));
    if other_held.is_some() {
        keep = vec![link];
        plan = trial.plan(people, &keep);
    }
    let name = employee.person.display_name();
    let first = |one: &Employee| one.person.first_name.clone().unwrap_or_else(|| one.person.display_name());
    let beside = match (other, other_held) {
        (Some(other), Some(why)) => format!("{} is not ruled on: as a new user held, {why}.", first(other)),
        (Some(other), None) => format!("{}: {}.", first(other), trial.written(&plan, &other.id).short),
        (None, _) => String::new(),
    };
    Side {
        employee: employee.id.to_string(),
        branch: employee.person.branch.clone().unwrap_or_default(),
        values: values(index, employee, &FIELDS),
        outcome: format!("{} is {user}: {}. {beside}", first(employee), trial.written(&plan, &employee.id).short),
        refused: held(&plan, &employee.id).map(|why| format!("no ruling helps: {why}")),
        fix: format!("{name}: another employee may be the same person; give each their own data"),
        name,
        keep,
        ..Side::default()
    }
}
