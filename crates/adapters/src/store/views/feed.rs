//! Feed log: windows by line number in both directions, filtered, with names joined from the current pull.

use super::feed_columns::FeedColumn;
use super::feed_log::{FeedLogs, FromMemory, is_for_memory};
use super::feed_search::{self, Look, Search};
use crate::domain::filter::{Condition, Facet};
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::run::{FeedLine, Level, Phase};
use crate::domain::snapshot::Side;
use crate::store::columns::from_count;
use crate::store::error::StoreError;
use crate::store::feed::{level_number, line_of};
use crate::store::kept::{Kept, Lasts};
use crate::store::reader::ReadLane;
use crate::store::reader::ReadTopic;
use crate::store::{Sqlite, Store, figures, snapshots};
use rusqlite::{OptionalExtension, ToSql, params};
use std::sync::Arc;

/// A search in the file counts this many lines; where there are more it says one more than that. Numbers of lines that are kept,
/// or that an index has, are whole.
pub const FEED_COUNTED: u64 = 10_000;

/// Which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFilter {
    /// This level and louder ones; `None` takes all.
    pub level: Option<Level>,
    pub run: Option<RunId>,
    pub phase: Option<Phase>,
    pub person: Option<EmployeeId>,
    /// Part of the line, or of the name of the person. Empty finds all.
    pub text: String,
    /// What else must hold; the columns are those of [`super::feed_columns()`].
    pub terms: Vec<Condition>,
    /// By which column, and whether the other way round; newest first where there is none. Only memory can tell.
    pub sort: Option<(FeedColumn, bool)>,
}

/// Where a window begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEdge {
    /// The newest lines.
    Newest,
    /// Older than this line.
    Before(i64),
    /// Newer than this line, the oldest of them first in age.
    After(i64),
}

/// One line with the name it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Number of the line.
    pub id: i64,
    pub line: FeedLine,
    /// From the current pull; `None` when the person is not in it.
    pub name: Option<String>,
}

/// What of a filter the file's own indexes lead to; the rest is compared line by line. Levels are literals: the partial indexes
/// fit them.
fn conditions(filter: &FeedFilter) -> String {
    let mut wheres = vec!["f.connection = :connection"];
    wheres.extend(match filter.level {
        None | Some(Level::Info) => None,
        Some(Level::Warn) => Some("f.level >= 1"),
        Some(Level::Error) => Some("f.level >= 2"),
    });
    wheres.extend(filter.run.map(|_| "f.run = :run"));
    wheres.extend(filter.phase.map(|_| "f.phase = :phase"));
    wheres.extend(filter.person.as_ref().map(|_| "f.employee = :person"));
    wheres.join(" AND ")
}

fn window_sql(filter: &FeedFilter, edge: FeedEdge) -> String {
    let (bound, order) = match edge {
        FeedEdge::Newest => ("", "DESC"),
        FeedEdge::Before(_) => (" AND f.id < :edge", "DESC"),
        FeedEdge::After(_) => (" AND f.id > :edge", "ASC"),
    };
    format!("SELECT f.* FROM feed f WHERE {}{bound} ORDER BY f.id {order}", conditions(filter))
}

fn count_sql(filter: &FeedFilter) -> String {
    format!("SELECT count(*) FROM feed f WHERE {}", conditions(filter))
}

/// Binds what the statement names of the filter.
fn bind(
    query: &mut rusqlite::Statement<'_>,
    connection: ConnectionId,
    filter: &FeedFilter,
    edge: FeedEdge,
) -> Result<(), StoreError> {
    let edge = if let FeedEdge::Before(id) | FeedEdge::After(id) = edge { Some(id) } else { None };
    let values: [(&str, Box<dyn ToSql>); 5] = [
        (":connection", Box::new(connection.0)),
        (":run", Box::new(filter.run.map(|run| run.0))),
        (":phase", Box::new(filter.phase.map(Phase::key))),
        (":person", Box::new(filter.person.as_ref().map(|person| person.0.clone()))),
        (":edge", Box::new(edge)),
    ];
    for (name, value) in values {
        if let Some(index) = query.parameter_index(name)? {
            query.raw_bind_parameter(index, value)?;
        }
    }
    Ok(())
}

