//! What the screen Tenants looks like (SCREENS 7.1).

use ratatui::layout::Rect;

use super::columns::state_word;
use super::data::{Entry, Next};
use super::need::{Need, assess};
use super::state::{HINT, PANE_ROWS, Tenants, held};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::ScreenId;
use crate::console::screens::fleet::row;
use crate::console::screens::overview::step_line;
use crate::console::screens::schedule::words;
use crate::console::screens::troubles::nowhere;
use crate::console::theme::Role;
use crate::console::widgets::gauge::{self, Spark};
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, rule};
use crate::domain::connection::ConnectionStatus;
use crate::domain::run::RunOutcome;
use crate::engine::checklist::{StepKey, StepState};
use crate::store::views::RunMark;

/// Cells of the sparkline.
const SPARK: usize = 14;

impl Tenants {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        if let Some(removal) = &self.removal {
            removal.view(area, canvas);
            return;
        }
        row::draw(ScreenId::Tenants, &self.counts(cx.now.wall, &cx.console.zone), area, canvas);
        let area = nowhere::draw(self.nowhere.as_deref(), HINT, cx, row::below(area), canvas);
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let list = self.list_area(area);
        self.draw_title(cx, Rect { height: 1, ..list }, canvas);
        let mut rows = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { height: 1, ..rows }, canvas);
            rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
        }
        match (self.entries.value(), self.entries.problem()) {
            (None, Some(problem)) => draw_lines(rows, &problem.lines(), canvas),
            (None, None) => draw_lines(rows, &["reading tenants …".to_owned()], canvas),
            (Some(_), _) if self.table.is_empty() => {
                draw_lines(rows, &[self.finder.nobody("No tenant", cx)], canvas);
            }
            (Some(_), _) => self.draw_list(cx, rows, canvas),
        }
        let rest = area.height.saturating_sub(list.height);
        if self.has_pane() && rest >= PANE_ROWS {
            self.draw_next(Rect { y: list.bottom(), height: rest, ..area }, canvas);
        }
    }

    fn draw_title(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let all = self.entries.value().map_or(0, Vec::len);
        let needing = match self.needing(cx.now.wall, &cx.console.zone) {
            0 => "nobody needs you".to_owned(),
            1 => "1 needs you".to_owned(),
            number => format!("{} need you", format::count(number)),
        };
        let right = match self.entries.value() {
            None => String::new(),
            Some(_) => match self.finder.of(self.table.len(), all) {
                Some(words) => words,
                None if area.width < 80 => format!("{needing}, {} in all", format::count(all)),
                None => format!("{needing}, {}", self.order_words()),
            },
        };
        rule::title(canvas, area, "Tenants", &right, !self.finder.is_focused());
    }

    fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let columns = columns(area.width);
        let row = |index: usize| -> Option<Vec<Cell>> {
            let entry = self.entry(self.table.ids().get(index)?)?;
            let need = assess(entry, self.live.get(entry.short()), cx.now.wall, &cx.console.zone);
            Some(cells(entry, &need, area.width, cx))
        };
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.entries.problem().is_some() || self.entries.is_slow(cx.now.uptime),
            heads: self.body.width >= 80,
            ticks: &[],
        };
        table.view(area, canvas);
    }

    fn draw_next(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(entry) = self.current() else { return };
        if !entry.lost().is_empty() {
            let title = format!("{}: what cannot be read", entry.name());
            rule::title(canvas, Rect { height: 1, ..area }, &title, "a repair keeps everything else", false);
            let lines: Vec<String> = entry.lost().iter().map(|lost| format!("✗ {} {}", lost.what, lost.why)).collect();
            return draw_lines(Rect { y: area.y + 1, height: area.height - 1, ..area }, &lines, canvas);
        }
        let (left, right) = match entry.row.connection.status {
            ConnectionStatus::Preview => {
                ("what is left before it can go live", "preview only, nothing has been written yet")
            }
            ConnectionStatus::Live => ("how it stands", "live"),
            ConnectionStatus::Paused => ("what stops it", "paused after refused credentials"),
            ConnectionStatus::Off => ("how it was left", "switched off, all data are kept"),
        };
        rule::title(canvas, Rect { height: 1, ..area }, &format!("{}: {left}", entry.name()), right, false);
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let next = self.next.value().filter(|next| next.tenant == entry.short());
        match (next, self.next.problem()) {
            (Some(next), _) => draw_steps(entry, next, below, canvas),
            (None, Some(problem)) => draw_lines(below, &problem.lines(), canvas),
            (None, None) => draw_lines(below, &["reading the set-up …".to_owned()], canvas),
        }
    }
}

fn draw_lines(area: Rect, lines: &[String], canvas: &mut Canvas<'_>) {
    for (row, line) in lines.iter().enumerate() {
        let Ok(row) = u16::try_from(row + 1) else { return };
        if row < area.height {
            canvas.text(area.x + 5, area.y + row, usize::from(area.width.saturating_sub(6)), line, Role::Text);
        }
    }
}

