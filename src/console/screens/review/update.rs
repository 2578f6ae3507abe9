//! What happens to the screen Review.

use super::data::{Act, Answer, Ask, Queue};
use super::list::{LIST, ORDERS};
use super::state::{Detail, Kind, Review, Typing};
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::step;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::finder::Told;
use crate::console::screens::{Answer as Answered, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::text_input::TextField;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;

/// Questions and commands of this screen.
pub(super) const QUEUE: &str = "queue";
pub(super) const CARD: &str = "card";
pub(super) const NEXT: &str = "next";
pub(super) const WHOLE: &str = "whole";
pub(super) const FILTER: &str = "filter";
pub(super) const RULE: &str = "rule";
pub(super) const PROGRESS: &str = "progress";
pub(super) const SAVE: &str = "save list";
pub(super) const LINES: &str = "lines";
pub(super) const AHEAD: &str = "lines ahead";
pub(super) const GROUP: &str = "group";
pub(super) const WALK: &str = "walk";
pub(super) const REPLAN: &str = "replan";
pub(super) const PREVIEW: &str = "preview";

impl Review {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.shown(cx),
            ScreenMsg::Loaded(slot, Payload::Review(answer)) => self.loaded(slot.name, answer, cx),
            ScreenMsg::Failed(slot, problem) => match slot.name {
                QUEUE => self.queue.fail(problem),
                GROUP => {
                    self.close_alike(cx);
                    cx.problem(problem);
                }
                CARD => {
                    self.card_since = None;
                    self.card_problem = Some(problem);
                }
                _ => {}
            },
            ScreenMsg::Done(slot, payload) => self.done(slot.name, &payload, cx),
            ScreenMsg::Refused(slot, problem) => {
                if slot.name == REPLAN {
                    self.replanning = false;
                }
                cx.problem(problem);
                if slot.name == RULE {
                    self.pending = self.pending.saturating_sub(1);
                    // What is marked as ruled may not be: the store knows.
                    self.load(cx);
                }
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => {
                if self.is_untouched() || self.is_summary() {
                    self.load(cx);
                } else {
                    self.newer = true;
                }
            }
            ScreenMsg::Answered(ORDERS, Answered::Picked(id)) => self.reorder(&id, cx),
            ScreenMsg::Answered(ORDERS, _) => {}
            ScreenMsg::Answered(SAVE, Answered::Named(file)) => {
                let act = Act::Save { tenant: self.tenant.clone(), holds: self.listed_holds(), file };
                cx.command(SAVE, Command::Review(act));
            }
            ScreenMsg::Answered(SAVE, _) => {}
            ScreenMsg::Answered(_, answer) => self.answered(&answer, cx),
            ScreenMsg::Resized(body) => self.measure(body, cx),
            ScreenMsg::Key(key) => {
                if let Some((_, field)) = &mut self.text {
                    field.key(key);
                }
            }
            ScreenMsg::Paste(text) => {
                if let Some((_, field)) = &mut self.text {
                    field.paste(&text);
                }
            }
            ScreenMsg::Click { hit: Hit::Row { pane: LIST, row }, double } => self.click_line(row, double, cx),
            ScreenMsg::Wheel { rows, .. } if self.list.is_open && self.alike.is_none() => {
                self.list.table.move_by(rows);
                self.ask_lines(cx);
            }
            ScreenMsg::Click { hit: Hit::Row { pane: 0, row }, .. } => self.field = row,
            ScreenMsg::Click { hit: Hit::Row { pane: 1, row }, .. } => self.choose(row),
            ScreenMsg::Wheel { rows, .. } => self.move_field(rows),
            ScreenMsg::Action(action) => return self.action(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn is_untouched(&self) -> bool {
        self.done.is_empty() && self.alike.is_none() && self.text.is_none()
    }

    fn shown(&mut self, cx: &mut Cx<'_>) {
        // A card that comes back counts as new: it has to be seen again.
        self.shown_at = self.card().map(|_| cx.uptime());
        if self.queue.value().is_none() || self.is_untouched() {
            self.load(cx);
        } else {
            // What was ruled or undone elsewhere since moves the counters; the order stays.
            self.ask_progress(cx);
        }
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.follow_list();
        self.queue.load(cx.uptime());
        self.also.clone_from(&self.subject);
        cx.forget(WHOLE);
        cx.query(QUEUE, Query::Review(self.queue_ask(false)));
    }

    fn queue_ask(&self, whole: bool) -> Ask {
        Ask::Queue { tenant: self.tenant.clone(), also: self.subject.clone(), order: self.order, whole }
    }

    fn loaded(&mut self, slot: &'static str, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Queue(queue) if slot == WHOLE => self.take_whole(queue.map(|queue| *queue), cx),
            Answer::Queue(queue) => self.take_queue(queue.map(|queue| *queue), cx),
            Answer::Filtered { text, order, plan, found } => {
                self.take_filtered(text, (order, plan), found.map(|found| *found), cx)
            }
            Answer::Lines(lines) => self.take_lines(lines),
            Answer::Group(members) => self.take_members(members),
            Answer::Progress { figures, ruled } => self.take_progress(figures, &ruled),
            Answer::Card(card) => {
                let employee = EmployeeId(card.employee.clone());
                self.cards.insert(employee.clone(), *card);
                if slot == CARD && self.row().is_some_and(|row| row.employee == employee) {
                    self.card_since = None;
                    self.shown_at = Some(cx.uptime());
                    self.field = self.first_field();
                    self.ask_next(cx);
                }
            }
            _ => {}
        }
    }

    fn take_queue(&mut self, queue: Option<Queue>, cx: &mut Cx<'_>) {
        self.follow_list();
        let old = self.row().map(|row| row.employee.clone());
        let wanted = self.subject.clone().or(old);
        // What was read of the people stays where nothing has moved that it depends on.
        let of = |queue: &Queue| (queue.plan, queue.made, queue.mark, queue.later);
        if self.queue().map(of) != queue.as_ref().map(of) {
            self.cards.clear();
            self.list.lines.clear();
        }
        let marked = self.marked_employees();
        self.queue.ready(queue);
        if let Some(words) = self.queue().map(|queue| queue.words.identifier.clone()) {
            self.finder.set_columns(super::data::review_columns(&words));
        }
        self.filtered = None;
        self.relist(&marked);
        self.ask_filter(cx);
        self.newer = false;
        self.alike = None;
        self.done.clear();
        let found = wanted.and_then(|wanted| self.queue()?.rows.place(&wanted));
        // A queue of which everything is ruled shows its summary.
        let at = found.filter(|at| self.subject.is_some() || self.is_open(*at));
        if self.is_part() {
            cx.read_ahead(WHOLE, Query::Review(self.queue_ask(true)));
        }
        if found.is_some() || !self.is_part() {
            self.subject = None;
        }
        if self.list.is_open && !self.rows().is_empty() {
            self.at = found.or_else(|| self.open_from(0)).unwrap_or(0);
            self.show_list(cx);
            return;
        }
        self.go(at.or_else(|| self.open_from(0)).unwrap_or(self.rows().len()), cx);
    }

    /// Everybody has been read: the card that is shown stays, and what was ruled meanwhile.
    fn take_whole(&mut self, queue: Option<Queue>, cx: &mut Cx<'_>) {
        self.follow_list();
        let same = queue.as_ref().map(|queue| queue.plan) == self.queue().map(|queue| queue.plan);
        let Some(mut queue) = queue.filter(|_| same && self.is_part()) else { return };
        let part = self.queue().map(|part| (part.rows.clone(), part.ruled.clone()));
        for (at, ruled) in
            part.iter().flat_map(|(rows, ruled)| ruled.iter().map(|(at, ruled)| (rows.all().get(*at), ruled)))
        {
            if let Some(place) = at.and_then(|row| queue.rows.place(&row.employee)) {
                queue.ruled.insert(place, *ruled);
            }
        }
        let shown = self.row().map(|row| row.employee.clone());
        let subject = self.subject.take().and_then(|subject| queue.rows.place(&subject));
        let at = shown.and_then(|shown| queue.rows.place(&shown));
        let marked = self.marked_employees();
        self.queue.ready(Some(queue));
        self.filtered = None;
        self.relist(&marked);
        self.ask_filter(cx);
        match (subject, at) {
            (None, _) if self.list.is_open => {
                self.at = at.unwrap_or(0);
                self.show_list(cx);
            }
            (Some(subject), _) => self.go(subject, cx),
            (None, Some(at)) => self.at = at,
            (None, None) => self.go(self.open_from(0).unwrap_or(self.rows().len()), cx),
        }
    }

    /// Shows a card.
    pub(super) fn go(&mut self, at: usize, cx: &mut Cx<'_>) {
        self.at = at;
        self.list.is_open = false;
        self.choice = 0;
        self.detail = Detail::None;
        self.card_problem = None;
        self.card_since = None;
        self.field = self.first_field();
        self.shown_at = self.card().map(|_| cx.uptime());
        match self.row() {
            Some(row) if self.shown_at.is_none() => {
                let ask = Ask::Card { tenant: self.tenant.clone(), hold: row.hold, employee: row.employee.clone() };
                self.card_since = Some(cx.uptime());
                cx.query(CARD, Query::Review(ask));
            }
            Some(_) => {
                cx.forget(CARD);
                self.ask_next(cx);
            }
            None => cx.forget(CARD),
        }
    }

    /// Reads the next card ahead, so that it is there when it is wanted.
    fn ask_next(&mut self, cx: &mut Cx<'_>) {
        let Some(row) = self.next_open().and_then(|at| self.rows().get(at)) else { return };
        if !self.cards.contains_key(&row.employee) {
            let ask = Ask::Card { tenant: self.tenant.clone(), hold: row.hold, employee: row.employee.clone() };
            cx.read_ahead(NEXT, Query::Review(ask));
        }
    }

    /// The next card that is not ruled: behind this one, else from the start.
    pub(super) fn next_open(&self) -> Option<usize> {
        let Some(filtered) = &self.filtered else {
            return self.open_from(self.at + 1).or_else(|| self.open_from(0).filter(|at| *at < self.at));
        };
        // Of those who pass the filter; then it is done with them.
        let open = |at: &&usize| self.is_open(**at);
        let (before, behind) = filtered.beside(self.at);
        behind.iter().find(open).or_else(|| before.iter().find(open)).copied()
    }

    /// The card before or behind this one, of those who pass the filter.
    fn beside(&self, forward: bool) -> Option<usize> {
        match (&self.filtered, forward) {
            (None, true) => Some(self.at + 1),
            (None, false) => self.at.checked_sub(1),
            (Some(filtered), true) => filtered.beside(self.at).1.first().copied(),
            (Some(filtered), false) => filtered.beside(self.at).0.last().copied(),
        }
    }

    pub(super) fn go_to(&mut self, employee: &EmployeeId, cx: &mut Cx<'_>) -> bool {
        let found = self.queue().and_then(|queue| queue.rows.place(employee));
        if let Some(at) = found {
            self.go(at, cx);
        }
        found.is_some()
    }

    /// The field that the cursor begins on: the first that differs.
    fn first_field(&self) -> usize {
        let lines = self.choice().map(|choice| choice.lines.as_slice()).unwrap_or_default();
        let differs = |mark| !matches!(mark, super::data::Mark::Equal | super::data::Mark::Missing);
        lines.iter().position(|line| differs(line.mark)).unwrap_or(0)
    }

    fn move_field(&mut self, rows: i32) {
        if let Some(alike) = &self.alike {
            let members = alike.members.len();
            let cursor = step(alike.cursor, rows, members);
            if let Some(alike) = &mut self.alike {
                alike.cursor = cursor;
            }
            return;
        }
        let lines = self.choice().map_or(0, |choice| choice.lines.len());
        self.field = step(self.field, rows, lines);
    }

    pub(super) fn choose(&mut self, place: usize) {
        let choices = self.card().map_or(0, |card| card.choices.len());
        if choices > 0 {
            self.choice = place.min(choices - 1);
        }
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.text.is_some() {
            return self.typed(action);
        }
        if self.list.is_open && self.alike.is_none() {
            return self.list_action(action, cx);
        }
        match action {
            Action::Up => self.move_field(-1),
            Action::Down => self.move_field(1),
            Action::PageUp => self.move_field(-10),
            Action::PageDown => self.move_field(10),
            Action::First => self.move_field(i32::MIN + 1),
            Action::Last => self.move_field(i32::MAX),
            Action::Left => self.choose(self.choice.saturating_sub(1)),
            Action::Right => self.choose(self.choice + 1),
            Action::PreviousItem => self.previous(cx),
            Action::NextItem => self.next(cx),
            Action::Enter if self.is_summary() => self.fresh_plan(cx),
            Action::Refresh if self.queue.value().is_some_and(Option::is_none) => self.fresh_plan(cx),
            Action::Enter => self.rule(Kind::Link, cx),
            Action::New => self.rule(Kind::New, cx),
            Action::Later => self.rule(Kind::Later, cx),
            Action::MoreExclude => self.rule_one(Ruling::Exclude, cx),
            Action::MoreProtect => self.rule_one(Ruling::Protect, cx),
            Action::MoreNotSame if self.has_records() => self.tell_apart(cx),
            Action::MoreNotSame => self.not_same(cx),
            Action::Compare => {
                let card = self.row().map(|row| &row.employee).filter(|_| self.has_records() || self.rival().is_some());
                let Some(employee) = card.or_else(|| self.doubled()) else { return Handled::No };
                cx.open(Place::tenant(ScreenId::Collision, self.tenant.clone()).about(employee.to_string()));
            }
            Action::MoreNote => self.text = Some((Typing::Note, TextField::with(self.note.as_deref().unwrap_or("")))),
            Action::Filter | Action::Facets if !self.rows().is_empty() && !self.returns => {
                self.at = self.at.min(self.rows().len() - 1);
                self.show_list(cx);
                if self.finder.handle(&ScreenMsg::Action(action), (self.order.key(), false), cx) == Told::Changed {
                    self.ask_filter(cx);
                }
                self.remeasure(cx);
            }
            Action::Alike => self.toggle_alike(cx),
            Action::Sort => self.ask_order(cx),
            Action::Mark => self.take_out(),
            Action::Undo => self.undo(cx),
            Action::Redo => self.redo(cx),
            Action::Why => self.toggle(Detail::Why),
            Action::NextPane | Action::PreviousPane => self.toggle(Detail::Lens),
            Action::Back => return self.back(cx),
            Action::Refresh => {
                self.subject = None;
                self.load(cx);
            }
            Action::CopyId => {
                if let Some(row) = self.row() {
                    cx.copy(row.employee.to_string());
                }
            }
            Action::CopyRow => {
                if let Some(card) = self.card() {
                    cx.copy_row(&[card.employee.as_str(), &card.name, &card.message]);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn toggle(&mut self, detail: Detail) {
        self.detail = if self.detail == detail { Detail::None } else { detail };
    }

    fn back(&mut self, cx: &mut Cx<'_>) -> Handled {
        if self.alike.is_some() {
            self.close_alike(cx);
        } else if self.detail != Detail::None {
            self.detail = Detail::None;
        } else if !self.rows().is_empty() && !self.returns {
            self.at = self.at.min(self.rows().len() - 1);
            self.show_list(cx);
        } else {
            return Handled::No;
        }
        Handled::Yes
    }

    pub(super) fn redo(&self, cx: &mut Cx<'_>) {
        cx.command(WALK, Command::Review(Act::Redo { tenant: self.tenant.clone() }));
    }

    /// The cursor of what is open goes to somebody.
    pub(super) fn found(&mut self, row: usize, cx: &mut Cx<'_>) {
        if self.list.is_open {
            self.at = row;
            self.show_list(cx);
        } else {
            self.go(row, cx);
        }
    }

    fn typed(&mut self, action: Action) -> Handled {
        match action {
            Action::Back => self.text = None,
            Action::Enter => {
                let Some((typing, field)) = self.text.take() else { return Handled::No };
                let typed = field.value().trim().to_owned();
                let Typing::Note = typing;
                self.note = (!typed.is_empty()).then_some(typed);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn previous(&mut self, cx: &mut Cx<'_>) {
        if let Some(before) = self.beside(false) {
            self.alike = None;
            self.go(before, cx);
        }
    }

    /// The next card; behind the last the summary, behind that the collisions.
    fn next(&mut self, cx: &mut Cx<'_>) {
        self.alike = None;
        let all = self.rows().len();
        if self.at < all {
            match self.beside(true) {
                Some(next) => self.go(next, cx),
                None => cx.toast(Level::Info, "This is the last who fits the filter"),
            }
            return;
        }
        let first = self.queue().and_then(|queue| queue.collisions.first()).map(ToString::to_string);
        if let Some(first) = first {
            cx.open(Place::tenant(ScreenId::Collision, self.tenant.clone()).about(first));
        }
    }

    fn fresh_plan(&mut self, cx: &mut Cx<'_>) {
        let command = LiveCommand::Preview { tenant: self.tenant.clone(), accepted_rows: None };
        cx.command(PREVIEW, Command::Run(command));
    }
}
