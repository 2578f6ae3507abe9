//! `onroll forget`: what is kept of a person, and taking it out.

use super::arguments::ForgetArguments;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::ids::EmployeeId;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::forget::{self, OUT_OF_REACH, Remembrance};
use serde_json::{Value, json};

/// Forgets a person. Without `--yes` it only says what is kept, and ends with 4.
///
/// # Errors
/// Somebody of whom nothing is kept, a run that is at work, the store's.
pub async fn run(workspace: &Workspace, asked: &ForgetArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&asked.tenant).await?;
    let mut employees: Vec<EmployeeId> = Vec::new();
    for name in &asked.employees {
        let employee = forget::named(&workspace.engine, &connection, name).await?;
        if !employees.contains(&employee) {
            employees.push(employee);
        }
    }
    if !asked.yes {
        let mut kept = Remembrance::default();
        for employee in &employees {
            kept = kept.and(forget::look(&workspace.engine, &connection, employee).await?);
        }
        let (noun, these) =
            if employees.len() == 1 { ("employee", "this person") } else { ("employees", "these people") };
        let names: Vec<&str> = employees.iter().map(EmployeeId::as_str).collect();
        let mut problem = Problem::new(ProblemKind::Stopped, "nothing was forgotten: it waits for `--yes`")
            .with_who(format!("{noun} {}", names.join(", ")))
            .with_why(format!("kept of {these}: {}", kept.words()))
            .with_remedy("with `--yes` all of it goes, for good; the counts of plans and runs stay");
        for words in OUT_OF_REACH {
            problem = problem.with_remedy(format!("not reached: {words}"));
        }
        return Err(problem);
    }
    output.status("taking out, and writing the workspace anew");
    let kept = forget::people(&workspace.engine, &workspace.access, &connection, &employees).await;
    output.end_status();
    let kept = kept?;
    let owed = forget::owed(&workspace.engine).await?;
    if output.json {
        output.object(&json!({ "forgotten": object(&kept), "owed": owed }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!("Forgotten: {}", kept.words()))?;
    if let Some(owed) = owed {
        output.line(&format!("Not done yet: {owed}"))?;
    }
    for words in OUT_OF_REACH {
        output.note(&format!("not reached: {words}"));
    }
    Ok(Exit::Done)
}

fn object(kept: &Remembrance) -> Value {
    let counts: serde_json::Map<String, Value> =
        kept.counts.iter().map(|(what, count)| ((*what).replace(' ', "_"), json!(count))).collect();
    Value::Object(counts)
}
