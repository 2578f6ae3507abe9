//! What happens to the screen Run.

use super::data::{Act, Answer, Ask};
use super::state::{FEED, Held, PHASES, Run};
use super::tail::WINDOW;
use crate::console::app::live::{LiveCommand, LiveSample};
use crate::console::app::overlay::{Confirm, PickItem, PickList};
use crate::console::app::{Command, Control, Cx, Level, Payload, Place, Problem, Query, RequestSlot};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::drift;
use crate::console::screens::history::errors_name;
use crate::console::screens::{self, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::problem::ProblemKind;

const NEWEST: &str = "newest";
const LINES: &str = "lines";
const OLDER: &str = "older";
const SAVE: &str = "save";
const STEER: &str = "steer";
const FINISH: &str = "finish";
const WAVE: &str = "wave";

impl Run {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Resized(body) => self.feed.table.set_height(usize::from(self.feed_rows(body))),
            ScreenMsg::Control(control) => self.heard(control, cx),
            ScreenMsg::Sampled(Payload::Live(samples)) => self.sampled(samples, cx),
            ScreenMsg::FeedMoved(_) => {
                self.feed.moved();
                self.read_feed(cx);
            }
            ScreenMsg::Woken => self.read_feed(cx),
            ScreenMsg::Loaded(slot, Payload::Run(answer)) => self.loaded(slot, answer, cx),
            ScreenMsg::Failed(slot, problem) => self.failed(slot, problem, cx),
            ScreenMsg::Done(_, Payload::Run(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(ask, answer) => self.answered(ask, &answer, cx),
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit, double } => return self.clicked(&hit, double, cx),
            ScreenMsg::Wheel { rows, .. } => {
                let action = if rows < 0 { Action::Up } else { Action::Down };
                for _ in 0..rows.unsigned_abs() {
                    self.feed.handle(action);
                }
                self.read_older(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn read(&mut self, cx: &mut Cx<'_>) {
        self.newest.load(cx.uptime());
        cx.query(NEWEST, Query::Run(Ask::Newest { tenant: self.tenant.clone() }));
        self.feed.moved();
        self.read_feed(cx);
    }

    fn read_feed(&mut self, cx: &mut Cx<'_>) {
        if self.frozen.is_some() {
            return;
        }
        if let Some((run, edge)) = self.feed.due(cx.uptime()) {
            let tenant = self.tenant.clone();
            cx.query(LINES, Query::Run(Ask::Feed { tenant, run, edge, limit: WINDOW }));
        }
    }

    fn read_older(&mut self, cx: &mut Cx<'_>) {
        if let Some((run, edge)) = self.feed.older() {
            let tenant = self.tenant.clone();
            cx.query(OLDER, Query::Run(Ask::Feed { tenant, run, edge, limit: WINDOW }));
        }
    }

    fn loaded(&mut self, slot: RequestSlot, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Newest(newest) => {
                // What ended while another screen was shown sent no sample any more.
                self.listed = newest.live;
                if !newest.live {
                    (self.live, self.held, self.stopping, self.frozen) = (None, None, false, None);
                }
                if self.live.is_none() {
                    self.feed.point_at(newest.run().map(|run| run.id));
                }
                self.newest.ready(newest);
                self.read_feed(cx);
            }
            Answer::Feed { edge, rows, counts } if matches!(slot.name, LINES | OLDER) => {
                self.feed.take(edge, rows, counts);
                self.read_feed(cx);
            }
            Answer::Feed { .. } | Answer::Saved { .. } => {}
        }
    }

    fn failed(&mut self, slot: RequestSlot, problem: Problem, cx: &mut Cx<'_>) {
        match slot.name {
            NEWEST => {
                cx.problem(problem.clone());
                self.newest.fail(problem);
            }
            _ => self.feed.failed(),
        }
    }

    fn heard(&mut self, control: Control, cx: &mut Cx<'_>) {
        match control {
            Control::LiveRuns(runs) => {
                let was = self.is_live();
                self.listed = runs.iter().any(|run| run.tenant == self.tenant);
                if !self.listed && was {
                    self.end_live(cx);
                }
            }
            Control::TenantChanged(tenant) if tenant == self.tenant => self.read(cx),
            _ => {}
        }
    }

    fn end_live(&mut self, cx: &mut Cx<'_>) {
        (self.live, self.listed, self.held, self.stopping) = (None, false, None, false);
        self.pace = super::picture::Pace::default();
        self.frozen = None;
        self.read(cx);
    }

    fn sampled(&mut self, samples: Vec<LiveSample>, cx: &mut Cx<'_>) {
        let (own, others): (Vec<_>, Vec<_>) = samples.into_iter().partition(|sample| sample.tenant == self.tenant);
        self.others = others;
        let Some(sample) = own.into_iter().next() else {
            if self.live.is_some() {
                self.end_live(cx);
            }
            return;
        };
        // A run that goes on from an interrupted one is another run with gauges of its own.
        if self.live.as_ref().is_some_and(|live| live.run.is_some() && live.run != sample.run) {
            self.pace = super::picture::Pace::default();
            self.read(cx);
        }
        self.pace.take(&sample.progress, cx.uptime());
        self.note_pause(&sample, cx);
        if sample.run.is_some() {
            self.feed.point_at(sample.run);
        }
        (self.live, self.listed) = (Some(sample), true);
        self.read_feed(cx);
    }

    fn note_pause(&mut self, sample: &LiveSample, cx: &Cx<'_>) {
        let handled = sample.progress.handled();
        match &mut self.held {
            _ if !sample.progress.paused => self.held = None,
            None => {
                self.held = Some(Held { at: cx.now().wall, handled, moved: cx.uptime() });
                // Enter goes on: it must not open a person instead.
                self.focus.set(PHASES);
            }
            Some(held) if held.handled != handled => (held.handled, held.moved) = (handled, cx.uptime()),
            Some(_) => {}
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Stop if self.is_live() || self.other().is_some() => self.ask_stop(cx),
            Action::Freeze if self.is_live() => {
                self.frozen = match self.frozen.take() {
                    Some(_) => None,
                    None => self.picture(cx.now()).map(Box::new),
                };
                self.read_feed(cx);
            }
            Action::Follow => self.feed.toggle_follow(),
            Action::Export => self.save(cx),
            Action::Refresh if !self.is_live() => {
                let command = LiveCommand::Preview { tenant: self.tenant.clone(), accepted_rows: None };
                cx.command(STEER, Command::Run(command));
            }
            Action::Send if self.at_gate().is_some() => self.ask_wave(cx),
            Action::Send => self.ask_finish(cx),
            Action::CopyRow | Action::CopyId => return self.copy(cx),
            Action::Enter => self.enter(cx),
            Action::MoreDrift => {
                if let Some(run) = self.shown_run() {
                    cx.open(drift::place(&self.tenant, run));
                }
            }
            Action::Compare => {
                if let Some(place) = self.said() {
                    cx.open(place);
                }
            }
            _ if self.focus.handle(action) => self.resize(cx),
            _ if self.feed.handle(action) => {
                self.focus.set(FEED);
                self.read_older(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn resize(&mut self, cx: &Cx<'_>) {
        let rows = self.feed_rows(cx.body());
        self.feed.table.set_height(usize::from(rows));
    }

    fn clicked(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane: FEED, row } => {
                self.focus.set(FEED);
                self.feed.table.move_to(*row);
                self.feed.follow &= *row + 1 >= self.feed.rows.len();
                if double {
                    self.enter(cx);
                }
            }
            Hit::Pane(pane) => self.focus.set(*pane),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        if self.is_live() && self.held.is_some() && !self.focus.is(FEED) {
            self.steer(false, cx);
        } else if self.problem().is_none() && (self.is_live() || self.focus.is(FEED)) {
            let person = self.feed.current().and_then(|row| row.line.employee.clone());
            if let Some(person) = person {
                cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(person.0));
            }
        } else if self.needs_secret() {
            cx.open(Place::tenant(ScreenId::Settings, self.tenant.clone()).about("credentials"));
        } else if self.finishable().is_some() {
            self.ask_finish(cx);
        } else if self.let_through().is_some() {
            cx.open(Place::tenant(ScreenId::Guard, self.tenant.clone()));
        } else if self.problem().is_some_and(|problem| problem.kind == ProblemKind::Stopped) {
            cx.open(Place::tenant(ScreenId::Plan, self.tenant.clone()));
        } else if let Some(run) = self.newest().and_then(super::data::Newest::run) {
            let place = Place::tenant(ScreenId::RunDetail, self.tenant.clone()).about(run.id.to_string());
            cx.open(place);
        }
    }

    fn ask_stop(&mut self, cx: &mut Cx<'_>) {
        let shown = self.newest().and_then(super::data::Newest::run).map(|run| run.id);
        let elsewhere = shown.filter(|_| self.other().is_some_and(|other| other.on_it));
        let run = self.live.as_ref().and_then(|live| live.run).or(elsewhere);
        let is_paused = self.held.is_some() || self.other().is_some_and(|other| other.is_paused);
        let title = run.map_or_else(|| "the run".to_owned(), |run| format!("run {run}"));
        let first = if is_paused {
            PickItem::new("go-on", "go on", "")
        } else {
            PickItem::new("pause", "pause between two writes", "Enter goes on")
        };
        let stop = PickItem::new("stop", "stop: no new write", "what is in flight is finished");
        let list = PickList { title: format!("Pause or stop {title}?"), items: vec![first, stop], create: None };
        cx.pick(STEER, list);
    }

    fn steer(&mut self, paused: bool, cx: &mut Cx<'_>) {
        cx.command(STEER, Command::Run(LiveCommand::Pause { tenant: self.tenant.clone(), paused }));
    }

    fn answered(&mut self, ask: &'static str, answer: &screens::Answer, cx: &mut Cx<'_>) {
        match (ask, answer) {
            (STEER, screens::Answer::Picked(id)) if id == "stop" => {
                self.stopping = self.is_live();
                cx.command(STEER, Command::Run(LiveCommand::Stop { tenant: self.tenant.clone() }));
            }
            (STEER, screens::Answer::Picked(id)) => self.steer(id == "pause", cx),
            (SAVE, screens::Answer::Named(file)) => {
                // The run of the question: another may have begun meanwhile.
                if let Some(run) = self.saving.take() {
                    let act = Act::SaveErrors { tenant: self.tenant.clone(), run, file: file.clone() };
                    cx.command(SAVE, Command::RunScreen(act));
                }
            }
            (WAVE, screens::Answer::Confirmed) => {
                // The wave of the question: its time may be over meanwhile.
                if let Some(wave) = self.asked_wave.take() {
                    cx.command(STEER, Command::Run(LiveCommand::LetWaveGo { tenant: self.tenant.clone(), wave }));
                }
            }
            (FINISH, screens::Answer::Confirmed) => {
                cx.command(FINISH, Command::Run(LiveCommand::Resume { tenant: self.tenant.clone() }));
            }
            _ => {}
        }
    }

    /// The next wave writes, so it asks as the first one did (grade 2).
    fn ask_wave(&mut self, cx: &mut Cx<'_>) {
        let (Some(wave), Some(newest)) = (self.at_gate().cloned(), self.newest()) else { return };
        if cx.console().read_only {
            cx.toast(Level::Info, "Sending a wave writes to the destination: read-only");
            return;
        }
        let people = format::counted(wave.people.into(), "person", "people");
        let title = format!("Send wave {} of {}, {}, to {}?", wave.wave + 1, wave.of, wave.label, newest.destination);
        let clean = wave.gate.as_ref().map_or(0, |gate| gate.clean);
        let mails = match wave.mails {
            0 => "no mail".to_owned(),
            mails => format!("{}, sent at once", format::counted(mails.into(), "welcome mail", "welcome mails")),
        };
        let confirm = Confirm::new(title, format!("{}, {}", newest.tenant_name, newest.standing), "Send it")
            .line(format!("{people}, {}   {mails}", format::counted(wave.changes.into(), "change", "changes")))
            .line("")
            .line(format!("Read back equal so far: {}.", format::counted(clean.into(), "line", "lines")))
            .line("It goes under the approval that the plan has.");
        self.asked_wave = Some(wave.wave);
        cx.confirm(WAVE, confirm);
    }

    /// It writes, so it asks (grade 2).
    fn ask_finish(&mut self, cx: &mut Cx<'_>) {
        let (Some(newest), Some(unfinished)) = (self.newest(), self.finishable()) else { return };
        if cx.console().read_only {
            cx.toast(Level::Info, "Finishing writes to the destination: read-only");
            return;
        }
        let (run, left) = (unfinished.run, unfinished.left);
        let writes = format::counted(left.into(), "write", "writes");
        let title = format!("Finish run {run}: up to {writes} to {}?", newest.destination);
        let mut confirm = Confirm::new(
            title,
            format!("{}, {}", newest.tenant_name, newest.standing),
            format!("Finish {}", format::count(left)),
        );
        confirm.basis = newest.plan.as_ref().map(|plan| plan.id.words()).unwrap_or_default();
        let approved = unfinished.approved.clone().unwrap_or_default();
        let confirm = confirm
            .line("It goes on under the approval that it has:")
            .line(format!("{approved}."))
            .line("")
            .line("What was sent without an answer is read back first,")
            .line("so that nobody is written twice.");
        cx.confirm(FINISH, confirm);
    }

    fn save(&mut self, cx: &mut Cx<'_>) {
        let live = self.live.as_ref().and_then(|live| live.run);
        let run = live.or_else(|| self.newest().and_then(super::data::Newest::run).map(|run| run.id));
        if let Some(run) = run {
            self.saving = Some(run);
            cx.save_as(SAVE, format!("Save the errors of run {run} as"), &errors_name(&self.tenant, run));
        }
    }

    fn copy(&mut self, cx: &mut Cx<'_>) -> Handled {
        if let Some(problem) = self.problem() {
            cx.copy_problem(&Problem::from(problem.clone()));
            return Handled::Yes;
        }
        let Some(row) = self.feed.current() else { return Handled::No };
        cx.copy(crate::console::screens::feed::words::plain_line(&row.line));
        Handled::Yes
    }
}
