//! What step 4 looks like: the totals, and a list, least certain first.

use ratatui::layout::Rect;

use super::data::{Disposition, Double, Kind, Line, Mark, Ruling, Summary, mark, mark_of};
use super::narrow::{PERSON, PERSON_CELLS, list_of};
use super::result::{TOTALS, count_of, word};
use super::state::{DeskView, DoublesView, TwoFiles};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, gauge, rule};
use crate::domain::field::Field;
use crate::domain::plan::Evidence;
use crate::services::match_files::desk::Person;
use jiff::civil::Date;

/// Where the columns of the list stand.
struct Grid {
    name: usize,
    born: u16,
    email: u16,
    email_cells: usize,
    /// Right edge.
    sure: u16,
    because: Option<(u16, usize)>,
}

impl Grid {
    fn of(cells: u16) -> Self {
        let name = if cells >= 110 {
            28
        } else if cells >= 80 {
            22
        } else {
            16
        };
        let born = 5 + name + 3;
        let email = born + 15;
        let because = (cells >= 110).then_some(34);
        let sure_cells = 9;
        let email_cells = cells.saturating_sub(email + sure_cells + because.unwrap_or(0) + 2);
        let sure = email + email_cells + sure_cells;
        let because = because.map(|room| (sure + 2, usize::from(room.saturating_sub(2))));
        Grid { name: usize::from(name), born, email, email_cells: usize::from(email_cells), sure, because }
    }
}