/// Hands over the lines that a filter finds, from an edge on, until `wanted` says that it has enough.
fn walk(
    search: &Search<'_>,
    filter: &FeedFilter,
    edge: FeedEdge,
    mut wanted: impl FnMut(FeedRow) -> bool,
) -> Result<(), StoreError> {
    if feed_search::is_for_index(filter) {
        return feed_search::walk(search, filter, edge, wanted);
    }
    let look = Look::new(search, filter)?;
    let mut query = search.c.prepare_cached(&window_sql(filter, edge))?;
    bind(&mut query, search.connection, filter, edge)?;
    let mut rows = query.raw_query();
    while let Some(row) = rows.next()? {
        if let Some(line) = look.at(search, row)?
            && !wanted(line)
        {
            break;
        }
    }
    Ok(())
}

fn window(search: &Search<'_>, filter: &FeedFilter, edge: FeedEdge, limit: u32) -> Result<Vec<FeedRow>, StoreError> {
    let (mut found, most) = (Vec::new(), limit as usize);
    if most > 0 {
        walk(search, filter, edge, |row| {
            found.push(row);
            found.len() < most
        })?;
    }
    for row in found.iter_mut().filter(|row| row.name.is_none()) {
        row.name = feed_search::name(search, row)?;
    }
    if matches!(edge, FeedEdge::After(_)) {
        found.reverse();
    }
    Ok(found)
}

fn count(search: &Search<'_>, filter: &FeedFilter) -> Result<u64, StoreError> {
    if filter.terms.is_empty() && filter.text.trim().is_empty() && !feed_search::is_for_index(filter) {
        let mut query = search.c.prepare_cached(&count_sql(filter))?;
        bind(&mut query, search.connection, filter, FeedEdge::Newest)?;
        let mut rows = query.raw_query();
        return Ok(rows.next()?.map(|row| row.get(0)).transpose()?.map_or(0, from_count));
    }
    let mut found = 0;
    walk(search, filter, FeedEdge::Newest, |_| {
        found += 1;
        found <= FEED_COUNTED
    })?;
    Ok(found)
}

/// The rows of these lines, in their order; lines that are gone have none.
fn rows(c: &Sqlite, connection: ConnectionId, ids: &[i64]) -> Result<Vec<FeedRow>, StoreError> {
    let snapshot = snapshots::current(c, connection, Side::Source)?;
    let mut query = c.prepare_cached(
        "SELECT f.*, (SELECT e.name FROM employee e WHERE e.snapshot = ?2 AND e.employee = f.employee) AS name
         FROM feed f WHERE f.id = ?1",
    )?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let row = query.query_row(params![id, snapshot], |row| {
            Ok(FeedRow { id: row.get("id")?, line: line_of(row)?, name: row.get("name")? })
        });
        found.extend(row.optional()?);
    }
    Ok(found)
}

/// What a question to the file needs.
fn search<'a>(c: &'a Sqlite, kept: &'a Kept, connection: ConnectionId) -> Result<Search<'a>, StoreError> {
    let snapshot = snapshots::current(c, connection, Side::Source)?;
    Ok(Search { c, kept, connection, snapshot })
}

impl Store {
    /// The log in memory, where it may answer; on the screen's lane.
    fn feed_log(&self, filter: &FeedFilter) -> Option<Arc<FeedLogs>> {
        (self.lane == ReadLane::Screen && is_for_memory(filter)).then(|| Arc::clone(&self.inner.logs))
    }

    /// Has the log read, where it is wanted; nobody waits for it.
    fn read_feed_log(&self, connection: ConnectionId, wanted: bool) {
        let logs = Arc::clone(&self.inner.logs);
        if !wanted || !logs.begin() {
            return;
        }
        if !self.begin_reading(move |c| logs.read(c, connection)) {
            self.inner.logs.give_up();
        }
    }

