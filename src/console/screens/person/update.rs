//! What happens to the screen.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::data::{Act, Answer, Ask, Cure};
use super::state::{LADDER, Person, RECORD, SIDE, TIMELINE, place_of_row};
use crate::console::app::live::LiveCommand;
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::people::push;
use crate::console::screens::{Answer as Picked, Handled, ScreenId, ScreenMsg, mappings, said};
use crate::console::term::width;
use crate::console::widgets::Hit;
use crate::console::widgets::confirm::Confirm;
use crate::domain::decision::Ruling;
use crate::domain::ids::RunId;
use crate::services::forget::OUT_OF_REACH;
use crate::services::said::LineOf;
use crate::store::views::PersonKey;

const CARD: &str = "card";
const PUSH: &str = "push";
const RUN: &str = "run";
const READ: &str = "read";
const RULING: &str = "ruling";
const FORGET: &str = "forget";

/// Cells of a line in the box that asks before somebody is forgotten.
const FORGET_CELLS: usize = 58;

/// The day that `t` proposes: the Tuesday after tomorrow's at the earliest, so that HR has a working day.
#[must_use]
pub(super) fn next_tuesday(today: Date) -> Option<Date> {
    let tomorrow = today.checked_add(1.day()).ok()?;
    tomorrow.nth_weekday(1, Weekday::Tuesday).ok()
}

impl Person {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.load(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.set_heights();
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Loaded(_, Payload::Person(answer)) | ScreenMsg::Done(_, Payload::Person(answer)) => {
                self.loaded(answer, cx);
            }
            ScreenMsg::Failed(slot, problem) if slot.name == CARD => {
                if self.card.value().is_some() {
                    cx.problem(problem.clone());
                }
                self.card.fail(problem);
            }
            ScreenMsg::Done(slot, _) if slot.name == READ => {
                cx.done("Reading from the source; the plan follows", false)
            }
            ScreenMsg::Done(slot, _) if slot.name == RUN => cx.done("Started the push", false),
            ScreenMsg::Failed(_, problem) | ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(PUSH, Picked::Confirmed) => {
                if let Some(push) = self.push.take() {
                    cx.command(RUN, Command::Run(push::command(push)));
                }
            }
            ScreenMsg::Answered(FORGET, Picked::Confirmed) => {
                if let Some(employee) = self.employee() {
                    cx.command(FORGET, Command::Person(Act::Forget { tenant: self.tenant.clone(), employee }));
                }
            }
            ScreenMsg::Answered(..) => self.push = None,
            ScreenMsg::Click { hit, double } => return self.click(&hit, double, cx),
            ScreenMsg::Wheel { hit, rows } => self.wheel(hit.as_ref(), rows),
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        self.card.load(cx.uptime());
        let ask = Ask::Card { tenant: self.tenant.clone(), subject: self.subject.clone(), list: self.list.clone() };
        cx.query(CARD, Query::Person(ask));
    }

