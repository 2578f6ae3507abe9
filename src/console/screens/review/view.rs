//! What the screen Review looks like (SCREENS 7.4).

use ratatui::layout::Rect;

use super::card::CardTable;
use super::data::{Card, Choice, Line, Outcome, Queue, Words};
use super::state::{Detail, Review, Typing};
use crate::console::app::ViewCx;
use crate::console::app::layout::Width;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::Lens;
use crate::console::widgets::{Canvas, Hit, rule};
use crate::domain::plan::HoldCode;

/// From this width and height consequences stand side by side.
const ROOMY: u16 = 30;

impl Review {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let area = self.draw_typing(area, canvas);
        if let Some(problem) = self.queue.problem().filter(|_| self.queue().is_none()) {
            sentences(canvas, area, "The queue was not read", &problem.lines());
            return;
        }
        match self.queue.value() {
            None => title_only(canvas, area, "Review", "reading …"),
            Some(None) => sentences(
                canvas,
                area,
                "Nothing to review yet",
                &[
                    "No plan was made: nobody has been compared.".to_owned(),
                    "r  makes the test run; it only reads".to_owned(),
                ],
            ),
            Some(Some(_)) if self.rows().is_empty() => self.draw_empty(area, canvas),
            Some(Some(_)) => match &self.alike {
                Some(alike) => self.draw_group(cx, alike, area, canvas),
                None if self.list.is_open => self.draw_list(cx, area, canvas),
                None if self.is_summary() => self.draw_summary(area, canvas),
                None => self.draw_card(cx, area, canvas),
            },
        }
    }

    /// The line in which a note is typed; returns what is left of the body.
    fn draw_typing(&self, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
        let Some((typing, field)) = &self.text else { return area };
        let Typing::Note = typing;
        let words = "Note to your ruling: ";
        let y = area.bottom().saturating_sub(1);
        let used = canvas.text(area.x + 1, y, usize::from(area.width) / 2, words, Role::Accent);
        let left = area.width.saturating_sub(used + 2);
        field.view(Rect::new(area.x + 1 + used, y, left, 1), true, canvas);
        Rect { height: area.height.saturating_sub(1), ..area }
    }

    fn draw_empty(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(queue) = self.queue() else { return };
        let people = format::count(queue.people);
        let mut lines = vec![format!("All {people} are linked, new, or held for another reason.  5 shows the plan")];
        if !queue.collisions.is_empty() {
            let number = queue.collisions.len() as u64;
            lines.push(format!(
                "{} for HR:  .  opens them",
                format::counted(number, "collision waits", "collisions wait")
            ));
        }
        lines.extend(doubled(queue).map(|people| format!("{people}:  c  shows who")));
        sentences(canvas, area, "Nobody to review", &lines);
    }

    fn draw_summary(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let (ruled, all) = self.progress();
        let tally: Vec<String> =
            self.tally().into_iter().map(|(kind, count)| format!("{} {}", format::count(count), kind.word())).collect();
        let mut lines = vec![
            format!("{} ruled: {}", format::count(ruled), tally.join(", ")),
            String::new(),
            "Enter  makes a fresh plan with these rulings; nothing is sent".to_owned(),
            "u      takes the last ruling back".to_owned(),
        ];
        if ruled < all {
            let left = format!("{} left; , goes back to them", format::count(all - ruled));
            lines.insert(1, left);
        }
        if let Some(queue) = self.queue().filter(|queue| !queue.collisions.is_empty()) {
            let number = queue.collisions.len() as u64;
            lines.push(format!(".      {} for HR", format::counted(number, "collision waits", "collisions wait")));
        }
        lines.extend(self.queue().and_then(doubled).map(|people| format!("c      shows {people}")));
        sentences(canvas, area, "That was the last card", &lines);
    }

    fn draw_card(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let wide = Width::of(cx.frame.width) >= Width::Wide && area.height >= ROOMY;
        let Some(row) = self.row() else {
            title_only(canvas, area, "Review", "reading the queue …");
            return;
        };
        let card = format!("card {} of {}", format::count(self.at + 1), format::count(self.rows().len()));
        let place = match (self.place_in_filter(), &self.filtered) {
            (Some((place, of)), _) => {
                format!("card {} of {}, filtered", format::count(place + 1), format::count(of))
            }
            (None, Some(_)) => format!("{card}, outside the filter"),
            (None, None) => card,
        };
        let (title, right) = if wide && self.has_records() {
            (
                "More than one record of this person: which counts?".to_owned(),
                format!("{place}, {}", self.order.words()),
            )
        } else if wide {
            (question(row.code).to_owned(), format!("{place}, {}", self.order.words()))
        } else {
            (format!("{}: {}", row.name, row.code.words()), place)
        };
        rule::title(canvas, Rect { height: 1, ..area }, &title, &right, true);
        let Some(card) = self.card() else {
            let words = match &self.card_problem {
                Some(problem) => problem.lines(),
                None => vec![format!("reading {} …", row.name)],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(words) {
                canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), &line, Role::Muted);
            }
            return;
        };
        let top = area.y + 1 + u16::from(wide);
        match self.choice() {
            Some(choice) if wide => {
                self.draw_wide(card, choice, Rect { y: top, height: area.bottom() - top, ..area }, canvas)
            }
            Some(choice) => {
                self.draw_compact(card, choice, Rect { y: top, height: area.bottom() - top, ..area }, canvas)
            }
            None => self.draw_alone(card, Rect { y: top, height: area.bottom() - top, ..area }, canvas),
        }
    }

    fn draw_wide(&self, card: &Card, choice: &Choice, area: Rect, canvas: &mut Canvas<'_>) {
        let below = 17u16;
        let rows = u16::try_from(CardTable::rows(choice)).unwrap_or(area.height);
        let table = Rect { height: rows.min(area.height.saturating_sub(below)), ..area };
        self.draw_table(choice, table, canvas);
        let mut y = table.bottom() + 1;
        self.draw_lens(choice, Rect { y, height: 5, ..area }, canvas);
        y += 5;
        self.draw_candidates(card, Rect { y, height: 1, ..area }, canvas);
        y += 2;
        if self.detail == Detail::Why {
            self.draw_why(card, Rect { y, height: 7, ..area }, canvas);
        } else {
            self.draw_consequences_wide(card, choice, Rect { y, height: 7, ..area }, canvas);
        }
        y += 7;
        self.draw_alike(Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
    }

    /// Name, birth date and e-mail of both sides and the rulings always stand; what has no room gives way around them.
    fn draw_compact(&self, card: &Card, choice: &Choice, area: Rect, canvas: &mut Canvas<'_>) {
        let rulings = 3 + u16::from(card.records > 0);
        let mut room = area.height.saturating_sub(rulings + CardTable::least_rows(choice));
        let mut take = |rows: u16| {
            let has = room >= rows;
            room -= if has { rows } else { 0 };
            has
        };
        // In the order in which they stay.
        let candidates = card.choices.len() > 1 && take(1);
        let heads = take(1);
        let reason = take(1);
        let title = take(1);
        let whole = u16::try_from(CardTable::rows(choice)).unwrap_or(u16::MAX);
        let height = (CardTable::least_rows(choice) + u16::from(heads) + room).min(whole);
        let table = Rect { height, ..area };
        self.draw_table(choice, table, canvas);
        let mut y = table.bottom();
        let cells = usize::from(area.width);
        if let Some(line) = choice.lines.get(self.field).filter(|_| reason) {
            let words = format!("{}: {}", line.label, line.reason);
            let hint = "Tab detail";
            canvas.text(area.x + 1, y, cells.saturating_sub(hint.len() + 6), &words, Role::Text);
            canvas.right(Rect { y, height: 1, width: area.width.saturating_sub(3), ..area }, hint, Role::Muted);
        }
        y += u16::from(reason);
        if candidates || (card.choices.len() == 1 && area.bottom().saturating_sub(y) > rulings + u16::from(title)) {
            self.draw_candidates(card, Rect { y, height: 1, ..area }, canvas);
            y += 1;
        }
        let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        match self.detail {
            Detail::Lens => self.draw_lens(choice, rest, canvas),
            Detail::Why => self.draw_why(card, rest, canvas),
            Detail::None => self.draw_consequences(card, Some(choice), title, rest, canvas),
        }
    }

    /// Somebody without candidates: what the source has, why, and what can be ruled.
    fn draw_alone(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width).saturating_sub(4);
        let mut y = area.y;
        // Name, birth date and e-mail come first: what has no room are the others.
        for (label, value) in &card.facts {
            if y + 5 >= area.bottom() {
                break;
            }
            canvas.text(area.x + 3, y, 11, label, Role::Muted);
            canvas.text(area.x + 15, y, cells.saturating_sub(12), value, Role::Text);
            y += 1;
        }
        y += u16::from(!card.facts.is_empty());
        for (words, role) in [(&card.message, Role::Text), (&card.remedy, Role::Muted)] {
            for line in width::wrap(words, cells) {
                if y + 4 < area.bottom() {
                    canvas.text(area.x + 3, y, cells, &line, role);
                    y += 1;
                }
            }
        }
        if !card.others.is_empty() && y + 4 < area.bottom() {
            canvas.text(area.x + 3, y, cells, &format!("also concerned: {}", card.others.join(", ")), Role::Text);
            y += 1;
        }
        let y = y + 1;
        let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        if card.code.is_some() {
            self.draw_consequences(card, None, true, rest, canvas);
        }
    }

    fn draw_lens(&self, choice: &Choice, area: Rect, canvas: &mut Canvas<'_>) {
        if let (Some(line), Some(queue)) = (choice.lines.get(self.field), self.queue()) {
            draw_line_lens(&queue.words, line, area, canvas);
        }
    }

    fn draw_candidates(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        draw_choices(&card.choices, self.choice, area, canvas);
    }

    fn draw_why(&self, card: &Card, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, Rect { height: 1, ..area }, "Why held", "w closes", false);
        let cells = usize::from(area.width).saturating_sub(4);
        let mut lines: Vec<(String, Role)> = Vec::new();
        lines.extend(width::wrap(&card.message, cells).into_iter().map(|line| (line, Role::Text)));
        lines.extend(width::wrap(&card.remedy, cells).into_iter().map(|line| (line, Role::Muted)));
        if !card.others.is_empty() {
            lines.push((format!("also concerned: {}", card.others.join(", ")), Role::Text));
        }
        lines.extend(card.ruling.iter().map(|ruling| (format!("ruled before: {ruling}"), Role::Text)));
        for (y, (line, role)) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 2, y, cells, &line, role);
        }
    }

    fn draw_consequences(
        &self,
        card: &Card,
        choice: Option<&Choice>,
        title: bool,
        area: Rect,
        canvas: &mut Canvas<'_>,
    ) {
        if title {
            rule::title(canvas, Rect { height: 1, ..area }, "Consequences", "", false);
        }
        let brief = |outcome: &Outcome, words: String| outcome.refused.clone().unwrap_or(words);
        let mut rows = Vec::new();
        if let Some(choice) = choice {
            let link = &choice.link;
            let undo = if link.undo > 0 { format!("; undo restores {}", link.undo) } else { String::new() };
            let kept = link.training.split([',', ';']).next().unwrap_or_default();
            let words = format!("{}, {}, {kept}{undo}", link.short, mails(link.mails));
            rows.push(("Enter", "link", brief(link, words), link.refused.is_some()));
        }
        let new = &card.new;
        let kept = new.training.trim_start_matches("empty; ");
        let kept = if card.records > 0 { "for this record alone" } else { kept };
        let words = format!("{}, {}; {kept}", new.short, mails(new.mails));
        rows.push(("n", "new", brief(new, words), new.refused.is_some()));
        let day = card.later.wrong.split(',').next().unwrap_or_default();
        let words = format!("nothing sent; asks again {day}, or when a key field changes");
        rows.push(("t", "later", words, false));
        if card.records > 0 {
            let words = "which record counts, or that both are real".to_owned();
            rows.insert(0, ("c", "rule", words, false));
        }
        for (y, (key, what, words, off)) in (area.y + u16::from(title)..area.bottom()).zip(rows) {
            let (key_role, role) = if off { (Role::Muted, Role::Muted) } else { (Role::Accent, Role::Text) };
            let used = canvas.text(area.x + 1, y, 6, key, key_role);
            canvas.text(area.x + 2 + used, y, 6, what, role);
            canvas.text(area.x + 13, y, usize::from(area.width).saturating_sub(14), &words, role);
        }
    }

    fn draw_consequences_wide(&self, card: &Card, choice: &Choice, area: Rect, canvas: &mut Canvas<'_>) {
        let third = area.width.saturating_sub(2) / 3;
        let heads = [
            ("Enter", format!("link to {}", choice.user), &choice.link),
            ("n", "new user".to_owned(), &card.new),
            ("t", "later".to_owned(), &card.later),
        ];
        for (number, (key, what, outcome)) in (0u16..).zip(heads) {
            let x = area.x + (third + 1) * number;
            let cells = if number == 2 { area.right() - x } else { third };
            let column = Rect { x, width: cells, ..area };
            rule::title(canvas, Rect { height: 1, ..column }, &format!("{key}  {what}"), "", false);
            if number < 2 {
                canvas.vertical(x + cells, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
            }
            if let Some(reason) = &outcome.refused {
                let lines = width::wrap(reason, usize::from(cells).saturating_sub(4));
                for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
                    canvas.text(x + 2, y, usize::from(cells).saturating_sub(3), &line, Role::Muted);
                }
                continue;
            }
            draw_outcome(outcome, if key == "t" { "asks" } else { "wrong?" }, Rect { y: area.y + 1, ..column }, canvas);
        }
    }

    fn draw_alike(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let all = self.alike_count();
        let Some(group) = self.group().filter(|_| all > 1 && area.height >= 3) else { return };
        // A card that was ruled on is none of those that are left.
        let count = all - usize::from(self.is_open(self.at));
        let (others, all) = (format::count(all - 1), format::count(all));
        rule::title(
            canvas,
            Rect { height: 1, ..area },
            &format!("{others} alike"),
            &format!("b rule all {all} at once"),
            false,
        );
        let cells = usize::from(area.width).saturating_sub(4);
        canvas.text(area.x + 2, area.y + 1, cells, &format!("{}; no rival above 1 %", group.words), Role::Text);
        let mut line = String::new();
        let others = || self.open_alike().filter(|at| *at != self.at).filter_map(|at| self.rows().get(at));
        let least = others().next_back().map(|row| format::percent(row.probability)).unwrap_or_default();
        for (place, row) in others().enumerate() {
            let words = format!("{} {}", row.name, format::percent(row.probability));
            let left = count.saturating_sub(place);
            let tail = format!("{} more down to {least}", format::count(left));
            if place > 0 && width::width(&line) + width::width(&words) + width::width(&tail) + 4 > cells {
                line.push_str(&tail);
                break;
            }
            line.push_str(&words);
            line.push_str(if left > 1 { ", " } else { "" });
        }
        canvas.text(area.x + 2, area.y + 2, cells, &line, Role::Muted);
    }
}

