//! The table of a card: a field, both values, what it weighs and where the total stands after it.

use ratatui::layout::Rect;

use super::data::{Choice, Line, Mark, Words};
use super::state::Review;
use crate::console::app::layout::Width;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::Lens;
use crate::console::widgets::waterfall::{Axis, printed};
use crate::console::widgets::{Canvas, Hit, Span};

/// Probability of the mark on the axis where nothing is linked without an operator.
const MARK: f64 = 0.99;

/// Where the columns of the table stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    source: u16,
    source_cells: usize,
    glyph: u16,
    destination: u16,
    destination_cells: usize,
    /// Right edges; 0 where it has no room.
    bits: u16,
    total: Option<u16>,
    axis: Option<(u16, bool)>,
}

impl Columns {
    /// As drawn at 80 and at 140 columns; what is wider goes to both values. Where the values of `choice` are longer, bars and then
    /// weights give way to them.
    pub fn of(area: Rect, choice: &Choice) -> Self {
        let columns = area.width;
        let longest = |value: fn(&Line) -> &str| {
            let cells = choice.lines.iter().filter(|line| line.stays).map(|line| width::width(value(line)));
            u16::try_from(cells.max().unwrap_or(0)).unwrap_or(u16::MAX)
        };
        let needs = (longest(|line| &line.source), longest(|line| &line.destination));
        let (label, least, tails): (u16, (u16, u16), &[Tail]) = match Width::of(columns) {
            Width::Narrow => (14, (0, 0), &[Tail::Bits, Tail::None]),
            Width::Wide | Width::Extra => (15, (28, 28), &[Tail::Wide, Tail::Bars, Tail::Bits]),
            _ => (14, (20, 21), &[Tail::Bars, Tail::Bits]),
        };
        let room = |tail: Tail| columns.saturating_sub(label + 3 + tail.cells());
        let fits = |tail: &&Tail| room(**tail) >= needs.0.saturating_add(needs.1);
        // Where nothing fits all, the bars are worth nothing more.
        let tail = tails.iter().find(fits).or_else(|| tails.last()).copied().unwrap_or(Tail::None);
        let (source, destination) = split(room(tail), needs, least);
        let at = area.x + label;
        let glyph = at + source + 1;
        let value = glyph + 2;
        let end = value + destination;
        let (bits, total, axis) = match tail {
            Tail::None => (0, None, None),
            Tail::Bits => (end + 7, None, None),
            Tail::Bars => (end + 5, None, Some((end + 7, false))),
            Tail::Wide => (end + 5, Some(end + 12), Some((end + 14, true))),
        };
        Self {
            source: at,
            source_cells: usize::from(source),
            glyph,
            destination: value,
            destination_cells: usize::from(destination),
            bits,
            total,
            axis,
        }
    }
}

/// What stands at the right of both values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    None,
    Bits,
    /// Bits and bars of half a cell for each.
    Bars,
    /// Bits, totals, bars of two cells for each bit.
    Wide,
}

impl Tail {
    fn cells(self) -> u16 {
        match self {
            Tail::None => 0,
            Tail::Bits => 8,
            Tail::Bars => 22,
            Tail::Wide => 66,
        }
    }
}

/// Cells of both values: half each, but what one does not need the other has.
fn split(room: u16, needs: (u16, u16), least: (u16, u16)) -> (u16, u16) {
    let half = room / 2;
    let source = match (needs.0 <= half, needs.1 <= room - half) {
        (true, false) => needs.0.max(room.saturating_sub(needs.1)),
        (false, true) => needs.0.min(room.saturating_sub(needs.1)),
        _ => half,
    };
    // As drawn, where there is room for it: at most 60 cells more than that.
    let extra = room.saturating_sub(least.0 + least.1).min(60);
    let drawn = least.0 + extra / 2;
    let drawn_fits = least.0 > 0 && drawn >= needs.0 && least.1 + extra - extra / 2 >= needs.1;
    if drawn_fits { (drawn, least.1 + extra - extra / 2) } else { (source, room - source) }
}

/// What stands in the right half of a line.
struct Weight {
    bits: Option<f64>,
    before: f64,
    after: f64,
}

/// A person beside a candidate, for whoever draws a card.
pub(in crate::console::screens) struct CardTable<'a> {
    pub words: &'a Words,
    /// What the destination is to carry for the person.
    pub identifier: &'a str,
    pub choice: &'a Choice,
    /// Which candidate of how many, from 1.
    pub place: (usize, usize),
    /// The line under the cursor.
    pub field: usize,
    /// Probability of the mark on the axis; nothing where there is no limit.
    pub threshold: Option<f64>,
    /// What stands behind the total.
    pub verdict: String,
}

