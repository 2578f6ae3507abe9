//! What the screen Drift holds.

use super::columns::{One, columns};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{CodeHere, Handled, PERSON_PAGE, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::code::{Code, LineCode};
use crate::domain::ids::RunId;
use crate::domain::run::RunOutcome;
use crate::services::drift::{Line, Page};
use crate::services::lists::List;
use ratatui::layout::Rect;
use std::time::Duration;

/// From this width on the sums have bars and the list its further columns.
pub(super) const WIDE: u16 = 120;
/// Rows of what is said of the line under the cursor, its title included.
const DETAIL: u16 = 6;
/// Views that every workspace has.
const VIEWS: [(&str, &str); 3] = [("all", ""), ("skipped", "so:skipped"), ("there already", "so:done")];
/// Rows that the list keeps at least, title and heads included.
const LIST: u16 = 7;

/// The screen.
#[derive(Debug)]
pub struct Drift {
    pub(super) tenant: String,
    /// `None` when the place names no run.
    pub(super) run: Option<RunId>,
    pub(super) page: Remote<Box<Page>>,
    /// Lines by their place in the plan: the cursor stays on its line while others come.
    pub(super) lines: TableState<i64>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the order of the plan. And the other way round.
    pub(super) order: (String, bool),
    pub(super) body: Rect,
}

/// Rows of the parts of the page, titles included.
pub(super) struct Rows {
    pub sums: u16,
    pub list: u16,
    pub detail: u16,
    pub elsewhere: u16,
}

impl Drift {
    /// The screen of a run; the place's subject is its number.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            run: place.subject.as_ref().and_then(|run| run.parse().ok()).map(RunId),
            page: Remote::Idle,
            lines: TableState::default(),
            // Another run has moved otherwise: a filter of this one would only hide its lines.
            finder: Finder::new(List::Drift, place.tenant.clone(), columns(), None).with_views(&VIEWS).forgetful(),
            order: (String::new(), false),
            body: Rect::default(),
        }
    }

    /// The line in this row of the list.
    pub(super) fn line(&self, row: usize) -> Option<&Line> {
        self.line_of(*self.lines.ids().get(row)?)
    }

    fn line_of(&self, seq: i64) -> Option<&Line> {
        self.page.value()?.lines.iter().find(|line| i64::from(line.seq) == seq)
    }

    pub(super) fn current(&self) -> Option<&Line> {
        self.line_of(*self.lines.cursor()?)
    }

    /// Lays filter and order over the lines; the cursor stays on its own.
    pub(super) fn arrange(&mut self) {
        let Some(page) = self.page.value() else { return };
        let mut rows: Vec<One<'_>> = page.lines.iter().map(One).collect();
        if self.order.0.is_empty() && self.order.1 {
            rows.reverse();
        }
        let shown = self.finder.look_through(&rows, (&self.order.0, self.order.1));
        let ids = shown.iter().filter_map(|at| rows.get(*at)).map(|row| i64::from(row.0.seq)).collect();
        self.lines.set_ids(ids);
        self.finder.measure(self.body);
        self.resize(self.body);
    }

    pub(super) fn rows(&self, body: Rect) -> Rows {
        let Some(page) = self.page.value() else { return Rows { sums: 0, list: 0, detail: 0, elsewhere: 0 } };
        let parts = u16::try_from(page.parts().len()).unwrap_or(u16::MAX);
        // The title; each part a row, with the approved above and anything else below; or all of them in a sentence or two.
        let sums = if body.width >= WIDE { parts.saturating_add(3) } else { 2 + parts.div_ceil(3) };
        let room = body.height.saturating_sub(sums);
        let wanted = match page.lines.len() {
            0 => 0,
            lines => u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2 + u16::from(self.finder.has_line())),
        };
        let list = wanted.min(room);
        let detail = if wanted > 0 && room >= DETAIL + LIST.min(wanted) { DETAIL } else { 0 };
        let list = list.min(room - detail);
        let elsewhere = if page.elsewhere.is_some() && room - detail >= LIST.min(wanted) + 2 { 2 } else { 0 };
        let list = list.min(room - detail - elsewhere);
        // What is left explains the line in full where its sentences are long.
        let detail = if detail > 0 { (room - list - elsewhere).min(DETAIL + 5) } else { 0 };
        Rows { sums, list, detail, elsewhere }
    }

    pub(super) fn resize(&mut self, body: Rect) {
        self.body = body;
        let list = self.rows(self.finder.list_area(body)).list;
        let above = 2 + u16::from(self.finder.has_line());
        self.lines.set_height(usize::from(list.saturating_sub(above)));
    }

    fn no_person(&self) -> Option<&'static str> {
        self.current().is_none_or(|line| line.employee.is_none()).then_some("no person here")
    }

    /// Why there is nothing to look through.
    fn no_lines(&self) -> Option<&'static str> {
        self.page.value().is_none_or(|page| page.lines.is_empty()).then_some("nothing had moved")
    }

    fn no_line(&self) -> Option<&'static str> {
        self.current().is_none().then_some("nothing had moved")
    }
}

