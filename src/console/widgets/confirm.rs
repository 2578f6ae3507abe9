//! Questions before something is sent or lost: the box of grade 2 (SCREENS 7.17) and the typed line of grade 3.
//!
//! The box begins on Cancel, is deaf for its first 300 ms, and never takes the key that opened it as the answer.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::canvas::{Canvas, Hit, Span, centred};
use super::text_input::TextField;
use crate::console::keys::bindings::normal;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;

/// Keys that were typed ahead are not an answer.
pub const DEAF_FOR: Duration = Duration::from_millis(300);

/// A letter that is none of the box is the middle of a word that was meant for another question; `y` is no answer so soon after.
const STRAY_FOR: Duration = Duration::from_secs(2);

/// What is asked. Act, number, place and state stand in title and first line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confirm {
    /// The question, with act, number and place: `Push 12 people to Flow Learning?`.
    pub title: String,
    /// The place and its state: `Brasa do Porto, LIVE`.
    pub place: String,
    /// Words right of the place: `plan 88, 13:58`.
    pub basis: String,
    /// What it means, who it is about, what cannot be undone. An empty line is a blank one.
    pub lines: Vec<Vec<Span>>,
    /// The act again, on its button: `Push 12`.
    pub act: String,
}

impl Confirm {
    /// A question with plain lines.
    #[must_use]
    pub fn new(title: impl Into<String>, place: impl Into<String>, act: impl Into<String>) -> Self {
        Self { title: title.into(), place: place.into(), act: act.into(), ..Self::default() }
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, text: impl Into<String>) -> Self {
        self.lines.push(vec![Span::new(text, Role::Text)]);
        self
    }
}

/// A question on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    confirm: Confirm,
    opener: Option<KeyEvent>,
    since: Duration,
    on_act: bool,
    /// When a key came that is none of the box.
    strayed: Option<Duration>,
}

const YES: KeyCode = KeyCode::Char('y');

impl Asked {
    /// Asks; `opener` is the key that led here, `since` the time since the console started.
    #[must_use]
    pub fn new(confirm: Confirm, opener: Option<KeyEvent>, since: Duration) -> Self {
        Self { confirm, opener, since, on_act: false, strayed: None }
    }

    /// From when on it takes keys.
    #[must_use]
    pub fn listens_at(&self) -> Duration {
        self.since + DEAF_FOR
    }

    /// A key: `Some(true)` confirms, `Some(false)` cancels.
    pub fn key(&mut self, key: KeyEvent, now: Duration) -> Option<bool> {
        if now < self.listens_at() {
            return None;
        }
        let is_opener = self.opener.is_some_and(|opener| normal(opener) == normal(key));
        match key.code {
            KeyCode::Esc => Some(false),
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => {
                self.on_act = !self.on_act;
                None
            }
            KeyCode::Enter | KeyCode::Char(' ') if !self.on_act => Some(false),
            KeyCode::Enter | KeyCode::Char(' ') if !is_opener => Some(true),
            code if code == YES && key.modifiers == KeyModifiers::NONE && !is_opener && !self.is_typed_into(now) => {
                Some(true)
            }
            // Whoever types words means another question than this one: nothing of them is an answer.
            KeyCode::Char(_) if !is_opener => {
                (self.strayed, self.on_act) = (Some(now), false);
                None
            }
            _ => None,
        }
    }

    fn is_typed_into(&self, now: Duration) -> bool {
        self.strayed.is_some_and(|strayed| now < strayed + STRAY_FOR)
    }

    /// A click: button 0 cancels, button 1 confirms.
    pub fn click(&mut self, button: usize, now: Duration) -> Option<bool> {
        (now >= self.listens_at()).then_some(button == 1)
    }

    /// The footer of the question: keys and words.
    #[must_use]
    pub fn hints(&self) -> Vec<(&'static str, String)> {
        vec![
            ("y", self.confirm.act.to_lowercase()),
            ("Tab", "or ← → choose".to_owned()),
            ("Enter", "press".to_owned()),
            ("Esc", "cancel".to_owned()),
        ]
    }