impl TwoFiles {
    pub(super) fn draw_desk(&self, cx: &ViewCx<'_>, desk: &DeskView, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(summary) = &desk.summary else {
            rule::title(canvas, Rect { height: 1, ..area }, "Result", "", true);
            canvas.text(area.x + 3, area.y + 2, 40, "counting …", Role::Muted);
            return;
        };
        let counts = &summary.counts;
        let title = format!(
            "{}, {}",
            format::counted(counts.employees as u64, "employee", "employees"),
            format::counted(counts.users as u64, "user", "users")
        );
        let open = counts.ask + counts.risk;
        let ruled = summary.tally.all();
        let words = match (open, ruled) {
            (0, 0) => "nobody to rule on".to_owned(),
            (some, 0) => format!("{} to rule on, none ruled yet", format::count(some)),
            (some, ruled) => format!("{} left, {} ruled", format::count(some), format::count(ruled)),
        };
        rule::title(canvas, Rect { height: 1, ..area }, &title, &words, desk.totals);
        let totals = Rect { y: area.y + 1, height: TOTALS.min(area.height.saturating_sub(1)), ..area };
        self.draw_totals(desk, summary, totals, canvas);
        let list = list_of(area);
        desk.finder.draw_facets(cx, list, canvas);
        let mut left = desk.finder.list_area(list);
        if left.width == 0 {
            return;
        }
        if !desk.finder.is_open() && list.width >= PERSON {
            left.width = list.width - PERSON_CELLS - 1;
            let beside = Rect { x: left.right() + 1, width: PERSON_CELLS, ..list };
            canvas.vertical(left.right(), list.y, list.height, glyphs::BAR_VERTICAL, Role::Muted);
            draw_person_of(desk, beside, canvas);
        }
        self.draw_lines(cx, desk, summary, left, canvas);
    }

    fn draw_totals(&self, desk: &DeskView, summary: &Summary, area: Rect, canvas: &mut Canvas<'_>) {
        let counts = &summary.counts;
        let most = Kind::ALL.iter().map(|kind| count_of(summary, *kind)).max().unwrap_or(0) as u64;
        let limit = format::percent(summary.threshold);
        let about = |words: &str, expected: f64, [from, to]: [usize; 2]| {
            format!("expected {words} {expected:.1} (95 %: {} to {})", format::count(from), format::count(to))
        };
        let is_wide = area.width >= 100;
        let wide = |words: &'static str| if is_wide { words } else { "" };
        let notes = [
            ("=", Role::Match, wide("the same person"), about("wrong", summary.expected_wrong, summary.wrong_range)),
            ("?", Role::Open, "one likely user, or a doubt", format!("below {limit}, or something speaks against it")),
            ("?", Role::Open, "", "two users for one person, or one user for two".to_owned()),
            ("+", Role::Added, wide("nobody near"), about("missed", summary.expected_missed, summary.missed_range)),
        ];
        for (number, (kind, (glyph, role, what, note))) in Kind::ALL.into_iter().zip(notes).enumerate() {
            let y = area.y + u16::try_from(number).unwrap_or(0);
            if y >= area.bottom() {
                return;
            }
            let line = Rect { y, height: 1, ..area };
            canvas.hit(line, Hit::Row { pane: 2, row: number });
            let shown = kind == desk.kind;
            let on = shown && desk.totals;
            if on {
                canvas.select(line);
            }
            let count = count_of(summary, kind);
            let lead = if shown { glyphs::CURSOR } else { " " };
            let words =
                if what.is_empty() || note.is_empty() { format!("{what}{note}") } else { format!("{what}; {note}") };
            let words = if count == 0 { "nobody".to_owned() } else { words };
            let spans = [
                (0, 1, lead.to_owned(), Role::Accent),
                (3, 1, glyph.to_owned(), role),
                (5, 6, word(kind).to_owned(), Role::Text),
                (24, 10, gauge::count_bar(count as u64, most, 10), Role::Text),
                (36, usize::from(area.width.saturating_sub(37)), words, Role::Muted),
            ];
            for (x, cells, text, role) in spans {
                canvas.spans(line.x + x, y, cells, &[Span::new(text, role)], on);
            }
            number_at(line.x + 22, y, count, on, canvas);
        }
        let y = area.y + 4;
        if y < area.bottom() {
            canvas.text(area.x + 5, y, 10, "together", Role::Muted);
            number_at(area.x + 22, y, counts.employees, false, canvas);
            let left = match counts.left_out as u64 {
                0 => String::new(),
                some => format!("{}, no user; ", format::counted(some, "leaver", "leavers")),
            };
            let free = format::counted(counts.unclaimed as u64, "user", "users");
            let free = format!("{left}{free} unclaimed, {} off", format::count(counts.unclaimed_inactive));
            canvas.text(area.x + 36, y, usize::from(area.width.saturating_sub(37)), &free, Role::Muted);
        }
        let tally = summary.tally;
        if tally.all() > 0 && y + 1 < area.bottom() {
            let one = |count: usize, words: &str| (count > 0).then(|| format!("{} {words}", format::count(count)));
            let parts = [one(tally.linked, "linked"), one(tally.new, "new"), one(tally.later, "later")];
            let words = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            canvas.text(area.x + 5, y + 1, 16, "ruled by hand", Role::Muted);
            canvas.text(area.x + 36, y + 1, usize::from(area.width.saturating_sub(37)), &words, Role::Muted);
        }
    }

    fn draw_lines(&self, cx: &ViewCx<'_>, desk: &DeskView, summary: &Summary, area: Rect, canvas: &mut Canvas<'_>) {
        let room = self.list_room();
        let window = &desk.window;
        let all = window.all;
        let whole = count_of(summary, desk.kind);
        let last = (window.top + room).min(all);
        let shown = if all == 0 {
            "nobody".to_owned()
        } else {
            format!("{}-{} of {}", format::count(window.top + 1), format::count(last), format::count(all))
        };
        let shown = desk.finder.of(all, whole).unwrap_or(shown);
        let title = format!("{}: least certain first", word(desk.kind));
        rule::title(canvas, Rect { height: 1, ..area }, &title, &shown, !desk.totals && !desk.finder.is_focused());
        let grid = Grid::of(area.width);
        let mut y = area.y + 1;
        if desk.finder.has_line() {
            desk.finder.draw_line_of(cx, Rect { y, height: 1, ..area }, canvas);
            y += 1;
        }
        if y < area.bottom() {
            draw_heads(&grid, Rect { y, height: 1, ..area }, canvas);
            y += 1;
        }
        if all == 0 {
            let words = if desk.finder.is_on() && whole > 0 {
                desk.finder.nobody("Nobody", cx)
            } else {
                empty_words(desk.kind).to_owned()
            };
            canvas.text(area.x + 5, y, usize::from(area.width).saturating_sub(6), &words, Role::Muted);
        }
        for at in window.top..last {
            if y + 1 >= area.bottom() {
                break;
            }
            let pair = Rect { y, height: 2, ..area };
            match window.get(at) {
                Some(line) => {
                    let on = !desk.totals && !desk.finder.is_focused() && at == window.at;
                    canvas.hit(pair, Hit::Row { pane: 3, row: at });
                    draw_line(line, &grid, pair, on, canvas);
                }
                None => {
                    canvas.text(area.x + 5, y, 12, "reading …", Role::Muted);
                }
            }
            y += 2;
        }
        let left = area.bottom().saturating_sub(y);
        if left >= 2 && all > 0 {
            let y = area.bottom() - 2;
            let cells = usize::from(area.width).saturating_sub(2);
            canvas.text(
                area.x + 1,
                y,
                cells,
                "Enter opens the card with the waterfall, and what each ruling writes",
                Role::Muted,
            );
            canvas.text(
                area.x + 1,
                y + 1,
                cells,
                "a ruling moves a line from one file to another; no mail, nothing sent",
                Role::Muted,
            );
        }
    }

    pub(super) fn draw_doubles(&self, doubles: &DoublesView, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(counts) = &doubles.counts else {
            rule::title(canvas, Rect { height: 1, ..area }, "Duplicates", "counting …", true);
            return;
        };
        let title = format!("{}: who may be entered twice", format::counted(counts.people as u64, "person", "people"));
        rule::title(canvas, Rect { height: 1, ..area }, &title, "", false);
        let lines = [
            format!("{} likely one person", format::counted(counts.likely as u64, "pair is", "pairs are")),
            format!("{} more worth a look", format::count(counts.listed - counts.likely)),
            match counts.crowded {
                0 => String::new(),
                some => format!(
                    "{} people stand in crowds of people alike, {} in the largest; each is listed with some of the others",
                    format::count(some),
                    format::count(counts.largest_crowd)
                ),
            },
        ];
        for (y, line) in (area.y + 1..area.bottom()).zip(&lines) {
            canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), line, Role::Text);
        }
        let y = area.y + 1 + TOTALS + u16::from(area.height >= 18);
        let list = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        let (window, room) = (&doubles.window, self.list_room());
        let last = (window.top + room).min(window.all);
        let shown = format!(
            "{}-{} of {}",
            format::count(window.top + usize::from(window.all > 0)),
            format::count(last),
            format::count(window.all)
        );
        rule::title(canvas, Rect { height: 1, ..list }, "pairs: likeliest first", &shown, true);
        let grid = Grid::of(area.width);
        let mut y = list.y + 1;
        draw_heads(&grid, Rect { y, height: 1, ..list }, canvas);
        y += 1;
        if window.all == 0 {
            canvas.text(list.x + 5, y, 60, "Nobody looks like anybody else.", Role::Muted);
        }
        for at in window.top..last {
            if y + 1 >= list.bottom() {
                break;
            }
            let pair = Rect { y, height: 2, ..list };
            if let Some(double) = window.get(at) {
                canvas.hit(pair, Hit::Row { pane: 3, row: at });
                draw_double(double, &grid, pair, at == window.at, canvas);
            }
            y += 2;
        }
    }
}

