//! What the screen Tenants holds.

use crate::console::app::Place;
use crate::console::screens::{CodeHere, problem_words};
use crate::domain::code::{Code, ProblemCode};
use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::columns::{Line, columns};
use super::data::{Entry, Next};
use super::need::{Group, assess, live_words};
use super::removal::Removal;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::live::LiveSample;
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::fleet::{Counts, row};
use crate::console::screens::troubles::nowhere;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::connection::ConnectionStatus;
use crate::domain::trouble::nowhere::Nowhere;
use crate::services::lists::List;
use crate::store::fold;

/// The bottom pane: title, eight steps, a blank, two bars.
pub(super) const PANE_ROWS: u16 = 12;
/// Bodies from this height, below the row of lists, have the bottom pane (36 rows of the window).
const PANE_FROM: u16 = 31;

/// The screen.
#[derive(Debug)]
pub struct Tenants {
    pub(super) entries: Remote<Vec<Entry>>,
    pub(super) read_at: Option<Timestamp>,
    /// Runs of this program, by the tenant's short name.
    pub(super) live: BTreeMap<String, LiveSample>,
    pub(super) table: TableState<String>,
    /// The column that the list is sorted by; empty for what needs a human, worst first. And the other way round.
    pub(super) order: (String, bool),
    pub(super) finder: Finder,
    /// What is left to do for the tenant under the cursor.
    pub(super) next: Remote<Next>,
    pub(super) removal: Option<Removal>,
    /// Nothing succeeds anywhere.
    pub(super) nowhere: Option<Box<Nowhere>>,
    /// How many troubles are open; `None` before they were read.
    pub(super) troubles: Option<u64>,
    /// The tenant that the palette was told to sync, until the list is there.
    pub(super) wanted: Option<String>,
    /// The tenant that a question on the screen is about.
    pub(super) asked: Option<String>,
    /// The marked tenants that a question is about.
    pub(super) asked_many: Vec<String>,
    pub(super) body: Rect,
}

/// Under the line that nothing succeeds anywhere.
pub(super) const HINT: &str = "Troubles (m T) shows the attempts; the line goes with the first success.";

/// Views that every workspace has.
const VIEWS: [(&str, &str); 3] = [("all", ""), ("needs me", "needs:\"needs you\""), ("failed", "failed:>0")];

impl Default for Tenants {
    fn default() -> Self {
        Self {
            entries: Remote::Idle,
            read_at: None,
            live: BTreeMap::new(),
            table: TableState::default(),
            order: (String::new(), false),
            finder: Finder::new(List::Tenants, None, columns(), None).with_views(&VIEWS),
            next: Remote::Idle,
            removal: None,
            nowhere: None,
            troubles: None,
            wanted: None,
            asked: None,
            asked_many: Vec::new(),
            body: Rect::default(),
        }
    }
}

impl Tenants {
    /// The screen, nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The words of the title rule.
    pub(super) fn order_words(&self) -> String {
        let head = self.finder.columns().iter().find(|column| column.key == self.order.0);
        match (head, self.order.1) {
            (None, false) => "worst first".to_owned(),
            (None, true) => "worst last".to_owned(),
            (Some(column), _) => format!("by {}", column.head),
        }
    }

    pub(super) fn entry(&self, short: &str) -> Option<&Entry> {
        self.entries.value()?.iter().find(|entry| entry.short() == short)
    }

    /// The body below the row of lists.
    pub(super) fn set_body(&mut self, body: Rect) {
        self.body = row::below(body);
    }

    /// The tenant under the cursor.
    pub(super) fn current(&self) -> Option<&Entry> {
        self.table.cursor().and_then(|short| self.entry(short))
    }

    /// Whether a window of this size has the bottom pane.
    pub(super) fn has_pane(&self) -> bool {
        self.body.height >= PANE_FROM && self.body.width >= 80
    }

    /// The list's part of the body, with its title.
    pub(super) fn list_area(&self, body: Rect) -> Rect {
        if !self.has_pane() {
            return body;
        }
        let heads = 2;
        let lines = u16::try_from(self.table.len() + self.groups().len()).unwrap_or(u16::MAX);
        let height = lines.saturating_add(heads + 1).min(body.height - PANE_ROWS);
        Rect { height, ..body }
    }

    fn groups(&self) -> Vec<Group> {
        // Below 80 columns the list has no headings.
        if self.body.width < 80 || !self.order.0.is_empty() || self.order.1 {
            return Vec::new();
        }
        vec![Group::Running, Group::Fine, Group::Aside]
    }

