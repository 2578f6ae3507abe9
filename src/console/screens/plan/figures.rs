//! The left side of Plan: what it does, who is held and whose move it is, limits, mail.

use ratatui::layout::Rect;

use super::data::{CodeRow, KindRow, LimitRow, Page};
use super::state::{FIGURES, PlanScreen, Shown};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::gauge::{Closeness, count_bar, progress};
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::plan::{HoldKind, LimitKind, OperationKind};

/// The glyph of whose move it is.
pub(super) fn code_role(code: crate::domain::plan::HoldCode) -> Role {
    match code.kind() {
        HoldKind::Review if code == crate::domain::plan::HoldCode::Later => Role::Muted,
        HoldKind::Review => Role::Open,
        HoldKind::Blocked if code == crate::domain::plan::HoldCode::Limit => Role::Warn,
        HoldKind::Blocked => Role::Danger,
        HoldKind::Ruled => Role::Muted,
    }
}

/// Where the columns of a half stand.
struct Half {
    /// Right edge of the figures.
    edge: u16,
    /// Cells of a count bar; 0 draws none.
    bar: u16,
}

impl PlanScreen {
    /// Everything of the left side, one under the other.
    pub(super) fn draw_figures(&self, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(FIGURES));
        let kinds = self.kind_lines(page);
        let mut y = self.draw_kinds(page, Rect { height: kinds + 1, ..area }, true, canvas);
        y += 1;
        let below = u16::try_from(page.limits.len()).unwrap_or(4) + 1 + 1 + 3;
        let room = area.bottom().saturating_sub(y + below);
        y = self.draw_held(page, Rect { y, height: room, ..area }, true, canvas);
        y += 1;
        y = self.draw_limits(page, Rect { y, height: area.bottom().saturating_sub(y), ..area }, true, canvas);
        y += 1;
        self.draw_mail(page, Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
    }

    fn kind_lines(&self, page: &Page) -> u16 {
        u16::try_from(page.kinds.len() + aside(page).len()).unwrap_or(8)
    }

