//! Answers the screen People: everybody of a connection.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Context, ROWS_AT_ONCE, exports, header};
use crate::console::format;
use crate::console::screens::people::data::{Act, Answer, Ask, Detail, First, Keys, ListQuery, Push};
use crate::console::screens::people::words;
use crate::console::widgets::table::Marks as _;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::filter::Facet;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::Plan;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::snapshot::Side;
use crate::planning;
use crate::ports::clock::day_in;
use crate::services;
use crate::services::exports::Exported;
use crate::services::people::list;
use crate::store::views::{PeopleAsk, PeopleQuery, PersonKey};

/// Names that a question lists before `… 12 more`.
const NAMED: usize = 10;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Keys { tenant, query, keep, whole, height } => {
            let connection = context.connection(&tenant).await?;
            let mut keys = keys(context, &connection, &query, keep, whole).await?;
            keys.first = Box::new(first(context, &connection, &keys, height).await?);
            Ok(Answer::Keys(keys))
        }
        Ask::Facets { tenant, query, whole } => {
            let connection = context.connection(&tenant).await?;
            let (facets, partial) = facets(context, &connection, &query, whole).await?;
            Ok(Answer::Facets { text: query.text, facets, partial })
        }
        Ask::Rows { tenant, keys } => {
            let connection = context.connection(&tenant).await?;
            let mut rows = Vec::with_capacity(keys.len());
            for part in keys.chunks(ROWS_AT_ONCE) {
                rows.extend(context.store.people_rows(connection.id, part.to_vec()).await?);
            }
            Ok(Answer::Rows(rows))
        }
        Ask::Detail { tenant, key } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Detail(Box::new(detail(context, &connection, key).await?)))
        }
        Ask::Push { tenant, keys, hidden } => {
            let connection = context.connection(&tenant).await?;
            let rows = context.engine.store.people_rows(connection.id, keys.iter().collect()).await?;
            let people = rows.into_iter().filter_map(|row| {
                let is_hidden = hidden.has(&row.key);
                Some((row.employee?, row.name, is_hidden))
            });
            Ok(Answer::Push(Box::new(push(context, &connection, people.collect()).await?)))
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::Export { tenant, query, file } => {
            let connection = context.connection(&tenant).await?;
            let (path, rows) = export_list(context, &connection, &query, &file).await?;
            Ok(Answer::Exported(path, rows))
        }
    }
}

async fn keys(
    context: &Context,
    connection: &Connection,
    query: &ListQuery,
    keep: Option<EmployeeId>,
    whole: bool,
) -> Result<Keys, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let (pulls, kept) = tokio::try_join!(context.store.snapshots(connection.id, Side::Source, 1), async {
        match &keep {
            Some(employee) => context.store.person_key(connection.id, employee).await,
            None => Ok(None),
        }
    })?;
    let pull = pulls.into_iter().next();
    let Listed { keys, total, reading, at } = match whole {
        true => waited(context, connection, query, kept).await?,
        false => list_of(context, connection, query, kept).await?,
    };
    let total = match total {
        Some(total) => total,
        None => context.store.people_keys(connection.id, PeopleQuery::default()).await?.len(),
    };
    Ok(Keys {
        keys,
        kept,
        kept_at: at,
        total,
        reading,
        source: abilities.source.name.to_owned(),
        destination: abilities.destination.name.to_owned(),
        identifier_word: abilities.destination.identifier_word.to_owned(),
        read_at: pull.as_ref().and_then(|pull| pull.finished_at),
        pull: pull.map(|pull| pull.id.0),
        first: Box::default(),
    })
}

/// What the screen shows once it has these keys. The cursor stands on whom it stood on before, or on the first.
async fn first(context: &Context, connection: &Connection, keys: &Keys, height: usize) -> Result<First, Problem> {
    let at = match (keys.kept_at, &keys.kept) {
        (Some(at), _) => at,
        (None, Some(kept)) => keys.keys.iter().position(|key| key == kept).unwrap_or_default(),
        (None, None) => 0,
    };
    let Some(under_cursor) = keys.keys.get(at) else { return Ok(First::default()) };
    let around = keys.keys.iter().skip(at.saturating_sub(height)).take(at.min(height) + height);
    let (rows, detail) = tokio::try_join!(
        async { Ok(context.store.people_rows(connection.id, around.copied().collect()).await?) },
        detail(context, connection, *under_cursor)
    )?;
    Ok(First { rows, detail: Some(detail) })
}

