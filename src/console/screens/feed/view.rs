//! What the screen Feed log looks like (SCREENS 7.8).

use ratatui::layout::Rect;

use super::state::{DETAIL, DETAIL_ROWS, Feed, LIST};
use super::words;
use crate::console::app::ViewCx;
use crate::console::app::layout::Width;
use crate::console::format;
use crate::console::screens::run::{fitted, line_role};
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::run::Level;
use crate::store::views::{FeedRow, phase_word};

fn columns() -> Vec<Column> {
    vec![
        Column::text("when", 8, 15, 1),
        Column::glyph(),
        Column::text("run", 4, 6, 7),
        Column::text("phase", 7, 8, 6),
        Column::id("id", 24, 5),
        Column::text("what", 11, 14, 2),
        Column::text("who", 14, 20, 3),
        Column::text("what became of it", 24, 140, 4),
    ]
}

fn cells(row: &FeedRow, cx: &ViewCx<'_>) -> Vec<Cell> {
    let line = &row.line;
    let role = line_role(row);
    let id = line.employee.as_ref().map(|id| id.0.clone()).unwrap_or_default();
    vec![
        cell(when(row, cx)),
        glyph_cell(role),
        cell(line.run.map(|run| run.to_string()).unwrap_or_default()),
        cell(line.phase.map(phase_word).unwrap_or_default()),
        cell_in(id.clone(), Role::Muted),
        cell(line.what.clone()),
        cell(row.name.clone().unwrap_or(id)),
        cell(line.text.clone()),
    ]
}

/// `14:04:12` today, else with the day.
fn when(row: &FeedRow, cx: &ViewCx<'_>) -> String {
    let zone = cx.zone();
    let (then, today) = (row.line.at.to_zoned(zone.clone()).date(), cx.now.wall.to_zoned(zone.clone()).date());
    if then == today {
        format::clock_seconds(row.line.at, &zone)
    } else {
        format!("{} {}", format::day(then, today), format::clock(row.line.at, &zone))
    }
}

impl Feed {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        if self.focus.zoomed() == Some(DETAIL) {
            self.draw_detail(cx, area, canvas);
            return;
        }
        let shown = self.window.rows.len().min(self.window.table.window().end);
        let order = self.order_words();
        let right = match (self.counts, self.window.at_newest) {
            _ if self.window.rows.is_empty() => String::new(),
            (Some((found, all)), _) if self.finder.is_on() => {
                format!("{order}, {} of {}", words::found(found, all), format::count(all))
            }
            (Some((found, all)), true) => {
                let first = self.window.table.window().start + 1;
                format!("{order}, {}-{} of {}", format::count(first), format::count(shown), words::found(found, all))
            }
            (Some((found, all)), false) => format!("{order}, of {}", words::found(found, all)),
            (None, _) => order,
        };
        let focused = self.focus.is(LIST) && !self.finder.is_focused();
        rule::title(canvas, area, "Feed log", &right, focused);
        self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
        let rows = self.list_rows(area);
        let list = Rect { y: area.y + 2, height: (rows + 1).min(area.height.saturating_sub(2)), ..area };
        if self.window.rows.is_empty() {
            self.draw_empty(cx, list, canvas);
        } else {
            self.draw_list(cx, list, canvas);
        }
        let y = list.bottom() + 1;
        if self.focus.zoomed().is_none() && y + 2 < area.bottom() {
            self.draw_detail(cx, Rect { y, height: DETAIL_ROWS.min(area.bottom() - y), ..area }, canvas);
        }
    }

    fn draw_empty(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width.saturating_sub(4));
        let lines = match (&self.problem, self.loading_since) {
            (Some(problem), _) => problem.lines(),
            (None, Some(_)) => vec!["reading the log …".to_owned()],
            (None, None) if !self.finder.is_on() => fitted(
                "No line yet. Each thing that a run does to a person is kept here.  6 Run, then r, makes a preview",
                cells,
            ),
            (None, None) => fitted(&self.finder.nobody("No line", cx), cells),
        };
        for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 3, y, cells, &line, Role::Text);
        }
    }

    fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let columns = columns();
        let row = |at: usize| self.window.rows.get(at).map(|row| cells(row, cx));
        let loud = |(at, row): (usize, &FeedRow)| (row.line.level == Level::Error).then_some((at, Role::Warn));
        let ticks: Vec<(usize, Role)> = self.window.rows.iter().enumerate().filter_map(loud).collect();
        Table {
            state: &self.window.table,
            columns: &columns,
            row: &row,
            pane: LIST,
            focused: self.focus.is(LIST) && !self.finder.is_focused(),
            stale: false,
            heads: true,
            ticks: &ticks,
        }
        .view(area, canvas);
    }

    /// The line under the cursor, in six fixed lines.
    fn draw_detail(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(DETAIL));
        let Some(row) = self.window.current() else {
            rule::title(canvas, area, "Detail", "", self.focus.is(DETAIL));
            return;
        };
        let line = &row.line;
        let id = line.employee.as_ref().map(|id| id.0.as_str());
        let who = match (&row.name, id) {
            (Some(name), Some(id)) => format!("{name}, {id}"),
            (None, Some(id)) => id.to_owned(),
            _ => "the run".to_owned(),
        };
        let run = line.run.map(|run| format!(", run {run}")).unwrap_or_default();
        let at = format::moment_long(line.at, cx.now.wall, &cx.zone());
        rule::title(canvas, area, &format!("Detail: {who}{run}"), &at, self.focus.is(DETAIL));
        let cells = usize::from(area.width.saturating_sub(12));
        let mut y = area.y + 1;
        for (head, text) in self.detail_lines(row) {
            let mut parts = width::wrap(&text, cells);
            // Six fixed lines: only the zoomed pane has room for long sentences.
            if self.focus.zoomed() != Some(DETAIL) && Width::of(cx.frame.width) < Width::Extra {
                parts.truncate(1);
                if parts.first().is_some_and(|first| width::width(first) < width::width(&text)) {
                    parts = vec![width::truncate(&text, cells)];
                }
            }
            for (number, part) in parts.iter().enumerate() {
                if y >= area.bottom() {
                    return;
                }
                if number == 0 {
                    canvas.spans(area.x + 2, y, 6, &[Span::new(head, Role::Muted)], false);
                }
                canvas.text(area.x + 10, y, cells, part, Role::Text);
                y += 1;
            }
        }
    }

    fn detail_lines(&self, row: &FeedRow) -> Vec<(&'static str, String)> {
        let line = &row.line;
        let cure = self.cure();
        let remedy = match cure {
            Some(cure) if cure.remedy.is_empty() => "the newest plan does not hold this person any more".to_owned(),
            Some(cure) => cure.remedy.clone(),
            None if line.what == "held" => "…".to_owned(),
            None => "-".to_owned(),
        };
        let with = match cure.map_or(0, |cure| cure.others) {
            0 => "-".to_owned(),
            others => format!("{} with the same value", format::counted(others.into(), "other person", "other people")),
        };
        let mut keys = Vec::new();
        if line.employee.is_some() {
            keys.push("Enter opens the person");
        }
        if cure.is_some_and(|cure| cure.mapping.is_some()) {
            keys.push("e opens the mapping row");
        }
        keys.push("y copies this line without personal data");
        vec![
            ("what", format!("{}: {}", line.what, line.text)),
            ("level", line.level.key().to_owned()),
            ("phase", line.phase.map(words::phase).unwrap_or("-").to_owned()),
            ("with", with),
            ("cure", remedy),
            ("then", keys.join(", ")),
        ]
    }
}
