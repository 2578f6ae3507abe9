//! `onroll runs drift`: what of the approved lines of a run had moved.

use super::exit::Exit;
use super::exported;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::ids::RunId;
use crate::domain::problem::Problem;
use crate::services::drift::{self, Line, Page};
use crate::services::exports::Exported;
use serde_json::{Value, json};
use std::path::Path;

/// Shows what had moved, or writes it to a file.
///
/// # Errors
/// No such run; a file that cannot be written.
pub async fn drift(
    workspace: &Workspace,
    run: RunId,
    out: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let row = workspace.store.run(run).await?;
    let connection = workspace.store.connection(row.connection).await?;
    let page = drift::page(&workspace.engine, &connection, run).await?;
    if let Some(path) = out {
        let table = drift::table(&page);
        let export = Exported::of(connection.id, format!("what had moved of run {run}"), table.rows.len());
        exported::table(workspace, &export, path, &table, output).await?;
        let rows = table.rows.len();
        if output.json {
            output.object(&json!({ "written": path.display().to_string(), "rows": rows }))?;
        } else {
            output.line(&format!("Wrote {rows} lines to {}", path.display()))?;
        }
        return Ok(Exit::Done);
    }
    if output.json {
        output.object(&document(&page))?;
        return Ok(Exit::Done);
    }
    for line in drift::text(&page) {
        output.line(&line)?;
    }
    Ok(Exit::Done)
}

fn document(page: &Page) -> Value {
    let plan = page.plan.as_ref().map(|plan| json!({ "id": plan.id, "hash": plan.hash }));
    let approved = page.plan.as_ref().and_then(|plan| plan.approved.as_ref());
    let mut sums = json!(page.sums);
    sums["approved"] = json!(page.sums.approved());
    json!({
        "run": page.run,
        "outcome": page.outcome.key(),
        "plan": plan,
        "approved_by": approved.map(|(by, _, _)| by),
        "sums": sums,
        "lines": page.lines.iter().map(line).collect::<Vec<_>>(),
        "next_plan": page.next.map(|(plan, _)| plan),
        "not_in_plan": page.elsewhere.as_ref().map(|one| json!({ "people": one.people, "words": one.words })),
        "nothing": page.nothing,
    })
}

fn line(line: &Line) -> Value {
    let fields: Vec<Value> = line
        .values
        .iter()
        .map(|value| {
            json!({
                "field": value.field,
                "before": value.before,
                "approved": value.approved,
                "now": value.now.clone().flatten(),
                "now_known": value.now.is_some(),
                "moved": value.moved,
            })
        })
        .collect();
    json!({
        "line": line.seq,
        "employee_id": line.employee,
        "identifier": line.identifier,
        "user_id": line.user,
        "operation": line.kind.key(),
        "so": if line.already { "done" } else { "skipped" },
        "cause": line.cause.map(crate::domain::drift::Cause::key),
        "moved_by": line.by.key(),
        "who": line.mover,
        "reason": line.reason,
        "fields": fields,
        "next": line.next,
        "at": line.at,
    })
}
