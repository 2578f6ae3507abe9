//! The lower panes: both records, rulings and user, timeline.

use ratatui::layout::Rect;

use super::data::{Card, FieldLine, Tone};
use super::state::{Person, RECORD, SIDE, TIMELINE};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::mappings::parts;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::show_blanks;
use crate::console::widgets::{Canvas, Hit, Span, rule};

impl Person {
    pub(super) fn draw_record(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 2 {
            return;
        }
        canvas.hit(area, Hit::Pane(RECORD));
        let words = if card.has_user { "both sides" } else { "employee and what would be sent" };
        rule::title(canvas, Rect { height: 1, ..area }, "Record", words, self.focus.is(RECORD));
        let value = (area.width.saturating_sub(17)) / 2;
        let middle = area.x + 14 + value;
        let cells = usize::from(value);
        let head = if card.has_user { "in" } else { "to" };
        canvas.text(area.x + 14, area.y + 1, cells, &format!("in {}", card.source), Role::Muted);
        canvas.text(middle + 2, area.y + 1, cells, &format!("{head} {}", card.destination), Role::Muted);
        let window = self.record.window();
        for (y, (row, line)) in (area.y + 2..area.bottom()).zip(card.fields.iter().enumerate().skip(window.start)) {
            let (mark, text) = compared(line, card.has_user, cells);
            let dim = if mark == Role::Match { Role::Muted } else { Role::Text };
            canvas.text(area.x + 2, y, 11, &line.field, Role::Muted);
            let source = show_blanks(line.source.as_deref().unwrap_or_default());
            canvas.text(area.x + 14, y, cells.saturating_sub(1), &source, dim);
            canvas.text(middle, y, 1, mark.glyph(), mark);
            canvas.text(middle + 2, y, usize::from(area.right().saturating_sub(middle + 3)), &text, dim);
            canvas.hit(Rect::new(area.x, y, area.width, 1), Hit::Row { pane: RECORD, row });
        }
        if card.fields.is_empty() {
            parts::sentence(
                "No field on either side.",
                Rect { y: area.y + 2, height: area.height - 2, ..area },
                canvas,
            );
        }
    }

    pub(super) fn draw_side(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height == 0 {
            return;
        }
        canvas.hit(area, Hit::Pane(SIDE));
        let alone = area.x == 0;
        let inside = if alone { area } else { Rect { x: area.x + 1, width: area.width - 1, ..area } };
        if !alone {
            canvas.vertical(area.x, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
        }
        let mut y = inside.y;
        let title = |y: &mut u16, words: &str, focused: bool, canvas: &mut Canvas<'_>| {
            if *y < inside.bottom() {
                rule::title(canvas, Rect { y: *y, height: 1, ..inside }, words, "", focused);
            }
            *y += 1;
        };
        let room = usize::from(inside.width).saturating_sub(3);
        let write = |y: &mut u16, text: &str, role: Role, canvas: &mut Canvas<'_>| {
            for part in width::wrap(text, room) {
                if *y < inside.bottom() {
                    canvas.text(inside.x + 2, *y, room, &part, role);
                }
                *y += 1;
            }
        };
        title(&mut y, "Decisions that hold", self.focus.is(SIDE), canvas);
        match &card.ruling {
            Some(ruling) => write(&mut y, ruling, Role::Text, canvas),
            None => write(&mut y, "none", Role::Muted, canvas),
        }
        for planned in &card.planned {
            write(&mut y, &format!("in the plan: {planned}"), Role::Text, canvas);
        }
        y += 1;
        title(&mut y, &format!("In {}", card.destination), false, canvas);
        for line in &card.user {
            write(&mut y, line, Role::Text, canvas);
        }
        for candidate in &card.candidates {
            let percent = format::percent(candidate.probability);
            write(&mut y, &format!("? {}, {}, {percent}", candidate.user, candidate.name), Role::Text, canvas);
        }
    }

    pub(super) fn draw_timeline(&self, cx: &ViewCx<'_>, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height == 0 {
            return;
        }
        canvas.hit(area, Hit::Pane(TIMELINE));
        let focused = self.focus.is(TIMELINE);
        let words =
            if area.width >= 100 { "all pulls, edits, decisions and writes, newest first" } else { "newest first" };
        rule::title(canvas, Rect { height: 1, ..area }, "Timeline", words, focused);
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        if card.timeline.is_empty() {
            parts::sentence("Nothing has happened yet.", below, canvas);
        }
        let (zone, cells) = (cx.zone(), usize::from(area.width));
        let top = self.timeline.window().start;
        for (y, (row, event)) in (below.y..below.bottom()).zip(card.timeline.iter().enumerate().skip(top)) {
            let selected = focused && self.timeline.cursor() == Some(&row);
            let line = Rect::new(area.x, y, area.width, 1);
            if selected {
                canvas.select(line);
            }
            let at = event.at.to_zoned(zone.clone());
            let this_year = at.year() == cx.now.wall.to_zoned(zone.clone()).year();
            let when = at.strftime(if this_year { "%-d %b %H:%M" } else { "%-d %b %Y" }).to_string();
            let role = tone(event.tone);
            let wide = if area.width >= 100 { (13, 19) } else { (10, 14) };
            let spans = [
                Span::new(if selected { glyphs::CURSOR } else { " " }, Role::Accent),
                Span::new(format!(" {}  ", width::pad(&when, 12)), Role::Muted),
                Span::new(role.glyph(), role),
                Span::new(format!(" {}", width::pad(&event.by, wide.0)), Role::Text),
                Span::new(format!(" {} ", width::pad(&event.what, wide.1 - 1)), Role::Text),
                Span::new(event.text.clone(), Role::Text),
            ];
            canvas.spans(area.x, y, cells - 1, &spans, selected);
            canvas.hit(line, Hit::Row { pane: TIMELINE, row });
        }
    }
}

fn tone(tone: Tone) -> Role {
    match tone {
        Tone::Added => Role::Added,
        Tone::Changed => Role::Changed,
        Tone::Good => Role::Ok,
        Tone::Bad => Role::Danger,
        Tone::Open => Role::Open,
        Tone::Info => Role::Info,
        Tone::Warn => Role::Warn,
    }
}

/// The glyph between the two sides, and what stands at the right.
fn compared(line: &FieldLine, has_user: bool, cells: usize) -> (Role, String) {
    if line.no_value {
        return (Role::Danger, "no value".to_owned());
    }
    let fits = |text: &str| width::width(text) < cells;
    match (&line.sent, &line.held) {
        (None, None) => (Role::Muted, "not sent".to_owned()),
        (None, Some(held)) => (Role::Muted, show_blanks(held)),
        (Some(sent), Some(held)) if sent == held => (Role::Match, show_blanks(held)),
        (Some(sent), None) if has_user => (Role::Mismatch, format!("(empty) → {}", show_blanks(sent))),
        (Some(sent), None) if line.source.as_ref() == Some(sent) && !fits(sent) => (Role::Match, "the same".to_owned()),
        (Some(sent), None) => (Role::Match, show_blanks(sent)),
        (Some(sent), Some(held)) => (Role::Mismatch, format!("{} → {}", show_blanks(held), show_blanks(sent))),
    }
}
