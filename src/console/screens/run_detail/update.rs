//! What happens to the screen Run detail.

use super::state::RunDetail;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::history::data::{Act, Answer, Ask, Part, mailed_words};
use crate::console::screens::history::{errors_name, undone};
use crate::console::screens::{Answer as Answered, Handled, ScreenId, ScreenMsg};
use crate::console::screens::{drift, said, undo};
use crate::console::widgets::Hit;
use crate::domain::ids::EmployeeId;
use crate::services::said::LineOf;

const DETAIL: &str = "detail";
const LINES: [(&str, Part); 3] = [("failed", Part::Failed), ("held", Part::Held), ("changed", Part::Changed)];
const SAVE: &str = "save";
const RELEASE: &str = "release";
const REPORT: &str = "report";

impl RunDetail {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.resize(body);
                self.read_lines(cx);
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.read(cx),
            ScreenMsg::Loaded(_, Payload::History(Answer::Detail(detail))) => {
                self.list_mut(Part::Failed).table.set_ids(detail.run.failed.clone());
                self.list_mut(Part::Held).table.set_ids(detail.held.clone());
                self.list_mut(Part::Changed).table.set_ids(detail.run.changed.clone());
                let first = !matches!(self.detail, crate::console::app::Remote::Loading { previous: Some(_), .. });
                self.detail.ready(detail);
                if first {
                    self.focus_first();
                }
                self.lists.iter_mut().for_each(|list| list.lines.clear());
                self.resize(cx.body());
                self.read_lines(cx);
            }
            ScreenMsg::Loaded(_, Payload::History(Answer::Lines { part, lines })) => {
                let list = self.list_mut(part);
                list.lines.extend(lines.into_iter().map(|line| (line.id, line)));
            }
            ScreenMsg::Failed(slot, problem) if slot.name == DETAIL => {
                cx.problem(problem.clone());
                self.detail.fail(problem);
            }
            // The window is asked for again when it moves.
            ScreenMsg::Failed(..) => {}
            ScreenMsg::Done(_, Payload::History(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Done(_, Payload::History(Answer::Mailed { run, recipients, not_told })) => {
                cx.done(mailed_words(run, &recipients, not_told.as_deref()), false);
            }
            ScreenMsg::Done(_, Payload::Undo(undo::data::Answer::Released(count))) => {
                cx.done(undo::released_words(count), count > 0);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SAVE, Answered::Named(file)) => self.named(file, cx),
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit, double } => return self.clicked(&hit, double, cx),
            ScreenMsg::Wheel { rows, .. } => {
                let part = self.part();
                self.list_mut(part).table.move_by(rows);
                self.read_lines(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        let Some(run) = self.run else { return };
        self.detail.load(cx.uptime());
        cx.query(DETAIL, Query::History(Ask::Detail { tenant: self.tenant.clone(), run }));
    }

    /// The first list that has somebody.
    fn focus_first(&mut self) {
        let first = Part::ALL.into_iter().position(|part| !self.list(part).table.is_empty());
        self.focus.set(first.and_then(|at| u8::try_from(at).ok()).unwrap_or(2));
    }

    fn read_lines(&mut self, cx: &mut Cx<'_>) {
        for (slot, part) in LINES {
            let ids = self.list(part).missing();
            if !ids.is_empty() {
                cx.query(slot, Query::History(Ask::Lines { tenant: self.tenant.clone(), part, ids }));
            }
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.open_person(cx),
            Action::Export => self.save(cx),
            Action::CopyRow | Action::CopyId => {
                let Some(line) = self.list(self.part()).current() else { return Handled::Yes };
                cx.copy(if action == Action::CopyId {
                    line.identifier.clone()
                } else {
                    [&line.identifier, &line.user, &line.what, &line.text].map(String::as_str).join("  ")
                });
            }
            Action::Compare => self.open_said(cx),
            Action::MoreUndoRun => {
                if let Some(run) = self.run {
                    cx.open(Place::tenant(ScreenId::Undo, self.tenant.clone()).about(run.to_string()));
                }
            }
            Action::MoreDrift => {
                if let Some(run) = self.run {
                    cx.open(drift::place(&self.tenant, run));
                }
            }
            Action::MoreReport => {
                if let Some(run) = self.run {
                    cx.command(REPORT, Command::History(Act::Report { run }));
                }
            }
            Action::MoreRelease => {
                if let Some(run) = self.detail.value().map(|detail| undone(&detail.run.run)) {
                    cx.command(RELEASE, Command::Undo(undo::data::Act::Release { tenant: self.tenant.clone(), run }));
                }
            }
            Action::PreviousItem | Action::NextItem => self.step(action == Action::NextItem, cx),
            Action::NextPane | Action::PreviousPane => {
                // Empty lists have no pane.
                for _ in 0..3 {
                    self.focus.handle(action);
                    if !self.list(self.part()).table.is_empty() {
                        break;
                    }
                }
                self.resize(cx.body());
                self.read_lines(cx);
            }
            Action::Zoom | Action::Back if self.focus.handle(action) => {
                self.resize(cx.body());
                self.read_lines(cx);
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks | Action::Back => {
                return Handled::No;
            }
            _ => {
                let part = self.part();
                if !self.list_mut(part).table.handle(action) {
                    return Handled::No;
                }
                self.read_lines(cx);
            }
        }
        Handled::Yes
    }

    fn clicked(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane, row } => {
                self.focus.set(*pane);
                let part = self.part();
                self.list_mut(part).table.move_to(*row);
                if double {
                    self.open_person(cx);
                }
            }
            Hit::Pane(pane) => self.focus.set(*pane),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn open_person(&mut self, cx: &mut Cx<'_>) {
        let person = self.list(self.part()).current().and_then(|line| line.employee.clone());
        if let Some(person) = person {
            cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(person));
        }
    }

    /// What was said for the line under the cursor; of somebody who is held, that nothing was.
    fn open_said(&mut self, cx: &mut Cx<'_>) {
        let part = self.part();
        let (Some(run), Some(line)) = (self.run, self.list(part).current()) else { return };
        let line = match (part, &line.employee) {
            (Part::Held, Some(employee)) => LineOf::Person(EmployeeId::new(employee.clone()), None),
            _ => LineOf::Row(line.id),
        };
        cx.open(said::place(&self.tenant, run, &line));
    }

    fn save(&mut self, cx: &mut Cx<'_>) {
        let Some(run) = self.run else { return };
        if self.list(Part::Failed).table.is_empty() {
            cx.save_as(SAVE, format!("Save what run {run} did as"), &format!("{}-run-{run}", self.tenant));
        } else {
            cx.save_as(SAVE, format!("Save the errors of run {run} as"), &errors_name(&self.tenant, run));
        }
    }

    fn named(&self, file: String, cx: &mut Cx<'_>) {
        let Some(run) = self.run else { return };
        let tenant = self.tenant.clone();
        let act = if self.list(Part::Failed).table.is_empty() {
            Act::SaveAll { tenant, run, file }
        } else {
            Act::SaveErrors { tenant, run, file }
        };
        cx.command(SAVE, Command::History(act));
    }

    fn step(&mut self, later: bool, cx: &mut Cx<'_>) {
        let (earlier, after) = self.detail.value().map(|detail| detail.neighbours).unwrap_or_default();
        if let Some(run) = if later { after } else { earlier } {
            cx.replace(Place::tenant(ScreenId::RunDetail, self.tenant.clone()).about(run.to_string()));
        }
    }
}
