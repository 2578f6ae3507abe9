//! What the screen Troubles holds.

use super::lead::lead;
use super::nowhere;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::fleet::{Counts, row};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::{Marks as _, TableState};
use crate::domain::code::{Code, FeedCode};
use crate::domain::trouble::TroubleLife;
use crate::services::lists::List;
use crate::services::troubles::{Listed, Troubles, columns};
use ratatui::layout::Rect;
use std::time::Duration;

/// Rows of the trouble under the cursor, its title included.
pub(super) const DETAIL_ROWS: u16 = 5;
/// Under the line that nothing succeeds anywhere.
pub(super) const HINT: &str = "w shows the attempts; the line goes with the first success.";

/// The screen.
#[derive(Debug)]
pub struct TroublesScreen {
    pub(super) troubles: Remote<Box<Troubles>>,
    pub(super) table: TableState<i64>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the worst first. And the other way round.
    pub(super) order: (String, bool),
    /// Those that a question on the screen is about.
    pub(super) asked: Vec<i64>,
    pub(super) counts: Counts,
    pub(super) body: Rect,
}

impl Default for TroublesScreen {
    fn default() -> Self {
        Self {
            troubles: Remote::Idle,
            table: TableState::default(),
            finder: Finder::new(List::Troubles, None, columns(), None).with_views(&[
                ("all", ""),
                ("broken now", "life:open"),
                ("muted", "life:muted"),
            ]),
            order: (String::new(), false),
            asked: Vec::new(),
            counts: Counts::default(),
            body: Rect::default(),
        }
    }
}

fn heading(life: TroubleLife) -> Option<&'static str> {
    match life {
        TroubleLife::Open => None,
        TroubleLife::Muted => Some("muted"),
        TroubleLife::Quiet => Some("it works again; closes after a quiet day"),
        TroubleLife::Aside => Some("the tenant is not live"),
        TroubleLife::Closed => Some("closed in the last 7 days"),
    }
}

impl TroublesScreen {
    /// The screen, nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn lines(&self) -> &[Listed] {
        self.troubles.value().map(|troubles| troubles.lines.as_slice()).unwrap_or_default()
    }

    pub(super) fn line(&self, id: i64) -> Option<&Listed> {
        self.lines().iter().find(|line| line.trouble.id == id)
    }

    pub(super) fn current(&self) -> Option<&Listed> {
        self.line(*self.table.cursor()?)
    }

    pub(super) fn nowhere(&self) -> Option<&crate::domain::trouble::nowhere::Nowhere> {
        self.troubles.value()?.nowhere.as_ref()
    }

    /// The marked ones, else the one under the cursor.
    pub(super) fn chosen(&self) -> Vec<i64> {
        if self.table.marks().is_empty() {
            return self.table.cursor().copied().into_iter().collect();
        }
        let marked = self.lines().iter().map(|line| line.trouble.id).filter(|id| self.table.is_marked(id));
        marked.collect()
    }

    /// Whether all that are chosen are muted: then `t` takes that back.
    pub(super) fn unmutes(&self) -> bool {
        let chosen = self.chosen();
        let mut lines = chosen.iter().filter_map(|id| self.line(*id)).peekable();
        lines.peek().is_some() && lines.all(|line| line.life == TroubleLife::Muted)
    }

    /// Why nothing of what is chosen can be muted.
    fn not_muted(&self) -> Option<&'static str> {
        let chosen = self.chosen();
        let mut lines = chosen.iter().filter_map(|id| self.line(*id)).peekable();
        match lines.peek() {
            None => Some("no trouble"),
            Some(_) => lines.any(|line| line.life == TroubleLife::Closed).then_some("closed"),
        }
    }

    /// Puts filter and order in force; the cursor stays on its trouble.
    pub(super) fn arrange(&mut self) {
        let Some(troubles) = self.troubles.value() else { return };
        let order = (self.order.0.as_str(), self.order.1);
        let mut shown: Vec<&Listed> =
            self.finder.look_through(&troubles.lines, order).iter().filter_map(|at| troubles.lines.get(*at)).collect();
        if self.order.0.is_empty() && self.order.1 {
            shown.reverse();
        }
        let mut heads = Vec::new();
        if self.order == (String::new(), false) {
            for life in TroubleLife::ALL {
                let start = shown.iter().position(|line| line.life == life);
                heads.extend(start.zip(heading(life)).map(|(start, head)| (start, head.to_owned())));
            }
        }
        let ids = shown.into_iter().map(|line| line.trouble.id).collect();
        self.table.set_grouped(ids, heads);
        self.finder.measure(self.body);
        let rows = self.list_rows(self.body);
        self.table.set_height(usize::from(rows));
    }

    /// Lines of the list on the screen, heads of groups among them.
    pub(super) fn list_rows(&self, body: Rect) -> u16 {
        let above = nowhere::rows(self.nowhere(), HINT, body);
        body.height.saturating_sub(above + 2 + DETAIL_ROWS + u16::from(self.finder.has_line()))
    }
}

