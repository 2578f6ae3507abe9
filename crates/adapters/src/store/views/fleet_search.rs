//! Somebody in any tenant, by name, identifier or e-mail: what is typed, letter by letter.

use super::fleet_index::{FleetTenantPart, is_email};
use super::people::PersonKey;
use crate::domain::ids::ConnectionId;
use crate::domain::snapshot::Side;
use crate::store::columns::{contains, fold};
use crate::store::error::StoreError;
use crate::store::reader::{ReadLane, ReadTopic};
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::types::ToSql;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Words that are looked for; more would find the same few.
const WORDS: usize = 6;

/// Whom a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetFound {
    /// The first by name.
    pub people: Vec<(ConnectionId, PersonKey)>,
    /// All of them.
    pub found: u64,
}

/// Names and ids are in the index of the list; an e-mail only in the record, which is read where a word has an `@`.
fn sql(words: &[String]) -> String {
    let fits: String = (2..)
        .zip(words)
        .map(|(at, word)| match word.contains('@') {
            true => format!(r" AND lower(p.record ->> '$.email') LIKE ?{at} ESCAPE '\'"),
            false => format!(r" AND p.search LIKE ?{at} ESCAPE '\'"),
        })
        .collect();
    format!(
        "SELECT p.sort_name, p.id FROM employee p WHERE p.snapshot = ?1 AND p.in_scope = 1{fits} ORDER BY p.sort_name, p.employee"
    )
}

/// The first by name, out of people who come tenant by tenant, those of each by name.
struct First {
    most: usize,
    people: BinaryHeap<(String, ConnectionId, PersonKey)>,
}

impl First {
    /// Whether one more was looked at whose name may be among the first; else nobody who comes after it in the tenant is.
    fn take(&mut self, name: &str, connection: ConnectionId, key: PersonKey) -> bool {
        let is_full = self.people.len() == self.most;
        if is_full && self.people.peek().is_some_and(|(last, ..)| name >= last.as_str()) {
            return false;
        }
        self.people.push((name.to_owned(), connection, key));
        if self.people.len() > self.most {
            self.people.pop();
        }
        true
    }
}

/// Looks through one tenant in the file, and counts whom it finds.
fn in_file(c: &Sqlite, tenant: &FleetTenantPart, words: &[String], first: &mut First) -> Result<u64, StoreError> {
    let patterns: Vec<String> = words.iter().map(|word| contains(word)).collect();
    let mut parameters: Vec<&dyn ToSql> = vec![&tenant.snapshot];
    parameters.extend(patterns.iter().map(|pattern| -> &dyn ToSql { pattern }));
    let mut query = c.prepare_cached(&sql(words))?;
    let mut rows = query.query(parameters.as_slice())?;
    let (mut found, mut is_first) = (0, true);
    while let Some(row) = rows.next()? {
        found += 1;
        // Past the last that is kept, they are only counted.
        if is_first {
            let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            is_first = first.take(name, tenant.connection, PersonKey::employee(row.get(1)?));
        }
    }
    Ok(found)
}

/// Looks through tenants, each in memory where that knows it.
fn search(c: &Sqlite, tenants: &[FleetTenantPart], words: &[String], most: usize) -> Result<FleetFound, StoreError> {
    let mut first = First { most, people: BinaryHeap::new() };
    let mut found = 0;
    for tenant in tenants {
        let known = tenant.part.as_ref().and_then(|part| Some((part, part.found(words)?)));
        let Some((part, (places, people))) = known else {
            found += in_file(c, tenant, words, &mut first)?;
            continue;
        };
        found += people as u64;
        for (name, key) in part.named(&places) {
            if !first.take(name, tenant.connection, key) {
                break;
            }
        }
    }
    let people = first.people.into_sorted_vec().into_iter().map(|(_, connection, key)| (connection, key)).collect();
    Ok(FleetFound { people, found })
}

/// The same tenants where nothing is kept in memory.
fn pulls(c: &Sqlite, connections: &[ConnectionId]) -> Result<Vec<FleetTenantPart>, StoreError> {
    let mut tenants = Vec::with_capacity(connections.len());
    for connection in connections.iter().copied() {
        if let Some(snapshot) = snapshots::current(c, connection, Side::Source)? {
            tenants.push(FleetTenantPart { connection, snapshot, part: None });
        }
    }
    Ok(tenants)
}

impl Store {
    /// Everybody in scope of the newest pulls of these connections, leavers too, in whom all words of a text are found: in name,
    /// id or identifier, a word with an `@` in the e-mail. The first `most` by name. A newer search takes its place. On the
    /// screen's lane out of memory; the file answers for tenants that are not there yet, which are then being read.
    ///
    /// # Errors
    /// When the file cannot be read, and [`StoreError::Superseded`] for a search that a newer one has overtaken.
    pub async fn fleet_search(
        &self,
        connections: Vec<ConnectionId>,
        text: &str,
        most: usize,
    ) -> Result<FleetFound, StoreError> {
        let words: Vec<String> = fold(text).split_whitespace().take(WORDS).map(str::to_owned).collect();
        if words.is_empty() {
            return Ok(FleetFound::default());
        }
        if self.lane != ReadLane::Screen {
            return self.read(move |c| search(c, &pulls(c, &connections)?, &words, most)).await;
        }
        let emails = words.iter().any(|word| is_email(word));
        let index = Arc::clone(&self.inner.fleet);
        let asked = connections.clone();
        let job = move |c: &Sqlite| {
            let (tenants, missing) = index.now(c, &asked, emails)?;
            // What is missing is read whatever becomes of this search.
            Ok((search(c, &tenants, &words, most), missing))
        };
        let (found, missing) = self.read_newest(ReadTopic::Fleet, job).await?;
        if missing {
            self.read_fleet(connections, emails);
        }
        found
    }

    /// Whether everybody whom a search on the screen's lane looks through is in memory, or cannot come there; else they are
    /// being read, and [`Store::list_watch`] moves.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn knows_fleet(&self, connections: Vec<ConnectionId>) -> Result<bool, StoreError> {
        if self.lane != ReadLane::Screen {
            return Ok(true);
        }
        let (index, asked) = (Arc::clone(&self.inner.fleet), connections.clone());
        let missing = self.read(move |c| Ok(index.now(c, &asked, false)?.1)).await?;
        if missing {
            self.read_fleet(connections, false);
        }
        Ok(!missing)
    }

    /// Has what is missing read; nobody waits for it. A question that is given up before it comes here leaves that to the next.
    fn read_fleet(&self, connections: Vec<ConnectionId>, emails: bool) {
        let index = Arc::clone(&self.inner.fleet);
        if !index.begin() {
            return;
        }
        let begun = self.begin_reading(move |c| {
            if let Err(error) = c.and_then(|c| index.read(c, &connections, emails)) {
                tracing::warn!(%error, "the people of all tenants are not kept in memory; the file is searched each time");
            }
            index.give_up();
        });
        if !begun {
            self.inner.fleet.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    #[test]
    fn a_search_reads_the_index_of_the_list_alone() {
        let c = crate::store::empty_database();
        let plan = explain(&c, &sql(&["osei".into(), "hv".into()]), &[("?1", &1), ("?2", &"%o%"), ("?3", &"%h%")]);
        assert!(plan.contains("COVERING INDEX employee_list (snapshot=? AND in_scope=?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        let mail = explain(&c, &sql(&["osei@".into()]), &[("?1", &1), ("?2", &"%o%")]);
        assert!(mail.contains("employee_list (snapshot=? AND in_scope=?)") && !mail.contains("SCAN"), "{mail}");
    }
}
