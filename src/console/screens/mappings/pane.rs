//! What stands beside the list, or below it in a strip: the lens, what accepting would do, and for whom.

use ratatui::layout::Rect;

use super::data::{CellWhatIf, Fate, Line, Sheet, Tab, ValueFacts, ValueState, Who};
use super::lens_view::paragraph;
use super::list::{SPLIT, areas, marked};
use super::state::{DETAIL, Mappings};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::keys::Action;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::lens::{Lens, show_blanks};
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::operation::OperationKind;

/// Rows of the figures, with their title.
const FIGURES: u16 = 8;

/// Rows of the parts of the detail, each with its title and the blank below: lens, names, what is left.
fn blocks(height: u16) -> (u16, u16, u16) {
    let (lens, after) = match height {
        31.. => (9, 5),
        26..31 => (7, 0),
        _ => (0, 0),
    };
    (lens, height.saturating_sub(lens + FIGURES + after), after)
}

/// Names that the pane shows at once.
pub(super) fn people_rows(body: Rect) -> usize {
    let height = areas(body).detail.map_or(body.height, |detail| detail.height);
    usize::from(blocks(height).1.saturating_sub(3)).max(1)
}

/// The glyph and word of what becomes of a person.
fn fate(fate: Fate) -> (Role, &'static str) {
    let of = |kind: OperationKind| (Role::of(kind), kind.words());
    match fate {
        Fate::Create => of(OperationKind::Create),
        Fate::Update => of(OperationKind::Update),
        Fate::Link => of(OperationKind::Link),
        Fate::Other => (Role::Changed, "change"),
        Fate::Unchanged => (Role::Match, "agrees"),
        Fate::Review => (Role::Open, "review"),
        Fate::Break => (Role::Danger, "break"),
    }
}

impl Mappings {
    pub(super) fn draw_detail(&self, cx: &ViewCx<'_>, sheet: &Sheet, area: Rect, canvas: &mut Canvas<'_>) {
        canvas.hit(area, Hit::Pane(DETAIL));
        let focused = self.focus.is(DETAIL);
        let line = |y: u16| Rect { y: area.y + y, height: u16::from(y < area.height), ..area };
        let Some(value) = self.line().filter(|_| sheet.tab != Tab::FieldMap) else {
            rule::title(canvas, line(0), "Difference lens", "", false);
            return;
        };
        let (lens, names, after) = blocks(area.height);
        if lens > 0 {
            rule::title(canvas, line(0), "Difference lens", "", false);
            self.draw_lens(sheet, value, Rect { y: area.y + 1, height: lens - 2, ..area }, canvas);
        }
        let part = |at: u16, height: u16| {
            let at = at.min(area.height);
            Rect { y: area.y + at, height: height.min(area.height - at), ..area }
        };
        self.draw_figures(cx, sheet, value, part(lens, FIGURES - 1), canvas);
        self.draw_names(part(lens + FIGURES, names.saturating_sub(1)), focused, canvas);
        self.draw_after(sheet, value, part(area.height - after, after), canvas);
    }

    /// What accepting would do, or how the value stands.
    fn draw_figures(&self, cx: &ViewCx<'_>, sheet: &Sheet, line: &Line, area: Rect, canvas: &mut Canvas<'_>) {
        let title = Rect { height: 1.min(area.height), ..area };
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let Some(wanted) = &self.wanted else {
            rule::title(canvas, title, "How it stands", &people(line.people), false);
            self.draw_standing(cx, sheet, line, below, canvas);
            return;
        };
        let words = match (&self.editing, self.compared(line)) {
            (Some(_), Some((_, other))) => format!("If it becomes {other}"),
            _ if self.editing.is_some() => "If it becomes a new one".to_owned(),
            _ => "If you accept this".to_owned(),
        };
        let Some(what_if) = self.shown_what_if() else {
            rule::title(canvas, title, &words, "", false);
            paragraph(&format!("working it out for {} …", people(line.people.max(1))), below, canvas);
            return;
        };
        debug_assert_eq!(&what_if.cell, wanted);
        rule::title(canvas, title, &words, &people(u64::from(what_if.people())), false);
        let lines = figures(what_if);
        let digits = lines.iter().map(|(_, count, ..)| format::count(*count).len()).max().unwrap_or(2).max(2);
        for (at, (role, count, word, note)) in (0u16..).zip(lines) {
            if at >= below.height {
                break;
            }
            let words = format!("{:>digits$} {:<12}{note}", format::count(count), word);
            marked(canvas, below.x + 2, below.y + at, usize::from(area.width).saturating_sub(3), role, &words);
        }
    }

