//! What happens to the screen History.

use super::data::{Act, Answer, Ask, mailed_words};
use super::state::{History, undone};
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::Confirm;
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{self, Handled, ScreenId, ScreenMsg};
use crate::console::screens::{said, undo};
use crate::console::widgets::Hit;
use crate::domain::ids::RunId;
use crate::services::said::LineOf;

const RUNS: &str = "runs";
const SAVE: &str = "save";
const SORT: &str = "sort";
const FINISH: &str = "finish";
const RELEASE: &str = "release";
const REPORT: &str = "report";

/// The proposed name of a file with what failed in a run.
pub fn errors_name(tenant: &str, run: RunId) -> String {
    format!("{tenant}-run-{run}-errors")
}

impl History {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.arrange(&cx.console().zone.clone());
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.read(cx),
            ScreenMsg::Loaded(_, Payload::History(Answer::Runs(runs))) => {
                self.runs.ready(runs);
                self.arrange(&cx.console().zone.clone());
            }
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.runs.fail(problem);
            }
            ScreenMsg::Done(_, Payload::History(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Done(slot, _) if slot.name == FINISH => {
                cx.open(Place::tenant(ScreenId::Run, self.tenant.clone()));
            }
            ScreenMsg::Done(_, Payload::History(Answer::Mailed { run, recipients, not_told })) => {
                cx.done(mailed_words(run, &recipients, not_told.as_deref()), false);
            }
            ScreenMsg::Done(_, Payload::Undo(undo::data::Answer::Released(count))) => {
                cx.done(undo::released_words(count), count > 0);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(FINISH, screens::Answer::Confirmed) => {
                cx.command(FINISH, Command::Run(LiveCommand::Resume { tenant: self.tenant.clone() }));
            }
            ScreenMsg::Answered(SORT, screens::Answer::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange(&cx.console().zone.clone());
            }
            ScreenMsg::Answered(SAVE, screens::Answer::Named(file)) => {
                // The run of the question: the list may have moved under it.
                if let Some(run) = self.saving.take() {
                    let act = Act::SaveErrors { tenant: self.tenant.clone(), run, file };
                    cx.command(SAVE, Command::History(act));
                }
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    self.open(cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        self.runs.load(cx.uptime());
        cx.query(RUNS, Query::History(Ask::Runs { tenant: self.tenant.clone() }));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.open(cx),
            Action::Refresh => self.read(cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("newest first", self.order.1)),
            Action::Back if self.finder.is_on() && self.compared.is_none() && self.table.marks().is_empty() => {
                self.finder.lend("");
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange(&cx.console().zone.clone());
            }
            Action::Compare if self.table.marks().is_empty() => {
                if let Some(run) = self.current().map(|run| run.id) {
                    cx.open(said::place(&self.tenant, run, &LineOf::First));
                }
            }
            Action::Compare => {
                self.compared = self.pair();
                self.resize(cx);
            }
            Action::Back if self.compared.is_some() => {
                self.compared = None;
                self.resize(cx);
            }
            Action::Export => {
                if let Some(run) = self.current().map(|run| run.id) {
                    self.saving = Some(run);
                    cx.save_as(SAVE, format!("Save the errors of run {run} as"), &errors_name(&self.tenant, run));
                }
            }
            Action::MoreResume => self.ask_finish(cx),
            Action::MoreAudit => cx.open(Place::tenant(ScreenId::Audit, self.tenant.clone())),
            Action::MoreUndoRun => {
                if let Some(run) = self.current() {
                    cx.open(Place::tenant(ScreenId::Undo, self.tenant.clone()).about(run.id.to_string()));
                }
            }
            Action::MoreReport => {
                if let Some(run) = self.current().map(|run| run.id) {
                    cx.command(REPORT, Command::History(Act::Report { run }));
                }
            }
            Action::MoreRelease => {
                if let Some(run) = self.current().map(undone) {
                    cx.command(RELEASE, Command::Undo(undo::data::Act::Release { tenant: self.tenant.clone(), run }));
                }
            }
            Action::CopyId => {
                if let Some(run) = self.current() {
                    cx.copy(run.id.to_string());
                }
            }
            Action::Mark
                if self.table.marks().len() >= 2
                    && !self.table.cursor().is_some_and(|run| self.table.is_marked(run)) =>
            {
                cx.toast(Level::Info, "Two are marked; Space on one of them takes its mark away");
            }
            Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            action if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn resize(&mut self, cx: &Cx<'_>) {
        self.body = cx.body();
        self.arrange(&cx.console().zone.clone());
    }

    fn open(&mut self, cx: &mut Cx<'_>) {
        if let Some(run) = self.current() {
            cx.open(Place::tenant(ScreenId::RunDetail, self.tenant.clone()).about(run.id.to_string()));
        }
    }

    /// It writes, so it asks (grade 2).
    fn ask_finish(&mut self, cx: &mut Cx<'_>) {
        let (Some(runs), Some(unfinished)) = (self.runs.value(), self.finishable()) else { return };
        if cx.console().read_only {
            cx.toast(Level::Info, "Finishing writes to the destination: read-only");
            return;
        }
        let (run, left) = (unfinished.run, unfinished.left);
        let writes = format::counted(left.into(), "write", "writes");
        let confirm = Confirm::new(
            format!("Finish run {run}: up to {writes} to {}?", runs.destination),
            format!("{}, {}", runs.tenant_name, runs.standing),
            format!("Finish {}", format::count(left)),
        );
        let approved = unfinished.approved.clone().unwrap_or_default();
        let confirm = confirm
            .line("It goes on under the approval that it has:")
            .line(format!("{approved}."))
            .line("")
            .line("What was sent without an answer is read back first,")
            .line("so that nobody is written twice.");
        cx.confirm(FINISH, confirm);
    }
}
