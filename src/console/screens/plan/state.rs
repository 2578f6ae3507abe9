//! What the screen Plan holds.

use crate::console::app::Place;
use crate::console::screens::{CodeHere, PERSON_PAGE};
use crate::domain::code::Code;
use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{Compared, LineRow, Page, Person};
use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::layout::Width;
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::console::widgets::text_input::TextField;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{HoldCode, OperationKind};
use crate::services::lists::List;
use crate::store::views::plan_columns;

/// The panes: figures left, lines right.
pub(super) const FIGURES: u8 = 0;
pub(super) const LIST: u8 = 1;

/// Plan of one tenant.
#[derive(Debug)]
pub struct PlanScreen {
    pub(super) tenant: String,
    pub(super) page: Remote<Option<Page>>,
    pub(super) focus: Focus,
    /// The kind or reason under the cursor of the left side.
    pub(super) item: usize,
    /// What the list shows; `None` until the first page.
    pub(super) shown: Shown,
    /// The plan whose lines are listed: it stays while rulings make newer ones.
    pub(super) listed: Option<i64>,
    pub(super) table: TableState<i64>,
    pub(super) lines: Remote<()>,
    pub(super) rows: BTreeMap<i64, LineRow>,
    pub(super) person: Remote<Person>,
    pub(super) finder: Finder,
    /// The name of a file, while it is typed.
    pub(super) text: Option<TextField>,
    /// That file is HR's fix list, else the plan itself.
    pub(super) is_fix_list: bool,
    /// People who were held back here, still listed.
    pub(super) held_back: BTreeMap<EmployeeId, String>,
    pub(super) compared: Option<Compared>,
    /// The question that waits for its answer.
    pub(super) asked: Option<super::data::Question>,
    /// A ruling or a run makes a newer plan now.
    pub(super) replanning: bool,
    /// The window was wide when it was last measured: list and figures side by side.
    pub(super) wide: bool,
    pub(super) live: bool,
}

/// What the list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    All,
    Kind(OperationKind),
    Held(HoldCode),
}

impl PlanScreen {
    /// The newest plan of a tenant.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        let tenant = tenant.into();
        Self {
            finder: Finder::new(List::Plan, Some(tenant.clone()), plan_columns(), None),
            tenant,
            page: Remote::Idle,
            focus: Focus::new(2),
            item: 0,
            shown: Shown::All,
            listed: None,
            table: TableState::default(),
            lines: Remote::Idle,
            rows: BTreeMap::new(),
            person: Remote::Idle,
            text: None,
            is_fix_list: false,
            held_back: BTreeMap::new(),
            compared: None,
            asked: None,
            replanning: false,
            wide: false,
            live: false,
        }
    }

    pub(super) fn page(&self) -> Option<&Page> {
        self.page.value().and_then(Option::as_ref)
    }

    /// What can be under the cursor of the left side: kinds that have lines, then reasons.
    pub(super) fn items(&self) -> Vec<Shown> {
        let Some(page) = self.page() else { return Vec::new() };
        let kinds = page.kinds.iter().map(|row| Shown::Kind(row.kind));
        kinds.chain(page.held.iter().map(|row| Shown::Held(row.code))).collect()
    }

    pub(super) fn cursor_row(&self) -> Option<&LineRow> {
        self.rows.get(self.table.cursor()?)
    }

    pub(super) fn is_held_list(&self) -> bool {
        matches!(self.shown, Shown::Held(_))
    }

    /// The list fills the body of a narrow window.
    pub(super) fn is_list_open(&self) -> bool {
        !self.wide && self.focus.is(LIST)
    }

    /// The words of what is listed: `update`, `probable duplicate`.
    pub(super) fn shown_words(&self) -> String {
        match self.shown {
            Shown::All => "all lines".to_owned(),
            Shown::Kind(kind) => kind.facts().plural.to_owned(),
            Shown::Held(code) => self
                .page()
                .and_then(|page| page.held.iter().find(|row| row.code == code))
                .map_or_else(|| code.words().to_owned(), |row| row.words.clone()),
        }
    }

    /// Why `!` is off now.
    pub(super) fn gate(&self) -> Option<String> {
        let page = self.page()?;
        if self.live {
            return Some("a run is live".to_owned());
        }
        if self.replanning {
            return Some("planning again".to_owned());
        }
        page.gate.clone()
    }
}

