//! What happens to the source guard's page.

use super::state::GuardScreen;
use crate::console::app::live::LiveCommand;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::run::data::{Answer, Ask};
use crate::console::screens::{Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::snapshot::Side;

const NEWEST: &str = "newest";
const PREVIEW: &str = "preview";

impl GuardScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => {
                (self.sent, self.typing) = (false, false);
                self.typed.clear();
                self.load(cx);
            }
            ScreenMsg::Loaded(_, Payload::Run(Answer::Newest(newest))) => {
                self.newest.ready(newest);
                // What was typed was for the number of that stop.
                self.typed.clear();
                self.typing &= self.stop().is_some();
            }
            ScreenMsg::Failed(_, problem) => self.newest.fail(problem),
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Done(slot, Payload::Done) if slot.name == PREVIEW => {
                cx.replace(Place::tenant(ScreenId::Run, self.tenant.clone()));
            }
            ScreenMsg::Refused(_, problem) => {
                self.sent = false;
                cx.problem(problem);
            }
            ScreenMsg::Key(key) => {
                self.typing = true;
                self.typed.key(key);
            }
            ScreenMsg::Paste(_) => cx.toast(Level::Info, "pasting is off here: type the line"),
            ScreenMsg::Click { hit: Hit::Pane(1), .. } => self.typing = self.stop().is_some(),
            ScreenMsg::Action(action) => return self.action(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.newest.load(cx.uptime());
        cx.query(NEWEST, Query::Run(Ask::Newest { tenant: self.tenant.clone() }));
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter if self.typing => self.let_through(cx),
            Action::Back | Action::NextPane | Action::PreviousPane if self.typing => self.typing = false,
            _ if self.typing => return Handled::No,
            Action::NextPane | Action::PreviousPane => self.typing = self.stop().is_some(),
            Action::Refresh => self.preview(None, cx),
            Action::Why => {
                let words = match self.stop().map(|stop| stop.side) {
                    Some(Side::Destination) => {
                        "People whose user is not in the list look new; nobody is created twice by that"
                    }
                    Some(Side::Source) | None => {
                        "A page or a site that is missing looks like people who left; nobody is deactivated by that"
                    }
                };
                cx.toast(Level::Info, words);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn let_through(&mut self, cx: &mut Cx<'_>) {
        if let Some(received) = self.stop().map(|stop| stop.received).filter(|_| self.agrees()) {
            self.preview(Some(received), cx);
        }
    }

    /// Reads both sides again; exactly this number of rows is let through, any other one is a new stop.
    fn preview(&mut self, accepted_rows: Option<u64>, cx: &mut Cx<'_>) {
        if !self.sent {
            self.sent = true;
            let command = LiveCommand::Preview { tenant: self.tenant.clone(), accepted_rows };
            cx.command(PREVIEW, Command::Run(command));
        }
    }
}
