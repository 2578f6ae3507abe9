//! People of all tenants: somebody by name, identifier or e-mail. Nobody is listed before something was typed.

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::columns::{One, people_columns};
use super::data::{Act, Answer, Ask, Counts, person_id};
use super::row;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Command, Control, Cx, Payload, Place, Problem, Query, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{self, CodeHere, Handled, PERSON_PAGE, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::table::TableState;
use crate::console::widgets::{Canvas, Hit};
use crate::domain::code::{Code, LineCode};
use crate::domain::filter::{Ask as Term, Filter};
use crate::domain::run::OperationState;
use crate::services::fleet::{Found, Somebody};
use crate::services::lists::List;
use crate::store::views::PersonState;

const FOUND: &str = "found";
const SEARCHED: &str = "searched";
const AHEAD: &str = "ahead";
const REST: &str = "rest";
const COUNTS: &str = "counts";
const SAVE: &str = "save";
const SORT: &str = "sort";

/// The screen.
#[derive(Debug)]
pub struct Anybody {
    pub(super) counts: Counts,
    /// How many can be looked for.
    pub(super) searched: Option<u64>,
    /// What was found, and by which words.
    pub(super) found: Option<(String, Found)>,
    /// What is being looked for, and since when.
    pub(super) asked: Option<(String, Duration)>,
    pub(super) problem: Option<Problem>,
    pub(super) finder: Finder,
    pub(super) table: TableState<String>,
    /// The column that the list is sorted by; empty for the names. And the other way round.
    pub(super) order: (String, bool),
    pub(super) body: Rect,
}

impl Default for Anybody {
    fn default() -> Self {
        Self::new()
    }
}

/// The words of a filter that somebody is looked for by; what is said of columns narrows those who were found.
fn words_of(text: &str) -> String {
    let terms = Filter::parse(text).terms;
    let words = terms.iter().filter(|term| !term.not).filter_map(|term| match &term.ask {
        Term::Word(word) | Term::Phrase(word) => Some(word.as_str()),
        Term::Column { .. } => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Anybody {
    /// The screen, nothing typed yet.
    #[must_use]
    pub fn new() -> Self {
        let finder = Finder::new(List::Anybody, None, people_columns(), None).forgetful();
        Self {
            counts: Counts::default(),
            searched: None,
            found: None,
            asked: None,
            problem: None,
            finder,
            table: TableState::default(),
            order: (String::new(), false),
            body: Rect::default(),
        }
    }

    pub(super) fn somebody(&self, id: &str) -> Option<&Somebody> {
        self.found.as_ref()?.1.people.iter().find(|one| id_of(one) == id)
    }

    pub(super) fn current(&self) -> Option<&Somebody> {
        self.somebody(self.table.cursor()?)
    }

    fn arrange(&mut self) {
        let found = self.found.take();
        let (typed, people) = match &found {
            Some((typed, found)) => (typed.as_str(), found.people.as_slice()),
            None => ("", &[][..]),
        };
        let rows: Vec<One<'_>> = people.iter().map(|somebody| One { somebody, typed }).collect();
        let mut shown = self.finder.look_through(&rows, (&self.order.0, self.order.1));
        if self.order.0.is_empty() && self.order.1 {
            shown.reverse();
        }
        let ids = shown.iter().filter_map(|at| people.get(*at)).map(id_of).collect();
        self.found = found;
        self.table.set_ids(ids);
        self.finder.measure(self.body);
        let above = 2 + u16::from(self.body.width >= 80);
        self.table.set_height(usize::from(self.body.height.saturating_sub(above)));
    }

    /// Asks for the figures, and for everybody into memory before the next letter.
    fn count(cx: &mut Cx<'_>) {
        cx.query(SEARCHED, Query::Fleet(Ask::Searched));
        cx.query(COUNTS, Query::Fleet(Ask::Counts));
        cx.read_ahead(AHEAD, Query::Fleet(Ask::Ahead));
    }

    /// Looks for what is typed now, where that was not asked for yet.
    fn look(&mut self, anew: bool, cx: &mut Cx<'_>) {
        let words = words_of(self.finder.text());
        if words.is_empty() {
            (self.found, self.asked) = (None, None);
            return;
        }
        let known = self.asked.as_ref().map(|(words, _)| words).or(self.found.as_ref().map(|(words, _)| words));
        if !anew && known == Some(&words) {
            return;
        }
        self.asked = Some((words.clone(), cx.uptime()));
        cx.query(FOUND, Query::Fleet(Ask::Find(words)));
    }

    fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => {
                Self::count(cx);
                if self.finder.is_blank() {
                    self.finder.begin();
                }
                self.look(true, cx);
            }
            ScreenMsg::Control(Control::TenantChanged(_)) => {
                Self::count(cx);
                self.look(true, cx);
            }
            ScreenMsg::Resized(body) => self.body = row::below(body),
            ScreenMsg::Loaded(_, Payload::Fleet(answer)) => self.told(answer, cx),
            ScreenMsg::Failed(slot, problem) if slot.name == FOUND => {
                self.asked = None;
                cx.problem(problem.clone());
                self.problem = Some(problem);
            }
            // The row and the sentence stand without them.
            ScreenMsg::Failed(..) => {}
            ScreenMsg::Done(_, Payload::Fleet(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "person", "people")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SORT, screens::Answer::Picked(id)) => Finder::ordered(&id, &mut self.order),
            ScreenMsg::Answered(SAVE, screens::Answer::Named(file)) => {
                let text = words_of(self.finder.text());
                cx.command(SAVE, Command::Fleet(Act::SavePeople { text, people: self.table.ids().to_vec(), file }));
            }
            ScreenMsg::Key(key) if matches!(key.code, KeyCode::Up | KeyCode::Down) => {
                self.table.move_by(if key.code == KeyCode::Up { -1 } else { 1 });
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit: Hit::Row { pane: row::LISTS, row }, .. } => row::go(ScreenId::Anybody, row, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    self.go(cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            _ => return Handled::No,
        }
        self.arrange();
        Handled::Yes
    }

    fn told(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Counts(counts) => self.counts = counts,
            Answer::Searched(people) => self.searched = Some(people),
            Answer::Found { text, found } => {
                self.problem = None;
                self.searched = Some(found.of);
                self.asked = None;
                if !found.rest.is_empty() {
                    let ask = Ask::Rest { text: text.clone(), people: found.rest.clone() };
                    cx.read_ahead(REST, Query::Fleet(ask));
                }
                self.found = Some((text, found));
            }
            // Those of an earlier text are not put behind this one's.
            Answer::Rest { text, people } => {
                if let Some((_, found)) = self.found.as_mut().filter(|(known, _)| *known == text) {
                    found.people.extend(people);
                    found.rest.clear();
                }
            }
            Answer::Members(_) | Answer::Parts { .. } | Answer::Held { .. } | Answer::Ahead | Answer::Saved { .. } => {}
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter if self.table.is_empty() => self.finder.begin(),
            Action::Enter | Action::Why => self.go(cx),
            Action::PreviousItem | Action::NextItem => {
                row::walk(ScreenId::Anybody, action, cx);
            }
            Action::Refresh => self.look(true, cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("by name", self.order.1)),
            Action::Back if !self.finder.is_blank() => {
                self.finder.lend("");
                self.look(false, cx);
            }
            Action::Export => cx.save_as(SAVE, "Save these people as".to_owned(), "onroll-people"),
            Action::CopyId | Action::CopyRow => {
                if let Some(one) = self.current() {
                    let employee = one.row.employee.as_ref().map(ToString::to_string).unwrap_or_default();
                    let cells = [one.row.name.clone(), one.tenant.clone(), employee.clone()];
                    match action {
                        Action::CopyId => cx.copy(employee),
                        _ => cx.copy_row(&cells.each_ref().map(String::as_str)),
                    }
                }
            }
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            action if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        self.arrange();
        Handled::Yes
    }

    fn place(&self) -> Option<Place> {
        let one = self.current()?;
        Some(Place::tenant(ScreenId::Person, &*one.short).about(one.row.employee.as_ref()?.as_str()))
    }

    fn go(&self, cx: &mut Cx<'_>) {
        if let Some(place) = self.place() {
            cx.open(place);
        }
    }

    /// `,` and `.` walk the lists although the line has the keys, as long as nothing is typed: no name begins with them.
    fn walks(&self, msg: &ScreenMsg, cx: &Cx<'_>) -> Option<Action> {
        let ScreenMsg::Key(key) = msg else { return None };
        let KeyCode::Char(letter) = key.code else { return None };
        let is = |action| cx.key_of(action) == letter.to_string();
        [Action::PreviousItem, Action::NextItem].into_iter().find(|action| self.finder.is_blank() && is(*action))
    }
}

pub(super) fn id_of(one: &Somebody) -> String {
    person_id(&one.short, one.row.employee.as_ref().map_or("", |id| id.as_str()))
}

impl Screen for Anybody {
    fn id(&self) -> ScreenId {
        ScreenId::Anybody
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["People"])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let listed = |found: &Found| found.people.len() + found.rest.len();
        let part = self.found.as_ref().filter(|(_, found)| found.found > listed(found) as u64);
        let left =
            part.map(|(_, found)| format!("the first {} by name are listed; more letters find fewer", listed(found)));
        StatusLine::new(left.unwrap_or_default(), "no e-mail and no birth date is shown here")
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let lists = Offer::pair(Action::PreviousItem, Action::NextItem, "other list");
        if let Some(mut offers) = self.finder.offers() {
            if self.finder.is_blank() && self.finder.is_typing() {
                offers.push(lists);
            }
            return offers;
        }
        let none = self.table.is_empty().then_some("nobody");
        vec![
            Offer::new(Action::Enter, if none.is_some() { "type" } else { "go there" }),
            lists,
            Offer::new(Action::Filter, "type"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Export, "save").unless(none),
            Offer::new(Action::Refresh, "refresh"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let one = self.current()?;
        let code = match one.row.state {
            PersonState::Held(code) => Code::Hold(code),
            PersonState::Change(_, OperationState::Failed) => Code::Line(LineCode::Refused),
            PersonState::Change(_, OperationState::Unknown) => Code::Line(LineCode::NoAnswer),
            _ => return None,
        };
        let here = CodeHere::new(code).here(format!("{}, {}", one.row.name, one.tenant));
        Some(match self.place() {
            Some(place) => here.leads_to(PERSON_PAGE, place),
            None => here,
        })
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.asked.as_ref().map(|(_, since)| *since)
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        if let Some(action) = self.walks(&msg, cx) {
            row::walk(ScreenId::Anybody, action, cx);
            return Handled::Yes;
        }
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.look(false, cx);
        self.arrange();
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        row::draw(ScreenId::Anybody, &self.counts, area, canvas);
        self.draw(cx, row::below(area), canvas);
    }
}
