//! Answers the screens Review and Collision: the queue, one card, a collision, rulings.

mod card;
pub(super) use card::shown;
mod collision;
mod records;
mod rivals;
mod trial;
mod undo;
pub(super) use undo::walked;

use super::{Context, exports};
use crate::console::screens::review::data::{Act, Answer, Ask, Queue, Ruled, Words};
use crate::domain::connection::Connection;
use crate::domain::decision::{NotSame, Ruling};
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::connect::Abilities;
use crate::files::export::{self, Cell, Table};
use crate::files::sheet;
use crate::ports::clock::day_in;
use crate::services::exports::Exported;
use crate::services::reviews::{self, Judgement, group, list};
use crate::store::views::{QueueAsk, QueueFound, ReviewOrder};
pub(super) use card::STAYS;
use jiff::ToSpan;
use jiff::civil::Date;
use std::path::Path;

/// Lines of a file that are read at once.
const SAVED_AT_ONCE: usize = 500;
/// Days until somebody who is put off is asked about again.
const LATER_DAYS: i32 = 7;
/// Lists that may come into memory before the one that is waited for.
const AWAITED: usize = 16;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    Ok(match ask {
        Ask::Queue { tenant, also, order, whole } => {
            Answer::Queue(queue(context, &tenant, also, order, whole).await?.map(Box::new))
        }
        Ask::Filter { tenant, plan, also, order, text, today } => {
            let connection = context.connection(&tenant).await?;
            let identifier = context.engine.abilities(&connection)?.destination.identifier_word;
            let asked = QueueAsk { connection: connection.id, plan: PlanId(plan), also, order };
            let found = list::filtered(&context.store, asked, (identifier, &text), today).await?;
            // What cannot be read was marked where it was typed; it hides nobody.
            let found = found.unwrap_or_default().map(Box::new);
            Answer::Filtered { text, order, plan, found }
        }
        Ask::Lines { tenant, holds } => {
            let connection = context.connection(&tenant).await?;
            Answer::Lines(list::lines(&context.store, &connection, holds).await?)
        }
        Ask::Group { tenant, members } => {
            let connection = context.connection(&tenant).await?;
            Answer::Group(group::consequences(&context.engine, &connection, &members).await?)
        }
        Ask::Progress { tenant } => {
            let connection = context.connection(&tenant).await?;
            let progress = context.store.review_progress(connection.id).await?;
            let ruled = progress.ruled.iter().filter_map(|(one, ruling)| Some((one.clone(), ruled(ruling.as_ref())?)));
            Answer::Progress { figures: progress.figures, ruled: ruled.collect() }
        }
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
        Act::KeepShared { tenant, employee } => {
            decide(context, &tenant, Judgement::KeepShared(employee), None).await?;
            Answer::Ruled
        }
        Act::WithoutEmail { tenant, employees } => {
            decide(context, &tenant, Judgement::WithoutEmail(employees), None).await?;
            Answer::Ruled
        }
        Act::NotSame { tenant, employee, user, off } => {
            let pair = NotSame { employee, user };
            decide(context, &tenant, Judgement::NotSame { pair, off }, None).await?;
            Answer::NotSame { off }
        }
        Act::Undo { tenant } => walk(context, &tenant, true).await?,
        Act::Redo { tenant } => walk(context, &tenant, false).await?,
        Act::Replan { tenant } => {
            let connection = context.connection(&tenant).await?;
            // A run that is live plans by itself, and its plan is the one that counts.
            if !context.runs.supervisor.is_at_work(connection.id) {
                context.replan(&connection).await?;
            }
            Answer::Replanned
        }
        Act::Save { tenant, holds, file } => {
            let connection = context.connection(&tenant).await?;
            let mut lines = Vec::with_capacity(holds.len());
            for part in holds.chunks(SAVED_AT_ONCE) {
                lines.extend(list::lines(&context.engine.store, &connection, part.to_vec()).await?);
            }
            let (path, lines) =
                exports::save(context, (Some(connection.id), "review list"), &file, list::table(&lines)).await?;
            Answer::ListSaved { path, lines }
        }
        Act::FixList { tenant, who, branch, line, file } => {
            let connection = context.connection(&tenant).await?;
            let path = exports::path_of(context, &file);
            let (row, target) = (vec![connection.tenant_name, branch, who, line], path.clone());
            let added =
                tokio::task::spawn_blocking(move || add_to_fix_list(&target, row)).await.map_err(|error| {
                    Problem::new(ProblemKind::Failed, "the fix list was not written").with_why(error.to_string())
                })??;
            exports::note(context, &Exported::of(connection.id, "a line of the fix list for HR", 1), path).await?;
            added
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

async fn walk(context: &Context, tenant: &str, undo: bool) -> Result<Answer, Problem> {
    let connection = context.connection(tenant).await?;
    let people = reviews::walk(&context.engine, &context.access, &connection, undo).await?;
    let words = walked(&people, undo);
    let employees: Vec<EmployeeId> = people.into_iter().map(|one| one.walked.employee).collect();
    let employees = (!employees.is_empty()).then_some(employees);
    Ok(Answer::Walked { employees, words, redo: !undo })
}

/// How a card is marked; without a ruling something was said beside another record.
fn ruled(ruling: Option<&Ruling>) -> Option<Ruled> {
    ruling.map_or(Some(Ruled::Apart), Ruled::of)
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

async fn queue(
    context: &Context,
    tenant: &str,
    also: Option<EmployeeId>,
    order: ReviewOrder,
    whole: bool,
) -> Result<Option<Queue>, Problem> {
    let connection = context.connection(tenant).await?;
    let store = &context.store;
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(None) };
    let asked = QueueAsk { connection: connection.id, plan: head.id, also, order };
    let found = if whole { all(context, asked).await? } else { store.review_found(asked).await? };
    let marks = found.ruled.iter().filter_map(|(row, ruling)| Some((*row, ruled(ruling.as_ref())?)));
    Ok(Some(Queue {
        plan: head.id.0,
        made: head.made_at,
        mark: found.mark,
        words: words(context.engine.abilities(&connection)?),
        auto_link: connection.settings.auto_link,
        people: head.people,
        later: later(context, &connection),
        order,
        ruled: marks.collect(),
        figures: found.figures,
        counted: found.ruled.len(),
        rows: found.rows,
        groups: found.groups,
        whole: found.whole,
        collisions: found.collisions,
        doubled: head.doubled.iter().map(|one| one.employee.clone()).collect(),
    }))
}

/// The whole queue, as soon as it is in memory.
async fn all(context: &Context, asked: QueueAsk) -> Result<QueueFound, Problem> {
    let mut landed = context.store.list_watch();
    for _ in 0..AWAITED {
        let found = context.store.review_found(asked.clone()).await?;
        if found.whole || landed.changed().await.is_err() {
            return Ok(found);
        }
    }
    // It cannot be kept in memory: read for this once, where nobody else waits.
    Ok(context.engine.store.review_found(asked).await?)
}

const FIX_HEADS: [&str; 4] = ["tenant", "branch", "who", "what to correct"];

/// Adds one line to a fix list; the same line twice is one.
fn add_to_fix_list(path: &Path, row: Vec<String>) -> Result<Answer, Problem> {
    let failed = |why: String| {
        Problem::new(ProblemKind::Input, "the fix list was not written")
            .with_why(why)
            .with_remedy("name a file ending in .csv or .xlsx in a folder that you may write")
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
