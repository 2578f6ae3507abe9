//! Answers the screen Person: one person's gates, both records, rulings and timeline.

mod card;
mod record;

use super::{Context, people};
use crate::console::screens::person::data::{Act, Answer, Ask};
use crate::domain::connection::Connection;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::forget;
use crate::services::reviews::{self, Judgement};

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Card { tenant, subject, list } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Card(Box::new(card::read(context, &connection, subject, &list).await?)))
        }
        Ask::Push { tenant, employee, name } => {
            let connection = context.connection(&tenant).await?;
            let push = people::push(context, &connection, vec![(employee, name, false)]).await?;
            Ok(Answer::Push(Box::new(push)))
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::Rule { tenant, employee, ruling } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Ruled(rule(context, &connection, employee, ruling).await?))
        }
        Act::Withdraw { tenant, employee } => {
            let connection = context.connection(&tenant).await?;
            reviews::decide(&context.engine, &context.access, &connection, Judgement::Withdraw(employee), None).await?;
            context.replan(&connection).await?;
            Ok(Answer::Ruled("Took the ruling back".to_owned()))
        }
        Act::Walk { tenant, employee, undo } => {
            let connection = context.connection(&tenant).await?;
            walk(context, &connection, &employee, undo).await
        }
        Act::Forget { tenant, employee } => {
            let connection = context.connection(&tenant).await?;
            let kept = forget::person(&context.engine, &context.access, &connection, &employee).await?;
            context.replan(&connection).await?;
            let owed = forget::owed(&context.engine).await?;
            let words = kept.words();
            Ok(Answer::Forgotten(owed.map_or(words.clone(), |owed| format!("{words}; {owed}"))))
        }
    }
}

async fn rule(
    context: &Context,
    connection: &Connection,
    employee: EmployeeId,
    ruling: Ruling,
) -> Result<String, Problem> {
    let store = &context.engine.store;
    let record = store.employee(connection.id, &employee).await?.ok_or_else(|| {
        Problem::new(ProblemKind::Input, "this person is not in the current pull")
            .with_remedy("a ruling needs the record it is about; read the source again")
    })?;
    let words = words(&ruling, &record.person.display_name());
    let judgement = Judgement::Rule(vec![(employee, ruling)]);
    reviews::decide(&context.engine, &context.access, connection, judgement, None).await?;
    context.replan(connection).await?;
    Ok(words)
}

fn words(ruling: &Ruling, name: &str) -> String {
    match ruling {
        Ruling::Link { user } => format!("Linked {name} to {user}"),
        Ruling::Create => format!("Made {name} a new user of the next plan"),
        Ruling::Exclude => format!("Excluded {name}"),
        Ruling::Protect => format!("Protected {name}"),
        Ruling::Later { until: Some(day) } => format!("Put {name} off until {}", day.strftime("%-d %b")),
        Ruling::Later { until: None } | Ruling::HoldBack => format!("Put {name} off"),
        Ruling::Undone { run } => format!("Holds {name}: run {run} was undone"),
    }
}

/// Takes the newest ruling on this person back, whatever was ruled on others since.
async fn walk(
    context: &Context,
    connection: &Connection,
    employee: &EmployeeId,
    undo: bool,
) -> Result<Answer, Problem> {
    let record = context.engine.store.employee(connection.id, employee).await?;
    let name = record.map_or_else(|| format!("employee {employee}"), |record| record.person.display_name());
    let judgement = Judgement::Walk { employee: employee.clone(), undo };
    if reviews::decide(&context.engine, &context.access, connection, judgement, None).await?.is_empty() {
        let what = if undo { "undo" } else { "do again" };
        return Ok(Answer::Walked(format!("No ruling on {name} to {what}"), false));
    }
    context.replan(connection).await?;
    let verb = if undo { "Undone" } else { "Done again" };
    Ok(Answer::Walked(format!("{verb}: the ruling on {name}"), true))
}
