//! The list: tabs of the tables, title, coverage, values.

use ratatui::layout::Rect;

use super::data::{Feed, Line, Sheet, Tab, ValueState};
use super::parts;
use super::state::{LIST, Mappings};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::glyphs;
use crate::console::theme::Role;
use crate::console::widgets::lens::{Lens, show_blanks};
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Hit, Span, gauge, rule};

/// From this width the detail stands beside the list.
pub(super) const SPLIT: u16 = 120;
/// From this height of the body the unused options stand below the list.
const TALL: u16 = 31;
/// Rows of the pane of unused options, with its title.
const BOTTOM: u16 = 8;

/// Where the parts of the body are; absent ones have no rows.
pub(super) struct Areas {
    pub list: Rect,
    /// Beside the list, with the line between.
    pub detail: Option<Rect>,
    pub strip: Rect,
    pub bottom: Rect,
}

/// Divides the body.
pub(super) fn areas(body: Rect) -> Areas {
    let none = Rect { height: 0, ..body };
    if body.width < SPLIT {
        let strip = match body.height {
            18.. => 6,
            14..18 => 3,
            _ => 0,
        };
        let list = Rect { height: body.height - strip, ..body };
        return Areas { list, detail: None, strip: Rect { y: list.bottom(), height: strip, ..body }, bottom: none };
    }
    let right = if body.width >= 140 { 48 } else { 44 };
    let list = Rect { width: body.width - right - 1, ..body };
    let detail = Some(Rect::new(list.right() + 1, body.y, right, body.height));
    if body.height < TALL {
        return Areas { list, detail, strip: none, bottom: none };
    }
    let bottom = Rect { y: list.bottom() - BOTTOM, height: BOTTOM, ..list };
    Areas { list: Rect { height: list.height - BOTTOM - 1, ..list }, detail, strip: none, bottom }
}

/// Values that the list shows at once.
pub(super) fn rows(body: Rect) -> usize {
    let list = areas(body).list;
    let heads = if body.width >= SPLIT { 5 } else { 3 };
    usize::from(list.height.saturating_sub(heads))
}

impl Mappings {
    pub(super) fn draw_tabs(&self, sheet: &Sheet, area: Rect, canvas: &mut Canvas<'_>) {
        let gap = if area.width >= 88 { 5 } else { 3 };
        let mut x = area.x + 1;
        for (column, head) in sheet.tabs.iter().enumerate() {
            let badge = if head.open > 0 { format!(" {}", format::count(head.open)) } else { String::new() };
            let active = head.tab == sheet.tab;
            let words =
                if active { format!("‹ {}{badge} ›", head.title) } else { format!("{}{badge}", head.title) };
            let room = usize::from(area.right().saturating_sub(x));
            let used = canvas.text(x, area.y, room, &words, if active { Role::Focus } else { Role::Text });
            canvas.hit(Rect::new(x, area.y, used, 1), Hit::Head { pane: LIST, column });
            x = x.saturating_add(used + gap);
        }
    }

