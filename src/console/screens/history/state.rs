//! What the screen History holds.

use crate::console::app::Place;
use crate::console::screens::{CodeHere, problem_words};
use crate::domain::code::Code;
use std::time::Duration;

use ratatui::layout::Rect;

use super::columns::{Line, columns};
use super::data::Runs;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::ids::RunId;
use crate::domain::run::{RunOutcome, RunPurpose};
use crate::services::lists::List;
use crate::store::RunRow;
use jiff::tz::TimeZone;

/// Rows of the comparison, its title included.
pub const COMPARE_ROWS: u16 = 9;

/// The screen.
#[derive(Debug)]
pub struct History {
    pub(super) tenant: String,
    pub(super) runs: Remote<Box<Runs>>,
    pub(super) table: TableState<RunId>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the newest first. And the other way round.
    pub(super) order: (String, bool),
    pub(super) body: Rect,
    /// The two runs that are compared, the older first.
    pub(super) compared: Option<(RunId, RunId)>,
    /// The run whose errors a file is named for.
    pub(super) saving: Option<RunId>,
}

impl History {
    /// The screen of a tenant, the cursor on a run when the place names one.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        let tenant = tenant.into();
        let finder = Finder::new(List::History, Some(tenant.clone()), columns(), None);
        Self {
            tenant,
            runs: Remote::Idle,
            table: TableState::default(),
            finder: finder.with_views(&[("all", ""), ("changed something", "changed:>0"), ("failed", "failed:>0")]),
            order: (String::new(), false),
            body: Rect::default(),
            compared: None,
            saving: None,
        }
    }

    pub(super) fn rows(&self) -> &[RunRow] {
        self.runs.value().map(|runs| runs.rows.as_slice()).unwrap_or_default()
    }

    pub(super) fn row(&self, run: RunId) -> Option<&RunRow> {
        self.rows().iter().find(|row| row.id == run)
    }

    pub(super) fn current(&self) -> Option<&RunRow> {
        self.row(*self.table.cursor()?)
    }

    /// Puts filter and order in force; the cursor stays on its run.
    pub(super) fn arrange(&mut self, zone: &TimeZone) {
        let Some(runs) = self.runs.value() else { return };
        let mut rows: Vec<Line<'_>> = runs.rows.iter().map(|run| Line { run, zone: zone.clone() }).collect();
        if self.order.0.is_empty() && self.order.1 {
            rows.reverse();
        }
        let shown = self.finder.look_through(&rows, (&self.order.0, self.order.1));
        let ids = shown.iter().filter_map(|at| rows.get(*at)).map(|line| line.run.id).collect();
        self.table.set_ids(ids);
        self.finder.measure(self.body);
        let rows = self.list_rows(self.body);
        self.table.set_height(usize::from(rows));
    }

    /// The two that `c` would compare: two marked ones, or a marked one and the one under the cursor.
    pub(super) fn pair(&self) -> Option<(RunId, RunId)> {
        let mut marks = self.table.marks().iter().copied();
        let (first, second) = (marks.next()?, marks.next().or_else(|| self.table.cursor().copied())?);
        (first != second).then_some((first.min(second), first.max(second)))
    }

    /// Lines of the list on the screen.
    pub(super) fn list_rows(&self, body: Rect) -> u16 {
        let below = if self.compared.is_some() { COMPARE_ROWS } else { 2 };
        body.height.saturating_sub(3 + below + u16::from(self.finder.has_line()))
    }

    /// Why the report of the current run cannot be mailed.
    pub(super) fn no_report(&self) -> Option<&'static str> {
        if self.current().is_none() { Some("no run") } else { self.runs.value()?.no_report }
    }

    /// The run that can be finished from here.
    pub(super) fn finishable(&self) -> Option<&crate::console::screens::run::data::Unfinished> {
        let unfinished = self.runs.value()?.unfinished.as_ref()?;
        (unfinished.approved.is_some() && unfinished.by_other.is_none()).then_some(unfinished)
    }
}

/// Why a run cannot be undone; what only the destination can tell is said by the page.
pub(in crate::console) fn no_undo(run: Option<&RunRow>) -> Option<&'static str> {
    let Some(run) = run else { return Some("no run") };
    match run.outcome {
        _ if run.purpose == RunPurpose::Preview => Some("a preview wrote nothing"),
        RunOutcome::Running | RunOutcome::Paused => Some("it has not ended"),
        RunOutcome::Interrupted => Some("interrupted: finish it first"),
        _ if run.totals.written == 0 => Some("it wrote nothing"),
        _ => None,
    }
}

/// The run whose undo holds people: this one, or the one that it takes back.
pub(in crate::console) fn undone(run: &RunRow) -> RunId {
    run.job.undoes.unwrap_or(run.id)
}

fn no_release(run: Option<&RunRow>) -> Option<&'static str> {
    run.is_none().then_some("no run")
}

impl Screen for History {
    fn id(&self) -> ScreenId {
        ScreenId::History
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["History"])
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(runs) = self.runs.value() else { return StatusLine::default() };
        let count = u64::try_from(runs.rows.len()).unwrap_or(u64::MAX);
        let newest = if runs.more { "the newest " } else { "" };
        let mut left = format!("{newest}{} kept", format::counted(count, "run", "runs"));
        if let (Some(first), false) = (runs.rows.last(), runs.more) {
            let zone = cx.zone();
            let day = first.started.to_zoned(zone.clone()).date();
            left = format!("{left} since {}", format::day_long(day));
        }
        let right = self.table.marks_words().unwrap_or_default();
        StatusLine::new(left, right)
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let none = self.table.is_empty().then_some("no run");
        let no_pair = self.pair().is_none().then_some("mark two");
        let no_error = self.current().is_none_or(|run| run.totals.failed + run.totals.unknown == 0);
        vec![
            Offer::new(Action::Enter, "open").unless(none),
            Offer::new(Action::Mark, "mark two").unless(none),
            if self.table.marks().is_empty() {
                Offer::new(Action::Compare, "what was said").unless(none)
            } else {
                Offer::new(Action::Compare, "compare").unless(no_pair)
            },
            Offer::new(Action::Export, "save error file").unless(no_error.then_some("none failed")),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Refresh, "refresh"),
            Offer::new(Action::More, "more"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let finish = Offer::new(Action::MoreResume, "resume: finish the interrupted run");
        let run = self.current();
        vec![
            finish.unless(self.finishable().is_none().then_some("none is interrupted")),
            Offer::new(Action::MoreUndoRun, "undo this run: a look at what goes back").unless(no_undo(run)),
            Offer::new(Action::MoreRelease, "release whom an undo left held").unless(no_release(run)),
            Offer::new(Action::MoreReport, "report: send it again").unless(self.no_report()),
            Offer::new(Action::MoreAudit, "audit: who changed what, and when"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let run = self.current()?;
        let problem = run.problem.as_ref()?;
        let here = CodeHere::new(Code::Problem(problem.code())).here(problem_words(problem));
        Some(here.leads_to(
            "the run, line by line",
            Place::tenant(ScreenId::RunDetail, &self.tenant).about(run.id.0.to_string()),
        ))
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.runs.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.arrange(&cx.console().zone.clone());
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