impl Screen for PlanScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Plan
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs([self.page().map_or_else(|| "Plan".to_owned(), |page| PlanId(page.plan).title())])
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(page) = self.page() else { return StatusLine::default() };
        let wide = Width::of(cx.frame.width) >= Width::Wide;
        let clock = format::clock(page.made, &cx.zone());
        let hash = format::hash(&page.hash);
        let left = match self.table.marks_words() {
            Some(marks) => marks,
            None if wide => format!(
                "✓ {} made {clock} from {} employees and {} users; hash {hash}",
                PlanId(page.plan).title(),
                format::count(page.employees),
                format::count(page.users)
            ),
            None => format!("✓ {} of {clock}, hash {hash}", PlanId(page.plan).title()),
        };
        let age = page.data_at.map(|at| format::age(at, cx.now.wall)).unwrap_or_default();
        let right = if wide { format!("{age}, drift checked per line") } else { age };
        StatusLine::new(left, right)
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.text.is_some() {
            return vec![Offer::new(Action::Enter, "save"), Offer::new(Action::Back, "cancel")];
        }
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        if self.compared.is_some() {
            return vec![Offer::new(Action::Compare, "back to the plan"), Offer::new(Action::Back, "back")];
        }
        let refresh = Offer::new(Action::Refresh, "make a fresh plan").unless(self.live.then_some("a run is live"));
        if self.page().is_none() {
            let made = self.page.value().is_some();
            return vec![Offer::new(Action::Refresh, if made { "make the test run" } else { "read again" })];
        }
        let wide = Width::of(cx.frame.width) >= Width::Numbered;
        let send = Offer::new(Action::Send, "apply").unless(self.gate());
        let mut offers = Vec::new();
        if self.focus.is(LIST) {
            offers.push(Offer::new(Action::Mark, "mark"));
            offers.push(Offer::new(Action::Later, self.hold_back_words()));
            let enter = if self.is_held_list() { "to the cure" } else { "person" };
            offers.push(Offer::new(Action::Enter, enter));
        } else {
            offers.push(Offer::new(Action::Enter, "list"));
        }
        offers.push(send);
        offers.push(Offer::new(Action::Why, "why"));
        offers.push(Offer::new(Action::More, "more"));
        if wide {
            offers.push(Offer::pair(Action::Left, Action::Right, "pane"));
        }
        offers.push(Offer::new(Action::Export, if wide { "save for sign-off" } else { "save" }));
        offers.push(Offer::new(Action::Compare, if wide { "compare with last" } else { "compare" }));
        offers.push(refresh);
        offers.push(Offer::new(Action::Filter, "filter"));
        offers.push(Offer::new(Action::Facets, "facets"));
        offers.push(Offer::new(Action::Undo, "undo"));
        offers.push(Offer::new(Action::Redo, "redo"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let none = self.page().is_none().then_some("no plan yet");
        vec![
            Offer::new(Action::MoreWaves, "in waves: one person, five, a branch").unless(none),
            Offer::new(Action::MoreRehearse, "rehearse: at a simulator first").unless(none),
            Offer::new(Action::MoreFixList, "fix list for HR: a file, or a mail to send").unless(none),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        if self.focus.is(LIST) {
            let row = self.cursor_row()?;
            let here = CodeHere::new(Code::Hold(row.code?)).here(format!("{}: {}", row.name, row.fields));
            let person = row.employee.as_ref()?;
            return Some(
                here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(person.as_str())),
            );
        }
        let Shown::Held(code) = self.shown else { return None };
        let row = self.page()?.held.iter().find(|row| row.code == code)?;
        let people = format::counted(u64::from(row.people), "person", "people");
        let here = CodeHere::new(Code::Hold(code)).here(format!("{people} of this plan; the others go on"));
        Some(match &row.first {
            Some(person) => {
                here.leads_to("the first of them", Place::tenant(ScreenId::Person, &self.tenant).about(person.as_str()))
            }
            None => here,
        })
    }

    fn text_focus(&self) -> bool {
        self.text.is_some() || self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.page.loading_since().or(self.lines.loading_since())
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        // While a file is named, nothing else is typed.
        if self.text.is_some() {
            return self.handle(msg, cx);
        }
        if matches!(msg, ScreenMsg::View(_)) {
            self.focus.set(LIST);
        }
        match self.finder.handle(&msg, ("", false), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Changed | Told::Ordered(..) => self.ask_lines(cx),
            Told::Done => {}
        }
        if self.finder.is_typing() || self.finder.is_open() {
            self.focus.set(LIST);
        }
        self.measure(cx);
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