/// How the run stands, for the status line.
fn outcome(page: &Page, wide: bool) -> String {
    let ended = page.ended.as_deref().map(|at| format!(" {at}")).unwrap_or_default();
    let word = match page.outcome {
        RunOutcome::Done | RunOutcome::DoneWithHeld => "done",
        RunOutcome::Running => "is at work",
        RunOutcome::Paused => "is paused",
        other => other.key(),
    };
    let confirmed = if wide { format!(", {} confirmed", format::count(page.confirmed)) } else { String::new() };
    format!("Run {} {word}{ended}{confirmed}", page.run)
}

impl Screen for Drift {
    fn id(&self) -> ScreenId {
        ScreenId::Drift
    }

    fn header(&self, cx: &ViewCx<'_>) -> Header {
        let run = self.run.map_or_else(|| "Run".to_owned(), |run| format!("Run {run}"));
        let crumbs = [run, "Drift".to_owned()];
        if cx.frame.width >= WIDE {
            Header::crumbs(["History".to_owned()].into_iter().chain(crumbs))
        } else {
            Header::crumbs(crumbs)
        }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(page) = self.page.value() else { return StatusLine::default() };
        let run = outcome(page, cx.frame.width >= WIDE || page.sums.skipped == 0);
        let left = match (page.sums.skipped, page.next) {
            (0, _) | (_, None | Some((_, 0))) => run,
            (skipped, Some((plan, anew))) if skipped == anew => {
                let lines = if skipped == 1 { "skipped line is" } else { "skipped lines are" };
                format!("{run}; the {} {lines} in plan {plan}", format::count(skipped))
            }
            (skipped, Some((plan, anew))) => {
                let share = format::share(anew.into(), skipped.into());
                format!("{run}; {share} skipped lines are in plan {plan}")
            }
        };
        let right = page.plan.as_ref().map(|plan| format!("plan {}", plan.id)).unwrap_or_default();
        StatusLine::new(left, right)
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let only = (self.lines.len() < 2).then_some("no other line");
        vec![
            Offer::new(Action::Enter, "person").unless(self.no_person()),
            Offer::pair(Action::PreviousItem, Action::NextItem, "line").unless(only),
            Offer::new(Action::Compare, "what was said").unless(self.no_line()),
            Offer::new(Action::Why, "why").unless(self.no_line()),
            Offer::new(Action::Export, "save").unless(self.no_line()),
            Offer::new(Action::CopyId, "copy").unless(self.page.value().is_none().then_some("nothing here")),
            Offer::new(Action::Filter, "filter").unless(self.no_lines()),
            Offer::new(Action::Facets, "facets").unless(self.no_lines()),
            Offer::new(Action::Sort, "sort").unless(self.no_lines()),
            Offer::new(Action::Refresh, "read again"),
        ]
    }

    fn loading_since(&self) -> Option<Duration> {
        self.page.loading_since()
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let line = self.current().filter(|line| !line.already)?;
        let here = CodeHere::new(Code::Line(LineCode::Moved)).here(format!("{}: {}", line.name, line.reason));
        Some(match &line.employee {
            Some(id) => here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(id.as_str())),
            None => here,
        })
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.arrange();
        Handled::Yes
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
