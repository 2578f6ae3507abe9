//! `b`: the same ruling for everybody who is alike.

use ratatui::layout::Rect;

use super::data::QueueRow;
use super::state::{Alike, Kind, Review};
use crate::console::app::{Cx, Level, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::Answer;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::confirm::Confirm;
use crate::console::widgets::{Canvas, Hit, rule};
use std::collections::BTreeSet;

/// Maximum of people that are ruled at once without a question.
const WITHOUT_QUESTION: usize = 100;
const BULK: &str = "bulk";

impl Review {
    pub(super) fn group_offers(&self, alike: &Alike) -> Vec<Offer> {
        let number = format::count(self.members(alike).len());
        vec![
            Offer::new(Action::Enter, format!("link all {number}")),
            Offer::new(Action::New, "new for all (asks)"),
            Offer::new(Action::Later, "later for all"),
            Offer::new(Action::Mark, "take one out"),
            Offer::new(Action::Alike, "back to one"),
            Offer::new(Action::Back, "back"),
        ]
    }

    /// Rows of the open group without those taken out.
    fn members(&self, alike: &Alike) -> Vec<usize> {
        self.alike_rows().into_iter().filter(|row| !alike.out.contains(row)).collect()
    }

    pub(super) fn toggle_alike(&mut self, cx: &mut Cx<'_>) {
        if self.alike.take().is_some() {
            return;
        }
        if self.alike_count() < 2 {
            cx.toast(Level::Info, "Nobody else is alike: this card is ruled alone");
            return;
        }
        if let Some(group) = self.row().and_then(|row| row.group)
            && self.is_seen(cx)
        {
            // The list is on the screen from now on: its Enter has to wait as a card's does.
            self.shown_at = Some(cx.uptime());
            self.alike = Some(Alike { group, out: BTreeSet::new(), cursor: 0 });
        }
    }

    /// Space takes the person under the cursor out of the group, or puts it back.
    pub(super) fn take_out(&mut self) {
        let rows = self.alike_rows();
        let Some(alike) = &mut self.alike else { return };
        if let Some(row) = rows.get(alike.cursor) {
            if !alike.out.remove(row) {
                alike.out.insert(*row);
            }
            alike.cursor = (alike.cursor + 1).min(rows.len().saturating_sub(1));
        }
    }

    pub(super) fn rule_group(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        let Some(alike) = self.alike.clone() else { return };
        let number = self.members(&alike).len();
        if number == 0 || !self.is_seen(cx) {
            return;
        }
        if kind != Kind::New && number <= WITHOUT_QUESTION {
            self.carry_out_group(kind, cx);
            return;
        }
        let (people, destination) = (format::counted(number as u64, "person", "people"), self.destination());
        let (title, act) = match kind {
            Kind::Link => (format!("Link {people} to their first candidate?"), format!("Link {number}")),
            Kind::New => (format!("New users for {people} in {destination}?"), format!("New {number}")),
            Kind::Later => (format!("Put {people} off?"), format!("Later {number}")),
        };
        let mails = self.card().map_or(0, |card| card.new.mails) as usize * number;
        let mut confirm = Confirm::new(title, self.tenant.clone(), act)
            .line("This changes what the next plan says; nothing is sent yet.");
        if kind == Kind::New {
            confirm = confirm.line(format!(
                "The plan then has {} and {}.",
                format::counted(number as u64, "create", "creates"),
                format::counted(mails as u64, "welcome mail", "welcome mails")
            ));
        }
        self.asked = Some(kind);
        cx.confirm(BULK, confirm.line("Can be undone as one step: u."));
    }

    fn destination(&self) -> String {
        self.queue().map(|queue| queue.words.destination.clone()).unwrap_or_default()
    }

    pub(super) fn answered(&mut self, answer: &Answer, cx: &mut Cx<'_>) {
        if let (Some(kind), Answer::Confirmed) = (self.asked.take(), answer) {
            self.carry_out_group(kind, cx);
        }
    }

    fn carry_out_group(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        let Some(alike) = self.alike.clone() else { return };
        let rulings: Vec<_> = self
            .members(&alike)
            .into_iter()
            .filter_map(|at| {
                let row = self.rows().get(at)?;
                Some((at, row.employee.clone(), self.ruling(kind, row.user.as_ref())?))
            })
            .collect();
        let people = format::counted(rulings.len() as u64, "person", "people");
        let words = match kind {
            Kind::Link => format!("Linked {people}"),
            Kind::New => format!("{people} become new users"),
            Kind::Later => format!("Put {people} off"),
        };
        self.send(rulings, cx);
        cx.done(words, true);
        self.advance(cx);
    }

    pub(super) fn draw_group(&self, _cx: &ViewCx<'_>, alike: &Alike, area: Rect, canvas: &mut Canvas<'_>) {
        let (rows, members) = (self.alike_rows(), self.members(alike));
        let number = format::count(members.len());
        let words = self.group().map(|group| group.words.clone()).unwrap_or_default();
        let place = format!("card {} of {}", format::count(self.at + 1), format::count(self.rows().len()));
        rule::title(canvas, Rect { height: 1, ..area }, &format!("Rule all {number}: {words}"), &place, true);
        let later = self.queue().map(|queue| queue.later.strftime("%-d %b").to_string()).unwrap_or_default();
        let (link, new) = self.consequences(members.len());
        let lines = [
            ("Enter", format!("link all {number}"), link),
            ("n", "new for all".to_owned(), format!("{new}; asks first")),
            ("t", "later for all".to_owned(), format!("nothing sent; asks again {later}")),
        ];
        let cells = usize::from(area.width);
        for (offset, (key, words, what)) in (1..).zip(lines) {
            let y = area.y + offset;
            let used = canvas.text(area.x + 1, y, 6, key, Role::Accent) + 1;
            canvas.text(area.x + 1 + used, y, 20, &words, Role::Text);
            canvas.text(area.x + 23, y, cells.saturating_sub(24), &what, Role::Text);
        }
        let y = area.y + 4;
        let out = alike.out.len();
        let least = members.last().and_then(|row| self.rows().get(*row)).map(Self::sure).unwrap_or_default();
        canvas.text(area.x + 1, y, cells.saturating_sub(2), &format!("least sure   {least}"), Role::Muted);
        let hint = format!("Space takes one out of the group{}      b back to one alone", out_words(out));
        canvas.text(area.x + 1, y + 1, cells.saturating_sub(2), &hint, Role::Muted);
        let list = Rect { y: y + 2, height: area.height.saturating_sub(6), ..area };
        rule::title(canvas, Rect { height: 1, ..list }, "Who, surest first", &format!("{} people", rows.len()), false);
        self.draw_members(alike, &rows, Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list }, canvas);
    }

    fn sure(row: &QueueRow) -> String {
        format!("{} {}", row.name, format::percent(row.probability))
    }

    /// What linking and creating all of them mean, counted from the card that is open.
    fn consequences(&self, number: usize) -> (String, String) {
        let link = self.card().and_then(|card| card.choices.first()).map(|choice| &choice.link);
        let one = link.map(|link| link.short.clone()).unwrap_or_default();
        let mails = self.card().map_or(0, |card| card.new.mails) as usize * number;
        let number = number as u64;
        (
            format!("{} histories kept; each like this one: {one}", format::count(number)),
            format!(
                "{}, {}",
                format::counted(number, "create", "creates"),
                format::counted(mails as u64, "welcome mail", "welcome mails")
            ),
        )
    }

    fn draw_members(&self, alike: &Alike, rows: &[usize], area: Rect, canvas: &mut Canvas<'_>) {
        let height = usize::from(area.height).max(1);
        let first = alike.cursor.saturating_sub(height.saturating_sub(1) / 2).min(rows.len().saturating_sub(height));
        let half = usize::from(area.width / 2).saturating_sub(8);
        for (offset, (place, at)) in rows.iter().enumerate().skip(first).take(height).enumerate() {
            let Some(row) = self.rows().get(*at) else { continue };
            let y = area.y + u16::try_from(offset).unwrap_or(0);
            let on_cursor = place == alike.cursor;
            let line = Rect::new(area.x, y, area.width, 1);
            canvas.hit(line, Hit::Row { pane: 2, row: place });
            canvas.text(area.x, y, 1, if on_cursor { glyphs::CURSOR } else { " " }, Role::Accent);
            let out = alike.out.contains(at);
            let role = if out { Role::Muted } else { Role::Text };
            canvas.text(area.x + 2, y, 1, if out { "-" } else { "=" }, if out { Role::Removed } else { Role::Match });
            canvas.text(area.x + 4, y, half, &width::truncate(&row.name, half), role);
            let user = row.user.as_ref().map(ToString::to_string).unwrap_or_default();
            let x = area.x + area.width / 2 - 2;
            canvas.text(x, y, half, &format!("{user}  {}", row.user_name), role);
            let words = if out { "taken out".to_owned() } else { format::percent(row.probability) };
            canvas.right(Rect { width: area.width.saturating_sub(1), ..line }, &words, role);
            if on_cursor {
                canvas.restyle(line, canvas.theme().style(Role::Selection));
            }
        }
    }
}

fn out_words(out: usize) -> String {
    if out == 0 { String::new() } else { format!(" ({} out)", format::count(out)) }
}