    /// Draws the box; the buttons are dim while it is deaf.
    pub fn view(&self, body: Rect, now: Duration, canvas: &mut Canvas<'_>) {
        let act = format!("[ y  {} ]", self.confirm.act);
        let widest =
            self.confirm.lines.iter().map(|line| line.iter().map(Span::width).sum::<usize>()).max().unwrap_or(0);
        let heads = width::width(&self.confirm.place) + width::width(&self.confirm.basis) + 4;
        let wanted =
            (widest + 4).max(heads).max(width::width(&self.confirm.title) + 6).max(width::width(&act) + 30).max(64);
        let columns = u16::try_from(wanted + 2).unwrap_or(u16::MAX);
        let rows = u16::try_from(self.confirm.lines.len() + 6).unwrap_or(u16::MAX);
        let inside = canvas.boxed(centred(body, columns, rows), &self.confirm.title, "");
        if inside.height < 3 || inside.width < 24 {
            return;
        }
        let cells = usize::from(inside.width - 2);
        canvas.text(inside.x + 1, inside.y, cells, &self.confirm.place, Role::Text);
        canvas.right(Rect::new(inside.x, inside.y, inside.width - 1, 1), &self.confirm.basis, Role::Muted);
        let room = usize::from(inside.height.saturating_sub(4));
        for (row, line) in self.confirm.lines.iter().take(room).enumerate() {
            let y = inside.y + 2 + u16::try_from(row).unwrap_or(0);
            canvas.spans(inside.x + 3, y, cells.saturating_sub(2), line, false);
        }
        self.view_buttons(inside, &act, now >= self.listens_at(), canvas);
    }

    fn view_buttons(&self, inside: Rect, act: &str, listens: bool, canvas: &mut Canvas<'_>) {
        let y = inside.bottom() - 1;
        let act_cells = u16::try_from(width::width(act)).unwrap_or(0);
        let cancel_x = inside.x + (inside.width.saturating_sub(12 + 12 + act_cells)) / 2 + 1;
        let act_x = cancel_x + 11 + 11;
        let buttons = [(cancel_x, "[ Cancel ]", 0, !self.on_act), (act_x, act, 1, self.on_act)];
        for (x, words, number, focused) in buttons {
            let role = if !listens {
                Role::Muted
            } else if focused {
                Role::Focus
            } else {
                Role::Text
            };
            if focused {
                canvas.text(x.saturating_sub(1), y, 1, glyphs::CURSOR, Role::Accent);
            }
            let cells = usize::from(inside.right().saturating_sub(x));
            let used = canvas.text(x, y, cells, words, role);
            let area = Rect::new(x, y, used, 1);
            if focused && listens {
                canvas.select(area);
            }
            canvas.hit(area, Hit::Button(number));
        }
    }
}

/// The typed line of grade 3: `copper-kettle 6`. Pasting is refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypedConfirm {
    field: TextField,
}

impl TypedConfirm {
    /// What has to be typed.
    #[must_use]
    pub fn expected(short_name: &str, number: u64) -> String {
        format!("{short_name} {number}")
    }

    /// What is typed.
    #[must_use]
    pub fn typed(&self) -> &str {
        self.field.value()
    }

    /// A key. The caller passes on no paste; it says `pasting is off` instead.
    pub fn key(&mut self, key: KeyEvent) {
        self.field.key(key);
    }

    /// Starts again, when the number has changed.
    pub fn clear(&mut self) {
        self.field.clear();
    }

    /// Whether the right words are typed, to the letter.
    #[must_use]
    pub fn agrees(&self, short_name: &str, number: u64) -> bool {
        self.field.value().trim() == Self::expected(short_name, number)
    }

