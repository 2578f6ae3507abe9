//! What the screen History looks like (SCREENS 7.10).

use ratatui::layout::Rect;

use super::state::{COMPARE_ROWS, History};
use super::words;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::run::fitted;
use crate::console::theme::Role;
use crate::console::widgets::gauge::{self, Spark};
use crate::console::widgets::table::{Cell, Column, Table, cell, glyph_cell};
use crate::console::widgets::{Canvas, rule};
use crate::domain::run::RunOutcome;
use crate::store::RunRow;

/// Runs in the sparkline at most.
const SPARK: usize = 60;

fn columns() -> Vec<Column> {
    vec![
        Column::glyph(),
        Column::number("run", 5, 1),
        Column::text("started", 12, 17, 2),
        Column::text("why", 8, 12, 9).gap(2),
        Column::number("changed", 7, 3),
        Column::number("confirm", 7, 7),
        Column::number("held", 5, 5),
        Column::number("fail", 5, 6),
        Column::number("mails", 5, 8),
        Column::text("result", 18, 60, 4),
    ]
}

fn cells(run: &RunRow, cx: &ViewCx<'_>) -> Vec<Cell> {
    let totals = run.totals;
    let number = |number: u32| cell(format::count_or_blank(number));
    vec![
        glyph_cell(words::role(run)),
        cell(run.id.to_string()),
        cell(words::started(run.started, cx.now.wall, &cx.zone())),
        cell(words::why(run)),
        number(totals.written),
        number(totals.confirmed),
        number(totals.held),
        number(totals.failed),
        number(totals.mails),
        cell(words::result(run)),
    ]
}

/// A figure of a run with its name.
type Figure = (&'static str, fn(&RunRow) -> u32);

impl History {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let shown = self.table.window();
        let total = self.table.len();
        let filtered = self.finder.of(total, self.rows().len());
        let focused = !self.finder.is_focused();
        let right = if let Some(words) = filtered {
            words
        } else if total == 0 {
            String::new()
        } else {
            let (first, last) = (shown.start + 1, shown.end.min(total));
            let order = if self.order == (String::new(), false) { ", newest first" } else { "" };
            format!("{}-{} of {}{order}", format::count(first), format::count(last), format::count(total))
        };
        rule::title(canvas, area, "Runs", &right, focused);
        let mut area = area;
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
            area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        if self.table.is_empty() {
            self.draw_empty(cx, area, canvas);
            return;
        }
        self.draw_spark(Rect { y: area.y + 1, height: 1, ..area }, canvas);
        let list = Rect { y: area.y + 2, height: self.list_rows(body) + 1, ..area };
        let columns = columns();
        let row = |at: usize| self.row(*self.table.ids().get(at)?).map(|run| cells(run, cx));
        Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused,
            stale: self.runs.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(list, canvas);
        let below = Rect { y: list.bottom(), height: area.bottom().saturating_sub(list.bottom()), ..area };
        match self.compared {
            Some(_) if below.height >= COMPARE_ROWS => self.draw_comparison(cx, below, canvas),
            _ => self.draw_hint(below, canvas),
        }
    }

    fn draw_empty(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width.saturating_sub(2));
        let nobody = self.finder.nobody("No run", cx);
        let text = if self.finder.is_on() && !self.rows().is_empty() {
            &nobody
        } else if self.runs.value().is_some() {
            "No run yet. Every preview and every sync is kept here for good.  6 Run, then r, makes a preview"
        } else if self.runs.problem().is_some() {
            "The runs could not be read.  r reads again"
        } else {
            "reading the runs …"
        };
        let role = if self.runs.value().is_some() { Role::Text } else { Role::Muted };
        for (y, line) in (area.y + 2..area.bottom()).zip(fitted(text, cells)) {
            canvas.text(area.x + 1, y, cells, &line, role);
        }
    }

    /// One cell per run, oldest left; a run that failed or was stopped is a hole.
    fn draw_spark(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let room = usize::from(area.width).saturating_sub(40).clamp(8, SPARK);
        let mut marks: Vec<Spark> = self.rows().iter().take(room).map(spark).collect();
        marks.reverse();
        let label = if marks.len() == 1 { "last run".to_owned() } else { format!("last {} runs", marks.len()) };
        let used = canvas.text(area.x + 1, area.y, 16, &label, Role::Text);
        let spans = gauge::sparkline(&marks, marks.len());
        let x = area.x + used + 3;
        let used = canvas.spans(x, area.y, room, &spans, false);
        canvas.text(x + used + 2, area.y, 22, "✗ failed  ! stopped", Role::Muted);
    }

    fn draw_hint(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let mut marks = self.table.marks().iter();
        let text = match (marks.next(), marks.next()) {
            (Some(_), Some(_)) => "2 marked: c compares them".to_owned(),
            (Some(run), None) => format!("1 marked: c compares run {run} with the run under the cursor"),
            _ => return,
        };
        if area.height >= 2 {
            canvas.text(area.x + 1, area.y + 1, usize::from(area.width.saturating_sub(2)), &text, Role::Text);
        }
    }

    /// Two runs side by side, and by how much the second differs.
    fn draw_comparison(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some((old, new)) = self.compared.and_then(|(old, new)| Some((self.row(old)?, self.row(new)?))) else {
            return;
        };
        let title = format!("Run {} and run {}", old.id, new.id);
        rule::title(canvas, area, &title, "Esc closes", false);
        let started = |run: &RunRow| words::started(run.started, cx.now.wall, &cx.zone());
        let numbers: [Figure; 5] = [
            ("changed", |run| run.totals.written),
            ("confirmed", |run| run.totals.confirmed),
            ("held", |run| run.totals.held),
            ("failed, unknown, skipped", |run| run.totals.failed + run.totals.unknown + run.totals.set_aside),
            ("mails", |run| run.totals.mails),
        ];
        let mut lines = vec![("started".to_owned(), started(old), started(new), String::new())];
        for (words, pick) in numbers {
            let (before, after) = (pick(old), pick(new));
            let difference = i64::from(after) - i64::from(before);
            let difference = if difference == 0 { "=".to_owned() } else { format!("{difference:+}") };
            lines.push((words.to_owned(), format::count(before), format::count(after), difference));
        }
        lines.push(("took".to_owned(), words::took(old), words::took(new), String::new()));
        lines.push(("result".to_owned(), words::result(old), words::result(new), String::new()));
        let wide = (usize::from(area.width) - 30).min(70) / 2 - 4;
        for (y, (head, before, after, difference)) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 1, y, 26, &head, Role::Muted);
            let x = area.x + 29;
            canvas.text(x, y, wide, &before, Role::Text);
            let step = u16::try_from(wide + 2).unwrap_or(20);
            canvas.text(x + step, y, wide, &after, Role::Text);
            let role = if difference == "=" { Role::Match } else { Role::Changed };
            canvas.text(x + step * 2, y, 8, &difference, role);
        }
    }
}

fn spark(run: &RunRow) -> Spark {
    match run.outcome {
        RunOutcome::Failed | RunOutcome::Refused => Spark::Failed,
        RunOutcome::Stopped | RunOutcome::Cancelled | RunOutcome::Drifted | RunOutcome::Interrupted => Spark::Stopped,
        _ => Spark::Value(f64::from(run.totals.written)),
    }
}
