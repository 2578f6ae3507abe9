//! Answers the screens History and Run detail.

use super::{Context, exports, header, run as live_run};
use crate::console::screens::history::data::{Act, Answer, Ask, Detail, Line, Mark, Part, Runs};
use crate::domain::capabilities::DestinationCapabilities;
use crate::domain::code::LineCode;
use crate::domain::connection::Connection;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::RunId;
use crate::domain::operation::UserChange;
use crate::domain::plan::{HoldCode, HoldKind, OperationKind};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::OperationState;
use crate::files::export::{Cell, Table};
use crate::services::{reports, waves};
use crate::store::views::{HeldRow, OperationRow};

/// Runs that are listed at most; a schedule of ten minutes makes that many in a month.
const LISTED: u32 = 5_000;
/// Lines of a file that are read at once.
const BATCH: usize = 500;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Runs { tenant } => {
            let connection = context.connection(&tenant).await?;
            let abilities = context.engine.abilities(&connection)?;
            let mut rows = context.store.runs(Some(connection.id), LISTED + 1).await?;
            let more = rows.len() > LISTED as usize;
            rows.truncate(LISTED as usize);
            Ok(Answer::Runs(Box::new(Runs {
                tenant_name: connection.tenant_name.clone(),
                standing: header::standing(context, &connection).word(),
                destination: abilities.destination.name,
                rows,
                more,
                no_report: reports::why_not(&context.runs.supervisor, &connection),
                unfinished: live_run::unfinished(context, &connection).await?,
            })))
        }
        Ask::Detail { tenant, run } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Detail(Box::new(detail(context, &connection, run).await?)))
        }
        Ask::Lines { tenant, part, ids } => {
            let connection = context.connection(&tenant).await?;
            let abilities = context.engine.abilities(&connection)?;
            // The engine's handle answers everything: the windows of the three lists are asked for at the same time.
            let store = &context.engine.store;
            let lines = match part {
                Part::Held => store.held_rows(connection.id, ids).await?.into_iter().map(held_line).collect(),
                Part::Failed | Part::Changed => {
                    let rows = store.operation_rows(connection.id, ids).await?;
                    rows.into_iter().map(|row| line(row, abilities.destination)).collect()
                }
            };
            Ok(Answer::Lines { part, lines })
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let (path, lines) = match act {
        Act::SaveErrors { run, file, .. } => exports::save_errors(context, run, &file).await?,
        Act::SaveAll { tenant, run, file } => save_all(context, &tenant, run, &file).await?,
        Act::Report { run } => {
            let own = (&context.runs.supervisor, &context.engine);
            let sent = reports::send(own, &context.access, run).await?;
            let not_told = sent.not_told_words();
            return Ok(Answer::Mailed { run, recipients: sent.to, not_told });
        }
    };
    Ok(Answer::Saved { path, lines })
}

async fn detail(context: &Context, connection: &Connection, run: RunId) -> Result<Detail, Problem> {
    let store = &context.engine.store;
    let abilities = context.engine.abilities(connection)?;
    let found = store.run_detail(run).await?;
    if found.run.connection != connection.id {
        return Err(Problem::new(ProblemKind::Input, format!("run {run} is of another tenant")));
    }
    let waves = waves::of_run(store, &found.run).await?;
    let (mut holds, mut held) = (Vec::new(), Vec::new());
    if let Some(plan) = &found.plan {
        for code in HoldCode::ALL {
            let ids = store.held_ids(plan.id, code).await?;
            if !ids.is_empty() {
                holds.push((code, u32::try_from(ids.len()).unwrap_or(u32::MAX)));
                held.extend(ids.iter());
            }
        }
    }
    let runs = store.runs(Some(connection.id), LISTED).await?;
    let at = runs.iter().position(|row| row.id == run);
    let earlier = at.and_then(|at| runs.get(at + 1)).map(|row| row.id);
    let later = at.and_then(|at| runs.get(at.checked_sub(1)?)).map(|row| row.id);
    Ok(Detail {
        waves,
        run: found,
        destination: abilities.destination.name,
        identifier_word: abilities.destination.identifier_word,
        mails: abilities.destination.welcomes(connection.settings.welcome_mail),
        no_report: reports::why_not(&context.runs.supervisor, connection),
        holds,
        held,
        neighbours: (earlier, later),
    })
}

fn mark(kind: OperationKind) -> Mark {
    match kind.facts().change {
        UserChange::Added => Mark::Created,
        UserChange::Back => Mark::Reactivated,
        UserChange::Linked => Mark::Linked,
        UserChange::Changed => Mark::Updated,
        UserChange::Removed => Mark::Deactivated,
    }
}

