//! What the screen holds.

use crate::console::screens::{CodeHere, PERSON_PAGE};
use crate::domain::code::{Code, LineCode};
use crate::domain::run::OperationState;
use crate::store::views::PersonState;
use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{Detail, Keys, ListQuery, Push};
use super::filter;
use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Mode, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::mappings::parts;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::{Marks as _, TableState};
use crate::domain::ids::EmployeeId;
use crate::services::lists::List;
use crate::services::people::list;
use crate::store::views::{PeopleSort, PersonKey, PersonRow};

pub(super) const LIST: u8 = 0;
pub(super) const DETAIL: u8 = 1;

/// Behind the filter of a place from which Esc leads back at once.
const RETURNS: char = '\u{1f}';

/// Everybody of a tenant whom a filter finds, for a list of another screen: Esc leads back there, as long as the filter stands.
#[must_use]
pub fn lent(tenant: &str, filter: &str) -> Place {
    Place::tenant(ScreenId::People, tenant).about(format!("{filter}{RETURNS}"))
}

/// The screen. Keys of everybody are in memory, rows only around the window.
#[derive(Clone, Debug)]
pub struct People {
    pub(super) tenant: String,
    pub(super) head: Remote<Keys>,
    pub(super) table: TableState<PersonKey>,
    pub(super) rows: BTreeMap<PersonKey, PersonRow>,
    pub(super) sort: PeopleSort,
    pub(super) descending: bool,
    pub(super) finder: Finder,
    pub(super) focus: Focus,
    pub(super) detail: Option<Detail>,
    /// Whom the cursor is on, across pulls.
    pub(super) person: Option<EmployeeId>,
    /// What the question is about.
    pub(super) push: Option<Push>,
    /// Esc leads back to the list that asked for these people.
    pub(super) returns: bool,
    pub(super) body: Rect,
}

impl People {
    /// The screen of a place; its subject is a filter.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        let (tenant, columns) = (place.tenant.clone(), list::columns("identifier"));
        let subject = place.subject.as_deref();
        let filter = subject.map(|text| text.strip_suffix(RETURNS).unwrap_or(text));
        let finder = Finder::new(List::People, tenant, columns, filter);
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            head: Remote::Idle,
            table: TableState::default(),
            rows: BTreeMap::new(),
            sort: PeopleSort::Name,
            descending: false,
            finder: finder.with_views(&filter::VIEWS),
            focus: Focus::new(2),
            detail: None,
            person: None,
            push: None,
            returns: subject.is_some_and(|text| text.ends_with(RETURNS)),
            body: Rect::default(),
        }
    }

    pub(super) fn query(&self) -> ListQuery {
        filter::query(self.finder.text(), self.sort, self.descending)
    }

    pub(super) fn row(&self) -> Option<&PersonRow> {
        self.rows.get(self.table.cursor()?)
    }

    /// Why marked people cannot be pushed now.
    fn no_push(&self, cx: &ViewCx<'_>) -> Option<&'static str> {
        match cx.tenant.map(|tenant| tenant.standing) {
            Some(Mode::Preview) => Some("not published"),
            Some(Mode::Paused) => Some("paused"),
            None => Some("reading"),
            _ if self.table.marks().is_empty() => Some("Space marks"),
            _ => None,
        }
    }
}

impl Screen for People {
    fn id(&self) -> ScreenId {
        ScreenId::People
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["People"])
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let read_at = self.head.value().and_then(|head| head.read_at);
        let marks = self.table.marks_words();
        let keep = marks.is_some();
        StatusLine { keep, ..StatusLine::new(marks.unwrap_or_default(), parts::data_from(read_at, cx)) }
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        if self.head.value().is_none() {
            return vec![Offer::new(Action::Refresh, "try again")];
        }
        if self.table.is_empty() && self.table.marks().is_empty() {
            return vec![
                Offer::new(Action::Filter, "filter"),
                Offer::new(Action::Facets, "facets"),
                Offer::new(Action::Sort, "lists, sort"),
                Offer::new(Action::Refresh, "refresh"),
            ];
        }
        let push = match self.table.marks().len() {
            0 => "push marked".to_owned(),
            marked => format!("push {}", format::count(marked)),
        };
        vec![
            Offer::new(Action::Enter, "open"),
            Offer::new(Action::Why, "why"),
            Offer::new(Action::Mark, "mark"),
            Offer::new(Action::Send, push).unless(self.no_push(cx)),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Sort, "lists, sort"),
            Offer::new(Action::Export, "save"),
            Offer::new(Action::Undo, "undo the last ruling"),
            Offer::pair(Action::MarkRange, Action::MarkAll, "range, all"),
            Offer::new(Action::CopyId, "copy id"),
            Offer::new(Action::NextPane, "detail"),
            Offer::new(Action::Refresh, "read from source"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let row = self.row()?;
        let code = match row.state {
            PersonState::Held(code) => Code::Hold(code),
            PersonState::Change(_, OperationState::Failed) => Code::Line(LineCode::Refused),
            PersonState::Change(_, OperationState::Unknown) => Code::Line(LineCode::NoAnswer),
            _ => return None,
        };
        let id = row.identifier.as_ref().map_or(String::new(), |id| format!(", {}", id.as_str()));
        let here = CodeHere::new(code).here(format!("{}{id}", row.name));
        let person = row.employee.as_ref().map(|id| Place::tenant(ScreenId::Person, &self.tenant).about(id.as_str()));
        Some(match person {
            Some(place) => here.leads_to(PERSON_PAGE, place),
            None => here,
        })
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.head.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match self.finder.handle(&msg, (filter::sort_key(self.sort), self.descending), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Done => {}
            Told::Changed => self.load(cx),
            Told::Ordered(sort, descending) => {
                (self.sort, self.descending) = (filter::sort_of_key(&sort), descending);
                self.load(cx);
            }
        }
        self.measure(cx);
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
