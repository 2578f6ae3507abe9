//! People by name or id for the palette: of one tenant or of all.

use crate::domain::ids::{ConnectionId, EmployeeId, Identifier};
use crate::domain::snapshot::Side;
use crate::store::columns::{contains, fold};
use crate::store::error::StoreError;
use crate::store::reader::ReadTopic;
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::types::ToSql;

/// Words of a search that are looked for; the rest would find the same few.
const WORDS: usize = 5;

/// Somebody whom a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFound {
    pub connection: ConnectionId,
    pub employee: EmployeeId,
    pub identifier: Identifier,
    pub name: String,
}

/// The words may stand in any order, and in any column that People searches; the index of the list holds them all.
fn sql(words: usize) -> String {
    let fits: String = (2..words + 2).map(|at| format!(r" AND p.search LIKE ?{at} ESCAPE '\'")).collect();
    format!(
        "SELECT p.employee, p.identifier, p.name FROM employee p
         WHERE p.id IN (SELECT p.id FROM employee p WHERE p.snapshot = ?1 AND p.in_scope IN (0, 1){fits} LIMIT ?{})
         ORDER BY p.sort_name, p.employee",
        words + 2
    )
}

fn of_connection(
    c: &Sqlite,
    connection: ConnectionId,
    patterns: &[String],
    most: usize,
) -> Result<Vec<PersonFound>, StoreError> {
    let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(Vec::new()) };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut parameters: Vec<&dyn ToSql> = vec![&snapshot];
    parameters.extend(patterns.iter().map(|pattern| -> &dyn ToSql { pattern }));
    parameters.push(&most);
    let mut statement = c.prepare_cached(&sql(patterns.len()))?;
    let found = statement.query_map(parameters.as_slice(), |row| {
        Ok(PersonFound {
            connection,
            employee: EmployeeId(row.get("employee")?),
            identifier: Identifier(row.get("identifier")?),
            name: row.get("name")?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

impl Store {
    /// At most `most` people of the newest pulls of these connections whom all words of a text find, by name.
    ///
    /// # Errors
    /// When the file cannot be read, and [`StoreError`]'s word for a question that a newer one has overtaken.
    pub async fn people_anywhere(
        &self,
        connections: Vec<ConnectionId>,
        text: &str,
        most: usize,
    ) -> Result<Vec<PersonFound>, StoreError> {
        let patterns: Vec<String> = fold(text).split_whitespace().take(WORDS).map(contains).collect();
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        self.read_newest(ReadTopic::Palette, move |c| {
            let mut found = Vec::new();
            for connection in &connections {
                if found.len() < most {
                    found.extend(of_connection(c, *connection, &patterns, most - found.len())?);
                }
            }
            Ok(found)
        })
        .await
    }
}
