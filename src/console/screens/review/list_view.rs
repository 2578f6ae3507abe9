//! What the list looks like: two rows a person, the employee above the user.

use ratatui::layout::Rect;

use super::data::{ListLine, Mark, QueueRow, Rival};
use super::list::LIST;
use super::state::Review;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::table::Marks as _;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use jiff::civil::Date;

/// From this width the reason and the rival stand in the row.
const REASONS: u16 = 120;
/// Below this width how sure it is stands under the list alone.
const SURE: u16 = 76;
/// Cells of a birth date, of a percentage, of the reason.
const BORN: u16 = 11;
const PERCENT: u16 = 7;
const REASON: u16 = 24;

/// Rows under the list that tell of the person under the cursor.
fn strip(body: Rect) -> u16 {
    match body.height {
        0..10 => 0,
        10..14 => 2,
        14..24 => 4,
        _ => 5,
    }
}

/// People that the list shows at once.
pub(super) fn people(body: Rect) -> usize {
    usize::from(body.height.saturating_sub(2 + strip(body)) / 2).max(1)
}

/// Where the columns stand.
#[derive(Clone, Copy)]
struct Columns {
    name: u16,
    name_cells: usize,
    born: u16,
    email: u16,
    email_cells: usize,
    /// The right edge of how sure it is.
    sure: Option<u16>,
    reason: Option<u16>,
}

impl Columns {
    fn of(area: Rect) -> Self {
        let sure = if area.width >= SURE { PERCENT + 2 } else { 0 };
        let reason = if area.width >= REASONS { REASON + 2 } else { 0 };
        // Cursor, mark and state; the gaps hold the marks of the fields; a blank at the end.
        let room = area.width.saturating_sub(5 + 3 + BORN + 4 + sure + reason + 1);
        // E-mails are the longest, and most alike at their begin.
        let name = (room * 2 / 5).clamp(12, 30);
        let email = room.saturating_sub(name);
        let born = area.x + 5 + name + 3;
        let at = born + BORN + 4;
        let end = at + email + sure;
        Self {
            name: area.x + 5,
            name_cells: usize::from(name),
            born,
            email: at,
            email_cells: usize::from(email),
            sure: (sure > 0).then_some(end),
            reason: (reason > 0).then_some(end + 2),
        }
    }
}

