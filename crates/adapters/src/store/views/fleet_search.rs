//! Somebody in any tenant, by name, identifier or e-mail: what is typed, letter by letter.

use super::people::PersonKey;
use crate::domain::ids::ConnectionId;
use crate::domain::snapshot::Side;
use crate::store::columns::{contains, fold};
use crate::store::error::StoreError;
use crate::store::reader::ReadTopic;
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::types::ToSql;
use std::collections::BinaryHeap;

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

fn search(c: &Sqlite, connections: &[ConnectionId], words: &[String], most: usize) -> Result<FleetFound, StoreError> {
    let (sql, patterns) = (sql(words), words.iter().map(|word| contains(word)).collect::<Vec<_>>());
    let mut first: BinaryHeap<(String, ConnectionId, PersonKey)> = BinaryHeap::new();
    let mut found = 0;
    for connection in connections {
        let Some(snapshot) = snapshots::current(c, *connection, Side::Source)? else { continue };
        let mut parameters: Vec<&dyn ToSql> = vec![&snapshot];
        parameters.extend(patterns.iter().map(|pattern| -> &dyn ToSql { pattern }));
        let mut query = c.prepare_cached(&sql)?;
        let mut rows = query.query(parameters.as_slice())?;
        while let Some(row) = rows.next()? {
            found += 1;
            let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            // Rows come by name: past the last that is kept, they are only counted.
            if first.len() == most && first.peek().is_some_and(|(last, ..)| name >= last.as_str()) {
                continue;
            }
            first.push((name.to_owned(), *connection, PersonKey::employee(row.get(1)?)));
            if first.len() > most {
                first.pop();
            }
        }
    }
    let people = first.into_sorted_vec().into_iter().map(|(_, connection, key)| (connection, key)).collect();
    Ok(FleetFound { people, found })
}

impl Store {
    /// Everybody in scope of the newest pulls of these connections, leavers too, in whom all words of a text are found: in name,
    /// id or identifier, a word with an `@` in the e-mail. The first `most` by name. A newer search takes its place.
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
        self.read_newest(ReadTopic::Fleet, move |c| search(c, &connections, &words, most)).await
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
