//! What happens to the screen Two files.

use super::data::{Act, Answer, Ask};
use super::state::{Item, Outcome, Step, TwoFiles};
use crate::console::app::{Command, Cx, Level, Payload, Problem, Query, RequestSlot};
use crate::console::keys::Action;
use crate::console::screens::{Answer as Answered, Handled, ScreenMsg};
use crate::console::widgets::Hit;
use crossterm::event::KeyCode;

/// RequestSlots.
pub(super) const FOLDER: &str = "folder";
pub(super) const TYPED: &str = "typed";
pub(super) const COLUMNS: &str = "columns";
pub(super) const PROGRESS: &str = "progress";
pub(super) const MATCH: &str = "match";
pub(super) const SUMMARY: &str = "summary";
pub(super) const LINES: &str = "lines";
pub(super) const FACETS: &str = "facets";
pub(super) const CARD: &str = "card";
pub(super) const RULE: &str = "rule";
pub(super) const WALK: &str = "walk";
pub(super) const TARGET: &str = "target";
pub(super) const WRITE: &str = "write";
/// What a column is is picked from a list.
pub(super) const PICK: &str = "pick";
/// What other limits would decide.
pub(super) const LIMITS: &str = "limits";
/// Whether rulings that stand in no file are given up.
pub(super) const GIVE_UP: &str = "give-up";

impl TwoFiles {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.shown(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.remeasure();
                self.want_lines(cx);
            }
            ScreenMsg::Action(action) => return self.action(action, cx),
            ScreenMsg::Key(key) => {
                if self.writing.is_some() {
                    self.writing_key(key, cx);
                } else if self.step == Step::Files {
                    self.files_key(key, cx);
                } else if self.list_desk().is_some() {
                    // The list under the line can be walked while it is typed in.
                    match key.code {
                        KeyCode::Up => self.move_in_result(-1, cx),
                        KeyCode::Down => self.move_in_result(1, cx),
                        _ => {}
                    }
                }
            }
            ScreenMsg::Paste(text) => {
                if self.writing.is_some() {
                    self.writing_paste(&text, cx);
                } else if self.step == Step::Files {
                    self.files_paste(&text, cx);
                }
            }
            ScreenMsg::Click { hit: Hit::Row { pane, row }, double } => self.clicked((pane, row), double, cx),
            ScreenMsg::Wheel { rows, .. } => self.moved(rows, cx),
            ScreenMsg::Loaded(_, Payload::TwoFiles(answer)) => self.told(answer, cx),
            ScreenMsg::Done(_, Payload::TwoFiles(answer)) => self.told(answer, cx),
            ScreenMsg::Failed(slot, problem) => self.failed(slot, problem, cx),
            ScreenMsg::Refused(slot, problem) => self.refused(slot, problem, cx),
            ScreenMsg::Answered(LIMITS, answer) => self.limit_picked(&answer, cx),
            ScreenMsg::Answered(PICK, answer) => self.picked(&answer, cx),
            ScreenMsg::Answered(GIVE_UP, Answered::Confirmed) => {
                self.unwritten = 0;
                self.back_from_result(cx);
            }
            ScreenMsg::Woken => self.woken(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn shown(&mut self, cx: &mut Cx<'_>) {
        if self.files.listing.value().is_none() {
            self.list_folder(String::new(), cx);
        } else if self.step == Step::Files {
            self.list_folder(self.files.folder.clone(), cx);
        }
    }

    fn failed(&mut self, slot: RequestSlot, problem: Problem, cx: &mut Cx<'_>) {
        match slot.name {
            FOLDER => self.files.listing.fail(problem),
            TYPED => self.files.typed.fail(problem),
            COLUMNS => self.columns.look.fail(problem),
            TARGET => {
                if let Some(writing) = &mut self.writing {
                    writing.target.fail(problem);
                }
            }
            _ => cx.problem(problem),
        }
    }

    fn refused(&mut self, slot: RequestSlot, problem: Problem, cx: &mut Cx<'_>) {
        match slot.name {
            MATCH => self.match_failed(self.running.round, problem, false, cx),
            WRITE => {
                if let Some(writing) = &mut self.writing {
                    writing.is_under_way = false;
                }
                cx.problem(problem);
            }
            _ => cx.problem(problem),
        }
    }

    fn told(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Folder(listing) => self.listed(*listing),
            Answer::Typed(typed) => self.files.typed.ready(*typed),
            Answer::Columns(look) => self.looked(*look),
            Answer::Progress(progress) => self.progressed(progress, cx),
            Answer::Made { round, made } => self.made(round, *made, cx),
            Answer::Moved { round, earlier } => self.lists_moved(round, *earlier, cx),
            Answer::NotMade { round, problem, again } => self.match_failed(round, problem, again, cx),
            Answer::Stopped { .. } => {}
            Answer::Limits(limits) => self.show_limits(*limits, cx),
            Answer::Summary(summary) => self.summed(*summary, cx),
            Answer::Counts(counts) => {
                if let Some(Outcome::Doubles(doubles)) = &mut self.outcome {
                    doubles.counts = Some(counts);
                    doubles.window.all = counts.listed;
                }
                self.want_lines(cx);
            }
            Answer::Lines { part, from, all, lines } => self.lines_came(&part, (from, all), lines),
            Answer::Facets { part, facets } => self.facets_came(&part, facets),
            Answer::Pairs { from, pairs } => {
                if let Some(Outcome::Doubles(doubles)) = &mut self.outcome {
                    (doubles.window.from, doubles.window.rows) = (from, pairs);
                }
            }
            Answer::Card(shown) => self.card_came(shown.map(|shown| *shown), cx),
            Answer::Target(target) => {
                if let Some(writing) = &mut self.writing {
                    writing.target.ready(target);
                }
            }
            Answer::Ruled { name, ruling, user, next, .. } => self.ruled((&name, ruling, &user), next, cx),
            Answer::NotRuled(why) => cx.toast(Level::Warn, format!("Not ruled: {why}")),
            Answer::Walked { name, kind, at, redo } => self.walked(name, (kind, at), redo, cx),
            Answer::Written { files, folder, kept } => self.wrote(files, &folder, kept.as_deref(), cx),
        }
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.writing.is_some() {
            return self.writing_action(action, cx);
        }
        match self.step {
            Step::Files => self.files_action(action, cx),
            Step::Columns => self.columns_action(action, cx),
            Step::Match if action == Action::Back => {
                self.stop_match();
                self.go(if self.look().is_some() { Step::Columns } else { Step::Files }, cx);
                cx.toast(Level::Info, "Stopped; nothing is kept of it");
                Handled::Yes
            }
            Step::Match => Handled::No,
            Step::Result => self.result_action(action, cx),
        }
    }

