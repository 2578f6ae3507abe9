//! What a table remembers, and how it moves.

use std::ops::Range;
use std::sync::Arc;

use super::marks::{Marks, RowId};
use crate::console::keys::Action;

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a table remembers: cursor, marks, sort, scroll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableState<Id: RowId> {
    pub(super) ids: Arc<Vec<Id>>,
    /// Where a group begins (index of its first row), with its heading; rising.
    groups: Vec<(usize, String)>,
    pub(super) cursor: Option<Id>,
    /// Where the cursor was last, for the row that takes its place.
    pub(super) cursor_at: usize,
    /// First visual line shown.
    pub(super) offset: usize,
    /// Lines that the list has on the screen.
    height: usize,
    pub(super) marks: Id::Marks,
    /// Marks that are not among the ids.
    hidden: Id::Marks,
    pub(super) range_from: Option<Id>,
    pub(super) sort: Option<(usize, Direction)>,
}

impl<Id: RowId> Default for TableState<Id> {
    fn default() -> Self {
        Self {
            ids: Arc::default(),
            groups: Vec::new(),
            cursor: None,
            cursor_at: 0,
            offset: 0,
            height: 1,
            marks: Id::Marks::default(),
            hidden: Id::Marks::default(),
            range_from: None,
            sort: None,
        }
    }
}

impl<Id: RowId> TableState<Id> {
    /// The ids in order. The cursor stays on its id; if that is gone, on the one that took its place. Marks stay,
    /// also hidden ones.
    pub fn set_ids(&mut self, ids: Vec<Id>) {
        self.set_shared(Arc::new(ids));
    }

    /// The same ids without a copy of them: a list may have a million.
    pub fn set_shared(&mut self, ids: Arc<Vec<Id>>) {
        self.set_all(ids, Vec::new());
    }

    /// The same with the cursor on a row that is known, so that no list is searched for it.
    pub fn set_shared_at(&mut self, ids: Arc<Vec<Id>>, row: usize) {
        self.ids = ids;
        self.groups = Vec::new();
        self.find_hidden();
        self.move_to(row);
    }

    /// The same with headings: each group begins at an index of `ids`, rising.
    pub fn set_grouped(&mut self, ids: Vec<Id>, groups: Vec<(usize, String)>) {
        self.set_all(Arc::new(ids), groups);
    }

    fn set_all(&mut self, ids: Arc<Vec<Id>>, groups: Vec<(usize, String)>) {
        self.ids = ids;
        self.groups = groups;
        self.find_hidden();
        let kept = self.cursor.as_ref().and_then(|cursor| match self.ids.get(self.cursor_at) {
            Some(id) if id == cursor => Some(self.cursor_at),
            _ => self.ids.iter().position(|id| id == cursor),
        });
        self.move_to(kept.unwrap_or(self.cursor_at));
    }

