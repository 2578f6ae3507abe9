//! What step 2 looks like.

use ratatui::layout::Rect;

use super::columns::{BOTH, Row, can_turn, fault_words, status_word, unread_words};
use super::columns_row::{Grid, Pen};
use super::columns_sure::{SURE, SURE_CELLS};
use super::data::{Fault, SideLook};
use super::state::TwoFiles;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::field::Field;
use crate::files::people::Side;
use crate::files::people::fills::FirstRow;
use crate::files::people::heads::{Certainty, Meaning};
use crate::files::people::layout::Unread;
use crate::files::people::reading::{order_words, why_words};
use crate::files::people::status::{StatusMeaning, StatusWord};
use crate::files::people::text_choices::{delimiter_word, encoding_word};
use crate::matching::date_text::DateOrder;

impl TwoFiles {
    pub(super) fn draw_columns(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(look) = self.look() else {
            rule::title(canvas, Rect { height: 1, ..area }, "Columns", "", true);
            let lines = match self.columns.look.problem() {
                Some(problem) => problem.lines(),
                None => vec!["reading both files …".to_owned()],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 3, y, usize::from(area.width).saturating_sub(4), &line, Role::Muted);
            }
            return;
        };
        let both = area.width >= BOTH && look.sides.len() > 1;
        let is_tall = area.height >= TALL && !self.columns.why;
        let notice = u16::from(self.columns.notice.is_some());
        let strip = if is_tall { DETAIL + notice } else { 2 + notice };
        let body = Rect { height: area.height.saturating_sub(strip), ..area };
        if self.columns.why {
            self.draw_how(body, canvas);
        } else if both {
            let mut body = body;
            if area.width >= SURE {
                let pane = Rect { x: body.right() - SURE_CELLS, width: SURE_CELLS, ..body };
                body.width -= SURE_CELLS + 1;
                canvas.vertical(body.right(), body.y, body.height, glyphs::BAR_VERTICAL, Role::Muted);
                self.draw_sure(look, pane, canvas);
            }
            let left = body.width / 2 + 6;
            let parts =
                [Rect { width: left, ..body }, Rect { x: body.x + left + 1, width: body.width - left - 1, ..body }];
            canvas.vertical(body.x + left, body.y, body.height, glyphs::BAR_VERTICAL, Role::Muted);
            for (at, (side, part)) in look.sides.iter().zip(parts).enumerate() {
                self.draw_side(cx, (at, side), part, at == 0, canvas);
            }
        } else if let Some(side) = look.sides.get(self.columns.side) {
            self.draw_side(cx, (self.columns.side, side), body, true, canvas);
        }
        let below = Rect { y: body.bottom(), height: strip.min(area.height), ..area };
        if is_tall {
            self.draw_detail(below, canvas);
        } else {
            self.draw_strip(below, canvas);
        }
    }

    /// What is to be said of the row under the cursor, of both lists, and what was left out of them.
    fn draw_detail(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(look) = self.look() else { return };
        let mut area = area;
        if let Some(notice) = &self.columns.notice {
            canvas.text(area.x + 1, area.y, usize::from(area.width) - 2, &format!("! {notice}"), Role::Warn);
            area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        let row = self.column_row();
        rule::title(canvas, Rect { height: 1, ..area }, &self.row_title(), self.row_keys(row), false);
        let parts = u16::try_from(look.sides.len()).unwrap_or(1).max(1);
        let width = area.width / parts;
        for (number, side) in (0..).zip(&look.sides) {
            let part = Rect { x: area.x + number * width, y: area.y + 1, width, height: DETAIL_OF_ROW };
            self.draw_detail_of(side, row, part, canvas);
        }
        let y = area.y + 1 + DETAIL_OF_ROW;
        let of_all = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        rule::title(canvas, Rect { height: 1, ..of_all }, "left out, guessed and told", "w says all", false);
        let cells = usize::from(width).saturating_sub(3);
        for (number, side) in (0..).zip(&look.sides) {
            let mut lines: Vec<String> = side.left_out();
            if lines.is_empty() {
                lines.push(match &side.fault {
                    Some(fault) => format!("✗ {}", fault_words(fault)),
                    None => "every row is a person, and every column is read".to_owned(),
                });
            }
            let all = lines.len();
            let room = usize::from(of_all.height.saturating_sub(1));
            for (y, (at, line)) in (of_all.y + 1..of_all.bottom()).zip(lines.iter().enumerate()) {
                let is_last = at + 1 == room && all > room;
                let text = if is_last { format!("{} more: w", all - at) } else { line.clone() };
                let role =
                    if text.starts_with("NOT READ") || text.starts_with("NO") { Role::Danger } else { Role::Text };
                canvas.text(of_all.x + number * width + 1, y, cells, &text, role);
            }
        }
    }

    /// The title of the row under the cursor: the columns of both lists.
    fn row_title(&self) -> String {
        let Some(look) = self.look() else { return String::new() };
        match self.column_row() {
            Some(Row::Field(meaning)) => {
                let heads: Vec<&str> =
                    look.sides.iter().map(|side| side.column(meaning).map_or("(none)", |(head, _)| head)).collect();
                format!("{}: {}", meaning.words(), heads.join(" to "))
            }
            Some(Row::Word(_)) => "words of a status".to_owned(),
            Some(Row::Unread(_)) => "not read".to_owned(),
            Some(Row::Sheet) => "sheet".to_owned(),
            Some(Row::Heads) => "heads in".to_owned(),
            Some(Row::Delimiter) => "between cells".to_owned(),
            Some(Row::Encoding) => "encoding".to_owned(),
            Some(Row::Dates) => "dates".to_owned(),
            None => String::new(),
        }
    }

    fn row_keys(&self, row: Option<Row>) -> &'static str {
        match row {
            Some(Row::Field(meaning)) if self.side().is_some_and(|side| can_turn(side, meaning)) => {
                "← → day or month first   Enter another column"
            }
            Some(Row::Field(_)) => "Enter another column",
            Some(Row::Unread(_)) => "Enter says what it is",
            Some(_) => "← → changes it",
            None => "",
        }
    }

    /// The row under the cursor, of one list: what stands in the file, as what it is read, and why.
    fn draw_detail_of(&self, side: &SideLook, row: Option<Row>, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width).saturating_sub(3);
        let mut lines: Vec<(String, Role)> = Vec::new();
        if let Some(Row::Field(meaning)) = row
            && side.column(meaning).is_some()
        {
            let filled: Vec<&FirstRow> =
                side.first().iter().filter(|row| !raw(meaning, row).trim().is_empty()).take(5).collect();
            let column = |text: String| width::pad(&text, 13);
            if !filled.is_empty() {
                let raws = filled.iter().map(|row| column(raw(meaning, row))).collect::<String>();
                lines.push((format!("in the file  {raws}"), Role::Muted));
            }
            if meaning.is_date() && !filled.is_empty() {
                let read = filled.iter().map(|row| column(value(side, meaning, row, Role::Text).0)).collect::<String>();
                lines.push((format!("read as      {read}"), Role::Text));
            }
        }
        let words = self.row_words_of(side, row);
        lines.extend(width::wrap(&words, cells).into_iter().map(|line| (line, Role::Text)));
        for (y, (line, role)) in (area.y..area.bottom()).zip(lines) {
            canvas.text(area.x + 1, y, cells, &line, role);
        }
    }

    fn draw_side(
        &self,
        cx: &ViewCx<'_>,
        (at, side): (usize, &SideLook),
        area: Rect,
        labelled: bool,
        canvas: &mut Canvas<'_>,
    ) {
        let shown = if cx.frame.width >= BOTH { 1 } else { 2 };
        let grid = Grid::of(area.width, labelled, shown);
        let name = side.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let words = match (side.people(), side.side) {
            (Some(people), Side::Source) => format::counted(people, "person", "people"),
            (Some(users), Side::Destination) => format::counted(users, "user", "users"),
            (None, _) => "cannot be read yet".to_owned(),
        };
        let whose = if side.side == Side::Source { "employees" } else { "users" };
        let title = format!("{whose}: {name}");
        rule::title(canvas, Rect { height: 1, ..area }, &title, &words, at == self.columns.side);
        let heads = Rect { y: area.y + 1, height: area.height.min(2).saturating_sub(1), ..area };
        self.draw_column_heads(side, &grid, heads, labelled, canvas);
        let rows = self.column_rows();
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        let room = usize::from(list.height);
        let top = self.columns.cursor.saturating_sub(room.saturating_sub(1));
        let stale = self.columns.look.is_stale();
        for (y, (number, row)) in (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top)) {
            let line = Rect { y, height: 1, ..list };
            canvas.hit(line, Hit::Row { pane: u8::try_from(at).unwrap_or(0), row: number });
            let on = number == self.columns.cursor && at == self.columns.side;
            if on {
                canvas.select(line);
                canvas.spans(line.x, y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
            }
            let role = if stale { Role::Muted } else { Role::Text };
            self.draw_row(side, *row, &Pen { grid: &grid, line, labelled, on, role }, canvas);
        }
    }

    fn draw_column_heads(&self, side: &SideLook, grid: &Grid, area: Rect, labelled: bool, canvas: &mut Canvas<'_>) {
        if area.height == 0 {
            return;
        }
        let (x, y) = (area.x, area.y);
        if labelled {
            canvas.text(x + grid.label, y, 12, "field", Role::Muted);
        }
        canvas.text(x + grid.head, y, grid.head_cells, "column", Role::Muted);
        let words = if side.side == Side::Source { "people" } else { "users" };
        right(x + grid.people, y, words, Role::Muted, canvas);
        for ((at, cells), row) in grid.values.iter().zip(side.first()) {
            canvas.text(x + at, y, *cells, &format!("row {}", format::count(row.row)), Role::Muted);
        }
    }

    /// What stands behind sheet, heads and dates.
    pub(super) fn choice_words(&self, side: &SideLook, row: Row) -> String {
        match row {
            Row::Sheet => {
                let sheets = side.sheets();
                if sheets.is_empty() {
                    return "one list".to_owned();
                }
                let said = self.said_sheet(side.side);
                let all = if said.is_none() { "‹ all with people ›   " } else { "" };
                let one = |(name, rows, read): &(&str, u64, bool)| {
                    let chosen = said.as_deref() == Some(*name);
                    let words = format!("{name} {}", format::count(*rows));
                    match (chosen, read) {
                        (true, _) => format!("‹ {words} ›"),
                        (false, true) => words,
                        (false, false) => format!("{name}: not read"),
                    }
                };
                format!("{all}{}", sheets.iter().map(one).collect::<Vec<_>>().join("   "))
            }
            Row::Heads => {
                let said = self.said_head_row(side);
                let own = if said.is_some() { ", as you say" } else { "" };
                match (side.heads(), said) {
                    (_, Some(0)) => "‹ no row has heads › columns are A, B, C, as you say".to_owned(),
                    (None, Some(row)) => format!("‹ row {row} › is not there or blank"),
                    (None, None) => "‹ none found ›".to_owned(),
                    // Until it is read with that row.
                    (Some((row, _)), Some(said)) if said != row => format!("‹ row {said} ›{own}"),
                    (Some((row, [])), _) => format!("‹ row {row} ›{own}"),
                    (Some((row, above)), _) => {
                        let texts: Vec<String> = above.iter().take(2).map(|text| format!("`{text}`")).collect();
                        format!("‹ row {row} ›{own}; above: {}", texts.join(", "))
                    }
                }
            }
            Row::Delimiter => {
                let said = self.said_text(side.side).delimiter.map(delimiter_word);
                text_words(said, side.text().map(|(sign, _)| delimiter_word(sign)), side.sketch.is_some())
            }
            Row::Encoding => {
                let said = self.said_text(side.side).encoding.map(|encoding| encoding_word(encoding).to_owned());
                text_words(said, side.text().map(|(_, name)| name.to_owned()), side.sketch.is_some())
            }
            _ => match self.said_order(side.side, None) {
                Some(DateOrder::MonthFirst) => "‹ month first › as you say".to_owned(),
                Some(_) => "‹ day first › as you say".to_owned(),
                None if side.has_open_dates() => {
                    let each = side.reading.iter().flat_map(|reading| &reading.dates).filter(|look| look.why.is_some());
                    let each: Vec<String> =
                        each.map(|look| format!("{} {}", look.meaning.words(), order_words(look.order))).collect();
                    if each.is_empty() {
                        "‹ not told ›".to_owned()
                    } else {
                        format!("‹ as told ›   {}", each.join(", "))
                    }
                }
                None => "every date reads one way only".to_owned(),
            },
        }
    }

    /// How the list was read, in all its sentences.
    fn draw_how(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(side) = self.side() else { return };
        let name = side.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        rule::title(canvas, Rect { height: 1, ..area }, &format!("How {name} was read"), "w closes", true);
        let cells = usize::from(area.width).saturating_sub(6);
        let mut lines = side.left_out();
        if lines.is_empty() {
            lines.push(match &side.fault {
                Some(fault) => fault_words(fault),
                None => "every row is a person, and every column is read".to_owned(),
            });
        }
        if let Some(kind) = side.sketch.as_ref().map(|sketch| sketch.kind.words()) {
            lines.insert(0, kind);
        }
        let mut y = area.y + 2;
        for line in lines {
            for (number, part) in width::wrap(&line, cells).into_iter().enumerate() {
                if y >= area.bottom() {
                    return;
                }
                canvas.text(area.x + if number == 0 { 2 } else { 4 }, y, cells, &part, Role::Text);
                y += 1;
            }
        }
    }

    /// What is to be said of the row under the cursor.
    fn draw_strip(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width).saturating_sub(2);
        let mut y = area.y;
        if let Some(notice) = &self.columns.notice {
            canvas.text(area.x + 1, y, cells, &format!("! {notice}"), Role::Warn);
            y += 1;
        }
        let Some(side) = self.side() else { return };
        let fault = side.fault.as_ref().map(|fault| format!("✗ {}", fault_words(fault)));
        let words = self.row_words(side);
        let lines = fault.into_iter().chain(width::wrap(&words, cells));
        for (y, line) in (y..area.bottom()).zip(lines) {
            let role = if line.starts_with('✗') { Role::Danger } else { Role::Text };
            canvas.text(area.x + 1, y, cells, &line, role);
        }
    }

    fn row_words(&self, side: &SideLook) -> String {
        self.row_words_of(side, self.column_row())
    }

    fn row_words_of(&self, side: &SideLook, row: Option<Row>) -> String {
        let of_reading = |lead: &str| {
            let lines = side.reading.as_ref().map(crate::files::people::Reading::lines).unwrap_or_default();
            lines.into_iter().filter(|line| line.starts_with(lead)).collect::<Vec<_>>().join("; ")
        };
        match row {
            Some(Row::Field(meaning)) => {
                let Some((head, certainty)) = side.column(meaning) else {
                    return format!("{}: no column is read as it; Enter says which one is", meaning.words());
                };
                let how = match certainty {
                    Certainty::Said => "as you say",
                    Certainty::Sure => "its head says so",
                    Certainty::Likely => "by a guess: a word for it stands in its head",
                };
                let told = match date_words(side, meaning) {
                    Some(words) => words,
                    None => of_reading(&format!("{}: ", meaning.words())),
                };
                let in_file = side.first().first().filter(|_| meaning.is_date()).map(|row| raw(meaning, row));
                let shown = in_file.filter(|text| !text.is_empty()).map(|text| format!("; in the file `{text}`"));
                let told = if told.is_empty() { String::new() } else { format!(". {told}") };
                let told = match (meaning, self.is_last_first(side.side)) {
                    (Meaning::FullName, true) => format!("{told}. The last name comes first, as you say"),
                    (Meaning::FullName, false) => {
                        format!("{told}. ← → says which name comes first, where no comma does")
                    }
                    _ => told,
                };
                format!("{}: `{head}`, {how}{}{told}", meaning.words(), shown.unwrap_or_default())
            }
            Some(Row::Unread(at)) => side.unread().get(at).map_or_else(String::new, |(head, why)| {
                let values = side.other(head).filter(|_| **why != Unread::Private);
                let values = values.map(|other| other.values.join(", ")).filter(|values| !values.is_empty());
                let values = values.map(|values| format!(". Holds {values}")).unwrap_or_default();
                format!("`{head}`: {}{values}", unread_words(why))
            }),
            Some(Row::Sheet) => {
                "← → reads one sheet or all that have people; a name that says leavers is heeded".to_owned()
            }
            Some(Row::Heads) => {
                "the row that names most columns, unless you say another; what stands above it is not read".to_owned()
            }
            Some(Row::Delimiter) => {
                "the sign that most lines agree on, unless the first line names it (sep=;) or you say another"
                    .to_owned()
            }
            Some(Row::Encoding) => {
                let told = of_reading("the text ");
                let usual = "what the bytes tell: look at names with accents; ← → says another";
                if told.is_empty() { usual.to_owned() } else { told }
            }
            Some(Row::Word(at)) => match side.words().get(at) {
                Some(word) if word.is_sheet => format!(
                    "the name of {} says it of {}: {}",
                    status_word(word),
                    format::counted(word.people, "person", "people"),
                    life_words(word)
                ),
                Some(word) => format!(
                    "{} stands on {}: {}",
                    status_word(word),
                    format::counted(word.people, "person", "people"),
                    match word.life {
                        StatusMeaning::Active => "employed",
                        StatusMeaning::Over => "has left or is switched off; without a user there is nothing to do",
                        StatusMeaning::Unclear => "never linked or made unasked; ← → says what it means",
                    }
                ),
                None => "no further word in this list".to_owned(),
            },
            Some(Row::Dates) => {
                let dates = side.reading.iter().flat_map(|reading| &reading.dates);
                let told: Vec<String> = dates
                    .filter_map(|look| Some(format!("{}: {}", look.meaning.words(), date_words(side, look.meaning)?)))
                    .collect();
                if told.is_empty() { "only for dates that read both ways".to_owned() } else { told.join("; ") }
            }
            None => String::new(),
        }
    }
}

