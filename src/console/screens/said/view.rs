//! What the screen What was said looks like.

use super::rows::{self, Mark, Row};
use super::state::{Said, WIDE};
use crate::console::app::{Remote, ViewCx};
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, rule};
use crate::services::said::{Page, Turn};
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

/// Where the parts of a field begin, counted from the left edge of its side.
#[derive(Clone, Copy)]
struct Places {
    key: u16,
    value: u16,
    mark: u16,
}

const NARROW: Places = Places { key: 3, value: 20, mark: 47 };
const BESIDE: Places = Places { key: 2, value: 19, mark: 41 };

/// Columns of the left side, where there are two.
fn left_of(cells: u16) -> u16 {
    cells / 40 * 21
}

/// A row that fits where it stands.
enum Line {
    Title(String, String),
    Field(String, String, Mark),
    Text(u16, String),
    Blank,
}

fn zone_of(page: &Page) -> TimeZone {
    TimeZone::get(&page.zone).unwrap_or(TimeZone::UTC)
}

/// Rows that fit into `cells`: what is too long goes on below.
fn laid(rows: Vec<Row>, cells: u16, places: Places) -> Vec<Line> {
    let room = |from: u16| usize::from(cells.saturating_sub(from + 1)).max(8);
    let texts = |lines: Vec<String>| lines.into_iter().map(|line| Line::Text(places.key, line)).collect::<Vec<_>>();
    let each = rows.into_iter().flat_map(|row| match row {
        Row::Title(left, right) => vec![Line::Title(left, right)],
        Row::Blank => vec![Line::Blank],
        Row::Words(words) => texts(width::wrap(&words, room(places.key))),
        Row::Quote(text) => texts(width::wrap_whole(&text, room(places.key))),
        Row::Field { key, value, mark } => field(key, &value, mark, places, room(places.value)),
    });
    each.collect()
}

fn field(key: String, value: &str, mark: Mark, places: Places, room: usize) -> Vec<Line> {
    let cells = if mark == Mark::None { room } else { usize::from(places.mark - places.value - 1).min(room) };
    let mut values = width::wrap_whole(value, cells);
    if values.is_empty() {
        values.push(String::new());
    }
    let mut lines = Vec::new();
    let mut key = key;
    if width::width(&key) > usize::from(places.value - places.key - 1) {
        // A long name has a row of its own.
        lines.push(Line::Text(places.key, std::mem::take(&mut key)));
    }
    let mut mark = mark;
    for value in values {
        lines.push(Line::Field(std::mem::take(&mut key), value, std::mem::replace(&mut mark, Mark::None)));
    }
    lines
}

fn so_lines(page: &Page, cells: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    for (mut word, sentence) in rows::so(page, &zone_of(page)) {
        for line in width::wrap(&sentence, usize::from(cells.saturating_sub(15))) {
            lines.push(Line::Field(std::mem::take(&mut word), line, Mark::None));
        }
    }
    lines
}

const SO: Places = Places { key: 2, value: 13, mark: 200 };

/// How the body is divided among what was said (left and right, where they stand beside each other) and what it comes to.
struct Division {
    left: Rect,
    right: Option<Rect>,
    so: Rect,
}

impl Said {
    pub(super) fn is_wide(&self) -> bool {
        self.body.width >= WIDE
    }

    fn lines(&self, page: &Page, turn: &Turn, wide: bool, cells: u16) -> (Vec<Line>, Vec<Line>) {
        let zone = zone_of(page);
        if wide {
            let half = left_of(cells);
            let left = laid(rows::sent(turn, &zone, true), half, BESIDE);
            return (left, laid(rows::answered(turn, &zone), cells - half - 1, BESIDE));
        }
        let mut all = rows::sent(turn, &zone, false);
        all.extend(rows::answered(turn, &zone));
        (laid(all, cells, NARROW), Vec::new())
    }

    fn divide(&self, area: Rect, left: usize, so: usize, wide: bool) -> Division {
        let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        // Its title goes with it; at least four rows stay for what was said.
        let so = if so == 0 { 0 } else { rows(so + 1).min(area.height.saturating_sub(5)) };
        let below_title = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let room = below_title.height.saturating_sub(so);
        let height = if wide { room } else { rows(left).min(room) };
        let half = if wide { left_of(area.width) } else { area.width };
        Division {
            left: Rect { width: half, height, ..below_title },
            right: wide.then_some(Rect {
                x: area.x + half + 1,
                width: area.width.saturating_sub(half + 1),
                height,
                ..below_title
            }),
            so: Rect { y: below_title.y + height, height: so, ..area },
        }
    }

    /// Rows that there are and rows that are shown, left and right.
    pub(super) fn heights(&self) -> ((usize, usize), (usize, usize)) {
        let (Some(page), Some(turn)) = (self.page.value(), self.turn()) else { return ((0, 0), (0, 0)) };
        let wide = self.is_wide();
        let (left, right) = self.lines(page, turn, wide, self.body.width);
        let so = so_lines(page, self.body.width).len();
        let division = self.divide(self.body, left.len(), so, wide);
        let shown = usize::from(division.left.height);
        ((left.len(), shown), (right.len(), shown))
    }

