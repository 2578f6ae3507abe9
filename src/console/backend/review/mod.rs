//! Answers the screens Review and Collision: the queue, one card, a collision, rulings.

mod card;
pub(super) use card::shown;
mod collision;
mod groups;
mod records;
mod trial;

use super::{Context, exports};
use crate::console::screens::review::data::{Act, Answer, Ask, Queue, QueueRow, Ruled, Words};
use crate::domain::connection::Connection;
use crate::domain::decision::{NotSame, Ruling};
use crate::domain::ids::EmployeeId;
use crate::domain::plan::HoldCode;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::connect::Abilities;
use crate::files::export::{self, Cell, Table};
use crate::files::sheet;
use crate::ports::clock::day_in;
use crate::services::reviews::{self, Judgement};
use crate::store::views::DeskHold;
use jiff::ToSpan;
use jiff::civil::Date;
use std::path::Path;

/// Days until somebody who is put off is asked about again.
const LATER_DAYS: i32 = 7;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    Ok(match ask {
        Ask::Queue { tenant, also } => Answer::Queue(queue(context, &tenant, also).await?.map(Box::new)),
        Ask::Card { tenant, hold, employee } => {
            let connection = context.connection(&tenant).await?;
            Answer::Card(Box::new(card::card(context, &connection, hold, &employee).await?))
        }
        Ask::Collision { tenant, employee } => {
            let connection = context.connection(&tenant).await?;
            Answer::Collision(Box::new(collision::collision(context, &connection, &employee).await?))
        }
    })
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    Ok(match act {
        Act::Rule { tenant, rulings, reason } => {
            decide(context, &tenant, Judgement::Rule(rulings), reason).await?;
            Answer::Ruled
        }
        Act::Keep { tenant, employee, reason } => {
            decide(context, &tenant, Judgement::KeepRecord(employee), reason).await?;
            Answer::Ruled
        }
        Act::TellApart { tenant, employee, reason } => {
            decide(context, &tenant, Judgement::TellApart(employee), reason).await?;
            Answer::Ruled
        }
        Act::NotSame { tenant, employee, user, off } => {
            let pair = NotSame { employee, user };
            decide(context, &tenant, Judgement::NotSame { pair, off }, None).await?;
            Answer::NotSame { off }
        }
        Act::Undo { tenant } => {
            let employees = decide(context, &tenant, Judgement::Undo, None).await?;
            Answer::Walked { employees: somebody(employees), redo: false }
        }
        Act::Redo { tenant } => {
            let employees = decide(context, &tenant, Judgement::Redo, None).await?;
            Answer::Walked { employees: somebody(employees), redo: true }
        }
        Act::Replan { tenant } => {
            let connection = context.connection(&tenant).await?;
            // A run that is live plans by itself, and its plan is the one that counts.
            if !context.runs.samples().iter().any(|run| run.tenant == tenant) {
                context.replan(&connection).await?;
            }
            Answer::Replanned
        }
        Act::FixList { tenant, who, branch, line, file } => {
            let connection = context.connection(&tenant).await?;
            let path = exports::path_of(context, &file);
            let row = vec![connection.tenant_name, branch, who, line];
            tokio::task::spawn_blocking(move || add_to_fix_list(&path, row)).await.map_err(|error| {
                Problem::new(ProblemKind::Failed, "the fix list was not written").with_why(error.to_string())
            })??
        }
    })
}

/// Keeps a judgement; answers whom it concerns.
async fn decide(
    context: &Context,
    tenant: &str,
    judgement: Judgement,
    reason: Option<String>,
) -> Result<Vec<EmployeeId>, Problem> {
    let connection = context.connection(tenant).await?;
    Ok(reviews::decide(&context.engine, &context.access, &connection, judgement, reason).await?)
}

fn somebody(employees: Vec<EmployeeId>) -> Option<Vec<EmployeeId>> {
    (!employees.is_empty()).then_some(employees)
}

/// Plans on a thread of its own: everybody may be planned.
async fn computed<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let computed = tokio::task::spawn_blocking(compute).await;
    computed.map_err(|error| {
        Problem::new(ProblemKind::Failed, "a part of the program ended unexpectedly").with_why(error.to_string())
    })
}

