//! What Holds and Values look like (SCREENS 7.27).

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::columns::{Line, What, how};
use super::state::{FleetList, Which};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::screens::mappings::parts;
use crate::console::screens::people::words::{hold_role, ruling_word};
use crate::console::screens::run::fitted;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::gauge::count_bar;
use crate::console::widgets::lens::show_blanks;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, rule};
use crate::domain::code::Code;
use crate::domain::connection::ConnectionStatus;
use crate::domain::explain::explained;
use crate::domain::plan::HoldCode;
use crate::services::fleet::{HoldLine, Lead, Part, ValueLine};
use crate::services::mappings::ValueState;
use crate::store::views::FleetHeld;

/// Lists from this width have bars.
const BARS_FROM: u16 = 86;
const BAR: u16 = 6;
/// Lists from this width give long names more room.
const ROOMY_FROM: u16 = 110;

impl FleetList {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let area = self.finder.list_area(body);
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let list = self.list_area(area);
        let focused = !self.finder.is_focused();
        let narrow = list.width < 78;
        rule::title(canvas, Rect { height: 1, ..list }, self.title(narrow), &self.title_words(narrow), focused);
        let mut rows = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { height: 1, ..rows }, canvas);
            rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
        }
        match (&self.problem, self.table.is_empty()) {
            (Some(problem), true) => {
                parts::problem(problem, &cx.bindings.shown(crate::console::keys::Action::Refresh), rows, canvas);
            }
            (_, false) => self.draw_list(cx, rows, canvas),
            (None, true) => {
                let below = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
                parts::sentence(&self.nothing(cx), below, canvas);
            }
        }
        if self.has_people() {
            self.draw_people(cx, Rect { x: list.right(), width: area.right() - list.right(), ..list }, canvas);
        }
        if self.has_pane() {
            let height = area.height.saturating_sub(list.height);
            self.draw_pane(cx, Rect { y: list.bottom(), height, ..area }, canvas);
        }
    }

    fn title(&self, narrow: bool) -> &'static str {
        match (self.which, self.order.0.is_empty() && !narrow) {
            (Which::Holds, true) => "Held in all tenants, by people",
            (Which::Holds, false) => "Held in all tenants",
            (Which::Values, true) => "Values without a mapping, by people held",
            (Which::Values, false) => "Values without a mapping",
        }
    }

    fn title_words(&self, narrow: bool) -> String {
        if !self.is_whole() {
            let all = self.members.as_ref().map_or(0, Vec::len);
            return if all == 0 {
                String::new()
            } else {
                format!("{} tenants", format::share(self.parts.len() as u64, all as u64))
            };
        }
        let total = self.table.len();
        if let Some(words) = self.finder.of(total, self.all) {
            return format!("{words} lines");
        }
        if total == 0 {
            return String::new();
        }
        let sums = self.sums();
        let held = match self.which {
            Which::Holds => sums.held,
            Which::Values => self.parts.iter().flat_map(|part| &part.values).map(|value| value.held).sum(),
        };
        if narrow {
            return format::counted(held, "person", "people");
        }
        let shown = self.table.window();
        let lines = format!("lines {}-{} of {}", shown.start + 1, shown.end.min(total), format::count(total));
        format!("{}, {lines}", format::counted(held, "person", "people"))
    }

    /// What an empty list says: only after everybody was looked at that there is nobody.
    fn nothing(&self, cx: &ViewCx<'_>) -> String {
        let Some(members) = &self.members else { return "reading the tenants …".to_owned() };
        if members.is_empty() {
            return "No tenant yet.".to_owned();
        }
        if !self.is_whole() {
            return "reading tenant by tenant …".to_owned();
        }
        if self.finder.is_on() {
            return self.finder.nobody("No line", cx);
        }
        let sums = self.sums();
        let what = match self.which {
            Which::Holds => "Nothing is held anywhere.",
            Which::Values => "No value holds anybody anywhere.",
        };
        let tenants = format::counted(sums.tenants as u64, "tenant", "tenants");
        let mut words = format!("{what} {tenants}, {}.", format::counted(sums.people, "person", "people"));
        if sums.unplanned > 0 {
            words.push_str(&format!("  {} without a plan: nobody has looked there yet.", sums.unplanned));
        }
        words
    }

    fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let bars = area.width >= BARS_FROM;
        let most = self.shown.iter().filter_map(|at| self.line(*at, &cx.console.zone)).map(|line| size(&line)).max();
        let columns = columns(self.which, area.width);
        let row = |at: usize| -> Option<Vec<Cell>> {
            let line = self.line(*self.shown.get(at)?, &cx.console.zone)?;
            Some(cells(&line, bars.then_some(most.unwrap_or(0)), cx))
        };
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.problem.is_some(),
            heads: self.body.width >= 80,
            ticks: &[],
        };
        table.view(area, canvas);
    }

    /// What is said of the line under the cursor.
    fn draw_pane(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(line) = self.current(&cx.console.zone).filter(|_| area.height >= 2) else { return };
        let (left, right, lines) = said(&line, cx);
        rule::title(canvas, Rect { height: 1, ..area }, &left, &right, false);
        let cells = usize::from(area.width.saturating_sub(2));
        let fitted = lines.iter().flat_map(|line| fitted(line, cells));
        for (y, text) in (area.y + 1..area.bottom()).zip(fitted) {
            canvas.text(area.x + 1, y, cells, &text, Role::Text);
        }
    }

    /// The first people of the line under the cursor.
    fn draw_people(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.vertical(area.x, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
        let Some(line) = self.current(&cx.console.zone) else { return };
        let all = match line.what {
            What::Hold(hold) => u64::from(hold.people),
            What::Value(value) => value.held,
            What::Broken(_) => 0,
        };
        if all == 0 {
            return;
        }
        let about = self.about(&cx.console.zone);
        let named = self.named.as_ref().filter(|named| {
            about.as_ref().is_some_and(|(tenant, code, value)| {
                (tenant, code, value) == (&named.tenant, &named.code, &named.value)
            })
        });
        let people = format::counted(all, "person", "people");
        let title = format!("{people} of {}", line.part.member.name());
        let Some(named) = named else {
            rule::title(canvas, Rect { height: 1, ..area }, &title, "", false);
            return parts::reading("who they are", Rect { y: area.y + 2, ..area }, canvas);
        };
        let room = usize::from(area.height.saturating_sub(2));
        let whole = named.people.len() as u64 >= all && named.people.len() <= room;
        let shown = if whole { named.people.len() } else { room.saturating_sub(1).min(named.people.len()) };
        let right = if shown == 0 { String::new() } else { format!("1-{} of {}", shown, format::count(all)) };
        rule::title(canvas, Rect { height: 1, ..area }, &title, &right, false);
        let weighed = named.people.iter().any(|one| one.probability > 0.0);
        let columns = Beside::of(area);
        columns.draw(canvas, area.y + 1, ["who", if weighed { "sure" } else { "" }, "ruled"], Role::Muted);
        for (y, one) in (area.y + 2..area.bottom()).zip(named.people.iter().take(shown)) {
            draw_person(&columns, y, one, canvas);
        }
        if !whole {
            let more = all.saturating_sub(shown as u64);
            let words = format!("{} more; Enter opens {}", format::count(more), opens(&line));
            let y = area.y + 2 + u16::try_from(shown).unwrap_or(u16::MAX);
            canvas.text(area.x + 3, y, usize::from(area.width.saturating_sub(4)), &words, Role::Muted);
        }
    }
}

