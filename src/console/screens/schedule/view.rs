//! What the screen Schedule looks like (SCREENS 7.14).

use ratatui::layout::Rect;

use super::axis::Axis;
use super::data::Line;
use super::state::ScheduleScreen;
use super::words::{delivery, details, next, role, when};
use crate::console::app::ViewCx;
use crate::console::app::header::with_glyph;
use crate::console::screens::run::fitted;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, rule};

/// Cells of the columns before the axis, with the gaps, the cursor and the scrollbar.
const BEFORE: u16 = 3 + 1 + 1 + NAME + 1 + WHEN + 1 + NEXT + 2 + 1;
const NAME: u16 = 20;
const WHEN: u16 = 18;
const NEXT: u16 = 9;

impl ScheduleScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let list = self.list_area(area);
        let all = self.facts.value().map_or(0, |facts| facts.lines.len());
        let by_time = "by time, yours; each is set in its tenant's own zone";
        let right = self.finder.of(self.table.len(), all).unwrap_or_else(|| match self.order.0.as_str() {
            "" => by_time.to_owned(),
            column => format!("by {column}"),
        });
        rule::title(canvas, Rect { height: 1, ..list }, "Next runs", &right, !self.finder.is_focused());
        let mut rows = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { height: 1, ..rows }, canvas);
            rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
        }
        let nobody = self.finder.nobody("No tenant", cx);
        let words = match (self.facts.value(), self.facts.problem()) {
            (None, Some(_)) => Some("The schedules could not be read.  r reads again"),
            (None, None) => Some("reading the schedules …"),
            (Some(facts), _) if facts.lines.is_empty() => Some("No tenant yet."),
            (Some(_), _) if self.table.is_empty() => Some(nobody.as_str()),
            (Some(_), _) => None,
        };
        match words {
            Some(words) => {
                canvas.text(rows.x + 5, rows.y + 1, usize::from(rows.width.saturating_sub(6)), words, Role::Muted)
            }
            None => {
                self.draw_list(cx, rows, canvas);
                0
            }
        };
        if self.has_pane(area) {
            let below = self.received_rows(area);
            let height = area.height.saturating_sub(list.height + below);
            self.draw_details(cx, Rect { y: list.bottom(), height, ..area }, canvas);
            if below > 0 {
                self.draw_received(cx, Rect { y: list.bottom() + height, height: below, ..area }, canvas);
            }
        }
    }

    fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (now, zone) = (cx.now.wall, &cx.console.zone);
        let axis = Axis::of(now, usize::from(area.width.saturating_sub(BEFORE)));
        let mut columns = vec![
            Column::glyph(),
            Column::text("tenant", 12, if axis.is_some() { NAME } else { 40 }, 1),
            Column::text("when", WHEN, if axis.is_some() { WHEN } else { 30 }, 3),
            Column::text("next", NEXT, if axis.is_some() { NEXT } else { 11 }, 2),
        ];
        if let Some(axis) = &axis {
            let cells = u16::try_from(axis.cells()).unwrap_or(0);
            columns.push(Column::text(axis.head(zone), cells, cells, 4).gap(2));
        }
        let row = |at: usize| -> Option<Vec<Cell>> {
            let line = self.line(self.table.ids().get(at)?)?;
            Some(cells(line, axis.as_ref(), cx))
        };
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.facts.problem().is_some() || self.facts.is_slow(cx.now.uptime),
            heads: true,
            ticks: &[],
        };
        table.view(area, canvas);
    }

    fn draw_received(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(received) = self.facts.value().and_then(|facts| facts.received.as_ref()) else { return };
        let hour =
            format!("last hour: {} taken, {} ignored, {} refused", received.taken, received.ignored, received.refused);
        rule::title(canvas, Rect { height: 1, ..area }, "Webhooks received", &hour, false);
        let cells = usize::from(area.width.saturating_sub(2));
        for (y, one) in (area.y + 1..area.bottom()).zip(&received.rows) {
            canvas.spans(area.x + 1, y, cells, &with_glyph(&delivery(one, cx.now.wall, &cx.console.zone)), false);
        }
    }

    fn draw_details(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(line) = self.current() else { return };
        let connection = &line.standing.connection;
        let title = format!("{}: {}", line.name(), connection.settings.schedule);
        rule::title(canvas, Rect { height: 1, ..area }, &title, &connection.time_zone, false);
        let cells = usize::from(area.width.saturating_sub(2));
        let lines = details(line, cx.now.wall, &cx.console.zone);
        let fitted = lines.iter().flat_map(|line| fitted(line, cells));
        for (y, text) in (area.y + 1..area.bottom()).zip(fitted) {
            canvas.spans(area.x + 1, y, cells, &with_glyph(&text), false);
        }
    }
}

fn cells(line: &Line, axis: Option<&Axis>, cx: &ViewCx<'_>) -> Vec<Cell> {
    let (now, zone) = (cx.now.wall, &cx.console.zone);
    let role = role(line, now);
    let mut cells = vec![
        glyph_cell(role),
        cell(line.name()),
        cell_in(when(&line.standing, zone), Role::Muted),
        cell(next(&line.standing, now, zone)),
    ];
    cells.extend(axis.map(|axis| cell_in(axis.line(&line.standing, now, ('▐', '─')), Role::Muted)));
    cells
}