    /// Up to `limit` lines from `edge` on, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn feed_window(
        &self,
        connection: ConnectionId,
        filter: FeedFilter,
        edge: FeedEdge,
        limit: u32,
    ) -> Result<Vec<FeedRow>, StoreError> {
        Ok(self.feed_window_by(connection, filter, edge, limit, true).await?.unwrap_or_default())
    }

    /// The same; `None` while the log is being read into memory, to be searched there (on the screen's lane).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn feed_window_at_once(
        &self,
        connection: ConnectionId,
        filter: FeedFilter,
        edge: FeedEdge,
        limit: u32,
    ) -> Result<Option<Vec<FeedRow>>, StoreError> {
        self.feed_window_by(connection, filter, edge, limit, false).await
    }

    /// `waits`: while memory does not know, the file is asked, whatever that takes.
    async fn feed_window_by(
        &self,
        connection: ConnectionId,
        filter: FeedFilter,
        edge: FeedEdge,
        limit: u32,
        waits: bool,
    ) -> Result<Option<Vec<FeedRow>>, StoreError> {
        let (logs, kept) = (self.feed_log(&filter), self.kept()?);
        let in_memory = logs.is_some();
        let (rows, wanted) = self
            .read_newest(ReadTopic::FeedRows, move |c| {
                let known = match &logs {
                    Some(logs) => logs.window(c, connection, &filter, edge, limit)?,
                    None => FromMemory::Nothing,
                };
                let wanted = matches!(known, FromMemory::Wanted);
                Ok(match known {
                    FromMemory::Here(ids) => (Some(rows(c, connection, &ids)?), false),
                    // What is not in memory is in no order but its own.
                    _ if filter.sort.is_some() => (None, wanted),
                    // A log that is too long for memory is searched in the file.
                    FromMemory::Nothing if feed_search::is_for_index(&filter) => {
                        (Some(window(&search(c, &kept, connection)?, &filter, edge, limit)?), wanted)
                    }
                    _ if in_memory && !waits && !has_index(&filter) => (None, wanted),
                    _ => (Some(window(&search(c, &kept, connection)?, &filter, edge, limit)?), wanted),
                })
            })
            .await?;
        self.read_feed_log(connection, wanted);
        Ok(rows)
    }

    /// Whether the log is in memory or on its way there; else it is too long, and only the file can be searched.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn keeps_feed(&self, connection: ConnectionId) -> Result<bool, StoreError> {
        let Some(logs) = self.feed_log(&FeedFilter::default()) else { return Ok(false) };
        let (kept, wanted) = self
            .read(move |c| {
                let known = logs.count(c, connection, &FeedFilter::default())?;
                Ok((!matches!(known, FromMemory::Nothing), matches!(known, FromMemory::Wanted)))
            })
            .await?;
        self.read_feed_log(connection, wanted);
        Ok(kept)
    }

    /// The values of the facets under a filter, with how many lines carry each, out of memory; `None` while the log is not
    /// there, or is too long for it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn feed_facets(
        &self,
        connection: ConnectionId,
        filter: FeedFilter,
    ) -> Result<Option<Vec<Facet>>, StoreError> {
        let Some(logs) = self.feed_log(&FeedFilter::default()) else { return Ok(None) };
        let (facets, wanted) = self
            .read_newest(ReadTopic::FeedFacets, move |c| {
                let known = logs.facets(c, connection, &filter)?;
                let wanted = matches!(known, FromMemory::Wanted);
                Ok((if let FromMemory::Here(facets) = known { Some(facets) } else { None }, wanted))
            })
            .await?;
        self.read_feed_log(connection, wanted);
        Ok(facets)
    }

    /// How many lines the filter finds; of a search in the file see [`FEED_COUNTED`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn feed_count(&self, connection: ConnectionId, filter: FeedFilter) -> Result<u64, StoreError> {
        Ok(self.feed_count_by(connection, filter, true).await?.unwrap_or_default())
    }

    /// The same; `None` while the log is being read into memory, to be counted there (on the screen's lane).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn feed_count_at_once(
        &self,
        connection: ConnectionId,
        filter: FeedFilter,
    ) -> Result<Option<u64>, StoreError> {
        self.feed_count_by(connection, filter, false).await
    }

    async fn feed_count_by(
        &self,
        connection: ConnectionId,
        filter: FeedFilter,
        waits: bool,
    ) -> Result<Option<u64>, StoreError> {
        let kept = self.kept()?;
        let logs = self.feed_log(&filter);
        let in_memory = logs.is_some();
        let (count, wanted) = self
            .read_newest(ReadTopic::FeedCount, move |c| {
                if let Some(level) = level_alone(&filter) {
                    return Ok((Some(counted(c, connection, level)?), false));
                }
                let known = match &logs {
                    Some(logs) => logs.count(c, connection, &filter)?,
                    None => FromMemory::Nothing,
                };
                let wanted = matches!(known, FromMemory::Wanted);
                Ok(match known {
                    FromMemory::Here(count) => (Some(count), false),
                    _ if in_memory && !waits => (None, wanted),
                    _ => {
                        let read = || count(&search(c, &kept, connection)?, &filter);
                        (Some(kept.answer(c, Lasts::UntilWritten, ("feed", connection, &filter), read)?), wanted)
                    }
                })
            })
            .await?;
        self.read_feed_log(connection, wanted);
        Ok(count)
    }
}