impl Screen for TroublesScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Troubles
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let facts = self.troubles.value().map(|troubles| {
            let tenants = format::counted(troubles.tenants as u64, "tenant", "tenants");
            let open = format::counted(troubles.figures.open as u64, "trouble", "troubles");
            (format!("{tenants}, {open}"), open)
        });
        Header { facts, ..Header::crumbs(["Troubles"]) }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(troubles) = self.troubles.value() else { return StatusLine::default() };
        let left = match (&self.table.marks_words(), &troubles.last_success) {
            (Some(marked), _) => marked.clone(),
            (None, Some((tenant, at))) => {
                format!("last success anywhere: {tenant}, {}", format::moment(*at, cx.now.wall, &cx.zone()))
            }
            (None, None) => "nothing has succeeded yet".to_owned(),
        };
        StatusLine::new(left, String::new())
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let none = self.table.is_empty().then_some("no trouble");
        let mute = if self.unmutes() { "unmute" } else { "mute" };
        vec![
            Offer::new(Action::Enter, "go there").unless(none),
            Offer::new(Action::Later, mute).unless(self.not_muted()),
            Offer::new(Action::Mark, "mark").unless(none),
            Offer::new(Action::Why, "why").unless(none.filter(|_| self.nowhere().is_none())),
            Offer::pair(Action::PreviousItem, Action::NextItem, "other list"),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::More, "more").unless(none),
            Offer::new(Action::Refresh, "read again"),
            Offer::new(Action::Sort, "sort"),
            Offer::pair(Action::MarkAll, Action::InvertMarks, "all, invert").unless(none),
            Offer::new(Action::CopyId, "copy").unless(none),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let none = self.table.is_empty().then_some("no trouble");
        vec![Offer::new(Action::MoreSeen, "seen: somebody looks after it").unless(none)]
    }

    fn code(&self, cx: &ViewCx<'_>) -> Option<CodeHere> {
        let nothing_anywhere = || {
            let nowhere = self.nowhere()?;
            let words = format!("{}; {HINT}", nowhere.head(cx.now.wall));
            Some(CodeHere::new(Code::Feed(FeedCode::NothingAnywhere)).here(words))
        };
        let Some(line) = self.current() else { return nothing_anywhere() };
        let trouble = &line.trouble;
        if line.is_explained {
            // Many tenants do not break at once: their common cause is the code of the line.
            let here = nothing_anywhere()?;
            let own = format!("{}: {}, which is explained by this; {}", line.tenant_name, line.what, here.here);
            let (place, named) = lead(line);
            return Some(here.here(own).leads_to(named, place));
        }
        let words = if trouble.why.is_empty() { line.what.clone() } else { format!("{}: {}", line.what, trouble.why) };
        let here = CodeHere::new(trouble.cause.code).here(format!("{}: {words}", line.tenant_name));
        let (place, named) = lead(line);
        let here = here.leads_to(named, place);
        let run = trouble.last_run.map(|run| Place::tenant(ScreenId::RunDetail, &line.tenant).about(run.to_string()));
        Some(match run {
            Some(place) if named != "the run that said so" => here.leads_to("the run that said so", place),
            _ => here,
        })
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.troubles.loading_since()
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

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let open = self.troubles.value().map(|troubles| troubles.figures.open as u64);
        row::draw(ScreenId::Troubles, &Counts { troubles: open.or(self.counts.troubles), ..self.counts }, area, canvas);
        self.draw(cx, row::below(area), canvas);
    }
}
