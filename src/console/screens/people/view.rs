//! What the screen looks like.

use ratatui::layout::Rect;

use super::data::Detail;
use super::state::{DETAIL, LIST, People};
use super::words;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::mappings::parts;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::show_blanks;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::store::views::{PeopleSort, PersonRow};

/// From this width the detail stands beside the list.
const SPLIT: u16 = 120;

struct Areas {
    list: Rect,
    detail: Option<Rect>,
    strip: Rect,
}

fn areas(body: Rect, facets: bool) -> Areas {
    let none = Rect { height: 0, ..body };
    // The facets take the place of the detail beside the list; its essence stands below then.
    if body.width >= SPLIT && !facets {
        let list = Rect { width: body.width - 45, ..body };
        return Areas { list, detail: Some(Rect::new(list.right() + 1, body.y, 44, body.height)), strip: none };
    }
    let strip = match body.height {
        18.. => 5,
        14..18 => 3,
        _ => 0,
    };
    let list = Rect { height: body.height - strip, ..body };
    Areas { list, detail: None, strip: Rect { y: list.bottom(), height: strip, ..body } }
}

/// People that the list shows at once.
pub(super) fn rows(finder: &Finder, body: Rect) -> usize {
    let list = areas(finder.list_area(body), finder.is_open()).list;
    usize::from(list.height.saturating_sub(2 + u16::from(finder.has_line())))
}

/// What a click on a head sorts by.
pub(super) fn sort_of(column: usize) -> Option<PeopleSort> {
    match column {
        1 => Some(PeopleSort::Name),
        3 => Some(PeopleSort::Branch),
        5 => Some(PeopleSort::JobTitle),
        6 => Some(PeopleSort::Department),
        _ => None,
    }
}

impl People {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        if self.head.value().is_none()
            && let Some(problem) = self.head.problem()
        {
            parts::problem(problem, &cx.bindings.shown(Action::Refresh), area, canvas);
            return;
        }
        let (body, area) = (area, self.finder.list_area(area));
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let narrow = area.width < SPLIT || self.finder.is_open();
        let alone = self.focus.is(DETAIL) && (narrow || self.focus.zoomed().is_some());
        if alone {
            self.draw_detail(cx, area, canvas);
            return;
        }
        if self.focus.zoomed().is_some() {
            self.draw_list(cx, area, canvas);
            return;
        }
        let parts = areas(area, self.finder.is_open());
        self.draw_list(cx, parts.list, canvas);
        if let Some(detail) = parts.detail {
            canvas.vertical(detail.x - 1, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
            self.draw_detail(cx, detail, canvas);
        }
        self.draw_strip(parts.strip, canvas);
    }

    fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let head = self.head.value();
        let right = match head {
            None => String::new(),
            Some(head) if head.reading => format!("{} people, reading them", format::count(head.total)),
            Some(head) => match self.finder.of(self.table.len(), head.total) {
                Some(words) => words,
                None => format::counted(self.table.len() as u64, "person", "people"),
            },
        };
        let focused = self.focus.is(LIST) && !self.finder.is_focused();
        rule::title(canvas, Rect { height: 1, ..area }, "People", &right, focused);
        let mut below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, below, canvas);
            below = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        }
        let word = head.map_or("identifier", |head| head.identifier_word.as_str());
        let columns = columns(word, area.width);
        let row = |at: usize| self.rows.get(self.table.ids().get(at)?).map(cells);
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: LIST,
            focused,
            stale: self.head.is_slow(cx.now.uptime) && self.head.value().is_some(),
            heads: true,
            ticks: &[],
        };
        table.view(below, canvas);
        let inside = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        match head {
            None => parts::reading("people", inside, canvas),
            Some(_) if self.table.is_empty() => parts::sentence(&self.empty(cx), inside, canvas),
            Some(_) => {}
        }
    }

    fn empty(&self, cx: &ViewCx<'_>) -> String {
        let source = self.head.value().map_or("the source", |head| head.source.as_str());
        let read = self.head.value().is_some_and(|head| head.read_at.is_some());
        if self.head.value().is_some_and(|head| head.reading) {
            return "The people are being read, and then searched.".to_owned();
        }
        if self.finder.is_on() {
            let lists = cx.bindings.shown(Action::Sort);
            return format!("{}, {lists} has ready lists", self.finder.nobody("Nobody", cx));
        }
        if read {
            format!("{source} has nobody in the source filter.")
        } else {
            format!(
                "Nobody yet: {source} was not read.  {} shows the set-up and its test run",
                cx.bindings.shown(Action::Tab1)
            )
        }
    }

    fn draw_strip(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(row) = self.row().filter(|_| area.height > 0) else { return };
        let (_, state) = words::state(row);
        rule::title(canvas, Rect { height: 1, ..area }, &format!("{}: {state}", row.name), "", false);
        let Some(detail) = self.detail.as_ref().filter(|detail| detail.key == row.key) else { return };
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let mut lines = essence(detail);
        let fields: Vec<String> = detail
            .fields
            .iter()
            .filter(|(_, source, _)| !source.is_empty())
            .map(|(word, source, _)| format!("{word} {}", show_blanks(source)))
            .collect();
        lines.push(Span::new(fields.join(", "), Role::Muted));
        let room = usize::from(area.width) - 4;
        let wrapped = lines
            .into_iter()
            .flat_map(|line| width::wrap(&line.text, room).into_iter().map(move |text| Span::new(text, line.role)));
        for (y, line) in (below.y..below.bottom()).zip(wrapped) {
            canvas.spans(area.x + 2, y, room, &[line], false);
        }
    }

    fn draw_detail(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(DETAIL));
        let name = self.row().map_or("", |row| row.name.as_str());
        rule::title(canvas, Rect { height: 1, ..area }, name, "", self.focus.is(DETAIL));
        let Some(row) = self.row() else { return };
        let (role, state) = words::state(row);
        let mut y = area.y + 1;
        canvas.spans(
            area.x + 2,
            y,
            usize::from(area.width) - 3,
            &[Span::new(role.glyph(), role), Span::new(format!(" {state}"), Role::Text)],
            false,
        );
        y += 2;
        let Some(detail) = self.detail.as_ref().filter(|detail| detail.key == row.key) else { return };
        let room = usize::from(area.width) - 3;
        for line in essence(detail) {
            for text in width::wrap(&line.text, room) {
                if y < area.bottom() {
                    canvas.text(area.x + 2, y, room, &text, line.role);
                }
                y += 1;
            }
        }
        y += 1;
        let head = self.head.value();
        let (source, destination) = head.map_or(("", ""), |head| (head.source.as_str(), head.destination.as_str()));
        let title = Rect { y, height: u16::from(y < area.bottom()), ..area };
        rule::title(canvas, title, "Both sides", &format!("{source}, {destination}"), false);
        for (word, source, destination) in &detail.fields {
            y += 1;
            if y >= area.bottom() {
                return;
            }
            let same = source == destination;
            let (mark, role) = if same { ("=", Role::Match) } else { (glyphs::DIFFERS, Role::Mismatch) };
            canvas.text(area.x + 2, y, 11, word, Role::Muted);
            let text = if same { Role::Muted } else { Role::Text };
            let cells = if destination.is_empty() { usize::from(area.width) - 15 } else { 14 };
            canvas.text(area.x + 14, y, cells, &show_blanks(source), text);
            if destination.is_empty() {
                continue;
            }
            canvas.text(area.x + 29, y, 1, mark, role);
            canvas.text(area.x + 31, y, usize::from(area.width) - 32, &show_blanks(destination), text);
        }
        let key = cx.bindings.shown(Action::Enter);
        if y + 2 < area.bottom() {
            canvas.text(area.x + 2, y + 2, room, &format!("{key} opens everything about this person"), Role::Muted);
        }
    }
}

/// Why, what to do, what the plan does, what was ruled.
fn essence(detail: &Detail) -> Vec<Span> {
    let mut lines = Vec::new();
    if let Some((_, message, remedy)) = &detail.held {
        lines.push(Span::new(message.clone(), Role::Text));
        lines.push(Span::new(remedy.clone(), Role::Text));
    }
    if !detail.planned.is_empty() {
        lines.push(Span::new(format!("In the plan: {}", detail.planned.join("; ")), Role::Text));
    }
    lines.extend(detail.ruling.as_ref().map(|ruling| Span::new(format!("Ruled: {ruling}"), Role::Text)));
    lines
}

fn columns(identifier_word: &str, cells: u16) -> Vec<Column> {
    let mut columns = vec![
        Column::glyph(),
        Column::text("who", 16, 28, 1).sortable(),
        Column::id(identifier_word, 24, 3),
        Column::text("branch", 12, 18, 4).sortable(),
        Column::text("state", 18, 28, 2),
    ];
    if cells >= 94 {
        columns.push(Column::text("job title", 14, 26, 5).sortable());
        columns.push(Column::text("department", 12, 20, 6).sortable());
    }
    columns
}

fn cells(row: &PersonRow) -> Vec<Cell> {
    let (role, state) = words::state(row);
    let text = |value: &Option<String>| cell(show_blanks(value.as_deref().unwrap_or_default()));
    let id = row.identifier.as_ref().map(|id| id.0.clone()).unwrap_or_default();
    vec![
        glyph_cell(role),
        cell(row.name.clone()),
        cell_in(id, Role::Muted),
        text(&row.branch),
        cell(state),
        text(&row.job_title),
        text(&row.department),
    ]
}