    fn draw_standing(&self, cx: &ViewCx<'_>, sheet: &Sheet, line: &Line, area: Rect, canvas: &mut Canvas<'_>) {
        let key = |action| cx.bindings.shown(action);
        let blocked = format!("{} cannot be synced because of it.", people(line.blocked));
        let words = match line.state {
            ValueState::Unmapped => {
                let create = if sheet.no_new.is_none() {
                    format!(", {} makes a new one", key(Action::New))
                } else {
                    String::new()
                };
                format!("{blocked} {} picks a {}{create}.", key(Action::Edit), sheet.word.0)
            }
            ValueState::Archived | ValueState::Gone | ValueState::Doubled => {
                format!("{blocked} {} picks another {}.", key(Action::Edit), sheet.word.0)
            }
            ValueState::Created => format!("The next applied plan makes it in {} first.", sheet.destination),
            ValueState::Verbatim => "Verbatim: no row is needed.".to_owned(),
            ValueState::Nothing => "Nothing is sent for it.".to_owned(),
            ValueState::Default => format!("No row: {} decides.", sheet.destination),
            ValueState::Mapped | ValueState::Suggested => String::new(),
        };
        paragraph(&words, area, canvas);
        let used = if words.is_empty() { 0 } else { u16::try_from(words.len()).unwrap_or(0) / (area.width - 3) + 2 };
        let facts = self.facts.as_ref().filter(|facts| facts.value == line.value);
        for (at, (when, by, what)) in (used..area.height).zip(facts.map(|f| f.history.as_slice()).unwrap_or_default()) {
            let words = format!("{} {by} {what}", format::moment(*when, cx.now.wall, &cx.zone()));
            marked(canvas, area.x + 2, area.y + at, usize::from(area.width) - 3, Role::Changed, &words);
        }
    }

    /// More people carry the value than are named so far.
    fn is_reading_names(&self) -> bool {
        self.wanted.is_none() && self.facts.as_ref().is_some_and(|facts| !facts.whole)
    }

    fn draw_names(&self, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
        let (names, with_fate): (&[Who], bool) = match (&self.wanted, self.shown_what_if(), &self.facts) {
            (Some(_), Some(what_if), _) => (&what_if.who, true),
            (None, _, Some(ValueFacts { people, value, .. })) if Some(value) == self.table.cursor() => (people, false),
            _ => (&[], true),
        };
        if area.height < 2 {
            return;
        }
        let rows = usize::from(area.height) - 2;
        let cursor = self.people.cursor_index().unwrap_or(0);
        let first = self.people.window().start.min(names.len().saturating_sub(rows));
        let last = (first + rows).min(names.len());
        let right = match names.len() {
            _ if self.is_reading_names() => "reading the people".to_owned(),
            0 => String::new(),
            all => format!("{}-{} of {}", first + 1, last, format::count(all)),
        };
        let title = if with_fate { "Who" } else { "Who has it" };
        rule::title(canvas, Rect { height: 1, ..area }, title, &right, focused);
        let cells = usize::from(area.width);
        for (y, (at, who)) in (area.y + 1..).zip(names.iter().enumerate().skip(first).take(rows)) {
            let (role, word) = fate(who.fate);
            let selected = focused && at == cursor;
            let lead = if with_fate { format!(" {word:<7} ") } else { String::new() };
            let name = width::pad(&who.name, 19);
            let spans = [
                Span::new(if selected { glyphs::CURSOR } else { " " }, Role::Accent),
                Span::new(if with_fate { format!(" {}", role.glyph()) } else { " ".to_owned() }, role),
                Span::new(lead, Role::Text),
                Span::new(format!("{name} "), Role::Text),
                Span::new(who.branch.clone(), Role::Muted),
            ];
            let row = Rect::new(area.x, y, area.width, 1);
            if selected {
                canvas.select(row);
            }
            canvas.spans(area.x, y, cells - 1, &spans, selected);
            canvas.hit(row, Hit::Row { pane: DETAIL, row: at });
        }
        if last < names.len() {
            let more = format!("{} more      Tab, then PgDn", format::count(names.len() - last));
            let words = if focused { format!("{} more      PgDn", format::count(names.len() - last)) } else { more };
            canvas.text(area.x + 4, area.bottom() - 1, cells - 5, &words, Role::Muted);
        }
    }