impl Review {
    pub(super) fn draw_table(&self, choice: &Choice, area: Rect, canvas: &mut Canvas<'_>) {
        let (Some(queue), Some(card)) = (self.queue(), self.card()) else { return };
        let verdict = match queue.auto_link {
            Some(limit) if choice.probability >= limit => "auto-link would take it",
            Some(_) => "below auto-link",
            None => "auto-link is off",
        };
        let table = CardTable {
            words: &queue.words,
            identifier: &card.identifier,
            choice,
            place: (self.choice + 1, card.choices.len()),
            field: self.field,
            threshold: queue.auto_link,
            verdict: verdict.to_owned(),
        };
        table.draw(area, canvas);
    }
}

impl CardTable<'_> {
    /// Lines that the table of a candidate takes with its head.
    pub fn rows(choice: &Choice) -> usize {
        let extra = 1 + usize::from(choice.prior.is_some()) + usize::from(choice.rival.is_some());
        choice.lines.len() + 2 + extra
    }

    /// Lines without which there is no table: who they are, one more field, and how sure it is.
    pub fn least_rows(choice: &Choice) -> u16 {
        let stay = choice.lines.iter().filter(|line| line.stays).count();
        let more = usize::from(choice.lines.len() > stay);
        u16::try_from(stay + more + 1).unwrap_or(u16::MAX)
    }

    /// Draws it, as much of it as there is room for.
    pub fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let choice = self.choice;
        let columns = Columns::of(area, choice);
        let weights = weights(choice);
        let totals = running(&weights);
        let threshold = self.threshold.unwrap_or(MARK);
        let limit = (threshold / (1.0 - threshold)).log2();
        let axis = columns.axis.map(|(x, wide)| (x, Axis::new(&totals, wide, Some(limit).filter(|l| l.is_finite()))));
        let shown = Shown::of(choice, area.height, self.field);
        let mut y = area.y;
        if shown.heads {
            self.draw_heads(y, &columns, axis.as_ref(), threshold, canvas);
            y += 1;
        }
        if shown.identifier {
            self.draw_identifier(area, &columns, y, canvas);
            y += 1;
        }
        let mut steps = weights.iter().zip(&totals);
        let mut before = 0.0;
        let mut next = |canvas: &mut Canvas<'_>, y: u16, weighed: bool| {
            let weight = if weighed { steps.next() } else { None };
            let (bits, after) = weight.map_or((None, before), |(bits, total)| (Some(*bits), *total));
            draw_weight(&Weight { bits, before, after }, &columns, axis.as_ref(), y, canvas);
            before = after;
        };
        // What is not shown still weighs: the total has to add up.
        if let Some(prior) = choice.prior {
            if shown.before {
                draw_prior(prior, area, &columns, y, canvas);
            }
            next(canvas, if shown.before { y } else { u16::MAX }, true);
            y += u16::from(shown.before);
        }
        for (place, line) in choice.lines.iter().enumerate() {
            let is_shown = shown.has(choice, place);
            let row = if is_shown { y } else { u16::MAX };
            if is_shown {
                self.draw_line(line, place, area, &columns, y, canvas);
                y += 1;
            }
            next(canvas, row, line.bits.is_some());
        }
        if let Some((words, _)) = choice.rival.as_ref().filter(|_| shown.rival) {
            canvas.text(area.x + 3, y, 11, "rival", Role::Muted);
            // A name is longer than one column.
            let cells = usize::from(columns.destination - columns.source) + columns.destination_cells;
            let long = width::width(words) > columns.destination_cells;
            let (x, cells) =
                if long { (columns.source, cells) } else { (columns.destination, columns.destination_cells) };
            canvas.text(x, y, cells, words, Role::Text);
            next(canvas, y, true);
        }
        self.draw_together(area, &columns, totals.last().copied(), area.bottom().saturating_sub(1), canvas);
    }

    fn draw_heads(
        &self,
        y: u16,
        columns: &Columns,
        axis: Option<&(u16, Axis)>,
        threshold: f64,
        canvas: &mut Canvas<'_>,
    ) {
        let (words, (place, number)) = (self.words, self.place);
        canvas.text(columns.source, y, columns.source_cells, &format!("in {}", words.source), Role::Muted);
        let long = format!("in {}, candidate {place} of {number}", words.destination);
        let short = format!("in {}, {place} of {number}", words.destination);
        let words = if width::width(&long) <= columns.destination_cells { long } else { short };
        canvas.text(columns.destination, y, columns.destination_cells, &words, Role::Muted);
        right(columns.bits, y, "bits", Role::Muted, canvas);
        if let Some(total) = columns.total {
            right(total, y, "total", Role::Muted, canvas);
        }
        if let Some((x, axis)) = axis {
            let words = format!("{} %", (threshold * 100.0).floor());
            canvas.text(*x, y, axis.cells(), axis.scale(&words).trim_end(), Role::Muted);
        }
    }

    fn draw_identifier(&self, area: Rect, columns: &Columns, y: u16, canvas: &mut Canvas<'_>) {
        let choice = self.choice;
        canvas.text(area.x + 3, y, 11, &self.words.identifier, Role::Text);
        canvas.text(columns.source, y, columns.source_cells, self.identifier, Role::Text);
        let state = if choice.status.is_empty() { "gone" } else { choice.status.as_str() };
        let held = choice.identifier.as_deref().unwrap_or("(empty)");
        let long = format!("{held}   user {}, {state}", choice.user);
        let short = format!("{held}, {} {state}", choice.user);
        let words = if width::width(&long) <= columns.destination_cells { long } else { short };
        let role = if choice.active { Role::Text } else { Role::Warn };
        canvas.text(columns.destination, y, columns.destination_cells, &words, role);
    }

    fn draw_line(&self, line: &Line, place: usize, area: Rect, columns: &Columns, y: u16, canvas: &mut Canvas<'_>) {
        let on_cursor = place == self.field;
        let row = Rect::new(area.x, y, area.width, 1);
        canvas.hit(row, Hit::Row { pane: 0, row: place });
        if on_cursor {
            canvas.select(row);
            canvas.spans(area.x, y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
        }
        let (role, glyph) = match line.mark {
            Mark::Equal => (Role::Match, "="),
            Mark::Almost => (Role::Changed, "~"),
            Mark::Differs => (Role::Mismatch, glyphs::DIFFERS),
            Mark::Missing => (Role::Muted, " "),
        };
        let text = if line.mark == Mark::Equal { Role::Muted } else { Role::Text };
        let label_cells = usize::from(columns.source.saturating_sub(area.x + 4));
        canvas.spans(area.x + 3, y, label_cells, &[Span::new(line.label.clone(), Role::Text)], on_cursor);
        canvas.spans(columns.glyph, y, 1, &[Span::new(glyph, role)], on_cursor);
        let lens = Lens::new(&line.source, &line.destination);
        // Where nothing is alike, underlining everything would only shout.
        let compared = matches!(line.mark, Mark::Almost | Mark::Differs)
            && !lens.is_elsewhere()
            && lens.reason != "different words";
        let (left, right) = if compared {
            (lens.left_spans(text), lens.right_spans(text))
        } else {
            let none = if line.stays { "(none)" } else { "-" };
            let value = |text_: &str| vec![Span::new(if text_.is_empty() { none } else { text_ }, text)];
            (value(&line.source), value(&line.destination))
        };
        cut(columns.source, y, columns.source_cells, &left, on_cursor, canvas);
        cut(columns.destination, y, columns.destination_cells, &right, on_cursor, canvas);
    }

    fn draw_together(&self, area: Rect, columns: &Columns, total: Option<f64>, y: u16, canvas: &mut Canvas<'_>) {
        let choice = self.choice;
        let sure =
            if choice.probability > 0.0 { format::percent(choice.probability) } else { "not weighed".to_owned() };
        let odds = format::odds(choice.probability);
        let bits = total.map(format::bits).unwrap_or_default();
        match (columns.total, columns.axis) {
            (Some(edge), Some((x, _))) => {
                canvas.text(columns.destination, y, columns.destination_cells, "together", Role::Text);
                right(edge, y, &bits, Role::Text, canvas);
                let odds = odds.map(|odds| format!(", {odds}")).unwrap_or_default();
                let cells = usize::from(area.right().saturating_sub(x));
                canvas.text(x, y, cells, &format!("{sure}{odds}; {}", self.verdict), Role::Text);
            }
            _ => {
                canvas.text(area.x + 3, y, 11, "together", Role::Text);
                let odds = odds.map(|odds| format!(", {}", odds.trim_start_matches("about "))).unwrap_or_default();
                canvas.text(columns.source, y, columns.source_cells, &format!("{sure}{odds}"), Role::Text);
                right(columns.bits, y, &bits, Role::Text, canvas);
            }
        }
    }
}

