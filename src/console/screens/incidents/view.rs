//! What the screen Incidents looks like.

use super::card::{Card, Day};
use super::state::{Incidents, PANE_ROWS};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in};
use crate::console::widgets::{Canvas, Hit, rule};
use ratatui::layout::Rect;

/// Lists from this width say what the incident is seen as here.
const WIDE: u16 = 120;
/// The opened page keeps to this width: lines do not get longer for their own sake.
const PAGE: u16 = 80;
/// Bodies from this height have everything on the opened page.
const ROOMY: u16 = 18;
/// Column at which the texts of the opened page begin.
const LABEL: u16 = 10;

fn columns(wide: bool) -> Vec<Column> {
    let mut columns = vec![Column::text("what happened there", 30, 70, 1), Column::text("where", 18, 40, 2)];
    if wide {
        columns.push(Column::text("seen here as", 20, 40, 3));
    }
    columns
}

fn cells(card: &Card, wide: bool) -> Vec<Cell> {
    let mut cells = vec![cell(card.title.clone()), cell_in(card.place.clone(), Role::Muted)];
    if wide {
        cells.push(cell(card.seen()));
    }
    cells
}

impl Incidents {
    pub(super) fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let (body, mut area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let cards = &cx.console.incidents;
        let title = "Incidents: what went wrong elsewhere, to replay here";
        rule::title(canvas, area, title, &self.shown_words(cards.len()), !self.finder.is_focused());
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
            area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        if self.table.is_empty() {
            let nobody = self.finder.nobody("No incident", cx);
            canvas.text(area.x + 1, area.y + 2, usize::from(area.width.saturating_sub(2)), &nobody, Role::Text);
            return;
        }
        let pane = if self.has_pane() { PANE_ROWS } else { 0 };
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(pane + 1), ..area };
        let wide = area.width >= WIDE;
        let columns = columns(wide);
        let row = |at: usize| cards.get(*self.table.ids().get(at)?).map(|card| cells(card, wide));
        Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: false,
            heads: true,
            ticks: &[],
        }
        .view(list, canvas);
        let below = Rect { y: list.bottom(), height: area.bottom().saturating_sub(list.bottom()), ..area };
        if pane > 0 {
            self.draw_pane(cards, below, canvas);
        }
    }

    /// The incident under the cursor in a few lines.
    fn draw_pane(&self, cards: &[Card], area: Rect, canvas: &mut Canvas<'_>) {
        let Some((_, card)) = self.current(cards) else { return };
        titled(canvas, Rect { height: 1, ..area }, &card.title, &card.source, false);
        let half = Rect { y: area.y + 1, height: 3.min(area.height.saturating_sub(1)), ..area };
        let used = labelled(half, "there", &card.there, 7, canvas);
        let below = Rect { y: area.y + 1 + used, height: area.height.saturating_sub(1 + used), ..area };
        labelled(below, "here", &here(card), 7, canvas);
    }

    pub(super) fn draw_page(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cards = &cx.console.incidents;
        let Some((at, card)) = self.current(cards) else {
            let words = "There is no such incident in this version.  Esc back";
            canvas.text(area.x + 1, area.y + 1, usize::from(area.width.saturating_sub(2)), words, Role::Text);
            return;
        };
        let page = Rect { width: area.width.min(PAGE), ..area };
        let low = area.height < ROOMY;
        titled(canvas, page, &card.title, &format!("{} of {}, {}", at + 1, cards.len(), card.source), true);
        let mut y = page.y + 1;
        let rest = |y: u16, most: u16| Rect { y, height: page.bottom().saturating_sub(y).min(most), ..page };
        let there = format!("{}. {}", card.place, card.there);
        y += labelled(rest(y, if low { 2 } else { 8 }), "there", &there, LABEL - 1, canvas);
        if !low {
            y += labelled(rest(y, 2), "kind", &card.lesson, LABEL - 1, canvas);
        }
        let company = format!("{}, {} people, {}", card.company, format::count(card.people), card.route);
        rule::title(canvas, rest(y, 1), "Here", &company, false);
        y += 1;
        y += labelled(rest(y, if low { 2 } else { 4 }), &card.outcome, &card.says, LABEL + 2, canvas);
        if !card.code.is_empty() && !low {
            let words = format!("{}; ? says more: cause, remedy and an example", card.code);
            y += labelled(rest(y, 1), "code", &words, LABEL + 2, canvas);
        }
        rule::title(canvas, rest(y, 1), "Replay", "up, down: which day", false);
        y += 1;
        self.draw_replay(card, low, rest(y, u16::MAX), canvas);
    }

    fn draw_replay(&self, card: &Card, low: bool, area: Rect, canvas: &mut Canvas<'_>) {
        let mut y = area.y;
        let cells = usize::from(area.width.saturating_sub(4));
        let room = cells.saturating_sub(23);
        let healthy = "the same company on an ordinary day: nothing is stopped";
        let days = [(Day::Bad, "the bad day", card.bad.as_str()), (Day::Healthy, "a healthy day", healthy)];
        for (row, (day, name, words)) in days.into_iter().enumerate() {
            let chosen = self.day == day;
            let lines = if low { vec![cut(words, room, canvas)] } else { width::wrap_whole(words, room) };
            for (line, part) in lines.into_iter().enumerate() {
                if y >= area.bottom() {
                    return;
                }
                canvas.hit(Rect { y, height: 1, ..area }, Hit::Row { pane: 0, row });
                if line == 0 {
                    canvas.text(area.x + 1, y, 1, if chosen { glyphs::CURSOR } else { " " }, Role::Accent);
                    let mark = if chosen { "(x)" } else { "( )" };
                    canvas.text(area.x + 3, y, 20, &format!("{mark} {name}"), Role::Text);
                }
                canvas.text(area.x + 24, y, room, &part, Role::Muted);
                if line == 0 && chosen {
                    canvas.select(Rect::new(area.x + 1, y, area.width.saturating_sub(2), 1));
                }
                y += 1;
            }
        }
        let how = "Enter opens a workspace of its own on Tenants; q there comes back here.";
        let command = format!("$ {}", card.command_for(self.day));
        let below: &[&str] = if low { &[&command] } else { &["", how, &command] };
        for words in below {
            if y < area.bottom() {
                canvas.text(area.x + 3, y, cells, words, Role::Text);
            }
            y += 1;
        }
    }
}

