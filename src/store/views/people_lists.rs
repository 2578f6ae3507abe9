//! Which list of people is in memory, whether it still says what the file says, and who reads the next one.

use super::people_list::{PeopleAsk, PeopleFound, PeopleList};
use crate::domain::ids::ConnectionId;
use crate::domain::snapshot::Side;
use crate::store::error::StoreError;
use crate::store::reader::{ReadLane, Slot};
use crate::store::{Sqlite, Store, snapshots};
use rusqlite::params;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The list that is kept, for all handles of a store.
#[derive(Default)]
pub(in crate::store) struct PeopleLists(Mutex<State>);

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// Somebody reads one at the moment.
    reading: bool,
}

struct Kept {
    connection: ConnectionId,
    snapshot: i64,
    /// The newest line of the audit log of which it is known that it changes nothing here.
    seen: i64,
    /// `None`: more people than can be kept.
    list: Option<Arc<PeopleList>>,
}

/// What is there for a question.
enum Now {
    Here(Arc<PeopleList>),
    /// It has to be read, by whoever has asked.
    Wanted,
    /// Nothing is there, or not yet.
    Nothing,
}

/// The newest line of the audit log of a connection after `seen`, and whether one of them takes a person out of it.
pub(super) fn news(c: &Sqlite, connection: ConnectionId, seen: i64) -> Result<(i64, bool), StoreError> {
    let mut query = c.prepare_cached(
        "SELECT coalesce(max(id), ?2), coalesce(max(what = 'forgotten'), 0) FROM audit WHERE connection = ?1 AND id > ?2",
    )?;
    Ok(query.query_row(params![connection.0, seen], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

impl PeopleLists {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list, where it says what the transaction of `c` sees.
    fn now(&self, c: &Sqlite, connection: ConnectionId) -> Result<Now, StoreError> {
        let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(Now::Nothing) };
        let mut state = self.state();
        if let Some(kept) = &mut state.kept
            && (kept.connection, kept.snapshot) == (connection, snapshot)
        {
            let (newest, forgotten) = news(c, connection, kept.seen)?;
            if !forgotten {
                kept.seen = newest;
                return Ok(kept.list.clone().map_or(Now::Nothing, Now::Here));
            }
        }
        if state.reading {
            return Ok(Now::Nothing);
        }
        // What is out of date is let go of before the next one is read: two of them are never in memory.
        state.kept = None;
        state.reading = true;
        Ok(Now::Wanted)
    }

    fn read(&self, c: &Sqlite, connection: ConnectionId) -> Result<(), StoreError> {
        let Some(snapshot) = snapshots::current(c, connection, Side::Source)? else { return Ok(()) };
        let (seen, _) = news(c, connection, 0)?;
        let list = PeopleList::read(c, snapshot)?.map(Arc::new);
        self.state().kept = Some(Kept { connection, snapshot, seen, list });
        Ok(())
    }

    /// Nothing of it stays in memory.
    pub(in crate::store) fn clear(&self) {
        self.state().kept = None;
    }
}

impl Store {
    /// Everybody whom the conditions find, in order, out of memory; `None` while the list is not there: then it is being read
    /// (on the screen's lane), and [`Store::people_keys`] answers meanwhile.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn people_found(
        &self,
        connection: ConnectionId,
        ask: PeopleAsk,
    ) -> Result<Option<PeopleFound>, StoreError> {
        if self.lane != ReadLane::Screen {
            return Ok(None);
        }
        let lists = Arc::clone(&self.inner.people);
        let (found, wanted) = self
            .read_newest(Slot::PeopleFound, move |c| {
                Ok(match lists.now(c, connection)? {
                    Now::Here(list) => (Some(list.found(&ask)), false),
                    now => (None, matches!(now, Now::Wanted)),
                })
            })
            .await?;
        if wanted {
            self.read_people(connection);
        }
        Ok(found)
    }

    /// Has the list read; nobody waits for it.
    fn read_people(&self, connection: ConnectionId) {
        let lists = Arc::clone(&self.inner.people);
        let begun = self.begin_reading(move |c| {
            if let Err(error) = c.and_then(|c| lists.read(c, connection)) {
                tracing::warn!(%error, "the list of people is not kept in memory; it is read from the file each time");
            }
            lists.state().reading = false;
        });
        if !begun {
            self.inner.people.state().reading = false;
        }
    }
}
