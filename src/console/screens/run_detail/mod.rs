//! The screen Run detail (SCREENS 7.11): totals, then failures with the destination's own words, who was held and why, and
//! every change with who is mapped to whom. What it asks and is told lies in `history/data.rs`.

mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

use crate::console::app::Place;
use crate::console::screens::history::data::Mark;
use crate::console::screens::{CodeHere, PERSON_PAGE};
use crate::domain::code::{Code, LineCode};
use crate::domain::plan::HoldCode;
pub use state::RunDetail;

use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::history::data::Part;
use crate::console::screens::history::no_undo;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use ratatui::layout::Rect;
use std::time::Duration;

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
            Some(line) => format!("{} {}", view::role(line.mark).glyph(), line.text),
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
            Offer::new(Action::Compare, "what was said").unless(self.no_line()),
            Offer::new(Action::NextPane, "next list"),
            Offer::new(Action::Export, if failed { "save what it did" } else { "save error file" }),
            Offer::new(Action::CopyRow, "copy row").unless(self.no_person()),
            Offer::pair(Action::PreviousItem, Action::NextItem, "run").unless(only),
            Offer::new(Action::Zoom, "zoom"),
            Offer::new(Action::More, "more"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let run = self.detail.value().map(|detail| &detail.run.run);
        vec![
            Offer::new(Action::MoreUndoRun, "undo this run: a look at what goes back").unless(no_undo(run)),
            Offer::new(Action::MoreDrift, "drift: what had moved since the approval").unless(self.no_drift()),
            Offer::new(Action::MoreRelease, "release whom an undo left held").unless(run.is_none().then_some("no run")),
            Offer::new(Action::MoreReport, "report: send it again").unless(self.no_report()),
        ]
    }

    fn loading_since(&self) -> Option<Duration> {
        self.detail.loading_since()
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let line = self.lists.get(usize::from(self.focus.pane()))?.current()?;
        // While the run is at work, what is written is simply not read back yet.
        let is_over = self.detail.value().is_some_and(|detail| detail.run.run.ended.is_some());
        let code = match line.mark {
            _ if line.unconfirmed && is_over => Code::Line(LineCode::NotConfirmed),
            Mark::Failed => Code::Line(LineCode::of_failed(&line.error)),
            Mark::Unknown => Code::Line(LineCode::NoAnswer),
            Mark::Blocked | Mark::Review | Mark::Ruled => {
                Code::Hold(HoldCode::ALL.into_iter().find(|code| code.words() == line.what)?)
            }
            _ => return None,
        };
        let here = CodeHere::new(code).here(format!("{}: {}", line.name, line.text));
        Some(match &line.employee {
            Some(id) => here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(id.as_str())),
            None => here,
        })
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
