//! What the screen Troubles looks like.

use super::nowhere;
use super::state::{DETAIL_ROWS, HINT, TroublesScreen};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::run::fitted;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, rule};
use crate::domain::trouble::{Grade, TroubleLife};
use crate::services::troubles::Listed;
use jiff::Timestamp;
use ratatui::layout::Rect;

fn columns(cells: u16) -> Vec<Column> {
    let mut columns = vec![Column::glyph(), Column::text("tenant", 12, if cells < 100 { 19 } else { 30 }, 1)];
    columns.push(Column::text("what", 20, 90, 2));
    columns.push(Column::text("its life", if cells < 80 { 16 } else { 21 }, 26, 3));
    if cells >= 110 {
        columns.push(Column::text("since", 9, 11, 4));
        columns.push(Column::text("code", 12, 20, 5));
    }
    columns
}

/// A failure, a warning, or neither any more.
fn role(line: &Listed) -> Role {
    match (line.life, line.trouble.grade) {
        (TroubleLife::Quiet, _) => Role::Ok,
        (TroubleLife::Muted | TroubleLife::Aside | TroubleLife::Closed, _) => Role::Muted,
        (TroubleLife::Open, _) if line.is_explained => Role::Muted,
        (TroubleLife::Open, Grade::Part) => Role::Warn,
        (TroubleLife::Open, Grade::Whole | Grade::Halted) => Role::Danger,
    }
}

fn life_words(line: &Listed, cx: &ViewCx<'_>) -> String {
    let (now, zone) = (cx.now.wall, cx.console.zone.clone());
    let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let moment = |at: Timestamp| match (date(at) == date(now), line.life) {
        (true, _) => format::clock(at, &zone),
        (false, TroubleLife::Closed) => format!("{} {}", format::day(date(at), date(now)), format::clock(at, &zone)),
        (false, _) => format::day(date(at), date(now)),
    };
    // The begin of a day in the tenant's zone is that day there.
    let day = |at: Timestamp| {
        let date = |at: Timestamp| at.to_zoned(line.zone.clone()).date();
        format::day(date(at), date(now))
    };
    line.life_words(&moment, &day)
}

fn cells(line: &Listed, width: u16, cx: &ViewCx<'_>) -> Vec<Cell> {
    let words = if line.life == TroubleLife::Open && !line.is_explained { Role::Text } else { Role::Muted };
    let glyph = if line.life == TroubleLife::Closed { cell("") } else { glyph_cell(role(line)) };
    let mut cells = vec![
        glyph,
        cell(line.tenant_name.clone()),
        cell_in(line.what.clone(), words),
        cell_in(life_words(line, cx), Role::Muted),
    ];
    if width >= 110 {
        cells.push(cell_in(format::moment(line.trouble.opened_at, cx.now.wall, &cx.console.zone), Role::Muted));
        cells.push(cell_in(line.trouble.cause.code.key(), Role::Muted));
    }
    cells
}

impl TroublesScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let area = nowhere::draw(self.nowhere(), HINT, cx, area, canvas);
        let (body, mut area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        rule::title(canvas, area, "Broken now, worst first", &self.title_words(), !self.finder.is_focused());
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
            area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        if self.table.is_empty() {
            return self.draw_empty(cx, area, canvas);
        }
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + DETAIL_ROWS), ..area };
        let columns = columns(area.width);
        let row = |at: usize| self.line(*self.table.ids().get(at)?).map(|line| cells(line, area.width, cx));
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.troubles.is_stale(),
            heads: true,
            ticks: &[],
        };
        table.view(list, canvas);
        let below = Rect { y: list.bottom(), height: area.bottom().saturating_sub(list.bottom()), ..area };
        self.draw_detail(cx, below, canvas);
    }

    fn title_words(&self) -> String {
        let Some(troubles) = self.troubles.value() else { return String::new() };
        self.finder.of(self.table.len(), troubles.lines.len()).unwrap_or_else(|| troubles.figures.words())
    }

    fn draw_empty(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let nobody = self.finder.nobody("No trouble", cx);
        let text = if self.finder.is_on() && !self.lines().is_empty() {
            nobody.as_str()
        } else if self.troubles.value().is_some() {
            "There is no trouble, and none was closed in the last 7 days"
        } else if self.troubles.problem().is_some() {
            "The troubles could not be read.  r reads again"
        } else {
            "reading the troubles …"
        };
        canvas.text(area.x + 1, area.y + 2, usize::from(area.width.saturating_sub(2)), text, Role::Text);
    }

    /// The trouble under the cursor: how it began, what said so since, what it takes to be over.
    fn draw_detail(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(line) = self.current().filter(|_| area.height >= 2) else { return };
        let people = if line.people > 0 { format::counted(line.people, "person", "people") } else { String::new() };
        let title = format!("{}: {}", line.tenant_name, line.what);
        rule::title(canvas, Rect { height: 1, ..area }, &title, &people, false);
        let cells = usize::from(area.width.saturating_sub(2));
        let lines = detail(line, cx);
        let fitted = lines.iter().flat_map(|line| fitted(line, cells));
        for (y, text) in (area.y + 1..area.bottom()).zip(fitted) {
            canvas.text(area.x + 1, y, cells, &text, Role::Text);
        }
    }
}

fn detail(line: &Listed, cx: &ViewCx<'_>) -> Vec<String> {
    let trouble = &line.trouble;
    let (now, zone) = (cx.now.wall, &cx.console.zone);
    let long = |at: Timestamp| format::moment_long(at, now, zone);
    let by = trouble.opened_by.map(|run| format!(" by run {run}")).unwrap_or_default();
    let why = if trouble.why.is_empty() { String::new() } else { format!("   `{}`", trouble.why) };
    let mut lines = vec![format!("opened {}{by}{why}", long(trouble.opened_at))];
    if trouble.times > 1 {
        let last = trouble.last_run.map(|run| format!(" by run {run}")).unwrap_or_default();
        let halted = if trouble.grade == Grade::Halted { "; paused, nothing is tried by itself" } else { "" };
        lines.push(format!(
            "found {} times, last {}{last}{halted}",
            format::count(trouble.times),
            long(trouble.last_at)
        ));
    }
    if let Some(mute) = &trouble.mute {
        lines.push(format!("muted by {} {}", mute.by, long(mute.at)));
    }
    lines.push(line.closes_words().to_owned());
    lines
}
