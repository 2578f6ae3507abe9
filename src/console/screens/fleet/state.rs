//! What Holds and Values hold: the parts of the tenants as they come, and the lines of them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::columns::{Line, What, columns};
use super::data::Counts;
use super::row;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Problem, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg, mappings, people, review};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::code::{Code, ProblemCode};
use crate::domain::plan::HoldCode;
use crate::services::fleet::{Lead, Member, Part, Sums};
use crate::services::lists::List;
use crate::store::views::FleetHeld;

/// Rows of what is said of one line, title included.
pub(super) const PANE_ROWS: u16 = 5;
/// Bodies from this height have it.
const PANE_FROM: u16 = 14;
/// Bodies from this width have the people of a line beside the list.
const BESIDE_FROM: u16 = 120;

/// Which list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Holds,
    Values,
}

impl Which {
    pub(super) fn screen(self) -> ScreenId {
        match self {
            Which::Holds => ScreenId::Holds,
            Which::Values => ScreenId::Values,
        }
    }

    fn list(self) -> List {
        match self {
            Which::Holds => List::Holds,
            Which::Values => List::Values,
        }
    }
}

/// Where a line comes from: a part, and its place there; `None` for a part that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    part: usize,
    line: Option<usize>,
}

/// Who is named of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    pub tenant: String,
    pub code: HoldCode,
    pub value: Option<(String, String)>,
    pub people: Vec<FleetHeld>,
}

/// The question for the people of a line: tenant, reason, value.
pub(super) type About = (String, HoldCode, Option<(String, String)>);

/// The screen.
#[derive(Debug)]
pub struct FleetList {
    pub(super) which: Which,
    /// All tenants; `None` until they are there.
    pub(super) members: Option<Vec<Member>>,
    pub(super) parts: Vec<Part>,
    /// Tenants that are still to be read, by their short names.
    pub(super) left: Vec<String>,
    /// Since when it is being read.
    pub(super) since: Option<Duration>,
    pub(super) read_at: Option<Timestamp>,
    pub(super) problem: Option<Problem>,
    pub(super) counts: Counts,
    /// Where the lines of the table come from, in its order.
    pub(super) shown: Vec<At>,
    /// Lines that there are, filter aside.
    pub(super) all: usize,
    pub(super) table: TableState<String>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for most people first. And the other way round.
    pub(super) order: (String, bool),
    pub(super) named: Option<Named>,
    pub(super) asked: Option<About>,
    /// Somebody has moved the cursor: it stays on its line. Before that it stays on the first.
    pub(super) moved: bool,
    pub(super) body: Rect,
}

impl FleetList {
    /// The list, nothing read yet.
    #[must_use]
    pub fn new(which: Which) -> Self {
        const HOLDS: &[(&str, &str)] = &[("all", ""), ("mine", "to:review,mappings,limit,both"), ("for HR", "to:hr")];
        const VALUES: &[(&str, &str)] = &[("all", ""), ("suggested", "how:suggested")];
        let views = if which == Which::Holds { HOLDS } else { VALUES };
        Self {
            which,
            members: None,
            parts: Vec::new(),
            left: Vec::new(),
            since: None,
            read_at: None,
            problem: None,
            counts: Counts::default(),
            shown: Vec::new(),
            all: 0,
            table: TableState::default(),
            finder: Finder::new(which.list(), None, columns(which), None).with_views(views),
            order: (String::new(), false),
            named: None,
            asked: None,
            moved: false,
            body: Rect::default(),
        }
    }