fn empty_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "Nobody is linked.",
        Kind::Ask => "Nobody is asked about.",
        Kind::Risk => "Nobody is at risk of being two.",
        Kind::New => "Nobody is new.",
    }
}

fn draw_heads(grid: &Grid, area: Rect, canvas: &mut Canvas<'_>) {
    let (x, y) = (area.x, area.y);
    canvas.text(x + 5, y, grid.name, "who, and the user", Role::Muted);
    canvas.text(x + grid.born, y, 12, "born", Role::Muted);
    canvas.text(x + grid.email, y, grid.email_cells, "e-mail", Role::Muted);
    canvas.text(x + grid.sure.saturating_sub(4), y, 4, "sure", Role::Muted);
    if let Some((at, cells)) = grid.because {
        canvas.text(x + at, y, cells, "because, and the rival", Role::Muted);
    }
}

fn born(day: Option<Date>) -> String {
    day.map_or_else(|| "(none)".to_owned(), format::day_long)
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "(none)" } else { text }
}

fn glyph_of(mark: Mark) -> (&'static str, Role) {
    match mark {
        Mark::Equal => ("=", Role::Match),
        Mark::Almost => ("~", Role::Changed),
        Mark::Differs => (glyphs::DIFFERS, Role::Mismatch),
        Mark::Missing => (" ", Role::Muted),
    }
}

