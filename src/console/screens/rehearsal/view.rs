//! What the screen Rehearsal looks like.

use super::data::{Line, Page, Rehearsal};
use super::state::RehearsalScreen;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, rule};
use crate::domain::ids::PlanId;
use crate::domain::rehearsal::{CANNOT_KNOW, FieldAfter, Rehearsed};
use ratatui::layout::Rect;

/// Rows of the figures, their title among them.
const FIGURES: u16 = 4;
/// Rows of what a simulator cannot know, its title among them.
const UNKNOWN: u16 = 5;
/// From this height on the fields of the line under the cursor have a place.
const WITH_LINE: u16 = 30;
const LINE: u16 = 7;

/// Rows of the list, heads not among them.
pub(super) fn list_rows(body: Rect) -> u16 {
    let line = if body.height >= WITH_LINE { LINE } else { 0 };
    body.height.saturating_sub(FIGURES + UNKNOWN + line + 2)
}

fn role(result: &Rehearsed) -> Role {
    match result {
        Rehearsed::AsPlanned => Role::Match,
        Rehearsed::Other { .. } => Role::Changed,
        Rehearsed::Refused { .. } => Role::Danger,
        Rehearsed::NotRehearsed { .. } => Role::Warn,
    }
}

fn cells(line: &Line, with_id: bool) -> Vec<Cell> {
    let mut cells = vec![
        glyph_cell(role(&line.result)),
        cell(line.name.clone()),
        cell(line.kind.words()),
        cell(line.result.words()),
    ];
    if with_id {
        let id = line.employee.as_ref().map(ToString::to_string).unwrap_or_default();
        cells.insert(2, cell_in(id, Role::Muted));
    }
    cells
}

impl RehearsalScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let width = usize::from(area.width.saturating_sub(2));
        let title = Rect { height: 1, ..area };
        let (Some(page), Some(rehearsal)) = (self.page(), self.rehearsal()) else {
            rule::title(canvas, title, "Rehearsal", "", true);
            for (y, line) in (area.y + 2..area.bottom()).zip(self.words_without()) {
                canvas.text(area.x + 1, y, width, &line, Role::Text);
            }
            return;
        };
        let plan = PlanId(page.plan).title();
        let right = format!("{:.1} s, nothing sent", rehearsal.seconds);
        rule::title(canvas, title, &format!("{plan} rehearsed: {}", rehearsal.words), &right, true);
        draw_figures(cx, page, rehearsal, Rect { y: area.y + 1, height: FIGURES - 1, ..area }, canvas);
        let rows = list_rows(area);
        let list = Rect { y: area.y + FIGURES, height: rows + 2, ..area };
        let count = format::counted(rehearsal.lines.len() as u64, "line", "lines");
        rule::title(canvas, Rect { height: 1, ..list }, "Line by line, refused first", &count, true);
        self.draw_lines(rehearsal, Rect { y: list.y + 1, height: rows + 1, ..list }, canvas);
        let mut y = list.bottom();
        if area.height >= WITH_LINE {
            self.draw_line(Rect { y, height: LINE, ..area }, canvas);
            y += LINE;
        }
        draw_unknown(rehearsal, Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
    }

    fn words_without(&self) -> Vec<String> {
        if let Some(problem) = self.page.problem() {
            return problem.lines();
        }
        match self.page.value() {
            Some(None) => vec!["No plan yet: `r` on Plan makes one".to_owned()],
            Some(Some(page)) if page.changes == 0 => {
                vec![format!("Nothing to send: {} changes nobody", PlanId(page.plan).words())]
            }
            Some(Some(page)) => vec![
                format!(
                    "rehearsing {} at a simulator of {} …",
                    format::counted(u64::from(page.changes), "line", "lines"),
                    page.destination
                ),
                format!("{} is asked nothing; Esc goes back, it goes on and is kept", page.destination),
            ],
            None => vec!["reading the plan …".to_owned()],
        }
    }

    fn draw_lines(&self, rehearsal: &Rehearsal, area: Rect, canvas: &mut Canvas<'_>) {
        let with_ids = area.width >= 100;
        let mut columns = vec![
            Column::glyph(),
            Column::text("who", 14, if with_ids { 26 } else { 20 }, 1),
            Column::text("what", 10, 12, 3),
            Column::text("the simulator answered", 24, 120, 2),
        ];
        if with_ids {
            columns.insert(2, Column::id("id", 16, 4));
        }
        let row = |at: usize| rehearsal.lines.get(at).map(|line| cells(line, with_ids));
        Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: true,
            stale: self.page.is_stale() || self.since.is_some() || self.replanning,
            heads: true,
            ticks: &[],
        }
        .view(area, canvas);
    }

    /// The line under the cursor, whole.
    fn draw_line(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(line) = self.line() else { return };
        let width = usize::from(area.width.saturating_sub(4));
        rule::title(canvas, Rect { height: 1, ..area }, &line.name, line.kind.words(), false);
        let mut lines = crate::console::term::width::wrap(&line.result.words(), width);
        if let Rehearsed::Other { fields, .. } = &line.result {
            lines.extend(fields.iter().map(after_words));
        }
        for (y, text) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 3, y, width, &text, Role::Text);
        }
    }
}

