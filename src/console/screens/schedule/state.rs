//! What the screen Schedule holds.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::columns::{One, columns};
use super::data::{Facts, Line};
use super::words::watching;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::connection::ConnectionStatus;
use crate::engine::schedule::Waits;
use crate::services::lists::List;
use crate::store::fold;

/// Rows of what is said of one tenant, title included.
pub(super) const PANE_ROWS: u16 = 6;
/// Bodies from this height have that pane.
const PANE_FROM: u16 = 14;
/// Bodies from this height have the webhooks that were received.
const RECEIVED_FROM: u16 = 18;
/// How often it is read again by itself: who watches may be another program.
const READ_GAP: Duration = Duration::from_secs(20);

/// Views that every workspace has.
const VIEWS: [(&str, &str); 3] = [("all", ""), ("waits", "state:waits"), ("by hand", "state:\"by hand\"")];

/// The screen.
#[derive(Debug)]
pub struct ScheduleScreen {
    pub(super) facts: Remote<Box<Facts>>,
    pub(super) table: TableState<String>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the next run first. And the other way round.
    pub(super) order: (String, bool),
    pub(super) body: Rect,
    /// The tenant that a question on the screen is about.
    pub(super) asked: Option<String>,
    /// The tenant on which the cursor begins.
    pub(super) wanted: Option<String>,
    pub(super) read_at: Duration,
}

impl ScheduleScreen {
    /// The screen, the cursor on a tenant where one is named.
    #[must_use]
    pub fn new(tenant: Option<String>) -> Self {
        Self {
            facts: Remote::Idle,
            table: TableState::default(),
            finder: Finder::new(List::Schedule, None, columns(), None).with_views(&VIEWS),
            order: (String::new(), false),
            body: Rect::default(),
            asked: None,
            wanted: tenant,
            read_at: Duration::ZERO,
        }
    }

    pub(super) fn line(&self, short: &str) -> Option<&Line> {
        self.facts.value()?.lines.iter().find(|line| line.short() == short)
    }

    pub(super) fn current(&self) -> Option<&Line> {
        self.line(self.table.cursor()?)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.facts.value().is_some_and(|facts| facts.paused.is_some())
    }

    /// Puts the list in order; the cursor stays on its tenant.
    pub(super) fn arrange(&mut self, now: Timestamp, zone: &TimeZone) {
        let Some(facts) = self.facts.value() else { return };
        let mut rows: Vec<One<'_>> = facts.lines.iter().map(|line| One { line, now, zone }).collect();
        rows.sort_by_key(|One { line, .. }| {
            let due = line.standing.due.unwrap_or(Timestamp::MAX);
            // Those at work first, those that wait for something last.
            let rank = match &line.standing.waits {
                Some(Waits::AtWork(_)) => 0,
                None => 1,
                Some(Waits::Answer(_) | Waits::Paused { .. } | Waits::Silent(_)) => 2,
                Some(Waits::NotLive(_)) => 3,
                Some(Waits::Manual) => 4,
            };
            let key = if self.order.0.is_empty() { (rank, due) } else { (0, Timestamp::MIN) };
            (key, fold(line.name()), line.short().to_owned())
        });
        if self.order.0.is_empty() && self.order.1 {
            rows.reverse();
        }
        let shown = self.finder.look_through(&rows, (&self.order.0, self.order.1));
        let ids = shown.iter().filter_map(|at| rows.get(*at)).map(|row| row.line.short().to_owned()).collect();
        self.table.set_ids(ids);
        if let Some(wanted) = self.wanted.take() {
            self.table.put_cursor(&wanted);
        }
        self.finder.measure(self.body);
        let above = 2 + u16::from(self.finder.has_line());
        let rows = self.list_area(self.body).height.saturating_sub(above);
        self.table.set_height(usize::from(rows));
    }

    /// Rows of what was received, title included; 0 where nothing was, or where there is no room.
    pub(super) fn received_rows(&self, body: Rect) -> u16 {
        let some = self.facts.value().and_then(|facts| facts.received.as_ref()).map_or(0, |all| all.rows.len());
        if body.height < RECEIVED_FROM || some == 0 {
            return 0;
        }
        1 + u16::try_from(some).unwrap_or(u16::MAX).min(body.height / 6)
    }

    pub(super) fn has_pane(&self, body: Rect) -> bool {
        body.height >= PANE_FROM
    }

    /// The list with its title and heads.
    pub(super) fn list_area(&self, body: Rect) -> Rect {
        let below = if self.has_pane(body) { PANE_ROWS } else { 0 } + self.received_rows(body);
        Rect { height: body.height.saturating_sub(below), ..body }
    }

    /// Why no run can be started by hand now.
    pub(super) fn hindrance(&self) -> Option<&'static str> {
        let Some(line) = self.current() else { return Some("no tenant") };
        match line.standing.connection.status {
            _ if matches!(line.standing.waits, Some(Waits::AtWork(_))) => Some("running"),
            ConnectionStatus::Off => Some("switched off"),
            ConnectionStatus::Paused => Some("paused, test it on Overview"),
            ConnectionStatus::Preview => Some("not published"),
            ConnectionStatus::Live => None,
        }
    }

    /// Why there is no run to be let pass.
    fn no_skip(&self) -> Option<&'static str> {
        match self.current() {
            None => Some("no tenant"),
            Some(line) if line.standing.next.is_none() => Some("by hand only"),
            Some(_) => None,
        }
    }
}

impl Screen for ScheduleScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Schedule
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let facts = self.facts.value().map(|facts| {
            let tenants = format::counted(facts.lines.len() as u64, "tenant", "tenants");
            let watched = match (&facts.paused, &facts.watcher) {
                (Some(_), _) => "paused",
                (None, Some(_)) => "watching",
                (None, None) => "nobody watches",
            };
            (format!("{tenants}   {watched}"), watched.to_owned())
        });
        Header { facts, ..Header::crumbs(["Schedule"]) }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(facts) = self.facts.value() else { return StatusLine::default() };
        let line = StatusLine::new(watching(facts, cx.now.wall, &cx.console.zone), "");
        // On a low screen nothing else says that no run will begin.
        StatusLine { keep: facts.watcher.is_none() || facts.paused.is_some(), ..line }
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let none = self.table.is_empty().then_some("no tenant");
        let skipped = self.current().is_some_and(|line| line.standing.skipped_by.is_some());
        let pause = if self.is_paused() { "let all go on" } else { "pause all" };
        vec![
            Offer::new(Action::Enter, "open").unless(none),
            Offer::new(Action::Send, "run now").unless(self.hindrance()),
            Offer::new(Action::Later, if skipped { "let it run" } else { "skip the next" }).unless(self.no_skip()),
            Offer::new(Action::Deactivate, pause),
            Offer::new(Action::Edit, "edit").unless(none),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Refresh, "refresh"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn code(&self, cx: &ViewCx<'_>) -> Option<CodeHere> {
        super::code::of_line(self.current()?, self.facts.value()?, cx.now.wall)
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn wake_at(&self) -> Option<Duration> {
        self.facts.loading_since().is_none().then(|| self.read_at + READ_GAP)
    }

    fn loading_since(&self) -> Option<Duration> {
        self.facts.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.arrange(cx.now().wall, &cx.console().zone);
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
