//! What happens to the screen Overview.

use super::data::{Act, Answer as Told, Ask, Facts};
use super::state::{Overview, Test, first_open};
use super::steps::full_line;
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::{Confirm, step};
use crate::console::app::{Command, Control, Cx, Level, Mode, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::tenants::removal::Removal;
use crate::console::screens::{Answer, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::connection::ConnectionStatus;
use crate::engine::checklist::{StepKey, StepState};

/// RequestSlots.
const FACTS: &str = "facts";
const ACT: &str = "act";
const TEST: &str = "test";
const RUN: &str = "run";
const LAST: &str = "last";
/// Questions.
const PUBLISH: &str = "publish";
const SWITCH: &str = "switch";

impl Overview {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => {
                cx.command(LAST, Command::Overview(Act::Remember(self.tenant.clone())));
                self.read(cx);
            }
            ScreenMsg::Resized(body) => self.body = body,
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Key(key) => {
                if let Some(removal) = &mut self.removal {
                    removal.key(key);
                }
            }
            ScreenMsg::Paste(_) if self.removal.is_some() => {
                cx.toast(Level::Warn, "pasting is off here: it has to be typed");
            }
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.cursor = self.steps().get(row).map(|step| step.key);
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.move_by(rows),
            ScreenMsg::Loaded(_, Payload::Overview(Told::Read(facts))) => {
                self.cursor = self.cursor.or_else(|| first_open(&facts.steps));
                self.facts.ready(*facts);
            }
            ScreenMsg::Failed(slot, problem) if slot.name == FACTS => self.facts.fail(problem),
            ScreenMsg::Done(_, Payload::Overview(told)) => self.done(told, cx),
            ScreenMsg::Done(slot, Payload::Done) if slot.name == RUN => {
                cx.toast(Level::Info, "Started a preview; it only reads");
            }
            ScreenMsg::Refused(slot, problem) => {
                if slot.name == TEST {
                    self.test = None;
                }
                if slot.name != LAST {
                    cx.problem(problem);
                    self.read(cx);
                }
            }
            ScreenMsg::Answered(ask, answer) => self.answered(ask, &answer, cx),
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.read(cx),
            ScreenMsg::Control(Control::LiveRuns(runs)) => {
                if !runs.iter().any(|run| run.tenant == self.tenant) {
                    self.live = None;
                }
            }
            ScreenMsg::Sampled(Payload::Live(samples)) => {
                self.live = samples.into_iter().find(|sample| sample.tenant == self.tenant);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        self.facts.load(cx.uptime());
        cx.query(FACTS, Query::Overview(Ask::Read(self.tenant.clone())));
    }

    fn move_by(&mut self, rows: i32) {
        let at = step(self.cursor_index(), rows, self.steps().len());
        self.cursor = self.steps().get(at).map(|step| step.key);
    }

    fn done(&mut self, told: Told, cx: &mut Cx<'_>) {
        match told {
            Told::Tested(tested) => {
                self.test = Some(Test::Answered(tested));
                self.changed(cx);
            }
            Told::Done(words) => {
                cx.done(words, false);
                self.changed(cx);
            }
            Told::Removed(words) => {
                cx.done(words, false);
                cx.replace(Place::global(ScreenId::Tenants));
            }
            Told::Read(_) | Told::Remembered => {}
        }
    }

    /// The tenant's state may have changed: the header says it too.
    fn changed(&mut self, cx: &mut Cx<'_>) {
        cx.tenant_changed();
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.removal.is_some() {
            return self.act_on_removal(action, cx);
        }
        let last = i32::try_from(self.steps().len()).unwrap_or(i32::MAX);
        match action {
            Action::Back if self.test.is_some() => self.test = None,
            Action::Refresh if self.test.is_some() => self.start_test(cx),
            Action::MoreTest => self.start_test(cx),
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::First | Action::PageUp => self.move_by(-last),
            Action::Last | Action::PageDown => self.move_by(last),
            Action::Enter if self.test.is_none() => self.go(cx),
            Action::MoreAudit => cx.open(self.place(ScreenId::Audit)),
            Action::Edit | Action::MoreEdit => cx.open(self.place(ScreenId::Settings)),
            Action::Refresh => self.preview(cx),
            _ => {
                let Some(facts) = self.facts.value().cloned() else { return Handled::No };
                return self.act_on(&facts, action, cx);
            }
        }
        Handled::Yes
    }

    fn act_on(&mut self, facts: &Facts, action: Action, cx: &mut Cx<'_>) -> Handled {
        let connection = &facts.overview.connection;
        match action {
            Action::Send => cx.confirm(PUBLISH, publish_question(facts)),
            Action::Deactivate => cx.confirm(SWITCH, switch_question(facts)),
            Action::Later => {
                let Some(key) = self.current().map(|step| step.key) else { return Handled::No };
                cx.command(ACT, Command::Overview(Act::Waive(self.tenant.clone(), key)));
            }
            Action::Why => {
                let Some(step) = self.current() else { return Handled::No };
                let line = full_line(step, facts, cx.now().wall, &cx.console().zone);
                cx.toast(Level::Info, format!("{}: {}, {}", line.name, line.figure, line.detail));
            }
            Action::MoreRemove => {
                let people = facts.overview.source_pulls.first().map_or(0, |pull| pull.people);
                let name = &connection.tenant_name;
                self.removal = Some(Removal::new(&self.tenant, name, facts.destination.name, people));
            }
            Action::CopyId => cx.copy(self.tenant.clone()),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn act_on_removal(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back => self.removal = None,
            Action::Enter => match self.removal.take_if(|removal| removal.agrees()) {
                Some(removal) => cx.command(ACT, Command::Overview(Act::Remove(removal.tenant))),
                None => {
                    if let Some(removal) = &self.removal {
                        cx.toast(Level::Warn, removal.remark());
                    }
                }
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn place(&self, screen: ScreenId) -> Place {
        Place::tenant(screen, self.tenant.clone())
    }

    fn start_test(&mut self, cx: &mut Cx<'_>) {
        self.test = Some(Test::Calling);
        cx.command(TEST, Command::Overview(Act::Test(self.tenant.clone())));
    }

    fn preview(&mut self, cx: &mut Cx<'_>) {
        let preview = LiveCommand::Preview { tenant: self.tenant.clone(), accepted_rows: None };
        cx.command(RUN, Command::Run(preview));
    }

    /// Enter: where the step is cured.
    fn go(&mut self, cx: &mut Cx<'_>) {
        let Some(step) = self.current().cloned() else { return };
        let facts = self.facts.value();
        match step.key {
            StepKey::Credentials if facts.is_some_and(|facts| facts.test.is_none()) => self.start_test(cx),
            StepKey::Credentials => cx.open(self.place(ScreenId::Settings).about("credentials")),
            StepKey::FieldMap => cx.open(self.place(ScreenId::Settings).about("field_map")),
            StepKey::Limits => cx.open(self.place(ScreenId::Settings).about("limits")),
            StepKey::MappingTables => {
                let table = facts.and_then(|facts| facts.overview.open_values.first()).map(|open| open.list);
                let place = self.place(ScreenId::Mappings);
                cx.open(match table {
                    Some(table) => place.about(table.key()),
                    None => place,
                });
            }
            StepKey::PeopleMatched => cx.open(self.place(ScreenId::Review)),
            StepKey::SourceData => cx.open(self.place(ScreenId::People).about("state:blocked")),
            StepKey::TestRun if step.state == StepState::Open => {
                if self.is_running() {
                    cx.open(self.place(ScreenId::Run));
                } else {
                    self.preview(cx);
                }
            }
            StepKey::TestRun => cx.open(self.place(ScreenId::Plan)),
            StepKey::Published => cx.toast(Level::Info, published_hint(self.status_of())),
        }
    }

    fn answered(&mut self, ask: &'static str, answer: &Answer, cx: &mut Cx<'_>) {
        if *answer != Answer::Confirmed {
            return;
        }
        let tenant = self.tenant.clone();
        let act = match ask {
            PUBLISH => Act::Publish(tenant),
            SWITCH if self.status_of() == Some(ConnectionStatus::Off) => Act::SwitchOn(tenant),
            SWITCH => Act::SwitchOff(tenant),
            _ => return,
        };
        cx.command(ACT, Command::Overview(act));
    }
}

fn published_hint(status: Option<ConnectionStatus>) -> &'static str {
    match status {
        Some(ConnectionStatus::Live) => "it is live; `d` switches it off",
        Some(ConnectionStatus::Paused) => "it is paused; `m t` tests it, and a pass ends the pause",
        Some(ConnectionStatus::Off) => "it is off; `d` switches it on, `!` publishes it",
        Some(ConnectionStatus::Preview) | None => "`!` publishes it, once nothing above is open",
    }
}

fn standing(facts: &Facts) -> &'static str {
    match facts.overview.connection.status {
        ConnectionStatus::Preview => Mode::Preview.word(),
        ConnectionStatus::Live => Mode::Live.word(),
        ConnectionStatus::Off | ConnectionStatus::Paused => Mode::Paused.word(),
    }
}

/// `!`: what publishing means, with mails and limits.
fn publish_question(facts: &Facts) -> Confirm {
    let name = &facts.overview.connection.tenant_name;
    let destination = facts.destination.name;
    let mut confirm =
        Confirm::new(format!("Publish {name} to {destination}?"), format!("{name}, {}", standing(facts)), "Publish")
            .line("Publishing itself writes nothing. From then on a sync writes what")
            .line("is within the limits; past one it stops before its first write:")
            .line(format!("  {}", super::steps::limit_words(&facts.overview.connection.settings.limits)))
            .line("");
    if let Some(plan) = &facts.overview.plan {
        confirm.basis = plan.id.words();
        let changes = format::counted(plan.counts.operations().into(), "change", "changes");
        let held = format::count(plan.held());
        confirm = confirm.line(format!("The test run has {changes}; {held} people stay held."));
        let mails = match plan.mails.welcome {
            0 => "No welcome mail would go out.".to_owned(),
            mails => format!("{} would go out.", format::counted(mails.into(), "welcome mail", "welcome mails")),
        };
        confirm = confirm.line(mails);
        if plan.first_import {
            confirm = confirm.line("The first import asks for typed words before it writes.");
        }
    }
    confirm.line("Can be undone: `d` switches it off. Not: mails of runs until then.")
}

fn switch_question(facts: &Facts) -> Confirm {
    let name = &facts.overview.connection.tenant_name;
    let place = format!("{name}, {}", standing(facts));
    if facts.overview.connection.status == ConnectionStatus::Off {
        return Confirm::new(format!("Switch on {name}?"), place, "Switch on")
            .line("It can be previewed again and writes nothing.")
            .line("To let it write again, publish it here with `!`.");
    }
    Confirm::new(format!("Switch off {name}?"), place, "Switch off")
        .line("Nothing runs any more, neither by hand nor from the command line.")
        .line(format!("All data are kept here; users in {} stay as they are.", facts.destination.name))
}
