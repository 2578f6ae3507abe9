//! Answers the screen Rehearsal.

use super::Context;
use crate::console::screens::rehearsal::data::{Act, Answer, Ask, Line, Page, Rehearsal};
use crate::domain::connection::Connection;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::problem::Problem;
use crate::services::rehearsals::{self, StoredRehearsal};
use std::collections::HashMap;
use tokio::sync::watch;

/// Answers a question.
///
/// # Errors
/// Only the store's.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Page { tenant } = ask;
    let connection = context.connection(&tenant).await?;
    let Some(head) = context.engine.store.latest_plan(connection.id).await? else { return Ok(Answer::Page(None)) };
    let stored = rehearsals::of_plan(&context.engine, head.id).await?;
    page(context, &connection, head.id, stored).await
}

/// Carries out a change.
///
/// # Errors
/// A destination without a simulator; the simulator; the store's.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let Act::Rehearse { tenant, plan } = act;
    let connection = context.connection(&tenant).await?;
    let (progress, _) = watch::channel((0, 0));
    let plan = PlanId(plan);
    let stored = rehearsals::rehearse(&context.engine, &context.access, &connection, plan, &progress).await?;
    page(context, &connection, plan, Some(stored)).await
}

async fn page(
    context: &Context,
    connection: &Connection,
    plan: PlanId,
    stored: Option<StoredRehearsal>,
) -> Result<Answer, Problem> {
    let head = context.engine.store.plan_head(plan).await?;
    let rehearsed = match stored {
        Some(stored) => Some(shown(stored, &names(context, connection).await?)),
        None => None,
    };
    Ok(Answer::Page(Some(Box::new(Page {
        plan: plan.0,
        hash: head.hash,
        destination: context.engine.abilities(connection)?.destination.name.to_owned(),
        changes: head.operations,
        rehearsed,
    }))))
}

async fn names(context: &Context, connection: &Connection) -> Result<HashMap<EmployeeId, String>, Problem> {
    let employees = context.engine.store.employees(connection.id).await?;
    Ok(employees.into_iter().map(|employee| (employee.id, employee.person.display_name())).collect())
}

fn shown(stored: StoredRehearsal, names: &HashMap<EmployeeId, String>) -> Rehearsal {
    let StoredRehearsal { by, at, rehearsal, .. } = stored;
    let (words, figures) = (rehearsal.words(), rehearsal.figures());
    let kinds = rehearsal.by_kind().into_iter().collect();
    let mut lines: Vec<Line> = rehearsal
        .lines
        .into_iter()
        .map(|line| {
            let name = match &line.employee {
                Some(employee) => names.get(employee).cloned().unwrap_or_else(|| employee.to_string()),
                None => "an option".to_owned(),
            };
            Line { seq: line.seq, kind: line.kind, employee: line.employee, name, result: line.result }
        })
        .collect();
    lines.sort_by_key(|line| (line.result.rank(), line.seq));
    Rehearsal {
        words,
        figures,
        kinds,
        users: rehearsal.users,
        options: rehearsal.options,
        read_at: rehearsal.read_at,
        seconds: rehearsal.seconds,
        mails: rehearsal.mails,
        by,
        at,
        lines,
    }
}
