//! What the screen Settings looks like (SCREENS 7.13).

use ratatui::layout::Rect;

use super::data::Form;
use super::fields::{Item, Key, Kind, Section, beside_saved, cannot, changed_in};
use super::state::SettingsScreen;
use crate::console::app::header::with_glyph;
use crate::console::app::{Remote, ViewCx};
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};
use crate::domain::snapshot::Side;

/// Cells of the list of sections, and of a field's label.
const SECTIONS: u16 = 20;
const LABEL: u16 = 22;

/// One line of the form.
struct Row {
    label: String,
    changed: bool,
    value: Vec<Span>,
    right: String,
    /// Which stop of the cursor it is.
    stop: Option<usize>,
    /// The text field stands here.
    edit: bool,
}

impl Row {
    fn note(text: String, role: Role) -> Self {
        let value = vec![Span::new(text, role)];
        Self { label: String::new(), changed: false, value, right: String::new(), stop: None, edit: false }
    }
}

impl SettingsScreen {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(form) = self.form() else {
            rule::title(canvas, area, "Settings", "", true);
            let lines = match &self.form {
                Remote::Failed(problem, _) => problem.lines(),
                _ => vec!["reading the settings …".to_owned()],
            };
            for (y, line) in (area.y + 2..area.bottom()).zip(lines) {
                canvas.text(area.x + 1, y, usize::from(area.width.saturating_sub(2)), &line, Role::Text);
            }
            return;
        };
        self.draw_sections(form, Rect { width: SECTIONS.min(area.width), ..area }, canvas);
        canvas.vertical(area.x + SECTIONS, area.y, area.height, glyphs::BAR_VERTICAL, Role::Muted);
        let x = area.x + SECTIONS + 1;
        let pane = Rect { x, width: area.right().saturating_sub(x), ..area };
        let below = self.rows_below(form, pane);
        let top = Rect { height: pane.height.saturating_sub(below), ..pane };
        self.draw_form(form, top, canvas);
        let rest = Rect { y: top.bottom(), height: below, ..pane };
        if below == 0 {
        } else if self.section == Section::Credentials {
            self.draw_test(cx, form, rest, canvas);
        } else if self.section == Section::Matching && self.changed().is_empty() {
            self.draw_proposed(rest, canvas);
        } else if self.changed().is_empty() {
            self.draw_cannot(form, rest, canvas);
        } else {
            self.draw_what_if(cx, form, rest, canvas);
        }
    }

    fn draw_sections(&self, form: &Form, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, area, "Sections", "", false);
        for ((row, section), y) in self.sections().into_iter().enumerate().zip(area.y + 1..area.bottom()) {
            let active = section == self.section;
            let word = if active { format!("‹ {} ›", section.word()) } else { format!("  {}", section.word()) };
            let role = if active { Role::Focus } else { Role::Text };
            canvas.text(area.x + 1, y, usize::from(area.width - 2), &word, role);
            if !changed_in(section, form, &self.draft).is_empty() {
                canvas.text(area.x, y, 1, Role::Changed.glyph(), Role::Changed);
            }
            canvas.hit(Rect { y, height: 1, ..area }, Hit::Row { pane: 0, row });
        }
    }

    fn draw_form(&self, form: &Form, area: Rect, canvas: &mut Canvas<'_>) {
        let title = match self.section {
            Section::Users => format!("Users in {}", form.destination.name),
            Section::Matching => "Who is the same person, and what was learnt from rulings".to_owned(),
            Section::Source => format!("Who is read from {}", form.source.name),
            Section::Fields => format!("Which field of {} feeds which", form.source.name),
            Section::Writes => format!("When a field is written in {}", form.destination.name),
            Section::Leavers => "Leavers and missing people".to_owned(),
            Section::Limits => "A run stops before its first write past one of these".to_owned(),
            Section::Schedule => "When runs begin by themselves".to_owned(),
            Section::Mails => format!("Mails sent by {}", form.destination.name),
            Section::Credentials => "Both ends; credentials are never shown".to_owned(),
        };
        let right = format!("{} settings", form.source.name);
        rule::title(canvas, area, &title, if area.width > 70 { &right } else { "" }, true);
        let rows = self.rows(form, usize::from(area.width.saturating_sub(LABEL + 2)));
        let height = usize::from(area.height.saturating_sub(1));
        let cursor = rows.iter().position(|row| row.stop == Some(self.stop)).unwrap_or(0);
        // The note under the cursor's line stays in sight.
        let first = (cursor + 3).min(rows.len()).saturating_sub(height);
        for (row, y) in rows.iter().skip(first).zip(area.y + 1..area.bottom()) {
            self.draw_row(row, Rect { y, height: 1, ..area }, canvas);
        }
    }

    fn draw_row(&self, row: &Row, line: Rect, canvas: &mut Canvas<'_>) {
        let on_cursor = row.stop == Some(self.stop);
        if row.changed {
            canvas.text(line.x, line.y, 1, Role::Changed.glyph(), Role::Changed);
        }
        canvas.text(line.x + 1, line.y, usize::from(LABEL - 2), &row.label, Role::Text);
        let x = line.x + LABEL;
        let cells = line.right().saturating_sub(x + 1);
        if on_cursor {
            canvas.text(x - 1, line.y, 1, glyphs::CURSOR, Role::Accent);
            canvas.select(Rect { x, width: cells, ..line });
        }
        match self.edit.as_ref().filter(|_| row.edit) {
            Some(edit) => edit.field.view(Rect { x, width: cells, ..line }, true, canvas),
            None => {
                let used = canvas.spans(x, line.y, usize::from(cells), &row.value, on_cursor);
                let right = u16::try_from(width::width(&row.right)).unwrap_or(0);
                if right > 0 && used + right + 2 <= cells {
                    canvas.right(Rect { x, width: cells, ..line }, &row.right, Role::Muted);
                }
            }
        }
        if let Some(stop) = row.stop {
            canvas.hit(line, Hit::Row { pane: 1, row: stop });
        }
    }

    fn rows(&self, form: &Form, cells: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut stop = 0;
        let mut end = None;
        for (item, old) in beside_saved(self.section, form, &self.draft) {
            if let Key::Parameter(side, _) = item.key
                && end.replace(side) != Some(side)
            {
                let name = if side == Side::Source { form.source.name } else { form.destination.name };
                rows.push(Row { label: name.to_owned(), ..Row::note(String::new(), Role::Text) });
            }
            let changed = item.kind != old.kind;
            let was = if changed { format!("was {}", old.value()) } else { String::new() };
            let edit = self.edit.as_ref().filter(|edit| edit.key == item.key);
            for (line, value) in values(&item).into_iter().enumerate() {
                let first = line == 0;
                let (value, more) = in_lines(&item.kind, value, cells + 1);
                rows.push(Row {
                    label: if first { item.label.clone() } else { String::new() },
                    changed: changed && first,
                    value,
                    right: if first { was.clone() } else { String::new() },
                    stop: Some(stop + line),
                    edit: edit.is_some(),
                });
                rows.extend(more.into_iter().map(|(line, role)| Row::note(line, role)));
            }
            stop += item.stops();
            if let Some(error) = edit.and_then(|edit| edit.error.as_ref()) {
                rows.push(Row::note(format!("✗ {error}"), Role::Danger));
            } else if !item.note.is_empty() {
                rows.extend(width::wrap(&item.note, cells).into_iter().map(|line| Row::note(line, Role::Muted)));
            }
            if let (Kind::Secret(_), Some(why)) = (&item.kind, &form.no_keyring) {
                let why = width::wrap(&format!("no keyring: {why}"), cells);
                rows.extend(why.into_iter().map(|line| Row::note(line, Role::Muted)));
            }
            let apart = matches!(item.kind, Kind::Choice(..)) || (!item.note.is_empty() && !item.label.is_empty());
            let paired = self.section == Section::Limits && !item.label.is_empty();
            if apart && !paired || self.section == Section::Limits && item.label.is_empty() {
                rows.push(Row::note(String::new(), Role::Text));
            }
        }
        rows
    }

    /// Rows under the form: the what-if, the test, or what cannot be done here.
    fn rows_below(&self, form: &Form, pane: Rect) -> u16 {
        let most = pane.height / 2;
        let cells = usize::from(pane.width.saturating_sub(2));
        let lines = if self.section == Section::Credentials {
            self.test_lines(form).len()
        } else if !self.changed().is_empty() {
            let lines = self.what_if.value().map_or(0, |what_if| what_if.lines.len());
            lines.max(1)
        } else if self.section == Section::Matching {
            self.proposed_lines().len()
        } else {
            wrapped_cannot(form, cells).len()
        };
        match lines {
            0 => 0,
            lines => (u16::try_from(lines).unwrap_or(u16::MAX)).saturating_add(1).min(most),
        }
    }

    fn draw_what_if(&self, cx: &ViewCx<'_>, form: &Form, area: Rect, canvas: &mut Canvas<'_>) {
        let count = self.changed().len();
        let on = form.pulled.map(|pulled| format!(", worked out on the pull of {}", format::clock(pulled, &cx.zone())));
        let changes = format::counted(u64::try_from(count).unwrap_or(0), "change does", "changes do");
        let title = format!("What the {changes}{}", on.unwrap_or_default());
        let fresh = self.what_if_of.as_ref() == Some(&self.draft);
        let right = match self.what_if.value() {
            Some(what_if) if fresh => format::counted(what_if.people.into(), "person", "people"),
            _ => "working it out".to_owned(),
        };
        rule::title(canvas, area, &title, &right, false);
        let cells = usize::from(area.width.saturating_sub(2));
        let Some(what_if) = self.what_if.value() else {
            canvas.text(area.x + 1, area.y + 1, cells, "planning with the changes …", Role::Muted);
            return;
        };
        for (line, y) in what_if.lines.iter().zip(area.y + 1..area.bottom()) {
            let spans = if fresh { with_glyph(line) } else { vec![Span::new(line.clone(), Role::Muted)] };
            canvas.spans(area.x + 1, y, cells, &spans, false);
        }
    }

    fn draw_cannot(&self, form: &Form, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, area, &format!("{} cannot", form.destination.name), "", false);
        let cells = usize::from(area.width.saturating_sub(2));
        for (line, y) in wrapped_cannot(form, cells).iter().zip(area.y + 1..area.bottom()) {
            canvas.text(area.x + 1, y, cells, line, Role::Muted);
        }
    }

    fn test_lines(&self, form: &Form) -> Vec<String> {
        if self.testing {
            return vec!["i calling both ends; only reads".to_owned()];
        }
        match (&self.test, &form.tested) {
            (Some((_, lines)), _) => lines.clone(),
            (None, Some((_, true, remarks))) if remarks.is_empty() => vec!["✓ both ends answered".to_owned()],
            (None, Some((_, passed, remarks))) => {
                let glyph = if *passed { "!" } else { "✗" };
                remarks.iter().map(|remark| format!("{glyph} {remark}")).collect()
            }
            (None, None) => vec!["? not tested yet; Ctrl-T tests both ends by real calls".to_owned()],
        }
    }

    fn draw_test(&self, cx: &ViewCx<'_>, form: &Form, area: Rect, canvas: &mut Canvas<'_>) {
        let when = match (&self.test, &form.tested) {
            (Some(_), _) => "just now".to_owned(),
            (None, Some((at, ..))) => format::moment(*at, cx.now.wall, &cx.zone()),
            (None, None) => String::new(),
        };
        rule::title(canvas, area, "Connection test", &when, false);
        let cells = usize::from(area.width.saturating_sub(2));
        for (line, y) in self.test_lines(form).iter().zip(area.y + 1..area.bottom()) {
            canvas.spans(area.x + 1, y, cells, &with_glyph(line), false);
        }
    }
}

