//! One line of text with readline's keys.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;
use unicode_width::UnicodeWidthStr;

use super::canvas::Canvas;
use crate::console::term::width;
use crate::console::theme::Role;

/// A text field.
#[derive(Clone, Debug, Default)]
pub struct TextField {
    input: Input,
    masked: bool,
}

impl PartialEq for TextField {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value() && self.input.cursor() == other.input.cursor() && self.masked == other.masked
    }
}

impl TextField {
    /// A field that holds a text, the cursor at its end.
    #[must_use]
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()), masked: false }
    }

    /// A field that never shows what is typed.
    #[must_use]
    pub fn secret() -> Self {
        Self { input: Input::default(), masked: true }
    }

    /// What is typed.
    #[must_use]
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.input.reset();
    }

    /// Puts in a text, the cursor at its end.
    pub fn set(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
    }

    /// A key; true when the text has changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        // Alt is never ours (macOS terminals), and AltGr arrives as the character it makes.
        if key.modifiers.contains(KeyModifiers::ALT) && matches!(key.code, KeyCode::Char(_)) {
            return false;
        }
        self.input.handle_event(&Event::Key(key)).is_some_and(|changed| changed.value)
    }

    /// Pasted text; line ends and control characters are left out.
    pub fn paste(&mut self, text: &str) {
        for character in width::clean(text).chars() {
            self.input.handle(tui_input::InputRequest::InsertChar(character));
        }
    }

    /// Draws it; with `focused` the terminal's cursor stands in it. A text wider than the area scrolls.
    pub fn view(&self, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
        let cells = usize::from(area.width);
        if cells == 0 || area.height == 0 {
            return;
        }
        let before: String = self.value().chars().take(self.input.cursor()).collect();
        let (shown, cursor) = if self.masked {
            (mask(self.value()), before.chars().count())
        } else {
            (width::clean(self.value()).into_owned(), width::width(&before))
        };
        let (text, cursor) = scrolled(&shown, cursor, cells);
        let style = canvas.theme().style(Role::Text);
        canvas.styled(area.x, area.y, cells, &text, style);
        if focused {
            canvas.set_cursor(area.x.saturating_add(u16::try_from(cursor).unwrap_or(0)), area.y);
        }
    }
}

/// Stars, a fixed number from the fifth on, so that the length is not told.
fn mask(text: &str) -> String {
    "*".repeat(text.chars().count())
}

/// The part of a text that is seen through `cells`, so that the cursor (in cells) is in it.
fn scrolled(text: &str, cursor: usize, cells: usize) -> (String, usize) {
    if width::width(text) < cells {
        return (text.to_owned(), cursor);
    }
    let mut hidden = 0;
    let mut rest = width::graphemes(text).peekable();
    while cursor - hidden.min(cursor) >= cells {
        let Some(grapheme) = rest.next() else { break };
        hidden += UnicodeWidthStr::width(grapheme);
    }
    let visible: String = rest.collect();
    let mut out = String::new();
    let mut used = 0;
    for grapheme in width::graphemes(&visible) {
        used += UnicodeWidthStr::width(grapheme);
        if used > cells {
            break;
        }
        out.push_str(grapheme);
    }
    (out, cursor.saturating_sub(hidden).min(cells - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> TextField {
        let mut field = TextField::default();
        for character in text.chars() {
            field.key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE));
        }
        field
    }

    #[test]
    fn readline_keys_work() {
        let mut field = typed("chef de partie");
        let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert!(field.key(control('w')));
        assert_eq!(field.value(), "chef de ");
        assert!(!field.key(control('a')));
        assert!(field.key(control('k')));
        assert_eq!(field.value(), "");
        assert!(!field.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT)));
    }

    #[test]
    fn pastes_have_no_control_characters() {
        let mut field = TextField::default();
        field.paste("tok\u{1b}en\n");
        assert_eq!(field.value(), "token ");
    }

    #[test]
    fn a_long_text_scrolls_by_grapheme() {
        assert_eq!(scrolled("abcdef", 6, 4), ("def".into(), 3));
        assert_eq!(scrolled("桜小路桜", 8, 5), ("路桜".into(), 4));
        assert_eq!(scrolled("ab", 2, 4), ("ab".into(), 2));
    }

    #[test]
    fn secrets_are_stars() {
        let mut field = TextField::secret();
        field.paste("hush");
        assert_eq!(mask(field.value()), "****");
    }
}
