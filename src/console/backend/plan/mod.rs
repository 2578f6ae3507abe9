//! Answers the screen Plan, and the page of the typed confirmation.

mod limit;
mod page;
mod person;

use super::header::standing;
use super::{Context, ROWS_AT_ONCE, exports, review};
use crate::console::format;
use crate::console::screens::plan::data::{Act, Answer, Ask, Compared, LineRow, Question};
use crate::domain::capabilities::ReadBack;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::decision::Ruling;
use crate::domain::filter::{Condition, Filter, conditions};
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{OperationKind, Plan};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::OperationState;
use crate::files::sign_off;
use crate::planning::{self, can_be_undone};
use crate::ports::clock::day_in;
use crate::services::exports::Exported;
use crate::services::reviews::{self, Judgement};
use crate::services::{drift, fix_list};
use crate::store::views::{OperationFilter, OperationSort, PlanPeople, plan_columns};
use std::sync::Arc;

/// Names that a question shows.
const NAMED: usize = 9;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let store = &context.store;
    Ok(match ask {
        Ask::Page { tenant } => Answer::Page(page::page(context, &tenant).await?.map(Box::new)),
        Ask::Facets { plan, kind, text } => {
            let filter = OperationFilter { kind, terms: terms(context, &text)?, ..OperationFilter::default() };
            let mut landed = store.list_watch();
            for _ in 0..AWAITED {
                let found = store.operation_facets(PlanId(plan), filter.clone(), OperationSort::Branch).await?;
                if let Some(facets) = found {
                    return Ok(Answer::Facets { text, facets });
                }
                if landed.changed().await.is_err() {
                    break;
                }
            }
            Answer::Facets { text, facets: Vec::new() }
        }
        Ask::Lines { tenant: _, plan, kind, text, waits } => {
            let filter = OperationFilter { kind, terms: terms(context, &text)?, ..OperationFilter::default() };
            let found = lines(context, PlanId(plan), filter, waits).await?;
            found.map_or(Answer::Reading, Answer::Lines)
        }
        Ask::Held { tenant: _, plan, code, text } if text.trim().is_empty() => {
            Answer::Lines(store.held_ids(PlanId(plan), code).await?)
        }
        Ask::Held { tenant, plan, code, text } => {
            let (connection, terms) = (context.connection(&tenant).await?, terms(context, &text)?);
            Answer::Lines(store.held_found(connection.id, (PlanId(plan), code), terms).await?.0)
        }
        Ask::HeldFacets { tenant, plan, code, text } => {
            let (connection, terms) = (context.connection(&tenant).await?, terms(context, &text)?);
            let (_, facets) = store.held_found(connection.id, (PlanId(plan), code), terms).await?;
            Answer::Facets { text, facets }
        }
        Ask::Rows { tenant, ids, held } => {
            let connection = context.connection(&tenant).await?;
            Answer::Rows(rows(context, &connection, ids, held).await?)
        }
        Ask::Person { tenant, line } => {
            let connection = context.connection(&tenant).await?;
            Answer::Person(Box::new(person::person(context, &connection, line).await?))
        }
        Ask::Question { tenant, plan, only } => {
            let connection = context.connection(&tenant).await?;
            Answer::Question(Box::new(question(context, &connection, plan, only).await?))
        }
        Ask::Limit { tenant, plan, only, without } => {
            let connection = context.connection(&tenant).await?;
            Answer::Limit(Box::new(limit::page(context, &connection, plan, only, without).await?))
        }
        Ask::Compare { tenant, plan } => {
            let connection = context.connection(&tenant).await?;
            Answer::Compared(Box::new(compare(context, &connection, plan).await?))
        }
    })
}

/// What a filter asks of the lines; none of its columns is a day.
fn terms(context: &Context, text: &str) -> Result<Vec<Condition>, Problem> {
    let today = day_in(context.engine.clock.now(), "UTC");
    conditions(&Filter::parse(text), &plan_columns(), today)
        .map_err(|error| Problem::new(ProblemKind::Input, error.to_string()))
}

/// Lists that may come into memory before the one that is waited for.
const AWAITED: usize = 16;

