//! The screen Feed log (SCREENS 7.8): every line of a tenant, newest first, read by windows.

pub mod data;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;
mod window;
pub(in crate::console) mod words;

use crate::console::app::Place;
use crate::console::screens::{CodeHere, PERSON_PAGE};
use crate::domain::code::Code;
use crate::domain::plan::HoldCode;
pub use state::Feed;

use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::Told;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg, said};
use crate::console::widgets::Canvas;
use ratatui::layout::Rect;
use state::DETAIL;
use std::time::Duration;

impl Screen for Feed {
    fn id(&self) -> ScreenId {
        ScreenId::Feed
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["Feed log"])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let left = match self.counts {
            Some((found, all)) if found != all => {
                format!("{} of {} lines", format::count(found), format::count(all))
            }
            Some((_, all)) => format::counted(all, "line", "lines"),
            None if self.reading => match self.all {
                Some(all) => format!("reading {}", format::counted(all, "line", "lines")),
                None => "reading the log".to_owned(),
            },
            None => String::new(),
        };
        let right = match (self.frozen, self.follow, self.unseen()) {
            (true, _, _) => "frozen, p lets it go".to_owned(),
            (_, true, _) => "following".to_owned(),
            (_, _, 0) => "following is off".to_owned(),
            (_, _, new) => format!("following is off, {} new (g)", format::count(new)),
        };
        StatusLine::new(left, right)
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let line = self.window.current();
        let no_person = line.is_none_or(|row| row.line.employee.is_none()).then_some("no person");
        let no_mapping = self.cure().is_none_or(|cure| cure.mapping.is_none()).then_some("no value");
        let no_said =
            line.and_then(|row| said::place_of_feed(&self.tenant, &row.line)).is_none().then_some("no request");
        let none = line.is_none().then_some("no line");
        let mut offers = vec![Offer::new(Action::Filter, "search")];
        if self.finder.is_on() {
            offers.push(Offer::pair(Action::NextHit, Action::PreviousHit, "hit"));
        }
        offers.extend([
            Offer::new(Action::Enter, "person").unless(no_person),
            Offer::new(Action::Compare, "what was said").unless(no_said),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Follow, "follow"),
            Offer::new(Action::Freeze, if self.frozen { "let go" } else { "freeze" }),
            Offer::new(Action::CopyId, "copy line").unless(none),
            Offer::new(Action::Export, "save").unless(none),
            Offer::new(Action::Edit, "mapping").unless(no_mapping),
            Offer::new(Action::NextPane, if self.focus.is(DETAIL) { "list" } else { "detail" }),
            Offer::new(Action::Zoom, "zoom"),
            Offer::new(Action::Palette, "palette"),
        ]);
        offers
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let row = self.window.current()?;
        // The line of a hold begins with the words of its code.
        let words = row.line.text.split(':').next().filter(|_| row.line.what == "held")?;
        let code = HoldCode::ALL.into_iter().find(|code| code.words() == words)?;
        let here = CodeHere::new(Code::Hold(code)).here(row.line.text.clone());
        let person = row.line.employee.as_ref()?;
        Some(here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(person.as_str())))
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn wake_at(&self) -> Option<Duration> {
        let waits = self.dirty && !self.frozen && self.loading_since.is_none();
        self.looked.filter(|_| waits).map(|at| at + update::EVERY)
    }

    fn loading_since(&self) -> Option<Duration> {
        self.loading_since
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Changed => self.search(cx),
            Told::Ordered(sort, descending) => {
                self.order = (sort, descending);
                self.search(cx);
            }
            Told::Done => {}
        }
        self.measure(cx.body());
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