    pub(super) fn draw(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(page) = self.page.value() else {
            self.draw_nothing(area, canvas);
            return;
        };
        let wide = area.width >= WIDE;
        let run = if wide { format!("{} of run {}", page.place_words(), page.run) } else { page.place_words() };
        let place = if page.place == 0 { String::new() } else { run };
        let title = match &page.user {
            Some(user) if wide => page.title().replacen(": ", &format!(", user {user}: "), 1),
            _ => page.title(),
        };
        // Which line it is has to be seen, however long the name.
        let room = usize::from(area.width).saturating_sub(width::width(&place) + 8);
        rule::title(canvas, Rect { height: 1, ..area }, &width::truncate(&title, room), &place, !wide);
        let so = so_lines(page, area.width);
        let Some(turn) = self.turn() else {
            let words = page.nothing.clone().unwrap_or_default();
            let mut y = area.y + 2;
            for line in width::wrap(&words, usize::from(area.width.saturating_sub(4))) {
                canvas.text(area.x + 2, y, usize::from(area.width.saturating_sub(3)), &line, Role::Text);
                y += 1;
            }
            let height = u16::try_from(so.len() + 1).unwrap_or(0).min(area.bottom().saturating_sub(y + 1));
            draw_so(&so, Rect { y: y + 1, height, ..area }, canvas);
            return;
        };
        let (left, right) = self.lines(page, turn, wide, area.width);
        let division = self.divide(area, left.len(), so.len(), wide);
        canvas.hit(division.left, Hit::Pane(0));
        let places = if wide { BESIDE } else { NARROW };
        draw_lines(&left, self.tops.0, (division.left, places, wide && !self.right), canvas);
        if let Some(beside) = division.right {
            canvas.hit(beside, Hit::Pane(1));
            canvas.vertical(beside.x - 1, beside.y, beside.height, glyphs::BAR_VERTICAL, Role::Muted);
            draw_lines(&right, self.tops.1, (beside, BESIDE, self.right), canvas);
        }
        draw_so(&so, division.so, canvas);
    }

    fn draw_nothing(&self, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, Rect { height: 1, ..area }, "What was said", "", true);
        let lines = match &self.page {
            Remote::Failed(problem, _) => problem.lines(),
            _ if self.about.is_none() => vec!["No line is named here.  Esc goes back".to_owned()],
            _ => vec!["reading what was said …".to_owned()],
        };
        for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
            canvas.text(area.x + 1, y, usize::from(area.width.saturating_sub(2)), &line, Role::Muted);
        }
    }
}

fn draw_so(so: &[Line], area: Rect, canvas: &mut Canvas<'_>) {
    if area.height < 2 || so.is_empty() {
        return;
    }
    rule::title(canvas, Rect { height: 1, ..area }, "So", "", false);
    draw_lines(so, 0, (Rect { y: area.y + 1, height: area.height - 1, ..area }, SO, false), canvas);
}

/// Draws the lines from `top` on; the last row says how many are below.
fn draw_lines(lines: &[Line], top: usize, (area, places, focused): (Rect, Places, bool), canvas: &mut Canvas<'_>) {
    let shown = usize::from(area.height);
    let below = lines.len().saturating_sub(top + shown);
    let cells = |from: u16| usize::from(area.width.saturating_sub(from));
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(top)) {
        match line {
            Line::Blank => {}
            Line::Title(left, right) => {
                rule::title(canvas, Rect { y, height: 1, ..area }, left, right, focused);
            }
            Line::Text(from, text) => {
                canvas.text(area.x + from, y, cells(*from), text, Role::Text);
            }
            Line::Field(key, value, mark) => {
                let room = usize::from(places.value - places.key - 1);
                canvas.text(area.x + places.key, y, room, key, Role::Muted);
                let (room, role) = match mark {
                    Mark::None => (cells(places.value), Role::Text),
                    Mark::Same(_) => (usize::from(places.mark - places.value - 1), Role::Muted),
                    Mark::Changed(_) => (usize::from(places.mark - places.value - 1), Role::Text),
                };
                canvas.text(area.x + places.value, y, room, value, role);
                match mark {
                    Mark::None => {}
                    Mark::Same(words) => {
                        canvas.text(area.x + places.mark, y, cells(places.mark), words, Role::Match);
                    }
                    Mark::Changed(was) => {
                        let glyph = glyphs::DIFFERS;
                        let used = canvas.text(area.x + places.mark, y, cells(places.mark), glyph, Role::Mismatch);
                        let from = places.mark + used + 1;
                        canvas.text(area.x + from, y, cells(from), was, Role::Text);
                    }
                }
            }
        }
    }
    if below > 0 && area.height > 1 {
        let words = format!(" {below} more below ");
        canvas.right(Rect { y: area.bottom() - 1, height: 1, ..area }, &words, Role::Accent);
    }
}
