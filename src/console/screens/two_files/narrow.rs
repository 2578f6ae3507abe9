//! Filter and facets of the lists of step 4, as every list has them.

use ratatui::layout::Rect;

use super::data::{Ask, Part, review_columns};
use super::result::TOTALS;
use super::state::{DeskView, Step, TwoFiles};
use super::update::FACETS;
use crate::console::app::{Cx, Payload};
use crate::console::screens::ScreenMsg;
use crate::console::screens::finder::{Finder, Told};
use crate::domain::filter::Facet;
use crate::services::lists::List;

/// From this width on the person under the cursor stands beside the list.
pub(super) const PERSON: u16 = 140;
/// Cells that this takes.
pub(super) const PERSON_CELLS: u16 = 46;

/// Views that every workspace has.
const VIEWS: [(&str, &str); 4] =
    [("all", ""), ("still open", "is:open"), ("with a rival", "rival:yes"), ("below 95 %", "sure:<95")];

/// The filter of a result. What is typed are names of people: nothing of it is kept.
pub(super) fn finder(cx: &mut Cx<'_>) -> Finder {
    let mut finder =
        Finder::new(List::TwoFiles, None, review_columns("identifier"), None).with_views(&VIEWS).forgetful();
    finder.handle(&ScreenMsg::Shown, ("", false), cx);
    finder
}

/// Where the list stands on a page, with the facets beside it where they are open.
pub(super) fn list_of(page: Rect) -> Rect {
    let y = page.y + 1 + TOTALS.min(page.height.saturating_sub(1)) + u16::from(page.height >= 18);
    Rect { y, height: page.bottom().saturating_sub(y), ..page }
}

impl DeskView {
    /// What the list shows.
    pub(super) fn part(&self) -> Part {
        Part { kind: self.kind, filter: self.finder.text().to_owned(), today: self.finder.today() }
    }

    /// Whether this is what the list shows.
    pub(super) fn is_shown(&self, part: &Part) -> bool {
        self.kind == part.kind && self.finder.text() == part.filter
    }
}

impl TwoFiles {
    /// Lets the filter of a result see a message first; whether it was for it.
    pub(super) fn found(&mut self, msg: &ScreenMsg, cx: &mut Cx<'_>) -> bool {
        let is_its_own = matches!(
            msg,
            ScreenMsg::Loaded(_, Payload::Lists(_)) | ScreenMsg::Done(_, Payload::Lists(_)) | ScreenMsg::View(_)
        );
        if self.list_desk().is_none() && !is_its_own {
            return false;
        }
        if self.step != Step::Result && matches!(msg, ScreenMsg::View(_)) {
            return false;
        }
        let Some(desk) = self.desk_mut() else { return false };
        let told = desk.finder.handle(msg, ("", false), cx);
        if told == Told::NotMine {
            return false;
        }
        if desk.finder.is_focused() || desk.finder.is_typing() {
            desk.totals = false;
        }
        if matches!(told, Told::Changed | Told::Ordered(..)) {
            self.narrowed(cx);
        }
        self.remeasure();
        self.want_lines(cx);
        true
    }

    /// The list is another one now.
    fn narrowed(&mut self, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk_mut() {
            let all = desk.summary.as_ref().map_or(0, |summary| super::result::count_of(summary, desk.kind));
            desk.window = super::state::Window { all, ..super::state::Window::default() };
        }
        self.ask_facets(cx);
    }

    pub(super) fn clear_filter(&mut self, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk_mut() {
            desk.finder.lend("");
        }
        self.narrowed(cx);
        self.remeasure();
        self.want_lines(cx);
    }

    /// Asks for the counts beside the list, where they are shown.
    pub(super) fn ask_facets(&mut self, cx: &mut Cx<'_>) {
        if let Some(desk) = self.desk().filter(|desk| desk.finder.is_open()) {
            let ask = Ask::Facets { desk: desk.desk.clone(), part: desk.part() };
            self.ask(FACETS, ask, cx);
        }
    }

    pub(super) fn facets_came(&mut self, part: &Part, facets: Vec<Facet>) {
        if let Some(desk) = self.desk_mut().filter(|desk| desk.is_shown(part)) {
            desk.finder.set_facets(facets);
        }
    }

    pub(super) fn remeasure(&mut self) {
        let body = self.body;
        let page = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        if let Some(desk) = self.desk_mut() {
            desk.finder.measure(list_of(page));
        }
    }
}
