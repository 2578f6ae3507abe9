//! What the first screen looks like (SCREENS 7.18).

use ratatui::layout::Rect;

use super::state::{FirstRun, Leads};
use crate::console::app::ViewCx;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit};

/// Columns of the door lines as drawn at 80: key at 12, label at 17, words at 41.
const LEFT: u16 = 10;

impl FirstRun {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let column = area.x + area.width.saturating_sub(80) / 2;
        let roomy = area.height >= 20;
        let mut y = area.y + if roomy { 3 + area.height.saturating_sub(20) / 3 } else { 0 };
        centred(area, y, "Onroll", Role::Focus, canvas);
        let promise = "employees from HR into learning platforms, each exactly once";
        centred(area, y + 1, promise, Role::Text, canvas);
        y += if roomy { 4 } else { 3 };
        let left = column + LEFT.min(area.width.saturating_sub(60) / 2);
        for (row, door) in cx.console.doors.iter().enumerate() {
            let lead = if row == self.cursor { glyphs::CURSOR } else { " " };
            canvas.text(left, y, 1, lead, Role::Accent);
            let key = door.action.map(|action| cx.bindings.shown(action)).unwrap_or_default();
            canvas.text(left + 2, y, 4, &key, Role::Accent);
            canvas.text(left + 7, y, 23, &door.label, Role::Text);
            let cells = usize::from(area.right().saturating_sub(left + 31));
            canvas.text(left + 31, y, cells, &door.words, Role::Muted);
            let line = Rect::new(left, y, area.right().saturating_sub(left), 1).intersection(area);
            canvas.hit(line, Hit::Row { pane: 0, row });
            if row == self.cursor {
                let used = 31 + u16::try_from(width::width(&door.words).min(cells)).unwrap_or(0);
                canvas.select(Rect::new(left, y, used, 1).intersection(area));
            }
            y += 1;
        }
        // The command of the chosen door, where there is one, in the first of the blank lines below.
        if let Some(Leads::Command(command)) = cx.console.doors.get(self.cursor).map(|door| &door.leads) {
            let cells = usize::from(area.right().saturating_sub(left + 3));
            canvas.text(left + 2, y, 1, "$", Role::Muted);
            canvas.text(left + 4, y, cells, command, Role::Text);
        }
        self.draw_promise(cx, area, column, y + if roomy { 2 } else { 1 }, canvas);
    }

    fn draw_promise(&self, cx: &ViewCx<'_>, area: Rect, column: u16, mut y: u16, canvas: &mut Canvas<'_>) {
        let left = column + (LEFT + 2).min(area.width.saturating_sub(60) / 2 + 2);
        let cells = usize::from(area.right().saturating_sub(left));
        for line in [
            "First comes a preview. Nothing is written anywhere until you have",
            "seen the plan and pressed `!`, and each `!` asks once more.",
        ] {
            if y < area.bottom() {
                canvas.text(left, y, cells, line, Role::Text);
            }
            y += 1;
        }
        let (sources, destinations) = &cx.console.vendors;
        let last = y + 3;
        if last < area.bottom() && !sources.is_empty() {
            canvas.text(left, y + 2, cells, &sources.join("   "), Role::Muted);
            canvas.text(left, y + 3, cells, &format!("    to   {}", destinations.join("   ")), Role::Muted);
        }
    }
}

fn centred(area: Rect, y: u16, text: &str, role: Role, canvas: &mut Canvas<'_>) {
    let cells = u16::try_from(width::width(text)).unwrap_or(area.width).min(area.width);
    if y < area.bottom() {
        canvas.text(area.x + (area.width - cells) / 2, y, usize::from(cells), text, role);
    }
}