    /// What the table blocks then: every other open value.
    fn draw_after(&self, sheet: &Sheet, line: &Line, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height < 2 {
            return;
        }
        let left: Vec<&Line> = sheet
            .lines
            .iter()
            .filter(|other| other.blocked > 0 && (self.wanted.is_none() || other.value != line.value))
            .collect();
        let blocked: u64 = left.iter().map(|line| line.blocked).sum();
        let title = match &self.wanted {
            Some(_) => format!("After this, the table blocks {}", format::count(blocked)),
            None => format!("The table blocks {}", format::count(blocked)),
        };
        rule::title(canvas, Rect { height: 1, ..area }, &title, "", false);
        let words: Vec<String> =
            left.iter().map(|line| format!("{} {}", show_blanks(&line.value), format::count(line.blocked))).collect();
        let below = Rect { x: area.x + 2, y: area.y + 1, width: area.width - 2, height: area.height - 1 };
        paragraph(&if words.is_empty() { "nobody".to_owned() } else { words.join(", ") }, below, canvas);
    }

    /// The strip of narrow windows: the essence in up to four lines.
    pub(super) fn draw_strip(&self, cx: &ViewCx<'_>, sheet: &Sheet, area: Rect, canvas: &mut Canvas<'_>) {
        if area.height == 0 || sheet.tab == Tab::FieldMap {
            return;
        }
        let title = Rect { height: 1, ..area };
        let Some(line) = self.line() else { return };
        let value = show_blanks(&line.value);
        let words = match (&self.wanted, self.compared(line)) {
            (Some(_), Some((_, other))) => format!("{value}: if it becomes {}", show_blanks(&other)),
            (Some(_), None) => format!("{value}: if it becomes a new {}", sheet.word.0),
            (None, _) => format!("{value}: {}, {}", line.state.word(), people(line.people)),
        };
        rule::title(canvas, title, &words, "", false);
        let cells = usize::from(area.width) - 3;
        let row = |at: u16| (at < area.height).then_some(area.y + at);
        match (&self.wanted, self.shown_what_if()) {
            (Some(_), Some(what_if)) => self.strip_figures(what_if, area, canvas),
            (Some(_), None) => {
                if let Some(y) = row(1) {
                    canvas.text(area.x + 2, y, cells, "working it out …", Role::Muted);
                }
            }
            (None, _) => {
                let below = Rect { y: area.y + 1, height: area.height.saturating_sub(2).min(2), ..area };
                self.draw_standing(cx, sheet, line, below, canvas);
            }
        }
        if let (Some(y), Some((value, other))) = (row(3), self.compared(line)) {
            let lens = Lens::new(value, &other);
            let wide = width::width(value) + width::width(&other) + width::width(&lens.reason);
            let fixed = width::width(&sheet.source) + width::width(&sheet.destination) + 4;
            let (lead, gap) = if wide + fixed + 19 <= cells { ("lens   ", "      ") } else { ("", "   ") };
            let mut spans = vec![Span::new(format!("{lead}{}  ", sheet.source), Role::Muted)];
            spans.extend(lens.left_spans(Role::Text));
            spans.push(Span::new(format!("{gap}{}  ", sheet.destination), Role::Muted));
            spans.extend(lens.right_spans(Role::Text));
            spans.push(Span::new(format!("{gap}{}", lens.reason), Role::Text));
            canvas.spans(area.x + 1, y, cells, &spans, false);
        }
    }

