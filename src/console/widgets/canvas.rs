//! The drawing surface: a buffer, a theme, the side table of mouse areas and the place of the terminal's cursor.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::tape::Tape;
use crate::console::keys::Action;
use crate::console::term::{glyphs, width};
use crate::console::theme::{Role, Theme};

/// A pane of a screen, numbered in reading order from 0.
pub type PaneId = u8;

/// What lies under the mouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A key hint in the footer.
    Footer(Action),
    /// A tab, counted from 0.
    Tab(usize),
    /// A crumb of the breadcrumb, counted from the first place.
    Crumb(usize),
    /// A row of a list: the index in the list, not on the screen.
    Row { pane: PaneId, row: usize },
    /// A head of a sortable column.
    Head { pane: PaneId, column: usize },
    /// Somewhere in a pane.
    Pane(PaneId),
    /// A line of the overlay on top.
    OverlayRow(usize),
    /// A button of the overlay on top.
    Button(usize),
    /// Inside the overlay on top, on nothing that acts.
    Overlay,
}

/// Mouse areas of the last frame; later ones lie over earlier ones. Only mouse handling reads this, so a dropped
/// frame can misplace a click, never a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits(Vec<(Rect, Hit)>);

impl Hits {
    /// Forgets all areas.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds an area over all earlier ones.
    pub fn push(&mut self, area: Rect, hit: Hit) {
        self.0.push((area, hit));
    }

    /// What lies on top at this cell.
    #[must_use]
    pub fn at(&self, column: u16, row: u16) -> Option<&Hit> {
        let position = Position::new(column, row);
        self.0.iter().rev().find(|(area, _)| area.contains(position)).map(|(_, hit)| hit)
    }

    /// All areas, oldest first.
    #[must_use]
    pub fn areas(&self) -> &[(Rect, Hit)] {
        &self.0
    }
}

/// A piece of text with a role; `differs` draws it bold and underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text, as it comes; it is cleaned when drawn.
    pub text: String,
    /// How it looks.
    pub role: Role,
    /// Differs from what it is compared with.
    pub differs: bool,
}

impl Span {
    /// A span.
    #[must_use]
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role, differs: false }
    }

    /// Cells that it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        width::width(&self.text)
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        Self::new(text, Role::Text)
    }
}

impl From<String> for Span {
    fn from(text: String) -> Self {
        Self::new(text, Role::Text)
    }
}

/// The surface that views draw on. All drawing is clipped to the frame: no area can panic.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    hits: &'a mut Hits,
    tape: Option<&'a mut Tape>,
    cursor: Option<Position>,
    /// The row on which the keys act, where no text is typed.
    row: Option<Rect>,
}