impl Review {
    pub(super) fn draw_list(&self, cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let area = self.finder.list_area(body);
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let table = &self.list.table;
        let window = table.window();
        let people = format::counted(self.rows().len() as u64, "person", "people");
        let lines = format::count(table.len());
        let right = match self.is_part() {
            true => "reading the queue …".to_owned(),
            false if self.filtered.is_some() => self.finder.of(table.len(), self.rows().len()).unwrap_or_default(),
            false => {
                format!("{people}, lines {}-{} of {lines}", format::count(window.start + 1), format::count(window.end))
            }
        };
        let title = format!("To review, {}", self.queue().map_or(self.order, |queue| queue.order).words());
        rule::title(canvas, Rect { height: 1, ..area }, &title, &right, !self.finder.is_focused());
        let below = u16::from(self.finder.has_line());
        if below > 0 {
            self.finder.draw_line_of(cx, Rect { y: area.y + 1, height: 1, ..area }, canvas);
        }
        let area = Rect { y: area.y + below, height: area.height.saturating_sub(below), ..area };
        let columns = Columns::of(area);
        self.draw_list_heads(&columns, area, canvas);
        let strip = strip(area);
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2 + strip), ..area };
        if table.is_empty() && self.filtered.is_some() {
            let words = self.finder.nobody("Nobody", cx);
            canvas.text(area.x + 3, list.y, usize::from(area.width).saturating_sub(4), &words, Role::Muted);
        }
        for (offset, line) in window.enumerate() {
            let y = list.y + u16::try_from(offset * 2).unwrap_or(u16::MAX);
            if y + 1 < list.bottom() {
                self.draw_person(line, &columns, Rect { y, height: 2, ..list }, canvas);
            }
        }
        if let Some(problem) = self.queue.problem() {
            let y = list.bottom().saturating_sub(1);
            canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), &problem.what, Role::Danger);
        }
        if strip > 0 {
            self.draw_strip(cx, Rect { y: list.bottom(), height: strip, ..area }, canvas);
        }
    }

    fn draw_list_heads(&self, columns: &Columns, area: Rect, canvas: &mut Canvas<'_>) {
        let y = area.y + 1;
        canvas.text(columns.name, y, columns.name_cells, "who, and the user", Role::Muted);
        canvas.text(columns.born, y, usize::from(BORN), "born", Role::Muted);
        canvas.text(columns.email, y, columns.email_cells, "e-mail", Role::Muted);
        if let Some(edge) = columns.sure {
            canvas.text(edge.saturating_sub(4), y, 4, "sure", Role::Muted);
        }
        if let Some(x) = columns.reason {
            canvas.text(x, y, usize::from(REASON), "because, and the rival", Role::Muted);
        }
    }

    fn draw_person(&self, line: usize, columns: &Columns, area: Rect, canvas: &mut Canvas<'_>) {
        let Some((at, row, known)) = self.list_line(line) else { return };
        let on_cursor = self.list.table.cursor_index() == Some(line);
        let marked = self.list.table.ids().get(line).is_some_and(|id| self.list.table.marks().has(id));
        canvas.hit(area, Hit::Row { pane: LIST, row: line });
        if on_cursor {
            canvas.select(area);
            canvas.spans(area.x, area.y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
        }
        if marked {
            let x = area.x + 1;
            canvas.spans(x, area.y, 1, &[Span::new(glyphs::MARK, Role::Marked)], on_cursor);
        }
        let cards = self.cards_of(line);
        let ruled = self.queue().and_then(|queue| queue.ruled.get(&at)).filter(|_| cards.len() == 1);
        let state = if ruled.is_some() { Role::Ok } else { Role::Open };
        let mut put = |x: u16, y: u16, cells: usize, text: &str, role: Role| {
            let text = width::truncate(text, cells);
            canvas.spans(x, y, cells, &[Span::new(text, role)], on_cursor);
        };
        let (first, second) = (area.y, area.y + 1);
        put(area.x + 3, first, 1, state.glyph(), state);
        let name = if row.name.is_empty() { row.employee.as_str() } else { &row.name };
        put(columns.name, first, columns.name_cells, name, Role::Text);
        let user = row
            .user
            .as_ref()
            .map_or_else(|| "no user comes near".to_owned(), |user| format!("{user} {}", row.user_name));
        put(columns.name, second, columns.name_cells, &user, Role::Text);
        if let Some(line) = known {
            let born = |day: Option<Date>| day.map_or_else(|| "(none)".to_owned(), format::day_long);
            let email = |email: &Option<String>| email.clone().unwrap_or_else(|| "(none)".to_owned());
            put(columns.born, first, usize::from(BORN), &born(line.born.source), Role::Text);
            put(columns.email, first, columns.email_cells, &email(&line.email.source), Role::Text);
            if row.user.is_some() {
                let (glyph, role) = mark(line.born.mark);
                put(columns.born - 2, second, 1, glyph, role);
                put(columns.born, second, usize::from(BORN), &born(line.born.destination), text_role(line.born.mark));
                let (glyph, role) = mark(line.email.mark);
                put(columns.email - 2, second, 1, glyph, role);
                put(
                    columns.email,
                    second,
                    columns.email_cells,
                    &email(&line.email.destination),
                    text_role(line.email.mark),
                );
            }
        } else {
            put(columns.born, first, usize::from(BORN), "…", Role::Muted);
        }
        let sure = self.sure(row, cards.len() > 1);
        let rival = known.and_then(|line| line.rival.as_ref());
        let alike = cards.len().saturating_sub(1);
        if let Some(edge) = columns.sure {
            let mut end = |y: u16, words: &str, role: Role| {
                let cells = width::width(words);
                put(edge.saturating_sub(u16::try_from(cells).unwrap_or(0)), y, cells, words, role);
            };
            end(first, &sure, Role::Text);
            if columns.reason.is_none() {
                end(second, &beside_word(ruled.map(|ruled| ruled.word()), alike, rival, known), Role::Open);
            }
        }
        if let Some(x) = columns.reason {
            let cells = usize::from(REASON);
            let why = match (ruled, alike) {
                (Some(ruled), _) => ruled.word().to_owned(),
                (None, 0) => row.code.words().to_owned(),
                (None, alike) => format!("and {} alike", format::count(alike)),
            };
            put(x, first, cells, &why, Role::Text);
            let words = rival.map(|rival| match rival.probability {
                Some(probability) => format!("{} {}", rival.name, format::percent(probability)),
                None => rival.name.clone(),
            });
            let records = known.map_or(0, |line| line.records);
            let words = words.or_else(|| (records > 0).then(|| "another record".to_owned())).unwrap_or_default();
            put(x, second, cells, &words, Role::Open);
        }
    }

    /// How sure it is; of those alike the least.
    fn sure(&self, row: &QueueRow, is_folded: bool) -> String {
        let group = row.group.filter(|_| is_folded).and_then(|group| self.queue()?.groups.get(group));
        // Surest first.
        let least = group.and_then(|group| self.rows().get(*group.rows.last()?)).unwrap_or(row).probability;
        if least > 0.0 { format::percent(least) } else { "-".to_owned() }
    }

    /// The person under the cursor: why, what agrees, the rival.
    fn draw_strip(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some((_, row, known)) = self.list.table.cursor_index().and_then(|line| self.list_line(line)) else {
            return;
        };
        let id = known.map(|line| line.identifier.clone()).unwrap_or_default();
        let title = format!("{}, {id}: {}", row.name, row.code.words());
        let user = known.and_then(|line| line.user.as_ref()).map_or_else(String::new, |user| {
            let status = if user.status.is_empty() { "gone" } else { user.status.as_str() };
            let courses = user.courses.map(|one| format!(", {}", format::counted(one.into(), "course", "courses")));
            format!("user {}, {status}{}", user.id, courses.unwrap_or_default())
        });
        rule::title(canvas, Rect { height: 1, ..area }, &title, &user, false);
        let Some(line) = known else { return };
        let cells = usize::from(area.width).saturating_sub(4);
        let sure = line.probability.map_or_else(|| "not weighed".to_owned(), format::percent);
        let work: Vec<&str> =
            [line.branch.as_str(), &line.job_title].into_iter().filter(|one| !one.is_empty()).collect();
        let mut lines = Vec::new();
        if let Some(rival) = &line.rival {
            lines.push((rival_words(rival, row), Role::Open));
        }
        lines.push((format!("{sure}: {}", line.because), Role::Text));
        lines.push((line.message.clone(), Role::Text));
        lines.push((work.join(", "), Role::Muted));
        let wrapped = lines.into_iter().flat_map(|(words, role)| {
            width::wrap(&words, cells).into_iter().map(move |line| (line, role)).collect::<Vec<_>>()
        });
        for (y, (words, role)) in (area.y + 1..area.bottom()).zip(wrapped) {
            canvas.text(area.x + 2, y, cells, &words, role);
        }
    }
}

