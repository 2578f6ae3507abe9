//! What the screen Run detail holds.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::history::data::{Detail, Line, Part};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::ids::RunId;

/// Rows of the totals, title and blank line included.
pub const TOTALS: u16 = 7;

/// The lines of one part.
#[derive(Clone, Debug, Default)]
pub struct List {
    pub table: TableState<i64>,
    pub lines: BTreeMap<i64, Line>,
}

impl List {
    /// Numbers of the lines around the window that are not there yet.
    pub fn missing(&self) -> Vec<i64> {
        let window = self.table.window_with_margin();
        let ids = self.table.ids().get(window).unwrap_or_default();
        ids.iter().copied().filter(|id| !self.lines.contains_key(id)).collect()
    }

    /// The line under the cursor.
    pub fn current(&self) -> Option<&Line> {
        self.lines.get(self.table.cursor()?)
    }
}

/// The screen.
#[derive(Debug)]
pub struct RunDetail {
    pub(super) tenant: String,
    /// `None` when the place names no run.
    pub(super) run: Option<RunId>,
    pub(super) detail: Remote<Box<Detail>>,
    pub(super) lists: [List; 3],
    pub(super) focus: Focus,
}

impl RunDetail {
    /// The screen of a run; the place's subject is its number.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            run: place.subject.as_ref().and_then(|run| run.parse().ok()).map(RunId),
            detail: Remote::Idle,
            lists: Default::default(),
            focus: Focus::new(3),
        }
    }

    pub(super) fn part(&self) -> Part {
        Part::ALL.get(usize::from(self.focus.pane())).copied().unwrap_or(Part::Changed)
    }

    pub(super) fn list(&self, part: Part) -> &List {
        let [failed, held, changed] = &self.lists;
        match part {
            Part::Failed => failed,
            Part::Held => held,
            Part::Changed => changed,
        }
    }

    pub(super) fn list_mut(&mut self, part: Part) -> &mut List {
        let [failed, held, changed] = &mut self.lists;
        match part {
            Part::Failed => failed,
            Part::Held => held,
            Part::Changed => changed,
        }
    }

    /// Rows that each part gets, its title included: none where it is empty; failures first, changes the rest.
    pub(super) fn rows(&self, body: Rect) -> [u16; 3] {
        let room = body.height.saturating_sub(TOTALS);
        if let Some(zoomed) = self.focus.zoomed() {
            let mut rows = [0; 3];
            if let Some(row) = rows.get_mut(usize::from(zoomed)) {
                *row = body.height;
            }
            return rows;
        }
        let wanted = |part: Part| match self.list(part).table.len() {
            0 => 0,
            len => u16::try_from(len).unwrap_or(u16::MAX).saturating_add(2),
        };
        let (failed, held, changed) = (wanted(Part::Failed), wanted(Part::Held), wanted(Part::Changed));
        let later = |parts: [u16; 2]| parts.iter().filter(|rows| **rows > 0).count() as u16 * 4;
        let failed = failed.min(room.saturating_sub(later([held, changed])));
        let room = room - failed;
        let held = held.min(room.saturating_sub(later([changed, 0])));
        let held = if changed > 0 { held.min((room / 2).max(4)) } else { held };
        [failed, held, (room - held).min(changed)]
    }

    pub(super) fn resize(&mut self, body: Rect) {
        for (list, rows) in [0, 1, 2].into_iter().zip(self.rows(body)) {
            if let Some(list) = self.lists.get_mut(list) {
                // A title and a line of heads stand above the rows.
                list.table.set_height(usize::from(rows.saturating_sub(2)));
            }
        }
    }

    fn no_person(&self) -> Option<&'static str> {
        self.list(self.part()).current().is_none_or(|line| line.employee.is_none()).then_some("no person here")
    }
}

impl Screen for RunDetail {
    fn id(&self) -> ScreenId {
        ScreenId::RunDetail
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["History".to_owned(), self.run.map_or_else(|| "Run".to_owned(), |run| format!("Run {run}"))])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let Some(detail) = self.detail.value() else { return StatusLine::default() };
        let plan = detail.run.plan.as_ref();
        let right = plan.map(|plan| format!("plan {} hash {}", plan.id, format::hash(&plan.hash)));
        // The line under the cursor in full: the lists cut what the destination said.
        let left = match self.list(self.part()).current() {
            Some(line) => format!("{} {}", super::view::role(line.mark).glyph(), line.text),
            None if plan.is_none() => "its plan is not kept".to_owned(),
            None => String::new(),
        };
        StatusLine::new(left, right.unwrap_or_default())
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let failed = self.list(Part::Failed).table.is_empty();
        let neighbours = self.detail.value().map(|detail| detail.neighbours).unwrap_or_default();
        let only = (neighbours == (None, None)).then_some("the only one");
        vec![
            Offer::new(Action::Enter, "person").unless(self.no_person()),
            Offer::new(Action::NextPane, "next list"),
            Offer::new(Action::Export, if failed { "save what it did" } else { "save error file" }),
            Offer::new(Action::CopyRow, "copy row").unless(self.no_person()),
            Offer::pair(Action::PreviousItem, Action::NextItem, "run").unless(only),
            Offer::new(Action::Zoom, "zoom"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn loading_since(&self) -> Option<Duration> {
        self.detail.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
