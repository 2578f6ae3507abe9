//! What happens to the screen Schedule.

use crossterm::event::KeyCode;

use super::data::{Act, Answer, Ask, Line};
use super::state::ScheduleScreen;
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::Confirm;
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{self, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::run::Scope;

const READ: &str = "read";
const ACT: &str = "act";
const RUN: &str = "run";
const SYNC: &str = "sync";
const PAUSE: &str = "pause";
const SORT: &str = "sort";

impl ScheduleScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown | ScreenMsg::Woken => self.read(cx),
            ScreenMsg::Control(Control::TenantChanged(_) | Control::LiveRuns(_)) => self.read(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.arrange(cx.now().wall, &cx.console().zone);
            }
            ScreenMsg::Loaded(_, Payload::Schedule(Answer::Read(facts))) => {
                self.facts.ready(facts);
                self.arrange(cx.now().wall, &cx.console().zone);
            }
            ScreenMsg::Failed(_, problem) => {
                cx.problem(problem.clone());
                self.facts.fail(problem);
            }
            ScreenMsg::Done(_, Payload::Schedule(Answer::Done(words))) => {
                cx.done(words, false);
                self.read(cx);
            }
            ScreenMsg::Done(slot, _) if slot.name == RUN => {
                cx.toast(Level::Info, "Started; Enter, then 6, shows how far it is");
                self.read(cx);
            }
            ScreenMsg::Refused(_, problem) => {
                cx.problem(problem);
                self.read(cx);
            }
            ScreenMsg::Answered(SYNC, screens::Answer::Confirmed) => {
                if let Some(line) = self.asked.take().and_then(|tenant| self.line(&tenant)) {
                    let (tenant, changed) = (line.short().to_owned(), reads_changes(line));
                    cx.command(RUN, Command::Run(LiveCommand::Sync { tenant, changed }));
                }
            }
            ScreenMsg::Answered(PAUSE, screens::Answer::Confirmed) => {
                cx.command(ACT, Command::Schedule(Act::PauseAll { paused: !self.is_paused() }));
            }
            ScreenMsg::Answered(SORT, screens::Answer::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange(cx.now().wall, &cx.console().zone);
            }
            ScreenMsg::Key(key) if matches!(key.code, KeyCode::Up | KeyCode::Down) => {
                self.table.move_by(if key.code == KeyCode::Up { -1 } else { 1 });
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        self.read_at = cx.uptime();
        self.facts.load(cx.uptime());
        cx.query(READ, Query::Schedule(Ask::Read));
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Refresh => self.read(cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("the next run first", self.order.1)),
            Action::Back if self.finder.is_on() => {
                self.finder.lend("");
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange(cx.now().wall, &cx.console().zone);
            }
            Action::Deactivate => cx.confirm(PAUSE, pause_question(self.is_paused())),
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            action if self.table.handle(action) => {}
            _ => {
                let Some(line) = self.current().cloned() else { return Handled::No };
                return self.act_on(&line, action, cx);
            }
        }
        Handled::Yes
    }

    fn act_on(&mut self, line: &Line, action: Action, cx: &mut Cx<'_>) -> Handled {
        let tenant = line.short().to_owned();
        match action {
            Action::Enter => cx.open(Place::tenant(ScreenId::Overview, tenant)),
            Action::Edit => cx.open(Place::tenant(ScreenId::Settings, tenant).about("schedule")),
            Action::Later => cx.command(ACT, Command::Schedule(Act::ToggleSkip { tenant })),
            Action::Send => {
                self.asked = Some(tenant);
                cx.confirm(SYNC, sync_question(line));
            }
            Action::CopyId => cx.copy(tenant),
            _ => return Handled::No,
        }
        Handled::Yes
    }
}

/// Whether a run of this schedule reads only what has changed.
fn reads_changes(line: &Line) -> bool {
    line.tells_changes && line.standing.connection.settings.schedule.scope(true) == Scope::Changed
}

/// `!`: what will happen, before it does. It is a run by hand, as on Tenants; the schedule goes on.
fn sync_question(line: &Line) -> Confirm {
    let place = format!("{}, {}", line.name(), line.word.word());
    let confirm = Confirm::new(format!("Sync {} to {}?", line.name(), line.destination), place, "Sync now")
        .line(match reads_changes(line) {
            true => "Reads what has changed, makes a new plan and writes it, if it is within",
            false => "Reads both sides, makes a new plan and writes it, if it is within",
        })
        .line("every limit; past one it stops before its first write.")
        .line("");
    let confirm = match line.standing.next {
        Some(_) => confirm.line("The next run of its schedule comes all the same; t lets it pass."),
        None => confirm,
    };
    confirm.line("Held people are not touched. Mails that were sent cannot be undone.")
}

fn pause_question(is_paused: bool) -> Confirm {
    if is_paused {
        return Confirm::new("Let all schedules go on?", "all tenants", "Go on")
            .line("Runs begin by themselves again from now on.")
            .line("What came meanwhile is not made up for.");
    }
    Confirm::new("Pause the schedules of all tenants?", "all tenants", "Pause all")
        .line("Nothing begins by itself until they go on, in whatever program.")
        .line("Runs that are at work go on; `!` starts others by hand.")
        .line("What comes meanwhile is not made up for.")
}