/// Where the columns of the people beside stand.
struct Beside {
    x: u16,
    name: u16,
}

impl Beside {
    const SURE: u16 = 7;
    const RULED: u16 = 12;

    fn of(area: Rect) -> Self {
        Self { x: area.x + 3, name: area.width.saturating_sub(3 + Self::SURE + Self::RULED + 4) }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, y: u16, cells: [&str; 3], role: Role) {
        let [name, sure, ruled] = cells;
        canvas.text(self.x, y, usize::from(self.name), name, role);
        let edge = self.x + self.name + 1 + Self::SURE;
        let wide = u16::try_from(width::width(sure)).unwrap_or(0);
        canvas.text(edge.saturating_sub(wide), y, usize::from(wide), sure, role);
        canvas.text(edge + 2, y, usize::from(Self::RULED), ruled, role);
    }
}

fn draw_person(columns: &Beside, y: u16, one: &FleetHeld, canvas: &mut Canvas<'_>) {
    let name = if one.name.is_empty() { one.employee.as_str() } else { &one.name };
    let sure = if one.probability > 0.0 { format::percent(one.probability) } else { String::new() };
    let ruled = match &one.ruled {
        None => "",
        Some(None) => "same person",
        Some(Some(ruling)) => ruling_word(ruling),
    };
    columns.draw(canvas, y, [name, &sure, ruled], Role::Text);
}