/// What of the table has room.
#[derive(Clone, Copy, Debug)]
struct Shown {
    heads: bool,
    identifier: bool,
    before: bool,
    rival: bool,
    /// The window of the fields that do not stay, by their places among those.
    first: usize,
    room: usize,
}

impl Shown {
    /// Who they are and how sure it is always stand. Then heads and identifier, the other fields, the rival, what is known before.
    fn of(choice: &Choice, height: u16, field: usize) -> Self {
        let stay = choice.lines.iter().filter(|line| line.stays).count();
        let others = choice.lines.len() - stay;
        let mut left = usize::from(height).saturating_sub(stay + 1);
        let mut take = |rows: usize| {
            let taken = rows.min(left);
            left -= taken;
            taken
        };
        let one = take(others.min(1));
        let heads = take(1) == 1;
        let identifier = take(1) == 1;
        let room = one + take(others - others.min(1));
        let rival = choice.rival.is_some() && take(1) == 1;
        let before = choice.prior.is_some() && take(1) == 1;
        let at = choice.lines.iter().take(field).filter(|line| !line.stays).count();
        let on_other = choice.lines.get(field).is_some_and(|line| !line.stays);
        let at = if on_other { at } else { 0 };
        let first = (at + 1).saturating_sub(room.max(1)).min(others.saturating_sub(room));
        Self { heads, identifier, before, rival, first, room }
    }

