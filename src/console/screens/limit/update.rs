//! What happens to the page of the typed confirmation.

use super::state::LimitScreen;
use crate::console::app::live::{Apply, LiveCommand};
use crate::console::app::overlay::step;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::plan::data::{Answer, Ask};
use crate::console::screens::{Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::ids::PlanId;

const PAGE: &str = "page";
const APPLY: &str = "apply";

impl LimitScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.begin(cx),
            ScreenMsg::Loaded(_, Payload::Plan(Answer::Limit(page))) => self.page.ready(*page),
            ScreenMsg::Failed(_, problem) => self.page.fail(problem),
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Done(slot, Payload::Done) if slot.name == APPLY => {
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
            ScreenMsg::Click { hit: Hit::Row { pane: 0, row }, .. } => self.to(row),
            ScreenMsg::Click { hit: Hit::Pane(1), .. } => self.typing = true,
            ScreenMsg::Wheel { rows, .. } => self.to(step(self.cursor, rows, self.parts())),
            ScreenMsg::Action(action) => return self.action(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The page begins, also where it was seen before: in the line, with nothing typed.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>) {
        (self.sent, self.typing) = (false, true);
        self.typed.clear();
        self.load(cx);
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.page.load(cx.uptime());
        let ask = Ask::Limit {
            tenant: self.tenant.clone(),
            plan: self.plan,
            only: self.only.clone(),
            without: self.without.iter().copied().collect(),
        };
        cx.query(PAGE, Query::Plan(ask));
    }

    fn parts(&self) -> usize {
        self.page.value().map_or(0, |page| page.parts.len())
    }

    fn to(&mut self, row: usize) {
        self.cursor = step(row, 0, self.parts());
        self.first = 0;
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            // In the line, Enter only ends the typing: `!` alone sends.
            Action::Enter | Action::Back | Action::NextPane | Action::PreviousPane if self.typing => {
                self.typing = false
            }
            _ if self.typing => return Handled::No,
            Action::NextPane | Action::PreviousPane => self.typing = true,
            Action::Up => self.to(self.cursor.saturating_sub(1)),
            Action::Down => self.to(self.cursor + 1),
            Action::First => self.to(0),
            Action::Last => self.to(usize::MAX),
            Action::Left | Action::PageUp => self.first = self.first.saturating_sub(5),
            Action::Right | Action::PageDown | Action::Enter => {
                let who = self.part().map_or(0, |part| part.who.len());
                self.first = step(self.first, 5, who);
            }
            Action::Mark => self.tick(cx),
            Action::Refresh => self.load(cx),
            Action::Why => {
                let words = self.part().and_then(|part| part.causes.first()).map(|(cause, _)| cause.clone());
                cx.toast(Level::Info, words.unwrap_or_else(|| "the typed number lets exactly this plan go".to_owned()));
            }
            Action::Send => self.send(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Space: lets a part go, or keeps it held. What was typed is for another number now.
    fn tick(&mut self, cx: &mut Cx<'_>) {
        let Some(kind) = self.part().map(|part| part.kind) else { return };
        if !self.without.remove(&kind) {
            self.without.insert(kind);
        }
        self.typed.clear();
        self.load(cx);
    }

    fn send(&mut self, cx: &mut Cx<'_>) {
        if self.sent || self.send_refused().is_some() {
            return;
        }
        let Some(number) = self.number() else { return };
        self.sent = true;
        let apply = Apply {
            tenant: self.tenant.clone(),
            plan: PlanId(self.plan),
            only: self.only.clone(),
            without: self.without.iter().copied().collect(),
            confirmed: Some(number),
            reason: None,
            waves: self.waves.clone(),
        };
        cx.command(APPLY, Command::Run(LiveCommand::Apply(apply)));
    }
}