/// From this height on the row under the cursor is shown with its values, and what was left out with it.
const TALL: u16 = 28;
/// Rows that this takes: a title, the row, a title, what was left out.
const DETAIL: u16 = 13;
const DETAIL_OF_ROW: u16 = 5;

/// What is said of a text, else what was found; a workbook has neither.
fn text_words(said: Option<String>, found: Option<String>, is_open: bool) -> String {
    match (said, found) {
        (_, None) if is_open => "a workbook: none".to_owned(),
        (Some(said), _) => format!("‹ {said} › as you say"),
        (None, Some(found)) => format!("‹ {found} ›"),
        (None, None) => "not known".to_owned(),
    }
}

/// What a word of a status means, in words.
pub(super) fn life_words(word: &StatusWord) -> String {
    let means = match word.life {
        StatusMeaning::Active => "employed",
        StatusMeaning::Over => "has left",
        StatusMeaning::Unclear => "unclear",
    };
    if word.is_said { format!("‹ {means} › as you say") } else { format!("‹ {means} ›") }
}

/// The order of the dates of a field, why, and what the other order would make of them.
fn date_words(side: &SideLook, meaning: Meaning) -> Option<String> {
    let look = side.date_look(meaning)?;
    let why = why_words(look.why.as_ref()?);
    let (other, impossible) = match look.order {
        DateOrder::MonthFirst => (DateOrder::DayFirst, look.only_month_first),
        _ => (DateOrder::MonthFirst, look.only_day_first),
    };
    let other = match impossible as u64 {
        0 => format!("{} would read too", order_words(other)),
        some => format!("{}: {} would be impossible", order_words(other), format::counted(some, "date", "dates")),
    };
    Some(format!("‹ {} › {why}; {other}", order_words(look.order)))
}

