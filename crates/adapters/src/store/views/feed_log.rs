//! The feed log of one tenant in memory, as it is searched: level, run, phase, what, text, and the name and ids of the
//! person.
//!
//! Lines are only added, and taken away from the old end or where somebody is forgotten: each question reads the new ones and
//! looks whether the oldest is still there and nobody was forgotten, in the file itself. A line that went by a clock set back
//! has no row any more and is left out. A million lines take 190 to 260 MB (reckoned); of a log of over two million nothing is
//! kept.

use super::feed::{FeedEdge, FeedFilter};
use super::feed_columns::{FeedColumn, feed_columns, person_of};
use super::feed_marks::{self, Marks, phase_number};
use super::name_column::NameColumn;
use super::people_bits::Bits;
use super::people_lists::news;
use super::shelf::let_go;
use super::value_column::ValueColumn;
use crate::domain::filter::{Condition, Facet, Test, Wanted as Asked};
use crate::domain::ids::ConnectionId;
use crate::domain::run::{Level, Phase};
use crate::domain::snapshot::Side;
use crate::store::columns::fold;
use crate::store::error::StoreError;
use crate::store::text_index::{APART_IN_TEXT, Places, TextIndex, Wanted};
use crate::store::{Sqlite, figures, snapshots};
use jiff::civil::Date;
use memchr::memmem::Finder;
use rusqlite::params;
use std::collections::{HashMap, VecDeque};
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
    days: Vec<Option<Date>>,
    /// What the lines are about, few words.
    whats: ValueColumn,
    /// Everybody whom a line names, as they are searched; nobody is an empty text.
    persons: NameColumn,
    /// The ids at the source, folded, also of those whom no pull has any more.
    employees: ValueColumn,
    texts: TextIndex,
    /// What filters by more than a text have found, newest question first.
    recent: VecDeque<Recent>,
    /// What was put in order last.
    sorted: Option<Recent>,
    /// There are more lines than are kept.
    too_long: bool,
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
    filter.person.is_none() || filter.sort.is_some()
}

/// What of a line is searched: what it is about, its text, and the names and ids of the person.
pub(super) fn searched(what: &str, text: &str, person: Option<&str>) -> String {
    let mut folded = fold(what);
    folded.push(APART_IN_TEXT);
    folded.push_str(&fold(text));
    folded.push(APART_IN_TEXT);
    folded.push_str(person.unwrap_or_default());
    folded
}