    fn clicked(&mut self, (pane, row): (u8, usize), double: bool, cx: &mut Cx<'_>) {
        match (self.step, pane) {
            (Step::Files, 0) => {
                self.focus(match row {
                    0 => Item::Employees,
                    1 => Item::Users,
                    _ => Item::Out,
                });
            }
            (Step::Files, _) => {
                self.focus(Item::List);
                self.files.cursor = row;
                if double {
                    self.action(Action::Enter, cx);
                }
            }
            (Step::Columns, pane) => {
                self.columns.side =
                    usize::from(pane).min(self.look().map_or(1, |look| look.sides.len()).saturating_sub(1));
                self.columns.cursor = row;
                if double {
                    self.action(Action::Enter, cx);
                }
            }
            (Step::Result, pane) => self.result_clicked(pane, row, double, cx),
            (Step::Match, _) => {}
        }
    }

    fn moved(&mut self, rows: i32, cx: &mut Cx<'_>) {
        match self.step {
            Step::Files => {
                self.focus(Item::List);
                self.move_in_list(rows);
            }
            Step::Columns => self.move_in_columns(rows),
            Step::Result => self.move_in_result(rows, cx),
            Step::Match => {}
        }
    }

    /// Goes to a step; what it shows is read where it has to be.
    pub(super) fn go(&mut self, step: Step, cx: &mut Cx<'_>) {
        self.step = step;
        match step {
            Step::Files => self.list_folder(self.files.folder.clone(), cx),
            Step::Columns | Step::Match => {}
            Step::Result => self.want_lines(cx),
        }
    }

    pub(super) fn ask(&mut self, slot: &'static str, ask: Ask, cx: &mut Cx<'_>) {
        cx.query(slot, Query::TwoFiles(ask));
    }

    pub(super) fn act(&mut self, slot: &'static str, act: Act, cx: &mut Cx<'_>) {
        cx.command(slot, Command::TwoFiles(act));
    }
}
