//! The windowed table. All ids of the result are known and in order; full rows are given only for the window that
//! is drawn, so a million rows cost what sixty do. The cursor is an id, not a row number: new data, sort or filter
//! keep it on the same thing.

use std::collections::BTreeSet;
use std::ops::Range;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Hit, PaneId, Span};
use crate::console::keys::Action;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a table remembers: cursor, marks, sort, scroll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableState<Id> {
    ids: Vec<Id>,
    /// Where a group begins (index of its first row), with its heading; rising.
    groups: Vec<(usize, String)>,
    cursor: Option<Id>,
    /// Where the cursor was last, for the row that takes its place.
    cursor_at: usize,
    /// First visual line shown.
    offset: usize,
    /// Lines that the list has on the screen.
    height: usize,
    marks: BTreeSet<Id>,
    range_from: Option<Id>,
    sort: Option<(usize, Direction)>,
}

impl<Id> Default for TableState<Id> {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            groups: Vec::new(),
            cursor: None,
            cursor_at: 0,
            offset: 0,
            height: 1,
            marks: BTreeSet::new(),
            range_from: None,
            sort: None,
        }
    }
}

impl<Id: Clone + Ord> TableState<Id> {
    /// The ids in order. The cursor stays on its id; if that is gone, on the one that took its place. Marks stay,
    /// also hidden ones.
    pub fn set_ids(&mut self, ids: Vec<Id>) {
        self.set_grouped(ids, Vec::new());
    }

    /// The same with headings: each group begins at an index of `ids`, rising.
    pub fn set_grouped(&mut self, ids: Vec<Id>, groups: Vec<(usize, String)>) {
        self.ids = ids;
        self.groups = groups;
        let kept = self.cursor.as_ref().and_then(|cursor| self.ids.iter().position(|id| id == cursor));
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
        self.move_to(crate::console::app::overlay::step(self.cursor_at, rows, self.ids.len()));
    }

    /// The list has so many lines on the screen.
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
            Action::MarkAll => self.marks.extend(self.ids.iter().cloned()),
            Action::InvertMarks => self.invert_marks(),
            Action::Back if self.range_from.is_some() || !self.marks.is_empty() => self.clear_marks(),
            _ => return false,
        }
        true
    }

    fn mark(&mut self) {
        let Some(cursor) = self.cursor.clone() else { return };
        if !self.marks.remove(&cursor) {
            self.marks.insert(cursor);
        }
        self.move_by(1);
    }

    /// The first `v` begins a range, the second marks it.
    fn mark_range(&mut self) {
        match self.range_from.take().and_then(|from| self.ids.iter().position(|id| *id == from)) {
            None => self.range_from = self.cursor.clone(),
            Some(from) => {
                let (first, last) = (from.min(self.cursor_at), from.max(self.cursor_at));
                self.marks.extend(self.ids.iter().skip(first).take(last - first + 1).cloned());
            }
        }
    }

    fn invert_marks(&mut self) {
        for id in &self.ids {
            if !self.marks.remove(id) {
                self.marks.insert(id.clone());
            }
        }
    }

    /// Takes all marks away.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.range_from = None;
    }

    /// All marks, hidden ones too.
    #[must_use]
    pub fn marks(&self) -> &BTreeSet<Id> {
        &self.marks
    }

    /// Whether a row is marked.
    #[must_use]
    pub fn is_marked(&self, id: &Id) -> bool {
        self.marks.contains(id)
    }

    /// Marks that the filter hides. What is about to be sent lists them first.
    #[must_use]
    pub fn hidden_marks(&self) -> Vec<&Id> {
        let shown: BTreeSet<&Id> = self.ids.iter().collect();
        self.marks.iter().filter(|id| !shown.contains(*id)).collect()
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
        let margin = self.height * 3;
        let window = self.window();
        window.start.saturating_sub(margin)..(window.end + margin).min(self.ids.len())
    }

    /// Headings above a row.
    fn headings_until(&self, row: usize) -> usize {
        self.groups.partition_point(|(start, _)| *start <= row)
    }

    /// The visual line of a row.
    fn line_of(&self, row: usize) -> usize {
        row + self.headings_until(row)
    }

    /// Visual lines in all.
    fn lines(&self) -> usize {
        self.ids.len() + self.groups.iter().filter(|(start, _)| *start < self.ids.len()).count()
    }

    /// What is on a visual line: a row, or a heading.
    fn at_line(&self, line: usize) -> Line<'_> {
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

