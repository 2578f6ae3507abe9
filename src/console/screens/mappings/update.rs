//! What happens to the screen.

use std::time::Duration;

use super::data::{Act, Answer, Ask, CellChange, Line, Sheet, Tab};
use super::edit::{EDIT, target_of};
use super::import::IMPORT;
use super::state::{DETAIL, LIST, Mappings, suggestion};
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::people::filter::value_filter;
use crate::console::screens::{Answer as Picked, Handled, ScreenId, ScreenMsg, person};
use crate::console::widgets::Hit;
use crate::domain::mapping::MappingTarget;
use crossterm::event::KeyCode;

const SHEET: &str = "sheet";
const WHAT_IF: &str = "what-if";
const VALUE: &str = "value";
const ALL_NAMES: &str = "all names";
const SORT: &str = "sort";
const EXPORT: &str = "export";
/// The cursor rests so long before what lies under it is worked out.
const REST: Duration = Duration::from_millis(120);
/// The maximum time for which the Enter that opened a pick list is held.
const HELD_ENTER: Duration = Duration::from_millis(250);

impl Mappings {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.load(cx),
            ScreenMsg::Resized(body) => self.resized(body),
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Loaded(_, Payload::Mappings(answer)) | ScreenMsg::Done(_, Payload::Mappings(answer)) => {
                self.loaded(answer, cx);
            }
            ScreenMsg::Failed(slot, problem) => match slot.name {
                SHEET if self.sheet.value().is_some() => {
                    self.sheet.fail(problem.clone());
                    cx.problem(problem);
                }
                SHEET => self.sheet.fail(problem),
                WHAT_IF => self.asked = None,
                IMPORT => cx.problem(problem),
                _ => {}
            },
            ScreenMsg::Refused(_, problem) => {
                cx.problem(problem);
                self.load(cx);
            }
            ScreenMsg::Answered(SORT, Picked::Picked(id)) => {
                Finder::ordered(&id, &mut self.sorted);
                self.finder.keep((&self.sorted.0, self.sorted.1), cx);
                self.list_values();
                self.follow(cx);
            }
            ScreenMsg::Answered(IMPORT, answer) => self.answered_import(&answer, cx),
            ScreenMsg::Answered(EXPORT, Picked::Named(file)) => {
                if let Some(tab) = self.sheet.value().map(|sheet| sheet.tab) {
                    let act = Act::Export { tenant: self.tenant.clone(), tab, file };
                    cx.command(EXPORT, Command::Mappings(act));
                }
            }
            ScreenMsg::Woken => self.woken(cx),
            ScreenMsg::Key(key) => self.key(key, cx),
            ScreenMsg::Paste(text) => self.paste(&text, cx),
            ScreenMsg::Click { hit, double } => return self.click(&hit, double, cx),
            ScreenMsg::Wheel { rows, hit } => match hit {
                Some(Hit::Pane(DETAIL) | Hit::Row { pane: DETAIL, .. }) => self.people.move_by(rows),
                _ => {
                    self.current().move_by(rows);
                    self.follow(cx);
                }
            },
            ScreenMsg::Action(action) => return self.act(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.sheet.load(cx.uptime());
        cx.query(SHEET, Query::Mappings(Ask::Sheet { tenant: self.tenant.clone(), tab: self.tab }));
    }

    pub(super) fn resized(&mut self, body: ratatui::layout::Rect) {
        self.body = body;
        let rows = usize::from(body.height).saturating_sub(4);
        self.feeds.set_height(rows);
        self.people.set_height(super::pane::people_rows(body));
        self.list_values();
    }

    fn current(&mut self) -> &mut crate::console::widgets::table::TableState<String> {
        match self.sheet.value().map(|sheet| sheet.tab) {
            Some(Tab::FieldMap) => &mut self.feeds,
            _ => &mut self.table,
        }
    }

