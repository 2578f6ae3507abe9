//! Answers the screen Feed log.

use super::{Context, exports};
use crate::console::screens::feed::data::{Act, Answer, Ask, Cure};
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::plan::HoldCode;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::exports::Exported;
use crate::services::{feed, mappings};
use crate::store::views::FeedFilter;
use crate::store::{Store, StoreError};

/// Lists that may come into memory before the one that is waited for.
const AWAITED: usize = 16;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Lines { tenant, filter, edge, limit, waits } => {
            let (store, id) = (&context.store, context.connection(&tenant).await?.id);
            let file = &context.engine.store;
            let now = || store.feed_window_at_once(id, filter.clone(), edge, limit);
            let rows = if waits && filter.sort.is_some() {
                let nothing = || async { Ok(Vec::new()) };
                let rows = landed(store, id, now, nothing).await?.filter(|rows| !rows.is_empty());
                if rows.is_none() && !store.keeps_feed(id).await? {
                    return Err(Problem::new(ProblemKind::Input, "the log is too long to be put in another order")
                        .with_remedy("s, newest first; or save it and sort the file"));
                }
                Some(rows.unwrap_or_default())
            } else if waits {
                landed(store, id, now, || file.feed_window(id, filter.clone(), edge, limit)).await?
            } else {
                now().await?
            };
            Ok(Answer::Lines { edge, reading: rows.is_none(), rows: rows.unwrap_or_default() })
        }
        Ask::Count { tenant, filter, waits } => {
            let (store, id) = (&context.store, context.connection(&tenant).await?.id);
            let file = &context.engine.store;
            let all = store.feed_count(id, FeedFilter::default()).await?;
            let now = || store.feed_count_at_once(id, filter.clone());
            let found = if filter == FeedFilter::default() {
                Some(all)
            } else if waits {
                landed(store, id, now, || file.feed_count(id, filter.clone())).await?
            } else {
                now().await?
            };
            Ok(Answer::Count { found, all })
        }
        Ask::Facets { tenant, text, filter } => {
            let (store, id) = (&context.store, context.connection(&tenant).await?.id);
            let mut landed = store.list_watch();
            for _ in 0..AWAITED {
                if let Some(facets) = store.feed_facets(id, filter.clone()).await? {
                    return Ok(Answer::Facets { text, facets });
                }
                if !store.keeps_feed(id).await? || landed.changed().await.is_err() {
                    break;
                }
            }
            Ok(Answer::Facets { text, facets: Vec::new() })
        }
        Ask::Cure { tenant, employee } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Cure(cure(context, &connection, employee).await?))
        }
    }
}

/// What memory says, as soon as it knows; of a log that is too long for it what the file says, on the lane that nobody at the
/// keys waits for.
async fn landed<T, N: Future<Output = Result<Option<T>, StoreError>>, F: Future<Output = Result<T, StoreError>>>(
    store: &Store,
    id: ConnectionId,
    now: impl Fn() -> N,
    from_file: impl FnOnce() -> F,
) -> Result<Option<T>, StoreError> {
    let mut landed = store.list_watch();
    for _ in 0..AWAITED {
        if let Some(known) = now().await? {
            return Ok(Some(known));
        }
        if !store.keeps_feed(id).await? || landed.changed().await.is_err() {
            break;
        }
    }
    Ok(Some(from_file().await?))
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::Save { tenant, filter, file } => {
            let connection = context.connection(&tenant).await?;
            let (path, lines) = save(context, &connection, filter, &file).await?;
            Ok(Answer::Saved { path, lines })
        }
    }
}

/// Why the newest plan holds someone, and the mapping row that would cure it.
async fn cure(context: &Context, connection: &Connection, employee: String) -> Result<Cure, Problem> {
    let nobody = Cure { employee: employee.clone(), ..Cure::default() };
    let card = match context.store.person_card_of(connection.id, &EmployeeId(employee.clone())).await {
        Err(StoreError::Missing { .. }) => return Ok(nobody),
        card => card?,
    };
    let Some(held) = card.hold else { return Ok(nobody) };
    let hold = held.hold;
    let value_at_fault = matches!(hold.code, HoldCode::UnmappedValue | HoldCode::OptionMissing);
    let table = hold.field.as_deref().and_then(Field::from_key).and_then(Field::list);
    let mapping = table.zip(hold.value.clone()).filter(|_| value_at_fault);
    let mut others = 0;
    if let (Some((list, value)), Some(_)) = (&mapping, card.plan)
        && let Some(feed) = mappings::feed(connection, *list)?
    {
        let people = context.store.head_count(connection.id, feed, value).await?;
        others = u32::try_from(people.saturating_sub(1)).unwrap_or(u32::MAX);
    }
    let remedy = if hold.remedy.is_empty() { hold.message } else { hold.remedy };
    Ok(Cure { employee, remedy, mapping: mapping.map(|(list, value)| (list.key().to_owned(), value)), others })
}

/// All lines of a filter, newest first; identifiers only, no names.
async fn save(
    context: &Context,
    connection: &Connection,
    filter: FeedFilter,
    file: &str,
) -> Result<(String, u64), Problem> {
    let path = exports::place_for(context, file).await?;
    let mut lines = feed::FeedFile::begin(&path, false)?;
    // The engine's handle: on the screen's lane a newer window of the list would take the place of this one.
    lines.add(feed::Found::new(&context.engine.store, connection, filter, None), |_| ()).await?;
    let lines = lines.finish()?;
    let export = Exported { tenant: Some(connection.id), what: "feed log".to_owned(), lines };
    let path = exports::note(context, &export, path).await?;
    Ok((path.display().to_string(), lines))
}
