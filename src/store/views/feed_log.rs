//! The feed log of one tenant in memory, as it is searched: what, text, and the name and ids of the person.
//!
//! Lines are only added, and taken away from the old end or where somebody is forgotten: each question reads the new ones and
//! looks whether the oldest is still there and nobody was forgotten, in the file itself. A line that went by a clock set back
//! has no row any more and is left out. A million lines take 130 to 200 MB (reckoned); of a longer log nothing is kept.

use super::feed::{FeedEdge, FeedFilter};
use super::people_lists::news;
use crate::domain::ids::ConnectionId;
use crate::domain::run::Level;
use crate::domain::snapshot::Side;
use crate::store::columns::fold;
use crate::store::error::StoreError;
use crate::store::text_index::{APART_IN_TEXT, TextIndex};
use crate::store::{Sqlite, snapshots};
use rusqlite::params;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lines of a log that is kept.
const MOST: usize = 1_000_000;

/// The log that is kept, for all handles of a store.
#[derive(Default)]
pub(in crate::store) struct FeedLogs(Mutex<State>);

#[derive(Default)]
struct State {
    kept: Option<FeedLog>,
    /// Somebody reads one at the moment.
    reading: bool,
}

struct FeedLog {
    connection: ConnectionId,
    /// The pull that the names are from.
    snapshot: Option<i64>,
    oldest: Option<i64>,
    /// The newest line of the audit log of which it is known that it changes nothing here.
    seen: i64,
    /// Numbers of the lines, rising.
    ids: Vec<i64>,
    texts: TextIndex,
    /// There are more lines than are kept.
    too_long: bool,
}

/// What the memory says to a question.
pub(super) enum FromMemory<T> {
    Here(T),
    /// Nothing is there; the one who has asked has it read.
    Wanted,
    /// Nothing is there, or not yet, or the question is not one for it.
    Nothing,
}

/// Whether memory can tell which lines a filter finds.
pub(super) fn is_by_text(filter: &FeedFilter) -> bool {
    let FeedFilter { level, run, phase, person, text } = filter;
    matches!(level, None | Some(Level::Info))
        && run.is_none()
        && phase.is_none()
        && person.is_none()
        && !TextIndex::folded(text).is_empty()
}

fn oldest(c: &Sqlite, connection: ConnectionId) -> Result<Option<i64>, StoreError> {
    let mut query = c.prepare_cached("SELECT min(id) FROM feed WHERE connection = ?1")?;
    Ok(query.query_row([connection.0], |row| row.get(0))?)
}

impl FeedLog {
    fn read(c: &Sqlite, connection: ConnectionId) -> Result<Self, StoreError> {
        let mut log = Self {
            connection,
            snapshot: snapshots::current(c, connection, Side::Source)?,
            oldest: oldest(c, connection)?,
            seen: news(c, connection, 0)?.0,
            ids: Vec::new(),
            texts: TextIndex::default(),
            too_long: false,
        };
        log.read_on(c)?;
        Ok(log)
    }

    /// Reads the lines that have come since.
    fn read_on(&mut self, c: &Sqlite) -> Result<(), StoreError> {
        let mut query = c.prepare_cached(
            "SELECT f.id, f.what, f.text,
                    (SELECT e.search FROM employee e WHERE e.snapshot = ?3 AND e.employee = f.employee) AS person
             FROM feed f WHERE f.connection = ?1 AND f.id > ?2 ORDER BY f.id",
        )?;
        let newest = self.ids.last().copied().unwrap_or(0);
        let before = self.ids.len();
        let mut rows = query.query(params![self.connection.0, newest, self.snapshot])?;
        while let Some(row) = rows.next()? {
            let (what, text): (String, String) = (row.get(1)?, row.get(2)?);
            let person: Option<String> = row.get(3)?;
            let mut folded = fold(&what);
            folded.push(APART_IN_TEXT);
            folded.push_str(&fold(&text));
            folded.push(APART_IN_TEXT);
            folded.push_str(person.as_deref().unwrap_or_default());
            if self.ids.len() >= MOST || !self.texts.push(&folded) {
                (self.too_long, self.ids, self.texts) = (true, Vec::new(), TextIndex::default());
                return Ok(());
            }
            self.ids.push(row.get(0)?);
        }
        if self.ids.len() > before {
            self.texts.forget_recent();
        }
        Ok(())
    }