fn draw_person(person: &Person, grid: &Grid, lead: (&str, Role), line: Rect, on: bool, canvas: &mut Canvas<'_>) {
    let y = line.y;
    let put = |x: u16, cells: usize, text: &str, role: Role, canvas: &mut Canvas<'_>| {
        canvas.spans(line.x + x, y, cells, &[Span::new(text, role)], on);
    };
    put(3, 1, lead.0, lead.1, canvas);
    put(5, grid.name, or_none(&person.name), Role::Text, canvas);
    put(grid.born, 12, &born(person.born), Role::Text, canvas);
    put(grid.email, grid.email_cells, or_none(&person.email), Role::Text, canvas);
}

fn draw_line(line: &Line, grid: &Grid, area: Rect, on: bool, canvas: &mut Canvas<'_>) {
    if on {
        canvas.select(area);
        canvas.spans(area.x, area.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
    }
    let lead = match (line.ruled.as_ref().map(|ruled| ruled.ruling), line.disposition) {
        (Some(Ruling::Later), _) => ("~", Role::Changed),
        (_, Disposition::Link(_)) => ("=", Role::Match),
        (_, Disposition::Ask | Disposition::Risk) => ("?", Role::Open),
        (_, Disposition::New) => ("+", Role::Added),
        (_, Disposition::LeftOut) => ("-", Role::Muted),
    };
    let first = Rect { height: 1, ..area };
    draw_person(&line.employee, grid, lead, first, on, canvas);
    let second = Rect { y: area.y + 1, height: 1, ..area };
    let put = |x: u16, y: u16, cells: usize, text: &str, role: Role, canvas: &mut Canvas<'_>| {
        canvas.spans(area.x + x, y, cells, &[Span::new(text, role)], on);
    };
    match &line.user {
        Some((user, candidate)) => {
            let sure = format::percent(candidate.probability);
            let cells = sure.len();
            put(grid.sure.saturating_sub(u16::try_from(cells).unwrap_or(0)), area.y, cells, &sure, Role::Text, canvas);
            put(5, second.y, grid.name, &format!("{} {}", user.id, user.name), Role::Muted, canvas);
            for (field, at, cells, text) in [
                (Field::DateOfBirth, grid.born, 12, born(user.born)),
                (Field::Email, grid.email, grid.email_cells, or_none(&user.email).to_owned()),
            ] {
                let (glyph, role) = glyph_of(mark_of(candidate, field));
                put(at.saturating_sub(2), second.y, 1, glyph, role, canvas);
                put(at, second.y, cells, &text, Role::Muted, canvas);
            }
            if line.rival.is_some() && grid.because.is_none() {
                put(grid.sure.saturating_sub(5), second.y, 5, "rival", Role::Warn, canvas);
            }
        }
        None => put(5, second.y, 40, "no user comes near", Role::Muted, canvas),
    }
    if let Some((at, cells)) = grid.because {
        let reason = line.outcome.words();
        let reason = match &line.ruled {
            Some(ruled) if ruled.by.is_empty() => "ruled by hand".to_owned(),
            Some(ruled) => format!("ruled by {}", ruled.by),
            None => reason.trim_start_matches("duplicate risk: ").to_owned(),
        };
        put(at, area.y, cells, &reason, Role::Muted, canvas);
        if let Some(rival) = &line.rival {
            put(at, second.y, cells, &format!("rival {rival}"), Role::Muted, canvas);
        }
    }
}