impl<'a> Canvas<'a> {
    /// A canvas over a frame's buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, hits: &'a mut Hits) -> Self {
        Self { buffer, theme, hits, tape: None, cursor: None, row: None }
    }

    /// Keeps what is said, whole, for somebody who does not see it.
    #[must_use]
    pub fn told_to(mut self, tape: Option<&'a mut Tape>) -> Self {
        self.tape = tape;
        self
    }

    /// Whether the frame is told and not seen: what only the eye can use may be left out.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.tape.is_some()
    }

    /// The whole frame.
    #[must_use]
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// The theme.
    #[must_use]
    pub fn theme(&self) -> &'a Theme {
        self.theme
    }

    /// The buffer, for widgets of ratatui itself.
    pub fn buffer(&mut self) -> &mut Buffer {
        self.buffer
    }

    /// Puts the terminal's own cursor at a cell.
    pub fn set_cursor(&mut self, x: u16, y: u16) {
        if self.area().contains(Position::new(x, y)) {
            self.cursor = Some(Position::new(x, y));
        }
    }

    /// A box comes to lie over what was drawn: the terminal's cursor is no longer there.
    pub fn forget_cursor(&mut self) {
        (self.cursor, self.row) = (None, None);
    }

    /// Draws the ground of the row on which the keys act. The terminal's cursor stands there too, unless text is typed
    /// somewhere: a screen reader and a braille line follow it (SCREENS 4).
    pub fn select(&mut self, line: Rect) {
        self.restyle(line, self.theme.style(Role::Selection));
        self.stand_on(line);
    }

    /// The keys act on this row, whose ground stays.
    pub fn stand_on(&mut self, line: Rect) {
        let line = line.intersection(self.area());
        if !line.is_empty() {
            self.row = Some(Rect { height: 1, ..line });
        }
    }

    /// Where the terminal's cursor is to stand: where the next letter goes, else at the first letter of the row on which the
    /// keys act. `None` where neither was drawn.
    #[must_use]
    pub fn cursor(&self) -> Option<Position> {
        let at = |row: Rect| self.first_letter(row).unwrap_or(Position::new(row.x, row.y));
        self.cursor.or_else(|| self.row.map(at))
    }

    /// Tells on which row the cursor has come to stand.
    pub fn tell_cursor(&mut self, at: Position) {
        if let Some(tape) = &mut self.tape {
            tape.stand(at.y);
        }
    }

    /// The first letter or digit in an area, from left to right and from top to bottom.
    #[must_use]
    pub fn first_letter(&self, area: Rect) -> Option<Position> {
        let is_letter = |cell: &Cell| cell.symbol().chars().next().is_some_and(char::is_alphanumeric);
        area.intersection(self.area()).positions().find(|at| self.buffer.cell(*at).is_some_and(is_letter))
    }

    /// Registers a mouse area.
    pub fn hit(&mut self, area: Rect, hit: Hit) {
        let area = area.intersection(self.area());
        if !area.is_empty() {
            self.hits.push(area, hit);
        }
    }

    /// Writes text with a style, in at most `cells`, and returns the cells that it took. Text that does not fit is
    /// cut with `…`.
    pub fn styled(&mut self, x: u16, y: u16, cells: usize, text: &str, style: Style) -> u16 {
        let area = self.area();
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return 0;
        }
        let cells = cells.min(usize::from(area.right() - x));
        let whole = text;
        let text = width::truncate(text, cells);
        let used = u16::try_from(UnicodeWidthStr::width(text.as_str())).unwrap_or(u16::MAX);
        if let Some(tape) = &mut self.tape {
            tape.say(x, y, used, whole);
        }
        self.buffer.set_stringn(x, y, &text, cells, style);
        used
    }

    /// Writes text in a role.
    pub fn text(&mut self, x: u16, y: u16, cells: usize, text: &str, role: Role) -> u16 {
        self.styled(x, y, cells, text, self.theme.style(role))
    }

    /// Writes spans one after the other in at most `cells`; `selected` draws them on the selection's ground.
    pub fn spans(&mut self, x: u16, y: u16, cells: usize, spans: &[Span], selected: bool) -> u16 {
        let mut used: u16 = 0;
        for span in spans {
            let left = cells.saturating_sub(usize::from(used));
            if left == 0 {
                break;
            }
            let style = self.span_style(span, selected);
            used += self.styled(x.saturating_add(used), y, left, &span.text, style);
        }
        used
    }

    fn span_style(&self, span: &Span, selected: bool) -> Style {
        let style = if selected { self.theme.selected(span.role) } else { self.theme.style(span.role) };
        if span.differs { style.patch(self.theme.differing()) } else { style }
    }

    /// Writes text that ends at the right edge of the area's first row.
    pub fn right(&mut self, area: Rect, text: &str, role: Role) {
        let used = u16::try_from(width::width(text)).unwrap_or(area.width).min(area.width);
        self.text(area.right().saturating_sub(used), area.y, usize::from(used), text, role);
    }

    /// Repeats one glyph along a row.
    pub fn fill(&mut self, x: u16, y: u16, cells: u16, glyph: &str, role: Role) {
        let style = self.theme.style(role);
        for column in x..x.saturating_add(cells) {
            self.styled(column, y, 1, glyph, style);
        }
    }

    /// Draws a column of one glyph.
    pub fn vertical(&mut self, x: u16, top: u16, rows: u16, glyph: &str, role: Role) {
        let style = self.theme.style(role);
        if let Some(tape) = self.tape.as_mut().filter(|_| glyph == glyphs::BAR_VERTICAL) {
            tape.wall(x, top, rows);
        }
        for row in top..top.saturating_add(rows) {
            self.styled(x, row, 1, glyph, style);
        }
    }

    /// Patches the style of an area, for instance with the selection.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.area());
        self.buffer.set_style(area, style);
    }

    /// Blanks an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.area());
        if let Some(tape) = &mut self.tape {
            tape.blank(area);
        }
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
        // A wide character cut in half by the area's left edge would push the border: it becomes `…` (SCREENS 2.2).
        let Some(edge) = area.left().checked_sub(1) else { return };
        for row in area.top()..area.bottom() {
            if let Some(cell) = self.buffer.cell_mut(Position::new(edge, row))
                && UnicodeWidthStr::width(cell.symbol()) > 1
            {
                cell.set_symbol("…");
            }
        }
    }

    /// Draws a box over the screen (a box always means "answer me first"): title left and words right in its top
    /// edge. Returns the area inside.
    pub fn boxed(&mut self, area: Rect, title: &str, right: &str) -> Rect {
        let area = area.intersection(self.area());
        self.clear(area);
        self.hit(area, Hit::Overlay);
        if area.width < 4 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        if let Some(tape) = &mut self.tape {
            tape.ask(area);
        }
        // Until a line or a button of it is selected.
        self.stand_on(Rect::new(area.x + 1, area.y, area.width - 2, 1));
        use glyphs as g;
        let (bottom, last) = (area.bottom() - 1, area.right() - 1);
        for row in [area.y, bottom] {
            self.fill(area.x + 1, row, area.width - 2, g::RULE, Role::Text);
        }
        for column in [area.x, last] {
            self.vertical(column, area.y + 1, area.height - 2, g::BAR_VERTICAL, Role::Text);
        }
        let corners = [
            (area.x, area.y, g::TOP_LEFT),
            (last, area.y, g::TOP_RIGHT),
            (area.x, bottom, g::BOTTOM_LEFT),
            (last, bottom, g::BOTTOM_RIGHT),
        ];
        for (x, y, glyph) in corners {
            self.text(x, y, 1, glyph, Role::Text);
        }
        self.box_words(area, title, right);
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }

    /// A title between blanks, cut where it is seen.
    #[must_use]
    pub(super) fn cut(&self, title: &str, room: usize) -> String {
        if self.is_told() { format!(" {title} ") } else { format!(" {} ", width::truncate(title, room)) }
    }

    fn box_words(&mut self, area: Rect, title: &str, right: &str) {
        let room = usize::from(area.width).saturating_sub(6);
        let title_used = if title.is_empty() || room == 0 {
            0
        } else {
            self.text(area.x + 2, area.y, room + 2, &self.cut(title, room), Role::Focus)
        };
        let needed = width::width(right) + 2;
        if !right.is_empty() && usize::from(title_used) + needed + 5 <= usize::from(area.width) {
            let x = area.right() - 4 - u16::try_from(needed).unwrap_or(0);
            self.text(x, area.y, needed, &format!(" {right} "), Role::Muted);
        }
    }

    /// A line across a box that has its edge at `area` (the `├──┤` above a box's footer).
    pub fn box_rule(&mut self, area: Rect, row: u16) {
        use glyphs as g;
        if area.width < 2 || row >= area.bottom() {
            return;
        }
        self.text(area.x, row, 1, g::TEE_LEFT, Role::Text);
        self.fill(area.x + 1, row, area.width - 2, g::RULE, Role::Text);
        self.text(area.right() - 1, row, 1, g::TEE_RIGHT, Role::Text);
    }
}

