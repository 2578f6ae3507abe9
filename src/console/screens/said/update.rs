//! What happens to the screen What was said.

use super::data::{Act, Answer, Ask};
use super::state::Said;
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::{Answer as Answered, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::services::said::{self, LineOf, Page};

const PAGE: &str = "page";
const SAVE: &str = "save";

impl Said {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.scroll(0);
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.read(cx),
            ScreenMsg::Loaded(_, Payload::Said(Answer::Page(page))) => self.loaded(page),
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.page.fail(problem);
            }
            ScreenMsg::Done(_, Payload::Said(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SAVE, Answered::Named(file)) => {
                if let Some((run, line)) = self.about.clone() {
                    let tenant = self.tenant.clone();
                    cx.command(SAVE, Command::Said(Act::Save { tenant, run, line, file }));
                }
            }
            ScreenMsg::Wheel { hit, rows } => {
                if let Some(Hit::Pane(pane)) = hit {
                    self.right = pane == 1;
                }
                self.scroll(rows);
            }
            ScreenMsg::Click { hit: Hit::Pane(pane), .. } => self.right = pane == 1,
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        let Some((run, line)) = self.about.clone() else { return };
        self.page.load(cx.uptime());
        cx.query(PAGE, Query::Said(Ask::Page { tenant: self.tenant.clone(), run, line }));
    }

    fn loaded(&mut self, page: Box<Page>) {
        let is_other = self.page.value().is_none_or(|old| (old.run, old.seq) != (page.run, page.seq));
        let last = page.turns.len().saturating_sub(1);
        if is_other {
            (self.turn, self.tops) = (if self.from_behind { last } else { 0 }, (0, 0));
        }
        self.from_behind = false;
        self.turn = self.turn.min(last);
        // From here on it is this line, whatever comes before it in the meantime.
        if let (Some(about), Some(seq)) = (&mut self.about, page.seq) {
            about.1 = LineOf::Seq(seq);
        }
        self.page.ready(page);
        self.scroll(0);
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        let page_rows = i32::from(self.body.height.saturating_sub(4)).max(1);
        match action {
            Action::Enter => {
                if let Some(person) = self.page.value().and_then(|page| page.employee.clone()) {
                    cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(person.0));
                }
            }
            Action::PreviousItem | Action::NextItem => self.walk(action == Action::NextItem, cx),
            Action::Left | Action::Right => self.right = action == Action::Right,
            Action::NextPane | Action::PreviousPane => self.right = !self.right,
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.scroll(-page_rows),
            Action::PageDown => self.scroll(page_rows),
            Action::First => self.scroll(i32::MIN),
            Action::Last => self.scroll(i32::MAX),
            Action::Refresh => self.read(cx),
            Action::CopyId | Action::CopyRow => {
                if let Some(page) = self.page.value() {
                    cx.copy_lines(&said::text(page));
                }
            }
            Action::Edit => {
                if let Some(page) = self.page.value() {
                    cx.page(said::text(page).join("\n"));
                }
            }
            Action::Export => {
                if let Some((run, seq)) = self.page.value().map(|page| (page.run, page.seq.unwrap_or_default())) {
                    let name = format!("{}-run-{run}-line-{seq}-said", self.tenant);
                    cx.save_as(SAVE, format!("Save what was said for line {seq} of run {run} as"), &name);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The next attempt, or the next line.
    fn walk(&mut self, forward: bool, cx: &mut Cx<'_>) {
        let Some(page) = self.page.value() else { return };
        let turn = if forward { self.turn.checked_add(1) } else { self.turn.checked_sub(1) };
        if let Some(turn) = turn.filter(|turn| *turn < page.turns.len()) {
            (self.turn, self.tops) = (turn, (0, 0));
            return;
        }
        let Some(seq) = (if forward { page.next } else { page.previous }) else {
            cx.toast(Level::Info, if forward { "This is the last line" } else { "This is the first line" });
            return;
        };
        if let Some(about) = &mut self.about {
            about.1 = LineOf::Seq(seq);
        }
        self.from_behind = !forward;
        self.read(cx);
    }

    /// Moves the rows of the side that has the keys.
    fn scroll(&mut self, rows: i32) {
        let (left, right) = self.heights();
        let step = |top: usize, (all, shown): (usize, usize)| {
            let most = all.saturating_sub(shown);
            let by = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX);
            if rows < 0 { top.min(most).saturating_sub(by) } else { top.saturating_add(by).min(most) }
        };
        if self.right && self.is_wide() {
            self.tops.1 = step(self.tops.1, right);
            self.tops.0 = self.tops.0.min(left.0.saturating_sub(left.1));
        } else {
            self.tops.0 = step(self.tops.0, left);
        }
    }
}
