//! What the screen Tenants holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::data::{Entry, Next};
use super::need::{Group, assess, live_words};
use super::removal::Removal;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::live::LiveSample;
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::console::widgets::text_input::TextField;
use crate::domain::connection::ConnectionStatus;
use crate::store::fold;

/// The bottom pane: title, eight steps, a blank, two bars.
pub(super) const PANE_ROWS: u16 = 12;
/// Bodies from this height have the bottom pane (36 rows of the window).
const PANE_FROM: u16 = 32;

/// What the list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    Need,
    Name,
    People,
    LastRun,
    Held,
}

impl Order {
    pub(super) const ALL: [(Order, &'static str, &'static str); 5] = [
        (Order::Need, "need", "what needs you, worst first"),
        (Order::Name, "name", "name"),
        (Order::People, "people", "people, most first"),
        (Order::LastRun, "run", "last run, newest first"),
        (Order::Held, "held", "held people, most first"),
    ];

    /// The words of the title rule.
    pub(super) fn words(self) -> &'static str {
        match self {
            Order::Need => "worst first",
            Order::Name => "by name",
            Order::People => "by people",
            Order::LastRun => "newest run first",
            Order::Held => "by held people",
        }
    }
}

/// The screen.
#[derive(Debug, Default)]
pub struct Tenants {
    pub(super) entries: Remote<Vec<Entry>>,
    pub(super) read_at: Option<Timestamp>,
    /// Runs of this program, by the tenant's short name.
    pub(super) live: BTreeMap<String, LiveSample>,
    pub(super) table: TableState<String>,
    pub(super) order: Order,
    pub(super) filter: TextField,
    pub(super) filtering: bool,
    /// What is left to do for the tenant under the cursor.
    pub(super) next: Remote<Next>,
    pub(super) removal: Option<Removal>,
    /// The tenant that the palette was told to sync, until the list is there.
    pub(super) wanted: Option<String>,
    /// The tenant that a question on the screen is about.
    pub(super) asked: Option<String>,
    pub(super) body: Rect,
}

impl Tenants {
    /// The screen, nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn entry(&self, short: &str) -> Option<&Entry> {
        self.entries.value()?.iter().find(|entry| entry.short() == short)
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
        if self.body.width < 80 || self.order != Order::Need {
            return Vec::new();
        }
        vec![Group::Running, Group::Fine, Group::Aside]
    }

    /// Puts filter and order in force; the cursor stays on its tenant.
    pub(super) fn arrange(&mut self, now: Timestamp, zone: &TimeZone) {
        let Some(entries) = self.entries.value() else { return };
        let mut rows: Vec<_> = entries
            .iter()
            .map(|entry| (assess(entry, self.live.get(entry.short()), now, zone), entry))
            .filter(|(need, entry)| fits(self.filter.value(), entry, &need.words))
            .collect();
        rows.sort_by(|(left, a), (right, b)| {
            let order = match self.order {
                Order::Need => left.rank().cmp(&right.rank()),
                Order::Name => std::cmp::Ordering::Equal,
                Order::People => b.row.people.cmp(&a.row.people),
                Order::LastRun => started(b).cmp(&started(a)),
                Order::Held => held(b).cmp(&held(a)),
            };
            order.then_with(|| fold(a.name()).cmp(&fold(b.name()))).then_with(|| a.short().cmp(b.short()))
        });
        let headings = self
            .groups()
            .into_iter()
            .filter_map(|group| {
                let start = rows.iter().position(|(need, _)| need.group == group)?;
                Some((start, group.heading()?.to_owned()))
            })
            .collect();
        let ids = rows.into_iter().map(|(_, entry)| entry.short().to_owned()).collect();
        self.table.set_grouped(ids, headings);
        let list = self.list_area(self.body);
        let above = if self.body.width < 80 { 1 } else { 2 };
        self.table.set_height(usize::from(list.height.saturating_sub(above)));
    }

    /// How many tenants need a human.
    pub(super) fn needing(&self, now: Timestamp, zone: &TimeZone) -> usize {
        let entries = self.entries.value().map(Vec::as_slice).unwrap_or_default();
        let needs = entries.iter().map(|entry| assess(entry, self.live.get(entry.short()), now, zone));
        needs.filter(|need| need.group == Group::NeedsYou).count()
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

fn started(entry: &Entry) -> Option<Timestamp> {
    entry.row.last_run.as_ref().map(|run| run.started)
}

/// Who is held by the newest plan.
pub(super) fn held(entry: &Entry) -> u32 {
    entry.row.plan.as_ref().map_or(0, |figures| figures.blocked + figures.review_left)
}

/// Whether a tenant fits a filter: every word must be found, `!word` must not, `state:live` looks at the state only.
fn fits(filter: &str, entry: &Entry, words: &str) -> bool {
    let connection = &entry.row.connection;
    let text = fold(&format!(
        "{} {} {} {} {} {words}",
        entry.name(),
        entry.short(),
        entry.source,
        entry.destination,
        connection.status.key()
    ));
    filter.split_whitespace().all(|word| {
        let (wanted, word) = word.strip_prefix('!').map_or((true, word), |word| (false, word));
        let found = match word.strip_prefix("state:") {
            Some("held") => held(entry) > 0,
            Some("broken") => !entry.lost().is_empty(),
            Some(state) => connection.status.key().starts_with(state),
            None => text.contains(&fold(word)),
        };
        word.is_empty() || found == wanted
    })
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
        let right = self.read_at.map(|read| format::age(read, cx.now.wall)).unwrap_or_default();
        StatusLine::new(left.unwrap_or_default(), right)
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.removal.is_some() {
            return vec![Offer::new(Action::Enter, "remove it"), Offer::new(Action::Back, "keep it")];
        }
        if self.filtering {
            return vec![Offer::new(Action::Enter, "keep the filter"), Offer::new(Action::Back, "clear it")];
        }
        let wide = cx.frame.width >= 100;
        let Some(entry) = self.current() else {
            return vec![
                Offer::new(Action::New, "add tenant"),
                Offer::new(Action::Filter, "filter"),
                Offer::new(Action::MatchFiles, "match two exports"),
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
        offers.push(Offer::new(Action::Sort, "sort"));
        offers.push(Offer::new(Action::More, "more"));
        if !wide {
            offers.push(switch);
        }
        if published {
            offers.push(preview);
        }
        offers.push(Offer::new(Action::Palette, "palette"));
        offers.push(Offer::new(Action::MatchFiles, "match two exports"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let Some(entry) = self.current() else { return Vec::new() };
        let busy = self.hindrance(entry, false).filter(|reason| *reason == "running");
        vec![Offer::new(Action::MoreRemove, "remove this tenant").unless(busy)]
    }

    fn text_focus(&self) -> bool {
        self.filtering || self.removal.is_some()
    }

    fn loading_since(&self) -> Option<std::time::Duration> {
        self.entries.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