    fn loaded(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Card(card) => {
                self.timeline.set_ids((0..card.timeline.len()).collect());
                self.record.set_ids((0..card.fields.len()).collect());
                self.card.ready(*card);
                self.set_heights();
            }
            Answer::Push(found) => match &found.refused {
                Some(why) => cx.toast(Level::Warn, format!("Not pushed: {why}")),
                None => {
                    let zone = cx.console().zone.clone();
                    cx.confirm(PUSH, push::question(&found, &zone));
                    self.push = Some(*found);
                }
            },
            Answer::Ruled(words) => {
                cx.done(words, true);
                self.changed(cx);
            }
            Answer::Forgotten(words) => {
                cx.done(format!("Forgotten: {words}"), false);
                cx.tenant_changed();
                cx.replace(Place::tenant(ScreenId::People, self.tenant.clone()));
            }
            Answer::Walked(words, walked) => {
                cx.toast(Level::Info, words);
                if walked {
                    self.changed(cx);
                }
            }
        }
    }

    fn changed(&mut self, cx: &mut Cx<'_>) {
        cx.tenant_changed();
        self.load(cx);
    }

    fn click(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane: TIMELINE, row } => {
                self.focus.set(TIMELINE);
                self.timeline.move_to(*row);
                if double {
                    self.open_line(cx);
                }
            }
            Hit::Row { pane: RECORD, row } => {
                self.focus.set(RECORD);
                self.record.move_to(*row);
            }
            Hit::Row { pane, .. } | Hit::Pane(pane) => {
                self.focus.set(*pane);
                if *pane == LADDER && double {
                    self.go_to_cure(cx);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn wheel(&mut self, hit: Option<&Hit>, rows: i32) {
        if self.raw {
            self.raw_top = crate::console::app::overlay::step(self.raw_top, rows, self.raw_lines());
            return;
        }
        match hit {
            Some(Hit::Pane(RECORD) | Hit::Row { pane: RECORD, .. }) => self.record.move_by(rows),
            _ => self.timeline.move_by(rows),
        }
    }

    pub(super) fn raw_lines(&self) -> usize {
        self.card.value().map_or(0, |card| card.raw_source.len().max(card.raw_user.len()))
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter if self.raw => self.raw = false,
            Action::Enter if self.focus.is(TIMELINE) => self.open_line(cx),
            Action::Enter | Action::Why => self.go_to_cure(cx),
            Action::Later => {
                let until = self.card.value().and_then(|card| next_tuesday(card.today));
                self.rule(Ruling::Later { until }, cx);
            }
            Action::MoreProtect => self.rule(Ruling::Protect, cx),
            Action::MoreExclude => self.rule(Ruling::Exclude, cx),
            Action::MoreForget => self.ask_forget(cx),
            Action::Clear => {
                if let Some(employee) = self.employee().filter(|_| self.has_ruling()) {
                    let act = Act::Withdraw { tenant: self.tenant.clone(), employee };
                    cx.command(RULING, Command::Person(act));
                }
            }
            Action::Undo | Action::Redo => {
                if let Some(employee) = self.employee() {
                    let act = Act::Walk { tenant: self.tenant.clone(), employee, undo: action == Action::Undo };
                    cx.command(RULING, Command::Person(act));
                }
            }
            Action::Send => self.ask_push(cx),
            Action::PreviousItem => self.neighbour(false, cx),
            Action::NextItem => self.neighbour(true, cx),
            Action::Compare if self.said().is_some() && !self.raw => {
                if let Some(place) = self.said() {
                    cx.open(place);
                }
            }
            Action::Edit => {
                if let Some(card) = self.card.value() {
                    cx.page(card.masked.join("\n"));
                }
            }
            Action::Compare => {
                self.raw = !self.raw;
                self.raw_top = 0;
            }
            Action::Back if self.raw => self.raw = false,
            Action::CopyId => {
                if let Some(card) = self.card.value() {
                    cx.copy(card.id.clone());
                }
            }
            Action::Refresh => {
                self.load(cx);
                if let Some(employee) = self.employee() {
                    let people = vec![employee];
                    let command = LiveCommand::ReadPeople { tenant: self.tenant.clone(), people };
                    cx.command(READ, Command::Run(command));
                }
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            _ if self.raw => return self.scroll_raw(action),
            _ if self.focus.handle(action) => {}
            _ => {
                let list =
                    if self.focus.is(RECORD) || self.focus.is(SIDE) { &mut self.record } else { &mut self.timeline };
                return if list.handle(action) { Handled::Yes } else { Handled::No };
            }
        }
        Handled::Yes
    }

    fn scroll_raw(&mut self, action: Action) -> Handled {
        let page = i32::from(self.body.height.saturating_sub(2));
        let lines = self.raw_lines();
        let rows = match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::PageUp => -page,
            Action::PageDown => page,
            Action::First => i32::MIN,
            Action::Last => i32::MAX,
            _ => return Handled::No,
        };
        self.raw_top = crate::console::app::overlay::step(self.raw_top, rows, lines);
        Handled::Yes
    }

    fn has_ruling(&self) -> bool {
        self.card.value().is_some_and(|card| card.ruling.is_some())
    }

    fn rule(&mut self, ruling: Ruling, cx: &mut Cx<'_>) {
        if let Some(employee) = self.employee() {
            let act = Act::Rule { tenant: self.tenant.clone(), employee, ruling };
            cx.command(RULING, Command::Person(act));
        }
    }

    /// What goes cannot be had back, so it asks.
    fn ask_forget(&mut self, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        let mut confirm = Confirm::new(format!("Forget {}?", card.name), card.id.clone(), "Forget for good")
            .line("Records, ties, rulings, lines and what was said go out of")
            .line("the workspace and out of the bytes of its file.")
            .line("")
            .line("Not reached:");
        for words in OUT_OF_REACH {
            for line in width::wrap(words, FORGET_CELLS) {
                confirm = confirm.line(format!("  {line}"));
            }
        }
        cx.confirm(FORGET, confirm);
    }

    fn ask_push(&mut self, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        let Some(employee) = card.employee.clone() else { return };
        let ask = Ask::Push { tenant: self.tenant.clone(), employee, name: card.name.clone() };
        cx.query(PUSH, Query::Person(ask));
    }

    /// Where the cure is; `None` where it is nowhere here.
    pub(super) fn cure_place(&self) -> Option<Place> {
        let card = self.card.value()?;
        let about = |screen| Place::tenant(screen, self.tenant.clone()).about(card.id.clone());
        match &card.cure {
            Cure::Mapping(kind, value) => Some(mappings::place(&self.tenant, *kind, Some(value))),
            Cure::Review => Some(about(ScreenId::Review)),
            Cure::Collision => Some(about(ScreenId::Collision)),
            Cure::Plan => Some(Place::tenant(ScreenId::Plan, self.tenant.clone())),
            Cure::Elsewhere => None,
        }
    }

    fn go_to_cure(&mut self, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        match self.cure_place() {
            Some(place) => cx.open(place),
            None => cx.toast(Level::Info, card.cure_words.trim_end_matches('.').to_owned()),
        }
    }

    /// Opens the run or plan that a line of the timeline names.
    fn open_line(&mut self, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        let Some(event) = self.timeline.cursor().and_then(|at| card.timeline.get(*at)) else { return };
        match event.by.split_once(' ') {
            Some(("run", number)) => {
                cx.open(Place::tenant(ScreenId::RunDetail, self.tenant.clone()).about(number));
            }
            Some(("plan", _)) => cx.open(Place::tenant(ScreenId::Plan, self.tenant.clone())),
            _ => cx.toast(Level::Info, format!("{} {}", event.what, event.text)),
        }
    }

    /// Where what was said for the line of the timeline is shown; `None` where the line is of no run, or has not the keys.
    pub(super) fn said(&self) -> Option<Place> {
        let card = self.card.value()?;
        let employee = card.employee.clone().filter(|_| self.focus.is(TIMELINE))?;
        let event = card.timeline.get(*self.timeline.cursor()?)?;
        let run = event.by.strip_prefix("run ")?.parse().ok().map(RunId)?;
        Some(said::place(&self.tenant, run, &LineOf::Person(employee, None)))
    }

    fn neighbour(&mut self, next: bool, cx: &mut Cx<'_>) {
        let Some(card) = self.card.value() else { return };
        let key: Option<PersonKey> = if next { card.neighbours.next } else { card.neighbours.previous };
        match key {
            Some(key) => cx.replace(place_of_row(&self.tenant, key, &self.list)),
            None => cx.toast(Level::Info, if next { "This is the last one" } else { "This is the first one" }),
        }
    }
}

#[cfg(test)]
mod later_tests {
    use super::next_tuesday;
    use jiff::civil::date;

    #[test]
    fn later_proposes_a_tuesday_that_leaves_a_day() {
        assert_eq!(next_tuesday(date(2026, 11, 24)), Some(date(2026, 12, 1)), "on a Tuesday the next one");
        assert_eq!(next_tuesday(date(2026, 11, 23)), Some(date(2026, 12, 1)), "not tomorrow");
        assert_eq!(next_tuesday(date(2026, 11, 22)), Some(date(2026, 11, 24)));
    }
}
