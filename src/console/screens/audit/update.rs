//! What happens to the screen Audit.

use super::data::{Act, Answer, Ask};
use super::state::AuditScreen;
use crate::console::app::{Command, Control, Cx, Payload, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{self, Handled, ScreenMsg};
use crate::console::widgets::Hit;
use crate::services::audit::{about, through_words};

const ENTRIES: &str = "entries";
const SAVE: &str = "save";
const SORT: &str = "sort";

impl AuditScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.arrange();
            }
            ScreenMsg::Control(Control::TenantChanged(tenant))
                if self.tenant.as_ref().is_none_or(|own| *own == tenant) =>
            {
                self.read(cx);
            }
            ScreenMsg::Loaded(_, Payload::Audit(Answer::Entries(audit))) => {
                self.audit.ready(audit);
                self.arrange();
            }
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.audit.fail(problem);
            }
            ScreenMsg::Done(_, Payload::Audit(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "entry", "entries")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SORT, screens::Answer::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange();
            }
            ScreenMsg::Answered(SAVE, screens::Answer::Named(file)) => {
                let act = Act::Save {
                    tenant: self.tenant.clone(),
                    zone: cx.console().zone.clone(),
                    entries: self.table.ids().to_vec(),
                    file,
                };
                cx.command(SAVE, Command::Audit(act));
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
        self.audit.load(cx.uptime());
        let ask = Ask::Entries { tenant: self.tenant.clone(), zone: cx.console().zone.clone() };
        cx.query(ENTRIES, Query::Audit(ask));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.open(cx),
            Action::Refresh => self.read(cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("newest first", self.order.1)),
            Action::Back if self.finder.is_on() => {
                self.finder.lend("");
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange();
            }
            Action::Export => {
                let name = self.tenant.as_deref().unwrap_or("onroll");
                cx.save_as(SAVE, "Save these entries as".to_owned(), &format!("{name}-audit"));
            }
            Action::CopyId | Action::CopyRow => {
                if let Some(listed) = self.current() {
                    let line = &listed.line;
                    let (at, who, through) = (line.at, &line.by, through_words(line.through));
                    cx.copy(format!("{} {at} {who} {through} {}: {}", line.id, line.what, about(line)));
                }
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            action if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn open(&mut self, cx: &mut Cx<'_>) {
        if let Some(place) = self.about() {
            cx.open(place);
        }
    }
}
