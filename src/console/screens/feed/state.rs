//! What the screen Feed log holds.

use std::time::Duration;

use ratatui::layout::Rect;

use super::data::Cure;
use super::query::{Parsed, parse};
use super::window::Window;
use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Problem, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::text_input::TextField;
use crate::console::widgets::{Canvas, PaneId};

/// The pane with the lines.
pub const LIST: PaneId = 0;
/// The pane with the line under the cursor.
pub const DETAIL: PaneId = 1;
/// Rows of the detail, its title included.
pub const DETAIL_ROWS: u16 = 7;

/// The screen.
#[derive(Debug)]
pub struct Feed {
    pub(super) tenant: String,
    pub(super) field: TextField,
    /// The query line has the keys.
    pub(super) typing: bool,
    pub(super) parsed: Parsed,
    pub(super) window: Window,
    pub(super) asked: bool,
    pub(super) problem: Option<Problem>,
    pub(super) loading_since: Option<Duration>,
    /// Lines that the filter finds, and all.
    pub(super) counts: Option<(u64, u64)>,
    /// Lines that were found when the newest was last read.
    pub(super) counted_at_newest: u64,
    /// All lines, while those that the filter finds are still being counted.
    pub(super) all: Option<u64>,
    /// The log is being read, and then searched.
    pub(super) reading: bool,
    pub(super) follow: bool,
    pub(super) frozen: bool,
    /// New lines came, and when they were last looked for.
    pub(super) dirty: bool,
    pub(super) looked: Option<Duration>,
    pub(super) cure: Option<Cure>,
    pub(super) focus: Focus,
}

impl Feed {
    /// The screen of a tenant; the place's subject is a query (`run:903`, `person:10871 level:warn`).
    #[must_use]
    pub fn new(place: &Place) -> Self {
        let query = place.subject.clone().unwrap_or_default();
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            parsed: parse(&query),
            field: TextField::with(&query),
            typing: false,
            window: Window::default(),
            asked: false,
            problem: None,
            loading_since: None,
            counts: None,
            counted_at_newest: 0,
            all: None,
            reading: false,
            follow: false,
            frozen: false,
            dirty: false,
            looked: None,
            cure: None,
            focus: Focus::new(2),
        }
    }

    pub(super) fn list_rows(&self, body: Rect) -> u16 {
        match self.focus.zoomed() {
            Some(DETAIL) => 0,
            Some(_) => body.height.saturating_sub(3),
            None => body.height.saturating_sub(3 + 1 + DETAIL_ROWS),
        }
    }

    /// Lines that came since the newest was read.
    pub(super) fn unseen(&self) -> u64 {
        self.counts.map_or(0, |(found, _)| found.saturating_sub(self.counted_at_newest))
    }

    /// The cure of the line under the cursor, once it is there.
    pub(super) fn cure(&self) -> Option<&Cure> {
        let employee = &self.window.current()?.line.employee.as_ref()?.0;
        self.cure.as_ref().filter(|cure| cure.employee == *employee)
    }
}

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
        if self.typing {
            return vec![Offer::new(Action::Enter, "search"), Offer::new(Action::Back, "clear")];
        }
        let line = self.window.current();
        let no_person = line.is_none_or(|row| row.line.employee.is_none()).then_some("no person");
        let no_mapping = self.cure().is_none_or(|cure| cure.mapping.is_none()).then_some("no value");
        let none = line.is_none().then_some("no line");
        let mut offers = vec![Offer::new(Action::Filter, "search")];
        if !self.field.value().trim().is_empty() {
            offers.push(Offer::pair(Action::NextHit, Action::PreviousHit, "hit"));
        }
        offers.extend([
            Offer::new(Action::Enter, "person").unless(no_person),
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

    fn text_focus(&self) -> bool {
        self.typing
    }

    fn wake_at(&self) -> Option<Duration> {
        let waits = self.dirty && !self.frozen && self.loading_since.is_none();
        self.looked.filter(|_| waits).map(|at| at + super::update::EVERY)
    }

    fn loading_since(&self) -> Option<Duration> {
        self.loading_since
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
