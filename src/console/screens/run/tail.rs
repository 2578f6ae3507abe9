//! The tail of a run's feed: oldest above, newest below, read by windows; older lines come when the cursor reaches the top.

use std::time::Duration;

use super::data::FeedCounts;
use crate::console::keys::Action;
use crate::console::widgets::table::TableState;
use crate::domain::ids::RunId;
use crate::store::views::{FeedEdge, FeedRow};

/// Lines read at once.
pub const WINDOW: u32 = 200;
/// Lines that are kept; older ones fall out while the tail is followed.
const KEEP: usize = 2_000;
/// The tail is read again at most this often.
const EVERY: Duration = Duration::from_millis(300);

/// What is shown of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    pub run: Option<RunId>,
    pub rows: Vec<FeedRow>,
    pub table: TableState<i64>,
    pub follow: bool,
    pub counts: FeedCounts,
    /// Lines that came while the tail was not followed.
    pub unseen: u64,
    asked: Option<Duration>,
    waiting: bool,
    dirty: bool,
    /// The oldest line is there.
    complete: bool,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            run: None,
            rows: Vec::new(),
            table: TableState::default(),
            follow: true,
            counts: FeedCounts::default(),
            unseen: 0,
            asked: None,
            waiting: false,
            dirty: false,
            complete: false,
        }
    }
}

impl Tail {
    /// Of another run: begins again.
    pub fn point_at(&mut self, run: Option<RunId>) {
        if self.run != run {
            let height = self.table.height();
            *self = Self { run, dirty: run.is_some(), ..Self::default() };
            self.table.set_height(height);
        }
    }

    /// New lines were written somewhere.
    pub fn moved(&mut self) {
        self.dirty = true;
    }

    /// What to ask now, if anything.
    pub fn due(&mut self, now: Duration) -> Option<(RunId, FeedEdge)> {
        let run = self.run?;
        let rested = self.asked.is_none_or(|at| now >= at + EVERY);
        if !self.dirty || self.waiting || !rested {
            return None;
        }
        (self.dirty, self.waiting, self.asked) = (false, true, Some(now));
        Some((run, self.rows.last().map_or(FeedEdge::Newest, |row| FeedEdge::After(row.id))))
    }

    /// When it wants to ask again.
    pub fn wake_at(&self) -> Option<Duration> {
        self.asked.filter(|_| self.dirty && !self.waiting && self.run.is_some()).map(|at| at + EVERY)
    }

    /// What to ask for above the oldest line, when the cursor is near it.
    pub fn older(&self) -> Option<(RunId, FeedEdge)> {
        let near = self.table.cursor_index().is_some_and(|at| at < 3);
        let first = self.rows.first().filter(|_| near && !self.complete && self.rows.len() < KEEP)?;
        Some((self.run?, FeedEdge::Before(first.id)))
    }

    /// The question was not answered (another took its place); it is asked again.
    pub fn failed(&mut self) {
        (self.waiting, self.dirty) = (false, true);
    }

    /// Takes lines, newest first.
    pub fn take(&mut self, edge: FeedEdge, mut rows: Vec<FeedRow>, counts: FeedCounts) {
        rows.reverse();
        self.counts = counts;
        let full = rows.len() >= WINDOW as usize;
        match edge {
            FeedEdge::Before(_) => {
                self.complete = !full;
                rows.append(&mut self.rows);
                self.rows = rows;
            }
            FeedEdge::Newest => {
                self.waiting = false;
                self.complete = !full;
                self.rows = rows;
            }
            FeedEdge::After(after) => {
                self.waiting = false;
                // A full window may have more behind it.
                self.dirty |= full;
                rows.retain(|row| row.id > after && self.rows.last().is_none_or(|last| row.id > last.id));
                if !self.follow {
                    self.unseen += rows.len() as u64;
                }
                self.rows.append(&mut rows);
            }
        }
        if self.follow && self.rows.len() > KEEP {
            self.rows.drain(..self.rows.len() - KEEP);
            self.complete = false;
        }
        self.table.set_ids(self.rows.iter().map(|row| row.id).collect());
        if self.follow {
            self.table.move_to(usize::MAX);
        }
    }

    /// Motion; leaving the last line ends following, coming back to it does not begin it.
    pub fn handle(&mut self, action: Action) -> bool {
        if matches!(action, Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks | Action::Back) {
            return false;
        }
        let handled = self.table.handle(action);
        if handled && self.table.cursor_index().is_some_and(|at| at + 1 < self.rows.len()) {
            self.follow = false;
        }
        handled
    }

    /// `f`.
    pub fn toggle_follow(&mut self) {
        self.follow = !self.follow;
        if self.follow {
            self.unseen = 0;
            self.table.move_to(usize::MAX);
        }
    }

    /// The line under the cursor.
    pub fn current(&self) -> Option<&FeedRow> {
        self.rows.get(self.table.cursor_index()?)
    }
}
