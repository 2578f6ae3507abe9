//! `m`: the screen's rarer actions, each with its letter.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::Outcome;
use crate::console::app::cx::ViewCx;
use crate::console::keys::{Bindings, Offer};
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::canvas::centred;
use crate::console::widgets::motion::{motion, step};
use crate::console::widgets::{Canvas, Hit};

/// The menu.
#[derive(Clone, Debug, PartialEq)]
pub struct More {
    title: String,
    offers: Vec<Offer>,
    bindings: Bindings,
    cursor: usize,
}

impl More {
    /// The menu of a screen.
    #[must_use]
    pub fn new(title: &str, offers: Vec<Offer>, bindings: Bindings) -> Self {
        Self { title: title.to_owned(), offers, bindings, cursor: 0 }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        if key.code == KeyCode::Esc {
            return Outcome::Close;
        }
        if key.code == KeyCode::Enter {
            return self.choose(self.cursor);
        }
        if let Some(rows) = motion(key, 8) {
            self.scroll(rows);
            return Outcome::Stay;
        }
        match self.bindings.resolve_in_menu(key, &self.offers) {
            Some(action) => {
                let row = self.offers.iter().position(|offer| offer.action == action).unwrap_or(0);
                self.cursor = row;
                self.choose(row)
            }
            None => Outcome::Stay,
        }
    }

    pub(super) fn scroll(&mut self, rows: i32) {
        self.cursor = step(self.cursor, rows, self.offers.len());
    }

    pub(super) fn choose(&mut self, row: usize) -> Outcome {
        match self.offers.get(row) {
            Some(offer) if offer.enabled.is_ok() => Outcome::Run(offer.action),
            _ => Outcome::Stay,
        }
    }

    pub(super) fn view(&self, _cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let line = |offer: &Offer| match &offer.enabled {
            Ok(()) => format!("{}  {}", self.bindings.shown(offer.action), offer.label),
            Err(reason) => format!("{}  {} ({reason})", self.bindings.shown(offer.action), offer.label),
        };
        let widest = self.offers.iter().map(|offer| width::width(&line(offer))).max().unwrap_or(0).max(20);
        let rows = u16::try_from(self.offers.len()).unwrap_or(u16::MAX).saturating_add(2);
        let area = centred(body, u16::try_from(widest).unwrap_or(60).saturating_add(8), rows);
        let inside = canvas.boxed(area, &format!("More: {}", self.title), "");
        let room = usize::from(inside.height);
        let first = (self.cursor + 1).saturating_sub(room.max(1));
        for (offset, offer) in self.offers.iter().enumerate().skip(first).take(room) {
            let row = Rect::new(inside.x, inside.y + u16::try_from(offset - first).unwrap_or(0), inside.width, 1);
            let chosen = offset == self.cursor;
            canvas.text(row.x + 1, row.y, 1, if chosen { "▸" } else { " " }, Role::Accent);
            let role = if offer.enabled.is_ok() { Role::Text } else { Role::Muted };
            canvas.text(row.x + 3, row.y, usize::from(row.width).saturating_sub(4), &line(offer), role);
            canvas.hit(row, Hit::OverlayRow(offset));
            if chosen {
                canvas.select(row);
            }
        }
    }
}