/// An area of the given size in the middle of another, as far as it fits.
#[must_use]
pub fn centred(area: Rect, columns: u16, rows: u16) -> Rect {
    let (columns, rows) = (columns.min(area.width), rows.min(area.height));
    Rect::new(area.x + (area.width - columns) / 2, area.y + (area.height - rows) / 2, columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::canvas::Canvas;

    #[test]
    fn drawing_outside_does_nothing() {
        let (theme, mut hits) = (Theme::mono(), Hits::default());
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        let mut canvas = Canvas::new(&mut buffer, &theme, &mut hits);
        assert_eq!(canvas.text(5, 0, 9, "x", Role::Text), 0);
        assert_eq!(canvas.text(1, 0, 9, "long", Role::Text), 2);
        canvas.boxed(Rect::new(0, 0, 9, 9), "t", "");
        canvas.hit(Rect::new(9, 9, 1, 1), Hit::Overlay);
    }

    #[test]
    fn a_box_has_its_title_in_the_edge() {
        let (theme, mut hits) = (Theme::mono(), Hits::default());
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
        Canvas::new(&mut buffer, &theme, &mut hits).boxed(Rect::new(0, 0, 20, 3), "Push 12", "");
        let mut expected = Buffer::with_lines(["┌─ Push 12 ────────┐", "│                  │", "└──────────────────┘"]);
        expected.set_style(Rect::new(2, 0, 9, 1), theme.style(Role::Focus));
        assert_eq!(buffer, expected);
    }

    #[test]
    fn a_wide_character_under_a_box_is_cut() {
        let (theme, mut hits) = (Theme::mono(), Hits::default());
        let mut buffer = Buffer::with_lines(["佐藤美咲  "]);
        Canvas::new(&mut buffer, &theme, &mut hits).clear(Rect::new(3, 0, 3, 1));
        let symbols: Vec<&str> = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(symbols, ["佐", " ", "…", " ", " ", " ", "咲", " ", " ", " "]);
    }

    #[test]
    fn the_last_area_lies_on_top() {
        let mut hits = Hits::default();
        hits.push(Rect::new(0, 0, 10, 10), Hit::Pane(0));
        hits.push(Rect::new(2, 2, 3, 1), Hit::Tab(1));
        assert_eq!(hits.at(3, 2), Some(&Hit::Tab(1)));
        assert_eq!(hits.at(0, 0), Some(&Hit::Pane(0)));
        assert_eq!(hits.at(50, 0), None);
    }
}
