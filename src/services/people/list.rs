//! Whom a filter of People finds, and how many carry which value: one answer for the screen, its files and the commands.

use crate::domain::connection::Connection;
use crate::domain::filter::{Column, Facet, Filter, FilterError, Test};
use crate::domain::ids::ConnectionId;
use crate::store::views::{
    PeopleAsk, PeopleColumn, PeopleFilter, PeopleQuery, PeopleSort, PeopleTerm, PersonKey, PersonRow, people_ask,
    people_columns,
};
use crate::store::{Store, StoreError, fold};
use jiff::civil::Date;
use std::collections::HashSet;

/// Rows that are looked at in one go.
const WINDOW: usize = 1_000;

/// The columns of People, the identifier in the destination's word.
#[must_use]
pub fn columns(identifier: &str) -> Vec<Column> {
    people_columns(identifier)
}

/// What a filter text asks for.
///
/// # Errors
/// What of it cannot be read, in words.
pub fn ask(text: &str, identifier: &str, today: Date, order: (PeopleSort, bool)) -> Result<PeopleAsk, FilterError> {
    people_ask(&Filter::parse(text), &columns(identifier), today, order)
}

/// Whether the list in memory answers it; else the file is read for each question.
#[must_use]
pub fn is_in_memory(ask: &PeopleAsk) -> bool {
    !ask.terms.iter().any(|(_, term)| term.is_of_file())
}

/// The list that a question is about where that is not everybody in scope.
fn own_list(ask: &PeopleAsk) -> Option<PeopleFilter> {
    ask.terms.iter().find_map(|(not, term)| match term {
        PeopleTerm::FromFile(own @ (PeopleFilter::OutOfScope | PeopleFilter::UsersOnly)) if !not => Some(own.clone()),
        _ => None,
    })
}

/// Everybody whom a question finds, in order, from the file.
///
/// # Errors
/// Only the store's.
pub async fn found(store: &Store, connection: &Connection, ask: &PeopleAsk) -> Result<Vec<PersonKey>, StoreError> {
    let id = connection.id;
    if let Some(filter) = own_list(ask) {
        return of_own_list(store, id, filter, ask).await;
    }
    let (of_file, rest): (Vec<_>, Vec<_>) = ask.terms.iter().cloned().partition(|(_, term)| term.is_of_file());
    let mut found = store.people_listed(id, PeopleAsk { terms: rest, ..ask.clone() }).await?;
    for (not, term) in of_file {
        let these = those(store, connection, &term).await?;
        found.retain(|key| these.contains(key) != not);
    }
    Ok(found)
}

/// Everybody whom the terms of the file find that a question has; `None` where it has none.
///
/// # Errors
/// Only the store's.
pub async fn within(
    store: &Store,
    connection: &Connection,
    ask: &PeopleAsk,
) -> Result<Option<Vec<PersonKey>>, StoreError> {
    if is_in_memory(ask) {
        return Ok(None);
    }
    let terms = ask.terms.iter().filter(|(_, term)| term.is_of_file()).cloned().collect();
    Ok(Some(found(store, connection, &PeopleAsk { terms, ..PeopleAsk::default() }).await?))
}

/// How many carry which value under a filter, from the file.
///
/// # Errors
/// Only the store's.
pub async fn facets(store: &Store, connection: &Connection, ask: &PeopleAsk) -> Result<Vec<Facet>, StoreError> {
    let within = within(store, connection, ask).await?;
    Ok(store.people_counted(connection.id, ask.clone(), within).await?.facets)
}

/// Everybody in scope whom one condition finds.
async fn those(store: &Store, connection: &Connection, term: &PeopleTerm) -> Result<HashSet<PersonKey>, StoreError> {
    let id = connection.id;
    let mut found = HashSet::new();
    let parts = match term {
        PeopleTerm::Any(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    for part in parts {
        found.extend(match part {
            PeopleTerm::FromFile(filter) => {
                let zone = connection.time_zone.clone();
                store.people_keys(id, PeopleQuery { filter: filter.clone(), zone, ..PeopleQuery::default() }).await?
            }
            other => {
                let terms = vec![(false, other.clone())];
                store.people_listed(id, PeopleAsk { terms, ..PeopleAsk::default() }).await?
            }
        });
    }
    Ok(found)
}

/// Those out of scope, and users whom no employee holds: they are few, and looked at one by one.
async fn of_own_list(
    store: &Store,
    id: ConnectionId,
    filter: PeopleFilter,
    ask: &PeopleAsk,
) -> Result<Vec<PersonKey>, StoreError> {
    let query = PeopleQuery { filter, sort: ask.sort, descending: ask.descending, ..PeopleQuery::default() };
    let keys = store.people_keys(id, query).await?;
    let terms: Vec<_> = ask.terms.iter().filter(|(_, term)| !term.is_of_file()).collect();
    if terms.is_empty() {
        return Ok(keys);
    }
    let mut found = Vec::new();
    for window in keys.chunks(WINDOW) {
        let rows = store.people_rows(id, window.to_vec()).await?;
        let fits = |row: &PersonRow| terms.iter().all(|(not, term)| fits(term, row) != *not);
        found.extend(rows.into_iter().filter(fits).map(|row| row.key));
    }
    Ok(found)
}

/// What a row shows in a column.
fn value(row: &PersonRow, column: PeopleColumn) -> &str {
    let text = match column {
        PeopleColumn::Who => Some(row.name.as_str()),
        PeopleColumn::Identifier => row.identifier.as_ref().map(|id| id.as_str()),
        PeopleColumn::Id => row.employee.as_ref().map(|id| id.as_str()).or(row.user.as_ref().map(|id| id.as_str())),
        PeopleColumn::Branch => row.branch.as_deref(),
        PeopleColumn::Title => row.job_title.as_deref(),
        PeopleColumn::Department => row.department.as_deref(),
        PeopleColumn::Status => Some(row.status.as_str()),
        _ => None,
    };
    text.unwrap_or_default()
}

/// Whether somebody who is in no list of the plan passes a condition.
fn fits(term: &PeopleTerm, row: &PersonRow) -> bool {
    let column = |wanted: PeopleColumn, tests: &[Test]| tests.iter().any(|test| test.fits(value(row, wanted)));
    match term {
        PeopleTerm::Word(word) => PeopleColumn::ALL.iter().any(|column| word.is_in(&fold(value(row, *column)))),
        PeopleTerm::Text(text) => fold(&row.name).contains(&fold(text)),
        PeopleTerm::Column(wanted, tests) => column(*wanted, tests),
        PeopleTerm::Any(terms) => terms.iter().any(|term| fits(term, row)),
        PeopleTerm::Leavers => row.status == "ended",
        PeopleTerm::Value(..) | PeopleTerm::InPlan(_) => false,
        PeopleTerm::FromFile(_) => true,
    }
}