/// `rival  Marcin Sobczak 40718_1190, born 14 Aug 1992, claims 5530 too: 38.0 %; twins?  c puts both beside`.
fn rival_words(rival: &Rival, row: &QueueRow) -> String {
    let born =
        rival.born.map_or_else(|| "birth date (none)".to_owned(), |day| format!("born {}", format::day_long(day)));
    let email = rival.email.clone().unwrap_or_else(|| "e-mail (none)".to_owned());
    let user = row.user.as_ref().map(ToString::to_string).unwrap_or_default();
    let sure = rival.probability.map(|one| format!(": {}", format::percent(one))).unwrap_or_default();
    let twins = if rival.may_be_twin { "; twins?" } else { "" };
    format!(
        "rival {} {}, {born}, {email}, claims {user} too{sure}{twins}  c puts both beside",
        rival.name, rival.employee
    )
}

/// At 80 columns there is one word for it.
fn beside_word(ruled: Option<&str>, alike: usize, rival: Option<&Rival>, line: Option<&ListLine>) -> String {
    match (ruled, alike, rival) {
        (Some(word), ..) => word.to_owned(),
        (None, 0, Some(_)) => "rival".to_owned(),
        (None, 0, None) if line.is_some_and(|line| line.records > 0) => "record".to_owned(),
        (None, 0, None) => String::new(),
        (None, alike, _) => format!("+{}", format::count(alike)),
    }
}

fn mark(mark: Mark) -> (&'static str, Role) {
    match mark {
        Mark::Equal => ("=", Role::Match),
        Mark::Almost => ("~", Role::Changed),
        Mark::Differs => (glyphs::DIFFERS, Role::Mismatch),
        Mark::Missing => ("-", Role::Muted),
    }
}

fn text_role(mark: Mark) -> Role {
    if mark == Mark::Equal { Role::Muted } else { Role::Text }
}
