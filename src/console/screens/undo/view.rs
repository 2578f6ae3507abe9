//! What the screen Undo looks like.

use super::data::{Left, Line, Preview};
use super::state::{Pane, Undo};
use crate::console::app::{Remote, ViewCx};
use crate::console::format;
use crate::console::screens::plan::limit_words;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::confirm::{TypedConfirm, ask_to_type};
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Hit, rule};
use crate::domain::operation::UserChange;
use ratatui::layout::Rect;

/// Rows of what comes of it and of the answer, titles included.
pub(super) const ANSWER: u16 = 7;

fn role(change: UserChange) -> Role {
    match change {
        UserChange::Added => Role::Added,
        UserChange::Linked => Role::Match,
        UserChange::Changed => Role::Changed,
        UserChange::Back => Role::Back,
        UserChange::Removed => Role::Removed,
    }
}

fn line_cells(line: &Line, is_out: bool) -> Vec<Cell> {
    let id = line.employee.clone().unwrap_or_default();
    let (what, text) = match is_out {
        true => ("left out", "stays as the run left it".to_owned()),
        false => (line.what, line.text.clone()),
    };
    vec![
        glyph_cell(if is_out { Role::Muted } else { role(line.change) }),
        cell(line.name.clone()),
        cell_in(id, Role::Muted),
        cell_in(line.user.clone(), Role::Muted),
        cell(what),
        cell(text),
    ]
}

fn left_cells(left: &Left) -> Vec<Cell> {
    let id = left.employee.clone().unwrap_or_default();
    let role = if left.is_moved { Role::Changed } else { Role::Warn };
    vec![glyph_cell(role), cell(left.name.clone()), cell_in(id, Role::Muted), cell(left.what), cell(left.why.clone())]
}

impl Undo {
    pub(super) fn draw(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width.saturating_sub(2));
        let run = self.run.map_or_else(String::new, |run| format!(" {run}"));
        let Some(preview) = self.preview.value() else {
            rule::title(canvas, Rect { height: 1, ..area }, &format!("Undo run{run}"), "", true);
            let lines = match &self.preview {
                Remote::Failed(problem, _) => problem.lines(),
                _ if self.run.is_none() => vec!["No run is named here.  Esc goes back".to_owned()],
                _ => vec!["reading the users of now from the destination …".to_owned()],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 1, y, cells, &line, Role::Text);
            }
            return;
        };
        let (lines, left) = self.rows(area);
        if preview.lines.is_empty() {
            rule::title(canvas, Rect { height: 1, ..area }, &format!("Undo run{run}"), "preview, nothing sent", true);
            let words = match preview.gone {
                0 => "Nothing of it can be undone: what it did stays, or is as before already.".to_owned(),
                1 => "1 person whom it created has no user any more: undo holds that person.".to_owned(),
                gone => format!("{gone} people whom it created have no user any more: undo holds them."),
            };
            canvas.text(area.x + 1, area.y + 1, cells, &words, Role::Text);
        } else {
            let title = format!("Undo run{run}: {}", format::counted(self.number(), "change", "changes"));
            rule::title(canvas, Rect { height: 1, ..area }, &title, "preview, nothing sent", self.pane == Pane::Lines);
            self.draw_lines(preview, Rect { y: area.y + 1, height: lines.saturating_sub(1), ..area }, canvas);
        }
        let below = area.y + lines.max(2);
        if left > 0 {
            self.draw_left(preview, Rect { y: below, height: left, ..area }, canvas);
        }
        let answer = area.bottom().saturating_sub(ANSWER);
        if !preview.is_nothing() {
            self.draw_answer(preview, Rect { y: answer, height: ANSWER, ..area }, canvas);
        }
    }

    fn draw_lines(&self, preview: &Preview, area: Rect, canvas: &mut Canvas<'_>) {
        let columns = [
            Column::glyph(),
            Column::text("who", 14, 26, 1),
            Column::id("id", 16, 4),
            Column::text("user", 5, 12, 5),
            Column::text("undone by", 10, 12, 3),
            Column::text("what goes back", 20, 120, 2),
        ];
        let out = self.left_out();
        let row = |at: usize| {
            let line = preview.lines.get(at)?;
            Some(line_cells(line, line.employee.as_deref().is_some_and(|employee| out.contains(employee))))
        };
        Table {
            state: &self.lines,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: self.pane == Pane::Lines,
            stale: self.preview.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(area, canvas);
    }

    fn draw_left(&self, preview: &Preview, area: Rect, canvas: &mut Canvas<'_>) {
        let people = format::counted(preview.left_people as u64, "person", "people");
        rule::title(canvas, Rect { height: 1, ..area }, "Stays as it is", &people, self.pane == Pane::Left);
        let columns = [
            Column::glyph(),
            Column::text("who", 14, 26, 1),
            Column::id("id", 16, 4),
            Column::text("what", 10, 16, 3),
            Column::text("why", 20, 120, 2),
        ];
        let row = |at: usize| preview.left.get(at).map(left_cells);
        Table {
            state: &self.left,
            columns: &columns,
            row: &row,
            pane: 1,
            focused: self.pane == Pane::Left,
            stale: self.preview.is_stale(),
            heads: true,
            ticks: &[],
        }
        .view(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, canvas);
    }

    fn draw_answer(&self, preview: &Preview, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(2));
        let cells = usize::from(area.width.saturating_sub(2));
        rule::title(canvas, Rect { height: 1, ..area }, "Afterwards", &limits(preview), false);
        let run = self.run.map_or(0, |run| run.0);
        let words = format!(
            "They are held as undone: no run does it again until they are released (m n on run {run}). Nobody is mailed."
        );
        for (y, line) in (area.y + 1..area.y + 3).zip(width::wrap(&words, cells)) {
            canvas.text(area.x + 1, y, cells, &line, Role::Text);
        }
        let y = area.y + 3;
        let typing = self.pane == Pane::Answer;
        rule::title(canvas, Rect { y, height: 1, ..area }, "Your answer", "", typing);
        let number = self.number();
        let expected = TypedConfirm::expected(&self.tenant, number);
        let act = format!("To undo {} in {}", format::counted(number, "change", "changes"), preview.destination);
        ask_to_type(&act, &expected, Rect { y: y + 1, ..area }, canvas);
        let field = Rect::new(area.x + 1, y + 2, area.width / 2, 1);
        self.typed.view(field, typing, canvas);
        let (hint, role) = match (self.agrees(), typing) {
            (true, _) => ("Enter undoes it".to_owned(), Role::Ok),
            (false, true) => {
                (TypedConfirm::hint(&expected, usize::from((area.width / 2).saturating_sub(3))), Role::Muted)
            }
            (false, false) => ("!, then type".to_owned(), Role::Muted),
        };
        canvas.right(Rect::new(area.x, y + 2, area.width.saturating_sub(2), 1), &hint, role);
    }
}

/// `all limits kept`, or which are past.
fn limits(preview: &Preview) -> String {
    let past: Vec<String> = preview
        .limits
        .iter()
        .filter(|check| check.is_exceeded())
        .map(|check| format!("{} {} of {}", limit_words(check.kind, true), check.count, check.allowed))
        .collect();
    if past.is_empty() { "within every limit".to_owned() } else { format!("past the limit: {}", past.join(", ")) }
}
