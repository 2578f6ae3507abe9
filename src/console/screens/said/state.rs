//! What the screen What was said holds.

use super::about;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::keys::{Action, Offer};
use crate::console::screens::{CodeHere, Handled, PERSON_PAGE, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::domain::code::Code;
use crate::domain::ids::RunId;
use crate::services::said::{LineOf, MASKED, Page, Turn};
use ratatui::layout::Rect;
use std::time::Duration;

/// From this width on the two sides stand beside each other.
pub(super) const WIDE: u16 = 120;

/// The screen.
#[derive(Debug)]
pub struct Said {
    pub(super) tenant: String,
    /// `None` when the place names no line.
    pub(super) about: Option<(RunId, LineOf)>,
    pub(super) page: Remote<Box<Page>>,
    /// Which attempt is shown.
    pub(super) turn: usize,
    /// The line before was gone back to: its last attempt is shown.
    pub(super) from_behind: bool,
    /// The right side has the keys, where there are two.
    pub(super) right: bool,
    /// First rows that are shown: left (or the only) side, right side.
    pub(super) tops: (usize, usize),
    pub(super) body: Rect,
}

impl Said {
    /// The screen of a line; the place's subject is written by `place` of this module.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            about: place.subject.as_deref().and_then(about),
            page: Remote::Idle,
            turn: 0,
            from_behind: false,
            right: false,
            tops: (0, 0),
            body: Rect::default(),
        }
    }

    pub(super) fn turn(&self) -> Option<&Turn> {
        self.page.value()?.turns.get(self.turn)
    }

    fn walks(&self) -> Option<&'static str> {
        let page = self.page.value()?;
        (page.turns.len() < 2 && page.previous.is_none() && page.next.is_none()).then_some("the only one")
    }
}

impl Screen for Said {
    fn id(&self) -> ScreenId {
        ScreenId::Said
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let run = self.about.as_ref().map_or_else(|| "Run".to_owned(), |(run, _)| format!("Run {run}"));
        Header::crumbs([run, "What was said".to_owned()])
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(page) = self.page.value() else { return StatusLine::default() };
        let compares = cx.frame.width >= WIDE && !page.turns.is_empty();
        let left = match compares {
            true => format!("{MASKED}; `≠` and `=` compare with what {} held", page.destination),
            false => MASKED.to_owned(),
        };
        let right = page.seq.map(|seq| format!("journal {}/{seq}", page.run)).unwrap_or_default();
        StatusLine::new(left, right)
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        let page = self.page.value();
        let nobody = page.is_none_or(|page| page.employee.is_none()).then_some("no person here");
        let nothing = page.is_none_or(|page| page.turns.is_empty()).then_some("nothing was said");
        let mut offers = vec![
            Offer::new(Action::Enter, "person").unless(nobody),
            Offer::pair(Action::PreviousItem, Action::NextItem, "line").unless(self.walks()),
            Offer::new(Action::Edit, "open both in the pager").unless(nothing),
            Offer::new(Action::CopyId, "copy, masked").unless(nothing),
            Offer::new(Action::Export, "save, masked").unless(nothing),
        ];
        if cx.frame.width >= WIDE {
            offers.insert(2, Offer::pair(Action::Left, Action::Right, "side").unless(nothing));
        }
        offers.push(Offer::new(Action::Refresh, "read again"));
        offers
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let page = self.page.value()?;
        let here = CodeHere::new(Code::Line(page.line_code?)).here(format!("{}: {}", page.name, page.deed));
        Some(match &page.employee {
            Some(id) => here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(id.as_str())),
            None => here,
        })
    }

    fn loading_since(&self) -> Option<Duration> {
        self.page.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