/// Whom a query finds.
pub struct Listed {
    pub keys: Arc<Vec<PersonKey>>,
    /// Everybody in scope, where that is known too.
    pub total: Option<usize>,
    /// The keys are the first ones only: the others are being read into memory.
    pub reading: bool,
    /// Where somebody stands who was asked about beside, if that is known without a look at all keys.
    pub at: Option<usize>,
}

/// People of whom the file tells at once how they stand.
const AT_ONCE: usize = 2_000;
/// Lists that may come into memory before the one that is waited for.
const AWAITED: usize = 16;

/// The whole list, as soon as it is in memory.
async fn waited(
    context: &Context,
    connection: &Connection,
    query: &ListQuery,
    whom: Option<PersonKey>,
) -> Result<Listed, Problem> {
    let store = &context.store;
    let mut landed = store.list_watch();
    let known = if list::is_in_memory(&asked(context, connection, query)?) { AWAITED } else { 0 };
    for _ in 0..known {
        let listed = list_of(context, connection, query, whom).await?;
        if !listed.reading || landed.changed().await.is_err() {
            return Ok(listed);
        }
    }
    // On the lane that nobody at the keys waits for.
    let ask = asked(context, connection, query)?;
    let keys = Arc::new(list::found(&context.engine.store, connection, &ask).await?);
    let total = store.first_people(connection.id).await?.map(|first| first.total);
    Ok(Listed { keys, total, reading: false, at: None })
}

/// Everybody whom a filter finds, in order: out of memory where the store can tell by what it has there. While that is
/// being read, the first people by name, or nobody yet.
///
/// # Errors
/// A filter that cannot be read; the store's.
pub async fn list_of(
    context: &Context,
    connection: &Connection,
    query: &ListQuery,
    whom: Option<PersonKey>,
) -> Result<Listed, Problem> {
    let (store, ask) = (&context.store, asked(context, connection, query)?);
    if list::is_in_memory(&ask) {
        let plain = ask == PeopleAsk::default();
        if let Some(found) = store.people_found(connection.id, ask.clone(), whom).await? {
            return Ok(Listed { keys: found.keys, total: Some(found.total), reading: false, at: found.at });
        }
        if store.keeps_people(connection.id).await?
            && let Some(first) = store.first_people(connection.id).await?
        {
            let keys = if plain { first.keys } else { Arc::default() };
            return Ok(Listed { keys, total: Some(first.total), reading: true, at: None });
        }
    } else if store.keeps_people(connection.id).await?
        && let Some(first) = store.first_people(connection.id).await?.filter(|first| first.total > AT_ONCE)
    {
        // Links and what became of lines change with every write: the file is read for each question, and nobody waits.
        return Ok(Listed { keys: Arc::default(), total: Some(first.total), reading: true, at: None });
    }
    let keys = Arc::new(list::found(store, connection, &ask).await?);
    Ok(Listed { total: query.text.is_empty().then_some(keys.len()), keys, reading: false, at: None })
}

/// What a query asks for.
///
/// # Errors
/// What of the filter cannot be read, in words.
pub(super) fn asked(context: &Context, connection: &Connection, query: &ListQuery) -> Result<PeopleAsk, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let today = day_in(context.engine.clock.now(), &connection.time_zone);
    list::ask(&query.text, abilities.destination.identifier_word, today, (query.sort, query.descending))
        .map_err(|error| Problem::new(ProblemKind::Input, error.to_string()))
}

/// The values of the facets, and whether some are still being read. What they are counted from is waited for; days too with
/// `whole`.
async fn facets(
    context: &Context,
    connection: &Connection,
    query: &ListQuery,
    whole: bool,
) -> Result<(Vec<Facet>, bool), Problem> {
    let (store, ask) = (&context.store, asked(context, connection, query)?);
    let within = list::within(&context.engine.store, connection, &ask).await?.map(Arc::new);
    let mut landed = store.list_watch();
    let mut known = Vec::new();
    for _ in 0..AWAITED {
        if let Some(counted) = store.people_facets(connection.id, ask.clone(), within.clone()).await? {
            if !counted.reading || !whole {
                return Ok((counted.facets, counted.reading));
            }
            known = counted.facets;
        }
        if !store.keeps_people(connection.id).await? || landed.changed().await.is_err() {
            break;
        }
    }
    Ok((known, false))
}

