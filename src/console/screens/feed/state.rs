//! What the screen Feed log holds.

use std::time::Duration;

use ratatui::layout::Rect;

use super::data::Cure;
use super::window::Window;
use crate::console::app::focus::Focus;
use crate::console::app::{Place, Problem};
use crate::console::screens::finder::Finder;
use crate::console::widgets::PaneId;
use crate::domain::filter::Filter;
use crate::services::lists::List;
use crate::store::views::{FeedColumn, FeedFilter, feed_columns, feed_filter};

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
    pub(super) finder: Finder,
    /// By which column, by its word, and whether the other way round; newest first where there is none.
    pub(super) order: (String, bool),
    /// What the list shows.
    pub(super) filter: FeedFilter,
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
        let finder = Finder::new(List::Feed, place.tenant.clone(), feed_columns(), place.subject.as_deref());
        let views = &[("all", ""), ("needs me", "level:warn,error"), ("errors", "level:error")];
        let finder = finder.with_views(views);
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            filter: filter_of(&finder, &(String::new(), false)),
            finder,
            order: (String::new(), false),
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

    /// The list has the part of the body that the facets leave.
    pub(super) fn measure(&mut self, body: Rect) {
        self.finder.measure(body);
        let rows = self.list_rows(self.finder.list_area(body));
        self.window.table.set_height(usize::from(rows));
    }

    /// The order in words.
    pub(super) fn order_words(&self) -> String {
        match self.filter.sort {
            None => "newest first".to_owned(),
            Some((FeedColumn::Day, false)) => "oldest first".to_owned(),
            Some((column, descending)) => {
                let at = FeedColumn::ALL.iter().position(|known| *known == column).unwrap_or(0);
                let head = feed_columns().into_iter().nth(at).map(|column| column.head).unwrap_or_default();
                format!("by {head}{}", if descending { ", last to first" } else { "" })
            }
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

/// What the filter line asks of the log.
pub(super) fn filter_of(finder: &Finder, order: &(String, bool)) -> FeedFilter {
    let column = feed_columns().iter().position(|column| column.key == order.0);
    let sort = match column.and_then(|at| FeedColumn::ALL.get(at)) {
        Some(column) => Some((*column, order.1)),
        // Newest first the other way round.
        None => order.1.then_some((FeedColumn::Day, false)),
    };
    FeedFilter { sort, ..feed_filter(&Filter::parse(finder.text()), finder.today()).unwrap_or_default() }
}
