//! What the filter line and the facets look like.

use ratatui::layout::Rect;

use super::pane::{Line, Pane};
use super::{FACETS, Finder, Typing};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::keys::Action;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::show_blanks;
use crate::console::widgets::{Canvas, Hit, Span, gauge, rule};
use crate::domain::filter::{Filter, Tick};

/// Below this width the facets cover the list.
const BESIDE: u16 = 80;
/// From this width on they have bars.
const BARS: u16 = 120;
const NARROW_CELLS: u16 = 29;
const WIDE_CELLS: u16 = 43;
/// Cells of a bar.
const BAR: usize = 8;

/// The list's part of the body, and that of the facets where they are open.
fn divided(body: Rect) -> (Rect, Rect) {
    if body.width < BESIDE {
        return (Rect { width: 0, ..body }, body);
    }
    let cells = if body.width >= BARS { WIDE_CELLS } else { NARROW_CELLS };
    let list = Rect { width: body.width - cells - 1, ..body };
    (list, Rect { x: list.right() + 1, width: cells, ..body })
}

impl Finder {
    /// The list's part of the body; nothing of it where the facets cover the list.
    #[must_use]
    pub fn list_area(&self, body: Rect) -> Rect {
        if self.is_open() { divided(body).0 } else { body }
    }

    /// The body has this size now.
    pub fn measure(&mut self, body: Rect) {
        let (list, pane) = divided(body);
        self.covers = list.width == 0;
        self.set_height(usize::from(pane.height.saturating_sub(1)));
    }

    /// Draws the facets in their part of the body, where they are open.
    pub fn draw_facets(&self, cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let Some(pane) = &self.pane else { return };
        let (list, area) = divided(body);
        if list.width > 0 {
            canvas.vertical(list.right(), body.y, body.height, glyphs::BAR_VERTICAL, Role::Muted);
        }
        canvas.hit(area, Hit::Pane(FACETS));
        let keys = |action| cx.bindings.shown(action);
        let words = if area.width >= WIDE_CELLS && pane.focused {
            format!("{} closes, {} to the list", keys(Action::Facets), keys(Action::NextPane))
        } else {
            format!("{} closes", keys(Action::Facets))
        };
        rule::title(canvas, Rect { height: 1, ..area }, "Facets", &words, pane.focused);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        self.draw_lines(cx, pane, below, canvas);
        if self.typing == Some(Typing::Name) && below.height > 0 {
            let line = Rect { height: 1, ..below };
            canvas.clear(line);
            canvas.text(line.x + 1, line.y, 9, "view name", Role::Muted);
            self.name.view(Rect { x: line.x + 11, width: line.width.saturating_sub(12), ..line }, true, canvas);
        }
    }