enum Line<'a> {
    Row(usize),
    /// The first row of the group and its words.
    Heading(usize, &'a str),
}

/// How the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    /// Numbers: right-aligned, never cut.
    Right,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The head.
    pub title: String,
    /// Below this the column disappears whole.
    pub min: u16,
    /// It does not grow beyond this.
    pub max: u16,
    /// The one with the lowest number stays longest.
    pub priority: u8,
    /// How its text stands.
    pub align: Align,
    /// Its head can be clicked to sort.
    pub sortable: bool,
    /// The gap before it, in cells.
    pub gap: u16,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub fn text(title: impl Into<String>, min: u16, max: u16, priority: u8) -> Self {
        let max = max.max(min);
        Self { title: title.into(), min, max, priority, align: Align::Left, sortable: false, gap: 1 }
    }

    /// A column of numbers, right-aligned and always of one width.
    #[must_use]
    pub fn number(title: impl Into<String>, cells: u16, priority: u8) -> Self {
        Self { align: Align::Right, ..Self::text(title, cells, cells, priority) }
    }

    /// The one-cell column of the state's glyph; never leaves.
    #[must_use]
    pub fn glyph() -> Self {
        Self::text("", 1, 1, 0)
    }

    /// Can be sorted by.
    #[must_use]
    pub fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }

    /// With another gap before it than one cell.
    #[must_use]
    pub fn gap(mut self, cells: u16) -> Self {
        self.gap = cells;
        self
    }
}

/// A cell of a row.
pub type Cell = Vec<Span>;

/// A cell of plain text.
#[must_use]
pub fn cell(text: impl Into<String>) -> Cell {
    vec![Span::new(text, Role::Text)]
}

/// A cell in a role.
#[must_use]
pub fn cell_in(text: impl Into<String>, role: Role) -> Cell {
    vec![Span::new(text, role)]
}

/// A cell with the glyph of a role.
#[must_use]
pub fn glyph_cell(role: Role) -> Cell {
    vec![Span::new(role.glyph(), role)]
}

/// How a table is drawn; the state is the screen's.
pub struct Table<'a, Id> {
    /// The state.
    pub state: &'a TableState<Id>,
    /// The columns, in their order on the screen.
    pub columns: &'a [Column],
    /// The cells of a row by its index, one per column; `None` while it is not there yet (its place shows `…`).
    pub row: &'a dyn Fn(usize) -> Option<Vec<Cell>>,
    /// The pane, for the mouse.
    pub pane: PaneId,
    /// Whether the pane has the keys: only then the cursor row has the selection's ground.
    pub focused: bool,
    /// Old rows while new ones are read: dimmed.
    pub stale: bool,
    /// Draw the line of column heads.
    pub heads: bool,
    /// Ticks on the scrollbar: index of a row and the role of its tick.
    pub ticks: &'a [(usize, Role)],
}

/// Cells left of the first column: cursor, mark, blank.
pub const PREFIX: u16 = 3;