/// Whether an index of the file leads to the lines of a filter without reading others: a text needs the log in memory, and so
/// does a phase, of which there may be none for a million lines.
fn has_index(filter: &FeedFilter) -> bool {
    filter.person.is_some() || (filter.phase.is_none() && filter.text.trim().is_empty() && filter.terms.is_empty())
}

/// The level of a filter by nothing else.
fn level_alone(filter: &FeedFilter) -> Option<Level> {
    let FeedFilter { level, run, phase, person, text, terms, sort: _ } = filter;
    let alone = terms.is_empty() && run.is_none() && phase.is_none() && person.is_none() && text.trim().is_empty();
    alone.then(|| level.unwrap_or(Level::Info))
}

/// Lines of this level and louder ones, as they are counted when they are written.
fn counted(c: &Sqlite, connection: ConnectionId, level: Level) -> Result<u64, StoreError> {
    let lines = figures::tally(c, connection, "feed")?;
    let loud = |key: &str| key.parse().is_ok_and(|known: i64| known >= level_number(level));
    Ok(lines.into_iter().filter(|(key, _)| loud(key)).map(|(_, lines)| lines).sum())
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::*;

    fn plan_of(filter: &FeedFilter) -> String {
        let c = crate::store::empty_database();
        let sql = window_sql(filter, FeedEdge::Before(9));
        explain(&c, &sql, &[])
    }

    #[test]
    fn windows_walk_an_index_and_never_the_whole_log() {
        let filters = [
            (FeedFilter::default(), "feed_by_connection (connection=? AND id<?)"),
            (FeedFilter { level: Some(Level::Warn), ..FeedFilter::default() }, "feed_warnings (connection=? AND id<?)"),
            (FeedFilter { level: Some(Level::Error), ..FeedFilter::default() }, "feed_errors (connection=? AND id<?)"),
            (FeedFilter { run: Some(RunId(1)), ..FeedFilter::default() }, "feed_by_run (run=? AND id<?)"),
            (
                FeedFilter { person: Some("1".into()), ..FeedFilter::default() },
                "feed_by_employee (connection=? AND employee=? AND id<?)",
            ),
            (
                FeedFilter { level: Some(Level::Warn), text: "ab".into(), ..FeedFilter::default() },
                "feed_warnings (connection=? AND id<?)",
            ),
        ];
        for (filter, wanted) in filters {
            let plan = plan_of(&filter);
            assert!(plan.contains(wanted), "{filter:?}\n{plan}");
            let scans: Vec<&str> =
                plan.lines().filter(|line| line.contains("SCAN") && !line.contains("VIRTUAL TABLE")).collect();
            assert!(scans.is_empty(), "{filter:?}\n{plan}");
        }
    }
}