    pub(super) fn draw_list(&self, cx: &ViewCx<'_>, sheet: &Sheet, area: Rect, canvas: &mut Canvas<'_>) {
        let focused = self.focus.is(LIST) && !self.finder.is_focused();
        let line = |y: u16| Rect { y: area.y + y, height: 1, ..area };
        self.draw_tabs(sheet, line(0), canvas);
        let wide = cx.frame.width >= SPLIT && !self.finder.is_open();
        let below = |rows: u16| Rect { y: area.y + rows, height: area.height.saturating_sub(rows), ..area };
        if sheet.tab == Tab::FieldMap {
            let mapped = sheet.feeds.iter().filter(|feed| feed.from.is_some()).count();
            let right = format!("{} of {} fields", format::count(mapped), format::count(sheet.feeds.len()));
            let title = format!("{}  to  {}", sheet.source, sheet.destination);
            rule::title(canvas, line(1), &title, &right, focused);
            self.draw_feeds(sheet, below(2), focused, canvas);
            return;
        }
        let (people, covered) = sheet.coverage();
        let settled = sheet.lines.iter().filter(|line| !line.is_open()).count();
        let right = if wide {
            format!("{} of {} values, by people blocked", format::count(settled), format::count(sheet.lines.len()))
        } else {
            format!("{} of {} people", format::percent_of(covered, people), format::count(people))
        };
        let right = self.finder.of(self.table.len(), sheet.lines.len()).unwrap_or(right);
        let title = format!("{}  to  {}", sheet.source_label, capital(&sheet.word.0));
        rule::title(canvas, line(1), &title, &right, focused);
        let mut used = 2;
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, line(used), canvas);
            used += 1;
        } else if wide {
            let bar = gauge::progress(covered, people, 36.min(usize::from(area.width).saturating_sub(50)));
            let figures = format!(
                " {}   {} of {} people",
                format::percent_of(covered, people),
                format::count(covered),
                format::count(people)
            );
            let spans =
                [Span::new("  covered ", Role::Muted), Span::new(bar, Role::Text), Span::new(figures, Role::Text)];
            canvas.spans(area.x, area.y + used, usize::from(area.width), &spans, false);
            used += 1;
        }
        self.draw_values(cx, sheet, below(used), (wide, focused), canvas);
    }

    fn draw_values(
        &self,
        cx: &ViewCx<'_>,
        sheet: &Sheet,
        area: Rect,
        (wide, focused): (bool, bool),
        canvas: &mut Canvas<'_>,
    ) {
        let columns = columns(sheet, area.width, wide);
        let scale = sheet.lines.iter().map(|line| line.people).max().unwrap_or(0);
        let row = |at: usize| {
            let line = self.line_of(self.table.ids().get(at)?)?;
            Some(self.cells(cx, line, scale, &columns))
        };
        let overflow = wide && self.table.len() + 1 > usize::from(area.height.saturating_sub(1));
        let list = Rect { height: area.height.saturating_sub(u16::from(overflow)), ..area };
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: LIST,
            focused: focused && self.editing.is_none(),
            stale: self.sheet.is_slow(cx.now.uptime),
            heads: true,
            ticks: &[],
        };
        table.view(list, canvas);
        if self.table.is_empty() {
            parts::sentence(&self.empty(sheet, cx), Rect { y: list.y + 1, ..list }, canvas);
        }
        if overflow {
            let hidden = self.table.ids().iter().skip(self.table.window().end.min(self.table.len()));
            let (values, people) = hidden.fold((0usize, 0u64), |(values, people), value| {
                (values + 1, people + self.line_of(value).map_or(0, |line| line.people))
            });
            if values > 0 {
                let words = format!(
                    "{} more {}, {}",
                    format::count(values),
                    if values == 1 { "value" } else { "values" },
                    format::counted(people, "person", "people")
                );
                canvas.text(area.x + 5, list.bottom(), usize::from(area.width).saturating_sub(6), &words, Role::Muted);
            }
        }
        self.draw_editor(&columns, list, cx, canvas);
    }

    fn empty(&self, sheet: &Sheet, cx: &ViewCx<'_>) -> String {
        let tab = cx.bindings.shown(crate::console::keys::Action::Tab1);
        if self.finder.is_on() {
            self.finder.nobody("No value", cx)
        } else if sheet.read_at.is_none() {
            format!("No values yet: {} was not read.  {tab} shows the set-up and its test run", sheet.source)
        } else {
            format!("Nobody in {} has a {}, so there is nothing to map.", sheet.source, sheet.word.0)
        }
    }

    fn cells(&self, cx: &ViewCx<'_>, line: &Line, scale: u64, columns: &[Column]) -> Vec<Cell> {
        let role = role(line.state);
        let editing = self.editing.as_ref().is_some_and(|editing| editing.value == line.value);
        let lens = line.target.as_deref().filter(|_| line.state == ValueState::Suggested);
        let lens = lens.map(|target| Lens::new(&line.value, target));
        let target = match (&line.target, line.state) {
            _ if editing => cell(""),
            (_, ValueState::Suggested) => lens.as_ref().map_or_else(Cell::new, |lens| lens.right_spans(Role::Text)),
            (Some(target), _) => cell(show_blanks(target)),
            (None, ValueState::Default) => cell_in("(default)", Role::Muted),
            (None, _) => cell_in("(none)", Role::Muted),
        };
        let bar_cells = columns.get(3).map_or(4, |column| usize::from(column.max));
        let mut cells = vec![
            glyph_cell(role),
            lens.map_or_else(|| cell(show_blanks(&line.value)), |lens| lens.left_spans(Role::Text)),
            cell(format::count_or_blank(line.people)),
            cell_in(gauge::count_bar(line.people, scale, bar_cells), Role::Muted),
            target,
            cell_in(
                if editing { "editing" } else { line.state.word() },
                if line.is_open() { role } else { Role::Text },
            ),
        ];
        if columns.len() > cells.len() {
            let words = match &line.author {
                Some((by, at)) if line.why.is_empty() => {
                    let zone = cx.zone();
                    let day = at.to_zoned(zone.clone()).date();
                    format!("{by} {}", format::day(day, cx.now.wall.to_zoned(zone).date()))
                }
                _ => line.why.clone(),
            };
            cells.push(cell_in(words, Role::Muted));
        }
        cells
    }

    /// The text line in the cell and the pick list under it.
    fn draw_editor(&self, columns: &[Column], list: Rect, cx: &ViewCx<'_>, canvas: &mut Canvas<'_>) {
        let Some(editing) = &self.editing else { return };
        let window = self.table.window();
        let headings = usize::from(self.table.cursor_index().is_some_and(|at| {
            let open = self.table.ids().iter().take_while(|value| self.opened.contains(value)).count();
            cx.frame.width >= SPLIT && open > 0 && open < self.table.len() && at >= open && window.start <= open
        }));
        let at = self.table.cursor_index().unwrap_or_default().saturating_sub(window.start) + headings;
        let y = list.y + 1 + u16::try_from(at).unwrap_or(0);
        let before: u16 = columns.iter().take(4).map(|column| column.min + column.gap).sum();
        let x = list.x + crate::console::widgets::table::PREFIX + before;
        let cells = columns.get(4).map_or(17, |column| column.min);
        let field = Rect::new(x, y.min(list.bottom().saturating_sub(1)), cells, 1);
        editing.picker.field().view(field, true, canvas);
        let body =
            Rect { x: 0, width: cx.frame.width, ..Rect::new(0, list.y, 0, self.body.bottom().saturating_sub(list.y)) };
        editing.picker.view_at(Rect { x: field.x.saturating_sub(1), ..field }, body.intersection(cx.frame), canvas);
    }

    fn draw_feeds(&self, sheet: &Sheet, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
        let columns = [
            Column::glyph(),
            Column::text(format!("in {}", sheet.destination), 18, 22, 1),
            Column::text(format!("from {}", sheet.source), 22, 30, 2),
            Column::text("written", 16, 18, 4),
            Column::text("through", 10, 24, 3),
        ];
        let row = |at: usize| {
            let feed = sheet.feeds.iter().find(|feed| Some(&feed.field) == self.feeds.ids().get(at))?;
            Some(feed_cells(sheet, feed))
        };
        let table = Table {
            state: &self.feeds,
            columns: &columns,
            row: &row,
            pane: LIST,
            focused,
            stale: false,
            heads: true,
            ticks: &[],
        };
        table.view(area, canvas);
    }

    pub(super) fn draw_unused(&self, sheet: &Sheet, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height == 0 || sheet.tab == Tab::FieldMap {
            return;
        }
        let unused = sheet.unused();
        let title = format!("In {} but not used by anyone in {}", sheet.destination, sheet.source);
        let count = format::count(unused.len());
        rule::title(canvas, Rect { height: 1, ..area }, &title, &count, false);
        let (rows, half) = (usize::from(area.height) - 1, area.width / 2);
        for (at, option) in unused.iter().take(rows * 2).enumerate() {
            let x = area.x + if at % 2 == 0 { 3 } else { half };
            let y = area.y + 1 + u16::try_from(at / 2).unwrap_or(0);
            let last = at + 1 == rows * 2 && unused.len() > rows * 2;
            let words = if last {
                format!("{} more", format::count(unused.len() - at))
            } else {
                let archived = if option.active { "" } else { "  (archived)" };
                format!("- {}{archived}", show_blanks(&option.name))
            };
            canvas.text(x, y, usize::from(half) - 4, &words, Role::Muted);
        }
    }
}

