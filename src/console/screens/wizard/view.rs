//! What the wizard looks like (SCREENS 7.16): the line of steps, and the pages.

use ratatui::layout::Rect;

use super::state::{Item, Step, Wizard};
use crate::console::app::ViewCx;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::text_input::TextField;
use crate::console::widgets::{Canvas, Hit};

impl Wizard {
    pub(super) fn draw(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw_line_of_steps(area, canvas);
        let page = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if let Some(problem) = self.choices.problem() {
            for (row, line) in (1..).zip(problem.lines()) {
                canvas.text(page.x + 1, page.y + row, usize::from(page.width.saturating_sub(2)), &line, Role::Text);
            }
            return;
        }
        match self.step {
            Step::Pair => self.draw_pair(page, canvas),
            Step::Credentials => self.draw_credentials(page, canvas),
            Step::TestCalls => self.draw_calls(page, canvas),
            Step::Start => self.draw_start(page, canvas),
        }
    }

    fn draw_line_of_steps(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let mut x = if self.step == Step::Pair { area.x + 1 } else { area.x + 3 };
        for (step, name) in Step::ALL {
            let on = step == self.step;
            let name = if area.width < 80 && !on { "" } else { name };
            let words = format!("{} {name}", step.number());
            let words = words.trim_end();
            let words = if on { format!("{} {words} {}", glyphs::OPEN, glyphs::CRUMB) } else { words.to_owned() };
            let role = if on { Role::Focus } else { Role::Muted };
            x += canvas.text(x, area.y, usize::from(area.right().saturating_sub(x)), &words, role) + 3;
        }
    }

    /// A label and its text field; the cursor's mark stands before the field.
    pub(super) fn draw_field(
        &self,
        item: Item,
        label: &str,
        text: &TextField,
        line: Rect,
        column: u16,
        canvas: &mut Canvas<'_>,
    ) {
        let on = self.is_on(item);
        let cells = usize::from(column.saturating_sub(3));
        canvas.text(line.x + 1, line.y, cells, label, if on { Role::Focus } else { Role::Muted });
        if on {
            canvas.text(line.x + column - 2, line.y, 1, glyphs::CURSOR, Role::Accent);
        }
        let field = Rect { x: line.x + column, width: line.width.saturating_sub(column + 1), ..line };
        text.view(field, on, canvas);
        self.hit(item, line, canvas);
    }

    /// Makes a line clickable.
    pub(super) fn hit(&self, item: Item, line: Rect, canvas: &mut Canvas<'_>) {
        if let Some(row) = self.items().iter().position(|other| *other == item) {
            canvas.hit(line, Hit::Row { pane: 0, row });
        }
    }

    /// `(x) words`, the cursor's mark before it.
    pub(super) fn draw_radio(words: &str, chosen: bool, on: bool, line: Rect, canvas: &mut Canvas<'_>) -> u16 {
        if on {
            canvas.text(line.x, line.y, 1, glyphs::CURSOR, Role::Accent);
            canvas.stand_on(line);
        }
        let text = format!("({}) {words}", if chosen { "x" } else { " " });
        let role = if on { Role::Focus } else { Role::Text };
        canvas.text(line.x + 2, line.y, usize::from(line.width.saturating_sub(2)), &text, role) + 2
    }
}

/// A label and wrapped words; returns the rows that they took.
pub(super) fn draw_words(label: &str, words: &str, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    let lines = width::wrap(words, usize::from(area.width.saturating_sub(12)));
    let mut row = 0;
    for line in lines {
        if row >= area.height {
            break;
        }
        if row == 0 {
            canvas.text(area.x + 1, area.y, 9, label, Role::Muted);
        }
        canvas.text(area.x + 11, area.y + row, usize::from(area.width.saturating_sub(12)), &line, Role::Text);
        row += 1;
    }
    row
}

/// The rest of an area below its first rows.
pub(super) fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// The first row of an area.
pub(super) fn top(area: Rect) -> Rect {
    Rect { height: area.height.min(1), ..area }
}
