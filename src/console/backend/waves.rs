//! Answers the screen Waves.

use super::Context;
use super::plan::{gate, names};
use crate::console::screens::waves::data::{Answer, Ask, Page, WaveRow};
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::domain::problem::Problem;
use crate::planning::waves::WaveFigures;
use crate::services::waves;

/// People of a wave who are named.
const NAMED: usize = 200;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered: a destination that cannot be read back, the store.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Page { tenant, asked } = ask;
    let connection = context.connection(&tenant).await?;
    let store = &context.engine.store;
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(Answer::Page(None)) };
    let plan = store.plan(head.id).await?;
    let split = waves::of_plan(&context.engine, &connection, &plan, &asked).await?;
    let mut rows = Vec::with_capacity(split.waves.len());
    for wave in split.waves {
        rows.push(row(context, &connection, wave).await?);
    }
    let destination = context.engine.abilities(&connection)?.destination;
    let shows_late = connection.settings.shows_within_s.unwrap_or(destination.shows_within_s);
    let (field, groups) = split.groups.map_or((None, Vec::new()), |(field, groups)| (Some(field), groups));
    Ok(Answer::Page(Some(Box::new(Page {
        plan: head.id.0,
        hash: head.hash,
        changes: head.operations,
        mails: head.mails.welcome,
        first_import: head.first_import,
        destination: destination.name.to_owned(),
        shows_late_min: u64::from(shows_late.div_ceil(60)),
        waves: rows,
        field,
        groups: groups.into_iter().map(|group| group.value).collect(),
        gate: gate(context, &connection, head.approval.is_some(), plan.counts.operations()),
    }))))
}

async fn row(context: &Context, connection: &Connection, wave: WaveFigures) -> Result<WaveRow, Problem> {
    let some: Vec<EmployeeId> = wave.people.iter().take(NAMED).cloned().collect();
    let kinds = wave.kinds.iter().map(|(kind, count)| format!("{count} {}", kind.counted(*count)));
    let what = match wave.kinds.iter().next() {
        Some((kind, 1)) if wave.changes == 1 => kind.words().to_owned(),
        _ => kinds.collect::<Vec<_>>().join(", "),
    };
    Ok(WaveRow {
        label: wave.label,
        changes: wave.changes,
        mails: wave.mails,
        people: u32::try_from(wave.people.len()).unwrap_or(u32::MAX),
        some: some.iter().cloned().zip(names(context, connection, some.iter(), NAMED).await?).collect(),
        what,
    })
}
