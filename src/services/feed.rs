//! The feed log for whoever takes it away: found lines one after the other, and a file of them, of whatever length.

use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Level, Phase};
use crate::files::export::{Cell, ExportError};
use crate::files::stream::RowFile;
use crate::store::views::{FeedColumn, FeedEdge, FeedFilter, FeedRow};
use crate::store::{Store, fold};
use std::cmp::Reverse;
use std::path::Path;

/// Lines that are read at once.
const BATCH: u32 = 2_000;

/// The lines that a filter finds, newest first, by as many as are read at once. What is written meanwhile is not among them.
pub struct Found<'a> {
    store: &'a Store,
    connection: &'a Connection,
    filter: FeedFilter,
    edge: FeedEdge,
    /// Lines that are still wanted; `None` for all.
    left: Option<u32>,
    is_done: bool,
}

impl<'a> Found<'a> {
    /// Up to `limit` lines, or all.
    #[must_use]
    pub fn new(store: &'a Store, connection: &'a Connection, filter: FeedFilter, limit: Option<u32>) -> Self {
        Self { store, connection, filter, edge: FeedEdge::Newest, left: limit, is_done: false }
    }

    /// The next lines; none at the end.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self) -> Result<Vec<FeedRow>, Problem> {
        let most = self.left.map_or(BATCH, |left| left.min(BATCH));
        if self.is_done || most == 0 {
            return Ok(Vec::new());
        }
        let rows = self.store.feed_window(self.connection.id, self.filter.clone(), self.edge, most).await?;
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        self.is_done = count < most;
        self.left = self.left.map(|left| left.saturating_sub(count));
        if let Some(last) = rows.last() {
            self.edge = FeedEdge::Before(last.id);
        }
        Ok(rows)
    }
}

/// Lines that are put in another order at once, at most: what is kept of them meanwhile stays within some hundred megabytes.
const SORTED: usize = 500_000;

/// An order of lines: a column, and whether the other way round.
pub type Order = (FeedColumn, bool);

/// By what a line is put in order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

fn key(row: &FeedRow, column: FeedColumn) -> Key {
    let line = &row.line;
    match column {
        FeedColumn::Day => Key::Number(row.id),
        FeedColumn::Run => Key::Number(line.run.map_or(0, |run| run.0)),
        FeedColumn::Level => Key::Number(match line.level {
            Level::Info => 0,
            Level::Warn => 1,
            Level::Error => 2,
        }),
        FeedColumn::Phase => {
            let place = Phase::ALL.iter().position(|known| Some(*known) == line.phase);
            Key::Number(place.and_then(|place| i64::try_from(place + 1).ok()).unwrap_or(0))
        }
        FeedColumn::What => Key::Text(line.what.clone()),
        FeedColumn::Text => Key::Text(fold(&line.text)),
        FeedColumn::Person => Key::Text(line.employee.as_ref().map(|id| fold(id.as_str())).unwrap_or_default()),
        FeedColumn::Who => Key::Text(row.name.as_deref().map(fold).unwrap_or_default()),
    }
}

/// The lines that a filter finds in the order of a column, as the screen has them: what is equal stands newest first, the other way
/// round oldest first. With a limit the first ones, of a log of whatever length; without one all of them.
///
/// # Errors
/// The store's; where more lines are asked for than are put in order at once.
pub async fn sorted(
    store: &Store,
    connection: &Connection,
    filter: FeedFilter,
    (column, descending): Order,
    limit: Option<u32>,
) -> Result<Vec<FeedRow>, Problem> {
    let most = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut found = Found::new(store, connection, filter, None);
    let mut kept: Vec<((Key, Reverse<i64>), FeedRow)> = Vec::new();
    let order = |kept: &mut Vec<((Key, Reverse<i64>), FeedRow)>| {
        kept.sort_by(|(a, _), (b, _)| if descending { b.cmp(a) } else { a.cmp(b) });
        kept.truncate(most);
    };
    loop {
        let rows = found.next().await?;
        if rows.is_empty() {
            break;
        }
        kept.extend(rows.into_iter().map(|row| ((key(&row, column), Reverse(row.id)), row)));
        if kept.len() / 2 > most {
            order(&mut kept);
        }
        if kept.len() > SORTED {
            return Err(Problem::new(
                ProblemKind::Input,
                format!("more than {SORTED} lines of {} would have to be put in order", connection.short_name),
            )
            .with_remedy(
                "name fewer with --limit, or a filter that finds fewer; or save them without --sort and sort the file",
            ));
        }
    }
    order(&mut kept);
    Ok(kept.into_iter().map(|(_, row)| row).collect())
}

/// A file of lines of the log, identifiers only, no names.
pub struct FeedFile {
    file: RowFile,
    with_tenant: bool,
}

const HEADS: [&str; 8] = ["tenant", "at", "run", "phase", "level", "employee_id", "what", "text"];

impl FeedFile {
    /// Begins a file (CSV, XLSX or JSON by its ending); with a column for the tenant where there are several.
    ///
    /// # Errors
    /// Another ending; a file that cannot be written.
    pub fn begin(path: &Path, with_tenant: bool) -> Result<Self, Problem> {
        let heads = if with_tenant { HEADS.as_slice() } else { HEADS.get(1..).unwrap_or_default() };
        Ok(Self { file: RowFile::begin(path, heads).map_err(unwritten)?, with_tenant })
    }

    /// Adds all lines that are found, and tells how many there are by now.
    ///
    /// # Errors
    /// The store's; a file that cannot be written.
    pub async fn add(&mut self, mut found: Found<'_>, mut told: impl FnMut(u64)) -> Result<(), Problem> {
        loop {
            let rows = found.next().await?;
            if rows.is_empty() {
                return Ok(());
            }
            self.put(found.connection, rows)?;
            told(self.file.rows());
        }
    }

    /// Adds lines of a tenant in the order in which they are given.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn put(&mut self, connection: &Connection, rows: Vec<FeedRow>) -> Result<(), Problem> {
        for row in rows {
            let tenant = self.with_tenant.then(|| Cell::from(connection.short_name.clone()));
            self.file.row(tenant.into_iter().chain(cells(row)).collect()).map_err(unwritten)?;
        }
        Ok(())
    }

    /// Puts the file into its place; answers how many lines it has.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self) -> Result<u64, Problem> {
        self.file.finish().map_err(unwritten)
    }
}

fn cells(row: FeedRow) -> [Cell; 7] {
    let line = row.line;
    [
        Cell::from(line.at.to_string()),
        line.run.map(|run| run.to_string()).into(),
        line.phase.map(|phase| phase.key().to_owned()).into(),
        line.level.key().into(),
        line.employee.map(|id| id.0).into(),
        line.what.into(),
        line.text.into(),
    ]
}

fn unwritten(error: ExportError) -> Problem {
    Problem::new(ProblemKind::Input, "the file was not saved")
        .with_why(error.to_string())
        .with_remedy("name a file ending in .csv, .xlsx or .json in a folder that you may write and that has room")
}
