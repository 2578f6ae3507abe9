//! Answers the screen Run: a live run.

use super::{Context, exports, header};
use crate::console::screens::run::data::{Act, Answer, Ask, FeedCounts, Newest, Other, Unfinished};
use crate::domain::connection::Connection;
use crate::domain::ids::RunId;
use crate::domain::problem::Problem;
use crate::domain::run::{Level, OperationState};
use crate::domain::snapshot::Side;
use crate::services;
use crate::store::views::FeedFilter;
use crate::store::{AtWork, JournalTotals, StoreError};

/// Runs that are shown under "what was tried", and looked at for how often in a row.
const RECENT: u32 = 12;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Newest { tenant } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Newest(Box::new(newest(context, &connection).await?)))
        }
        Ask::Feed { tenant, run, edge, limit } => {
            let connection = context.connection(&tenant).await?;
            let filter = |level| FeedFilter { run: Some(run), level, ..FeedFilter::default() };
            let store = &context.store;
            let rows = store.feed_window(connection.id, filter(None), edge, limit).await?;
            let counts = FeedCounts {
                lines: store.feed_count(connection.id, filter(None)).await?,
                warnings: store.feed_count(connection.id, filter(Some(Level::Warn))).await?,
                errors: store.feed_count(connection.id, filter(Some(Level::Error))).await?,
            };
            Ok(Answer::Feed { edge, rows, counts })
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::SaveErrors { run, file, .. } => {
            let (path, lines) = exports::save_errors(context, run, &file).await?;
            Ok(Answer::Saved { path, lines })
        }
    }
}

async fn newest(context: &Context, connection: &Connection) -> Result<Newest, Problem> {
    let store = &context.store;
    let abilities = context.engine.abilities(connection)?;
    let state = store.connection_state(connection.id).await?;
    let recent = store.runs(Some(connection.id), RECENT).await?;
    let recent_run = recent.first().map(|run| run.id);
    let (mut phases, mut plan, mut totals) = (Vec::new(), None, JournalTotals::default());
    if let Some(run) = recent.first() {
        phases = store.phases(run.id).await?;
        if let Some(id) = run.plan {
            plan = match store.plan_head(id).await {
                Err(StoreError::Missing { .. }) => None,
                head => Some(head?),
            };
        }
    }
    if let Some(head) = plan.as_ref().filter(|head| head.approval.is_some()) {
        totals = store.journal_totals(head.id).await?;
        if recent.first().is_some_and(|run| run.is_at_work()) {
            totals = totals.while_at_work();
        }
    }
    Ok(Newest {
        tenant_name: connection.tenant_name.clone(),
        live: context.runs.supervisor.is_at_work(connection.id),
        standing: header::standing(context, connection).word(),
        status: connection.status,
        refusals: state.refusals,
        source: abilities.source.name,
        destination: abilities.destination.name,
        mails: abilities.destination.welcomes(connection.settings.welcome_mail),
        recent,
        phases,
        plan,
        totals,
        unfinished: unfinished(context, connection).await?,
        other: match context.at_work_elsewhere(connection).await? {
            Some(at_work) => {
                let gate = match at_work.gate {
                    // It may have gone, or the run ended, since that was read.
                    Some(_) => services::waves::at_gate(&context.engine, connection).await,
                    None => None,
                };
                Some(Other { gate, ..other(&at_work, recent_run) })
            }
            None => None,
        },
        last_pull: store.snapshots(connection.id, Side::Source, 1).await?.first().and_then(|pull| pull.finished_at),
    })
}

/// Who is at work, beside the run that is shown.
fn other(at_work: &AtWork, shown: Option<RunId>) -> Other {
    let on_it = shown.is_some() && at_work.run == shown;
    Other { words: at_work.holder.words(), on_it, is_paused: at_work.is_paused, gate: None }
}

/// The run that has not ended, what is left of it, and who is at work on it.
pub(super) async fn unfinished(context: &Context, connection: &Connection) -> Result<Option<Unfinished>, Problem> {
    let store = &context.store;
    let Some((run, between_waves)) = services::runs::unfinished(&context.engine, connection).await? else {
        return Ok(None);
    };
    let at_work = store.at_work(connection.id).await?;
    let (mut left, mut approved) = (0, None);
    if let Some(plan) = run.plan {
        let totals = store.journal_totals(plan).await?;
        let open = [OperationState::Pending, OperationState::Sent, OperationState::Unknown];
        left = open.into_iter().map(|state| totals.state(state)).sum();
        approved = match store.approval(plan).await {
            Err(StoreError::Missing { .. }) => None,
            found => found?.map(|stored| {
                let by = stored.approval.by;
                stored
                    .approval
                    .confirmed
                    .map_or_else(|| format!("by {by}"), |typed| format!("by {by}, `{typed}` typed"))
            }),
        };
    }
    let by_other = at_work.map(|at_work| other(&at_work, Some(run.id)));
    Ok(Some(Unfinished { run: run.id, left, approved, by_other, between_waves }))
}
