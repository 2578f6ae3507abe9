//! What happens to the screen.

use std::sync::Arc;

use super::data::{Act, Answer, Ask, Detail, First, Keys};
use super::filter::{PRESETS, SORTS, sort_key};
use super::push;
use super::state::{DETAIL, LIST, People};
use crate::console::app::live::LiveCommand;
use crate::console::app::overlay::{PickItem, PickList};
use crate::console::app::{Command, Control, Cx, Level, Payload, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::review::data as review;
use crate::console::screens::{Answer as Picked, Handled, ScreenMsg, person};
use crate::console::widgets::Hit;
use crate::console::widgets::table::Marks as _;
use crate::services::people::list;
use crate::store::views::{PersonKey, PersonRow};

const KEYS: &str = "keys";
const WHOLE: &str = "whole list";
const ROWS: &str = "rows";
const AHEAD: &str = "rows ahead";
const ESSENCE: &str = "detail";
const COUNTS: &str = "facets";
const PUSH: &str = "push";
const RUN: &str = "run";
const READ: &str = "read";
const EXPORT: &str = "export";
const LISTS: &str = "lists";
const UNDO: &str = "undo";
/// Rows that are kept in memory at most.
const KEPT_ROWS: usize = 5_000;

impl People {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.load(cx),
            ScreenMsg::Resized(body) => {
                self.body = body;
                self.measure(cx);
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Loaded(_, Payload::People(answer)) | ScreenMsg::Done(_, Payload::People(answer)) => {
                self.loaded(answer, cx);
            }
            ScreenMsg::Failed(slot, problem) if slot.name == KEYS => {
                if self.head.value().is_some() {
                    cx.problem(problem.clone());
                }
                self.head.fail(problem);
            }
            ScreenMsg::Failed(slot, problem) if slot.name == PUSH => cx.problem(problem),
            ScreenMsg::Done(slot, _) if slot.name == READ => {
                cx.done("Reading from the source; the plan follows", false)
            }
            ScreenMsg::Done(slot, _) if slot.name == RUN => {
                self.table.clear_marks();
                cx.done("Started the push", false);
            }
            ScreenMsg::Done(_, Payload::Review(answer)) => self.walked(answer, cx),
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(LISTS, Picked::Picked(id)) => self.chosen(&id, cx),
            ScreenMsg::Answered(EXPORT, Picked::Named(file)) => {
                let act = Act::Export { tenant: self.tenant.clone(), query: self.query(), file };
                cx.command(EXPORT, Command::People(act));
            }
            ScreenMsg::Answered(PUSH, Picked::Confirmed) => {
                if let Some(push) = self.push.take() {
                    cx.command(RUN, Command::Run(push::command(push)));
                }
            }
            ScreenMsg::Answered(..) => self.push = None,
            ScreenMsg::Click { hit, double } => return self.click(&hit, double, cx),
            ScreenMsg::Wheel { rows, .. } => {
                self.table.move_by(rows);
                self.moved(cx);
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.head.load(cx.uptime());
        cx.forget(WHOLE);
        cx.query(KEYS, Query::People(self.keys_ask(false)));
        if self.finder.is_open() {
            // They are counted beside the list, and may come later.
            self.count(false, cx);
        }
    }

    fn count(&self, whole: bool, cx: &mut Cx<'_>) {
        let (tenant, query) = (self.tenant.clone(), self.query());
        cx.read_ahead(COUNTS, Query::People(Ask::Facets { tenant, query, whole }));
    }

    /// The list has the part of the body that the facets leave.
    pub(super) fn measure(&mut self, cx: &mut Cx<'_>) {
        self.finder.measure(self.body);
        self.table.set_height(super::view::rows(&self.finder, self.body));
        self.read_window(cx);
    }

    fn keys_ask(&self, whole: bool) -> Ask {
        let height = self.table.window().len().max(super::view::rows(&self.finder, self.body));
        Ask::Keys { tenant: self.tenant.clone(), query: self.query(), keep: self.person.clone(), whole, height }
    }

    fn loaded(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Keys(keys) => self.adopt(keys, cx),
            Answer::Rows(rows) => self.take_rows(rows),
            // What was counted for an earlier filter is not shown beside this one's list.
            Answer::Facets { text, facets, partial } if text == self.finder.text() => {
                self.finder.set_facets(facets);
                if partial {
                    self.count(true, cx);
                }
            }
            Answer::Facets { .. } => {}
            Answer::Detail(detail) => self.take_detail(*detail),
            Answer::Push(found) => match &found.refused {
                Some(why) => cx.toast(Level::Warn, format!("Not pushed: {why}")),
                None => {
                    let zone = cx.console().zone.clone();
                    cx.confirm(PUSH, push::question(&found, &zone));
                    self.push = Some(*found);
                }
            },
            Answer::Exported(path, rows) => {
                let people = format::counted(rows as u64, "person", "people");
                cx.done(format!("Saved {people} to {}", path.display()), false);
            }
        }
    }

    fn take_rows(&mut self, rows: Vec<PersonRow>) {
        if self.rows.len() > KEPT_ROWS {
            self.rows.clear();
        }
        self.rows.extend(rows.into_iter().map(|row| (row.key, row)));
        self.person = self.row().and_then(|row| row.employee.clone());
    }

    fn take_detail(&mut self, detail: Detail) {
        if self.table.cursor() == Some(&detail.key) {
            self.detail = Some(detail);
        }
    }

    fn adopt(&mut self, mut keys: Keys, cx: &mut Cx<'_>) {
        let before = self.head.value().and_then(|head| head.pull);
        if before.is_some() && before != keys.pull && !self.table.marks().is_empty() {
            // Rows of another pull are other keys: marks that point nowhere must not be pushed by accident.
            self.table.clear_marks();
            cx.toast(Level::Info, "Marks cleared: the list was read anew");
        }
        if keys.reading {
            cx.read_ahead(WHOLE, Query::People(self.keys_ask(true)));
        }
        match keys.kept_at {
            Some(at) => self.table.set_shared_at(Arc::clone(&keys.keys), at),
            None => {
                let kept = keys.kept.filter(|kept| self.table.cursor() != Some(kept));
                self.table.set_shared(Arc::clone(&keys.keys));
                if let Some(kept) = kept {
                    self.table.put_cursor(&kept);
                }
            }
        }
        self.finder.set_columns(list::columns(&keys.identifier_word));
        let First { rows, detail } = std::mem::take(&mut *keys.first);
        self.head.ready(keys);
        // What rows say may have changed: of those before only the window stays, until it comes anew.
        let shown = self.keys_of(self.table.window());
        self.rows.retain(|key, _| shown.contains(key));
        let is_whole = shown.iter().all(|key| rows.iter().any(|row| row.key == *key));
        self.take_rows(rows);
        if is_whole {
            self.read_window(cx);
        } else {
            self.ask_rows(shown, cx);
        }
        match detail.filter(|detail| self.table.cursor() == Some(&detail.key)) {
            Some(detail) => self.take_detail(detail),
            None => self.read_detail(cx),
        }
    }

    fn keys_of(&self, range: std::ops::Range<usize>) -> Vec<PersonKey> {
        self.table.ids().iter().skip(range.start).take(range.len()).copied().collect()
    }

    fn ask_rows(&mut self, keys: Vec<PersonKey>, cx: &mut Cx<'_>) {
        cx.query(ROWS, Query::People(Ask::Rows { tenant: self.tenant.clone(), keys }));
    }

    /// Asks for the rows of the window that are not there, and ahead for those around it.
    fn read_window(&mut self, cx: &mut Cx<'_>) {
        let shown = self.keys_of(self.table.window());
        if shown.is_empty() {
            return;
        }
        if !shown.iter().all(|key| self.rows.contains_key(key)) {
            self.ask_rows(shown.clone(), cx);
        }
        // The next page is there when its key comes.
        let is_missing = |key: &PersonKey| !self.rows.contains_key(key) && !shown.contains(key);
        if self.keys_of(self.table.window_and(1)).iter().any(is_missing) {
            let mut keys = self.keys_of(self.table.window_with_margin());
            keys.retain(is_missing);
            cx.read_ahead(AHEAD, Query::People(Ask::Rows { tenant: self.tenant.clone(), keys }));
        }
    }

    fn read_detail(&mut self, cx: &mut Cx<'_>) {
        if let Some(key) = self.table.cursor().copied() {
            cx.query(ESSENCE, Query::People(Ask::Detail { tenant: self.tenant.clone(), key }));
        }
    }

    fn moved(&mut self, cx: &mut Cx<'_>) {
        self.read_window(cx);
        if self.detail.as_ref().map(|detail| &detail.key) != self.table.cursor() {
            self.person = self.row().and_then(|row| row.employee.clone());
            self.read_detail(cx);
        }
    }

    fn click(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane: LIST, row } => {
                self.focus.set(LIST);
                self.table.move_to(*row);
                self.moved(cx);
                if double {
                    self.open(cx);
                }
            }
            Hit::Head { pane: LIST, column } => self.sort_column(*column, cx),
            Hit::Pane(LIST) => self.focus.set(LIST),
            Hit::Pane(DETAIL) => self.focus.set(DETAIL),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter | Action::Why => self.open(cx),
            Action::Sort => cx.pick(LISTS, lists(self.descending)),
            Action::Export => {
                let people = format::counted(self.table.ids().len() as u64, "person", "people");
                let name = format!("{}-people-{}", self.tenant, cx.stamp());
                cx.save_as(EXPORT, format!("Save {people} as"), &name);
            }
            Action::Send => {
                let keys = Arc::new(self.table.marks().clone());
                let hidden = Arc::new(self.table.hidden_marks().clone());
                cx.query(PUSH, Query::People(Ask::Push { tenant: self.tenant.clone(), keys, hidden }));
            }
            Action::CopyId => {
                let id = self.row().and_then(|row| {
                    row.employee.as_ref().map(|id| id.0.clone()).or(row.user.as_ref().map(|id| id.0.clone()))
                });
                if let Some(id) = id {
                    cx.copy(id);
                }
            }
            Action::CopyRow => self.copy_row(cx),
            Action::Refresh => {
                self.load(cx);
                if let Some(employee) = self.row().and_then(|row| row.employee.clone()) {
                    let people = vec![employee];
                    let command = LiveCommand::ReadPeople { tenant: self.tenant.clone(), people };
                    cx.command(READ, Command::Run(command));
                }
            }
            Action::Undo => cx.command(UNDO, Command::Review(review::Act::Undo { tenant: self.tenant.clone() })),
            Action::Redo => cx.command(UNDO, Command::Review(review::Act::Redo { tenant: self.tenant.clone() })),
            Action::Back if !self.focus.is(LIST) || self.focus.zoomed().is_some() => {
                self.focus.handle(action);
            }
            Action::Back if self.table.marks().is_empty() && self.finder.is_on() && !self.goes_back() => {
                self.show("", cx);
            }
            _ if action != Action::Back && self.focus.handle(action) => {}
            _ => {
                let handled = self.table.handle(action);
                self.moved(cx);
                return if handled { Handled::Yes } else { Handled::No };
            }
        }
        Handled::Yes
    }

    /// A step of rulings was undone or redone: it says whom and what, and the cursor goes there.
    fn walked(&mut self, answer: review::Answer, cx: &mut Cx<'_>) {
        match answer {
            review::Answer::Walked { employees: Some(employees), words, .. } => {
                cx.done(words, false);
                self.person = employees.into_iter().next();
                cx.command(UNDO, Command::Review(review::Act::Replan { tenant: self.tenant.clone() }));
            }
            review::Answer::Walked { words, .. } => cx.toast(Level::Info, words),
            review::Answer::Replanned => {
                cx.tenant_changed();
                self.load(cx);
            }
            _ => {}
        }
    }

    fn copy_row(&mut self, cx: &mut Cx<'_>) {
        let Some(row) = self.row() else { return };
        let (_, state) = super::words::state(row);
        let id = row.employee.as_ref().map(|id| id.0.clone()).unwrap_or_default();
        let branch = row.branch.clone().unwrap_or_default();
        cx.copy_row(&[&row.name, &id, &branch, &state]);
    }

    /// Puts another filter in force, and remembers it.
    /// Whoever came for these people, and has not looked for others since, goes back to where they came from.
    fn goes_back(&self) -> bool {
        self.returns && self.finder.is_lent()
    }

    fn show(&mut self, filter: &str, cx: &mut Cx<'_>) {
        self.finder.lend(filter);
        self.finder.keep((sort_key(self.sort), self.descending), cx);
        self.load(cx);
        self.measure(cx);
    }

    fn open(&mut self, cx: &mut Cx<'_>) {
        let Some(key) = self.table.cursor().copied() else { return };
        let list = self.finder.text();
        let place = match self.rows.get(&key).and_then(|row| row.employee.as_ref()) {
            Some(employee) => person::place(&self.tenant, employee.as_str(), list),
            None => person::place_of_row(&self.tenant, key, list),
        };
        cx.open(place);
    }

    fn chosen(&mut self, id: &str, cx: &mut Cx<'_>) {
        let (kind, number) = id.split_once(' ').unwrap_or((id, ""));
        let at: usize = number.parse().unwrap_or_default();
        match (kind, PRESETS.get(at), SORTS.get(at)) {
            ("list", Some((filter, _)), _) => return self.show(filter, cx),
            ("sort", _, Some((sort, ..))) => self.sort = *sort,
            ("turn", ..) => self.descending = !self.descending,
            _ => {}
        }
        self.keep_order(cx);
    }

    fn sort_column(&mut self, column: usize, cx: &mut Cx<'_>) {
        let Some(sort) = super::view::sort_of(column) else { return };
        self.descending = self.sort == sort && !self.descending;
        self.sort = sort;
        self.keep_order(cx);
    }

    fn keep_order(&mut self, cx: &mut Cx<'_>) {
        self.finder.keep((sort_key(self.sort), self.descending), cx);
        self.load(cx);
    }
}

/// What `s` offers.
fn lists(descending: bool) -> PickList {
    let presets = PRESETS.iter().enumerate();
    let mut items: Vec<PickItem> =
        presets.map(|(at, (filter, words))| PickItem::new(format!("list {at}"), *words, *filter)).collect();
    items.extend(
        SORTS
            .iter()
            .enumerate()
            .map(|(at, (_, words, _))| PickItem::new(format!("sort {at}"), format!("sort by {words}"), "")),
    );
    items.push(PickItem::new("turn", if descending { "first to last" } else { "last to first" }, ""));
    PickList { title: "Lists and orders".to_owned(), items, create: None }
}