    fn loaded(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Sheet(sheet) => self.adopt(*sheet, cx),
            Answer::WhatIf(what_if) => {
                self.asked = None;
                if self.wanted.as_ref() == Some(&what_if.cell) {
                    self.people.set_ids((0..what_if.who.len()).collect());
                    self.what_if = Some(what_if);
                    self.what_if_at = None;
                } else if self.wanted.is_some() {
                    self.what_if_at = Some(cx.uptime());
                    self.woken(cx);
                }
            }
            Answer::Value(facts) => {
                if self.table.cursor() == Some(&facts.value) && self.wanted.is_none() {
                    self.people.set_ids((0..facts.people.len()).collect());
                    if !facts.whole {
                        let (tenant, list, value) = (self.tenant.clone(), facts.list, facts.value.clone());
                        cx.read_ahead(ALL_NAMES, Query::Mappings(Ask::Value { tenant, list, value, whole: true }));
                    }
                    self.facts = Some(facts);
                }
            }
            Answer::Import(import) => self.ask_import(*import, cx),
            Answer::Edited(edited) => self.edited(edited, cx),
            Answer::Exported(path, rows) => {
                cx.done(format!("Saved {} to {}", format::counted(rows as u64, "row", "rows"), path.display()), false);
            }
        }
    }

    /// Takes a table that was read. Rows of the same table stay where they are until it is left.
    fn adopt(&mut self, sheet: Sheet, cx: &mut Cx<'_>) {
        let entered = self.resort || self.sheet.value().map(|old| old.tab) != Some(sheet.tab);
        self.resort = false;
        if entered {
            self.order = sheet.lines.iter().map(|line| line.value.clone()).collect();
            self.opened = sheet.lines.iter().filter(|l| l.is_open()).map(|line| line.value.clone()).collect();
            self.facts = None;
        } else {
            self.order.retain(|value| sheet.lines.iter().any(|line| line.value == *value));
            for line in sheet.lines.iter().filter(|line| !self.order.contains(&line.value)).collect::<Vec<_>>() {
                self.order.push(line.value.clone());
            }
        }
        self.tab = Some(sheet.tab);
        self.feeds.set_ids(sheet.feeds.iter().map(|feed| feed.field.clone()).collect());
        self.sheet.ready(sheet);
        self.list_values();
        if entered && self.goal.is_none() {
            self.table.move_to(0);
        }
        if let Some(goal) = self.goal.take() {
            self.table.put_cursor(&goal);
        }
        // Figures may have moved with the tables: what was worked out is asked for again.
        self.what_if = None;
        self.wanted = None;
        self.follow(cx);
    }

    /// The values that the filter leaves, those that were open first.
    pub(super) fn list_values(&mut self) {
        let Some(sheet) = self.sheet.value() else { return };
        let place = |value: &String| self.order.iter().position(|other| other == value);
        let mut lines: Vec<(Option<usize>, &Line)> =
            sheet.lines.iter().map(|line| (place(&line.value), line)).filter(|(at, _)| at.is_some()).collect();
        lines.sort_by_key(|(at, _)| *at);
        let rows: Vec<Line> = lines.into_iter().map(|(_, line)| line.clone()).collect();
        let found = self.finder.look_through(&rows, (&self.sorted.0, self.sorted.1));
        let mut shown: Vec<String> =
            found.iter().filter_map(|at| rows.get(*at)).map(|line| line.value.clone()).collect();
        let own = self.sorted.0.is_empty();
        if own && self.sorted.1 {
            shown.reverse();
        }
        let open = shown.iter().take_while(|value| self.opened.contains(value)).count();
        let wide = self.finder.list_area(self.body).width >= super::list::SPLIT;
        let grouped = wide && own && open > 0 && open < shown.len();
        let groups = if grouped { vec![(open, "mapped".to_owned())] } else { Vec::new() };
        self.table.set_grouped(shown, groups);
        self.finder.measure(self.body);
        let rows = super::list::rows(self.finder.list_area(self.body));
        // In a wide window the line takes the place of the coverage.
        self.table.set_height(rows.saturating_sub(usize::from(self.finder.has_line() && !wide)));
    }

    /// What lies under the cursor decides what the pane tells: a what-if, or who carries the value.
    pub(super) fn follow(&mut self, cx: &mut Cx<'_>) {
        let wanted = self.cell_in_question();
        if wanted != self.wanted {
            self.wanted = wanted;
            self.people.set_ids(Vec::new());
            self.what_if_at = self.wanted.as_ref().map(|_| cx.uptime() + REST);
        }
        if self.wanted.is_none()
            && let (Some(list), Some(value)) = (self.list(), self.table.cursor().cloned())
            && self.facts.as_ref().is_none_or(|facts| facts.value != value || facts.list != list)
        {
            cx.forget(ALL_NAMES);
            let tenant = self.tenant.clone();
            cx.query(VALUE, Query::Mappings(Ask::Value { tenant, list, value, whole: false }));
        }
    }

    /// What the pane works out: the highlighted option while editing, else the suggestion under the cursor.
    fn cell_in_question(&self) -> Option<CellChange> {
        let list = self.list()?;
        match &self.editing {
            Some(editing) => {
                let target = match editing.picker.highlighted() {
                    Some(item) => target_of(&item.id),
                    None if editing.picker.typed().trim().is_empty() => return None,
                    None => MappingTarget::Create(editing.picker.typed().trim().to_owned()),
                };
                Some(CellChange { list, value: editing.value.clone(), target: Some(target) })
            }
            None => suggestion(list, self.line()?),
        }
    }

    /// One what-if at a time; the newest wish is asked when the last answer is there.
    fn woken(&mut self, cx: &mut Cx<'_>) {
        if self.asked.is_some() || self.what_if_at.is_none_or(|at| at > cx.uptime()) {
            return;
        }
        self.what_if_at = None;
        if let Some(cell) = self.wanted.clone() {
            self.asked = Some(cell.clone());
            cx.query(WHAT_IF, Query::Mappings(Ask::WhatIf { tenant: self.tenant.clone(), cell }));
        }
    }

    fn key(&mut self, key: crossterm::event::KeyEvent, cx: &mut Cx<'_>) {
        if let Some(path) = &mut self.path {
            path.key(key);
        } else if let Some(editing) = &mut self.editing {
            if let Some(answer) = editing.picker.key(key) {
                self.picked(answer, cx);
            }
            self.follow(cx);
        } else if matches!(key.code, KeyCode::Up | KeyCode::Down) {
            self.table.move_by(if key.code == KeyCode::Up { -1 } else { 1 });
            self.follow(cx);
        }
    }

    fn paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        if let Some(path) = &mut self.path {
            path.paste(text);
        } else if let Some(editing) = &mut self.editing {
            editing.picker.paste(text);
        }
        self.follow(cx);
    }

    fn click(&mut self, hit: &Hit, double: bool, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::OverlayRow(row) => {
                let answer = self.editing.as_mut().and_then(|editing| editing.picker.choose(*row));
                if let Some(answer) = answer {
                    self.picked(answer, cx);
                }
            }
            Hit::Overlay => {}
            Hit::Row { pane: LIST, row } if self.editing.is_none() => {
                self.focus.set(LIST);
                self.current().move_to(*row);
                self.follow(cx);
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            Hit::Row { pane: DETAIL, row } => {
                self.focus.set(DETAIL);
                self.people.move_to(*row);
                if double {
                    self.open_person(cx);
                }
            }
            // Heads of this pane number are the tabs of the tables.
            Hit::Head { pane: LIST, column } => {
                let tab = self.sheet.value().and_then(|sheet| sheet.tabs.get(*column)).map(|head| head.tab);
                self.go_to(tab, cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.text_keys(action, cx) {
            return Handled::Yes;
        }
        match action {
            Action::Enter if self.focus.is(DETAIL) => self.open_person(cx),
            Action::Enter => self.enter(cx),
            Action::Edit => self.edit(cx),
            Action::New => self.create(cx),
            Action::Clear => self.clear(cx),
            Action::Alike => self.accept_all(cx),
            Action::PreviousItem => self.neighbour(-1, cx),
            Action::NextItem => self.neighbour(1, cx),
            Action::Why => self.focus.set(DETAIL),
            Action::Undo => cx.command(EDIT, Command::Mappings(Act::Undo { tenant: self.tenant.clone() })),
            Action::Redo => cx.command(EDIT, Command::Mappings(Act::Redo { tenant: self.tenant.clone() })),
            Action::Export => self.export(cx),
            Action::MoreVerbatim => self.verbatim(cx),
            Action::MoreImport => self.begin_import(cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("by people blocked", self.sorted.1)),
            Action::Refresh => {
                self.resort = true;
                self.load(cx);
            }
            Action::CopyId => {
                if let Some(value) = self.table.cursor().cloned() {
                    cx.copy(value);
                }
            }
            Action::Back if self.finder.is_on() && self.focus.is(LIST) => {
                self.finder.lend("");
                self.finder.keep((&self.sorted.0, self.sorted.1), cx);
                self.list_values();
                self.follow(cx);
            }
            _ if self.focus.handle(action) => {}
            _ if self.focus.is(DETAIL) => return yes(self.people.handle(action)),
            // Marks mean nothing in a table of values.
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            _ => {
                let moved = self.current().handle(action);
                self.follow(cx);
                return yes(moved);
            }
        }
        Handled::Yes
    }

    /// Enter and Esc while something is typed.
    fn text_keys(&mut self, action: Action, cx: &mut Cx<'_>) -> bool {
        if self.path.is_some() {
            match action {
                Action::Enter => self.read_import(cx),
                Action::Back => self.path = None,
                _ => return false,
            }
            return true;
        }
        if let Some(editing) = &mut self.editing {
            match action {
                Action::Enter if cx.uptime() < editing.since + HELD_ENTER => {}
                Action::Enter => {
                    let key = crossterm::event::KeyCode::Enter.into();
                    if let Some(answer) = editing.picker.key(key) {
                        self.picked(answer, cx);
                    }
                }
                Action::Back => {
                    self.editing = None;
                    self.follow(cx);
                }
                Action::PageUp => editing.picker.scroll(-8),
                Action::PageDown => editing.picker.scroll(8),
                _ => return false,
            }
            self.follow(cx);
            return true;
        }
        false
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        if let Some(sheet) = self.sheet.value().filter(|sheet| sheet.tab == Tab::FieldMap) {
            let table = sheet.feeds.iter().find(|feed| Some(&feed.field) == self.feeds.cursor()).and_then(|f| f.table);
            match table {
                Some(list) => self.go_to(Some(Tab::Table(list)), cx),
                None => cx.open(Place::tenant(ScreenId::Settings, self.tenant.clone())),
            }
            return;
        }
        let accept = self.list().zip(self.line()).and_then(|(list, line)| suggestion(list, line));
        match accept {
            Some(cell) => {
                let next = self.next_open();
                self.set(vec![cell], cx);
                if let Some(next) = next {
                    self.table.put_cursor(&next);
                }
                self.follow(cx);
            }
            None => self.edit(cx),
        }
    }

    /// The next value below that waits for a human, from the top again after the last.
    pub(super) fn next_open(&self) -> Option<String> {
        let at = self.table.cursor_index()?;
        let ids = self.table.ids();
        let below = ids.iter().skip(at + 1).chain(ids.iter().take(at));
        below.into_iter().find(|value| self.line_of(value).is_some_and(|line| line.is_open())).cloned()
    }

    fn export(&mut self, cx: &mut Cx<'_>) {
        let Some(sheet) = self.sheet.value() else { return };
        let what = match sheet.tab {
            Tab::FieldMap => "field-map".to_owned(),
            Tab::Table(list) => list.key().replace('_', "-"),
        };
        let name = format!("{}-{what}-{}", self.tenant, cx.stamp());
        cx.save_as(EXPORT, "Save the table as", &name);
    }

    fn neighbour(&mut self, step: i32, cx: &mut Cx<'_>) {
        let Some(sheet) = self.sheet.value() else { return };
        let at = sheet.tabs.iter().position(|head| head.tab == sheet.tab).unwrap_or_default();
        let to = crate::console::app::overlay::step(at, step, sheet.tabs.len());
        let tab = sheet.tabs.get(to).map(|head| head.tab);
        self.go_to(tab, cx);
    }

    fn go_to(&mut self, tab: Option<Tab>, cx: &mut Cx<'_>) {
        if tab.is_some() && tab != self.sheet.value().map(|sheet| sheet.tab) {
            self.tab = tab;
            self.resort = true;
            self.finder.lend("");
            self.load(cx);
        }
    }

    fn open_person(&mut self, cx: &mut Cx<'_>) {
        let Some(at) = self.people.cursor().copied() else { return };
        let who = match (&self.wanted, self.shown_what_if(), &self.facts) {
            (Some(_), Some(what_if), _) => what_if.who.get(at),
            (None, _, Some(facts)) => facts.people.get(at),
            _ => None,
        };
        let value = self.list().zip(self.table.cursor());
        if let (Some(who), Some((_, value))) = (who, value) {
            let feed = self.sheet.value().and_then(|sheet| sheet.feed);
            let list = feed.map_or_else(String::new, |feed| value_filter(feed, value));
            cx.open(person::place(&self.tenant, &who.employee, &list));
        }
    }
}

fn yes(handled: bool) -> Handled {
    if handled { Handled::Yes } else { Handled::No }
}
