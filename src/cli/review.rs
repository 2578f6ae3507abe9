//! `onroll review`: the queue and the rulings, on the command line.

use super::arguments::{DecideArguments, ReviewCommand};
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::decision::{NotSame, Ruling};
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::plan::Beside;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::plans;
use crate::services::reviews::{self, Judgement};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Runs a review command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &ReviewCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        ReviewCommand::List { tenant } => list(workspace, tenant, output).await,
        ReviewCommand::Decide(arguments) => decide(workspace, arguments, output).await,
    }
}

async fn list(workspace: &Workspace, tenant: &str, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let queue = workspace.store.review_queue(connection.id).await?;
    let doubled = workspace.store.doubled(connection.id).await?;
    if output.json {
        let mut cards = Vec::new();
        for row in &queue.rows {
            let card = workspace.store.review_card(row.hold).await?;
            let mut value = super::plan::hold(&card.hold);
            value["name"] = json!(row.name);
            value["ruled"] = json!(row.is_ruled);
            cards.push(value);
        }
        let doubled: Vec<Value> = doubled.iter().map(super::plan::doubled).collect();
        output.object(&json!({ "review": cards, "left": queue.left(), "doubled": doubled }))?;
        return Ok(Exit::Done);
    }
    for one in &doubled {
        output.note(&format!("two users already, perhaps of one person: {}", super::plan::doubled_words(one)));
    }
    if queue.rows.is_empty() {
        output.line("Nobody to review. `onroll plan` makes a fresh plan.")?;
        return Ok(Exit::Done);
    }
    let held = workspace.store.held_beside(connection.id).await?;
    let beside: HashMap<EmployeeId, String> =
        held.into_iter().map(|(employee, others)| (employee, names_of(&others))).collect();
    let rows: Vec<Vec<String>> = queue
        .rows
        .iter()
        .map(|row| {
            vec![
                row.employee.to_string(),
                row.name.clone(),
                row.code.words().to_owned(),
                row.candidate.as_ref().map(ToString::to_string).unwrap_or_default(),
                if row.candidate.is_some() { percent(row.probability) } else { String::new() },
                beside.get(&row.employee).cloned().unwrap_or_default(),
                if row.is_ruled { "ruled" } else { "" }.to_owned(),
            ]
        })
        .collect();
    output.table(&["employee", "name", "why", "candidate", "#probability", "beside", ""], &rows)?;
    output.line(&format!("{} left. `onroll review decide` rules.", queue.left()))?;
    Ok(Exit::Done)
}

/// Employees beside whom somebody stands: two, then how many more.
fn names_of(beside: &[Beside]) -> String {
    let shown: Vec<&str> = beside.iter().take(2).map(|one| one.employee.as_str()).collect();
    match beside.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// One decimal, cut: a probability is never rounded up across a limit.
fn percent(probability: f64) -> String {
    format!("{:.1} %", (probability * 1000.0).floor() / 10.0)
}

async fn decide(workspace: &Workspace, arguments: &DecideArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let rule = |judgement| {
        let reason = arguments.reason.clone();
        reviews::decide(&workspace.engine, &workspace.access, &connection, judgement, reason)
    };
    if arguments.undo {
        let people = rule(Judgement::Undo).await?.len();
        return told(workspace, &connection, &format!("Took back the last ruling, {people} people"), output).await;
    }
    let employees = workspace.store.employees(connection.id).await?;
    let employee = employees
        .iter()
        .find(|one| one.id.as_str() == arguments.employee || one.identifier.as_str() == arguments.employee)
        .ok_or_else(|| {
            Problem::new(ProblemKind::Input, format!("no employee has the id `{}`", arguments.employee))
                .with_remedy("use the id as `onroll review list` prints it")
        })?;
    let id = employee.id.clone();
    if arguments.keep || arguments.distinct {
        let judgement =
            if arguments.keep { Judgement::KeepRecord(id.clone()) } else { Judgement::TellApart(id.clone()) };
        let records = rule(judgement).await?;
        let others: Vec<&str> = records.iter().filter(|other| **other != id).map(EmployeeId::as_str).collect();
        let others = others.join(", ");
        let what = if arguments.keep {
            format!("{id} counts, excluded: {others}")
        } else {
            format!("Different people: {id}, {others}")
        };
        return told(workspace, &connection, &what, output).await;
    }
    let judgement = match &arguments.not_same {
        Some(user) => Judgement::NotSame { pair: NotSame { employee: id, user: UserId(user.clone()) }, off: false },
        None => Judgement::Rule(vec![(id, ruling(arguments)?)]),
    };
    rule(judgement).await?;
    told(workspace, &connection, &format!("Ruled for {}", employee.id), output).await
}

fn ruling(arguments: &DecideArguments) -> Result<Ruling, Problem> {
    if let Some(user) = &arguments.link {
        return Ok(Ruling::Link { user: UserId(user.clone()) });
    }
    if let Some(day) = &arguments.later {
        let until = match day.as_str() {
            "" => None,
            day => Some(day.parse().map_err(|_| {
                Problem::new(ProblemKind::Input, format!("`{day}` is not a day")).with_remedy("write it as 2026-12-01")
            })?),
        };
        return Ok(Ruling::Later { until });
    }
    match (arguments.create, arguments.exclude, arguments.protect) {
        (true, _, _) => Ok(Ruling::Create),
        (_, true, _) => Ok(Ruling::Exclude),
        (_, _, true) => Ok(Ruling::Protect),
        _ => Err(Problem::new(ProblemKind::Input, "no ruling is named")
            .with_remedy("say --link USER, --create, --keep, --distinct, --exclude, --protect, --later [DAY], --not-same USER or --undo")),
    }
}

async fn told(
    workspace: &Workspace,
    connection: &Connection,
    what: &str,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let plan = plans::follow(&workspace.engine, connection).await?.map(|replanned| replanned.plan);
    if output.json {
        let plan = plan.map(|plan| super::plan::what_if(&plan, connection));
        output.object(&json!({ "done": what, "plan": plan }))?;
    } else {
        let changes = plan.map(|plan| plan.counts.operations());
        let effect = changes.map(|changes| format!("; the plan would now have {changes} changes")).unwrap_or_default();
        output.line(&format!("{what}{effect}."))?;
    }
    Ok(Exit::Done)
}
