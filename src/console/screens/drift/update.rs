//! What happens to the screen Drift.

use super::data::{Act, Answer, Ask};
use super::state::Drift;
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{Answer as Answered, Handled, ScreenId, ScreenMsg, said};
use crate::console::widgets::Hit;
use crate::services::drift;
use crate::services::said::LineOf;

const PAGE: &str = "page";
const SAVE: &str = "save";
const SORT: &str = "sort";

impl Drift {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.finder.measure(body);
                self.resize(body);
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.read(cx),
            // Each line of a live run writes a line of the feed; a question that is on its way answers for those too.
            ScreenMsg::FeedMoved(_) => {
                let is_live = self.page.value().is_some_and(|page| page.is_live);
                if is_live && self.page.loading_since().is_none() {
                    self.read(cx);
                }
            }
            ScreenMsg::Loaded(_, Payload::Drift(Answer::Page(page))) => {
                self.page.ready(page);
                self.body = cx.body();
                self.arrange();
            }
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.page.fail(problem);
            }
            ScreenMsg::Done(_, Payload::Drift(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SAVE, Answered::Named(file)) => {
                if let Some(run) = self.run {
                    cx.command(SAVE, Command::Drift(Act::Save { tenant: self.tenant.clone(), run, file }));
                }
            }
            ScreenMsg::Answered(SORT, Answered::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.arrange();
            }
            ScreenMsg::Wheel { rows, .. } => self.lines.move_by(rows),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.lines.move_to(row);
                if double {
                    self.open_person(cx);
                }
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        let Some(run) = self.run else { return };
        self.page.load(cx.uptime());
        cx.query(PAGE, Query::Drift(Ask::Page { tenant: self.tenant.clone(), run }));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.open_person(cx),
            Action::PreviousItem => self.lines.move_by(-1),
            Action::NextItem => self.lines.move_by(1),
            Action::Compare => {
                if let (Some(run), Some(line)) = (self.run, self.current()) {
                    cx.open(said::place(&self.tenant, run, &LineOf::Seq(line.seq)));
                }
            }
            Action::CopyId | Action::CopyRow => {
                if let Some(page) = self.page.value() {
                    cx.copy_lines(&drift::text(page));
                }
            }
            Action::Export => {
                if let Some(run) = self.run {
                    let name = format!("{}-run-{run}-drift", self.tenant);
                    cx.save_as(SAVE, format!("Save what had moved of run {run} as"), &name);
                }
            }
            Action::Refresh => self.read(cx),
            Action::Why => {
                if let Some(line) = self.current() {
                    cx.toast(Level::Info, format!("{}: {}; {}. Next: {}", line.name, line.met, line.so, line.next));
                }
            }
            Action::Sort => cx.pick(SORT, self.finder.orders("as planned", self.order.1)),
            Action::Back if self.finder.is_on() => {
                self.finder.lend("");
                self.arrange();
            }
            // There is nothing that could be done to several lines.
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            _ if self.lines.handle(action) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn open_person(&self, cx: &mut Cx<'_>) {
        if let Some(employee) = self.current().and_then(|line| line.employee.clone()) {
            cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(employee.0));
        }
    }
}