/// A line of a card through the lens: both values under each other, what differs marked, and the reason.
pub(in crate::console::screens) fn draw_line_lens(words: &Words, line: &Line, area: Rect, canvas: &mut Canvas<'_>) {
    rule::title(canvas, Rect { height: 1, ..area }, &line.label, "j k another field", false);
    let lens = Lens::new(&line.source, &line.destination);
    let [left, marks, right, under] = lens.lines();
    let names = width::width(&words.source).max(width::width(&words.destination)) + 3;
    let x = area.x + 2 + u16::try_from(names).unwrap_or(16);
    let longest = width::width(&left).max(width::width(&right));
    let reasons = x + u16::try_from(longest + 3).unwrap_or(0);
    let reasons = reasons.max(area.x + 24).min(area.right().saturating_sub(20));
    let cells = usize::from(reasons.saturating_sub(x + 1));
    let right_cells = usize::from(area.right().saturating_sub(reasons));
    let named = if lens.names.is_empty() { String::new() } else { lens.names.join(", ") };
    // What the comparison found says more than how far apart the letters are.
    let vague = ["different words", "changed", "added", "missing"].iter().any(|end| lens.reason.ends_with(end));
    let same = lens.reason == line.reason || (vague && !line.reason.is_empty());
    let second = if same { String::new() } else { lens.reason.clone() };
    let rows = [
        (words.source.as_str(), left, line.reason.clone()),
        ("", marks, second),
        (words.destination.as_str(), right, named),
        ("", under, String::new()),
    ];
    for (y, (name, value, reason)) in (area.y + 1..area.bottom()).zip(rows) {
        canvas.text(area.x + 2, y, names, name, Role::Muted);
        canvas.text(x, y, cells, &value, if name.is_empty() { Role::Mismatch } else { Role::Text });
        canvas.text(reasons, y, right_cells, &reason, Role::Muted);
    }
}