/// What a line is as long as, for its bar.
fn size(line: &Line<'_>) -> u64 {
    match line.what {
        What::Broken(_) => 0,
        What::Hold(hold) => hold.people.max(hold.past_limit).into(),
        What::Value(value) => value.held,
    }
}

fn columns(which: Which, cells: u16) -> Vec<Column> {
    let (bars, roomy) = (cells >= BARS_FROM, cells >= ROOMY_FROM);
    let mut columns = vec![Column::glyph(), Column::text("tenant", 20, if roomy { 30 } else { 20 }, 2)];
    match which {
        Which::Holds => columns.push(Column::text("held because", 26, 44, 1)),
        Which::Values => {
            columns.push(Column::text("value", 16, if roomy { 34 } else { 20 }, 1));
            if bars {
                columns.push(Column::text("table", 9, 12, 6));
            }
        }
    }
    columns.push(Column { max: 9, ..Column::number("ppl", 5, 1) });
    if bars {
        columns.push(Column::text("", BAR, BAR, 7));
    }
    match which {
        Which::Holds => {
            columns.push(Column::text("since", 9, 11, 4));
            columns.push(Column::text("leads to", 10, 12, 5));
        }
        Which::Values => columns.push(Column::text("suggestion", 14, 60, 3)),
    }
    columns
}

fn cells(line: &Line<'_>, scale: Option<u64>, cx: &ViewCx<'_>) -> Vec<Cell> {
    let bar = scale.map(|most| cell_in(count_bar(size(line), most, usize::from(BAR)), Role::Text));
    let name = cell(line.part.member.name());
    match line.what {
        What::Broken(why) => {
            let mut cells = vec![glyph_cell(Role::Danger), name, cell(why)];
            cells.extend(std::iter::repeat_with(|| cell("")).take(1 + usize::from(scale.is_some()) + 2));
            cells
        }
        What::Hold(hold) => {
            let people = cell(format::count_or_blank(hold.people));
            let since = format::moment(hold.since, cx.now.wall, &cx.console.zone);
            let mut cells = vec![glyph_cell(role(hold)), name, cell(&*hold.because), people];
            cells.extend(bar);
            cells.extend([cell_in(since, Role::Muted), cell_in(hold.lead.words(), Role::Accent)]);
            cells
        }
        What::Value(value) => {
            let (role, words) = stands(value);
            let people = cell(format::count_or_blank(value.held));
            let mut cells = vec![glyph_cell(role), name, cell(show_blanks(&value.value))];
            if scale.is_some() {
                cells.push(cell_in(&*value.word, Role::Muted));
            }
            cells.push(people);
            cells.extend(bar);
            cells.push(cell_in(words, Role::Muted));
            cells
        }
    }
}

fn role(hold: &HoldLine) -> Role {
    hold_role(hold.code)
}

/// How a value stands, as Mappings says it.
fn stands(value: &ValueLine) -> (Role, String) {
    match (value.state, &value.suggestion) {
        (Some(ValueState::Suggested), Some(to)) => (Role::Open, format!("{to}, {}", value.why)),
        _ if value.is_settled() => (Role::Ok, "settled since; the next plan has it".to_owned()),
        (Some(_), _) if !value.why.is_empty() => (Role::Danger, value.why.clone()),
        _ => (Role::Danger, how(value).to_owned()),
    }
}