/// The person under the cursor: why, what each field says, and what a ruling writes.
fn draw_person_of(desk: &DeskView, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(line) = desk.window.get(desk.window.at).filter(|_| desk.window.all > 0) else {
        rule::title(canvas, Rect { height: 1, ..area }, "why", "", false);
        return;
    };
    rule::title(canvas, Rect { height: 1, ..area }, or_none(&line.employee.name), &line.employee.id, false);
    let cells = usize::from(area.width).saturating_sub(2);
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut say = |words: &str, role: Role| {
        lines.extend(width::wrap(words, cells).into_iter().map(|line| (line, role)));
    };
    say(&line.outcome.words(), Role::Text);
    if let Some(rival) = &line.rival {
        say(&format!("rival: {rival} claims this user too"), Role::Warn);
    }
    say("", Role::Muted);
    let mut y = area.y + 1;
    for (words, role) in lines {
        if y < area.bottom() {
            canvas.text(area.x + 1, y, cells, &words, role);
        }
        y += 1;
    }
    let Some((user, candidate)) = &line.user else {
        if y < area.bottom() {
            canvas.text(area.x + 1, y, cells, "no user comes near", Role::Muted);
        }
        return;
    };
    let status = if user.is_active { "active" } else { "switched off" };
    let head = format!("user {}, {status}", user.id);
    for evidence in &candidate.evidence {
        if y + 3 >= area.bottom() {
            break;
        }
        draw_evidence(evidence, Rect { y, height: 1, ..area }, canvas);
        y += 1;
    }
    let total = format!("{:+.1} bits, {}", candidate.weight, format::percent(candidate.probability));
    for (words, role) in [(total, Role::Text), (head, Role::Muted)] {
        if y < area.bottom() {
            canvas.text(area.x + 1, y, cells, &words, role);
        }
        y += 1;
    }
}

/// A field: how both sides stand, why, and what it weighs.
fn draw_evidence(evidence: &Evidence, line: Rect, canvas: &mut Canvas<'_>) {
    let label = match (Field::from_key(&evidence.field), evidence.field.as_str()) {
        (Some(field), _) => field.words().to_owned(),
        (None, "prior") => "before".to_owned(),
        (None, other) => other.replace('_', " "),
    };
    let value = |given: &Option<String>| given.clone().unwrap_or_default();
    let (source, destination) = (value(&evidence.source_value), value(&evidence.destination_value));
    let (glyph, role) = glyph_of(mark(evidence, &source, &destination));
    canvas.text(line.x + 1, line.y, 12, &label, Role::Text);
    canvas.text(line.x + 14, line.y, 1, glyph, role);
    let bits = format!("{:+.1}", evidence.bits);
    let cells = u16::try_from(bits.len()).unwrap_or(0);
    let room = usize::from(line.width.saturating_sub(18 + cells));
    canvas.text(line.x + 16, line.y, room, &width::truncate(&evidence.reason, room), Role::Muted);
    canvas.text(line.right().saturating_sub(cells + 1), line.y, usize::from(cells), &bits, Role::Text);
}

fn draw_double(double: &Double, grid: &Grid, area: Rect, on: bool, canvas: &mut Canvas<'_>) {
    if on {
        canvas.select(area);
        canvas.spans(area.x, area.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
    }
    draw_person(&double.left, grid, ("?", Role::Open), Rect { height: 1, ..area }, on, canvas);
    draw_person(&double.right, grid, (" ", Role::Muted), Rect { y: area.y + 1, height: 1, ..area }, on, canvas);
    let sure = format::percent(double.probability);
    let x = area.x + grid.sure.saturating_sub(u16::try_from(sure.len()).unwrap_or(0));
    canvas.spans(x, area.y, sure.len(), &[Span::new(sure, Role::Text)], on);
    if let Some((at, cells)) = grid.because {
        let ids = format!("{} and {}", double.left.id, double.right.id);
        canvas.spans(area.x + at, area.y, cells, &[Span::new(ids, Role::Muted)], on);
        if double.alike > 2 {
            let words = format!("{} alike", format::count(double.alike));
            canvas.spans(area.x + at, area.y + 1, cells, &[Span::new(words, Role::Muted)], on);
        }
    }
}

/// A count that ends at a column.
fn number_at(edge: u16, y: u16, count: usize, on: bool, canvas: &mut Canvas<'_>) {
    let text = format::count_or_blank(count);
    let cells = u16::try_from(text.len()).unwrap_or(0);
    canvas.spans(edge.saturating_sub(cells), y, usize::from(cells), &[Span::new(text, Role::Text)], on);
}
