//! What the screen Plan looks like (SCREENS 7.6).

use ratatui::layout::Rect;

use super::data::{Compared, Page};
use super::state::PlanScreen;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::glyphs;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, rule};
use crate::domain::ids::PlanId;
use crate::services::waves::are_proposed;

/// Columns of the left side in a wide window.
const LEFT: u16 = 51;
/// Rows of the person and of the last pane in a wide window.
const PERSON_ROWS: u16 = 15;
const READY_ROWS: u16 = 6;
/// Rows of the strip below the list in a narrow window.
const STRIP_ROWS: u16 = 8;

impl PlanScreen {
    /// Rows that the list has.
    pub(super) fn list_rows(body: Rect, wide: bool) -> u16 {
        let below = if wide { PERSON_ROWS + READY_ROWS } else { STRIP_ROWS };
        // Title and heads.
        body.height.saturating_sub(below + 2).max(3)
    }

    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let area = self.draw_typing(area, canvas);
        let Some(page) = self.page() else {
            self.draw_without(area, canvas);
            return;
        };
        if let Some(compared) = &self.compared {
            draw_compared(compared, area, canvas);
            return;
        }
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        if self.wide {
            let left = Rect { width: LEFT.min(area.width / 2), ..area };
            canvas.vertical(left.right(), area.y, area.height.saturating_sub(2), glyphs::BAR_VERTICAL, Role::Muted);
            let right = Rect { x: left.right() + 1, width: area.width - left.width - 1, ..area };
            self.draw_figures(page, left, canvas);
            self.draw_right(cx, page, right, canvas);
        } else if self.is_list_open() {
            let list = Rect { height: Self::list_rows(area, false) + 2, ..area };
            self.draw_list(cx, page, list, canvas);
            let strip = Rect { y: list.bottom(), height: area.bottom().saturating_sub(list.bottom()), ..area };
            self.draw_person(page, strip, canvas);
        } else {
            self.draw_halves(cx, page, area, canvas);
        }
    }

    fn draw_typing(&self, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
        let Some(field) = &self.text else { return area };
        let words = match self.is_fix_list {
            true => "Fix list for HR (.csv, .xlsx, .json; .eml a mail): ",
            false => "Save as (.csv, .xlsx, .json): ",
        };
        let y = area.bottom().saturating_sub(1);
        let used = canvas.text(area.x + 1, y, usize::from(area.width) * 2 / 3, words, Role::Accent);
        field.view(Rect::new(area.x + 1 + used, y, area.width.saturating_sub(used + 2), 1), true, canvas);
        Rect { height: area.height.saturating_sub(1), ..area }
    }

    fn draw_without(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let (title, lines) = match (self.page.problem(), self.page.value()) {
            (Some(problem), None) => ("The plan was not read".to_owned(), problem.lines()),
            (_, None) => ("What it does".to_owned(), vec!["reading …".to_owned()]),
            (_, Some(_)) => (
                "No plan yet".to_owned(),
                vec![
                    "A plan says what would be written for whom, and who is held and why.".to_owned(),
                    "None was made for this tenant.".to_owned(),
                    "r  makes the test run: it reads both sides and sends nothing".to_owned(),
                ],
            ),
        };
        rule::title(canvas, Rect { height: 1, ..area }, &title, "", true);
        for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
            canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), &line, Role::Text);
        }
    }

    fn draw_right(&self, cx: &ViewCx<'_>, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        let list = Rect { height: Self::list_rows(area, true) + 2, ..area };
        self.draw_list(cx, page, list, canvas);
        let person = Rect { y: list.bottom(), height: PERSON_ROWS.min(area.bottom() - list.bottom()), ..area };
        self.draw_person(page, person, canvas);
        let ready = Rect { y: person.bottom(), height: area.bottom().saturating_sub(person.bottom()), ..area };
        self.draw_ready(page, ready, canvas);
    }

    fn draw_ready(&self, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 3 {
            return;
        }
        let gate = self.gate();
        let state = gate.clone().unwrap_or_else(|| "yes, and it asks first".to_owned());
        rule::title(canvas, Rect { height: 1, ..area }, "Ready to apply?", &state, false);
        let number = format::count(page.changes);
        let how = match (gate.as_deref(), page.typed) {
            (Some("not published"), _) => {
                "`!` opens once the set-up is complete and the tenant is published (Overview).".to_owned()
            }
            (Some(reason), _) => format!("`!` is off: {reason}."),
            (None, true) if page.first_import => {
                format!("`!` asks for the typed number {number}: this is the first import.")
            }
            (None, true) => {
                format!("`!` asks for the typed number {number}, or for what stays held: a limit is passed.")
            }
            (None, false) => {
                format!("`!` asks once, then sends {number} changes; each line is checked again before it is written.")
            }
        };
        let order = "In order: options, new users, updates, leavers. What is held stays held.";
        let mut lines = vec![order.to_owned(), how];
        if gate.is_none() && are_proposed(page.first_import, page.changes) {
            lines.push("`m w` sends it in waves: one person, five, one branch, then all the rest.".to_owned());
        }
        for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 2, y, usize::from(area.width).saturating_sub(3), &line, Role::Text);
        }
    }
}

fn draw_compared(compared: &Compared, area: Rect, canvas: &mut Canvas<'_>) {
    let title = match compared.before {
        Some(before) => format!("{} beside plan {before}", PlanId(compared.plan).title()),
        None => format!("{}: there is none before to compare with", PlanId(compared.plan).title()),
    };
    rule::title(canvas, Rect { height: 1, ..area }, &title, "c back to the plan", true);
    let mut y = area.y + 1;
    let text = |canvas: &mut Canvas<'_>, x: u16, y: u16, words: &str, role: Role| {
        canvas.text(area.x + x, y, usize::from(area.width).saturating_sub(usize::from(x) + 1), words, role);
    };
    if compared.before.is_none() {
        return;
    }
    for (x, head) in [(18, "before"), (28, "   now"), (38, "change")] {
        text(canvas, x, y, head, Role::Muted);
    }
    y += 1;
    for (what, before, now) in &compared.counts {
        if y >= area.bottom() {
            return;
        }
        let change = i64::from(*now) - i64::from(*before);
        let change = if change == 0 { "=".to_owned() } else { format!("{change:+}") };
        text(canvas, 3, y, what, Role::Text);
        for (edge, words) in [(24u16, format::count(*before)), (34, format::count(*now)), (44, change)] {
            let cells = u16::try_from(words.chars().count()).unwrap_or(0);
            text(canvas, edge.saturating_sub(cells), y, &words, Role::Text);
        }
        y += 1;
    }
    for (title, glyph, (count, names)) in
        [("Changed now, not before", "+", &compared.joined), ("Changed before, not now", "-", &compared.left)]
    {
        y += 1;
        if y + 1 >= area.bottom() {
            return;
        }
        let people = format::counted(u64::from(*count), "person", "people");
        rule::title(canvas, Rect::new(area.x, y, area.width, 1), title, &people, false);
        let room = usize::from((area.bottom() - y).saturating_sub(1) / 2).max(1);
        for name in names.iter().take(room) {
            y += 1;
            text(canvas, 3, y, &format!("{glyph} {name}"), Role::Text);
        }
        let more = (*count as usize).saturating_sub(names.len().min(room));
        if more > 0 && y + 1 < area.bottom() {
            y += 1;
            text(canvas, 3, y, &format!("… and {} more", format::count(more)), Role::Muted);
        }
    }
}