/// A text cut to its place; whole where it is told and not seen.
fn cut(text: &str, cells: usize, canvas: &Canvas<'_>) -> String {
    if canvas.is_told() { text.to_owned() } else { width::truncate(text, cells) }
}

/// A title beside which the place where it is told is always read whole.
fn titled(canvas: &mut Canvas<'_>, area: Rect, title: &str, right: &str, focused: bool) {
    let room = usize::from(area.width).saturating_sub(width::width(right) + 9);
    let left = if room < 12 { title.to_owned() } else { cut(title, room, canvas) };
    rule::title(canvas, area, &left, right, focused);
}

/// What is seen of it here, in one sentence.
fn here(card: &Card) -> String {
    let head = match card.outcome.as_str() {
        "stopped" => "Stopped before the first write: ",
        "held" => "Held, nothing written of them: ",
        _ => "Went on, and said: ",
    };
    format!("{head}{}", card.says)
}

/// A word and its text, wrapped; the rows used.
fn labelled(area: Rect, label: &str, text: &str, indent: u16, canvas: &mut Canvas<'_>) -> u16 {
    if area.height == 0 {
        return 0;
    }
    canvas.text(area.x + 1, area.y, usize::from(indent), label, Role::Muted);
    let cells = usize::from(area.width.saturating_sub(indent + 2));
    let mut y = area.y;
    for line in width::wrap_whole(text, cells) {
        if y >= area.bottom() {
            break;
        }
        canvas.text(area.x + 1 + indent, y, cells, &line, Role::Text);
        y += 1;
    }
    y - area.y
}
