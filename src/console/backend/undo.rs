//! Answers the screen Undo.

use super::Context;
use super::history::what_changed;
use crate::console::screens::undo::data::{Act, Answer, Ask, Left, Line, Preview};
use crate::domain::ids::EmployeeId;
use crate::domain::problem::Problem;
use crate::services::undo::{self, UndoRequest};
use std::collections::HashMap;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered: a run that cannot be undone, a destination that cannot be read.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Preview { tenant, run } = ask;
    let connection = context.connection(&tenant).await?;
    let destination = context.engine.abilities(&connection)?.destination;
    let request = UndoRequest { run, people: Vec::new() };
    let inverse = undo::preview(&context.engine, &connection, &request).await?;
    let employees = context.engine.store.employees(connection.id).await?;
    let names: HashMap<EmployeeId, String> =
        employees.into_iter().map(|employee| (employee.id, employee.person.display_name())).collect();
    // Somebody whom the source does not show any more is known by the id.
    let name = |employee: Option<&EmployeeId>| {
        let known = |employee: &EmployeeId| names.get(employee).cloned().unwrap_or_else(|| employee.to_string());
        employee.map(known).unwrap_or_default()
    };
    let lines = inverse
        .plan
        .operations
        .iter()
        .map(|one| Line {
            employee: one.employee.as_ref().map(ToString::to_string),
            name: name(one.employee.as_ref()),
            change: one.kind.facts().change,
            what: one.kind.words(),
            text: match what_changed(one.kind, &one.fields, one.note.as_deref(), destination) {
                nothing if nothing.is_empty() => "as before".to_owned(),
                text => text,
            },
            user: one.user.as_ref().map(ToString::to_string).unwrap_or_default(),
        })
        .collect();
    let (left_people, _) = undo::left_people(&inverse.left);
    let mut left: Vec<Left> = inverse
        .left
        .iter()
        .map(|one| Left {
            employee: one.employee.as_ref().map(ToString::to_string),
            name: name(one.employee.as_ref()),
            what: one.what,
            why: one.why.clone(),
            is_moved: one.is_moved,
        })
        .collect();
    left.sort_by_key(|one| one.is_moved);
    Ok(Answer::Preview(Box::new(Preview {
        tenant_name: connection.tenant_name.clone(),
        gone: inverse.gone.len(),
        destination: destination.name,
        lines,
        left,
        left_people,
        limits: inverse.plan.limits,
        hash: inverse.plan.hash,
    })))
}

/// Carries out a change.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let Act::Release { tenant, run } = act;
    let connection = context.connection(&tenant).await?;
    let released = undo::release(&context.engine, &context.access, &connection, Some(run), Vec::new()).await?;
    if !released.is_empty() {
        context.replan(&connection).await?;
    }
    Ok(Answer::Released(released.len()))
}
