//! What happens to the screen Review.

use super::data::{Act, Answer, Ask, Queue, Ruled};
use super::state::{Detail, Done, Kind, Review, SEEN_AFTER, Typing};
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::step;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::{Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::text_input::TextField;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;

/// Questions and commands of this screen.
pub(super) const QUEUE: &str = "queue";
pub(super) const CARD: &str = "card";
pub(super) const NEXT: &str = "next";
pub(super) const WHOLE: &str = "whole";
pub(super) const FIND: &str = "find";
pub(super) const RULE: &str = "rule";
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
            ScreenMsg::Answered(_, answer) => self.answered(&answer, cx),
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
        }
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.queue.load(cx.uptime());
        cx.forget(WHOLE);
        cx.query(QUEUE, Query::Review(self.queue_ask(false)));
    }

    fn queue_ask(&self, whole: bool) -> Ask {
        Ask::Queue { tenant: self.tenant.clone(), also: self.subject.clone(), whole }
    }

    fn loaded(&mut self, slot: &'static str, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Queue(queue) if slot == WHOLE => self.take_whole(queue.map(|queue| *queue), cx),
            Answer::Queue(queue) => self.take_queue(queue.map(|queue| *queue), cx),
            Answer::Found { row: Some(row), .. } => self.go(row, cx),
            Answer::Found { words, reading: true, .. } => {
                cx.toast(Level::Info, format!("The queue is still being read; look for \"{words}\" again in a moment"));
            }
            Answer::Found { words, .. } => cx.toast(Level::Info, format!("No card has \"{words}\"")),
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
        let old = self.row().map(|row| row.employee.clone());
        let wanted = self.subject.clone().or(old);
        // What was read of the people stays where nothing has moved that it depends on.
        let of = |queue: &Queue| (queue.plan, queue.made, queue.mark, queue.later);
        if self.queue().map(of) != queue.as_ref().map(of) {
            self.cards.clear();
        }
        self.queue.ready(queue);
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
        self.go(at.or_else(|| self.open_from(0)).unwrap_or(self.rows().len()), cx);
    }

    /// Everybody has been read: the card that is shown stays, and what was ruled meanwhile.
    fn take_whole(&mut self, queue: Option<Queue>, cx: &mut Cx<'_>) {
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
        self.queue.ready(Some(queue));
        match (subject, at) {
            (Some(subject), _) => self.go(subject, cx),
            (None, Some(at)) => self.at = at,
            (None, None) => self.go(self.open_from(0).unwrap_or(self.rows().len()), cx),
        }
    }

    /// Shows a card.
    pub(super) fn go(&mut self, at: usize, cx: &mut Cx<'_>) {
        self.at = at;
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
    fn next_open(&self) -> Option<usize> {
        self.open_from(self.at + 1).or_else(|| self.open_from(0).filter(|at| *at < self.at))
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
            let members = self.alike_rows().len();
            let cursor = step(alike.cursor, rows, members);
            if let Some(alike) = &mut self.alike {
                alike.cursor = cursor;
            }
            return;
        }
        let lines = self.choice().map_or(0, |choice| choice.lines.len());
        self.field = step(self.field, rows, lines);
    }

    fn choose(&mut self, place: usize) {
        let choices = self.card().map_or(0, |card| card.choices.len());
        if choices > 0 {
            self.choice = place.min(choices - 1);
        }
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.text.is_some() {
            return self.typed(action, cx);
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
                let card = self.row().map(|row| &row.employee).filter(|_| self.has_records());
                let Some(employee) = card.or_else(|| self.doubled()) else { return Handled::No };
                cx.open(Place::tenant(ScreenId::Collision, self.tenant.clone()).about(employee.to_string()));
            }
            Action::MoreNote => self.text = Some((Typing::Note, TextField::with(self.note.as_deref().unwrap_or("")))),
            Action::Filter => self.text = Some((Typing::Find, TextField::default())),
            Action::Alike => self.toggle_alike(cx),
            Action::Mark => self.take_out(),
            Action::Undo => self.undo(cx),
            Action::Redo => cx.command(WALK, Command::Review(Act::Redo { tenant: self.tenant.clone() })),
            Action::Why => self.toggle(Detail::Why),
            Action::NextPane | Action::PreviousPane => self.toggle(Detail::Lens),
            Action::Back => return self.back(),
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

    fn back(&mut self) -> Handled {
        if self.alike.is_some() {
            self.alike = None;
        } else if self.detail != Detail::None {
            self.detail = Detail::None;
        } else {
            return Handled::No;
        }
        Handled::Yes
    }

    fn typed(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back => self.text = None,
            Action::Enter => {
                let Some((typing, field)) = self.text.take() else { return Handled::No };
                let typed = field.value().trim().to_owned();
                match typing {
                    Typing::Note => self.note = (!typed.is_empty()).then_some(typed),
                    Typing::Find => self.find(&typed, cx),
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Goes to the next card whose name, id or reason has the words.
    fn find(&mut self, words: &str, cx: &mut Cx<'_>) {
        let Some(plan) = self.queue().map(|queue| queue.plan).filter(|_| !words.is_empty()) else { return };
        let ask = Ask::Find { tenant: self.tenant.clone(), plan, words: words.to_owned(), after: self.at };
        cx.query(FIND, Query::Review(ask));
    }

    fn previous(&mut self, cx: &mut Cx<'_>) {
        if self.at > 0 {
            self.alike = None;
            self.go(self.at - 1, cx);
        }
    }

    /// The next card; behind the last the summary, behind that the collisions.
    fn next(&mut self, cx: &mut Cx<'_>) {
        self.alike = None;
        let all = self.rows().len();
        if self.at < all {
            self.go(self.at + 1, cx);
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

    /// A key of the card, or of its group.
    fn rule(&mut self, kind: Kind, cx: &mut Cx<'_>) {
        if self.alike.is_some() {
            self.rule_group(kind, cx);
            return;
        }
        if let Some(reason) = self.refused(kind) {
            cx.toast(Level::Warn, reason);
            return;
        }
        let user = self.choice().map(|choice| choice.user.as_str().into());
        if let Some(ruling) = self.ruling(kind, user.as_ref()) {
            self.rule_one(ruling, cx);
        }
    }

    /// Whether the card was on the screen long enough to be ruled on; says so when it was not.
    pub(super) fn is_seen(&self, cx: &mut Cx<'_>) -> bool {
        let seen = self.shown_at.is_some_and(|at| cx.uptime().saturating_sub(at) >= SEEN_AFTER);
        if !seen {
            cx.toast(Level::Info, format!("too quick, card {} was not read", format::count(self.at + 1)));
        }
        seen
    }

    fn rule_one(&mut self, ruling: Ruling, cx: &mut Cx<'_>) {
        let Some((employee, name)) = self.row().map(|row| (row.employee.clone(), row.name.clone())) else { return };
        if !self.is_seen(cx) {
            return;
        }
        let name = if name.is_empty() { employee.to_string() } else { name };
        let words = match &ruling {
            Ruling::Link { user } => format!("Linked {name} to {user}"),
            Ruling::Create => format!("{name} becomes a new user"),
            Ruling::Later { until: Some(day) } => format!("Put {name} off until {}", day.strftime("%-d %b")),
            Ruling::Later { until: None } | Ruling::HoldBack => format!("Put {name} off"),
            Ruling::Undone { run } => format!("Holds {name}: run {run} was undone"),
            Ruling::Exclude => format!("Excluded {name}"),
            Ruling::Protect => format!("Protected {name}"),
        };
        let at = self.at;
        self.send(vec![(at, employee, ruling)], cx);
        cx.done(words, true);
        self.advance(cx);
    }

    /// Sends rulings as one step and marks their cards.
    pub(super) fn send(&mut self, rulings: Vec<(usize, EmployeeId, Ruling)>, cx: &mut Cx<'_>) {
        self.done.push(Done::Rulings(rulings.iter().map(|(_, employee, _)| employee.clone()).collect()));
        if let Some(Some(queue)) = self.queue.value_mut() {
            for (at, employee, ruling) in &rulings {
                if let Some(ruled) = Ruled::of(ruling) {
                    queue.ruled.insert(*at, ruled);
                    self.was.insert(employee.clone(), ruled);
                }
            }
        }
        let rulings = rulings.into_iter().map(|(_, employee, ruling)| (employee, ruling)).collect();
        let act = Act::Rule { tenant: self.tenant.clone(), rulings, reason: self.note.take() };
        cx.command(RULE, Command::Review(act));
    }

    pub(super) fn advance(&mut self, cx: &mut Cx<'_>) {
        self.alike = None;
        let at = self.next_open().unwrap_or(self.rows().len());
        self.go(at, cx);
    }

    /// The person of the card and those beside it are different people.
    fn tell_apart(&mut self, cx: &mut Cx<'_>) {
        let Some((employee, name)) = self.row().map(|row| (row.employee.clone(), row.name.clone())) else { return };
        if !self.is_seen(cx) {
            return;
        }
        self.done.push(Done::Rulings(vec![employee.clone()]));
        let at = self.at;
        if let Some(Some(queue)) = self.queue.value_mut() {
            queue.ruled.insert(at, Ruled::Apart);
            self.was.insert(employee.clone(), Ruled::Apart);
        }
        cx.done(format!("{name} ({employee}) and the records beside are different people"), true);
        let act = Act::TellApart { tenant: self.tenant.clone(), employee, reason: self.note.take() };
        cx.command(RULE, Command::Review(act));
        self.advance(cx);
    }

    fn not_same(&mut self, cx: &mut Cx<'_>) {
        let (Some(row), Some(choice)) = (self.row(), self.choice()) else { return };
        let (employee, user, name) = (row.employee.clone(), choice.user.as_str().into(), row.name.clone());
        if !self.is_seen(cx) {
            return;
        }
        self.done.push(Done::NotSame(employee.clone(), crate::domain::ids::UserId::clone(&user), self.at));
        cx.done(format!("{name} and {user} are two people"), true);
        if let Some(card) = self.cards.get_mut(&employee) {
            card.choices.retain(|choice| choice.user != user.as_str());
        }
        self.choose(self.choice);
        let act = Act::NotSame { tenant: self.tenant.clone(), employee, user, off: false };
        cx.command(RULE, Command::Review(act));
    }

    fn undo(&mut self, cx: &mut Cx<'_>) {
        match self.done.pop() {
            Some(Done::NotSame(employee, user, at)) => {
                let act = Act::NotSame { tenant: self.tenant.clone(), employee: employee.clone(), user, off: true };
                self.cards.remove(&employee);
                cx.command(RULE, Command::Review(act));
                self.go(at, cx);
            }
            Some(Done::Rulings(_)) | None => {
                cx.command(WALK, Command::Review(Act::Undo { tenant: self.tenant.clone() }));
            }
        }
    }

    fn done(&mut self, slot: &'static str, payload: &Payload, cx: &mut Cx<'_>) {
        match payload {
            Payload::Review(Answer::Ruled | Answer::NotSame { .. }) => self.replan(cx),
            Payload::Review(Answer::Replanned) => {
                self.replanning = false;
                cx.tenant_changed();
                if std::mem::take(&mut self.replan_again) {
                    self.replan(cx);
                }
            }
            Payload::Review(Answer::Walked { employees: Some(employees), redo }) => {
                self.walked(employees.clone(), *redo, cx);
            }
            Payload::Review(Answer::Walked { employees: None, redo }) => {
                cx.toast(Level::Info, if *redo { "Nothing to redo" } else { "Nothing to undo" });
            }
            Payload::Done if slot == PREVIEW => cx.open(Place::tenant(ScreenId::Run, self.tenant.clone())),
            _ => {}
        }
    }

    /// An undone or redone step: its people are marked anew and the cursor goes to the first of them.
    fn walked(&mut self, employees: Vec<EmployeeId>, redo: bool, cx: &mut Cx<'_>) {
        let mut first = None;
        if let Some(Some(queue)) = self.queue.value_mut() {
            for employee in &employees {
                let Some(at) = queue.rows.place(employee) else { continue };
                first = Some(first.map_or(at, |first: usize| first.min(at)));
                match self.was.get(employee).filter(|_| redo) {
                    Some(ruled) => drop(queue.ruled.insert(at, *ruled)),
                    None => drop(queue.ruled.remove(&at)),
                }
            }
        }
        let who = match employees.as_slice() {
            [one] => {
                let row = first.and_then(|at| self.rows().get(at));
                row.map_or(one.to_string(), |row| row.name.clone())
            }
            more => format::counted(more.len() as u64, "person", "people"),
        };
        self.alike = None;
        cx.done(format!("{} the ruling on {who}", if redo { "Brought back" } else { "Undid" }), false);
        if let Some(first) = first {
            if redo {
                self.done.push(Done::Rulings(employees));
            }
            self.go(first, cx);
        } else {
            // Somebody whom this queue does not have: the next queue does.
            self.subject = employees.first().cloned();
        }
        self.replan(cx);
    }

    /// Plans again in the background; while one is under way the newest wish waits.
    fn replan(&mut self, cx: &mut Cx<'_>) {
        if self.replanning {
            self.replan_again = true;
            return;
        }
        self.replanning = true;
        cx.command(REPLAN, Command::Review(Act::Replan { tenant: self.tenant.clone() }));
    }
}