/// The lines that a filter finds; `None` while their texts are being read, where nobody waits for that.
async fn lines(
    context: &Context,
    plan: PlanId,
    filter: OperationFilter,
    waits: bool,
) -> Result<Option<Arc<Vec<i64>>>, Problem> {
    let (store, sort) = (&context.store, OperationSort::Branch);
    let mut landed = store.list_watch();
    for _ in 0..AWAITED {
        let found = store.operation_ids_at_once(plan, filter.clone(), sort).await?;
        if found.is_some() || !waits {
            return Ok(found);
        }
        if landed.changed().await.is_err() {
            break;
        }
    }
    Ok(Some(context.engine.store.operation_ids(plan, filter, sort).await?))
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let store = &context.engine.store;
    Ok(match act {
        Act::HoldBack { tenant, employees, on } => {
            let connection = context.connection(&tenant).await?;
            let held = |one: &EmployeeId| (one.clone(), Ruling::HoldBack);
            let judgement = if on {
                Judgement::Rule(employees.iter().map(held).collect())
            } else {
                Judgement::LetGo(employees.clone())
            };
            reviews::decide(&context.engine, &context.access, &connection, judgement, None).await?;
            context.replan(&connection).await?;
            let words = if on { "Held back" } else { "Let go" };
            let who = format::counted(employees.len() as u64, "person", "people");
            Answer::Replanned { employees, words: format!("{words} {who}"), walked: false }
        }
        Act::Walk { tenant, redo } => {
            let connection = context.connection(&tenant).await?;
            let people = reviews::walk(&context.engine, &context.access, &connection, !redo).await?;
            let words = review::walked(&people, !redo);
            if people.is_empty() {
                return Ok(Answer::Nothing(words));
            }
            context.replan(&connection).await?;
            let employees = people.into_iter().map(|one| one.walked.employee).collect();
            Answer::Replanned { employees, words, walked: true }
        }
        Act::Save { tenant, plan, file } => {
            let connection = context.connection(&tenant).await?;
            let table = sign_off::table(&store.plan(PlanId(plan)).await?);
            let export = Exported::of(connection.id, format!("plan {plan} for sign-off"), table.rows.len());
            let path = exports::write(context, &export, &file, table).await?;
            Answer::Saved(path.display().to_string())
        }
        Act::SaveFixList { tenant, file } => {
            let connection = context.connection(&tenant).await?;
            let list = fix_list::list(&context.engine, &connection).await?;
            let figures = list.figures();
            let export = Exported::of(connection.id, "fix list for HR", list.lines.len());
            let path = exports::write_by(context, &export, &file, move |path| fix_list::write(&list, path)).await?;
            Answer::FixList(format!(
                "{} open for {}, {} put right lately: {}",
                figures.open,
                format::counted(figures.people as u64, "person", "people"),
                figures.cured,
                path.display()
            ))
        }
    })
}

/// Why nothing may be sent now.
pub(super) fn gate(context: &Context, connection: &Connection, applied: bool, operations: u32) -> Option<String> {
    let reason = match connection.status {
        ConnectionStatus::Preview => "not published",
        ConnectionStatus::Off => "switched off",
        ConnectionStatus::Paused => "paused",
        ConnectionStatus::Live if context.runs.supervisor.is_at_work(connection.id) => "a run is live",
        ConnectionStatus::Live if applied => "applied already",
        ConnectionStatus::Live if operations == 0 => "nothing to do",
        ConnectionStatus::Live => return None,
    };
    Some(reason.to_owned())
}

async fn rows(context: &Context, connection: &Connection, ids: Vec<i64>, held: bool) -> Result<Vec<LineRow>, Problem> {
    let store = &context.store;
    let destination = context.engine.abilities(connection)?.destination;
    if held {
        let mut rows = Vec::with_capacity(ids.len());
        for part in ids.chunks(ROWS_AT_ONCE) {
            rows.extend(store.held_rows(connection.id, part.to_vec()).await?);
        }
        let row = |row: crate::store::views::HeldRow| LineRow {
            id: row.id,
            kind: None,
            code: Some(row.hold.code),
            name: if row.name.is_empty() { row.hold.employee.to_string() } else { row.name },
            identifier: row.hold.employee.to_string(),
            employee: Some(row.hold.employee),
            fields: row.hold.message,
            branch: row.branch.unwrap_or_default(),
            state: String::new(),
        };
        return Ok(rows.into_iter().map(row).collect());
    }
    let mut rows = Vec::with_capacity(ids.len());
    for part in ids.chunks(ROWS_AT_ONCE) {
        rows.extend(store.operation_rows(connection.id, part.to_vec()).await?);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let operation = row.row.operation;
            let option = operation.fields.first().and_then(|change| change.to.clone());
            let is_option = operation.kind.is_of_list();
            LineRow {
                id: row.id,
                kind: Some(operation.kind),
                code: None,
                name: if is_option { option.or(operation.note.clone()).unwrap_or_default() } else { row.name },
                identifier: operation.identifier.as_ref().map(ToString::to_string).unwrap_or_default(),
                fields: match operation.kind {
                    OperationKind::CreateOption => operation
                        .list
                        .and_then(|table| destination.list(table))
                        .map(|table| format!("new {}", table.word.0))
                        .unwrap_or_default(),
                    OperationKind::RemoveOption => operation
                        .list
                        .and_then(|list| destination.list(list))
                        .map(|spec| format!("{} that nobody needs any more", spec.word.0))
                        .unwrap_or_default(),
                    OperationKind::Create => format!("new user, {} fields", operation.fields.len()),
                    OperationKind::Link => destination.identifier_word.to_owned(),
                    OperationKind::Deactivate => operation.note.clone().unwrap_or_else(|| "leaver".to_owned()),
                    _ => operation
                        .fields
                        .iter()
                        .map(|change| destination.word(change.field))
                        .collect::<Vec<_>>()
                        .join(", "),
                },
                employee: operation.employee,
                branch: row.branch.unwrap_or_default(),
                state: match row.row.state {
                    OperationState::Pending => String::new(),
                    state => state.key().replace('_', " "),
                },
            }
        })
        .collect())
}