/// The text of a line in what is searched of it, whatever stands in it.
fn text_of(searched: &str) -> &str {
    let behind = searched.split_once(APART_IN_TEXT).map(|(_, rest)| rest);
    behind.and_then(|rest| rest.rsplit_once(APART_IN_TEXT)).map_or("", |(text, _)| text)
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
            days: Vec::new(),
            whats: ValueColumn::default(),
            persons: NameColumn::default(),
            employees: ValueColumn::default(),
            texts: TextIndex::default(),
            recent: VecDeque::new(),
            sorted: None,
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
                    f.run, f.level, f.phase, f.at, f.employee
             FROM feed f WHERE f.connection = ?1 AND f.id > ?2 ORDER BY f.id",
        )?;
        let newest = self.ids.last().copied().unwrap_or(0);
        let mut rows = query.query(params![self.connection.0, newest, self.snapshot])?;
        while let Some(row) = rows.next()? {
            let (what, text): (String, String) = (row.get(1)?, row.get(2)?);
            let person: Option<String> = row.get(3)?;
            let folded = searched(&what, &text, person.as_deref());
            if self.ids.len() >= MOST || !self.texts.push(&folded) {
                (self.ids, self.marks, self.texts) = (Vec::new(), Vec::new(), TextIndex::default());
                (self.days, self.whats) = (Vec::new(), ValueColumn::default());
                (self.persons, self.employees) = (NameColumn::default(), ValueColumn::default());
                (self.too_long, self.recent, self.sorted) = (true, VecDeque::new(), None);
                return Ok(());
            }
            self.ids.push(row.get(0)?);
            self.whats.push(&what);
            self.persons.push(person_of(&folded).unwrap_or_default());
            let employee = row.get::<_, Option<String>>(8)?.map(|id| fold(&id)).unwrap_or_default();
            self.employees.push(&employee);
            let at = jiff::Timestamp::from_microsecond(row.get(7)?).ok();
            self.days.push(at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date()));
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
        if !filter.terms.is_empty() {
            let at = self.recent.iter().position(|known| known.filter == *filter && known.until == self.ids.len());
            if let Some(known) = at.and_then(|at| self.recent.get(at)) {
                return Places::These(Arc::clone(&known.found));
            }
            let mut found = self.plain_bits(filter);
            filter.terms.iter().for_each(|term| found.and(&self.bits(term), term.not));
            let found = Arc::new(found.iter().collect::<Vec<u32>>());
            let known = Recent { filter: filter.clone(), found: Arc::clone(&found), until: self.ids.len() };
            self.recent.push_front(known);
            self.recent.truncate(RECENT);
            return Places::These(found);
        }
        self.plain_places(filter)
    }

    /// The lines that one condition finds.
    fn bits(&self, term: &Condition) -> Bits {
        let lines = self.ids.len();
        match &term.wanted {
            Asked::Word(word) => {
                // The text of a line has the names and ids of the person too.
                let mut found = Bits::of(lines, self.texts.places(word.text()).iter());
                if word.is_loose() {
                    found.or(&self.persons.abbreviated(word));
                }
                found
            }
            Asked::Column { at, any } => {
                let mut found = Bits::none(lines);
                let column = FeedColumn::ALL.get(*at).copied().unwrap_or(FeedColumn::Text);
                any.iter().for_each(|test| found.or(&self.tested(column, test)));
                found
            }
        }
    }

    /// The lines whose person has a text (folded) in names or ids.
    fn named(&self, text: &str) -> Bits {
        let wanted = Finder::new(text.as_bytes());
        let has = |place: &u32| wanted.find(self.persons.column().at(*place).as_bytes()).is_some();
        Bits::of(self.ids.len(), self.texts.places(text).iter().filter(has))
    }

    fn tested(&self, column: FeedColumn, test: &Test) -> Bits {
        match column {
            FeedColumn::Level | FeedColumn::Phase | FeedColumn::Run => feed_marks::tested(&self.marks, column, test),
            FeedColumn::What => self.whats.those(|what| test.fits(what)),
            FeedColumn::Day => Bits::each(&self.days, |day| test.fits_day(*day)),
            FeedColumn::Person | FeedColumn::Who => match test {
                Test::Whole(text) if text.is_empty() => self.persons.column().those(str::is_empty),
                Test::Part(text) => self.named(text),
                Test::Whole(text) => self.named(&fold(text)),
                _ => Bits::none(self.ids.len()),
            },
            FeedColumn::Text => {
                let (Test::Part(text) | Test::Whole(text)) = test else { return Bits::none(self.ids.len()) };
                let text = fold(text);
                let within = |place: &u32| {
                    let part = text_of(self.texts.text_at(*place));
                    if text.is_empty() { part.is_empty() } else { part.contains(&text) }
                };
                Bits::of(self.ids.len(), self.texts.places(&text).iter().filter(within))
            }
        }
    }

    /// How many lines carry which value, each facet under everything that is asked of the others.
    fn facets(&mut self, filter: &FeedFilter) -> Vec<Facet> {
        let plain = FeedFilter { terms: Vec::new(), run: None, person: None, ..filter.clone() };
        let base = self.plain_bits(&plain);
        let mut sets: Vec<(Option<usize>, bool, Bits)> = filter
            .terms
            .iter()
            .map(|term| {
                let column = if let Asked::Column { at, .. } = &term.wanted { Some(*at) } else { None };
                (column, term.not, self.bits(term))
            })
            .collect();
        let place = |column: FeedColumn| FeedColumn::ALL.iter().position(|known| *known == column);
        if let Some(run) = filter.run {
            sets.push((place(FeedColumn::Run), false, Bits::each(&self.marks, |marks| marks.run == run.0)));
        }
        if let Some(person) = &filter.person {
            let id = fold(person.as_str());
            sets.push((place(FeedColumn::Person), false, self.employees.those(|known| known == id)));
        }
        let mut facets = Vec::new();
        for (at, _) in feed_columns().iter().enumerate().filter(|(_, column)| column.facet) {
            let mut found = base.clone();
            let others = sets.iter().filter(|(column, ..)| *column != Some(at));
            others.for_each(|(_, not, set)| found.and(set, *not));
            let counts = match FeedColumn::ALL.get(at) {
                Some(FeedColumn::What) => {
                    self.whats.counts(&found).map(|(what, count)| (what.to_owned(), count)).collect()
                }
                Some(column) => feed_marks::counts(&self.marks, *column, &found),
                None => HashMap::new(),
            };
            facets.push(Facet::new(at, found.len(), counts));
        }
        facets
    }

    fn plain_bits(&mut self, filter: &FeedFilter) -> Bits {
        match self.plain_places(filter) {
            Places::All(lines) => Bits::all(lines),
            Places::These(places) => Bits::of(self.ids.len(), places.iter().copied()),
        }
    }

    fn plain_places(&mut self, filter: &FeedFilter) -> Places {
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

    /// The lines that a filter finds in the order of a column; equals newest first.
    fn in_order(&mut self, filter: &FeedFilter, (column, descending): (FeedColumn, bool)) -> Arc<Vec<u32>> {
        if let Some(known) =
            self.sorted.as_ref().filter(|known| known.filter == *filter && known.until == self.ids.len())
        {
            return Arc::clone(&known.found);
        }
        let plain = FeedFilter { sort: None, person: None, ..filter.clone() };
        let mut places: Vec<u32> = self.places(&plain).iter().collect();
        if let Some(person) = &filter.person {
            let id = fold(person.as_str());
            let of = self.employees.those(|known| known == id);
            places.retain(|place| of.has(*place));
        }
        // Newest first, and stable: what is equal keeps that.
        places.reverse();
        let by_word = |place: &u32| self.sort_word(column, *place);
        match column {
            FeedColumn::Day => places.reverse(),
            FeedColumn::Level => places.sort_by_key(|place| self.marks.get(*place as usize).map(|marks| marks.level)),
            FeedColumn::Phase => places.sort_by_key(|place| self.marks.get(*place as usize).map(|marks| marks.phase)),
            FeedColumn::Run => places.sort_by_key(|place| self.marks.get(*place as usize).map(|marks| marks.run)),
            FeedColumn::What | FeedColumn::Person | FeedColumn::Who | FeedColumn::Text => {
                places.sort_by(|a, b| by_word(a).cmp(by_word(b)));
            }
        }
        if descending {
            places.reverse();
        }
        let found = Arc::new(places);
        let known = Recent { filter: filter.clone(), found: Arc::clone(&found), until: self.ids.len() };
        self.sorted = Some(known);
        found
    }

    /// The text by which a line is put in order.
    fn sort_word(&self, column: FeedColumn, place: u32) -> &str {
        match column {
            FeedColumn::What => self.whats.at(place),
            FeedColumn::Text => text_of(self.texts.text_at(place)),
            FeedColumn::Person => self.employees.at(place),
            _ => self.persons.column().at(place),
        }
    }

    /// A window of what stands in the order of a column.
    fn window_in_order(
        &mut self,
        filter: &FeedFilter,
        by: (FeedColumn, bool),
        (edge, limit): (FeedEdge, usize),
    ) -> Vec<i64> {
        let places = self.in_order(filter, by);
        let at = |id: i64| {
            let place = self.ids.binary_search(&id).ok().and_then(|place| u32::try_from(place).ok())?;
            places.iter().position(|other| *other == place)
        };
        let range = match edge {
            FeedEdge::Newest => 0..limit.min(places.len()),
            FeedEdge::Before(id) => {
                let from = at(id).map_or(places.len(), |at| at + 1);
                from..(from + limit).min(places.len())
            }
            FeedEdge::After(id) => {
                let until = at(id).unwrap_or(0);
                until.saturating_sub(limit)..until
            }
        };
        let shown = places.get(range).unwrap_or_default();
        shown.iter().filter_map(|place| self.ids.get(*place as usize).copied()).collect()
    }

    /// The numbers of a window of the lines that a filter finds, newest first or in the order that it asks for.
    fn window(&mut self, filter: &FeedFilter, edge: FeedEdge, limit: usize) -> Vec<i64> {
        if let Some(by) = filter.sort {
            return self.window_in_order(filter, by, (edge, limit));
        }
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
        let_go(state.kept.take());
        if figures::tally(c, connection, "feed")?.iter().map(|(_, lines)| lines).sum::<u64>() <= SHORT {
            let log = state.kept.insert(FeedLog::read(c, connection)?);
            return Ok(FromMemory::Here(answer(log)));
        }
        Ok(FromMemory::Wanted)
    }

    /// Takes the reading upon whoever asks; false where somebody reads already.
    pub(super) fn begin(&self) -> bool {
        !std::mem::replace(&mut self.state().reading, true)
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

    /// How many lines carry which value.
    pub(super) fn facets(
        &self,
        c: &Sqlite,
        connection: ConnectionId,
        filter: &FeedFilter,
    ) -> Result<FromMemory<Vec<Facet>>, StoreError> {
        self.ask(c, connection, |log| log.facets(filter))
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
        let_go(self.state().kept.take());
    }
}
