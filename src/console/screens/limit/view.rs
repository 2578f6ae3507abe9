//! What the page of the typed confirmation looks like (SCREENS 7.12).

use ratatui::layout::Rect;

use super::state::LimitScreen;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::plan::data::{LimitPage, Part};
use crate::console::screens::plan::{limit_bar, limit_words};
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::confirm::{TypedConfirm, ask_to_type};
use crate::console::widgets::gauge::count_bar;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::plan::LimitKind;

/// Rows of the answer at the bottom, its title not among them.
const ANSWER: u16 = 4;

impl LimitScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width).saturating_sub(2);
        let Some(page) = self.page.value() else {
            rule::title(canvas, Rect { height: 1, ..area }, "Confirm", "", true);
            let lines = self.page.problem().map_or_else(|| vec!["reading …".to_owned()], |problem| problem.lines());
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 3, y, cells.saturating_sub(2), &line, Role::Muted);
            }
            return;
        };
        let (title, right) = title(page);
        rule::title(canvas, Rect { height: 1, ..area }, &title, &right, !self.typing);
        canvas.text(area.x + 1, area.y + 1, cells, &because(page), Role::Text);
        let mut y = area.y + 2;
        for limit in page.limits.iter().filter(|limit| limit.is_exceeded()) {
            canvas.text(area.x + 1, y, 18, limit_words(limit.kind, true), Role::Text);
            canvas.spans(area.x + 20, y, cells.saturating_sub(19), &limit_bar(limit, 40.min(cells / 2)), false);
            y += 1;
        }
        y = self.draw_parts(
            page,
            Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1 + ANSWER + 2), ..area },
            canvas,
        );
        let answer = area.bottom().saturating_sub(ANSWER + 1);
        if let Some(part) = self.part()
            && answer > y + 3
        {
            self.draw_who(part, Rect { y: y + 1, height: answer - y - 2, ..area }, canvas);
        }
        self.draw_answer(cx, page, Rect { y: answer, height: area.bottom() - answer, ..area }, canvas);
    }

    fn draw_parts(&self, page: &LimitPage, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
        let parts = format::counted(page.parts.len() as u64, "part", "parts");
        rule::title(canvas, Rect { height: 1, ..area }, "What goes", &parts, false);
        canvas.text(area.x + 3, area.y + 1, 20, "send  people", Role::Muted);
        canvas.text(area.x + 25, area.y + 1, 30, "part, and what explains it", Role::Muted);
        let mut y = area.y + 2;
        let most = page.parts.iter().map(|part| part.people).max().unwrap_or(0);
        for (place, part) in page.parts.iter().enumerate() {
            if y >= area.bottom() {
                break;
            }
            let here = place == self.cursor && !self.typing;
            let line = Rect::new(area.x, y, area.width, 1);
            canvas.hit(line, Hit::Row { pane: 0, row: place });
            if here {
                canvas.select(line);
            }
            let cursor = if place == self.cursor { glyphs::CURSOR } else { " " };
            canvas.spans(area.x, y, 1, &[Span::new(cursor, Role::Accent)], here);
            let tick = if self.without.contains(&part.kind) { "[ ]" } else { "[x]" };
            canvas.spans(area.x + 3, y, 3, &[Span::new(tick, Role::Text)], here);
            let people = width::pad_left(&format::count(part.people), 6);
            canvas.spans(area.x + 8, y, 6, &[Span::new(people, Role::Text)], here);
            canvas.spans(
                area.x + 15,
                y,
                8,
                &[Span::new(count_bar(u64::from(part.people), u64::from(most), 8), Role::Text)],
                here,
            );
            let past = page.limits.iter().any(|limit| limit.kind == part.kind && limit.is_exceeded());
            let role = if past { Role::Danger } else { Role::Text };
            let words = if past {
                format!("{}, past the limit", limit_words(part.kind, true))
            } else {
                limit_words(part.kind, true).to_owned()
            };
            canvas.spans(area.x + 25, y, usize::from(area.width).saturating_sub(26), &[Span::new(words, role)], here);
            y += 1;
            let room = usize::from(area.bottom().saturating_sub(y));
            let shown = part.causes.len().min(if place == self.cursor { 3 } else { 1 }).min(room);
            for (at, (cause, count)) in part.causes.iter().take(shown).enumerate() {
                let more = match part.causes.len() - shown {
                    more @ 1.. if at + 1 == shown => {
                        format!("; {}", format::counted(more as u64, "more cause", "more causes"))
                    }
                    _ => String::new(),
                };
                let words = format!("{} {cause}{more}", width::pad_left(&format::count(*count), 6));
                canvas.text(area.x + 25, y, usize::from(area.width).saturating_sub(26), &words, Role::Muted);
                y += 1;
            }
        }
        let counted: u32 = page.parts.iter().map(|part| part.people).sum();
        if page.operations > counted && y < area.bottom() {
            let words = "the rest goes along: links, options, who comes back";
            canvas.text(area.x + 25, y, usize::from(area.width).saturating_sub(26), words, Role::Muted);
            y += 1;
        }
        y
    }

    fn draw_who(&self, part: &Part, area: Rect, canvas: &mut Canvas<'_>) {
        let room = usize::from(area.height.saturating_sub(1));
        let last = (self.first + room).min(part.who.len());
        let words =
            format!("{}-{} of {}", format::count(self.first + 1), format::count(last), format::count(part.people));
        rule::title(
            canvas,
            Rect { height: 1, ..area },
            &format!("Who: {}", limit_words(part.kind, true)),
            &words,
            false,
        );
        for (y, (name, identifier, what)) in (area.y + 1..area.bottom()).zip(part.who.iter().skip(self.first)) {
            canvas.text(area.x + 5, y, 22, name, Role::Text);
            canvas.text(area.x + 29, y, 16, identifier, Role::Muted);
            canvas.text(area.x + 47, y, usize::from(area.width).saturating_sub(48), what, Role::Muted);
        }
    }

    fn draw_answer(&self, cx: &ViewCx<'_>, page: &LimitPage, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(1));
        let counting = self.number().is_none();
        let number = format::count(page.number);
        let state = cx.tenant.map_or("", |tenant| tenant.standing.word());
        let mails = match page.mails {
            0 => "no mail".to_owned(),
            mails => format::counted(u64::from(mails), "welcome mail", "welcome mails"),
        };
        let held = page.operations.saturating_sub(page.number);
        let title = if counting {
            "counting …".to_owned()
        } else {
            format!("{number} go, {} stay held, {mails}", format::count(held))
        };
        rule::title(canvas, Rect { height: 1, ..area }, "Your answer", &title, self.typing);
        let cells = usize::from(area.width).saturating_sub(2);
        if let Some(gate) = self.gate() {
            canvas.text(area.x + 1, area.y + 1, cells, &format!("Nothing can be sent: {gate}"), Role::Danger);
            return;
        }
        let changes = format::counted(u64::from(page.number), "change", "changes");
        let expected = TypedConfirm::expected(&page.short_name, u64::from(page.number));
        let place = format!("{state} {} of {}", page.destination, page.tenant_name);
        ask_to_type(
            &format!("To send {changes} to {}", place.trim()),
            &expected,
            Rect { y: area.y + 1, ..area },
            canvas,
        );
        let field = Rect::new(area.x + 1, area.y + 2, area.width / 2, 1);
        self.typed.view(field, self.typing, canvas);
        let room = usize::from((area.width / 2).saturating_sub(3));
        let hint = if self.agrees() { "! sends it now".to_owned() } else { TypedConfirm::hint(&expected, room) };
        let role = if self.agrees() { Role::Ok } else { Role::Muted };
        canvas.right(Rect::new(area.x, area.y + 2, area.width.saturating_sub(2), 1), &hint, role);
    }
}

fn title(page: &LimitPage) -> (String, String) {
    let past: Vec<_> = page.limits.iter().filter(|limit| limit.is_exceeded()).collect();
    match past.as_slice() {
        [] => {
            (format!("First import: {} changes, typed once", format::count(page.operations)), "first import".to_owned())
        }
        [one, more @ ..] => {
            let what = match one.kind {
                LimitKind::Leavers => "people would be deactivated",
                LimitKind::Creations => "people would be created",
                LimitKind::Updates => "people would be changed",
                LimitKind::Identifiers => "identifiers or e-mails would change",
            };
            let also = if more.is_empty() { String::new() } else { format!(", and {} more limits", more.len()) };
            let (count, allowed) = (format::count(one.count), format::count(one.allowed));
            (format!("Stopped: {count} {what}, {allowed} are allowed{also}"), limit_words(one.kind, true).to_owned())
        }
    }
}

fn because(page: &LimitPage) -> String {
    if page.first_import {
        "Nobody is linked yet, so the first plan is typed whatever its size.".to_owned()
    } else {
        "A plan past a limit waits for you: let it go as it is, or keep parts of it held.".to_owned()
    }
}
