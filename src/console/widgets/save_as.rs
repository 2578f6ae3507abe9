//! Where a file goes and in what form: one line with a proposed name. The name's ending is the form; Tab turns it.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::answer::Answer;
use super::canvas::{Canvas, centred};
use super::text_input::TextField;
use crate::console::term::width;
use crate::console::theme::Role;

/// The forms that a table can be written in, by ending.
const ENDINGS: [&str; 3] = ["csv", "xlsx", "json"];

/// A file's name that is being typed.
#[derive(Clone, Debug, PartialEq)]
pub struct SaveAs {
    title: String,
    field: TextField,
    /// What was wrong with the name at the last Enter.
    wrong: bool,
}

impl SaveAs {
    /// Proposes a name.
    #[must_use]
    pub fn new(title: impl Into<String>, name: &str) -> Self {
        Self { title: title.into(), field: TextField::with(name), wrong: false }
    }

    /// What is typed.
    #[must_use]
    pub fn name(&self) -> &str {
        self.field.value().trim()
    }

    /// A key; an answer when it decides. A name without one of the three endings is not accepted: the form must never
    /// be a guess.
    pub fn key(&mut self, key: KeyEvent) -> Option<Answer> {
        match key.code {
            KeyCode::Esc => return Some(Answer::Cancelled),
            KeyCode::Enter if self.ending().is_some() => return Some(Answer::Named(self.name().to_owned())),
            KeyCode::Enter => self.wrong = true,
            KeyCode::Tab => self.turn(),
            _ => {
                self.field.key(key);
                self.wrong = false;
            }
        }
        None
    }

    /// Pasted text goes into the line.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.wrong = false;
    }

    /// The stem and the place of the ending in [`ENDINGS`].
    fn ending(&self) -> Option<(&str, usize)> {
        let (stem, ending) = self.name().rsplit_once('.')?;
        let at = ENDINGS.iter().position(|known| ending.eq_ignore_ascii_case(known))?;
        (!stem.is_empty() && !stem.ends_with('/')).then_some((stem, at))
    }

    /// The same name in the next form.
    fn turn(&mut self) {
        let next = match self.ending() {
            Some((stem, at)) => ENDINGS.get((at + 1) % ENDINGS.len()).map(|ending| format!("{stem}.{ending}")),
            None if self.name().is_empty() => None,
            None => ENDINGS.first().map(|ending| format!("{}.{ending}", self.name().trim_end_matches('.'))),
        };
        if let Some(next) = next {
            self.field.set(&next);
            self.wrong = false;
        }
    }

    /// The footer of the box: keys and words.
    #[must_use]
    pub fn hints(&self) -> Vec<(&'static str, String)> {
        vec![("Enter", "save".to_owned()), ("Tab", "CSV, XLSX, JSON".to_owned()), ("Esc", "cancel".to_owned())]
    }

    /// Draws the box in the middle of the body.
    pub fn view(&self, body: Rect, canvas: &mut Canvas<'_>) {
        let wanted = width::width(self.field.value()) + 6;
        let columns = u16::try_from(wanted.max(72)).unwrap_or(u16::MAX);
        let inside = canvas.boxed(centred(body, columns, 6), &self.title, "");
        if inside.height < 2 || inside.width < 12 {
            return;
        }
        let cells = usize::from(inside.width - 2);
        canvas.text(inside.x + 1, inside.y, 1, ">", Role::Accent);
        self.field.view(Rect::new(inside.x + 3, inside.y, inside.width - 4, 1), true, canvas);
        let lines = if self.wrong {
            [("the name must end in .csv, .xlsx or .json; Tab puts one there", Role::Warn), ("", Role::Muted)]
        } else {
            [
                ("the ending chooses the form: .csv, .xlsx or .json", Role::Muted),
                ("into the workspace's folder `exports`, unless it begins with / or ~/", Role::Muted),
            ]
        };
        for (y, (words, role)) in (inside.y + 2..inside.bottom()).zip(lines) {
            canvas.text(inside.x + 1, y, cells, words, role);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn tab_turns_the_form_and_enter_takes_the_name() {
        let mut save = SaveAs::new("Save 7 people", "harbour.vine-people.csv");
        save.key(key(KeyCode::Tab));
        assert_eq!(save.name(), "harbour.vine-people.xlsx");
        save.key(key(KeyCode::Tab));
        assert_eq!(save.key(key(KeyCode::Enter)), Some(Answer::Named("harbour.vine-people.json".into())));
        save.key(key(KeyCode::Tab));
        assert_eq!(save.name(), "harbour.vine-people.csv");
        assert_eq!(save.key(key(KeyCode::Esc)), Some(Answer::Cancelled));
    }

    #[test]
    fn a_name_without_a_form_is_not_taken() {
        for name in ["", "people", "people.txt", ".csv", "folder/.csv"] {
            let mut save = SaveAs::new("Save", name);
            assert_eq!(save.key(key(KeyCode::Enter)), None, "{name}");
            assert!(save.wrong, "{name}");
        }
        let mut save = SaveAs::new("Save", "people");
        save.key(key(KeyCode::Tab));
        assert_eq!(save.key(key(KeyCode::Enter)), Some(Answer::Named("people.csv".into())));
        let mut loud = SaveAs::new("Save", "/srv/PEOPLE.XLSX");
        assert_eq!(loud.key(key(KeyCode::Enter)), Some(Answer::Named("/srv/PEOPLE.XLSX".into())));
    }
}
