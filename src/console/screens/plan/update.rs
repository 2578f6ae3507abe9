//! What happens to the screen Plan.

use std::collections::BTreeSet;

use super::data::{Act, Answer, Ask, Page, Question};
use super::question::{MovedChoice, moved_choice, moved_list, question_box};
use super::state::{FIGURES, LIST, PlanScreen, Shown};
use crate::console::app::layout::Width;
use crate::console::app::live::{Apply, LiveCommand};
use crate::console::app::overlay::step;
use crate::console::app::toast::Level;
use crate::console::app::{Command, Control, Cx, Payload, Place, Query};
use crate::console::keys::Action;
use crate::console::screens::{Answer as Confirmed, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::table::Marks as _;
use crate::console::widgets::text_input::TextField;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{HoldCode, OperationKind};
use crossterm::event::KeyCode;

const PAGE: &str = "page";
const LINES: &str = "lines";
const ROWS: &str = "rows";
const AHEAD: &str = "rows ahead";
const PERSON: &str = "person";
const QUESTION: &str = "question";
const COMPARE: &str = "compare";
const RULE: &str = "rule";
const FACETS: &str = "facets";
const APPLY: &str = "apply";
const PREVIEW: &str = "preview";
const SEND: &str = "send";
const MOVED: &str = "moved";

impl PlanScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => {
                // Rows that were held back stay until the list is left; a run may have come since.
                self.held_back.clear();
                self.measure(cx);
                self.load(cx);
            }
            ScreenMsg::Resized(_) => self.measure(cx),
            ScreenMsg::Loaded(slot, Payload::Plan(answer)) => self.loaded(slot.name, answer, cx),
            ScreenMsg::Failed(slot, problem) => match slot.name {
                PAGE => self.page.fail(problem),
                LINES => self.lines.fail(problem),
                PERSON => self.person.fail(problem),
                _ => cx.problem(problem),
            },
            ScreenMsg::Done(slot, payload) => self.done(slot.name, payload, cx),
            ScreenMsg::Refused(_, problem) => {
                self.replanning = false;
                cx.problem(problem);
                self.load(cx);
            }
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.load(cx),
            ScreenMsg::Control(Control::LiveRuns(runs)) => {
                self.live = runs.iter().any(|run| run.tenant == self.tenant);
            }
            ScreenMsg::Answered(MOVED, answer) => self.moved_answered(&answer, cx),
            ScreenMsg::Answered(SEND, answer) => self.answered(&answer, cx),
            ScreenMsg::Key(key) => {
                if self.finder.is_typing() {
                    self.move_by(if key.code == KeyCode::Up { -1 } else { 1 }, cx);
                } else if let Some(field) = &mut self.text {
                    field.key(key);
                }
            }
            ScreenMsg::Paste(text) => {
                if let Some(field) = &mut self.text {
                    field.paste(&text);
                }
            }
            ScreenMsg::Click { hit: Hit::Row { pane, row }, double } => self.clicked(pane, row, double, cx),
            ScreenMsg::Click { hit: Hit::Pane(pane), .. } => self.focus.set(pane),
            ScreenMsg::Wheel { rows, .. } => self.move_by(rows, cx),
            ScreenMsg::Action(action) => return self.action(action, cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// The list's height, and whether list and figures stand side by side.
    pub(super) fn measure(&mut self, cx: &mut Cx<'_>) {
        self.finder.measure(cx.body());
        let body = self.finder.list_area(cx.body());
        let wide = Width::of(body.width) >= Width::Numbered;
        if wide && !self.wide || self.finder.is_open() {
            self.focus.set(LIST);
        } else if !wide && self.wide {
            self.focus.set(FIGURES);
        }
        self.wide = wide;
        let line = u16::from(self.has_line());
        self.table.set_height(usize::from(Self::list_rows(body, wide).saturating_sub(line)));
        self.ask_rows(cx);
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        self.page.load(cx.uptime());
        cx.query(PAGE, Query::Plan(Ask::Page { tenant: self.tenant.clone() }));
    }

    fn loaded(&mut self, slot: &'static str, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Page(page) => self.take_page(page.map(|page| *page), cx),
            Answer::Reading => {
                if let Some(ask) = self.lines_ask(true) {
                    cx.read_ahead(LINES, Query::Plan(ask));
                }
            }
            Answer::Facets { text, facets } if text == self.finder.text() => self.finder.set_facets(facets),
            Answer::Facets { .. } => {}
            Answer::Lines(ids) => {
                self.table.set_shared(ids);
                self.lines.ready(());
                // A cache of a few screens: what is not around the window is read again when it comes there.
                let near: BTreeSet<i64> =
                    self.table.ids().get(self.table.window_with_margin()).unwrap_or_default().iter().copied().collect();
                self.rows.retain(|id, _| near.contains(id));
                self.ask_rows(cx);
                self.ask_person(cx);
            }
            Answer::Rows(rows) if matches!(slot, ROWS | AHEAD) => {
                self.rows.extend(rows.into_iter().map(|row| (row.id, row)));
                // A cache of a few screens, whatever the plan's size.
                let window = self.table.window_with_margin();
                if self.rows.len() > window.len() * 4 + 200 {
                    let keep = self.table.ids().get(window).map(<[i64]>::to_vec).unwrap_or_default();
                    self.rows.retain(|id, _| keep.contains(id));
                }
            }
            Answer::Person(person) if self.table.cursor() == Some(&person.line) => self.person.ready(*person),
            Answer::Question(question) => self.ask(*question, cx),
            Answer::Compared(compared) => self.compared = Some(*compared),
            _ => {}
        }
    }

    fn take_page(&mut self, page: Option<Page>, cx: &mut Cx<'_>) {
        let first = self.page().is_none();
        let newest = page.as_ref().map(|page| page.plan);
        self.live = page.as_ref().is_some_and(|page| page.gate.as_deref() == Some("a run is live"));
        if first && let Some(page) = &page {
            // The cursor begins on the kind with the most lines.
            let most = page.kinds.iter().enumerate().max_by_key(|(at, row)| (row.count, usize::MAX - at));
            self.item = most.map_or(0, |(at, _)| at);
        }
        self.page.ready(page);
        if self.held_back.is_empty() && self.listed != newest {
            self.listed = newest;
            if first {
                self.shown = self.items().get(self.item).copied().unwrap_or(Shown::All);
            }
            self.ask_lines(cx);
        }
    }

    /// Lists what the cursor of the left side is on.
    pub(super) fn ask_lines(&mut self, cx: &mut Cx<'_>) {
        let Some(ask) = self.lines_ask(false) else { return };
        self.lines.load(cx.uptime());
        cx.query(LINES, Query::Plan(ask));
        if let (true, Some(plan), Some(kind)) = (self.finder.is_open(), self.listed, self.kind()) {
            let text = self.finder.text().to_owned();
            cx.read_ahead(FACETS, Query::Plan(Ask::Facets { plan, kind, text }));
        }
        if let (true, Some(plan), Shown::Held(code)) = (self.finder.is_open(), self.listed, self.shown) {
            let (tenant, text) = (self.tenant.clone(), self.finder.text().to_owned());
            cx.read_ahead(FACETS, Query::Plan(Ask::HeldFacets { tenant, plan, code, text }));
        }
    }

    /// The kind of the lines that are listed, `Some(None)` for all; `None` where people who are held are.
    fn kind(&self) -> Option<Option<OperationKind>> {
        match self.shown {
            Shown::All => Some(None),
            Shown::Kind(kind) => Some(Some(kind)),
            Shown::Held(_) => None,
        }
    }

    /// Whether the filter line stands above the list.
    pub(super) fn has_line(&self) -> bool {
        self.finder.has_line()
    }

    fn lines_ask(&self, waits: bool) -> Option<Ask> {
        let plan = self.listed?;
        let tenant = self.tenant.clone();
        let text = self.finder.text().to_owned();
        Some(match self.shown {
            Shown::All => Ask::Lines { tenant, plan, kind: None, text, waits },
            Shown::Kind(kind) => Ask::Lines { tenant, plan, kind: Some(kind), text, waits },
            Shown::Held(code) => Ask::Held { tenant, plan, code, text },
        })
    }

    /// Asks for the rows around the window that are not there.
    fn ask_rows(&mut self, cx: &mut Cx<'_>) {
        let missing = |range: std::ops::Range<usize>| -> Vec<i64> {
            let ids = self.table.ids().get(range).unwrap_or_default();
            ids.iter().filter(|id| !self.rows.contains_key(id)).copied().collect()
        };
        let (tenant, held) = (self.tenant.clone(), self.is_held_list());
        let shown = missing(self.table.window());
        if !shown.is_empty() {
            let ask = Ask::Rows { tenant: tenant.clone(), ids: shown.clone(), held };
            cx.query(ROWS, Query::Plan(ask));
        }
        // The next page is there when its key comes.
        if missing(self.table.window_and(1)).len() > shown.len() {
            let mut ids = missing(self.table.window_with_margin());
            ids.retain(|id| !shown.contains(id));
            cx.read_ahead(AHEAD, Query::Plan(Ask::Rows { tenant, ids, held }));
        }
    }

    fn ask_person(&mut self, cx: &mut Cx<'_>) {
        match self.table.cursor().copied() {
            Some(line) if !self.is_held_list() => {
                if self.person.value().is_some_and(|person| person.line == line) {
                    return;
                }
                self.person.load(cx.uptime());
                cx.query(PERSON, Query::Plan(Ask::Person { tenant: self.tenant.clone(), line }));
            }
            _ => {
                self.person = crate::console::app::Remote::Idle;
                cx.forget(PERSON);
            }
        }
    }

    fn moved(&mut self, cx: &mut Cx<'_>) {
        self.ask_rows(cx);
        self.ask_person(cx);
    }

    fn move_by(&mut self, rows: i32, cx: &mut Cx<'_>) {
        if self.focus.is(LIST) {
            self.table.move_by(rows);
            self.moved(cx);
        } else {
            self.choose_item(step(self.item, rows, self.items().len()), cx);
        }
    }

    fn choose_item(&mut self, item: usize, cx: &mut Cx<'_>) {
        self.item = item;
        if let Some(shown) = self.items().get(item).copied()
            && shown != self.shown
        {
            self.shown = shown;
            self.table.clear_marks();
            self.table.move_to(0);
            self.rows.clear();
            self.ask_lines(cx);
        }
    }

    fn clicked(&mut self, pane: u8, row: usize, double: bool, cx: &mut Cx<'_>) {
        self.focus.set(pane);
        if pane == FIGURES {
            self.choose_item(row, cx);
        } else {
            self.table.move_to(row);
            self.moved(cx);
        }
        if double {
            self.enter(cx);
        }
    }

    fn action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.text.is_some() {
            return self.typed(action, cx);
        }
        if self.compared.is_some() {
            if matches!(action, Action::Compare | Action::Back | Action::Enter) {
                self.compared = None;
                return Handled::Yes;
            }
            return Handled::No;
        }
        match action {
            Action::Refresh if self.page.value().is_none() => self.load(cx),
            Action::Refresh => self.preview(cx),
            Action::Left => self.focus.set(FIGURES),
            Action::Right => self.open_list(cx),
            Action::Enter => self.enter(cx),
            Action::Later => self.hold_back(cx),
            Action::Send => self.send(cx),
            Action::Why => self.why(cx),
            Action::MoreRehearse => cx.open(Place::tenant(ScreenId::Rehearsal, self.tenant.clone())),
            Action::MoreWaves => cx.open(Place::tenant(ScreenId::Waves, self.tenant.clone())),
            Action::Export => {
                let plan = self.page().map_or(0, |page| page.plan);
                self.text = Some(TextField::with(&format!("{}-plan-{plan}.xlsx", self.tenant)));
                self.is_fix_list = false;
            }
            Action::MoreFixList if self.page().is_some() => {
                self.text = Some(TextField::with(&format!("{}-fix-list.xlsx", self.tenant)));
                self.is_fix_list = true;
            }
            Action::Compare => {
                if let Some(plan) = self.page().map(|page| page.plan) {
                    cx.query(COMPARE, Query::Plan(Ask::Compare { tenant: self.tenant.clone(), plan }));
                }
            }
            Action::Undo | Action::Redo => {
                let act = Act::Walk { tenant: self.tenant.clone(), redo: action == Action::Redo };
                self.replanning = true;
                cx.command(RULE, Command::Plan(act));
            }
            Action::CopyId => {
                if let Some(row) = self.cursor_row() {
                    cx.copy(if row.identifier.is_empty() { row.name.clone() } else { row.identifier.clone() });
                }
            }
            Action::CopyRow => {
                if let Some(row) = self.cursor_row() {
                    cx.copy_row(&[&row.identifier, &row.name, &row.fields]);
                }
            }
            Action::Up if self.focus.is(FIGURES) => self.move_by(-1, cx),
            Action::Down if self.focus.is(FIGURES) => self.move_by(1, cx),
            Action::First if self.focus.is(FIGURES) => self.choose_item(0, cx),
            Action::Last if self.focus.is(FIGURES) => self.choose_item(self.items().len().saturating_sub(1), cx),
            _ if self.focus.is(LIST) && self.table.handle(action) => self.moved(cx),
            Action::Back if self.finder.is_on() && self.focus.is(LIST) => {
                self.finder.lend("");
                self.finder.keep(("", false), cx);
                self.ask_lines(cx);
                self.measure(cx);
            }
            // In a wide window the list is home, in a narrow one the figures are.
            Action::Back if self.wide && self.focus.is(FIGURES) => self.focus.set(LIST),
            Action::Back if !self.wide && self.focus.is(LIST) => self.focus.set(FIGURES),
            Action::NextPane | Action::PreviousPane => {
                self.focus.handle(action);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn typed(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back => self.text = None,
            Action::Enter => {
                let Some(field) = self.text.take() else { return Handled::No };
                let typed = field.value().trim().to_owned();
                if let Some(plan) = self.page().map(|page| page.plan).filter(|_| !typed.is_empty()) {
                    let tenant = self.tenant.clone();
                    let act = match self.is_fix_list {
                        true => Act::SaveFixList { tenant, file: typed },
                        false => Act::Save { tenant, plan, file: typed },
                    };
                    cx.command("save", Command::Plan(act));
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn open_list(&mut self, cx: &mut Cx<'_>) {
        self.focus.set(LIST);
        self.moved(cx);
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        if self.focus.is(FIGURES) {
            self.open_list(cx);
            return;
        }
        let Some(row) = self.cursor_row() else { return };
        let Some(employee) = row.employee.clone() else { return };
        let place = match row.code {
            Some(code) => cure(code, &self.tenant, &employee),
            None => Place::tenant(ScreenId::Person, self.tenant.clone()).about(employee.to_string()),
        };
        cx.open(place);
    }

    fn why(&mut self, cx: &mut Cx<'_>) {
        let words = match (self.cursor_row().filter(|_| self.focus.is(LIST)), self.gate()) {
            (Some(row), _) if row.code.is_some() => format!("{}: {}", row.name, row.fields),
            (Some(row), _) => match self.person.value().and_then(|person| person.note.clone()) {
                Some(note) => format!("{}: {note}", row.name),
                None => format!("{}: the source says so, the destination holds something else", row.name),
            },
            (None, Some(gate)) => format!("! is off: {gate}"),
            (None, None) => "! asks before anything is sent".to_owned(),
        };
        cx.toast(Level::Info, words);
    }

    /// The people that a key of the list is about: the marked ones, else the one under the cursor.
    fn chosen(&self) -> Vec<EmployeeId> {
        let marks = self.table.marks();
        if !marks.is_empty() {
            // The rows that were read are few, and the marks may be a million.
            let marked = self.rows.iter().filter(|(id, _)| marks.has(id));
            return marked.filter_map(|(_, row)| row.employee.clone()).collect();
        }
        self.cursor_row().and_then(|row| row.employee.clone()).into_iter().collect()
    }

    /// Whether `t` lets go: everybody chosen is held back already.
    pub(super) fn lets_go(&self) -> bool {
        let chosen = self.chosen();
        let listed = self.shown == Shown::Held(HoldCode::Later);
        !chosen.is_empty() && (listed || chosen.iter().all(|one| self.held_back.contains_key(one)))
    }

    pub(super) fn hold_back_words(&self) -> &'static str {
        if self.lets_go() { "let go" } else { "hold back" }
    }

    fn hold_back(&mut self, cx: &mut Cx<'_>) {
        let employees = self.chosen();
        if employees.is_empty() || !self.focus.is(LIST) {
            cx.toast(Level::Info, "Put the cursor on a person to hold back");
            return;
        }
        if self.is_held_list() && self.shown != Shown::Held(HoldCode::Later) {
            cx.toast(Level::Info, "Held already: nothing is written for this person");
            return;
        }
        let on = !self.lets_go();
        let by = cx.console().operator.clone();
        for employee in &employees {
            if on {
                self.held_back.insert(employee.clone(), by.clone());
            } else {
                self.held_back.remove(employee);
            }
        }
        if self.table.marks().is_empty() {
            self.table.move_by(1);
            self.moved(cx);
        } else {
            self.table.clear_marks();
        }
        self.replanning = true;
        let act = Act::HoldBack { tenant: self.tenant.clone(), employees, on };
        cx.command(RULE, Command::Plan(act));
    }

    fn preview(&mut self, cx: &mut Cx<'_>) {
        let command = LiveCommand::Preview { tenant: self.tenant.clone(), accepted_rows: None };
        cx.command(PREVIEW, Command::Run(command));
    }

    /// `!`: asks what exactly would be sent, then the operator.
    fn send(&mut self, cx: &mut Cx<'_>) {
        let Some(page) = self.page() else { return };
        if let Some(gate) = self.gate() {
            cx.toast(Level::Info, format!("Apply: {gate}"));
            return;
        }
        let plan = page.plan;
        let only = if self.table.marks().is_empty() || self.is_held_list() { Vec::new() } else { self.chosen() };
        let only: Vec<EmployeeId> = only.into_iter().filter(|one| !self.held_back.contains_key(one)).collect();
        if !self.table.marks().is_empty() && only.len() < self.table.marks().len() {
            // Rows that were never read have no employee yet: sending fewer than marked would be a surprise.
            cx.toast(Level::Warn, "Some marked lines are options, held back or not read yet; scroll to them first");
            return;
        }
        cx.query(QUESTION, Query::Plan(Ask::Question { tenant: self.tenant.clone(), plan, only }));
    }

    /// What has moved is asked about before anything else.
    fn ask(&mut self, question: Question, cx: &mut Cx<'_>) {
        if let Some(moved) = &question.moved {
            let list = moved_list(moved);
            self.asked = Some(question);
            return cx.pick(MOVED, list);
        }
        self.ask_to_send(question, cx);
    }

    /// The lines that still stand are to be sent: on to the box, or to the number.
    fn moved_answered(&mut self, answer: &Confirmed, cx: &mut Cx<'_>) {
        let Some(question) = self.asked.take() else { return };
        match moved_choice(answer) {
            MovedChoice::GoOn if question.moved.as_ref().is_some_and(|moved| moved.standing > 0) => {
                self.ask_to_send(question, cx);
            }
            MovedChoice::GoOn => self.preview(cx),
            MovedChoice::Person(id) => cx.open(Place::tenant(ScreenId::Person, self.tenant.clone()).about(id)),
            MovedChoice::Nothing => {}
        }
    }

    fn ask_to_send(&mut self, question: Question, cx: &mut Cx<'_>) {
        if question.typed {
            let subject = super::super::limit::subject(question.plan, &question.only);
            cx.open(Place::tenant(ScreenId::Limit, self.tenant.clone()).about(subject));
            return;
        }
        let confirm = question_box(&question);
        self.asked = Some(question);
        cx.confirm(SEND, confirm);
    }

    fn answered(&mut self, answer: &Confirmed, cx: &mut Cx<'_>) {
        let Some(question) = self.asked.take() else { return };
        if *answer != Confirmed::Confirmed {
            return;
        }
        let apply = Apply {
            tenant: self.tenant.clone(),
            plan: PlanId(question.plan),
            only: question.only,
            without: Vec::new(),
            confirmed: None,
            reason: None,
            waves: None,
        };
        cx.command(APPLY, Command::Run(LiveCommand::Apply(apply)));
    }

    fn done(&mut self, slot: &'static str, payload: Payload, cx: &mut Cx<'_>) {
        match payload {
            Payload::Plan(Answer::Replanned { employees, words, walked }) => {
                self.replanning = false;
                cx.done(words, slot == RULE && !walked);
                if walked {
                    self.held_back.retain(|one, _| !employees.contains(one));
                    let row = self.rows.values().find(|row| row.employee.as_ref() == employees.first());
                    if let Some(id) = row.map(|row| row.id) {
                        self.table.put_cursor(&id);
                    }
                }
                cx.tenant_changed();
                self.load(cx);
            }
            Payload::Plan(Answer::Nothing(words)) => {
                self.replanning = false;
                cx.toast(Level::Info, words);
            }
            Payload::Plan(Answer::Saved(path)) => cx.done(format!("Saved the plan to {path}"), false),
            Payload::Plan(Answer::FixList(words)) => cx.done(words, false),
            Payload::Done if slot == APPLY || slot == PREVIEW => {
                self.held_back.clear();
                self.table.clear_marks();
                cx.open(Place::tenant(ScreenId::Run, self.tenant.clone()));
            }
            _ => {}
        }
    }
}

/// Where a held person is cured (SCREENS 3.1).
fn cure(code: HoldCode, tenant: &str, employee: &EmployeeId) -> Place {
    let screen = match code {
        HoldCode::DuplicateIdentifier | HoldCode::DuplicateEmail => ScreenId::Collision,
        HoldCode::UnmappedValue | HoldCode::OptionMissing => return Place::tenant(ScreenId::Mappings, tenant),
        HoldCode::ProbableDuplicate
        | HoldCode::Rehire
        | HoldCode::EmailHeldByActiveUser
        | HoldCode::EmailHeldByInactiveUser
        | HoldCode::IdentifierChanged
        | HoldCode::IdentifierReused
        | HoldCode::TargetOwnedByOther
        | HoldCode::StatusUnclear
        | HoldCode::StatusConflict
        | HoldCode::Detached
        | HoldCode::Later => ScreenId::Review,
        _ => ScreenId::Person,
    };
    Place::tenant(screen, tenant).about(employee.to_string())
}