impl<Id: Clone + Ord> Table<'_, Id> {
    /// Lines that heads take.
    #[must_use]
    pub fn head_rows(&self) -> u16 {
        u16::from(self.heads)
    }

    /// Draws heads, rows and scrollbar.
    pub fn view(&self, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(self.pane));
        if area.width <= PREFIX || area.height == 0 {
            return;
        }
        let list = Rect { y: area.y + self.head_rows(), height: area.height.saturating_sub(self.head_rows()), ..area };
        let height = usize::from(list.height);
        let scrolls = self.state.lines() > height;
        let cells = area.width - PREFIX - u16::from(scrolls);
        let rows: Vec<(usize, Option<Vec<Cell>>)> = self.visible(height);
        let widths = fit(self.columns, &self.wanted(&rows), cells);
        if self.heads {
            self.view_heads(Rect { height: 1, ..area }, &widths, canvas);
        }
        let mut rows = rows.into_iter();
        for offset in 0..height.min(self.state.lines().saturating_sub(self.offset(height))) {
            let y = list.y + u16::try_from(offset).unwrap_or(0);
            let line = Rect { y, height: 1, width: area.width - u16::from(scrolls), ..area };
            match self.state.at_line(self.offset(height) + offset) {
                Line::Heading(_, words) => {
                    canvas.text(line.x + 4, y, usize::from(line.width).saturating_sub(4), words, Role::Muted);
                }
                Line::Row(_) => {
                    if let Some((index, cells)) = rows.next() {
                        self.view_row(index, cells, line, &widths, canvas);
                    }
                }
            }
        }
        if scrolls && height > 0 {
            self.scrollbar(list, canvas);
        }
    }

    /// The offset, corrected for a height that the state has not been told yet.
    fn offset(&self, height: usize) -> usize {
        let line = self.state.line_of(self.state.cursor_at);
        let offset = self.state.offset.min(self.state.lines().saturating_sub(height));
        if line >= offset + height.max(1) { line + 1 - height.max(1) } else { offset.min(line) }
    }

    fn visible(&self, height: usize) -> Vec<(usize, Option<Vec<Cell>>)> {
        let first = self.offset(height);
        (first..first + height)
            .filter_map(|line| match self.state.at_line(line) {
                Line::Row(row) if row < self.state.len() => Some((row, (self.row)(row))),
                _ => None,
            })
            .collect()
    }

    /// The widest visible text of each column.
    fn wanted(&self, rows: &[(usize, Option<Vec<Cell>>)]) -> Vec<u16> {
        let widest = |number: usize| {
            let cells = rows.iter().filter_map(|(_, cells)| cells.as_ref()?.get(number));
            let widths = cells.map(|cell| cell.iter().map(Span::width).sum::<usize>());
            u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
        };
        let head = |column: &Column| u16::try_from(width::width(&column.title)).unwrap_or(0);
        self.columns.iter().enumerate().map(|(number, column)| widest(number).max(head(column))).collect()
    }

    fn view_heads(&self, area: Rect, widths: &[Option<u16>], canvas: &mut Canvas<'_>) {
        for (number, column, x, cells) in placed(self.columns, widths, area.x + PREFIX) {
            let sorted = self.state.sort.filter(|(by, _)| *by == number);
            let role = if sorted.is_some() { Role::Focus } else { Role::Muted };
            let arrow = matches!(sorted, Some((_, Direction::Ascending)));
            let words = if arrow { format!("{} {}", column.title, glyphs::UP) } else { column.title.clone() };
            let words = match column.align {
                Align::Left => words,
                Align::Right => width::pad_left(&words, usize::from(cells)),
            };
            canvas.text(x, area.y, usize::from(cells), &words, role);
            if column.sortable {
                canvas.hit(Rect::new(x, area.y, cells, 1), Hit::Head { pane: self.pane, column: number });
            }
        }
    }

    fn view_row(
        &self,
        row: usize,
        cells: Option<Vec<Cell>>,
        line: Rect,
        widths: &[Option<u16>],
        canvas: &mut Canvas<'_>,
    ) {
        let Some(id) = self.state.ids.get(row) else { return };
        let on_cursor = self.state.cursor.as_ref() == Some(id);
        let marked = self.state.marks.contains(id) || self.state.range_from.as_ref() == Some(id);
        let selected = on_cursor && self.focused;
        if selected {
            canvas.restyle(line, canvas.theme().style(Role::Selection));
        }
        if on_cursor {
            canvas.spans(line.x, line.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], selected);
        }
        if marked {
            // As drawn in SCREENS 7.6 and 7.17: in the cursor's place, or beside the cursor.
            canvas.spans(line.x + u16::from(on_cursor), line.y, 1, &[Span::new(glyphs::MARK, Role::Marked)], selected);
        }
        match cells {
            Some(cells) => {
                for (number, column, x, width) in placed(self.columns, widths, line.x + PREFIX) {
                    if let Some(cell) = cells.get(number) {
                        self.view_cell(cell, column, Rect::new(x, line.y, width, 1), selected, canvas);
                    }
                }
            }
            None => {
                canvas.spans(line.x + PREFIX, line.y, 1, &[Span::new(glyphs::ELLIPSIS, Role::Muted)], selected);
            }
        }
        canvas.hit(line, Hit::Row { pane: self.pane, row });
    }

    fn view_cell(&self, cell: &Cell, column: &Column, area: Rect, selected: bool, canvas: &mut Canvas<'_>) {
        let dimmed: Vec<Span>;
        let spans = if self.stale {
            dimmed = cell.iter().map(|span| Span { role: Role::Muted, ..span.clone() }).collect();
            &dimmed
        } else {
            cell
        };
        let used: usize = spans.iter().map(|span| UnicodeWidthStr::width(width::clean(&span.text).as_ref())).sum();
        let indent = match column.align {
            Align::Left => 0,
            Align::Right => usize::from(area.width).saturating_sub(used),
        };
        let x = area.x + u16::try_from(indent).unwrap_or(0);
        canvas.spans(x, area.y, usize::from(area.width).saturating_sub(indent), spans, selected);
    }

    fn scrollbar(&self, list: Rect, canvas: &mut Canvas<'_>) {
        let (height, total) = (usize::from(list.height), self.state.lines().max(1));
        let x = list.right() - 1;
        canvas.vertical(x, list.y, list.height, glyphs::BAR_VERTICAL, Role::Muted);
        for (row, role) in self.ticks {
            let y = self.state.line_of(*row) * height / total;
            let y = list.y + u16::try_from(y.min(height - 1)).unwrap_or(0);
            canvas.text(x, y, 1, role.glyph(), *role);
        }
        let thumb = (height * height / total).clamp(1, height);
        let most = total.saturating_sub(height).max(1);
        let top = self.offset(height) * (height - thumb) / most;
        let top = list.y + u16::try_from(top.min(height - thumb)).unwrap_or(0);
        canvas.vertical(x, top, u16::try_from(thumb).unwrap_or(1), glyphs::FULL, Role::Muted);
    }
}