fn wrapped_cannot(form: &Form, cells: usize) -> Vec<String> {
    width::wrap(&cannot(form).join("; "), cells)
}

/// An option or a tick whose words do not fit into its line, in several: the first, and what follows under its words.
fn in_lines(kind: &Kind, value: Vec<Span>, cells: usize) -> (Vec<Span>, Vec<(String, Role)>) {
    let (Kind::Choice(..) | Kind::Tick(..), [only]) = (kind, value.as_slice()) else { return (value, Vec::new()) };
    if width::width(&only.text) <= cells {
        return (value, Vec::new());
    }
    let role = only.role;
    let mut lines = width::wrap(&only.text, cells.saturating_sub(4)).into_iter();
    let begin = lines.next().unwrap_or_default();
    (vec![Span::new(begin, role)], lines.map(|line| (format!("    {line}"), role)).collect())
}

/// The lines of a field: one per option of a choice, else one.
fn values(item: &Item) -> Vec<Vec<Span>> {
    match &item.kind {
        Kind::Choice(options, chosen) => options
            .iter()
            .enumerate()
            .map(|(at, words)| {
                let mark = if at == *chosen { "(x)" } else { "( )" };
                let role = if at == *chosen { Role::Text } else { Role::Muted };
                vec![Span::new(format!("{mark} {words}"), role)]
            })
            .collect(),
        Kind::Cycle(options, chosen) => {
            vec![vec![Span::from(format!("‹{}›", options.get(*chosen).copied().unwrap_or_default()))]]
        }
        Kind::Tick(on, words) => vec![vec![Span::from(format!("{} {words}", if *on { "[x]" } else { "[ ]" }))]],
        Kind::Text(text) if text.is_empty() => vec![vec![Span::new("(blank)", Role::Muted)]],
        Kind::Act(text) => vec![vec![Span::from(text.clone())]],
        Kind::Text(text) | Kind::Secret(text) => vec![vec![Span::from(text.clone())]],
    }
}