    fn strip_figures(&self, what_if: &CellWhatIf, area: Rect, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width) - 3;
        let kinds: Vec<String> = kinds(what_if).into_iter().map(|(count, word)| format!("{count} {word}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
        let (mails, short) = match what_if.welcome_mails {
            0 => (String::new(), String::new()),
            one => (format!(" ({})", mails(one)), format!(" ({one:+} mails)")),
        };
        let (change, breaks) = (format!(" {} change", what_if.change), format!(" {} break", what_if.breaks));
        let rest = 10 + change.len() + breaks.len();
        let unblocked = format!("{} unblocked", what_if.unblocked);
        let tries = [format!("{kinds}{mails}"), format!("{kinds}{short}"), kinds, String::new()];
        let fits = tries.into_iter().find(|words| 2 + unblocked.len() + words.len() + rest <= cells);
        let spans = [
            Span::new("+ ", Role::Added),
            Span::new(format!("{unblocked}{}", fits.unwrap_or_default()), Role::Text),
            Span::new("    ~", Role::Changed),
            Span::new(format!("{change}    "), Role::Text),
            Span::new(glyphs::FAILED, Role::Danger),
            Span::new(breaks, Role::Text),
        ];
        if area.height > 1 {
            canvas.spans(area.x + 2, area.y + 1, cells, &spans, false);
        }
        for (at, who) in what_if.who.iter().take(2).enumerate().filter(|_| area.height > 2) {
            let (_, word) = fate(who.fate);
            let place = if who.branch.is_empty() { who.name.clone() } else { format!("{}, {}", who.name, who.branch) };
            let x = area.x + if at == 0 { 4 } else { 2 + area.width / 2 + 4 };
            canvas.text(x, area.y + 2, usize::from(area.width / 2) - 5, &format!("{word}  {place}"), Role::Text);
        }
    }

    /// Whether the detail takes the list's place: in narrow windows, when it has the keys.
    pub(super) fn detail_alone(&self, cx: &ViewCx<'_>) -> bool {
        self.focus.is(DETAIL) && (cx.frame.width < SPLIT || self.finder.is_open() || self.focus.zoomed().is_some())
    }
}

fn people(count: u64) -> String {
    format::counted(count, "person", "people")
}

fn mails(count: i64) -> String {
    let more = format::counted(count.unsigned_abs(), "welcome mail", "welcome mails");
    if count < 0 { format!("{more} fewer") } else { more }
}

/// What becomes of those who go on: `29 update`.
fn kinds(what_if: &CellWhatIf) -> Vec<(u32, &'static str)> {
    let all = [
        (what_if.updates, "update"),
        (what_if.creates, "create"),
        (what_if.links, "link"),
        (what_if.others, "other"),
        (what_if.unchanged, "agree"),
        (what_if.review, "review"),
    ];
    all.into_iter().filter(|(count, _)| *count > 0).collect()
}

/// The lines of the pane: role, count, word, note.
fn figures(what_if: &CellWhatIf) -> Vec<(Role, u32, &'static str, String)> {
    let now = if what_if.unblocked > 0 { "now: cannot be synced" } else { "" };
    let mut lines = vec![(Role::Added, what_if.unblocked, "unblocked", now.to_owned())];
    for (count, word) in kinds(what_if) {
        let note = match word {
            "update" => what_if.fields.clone(),
            "create" if what_if.welcome_mails != 0 => mails(what_if.welcome_mails),
            "agree" => "nothing to write".to_owned(),
            "review" => "may already have a user".to_owned(),
            _ => String::new(),
        };
        lines.push((Role::Text, count, word, note));
    }
    let moved = if what_if.change == 0 { "nobody mapped today is moved" } else { "mapped today" };
    lines.push((Role::Changed, what_if.change, "change", moved.to_owned()));
    let breaks = if what_if.breaks == 0 { "" } else { "could be synced before" };
    lines.push((Role::Danger, what_if.breaks, "break", breaks.to_owned()));
    lines
}
