//! The pick list: fuzzy choice of one entry in a box (SCREENS 7.3), over nucleo.

use crossterm::event::{KeyCode, KeyEvent};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;

use super::answer::Answer;
use super::canvas::{Canvas, Hit, centred};
use super::motion::{motion, step};
use super::text_input::TextField;
use crate::console::format;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;

/// Indices of the texts that fit, best first; all in their order when nothing is typed. Ties keep their order.
#[must_use]
pub fn best<'a>(needle: &str, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    if needle.trim().is_empty() {
        return texts.enumerate().map(|(at, _)| at).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::new(needle, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut buffer = Vec::new();
    let mut found: Vec<(std::cmp::Reverse<u32>, usize)> = texts
        .enumerate()
        .filter_map(|(at, text)| {
            let score = pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)?;
            Some((std::cmp::Reverse(score), at))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, at)| at).collect()
}

/// An entry that can be picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickItem {
    /// What the answer names it by.
    pub id: String,
    /// What is shown and searched.
    pub label: String,
    /// Figures at the right: `39 ppl  61 %`.
    pub detail: String,
}

impl PickItem {
    /// An entry.
    #[must_use]
    pub fn new(id: impl Into<String>, label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), detail: detail.into() }
    }
}

/// What is to be picked from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PickList {
    /// What the entries are: `29 job titles in Flow`.
    pub title: String,
    /// The entries.
    pub items: Vec<PickItem>,
    /// Offers to create what is typed, in these words: `create`.
    pub create: Option<String>,
}

/// The state of a pick list. A screen that wants the list beside its own cell keeps one itself; else
/// [`crate::console::app::Cx::pick`] shows it over the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Picker {
    list: PickList,
    field: TextField,
    shown: Vec<usize>,
    cursor: usize,
}

/// Maximum of entries that are shown at once.
const ROWS: usize = 10;

impl Picker {
    /// A picker with nothing typed.
    #[must_use]
    pub fn new(list: PickList) -> Self {
        let shown = (0..list.items.len()).collect();
        Self { list, field: TextField::default(), shown, cursor: 0 }
    }

    /// What is typed.
    #[must_use]
    pub fn typed(&self) -> &str {
        self.field.value()
    }

    /// The text line, for a screen that draws it in its own cell.
    #[must_use]
    pub fn field(&self) -> &TextField {
        &self.field
    }

    /// Puts a text into the line.
    pub fn set_typed(&mut self, text: &str) {
        self.field.set(text);
        self.filter();
    }

    /// The entry under the cursor.
    #[must_use]
    pub fn highlighted(&self) -> Option<&PickItem> {
        self.shown.get(self.cursor).and_then(|at| self.list.items.get(*at))
    }

    /// The entries that fit, best first.
    pub fn shown(&self) -> impl Iterator<Item = &PickItem> {
        self.shown.iter().filter_map(|at| self.list.items.get(*at))
    }

    fn filter(&mut self) {
        self.shown = best(self.field.value(), self.list.items.iter().map(|item| item.label.as_str()));
        self.cursor = 0;
    }

    fn can_create(&self) -> bool {
        let typed = self.field.value().trim();
        self.list.create.is_some() && !typed.is_empty() && !self.list.items.iter().any(|item| item.label == typed)
    }

    fn rows(&self) -> usize {
        self.shown.len() + usize::from(self.can_create())
    }

    /// A key; an answer when it decides.
    pub fn key(&mut self, key: KeyEvent) -> Option<Answer> {
        if let Some(rows) = motion(key, 8) {
            self.scroll(rows);
            return None;
        }
        match key.code {
            KeyCode::Esc => Some(Answer::Cancelled),
            KeyCode::Enter => self.choose(self.cursor),
            _ => {
                if self.field.key(key) {
                    self.filter();
                }
                None
            }
        }
    }

