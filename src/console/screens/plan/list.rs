//! The right side of Plan: the lines, and the person under the cursor field by field.

use ratatui::layout::Rect;

use super::data::{Changed, LineRow, Page, Person};
use super::figures::code_role;
use super::state::{LIST, PlanScreen, Shown};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::Lens;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Span, rule};
use crate::domain::ids::PlanId;

impl PlanScreen {
    pub(super) fn draw_list(&self, cx: &ViewCx<'_>, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        let focused = self.focus.is(LIST) && !self.finder.is_focused();
        let all = self.table.len();
        let window = self.table.window();
        let words = match self.finder.of(all, self.listed_in_all(page)) {
            Some(words) => format!("{} {words}", self.shown_words()),
            None if all == 0 => String::new(),
            None => {
                let shown = format!("{}-{}", format::count(window.start + 1), format::count(window.end));
                format!("{} {shown} of {}, by branch", self.shown_words(), format::count(all))
            }
        };
        let title = if self.is_held_list() { "Held" } else { "Changes" };
        rule::title(canvas, Rect { height: 1, ..area }, title, &words, focused);
        let mut list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if self.has_line() {
            self.finder.draw_line_of(cx, Rect { height: 1, ..list }, canvas);
            list = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
        }
        if all == 0 {
            let words = match (self.lines.value(), self.finder.is_on()) {
                (None, _) => "reading …".to_owned(),
                (_, true) if self.is_held_list() => self.finder.nobody("Nobody", cx),
                (_, true) => self.finder.nobody("No line", cx),
                _ => format!("Nobody here: no {} in {}", self.shown_words(), PlanId(page.plan).in_words()),
            };
            canvas.text(list.x + 3, list.y + 1, usize::from(list.width).saturating_sub(4), &words, Role::Muted);
            return;
        }
        let columns = self.columns(area.width);
        let row = |index: usize| {
            let row = self.rows.get(self.table.ids().get(index)?)?;
            Some(self.cells(row))
        };
        Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: LIST,
            focused,
            stale: self.lines.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(list, canvas);
    }

    /// Lines of what is listed, whatever the filter.
    fn listed_in_all(&self, page: &Page) -> usize {
        let of = |kind| page.kinds.iter().find(|row| row.kind == kind).map_or(0, |row| row.count as usize);
        match self.shown {
            Shown::Kind(kind) => of(kind),
            Shown::Held(code) => page.held.iter().find(|row| row.code == code).map_or(0, |row| row.people as usize),
            Shown::All => page.kinds.iter().map(|row| row.count as usize).sum(),
        }
    }

    fn columns(&self, cells: u16) -> Vec<Column> {
        let fields = if self.is_held_list() { "why" } else { "fields that change" };
        let wide = cells > 90;
        vec![
            Column::glyph(),
            Column::text("what", 10, 22, 1).gap(2),
            Column::text("who", 16, 28, 2).gap(2),
            Column::id("identifier", 24, 4).gap(2),
            Column::text(fields, 14, 60, 3).gap(3),
            Column::text("", 9, 16, 5).gap(1),
            Column::text(if wide { "branch" } else { "" }, if wide { 10 } else { 200 }, 200, 6).gap(1),
        ]
    }

    fn cells(&self, row: &LineRow) -> Vec<Cell> {
        let by = row.employee.as_ref().and_then(|employee| self.held_back.get(employee));
        let text = if by.is_some() { Role::Muted } else { Role::Text };
        let (glyph, what) = match (by, row.kind, row.code) {
            (Some(_), ..) => (cell_in("t", Role::Warn), "held back".to_owned()),
            (None, Some(kind), _) => (glyph_cell(Role::of(kind)), kind.words().to_owned()),
            (None, None, Some(code)) => (glyph_cell(code_role(code)), code.words().to_owned()),
            (None, None, None) => (cell(""), String::new()),
        };
        let last = match by {
            Some(by) if by.is_empty() => String::new(),
            Some(by) => format!("by {by}"),
            None => row.state.clone(),
        };
        vec![
            glyph,
            cell_in(what, text),
            cell_in(row.name.clone(), text),
            cell_in(row.identifier.clone(), text),
            cell_in(row.fields.clone(), text),
            cell_in(last, Role::Muted),
            cell_in(row.branch.clone(), Role::Muted),
        ]
    }

