//! The feed log of one tenant in memory, as it is searched: level, run, phase, what, text, and the name and ids of the
//! person.
//!
//! Lines are only added, and taken away from the old end or where somebody is forgotten: each question reads the new ones and
//! looks whether the oldest is still there and nobody was forgotten, in the file itself. A line that went by a clock set back
//! has no row any more and is left out. A million lines take 190 to 260 MB (reckoned); of a log of over two million nothing is
//! kept.

use super::feed::{FeedEdge, FeedFilter};
use super::people_lists::news;
use crate::domain::ids::ConnectionId;
use crate::domain::run::{Level, Phase};
use crate::domain::snapshot::Side;
use crate::store::columns::fold;
use crate::store::error::StoreError;
use crate::store::feed::level_number;
use crate::store::text_index::{APART_IN_TEXT, Places, TextIndex, Wanted};
use crate::store::{Sqlite, figures, snapshots};
use rusqlite::params;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines of a log that is kept.
const MOST: usize = 2_000_000;
/// A log that is no longer is read at once.
const SHORT: u64 = 2_000;
/// Filters whose lines are kept, so that the next line of a window costs nothing.
const RECENT: usize = 12;

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
    marks: Vec<Marks>,
    texts: TextIndex,
    /// What filters by more than a text have found, newest question first.
    recent: VecDeque<Recent>,
    /// There are more lines than are kept.
    too_long: bool,
}

/// What a line is filtered by beside its text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Marks {
    /// 0 for none.
    run: i64,
    level: u8,
    /// Place among the phases, counted from 1; 0 for none.
    phase: u8,
}

struct Recent {
    filter: FeedFilter,
    found: Arc<Vec<u32>>,
    /// Lines that had been there to be looked at.
    until: usize,
}

/// What the memory says to a question.
pub(super) enum FromMemory<T> {
    Here(T),
    /// Nothing is there; the one who has asked has it read.
    Wanted,
    /// It is being read.
    Coming,
    /// The log is too long, or the question is not one for it.
    Nothing,
}

/// Whether memory can tell which lines a filter finds: the lines of one person are few, and an index has them.
pub(super) fn is_for_memory(filter: &FeedFilter) -> bool {
    filter.person.is_none()
}

fn phase_number(phase: Phase) -> u8 {
    Phase::ALL.iter().position(|known| *known == phase).and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(u8::MAX)
}

impl Marks {
    fn fit(self, filter: &FeedFilter) -> bool {
        i64::from(self.level) >= filter.level.map_or(0, level_number)
            && filter.run.is_none_or(|run| run.0 == self.run)
            && filter.phase.is_none_or(|phase| phase_number(phase) == self.phase)
    }
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
            marks: Vec::new(),
            texts: TextIndex::default(),
            recent: VecDeque::new(),
            too_long: false,
        };
        log.read_on(c)?;
        Ok(log)
    }

    /// Reads the lines that have come since.
    fn read_on(&mut self, c: &Sqlite) -> Result<(), StoreError> {
        let mut query = c.prepare_cached(
            "SELECT f.id, f.what, f.text,
                    (SELECT e.search FROM employee e WHERE e.snapshot = ?3 AND e.employee = f.employee) AS person,
                    f.run, f.level, f.phase
             FROM feed f WHERE f.connection = ?1 AND f.id > ?2 ORDER BY f.id",
        )?;
        let newest = self.ids.last().copied().unwrap_or(0);
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
                (self.ids, self.marks, self.texts) = (Vec::new(), Vec::new(), TextIndex::default());
                (self.too_long, self.recent) = (true, VecDeque::new());
                return Ok(());
            }
            self.ids.push(row.get(0)?);
            self.marks.push(Marks {
                run: row.get::<_, Option<i64>>(4)?.unwrap_or(0),
                level: row.get(5)?,
                // A word of another version fits no filter.
                phase: row
                    .get::<_, Option<String>>(6)?
                    .map_or(0, |word| Phase::from_key(&word).map_or(u8::MAX, phase_number)),
            });
        }
        Ok(())
    }

    /// The lines that a filter finds, rising.
    fn places(&mut self, filter: &FeedFilter) -> Places {
        let text = TextIndex::folded(&filter.text);
        if filter.level.is_none_or(|level| level == Level::Info) && filter.run.is_none() && filter.phase.is_none() {
            return self.texts.places(&text);
        }
        let at = self.recent.iter().position(|known| known.filter == *filter);
        let known = at.and_then(|at| self.recent.remove(at));
        let mut known = known.unwrap_or_else(|| Recent {
            filter: filter.clone(),
            found: self.texts.places(&text).chosen(|place| self.fits(place, filter)),
            until: self.ids.len(),
        });
        if known.until < self.ids.len() {
            let wanted = Wanted::new(&text);
            let new = (known.until..self.ids.len()).filter_map(|place| u32::try_from(place).ok());
            let new = new.filter(|place| self.fits(*place, filter) && self.texts.has(*place, &wanted));
            Arc::make_mut(&mut known.found).extend(new);
            known.until = self.ids.len();
        }
        let places = Places::These(Arc::clone(&known.found));
        self.recent.push_front(known);
        self.recent.truncate(RECENT);
        places
    }

    fn fits(&self, place: u32, filter: &FeedFilter) -> bool {
        self.marks.get(place as usize).is_some_and(|marks| marks.fit(filter))
    }

    /// The numbers of a window of the lines that a filter finds, newest first.
    fn window(&mut self, filter: &FeedFilter, edge: FeedEdge, limit: usize) -> Vec<i64> {
        let places = self.places(filter);
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
        answer: impl FnOnce(&mut FeedLog) -> T,
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
            return Ok(FromMemory::Coming);
        }
        state.kept = None;
        if figures::tally(c, connection, "feed")?.iter().map(|(_, lines)| lines).sum::<u64>() <= SHORT {
            let log = state.kept.insert(FeedLog::read(c, connection)?);
            return Ok(FromMemory::Here(answer(log)));
        }
        state.reading = true;
        Ok(FromMemory::Wanted)
    }

    /// The numbers of a window of the lines that a filter finds, newest first.
    pub(super) fn window(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        filter: &FeedFilter,
        edge: FeedEdge,
        limit: u32,
    ) -> Result<FromMemory<Vec<i64>>, StoreError> {
        self.ask(c, connection, |log| log.window(filter, edge, limit as usize))
    }

    /// How many lines a filter finds.
    pub(super) fn count(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        filter: &FeedFilter,
    ) -> Result<FromMemory<u64>, StoreError> {
        self.ask(c, connection, |log| log.places(filter).len() as u64)
    }

    /// Reads the log that was wanted.
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
