//! One line of step 2 of one list: the field, the column, how many have it, the first values.

use ratatui::layout::Rect;

use super::columns::{Row, status_word, unread_words};
use super::columns_view::{life_words, mark_of, value};
use super::data::SideLook;
use super::state::TwoFiles;
use crate::console::format;
use crate::console::term::glyphs;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Span};
use crate::files::people::heads::Meaning;
use crate::files::people::layout::Unread;
use crate::files::people::status::{StatusMeaning, StatusWord};

/// Where the columns of one list stand, from the left of its part.
pub(super) struct Grid {
    /// The field's name; blank where it stands in the part at the left.
    pub label: u16,
    pub head: u16,
    pub head_cells: usize,
    pub people: u16,
    pub values: Vec<(u16, usize)>,
}

impl Grid {
    pub fn of(cells: u16, labelled: bool, rows: usize) -> Self {
        let label = if labelled { 5 } else { 1 };
        let head = label + if labelled { 13 } else { 2 };
        let head_cells = if cells >= 74 { 20 } else { 16 };
        let people = head + head_cells + 7;
        let left = cells.saturating_sub(people + 3);
        let each = left / u16::try_from(rows.max(1)).unwrap_or(1);
        let at = |number: u16| (people + 2 + number * each, usize::from(each.saturating_sub(1)));
        let values = (0..u16::try_from(rows).unwrap_or(0)).map(at).filter(|(_, cells)| *cells >= 6).collect();
        Grid { label, head, head_cells: usize::from(head_cells), people, values }
    }
}

/// A line that is drawn.
pub(super) struct Pen<'g> {
    pub grid: &'g Grid,
    pub line: Rect,
    /// The field's name stands in it.
    pub labelled: bool,
    /// The cursor stands on it.
    pub on: bool,
    pub role: Role,
}

impl Pen<'_> {
    fn put(&self, at: u16, cells: usize, text: &str, role: Role, canvas: &mut Canvas<'_>) {
        canvas.spans(self.line.x + at, self.line.y, cells, &[Span::new(text, role)], self.on);
    }

    /// How sure it is, and of what.
    fn label(&self, (glyph, mark): (&str, Role), words: &str, role: Role, canvas: &mut Canvas<'_>) {
        self.put(self.grid.label.saturating_sub(if self.labelled { 2 } else { 0 }), 1, glyph, mark, canvas);
        if self.labelled {
            self.put(self.grid.label, 12, words, role, canvas);
        }
    }

    fn head(&self, words: &str, role: Role, canvas: &mut Canvas<'_>) {
        self.put(self.grid.head, self.grid.head_cells, words, role, canvas);
    }

    fn count(&self, count: u64, role: Role, canvas: &mut Canvas<'_>) {
        let text = format::count(count);
        let cells = u16::try_from(text.len()).unwrap_or(0);
        self.put(self.grid.people.saturating_sub(cells), usize::from(cells), &text, role, canvas);
    }

    /// Words in the place of the values.
    fn behind(&self, words: &str, role: Role, canvas: &mut Canvas<'_>) {
        let rest = usize::from(self.line.width.saturating_sub(self.grid.people + 3));
        self.put(self.grid.people + 2, rest, words, role, canvas);
    }

    fn word(&self, word: &StatusWord, canvas: &mut Canvas<'_>) {
        let mark = match (word.is_said, word.life) {
            (true, _) => ("~", Role::Changed),
            (false, StatusMeaning::Unclear) => ("?", Role::Open),
            (false, _) => (glyphs::OK, Role::Ok),
        };
        self.label(mark, "status says", Role::Text, canvas);
        self.head(&status_word(word), self.role, canvas);
        self.count(word.people, self.role, canvas);
        let role = if word.life == StatusMeaning::Unclear { Role::Warn } else { self.role };
        self.behind(&life_words(word), role, canvas);
    }

    fn field(&self, side: &SideLook, meaning: Meaning, canvas: &mut Canvas<'_>) {
        let mark = mark_of(side, meaning);
        self.label(mark, meaning.words(), Role::Text, canvas);
        let Some((head, _)) = side.column(meaning) else {
            let words = if mark.1 == Role::Danger { "(missing)" } else { "(none)" };
            return self.head(words, Role::Muted, canvas);
        };
        self.head(head, self.role, canvas);
        if let Some(filled) = side.filled(meaning) {
            self.count(filled, self.role, canvas);
        }
        for ((at, cells), row) in self.grid.values.iter().zip(side.first()) {
            let (text, role) = value(side, meaning, row, self.role);
            self.put(*at, *cells, &text, role, canvas);
        }
    }

    fn unread(&self, side: &SideLook, (head, why): (&str, &Unread), canvas: &mut Canvas<'_>) {
        let might = matches!(why, Unread::Unknown(Some(_)) | Unread::Second { .. } | Unread::OtherValues(_));
        let mark = if might { ("?", Role::Open) } else { ("-", Role::Muted) };
        self.label(mark, "not read", Role::Muted, canvas);
        let head = if head.is_empty() { "(no head)" } else { head };
        self.head(head, Role::Muted, canvas);
        let other = side.other(head).filter(|_| *why != Unread::Private);
        if let Some(other) = other {
            self.count(other.filled, Role::Muted, canvas);
        }
        let values = other.filter(|other| !other.values.is_empty() && *why == Unread::Unknown(None));
        let words = values.map_or_else(|| unread_words(why), |other| other.values.join(", "));
        self.behind(&words, Role::Muted, canvas);
    }
}

impl TwoFiles {
    pub(super) fn draw_row(&self, side: &SideLook, row: Row, pen: &Pen<'_>, canvas: &mut Canvas<'_>) {
        let choice = |label: &str, canvas: &mut Canvas<'_>| {
            if pen.labelled {
                pen.put(pen.grid.label, 12, label, Role::Text, canvas);
            }
            let cells = usize::from(pen.line.width.saturating_sub(pen.grid.head + 1));
            pen.put(pen.grid.head, cells, &self.choice_words(side, row), pen.role, canvas);
        };
        match row {
            Row::Sheet => choice("sheet", canvas),
            Row::Heads => choice("heads in", canvas),
            Row::Delimiter => choice("between", canvas),
            Row::Encoding => choice("encoding", canvas),
            Row::Dates => choice("dates", canvas),
            Row::Field(meaning) => pen.field(side, meaning, canvas),
            Row::Word(at) => {
                if let Some(word) = side.words().get(at) {
                    pen.word(word, canvas);
                }
            }
            Row::Unread(at) => {
                if let Some(column) = side.unread().get(at).copied() {
                    pen.unread(side, column, canvas);
                }
            }
        }
    }
}
