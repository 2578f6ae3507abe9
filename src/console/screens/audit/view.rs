//! What the screen Audit looks like.

use super::state::{AuditScreen, DETAIL_ROWS, shown_words};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::history::words::started;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in};
use crate::console::widgets::{Canvas, rule};
use crate::services::audit::{Listed, about, through_words};
use ratatui::layout::Rect;

fn columns(tenants: bool) -> Vec<Column> {
    let mut columns = vec![Column::text("when", 12, 15, 1), Column::text("who", 10, 18, 3)];
    if tenants {
        columns.push(Column::text("tenant", 12, 24, 4));
    }
    columns.push(Column::text("through", 7, 8, 6));
    columns.push(Column::text("what", 10, 16, 2));
    columns.push(Column::text("about, before and after", 20, 200, 5));
    columns
}

impl AuditScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (body, mut area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let title = if self.tenant.is_some() { "Who changed what" } else { "Who changed what, all tenants" };
        rule::title(canvas, area, title, &shown_words(self), !self.finder.is_focused());
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
            area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        if self.table.is_empty() {
            self.draw_empty(cx, area, canvas);
            return;
        }
        let list = Rect { y: area.y + 1, height: self.list_rows(body) + 1, ..area };
        let tenants = self.tenant.is_none();
        let columns = columns(tenants);
        let row = |at: usize| self.line(*self.table.ids().get(at)?).map(|listed| cells(listed, tenants, cx));
        Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.audit.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(list, canvas);
        let below = Rect { y: list.bottom(), height: area.bottom().saturating_sub(list.bottom()), ..area };
        self.draw_entry(cx, below, canvas);
    }

    fn draw_empty(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let nobody = self.finder.nobody("No entry", cx);
        let text = if self.finder.is_on() && !self.lines().is_empty() {
            nobody.as_str()
        } else if self.audit.value().is_some() {
            "Nothing was changed yet"
        } else if self.audit.problem().is_some() {
            "The audit could not be read.  r reads again"
        } else {
            "reading, and checking the chain …"
        };
        canvas.text(area.x + 1, area.y + 2, usize::from(area.width.saturating_sub(2)), text, Role::Text);
    }

    /// The entry under the cursor, whole.
    fn draw_entry(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(listed) = self.current().filter(|_| area.height >= DETAIL_ROWS) else { return };
        let line = &listed.line;
        let at = format::moment_long(line.at, cx.now.wall, &cx.zone());
        let title = format!("{at}, {}: {}", line.by, line.what);
        rule::title(canvas, Rect { height: 1, ..area }, &title, &format!("entry {}", format::count(line.id)), false);
        let role = if line.gone { Role::Muted } else { Role::Text };
        let cells = usize::from(area.width.saturating_sub(4));
        for (y, words) in (area.y + 1..area.bottom()).zip(width::wrap_whole(about(line), cells)) {
            canvas.text(area.x + 2, y, cells, &words, role);
        }
    }
}

fn cells(listed: &Listed, tenants: bool, cx: &ViewCx<'_>) -> Vec<Cell> {
    let line = &listed.line;
    let mut cells = vec![cell(started(line.at, cx.now.wall, &cx.zone())), cell(line.by.clone())];
    if tenants {
        cells.push(cell(listed.tenant.clone().unwrap_or_else(|| "-".to_owned())));
    }
    cells.push(cell_in(through_words(line.through), Role::Muted));
    cells.push(cell(line.what.clone()));
    cells.push(cell_in(about(line), if line.gone { Role::Muted } else { Role::Text }));
    cells
}