/// How sure a field is: its glyph and role.
pub(super) fn mark_of(side: &SideLook, meaning: Meaning) -> (&'static str, Role) {
    let needed = match &side.fault {
        Some(Fault::NoKey) => meaning == Meaning::Id,
        Some(Fault::NoNames) => matches!(meaning, Meaning::Field(Field::FirstName | Field::LastName)),
        _ => false,
    };
    match side.column(meaning) {
        None if needed => (glyphs::FAILED, Role::Danger),
        None => ("-", Role::Muted),
        Some((_, Certainty::Sure)) => (glyphs::OK, Role::Ok),
        Some((_, Certainty::Likely)) => ("!", Role::Warn),
        Some((_, Certainty::Said)) => ("~", Role::Changed),
    }
}

/// What stands in a row as it is written.
fn raw(meaning: Meaning, row: &FirstRow) -> String {
    match meaning {
        Meaning::Id => row.key.clone(),
        Meaning::Field(field) => row.get(field).to_owned(),
        Meaning::FullName => format!("{} {}", row.get(Field::FirstName), row.get(Field::LastName)).trim().to_owned(),
        Meaning::ValidFrom => row.valid_from.clone(),
        _ => String::new(),
    }
}

/// What is read of a row.
pub(super) fn value(side: &SideLook, meaning: Meaning, row: &FirstRow, role: Role) -> (String, Role) {
    let text = raw(meaning, row);
    if text.trim().is_empty() {
        let words = if matches!(meaning, Meaning::Flag(_) | Meaning::NamePrefix) { "" } else { "(blank)" };
        return (words.to_owned(), Role::Muted);
    }
    let day = if meaning.is_date() { side.day(meaning, &text) } else { None };
    (day.map_or(text, format::day_long), role)
}

/// Text that ends at a column.
fn right(edge: u16, y: u16, text: &str, role: Role, canvas: &mut Canvas<'_>) {
    let cells = u16::try_from(width::width(text)).unwrap_or(0);
    canvas.text(edge.saturating_sub(cells), y, usize::from(cells), text, role);
}