    /// Two short halves at 80 columns.
    pub(super) fn draw_halves(&self, cx: &ViewCx<'_>, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        let left = Rect { width: area.width / 2, ..area };
        let right = Rect { x: left.right() + 1, width: area.width - left.width - 1, ..area };
        canvas.hit(area, Hit::Pane(FIGURES));
        canvas.vertical(left.right(), area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
        let kinds = self.kind_lines(page);
        let mut y = self.draw_kinds(page, Rect { height: kinds + 1, ..left }, false, canvas) + 1;
        rule::title(canvas, Rect { y, height: 1, ..left }, "Mail", "", false);
        let mails = format!("{} welcome mails, {} notices", format::count(page.welcome), format::count(page.notice));
        canvas.text(left.x + 4, y + 1, usize::from(left.width).saturating_sub(5), &mails, Role::Text);
        y += 3;
        self.draw_limits(page, Rect { y, height: left.bottom().saturating_sub(y), ..left }, false, canvas);
        let y = self.draw_held(page, Rect { height: area.height.saturating_sub(6), ..right }, false, canvas) + 1;
        self.draw_item(cx, page, Rect { y, height: right.bottom().saturating_sub(y), ..right }, canvas);
    }

    fn draw_kinds(&self, page: &Page, area: Rect, wide: bool, canvas: &mut Canvas<'_>) -> u16 {
        let focused = self.focus.is(FIGURES);
        let changes = format!("{} changes", format::count(page.changes));
        rule::title(canvas, Rect { height: 1, ..area }, "What it does", &changes, focused);
        let most = page.kinds.iter().map(|row| row.count).max().unwrap_or(0);
        let half = if wide { Half { edge: 22, bar: 10 } } else { Half { edge: 21, bar: 0 } };
        let mut y = area.y + 1;
        for (place, row) in page.kinds.iter().enumerate() {
            self.draw_kind(row, place, most, &half, Rect::new(area.x, y, area.width, 1), canvas);
            y += 1;
        }
        for (words, count, whom) in aside(page) {
            let x = if wide { 5 } else { 4 };
            canvas.text(area.x + x, y, 12, words, Role::Muted);
            number(area.x + half.edge, y, count, canvas);
            // Reasons are longer than one word, and there is no bar to stand behind.
            let x = half.edge + 1 + if whom.len() > 1 { 0 } else { half.bar };
            let cells = usize::from(area.width.saturating_sub(x));
            canvas.text(area.x + x, y, cells, &as_many_as_fit(&whom, cells), Role::Muted);
            y += 1;
        }
        y
    }

    fn draw_kind(&self, row: &KindRow, place: usize, most: u32, half: &Half, line: Rect, canvas: &mut Canvas<'_>) {
        let on_cursor = self.begin_line(place, line, canvas);
        let role = Role::of(row.kind);
        canvas.spans(line.x + 3, line.y, 1, &[Span::new(role.glyph(), role)], on_cursor);
        let words = row.kind.counted(row.count);
        let text = if row.count == 0 { Role::Muted } else { Role::Text };
        canvas.spans(line.x + 5, line.y, 12, &[Span::new(words, text)], on_cursor);
        if row.count == 0 {
            return;
        }
        number(line.x + half.edge, line.y, row.count, canvas);
        let x = line.x + half.edge + 1;
        if half.bar > 0 {
            let bar = count_bar(u64::from(row.count), u64::from(most), usize::from(half.bar - 2));
            canvas.text(x, line.y, usize::from(half.bar), &bar, Role::Text);
        }
        let x = x + half.bar;
        let cells = usize::from(line.right().saturating_sub(x));
        canvas.spans(x, line.y, cells, &[Span::new(row.words.clone(), Role::Muted)], on_cursor);
    }

    fn draw_held(&self, page: &Page, area: Rect, wide: bool, canvas: &mut Canvas<'_>) -> u16 {
        let ruled = if page.ruled > 0 { format!(", {} ruled", format::count(page.ruled)) } else { String::new() };
        let people = format!("{} people{ruled}", format::count(page.held_people));
        let title = if wide { "Held: nobody below is touched" } else { "Held" };
        rule::title(canvas, Rect { height: 1, ..area }, title, &people, false);
        let mut y = area.y + 1;
        if page.held.is_empty() {
            canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), "nobody", Role::Muted);
            return y + 1;
        }
        let most = page.held.iter().map(|row| row.people).max().unwrap_or(0);
        let room = usize::from(area.height.saturating_sub(1));
        let at = self.item.saturating_sub(page.kinds.len());
        let first = at.saturating_sub(room.saturating_sub(1)).min(page.held.len().saturating_sub(room));
        for (place, row) in page.held.iter().enumerate().skip(first).take(room) {
            self.draw_code(row, page.kinds.len() + place, most, wide, Rect::new(area.x, y, area.width, 1), canvas);
            y += 1;
        }
        y
    }

    fn draw_code(&self, row: &CodeRow, place: usize, most: u32, wide: bool, line: Rect, canvas: &mut Canvas<'_>) {
        let on_cursor = self.begin_line(place, line, canvas);
        let role = code_role(row.code);
        let (glyph, words, edge) = if wide { (3, 5, 31) } else { (2, 4, 29) };
        canvas.spans(line.x + glyph, line.y, 1, &[Span::new(role.glyph(), role)], on_cursor);
        let cells = usize::from(edge - words) - 4;
        canvas.spans(line.x + words, line.y, cells, &[Span::new(row.words.clone(), Role::Text)], on_cursor);
        number(line.x + edge, line.y, row.people, canvas);
        let mut x = line.x + edge + 1;
        if wide {
            let bar = count_bar(u64::from(row.people), u64::from(most), 8);
            canvas.text(x, line.y, 9, &bar, Role::Text);
            x += 10;
        }
        let cells = usize::from(line.right().saturating_sub(x));
        canvas.spans(x, line.y, cells, &[Span::new(row.who.clone(), Role::Accent)], on_cursor);
    }

    /// Cursor, ground and mouse of a line of the left side.
    fn begin_line(&self, place: usize, line: Rect, canvas: &mut Canvas<'_>) -> bool {
        canvas.hit(line, Hit::Row { pane: FIGURES, row: place });
        let here = place == self.item;
        let on_cursor = here && self.focus.is(FIGURES);
        if on_cursor {
            canvas.select(line);
        }
        if here {
            canvas.spans(line.x, line.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], on_cursor);
        }
        on_cursor
    }

    fn draw_limits(&self, page: &Page, area: Rect, wide: bool, canvas: &mut Canvas<'_>) -> u16 {
        let past = page.limits.iter().filter(|limit| limit.is_exceeded()).count();
        let words = if past == 0 { "all within".to_owned() } else { format!("{past} past") };
        if area.height == 0 {
            return area.y;
        }
        rule::title(canvas, Rect { height: 1, ..area }, "Limits", &words, false);
        let mut y = area.y + 1;
        for limit in &page.limits {
            if y >= area.bottom() {
                break;
            }
            let (x, cells) = if wide { (22, 10) } else { (14, 6) };
            canvas.text(area.x + 3, y, usize::from(x) - 4, limit_words(limit.kind, wide), Role::Text);
            canvas.spans(area.x + x, y, usize::from(area.width - x), &limit_bar(limit, cells), false);
            y += 1;
        }
        y
    }

    fn draw_mail(&self, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 2 {
            return;
        }
        let words = format!("{} welcome, {} notices", format::count(page.welcome), format::count(page.notice));
        rule::title(canvas, Rect { height: 1, ..area }, "Mail", &words, false);
        let lines = if page.welcome > 0 {
            ["welcome mail goes out at once to the created;", "changed details send none"]
        } else {
            ["nobody is mailed", ""]
        };
        for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), line, Role::Muted);
        }
    }

    /// The essence of the line under the cursor, at 80 columns.
    fn draw_item(&self, _cx: &ViewCx<'_>, page: &Page, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 2 {
            return;
        }
        let (count, mut lines) = match self.shown {
            Shown::Kind(kind) => {
                let count = page.kinds.iter().find(|row| row.kind == kind).map_or(0, |row| row.count);
                let fields: Vec<String> =
                    page.fields.iter().map(|(word, count)| format!("{word} {}", format::count(*count))).collect();
                let lines = if kind == OperationKind::Update {
                    in_lines(&fields, usize::from(area.width).saturating_sub(4))
                } else {
                    page.kinds.iter().filter(|row| row.kind == kind).map(|row| row.words.clone()).collect()
                };
                (count, lines.into_iter().take(2).collect::<Vec<_>>())
            }
            Shown::Held(code) => {
                let row = page.held.iter().find(|row| row.code == code);
                let words = row.map(|row| format!("the next move: {}", row.who)).unwrap_or_default();
                (row.map_or(0, |row| row.people), vec![words])
            }
            Shown::All => (page.changes, Vec::new()),
        };
        lines.push("Enter lists them, field by field".to_owned());
        if let Some(gate) = self.gate() {
            let words = if gate == "not published" {
                "Not published: `!` is off (Overview)".to_owned()
            } else {
                format!("`!` is off: {gate}")
            };
            lines.push(String::new());
            lines.push(words);
        }
        let people = format::counted(u64::from(count), "line", "lines");
        rule::title(canvas, Rect { height: 1, ..area }, &self.shown_words(), &people, false);
        for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
            canvas.text(area.x + 2, y, usize::from(area.width).saturating_sub(3), &line, Role::Text);
        }
    }
}