    /// Pasted text goes into the line.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.filter();
    }

    /// Moves the cursor.
    pub fn scroll(&mut self, rows: i32) {
        self.cursor = step(self.cursor, rows, self.rows());
    }

    /// The answer of a row.
    pub fn choose(&mut self, row: usize) -> Option<Answer> {
        if let Some(item) = self.shown.get(row).and_then(|at| self.list.items.get(*at)) {
            return Some(Answer::Picked(item.id.clone()));
        }
        (row == self.shown.len() && self.can_create()).then(|| Answer::Create(self.field.value().trim().to_owned()))
    }

    fn inner_width(&self) -> usize {
        let widest = self.shown().map(|item| width::width(&item.label) + width::width(&item.detail)).max().unwrap_or(0);
        (widest + 6).max(width::width(&self.title()) + 4).max(24)
    }

    fn title(&self) -> String {
        if self.field.value().is_empty() {
            self.list.title.clone()
        } else {
            format!("{}, {} fit", self.list.title, format::count(self.shown.len()))
        }
    }

    /// Draws the box under a cell of the screen, or over it where there is no room below. The line itself is drawn
    /// by the screen.
    pub fn view_at(&self, anchor: Rect, body: Rect, canvas: &mut Canvas<'_>) {
        let rows = u16::try_from(self.rows().clamp(1, ROWS)).unwrap_or(1) + 2;
        let columns = u16::try_from(self.inner_width() + 2).unwrap_or(u16::MAX).min(body.width);
        let x = anchor.x.min(body.right().saturating_sub(columns)).max(body.x);
        let below = anchor.y.saturating_add(1);
        let fits = below.saturating_add(rows) <= body.bottom();
        let y = if fits { below } else { anchor.y.saturating_sub(rows).max(body.y) };
        let inside = canvas.boxed(Rect::new(x, y, columns, rows).intersection(body), &self.title(), "");
        self.view_rows(inside, canvas);
    }

    /// Draws the box in the middle of the body, with its text line.
    pub fn view_centred(&self, body: Rect, canvas: &mut Canvas<'_>) {
        let rows = u16::try_from(self.rows().clamp(1, ROWS)).unwrap_or(1) + 4;
        let columns = u16::try_from(self.inner_width() + 2).unwrap_or(u16::MAX);
        let inside = canvas.boxed(centred(body, columns, rows), &self.title(), "");
        if inside.height < 3 || inside.width < 6 {
            return;
        }
        canvas.text(inside.x + 1, inside.y, 1, ">", Role::Accent);
        self.field.view(Rect::new(inside.x + 3, inside.y, inside.width - 4, 1), true, canvas);
        self.view_rows(Rect::new(inside.x, inside.y + 2, inside.width, inside.height - 2), canvas);
    }

    fn view_rows(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let room = usize::from(area.height);
        let cells = usize::from(area.width);
        if self.rows() == 0 {
            canvas.text(area.x + 1, area.y, cells.saturating_sub(2), "none fits; Esc goes back", Role::Muted);
        }
        let first = (self.cursor + 1).saturating_sub(room.max(1));
        for at in (first..self.rows()).take(room) {
            let row = Rect::new(area.x, area.y + u16::try_from(at - first).unwrap_or(0), area.width, 1);
            match self.shown.get(at).and_then(|index| self.list.items.get(*index)) {
                Some(item) => {
                    let lead = if at == self.cursor { glyphs::CURSOR } else { " " };
                    canvas.text(row.x + 1, row.y, 1, lead, Role::Accent);
                    let detail = width::width(&item.detail);
                    let label = cells.saturating_sub(5 + detail);
                    canvas.text(row.x + 3, row.y, label, &item.label, Role::Text);
                    canvas.right(Rect::new(row.x, row.y, row.width, 1), &item.detail, Role::Muted);
                }
                None => {
                    canvas.text(row.x + 1, row.y, 1, Role::Added.glyph(), Role::Added);
                    let verb = self.list.create.as_deref().unwrap_or("create");
                    let words = format!("{verb} `{}`", self.field.value().trim());
                    canvas.text(row.x + 3, row.y, cells.saturating_sub(4), &words, Role::Text);
                }
            }
            canvas.hit(row, Hit::OverlayRow(at));
            if at == self.cursor {
                canvas.select(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::Theme;
    use crate::console::widgets::Hits;
    use crossterm::event::KeyModifiers;
    use ratatui::buffer::Buffer;

    fn picker() -> Picker {
        let items = vec![
            PickItem::new("1", "Duty Manager", "14 ppl  22 %"),
            PickItem::new("2", "Night Manager", "6 ppl  58 %"),
            PickItem::new("3", "Night Porter", "39 ppl  61 %"),
            PickItem::new("4", "Waiter", "192 ppl"),
        ];
        Picker::new(PickList { title: "29 job titles in Flow".into(), items, create: Some("create".into()) })
    }

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn typing_narrows_and_enter_picks() {
        let mut picker = picker();
        picker.set_typed("night");
        assert_eq!(picker.shown().count(), 2);
        picker.key(key(KeyCode::Down));
        assert_eq!(picker.key(key(KeyCode::Enter)), Some(Answer::Picked("3".into())));
        assert_eq!(picker.key(key(KeyCode::Esc)), Some(Answer::Cancelled));
    }

    #[test]
    fn what_is_not_there_can_be_created() {
        let mut picker = picker();
        picker.set_typed("Night Auditor");
        assert_eq!(picker.shown().count(), 0);
        assert_eq!(picker.key(key(KeyCode::Enter)), Some(Answer::Create("Night Auditor".into())));
        picker.set_typed("Waiter");
        assert!(!picker.can_create());
    }

    #[test]
    fn accents_do_not_matter() {
        assert_eq!(best("cafe", ["Copper Kettle Cafés", "Waiter"].into_iter()), [0]);
        assert_eq!(best("", ["b", "a"].into_iter()), [0, 1]);
    }

    #[test]
    fn the_box_stands_under_its_cell() {
        let (theme, mut hits) = (Theme::mono(), Hits::default());
        let area = Rect::new(0, 0, 40, 7);
        let mut buffer = Buffer::empty(area);
        let mut picker = picker();
        picker.set_typed("night");
        picker.view_at(Rect::new(2, 0, 10, 1), area, &mut Canvas::new(&mut buffer, &theme, &mut hits));
        let rows: Vec<String> = (0..6)
            .map(|y| (0..40).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
            .collect();
        assert!(rows[1].starts_with("  ┌─ 29 job titles in Flow, 2 fit ─"), "{}", rows[1]);
        assert!(rows[2].starts_with("  │ ▸ Night Manager") && rows[2].ends_with("6 ppl  58 %│"), "{}", rows[2]);
        assert!(rows[3].starts_with("  │   Night Porter") && rows[3].ends_with("39 ppl  61 %│"), "{}", rows[3]);
        assert!(rows[4].starts_with("  │ + create `night`"), "{}", rows[4]);
        assert!(rows[5].starts_with("  └──"), "{}", rows[5]);
    }
}