    /// All ids in order.
    #[must_use]
    pub fn ids(&self) -> &[Id] {
        &self.ids
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id under the cursor.
    #[must_use]
    pub fn cursor(&self) -> Option<&Id> {
        self.cursor.as_ref()
    }

    /// The index under the cursor.
    #[must_use]
    pub fn cursor_index(&self) -> Option<usize> {
        self.cursor.as_ref().map(|_| self.cursor_at)
    }

    /// Puts the cursor on an id, when it is there.
    pub fn put_cursor(&mut self, id: &Id) -> bool {
        let found = self.ids.iter().position(|other| other == id);
        if let Some(at) = found {
            self.move_to(at);
        }
        found.is_some()
    }

    /// Puts the cursor on a row, or on the last.
    pub fn move_to(&mut self, index: usize) {
        self.cursor_at = index.min(self.ids.len().saturating_sub(1));
        self.cursor = self.ids.get(self.cursor_at).cloned();
        self.scroll_to_cursor();
    }

    /// Moves the cursor by rows.
    pub fn move_by(&mut self, rows: i32) {
        self.move_to(crate::console::widgets::motion::step(self.cursor_at, rows, self.ids.len()));
    }

    /// The list has this number of lines on the screen.
    pub fn set_height(&mut self, lines: usize) {
        self.height = lines.max(1);
        self.scroll_to_cursor();
    }

    /// Lines of the list on the screen.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Motion, marks: the actions that every list has. True when it was one of them.
    pub fn handle(&mut self, action: Action) -> bool {
        let page = i32::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(i32::MAX);
        match action {
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::PageUp => self.move_by(-page),
            Action::PageDown => self.move_by(page),
            Action::First => self.move_to(0),
            Action::Last => self.move_to(usize::MAX),
            Action::Mark => self.mark(),
            Action::MarkRange => self.mark_range(),
            Action::MarkAll => self.mark_rows(0, self.ids.len()),
            Action::InvertMarks => self.invert_marks(),
            Action::Back if self.range_from.is_some() || !self.marks.is_empty() => self.clear_marks(),
            _ => return false,
        }
        true
    }

    fn mark(&mut self) {
        let Some(cursor) = self.cursor.clone() else { return };
        if !self.marks.take(&cursor) {
            self.marks.put(&cursor);
        }
        self.move_by(1);
    }

    /// The first `v` begins a range, the second marks it.
    fn mark_range(&mut self) {
        match self.range_from.take().and_then(|from| self.ids.iter().position(|id| *id == from)) {
            None => self.range_from = self.cursor.clone(),
            Some(from) => {
                let (first, last) = (from.min(self.cursor_at), from.max(self.cursor_at));
                self.mark_rows(first, last - first + 1);
            }
        }
    }

    fn mark_rows(&mut self, first: usize, count: usize) {
        for id in self.ids.iter().skip(first).take(count) {
            self.marks.put(id);
        }
    }

    fn invert_marks(&mut self) {
        for id in self.ids.iter() {
            if !self.marks.take(id) {
                self.marks.put(id);
            }
        }
    }

    /// Only new ids hide marks: whatever marks afterwards marks one of them.
    fn find_hidden(&mut self) {
        let mut hidden = self.marks.clone();
        for id in self.ids.iter() {
            if hidden.is_empty() {
                break;
            }
            hidden.take(id);
        }
        self.hidden = hidden;
    }

    /// Takes all marks away.
    pub fn clear_marks(&mut self) {
        self.marks = Id::Marks::default();
        self.hidden = Id::Marks::default();
        self.range_from = None;
    }

    /// All marks, hidden ones too.
    #[must_use]
    pub fn marks(&self) -> &Id::Marks {
        &self.marks
    }

    /// Whether a row is marked.
    #[must_use]
    pub fn is_marked(&self, id: &Id) -> bool {
        self.marks.has(id)
    }

    /// Marks that the filter hides. What is about to be sent lists them first.
    #[must_use]
    pub fn hidden_marks(&self) -> &Id::Marks {
        &self.hidden
    }

    /// `12 marked (2 hidden by filter)`; nothing when nothing is marked.
    #[must_use]
    pub fn marks_words(&self) -> Option<String> {
        if self.marks.is_empty() {
            return None;
        }
        let words = format!("{} marked", crate::console::format::count(self.marks.len()));
        match self.hidden_marks().len() {
            0 => Some(words),
            hidden => Some(format!("{words} ({} hidden by filter)", crate::console::format::count(hidden))),
        }
    }

    /// How it is sorted: the column's index and the direction.
    #[must_use]
    pub fn sort(&self) -> Option<(usize, Direction)> {
        self.sort
    }

    /// Sorts by a column; again by the same one turns the direction.
    pub fn sort_by(&mut self, column: usize) {
        self.sort = Some(match self.sort {
            Some((same, Direction::Ascending)) if same == column => (column, Direction::Descending),
            _ => (column, Direction::Ascending),
        });
    }

    /// The rows that are to be drawn now: full rows are needed for these only (ask for a few more around them).
    #[must_use]
    pub fn window(&self) -> Range<usize> {
        let first = self.row_at_or_after(self.offset);
        let last = self.row_at_or_after(self.offset + self.height);
        first..last.max(first)
    }

    /// The window with three screens more on both sides, in the bounds of the list: what a cache holds.
    #[must_use]
    pub fn window_with_margin(&self) -> Range<usize> {
        self.window_and(3)
    }

    /// The window with a number of further screens on both sides, in the bounds of the list.
    #[must_use]
    pub fn window_and(&self, screens: usize) -> Range<usize> {
        let margin = self.height * screens;
        let window = self.window();
        window.start.saturating_sub(margin)..(window.end + margin).min(self.ids.len())
    }

    /// Headings above a row.
    fn headings_until(&self, row: usize) -> usize {
        self.groups.partition_point(|(start, _)| *start <= row)
    }

    /// The visual line of a row.
    pub(super) fn line_of(&self, row: usize) -> usize {
        row + self.headings_until(row)
    }

    /// Visual lines in all.
    pub(super) fn lines(&self) -> usize {
        self.ids.len() + self.groups.iter().filter(|(start, _)| *start < self.ids.len()).count()
    }

    /// What is on a visual line: a row, or a heading.
    pub(super) fn at_line(&self, line: usize) -> Line<'_> {
        // The k-th heading (from 0) stands on line start + k.
        for (before, (start, words)) in self.groups.iter().enumerate() {
            if start + before == line {
                return Line::Heading(*start, words);
            }
            if start + before > line {
                return Line::Row(line - before);
            }
        }
        Line::Row(line.saturating_sub(self.groups.len()))
    }

    fn row_at_or_after(&self, line: usize) -> usize {
        let row = match self.at_line(line) {
            Line::Row(row) | Line::Heading(row, _) => row,
        };
        row.min(self.ids.len())
    }

    fn scroll_to_cursor(&mut self) {
        let line = self.line_of(self.cursor_at);
        // A group's heading comes into view with its first row.
        let top =
            if self.groups.iter().any(|(start, _)| *start == self.cursor_at) { line.saturating_sub(1) } else { line };
        if top < self.offset {
            self.offset = top;
        }
        if line >= self.offset + self.height {
            self.offset = line + 1 - self.height;
        }
        self.offset = self.offset.min(self.lines().saturating_sub(self.height));
    }
}

/// What is on a visual line.
pub(super) enum Line<'a> {
    Row(usize),
    /// The first row of the group and its words.
    Heading(usize, &'a str),
}