    /// What stands at the right of the line while it is typed: whoever reads this line alone reads there what to type.
    #[must_use]
    pub fn hint(expected: &str, cells: usize) -> String {
        let long = format!("type {expected}; pasting is off; it is kept with your name");
        let short = format!("type {expected}; it is kept with your name");
        [long, short].into_iter().find(|hint| width::width(hint) <= cells).unwrap_or_else(|| format!("type {expected}"))
    }

    /// Draws the line.
    pub fn view(&self, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
        if focused {
            canvas.text(area.x, area.y, 1, glyphs::CURSOR, Role::Accent);
        }
        let field = Rect::new(area.x.saturating_add(2), area.y, area.width.saturating_sub(2), area.height.min(1));
        self.field.view(field, focused, canvas);
    }
}

/// The line above the typed one: what is done, and what has to be typed, which is never cut.
pub fn ask_to_type(act: &str, expected: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let cells = usize::from(area.width).saturating_sub(2);
    let tail = format!(", type   {expected}");
    let room = cells.saturating_sub(width::width(&tail));
    let head = width::truncate(act, room);
    let line = [Span::new(head, Role::Text), Span::new(", type   ", Role::Text), Span::new(expected, Role::Focus)];
    canvas.spans(area.x + 1, area.y, cells, &line, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn asked(opener: char) -> Asked {
        let confirm = Confirm::new("Push 12 people to Flow Learning?", "Brasa do Porto, LIVE", "Push 12");
        Asked::new(confirm, Some(key(KeyCode::Char(opener))), Duration::from_secs(1))
    }

    const LATER: Duration = Duration::from_millis(1_300);

    #[test]
    fn it_is_deaf_for_300_ms() {
        let mut asked = asked('!');
        for millis in [1_000, 1_299] {
            assert_eq!(asked.key(key(YES), Duration::from_millis(millis)), None);
            assert_eq!(asked.key(key(KeyCode::Esc), Duration::from_millis(millis)), None);
        }
        assert_eq!(asked.key(key(YES), LATER), Some(true));
    }

    #[test]
    fn focus_is_on_cancel() {
        let mut asked = asked('!');
        assert_eq!(asked.key(key(KeyCode::Enter), LATER), Some(false));
        asked.key(key(KeyCode::Tab), LATER);
        assert_eq!(asked.key(key(KeyCode::Enter), LATER), Some(true));
        assert_eq!(asked.key(key(KeyCode::Esc), LATER), Some(false));
    }

    #[test]
    fn the_opening_key_never_confirms() {
        assert_eq!(asked('!').key(key(KeyCode::Char('!')), LATER), None);
        assert_eq!(asked('y').key(key(YES), LATER), None);
        let mut by_enter = Asked::new(Confirm::default(), Some(key(KeyCode::Enter)), Duration::ZERO);
        by_enter.key(key(KeyCode::Right), LATER);
        assert_eq!(by_enter.key(key(KeyCode::Enter), LATER), None);
        assert_eq!(by_enter.key(key(YES), LATER), Some(true));
    }

    #[test]
    fn words_that_were_meant_for_another_question_answer_nothing() {
        for words in ["harbour-vine 16", "bay-hotel 7", "layby 3"] {
            let mut asked = asked('!');
            let typed = words.chars().filter(|letter| *letter != ' ');
            for letter in typed {
                assert_eq!(asked.key(key(KeyCode::Char(letter)), LATER), None, "{words}");
            }
            assert_eq!(asked.key(key(KeyCode::Enter), LATER), Some(false), "the focus is on Cancel: {words}");
            assert_eq!(asked.key(key(YES), LATER), None);
            assert_eq!(asked.key(key(YES), LATER + Duration::from_secs(2)), Some(true), "later it is an answer");
        }
    }

    #[test]
    fn typed_words_must_agree_to_the_letter() {
        let mut typed = TypedConfirm::default();
        for character in "copper-kettle 6".chars() {
            assert!(!typed.agrees("copper-kettle", 6));
            typed.key(key(KeyCode::Char(character)));
        }
        assert!(typed.agrees("copper-kettle", 6));
        assert!(!typed.agrees("copper-kettle", 64));
    }
}
