//! Somebody in any tenant.

use super::Member;
use crate::domain::ids::ConnectionId;
use crate::services::ServiceError;
use crate::store::views::{PersonKey, PersonRow};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;

/// Somebody whom a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// The tenant: short name, and name in full.
    pub short: String,
    pub tenant: String,
    pub row: PersonRow,
}

/// Whom a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The first by name.
    pub people: Vec<Somebody>,
    /// All whom it finds.
    pub found: u64,
    /// All who were looked through: everybody in scope, leavers too.
    pub of: u64,
    /// Who comes after `people` in their order, and is listed too; told by [`rows`].
    pub rest: Vec<(ConnectionId, PersonKey)>,
}

/// How many a search looks through.
///
/// # Errors
/// Only the store's.
pub async fn searched(store: &Store, members: &[Member]) -> Result<u64, ServiceError> {
    Ok(store.fleet_people(ids(members)).await?)
}

/// Whether all of them are in memory, or cannot come there; else they are being read, and [`Store::list_watch`] moves.
///
/// # Errors
/// Only the store's.
pub async fn is_known(store: &Store, members: &[Member]) -> Result<bool, ServiceError> {
    Ok(store.knows_fleet(ids(members)).await?)
}

/// A broken tenant is not looked through: nothing of it can be opened.
fn ids(members: &[Member]) -> Vec<ConnectionId> {
    members.iter().filter(|member| member.broken.is_none()).map(|member| member.connection.id).collect()
}

/// Everybody of these tenants in whom all words are found: in name, id or identifier, a word with an `@` in the e-mail. Rows of
/// the first `most` by name.
///
/// # Errors
/// Only the store's; one that says that a newer search has taken its place.
pub async fn search(store: &Store, members: &[Member], text: &str, most: usize) -> Result<Found, ServiceError> {
    first(store, members, text, (most, most)).await
}

/// The same with the rows of a part of them: as many as are shown at once.
///
/// # Errors
/// As [`search`].
pub async fn first(
    store: &Store,
    members: &[Member],
    text: &str,
    (shown, most): (usize, usize),
) -> Result<Found, ServiceError> {
    let ids = ids(members);
    let mut found = store.fleet_search(ids.clone(), text, most).await?;
    let of = store.fleet_people(ids).await?;
    let rest = found.people.split_off(shown.min(found.people.len()));
    Ok(Found { people: rows(store, members, &found.people).await?, found: found.found, of, rest })
}

/// The rows of people whom a search has found, in their order; without whoever is gone since.
///
/// # Errors
/// Only the store's.
pub async fn rows(
    store: &Store,
    members: &[Member],
    people: &[(ConnectionId, PersonKey)],
) -> Result<Vec<Somebody>, ServiceError> {
    let mut keys: BTreeMap<ConnectionId, Vec<PersonKey>> = BTreeMap::new();
    for (connection, key) in people {
        keys.entry(*connection).or_default().push(*key);
    }
    let mut rows: BTreeMap<(ConnectionId, PersonKey), PersonRow> = BTreeMap::new();
    for (connection, keys) in keys {
        match store.people_rows(connection, keys).await {
            Ok(found) => rows.extend(found.into_iter().map(|row| ((connection, row.key), row))),
            // Its plan cannot be read: the others are told.
            Err(StoreError::Unreadable { .. } | StoreError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let people = people.iter().filter_map(|(connection, key)| {
        let member = members.iter().find(|member| member.connection.id == *connection)?;
        let row = rows.remove(&(*connection, *key))?;
        Some(Somebody { short: member.short().to_owned(), tenant: member.name().to_owned(), row })
    });
    Ok(people.collect())
}