    pub(super) fn draw_person(&self, _page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 2 {
            return;
        }
        let cells = usize::from(area.width).saturating_sub(4);
        if self.is_held_list() {
            let Some(row) = self.cursor_row() else { return };
            rule::title(
                canvas,
                Rect { height: 1, ..area },
                &format!("{}, {}", row.name, row.identifier),
                "held",
                false,
            );
            for (y, line) in (area.y + 1..area.bottom().saturating_sub(1)).zip(width::wrap(&row.fields, cells)) {
                canvas.text(area.x + 3, y, cells, &line, Role::Text);
            }
            return;
        }
        let Some(person) = self.person.value() else {
            if let (Some(row), Some(problem)) = (self.cursor_row(), self.person.problem()) {
                rule::title(canvas, Rect { height: 1, ..area }, &row.name, "", false);
                canvas.text(area.x + 3, area.y + 1, cells, &problem.what, Role::Danger);
            }
            return;
        };
        let (changed, equal) = (person.changed.len(), person.equal.len());
        let fields = format::counted(changed as u64, "field changes", "fields change");
        let words = if equal > 0 { format!("{fields}, {equal} stay") } else { fields };
        rule::title(canvas, Rect { height: 1, ..area }, &person.title, &words, false);
        self.draw_fields(person, Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area }, canvas);
    }

    fn draw_fields(&self, person: &Person, area: Rect, canvas: &mut Canvas<'_>) {
        let destination = self.page().map(|page| page.words.destination.clone()).unwrap_or_default();
        let value = usize::from(area.width.saturating_sub(18)) / 2;
        let (label, left) = (area.x + 3, area.x + 16);
        let right = left + u16::try_from(value).unwrap_or(30);
        let cells = value.saturating_sub(3);
        let warned = u16::from(person.warning.is_some()) + u16::from(person.note.is_some());
        let bottom = area.bottom().saturating_sub(warned);
        let mut y = area.y;
        canvas.text(label, y, 12, "field", Role::Muted);
        canvas.text(left, y, cells, &format!("{destination} has"), Role::Muted);
        canvas.text(right, y, cells, &format!("{destination} will have"), Role::Muted);
        y += 1;
        let roomy = u16::try_from(person.changed.len() * 2 + 1).unwrap_or(u16::MAX) <= bottom.saturating_sub(y);
        for (number, change) in person.changed.iter().enumerate() {
            if y + 1 >= bottom && number + 1 < person.changed.len() {
                let more = person.changed.len() - number;
                canvas.text(label, y, cells, &format!("… {} more fields", format::count(more)), Role::Muted);
                y += 1;
                break;
            }
            y = draw_change(change, (label, left, right), cells, y, roomy && y + 1 < bottom, canvas);
        }
        let mut rest: Vec<&str> = Vec::new();
        for (word, held) in &person.equal {
            if y + 1 < bottom {
                canvas.text(label, y, 12, word, Role::Muted);
                canvas.text(left, y, cells, held, Role::Muted);
                canvas.text(right.saturating_sub(2), y, 1, "=", Role::Match);
                canvas.text(right, y, cells, held, Role::Muted);
                y += 1;
            } else {
                rest.push(word);
            }
        }
        if !rest.is_empty() && y < bottom {
            let words = format!("also equal: {}", rest.join(", "));
            canvas.text(label, y, usize::from(area.width).saturating_sub(4), &words, Role::Muted);
        }
        let notes = [(&person.note, Role::Info), (&person.warning, Role::Warn)];
        let notes = notes.into_iter().filter_map(|(note, role)| note.as_ref().map(|note| (note, role)));
        for (y, (note, role)) in (bottom..area.bottom()).zip(notes) {
            let spans = [Span::new(role.glyph(), role), Span::new(format!(" {note}"), Role::Text)];
            canvas.spans(label, y, usize::from(area.width).saturating_sub(4), &spans, false);
        }
    }
}

/// One changed field, with the row of `^` where there is room for it. Returns the next row.
fn draw_change(
    change: &Changed,
    (label, left, right): (u16, u16, u16),
    cells: usize,
    y: u16,
    carets: bool,
    canvas: &mut Canvas<'_>,
) -> u16 {
    let lens = Lens::new(&change.from, &change.to);
    let fresh = change.from.is_empty();
    let (glyph, role) = match (fresh, change.cosmetic) {
        (true, _) => ("+", Role::Added),
        (false, true) => ("~", Role::Changed),
        (false, false) => (glyphs::DIFFERS, Role::Mismatch),
    };
    canvas.text(label, y, 12, &change.label, Role::Text);
    let empty = |text: &str| if text.is_empty() { vec![Span::new("(empty)", Role::Muted)] } else { Vec::new() };
    let from = if fresh { empty(&change.from) } else { lens.left_spans(Role::Text) };
    let to = if change.to.is_empty() { empty(&change.to) } else { lens.right_spans(Role::Text) };
    let to = if fresh { vec![Span::new(change.to.clone(), Role::Text)] } else { to };
    canvas.spans(left, y, cells, &from, false);
    canvas.text(right.saturating_sub(2), y, 1, glyph, role);
    canvas.spans(right, y, cells, &to, false);
    if fresh || !carets || change.to.is_empty() {
        return y + 1;
    }
    let (under_left, under_right) = lens.carets();
    canvas.text(left, y + 1, cells, &under_left, Role::Mismatch);
    let used = canvas.text(right, y + 1, cells, &under_right, Role::Mismatch);
    let reason = if change.cosmetic { format!("cosmetic: {}", lens.reason) } else { lens.reason };
    canvas.text(right + used + 2, y + 1, cells.saturating_sub(usize::from(used) + 2), &reason, Role::Muted);
    y + 2
}