    /// Puts filter and order in force; the cursor stays on its tenant.
    pub(super) fn arrange(&mut self, now: Timestamp, zone: &TimeZone) {
        let Some(entries) = self.entries.value() else { return };
        let mut rows: Vec<Line<'_>> = entries
            .iter()
            .map(|entry| Line { need: assess(entry, self.live.get(entry.short()), now, zone), entry })
            .collect();
        rows.sort_by(|a, b| {
            let named = || fold(a.entry.name()).cmp(&fold(b.entry.name()));
            let need = if self.order.0.is_empty() { a.need.rank().cmp(&b.need.rank()) } else { Ordering::Equal };
            need.then_with(named).then_with(|| a.entry.short().cmp(b.entry.short()))
        });
        if self.order.0.is_empty() && self.order.1 {
            rows.reverse();
        }
        let order = (self.order.0.as_str(), self.order.1);
        let shown = self.finder.look_through(&rows, order);
        let rows: Vec<&Line<'_>> = shown.iter().filter_map(|at| rows.get(*at)).collect();
        let headings = self
            .groups()
            .into_iter()
            .filter_map(|group| {
                let start = rows.iter().position(|line| line.need.group == group)?;
                Some((start, group.heading()?.to_owned()))
            })
            .collect();
        let ids = rows.into_iter().map(|line| line.entry.short().to_owned()).collect();
        self.table.set_grouped(ids, headings);
        let rows = nowhere::rows(self.nowhere.as_deref(), HINT, self.body);
        let body = Rect { height: self.body.height - rows, ..self.body };
        self.finder.measure(body);
        let list = self.list_area(self.finder.list_area(body));
        let above = if self.body.width < 80 { 1 } else { 2 };
        self.table.set_height(usize::from(list.height.saturating_sub(above + u16::from(self.finder.has_line()))));
    }

    /// How many tenants need a human.
    pub(super) fn needing(&self, now: Timestamp, zone: &TimeZone) -> usize {
        needing(self.entries.value().map(Vec::as_slice).unwrap_or_default(), &self.live, now, zone)
    }

    /// The figures of the row of lists; nothing before the tenants were read.
    pub(super) fn counts(&self, now: Timestamp, zone: &TimeZone) -> Counts {
        let counts = |entries: &Vec<Entry>| counts(entries, &self.live, now, zone);
        Counts { troubles: self.troubles, ..self.entries.value().map(counts).unwrap_or_default() }
    }

    /// Why a run cannot be started for a tenant; `None` when it can. A preview needs less than a sync.
    pub(super) fn hindrance(&self, entry: &Entry, writes: bool) -> Option<&'static str> {
        if self.live.contains_key(entry.short()) || entry.elsewhere.is_some() {
            return Some("running");
        }
        if !entry.lost().is_empty() {
            return Some("broken: Enter repairs it");
        }
        match entry.row.connection.status {
            ConnectionStatus::Off => Some("switched off"),
            ConnectionStatus::Paused => Some("paused, test it on Overview"),
            ConnectionStatus::Preview if writes => Some("not published"),
            ConnectionStatus::Preview | ConnectionStatus::Live => None,
        }
    }
}

/// Runs of this program, by the tenant's short name.
type Live = BTreeMap<String, LiveSample>;

fn needing(entries: &[Entry], live: &Live, now: Timestamp, zone: &TimeZone) -> usize {
    let needs = entries.iter().map(|entry| assess(entry, live.get(entry.short()), now, zone));
    needs.filter(|need| need.group == Group::NeedsYou).count()
}

/// The figures of the row of lists: the sums of what stands in the columns here.
#[must_use]
pub fn counts(entries: &[Entry], live: &Live, now: Timestamp, zone: &TimeZone) -> Counts {
    let sum = |of: &dyn Fn(&Entry) -> u32| Some(entries.iter().map(|entry| u64::from(of(entry))).sum());
    Counts {
        tenants: Some(needing(entries, live, now, zone) as u64),
        holds: sum(&held),
        values: sum(&|entry| entry.row.plan.as_ref().map_or(0, |plan| plan.unmapped_values)),
        troubles: None,
    }
}

/// Who is held by the newest plan.
pub(super) fn held(entry: &Entry) -> u32 {
    entry.row.plan.as_ref().map_or(0, |figures| figures.held)
}

