//! Answers the screen Schedule.

use super::{Context, header};
use crate::console::screens::schedule::data::{Act, Answer, Ask, Delivery, Facts, Line, Received, Watching};
use crate::domain::problem::Problem;
use crate::engine::schedule::Waits;
use crate::services::{schedules, webhooks};
use crate::store::{DeliveryDesk, DeliveryRow, DeliveryState};
use std::collections::BTreeMap;

/// Deliveries that are shown.
const DELIVERIES: u32 = 20;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Read = ask;
    let all = schedules::all(&context.engine).await?;
    let desk = webhooks::received(&context.engine, None, DELIVERIES).await?;
    let names: BTreeMap<_, _> =
        all.standings.iter().map(|one| (one.connection.id, one.connection.tenant_name.clone())).collect();
    let received =
        (!desk.rows.is_empty()).then(|| received(desk, |row| names.get(&row.connection).cloned().unwrap_or_default()));
    let mut lines = Vec::new();
    for standing in all.standings {
        let abilities = context.engine.abilities(&standing.connection).ok();
        let waits_for = match &standing.waits {
            Some(Waits::Answer(run)) => context.store.run(*run).await?.problem.map(|problem| problem.code()),
            _ => None,
        };
        lines.push(Line {
            waits_for,
            word: header::standing(context, &standing.connection),
            // A connection of another build is shown all the same, by what it calls its vendors.
            destination: abilities.as_ref().map_or_else(
                || standing.connection.destination.vendor.clone(),
                |both| both.destination.name.to_owned(),
            ),
            tells_changes: abilities.is_some_and(|both| both.source.changes),
            standing,
        });
    }
    let watcher = all.desk.watchers.first().map(|one| Watching {
        by: one.holder.words(),
        since: one.since,
        at_once: one.at_once,
    });
    Ok(Answer::Read(Box::new(Facts { lines, paused: all.desk.paused, watcher, received })))
}

fn received(desk: DeliveryDesk, name: impl Fn(&DeliveryRow) -> String) -> Received {
    let rows = desk.rows.iter().map(|row| Delivery {
        at: row.received,
        tenant: name(row),
        event: row.event.clone(),
        state: row.state,
        words: words(row),
        again: row.again,
    });
    Received { rows: rows.collect(), taken: desk.taken, ignored: desk.ignored, refused: desk.refused }
}

/// `HK204, run 412: done`
fn words(row: &DeliveryRow) -> String {
    let people: Vec<&str> = row.people.iter().map(|id| id.as_str()).collect();
    let run = row.run.map(|run| format!("run {run}"));
    let state = match row.state {
        DeliveryState::Queued => "waits".to_owned(),
        DeliveryState::Taken => "running".to_owned(),
        DeliveryState::Ignored => "ignored".to_owned(),
        DeliveryState::Refused => "refused".to_owned(),
        DeliveryState::Failed => "failed".to_owned(),
        // The note says it.
        DeliveryState::Done | DeliveryState::Stopped => String::new(),
    };
    let parts = [people.join(" "), run.unwrap_or_default(), state, row.note.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let (engine, access) = (&context.engine, &context.access);
    match act {
        Act::ToggleSkip { tenant } => {
            let connection = context.connection(&tenant).await?;
            let skip = schedules::toggle_skip(engine, access, &connection).await?;
            let at = skip.slot.civil.strftime("%a %-d %b %H:%M");
            let name = &connection.tenant_name;
            Ok(Answer::Done(match skip.skipped {
                true => format!("{name}: the run of {at} is let pass"),
                false => format!("{name}: the run of {at} begins when it is due"),
            }))
        }
        Act::PauseAll { paused } => {
            schedules::pause_all(engine, access, paused).await?;
            let words = if paused { "All schedules are paused" } else { "The schedules go on" };
            Ok(Answer::Done(words.to_owned()))
        }
    }
}