/// Where Enter leads, in a sentence.
pub(super) fn opens(line: &Line<'_>) -> String {
    match line.what {
        What::Broken(_) => "Tenants, where it is repaired".to_owned(),
        What::Value(_) => "its row in Mappings".to_owned(),
        What::Hold(hold) => match hold.lead {
            Lead::Review(_) => "Review on the first".to_owned(),
            Lead::Mappings(_) => "Mappings on the value with most people".to_owned(),
            Lead::Limit(_) => "the page of its limits".to_owned(),
            Lead::Plan => "its plan".to_owned(),
            Lead::Collision(_) => "the first, both sides".to_owned(),
            Lead::People(_) => "its people who are held for this".to_owned(),
        },
    }
}

/// Title and lines of the bottom pane.
fn said(line: &Line<'_>, cx: &ViewCx<'_>) -> (String, String, Vec<String>) {
    let (part, name) = (line.part, line.part.member.name());
    let plan =
        part.plan.as_ref().map(|(words, at)| (words.as_str(), format::moment(*at, cx.now.wall, &cx.console.zone)));
    let by_plan = plan.map(|(words, at)| format!("{words}, {at}")).unwrap_or_default();
    let enter = format!("Enter opens {}; Esc comes back to this line.", opens(line));
    match line.what {
        What::Broken(why) => (format!("{name}: it cannot be read"), String::new(), vec![why.to_owned(), enter]),
        What::Hold(hold) => {
            let people = format::counted(hold.people.into(), "person", "people");
            let ruled =
                if hold.ruled > 0 { format!(", {} of them ruled", format::count(hold.ruled)) } else { String::new() };
            let right = match hold.past_limit {
                0 => format!("{people}{ruled}, {by_plan}"),
                past => format!("{}, {by_plan}", format::counted(past.into(), "change waits", "changes wait")),
            };
            let what = explained(Code::Hold(hold.code)).what.to_owned();
            (format!("{name}: {}", hold.because), right, vec![what, enter, goes_on(part, hold)])
        }
        What::Value(value) => {
            let held = format::counted(value.held, "person", "people");
            let carry = format!("{} held, {} carry it", held, format::count(value.people));
            let (_, stands) = stands(value);
            let title = format!("{name}: {} `{}`", value.word, show_blanks(&value.value));
            (title, carry, vec![format!("{}: {stands}", how(value)), enter, by_plan])
        }
    }
}

/// What becomes of the others.
fn goes_on(part: &Part, hold: &HoldLine) -> String {
    let others = match part.people.saturating_sub(u64::from(part.held)) {
        0 => "there is nobody else in this tenant".to_owned(),
        others => format!("the {} of this tenant go on", format::counted(others, "other person", "other people")),
    };
    match part.member.connection.status {
        ConnectionStatus::Off => {
            "The tenant is switched off: nothing runs there, and they are counted as it was left.".to_owned()
        }
        ConnectionStatus::Paused => "The tenant is paused after refused credentials: nothing runs there.".to_owned(),
        _ if hold.past_limit > 0 => "The whole plan waits until somebody lets it go.".to_owned(),
        _ if hold.code == HoldCode::Undone || hold.is_ruled() => {
            format!("Nobody of them is touched; {others}.")
        }
        _ => format!("Nobody of them is touched until then; {others}."),
    }
}

/// `oldest data 12 h (Aldergate Retail), newest 2 min`; short on a narrow screen.
pub(super) fn age_words(parts: &[Part], cx: &ViewCx<'_>) -> String {
    let pulls = || parts.iter().filter_map(|part| Some((part.pulled?, part)));
    let (Some((oldest, part)), Some((newest, _))) =
        (pulls().min_by_key(|(at, _)| *at), pulls().max_by_key(|(at, _)| *at))
    else {
        return String::new();
    };
    let (oldest, newest) = (short_age(oldest, cx.now.wall), short_age(newest, cx.now.wall));
    if cx.frame.width < 110 {
        return if oldest == newest { format!("data {oldest}") } else { format!("data {newest} to {oldest}") };
    }
    format!("oldest data {oldest} ({}), newest {newest}", part.member.name())
}

fn short_age(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now.as_second() - at.as_second()).max(0);
    match seconds {
        0..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
