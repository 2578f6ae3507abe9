//! What the screen Drift looks like.

use super::state::{Drift, Rows, WIDE};
use crate::console::app::{Remote, ViewCx};
use crate::console::format;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Span, gauge, rule};
use crate::services::drift::{Line, Page, Part};
use ratatui::layout::Rect;

/// Cells of the bar that stands for all approved lines.
const BAR: usize = 30;

fn role(part: Part) -> Role {
    match part {
        Part::CarriedOut => Role::Ok,
        Part::Already => Role::Match,
        Part::Skipped => Role::Changed,
        Part::Parked => Role::Warn,
        Part::Failed => Role::Danger,
        Part::Unknown => Role::Open,
        Part::Unsent => Role::Muted,
    }
}

fn line_role(line: &Line) -> Role {
    if line.already { Role::Match } else { Role::Changed }
}

/// `58 carried out as approved`, `2 were there already`.
fn counted(part: Part, count: u32) -> String {
    let words = match (part, count) {
        (Part::Already, 1) => "was there already",
        (Part::Already, _) => "were there already",
        (part, _) => part.words(),
    };
    format!("{} {words}", format::count(count))
}

fn cells(line: &Line, wide: bool) -> Vec<Cell> {
    let (field, before, approved, now) = line.columns();
    let mut cells = vec![glyph_cell(line_role(line)), cell(line.name.clone()), cell(field)];
    if wide {
        let so = line.so_word();
        cells.extend([cell_in(before, Role::Muted), cell(approved), cell(now), cell(line.mover.clone()), cell(so)]);
    } else {
        let approved = if before.is_empty() { approved } else { format!("{before} → {approved}") };
        let already = line.already && now != "already";
        cells.extend([cell(approved), cell(if already { format!("{now} already") } else { now })]);
    }
    cells
}

fn columns(page: &Page, width: u16) -> Vec<Column> {
    let wide = width >= WIDE;
    let at = format!("at {}", page.at);
    let mut columns = vec![Column::glyph(), Column::text("who", 12, 24, 1), Column::text("field", 9, 16, 2)];
    if wide {
        columns.extend([
            Column::text("before", 12, 20, 5),
            Column::text("approved", 12, 20, 3),
            Column::text(at, 12, 20, 3),
            Column::text("moved by", 23, 28, 4),
            Column::text("so", 7, 18, 6),
        ]);
    } else {
        columns
            .extend([Column::text("approved", 14, 40, 3), Column::text(at, if width < 70 { 12 } else { 19 }, 40, 3)]);
    }
    columns
}

impl Drift {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let room = usize::from(area.width.saturating_sub(2));
        let Some(page) = self.page.value() else {
            rule::title(canvas, Rect { height: 1, ..area }, "Drift", "", true);
            let lines = match &self.page {
                Remote::Failed(problem, _) => problem.lines(),
                _ if self.run.is_none() => vec!["No run is named here.  Esc goes back".to_owned()],
                _ => vec!["reading what had moved …".to_owned()],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 1, y, room, &line, Role::Text);
            }
            return;
        };
        if let Some(nothing) = &page.nothing {
            rule::title(canvas, Rect { height: 1, ..area }, &format!("Drift of run {}", page.run), "", true);
            canvas.text(area.x + 1, area.y + 2, room, nothing, Role::Text);
            return;
        }
        let rows = self.rows(area);
        self.draw_sums(page, Rect { height: rows.sums.min(area.height), ..area }, canvas);
        let Rows { sums, list, detail, elsewhere } = rows;
        let mut y = area.y + sums;
        if list > 0 {
            self.draw_list(cx, page, Rect { y, height: list, ..area }, canvas);
            y += list;
        }
        if let Some(line) = self.current().filter(|_| detail > 0) {
            draw_detail(page, line, Rect { y, height: detail, ..area }, canvas);
            y += detail;
        }
        if let Some(not_in_plan) = page.elsewhere.as_ref().filter(|_| elsewhere > 0 && y + 1 < area.bottom()) {
            let people = format::counted(not_in_plan.people.into(), "person", "people");
            let title = "Not in the plan, moved all the same";
            rule::title(canvas, Rect { y, height: 1, ..area }, title, &people, false);
            canvas.text(area.x + 2, y + 1, room, &not_in_plan.words, Role::Text);
        }
    }

    fn draw_sums(&self, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        let wide = area.width >= WIDE;
        let approved = page.plan.as_ref().and_then(|plan| plan.approved.as_ref());
        let right = match approved {
            Some((by, at, _)) if wide => format!("approved by {by} {at}, begun {}", page.at),
            Some((_, at, _)) => format!("approved {at}"),
            None => String::new(),
        };
        let title = page.title();
        // Of the two the title says more.
        let fits = width::width(&title) + width::width(&right) + 8 <= usize::from(area.width);
        rule::title(canvas, Rect { height: 1, ..area }, &title, if fits { &right } else { "" }, true);
        if wide { draw_bars(page, area, canvas) } else { draw_sentence(page, area, canvas) }
    }

    fn draw_list(&self, cx: &ViewCx<'_>, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        let (window, total) = (self.lines.window(), self.lines.len());
        let shown = window.end.min(total);
        let right = format!("{}-{} of {}", format::count(window.start + 1), format::count(shown), format::count(total));
        let right = self.finder.of(total, page.lines.len()).unwrap_or(right);
        rule::title(canvas, Rect { height: 1, ..area }, "Moved since the approval", &right, false);
        let mut area = area;
        if self.finder.has_line() && area.height > 1 {
            self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
            area = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        if total == 0 {
            let nobody = self.finder.nobody("No line", cx);
            let room = usize::from(area.width.saturating_sub(4));
            canvas.text(area.x + 3, area.y + 1, room, &nobody, Role::Muted);
            return;
        }
        let wide = area.width >= WIDE;
        let row = |at: usize| self.line(at).map(|line| cells(line, wide));
        Table {
            state: &self.lines,
            columns: &columns(page, area.width),
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.page.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, canvas);
    }
}

