//! What the collision card looks like (SCREENS 7.5).

use ratatui::layout::Rect;

use super::state::CollisionScreen;
use crate::console::app::ViewCx;
use crate::console::screens::review::data::{Collision, Consequences};
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::Lens;
use crate::console::widgets::{Canvas, Hit, Span, rule};

const LABEL: u16 = 17;

impl CollisionScreen {
    pub(super) fn draw(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let area = self.draw_typing(area, canvas);
        let cells = usize::from(area.width).saturating_sub(4);
        let Some(card) = self.card.value() else {
            let lines = self.card.problem().map_or_else(|| vec!["reading …".to_owned()], |problem| problem.lines());
            rule::title(canvas, Rect { height: 1, ..area }, "Collision", "", true);
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 3, y, cells, &line, Role::Muted);
            }
            return;
        };
        rule::title(canvas, Rect { height: 1, ..area }, &card.title, "held before any write", true);
        let mut y = area.y + 1;
        for line in width::wrap(&card.because, cells).into_iter().take(2) {
            canvas.text(area.x + 1, y, cells, &line, Role::Text);
            y += 1;
        }
        let roomy = area.height >= 24;
        y += u16::from(roomy);
        let more = 4 * u16::from(card.nobody_has_it.is_some());
        let bottom = 6 + u16::from(roomy) + more;
        let rows = u16::try_from(card.labels.len() + 2).unwrap_or(2);
        let table = Rect { y, height: rows.min(area.bottom().saturating_sub(y + bottom)), ..area };
        self.draw_table(card, table, canvas);
        y = table.bottom() + u16::from(roomy);
        if area.bottom().saturating_sub(y) >= bottom + 4 {
            self.draw_lens(card, Rect { y, height: 4, ..area }, canvas);
            y += 4;
        }
        self.draw_outcome(card, Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
    }

    fn draw_typing(&self, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
        let Some(file) = &self.file else { return area };
        let y = area.bottom().saturating_sub(1);
        let used = canvas.text(area.x + 1, y, 30, "Fix list (.csv, .xlsx): ", Role::Accent);
        file.view(Rect::new(area.x + 1 + used, y, area.width.saturating_sub(used + 2), 1), true, canvas);
        Rect { height: area.height.saturating_sub(1), ..area }
    }

    /// Places of the two shown sides: the chosen one and its neighbour.
    fn shown(&self, card: &Collision) -> (usize, usize) {
        let last = card.sides.len().saturating_sub(1);
        let first = self.side.saturating_sub(usize::from(self.side > 0)).min(last.saturating_sub(1));
        (first, (first + 1).min(last))
    }

    fn draw_table(&self, card: &Collision, area: Rect, canvas: &mut Canvas<'_>) {
        let column = area.width.saturating_sub(LABEL + 2) / 3;
        let cells = usize::from(column).saturating_sub(3);
        let xs = [area.x + LABEL, area.x + LABEL + column, area.x + LABEL + column * 2];
        let (left, right) = self.shown(card);
        let names = if card.sides.len() > 2 {
            [format!("{} of {}", left + 1, card.sides.len()), format!("{} of {}", right + 1, card.sides.len())]
        } else {
            ["left".to_owned(), "right".to_owned()]
        };
        for ((place, x), name) in [left, right].into_iter().zip(xs).zip(names).take(card.sides.len().min(2)) {
            let chosen = place == self.side;
            let words = if chosen { format!("{} {name} {}", glyphs::OPEN, glyphs::CRUMB) } else { format!("  {name}") };
            canvas.text(x, area.y, cells, &words, if chosen { Role::Focus } else { Role::Muted });
        }
        let user = card.user.as_ref().map(|user| format!("in {} now, user {user}", card.words.destination));
        let user = user.unwrap_or_else(|| format!("nobody in {} yet", card.words.destination));
        canvas.text(xs[2], area.y, cells + 3, &user, Role::Muted);
        let room = usize::from(area.height).saturating_sub(2);
        let first = self.line.saturating_sub(room.saturating_sub(1)).min(card.labels.len().saturating_sub(room));
        for (offset, (place, label)) in card.labels.iter().enumerate().skip(first).take(room).enumerate() {
            let y = area.y + 1 + u16::try_from(offset).unwrap_or(0);
            self.draw_line(card, place, label, (left, right), xs, cells, Rect::new(area.x, y, area.width, 1), canvas);
        }
        let y = area.bottom().saturating_sub(1);
        canvas.text(area.x + 3, y, usize::from(LABEL) - 4, "fits", Role::Text);
        for (place, x) in [left, right].into_iter().zip(xs).take(card.sides.len().min(2)) {
            let fit = card.sides.get(place).map(|side| side.fit.clone()).unwrap_or_default();
            let fits = card.fits == Some(place);
            let used = if fits { canvas.text(x, y, 2, &format!("{} ", glyphs::OK), Role::Ok) } else { 0 };
            canvas.text(x + used, y, cells.saturating_sub(2), &fit, Role::Text);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one line of the table, with the columns that all lines share")]
    fn draw_line(
        &self,
        card: &Collision,
        place: usize,
        label: &str,
        (left, right): (usize, usize),
        xs: [u16; 3],
        cells: usize,
        row: Rect,
        canvas: &mut Canvas<'_>,
    ) {
        let on_cursor = place == self.line;
        canvas.hit(row, Hit::Row { pane: 0, row: place });
        if on_cursor {
            canvas.select(row);
            canvas.spans(row.x, row.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
        }
        let value =
            |side: usize| card.sides.get(side).and_then(|side| side.values.get(place)).cloned().unwrap_or_default();
        let (a, b) = (value(left), value(right));
        canvas.spans(row.x + 3, row.y, usize::from(LABEL) - 4, &[Span::new(label, Role::Text)], on_cursor);
        let equal = a == b;
        let role = if equal { Role::Muted } else { Role::Text };
        canvas.spans(xs[0], row.y, cells, &[Span::new(a.clone(), role)], on_cursor);
        if card.sides.len() > 1 {
            let (glyph, glyph_role) = if equal { ("=", Role::Match) } else { (glyphs::DIFFERS, Role::Mismatch) };
            canvas.spans(xs[1] - 2, row.y, 1, &[Span::new(glyph, glyph_role)], on_cursor);
            canvas.spans(xs[1], row.y, cells, &[Span::new(b, role)], on_cursor);
        }
        let held = card.user_values.get(place).cloned().unwrap_or_default();
        canvas.spans(xs[2], row.y, cells + 3, &[Span::new(held, Role::Muted)], on_cursor);
    }

    fn draw_lens(&self, card: &Collision, area: Rect, canvas: &mut Canvas<'_>) {
        let (left, right) = self.shown(card);
        let value = |side: usize| card.sides.get(side).and_then(|side| side.values.get(self.line));
        let (Some(a), Some(b), Some(label)) = (value(left), value(right), card.labels.get(self.line)) else { return };
        let lens = Lens::new(a, b);
        let [top, marks, bottom, under] = lens.lines();
        canvas.text(area.x + 2, area.y, 10, label, Role::Muted);
        let cells = usize::from(area.width).saturating_sub(14);
        let longest = u16::try_from(width::width(&top).max(width::width(&bottom))).unwrap_or(area.width);
        let words = (area.x + 12 + longest + 3).min(area.right().saturating_sub(24));
        for (y, (line, role)) in (area.y..area.bottom()).zip([
            (top, Role::Text),
            (marks, Role::Mismatch),
            (bottom, Role::Text),
            (under, Role::Mismatch),
        ]) {
            canvas.text(area.x + 12, y, cells, &line, role);
        }
        canvas.text(words, area.y + 1, usize::from(area.right().saturating_sub(words)), &lens.reason, Role::Muted);
    }

    fn draw_outcome(&self, card: &Collision, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, Rect { height: 1, ..area }, "What happens", "", false);
        let (left, right) = self.shown(card);
        let mut rows: Vec<(String, String, String, bool)> = Vec::new();
        for (place, name) in [(left, "left"), (right, "right")].into_iter().take(card.sides.len().min(2)) {
            let Some(side) = card.sides.get(place) else { continue };
            let key = if place == self.side {
                "Enter".to_owned()
            } else if place > self.side {
                format!("{} Enter", glyphs::RIGHT)
            } else {
                format!("{} Enter", glyphs::LEFT)
            };
            let words = side.refused.clone().unwrap_or_else(|| side.outcome.clone());
            rows.push((key, format!("keep {name}"), words, side.refused.is_some()));
        }
        if let Some(without) = card.sides.get(self.side).and_then(|side| side.others_without.as_ref()) {
            let what = if card.sides.len() > 2 { "others without" } else { "other without" };
            rows.push(consequence("n", what, without));
        }
        if let Some(nobody) = &card.nobody_has_it {
            let what = if card.sides.len() > 2 { "all without" } else { "both without" };
            rows.push(consequence("b n", what, nobody));
        }
        if let Some(apart) = &card.apart {
            let words = format!("{}; {}.", apart.write, apart.wrong);
            rows.push(("n".to_owned(), "both real".to_owned(), words, false));
        }
        if self.both {
            rows.iter_mut().filter(|(key, ..)| key == "n").for_each(|row| row.0 = " ".to_owned());
        }
        let day = card.later.strftime("%-d %b");
        let who = if card.sides.iter().all(|side| side.is_held) { "Both wait and are" } else { "Who has no user is" };
        rows.push(("t".to_owned(), "later".to_owned(), format!("{who} asked about again on {day}."), false));
        let cells = usize::from(area.width).saturating_sub(27);
        let mut y = area.y + 1;
        for (key, what, words, off) in rows {
            let (key_role, role) = if off { (Role::Muted, Role::Muted) } else { (Role::Accent, Role::Text) };
            canvas.text(area.x + 2, y, 8, &key, key_role);
            canvas.text(area.x + 11, y, 14, &what, role);
            for line in width::wrap(&words, cells).into_iter().take(2) {
                if y < area.bottom() {
                    canvas.text(area.x + 26, y, cells, &line, role);
                    y += 1;
                }
            }
        }
        let fix = self.other_side().and_then(|at| card.sides.get(at)).map(|side| side.fix.clone()).unwrap_or_default();
        y += u16::from(y + 2 < area.bottom());
        if y < area.bottom() {
            let cells = usize::from(area.width).saturating_sub(2);
            canvas.text(area.x + 1, y, cells, &format!("For HR: `{fix}`   o adds it"), Role::Muted);
        }
    }
}

/// A line of what happens: key, deed, words, whether the key is off.
fn consequence(key: &str, what: &str, words: &Consequences) -> (String, String, String, bool) {
    let (words, off) = match words {
        Ok(words) => (words.clone(), false),
        Err(why) => (why.clone(), true),
    };
    (key.to_owned(), what.to_owned(), words, off)
}