/// The plan, or its part for some people.
pub(super) async fn part_of(context: &Context, plan: i64, only: &[EmployeeId]) -> Result<Plan, Problem> {
    let plan = context.engine.store.plan(PlanId(plan)).await?;
    Ok(if only.is_empty() { plan } else { planning::only(&plan, only) })
}

/// Names of the people of a plan's operations, the first few.
pub(super) async fn names(
    context: &Context,
    connection: &Connection,
    employees: impl Iterator<Item = &EmployeeId>,
    most: usize,
) -> Result<Vec<String>, Problem> {
    let mut seen: Vec<&EmployeeId> = Vec::new();
    for employee in employees {
        if seen.len() >= most {
            break;
        }
        if !seen.contains(&employee) {
            seen.push(employee);
        }
    }
    let mut names = Vec::with_capacity(seen.len());
    for employee in seen {
        let record = context.engine.store.employee(connection.id, employee).await?;
        names.push(record.map_or_else(|| employee.to_string(), |record| record.person.display_name()));
    }
    Ok(names)
}

async fn question(
    context: &Context,
    connection: &Connection,
    plan: i64,
    only: Vec<EmployeeId>,
) -> Result<Question, Problem> {
    let found = part_of(context, plan, &only).await?;
    let counts: Vec<String> = found
        .counts
        .kinds()
        .map(|(kind, count)| format!("{} {}", crate::console::format::count(count), kind.counted(count)))
        .collect();
    let mails = found.mails.welcome + found.mails.notice;
    let destination = context.engine.abilities(connection)?.destination;
    let back = match destination.read_back {
        ReadBack::Readable => found.operations.iter().filter(|one| can_be_undone(one)).count(),
        // What goes by list is taken back there.
        ReadBack::NextExport | ReadBack::OnceLoaded => 0,
    };
    let lost = if mails > 0 { format!(" Not: {mails} mails.") } else { String::new() };
    let moved = drift::before(&context.engine, connection, PlanId(plan), &found).await?;
    Ok(Question {
        moved,
        plan,
        tenant_name: format!("{}, {}", connection.tenant_name, standing(context, connection).word()),
        destination: destination.name.to_owned(),
        people: found.changed_people,
        operations: found.counts.operations(),
        counts: counts.join("   "),
        mails,
        names: names(context, connection, found.operations.iter().filter_map(|one| one.employee.as_ref()), NAMED)
            .await?,
        undo: if back > 0 {
            format!("Can be undone from History: {back} of them.{lost}")
        } else {
            format!("Cannot be undone.{lost}")
        },
        typed: found.needs_confirmation(),
        only,
    })
}

async fn compare(context: &Context, connection: &Connection, plan: i64) -> Result<Compared, Problem> {
    let store = &context.engine.store;
    let now = store.plan_head(PlanId(plan)).await?;
    let Some(before) = store.plan_before(connection.id, now.id).await? else {
        return Ok(Compared { plan, ..Compared::default() });
    };
    let mut counts: Vec<(String, u32, u32)> = OperationKind::SHOWN
        .into_iter()
        .map(|kind| (kind.facts().plural.to_owned(), before.counts.kind(kind), now.counts.kind(kind)))
        .filter(|(_, before, now)| before + now > 0)
        .collect();
    counts.push(("unchanged".to_owned(), before.counts.unchanged, now.counts.unchanged));
    counts.push(("in review".to_owned(), before.review, now.review));
    counts.push(("blocked".to_owned(), before.blocked, now.blocked));
    let people = |found: PlanPeople| {
        let name = |(id, name): (EmployeeId, String)| if name.is_empty() { id.to_string() } else { name };
        (found.count, found.some.into_iter().map(name).collect())
    };
    Ok(Compared {
        plan,
        before: Some(before.id.0),
        counts,
        joined: people(store.people_only_in(connection.id, now.id, before.id).await?),
        left: people(store.people_only_in(connection.id, before.id, now.id).await?),
    })
}

#[cfg(test)]
mod tests;
