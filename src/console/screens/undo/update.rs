//! What happens to the screen Undo.

use super::data::{Answer, Ask};
use super::state::{Pane, Undo};
use crate::console::app::live::{LiveCommand, UndoOrder};
use crate::console::app::toast::Level;
use crate::console::app::{Command, Cx, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::{Handled, ScreenId, ScreenMsg, said};
use crate::console::widgets::Hit;
use crate::domain::ids::EmployeeId;
use crate::services::said::LineOf;

const PREVIEW: &str = "preview";
const SEND: &str = "send";

impl Undo {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            // A preview reads the destination: not again for each way back from a person.
            ScreenMsg::Shown if self.preview.value().is_some() => self.sent = false,
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => self.resize(body),
            ScreenMsg::Loaded(_, Payload::Undo(Answer::Preview(preview))) => {
                let rows = |len: usize| (0..i64::try_from(len).unwrap_or(0)).collect();
                self.lines.clear_marks();
                self.lines.set_ids(rows(preview.lines.len()));
                self.left.set_ids(rows(preview.left.len()));
                self.typed.clear();
                self.preview.ready(preview);
                self.resize(cx.body());
                if self.lines.is_empty() {
                    self.pane = Pane::Left;
                }
            }
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.preview.fail(problem);
            }
            ScreenMsg::Done(slot, _) if slot.name == SEND => {
                cx.replace(Place::tenant(ScreenId::Run, self.tenant.clone()));
            }
            ScreenMsg::Refused(_, problem) => {
                self.sent = false;
                cx.problem(problem);
            }
            ScreenMsg::Key(key) => self.typed.key(key),
            ScreenMsg::Paste(_) => cx.toast(Level::Info, "pasting is off here: type the line"),
            ScreenMsg::Click { hit, double } => return self.clicked(&hit, double, cx),
            ScreenMsg::Wheel { rows, .. } => match self.pane {
                Pane::Left => self.left.move_by(rows),
                Pane::Lines | Pane::Answer => self.lines.move_by(rows),
            },
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        let Some(run) = self.run else { return };
        (self.sent, self.pane) = (false, Pane::Lines);
        self.preview.load(cx.uptime());
        cx.query(PREVIEW, Query::Undo(Ask::Preview { tenant: self.tenant.clone(), run }));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter if self.pane == Pane::Answer => self.send(cx),
            Action::Back | Action::NextPane | Action::PreviousPane if self.pane == Pane::Answer => {
                self.pane = Pane::Lines;
            }
            _ if self.pane == Pane::Answer => return Handled::No,
            Action::Enter => {
                if let Some(person) = self.person().map(str::to_owned) {
                    cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(person));
                }
            }
            Action::Refresh => self.read(cx),
            Action::Compare => self.open_said(cx),
            Action::Send => self.begin_typing(cx),
            Action::NextPane | Action::PreviousPane => {
                self.pane = match self.pane {
                    Pane::Lines if !self.left.is_empty() => Pane::Left,
                    _ => Pane::Lines,
                };
                self.resize(cx.body());
            }
            Action::CopyId => {
                if let Some(person) = self.person().map(str::to_owned) {
                    cx.copy(person);
                }
            }
            _ => {
                let list = if self.pane == Pane::Left { &mut self.left } else { &mut self.lines };
                if !list.handle(action) {
                    return Handled::No;
                }
                // What was typed was for another number.
                self.typed.clear();
            }
        }
        Handled::Yes
    }

    /// What the run said that is taken back.
    fn open_said(&self, cx: &mut Cx<'_>) {
        if let (Some(run), Some(person)) = (self.run, self.person()) {
            let line = LineOf::Person(EmployeeId::new(person), None);
            cx.open(said::place(&self.tenant, run, &line));
        }
    }

    fn begin_typing(&mut self, cx: &mut Cx<'_>) {
        if cx.console().read_only {
            cx.toast(Level::Info, "Undoing writes to the destination: read-only");
        } else if !self.does_something() {
            cx.toast(Level::Info, "Everybody is left out");
        } else {
            self.pane = Pane::Answer;
        }
    }

    fn clicked(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane: 0, row } => {
                self.pane = Pane::Lines;
                self.lines.move_to(*row);
            }
            Hit::Row { pane: 1, row } => {
                self.pane = Pane::Left;
                self.left.move_to(*row);
            }
            Hit::Pane(2) => self.begin_typing(cx),
            _ => return Handled::No,
        }
        if double {
            return self.act(Action::Enter, cx);
        }
        Handled::Yes
    }

    fn send(&mut self, cx: &mut Cx<'_>) {
        let (Some(run), Some(preview)) = (self.run, self.preview.value()) else { return };
        if self.sent || !self.agrees() {
            return;
        }
        let people = self.people();
        let order = UndoOrder {
            tenant: self.tenant.clone(),
            run,
            // What a part of it comes to was never shown as a whole; its number was.
            hash: people.is_empty().then(|| preview.hash.clone()),
            people: people.into_iter().map(EmployeeId).collect(),
            number: u32::try_from(self.number()).unwrap_or(u32::MAX),
        };
        self.sent = true;
        cx.command(SEND, Command::Run(LiveCommand::Undo(order)));
    }
}
