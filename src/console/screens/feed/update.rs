//! What happens to the screen Feed log.

use std::time::Duration;

use super::data::{Act, Answer, Ask};
use super::state::{DETAIL, Feed, LIST, filter_of};
use super::window::STEP;
use crate::console::app::{Command, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{Answer as Answered, Handled, ScreenId, ScreenMsg, said};
use crate::console::widgets::Hit;
use crate::store::views::{FeedEdge, FeedFilter};
use crossterm::event::KeyCode;

const LINES: &str = "lines";
const COUNT: &str = "count";
const FACETS: &str = "facets";
const CURE: &str = "cure";
const SAVE: &str = "save";
const SORT: &str = "sort";
/// New lines are looked for at most this often.
pub(super) const EVERY: Duration = Duration::from_millis(500);

impl Feed {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown if self.asked => self.look(cx),
            ScreenMsg::Shown => self.begin(cx),
            ScreenMsg::Resized(body) => self.measure(body),
            ScreenMsg::FeedMoved(_) => {
                self.dirty = true;
                self.look(cx);
            }
            ScreenMsg::Woken => self.look(cx),
            ScreenMsg::Loaded(_, Payload::Feed(answer)) => self.loaded(answer, cx),
            ScreenMsg::Failed(slot, problem) => {
                if slot.name == LINES {
                    self.loading_since = None;
                    if self.window.rows.is_empty() {
                        self.problem = Some(problem);
                    }
                }
            }
            ScreenMsg::Done(_, Payload::Feed(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SORT, Answered::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.search(cx);
            }
            ScreenMsg::Answered(SORT, _) => {}
            ScreenMsg::Answered(SAVE, Answered::Named(file)) => {
                let (tenant, filter) = (self.tenant.clone(), self.unsorted());
                cx.command(SAVE, Command::Feed(Act::Save { tenant, filter, file }));
            }
            ScreenMsg::Key(key) => {
                let action = if key.code == KeyCode::Up { Action::Up } else { Action::Down };
                self.step(action, cx);
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit, double } => return self.clicked(&hit, double, cx),
            ScreenMsg::Wheel { rows, .. } => {
                self.follow = false;
                self.window.table.move_by(rows);
                self.moved(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Reads the newest lines of the filter.
    fn begin(&mut self, cx: &mut Cx<'_>) {
        self.asked = true;
        self.ask(FeedEdge::Newest, cx);
        self.count(cx);
    }

    fn ask(&mut self, edge: FeedEdge, cx: &mut Cx<'_>) {
        self.loading_since = Some(cx.uptime());
        let (tenant, filter) = (self.tenant.clone(), self.filter.clone());
        cx.query(LINES, Query::Feed(Ask::Lines { tenant, filter, edge, limit: STEP, waits: false }));
    }

    /// The filter without an order, for what has none: counts, files.
    fn unsorted(&self) -> FeedFilter {
        FeedFilter { sort: None, ..self.filter.clone() }
    }

    fn count(&mut self, cx: &mut Cx<'_>) {
        let (tenant, filter) = (self.tenant.clone(), self.unsorted());
        cx.query(COUNT, Query::Feed(Ask::Count { tenant, filter, waits: false }));
    }

    /// Looks for new lines: reads them when following, else only counts them. The rows under the eyes stay.
    fn look(&mut self, cx: &mut Cx<'_>) {
        let rested = self.looked.is_none_or(|at| cx.uptime() >= at + EVERY);
        if !self.dirty || self.frozen || !rested || self.loading_since.is_some() {
            return;
        }
        (self.dirty, self.looked) = (false, Some(cx.uptime()));
        if self.follow {
            let edge = self.window.rows.first().filter(|_| self.window.at_newest);
            self.ask(edge.map_or(FeedEdge::Newest, |row| FeedEdge::After(row.id)), cx);
        }
        self.count(cx);
    }

    fn loaded(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Lines { edge, reading: true, .. } => {
                self.problem = None;
                self.reading = true;
                self.window.take(FeedEdge::Newest, Vec::new());
                let (tenant, filter) = (self.tenant.clone(), self.filter.clone());
                cx.read_ahead(LINES, Query::Feed(Ask::Lines { tenant, filter, edge, limit: STEP, waits: true }));
            }
            Answer::Lines { edge, rows, .. } => {
                self.loading_since = None;
                self.reading = false;
                self.problem = None;
                if edge != FeedEdge::Newest
                    && self.follow
                    && matches!(edge, FeedEdge::After(_))
                    && rows.len() >= STEP as usize
                {
                    // Faster than we read: go to the newest.
                    self.ask(FeedEdge::Newest, cx);
                    return;
                }
                self.window.take(edge, rows);
                if self.follow || edge == FeedEdge::Newest {
                    self.window.table.move_to(0);
                    self.counted_at_newest = self.counts.map_or(0, |(found, _)| found);
                }
                self.moved(cx);
            }
            Answer::Count { found: None, all } => {
                self.all = Some(all);
                let (tenant, filter) = (self.tenant.clone(), self.unsorted());
                cx.read_ahead(COUNT, Query::Feed(Ask::Count { tenant, filter, waits: true }));
            }
            Answer::Count { found: Some(found), all } => {
                let first = self.counts.is_none() || self.follow;
                self.counts = Some((found, all));
                if first {
                    self.counted_at_newest = found;
                }
            }
            Answer::Facets { text, facets } if text == self.finder.text() => self.finder.set_facets(facets),
            Answer::Facets { .. } => {}
            Answer::Cure(cure) => self.cure = Some(cure),
            Answer::Saved { .. } => {}
        }
    }

    /// The cursor has moved: the window may have to, and the detail needs its cure.
    fn moved(&mut self, cx: &mut Cx<'_>) {
        if self.loading_since.is_none()
            && let Some(edge) = self.window.wants()
        {
            self.ask(edge, cx);
        }
        let held = self.window.current().filter(|row| row.line.what == "held");
        let employee = held.and_then(|row| row.line.employee.as_ref()).map(|id| id.0.clone());
        if let Some(employee) = employee
            && self.cure().is_none()
        {
            cx.query(CURE, Query::Feed(Ask::Cure { tenant: self.tenant.clone(), employee }));
        }
    }

    /// The filter has changed: the list begins again at the newest line that fits.
    pub(super) fn search(&mut self, cx: &mut Cx<'_>) {
        let filter = filter_of(&self.finder, &self.order);
        if filter != self.filter {
            // What comes new stands anywhere in another order.
            self.follow &= filter.sort.is_none();
            self.filter = filter;
            self.counts = None;
            self.begin(cx);
        }
        if self.finder.is_open() {
            let (tenant, filter) = (self.tenant.clone(), self.unsorted());
            let text = self.finder.text().to_owned();
            cx.read_ahead(FACETS, Query::Feed(Ask::Facets { tenant, text, filter }));
        }
    }

    fn clear(&mut self, cx: &mut Cx<'_>) {
        self.finder.lend("");
        self.finder.keep((&self.order.0, self.order.1), cx);
        self.search(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::NextHit | Action::Down => self.step(Action::Down, cx),
            Action::PreviousHit | Action::Up => self.step(Action::Up, cx),
            Action::First => {
                self.window.table.move_to(0);
                if self.window.at_newest && self.unseen() == 0 { self.moved(cx) } else { self.begin(cx) }
            }
            Action::Sort => cx.pick(SORT, self.finder.orders("newest first", self.order.1)),
            Action::Enter => self.open_person(cx),
            Action::Edit => self.open_mapping(cx),
            Action::Compare => {
                let place = self.window.current().and_then(|row| said::place_of_feed(&self.tenant, &row.line));
                if let Some(place) = place {
                    cx.open(place);
                }
            }
            Action::Follow => {
                self.follow = !self.follow;
                if self.follow {
                    self.frozen = false;
                    self.order = (String::new(), false);
                    self.filter.sort = None;
                    self.begin(cx);
                }
            }
            Action::Freeze => {
                self.frozen = !self.frozen;
                self.look(cx);
            }
            Action::CopyId | Action::CopyRow => {
                if let Some(row) = self.window.current() {
                    cx.copy(super::words::plain_line(&row.line));
                }
            }
            Action::Export => {
                let (found, all) = self.counts.unwrap_or_default();
                let lines = if found == 1 { "line" } else { "lines" };
                let title = format!("Save {} {lines} as", super::words::found(found, all));
                let name = format!("{}-feed-{}", self.tenant, cx.stamp());
                cx.save_as(SAVE, title, &name);
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            _ if self.focus.handle(action) => {
                self.measure(cx.body());
            }
            Action::Back if self.finder.is_on() => self.clear(cx),
            action => {
                if !self.window.table.handle(action) {
                    return Handled::No;
                }
                self.follow &= self.window.table.cursor_index() == Some(0);
                self.moved(cx);
            }
        }
        Handled::Yes
    }

    fn step(&mut self, action: Action, cx: &mut Cx<'_>) {
        self.window.table.handle(action);
        self.follow &= self.window.table.cursor_index() == Some(0);
        self.moved(cx);
    }

    fn clicked(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane: LIST, row } => {
                self.focus.set(LIST);
                self.window.table.move_to(*row);
                self.follow &= *row == 0;
                self.moved(cx);
                if double {
                    self.open_person(cx);
                }
            }
            Hit::Pane(pane @ (LIST | DETAIL)) => self.focus.set(*pane),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn open_person(&mut self, cx: &mut Cx<'_>) {
        let person = self.window.current().and_then(|row| row.line.employee.clone());
        if let Some(person) = person {
            cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(person.0));
        }
    }

    fn open_mapping(&mut self, cx: &mut Cx<'_>) {
        let mapping = self.cure().and_then(|cure| cure.mapping.clone());
        if let Some((table, value)) = mapping {
            let place = Place::tenant(ScreenId::Mappings, self.tenant.clone()).about(format!("{table}/{value}"));
            cx.open(place);
        }
    }
}
