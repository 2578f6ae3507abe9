//! What happens to the screen Waves.

use super::data::{Answer, Ask};
use super::state::{MINUTES, Row, WavesScreen};
use crate::console::app::live::{Apply, LiveCommand};
use crate::console::app::overlay::{PickItem, PickList, step};
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::plan::data::{Answer as PlanAnswer, Ask as PlanAsk, Question};
use crate::console::screens::{Answer as Answered, Handled, ScreenId, ScreenMsg, limit, plan};
use crate::console::widgets::Hit;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::planning::waves::GROUP_FIELDS;

const PAGE: &str = "page";
const QUESTION: &str = "question";
const SEND: &str = "send";
const MOVED: &str = "moved";
const WHO: &str = "who";
const FIRST: &str = "first";

impl WavesScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.load(cx),
            ScreenMsg::Loaded(_, Payload::Waves(Answer::Page(page))) => self.page.ready(page.map(|page| *page)),
            ScreenMsg::Loaded(_, Payload::Plan(PlanAnswer::Question(question))) => self.ask(*question, cx),
            ScreenMsg::Failed(slot, problem) if slot.name == PAGE => self.page.fail(problem),
            ScreenMsg::Failed(_, problem) => cx.problem(problem),
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Done(slot, Payload::Done) if slot.name == SEND => {
                cx.replace(Place::tenant(ScreenId::Run, self.tenant.clone()));
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Answered(MOVED, answer) => self.moved_answered(&answer, cx),
            ScreenMsg::Answered(SEND, answer) => self.answered(&answer, cx),
            ScreenMsg::Answered(WHO, Answered::Picked(id)) => {
                cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(id));
            }
            ScreenMsg::Answered(FIRST, Answered::Picked(id)) => {
                self.first = Some(EmployeeId::new(id));
                self.load(cx);
            }
            ScreenMsg::Click { hit: Hit::Row { pane: 0, row }, double } => {
                self.cursor = step(row, 0, Row::ALL.len());
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.cursor = step(self.cursor, rows, Row::ALL.len()),
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.page.load(cx.uptime());
        cx.query(PAGE, Query::Waves(Ask::Page { tenant: self.tenant.clone(), asked: self.wanted() }));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Down => self.cursor = step(self.cursor, 1, Row::ALL.len()),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = Row::ALL.len() - 1,
            Action::Mark => self.mark(cx),
            Action::Left => self.turn(-1, cx),
            Action::Right => self.turn(1, cx),
            Action::Edit => self.edit(cx),
            Action::Enter => self.show_who(cx),
            Action::Refresh => self.load(cx),
            Action::Send => self.send(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn mark(&mut self, cx: &mut Cx<'_>) {
        match self.row() {
            Row::Key => self.by_key = true,
            Row::Minutes => self.by_key = false,
            Row::Rest => cx.toast(Level::Info, "The rest, and the leavers, always go last"),
            Row::One | Row::Five | Row::Group => {
                if let Some(taken) = self.taken.get_mut(self.cursor) {
                    *taken = !*taken;
                }
                self.load(cx);
            }
        }
    }

    fn turn(&mut self, by: i32, cx: &mut Cx<'_>) {
        match self.row() {
            Row::Minutes => {
                let at = MINUTES.iter().position(|minutes| *minutes == self.minutes).unwrap_or(2);
                self.minutes = MINUTES.get(step(at, by, MINUTES.len())).copied().unwrap_or(self.minutes);
                self.by_key = false;
            }
            Row::Group => {
                let Some(page) = self.page() else { return };
                let here = self.group_value().and_then(|value| page.groups.iter().position(|one| one == value));
                let next = here.map_or(0, |here| step(here, by, page.groups.len()));
                self.value = page.groups.get(next).cloned();
                self.load(cx);
            }
            _ => {}
        }
    }

    fn edit(&mut self, cx: &mut Cx<'_>) {
        match self.row() {
            Row::Group => {
                let here = self.page().and_then(|page| page.field);
                let at = GROUP_FIELDS.iter().position(|field| Some(*field) == here);
                let next = at.map_or(0, |at| (at + 1) % GROUP_FIELDS.len());
                (self.field, self.value) = (GROUP_FIELDS.get(next).copied(), None);
                self.load(cx);
            }
            Row::One => {
                // Whoever is in no wave before the last may go first, and so may those who go early now.
                let Some(page) = self.page() else { return };
                let items = page.waves.iter().flat_map(|wave| &wave.some).map(item).collect();
                let title = "Who goes first; type to find".to_owned();
                cx.pick(FIRST, PickList { title, items, create: None });
            }
            _ => {}
        }
    }

    fn show_who(&mut self, cx: &mut Cx<'_>) {
        let Some(wave) = self.wave(self.row()) else { return };
        let shown = wave.some.len();
        let people = format::counted(u64::from(wave.people), "person", "people");
        let title = match usize::try_from(wave.people).is_ok_and(|people| people > shown) {
            true => format!("{people} of {}; the first {shown}", wave.label),
            false => format!("{people} of {}", wave.label),
        };
        let items = wave.some.iter().map(item).collect();
        cx.pick(WHO, PickList { title, items, create: None });
    }

    fn send(&mut self, cx: &mut Cx<'_>) {
        let Some(plan) = self.page().map(|page| page.plan) else { return };
        if let Some(gate) = self.gate() {
            cx.toast(Level::Info, format!("Apply: {gate}"));
            return;
        }
        if cx.console().read_only {
            cx.toast(Level::Info, "Sending writes to the destination: read-only");
            return;
        }
        cx.query(QUESTION, Query::Plan(PlanAsk::Question { tenant: self.tenant.clone(), plan, only: Vec::new() }));
    }

    /// What has moved is asked about before anything else, as on Plan.
    fn ask(&mut self, question: Question, cx: &mut Cx<'_>) {
        if let Some(moved) = &question.moved {
            let list = plan::moved_list(moved);
            self.asked = Some(question);
            return cx.pick(MOVED, list);
        }
        self.ask_to_send(question, cx);
    }

    fn moved_answered(&mut self, answer: &Answered, cx: &mut Cx<'_>) {
        let Some(question) = self.asked.take() else { return };
        let tenant = self.tenant.clone();
        match plan::moved_choice(answer) {
            plan::MovedChoice::GoOn if question.moved.as_ref().is_some_and(|moved| moved.standing > 0) => {
                self.ask_to_send(question, cx);
            }
            plan::MovedChoice::GoOn => cx.replace(Place::tenant(ScreenId::Plan, tenant)),
            plan::MovedChoice::Person(id) => cx.open(Place::tenant(ScreenId::Person, tenant).about(id)),
            plan::MovedChoice::Nothing => {}
        }
    }

    fn ask_to_send(&mut self, question: Question, cx: &mut Cx<'_>) {
        if question.typed {
            let subject = limit::subject_in_waves(question.plan, &self.wanted());
            cx.open(Place::tenant(ScreenId::Limit, self.tenant.clone()).about(subject));
            return;
        }
        let count = self.page().map_or(1, |page| page.waves.len());
        let first = self.page().and_then(|page| page.waves.first());
        let first = first.map(|wave| (wave.label.clone(), wave.some.iter().map(|(_, name)| name.clone()).collect()));
        let (label, names): (String, Vec<String>) = first.unwrap_or_default();
        let confirm = plan::question_box(&question)
            .line("")
            .line(format!("In {count} waves. First {label}: {}", names.join(", ")))
            .line(if self.by_key {
                "Then it waits for !; what is not clean stops it.".to_owned()
            } else {
                format!("Then every {} min; what is not clean stops it.", self.minutes)
            });
        self.asked = Some(question);
        cx.confirm(SEND, confirm);
    }

    fn answered(&mut self, answer: &Answered, cx: &mut Cx<'_>) {
        let Some(question) = self.asked.take() else { return };
        if *answer != Answered::Confirmed {
            return;
        }
        let apply = Apply {
            tenant: self.tenant.clone(),
            plan: PlanId(question.plan),
            only: Vec::new(),
            without: Vec::new(),
            confirmed: None,
            reason: None,
            waves: Some(self.wanted()),
        };
        cx.command(SEND, Command::Run(LiveCommand::Apply(apply)));
    }
}

fn item((id, name): &(EmployeeId, String)) -> PickItem {
    PickItem::new(id.to_string(), name.clone(), id.to_string())
}
