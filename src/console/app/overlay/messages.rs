//! `m m`: all messages of the session, newest first; Enter shows an error's four lines, `y` copies.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::Outcome;
use crate::console::app::cx::ViewCx;
use crate::console::app::toast::{Message, Messages};
use crate::console::format;
use crate::console::term::{clipboard, width};
use crate::console::theme::Role;
use crate::console::widgets::motion::{motion, step};
use crate::console::widgets::{Canvas, Hit};

/// The list; the messages themselves are the model's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageList {
    lines: Vec<Vec<String>>,
    cursor: usize,
}

impl MessageList {
    /// The list over what has been said so far.
    #[must_use]
    pub fn new(messages: &Messages) -> Self {
        let lines = messages.all().rev().map(|message| match &message.problem {
            Some(problem) => problem.lines(),
            None => vec![message.text.clone()],
        });
        Self { lines: lines.collect(), cursor: 0 }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        if let Some(rows) = motion(key, 10) {
            self.scroll(rows);
            return Outcome::Stay;
        }
        match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'm') => Outcome::Close,
            KeyCode::Char('j') => {
                self.scroll(1);
                Outcome::Stay
            }
            KeyCode::Char('k') => {
                self.scroll(-1);
                Outcome::Stay
            }
            KeyCode::Char('y') => match self.lines.get(self.cursor) {
                Some(lines) => Outcome::Copy(clipboard::lines(lines)),
                None => Outcome::Stay,
            },
            _ => Outcome::Stay,
        }
    }

    pub(super) fn scroll(&mut self, rows: i32) {
        self.cursor = step(self.cursor, rows, self.lines.len());
    }

    pub(super) fn choose(&mut self, row: usize) -> Outcome {
        self.cursor = row.min(self.lines.len().saturating_sub(1));
        Outcome::Stay
    }

    pub(super) fn view(&self, cx: &ViewCx<'_>, body: Rect, messages: &Messages, canvas: &mut Canvas<'_>) {
        let area = Rect::new(body.x + 2.min(body.width), body.y, body.width.saturating_sub(4), body.height);
        let words = format!("{} since the start", format::count(self.lines.len()));
        let inside = canvas.boxed(area, "Messages", &words);
        if inside.height < 6 || inside.width < 20 {
            return;
        }
        // Here everything is read to its end: a path, a sentence of the vendor.
        let whole: Vec<String> = self
            .lines
            .get(self.cursor)
            .into_iter()
            .flatten()
            .flat_map(|line| width::wrap_whole(line, usize::from(inside.width.saturating_sub(2))))
            .collect();
        let detail = u16::try_from(whole.len().max(1)).unwrap_or(4).min(inside.height / 2);
        let foot = inside.bottom().saturating_sub(2);
        let list = Rect::new(inside.x, inside.y, inside.width, foot.saturating_sub(detail + 1 + inside.y));
        if self.lines.is_empty() {
            let words = "Nothing has been said yet.  Esc goes back";
            canvas.text(list.x + 1, list.y, usize::from(list.width), words, Role::Muted);
        }
        self.view_list(cx, list, messages, canvas);
        canvas.box_rule(area, foot - detail - 1);
        for (row, line) in whole.iter().take(usize::from(detail)).enumerate() {
            let y = foot - detail + u16::try_from(row).unwrap_or(0);
            canvas.text(inside.x + 1, y, usize::from(inside.width - 2), line, Role::Text);
        }
        canvas.box_rule(area, foot);
        canvas.text(inside.x + 1, foot + 1, usize::from(inside.width - 2), "y copy   Esc back", Role::Muted);
    }

    fn view_list(&self, cx: &ViewCx<'_>, list: Rect, messages: &Messages, canvas: &mut Canvas<'_>) {
        let room = usize::from(list.height);
        let first = (self.cursor + 1).saturating_sub(room.max(1));
        // Messages that came after the list was opened are not shown, so that no row moves under the cursor.
        let newer = messages.all().len().saturating_sub(self.lines.len());
        let shown = messages.all().rev().skip(newer).enumerate().skip(first).take(room);
        for (at, message) in shown {
            let row = Rect::new(list.x, list.y + u16::try_from(at - first).unwrap_or(0), list.width, 1);
            self.view_row(cx, message, at, row, canvas);
        }
    }

    fn view_row(&self, cx: &ViewCx<'_>, message: &Message, at: usize, row: Rect, canvas: &mut Canvas<'_>) {
        let chosen = at == self.cursor;
        canvas.text(row.x, row.y, 1, if chosen { "▸" } else { " " }, Role::Accent);
        let time = format::clock_seconds(message.at, &cx.console.zone);
        canvas.text(row.x + 2, row.y, 8, &time, Role::Muted);
        canvas.text(row.x + 11, row.y, 1, message.level.role().glyph(), message.level.role());
        canvas.text(row.x + 13, row.y, usize::from(row.width).saturating_sub(14), &message.text, Role::Text);
        canvas.hit(row, Hit::OverlayRow(at));
        if chosen {
            canvas.select(row);
        }
    }
}
