//! What the screen Audit holds.

use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::list::ListKey;
use crate::services::audit::{Audit, Listed, chain_words, columns};
use crate::services::lists::List;
use ratatui::layout::Rect;
use std::time::Duration;

/// Rows of the entry under the cursor, its title included.
pub const DETAIL_ROWS: u16 = 5;

/// The screen.
#[derive(Debug)]
pub struct AuditScreen {
    /// `None` for all tenants.
    pub(super) tenant: Option<String>,
    pub(super) audit: Remote<Box<Audit>>,
    pub(super) table: TableState<i64>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the newest first. And the other way round.
    pub(super) order: (String, bool),
    pub(super) body: Rect,
}

impl AuditScreen {
    /// The screen of a tenant, or of all.
    #[must_use]
    pub fn new(tenant: Option<String>) -> Self {
        let finder = Finder::new(List::Audit, tenant.clone(), columns(), None);
        Self {
            tenant,
            audit: Remote::Idle,
            table: TableState::default(),
            finder: finder.with_views(&[
                ("all", ""),
                ("rulings", "what:ruling"),
                ("who may write", "what:status,settings"),
            ]),
            order: (String::new(), false),
            body: Rect::default(),
        }
    }

    pub(super) fn lines(&self) -> &[Listed] {
        self.audit.value().map(|audit| audit.lines.as_slice()).unwrap_or_default()
    }

    pub(super) fn line(&self, entry: i64) -> Option<&Listed> {
        // Newest first: a thousand of them are looked through by halves.
        let lines = self.lines();
        let at = lines.partition_point(|listed| listed.line.id > entry);
        lines.get(at).filter(|listed| listed.line.id == entry)
    }

    pub(super) fn current(&self) -> Option<&Listed> {
        self.line(*self.table.cursor()?)
    }

    /// Puts filter and order in force; the cursor stays on its entry.
    pub(super) fn arrange(&mut self) {
        let Some(audit) = self.audit.value() else { return };
        let mut ids: Vec<i64> = self
            .finder
            .look_through(&audit.lines, (&self.order.0, self.order.1))
            .iter()
            .filter_map(|at| audit.lines.get(*at))
            .map(|listed| listed.line.id)
            .collect();
        if self.order.0.is_empty() && self.order.1 {
            ids.reverse();
        }
        self.table.set_ids(ids);
        self.finder.measure(self.body);
        let rows = self.list_rows(self.body);
        self.table.set_height(usize::from(rows));
    }

    /// Lines of the list on the screen.
    pub(super) fn list_rows(&self, body: Rect) -> u16 {
        body.height.saturating_sub(2 + DETAIL_ROWS + u16::from(self.finder.has_line()))
    }

    /// Where what an entry is about can be seen.
    pub(super) fn about(&self) -> Option<Place> {
        let listed = self.current()?;
        let tenant = listed.tenant.as_ref()?;
        let detail = &listed.line.detail;
        let person = || detail.strip_prefix("employee ")?.split([':', ' ']).next().filter(|id| !id.is_empty());
        let place = |screen| Some(Place::tenant(screen, tenant));
        match listed.line.what.as_str() {
            "ruling" | "not the same" => Some(Place::tenant(ScreenId::Person, tenant).about(person()?)),
            what if what.starts_with("mapping") => {
                let list = detail.split(' ').next().and_then(ListKey::from_key);
                Some(match list {
                    Some(list) => crate::console::screens::mappings::place(tenant, list, None),
                    None => Place::tenant(ScreenId::Mappings, tenant),
                })
            }
            "settings" | "parameter" | "credential" => place(ScreenId::Settings),
            "approved" => place(ScreenId::Plan),
            _ => place(ScreenId::Overview),
        }
    }
}

impl Screen for AuditScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Audit
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["Audit"])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let Some(audit) = self.audit.value() else { return StatusLine::default() };
        let glyph = if audit.check.broken.is_some() { "✗" } else { "✓" };
        let right = if audit.more { "only the newest are listed" } else { "" };
        StatusLine::new(format!("{glyph} {}", chain_words(&audit.check)), right.to_owned())
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let none = self.table.is_empty().then_some("no entry");
        vec![
            Offer::new(Action::Enter, "what it was about")
                .unless(none.or(self.about().is_none().then_some("nowhere to go"))),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Export, "save").unless(none),
            Offer::new(Action::Refresh, "check again"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::CopyId, "copy").unless(none),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.audit.loading_since()
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
        self.draw(cx, area, canvas);
    }
}

/// How many entries are shown, for the title.
pub(super) fn shown_words(screen: &AuditScreen) -> String {
    let total = screen.table.len();
    if let Some(words) = screen.finder.of(total, screen.lines().len()) {
        return words;
    }
    if total == 0 {
        return String::new();
    }
    let shown = screen.table.window();
    let order = if screen.order == (String::new(), false) { ", newest first" } else { "" };
    let (first, last) = (shown.start + 1, shown.end.min(total));
    format!("{}-{} of {}{order}", format::count(first), format::count(last), format::count(total))
}