    fn lines_of<'a>(&self, at: usize, part: &'a Part, zone: &'a TimeZone) -> Vec<(At, Line<'a>)> {
        let line = |line, what| (At { part: at, line }, Line { part, what, zone });
        match (&part.broken, self.which) {
            (Some(why), _) => vec![line(None, What::Broken(why))],
            (None, Which::Holds) => {
                part.holds.iter().enumerate().map(|(at, hold)| line(Some(at), What::Hold(hold))).collect()
            }
            (None, Which::Values) => {
                part.values.iter().enumerate().map(|(at, value)| line(Some(at), What::Value(value))).collect()
            }
        }
    }

    /// The line at a place.
    pub(super) fn line<'a>(&'a self, at: At, zone: &'a TimeZone) -> Option<Line<'a>> {
        let part = self.parts.get(at.part)?;
        let what = match (at.line, self.which) {
            (None, _) => What::Broken(part.broken.as_deref()?),
            (Some(at), Which::Holds) => What::Hold(part.holds.get(at)?),
            (Some(at), Which::Values) => What::Value(part.values.get(at)?),
        };
        Some(Line { part, what, zone })
    }

    pub(super) fn current<'a>(&'a self, zone: &'a TimeZone) -> Option<Line<'a>> {
        self.line(*self.shown.get(self.table.cursor_index()?)?, zone)
    }

    pub(super) fn sums(&self) -> Sums {
        Sums::of(&self.parts)
    }

    /// Whether every tenant was read at least once.
    pub(super) fn is_whole(&self) -> bool {
        self.members.as_ref().is_some_and(|members| members.len() <= self.parts.len())
    }

    /// Puts filter and order in force; the cursor stays on its line.
    pub(super) fn arrange(&mut self, zone: &TimeZone) {
        let parts = std::mem::take(&mut self.parts);
        let mut lines: Vec<(At, Line<'_>)> =
            parts.iter().enumerate().flat_map(|(at, part)| self.lines_of(at, part, zone)).collect();
        let mut ranked: Vec<_> = lines.drain(..).map(|(at, line)| (line.rank(), at, line)).collect();
        ranked.sort_by(|(a, _, left), (b, _, right)| a.cmp(b).then_with(|| left.id().cmp(&right.id())));
        let own = self.order.0.is_empty();
        if own && self.order.1 {
            ranked.reverse();
        }
        let (ats, rows): (Vec<At>, Vec<Line<'_>>) = ranked.into_iter().map(|(_, at, line)| (at, line)).unzip();
        let shown = self.finder.look_through(&rows, (&self.order.0, self.order.1));
        let is_ruled = |line: &Line<'_>| matches!(line.what, What::Hold(hold) if hold.is_ruled());
        let ruled = shown.iter().position(|at| rows.get(*at).is_some_and(is_ruled)).filter(|_| own && !self.order.1);
        // Below 80 columns the list has no headings.
        let ruled = ruled.filter(|_| self.body.width >= 80);
        let headings = ruled.map(|at| (at, "ruled by somebody, counted apart".to_owned())).into_iter().collect();
        let ids = shown.iter().filter_map(|at| rows.get(*at)).map(Line::id).collect();
        self.shown = shown.iter().filter_map(|at| ats.get(*at)).copied().collect();
        self.all = rows.len();
        self.parts = parts;
        self.table.set_grouped(ids, headings);
        if !self.moved {
            self.table.move_to(0);
        }
        self.finder.measure(self.body);
        let list = self.list_area(self.finder.list_area(self.body));
        let above = 1 + u16::from(self.body.width >= 80) + u16::from(self.finder.has_line());
        self.table.set_height(usize::from(list.height.saturating_sub(above)));
    }

    pub(super) fn has_pane(&self) -> bool {
        self.body.height >= PANE_FROM && self.body.width >= 80
    }

    /// Whether the people of a line stand beside the list; the facets take their place.
    pub(super) fn has_people(&self) -> bool {
        self.body.width >= BESIDE_FROM && self.has_pane() && !self.finder.is_open()
    }

    /// The list's part of the body, with its title and heads.
    pub(super) fn list_area(&self, body: Rect) -> Rect {
        let height = if self.has_pane() { body.height.saturating_sub(PANE_ROWS) } else { body.height };
        let beside = match body.width {
            _ if !self.has_people() => 0,
            140.. => 52,
            _ => 42,
        };
        Rect { height, width: body.width.saturating_sub(beside), ..body }
    }

    /// What the people of the cursor's line are asked for by.
    pub(super) fn about(&self, zone: &TimeZone) -> Option<About> {
        let line = self.current(zone)?;
        let tenant = line.part.member.short().to_owned();
        match line.what {
            What::Hold(hold) if hold.people > 0 => Some((tenant, hold.code, None)),
            What::Value(value) => Some((tenant, value.code, Some((value.field.clone(), value.value.clone())))),
            What::Broken(_) | What::Hold(_) => None,
        }
    }

    /// Where the cursor's line leads.
    pub(super) fn place(&self, zone: &TimeZone) -> Option<Place> {
        let line = self.current(zone)?;
        let tenant = line.part.member.short();
        let of = |screen, subject: Option<&str>| {
            let place = Place::tenant(screen, tenant);
            subject.map_or(place.clone(), |subject| place.about(subject))
        };
        Some(match line.what {
            // It is repaired there.
            What::Broken(_) => Place::global(ScreenId::Tenants),
            What::Hold(hold) => match &hold.lead {
                Lead::Review(Some(first)) => review::lent(tenant, first),
                Lead::Review(None) => of(ScreenId::Review, None),
                Lead::Collision(first) => of(ScreenId::Collision, first.as_ref().map(|id| id.as_str())),
                Lead::Mappings(Some((list, value))) => mappings::place(tenant, *list, Some(value)),
                Lead::Mappings(None) => of(ScreenId::Mappings, None),
                Lead::Limit(plan) => of(ScreenId::Limit, Some(&plan.to_string())),
                Lead::Plan => of(ScreenId::Plan, None),
                Lead::People(code) => people::lent(tenant, &format!("because:{}", code.key())),
            },
            What::Value(value) => match value.list {
                Some(list) => mappings::place(tenant, list, Some(&value.value)),
                None => of(ScreenId::Mappings, None),
            },
        })
    }
}

impl Screen for FleetList {
    fn id(&self) -> ScreenId {
        self.which.screen()
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let sums = self.sums();
        let facts = self.is_whole().then(|| {
            let tenants = format::counted(sums.tenants as u64, "tenant", "tenants");
            let people = format::counted(sums.people, "person", "people");
            let what = match self.which {
                Which::Holds => format!("{} held", format::count(sums.held)),
                Which::Values => format::counted(sums.values as u64, "value", "values"),
            };
            (format!("{tenants}, {people}, {what}"), format!("{tenants}, {what}"))
        });
        Header { facts, ..Header::crumbs([self.which.screen().title()]) }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        if self.parts.is_empty() {
            return StatusLine::default();
        }
        StatusLine::new(self.sums().words(), super::view::age_words(&self.parts, cx))
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let none = self.table.is_empty().then_some("no line");
        let broken = matches!(self.current(&cx.console.zone).map(|line| line.what), Some(What::Broken(_)));
        vec![
            Offer::new(Action::Enter, if broken { "to Tenants" } else { "go there" }).unless(none),
            Offer::pair(Action::PreviousItem, Action::NextItem, "other list"),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Facets, "facets"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Export, "save").unless(none),
            Offer::new(Action::Why, "why").unless(none),
            Offer::new(Action::Refresh, "refresh"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    fn code(&self, cx: &ViewCx<'_>) -> Option<CodeHere> {
        let line = self.current(&cx.console.zone)?;
        let name = line.part.member.name();
        let here = match line.what {
            What::Broken(why) => {
                return Some(CodeHere::new(Code::Problem(ProblemCode::RowUnreadable)).here(format!("{name}: {why}")));
            }
            What::Hold(hold) if hold.past_limit > 0 => {
                CodeHere::new(Code::Hold(hold.code)).here(format!("{name}: {}; the whole plan waits", hold.because))
            }
            What::Hold(hold) => {
                let people = format::counted(hold.people.into(), "person", "people");
                CodeHere::new(Code::Hold(hold.code)).here(format!("{people} of {name}: {}", hold.because))
            }
            What::Value(value) => {
                let people = format::counted(value.held, "person", "people");
                CodeHere::new(Code::Hold(value.code)).here(format!("{people} of {name}: `{}`", value.value))
            }
        };
        Some(match self.place(&cx.console.zone) {
            Some(place) => here.leads_to(super::view::opens(&line), place),
            None => here,
        })
    }

    fn text_focus(&self) -> bool {
        self.finder.is_typing()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.since
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.moved |=
            matches!(msg, ScreenMsg::Action(_) | ScreenMsg::Key(_) | ScreenMsg::Click { .. } | ScreenMsg::Wheel { .. });
        let order = self.order.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.order = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.arrange(&cx.console().zone);
        self.read_named(cx);
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        row::draw(self.which.screen(), &self.counts, area, canvas);
        self.draw(cx, row::below(area), canvas);
    }
}