/// `job title: Bartender planned, Waiter afterwards`; of private fields no values are kept.
fn after_words(after: &FieldAfter) -> String {
    let words = after.field.words();
    if after.planned.is_none() && after.after.is_none() {
        return format!("{words}: other than planned");
    }
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(empty)".to_owned());
    format!("{words}: {} planned, {} afterwards", value(&after.planned), value(&after.after))
}

fn draw_figures(cx: &ViewCx<'_>, page: &Page, rehearsal: &Rehearsal, area: Rect, canvas: &mut Canvas<'_>) {
    let figures = rehearsal.figures;
    let rows = [
        (Role::Match, "as planned", figures.as_planned),
        (Role::Changed, "other outcome", figures.other + figures.not_rehearsed),
        (Role::Danger, "refused", figures.refused),
    ];
    for (y, (role, words, count)) in (area.y..area.bottom()).zip(rows) {
        canvas.text(area.x + 3, y, 1, role.glyph(), role);
        canvas.text(area.x + 5, y, 14, words, Role::Text);
        let count = crate::console::term::width::pad_left(&format::count(count), 7);
        canvas.text(area.x + 18, y, 7, &count, Role::Text);
    }
    let users = format::counted(u64::from(rehearsal.users), "user", "users");
    let not = match figures.not_rehearsed {
        0 => format!("in the order of this plan; {} counted", mails(rehearsal.mails)),
        not => format!("{} not rehearsed: never counted as planned", format::count(not)),
    };
    let read = rehearsal.read_at.map(|at| format!(", read {}", format::clock(at, &cx.zone()))).unwrap_or_default();
    let beside = [
        format!("against {users} of {}{read}", page.destination),
        "its rules: mandatory, unique, exact options, dates".to_owned(),
        not,
    ];
    let width = usize::from(area.width.saturating_sub(31));
    for (y, text) in (area.y..area.bottom()).zip(beside) {
        canvas.text(area.x + 30, y, width, &text, Role::Muted);
    }
}

fn mails(count: u32) -> String {
    match count {
        0 => "no mail".to_owned(),
        count => format::counted(u64::from(count), "welcome mail", "welcome mails"),
    }
}

fn draw_unknown(rehearsal: &Rehearsal, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 {
        return;
    }
    rule::title(canvas, Rect { height: 1, ..area }, "What a simulator cannot know", "", false);
    let width = usize::from(area.width.saturating_sub(17));
    for (y, (what, words)) in (area.y + 1..area.bottom()).zip(CANNOT_KNOW) {
        let words = match what {
            "mails" if rehearsal.mails == 0 => "none was counted",
            _ => words,
        };
        canvas.text(area.x + 3, y, 11, what, Role::Muted);
        canvas.text(area.x + 15, y, width, words, Role::Text);
    }
}