    /// The numbers of a window of the lines that have this text (folded), newest first.
    fn window(&self, text: &str, edge: FeedEdge, limit: usize) -> Vec<i64> {
        let places = self.texts.places(text);
        // Where the line of a number stands, or would stand, among those found.
        let until = |id: i64| {
            let end = u32::try_from(self.ids.partition_point(|known| *known < id)).unwrap_or(u32::MAX);
            let (mut low, mut high) = (0, places.len());
            while low < high {
                let middle = low + (high - low) / 2;
                if places.at(middle) < end { low = middle + 1 } else { high = middle }
            }
            low
        };
        let range = match edge {
            FeedEdge::Newest => places.len().saturating_sub(limit)..places.len(),
            FeedEdge::Before(id) => until(id).saturating_sub(limit)..until(id),
            FeedEdge::After(id) => {
                let begin = until(id.saturating_add(1));
                begin..(begin + limit).min(places.len())
            }
        };
        range.rev().filter_map(|index| self.ids.get(places.at(index) as usize).copied()).collect()
    }
}

impl FeedLogs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the log, brought up to what the transaction of `c` sees.
    fn ask<T>(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        answer: impl FnOnce(&FeedLog) -> T,
    ) -> Result<FromMemory<T>, StoreError> {
        let mut state = self.state();
        let snapshot = snapshots::current(c, connection, Side::Source)?;
        if let Some(log) = &mut state.kept
            && (log.connection, log.snapshot) == (connection, snapshot)
            && log.oldest == oldest(c, connection)?
        {
            let (newest, forgotten) = news(c, connection, log.seen)?;
            if !forgotten {
                log.seen = newest;
                if log.too_long {
                    return Ok(FromMemory::Nothing);
                }
                log.read_on(c)?;
                return Ok(FromMemory::Here(answer(log)));
            }
        }
        if state.reading {
            return Ok(FromMemory::Nothing);
        }
        state.kept = None;
        state.reading = true;
        Ok(FromMemory::Wanted)
    }

    /// The numbers of a window of the lines that a filter by text finds, newest first.
    pub(super) fn window(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        filter: &FeedFilter,
        edge: FeedEdge,
        limit: u32,
    ) -> Result<FromMemory<Vec<i64>>, StoreError> {
        let text = TextIndex::folded(&filter.text);
        self.ask(c, connection, |log| log.window(&text, edge, limit as usize))
    }

    /// How many lines a filter by text finds.
    pub(super) fn count(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        filter: &FeedFilter,
    ) -> Result<FromMemory<u64>, StoreError> {
        let text = TextIndex::folded(&filter.text);
        self.ask(c, connection, |log| log.texts.places(&text).len() as u64)
    }

    /// Whether somebody has to read the log of this tenant, because it is about to be searched.
    pub(super) fn claim(&self, connection: ConnectionId) -> bool {
        let mut state = self.state();
        let wanted = !state.reading && state.kept.as_ref().is_none_or(|log| log.connection != connection);
        if wanted {
            state.kept = None;
            state.reading = true;
        }
        wanted
    }

    /// Reads the log that was wanted or claimed.
    pub(super) fn read(&self, c: Result<&Sqlite, StoreError>, connection: ConnectionId) {
        match c.and_then(|c| FeedLog::read(c, connection)) {
            Ok(log) => self.state().kept = Some(log),
            Err(error) => {
                tracing::warn!(%error, "the feed log is not kept in memory; it is searched in the file each time");
            }
        }
        self.give_up();
    }

    /// Nobody reads it any more.
    pub(super) fn give_up(&self) {
        self.state().reading = false;
    }

    /// Nothing of it stays in memory.
    pub(in crate::store) fn clear(&self) {
        self.state().kept = None;
    }
}
