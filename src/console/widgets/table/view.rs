//! How a table is drawn: columns by priority, heads, rows, scrollbar.

use ratatui::layout::Rect;

use super::marks::{Marks as _, RowId};
use super::state::{Direction, Line, TableState};
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::canvas::{Canvas, Hit, PaneId, Span};

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
    /// An identifier: shown whole or not at all.
    pub whole: bool,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub fn text(title: impl Into<String>, min: u16, max: u16, priority: u8) -> Self {
        let max = max.max(min);
        Self { title: title.into(), min, max, priority, align: Align::Left, sortable: false, gap: 1, whole: false }
    }

    /// A column of numbers, right-aligned and always of one width.
    #[must_use]
    pub fn number(title: impl Into<String>, cells: u16, priority: u8) -> Self {
        Self { align: Align::Right, ..Self::text(title, cells, cells, priority) }
    }

    /// A column of identifiers, which are never cut: a cut one names somebody else.
    #[must_use]
    pub fn id(title: impl Into<String>, max: u16, priority: u8) -> Self {
        Self { whole: true, ..Self::text(title, 8, max, priority) }
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
pub struct Table<'a, Id: RowId> {
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

impl<Id: RowId> Table<'_, Id> {
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
        if scrolls && height > 0 && !canvas.is_told() {
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
        let marked = self.state.marks.has(id) || self.state.range_from.as_ref() == Some(id);
        let selected = on_cursor && self.focused;
        if selected {
            canvas.select(line);
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
        let used: usize = spans.iter().map(Span::width).sum();
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
    let smallest = |at: usize, column: &Column| match column.whole {
        true => wanted.get(at).map_or(column.min, |wanted| (*wanted).clamp(column.min, column.max)),
        false => column.min,
    };
    for at in &order {
        let Some(column) = columns.get(*at) else { continue };
        let min = smallest(*at, column);
        // The leftmost column shown has no gap before it.
        let gap = if leftmost == usize::MAX || *at < leftmost { 0 } else { column.gap };
        let extra = if *at < leftmost { columns.get(leftmost).map_or(0, |old| old.gap) } else { 0 };
        if min + gap + extra > left {
            break;
        }
        left -= min + gap + extra;
        leftmost = leftmost.min(*at);
        if let Some(width) = widths.get_mut(*at) {
            *width = Some(min);
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
