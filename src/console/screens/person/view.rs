//! What the screen looks like (SCREENS 7.9).

use ratatui::layout::Rect;

use super::data::Card;
use super::state::{LADDER, Person, RECORD, SIDE, TIMELINE};
use crate::console::app::ViewCx;
use crate::console::keys::Action;
use crate::console::screens::mappings::parts;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::planning::GateState;

/// From this width record and rulings stand side by side, above the timeline.
const BROAD: u16 = 110;

/// Where the panes are; absent ones have no rows.
pub(super) struct Areas {
    pub ladder: Rect,
    pub record: Rect,
    pub side: Rect,
    pub timeline: Rect,
}

impl Person {
    pub(super) fn areas(&self, body: Rect) -> Areas {
        let none = Rect { height: 0, ..body };
        if let Some(pane) = self.focus.zoomed() {
            let whole = |one: u8| if one == pane { body } else { none };
            return Areas {
                ladder: whole(LADDER),
                record: whole(RECORD),
                side: whole(SIDE),
                timeline: whole(TIMELINE),
            };
        }
        let card = self.card.value();
        let gates = card.map_or(0, |card| card.gates.len());
        let cure = if body.width >= BROAD { 1 } else { 2 };
        let blank = u16::from(body.height >= 22);
        let wanted = u16::try_from(gates).unwrap_or(7) + 1 + cure + 2 * blank;
        let ladder = Rect { height: wanted.min(body.height), ..body };
        let rest = Rect { y: ladder.bottom(), height: body.height - ladder.height, ..body };
        if body.width < BROAD {
            let shown = if self.focus.is(LADDER) { RECORD } else { self.focus.pane() };
            let at = |pane: u8| if shown == pane { rest } else { none };
            return Areas { ladder, record: at(RECORD), side: at(SIDE), timeline: at(TIMELINE) };
        }
        let fields = card.map_or(0, |card| card.fields.len());
        let height = (u16::try_from(fields).unwrap_or(u16::MAX).saturating_add(3))
            .min(rest.height.saturating_sub(7))
            .max(rest.height.min(6));
        let left = body.width * 62 / 120;
        let record = Rect { height, width: left, ..rest };
        let side = Rect { x: body.x + left, width: body.width - left, height, ..rest };
        let timeline = Rect { y: rest.y + height, height: rest.height - height, ..rest };
        Areas { ladder, record, side, timeline }
    }

    pub(super) fn set_heights(&mut self) {
        let areas = self.areas(self.body);
        self.timeline.set_height(usize::from(areas.timeline.height.saturating_sub(1)));
        self.record.set_height(usize::from(areas.record.height.saturating_sub(2)));
    }

    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(card) = self.card.value() else {
            match self.card.problem() {
                Some(problem) => parts::problem(problem, &cx.bindings.shown(Action::Refresh), area, canvas),
                None => parts::reading("this person", Rect { y: area.y + 2, ..area }, canvas),
            }
            return;
        };
        if self.raw {
            self.draw_raw(card, area, canvas);
            return;
        }
        let areas = self.areas(area);
        self.draw_ladder(card, areas.ladder, canvas);
        self.draw_record(card, areas.record, canvas);
        self.draw_side(card, areas.side, canvas);
        self.draw_timeline(cx, card, areas.timeline, canvas);
    }

    fn draw_ladder(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height == 0 {
            return;
        }
        canvas.hit(area, Hit::Pane(LADDER));
        let id = card.identifier.as_deref().unwrap_or(&card.id);
        let question =
            if card.gates.iter().any(|gate| gate.state == GateState::Stopped) { ": why not synced?" } else { "" };
        let title = format!("{}, {id}{question}", card.name);
        rule::title(canvas, Rect { height: 1, ..area }, &title, &card.standing, self.focus.is(LADDER));
        let mut y = area.y + 1;
        for gate in &card.gates {
            if y >= area.bottom() {
                return;
            }
            let (role, words) = match gate.state {
                GateState::Passed => (Role::Ok, Role::Text),
                GateState::Stopped => (Role::Danger, Role::Text),
                GateState::NotReached => (Role::Muted, Role::Muted),
            };
            if gate.state == GateState::Stopped {
                canvas.text(area.x, y, 1, glyphs::CURSOR, Role::Accent);
            }
            let name = width::pad(&gate.name, 18);
            let spans = [
                Span::new(role.glyph(), role),
                Span::new(format!(" {} {name} ", gate.number), words),
                Span::new(gate.words.clone(), words),
            ];
            let used = canvas.spans(area.x + 3, y, usize::from(area.width) - 4, &spans, false);
            if gate.state == GateState::Stopped && self.focus.is(LADDER) {
                let line = Rect::new(area.x, y, (used + 3).min(area.width), 1);
                canvas.select(line);
            }
            y += 1;
        }
        y += u16::from(area.bottom().saturating_sub(y) > 2);
        let room = usize::from(area.width).saturating_sub(11);
        for (at, text) in width::wrap(&card.cure_words, room).iter().enumerate() {
            if y < area.bottom() {
                canvas.text(area.x + 2, y, 6, if at == 0 { "Cure" } else { "" }, Role::Accent);
                canvas.text(area.x + 9, y, room, text, Role::Text);
            }
            y += 1;
        }
    }

    /// Both raw records side by side, as the vendors sent them.
    fn draw_raw(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        let half = area.width / 2;
        let left = Rect { width: half, ..area };
        let right = Rect { x: area.x + half + 1, width: area.width - half - 1, ..area };
        canvas.vertical(area.x + half, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
        let sides = [(left, &card.source, &card.raw_source), (right, &card.destination, &card.raw_user)];
        for (side, name, lines) in sides {
            let title = format!("{name}, raw");
            let rows = usize::from(side.height.saturating_sub(1));
            let last = (self.raw_top + rows).min(lines.len());
            let words = if lines.is_empty() {
                String::new()
            } else {
                format!("{}-{last} of {}", self.raw_top.min(last) + 1, lines.len())
            };
            rule::title(canvas, Rect { height: 1, ..side }, &title, &words, true);
            if lines.is_empty() {
                canvas.text(side.x + 2, side.y + 1, usize::from(side.width) - 3, "no record", Role::Muted);
            }
            for (y, line) in (side.y + 1..side.bottom()).zip(lines.iter().skip(self.raw_top)) {
                canvas.text(side.x + 1, y, usize::from(side.width) - 2, line, Role::Text);
            }
        }
    }
}