fn columns(sheet: &Sheet, cells: u16, wide: bool) -> Vec<Column> {
    let digits = sheet.lines.iter().map(|line| format::count(line.people).len()).max().unwrap_or(0);
    let number = u16::try_from(digits).unwrap_or(9).max(3);
    let grown = number - 3;
    let (value, bar, target) = if wide && cells >= 88 { (25, 6, 17) } else { (26, 4, 20) };
    let value = (if cells < 72 { 20 } else { value }) - grown.min(5);
    let target = if cells < 72 { 17 } else { target };
    let mut columns = vec![
        Column::glyph(),
        Column::text(format!("in {}", sheet.source), value, value, 1),
        Column::number("ppl", number, 2),
        Column::text("", bar, bar, if cells < 72 { 6 } else { 3 }),
        Column::text(format!("in {}", sheet.destination), target, target, 3),
        Column::text("state", 9, 9, 4),
    ];
    let used: u16 = 3 + columns.iter().map(|column| column.min + 1).sum::<u16>();
    if cells >= used + 12 {
        columns.push(Column::text("why, or who and when", 11, cells - used, 5));
    }
    columns
}

fn feed_cells(sheet: &Sheet, feed: &Feed) -> Vec<Cell> {
    let role = match (&feed.from, feed.archived, feed.mandatory) {
        (_, true, _) | (None, _, true) => Role::Danger,
        (None, ..) => Role::Muted,
        _ => Role::Ok,
    };
    let from = match &feed.from {
        Some(label) if feed.archived => cell_in(format!("{label}, archived there"), Role::Danger),
        Some(label) => cell(label),
        None => cell_in("nothing", Role::Muted),
    };
    let table = feed.table.and_then(|kind| sheet.tabs.iter().find(|head| head.tab == Tab::Table(kind)));
    vec![
        glyph_cell(role),
        cell(if feed.mandatory { format!("{} (demanded)", feed.field) } else { feed.field.clone() }),
        from,
        cell(if feed.from.is_some() { feed.policy } else { "" }),
        cell_in(table.map_or("", |head| head.title.as_str()), Role::Muted),
    ]
}

/// The role of a state's glyph.
pub(super) fn role(state: ValueState) -> Role {
    match state {
        ValueState::Mapped | ValueState::Verbatim | ValueState::Created | ValueState::Nothing => Role::Ok,
        ValueState::Default => Role::Muted,
        ValueState::Suggested => Role::Warn,
        ValueState::Unmapped | ValueState::Archived | ValueState::Gone | ValueState::Doubled => Role::Danger,
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// A short line of glyph and words at a place.
pub(super) fn marked(canvas: &mut Canvas<'_>, x: u16, y: u16, cells: usize, role: Role, words: &str) -> u16 {
    let spans = [
        Span::new(format!("{} ", if role == Role::Text { " " } else { role.glyph() }), role),
        Span::new(words, Role::Text),
    ];
    canvas.spans(x, y, cells, &spans, false)
}

/// The line between list and detail.
pub(super) fn divider(area: Rect, x: u16, canvas: &mut Canvas<'_>) {
    canvas.vertical(x, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
}