/// The columns that are shown, with their place.
fn placed<'a>(
    columns: &'a [Column],
    widths: &'a [Option<u16>],
    left: u16,
) -> impl Iterator<Item = (usize, &'a Column, u16, u16)> {
    let mut x = left;
    let mut first = true;
    columns.iter().zip(widths).enumerate().filter_map(move |(number, (column, width))| {
        let cells = (*width)?;
        if !first {
            x = x.saturating_add(column.gap);
        }
        first = false;
        let at = x;
        x = x.saturating_add(cells);
        Some((number, column, at, cells))
    })
}

/// Widths of the columns in `cells`; `None` for those that have no room. Columns leave whole, those with the highest
/// priority number first; the rest grow to what they want, those with the lowest number first.
#[must_use]
pub fn fit(columns: &[Column], wanted: &[u16], cells: u16) -> Vec<Option<u16>> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|at| columns.get(*at).map_or(0, |column| column.priority));
    let mut widths: Vec<Option<u16>> = vec![None; columns.len()];
    let mut left = cells;
    let mut leftmost = usize::MAX;
    for at in &order {
        let Some(column) = columns.get(*at) else { continue };
        // The leftmost column shown has no gap before it.
        let gap = if leftmost == usize::MAX || *at < leftmost { 0 } else { column.gap };
        let extra = if *at < leftmost { columns.get(leftmost).map_or(0, |old| old.gap) } else { 0 };
        if column.min + gap + extra > left {
            break;
        }
        left -= column.min + gap + extra;
        leftmost = leftmost.min(*at);
        if let Some(width) = widths.get_mut(*at) {
            *width = Some(column.min);
        }
    }
    for at in order {
        let (Some(column), Some(wanted)) = (columns.get(at), wanted.get(at)) else { continue };
        if let Some(Some(width)) = widths.get_mut(at) {
            let grow = (*wanted).min(column.max).saturating_sub(*width).min(left);
            *width += grow;
            left -= grow;
        }
    }
    widths
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
