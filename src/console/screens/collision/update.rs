//! What happens to the collision card.

use super::state::CollisionScreen;
use crate::console::app::overlay::step;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Cx, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::review::data::{Act, Answer, Ask, Question, Side};
use crate::console::screens::{Answer as Confirmed, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::confirm::Confirm;
use crate::console::widgets::text_input::TextField;
use crate::domain::decision::Ruling;
use crate::domain::ids::EmployeeId;
use std::time::Duration;

const CARD: &str = "card";
const RULE: &str = "rule";
const FIX: &str = "fix";
const KEEP: &str = "keep";
/// As on a review card: a key counts only on what was seen.
const SEEN_AFTER: Duration = Duration::from_millis(250);

impl CollisionScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.load(cx),
            ScreenMsg::Loaded(_, Payload::Review(Answer::Collision(card))) => {
                self.side = card.fits.unwrap_or(0);
                self.both = false;
                self.line = 0;
                self.shown_at = Some(cx.uptime());
                self.card.ready(*card);
            }
            ScreenMsg::Failed(_, problem) => self.card.fail(problem),
            ScreenMsg::Done(_, Payload::Review(answer)) => self.done(&answer, cx),
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(KEEP, Confirmed::Confirmed) => self.keep(cx),
            ScreenMsg::Key(key) => {
                if let Some(file) = &mut self.file {
                    file.key(key);
                }
            }
            ScreenMsg::Paste(text) => {
                if let Some(file) = &mut self.file {
                    file.paste(&text);
                }
            }
            ScreenMsg::Click { hit: Hit::Row { pane: 0, row }, .. } => self.line = row,
            ScreenMsg::Wheel { rows, .. } => self.move_line(rows),
            ScreenMsg::Action(action) => return self.action(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        self.card.load(cx.uptime());
        let ask = Ask::Collision { tenant: self.tenant.clone(), employee: self.employee.clone() };
        cx.query(CARD, Query::Review(ask));
    }

    fn move_line(&mut self, rows: i32) {
        let lines = self.card.value().map_or(0, |card| card.labels.len());
        self.line = step(self.line, rows, lines);
    }

    fn choose(&mut self, rows: i32) {
        let sides = self.card.value().map_or(0, |card| card.sides.len());
        self.side = step(self.side, rows, sides);
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.file.is_some() {
            return self.typed(action, cx);
        }
        match action {
            Action::Up => self.move_line(-1),
            Action::Down => self.move_line(1),
            Action::First => self.move_line(i32::MIN + 1),
            Action::Last => self.move_line(i32::MAX),
            Action::Left => self.choose(-1),
            Action::Right => self.choose(1),
            Action::Enter => self.enter(cx),
            Action::New if self.is_records() => self.tell_apart(cx),
            Action::New if self.question() == Question::Email => self.without_email(cx),
            Action::Alike if self.question() == Question::Email => self.both = !self.both,
            Action::Later => self.later(cx),
            Action::Undo => cx.command(RULE, Command::Review(Act::Undo { tenant: self.tenant.clone() })),
            Action::Redo => cx.command(RULE, Command::Review(Act::Redo { tenant: self.tenant.clone() })),
            Action::Why => {
                let words = self.side().and_then(|side| side.refused.clone());
                let because = self.card.value().map(|card| card.because.clone()).unwrap_or_default();
                cx.toast(Level::Info, words.unwrap_or(because));
            }
            Action::Export => self.file = Some(TextField::with(&format!("{}-fix-list.csv", self.tenant))),
            Action::PreviousItem => self.other(-1, cx),
            Action::NextItem => self.other(1, cx),
            Action::Refresh => self.load(cx),
            Action::CopyId => {
                if let Some(side) = self.side() {
                    cx.copy(side.employee.clone());
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn typed(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back => self.file = None,
            Action::Enter => {
                let Some(file) = self.file.take() else { return Handled::No };
                let other = self.other_side();
                let Some(side) = other.and_then(|at| self.card.value()?.sides.get(at)) else { return Handled::Yes };
                let act = Act::FixList {
                    tenant: self.tenant.clone(),
                    who: side.name.clone(),
                    branch: side.branch.clone(),
                    line: side.fix.clone(),
                    file: file.value().to_owned(),
                };
                cx.command(FIX, Command::Review(act));
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The side that has to be cured in the source: the one that is not chosen.
    pub(super) fn other_side(&self) -> Option<usize> {
        let sides = self.card.value()?.sides.len();
        (0..sides).find(|at| *at != self.side).or(Some(self.side))
    }

    /// Whether the card was on the screen long enough to be ruled on; says so when it was not.
    fn is_seen(&self, cx: &mut Cx<'_>) -> bool {
        let seen = self.shown_at.is_some_and(|at| cx.uptime().saturating_sub(at) >= SEEN_AFTER);
        if !seen {
            cx.toast(Level::Info, "too quick, this collision was not read");
        }
        seen
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        if self.side().is_none() || !self.is_seen(cx) {
            return;
        }
        let Some(side) = self.side() else { return };
        if let Some(reason) = side.refused.clone() {
            cx.toast(Level::Warn, reason);
            return;
        }
        if self.is_plain() {
            self.keep(cx);
            return;
        }
        let confirm = Confirm::new(format!("Keep {}?", side.name), self.tenant.clone(), format!("Keep {}", side.name))
            .line(side.outcome.clone())
            .line("")
            .line("Nothing is sent yet: the next plan says so. Can be undone: u.");
        cx.confirm(KEEP, confirm);
    }

    fn keep(&mut self, cx: &mut Cx<'_>) {
        let Some(side) = self.side() else { return };
        let (name, rulings) = (side.name.clone(), side.keep.clone());
        let employee = EmployeeId(side.employee.clone());
        let tenant = self.tenant.clone();
        let (act, words) = match (self.question(), rulings.is_empty()) {
            (Question::Records, _) => (Act::Keep { tenant, employee, reason: None }, format!("Kept {name}")),
            (Question::Rivals, _) => (Act::Rule { tenant, rulings, reason: None }, format!("Linked {name}")),
            (_, true) => (Act::KeepShared { tenant, employee }, format!("Kept {name}; the other stays held")),
            (_, false) => (Act::Rule { tenant, rulings, reason: None }, format!("Kept {name}")),
        };
        self.act(act, words, cx);
    }

    /// `n` where an e-mail is shared: the other one, or with `b` both, go without it.
    fn without_email(&mut self, cx: &mut Cx<'_>) {
        if self.side().is_none() || !self.is_seen(cx) {
            return;
        }
        if let Some(Err(why)) = self.without() {
            cx.toast(Level::Warn, why.clone());
            return;
        }
        let Some(card) = self.card.value() else { return };
        let sides = card.sides.iter().enumerate().filter(|(at, _)| self.both || *at != self.side).map(|(_, side)| side);
        let (employees, names): (Vec<_>, Vec<_>) =
            sides.map(|side| (EmployeeId(side.employee.clone()), side.name.clone())).unzip();
        let verb = if names.len() == 1 { "goes" } else { "go" };
        let words = format!("{} {verb} without e-mail", names.join(" and "));
        self.act(Act::WithoutEmail { tenant: self.tenant.clone(), employees }, words, cx);
    }

    /// The records are different people.
    fn tell_apart(&mut self, cx: &mut Cx<'_>) {
        let Some(side) = self.side() else { return };
        let employee = EmployeeId(side.employee.clone());
        if self.is_seen(cx) {
            let words = format!("{} and the others are different people", side.name);
            self.act(Act::TellApart { tenant: self.tenant.clone(), employee, reason: None }, words, cx);
        }
    }

    fn later(&mut self, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        let until = Some(card.later);
        // Who has a user already goes on being synced.
        let held: Vec<&Side> = card.sides.iter().filter(|side| side.is_held).collect();
        let rulings = held.iter().map(|side| (EmployeeId(side.employee.clone()), Ruling::Later { until })).collect();
        let day = card.later.strftime("%-d %b");
        let words = match held.as_slice() {
            [one] => format!("Put {} off until {day}", one.name),
            _ => format!("Put both off until {day}"),
        };
        self.act(Act::Rule { tenant: self.tenant.clone(), rulings, reason: None }, words, cx);
    }

    fn act(&mut self, act: Act, words: String, cx: &mut Cx<'_>) {
        cx.command(RULE, Command::Review(act));
        cx.done(words, true);
        self.ruled += 1;
        self.shown_at = None;
    }

    fn done(&mut self, answer: &Answer, cx: &mut Cx<'_>) {
        let replan = Command::Review(Act::Replan { tenant: self.tenant.clone() });
        match answer {
            Answer::Ruled => {
                cx.command(RULE, replan);
                self.leave(cx);
            }
            Answer::Walked { employees: Some(employees), words, .. } => {
                cx.done(words.clone(), false);
                self.brought_back = employees.first().filter(|first| **first != self.employee).cloned();
                cx.command(RULE, replan);
            }
            Answer::Walked { employees: None, words, .. } => cx.toast(Level::Info, words.clone()),
            Answer::Replanned => {
                cx.tenant_changed();
                // To a page of its own: this one stays about its employee, so that the way on from there leads here.
                match self.brought_back.take() {
                    Some(employee) => self.go_to(&employee, cx),
                    None => self.load(cx),
                }
            }
            Answer::Saved(path) => cx.done(format!("Added the line to {path}"), false),
            _ => {}
        }
    }

    /// After a ruling: the next collision, then Review.
    fn leave(&mut self, cx: &mut Cx<'_>) {
        let next = self.card.value().and_then(|card| card.all.get(card.place + 1).cloned());
        match next {
            Some(next) => self.go_to(&next, cx),
            None => cx.replace(Place::tenant(ScreenId::Review, self.tenant.clone())),
        }
    }

    fn other(&self, rows: i32, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        let place = step(card.place, rows, card.all.len());
        if place != card.place
            && let Some(employee) = card.all.get(place)
        {
            self.go_to(employee, cx);
        }
    }

    fn go_to(&self, employee: &EmployeeId, cx: &mut Cx<'_>) {
        cx.replace(Place::tenant(ScreenId::Collision, self.tenant.clone()).about(employee.to_string()));
    }
}
