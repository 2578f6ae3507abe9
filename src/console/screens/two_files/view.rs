//! What the screen Two files looks like (SCREENS 7.20).

use ratatui::layout::Rect;

use super::state::{Outcome, Step, TwoFiles};
use crate::console::app::ViewCx;
use crate::console::term::glyphs;
use crate::console::theme::Role;
use crate::console::widgets::Canvas;

impl TwoFiles {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 3 {
            return;
        }
        self.draw_steps(area, canvas);
        let page = Rect { y: area.y + 1, height: area.height - 1, ..area };
        match (self.step, &self.outcome) {
            (Step::Files, _) => self.draw_files(cx, page, canvas),
            (Step::Columns, _) => self.draw_columns(cx, page, canvas),
            (Step::Match, _) | (Step::Result, None) => self.draw_running(cx, page, canvas),
            (Step::Result, Some(Outcome::Desk(desk))) => match &desk.card {
                Some(card) => Self::draw_card(card, page, canvas),
                None => self.draw_desk(cx, desk, page, canvas),
            },
            (Step::Result, Some(Outcome::Doubles(doubles))) => self.draw_doubles(doubles, page, canvas),
        }
        self.draw_writing(cx, page, canvas);
    }

    fn draw_steps(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let mut x = if self.step == Step::Files { area.x + 1 } else { area.x + 3 };
        for (step, name) in Step::ALL {
            let on = step == self.step;
            let words = format!("{} {name}", step.number());
            let words = if on { format!("{} {words} {}", glyphs::OPEN, glyphs::CRUMB) } else { words };
            let role = if on { Role::Focus } else { Role::Muted };
            x += canvas.text(x, area.y, usize::from(area.right().saturating_sub(x)), &words, role) + 3;
        }
        let sides = self.look().map_or(0, |look| look.sides.len());
        if self.step == Step::Columns && sides > 1 {
            let names = ["Employees", "Users"];
            let one = |(at, name): (usize, &&str)| match at == self.columns.side {
                true => format!("{} {name} {}", glyphs::OPEN, glyphs::CRUMB),
                false => format!("  {name}"),
            };
            let words: Vec<String> = names.iter().enumerate().map(one).collect();
            let words = words.join("  ");
            let cells = u16::try_from(crate::console::term::width::width(&words)).unwrap_or(0);
            if x + cells + 1 < area.right() {
                canvas.text(area.right() - cells - 1, area.y, usize::from(cells), &words, Role::Muted);
            }
        }
    }
}