    fn draw_lines(&self, cx: &ViewCx<'_>, pane: &Pane, area: Rect, canvas: &mut Canvas<'_>) {
        let lines = self.lines(pane);
        let height = usize::from(area.height);
        let offset = pane.offset.min(lines.len().saturating_sub(height));
        let mut place = lines.iter().take(offset).filter(|line| line.at().is_some()).count();
        for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(offset)) {
            let row = Rect { y, height: 1, ..area };
            let on = line.at().is_some() && place == pane.cursor;
            let selected = on && pane.focused && self.typing != Some(Typing::Name);
            if selected {
                canvas.select(row);
            }
            if on {
                canvas.spans(row.x, y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], selected);
            }
            if line.at().is_some() {
                canvas.hit(row, Hit::Row { pane: FACETS, row: place });
                place += 1;
            }
            self.draw_line(cx, line, row, selected, canvas);
        }
        if self.facets.is_none() && lines.len() < height {
            let y = area.y + u16::try_from(lines.len() + 1).unwrap_or(0);
            if y < area.bottom() {
                canvas.text(area.x + 1, y, usize::from(area.width).saturating_sub(2), "counting …", Role::Muted);
            }
        }
    }

    fn draw_line(&self, cx: &ViewCx<'_>, line: &Line, row: Rect, selected: bool, canvas: &mut Canvas<'_>) {
        let cells = usize::from(row.width);
        let counted = |count: usize| if self.facets.is_some() { format::count(count) } else { "-".to_owned() };
        match line {
            Line::Blank => {}
            Line::Views => {
                let saves = format!("{} saves", cx.bindings.shown(Action::New));
                canvas.text(row.x + 1, row.y, 12, "view", Role::Muted);
                canvas.right(Rect { width: row.width.saturating_sub(1), ..row }, &saves, Role::Muted);
            }
            Line::View(at) => {
                let Some((name, _)) = self.view_of(*at) else { return };
                let shown = self.shown_view() == Some(*at);
                let mark = if shown { glyphs::OPEN } else { " " };
                let name = if shown { format!("{mark} {name} {}", glyphs::CRUMB) } else { format!("{mark} {name}") };
                let role = if shown { Role::Accent } else { Role::Text };
                let name = width::truncate(&name, cells.saturating_sub(2));
                canvas.spans(row.x + 1, row.y, cells.saturating_sub(2), &[Span::new(name, role)], selected);
            }
            Line::Head(column) => {
                let head = self.columns.get(*column).map_or("", |column| column.head.as_str());
                let of = self.facets.iter().flatten().find(|facet| facet.column == *column).map_or(0, |facet| facet.of);
                let right = format!("of {}", counted(of));
                let room = cells.saturating_sub(width::width(&right) + 4);
                canvas.text(row.x + 1, row.y, room, &width::truncate(head, room), Role::Muted);
                let bars = if row.width >= WIDE_CELLS { u16::try_from(BAR + 1).unwrap_or(0) } else { 0 };
                canvas.right(Rect { width: row.width.saturating_sub(1 + bars), ..row }, &right, Role::Muted);
            }
            Line::Value(column, value) => {
                let tick = Filter::parse(&self.applied).tick_of(&self.columns, *column, &value.value, self.today);
                let (box_of, role) = match tick {
                    Tick::Any => ("[ ]", Role::Text),
                    Tick::Only => ("[x]", Role::Marked),
                    Tick::Not => ("[-]", Role::Muted),
                };
                let words = if value.value.is_empty() { "(none)".to_owned() } else { show_blanks(&value.value) };
                canvas.spans(row.x + 1, row.y, 3, &[Span::new(box_of, role)], selected);
                self.draw_count(row, &words, value.count, Some(*column), role, selected, canvas);
            }
            Line::More { values, count, .. } => {
                let words = format!("{} more", format::count(*values));
                self.draw_count(row, &words, *count, None, Role::Muted, selected, canvas);
            }
        }
    }

    /// Words, count and, where there is room, the bar of one line.
    #[allow(clippy::too_many_arguments)]
    fn draw_count(
        &self,
        row: Rect,
        words: &str,
        count: usize,
        column: Option<usize>,
        role: Role,
        selected: bool,
        canvas: &mut Canvas<'_>,
    ) {
        let bars = if row.width >= WIDE_CELLS { u16::try_from(BAR + 1).unwrap_or(0) } else { 0 };
        let number = if self.facets.is_some() { format::count(count) } else { "-".to_owned() };
        let end = row.width.saturating_sub(1 + bars);
        let cells = usize::from(end).saturating_sub(6 + width::width(&number));
        let words = width::truncate(words, cells);
        canvas.spans(row.x + 5, row.y, cells, &[Span::new(words, role)], selected);
        let at = row.x + end.saturating_sub(u16::try_from(width::width(&number)).unwrap_or(0));
        canvas.spans(at, row.y, width::width(&number), &[Span::new(number, role)], selected);
        if bars > 0
            && let Some(facet) =
                column.and_then(|column| self.facets.iter().flatten().find(|facet| facet.column == column))
        {
            let most = facet.values.iter().map(|value| value.count).max().unwrap_or(0);
            let bar = gauge::count_bar(count as u64, most as u64, BAR);
            canvas.spans(row.x + end + 1, row.y, BAR, &[Span::new(bar, Role::Muted)], selected);
        }
    }

    /// Draws the filter line.
    pub fn draw_line_of(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.text(area.x + 1, area.y, 1, "/", Role::Accent);
        let clears = format!("{} clears", cx.bindings.shown(Action::Back));
        let (words, role) = match &self.problem {
            Some(problem) => (problem.clone(), Role::Warn),
            None if self.field.value().is_empty() => (self.hint().to_owned(), Role::Muted),
            None => (clears, Role::Muted),
        };
        // What is typed keeps at least half of the line; a problem is shown before everything else.
        let room = usize::from(area.width.saturating_sub(6)) / if self.problem.is_some() { 1 } else { 2 };
        let typed = width::width(self.field.value()) + 2;
        let left = usize::from(area.width.saturating_sub(6)).saturating_sub(typed);
        let words = match &self.problem {
            Some(_) => width::truncate(&words, room.saturating_sub(typed.min(room / 2))),
            None if width::width(&words) <= left.min(room) => words,
            None => String::new(),
        };
        let taken = u16::try_from(width::width(&words)).unwrap_or(0);
        let field = Rect { x: area.x + 3, width: area.width.saturating_sub(5 + taken), height: 1, ..area };
        self.field.view(field, self.typing == Some(Typing::Filter), canvas);
        canvas.right(Rect { height: 1, width: area.width.saturating_sub(1), ..area }, &words, role);
    }

    /// The sentence of a list that the filter empties: `Nobody fits "quaiside".  Esc clears`.
    #[must_use]
    pub fn nobody(&self, who: &str, cx: &ViewCx<'_>) -> String {
        format!("{who} fits \"{}\".  {} clears", self.applied, cx.bindings.shown(Action::Back))
    }
}