/// Whom no kind of change counts: words, how many people, and who they are.
fn aside(page: &Page) -> Vec<(&'static str, u32, Vec<String>)> {
    let people = |count: u32| vec![if count == 0 { "nobody" } else { "people" }.to_owned()];
    let mut lines = vec![("unchanged", page.unchanged, people(page.unchanged))];
    if page.future > 0 {
        lines.push(("start later", page.future, people(page.future)));
    }
    let left = &page.managers_left;
    if !left.is_empty() {
        let reasons = left.iter().map(|(why, count)| format!("{} {}", format::count(*count), why.short())).collect();
        lines.push(("no manager", left.iter().map(|(_, count)| count).sum(), reasons));
    }
    lines
}

/// Parts with commas between, whole ones only; dots where some are left out.
fn as_many_as_fit(parts: &[String], cells: usize) -> String {
    let joined = |number: usize| {
        let dots = if number < parts.len() { ", …" } else { "" };
        format!("{}{dots}", parts.get(..number).unwrap_or_default().join(", "))
    };
    (1..=parts.len()).rev().map(joined).find(|words| width::width(words) <= cells).unwrap_or_default()
}

/// Figures three blanks apart, as many on a line as fit.
fn in_lines(words: &[String], cells: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if width::width(line) + 3 + width::width(word) <= cells => {
                line.push_str("   ");
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

fn number(edge: u16, y: u16, count: u32, canvas: &mut Canvas<'_>) {
    let words = format::count_or_blank(count);
    let cells = width::width(&words);
    canvas.text(edge.saturating_sub(u16::try_from(cells).unwrap_or(0)), y, cells, &words, Role::Text);
}

/// The words of a limit.
pub(in crate::console::screens) fn limit_words(kind: LimitKind, wide: bool) -> &'static str {
    match kind {
        LimitKind::Leavers => "leavers",
        LimitKind::Creations => "creations",
        LimitKind::Updates => "updates",
        LimitKind::Identifiers if wide => "identifier, e-mail",
        LimitKind::Identifiers => "id, e-mail",
    }
}

/// Bar, glyph and figures of a limit.
pub(in crate::console::screens) fn limit_bar(limit: &LimitRow, cells: usize) -> Vec<Span> {
    let (count, allowed) = (u64::from(limit.count), u64::from(limit.allowed));
    if limit.waived {
        return vec![
            Span::new(glyphs::TRACK.repeat(cells), Role::Muted),
            Span::new(format!(" {} ", Role::Ok.glyph()), Role::Ok),
            Span::new(format!("{}, first import", format::count(count)), Role::Text),
        ];
    }
    let closeness = Closeness::of(count, allowed);
    vec![
        Span::new(progress(count, allowed, cells), Role::Text),
        Span::new(format!(" {} ", closeness.role().glyph()), closeness.role()),
        Span::new(format::share(count, allowed), Role::Text),
    ]
}