fn draw_bars(page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
    let all = page.sums.approved();
    let plan = page.plan.as_ref().map(|plan| {
        let typed = plan.approved.as_ref().and_then(|(_, _, typed)| typed.as_ref());
        let typed = typed.map(|typed| format!(", typed {typed}")).unwrap_or_default();
        format!("plan {} of {}, hash {}{typed}", plan.id, plan.made, format::hash(&plan.hash))
    });
    let next = page.next.filter(|(_, anew)| *anew > 0);
    let skipped = next.map_or_else(
        || "nothing sent".to_owned(),
        |(plan, anew)| format!("nothing sent; {} in plan {plan} anew", format::count(anew)),
    );
    let mut rows = vec![(None, "approved".to_owned(), all, plan.unwrap_or_default())];
    rows.extend(page.parts().into_iter().map(|(part, count)| {
        let words = match part {
            Part::Already => "nothing sent; counts as done".to_owned(),
            Part::Skipped => skipped.clone(),
            _ => String::new(),
        };
        (Some(role(part)), part.words().to_owned(), count, words)
    }));
    let else_role = (page.sums.anything_else > 0).then_some(Role::Danger);
    rows.push((else_role, "anything else".to_owned(), page.sums.anything_else, page.nothing_else()));
    for (y, (role, head, count, words)) in (area.y + 1..area.bottom()).zip(rows) {
        if let Some(role) = role {
            canvas.spans(area.x + 3, y, 1, &[Span::new(role.glyph(), role)], false);
        }
        canvas.text(area.x + 5, y, 24, &head, Role::Text);
        canvas.text(area.x + 29, y, 8, &width::pad_left(&format::count(count), 6), Role::Text);
        let bar = gauge::count_bar(count.into(), all.into(), BAR);
        canvas.text(area.x + 37, y, BAR, &bar, role.unwrap_or(Role::Muted));
        let x = 39 + u16::try_from(BAR).unwrap_or(0);
        canvas.text(area.x + x, y, usize::from(area.width.saturating_sub(x + 1)), &words, Role::Muted);
    }
}

fn draw_sentence(page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
    let parts = page.parts();
    let mut y = area.y + 1;
    for three in parts.chunks(3) {
        let mut spans = Vec::new();
        for (part, count) in three {
            let role = role(*part);
            let gap = if spans.is_empty() { "" } else { "   " };
            spans.extend([Span::new(gap, Role::Text), Span::new(role.glyph(), role)]);
            spans.push(Span::new(format!(" {}", counted(*part, *count)), Role::Text));
        }
        canvas.spans(area.x + 3, y, usize::from(area.width.saturating_sub(4)), &spans, false);
        y += 1;
    }
    let (words, role) = match page.sums.anything_else {
        0 => (format!("nothing else was written: {}", page.equation()), Role::Muted),
        _ => (page.nothing_else(), Role::Danger),
    };
    canvas.text(area.x + 5, y, usize::from(area.width.saturating_sub(6)), &words, role);
}

fn draw_detail(page: &Page, line: &Line, area: Rect, canvas: &mut Canvas<'_>) {
    let identifier = line.identifier.as_deref().map(|one| format!(", {one}")).unwrap_or_default();
    let user = line.user.as_deref().map(|one| format!(", user {one}")).unwrap_or_default();
    let title = format!("{}{identifier}{user}", line.name);
    rule::title(canvas, Rect { height: 1, ..area }, &title, line.so_word(), false);
    let at = format!("at {}", page.at);
    let facts = [
        ("approved", &line.approved),
        (&at, &line.met),
        ("moved by", &line.moved_by),
        ("so", &line.so),
        ("next", &line.next),
    ];
    let room = usize::from(area.width.saturating_sub(14));
    let mut wrapped: Vec<Vec<String>> = facts.iter().map(|(_, words)| width::wrap(words, room)).collect();
    // Each has its row; what is left goes to the first that need more.
    let mut free = usize::from(area.height.saturating_sub(1)).saturating_sub(facts.len());
    for (lines, (_, words)) in wrapped.iter_mut().zip(&facts) {
        let more = lines.len().saturating_sub(1);
        if more > free {
            *lines = vec![width::truncate(words, room)];
        } else {
            free -= more;
        }
    }
    let mut y = area.y + 1;
    for ((head, _), lines) in facts.iter().zip(wrapped) {
        if y >= area.bottom() {
            return;
        }
        canvas.text(area.x + 2, y, 10, head, Role::Muted);
        let lines = if lines.is_empty() { vec![String::new()] } else { lines };
        for line in lines {
            if y < area.bottom() {
                canvas.text(area.x + 13, y, room, &line, Role::Text);
            }
            y += 1;
        }
    }
}