/// One write as Run detail shows it; the destination's own words for its fields.
fn line(row: OperationRow, destination: &DestinationCapabilities) -> Line {
    let OperationRow { id, row, name, .. } = row;
    let operation = &row.operation;
    let mark = match row.state {
        OperationState::Failed => Mark::Failed,
        OperationState::Unknown | OperationState::Sent => Mark::Unknown,
        _ => mark(operation.kind),
    };
    let text = match (&row.error, mark) {
        (Some((code, message)), Mark::Failed) => format!("{} {message}", LineCode::came_back(code)),
        (_, Mark::Unknown) => "no answer; looked up before anything is sent again".to_owned(),
        _ => what_changed(operation.kind, &operation.fields, operation.note.as_deref(), destination),
    };
    let user = operation.user.as_ref().or(row.answered.as_ref());
    let name = if name.is_empty() { option_name(&operation.fields) } else { name };
    Line {
        id,
        mark,
        name,
        employee: operation.employee.as_ref().map(|employee| employee.0.clone()),
        identifier: operation.identifier.as_ref().map(|identifier| identifier.0.clone()).unwrap_or_default(),
        user: user.map(|user| user.0.clone()).unwrap_or_default(),
        what: operation.kind.words().to_owned(),
        text,
        error: row.error.map(|(code, _)| code).unwrap_or_default(),
        unconfirmed: row.state == OperationState::Written,
        at: row.done_at,
    }
}

fn option_name(fields: &[FieldChange]) -> String {
    fields.first().and_then(|change| change.to.clone()).unwrap_or_default()
}

pub(super) fn what_changed(
    kind: OperationKind,
    fields: &[FieldChange],
    note: Option<&str>,
    destination: &DestinationCapabilities,
) -> String {
    let mut parts: Vec<String> = note.map(str::to_owned).into_iter().collect();
    match kind {
        OperationKind::Link => parts.push(format!("{} written", destination.identifier_word)),
        OperationKind::CreateOption => {
            let words = fields.first().map(|change| destination.word(change.field)).unwrap_or("option");
            parts.push(format!("new {words}"));
        }
        OperationKind::RemoveOption => {
            let words = fields.first().map(|change| destination.word(change.field)).unwrap_or("option");
            parts.push(format!("{words} that nobody needs any more"));
        }
        OperationKind::Create => {
            let shown = [Field::Branch, Field::JobTitle];
            let given = fields.iter().filter(|change| shown.contains(&change.field));
            parts.extend(
                given.filter_map(|change| {
                    change.to.as_ref().map(|to| format!("{} {to}", destination.word(change.field)))
                }),
            );
        }
        _ => parts.extend(fields.iter().map(|change| field_words(change, destination))),
    }
    parts.join(", ")
}

/// `branch Quayside → Lakeside`; of private fields only the name.
fn field_words(change: &FieldChange, destination: &DestinationCapabilities) -> String {
    let word = destination.word(change.field);
    match change.field {
        Field::Email | Field::DateOfBirth | Field::Phone | Field::Address | Field::Postcode => {
            format!("{word} changed")
        }
        _ => {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(empty)".to_owned());
            format!("{word} {} → {}", value(&change.from), value(&change.to))
        }
    }
}

/// Someone who was held: the reason, and exactly what is missing (PL04).
fn held_line(row: HeldRow) -> Line {
    let mark = match row.hold.code.kind() {
        HoldKind::Blocked => Mark::Blocked,
        HoldKind::Review => Mark::Review,
        HoldKind::Ruled => Mark::Ruled,
    };
    let text = if row.hold.remedy.is_empty() {
        row.hold.message.clone()
    } else {
        format!("{}; {}", row.hold.message, row.hold.remedy)
    };
    Line {
        id: row.id,
        mark,
        name: row.name,
        identifier: row.hold.employee.0.clone(),
        employee: Some(row.hold.employee.0),
        user: String::new(),
        what: row.hold.code.words().to_owned(),
        text,
        error: String::new(),
        unconfirmed: false,
        at: None,
    }
}

async fn save_all(context: &Context, tenant: &str, run: RunId, file: &str) -> Result<(String, u64), Problem> {
    let connection = context.connection(tenant).await?;
    let found = detail(context, &connection, run).await?;
    let mut ids = found.run.failed.clone();
    ids.extend(&found.run.changed);
    let mut rows = lines(context, &connection, ids).await?;
    for batch in found.held.chunks(BATCH) {
        rows.extend(context.store.held_rows(connection.id, batch.to_vec()).await?.into_iter().map(held_line));
    }
    let mut table = Table::new(&["employee_id", "identifier", "user_id", "operation", "reason", "at", "name"]);
    table.rows = rows.into_iter().map(|line| cells(&line)).collect();
    exports::save(context, (Some(connection.id), &format!("lines of run {run}")), file, table).await
}

async fn lines(context: &Context, connection: &Connection, ids: Vec<i64>) -> Result<Vec<Line>, Problem> {
    let destination = context.engine.abilities(connection)?.destination;
    let mut lines = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let rows = context.engine.store.operation_rows(connection.id, batch.to_vec()).await?;
        lines.extend(rows.into_iter().map(|row| line(row, destination)));
    }
    Ok(lines)
}

fn cells(line: &Line) -> Vec<Cell> {
    vec![
        line.employee.clone().into(),
        line.identifier.clone().into(),
        line.user.clone().into(),
        line.what.clone().into(),
        line.text.clone().into(),
        line.at.map(|at| at.to_string()).into(),
        line.name.clone().into(),
    ]
}