/// The candidates of a card in one line, the one that is shown between marks.
pub(in crate::console::screens) fn draw_choices(choices: &[Choice], shown: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let wide = area.width >= 110;
    let mut x = area.x + 1;
    if wide {
        x += canvas.text(x, area.y, 13, "candidates   ", Role::Muted);
    }
    for (place, choice) in choices.iter().enumerate() {
        let sure =
            if choice.probability > 0.0 { format!(" {}", format::percent(choice.probability)) } else { String::new() };
        let hint = if wide && !choice.hint.is_empty() { format!(", {}", choice.hint) } else { String::new() };
        let words = format!("{} {}{sure}{hint}", place + 1, choice.name);
        let here = place == shown;
        let words = if here { format!("{} {words} {}", glyphs::OPEN, glyphs::CRUMB) } else { words };
        let left = usize::from(area.right().saturating_sub(x));
        if left < 8 {
            break;
        }
        let used = canvas.text(x, area.y, left, &words, if here { Role::Focus } else { Role::Text });
        canvas.hit(Rect::new(x, area.y, used, 1), Hit::Row { pane: 1, row: place });
        x += used + if wide { 5 } else { 3 };
    }
}

/// Who seems to have two users already, where there is anybody.
fn doubled(queue: &Queue) -> Option<String> {
    let number = queue.doubled.len() as u64;
    let people = format::counted(number, "person", "people");
    (number > 0).then(|| format!("{people} with two users already, as it seems; both go on"))
}