    fn has(&self, choice: &Choice, place: usize) -> bool {
        let Some(line) = choice.lines.get(place) else { return false };
        let at = choice.lines.iter().take(place).filter(|line| !line.stays).count();
        line.stays || (self.first..self.first + self.room).contains(&at)
    }
}

/// How rare a match is before anything is compared.
fn draw_prior(prior: f64, area: Rect, columns: &Columns, y: u16, canvas: &mut Canvas<'_>) {
    canvas.text(area.x + 3, y, 11, "before", Role::Muted);
    let pair = format::count((-prior).exp2().round().min(1e15) as i64);
    let long = format!("1 pair in {pair} is a match");
    let words = if width::width(&long) <= columns.destination_cells { long } else { format!("1 pair in {pair}") };
    canvas.text(columns.destination, y, columns.destination_cells, &words, Role::Muted);
}

/// Weights of everything that was weighed, in the order of the table, so that the printed figures add up.
fn weights(choice: &Choice) -> Vec<f64> {
    let mut weights: Vec<f64> = choice.prior.into_iter().collect();
    weights.extend(choice.lines.iter().filter_map(|line| line.bits));
    weights.extend(choice.rival.as_ref().map(|(_, bits)| *bits));
    printed(&weights)
}

fn running(weights: &[f64]) -> Vec<f64> {
    let mut total = 0.0;
    weights
        .iter()
        .map(|bits| {
            total += bits;
            total
        })
        .collect()
}

fn draw_weight(weight: &Weight, columns: &Columns, axis: Option<&(u16, Axis)>, y: u16, canvas: &mut Canvas<'_>) {
    if y == u16::MAX {
        return;
    }
    if let Some(bits) = weight.bits {
        right(columns.bits, y, &format::bits(bits), Role::Text, canvas);
        if let Some(total) = columns.total {
            right(total, y, &format::bits(weight.after), Role::Muted, canvas);
        }
    }
    if let Some((x, axis)) = axis {
        canvas.spans(*x, y, axis.cells(), &axis.bar(weight.before, weight.after), false);
    }
}

/// Text that ends at a column; there is none at the left edge.
fn right(edge: u16, y: u16, text: &str, role: Role, canvas: &mut Canvas<'_>) {
    if edge == 0 {
        return;
    }
    let cells = width::width(text);
    canvas.text(edge.saturating_sub(u16::try_from(cells).unwrap_or(0)), y, cells, text, role);
}

/// Spans in a column: a value that does not fit ends in `…`.
fn cut(x: u16, y: u16, cells: usize, spans: &[Span], selected: bool, canvas: &mut Canvas<'_>) {
    let whole: usize = spans.iter().map(Span::width).sum();
    if whole <= cells {
        canvas.spans(x, y, cells, spans, selected);
        return;
    }
    let mut left = cells.saturating_sub(1);
    let mut kept: Vec<Span> = Vec::new();
    for span in spans {
        let mut text = String::new();
        for grapheme in width::graphemes(&span.text) {
            let wide = width::width(grapheme);
            if wide > left {
                left = 0;
                break;
            }
            left -= wide;
            text.push_str(grapheme);
        }
        kept.push(Span { text, ..span.clone() });
        if left == 0 {
            break;
        }
    }
    kept.push(Span::new(glyphs::ELLIPSIS, Role::Muted));
    canvas.spans(x, y, cells, &kept, selected);
}
