//! What the screen Run detail holds.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use crate::console::app::focus::Focus;
use crate::console::app::{Place, Remote};
use crate::console::screens::history::data::{Detail, Line, Part};
use crate::console::widgets::table::TableState;
use crate::domain::ids::RunId;

/// Rows of the totals, title and blank line included.
pub const TOTALS: u16 = 7;
/// Rows that the lists keep at least where each wave has a row of its own.
const LISTS: u16 = 12;

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

    /// Rows of the waves, title included; one where the lists need the room, none where it went at once or a part is zoomed.
    pub(super) fn wave_rows(&self, body: Rect) -> u16 {
        let waves = self.detail.value().map_or(0, |detail| detail.waves.len());
        let wanted = u16::try_from(waves).unwrap_or(u16::MAX).saturating_add(2);
        let fits = body.height >= TOTALS.saturating_add(wanted).saturating_add(LISTS);
        match (waves > 1 && self.focus.zoomed().is_none(), fits) {
            (false, _) => 0,
            (true, true) => wanted,
            (true, false) => 1,
        }
    }

    /// Rows that each part gets, its title included: none where it is empty; failures first, changes the rest.
    pub(super) fn rows(&self, body: Rect) -> [u16; 3] {
        let room = body.height.saturating_sub(TOTALS + self.wave_rows(body));
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

    pub(super) fn no_line(&self) -> Option<&'static str> {
        self.list(self.part()).current().is_none().then_some("no line here")
    }

    /// Why its report cannot be mailed.
    pub(super) fn no_report(&self) -> Option<&'static str> {
        self.detail.value().map_or(Some("no run"), |detail| detail.no_report)
    }

    /// Why nothing can have moved.
    pub(super) fn no_drift(&self) -> Option<&'static str> {
        let Some(detail) = self.detail.value() else { return Some("no run") };
        let approved = detail.run.plan.as_ref().is_some_and(|plan| plan.approval.is_some());
        (!approved).then_some("nothing was approved")
    }

    pub(super) fn no_person(&self) -> Option<&'static str> {
        self.list(self.part()).current().is_none_or(|line| line.employee.is_none()).then_some("no person here")
    }
}
