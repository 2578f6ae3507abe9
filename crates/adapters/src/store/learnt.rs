//! What clients have learnt of a destination's account, kept with what the account says of itself in each pull.

use super::columns::to_json;
use super::error::StoreError;
use super::snapshots::{StoredFacts, facts_text};
use super::writer::Write;
use super::{Group, Sqlite, Store};
use crate::domain::ids::ConnectionId;
use crate::domain::snapshot::Side;
use crate::ports::destination::Learnt;
use rusqlite::params;

/// What was learnt; nothing where the facts cannot be read, which the next pull replaces: nobody must be kept from reading anew.
pub(super) fn learnt(c: &Sqlite, connection: ConnectionId) -> Result<Learnt, StoreError> {
    let stored = facts_text(c, connection, Side::Destination)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(stored.map(|stored: StoredFacts| stored.learnt).unwrap_or_default())
}

/// Keeps what was learnt beside what the account said of itself. Before the first pull, and where that cannot be read, there is
/// nothing to keep it with: it is learnt again.
fn learn(c: &Sqlite, connection: ConnectionId, learnt: Learnt) -> Result<(), StoreError> {
    let text = facts_text(c, connection, Side::Destination)?;
    let stored: Option<StoredFacts> = text.and_then(|text| serde_json::from_str(&text).ok());
    let Some(mut stored) = stored else { return Ok(()) };
    stored.learnt = learnt;
    let facts = to_json(&stored)?;
    c.prepare_cached(
        "UPDATE snapshot SET facts = ?2 WHERE connection = ?1 AND side = 'destination' AND state = 'current'",
    )?
    .execute(params![connection.0, facts])?;
    Ok(())
}

impl Store {
    /// What clients have learnt of the destination's account.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn learnt(&self, connection: ConnectionId) -> Result<Learnt, StoreError> {
        self.read(move |c| learnt(c, connection)).await
    }

    /// Keeps what clients have learnt, in place of what was kept before.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn learn(&self, connection: ConnectionId, learnt: Learnt) -> Result<(), StoreError> {
        self.write(Write::to(Group::People), move |c| learn(c, connection, learnt)).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshots::destination_facts;
    use super::*;

    fn with_facts(facts: &str) -> Sqlite {
        let c = crate::store::empty_database();
        c.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        c.execute(
            "INSERT INTO snapshot (connection, side, state, facts, begun_at) VALUES (1, 'destination', 'current', ?1, 0)",
            [facts],
        )
        .unwrap();
        c
    }

    #[test]
    fn what_was_learnt_is_kept_and_never_in_the_way_of_reading_anew() {
        let id = ConnectionId(1);
        let known = Learnt { of: "https://a.example".into(), ..Learnt::default() };
        let c = with_facts(r#"{"account": "a", "declared_total": 0, "received": 0, "can_create_options": false}"#);
        learn(&c, id, known.clone()).unwrap();
        assert_eq!(learnt(&c, id).unwrap(), known);
        let broken = with_facts("{");
        assert_eq!(learnt(&broken, id).unwrap(), Learnt::default());
        learn(&broken, id, known).unwrap();
        assert!(destination_facts(&broken, id).is_err(), "that it cannot be read is said where it is asked for");
    }
}
