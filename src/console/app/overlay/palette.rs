//! `:` and Ctrl-P: every action, screen and tenant by name. It runs what it lists; what cannot be done stays, last,
//! with the reason.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::Outcome;
use crate::console::app::cx::ViewCx;
use crate::console::app::place::Place;
use crate::console::format;
use crate::console::keys::Action;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::canvas::centred;
use crate::console::widgets::motion::{motion, step};
use crate::console::widgets::picker::best;
use crate::console::widgets::text_input::TextField;
use crate::console::widgets::{Canvas, Hit};
use crate::services::lists::Stand;

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Runs an action of the screen.
    Run(Action),
    /// Goes to a place.
    Go(Place),
    /// Goes to a list and shows it as a view of it stands.
    View(Place, Stand),
    /// Asks whether this tenant is to be synced now.
    Sync(String),
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is typed to find it: `Sync now: Copper Kettle Cafés`.
    pub label: String,
    /// The key that does the same.
    pub key: String,
    /// Why it cannot be done.
    pub off: Option<String>,
    /// What it does.
    pub does: Does,
}

/// The palette.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    own: Vec<Entry>,
    found: Vec<Entry>,
    persons: Vec<Entry>,
    field: TextField,
    cursor: usize,
    /// What fits, in the order shown; as indices into `own`, then `found`, then `persons`.
    shown: Vec<usize>,
}

/// Maximum of lines shown at once.
const ROWS: u16 = 9;

impl Palette {
    /// A palette over these entries; places come later, when the backend has found some.
    #[must_use]
    pub fn new(own: Vec<Entry>) -> Self {
        let mut palette = Self { own, ..Self::default() };
        palette.filter();
        palette
    }

    /// Takes the places that the backend found for the text.
    pub fn places(&mut self, places: Vec<Entry>) {
        self.found = places;
        self.filter();
    }

    /// Takes the people and views that the backend found for the text.
    pub fn persons(&mut self, persons: Vec<Entry>) {
        self.persons = persons;
        self.filter();
    }

    fn all(&self) -> impl Iterator<Item = &Entry> {
        self.own.iter().chain(&self.found).chain(&self.persons)
    }

    fn entry(&self, at: usize) -> Option<&Entry> {
        let own = self.own.get(at);
        let found = || self.found.get(at.checked_sub(self.own.len())?);
        own.or_else(found).or_else(|| self.persons.get(at.checked_sub(self.own.len() + self.found.len())?))
    }

    fn filter(&mut self) {
        let needle = self.field.value().to_owned();
        let mut shown = best(&needle, self.all().map(|entry| entry.label.as_str()));
        // Stable: what cannot be done goes last, in the order of fit.
        shown.sort_by_key(|at| self.entry(*at).is_some_and(|entry| entry.off.is_some()));
        self.shown = shown;
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }

    /// The entries that fit, in the order shown.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.shown.iter().filter_map(|at| self.entry(*at))
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        if let Some(rows) = motion(key, i32::from(ROWS)) {
            self.scroll(rows);
            return Outcome::Stay;
        }
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter => self.choose(self.cursor),
            KeyCode::Tab => {
                let label = self.entries().nth(self.cursor).map(|entry| entry.label.clone());
                if let Some(label) = label {
                    self.field.set(&label);
                }
                self.typed()
            }
            _ if self.field.key(key) => self.typed(),
            _ => Outcome::Stay,
        }
    }

    fn typed(&mut self) -> Outcome {
        self.cursor = 0;
        self.filter();
        Outcome::Search(self.field.value().to_owned())
    }

    pub(super) fn paste(&mut self, text: &str) -> Outcome {
        self.field.paste(text);
        self.typed()
    }

    pub(super) fn scroll(&mut self, rows: i32) {
        self.cursor = step(self.cursor, rows, self.shown.len());
    }

    pub(super) fn choose(&mut self, row: usize) -> Outcome {
        match self.entries().nth(row) {
            Some(Entry { off: None, does: Does::Run(action), .. }) => Outcome::Run(*action),
            Some(Entry { off: None, does: Does::Go(place), .. }) => Outcome::Go(place.clone()),
            Some(Entry { off: None, does: Does::View(place, stand), .. }) => {
                Outcome::View(place.clone(), stand.clone())
            }
            Some(Entry { off: None, does: Does::Sync(tenant), .. }) => Outcome::Sync(tenant.clone()),
            _ => Outcome::Stay,
        }
    }

    pub(super) fn view(&self, _cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let rows = u16::try_from(self.shown.len().max(1)).unwrap_or(ROWS).min(ROWS);
        let area = centred(body, 62, rows + 6);
        let area = Rect { y: body.y + 1.min(body.height), ..area }.intersection(body);
        let inside = canvas.boxed(area, "Go to or do", "");
        if inside.width < 12 || inside.height < 5 {
            return;
        }
        let count = format!("{} of {}", format::count(self.shown.len()), format::count(self.all().count()));
        canvas.right(Rect::new(inside.x, inside.y, inside.width - 1, 1), &count, Role::Muted);
        canvas.text(inside.x + 1, inside.y, 1, ">", Role::Accent);
        let field = inside.width.saturating_sub(5 + u16::try_from(count.len()).unwrap_or(0));
        self.field.view(Rect::new(inside.x + 3, inside.y, field, 1), true, canvas);
        let list = Rect::new(inside.x, inside.y + 2, inside.width, inside.height.saturating_sub(4));
        self.view_list(list, canvas);
        let foot = inside.bottom().saturating_sub(2);
        canvas.box_rule(area, foot);
        let words = "Enter do it   Tab put into the line   Esc back";
        canvas.text(inside.x + 1, foot + 1, usize::from(inside.width - 2), words, Role::Muted);
    }

    fn view_list(&self, list: Rect, canvas: &mut Canvas<'_>) {
        if self.shown.is_empty() {
            let words = format!("Nothing is called `{}`. Esc goes back", self.field.value());
            canvas.text(list.x + 3, list.y, usize::from(list.width).saturating_sub(4), &words, Role::Muted);
            return;
        }
        let room = usize::from(list.height);
        let first = (self.cursor + 1).saturating_sub(room.max(1));
        for (offset, entry) in self.entries().skip(first).take(room).enumerate() {
            let at = first + offset;
            let row = Rect::new(list.x, list.y + u16::try_from(offset).unwrap_or(0), list.width, 1);
            let chosen = at == self.cursor;
            let lead = if entry.off.is_some() {
                "-"
            } else if chosen {
                "▸"
            } else {
                " "
            };
            let role = if entry.off.is_some() { Role::Muted } else { Role::Text };
            canvas.text(row.x + 1, row.y, 1, lead, Role::Accent);
            let right = 20.min(usize::from(row.width) / 3);
            let cells = usize::from(row.width).saturating_sub(4 + right);
            canvas.text(row.x + 3, row.y, cells, &width::pad(&entry.label, cells), role);
            let words = format!("{:<3} {}", entry.key, entry.off.as_deref().unwrap_or_default());
            let x = row.right().saturating_sub(u16::try_from(right).unwrap_or(0));
            canvas.text(x, row.y, right.saturating_sub(1), words.trim_end(), Role::Muted);
            canvas.hit(row, Hit::OverlayRow(at));
            if chosen {
                canvas.select(Rect::new(row.x + 1, row.y, row.width - 2, 1));
            }
        }
    }
}
