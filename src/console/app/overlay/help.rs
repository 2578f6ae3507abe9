//! `?`: the keys of this screen, filtered by typing, run by Enter.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::Outcome;
use crate::console::app::cx::ViewCx;
use crate::console::keys::{Action, Bindings, Group, Offer};
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::canvas::centred;
use crate::console::widgets::motion::{motion, step};
use crate::console::widgets::picker::best;
use crate::console::widgets::text_input::TextField;
use crate::console::widgets::{Canvas, Hit};

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What Enter runs.
    pub action: Action,
    /// Its keys.
    pub key: String,
    /// What it does here.
    pub words: String,
    /// Heading.
    pub group: Group,
    /// Why it cannot be done now.
    pub off: Option<String>,
}

/// The help page of one screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Help {
    title: String,
    lines: Vec<Line>,
    rare: Vec<(String, String)>,
    sends: Option<String>,
    field: TextField,
    cursor: usize,
}

/// Actions that every screen has and that the page names without being offered.
const ALWAYS: [Action; 13] = [
    Action::First,
    Action::Last,
    Action::NextPane,
    Action::Tab1,
    Action::Filter,
    Action::Palette,
    Action::Sort,
    Action::Zoom,
    Action::CopyId,
    Action::Undo,
    Action::Refresh,
    Action::Mouse,
    Action::Quit,
];

impl Help {
    /// The page of a screen from its offers; `more` are the rarer actions.
    #[must_use]
    pub fn new(title: &str, offers: &[Offer], more: &[Offer], bindings: &Bindings) -> Self {
        let mut lines: Vec<Line> = offers.iter().map(|offer| offered(offer, bindings)).collect();
        for action in ALWAYS {
            if !offers.iter().any(|offer| offer.is_for(action)) {
                lines.push(always(action, bindings));
            }
        }
        lines.sort_by_key(|line| line.group);
        let rare = more.iter().map(|offer| (bindings.shown(offer.action), offer.label.clone())).collect();
        let sends = offers.iter().find(|offer| offer.action.meta().dangerous).map(|offer| offer.label.clone());
        Self { title: title.to_owned(), lines, rare, sends, field: TextField::default(), cursor: 0 }
    }