fn draw_steps(entry: &Entry, next: &Next, area: Rect, canvas: &mut Canvas<'_>) {
    let mut y = area.y;
    for step in &next.steps {
        let mut line = step_line(step, &entry.source);
        let unmapped = entry.row.plan.as_ref().map_or(0, |plan| plan.unmapped_values);
        if step.key == StepKey::MappingTables && step.state == StepState::Open && unmapped > 0 {
            line.figure = format!("{} open", format::counted(unmapped.into(), "value", "values"));
        }
        canvas.text(area.x + 4, y, 1, line.role.glyph(), line.role);
        canvas.text(area.x + 6, y, 18, &line.name, Role::Text);
        canvas.text(area.x + 25, y, 16, &line.figure, Role::Text);
        canvas.text(area.x + 42, y, usize::from(area.width.saturating_sub(43)), &line.detail, Role::Muted);
        y += 1;
    }
    let Some(plan) = &entry.plan else { return };
    y += 1;
    let people = u64::from(plan.people);
    let covered = people.saturating_sub(u64::from(plan.blocked));
    let review = entry.row.plan.as_ref().map_or(0, |figures| u64::from(figures.review_left));
    let bars = [
        ("coverage", covered, people, "people have every value they need".to_owned()),
        (
            "matched",
            next.linked,
            next.linked + review,
            format!("people who have, or may have, a user in {}", entry.destination),
        ),
    ];
    for (name, part, whole, words) in bars {
        if y >= area.bottom() || whole == 0 {
            continue;
        }
        canvas.text(area.x + 4, y, 9, name, Role::Muted);
        canvas.text(area.x + 14, y, 40, &gauge::progress(part, whole, 40), Role::Text);
        let figures = format!("{}   {} {words}", format::percent_of(part, whole), format::share(part, whole));
        canvas.text(area.x + 56, y, usize::from(area.width.saturating_sub(57)), &figures, Role::Text);
        y += 1;
    }
}

/// The columns of a window: three below 80, four to 109, then more by their order of survival.
fn columns(frame: u16) -> Vec<Column> {
    match frame {
        0..110 => vec![
            Column::glyph(),
            Column::text("tenant", 20, if frame < 80 { 20 } else { 24 }, 1),
            Column::text("what it needs", 33, 60, 2),
            Column::text("last run", 9, 11, 3),
            Column::text("next run", 8, 11, 4),
        ],
        110..140 => vec![
            Column::glyph(),
            Column::text("tenant", 20, 30, 1),
            Column::text("what it needs", 33, 50, 2),
            Column::text("last run", 9, 11, 3),
            Column::text("next run", 8, 11, 4),
            Column::text("state", 7, 7, 5),
            people_column(),
            Column::text("source → destination", 20, 34, 5),
        ],
        _ => wide_columns(),
    }
}

/// Numbers are never cut: the column grows for a million people.
fn people_column() -> Column {
    Column { max: 9, ..Column::number("people", 6, 6) }
}

fn wide_columns() -> Vec<Column> {
    vec![
        Column::glyph(),
        Column::text("tenant", 20, 40, 1),
        Column::text("source → destination", 23, 40, 4),
        Column::text("state", 7, 7, 5),
        people_column(),
        Column::text("last run", 10, 11, 3),
        Column::text("result", 12, 16, 2),
        Column::text("next run", 9, 11, 4),
        Column::number("match", 5, 7),
        Column::number("unmap", 5, 8),
        Column::number("held", 6, 9),
        Column::number("fail", 5, 10),
        Column::text(format!("last {SPARK} runs"), 14, 14, 11).gap(2),
    ]
}

fn cells(entry: &Entry, need: &Need, cells: u16, cx: &ViewCx<'_>) -> Vec<Cell> {
    let run = entry.row.last_run.as_ref();
    let last = run.map_or("never".to_owned(), |run| format::moment(run.started, cx.now.wall, &cx.console.zone));
    let (now, zone) = (cx.now.wall, &cx.console.zone);
    let next = entry.schedule.as_ref().map(|one| words::next(one, now, zone)).unwrap_or_default();
    let state = state_word(entry);
    let route = format!("{} → {}", entry.source, entry.destination);
    let (glyph, name) = (glyph_cell(need.role), cell(entry.name()));
    let people = cell(format::count_or_blank(entry.row.people));
    match cells {
        0..110 => vec![glyph, name, cell(&*need.words), cell_in(last, Role::Muted), cell_in(next, Role::Muted)],
        110..140 => {
            let times = (cell_in(last, Role::Muted), cell_in(next, Role::Muted));
            vec![glyph, name, cell(&*need.words), times.0, times.1, cell(state), people, cell(route)]
        }
        _ => {
            let figures = entry.row.plan.as_ref();
            let number = |count: u32| cell(format::count_or_blank(count));
            vec![
                glyph,
                name,
                cell(route),
                cell(state),
                people,
                cell_in(last, Role::Muted),
                cell(&*need.result),
                cell_in(next, Role::Muted),
                number(figures.map_or(0, |plan| plan.review_left)),
                number(figures.map_or(0, |plan| plan.unmapped_values)),
                number(held(entry)),
                number(run.map_or(0, |run| run.totals.failed + run.totals.unknown)),
                gauge::sparkline(&entry.row.recent.iter().map(spark).collect::<Vec<_>>(), SPARK),
            ]
        }
    }
}

fn spark(mark: &RunMark) -> Spark {
    match mark.outcome {
        RunOutcome::Failed | RunOutcome::Refused => Spark::Failed,
        RunOutcome::Stopped | RunOutcome::Cancelled | RunOutcome::Drifted | RunOutcome::Interrupted => Spark::Stopped,
        RunOutcome::Running | RunOutcome::Paused => Spark::Gap,
        RunOutcome::Done | RunOutcome::DoneWithHeld | RunOutcome::Previewed => Spark::Value(mark.changed.into()),
    }
}
