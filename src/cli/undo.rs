//! `onroll runs undo` and `runs release`: a run is taken back, people are let go of.

use super::confirm;
use super::exit::Exit;
use super::output::Output;
use super::plan;
use super::sync::{carry_out, finish};
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
use crate::domain::problem::Problem;
use crate::services::plans;
use crate::services::undo::{self, Inverse, Leftover, UndoRequest};
use serde_json::{Value, json};

/// Shows what undoing a run would do; with a typed confirmation it is done.
///
/// # Errors
/// A run that cannot be undone, with the reason; what stopped the run.
pub async fn undo(
    workspace: &Workspace,
    run: RunId,
    only: &[String],
    (typed, reason): (Option<&str>, Option<&str>),
    output: &mut Output,
) -> Result<Exit, Problem> {
    let row = workspace.store.run(run).await?;
    let connection = workspace.store.connection(row.connection).await?;
    let people = undo::named(&workspace.store, &connection, run, only).await?;
    let request = UndoRequest { run, people };
    if let Some(text) = typed {
        let confirmation = confirm::parse(text, &connection, reason)?;
        let work = undo::work(request, None, confirmation);
        return match carry_out(workspace, &connection, work, output, false).await? {
            Some(report) => finish(&report, output),
            None => Ok(Exit::Done),
        };
    }
    let inverse = undo::preview(&workspace.engine, &connection, &request).await?;
    if output.json {
        output.object(&document(&inverse, run, &connection))?;
    } else {
        print(&inverse, run, &connection, output)?;
    }
    Ok(Exit::Done)
}

fn document(inverse: &Inverse, run: RunId, connection: &Connection) -> Value {
    let mut head = plan::what_if(&inverse.plan, connection);
    head["undoes"] = json!(run);
    head["needs_confirmation"] = json!(true);
    json!({
        "plan": head,
        "operations": inverse.plan.operations.iter().map(plan::operation).collect::<Vec<_>>(),
        "holds": [],
        "limits": inverse.plan.limits,
        "left": inverse.left.iter().map(left).collect::<Vec<_>>(),
        "gone": inverse.gone,
    })
}

fn left(one: &Leftover) -> Value {
    json!({ "employee_id": one.employee, "op": one.kind.key(), "what": one.what, "why": one.why, "moved": one.is_moved })
}

fn print(inverse: &Inverse, run: RunId, connection: &Connection, output: &mut Output) -> Result<(), Problem> {
    let (shown, number) = (&inverse.plan, inverse.plan.counts.operations());
    output.line(&format!("Undo of run {run} of {}: {number} changes   hash {}", connection.tenant_name, shown.hash))?;
    for (kind, count) in shown.counts.kinds() {
        output.line(&format!("  {:<12} {count:>7}", kind.counted(count)))?;
    }
    let rows: Vec<Vec<String>> = shown
        .operations
        .iter()
        .map(|one| {
            let fields: Vec<String> = one.fields.iter().map(|change| change.field.words()).map(str::to_owned).collect();
            vec![
                one.kind.words().to_owned(),
                one.employee.as_ref().map(ToString::to_string).unwrap_or_default(),
                one.user.as_ref().map(ToString::to_string).unwrap_or_default(),
                one.note.clone().unwrap_or_else(|| fields.join(", ")),
            ]
        })
        .collect();
    if !rows.is_empty() {
        output.table(&["what", "employee", "user", "old values of, or what becomes of it"], &rows)?;
    }
    if !inverse.left.is_empty() {
        output.line("Stays as it is:")?;
        let rows: Vec<Vec<String>> = inverse
            .left
            .iter()
            .map(|one| {
                let who = one.employee.as_ref().map(ToString::to_string).unwrap_or_default();
                vec![who, one.what.to_owned(), one.why.clone()]
            })
            .collect();
        output.table(&["employee", "what", "why"], &rows)?;
    }
    for check in shown.limits.iter().filter(|check| check.is_exceeded()) {
        output.line(&format!("  limit        {:>7} {}, {} allowed", check.count, check.kind.key(), check.allowed))?;
    }
    if number == 0 && inverse.gone.is_empty() {
        return output.line("Nothing of it can be undone.");
    }
    match inverse.gone.len() {
        0 => {}
        1 => output.line("1 person whom it created has no user any more, and is held all the same.")?,
        gone => {
            output.line(&format!("{gone} people whom it created have no user any more, and are held all the same."))?
        }
    }
    output.line("Afterwards these people are held as undone, until `onroll runs release` lets go of them.")?;
    let name = &connection.short_name;
    output.line(&format!("To carry it out: onroll runs undo {run} --confirm {name}:{number}"))
}

/// Lets go of people who are held as undone.
///
/// # Errors
/// Where nothing may be changed; somebody who is not known.
pub async fn release(
    workspace: &Workspace,
    tenant: &str,
    people: &[String],
    run: Option<RunId>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let named = crate::services::people::named(&workspace.engine, &connection, people).await?;
    let released = undo::release(&workspace.engine, &workspace.access, &connection, run, named).await?;
    if !released.is_empty() {
        plans::follow(&workspace.engine, &connection).await?;
    }
    if output.json {
        output.object(&json!({ "released": released }))?;
    } else {
        let whom = if released.len() == 1 { "person" } else { "people" };
        output.line(&format!("Released {} {whom}; the next plan has them again.", released.len()))?;
    }
    Ok(Exit::Done)
}
