//! The lines that are in memory: one unbroken window of the log, newest first, that moves with the cursor.

use crate::console::widgets::table::TableState;
use crate::store::views::{FeedEdge, FeedRow};

/// Lines read at once.
pub const STEP: u32 = 150;
/// Lines kept in memory.
const KEEP: usize = 900;
/// So near to the end of the window the next lines are read.
const NEAR: usize = 40;

/// A window on the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    pub rows: Vec<FeedRow>,
    pub table: TableState<i64>,
    /// The newest line of the log is in the window.
    pub at_newest: bool,
    /// The oldest line of the log is in the window.
    pub at_oldest: bool,
}

impl Window {
    /// Takes lines, newest first, from an edge.
    pub fn take(&mut self, edge: FeedEdge, mut rows: Vec<FeedRow>) {
        let full = rows.len() >= STEP as usize;
        match edge {
            FeedEdge::Newest => {
                (self.at_newest, self.at_oldest) = (true, !full);
                self.rows = rows;
            }
            FeedEdge::Before(before) => {
                self.at_oldest = !full;
                // An answer that does not join on is of an earlier window.
                if self.rows.last().is_some_and(|last| last.id == before) {
                    self.rows.append(&mut rows);
                    let over = self.rows.len().saturating_sub(KEEP);
                    if over > 0 {
                        self.rows.drain(..over);
                        self.at_newest = false;
                    }
                }
            }
            FeedEdge::After(after) => {
                if self.rows.first().is_none_or(|first| first.id == after) {
                    self.at_newest = !full;
                    rows.append(&mut self.rows);
                    self.rows = rows;
                    if self.rows.len() > KEEP {
                        self.rows.truncate(KEEP);
                        self.at_oldest = false;
                    }
                }
            }
        }
        self.table.set_ids(self.rows.iter().map(|row| row.id).collect());
    }

    /// What is to be read because the cursor comes near an end of the window.
    pub fn wants(&self) -> Option<FeedEdge> {
        let at = self.table.cursor_index()?;
        if !self.at_oldest && at + NEAR >= self.rows.len() {
            return self.rows.last().map(|row| FeedEdge::Before(row.id));
        }
        if !self.at_newest && at < NEAR {
            return self.rows.first().map(|row| FeedEdge::After(row.id));
        }
        None
    }

    /// The line under the cursor.
    pub fn current(&self) -> Option<&FeedRow> {
        self.rows.get(self.table.cursor_index()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::{FeedLine, Level};

    fn rows(ids: impl Iterator<Item = i64>) -> Vec<FeedRow> {
        let line = FeedLine {
            run: None,
            at: jiff::Timestamp::UNIX_EPOCH,
            level: Level::Info,
            phase: None,
            employee: None,
            what: String::new(),
            text: String::new(),
        };
        ids.map(|id| FeedRow { id, line: line.clone(), name: None }).collect()
    }

    #[test]
    fn the_window_walks_both_ways_and_never_grows_beyond_its_bound() {
        let mut window = Window::default();
        window.take(FeedEdge::Newest, rows((9_851..=10_000).rev()));
        assert!(window.at_newest && !window.at_oldest);
        for _ in 0..20 {
            window.table.move_to(usize::MAX);
            let Some(FeedEdge::Before(id)) = window.wants() else { panic!("older lines are wanted") };
            window.take(FeedEdge::Before(id), rows((id - 150..id).rev()));
            assert!(window.rows.len() <= KEEP);
        }
        assert!(!window.at_newest);
        let cursor = window.table.cursor().copied();
        window.table.move_to(0);
        let Some(FeedEdge::After(id)) = window.wants() else { panic!("newer lines are wanted") };
        window.take(FeedEdge::After(id), rows((id + 1..=id + 150).rev()));
        assert_eq!(window.rows.first().map(|row| row.id), Some(id + 150));
        assert_ne!(cursor, window.table.cursor().copied());
        let unbroken = window.rows.windows(2).all(|pair| pair[0].id == pair[1].id + 1);
        assert!(unbroken);
    }

    #[test]
    fn an_answer_of_an_earlier_window_is_left_out() {
        let mut window = Window::default();
        window.take(FeedEdge::Newest, rows([9, 8, 7].into_iter()));
        window.take(FeedEdge::Before(3), rows([2, 1].into_iter()));
        assert_eq!(window.rows.len(), 3);
    }
}