/// What a card of this code asks.
fn question(code: HoldCode) -> &'static str {
    match code {
        HoldCode::ProbableDuplicate => "Probable duplicate: link, or a second person?",
        HoldCode::Rehire => "Rehire: the person of an earlier account, or somebody new?",
        HoldCode::EmailHeldByActiveUser => "An active user has this e-mail: the same person?",
        HoldCode::EmailHeldByInactiveUser => "A deactivated user keeps this e-mail: the same person?",
        HoldCode::IdentifierChanged => "Identifier changed: the same person under a new one?",
        HoldCode::IdentifierReused => "Identifier reused: one person, or somebody else's number?",
        HoldCode::TargetOwnedByOther => "The user belongs to somebody else: which of them is it?",
        HoldCode::StatusUnclear => "Status unclear: still employed?",
        HoldCode::StatusConflict => "The destination says no: what now?",
        HoldCode::Detached => "Detached in the destination: link again, or leave?",
        HoldCode::Later => "A ruling that no longer fits the record: rule again",
        other => other.words(),
    }
}

fn mails(count: u32) -> String {
    match count {
        0 => "no mail".to_owned(),
        _ => format::counted(u64::from(count), "welcome mail", "welcome mails"),
    }
}

/// Write, mails, training and what goes wrong, six lines at most.
fn draw_outcome(outcome: &Outcome, last: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let cells = usize::from(area.width).saturating_sub(12);
    let mut y = area.y;
    let mails = if outcome.mails == 0 { "none".to_owned() } else { mails(outcome.mails) };
    let rows = [
        ("write", &outcome.write, 2),
        ("mails", &mails, 1),
        ("training", &outcome.training, 1),
        (last, &outcome.wrong, 2),
    ];
    for (label, words, most) in rows {
        for (number, line) in width::wrap(words, cells).into_iter().take(most).enumerate() {
            // The last row of the pane stays for the rule below it.
            if y >= area.y + 6 {
                return;
            }
            if number == 0 {
                canvas.text(area.x + 2, y, 8, label, Role::Muted);
            }
            canvas.text(area.x + 11, y, cells, &line, Role::Text);
            y += 1;
        }
    }
}

fn title_only(canvas: &mut Canvas<'_>, area: Rect, title: &str, words: &str) {
    rule::title(canvas, Rect { height: 1, ..area }, title, "", true);
    canvas.text(area.x + 3, area.y + 2, usize::from(area.width).saturating_sub(4), words, Role::Muted);
}

/// A title and what there is to say under it.
fn sentences(canvas: &mut Canvas<'_>, area: Rect, title: &str, lines: &[String]) {
    rule::title(canvas, Rect { height: 1, ..area }, title, "", true);
    let cells = usize::from(area.width).saturating_sub(6);
    let lines = lines.iter().flat_map(|line| match width::width(line) > cells {
        true => width::wrap(line, cells),
        false => vec![line.clone()],
    });
    for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
        canvas.text(area.x + 3, y, cells, &line, Role::Text);
    }
}
