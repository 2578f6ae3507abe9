//! What the screen Waves looks like.

use super::data::Page;
use super::state::{Row, WavesScreen};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::ids::PlanId;
use ratatui::layout::Rect;

/// Cells of a wave's name and of its two figures.
const NAME: usize = 24;
const FIGURE: usize = 8;

impl WavesScreen {
    pub(super) fn draw(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width.saturating_sub(2));
        let Some(page) = self.page() else {
            rule::title(canvas, Rect { height: 1, ..area }, "Waves", "", true);
            let lines = match (self.page.problem(), self.page.value()) {
                (Some(problem), _) => problem.lines(),
                (None, Some(None)) => vec!["No plan yet: `r` on Plan makes one".to_owned()],
                (None, _) => vec!["splitting the plan …".to_owned()],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 1, y, cells, &line, Role::Text);
            }
            return;
        };
        let changes = format::counted(u64::from(page.changes), "change", "changes");
        let plan = PlanId(page.plan).title();
        if page.changes == 0 {
            rule::title(canvas, Rect { height: 1, ..area }, &format!("{plan}: nothing to send"), "", true);
            canvas.text(area.x + 1, area.y + 2, cells, "It changes nobody.  Esc goes back", Role::Text);
            return;
        }
        let count = format::counted(page.waves.len() as u64, "wave", "waves");
        let right = if page.first_import { "first import, asked for once" } else { "" };
        rule::title(canvas, Rect { height: 1, ..area }, &format!("{plan} in {count}: {changes}"), right, true);
        let mut y = self.draw_waves(page, Rect { y: area.y + 1, height: area.height - 1, ..area }, canvas);
        y = self.draw_gate(page, Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
        if y + 2 < area.bottom() {
            let title = "A wave that is not clean stops the run";
            rule::title(canvas, Rect { y, height: 1, ..area }, title, "", false);
            let lines = [
                ("clean is", "every line read back equal or skipped for drift; 0 unknown"),
                ("not clean", "1 refused in the first two waves, 2 % in the later ones"),
                ("then", "the rest is not sent; ! on Run goes on under the same approval"),
            ];
            for (y, (what, text)) in (y + 1..area.bottom()).zip(lines) {
                canvas.text(area.x + 3, y, 10, what, Role::Muted);
                canvas.text(area.x + 14, y, cells.saturating_sub(13), text, Role::Text);
            }
        }
    }

    fn draw_waves(&self, page: &Page, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
        let cells = usize::from(area.width);
        let figures = |canvas: &mut Canvas<'_>, y: u16, changes: &str, mails: &str, role: Role| {
            canvas.text(area.x + 7 + NAME as u16, y, FIGURE, &width::pad_left(changes, FIGURE), role);
            canvas.text(area.x + 7 + (NAME + FIGURE) as u16, y, 7, &width::pad_left(mails, 7), role);
        };
        let who = 7 + NAME + FIGURE + 7 + 2;
        canvas.text(area.x + 7, area.y, NAME, "wave", Role::Muted);
        figures(canvas, area.y, "changes", "mails", Role::Muted);
        canvas.text(area.x + who as u16, area.y, cells.saturating_sub(who), "who", Role::Muted);
        let mut y = area.y + 1;
        for (at, row) in [Row::One, Row::Five, Row::Group, Row::Rest].into_iter().enumerate() {
            if y >= area.bottom() {
                return y;
            }
            let line = Rect::new(area.x, y, area.width, 1);
            canvas.hit(line, Hit::Row { pane: 0, row: at });
            let here = self.cursor == at;
            let wave = self.wave(row);
            let role = if wave.is_some() { Role::Text } else { Role::Muted };
            let cursor = if here { glyphs::CURSOR } else { " " };
            canvas.spans(area.x, y, 1, &[Span::new(cursor, Role::Accent)], here);
            let tick = match self.taken.get(at) {
                Some(false) => "[ ]",
                _ => "[x]",
            };
            canvas.text(area.x + 3, y, 3, tick, role);
            canvas.text(area.x + 7, y, NAME, &self.name(page, row), role);
            let (changes, mails, text) = match wave {
                Some(wave) => {
                    (format::count(wave.changes), format::count(wave.mails), who_words(wave, row, cells < 100))
                }
                None if self.taken.get(at) == Some(&true) => ("-".into(), "-".into(), "nobody is left for it".into()),
                None => ("-".into(), "-".into(), String::new()),
            };
            figures(canvas, y, &changes, &mails, role);
            canvas.text(area.x + who as u16, y, cells.saturating_sub(who + 1), &text, role);
            if here {
                canvas.select(line);
            }
            y += 1;
        }
        if y < area.bottom() {
            canvas.text(area.x + 7, y, NAME, "together", Role::Muted);
            figures(canvas, y, &format::count(page.changes), &format::count(page.mails), Role::Muted);
            y += 1;
        }
        y
    }

    fn name(&self, page: &Page, row: Row) -> String {
        match row {
            Row::One => "one person".to_owned(),
            Row::Five => "five people".to_owned(),
            Row::Group => match (self.group_value(), page.field) {
                (Some(value), Some(field)) => format!("{} ‹ {value} ›", field.words()),
                (None, Some(field)) => format!("one {}", field.words()),
                _ => "one branch".to_owned(),
            },
            _ => "all the rest".to_owned(),
        }
    }

    fn draw_gate(&self, page: &Page, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
        let cells = usize::from(area.width.saturating_sub(4));
        let right = "nothing goes on until the last one is read back";
        rule::title(canvas, Rect { height: 1, ..area }, "Between two waves", right, false);
        let minutes = format!("wait {} min, then go on", self.minutes);
        let rows = [
            (Row::Key, self.by_key, "wait for !".to_owned(), "the run waits; ! asks and sends the next wave"),
            (Row::Minutes, !self.by_key, minutes, "x in that time stops it; ! sends sooner"),
        ];
        let mut y = area.y + 1;
        for (row, is_chosen, words, text) in rows {
            if y >= area.bottom() {
                return y;
            }
            let at = Row::ALL.iter().position(|one| *one == row).unwrap_or(0);
            let line = Rect::new(area.x, y, area.width, 1);
            canvas.hit(line, Hit::Row { pane: 0, row: at });
            let here = self.cursor == at;
            canvas.spans(area.x, y, 1, &[Span::new(if here { glyphs::CURSOR } else { " " }, Role::Accent)], here);
            canvas.text(area.x + 3, y, 3, if is_chosen { "(x)" } else { "( )" }, Role::Text);
            canvas.text(area.x + 7, y, 24, &words, Role::Text);
            canvas.text(area.x + 32, y, cells.saturating_sub(30), text, Role::Muted);
            if here {
                canvas.select(line);
            }
            y += 1;
        }
        let mut notes = vec!["where nobody can press !, the run stops: after a restart, under watch".to_owned()];
        if page.shows_late_min > 0 {
            let late = page.shows_late_min;
            notes
                .push(format!("{} shows a change up to {late} min late: each wave may take so long", page.destination));
        }
        for note in notes {
            if y < area.bottom() {
                canvas.text(area.x + 3, y, cells, &note, Role::Muted);
                y += 1;
            }
        }
        y + u16::from(area.bottom() > y + 4)
    }
}

fn who_words(wave: &super::data::WaveRow, row: Row, narrow: bool) -> String {
    match (row, wave.some.first()) {
        (Row::One, Some((_, name))) if wave.people == 1 => format!("{name}: {}", wave.what),
        _ if narrow => wave.what.clone(),
        _ => format!("{}: {}", format::counted(u64::from(wave.people), "person", "people"), wave.what),
    }
}
