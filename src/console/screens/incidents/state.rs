//! What the screen Incidents holds.

use super::card::{Card, Day, columns};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::code::Code;
use crate::services::lists::List;
use ratatui::layout::Rect;

/// Rows of what is said of the incident under the cursor, its title included.
pub(super) const PANE_ROWS: u16 = 6;
/// Bodies from this height have that pane.
const PANE_FROM: u16 = 14;

/// Views that every workspace has.
const VIEWS: [(&str, &str); 5] = [
    ("all", ""),
    ("absence", "kind:absence"),
    ("fields", "kind:fields"),
    ("identity", "kind:identity"),
    ("repetition", "kind:repetition"),
];

/// The screen: the list, or the page of one incident.
#[derive(Debug)]
pub struct Incidents {
    /// The incident whose page this is.
    pub(super) subject: Option<String>,
    pub(super) table: TableState<usize>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the order of the museum. And the other way round.
    pub(super) order: (String, bool),
    /// The day that would be replayed.
    pub(super) day: Day,
    pub(super) body: Rect,
}

impl Incidents {
    /// The screen of a place.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        Self {
            subject: place.subject.clone(),
            table: TableState::default(),
            finder: Finder::new(List::Incidents, None, columns(), None).with_views(&VIEWS),
            order: (String::new(), false),
            day: Day::Bad,
            body: Rect::default(),
        }
    }

    /// The incident that the keys are about: the one of the page, or the one under the cursor.
    pub(super) fn current<'a>(&self, cards: &'a [Card]) -> Option<(usize, &'a Card)> {
        let at = match &self.subject {
            Some(name) => cards.iter().position(|card| card.name == *name)?,
            None => *self.table.cursor()?,
        };
        Some((at, cards.get(at)?))
    }

    /// Puts filter and order in force; the cursor stays on its incident.
    pub(super) fn arrange(&mut self, cards: &[Card]) {
        let rows: Vec<&Card> = cards.iter().collect();
        let mut ids = self.finder.look_through(&rows, (&self.order.0, self.order.1));
        if self.order.0.is_empty() && self.order.1 {
            ids.reverse();
        }
        self.table.set_ids(ids);
        self.finder.measure(self.body);
        let above = 2 + u16::from(self.finder.has_line());
        let pane = if self.has_pane() { PANE_ROWS } else { 0 };
        self.table.set_height(usize::from(self.body.height.saturating_sub(above + pane)));
    }

    pub(super) fn has_pane(&self) -> bool {
        self.body.height >= PANE_FROM
    }

    /// `1-9 of 25`, or how many are left by the filter.
    pub(super) fn shown_words(&self, all: usize) -> String {
        let total = self.table.len();
        if let Some(words) = self.finder.of(total, all) {
            return words;
        }
        let shown = self.table.window();
        format!("{}-{} of {}", shown.start + 1, shown.end.min(total), format::count(total))
    }
}

impl Screen for Incidents {
    fn id(&self) -> ScreenId {
        ScreenId::Incidents
    }

    fn header(&self, cx: &ViewCx<'_>) -> Header {
        let title =
            self.subject.as_ref().and_then(|_| self.current(&cx.console.incidents)).map(|(_, card)| card.title.clone());
        Header::crumbs(std::iter::once("Incidents".to_owned()).chain(title))
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        StatusLine::new("invented companies, simulated vendors; nothing of your workspace is touched", "")
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let none = self.current(&cx.console.incidents).is_none().then_some("no incident");
        if self.subject.is_some() {
            return vec![
                Offer::new(Action::Enter, "replay").unless(none),
                Offer::pair(Action::PreviousItem, Action::NextItem, "other"),
                Offer::new(Action::CopyId, "copy command").unless(none),
                Offer::new(Action::Palette, "palette"),
            ];
        }
        vec![
            Offer::new(Action::Enter, "open").unless(none),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::CopyId, "copy the command").unless(none),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn code(&self, cx: &ViewCx<'_>) -> Option<CodeHere> {
        let (_, card) = self.current(&cx.console.incidents)?;
        Some(CodeHere::new(Code::from_key(&card.code)?).here(card.says.clone()))
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        if self.subject.is_some() {
            return self.page(msg, cx);
        }
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.list(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.arrange(&cx.console().incidents.clone());
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        match &self.subject {
            Some(_) => self.draw_page(cx, area, canvas),
            None => self.draw_list(cx, area, canvas),
        }
    }
}