/// The words of a connection's vendors.
pub(super) fn words(abilities: Abilities) -> Words {
    Words {
        source: abilities.source.name.to_owned(),
        destination: abilities.destination.name.to_owned(),
        identifier: abilities.destination.identifier_word.to_owned(),
    }
}

fn later(context: &Context, connection: &Connection) -> Date {
    let today = day_in(context.engine.clock.now(), &connection.time_zone);
    today.checked_add(LATER_DAYS.days()).unwrap_or(today)
}

async fn queue(context: &Context, tenant: &str, also: Option<EmployeeId>) -> Result<Option<Queue>, Problem> {
    let connection = context.connection(tenant).await?;
    let store = &context.engine.store;
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(None) };
    let mut holds = store.review_desk(connection.id, head.id).await?;
    holds.retain(|hold| is_asked(hold) || also.as_ref() == Some(&hold.employee));
    let groups = groups::groups(&holds);
    let mut rows: Vec<QueueRow> = holds
        .into_iter()
        .map(|hold| {
            let since = hold.ruling.as_ref().filter(|ruling| ruling.at >= head.made_at);
            let best = hold.best;
            QueueRow {
                ruled: since.and_then(|decision| Ruled::of(&decision.ruling)),
                hold: hold.hold,
                employee: hold.employee,
                name: hold.name,
                code: hold.code,
                probability: best.as_ref().map_or(0.0, |best| best.probability),
                user_name: best.as_ref().map(|best| best.name.clone()).unwrap_or_default(),
                user: best.map(|best| best.user),
                group: None,
            }
        })
        .collect();
    for (number, group) in groups.iter().enumerate() {
        for row in &group.rows {
            if let Some(row) = rows.get_mut(*row) {
                row.group = Some(number);
            }
        }
    }
    let mut collisions: Vec<EmployeeId> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for row in store.collisions(head.id).await? {
        if seen.insert(row.employee.clone()) {
            seen.extend(row.others);
            collisions.push(row.employee);
        }
    }
    Ok(Some(Queue {
        plan: head.id.0,
        made: head.made_at,
        words: words(context.engine.abilities(&connection)?),
        auto_link: connection.settings.auto_link,
        people: head.people,
        later: later(context, &connection),
        rows,
        groups,
        collisions,
        doubled: head.doubled.iter().map(|one| one.employee.clone()).collect(),
    }))
}

/// Whether a held person waits for a ruling: somebody put off or held back does not, a ruling that is out of date does.
fn is_asked(hold: &DeskHold) -> bool {
    hold.code != HoldCode::Later
        || hold.ruling.as_ref().is_some_and(|decision| matches!(decision.ruling, Ruling::Exclude | Ruling::Protect))
}

const FIX_HEADS: [&str; 4] = ["tenant", "branch", "who", "what to correct"];

/// Adds one line to a fix list; the same line twice is one.
fn add_to_fix_list(path: &Path, row: Vec<String>) -> Result<Answer, Problem> {
    let failed = |why: String| {
        Problem::new(ProblemKind::Input, "the fix list was not written")
            .with_why(why)
            .with_now("name a file ending in .csv or .xlsx in a folder that you may write")
    };
    exports::make_folder_of(path).map_err(|error| failed(error.to_string()))?;
    let mut rows: Vec<Vec<String>> = if path.exists() {
        let sheet = sheet::read(path).map_err(|error| failed(error.to_string()))?;
        sheet.rows.into_iter().map(|(_, row)| row).collect()
    } else {
        Vec::new()
    };
    if !rows.contains(&row) {
        rows.push(row);
    }
    let cells = |row: Vec<String>| row.into_iter().map(Cell::from).collect();
    let table = Table { rows: rows.into_iter().map(cells).collect(), ..Table::new(&FIX_HEADS) };
    export::write(path, &table).map_err(|error| failed(error.to_string()))?;
    Ok(Answer::Saved(path.display().to_string()))
}

#[cfg(test)]
pub(super) mod desk;
#[cfg(test)]
mod tests;
