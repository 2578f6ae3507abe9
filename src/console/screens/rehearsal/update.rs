//! What happens to the screen Rehearsal.

use super::data::{Act, Answer, Ask, Page};
use super::state::RehearsalScreen;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::plan::data::{Act as PlanAct, Answer as PlanAnswer};
use crate::console::screens::{Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::ids::EmployeeId;

const PAGE: &str = "page";
const REHEARSE: &str = "rehearse";
const HOLD: &str = "hold";

impl RehearsalScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.load(cx),
            ScreenMsg::Resized(body) => self.table.set_height(usize::from(super::view::list_rows(body))),
            ScreenMsg::Loaded(_, Payload::Rehearsal(Answer::Page(page))) => self.take(page.map(|page| *page), cx),
            ScreenMsg::Done(slot, Payload::Rehearsal(Answer::Page(page))) if slot.name == REHEARSE => {
                self.since = None;
                self.take(page.map(|page| *page), cx);
            }
            ScreenMsg::Done(_, Payload::Plan(PlanAnswer::Replanned { words, .. })) => {
                self.replanning = false;
                cx.done(words, true);
                cx.tenant_changed();
                self.load(cx);
            }
            ScreenMsg::Failed(_, problem) => self.page.fail(problem),
            ScreenMsg::Refused(slot, problem) => {
                self.replanning = false;
                if slot.name == REHEARSE {
                    self.since = None;
                    self.page.fail(problem.clone());
                }
                cx.problem(problem);
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Click { hit: Hit::Row { pane: 0, row }, double } => {
                self.table.move_to(row);
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.page.load(cx.uptime());
        cx.query(PAGE, Query::Rehearsal(Ask::Page { tenant: self.tenant.clone() }));
    }

    fn take(&mut self, page: Option<Page>, cx: &mut Cx<'_>) {
        let lines = page.as_ref().and_then(|page| page.rehearsed.as_ref()).map_or(0, |one| one.lines.len());
        self.table.set_ids((0..i64::try_from(lines).unwrap_or(0)).collect());
        self.table.set_height(usize::from(super::view::list_rows(cx.body())));
        let open = page.as_ref().is_some_and(|page| page.rehearsed.is_none() && page.changes > 0);
        self.page.ready(page);
        // Who comes here wants to see it, and it harms nobody.
        if open {
            self.rehearse(cx);
        }
    }

    fn rehearse(&mut self, cx: &mut Cx<'_>) {
        let Some(plan) = self.page().map(|page| page.plan).filter(|_| self.since.is_none()) else { return };
        self.since = Some(cx.uptime());
        cx.command(REHEARSE, Command::Rehearsal(Act::Rehearse { tenant: self.tenant.clone(), plan }));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => {
                if let Some(employee) = self.line().and_then(|line| line.employee.clone()) {
                    cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(employee.to_string()));
                }
            }
            Action::Later => {
                let one = self.line().and_then(|line| line.employee.clone());
                self.hold_back(one.into_iter().collect(), cx);
            }
            Action::Alike => self.hold_back(self.refused(), cx),
            Action::Why => {
                if let Some(line) = self.line() {
                    cx.toast(Level::Info, format!("{}: {}", line.name, line.result.words()));
                }
            }
            Action::Refresh => self.rehearse(cx),
            Action::CopyRow => {
                if let Some(line) = self.line() {
                    cx.copy_row(&[&line.name, line.kind.words(), &line.result.words()]);
                }
            }
            _ if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Holds people back from the plan; what is left is rehearsed anew.
    fn hold_back(&mut self, employees: Vec<EmployeeId>, cx: &mut Cx<'_>) {
        if employees.is_empty() || self.replanning {
            return;
        }
        self.replanning = true;
        let people = format::counted(employees.len() as u64, "person", "people");
        cx.toast(Level::Info, format!("Holding back {people}"));
        let act = PlanAct::HoldBack { tenant: self.tenant.clone(), employees, on: true };
        cx.command(HOLD, Command::Plan(act));
    }
}