/// Fields that the essence of a person shows.
const SHOWN: [Field; 6] =
    [Field::Email, Field::JobTitle, Field::Branch, Field::Department, Field::StartDate, Field::EndDate];

async fn detail(context: &Context, connection: &Connection, key: PersonKey) -> Result<Detail, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let card = context.store.person_card(connection.id, key).await?;
    let value = |person: Option<&crate::domain::person::Person>, field: Field| {
        let value = person.and_then(|person| person.value(field)).unwrap_or_default().into_owned();
        // Days are read with the month in letters.
        match value.parse::<jiff::civil::Date>() {
            Ok(day) if matches!(field, Field::StartDate | Field::EndDate) => format::day_long(day),
            _ => value,
        }
    };
    let (employee, user) = (card.employee.as_ref(), card.user.as_ref());
    let fields = SHOWN.into_iter().map(|field| {
        let source = value(employee.map(|one| &one.person), field);
        let destination = value(user.map(|one| &one.person), field);
        (abilities.destination.word(field).to_owned(), source, destination)
    });
    Ok(Detail {
        key,
        fields: fields.filter(|(_, source, destination)| !(source.is_empty() && destination.is_empty())).collect(),
        held: card.hold.map(|held| (held.hold.code, held.hold.message, held.hold.remedy)),
        planned: card.operations.iter().map(words::planned).collect(),
        ruling: card.ruling.as_ref().map(words::ruling),
    })
}

/// What pushing these people would send: their part of the newest plan.
///
/// # Errors
/// When there is no plan, or only the store's.
pub async fn push(
    context: &Context,
    connection: &Connection,
    people: Vec<(EmployeeId, String, bool)>,
) -> Result<Push, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let store = &context.engine.store;
    let head = store.latest_plan(connection.id).await?.ok_or_else(|| {
        Problem::new(ProblemKind::Input, "there is no plan yet").with_remedy("make a preview on Plan first")
    })?;
    let plan = store.plan(head.id).await?;
    let written: HashSet<&EmployeeId> = plan.operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let (ready, idle): (Vec<_>, Vec<_>) = people.into_iter().partition(|(employee, ..)| written.contains(employee));
    let employees: Vec<EmployeeId> = ready.iter().map(|(employee, ..)| employee.clone()).collect();
    let part = planning::only(&plan, &employees);
    let names = |hidden: bool| ready.iter().filter(move |(.., is)| *is == hidden).map(|(_, name, _)| name.clone());
    Ok(Push {
        tenant: connection.short_name.clone(),
        tenant_name: connection.tenant_name.clone(),
        standing: header::standing(context, connection),
        destination: abilities.destination.name.to_owned(),
        plan: head.id,
        made_at: head.made_at,
        refused: refused(&part, employees.is_empty(), head.approval.is_some()),
        counts: part.counts.clone(),
        welcome_mails: part.mails.welcome,
        without: u32::try_from(idle.len()).unwrap_or(u32::MAX),
        names: names(false).take(NAMED).collect(),
        hidden_count: u32::try_from(names(true).count()).unwrap_or(u32::MAX),
        hidden: names(true).take(NAMED).collect(),
        people: employees,
    })
}

/// Why a part of a plan cannot go by a plain question.
fn refused(part: &Plan, nobody: bool, applied: bool) -> Option<String> {
    if nobody {
        Some("nothing to send: they are held, or unchanged".to_owned())
    } else if applied {
        Some("this plan was applied already; make a new preview first".to_owned())
    } else if part.first_import {
        Some("the first import is confirmed on Plan".to_owned())
    } else if part.needs_confirmation() {
        Some("past a limit; this is confirmed on Plan".to_owned())
    } else {
        None
    }
}

async fn export_list(
    context: &Context,
    connection: &Connection,
    query: &ListQuery,
    file: &str,
) -> Result<(PathBuf, usize), Problem> {
    // On the lane that answers everything: a screen's question must not take the place of an export's.
    let store = &context.engine.store;
    let keys = list::found(store, connection, &asked(context, connection, query)?).await?;
    let table = services::exports::people(store, connection, &keys).await?;
    let rows = table.rows.len();
    let export = Exported::of(connection.id, "people", rows);
    Ok((exports::write(context, &export, file, table).await?, rows))
}