    /// The lines that fit what was typed, best first.
    #[must_use]
    pub fn shown(&self) -> Vec<&Line> {
        let needle = self.field.value();
        if needle.is_empty() {
            return self.lines.iter().collect();
        }
        // A single character is looked for among the keys first: "what does t do".
        let mut exact: Vec<&Line> =
            self.lines.iter().filter(|line| line.key.split(' ').any(|key| key == needle)).collect();
        let texts: Vec<String> =
            self.lines.iter().map(|line| format!("{} {} {}", line.key, line.words, line.action.meta().help)).collect();
        let found = best(needle, texts.iter().map(String::as_str));
        exact.extend(
            found
                .into_iter()
                .filter_map(|at| self.lines.get(at))
                .filter(|line| !line.key.split(' ').any(|key| key == needle)),
        );
        exact
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        if let Some(rows) = motion(key, 8) {
            self.scroll(rows);
            return Outcome::Stay;
        }
        match key.code {
            KeyCode::Esc if self.field.value().is_empty() => Outcome::Close,
            KeyCode::Esc => {
                self.field.clear();
                self.cursor = 0;
                Outcome::Stay
            }
            KeyCode::F(1) => Outcome::Close,
            KeyCode::Enter => self.choose(self.cursor),
            _ => {
                if self.field.key(key) {
                    self.cursor = 0;
                }
                Outcome::Stay
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.cursor = 0;
    }

    pub(super) fn scroll(&mut self, rows: i32) {
        self.cursor = step(self.cursor, rows, self.shown().len());
    }

    pub(super) fn choose(&mut self, row: usize) -> Outcome {
        match self.shown().get(row) {
            Some(line) if line.off.is_none() => Outcome::Run(line.action),
            _ => Outcome::Stay,
        }
    }

    pub(super) fn view(&self, cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let shown = self.shown();
        let columns = columns(&shown, !self.field.value().is_empty());
        let tallest = columns.iter().map(|(_, lines)| lines.len() + 1).max().unwrap_or(1);
        let rare_lines = self.rare_lines(60);
        let wanted = tallest + 2 + 1 + rare_lines.len() + 2 + 1 + 1 + 2;
        let area = centred(body, 68, u16::try_from(wanted).unwrap_or(u16::MAX).max(12));
        let inside = canvas.boxed(area, &format!("Help: {}", self.title), "type to filter");
        if inside.width < 20 || inside.height < 4 {
            return;
        }
        self.view_field(inside, canvas);
        let foot = inside.bottom().saturating_sub(2);
        let tail = u16::try_from(rare_lines.len() + 3).unwrap_or(3);
        let list = Rect::new(inside.x + 1, inside.y + 2, inside.width - 2, foot.saturating_sub(tail + inside.y + 2));
        self.view_columns(&columns, list, canvas);
        let mut row = foot.saturating_sub(tail);
        for line in &rare_lines {
            canvas.text(inside.x + 1, row, usize::from(inside.width - 2), line, Role::Muted);
            row += 1;
        }
        let cells = usize::from(inside.width - 2);
        let sends = match &self.sends {
            Some(label) => format!("! is the only key that sends; here `{label}`, and it asks."),
            None => "! is the only key that sends; on this page it sends nothing.".to_owned(),
        };
        canvas.text(inside.x + 1, row, cells, &sends, Role::Text);
        let log = format!("log  {}       version {}", cx.console.log_path, cx.console.version);
        canvas.text(inside.x + 1, row + 2, cells, &log, Role::Muted);
        canvas.box_rule(area, foot);
        canvas.text(inside.x + 1, foot + 1, cells, "Enter run the chosen line   Esc back   F1 the same", Role::Muted);
    }

    fn view_field(&self, inside: Rect, canvas: &mut Canvas<'_>) {
        canvas.text(inside.x + 1, inside.y, 1, "/", Role::Accent);
        self.field.view(Rect::new(inside.x + 3, inside.y, inside.width - 4, 1), true, canvas);
    }

    fn rare_lines(&self, cells: usize) -> Vec<String> {
        let words: Vec<String> = self.rare.iter().map(|(key, label)| format!("{key} {label}")).collect();
        let mut lines = vec!["in m:".to_owned()];
        for word in words {
            let fits = lines.last().is_some_and(|line| width::width(line) + width::width(&word) + 3 <= cells);
            match lines.last_mut() {
                Some(line) if fits => {
                    line.push_str(if line.ends_with(':') { " " } else { "   " });
                    line.push_str(&word);
                }
                _ => lines.push(format!("      {word}")),
            }
        }
        lines
    }

    fn view_columns(&self, columns: &[(String, Vec<(usize, &Line)>)], list: Rect, canvas: &mut Canvas<'_>) {
        let count = u16::try_from(columns.len().max(1)).unwrap_or(1);
        let each = list.width / count;
        for (number, (head, lines)) in columns.iter().enumerate() {
            let x = list.x + each * u16::try_from(number).unwrap_or(0);
            canvas.text(x, list.y, usize::from(each), head, Role::Muted);
            let room = usize::from(list.height.saturating_sub(1));
            // The column that holds the cursor scrolls so that it stays in sight.
            let at = lines.iter().position(|(index, _)| *index == self.cursor).unwrap_or(0);
            let first = (at + 1).saturating_sub(room.max(1));
            let key_cells = lines.iter().map(|(_, line)| width::width(&line.key)).max().unwrap_or(0).min(7);
            for (offset, (index, line)) in lines.iter().skip(first).take(room).enumerate() {
                let row = Rect::new(x, list.y + 1 + u16::try_from(offset).unwrap_or(0), each.saturating_sub(1), 1);
                self.view_line(line, *index, key_cells, row, canvas);
            }
        }
    }

    fn view_line(&self, line: &Line, index: usize, key_cells: usize, row: Rect, canvas: &mut Canvas<'_>) {
        let (key_role, role) = if line.off.is_some() { (Role::Muted, Role::Muted) } else { (Role::Accent, Role::Text) };
        let cells = usize::from(row.width);
        let key = width::pad(&line.key, key_cells.max(width::width(&line.key)));
        let used = canvas.text(row.x, row.y, cells, &key, key_role) + 1;
        let words = match &line.off {
            Some(reason) => format!("{} ({reason})", line.words),
            None => line.words.clone(),
        };
        canvas.text(row.x + used, row.y, cells.saturating_sub(usize::from(used)), &words, role);
        canvas.hit(row, Hit::OverlayRow(index));
        if index == self.cursor {
            canvas.select(row);
            // The cursor is a glyph too, in the blank left of the column.
            canvas.text(row.x.saturating_sub(1), row.y, 1, Role::Selection.glyph(), Role::Accent);
        }
    }
}

/// The lines in columns: by group, or one column while something is typed.
fn columns<'a>(shown: &[&'a Line], filtered: bool) -> Vec<(String, Vec<(usize, &'a Line)>)> {
    if filtered {
        let lines = shown.iter().enumerate().map(|(index, line)| (index, *line)).collect();
        return vec![(if shown.is_empty() { "no key fits" } else { "" }.to_owned(), lines)];
    }
    [Group::Decide, Group::Move, Group::Everywhere]
        .into_iter()
        .map(|group| {
            let lines = shown.iter().enumerate().filter(|(_, line)| line.group == group);
            (group.title().to_owned(), lines.map(|(index, line)| (index, *line)).collect())
        })
        .collect()
}

fn offered(offer: &Offer, bindings: &Bindings) -> Line {
    let key = match offer.pair {
        Some(second) => format!("{} {}", bindings.shown(offer.action), bindings.shown(second)),
        None => bindings.shown(offer.action),
    };
    Line {
        action: offer.action,
        key,
        words: offer.label.clone(),
        group: offer.action.meta().group,
        off: offer.enabled.clone().err(),
    }
}

fn always(action: Action, bindings: &Bindings) -> Line {
    let pair = match action {
        Action::Undo => Some((Action::Redo, "undo, redo")),
        _ => None,
    };
    let (key, words) = match (action, pair) {
        (Action::Tab1, _) => ("1-9".to_owned(), "tabs".to_owned()),
        (_, Some((second, words))) => {
            (format!("{} {}", bindings.shown(action), bindings.shown(second)), words.to_owned())
        }
        _ => (bindings.shown(action), action.meta().label.to_owned()),
    };
    Line { action, key, words, group: action.meta().group, off: None }
}