impl Screen for Tenants {
    fn id(&self) -> ScreenId {
        ScreenId::Tenants
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let facts = self.entries.value().map(|entries| {
            let tenants = format::counted(entries.len() as u64, "tenant", "tenants");
            let people: u64 = entries.iter().map(|entry| entry.row.people).sum();
            (format!("{tenants}, {}", format::counted(people, "person", "people")), tenants)
        });
        Header { facts, ..Header::crumbs(["Tenants"]) }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let left = self.live.values().next().map(|sample| {
            let run = sample.run.map(|run| format!(", run {run}")).unwrap_or_default();
            let more = match self.live.len() {
                0 | 1 => String::new(),
                runs => format!("   and {} more", runs - 1),
            };
            let words = live_words(sample, cx.now.wall);
            let words = words.strip_prefix("running: ").unwrap_or(&words);
            format!("i {}{run}: {words}{more}", sample.tenant_name)
        });
        let age = self.read_at.map(|read| format::age(read, cx.now.wall));
        let right = [self.table.marks_words(), age].into_iter().flatten().collect::<Vec<_>>().join("   ");
        StatusLine::new(left.unwrap_or_default(), right)
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.removal.is_some() {
            return vec![Offer::new(Action::Enter, "remove it"), Offer::new(Action::Back, "keep it")];
        }
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let wide = cx.frame.width >= 100;
        if let Some(offers) = self.marked_offers(wide) {
            return offers;
        }
        let Some(entry) = self.current() else {
            return vec![
                Offer::new(Action::New, "add tenant"),
                Offer::new(Action::Filter, "filter"),
                Offer::new(Action::MatchFiles, "match two exports"),
                Offer::new(Action::Facets, "facets"),
            ];
        };
        if !entry.lost().is_empty() {
            return vec![
                Offer::new(Action::Enter, "repair"),
                Offer::new(Action::New, if wide { "add tenant" } else { "add" }),
                Offer::new(Action::Filter, "filter"),
                Offer::new(Action::More, "more"),
                Offer::new(Action::Palette, "palette"),
                Offer::new(Action::MatchFiles, "match two exports"),
            ];
        }
        let sync = Offer::new(Action::Send, "sync now").unless(self.hindrance(entry, true));
        let preview = Offer::new(Action::Refresh, "preview").unless(self.hindrance(entry, false));
        let published = entry.row.connection.status == ConnectionStatus::Live;
        let off = entry.row.connection.status == ConnectionStatus::Off;
        let mut offers = vec![Offer::new(Action::Enter, "open")];
        offers.extend(if published { vec![sync] } else { vec![preview.clone(), sync] });
        offers.push(Offer::new(Action::Why, "why"));
        offers.push(Offer::new(Action::New, if wide { "add tenant" } else { "add" }));
        let switch = Offer::new(Action::Deactivate, if off { "switch on" } else { "switch off" });
        if wide {
            offers.push(switch.clone());
        }
        offers.push(Offer::new(Action::Filter, "filter"));
        offers.push(Offer::new(Action::Facets, "facets"));
        offers.push(Offer::new(Action::Sort, "sort"));
        offers.push(Offer::new(Action::More, "more"));
        offers.push(Offer::pair(Action::PreviousItem, Action::NextItem, "other list"));
        if !wide {
            offers.push(switch);
        }
        if published {
            offers.push(preview);
        }
        offers.push(Offer::new(Action::Palette, "palette"));
        offers.push(Offer::new(Action::MatchFiles, "match two exports"));
        offers.push(Offer::new(Action::Mark, "mark"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let troubles = Offer::new(Action::MoreTroubles, "troubles: what is broken now");
        let schedule = Offer::new(Action::MoreSchedule, "schedule: the runs to come");
        let digest = Offer::new(Action::MoreDigest, "digest of all tenants, as it is mailed");
        let audit = Offer::new(Action::MoreAudit, "audit of all tenants: who changed what, and when");
        let support = Offer::new(Action::MoreSupport, "support bundle: a file for whoever helps, nobody named in it");
        let Some(entry) = self.current() else { return vec![troubles, schedule, digest, audit, support] };
        let busy = self.hindrance(entry, false).filter(|reason| *reason == "running");
        let remove = Offer::new(Action::MoreRemove, "remove this tenant").unless(busy);
        vec![troubles, schedule, digest, audit, remove, support]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let row = &self.current()?.row;
        let place = |screen| Place::tenant(screen, &row.connection.short_name);
        match (&row.fault, row.last_run.as_ref().and_then(|run| run.problem.as_ref())) {
            (Some(_), _) => Some(CodeHere::new(Code::Problem(ProblemCode::RowUnreadable))),
            (None, Some(problem)) => {
                let here = CodeHere::new(Code::Problem(problem.code())).here(problem_words(problem));
                Some(here.leads_to("the run that it stopped", place(ScreenId::Run)))
            }
            (None, None) => None,
        }
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing() || self.removal.is_some()
    }

    fn loading_since(&self) -> Option<std::time::Duration> {
        self.entries.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        // While a removal is typed, nothing else is.
        if self.removal.is_some() {
            return self.handle(msg, cx);
        }
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.arrange(cx.now().wall, &cx.console().zone);
        self.read_next(cx);
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
